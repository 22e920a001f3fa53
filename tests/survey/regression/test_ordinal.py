"""Ordered categories: against statsmodels, by hand, and the probabilities that follow."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.miscmodels.ordinal_model import OrderedModel

from childdata.survey.regression.families import LINKS
from childdata.survey.regression.glm import NoConvergence
from childdata.survey.regression.ordinal import (
    ORDINAL_LINKS,
    OrdinalProblem,
    category_probabilities,
    fit_ordinal,
    probability_slopes,
)


def problem(link: str = "logit", weight: np.ndarray | None = None) -> tuple[OrdinalProblem, np.ndarray]:
    chance = np.random.default_rng(4)
    x = np.column_stack([chance.normal(size=300) + 50, chance.integers(0, 2, 300)]).astype(float)
    latent = 0.8 * (x[:, 0] - 50) - 0.5 * x[:, 1] + chance.logistic(size=300)
    y = np.digitize(latent, [-1.0, 0.2, 1.5])
    weight = np.ones(300) if weight is None else weight
    return OrdinalProblem.of(x, y, np.zeros(300), 4, weight, link), weight


@pytest.mark.parametrize(("link", "distr"), [("logit", "logit"), ("probit", "probit")])
def test_fit_is_that_of_statsmodels(link: str, distr: str) -> None:
    made, weight = problem(link)
    found = fit_ordinal(made, weight)
    model = OrderedModel(made.y, made.matrix - [50, 0], distr=distr)
    wanted = model.fit(method="newton", maxiter=200, disp=False, tol=1e-14)
    slopes, thresholds = wanted.params[:2], model.transform_threshold_params(wanted.params)[1:-1]
    np.testing.assert_allclose(found.coefficients[:2], slopes, rtol=1e-8)
    np.testing.assert_allclose(found.coefficients[2:], thresholds + 50 * slopes[0], rtol=1e-8)
    assert -found.deviance / 2 == pytest.approx(wanted.llf, rel=1e-12)


@pytest.mark.parametrize("link", ORDINAL_LINKS)
def test_gradient_at_the_end_is_rounding(link: str) -> None:
    found = fit_ordinal(*problem(link, np.random.default_rng(5).uniform(0.2, 4, 300)))
    assert np.abs(found.gradient).max() < 1e-10


@pytest.mark.parametrize("link", ORDINAL_LINKS)
def test_information_is_the_derivative_of_the_gradient(link: str) -> None:
    """H⁻¹ from the analytic second derivatives, against differences of the score over each coefficient."""
    made, weight = problem(link)
    found = fit_ordinal(made, weight)

    def gradient(coefficients: np.ndarray) -> np.ndarray:
        eta = made.matrix @ coefficients[:2]
        p = category_probabilities(link, coefficients[2:], eta)
        by_eta, by_threshold = probability_slopes(link, coefficients[2:], eta)
        own = np.arange(300), made.y
        return np.concatenate([(by_eta[own] / p[own]) @ made.matrix, (by_threshold[own] / p[own][:, None]).sum(axis=0)])

    step = 1e-5
    hessian = np.array(
        [
            (gradient(found.coefficients + step * unit) - gradient(found.coefficients - step * unit)) / (2 * step)
            for unit in np.eye(5)
        ]
    )
    np.testing.assert_allclose(found.information_inverse(), np.linalg.inv(-hessian), rtol=1e-4)


@pytest.mark.parametrize("link", ORDINAL_LINKS)
def test_probabilities_add_to_one_and_their_slopes_to_zero(link: str) -> None:
    eta, thresholds = np.linspace(-30, 30, 25), np.array([-1.0, 0.5, 2.0])
    p = category_probabilities(link, thresholds, eta)
    by_eta, by_threshold = probability_slopes(link, thresholds, eta)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(by_eta.sum(axis=1), 0, atol=1e-15)
    np.testing.assert_allclose(by_threshold.sum(axis=1), 0, atol=1e-15)
    step = 1e-6
    np.testing.assert_allclose(
        by_eta,
        (category_probabilities(link, thresholds, eta + step) - category_probabilities(link, thresholds, eta - step))
        / (2 * step),
        atol=1e-9,
    )


def test_three_records_by_hand() -> None:
    """P(Y ≤ 0) = 1/4 and P(Y ≤ 1) = 3/4 of four records: ζ = ∓log 3; shares 1/4, 1/2, 1/4."""
    y = np.array([0, 1, 1, 2])
    made = OrdinalProblem.of(np.zeros((4, 0)), y, np.zeros(4), 3, np.ones(4), "logit")
    found = fit_ordinal(made, np.ones(4))
    np.testing.assert_allclose(found.coefficients, [-np.log(3), np.log(3)], rtol=1e-12)
    np.testing.assert_allclose(found.probabilities(np.zeros(1))[0], [0.25, 0.5, 0.25])
    # the influence on logit P(Y ≤ k) is ([y ≤ k] − P) / (n P (1 − P))
    wanted = (np.column_stack([y <= 0, y <= 1]) - [0.25, 0.75]) / (4 * 3 / 16)
    np.testing.assert_allclose(found.influence(), wanted, atol=1e-12)


def test_offset_moves_the_thresholds() -> None:
    made, weight = problem()
    moved = OrdinalProblem.of(made.matrix, made.y, np.full(300, 2.0), 4, weight, "logit")
    plain, shifted = fit_ordinal(made, weight), fit_ordinal(moved, weight)
    np.testing.assert_allclose(shifted.coefficients - plain.coefficients, [0, 0, 2, 2, 2], atol=1e-8)


def test_categories_told_without_error_do_not_converge() -> None:
    x = np.linspace(0, 1, 60)[:, None]
    y = np.digitize(x[:, 0], [0.3, 0.6])
    with pytest.raises(NoConvergence):
        fit_ordinal(OrdinalProblem.of(x, y, np.zeros(60), 3, np.ones(60), "logit"), np.ones(60))


def test_latent_distributions_are_those_of_the_links() -> None:
    eta, thresholds = np.array([0.3]), np.array([0.7])
    for link in ORDINAL_LINKS:
        p = category_probabilities(link, thresholds, eta)[0, 0]
        assert p == pytest.approx(LINKS[link].mean(np.array([0.4]))[0])
