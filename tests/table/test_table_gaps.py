"""Which hidden numbers sums give away, and what is hidden beside them."""

from __future__ import annotations

import time
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.table.gaps import exposed, protected
from childdata.table.sums import ALL, Sum, Truths, all_nodes, all_sums

CROSS = [("", a, b) for a in ("Brest", "Minsk", ALL) for b in ("girls", "boys", ALL)]


def test_one_hidden_cell_of_a_sum_is_exposed_and_two_are_not() -> None:
    sums = all_sums(all_nodes(CROSS, fixed=1))
    hidden = np.zeros(9, dtype=bool)
    hidden[0] = True
    assert exposed(sums, hidden).tolist() == hidden.tolist()
    hidden[[1, 3, 4]] = True
    assert not exposed(sums, hidden).any()


def test_link_between_two_loops_is_exposed_though_no_line_has_one_gap() -> None:
    # Rows a-d, columns 1-4: two squares of hidden cells, and one more hidden cell that joins them.
    keys = [(row, column) for row in "abcd" for column in "1234"]
    keys += [(row, ALL) for row in "abcd"] + [(ALL, column) for column in "1234"] + [(ALL, ALL)]
    nodes = all_nodes(keys)
    squares = [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("c", "3"), ("c", "4"), ("d", "3"), ("d", "4")]
    link = ("b", "3")
    hidden = np.array([node in squares or node == link for node in nodes])
    lines = [{*one.cells, one.total} for one in all_sums(nodes)]
    assert all(sum(hidden[list(line)]) != 1 for line in lines)
    assert [nodes[place] for place in np.flatnonzero(exposed(all_sums(nodes), hidden))] == [link]


def test_smallest_cell_that_may_be_hidden_is_hidden_beside() -> None:
    sums = [Sum(4, (0, 1, 2, 3))]
    every, own = np.ones(5, dtype=bool), np.array([True, False, False, False, False])
    size = np.array([3.0, 90.0, 0.0, 60.0, 153.0])
    hidden = protected(sums, own, known=every, rows=size > 0, size=size)
    assert hidden.tolist() == [True, False, False, True, False]


def test_total_is_hidden_where_no_cell_is_left() -> None:
    sums = [Sum(1, (0,))]
    every, own = np.ones(2, dtype=bool), np.array([True, False])
    hidden = protected(sums, own, known=every, rows=every, size=np.array([3.0, 3.0]))
    assert hidden.tolist() == [True, True]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_nothing_that_is_hidden_is_exposed_in_the_end(choice: list[bool]) -> None:
    keys = [(a, b) for a in ("r", "s", "t", ALL) for b in ("x", "y", ALL)]
    sums = all_sums(all_nodes(keys))
    own, every = np.array(choice), np.ones(12, dtype=bool)
    size = np.arange(12.0) + 1
    hidden = protected(sums, own, known=every, rows=every, size=size)
    assert (hidden | ~own).all()
    assert not (exposed(sums, hidden) & hidden).any()


def test_lone_small_cell_of_a_large_cross_costs_three_others() -> None:
    keys = [(f"region {row}", sex) for row in range(100) for sex in ("girls", "boys", ALL)]
    keys += [(ALL, sex) for sex in ("girls", "boys", ALL)]
    sums = all_sums(all_nodes(keys))
    size = np.array([20.0 + place % 37 for place in range(len(keys))])
    own, every = np.zeros(len(keys), dtype=bool), np.ones(len(keys), dtype=bool)
    own[0] = True
    hidden = protected(sums, own, known=every, rows=every, size=size)
    assert hidden.sum() == 4
    labels = [keys[place] for place in np.flatnonzero(hidden)]
    assert len({row for row, _ in labels}) == 2
    assert {sex for _, sex in labels} == {"girls", "boys"}


def by_singular_values(sums: list[Sum], unknown: Truths) -> Truths:
    """What the sums determine, by the definition: zero in every direction that they leave free."""
    matrix = np.zeros((len(sums), unknown.size))
    for row, one in enumerate(sums):
        matrix[row, list(one.cells)] = 1.0
        matrix[row, one.total] = -1.0
    _, singular, right = np.linalg.svd(matrix[:, unknown])
    free = right[int((singular > 1e-9).sum()) :]
    found = np.zeros_like(unknown)
    found[np.flatnonzero(unknown)[np.abs(free).max(axis=0, initial=0.0) < 1e-9]] = True
    return found


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_what_is_exposed_is_what_linear_algebra_says(seed: int, share: float) -> None:
    keys = [(a, b, c) for a in ("r", "s", "t", ALL) for b in ("x", "y", ALL) for c in ("1", "2", "3", ALL)]
    sums = all_sums(keys)
    unknown = np.random.default_rng(seed).random(len(keys)) < share
    assert exposed(sums, unknown).tolist() == by_singular_values(sums, unknown).tolist()


def test_cell_is_hidden_in_the_line_that_tells_and_not_elsewhere() -> None:
    # One cell of ten and one of two: four hidden cells are enough, two of them in the other row.
    keys = [(row, column) for row in ("urban", "rural", ALL) for column in ("1", "2", "3", "4", ALL)]
    n = np.array([39.0, 153, 180, 219, 591, 163, 50, 10, 2, 225, 202, 203, 190, 221, 816])
    own, every = n == 2, np.ones(15, dtype=bool)
    hidden = protected(all_sums(keys), own, known=every, rows=every, size=n)
    found = {keys[place] for place in np.flatnonzero(hidden)}
    assert found == {("rural", "4"), ("rural", "3"), ("urban", "4"), ("urban", "3")}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_nothing_is_hidden_beside_that_could_be_shown(choice: list[bool]) -> None:
    keys = [(a, b) for a in ("r", "s", "t", ALL) for b in ("x", "y", ALL)]
    sums, own, every = all_sums(keys), np.array(choice), np.ones(12, dtype=bool)
    hidden = protected(sums, own, known=every, rows=every, size=np.arange(12.0) + 1)
    for place in np.flatnonzero(hidden & ~own):
        without = hidden.copy()
        without[place] = False
        assert (exposed(sums, without) & own).any()


def test_what_is_hidden_for_other_reasons_stays_and_is_not_kept_from_being_worked_out() -> None:
    sums, every = [Sum(3, (0, 1, 2))], np.ones(4, dtype=bool)
    also = np.array([True, False, False, False])
    options = {"known": every, "rows": every, "size": np.array([40.0, 60.0, 90.0, 190.0])}
    assert protected(sums, np.zeros_like(also), also=also, **options).tolist() == also.tolist()
    other = np.array([False, False, True, False])
    assert protected(sums, other, also=also, **options).tolist() == (also | other).tolist()


def test_thousands_of_rows_take_seconds() -> None:
    labels = [[f"{place}" for place in range(size)] + [ALL] for size in (30, 10, 8)]
    keys = list(product(*labels))
    size = np.random.default_rng(3).integers(5, 90, len(keys)).astype(float)
    own, every = size < 15, np.ones(len(keys), dtype=bool)
    sums = all_sums(keys)
    begun = time.process_time()
    hidden = protected(sums, own, known=every, rows=every, size=size)
    assert time.process_time() - begun < 12
    assert not (exposed(sums, hidden) & own).any()
    assert (hidden & ~own).sum() < 0.5 * own.sum()
