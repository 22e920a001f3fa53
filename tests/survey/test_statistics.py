"""The statistics by name: each on a handful of records, the arithmetic in view; and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import childdata as cd
from childdata.errors import EstimationError, ExpressionError

# Σw = 2 + 1 + 1 + 4 = 8
PEOPLE = cd.Survey(
    {"y": [1.0, 2.0, 6.0, 3.0], "x": [2.0, 4.0, 2.0, 1.0], "g": ["a", "b", "a", "b"], "w": [2.0, 1.0, 1.0, 4.0]},
    weight="w",
)


@pytest.mark.parametrize(
    ("statistic", "wanted"),
    [
        (cd.total("y"), 2 * 1 + 1 * 2 + 1 * 6 + 4 * 3),  # 22
        (cd.total("y > 1"), 1 + 1 + 4),
        (cd.count(), 8),
        (cd.mean("y"), 22 / 8),
        (cd.mean("y > 1"), 6 / 8),
        (cd.mean("x * 2 + 1"), (2 * 5 + 1 * 9 + 1 * 5 + 4 * 3) / 8),
        (cd.mean(3), 3),
        (cd.ratio("y", "x"), 22 / (2 * 2 + 1 * 4 + 1 * 2 + 4 * 1)),  # 22 / 14
        (cd.ratio("y > 1", "x > 1"), 6 / 4),
        (cd.median("y"), 3),  # cumulative weights 2, 3, 7, 8 at y = 1, 2, 3, 6: 4 is first reached at 3
        (cd.quantile("y", 0.25), 1),  # 2 = 0.25 · 8 exactly: the lower value
        (cd.quantile("y", 0.25, rule="school"), 1.5),  # the middle of the tie
        (cd.total("y") / cd.count(), 22 / 8),
        (cd.log(cd.mean("y")), np.log(22 / 8)),
        (cd.exp(cd.mean("y > 1")), np.exp(6 / 8)),
    ],
)
def test_value_by_hand(statistic: cd.Statistic, wanted: float) -> None:
    assert PEOPLE.estimate(statistic).to_frame()["estimate"].item() == pytest.approx(wanted, rel=1e-14)


def test_proportion_has_a_row_for_each_category() -> None:
    frame = PEOPLE.estimate(cd.proportion("g")).to_frame()
    assert frame["item"].tolist() == ["a", "b"]
    assert frame["estimate"].tolist() == [pytest.approx(3 / 8), pytest.approx(5 / 8)]
    assert frame["se"][0] == pytest.approx(frame["se"][1])


def test_proportion_of_a_rule_has_its_two_answers() -> None:
    frame = PEOPLE.estimate(cd.proportion("y > 1")).to_frame()
    assert frame["item"].tolist() == ["no", "yes"]
    assert frame["estimate"].tolist() == [pytest.approx(2 / 8), pytest.approx(6 / 8)]


def test_quantiles_at_several_points_have_a_row_each() -> None:
    frame = PEOPLE.estimate(cd.quantile("y", [0.1, 0.5, 0.95])).to_frame()
    assert frame["item"].tolist() == [0.1, 0.5, 0.95]
    assert frame["estimate"].tolist() == [1, 3, 6]
    assert PEOPLE.estimate(cd.quantile("y", np.array([0.5]))).to_frame()["estimate"].tolist() == [3]


def test_mean_of_a_rule_is_the_proportion_of_its_yes() -> None:
    frame = PEOPLE.estimate({"mean": cd.mean("g == 'a'"), "share": cd.proportion("g")}).to_frame()
    numbers = ["estimate", "se", "ci_low", "ci_high", "deff"]
    assert frame.loc[0, numbers].tolist() == pytest.approx(frame.loc[1, numbers].tolist(), rel=1e-12)


def test_mean_of_a_column_of_zeros_and_ones_is_an_amount() -> None:
    survey = cd.Survey({"y": [0.0, 1.0, 1.0, 1.0]})
    column, rule = survey.estimate([cd.mean("y"), cd.mean("y == 1")]).to_frame().itertuples()
    assert column.estimate == rule.estimate
    assert column.se == pytest.approx(rule.se, rel=1e-14)
    assert column.ci_high > 1 > rule.ci_high


@pytest.mark.parametrize("p", [0, 1, -0.1, 1.1, [0.5, 1.0], []])
def test_a_quantile_outside_zero_and_one_is_refused(p: float) -> None:
    with pytest.raises(EstimationError, match="strictly between 0 and 1; found"):
        cd.quantile("y", p)


def test_unknown_rules_and_intervals_are_refused_with_the_choice() -> None:
    with pytest.raises(EstimationError, match=r"quantile rule 'type7' is not known; choose one of math, school, hf1"):
        cd.quantile("y", 0.5, rule="type7")  # type: ignore[arg-type]
    with pytest.raises(
        EstimationError, match=r"quantile interval 'bootstrap' is not known; choose one of auto, mean, xlogit"
    ):
        cd.median("y", interval="bootstrap")  # type: ignore[arg-type]


def test_a_rule_that_cannot_be_read_is_refused_at_once() -> None:
    with pytest.raises(ExpressionError):
        cd.mean("y ==")
