"""Which sums of a table hold, and with which numbers."""

from __future__ import annotations

import numpy as np

from childdata.table.sums import ALL, Sum, all_nodes, all_sums, filled, holding

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


def test_total_that_no_row_shows_is_the_largest_of_its_sums() -> None:
    # Three records have a sex and no region: the total of the regions is not all.
    sums = [Sum(4, (0, 1)), Sum(4, (2, 3))]
    counts = np.array([50.0, 50.0, 60.0, 43.0, np.nan])
    assert filled(sums, counts)[4] == 103
    assert holding(sums, counts) == sums


def test_every_sum_is_kept_where_what_it_must_be_cannot_be_told() -> None:
    sums = [Sum(2, (0, 1))]
    counts, values = np.array([10.0, 30.0, 12.0]), np.array([0.2, 0.4, 0.1])
    assert holding(sums, counts, values) == []
    assert holding(sums, counts, values, possible=True) == sums
