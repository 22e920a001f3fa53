"""How two ways of telling who is poor agree: kappa, Jaccard, phi, Cramér's V, tetrachoric correlation, overlap.

With p₁₁ the share of both, p₁ and p₂ of each: all are smooth functions of shares of one population, and so their
standard errors follow. An argument is a rule (`"poor == 1"`); kappa and Cramér's V also take variables of categories.

Source: Cohen (1960), Educational and Psychological Measurement 20(1), 37-46; Pearson (1900), Phil. Trans. A 195, 1-47
(tetrachoric); Cramér (1946), Mathematical Methods of Statistics, section 21.9; Alkire & Ballon (2012) for redundancy.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.poverty_lines import ONE
from childdata.survey.statistic import (
    EACH,
    Arithmetic,
    Check,
    Constant,
    Function,
    Item,
    Node,
    OverCategories,
    Statistic,
    Total,
)

SIZE = Total(ONE)


def kappa(a: Rule, b: Rule) -> Statistic:
    """Cohen's kappa, (p_o − p_e) / (1 − p_e): agreement beyond that of chance.

    p_o is the share for whom both say the same, p_e = Σ_c p_c(a) p_c(b).

    Parameters
    ----------
    a, b : two rules, or two variables with the same codes.

    >>> import childdata as cd
    >>> people = cd.Survey({"a": [1, 1, 0, 0, 0], "b": [1, 0, 0, 0, 1]})
    >>> people.estimate(cd.kappa("a == 1", "b == 1")).to_frame()["estimate"].round(6).item()
    0.166667
    """
    x, y = parse(a), parse(b)
    if x.kind == "column" and y.kind == "column":
        same = _share(parse(f"({x.text}) == ({y.text})"))
        chance: Node = OverCategories(x, Arithmetic("*", _each(x), _each(y)), every=True)
        node = Arithmetic("/", Arithmetic("-", same, chance), Arithmetic("-", Constant(1.0), chance))
    else:
        p1, p2, p11 = _shares(x, y)
        apart = Arithmetic("-", p11, Arithmetic("*", p1, p2))
        whole = Arithmetic("-", Arithmetic("+", p1, p2), Arithmetic("*", Constant(2.0), Arithmetic("*", p1, p2)))
        node = Arithmetic("/", Arithmetic("*", Constant(2.0), apart), whole)
    return _index("kappa", node, x, y)


def jaccard(a: Rule, b: Rule) -> Statistic:
    """Jaccard's index, p₁₁ / (p₁ + p₂ − p₁₁): of those whom either names, the share whom both name.

    >>> import childdata as cd
    >>> people = cd.Survey({"a": [1, 1, 0, 0, 0], "b": [1, 0, 0, 0, 1]})
    >>> people.estimate(cd.jaccard("a == 1", "b == 1")).to_frame()["estimate"].round(6).item()
    0.333333
    """
    x, y = parse(a), parse(b)
    p1, p2, p11 = _shares(x, y)
    node = Arithmetic("/", p11, Arithmetic("-", Arithmetic("+", p1, p2), p11))
    return _index("jaccard", node, x, y)


def phi(a: Rule, b: Rule) -> Statistic:
    """The coefficient phi, (p₁₁ − p₁p₂) / √(p₁(1−p₁) p₂(1−p₂)): the correlation of two rules.

    >>> import childdata as cd
    >>> people = cd.Survey({"a": [1, 1, 0, 0, 0], "b": [1, 0, 0, 0, 1]})
    >>> people.estimate(cd.phi("a == 1", "b == 1")).to_frame()["estimate"].round(6).item()
    0.166667
    """
    x, y = parse(a), parse(b)
    p1, p2, p11 = _shares(x, y)
    spread = Arithmetic("*", _spread(p1), _spread(p2))
    node = Arithmetic("/", Arithmetic("-", p11, Arithmetic("*", p1, p2)), Function("sqrt", (spread,)))
    return _index("phi", node, x, y)


def cramers_v(a: Rule, b: Rule) -> Statistic:
    """Cramér's V of a table, √(φ² / (min(r, c) − 1)), φ² = Σ (p_rc − p_r p_c)² / (p_r p_c); of two rules |phi|.

    r and c count the categories that have records in the domain. Near independence V is not normal, and its interval
    is of no use; where V is 0 to the last digit it has no derivative, and so no standard error.
    Independence is tested by `chi2`.

    >>> cramers_v("region", "windex5")
    <Statistic cramers_v(region, windex5) (index)>
    """
    x, y = parse(a), parse(b)
    cell = Total(x, EACH, beside=y, beside_category=EACH)
    square = OverCategories(x, OverCategories(y, Function("excess", (cell, Total(x, EACH), Total(y, EACH), SIZE))))
    ones = (
        OverCategories(x, Function("is_there", (Total(x, EACH),))),
        OverCategories(y, Function("is_there", (Total(y, EACH),))),
    )
    least = Arithmetic("-", Function("least", ones), Constant(1.0))
    return _index("cramers_v", Function("sqrt", (Arithmetic("/", square, least),)), x, y)


def tetrachoric(a: Rule, b: Rule) -> Statistic:
    """The tetrachoric correlation: of two normal variables of which each rule sees one side only.

    ρ solves Φ₂(Φ⁻¹(p₁), Φ⁻¹(p₂); ρ) = p₁₁; unknown where a cell of the table is empty.

    >>> import childdata as cd
    >>> people = cd.Survey({"a": [1, 1, 0, 0], "b": [1, 0, 0, 1]})
    >>> abs(people.estimate(cd.tetrachoric("a == 1", "b == 1")).to_frame()["estimate"].item()) < 1e-9
    True
    """
    x, y = parse(a), parse(b)
    return _index("tetrachoric", Function("tetrachoric", _shares(x, y)), x, y)


def redundancy(a: Rule, b: Rule) -> Statistic:
    """The redundancy R⁰, p₁₁ / min(p₁, p₂): of those whom the rarer names, the share whom both name.

    Not smooth where p₁ = p₂: near it the standard error is that of one of the two branches, as a note says.

    >>> redundancy("water == 1", "sanitation == 1")
    <Statistic redundancy(water == 1, sanitation == 1) (index)>
    """
    x, y = parse(a), parse(b)
    p1, p2, p11 = _shares(x, y)
    made = _index("redundancy", Arithmetic("/", p11, Function("least", (p1, p2))), x, y)
    return replace(made, checks=(Check(parse(f"({x.text}) or ({y.text})"), "tell", "told.smaller_share"),))


def agreement(a: Rule, b: Rule) -> Statistic:
    """The share for whom two rules, or two variables with the same codes, say the same.

    >>> agreement("moda == 1", "mpi == 1")
    <Statistic agreement(moda == 1, mpi == 1) (share)>
    """
    x, y = parse(a), parse(b)
    both = parse(f"({x.text}) == ({y.text})" if x.kind == "column" and y.kind == "column" else _same(x, y))
    return Statistic((Item(None, _share(both)),), "share", f"agreement({x.text}, {y.text})")


def overlap(*rules: Rule) -> Statistic:
    """The shares of all combinations of two or more rules, adding up to 1: one row each, `11`, `10`, `01`, `00`.

    >>> import childdata as cd
    >>> people = cd.Survey({"a": [1, 1, 0, 0, 0], "b": [1, 0, 0, 0, 1]})
    >>> cells = people.estimate(cd.overlap("a == 1", "b == 1")).to_frame()
    >>> dict(zip(cells["item"], cells["estimate"].round(6), strict=True))
    {'11': 0.2, '10': 0.2, '01': 0.2, '00': 0.4}
    """
    if not 2 <= len(rules) <= 8:
        raise EstimationError(f"an overlap is of two to eight rules; found {len(rules)}")
    parsed = [_truth(parse(rule)) for rule in rules]
    items = []
    for pattern in product((1, 0), repeat=len(parsed)):
        terms = [f"({rule.text})" if met else f"not ({rule.text})" for rule, met in zip(parsed, pattern, strict=True)]
        items.append(Item("".join(map(str, pattern)), _share(parse(" and ".join(terms)), *parsed)))
    return Statistic(tuple(items), "share", f"overlap({', '.join(rule.text for rule in parsed)})")


def _truth(expression: Expression) -> Expression:
    if expression.kind != "truth":
        raise EstimationError(
            f"{expression.text!r} is no rule that is true or false; write one, such as '{expression.text} == 1'"
        )
    return expression


def _shares(x: Expression, y: Expression) -> tuple[Node, Node, Node]:
    _truth(x), _truth(y)
    return _share(x), _share(y), _share(parse(f"({x.text}) and ({y.text})"))


def _same(x: Expression, y: Expression) -> str:
    _truth(x), _truth(y)
    return f"(({x.text}) and ({y.text})) or (not ({x.text}) and not ({y.text}))"


def _share(rule: Expression, *beside: Expression) -> Node:
    """The share of a rule; `beside` must be known too, at no weight."""
    node: Node = Total(rule)
    for other in beside:
        node = Arithmetic("+", node, Arithmetic("*", Constant(0.0), Total(other)))
    return Arithmetic("/", node, SIZE)


def _each(expression: Expression) -> Node:
    return Arithmetic("/", Total(expression, EACH), SIZE)


def _spread(p: Node) -> Node:
    return Arithmetic("*", p, Arithmetic("-", Constant(1.0), p))


def _index(name: str, node: Node, x: Expression, y: Expression) -> Statistic:
    return Statistic((Item(None, node),), "index", f"{name}({x.text}, {y.text})")
