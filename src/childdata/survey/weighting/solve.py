"""Which λ meets the totals? Newton's method on the function whose gradient is what is still missing.

φ(λ) = Σ d v ∫F(xᵀλ/v) − tᵀλ is convex, with gradient Σ d F x − t and second derivative Σ d F'/v x xᵀ. A step that
would not bring the totals nearer is halved; where bounds leave no curvature, that of the free distance helps out. The
columns are brought to one length first, so that units of measurement have no part in it.

Source: Deville, Särndal & Sautory (1993), Journal of the American Statistical Association 88, 1013-1020, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.adjustment import inverse, scaled
from childdata.survey.arrays import Floats
from childdata.survey.weighting.distance import Distance

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_HALVINGS = 40
_CONTRADICTION = 1e-8
_EXACT = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A calibration to be solved.

    Attributes
    ----------
    matrix : sparse array (n, p); X.
    totals : array (p,); t.
    names : of the columns, for messages.
    weight : array (n,); d, above zero in some.
    distance : F and its bounds.
    variance : array (n,); v.
    """

    matrix: csr_array
    totals: Floats
    names: tuple[str, ...]
    weight: Floats
    distance: Distance
    variance: Floats

    def missing(self, ratio: Floats) -> Floats:
        """t − Σ d g x, array (p,)."""
        left: Floats = self.totals - self.matrix.T @ (self.weight * ratio)
        return left

    def relative(self, ratio: Floats) -> Floats:
        """What is missing as a part of the total, or of the sum of sizes where that is larger, array (p,)."""
        size = np.maximum(np.abs(self.totals), abs(self.matrix).T @ np.abs(self.weight * ratio))
        part: Floats = np.divide(-self.missing(ratio), size, out=np.zeros_like(size), where=size > 0)
        return part


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The ratios g (n,) of new to old weight, the steps taken, and the largest relative miss."""

    ratio: Floats
    iterations: int
    miss: float


def solve(problem: Problem, *, tolerance: float, iterations: int) -> Solved:
    """The ratios that meet the totals.

    Raises
    ------
    EstimationError for totals that contradict each other or cannot be met within the bounds, naming the constraint
    that is furthest off; or if there is no convergence.
    """
    search = _Search(problem)
    refuse_contradiction(problem, search)
    refuse_out_of_reach(problem)
    point = search.start()
    for step in range(iterations + 1):
        found = search.solved(point, step)
        moved = None if found.miss <= _EXACT else search.step(point)
        if found.miss <= tolerance:
            # one step more costs little, and Newton's steps square the miss
            finer = found if moved is None else search.solved(moved, step)
            return finer if finer.miss < found.miss else found
        if moved is None:
            break
        point = moved
    raise _not_met(problem, problem.relative(found.ratio), step)


class _Search:
    """The function to be made small, in columns of one length."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        quadratic = problem.weight / problem.variance
        squares = np.asarray((problem.matrix.power(2)).T @ np.abs(quadratic))
        self.unit = np.divide(1.0, np.sqrt(squares), out=np.zeros_like(squares), where=squares > 0)
        self.matrix = problem.matrix @ _diagonal(self.unit)
        self.totals = problem.totals * self.unit
        self.free = self._curvature(quadratic)

    def direction(self, point: Floats) -> Floats:
        """u = xᵀλ/v of every record."""
        u: Floats = (self.matrix @ point) / self.problem.variance
        return u

    def solved(self, point: Floats, iterations: int) -> Solved:
        """The ratios at a point, and how far they are from the totals."""
        ratio = self.problem.distance.ratio(self.direction(point))
        return Solved(ratio, iterations, float(np.abs(self.problem.relative(ratio)).max(initial=0.0)))

    def start(self) -> Floats:
        """λ = 0; for raking what brings the weights to the totals' order of size, where a constant can do so."""
        problem = self.problem
        nothing = np.zeros(self.totals.size)
        if problem.distance.method != "raking":
            return nothing
        estimated = np.asarray(problem.matrix.T @ problem.weight)
        both = (estimated > 0) & (problem.totals > 0)
        if not both.any():
            return nothing
        wanted = np.log(problem.totals[both].sum() / estimated[both].sum())
        start: Floats = inverse_dense(self.free) @ (self.matrix.T @ (problem.weight * wanted))
        return start if self._value(start) < self._value(nothing) else nothing

    def step(self, point: Floats) -> Floats | None:
        """A point with a smaller value or gradient, or None if there is none."""
        u = self.direction(point)
        gradient = self._gradient(u)
        value, size = self._value(point), float(np.abs(gradient).max())
        curvature = self._curvature(self.problem.weight / self.problem.variance * self.problem.distance.derivative(u))
        for damping in (0.0, 1e-3, 0.1, 10.0):
            move = -(inverse_dense(curvature + damping * self.free) @ gradient)
            slope = float(gradient @ move)
            if damping < 10 and -slope < 1e-8 * size**2:
                continue
            for _ in range(_HALVINGS):
                new = point + move
                if self._value(new) <= value + 1e-4 * slope or self._size(new) < 0.9 * size:
                    return new
                move, slope = move / 2, slope / 2
        return None

    def _gradient(self, u: Floats) -> Floats:
        gradient: Floats = self.matrix.T @ (self.problem.weight * self.problem.distance.ratio(u)) - self.totals
        return gradient

    def _size(self, point: Floats) -> float:
        return float(np.abs(self._gradient(self.direction(point))).max())

    def _value(self, point: Floats) -> float:
        weights = self.problem.weight * self.problem.variance
        with np.errstate(over="ignore"):
            value = float(weights @ self.problem.distance.integral(self.direction(point)) - self.totals @ point)
        return value if np.isfinite(value) else np.inf

    def _curvature(self, weight: Floats) -> Floats:
        curvature: Floats = (self.matrix.T @ scaled(self.matrix, weight)).toarray()
        return curvature


def _diagonal(values: Floats) -> csr_array:
    from scipy.sparse import diags_array

    return diags_array(values).tocsr()


def inverse_dense(products: Floats) -> Floats:
    """A generalised inverse of a dense symmetric matrix."""
    from scipy.sparse import csr_array

    found = inverse(csr_array(products))
    return found if isinstance(found, np.ndarray) else found.toarray()


def refuse_contradiction(problem: Problem, search: _Search) -> None:
    """Refuse totals of auxiliaries that depend on each other in the sample, but not in the totals.

    Raises
    ------
    EstimationError that names the auxiliaries of the dependency.
    """
    empty = [
        name for name, unit, total in zip(problem.names, search.unit, problem.totals, strict=True) if not unit and total
    ]
    if empty:
        raise EstimationError(
            f"{_named(empty)} is zero in all records of positive weight, so that no weights give it a total; "
            "leave it out"
        )
    values, vectors = np.linalg.eigh(search.free)
    null = vectors[:, values <= max(values[-1], 0.0) * 1e-13 * values.size]
    start = np.asarray(search.matrix.T @ problem.weight)
    apart = null @ (null.T @ (search.totals - start))
    size = max(float(np.abs(search.totals).max(initial=0.0)), float(np.abs(start).max(initial=0.0)))
    if np.abs(apart).max(initial=0.0) <= _CONTRADICTION * size:
        return
    part = [name for name, off in zip(problem.names, np.abs(apart), strict=True) if off > 0.1 * np.abs(apart).max()]
    raise EstimationError(
        f"totals of {_named(part)} contradict each other: in the sample these auxiliaries depend on one another "
        "(one is the sum of others, or is constant), and their totals do not; correct the totals, or leave one out"
    )


def refuse_out_of_reach(problem: Problem) -> None:
    """Refuse a total that no weights within the bounds can give, even on its own.

    Raises
    ------
    EstimationError that names the total furthest off, with what the bounds allow.
    """
    low, high = problem.distance.low, problem.distance.high
    if problem.distance.method == "raking":
        low = np.maximum(low, 0.0)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return
    positive, negative = problem.matrix.maximum(0).T, problem.matrix.minimum(0).T
    least = positive @ (problem.weight * low) + negative @ (problem.weight * high)
    most = positive @ (problem.weight * high) + negative @ (problem.weight * low)
    size = np.maximum(np.maximum(np.abs(least), np.abs(most)), np.abs(problem.totals))
    size = np.where(size > 0, size, 1.0)
    beyond = np.maximum(least - problem.totals, problem.totals - most) / size
    worst = int(beyond.argmax())
    if beyond[worst] > 1e-12:
        raise EstimationError(
            f"the bounds cannot be kept: within them the total of {problem.names[worst]!r} lies between "
            f"{least[worst]:.6g} and {most[worst]:.6g}, and {problem.totals[worst]:.12g} is wanted; widen the bounds, "
            "or bring the weights to the size of the population first"
        )


def _not_met(problem: Problem, misses: Floats, iterations: int) -> EstimationError:
    worst = int(np.abs(misses).argmax())
    bounded = np.isfinite(problem.distance.low).any() or np.isfinite(problem.distance.high).any()
    advice = "widen the bounds, " if bounded else ""
    return EstimationError(
        f"calibration did not converge in {iterations} iterations; furthest off is the total of "
        f"{problem.names[worst]!r}, {misses[worst]:+.2%} of {problem.totals[worst]:.12g}; "
        f"{advice}join small categories, leave an auxiliary out, or allow more iterations"
    )


def _named(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
