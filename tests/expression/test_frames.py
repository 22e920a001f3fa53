"""Every frame there is, through the door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from childdata.errors import VariableError
from childdata.expression import door, evaluate


def through(frame: object, name: str = "x") -> pl.Series:
    series = door(frame, [name]).collect("polars").to_native()[name]
    assert isinstance(series, pl.Series)
    return series


def test_only_the_columns_in_use_pass(make_frame: Callable[..., object]) -> None:
    frame = make_frame({"x": [1, None], "y": [1, 2], "z": ["a", "b"]})
    lazy = door(frame, ["X", "z"])
    assert isinstance(lazy, nw.LazyFrame)
    if not isinstance(frame, (pl.LazyFrame, duckdb.DuckDBPyRelation)):
        assert lazy.collect_schema().names() == ["x", "z"]


def test_frame_computed_elsewhere_is_used_as_it_is() -> None:
    lazy = pl.LazyFrame({"x": [1], "y": [2]})
    assert door(lazy, ["x"]).to_native() is lazy
    assert door(nw.from_native(lazy), ["x"]).to_native() is lazy


def test_nan_becomes_null_in_memory() -> None:
    for frame in (
        pd.DataFrame({"x": [1.0, np.nan]}),
        pl.DataFrame({"x": [1.0, np.nan]}),
        {"x": np.array([1.0, np.nan])},
    ):
        assert through(frame).to_list() == [1.0, None]


PANDAS = {
    "object of whole numbers": (pd.Series([1, 2, None], dtype=object), [1.0, 2.0, None]),
    "object of numbers": (pd.Series([1, 2.5, float("nan")], dtype=object), [1.0, 2.5, None]),
    "object of decimals": (pd.Series([Decimal("1.5"), None], dtype=object), [1.5, None]),
    "object of truth": (pd.Series([True, None, False], dtype=object), [True, None, False]),
    "object of text": (pd.Series(["a", None, float("nan")], dtype=object), ["a", None, None]),
    "object of dates": (pd.Series([date(2019, 3, 1), None], dtype=object), [date(2019, 3, 1), None]),
    "object of nothing": (pd.Series([None, None], dtype=object), [None, None]),
    "category of text": (pd.Series(["a", None, "b", "a"], dtype="category"), ["a", None, "b", "a"]),
    "category of numbers": (pd.Series([3, None, 1], dtype="category"), [3.0, None, 1.0]),
    "category without categories": (pd.Series([None, None], dtype="category"), [None, None]),
    "nullable Int8": (pd.Series([1, None], dtype="Int8"), [1, None]),
    "nullable boolean": (pd.Series([True, None], dtype="boolean"), [True, None]),
    "nullable Float64": (pd.Series([1.5, None], dtype="Float64"), [1.5, None]),
    "string": (pd.Series(["a", None], dtype="string"), ["a", None]),
    "int8": (pd.Series([1, -128], dtype="int8"), [1, -128]),
    "float16": (pd.Series([0.5, np.nan], dtype="float16"), [0.5, None]),
    "sparse": (pd.Series(pd.arrays.SparseArray([0.0, 1.0, np.nan])), [0.0, 1.0, None]),
    "Arrow decimal": (pd.Series([Decimal("1.5"), None], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), [1.5, None]),
    "empty": (pd.Series([], dtype="float64"), []),
}
REFUSED = {
    "period": pd.Series(pd.period_range("2019-01", periods=2, freq="M")),
    "interval": pd.Series(pd.interval_range(0, 2)),
    "complex": pd.Series([1 + 2j, 0]),
    "time span": pd.Series(pd.to_timedelta([1, 2], unit="D")),
    "object of periods": pd.Series(pd.period_range("2019-01", periods=2, freq="M")).astype(object),
}


@pytest.mark.parametrize("what", REFUSED)
def test_pandas_column_that_no_rule_can_use_is_an_error_that_names_it(what: str) -> None:
    with pytest.raises(VariableError, match="'x' in the data"):
        evaluate(pd.DataFrame({"x": REFUSED[what]}), {"r": "missing(x)"})


@pytest.mark.parametrize("what", PANDAS)
def test_pandas_column_of_any_type(what: str) -> None:
    series, expected = PANDAS[what]
    got = evaluate(pd.DataFrame({"x": series}), {"r": "x"}).frame["r"].to_list()
    assert got == expected


def test_pandas_row_labels_do_not_matter() -> None:
    frame = pd.DataFrame({"x": [1, 2, 3]}, index=[9, 9, 0]).sort_values("x", ascending=False)
    frame["c"] = frame["x"].astype("category")
    assert evaluate(frame, {"r": "x + 0", "c": "c * 1"}).frame.rows() == [(3, 3), (2, 2), (1, 1)]


@pytest.mark.parametrize("values", [[1, "a"], [1.5, "a", None], [True, 1], [[1], [2]], [{"a": 1}], [1 + 2j], [b"x"]])
def test_column_of_several_kinds_is_an_error_that_names_it(values: list[object]) -> None:
    for frame in (pd.DataFrame({"x": pd.Series(values, dtype=object)}), {"x": values}):
        with pytest.raises(VariableError, match=r"'x' in ch\.sav"):
            evaluate(frame, {"r": "x == 1"}, place="ch.sav")


def test_error_about_a_column_never_shows_what_it_holds() -> None:
    with pytest.raises(VariableError) as caught:
        evaluate({"x": [1, "secret"]}, {"r": "x == 1"})
    assert "secret" not in str(caught.value)


def test_bad_column_that_no_rule_uses_does_not_matter() -> None:
    frame = pd.DataFrame({"x": [1], "bad": pd.Series([object()], dtype=object)})
    assert evaluate(frame, {"r": "x == 1"}).frame["r"].to_list() == [True]


def test_column_that_is_there_twice_is_an_error_where_it_is_used() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["x", "x", "y"])
    table = pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["x", "x", "y"])
    for twice in (frame, table):
        assert evaluate(twice, {"r": "y == 3"}).frame["r"].to_list() == [True]
        with pytest.raises(VariableError, match="'x' is in the data"):
            evaluate(twice, {"r": "x == 1"})


def test_number_as_a_column_name_stands_in_backquotes() -> None:
    assert evaluate(pd.DataFrame({0: [5]}), {"r": "`0` == 5"}).frame["r"].to_list() == [True]


def test_columns_of_a_mapping_may_come_from_any_library() -> None:
    mapping = {
        "list": [1, None],
        "tuple": (1, 2),
        "range": range(2),
        "numpy": np.array([1, 2], dtype="int8"),
        "polars": pl.Series([1.0, float("nan")]),
        "pandas": pd.Series([1, 2], index=[5, 6]),
        "arrow": pa.array(["a", None]).dictionary_encode(),
        "chunked": pa.chunked_array([[True], [None]]),
    }
    got = evaluate(mapping, {name: name for name in mapping}).frame
    assert got.row(1) == (None, 2, 1, 2, None, 2, None, None)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"x": 5}, "one value"),
        ({"x": "abc"}, "one value"),
        ({"x": np.zeros((2, 2))}, "2 dimensions"),
        ({"x": [1, 2], "y": [1]}, "differ in length"),
    ],
)
def test_mapping_that_is_no_frame_is_an_error(mapping: dict[str, object], words: str) -> None:
    with pytest.raises(VariableError, match=words):
        evaluate(mapping, {"r": "x == 1 and y == 1" if "y" in mapping else "x == 1"})


@pytest.mark.parametrize("what", [None, 5, "ch.sav", [1, 2], np.zeros(3)])
def test_what_is_no_frame_at_all_is_an_error(what: object) -> None:
    with pytest.raises(VariableError, match="is no frame: wanted pandas, polars"):
        evaluate(what, {"r": "x == 1"})


def test_whatever_speaks_arrow_is_a_frame() -> None:
    class Foreign:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return pa.table({"x": [1, None]}).__arrow_c_stream__(requested_schema)

    assert evaluate(Foreign(), {"r": "x == 1"}).frame["r"].to_list() == [True, None]
    batch = pa.record_batch({"x": [1, None]})
    assert evaluate(batch, {"r": "x == 1"}).frame["r"].to_list() == [True, None]


def test_dictionary_and_categorical_columns_are_what_they_stand_for() -> None:
    table = pa.table({"x": pa.array(["a", None, "b"]).dictionary_encode()})
    eager = pl.DataFrame({"x": ["a", None, "b"]})
    frames = [table, *(eager.with_columns(pl.col("x").cast(t)) for t in (pl.Categorical, pl.Enum(["a", "b"])))]
    for frame in [*frames, frames[1].lazy()]:
        assert evaluate(frame, {"r": "x == 'a'", "x": "x"}).frame.rows() == [(True, "a"), (None, None), (False, "b")]


def test_frame_of_no_rows_gives_no_rows(make_frame: Callable[..., object]) -> None:
    assert evaluate(make_frame({"x": [1.5]}), {"r": "x > 1", "one": 1}).frame.height == 1
    assert evaluate(pl.DataFrame(schema={"x": pl.Int8}), {"r": "x > 1", "one": 1}).frame.shape == (0, 2)
    assert evaluate(pd.DataFrame({"x": []}), {"r": "x > 1"}).frame.shape == (0, 1)
