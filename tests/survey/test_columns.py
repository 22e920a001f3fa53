"""The records of a call as arrays: numbers with a mask, factors with labels, and names that are not there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.errors import VariableError
from childdata.expression import parse
from childdata.survey.columns import Column, Columns, Records, both, rough_centre

FRAME = pd.DataFrame({"AGE": [1.0, np.nan, 3.0], "name": ["a", "b", " "], "ok": [True, False, True]})


def columns(*rules: str) -> Columns:
    return Columns.of(Records.of(FRAME), [parse(rule) for rule in rules])


def test_a_number_is_zero_where_it_is_unknown() -> None:
    found = columns("AGE").number(parse("AGE"))
    assert found.value.tolist() == [1, 0, 3]
    assert found.known is not None
    assert found.known.tolist() == [True, False, True]


def test_a_truth_is_zero_or_one_and_unknown_where_its_names_are() -> None:
    found = columns("AGE > 1").number(parse("AGE > 1"))
    assert found.value.tolist() == [0, 0, 1]
    assert found.known is not None
    assert found.known.tolist() == [True, False, True]


def test_what_is_known_everywhere_has_no_mask() -> None:
    assert columns("ok").number(parse("ok")).known is None
    assert columns("ok").known(parse("ok"), as_factor=True) is None


def test_an_expression_is_evaluated_once() -> None:
    found = columns("AGE")
    assert found.number(parse("AGE")) is found.number(parse("AGE"))
    assert found.factor(parse("AGE")) is found.factor(parse("AGE"))


def test_text_where_numbers_are_wanted_is_refused_with_the_way_out() -> None:
    with pytest.raises(
        VariableError, match=r"'name' in the data holds text where numbers are wanted; use proportion\(\)"
    ):
        columns("name").number(parse("name"))


def test_a_division_by_zero_is_counted() -> None:
    found = columns("AGE / (AGE - 1)")
    assert found.undefined["AGE / (AGE - 1)"] == 1
    assert not found.number(parse("AGE / (AGE - 1)")).known[0]  # type: ignore[index]


def test_a_factor_of_a_rule_has_its_values() -> None:
    found = columns("AGE > 1").factor(parse("AGE > 1"))
    assert found.labels == ("no", "yes")
    assert found.code.tolist() == [0, -1, 1]


def test_names_are_found_without_regard_to_case_and_the_nearest_are_named() -> None:
    records = Records.of(FRAME)
    assert records.find("age") == "AGE"
    with pytest.raises(VariableError, match=r"'AGES'.* nearest: 'AGE'"):
        records.find("AGES")


def test_a_label_is_that_of_the_variable_or_its_name() -> None:
    assert Records.of(FRAME).label("AGE") == "AGE"
    assert Records.of(FRAME).label("nothing") == "nothing"


def test_labels_and_their_order_come_from_a_dataset() -> None:
    data = cd.Dataset.from_frame(pl.DataFrame({"sex": [2.0, 1.0, 9.0]}))
    records = Records.of(data)
    assert records.names == ("sex",)
    assert records.place == data.source
    assert records.factor("sex").labels == ("1", "2", "9")


def test_a_mapping_of_columns_is_data() -> None:
    records = Records.of({"a": (1, 2), "b": np.array([0.5, np.nan])})
    assert records.names == ("a", "b")
    assert records.columns(["b"])["b"].to_list() == [0.5, None]


def test_masks_are_joined_and_none_is_everywhere() -> None:
    left, right = np.array([True, True, False]), np.array([True, False, False])
    assert both(None, None) is None
    assert both(left, None) is left
    assert both(None, right) is right
    joined = both(left, right)
    assert joined is not None
    assert joined.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("values", "known", "wanted"),
    [
        ([1e12, 1e12 + 2], None, 1e12 + 1),
        ([0.2, 0.4], None, 0.0),  # small values lose nothing and are left as they are
        ([100.0, 5.0], [True, False], 100.0),
        ([5.0], [False], 0.0),
    ],
)
def test_a_round_number_near_the_mean(values: list[float], known: list[bool] | None, wanted: float) -> None:
    mask = None if known is None else np.array(known)
    assert rough_centre(Column(np.array(values), mask)) == wanted
