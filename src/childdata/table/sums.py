"""Which sums can a reader of a table do?

Cells add to their totals, over every variable of a table, also to totals that no row shows but another block
gives. `holding` keeps the sums that say something about the numbers; `systems` writes them as equations whose
unknowns are the hidden numbers. What they give away is found in `gaps`.

Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4 (secondary cell suppression).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Key = tuple[str, ...]
Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Codes = NDArray[np.intp]

# A label that no file can hold: stands for "all of this variable".
ALL = "\N{NULL}all"
# A total that is less than twice its cells belongs to them, even where some records have no label.
LEAST_COVERED = 0.5
SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum that a reader can do: the place of the total, the places of its cells."""

    total: int
    cells: tuple[int, ...]

    def places(self) -> tuple[int, ...]:
        """Cells first, then the total: the order in which something further is hidden."""
        return (*self.cells, self.total)


def all_nodes(keys: Sequence[Key], *, fixed: int = 0) -> list[Key]:
    """The keys of the rows, then every total over them that no row shows.

    The first `fixed` parts of a key are never added over.

    >>> all_nodes([("Brest", "girls")])[1:] == [(ALL, "girls"), ("Brest", ALL), (ALL, ALL)]
    True
    """
    nodes = dict.fromkeys(keys)
    for key in keys:
        labelled = [place for place in range(fixed, len(key)) if key[place] != ALL]
        for size in range(1, len(labelled) + 1):
            for places in combinations(labelled, size):
                nodes.setdefault(tuple(ALL if p in places else part for p, part in enumerate(key)))
    return list(nodes)


def all_sums(nodes: Sequence[Key]) -> list[Sum]:
    """Every sum over one variable among the nodes, the finest first."""
    place = {node: position for position, node in enumerate(nodes)}
    cells: dict[tuple[int, Key], list[int]] = {}
    for node in nodes:
        for variable, label in enumerate(node):
            total = (*node[:variable], ALL, *node[variable + 1 :])
            if label != ALL and total in place:
                cells.setdefault((variable, total), []).append(place[node])
    found = [Sum(place[total], tuple(members)) for (_, total), members in cells.items()]
    return sorted(found, key=lambda one: nodes[one.total].count(ALL))


def holding(sums: Sequence[Sum], counts: Floats, values: Floats | None = None, *, possible: bool = False) -> list[Sum]:
    """Those sums that hold among the true numbers, so that a reader who does them learns something.

    Parameters
    ----------
    counts : (nodes,) records of each node, NaN where no row shows it; filled from its cells.
    values : (nodes,) values; their sum holds as it is (totals) or weighted by the counts (means, shares).
        None asks about the counts alone.
    possible : the numbers are made of others by arithmetic: what their sum must be cannot be told from
        these counts, but may be known to a reader; every sum is kept.

    A sum of values over cells that do not hold all records of the total (labels unknown) can be done
    roughly at least and is kept; a sum that does not hold (a median, an index) teaches nothing.
    """
    whole = filled(sums, counts)
    values = None if values is None else values.copy()
    kept = []
    for one in sums:
        cells = list(one.cells)
        covered = float(np.nansum(whole[cells]))
        if np.isnan(counts[one.total]) and values is not None and np.isnan(values[one.total]):
            values[one.total] = _mean(values[cells], whole[cells])
        total = whole[one.total]
        if not possible and total > 0 and not LEAST_COVERED <= covered / total <= 1 + SAME:
            continue
        if possible or values is None or covered < total * (1 - SAME) or _adds(one, values, whole):
            kept.append(one)
    return kept


def filled(sums: Iterable[Sum], counts: Floats) -> Floats:
    """The counts with the totals that no row shows: the largest sum of cells (other sums lack a label).

    >>> filled([Sum(4, (0, 1)), Sum(4, (2, 3))], np.array([3.0, 5.0, 4.0, 5.0, np.nan])).tolist()
    [3.0, 5.0, 4.0, 5.0, 9.0]
    """
    result = counts.copy()
    for one in sums:
        if np.isnan(counts[one.total]):
            result[one.total] = np.fmax(result[one.total], np.nansum(result[list(one.cells)]))
    return result


def _mean(values: Floats, counts: Floats) -> float:
    known = ~np.isnan(values) & (counts > 0)
    return float(np.average(values[known], weights=counts[known])) if known.any() else np.nan


def _adds(one: Sum, values: Floats, counts: Floats) -> bool:
    cells = list(one.cells)
    total = values[one.total]
    if np.isnan(total):
        return True
    as_mean = _mean(values[cells], counts[cells])
    plain = float(np.nansum(values[cells]))
    return bool(np.isclose(as_mean, total, rtol=SAME, atol=1e-12) or np.isclose(plain, total, rtol=SAME, atol=1e-12))


def systems(sums: Sequence[Sum], unknown: Truths) -> list[tuple[Codes, Floats]]:
    """The sums as matrices over the unknown nodes that hang together: +1 for a cell, -1 for the total.

    Returns
    -------
    For each system the nodes (k,) and the matrix (sums, k).
    """
    found = []
    for nodes, rows in _blocks(sums, unknown):
        place = {node: position for position, node in enumerate(nodes)}
        matrix = np.zeros((len(rows), len(nodes)))
        for row, one in enumerate(rows):
            cells = [place[node] for node in one.cells if unknown[node]]
            matrix[row, cells] = 1.0
            if unknown[one.total]:
                matrix[row, place[one.total]] = -1.0
        found.append((np.array(nodes, dtype=np.intp), matrix))
    return found


def _blocks(sums: Sequence[Sum], unknown: Truths) -> list[tuple[list[int], list[Sum]]]:
    """Unknown nodes that hang together by sums, with those sums: small systems instead of a large one."""
    block_of: dict[int, int] = {}
    blocks: dict[int, tuple[list[int], list[Sum]]] = {}
    for number, one in enumerate(sums):
        nodes = [node for node in one.places() if unknown[node]]
        if not nodes:
            continue
        blocks[number] = ([], [one])
        for node in nodes:
            old = block_of.get(node)
            if old is None:
                blocks[number][0].append(node)
                block_of[node] = number
            elif old != number:
                merged, their_sums = blocks.pop(old)
                blocks[number][0].extend(merged)
                blocks[number][1].extend(their_sums)
                block_of.update(dict.fromkeys(merged, number))
    return list(blocks.values())
