"""Domains: what `by`, `each`, `where` and `margins` mean, as cells and labelled rows.

`by=["a", "b"]` crosses; `each=[...]` gives one block of rows per entry; `margins=True` adds the totals over each
variable of a crossing and over all. A `Grouping` is one set of variables that rows are made for (none: the whole);
the records of a grouping lie in cells of the crossing of its entry, and each cell in exactly one row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import polars as pl

from childdata.errors import EstimationError
from childdata.survey.arrays import Codes, Mask
from childdata.survey.design import compact, encode, label
from childdata.vocabulary import MISSING, TOTAL

MissingBy = Literal["row", "total", "drop"]


@dataclass(frozen=True, slots=True)
class Factor:
    """A variable that makes domains, as codes.

    Attributes
    ----------
    name : of the column, as the user wrote it in the file.
    code : array (n,); 0 .. levels - 1 in the order of the labels, -1 where missing.
    labels : the label of each level.
    values : the value of each level in the data.
    has_missing : whether a record may be without a value.
    """

    name: str
    code: Codes
    labels: tuple[str, ...]
    values: tuple[object, ...]
    has_missing: bool = True


def make_factor(column: pl.Series, value_labels: Mapping[float | str, str] | None) -> Factor:
    """A factor of a column: its observed values, in the order of their value labels, then the others.

    A category type (pandas Categorical, polars Enum) keeps its own order.
    """
    if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
        order = _categories(column)
        text = column.cast(pl.String)
        return _ordered(text, {value: value for value in order})
    if column.dtype == pl.Boolean:
        return _ordered(column.cast(pl.String), {"false": "no", "true": "yes"})
    if column.dtype == pl.String:
        column = column.str.strip_chars_end()
        column = column.set(column == "", None) if (column == "").any() else column
    return _ordered(column, value_labels or {})


def _categories(column: pl.Series) -> list[str]:
    if isinstance(column.dtype, pl.Enum):
        return column.dtype.categories.to_list()
    # The categories of a column from pandas come in their own order as its physical codes.
    coded = pl.DataFrame({"code": column.to_physical(), "text": column.cast(pl.String)})
    return coded.drop_nulls().unique().sort("code")["text"].to_list()


def _ordered(column: pl.Series, value_labels: Mapping[float | str, str]) -> Factor:
    code, values = encode(column)
    found: list[object] = values.to_list()
    places = {value: place for place, value in enumerate(value_labels)}
    last = len(places)
    order = sorted(range(len(found)), key=lambda k: (places.get(found[k], last), k))  # type: ignore[call-overload]
    number = np.empty(len(found) + 1, dtype=np.intp)
    number[order] = np.arange(len(found))
    number[-1] = -1
    labels = _distinct([str(value_labels.get(found[k]) or label(found[k])) for k in order], [found[k] for k in order])  # type: ignore[call-overload]
    levels = tuple(found[k] for k in order)
    return Factor(column.name, number[code], labels, levels, column.null_count() > 0)


def _distinct(labels: list[str], values: list[object]) -> tuple[str, ...]:
    """Labels that name one value each: a label of two codes, or of a total, has its code added."""
    counts = Counter(labels)
    repeated = {one for one in counts if counts[one] > 1} | {TOTAL, MISSING}
    pairs = zip(labels, values, strict=True)
    return tuple(f"{one} ({label(value)})" if one in repeated else one for one, value in pairs)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one grouping: which cell of the crossing lies in which row, and the rows' labels.

    Attributes
    ----------
    row_of_cell : array (cells,); -1 for a cell that is in no row.
    labels : for each row, the label of each variable of the grouping.
    """

    variables: tuple[str, ...]
    row_of_cell: Codes
    labels: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Partition:
    """One entry of a call: the cells of its crossing and the groupings that are read off it."""

    cell: Codes
    cells: int
    groupings: tuple[Rows, ...]


def entries_of(
    by: Sequence[str] | str | None, each: Sequence[str | Sequence[str]] | str | None, margins: bool
) -> list[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """The entries of a call: the variables of each crossing, and the groupings wanted of it.

    >>> entries_of(["a", "b"], None, True)
    [(('a', 'b'), (('a', 'b'), ('a',), ('b',), ()))]
    >>> entries_of(None, ["a", ("a", "b")], False)
    [(('a',), (('a',),)), (('a', 'b'), (('a', 'b'),))]

    Raises
    ------
    EstimationError if both `by` and `each` are given, or a variable is named twice in a crossing.
    """
    if by is not None and each is not None:
        raise EstimationError("by= crosses its variables, each= makes a block for each entry; give one of the two")
    wanted: list[tuple[str, ...]]
    if each:
        each = [each] if isinstance(each, str) else each
        wanted = [(entry,) if isinstance(entry, str) else tuple(entry) for entry in each]
    else:
        wanted = [(by,) if isinstance(by, str) else tuple(by or ())]
    done: set[tuple[str, ...]] = set()
    result = []
    for variables in wanted:
        if len(set(variables)) < len(variables):
            raise EstimationError(f"a variable is named twice in the crossing {variables}")
        sizes = range(len(variables), -1, -1) if margins else [len(variables)]
        groupings = tuple(g for size in sizes for g in combinations(variables, size) if g not in done)
        done.update(groupings)
        if groupings:
            result.append((variables, groupings))
    return result


def partition(
    factors: Sequence[Factor],
    groupings: Sequence[tuple[str, ...]],
    inside: Mask | None,
    missing_by: MissingBy,
    records: int,
) -> Partition:
    """The cells of a crossing, and for each grouping its rows.

    Parameters
    ----------
    factors : the variables of the crossing.
    groupings : the sets of their names that rows are wanted for.
    inside : array (n,); records of the domain, or None for all.
    missing_by : whether records with a missing value get a row, count in totals only, or are dropped.
    records : n.
    """
    key = np.zeros(records, dtype=np.intp)
    widths = [len(factor.labels) + 1 for factor in factors]
    for factor, width in zip(factors, widths, strict=True):
        # A missing value is the last level, so that its row stands last.
        code = np.where(factor.code < 0, width - 1, factor.code) if factor.has_missing else factor.code
        key = code if factor is factors[0] else key * width + code
    if missing_by == "drop":
        for factor in factors:
            if factor.has_missing:
                inside = factor.code >= 0 if inside is None else inside & (factor.code >= 0)
    size = int(np.prod(widths)) if widths else 1
    if inside is not None and not inside.all():
        chosen = np.flatnonzero(inside)
        codes, kept = compact(key[chosen], size)
        cell = np.full(records, -1, dtype=np.intp)
        cell[chosen] = codes
    else:
        cell, kept = compact(key, size)
    levels = _levels(kept, widths)
    rows = tuple(_rows(factors, levels, grouping, missing_by) for grouping in groupings)
    if not kept.size:
        rows = tuple(Rows(g, np.zeros(0, dtype=np.intp), ((),) if not g else ()) for g in groupings)
    return Partition(cell, kept.size, rows)


def _levels(kept: Codes, widths: Sequence[int]) -> list[Codes]:
    levels: list[Codes] = []
    rest = kept
    for width in reversed(widths):
        levels.insert(0, rest % width)
        rest = rest // width
    return levels


def _rows(factors: Sequence[Factor], levels: Sequence[Codes], grouping: tuple[str, ...], missing_by: MissingBy) -> Rows:
    chosen = [(factor, level) for factor, level in zip(factors, levels, strict=True) if factor.name in grouping]
    if not chosen:
        cells = levels[0].size if levels else 1
        return Rows((), np.zeros(cells, dtype=np.intp), ((),))
    widths = [len(factor.labels) + 1 for factor, _ in chosen]
    key = np.zeros(chosen[0][1].size, dtype=np.intp)
    shown = np.ones(key.size, dtype=bool)
    for (_, level), width in zip(chosen, widths, strict=True):
        key = key * width + level
        if missing_by == "total":
            shown &= level < width - 1
    row = np.full(key.size, -1, dtype=np.intp)
    row[shown], present = compact(key[shown], int(np.prod(widths)))
    parts = zip(chosen, _levels(present, widths), strict=True)
    columns = [np.array([*factor.labels, MISSING], dtype=object)[part].tolist() for (factor, _), part in parts]
    return Rows(grouping, row, tuple(zip(*columns, strict=True)))
