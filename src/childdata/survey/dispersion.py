"""How a variable spreads and goes with another: variance, standard deviation, correlation, distribution function.

All but the last are arithmetic of the leaf `Moment`, M = Σ w (x − x̄)(y − ȳ) / Σ w, whose influence is
((x − x̄)(y − ȳ) − M) / Σ w: that the means are estimated too adds nothing, as Σ w (x − x̄) = 0.

Source: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, section 5.9; R survey `svyvar`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.arrays import Floats
from childdata.survey.leaves import OfTwo
from childdata.survey.sample import Sample, Solved
from childdata.survey.statistic import Arithmetic, Constant, Count, Function, Item, Node, Statistic, Total
from childdata.survey.statistics import ONE

Ddof = Literal["r", "population"]
SIZE = Total(ONE)
_ULPS = 4 * float(np.finfo(np.float64).eps)  # what rounding leaves of a number less itself


@dataclass(frozen=True, slots=True)
class Moment(OfTwo):
    """The mean of (x − x̄)(y − ȳ), the means those of the row: a large mean, or one far from others, costs no digits."""

    def value(self, sample: Sample) -> Floats:
        """The value in each row."""
        return self._parts(sample)[0]

    def solve(self, sample: Sample) -> Solved:
        """Value and influence."""
        value, product, size = self._parts(sample)
        return Solved(value, (product - sample.spread(value)) / sample.spread(size))

    def _parts(self, sample: Sample) -> tuple[Floats, Floats, Floats]:
        """The value and Σ w by row; (x − x̄)(y − ȳ) by record."""
        size = sample.by_row(sample.weight)
        with np.errstate(divide="ignore", invalid="ignore"):
            x = self._centred(self.x, sample, size)
            product = x * (x if self.x == self.y else self._centred(self.y, sample, size))
            return sample.by_row(sample.weight * product) / size, product, size

    def _centred(self, expression: Expression, sample: Sample, size: Floats) -> Floats:
        """A variable less its mean; taken twice, as the first mean of a large variable is not exact.

        What is left of a constant is the rounding of its mean, and made 0.
        """
        given = sample.values(expression)
        values = given
        for _ in range(2):
            values = values - sample.spread(sample.by_row(sample.weight * values) / size)
        return np.where(np.abs(values) <= _ULPS * np.abs(given), 0.0, values)


def variance(y: Rule, *, ddof: Ddof = "r") -> Statistic:
    """The population variance of a variable, S² = Σ w (y − ȳ)² / N̂, by default times n/(n − 1).

    Parameters
    ----------
    y : column or rule; records where it is unknown are left out.
    ddof : `"r"`: times n/(n − 1), with n the unweighted records used, as R's `svyvar` and Stata's `estat sd`;
        `"population"`: the divisor is Σ w (PISA).

    Returns
    -------
    Statistic on the scale `amount`, in the square of the unit of y.

    Notes
    -----
    Where no answer is missing, value and standard error are those of R's `svyvar`. Where some are, they are those of
    `svyvar(~y, subset(design, !is.na(y)))`; `svyvar(~y, design, na.rm = TRUE)` counts in n the records without an
    answer as well (m of them), which makes both smaller by (n − 1)(n + m) / (n (n + m − 1)). `svyvar(~x + y, design,
    na.rm = TRUE)` takes the records where x and y are known for both: that is `missing="listwise"`, while by default
    each variance uses all records where its own variable is known.

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
    given = np.atleast_1d(np.asarray(points))
    if given.ndim > 1 or not given.size or given.dtype.kind not in "iuf" or not np.isfinite(given).all():
        raise EstimationError(f"a distribution function is asked for at one number or a list of them; found {points!r}")
    found = [float(one) for one in given]
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
