"""Illness and growth."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, asked_only, mics, share

CHILDREN = mics()["ch"]
DONE = CHILDREN["UF17"] == 1
WEIGHT = CHILDREN["chweight"]


def codes(name, *wanted):
    return np.isin(CHILDREN[name], wanted)


ILL, SICK = codes("CA1", 1), codes("CA14", 1) | codes("CA16", 1)
EXACT = {
    "CA1": DONE,
    "CA3": ILL,
    "CA4": ILL,
    "CA5": ILL,
    "CA7A": ILL,
    "CA7D": ILL,
    "CA14": DONE,
    "CA16": DONE,
    "CA17": codes("CA16", 1),
    "CA18": codes("CA17", 1),
    "CA20": SICK,
    "CA22": SICK,
    "AN11": DONE,
    "AN12": DONE & ~codes("AN8", 99.3),
}


@pytest.mark.parametrize("name", EXACT)
def test_question_is_asked_of_exactly_those_it_is_for(name):
    assert asked_exactly(CHILDREN, name, EXACT[name])


@pytest.mark.parametrize(("prefix", "gate"), [("CA6", "CA5"), ("CA21", "CA20"), ("CA23", "CA22")])
def test_places_and_medicines_are_named_by_those_who_sought_them(prefix, gate):
    names = [name for name in CHILDREN if name.startswith(prefix)]
    assert len(names) >= 8
    for name in names:
        assert asked_only(CHILDREN, name, codes(gate, 1))


@pytest.mark.parametrize("index", ["HAZ", "WAZ", "WHZ"])
def test_z_scores_that_cannot_be_are_flagged(index):
    value, flag = CHILDREN[f"{index}2"], CHILDREN[f"{index}FLAG"]
    assert np.array_equal(DONE & (value > 90), flag == 1)
    assert set(value[flag == 1]) <= {99.97, 99.99}
    assert (value == 99.97).any()
    assert np.abs(value[flag == 0]).max() <= 6


def test_not_measured_children_have_a_code_instead_of_a_measure():
    absent = codes("AN8", 99.3)
    assert absent.any()
    assert np.array_equal(absent, codes("AN11", 999.3))
    assert (CHILDREN["HAZ2"][absent] == 99.99).all()


def test_children_of_less_than_two_years_lie():
    measured = np.isfinite(CHILDREN["AN12"])
    assert np.array_equal(CHILDREN["AN12"][measured] == 1, CHILDREN["CAGE"][measured] < 24)


def test_height_and_weight_are_those_of_children():
    measured = DONE & ~codes("AN8", 99.3)
    assert CHILDREN["AN11"][measured].min() > 40
    assert CHILDREN["AN11"][measured].max() < 130
    assert 2 < CHILDREN["AN8"][measured].min() < CHILDREN["AN8"][measured].max() < 40


@pytest.mark.parametrize(
    ("truth", "low", "high"),
    [(CHILDREN["HAZ2"] < -2, 0.015, 0.06), (CHILDREN["WHZ2"] < -2, 0.002, 0.03), (codes("CA1", 1), 0.04, 0.11)],
)
def test_shares_are_those_aimed_at(truth, low, high):
    valid = DONE & (CHILDREN["HAZFLAG"] == 0)
    assert low < share(truth, WEIGHT, valid) < high


def test_more_are_too_heavy_than_too_thin():
    valid = DONE & (CHILDREN["WHZFLAG"] == 0)
    heavy = (CHILDREN["WHZ2"] > 2) & (CHILDREN["WHZ2"] < 90)
    assert share(heavy, WEIGHT, valid) > 3 * share(CHILDREN["WHZ2"] < -2, WEIGHT, valid)
