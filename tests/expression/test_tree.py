"""The nodes of a rule, and how an error points at a place."""

from __future__ import annotations

import pytest

from childdata.errors import ExpressionError
from childdata.expression import parse
from childdata.expression.tree import Arithmetic, Compare, Logic, Member, Name, Number, complaint, parts_of


def test_tree_of_a_rule_by_hand() -> None:
    assert parse("x + 1 > 2 and y not in (1, -9)").tree == Logic(
        "and",
        (
            Compare(">", Arithmetic("+", Name("x", 0), Number(1, 0), 0), Number(2, 0), 0),
            Member(Name("y", 0), (Number(1, 0), Number(-9, 0)), True, 0),
        ),
        0,
    )


def test_parts_are_given_in_the_order_of_the_rule() -> None:
    tree = parse("if_else(a > 1, b, -c)").tree
    first, second, third = parts_of(tree)
    assert parts_of(first) == (Name("a", 0), Number(1, 0))
    assert parts_of(second) == ()
    assert parts_of(third) == (Name("c", 0),)


@pytest.mark.parametrize("at", [0, 5, 50, 99, 100, 10_000, -3])
def test_caret_stands_under_its_place_in_a_text_of_any_length(at: int) -> None:
    text = "".join(chr(ord("a") + place % 26) for place in range(100))
    error = complaint(text, at, "no")
    _, shown, caret = str(error).splitlines()
    assert isinstance(error, ExpressionError)
    assert len(shown) <= 80
    place = min(max(at, 0), 100)
    assert (shown + " ")[len(caret) - 1] == (text + " ")[place]


def test_control_signs_never_reach_the_terminal() -> None:
    assert "\x1b" not in str(complaint("x == '\x1b[31m'", 3, "no"))
