"""Earnings, benefits and their recipients."""

from __future__ import annotations

import numpy as np
import pytest
from invented import budget, panel

from childdata.synthetic.budget_income import as_old_text
from childdata.synthetic.chance import stream

PEOPLE, HOMES = budget()["ppq2"], budget()["hhq2"]
MONTHS = PEOPLE["age_months"]


def test_old_text_has_commas_exponents_zeros_and_blanks():
    texts = as_old_text(np.array([0.0] * 500 + [113.333] * 500), stream(1))
    assert set(texts) == {"0", "113,33", "1,1E+02", ""}


@pytest.mark.parametrize(("part", "share"), [("ssc_employee", 0.01), ("ssc_employer", 0.34)])
def test_contributions_are_shares_of_the_wage(part, share):
    assert np.allclose(PEOPLE[part], share * PEOPLE["wage_gross"], atol=0.011)


def test_net_wage_is_gross_less_tax_and_contribution():
    net = PEOPLE["wage_gross"] - PEOPLE["pit"] - PEOPLE["ssc_employee"]
    assert np.allclose(PEOPLE["wage_net"], net, atol=0.02)
    assert (PEOPLE["pit"] <= 0.13 * PEOPLE["wage_gross"] + 0.01).all()


def test_nobody_is_paid_below_the_minimum_wage():
    wages = PEOPLE["wage_gross"][PEOPLE["wage_gross"] > 0]
    assert wages.min() >= 626


def test_every_child_under_three_and_nobody_else_has_the_care_benefit():
    assert np.array_equal(PEOPLE["ben_care3"] > 0, MONTHS < 36)
    assert set(PEOPLE["ben_care3"]) <= {0.0, 724.9, 828.4, 932.0}


def test_second_children_get_more():
    healthy = (MONTHS < 36) & (PEOPLE["disabled"] == 2)
    assert set(PEOPLE["ben_care3"][healthy & (PEOPLE["birth_order"] == 1)]) == {724.9}
    assert set(PEOPLE["ben_care3"][healthy & (PEOPLE["birth_order"] > 1)]) == {828.4}


def test_birth_payments_are_for_the_newborn():
    newborn = MONTHS < 3
    assert np.array_equal(PEOPLE["ben_birth"] > 0, newborn)
    assert np.array_equal(PEOPLE["ben_early"] > 0, newborn)


def test_family_capital_is_for_third_children_and_no_income():
    assert ((PEOPLE["fam_capital"] > 0) <= ((MONTHS < 3) & (PEOPLE["birth_order"] >= 3))).all()
    assert "fam_capital" not in HOMES


def test_sibling_benefit_is_one_per_family():
    entitled = (HOMES["n_child3"] > 0) & (HOMES["n_child"] > HOMES["n_child3"])
    assert np.array_equal(HOMES["ben_3_18"] > 0, entitled)
    assert set(np.round(HOMES["ben_3_18"], 2)) <= {0.0, 209.36, 209.37}


def test_pensions_begin_at_the_age_of_retirement():
    age, woman = PEOPLE["age"], PEOPLE["sex"] == 2
    assert np.array_equal(PEOPLE["pension"] > 0, np.where(woman, age >= 58, age >= 63))


def test_children_do_not_earn():
    assert (PEOPLE["wage_gross"][PEOPLE["age"] < 16] == 0).all()
    assert set(PEOPLE["activity"][PEOPLE["age"] < 16]) == {5.0}


def test_assistance_goes_to_the_poor():
    helped = HOMES["ben_tsa"] > 0
    assert 2 <= helped.sum() < 0.1 * len(helped)
    before = (HOMES["money_income"] - HOMES["ben_tsa"] - HOMES["ben_tsa_once"]) / HOMES["hhsize"]
    assert (before[helped] < 1.15 * 418.73 + 0.01).all()


def test_mothers_of_small_children_mostly_stay_at_home():
    people = panel().population.persons
    small = set(PEOPLE["hhid"][MONTHS < 36])
    mothers = (
        np.array([home in small for home in PEOPLE["hhid"]])
        & (PEOPLE["sex"] == 2)
        & (PEOPLE["age"] >= 20)
        & (PEOPLE["age"] < 42)
    )
    others = (
        ~np.array([home in small for home in PEOPLE["hhid"]])
        & (PEOPLE["sex"] == 2)
        & (PEOPLE["age"] >= 30)
        & (PEOPLE["age"] < 42)
    )
    assert np.mean(PEOPLE["wage_gross"][mothers] > 0) < 0.35 < np.mean(PEOPLE["wage_gross"][others] > 0)
    assert len(people) > 5000
