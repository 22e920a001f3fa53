"""Inequality: Gini and concentration coefficients, entropy and Atkinson indices; the Lorenz curve: `lorenz_curve`.

Each is a short tree of totals and of a ranked leaf (see `leaves`); their linearised variables follow by the chain
rule. By default the Gini coefficient is that of mid-ranks, which does not depend on the scale of the weights and is
laeken's; ranks of a concentration coefficient give tied records one rank, so that the order of the file has no part.

Source: Lerman & Yitzhaki (1989), J. of Econometrics 42(1), 43-47; Langel & Tillé (2013), JRSS A 176(2), 521-540;
Cowell (2011), Measuring Inequality; Biewen & Jenkins (2006), Oxford Bulletin 68(3), 371-383; Kakwani (1977), Economic
Journal 87, 71-80.
"""

from __future__ import annotations

from typing import Literal

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.incomes import Defined, Nonpositive, incomes
from childdata.survey.leaves import OrderSum, RankSum
from childdata.survey.poverty_lines import ONE
from childdata.survey.statistic import (
    EACH,
    Arithmetic,
    Constant,
    Count,
    Function,
    Item,
    Node,
    OverCategories,
    Statistic,
    Total,
)

SIZE = Total(ONE)


def gini(
    y: Rule,
    *,
    convention: Literal["mid-rank", "convey"] = "mid-rank",
    small_sample: Literal["none", "n/(n-1)"] = "none",
    nonpositive: Nonpositive = "keep",
) -> Statistic:
    """The Gini coefficient, G = 2 Σ w y r / (N Y) − 1 with r the mid-rank.

    Parameters
    ----------
    y : column or rule.
    convention : `"mid-rank"` (laeken); `"convey"` takes the cumulative weight including the record's own, so that the
        result depends on the scale of the weights, as the R package's does.
    small_sample : `"n/(n-1)"` multiplies by it, n the unweighted records, so that one who has all makes it 1.
    nonpositive : `"keep"`: negative incomes are taken as they are (the coefficient may then exceed 1), and counted.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.gini("y")).to_frame()["estimate"].round(6).item()
    0.4
    """
    income, checks = incomes(y, nonpositive, "the Gini coefficient", defined="everywhere")
    if convention == "convey":
        whole = Total(income)
        twice = Arithmetic("-", Arithmetic("*", Constant(2.0), OrderSum(income, income)), whole)
        node: Node = Arithmetic("-", Arithmetic("/", twice, Arithmetic("*", SIZE, whole)), Constant(1.0))
    elif convention == "mid-rank":
        node = _concentration(income, income, 2.0)
    else:
        raise EstimationError(f"convention of a Gini coefficient is 'mid-rank' or 'convey'; found {convention!r}")
    if small_sample == "n/(n-1)":
        node = Arithmetic("*", node, Arithmetic("/", Count(), Arithmetic("-", Count(), Constant(1.0))))
    elif small_sample != "none":
        raise EstimationError(f"small_sample is 'none' or 'n/(n-1)'; found {small_sample!r}")
    return Statistic((Item(None, node),), "index", f"gini({parse(y).text})", checks=checks)


def s_gini(y: Rule, nu: float, *, nonpositive: Nonpositive = "keep") -> Statistic:
    """The extended Gini coefficient of Donaldson and Weymark, G(ν) = −ν cov(y, (1 − F)^(ν−1)) / μ; ν = 2 is the Gini.

    The higher ν, the more weight the lowest incomes have. In a sample, with R_g the weight at or above each value y_g,
    G(ν) = 1 − Σ_g y_g (R_g^ν − R_{g+1}^ν) / (N^(ν−1) Y).

    Source: Donaldson & Weymark (1980), J. of Economic Theory 22(1), 67-86; Yitzhaki (1983), International Economic
    Review 24(3), 617-628.

    >>> s_gini("income", 3)
    <Statistic s_gini(income, 3) (index)>
    """
    income, checks = incomes(y, nonpositive, "the extended Gini coefficient", defined="everywhere")
    node = _concentration(income, income, _inequality_aversion(nu))
    return Statistic((Item(None, node),), "index", f"s_gini({parse(y).text}, {nu:g})", checks=checks)


def concentration(y: Rule, rank: Rule, *, nu: float = 2.0) -> Statistic:
    """The concentration coefficient of `y` over persons in the order of `rank`, C = 2 cov(y, F(rank)) / ȳ.

    Tied persons (a household's, by its income) share one rank and their mean of `y`.

    Parameters
    ----------
    y : column or rule; what is concentrated.
    rank : column or rule; what puts persons in order.
    nu : 2, or another above 1 for the extended coefficient.

    >>> import childdata as cd
    >>> people = cd.Survey({"tax": [0.0, 1.0, 5.0], "y": [10.0, 20.0, 30.0]})
    >>> people.estimate(cd.concentration("tax", "y")).to_frame()["estimate"].round(4).item()
    0.5556
    """
    node = _concentration(parse(y), parse(rank), _inequality_aversion(nu))
    return Statistic((Item(None, node),), "index", f"concentration({parse(y).text}, {parse(rank).text})")


def kakwani(amount: Rule, income: Rule, *, kind: Literal["tax", "benefit"]) -> Statistic:
    """The Kakwani index of progressivity: positive where a tax or a benefit is progressive.

    Of a tax, C(amount by income) − G(income); of a benefit, G(income) − C(amount by income).

    Parameters
    ----------
    amount : column or rule; what is paid or received.
    income : column or rule; what ranks persons, and is compared with.
    kind : `"tax"` or `"benefit"`.

    Raises
    ------
    EstimationError for another kind.

    Source: Kakwani (1977).

    >>> kakwani("vat", "market", kind="tax")
    <Statistic kakwani(vat, market) (index)>
    """
    if kind not in ("tax", "benefit"):
        raise EstimationError(f"kind of a Kakwani index is 'tax' or 'benefit'; found {kind!r}")
    x, y = parse(amount), parse(income)
    own, ranked = _concentration(y, y, 2.0), _concentration(x, y, 2.0)
    node = Arithmetic("-", ranked, own) if kind == "tax" else Arithmetic("-", own, ranked)
    return Statistic((Item(None, node),), "index", f"kakwani({x.text}, {y.text})")


def _inequality_aversion(nu: float) -> float:
    if not nu > 1:
        raise EstimationError(f"nu of an extended Gini coefficient is above 1; found {nu!r}")
    return float(nu)


def _concentration(x: Expression, y: Expression, nu: float) -> Node:
    size: Node = SIZE if nu == 2 else Function("power", (SIZE, Constant(nu - 1)))
    ranked = Arithmetic("/", RankSum(x, y, nu), Arithmetic("*", size, Total(x)))
    return Arithmetic("-", Constant(1.0), ranked)


def generalized_entropy(y: Rule, alpha: float, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The generalised entropy index GE(α) = (Σ w (y/μ)^α / N − 1) / (α (α − 1)); α = 1 Theil's, α = 0 the MLD.

    Defined for positive incomes; with α > 0 for zero too; with α = 2, half the squared coefficient of variation, for
    negative ones too (`nonpositive="keep"`). Beside 0 and 1, take α not nearer to them than 0.001: digits cancel.

    Source: Cowell (2011), Measuring Inequality, third edition, section 3.4.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.generalized_entropy("y", 2)).to_frame()["estimate"].round(6).item()
    0.3125
    """
    if not -100 <= alpha <= 100:
        raise EstimationError(f"alpha of a generalised entropy index lies between -100 and 100; found {alpha!r}")
    defined: Defined = "from zero" if alpha > 0 else "above zero"
    if alpha == 2 and nonpositive == "keep":
        defined = "everywhere"
    income, checks = incomes(y, nonpositive, f"generalised entropy of {alpha:g}", defined=defined)
    name = f"generalized_entropy({parse(y).text}, {alpha:g})"
    return Statistic((Item(None, _entropy(income, float(alpha))),), "index", name, checks=checks)


def _entropy(income: Expression, alpha: float) -> Node:
    mean = _mean(income)
    if alpha == 0:
        return Arithmetic("-", Function("log", (mean,)), _mean(parse(f"log({income.text})")))
    if alpha == 1:
        weighed = _mean(parse(f"if_else(({income.text}) == 0, 0, ({income.text}) * log({income.text}))"))
        return Arithmetic("-", Arithmetic("/", weighed, mean), Function("log", (mean,)))
    moment = _mean(parse(f"({income.text}) ** {_power(alpha)}"))
    ratio = Arithmetic("/", moment, Function("power", (mean, Constant(alpha))))
    return Arithmetic("/", Arithmetic("-", ratio, Constant(1.0)), Constant(alpha * (alpha - 1)))


def theil(y: Rule, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """Theil's index, GE(1) = Σ w (y/μ) log(y/μ) / N; an income of zero adds nothing.

    >>> theil("income")
    <Statistic theil(income) (index)>
    """
    return _renamed(generalized_entropy(y, 1, nonpositive=nonpositive), f"theil({parse(y).text})")


def mld(y: Rule, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The mean logarithmic deviation, GE(0) = log μ − mean of log y.

    >>> mld("income")
    <Statistic mld(income) (index)>
    """
    return _renamed(generalized_entropy(y, 0, nonpositive=nonpositive), f"mld({parse(y).text})")


def j_divergence(y: Rule, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The J-divergence, mean of (y/μ − 1) log(y/μ): the Theil index plus the mean logarithmic deviation.

    Source: Rohde (2016), J. of the Royal Statistical Society A 179(3), 847-870.

    >>> j_divergence("income")
    <Statistic j_divergence(income) (index)>
    """
    income, checks = incomes(y, nonpositive, "the J-divergence", defined="above zero")
    node = Arithmetic("+", _entropy(income, 1.0), _entropy(income, 0.0))
    return Statistic((Item(None, node),), "index", f"j_divergence({parse(y).text})", checks=checks)


def mld_between(y: Rule, groups: Rule, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The part of the mean logarithmic deviation that lies between groups, Σ_g (N_g/N) log(μ/μ_g).

    >>> mld_between("income", "region")
    <Statistic mld_between(income, region) (index)>
    """
    return _renamed(entropy_between(y, groups, 0, nonpositive=nonpositive), f"mld_between({_pair(y, groups)})")


def mld_within(y: Rule, groups: Rule, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The part of the mean logarithmic deviation that lies within groups: the whole less that between them.

    >>> mld_within("income", "region")
    <Statistic mld_within(income, region) (index)>
    """
    return _renamed(entropy_within(y, groups, 0, nonpositive=nonpositive), f"mld_within({_pair(y, groups)})")


def entropy_between(y: Rule, groups: Rule, alpha: float, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The part of a generalised entropy index that lies between groups: the index if each had its group's mean.

    GE(0): Σ ν_g log(μ/μ_g); GE(1): Σ s_g log(μ_g/μ); else (Σ ν_g (μ_g/μ)^α − 1)/(α(α − 1)), with ν_g the group's share
    of the population and s_g its share of the total.

    Parameters
    ----------
    y : column or rule.
    groups : variable of categories; a group without records in a domain has no part.
    alpha : of the index; 1 Theil's, 0 the MLD.

    Source: Shorrocks (1984), Econometrica 52(6), 1369-1385.

    >>> entropy_between("income", "region", 1)
    <Statistic entropy_between(income, region, 1) (index)>
    """
    income, checks = incomes(y, nonpositive, "a decomposed entropy index", defined="above zero")
    name = f"entropy_between({_pair(y, groups)}, {alpha:g})"
    return Statistic((Item(None, _between(income, parse(groups), float(alpha))),), "index", name, checks=checks)


def entropy_within(y: Rule, groups: Rule, alpha: float, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The part of a generalised entropy index that lies within groups: the whole less that between them.

    >>> entropy_within("income", "region", 1)
    <Statistic entropy_within(income, region, 1) (index)>
    """
    income, checks = incomes(y, nonpositive, "a decomposed entropy index", defined="above zero")
    node = Arithmetic("-", _entropy(income, float(alpha)), _between(income, parse(groups), float(alpha)))
    name = f"entropy_within({_pair(y, groups)}, {alpha:g})"
    return Statistic((Item(None, node),), "index", name, checks=checks)


def _pair(y: Rule, groups: Rule) -> str:
    return f"{parse(y).text}, {parse(groups).text}"


def _between(income: Expression, groups: Expression, alpha: float) -> Node:
    """With N_g and Y_g of each group: of means, Σ N_g log(μ_g), Σ Y_g log(μ_g), or Σ N_g^(1−α) Y_g^α."""
    size, owned = Total(groups, EACH), Total(groups, EACH, income)
    mean, whole = _mean(income), Total(income)
    if alpha == 0:
        parts = OverCategories(groups, Function("weighted_log", (size, owned)))
        return Arithmetic("-", Function("log", (mean,)), Arithmetic("/", parts, SIZE))
    if alpha == 1:
        # Y_g log(Y_g/N_g) = −(Y_g log(N_g/Y_g))
        parts = OverCategories(groups, Function("weighted_log", (owned, size)))
        return Arithmetic("-", Arithmetic("/", Arithmetic("*", Constant(-1.0), parts), whole), Function("log", (mean,)))
    parts = OverCategories(groups, Function("powers", (owned, size, Constant(alpha))))
    moment = Function("powers", (whole, SIZE, Constant(alpha)))
    ratio = Arithmetic("/", parts, moment)
    return Arithmetic("/", Arithmetic("-", ratio, Constant(1.0)), Constant(alpha * (alpha - 1)))


def atkinson(y: Rule, epsilon: float, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The Atkinson index, 1 − (mean of y^(1−ε))^(1/(1−ε)) / μ; for ε = 1, 1 − exp(mean of log y) / μ.

    Defined for positive incomes; with ε < 1 for zero too.

    Source: Atkinson (1970), J. of Economic Theory 2(3), 244-263.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.atkinson("y", 1)).to_frame()["estimate"].round(6).item()
    0.251861
    """
    if not 0 < epsilon <= 100:
        raise EstimationError(f"epsilon of an Atkinson index is above 0, and at most 100; found {epsilon!r}")
    defined: Defined = "from zero" if epsilon < 1 else "above zero"
    income, checks = incomes(y, nonpositive, f"the Atkinson index of {epsilon:g}", defined=defined)
    if epsilon == 1:
        equal: Node = Function("exp", (_mean(parse(f"log({income.text})")),))
    else:
        moment = _mean(parse(f"({income.text}) ** {_power(1 - epsilon)}"))
        equal = Function("power", (moment, Constant(1 / (1 - epsilon))))
    node = Arithmetic("-", Constant(1.0), Arithmetic("/", equal, _mean(income)))
    return Statistic((Item(None, node),), "index", f"atkinson({parse(y).text}, {epsilon:g})", checks=checks)


def _power(exponent: float) -> str:
    return f"({float(exponent)!r})" if exponent < 0 else repr(float(exponent))


def _mean(expression: Expression) -> Node:
    return Arithmetic("/", Total(expression), SIZE)


def _renamed(statistic: Statistic, name: str) -> Statistic:
    return Statistic(statistic.items, statistic.scale, name, checks=statistic.checks)
