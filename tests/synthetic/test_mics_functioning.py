"""Functional difficulties of children and women, against the published rules written out."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, mics, share

CHILDREN, SCHOOL, WOMEN = mics()["ch"], mics()["fs"], mics()["wm"]
SEVERE = (3, 4)


def any_severe(columns, names):
    return np.any([np.isin(columns[name], SEVERE) for name in names], axis=0)


def test_small_children_by_the_published_rule():
    items = ["UCF7", "UCF9", "UCF11", "UCF12", "UCF13", "UCF14", "UCF15", "UCF16", "UCF17", "UCF18"]
    has = any_severe(CHILDREN, items) | (CHILDREN["UCF19"] == 5)
    of_age = (CHILDREN["UF17"] == 1) & (CHILDREN["UB2"] >= 2)
    assert np.array_equal(CHILDREN["cdisability"][of_age] == 1, has[of_age])


def test_school_children_by_the_published_rule_without_the_items_with_equipment():
    items = [f"FCF{number}" for number in (6, 8, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)]
    has = any_severe(SCHOOL, items) | (SCHOOL["FCF25"] == 1) | (SCHOOL["FCF26"] == 1)
    done = SCHOOL["FS17"] == 1
    assert np.array_equal(SCHOOL["fsdisability"][done] == 1, has[done])
    assert np.isnan(SCHOOL["fsdisability"][~done]).all()


def test_women_by_the_published_rule():
    has = any_severe(WOMEN, ["AF6", "AF8", "AF9", "AF10", "AF11", "AF12"])
    of_age = (WOMEN["WM17"] == 1) & (WOMEN["WB4"] >= 18)
    assert np.array_equal(WOMEN["disability"][of_age] == 1, has[of_age])
    assert np.isnan(WOMEN["disability"][~of_age]).all()


@pytest.mark.parametrize("name", ["AF2", "AF3", "AF6", "AF12"])
def test_women_of_less_than_eighteen_are_not_asked(name):
    assert asked_exactly(WOMEN, name, (WOMEN["WM17"] == 1) & (WOMEN["WB4"] >= 18))


@pytest.mark.parametrize("name", ["FCF10", "FCF11", "FCF12", "FCF13"])
def test_walking_items_for_those_with_equipment(name):
    assert asked_exactly(SCHOOL, name, SCHOOL["FCF3"] == 1)


@pytest.mark.parametrize("name", ["FCF14", "FCF15"])
def test_walking_items_for_those_without(name):
    assert asked_exactly(SCHOOL, name, (SCHOOL["FS17"] == 1) & ~(SCHOOL["FCF3"] == 1))


def test_difficulties_come_together():
    done = SCHOOL["FS17"] == 1
    learning, remembering = (np.isin(SCHOOL[name], SEVERE)[done] for name in ("FCF19", "FCF20"))
    assert learning[remembering].mean() > 4 * learning[~remembering].mean()


@pytest.mark.parametrize(
    ("columns", "name", "weight", "low", "high"),
    [
        (CHILDREN, "cdisability", "chweight", 0.02, 0.1),
        (SCHOOL, "fsdisability", "fsweight", 0.06, 0.18),
        (WOMEN, "disability", "wmweight", 0.01, 0.07),
    ],
)
def test_shares_are_those_aimed_at(columns, name, weight, low, high):
    assert low < share(columns[name] == 1, columns[weight], np.isfinite(columns[name])) < high
