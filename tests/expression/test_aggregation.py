"""A household from its members: functions over the rows of a group."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from childdata.errors import ExpressionError, VariableError
from childdata.expression import aggregate
from childdata.expression.functions import OVER_ROWS

MEMBERS = {
    "HH1": [1, 1, 1, 2, 2, 3],
    "HL6": [40, 7, None, None, None, 17],
    "income": [100.0, None, 20.0, None, None, 0.0],
    "name": ["a", "b", None, None, "c", "d"],
}
CASES = {
    "count()": [3, 2, 1],
    "count_true(HL6 < 18)": [1, None, 1],
    "any(HL6 < 18)": [True, None, True],
    "any(HL6 > 90)": [None, None, False],
    "all(HL6 < 18)": [False, None, True],
    "all(HL6 < 90)": [None, None, True],
    "sum(income)": [120, None, 0],
    "mean(income)": [60, None, 0],
    "min(HL6)": [7, None, 17],
    "max(HL6)": [40, None, 17],
    "first(HL6)": [40, None, 17],
    "first(name)": ["a", "c", "d"],
    # any rule around them
    "count_true(HL6 < 18) >= 1": [True, None, True],
    "sum(income) / count()": [40, None, 0],
    "sum(income) / max(HL6) > 2": [True, None, False],
    "coalesce(sum(income), 0)": [120, 0, 0],
    "max(HL6) - min(HL6)": [33, None, 0],
    "max(max(HL6), 18)": [40, 18, 18],
    "missing(sum(income))": [False, True, False],
    "HH1 * 10": [10, 20, 30],
    "count() + HH1": [4, 4, 4],
    "1": [1, 1, 1],
    # and any rule about one row inside
    "sum(if_else(HL6 < 18, income, 0))": [0, None, 0],
    "mean(sum(income, HL6))": [(140 + 7 + 20) / 3, None, 17],
    "any(missing(HL6))": [True, True, False],
    "count_true(missing(HL6))": [1, 2, 0],
    "count_true(count_true(HL6 < 18, income > 0) >= 1)": [3, None, 1],
}


@pytest.mark.parametrize("rule", CASES)
def test_function_over_rows_on_every_frame(make_frame: Callable[..., object], rule: str) -> None:
    got = aggregate(make_frame(MEMBERS), ["HH1"], {"r": rule})
    assert got["r"].to_list() == CASES[rule]


def test_every_function_over_rows_has_a_case_here() -> None:
    assert {name for name in OVER_ROWS if any(rule.startswith(f"{name}(") for rule in CASES)} == set(OVER_ROWS)


def test_groups_appear_in_the_order_of_the_rows_with_keys_as_they_are() -> None:
    frame = pl.DataFrame({"a": [2, 1, 2], "b": ["x ", "y", "x "], "n": [1, 2, 3]})
    got = aggregate(frame, ["A", "b"], {"n": "sum(n)"})
    assert got.rows() == [(2, "x ", 4.0), (1, "y", 2.0)]
    assert got.schema == {"a": pl.Int64, "b": pl.String, "n": pl.Float64}


def test_unknown_key_makes_a_group_of_its_own(make_frame: Callable[..., object]) -> None:
    got = aggregate(make_frame({"k": [1, None, None], "x": [1, 2, 3]}), ["k"], {"n": "count()", "x": "sum(x)"})
    assert got.rows() == [(1, 1, 1), (None, 2, 5)]


def test_without_keys_the_whole_frame_is_one_group() -> None:
    assert aggregate({"x": [1, 2, None]}, [], {"n": "count()", "x": "sum(x)"}).rows() == [(3.0, 3.0)]


def test_frame_of_no_rows_has_no_groups() -> None:
    empty = pl.DataFrame(schema={"k": pl.Int64, "x": pl.Float64})
    assert aggregate(empty, ["k"], {"n": "count()", "x": "any(x > 1)"}).shape == (0, 3)


def test_codes_declared_missing_are_used_inside() -> None:
    reasons = pl.DataFrame({"x": [None, 9.0, 9.0]})
    got = aggregate({"k": [1, 1, 2], "x": [1, None, None]}, ["k"], {"n": "count_true(code(x) == 9)"}, reasons=reasons)
    assert got["n"].to_list() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("HL6 < 18", "first(HL6)"),
        ("sum(income) / HL6", "may differ between the rows of a group"),
        ("any(any(HL6 < 18))", "aggregate()"),
        ("sum(count())", "aggregate()"),
        ("count(HL6)", "'count' is not a function"),
        ("any(HL6)", "any() needs a truth value; variable 'HL6' is a number"),
        ("sum(name)", "sum() needs a number; variable 'name' is text"),
        ("min(name)", "min() needs numbers or dates"),
        ("meen(HL6)", "nearest: 'mean'"),
    ],
)
def test_slip_is_named(rule: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        aggregate(MEMBERS, ["HH1"], {"r": rule})
    assert words in str(caught.value)


def test_result_cannot_bear_the_name_of_a_key() -> None:
    with pytest.raises(VariableError, match="'HH1' is a variable of by"):
        aggregate(MEMBERS, ["HH1"], {"HH1": "count()"})


def test_unknown_key_or_variable_is_named_with_the_place() -> None:
    with pytest.raises(VariableError, match=r"'HH9' is not in hl\.sav"):
        aggregate(MEMBERS, ["HH9"], {"n": "count()"}, place="hl.sav")
    with pytest.raises(VariableError, match=r"'HL7' is not in hl\.sav"):
        aggregate(MEMBERS, ["HH1"], {"n": "max(HL7)"}, place="hl.sav")
