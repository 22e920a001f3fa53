"""Stata files with characteristics: those of pandas with the section put in, and headers put together by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

Characteristics = Mapping[tuple[str, str], str]
TABLE = pd.DataFrame({"y": [1.0, 2.0], "w": [3.0, 4.0]})


def fields(given: Characteristics, order: str, width: int, encoding: str = "utf-8") -> list[bytes]:
    """Length, owner, name and text of each characteristic."""
    made = []
    for (owner, name), text in given.items():
        content = b"".join(part.encode(encoding).ljust(width, b"\0") for part in (owner, name)) + text.encode(encoding)
        made.append(struct.pack(f"{order}I", len(content) + 1) + content + b"\0")
    return made


def section(given: Characteristics, order: str, version: int) -> bytes:
    """<characteristics> of formats 117-119."""
    width, encoding = (33, "latin-1") if version == 117 else (129, "utf-8")
    inside = b"".join(b"<ch>" + field + b"</ch>" for field in fields(given, order, width, encoding))
    return b"<characteristics>" + inside + b"</characteristics>"


def expansion(given: Characteristics, order: str) -> bytes:
    """The expansion fields of formats 110-115, with one of a type that is none of Stata's."""
    other = b"\x07" + struct.pack(f"{order}I", 3) + b"abc"
    return other + b"".join(b"\1" + field for field in fields(given, order, 33, "latin-1")) + bytes(5)


def write_stata(
    path: Path, given: Characteristics, table: pd.DataFrame = TABLE, *, version: int = 118, big: bool = False
) -> Path:
    """A .dta file of pandas with characteristics put in: formats 114, 117, 118 and 119."""
    table.to_stata(path, version=version, write_index=False, byteorder="big" if big else "little")
    raw, order = path.read_bytes(), ">" if big else "<"
    if version == 114:
        at = 109 + table.shape[1] * (1 + 33 + 49 + 33 + 81) + 2 * (table.shape[1] + 1)
        assert raw[at : at + 5] == bytes(5)
        path.write_bytes(raw[:at] + expansion(given, order) + raw[at + 5 :])
        return path
    empty, full = b"<characteristics></characteristics>", section(given, order, version)
    at = raw.index(b"<map>") + 5
    places = list(struct.unpack(f"{order}14Q", raw[at : at + 112]))
    moved = [place if k <= 8 else place + len(full) - len(empty) for k, place in enumerate(places)]
    assert raw[places[8] :].startswith(empty)
    raw = raw[:at] + struct.pack(f"{order}14Q", *moved) + raw[at + 112 :]
    path.write_bytes(raw[: places[8]] + full + raw[places[8] + len(empty) :])
    return path


def old_file(given: Characteristics, *, release: int, order: str = "<", variables: int = 1) -> bytes:
    """A file of formats 110-115 up to its characteristics."""
    head = bytes([release, 1 if order == ">" else 2, 1, 0]) + struct.pack(f"{order}HI", variables, 0) + bytes(81 + 18)
    descriptors = bytes(variables * (1 + 33 + (49 if release >= 114 else 12) + 33 + 81) + 2 * (variables + 1))
    return head + descriptors + expansion(given, order)
