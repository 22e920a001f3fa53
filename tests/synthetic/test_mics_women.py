"""The file of women: skip patterns, births, media."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, asked_only, keys, mics, share

WOMEN, BIRTHS = mics()["wm"], mics()["bh"]
DONE, AGE, WEIGHT = WOMEN["WM17"] == 1, WOMEN["WB4"], WOMEN["wmweight"]


def codes(name, *wanted):
    return np.isin(WOMEN[name], wanted)


EVER, RECENT = codes("CM1", 1), codes("CM17", 1)
EXACT = {
    "WB5": DONE,
    "WB6A": codes("WB5", 1),
    "WB14": DONE & ~(WOMEN["WB6A"] >= 2),
    "WB18": DONE,
    "MT1": DONE,
    "MT5": codes("MT4", 1),
    "MT6A": codes("MT5", 1, 2, 3),
    "MT6I": codes("MT5", 1, 2, 3),
    "MT10": codes("MT9", 1),
    "MT11": DONE,
    "CM1": DONE,
    "CM2": EVER,
    "CM3": codes("CM2", 1),
    "CM4": codes("CM2", 1),
    "CM6": codes("CM5", 1),
    "CM8": DONE,
    "CM10": codes("CM8", 1),
    "CM11": DONE,
    "CM17": DONE,
    "WDOBFC": EVER,
    "WDOBLC": EVER,
    "BH3_LAST": RECENT,
    "insurance": DONE,
}


@pytest.mark.parametrize("name", EXACT)
def test_question_is_asked_of_exactly_those_it_is_for(name):
    assert asked_exactly(WOMEN, name, EXACT[name])


@pytest.mark.parametrize("name", ["WB19A", "WB19B", "WB19X"])
def test_kind_of_insurance_is_named_by_the_insured(name):
    assert asked_only(WOMEN, name, codes("WB18", 1))


def test_children_ever_born_are_those_of_the_birth_histories():
    number = {}
    for key in keys(BIRTHS):
        number[key] = number.get(key, 0) + 1
    expected = [number.get(key, 0) for key in keys(WOMEN)]
    assert np.array_equal(WOMEN["CM11"][DONE], np.array(expected)[DONE])


def test_parts_sum_to_the_children_ever_born():
    parts = sum(np.nan_to_num(WOMEN[f"CM{number}"]) for number in (3, 4, 6, 7, 9, 10))
    assert np.array_equal(parts[DONE], WOMEN["CM11"][DONE])


def test_a_recent_birth_is_one_of_the_last_two_years():
    gap = WOMEN["WDOI"] - WOMEN["WDOBLC"]
    assert (gap[RECENT] <= 24).all()
    assert (gap[DONE & EVER & ~RECENT] >= 24).all()


def test_age_groups_and_dates():
    assert np.array_equal(WOMEN["WAGE"], AGE // 5 - 2)
    months = WOMEN["WDOI"] - WOMEN["WDOB"]
    assert (np.abs(months - 12 * AGE) <= 13).all()


@pytest.mark.parametrize(
    ("truth", "low", "high"),
    [
        (codes("MT10", 2, 3), 0.82, 0.97),
        (codes("MT11", 1), 0.93, 1.0),
        (RECENT, 0.04, 0.16),
        (codes("WB18", 1), 0.03, 0.12),
    ],
)
def test_shares_are_those_aimed_at(truth, low, high):
    assert low < share(truth, WEIGHT, DONE) < high
