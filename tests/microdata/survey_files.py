"""Small files that are difficult in one known way, made for the tests."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import polars as pl
import pyreadstat

from childdata.microdata import Dataset, Variable, write

END_OF_DICTIONARY = struct.pack("<2i", 999, 0)
BLOCK = 0x3FF000


def with_record(path: Path, subtype: int, content: bytes) -> Path:
    """The .sav file with an extension record (type 7) added before the end of its dictionary."""
    raw = path.read_bytes()
    place = raw.index(END_OF_DICTIONARY)
    record = struct.pack("<4i", 7, subtype, 1, len(content)) + content
    path.write_bytes(raw[:place] + record + raw[place:])
    return path


def zsav_bomb(path: Path, *, rows: int, columns: int) -> Path:
    """A .zsav of zeros that is a thousandth of what it unfolds to."""
    seed = path.with_suffix(".seed.sav")
    write(pl.DataFrame({f"v{i}": [0.0] for i in range(columns)}), seed, encoding="windows-1251")
    raw = seed.read_bytes()
    seed.unlink()
    head = bytearray(raw[: raw.index(END_OF_DICTIONARY) + 8])
    head[:4] = b"$FL3"
    head[72:76], head[80:84] = struct.pack("<i", 2), struct.pack("<i", rows)
    # one byte 100 stands for the number 0
    whole = rows * columns
    blocks, starts = [], []
    plain_at, packed_at = len(head), len(head) + 24
    while whole:
        size = min(BLOCK, whole)
        packed = zlib.compress(b"\x64" * size, 9)
        starts.append(struct.pack("<2q2i", plain_at, packed_at, size, len(packed)))
        blocks.append(packed)
        plain_at, packed_at, whole = plain_at + size, packed_at + len(packed), whole - size
    trailer = struct.pack("<2q2i", -100, 0, BLOCK, len(blocks)) + b"".join(starts)
    path.write_bytes(bytes(head) + struct.pack("<3q", len(head), packed_at, len(trailer)) + b"".join(blocks) + trailer)
    return path


def portable(path: Path, label: str = "Area") -> Path:
    """A .por file of three records, with a variable label, where 9 is declared missing in the first variable."""
    frame = pl.DataFrame({"HH6": [1.0, 2.0, 9.0], "NAME": ["a", "bb", ""]})
    pyreadstat.write_por(frame, str(path), column_labels=["Area", "Name"])
    raw = path.read_bytes().replace(b"\r\n", b"")
    raw = raw.replace(b"70/3/HH65/8/2/5/8/2/", b"70/3/HH65/8/2/5/8/2/89/")
    raw = raw.replace(b"Area", label.encode("cp1251").ljust(4)[:4])
    path.write_bytes(b"\r\n".join(raw[i : i + 80] for i in range(0, len(raw), 80)) + b"\r\n")
    return path


def households() -> Dataset:
    """Five households: labels in two languages, a declared code, a range, a text code, a date, an empty column."""
    return Dataset.from_frame(
        {
            "HH1": [1, 1, 2, 2, 3],
            "HH6": [1, 2, 1, 9, None],
            "income": [100.5, -7.0, 250.25, -3.0, 80.0],
            "answer": ["A", "?", "", "B", "AB"],
            "visit": pl.Series(["2019-05-01", None, "2019-06-30", "1950-01-02", "2019-05-01"]).str.to_date(),
            "nothing": pl.Series([None] * 5, dtype=pl.Float64),
        },
        variables=[
            Variable("HH1", "Номер кластера", format="F4.0"),
            Variable("HH6", "Тип местности", {1: "Город", 2: "Село", 9: "Нет ответа"}, (9,), format="F1.0"),
            Variable("income", "Income, BYN", {-7: "Refused"}, missing_ranges=((float("-inf"), -1),)),
            Variable("answer", "Answers", {"A": "Radio", "?": "No response"}, ("?",), kind="text"),
            Variable("visit", "Day of the visit", kind="date"),
        ],
        source="households",
    )
