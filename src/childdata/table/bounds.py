"""What can be worked out from knowing between which ends a hidden number lies?

A hidden count is told to be 1 to 4: two of them that add to 2 are both 1, and three that share two sums may be
fixed where no single sum fixes them. `pinned` asks a linear program for the least and the largest value that each
hidden count can have. A share is known to lie between 0 and 1: `at_one_end` finds sums whose hidden shares are all
0, or all 1.

Source: Hundepool et al. (2012), Statistical Disclosure Control, section 4.3 (feasibility intervals).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from childdata.table.sums import Floats, Sum, Truths, systems


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
    from scipy.optimize import linprog

    found = np.zeros_like(hidden)
    truth = _completed(sums, counts)
    asked = few if asked is None else asked
    for nodes, matrix in systems(sums, hidden | ~known):
        if not asked[nodes].any():
            continue
        right = matrix @ truth[nodes]
        bounds = [(1, most) if few[node] else (0, None) if not known[node] else (most + 1, None) for node in nodes]
        least, largest = truth[nodes].copy(), truth[nodes].copy()
        for place in np.flatnonzero(asked[nodes]):
            for sign in (1.0, -1.0):
                if largest[place] - least[place] >= 1 - 1e-6:
                    break
                aim = np.zeros(len(nodes))
                aim[place] = sign
                solved = linprog(aim, A_eq=matrix, b_eq=right, bounds=bounds, method="highs")
                if solved.status == 0 and solved.x is not None:
                    least, largest = np.minimum(least, solved.x), np.maximum(largest, solved.x)
        found[nodes] = asked[nodes] & (largest - least < 1 - 1e-6)
    return found


def _completed(sums: Sequence[Sum], counts: Floats) -> Floats:
    """Counts with the totals that no row shows filled from their cells."""
    result = counts.copy()
    for one in sums:
        if np.isnan(result[one.total]):
            result[one.total] = np.nansum(result[list(one.cells)])
    return result


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
