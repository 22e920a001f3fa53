"""Hadamard matrices: which half-samples of the strata are balanced against each other?

H has entries +1 and −1 and orthogonal rows, H Hᵀ = n I. Three constructions and their Kronecker products give
195 of the 250 multiples of 4 up to 1000 (the first that is missing is 92):

- Sylvester (1867): the doubling of a matrix, [[H, H], [H, −H]];
- Paley (1933) I: order q + 1 for a prime power q ≡ 3 (mod 4);
- Paley (1933) II: order 2(q + 1) for a prime power q ≡ 1 (mod 4).

Source: Hedayat, Sloane & Stufken (1999), Orthogonal Arrays, chapter 7; their use for half-samples, McCarthy (1969),
Review of the International Statistical Institute 37, 239-264.
"""

from __future__ import annotations

from functools import cache
from itertools import count, product

import numpy as np
from numpy.typing import NDArray

Signs = NDArray[np.int8]


def hadamard(order: int) -> Signs:
    """The Hadamard matrix of an order that `available_order` gives, array (order, order) of +1 and −1.

    Its first row and first column are all +1.

    >>> hadamard(4).tolist()
    [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
    """
    made = _made(order)
    made = made * made[:, :1]
    return made * made[:1]


def available_order(least: int) -> int:
    """The smallest order of at least `least` that can be made.

    >>> [available_order(least) for least in (1, 3, 13, 89, 92)]
    [1, 4, 16, 96, 96]
    """
    return next(order for order in count(max(least, 1)) if _recipe(order) is not None)


@cache
def _recipe(order: int) -> tuple[str, int] | None:
    """How an order is made: ("one", 1), ("paley I", q), ("paley II", q), ("product", the smaller order), or not."""
    if order not in (1, 2) and order % 4:
        return None
    if order == 1:
        return ("one", 1)
    if order == 2 or _recipe(order // 2) is not None:
        return ("product", 2)
    if _is_power(order - 1):
        return ("paley I", order - 1)
    half = order // 2 - 1
    if half % 4 == 1 and _is_power(half):
        return ("paley II", half)
    parts = (part for part in range(4, int(order**0.5) + 1, 4) if order % part == 0)
    return next((("product", part) for part in parts if _recipe(part) and _recipe(order // part)), None)


def _made(order: int) -> Signs:
    recipe = _recipe(order)
    if recipe is None:
        raise ValueError(f"no construction gives a Hadamard matrix of order {order}; next: {available_order(order)}")
    how, size = recipe
    if how == "paley I":
        return _paley_first(size)
    if how == "paley II":
        return _paley_second(size)
    if how == "one":
        return np.ones((1, 1), dtype=np.int8)
    small = np.array([[1, 1], [1, -1]], dtype=np.int8) if size == 2 else _made(size)
    return np.kron(_made(order // size), small)


def _paley_first(q: int) -> Signs:
    """I + S, where S borders the (skew) characters of the differences with +1 above and −1 to the left."""
    matrix = np.ones((q + 1, q + 1), dtype=np.int8)
    matrix[1:, 0] = -1
    matrix[1:, 1:] = _characters(q) + np.eye(q, dtype=np.int8)
    return matrix


def _paley_second(q: int) -> Signs:
    """C ⊗ [[1, 1], [1, −1]] + I ⊗ [[1, −1], [−1, −1]], where C borders the (symmetric) characters with +1."""
    border = np.ones((q + 1, q + 1), dtype=np.int8)
    border[1:, 1:] = _characters(q)
    border[0, 0] = 0
    turn, corner = np.array([[1, 1], [1, -1]], dtype=np.int8), np.array([[1, -1], [-1, -1]], dtype=np.int8)
    return np.kron(border, turn) + np.kron(np.eye(q + 1, dtype=np.int8), corner)


def _characters(q: int) -> Signs:
    """χ(a − b) for all elements a, b of the field of q elements: 1 for a square, −1 for none, 0 for zero."""
    prime, degree = _power_of(q)
    difference = np.zeros((q, q), dtype=np.int32)
    for place in range(degree):
        digit = (np.arange(q, dtype=np.int32) // prime**place) % prime
        difference += (digit[:, None] - digit) % prime * prime**place
    character = np.full(q, -1, dtype=np.int8)
    character[0] = 0
    character[_powers(prime, degree)[::2]] = 1
    chosen: Signs = character[difference]
    return chosen


def _powers(prime: int, degree: int) -> list[int]:
    """All q − 1 nonzero elements of the field, as powers of one: every second of them is a square.

    An element is a number with `degree` digits to the base `prime`, the coefficients of a polynomial. The field is
    found by trying monic polynomials until the powers of x run through all elements: then it is primitive.
    """
    size = prime**degree
    for low in product(range(prime), repeat=degree):
        element, powers = [1] + [0] * (degree - 1), [1]
        while len(powers) < size:
            top = element[-1]
            shifted = [0, *element[:-1]]
            element = [(digit - top * part) % prime for digit, part in zip(shifted, low, strict=True)]
            number = sum(digit * prime**place for place, digit in enumerate(element))
            if number in (0, 1):
                break
            powers.append(number)
        if len(powers) == size - 1 and number == 1:
            return powers
    raise ValueError(f"no primitive polynomial of degree {degree} over {prime}")


def _is_power(number: int) -> bool:
    """Whether an odd number is a power of a prime."""
    return number >= 3 and number % 2 == 1 and _power_of(number)[0] > 0


@cache
def _power_of(number: int) -> tuple[int, int]:
    """(p, k) where a number of 3 or more is pᵏ for an odd prime p; (0, 0) where it is not."""
    prime = next((one for one in range(3, int(number**0.5) + 1, 2) if number % one == 0), number)
    degree, rest = 0, number
    while rest % prime == 0:
        degree, rest = degree + 1, rest // prime
    return (prime, degree) if rest == 1 else (0, 0)
