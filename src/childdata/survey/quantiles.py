"""Weighted quantiles of many domains at once, and the interval of Woodruff.

q̂ is a point of the weighted distribution function F̂ of a domain, by one of the rules of Hyndman & Fan (1996) with
weights. Its interval is that of F̂ at q̂, inverted by the same rule; its standard error (upper − lower)/(2 t). Its
influence is that of F̂(q̂), −([y ≤ q̂] − F̂)/N̂, stretched so that its standard error is the same: the slope 1/f̂ is
read off the interval, and covariances with every other statistic follow.

At the largest value F̂ is 1 in any sample, and its standard error 0 says nothing of q̂. There p is compared with the
step below it, F̂ at the next smaller value: where that lies far below p the quantile is certain, as it is where all
values are one; else the interval has both, or leaves the data. R survey gives 0.

Source: Woodruff (1952), JASA 47(260), 635-646; Francisco & Fuller (1991), Annals of Statistics 19(1), 454-469.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Expression
from childdata.survey.arrays import Codes, Floats
from childdata.survey.density import Bandwidth, density
from childdata.survey.intervals import LargestRule, proportion_interval, t_quantile
from childdata.survey.leaves import is_below
from childdata.survey.replicates import Replicates
from childdata.survey.sample import TIE, Sample, Solved
from childdata.survey.statistic import Node

StandardErrors = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Ordered:
    """The known values of one domain in order, with cumulative weights."""

    y: Floats
    weight: Floats
    cumulative: Floats

    def at(self, p: float, rule: str) -> float:
        """The quantile at p by a rule; not a number where the domain is empty or p is not in [0, 1]."""
        if not self.y.size or not -TIE <= p <= 1 + TIE:
            return np.nan
        whole = self.cumulative[-1]
        if rule in ("hf1", "hf2", "hf3"):
            return self._step(p * whole, rule)
        before = self.cumulative - self.weight
        last = self.weight[-1]
        if rule == "hf4":
            points = self.cumulative / whole
        elif rule == "hf5":
            points = (before + self.cumulative) / 2 / whole
        elif rule == "hf6":
            points = self.cumulative / (whole + last)
        elif rule == "hf7":
            points = before / before[-1] if before[-1] > 0 else before
        elif rule == "hf8":
            points = (before / 3 + self.cumulative * 2 / 3) / (whole + last / 3)
        else:
            points = (before * 3 / 8 + self.cumulative * 5 / 8) / (whole + last / 4)
        return float(np.interp(p, points, self.y))

    def _step(self, target: float, rule: str) -> float:
        y, cumulative = self.y, self.cumulative
        if rule == "hf3":
            y, last = np.unique(y, return_index=True)
            cumulative = np.append(self.cumulative[last[1:] - 1], self.cumulative[-1])
        slack = TIE * self.cumulative[-1]
        place = min(int(np.searchsorted(cumulative, target - slack)), y.size - 1)
        following = min(place + 1, y.size - 1)
        tied = abs(cumulative[place] - target) <= slack
        if tied and rule == "hf2":
            return float((y[place] + y[following]) / 2)
        # hf3: on a tie the value of even rank, counted from one
        if tied and rule == "hf3" and (place + 1) % 2 == 1:
            return float(y[following])
        return float(y[place])

    def share_below(self, point: float) -> float:
        """F̂(point): the weighted share of values at or below it."""
        if not self.y.size:
            return np.nan
        place = int(np.searchsorted(self.y, point, side="right"))
        return float(self.cumulative[place - 1] / self.cumulative[-1]) if place else 0.0

    def next_below(self, point: float) -> float:
        """The largest value below a point; minus infinity where there is none."""
        place = int(np.searchsorted(self.y, point))
        return float(self.y[place - 1]) if place else -np.inf


@dataclass(frozen=True, slots=True)
class Quantile:
    """The p-quantile of `y`: a value found by rank.

    Attributes
    ----------
    p : a number, or a tree that gives one in each row.
    rule : one of the Hyndman-Fan rules hf1..hf9 with weights.
    interval : how the interval of F̂ is made before it is inverted (Woodruff), which also gives the influence, or
        `auto`, or `replicates`; None where a kernel density gives it: −([y ≤ q] − p) / (N f̂(q)).
    """

    y: Expression
    p: float | Node
    rule: str
    interval: str | None
    bandwidth: Bandwidth = "kish"

    @property
    def parameters(self) -> tuple[Node, ...]:
        """The point, where it is estimated."""
        return () if isinstance(self.p, float) else (self.p,)

    def expressions(self) -> tuple[Expression, ...]:
        """What must be known of a record."""
        return (self.y,)

    def value(self, sample: Sample, *point: Floats) -> Floats:
        """The quantile of each row."""
        points = point[0] if point else np.full(sample.rows, self.p)
        found = zip(ordered(sample), points, strict=True)
        return np.array([one.at(p, self.rule) for one, p in found])

    def solve(self, sample: Sample, *point: Floats) -> Solved:
        """The quantile with the influence by a kernel density."""
        value = self.value(sample, *point)
        points = point[0] if point else np.full(sample.rows, self.p)
        size = sample.by_row(sample.weight)
        dense = density(sample, value, self.bandwidth)
        below = is_below(sample.y, sample.spread(value), "<=")
        with np.errstate(divide="ignore", invalid="ignore"):
            influence = -(below - sample.spread(points)) / sample.spread(size * dense)
            return Solved(value, influence, (1 / dense,) if point else ())


def is_found_again(leaf: Quantile, replicates: Replicates | None) -> bool:
    """Whether a quantile is found anew under each replicate weight; else it has an influence.

    Raises
    ------
    EstimationError if that is asked for where there are no replicate weights.
    """
    if leaf.interval == "replicates" and replicates is None:
        raise EstimationError(
            "interval='replicates' finds a quantile again under each replicate weight, and the survey has none; leave "
            "interval= out for Woodruff's interval, or make replicates first: survey.with_replicates(cd.Bootstrap(...))"
        )
    if replicates is None or leaf.interval == "replicates":
        return replicates is not None
    return leaf.interval in ("auto", None) and replicates.finds_cuts


def ordered(sample: Sample) -> list[Ordered]:
    """The records of each row in the order of y; records of weight zero left out."""
    found = []
    for first, last in pairwise(sample.start.tolist()):
        y, weight = sample.y[first:last], sample.weight[first:last]
        if not (weight > 0).all():
            y, weight = y[weight > 0], weight[weight > 0]
        found.append(Ordered(y, weight, np.cumsum(weight)))
    return found


def woodruff(
    sample: Sample,
    p: float,
    rule: str,
    interval: str,
    *,
    df: Floats,
    n: Floats,
    level: float,
    standard_errors: StandardErrors,
    largest: LargestRule = "step",
) -> Solved:
    """The p-quantile of each row with its interval.

    Parameters
    ----------
    sample : the records; y known.
    p, rule, interval : of the leaf.
    df, n : arrays (rows,); degrees of freedom and records of each row.
    level : of confidence.
    standard_errors : gives the design's standard error of each row for an influence by record.
    largest : the rule on a quantile that is the largest value of its row; see `Convention`.
    """
    rows = ordered(sample)
    value = np.array([one.at(p, rule) for one in rows])
    share = _shares_below(rows, value)
    at_top = (share >= 1 - TIE) & (largest == "step" or interval == "score")
    point = np.array([one.next_below(x) if top else x for one, x, top in zip(rows, value, at_top, strict=True)])
    share = _shares_below(rows, point)
    influence = _share_influence(sample, point, share)
    error = standard_errors(influence)
    if interval == "score":
        low, high = _score_interval(sample, rows, p, t_quantile(df, level), standard_errors)
    else:
        method = "t" if interval in ("auto", "mean") else "logit" if interval == "xlogit" else interval
        centre = np.where(at_top, p, share)
        ends = proportion_interval(method, centre, error, df=df, n=n, level=level, clip=False)
        low, high = (np.array([one.at(x, rule) for one, x in zip(rows, end, strict=True)]) for end in ends)
    t = t_quantile(df, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        # without degrees of freedom there is no interval, and so no standard error
        stretch = np.where(np.isnan(t), np.nan, np.where(error > 0, (high - low) / (2 * t) / error, 0.0))
    influence *= sample.spread(-stretch)
    return Solved(value, influence, (), low, high, df)


def _shares_below(rows: list[Ordered], point: Floats) -> Floats:
    return np.array([one.share_below(x) for one, x in zip(rows, point, strict=True)])


def _share_influence(sample: Sample, point: Floats, share: Floats) -> Floats:
    size = sample.by_row(sample.weight)
    result = np.empty(sample.y.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        # row by row, as arrays of all records cost more to lay out than to fill
        for row, (first, last) in enumerate(pairwise(sample.start.tolist())):
            result[first:last] = ((sample.y[first:last] <= point[row]) - share[row]) / size[row]
    return result


def _score_interval(
    sample: Sample, rows: list[Ordered], p: float, t: Floats, standard_errors: StandardErrors
) -> tuple[Floats, Floats]:
    """The values where the score test of F(θ) = p turns from not rejecting to rejecting, in all rows at once.

    The statistic (p − F̂(θ)) / se falls in steps at the observed values. Of the two values beside the step that passes
    the limit, the one whose statistic is nearer to it is the end: where a root finder on the steps comes to rest. Where
    the statistic is infinite, at the largest value, that value is the end.
    """
    distinct = [np.unique(one.y) for one in rows]
    last = np.array([values.size - 1 for values in distinct])

    def at(place: Codes) -> Floats:
        chosen = zip(distinct, place, strict=True)
        return np.array([values[k] if values.size and k >= 0 else np.nan for values, k in chosen])

    def statistic(place: Codes) -> Floats:
        point = at(place)
        share = _shares_below(rows, point)
        error = standard_errors(_share_influence(sample, point, share))
        with np.errstate(divide="ignore", invalid="ignore"):
            return (p - share) / error

    def end(limit: Floats) -> Floats:
        below, above = np.full(last.size, -1), np.maximum(last, 0)
        while (moving := above - below > 1).any():
            middle = np.where(moving, (below + above) // 2, above)
            reached = statistic(middle) <= limit
            above = np.where(moving & reached, middle, above)
            below = np.where(moving & ~reached, middle, below)
        here = statistic(above)
        nearer_below = (np.abs(statistic(below) - limit) < np.abs(here - limit)) & np.isfinite(here)
        return at(np.where((below >= 0) & nearer_below, below, above))

    return end(t), end(-t)
