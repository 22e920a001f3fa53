"""Every function of the language, by hand, with unknown answers, on every kind of frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime

import polars as pl
import pytest

from childdata.errors import ExpressionError
from childdata.expression import evaluate
from childdata.expression.functions import FUNCTIONS, OVER_ROWS

T, F, U = True, False, None

# name -> list of (rule, expected) on these five records
RECORDS = {
    "x": [4.0, -2.5, 0.0, None, 1.0],
    "y": [2.0, None, 0.0, None, -1.0],
    "s": ["01.2", "AC", "", None, "A ?"],
    "d": [date(2019, 3, 1), date(2020, 2, 29), date(2019, 12, 31), None, date(2019, 3, 1)],
    "e": [date(2019, 3, 31), date(2020, 3, 1), date(2019, 1, 1), date(2019, 1, 1), None],
}
CASES: dict[str, list[tuple[str, list[object]]]] = {
    "missing": [("missing(x)", [F, F, F, T, F]), ("missing(x / y)", [F, T, T, T, F]), ("missing(s)", [F, F, F, T, F])],
    "answered": [("answered(y)", [T, F, T, F, T]), ("answered(d)", [T, T, T, F, T])],
    "is_true": [("is_true(y >= 0)", [T, F, T, F, F]), ("not is_true(y >= 0)", [F, T, F, T, T])],
    "code": [("code(x) == 4", [T, F, F, U, F]), ("code(s) == 'AC'", [F, T, F, U, F])],
    "unknown": [("if_else(x == 0, unknown(), x)", [4, -2.5, U, U, 1]), ("missing(unknown())", [T] * 5)],
    "coalesce": [
        ("coalesce(y, x)", [2, -2.5, 0, U, -1]),
        ("coalesce(y, 9)", [2, 9, 0, 9, -1]),
        ("coalesce(y > 0, False)", [T, F, F, F, F]),
        ("coalesce(s, 'none')", ["01.2", "AC", "", "none", "A ?"]),
        ("coalesce(y, x > 0)", [2, 0, 0, U, -1]),
    ],
    "if_else": [
        ("if_else(x > 0, x, 0)", [4, 0, 0, U, 1]),
        ("if_else(y > 0, 'more', 'less')", ["more", U, "less", U, "less"]),
        ("if_else(x > 3, 3, x > 0, 1, 0)", [3, 0, 0, U, 1]),
        ("if_else(y > 1, 1, x < 0, 2, 3)", [1, U, 3, U, 3]),  # an unknown condition decides, as DO IF in SPSS
        ("if_else(x > 0, y, x)", [2, -2.5, 0, U, -1]),
        ("if_else(x > 0, x > 3, y == 0)", [T, U, T, U, F]),
    ],
    "between": [
        ("between(x, 0, 1)", [F, F, T, U, T]),
        ("between(x, y, 4)", [T, U, T, U, T]),
        ("between(y, -5, x)", [T, U, T, U, T]),
        ("between(x, 1, y)", [F, F, F, U, F]),  # x < 1 decides, though y is unknown
        ("between(d, '2019-03-01', '2019-12-31')", [T, F, T, U, T]),
    ],
    "selected": [
        ("selected(s, 'A')", [F, T, F, F, T]),
        ("selected(s, 'C')", [F, T, F, F, U]),
        ("selected(s, 'AC')", [F, T, F, F, U]),
    ],
    "count_true": [
        ("count_true(x > 0, y > 0)", [2, 0, 0, U, 1]),
        ("count_true(x > 0)", [1, 0, 0, U, 1]),
        ("count_true(x > 0, y > 0) >= 1", [T, F, F, U, T]),
    ],
    "count_answered": [("count_answered(x, y, s)", [3, 2, 3, 0, 3])],
    "count_missing": [("count_missing(x, y, s, d)", [0, 1, 0, 4, 0])],
    "sum": [("sum(x, y)", [6, -2.5, 0, U, 0]), ("sum(x > 0, y > 0, 1)", [3, 1, 1, 1, 2])],
    "mean": [("mean(x, y)", [3, -2.5, 0, U, 0])],
    "min": [
        ("min(x, y)", [2, -2.5, 0, U, -1]),
        ("min(x, 1)", [1, -2.5, 0, 1, 1]),
        ("min(x > 0, y > 0)", [1, 0, 0, U, 0]),
    ],
    "max": [
        ("max(x, y)", [4, -2.5, 0, U, 1]),
        ("year(max(d, e))", [2019, 2020, 2019, 2019, 2019]),
        ("month(max(d, '2019-06-15'))", [6, 2, 12, 6, 6]),
    ],
    "abs": [("abs(x)", [4, 2.5, 0, U, 1])],
    "sqrt": [("sqrt(x)", [2, U, 0, U, 1])],
    "log": [("log(x)", [math.log(4), U, U, U, 0])],
    "exp": [("exp(x)", [math.exp(4), math.exp(-2.5), 1, U, math.e]), ("exp(x * 1000)", [U, 0, 1, U, U])],
    "round": [
        ("round(x)", [4, -3, 0, U, 1]),
        ("round(x / 3, 2)", [1.33, -0.83, 0, U, 0.33]),
        ("round(y / 4)", [1, U, 0, U, 0]),
        ("round(y / 2)", [1, U, 0, U, -1]),
    ],
    "floor": [("floor(x)", [4, -3, 0, U, 1])],
    "ceil": [("ceil(x)", [4, -2, 0, U, 1])],
    "mod": [("mod(x, 3)", [1, 0.5, 0, U, 1]), ("mod(x, y)", [0, U, U, U, 0]), ("mod(x, -3)", [-2, -2.5, 0, U, -2])],
    "number": [("number(s)", [1.2, U, U, U, U]), ("number(x)", [4, -2.5, 0, U, 1])],
    "lower": [("lower(s) == 'ac'", [F, T, F, U, F]), ("lower(s)", ["01.2", "ac", "", U, "a ?"])],
    "starts_with": [("starts_with(s, '01')", [T, F, F, U, F]), ("not starts_with(s, 'A')", [T, F, T, U, F])],
    "year": [("year(d)", [2019, 2020, 2019, U, 2019])],
    "month": [("month(d)", [3, 2, 12, U, 3]), ("(year(d) - 1900) * 12 + month(d)", [1431, 1442, 1440, U, 1431])],
    "day": [("day(d)", [1, 29, 31, U, 1])],
    "days": [("days(d, e)", [30, 1, -364, U, U]), ("days('2019-03-01', d)", [0, 365, 305, U, 0])],
}
FLAT = [(rule, expected) for cases in CASES.values() for rule, expected in cases]


@pytest.mark.parametrize(("rule", "expected"), FLAT, ids=[rule for rule, _ in FLAT])
def test_function_on_every_frame(make_frame: Callable[..., object], rule: str, expected: list[object]) -> None:
    got = evaluate(make_frame(RECORDS), {"r": rule}).frame["r"].to_list()
    assert got == [pytest.approx(value, rel=1e-15) if isinstance(value, float) else value for value in expected]


def test_every_function_of_the_table_has_a_case_here() -> None:
    assert set(CASES) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_says_how_it_is_written_and_what_it_means(name: str) -> None:
    function = FUNCTIONS[name]
    assert function.usage.startswith(f"{name}(")
    assert function.meaning[0].islower() or function.meaning[0] in "x"
    assert 0 <= function.arity[0] <= function.arity[1]
    assert name in OVER_ROWS or name not in ("count", "any", "all", "first")


# --- multiple-response texts --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "code", "expected"),
    [
        ("A", "A", T),  # one letter per variable, as MICS delivers it
        ("A           ", "A", T),
        (" A", "A", T),
        ("", "A", F),
        ("   ", "A", F),
        (None, "A", F),
        ("B", "A", F),
        ("?", "A", U),
        ("? ", "A", U),
        ("ACX", "A", T),  # letters side by side, as CSPro stores them
        ("ACX", "X", T),
        ("ACX", "B", F),
        ("A C X", "C", T),
        ("A?", "A", T),
        ("A?", "B", U),
        ("1 12 3", "1", T),  # codes apart, as KoBo and ODK store them
        ("12 3", "1", F),
        ("12;3", "12", T),
        ("12,3", "3", T),
        ("water food", "food", T),
        ("water food", "foo", F),
        ("Yes", "Y", F),  # a word is no row of letters
        ("а", "А", F),
        ("АБ", "Б", T),
        ("AB", "a", F),
    ],
)
def test_selected(cell: str | None, code: str, expected: bool | None) -> None:
    frame = pl.DataFrame({"x": pl.Series([cell, "ZZ"], dtype=pl.String)})
    assert evaluate(frame, {"r": f"selected(x, '{code}')"}).frame["r"].to_list() == [expected, F]


def test_selected_is_false_where_nothing_was_mentioned_at_all() -> None:
    """An all-blank column loses its type in some readers."""
    assert evaluate(pl.DataFrame({"x": [None, None]}), {"r": "selected(x, 'A')"}).frame["r"].to_list() == [F, F]


# --- numbers in texts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12.0), ("1,5", 1.5), ("-1.5e2", -150.0), (" 7 ", 7.0), (".5", 0.5), ("5.", 5.0), ("+3", 3.0),
     ("", None), ("abc", None), ("1.2.3", None), ("1 2", None), ("inf", None), ("nan", None), ("0x1", None),
     ("1e99", 1e99), ("1e999", None), ("٣", None), (None, None)],
)  # fmt: skip
def test_number_in_a_text(text: str | None, expected: float | None) -> None:
    got = evaluate(pl.DataFrame({"x": pl.Series([text], dtype=pl.String)}), {"r": "number(x)"})
    assert got.frame["r"].to_list() == [expected]
    assert got.undefined["r"] == (expected is None and text not in ("", None))


# --- moments ------------------------------------------------------------------------------------------


def test_days_carry_the_time_of_day(make_frame: Callable[..., object]) -> None:
    frame = make_frame({"t": [datetime(2019, 3, 1, 6, 0)], "u": [datetime(2019, 3, 2, 18, 0)]})
    assert evaluate(frame, {"r": "days(t, u)"}).frame["r"].to_list() == [1.5]


def test_days_cross_centuries_and_leap_years() -> None:
    frame = pl.DataFrame({"a": [date(1899, 12, 31), date(1900, 2, 28)], "b": [date(2000, 3, 1), date(1900, 3, 1)]})
    assert evaluate(frame, {"r": "days(a, b)"}).frame["r"].to_list() == [36585.0, 1.0]


# --- halves -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(0.5, 0, 1), (1.5, 0, 2), (2.5, 0, 3), (-0.5, 0, -1), (-2.5, 0, -3), (0.125, 2, 0.13), (1e300, 0, 1e300)],
)
def test_halves_are_rounded_away_from_zero(value: float, digits: int, expected: float) -> None:
    got = evaluate({"x": [value]}, {"r": f"round(x, {digits})"}).frame["r"].to_list()
    assert got == [pytest.approx(expected, rel=1e-15)]


# --- counts of undefined operations -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "undefined"),
    [
        ("x / y", 1),  # 0 / 0; the record with y unknown is not counted
        ("1 / x", 1),
        ("log(x)", 2),
        ("sqrt(x)", 1),
        ("exp(x * 1000)", 2),
        ("x ** -1", 1),
        ("x ** 0.5", 1),
        ("(x * 1e200) * 1e200", 3),
        ("mod(x, y)", 1),
        ("1 / x > 1", 1),
        ("if_else(x > 0, log(x), 0)", 0),  # undefined only where it is not used
        ("coalesce(log(x), 0)", 0),
        ("missing(1 / x)", 0),
        ("1 / x > 1 or True", 0),
        ("x + y", 0),
        ("if_else(x > 0, unknown(), 1)", 0),  # unknown on purpose
        ("selected(s, 'C')", 0),
        ("1 / 0", 5),
    ],
)
def test_undefined_rows_are_counted_where_the_variables_are_known(
    make_frame: Callable[..., object], rule: str, undefined: int
) -> None:
    assert evaluate(make_frame(RECORDS), {"r": rule}).undefined == {"r": undefined}


def test_overflow_is_unknown_even_where_it_would_vanish_again(make_frame: Callable[..., object]) -> None:
    frame = make_frame({"x": [1e200, 2.0]})
    got = evaluate(frame, {"back": "1 / (x * x)", "less": "x * x - x * x", "more": "x * x > 5", "min": "min(x * x, 1)"})
    assert got.frame.rows() == [(None, None, None, 1.0), (0.25, 0.0, False, 1.0)]


def test_argument_of_the_wrong_kind_is_named() -> None:
    with pytest.raises(ExpressionError, match=r"number\(\) needs text or a number; variable 'd' is a date"):
        evaluate(pl.DataFrame({"d": [date(2019, 1, 1)]}), {"r": "number(d)"})
