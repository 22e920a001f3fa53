"""What do rules over the rows of a group give? One row per group: a household from its members.

`count_true(HL6 < 18)` is over the rows of each group; around such calls stands any rule, as in
`sum(income) / count()`. Unknown answers are left out of sums and means; a truth over rows is Kleene's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import narwhals as nw
import polars as pl

from childdata.errors import VariableError

from .compiler import kind_of_column
from .evaluation import bind_all, collect, prepare
from .names import find_name
from .parser import parse_aggregate
from .tree import Expression, Name, Node, Over, Rule, complaint, parts_of
from .types import kind_of


def aggregate(
    frame: object,
    by: Sequence[str],
    rules: Mapping[str, Rule],
    *,
    reasons: pl.DataFrame | None = None,
    place: str = "the data",
) -> pl.DataFrame:
    """One row per group, in the order in which the groups appear.

    Parameters
    ----------
    frame : as for `evaluate`.
    by : the variables whose values make the groups; an unknown value makes a group too.
    rules : name of the result -> rule with `count()`, `count_true(rule)`, `any(rule)`, `all(rule)`,
        `sum(x)`, `mean(x)`, `min(x)`, `max(x)`, `first(x)`; outside of these only the `by` variables.

    Raises
    ------
    ExpressionError, VariableError.

    >>> members = {"HH2": [1, 1, 2], "HL6": [40, 7, 30]}
    >>> aggregate(members, ["HH2"], {"children": "count_true(HL6 < 18)", "size": "count()"}).rows()
    [(1, 1.0, 2.0), (2, 0.0, 1.0)]
    """
    expressions = {name: parse_aggregate(rule) for name, rule in rules.items()}
    lazy, used = prepare(frame, list(expressions.values()), reasons=reasons, place=place, keys=by)
    schema = lazy.collect_schema()
    keys = list(dict.fromkeys(find_name(name, schema, place=place) for name in by))
    clash = [name for name in rules if name in keys]
    if clash:
        raise VariableError(f"{clash[0]!r} is a variable of by and cannot be a result too; give it another name")
    for rule in expressions.values():
        _check(rule, schema, place=place)
    calls, rows, outer = _split(expressions, keys)
    bound = bind_all(rows, schema, place=place, reasons=used)
    groups = nw.from_native(_grouped(collect(lazy, bound, keys=keys).frame, keys, calls).lazy())
    schema = groups.collect_schema()
    return collect(groups, bind_all(outer, schema, place=place), keys=keys).frame


def _internal(at: int) -> str:
    return f"childdata over rows {at}"


def _check(rule: Expression, schema: Mapping[str, Any], *, place: str) -> None:
    """The check of types with functions over rows, which `bind` sees only in parts."""
    columns = {name: find_name(name, schema, place=place) for name in rule.names}
    kinds = {name: kind_of_column(column, schema[column], place=place) for name, column in columns.items()}
    kind_of(rule.text, rule.tree, kinds.__getitem__)


def _split(
    expressions: Mapping[str, Expression], keys: Sequence[str]
) -> tuple[list[Over], dict[str, Expression], dict[str, Expression]]:
    """The calls over rows, the rule inside each, and each rule with its calls replaced by their results."""
    calls: list[Over] = []
    rows: dict[str, Expression] = {}
    outer: dict[str, Expression] = {}
    for name, rule in expressions.items():
        before = len(calls)
        outer[name] = _part(rule, _lift(rule.tree, calls))
        for at, call in enumerate(calls[before:], start=before):
            if call.argument is not None:
                rows[_internal(at)] = _part(rule, call.argument)
        _only_keys(outer[name], keys, len(calls))
    return calls, rows, outer


def _lift(node: Node, calls: list[Over]) -> Node:
    """The tree with each call over rows replaced by a name, under which its result will stand."""
    if isinstance(node, Over):
        calls.append(node)
        return Name(_internal(len(calls) - 1), node.at)
    changed: dict[str, Any] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, tuple):
            changed[each.name] = tuple(_lift(part, calls) for part in value)
        elif hasattr(value, "__dataclass_fields__"):
            changed[each.name] = _lift(value, calls)
    return replace(node, **changed) if changed else node


def _names(node: Node) -> list[Name]:
    """Every name in a tree."""
    if isinstance(node, Name):
        return [node]
    return [name for part in parts_of(node) for name in _names(part)]


def _part(rule: Expression, tree: Node) -> Expression:
    """A part of a rule as an expression of its own that still shows the whole rule in errors."""
    names = tuple(dict.fromkeys(name.name for name in _names(tree)))
    return Expression(rule.text, rule.kind, names, (), tree)


def _only_keys(rule: Expression, keys: Sequence[str], calls: int) -> None:
    """Outside of functions over rows a group has one value only of what it was made by."""
    allowed = [*keys, *(_internal(at) for at in range(calls))]
    lower = {name.casefold() for name in allowed}
    for name in _names(rule.tree):
        if name.name.casefold() not in lower:
            raise complaint(
                rule.text,
                name.at,
                f"variable {name.name!r} may differ between the rows of a group; "
                f"write a function over rows, such as first({name.name}), sum(x), any(rule)",
            )


def _grouped(records: pl.DataFrame, keys: Sequence[str], calls: Sequence[Over]) -> pl.DataFrame:
    """One row per group with the result of every call over rows."""
    results = [_over_rows(call, pl.col(_internal(at))).alias(_internal(at)) for at, call in enumerate(calls)]
    if not keys:
        return records.select(results)
    return records.group_by(list(keys), maintain_order=True).agg(results)


def _over_rows(call: Over, x: pl.Expr) -> pl.Expr:
    """The polars expression of one function over rows."""
    return _POLARS[call.function](x)


def _known_sum(x: pl.Expr) -> pl.Expr:
    return pl.when(x.count() > 0).then(x.cast(pl.Float64).sum())


_POLARS: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "count": lambda x: pl.len().cast(pl.Float64),
    "count_true": _known_sum,
    "sum": _known_sum,
    "any": lambda x: x.cast(pl.Boolean).any(ignore_nulls=False),
    "all": lambda x: x.cast(pl.Boolean).all(ignore_nulls=False),
    "mean": lambda x: x.cast(pl.Float64).mean(),
    "min": lambda x: x.min(),
    "max": lambda x: x.max(),
    "first": lambda x: x.drop_nulls().first(),
}
