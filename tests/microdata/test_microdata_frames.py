"""Data frames of every library become one kind of frame."""

from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from childdata.errors import VariableError
from childdata.microdata import Variable
from childdata.microdata.frames import kind_of, to_polars, with_variables


@pytest.mark.parametrize(
    ("column", "dtype"),
    [
        (pl.Series("x", [1, None], dtype=pl.Int8), pl.Int64), (pl.Series("x", [1], dtype=pl.UInt32), pl.Int64),
        (pl.Series("x", [1.5], dtype=pl.Float32), pl.Float64), (pl.Series("x", [None]), pl.Float64),
        (pl.Series("x", [decimal.Decimal("1.50")]), pl.Float64), (pl.Series("x", [True]), pl.Boolean),
        (pl.Series("x", ["a"]), pl.String), (pl.Series("x", [0]).cast(pl.Date), pl.Date),
    ],
)  # fmt: skip
def test_types_become_the_few_that_a_survey_file_has(column, dtype):
    frame, variables = with_variables(pl.DataFrame([column]), {})
    assert frame.schema["x"] == dtype
    assert variables["x"].kind == kind_of(dtype)


def test_a_known_variable_is_kept_and_an_unknown_one_is_made():
    known = Variable("x", "Age", unit="years")
    _, variables = with_variables(pl.DataFrame({"x": [1], "y": ["a"]}), {"x": known})
    assert variables["x"] is known
    assert variables["y"] == Variable("y", kind="text")


def test_an_enum_keeps_its_order_and_a_categorical_is_alphabetical():
    words = pl.DataFrame(
        {"e": pl.Series(["b", "a"], dtype=pl.Enum(["b", "a"])), "c": pl.Series(["b", "a"], dtype=pl.Categorical)}
    )
    frame, variables = with_variables(words, {})
    assert frame["e"].to_list() == [1, 2]
    assert variables["e"].value_labels == {1.0: "b", 2.0: "a"}
    assert frame["c"].to_list() == [2, 1]


def test_numeric_categories_of_pandas_are_their_numbers():
    assert to_polars(pd.DataFrame({"x": pd.Categorical([3, 1, None])}))["x"].to_list() == [3.0, 1.0, None]


def test_nan_is_null_whatever_it_comes_from():
    for frame in (
        pd.DataFrame({"x": [np.nan, 1.0]}),
        pl.DataFrame({"x": [float("nan"), 1.0]}),
        {"x": [float("nan"), 1.0]},
        pd.DataFrame({"x": pd.array([None, 1.0], dtype="Float64")}),
    ):
        assert to_polars(frame)["x"].to_list() == [None, 1.0]


def test_the_index_of_pandas_plays_no_part():
    assert to_polars(pd.DataFrame({"x": [1, 2]}, index=[5, 5]))["x"].to_list() == [1, 2]


def test_column_names_of_pandas_become_texts():
    assert to_polars(pd.DataFrame({1: [1], "a": [2]})).columns == ["1", "a"]


@pytest.mark.parametrize("column", [pl.Series("x", [b"a"]), pl.Series("x", [{"a": 1}]), pl.Series("x", [object()])])
def test_what_is_no_survey_answer_is_refused_by_name(column):
    with pytest.raises(VariableError, match=r"variable 'x' holds .* values; numbers, texts or dates are wanted"):
        with_variables(pl.DataFrame([column]), {})
