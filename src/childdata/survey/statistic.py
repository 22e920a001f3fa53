"""What a statistic is: a tree of leaves and arithmetic, differentiated by the chain rule.

A leaf is a `Total` (the weighted sum of a row expression in a domain) or a `Ranked` one (a sum over
records in the order of a variable). Above the leaves stand `Constant`, `Arithmetic` and `Function`
nodes. From the value of each leaf, and nothing else, `differentiate` gives the value of the tree and its
derivative by each leaf; the influence of the statistic is then the same combination of the influences
of its leaves (Demnati & Rao 2004, Survey Methodology 30(1), 17-26).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Expression
from childdata.survey.arrays import Floats

Scale = Literal["share", "amount", "index", "difference"]
Operator = Literal["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class EachCategory:
    """Stands in a `Total` for: one row of the result per category of the expression."""


EACH = EachCategory()


@dataclass(frozen=True, slots=True)
class Total:
    """The weighted sum of a row expression over the records of a domain where it is known.

    With a `category`, the sum of the weights of the records whose expression has that value.
    """

    expression: Expression
    category: float | str | EachCategory | None = None


@dataclass(frozen=True, slots=True)
class Quantile:
    """The p-quantile of `y`: a value found by rank, its influence by the interval of Woodruff.

    `rule` is one of the Hyndman-Fan rules hf1..hf9 with weights; `interval` says how the interval of the
    distribution function at the quantile is made before it is inverted.
    """

    y: Expression
    p: float
    rule: str
    interval: str


Leaf = Total | Quantile


@dataclass(frozen=True, slots=True)
class Constant:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two trees joined by `+ - * /`."""

    operator: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Function:
    """A smooth function of one tree: `log` or `exp`."""

    name: Literal["log", "exp"]
    argument: Node


Node = Leaf | Constant | Arithmetic | Function

Derivative = tuple[Floats, dict[Leaf, Floats]]


def leaves(node: Node) -> Iterator[Leaf]:
    """The leaves of a tree, each once, from left to right."""
    seen: set[Leaf] = set()

    def walk(inner: Node) -> Iterator[Leaf]:
        match inner:
            case Constant():
                return
            case Arithmetic(_, left, right):
                yield from walk(left)
                yield from walk(right)
            case Function(_, argument):
                yield from walk(argument)
            case _:
                if inner not in seen:
                    seen.add(inner)
                    yield inner

    return walk(node)


def denominators(node: Node) -> Iterator[Total]:
    """The totals by which a tree divides."""
    match node:
        case Arithmetic(operator, left, right):
            yield from denominators(left)
            yield from denominators(right)
            if operator == "/":
                yield from (leaf for leaf in leaves(right) if isinstance(leaf, Total))
        case Function(_, argument):
            yield from denominators(argument)


def differentiate(node: Node, values: Mapping[Leaf, Floats]) -> Derivative:
    """The value of a tree and its derivative by each leaf, row by row.

    Parameters
    ----------
    node : the tree.
    values : the value of each leaf, arrays (rows,).

    Returns
    -------
    value : array (rows,); not finite where the statistic does not exist (a ratio to nothing).
    derivatives : for each leaf an array (rows,).
    """
    match node:
        case Constant(value):
            return np.float64(value) * np.ones(1), {}
        case Arithmetic(operator, left, right):
            return _combine(operator, differentiate(left, values), differentiate(right, values))
        case Function(name, argument):
            inner, slopes = differentiate(argument, values)
            if name == "log":
                return np.log(inner), _scaled(slopes, 1.0 / inner)
            return np.exp(inner), _scaled(slopes, np.exp(inner))
        case _:
            return values[node], {node: np.ones_like(values[node])}


def _combine(operator: Operator, left: Derivative, right: Derivative) -> Derivative:
    (a, slopes_a), (b, slopes_b) = left, right
    if operator == "+":
        return a + b, _added(slopes_a, slopes_b)
    if operator == "-":
        return a - b, _added(slopes_a, _scaled(slopes_b, np.float64(-1.0)))
    if operator == "*":
        return a * b, _added(_scaled(slopes_a, b), _scaled(slopes_b, a))
    value = a / b
    return value, _added(_scaled(slopes_a, 1.0 / b), _scaled(slopes_b, -value / b))


def _scaled(slopes: dict[Leaf, Floats], factor: Floats | np.float64) -> dict[Leaf, Floats]:
    return {leaf: slope * factor for leaf, slope in slopes.items()}


def _added(left: dict[Leaf, Floats], right: dict[Leaf, Floats]) -> dict[Leaf, Floats]:
    total = dict(left)
    for leaf, slope in right.items():
        total[leaf] = total[leaf] + slope if leaf in total else slope
    return total


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a statistic that ranges over something (a category, p): its label and its tree."""

    label: float | str | None
    node: Node


@dataclass(frozen=True, slots=True)
class Statistic:
    """What to compute: one tree for each of its items, a scale, and a name.

    Statistics are made by `total`, `mean`, `ratio`, `proportion`, `quantile` ... and joined by
    `+ - * /`, `log` and `exp`; nothing is computed before `Survey.estimate`. All arguments of one
    statistic are used on the same records: those where all of them are known.

    Attributes
    ----------
    items : the trees; one, unless the statistic ranges over categories or several p.
    scale : `share` (interval by the logit), `amount`, `index` or `difference` (interval by t).
    name : how the statistic is called in results where the user gives no name.
    difference_of : of a `difference`, the scale of both sides (a gap between shares is told in percentage points).
    """

    items: tuple[Item, ...]
    scale: Scale
    name: str
    difference_of: Scale | Literal[""] = ""

    def __add__(self, other: Statistic | float) -> Statistic:
        return _join("+", self, other)

    def __radd__(self, other: float) -> Statistic:
        return _join("+", other, self)

    def __sub__(self, other: Statistic | float) -> Statistic:
        return _join("-", self, other)

    def __rsub__(self, other: float) -> Statistic:
        return _join("-", other, self)

    def __mul__(self, other: Statistic | float) -> Statistic:
        return _join("*", self, other)

    def __rmul__(self, other: float) -> Statistic:
        return _join("*", other, self)

    def __truediv__(self, other: Statistic | float) -> Statistic:
        return _join("/", self, other)

    def __rtruediv__(self, other: float) -> Statistic:
        return _join("/", other, self)

    def __neg__(self) -> Statistic:
        return _join("*", -1.0, self)

    def __repr__(self) -> str:
        return f"<Statistic {self.name} ({self.scale})>"

    def expressions(self) -> tuple[Expression, ...]:
        """The row expressions of all leaves, each once: they are known together or not at all."""
        found: dict[str, Expression] = {}
        for item in self.items:
            for leaf in leaves(item.node):
                expression = leaf.y if isinstance(leaf, Quantile) else leaf.expression
                found.setdefault(expression.text, expression)
        return tuple(found.values())

    def category_of(self) -> Expression | None:
        """The expression whose categories are the items, if the statistic ranges over categories."""
        found = {
            leaf.expression.text: leaf.expression
            for item in self.items
            for leaf in leaves(item.node)
            if isinstance(leaf, Total) and leaf.category == EACH
        }
        if len(found) > 1:
            raise EstimationError(
                f"{self.name} ranges over the categories of {len(found)} variables "
                f"({', '.join(found)}); make one proportion of each"
            )
        return next(iter(found.values()), None)

    def with_categories(self, categories: tuple[float | str, ...]) -> Statistic:
        """The same statistic with one item per category."""
        template = self.items[0].node
        items = tuple(Item(value, _filled(template, value)) for value in categories)
        return replace(self, items=items)


def _filled(node: Node, category: float | str) -> Node:
    match node:
        case Total(expression, EachCategory()):
            return Total(expression, category)
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, _filled(left, category), _filled(right, category))
        case Function(name, argument):
            return Function(name, _filled(argument, category))
        case _:
            return node


def _as_statistic(value: Statistic | float) -> Statistic:
    if isinstance(value, Statistic):
        return value
    if isinstance(value, Real) and not isinstance(value, bool):
        return Statistic((Item(None, Constant(float(value))),), "amount", f"{value:g}")
    kind = type(value).__name__
    raise EstimationError(f"a statistic is joined with a statistic or a number, not with {kind}")


def _join(operator: Operator, left: Statistic | float, right: Statistic | float) -> Statistic:
    a, b = _as_statistic(left), _as_statistic(right)
    pairs = _aligned(a, b)
    items = tuple(Item(label, Arithmetic(operator, x, y)) for label, x, y in pairs)
    scale = _joined_scale(operator, left, right)
    of = gap_of(a.scale, b.scale, a.difference_of) if scale == "difference" else ""
    return Statistic(items, scale, _sided(a.name, operator, b.name), of)


def gap_of(left: Scale, right: Scale, inner: Scale | Literal[""]) -> Scale | Literal[""]:
    """What a difference of two scales is a difference of; of two differences, what the first is of."""
    if "difference" in (left, right):
        return inner
    return left if left == right else "index"


def _outer_operators(name: str) -> set[str]:
    """The operators of a name that stand in no parenthesis."""
    depth, found = 0, set()
    for before, character, after in zip(name, name[1:], name[2:], strict=False):
        depth += (before in "([") - (before in ")]")
        if depth == 0 and before == after == " " and character in "+-*/":
            found.add(character)
    return found


def _sided(left: str, operator: Operator, right: str) -> str:
    """Two names joined, with the parentheses that keep their meaning."""
    if operator in "*/" and _outer_operators(left) & {"+", "-"}:
        left = f"({left})"
    loose = {"+": set(), "*": {"+", "-"}, "-": {"+", "-"}, "/": {"+", "-", "*", "/"}}[operator]
    if _outer_operators(right) & loose:
        right = f"({right})"
    return f"{left} {operator} {right}"


def _joined_scale(operator: Operator, left: Statistic | float, right: Statistic | float) -> Scale:
    scales = [side.scale for side in (left, right) if isinstance(side, Statistic)]
    if operator == "-" and len(scales) == 2:
        return "difference"
    if operator == "-" and left == 1 and scales == ["share"]:
        return "share"
    keeps_unit = operator in "+-" or len(scales) == 1
    if len(set(scales)) == 1 and scales[0] in ("amount", "difference") and keeps_unit:
        return scales[0]
    return "index"


def _aligned(a: Statistic, b: Statistic) -> list[tuple[float | str | None, Node, Node]]:
    if len(a.items) == 1 and a.items[0].label is None:
        return [(item.label, a.items[0].node, item.node) for item in b.items]
    if len(b.items) == 1 and b.items[0].label is None:
        return [(item.label, item.node, b.items[0].node) for item in a.items]
    if [item.label for item in a.items] != [item.label for item in b.items]:
        raise EstimationError(f"{a.name} and {b.name} range over different items; join them item by item")
    return [(x.label, x.node, y.node) for x, y in zip(a.items, b.items, strict=True)]


def log(statistic: Statistic) -> Statistic:
    """The natural logarithm of a statistic.

    >>> log(Statistic((Item(None, Constant(1.0)),), "amount", "one")).name
    'log(one)'
    """
    return _mapped("log", statistic)


def exp(statistic: Statistic) -> Statistic:
    """The exponential of a statistic: back from the logarithm.

    >>> exp(Statistic((Item(None, Constant(0.0)),), "amount", "nothing")).name
    'exp(nothing)'
    """
    return _mapped("exp", statistic)


def _mapped(name: Literal["log", "exp"], statistic: Statistic) -> Statistic:
    items = tuple(Item(item.label, Function(name, item.node)) for item in statistic.items)
    return Statistic(items, "index", f"{name}({statistic.name})")
