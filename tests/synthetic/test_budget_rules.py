"""Benefits and taxes, worked by hand with the amounts of the first half of 2024."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childdata.synthetic import budget_rules as rules


def one(value):
    return np.array([value])


@pytest.mark.parametrize(
    ("wage", "children", "single", "disabled", "tax"),
    [
        (1000.0, 0, False, False, 0.13 * (1000 - 174)),  # own deduction
        (1054.0, 0, False, False, 0.13 * (1054 - 174)),  # still at the ceiling
        (1055.0, 0, False, False, 0.13 * 1055),  # the notch: one rouble more loses the deduction
        (2000.0, 1, False, False, 0.13 * (2000 - 51)),
        (2000.0, 2, False, False, 0.13 * (2000 - 2 * 97)),
        (2000.0, 1, True, False, 0.13 * (2000 - 97)),
        (2000.0, 1, False, True, 0.13 * (2000 - 97)),
        (200.0, 1, False, False, 0.0),
        (0.0, 3, True, True, 0.0),
    ],
)
def test_income_tax(wage, children, single, disabled, tax):
    assert rules.income_tax(one(wage), one(children), one(single), one(disabled))[0] == pytest.approx(tax)


@given(st.floats(0, 1e5), st.integers(0, 6))
def test_income_tax_is_between_nothing_and_thirteen_percent(wage, children):
    tax = rules.income_tax(one(wage), one(children), one(False), one(False))[0]
    assert 0 <= tax <= 0.13 * wage + 1e-9


@pytest.mark.parametrize(
    ("months", "order", "disabled", "benefit"),
    [
        (0, 1, False, 724.9),
        (35, 1, False, 724.9),
        (36, 1, False, 0),
        (10, 2, False, 828.4),
        (10, 3, True, 932.0),
        (-1, 1, False, 0),
    ],
)
def test_care_benefit(months, order, disabled, benefit):
    assert rules.care_benefit(one(months), one(order), one(disabled))[0] == benefit


def test_one_sibling_benefit_for_a_family_however_many_siblings():
    # 50 % of 418.73
    assert rules.sibling_benefit(np.array([1, 2, 1, 0]), np.array([1, 3, 0, 2])).tolist() == pytest.approx(
        [209.365, 209.365, 0, 0]
    )


@pytest.mark.parametrize(
    ("order", "twin", "minimums"), [(1, False, 10), (2, False, 14), (3, False, 14), (1, True, 12), (2, True, 16)]
)
def test_birth_benefit_is_paid_once_and_spread_over_the_quarter(order, twin, minimums):
    paid = rules.birth_benefit(one(True), one(order), one(twin))[0]
    assert paid * 3 == pytest.approx(minimums * 418.73)
    assert rules.birth_benefit(one(False), one(order), one(twin))[0] == 0


@pytest.mark.parametrize(
    ("months", "severe", "at_home", "share"),
    [
        (20, False, True, 1.0),
        (20, True, True, 1.0),
        (40, True, True, 1.2),
        (40, False, False, 0.7),
        (20, False, False, 0),
        (216, True, True, 0),
    ],
)
def test_benefits_for_a_disabled_child(months, severe, at_home, share):
    paid = rules.disabled_child_benefit(one(months), one(True), one(severe), one(at_home))[0]
    assert paid == pytest.approx(share * 418.73)


def test_assistance_lifts_to_the_criterion():
    # four members at 300: (418.73 - 300) * 4; five members, three children: (1.15 * 418.73 - 450) * 5
    paid = rules.assistance(
        np.array([300.0, 450.0, 300.0]), np.array([4, 5, 4]), np.array([2, 3, 2]), np.array([True, True, False])
    )
    assert paid.tolist() == pytest.approx([474.92, 157.6975, 0])


@given(st.floats(0, 2000), st.integers(1, 9), st.integers(0, 6))
def test_assistance_never_goes_to_a_family_above_the_criterion(per_head, size, children):
    paid = rules.assistance(one(per_head), one(size), one(children), one(True))[0]
    criterion = 418.73 * (1.15 if children >= 3 else 1)
    assert (paid > 0) == (per_head < criterion) or paid < 1e-6
    assert per_head + paid / size <= max(per_head, criterion) + 1e-9


def test_one_off_assistance_is_for_incomes_below_one_and_a_half_minimums():
    paid = rules.assistance_once(np.array([600.0, 700.0]), np.array([True, True]))
    assert paid.tolist() == pytest.approx([1.5 * 418.73 / 3, 0])


@pytest.mark.parametrize(("rural", "subsidy"), [(False, 150 - 120), (True, 150 - 90)])
def test_housing_subsidy_pays_what_is_above_a_share_of_income(rural, subsidy):
    assert rules.housing_subsidy(one(150.0), one(600.0), one(rural))[0] == pytest.approx(subsidy)
