"""What the statistics of a call need of the records: evaluated once, held as arrays.

`Records` is the survey's data seen through the rule language: it gives numbers with unknown as a mask, and
variables that make domains or categories as factors with their labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl

from childdata.errors import DesignError, VariableError
from childdata.expression import Evaluated, Expression, Rule, door, evaluate, find_name
from childdata.microdata import Dataset, Variable
from childdata.survey.arrays import Floats, Mask
from childdata.survey.design import label
from childdata.survey.domains import Factor, make_factor


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of a survey: a frame, the reasons for its missing answers, and what its variables mean.

    Attributes
    ----------
    frame : any frame the rule language takes.
    reasons : the layer of declared-missing answers of a `Dataset`, or None.
    variables : labels by name; empty for a bare frame.
    names : of the columns.
    place : what messages call the data.
    unit : what a row is, where the data say so.
    """

    frame: object
    reasons: pl.DataFrame | None
    variables: Mapping[str, Variable]
    names: tuple[str, ...]
    place: str
    _factors: dict[str, Factor] = field(default_factory=dict)
    unit: str | None = field(default=None, kw_only=True)

    @staticmethod
    def of(data: object) -> Records:
        """The records of a Dataset or of a frame.

        A frame that is computed elsewhere (polars lazy, DuckDB, ibis ...) is fetched here, once: its rows
        have no order of their own, and weights, strata and answers must belong to the same row.
        """
        if isinstance(data, Dataset):
            reasons = data.reasons if data.reasons.width else None
            names = tuple(data.frame.columns)
            return Records(data.frame, reasons, data.variables, names, data.source, unit=data.unit)
        if isinstance(data, Mapping):
            return Records(data, None, {}, tuple(data), "the data")
        try:
            frame = nw.from_native(data)  # type: ignore[call-overload]
        except TypeError:
            raise _no_frame(data) from None
        if isinstance(frame, nw.LazyFrame):
            data = frame.collect("polars").to_native()
        return Records(data, None, {}, tuple(frame.collect_schema().names()), "the data")

    def one_by_one(self) -> None:
        """Says that the records are needed one by one: an error where they are at an engine, which gives sums only."""

    def find(self, name: str) -> str:
        """The column that a name means."""
        return find_name(name, self.names, place=self.place)

    def evaluate(self, rules: Mapping[str, Rule]) -> Evaluated:
        """Rules by name, evaluated on every record."""
        return evaluate(self.frame, rules, reasons=self.reasons, place=self.place)

    def columns(self, names: Sequence[str]) -> pl.DataFrame:
        """Columns as they are, NaN as null; the names must be those of the data."""
        collected = door(self.frame, list(dict.fromkeys(names))).collect("polars").to_native()
        result: pl.DataFrame = collected
        return result

    def label(self, name: str) -> str:
        """The label of a variable, or its name."""
        variable = self.variables.get(name) if name in self.names else None
        return (variable.label if variable else "") or name

    def factor(self, name: str) -> Factor:
        """A variable as codes with labels; made once."""
        if name not in self._factors:
            self._factors[name] = self._make_factor(name)
        return self._factors[name]

    def _make_factor(self, name: str) -> Factor:
        column = self.columns([name])[name]
        variable = self.variables.get(name)
        return make_factor(column, variable.value_labels if variable else _categories(self.frame, name))


def _no_frame(data: object) -> DesignError:
    found = f"for the file: cd.Survey(cd.read({str(data)!r}))" if isinstance(data, (str, Path)) else type(data).__name__
    return DesignError(
        "a survey is made of a Dataset (from cd.read), a frame (pandas, polars, pyarrow ...) or a mapping of columns; "
        f"found {found}"
    )


def _categories(frame: object, name: str) -> dict[float | str, str] | None:
    """The categories of a pandas Categorical in their own order, as labels."""
    dtype = frame[name].dtype if isinstance(frame, pd.DataFrame) else None
    return {value: label(value) for value in dtype.categories} if isinstance(dtype, pd.CategoricalDtype) else None


@dataclass(frozen=True, slots=True)
class Column:
    """A row expression on every record: its values (0 where unknown) and where it is known (None: everywhere)."""

    value: Floats
    known: Mask | None


@dataclass(frozen=True, slots=True)
class Columns:
    """The expressions of a call, each evaluated once.

    Attributes
    ----------
    frame : the evaluated rules, by their text.
    undefined : by text, the records where a rule is unknown though its names are known (x / 0, log 0, overflow).
    """

    records: Records
    frame: pl.DataFrame
    undefined: Mapping[str, int]
    _numbers: dict[str, Column] = field(default_factory=dict)
    _factors: dict[str, Factor] = field(default_factory=dict)

    @staticmethod
    def of(records: Records, expressions: Sequence[Expression]) -> Columns:
        """Evaluate the expressions on the records."""
        wanted = {one.text: one for one in expressions if one.text != "1"}
        evaluated = records.evaluate(wanted)
        return Columns(records, evaluated.frame, dict(evaluated.undefined))

    def number(self, expression: Expression) -> Column:
        """An expression as numbers; a truth value is 0 or 1.

        Raises
        ------
        VariableError if it holds text.
        """
        if expression.text not in self._numbers:
            # the constant 1 is in every mean and needs no column of a sum; centred values are known late
            there = expression.text in self.frame.columns
            frame = self.frame if there else self.records.evaluate({expression.text: expression}).frame
            column = frame[expression.text]
            if column.dtype != pl.Boolean and not column.dtype.is_numeric():
                raise VariableError(
                    f"{expression.text!r} in {self.records.place} holds {_kind(column.dtype)} "
                    "where numbers are wanted; use proportion() for its categories, or read it as numbers first"
                )
            known, whole = None, column.cast(pl.Float64)
            if column.null_count():
                known, whole = column.is_not_null().to_numpy(), whole.fill_null(0.0)
            value = whole.rechunk().to_numpy()
            self._numbers[expression.text] = Column(value, known)
        return self._numbers[expression.text]

    def is_truth(self, expression: Expression) -> bool:
        """Whether an expression holds truth values."""
        return expression.text != "1" and self.frame[expression.text].dtype == pl.Boolean

    def factor(self, expression: Expression) -> Factor:
        """An expression as categories, with the labels of the variable where it is a bare name."""
        if expression.text not in self._factors:
            if expression.kind == "column":
                self._factors[expression.text] = self.records.factor(self.records.find(expression.names[0]))
            else:
                self._factors[expression.text] = make_factor(self.frame[expression.text], None)
        return self._factors[expression.text]

    def known(self, expression: Expression, *, as_factor: bool) -> Mask | None:
        """Where an expression is known; None for everywhere."""
        if as_factor:
            missing = self.factor(expression).code < 0
            return ~missing if missing.any() else None
        if expression.text == "1":
            return None
        return self.number(expression).known


def _kind(dtype: pl.DataType) -> str:
    return "text" if dtype == pl.String else f"{dtype}"


def both(left: Mask | None, right: Mask | None) -> Mask | None:
    """Where two masks are true; None is everywhere."""
    if left is None or right is None:
        return right if left is None else left
    result: Mask = left & right
    return result


def rough_centre(column: Column) -> float:
    """A number that is taken off a variable before summing, so as not to cost digits; see `centre_between`."""
    values = column.value if column.known is None else column.value[column.known]
    if not values.size:
        return 0.0
    middle = float(values[:: max(1, values.size // 1000)].mean())
    return centre_between(float(values.min()), float(values.max()), middle)


def centre_between(least: float, most: float, middle: float) -> float:
    """The value of a constant, or a round number near the mean where all values are near it, else 0.

    A domain far from the number would lose the digits that the others win: one of zeros would not sum to zero.

    >>> centre_between(999998.0, 1000003.0, 1000000.4), centre_between(0.0, 900.0, 350.2), centre_between(0.1, 0.1, 0.1)
    (1000000.0, 0.0, 0.1)
    """
    if least == most:
        return least
    centre = float(np.round(middle)) if np.isfinite(middle) else 0.0
    return centre if max(most - centre, centre - least) <= abs(centre) / 2 else 0.0
