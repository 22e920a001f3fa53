"""Birth histories."""

from __future__ import annotations

import numpy as np
from invented import asked_exactly, keys, mics

BIRTHS, WOMEN = mics()["bh"], mics()["wm"]


def test_only_interviewed_women_have_histories_with_their_weight():
    weight = dict(zip(keys(WOMEN), WOMEN["wmweight"], strict=True))
    assert all(weight[key] == own > 0 for key, own in zip(keys(BIRTHS), BIRTHS["wmweight"], strict=True))


def test_births_are_numbered_from_the_first():
    previous, number, born = None, 0.0, -1.0
    for key, line, date in zip(keys(BIRTHS), BIRTHS["BHLN"], BIRTHS["BH4C"], strict=True):
        number, born = (1.0, -1.0) if key != previous else (number + 1, born)
        assert line == number
        assert date >= born
        previous, born = key, date


def test_questions_follow_from_being_alive_and_at_home():
    alive = BIRTHS["BH5"] == 1
    assert asked_exactly(BIRTHS, "BH6", alive)
    assert asked_exactly(BIRTHS, "BH7", alive)
    assert asked_exactly(BIRTHS, "BH9C", ~alive)
    assert asked_exactly(BIRTHS, "BH9U", ~alive)
    assert np.array_equal(BIRTHS["BH8"] > 0, BIRTHS["BH7"] == 1)


def test_some_children_died_at_an_age_that_unit_and_number_repeat():
    dead = BIRTHS["BH5"] == 2
    assert dead.sum() >= 3
    months = BIRTHS["BH9C"][dead]
    unit, number = BIRTHS["BH9U"][dead], BIRTHS["BH9N"][dead]
    again = np.select([unit == 1, unit == 2], [0, number], 12 * number)
    assert np.array_equal(np.where(unit == 3, 12 * (months // 12), months), again)


def test_groups_by_hand():
    age = (BIRTHS["BH4C"] - BIRTHS["WDOB"]) / 12
    assert np.array_equal(BIRTHS["magebrt"], np.select([age < 20, age < 35], [1.0, 2.0], 3.0))
    order = BIRTHS["BHLN"]
    assert np.array_equal(BIRTHS["brthord"], np.select([order < 2, order < 4, order < 7], [1.0, 2.0, 3.0], 4.0))
    assert np.array_equal(np.isnan(BIRTHS["birthint"]), order == 1)


def test_interval_is_that_to_the_birth_before():
    later = np.flatnonzero(BIRTHS["BHLN"] > 1)
    gap = BIRTHS["BH4C"][later] - BIRTHS["BH4C"][later - 1]
    expected = np.select([gap < 24, gap < 36, gap < 48], [1.0, 2.0, 3.0], 4.0)
    assert np.array_equal(BIRTHS["birthint"][later], expected)


def test_twins_are_multiple_births():
    multiple = np.flatnonzero(BIRTHS["BH2"] == 2)
    pairs = set(zip(keys(BIRTHS), BIRTHS["BH4C"], strict=True))
    assert len(multiple) >= 4
    assert len(pairs) <= len(BIRTHS["BH2"]) - len(multiple) // 3


def test_boys_and_girls_are_about_as_many():
    assert 0.46 < np.mean(BIRTHS["BH3"] == 1) < 0.56
