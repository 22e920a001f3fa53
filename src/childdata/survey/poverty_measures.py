"""Poverty of incomes: Foster-Greer-Thorbecke, Watts, Sen, Sen-Shorrocks-Thon, the relative median gap.

With a line that is a number or a column each measure is a mean, and so runs on every engine. With a relative line the
line's sampling error is part of the measure's (see `poverty_lines`).

Source: Foster, Greer & Thorbecke (1984), Econometrica 52(3), 761-766; Watts (1968); Sen (1976), Econometrica 44(2),
219-231; Shorrocks (1995), Econometrica 63(5), 1225-1230; Osier (2009), Survey Research Methods 3(3), 167-195.
"""

from __future__ import annotations

from childdata.errors import EstimationError, LineError
from childdata.expression import Expression, Rule, parse
from childdata.survey.density import Bandwidth
from childdata.survey.incomes import Nonpositive, incomes
from childdata.survey.leaves import AtLine, GapRankSum, PoorRankSum, SumBelow
from childdata.survey.poverty_lines import ONE, Line, RelativeLine, fixed_line
from childdata.survey.quantiles import Quantile
from childdata.survey.statistic import Arithmetic, Check, Constant, Item, Node, Statistic, Total


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
    if not alpha >= 0:
        raise EstimationError(f"alpha of an FGT index is zero or above; found {alpha!r}")
    income, checks = incomes(y, nonpositive, "an FGT index", defined="everywhere")
    name = f"fgt({parse(y).text}, {_named(line)}, alpha={alpha:g})"
    scale = "share" if alpha == 0 else "index"
    if isinstance(line, RelativeLine):
        node: Node = SumBelow(income, line.node(income), float(alpha), "fgt", at_line, bandwidth)
    else:
        z, more = fixed_line(line)
        checks += more
        poor = f"({income.text}) {at_line} ({z.text})"
        gap = f"if_else({poor}, (1 - ({income.text}) / ({z.text})) ** {float(alpha)!r}, 0)"
        node = Total(parse(poor if alpha == 0 else gap))
    return Statistic((Item(None, _per_head(node)),), scale, name, checks=checks)  # type: ignore[arg-type]


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
    income, checks = incomes(y, nonpositive, "the Watts index", defined="above zero")
    if isinstance(line, RelativeLine):
        node: Node = SumBelow(income, line.node(income), 0.0, "watts", at_line, bandwidth)
    else:
        z, more = fixed_line(line)
        checks += more
        node = Total(parse(f"if_else(({income.text}) {at_line} ({z.text}), log(({z.text}) / ({income.text})), 0)"))
    name = f"watts({parse(y).text}, {_named(line)})"
    return Statistic((Item(None, _per_head(node)),), "index", name, checks=checks)


def sen(
    y: Rule, line: Line, *, at_line: AtLine = "<", nonpositive: Nonpositive = "keep", bandwidth: Bandwidth = "kish"
) -> Statistic:
    """The Sen index, S = P₀ G_p + P₁ (1 − G_p), with G_p the Gini coefficient of incomes among the poor.

    The form of large samples; Sen's own small-sample factor q/(q + 1) is left out. Where the line is a column, incomes
    are taken in units of it.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 80.0, 150.0]})
    >>> people.estimate(cd.sen("y", 100)).to_frame()["estimate"].round(4).item()
    0.2833
    """
    income, z, checks = _measured(y, line, nonpositive, "the Sen index")
    count, gap = (
        SumBelow(income, z, 0.0, "fgt", at_line, bandwidth),
        SumBelow(income, z, 1.0, "fgt", at_line, bandwidth),
    )
    owned = Arithmetic("*", z, Arithmetic("-", count, gap))
    equal = Arithmetic("/", PoorRankSum(income, z, at_line, bandwidth), Arithmetic("*", count, owned))
    # P₀ G + P₁ (1 − G) with 1 − G = equal
    node = Arithmetic("+", Arithmetic("*", count, Arithmetic("-", Constant(1.0), equal)), Arithmetic("*", gap, equal))
    name = f"sen({parse(y).text}, {_named(line)})"
    return Statistic((Item(None, _per_head(node)),), "index", name, checks=checks)


def sst(
    y: Rule, line: Line, *, at_line: AtLine = "<", nonpositive: Nonpositive = "keep", bandwidth: Bandwidth = "kish"
) -> Statistic:
    """The Sen-Shorrocks-Thon index, P₁ (1 + G_gap), with G_gap the Gini coefficient of the gaps of all, poor or not.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [50.0, 80.0, 150.0]})
    >>> people.estimate(cd.sst("y", 100)).to_frame()["estimate"].round(4).item()
    0.3444
    """
    income, z, checks = _measured(y, line, nonpositive, "the SST index")
    gap, size = SumBelow(income, z, 1.0, "fgt", at_line, bandwidth), Total(ONE)
    # P₁ (1 + G) = 2 S/N − T/N², as G = 1 − T/(N S)
    twice = Arithmetic("/", Arithmetic("*", Constant(2.0), gap), size)
    ranked = Arithmetic("/", GapRankSum(income, z, at_line), Arithmetic("*", size, size))
    name = f"sst({parse(y).text}, {_named(line)})"
    return Statistic((Item(None, Arithmetic("-", twice, ranked)),), "index", name, checks=checks)


def poor_median(y: Rule, line: Line, *, at_line: AtLine = "<", bandwidth: Bandwidth = "kish") -> Statistic:
    """The median income of the poor.

    >>> poor_median("income", 100)
    <Statistic poor_median(income, 100) (amount)>
    """
    income, z, checks = _measured(y, line, "keep", "the median of the poor")
    node = _poor_median(income, z, at_line, bandwidth)
    return Statistic((Item(None, node),), "amount", f"poor_median({income.text}, {_named(line)})", checks=checks)


def relative_median_gap(y: Rule, line: Line, *, at_line: AtLine = "<", bandwidth: Bandwidth = "kish") -> Statistic:
    """The relative median poverty gap, (z − m)/z, with m the median income of the poor.

    m is the quantile at half the poverty rate; its influence holds that of the rate and of the line.

    Source: Osier (2009), section 4.

    >>> relative_median_gap("income", 100)
    <Statistic relative_median_gap(income, 100) (index)>
    """
    income, z, checks = _measured(y, line, "keep", "the relative median gap")
    middle = _poor_median(income, z, at_line, bandwidth)
    node = Arithmetic("-", Constant(1.0), Arithmetic("/", middle, z))
    name = f"relative_median_gap({income.text}, {_named(line)})"
    return Statistic((Item(None, node),), "index", name, checks=checks)


def _poor_median(income: Expression, z: Node, at_line: AtLine, bandwidth: Bandwidth) -> Node:
    rate = _per_head(SumBelow(income, z, 0.0, "fgt", at_line, bandwidth))
    return Quantile(income, Arithmetic("/", rate, Constant(2.0)), "hf1", None, bandwidth)


def _per_head(node: Node) -> Node:
    return Arithmetic("/", node, Total(ONE))


def _measured(y: Rule, line: Line, nonpositive: Nonpositive, index: str) -> tuple[Expression, Node, tuple[Check, ...]]:
    """The income, the line as a tree, and checks; by a line that is a column incomes are divided, so that it is 1."""
    income, checks = incomes(y, nonpositive, index, defined="everywhere")
    if isinstance(line, RelativeLine):
        return income, line.node(income), checks
    z, more = fixed_line(line)
    if z.kind == "number" and not z.names:
        return income, Constant(float(z.text)), checks + more
    if index in ("the relative median gap", "the median of the poor"):
        raise LineError(
            f"{index} is relative to one line; {z.text!r} differs between records: divide incomes by it first"
        )
    return parse(f"({income.text}) / ({z.text})"), Constant(1.0), checks + more


def _named(line: Line) -> str:
    if isinstance(line, RelativeLine):
        of = line.of if isinstance(line.of, str) else f"quantile {line.of:g}"
        return f"{line.share:g} {of}"
    return f"{line:g}" if isinstance(line, (int, float)) else str(line)
