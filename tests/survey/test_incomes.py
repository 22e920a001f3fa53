"""Zero and negative incomes under each policy: what is computed, what is told, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import childdata as cd
from childdata.errors import EstimationError

PERSONS = {"y": [-10.0, 0.0, 20.0, 40.0, None]}


@pytest.fixture
def survey() -> cd.Survey:
    return cd.Survey(PERSONS)


def value(survey: cd.Survey, statistic: cd.Statistic) -> float:
    return float(survey.estimate(statistic).to_frame()["estimate"].item())


def test_an_index_without_a_value_at_zero_refuses_and_counts(survey: cd.Survey) -> None:
    with pytest.raises(EstimationError) as caught:
        survey.estimate(cd.mld("y"))
    message = str(caught.value)
    assert "'y' is zero or below in 2 records" in message
    assert "nonpositive='exclude'" in message
    assert "nonpositive=1.0" in message
    assert "-10" not in message


def test_an_index_defined_at_zero_refuses_negative_values_only(survey: cd.Survey) -> None:
    with pytest.raises(EstimationError, match=r"'y' is below zero in 1 records.*make them zero"):
        survey.estimate(cd.theil("y"))


def test_a_domain_without_them_is_not_refused(survey: cd.Survey) -> None:
    assert value(survey, cd.mld("y", nonpositive="exclude")) == pytest.approx(np.log(30) - np.log(800) / 2)
    found = survey.estimate(cd.mld("y"), where="y > 0").to_frame()
    assert found["estimate"].item() == pytest.approx(np.log(30) - np.log(800) / 2)


def test_excluded_records_are_missing_and_told(survey: cd.Survey) -> None:
    found = survey.estimate({"M": cd.mld("y", nonpositive="exclude"), "T": cd.theil("y", nonpositive="exclude")})
    frame = found.to_frame().set_index("statistic")
    assert frame["n"].to_dict() == {"M": 2, "T": 3}, "an income of zero adds nothing to Theil's index, but counts"
    assert frame["missing"].to_dict() == {"M": 3, "T": 2}
    assert "'M': 2 records were left out for their zero or negative values" in found.notes
    assert "'T': 1 records were left out for their zero or negative values" in found.notes


def test_negative_values_made_zero_by_hand(survey: cd.Survey) -> None:
    # 0, 0, 20, 40: mean 15; Theil (20 log 20 + 40 log 40)/60 − log 15
    found = survey.estimate(cd.theil("y", nonpositive="zero"))
    assert found.to_frame()["estimate"].item() == pytest.approx((20 * np.log(20) + 40 * np.log(40)) / 60 - np.log(15))
    assert found.to_frame()["n"].item() == 4
    assert any("1 negative values count as zero" in note for note in found.notes)


def test_bottom_coded_by_hand(survey: cd.Survey) -> None:
    # 5, 5, 20, 40
    found = survey.estimate(cd.mld("y", nonpositive=5))
    wanted = np.log(17.5) - np.log([5, 5, 20, 40]).mean()
    assert found.to_frame()["estimate"].item() == pytest.approx(wanted)
    assert any("2 records below the bottom code were raised to it" in note for note in found.notes)


@pytest.mark.parametrize(
    "make",
    [
        lambda how: cd.gini("y", nonpositive=how),
        lambda how: cd.s_gini("y", 3, nonpositive=how),
        lambda how: cd.lorenz("y", 0.5, nonpositive=how),
        lambda how: cd.generalized_lorenz("y", 0.5, nonpositive=how),
        lambda how: cd.quantile_share("y", 0.5, 1, nonpositive=how),
        lambda how: cd.palma("y", nonpositive=how),
        lambda how: cd.fgt("y", 30, alpha=1, nonpositive=how),
        lambda how: cd.sen("y", 30, nonpositive=how),
        lambda how: cd.sst("y", 30, nonpositive=how),
        lambda how: cd.poor_gini("y", 30, nonpositive=how),
        lambda how: cd.generalized_entropy("y", 2, nonpositive=how),
    ],
)
def test_where_every_value_counts_negative_ones_are_kept_and_told(survey: cd.Survey, make: Any) -> None:
    kept = survey.estimate(make("keep"))
    assert kept.to_frame()["n"].item() == 4
    assert any("1 records have negative values, which are taken as they are" in note for note in kept.notes)
    excluded = survey.estimate(make("exclude"))
    without = cd.Survey({"y": [20.0, 40.0]} if excluded.to_frame()["n"].item() == 2 else {"y": [0.0, 20.0, 40.0]})
    assert excluded.to_frame()["estimate"].item() == pytest.approx(value(without, make("keep")))


def test_a_negative_income_may_bring_a_gini_above_one_and_a_gap_above_one() -> None:
    persons = cd.Survey({"y": [-50.0, 0.0, 100.0]})
    # Σ|y_i − y_j| = 2(50 + 150 + 100) = 600; over 2 n² μ = 2 · 9 · 50/3
    assert value(persons, cd.gini("y")) == pytest.approx(2)
    assert value(persons, cd.fgt("y", 100, alpha=1)) == pytest.approx((1.5 + 1) / 3)


def test_nothing_is_told_where_nothing_is_negative() -> None:
    found = cd.Survey({"y": [0.0, 1.0, 2.0]}).estimate([cd.gini("y"), cd.fgt("y", 1, alpha=1), cd.palma("y")])
    assert not any("negative" in note for note in found.notes)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: cd.mld("y", nonpositive="zero"), "no value at zero, so that nonpositive='zero' does not help"),
        (lambda: cd.mld("y", nonpositive="keep"), "has no value zero or below"),
        (lambda: cd.theil("y", nonpositive="keep"), "has no value below zero"),
        (lambda: cd.watts("y", 100, nonpositive="keep"), "has no value zero or below"),
        (lambda: cd.atkinson("y", 1, nonpositive="zero"), "no value at zero"),
        (lambda: cd.mld("y", nonpositive=0), "a bottom code of incomes is a positive number; found 0"),
        (lambda: cd.mld("y", nonpositive=float("nan")), "a bottom code of incomes is a positive number"),
        (lambda: cd.mld("y", nonpositive=float("inf")), "a bottom code of incomes is a positive number"),
        (lambda: cd.gini("y", nonpositive="drop"), "'fail', 'keep', 'exclude', 'zero' or a bottom code; found 'drop'"),
        (lambda: cd.gini("y", nonpositive=True), "found True"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_at_once(make: Any, words: str) -> None:
    with pytest.raises(EstimationError) as caught:
        make()
    assert words in str(caught.value)


def test_a_variable_with_braces_in_its_name_is_named_in_the_refusal() -> None:
    survey = cd.Survey({"y{0}": [0.0, 1.0]})
    with pytest.raises(EstimationError, match=r"`y\{0\}`"):
        survey.estimate(cd.mld("`y{0}`"))


def test_a_rule_is_an_income_too() -> None:
    persons = cd.Survey({"income": [40.0, 90.0, 10.0], "size": [2, 3, 1]})
    assert value(persons, cd.theil("income / size")) == pytest.approx(
        value(cd.Survey({"y": [20.0, 30.0, 10.0]}), cd.theil("y"))
    )
