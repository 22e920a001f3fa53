"""The value of a statistic under every replicate weight: the same tree at the totals of each replicate.

A total under all replicates is one product, of its sums by unit with the factors by unit and replicate; the records
are added up once. A ranked leaf keeps its order and is solved once for each replicate.
"""

from __future__ import annotations

import numpy as np

from childdata.survey.arrays import Floats
from childdata.survey.measure import Seen
from childdata.survey.reduce import Grouped
from childdata.survey.replicates import Replicates
from childdata.survey.statistic import Count, Leaf, Node, Ranked, Total, Whole, evaluate

_DENSE = 20_000_000  # cells of sums by row and unit that are multiplied as they are: 160 MB


def replicate_values(node: Node, seen: Seen, replicates: Replicates) -> Floats:
    """The value of a tree in each row under each replicate weight.

    Parameters
    ----------
    seen : whose pairs are made of the units of `replicates`.

    Returns
    -------
    array (R, rows); unknown where a replicate gives none.
    """
    found = Repeated(seen, replicates)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = evaluate(node, found.value)
    value = np.broadcast_to(value, (replicates.size, seen.grouped.size)).astype(np.float64)
    return np.where(np.isfinite(value), value, np.nan)


class Repeated:
    """The leaves of a statistic under every replicate weight, each found once."""

    def __init__(self, seen: Seen, replicates: Replicates) -> None:
        self.seen, self.replicates = seen, replicates
        pairs = seen.measured.pairs
        self._base = np.where(seen.measured.known, pairs.select(replicates.base), 0.0)
        self._ones: Floats | None = None
        self._found: dict[Leaf, Floats] = {}

    def value(self, leaf: Leaf) -> Floats:
        """A leaf, array (R, rows)."""
        if leaf not in self._found:
            self._found[leaf] = self._value(leaf)
        return self._found[leaf]

    def _value(self, leaf: Leaf) -> Floats:
        seen = self.seen
        match leaf:
            case Total():
                return self._total(leaf)
            case Count():
                return seen.grouped.by_row(seen.measured.count)[None, :]
            case Whole():
                value = seen.whole(leaf).replicated
                assert value is not None
                return value[:, None]
        return self._ranked(leaf)

    def _total(self, leaf: Total) -> Floats:
        values = self.seen.measured.basis.values[leaf]
        shift = self.seen.measured.basis.shift[leaf]
        if self._ones is None:
            self._ones = self._sums(self._base)
        if values is None:
            return self._ones
        return self._sums(self._base * self.seen.measured.pairs.select(values)) + shift * self._ones

    def _sums(self, values: Floats) -> Floats:
        pairs = self.seen.measured.pairs
        return replicate_sums(self.seen.grouped, pairs.sums_inside(values), self.replicates)

    def _ranked(self, leaf: Ranked) -> Floats:
        seen, pairs = self.seen, self.seen.measured.pairs
        sample = seen.sample(leaf.y)
        shape = (self.replicates.size, seen.grouped.size)
        points = [np.broadcast_to(evaluate(one, self.value), shape) for one in leaf.parameters]
        unit = self.replicates.unit if pairs.inside is None else self.replicates.unit[pairs.inside]
        result = np.empty(shape)
        for r in range(self.replicates.size):
            weight = self._base * self.replicates.factor[unit, r]
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                result[r] = leaf.value(sample.weighing(weight), *(one[r] for one in points))
        return result


def replicate_sums(grouped: Grouped, sums: Floats, replicates: Replicates) -> Floats:
    """Sums by pair times the factors of their units, added up by row: array (R, rows)."""
    from scipy.sparse import csr_array

    shown = np.flatnonzero(grouped.row >= 0)
    shape = (grouped.size, replicates.factor.shape[0])
    entries = (sums[shown], (grouped.row[shown], grouped.pairs.unit[shown]))
    by_unit = csr_array(entries, shape=shape)
    dense = shape[0] * shape[1] <= _DENSE and shown.size * 20 > shape[0] * shape[1]
    product = by_unit.toarray() @ replicates.factor if dense else by_unit @ replicates.factor
    return np.asarray(product).T
