"""The value of a statistic under every replicate weight: the same tree at the totals of each replicate.

A total under all replicates is one product, of its sums by unit with the factors by unit and replicate; the records
are added up once. A ranked leaf keeps its order and is solved once for each replicate.

A jackknife replicate lies so near the sample that a cut in the order of the records (a quantile, a line relative to
one) moves by a few records or none, and the steps of its value say nothing of its variance. There a leaf is linear in
its cut: θ_r = θ + Σ (w_r − w) u with u its influence, or its value at the cut of the full sample and the derivative by
the cut times the move of the cut. For a quantile of Woodruff's that is F̂_r(q̂) − F̂(q̂) times the slope of its interval.

Source: Shao & Wu (1989), Annals of Statistics 17(3), 1176-1197, on where the jackknife fails; Woodruff (1952), JASA
47(260), 635-646.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from childdata.survey.arrays import Floats
from childdata.survey.leaves import is_step
from childdata.survey.quantiles import Quantile, is_found_again
from childdata.survey.reduce import Grouped
from childdata.survey.replicates import Replicates
from childdata.survey.seen import Seen
from childdata.survey.statistic import Count, Leaf, Node, Ranked, Total, Whole, evaluate
from childdata.survey.sums import Measured

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
        if isinstance(leaf, Quantile) and not is_found_again(leaf, self.replicates):
            return self._linear(leaf, "mean") + self._moved(leaf)
        if self.replicates.finds_cuts:
            return self._found_again(leaf, [evaluate(one, self.value) for one in leaf.parameters])
        if is_step(leaf):
            return self._linear(leaf, "total")
        return self._found_again(leaf, self._points(leaf)) + self._moved(leaf)

    def _points(self, leaf: Ranked) -> list[Floats]:
        """The parameters of a leaf under the full-sample weight, arrays (rows,)."""
        return [evaluate(one, lambda inner: self.seen.solve(inner)[0]) for one in leaf.parameters]

    def _linear(self, leaf: Ranked, what: Literal["mean", "total"]) -> Floats:
        """A leaf as its influence has it in each replicate, its parameters held; see `responses`."""
        solved = self.seen.ranked(leaf)
        influence = self.seen.by_record_inside(self.seen.sample(leaf.y), solved.influence)
        return solved.value + responses(self.seen.grouped, self.seen.measured, influence, self.replicates, what)

    def _moved(self, leaf: Ranked) -> Floats:
        """The derivative of a leaf by each parameter, times what the parameter is in each replicate more."""
        total: Floats = np.zeros((self.replicates.size, self.seen.grouped.size))
        for one, at, slope in zip(leaf.parameters, self._points(leaf), self.seen.ranked(leaf).slopes, strict=True):
            apart = evaluate(one, self.value) - at
            total = total + np.where(apart == 0, 0.0, slope * apart)
        return total

    def _found_again(self, leaf: Ranked, parameters: Sequence[Floats]) -> Floats:
        seen, pairs = self.seen, self.seen.measured.pairs
        sample = seen.sample(leaf.y)
        shape = (self.replicates.size, seen.grouped.size)
        points = [np.broadcast_to(one, shape) for one in parameters]
        unit = self.replicates.unit if pairs.inside is None else self.replicates.unit[pairs.inside]
        result = np.empty(shape)
        for r in range(self.replicates.size):
            weight = self._base * self.replicates.factor[unit, r]
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                result[r] = leaf.value(sample.weighing(weight), *(one[r] for one in points))
        return result


def responses(
    grouped: Grouped, measured: Measured, influence: Floats, replicates: Replicates, what: Literal["mean", "total"]
) -> Floats:
    """What an influence says of each replicate beside the full sample, array (R, rows).

    Parameters
    ----------
    influence : array (m,); by record inside, 0 where it has no part.
    what : `total`, Σ w_r u − Σ w u; `mean`, Σ w_r u · N / N_r − Σ w u: with u = ([y ≤ q] − F)/N that is F_r − F.
    """
    pairs = measured.pairs
    base = np.where(measured.known, pairs.select(replicates.base), 0.0)
    sums = replicate_sums(grouped, pairs.sums_inside(base * influence), replicates)
    if what == "mean":
        size = replicate_sums(grouped, pairs.sums_inside(base), replicates)
        with np.errstate(divide="ignore", invalid="ignore"):
            sums = sums * grouped.by_row(measured.ones) / size
    return sums - grouped.by_row(pairs.sums_inside(measured.weight * influence))


def replicate_errors(grouped: Grouped, measured: Measured, influence: Floats, replicates: Replicates) -> Floats:
    """The standard error by replicates of a mean with an influence by record inside, array (rows,)."""
    moved = responses(grouped, measured, influence, replicates, "mean")
    apart = replicates.deviations(moved, np.zeros(grouped.size))
    result: Floats = np.sqrt(np.einsum("ij,ij->j", apart, apart))
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
