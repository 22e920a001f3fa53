"""The check of types on the text alone, before there are data."""

from __future__ import annotations

import pytest

from childdata.errors import ExpressionError
from childdata.expression import parse
from childdata.expression.types import is_tag_comparison, kind_of
from childdata.expression.values import ValueKind

KINDS: dict[str, ValueKind] = {"n": "number", "t": "truth", "s": "text", "d": "date", "u": "empty", "c": "column"}


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("n", "number"), ("t", "truth"), ("s", "text"), ("d", "date"), ("u", "empty"), ("c", "column"),
        ("n + t", "number"), ("u + 1", "number"), ("c + 1", "number"), ("-t", "number"),
        ("n == t", "truth"), ("d == '2019-01-01'", "truth"), ("'2019-01-01' < d", "truth"), ("u == 'A'", "truth"),
        ("c > '2019-01-01'", "truth"), ("c == 'A'", "truth"),
        ("coalesce(n, t)", "number"), ("coalesce(u, t)", "truth"), ("coalesce(c, s)", "text"),
        ("coalesce(c, u)", "column"),
        ("coalesce(d, '2019-01-01')", "date"), ("coalesce(u, u)", "empty"),
        ("if_else(t, d, d)", "date"), ("if_else(u, 1, t)", "number"), ("if_else(c, s, 'A')", "text"),
        ("min(d, d)", "date"), ("max(t, t)", "number"), ("max(n, u)", "number"), ("max(c, '2019-01-01')", "column"),
        ("code(s) == 'A'", "truth"), ("code(n) == '.a'", "truth"), ("code(c)", "column"), ("unknown()", "empty"),
        ("number(s)", "number"), ("number(n)", "number"), ("days(d, '2019-01-01')", "number"),
    ],
)  # fmt: skip
def test_kind_follows_from_the_kinds_of_the_columns(rule: str, kind: ValueKind) -> None:
    expression = parse(rule)
    assert kind_of(rule, expression.tree, KINDS.__getitem__) == kind


@pytest.mark.parametrize(
    "rule",
    ["s + 1", "d + 1", "n and t", "not s", "s == n", "s == t", "d == n", "s > s", "coalesce(n, s)", "coalesce(d, n)",
     "coalesce(d, s)", "if_else(n, 1, 2)", "if_else(t, 1, s)", "min(s, s)", "between(s, 1, 2)", "between(d, 1, 2)",
     "sum(n, s)", "year(n)", "lower(n)", "selected(d, 'A')", "number(d)", "d == 'soon'", "n in ('A', 'B')",
     "s in (1, 2)", "n in (1, 'A')"],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_place(rule: str) -> None:
    expression = parse(rule)  # the text alone may still be right: a column can hold anything
    with pytest.raises(ExpressionError, match=r"\^"):
        kind_of(rule, expression.tree, KINDS.__getitem__)


@pytest.mark.parametrize(
    "rule",
    ["between(x, 'a', 'b')", "min('a', 'b')", "x < 'high'", "1 + 'a'", "'a' < 'b'", "x > '2019-01-01T00:00+03:00'"],
)
def test_what_can_never_fit_is_refused_before_there_are_data(rule: str) -> None:
    with pytest.raises(ExpressionError):
        parse(rule)


def test_only_one_small_letter_after_a_point_is_a_tag() -> None:
    def tag(rule: str) -> bool:
        tree = parse(rule).tree
        return is_tag_comparison(tree.left, tree.right)  # type: ignore[union-attr]

    assert tag("code(x) == '.a'")
    assert tag("code(x) == '.z'")
    assert not any(tag(f"code(x) == '{text}'") for text in ("a", ".A", ".ab", "."))
    assert not tag("x == '.a'")
