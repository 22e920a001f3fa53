"""Two weightings of one sample: their difference has the covariance of the units or replicates that they share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError

FOUR = pd.DataFrame({"y": [1.0, 2.0, 4.0, 5.0], "g": ["a", "a", "b", "b"]})
# Each record left out in turn. Means: 11/3, 10/3, 8/3, 7/3 about 3. With a:1, b:3 as the totals of g the mean of a is
# weighed 1/4, that of b 3/4: 31/8, 29/8, 33/8, 27/8 about 15/4.
PLAIN = np.array([11 / 3, 10 / 3, 8 / 3, 7 / 3])
POSTSTRATIFIED = [[0, 1, 1.5, 1.5], [1, 0, 1.5, 1.5], [0.5, 0.5, 0, 3], [0.5, 0.5, 3, 0]]  # the weights that do it
CALIBRATED = np.array([31 / 8, 29 / 8, 33 / 8, 27 / 8])


def variance(values: np.ndarray) -> float:
    return float(3 / 4 * np.sum((values - values.mean()) ** 2))


@pytest.fixture
def weightings() -> tuple[cd.Estimates, cd.Estimates]:
    survey = cd.Survey(FOUR).with_replicates(cd.JK1())
    calibrated = cd.poststratify(survey, "g", {"a": 1, "b": 3})
    return calibrated.estimate(cd.mean("y")), survey.estimate(cd.mean("y"))


def test_calibrated_less_uncalibrated_by_hand(weightings: tuple[cd.Estimates, cd.Estimates]) -> None:
    calibrated, plain = weightings
    gap = (calibrated - plain).to_frame().iloc[0]
    assert gap["estimate"] == pytest.approx(0.75, rel=1e-14)
    # (5/24, 7/24, 35/24, 25/24) about 3/4: 3/4 (169 + 121 + 289 + 49) / 576
    assert gap["se"] == pytest.approx(np.sqrt(3 / 4 * 628 / 576), rel=1e-13)
    assert gap["se"] ** 2 == pytest.approx(variance(CALIBRATED - PLAIN), rel=1e-12)
    ratio = (calibrated / plain).to_frame().iloc[0]
    assert ratio["se"] ** 2 == pytest.approx(variance(CALIBRATED / PLAIN), rel=1e-12)


def test_as_two_independent_samples_they_are_refused(weightings: tuple[cd.Estimates, cd.Estimates]) -> None:
    calibrated, plain = weightings
    with pytest.raises(
        EstimationError, match="one survey object and are not independent, be it under weights adjusted"
    ):
        calibrated.compare(plain, overlap="none")
    with pytest.raises(EstimationError, match='say overlap="replicates" where replicate r is the same draw'):
        calibrated.compare(plain, overlap="psu")


def test_one_survey_under_two_kinds_of_variance_is_no_two_samples() -> None:
    survey = cd.Survey(FOUR)
    kinds = [survey, survey.with_replicates(cd.JK1()), survey.with_replicates(cd.Bootstrap(20, seed=1))]
    found = [one.estimate(cd.mean("y")) for one in kinds]
    for one, other in ((found[0], found[1]), (found[1], found[2])):
        with pytest.raises(EstimationError, match="from one survey under variances of different kinds"):
            one.compare(other, overlap="none")


def test_together_they_have_the_covariance_of_the_replicates(weightings: tuple[cd.Estimates, cd.Estimates]) -> None:
    joint = cd.together(weightings, overlap="replicates", names=["calibrated", "plain"])
    wanted = 3 / 4 * np.cov(CALIBRATED, PLAIN, bias=True) * 4
    np.testing.assert_allclose(joint.covariance().to_numpy(), wanted, rtol=1e-12)
    change = weightings[0].compare(weightings[1], overlap="replicates", measure="relative change")
    assert change.to_frame()["se"].item() ** 2 == pytest.approx(variance(CALIBRATED / PLAIN - 1), rel=1e-12)


def given(kind: Any, weight: str = "w", **columns: Any) -> cd.Estimates:
    data = FOUR.assign(w=1.0, v=[0.5, 0.5, 1.5, 1.5], **columns)
    return cd.Survey(data, weight=weight, replicates=kind).estimate(cd.mean("y"))


def test_two_weights_of_a_file_are_compared_over_the_replicates_they_share() -> None:
    """The weights of the first test, as an agency gives them."""
    left_out = 4 / 3 * (1 - np.eye(4))
    columns = {f"r{k + 1}": left_out[:, k] for k in range(4)} | {
        f"c{k + 1}": column for k, column in enumerate(POSTSTRATIFIED)
    }
    plain = given(cd.JK1("r1..r4", centre="mean"), **columns)
    adjusted = given(cd.JK1("c1..c4", centre="mean"), weight="v", **columns)
    gap = adjusted.compare(plain, overlap="replicates").to_frame().iloc[0]
    assert gap["estimate"] == pytest.approx(0.75, rel=1e-14)
    assert gap["se"] == pytest.approx(np.sqrt(3 / 4 * 628 / 576), rel=1e-13)
    with pytest.raises(EstimationError, match="two weights of one file with replicates of their own"):
        adjusted - plain


def test_replicates_made_otherwise_are_no_draws_in_common() -> None:
    columns = {f"r{k + 1}": column for k, column in enumerate(POSTSTRATIFIED)}
    first = given(cd.JK1("r1..r4"), **columns)
    for other, told in (
        (cd.BRR("r1..r4"), r"kind \(JK1, BRR\)"),
        (cd.JK1("r1..r3"), r"number \(4, 3\)"),
        (cd.JK1("r1..r4", scale=0.5), "scale or rscales"),
        (cd.JK1("r1..r4", centre="mean"), "centre"),
    ):
        with pytest.raises(EstimationError, match=f"those of 2 differ from those of 1 in {told}"):
            cd.together([first, given(other, **columns)], overlap="replicates")
    linearised = cd.Survey(FOUR).estimate(cd.mean("y"))
    with pytest.raises(EstimationError, match="the variance of survey 2 is not made of them alone"):
        cd.together([first, linearised], overlap="replicates")


def test_linearised_and_replicated_differences_of_weightings_agree(large_sample: pd.DataFrame) -> None:
    survey = cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")
    errors = []
    for one in (survey, survey.with_replicates(cd.JKn())):
        adjusted = cd.poststratify(one, "sex", {"boy": 5000, "girl": 6000})
        gap = adjusted.estimate(cd.mean("food"), by="region") - one.estimate(cd.mean("food"), by="region")
        errors.append(gap.to_frame()["se"].to_numpy())
    np.testing.assert_allclose(errors[1] / errors[0], 1.0, atol=0.05)
