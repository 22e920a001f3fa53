"""Rules at random, against an interpreter in plain Python that knows nothing of narwhals, polars or `ast`.

A rule is made as a tree of tuples, written out as text, and computed twice: by the rule language on a frame,
and here, record by record, with None for unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from childdata.expression import evaluate

Tree = tuple[Any, ...]
Record = Mapping[str, float | bool | None]

NUMBERS = ("x", "y", "z")
TRUTHS = ("p", "q")
WRITTEN = (0.0, 1.0, 2.0, 3.0, 0.5, 100.0, 1e300)
VALUES = (None, None, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 127.0, 1e300)


# --- the interpreter -----------------------------------------------------------------------------------


def finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def strict(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Unknown if any argument is unknown."""

    def apply(*arguments: Any) -> Any:
        return None if any(argument is None for argument in arguments) else operation(*arguments)

    return apply


def divided(left: float, right: float) -> float | None:
    return None if right == 0 else finite(left / right)


def all_of(*parts: bool | None) -> bool | None:
    if any(part is False for part in parts):
        return False
    return None if any(part is None for part in parts) else True


def any_of(*parts: bool | None) -> bool | None:
    if any(part is True for part in parts):
        return True
    return None if any(part is None for part in parts) else False


def chosen(condition: bool | None, first: Any, second: Any) -> Any:
    return None if condition is None else first if condition else second


def of_known(operation: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """Over the known arguments; unknown if there is none."""

    def apply(*arguments: Any) -> Any:
        known = [argument for argument in arguments if argument is not None]
        return operation(known) if known else None

    return apply


MEANING: dict[str, Callable[..., Any]] = {
    "({} + {})": strict(lambda a, b: finite(a + b)),
    "({} - {})": strict(lambda a, b: finite(a - b)),
    "({} * {})": strict(lambda a, b: finite(a * b)),
    "({} / {})": strict(divided),
    "(-{})": strict(lambda a: -a),
    "abs({})": strict(abs),
    "floor({})": strict(lambda a: a if abs(a) > 2**53 else float(math.floor(a))),
    "ceil({})": strict(lambda a: a if abs(a) > 2**53 else float(math.ceil(a))),
    "sqrt({})": strict(lambda a: None if a < 0 else math.sqrt(a)),
    "sum({}, {})": of_known(lambda known: finite(sum(known))),
    "mean({}, {})": of_known(lambda known: finite(sum(known) / len(known))),
    "min({}, {}, {})": of_known(min),
    "max({}, {}, {})": of_known(max),
    "coalesce({}, {})": lambda a, b: b if a is None else a,
    "({} == {})": strict(lambda a, b: a == b),
    "({} != {})": strict(lambda a, b: a != b),
    "({} < {})": strict(lambda a, b: a < b),
    "({} <= {})": strict(lambda a, b: a <= b),
    "({} > {})": strict(lambda a, b: a > b),
    "({} >= {})": strict(lambda a, b: a >= b),
    "({} in (0, 1, 127))": strict(lambda a: a in (0, 1, 127)),
    "({} not in (0, 1, 127))": strict(lambda a: a not in (0, 1, 127)),
    "between({}, {}, {})": lambda x, low, high: all_of(
        strict(lambda a, b: a <= b)(low, x), strict(lambda a, b: a <= b)(x, high)
    ),
    "({} and {})": all_of,
    "({} or {})": any_of,
    "({} and {} and {})": all_of,
    "({} or {} or {})": any_of,
    "(not {})": strict(lambda a: not a),
    "missing({})": lambda a: a is None,
    "answered({})": lambda a: a is not None,
    "is_true({})": lambda a: a is True,
    "if_else({}, {}, {})": chosen,
    "count_true({}, {})": of_known(lambda known: float(sum(known))),
    "count_missing({}, {})": lambda *arguments: float(sum(argument is None for argument in arguments)),
    "count_answered({}, {})": lambda *arguments: float(sum(argument is not None for argument in arguments)),
}


def spelt(tree: Tree) -> str:
    """The rule as text."""
    form, *parts = tree
    if form == "name":
        return str(parts[0])
    if form == "number":
        return repr(parts[0])
    return str(form).format(*(spelt(part) for part in parts))


def meant(tree: Tree, record: Record) -> Any:
    """What the rule gives for a record."""
    form, *parts = tree
    if form == "name":
        return record[parts[0]]
    if form == "number":
        return parts[0]
    return MEANING[form](*(meant(part, record) for part in parts))


def same(got: float | bool | None, wanted: float | bool | None) -> bool:
    if got is None or wanted is None or isinstance(wanted, bool):
        return got is wanted
    return math.isclose(got, wanted, rel_tol=1e-15)


# --- rules at random -----------------------------------------------------------------------------------


def form(text: str, *parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.tuples(st.just(text), *parts)


def rules_of_depth(depth: int) -> tuple[st.SearchStrategy[Tree], st.SearchStrategy[Tree]]:
    """Rules that give a number, and rules that give a truth value."""
    number: st.SearchStrategy[Tree] = st.one_of(
        st.tuples(st.just("name"), st.sampled_from(NUMBERS)), st.tuples(st.just("number"), st.sampled_from(WRITTEN))
    )
    truth: st.SearchStrategy[Tree] = st.tuples(st.just("name"), st.sampled_from(TRUTHS))
    for _ in range(depth):
        n, t = number, truth
        signs = st.one_of(*(form(f"({{}} {sign} {{}})", n, n) for sign in "+-*/"))
        single = st.one_of(*(form(text, n) for text in ("(-{})", "abs({})", "floor({})", "ceil({})", "sqrt({})")))
        several = st.one_of(
            form("sum({}, {})", n, n), form("mean({}, {})", n, n), form("min({}, {}, {})", n, n, n),
            form("max({}, {}, {})", n, n, n), form("coalesce({}, {})", n, n), form("if_else({}, {}, {})", t, n, n),
            form("count_true({}, {})", t, t), form("count_missing({}, {})", n, t), form("count_answered({}, {})", n, t),
        )  # fmt: skip
        compared = st.one_of(*(form(f"({{}} {sign} {{}})", n, n) for sign in ("==", "!=", "<", "<=", ">", ">=")))
        asked = st.one_of(
            form("({} in (0, 1, 127))", n), form("({} not in (0, 1, 127))", n), form("between({}, {}, {})", n, n, n),
            form("missing({})", n), form("missing({})", t), form("answered({})", n), form("is_true({})", t),
        )  # fmt: skip
        logic = st.one_of(
            form("({} and {})", t, t), form("({} or {})", t, t), form("({} and {} and {})", t, t, t),
            form("({} or {} or {})", t, t, t), form("(not {})", t), form("if_else({}, {}, {})", t, t, t),
            form("coalesce({}, {})", t, t),
        )  # fmt: skip
        number = st.one_of(number, signs, single, several)
        truth = st.one_of(truth, compared, asked, logic)
    return number, truth


NUMBER, TRUTH = rules_of_depth(3)
records = st.lists(
    st.fixed_dictionaries(
        {
            **{name: st.sampled_from(VALUES) for name in NUMBERS},
            **{name: st.sampled_from((True, False, None)) for name in TRUTHS},
        }
    ),
    min_size=1,
    max_size=12,
)
SCHEMA = {**dict.fromkeys(NUMBERS, pl.Float64), **dict.fromkeys(TRUTHS, pl.Boolean)}


def agrees(frame: object, rows: list[dict[str, Any]], tree: Tree) -> None:
    rule = spelt(tree)
    got = evaluate(frame, {"r": rule}).frame["r"].to_list()
    wanted = [meant(tree, row) for row in rows]
    assert all(map(same, got, wanted)), f"{rule}\n got {got}\n wanted {wanted}\n {rows}"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=records, tree=st.one_of(NUMBER, TRUTH))
def test_any_rule_means_in_memory_what_the_plain_interpreter_says(rows: list[dict[str, Any]], tree: Tree) -> None:
    agrees(pl.DataFrame(rows, schema=SCHEMA), rows, tree)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=records, tree=st.one_of(NUMBER, TRUTH))
def test_any_rule_means_the_same_in_pandas(rows: list[dict[str, Any]], tree: Tree) -> None:
    agrees(pl.DataFrame(rows, schema=SCHEMA).to_pandas(), rows, tree)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=records, tree=st.one_of(NUMBER, TRUTH))
def test_any_rule_means_the_same_in_an_engine(rows: list[dict[str, Any]], tree: Tree) -> None:
    with duckdb.connect() as connection:
        agrees(connection.from_arrow(pl.DataFrame(rows, schema=SCHEMA).to_arrow()), rows, tree)


@settings(max_examples=60, deadline=None)
@given(rows=records, tree=NUMBER)
def test_undefined_counts_only_rows_whose_variables_are_known(rows: list[dict[str, Any]], tree: Tree) -> None:
    rule = spelt(tree)
    got = evaluate(pl.DataFrame(rows, schema=SCHEMA), {"r": rule})
    names = [name for name in SCHEMA if name in rule.replace("max", "").replace("mean", "").replace("missing", "")]
    complete = [
        value is None and all(row[name] is not None for name in names)
        for row, value in zip(rows, got.frame["r"].to_list(), strict=True)
    ]
    assert got.undefined["r"] <= sum(value is None for value in got.frame["r"])
    assert got.undefined["r"] >= sum(complete) - sum(complete) * ("coalesce" in rule)


@pytest.mark.parametrize("text", sorted(MEANING))
def test_every_form_of_the_interpreter_is_tried_on_all_pairs_of_answers(text: str) -> None:
    """The forms one by one, so that none depends on being drawn by chance."""
    slots = text.count("{}")
    kinds = _kinds(text)
    for kind in kinds:
        names = ("x", "y", "z")[:slots] if kind == "number" else ("p", "q", "p")[:slots]
        if text == "if_else({}, {}, {})":
            names = ("p", "x", "y")
        tree = (text, *(("name", name) for name in names))
        rows = [
            {"x": x, "y": y, "z": 1.0, "p": p, "q": q}
            for x in (None, -1.0, 0.0, 2.5)
            for y in (None, 0.0, 2.5)
            for p in (True, False, None)
            for q in (True, False, None)
        ]
        agrees(pl.DataFrame(rows, schema=SCHEMA), rows, tree)


def _kinds(text: str) -> tuple[str, ...]:
    """Which kinds of argument a form takes."""
    if any(word in text for word in (" and ", " or ", "not {}", "is_true", "count_true")):
        return ("truth",)
    if any(word in text for word in ("missing", "answered", "coalesce")):
        return ("number", "truth")
    return ("number",)
