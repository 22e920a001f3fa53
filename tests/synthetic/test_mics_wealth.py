"""The wealth index."""

from __future__ import annotations

import numpy as np
import pytest
from invented import mics, share

HOMES = mics()["hh"]
DONE = HOMES["HH46"] == 1
MEMBERS = HOMES["hhweight"] * np.nan_to_num(HOMES["HH48"])


@pytest.mark.parametrize(("name", "groups"), [("windex5", 5), ("windex10", 10)])
def test_groups_hold_equal_numbers_of_members(name, groups):
    for group in range(1, groups + 1):
        assert share(HOMES[name] == group, MEMBERS, DONE) == pytest.approx(1 / groups, abs=0.004)


def test_households_without_an_interview_have_quintile_zero():
    assert np.array_equal(HOMES["windex5"] == 0, ~DONE)
    assert np.isnan(HOMES["wscore"][~DONE]).all()


def test_score_is_standardised_and_rises_with_the_quintile():
    mean = np.average(HOMES["wscore"][DONE], weights=HOMES["hhweight"][DONE])
    assert mean == pytest.approx(0, abs=1e-4)
    highest = [HOMES["wscore"][HOMES["windex5"] == group].max() for group in range(1, 6)]
    assert highest == sorted(highest)


@pytest.mark.parametrize(("score", "quintile", "area"), [("wscoreu", "windex5u", 1), ("wscorer", "windex5r", 2)])
def test_urban_and_rural_models_are_for_their_own_households(score, quintile, area):
    inside = DONE & (HOMES["HH6"] == area)
    assert np.array_equal(np.isfinite(HOMES[score]), inside)
    assert share(HOMES[quintile] == 1, MEMBERS, inside) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("thing", ["HC11", "HC13", "HC10E", "HC9E", "HC19"])
def test_the_rich_own_more(thing):
    owned = [share(HOMES[thing] == 1, MEMBERS, HOMES["windex5"] == group) for group in (1, 3, 5)]
    assert owned[0] < owned[1] < owned[2]


def test_villages_are_poorer():
    poor = [share(HOMES["windex5"] == 1, MEMBERS, DONE & (HOMES["HH6"] == area)) for area in (1, 2)]
    assert poor[1] > 2 * poor[0]
