"""A statistic seen from one grouping: its leaves solved, and what the influence of every record gives.

Leaves that are found by rank are solved once, in the order of their variable. A tree with such a leaf, or with a part
from the whole survey (a relative poverty line), has an influence by record; it is summed by pair, and its moments give
the variance under simple random sampling for the design effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from childdata.expression import Expression
from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.columns import Columns
from childdata.survey.intervals import LargestRule
from childdata.survey.quantiles import Quantile, is_found_again, woodruff
from childdata.survey.reduce import Grouped
from childdata.survey.replicates import Replicates
from childdata.survey.sample import Sample, Solved
from childdata.survey.statistic import (
    Count,
    Leaf,
    Node,
    Ranked,
    Total,
    Whole,
    evaluate,
)
from childdata.survey.sums import Measured

if TYPE_CHECKING:
    from scipy.sparse import csr_array
ROUNDING = 1e-13
# An influence varies if its parts do not cancel to twelve digits, in squares 24. Its parts are rounded to sixteen
# digits each; what a sum of a million or more adds is common to all records of a row, and goes with their mean.
_NOTHING = 1e-24


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """A tree on all records of the survey: one value, with its scores and influence.

    Attributes
    ----------
    score : sparse array (units, 1); by unit of the last stage; None where there are replicate weights.
    influence : array (n,); by record.
    replicated : array (R,); the value under each replicate weight, where there are any.
    weight : array (n,); of the records it is found on, 0 where they have no part; None where records stay elsewhere.
    """

    value: float
    score: csr_array | None
    influence: Floats
    replicated: Floats | None
    weight: Floats | None = None


Wide = tuple[tuple[Floats, Shared], ...]  # what comes from all records: derivatives, arrays (rows,), and trees


@dataclass(frozen=True, slots=True, eq=False)
class OfRecords:
    """What the influence of every record gives; see `Piece`."""

    influence: Floats | None
    score: Floats
    scatter: Floats
    first: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """What a quantile needs for its interval: df, n, and standard errors.

    Attributes
    ----------
    standard_errors : of weight × influence by record.
    largest : the rule on a quantile that is the largest value of its row.
    replicates : replicate weights, where the survey has some; of_replicates : standard errors by them, of an influence
        by record.
    """

    df: Floats
    n: Floats
    level: float
    standard_errors: Callable[[Floats], Floats]
    largest: LargestRule = "step"
    replicates: Replicates | None = None
    of_replicates: Callable[[Floats], Floats] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One statistic seen from one grouping; its ranked leaves are solved once.

    Attributes
    ----------
    whole : gives what a tree takes from all records of the survey.
    inference : for the quantiles with an interval of Woodruff; None where no interval is wanted.
    by_record : whether calibration asks for the influence of every record.
    """

    grouped: Grouped
    measured: Measured
    columns: Columns
    whole: Callable[[Whole], Shared]
    inference: Inference | None
    by_record: bool = False
    _solved: dict[Leaf, Solved] = field(default_factory=dict)
    _samples: dict[str, Sample] = field(default_factory=dict)
    _totals: dict[Total, Floats] = field(default_factory=dict)
    _row: list[Codes] = field(default_factory=list)

    @property
    def row(self) -> Codes:
        """The row of each record inside, -1 where it is in none; found once."""
        if not self._row:
            self._row.append(self.grouped.row_of_records())
        return self._row[0]

    @property
    def shown(self) -> Mask:
        """Whether each record inside lies in a row and is known."""
        return (self.row >= 0) & self.measured.known

    def totals(self) -> dict[Total, Floats]:
        """The value of each total in each row."""
        if not self._totals:
            self._totals.update(self.measured.totals(self.grouped))
        return self._totals

    def solve(self, leaf: Leaf) -> tuple[Floats, tuple[Floats, ...]]:
        """The value of a leaf in each row, and its derivative by each of its parameters."""
        match leaf:
            case Total():
                return self.totals()[leaf], ()
            case Count():
                return self.grouped.by_row(self.measured.count), ()
            case Whole():
                return np.full(self.grouped.size, self.whole(leaf).value), ()
        solved = self.ranked(leaf)
        return solved.value, solved.slopes

    def ranked(self, leaf: Ranked) -> Solved:
        """A ranked leaf, solved."""
        if leaf not in self._solved:
            sample = self.sample(leaf.y)
            how = self.inference if isinstance(leaf, Quantile) and leaf.interval is not None else None
            if isinstance(leaf, Quantile) and how is not None and not is_found_again(leaf, how.replicates):
                self._solved[leaf] = self._woodruff(leaf, sample, how)
            else:
                values = [self._value(one) for one in leaf.parameters]
                solved = leaf.solve(sample, *values)
                self._solved[leaf] = solved if how is None else replace(solved, df=how.df)
        return self._solved[leaf]

    def _value(self, node: Node) -> Floats:
        value = evaluate(node, lambda leaf: self.solve(leaf)[0])
        return np.broadcast_to(value, (self.grouped.size,)).astype(np.float64)

    def _woodruff(self, leaf: Quantile, sample: Sample, how: Inference) -> Solved:
        assert leaf.interval is not None
        assert isinstance(leaf.p, float)

        def standard_errors(influence: Floats) -> Floats:
            if how.of_replicates is not None:
                return how.of_replicates(self.by_record_inside(sample, influence))
            return how.standard_errors(self.weighted(sample, influence))

        return woodruff(
            sample, leaf.p, leaf.rule, leaf.interval, df=how.df, n=how.n, level=how.level,
            standard_errors=standard_errors, largest=how.largest,
        )  # fmt: skip

    def sample(self, y: Expression) -> Sample:
        """The records of the rows in the order of an expression; sorted once."""
        if y.text not in self._samples:
            row, values, weight = self.row, self.column(y), self.measured.weight
            chosen = np.flatnonzero(self.shown)
            if chosen.size < row.size:
                row, values, weight = row[chosen], values[chosen], weight[chosen]
            self._samples[y.text] = Sample.of(values, weight, row, self.grouped.size, chosen, self.column)
        return self._samples[y.text]

    def column(self, expression: Expression) -> Floats:
        """An expression on the records inside."""
        return self.measured.pairs.select(self.columns.number(expression).value)

    def by_record_inside(self, sample: Sample, influence: Floats) -> Floats:
        """An influence of the sample on the records inside, 0 elsewhere."""
        result = np.zeros(self.measured.weight.size)
        result[sample.place] = influence
        return result

    def weighted(self, sample: Sample, influence: Floats) -> Floats:
        """Weight × an influence of the sample, on the records inside, 0 elsewhere."""
        result = np.zeros(self.measured.weight.size)
        result[sample.place] = influence
        result *= self.measured.weight
        return result

    def by_records(
        self, ranked: dict[Ranked, Floats], totals: dict[Total, Floats], constant: Floats, wide: Wide
    ) -> OfRecords:
        """What only the influence of every record gives: its sums by pair, and its moments by row."""
        influence = _record_influence(ranked, totals, constant, self)
        weighted = self.measured.weight * influence
        score = self.measured.pairs.sums_inside(weighted)
        scatter, first = _record_moments(influence, weighted, wide, self)
        return OfRecords(influence, score, *self.varying(scatter, first, ranked, totals, constant))

    def varying(
        self,
        scatter: Floats,
        first: Floats,
        ranked: dict[Ranked, Floats],
        totals: dict[Total, Floats],
        constant: Floats,
    ) -> tuple[Floats, Floats]:
        """The moments of an influence by row, 0 where only the rounding of its parts is left of them."""
        size = self.grouped.by_row(self.measured.ones)
        parts = constant**2 * size
        for leaf, slope in totals.items():
            parts = parts + slope**2 * self.by_cell(self.measured.moment(leaf, leaf))
        for one, slope in ranked.items():
            sample = self.sample(one.y)
            parts = parts + slope**2 * sample.by_row(sample.weight * self.ranked(one).influence ** 2)
        nothing = _NOTHING * parts
        return np.where(scatter <= nothing, 0.0, scatter), np.where(first**2 <= nothing * size, 0.0, first)

    def by_cell(self, cells: Floats) -> Floats:
        """Sums by cell added up by row."""
        row = self.grouped.rows.row_of_cell
        return summed(row[row >= 0], cells[row >= 0], self.grouped.size)


def _record_influence(
    ranked: dict[Ranked, Floats], coefficients: dict[Total, Floats], constant: Floats, seen: Seen
) -> Floats:
    measured, row = seen.measured, seen.row
    influence = constant[row] if constant.any() else np.zeros(row.size)
    for leaf, slope in coefficients.items():
        values = measured.basis.values[leaf]
        if values is not None:
            influence = influence + slope[row] * measured.pairs.select(values)
    for one, slope in ranked.items():
        sample = seen.sample(one.y)
        part = sample.spread(slope)
        part *= seen.ranked(one).influence
        influence[sample.place] += part
    shown = seen.shown
    return influence if shown.all() else np.where(shown, influence, 0.0)


def _record_moments(influence: Floats, weighted: Floats, wide: Wide, seen: Seen) -> tuple[Floats, Floats]:
    """Σ w (u − ū)² and Σ w u, over the records of the row.

    With a part from all records the simple random sample that the design is compared with is one of the whole survey:
    the scatter is then that of the whole influence, in the measure of the row's own size and count.
    """
    row, weight, size, shown = seen.row, seen.measured.weight, seen.grouped.size, seen.shown
    if not shown.all():
        row, weight, influence, weighted = row[shown], weight[shown], influence[shown], weighted[shown]
    first, squares = summed(row, weighted, size), summed(row, weighted * influence, size)
    if wide:
        return _whole_scatter(squares, first, row, weighted, shown, wide, seen), first
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = first / summed(row, weight, size)
        scatter = squares - first * centre
        if (scatter < 0.5 * squares).any():
            # the influence of a total is far from zero: its squares are taken about the mean
            apart = influence - centre[row]
            moved = summed(row, weight * apart, size)  # the mean of very many is not exact
            scatter = summed(row, weight * apart**2, size) - moved**2 / summed(row, weight, size)
    return scatter, first


def _whole_scatter(
    squares: Floats,
    first: Floats,
    row: Codes,
    weighted: Floats,
    shown: Mask,
    wide: Wide,
    seen: Seen,
) -> Floats:
    """V_srs = N̂ S²/(n − 1) of the whole survey, as the scatter that gives it with the row's own N̂ and n."""
    weight = wide[0][1].weight
    if weight is None:
        return np.full(squares.shape, np.nan)
    parts = squares
    for slope, shared in wide:
        inside = seen.measured.pairs.select(shared.influence)
        squares = squares + 2 * slope * summed(row, weighted * (inside if shown.all() else inside[shown]), squares.size)
        first = first + slope * np.sum(weight * shared.influence)
        parts = parts + slope**2 * np.sum(weight * shared.influence**2)
    for slope, shared in wide:
        for other, beside in wide:
            squares = squares + slope * other * np.sum(weight * shared.influence * beside.influence)
    whole, count = weight.sum(), np.count_nonzero(weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        # where the line is of nobody, or of one record, there is no such variance
        scatter = squares - first**2 / whole
        srs = whole * np.where(scatter <= ROUNDING * parts, 0.0, scatter) / (count - 1)
        result: Floats = srs * (seen.grouped.by_row(seen.measured.count) - 1) / seen.grouped.by_row(seen.measured.ones)
    return result
