"""How a variable spreads and goes with another: variance, standard deviation, correlation, distribution function.

Source: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, section 5.9; R survey `svyvar`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.statistic import Arithmetic, Constant, Count, Function, Item, Moment, Node, Statistic, Total
from childdata.survey.statistics import ONE

Ddof = Literal["r", "population"]
SIZE = Total(ONE)


def variance(y: Rule, *, ddof: Ddof = "r") -> Statistic:
    """The population variance of a variable, S² = Σ w (y − ȳ)² / N̂, by default times n/(n − 1).

    Parameters
    ----------
    y : column or rule.
    ddof : `"r"`: times n/(n − 1), with n the unweighted records, as R's `svyvar` and Stata's `estat sd`;
        `"population"`: the divisor is Σ w (PISA).

    Returns
    -------
    Statistic on the scale `amount`, in the square of the unit of y.

    >>> import childdata as cd
    >>> cd.Survey({"y": [1.0, 2.0, 6.0]}).estimate(cd.variance("y")).to_frame()["estimate"].round(9).item()
    7.0
    """
    expression = parse(y)
    node = _moment(expression, expression, ddof)
    return Statistic((Item(None, node),), "amount", f"variance({expression.text})")


def sd(y: Rule, *, ddof: Ddof = "r") -> Statistic:
    """The population standard deviation: the root of `variance`.

    >>> sd("income")
    <Statistic sd(income) (amount)>
    """
    expression = parse(y)
    node = Function("sqrt", (_moment(expression, expression, ddof),))
    return Statistic((Item(None, node),), "amount", f"sd({expression.text})")


def covariance(x: Rule, y: Rule, *, ddof: Ddof = "r") -> Statistic:
    """The population covariance of two variables, over the records where both are known.

    >>> covariance("age", "income")
    <Statistic covariance(age, income) (index)>
    """
    a, b = parse(x), parse(y)
    return Statistic((Item(None, _moment(a, b, ddof)),), "index", f"covariance({a.text}, {b.text})")


def correlation(x: Rule, y: Rule) -> Statistic:
    """Pearson's correlation of two variables, over the records where both are known.

    >>> import childdata as cd
    >>> pairs = cd.Survey({"x": [1.0, 2.0, 3.0, 4.0], "y": [2.0, 1.0, 4.0, 3.0]})
    >>> pairs.estimate(cd.correlation("x", "y")).to_frame()["estimate"].round(6).item()
    0.6
    """
    a, b = parse(x), parse(y)
    product = Arithmetic("*", _moment(a, a, "population"), _moment(b, b, "population"))
    node = Arithmetic("/", _moment(a, b, "population"), Function("sqrt", (product,)))
    return Statistic((Item(None, node),), "index", f"correlation({a.text}, {b.text})")


def variation(y: Rule, *, ddof: Ddof = "r") -> Statistic:
    """The coefficient of variation of a variable in the population: its standard deviation over its mean.

    >>> variation("income")
    <Statistic variation(income) (index)>
    """
    expression = parse(y)
    mean = Arithmetic("/", Total(expression), SIZE)
    node = Arithmetic("/", Function("sqrt", (_moment(expression, expression, ddof),)), mean)
    return Statistic((Item(None, node),), "index", f"variation({expression.text})")


def cdf(y: Rule, points: float | Sequence[float]) -> Statistic:
    """The distribution function, F(t) = share of the population at or below t, one row for each point.

    >>> import childdata as cd
    >>> cd.Survey({"y": [1.0, 2.0, 6.0, 7.0]}).estimate(cd.cdf("y", [1, 6])).to_frame()["estimate"].tolist()
    [0.25, 0.75]
    """
    expression = parse(y)
    several = np.ndim(points) > 0
    found = [float(one) for one in np.atleast_1d(np.asarray(points, dtype=float))]
    if not found or not np.isfinite(found).all():
        raise EstimationError(f"a distribution function is asked for at numbers; found {points}")
    items = tuple(
        Item(one if several else None, Arithmetic("/", Total(parse(f"({expression.text}) <= {one!r}")), SIZE))
        for one in found
    )
    return Statistic(items, "share", f"cdf({expression.text})")


def _moment(x: Expression, y: Expression, ddof: Ddof) -> Node:
    """The mean of (x − x̄)(y − ȳ), times n/(n − 1) by the convention of R."""
    if ddof not in ("r", "population"):
        raise EstimationError(f"ddof of a variance is 'r' or 'population'; found {ddof!r}")
    node = Moment(x, y)
    if ddof == "population":
        return node
    return Arithmetic("*", node, Arithmetic("/", Count(), Arithmetic("-", Count(), Constant(1.0))))
