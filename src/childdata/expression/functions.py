"""Which functions does the language have? One table: what each takes and gives, and what it does to unknowns.

To add a function, add one entry here and its row to the page of the rule language: the reader of rules, the
check of types and the compiler take everything from this table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from . import formulas
from .tree import Call, Name, Number, Text
from .values import Value, ValueKind, Workings

MANY = 1_000

Takes = Literal["truth", "number", "text", "date", "any", "written", "same", "ordered"]
"""Kinds of argument. `written`: text or number; `same`: one kind for all; `ordered`: numbers or dates."""

Build = Callable[[list[Value], Workings], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    Attributes
    ----------
    usage : as it is written in a rule.
    meaning : one sentence for the documentation, with what it does to unknown answers.
    takes : the kind of each argument; the last one repeats.
    gives : the kind of the result; `same` and `ordered` are those of the arguments.
    arity : the least and the greatest number of arguments.
    build : the values of the arguments to the value of the call.
    refuse : what is wrong with the arguments as they are written, or an empty text.
    repeats : how many times the formula repeats its arguments, which bounds how deep it can be nested.
    """

    usage: str
    meaning: str
    takes: tuple[Takes, ...]
    gives: ValueKind | Literal["same"]
    arity: tuple[int, int]
    build: Build
    refuse: Callable[[Call], str] = lambda call: ""
    repeats: int = 1

    def argument(self, place: int, count: int) -> Takes:
        """What the argument at this place of `count` must be."""
        if self.usage.startswith("if_else"):
            return "truth" if place % 2 == 0 and place < count - 1 else "same"
        return self.takes[min(place, len(self.takes) - 1)]

    def repeated(self, place: int, count: int) -> int:
        """How many times the formula repeats the argument at this place: if_else only its conditions."""
        is_branch = self.usage.startswith("if_else") and self.argument(place, count) == "same"
        return 1 if is_branch else self.repeats


def _bare_name(call: Call) -> str:
    return "" if isinstance(call.arguments[0], Name) else "code() takes the name of a variable"


def _branches(call: Call) -> str:
    odd = len(call.arguments) % 2 == 1
    return (
        "" if odd else "if_else() takes condition, value, ..., otherwise: the last value, for 'otherwise', is missing"
    )


def _answer_code(call: Call) -> str:
    code = call.arguments[1]
    if isinstance(code, Text) and re.fullmatch(r"\w+", code.value):
        return ""
    return "selected() takes a variable and one code of letters and digits in quotes: selected(EC5A, 'A')"


def _beginning(call: Call) -> str:
    return "" if isinstance(call.arguments[1], Text) else "starts_with() takes a variable and a text in quotes"


def _digits(call: Call) -> str:
    if len(call.arguments) == 1:
        return ""
    digits = call.arguments[1]
    if isinstance(digits, Number) and digits.value in range(10):
        return ""
    return "round() takes the number of decimals as a whole number from 0 to 9"


# fmt: off
FUNCTIONS: Mapping[str, Function] = {
    "missing": Function(
        "missing(x)",
        "true where x is unknown for any cause; never unknown itself",
        ("any",),
        "truth",
        (1, 1),
        formulas.missing,
    ),
    "answered": Function(
        "answered(x)",
        "true where x is known; never unknown itself",
        ("any",),
        "truth",
        (1, 1),
        formulas.answered,
    ),
    "is_true": Function(
        "is_true(c)",
        "true where c is known to be true, else false; never unknown: an unknown answer counts as no",
        ("truth",),
        "truth",
        (1, 1),
        formulas.is_true,
    ),
    "code": Function(
        "code(x)",
        "x as it stands in the file: the value, or the code or tag that was declared missing",
        ("same",),
        "same",
        (1, 1),
        formulas.itself,
        _bare_name,
    ),
    "unknown": Function(
        "unknown()",
        "unknown in every row, for use in if_else",
        ("any",),
        "empty",
        (0, 0),
        formulas.nothing,
    ),
    "coalesce": Function(
        "coalesce(a, b, ...)",
        "the first that is known",
        ("same",),
        "same",
        (2, MANY),
        formulas.coalesce,
    ),
    "if_else": Function(
        "if_else(c, x, ..., y)",
        "x where c is true, y where it is false, unknown where c is unknown; more pairs c, x may follow",
        ("same",),
        "same",
        (3, MANY),
        formulas.if_else,
        _branches,
        repeats=2,
    ),
    "between": Function(
        "between(x, low, high)",
        "low <= x and x <= high, both ends included",
        ("ordered",),
        "truth",
        (3, 3),
        formulas.between,
        repeats=2,
    ),
    "selected": Function(
        "selected(x, 'A')",
        "whether answer A is among those of a multiple-response text; blank is not mentioned, '?' is unknown",
        ("text",),
        "truth",
        (2, 2),
        formulas.selected,
        _answer_code,
        repeats=2,
    ),
    "count_true": Function(
        "count_true(a, b, ...)",
        "how many are true, unknown ones left out; unknown where none is known",
        ("truth",),
        "number",
        (1, MANY),
        formulas.count_true,
        repeats=2,
    ),
    "count_answered": Function(
        "count_answered(a, b, ...)",
        "how many are known; never unknown",
        ("any",),
        "number",
        (1, MANY),
        formulas.count_answered,
    ),
    "count_missing": Function(
        "count_missing(a, b, ...)",
        "how many are unknown; never unknown",
        ("any",),
        "number",
        (1, MANY),
        formulas.count_missing,
    ),
    "sum": Function(
        "sum(a, b, ...)",
        "the sum of those that are known; unknown where none is",
        ("number",),
        "number",
        (2, MANY),
        formulas.total,
        repeats=2,
    ),
    "mean": Function(
        "mean(a, b, ...)",
        "the mean of those that are known; unknown where none is",
        ("number",),
        "number",
        (2, MANY),
        formulas.mean,
        repeats=2,
    ),
    "min": Function(
        "min(a, b, ...)",
        "the least (earliest) of those that are known; unknown where none is",
        ("ordered",),
        "same",
        (2, MANY),
        formulas.least,
    ),
    "max": Function(
        "max(a, b, ...)",
        "the greatest (latest) of those that are known; unknown where none is",
        ("ordered",),
        "same",
        (2, MANY),
        formulas.greatest,
    ),
    "abs": Function("abs(x)", "the size without the sign", ("number",), "number", (1, 1), formulas.absolute),
    "sqrt": Function(
        "sqrt(x)", "the square root; unknown for x < 0", ("number",), "number", (1, 1), formulas.square_root, repeats=2
    ),
    "log": Function(
        "log(x)",
        "the natural logarithm; unknown for x <= 0",
        ("number",),
        "number",
        (1, 1),
        formulas.logarithm,
        repeats=2,
    ),
    "exp": Function(
        "exp(x)", "e to the power x; unknown above 709", ("number",), "number", (1, 1), formulas.exponential, repeats=2
    ),
    "round": Function(
        "round(x, digits)",
        "rounded to so many decimals (none if left out), halves away from zero",
        ("number",),
        "number",
        (1, 2),
        formulas.rounded,
        _digits,
        repeats=3,
    ),
    "floor": Function("floor(x)", "the next whole number down", ("number",), "number", (1, 1), formulas.floor),
    "ceil": Function("ceil(x)", "the next whole number up", ("number",), "number", (1, 1), formulas.ceil),
    "mod": Function(
        "mod(x, y)",
        "the remainder x - y * floor(x / y), of the sign of y; unknown for y == 0",
        ("number",),
        "number",
        (2, 2),
        formulas.remainder,
        repeats=4,
    ),
    "number": Function(
        "number(x)",
        "the number written in a text, decimal point or comma; unknown where there is none",
        ("written",),
        "number",
        (1, 1),
        formulas.number_in_text,
        repeats=3,
    ),
    "lower": Function("lower(x)", "the text in small letters", ("text",), "text", (1, 1), formulas.lower),
    "starts_with": Function(
        "starts_with(x, '01')",
        "whether the text begins so",
        ("text",),
        "truth",
        (2, 2),
        formulas.starts_with,
        _beginning,
    ),
    "year": Function("year(d)", "the year of a date", ("date",), "number", (1, 1), formulas.year),
    "month": Function("month(d)", "the month of a date, 1 to 12", ("date",), "number", (1, 1), formulas.month),
    "day": Function("day(d)", "the day of the month of a date", ("date",), "number", (1, 1), formulas.day),
    "days": Function(
        "days(a, b)",
        "the days from date a to date b, negative where b is earlier",
        ("date",),
        "number",
        (2, 2),
        formulas.days,
    ),
}
# fmt: on
"""Every function that a rule may call. Nothing else can be called."""


@dataclass(frozen=True, slots=True)
class RowsFunction:
    """A function over the rows of a group; unlike the others it takes at most one argument."""

    usage: str
    meaning: str
    takes: Takes
    gives: ValueKind | Literal["same"]


OVER_ROWS: Mapping[str, RowsFunction] = {
    "count": RowsFunction("count()", "how many rows the group has", "any", "number"),
    "count_true": RowsFunction(
        "count_true(rule)",
        "in how many rows the rule is true; unknown where it is known in none",
        "truth",
        "number",
    ),
    "any": RowsFunction(
        "any(rule)", "true if it is true in a row, else unknown if it is unknown in one", "truth", "truth"
    ),
    "all": RowsFunction(
        "all(rule)", "false if it is false in a row, else unknown if it is unknown in one", "truth", "truth"
    ),
    "sum": RowsFunction("sum(x)", "the sum of the known values; unknown where there is none", "number", "number"),
    "mean": RowsFunction("mean(x)", "the mean of the known values", "number", "number"),
    "min": RowsFunction("min(x)", "the least of the known values", "ordered", "same"),
    "max": RowsFunction("max(x)", "the greatest of the known values", "ordered", "same"),
    "first": RowsFunction("first(x)", "the first known value, in the order of the rows", "same", "same"),
}
"""The functions of `aggregate`, over the rows of a group."""
