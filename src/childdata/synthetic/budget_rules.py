"""Which benefits and taxes follow from the law for the families of the invented budget survey?

Each rule is a function of arrays, with the amounts of one period from `data/amounts.toml` (source and mark
stand there). Child benefits: law 7-Z of 29.12.2012; income tax and deductions: Tax Code art. 209; targeted
assistance: criterion minus income per head. Everything is BYN per month; a payment made once is spread over
the three months of its quarter.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.belarus import load
from childdata.synthetic.chance import Codes, Numbers, Truth

QUARTER_MONTHS = 3


def amount(name: str) -> float:
    """One amount of `data/amounts.toml`.

    >>> amount("bpm")
    418.73
    """
    return float(load("amounts")[name]["value"])


def income_tax(wage: Numbers, children: Codes, single: Truth, disabled_child: Truth) -> Numbers:
    """Array (m,): 13 % of the wage less deductions.

    The own deduction is given up to a ceiling of the wage and lost above it; the deduction per child goes to
    each working parent, and is higher with two children or more, for a single parent or a disabled child.

    >>> income_tax(np.array([1000.0]), np.array([1]), np.array([False]), np.array([False])).round(2)
    array([100.75])
    """
    own = np.where(wage <= amount("deduction_own_ceiling"), amount("deduction_own"), 0.0)
    higher = (children >= 2) | single | disabled_child
    per_child = np.where(higher, amount("deduction_child_more"), amount("deduction_child"))
    return np.asarray(amount("income_tax") * np.maximum(wage - own - children * per_child, 0.0))


def care_benefit(months: Codes, order: Codes, disabled: Truth) -> Numbers:
    """Array (m,): for each child under 3, by birth order; 0 for everybody else.

    >>> care_benefit(np.array([35, 36, 4]), np.array([1, 1, 2]), np.array([False, False, False]))
    array([724.9,   0. , 828.4])
    """
    healthy = np.where(order > 1, amount("care_next"), amount("care_first"))
    value = np.where(disabled, amount("care_disabled"), healthy)
    return np.where((months >= 0) & (months < 36), value, 0.0)


def sibling_benefit(small: Codes, older: Codes) -> Numbers:
    """Array (h,): one per family that raises a child under 3 and a child of 3-17.

    >>> sibling_benefit(np.array([1, 1, 0]), np.array([2, 0, 3])).round(2)
    array([209.36,   0.  ,   0.  ])
    """
    entitled = (small > 0) & (older > 0)
    return np.where(entitled, amount("with_small_sibling") * amount("bpm"), 0.0)


def birth_benefit(born: Truth, order: Codes, twin: Truth) -> Numbers:
    """Array (m,): for a child born in the quarter, a third of the payment in each month.

    >>> birth_benefit(np.array([True, True]), np.array([1, 2]), np.array([False, False])).round(2)
    array([1395.77, 1954.07])
    """
    minimums = np.where(order > 1, amount("birth_next"), amount("birth_first")) + twin * amount("birth_twin")
    return np.where(born, minimums * amount("bpm") / QUARTER_MONTHS, 0.0)


def disabled_child_benefit(months: Codes, disabled: Truth, severe: Truth, parent_at_home: Truth) -> Numbers:
    """Array (m,): care of a disabled child by a parent who does not work, else the child's own benefit after 3."""
    severe_rate = np.where(severe & (months >= 36), amount("care_of_disabled_severe"), amount("care_of_disabled"))
    own = np.where(months >= 36, amount("child_disabled"), 0.0)
    share = np.where(parent_at_home, severe_rate, own)
    return np.where(disabled & (months >= 0) & (months < 216), share * amount("bpm"), 0.0)


def assistance(per_head: Numbers, size: Codes, children: Codes, takes: Truth) -> Numbers:
    """Array (h,): criterion less income per head, for each member, where the family applies.

    >>> assistance(np.array([300.0, 450.0]), np.array([4, 5]), np.array([2, 3]), np.array([True, True])).round(2)
    array([474.92, 157.7 ])
    """
    criterion = amount("bpm") * np.where(children >= 3, amount("assistance_many"), amount("assistance"))
    return np.where(takes, np.maximum(criterion - per_head, 0.0) * size, 0.0)


def assistance_once(per_head: Numbers, takes: Truth) -> Numbers:
    """Array (h,): the one-off payment, a third of it in each month of the quarter."""
    limit = amount("assistance_once") * amount("bpm")
    return np.where(takes & (per_head < limit), limit / QUARTER_MONTHS, 0.0)


def housing_subsidy(bill: Numbers, income: Numbers, rural: Truth) -> Numbers:
    """Array (h,): what of the utility bill is above 20 % (town) or 15 % (village) of the family's income.

    >>> housing_subsidy(np.array([150.0, 150.0]), np.array([600.0, 1200.0]), np.array([False, False]))
    array([30.,  0.])
    """
    share = np.where(rural, amount("housing_rural"), amount("housing_urban"))
    return np.maximum(bill - share * income, 0.0)
