"""A text file with a delimiter, whose delimiter, decimal sign and code page are found out and said.

A column is numbers if all its entries are, in one way of writing them; "007" makes it text, since codes keep
their zeros. An empty entry is missing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from childdata.errors import ReadError
from childdata.expression import find_name
from childdata.microdata.conversions import as_number, is_plain_number
from childdata.microdata.dataset import Dataset
from childdata.microdata.labels import Variable
from childdata.microdata.readers.code_pages import likely_code_page, python_codec

DELIMITERS = (",", ";", "\t", "|")
HEAD_BYTES = 200_000
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_delimited(path: Path, *, columns: Sequence[str] | None, encoding: str | None, limit: int) -> Dataset:
    """The file as a Dataset, everything decided about it in the notes.

    Raises ReadError if it is too large, no text in any code page tried, or not a table.
    """
    size = path.stat().st_size
    if size > limit:
        raise ReadError(
            f"{path.name} has {size / 1e6:.0f} MB, more than the limit of {limit / 1e6:.0f} MB; give a higher limit="
        )
    raw = path.read_bytes()
    if b"\0" in raw[:HEAD_BYTES] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReadError(f"{path.name} is not a text file: it holds zero bytes")
    codec, said = _code_page(raw, encoding, path)
    text = raw.decode(codec)
    delimiter = _delimiter(text[:HEAD_BYTES], path)
    table = _table(text, delimiter, columns, path)
    comma, frame = _numbers(table, delimiter)
    word = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}[delimiter]
    notes = [f"{path.name}: delimiter {word}, decimal {'comma' if comma else 'point'}, {said}."]
    kinds = [Variable(name, kind="text" if dtype == pl.String else "number") for name, dtype in frame.schema.items()]
    return Dataset(frame, {one.name: one for one in kinds}, source=path.name, notes=tuple(notes))


def _code_page(raw: bytes, asked: str | None, path: Path) -> tuple[str, str]:
    if asked is not None:
        codec = python_codec(asked)
        if codec is None:
            raise ReadError(f"encoding {asked!r} of {path.name} is not known; write for example 'windows-1251'")
        try:
            raw.decode(codec)
        except UnicodeDecodeError:
            raise ReadError(f"{path.name} is not text in the code page {asked}") from None
        return codec, f"code page {asked} as asked for"
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return _checked(raw, codec, path), codec.upper().removesuffix("-SIG")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        found = (
            likely_code_page(line for line in raw[: 20 * HEAD_BYTES].splitlines() if any(b > 127 for b in line))
            or "WINDOWS-1252"
        )
        codec = python_codec(found) or "cp1252"
        return _checked(raw, codec, path), f"no UTF-8, reads as {found}"
    return "utf-8", "UTF-8"


def _checked(raw: bytes, codec: str, path: Path) -> str:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        raise ReadError(f"the text of {path.name} is in no code page that was tried; give encoding=") from None
    return codec


def _delimiter(head: str, path: Path) -> str:
    """The delimiter that gives the same number of fields, more than one, in the most lines."""
    lines = head.splitlines()[:200]
    if not lines or not lines[0].strip():
        raise ReadError(f"{path.name} is empty, or its first line is")
    best, most = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            counts = [len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter) if row]
        except csv.Error:
            continue
        fields = counts[0] if counts else 0
        alike = sum(count == fields for count in counts) / max(len(counts), 1)
        if fields > 1 and (alike, fields) > most:
            best, most = delimiter, (alike, fields)
    return best


def _table(text: str, delimiter: str, columns: Sequence[str] | None, path: Path) -> pl.DataFrame:
    source = text.encode("utf-8")
    try:
        header = pl.read_csv(source, separator=delimiter, infer_schema=False, n_rows=0).columns
        wanted = None
        if columns is not None:
            wanted = list(dict.fromkeys(find_name(name, header, place=path.name) for name in columns))
        table = pl.read_csv(source, separator=delimiter, infer_schema=False, columns=wanted)
    except pl.exceptions.PolarsError as damaged:
        raise ReadError(
            f"{path.name} is not a table with the delimiter {delimiter!r} ({type(damaged).__name__}): "
            "lines have different numbers of fields, or a quote is not closed"
        ) from None
    return table if wanted is None else table.select(wanted)


def _numbers(table: pl.DataFrame, delimiter: str) -> tuple[bool, pl.DataFrame]:
    columns: list[pl.Series] = []
    any_comma = False
    for column in table.iter_columns():
        if column.null_count() == len(column):
            columns.append(column.cast(pl.Float64))
        elif is_plain_number(column, comma=False):
            columns.append(as_number(column, comma=False))
        elif is_plain_number(column, comma=True):
            any_comma = True
            columns.append(as_number(column, comma=True))
        else:
            columns.append(column)
    return any_comma, pl.DataFrame(columns)
