"""Weighted generalized linear models: coefficients that solve Σ w x s = 0, and their influence.

The score of a record is s = (y − μ) μ′ / V(μ). Scoring works in coordinates in which the columns are orthonormal under
the weights, so that least squares needs one step, and goes on until the coefficients move no more: R's criterion, a
relative change of the deviance of 1e-8, would leave 1e-6 in a standard error. The influence of a record,

    u = A⁻¹ x s,   A = Σ w x xᵀ d,

is the derivative of the coefficients by its weight when d = −∂s/∂η (the observed information); R takes the expected
one, d = μ′² / V(μ). For canonical links (gaussian, logit, Poisson) the two are the same.

Source: Binder (1983), International Statistical Review 51(3), 279-292; McCullagh & Nelder (1989), section 2.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from childdata.survey.arrays import Floats
from childdata.survey.regression.families import Family, Link

Information = Literal["observed", "expected"]

_CLOSE = 1e-9  # of a step of η: the step after it would be its square
_ROUNDING = 1e-14
_MOST_STEPS = 100
_MOST_HALVINGS = 30
_INSIDE = ("logit", "probit", "cloglog", "loglog")


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is fitted, on the records used.

    Attributes
    ----------
    matrix : array (m, p). y, offset : arrays (m,).
    basis : array (m, p); the columns made orthonormal under the weights, matrix = basis · triangle.
    triangle : array (p, p), upper triangular.
    """

    matrix: Floats
    y: Floats
    offset: Floats
    family: Family
    link: Link
    basis: Floats
    triangle: Floats

    @staticmethod
    def of(matrix: Floats, y: Floats, offset: Floats, weight: Floats, family: Family, link: Link) -> Problem:
        """A problem whose columns are linearly independent."""
        from scipy.linalg import solve_triangular

        triangle = triangle_of(matrix, weight)
        basis = np.ascontiguousarray(solve_triangular(triangle, matrix.T, trans="T").T)
        return Problem(matrix, y, offset, family, link, basis, triangle)


def triangle_of(matrix: Floats, weight: Floats) -> Floats:
    """R of the QR decomposition of the columns under the weights, scaled so that RᵀR = Σ w x xᵀ / w̄."""
    root = np.sqrt(weight / weight.mean())
    triangle: Floats = np.asarray(np.linalg.qr(matrix * root[:, None], mode="r"), dtype=np.float64)
    return triangle


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted model.

    Attributes
    ----------
    coefficients : array (p,).
    eta, mean : arrays (m,); the linear predictor with the offset, and μ.
    deviance : Σ w d(y, μ), weights of mean 1.
    steps : of scoring.
    """

    problem: Problem
    weight: Floats
    coefficients: Floats
    eta: Floats
    mean: Floats
    deviance: float
    steps: int

    @property
    def score(self) -> Floats:
        """s = (y − μ) μ′ / V(μ) of each record."""
        return _score(self.problem, self.eta, self.mean)

    def information_inverse(self, kind: Information) -> Floats:
        """A⁻¹ with weights of mean 1, array (p, p): the covariance of a simple random sample, before dispersion."""
        half = self._half(kind)
        inverse: Floats = half @ half.T
        return inverse

    def influence(self, kind: Information) -> Floats:
        """The derivative of each coefficient by the weight of each record used, array (m, p)."""
        from scipy.linalg import cho_solve, solve_triangular

        factor = _factor(self.problem, self.weight, self.eta, self.mean, kind)
        if factor is None:
            raise ArithmeticError("the information is singular")
        scaled = cho_solve((factor, True), solve_triangular(self.problem.triangle, np.eye(self.coefficients.size)).T)
        result: Floats = (self.problem.basis * (self.score / self.weight.mean())[:, None]) @ scaled
        return result

    def _half(self, kind: Information) -> Floats:
        from scipy.linalg import solve_triangular

        factor = _factor(self.problem, self.weight, self.eta, self.mean, kind)
        if factor is None:
            raise ArithmeticError("the information is singular")
        size = self.coefficients.size
        inner = solve_triangular(factor, np.eye(size), lower=True).T
        half: Floats = solve_triangular(self.problem.triangle, inner)
        return half

    @property
    def pearson(self) -> float:
        """Σ w (y − μ)² / V(μ), weights of mean 1."""
        variance = self.problem.family.variance(self.mean)
        weight = self.weight / self.weight.mean()
        return float(np.sum(weight * (self.problem.y - self.mean) ** 2 / variance))


class NoConvergence(ArithmeticError):  # noqa: N818
    """The coefficients grow without end, or the information became singular on the way; `eta` is where it stopped."""

    def __init__(self, eta: Floats) -> None:
        super().__init__("the coefficients did not converge")
        self.eta = eta


def fit_glm(problem: Problem, weight: Floats, *, start: Floats | None = None) -> Fit:
    """The coefficients that maximise the weighted likelihood.

    Parameters
    ----------
    weight : array (m,); zeros are allowed.
    start : coefficients to begin with, such as those of the full sample for a replicate.

    Raises
    ------
    NoConvergence
    """
    if not weight.any():
        raise NoConvergence(np.zeros(0))
    relative = weight / weight.mean()
    place = (
        _Place.at_start(problem, relative) if start is None else _Place.at(problem, relative, problem.triangle @ start)
    )
    near = False
    if start is not None and np.isinf(place.deviance):
        place = _Place.at_start(problem, relative)
    for steps in range(1, _MOST_STEPS + 1):
        kind: Information = "observed" if near else "expected"
        factor = _factor(problem, relative, place.eta, place.mean, kind)
        factor = _factor(problem, relative, place.eta, place.mean, "expected") if factor is None else factor
        if factor is None:
            raise NoConvergence(place.eta)
        moved, size = _moved(problem, relative, place, factor)
        place = moved
        scale = float(np.sqrt(np.mean(relative * (place.eta - problem.offset) ** 2)))
        if size <= _CLOSE * scale or size <= _ROUNDING * (1 + float(np.abs(place.eta).max())):
            coefficients = _back(problem, place.inner)
            return Fit(problem, weight, coefficients, place.eta, place.mean, place.deviance, steps)
        near = near or size <= 1e-2 * scale
    raise NoConvergence(place.eta)


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where scoring stands: coefficients of the orthonormal columns, η, μ and the deviance."""

    inner: Floats
    eta: Floats
    mean: Floats
    deviance: float

    @staticmethod
    def at(problem: Problem, weight: Floats, inner: Floats) -> _Place:
        eta = problem.basis @ inner + problem.offset
        with np.errstate(all="ignore"):
            mean = problem.link.mean(eta)
        if problem.link.name in _INSIDE:
            # a probability that only rounding makes 0 or 1 is one still
            mean = np.clip(mean, 1e-300, 1 - 1e-16)
        if not (np.isfinite(mean) & problem.family.means(mean) | (weight == 0)).all():
            return _Place(inner, eta, mean, np.inf)
        with np.errstate(all="ignore"):
            deviance = float(np.sum(np.where(weight > 0, weight * problem.family.deviance(problem.y, mean), 0.0)))
        return _Place(inner, eta, mean, deviance)

    @staticmethod
    def at_start(problem: Problem, weight: Floats) -> _Place:
        mean = problem.family.start(problem.y, weight)
        with np.errstate(all="ignore"):
            eta = problem.link.of(mean)
        eta = np.where(np.isfinite(eta), eta, 0.0)
        return _Place(np.zeros(problem.basis.shape[1]), eta, problem.link.mean(eta), np.inf)

    @staticmethod
    def level(problem: Problem, weight: Floats) -> _Place:
        """The same mean for all records, as nearly as the columns can say it."""
        mean = np.full(problem.y.size, np.average(problem.y, weights=weight))
        with np.errstate(all="ignore"):
            eta = problem.link.of(mean) - problem.offset
        inner = problem.basis.T @ (weight / weight.mean() * np.where(np.isfinite(eta), eta, 0.0))
        return _Place.at(problem, weight, inner)


def _moved(problem: Problem, weight: Floats, place: _Place, factor: Floats) -> tuple[_Place, float]:
    """One step of scoring, halved until the deviance is no larger; and how far the whole step would move η."""
    from scipy.linalg import cho_solve

    if np.isinf(place.deviance):
        # the first step goes from the means that the responses themselves suggest
        with np.errstate(all="ignore"):
            slope = problem.link.slope(place.eta)
            working = place.eta - problem.offset + (problem.y - place.mean) / slope
            gradient = problem.basis.T @ (weight * slope**2 / problem.family.variance(place.mean) * working)
        origin = np.zeros_like(place.inner)
    else:
        gradient = problem.basis.T @ (weight * _score(problem, place.eta, place.mean))
        origin = place.inner
    step: Floats = cho_solve((factor, True), gradient)
    # a step that has to be halved at the end of what means can be is no sign of convergence
    far = np.linalg.norm(step) if np.isfinite(place.deviance) else np.inf
    allowed = place.deviance + 1e-8 * (abs(place.deviance) + 1e-300)
    for _ in range(_MOST_HALVINGS):
        moved = _Place.at(problem, weight, origin + step)
        if np.isfinite(moved.deviance) and moved.deviance <= allowed:
            break
        step = step / 2
    else:
        moved = _Place.level(problem, weight) if np.isinf(place.deviance) else place
        if np.isinf(moved.deviance) or moved is place:
            raise NoConvergence(place.eta)
    return moved, float(far / np.sqrt(weight.size))


def _score(problem: Problem, eta: Floats, mean: Floats) -> Floats:
    with np.errstate(all="ignore"):
        result: Floats = (problem.y - mean) * problem.link.slope(eta) / problem.family.variance(mean)
    return result


def _factor(problem: Problem, weight: Floats, eta: Floats, mean: Floats, kind: Information) -> Floats | None:
    """The Cholesky factor of Σ w b bᵀ d over the orthonormal columns, weights of mean 1; None if it has none."""
    with np.errstate(all="ignore"):
        slope, variance = problem.link.slope(eta), problem.family.variance(mean)
        curvature = slope**2 / variance
        if kind == "observed":
            bent = problem.link.bend(eta) / variance - slope**2 * problem.family.slope(mean) / variance**2
            curvature = curvature - (problem.y - mean) * bent
        scaled = np.where(weight > 0, weight / weight.mean() * curvature, 0.0)
    if not np.isfinite(scaled).all():
        return None
    information = (problem.basis * scaled[:, None]).T @ problem.basis
    try:
        factor = np.linalg.cholesky(information).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        return None
    diagonal = np.diagonal(factor)
    return factor if diagonal.min() > 1e-9 * max(float(diagonal.max()), 1e-300) else None


def _back(problem: Problem, inner: Floats) -> Floats:
    from scipy.linalg import solve_triangular

    result: Floats = solve_triangular(problem.triangle, inner)
    return result
