"""`cd.two_phase`: a survey whose second phase is a part of the first, against R and in its own rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError, EstimationError

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "unequal_r.json").read_text(encoding="utf-8"))["phases"]
COHORT = pd.read_csv(REFERENCE / "phases_cohort.csv")
# Outside the second phase nobody was asked.
ASKED = COHORT.assign(**{name: COHORT[name].where(COHORT["in2"] == 1) for name in ("y", "x", "sex")})
SCREENED = cd.Phase(strata="screen")
DESIGNS: dict[str, tuple[cd.Phase, cd.Phase, str]] = {
    "srs_full": (cd.Phase(fpc="people"), SCREENED, "full"),
    "srs_approx": (cd.Phase(fpc="people"), SCREENED, "approx"),
    "open_full": (cd.Phase(), SCREENED, "poisson"),
    "open_approx": (cd.Phase(), SCREENED, "approx"),
    "poisson_full": (cd.Phase(weight="1 / p1"), SCREENED, "poisson"),
    "weighted_approx": (cd.Phase(weight="1 / p1"), SCREENED, "approx"),
    "unstratified_full": (cd.Phase(fpc="people"), cd.Phase(), "full"),
    "areas_full": (cd.Phase(strata="area", fpc="area_people"), SCREENED, "full"),
    "areas_approx": (cd.Phase(strata="area", fpc="area_people"), SCREENED, "approx"),
    "clusters_full": (cd.Phase(psu="cluster", fpc="clusters"), SCREENED, "full"),
    "clusters_areas_full": (cd.Phase(psu="cluster", strata="area", fpc="clusters"), SCREENED, "full"),
    "stages_full": (cd.Phase(psu=["cluster", "person"], fpc=["clusters", "persons"]), SCREENED, "full"),
}
STATISTICS = {"total": cd.total("y"), "mean": cd.mean("y"), "ratio": cd.ratio("y", "x")}


def near(found: object, wanted: object) -> None:
    np.testing.assert_allclose(np.asarray(found, dtype=float), np.asarray(wanted, dtype=float), rtol=1e-11)


def declared(name: str) -> cd.Survey:
    first, second, method = DESIGNS[name]
    return cd.two_phase(ASKED, first, second, subset="in2 == 1", method=method)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", DESIGNS)
def test_estimates_and_the_share_of_each_phase_equal_r(name: str) -> None:
    estimates, answer = declared(name).estimate(STATISTICS), ANSWERS[name]
    frame = estimates.to_frame()
    near(frame["estimate"], [answer["total"]["est"][0], answer["mean"]["est"][0], answer["ratio"]["est"]])
    near(frame["se"] ** 2, [answer["total"]["cov"][0][0], answer["mean"]["cov"][0][0], answer["ratio"]["cov"]])
    assert (frame["n"].tolist(), frame["missing"].tolist()) == ([77] * 3, [0] * 3)
    shares = cd.phase_shares(estimates)
    near(shares["first"][:2], [answer[one]["first"][0][0] for one in ("total", "mean")])
    near(shares["second"][:2], [answer[one]["second"][0][0] for one in ("total", "mean")])
    near(shares["first_share"], shares["first"] / shares["variance"])


@pytest.mark.parametrize("name", [name for name in DESIGNS if name != "areas_approx"])
def test_domains_known_in_the_second_phase_alone_equal_r(name: str) -> None:
    frame = declared(name).estimate(cd.mean("y"), by="sex").to_frame()
    assert frame["sex"].tolist() == ["1", "2"]
    near(frame["se"], ANSWERS[name]["by_mean"]["se"])


def test_households_may_be_the_units_of_both_phases() -> None:
    first, second = cd.Phase(psu="household", fpc="people"), cd.Phase(psu="household")
    survey = cd.two_phase(COHORT, first, second, subset="in2_households == 1")
    near(survey.estimate(cd.mean("y")).to_frame()["se"] ** 2, ANSWERS["households_full"]["mean"]["cov"][0][0])
    assert survey.estimate(cd.mean("y")).to_frame()["psus"].item() == 40


def test_numbers_of_the_first_phase_may_be_given_in_place_of_counted() -> None:
    counted = declared("srs_full")
    size = ASKED.groupby("screen")["person"].transform("size")
    by_size = cd.two_phase(
        ASKED.assign(size=size), cd.Phase(fpc="people"), cd.Phase(strata="screen", fpc="size"), subset="in2 == 1"
    )
    taken = size / ASKED.groupby("screen")["in2"].transform("sum")
    by_weight = cd.two_phase(
        ASKED.assign(v=taken), cd.Phase(fpc="people"), cd.Phase(strata="screen", weight="v"), subset="in2 == 1"
    )
    wanted = counted.estimate(STATISTICS).to_frame()["se"]
    near(by_size.estimate(STATISTICS).to_frame()["se"], wanted)
    near(by_weight.estimate(STATISTICS).to_frame()["se"], wanted)


def test_difference_of_domains_uses_the_covariance_of_both_phases() -> None:
    by = declared("clusters_full").estimate(cd.mean("y"), by="sex")
    v = by.covariance().to_numpy()
    apart = by.difference(along="sex", of=("1", "2"))
    near(apart.to_frame()["se"] ** 2, v[0, 0] + v[1, 1] - 2 * v[0, 1])
    shares = cd.phase_shares(apart)
    near(shares["variance"], apart.to_frame()["se"] ** 2)


def test_order_of_records_does_not_matter() -> None:
    first, second, _ = DESIGNS["clusters_areas_full"]
    mixed = ASKED.sample(frac=1, random_state=3)
    found = cd.two_phase(mixed, first, second, subset="in2 == 1").estimate(STATISTICS).to_frame()["se"]
    near(found, declared("clusters_areas_full").estimate(STATISTICS).to_frame()["se"])


def test_survey_tells_that_it_has_two_phases() -> None:
    survey = declared("clusters_full")
    estimates = survey.estimate(cd.mean("y"))
    assert "two phases: 77 of 240 records are in the second; variance by the method 'full'" in estimates.notes
    assert estimates.settings["strata"] == "- / screen"
    assert survey.design.degrees_of_freedom == 23
    assert survey.describe().facts["sum of weights"] == pytest.approx(240 * 300 / 24)


def test_a_survey_of_one_phase_has_no_shares() -> None:
    survey = cd.Survey(COHORT, fpc="people")
    with pytest.raises(EstimationError, match="the share of each phase is told of"):
        cd.phase_shares(survey.estimate(cd.mean("y")))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"in2": COHORT["in2"].where(COHORT["person"] > 3)}, {}, "is unknown in 3 of 240 records"),
        ({}, {"subset": "screen"}, "'screen' is neither true nor false"),
        ({}, {"subset": "in2 == 5"}, "is true for no record"),
        (
            {"in2": COHORT["in2"].where(COHORT["screen"] < 3, 0)},
            {},
            r"1 strata of the second phase \(first: 3\) have 39 ",
        ),
        ({"screen": COHORT["screen"].where(COHORT["person"] > 3)}, {}, "'screen' identifies strata or units"),
        ({}, {"method": "simple"}, "'simple' is called 'approx' here"),
        ({}, {"first": cd.Phase(fpc=cd.PPS("p1"))}, "fpc of the first phase is a size or a fraction; found cd.PPS"),
        ({}, {"second": cd.Phase(strata="screen", fpc=["people", "people"])}, "has 2 entries, but psu has 1 stages"),
        ({}, {"second": cd.Phase(strata="screen", fpc=3)}, "second phase.* is smaller than the sample"),
    ],
)
def test_phases_that_do_not_make_a_design_are_refused(change: Any, options: Any, message: str) -> None:
    given: dict[str, Any] = {"first": cd.Phase(fpc="people"), "second": SCREENED, "subset": "in2 == 1"} | options
    with pytest.raises(DesignError, match=message):
        cd.two_phase(ASKED.assign(**change), **given)
