"""The array types of the room, in one place, and the sum by code that everything is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]


def summed(codes: Codes, values: Floats, size: int) -> Floats:
    """The sum of `values` for each code 0 .. size - 1, array (size,).

    >>> summed(np.array([0, 2, 0]), np.array([1.0, 5.0, 2.0]), 3).tolist()
    [3.0, 0.0, 5.0]
    """
    return np.bincount(codes, values, minlength=size).astype(np.float64, copy=False)
