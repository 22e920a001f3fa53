"""Whole questions under replicate weights against R survey 4.1.1, and by their algebra.

The script is tests/reference/estimate_replicates.R. R's `withReplicates` gives the covariance of everything that is
asked here: domains, margins, missing values, shares, ratios and contrasts that are not linear, which are recomputed
under each replicate weight.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.survey.intervals import t_quantile

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "estimate_replicates_r.json").read_text(encoding="utf-8"))
CLOSE = 1e-11


def prepared(name: str) -> pd.DataFrame:
    """The data as the R script makes them: every seventh answer is missing in m."""
    data = pd.read_csv(REFERENCE / f"replicates_{name}.csv")
    y, row = data["y"].to_numpy(), np.arange(1, len(data) + 1)
    return data.assign(
        m=np.where(row % 7 == 0, np.nan, y),
        step=np.searchsorted([2.0, 4.0], y, side="right"),
        big=(data["x"] > 5).astype(int),
    )


GIVEN, PAIRS, STRATA = prepared("given"), prepared("pairs"), prepared("strata")
COLUMNS = "rep01..rep12"
STRATIFIED = {"rep01..rep02": 1 / 2, "rep03..rep08": 2 / 3, "rep09..rep12": 3 / 4}
Declare = Callable[[Any], cd.Survey]


def given(kind: Callable[..., Any], *columns: str, **options: Any) -> Declare:
    return lambda centre: cd.Survey(GIVEN, weight="w", replicates=kind(*columns, centre=centre, **options))


def made(data: pd.DataFrame, kind: Callable[..., Any], **options: Any) -> Declare:
    survey = cd.Survey(data, weight="w", strata="stratum", psu="psu")
    return lambda centre: survey.with_replicates(kind(centre=centre, **options))


SURVEYS: dict[tuple[str, str], Declare] = {
    ("given", "Fay"): given(cd.Fay, COLUMNS, rho=0.5),
    ("given", "JKn"): given(cd.JKn, COLUMNS, rscales=STRATIFIED),
    ("given", "bootstrap"): given(cd.Bootstrap, COLUMNS),
    ("given", "factors"): given(cd.Bootstrap, "factor1..factor12", combined="factors"),
    ("given", "other_zero"): given(cd.ReplicateWeights, COLUMNS, scale=0.07, rscales=[0, *[1] * 11]),
    ("made", "BRR"): made(PAIRS, cd.BRR),
    ("made", "Fay"): made(PAIRS, cd.Fay, rho=0.3),
    ("made", "JKn"): made(STRATA, cd.JKn),
}
CASES = [(*key, centre) for key in SURVEYS for centre in ("estimate", "mean")]
every_case = pytest.mark.parametrize(("how", "name", "centre"), CASES)
REGIONS = ["east", "north", "west"]


def case(how: str, name: str, centre: str) -> tuple[cd.Survey, Any]:
    return SURVEYS[how, name](centre), ANSWERS[how][name][centre]


def same_answer(found: cd.Estimates, wanted: dict[str, Any]) -> None:
    """Values and the whole covariance; a covariance may be near zero, its digits are those of two standard errors."""
    assert found.to_frame()["estimate"].to_numpy() == pytest.approx(np.atleast_1d(wanted["est"]), rel=1e-12)
    if "se" in wanted:
        assert found.to_frame()["se"].to_numpy() == pytest.approx(np.atleast_1d(wanted["se"]), rel=CLOSE)
        return
    theirs = np.atleast_2d(wanted["cov"])
    error = np.sqrt(np.diag(theirs))
    assert np.abs(found.covariance().to_numpy() - theirs).max(initial=0) < CLOSE * error.max() ** 2
    assert (np.abs(found.covariance().to_numpy() - theirs) / np.outer(error, error)).max() < CLOSE
    assert found.to_frame()["se"].to_numpy() == pytest.approx(error, rel=CLOSE)


# What the R script asks, in its order: statistic, item, region, big.
ALL = "Total"
ASKED = [
    ("mean", "", ALL, ALL),
    *[("mean", "", region, ALL) for region in REGIONS],
    *[("mean", "", region, big) for region in REGIONS for big in ("0", "1")],
    *[("share", step, ALL, ALL) for step in ("0", "1", "2")],
    ("ratio", "", ALL, ALL),
    *[("ratio", "", region, ALL) for region in REGIONS],
    ("missing", "", ALL, ALL),
    *[("missing", "", region, ALL) for region in REGIONS],
    *[("missing total", "", region, ALL) for region in REGIONS],
]
STATISTICS = {
    "mean": cd.mean("y"),
    "share": cd.proportion("step"),
    "ratio": cd.ratio("y", "x"),
    "missing": cd.mean("m"),
    "missing total": cd.total("m"),
}


def everything(survey: cd.Survey) -> cd.Estimates:
    return survey.estimate(STATISTICS, by=["region", "big"], margins=True)


@every_case
def test_all_rows_of_one_call_have_one_covariance(how: str, name: str, centre: str) -> None:
    survey, wanted = case(how, name, centre)
    found = everything(survey)
    labels = found.to_frame()[["statistic", "item", "region", "big"]]
    place = {tuple(row): k for k, row in enumerate(labels.itertuples(index=False))}
    rows = [place[row] for row in ASKED]
    joint, size = wanted["joint"], len(rows)
    frame = found.to_frame().iloc[rows]
    assert frame["estimate"].to_numpy() == pytest.approx(np.array(joint["est"])[:size], rel=1e-12)
    theirs = np.array(joint["cov"])[:size, :size]
    error = np.sqrt(np.diag(theirs))
    ours = found.covariance().to_numpy()[np.ix_(rows, rows)]
    assert (np.abs(ours - theirs) / np.outer(error, error)).max() < CLOSE
    assert set(frame["df"]) == {wanted["df"]}
    half = t_quantile(np.array([wanted["df"]]), 0.95) * error
    amount = (frame["statistic"] != "share").to_numpy()
    assert frame["ci_high"].to_numpy()[amount] == pytest.approx((np.array(joint["est"])[:size] + half)[amount])


@every_case
def test_contrasts_are_recomputed_under_each_replicate_weight(how: str, name: str, centre: str) -> None:
    survey, wanted = case(how, name, centre)
    value = np.array(wanted["joint"]["est"][-3:])
    error = np.sqrt(np.diag(wanted["joint"]["cov"]))[-3:]
    by_region = survey.estimate(cd.mean("y"), by="region")
    east, west = by_region.select(region="east"), by_region.select(region="west")
    contrasts = {
        "difference": by_region.difference(along="region", of=("east", "west")),
        "change": east / west - 1,
        "logarithm": survey.estimate(cd.log(cd.mean("y"))),
    }
    for place, (what, found) in enumerate(contrasts.items()):
        assert found.to_frame()["estimate"].item() == pytest.approx(value[place], rel=1e-12), what
        assert found.to_frame()["se"].item() == pytest.approx(error[place], rel=CLOSE), what


@every_case
def test_domains_shares_and_ratios_of_r_itself(how: str, name: str, centre: str) -> None:
    survey, wanted = case(how, name, centre)
    same_answer(survey.estimate(cd.mean("y"), by=["region", "big"]), wanted["crossed"])
    same_answer(survey.estimate(cd.proportion("step")), wanted["shares"])
    same_answer(survey.estimate(cd.ratio("y", "x"), by="region"), wanted["ratio_by"])
    rule = "region == 'north' and x > 3"
    for found in (
        survey.estimate([cd.mean("y"), cd.mean("x")], where=rule),
        survey.where(rule).estimate([cd.mean("y"), cd.mean("x")]),
    ):
        same_answer(found, wanted["domain"])


@every_case
def test_missing_answers_are_left_out_of_every_replicate_and_counted(how: str, name: str, centre: str) -> None:
    survey, wanted = case(how, name, centre)
    found = survey.estimate(cd.mean("m"))
    same_answer(found, wanted["missing"])
    same_answer(survey.estimate(cd.mean("m"), by="region"), wanted["missing_by"])
    assert found.to_frame()["missing"].item() == survey.design.weight.size // 7


@every_case
def test_quantiles_are_found_again_under_each_replicate_weight(how: str, name: str, centre: str) -> None:
    # R: svyquantile(interval.type = "quantile"), which takes it for the jackknife too, with a warning
    survey, wanted = case(how, name, centre)
    for rule, answer in wanted["quantile"].items():
        frame = survey.estimate(cd.quantile("y", [0.25, 0.5, 0.8], rule=rule, interval="replicates")).to_frame()
        found = frame[["estimate", "ci_low", "ci_high", "se"]].to_numpy(dtype=float)
        np.testing.assert_allclose(found, np.array(answer), rtol=1e-10, err_msg=rule)


def test_a_domain_that_a_half_sample_leaves_empty_has_its_variance_of_the_others_and_that_is_told() -> None:
    # PSUs 1 and 3 of two strata: in three of the twelve half-samples neither is left. R leaves these out as well.
    survey = SURVEYS["made", "BRR"]("estimate")
    found = survey.estimate({"few": cd.mean("y"), "rest": cd.mean("x")}, where="psu in (1, 3)")
    frame = found.to_frame().set_index("statistic")
    assert frame.loc["few", "estimate"] == pytest.approx(ANSWERS["few"]["est"], rel=1e-12)
    assert frame.loc["few", "se"] == pytest.approx(ANSWERS["few"]["se"], rel=CLOSE)
    assert any("replicate" in note and "6" in note for note in found.notes), found.notes


def test_two_calls_of_one_survey_share_their_replicates() -> None:
    survey = SURVEYS["given", "Fay"]("estimate")
    apart = survey.estimate(cd.mean("y")) / survey.estimate(cd.mean("x"))
    together = survey.estimate(cd.mean("y") / cd.mean("x"))
    assert apart.to_frame()["se"].item() == pytest.approx(together.to_frame()["se"].item(), rel=1e-12)


def test_a_quotient_that_is_recomputed_differs_from_its_tangent() -> None:
    """By hand: means 2 and 4 under the full weight; 1, 3 and 4, 4 under the replicates."""
    # records (y, x): (1, 4), (3, 4); weights 1, 1; replicates leave one out. Quotients 1/4 and 3/4 about 1/2.
    survey = cd.Survey(
        {"y": [1.0, 3.0], "x": [4.0, 4.0], "w": [1.0, 1.0], "r1": [2.0, 0.0], "r2": [0.0, 2.0]},
        weight="w",
        replicates=cd.JK1("r1..r2"),
    )
    found = survey.estimate([cd.mean("y"), cd.mean("x")])
    first, second = (found.select(statistic=one) for one in found.to_frame()["statistic"])
    assert (first / second).to_frame()["se"].item() == pytest.approx(np.sqrt(0.5 * (0.25**2 + 0.25**2)), rel=1e-15)
    # x / y: 4 and 4/3 about 2; the tangent at 2 would give −1 · (1, −1)
    assert (second / first).to_frame()["se"].item() == pytest.approx(np.sqrt(0.5 * (2**2 + (2 / 3) ** 2)), rel=1e-15)


def test_a_record_of_weight_zero_has_no_part_in_a_replicate() -> None:
    # means 1 and 3 about 2: ½ (1 + 1) = 1
    data = {"y": [1.0, 3.0, 50.0], "w": [1.0, 1.0, 0.0], "r1": [2.0, 0.0, 0.0], "r2": [0.0, 2.0, 0.0]}
    row = cd.Survey(data, weight="w", replicates=cd.JK1("r1..r2")).estimate(cd.mean("y")).to_frame().iloc[0]
    assert (row["estimate"], row["n"]) == (2.0, 2)
    assert row["se"] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["food", "income"])
def test_the_sum_of_domain_totals_is_the_total_under_replicates_too(sample: pd.DataFrame, name: str) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu").with_replicates(cd.JKn())
    parts = survey.estimate(cd.total(name), by=["region", "sex"])
    whole = survey.estimate(cd.total(name)).to_frame().iloc[0]
    assert parts.to_frame()["estimate"].sum() == pytest.approx(whole["estimate"], rel=1e-12)
    assert np.sqrt(parts.covariance().to_numpy().sum()) == pytest.approx(whole["se"], rel=1e-10)


def test_the_order_of_records_and_of_replicates_has_no_part() -> None:
    chance = np.random.default_rng(5)
    columns = [f"rep{k:02d}" for k in range(1, 13)]
    turned = GIVEN.iloc[chance.permutation(len(GIVEN))]
    turned = turned.assign(**dict(zip(columns, turned[list(chance.permutation(columns))].to_numpy().T, strict=True)))
    ours, theirs = (
        everything(cd.Survey(data, weight="w", replicates=cd.Fay(COLUMNS, rho=0.5))) for data in (GIVEN, turned)
    )
    np.testing.assert_allclose(ours.to_frame()["se"], theirs.to_frame()["se"], rtol=1e-11)
    np.testing.assert_allclose(ours.covariance(), theirs.covariance(), rtol=1e-8, atol=1e-10)


KINDS: dict[str, tuple[Any, float]] = {
    "JKn": (cd.JKn(), 0.02),
    "BRR": (cd.BRR(), 0.06),
    "Fay": (cd.Fay(rho=0.5), 0.04),
    "bootstrap": (cd.Bootstrap(400, seed=20), 0.15),
}
SMOOTH = {
    "total": cd.total("food"),
    "mean": cd.mean("food"),
    "share": cd.mean("poor == 1"),
    "ratio": cd.ratio("food", "income"),
    "quotient": cd.mean("poor == 1") / cd.mean("school == 1"),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_replicated_and_linearised_errors_agree_on_many_psus(large_sample: pd.DataFrame, kind: str) -> None:
    """Half-samples want pairs: two of the six PSUs of each stratum are taken for all kinds but the jackknife.

    The bootstrap has an error of its own, about 1/√(2 · 400) = 3.5 % of a standard error; four of these are allowed.
    """
    data = large_sample if kind in ("JKn", "bootstrap") else large_sample[large_sample["psu"] % 6 < 2]
    survey = cd.Survey(data.reset_index(drop=True), weight="w", strata="stratum", psu="psu")
    how, apart = KINDS[kind]
    frames = [one.estimate(SMOOTH, by="sex", margins=True).to_frame() for one in (survey, survey.with_replicates(how))]
    np.testing.assert_allclose(frames[1]["estimate"], frames[0]["estimate"], rtol=1e-12)
    np.testing.assert_allclose(frames[1]["se"] / frames[0]["se"], 1.0, atol=apart)
    if kind != "bootstrap":
        totals = (frames[0]["statistic"] == "total").to_numpy()
        np.testing.assert_allclose(frames[1]["se"][totals], frames[0]["se"][totals], rtol=1e-9)
