"""What the dictionary of a .sav or .zsav file says that the C reader does not pass on.

Which code page is declared, and was it declared at all? Which multiple-response sets are there (the reader
drops some without a word)? By which variable was the file weighted in SPSS? The dictionary is a chain of
typed records (2 variables, 3 and 4 value labels, 6 documents, 7 extensions, 999 end); it is walked here in
plain Python, every length checked against the file's, so that a damaged file gives an empty answer and
nothing worse.

Source: GNU PSPP, "System File Format", developers' guide.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from childdata.microdata.labels import Frozen, MultipleResponse

HEADER_BYTES = 176
MOST_RECORDS = 1_000_000


@dataclass(frozen=True, slots=True)
class SpssHeader:
    """What was found; everything empty where the file is no SPSS system file.

    Attributes
    ----------
    encoding : name in record 7/20, or None.
    code_page : number in record 7/3 (2 means "ASCII", and is often untrue), or None.
    sets : multiple-response sets, labels and names decoded with the declared or given code page.
    packed : whether rows are compressed.
    weight : name of the weighting variable, or "".
    long_names : bytes of the record that gives the names users know: SHORT=long, tab, ...
    unreadable_names : place of the record of long names if the C reader cannot read it (it fails on byte 255, which
        is the letter "я" of Windows-1251), else None.
    """

    encoding: str | None = None
    code_page: int | None = None
    sets: tuple[MultipleResponse, ...] = ()
    packed: bool = False
    weight: str = ""
    long_names: bytes = b""
    unreadable_names: int | None = None

    @property
    def declares_encoding(self) -> bool:
        """Whether the file says in which code page it is (7-bit ASCII says nothing)."""
        return self.encoding is not None or self.code_page not in (None, 0, 1, 2, 3, 4)


@dataclass(slots=True)
class _Walk:
    file: BinaryIO
    order: str
    size: int
    extension_at: int = 0

    def integers(self, count: int) -> tuple[int, ...]:
        found: tuple[int, ...] = struct.unpack(f"{self.order}{count}i", self.bytes(4 * count))
        return found

    def bytes(self, count: int) -> bytes:
        if not 0 <= count <= self.size:
            raise ValueError("a length is not sound")
        found = self.file.read(count)
        if len(found) != count:
            raise ValueError("the file ends early")
        return found


def read_spss_header(path: Path, encoding: str | None = None) -> SpssHeader:
    """The dictionary facts of the file at `path`; an empty answer where it cannot be understood."""
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size, encoding)
    except (OSError, ValueError, struct.error):
        return SpssHeader()


def _read(file: BinaryIO, size: int, encoding: str | None) -> SpssHeader:
    start = file.read(HEADER_BYTES)
    if len(start) < HEADER_BYTES or start[:3] != b"$FL":
        return SpssHeader()
    order = "<" if struct.unpack("<i", start[64:68])[0] in (2, 3) else ">"
    packed = struct.unpack(f"{order}i", start[72:76])[0] != 0
    weight_index = struct.unpack(f"{order}i", start[76:80])[0]
    declared: str | None = None
    code_page: int | None = None
    raw_sets: list[bytes] = []
    short_names: list[bytes] = []
    pairs, unreadable = b"", None
    walk = _Walk(file, order, size)
    for kind, content in _records(walk):
        if kind == (2, 0):
            short_names.append(content)
        elif kind == (7, 20):
            declared = content.split(b"\0")[0].decode("ascii", "replace").strip() or None
        elif kind == (7, 3) and len(content) >= 32:
            code_page = struct.unpack(f"{order}8i", content[:32])[7]
        elif kind == (7, 13):
            pairs = content
            unreadable = walk.extension_at if b"\xff" in content else None
        elif kind in ((7, 7), (7, 19)):
            raw_sets.extend(line for line in content.split(b"\n") if line.startswith(b"$"))
    codec = _codec(encoding or declared, code_page)
    long_names = name_pairs(pairs, codec)
    found = [_set(line, codec) for line in raw_sets]
    sets = tuple(replace(one, variables=_long(one.variables, long_names)) for one in found if one is not None)
    weighted = 0 < weight_index <= len(short_names)
    weight = short_names[weight_index - 1].decode(codec, "replace").strip() if weighted else ""
    return SpssHeader(declared, code_page, sets, packed, long_names.get(weight, weight), pairs, unreadable)


def name_pairs(raw: bytes, codec: str) -> Frozen[str, str]:
    """Short name -> long name, from the bytes of record 7/13."""
    split = (pair.split("=", 1) for pair in raw.decode(codec, "replace").split("\t") if "=" in pair)
    return Frozen((short.strip(), long.rstrip("\0 ")) for short, long in split)


def _long(members: tuple[str, ...], long_names: Mapping[str, str]) -> tuple[str, ...]:
    by_case = {short.lower(): long for short, long in long_names.items()}
    return tuple(by_case.get(member.lower(), member) for member in members)


def _records(walk: _Walk) -> Iterator[tuple[tuple[int, int], bytes]]:
    """(type, subtype) and content of the records that matter here, until the dictionary ends."""
    for _ in range(MOST_RECORDS):
        (kind,) = walk.integers(1)
        if kind == 2:
            _, labelled, missing, _, _ = walk.integers(5)
            yield (2, 0), walk.bytes(8)
            if labelled:
                (length,) = walk.integers(1)
                walk.bytes(-(-length // 4) * 4)
            walk.bytes(8 * abs(missing))
        elif kind == 3:
            for _ in range(walk.integers(1)[0]):
                walk.bytes(8)
                length = walk.bytes(1)[0]
                walk.bytes(-(-(length + 1) // 8) * 8 - 1)
        elif kind == 4:
            walk.bytes(4 * walk.integers(1)[0])
        elif kind == 6:
            walk.bytes(80 * walk.integers(1)[0])
        elif kind == 7:
            walk.extension_at = walk.file.tell()
            subtype, size, count = walk.integers(3)
            yield (7, subtype), walk.bytes(size * count)
        else:
            return


def _codec(name: str | None, code_page: int | None) -> str:
    numbered = {65001: "utf-8", 28591: "latin-1"}.get(code_page or 0, f"cp{code_page}")
    for candidate in (name, numbered):
        try:
            return "".encode(candidate or "?").decode("ascii") or str(candidate)
        except LookupError:
            continue
    return "utf-8"


def _set(line: bytes, codec: str) -> MultipleResponse | None:
    """One set from `$name=C 5 label a b`, `$name=D2 55 5 label a b` or `$name=E 1 2 55 5 label a b`."""
    name, _, rest = line.partition(b"=")
    kind, rest = rest[:1], rest[1:]
    counted: bytes | None = None
    try:
        if kind == b"D":
            counted, rest = _counted_text(rest)
        elif kind == b"E":
            flags_and_rest = rest.strip().split(b" ", 1)[1]
            counted, rest = _counted_text(flags_and_rest)
        elif kind != b"C":
            return None
        label, rest = _counted_text(rest.lstrip())
    except (ValueError, IndexError):
        return None
    members = tuple(member.decode(codec, "replace") for member in rest.split())
    return MultipleResponse(
        name[1:].decode(codec, "replace").strip(),
        label.decode(codec, "replace").strip(),
        members,
        None if counted is None else counted.decode(codec, "replace").strip(),
    )


def _counted_text(raw: bytes) -> tuple[bytes, bytes]:
    """A text that is preceded by its length, and what follows it."""
    length, _, rest = raw.partition(b" ")
    count = int(length)
    if count < 0:
        raise ValueError("a length is not sound")
    return rest[:count], rest[count:].lstrip(b" ")
