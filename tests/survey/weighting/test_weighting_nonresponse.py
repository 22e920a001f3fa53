"""Nonresponse: cells, propensities, who carries whose weight, and what it adds to the variance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import childdata as cd
from childdata.errors import EstimationError, ExpressionError, VariableError
from childdata.survey.arrays import Floats
from childdata.survey.weighting.calibrate import calibrate
from childdata.survey.weighting.nonresponse import nonresponse
from childdata.survey.weighting.rake import rake

Covariance = Callable[[cd.Survey, Floats], Floats]
PEOPLE = {
    "area": ["u", "u", "u", "r", "r"],
    "done": [1, 1, 0, 1, 0],
    "y": [2.0, 6.0, None, 3.0, None],
    "w": [10.0, 20.0, 30.0, 5.0, 5.0],
}


@pytest.fixture(scope="module")
def answered(large_sample: pd.DataFrame) -> pd.DataFrame:
    """The large sample with an answer that depends on quintile and region, and on the PSU."""
    rng = np.random.default_rng(5)
    frame = large_sample
    depends = frame["quintile"] / 5 + 0.5 * (frame["region"] == "north") + 0.3 * rng.normal(size=180)[frame["psu"]]
    return frame.assign(done=(rng.random(len(frame)) < 1 / (1 + np.exp(-depends))).astype(int))


def test_cells_by_hand(covariance: Covariance) -> None:
    """Town: 60 of weight, 30 of it answered: 20, 40, 0. Country: 10, 5: 10, 0.

    Means of the respondents (20·2 + 40·6)/60 = 14/3 and 3. Scores: 10·14/3 + 20(2 − 14/3) = −20/3,
    20·14/3 + 40(6 − 14/3) = 440/3, 30·14/3 = 140, 5·3 = 15, 15.
    """
    survey = cd.Survey(PEOPLE, weight="w")
    found = nonresponse(survey, "done == 1", cells="area")
    assert found.design.weight.tolist() == [20.0, 40.0, 0.0, 10.0, 0.0]
    scores = np.array([-20 / 3, 440 / 3, 140, 15, 15])
    wanted = 5 / 4 * ((scores - scores.mean()) ** 2).sum()
    z = np.array([[2.0], [6.0], [0.0], [3.0], [0.0]])
    assert covariance(found, z).item() == pytest.approx(wanted, rel=1e-13)


def test_given_rates_leave_the_variance_as_it_is(covariance: Covariance) -> None:
    found = nonresponse(cd.Survey(PEOPLE, weight="w"), "done", cells="area", rates="given")
    assert found.design.adjustments == ()
    scores = np.array([40.0, 240, 0, 30, 0])
    z = np.array([[2.0], [6.0], [0.0], [3.0], [0.0]])
    assert covariance(found, z).item() == pytest.approx(5 / 4 * ((scores - scores.mean()) ** 2).sum(), rel=1e-13)


def test_propensity_of_a_constant_is_one_cell(covariance: Covariance) -> None:
    survey = cd.Survey(PEOPLE, weight="w")
    by_cell = nonresponse(survey, "done == 1", cells="1 == 1")
    by_logit = nonresponse(survey, "done == 1", propensity="~ 1")
    np.testing.assert_allclose(by_logit.design.weight, by_cell.design.weight, rtol=1e-12)
    z = np.array([[2.0], [6.0], [0.0], [3.0], [0.0]])
    np.testing.assert_allclose(covariance(by_logit, z), covariance(by_cell, z), rtol=1e-11)


def test_saturated_logit_is_the_cells(answered: pd.DataFrame, covariance: Covariance) -> None:
    survey = cd.Survey(answered, weight="w", strata="stratum", psu="psu")
    by_cell = nonresponse(survey, "done == 1", cells=["region", "sex"])
    by_logit = nonresponse(survey, "done == 1", propensity="~ region * sex")
    np.testing.assert_allclose(by_logit.design.weight, by_cell.design.weight, rtol=1e-9)
    z = answered[["income"]].to_numpy()
    np.testing.assert_allclose(covariance(by_logit, z), covariance(by_cell, z), rtol=1e-8)


@given(seed=st.integers(0, 40), scale=st.floats(1e-3, 1e3))
def test_sum_of_weights_in_each_cell_stays(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"k": np.repeat([0, 1, 2], 8), "done": rng.integers(0, 2, 24), "w": rng.uniform(1, 3, 24)})
    frame.loc[[0, 8, 16], "done"] = 1
    frame["w"] *= scale
    found = nonresponse(cd.Survey(frame, weight="w"), "done == 1", cells="k").design.weight
    np.testing.assert_allclose(frame.assign(w=found).groupby("k")["w"].sum(), frame.groupby("k")["w"].sum(), rtol=1e-12)
    assert (found[frame["done"] == 0] == 0).all()


def test_when_all_respond_nothing_changes(clustered: cd.Survey) -> None:
    for options in ({"cells": ["sex", "region"]}, {"cells": "w > 0"}):
        found = nonresponse(clustered, "w > 0", **options)  # type: ignore[arg-type]
        np.testing.assert_allclose(found.design.weight, clustered.design.weight, rtol=1e-13)


def test_cells_without_a_respondent_are_named_and_may_be_joined() -> None:
    frame = {"k": ["a", "a", "b", "c"], "s": [1, 2, 1, 1], "done": [1, 0, 0, 1]}
    survey = cd.Survey(frame)
    with pytest.raises(EstimationError, match=r"no one responded in 'a, 2', 'b, 1': join each .*collapse="):
        nonresponse(survey, "done == 1", cells=["k", "s"])
    found = nonresponse(survey, "done == 1", cells=["k", "s"], collapse={("a", 2): ("a", 1), ("b", 1): ("c", "1")})
    assert found.design.weight.tolist() == [2.0, 0.0, 0.0, 2.0]
    chain = nonresponse(survey, "done == 1", cells="k", collapse={"b": "c", "c": "a"})
    assert chain.design.weight.tolist() == [2.0, 0.0, 0.0, 2.0]


def test_cells_joined_in_a_circle_or_unknown_are_refused() -> None:
    survey = cd.Survey({"k": ["north", "south", "west"], "done": [1, 1, 1]})
    with pytest.raises(EstimationError, match="in a circle"):
        nonresponse(survey, "done == 1", cells="k", collapse={"north": "south", "south": "north"})
    with pytest.raises(EstimationError, match="no record with the category 'nrth'; nearest: 'north'"):
        nonresponse(survey, "done == 1", cells="k", collapse={"nrth": "west"})
    with pytest.raises(EstimationError, match="a cell is named by its category of 'k' and 'done'; found 'north'"):
        nonresponse(survey, "done == 1", cells=["k", "done"], collapse={"c": "north"})
    with pytest.raises(EstimationError, match="no record is in the cell 'c, 0'"):
        nonresponse(
            cd.Survey({"k": ["a", "c"], "d": [0, 1]}), "d == 1", cells=["k", "d"], collapse={("c", 0): ("c", 1)}
        )


def test_ineligible_records_keep_their_weight() -> None:
    frame = {"empty": [1, 0, 0, 0], "done": [None, 1, 0, 1], "k": [None, 1, 1, 1], "w": [4.0, 2.0, 2.0, 2.0]}
    found = nonresponse(cd.Survey(frame, weight="w"), "done == 1", cells="k", eligible="empty == 0")
    assert found.design.weight.tolist() == [4.0, 3.0, 0.0, 3.0]
    logit = nonresponse(cd.Survey(frame, weight="w"), "done == 1", propensity="~ 1", eligible="empty == 0")
    np.testing.assert_allclose(logit.design.weight, [4, 3, 0, 3], rtol=1e-12)


def test_classes_of_the_propensity_keep_the_sum_of_weights(answered: pd.DataFrame) -> None:
    survey = cd.Survey(answered, weight="w", strata="stratum", psu="psu")
    found = nonresponse(survey, "done == 1", propensity="~ quintile + income", classes=5)
    assert found.design.weight.sum() == pytest.approx(answered["w"].sum(), rel=1e-12)
    ratio = (found.design.weight / survey.design.weight)[answered["done"] == 1]
    assert np.unique(ratio.round(10)).size == 5


@pytest.mark.parametrize(
    "options",
    [
        {"cells": ["region", "quintile"]},
        {"propensity": "~ C(quintile) + region"},
        {"propensity": "~ C(quintile) + region", "fit": "unweighted"},
        {"propensity": "~ quintile + income"},
    ],
    ids=str,
)
def test_standard_errors_agree_with_the_jackknife(
    answered: pd.DataFrame,
    covariance: Covariance,
    replicated: Callable[[cd.Survey], cd.Survey],
    options: dict[str, Any],
) -> None:
    survey = cd.Survey(answered, weight="w", strata="stratum", psu="psu")
    poor = answered[["poor", "income"]].to_numpy()
    taylor = nonresponse(survey, "done == 1", **options)
    replicates = nonresponse(replicated(survey), "done == 1", **options).design.replicates
    assert replicates is not None
    total = taylor.design.weight @ poor
    apart = replicates.weights().T @ poor - total
    by_jackknife = np.sqrt(replicates.rscales @ apart**2)
    found = np.sqrt(np.diag(covariance(taylor, poor)))
    np.testing.assert_allclose(found, by_jackknife, rtol=0.02)


def test_nonresponse_then_calibration_agrees_with_the_jackknife(
    answered: pd.DataFrame, covariance: Covariance, replicated: Callable[[cd.Survey], cd.Survey]
) -> None:
    survey = cd.Survey(answered, weight="w", strata="stratum", psu="psu")
    frame = answered
    regions = frame.groupby("region")["w"].sum() * np.array([1.1, 0.9, 1.0])
    income = 1.03 * float(frame["w"] @ frame["income"])

    def both(one: cd.Survey) -> cd.Survey:
        first = nonresponse(one, "done == 1", propensity="~ quintile + income")
        return calibrate(first, {"region": regions, "income": income})

    taylor, replicates = both(survey), both(replicated(survey)).design.replicates
    assert replicates is not None
    poor = frame[["poor"]].to_numpy()
    apart = replicates.weights().T @ poor - taylor.design.weight @ poor
    by_jackknife = np.sqrt(replicates.rscales @ apart**2).item()
    assert np.sqrt(covariance(taylor, poor)).item() == pytest.approx(by_jackknife, rel=0.02)
    assert len(taylor.design.adjustments) == 2


def test_raking_the_respondents_takes_no_notice_of_the_others(answered: pd.DataFrame) -> None:
    frame = answered.assign(sex=answered["sex"].where(answered["done"] == 1))
    survey = cd.Survey(frame, weight="w", strata="stratum", psu="psu")
    found = rake(nonresponse(survey, "done == 1", cells="region"), {"sex": {"girl": 2000, "boy": 2100}})
    assert found.design.weight.sum() == pytest.approx(4100, rel=1e-9)
    assert found.design.stages is survey.design.stages


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({}, EstimationError, "found neither"),
        ({"cells": "area", "propensity": "~ area"}, EstimationError, "found both"),
        ({"cells": "area", "classes": 5}, EstimationError, "classes are those of a propensity"),
        ({"propensity": "~ area", "classes": 0}, EstimationError, "classes is 1 or more; found 0"),
        ({"propensity": "~ area", "collapse": {"u": "r"}}, EstimationError, "collapse joins cells"),
        ({"cells": "area", "fit": "robust"}, EstimationError, "fit is 'weighted' or 'unweighted'"),
        ({"cells": "area", "rates": "known"}, EstimationError, "rates is 'estimated' or 'given'"),
        ({"cells": "y"}, EstimationError, "'y' is what nonresponse is adjusted by, but is missing in 2 of 5 records"),
        ({"propensity": "~ y"}, EstimationError, "'y' is what nonresponse is adjusted by, but is missing in 2"),
        ({"propensity": "~ aera"}, VariableError, "nearest: 'area'"),
        ({"propensity": "~ area("}, ExpressionError, "formula"),
        ({"propensity": "~ area + offset(w)"}, EstimationError, "has no offset"),
        ({"cells": "area", "eligible": "y > 0"}, EstimationError, "says who is eligible, but is missing in 2 of 5"),
    ],
    ids=str,
)
def test_calls_that_make_no_sense_are_refused(options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        nonresponse(cd.Survey(PEOPLE, weight="w"), "done == 1", **options)


def test_who_responded_is_known_of_all_and_true_of_some() -> None:
    survey = cd.Survey(PEOPLE, weight="w")
    with pytest.raises(EstimationError, match="says who responded, but is missing in 2 of 5 records"):
        nonresponse(survey, "y > 0", cells="area")
    with pytest.raises(EstimationError, match="is true for none of 5 eligible records"):
        nonresponse(survey, "done == 3", cells="area")
    with pytest.raises(EstimationError, match="is neither true nor false in 5 records; give a rule such as 'w == 1'"):
        nonresponse(survey, "w", cells="area")


def test_note_tells_who_and_how_much() -> None:
    note = nonresponse(cd.Survey(PEOPLE, weight="w"), "done == 1", cells="area").design.notes[-1]
    assert note == "weights of 2 nonrespondents were given to 3 respondents: new to old from 2 to 2"


@pytest.mark.parametrize("options", [{"cells": ["region", "quintile"]}, {"propensity": "~ quintile + income"}], ids=str)
def test_the_engine_gives_nonrespondents_their_scores(
    answered: pd.DataFrame, covariance: Covariance, options: dict[str, Any]
) -> None:
    survey = cd.Survey(answered, weight="w", strata="stratum", psu="psu")
    found = rake(nonresponse(survey, "done == 1", **options), {"sex": {"girl": 2000, "boy": 2100}})
    weight, poor = found.design.weight, answered["poor"].to_numpy()
    girls = (answered["sex"] == "girl").to_numpy()
    mean = weight[girls] @ poor[girls] / weight[girls].sum()
    z = np.column_stack([poor, girls * (poor - mean) / weight[girls].sum()])
    frame = found.estimate([cd.total("poor"), cd.mean("poor")], each=["sex"]).to_frame()
    girl = frame[(frame["sex"] == "girl") & (frame["statistic"] == "mean(poor)")]
    wanted = np.sqrt(np.diag(covariance(found, z)))
    assert found.estimate(cd.total("poor")).to_frame()["se"].item() == pytest.approx(wanted[0], rel=1e-10)
    assert girl["se"].item() == pytest.approx(wanted[1], rel=1e-10)
