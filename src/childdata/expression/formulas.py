"""How is each function of the language computed? Values of its arguments to its value, unknown kept as null.

Arguments arrive finite or unknown. A formula that is not defined everywhere guards its argument, so that no
engine is ever asked for log(0), and the rows in question can be counted.
"""

from __future__ import annotations

import operator

import narwhals as nw

from .values import (
    Value,
    ValueKind,
    Workings,
    all_true,
    common,
    compare,
    fold,
    keep_where,
    moment,
    number,
    text,
    truth,
    unknown,
)

_LARGEST_EXPONENT = 709.0  # exp(709.78) is the largest float64
_NUMBER_IN_TEXT = r"^ *[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,2})?[ ]*$"


def itself(values: list[Value], workings: Workings) -> Value:
    """The argument, unchanged."""
    return values[0]


def nothing(values: list[Value], workings: Workings) -> Value:
    """Unknown in every row."""
    return unknown()


def missing(values: list[Value], workings: Workings) -> Value:
    """Whether the argument is unknown."""
    return Value(values[0].expr.is_null(), "truth")


def answered(values: list[Value], workings: Workings) -> Value:
    """Whether the argument is known."""
    return Value(nw.when(values[0].expr.is_null()).then(nw.lit(False)).otherwise(nw.lit(True)), "truth")


def is_true(values: list[Value], workings: Workings) -> Value:
    """Whether the argument is known to be true."""
    return Value(nw.coalesce(truth(values[0]), nw.lit(False, dtype=nw.Boolean)), "truth")


def coalesce(values: list[Value], workings: Workings) -> Value:
    """The first argument that is known."""
    exprs, kind = common(values)
    return Value(nw.coalesce(*exprs), kind)


def if_else(values: list[Value], workings: Workings) -> Value:
    """The value after the first condition that is true, if no condition before it is unknown."""
    conditions = [truth(value) for value in values[:-1:2]]
    branches, kind = common([*values[1:-1:2], values[-1]])
    result = branches[-1]
    for condition, branch in zip(reversed(conditions), reversed(branches[:-1]), strict=True):
        result = nw.when(condition).then(branch).otherwise(keep_where(~condition, result))
    return Value(result, kind)


def between(values: list[Value], workings: Workings) -> Value:
    """low <= x and x <= high."""
    x, low, high = values
    if any(value.kind == "date" for value in values):
        x, low, high = (Value(moment(value), "date") for value in values)
    return Value(all_true([compare("<=", low, x), compare("<=", x, high)]), "truth")


def selected(values: list[Value], workings: Workings) -> Value:
    """Whether a code is among the answers of a multiple-response text.

    The answers stand alone ("A"), side by side ("ACX") or apart ("A C", "1;12"). A code of one capital letter
    is looked for among capitals standing side by side too; any other code only as a whole answer.
    """
    if values[0].kind == "empty":
        return Value(nw.lit(False, dtype=nw.Boolean), "truth")
    code = str(values[1].constant)
    beside = r"[\p{Lu}?]*" if len(code) == 1 and code.isupper() else ""
    pattern = rf"(?:^|[\s,;]){beside}{code}{beside}(?:$|[\s,;])"
    answers = nw.coalesce(values[0].expr, nw.lit("", dtype=nw.String))
    mentioned, refused = answers.str.contains(pattern), answers.str.contains("?", literal=True)
    return Value(nw.when(mentioned).then(nw.lit(True)).otherwise(keep_where(~refused, nw.lit(False))), "truth")


def _counted(conditions: list[nw.Expr]) -> nw.Expr:
    """How many of several conditions, none of them unknown, are true."""
    return fold(operator.add, [condition.cast(nw.Float64) for condition in conditions])


def count_answered(values: list[Value], workings: Workings) -> Value:
    """How many arguments are known."""
    return Value(_counted([~value.expr.is_null() for value in values]), "number")


def count_missing(values: list[Value], workings: Workings) -> Value:
    """How many arguments are unknown."""
    return Value(_counted([value.expr.is_null() for value in values]), "number")


def _known_sum(values: list[Value]) -> nw.Expr:
    """The sum of the known numbers; 0 where there is none."""
    zero = nw.lit(0.0, dtype=nw.Float64)
    return fold(operator.add, [nw.coalesce(number(value), zero) for value in values])


def _where_any_known(values: list[Value], result: nw.Expr) -> nw.Expr:
    return keep_where(~all_true([value.expr.is_null() for value in values]), result)


def count_true(values: list[Value], workings: Workings) -> Value:
    """How many arguments are true; unknown where none is known."""
    return Value(_where_any_known(values, _known_sum(values)), "number")


def total(values: list[Value], workings: Workings) -> Value:
    """The sum of the known arguments; unknown where none is known."""
    return Value(_where_any_known(values, _known_sum(values)), "number", unsettled=True)


def mean(values: list[Value], workings: Workings) -> Value:
    """The mean of the known arguments; unknown where none is known."""
    count = _counted([~value.expr.is_null() for value in values])
    return Value(_known_sum(values) / keep_where(count > 0, count), "number", unsettled=True)


def least(values: list[Value], workings: Workings) -> Value:
    """The least of the known arguments."""
    exprs, kind = _in_order(values)
    return Value(nw.min_horizontal(*exprs), kind)


def greatest(values: list[Value], workings: Workings) -> Value:
    """The greatest of the known arguments."""
    exprs, kind = _in_order(values)
    return Value(nw.max_horizontal(*exprs), kind)


def _in_order(values: list[Value]) -> tuple[list[nw.Expr], ValueKind]:
    exprs, kind = common(values)
    if kind == "truth":
        return [expr.cast(nw.Float64) for expr in exprs], "number"
    return exprs, kind


def absolute(values: list[Value], workings: Workings) -> Value:
    """The size without the sign."""
    return Value(number(values[0]).abs(), "number")


def square_root(values: list[Value], workings: Workings) -> Value:
    """The square root of a number that is not negative."""
    x = number(values[0])
    return Value(workings.guard(x >= 0, x).sqrt(), "number")


def logarithm(values: list[Value], workings: Workings) -> Value:
    """The natural logarithm of a positive number."""
    x = number(values[0])
    return Value(workings.guard(x > 0, x).log(), "number")


def exponential(values: list[Value], workings: Workings) -> Value:
    """e to the power x, up to the largest number there is."""
    x = number(values[0])
    return Value(workings.guard(x <= _LARGEST_EXPONENT, x).exp(), "number")


def rounded(values: list[Value], workings: Workings) -> Value:
    """Rounded to so many decimals, halves away from zero (as SPSS and Stata do for positive numbers)."""
    x = number(values[0])
    scale = 10.0 ** int(values[1].constant or 0) if len(values) > 1 else 1.0
    moved = x * scale
    whole = nw.when(x < 0).then((moved - 0.5).ceil()).otherwise((moved + 0.5).floor())
    return Value(whole / scale, "number", unsettled=True)


def floor(values: list[Value], workings: Workings) -> Value:
    """The next whole number down."""
    return Value(number(values[0]).floor(), "number")


def ceil(values: list[Value], workings: Workings) -> Value:
    """The next whole number up."""
    return Value(number(values[0]).ceil(), "number")


def remainder(values: list[Value], workings: Workings) -> Value:
    """x - y * floor(x / y), for y other than 0."""
    x, y = number(values[0]), number(values[1])
    divisor = workings.guard(y != 0, y)
    return Value(x - divisor * (x / divisor).floor(), "number", unsettled=True)


def number_in_text(values: list[Value], workings: Workings) -> Value:
    """The number written in a text; a number is itself, a blank is unknown."""
    if values[0].kind != "text":
        return Value(number(values[0]), "number")
    x = values[0].expr
    written = workings.guard(x.str.contains(_NUMBER_IN_TEXT) | (x == ""), x)
    digits = keep_where(written != "", written).str.strip_chars(" ").str.replace_all(",", ".", literal=True)
    return Value(digits.cast(nw.Float64), "number", unsettled=True)


def lower(values: list[Value], workings: Workings) -> Value:
    """The text in small letters."""
    return Value(text(values[0]).str.to_lowercase(), "text")


def starts_with(values: list[Value], workings: Workings) -> Value:
    """Whether the text begins with another, written in the rule."""
    return Value(text(values[0]).str.starts_with(str(values[1].constant)), "truth")


def year(values: list[Value], workings: Workings) -> Value:
    """The year of a date."""
    return Value(moment(values[0]).dt.year().cast(nw.Float64), "number")


def month(values: list[Value], workings: Workings) -> Value:
    """The month of a date."""
    return Value(moment(values[0]).dt.month().cast(nw.Float64), "number")


def day(values: list[Value], workings: Workings) -> Value:
    """The day of the month of a date."""
    return Value(moment(values[0]).dt.day().cast(nw.Float64), "number")


def days(values: list[Value], workings: Workings) -> Value:
    """The days from one date to another, to the minute where they carry a time of day."""
    start, end = moment(values[0]), moment(values[1])
    return Value((end - start).dt.total_minutes().cast(nw.Float64) / 1440.0, "number")
