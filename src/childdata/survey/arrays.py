"""The array types of the room, in one place, and the sum by code that everything is made of."""

from __future__ import annotations

from typing import Any

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


def added(values: Floats, codes: Codes, size: int) -> Floats:
    """As `summed`, where the codes come in order: each run is added up at once.

    >>> added(np.array([1.0, 2.0, 5.0]), np.array([0, 0, 2]), 3).tolist()
    [3.0, 0.0, 5.0]
    """
    result = np.zeros(size)
    if values.size:
        begin = np.searchsorted(codes, np.arange(size + 1))
        there = np.flatnonzero(np.diff(begin))
        result[there] = np.add.reduceat(values, begin[there])
    return result


def short(codes: Codes, size: int) -> NDArray[np.signedinteger[Any]]:
    """Codes below `size` in 16 bits where they fit: numpy sorts those by their digits, in one pass.

    >>> short(np.array([2, 0]), 3).dtype
    dtype('int16')
    """
    return codes.astype(np.int16) if size < 1 << 15 else codes
