"""Whole questions on post-stratified, raked and calibrated designs against R survey 4.1.1, and by their algebra.

The script is tests/reference/estimate_calibrated.R, on the invented designs of random_designs.json. R's raked answers
are those of `calibrate(calfun = "raking")`, whose regression is weighted, as ours is by default.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.survey.intervals import t_quantile

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "estimate_calibrated_r.json").read_text(encoding="utf-8"))
DESIGNS: dict[str, Any] = json.loads((REFERENCE / "random_designs.json").read_text(encoding="utf-8"))
NAMES = [name for name in ANSWERS if name in DESIGNS and not name.startswith("lonely")]
STEPS = ["poststratified", "raked", "calibrated"]
CLOSE = 1e-11
every_case = pytest.mark.parametrize(("name", "step"), [(name, step) for name in NAMES for step in STEPS])


def declared(name: str, **options: Any) -> cd.Survey:
    design = DESIGNS[name]
    data = pd.read_csv(REFERENCE / f"random_{design['data']}.csv")
    return cd.Survey(
        data[data["weight"] > 0].reset_index(drop=True),
        weight=design["weight"],
        strata=design["strata"],
        psu=design["psu"] or None,
        fpc=design["fpc"] or None,
        **options,
    )


def weighted(survey: cd.Survey, step: str, known: dict[str, Any]) -> cd.Survey:
    match step:
        case "poststratified":
            return cd.poststratify(survey, "region", known["region"])
        case "raked":
            sex = {int(code): total for code, total in known["sex"].items()}
            return cd.rake(survey, {"region": known["region"], "sex": sex}, tolerance=1e-13)
    return cd.calibrate(survey, {"region": known["region"], "x": known["x"]}, tolerance=1e-13)


@cache
def made(name: str, step: str) -> cd.Survey:
    return weighted(declared(name), step, ANSWERS[name]["known"])


def case(name: str, step: str) -> tuple[cd.Survey, Any]:
    return made(name, step), ANSWERS[name]["answers"][step]


def same_answer(found: cd.Estimates, wanted: dict[str, Any], *, least: float = 0.0) -> None:
    """Values and the whole covariance.

    A covariance may be near zero: its digits are those of two standard errors. Standard errors of R below `least` are
    the rounding of a zero.
    """
    frame = found.to_frame()
    assert frame["estimate"].to_numpy() == pytest.approx(np.atleast_1d(wanted["est"]), rel=1e-11)
    if "se" in wanted:
        theirs = np.atleast_1d(np.array(wanted["se"], dtype=float))
    else:
        covariance = np.atleast_2d(np.array(wanted["cov"], dtype=float))
        theirs = np.sqrt(np.diag(covariance))
        real = theirs > least
        apart = np.abs(found.covariance().to_numpy() - covariance)[np.ix_(real, real)]
        assert (apart / np.outer(theirs[real], theirs[real])).max(initial=0) < CLOSE
    assert np.where(theirs > least, frame["se"], 0.0) == pytest.approx(np.where(theirs > least, theirs, 0), rel=CLOSE)
    assert (frame["se"][theirs <= least] <= least).all()


Y = [cd.mean("y"), cd.mean("yes"), cd.mean("number")]


@every_case
def test_means_totals_and_ratios_with_their_covariance(name: str, step: str) -> None:
    survey, wanted = case(name, step)
    same_answer(survey.estimate(Y), wanted["mean"])
    same_answer(survey.estimate([cd.total("y"), cd.total("yes"), cd.total("number")]), wanted["total"])
    same_answer(survey.estimate([cd.ratio("y", "x"), cd.ratio("yes", "x")]), wanted["ratio"])
    same_answer(survey.estimate(cd.mean("m")), wanted["missing"])
    # a margin of raking has the share that it was raked to
    same_answer(survey.estimate(cd.proportion("sex")), wanted["shares"], least=1e-13)
    assert set(survey.estimate(Y).to_frame()["df"]) == {wanted["df"]}


@every_case
def test_domains_with_the_covariance_between_them(name: str, step: str) -> None:
    survey, wanted = case(name, step)
    means = [cd.mean("y"), cd.mean("yes")]
    rule = "sex == 1 and y > 2"
    for found in (survey.estimate(means, where=rule), survey.where(rule).estimate(means)):
        same_answer(found, wanted["domain"])
        assert set(found.to_frame()["df"]) == {wanted["domain_df"]}
    same_answer(survey.estimate(means, by="sex"), wanted["by"])
    same_answer(survey.estimate(cd.mean("y"), by=["sex", "region"]), wanted["by_region"])
    same_answer(survey.estimate(cd.total("y"), by="region"), wanted["by_total"])


@every_case
def test_margins_of_one_call_are_those_of_single_calls_and_add_up(name: str, step: str) -> None:
    survey, wanted = case(name, step)
    means = survey.estimate(cd.mean("y"), by=["sex", "region"], margins=True)
    whole = means.select(sex="Total", region="Total")
    same_answer(whole, {"est": wanted["mean"]["est"][:1], "cov": [[wanted["mean"]["cov"][0][0]]]})
    totals = survey.estimate(cd.total("y"), by=["sex", "region"], margins=True)
    parts = totals.select(sex=["1", "2"], region=["east", "north", "west"])
    error = totals.select(sex="Total", region="Total").to_frame()["se"].item()
    assert np.sqrt(parts.covariance().to_numpy().sum()) == pytest.approx(error, rel=1e-9)


@every_case
def test_an_auxiliary_has_a_standard_error_of_zero(name: str, step: str) -> None:
    survey, wanted = case(name, step)
    known = ANSWERS[name]["known"]
    frame = survey.estimate(cd.count(), by="region").to_frame()
    assert frame["estimate"].to_numpy() == pytest.approx([known["region"][one] for one in frame["region"]], rel=1e-12)
    assert (frame["se"] / frame["estimate"]).max() < 1e-14
    assert np.max(np.array(wanted["auxiliary"]["se"][1:]) / frame["estimate"].to_numpy()) < 1e-14
    x = survey.estimate(cd.total("x")).to_frame()
    assert x["estimate"].item() == pytest.approx(wanted["auxiliary"]["est"][0], rel=1e-12)
    if step == "calibrated":
        assert x["se"].item() < 1e-13 * x["estimate"].item()
        # and so has everything that is made of auxiliaries alone
        mean = survey.estimate(cd.mean("x")).to_frame()
        assert mean["se"].item() < 1e-13 * mean["estimate"].item()
    else:
        assert x["se"].item() == pytest.approx(wanted["auxiliary"]["se"][0], rel=CLOSE)


POINTS = [0.1, 0.5, 0.75]
COLUMNS = ["estimate", "ci_low", "ci_high", "se"]


@every_case
def test_quantiles_have_the_interval_of_the_residuals(name: str, step: str) -> None:
    survey, wanted = made(name, step), ANSWERS[name]["quantiles"][step]
    for rule, intervals in wanted["rules"].items():
        for interval, answer in intervals.items():
            statistic = cd.quantile("y", POINTS, rule=rule, interval=interval)
            found = survey.estimate(statistic).to_frame()[COLUMNS].to_numpy(dtype=float)
            np.testing.assert_allclose(found, np.array(answer, dtype=float), rtol=1e-9, err_msg=f"{rule} {interval}")
    found = survey.estimate(cd.quantile("y", POINTS), where="sex == 1").to_frame()[COLUMNS].to_numpy(dtype=float)
    np.testing.assert_allclose(found, np.array(wanted["domain"], dtype=float), rtol=1e-9)


@every_case
def test_the_share_below_a_quantile_has_the_standard_error_its_interval_rests_on(name: str, step: str) -> None:
    survey, wanted = made(name, step), np.array(ANSWERS[name]["quantiles"][step]["at"])
    for place, row in enumerate(survey.estimate(cd.quantile("y", POINTS)).to_frame().itertuples()):
        share = survey.estimate(cd.mean(f"y <= {row.estimate!r}")).to_frame()
        assert share["estimate"].item() == pytest.approx(wanted[0, place], rel=1e-11)
        assert share["se"].item() == pytest.approx(wanted[1, place], rel=CLOSE)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "key", [f"{rule}{end}" for rule in ("certainty", "adjust", "average") for end in ("", "_domain")]
)
@pytest.mark.parametrize("name", ["lonely", "lonely_fpc"])
def test_strata_of_one_psu_by_every_rule(name: str, key: str, step: str) -> None:
    answer = ANSWERS[name][key]
    rule: Any = key.removesuffix("_domain")
    survey = declared(name, lonely_psu=rule, lonely_domains="adjust" if key.endswith("_domain") else "keep")
    found, wanted = weighted(survey, step, answer["known"]), answer["answers"][step]
    means = [cd.mean("y"), cd.mean("yes")]
    same_answer(found.estimate(means), wanted["mean"])
    same_answer(found.estimate([cd.total("y"), cd.total("yes")]), wanted["total"])
    same_answer(found.estimate(means, where="few == 1"), wanted["domain"])


def test_a_post_stratified_domain_by_hand() -> None:
    """Two post-strata of two records, one PSU each: the scores of a domain total are residuals for all four."""
    # weights 1 → 3 in a, 1 → 2 in b. Domain: y of records 1 and 3. In a y·d = 4, 0 with mean 2, in b 6, 0 with mean 3:
    # scores 3·(2, −2), 2·(3, −3), which sum to zero: V = n/(n − 1) Σ z² = 4/3 · (36 + 36 + 36 + 36)
    data = {"g": ["a", "a", "b", "b"], "y": [4.0, 5.0, 6.0, 7.0], "d": [1, 0, 1, 0]}
    survey = cd.poststratify(cd.Survey(data), "g", {"a": 6, "b": 4})
    row = survey.estimate(cd.total("y"), where="d == 1").to_frame().iloc[0]
    assert row["estimate"] == 3 * 4 + 2 * 6
    assert row["se"] == pytest.approx(np.sqrt(4 / 3 * 144), rel=1e-14)


def test_a_difference_of_post_strata_varies_by_the_residuals_alone() -> None:
    # means within post-strata: 5 ± 1 and 2 ± 1, each of known size: influence (y − ȳ)/N, V = 4/3 · 4 · (1 · ½)²
    data = {"g": ["a", "a", "b", "b"], "y": [4.0, 6.0, 1.0, 3.0]}
    survey = cd.poststratify(cd.Survey(data), "g", {"a": 10, "b": 20})
    gap = survey.estimate(cd.mean("y"), by="g").difference(along="g", of=("a", "b")).to_frame().iloc[0]
    assert gap["estimate"] == 3
    assert gap["se"] == pytest.approx(np.sqrt(4 / 3 * 4 * 0.25), rel=1e-14)


def test_a_jackknife_of_the_calibration_agrees_with_the_residuals_in_domains(large_sample: pd.DataFrame) -> None:
    survey = cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")
    own = survey.estimate([cd.count(), cd.total("income")]).to_frame()["estimate"]
    totals = {"1": 1.02 * own[0], "income": 0.97 * own[1]}
    statistics = {"mean": cd.mean("income"), "share": cd.mean("poor == 1"), "total": cd.total("food")}
    frames = [
        cd.calibrate(one, totals).estimate(statistics, by="sex", margins=True).to_frame()
        for one in (survey, survey.with_replicates(cd.JKn()))
    ]
    np.testing.assert_allclose(frames[1]["estimate"], frames[0]["estimate"], rtol=1e-12)
    auxiliary = (frames[0]["statistic"] == "mean") & (frames[0]["sex"] == "Total")
    for frame in frames:
        # each replicate meets its totals to 1e-10 of them, the tolerance of the calibration
        assert (frame["se"][auxiliary] < 1e-10 * frame["estimate"][auxiliary]).all()
    np.testing.assert_allclose((frames[1]["se"] / frames[0]["se"])[~auxiliary], 1.0, atol=0.03)


def test_r_intervals_of_quantiles_are_ours_at_another_level() -> None:
    survey = made("ultimate", "raked")
    wide, narrow = (survey.estimate(cd.quantile("y", 0.5), level=level).to_frame().iloc[0] for level in (0.99, 0.8))
    assert wide["ci_low"] <= narrow["ci_low"] <= narrow["estimate"] <= narrow["ci_high"] <= wide["ci_high"]
    t = t_quantile(np.array([wide["df"]]), 0.99).item()
    assert wide["se"] == pytest.approx((wide["ci_high"] - wide["ci_low"]) / (2 * t), rel=1e-12)
