"""Several rules at once: shapes, types, order, constants, a million rows; what no rule uses is not touched."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from childdata.errors import VariableError
from childdata.expression import evaluate, parse


def test_constant_is_given_for_every_row(make_frame: Callable[..., object]) -> None:
    frame = make_frame({"x": [1.0, None, 3.0]})
    got = evaluate(frame, {"one": 1, "half": 0.5, "text": "'A'", "true": "1 == 1", "none": "unknown()"}).frame
    assert got.rows() == [(1.0, 0.5, "A", True, None)] * 3
    assert got.dtypes == [pl.Float64, pl.Float64, pl.String, pl.Boolean, pl.Float64]


def test_types_of_results_do_not_depend_on_the_frame(make_frame: Callable[..., object]) -> None:
    frame = make_frame({"n": [1, 2], "s": ["a", "b"], "t": [True, False]})
    got = evaluate(frame, {"n": "n", "s": "s", "t": "t", "sum": "n + t", "more": "n > 1"}).frame
    assert got.dtypes == [pl.Float64, pl.String, pl.Boolean, pl.Float64, pl.Boolean]


def test_rows_keep_their_order(make_frame: Callable[..., object]) -> None:
    values = [float(value) for value in np.random.default_rng(5).permutation(5_000)]
    assert evaluate(make_frame({"x": values}), {"r": "x * 1"}).frame["r"].to_list() == values


def test_results_are_named_as_asked_even_like_a_variable() -> None:
    frame = {"x": [1.0, 2.0], "y": [5.0, 6.0]}
    got = evaluate(frame, {"x": "y", "y": "x", "a name, with signs": "x + y", "childdata rule 0": "x"}).frame
    assert got.to_dict(as_series=False) == {
        "x": [5.0, 6.0],
        "y": [1.0, 2.0],
        "a name, with signs": [6.0, 8.0],
        "childdata rule 0": [1.0, 2.0],
    }


def test_no_rules_give_no_columns(make_frame: Callable[..., object]) -> None:
    assert evaluate(make_frame({"x": [1]}), {}).frame.width == 0


def test_expression_read_before_is_used_again_on_other_data() -> None:
    rule = parse("x / y")
    assert evaluate({"x": [1], "y": [2]}, {"r": rule}).frame["r"].to_list() == [0.5]
    assert evaluate(pl.DataFrame({"X": [3], "Y": [2]}), {"r": rule}).frame["r"].to_list() == [1.5]


def test_undefined_is_counted_for_each_rule_by_itself() -> None:
    got = evaluate({"x": [0.0, 1.0, None]}, {"a": "1 / x", "b": "log(x) + 1 / x", "c": "x"})
    assert got.undefined == {"a": 1, "b": 1, "c": 0}
    assert got.frame["b"].to_list() == [None, 1.0, None]


def test_frame_of_narwhals_is_a_frame() -> None:
    for wrapped in (nw.from_native(pl.DataFrame({"x": [1, None]})), nw.from_native(pd.DataFrame({"x": [1.0, None]}))):
        assert evaluate(wrapped, {"r": "x == 1"}).frame["r"].to_list() == [True, None]


def test_missing_variable_of_any_rule_is_named_with_the_place(make_frame: Callable[..., object]) -> None:
    with pytest.raises(VariableError, match=r"'CAGF' is not in ch\.sav \(2 variables\); nearest: 'CAGE'"):
        evaluate(make_frame({"CAGE": [1], "UB2": [1]}), {"a": "UB2 == 1", "b": "CAGF < 60"}, place="ch.sav")


def test_reasons_of_another_height_are_refused() -> None:
    with pytest.raises(VariableError, match=r"3 rows.*2 rows"):
        evaluate({"x": [1, None]}, {"r": "code(x)"}, reasons=pl.DataFrame({"x": [8.0, 8.0, 8.0]}))


def test_relation_is_not_fetched_for_columns_that_no_rule_uses() -> None:
    relation = duckdb.connect().sql("select range as x, error('touched') as y from range(3)")
    assert evaluate(relation, {"r": "x > 0"}).frame["r"].to_list() == [False, True, True]


def test_rules_on_a_million_rows_give_what_numpy_gives() -> None:
    rng = np.random.default_rng(1)
    n = 1_000_000
    frame = pd.DataFrame({f"unused{i}": rng.normal(size=n) for i in range(3)})
    frame["UB2"] = rng.integers(0, 5, n).astype("float")
    frame["BR1"] = rng.integers(1, 4, n).astype("int8")
    frame["y"] = rng.lognormal(5, 1, n)
    rules = {
        "a": "UB2 >= 3 and BR1 in (1, 2)",
        "b": "if_else(y < 120, y, 0)",
        "c": "count_true(UB2 == 1, BR1 == 1) >= 1",
    }
    got = evaluate(frame, {**rules, "d": "log(y / UB2)"})
    old, registered, poor = frame["UB2"] >= 3, frame["BR1"].isin([1, 2]), frame["y"] < 120
    assert int(got.frame["a"].sum()) == int((old & registered).sum())
    assert got.frame["b"].sum() == pytest.approx(frame["y"][poor].sum(), rel=1e-12)
    assert int(got.frame["c"].sum()) == int(((frame["UB2"] == 1) | (frame["BR1"] == 1)).sum())
    assert got.undefined["d"] == int((frame["UB2"] == 0).sum()) == got.frame["d"].null_count()
