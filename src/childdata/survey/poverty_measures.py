"""Poverty of incomes: Foster-Greer-Thorbecke, Watts, Sen, Sen-Shorrocks-Thon, the median of the poor, richness.

With a line that is a number or a column the means among them are totals of a rule, and so run on every engine. With a
relative line the line's sampling error is part of the measure's (see `poverty_lines`). Where a measure is made of
ranks and the line is a column, incomes are taken in units of it.

Source: Foster, Greer & Thorbecke (1984), Econometrica 52(3), 761-766; Watts (1968); Sen (1976), Econometrica 44(2),
219-231; Shorrocks (1995), Econometrica 63(5), 1225-1230; Osier (2009), Survey Research Methods 3(3), 167-195.
"""

from __future__ import annotations

from typing import get_args

from childdata.errors import EstimationError, LineError
from childdata.expression import Expression, Rule, parse
from childdata.survey.density import Bandwidth, check_bandwidth
from childdata.survey.incomes import Nonpositive, incomes
from childdata.survey.leaves import AtLine, GapRankSum, PoorRankSum, SumBelow
from childdata.survey.poverty_lines import (
    ONE,
    Line,
    QuantileOfLine,
    RelativeLine,
    check_rule,
    fixed_line,
    is_number,
    poor_rule,
)
from childdata.survey.quantiles import Quantile
from childdata.survey.statistic import Arithmetic, Check, Constant, Function, Item, Node, Scale, Statistic, Total


def fgt(
    y: Rule,
    line: Line,
    *,
    alpha: float = 0,
    at_line: AtLine = "<",
    nonpositive: Nonpositive = "keep",
    bandwidth: Bandwidth = "kish",
) -> Statistic:
    """The Foster-Greer-Thorbecke index: the poverty rate, gap and severity.

    FGT(α) = Σ wᵢ ((z − yᵢ)/z)^α [yᵢ < z] / Σ wᵢ

    Parameters
    ----------
    y : column or rule; income per person or equivalent adult, in the unit of the line.
    line : a number, a column, or `relative_line(...)`.
    alpha : 0 the rate, 1 the gap, 2 the severity; any number of zero or above.
    at_line : `"<"`: who is on the line is not poor; `"<="` (convey).
    nonpositive : `"keep"` takes zero and negative incomes as they are, a negative one as a gap above 1; else as named.
    bandwidth : of the density at a relative line, for α = 0.

    Returns
    -------
    Statistic on the scale `share` (α = 0) or `index`.

    Raises
    ------
    LineError for a line that is not positive; EstimationError for a negative α.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 80.0, 150.0]})
    >>> people.estimate(cd.fgt("y", 100, alpha=1)).to_frame()["estimate"].round(4).item()
    0.2333
    """
    if not 0 <= alpha <= 100:
        raise EstimationError(f"alpha of an FGT index lies between 0 and 100; found {alpha!r}")
    _check(at_line, bandwidth)
    income, checks = incomes(y, nonpositive, "an FGT index", defined="everywhere")
    name = f"fgt({parse(y).text}, {_named(line)}, alpha={alpha:g})"
    scale: Scale = "share" if alpha == 0 else "index"
    if isinstance(line, RelativeLine):
        node: Node = SumBelow(income, line.node(income), float(alpha), "fgt", at_line, bandwidth)
    else:
        z, more = fixed_line(line)
        checks += more
        poor = poor_rule(income, z, at_line)
        gap = f"if_else({poor}, max(({z.text}) - ({income.text}), 0) / ({z.text}), 0)"
        node = Total(parse(poor if alpha == 0 else gap if alpha == 1 else f"({gap}) ** {float(alpha)!r}"))
    return Statistic((Item(None, _per_head(node)),), scale, name, checks=checks)


def watts(
    y: Rule, line: Line, *, at_line: AtLine = "<", nonpositive: Nonpositive = "fail", bandwidth: Bandwidth = "kish"
) -> Statistic:
    """The Watts index, W = Σ wᵢ log(z/yᵢ) [yᵢ < z] / Σ wᵢ: the mean proportional gap in logarithms.

    Incomes of zero and below have no value: `nonpositive` says what is done.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 80.0, 150.0]})
    >>> people.estimate(cd.watts("y", 100)).to_frame()["estimate"].round(4).item()
    0.3054
    """
    _check(at_line, bandwidth)
    income, checks = incomes(y, nonpositive, "the Watts index", defined="above zero")
    if isinstance(line, RelativeLine):
        node: Node = SumBelow(income, line.node(income), 0.0, "watts", at_line, bandwidth)
    else:
        z, more = fixed_line(line)
        checks += more
        node = Total(parse(f"if_else({poor_rule(income, z, at_line)}, log(({z.text}) / ({income.text})), 0)"))
    name = f"watts({parse(y).text}, {_named(line)})"
    return Statistic((Item(None, _per_head(node)),), "index", name, checks=checks)


def sen(
    y: Rule, line: Line, *, at_line: AtLine = "<", nonpositive: Nonpositive = "keep", bandwidth: Bandwidth = "kish"
) -> Statistic:
    """The Sen index, S = P₀ G_p + P₁ (1 − G_p), with G_p the Gini coefficient of incomes among the poor.

    The form of large samples and of the World Bank's handbook; Sen's own factor q/(q + 1) of G_p, with q the number of
    poor records, is left out. Where nobody is poor it is 0.

    Source: Sen (1976); Haughton & Khandker (2009), Handbook on Poverty and Inequality, World Bank, chapter 4.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 80.0, 150.0]})
    >>> people.estimate(cd.sen("y", 100)).to_frame()["estimate"].round(4).item()
    0.2833
    """
    _check(at_line, bandwidth)
    income, z, checks = _measured(y, line, nonpositive, "the Sen index")
    # With 1 − G_p = T/(N_p Y_p) and P₀ − P₁ = Y_p/(N z), S = (N_p − T/(N_p z))/N.
    count = SumBelow(income, z, 0.0, "fgt", at_line, bandwidth)
    equal = Function("part", (PoorRankSum(income, z, at_line, bandwidth), count))
    node = Arithmetic("-", count, Arithmetic("/", equal, z))
    name = f"sen({parse(y).text}, {_named(line)})"
    return Statistic((Item(None, _per_head(node)),), "index", name, checks=checks)


def poor_gini(
    y: Rule, line: Line, *, at_line: AtLine = "<", nonpositive: Nonpositive = "keep", bandwidth: Bandwidth = "kish"
) -> Statistic:
    """The Gini coefficient of incomes among the poor; unknown where nobody is poor.

    With a relative line it holds the line's error: who the poor are is estimated.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 80.0, 150.0]})
    >>> people.estimate(cd.poor_gini("y", 100)).to_frame()["estimate"].round(4).item()
    0.1154
    """
    _check(at_line, bandwidth)
    income, z, checks = _measured(y, line, nonpositive, "the Gini coefficient of the poor")
    count, gap = (SumBelow(income, z, alpha, "fgt", at_line, bandwidth) for alpha in (0.0, 1.0))
    owned = Arithmetic("*", z, Arithmetic("-", count, gap))
    equal = Arithmetic("/", PoorRankSum(income, z, at_line, bandwidth), Arithmetic("*", count, owned))
    name = f"poor_gini({parse(y).text}, {_named(line)})"
    return Statistic((Item(None, Arithmetic("-", Constant(1.0), equal)),), "index", name, checks=checks)


def sst(
    y: Rule, line: Line, *, at_line: AtLine = "<", nonpositive: Nonpositive = "keep", bandwidth: Bandwidth = "kish"
) -> Statistic:
    """The Sen-Shorrocks-Thon index, P₁ (1 + G_gap), with G_gap the Gini coefficient of the gaps of all, poor or not.

    Source: Shorrocks (1995), equations 3 and 4.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 80.0, 150.0]})
    >>> people.estimate(cd.sst("y", 100)).to_frame()["estimate"].round(4).item()
    0.3444
    """
    _check(at_line, bandwidth)
    income, z, checks = _measured(y, line, nonpositive, "the SST index")
    gap, size = SumBelow(income, z, 1.0, "fgt", at_line, bandwidth), Total(ONE)
    # P₁ (1 + G) = 2 S/N − T/N², as G = 1 − T/(N S)
    twice = Arithmetic("/", Arithmetic("*", Constant(2.0), gap), size)
    ranked = Arithmetic("/", GapRankSum(income, z, at_line), Arithmetic("*", size, size))
    name = f"sst({parse(y).text}, {_named(line)})"
    return Statistic((Item(None, Arithmetic("-", twice, ranked)),), "index", name, checks=checks)


def poor_median(
    y: Rule,
    line: Line,
    *,
    at_line: AtLine = "<",
    rule: QuantileOfLine = "hf1",
    nonpositive: Nonpositive = "keep",
    bandwidth: Bandwidth = "kish",
) -> Statistic:
    """The median income of the poor: the quantile at half the poverty rate, whose influence holds that of the rate.

    Raises
    ------
    LineError for a line that is a column: incomes below different lines have no common median.

    Source: Osier (2009), section 4.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 80.0, 90.0, 150.0]})
    >>> people.estimate(cd.poor_median("y", 100)).to_frame()["estimate"].item()
    80.0
    """
    if not (is_number(line) or isinstance(line, RelativeLine)):
        raise LineError(
            f"the median of the poor is of those below one line; {parse(line).text!r} may differ between records: "
            "take relative_median_gap, which is in units of the line"
        )
    _check(at_line, bandwidth, rule)
    income, z, checks = _measured(y, line, nonpositive, "the median of the poor")
    node = _poor_median(income, z, at_line, rule, bandwidth)
    return Statistic((Item(None, node),), "amount", f"poor_median({parse(y).text}, {_named(line)})", checks=checks)


def relative_median_gap(
    y: Rule,
    line: Line,
    *,
    at_line: AtLine = "<",
    rule: QuantileOfLine = "hf1",
    nonpositive: Nonpositive = "keep",
    bandwidth: Bandwidth = "kish",
) -> Statistic:
    """The relative median poverty gap, (z − m)/z, with m the median income of the poor.

    Source: Osier (2009), section 4; Eurostat's "relative median at-risk-of-poverty gap".

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 80.0, 90.0, 150.0]})
    >>> people.estimate(cd.relative_median_gap("y", 100)).to_frame()["estimate"].round(9).item()
    0.2
    """
    _check(at_line, bandwidth, rule)
    income, z, checks = _measured(y, line, nonpositive, "the relative median gap")
    middle = _poor_median(income, z, at_line, rule, bandwidth)
    node = Arithmetic("-", Constant(1.0), Arithmetic("/", middle, z))
    name = f"relative_median_gap({parse(y).text}, {_named(line)})"
    return Statistic((Item(None, node),), "index", name, checks=checks)


def richness(y: Rule, line: Rule, *, beta: float = 1.0) -> Statistic:
    """The index of richness in the manner of Chakravarty, Σ wᵢ (1 − (r/yᵢ)^β) [yᵢ > r] / Σ wᵢ, above a line r.

    Parameters
    ----------
    y : column or rule.
    line : the richness line r, a number or a column.
    beta : above 0; the higher, the more each rich person counts as one, however rich.

    Source: Peichl, Schaefer & Scheicher (2010), Review of Income and Wealth 56(3), 597-619.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 200.0, 400.0, 100.0]})
    >>> people.estimate(cd.richness("y", 100)).to_frame()["estimate"].item()
    0.3125
    """
    if not 0 < beta <= 100:
        raise EstimationError(f"beta of a richness index lies between 0 and 100; found {beta!r}")
    income = parse(y)
    z, checks = fixed_line(line)
    node = Total(
        parse(f"if_else(({income.text}) > ({z.text}), 1 - (({z.text}) / ({income.text})) ** {float(beta)!r}, 0)")
    )
    name = f"richness({income.text}, {_named(line)}, beta={beta:g})"
    return Statistic((Item(None, _per_head(node)),), "index", name, checks=checks)


def _poor_median(income: Expression, z: Node, at_line: AtLine, rule: QuantileOfLine, bandwidth: Bandwidth) -> Node:
    rate = _per_head(SumBelow(income, z, 0.0, "fgt", at_line, bandwidth))
    # rate / rate: where nobody is poor there is no point, and no median
    point = Arithmetic("*", Arithmetic("/", rate, rate), Arithmetic("/", rate, Constant(2.0)))
    return Quantile(income, point, rule, None, bandwidth)


def _per_head(node: Node) -> Node:
    return Arithmetic("/", node, Total(ONE))


def _measured(y: Rule, line: Line, nonpositive: Nonpositive, index: str) -> tuple[Expression, Node, tuple[Check, ...]]:
    """The income, the line as a tree, and checks; by a line that is a column incomes are divided, so that it is 1."""
    income, checks = incomes(y, nonpositive, index, defined="everywhere")
    if isinstance(line, RelativeLine):
        return income, line.node(income), checks
    z, more = fixed_line(line)
    if is_number(line):
        return income, Constant(float(line)), checks + more  # type: ignore[arg-type]
    return parse(f"({income.text}) / ({z.text})"), Constant(1.0), checks + more


def _check(at_line: str, bandwidth: Bandwidth, rule: str = "hf1") -> None:
    check_bandwidth(bandwidth)
    check_rule(rule)
    if at_line not in get_args(AtLine):
        raise EstimationError(f"at_line is '<' (on the line is not poor) or '<='; found {at_line!r}")


def _named(line: Line) -> str:
    if isinstance(line, RelativeLine):
        return f"{line.share:g} {line.middle}"
    return f"{line:g}" if is_number(line) else str(getattr(line, "text", line))
