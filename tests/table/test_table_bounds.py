"""Between which ends a hidden number lies, and when that gives it away."""

from __future__ import annotations

import numpy as np

from childdata.table.bounds import at_one_end, pinned
from childdata.table.sums import Sum

TWO = [Sum(2, (0, 1))]


def truths(*values: int) -> np.ndarray:
    return np.array(values, dtype=bool)


def test_two_counts_of_four_that_add_to_eight_are_both_four() -> None:
    hidden = truths(1, 1, 0)
    counts = np.array([4.0, 4.0, 8.0])
    assert pinned(TWO, hidden, known=truths(1, 1, 1), few=hidden, counts=counts, most=4).tolist() == [
        True,
        True,
        False,
    ]


def test_one_and_three_could_as_well_be_three_and_one() -> None:
    hidden = truths(1, 1, 0)
    counts = np.array([1.0, 3.0, 4.0])
    assert not pinned(TWO, hidden, known=truths(1, 1, 1), few=hidden, counts=counts, most=4).any()


def test_count_is_pinned_by_two_sums_together_where_neither_pins_it() -> None:
    # a + b = 3 leaves a in {1, 2}; a + c = 6 leaves a in {2, 3, 4}; together a = 2, b = 1, c = 4.
    sums = [Sum(3, (0, 1)), Sum(4, (0, 2))]
    hidden = truths(1, 1, 1, 0, 0)
    counts = np.array([2.0, 1.0, 4.0, 3.0, 6.0])
    found = pinned(sums, hidden, known=truths(1, 1, 1, 1, 1), few=hidden, counts=counts, most=4)
    assert found.tolist() == [True, True, True, False, False]


def test_hidden_count_told_to_be_larger_leaves_the_small_one_open() -> None:
    hidden, few = truths(1, 1, 0), truths(1, 0, 0)
    counts = np.array([2.0, 40.0, 42.0])
    assert not pinned(TWO, hidden, known=truths(1, 1, 1), few=few, counts=counts, most=4).any()


def test_total_that_no_row_shows_pins_nothing() -> None:
    hidden = truths(1, 1, 0)
    counts = np.array([1.0, 1.0, np.nan])
    assert not pinned(TWO, hidden, known=truths(1, 1, 0), few=hidden, counts=counts, most=4).any()


def test_hidden_shares_that_are_all_nought_are_told_by_their_sum() -> None:
    hidden = truths(1, 1, 0)
    ends = {"lowest": truths(1, 1, 0), "highest": truths(0, 0, 0)}
    assert at_one_end(TWO, hidden, hidden, known=truths(1, 1, 1), **ends).tolist() == [True, True, False]


def test_a_nought_beside_another_hidden_share_is_not_told() -> None:
    hidden = truths(1, 1, 0)
    ends = {"lowest": truths(1, 0, 0), "highest": truths(0, 0, 0)}
    assert not at_one_end(TWO, hidden, hidden, known=truths(1, 1, 1), **ends).any()


def test_hidden_total_tells_nothing_of_its_cells() -> None:
    hidden = truths(1, 1, 1)
    ends = {"lowest": hidden, "highest": truths(0, 0, 0)}
    assert not at_one_end(TWO, hidden, hidden, known=truths(1, 1, 1), **ends).any()
