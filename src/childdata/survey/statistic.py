"""What a statistic is: a tree of leaves and arithmetic, differentiated by the chain rule.

A leaf is a `Total` (the weighted sum of a row expression in a domain) or a `Ranked` one (a sum over
records in the order of a variable, see `leaves`). Above the leaves stand `Constant`, `Arithmetic` and `Function`
nodes. From the value of each leaf, and nothing else, `differentiate` gives the value of the tree and its
derivative by each leaf; the influence of the statistic is then the same combination of the influences
of its leaves (Demnati & Rao 2004, Survey Methodology 30(1), 17-26). A ranked leaf may depend on parameters that are
trees themselves (a poverty line, a point of the distribution): the chain rule goes on through them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal, Protocol

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Expression
from childdata.survey.arrays import Floats
from childdata.survey.smooth import FUNCTIONS

Scale = Literal["share", "amount", "index", "difference"]
Operator = Literal["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class EachCategory:
    """Stands in a `Total` for: one row of the result per category of the expression."""


EACH = EachCategory()


@dataclass(frozen=True, slots=True)
class Total:
    """The weighted sum of a row expression over the records of a domain where it is known.

    With a `category`, the sum over the records whose expression has that value: of their weights, of weight × `of`,
    or of those whose expression `beside` has the category `beside_category`.
    """

    expression: Expression
    category: float | str | EachCategory | None = None
    of: Expression | None = None
    beside: Expression | None = None
    beside_category: float | str | EachCategory | None = None

    def expressions(self) -> tuple[Expression, ...]:
        """What must be known of a record."""
        return tuple(one for one in (self.expression, self.of, self.beside) if one is not None)

    def factors(self) -> tuple[Expression, ...]:
        """The expressions whose categories are counted."""
        own = (self.expression,) if self.category is not None else ()
        return own if self.beside is None else (*own, self.beside)


@dataclass(frozen=True, slots=True)
class Count:
    """The number of records used, unweighted: a constant to the design."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A tree evaluated on all records of the survey, whatever `by`, `each` and `where` say: one value for all rows.

    Of the `survey` it is refused where the records are known not to be all persons; of the `file` it is not.
    """

    node: Node
    of: Literal["survey", "file"] = "survey"


class Ranked(Protocol):
    """A leaf whose value depends on the order of records; how it is computed stands in `leaves`."""

    @property
    def y(self) -> Expression:
        """The variable that puts the records in order."""

    @property
    def parameters(self) -> tuple[Node, ...]:
        """Trees whose values the leaf needs."""

    def expressions(self) -> tuple[Expression, ...]:
        """What must be known of a record."""

    @property
    def value(self) -> Callable[..., Floats]:
        """The value in each row, of a `Sample` and the values of the parameters."""

    @property
    def solve(self) -> Callable[..., Any]:
        """The value, influence and slopes in each row (a `Solved`), of the same."""


Leaf = Total | Count | Whole | Ranked


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
    """A smooth function of trees, by its name in `smooth.FUNCTIONS`."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OverCategories:
    """The sum of a tree over the categories of an expression; written out before anything is computed.

    Each total left open takes the category: those of that expression, or `every` one, of whatever expression.
    """

    over: Expression
    term: Node
    every: bool = False


Node = Leaf | Constant | Arithmetic | Function | OverCategories

Categories = Callable[[Expression], tuple[float | str, ...]]
Derivative = tuple[Floats, dict[Leaf, Floats]]
Solve = Callable[[Leaf], tuple[Floats, tuple[Floats, ...]]]


def parts(node: Node) -> tuple[Node, ...]:
    """The trees right below a node: of a leaf, its parameters."""
    match node:
        case Arithmetic(_, left, right):
            return (left, right)
        case Function(_, arguments):
            return arguments
        case OverCategories(_, term, _):
            return (term,)
        case Constant() | Total() | Count() | Whole():
            return ()
    return node.parameters


def leaves(node: Node) -> Iterator[Leaf]:
    """The leaves of a tree, each once, from left to right; the parameters of a ranked leaf before itself."""
    seen: set[Leaf] = set()

    def walk(inner: Node) -> Iterator[Leaf]:
        for part in parts(inner):
            yield from walk(part)
        if not isinstance(inner, (Constant, Arithmetic, Function, OverCategories)) and inner not in seen:
            seen.add(inner)
            yield inner

    return walk(node)


def wholes(node: Node) -> Iterator[Whole]:
    """The trees on all records that a tree takes, those inside another one first."""
    for leaf in leaves(node):
        if isinstance(leaf, Whole):
            yield from wholes(leaf.node)
            yield leaf


def denominators(node: Node) -> Iterator[Total]:
    """The totals by which a tree divides."""
    for part in parts(node):
        yield from denominators(part)
    match node:
        case Arithmetic("/", _, right):
            yield from (leaf for leaf in leaves(right) if isinstance(leaf, Total))


def evaluate(node: Node, value_of: Callable[[Leaf], Floats]) -> Floats:
    """The value of a tree at the values of its leaves, arrays of one shape."""
    match node:
        case Constant(value):
            return np.asarray(value, dtype=np.float64)
        case Arithmetic(operator, left, right):
            a, b = evaluate(left, value_of), evaluate(right, value_of)
            return a + b if operator == "+" else a - b if operator == "-" else a * b if operator == "*" else a / b
        case Function(name, arguments):
            return FUNCTIONS[name](*(evaluate(one, value_of) for one in arguments))[0]
        case OverCategories():
            raise _not_written_out()
    return value_of(node)


def differentiate(node: Node, solve: Solve) -> Derivative:
    """The value of a tree and its derivative by each leaf, row by row.

    Parameters
    ----------
    node : the tree.
    solve : gives of a leaf its value, array (rows,), and its derivative by each of its parameters.

    Returns
    -------
    value : array (rows,); not finite where the statistic does not exist (a ratio to nothing).
    derivatives : for each leaf an array (rows,).
    """
    match node:
        case Constant(value):
            return np.float64(value) * np.ones(1), {}
        case Arithmetic(operator, left, right):
            return _combine(operator, differentiate(left, solve), differentiate(right, solve))
        case Function(name, arguments):
            inner = [differentiate(one, solve) for one in arguments]
            joined, by_argument = FUNCTIONS[name](*(one for one, _ in inner))
            return joined, _chained(inner, by_argument)
        case OverCategories():
            raise _not_written_out()
    found, by_parameter = solve(node)
    through = _chained([differentiate(one, solve) for one in parts(node)], by_parameter)
    return found, _added({node: np.ones_like(found)}, through)


def _not_written_out() -> EstimationError:
    return EstimationError("a sum over categories is written out before it is computed; see Statistic.expanded")


def _chained(inner: list[Derivative], slopes: tuple[Floats, ...]) -> dict[Leaf, Floats]:
    total: dict[Leaf, Floats] = {}
    for (_, by_leaf), slope in zip(inner, slopes, strict=True):
        total = _added(total, _scaled(by_leaf, slope))
    return total


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
class Check:
    """What is looked at before anything is computed: the records of the domain for which a rule is true.

    Attributes
    ----------
    rule : true for a record that the statistic has no value for, or that is treated in some way.
    action : `refuse` raises, with the number of such records; `tell` notes it.
    told : of `refuse` the sentence, with a blank for {count}; of `tell` the key of the note.
    is_line : whether the refusal is of a poverty line.
    """

    rule: Expression
    action: Literal["refuse", "tell"]
    told: str
    is_line: bool = False


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
    checks : what is looked at in the records first.
    """

    items: tuple[Item, ...]
    scale: Scale
    name: str
    difference_of: Scale | Literal[""] = ""
    checks: tuple[Check, ...] = ()

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
        """The row expressions of all leaves, each once, those on all records of the survey and of checks included."""
        found: dict[str, Expression] = {}
        for item in self.items:
            trees = [item.node, *(one.node for one in wholes(item.node))]
            for leaf in (leaf for tree in trees for leaf in leaves(tree)):
                if not isinstance(leaf, (Count, Whole)):
                    found |= {one.text: one for one in leaf.expressions() if one.text not in found}
        for check in self.checks:
            found.setdefault(check.rule.text, check.rule)
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

    def expanded(self, categories: Categories) -> Statistic:
        """The same statistic, each sum over categories written out; `categories` gives those of an expression."""
        return replace(self, items=tuple(Item(item.label, _written_out(item.node, categories)) for item in self.items))


def _filled(node: Node, category: float | str, over: Expression | None = None) -> Node:
    """A tree with a category in the place of each one left open; of one variable, where it is named."""
    match node:
        case Total():
            changes: dict[str, float | str] = {}
            if node.category == EACH and over in (None, node.expression):
                changes["category"] = category
            if node.beside_category == EACH and over in (None, node.beside):
                changes["beside_category"] = category
            return replace(node, **changes) if changes else node  # type: ignore[arg-type]
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, _filled(left, category, over), _filled(right, category, over))
        case Function(name, arguments):
            return Function(name, tuple(_filled(one, category, over) for one in arguments))
        case OverCategories(inner, term, every):
            return OverCategories(inner, _filled(term, category, over), every)
        case _:
            return node


def _written_out(node: Node, categories: Categories) -> Node:
    match node:
        case OverCategories(over, term, every):
            wanted = None if every else over
            total: Node = Constant(0.0)
            for place, value in enumerate(categories(over)):
                one = _written_out(_filled(term, value, wanted), categories)
                total = Arithmetic("+", total, one) if place else one
            return total
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, _written_out(left, categories), _written_out(right, categories))
        case Function(name, arguments):
            return Function(name, tuple(_written_out(one, categories) for one in arguments))
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
    checks = tuple(dict.fromkeys((*a.checks, *b.checks)))
    return Statistic(items, scale, _sided(a.name, operator, b.name), of, checks)


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
    return mapped("log", statistic)


def exp(statistic: Statistic) -> Statistic:
    """The exponential of a statistic: back from the logarithm.

    >>> exp(Statistic((Item(None, Constant(0.0)),), "amount", "nothing")).name
    'exp(nothing)'
    """
    return mapped("exp", statistic)


def mapped(name: str, statistic: Statistic, scale: Scale = "index") -> Statistic:
    """A function of `smooth.FUNCTIONS` of one statistic, item by item."""
    items = tuple(Item(item.label, Function(name, (item.node,))) for item in statistic.items)
    return Statistic(items, scale, f"{name}({statistic.name})", checks=statistic.checks)
