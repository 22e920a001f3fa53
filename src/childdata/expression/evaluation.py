"""What do these rules give on this frame? One polars column per rule, row for row, unknown as null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import narwhals as nw
import polars as pl

from childdata.errors import VariableError

from .compiler import Bound, Reason, bind
from .frames import as_lazy, column_names, door, height, without_nan
from .names import find_name
from .parser import parse
from .tree import Expression, Rule
from .values import ValueKind

_NATIVE = {"truth": pl.Boolean, "number": pl.Float64, "text": pl.String, "empty": pl.Float64}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What rules gave.

    Attributes
    ----------
    frame : one column per rule, rows in the order of the data: Boolean, Float64 or String; null is unknown.
    undefined : for each rule the number of rows where x / 0, log(0) or overflow made it unknown although
        all its variables were known.
    """

    frame: pl.DataFrame
    undefined: dict[str, int]


def evaluate(
    frame: object,
    rules: Mapping[str, Rule],
    *,
    reasons: pl.DataFrame | None = None,
    place: str = "the data",
) -> Evaluated:
    """Every rule on every row.

    Parameters
    ----------
    frame : pandas, polars, pyarrow, a mapping of columns; or lazy (polars, DuckDB, ...), which is computed.
    rules : name of the result -> rule.
    reasons : one column per variable with declared missing answers, null where the answer is an ordinary
        one; needed by `code(x)`.
    place : what error messages call the data, such as the name of the file.

    Raises
    ------
    ExpressionError, VariableError.

    >>> children = {"UB2": [2, 3, None], "EC6": [1, 1, 1]}
    >>> evaluate(children, {"old": "UB2 >= 3", "two": "UB2 / EC6 * 2"}).frame.rows()
    [(False, 4.0), (True, 6.0), (None, None)]
    """
    expressions = {name: parse(rule) for name, rule in rules.items()}
    lazy, used = prepare(frame, list(expressions.values()), reasons=reasons, place=place)
    schema = lazy.collect_schema()
    return collect(lazy, bind_all(expressions, schema, place=place, reasons=used))


def prepare(
    frame: object,
    expressions: Sequence[Expression],
    *,
    reasons: pl.DataFrame | None,
    place: str,
    keys: Sequence[str] = (),
) -> tuple[nw.LazyFrame[Any], dict[str, Reason]]:
    """The frame at the door with the columns in use, and the reasons for missing that `code(x)` needs."""
    names = list(dict.fromkeys([*keys, *(name for each in expressions for name in each.names)]))
    known = column_names(frame, place=place)
    found = list(dict.fromkeys(find_name(name, known, place=place) for name in names))
    lazy = as_lazy(frame)
    if lazy is None:
        lazy = door(frame, found, place=place) if found else _rows(height(frame, place=place))
    used = _reasons_used(expressions, known, reasons, place=place)
    if not used or reasons is None:
        return lazy, {}
    beside: pl.DataFrame = lazy.select(*found).collect("polars").to_native()
    if beside.height != reasons.height:
        raise VariableError(
            f"the reasons for missing answers have {reasons.height} rows and {place} has {beside.height} rows; "
            "hand over the reasons of these very rows"
        )
    beside = beside.with_columns(reasons.get_column(name).alias(reason.column) for name, reason in used.items())
    return nw.from_native(beside.lazy()), used


def _rows(count: int) -> nw.LazyFrame[Any]:
    """A frame of so many rows, for rules that use no variable."""
    return nw.from_native(pl.LazyFrame({"row": pl.zeros(count, dtype=pl.Int8, eager=True)}))


def _reasons_used(
    expressions: Sequence[Expression], known: Sequence[str], reasons: pl.DataFrame | None, *, place: str
) -> dict[str, Reason]:
    """The variables inside `code(...)` that have a column of reasons."""
    if reasons is None:
        return {}
    inside = {find_name(name, known, place=place) for each in expressions for name in each.code_names}
    return {
        name: Reason(f"childdata reason {name}", reasons.schema[name] == pl.String)
        for name in reasons.columns
        if name in inside
    }


def bind_all(
    rules: Mapping[str, Expression],
    schema: Mapping[str, object],
    *,
    place: str,
    reasons: Mapping[str, Reason] | None = None,
    mark: str = "",
) -> dict[str, Bound]:
    """Every rule bound to the columns, each with names of its own for its steps."""
    return {
        name: bind(rule, schema, place=place, reasons=reasons, prefix=f"childdata step {mark}{number}")
        for number, (name, rule) in enumerate(rules.items())
    }


@dataclass(frozen=True, slots=True)
class Laid:
    """Rules as columns of a frame that is not computed yet.

    Attributes
    ----------
    frame : the frame with a column for each rule.
    columns : the column of each rule.
    kinds : what each gives.
    failed : for the rules a part of which may give no number, the column that is true where one did.
    """

    frame: nw.LazyFrame[Any]
    columns: dict[str, str]
    kinds: dict[str, ValueKind]
    failed: dict[str, str]


def lay(lazy: nw.LazyFrame[Any], rules: Mapping[str, Expression], *, place: str, mark: str = "") -> Laid:
    """Rules as further columns of a frame that is computed elsewhere; nothing is computed here.

    Parameters
    ----------
    mark : a word that keeps the names of the new columns apart from those of another call on the same frame.

    Raises
    ------
    ExpressionError, VariableError.

    >>> from childdata.expression import parse
    >>> children = nw.from_native(pl.LazyFrame({"UB2": [2, 3, None]}))
    >>> laid = lay(children, {"old": parse("UB2 >= 3")}, place="the data")
    >>> laid.frame.select(laid.columns["old"]).collect().to_dict(as_series=False), laid.kinds
    ({'childdata rule 0': [False, True, None]}, {'old': 'truth'})
    """
    return _laid(lazy, bind_all(rules, lazy.collect_schema(), place=place, mark=mark), mark)


def _laid(lazy: nw.LazyFrame[Any], bound: Mapping[str, Bound], mark: str = "") -> Laid:
    columns = {name: f"childdata rule {mark}{number}" for number, name in enumerate(bound)}
    new = {columns[name]: rule.expr for name, rule in bound.items()}
    failed = {
        name: f"childdata failed {mark}{number}" for number, name in enumerate(bound) if bound[name].failed is not None
    }
    lost = {column: _lost(bound[name], columns[name]) for name, column in failed.items()}
    for layer in zip_longest(*(rule.steps for rule in bound.values())):
        lazy = lazy.with_columns(*(step[1].alias(step[0]) for step in layer if step is not None))
    for group in (new, lost):
        if group:
            lazy = lazy.with_columns(*(expr.alias(name) for name, expr in group.items()))
    return Laid(lazy, columns, {name: rule.kind for name, rule in bound.items()}, failed)


def _lost(rule: Bound, column: str) -> nw.Expr:
    """Where all variables are known and the rule is not."""
    assert rule.failed is not None
    return rule.failed & nw.col(column).is_null()


def collect(lazy: nw.LazyFrame[Any], bound: Mapping[str, Bound], *, keys: Sequence[str] = ()) -> Evaluated:
    """The values of bound rules (after the keys, as they are), computed in one pass."""
    if not bound and not keys:
        return Evaluated(pl.DataFrame(), {})
    laid = _laid(lazy, bound)
    native: pl.DataFrame = (
        laid.frame.select(*keys, *laid.columns.values(), *laid.failed.values()).collect("polars").to_native()
    )
    columns = [without_nan(native.get_column(key)) for key in keys]
    undefined = {}
    for name, rule in bound.items():
        series = native.get_column(laid.columns[name]).alias(name)
        columns.append(series.cast(_NATIVE[rule.kind]) if rule.kind in _NATIVE else series)
        undefined[name] = int(native.get_column(laid.failed[name]).sum()) if name in laid.failed else 0
    return Evaluated(pl.DataFrame(columns), undefined)
