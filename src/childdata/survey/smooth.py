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


FUNCTIONS: Mapping[str, Callable[..., Valued]] = {
    "log": _log,
    "exp": _exp,
    "sqrt": _sqrt,
    "power": _power,
    "least": _least,
}
