"""Regressions on invented surveys of six shapes, and the answers of R survey 4.1.1.

The data, the R script and its answers are in tests/reference; R is not needed to run this. Where R's convention is
another, the test says which setting gives R's number.
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
from childdata.survey.regression import Regression, regress

REFERENCE = Path(__file__).resolve().parents[2] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "regression_r.json").read_text(encoding="utf-8"))
DESIGNS: dict[str, Any] = json.loads((REFERENCE / "random_designs.json").read_text(encoding="utf-8"))
NAMES = [name for name in ANSWERS if name not in ("versions", "jackknife")]
PART = "sex == 1 and y > 2"
CLOSE = 1e-11

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "cross": ("y ~ x + region * C(sex)", {}),
    "missing": ("m ~ x * region", {}),
    "domain": ("{m / 4} ~ x + region", {"where": PART}),
    "few": ("y ~ x", {"where": "few == 1"}),
    "logit": ("yes ~ x + region", {"family": "logit"}),
    "logit_missing": ("myes ~ region * x", {"family": "quasibinomial"}),
    "logit_domain": ("yes ~ x", {"family": "logit", "where": PART}),
    "probit": ("yes ~ x + region", {"family": "probit", "convention": "r"}),
    "cloglog": ("yes ~ x + region", {"family": "cloglog", "convention": "r"}),
    "rate": ("number ~ region + log(x) + offset(log(y + 1))", {"family": "quasipoisson"}),
    "rate_domain": ("number ~ x", {"family": "poisson", "where": PART}),
    "gamma": ("y ~ region + x", {"family": "gamma", "link": "log", "convention": "r"}),
    "contrasts": ("y ~ C(region, contr.sum) + poly(x, 2)", {}),
}


@cache
def survey(name: str) -> cd.Survey:
    design = DESIGNS[name]
    data = pd.read_csv(REFERENCE / f"random_{design['data']}.csv")
    return cd.Survey(
        data,
        weight=design["weight"],
        strata=design["strata"],
        psu=design["psu"] or None,
        fpc=design["fpc"] or None,
    )


@cache
def positive_share(name: str) -> float:
    """The share of records whose weight is above zero."""
    data = pd.read_csv(REFERENCE / f"random_{DESIGNS[name]['data']}.csv")
    return float((data["weight"] > 0).mean())


@cache
def fit(name: str, question: str) -> Regression:
    formula, options = QUESTIONS[question]
    return regress(survey(name), formula, **options)


def same_covariance(found: np.ndarray, wanted: object, close: float) -> None:
    """Each covariance, in units of the two standard errors."""
    expected = np.array(wanted, dtype=float)
    error = np.sqrt(np.diagonal(expected))
    gap = np.abs(found - expected) / np.outer(error, error)
    assert gap.max() < close, gap.max()


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", NAMES)
def test_coefficients_and_their_covariance_are_those_of_svyglm(name: str, question: str) -> None:
    if (name, question) == ("unequal", "contrasts"):
        pytest.skip("R makes the polynomial's basis of records of weight zero as well: other columns of one model")
    found, wanted = fit(name, question), ANSWERS[name][question]
    frame = found.to_frame()
    scale = np.abs(wanted["est"]).max()
    np.testing.assert_allclose(frame["estimate"], wanted["est"], rtol=CLOSE, atol=1e-12 * scale)
    same_covariance(found.covariance().to_numpy(), wanted["cov"], CLOSE)
    assert found.df == wanted["df"]
    p, limits = np.array(wanted["p"], dtype=float), np.array(wanted["ci"], dtype=float)
    np.testing.assert_allclose(frame["p"], p, rtol=1e-9, atol=1e-300)
    # with one degree of freedom R's limits are lost on the way through the Normal distribution
    mine = frame[["ci_low", "ci_high"]].to_numpy()
    np.testing.assert_allclose(mine[~np.isnan(limits)], limits[~np.isnan(limits)], rtol=CLOSE, atol=1e-12 * scale)
    # R estimates a dispersion for all families, with weights whose mean is 1 over the unknown records as well
    if found.family in ("gaussian", "gamma") and not found.missing and name != "unequal":
        assert found.fitted.dispersion == pytest.approx(wanted["dispersion"], rel=1e-9)


@pytest.mark.parametrize("question", ["logit", "rate", "cross"])
@pytest.mark.parametrize("name", NAMES)
def test_terms_are_tested_as_by_regtermtest(name: str, question: str) -> None:
    found = fit(name, question)
    for wanted in ANSWERS[name][question]["tests"]:
        term = wanted["term"].replace("factor", "C")
        wald = found.test_term(term)
        assert wald.statistic == pytest.approx(wanted["wald"]["F"], rel=1e-8)
        assert (wald.df1, wald.df2) == (wanted["wald"]["df"], wanted["wald"]["ddf"])
        assert wald.p == pytest.approx(wanted["wald"]["p"], rel=1e-7)
        if question == "cross" and term == "region":
            continue  # without the main effect R has the same model in other columns, and nothing is tested
        for approximation in ("saddlepoint", "satterthwaite"):
            answer = wanted[approximation]
            lrt = found.test_term(term, method="lrt", approximation=approximation)  # type: ignore[arg-type]
            # R does not divide by the dispersion, neither here nor in the effects, and its weights have mean 1
            # over the records of weight zero as well
            scale = found.fitted.dispersion / positive_share(name)
            assert lrt.statistic * scale == pytest.approx(answer["chisq"], rel=1e-8)
            np.testing.assert_allclose(np.array(lrt.effects) * scale, np.atleast_1d(answer["lambda"]), rtol=1e-7)
            # R looks for the saddlepoint with the default tolerance of its root finder
            assert lrt.p == pytest.approx(answer["p"], rel=1e-5 if approximation == "saddlepoint" else 1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_model_against_the_constant_is_the_test_of_all_its_terms(name: str) -> None:
    found, wanted = fit(name, "logit"), ANSWERS[name]["logit"]["against"]
    alone = regress(survey(name), "yes ~ 1", family="logit")
    lrt = found.against(alone, method="lrt", approximation="saddlepoint")
    share = positive_share(name)
    assert lrt.statistic / share == pytest.approx(wanted["chisq"], rel=1e-8)
    np.testing.assert_allclose(np.array(lrt.effects) / share, wanted["lambda"], rtol=1e-7)
    assert lrt.p == pytest.approx(wanted["p"], rel=1e-5)
    assert lrt.term == "x + region"


@pytest.mark.parametrize("question", ["logit", "rate"])
@pytest.mark.parametrize("name", NAMES)
def test_measures_of_fit_are_those_of_aic_and_psrsq(name: str, question: str) -> None:
    measures, wanted = fit(name, question).fit_measures(), ANSWERS[name][question]
    effective, aic, mean = wanted["aic"]
    # R's weights have mean 1 over all records, those of weight zero too
    share = positive_share(name)
    assert measures.deviance == pytest.approx(wanted["deviance"] * share, rel=1e-9)
    assert measures.null_deviance == pytest.approx(wanted["null"] * share, rel=1e-9)
    if share == 1:
        assert measures.effective_parameters == pytest.approx(effective, rel=1e-7)
        assert measures.aic == pytest.approx(aic, rel=1e-8)
        assert measures.mean_effect == pytest.approx(mean, rel=1e-7)
        assert measures.cox_snell == pytest.approx(wanted["cox_snell"], rel=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_average_marginal_effects_are_those_of_their_formula(name: str) -> None:
    found, wanted = fit(name, "logit"), ANSWERS[name]["logit"]["effects"]
    for covariates in ("fixed", "sampled"):
        frame = found.effects(covariates=covariates).to_frame()  # type: ignore[arg-type]
        north, west = wanted["north"], wanted["west"]
        est = [wanted["slope"], north["est"], west["est"]]
        se = [wanted[f"slope_{covariates}"], north[covariates], west[covariates]]
        np.testing.assert_allclose(frame["estimate"], est, rtol=1e-9)
        np.testing.assert_allclose(frame["se"], se, rtol=1e-9)


@pytest.mark.parametrize(("question", "family"), [("predmeans", "gaussian"), ("predmeans_logit", "logit")])
@pytest.mark.parametrize("name", NAMES)
def test_predictive_margins_are_those_of_svypredmeans(name: str, question: str, family: str) -> None:
    response = "y" if family == "gaussian" else "yes"
    found = regress(survey(name), f"{response} ~ x + region", family=family, convention="r")  # type: ignore[arg-type]
    wanted = ANSWERS[name][question]
    margins = found.margins("region")
    place = [wanted["levels"].index(level) for level in margins.to_frame()["region"]]
    np.testing.assert_allclose(margins.to_frame()["estimate"], np.array(wanted["est"])[place], rtol=1e-9)
    same_covariance(margins.covariance().to_numpy(), np.array(wanted["cov"])[np.ix_(place, place)], 1e-9)


@pytest.mark.parametrize(
    ("question", "link"), [("ordinal", "logit"), ("ordinal_probit", "probit"), ("ordinal_loglog", "loglog")]
)
@pytest.mark.parametrize("name", NAMES)
def test_ordered_categories_have_the_coefficients_of_svyolr(name: str, question: str, link: str) -> None:
    wanted = ANSWERS[name][question]
    rule = "{if_else(number <= 1, 1, number <= 3, 2, 3)} ~ x + region"
    found = regress(survey(name), rule, family="ordinal", link=link)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.coefficients, wanted["est"], rtol=1e-6, atol=1e-6)
    # ours is the tighter optimum: its deviance is no larger, its gradient is rounding
    gradient = found.fitted.fit.gradient  # type: ignore[union-attr]
    assert np.abs(gradient).max() < 1e-10
    share = positive_share(name)
    assert found.fitted.fit.deviance <= wanted["deviance"] * share * (1 + 1e-12)
    same_covariance(found.covariance().to_numpy(), wanted["cov"], 1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_predictions_have_the_standard_errors_of_predict(name: str) -> None:
    wanted = ANSWERS[name]["predicted"]
    predicted = fit(name, "cross").predict(scale="link").head(20)
    np.testing.assert_allclose(predicted["estimate"], wanted["est"], rtol=1e-9)
    np.testing.assert_allclose(predicted["se"], wanted["se"], rtol=1e-9)


def jackknife() -> cd.Survey:
    return survey("normalised").with_replicates(cd.JKn())


@pytest.mark.parametrize(
    ("question", "formula", "options"),
    [
        ("gaussian", "y ~ x + region", {}),
        ("logit", "yes ~ x + region", {"family": "logit"}),
        ("domain", "m ~ x", {"where": "sex == 1"}),
    ],
)
def test_replicate_weights_give_the_covariance_of_svyglm(question: str, formula: str, options: dict[str, Any]) -> None:
    found, wanted = regress(jackknife(), formula, **options), ANSWERS["jackknife"][question]
    np.testing.assert_allclose(found.to_frame()["estimate"], wanted["est"], rtol=1e-11)
    same_covariance(found.covariance().to_numpy(), wanted["cov"], CLOSE)
    assert found.df == wanted["df"]
