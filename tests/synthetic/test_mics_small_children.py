"""The file of children under five: skip patterns, ages, registration, development."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, asked_only, mics

CHILDREN = mics()["ch"]
DONE = CHILDREN["UF17"] == 1
AGE = CHILDREN["UB2"]
ACTIVITIES, WHO = "ABCDEF", "ABXY"


def codes(name, *wanted):
    return np.isin(CHILDREN[name], wanted)


EXACT = {
    "UB6": DONE & (AGE >= 3),
    "UB7": codes("UB6", 1),
    "UB8": codes("UB7", 1),
    "UB9": DONE,
    "BR1": DONE,
    "BR2": DONE & ~codes("BR1", 1, 2),
    "BR3": codes("BR2", 2, 8, 9),
    "EC1": DONE,
    "EC2C": DONE,
    "EC3A": DONE,
    "EC6": DONE & (AGE >= 3),
    "EC15": DONE & (AGE >= 3),
    "UCD2A": DONE & (AGE >= 1),
    "UCD2K": DONE & (AGE >= 1),
    "UCD5": DONE & (AGE >= 1),
    "UCF2": DONE & (AGE >= 2),
    "UCF11": codes("UCF4", 1),
    "UCF12": codes("UCF4", 1),
    "UCF13": DONE & (AGE >= 2) & ~codes("UCF4", 1),
    "UCF19": DONE & (AGE >= 2),
    "cdisability": DONE & (AGE >= 2),
    "AN8": DONE,
    "HAZ2": DONE,
    "melevel": AGE >= 0,
    "CAGE": AGE >= 0,
}


@pytest.mark.parametrize("name", EXACT)
def test_question_is_asked_of_exactly_those_it_is_for(name):
    assert asked_exactly(CHILDREN, name, EXACT[name])


@pytest.mark.parametrize("activity", ACTIVITIES)
@pytest.mark.parametrize("who", WHO)
def test_activities_are_asked_from_two_years(activity, who):
    assert asked_only(CHILDREN, f"EC5{activity}{who}", DONE & (AGE >= 2))


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_nobody_is_mentioned_alone_and_always_where_no_person_is(activity):
    named = np.any([codes(f"EC5{activity}{who}", "A", "B", "X", "?") for who in "ABX"], axis=0)
    assert np.array_equal(codes(f"EC5{activity}Y", "Y"), DONE & (AGE >= 2) & ~named)


def test_age_groups_follow_the_months():
    months = CHILDREN["CAGE"]
    assert np.array_equal(AGE, months // 12)
    assert np.array_equal(CHILDREN["CAGE_11"], AGE + 1)
    for group, (low, high) in enumerate([(0, 5), (6, 11), (12, 23), (24, 35), (36, 47), (48, 59)], 1):
        assert np.array_equal(CHILDREN["CAGE_6"] == group, (months >= low) & (months <= high))


def test_months_follow_the_dates():
    by_date = CHILDREN["CDOI"] - CHILDREN["CDOB"] - (CHILDREN["UF7D"] < CHILDREN["UB1D"])
    assert np.array_equal(CHILDREN["CAGE"], by_date)
    assert np.array_equal(CHILDREN["CDOB"], 12 * (CHILDREN["UB1Y"] - 1900) + CHILDREN["UB1M"])


def test_counts_have_room_for_unknown_codes():
    assert set(CHILDREN["EC1"][DONE]) <= {*range(11), 99}
    assert (CHILDREN["EC1"] == 99).any()
    assert set(CHILDREN["EC3A"][DONE]) <= set(range(10))


def test_older_children_can_do_more():
    for skill in ("EC6", "EC7", "EC8"):
        young, old = (np.mean(codes(skill, 1)[DONE & (years == AGE)]) for years in (3, 4))
        assert old > young


def test_insurance_is_the_answer_to_the_question():
    assert np.array_equal(CHILDREN["cinsurance"], CHILDREN["UB9"], equal_nan=True)


def test_difficulties_of_the_caretaker_are_known_for_interviewed_women_only():
    assert set(np.unique(CHILDREN["caretakerdis"])) == {1.0, 2.0, 9.0}
    assert np.mean(CHILDREN["caretakerdis"] == 9) < 0.25


def test_caretaker_who_answers_is_a_listed_adult():
    members = mics()["hl"]
    age = {
        key: years
        for *key, years in zip(members["HH1"], members["HH2"], members["HL1"], members["HL6"], strict=True)
        for key in [tuple(key)]
    }
    for key in zip(CHILDREN["HH1"], CHILDREN["HH2"], CHILDREN["UF4"], strict=True):
        assert age[key] >= 16
