"""The numbers of the area model: by hand, against metafor and sae, and against a direct search and a simulation."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from childdata.survey.area_fit import AreaFit, fit_areas, log_likelihood, restricted

METHODS = ("reml", "ml", "fh", "pr")
R = json.loads((Path(__file__).parents[1] / "reference" / "small_area_r.json").read_text(encoding="utf-8"))["cases"]
# Four areas with variance 1 around one mean: s² = 20/3 with divisor 3, 5 with divisor 4.
Y, PSI, ONE = np.array([0.0, 2.0, 4.0, 6.0]), np.ones(4), np.ones((4, 1))


@pytest.mark.parametrize(
    ("method", "sigma2", "mse"),
    [
        # σ² = 20/3 − 1; γ = 0.85; g1 = 0.85, g2 = 0.15² · (20/3)/4 = 0.0375; V̄ = 2(20/3)²/4 = 22.22, g3 = 0.075
        ("reml", 17 / 3, 0.85 + 0.0375 + 2 * 0.075),
        # equal variances: the same V̄
        ("pr", 17 / 3, 0.85 + 0.0375 + 2 * 0.075),
        # and no bias: m Σ V⁻² = (Σ V⁻¹)²
        ("fh", 17 / 3, 0.85 + 0.0375 + 2 * 0.075),
        # σ² = 5 − 1; γ = 0.8; g1 = 0.8, g2 = 0.2² · 5/4 = 0.05; V̄ = 2 · 25/4 = 12.5, g3 = 12.5/125 = 0.1;
        # b = −(V/4 · 4/V²)/(4/V²) = −5/4, so + 0.2² · 5/4 = 0.05
        ("ml", 4.0, 0.8 + 0.05 + 2 * 0.1 + 0.05),
    ],
)
def test_equal_variances_by_hand(method: Any, sigma2: float, mse: float) -> None:
    fit = fit_areas(Y, PSI, ONE, method)
    assert fit.sigma2 == pytest.approx(sigma2, rel=1e-12)
    assert fit.beta.tolist() == [pytest.approx(3.0, rel=1e-14)]
    gamma = sigma2 / (sigma2 + 1)
    assert fit.eblup == pytest.approx(gamma * Y + (1 - gamma) * 3, rel=1e-12)
    assert fit.mse == pytest.approx(np.full(4, mse), rel=1e-12)


def test_heterogeneity_by_hand() -> None:
    # Σ (y − 3)² = 9 + 1 + 1 + 9
    assert fit_areas(Y, PSI, ONE, "reml").heterogeneity == pytest.approx(20.0, rel=1e-14)
    # 2 (l(4) − l(0)) = 4 log(1/5) + 20 (1 − 1/5)
    assert fit_areas(Y, PSI, ONE, "ml").likelihood_ratio == pytest.approx(16 - 4 * np.log(5), rel=1e-12)


def test_prediction_of_an_area_without_a_sample_by_hand() -> None:
    fit = fit_areas(Y, PSI, ONE, "reml")
    assert fit.synthetic(np.ones((1, 1))).tolist() == [pytest.approx(3.0, rel=1e-14)]
    # (X'V⁻¹X)⁻¹ = (20/3)/4
    assert fit.leverage(np.ones((1, 1))).tolist() == [pytest.approx(5 / 3, rel=1e-12)]


def columns(data: dict[str, list[float]]) -> tuple[np.ndarray[Any, Any], ...]:
    y, psi, x1, group = (np.array(data[name]) for name in ("y", "psi", "x1", "group"))
    return y, psi, np.column_stack([np.ones(y.size), x1, group == 2, group == 3]).astype(float)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", R)
def test_fit_agrees_with_metafor(case: str, method: Any) -> None:
    y, psi, x = columns(R[case]["data"])
    fit, wanted = fit_areas(y, psi, x, method), R[case]["fits"][method]
    assert fit.sigma2 == pytest.approx(wanted["sigma2"], rel=1e-12, abs=0)
    assert fit.beta == pytest.approx(wanted["beta"], rel=1e-11)
    assert fit.covariance == pytest.approx(np.array(wanted["covariance"]), rel=1e-11)
    assert fit.eblup == pytest.approx(wanted["eblup"], rel=1e-11)
    assert fit.residuals == pytest.approx(wanted["residual"], rel=1e-10)
    assert fit.heterogeneity == pytest.approx(wanted["q"], rel=1e-11)
    assert fit.loglik == pytest.approx(wanted["loglik"], rel=1e-11)
    assert restricted(fit.sigma2, y, psi, x) == pytest.approx(wanted["restricted"], rel=1e-11)


# ---- the milk expenditure of 43 areas of the United States, 1989 (Arora & Lahiri 1997)

# mseFH(yi ~ as.factor(MajorArea), SD^2) of R sae, as the tests of R emdi keep its answer: sigma2, first and last areas
SAE = {
    "reml": (
        0.0185502223227232,
        [1.02197034245261, 1.04760182373013, 1.06795125807433, 0.760817049376443, 0.846157356835113],
        [0.0134602201642976, 0.00537287597614177, 0.00570199034302248, 0.00854173994505111, 0.00957959370996273],
        [0.748116373760117, 0.804077284594307, 0.681086989724461],
        [0.00548485961176747, 0.00920513256233301, 0.0099036256034371],
    ),
    "ml": (
        0.0155175502633347,
        [1.01617332070717, 1.04369683152726, 1.06281678896325, 0.77534894669535, 0.855490295905601],
        [0.0135799534739889, 0.00551286846831663, 0.00585058434406885, 0.00873545362615045, 0.00977452758594431],
        [0.74653599730423, 0.797140472315095, 0.684097649323743],
        [0.00559768963157098, 0.00934487380324549, 0.0100371404973625],
    ),
}
# samplics keeps six decimals of R sae's answers for fh
FH_EBLUP, FH_MSE = [1.017975, 1.044963, 1.064480, 0.770692], [0.012757016, 0.005314467, 0.005632201, 0.008323471]


@pytest.fixture(scope="module")
def milk() -> tuple[np.ndarray[Any, Any], ...]:
    pytest.importorskip("samplics", reason="samplics, which brings the data, is not installed")
    path = resources.files("samplics.datasets") / "data" / "expenditure_on_milk.csv"
    table = pd.read_csv(str(path))
    groups = [(table["major_area"] == k).to_numpy(float) for k in (2, 3, 4)]
    x = np.column_stack([np.ones(len(table)), *groups])
    return table["direct_est"].to_numpy(), table["std_error"].to_numpy() ** 2, x


@pytest.mark.parametrize("method", SAE)
def test_estimates_and_errors_agree_with_sae_at_its_own_sigma2(method: Any, milk: tuple[Any, ...]) -> None:
    y, psi, x = milk
    sigma2, *wanted = SAE[method]
    best = fit_areas(y, psi, x, method)
    # sae stops when sigma2 changes by less than a ten-thousandth
    assert best.sigma2 == pytest.approx(sigma2, rel=1e-4)
    inner = (x / (sigma2 + psi)[:, None]).T @ x
    beta = np.linalg.solve(inner, x.T @ (y / (sigma2 + psi)))
    there = AreaFit(method, y, psi, x, sigma2, beta, np.linalg.inv(inner))
    found = [there.eblup[:5], there.mse[:5], there.eblup[-3:], there.mse[-3:]]
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other, rel=1e-12)


def test_published_coefficients_of_sae(milk: tuple[Any, ...]) -> None:
    fit = fit_areas(*milk, "reml")
    assert fit.beta == pytest.approx([0.9681890, 0.1327801, 0.2269462, -0.2413011], abs=1e-6)
    assert np.sqrt(np.diagonal(fit.covariance)) == pytest.approx(
        [0.06936208, 0.10300072, 0.09232981, 0.08161707], abs=1e-6
    )
    assert fit.loglik == pytest.approx(12.677478, abs=1e-5)


def test_moments_of_fay_and_herriot_agree_with_sae(milk: tuple[Any, ...]) -> None:
    fit = fit_areas(*milk, "fh")
    assert fit.eblup[:4] == pytest.approx(FH_EBLUP, abs=2e-6)
    assert fit.mse[:4] == pytest.approx(FH_MSE, abs=2e-8)


# ---- another way to the same answer


@pytest.mark.parametrize(("method", "likelihood"), [("reml", restricted), ("ml", log_likelihood)])
def test_likelihood_has_its_maximum_at_sigma2(method: Any, likelihood: Any) -> None:
    from scipy.optimize import minimize_scalar

    y, psi, x = columns(R["varied"]["data"])
    found = minimize_scalar(
        lambda s: -likelihood(s, y, psi, x), bounds=(0, 10), method="bounded", options={"xatol": 1e-10}
    )
    assert fit_areas(y, psi, x, method).sigma2 == pytest.approx(found.x, abs=1e-7)


def test_restricted_likelihood_is_that_of_contrasts() -> None:
    from scipy.linalg import null_space
    from scipy.stats import multivariate_normal

    y, psi, x = columns(R["few"]["data"])
    contrasts = null_space(x.T)
    # orthonormal contrasts A have the density that the formula gives with ½ log|X'X|
    density = multivariate_normal(cov=contrasts.T @ np.diag(2.0 + psi) @ contrasts).logpdf(contrasts.T @ y)
    assert restricted(2.0, y, psi, x) == pytest.approx(density, rel=1e-11)


def test_higher_of_two_maxima_is_taken() -> None:
    # one area far off with a large variance: the likelihood rises from 0, falls, and rises again
    y = np.array([0.0, 0.01, -0.01, 0.02, 8.0, -8.0])
    psi = np.array([1e-4, 1e-4, 1e-4, 1e-4, 1.0, 1.0])
    fit = fit_areas(y, psi, np.ones((6, 1)), "ml")
    grid = np.concatenate(([0.0], np.geomspace(1e-7, 1e3, 4000)))
    best = max(log_likelihood(s, y, psi, np.ones((6, 1))) for s in grid)
    assert log_likelihood(fit.sigma2, y, psi, np.ones((6, 1))) >= best - 1e-12


# ---- properties


@pytest.mark.parametrize("method", METHODS)
def test_units_and_order_change_nothing_but_themselves(method: Any) -> None:
    y, psi, x = columns(R["varied"]["data"])
    fit = fit_areas(y, psi, x, method)
    grams = fit_areas(1000 * y, 1e6 * psi, x, method)
    assert grams.eblup == pytest.approx(1000 * fit.eblup, rel=1e-10)
    assert grams.mse == pytest.approx(1e6 * fit.mse, rel=1e-10)
    order = np.random.default_rng(3).permutation(y.size)
    mixed = fit_areas(y[order], psi[order], x[order], method)
    assert mixed.eblup == pytest.approx(fit.eblup[order], rel=1e-11)


@pytest.mark.parametrize("method", METHODS)
def test_estimate_lies_between_direct_and_synthetic(method: Any) -> None:
    y, psi, x = columns(R["varied"]["data"])
    fit = fit_areas(y, psi, x, method)
    between = (fit.eblup - y) * (fit.eblup - fit.synthetic(x))
    assert (between <= 1e-12).all()
    assert (np.diff(fit.gamma[np.argsort(psi)]) <= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_no_effects_of_areas_leave_the_regression(method: Any) -> None:
    y, psi, x = columns(R["none"]["data"])
    fit = fit_areas(y, psi, x, method)
    assert fit.sigma2 == 0
    assert fit.eblup == pytest.approx(fit.synthetic(x), rel=1e-14)
    assert fit.likelihood_ratio == 0


def test_area_that_the_regression_fits_exactly_has_no_residual() -> None:
    x = np.column_stack([np.ones(4), [0.0, 0.0, 0.0, 1.0]])
    assert np.isnan(fit_areas(Y, PSI, x, "reml").residuals).tolist() == [False, False, False, True]


@pytest.mark.parametrize("method", METHODS)
def test_mean_squared_error_is_that_of_a_simulation(method: Any) -> None:
    """300 samples of 30 areas; the mean over areas of estimated and true errors agree within 8 %."""
    chance = np.random.default_rng(20260420)
    m, sigma2 = 30, 1.0
    psi = np.repeat([0.7, 0.6, 0.5, 0.4, 0.3], 6)
    x = np.column_stack([np.ones(m), chance.normal(size=m)])
    said, was = np.zeros(m), np.zeros(m)
    for _ in range(300):
        truth = x @ [1.0, 2.0] + chance.normal(scale=sigma2**0.5, size=m)
        fit = fit_areas(truth + chance.normal(size=m) * np.sqrt(psi), psi, x, method)
        said += fit.mse
        was += (fit.eblup - truth) ** 2
    assert said.mean() / was.mean() == pytest.approx(1.0, abs=0.08)
