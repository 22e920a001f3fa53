"""What small children drink and eat."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, mics

CHILDREN = mics()["ch"]
SMALL = (CHILDREN["UF17"] == 1) & (CHILDREN["UB2"] <= 2)
MONTHS = CHILDREN["CAGE"]
DRINKS = ("BD7A", "BD7B", "BD7C", "BD7D", "BD7E", "BD7X")
FOODS = tuple(f"BD8{letter}" for letter in "ABCDEFGHIJKLMNX")
ATE = np.any([CHILDREN[name] == 1 for name in FOODS], axis=0)
WEIGHT = CHILDREN["chweight"]


@pytest.mark.parametrize("name", ["BD2", "BD4", *DRINKS, *FOODS])
def test_every_item_is_asked_of_children_of_up_to_two(name):
    assert asked_exactly(CHILDREN, name, SMALL)


@pytest.mark.parametrize(("times", "of"), [("BD7D1", "BD7D"), ("BD7E1", "BD7E"), ("BD8A1", "BD8A")])
def test_number_of_times_is_asked_where_it_was_given(times, of):
    assert asked_exactly(CHILDREN, times, CHILDREN[of] == 1)
    assert set(CHILDREN[times][CHILDREN[of] == 1]) <= set(range(1, 9))


def test_meals_are_counted_where_any_food_was_eaten():
    assert asked_exactly(CHILDREN, "BD9", ATE)


def test_still_breastfed_is_asked_of_the_ever_breastfed():
    assert asked_exactly(CHILDREN, "BD3", CHILDREN["BD2"] == 1)


def test_a_child_fed_by_breast_alone_gets_nothing_else():
    alone = SMALL & (CHILDREN["BD3"] == 1) & np.all([CHILDREN[name] == 2 for name in DRINKS + FOODS], axis=0)
    assert 0.12 < np.average(alone[SMALL & (MONTHS <= 5)], weights=WEIGHT[SMALL & (MONTHS <= 5)]) < 0.5
    assert np.mean(alone[SMALL & (MONTHS >= 12)]) < 0.02


def test_breastfeeding_falls_with_age():
    shares = [
        np.average((CHILDREN["BD3"] == 1)[SMALL & (low <= MONTHS) & (high > MONTHS)],
                   weights=WEIGHT[SMALL & (low <= MONTHS) & (high > MONTHS)])
        for low, high in ((0, 6), (6, 12), (12, 24), (24, 36))
    ]  # fmt: skip
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.6
    assert shares[-1] < 0.15


def test_food_comes_in_after_the_first_months():
    assert np.mean(ATE[SMALL & (MONTHS < 3)]) < np.mean(ATE[SMALL & (MONTHS >= 9)])
    assert np.mean(ATE[SMALL & (MONTHS >= 9)]) > 0.95
