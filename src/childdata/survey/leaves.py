"""The ranked leaves: sums over records in the order of a variable, with their derivative by every weight.

A leaf gives its value in each row, its influence, the derivative by the weight of each record, and its derivative by
each of its parameters. Means, ratios and indices are trees above them. Three leaves carry poverty and inequality:

`RankSum`     T = Σ_g m_g (R_g^ν − R_{g+1}^ν) over the ties g of y, m_g the mean of x in the tie, R_g the weight at or
              above it: every Gini, concentration and extended Gini coefficient is 1 − T / (N^(ν−1) X).
`PartialSum`  S(p) = Σ w x over the lowest p of the population: Lorenz and concentration curves, quantile shares.
`SumBelow`    Σ w h(y; z) over those below a line z that is an estimate itself: poverty with a relative line.

Source: Deville (1999), Survey Methodology 25(2), 193-203; Osier (2009), Survey Research Methods 3(3), 167-195;
Langel & Tillé (2013), JRSS A 176(2), 521-540 (Gini).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from childdata.errors import LineError
from childdata.expression import Expression
from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.density import Bandwidth, density, kernel_mean
from childdata.survey.sample import TIE, Sample, Solved, running
from childdata.survey.statistic import Constant, Node, Ranked

AtLine = Literal["<", "<="]


@dataclass(frozen=True, slots=True)
class OfTwo:
    """A leaf of a variable x in the order of y, which are known of every record that is used; it needs nothing else."""

    x: Expression
    y: Expression

    @property
    def parameters(self) -> tuple[Node, ...]:
        """None."""
        return ()

    def expressions(self) -> tuple[Expression, ...]:
        """What must be known of a record."""
        return (self.x, self.y)


@dataclass(frozen=True, slots=True)
class BelowLine:
    """A leaf of a variable y below a line, whose value it needs in each row."""

    y: Expression
    line: Node

    @property
    def parameters(self) -> tuple[Node, ...]:
        """The line."""
        return (self.line,)

    def expressions(self) -> tuple[Expression, ...]:
        """What must be known of a record."""
        return (self.y,)


@dataclass(frozen=True, slots=True)
class RankSum(OfTwo):
    """T = Σ_g m_g (R_g^ν − R_{g+1}^ν): the sum of x weighted by how many stand at or above in the order of y."""

    nu: float = 2.0

    def value(self, sample: Sample) -> Floats:
        """The value in each row."""
        return self._parts(sample)[0]

    def solve(self, sample: Sample) -> Solved:
        """Value and influence.

        ∂T/∂w_i = (x_i − m_g)(R_g^ν − R_{g+1}^ν)/W_g + ν [Σ_{h<g} m_h (R_h^(ν−1) − R_{h+1}^(ν−1)) + m_g R_g^(ν−1)]
        """
        value, x, weight, mean, above, higher, share = self._parts(sample)
        nu = self.nu
        steps = mean * (above ** (nu - 1) - higher ** (nu - 1))
        lower = running(steps, sample.tie_start) - steps
        common = nu * (lower + mean * above ** (nu - 1))
        tie = sample.tie_of
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.where(weight != 0, share / weight, 0.0)
        return Solved(value, (x - mean[tie]) * inside[tie] + common[tie])

    def _parts(self, sample: Sample) -> tuple[Floats, ...]:
        x = sample.values(self.x)
        weight, total = sample.by_tie(sample.weight), sample.by_tie(sample.weight * x)
        size = sample.by_row(sample.weight)[sample.row_of_tie]
        reached = running(weight, sample.tie_start)
        above, higher = size - (reached - weight), size - reached
        if self.nu != 2:
            # rounding, or a negative replicate weight, may leave less than nothing above the last
            above, higher = np.maximum(above, 0.0), np.maximum(higher, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(weight != 0, total / weight, 0.0)
        share = weight * (above + higher) if self.nu == 2 else above**self.nu - higher**self.nu
        value = summed(sample.row_of_tie, mean * share, sample.rows)
        return value, x, weight, mean, above, higher, share


@dataclass(frozen=True, slots=True)
class PoorRankSum(BelowLine):
    """The `RankSum` of y among those below a line: the Gini coefficient of the poor is 1 − T / (N_p Y_p).

    A higher line takes in records that stand above all the others: each adds 2 Y_p, as many as the density says.
    """

    at_line: AtLine = "<"
    bandwidth: Bandwidth = "kish"

    def value(self, sample: Sample, line: Floats) -> Floats:
        """The value in each row."""
        return RankSum(self.y, self.y).value(self._poor(sample, line)[0])

    def solve(self, sample: Sample, line: Floats) -> Solved:
        """Value, influence (0 for those not poor) and the derivative by the line, 2 Y_p N f̂(z)."""
        refuse_line(line)
        poor, below = self._poor(sample, line)
        found = RankSum(self.y, self.y).solve(poor)
        slope = np.zeros(sample.rows)
        if not isinstance(self.line, Constant):
            owned = sample.by_row(poor.weight * sample.y)
            slope = 2 * owned * density(sample, line, self.bandwidth) * sample.by_row(sample.weight)
        return Solved(found.value, np.where(below, found.influence, 0.0), (slope,))

    def _poor(self, sample: Sample, line: Floats) -> tuple[Sample, Mask]:
        below = is_below(sample.y, sample.spread(line), self.at_line)
        return replace(sample, weight=np.where(below, sample.weight, 0.0)), below


@dataclass(frozen=True, slots=True)
class GapRankSum(BelowLine):
    """T = Σ_g gap_g (C_g² − C_{g−1}²), C_g the weight at or below y_g: the rank sum of poverty gaps over all records.

    ∂T/∂w_i = 2 [gap_i C_i + Σ_{h > i} W_h gap_h]; by the line, Σ_g (y_g/z²)(C_g² − C_{g−1}²) over the poor.
    """

    at_line: AtLine = "<"

    def value(self, sample: Sample, line: Floats) -> Floats:
        """The value in each row."""
        gap, steps, _, _ = self._parts(sample, line)
        return summed(sample.row_of_tie, gap * steps, sample.rows)

    def solve(self, sample: Sample, line: Floats) -> Solved:
        """Value, influence and the derivative by the line."""
        refuse_line(line)
        gap, steps, reached, weight = self._parts(sample, line)
        row = sample.row_of_tie
        later = summed(row, weight * gap, sample.rows)[row] - running(weight * gap, sample.tie_start)
        z, y = line[row], sample.y[sample.tie]
        slope = summed(row, np.where(is_below(y, z, self.at_line), y / z**2, 0.0) * steps, sample.rows)
        return Solved(summed(row, gap * steps, sample.rows), (2 * (gap * reached + later))[sample.tie_of], (slope,))

    def _parts(self, sample: Sample, line: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """By tie: the gap, C_g² − C_{g−1}², C_g and the weight."""
        z, y = line[sample.row_of_tie], sample.y[sample.tie]
        weight = sample.by_tie(sample.weight)
        reached = running(weight, sample.tie_start)
        gap = np.where(is_below(y, z, self.at_line), (z - y) / z, 0.0)
        return gap, weight * (2 * reached - weight), reached, weight


@dataclass(frozen=True, slots=True)
class OrderSum(OfTwo):
    """B = Σ w x c, c the cumulative weight in the order of y, that of the record included (convey's Gini)."""

    def value(self, sample: Sample) -> Floats:
        """The value in each row."""
        x = sample.values(self.x)
        return sample.by_row(sample.weight * x * running(sample.weight, sample.start))

    def solve(self, sample: Sample) -> Solved:
        """Value and influence: ∂B/∂w_i = x_i c_i + Σ_{j ≥ i} w_j x_j."""
        x = sample.values(self.x)
        weighted = sample.weight * x
        reached = running(sample.weight, sample.start)
        before = running(weighted, sample.start) - weighted
        influence = x * reached + sample.spread(sample.by_row(weighted)) - before
        return Solved(sample.by_row(weighted * reached), influence)


@dataclass(frozen=True, slots=True)
class PartialSum(OfTwo):
    """S(p) = Σ w x over the lowest p of the population in the order of y.

    `interpolated` takes of the records tied at the quantile the part that fills up p; `step` takes all of them.
    `rule` `hf2` takes the middle of two values where p falls between them (laeken). With a `bandwidth` the influence
    has the mean of x near the quantile, weighted by a kernel, in the place of x at it (convey's `isq` and `qsr`).
    """

    p: float
    how: Literal["interpolated", "step"] = "interpolated"
    rule: Literal["hf1", "hf2"] = "hf1"
    bandwidth: Bandwidth | None = None

    def value(self, sample: Sample) -> Floats:
        """The value in each row."""
        return self._parts(sample)[0]

    def solve(self, sample: Sample) -> Solved:
        """Value and influence: x_i − m + p m below the quantile, p m above, m the mean of x in the tie at it."""
        value, at, mean, inside, x = self._parts(sample)
        tie, row = sample.tie_of, sample.row
        below, on = tie < at[row], tie == at[row]
        taken = np.where(below, 1.0, np.where(on, inside[row], 0.0))
        if self.bandwidth is not None and sample.y.size:
            point = sample.y[sample.tie[np.minimum(at, sample.tie.size - 1)]]
            mean = kernel_mean(sample, x, point, self.bandwidth)
            return Solved(value, x * taken - mean[row] * (taken - self.p))
        return Solved(value, (x - mean[row]) * taken + self.p * mean[row])

    def _parts(self, sample: Sample) -> tuple[Floats, Codes, Floats, Floats, Floats]:
        """Value, the tie at the quantile, the mean of x in it, the part of it that is taken; and x by record."""
        x = sample.values(self.x)
        weight, total = sample.by_tie(sample.weight), sample.by_tie(sample.weight * x)
        reached, gained = running(weight, sample.tie_start), running(total, sample.tie_start)
        size = sample.by_row(sample.weight)
        value, mean, inside = (np.full(sample.rows, np.nan) for _ in range(3))
        at = np.zeros(sample.rows, dtype=np.intp)
        for row in range(sample.rows):
            first, last = sample.tie_start[row], sample.tie_start[row + 1]
            if first == last or not size[row] > 0:
                continue
            target = self.p * size[row]
            tie = first + int(np.searchsorted(reached[first:last], target - TIE * size[row]))
            tie = min(tie, last - 1)
            at[row], before = tie, reached[tie] - weight[tie]
            mean[row] = total[tie] / weight[tie]
            inside[row] = (target - before) / weight[tie]
            taken = 1.0 if self.how == "step" else inside[row]
            value[row] = gained[tie] - total[tie] + taken * total[tie]
            if self.how == "step":
                inside[row] = 1.0
            if self.rule == "hf2" and abs(reached[tie] - target) <= TIE * size[row] and tie + 1 < last:
                mean[row] = (mean[row] + total[tie + 1] / weight[tie + 1]) / 2
        return value, at, mean, inside, x


@dataclass(frozen=True, slots=True)
class SumBelow(BelowLine):
    """Σ w h(y; z) over the records below a line z: h = ((z − y)/z)^α (`fgt`) or log(z/y) (`watts`).

    The number of those below a line has no derivative by the line but through a density: `bandwidth` says which.
    """

    alpha: float = 0.0
    kind: Literal["fgt", "watts"] = "fgt"
    at_line: AtLine = "<"
    bandwidth: Bandwidth = "kish"

    def value(self, sample: Sample, line: Floats) -> Floats:
        """The value in each row at a line."""
        return sample.by_row(sample.weight * self._gap(sample, line))

    def solve(self, sample: Sample, line: Floats) -> Solved:
        """Value, influence h and the derivative by the line."""
        refuse_line(line)
        gap = self._gap(sample, line)
        return Solved(sample.by_row(sample.weight * gap), gap, (self._slope(sample, line),))

    def _gap(self, sample: Sample, line: Floats) -> Floats:
        z = sample.spread(line)
        poor = is_below(sample.y, z, self.at_line)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind == "watts":
                return np.where(poor, np.log(z / sample.y), 0.0)
            return np.where(poor, 1.0 if self.alpha == 0 else ((z - sample.y) / z) ** self.alpha, 0.0)

    def _slope(self, sample: Sample, line: Floats) -> Floats:
        if isinstance(self.line, Constant):
            return np.zeros(sample.rows)
        z = sample.spread(line)
        poor = is_below(sample.y, z, self.at_line)
        if self.kind == "watts":
            return sample.by_row(sample.weight * poor) / line
        if self.alpha == 0:
            return density(sample, line, self.bandwidth) * sample.by_row(sample.weight)
        with np.errstate(divide="ignore", invalid="ignore"):
            steep = self.alpha * ((z - sample.y) / z) ** (self.alpha - 1) * sample.y / z**2
        # on the line, where α < 1 has no derivative, nothing is below it
        return sample.by_row(sample.weight * np.where(poor & (sample.y < z), steep, 0.0))


def is_step(leaf: Ranked) -> bool:
    """Whether a leaf jumps where its cut passes a record: records at the quantile are in or out, never in part."""
    return isinstance(leaf, PartialSum) and leaf.how == "step"


def is_below(y: Floats, line: Floats, at_line: AtLine) -> Mask:
    """Who is below a line; a value within `TIE` of it is on it."""
    slack = TIE * np.abs(line)
    result: Mask = y < line - slack if at_line == "<" else y <= line + slack
    return result


def refuse_line(line: Floats) -> None:
    found = line[np.isfinite(line)]
    if (found <= 0).any():
        raise LineError(
            f"a poverty line is positive; the line estimated here is not, in {int((found <= 0).sum())} of "
            f"{line.size} rows: look at zero and negative values of the variable it is relative to"
        )
