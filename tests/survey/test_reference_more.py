"""What the published cases of R hold beside means, shares and quantiles, asked as a user would ask.

Replicate weights (case 15), the inequality of laeken (case 21), and the two places where R itself stops early: a
logit interval and the standard errors of a logit regression (cases 10 and 12). The regressions, tests and
calibrations of the same file are compared in the tests of their own modules.
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

Case = dict[str, Any]
Data = Callable[[str], pd.DataFrame]
Y = "eqIncome"


@pytest.fixture(scope="module")
def case(shared: Callable[[str], Path]) -> Callable[[str], Case]:
    cases = json.loads(shared("reference/survey.json").read_text(encoding="utf-8"))["cases"]
    return lambda number: next(one["value"] for one in cases if one["id"].startswith(number))


@pytest.fixture(scope="module")
def data(shared: Callable[[str], Path]) -> Data:
    return lambda name: pd.read_csv(shared(f"reference/data/{name}.csv"))


def nhanes(data: Data) -> cd.Survey:
    return cd.Survey(data("nhanes"), weight="WTMEC2YR", strata="SDMVSTRA", psu="SDMVPSU")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("brr", cd.BRR(centre="mean")),
        ("fay", cd.Fay(rho=0.3, centre="mean")),
        ("jkn", cd.JKn(centre="mean")),
        ("jkn_mse", cd.JKn(centre="estimate")),
    ],
)
def test_15_ratio_under_replicate_weights_of_pairs(
    name: str, kind: Any, case: Callable[[str], Case], data: Data
) -> None:
    wanted = case("15")[name]
    survey = cd.Survey(data("scd"), strata="ESA", psu="ambulance").with_replicates(kind)
    row = survey.estimate(cd.ratio("alive", "arrests")).to_frame().iloc[0]
    np.testing.assert_allclose([row["estimate"], row["se"]], [wanted["est"], wanted["se"]], rtol=1e-12)
    assert row["df"] == wanted.get("df", 3)


def test_15_mean_under_the_jackknife_of_clusters_with_fpc(case: Callable[[str], Case], data: Data) -> None:
    wanted = case("15")["jk1"]
    survey = cd.Survey(data("apiclus1"), weight="pw", psu="dnum", fpc="fpc").with_replicates(cd.JK1(centre="mean"))
    row = survey.estimate(cd.mean("api00")).to_frame().iloc[0]
    np.testing.assert_allclose([row["estimate"], row["se"]], [wanted["est"], wanted["se"]], rtol=1e-12)
    assert row["df"] == wanted["df"]


def test_15_half_samples_that_are_given_are_read_as_they_were_made(case: Callable[[str], Case], data: Data) -> None:
    scd = data("scd")
    given = np.array(case("15")["fay_weights"])
    columns = scd.assign(**{f"r{k + 1}": given[:, k] for k in range(given.shape[1])})
    survey = cd.Survey(columns, weight=1, replicates=cd.Fay("r1..r4", rho=0.3, centre="mean"))
    se = survey.estimate(cd.ratio("alive", "arrests")).to_frame()["se"].item()
    np.testing.assert_allclose(se, case("15")["fay"]["se"], rtol=1e-12)


def test_21_gini_quintiles_and_risk_of_poverty_of_laeken(case: Callable[[str], Case], data: Data) -> None:
    wanted = case("21")
    survey = cd.Survey(data("eusilc"), weight="rb050", strata="db040", psu="db030")
    line = cd.relative_line(0.6, of="median", y=Y, rule="hf2")
    statistics = {
        "gini": 100 * cd.gini(Y),
        "qsr": cd.s80_s20(Y, rule="hf2"),
        "arpt": line.statistic(),
        "arpr": 100 * cd.fgt(Y, line),
    }
    found = survey.estimate(statistics).to_frame()["estimate"]
    numbers = [wanted[name] for name in ("gini_laeken_pct", "qsr", "arpt", "arpr")]
    np.testing.assert_allclose(found, numbers, rtol=1e-12)


def test_10_logit_interval_of_r_carries_the_error_of_a_fit(case: Callable[[str], Case], data: Data) -> None:
    value = case("10")
    row = nhanes(data).estimate(cd.mean("HI_CHOL == 1"), interval="logit", convention="r").to_frame().iloc[0]
    limits = row[["ci_low", "ci_high"]].to_numpy(dtype=float)
    np.testing.assert_allclose(limits, value["logit"]["ci"], rtol=1e-11)
    np.testing.assert_allclose(limits, value["xlogit"]["ci"], rtol=1e-13)


def test_12_default_standard_errors_of_a_logit_regression_are_exact_to_six_digits_in_r(
    case: Callable[[str], Case], data: Data
) -> None:
    fit = cd.regress(nhanes(data), "HI_CHOL ~ C(agecat) + C(RIAGENDR)", family="logit").to_frame()
    np.testing.assert_allclose(fit["se"], case("12")["logit"]["se"], rtol=2.2e-6)
    np.testing.assert_allclose(fit["estimate"], case("12")["logit"]["est"], rtol=1e-8)


def test_12_coefficients_and_errors_of_the_fit_that_r_carried_to_the_end(
    case: Callable[[str], Case], data: Data
) -> None:
    wanted = case("12")["logit_eps1e14"]
    fit = cd.regress(nhanes(data), "HI_CHOL ~ C(agecat) + C(RIAGENDR)", family="logit").to_frame()
    np.testing.assert_allclose(fit["estimate"], wanted["est"], rtol=1e-12)
    # R takes its errors from the working weights of the step before the last, which are 7e-11 away
    np.testing.assert_allclose(fit["se"], wanted["se"], rtol=1e-10)
