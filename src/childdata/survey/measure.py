"""One statistic on one partition of the records: values, scores and what stands beside them in a row.

The leaves' totals are summed once by pair. For each grouping and item the tree is differentiated at the totals of
the rows; the score of a pair is the same combination of the leaves' sums, Σ_j (∂θ/∂T_j) T_j(pair). What a tree asks of
each record is in `seen.py`. The variance under simple random sampling, for the design effect, comes from the second
moments of the same expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.leaves import PartialSum
from childdata.survey.quantiles import Quantile, is_found_again
from childdata.survey.reduce import Grouped
from childdata.survey.seen import ROUNDING, Seen, Wide
from childdata.survey.statistic import (
    Count,
    Leaf,
    Node,
    Total,
    Whole,
    denominators,
    differentiate,
    leaves,
)
from childdata.survey.sums import Measured


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The rows of one item in one grouping, before variances.

    Attributes
    ----------
    value : array (rows,); NaN where the statistic does not exist.
    score : array (pairs,); the sum of weight × influence by pair, of what is inside the row's domain.
    influence : array (m,); by record inside, where a ranked leaf made it; else None.
    wide : what comes from all records: pairs of a derivative, array (rows,), and a `Shared`.
    scatter : array (rows,); Σ w (u − ū)², for the design effect; first : Σ w u.
    least : array (rows,); the fewest records that a part of the statistic rests on: a denominator that is zero for
        many records rests on those for which it is not.
    beyond : array (rows,); records beyond a quantile on its thinner side; NaN where there is no quantile.
    low, high : limits that the statistic brings itself, or None; df : the degrees of freedom they rest on.
    no_slope : array (rows,); where there is a value, but no derivative by the weights: a square root of 0, a density
        where all values are one. The scores are unknown there.
    no_limit : array (rows,); where a limit of a quantile lies beyond the data, so that it has no standard error.
    """

    value: Floats
    score: Floats
    influence: Floats | None
    wide: Wide
    scatter: Floats
    first: Floats
    least: Floats
    beyond: Floats
    low: Floats | None
    high: Floats | None
    df: Floats | None
    no_slope: Mask
    no_limit: Mask


def measure(node: Node, seen: Seen) -> Piece:
    """Evaluate one tree in every row of a grouping."""
    grouped, measured = seen.grouped, seen.measured
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value, slopes = differentiate(node, seen.solve)
    value = np.broadcast_to(value, (grouped.size,)).astype(np.float64)
    value = np.where(np.isfinite(value), value, np.nan)
    known = np.isfinite(value)
    no_slope = _without_slope(slopes, seen) & known
    slopes = {leaf: _finite(slope, grouped.size) for leaf, slope in slopes.items()}
    coefficients, constant = _coefficients(slopes, seen)
    wide = tuple((slope, seen.whole(leaf)) for leaf, slope in slopes.items() if isinstance(leaf, Whole))
    ranked = {leaf: slope for leaf, slope in slopes.items() if not isinstance(leaf, (Total, Count, Whole))}
    influence = None
    if ranked or wide or seen.by_record:
        found = seen.by_records(ranked, coefficients, constant, wide)
        influence, score, scatter, first = found.influence, found.score, found.scatter, found.first
    else:
        score = _scores(coefficients, constant, grouped, measured)
        scatter, first = _moments(coefficients, constant, seen)
    if no_slope.any():
        score = np.where(no_slope[grouped.row], np.nan, score)
        influence = None if influence is None else np.where(no_slope[grouped.row_of_records()], np.nan, influence)
        scatter = np.where(no_slope, np.nan, scatter)
    own = seen.ranked(node) if isinstance(node, Quantile) else None
    brought = (None, None, None) if own is None else (own.low, own.high, own.df)
    missing = no_slope, _without_limit(list(slopes), seen) & known
    return Piece(value, score, influence, wide, scatter, first, *_groups(node, seen), *brought, *missing)


def _without_slope(slopes: dict[Leaf, Floats], seen: Seen) -> Mask:
    """Rows where the tree, or a leaf that is not found by an interval, has no derivative."""
    none = np.zeros(seen.grouped.size, dtype=bool)
    for leaf, slope in slopes.items():
        none |= ~np.isfinite(slope)
        if isinstance(leaf, Whole):
            score = seen.whole(leaf).score
            if score is not None and not np.isfinite(score.data).all():
                none |= slope != 0
        elif not isinstance(leaf, (Total, Count)) and not _by_interval(leaf, seen):
            bad = ~np.isfinite(seen.ranked(leaf).influence)
            if bad.any():
                none[seen.sample(leaf.y).row[bad]] = True
    return none


def _without_limit(slopes: Sequence[Leaf], seen: Seen) -> Mask:
    """Rows where a quantile has degrees of freedom, and a limit beyond the data."""
    none = np.zeros(seen.grouped.size, dtype=bool)
    for leaf in slopes:
        if _by_interval(leaf, seen):
            assert isinstance(leaf, Quantile)
            assert seen.inference is not None
            found = seen.ranked(leaf)
            none |= (np.isnan(found.low) | np.isnan(found.high)) & (seen.inference.df > 0)  # type: ignore[arg-type]
    return none


def _by_interval(leaf: Leaf, seen: Seen) -> bool:
    how = seen.inference if isinstance(leaf, Quantile) and leaf.interval is not None else None
    return isinstance(leaf, Quantile) and how is not None and not is_found_again(leaf, how.replicates)


def _finite(slope: Floats, size: int) -> Floats:
    return np.broadcast_to(np.where(np.isfinite(slope), slope, 0.0), (size,))


def _groups(node: Node, seen: Seen) -> tuple[Floats, Floats]:
    n = seen.grouped.by_row(seen.measured.count)
    least = n
    for leaf in denominators(node):
        least = np.minimum(least, seen.grouped.by_row(seen.measured.nonzero(leaf)))
    points = [leaf.p for leaf in leaves(node) if isinstance(leaf, (Quantile, PartialSum))]
    thin = [min(p, 1 - p) for p in points if isinstance(p, float)]
    return least, n * min(thin) if thin else np.full(seen.grouped.size, np.nan)


def _coefficients(slopes: dict[Leaf, Floats], seen: Seen) -> tuple[dict[Total, Floats], Floats]:
    """The derivative by each shifted total, and by Σ w, which takes up the shifts.

    Where Σ_j (∂θ/∂T_j) T_j = 0 (Euler: means, shares, ratios) the scores sum to zero, and the coefficient of Σ w
    follows from the shifted totals without the cancellation that a large mean would bring.
    """
    grouped, measured = seen.grouped, seen.measured
    constant, euler, magnitude, shifted = (np.zeros(grouped.size) for _ in range(4))
    size = grouped.by_row(measured.ones)
    coefficients: dict[Total, Floats] = {}
    for leaf, slope in slopes.items():
        if not isinstance(leaf, Total):
            continue
        part = slope * seen.totals()[leaf]
        euler, magnitude = euler + part, magnitude + np.abs(part)
        if measured.basis.values[leaf] is None:
            constant = constant + slope
        else:
            coefficients[leaf] = slope
            constant = constant + slope * measured.basis.shift[leaf]
            shifted = shifted + slope * grouped.by_row(measured.sums[leaf])
    with np.errstate(divide="ignore", invalid="ignore"):
        balanced = (np.abs(euler) <= ROUNDING * magnitude) & (size > 0)
        return coefficients, np.where(balanced, -shifted / size, constant)


def _scores(coefficients: dict[Total, Floats], constant: Floats, grouped: Grouped, measured: Measured) -> Floats:
    # A pair in no row (row -1) reads the last row's coefficient; it is left out when the triplets are made.
    score = constant[grouped.row] * measured.ones if constant.size else np.zeros(measured.ones.size)
    for leaf, slope in coefficients.items():
        score = score + slope[grouped.row] * measured.sums[leaf]
    return score


def _moments(coefficients: dict[Total, Floats], constant: Floats, seen: Seen) -> tuple[Floats, Floats]:
    measured = seen.measured
    size = seen.by_cell(measured.moment(None, None))
    first = constant * size
    whole = np.abs(first)
    sums = {leaf: seen.by_cell(measured.moment(leaf, None)) for leaf in coefficients}
    scatter, magnitude = np.zeros(size.size), np.zeros(size.size)
    terms = list(coefficients.items())
    with np.errstate(divide="ignore", invalid="ignore"):
        for i, (a, slope_a) in enumerate(terms):
            first, whole = first + slope_a * sums[a], whole + np.abs(slope_a * sums[a])
            for b, slope_b in terms[i:]:
                # the expressions are shifted towards their mean, so that little cancels
                product, times = seen.by_cell(measured.moment(a, b)), (1 if a is b else 2) * slope_a * slope_b
                scatter = scatter + times * (product - sums[a] * sums[b] / size)
                magnitude = magnitude + np.abs(times * product)
    # an influence that does not vary leaves only what rounding makes of its parts
    scatter = np.where(scatter <= ROUNDING * magnitude, 0.0, scatter)
    return scatter, np.where(np.abs(first) <= ROUNDING * whole, 0.0, first)


def rows_of_influence(piece: Piece, seen: Seen) -> tuple[Codes, Codes, Floats]:
    """Weight × influence by record: the row, the record of the survey and the value of each entry."""
    pairs, row = seen.measured.pairs, seen.row
    influence = piece.influence
    if influence is None:
        raise AssertionError("the influence by record was not made")
    kept = np.flatnonzero(seen.shown)
    record = kept if pairs.inside is None else pairs.inside[kept]
    return row[kept], record, (seen.measured.weight * influence)[kept]
