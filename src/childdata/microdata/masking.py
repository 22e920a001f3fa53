"""One column of a statistical file: what is an answer, what is a reason for none, and of what type it is.

A code that the file declares missing is taken out of the values and kept beside them; a Stata tag likewise.
Whole numbers that SPSS holds as doubles (format F4.0) become integers if none is lost, and numbers that are
dates by their format become dates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from childdata.microdata.dates import Program, counted, to_moments
from childdata.microdata.labels import Variable, is_tag
from childdata.words import word

LARGEST_WHOLE = 2.0**53


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the reader returned it, what the file says of it, and its tags by `row` and `letter`."""

    values: pl.Series
    variable: Variable
    program: Program
    tags: pl.DataFrame | None = None


def values_and_reasons(
    column: Column, *, keep_codes: bool, whole_numbers: bool
) -> tuple[pl.Series, pl.Series | None, Variable, list[str]]:
    """Values, reasons (None if there are none), the variable as it now is, and notes.

    With `keep_codes` the codes declared missing stay among the values; tags cannot.
    """
    values, variable = column.values, column.variable
    notes: list[str] = []
    if values.dtype == pl.Float64:
        values = values.fill_nan(None)
    reasons: pl.Series | None = None
    if column.tags is not None:
        reasons, variable = _tag_reasons(column)
        if keep_codes:
            notes.append(word("told.tags_stay", name=variable.name))
    elif variable.declares_missing and not keep_codes:
        values, reasons = mask(values, variable)
    if values.dtype == pl.String:
        return values, reasons, variable, notes
    what = counted(variable.format, column.program)
    if what is not None:
        moments, lost = to_moments(values, what)
        if lost:
            notes.append(word("told.dates_lost", name=variable.name, count=lost))
        return moments, reasons, replace(variable, kind=what.kind), notes
    if values.dtype != pl.Float64:
        return values.cast(pl.Int64), reasons, variable, notes
    if whole_numbers and (variable.format or "").startswith("F") and _no_decimals(variable.format):
        values = as_whole(values)
    return values, reasons, variable, notes


def mask(values: pl.Series, variable: Variable) -> tuple[pl.Series, pl.Series | None]:
    """Values without the codes declared missing, and those codes (null elsewhere; None if none occurs)."""
    text = values.dtype == pl.String
    codes = [code for code in variable.missing_codes if isinstance(code, str) == text]
    compared = values if text else values.cast(pl.Float64)
    none = pl.Series(values.name, [False]).new_from_index(0, len(values))
    hit = compared.is_in(codes).fill_null(False) if codes else none
    if not text:
        for low, high in variable.missing_ranges:
            hit = hit | compared.is_between(low, high).fill_null(False)
    if not hit.any():
        return values, None
    split = pl.select(
        pl.when(~hit).then(values).alias(values.name),
        pl.when(hit).then(compared).alias("reason"),
    )
    return split.to_series(0), split.to_series(1).alias(values.name)


def _tag_reasons(column: Column) -> tuple[pl.Series, Variable]:
    tags = column.tags
    letters = np.zeros(len(column.values), dtype=np.int8)
    if tags is not None:
        letters[tags["row"].to_numpy()] = tags["letter"].to_numpy()
    named = {code: chr(code) for code in np.unique(letters) if code}
    codes = pl.Series(column.values.name, letters)
    reasons = codes.replace_strict(named, default=None, return_dtype=pl.String)
    present = {f".{letter}" for letter in named.values()}
    known = {code for code in column.variable.missing_codes if isinstance(code, str)}
    declared = tuple(sorted(code for code in present | known if is_tag(code)))
    return reasons, replace(column.variable, missing_codes=declared)


def _no_decimals(display: str | None) -> bool:
    digits = (display or "")[1:].split(".")
    return digits[0].isdigit() and (len(digits) == 1 or digits[1] in ("", "0"))


def as_whole(values: pl.Series) -> pl.Series:
    """Doubles as 64-bit integers if that loses nothing; unchanged otherwise, and where all is missing."""
    if values.null_count() == len(values):
        return values
    whole = (values == values.floor()) & (values.abs() < LARGEST_WHOLE)
    return values.cast(pl.Int64) if bool(whole.all()) else values
