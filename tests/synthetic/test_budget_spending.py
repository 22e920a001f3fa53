"""Spending by division and utilities by service."""

from __future__ import annotations

import numpy as np
from invented import budget

HOMES = budget()["hhq2"]
PER_HEAD = HOMES["resources"] / HOMES["hhsize"]
WEIGHT = HOMES["qweight"]


def portion(division, among):
    return np.average((HOMES[f"exp{division}"] / HOMES["exp_total"])[among], weights=WEIGHT[among])


def test_food_takes_a_larger_part_of_poor_budgets():
    poor, rich = np.quantile(PER_HEAD, 0.25) > PER_HEAD, np.quantile(PER_HEAD, 0.75) < PER_HEAD
    assert portion("01", poor) > portion("01", rich) + 0.05
    assert portion("07", poor) < portion("07", rich)


def test_food_is_about_a_third():
    assert 0.22 < portion("01", PER_HEAD > 0) < 0.42


def test_spending_is_positive_and_mostly_below_resources():
    assert (HOMES["exp_total"] > 0).all()
    assert 0.6 < np.average(HOMES["exp_total"] / HOMES["resources"], weights=WEIGHT) < 1.0


def test_education_is_paid_where_somebody_learns():
    learners = set(budget()["ppq2"]["hhid"][(budget()["ppq2"]["age"] >= 6) & (budget()["ppq2"]["age"] < 24)])
    inside = np.array([home in learners for home in HOMES["hhid"]])
    assert (HOMES["exp10"][inside] > 0).all()
    assert np.mean(HOMES["exp10"][~inside] > 0) < 0.2


def test_some_buy_neither_alcohol_nor_tobacco():
    assert 0.1 < np.mean(HOMES["exp02"] == 0) < 0.35


def test_villages_pay_little_for_heat():
    town, village = (HOMES["util_heat"][HOMES["area"] == area].mean() for area in (1, 2))
    assert village < 0.5 * town
