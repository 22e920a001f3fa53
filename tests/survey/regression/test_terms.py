"""Tests of terms and of nested models."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.regression import regress
from childdata.survey.regression.terms import rao_scott_tail


def test_term_of_one_coefficient_is_its_t_squared(survey: cd.Survey) -> None:
    fit = regress(survey, "income ~ age + region")
    age = fit.to_frame().set_index("term").loc["age"]
    test = fit.test_term("age")
    assert (test.statistic, test.p) == (pytest.approx(age["t"] ** 2), pytest.approx(age["p"]))
    assert (test.df1, test.df2) == (1, fit.df)
    # with one equation the adjusted test is the same
    assert fit.test_term("age", method="adjusted").p == pytest.approx(test.p)


def test_adjusted_test_is_that_of_stata(survey: cd.Survey) -> None:
    """F = (d − q + 1) / (d q) W on q and d − q + 1 degrees of freedom, d those of the design."""
    fit = regress(survey, "income ~ age + region", convention="stata")
    wald, adjusted = fit.test_term("region"), fit.test_term("region", method="adjusted")
    assert adjusted.statistic == pytest.approx(wald.statistic * 19 / 20)
    assert (adjusted.df1, adjusted.df2) == (2, 19)
    assert adjusted.p == pytest.approx(stats.f.sf(adjusted.statistic, 2, 19))


def test_every_term_has_a_row(survey: cd.Survey) -> None:
    fit = regress(survey, "poor ~ age * sex + region", family="logit")
    frame = fit.test_terms()
    assert frame["term"].tolist() == ["age", "sex", "region", "age:sex"]
    assert list(frame) == ["term", "method", "statistic", "df1", "df2", "p"]
    assert frame["df1"].tolist() == [1, 1, 2, 1]
    two = fit.test_terms(["region", "age:sex"], method="lrt")
    assert two["method"].tolist() == ["lrt", "lrt"]
    assert fit.test_terms("region")["p"].item() == frame["p"][2]


def test_blanks_in_a_term_do_not_matter(survey: cd.Survey) -> None:
    fit = regress(survey, "income ~ C(quintile)+age")
    assert fit.test_term("C( quintile )").df1 == 4


def test_effect_of_one_coefficient_is_its_design_effect(survey: cd.Survey) -> None:
    fit = regress(survey, "poor ~ age + region", family="logit")
    test = fit.test_term("age", method="lrt")
    place = fit.fitted.names.index("age")
    naive = fit.fitted.information_inverse()[place, place]
    assert test.effects == pytest.approx((fit.covariance().loc["age", "age"] / naive,))
    smaller = regress(survey, "poor ~ region", family="logit")
    assert test.statistic == pytest.approx(smaller.fit_measures().deviance - fit.fit_measures().deviance)


def test_tail_of_equal_effects_is_an_f_distribution() -> None:
    """λ₁ = λ₂ = λ: X² / 2λ is F(2, df), and so are exact and Satterthwaite's."""
    effects = np.array([1.7, 1.7])
    wanted = stats.f.sf(9.0 / (2 * 1.7), 2, 30)
    assert rao_scott_tail(9.0, effects, 30.0, "exact") == pytest.approx(wanted, rel=1e-10)
    assert rao_scott_tail(9.0, effects, 30.0, "satterthwaite") == pytest.approx(wanted, rel=1e-12)
    assert rao_scott_tail(9.0, effects, 30.0, "saddlepoint") == pytest.approx(wanted, rel=0.05)
    assert rao_scott_tail(9.0, effects, np.inf, "exact") == pytest.approx(stats.chi2.sf(9.0 / 1.7, 2), rel=1e-10)
    assert rao_scott_tail(0.0, effects, 30.0, "exact") == 1.0


def test_unequal_effects_have_the_probability_of_a_simulation() -> None:
    chance, effects = np.random.default_rng(2), np.array([3.0, 1.0, 0.3])
    draws = chance.chisquare(1, (400_000, 3)) @ effects / (chance.chisquare(12, 400_000) / 12)
    for at in (2.0, 8.0, 20.0):
        share = (draws > at).mean()
        assert rao_scott_tail(at, effects, 12.0, "exact") == pytest.approx(share, abs=4 * np.sqrt(share / 400_000))


def test_smaller_model_in_other_columns_is_nested_too(survey: cd.Survey) -> None:
    large = regress(survey, "income ~ C(quintile)")
    line = regress(survey, "income ~ quintile")
    test = large.against(line)
    assert test.df1 == 3
    assert test.p == pytest.approx(
        regress(survey, "income ~ quintile + poly(quintile, 4)", collinear="drop").against(line).p
    )
    assert test.term == "C(quintile)"
    named = regress(survey, "income ~ age + region").against(regress(survey, "income ~ age"))
    assert named.p == pytest.approx(regress(survey, "income ~ age + region").test_term("region").p)
    assert named.term == "region"


def test_ordinal_models_are_compared_as_well(survey: cd.Survey) -> None:
    fit = regress(survey, "grade ~ age + region", family="ordinal")
    smaller = regress(survey, "grade ~ age", family="ordinal")
    assert fit.against(smaller).p == pytest.approx(fit.test_term("region").p)
    lrt = fit.against(smaller, method="lrt")
    assert lrt.statistic == pytest.approx(smaller.fit_measures().deviance - fit.fit_measures().deviance)
    assert fit.test_term("region", method="lrt").p == pytest.approx(lrt.p)


def test_models_that_are_not_nested_are_refused(survey: cd.Survey) -> None:
    fit = regress(survey, "income ~ age + sex")
    with pytest.raises(EstimationError, match="is not nested"):
        fit.against(regress(survey, "income ~ region"))
    with pytest.raises(EstimationError, match="is not nested"):
        fit.against(fit)
    with pytest.raises(EstimationError, match="one response, offset, family and link"):
        fit.against(regress(survey, "visits ~ age"))
    with pytest.raises(EstimationError, match="on the same records; one uses 240 and the other 80"):
        fit.against(regress(survey, "income ~ age", where="region == 'west'"))
    with pytest.raises(EstimationError, match="no term 'regoin'; there are 'age', 'sex'"):
        fit.test_term("regoin")
    with pytest.raises(EstimationError, match="'wald', 'adjusted' or 'lrt'"):
        fit.test_term("age", method="score")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="'exact', 'saddlepoint' or 'satterthwaite'"):
        fit.test_term("age", method="lrt", approximation="normal")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="nothing is left of the model"):
        regress(survey, "income ~ 0 + age").test_term("age", method="lrt")


def test_test_reads_as_a_sentence(survey: cd.Survey) -> None:
    fit = regress(survey, "income ~ age + region")
    assert repr(fit.test_term("region")).startswith("<region: F(2, 17) = ")
    assert repr(fit.test_term("region", method="lrt")).startswith("<region: X²(2, 17) = ")
