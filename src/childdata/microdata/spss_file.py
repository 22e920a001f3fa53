"""A plain .sav file in a single-byte code page, as old programs wrote and want them.

pyreadstat writes UTF-8 only. This writer makes the uncompressed system file: header, variables, value
labels, the extension records (machine, floats, display, long names, code page), end, rows. The code page may
be declared, left undeclared, or declared untruly, which is what real files do.

Source: GNU PSPP, "System File Format", developers' guide.
"""

from __future__ import annotations

import datetime
import re
import struct
import sys
from pathlib import Path

import numpy as np
import polars as pl

from childdata.errors import ReadError, VariableError
from childdata.microdata.export import LONGEST_TEXT, Export
from childdata.microdata.labels import Code

_FORMATS = {
    "A": 1, "COMMA": 3, "DOLLAR": 4, "F": 5, "E": 17, "N": 16, "PCT": 31, "DATE": 20, "TIME": 21, "DATETIME": 22,
}  # fmt: skip
_MEASURES = {"nominal": 1, "ordinal": 2, "scale": 3}
HIGHEST, SYSTEM_MISSING = sys.float_info.max, -sys.float_info.max
# the largest negative double is system-missing, the one above it means LOWEST
LOWEST = float(np.nextafter(SYSTEM_MISSING, 0))


def write_code_page(path: Path, out: Export, *, encoding: str, declared: bool | str, file_label: str) -> None:
    """Write the file.

    Parameters
    ----------
    encoding : single-byte code page in which text is written.
    declared : True says so in the file; False says nothing; a name says that name instead ("ascii": code
    page 2).

    Raises VariableError for a text that the code page cannot hold or that is longer than 255 bytes, ReadError
    for a code page that is not known or in which an SPSS file cannot be.
    """
    _check_code_page(path, encoding, declared)
    rows = len(next(iter(out.columns.values()))) if out.columns else 0
    writer = _Writer(encoding, out)
    widths = {name: writer.width(name, column) for name, column in out.columns.items()}
    cells = sum(max(1, -(-width // 8)) for width in widths.values())
    parts = [_header(cells, rows, writer.text(file_label, "the file's label", 64))]
    short = {name: f"V{place}".encode() for place, name in enumerate(out.columns, 1)}
    for name, width in widths.items():
        parts.append(writer.variable(name, short[name], width))
    parts += writer.value_labels(widths)
    parts += writer.extensions(short, widths, declared)
    parts.append(struct.pack("<2i", 999, 0))
    with path.open("wb") as file:
        file.write(b"".join(parts))
        file.write(writer.rows(widths, rows))


def _check_code_page(path: Path, encoding: str, declared: bool | str) -> None:
    """ReadError unless text in this code page can be written and read back, and its name can be declared."""
    ascii_letters = bytes(range(128))
    try:
        plain = ascii_letters.decode("ascii").encode(encoding)
    except (LookupError, ValueError):  # UnicodeError is a ValueError, as is what a name with a zero byte gives
        raise ReadError(f"{path.name}: code page {encoding!r} is not known; write for example 'windows-1251'") from None
    if plain != ascii_letters:
        raise ReadError(
            f"{path.name}: an SPSS file cannot be in {encoding}, in which Latin letters are not single bytes as in "
            "ASCII; write for example 'windows-1251', or leave encoding= out for UTF-8"
        )
    if isinstance(declared, str) and not (declared.isascii() and declared.isprintable() and declared):
        raise ReadError(
            f"{path.name}: declare_encoding= is a name of a code page in Latin letters such as 'windows-1251', or True "
            f"or False, not {declared!r}"
        )


def _header(cells: int, rows: int, label: bytes) -> bytes:
    now = datetime.datetime.now()
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[now.month - 1]
    product = b"@(#) SPSS DATA FILE - childdata".ljust(60)
    date = f"{now.day:02d} {month} {now.year % 100:02d}".encode("ascii")
    numbers = struct.pack("<5id", 2, cells, 0, 0, rows, 100.0)
    return b"$FL2" + product + numbers + date + f"{now:%H:%M:%S}".encode("ascii") + label + b"\0\0\0"


class _Writer:
    """The records of one file."""

    def __init__(self, encoding: str, out: Export) -> None:
        self.encoding, self.out = encoding, out

    def text(self, text: str, what: str, width: int | None = None) -> bytes:
        try:
            raw = text.encode(self.encoding)
        except UnicodeEncodeError:
            raise VariableError(f"{what} has letters that {self.encoding} does not have; write UTF-8 instead") from None
        return raw if width is None else raw[:width].ljust(width)

    def width(self, name: str, column: pl.Series) -> int:
        """0 for numbers; for texts the bytes of the longest, at least 1."""
        if column.dtype != pl.String:
            return 0
        longest = max((len(self.text(text, f"a text of {name!r}")) for text in column.drop_nulls().unique()), default=1)
        if longest > LONGEST_TEXT:
            raise VariableError(
                f"texts of {name!r} take {longest} bytes; {LONGEST_TEXT} are allowed in a code-page file"
            )
        codes = [*self.out.value_labels.get(name, {}), *(low for low, _ in self.out.missing.get(name, []))]
        return max(1, longest, *(len(self.text(str(code), "a code")) for code in codes))

    def variable(self, name: str, short: bytes, width: int) -> bytes:
        label = self.text(self.out.labels.get(name, ""), f"the label of {name!r}")[:255]
        missing = self.out.missing.get(name, [])
        ranges = [pair for pair in missing if pair[0] != pair[1]]
        count = len(missing) if not ranges else -2 - (len(missing) - 1)
        display = self._format(name, width)
        record = struct.pack("<6i", 2, width, 1 if label else 0, count, display, display) + short.ljust(8)
        if label:
            record += struct.pack("<i", len(label)) + label.ljust(-(-len(label) // 4) * 4)
        for low, high in [*ranges, *(pair for pair in missing if pair[0] == pair[1])]:
            record += self._code(low) + (self._code(high) if low != high else b"")
        continued = struct.pack("<6i", 2, -1, 0, 0, display, display) + b"".ljust(8)
        return record + continued * (max(1, -(-width // 8)) - 1)

    def _code(self, code: Code) -> bytes:
        if isinstance(code, str):
            return self.text(code, "a code", 8)
        if code in (float("inf"), float("-inf")):
            return struct.pack("<d", HIGHEST if code > 0 else LOWEST)
        return struct.pack("<d", code)

    def _format(self, name: str, width: int) -> int:
        if width:
            return (1 << 16) + (width << 8)
        found = re.fullmatch(r"([A-Z]+)(\d+)?(?:\.(\d+))?", self.out.formats.get(name, "F8.2"))
        kind, digits, decimals = found.groups() if found else ("F", "8", "2")
        return (_FORMATS.get(kind, 5) << 16) + (int(digits or 8) << 8) + int(decimals or 0)

    def value_labels(self, widths: dict[str, int]) -> list[bytes]:
        records, place = [], 1
        for name, width in widths.items():
            labels = self.out.value_labels.get(name, {}) if width <= 8 else {}
            if labels:
                record = struct.pack("<2i", 3, len(labels))
                for code, label in labels.items():
                    text = self.text(label, f"a value label of {name!r}")[:120]
                    record += self._code(code) + bytes([len(text)]) + text.ljust(-(-(len(text) + 1) // 8) * 8 - 1)
                records.append(record + struct.pack("<3i", 4, 1, place))
            place += max(1, -(-width // 8))
        return records

    def extensions(self, short: dict[str, bytes], widths: dict[str, int], declared: bool | str) -> list[bytes]:
        said = self.encoding if declared is True else declared
        records = []
        if said is not False:
            number = 2 if said == "ascii" else int("".join(re.findall(r"\d{3,}", str(said)))[:9] or 65001)
            records.append(struct.pack("<4i8i", 7, 3, 4, 8, 20, 0, 0, -1, 1, 1, 2, number))
        records.append(struct.pack("<4i3d", 7, 4, 8, 3, SYSTEM_MISSING, HIGHEST, LOWEST))
        display = b"".join(
            struct.pack("<3i", _MEASURES.get(self.out.measures.get(name, ""), 0), 8, 0 if width else 1)
            for name, width in widths.items()
        )
        records.append(struct.pack("<4i", 7, 11, 4, 3 * len(widths)) + display)
        pairs = b"\t".join(key + b"=" + self.text(name, f"the name {name!r}") for name, key in short.items())
        records.append(struct.pack("<4i", 7, 13, 1, len(pairs)) + pairs)
        if said not in (False, "ascii"):
            name = str(said).encode("ascii")
            records.append(struct.pack("<4i", 7, 20, 1, len(name)) + name)
        return records

    def rows(self, widths: dict[str, int], rows: int) -> bytes:
        layout = [
            (f"v{i}", "<f8" if not width else f"S{-(-width // 8) * 8}") for i, width in enumerate(widths.values())
        ]
        table = np.empty(rows, dtype=layout)
        for i, (name, width) in enumerate(widths.items()):
            column = self.out.columns[name]
            if width:
                padded = -(-width // 8) * 8
                table[f"v{i}"] = [self.text(text or "", name).ljust(padded) for text in column.to_list()]
            else:
                table[f"v{i}"] = column.cast(pl.Float64).fill_null(SYSTEM_MISSING).to_numpy()
        return table.tobytes()
