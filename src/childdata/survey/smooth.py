"""The smooth functions that trees are made with: each gives its value and its derivative by each argument.

To add one: a function of arrays that returns the value and a tuple of derivatives, and its line in `FUNCTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from childdata.survey.arrays import Floats

Valued = tuple[Floats, tuple[Floats, ...]]


def _log(x: Floats) -> Valued:
    return np.log(x), (1.0 / x,)


def _exp(x: Floats) -> Valued:
    value = np.exp(x)
    return value, (value,)


def _sqrt(x: Floats) -> Valued:
    value = np.sqrt(x)
    return value, (0.5 / value,)


def _power(x: Floats, exponent: Floats) -> Valued:
    value = x**exponent
    return value, (exponent * x ** (exponent - 1), value * np.log(np.maximum(x, 1e-300)))


def _least(x: Floats, y: Floats) -> Valued:
    """The smaller of two; its derivative is that of the smaller, of the first where they are equal."""
    first = x <= y
    return np.minimum(x, y), (first.astype(np.float64), (~first).astype(np.float64))


def _weighted_log(n: Floats, total: Floats) -> Valued:
    """n log(total/n), the part of a group in the entropy of means; 0 for a group without records."""
    there = n > 0
    mean = np.where(there, total / np.where(there, n, 1.0), 1.0)
    return np.where(there, n * np.log(mean), 0.0), (
        np.where(there, np.log(mean) - 1.0, 0.0),
        np.where(there, 1 / mean, 0.0),
    )


def _tetrachoric(p1: Floats, p2: Floats, p11: Floats) -> Valued:
    """ρ with Φ₂(Φ⁻¹(p1), Φ⁻¹(p2); ρ) = p11; derivatives by the implicit function theorem, ∂Φ₂/∂ρ = φ₂."""
    from scipy.optimize import brentq
    from scipy.special import ndtr, ndtri
    from scipy.stats import multivariate_normal

    p1, p2, p11 = np.broadcast_arrays(np.atleast_1d(p1), np.atleast_1d(p2), np.atleast_1d(p11))
    t1, t2, rho = ndtri(p1), ndtri(p2), np.full(p1.shape, np.nan)

    def miss(r: float, a: float, b: float, p: float) -> float:
        return float(multivariate_normal.cdf([a, b], cov=[[1.0, r], [r, 1.0]], abseps=1e-14, releps=1e-14)) - p

    for place in np.ndindex(p1.shape):
        inside = max(0.0, p1[place] + p2[place] - 1) < p11[place] < min(p1[place], p2[place])
        if inside and np.isfinite(t1[place]) and np.isfinite(t2[place]):
            at = (float(t1[place]), float(t2[place]), float(p11[place]))
            rho[place] = brentq(miss, -1 + 1e-12, 1 - 1e-12, args=at, xtol=1e-15, rtol=1e-14)
    root = np.sqrt(1 - rho**2)
    dense = np.exp(-(t1**2 - 2 * rho * t1 * t2 + t2**2) / (2 * root**2)) / (2 * np.pi * root)
    by_1, by_2 = -ndtr((t2 - rho * t1) / root) / dense, -ndtr((t1 - rho * t2) / root) / dense
    return rho, (by_1, by_2, 1 / dense)


FUNCTIONS: Mapping[str, Callable[..., Valued]] = {
    "log": _log,
    "exp": _exp,
    "sqrt": _sqrt,
    "power": _power,
    "least": _least,
    "weighted_log": _weighted_log,
    "tetrachoric": _tetrachoric,
}
