"""The characteristics of a .dta file: what Stata keeps beside the data, and no reader passes on.

`svyset` writes the sampling design of a file there, as texts under names such as `_dta[_svy_su1]`. Formats 117 to 119
(Stata 13 and later) hold them in a section of their own, whose place is in the map of the file:

    <characteristics><ch> length, owner, name, text </ch> ... </characteristics>

formats 110 to 115 (Stata 7 to 12) as expansion fields behind the variable labels: type 1, length, owner, name, text;
type 0 ends them. Owner is `_dta` or a variable. The section is walked here in plain Python, every length checked
against the file's and against the longest text that Stata has, so that a damaged file gives an error and nothing worse.

Source: StataCorp, `help dta` and `help dta_115`, "File formats .dta".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from childdata.errors import ReadError
from childdata.microdata.labels import Frozen

LONGEST = 67_784  # bytes of one text in Stata
MOST_FIELDS = 10_000_000
FIXED = {"K": {117: 2, 118: 2, 119: 4}, "N": {117: 4, 118: 8, 119: 8}, "label": {117: 1, 118: 2, 119: 2}}
OLD = range(110, 116)
Owned = tuple[str, str]


@dataclass(slots=True)
class _Walk:
    file: BinaryIO
    name: str
    size: int
    order: str = "<"

    def take(self, count: int) -> bytes:
        """The next bytes, all of them."""
        if not 0 <= count <= self.size:
            raise self.damaged("a length is not sound")
        found = self.file.read(count)
        if len(found) != count:
            raise self.damaged("the file ends early")
        return found

    def number(self, width: int) -> int:
        """The next unsigned whole number of 1, 2, 4 or 8 bytes."""
        return int(struct.unpack(self.order + {1: "B", 2: "H", 4: "I", 8: "Q"}[width], self.take(width))[0])

    def expect(self, tag: bytes) -> None:
        """The next bytes are this tag."""
        if self.take(len(tag)) != tag:
            raise self.damaged(f"{tag.decode()} is not where it belongs")

    def skip(self, count: int) -> None:
        """Leave bytes out, which must be there."""
        self.go(self.file.tell() + count)

    def go(self, place: int) -> None:
        """On to a place inside the file."""
        if not 0 <= place <= self.size:
            raise self.damaged("a place lies outside the file")
        self.file.seek(place)

    def damaged(self, why: str) -> ReadError:
        return ReadError(
            f"the characteristics of {self.name} cannot be read ({why}, near byte {self.file.tell()}): the file is "
            "damaged or of another kind than its name says"
        )


def read_characteristics(path: Path, wanted: Callable[[str, str], bool]) -> Frozen[Owned, str]:
    """The characteristics of a .dta file that are wanted, by (owner, name); no row is read.

    Parameters
    ----------
    wanted : says of an owner (`_dta` or a variable) and a name whether its text is kept.

    Raises
    ------
    ReadError if the file is damaged, no .dta file, or in a format before Stata 7.
    """
    try:
        with path.open("rb") as file:
            walk = _Walk(file, path.name, path.stat().st_size)
            return Frozen(_kept(walk, wanted))
    except OSError as error:
        raise ReadError(f"{path.name} cannot be opened ({type(error).__name__})") from error


def _kept(walk: _Walk, wanted: Callable[[str, str], bool]) -> dict[Owned, str]:
    first = walk.take(1)
    if first == b"<":
        walk.go(0)
        release = _marked_header(walk)
        fields, width = _marked_fields(walk, release), 33 if release == 117 else 129
    elif first and first[0] in OLD:
        release = first[0]
        _old_header(walk, release)
        fields, width = _old_fields(walk), 33
    else:
        raise ReadError(
            f"{walk.name} is no .dta file of Stata 7 or later (formats 110 to 115 and 117 to 119); "
            "save it again in Stata, or give the design by hand"
        )
    kept: dict[Owned, str] = {}
    for length in fields:
        if not 2 * width <= length <= 2 * width + LONGEST + 1:
            raise walk.damaged(
                f"a characteristic of {length} bytes, where {2 * width} to {2 * width + LONGEST + 1} fit"
            )
        owner, name = (_text(walk.take(width), release) for _ in range(2))
        if wanted(owner, name):
            kept[owner, name] = _text(walk.take(length - 2 * width), release)
        else:
            walk.skip(length - 2 * width)
    return kept


def _text(raw: bytes, release: int) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8" if release >= 118 else "latin-1", "replace").strip()


def _marked_header(walk: _Walk) -> int:
    """Read the header of formats 117-119, go behind `<characteristics>`; the format."""
    walk.expect(b"<stata_dta><header><release>")
    release = walk.take(3)
    if release not in (b"117", b"118", b"119"):
        raise walk.damaged("a format other than 117, 118 and 119")
    format_ = int(release)
    walk.expect(b"</release><byteorder>")
    order = walk.take(3)
    if order not in (b"LSF", b"MSF"):
        raise walk.damaged("a byte order other than LSF and MSF")
    walk.order = "<" if order == b"LSF" else ">"
    walk.expect(b"</byteorder><K>")
    walk.number(FIXED["K"][format_])
    walk.expect(b"</K><N>")
    walk.number(FIXED["N"][format_])
    walk.expect(b"</N><label>")
    walk.skip(walk.number(FIXED["label"][format_]))
    walk.expect(b"</label><timestamp>")
    walk.skip(walk.number(1))
    walk.expect(b"</timestamp></header><map>")
    places = [walk.number(8) for _ in range(14)]
    walk.go(places[8])
    walk.expect(b"<characteristics>")
    return format_


def _marked_fields(walk: _Walk, release: int) -> Iterator[int]:
    """The length of each field, the file being where its owner begins; what follows it is checked."""
    for _ in range(MOST_FIELDS):
        tag = walk.take(4)
        if tag == b"</ch":
            walk.expect(b"aracteristics>")
            return
        if tag != b"<ch>":
            raise walk.damaged("<ch> is not where it belongs")
        yield walk.number(4)
        walk.expect(b"</ch>")
    raise walk.damaged(f"more than {MOST_FIELDS:,} characteristics")


def _old_header(walk: _Walk, release: int) -> None:
    """Go behind the header, the descriptors and the variable labels of formats 110-115."""
    order = walk.number(1)
    if order not in (1, 2):
        raise walk.damaged("a byte order other than 1 and 2")
    walk.order = ">" if order == 1 else "<"
    walk.take(2)
    variables = walk.number(2)
    walk.skip(4 + 81 + 18)
    formats = 49 if release >= 114 else 12
    walk.skip(variables * (1 + 33 + formats + 33 + 81) + 2 * (variables + 1))


def _old_fields(walk: _Walk) -> Iterator[int]:
    """The length of each characteristic, the file being where its owner begins; fields of other types are left out."""
    for _ in range(MOST_FIELDS):
        kind, length = walk.number(1), walk.number(4)
        if kind == 0 and length == 0:
            return
        if kind == 1:
            yield length
        else:
            walk.skip(length)
    raise walk.damaged(f"more than {MOST_FIELDS:,} expansion fields")
