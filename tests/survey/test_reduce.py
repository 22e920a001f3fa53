"""The group-by: records to pairs of unit and cell, pairs to rows, units to the stage above."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.survey.design import make_stages
from childdata.survey.domains import Partition, Rows
from childdata.survey.reduce import Grouped, Pairs, by_stage, members_by_row, stacked, triplets

# Six records in units 0 0 1 1 2 2 and cells 0 1 0 0 1 (none)
UNIT = np.array([0, 0, 1, 1, 2, 2])
CELL = np.array([0, 1, 0, 0, 1, -1])
EACH_CELL = Rows(("g",), np.array([0, 1]), (("a",), ("b",)))
WHOLE = Rows((), np.array([0, 0]), ((),))
ONLY_B = Rows(("g",), np.array([-1, 0]), (("b",),))
PARTITION = Partition(CELL, 2, (EACH_CELL, WHOLE))
PAIRS = Pairs.of(UNIT, 3, PARTITION)
VALUES = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 99.0])


def test_pairs_are_those_that_occur() -> None:
    assert list(zip(PAIRS.unit.tolist(), PAIRS.cell.tolist(), strict=True)) == [(0, 0), (1, 0), (0, 1), (2, 1)]
    assert PAIRS.inside is not None
    assert PAIRS.inside.tolist() == [0, 1, 2, 3, 4]


def test_values_are_summed_by_pair_and_those_in_no_cell_left_out() -> None:
    assert PAIRS.sums(VALUES).tolist() == [1, 3 + 4, 2, 5]


def test_sums_by_row_of_two_groupings_of_the_same_pairs() -> None:
    sums = PAIRS.sums(VALUES)
    assert Grouped.of(PAIRS, EACH_CELL).by_row(sums).tolist() == [1 + 7, 2 + 5]
    assert Grouped.of(PAIRS, WHOLE).by_row(sums).tolist() == [15]
    assert Grouped.of(PAIRS, ONLY_B).by_row(sums).tolist() == [7]


def test_row_of_each_record() -> None:
    assert Grouped.of(PAIRS, EACH_CELL).row_of_records().tolist() == [0, 1, 0, 0, 1]
    assert Grouped.of(PAIRS, ONLY_B).row_of_records().tolist() == [-1, 0, -1, -1, 0]


def test_records_that_are_units_of_their_own_need_no_sums() -> None:
    pairs = Pairs.of(np.array([2, 0, 1]), 3, Partition(np.array([0, 1, 0]), 2, ()))
    assert pairs.alone
    assert pairs.sums(np.array([5.0, 6.0, 7.0])).tolist() == [5, 6, 7]
    assert pairs.unit.tolist() == [2, 0, 1]


def test_an_empty_partition_has_no_pairs() -> None:
    pairs = Pairs.of(UNIT, 3, Partition(np.full(6, -1), 0, ()))
    assert pairs.unit.size == 0
    assert pairs.sums(VALUES).tolist() == []


def test_triplets_keep_a_zero_of_a_unit_with_a_member() -> None:
    found = triplets(Grouped.of(PAIRS, WHOLE), np.array([1.0, 0.0, -1.0, 0.0]), np.array([True, True, True, False]))
    matrix = found.matrix(3, 1)
    assert matrix.toarray().ravel().tolist() == [0, 0, 0]
    assert matrix.indices.tolist() == [0, 1]  # unit 2 has no member


def test_blocks_are_stacked_with_rows_numbered_through() -> None:
    first = triplets(Grouped.of(PAIRS, EACH_CELL), PAIRS.sums(VALUES), np.ones(4, dtype=bool))
    second = triplets(Grouped.of(PAIRS, WHOLE), PAIRS.sums(VALUES), np.ones(4, dtype=bool))
    assert stacked([first, second], [2, 1]).matrix(3, 3).toarray().tolist() == [[1, 2, 3], [7, 0, 7], [0, 5, 5]]


def test_scores_of_homes_are_added_up_to_their_psus() -> None:
    stages = make_stages(
        np.zeros(4, dtype=int),
        [np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])],
        [np.full(4, 5.0), np.full(4, 9.0)],
        ["psu", "home"],
    )
    pairs = Pairs.of(stages[-1].unit, 4, Partition(np.zeros(4, dtype=int), 1, ()))
    grouped = Grouped.of(pairs, Rows((), np.array([0]), ((),)))
    first, second = by_stage(triplets(grouped, np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4, dtype=bool)), 1, stages)
    assert first.toarray().ravel().tolist() == [3, 7]
    assert second.toarray().ravel().tolist() == [1, 2, 3, 4]


def test_members_are_counted_by_psu_and_stratum() -> None:
    stages = make_stages(np.array([0, 0, 0, 0, 1, 1]), [UNIT], [None], ["psu"])
    grouped = Grouped.of(PAIRS, EACH_CELL)
    found = members_by_row(grouped, np.ones(4, dtype=bool), stages)
    assert found.psus.tolist() == [2, 2]  # cell 0 in units 0 and 1, cell 1 in units 0 and 2
    assert found.strata.tolist() == [1, 2]
    assert found.sampled.tolist() == [2, 2 + 1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 5), st.integers(1, 4))
def test_sums_by_row_are_those_of_the_records(seed: int, records: int, units: int, cells: int) -> None:
    chance = np.random.default_rng(seed)
    unit, cell = chance.integers(0, units, records), chance.integers(-1, cells, records)
    values = chance.normal(size=records)
    pairs = Pairs.of(unit, units, Partition(cell, cells, ()))
    row_of_cell = chance.integers(-1, 2, cells)
    grouped = Grouped.of(pairs, Rows(("g",), row_of_cell, (("a",), ("b",))))
    row = np.where(cell >= 0, row_of_cell[cell], -1)
    wanted = [values[row == k].sum() for k in (0, 1)]
    assert grouped.by_row(pairs.sums(values)) == pytest.approx(wanted, abs=1e-12)
    member = np.ones(pairs.unit.size, dtype=bool)
    dense = triplets(grouped, pairs.sums(values), member).matrix(units, 2).toarray()
    for k in (0, 1):
        for u in range(units):
            assert dense[u, k] == pytest.approx(values[(row == k) & (unit == u)].sum(), abs=1e-12)
