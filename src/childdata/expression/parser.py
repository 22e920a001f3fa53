"""Is this text a rule, and what is its tree? Tokens to nodes, under a closed list.

The tokens are handed to Python's own parser (`ast`) with every name, number and text replaced by a plain
placeholder, so that it settles precedence and nothing else; of what it returns only the node types listed
here are accepted. Nothing is ever evaluated as code.
"""

from __future__ import annotations

import ast
import math
from bisect import bisect_right
from functools import lru_cache
from typing import Literal

from childdata.errors import ExpressionError, nearest

from .functions import FUNCTIONS, OVER_ROWS
from .lexer import Token, cut
from .tree import (
    Arithmetic,
    Call,
    Comparator,
    Compare,
    Expression,
    Kind,
    Logic,
    Member,
    Name,
    Negative,
    Node,
    Number,
    Operator,
    Over,
    Rule,
    Text,
    Truth,
    complaint,
    parts_of,
)
from .types import kind_of

MOST_CHAIN = 100
MOST_POWER = 100.0
MOST_REPEATS = 600

_COMPARATORS: dict[type[ast.cmpop], Comparator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_OPERATORS: dict[type[ast.operator], Operator] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
_HABITS = {
    "if": "for a choice write if_else(condition, value, otherwise)",
    "is": "for a missing value write missing(x)",
    "lambda": "a rule defines no functions",
    "for": "a rule has no loops",
    "xor": "write (a) != (b)",
    "eq": "write ==",
    "ne": "write !=",
    "lt": "write <",
    "le": "write <=",
    "gt": "write >",
    "ge": "write >=",
    "to": "a range of variables is written out, one by one",
}


def parse(rule: Rule) -> Expression:
    """The checked expression that a rule stands for.

    Parameters
    ----------
    rule : text in the rule language, a number (the constant), or an expression already read.

    Raises
    ------
    ExpressionError, showing the rule with a caret under the place, where the text is no rule.

    >>> parse("UB2 >= 3 and BR1 in (1, 2)").names
    ('UB2', 'BR1')
    >>> parse("stunted").kind, parse("log(y) / 2").kind, parse(1).kind
    ('column', 'number', 'number')
    >>> parse("UB2 = 3")
    Traceback (most recent call last):
        ...
    childdata.errors.ExpressionError: '=' is not a comparison; write ==
        UB2 = 3
            ^
    """
    if isinstance(rule, Expression):
        return rule
    if isinstance(rule, str):
        return _read(rule, False)
    if isinstance(rule, (int, float)):
        return _constant(rule)
    found = type(rule).__name__
    raise ExpressionError(f"a rule is a text such as 'UB2 >= 3' or a number; found {found}")


def parse_aggregate(rule: Rule) -> Expression:
    """As `parse`, where `count()`, `any(...)`, `first(...)` and the like are over the rows of a group."""
    return _read(rule, True) if isinstance(rule, str) else parse(rule)


def _constant(number: int | float) -> Expression:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise ExpressionError(f"a rule that is a number must be finite; found {value}")
    text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return Expression(text, "number", (), (), Number(value, 0))


@lru_cache(maxsize=4096)
def _read(text: str, over_rows: bool) -> Expression:
    tokens = cut(text)
    _check_order(text, tokens)
    starts, words = [], []
    column = 0
    for index, token in enumerate(tokens):
        word = token.value if token.kind in ("word", "sign") else f"t{index}"
        starts.append(column)
        words.append(word)
        column += len(word) + 1
    try:
        body = ast.parse(" ".join(words), mode="eval").body
    except SyntaxError as error:
        at = tokens[max(0, bisect_right(starts, (error.offset or 1) - 1) - 1)].at
        raise complaint(text, at, "the rule cannot be understood here; put the part in parentheses") from None
    except (RecursionError, MemoryError):
        raise complaint(text, 0, "the rule is too deeply nested; split it into several") from None
    reader = _Reader(text, tokens, starts, over_rows)
    tree = reader.node(body, 0)
    _refuse_repeats(text, tree)
    kind = kind_of(text, tree, lambda name: "column")
    given: Kind = kind if kind in ("truth", "text") else "number"
    if isinstance(tree, Name):
        given = "column"
    return Expression(text, given, tuple(dict.fromkeys(reader.names)), tuple(dict.fromkeys(reader.codes)), tree)


def _check_order(text: str, tokens: list[Token]) -> None:
    """Values and signs must alternate, and parentheses must close; said here in words a user can act on."""
    open_at: list[int] = []
    value_next = True
    for place, token in enumerate(tokens):
        value = token.value if token.kind in ("word", "sign") else ""
        previous = tokens[place - 1].value if place else ""
        if value_next:
            if value == "(":
                open_at.append(token.at)
            elif value == ")":
                if not (open_at and previous in ("(", ",")):
                    raise complaint(text, token.at, "a value is missing before ')'")
                open_at.pop()
                value_next = False
            elif not value:
                value_next = False
            elif value not in ("not", "-", "+"):
                raise complaint(text, token.at, f"a value is missing before {value!r}")
        else:
            value_next = _after_value(text, tokens, place, open_at)
    if value_next and tokens[-1].value not in ("(",):
        raise complaint(text, len(text.rstrip()), f"a value is missing after {tokens[-1].value!r}")
    if open_at:
        raise complaint(text, open_at[-1], "the parenthesis is not closed")


def _after_value(text: str, tokens: list[Token], place: int, open_at: list[int]) -> bool:
    """What may follow a value; gives whether a value must come next."""
    token = tokens[place]
    value = token.value if token.kind in ("word", "sign") else ""
    if value == "(":
        if tokens[place - 1].kind != "call":
            raise complaint(text, token.at, "only a function can be followed by '('")
        open_at.append(token.at)
        return True
    if value == ")":
        if not open_at:
            raise complaint(text, token.at, "there is no '(' that this ')' would close")
        open_at.pop()
        return False
    if value == "," and not open_at:
        raise complaint(text, token.at, "a comma stands between arguments only; decimals take a point: 1.5")
    followed_by_in = place + 1 < len(tokens) and tokens[place + 1].value == "in" and tokens[place + 1].kind == "word"
    if not value or (value == "not" and not followed_by_in):
        hint = _HABITS.get(token.value.lower(), "write and, or, ==, +, ... between them")
        raise complaint(text, token.at, f"two values stand side by side, the second is {token.value!r}; {hint}")
    return value != "not"


class _Reader:
    """Turns what Python's parser made into nodes, and refuses whatever is not on the list."""

    def __init__(self, text: str, tokens: list[Token], starts: list[int], over_rows: bool) -> None:
        self.text = text
        self.tokens = tokens
        self.starts = starts
        self.over_rows = over_rows
        self.names: list[str] = []
        self.codes: list[str] = []

    def token(self, node: ast.expr) -> Token:
        """The token where a node begins."""
        return self.tokens[bisect_right(self.starts, node.col_offset) - 1]

    def complaint(self, node: ast.expr, message: str) -> ExpressionError:
        return complaint(self.text, self.token(node).at, message)

    def node(self, node: ast.expr, depth: int) -> Node:
        """The node of ours that a node of Python's stands for."""
        if depth > MOST_CHAIN:
            raise self.complaint(
                node,
                f"more than {MOST_CHAIN} signs in a row; put parts in parentheses, or write sum(a, b, ...)",
            )
        match node:
            case ast.Name():
                return self.leaf(node)
            case ast.Call(func=ast.Name(), keywords=[]):
                return self.call(node, depth)
            case ast.Compare():
                return self.comparison(node, depth)
            case ast.BoolOp():
                word: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
                parts = tuple(self.node(value, depth + 1) for value in node.values)
                return Logic(word, parts, self.token(node).at)
            case ast.UnaryOp():
                return self.prefixed(node, depth)
            case ast.BinOp() if type(node.op) in _OPERATORS:
                return self.arithmetic(node, depth)
            case ast.Tuple():
                raise self.complaint(node, "a list of codes stands only after in: x in (1, 2)")
            case _:
                raise self.complaint(node, "this has no place in a rule")

    def leaf(self, node: ast.Name) -> Node:
        """A number, a text, `True` or `False`, or a name."""
        token = self.token(node)
        if token.kind == "number":
            return Number(float(token.value), token.at)
        if token.kind == "text":
            return Text(token.value, token.at)
        if self.text[token.at] != "`":
            if token.value in ("True", "False"):
                return Truth(token.value == "True", token.at)
            if token.value == "None":
                raise self.complaint(node, "a missing value is not compared; write missing(x)")
        self.names.append(token.value)
        return Name(token.value, token.at)

    def call(self, node: ast.Call, depth: int) -> Node:
        """A call of a function on the list, with a number of arguments that it takes."""
        token = self.token(node)
        name, count = token.value, len(node.args)
        if self.over_rows and name in OVER_ROWS and count == (name != "count"):
            return self.over(node, depth)
        if name not in FUNCTIONS:
            known = sorted({*FUNCTIONS, *OVER_ROWS} if self.over_rows else FUNCTIONS)
            hint = nearest(name, known) or f"; there are {', '.join(known)}"
            if name in OVER_ROWS and not self.over_rows:
                hint = f"; {OVER_ROWS[name].usage} is over the rows of a group, in aggregate()"
            raise self.complaint(node, f"{name!r} is not a function of the rule language{hint}")
        function = FUNCTIONS[name]
        least, most = function.arity
        if not least <= count <= most:
            raise self.complaint(node, f"{function.usage} takes {_how_many(least, most)}; found {count}")
        call = Call(name, tuple(self.node(argument, depth + 1) for argument in node.args), token.at)
        wrong = function.refuse(call)
        if wrong:
            raise self.complaint(node, wrong)
        if name == "code":
            self.codes.append(self.names[-1])
        return call

    def over(self, node: ast.Call, depth: int) -> Over:
        """A function over rows; the rule inside it is one about a single row."""
        self.over_rows = False
        argument = self.node(node.args[0], depth + 1) if node.args else None
        self.over_rows = True
        token = self.token(node)
        return Over(token.value, argument, token.at)

    def comparison(self, node: ast.Compare, depth: int) -> Node:
        """A comparison, a membership, or a chain of them."""
        links: list[Node] = []
        sides = [node.left, *node.comparators]
        for sign, left, right in zip(node.ops, sides, sides[1:], strict=False):
            value, at = self.node(left, depth + 1), self.token(left).at
            if isinstance(sign, (ast.In, ast.NotIn)):
                links.append(Member(value, self.members(right), isinstance(sign, ast.NotIn), at))
            elif type(sign) in _COMPARATORS:
                links.append(Compare(_COMPARATORS[type(sign)], value, self.node(right, depth + 1), at))
            else:
                raise self.complaint(node, "this has no place in a rule")
        return links[0] if len(links) == 1 else Logic("and", tuple(links), self.token(node).at)

    def members(self, node: ast.expr) -> tuple[Number | Text, ...]:
        """The codes of a list, all numbers or all texts."""
        elements = node.elts if isinstance(node, ast.Tuple) else [node]
        members: list[Number | Text] = []
        for element in elements:
            member = self.node(element, 0) if isinstance(element, (ast.Name, ast.UnaryOp)) else None
            if isinstance(member, Negative) and isinstance(member.value, Number):
                member = Number(-member.value.value, member.at)
            if not isinstance(member, (Number, Text)):
                raise self.complaint(element, "after in stands a list of numbers or texts: x in (1, 2)")
            members.append(member)
        if not members:
            raise self.complaint(node, "the list after in is empty")
        return tuple(members)

    def prefixed(self, node: ast.UnaryOp, depth: int) -> Node:
        """`not x`, `-x` or `+x`."""
        value, at = self.node(node.operand, depth + 1), self.token(node).at
        if isinstance(node.op, ast.Not):
            return Logic("not", (value,), at)
        return Negative(value, at) if isinstance(node.op, ast.USub) else Arithmetic("+", Number(0.0, at), value, at)

    def arithmetic(self, node: ast.BinOp, depth: int) -> Arithmetic:
        """Arithmetic of two numbers; a power is a written number of moderate size."""
        left, right = self.node(node.left, depth + 1), self.node(node.right, depth + 1)
        if isinstance(node.op, ast.Pow):
            power = right.value if isinstance(right, Negative) else right
            if not isinstance(power, Number) or power.value > MOST_POWER:
                raise self.complaint(node.right, f"a power is a number from -{MOST_POWER:g} to {MOST_POWER:g}")
        return Arithmetic(_OPERATORS[type(node.op)], left, right, self.token(node).at)


def _refuse_repeats(text: str, node: Node, times: int = 1) -> None:
    """Bound how often a part is repeated when everything that contains it is spelt out."""
    if times > MOST_REPEATS:
        message = "too many divisions or functions inside one another; compute the inner part first, as a variable"
        raise complaint(text, node.at, message)
    match node:
        case Arithmetic(operator="+" | "-" | "*") | Logic() | Compare():
            repeats = 1
        case _:
            repeats = 2
    parts = parts_of(node)
    for place, part in enumerate(parts):
        if isinstance(node, Call):
            repeats = FUNCTIONS[node.function].repeated(place, len(parts))
        settled = 2 if isinstance(part, Arithmetic) and repeats > 1 else 1
        _refuse_repeats(text, part, times * repeats * settled)


def _how_many(least: int, most: int) -> str:
    if least == most:
        return "no argument" if most == 0 else f"{most} argument{'' if most == 1 else 's'}"
    return f"{least} to {most:,} arguments"
