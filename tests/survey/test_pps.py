"""`cd.PPS` in the place of an fpc: weights, standard errors, domains and notes of a survey, against R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "unequal_r.json").read_text(encoding="utf-8"))
FIRMS = pd.read_csv(REFERENCE / "unequal_firms.csv")
VILLAGES = pd.read_csv(REFERENCE / "unequal_villages.csv")
JOINT = np.loadtxt(REFERENCE / "unequal_joint.csv", delimiter=",")
HT: Any = "horvitz-thompson"
DESIGNS: dict[str, cd.PPS] = {
    "brewer": cd.PPS("p"),
    "overton_ht": cd.PPS("p", method="overton", variance=HT),
    "overton_yg": cd.PPS("p", method="overton"),
    "hr_ht": cd.PPS("p", method="hartley-rao", variance=HT),
    "hr_yg": cd.PPS("p", method="hartley-rao"),
    "hr_given_ht": cd.PPS("p", method="hartley-rao", variance=HT, sum_squares="sum_squares"),
    "hr_given_yg": cd.PPS("p", method="hartley-rao", sum_squares="sum_squares"),
    "joint_ht": cd.PPS("p", joint=JOINT, variance=HT),
    "joint_yg": cd.PPS("p", joint=JOINT),
}
STATISTICS = {"total": cd.total("y"), "mean": cd.mean("y"), "ratio": cd.ratio("y", "x")}


def near(found: object, wanted: object) -> None:
    np.testing.assert_allclose(np.asarray(found, dtype=float), np.asarray(wanted, dtype=float), rtol=1e-11)


@pytest.mark.parametrize("name", DESIGNS)
def test_firms_by_size_equal_r(name: str) -> None:
    survey = cd.Survey(FIRMS, strata="stratum", fpc=DESIGNS[name])
    frame, answer = survey.estimate(STATISTICS).to_frame(), ANSWERS["elements"][name]
    near(frame["estimate"], [answer["total"]["est"][0], answer["mean"]["est"][0], answer["ratio"]["est"]])
    near(frame["se"] ** 2, [answer["total"]["cov"][0][0], answer["mean"]["cov"][0][0], answer["ratio"]["cov"]])
    assert frame["df"].tolist() == [14, 14, 14]
    if "by_mean" in answer:
        by = survey.estimate(cd.mean("y"), by="branch").to_frame()
        near(by["se"], answer["by_mean"]["se"])


def test_probabilities_without_a_variance_of_their_own_are_weights_with_replacement() -> None:
    survey = cd.Survey(FIRMS, weight="1 / p", strata="stratum")
    answer = ANSWERS["elements"]["replacement"]
    near(survey.estimate(cd.total("y")).to_frame()["se"] ** 2, answer["total"]["cov"][0][0])


@pytest.mark.parametrize(("name", "certainty"), [("together", "together"), ("apart", "apart")])
def test_villages_by_size_and_households_equal_r(name: str, certainty: Any) -> None:
    survey = cd.Survey(
        VILLAGES,
        strata="stratum",
        psu=["village", "household"],
        fpc=[cd.PPS("p", certainty=certainty), "households"],
    )
    frame, answer = survey.estimate(STATISTICS).to_frame(), ANSWERS["stages"][name]
    near(frame["estimate"], [answer["total"]["est"][0], answer["mean"]["est"][0], answer["ratio"]["est"]])
    near(frame["se"] ** 2, [answer["total"]["cov"][0][0], answer["mean"]["cov"][0][0], answer["ratio"]["cov"]])
    by = survey.estimate(cd.mean("y"), by="sex").to_frame()
    near(by["se"], answer["by_mean"]["se"])


def test_certainty_units_are_told_and_add_no_degrees_of_freedom() -> None:
    survey = cd.Survey(VILLAGES, strata="stratum", psu="village", fpc=cd.PPS("p"))
    # 15 villages of which 2 with certainty, in 3 strata: 13 − 3
    assert survey.design.degrees_of_freedom == 10
    assert survey.design.strata_labels == ("1", "1, certainty 1", "2", "2, certainty 6", "3")
    notes = survey.estimate(cd.mean("y")).notes
    assert any("units taken with certainty" in note and note.endswith(": 2") for note in notes)
    assert any("stage 1 was drawn with unequal probabilities" in note for note in notes)


def test_election_equals_r(shared: Any) -> None:
    counties = pd.read_csv(shared("reference/data/election_pps.csv"))
    case = json.loads(shared("reference/survey.json").read_text(encoding="utf-8"))
    wanted = next(one for one in case["cases"] if one["id"] == "18_pps")["value"]
    votes = [cd.total("Bush"), cd.total("Kerry"), cd.total("Nader")]
    statistics = dict(zip(("b", "k", "n"), votes, strict=True))
    drawn = cd.Survey(counties, fpc=cd.PPS("p")).estimate(statistics).to_frame()
    near(drawn["estimate"], wanted["brewer"]["est"])
    near(drawn["se"], wanted["brewer"]["se"])
    near(cd.Survey(counties, weight="1 / p").estimate(statistics).to_frame()["se"], wanted["wr"]["se"])


def test_rows_keep_their_covariance_in_differences_and_across_calls() -> None:
    survey = cd.Survey(FIRMS, strata="stratum", fpc=DESIGNS["hr_ht"])
    by = survey.estimate(cd.mean("y"), by="branch")
    apart = by.difference(along="branch", of=("trade", "works"))
    v = by.covariance().to_numpy()
    near(apart.to_frame()["se"] ** 2, v[0, 0] + v[1, 1] - 2 * v[0, 1])
    one, two = survey.estimate(cd.total("y")), survey.estimate(cd.total("x"))
    joined = one.spread.joined(two.spread).covariance()
    near(joined, survey.estimate({"y": cd.total("y"), "x": cd.total("x")}).covariance().to_numpy())


def test_variance_below_zero_is_an_unknown_standard_error_and_told() -> None:
    # two units with Δ₁₂ = 1 − p₁ p₂ / π₁₂ = −4: V = 0.5 + 0.5 − 8 < 0 for equal scores
    data = {"p": [0.5, 0.5], "y": [1.0, 1.0]}
    survey = cd.Survey(data, fpc=cd.PPS("p", joint=[[0.5, 0.05], [0.05, 0.5]], variance=HT))
    estimates = survey.estimate(cd.total("y"))
    assert np.isnan(estimates.to_frame()["se"].item())
    assert any("estimate of the variance is negative in 1 rows" in note for note in estimates.notes)


def test_replicate_weights_are_not_made_of_what_strata_do_not_tell() -> None:
    with pytest.raises(DesignError, match="unequal probabilities without replacement nor of two phases"):
        cd.Survey(FIRMS, strata="stratum", fpc=cd.PPS("p")).with_replicates(None)  # type: ignore[arg-type]


def test_probability_that_is_none_is_refused_by_its_name() -> None:
    with pytest.raises(DesignError, match="'y' is the probability that a unit"):
        cd.Survey(FIRMS, strata="stratum", fpc=cd.PPS("y"))
    with pytest.raises(DesignError, match="fpc has 2 entries"):
        cd.Survey(FIRMS, strata="stratum", fpc=[cd.PPS("p"), cd.PPS("p")])
