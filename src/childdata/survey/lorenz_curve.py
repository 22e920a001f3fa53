"""What is read off the distribution in order: Lorenz curves, shares and ratios of quantile groups, growth incidence.

L(p) is the share of the total that the lowest p of the population has. It is interpolated: of the records tied at the
quantile the part is taken that fills up p, so that L is continuous and Σ w·influence is zero. The quintile share ratio
is by custom made of steps: everybody at or below the quantile.

The points of a curve are quantiles, and not smooth in the weights where p falls on a step of the sample: elsewhere the
influence (y − q)[y ≤ q] + pq is the exact derivative.

Source: Langel & Tillé (2011), Statistica Neerlandica 65(3), 249-271 (quintile share ratio); Kovačević & Binder (1997),
J. of Official Statistics 13(1), 41-58 (Lorenz ordinates); Cobham & Sumner (2013), CGD Working Paper 343 (Palma).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.density import Bandwidth, check_bandwidth
from childdata.survey.incomes import Nonpositive, incomes
from childdata.survey.leaves import PartialSum
from childdata.survey.poverty_lines import ONE
from childdata.survey.quantiles import Quantile
from childdata.survey.statistic import Arithmetic, Constant, Item, Node, Statistic, Total
from childdata.survey.statistics import QuantileInterval, QuantileRule, quantile

SIZE = Total(ONE)


def lorenz(y: Rule, p: float | Sequence[float], *, nonpositive: Nonpositive = "keep") -> Statistic:
    """Ordinates of the Lorenz curve: the share of the total that the lowest p of the population has.

    Parameters
    ----------
    y : column or rule.
    p : one or several points from 0 to 1; several give one row each. L(0) = 0 and L(1) = 1, without error.
    nonpositive : `"keep"`: negative incomes as they are, and counted; else as named (see `gini`).

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.lorenz("y", [0.2, 0.5])).to_frame()["estimate"].round(6).tolist()
    [0.05, 0.225]
    """
    income, checks = incomes(y, nonpositive, "the Lorenz curve", defined="everywhere")
    items = tuple(Item(label, _ordinate(income, income, one)) for label, one in _points(p))
    return Statistic(items, "index", f"lorenz({parse(y).text})", checks=checks)


def generalized_lorenz(y: Rule, p: float | Sequence[float], *, nonpositive: Nonpositive = "keep") -> Statistic:
    """Ordinates of the generalised Lorenz curve, S_p / N: Lorenz ordinates times the mean.

    Source: Shorrocks (1983), Economica 50(197), 3-17.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.generalized_lorenz("y", [0.2, 1])).to_frame()["estimate"].round(6).tolist()
    [0.2, 4.0]
    """
    income, checks = incomes(y, nonpositive, "the generalised Lorenz curve", defined="everywhere")
    items = tuple(Item(label, Arithmetic("/", _part(income, income, one), SIZE)) for label, one in _points(p))
    return Statistic(items, "amount", f"generalized_lorenz({parse(y).text})", checks=checks)


def concentration_curve(y: Rule, rank: Rule, p: float | Sequence[float]) -> Statistic:
    """Ordinates of the concentration curve: the share of `y` that those lowest in the order of `rank` have.

    Persons tied in `rank` share their mean of `y`, so that the order of the file has no part.

    >>> import childdata as cd
    >>> people = cd.Survey({"benefit": [6.0, 3.0, 1.0, 0.0], "income": [10.0, 20.0, 30.0, 40.0]})
    >>> people.estimate(cd.concentration_curve("benefit", "income", [0.25, 0.5])).to_frame()["estimate"].tolist()
    [0.6, 0.9]
    """
    x, by = parse(y), parse(rank)
    items = tuple(Item(label, _ordinate(x, by, one)) for label, one in _points(p))
    return Statistic(items, "index", f"concentration_curve({x.text}, {by.text})")


def _points(p: float | Sequence[float]) -> list[tuple[float | None, float]]:
    several = np.ndim(p) > 0
    points = [float(one) for one in np.atleast_1d(np.asarray(p, dtype=float))]
    if not points or not all(0 <= one <= 1 for one in points):
        raise EstimationError(f"p of a curve lies between 0 and 1; found {p}")
    return [(one if several else None, one) for one in points]


def _part(x: Expression, y: Expression, p: float) -> Node:
    """The total of x that the lowest p have."""
    if p == 0:
        return Arithmetic("*", Constant(0.0), Total(x))
    return Total(x) if p == 1 else PartialSum(x, y, p)


def _ordinate(x: Expression, y: Expression, p: float) -> Node:
    return Arithmetic("/", _part(x, y, p), Total(x))


def quantile_share(y: Rule, lower: float, upper: float, *, nonpositive: Nonpositive = "keep") -> Statistic:
    """The share of the total that goes to those between two points of the distribution, L(upper) − L(lower).

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.quantile_share("y", 0.0, 0.4)).to_frame()["estimate"].round(9).item()
    0.15
    """
    if not 0 <= lower < upper <= 1:
        raise EstimationError(f"a quantile share lies between two points from 0 to 1; found {lower} and {upper}")
    income, checks = incomes(y, nonpositive, "a quantile share", defined="everywhere")
    parts = Arithmetic("-", _part(income, income, float(upper)), _part(income, income, float(lower)))
    node = Arithmetic("/", parts, Total(income))
    name = f"quantile_share({parse(y).text}, {lower:g}, {upper:g})"
    return Statistic((Item(None, node),), "index", name, checks=checks)


def s80_s20(
    y: Rule,
    *,
    upper: float = 0.8,
    lower: float = 0.2,
    rule: Literal["hf1", "hf2"] = "hf1",
    convention: Literal["childdata", "convey"] = "childdata",
    nonpositive: Nonpositive = "keep",
) -> Statistic:
    """The quintile share ratio: the total of the highest fifth over that of the lowest, as Eurostat and laeken have it.

    Step totals: the lowest fifth is everybody at or below the quantile, the highest everybody above.

    Parameters
    ----------
    y : column or rule.
    upper, lower : the two points of the distribution.
    rule : of the quantiles: `"hf2"` takes the middle of two values on a tie (laeken).
    convention : of the standard error: `"convey"` has near each quantile the mean of y by a kernel in the place of the
        quantile itself, as the R package does.
    nonpositive : `"keep"`: negative incomes as they are, and counted; else as named.

    Source: Eurostat, S80/S20; Langel & Tillé (2011).

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.s80_s20("y")).to_frame()["estimate"].item()
    10.0
    """
    if not 0 < lower < upper < 1:
        raise EstimationError(f"a share ratio has two points between 0 and 1, the lower first; found {lower}, {upper}")
    if convention not in ("childdata", "convey"):
        raise EstimationError(f"convention of a share ratio is 'childdata' or 'convey'; found {convention!r}")
    income, checks = incomes(y, nonpositive, "the quintile share ratio", defined="everywhere")
    bandwidth: Bandwidth | None = "convey" if convention == "convey" else None
    below, bottom = (PartialSum(income, income, float(p), "step", rule, bandwidth) for p in (upper, lower))
    node = Arithmetic("/", Arithmetic("-", Total(income), below), bottom)
    return Statistic((Item(None, node),), "index", f"s80_s20({parse(y).text})", checks=checks)


def palma(y: Rule, *, nonpositive: Nonpositive = "keep") -> Statistic:
    """The Palma ratio: the share of the highest tenth over that of the lowest four tenths, (1 − L(0.9)) / L(0.4).

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.palma("y")).to_frame()["estimate"].round(6).item()
    1.666667
    """
    income, checks = incomes(y, nonpositive, "the Palma ratio", defined="everywhere")
    top = Arithmetic("-", Total(income), _part(income, income, 0.9))
    node = Arithmetic("/", top, _part(income, income, 0.4))
    return Statistic((Item(None, node),), "index", f"palma({parse(y).text})", checks=checks)


def quantile_ratio(
    y: Rule,
    upper: float,
    lower: float,
    *,
    rule: QuantileRule = "hf1",
    interval: QuantileInterval = "auto",
    bandwidth: Bandwidth | None = None,
) -> Statistic:
    """The ratio of two quantiles, such as P90/P10.

    Parameters
    ----------
    y : column or rule.
    upper, lower : the two points, between 0 and 1.
    rule, interval : of the quantiles; the standard error is read off Woodruff's intervals.
    bandwidth : where given, it rests on a density instead: `"kish"`, `"silverman"`, `"convey"`, or a number in the unit
        of y.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.quantile_ratio("y", 0.8, 0.2)).to_frame()["estimate"].item()
    4.0
    """
    above, below = (_quantile(y, p, rule, interval, bandwidth).items[0].node for p in (upper, lower))
    node = Arithmetic("/", above, below)
    return Statistic((Item(None, node),), "index", f"quantile_ratio({parse(y).text}, {upper:g}, {lower:g})")


def growth_incidence(
    before: Rule,
    after: Rule,
    p: float | Sequence[float],
    *,
    rule: QuantileRule = "hf1",
    interval: QuantileInterval = "auto",
    bandwidth: Bandwidth | None = None,
) -> Statistic:
    """The growth incidence curve of two variables of the same records: q₂(p)/q₁(p) − 1.

    For two surveys estimate `quantile(y, p)` in each: the curve is `later.compare(earlier, overlap=...,
    measure="relative change")`.

    Parameters
    ----------
    before, after : column or rule, in prices of one period.
    p : one or several points between 0 and 1.
    rule, interval, bandwidth : of the quantiles, as in `quantile_ratio`.

    Source: Ravallion & Chen (2003), Economics Letters 78(1), 93-99.

    >>> import childdata as cd
    >>> panel = cd.Survey({"y1": [1.0, 2.0, 3.0, 4.0], "y2": [2.0, 2.0, 3.0, 5.0]})
    >>> panel.estimate(cd.growth_incidence("y1", "y2", [0.25, 1 / 2])).to_frame()["estimate"].tolist()
    [1.0, 0.0]
    """
    second, first = (_quantile(one, p, rule, interval, bandwidth) for one in (after, before))
    made = second / first - 1.0
    return Statistic(made.items, "index", f"growth_incidence({parse(before).text}, {parse(after).text})")


def _quantile(
    y: Rule, p: float | Sequence[float], rule: QuantileRule, interval: QuantileInterval, bandwidth: Bandwidth | None
) -> Statistic:
    """Quantiles by Woodruff's interval, or by a density."""
    made = quantile(y, p, rule=rule, interval=interval)
    if bandwidth is None:
        return made
    check_bandwidth(bandwidth)
    leaves = [item.node for item in made.items]
    items = tuple(
        Item(item.label, Quantile(leaf.y, leaf.p, leaf.rule, None, bandwidth))
        for item, leaf in zip(made.items, leaves, strict=True)
        if isinstance(leaf, Quantile)
    )
    return Statistic(items, made.scale, made.name)
