"""Poverty lines: a number, a column of the data, or a share of a median or mean that is estimated itself.

A relative line is computed on **all records of the survey**, whatever `by` and `where` say, and its sampling error is
part of that of every measure that uses it: z = c·q, with the influence c·z_q over the whole sample. The influence of
a quantile needs a density (see `density`); that of a mean is (y − μ)/N.

Source: Deville (1999), Survey Methodology 25(2), 193-203; Eurostat's at-risk-of-poverty threshold is 0.6 of the median.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Literal, get_args

import numpy as np

from childdata.errors import EstimationError, LineError
from childdata.expression import Expression, Rule, parse
from childdata.survey.density import Bandwidth, check_bandwidth
from childdata.survey.leaves import AtLine
from childdata.survey.quantiles import Quantile
from childdata.survey.sample import TIE
from childdata.survey.statistic import Arithmetic, Check, Constant, Item, Node, Statistic, Total, Whole

QuantileOfLine = Literal["hf1", "hf2"]
Within = Literal["survey", "file", "domain"]
ONE = parse(1)


@dataclass(frozen=True, slots=True)
class RelativeLine:
    """A line that is a share of a median, mean or quantile; made by `relative_line`."""

    share: float
    of: Literal["median", "mean"] | float
    y: Expression | None
    within: Within
    rule: QuantileOfLine
    bandwidth: Bandwidth

    def node(self, y: Expression) -> Node:
        """The tree of the line; of `y` where it names no variable of its own."""
        variable = self.y or y
        middle: Node
        if self.of == "mean":
            middle = Arithmetic("/", Total(variable), Total(ONE))
        else:
            point = 0.5 if self.of == "median" else float(self.of)
            middle = Quantile(variable, point, self.rule, None, self.bandwidth)
        line = Arithmetic("*", Constant(self.share), middle)
        return line if self.within == "domain" else Whole(line, self.within)

    def statistic(self) -> Statistic:
        """The line itself, to be estimated like anything else: one value for all rows, unless it is of each domain.

        With a share of 1 and within="domain" it is a quantile whose standard error rests on a density (convey's
        `svyiqalpha`) and not on Woodruff's interval.

        Raises
        ------
        LineError where the line names no variable.

        >>> relative_line(0.6, of="median", y="income").statistic()
        <Statistic 0.6 of the median of income (amount)>
        """
        if self.y is None:
            raise LineError("a line is estimated by itself if it names its variable: relative_line(0.6, y='income')")
        name = f"{self.share:g} of the {self.middle} of {self.y.text}"
        return Statistic((Item(None, self.node(self.y)),), "amount", name)

    @property
    def middle(self) -> str:
        """What the line is a share of, in words."""
        return self.of if isinstance(self.of, str) else f"quantile {self.of:g}"


Line = Rule | RelativeLine


def relative_line(
    share: float,
    *,
    of: Literal["median", "mean"] | float = "median",
    y: Rule | None = None,
    within: Within = "survey",
    rule: QuantileOfLine = "hf1",
    bandwidth: Bandwidth = "kish",
) -> RelativeLine:
    """A poverty line relative to the median, the mean or a quantile of a variable.

    Parameters
    ----------
    share : of it, such as 0.6.
    of : `"median"`, `"mean"`, or a number between 0 and 1: that quantile.
    y : column or rule; by default the variable of the measure that the line is used in.
    within : `"survey"`: computed on all records of the survey, which are all its persons; refused where it is
        known that they are not (a `Dataset` whose unit is "child", a domain that holds every record). `"file"`: on all
        records there are, whoever they are. `"domain"`: in each row of the result for itself.
    rule : of the quantile: `"hf1"`, or `"hf2"`, the middle of two values on a tie (laeken).
    bandwidth : of the density: `"kish"`, `"silverman"`, `"convey"`, or a number in the unit of y.

    Raises
    ------
    LineError if the share is not positive, or `of` and `within` are not these; EstimationError for another rule or
    bandwidth.

    >>> relative_line(0.6, of="median", y="income").within
    'survey'
    """
    if isinstance(share, bool) or not (isinstance(share, Real) and 0 < share < np.inf):
        raise LineError(f"a poverty line is a positive share of a median or mean, such as 0.6; found {share!r}")
    if of not in ("median", "mean") and not (isinstance(of, Real) and 0 < of < 1):
        raise LineError(f"a line is relative to the 'median', the 'mean' or a quantile such as 0.5; found {of!r}")
    if within not in get_args(Within):
        raise LineError(f"within is 'survey', 'file' or 'domain'; found {within!r}")
    check_rule(rule)
    check_bandwidth(bandwidth)
    variable = None if y is None else parse(y)
    return RelativeLine(float(share), of, variable, within, rule, bandwidth)


def check_rule(rule: str) -> None:
    """Refuse what is no rule for the quantile of a line or of the poor.

    Raises
    ------
    EstimationError

    >>> check_rule("hf2")
    """
    if rule not in get_args(QuantileOfLine):
        raise EstimationError(
            f"the quantile of a line has rule 'hf1' or 'hf2' (the middle of two values on a tie); found {rule!r}"
        )


def fixed_line(line: Rule) -> tuple[Expression, tuple[Check, ...]]:
    """A line that is a number or a column, as an expression; and the check that it is positive on every record.

    Raises
    ------
    LineError for a number that is not positive, or what is no line.

    >>> fixed_line(100)[0].text, fixed_line("basket")[0].text
    ('100', 'basket')
    """
    if is_number(line):
        if not 0 < float(line) < np.inf:  # type: ignore[arg-type]
            raise LineError(f"a poverty line is a positive number; found {line:g}")
        return parse(float(line)), ()  # type: ignore[arg-type]
    if isinstance(line, bool) or not isinstance(line, (str, Expression)):
        raise LineError(
            "a poverty line is a number, a column or rule, or one that is estimated from the survey, such as "
            f"cd.relative_line(0.6, of='median'); found {type(line).__name__}"
        )
    expression = parse(line)
    shown = repr(expression.text).replace("{", "{{").replace("}", "}}")
    sentence = (
        f"the poverty line {shown} is zero or below in {{count}} records; "
        "a line is positive: correct it, or make it unknown there"
    )
    return expression, (Check(parse(f"({expression.text}) <= 0"), "refuse", sentence, is_line=True),)


def is_number(line: object) -> bool:
    """Whether a line is written as a number."""
    return isinstance(line, (int, float, np.number)) and not isinstance(line, bool)


def poor_rule(y: Expression, z: Expression, at_line: AtLine) -> str:
    """Who is poor, as a rule; a value within `TIE` of the line is on it, though rounding may have put it beside it.

    The plain comparison stands first, as it knows single precision: 299.9 in a Stata `float` is 299.9.

    >>> poor_rule(parse("y"), parse(100), "<")
    '(y) < (100) and (100) - (y) > 1e-12 * (100)'
    """
    if at_line == "<":
        return f"({y.text}) < ({z.text}) and ({z.text}) - ({y.text}) > {TIE!r} * ({z.text})"
    return f"({y.text}) <= ({z.text}) or ({y.text}) - ({z.text}) <= {TIE!r} * ({z.text})"
