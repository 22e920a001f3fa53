"""One column: answers, reasons, whole numbers, dates."""

from __future__ import annotations

import datetime
import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.microdata import Variable
from childdata.microdata.masking import Column, as_whole, mask, values_and_reasons


def settle(values, variable, *, program="spss", keep_codes=False, whole_numbers=True, tags=None):
    series = values if isinstance(values, pl.Series) else pl.Series(variable.name, values)
    return values_and_reasons(
        Column(series, variable, program, tags), keep_codes=keep_codes, whole_numbers=whole_numbers
    )


def test_codes_and_ranges_are_taken_out_and_kept():
    declared = Variable("x", missing_codes=(9,), missing_ranges=((97, 99),))
    values, reasons = mask(pl.Series("x", [1.0, 9.0, 98.5, None, 96.0]), declared)
    assert values.to_list() == [1.0, None, None, None, 96.0]
    assert reasons.to_list() == [None, 9.0, 98.5, None, None]
    assert reasons.name == "x"


def test_integers_are_masked_by_the_same_codes():
    values, reasons = mask(pl.Series("x", [1, 9]), Variable("x", missing_codes=(9,)))
    assert values.to_list() == [1, None]
    assert reasons.to_list() == [None, 9.0]


def test_text_codes_mask_texts_and_numbers_do_not():
    values, reasons = mask(pl.Series("t", ["A", "?", None]), Variable("t", missing_codes=("?", 9), kind="text"))
    assert values.to_list() == ["A", None, None]
    assert reasons.to_list() == [None, "?", None]


def test_a_column_without_declared_answers_has_no_reasons():
    values = pl.Series("x", [1.0, 2.0])
    assert mask(values, Variable("x", missing_codes=(9,)))[1] is None
    assert mask(pl.Series("x", [], dtype=pl.Float64), Variable("x", missing_codes=(9,)))[1] is None


def test_nan_is_missing_without_a_reason():
    values, reasons, _, _ = settle([1.0, math.nan], Variable("x", missing_codes=(9,)))
    assert values.to_list() == [1.0, None]
    assert reasons is None


def test_codes_can_stay():
    values, reasons, variable, _ = settle([1.0, 9.0], Variable("x", missing_codes=(9,), format="F1.0"), keep_codes=True)
    assert values.to_list() == [1, 9]
    assert reasons is None
    assert variable.missing_codes == (9.0,)


def test_tags_become_reasons_and_stay_known_even_if_nobody_used_them():
    tags = pl.DataFrame({"row": [1], "letter": [ord("d")]})
    values, reasons, variable, notes = settle(
        [1.0, None, None], Variable("q", missing_codes=(".r",)), program="stata", tags=tags, keep_codes=True
    )
    assert values.to_list() == [1.0, None, None]
    assert reasons.to_list() == [None, "d", None]
    assert variable.missing_codes == (".d", ".r")
    assert "tagged missing values have no code" in notes[0]


@pytest.mark.parametrize(
    ("display", "values", "whole"),
    [
        ("F4.0", [1.0, 2.0], True), ("F4", [1.0, None], True), ("F4.0", [1.5], False), ("F8.2", [1.0], False),
        ("N4.0", [1.0], False), (None, [1.0], False), ("F12.0", [2.0**53], False), ("F12.0", [2.0**53 - 1], True),
        ("F4.0", [None, None], False),
    ],
)  # fmt: skip
def test_whole_numbers_need_a_format_without_decimals_and_nothing_to_lose(display, values, whole):
    found, *_ = settle(pl.Series("x", values, dtype=pl.Float64), Variable("x", format=display))
    assert (found.dtype == pl.Int64) == whole
    assert found.to_list() == values


def test_whole_numbers_can_be_left_alone():
    assert settle([1.0], Variable("x", format="F4.0"), whole_numbers=False)[0].dtype == pl.Float64


def test_a_declared_code_among_dates_is_masked_before_they_are_dates():
    declared = Variable("d", missing_codes=(99.0,), format="DATE11")
    values, reasons, variable, _ = settle([141_428 * 86_400.0, 99.0], declared)
    assert values.to_list() == [datetime.date(1970, 1, 1), None]
    assert reasons.to_list() == [None, 99.0]
    assert variable.kind == "date"


def test_impossible_dates_are_noted_by_name_and_count():
    _, _, _, notes = settle([1e300], Variable("visit", format="DATE11"))
    assert notes == ["visit: dates beyond the years that can be held were set to missing: 1."]


def test_stata_integers_become_64_bit():
    assert settle(pl.Series("x", [1, None], dtype=pl.Int32), Variable("x"), program="stata")[0].dtype == pl.Int64


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(-20, 20).map(float)), max_size=30),
    st.sets(st.integers(-20, 20), max_size=3),
)
def test_every_row_is_an_answer_or_a_reason_or_neither_as_in_the_file(values, codes):
    series = pl.Series("x", values, dtype=pl.Float64)
    answers, reasons = mask(series, Variable("x", missing_codes=tuple(codes)))
    kept = reasons.to_list() if reasons is not None else [None] * len(values)
    for given_value, answer, reason in zip(values, answers.to_list(), kept, strict=True):
        expected = (None, given_value) if given_value in codes else (given_value, None)
        assert (answer, reason) == expected


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False), max_size=10))
def test_no_number_is_changed_by_becoming_whole(values):
    assert as_whole(pl.Series("x", values, dtype=pl.Float64)).to_list() == values
