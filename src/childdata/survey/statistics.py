"""The statistics a user asks for, each a short tree of totals, or of ranks.

`total mean ratio proportion count quantile median`, and arithmetic between them. What an argument may be
is the same everywhere: the name of a column, or a rule (`"HAZ2 < -2"`). A mean of a rule
is a share; a mean of a column is an amount, even if the column holds only 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Rule, parse
from childdata.survey.quantiles import Quantile
from childdata.survey.statistic import EACH, Arithmetic, Item, Statistic, Total

QuantileRule = Literal["hf1", "hf2", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9", "math", "school"]
QuantileInterval = Literal["auto", "mean", "xlogit", "beta", "asin", "score", "replicates"]

_RULES = {"math": "hf1", "school": "hf2"} | {f"hf{k}": f"hf{k}" for k in range(1, 10)}
_INTERVALS = get_args(QuantileInterval)
ONE = parse(1)


def total(y: Rule) -> Statistic:
    """The weighted total of a column, or the weighted number of records for which a rule is true.

    Ŷ = Σ wᵢ yᵢ. Records where `y` is unknown are left out and counted.

    Parameters
    ----------
    y : column or rule, in its own unit.

    Source: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, section 2.8.

    >>> total("income")
    <Statistic total(income) (amount)>
    """
    expression = parse(y)
    return Statistic((Item(None, Total(expression)),), "amount", f"total({expression.text})")


def count() -> Statistic:
    """The estimated number of units in the population: the sum of the weights, N̂ = Σ wᵢ.

    >>> count()
    <Statistic count() (amount)>
    """
    return Statistic((Item(None, Total(ONE)),), "amount", "count()")


def mean(y: Rule) -> Statistic:
    """The weighted mean of a column, or the weighted share for which a rule is true.

    ȳ = Σ wᵢ yᵢ / Σ wᵢ over the records where `y` is known.

    Parameters
    ----------
    y : column (the result is an amount, with a t interval) or rule (a share, with a logit interval).

    Source: Särndal, Swensson & Wretman (1992), section 5.7.

    >>> mean("HAZ2 < -2"), mean("HAZ2")
    (<Statistic mean(HAZ2 < -2) (share)>, <Statistic mean(HAZ2) (amount)>)
    """
    expression = parse(y)
    node = Arithmetic("/", Total(expression), Total(ONE))
    scale: Literal["share", "amount"] = "share" if expression.kind == "truth" else "amount"
    return Statistic((Item(None, node),), scale, f"mean({expression.text})")


def ratio(numerator: Rule, denominator: Rule) -> Statistic:
    """The ratio of two totals, R̂ = Σ wᵢ yᵢ / Σ wᵢ xᵢ, over the records where both are known.

    Of two columns it is an amount, of two rules an index: its interval is t, as the numerator need not be a part
    of the denominator. A share with its logit interval is a `mean` of a rule, with `where=`.

    Source: Särndal, Swensson & Wretman (1992), section 5.6.

    >>> ratio("food", "spending")
    <Statistic ratio(food, spending) (amount)>
    """
    y, x = parse(numerator), parse(denominator)
    node = Arithmetic("/", Total(y), Total(x))
    scale: Literal["index", "amount"] = "index" if x.kind == "truth" and y.kind == "truth" else "amount"
    return Statistic((Item(None, node),), scale, f"ratio({y.text}, {x.text})")


def proportion(y: Rule) -> Statistic:
    """The distribution of a variable: the weighted share of each of its categories, one row each.

    p̂_c = Σ wᵢ [yᵢ = c] / Σ wᵢ over the records where `y` is known. The categories, their labels and
    their order are those of the variable; categories that no record of the survey has are left out.

    >>> proportion("windex5")
    <Statistic proportion(windex5) (share)>
    """
    expression = parse(y)
    node = Arithmetic("/", Total(expression, EACH), Total(ONE))
    return Statistic((Item(None, node),), "share", f"proportion({expression.text})")


def quantile(
    y: Rule,
    p: float | Sequence[float],
    *,
    rule: QuantileRule = "hf1",
    interval: QuantileInterval = "auto",
) -> Statistic:
    """The p-quantile of a variable, with the interval of Woodruff.

    By the default rule (`hf1`, R's `math`) the smallest y with F̂(y) ≥ p. `hf2` (`school`) takes the
    middle on a tie; `hf3` .. `hf9` are those of Hyndman & Fan (1996) with weights, as in R survey.
    The interval is that of F̂ at the quantile, inverted by the same rule; the standard error is
    (upper − lower) / (2 t). An interval whose end leaves [0, 1] is unknown on that side.

    Parameters
    ----------
    y : column or rule.
    p : one or several numbers strictly between 0 and 1; several give one row each.
    rule : which definition of a quantile.
    interval : how the interval of F̂ is made: `mean` (p ± t·se), `xlogit`, `beta`, `asin`, or by inverting
        the `score` test; with replicate weights their scatter gives se. `replicates`: the quantile is found again
        under each replicate weight instead. `auto` is `replicates` under half-samples, the bootstrap and successive
        differences, and `mean` else: without replicate weights, and under the jackknife, for which a quantile that
        is found again has no consistent variance.

    Raises
    ------
    EstimationError if p, the rule or the interval is not one of these.

    Source: Woodruff (1952), JASA 47(260), 635-646; Hyndman & Fan (1996), Am. Statistician 50(4), 361-365.

    >>> quantile("income", [0.25, 0.75])
    <Statistic quantile(income) (amount)>
    """
    expression = parse(y)
    several = np.ndim(p) > 0
    points = tuple(float(one) for one in np.atleast_1d(np.asarray(p, dtype=float)))
    if not points or not all(0 < one < 1 for one in points):
        raise EstimationError(f"p of a quantile lies strictly between 0 and 1; found {p}")
    if rule not in _RULES:
        raise EstimationError(f"quantile rule {rule!r} is not known; choose one of {', '.join(_RULES)}")
    if interval not in _INTERVALS:
        raise EstimationError(f"quantile interval {interval!r} is not known; choose one of {', '.join(_INTERVALS)}")
    leaves = [Quantile(expression, one, _RULES[rule], interval) for one in points]
    items = tuple(Item(one if several else None, leaf) for one, leaf in zip(points, leaves, strict=True))
    name = f"quantile({expression.text})" if several else f"quantile({expression.text}, {points[0]:g})"
    return Statistic(items, "amount", name)


def median(y: Rule, *, rule: QuantileRule = "hf1", interval: QuantileInterval = "auto") -> Statistic:
    """The weighted median: `quantile(y, 0.5)`.

    >>> median("income")
    <Statistic median(income) (amount)>
    """
    middle = quantile(y, 0.5, rule=rule, interval=interval)
    return Statistic(middle.items, middle.scale, f"median({parse(y).text})")
