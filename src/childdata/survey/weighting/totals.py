"""Totals that are known from elsewhere, and the records they are totals of.

A `Margin` is a variable, or several that are crossed, with a known total for each category. Categories are named by
the value in the data or by its label. Nothing is passed over: a category without a total, a total without a record,
a missing value, a negative number are errors that say which.

Records of weight zero have no part: their categories need no total, and may be missing.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, TypeVar

import numpy as np
import pandas as pd
import polars as pl

from childdata.errors import EstimationError, VariableError, nearest
from childdata.expression import Expression, parse
from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.columns import Records
from childdata.survey.design import compact
from childdata.survey.domains import Factor, make_factor

By_co = TypeVar("By_co", covariant=True)
Given_co = TypeVar("Given_co", covariant=True)


class Named(Protocol[By_co, Given_co]):
    """A mapping as far as it is read here, so that one by text is also one by text or number to a type checker."""

    def items(self) -> ItemsView[By_co, Given_co]:
        """Names and what is given for them."""


# Categories are named by value or label; of variables that are crossed by a tuple, or one inside the other.
ByCategory: TypeAlias = "Named[object, float | ByCategory]"
Totals: TypeAlias = "ByCategory | pd.Series | pd.DataFrame | pl.DataFrame"
Margins: TypeAlias = "Named[str | tuple[str, ...], Totals]"  # by variable, or variables that are crossed
Known: TypeAlias = "Named[str | tuple[str, ...], float | Totals]"  # one number of a column or rule, else by category

As = Literal["totals", "shares"]

_SHOWN = 5
_ROUNDING = 1e-9  # a difference of sums that adding up makes
_SHARES = 1e-6  # a sum of shares is one, up to this


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Categories of one variable, or of several that are crossed, that hold a record of positive weight.

    Attributes
    ----------
    names : of the variables.
    factors : the variables.
    code : array (n,); the cell of each record, -1 for records of weight zero with a missing value.
    keys : for each cell its level of each variable.
    """

    names: tuple[str, ...]
    factors: tuple[Factor, ...]
    code: Codes
    keys: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """The variables, as messages name them."""
        return " × ".join(self.names)

    def label(self, key: Sequence[int]) -> str:
        """The labels of a cell."""
        return ", ".join(factor.labels[level] for factor, level in zip(self.factors, key, strict=True))

    def labels(self) -> tuple[str, ...]:
        """The labels of all cells."""
        return tuple(self.label(key) for key in self.keys)


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """Cells with their known totals, array (cells,)."""

    cells: Cells
    totals: Floats

    @property
    def sum(self) -> float:
        """The sum of the totals."""
        return float(self.totals.sum())


def cells_of(records: Records, names: str | Sequence[str], counted: Mask, *, role: str) -> Cells:
    """The cells that variables or rules make of the records that are counted.

    Raises
    ------
    EstimationError if a value is missing in a record that is counted.
    """
    listed = [names] if isinstance(names, str) else list(names)
    if not listed:
        raise EstimationError(f"a variable is wanted that {role}; none was given")
    factors = tuple(_factor(records, parse(as_rule(records, name))) for name in listed)
    key, known, width = np.zeros(counted.size, dtype=np.intp), np.ones(counted.size, dtype=bool), 1
    for name, factor in zip(listed, factors, strict=True):
        refuse_missing(name, (factor.code < 0) & counted, role)
        key, known = key * len(factor.labels) + factor.code, known & (factor.code >= 0)
        width *= len(factor.labels)
        if width > 1 << 40:
            raise EstimationError(f"{' × '.join(listed)} has too many categories to be crossed")
    code = np.full(counted.size, -1, dtype=np.intp)
    used = counted & known
    code[used], kept = compact(key[used], width)
    found = np.full(width if width <= 4 * kept.size + 64 else 0, -1, dtype=np.intp)
    rest = known & ~counted
    if found.size:
        found[kept] = np.arange(kept.size)
        code[rest] = found[key[rest]]
    else:
        place = np.minimum(np.searchsorted(kept, key[rest]), kept.size - 1)
        code[rest] = np.where(kept[place] == key[rest], place, -1)
    return Cells(tuple(listed), factors, code, tuple(_levels(int(one), factors) for one in kept))


def _factor(records: Records, expression: Expression) -> Factor:
    """A variable with its labels, or the values of a rule."""
    if expression.kind == "column":
        return records.factor(records.find(expression.names[0]))
    return make_factor(records.evaluate({"rule": expression}).frame["rule"], None)


def as_rule(records: Records, name: str) -> str:
    """A column by its name as it is in the data (`sch.wide`), else a rule."""
    return f"`{name}`" if name in records.names and not name.isidentifier() else name


def _levels(key: int, factors: Sequence[Factor]) -> tuple[int, ...]:
    levels: list[int] = []
    for factor in reversed(factors):
        key, level = divmod(key, len(factor.labels))
        levels.append(level)
    return tuple(reversed(levels))


def refuse_missing(name: str, where: Mask, role: str) -> None:
    """An EstimationError that counts the records where a variable that makes weights is missing."""
    if where.any():
        raise EstimationError(
            f"{name!r} {role}, but is missing in {int(where.sum())} of {where.size} records; fill it (with a category "
            "of its own, which then needs a total too), or give these records weight zero"
        )


def read_margin(cells: Cells, totals: Totals, *, as_: As, size: float) -> Margin:
    """Cells with the totals that a user gave, each in its place.

    Parameters
    ----------
    totals : mapping from a category to its total (crossed variables: from a tuple, or nested), a pandas Series with
        the categories in its index, or a frame with a column for each variable and one of totals.
    as_ : `"shares"`: what is given sums to one, and is multiplied by `size`.

    Raises
    ------
    EstimationError for totals that are negative, missing, given twice or for no record; for records without a total.
    """
    check_as(as_)
    found: dict[tuple[int, ...], float] = {}
    empty: list[str] = []
    for parts, value in _entries(cells, totals):
        number = _number(value, cells, parts)
        levels = [_level(factor, part) for factor, part in zip(cells.factors, parts, strict=True)]
        key = tuple(level for level in levels if level is not None)
        if len(key) < len(levels):
            if number:
                _refuse_unknown(cells, parts, levels)
            continue
        if key in found:
            raise EstimationError(f"{cells.name} has two totals for {cells.label(key)!r}; give one")
        found[key] = number
    observed = set(cells.keys)
    empty = [cells.label(key) for key, number in found.items() if key not in observed and number]
    if empty:
        raise EstimationError(
            f"{cells.name} has a total for {listed(empty)}, but no record of positive weight is there to carry it; "
            "join it with another category, or leave it out if it does not belong to the population"
        )
    without = [cells.label(key) for key in cells.keys if key not in found]
    if without:
        raise EstimationError(
            f"{cells.name} has records in {listed(without)}, but no total was given for it; give one for each category "
            "with records, or give these records weight zero if they do not belong to the population"
        )
    zero = [cells.label(key) for key in cells.keys if not found[key]]
    if zero:
        raise EstimationError(
            f"{cells.name} has a total of zero for {listed(zero)}, where there are records; a weight that must become "
            "zero is no calibration: give these records weight zero first"
        )
    values = np.array([found[key] for key in cells.keys])
    return Margin(cells, _as_totals(cells.name, values, as_, size))


def _as_totals(name: str, values: Floats, as_: As, size: float) -> Floats:
    if as_ == "totals":
        return values
    if abs(values.sum() - 1) > _SHARES:
        raise EstimationError(
            f'as_="shares": the shares of {name} sum to {values.sum():.9g}, not to 1; '
            "correct them, or divide them by their sum"
        )
    shares: Floats = values / values.sum() * size
    return shares


def check_as(as_: str) -> None:
    """Refuse a word that is neither of the two."""
    if as_ not in ("totals", "shares"):
        raise EstimationError(f"as_ is 'totals' or 'shares'; found {as_!r}")


def same_sums(margins: Sequence[Margin], *, advice: str) -> None:
    """Refuse margins of one population that do not have one sum; the error ends with the advice.

    Raises
    ------
    EstimationError that names them with their sums.
    """
    sums = np.array([margin.sum for margin in margins])
    if sums.size and np.ptp(sums) > _ROUNDING * sums.max():
        said = "; ".join(f"{margin.cells.name}: {margin.sum:.12g}" for margin in margins)
        raise EstimationError(f"the margins contradict each other, since their sums differ ({said}); {advice}")


def _entries(cells: Cells, totals: Totals) -> Iterator[tuple[tuple[object, ...], object]]:
    """Category (one part for each variable) and total, as they were given."""
    if isinstance(totals, pl.DataFrame):
        totals = totals.to_pandas()
    if isinstance(totals, pd.DataFrame):
        totals = _series(cells, totals)
    pairs = totals.items()
    depth = len(cells.names)
    for key, value in pairs:
        yield from _unfolded(cells, key if isinstance(key, tuple) else (key,), value, depth)


def _unfolded(
    cells: Cells, key: tuple[object, ...], value: object, depth: int
) -> Iterator[tuple[tuple[object, ...], object]]:
    if isinstance(value, Mapping):
        for further, inner in value.items():
            yield from _unfolded(cells, (*key, *(further if isinstance(further, tuple) else (further,))), inner, depth)
        return
    if len(key) != depth:
        wanted = " and ".join(map(repr, cells.names))
        raise EstimationError(f"totals of {cells.name} are by category of {wanted}; found one for {key!r}")
    yield key, value


def _series(cells: Cells, frame: pd.DataFrame) -> pd.Series:
    absent = [name for name in cells.names if name not in frame.columns]
    numbers = [name for name in frame.columns if name not in cells.names]
    if absent or len(numbers) != 1:
        raise EstimationError(
            f"a frame of totals of {cells.name} has the columns {', '.join(map(repr, cells.names))} and one of totals; "
            f"found {', '.join(map(repr, frame.columns))}"
        )
    keyed: pd.Series = frame.set_index(list(cells.names))[numbers[0]]
    return keyed


def _number(value: object, cells: Cells, parts: tuple[object, ...]) -> float:
    label = ", ".join(map(str, parts))
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise EstimationError(f"the total of {cells.name} for {label!r} is a number; found {value!r}") from None
    if not np.isfinite(number) or number < 0:
        raise EstimationError(f"the total of {cells.name} for {label!r} is a number of zero or above; found {number}")
    return number


def _level(factor: Factor, part: object) -> int | None:
    """The level that a category names: by its value in the data, else by its label."""
    if isinstance(part, (bool, np.bool_)) and set(factor.values) <= {"true", "false"}:
        part = str(bool(part)).lower()
    if part in factor.values:
        return factor.values.index(part)
    text = str(part)
    return factor.labels.index(text) if text in factor.labels else None


def _refuse_unknown(cells: Cells, parts: tuple[object, ...], levels: Sequence[int | None]) -> None:
    place = next(k for k, level in enumerate(levels) if level is None)
    factor = cells.factors[place]
    names = list(dict.fromkeys([*map(str, factor.values), *factor.labels]))
    hint = nearest(str(parts[place]), names) or f"; its categories: {listed(list(factor.labels))}"
    raise EstimationError(f"{cells.names[place]!r} has no record with the category {str(parts[place])!r}{hint}")


def listed(names: Sequence[str]) -> str:
    """The first few names in quotes, and how many more there are."""
    shown = ", ".join(map(repr, names[:_SHOWN]))
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def weighted_totals(cells: Cells, weight: Floats) -> Floats:
    """The sum of weights in each cell."""
    inside = cells.code >= 0
    return summed(cells.code[inside], weight[inside], len(cells.keys))


def spread_out(cells: Cells, values: Floats, outside: float) -> Floats:
    """A number for each record from one for each cell, `outside` for a record in none."""
    return np.append(values, outside)[cells.code]


def refuse_text(name: str, column: pl.Series) -> None:
    """A VariableError for a column of text where numbers are wanted."""
    if not column.dtype.is_numeric() and column.dtype != pl.Boolean:
        raise VariableError(
            f"{name!r} holds text, and one total was given; give a total for each category: {{{name!r}: {{...: ...}}}}"
        )


def cell_of(cells: Cells, category: object) -> int:
    """The cell that a category names, a tuple where variables are crossed.

    Raises
    ------
    EstimationError if no record is in it.
    """
    parts = category if isinstance(category, tuple) else (category,)
    if len(parts) != len(cells.names):
        wanted = " and ".join(map(repr, cells.names))
        raise EstimationError(f"a cell is named by its category of {wanted}; found {category!r}")
    levels = [_level(factor, part) for factor, part in zip(cells.factors, parts, strict=True)]
    if None in levels:
        _refuse_unknown(cells, parts, levels)
    key = tuple(level for level in levels if level is not None)
    if key not in cells.keys:
        raise EstimationError(f"no record is in the cell {cells.label(key)!r} of {cells.name}")
    return cells.keys.index(key)
