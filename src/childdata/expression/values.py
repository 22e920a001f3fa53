"""What is a compiled part of a rule? A narwhals expression, what it gives, and where its numbers may fail.

Every rule about unknown answers is kept here, in a dozen small functions: unknown is null and only null;
a number that is infinite or NaN is made unknown at the first place where it would be used, and the place is
remembered, so that `x / 0`, `log(0)` and overflow can be counted.
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import narwhals as nw
import numpy as np

ValueKind = Literal["truth", "number", "text", "date", "empty", "column"]
"""What a part of a rule gives. `empty`: unknown in every row; `column`: not known before the data are."""

MOMENT = nw.Datetime("us")


@dataclass(frozen=True, slots=True)
class Value:
    """A compiled part of a rule.

    Attributes
    ----------
    expr : its narwhals expression; numbers are float64, unknown is null.
    kind : what it gives.
    constant : the number or text, where it is written in the rule.
    unsettled : whether it may still be infinite or NaN.
    single : whether it is a column in single precision, to which constants are rounded before comparing.
    """

    expr: nw.Expr
    kind: ValueKind
    constant: float | str | None = None
    unsettled: bool = False
    single: bool = False


class Workings:
    """What is noted down while a rule is compiled: steps computed beforehand, and where numbers failed.

    A part that its surroundings use more than once becomes a step, a column computed before the rule, if there
    is a `prefix` for the names of such columns; without one it is spelt out again each time.

    Attributes
    ----------
    steps : name and expression of each column to compute beforehand, in order.
    conditions : one per operation, true where known values gave no number.
    """

    def __init__(self, prefix: str | None = None) -> None:
        self.prefix = prefix
        self.steps: list[tuple[str, nw.Expr]] = []
        self.conditions: list[nw.Expr] = []

    def step(self, value: Value) -> Value:
        """The same value, computed beforehand."""
        if self.prefix is None:
            return value
        name = f"{self.prefix} {len(self.steps)}"  # a dot would be a field of a column to Spark
        self.steps.append((name, value.expr))
        return replace(value, expr=nw.col(name))

    def settle(self, value: Value) -> Value:
        """The same number, unknown where it is infinite or NaN; such rows are remembered."""
        if not value.unsettled:
            return value
        raw = self.step(value).expr
        finite = raw.is_finite()
        self.conditions.append(~finite)
        return Value(keep_where(finite, raw), "number")

    def guard(self, defined: nw.Expr, argument: nw.Expr) -> nw.Expr:
        """The argument where an operation is defined for it, else unknown; such rows are remembered."""
        self.conditions.append(~defined)
        return keep_where(defined, argument)


def keep_where(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    """The value where the condition is true, else unknown."""
    return nw.when(condition).then(value)


def constant(value: float | str | bool) -> Value:
    """A number, text or truth value written in the rule."""
    if isinstance(value, bool):
        return Value(nw.lit(value, dtype=nw.Boolean), "truth")
    if isinstance(value, str):
        return Value(nw.lit(value, dtype=nw.String), "text", constant=value)
    return Value(nw.lit(float(value), dtype=nw.Float64), "number", constant=float(value))


def unknown() -> Value:
    """Unknown in every row."""
    return Value(nw.lit(None, dtype=nw.Float64), "empty")


def number(value: Value) -> nw.Expr:
    """As a number: a truth value is 1 or 0."""
    return value.expr.cast(nw.Float64) if value.kind == "truth" else value.expr


def truth(value: Value) -> nw.Expr:
    """As a truth value; only what is unknown everywhere needs a cast."""
    return value.expr.cast(nw.Boolean) if value.kind == "empty" else value.expr


def text(value: Value) -> nw.Expr:
    """As a text; only what is unknown everywhere needs a cast."""
    return value.expr.cast(nw.String) if value.kind == "empty" else value.expr


def without_trailing_blanks(expr: nw.Expr) -> nw.Expr:
    """A text without the blanks with which SPSS fills a string variable up to its width."""
    strip = getattr(expr.str, "strip_chars_end", None)  # four times as fast; not in every narwhals
    stripped: nw.Expr = expr.str.replace_all(" +$", "") if strip is None else strip(" ")
    return stripped


def moment(value: Value) -> nw.Expr:
    """As a point in time: a date is its midnight, a text written in the rule is an ISO date."""
    if isinstance(value.constant, str):
        return nw.lit(datetime.datetime.fromisoformat(value.constant), dtype=MOMENT)
    if value.kind == "empty":
        return nw.lit(None, dtype=MOMENT)
    return value.expr.cast(MOMENT)


def common(values: list[Value]) -> tuple[list[nw.Expr], ValueKind]:
    """Several values as one kind, which has been found to be possible."""
    kinds = {value.kind for value in values} - {"empty"}
    if "date" in kinds:
        return [moment(value) for value in values], "date"
    if kinds == {"truth"}:
        return [truth(value) for value in values], "truth"
    if "text" in kinds:
        return [text(value) for value in values], "text"
    return [number(value) for value in values], "number" if kinds else "empty"


_COMPARE: dict[str, Callable[[nw.Expr, nw.Expr], nw.Expr]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(comparator: str, left: Value, right: Value) -> nw.Expr:
    """The comparison of two values of kinds that can be compared; unknown where either is."""
    exprs, _ = common([in_precision_of(right, left), in_precision_of(left, right)])
    return _COMPARE[comparator](exprs[0], exprs[1])


def in_precision_of(column: Value, value: Value) -> Value:
    """A constant rounded to single precision where the column it meets is in single precision.

    A Stata `float` that shows 0.1 holds 0.10000000149; compared with 0.1 it would never be equal.
    """
    if column.single and isinstance(value.constant, float):
        rounded = float(np.float32(value.constant))
        return Value(nw.lit(rounded, dtype=nw.Float64), "number", constant=rounded)
    return value


def fold(combine: Callable[[nw.Expr, nw.Expr], nw.Expr], parts: list[nw.Expr]) -> nw.Expr:
    """The parts combined pairwise in a balanced tree, so that a long list does not nest deeply."""
    while len(parts) > 1:
        pairs = [combine(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[len(pairs) * 2 :]
    return parts[0]


def all_true(parts: list[nw.Expr]) -> nw.Expr:
    """Kleene's `and`: false if any is false, else unknown if any is unknown."""
    return fold(operator.and_, parts)


def any_true(parts: list[nw.Expr]) -> nw.Expr:
    """Kleene's `or`: true if any is true, else unknown if any is unknown."""
    return fold(operator.or_, parts)
