"""The meaning of every operator, with unknown answers, on every kind of frame."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata.expression as rules
from childdata.errors import ExpressionError, VariableError
from childdata.expression import evaluate, parse

T, F, U = True, False, None

# Nine rows: every pair of true, false, unknown. Codes 1 yes, 0 no.
PAIRS = {"a": [1, 1, 1, 0, 0, 0, U, U, U], "b": [1, 0, U, 1, 0, U, 1, 0, U]}

TRUTH_TABLES = {
    "a == 1 and b == 1": [T, F, U, F, F, F, U, F, U],
    "a == 1 or b == 1": [T, T, T, T, F, U, T, U, U],
    "not a == 1": [F, F, F, T, T, T, U, U, U],
    "not (a == 1 and b == 1)": [F, T, U, T, T, T, U, T, U],
    "a == 1 and not b == 1": [F, T, U, F, F, F, F, U, U],
    "a == b": [T, F, U, F, T, U, U, U, U],
    "a != b": [F, T, U, T, F, U, U, U, U],
    "a < b": [F, F, U, T, F, U, U, U, U],
    "a <= b": [T, F, U, T, T, U, U, U, U],
    "a > b": [F, T, U, F, F, U, U, U, U],
    "a >= b": [T, T, U, F, T, U, U, U, U],
    "a in (1, 9)": [T, T, T, F, F, F, U, U, U],
    "a not in (1, 9)": [F, F, F, T, T, T, U, U, U],
    "not (a in (1, 9))": [F, F, F, T, T, T, U, U, U],
    "(a == 1) == (b == 1)": [T, F, U, F, T, U, U, U, U],
    "(a == 1) != (b == 1)": [F, T, U, T, F, U, U, U, U],
    "(a == 1) == 1": [T, T, T, F, F, F, U, U, U],
    "0 < a < 2": [T, T, T, F, F, F, U, U, U],
    "a == 1 or True": [T] * 9,
    "a == 1 and False": [F] * 9,
    "missing(a)": [F, F, F, F, F, F, T, T, T],
    "answered(a)": [T, T, T, T, T, T, F, F, F],
    "missing(a == b)": [F, F, T, F, F, T, T, T, T],
    "is_true(a == 1)": [T, T, T, F, F, F, F, F, F],
}

NUMBERS = {
    "a + b": [2, 1, U, 1, 0, U, U, U, U],
    "a - b": [0, 1, U, -1, 0, U, U, U, U],
    "a * b": [1, 0, U, 0, 0, U, U, U, U],
    "a / b": [1, U, U, 0, U, U, U, U, U],
    "-a": [-1, -1, -1, 0, 0, 0, U, U, U],
    "+a": [1, 1, 1, 0, 0, 0, U, U, U],
    "(a + 1) ** 2": [4, 4, 4, 1, 1, 1, U, U, U],
    "(a == 1) + (b == 1)": [2, 1, U, 1, 0, U, U, U, U],
    "3 * (a == 1)": [3, 3, 3, 0, 0, 0, U, U, U],
    "1": [1] * 9,
    "a": PAIRS["a"],
}


@pytest.mark.parametrize("rule", TRUTH_TABLES)
def test_truth_table_is_kleenes_on_every_frame(make_frame: Callable[..., object], rule: str) -> None:
    assert evaluate(make_frame(PAIRS), {"r": rule}).frame["r"].to_list() == TRUTH_TABLES[rule]


@pytest.mark.parametrize("rule", NUMBERS)
def test_arithmetic_with_an_unknown_is_unknown_on_every_frame(make_frame: Callable[..., object], rule: str) -> None:
    result = evaluate(make_frame(PAIRS), {"r": rule}).frame["r"]
    assert result.dtype == pl.Float64
    assert result.to_list() == NUMBERS[rule]


def test_truth_column_is_used_as_it_is_on_every_frame(make_frame: Callable[..., object]) -> None:
    frame = make_frame({"stunted": [True, False, None]})
    got = evaluate(frame, {"bare": "stunted", "not": "not stunted", "one": "stunted == 1", "times": "stunted * 2"})
    assert got.frame.to_dict(as_series=False) == {
        "bare": [True, False, None],
        "not": [False, True, None],
        "one": [True, False, None],
        "times": [2.0, 0.0, None],
    }


def test_text_is_compared_without_trailing_blanks_on_every_frame(make_frame: Callable[..., object]) -> None:
    frame = make_frame({"s": ["A  ", "A", " A", "", None]})
    got = evaluate(frame, {"is": "s == 'A'", "in": "s in ('A', 'B ')", "not": "s != 'A'", "blank": "s == ''", "s": "s"})
    assert got.frame.to_dict(as_series=False) == {
        "is": [True, True, False, False, None],
        "in": [True, True, False, False, None],
        "not": [False, False, True, True, None],
        "blank": [False, False, False, True, None],
        "s": ["A", "A", " A", "", None],
    }


def test_cyrillic_names_and_texts_work_on_every_frame(make_frame: Callable[..., object]) -> None:
    frame = make_frame({"область": ["Брестская", "Минская", None], "ST4U$1": [1, 2, None]})
    got = evaluate(frame, {"r": "область == 'Минская' or `ST4U$1` == 1"})
    assert got.frame["r"].to_list() == [True, True, None]


@pytest.mark.parametrize("dtype", ["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"])
@pytest.mark.parametrize("kind", ["polars", "pandas", "pyarrow", "duckdb"])
def test_small_integers_do_not_overflow_at_their_limits(dtype: str, kind: str) -> None:
    limits = getattr(pl, dtype)
    frame = pl.select(low=limits.min(), high=limits.max())
    low, high = frame.row(0)
    data: object = {
        "polars": frame,
        "pandas": frame.to_pandas(),
        "pyarrow": frame.to_arrow(),
        "duckdb": duckdb.connect().from_arrow(frame.to_arrow()),
    }[kind]
    got = evaluate(
        data,
        {"sum": "high + high", "minus": "-low", "less": "low - 1 < low", "far": "low - high", "square": "high * high"},
    ).frame.row(0, named=True)
    assert got["sum"] == float(high) * 2
    assert got["minus"] == -float(low)
    assert got["less"] is (float(low) - 1 < float(low))
    assert got["far"] == float(low) - float(high)
    assert got["square"] == float(high) ** 2


def test_hundred_and_hundred_is_two_hundred_in_int8() -> None:
    frame = pd.DataFrame({"x": np.array([100], dtype="int8")})
    assert evaluate(frame, {"r": "x + x"}).frame["r"].to_list() == [200.0]


def test_code_with_decimals_is_not_cut_to_the_integer_type_of_its_column() -> None:
    frame = pl.DataFrame({"x": pl.Series([2], dtype=pl.Int8)})
    got = evaluate(frame, {"in": "x in (2.5, 300)", "is": "x == 2.5", "less": "x < 300"})
    assert got.frame.row(0) == (False, False, True)


def test_single_precision_column_equals_the_decimal_that_it_shows() -> None:
    frame = pl.DataFrame({"x": pl.Series([0.1, 0.2, None], dtype=pl.Float32)})
    got = evaluate(frame, {"is": "x == 0.1", "in": "x in (0.1, 0.3)", "at_most": "x <= 0.1", "turned": "0.1 == x"})
    assert got.frame.rows() == [(True, True, True, True), (False, False, False, False), (None, None, None, None)]


def test_dates_are_compared_with_iso_text_on_every_frame(make_frame: Callable[..., object]) -> None:
    from datetime import date

    frame = make_frame({"d": [date(2019, 3, 1), date(2019, 6, 30), None]})
    got = evaluate(
        frame,
        {
            "after": "d > '2019-03-01'",
            "on": "d == '2019-03-01'",
            "spring": "between(d, '2019-03-01', '2019-05-31')",
            "in": "d in ('2019-06-30', '2020-01-01')",
        },
    )
    assert got.frame.to_dict(as_series=False) == {
        "after": [False, True, None],
        "on": [True, False, None],
        "spring": [True, False, None],
        "in": [False, True, None],
    }


def test_moment_with_a_time_zone_is_compared_by_its_local_time() -> None:
    moments = pl.Series(["2019-03-01 23:30"]).str.to_datetime().dt.replace_time_zone("Europe/Minsk")
    got = evaluate(pl.DataFrame({"t": moments}), {"r": "t < '2019-03-02'", "y": "day(t)"})
    assert got.frame.row(0) == (True, 1.0)


def test_date_and_moment_columns_can_be_compared() -> None:
    frame = pl.DataFrame({"d": ["2019-03-01"], "t": ["2019-03-01 08:00"]}).with_columns(
        pl.col("d").str.to_date(), pl.col("t").str.to_datetime()
    )
    assert evaluate(frame, {"r": "t > d"}).frame["r"].to_list() == [True]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("s == 1", ["'s'", "text", "number", "quotes"]),
        ("1 == s", ["'s'", "text"]),
        ("x == 'A'", ["'x'", "number", "text"]),
        ("s in (1, 2)", ["'s'", "text"]),
        ("x in ('A', 'B')", ["'x'", "text"]),
        ("x + s", ["'s'", "text", "number(x)"]),
        ("x and s == 'A'", ["'x'", "x == 1"]),
        ("not x", ["'x'", "comparison"]),
        ("s < 'B'", ["order", "number(x)"]),
        ("s < x", ["order"]),
        ("d == 3", ["'d'", "date"]),
        ("d < '1 March'", ["'1 March'", "2019-03-01"]),
        ("d + 1", ["'d'", "date"]),
        ("t == 'yes'", ["'t'", "truth"]),
        ("if_else(x > 1, x, s)", ["'s'", "text"]),
        ("coalesce(x, s)", ["'s'"]),
        ("max(x, s)", ["'s'", "text"]),
        ("log(s)", ["'s'", "log()"]),
        ("year(x)", ["'x'", "date"]),
        ("selected(x, 'A')", ["'x'", "selected()", "text"]),
        ("count_true(x, t)", ["'x'", "count_true()"]),
    ],
)
def test_what_cannot_be_compared_or_reckoned_is_an_error_that_names_the_variable(rule: str, words: list[str]) -> None:
    frame = pl.DataFrame({"x": [1], "s": ["A"], "t": [True], "d": ["2019-01-01"]}).with_columns(
        pl.col("d").str.to_date()
    )
    with pytest.raises(ExpressionError) as caught:
        evaluate(frame, {"r": rule})
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert rule in message
    assert message.splitlines()[-1].strip() == "^"


def test_unknown_variable_is_an_error_with_the_nearest_names_and_the_file() -> None:
    frame = pl.DataFrame({"windex5": [1], "HH6": [1]})
    with pytest.raises(VariableError, match=r"'windx5' is not in hh.sav \(2 variables\); nearest: 'windex5'"):
        evaluate(frame, {"r": "windx5 == 1"}, place="hh.sav")


def test_names_are_matched_without_case_where_only_one_fits() -> None:
    assert evaluate({"Stratum": [1, 2]}, {"r": "STRATUM == 2"}).frame["r"].to_list() == [False, True]
    with pytest.raises(VariableError, match="may mean any of 'hh6', 'Hh6'"):
        evaluate({"hh6": [1], "Hh6": [2]}, {"r": "HH6 == 1"})


def test_column_that_no_rule_can_use_is_an_error() -> None:
    frame = pl.DataFrame({"x": [[1, 2]]})
    with pytest.raises(VariableError, match=r"'x' in ch\.sav holds List"):
        evaluate(frame, {"r": "missing(x)"}, place="ch.sav")


def test_column_without_any_known_value_is_unknown_everywhere() -> None:
    got = evaluate(
        pl.DataFrame({"x": [None, None]}), {"is": "x == 1", "text": "x == 'A'", "plus": "x + 1", "not": "not x"}
    )
    assert got.frame.to_dict(as_series=False) == {name: [None, None] for name in ("is", "text", "plus", "not")}


def test_infinite_number_in_the_data_is_unknown(make_frame: Callable[..., object]) -> None:
    got = evaluate(
        make_frame({"x": [float("inf"), float("-inf"), 1.0]}), {"x": "x", "more": "x > 0", "miss": "missing(x)"}
    )
    assert got.frame.rows() == [(None, None, True), (None, None, True), (1.0, True, False)]


def test_compile_gives_one_expression_for_an_engine() -> None:
    lazy = nw.from_native(duckdb.connect().sql("select * from (values (1.0, 2), (0.0, 3), ('nan'::double, 4)) v(x, y)"))
    expr = rules.compile(parse("y / x > 1 or y == 4"), lazy.collect_schema(), place="v")
    got = lazy.select(expr.alias("r")).collect("polars").to_native()["r"].to_list()
    assert got == [True, None, True]


# --- codes that were declared missing -----------------------------------------------------------------

ANSWERS = pl.DataFrame({"x": [1.0, 2.0, None, None, None], "s": ["A", "B", None, None, "C"]})
CODES = pl.DataFrame(
    {"x": [None, None, 8.0, 9.0, None], "s": [None, None, "Z", None, None]}, schema_overrides={"x": pl.Float64}
)
TAGS = pl.DataFrame({"x": [None, None, "a", "b", None]})


def test_code_gives_the_value_or_the_code_declared_missing() -> None:
    got = evaluate(
        ANSWERS,
        {
            "code": "code(x)",
            "is8": "code(x) == 8",
            "in": "code(x) in (1, 9)",
            "more": "code(x) > 1",
            "no": "code(x) != 8",
        },
        reasons=CODES,
    ).frame.to_dict(as_series=False)
    assert got == {
        "code": [1.0, 2.0, 8.0, 9.0, None],
        "is8": [False, False, True, False, None],
        "in": [True, False, False, True, None],
        "more": [False, True, True, True, None],
        "no": [True, True, False, True, None],
    }


def test_without_code_a_declared_missing_answer_is_unknown() -> None:
    got = evaluate(ANSWERS, {"is8": "x == 8", "missing": "missing(x)", "system": "missing(code(x))"}, reasons=CODES)
    assert got.frame.to_dict(as_series=False) == {
        "is8": [False, False, None, None, None],
        "missing": [False, False, True, True, True],
        "system": [False, False, False, False, True],
    }


def test_code_of_a_text_is_a_text() -> None:
    got = evaluate(ANSWERS, {"z": "code(s) == 'Z'", "code": "code(s)"}, reasons=CODES).frame
    assert got["z"].to_list() == [False, False, True, None, False]
    assert got["code"].to_list() == ["A", "B", "Z", None, "C"]


def test_code_compares_the_tags_of_stata() -> None:
    got = evaluate(
        ANSWERS,
        {
            "a": "code(x) == '.a'",
            "not": "code(x) != '.a'",
            "one": "code(x) == 1",
            "in": "code(x) in ('.a', '.b')",
            "x": "code(x)",
            "more": "code(x) > 1",
        },
        reasons=TAGS,
    ).frame.to_dict(as_series=False)
    assert got == {
        "a": [False, False, True, False, None],
        "not": [True, True, False, True, None],
        "one": [True, False, False, False, None],
        "in": [False, False, True, True, None],
        "x": [1.0, 2.0, None, None, None],
        "more": [False, True, None, None, None],
    }


def test_code_is_the_variable_itself_where_nothing_is_declared() -> None:
    for reasons in (None, pl.DataFrame({"other": [8.0] * 5}), pl.DataFrame()):
        got = evaluate(ANSWERS, {"c": "code(x)", "tag": "code(x) == '.a'"}, reasons=reasons).frame
        assert got["c"].to_list() == [1.0, 2.0, None, None, None]
        assert got["tag"].to_list() == [False, False, None, None, None]


def test_reasons_are_used_beside_a_lazy_frame_too() -> None:
    relation = duckdb.connect().from_arrow(ANSWERS.to_arrow())
    for frame in (ANSWERS.lazy(), relation, ANSWERS.to_pandas()):
        assert evaluate(frame, {"r": "code(X) == 8"}, reasons=CODES).frame["r"].to_list() == [F, F, T, F, U]


def test_tag_has_no_order() -> None:
    with pytest.raises(ExpressionError, match="no order"):
        evaluate(ANSWERS, {"r": "code(x) > '.a'"}, reasons=TAGS)
