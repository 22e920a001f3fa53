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
from childdata.microdata.readers.description import size_text
from childdata.words import word

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
            f"{path.name} has {size_text(size)}, more than the limit of {size_text(limit)}; give a higher limit="
        )
    raw = path.read_bytes()
    if b"\0" in raw[:HEAD_BYTES] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReadError(f"{path.name} is not a text file: it holds zero bytes")
    codec, found, said = _code_page(raw, encoding, path)
    text = raw.decode(codec)
    delimiter = _delimiter(text[:HEAD_BYTES], path)
    table, renamed = _table(text, delimiter, columns, path)
    comma, frame = _numbers(table)
    sign = repr("," if comma else ".")
    notes = [word("told.delimited", source=path.name, delimiter=repr(delimiter), sign=sign, encoding=found), *said]
    if renamed:
        notes.append(word("told.headers_renamed", names=", ".join(map(repr, renamed))))
    kinds = [Variable(name, kind="text" if dtype == pl.String else "number") for name, dtype in frame.schema.items()]
    return Dataset(frame, {one.name: one for one in kinds}, source=path.name, notes=tuple(notes))


def _code_page(raw: bytes, asked: str | None, path: Path) -> tuple[str, str, list[str]]:
    """The codec of the text, the code page as it is called, and notes on how it was found."""
    if asked is not None:
        codec = python_codec(asked)
        if codec is None:
            raise ReadError(f"encoding {asked!r} of {path.name} is not known; write for example 'windows-1251'")
        try:
            raw.decode(codec)
        except UnicodeDecodeError:
            raise ReadError(f"{path.name} is not text in the code page {asked}") from None
        return codec, asked, [word("told.encoding_asked", encoding=asked)]
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return _checked(raw, codec, path), codec.upper().removesuffix("-SIG"), []
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        found = (
            likely_code_page(line for line in raw[: 20 * HEAD_BYTES].splitlines() if any(b > 127 for b in line))
            or "WINDOWS-1252"
        )
        codec = python_codec(found) or "cp1252"
        return _checked(raw, codec, path), found, [word("told.no_utf8", source=path.name, encoding=found)]
    return "utf-8", "UTF-8", []


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


def _table(text: str, delimiter: str, columns: Sequence[str] | None, path: Path) -> tuple[pl.DataFrame, list[str]]:
    """The columns that are wanted, all of text, and which of them have a name that is no heading of the file."""
    source = text.encode("utf-8")
    try:
        header = pl.read_csv(source, separator=delimiter, infer_schema=False, n_rows=0).columns
        headings = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
        names = _names(header, headings)
        wanted = names
        if columns is not None:
            wanted = list(dict.fromkeys(find_name(name, names, place=path.name) for name in columns))
        chosen = set(wanted)
        places = [place for place, name in enumerate(names) if name in chosen]
        table = pl.read_csv(source, separator=delimiter, infer_schema=False, columns=places or None)
    except (pl.exceptions.PolarsError, csv.Error) as damaged:
        raise ReadError(
            f"{path.name} is not a table with the delimiter {delimiter!r} ({type(damaged).__name__}): "
            "lines have different numbers of fields, or a quote is not closed"
        ) from None
    table = table.select(header[place] for place in places)
    table.columns = [names[place] for place in places]
    renamed = [
        name
        for place, name in enumerate(names)
        if place in places and place < len(headings) and _has_own_name(name, headings[place], headings)
    ]
    return table.select(wanted), renamed


def _names(header: Sequence[str], headings: Sequence[str]) -> list[str]:
    """Names of the columns: their headings as polars made them different, and `column_3` where there is none."""
    empty = {place for place, heading in enumerate(headings) if not heading.strip()}
    taken = {name for place, name in enumerate(header) if place not in empty}
    names = []
    for place, name in enumerate(header):
        chosen = name
        if place in empty:
            chosen = f"column_{place + 1}"
            while chosen in taken:
                chosen += "_"
            taken.add(chosen)
        names.append(chosen)
    return names


def _has_own_name(name: str, heading: str, headings: Sequence[str]) -> bool:
    return name != heading and (not heading.strip() or headings.count(heading) > 1)


def _numbers(table: pl.DataFrame) -> tuple[bool, pl.DataFrame]:
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
