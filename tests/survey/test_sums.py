"""The sums by pair that smooth statistics are made of; what a statistic makes of them is in test_measure.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import childdata as cd
from childdata.expression import parse
from childdata.survey.columns import Columns, Records
from childdata.survey.domains import Partition, Rows
from childdata.survey.reduce import Grouped, Pairs
from childdata.survey.statistic import Item, Statistic, Total
from childdata.survey.sums import Basis, Measured, Used

DATA: dict[str, Any] = {
    "y": [1.0, 2.0, None, 5.0, 7.0],
    "x": [2.0, None, 1.0, 4.0, 2.0],
    "zero": [0.0, 3.0, 0.0, 0.0, 4.0],
    "g": ["a", "b", None, "b", "a"],
    "s": [1, 1, 2, 2, 2],
}
WEIGHT = np.array([1.0, 2.0, 3.0, 1.0, 0.0])
UNIT = np.array([0, 0, 1, 1, 1])
CELL = np.array([0, 1, 0, 1, 1])
PAIRS = Pairs.of(UNIT, 2, Partition(CELL, 2, ()))
WHOLE = Grouped.of(PAIRS, Rows((), np.array([0, 0]), ((),)))


def basis(*statistics: Statistic, data: Any = DATA) -> Basis:
    columns = Columns.of(Records.of(data), [rule for one in statistics for rule in one.expressions()])
    return Basis.of([item.node for one in statistics for item in one.items], columns)


def measured(*statistics: Statistic) -> Measured:
    made = basis(*statistics)
    return Measured.of(made, Used.of(PAIRS, made.known, WEIGHT))


def total(rule: str) -> Total:
    return Total(parse(rule))


def test_a_basis_is_known_where_all_its_expressions_are() -> None:
    assert basis(cd.count()).known is None
    assert basis(cd.mean("y")).known.tolist() == [True, True, False, True, True]  # type: ignore[union-attr]
    assert basis(cd.ratio("y", "x")).known.tolist() == [True, False, False, True, True]  # type: ignore[union-attr]


def test_a_category_is_known_where_its_variable_is() -> None:
    made = basis(cd.proportion("g").with_categories(("a", "b")))
    assert made.known is not None
    assert made.known.tolist() == [True, True, False, True, True]
    ones = {leaf.category: values for leaf, values in made.values.items() if values is not None}
    assert ones["a"].tolist() == [1, 0, 0, 0, 1]
    assert ones["b"].tolist() == [0, 1, 0, 1, 0]


def test_a_category_that_nobody_has_is_nobodys() -> None:
    made = basis(cd.proportion("g").with_categories(("a", "c")))
    assert next(values for leaf, values in made.values.items() if leaf.category == "c").tolist() == [0] * 5  # type: ignore[union-attr]


def test_records_count_where_they_are_known_and_have_a_weight() -> None:
    used = Used.of(PAIRS, basis(cd.mean("y")).known, WEIGHT)
    # pairs (unit, cell): (0, a), (1, a), (0, b), (1, b)
    assert used.known.tolist() == [True, True, False, True, False]
    assert used.weight.tolist() == [1, 2, 0, 1, 0]
    assert used.ones.tolist() == [1, 0, 2, 1]
    assert used.count.tolist() == [1, 0, 1, 1]


def test_records_outside_the_partition_are_not_there() -> None:
    pairs = Pairs.of(UNIT, 2, Partition(np.array([0, -1, 0, -1, 0]), 1, ()))
    used = Used.of(pairs, np.array([True, True, False, True, True]), WEIGHT)
    assert used.weight.tolist() == [1, 0, 0]
    assert used.known.tolist() == [True, False, False]


def test_totals_have_their_shift_back() -> None:
    one = measured(cd.ratio("y + 10", "x"))
    assert one.basis.shift[total("y + 10")] == 14  # 13.75, rounded
    # over records 1 and 4: 11 + 15, x 2 + 4
    assert one.totals(WHOLE)[total("y + 10")].tolist() == [26]
    assert one.totals(WHOLE)[total("x")].tolist() == [6]
    by_cell = Grouped.of(PAIRS, Rows(("c",), np.array([0, 1]), (("a",), ("b",))))
    assert one.totals(by_cell)[total("y + 10")].tolist() == [11, 15]


def test_records_that_are_not_zero_are_counted_whatever_the_shift() -> None:
    one = measured(cd.total("zero"), cd.mean("y"))
    assert one.nonzero(total("zero")).sum() == 1  # record 2; record 5 has no weight
    assert one.nonzero(total("y")).sum() == 3
    assert one.nonzero(total("1")).sum() == 3


def test_moments_by_cell_by_hand() -> None:
    one, y = measured(cd.mean("y + 10")), total("y + 10")
    # cell a: record 1; b: records 2 and 4; y + 10 − 14: −3; −2, 1
    assert one.moment(None, None).tolist() == [1, 3]
    assert one.moment(y, None).tolist() == one.moment(None, y).tolist() == [-3, 2 * -2 + 1]
    assert one.moment(y, y).tolist() == [9, 2 * 4 + 1]


def test_the_square_of_zero_and_one_is_not_computed() -> None:
    one = measured(cd.mean("y > 1"))
    leaf = next(leaf for leaf in one.sums if leaf.expression.text != "1")
    assert one.moment(leaf, leaf).tolist() == one.moment(leaf, None).tolist() == [0, 3]
    assert one._moments == {}


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e3, 1e9]))
def test_moments_and_totals_are_those_of_the_records(seed: int, level: float) -> None:
    chance = np.random.default_rng(seed)
    n, units, cells = 30, 4, 3
    y = np.round(level + chance.normal(size=n), 3)
    weight = chance.integers(0, 4, n).astype(float)
    unit, cell = chance.integers(0, units, n), chance.integers(-1, cells, n)
    pairs = Pairs.of(unit, units, Partition(cell, cells, ()))
    made = basis(cd.mean("y"), data={"y": y})
    one = Measured.of(made, Used.of(pairs, made.known, weight))
    leaf, shift = total("y"), made.shift[total("y")]
    inside = [cell == k for k in range(cells)]
    grouped = Grouped.of(pairs, Rows(("c",), np.arange(cells), (("a",), ("b",), ("c",))))
    np.testing.assert_allclose(one.totals(grouped)[leaf], [weight[k] @ y[k] for k in inside], rtol=1e-12, atol=1e-9)
    squares = [weight[k] @ (y[k] - shift) ** 2 for k in inside]
    assert one.moment(leaf, leaf) == pytest.approx(squares, rel=1e-9, abs=1e-9)


def test_products_of_categories_are_sums_that_are_there_or_nothing() -> None:
    x, y = parse("g"), parse("s")
    cells = [Total(x, a, beside=y, beside_category=b) for a in ("a", "b") for b in (1, 2)]
    margins = [Total(x, "a"), Total(x, "b"), Total(y, 1), Total(y, 2)]
    weighted = Total(x, "a", of=parse("x"))
    totals = [*cells, *margins, weighted]
    one = measured(*(Statistic((Item(None, leaf),), "amount", "n") for leaf in totals))
    for a in totals:
        for b in totals:
            first, second = one.basis.values[a], one.basis.values[b]
            assert first is not None
            assert second is not None
            wanted = np.bincount(CELL, one.weight * first * second, 2)
            np.testing.assert_allclose(one.moment(a, b), wanted, rtol=1e-15, err_msg=f"{a}, {b}")
    # only what is of an amount, or of a cell of two variables that is no total, was multiplied record by record
    assert {leaf.of is not None for pair in one._moments for leaf in pair if leaf == weighted} == {True}
    assert all(weighted in pair for pair in one._moments)
