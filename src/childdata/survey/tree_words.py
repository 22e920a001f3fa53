"""A statistic as plain words and numbers, to be written beside its sums, and read again; nothing is ever run.

mean("income")  ->  ["/", ["total", "income", null, null], ["total", "1", null, null]]
"""

from __future__ import annotations

from typing import Any

from childdata.errors import ReadError
from childdata.expression import Expression, parse
from childdata.survey.dispersion import Moment
from childdata.survey.smooth import FUNCTIONS
from childdata.survey.statistic import (
    EACH,
    Arithmetic,
    Check,
    Constant,
    Count,
    EachCategory,
    Function,
    Item,
    Node,
    OverCategories,
    Statistic,
    Total,
)

Words = list[Any]


def words_of(statistic: Statistic) -> dict[str, Any]:
    """A statistic made of totals, in words.

    >>> import childdata as cd
    >>> words_of(cd.total("income"))["items"]
    [[None, ['total', 'income', None, None]]]
    """
    return {
        "items": [[item.label, _words(item.node)] for item in statistic.items],
        "scale": statistic.scale,
        "name": statistic.name,
        "difference_of": statistic.difference_of,
        "checks": [[one.rule.text, one.action, one.told, one.is_line] for one in statistic.checks],
    }


def statistic_of(words: dict[str, Any]) -> Statistic:
    """A statistic read from its words.

    Raises
    ------
    ReadError for words that are none.

    >>> import childdata as cd
    >>> statistic_of(words_of(cd.proportion("area"))) == cd.proportion("area")
    True
    """
    items = tuple(Item(label, _node(node)) for label, node in words["items"])
    checks = tuple(Check(parse(rule), *rest) for rule, *rest in words["checks"])
    return Statistic(items, words["scale"], words["name"], words["difference_of"], checks)


def _words(node: Node) -> Words:
    match node:
        case Arithmetic(operator, left, right):
            return [operator, _words(left), _words(right)]
        case Function(name, arguments):
            return ["function", name, [_words(one) for one in arguments]]
        case OverCategories(over, term, every):
            return ["over", over.text, _words(term), every]
    return _words_of_leaf(node)


def _words_of_leaf(leaf: Node) -> Words:
    match leaf:
        case Total(expression, category, of, beside, other):
            words: Words = ["total", expression.text, _category(category), None if of is None else of.text]
            return words if beside is None else [*words, beside.text, _category(other)]
        case Count():
            return ["count"]
        case Constant(value):
            return ["number", value]
        case Moment(x, y):
            return ["moment", x.text, y.text]
    raise ReadError(f"{type(leaf).__name__} is not made of totals")


def _node(words: Words) -> Node:
    match words:
        case ["+" | "-" | "*" | "/" as operator, list(left), list(right)]:
            return Arithmetic(operator, _node(left), _node(right))
        case ["function", str(name), list(arguments)] if name in FUNCTIONS:
            return Function(name, tuple(_node(one) for one in arguments))
        case ["over", str(text), list(term), bool(every)]:
            return OverCategories(parse(text), _node(term), every)
    return _leaf(words)


def _leaf(words: Words) -> Node:
    match words:
        case ["total", str(text), category, of, *rest]:
            beside, other = rest or (None, None)
            return Total(parse(text), _filled(category), _rule(of), _rule(beside), _filled(other))
        case ["count"]:
            return Count()
        case ["number", int() | float() as value]:
            return Constant(float(value))
        case ["moment", str(x), str(y)]:
            return Moment(parse(x), parse(y))
    raise ReadError("the statistics of this file cannot be read; it was written by another version, or damaged")


def _category(value: float | str | EachCategory | None) -> object:
    return {"each": True} if isinstance(value, EachCategory) else value


def _filled(words: Any) -> float | str | EachCategory | None:
    found: float | str | EachCategory | None = EACH if isinstance(words, dict) else words
    return found


def _rule(text: str | None) -> Expression | None:
    return None if text is None else parse(text)
