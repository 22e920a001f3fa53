"""The list of household members."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, keys, mics

MEMBERS = mics()["hl"]
CHILD = MEMBERS["HL6"] < 18
YOUNG = (MEMBERS["HL6"] >= 3) & (MEMBERS["HL6"] <= 24)


def codes(name, *wanted):
    return np.isin(MEMBERS[name], wanted)


EXACT = {
    "HL8": codes("HL4", 2) & (MEMBERS["HL6"] >= 15) & (MEMBERS["HL6"] < 50),
    "HL9": codes("HL4", 1) & (MEMBERS["HL6"] >= 15) & (MEMBERS["HL6"] < 50),
    "HL10": MEMBERS["HL6"] < 5,
    "HL11": CHILD,
    "HL12": CHILD,
    "HL13": codes("HL12", 1),
    "HL14": codes("HL13", 1),
    "HL15": codes("HL13", 2),
    "HL16": CHILD,
    "HL17": codes("HL16", 1),
    "HL18": codes("HL17", 1),
    "HL19": codes("HL17", 2),
    "HL20": CHILD,
    "ED4": MEMBERS["HL6"] >= 3,
    "ED5A": codes("ED4", 1),
    "ED5B": codes("ED5A", 1, 2, 3, 4),
    "ED6": codes("ED5A", 1, 2, 3, 4),
    "ED9": YOUNG & codes("ED4", 1),
    "ED10A": codes("ED9", 1),
    "ED10B": codes("ED10A", 1, 2, 3, 4),
    "ED11": codes("ED10A", 1, 2, 3, 4),
    "ED12": codes("ED10A", 1, 2, 3, 4),
    "ED14": codes("ED10A", 1, 2, 3, 4),
    "ED15": YOUNG & codes("ED4", 1),
    "ED16A": codes("ED15", 1),
    "ED16B": codes("ED16A", 1, 2, 3, 4),
    "melevel": CHILD,
    "felevel": CHILD,
}


@pytest.mark.parametrize("name", EXACT)
def test_question_is_asked_of_exactly_those_it_is_for(name):
    assert asked_exactly(MEMBERS, name, EXACT[name])


@pytest.mark.parametrize(("line", "sex"), [("HL14", 2), ("HL18", 1)])
def test_parents_lines_point_to_listed_adults_of_the_right_sex(line, sex):
    place = {key: row for row, key in enumerate(keys(MEMBERS, ("HH1", "HH2", "HL1")))}
    has = np.isfinite(MEMBERS[line])
    for first, second, parent in zip(MEMBERS["HH1"][has], MEMBERS["HH2"][has], MEMBERS[line][has], strict=True):
        row = place[(first, second, parent)]
        assert MEMBERS["HL4"][row] == sex
        assert MEMBERS["HL6"][row] >= 16


def test_a_child_with_a_listed_mother_is_in_her_care():
    has = np.isfinite(MEMBERS["HL14"])
    assert np.array_equal(MEMBERS["HL20"][has], MEMBERS["HL14"][has])


def test_education_of_the_mother_is_that_of_her_own_row():
    place = {key: row for row, key in enumerate(keys(MEMBERS, ("HH1", "HH2", "HL1")))}
    has = np.isfinite(MEMBERS["HL14"])
    rows = [place[key] for key in zip(MEMBERS["HH1"][has], MEMBERS["HH2"][has], MEMBERS["HL14"][has], strict=True)]
    assert np.array_equal(MEMBERS["melevel"][has], MEMBERS["ED5A"][rows])


def test_education_of_the_father_says_when_he_is_not_there():
    assert np.array_equal(MEMBERS["felevel"][CHILD] == 5, ~np.isfinite(MEMBERS["HL18"][CHILD]))


def test_some_children_live_without_their_parents():
    away = (codes("HL12", 2) | codes("HL13", 2)) & (codes("HL16", 2) | codes("HL17", 2))
    assert 0.002 < np.average(away[CHILD], weights=MEMBERS["hhweight"][CHILD]) < 0.08
    assert (codes("HL15", 1) | codes("HL19", 1)).any()


def test_month_of_birth_is_unknown_for_some_of_the_old_only():
    unknown = MEMBERS["HL5M"] == 98
    assert unknown.any()
    assert MEMBERS["HL6"][unknown].min() >= 60


def test_ages_of_the_old_are_capped():
    assert MEMBERS["HL6"].max() <= 95
