"""Totals that users give: all the ways to write them, and what is wrong with some."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.errors import EstimationError, VariableError
from childdata.survey.weighting.poststratify import poststratify

PEOPLE = {
    "sex": ["f", "f", "m", "m", "m"],
    "area": [1, 2, 1, 2, 2],
    "age": [3.0, 4.0, 50.0, 6.0, 70.0],
    "w": [1.0, 2.0, 3.0, 4.0, 5.0],
}
CROSSED = {("f", 1): 10, ("f", 2): 20, ("m", 1): 30, ("m", 2): 90}
WANTED = [10.0, 20.0, 30.0, 40.0, 50.0]


@pytest.fixture
def people() -> cd.Survey:
    return cd.Survey(PEOPLE, weight="w")


@pytest.mark.parametrize(
    "totals",
    [
        CROSSED,
        {"f": {1: 10, 2: 20}, "m": {1: 30, 2: 90}},
        {("f", "1"): 10, ("f", 2.0): 20, "m": {1: 30, "2": 90}},
        pd.Series(CROSSED),
        pd.DataFrame([(*key, total) for key, total in CROSSED.items()], columns=["sex", "area", "N"]),
        pl.DataFrame([(*key, total) for key, total in CROSSED.items()], schema=["sex", "area", "N"], orient="row"),
        CROSSED | {("x", 1): 0},
    ],
    ids=["tuples", "nested", "labels and numbers", "series", "pandas", "polars", "empty category of no one"],
)
def test_totals_are_written_in_many_ways(people: cd.Survey, totals: object) -> None:
    assert poststratify(people, ["sex", "area"], totals).design.weight.tolist() == WANTED  # type: ignore[arg-type]


def test_categories_are_named_by_value_or_by_label() -> None:
    frame = pd.DataFrame({"sex": pd.Categorical(["f", "m", "f"]), "w": [1.0, 1.0, 3.0]})
    assert poststratify(cd.Survey(frame, weight="w"), "sex", {"f": 8, "m": 5}).design.weight.tolist() == [2.0, 5.0, 6.0]


def test_rule_makes_categories_of_true_and_false(people: cd.Survey) -> None:
    found = poststratify(people, "age < 5", {True: 6, False: 24})
    assert found.design.weight.tolist() == [2.0, 4.0, 6.0, 8.0, 10.0]
    assert poststratify(people, "age < 5", {"yes": 6, "no": 24}).design.weight.tolist() == [2.0, 4.0, 6.0, 8.0, 10.0]


def test_name_with_a_point_is_a_column() -> None:
    survey = cd.Survey({"sch.wide": ["Yes", "No"], "w": [1.0, 1.0]}, weight="w")
    assert poststratify(survey, "sch.wide", {"Yes": 3, "No": 4}).design.weight.tolist() == [3.0, 4.0]


def test_shares_keep_the_sum_of_weights(people: cd.Survey) -> None:
    found = poststratify(people, "sex", {"f": 0.4, "m": 0.6}, as_="shares").design.weight
    np.testing.assert_allclose(found, [2.0, 4.0, 2.25, 3.0, 3.75], rtol=1e-14)


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ({"f": 3}, "records in 'm', but no total was given"),
        ({"f": 3, "m": 4, "x": 5}, "no record with the category 'x'; its categories: 'f', 'm'"),
        ({"female": 3, "m": 4}, "no record with the category 'female'"),
        ({"f": 3, "m": -4}, "the total of sex for 'm' is a number of zero or above; found -4"),
        ({"f": 3, "m": np.nan}, "the total of sex for 'm' is a number of zero or above; found nan"),
        ({"f": 3, "m": "many"}, "the total of sex for 'm' is a number; found 'many'"),
        ({"f": 3, "m": 0}, "a total of zero for 'm', where there are records"),
        ({("f", 1): 3, "m": 4}, "totals of sex are by category of 'sex'; found one for"),
        (pd.DataFrame({"sex": ["f", "m"]}), "found 'sex'"),
        (pd.Series([1, 2, 3], index=["f", "m", "f"]), "sex has two totals for 'f'"),
    ],
)
def test_wrong_totals_are_named(people: cd.Survey, totals: object, said: str) -> None:
    with pytest.raises(EstimationError, match=said.replace("(", r"\(")):
        poststratify(people, "sex", totals)  # type: ignore[arg-type]


def test_total_of_an_empty_cell_is_named(people: cd.Survey) -> None:
    with pytest.raises(EstimationError, match="sex × age has a total for 'f, 50', but no record of positive weight"):
        poststratify(people, ["sex", "age"], {("f", 3): 1, ("f", 4): 1, ("f", 50): 1, "m": {50: 1, 6: 1, 70: 1}})


def test_near_names_are_offered(people: cd.Survey) -> None:
    survey = cd.Survey({"region": ["north", "south"]})
    with pytest.raises(EstimationError, match="nearest: 'north'"):
        poststratify(survey, "region", {"nrth": 1, "south": 2})
    with pytest.raises(VariableError, match="nearest: 'sex'"):
        poststratify(people, "sx", {"f": 1, "m": 2})


def test_many_missing_totals_are_cut_short() -> None:
    survey = cd.Survey({"k": list(range(9))})
    with pytest.raises(EstimationError, match="'0', '1', '2', '3', '4' and 4 more"):
        poststratify(survey, "k", {})


def test_missing_categories_are_counted() -> None:
    survey = cd.Survey({"sex": ["f", None, None, "m"]})
    with pytest.raises(EstimationError, match="'sex' makes post-strata, but is missing in 2 of 4 records"):
        poststratify(survey, "sex", {"f": 1, "m": 1})


def test_records_of_weight_zero_may_be_missing_and_need_no_total() -> None:
    survey = cd.Survey({"sex": ["f", None, "x", "m"], "w": [1.0, 0.0, 0.0, 1.0]}, weight="w")
    assert poststratify(survey, "sex", {"f": 5, "m": 7}).design.weight.tolist() == [5.0, 0.0, 0.0, 7.0]
    with pytest.raises(EstimationError, match="no record of positive weight"):
        poststratify(survey, "sex", {"f": 5, "m": 7, "x": 1})


def test_shares_sum_to_one(people: cd.Survey) -> None:
    with pytest.raises(EstimationError, match=r"the shares of sex sum to 0.9, not to 1"):
        poststratify(people, "sex", {"f": 0.4, "m": 0.5}, as_="shares")
    with pytest.raises(EstimationError, match="as_ is 'totals' or 'shares'; found 'percent'"):
        poststratify(people, "sex", {"f": 40, "m": 60}, as_="percent")  # type: ignore[arg-type]


def test_no_variable_is_no_post_stratum(people: cd.Survey) -> None:
    with pytest.raises(EstimationError, match="a variable is wanted that makes post-strata"):
        poststratify(people, [], {})


def test_crossing_of_very_many_categories_keeps_cells_that_occur() -> None:
    n = 300
    frame = {f"k{j}": [f"{j}-{(i * (j + 3)) % n}" for i in range(n)] for j in range(3)}
    totals = {tuple(frame[f"k{j}"][i] for j in range(3)): 0.0 for i in range(n)}
    for i in range(n):
        totals[tuple(frame[f"k{j}"][i] for j in range(3))] += 2.0
    survey = cd.Survey(frame)
    np.testing.assert_allclose(poststratify(survey, ["k0", "k1", "k2"], totals).design.weight, 2.0)
