"""A statistic under every replicate weight: the same tree at the totals of each replicate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.survey.columns import Columns, Records
from childdata.survey.domains import Partition, Rows
from childdata.survey.reduce import Grouped, Pairs
from childdata.survey.replicated import Repeated, replicate_sums, replicate_values
from childdata.survey.replicates import Replicates
from childdata.survey.seen import Seen
from childdata.survey.statistic import Statistic
from childdata.survey.sums import Basis, Measured, Used

DATA: dict[str, Any] = {"y": [1.0, 3.0, 5.0, 7.0], "x": [2.0, 1.0, None, 4.0]}
WEIGHT = np.array([1.0, 2.0, 1.0, 1.0])
# units 0 0 1 1; the first replicate leaves unit 0 out, the second unit 1
HALVES = Replicates(
    "JK1", np.array([0, 0, 1, 1]), WEIGHT, np.array([[0.0, 2.0], [2.0, 0.0]]), 0.5, np.ones(2), True, 1.0
)
WHOLE = Rows((), np.array([0]), ((),))
EACH = Rows(("g",), np.array([0, 1]), (("a",), ("b",)))


def seen(statistic: Statistic, replicates: Replicates = HALVES, cell: Any = (0, 0, 0, 0), rows: Rows = WHOLE) -> Seen:
    columns = Columns.of(Records.of(DATA), list(statistic.expressions()))
    pairs = Pairs.of(
        replicates.unit, replicates.factor.shape[0], Partition(np.array(cell), rows.row_of_cell.size, (rows,))
    )
    basis = Basis.of([item.node for item in statistic.items], columns)
    measured = Measured.of(basis, Used.of(pairs, basis.known, WEIGHT))
    return Seen(Grouped.of(pairs, rows), measured, columns, lambda leaf: pytest.fail("nothing is whole"), None)


def values(statistic: Statistic, *given: Any, **options: Any) -> list[list[float]]:
    found = replicate_values(statistic.items[0].node, seen(statistic, *given, **options), HALVES)
    result: list[list[float]] = found.tolist()
    return result


def test_a_total_and_a_mean_by_hand() -> None:
    # unit 1 doubled: 2 · (5 + 7); unit 0 doubled: 2 · (1 + 2 · 3)
    assert values(cd.total("y")) == [[24], [14]]
    assert values(cd.mean("y")) == [[24 / 4], [14 / 6]]


def test_unknown_answers_are_left_out_of_each_replicate() -> None:
    # x is unknown in record 3: y / x over the other three
    assert values(cd.ratio("y", "x")) == [[7 / 4], [(1 + 6) / (2 + 2)]]
    assert values(cd.mean("x")) == [[4], [4 / 3]]


def test_rows_of_a_grouping_each_have_their_values() -> None:
    assert values(cd.total("y"), cell=(0, 1, 0, 1), rows=EACH) == [[10, 14], [2, 12]]


def test_records_in_no_cell_have_no_part() -> None:
    assert values(cd.total("y"), cell=(0, -1, 0, -1), rows=WHOLE) == [[10], [2]]


def test_a_row_that_a_replicate_empties_is_unknown_there() -> None:
    found = replicate_values(cd.mean("y").items[0].node, seen(cd.mean("y"), cell=(0, 0, 1, 1), rows=EACH), HALVES)
    np.testing.assert_array_equal(found, [[np.nan, 6], [7 / 3, np.nan]])
    # a total of nobody is zero
    assert values(cd.total("y"), cell=(0, 0, 1, 1), rows=EACH) == [[0, 24], [14, 0]]


def test_a_quantile_is_solved_under_each_weight() -> None:
    assert values(cd.median("y", interval="replicates")) == [[5], [3]]


def test_a_leaf_is_found_once() -> None:
    one = seen(cd.mean("y"))
    repeated = Repeated(one, HALVES)
    leaf = next(iter(one.measured.basis.values))
    assert repeated.value(leaf) is repeated.value(leaf)


def test_whole_weights_and_factors_give_the_same() -> None:
    whole = Replicates("JK1", np.arange(4), np.ones(4), HALVES.weights(), 0.5, np.ones(2), True, 1.0)
    for statistic in (cd.total("y"), cd.mean("y"), cd.ratio("y", "x"), cd.median("y", interval="replicates")):
        node = statistic.items[0].node
        np.testing.assert_allclose(replicate_values(node, seen(statistic, whole), whole), values(statistic), rtol=1e-15)


@pytest.mark.parametrize("records", [4, 400])
def test_sums_are_the_same_by_a_dense_and_a_sparse_product(records: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(records)
    units = records // 2
    unit, cell = chance.integers(0, units, records), chance.integers(-1, 3, records)
    rows = Rows(("g",), np.array([0, -1, 1]), (("a",), ("c",)))
    pairs = Pairs.of(unit, units, Partition(cell, 3, (rows,)))
    grouped = Grouped.of(pairs, rows)
    made = Replicates("other", unit, np.ones(records), chance.uniform(0, 2, (units, 7)), 1.0, np.ones(7), False, 6.0)
    y = chance.normal(size=records)
    row = np.where(cell >= 0, rows.row_of_cell[cell], -1)
    wanted = [[(y * made.weights()[:, r])[row == k].sum() for k in range(2)] for r in range(7)]
    for bound in (20_000_000, 0):
        monkeypatch.setattr("childdata.survey.replicated._DENSE", bound)
        np.testing.assert_allclose(replicate_sums(grouped, pairs.sums(y), made), wanted, rtol=1e-12, atol=1e-12)


def test_values_are_those_of_a_survey_weighted_by_each_replicate(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu").with_replicates(cd.JKn())
    replicates = survey.design.replicates
    assert replicates is not None
    statistics = {"ratio": cd.ratio("food", "income"), "gini": cd.gini("income"), "median": cd.median("income")}
    found = survey.estimate(statistics | {"median": cd.median("income", interval="replicates")}, by="sex")
    block = found.spread.blocks[0]
    for r in (0, 13, 29):
        data = sample.assign(again=replicates.weights(r, r + 1)[:, 0])
        wanted = cd.Survey(data, weight="again").estimate(statistics, by="sex").to_frame()["estimate"]
        np.testing.assert_allclose(block.values[r], wanted, rtol=1e-11)  # type: ignore[union-attr]
