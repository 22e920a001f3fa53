"""Cumulative link models of ordered categories: proportional odds, and the same with other links.

    g(P(Y ≤ k)) = ζ_k − x β,   ζ_1 < ζ_2 < ... ,

so that a larger xβ makes higher categories likelier. The log-likelihood Σ w log(F(ζ_y − xβ) − F(ζ_{y−1} − xβ)) is
concave for these links; it is climbed by Newton's method with analytic derivatives until the gradient is rounding. The
influence of a record is H⁻¹ times its score, H the observed information of coefficients and thresholds together.

Source: McCullagh (1980), JRSS B 42(2), 109-142; Binder (1983), International Statistical Review 51(3), 279-292.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Codes, Floats
from childdata.survey.regression.families import LINKS
from childdata.survey.regression.glm import NoConvergence, triangle_of

_MOST_STEPS = 200
_MOST_HALVINGS = 40
ORDINAL_LINKS = ("logit", "probit", "cloglog", "loglog")


@dataclass(frozen=True, slots=True)
class Latent:
    """A distribution F on the line, with log-density derivatives: what a threshold is laid into.

    Attributes
    ----------
    below, above : F(a), 1 − F(a). density, bend : f(a), f′(a).
    """

    below: Callable[[Floats], Floats]
    above: Callable[[Floats], Floats]
    density: Callable[[Floats], Floats]
    bend: Callable[[Floats], Floats]


def _latent(name: str, mirror: str) -> Latent:
    """The distribution whose F is the inverse of a link; 1 − F(a) is the inverse of its mirror at −a."""
    link, mirrored = LINKS[name], LINKS[mirror]
    return Latent(link.mean, lambda a: mirrored.mean(-a), link.slope, link.bend)


_MIRROR = {"logit": "logit", "probit": "probit", "cloglog": "loglog", "loglog": "cloglog"}
_LATENT: Mapping[str, Latent] = {name: _latent(name, mirror) for name, mirror in _MIRROR.items()}


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalProblem:
    """What is fitted, on the records used.

    Attributes
    ----------
    matrix : array (m, p), without an intercept. y : array (m,) of codes 0 .. categories − 1. offset : array (m,).
    basis, triangle : matrix − its weighted mean = basis · triangle, orthonormal under the weights.
    centre : array (p,), the weighted mean of the columns.
    """

    matrix: Floats
    y: Codes
    offset: Floats
    categories: int
    link: str
    basis: Floats
    triangle: Floats
    centre: Floats

    @staticmethod
    def of(matrix: Floats, y: Codes, offset: Floats, categories: int, weight: Floats, link: str) -> OrdinalProblem:
        """A problem whose columns, with a constant, are linearly independent."""
        from scipy.linalg import solve_triangular

        centre = np.average(matrix, axis=0, weights=weight) if matrix.shape[1] else np.zeros(0)
        centred = matrix - centre
        triangle = triangle_of(centred, weight) if matrix.shape[1] else np.zeros((0, 0))
        basis = solve_triangular(triangle, centred.T, trans="T").T if matrix.shape[1] else centred
        return OrdinalProblem(matrix, y, offset, categories, link, np.ascontiguousarray(basis), triangle, centre)


def check_link(link: str | None) -> str:
    """The link of a cumulative model; `logit` where none is named.

    Raises
    ------
    EstimationError
    """
    if link is not None and link not in ORDINAL_LINKS:
        raise EstimationError(f"family 'ordinal' has the links {', '.join(ORDINAL_LINKS)}; found {link!r}")
    return link or "logit"


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalFit:
    """A fitted cumulative model.

    Attributes
    ----------
    coefficients : array (p + categories − 1,): β, then the thresholds ζ.
    eta : array (m,); xβ with the offset.
    deviance : −2 Σ w log P(Y = y), weights of mean 1.
    gradient : array (p + categories − 1,); Σ w ∂ log P / ∂(β, ζ) at the coefficients, in orthonormal columns.
    """

    problem: OrdinalProblem
    weight: Floats
    coefficients: Floats
    inner: Floats
    eta: Floats
    deviance: float
    gradient: Floats
    steps: int

    def influence(self) -> Floats:
        """The derivative of each coefficient and threshold by the weight of each record used."""
        _, scores, information = _derivatives(self.problem, self.weight / self.weight.mean(), self.inner)
        inner = np.linalg.solve(information, scores.T).T / self.weight.mean()
        result: Floats = inner @ _outward(self.problem)
        return result

    def information_inverse(self) -> Floats:
        """H⁻¹ with weights of mean 1."""
        _, _, information = _derivatives(self.problem, self.weight / self.weight.mean(), self.inner)
        outward = _outward(self.problem)
        result: Floats = outward.T @ np.linalg.solve(information, outward)
        return result

    def probabilities(self, eta: Floats) -> Floats:
        """P(Y = k) of each category for linear predictors without the thresholds, array (rows, categories)."""
        return category_probabilities(self.problem.link, self.coefficients[self.problem.matrix.shape[1] :], eta)


def category_probabilities(link: str, thresholds: Floats, eta: Floats) -> Floats:
    """P(Y = k) for each category, array (rows, categories)."""
    latent = _LATENT[link]
    at = thresholds - eta[:, None]
    lower = np.hstack([np.full((eta.size, 1), -np.inf), at])
    upper = np.hstack([at, np.full((eta.size, 1), np.inf)])
    return _between(latent, lower, upper)


def probability_slopes(link: str, thresholds: Floats, eta: Floats) -> tuple[Floats, Floats]:
    """Derivatives of the probabilities: by η, array (rows, categories), and by each threshold, (..., thresholds)."""
    latent = _LATENT[link]
    at = thresholds - eta[:, None]
    density = latent.density(at)
    padded = np.pad(density, ((0, 0), (1, 1)))
    by_eta = padded[:, :-1] - padded[:, 1:]
    by_threshold = np.zeros((eta.size, thresholds.size + 1, thresholds.size))
    places = np.arange(thresholds.size)
    by_threshold[:, places, places] = density
    by_threshold[:, places + 1, places] = -density
    return by_eta, by_threshold


def _between(latent: Latent, lower: Floats, upper: Floats) -> Floats:
    """F(upper) − F(lower), from the side on which little cancels."""
    with np.errstate(all="ignore"):
        right = lower > 0
        result: Floats = np.where(
            right, latent.above(lower) - latent.above(upper), latent.below(upper) - latent.below(lower)
        )
    return result


def fit_ordinal(problem: OrdinalProblem, weight: Floats, *, start: Floats | None = None) -> OrdinalFit:
    """The coefficients and thresholds that maximise the weighted likelihood.

    Raises
    ------
    NoConvergence
    """
    if not weight.any():
        raise NoConvergence(np.zeros(0))
    relative = weight / weight.mean()
    inner = _start(problem, relative) if start is None else _inward(problem, start)
    value, scores, information = _derivatives(problem, relative, inner)
    if not np.isfinite(value):
        inner = _start(problem, relative)
        value, scores, information = _derivatives(problem, relative, inner)
    for steps in range(1, _MOST_STEPS + 1):
        gradient = relative @ scores
        step = _newton(information, gradient, problem, inner)
        moved, new = value, inner
        for _ in range(_MOST_HALVINGS):
            new = inner + step
            moved, scores, information = _derivatives(problem, relative, new)
            if moved >= value - 1e-9 * abs(value):
                break
            step = step / 2
        else:
            raise NoConvergence(_eta(problem, inner))
        value, inner = moved, new
        if np.abs(step).max() <= 1e-9 * (1 + np.abs(inner).max()):
            return _done(problem, weight, inner, value, relative @ scores, steps)
    raise NoConvergence(_eta(problem, inner))


def _done(
    problem: OrdinalProblem, weight: Floats, inner: Floats, value: float, gradient: Floats, steps: int
) -> OrdinalFit:
    coefficients = inner @ _outward(problem)
    columns = problem.matrix.shape[1]
    eta = problem.matrix @ coefficients[:columns] + problem.offset
    return OrdinalFit(problem, weight, coefficients, inner, eta, -2 * value, gradient, steps)


def _newton(information: Floats, gradient: Floats, problem: OrdinalProblem, inner: Floats) -> Floats:
    try:
        step: Floats = np.linalg.solve(information, gradient).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        raise NoConvergence(_eta(problem, inner)) from None
    if not np.isfinite(step).all():
        raise NoConvergence(_eta(problem, inner))
    return step


def _eta(problem: OrdinalProblem, inner: Floats) -> Floats:
    result: Floats = problem.basis @ inner[: problem.basis.shape[1]]
    return result


def _start(problem: OrdinalProblem, weight: Floats) -> Floats:
    """β = 0 and the thresholds of the categories' shares."""
    shares = np.bincount(problem.y, weight, minlength=problem.categories) / weight.sum()
    below = np.clip(np.cumsum(shares)[:-1], 1e-8, 1 - 1e-8)
    centre = np.average(problem.offset, weights=weight)
    thresholds = LINKS[problem.link].of(below) + centre
    return np.concatenate([np.zeros(problem.basis.shape[1]), thresholds])


def _inward(problem: OrdinalProblem, coefficients: Floats) -> Floats:
    """Coefficients and thresholds of the columns as they are, in inner coordinates."""
    result: Floats = np.linalg.solve(_outward(problem).T, coefficients).astype(np.float64, copy=False)
    return result


def _outward(problem: OrdinalProblem) -> Floats:
    """The matrix that turns rows of inner coordinates into coefficients and thresholds of the columns as they are.

    xβ = (x − c)β + cβ: the thresholds of centred columns are smaller by cβ.
    """
    columns, thresholds = problem.basis.shape[1], problem.categories - 1
    result = np.eye(columns + thresholds)
    if columns:
        back = np.linalg.solve(problem.triangle, np.eye(columns))
        result[:columns, :columns] = back.T
        result[:columns, columns:] = (back.T @ problem.centre)[:, None]
    return result


def _derivatives(problem: OrdinalProblem, weight: Floats, inner: Floats) -> tuple[float, Floats, Floats]:
    """The weighted log-likelihood, the score of each record, and the observed information."""
    columns = problem.basis.shape[1]
    thresholds = np.concatenate([[-np.inf], inner[columns:], [np.inf]])
    eta = problem.basis @ inner[:columns] + problem.offset
    latent = _LATENT[problem.link]
    lower, upper = thresholds[problem.y] - eta, thresholds[problem.y + 1] - eta
    share = _between(latent, lower, upper)
    size = columns + problem.categories - 1
    if not (share[weight > 0] > 0).all() or (np.diff(inner[columns:]) <= 0).any():
        return -np.inf, np.zeros((eta.size, size)), np.eye(size)
    share = np.where(share > 0, share, 1.0)
    value = float(np.sum(weight * np.log(share)))
    ends = [(lower, problem.y - 1, -1.0), (upper, problem.y, 1.0)]
    slopes = [np.where(np.isfinite(at), sign * latent.density(_finite(at)) / share, 0.0) for at, _, sign in ends]
    bends = [np.where(np.isfinite(at), sign * latent.bend(_finite(at)) / share, 0.0) for at, _, sign in ends]
    # the gradient of each end by (β, ζ): −x for β, 1 for its own threshold
    scores = np.zeros((eta.size, size))
    scores[:, :columns] = -problem.basis * (slopes[0] + slopes[1])[:, None]
    information = np.zeros((size, size))
    for (_, place, _), slope, bend in zip(ends, slopes, bends, strict=True):
        chosen = (place >= 0) & (place < problem.categories - 1)
        records = np.flatnonzero(chosen)
        scores[records, columns + place[records]] += slope[records]
        design = np.zeros((eta.size, size))
        design[:, :columns] = -problem.basis
        design[records, columns + place[records]] = 1.0
        information -= (design * (weight * bend)[:, None]).T @ design
    information += (scores * weight[:, None]).T @ scores
    return value, scores, information


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0.0)
