"""Rotation, presence and ages in the budget survey."""

from __future__ import annotations

import numpy as np
import pytest
from invented import panel


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_three_quarters_of_the_households_stay(quarter):
    now, after = panel().present(quarter), panel().present(quarter + 1)
    assert 0.70 < (now & after).sum() / now.sum() < 0.78


def test_few_stay_all_year_and_nobody_comes_back():
    seen = np.stack([panel().present(quarter) for quarter in (1, 2, 3, 4)])
    assert 0.2 < seen.all(axis=0).sum() / seen[0].sum() < 0.3
    group = panel().group
    assert not np.any(seen[3] & (group < 3))


@pytest.mark.parametrize("quarter", [1, 2, 3, 4])
def test_weights_stand_for_the_country_in_every_quarter(quarter):
    weight = panel().weight(quarter)
    whole = panel().population.households.weight.sum()
    assert weight.sum() == pytest.approx(whole, rel=0.02)
    assert np.array_equal(weight > 0, panel().present(quarter))


def test_everybody_is_three_months_older_after_a_quarter():
    assert set(panel().months(3) - panel().months(2)) == {3}
    assert np.array_equal(panel().months(4), panel().population.persons.months)


def test_births_of_the_year_are_not_there_before():
    everybody = np.ones(len(panel().order), dtype=bool)
    counts = [panel().count(quarter, everybody).sum() for quarter in (1, 2, 3, 4)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_birth_order_counts_from_the_eldest():
    people = panel().population.persons
    child = people.mother > 0
    assert panel().order[child].min() == 1
    assert (panel().order[people.years >= 60] == 0).all()
    same = (people.household[1:] == people.household[:-1]) & child[1:] & child[:-1]
    older_first = people.months[:-1][same] >= people.months[1:][same]
    assert (panel().order[:-1][same] < panel().order[1:][same])[older_first].all()


def test_totals_of_households_are_sums_over_members():
    ones = np.ones(len(panel().order))
    assert np.array_equal(panel().total(ones), np.bincount(panel().population.persons.household))
