"""Does every part of a rule get what it can work with? Truth where truth is wanted, numbers for numbers.

The same check runs twice: on the text alone, when a column may still hold anything, and on the data, when
what each column holds is known. A comparison of text with a number is never false in silence: it is an error.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeGuard

from childdata.errors import ExpressionError

from .functions import FUNCTIONS, OVER_ROWS, Takes
from .tree import (
    Arithmetic,
    Call,
    Compare,
    Logic,
    Member,
    Name,
    Negative,
    Node,
    Number,
    Over,
    Text,
    Truth,
    complaint,
)
from .values import ValueKind

KindOf = Callable[[str], ValueKind]

_HOLDS = {
    "truth": "a truth value",
    "number": "a number",
    "text": "text",
    "date": "a date",
    "empty": "unknown",
    "column": "a column",
}


def kind_of(text: str, node: Node, column: KindOf) -> ValueKind:
    """What a node gives, if all its parts fit; else an ExpressionError that points at the part.

    `column` gives what a variable holds, or `column` while that is not known.
    """
    check = _Check(text, column)
    return check.kind(node)


_ORDER = "write a date as '2019-03-01', a number without quotes, or number(x) for a number in text"

_WRITTEN: Mapping[type, ValueKind] = {Number: "number", Text: "text", Truth: "truth"}


class _Check:
    """The rules of types, one method per kind of node."""

    def __init__(self, text: str, column: KindOf) -> None:
        self.text = text
        self.column = column

    def kind(self, node: Node) -> ValueKind:
        """What a node gives."""
        match node:
            case Number() | Text() | Truth():
                found = _WRITTEN[type(node)]
            case Name():
                found = self.column(node.name)
            case Negative():
                found = self.wanted(node.value, "number", "a minus sign")
            case Arithmetic():
                self.wanted(node.left, "number", repr(node.operator))
                found = self.wanted(node.right, "number", repr(node.operator))
            case Logic():
                found = self.all_wanted(node.parts, "truth", repr(node.word))
            case Compare():
                found = self.compared(node.comparator, node.left, [node.right])
            case Member():
                found = self.compared("==", node.value, list(node.members))
            case Call():
                found = self.called(node)
            case Over():
                found = self.over(node)
        return found

    def wanted(self, node: Node, kind: ValueKind, by: str) -> ValueKind:
        """`kind`, if the node gives it or may give it."""
        found = self.kind(node)
        fits = found in (kind, "empty", "column") or (kind == "number" and found == "truth")
        if kind == "date" and found == "text" and isinstance(node, Text):
            self.date(node)
            fits = True
        if not fits:
            what = f"{self.named(node)} is {_HOLDS[found]}{_advice(kind, found)}"
            raise self.complaint(node, f"{by} needs {_HOLDS[kind]}; {what}")
        return kind

    def all_wanted(self, nodes: Sequence[Node], kind: ValueKind, by: str) -> ValueKind:
        """`kind`, if each node gives it or may give it."""
        for node in nodes:
            self.wanted(node, kind, by)
        return kind

    def compared(self, comparator: str, left: Node, others: Sequence[Node]) -> ValueKind:
        """A truth value, if the left side can be compared with each of the others."""
        one = self.kind(left)
        for right in others:
            if is_tag_comparison(left, right) and one != "text":
                if comparator not in ("==", "!="):
                    raise self.complaint(right, "a tag such as '.a' has no order; compare it with == or !=")
            else:
                self.comparable(comparator, (left, one), (right, self.kind(right)))
        return "truth"

    def comparable(self, comparator: str, left: tuple[Node, ValueKind], right: tuple[Node, ValueKind]) -> None:
        """Nothing, if the two can be compared."""
        for (written, kind), (_, other) in ((left, right), (right, left)):
            ordered = comparator not in ("==", "!=")
            if isinstance(written, Text) and (other == "date" or (ordered and other in ("column", "empty"))):
                self.date(written)
                return
            if kind == "text" and ordered:
                raise self.complaint(written, f"text has no order in a rule ({comparator}); {_ORDER}")
        one, two = left[1], right[1]
        if one == two or {one, two} & {"column", "empty"} or {one, two} == {"truth", "number"}:
            return
        found = f"{self.named(left[0])} is {_HOLDS[one]} and {self.named(right[0])} is {_HOLDS[two]}"
        raise self.complaint(left[0], f"{found}: they cannot be compared{_compare_advice(one, two)}")

    def called(self, node: Call) -> ValueKind:
        """What a call gives, if each argument fits."""
        function = FUNCTIONS[node.function]
        count = len(node.arguments)
        shared: list[Node] = []
        for place, argument in enumerate(node.arguments):
            takes = function.argument(place, count)
            if takes in ("same", "ordered"):
                shared.append(argument)
            else:
                self.argument(argument, takes, f"{node.function}()")
        ordered = function.takes == ("ordered",)
        common = self.shared(shared, f"{node.function}()", ordered=ordered) if shared else "empty"
        return common if function.gives == "same" else function.gives

    def over(self, node: Over) -> ValueKind:
        """What a function over rows gives, if its argument fits."""
        function = OVER_ROWS[node.function]
        if node.argument is None:
            return "number"
        if function.takes in ("same", "ordered"):
            found = self.shared([node.argument], f"{node.function}()", ordered=function.takes == "ordered")
            return found if function.gives == "same" else function.gives
        self.argument(node.argument, function.takes, f"{node.function}()")
        return "number" if function.gives == "same" else function.gives

    def argument(self, node: Node, takes: Takes, by: str) -> None:
        """Nothing, if an argument fits."""
        if takes in ("truth", "number", "text", "date"):
            self.wanted(node, takes, by)
            return
        found = self.kind(node)
        if takes == "written" and found == "date":
            raise self.complaint(node, f"{by} needs text or a number; {self.named(node)} is a date")

    def shared(self, nodes: list[Node], by: str, *, ordered: bool) -> ValueKind:
        """The one kind that all of several arguments have; truth beside numbers counts as 1 and 0."""
        kinds = [self.kind(node) for node in nodes]
        with_dates = "date" in kinds or (ordered and "column" in kinds)
        result: ValueKind = "empty"
        for node, kind in zip(nodes, kinds, strict=True):
            if with_dates and isinstance(node, Text):
                self.date(node)
                continue
            if ordered and kind == "text" and not isinstance(node, Text):
                raise self.complaint(node, f"{by} needs numbers or dates; {self.named(node)} is text")
            found: ValueKind = "number" if ordered and kind == "truth" else kind
            if result in ("empty", "column") or found == result:
                result = result if found == "empty" else found
            elif {found, result} == {"truth", "number"}:
                result = "number"
            elif found not in ("empty", "column"):
                kinds_found = f"{self.named(node)} is {_HOLDS[found]}, others {_HOLDS[result]}"
                raise self.complaint(node, f"{by} takes one kind of value; {kinds_found}")
        if ordered and result == "text" and "column" not in kinds:
            raise self.complaint(nodes[0], f"{by} needs numbers or dates; found text")
        return result

    def date(self, node: Text) -> None:
        """Nothing, if the text is a date as ISO 8601 writes it, without a time zone."""
        try:
            moment = datetime.datetime.fromisoformat(node.value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is not None:
            raise self.complaint(node, f"{node.value!r} is not a date, and other text has no order; {_ORDER}")

    def named(self, node: Node) -> str:
        """How an error speaks of a node."""
        match node:
            case Name():
                return f"variable {node.name!r}"
            case Number():
                return f"{node.value:g}"
            case Text():
                return repr(node.value)
            case Call():
                return f"{node.function}(...)"
            case _:
                return "this part"

    def complaint(self, node: Node, message: str) -> ExpressionError:
        return complaint(self.text, node.at, message)


def is_code(node: Node) -> TypeGuard[Call]:
    """Whether this is `code(x)`."""
    return isinstance(node, Call) and node.function == "code"


def is_tag_comparison(left: Node, right: Node) -> bool:
    """Whether this is `code(x)` against a Stata tag such as '.a'."""
    return is_code(left) and isinstance(right, Text) and re.fullmatch(r"\.[a-z]", right.value) is not None


def _advice(kind: ValueKind, found: ValueKind) -> str:
    if kind == "truth" and found == "number":
        return "; write a comparison, such as x == 1"
    if kind == "number" and found == "text":
        return "; for a number in text write number(x)"
    return ""


def _compare_advice(one: ValueKind, two: ValueKind) -> str:
    if {one, two} == {"text", "number"}:
        return "; write the code in quotes, or number(x) for a number in text"
    if {one, two} == {"text", "truth"}:
        return "; write the code in quotes alone"
    return ""
