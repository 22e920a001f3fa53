"""Numbers held as text, and numbers without their decimal point."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.errors import VariableError
from childdata.microdata import Dataset, Variable
from childdata.microdata.conversions import (
    parse_numbers,
    reads_like_numbers,
    remarks,
    with_implied_decimals,
    with_numbers,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12,5", 12.5), ("1 234,56", 1234.56), ("1\u00a0234,56", 1234.56), ("1.234,56", 1234.56), ("1,234.56", 1234.56),
        ("1,2E+03", 1200.0), ("-,5", -0.5), ("−5", -5.0), (" 7 ", 7.0), ("7.", 7.0), ("1e-3", 0.001),
    ],
)  # fmt: skip
def test_a_text_is_the_number_that_its_writer_meant(text, number):
    found, failed = parse_numbers(pl.Series([text]))
    assert found.to_list() == [number]
    assert failed == 0


@pytest.mark.parametrize("text", ["abc", "1;2", "--5", "12кг", "1,2,3", "inf", "nan", "0x10", "1e", "."])
def test_what_is_no_number_fails_and_is_counted(text):
    assert parse_numbers(pl.Series([text]))[1] == 1


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_written_with_a_comma_comes_back_to_the_last_digit(value):
    assert parse_numbers(pl.Series([repr(value).replace(".", ",")]))[0].to_list() == [value]


def test_failures_are_counted_in_a_note_that_shows_no_answer():
    data = with_numbers(Dataset.from_frame({"sum": ["1,5", "CANARY", "", None]}), ["SUM"])
    assert data.frame["sum"].to_list() == [1.5, None, None, None]
    assert data.variables["sum"].kind == "number"
    assert "1 of 4 texts are no numbers and are missing" in data.notes[-1]
    assert "CANARY" not in "".join(data.notes)


def test_a_reason_of_a_text_turned_number_goes_with_the_text():
    text = Variable("x", missing_codes=("?",), kind="text")
    data = with_numbers(Dataset.from_frame({"x": ["1", "?"], "y": [1, 2]}, variables=[text]), ["x"])
    assert data.frame["x"].to_list() == [1.0, None]
    assert "x" not in data.reasons.columns


def test_a_number_stays_and_a_date_is_refused():
    data = Dataset.from_frame({"x": [1], "d": pl.Series([1]).cast(pl.Date)})
    assert with_numbers(data, ["x"]).frame["x"].to_list() == [1]
    with pytest.raises(VariableError, match=r"variable 'd' of the data is a date"):
        with_numbers(data, ["d"])


def test_implied_decimals_divide_exactly():
    data = with_implied_decimals(Dataset.from_frame({"qweight": [12345, None, 7]}), {"QWEIGHT": 2})
    assert data.frame["qweight"].to_list() == [123.45, None, 0.07]
    assert "implied decimals were applied (divided by 100)" in data.notes[-1]
    for wrong in ({"t": 2}, {"x": -1}):
        with pytest.raises(VariableError, match=r"implied_decimals needs a number"):
            with_implied_decimals(Dataset.from_frame({"t": ["a"], "x": [1]}), wrong)


def test_texts_that_read_like_numbers_are_pointed_out_and_left_alone():
    data = Dataset.from_frame({"sum": ["1,5", "2", "3", "4", "5,25"], "code": ["01", "02", "03", "04", "05"]})
    assert "Text that reads like numbers: 'sum'; numbers=['sum'] turns it into numbers." in remarks(data)
    assert data.frame["sum"].dtype == pl.String


@pytest.mark.parametrize(
    ("texts", "like"),
    [
        (["1", "2", "3"], False), (["1"] * 9 + ["x"], True), (["1"] * 8 + ["x", "y"], False), (["", "  "] * 9, False),
        (["007"] * 9, False), (["A", "B"] * 9, False), (["0", "0,5", "1", "2", "3"], True),
    ],
)  # fmt: skip
def test_nine_in_ten_must_be_numbers_and_none_a_code(texts, like):
    assert reads_like_numbers(pl.Series(texts)) == like


def test_wholly_empty_columns_are_counted_unless_a_reason_fills_them():
    refused = Variable("r", missing_codes=(9,))
    data = Dataset.from_frame({"a": [None, None], "t": ["", " "], "r": [9, 9], "x": [1, None]}, variables=[refused])
    assert remarks(data) == ("Wholly empty variables: 'a', 't'.",)
