"""Records sorted by row and value, their ties, and sums that keep their digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from childdata.expression import Expression, parse
from childdata.survey.sample import TIE, Sample, running

Floats = NDArray[np.float64]


def sample_of(y: list[float], weight: list[float], row: list[int], rows: int, x: list[float] | None = None) -> Sample:
    values = np.array(y if x is None else x, dtype=float)

    def column(_: Expression) -> Floats:
        return values

    places = np.arange(len(y))
    made = (np.array(y, dtype=float), np.array(weight, dtype=float), np.array(row, dtype=int))
    return Sample.of(*made, rows, places, column)


def test_records_are_sorted_by_row_and_then_by_value() -> None:
    sample = sample_of([5, 1, 3, 2], [1, 2, 3, 4], [1, 0, 1, 0], 3)
    assert sample.y.tolist() == [1, 2, 3, 5]
    assert sample.weight.tolist() == [2, 4, 3, 1]
    assert sample.row.tolist() == [0, 0, 1, 1]
    assert sample.start.tolist() == [0, 2, 4, 4]
    assert sample.place.tolist() == [1, 3, 2, 0]
    assert sample.rows == 3


def test_another_expression_is_given_in_the_same_order() -> None:
    sample = sample_of([5, 1, 3], [1, 1, 1], [0, 0, 0], 1, x=[50, 10, 30])
    assert sample.values(parse("x")).tolist() == [10, 30, 50]


def test_other_weights_need_no_other_order() -> None:
    sample = sample_of([5, 1, 3], [1, 1, 1], [0, 0, 0], 1)
    assert sample.weighing(np.array([7.0, 8.0, 9.0])).weight.tolist() == [8, 9, 7]


def test_ties_by_hand() -> None:
    # row 0: 1, 2, 2; row 1: 2, 7: the 2 of another row is a tie of its own
    sample = sample_of([2, 1, 2, 7, 2], [1, 1, 3, 1, 2], [0, 0, 0, 1, 1], 3)
    assert sample.tie.tolist() == [0, 1, 3, 4]
    assert sample.tie_of.tolist() == [0, 1, 1, 2, 3]
    assert sample.row_of_tie.tolist() == [0, 0, 1, 1]
    assert sample.tie_start.tolist() == [0, 2, 4, 4]
    assert sample.by_tie(sample.weight).tolist() == [1, 4, 2, 1]
    assert sample.by_row(sample.weight).tolist() == [5, 3, 0]


def test_values_that_only_rounding_tells_apart_are_tied() -> None:
    sample = sample_of([0.3, 0.1 + 0.2, 0.3 * (1 + 3 * TIE), 0, -0.0], [1] * 5, [0] * 5, 1)
    assert sample.tie.tolist() == [0, 2, 4]


def test_nothing_has_no_ties() -> None:
    sample = sample_of([], [], [], 2)
    assert sample.tie.size == 0
    assert sample.by_tie(sample.weight).size == 0
    assert sample.by_row(sample.weight).tolist() == [0, 0]
    assert sample.tie_start.tolist() == [0, 0, 0]


def test_an_empty_first_and_last_row() -> None:
    sample = sample_of([4, 3], [1, 2], [1, 1], 3)
    assert sample.tie_start.tolist() == [0, 0, 2, 2]
    assert sample.by_row(sample.weight).tolist() == [0, 3, 0]


def test_sums_begin_anew_in_each_segment() -> None:
    assert running(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 2, 2, 4])).tolist() == [1, 3, 3, 7]
    assert running(np.array([1.0, 2.0]), np.array([0, 2])).tolist() == [1, 3]


def test_a_segment_keeps_its_digits_beside_a_large_one() -> None:
    values = np.array([1e16, 1e16, 0.1, 0.2])
    assert running(values, np.array([0, 2, 4]))[2:].tolist() == [0.1, 0.1 + 0.2]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.floats(0.1, 9)), min_size=1, max_size=30))
def test_sums_by_tie_and_row_are_those_of_equal_values(records: list[tuple[int, int, float]]) -> None:
    y, row, weight = (list(one) for one in zip(*records, strict=True))
    sample = sample_of([float(v) for v in y], weight, row, 4)
    wanted: dict[tuple[int, int], float] = {}
    for value, place, w in records:
        wanted[place, value] = wanted.get((place, value), 0) + w
    found = zip(sample.row_of_tie, sample.y[sample.tie], sample.by_tie(sample.weight), strict=True)
    assert {(int(r), int(v)): pytest.approx(w) for r, v, w in found} == wanted
