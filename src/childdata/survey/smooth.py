"""The smooth functions that trees are made with: each gives its value and its derivative by each argument.

To add one: a function of arrays that returns the value and a tuple of derivatives, and its line in `FUNCTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from childdata.survey.arrays import Floats

Valued = tuple[Floats, tuple[Floats, ...]]
EMPTY = 1e-12  # a share below it is what rounding leaves of an empty cell
EQUAL = 1e-14  # two means that differ by less, relatively, are one


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


def _less(x: Floats, y: Floats) -> Valued:
    """x − y, of a mean of squares and a square of means; 0 where they differ by rounding only."""
    left = x - y
    return np.where(np.abs(left) <= EQUAL * np.abs(x), 0.0, left), (np.ones_like(x), -np.ones_like(y))


def _least(x: Floats, y: Floats) -> Valued:
    """The smaller of two; its derivative is that of the smaller, of the first where they are equal."""
    first = x <= y
    return np.minimum(x, y), (first.astype(np.float64), (~first).astype(np.float64))


def _part(x: Floats, y: Floats) -> Valued:
    """x / y; 0 where both are nothing, such as what a group without records has by head."""
    there = y != 0
    inverse = np.where(there, 1.0 / np.where(there, y, 1.0), 0.0)
    value = x * inverse
    return value, (inverse, -value * inverse)


def _weighted_log(n: Floats, total: Floats) -> Valued:
    """n log(total/n), the part of a group in the entropy of means; 0 for a group without records."""
    there = n > 0
    mean = np.where(there, total / np.where(there, n, 1.0), 1.0)
    return np.where(there, n * np.log(mean), 0.0), (
        np.where(there, np.log(mean) - 1.0, 0.0),
        np.where(there, 1 / mean, 0.0),
    )


def _powers(x: Floats, y: Floats, exponent: Floats) -> Valued:
    """x^a y^(1−a), the part of a group in a moment of means; 0 for a group without records. a is a constant."""
    there = (x > 0) & (y > 0)
    x, y = np.where(there, x, 1.0), np.where(there, y, 1.0)
    value = np.where(there, x**exponent * y ** (1 - exponent), 0.0)
    return value, (exponent * value / x, (1 - exponent) * value / y, np.zeros_like(value))


def _excess(cell: Floats, row: Floats, column: Floats, size: Floats) -> Valued:
    """(cell − row·column/size)² / (row·column), a part of φ²; 0 where the row or the column is empty.

    Summed so, and not as Σ cell² / (row·column) − 1, tables near independence keep their digits, and φ² is never
    below 0.
    """
    there = (row > 0) & (column > 0)
    product = np.where(there, row * column, 1.0)
    beyond = np.where(there, cell - row * column / size, 0.0)
    value, by = beyond**2 / product, 2 * beyond / product
    return value, (
        by,
        -by * column / size - value / np.where(there, row, 1.0),
        -by * row / size - value / np.where(there, column, 1.0),
        2 * beyond / size**2,
    )


def _is_there(n: Floats) -> Valued:
    """1 for a category that has records, else 0: a constant to the design."""
    return (n > 0).astype(np.float64), (np.zeros_like(n),)


def _miss(rho: float, h: float, k: float, wanted: float) -> float:
    """Φ₂(h, k; ρ) less what it should be, by the function of Owen (1956), Annals of Math. Statistics 27, 1075-1090."""
    from scipy.special import ndtr, owens_t

    root = np.sqrt(1 - rho**2)
    if h == 0 and k == 0:
        return 0.25 + float(np.arcsin(rho)) / (2 * np.pi) - wanted
    with np.errstate(divide="ignore"):
        parts = owens_t(h, np.float64(k - rho * h) / (h * root)) + owens_t(k, np.float64(h - rho * k) / (k * root))
    opposite = 0.0 if h * k > 0 or (h * k == 0 and h + k >= 0) else 0.5
    return float(0.5 * (ndtr(h) + ndtr(k)) - parts - opposite) - wanted


def _tetrachoric(p1: Floats, p2: Floats, p11: Floats) -> Valued:
    """ρ with Φ₂(Φ⁻¹(p1), Φ⁻¹(p2); ρ) = p11; derivatives by the implicit function theorem, ∂Φ₂/∂ρ = φ₂."""
    from scipy.optimize import brentq
    from scipy.special import ndtr, ndtri

    p1, p2, p11 = np.broadcast_arrays(np.atleast_1d(p1), np.atleast_1d(p2), np.atleast_1d(p11))
    t1, t2, rho = ndtri(p1), ndtri(p2), np.full(p1.shape, np.nan)
    for place in np.ndindex(p1.shape):
        a, b, both = float(p1[place]), float(p2[place]), float(p11[place])
        inside = both > EMPTY and both - (a + b - 1) > EMPTY and min(a, b) - both > EMPTY
        if inside and np.isfinite(t1[place]) and np.isfinite(t2[place]):
            at = (float(t1[place]), float(t2[place]), both)
            rho[place] = brentq(_miss, -1 + 1e-15, 1 - 1e-15, args=at, xtol=1e-15, rtol=1e-14)
    root = np.sqrt(1 - rho**2)
    dense = np.exp(-(t1**2 - 2 * rho * t1 * t2 + t2**2) / (2 * root**2)) / (2 * np.pi * root)
    by_1, by_2 = -ndtr((t2 - rho * t1) / root) / dense, -ndtr((t1 - rho * t2) / root) / dense
    return rho, (by_1, by_2, 1 / dense)


FUNCTIONS: Mapping[str, Callable[..., Valued]] = {
    "log": _log,
    "exp": _exp,
    "sqrt": _sqrt,
    "power": _power,
    "less": _less,
    "least": _least,
    "part": _part,
    "weighted_log": _weighted_log,
    "powers": _powers,
    "excess": _excess,
    "is_there": _is_there,
    "tetrachoric": _tetrachoric,
}
