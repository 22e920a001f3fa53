"""The file of children of 5-17: skip patterns, work, reading."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, asked_only, keys, mics, share

CHILDREN = mics()["fs"]
DONE, AGE, WEIGHT = CHILDREN["FS17"] == 1, CHILDREN["CB3"], CHILDREN["fsweight"]


def codes(name, *wanted):
    return np.isin(CHILDREN[name], wanted)


def any_yes(*names):
    return np.any([codes(name, 1) for name in names], axis=0)


WORKS = any_yes("CL1A", "CL1B", "CL1C", "CL1X")
LEARNER = DONE & (AGE >= 7) & (AGE <= 14)
PUPIL, TESTED = LEARNER & codes("CB7", 1), codes("FL28", 1)
OTHER = TESTED & codes("FL9", 2)
EXACT = {
    "CB4": DONE,
    "CB5A": codes("CB4", 1),
    "CB7": codes("CB4", 1),
    "CB8A": codes("CB7", 1),
    "CB8B": codes("CB8A", 1, 2, 3, 4),
    "CB10A": codes("CB9", 1),
    "CB11": DONE,
    "CL1A": DONE,
    "CL3": WORKS,
    "CL4": WORKS,
    "CL6X": WORKS,
    "CL8": codes("CL7", 1),
    "CL10": codes("CL9", 1),
    "CL13": any_yes(*(f"CL11{letter}" for letter in "ABCDEFX")),
    "FCD2A": DONE & (AGE <= 14),
    "FCD2K": DONE & (AGE <= 14),
    "FCD5": DONE & (AGE <= 14),
    "FCF1": DONE,
    "FCF24": DONE,
    "PR3": LEARNER,
    "PR5": PUPIL,
    "PR6": codes("PR5", 1),
    "PR8": codes("PR7", 1),
    "PR9A": codes("PR8", 1),
    "PR9B": codes("PR8", 1),
    "PR11B": PUPIL,
    "PR15": codes("PR12C", 1) | codes("PR13", 1),
    "FL28": LEARNER,
    "FL6A": TESTED,
    "FL7": TESTED,
    "FL9": TESTED & codes("CB7", 1),
    "FL20A": TESTED & ~OTHER,
    "FL20B": TESTED & ~OTHER,
    "FL22F": TESTED & ~OTHER,
    "FL21PA": OTHER,
    "FL21BE": OTHER,
    "FL23A": TESTED,
    "FL27E": TESTED,
}


@pytest.mark.parametrize("name", EXACT)
def test_question_is_asked_of_exactly_those_it_is_for(name):
    assert asked_exactly(CHILDREN, name, EXACT[name])


@pytest.mark.parametrize("name", ["CB12A", "CB12D", "CB12X"])
def test_kind_of_insurance_is_named_by_the_insured(name):
    assert asked_only(CHILDREN, name, codes("CB11", 1))


def test_schooling_is_that_of_the_list():
    members = mics()["hl"]
    place = {key: row for row, key in enumerate(keys(members, ("HH1", "HH2", "HL1")))}
    rows = np.array([place[key] for key in keys(CHILDREN)])
    for own, listed in (("CB7", "ED9"), ("CB8A", "ED10A"), ("CB8B", "ED10B"), ("CB10A", "ED16A")):
        assert np.array_equal(CHILDREN[own][DONE], members[listed][rows][DONE], equal_nan=True)


def test_age_groups():
    assert np.array_equal(CHILDREN["FSAGE"], np.select([AGE < 10, AGE < 15], [1.0, 2.0], 3.0))


@pytest.mark.parametrize("name", ["CL3", "CL8", "CL13"])
def test_hours_are_hours_of_a_week_or_unknown(name):
    hours = CHILDREN[name][np.isfinite(CHILDREN[name])]
    assert ((hours >= 1) & (hours <= 90) | (hours == 98)).all()


def test_older_children_work_more():
    assert share(WORKS, WEIGHT, DONE & (AGE >= 15)) > 1.5 * share(WORKS, WEIGHT, DONE & (AGE < 10))


def test_words_read_are_at_most_those_of_the_story():
    assert np.nanmax(CHILDREN["FL20A"]) == 72
    assert np.nanmax(CHILDREN["FL21PA"]) == 61
    assert not np.any(CHILDREN["FL20B"] > CHILDREN["FL20A"])


def test_older_children_read_better():
    well = CHILDREN["FL20A"] - CHILDREN["FL20B"] >= 65
    asked = np.isfinite(CHILDREN["FL20A"])
    assert share(well, WEIGHT, asked & (AGE >= 11)) > share(well, WEIGHT, asked & (AGE <= 8))


def test_draw_inside_a_household_is_fair():
    members = mics()["hl"]
    number = {}
    for key, age in zip(keys(members, ("HH1", "HH2")), members["HL6"], strict=True):
        number[key] = number.get(key, []) + ([age] if 5 <= age < 18 else [])
    two = [key for key, ages in number.items() if len(ages) == 2 and ages[0] != ages[1]]
    drawn = dict(zip(keys(CHILDREN, ("HH1", "HH2")), AGE, strict=True))
    elder = np.mean([drawn[key] == max(number[key]) for key in two])
    assert len(two) > 100
    assert 0.38 < elder < 0.62
