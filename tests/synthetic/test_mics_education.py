"""Places in school."""

from __future__ import annotations

import numpy as np
import pytest
from invented import mics

from childdata.synthetic.mics_education import place_in_school

MEMBERS = mics()["hl"]


@pytest.mark.parametrize(
    ("running", "level", "grade"),
    [
        (-2, 0, None),
        (0, 0, None),
        (1, 1, 1),
        (4, 1, 4),
        (5, 2, 1),
        (9, 2, 5),
        (10, 3, 1),
        (11, 3, 2),
        (12, 4, 1),
        (16, 4, 5),
    ],
)
def test_running_grade_gives_level_and_grade(running, level, grade):
    levels, grades = place_in_school(np.array([float(running)]))
    assert levels[0] == level
    assert np.isnan(grades[0]) if grade is None else grades[0] == grade


def test_age_at_the_start_of_the_school_year_is_at_most_one_below_the_age_now():
    known = np.isfinite(MEMBERS["schage"])
    gap = MEMBERS["HL6"][known] - MEMBERS["schage"][known]
    assert set(gap) <= {0.0, 1.0}


def test_nearly_all_children_of_seven_to_fourteen_attend_near_their_grade():
    of_age = (MEMBERS["schage"] >= 7) & (MEMBERS["schage"] <= 14)
    assert np.mean(MEMBERS["ED9"][of_age] == 1) > 0.96
    school = of_age & (MEMBERS["ED9"] == 1)
    start = np.array([6.0, 6.0, 10.0, 15.0, 17.0])[MEMBERS["ED10A"][school].astype(int)]
    ahead = MEMBERS["schage"][school] - start - MEMBERS["ED10B"][school] + 1
    assert np.nanmin(ahead) >= -1
    assert np.nanmax(ahead) <= 1


def test_last_year_was_one_grade_lower_unless_repeated():
    total = {1: 0, 2: 4, 3: 9, 4: 11}
    both = (MEMBERS["ED10A"] >= 1) & (MEMBERS["ED10A"] <= 3) & (MEMBERS["ED16A"] >= 1)
    now = np.array([total[int(level)] for level in MEMBERS["ED10A"][both]]) + MEMBERS["ED10B"][both]
    before = np.array([total[int(level)] for level in MEMBERS["ED16A"][both]]) + MEMBERS["ED16B"][both]
    assert set(now - before) <= {0.0, 1.0}
    assert 0 < np.mean(now == before) < 0.03


def test_first_graders_mostly_come_from_early_childhood_education():
    first = (MEMBERS["ED10A"] == 1) & (MEMBERS["ED10B"] == 1)
    assert 0.75 < np.mean(MEMBERS["ED16A"][first] == 0) < 1.0


def test_pupils_have_not_completed_the_grade_they_attend():
    now = MEMBERS["ED9"] == 1
    school = now & (MEMBERS["ED10A"] >= 1)
    assert np.array_equal(MEMBERS["ED5A"][school], MEMBERS["ED10A"][school])
    assert (MEMBERS["ED6"][school] == 2).all()


def test_the_old_have_less_schooling_than_adults():
    weight = MEMBERS["hhweight"]
    adult = (MEMBERS["HL6"] >= 25) & (MEMBERS["HL6"] < 65)
    old = MEMBERS["HL6"] >= 65
    high = MEMBERS["ED5A"] == 4
    assert np.average(high[adult], weights=weight[adult]) > np.average(high[old], weights=weight[old]) + 0.1
