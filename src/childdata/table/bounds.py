"""What can be worked out from knowing between which ends a hidden number lies?

A hidden count is told to be 1 to 4: two of them that add to 2 are both 1, and three that share two sums may be
fixed where no single sum fixes them. `pinned` asks a linear program for the least and the largest value that each
hidden count can have. A share is known to lie between 0 and 1: `at_one_end` finds sums whose hidden shares are all
0, or all 1.

Source: Hundepool et al. (2012), Statistical Disclosure Control, section 4.3 (feasibility intervals).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from childdata.table.sums import Floats, Sum, Truths, filled, systems


def pinned(
    sums: Sequence[Sum],
    hidden: Truths,
    *,
    known: Truths,
    few: Truths,
    counts: Floats,
    most: int,
    asked: Truths | None = None,
) -> Truths:
    """Which of the few can only have one value.

    Parameters
    ----------
    hidden : (nodes,) what is not shown, the few among it.
    known : (nodes,) what a reader knows if it is not hidden.
    few : (nodes,) told to be 1 to `most`; other hidden counts are told to be more.
    asked : (nodes,) those of the few to be looked at; None: all.
    counts : (nodes,) the true counts; NaN only where not known.

    >>> one = [Sum(2, (0, 1))]
    >>> both = np.array([True, True, False])
    >>> every = np.ones(3, dtype=bool)
    >>> pinned(one, both, known=every, few=both, counts=np.array([1.0, 1.0, 2.0]), most=4).tolist()
    [True, True, False]
    >>> pinned(one, both, known=every, few=both, counts=np.array([1.0, 2.0, 3.0]), most=4).tolist()
    [False, False, False]
    """
    found = np.zeros_like(hidden)
    truth = filled(sums, counts)
    asked = few if asked is None else asked & few
    for nodes, matrix in systems(sums, hidden | ~known):
        if asked[nodes].any():
            bounds = [(1, most) if few[node] else (0, None) if not known[node] else (most + 1, None) for node in nodes]
            found[nodes] = _narrow(matrix, truth[nodes], bounds, asked[nodes])
    return found


def _narrow(matrix: Floats, truth: Floats, bounds: Sequence[tuple[int, int | None]], asked: Truths) -> Truths:
    """Those asked about whose least and largest value are closer than one.

    All are moved together first, which tells most of them apart; then each that is left by itself.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    least, largest = truth.copy(), truth.copy()
    sparse: Any = csr_array(matrix)
    right = matrix @ truth

    def move(aim: Floats) -> None:
        solved = linprog(aim, A_eq=sparse, b_eq=right, bounds=bounds, method="highs")
        if solved.status == 0 and solved.x is not None:
            np.minimum(least, solved.x, out=least)
            np.maximum(largest, solved.x, out=largest)

    def close() -> Truths:
        return asked & (largest - least < 1 - 1e-6)

    for sign in (1.0, -1.0):
        move(sign * close().astype(np.float64))
    for place in np.flatnonzero(close()):
        for sign in (1.0, -1.0):
            if close()[place]:
                aim = np.zeros(len(truth))
                aim[place] = sign
                move(aim)
    return close()


def at_one_end(
    sums: Sequence[Sum], hidden: Truths, own: Truths, *, known: Truths, lowest: Truths, highest: Truths
) -> Truths:
    """Nodes of sums whose hidden numbers all stand at the lowest, or all at the highest value there is.

    Parameters
    ----------
    own : (nodes,) those of the hidden that are hidden for their own sake; only these are at risk.

    >>> every, own = np.ones(3, dtype=bool), np.array([True, True, False])
    >>> at_one_end([Sum(2, (0, 1))], own, own, known=every, lowest=own, highest=~every).tolist()
    [True, True, False]
    """
    found = np.zeros_like(hidden)
    for one in sums:
        cells = [place for place in one.cells if hidden[place]]
        if not cells or hidden[one.total] or not all(known[place] for place in one.places()):
            continue
        if lowest[cells].all() or highest[cells].all():
            found[cells] = own[cells]
    return found
