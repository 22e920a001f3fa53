"""One statistic on one partition of the records: values, scores and what stands beside them in a row.

The leaves' totals are summed once by pair. For each grouping and item the tree is differentiated at the totals of
the rows; the score of a pair is the same combination of the leaves' sums, Σ_j (∂θ/∂T_j) T_j(pair). The variance
under simple random sampling, for the design effect, comes from the second moments of the same expressions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.columns import Columns, both, rough_centre
from childdata.survey.quantiles import QuantileResult, Sample, woodruff
from childdata.survey.reduce import Grouped, Pairs
from childdata.survey.statistic import Leaf, Node, Quantile, Statistic, Total, denominators, differentiate, leaves

_ROUNDING = 1e-13

RankedSolver = Callable[[Quantile, Grouped, "Measured"], QuantileResult]


@dataclass(frozen=True, slots=True)
class Basis:
    """The row expressions of a statistic, known together, shifted by a round number near their mean.

    Attributes
    ----------
    known : records where all of them are known; None for all.
    values : by total, the shifted values on every record, 0 where unknown; None stands for the constant 1.
    shift : by total, the number taken off.
    """

    known: Mask | None
    values: dict[Total, Floats | None]
    shift: dict[Total, float]

    @staticmethod
    def of(statistic: Statistic, columns: Columns) -> Basis:
        """The basis of a statistic whose categories are filled in."""
        known: Mask | None = None
        values: dict[Total, Floats | None] = {}
        shift: dict[Total, float] = {}
        found = list(dict.fromkeys(leaf for item in statistic.items for leaf in leaves(item.node)))
        for leaf in found:
            as_factor = isinstance(leaf, Total) and leaf.category is not None
            expression = leaf.expression if isinstance(leaf, Total) else leaf.y
            known = both(known, columns.known(expression, as_factor=as_factor))
        for leaf in found:
            if isinstance(leaf, Total):
                values[leaf], shift[leaf] = _values(leaf, columns)
        return Basis(known, values, shift)


def _values(leaf: Total, columns: Columns) -> tuple[Floats | None, float]:
    if leaf.category is not None:
        factor = columns.factor(leaf.expression)
        return (factor.code == factor.values.index(leaf.category)).astype(np.float64), 0.0
    if not leaf.expression.names and not leaf.expression.code_names:
        constant = columns.number(leaf.expression).value
        if constant.size and (constant == 1).all():
            return None, 0.0
    column = columns.number(leaf.expression)
    centre = rough_centre(column)
    values = column.value - centre if centre else column.value
    return values, centre


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A statistic's sums on one partition.

    Attributes
    ----------
    pairs : the pairs of the partition.
    weight : array (m,); weights of the records inside, 0 where an argument is unknown.
    known : array (m,); whether the record counts: in the domain, known, weight above zero.
    ones : array (pairs,); Σ w over the known records.
    sums : by total, Σ w·e by pair, shifted.
    """

    pairs: Pairs
    basis: Basis
    weight: Floats
    known: Mask
    ones: Floats
    sums: dict[Total, Floats]
    count: Floats
    _moments: dict[tuple[Total | None, Total | None], Floats] = field(default_factory=dict)

    @staticmethod
    def of(pairs: Pairs, basis: Basis, weight: Floats) -> Measured:
        """Sum a basis by pair."""
        inside = pairs.select(weight)
        known = inside > 0
        if basis.known is not None:
            known = known & (basis.known if pairs.inside is None else basis.known[pairs.inside])
            inside = np.where(known, inside, 0.0)
        ones = pairs.sums_inside(inside)
        sums = {
            leaf: ones if values is None else pairs.sums_inside(inside * pairs.select(values))
            for leaf, values in basis.values.items()
        }
        return Measured(pairs, basis, inside, known, ones, sums, pairs.sums_inside(known.astype(np.float64)))

    def totals(self, grouped: Grouped) -> dict[Total, Floats]:
        """The value of each total, by row."""
        size = grouped.by_row(self.ones)
        return {leaf: grouped.by_row(sums) + self.basis.shift[leaf] * size for leaf, sums in self.sums.items()}

    def moment(self, a: Total | None, b: Total | None) -> Floats:
        """Σ w·a·b by cell of two shifted expressions; None is the constant 1."""
        first, second = (None if leaf is None else self.basis.values[leaf] for leaf in (a, b))
        if first is None and second is None:
            return summed(self.pairs.cell, self.ones, self.pairs.cells)
        if first is None or second is None or (a == b and _is_indicator(a)):
            single = b if first is None else a
            sums = self.ones if single is None else self.sums[single]
            return summed(self.pairs.cell, sums, self.pairs.cells)
        key = (a, b)
        if key not in self._moments:
            product = self.weight * self.pairs.select(first) * self.pairs.select(second)
            self._moments[key] = summed(self.pairs.place, product, self.pairs.cells)
        return self._moments[key]


def _is_indicator(leaf: Total | None) -> bool:
    """Whether a total is of zeros and ones, whose squares they are themselves."""
    return leaf is not None and (leaf.category is not None or leaf.expression.kind == "truth")


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The rows of one item in one grouping, before variances.

    Attributes
    ----------
    value : array (rows,).
    score : array (pairs,); Σ w × influence.
    scatter, first : arrays (rows,); Σ w (u − ū)² and Σ w u, what the variance under simple random sampling is made of.
    least : array (rows,); the fewest records that a part of the statistic rests on: a denominator that is zero for
        some rests on the others.
    beyond : array (rows,); records beyond a quantile on its thinner side; NaN where there is no quantile.
    low, high : arrays (rows,) where the statistic brings its own interval, else None.
    """

    value: Floats
    score: Floats
    scatter: Floats
    first: Floats
    least: Floats
    beyond: Floats
    low: Floats | None
    high: Floats | None


def measure(node: Node, grouped: Grouped, measured: Measured, solve: RankedSolver) -> Piece:
    """The value of a tree in each row of a grouping, the scores of the pairs, and the moments for its design effect."""
    values = measured.totals(grouped)
    found = list(leaves(node))
    ranked = {leaf: solve(leaf, grouped, measured) for leaf in found if isinstance(leaf, Quantile)}
    at: dict[Leaf, Floats] = {leaf: values[leaf] for leaf in found if isinstance(leaf, Total)}
    at |= {leaf: result.value for leaf, result in ranked.items()}
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value, slopes = differentiate(node, at)
    value = np.broadcast_to(value, (grouped.size,)).astype(np.float64)
    value = np.where(np.isfinite(value), value, np.nan)
    coefficients, constant = _coefficients(slopes, values, measured, grouped)
    score = _scores(coefficients, constant, grouped, measured)
    if ranked:
        influence = _record_influence(slopes, ranked, coefficients, constant, grouped, measured)
        score = measured.pairs.sums_inside(measured.weight * influence)
        scatter, first = _record_moments(influence, grouped, measured)
    else:
        scatter, first = _moments(coefficients, constant, grouped, measured)
    own = ranked[node] if isinstance(node, Quantile) else None
    least, beyond = _groups(node, found, grouped, measured)
    return Piece(value, score, scatter, first, least, beyond, own.low if own else None, own.high if own else None)


def _groups(node: Node, found: list[Leaf], grouped: Grouped, measured: Measured) -> tuple[Floats, Floats]:
    n = grouped.by_row(measured.count)
    least = n
    for leaf in denominators(node):
        values = measured.basis.values[leaf]
        if values is not None:
            counted = measured.known & (measured.pairs.select(values) != -measured.basis.shift[leaf])
            least = np.minimum(least, grouped.by_row(measured.pairs.sums_inside(counted.astype(np.float64))))
    thin = [min(leaf.p, 1 - leaf.p) for leaf in found if isinstance(leaf, Quantile)]
    return least, n * min(thin) if thin else np.full(grouped.size, np.nan)


def _coefficients(
    slopes: dict[Leaf, Floats], values: dict[Total, Floats], measured: Measured, grouped: Grouped
) -> tuple[dict[Total, Floats], Floats]:
    """The derivative by each shifted total, and by Σ w, which takes up the shifts.

    Where Σ_j (∂θ/∂T_j) T_j = 0 (Euler: means, shares, ratios) the scores sum to zero, and the coefficient of Σ w
    follows from the shifted totals without the cancellation that a large mean would bring.
    """
    constant, euler, magnitude, shifted = (np.zeros(grouped.size) for _ in range(4))
    size = grouped.by_row(measured.ones)
    coefficients: dict[Total, Floats] = {}
    for leaf, slope in slopes.items():
        if not isinstance(leaf, Total):
            continue
        finite = np.broadcast_to(np.where(np.isfinite(slope), slope, 0.0), (grouped.size,))
        euler, magnitude = euler + finite * values[leaf], magnitude + np.abs(finite * values[leaf])
        if measured.basis.values[leaf] is None:
            constant = constant + finite
        else:
            coefficients[leaf] = finite
            constant = constant + finite * measured.basis.shift[leaf]
            shifted = shifted + finite * grouped.by_row(measured.sums[leaf])
    with np.errstate(divide="ignore", invalid="ignore"):
        balanced = (np.abs(euler) <= _ROUNDING * magnitude) & (size > 0)
        return coefficients, np.where(balanced, -shifted / size, constant)


def _scores(coefficients: dict[Total, Floats], constant: Floats, grouped: Grouped, measured: Measured) -> Floats:
    # A pair in no row (row -1) reads the last row's coefficient; it is left out when the triplets are made.
    score = constant[grouped.row] * measured.ones if constant.size else np.zeros(measured.ones.size)
    for leaf, slope in coefficients.items():
        score = score + slope[grouped.row] * measured.sums[leaf]
    return score


def _moments(
    coefficients: dict[Total, Floats], constant: Floats, grouped: Grouped, measured: Measured
) -> tuple[Floats, Floats]:
    cell_row = grouped.rows.row_of_cell
    shown = cell_row >= 0

    def by_row(cells: Floats) -> Floats:
        return summed(cell_row[shown], cells[shown], grouped.size)

    size = by_row(measured.moment(None, None))
    first = constant * size
    sums = {leaf: by_row(measured.moment(leaf, None)) for leaf in coefficients}
    scatter, magnitude = np.zeros(grouped.size), np.zeros(grouped.size)
    terms = list(coefficients.items())
    with np.errstate(divide="ignore", invalid="ignore"):
        for i, (a, slope_a) in enumerate(terms):
            first = first + slope_a * sums[a]
            for b, slope_b in terms[i:]:
                # the expressions are shifted towards their mean, so that little cancels
                product, times = by_row(measured.moment(a, b)), (1 if a is b else 2) * slope_a * slope_b
                scatter = scatter + times * (product - sums[a] * sums[b] / size)
                magnitude = magnitude + np.abs(times * product)
    # an influence that does not vary leaves only what rounding makes of its parts
    return np.where(scatter > _ROUNDING * magnitude, scatter, 0.0), first


def _record_influence(
    slopes: dict[Leaf, Floats],
    ranked: dict[Quantile, QuantileResult],
    coefficients: dict[Total, Floats],
    constant: Floats,
    grouped: Grouped,
    measured: Measured,
) -> Floats:
    row = grouped.row_of_records()
    influence = constant[row].astype(np.float64)
    for leaf, slope in coefficients.items():
        values = measured.basis.values[leaf]
        if values is not None:
            influence = influence + slope[row] * measured.pairs.select(values)
    for quantile, result in ranked.items():
        slope = np.broadcast_to(np.where(np.isfinite(slopes[quantile]), slopes[quantile], 0.0), (grouped.size,))
        influence = influence + slope[row] * result.influence
    return np.where((row >= 0) & measured.known, influence, 0.0)


def _record_moments(influence: Floats, grouped: Grouped, measured: Measured) -> tuple[Floats, Floats]:
    row = grouped.row_of_records()
    shown = np.flatnonzero((row >= 0) & measured.known)
    row, weight, influence = row[shown], measured.weight[shown], influence[shown]
    size, first = summed(row, weight, grouped.size), summed(row, weight * influence, grouped.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = influence - (first / size)[row]
    return summed(row, weight * apart**2, grouped.size), first


def ranked_sample(leaf: Quantile, grouped: Grouped, measured: Measured, columns: Columns) -> tuple[Sample, Codes]:
    """The records a quantile is made of, and their places among the records inside."""
    row = grouped.row_of_records()
    chosen = np.flatnonzero(measured.known & (row >= 0))
    y = measured.pairs.select(columns.number(leaf.y).value)[chosen]
    return Sample(y, measured.weight[chosen], row[chosen], grouped.size), chosen


def solve_quantile(
    leaf: Quantile,
    grouped: Grouped,
    measured: Measured,
    columns: Columns,
    *,
    df: Floats,
    n: Floats,
    level: float,
    variances: Callable[[Floats], Floats],
) -> QuantileResult:
    """A quantile in each row of a grouping; `variances` gives the design's variance of each row for scores by pair."""
    sample, chosen = ranked_sample(leaf, grouped, measured, columns)

    def standard_errors(influence: Floats) -> Floats:
        scattered = np.zeros(measured.weight.size)
        scattered[chosen] = influence * sample.weight
        with np.errstate(invalid="ignore"):
            return np.sqrt(variances(measured.pairs.sums_inside(scattered)))

    found = woodruff(sample, leaf.p, leaf.rule, leaf.interval, df=df, n=n, level=level, standard_errors=standard_errors)
    influence = np.zeros(measured.weight.size)
    influence[chosen] = found.influence
    return QuantileResult(found.value, found.low, found.high, influence)
