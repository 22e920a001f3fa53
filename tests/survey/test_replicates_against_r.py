"""Replicate weights, given and made, against R survey 4.1.1: standard errors, covariances and degrees of freedom.

The data, the R script and its answers are in tests/reference; R is not needed to run this. The estimates under each
set of weights are computed here in a few lines, so that the weights and their scales are tested alone, and then by
the library.
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
from childdata.survey.replicate_columns import given_replicates
from childdata.survey.replicate_kinds import (
    BRR,
    JK1,
    JK2,
    SDR,
    Bootstrap,
    Fay,
    JKn,
    ReplicateKind,
    ReplicateWeights,
)
from childdata.survey.replicates import Replicates
from childdata.survey.replication import make_replicates

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "replicates_r.json").read_text(encoding="utf-8"))
GIVEN, PAIRS, STRATA = (pd.read_csv(REFERENCE / f"replicates_{name}.csv") for name in ("given", "pairs", "strata"))
CLOSE = 1e-11
Values = Callable[[pd.DataFrame, np.ndarray], np.ndarray]


def totals(data: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    """Totals of y and x under each column of weights, array (columns, 2)."""
    values: np.ndarray = weights.T @ data[["y", "x"]].to_numpy()
    return values


def mean(data: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    return totals(data, weights)[:, :1] / weights.sum(axis=0)[:, None]


def ratio(data: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    both = totals(data, weights)
    return both[:, :1] / both[:, 1:]


def regions(data: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    member = np.array([data["region"] == name for name in sorted(data["region"].unique())], dtype=float)
    return (weights.T @ (member * data["y"].to_numpy()).T) / (weights.T @ member.T)


STATISTICS: dict[str, Values] = {"total": totals, "mean": mean, "ratio": ratio, "region": regions}


def covariance(found: Replicates, weight: np.ndarray, data: pd.DataFrame, statistic: Values) -> np.ndarray:
    apart = found.deviations(statistic(data, found.weights()), statistic(data, weight[:, None])[0])
    result: np.ndarray = apart.T @ apart
    return result


def agree(found: Replicates, data: pd.DataFrame, wanted: Any, names: tuple[str, ...] = tuple(STATISTICS)) -> None:
    """Estimates, covariances, df, number and scales are R's."""
    weight = data["w"].to_numpy()
    assert found.size == wanted["replicates"]
    assert found.degrees_of_freedom == wanted["df"]
    assert found.scale == pytest.approx(wanted["scale"], rel=1e-14)
    assert np.sort(found.rscales) == pytest.approx(np.sort(wanted["rscales"]), rel=1e-14)
    for name in names:
        value = STATISTICS[name](data, weight[:, None])[0]
        assert value == pytest.approx(np.atleast_1d(wanted[name]["est"]), rel=1e-13), name
        spread = covariance(found, weight, data, STATISTICS[name])
        theirs = np.array(wanted[name]["cov"]) if "cov" in wanted[name] else np.array([[wanted[name]["se"] ** 2]])
        scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
        assert np.abs(spread - theirs).max() <= CLOSE * scale.max(), name
        assert np.sqrt(np.diag(spread)) == pytest.approx(np.sqrt(np.diag(theirs)), rel=CLOSE), name


COLUMNS = "rep01..rep12"
GIVEN_KINDS: dict[str, Callable[..., ReplicateKind]] = {
    "BRR": lambda **o: BRR(COLUMNS, **o),
    "Fay": lambda **o: Fay(COLUMNS, rho=0.5, **o),
    "Fay3": lambda **o: Fay(COLUMNS, rho=0.3, **o),
    "JK1": lambda **o: JK1(COLUMNS, **o),
    "JK1_fpc": lambda **o: JK1(COLUMNS, scale=11 / 12 * 0.8, **o),
    "JKn": lambda **o: JKn(COLUMNS, rscales={"rep01..rep02": 1 / 2, "rep03..rep08": 2 / 3, "rep09..rep12": 3 / 4}, **o),
    "JK2": lambda **o: JK2(COLUMNS, **o),
    "bootstrap": lambda **o: Bootstrap(COLUMNS, **o),
    "SDR": lambda **o: SDR(COLUMNS, **o),
    "ACS": lambda **o: SDR("REP*", **o),
    "other": lambda **o: ReplicateWeights(COLUMNS, scale=0.07, rscales=[0.5 + k / 10 for k in range(12)], **o),
    "other_zero": lambda **o: ReplicateWeights(COLUMNS, scale=0.07, rscales=[0, *[1] * 11], **o),
    "factors": lambda **o: Bootstrap("factor1..factor12", combined="factors", **o),
}


@pytest.mark.parametrize("centre", ["estimate", "mean"])
@pytest.mark.parametrize("name", list(ANSWERS["given"]))
def test_weights_that_are_given(name: str, centre: str) -> None:
    survey = cd.Survey(GIVEN, weight="w")
    found = given_replicates(survey.records, survey.design.weight, GIVEN_KINDS[name](centre=centre))
    agree(found, GIVEN, ANSWERS["given"][name][centre])


def two_per_stratum() -> cd.Survey:
    return cd.Survey(PAIRS, weight="w", strata="stratum", psu="psu")


def unequal(**options: Any) -> cd.Survey:
    return cd.Survey(STRATA, weight="w", strata="stratum", psu="psu", **options)


MADE: dict[str, tuple[Callable[[], cd.Survey], Callable[..., ReplicateKind]]] = {
    "BRR": (two_per_stratum, BRR),
    "Fay": (two_per_stratum, lambda **o: Fay(rho=0.3, **o)),
    "JKn_pairs": (two_per_stratum, JKn),
    "JKn": (unequal, JKn),
    "JKn_fpc": (lambda: unequal(fpc="population"), JKn),
    "JK1_fpc": (lambda: cd.Survey(STRATA, weight="w", psu="psu", fpc=90), JK1),
}


@pytest.mark.parametrize("centre", ["estimate", "mean"])
@pytest.mark.parametrize("name", list(MADE))
def test_weights_that_are_made(name: str, centre: str) -> None:
    declare, kind = MADE[name]
    survey = declare()
    # R's totals about the full estimate are wrong beside strata taken whole: see the next test
    names = tuple(STATISTICS)[name == "JKn_fpc" and centre == "estimate" :]
    agree(make_replicates(survey.design, kind(centre=centre)), survey.data, ANSWERS["made"][name][centre], names)  # type: ignore[arg-type]


@pytest.mark.parametrize("centre", ["estimate", "mean"])
def test_strata_taken_whole_add_nothing_whether_or_not_their_replicates_are_kept(centre: str) -> None:
    survey = unequal(fpc="population")
    found = make_replicates(survey.design, JKn(centre=centre))  # type: ignore[arg-type]
    kept = ANSWERS["made"]["JKn_fpc_kept"][centre]
    # R with survey.drop.replicates=FALSE: three more replicates, of rscale 0
    assert kept["replicates"] == found.size + 3
    assert covariance(found, STRATA["w"].to_numpy(), STRATA, totals) == pytest.approx(
        np.array(kept["total"]["cov"]), rel=CLOSE
    )


@pytest.mark.parametrize("centre", ["estimate", "mean"])
def test_half_samples_of_another_matrix_give_the_same_variance_of_totals(centre: str) -> None:
    # R's own matrix of order 12 has other signs; in full balance only statistics that are not linear can tell
    found = make_replicates(two_per_stratum().design, BRR(centre=centre))  # type: ignore[arg-type]
    agree(found, PAIRS, ANSWERS["made"]["BRR_own"][centre], ("total",))


@pytest.mark.parametrize("large", ["split", "merge"])
def test_strata_of_four_and_six_psus_in_half_samples(large: str) -> None:
    data = STRATA[STRATA["stratum"].isin(["s01", "s02", "s04"])].reset_index(drop=True)
    survey = cd.Survey(data, weight="w", strata="stratum", psu="psu")
    found = make_replicates(survey.design, BRR(large=large))  # type: ignore[arg-type]
    agree(found, data, ANSWERS["made"][f"BRR_{large}"]["mean"], ("total",))


QUESTIONS: dict[str, tuple[list[cd.Statistic], str | None]] = {
    "total": ([cd.total("y"), cd.total("x")], None),
    "mean": ([cd.mean("y")], None),
    "ratio": ([cd.ratio("y", "x")], None),
    "region": ([cd.mean("y")], "region"),
}


def asked(survey: cd.Survey, wanted: Any) -> None:
    """The library's own estimates are R's."""
    for name, (statistics, by) in QUESTIONS.items():
        found = survey.estimate(statistics, by=by)
        assert found.to_frame()["estimate"].to_numpy() == pytest.approx(np.atleast_1d(wanted[name]["est"]), rel=1e-13)
        theirs = np.array(wanted[name].get("cov", [[np.square(wanted[name].get("se", 0.0))]]))
        assert found.covariance().to_numpy() == pytest.approx(theirs, rel=1e-10, abs=CLOSE * theirs.max()), name
    assert survey.estimate(cd.mean("y")).to_frame()["df"].item() == wanted["df"]


@pytest.mark.parametrize("name", ["Fay", "JKn", "bootstrap", "other", "other_zero", "factors"])
def test_estimates_under_weights_that_are_given(name: str) -> None:
    for centre in ("estimate", "mean"):
        asked(cd.Survey(GIVEN, weight="w", replicates=GIVEN_KINDS[name](centre=centre)), ANSWERS["given"][name][centre])


@pytest.mark.parametrize("name", ["BRR", "Fay", "JKn", "JK1_fpc"])
def test_estimates_under_weights_that_are_made(name: str) -> None:
    declare, kind = MADE[name]
    for centre in ("estimate", "mean"):
        asked(declare().with_replicates(kind(centre=centre)), ANSWERS["made"][name][centre])


def with_a_lonely_psu(**options: Any) -> tuple[pd.DataFrame, cd.Survey]:
    data = STRATA[STRATA["psu"] != 2].reset_index(drop=True)
    return data, cd.Survey(data, weight="w", strata="stratum", psu="psu", **options)


@pytest.mark.parametrize("centre", ["estimate", "mean"])
@pytest.mark.parametrize("rule", ["certainty", "adjust"])
def test_a_lonely_psu_under_the_jackknife(rule: str, centre: str) -> None:
    data, survey = with_a_lonely_psu()
    found = make_replicates(survey.design, JKn(centre=centre), lonely=rule)  # type: ignore[arg-type]
    agree(found, data, ANSWERS["lonely"][rule][centre])


def test_a_lonely_psu_beside_a_stratum_taken_whole() -> None:
    data, survey = with_a_lonely_psu(fpc="population")
    found = make_replicates(survey.design, JKn(), lonely="certainty")
    agree(found, data, ANSWERS["lonely"]["certainty_fpc"]["mean"])


def test_the_average_of_the_other_strata_is_that_of_the_linearised_variance() -> None:
    # R's jackknife multiplies by PSUs / PSUs counted (14/13 where its own linearised variance has 5/4): the rule that
    # is described, and Stata's `scaled`, is the latter
    data, survey = with_a_lonely_psu(fpc="population")
    found = make_replicates(survey.design, JKn(), lonely="average")
    wanted = np.array(ANSWERS["lonely"]["average_taylor"]["cov"])
    spread = covariance(found, data["w"].to_numpy(), data, totals)
    assert spread == pytest.approx(wanted, rel=CLOSE)


def test_lonely_psus_joined_in_pairs() -> None:
    data = PAIRS[~PAIRS["psu"].isin([2, 6])].reset_index(drop=True)
    survey = cd.Survey(data, weight="w", strata="stratum", psu="psu")
    found = make_replicates(survey.design, BRR(small="merge"))
    agree(found, data, ANSWERS["merged"]["mean"], ("total",))


CASE_15: dict[str, tuple[str, ReplicateKind]] = {
    "brr": ("scd", BRR()),
    "jkn": ("scd", JKn()),
    "jkn_mse": ("scd", JKn(centre="estimate")),
    "fay": ("scd", Fay(rho=0.3)),
    "jk1": ("apiclus1", JK1()),
}


@pytest.fixture(scope="module")
def case_15(shared: Callable[[str], Path]) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The answers of reference case 15 and its data."""
    cases = json.loads(shared("reference/survey.json").read_text(encoding="utf-8"))["cases"]
    answers = next(case["value"] for case in cases if case["id"] == "15_replicates")
    return answers, {name: pd.read_csv(shared(f"reference/data/{name}.csv")) for name in ("scd", "apiclus1")}


@pytest.mark.parametrize("name", list(CASE_15))
def test_reference_case_15(name: str, case_15: tuple[dict[str, Any], dict[str, pd.DataFrame]]) -> None:
    answers, files = case_15
    file, kind = CASE_15[name]
    data = files[file]
    if file == "scd":
        survey = cd.Survey(data, strata="ESA", psu="ambulance")
        data = pd.DataFrame({"y": data["alive"], "x": data["arrests"]})
        statistic = ratio
    else:
        survey = cd.Survey(data, weight="pw", psu="dnum", fpc="fpc")
        data = pd.DataFrame({"y": data["api00"], "x": 1.0})
        statistic = mean
    found = make_replicates(survey.design, kind)
    weight = survey.design.weight
    assert statistic(data, weight[:, None]).item() == pytest.approx(answers[name]["est"], rel=1e-13)
    assert np.sqrt(covariance(found, weight, data, statistic)).item() == pytest.approx(answers[name]["se"], rel=1e-12)
    assert found.degrees_of_freedom == answers[name.removesuffix("_mse")]["df"]
    if name == "jk1":
        assert found.scale == pytest.approx(answers["jk1"]["scale"], rel=1e-14)


def test_fay_weights_of_case_15(case_15: tuple[dict[str, Any], dict[str, pd.DataFrame]]) -> None:
    # of order 4 there is one matrix but for the order and signs of its rows: here they are R's as well
    answers, files = case_15
    survey = cd.Survey(files["scd"], strata="ESA", psu="ambulance")
    found = make_replicates(survey.design, Fay(rho=0.3))
    assert found.weights() == pytest.approx(np.array(answers["fay_weights"]), rel=1e-15)


def test_pisa_by_plausible_value(shared: Callable[[str], Path]) -> None:
    # 80 Fay weights, rho 0.5, deviations from the full-sample estimate: the sum of squares / 20
    answers = json.loads(shared("reference/plausible_values.json").read_text(encoding="utf-8"))["results"]["mean"]
    data = pd.read_csv(shared("reference/data/synthetic_pisa.csv.gz"))
    survey = cd.Survey(data, weight="w_fstuwt")
    found = given_replicates(survey.records, survey.design.weight, Fay("W_FSTURWT1..W_FSTURWT80", rho=0.5))
    assert found.scale == pytest.approx(1 / 20, rel=1e-15)
    assert found.mse
    for value in range(10):
        of = pd.DataFrame({"y": data[f"pv{value + 1}read"], "x": 1.0})
        se = np.sqrt(covariance(found, survey.design.weight, of, mean)).item()
        assert se == pytest.approx(answers["per_pv_se"][0][value], rel=1e-11)
