"""The fit itself: against statsmodels, to the last digits, and where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm

from childdata.survey.regression.families import find_family
from childdata.survey.regression.glm import Fit, NoConvergence, Problem, fit_glm

FAMILIES, LINKS = sm.families, sm.families.links
MODELS: dict[tuple[str, str], Callable[[], object]] = {
    ("logit", "logit"): FAMILIES.Binomial,
    ("binomial", "probit"): lambda: FAMILIES.Binomial(LINKS.Probit()),
    ("binomial", "cloglog"): lambda: FAMILIES.Binomial(LINKS.CLogLog()),
    ("binomial", "loglog"): lambda: FAMILIES.Binomial(LINKS.LogLog()),
    ("binomial", "log"): lambda: FAMILIES.Binomial(LINKS.Log()),
    ("binomial", "identity"): lambda: FAMILIES.Binomial(LINKS.Identity()),
    ("poisson", "log"): FAMILIES.Poisson,
    ("poisson", "sqrt"): lambda: FAMILIES.Poisson(LINKS.Sqrt()),
    ("poisson", "identity"): lambda: FAMILIES.Poisson(LINKS.Identity()),
    ("gaussian", "identity"): FAMILIES.Gaussian,
    ("gaussian", "log"): lambda: FAMILIES.Gaussian(LINKS.Log()),
    ("gaussian", "inverse"): lambda: FAMILIES.Gaussian(LINKS.InversePower()),
    ("gamma", "inverse"): FAMILIES.Gamma,
    ("gamma", "log"): lambda: FAMILIES.Gamma(LINKS.Log()),
    ("gamma", "identity"): lambda: FAMILIES.Gamma(LINKS.Identity()),
}


def data(family: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, response and weights that any link of the family can carry."""
    chance = np.random.default_rng(8)
    x = np.column_stack([np.ones(400), chance.uniform(0, 1, 400), chance.integers(0, 2, 400)])
    weight = chance.uniform(0.3, 5, 400)
    mean = 0.2 + 0.3 * x[:, 1] + 0.2 * x[:, 2]
    if family in ("logit", "binomial"):
        return x, (chance.random(400) < mean).astype(float), weight
    if family == "poisson":
        return x, chance.poisson(5 * mean).astype(float), weight
    if family == "gamma":
        return x, chance.gamma(2, mean), weight
    return x, 1 + mean + 0.1 * chance.normal(size=400), weight


def fit(family: str, link: str) -> Fit:
    x, y, weight = data(family)
    known, chosen = find_family(family, None if family == link else link)
    return fit_glm(Problem.of(x, y, np.zeros(400), weight, known, chosen), weight)


@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.DomainWarning")
@pytest.mark.parametrize(("family", "link"), MODELS)
def test_fit_is_that_of_statsmodels(family: str, link: str) -> None:
    x, y, weight = data(family)
    model = sm.GLM(y, x, family=MODELS[family, link](), freq_weights=weight / weight.mean())
    wanted = model.fit(tol=1e-14, maxiter=300, tol_criterion="params")
    found = fit(family, link)
    np.testing.assert_allclose(found.coefficients, wanted.params, rtol=1e-9)
    assert found.deviance == pytest.approx(wanted.deviance, rel=1e-12)
    expected = found.information_inverse("expected")
    np.testing.assert_allclose(expected, wanted.cov_params() / wanted.scale, rtol=1e-7)


@pytest.mark.parametrize(("family", "link"), MODELS)
def test_score_of_the_fit_is_rounding(family: str, link: str) -> None:
    found = fit(family, link)
    terms = found.weight[:, None] * found.problem.basis * found.score[:, None]
    assert np.abs(terms.sum(axis=0)).max() <= 1e-12 * np.abs(terms).sum(axis=0).max()
    assert found.steps <= 12


@pytest.mark.parametrize(("family", "link"), [("logit", "logit"), ("poisson", "log"), ("gaussian", "identity")])
def test_canonical_links_have_one_information(family: str, link: str) -> None:
    found = fit(family, link)
    np.testing.assert_allclose(found.information_inverse("observed"), found.information_inverse("expected"), rtol=1e-9)


def test_least_squares_need_one_step_whatever_the_scale() -> None:
    x, y, weight = data("gaussian")
    x = x.copy()
    x[:, 1] = 2e6 + x[:, 1]
    known, chosen = find_family("gaussian", None)
    found = fit_glm(Problem.of(x, y, np.zeros(400), weight, known, chosen), weight)
    assert found.steps <= 2
    plain = fit("gaussian", "identity")
    assert found.coefficients[1] == pytest.approx(plain.coefficients[1], rel=1e-8)


def test_start_does_not_change_the_end() -> None:
    x, y, weight = data("logit")
    known, chosen = find_family("logit", None)
    problem = Problem.of(x, y, np.zeros(400), weight, known, chosen)
    near, far = (fit_glm(problem, weight, start=np.array(start)) for start in ([-1.0, 1.0, 1.0], [5.0, -8.0, 3.0]))
    np.testing.assert_allclose(near.coefficients, far.coefficients, rtol=1e-10)


def test_records_of_weight_zero_have_no_part() -> None:
    x, y, weight = data("logit")
    known, chosen = find_family("logit", None)
    problem = Problem.of(x, y, np.zeros(400), weight, known, chosen)
    half = np.where(np.arange(400) < 200, weight, 0.0)
    kept = Problem.of(x[:200], y[:200], np.zeros(200), weight[:200], known, chosen)
    np.testing.assert_allclose(fit_glm(problem, half).coefficients, fit_glm(kept, weight[:200]).coefficients, rtol=1e-9)


def test_separated_responses_do_not_converge() -> None:
    x, _, weight = data("logit")
    known, chosen = find_family("logit", None)
    y = (x[:, 1] > 0.5).astype(float)
    with pytest.raises(NoConvergence):
        fit_glm(Problem.of(x, y, np.zeros(400), weight, known, chosen), weight)
    with pytest.raises(NoConvergence):
        fit_glm(Problem.of(x, y, np.zeros(400), weight, known, chosen), np.zeros(400))
