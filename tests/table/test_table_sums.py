"""Which hidden numbers sums give away."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.table.sums import ALL, Sum, all_nodes, all_sums, exposed, holding, protected

CROSS = [("", a, b) for a in ("Brest", "Minsk", ALL) for b in ("girls", "boys", ALL)]


def test_totals_that_no_row_shows_are_nodes_too() -> None:
    nodes = all_nodes([("", "Brest", "girls")], fixed=1)
    assert nodes[0] == ("", "Brest", "girls")
    assert set(nodes[1:]) == {("", ALL, "girls"), ("", "Brest", ALL), ("", ALL, ALL)}


def test_two_by_two_table_with_margins_has_six_sums() -> None:
    nodes = all_nodes(CROSS, fixed=1)
    named = {(nodes[one.total], tuple(nodes[cell] for cell in one.cells)) for one in all_sums(nodes)}
    assert len(named) == 6
    assert (("", "Brest", ALL), (("", "Brest", "girls"), ("", "Brest", "boys"))) in named
    assert (("", ALL, ALL), (("", ALL, "girls"), ("", ALL, "boys"))) in named


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


def test_sum_of_means_holds_by_their_weights_and_a_median_does_not() -> None:
    sums = [Sum(2, (0, 1))]
    counts = np.array([10.0, 30.0, 40.0])
    assert holding(sums, counts, np.array([0.2, 0.4, 0.35])) == sums  # (10 * .2 + 30 * .4) / 40 = .35
    assert holding(sums, counts, np.array([5.0, 7.0, 12.0])) == sums  # totals add as they are
    assert holding(sums, counts, np.array([0.2, 0.4, 0.36])) == []


def test_total_of_other_records_is_no_sum_of_the_cells() -> None:
    sums = [Sum(1, (0,))]
    assert holding(sums, np.array([40.0, 2500.0])) == []  # one region picked out beside the country
    assert holding(sums, np.array([2490.0, 2500.0])) == sums  # ten records without a region


def test_smallest_cell_that_may_be_hidden_is_hidden_beside() -> None:
    sums = [Sum(4, (0, 1, 2, 3))]
    every, own = np.ones(5, dtype=bool), np.array([True, False, False, False, False])
    size = np.array([3.0, 90.0, 0.0, 60.0, 153.0])
    hidden = protected(sums, own, known=every, rows=size > 0, size=size, further=np.zeros_like)
    assert hidden.tolist() == [True, False, False, True, False]


def test_total_is_hidden_where_no_cell_is_left() -> None:
    sums = [Sum(1, (0,))]
    every, own = np.ones(2, dtype=bool), np.array([True, False])
    hidden = protected(sums, own, known=every, rows=every, size=np.array([3.0, 3.0]), further=np.zeros_like)
    assert hidden.tolist() == [True, True]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_nothing_that_is_hidden_is_exposed_in_the_end(choice: list[bool]) -> None:
    keys = [(a, b) for a in ("r", "s", "t", ALL) for b in ("x", "y", ALL)]
    sums = all_sums(all_nodes(keys))
    own, every = np.array(choice), np.ones(12, dtype=bool)
    size = np.arange(12.0) + 1
    hidden = protected(sums, own, known=every, rows=every, size=size, further=np.zeros_like)
    assert (hidden | ~own).all()
    assert not (exposed(sums, hidden) & hidden).any()


def test_lone_small_cell_of_a_large_cross_costs_three_others() -> None:
    keys = [(f"region {row}", sex) for row in range(100) for sex in ("girls", "boys", ALL)]
    keys += [(ALL, sex) for sex in ("girls", "boys", ALL)]
    sums = all_sums(all_nodes(keys))
    size = np.array([20.0 + place % 37 for place in range(len(keys))])
    own, every = np.zeros(len(keys), dtype=bool), np.ones(len(keys), dtype=bool)
    own[0] = True
    hidden = protected(sums, own, known=every, rows=every, size=size, further=np.zeros_like)
    assert hidden.sum() == 4
    labels = [keys[place] for place in np.flatnonzero(hidden)]
    assert len({row for row, _ in labels}) == 2
    assert {sex for _, sex in labels} == {"girls", "boys"}
