"""Moments as arithmetic of totals: how an engine finds a variance or a correlation without the distribution.

Σ w (x − x̄)(y − ȳ) / Σ w is the mean of (x − a)(y − b) less the product of the means of x − a and y − b, whatever a and
b are; near the means, no digits are lost. Of a variable that is constant in a row, but another elsewhere, rounding is
left, and made 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from childdata.expression import Expression, parse
from childdata.survey.dispersion import Moment
from childdata.survey.statistic import Arithmetic, Function, Item, Node, OverCategories, Statistic, Total, Whole, parts


def moments_of(statistic: Statistic) -> list[Expression]:
    """The expressions whose moments a statistic is made of."""

    def walk(node: Node) -> Iterator[Expression]:
        if isinstance(node, Moment):
            yield from node.expressions()
        for part in (node.node,) if isinstance(node, Whole) else parts(node):
            yield from walk(part)

    return [one for item in statistic.items for one in walk(item.node)]


def written_out(statistic: Statistic, centre: Mapping[str, float]) -> Statistic:
    """A statistic with each moment written out about a number near the mean of each expression, by its text.

    >>> import childdata as cd
    >>> found = written_out(cd.variance("y", ddof="population"), {"y": 3.0})
    >>> [one.text for one in found.expressions()]
    ['((y) - (3.0)) * ((y) - (3.0))', '1', '(y) - (3.0)']
    """
    items = tuple(Item(item.label, _without(item.node, centre)) for item in statistic.items)
    return replace(statistic, items=items)


def _without(node: Node, centre: Mapping[str, float]) -> Node:
    match node:
        case Moment(x, y):
            a, b = _about(x, centre), _about(y, centre)
            whole, product = Total(parse(1)), Total(parse(f"({a.text}) * ({b.text})"))
            means = Arithmetic("*", Arithmetic("/", Total(a), whole), Arithmetic("/", Total(b), whole))
            return Function("less", (Arithmetic("/", product, whole), means))
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, _without(left, centre), _without(right, centre))
        case Function(name, arguments):
            return Function(name, tuple(_without(one, centre) for one in arguments))
        case OverCategories(over, term, every):
            return OverCategories(over, _without(term, centre), every)
        case Whole(inner, of):
            return Whole(_without(inner, centre), of)
    return node


def _about(expression: Expression, centre: Mapping[str, float]) -> Expression:
    middle = centre[expression.text]
    return parse(f"({expression.text}) - ({middle!r})") if middle else expression
