"""Dwelling, schools, clinics and deprivation."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, budget, share

YEAR, PEOPLE = budget()["hhyear"], budget()["ppq1"]
HOUSEHOLD = [name for name in YEAR if name.startswith("m_")]
CHILD = [name for name in YEAR if name.startswith("c_")]
AGES = budget()["ppyear"]


def with_members(low, high):
    inside = (AGES["age_months"] >= low) & (AGES["age_months"] < high)
    homes = set(AGES["hhid"][inside])
    return np.array([home in homes for home in YEAR["hhid"]])


def test_items_are_the_thirteen_of_households_and_adults_and_twelve_of_children():
    assert len(HOUSEHOLD) == 13
    assert len(CHILD) == 12


@pytest.mark.parametrize("name", HOUSEHOLD)
def test_household_items_are_asked_of_everybody(name):
    assert asked_exactly(YEAR, name, YEAR["hhid"] > 0)
    assert set(YEAR[name]) <= {1.0, 2.0, 3.0, 9.0}


@pytest.mark.parametrize("name", CHILD)
def test_child_items_are_asked_where_a_child_of_the_age_lives(name):
    low = 72 if name == "c_trips" else 12
    assert asked_exactly(YEAR, name, with_members(low, 16 * 12))


def test_arrears_have_no_other_reason():
    assert 3.0 not in set(YEAR["m_arrears"])


@pytest.mark.parametrize("name", ["m_holiday", "m_unexpected", "m_car", "m_furniture", "c_holiday"])
def test_the_poor_lack_more(name):
    per_head, weight = YEAR["resources"] / YEAR["hhsize"], YEAR["yweight"]
    known = np.isfinite(YEAR[name])
    lacks = YEAR[name] == 2
    poor, rich = (known & m for m in (per_head < np.quantile(per_head, 0.3), per_head > np.quantile(per_head, 0.7)))
    assert share(lacks, weight, poor) > 1.4 * share(lacks, weight, rich)


def test_deprivations_come_together():
    lacks = np.stack([YEAR[name] == 2 for name in HOUSEHOLD])
    assert np.corrcoef(lacks[0], lacks[5])[0, 1] > 0.15
    severe = lacks.sum(axis=0) >= 7
    assert 0.002 < share(severe, YEAR["yweight"]) < 0.08


def test_the_poor_find_it_harder_to_make_ends_meet():
    known = YEAR["s_ends"] < 9
    per_head = YEAR["resources"] / YEAR["hhsize"]
    assert np.corrcoef(YEAR["s_ends"][known], np.log(per_head[known]))[0, 1] < -0.15


@pytest.mark.parametrize(("low", "high", "school"), [(6, 10, 2.0), (10, 15, 3.0), (15, 17, 4.0)])
def test_children_of_school_age_go_to_their_school(low, high, school):
    of_age = (PEOPLE["age"] >= low) & (PEOPLE["age"] < high)
    assert set(PEOPLE["school"][of_age]) == {school}


def test_owner_of_the_school_is_asked_where_there_is_one():
    assert asked_exactly(PEOPLE, "school_own", PEOPLE["school"] > 0)


def test_the_small_and_the_old_see_doctors_more():
    age = PEOPLE["age"]
    adult = np.mean(PEOPLE["clinic"][(age >= 20) & (age < 45)] > 0)
    assert np.mean(PEOPLE["clinic"][age < 3] > 0) > adult
    assert np.mean(PEOPLE["clinic"][age >= 70] > 0) > adult


def test_dwelling_stays_the_same_all_year():
    area = {}
    for quarter in (1, 2, 3, 4):
        homes = budget()[f"hhq{quarter}"]
        for home, size in zip(homes["hhid"], homes["d_area"], strict=True):
            assert area.setdefault(home, size) == size
