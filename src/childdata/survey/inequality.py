"""Inequality: Gini and concentration, entropy and Atkinson indices, Lorenz curves and what is read off them.

Each is a short tree of totals and of two ranked leaves (see `leaves`); their linearised variables follow by the chain
rule. By default the Gini coefficient is that of mid-ranks, which does not depend on the scale of the weights and is
laeken's; ranks of a concentration coefficient give tied records one rank, so that the order of the file has no part.

Source: Lerman & Yitzhaki (1989), J. of Econometrics 42(1), 43-47; Langel & Tillé (2013), JRSS A 176(2), 521-540;
Cowell (2011), Measuring Inequality; Biewen & Jenkins (2006), Oxford Bulletin 68(3), 371-383; Kakwani (1977), Economic
Journal 87, 71-80.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.incomes import Nonpositive, incomes
from childdata.survey.leaves import OrderSum, PartialSum, RankSum
from childdata.survey.poverty_lines import ONE
from childdata.survey.statistic import (
    EACH,
    Arithmetic,
    Constant,
    Function,
    Item,
    Node,
    OverCategories,
    Statistic,
    Total,
)
from childdata.survey.statistics import QuantileInterval, QuantileRule, quantile

SIZE = Total(ONE)


def gini(
    y: Rule, *, convention: Literal["mid-rank", "convey"] = "mid-rank", nonpositive: Nonpositive = "keep"
) -> Statistic:
    """The Gini coefficient, G = 2 Σ w y r / (N Y) − 1 with r the mid-rank.

    Parameters
    ----------
    y : column or rule.
    convention : `"mid-rank"` (laeken); `"convey"` takes the cumulative weight including the record's own, so that the
        result depends on the scale of the weights, as the R package's does.
    nonpositive : `"keep"`: negative incomes are taken as they are (the coefficient may then exceed 1).

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
    return Statistic((Item(None, node),), "index", f"gini({parse(y).text})", checks=checks)


def s_gini(y: Rule, nu: float, *, nonpositive: Nonpositive = "keep") -> Statistic:
    """The extended Gini coefficient of Donaldson and Weymark, G(ν) = −ν cov(y, (1 − F)^(ν−1)) / μ; ν = 2 is the Gini.

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
    nu : 2, or another for the extended coefficient.

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

    Raises
    ------
    EstimationError for another kind.

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

    Defined for positive incomes; with α > 0 for zero too.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.generalized_entropy("y", 2)).to_frame()["estimate"].round(6).item()
    0.3125
    """
    defined: Literal["from zero", "above zero"] = "from zero" if alpha > 0 else "above zero"
    income, checks = incomes(y, nonpositive, f"generalised entropy of {alpha:g}", defined=defined)
    mean = _mean(income)
    if alpha == 0:
        node: Node = Arithmetic("-", Function("log", (mean,)), _mean(parse(f"log({income.text})")))
    elif alpha == 1:
        weighed = _mean(parse(f"if_else(({income.text}) == 0, 0, ({income.text}) * log({income.text}))"))
        node = Arithmetic("-", Arithmetic("/", weighed, mean), Function("log", (mean,)))
    else:
        moment = _mean(parse(f"({income.text}) ** {_power(alpha)}"))
        ratio = Arithmetic("/", moment, Function("power", (mean, Constant(float(alpha)))))
        node = Arithmetic("/", Arithmetic("-", ratio, Constant(1.0)), Constant(alpha * (alpha - 1)))
    name = f"generalized_entropy({parse(y).text}, {alpha:g})"
    return Statistic((Item(None, node),), "index", name, checks=checks)


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


def mld_between(y: Rule, groups: Rule, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The part of the mean logarithmic deviation that lies between groups, Σ_g (N_g/N) log(μ/μ_g).

    >>> mld_between("income", "region")
    <Statistic mld_between(income, region) (index)>
    """
    income, checks = incomes(y, nonpositive, "the mean logarithmic deviation", defined="above zero")
    node = _between(income, parse(groups))
    return Statistic((Item(None, node),), "index", f"mld_between({parse(y).text}, {parse(groups).text})", checks=checks)


def mld_within(y: Rule, groups: Rule, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The part of the mean logarithmic deviation that lies within groups: the whole less that between them.

    >>> mld_within("income", "region")
    <Statistic mld_within(income, region) (index)>
    """
    income, checks = incomes(y, nonpositive, "the mean logarithmic deviation", defined="above zero")
    whole = Arithmetic("-", Function("log", (_mean(income),)), _mean(parse(f"log({income.text})")))
    node = Arithmetic("-", whole, _between(income, parse(groups)))
    return Statistic((Item(None, node),), "index", f"mld_within({parse(y).text}, {parse(groups).text})", checks=checks)


def _between(income: Expression, groups: Expression) -> Node:
    term = Function("weighted_log", (Total(groups, EACH), Total(groups, EACH, income)))
    parts = Arithmetic("/", OverCategories(groups, term), SIZE)
    return Arithmetic("-", Function("log", (_mean(income),)), parts)


def atkinson(y: Rule, epsilon: float, *, nonpositive: Nonpositive = "fail") -> Statistic:
    """The Atkinson index, 1 − (mean of y^(1−ε))^(1/(1−ε)) / μ; for ε = 1, 1 − exp(mean of log y) / μ.

    Defined for positive incomes; with ε < 1 for zero too.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.atkinson("y", 1)).to_frame()["estimate"].round(6).item()
    0.251861
    """
    if not epsilon > 0:
        raise EstimationError(f"epsilon of an Atkinson index is above 0; found {epsilon!r}")
    defined: Literal["from zero", "above zero"] = "from zero" if epsilon < 1 else "above zero"
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


def lorenz(y: Rule, p: float | Sequence[float]) -> Statistic:
    """Ordinates of the Lorenz curve: the share of the total that the lowest p of the population has.

    Interpolated: of the records tied at the quantile the part is taken that fills up p, so that L is continuous.

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.lorenz("y", [0.2, 0.5])).to_frame()["estimate"].round(6).tolist()
    [0.05, 0.225]
    """
    return concentration_curve(y, y, p, name=f"lorenz({parse(y).text})")


def generalized_lorenz(y: Rule, p: float | Sequence[float]) -> Statistic:
    """Ordinates of the generalised Lorenz curve, S_p / N: Lorenz ordinates times the mean.

    >>> generalized_lorenz("income", 0.4)
    <Statistic generalized_lorenz(income) (amount)>
    """
    income = parse(y)
    items = tuple(Item(label, Arithmetic("/", PartialSum(income, income, one), SIZE)) for label, one in _points(p))
    return Statistic(items, "amount", f"generalized_lorenz({income.text})")


def concentration_curve(y: Rule, rank: Rule, p: float | Sequence[float], *, name: str = "") -> Statistic:
    """Ordinates of the concentration curve: the share of `y` of those lowest in the order of `rank`.

    >>> concentration_curve("benefit", "income", [0.2, 0.4])
    <Statistic concentration_curve(benefit, income) (index)>
    """
    x, by = parse(y), parse(rank)
    items = tuple(Item(label, Arithmetic("/", PartialSum(x, by, one), Total(x))) for label, one in _points(p))
    return Statistic(items, "index", name or f"concentration_curve({x.text}, {by.text})")


def _points(p: float | Sequence[float]) -> list[tuple[float | None, float]]:
    several = np.ndim(p) > 0
    points = [float(one) for one in np.atleast_1d(np.asarray(p, dtype=float))]
    if not points or not all(0 < one < 1 for one in points):
        raise EstimationError(f"p of a curve lies strictly between 0 and 1; found {p}")
    return [(one if several else None, one) for one in points]


def quantile_share(y: Rule, lower: float, upper: float) -> Statistic:
    """The share of the total that goes to those between two points of the distribution, L(upper) − L(lower).

    >>> quantile_share("income", 0.0, 0.4)
    <Statistic quantile_share(income, 0, 0.4) (index)>
    """
    if not 0 <= lower < upper <= 1:
        raise EstimationError(f"a quantile share lies between two points from 0 to 1; found {lower} and {upper}")
    income = parse(y)
    node = Arithmetic("-", _ordinate(income, upper), _ordinate(income, lower))
    return Statistic((Item(None, node),), "index", f"quantile_share({income.text}, {lower:g}, {upper:g})")


def _ordinate(income: Expression, p: float) -> Node:
    if p in (0, 1):
        return Constant(float(p))
    return Arithmetic("/", PartialSum(income, income, float(p)), Total(income))


def s80_s20(y: Rule, *, upper: float = 0.8, lower: float = 0.2, rule: Literal["hf1", "hf2"] = "hf1") -> Statistic:
    """The quintile share ratio: the total of the highest fifth over that of the lowest, as Eurostat and laeken have it.

    Step totals: the lowest fifth is everybody at or below the quantile. `rule="hf2"` takes the middle of two values on
    a tie (laeken).

    >>> import childdata as cd
    >>> people = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 10.0]})
    >>> people.estimate(cd.s80_s20("y")).to_frame()["estimate"].item()
    10.0
    """
    income = parse(y)
    top = Arithmetic("-", Total(income), PartialSum(income, income, float(upper), "step", rule))
    node = Arithmetic("/", top, PartialSum(income, income, float(lower), "step", rule))
    return Statistic((Item(None, node),), "index", f"s80_s20({income.text})")


def palma(y: Rule) -> Statistic:
    """The Palma ratio: the share of the highest tenth over that of the lowest four tenths, (1 − L(0.9)) / L(0.4).

    >>> palma("income")
    <Statistic palma(income) (index)>
    """
    income = parse(y)
    node = Arithmetic("/", Arithmetic("-", Constant(1.0), _ordinate(income, 0.9)), _ordinate(income, 0.4))
    return Statistic((Item(None, node),), "index", f"palma({income.text})")


def quantile_ratio(
    y: Rule, upper: float, lower: float, *, rule: QuantileRule = "hf1", interval: QuantileInterval = "mean"
) -> Statistic:
    """The ratio of two quantiles, such as P90/P10.

    >>> quantile_ratio("income", 0.9, 0.1)
    <Statistic quantile_ratio(income, 0.9, 0.1) (index)>
    """
    made = quantile(y, upper, rule=rule, interval=interval) / quantile(y, lower, rule=rule, interval=interval)
    return Statistic(made.items, "index", f"quantile_ratio({parse(y).text}, {upper:g}, {lower:g})")


def growth_incidence(before: Rule, after: Rule, p: float | Sequence[float]) -> Statistic:
    """The growth incidence curve of two variables of the same records: q₂(p)/q₁(p) − 1.

    For two surveys estimate the quantiles in each and take the ratio by `compare`.

    Source: Ravallion & Chen (2003), Economics Letters 78(1), 93-99.

    >>> growth_incidence("income_2023", "income_2024", [0.1, 0.5, 0.9])
    <Statistic growth_incidence(income_2023, income_2024) (index)>
    """
    several = list(p) if np.ndim(p) > 0 else [p]  # type: ignore[arg-type]
    made = quantile(after, several) / quantile(before, several) - 1.0  # type: ignore[arg-type]
    items = made.items if np.ndim(p) > 0 else (Item(None, made.items[0].node),)
    return Statistic(items, "index", f"growth_incidence({parse(before).text}, {parse(after).text})")
