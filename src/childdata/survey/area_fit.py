"""The Fay-Herriot model as numbers: direct estimates y, their variances ψ, auxiliaries X; σ² and what follows from it.

    y_i = x_i'β + u_i + e_i,   u_i ~ (0, σ²),   e_i ~ (0, ψ_i),   V_i = σ² + ψ_i,   γ_i = σ² / V_i

β̂ is weighted least squares with weights 1/V_i; the EBLUP of x_i'β + u_i is γ_i y_i + (1 − γ_i) x_i'β̂. σ² is found by

    reml  the restricted likelihood                               V̄ = 2 / Σ V_i⁻²
    ml    the likelihood                                          V̄ = 2 / Σ V_i⁻²
    fh    Σ (y_i − x_i'β̂)² / V_i = m − p                          V̄ = 2m / (Σ V_i⁻¹)²
    pr    (Σ û_i² − Σ ψ_i (1 − h_ii)) / (m − p), û of OLS         V̄ = 2 Σ V_i² / m²

and is 0 where these have no positive solution. Of the mean squared error

    g1 = γ_i ψ_i,   g2 = (1 − γ_i)² x_i'(X'V⁻¹X)⁻¹ x_i,   g3 = ψ_i² V_i⁻³ V̄
    mse = g1 + g2 + 2 g3 − b (1 − γ_i)²

with the bias b of σ̂²: 0 for reml and pr, −tr{(X'V⁻¹X)⁻¹ X'V⁻²X} / Σ V_i⁻² for ml, and for fh
2 (m Σ V_i⁻² − (Σ V_i⁻¹)²) / (Σ V_i⁻¹)³. An area without a direct estimate has x'β̂ with the mean squared error
σ² + x'(X'V⁻¹X)⁻¹ x.

Source: Fay & Herriot (1979), JASA 74, 269-277; Prasad & Rao (1990), JASA 85, 163-171; Datta & Lahiri (2000),
Statistica Sinica 10, 613-627; Datta, Rao & Smith (2005), Biometrika 92, 183-196; Rao & Molina (2015), Small Area
Estimation, chapter 6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from childdata.survey.arrays import Floats

Method = Literal["reml", "ml", "fh", "pr"]
GRID = 161


@dataclass(frozen=True, slots=True, eq=False)
class AreaFit:
    """A fitted area model.

    Attributes
    ----------
    y, psi : arrays (m,); direct estimates and their variances. x : array (m, p).
    sigma2 : variance of the areas' effects. beta : array (p,). covariance : array (p, p), (X'V⁻¹X)⁻¹.
    """

    method: Method
    y: Floats
    psi: Floats
    x: Floats
    sigma2: float
    beta: Floats
    covariance: Floats

    @property
    def gamma(self) -> Floats:
        """σ² / (σ² + ψ), the weight of the direct estimate, array (m,)."""
        return self.sigma2 / (self.sigma2 + self.psi)

    @property
    def eblup(self) -> Floats:
        """γ y + (1 − γ) x'β̂, array (m,)."""
        return self.gamma * self.y + (1 - self.gamma) * self.synthetic(self.x)

    def synthetic(self, x: Floats) -> Floats:
        """x'β̂ of any areas."""
        made: Floats = x @ self.beta
        return made

    def leverage(self, x: Floats) -> Floats:
        """x'(X'V⁻¹X)⁻¹x of any areas, the variance of x'β̂."""
        made: Floats = np.einsum("ij,jk,ik->i", x, self.covariance, x)
        return made

    @property
    def sigma2_variance(self) -> float:
        """V̄, the variance of σ̂² for many areas."""
        v, m = self.sigma2 + self.psi, self.y.size
        if self.method == "fh":
            return float(2 * m / np.sum(1 / v) ** 2)
        if self.method == "pr":
            return float(2 * np.sum(v**2) / m**2)
        return float(2 / np.sum(1 / v**2))

    @property
    def sigma2_bias(self) -> float:
        """b, the bias of σ̂² for many areas."""
        v, m = self.sigma2 + self.psi, self.y.size
        if self.method == "ml":
            inner = (self.x / v[:, None] ** 2).T @ self.x
            return float(-np.trace(self.covariance @ inner) / np.sum(1 / v**2))
        if self.method == "fh":
            first = np.sum(1 / v)
            return float(2 * (m * np.sum(1 / v**2) - first**2) / first**3)
        return 0.0

    @property
    def mse(self) -> Floats:
        """The mean squared error of the EBLUP, array (m,)."""
        v, left = self.sigma2 + self.psi, 1 - self.gamma
        g1, g2 = self.gamma * self.psi, left**2 * self.leverage(self.x)
        g3 = self.psi**2 / v**3 * self.sigma2_variance
        made: Floats = g1 + g2 + 2 * g3 - self.sigma2_bias * left**2
        return made

    @property
    def residuals(self) -> Floats:
        """(y − x'β̂) in standard errors of itself, array (m,); unknown where the regression fits an area exactly."""
        variance = self.sigma2 + self.psi - self.leverage(self.x)
        known = variance > 1e-9 * (self.sigma2 + self.psi)
        apart = self.y - self.synthetic(self.x)
        made: Floats = np.where(known, apart / np.sqrt(np.where(known, variance, 1.0)), np.nan)
        return made

    @property
    def loglik(self) -> float:
        """The log-likelihood at the estimates, of whatever method."""
        return log_likelihood(self.sigma2, self.y, self.psi, self.x)

    @property
    def heterogeneity(self) -> float:
        """Q = Σ (y − x'β̃)² / ψ with σ² = 0: chi-square on m − p if the areas have no effects of their own."""
        beta, _ = weighted(self.y, self.psi, self.x)
        return float(np.sum((self.y - self.x @ beta) ** 2 / self.psi))

    @property
    def likelihood_ratio(self) -> float:
        """2 (l(σ̂²) − l(0)) of the likelihood that was maximised."""
        likelihood = restricted if self.method == "reml" else log_likelihood
        return max(
            0.0, 2 * (likelihood(self.sigma2, self.y, self.psi, self.x) - likelihood(0, self.y, self.psi, self.x))
        )


def fit_areas(y: Floats, psi: Floats, x: Floats, method: Method) -> AreaFit:
    """The area model of direct estimates y (m,) with variances psi (m,), all positive, and auxiliaries x (m, p)."""
    sigma2 = {"reml": _by_likelihood, "ml": _by_likelihood, "fh": _by_moments, "pr": _prasad_rao}[method](
        y, psi, x, method
    )
    beta, covariance = weighted(y, sigma2 + psi, x)
    return AreaFit(method, y, psi, x, sigma2, beta, covariance)


def weighted(y: Floats, v: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Weighted least squares with weights 1/v: coefficients (p,) and (X'V⁻¹X)⁻¹ (p, p)."""
    root = np.sqrt(v)
    q, r = np.linalg.qr(x / root[:, None])
    inverse = np.linalg.inv(r)
    beta: Floats = inverse @ (q.T @ (y / root))
    covariance: Floats = inverse @ inverse.T
    return beta, covariance


def log_likelihood(sigma2: float, y: Floats, psi: Floats, x: Floats) -> float:
    """The log-likelihood, β at its best."""
    v = sigma2 + psi
    beta, _ = weighted(y, v, x)
    return float(-0.5 * (np.sum(np.log(2 * np.pi * v)) + np.sum((y - x @ beta) ** 2 / v)))


def restricted(sigma2: float, y: Floats, psi: Floats, x: Floats) -> float:
    """The restricted log-likelihood, that of m − p contrasts of y."""
    v = sigma2 + psi
    _, covariance = weighted(y, v, x)
    p = x.shape[1]
    constant = p * np.log(2 * np.pi) + np.linalg.slogdet(x.T @ x)[1] + np.linalg.slogdet(covariance)[1]
    return log_likelihood(sigma2, y, psi, x) + 0.5 * float(constant)


def _score(sigma2: float, y: Floats, psi: Floats, x: Floats, method: Method) -> float:
    """The derivative of the likelihood by σ²."""
    v = sigma2 + psi
    beta, covariance = weighted(y, v, x)
    trace = np.sum(1 / v)
    if method == "reml":
        trace -= np.trace(covariance @ ((x / v[:, None] ** 2).T @ x))
    return float(0.5 * (np.sum((y - x @ beta) ** 2 / v**2) - trace))


def _by_likelihood(y: Floats, psi: Floats, x: Floats, method: Method) -> float:
    """The highest of the maxima for σ² ≥ 0; there may be several."""
    likelihood = restricted if method == "reml" else log_likelihood
    size = float(psi.mean()) + float(np.var(y))
    grid = np.concatenate(([0.0], size * np.geomspace(1e-8, 1e3, GRID)))
    values = np.array([likelihood(one, y, psi, x) for one in grid])
    top = int(values.argmax())
    low, high = grid[max(top - 1, 0)], grid[min(top + 1, grid.size - 1)]
    if _score(low, y, psi, x, method) <= 0:
        return 0.0
    return _root(lambda sigma2: _score(sigma2, y, psi, x, method), low, high)


def _by_moments(y: Floats, psi: Floats, x: Floats, method: Method) -> float:
    m, p = x.shape

    def excess(sigma2: float) -> float:
        beta, _ = weighted(y, sigma2 + psi, x)
        return float(np.sum((y - x @ beta) ** 2 / (sigma2 + psi)) - (m - p))

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.var(y)) + float(psi.max())
    while excess(high) > 0:
        high *= 2
    return _root(excess, 0.0, high)


def _prasad_rao(y: Floats, psi: Floats, x: Floats, method: Method) -> float:
    m, p = x.shape
    beta, inverse = weighted(y, np.ones(m), x)
    hat = np.einsum("ij,jk,ik->i", x, inverse, x)
    return max(0.0, float(np.sum((y - x @ beta) ** 2) - np.sum(psi * (1 - hat))) / float(m - p))


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-300, rtol=1e-14, maxiter=500))
