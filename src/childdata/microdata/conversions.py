"""Numbers that a file holds as something else: as text with a decimal comma, or without their decimal point.

Budget survey files keep weights as whole numbers with implied decimals, and amounts as text such as "1
234,50" or "1,2E+03". Which column is one of these is said by the user; a text column that reads like numbers
is pointed out, never turned by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from childdata.errors import VariableError
from childdata.expression import find_name
from childdata.microdata.dataset import Dataset
from childdata.words import word

_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
_LEADING_ZERO = r"^[+-]?0\d"
SAMPLE = 5_000


def tidy_numbers(texts: pl.Series) -> pl.Series:
    """Texts as Python writes numbers: no blanks between thousands, a decimal point, a plain minus.

    With both signs present the last one is the decimal sign; a lone comma is a decimal comma.

    >>> tidy_numbers(pl.Series(["1 234,50", "1.234,5", "1,234.5", "−2,5E+03"])).to_list()
    ['1234.50', '1234.5', '1234.5', '-2.5E+03']
    """
    plain = texts.str.replace_all(r"[\s\u00a0\u202f'’]", "").str.replace_all("[−–]", "-")
    comma_last = plain.str.contains(r"\..*,")
    point_last = plain.str.contains(r",.*\.")
    return pl.select(
        pl.when(comma_last)
        .then(plain.str.replace_all(".", "", literal=True).str.replace_all(",", ".", literal=True))
        .when(point_last)
        .then(plain.str.replace_all(",", "", literal=True))
        .otherwise(plain.str.replace_all(",", ".", literal=True))
        .alias(texts.name)
    ).to_series()


def parse_numbers(texts: pl.Series) -> tuple[pl.Series, int]:
    """Numbers (null where the text is none, or empty) and how many texts were none.

    >>> parse_numbers(pl.Series(["2,5", "", "abc"]))[1]
    1
    """
    tidy = tidy_numbers(texts)
    sound = tidy.str.contains(_NUMBER)
    numbers = pl.select(pl.when(sound).then(tidy)).to_series().cast(pl.Float64, strict=False)
    failed = int((numbers.is_null() & tidy.is_not_null() & (tidy != "")).sum())
    return numbers.alias(texts.name), failed


def reads_like_numbers(texts: pl.Series) -> bool:
    """Whether at least nine in ten of the texts that are not empty are numbers, none a code such as "007"."""
    filled = texts.drop_nulls().head(20 * SAMPLE)
    filled = filled.filter(filled.str.strip_chars() != "").head(SAMPLE)
    if filled.len() < 5:
        return False
    tidy = tidy_numbers(filled)
    codes = bool(tidy.str.contains(_LEADING_ZERO).any())
    return not codes and int(tidy.str.contains(_NUMBER).sum()) >= 0.9 * filled.len()


def with_numbers(data: Dataset, names: Sequence[str]) -> Dataset:
    """The data with these text variables turned into numbers; texts that are none are missing, and counted.

    Raises VariableError for an unknown name or a variable that is a date.
    """
    notes: list[str] = []
    frame, variables = data.frame, dict(data.variables.items())
    for asked in names:
        name = find_name(asked, frame.columns, place=data.source)
        column = frame.get_column(name)
        if column.dtype.is_numeric():
            continue
        if column.dtype != pl.String:
            raise VariableError(
                f"variable {name!r} of {data.source} is a {variables[name].kind}, not text that could be numbers"
            )
        numbers, failed = parse_numbers(column)
        frame = frame.with_columns(numbers)
        variables[name] = replace(variables[name], kind="number", value_labels={}, missing_codes=())
        if failed:
            notes.append(word("told.numbers_failed", name=name, count=failed, rows=len(column)))
        else:
            notes.append(word("told.numbers", name=name))
    kept = [
        name for name in data.reasons.columns if variables[name].kind == "text" or data.frame.schema[name] != pl.String
    ]
    reasons = data.reasons.select(kept) if kept else pl.DataFrame()
    return replace(data, frame=frame, variables=variables, reasons=reasons, notes=(*data.notes, *notes))


def with_implied_decimals(data: Dataset, decimals: Mapping[str, int]) -> Dataset:
    """The data with these variables divided by a power of ten: {"qweight": 2} reads 12345 as 123.45.

    Raises VariableError if a variable is unknown or no number, or if the count of decimals is negative.
    """
    frame, notes = data.frame, []
    for asked, places in decimals.items():
        name = find_name(asked, frame.columns, place=data.source)
        if places < 0 or not frame.schema[name].is_numeric():
            raise VariableError(
                f"implied_decimals needs a number variable and 0 or more decimals, not {name!r}: {places}"
            )
        frame = frame.with_columns(pl.col(name).cast(pl.Float64) / 10.0**places)
        notes.append(word("told.implied_decimals", name=name, divisor=10**places))
    return replace(data, frame=frame, notes=(*data.notes, *notes))


def remarks(data: Dataset) -> tuple[str, ...]:
    """What a reader should be told of the columns: texts that read like numbers, and columns wholly empty."""
    notes = []
    looks = [
        name
        for name, dtype in data.frame.schema.items()
        if dtype == pl.String
        and not data.variables[name].value_labels
        and reads_like_numbers(data.frame.get_column(name))
    ]
    if looks:
        notes.append(word("told.like_numbers", names=_some(looks), example=repr(looks[:3])))
    empty = [name for name in data.frame.columns if data.frame.height and _is_empty(data, name)]
    if empty:
        notes.append(word("told.wholly_empty", names=_some(empty)))
    return tuple(notes)


def _is_empty(data: Dataset, name: str) -> bool:
    column = data.frame.get_column(name)
    if column.null_count() == len(column):
        return name not in data.reasons.columns
    return column.dtype == pl.String and not bool(column.str.contains(r"\S").any())


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    return f"{shown} (+{len(names) - 5})" if len(names) > 5 else shown


def is_plain_number(texts: pl.Series, *, comma: bool) -> bool:
    """Whether every text that is not empty is a number in one way of writing, and none is a code such as
    "007"."""
    filled = texts.drop_nulls().str.strip_chars()
    filled = filled.filter(filled != "")
    if not filled.len():
        return False
    plain = filled.str.replace(",", ".", literal=True) if comma else filled
    if comma and bool(filled.str.contains(".", literal=True).any()):
        return False
    return bool(plain.str.contains(_NUMBER).all()) and not bool(plain.str.contains(_LEADING_ZERO).any())


def as_number(texts: pl.Series, *, comma: bool) -> pl.Series:
    """A column of which `is_plain_number` is true, as integers if it has only whole ones, else as doubles."""
    filled = texts.str.strip_chars()
    plain = filled.str.replace(",", ".", literal=True) if comma else filled
    present = pl.select(pl.when(plain != "").then(plain)).to_series()
    if bool(present.str.contains(r"[.eE]").any()) or bool((present.str.len_bytes() > 17).any()):
        return present.cast(pl.Float64)
    return present.cast(pl.Int64)
