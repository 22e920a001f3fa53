"""What is a rule once it has been read? A small frozen tree, and nothing that could run as code.

A few kinds of node are all there is: a number, a text, a truth value, a name, a call of a listed function,
a comparison, membership in a list, logic and arithmetic. Each knows the place in the rule it came from,
so that any later complaint can point there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from childdata.errors import ExpressionError

Kind = Literal["truth", "number", "text", "column"]
"""What a rule gives: `column` is a bare name, whose type is the data's."""

Comparator = Literal["==", "!=", "<", "<=", ">", ">="]
Operator = Literal["+", "-", "*", "/", "**"]

_SHOWN = 72  # characters of a rule that an error message shows


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in the rule."""

    value: float
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text written in the rule, without its quotes and trailing blanks."""

    value: str
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Truth:
    """`True` or `False` written in the rule."""

    value: bool
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, spelt as in the rule."""

    name: str
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the closed list and its arguments."""

    function: str
    arguments: tuple[Node, ...]
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Over:
    """A function over the rows of a group, such as `count()` or `any(x == 1)`; in `aggregate` only."""

    function: str
    argument: Node | None
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison; a chain such as `0 < x < 97` is an `And` of its links."""

    comparator: Comparator
    left: Node
    right: Node
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """`x in (1, 2)` or, negated, `x not in (1, 2)`."""

    value: Node
    members: tuple[Number | Text, ...]
    negated: bool
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` of two or more truth values, or `not` of one."""

    word: Literal["and", "or", "not"]
    parts: tuple[Node, ...]
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * / **` of two numbers."""

    operator: Operator
    left: Node
    right: Node
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """`-x`."""

    value: Node
    at: int = field(compare=False)


Node = Number | Text | Truth | Name | Call | Over | Compare | Member | Logic | Arithmetic | Negative


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside a node, in the order of the rule."""
    match node:
        case Call():
            return node.arguments
        case Logic():
            return node.parts
        case Compare() | Arithmetic():
            return (node.left, node.right)
        case Negative() | Member():
            return (node.value,)
        case Over():
            return () if node.argument is None else (node.argument,)
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked rule, not yet bound to any data.

    Attributes
    ----------
    text : the rule as it was written.
    kind : what it gives: `truth`, `number`, `text`, or `column` for a bare name, whose type is the data's.
    names : the variables it uses, as spelt in the rule, each once, in order of appearance.
    code_names : those of them that stand inside `code(...)`, whose reason for missing is therefore needed.

    >>> from childdata.expression import parse
    >>> rule = parse("UB2 >= 3 and code(BR1) != 9")
    >>> rule.kind, rule.names, rule.code_names
    ('truth', ('UB2', 'BR1'), ('BR1',))
    """

    text: str
    kind: Kind
    names: tuple[str, ...]
    code_names: tuple[str, ...]
    tree: Node = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text


Rule = str | int | float | Expression
"""What every function takes where a rule is wanted: text, a number, or an expression already read."""


def complaint(text: str, at: int, message: str) -> ExpressionError:
    """The error that shows the rule with a caret under the place.

    >>> print(complaint("UB2 = 3", 4, "'=' is not a comparison; write =="))
    '=' is not a comparison; write ==
        UB2 = 3
            ^
    """
    at = min(max(at, 0), len(text))
    start = 0 if len(text) <= _SHOWN else max(0, min(at - _SHOWN // 2, len(text) - _SHOWN))
    shown = "".join(sign if sign.isprintable() else " " for sign in text[start : start + _SHOWN])
    before, after = "…" if start else "", "…" if start + _SHOWN < len(text) else ""
    caret = " " * (len(before) + at - start) + "^"
    return ExpressionError(f"{message}\n    {before}{shown}{after}\n    {caret}")
