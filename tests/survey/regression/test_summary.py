"""The page of a regression, and its measures of fit."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.regression import regress
from childdata.words import word


def test_page_says_what_was_fitted_and_on_what(survey: cd.Survey) -> None:
    text = str(regress(survey, "poor ~ age + region", family="logit").summary())
    for line in ("Regression under the sampling design", "Records:", "PSUs:", "Residual df:", "[2.5%"):
        assert line in text
    assert "region[T.south]" in text
    lines = text.splitlines()
    rules = [line for line in lines if set(line) <= {"=", "-"} and line]
    assert len({len(rule) for rule in rules}) == 1
    assert max(map(len, lines[: lines.index(rules[-1])])) <= len(rules[0])


def test_page_shows_its_notes_and_other_levels(people: pd.DataFrame) -> None:
    survey = cd.Survey(people.assign(age=people["age"].mask(people.index < 3)), weight="w", psu="psu")
    text = str(regress(survey, "poor ~ age", family="logit", level=0.9).summary())
    assert "left out of the regression as unknown: 3 of 240 records (age 3)" in text
    assert "[5%" in text
    assert "95%]" in text


def test_page_in_russian(people: pd.DataFrame) -> None:
    survey = cd.Survey(people.assign(age=people["age"].mask(people.index < 3)), weight="w", psu="psu")
    text = str(regress(survey, "poor ~ age", family="logit").summary(lang="ru"))
    assert word("regression.title", "ru") in text
    assert "не вошли в регрессию из-за неизвестных ответов: 3 из 240 записей (age 3)" in text
    assert "," in text.split("Intercept")[1].splitlines()[0]


def test_small_p_is_told_to_be_small() -> None:
    """y = 3 x + noise of one in a hundred: t is far out; x and z are unrelated."""
    x = np.arange(24.0)
    noise = np.tile([0.1, -0.1, -0.1, 0.1], 6)
    fit = regress(cd.Survey({"y": 3 * x + noise, "x": x, "z": np.tile([0.0, 1.0], 12)}), "y ~ x + z")
    assert fit.to_frame().set_index("term")["p"]["x"] < 1e-20
    page = fit.summary().frame.set_index("")["P>|t|"]
    assert page["x"] == "<0.0001"
    assert page["z"] == f"{fit.to_frame().set_index('term')['p']['z']:.4f}"
    assert dict(fit.summary().facts)["p of F"] == "<0.0001"
    assert "&lt;0.0001" in fit.summary()._repr_html_()
    assert fit.summary(lang="ru").frame.set_index("")["P>|t|"]["x"] == "<0,0001"


def test_labels_cannot_break_out_of_the_page(people: pd.DataFrame) -> None:
    frame = people.assign(sex=people["sex"].replace("girl", "g<script>alert(1)</script>"))
    html = regress(cd.Survey(frame, weight="w", psu="psu"), "poor ~ sex", family="logit").summary()._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_repr_is_the_page(survey: cd.Survey) -> None:
    fit = regress(survey, "income ~ age")
    assert repr(fit) == str(fit.summary())
    assert fit._repr_html_() == fit.summary()._repr_html_()
    assert (fit.formula, fit.family, fit.link) == ("income ~ age", "gaussian", "identity")


def test_r_squared_of_a_line_is_the_squared_correlation(survey: cd.Survey, people: pd.DataFrame) -> None:
    measures = regress(survey, "income ~ age").fit_measures()
    cov = np.cov(people["age"], people["income"], aweights=people["w"])
    assert measures.r_squared == pytest.approx(cov[0, 1] ** 2 / cov[0, 0] / cov[1, 1])
    assert math.isnan(measures.aic)
    assert math.isnan(measures.cox_snell)


def test_pseudo_r_squared_and_aic_by_hand(survey: cd.Survey) -> None:
    fit = regress(survey, "poor ~ age + region", family="logit")
    measures = fit.fit_measures()
    cox_snell = 1 - math.exp(-(measures.null_deviance - measures.deviance) / 240)
    assert measures.cox_snell == pytest.approx(cox_snell)
    assert measures.r_squared == pytest.approx(cox_snell / (1 - math.exp(-measures.null_deviance / 240)))
    assert measures.aic == pytest.approx(measures.deviance + 2 * measures.effective_parameters)
    assert measures.mean_effect == pytest.approx(measures.effective_parameters / 3)
    lrt = fit.against(regress(survey, "poor ~ 1", family="logit"), method="lrt")
    assert measures.effective_parameters == pytest.approx(sum(lrt.effects))


def test_dispersion_by_hand() -> None:
    """Residuals of 1, 2, 4, 5 about 3: squares 10, over n − 1 = 3."""
    fit = regress(cd.Survey({"y": [1.0, 2.0, 4.0, 5.0]}), "y ~ 1")
    assert fit.fitted.dispersion == pytest.approx(10 / 3)
    assert regress(cd.Survey({"y": [0, 1, 1, 1]}), "y ~ 1", family="logit").fitted.dispersion == 1.0


def test_ratios_are_exponentiated_where_they_are_ratios(survey: cd.Survey) -> None:
    rates = regress(survey, "visits ~ age", family="poisson")
    ratios = rates.exponentiated()
    np.testing.assert_allclose(ratios.to_frame()["estimate"], np.exp(rates.coefficients))
    np.testing.assert_allclose(ratios.to_frame()["ci_low"], np.exp(rates.to_frame()["ci_low"]))
    # arithmetic of ratios keeps their covariance: an odds ratio over another is that of the difference
    fit = regress(survey, "poor ~ region", family="logit")
    both = fit.exponentiated()
    quotient = (both.select(item="region[T.west]") / both.select(item="region[T.south]")).to_frame().iloc[0]
    gap = fit.estimates.difference(along="item", of=("region[T.west]", "region[T.south]")).to_frame().iloc[0]
    assert quotient["estimate"] == pytest.approx(math.exp(gap["estimate"]))
    assert quotient["se"] == pytest.approx(math.exp(gap["estimate"]) * gap["se"])
    assert fit.odds_ratios()["term"].tolist() == ["region[T.south]", "region[T.west]"]
    ordinal = regress(survey, "grade ~ age + sex", family="ordinal").odds_ratios()
    assert ordinal["term"].tolist() == ["age", "sex[T.girl]"]
    with pytest.raises(EstimationError, match="odds ratios are those of a logit; the link is 'log'"):
        rates.odds_ratios()
    with pytest.raises(EstimationError, match="the link is 'identity'"):
        regress(survey, "income ~ age").exponentiated()


def test_page_stands_where_the_constant_alone_cannot_be_fitted(survey: cd.Survey) -> None:
    """With the link identity and a large offset no constant gives every record a mean above zero."""
    fit = regress(survey, "visits ~ age + income", family="poisson", link="identity", offset="0.2 * income - 2")
    assert math.isnan(fit.fit_measures().null_deviance) or fit.fit_measures().null_deviance > 0
    assert "Poisson" not in str(fit.summary())
    assert "poisson" in str(fit.summary())
