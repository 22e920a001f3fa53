"""The tree of a statistic: its derivative by hand, its name, its scale, what may be joined."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import childdata as cd
from childdata.errors import EstimationError
from childdata.expression import parse
from childdata.survey.statistic import (
    EACH,
    Arithmetic,
    Constant,
    Derivative,
    Function,
    Item,
    Node,
    Statistic,
    Total,
    differentiate,
    leaves,
)

A, B = Total(parse("a")), Total(parse("b"))
AT = {A: np.array([6.0]), B: np.array([3.0])}


def derivative(node: Node, values: dict[Total, np.ndarray] = AT) -> Derivative:
    return differentiate(node, lambda leaf: (values[leaf], ()))  # type: ignore[index]


@pytest.mark.parametrize(
    ("operator", "value", "by_a", "by_b"),
    [
        ("+", 9.0, 1.0, 1.0),
        ("-", 3.0, 1.0, -1.0),
        ("*", 18.0, 3.0, 6.0),  # d(ab) = b da + a db
        ("/", 2.0, 1 / 3, -2 / 3),  # d(a/b) = da/b - (a/b) db/b
    ],
)
def test_derivative_of_each_operator_by_hand(operator: str, value: float, by_a: float, by_b: float) -> None:
    found, slopes = derivative(Arithmetic(operator, A, B))
    assert found.item() == pytest.approx(value)
    assert slopes[A].item() == pytest.approx(by_a)
    assert slopes[B].item() == pytest.approx(by_b)


def test_logarithm_and_exponential_by_hand() -> None:
    value, slopes = derivative(Function("log", (A,)))
    assert (value.item(), slopes[A].item()) == (pytest.approx(np.log(6)), pytest.approx(1 / 6))
    value, slopes = derivative(Function("exp", (B,)))
    assert (value.item(), slopes[B].item()) == (pytest.approx(np.exp(3)), pytest.approx(np.exp(3)))


def test_a_leaf_on_both_sides_gets_both_derivatives() -> None:
    _, slopes = derivative(Arithmetic("*", A, A))
    assert slopes[A].item() == pytest.approx(12)  # 2a
    value, slopes = derivative(Arithmetic("/", A, A))
    assert value.item() == 1
    assert slopes[A].item() == pytest.approx(0)


def test_a_constant_has_a_value_and_no_derivative() -> None:
    value, slopes = derivative(Constant(4.0))
    assert value.item() == 4
    assert slopes == {}


def test_rows_are_differentiated_apart() -> None:
    value, slopes = derivative(Arithmetic("/", A, B), {A: np.array([6.0, 1.0]), B: np.array([3.0, 4.0])})
    assert value.tolist() == [2.0, 0.25]
    assert slopes[A].tolist() == [pytest.approx(1 / 3), 0.25]


@given(st.floats(0.5, 9), st.floats(0.5, 9))
def test_chain_rule_agrees_with_a_numeric_derivative(a: float, b: float) -> None:
    node = Function(
        "log", (Arithmetic("+", Function("exp", (Arithmetic("/", A, B),)), Arithmetic("*", A, Constant(2.0))),)
    )

    def at(x: float, y: float) -> float:
        return float(derivative(node, {A: np.array([x]), B: np.array([y])})[0].item())

    _, slopes = derivative(node, {A: np.array([a]), B: np.array([b])})
    step = 1e-6
    assert slopes[A].item() == pytest.approx((at(a + step, b) - at(a - step, b)) / (2 * step), rel=1e-5, abs=1e-6)
    assert slopes[B].item() == pytest.approx((at(a, b + step) - at(a, b - step)) / (2 * step), rel=1e-5, abs=1e-6)


def test_leaves_come_once_each_from_left_to_right() -> None:
    node = Arithmetic("-", Arithmetic("/", B, A), Function("log", (Arithmetic("+", B, Constant(1.0)),)))
    assert list(leaves(node)) == [B, A]


def test_an_argument_used_twice_is_one_expression() -> None:
    statistic = cd.ratio("food", "income") - cd.mean("income")
    assert [one.text for one in statistic.expressions()] == ["food", "income", "1"]


@pytest.mark.parametrize(
    ("statistic", "scale"),
    [
        (cd.mean("y"), "amount"),
        (cd.mean("y == 1"), "share"),
        (cd.mean("y == 1") - cd.mean("x == 1"), "difference"),
        (cd.total("y") - cd.total("x"), "difference"),
        (cd.total("y") + cd.total("x"), "amount"),
        (cd.total("y") * 2, "amount"),
        (cd.mean("y == 1") * 100, "index"),
        (cd.mean("y == 1") / cd.mean("x == 1"), "index"),
        (1 - cd.mean("y == 1"), "share"),
        (2 - cd.mean("y == 1"), "index"),
        (-cd.total("y"), "amount"),
        (cd.log(cd.mean("y")), "index"),
        (cd.exp(cd.mean("y")), "index"),
    ],
)
def test_scale_of_what_is_joined(statistic: Statistic, scale: str) -> None:
    assert statistic.scale == scale


@pytest.mark.parametrize(
    ("statistic", "name"),
    [
        (cd.total("y") + cd.total("x"), "total(y) + total(x)"),
        (2 * cd.total("y"), "2 * total(y)"),
        (1 / cd.mean("y"), "1 / mean(y)"),
        (3 - cd.mean("y"), "3 - mean(y)"),
        (1.5 + cd.mean("y"), "1.5 + mean(y)"),
        ((cd.mean("y") - cd.mean("x")) / cd.mean("x"), "(mean(y) - mean(x)) / mean(x)"),
        (cd.log(cd.mean("y")), "log(mean(y))"),
    ],
)
def test_name_says_what_was_joined(statistic: Statistic, name: str) -> None:
    assert statistic.name == name
    assert repr(statistic) == f"<Statistic {name} ({statistic.scale})>"


def test_two_different_quotients_have_different_names() -> None:
    a, b, c = cd.total("a"), cd.total("b"), cd.total("c")
    assert (a / (b / c)).name != ((a / b) / c).name
    assert (a - (b - c)).name != ((a - b) - c).name


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.int64(2), np.float32(2)])
def test_numbers_of_every_kind_are_joined(number: float) -> None:
    assert (cd.mean("y") * number).name == "mean(y) * 2"


@pytest.mark.parametrize("other", ["x", None, True, [1.0]])
def test_what_is_no_number_and_no_statistic_is_refused(other: object) -> None:
    with pytest.raises(
        EstimationError, match=r"joined with a statistic or a number, not with (str|NoneType|bool|list)"
    ):
        cd.mean("y") + other  # type: ignore[operator]


def test_a_statistic_of_categories_is_filled_one_item_each() -> None:
    filled = (cd.proportion("g") * 100).with_categories((1.0, 2.0))
    assert [item.label for item in filled.items] == [1.0, 2.0]
    first = next(leaf for leaf in leaves(filled.items[0].node) if isinstance(leaf, Total) and leaf.category)
    assert first == Total(parse("g"), 1.0)
    assert filled.category_of() is None
    assert cd.proportion("g").category_of() == parse("g")


def test_categories_inside_a_logarithm_are_filled_too() -> None:
    filled = cd.log(cd.proportion("g")).with_categories(("a",))
    assert all(leaf.category != EACH for leaf in leaves(filled.items[0].node) if isinstance(leaf, Total))


def test_categories_of_two_variables_are_refused() -> None:
    with pytest.raises(EstimationError, match=r"ranges over the categories of 2 variables \(g, h\)"):
        (cd.proportion("g") - cd.proportion("h")).category_of()


def test_items_are_joined_with_a_single_value_on_either_side() -> None:
    quartiles = cd.quantile("y", [0.25, 0.75])
    for joined in (quartiles / cd.mean("y"), cd.mean("y") / quartiles):
        assert [item.label for item in joined.items] == [0.25, 0.75]
    assert [item.label for item in (quartiles - quartiles).items] == [0.25, 0.75]


def test_items_that_differ_are_not_joined() -> None:
    with pytest.raises(EstimationError, match="range over different items"):
        cd.quantile("y", [0.25, 0.75]) - cd.quantile("y", [0.1, 0.9])


def test_a_statistic_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        cd.mean("y").scale = "share"  # type: ignore[misc]
    assert Item(None, A) == Item(None, Total(parse("a")))
