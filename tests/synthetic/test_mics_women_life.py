"""Union, family planning, attitudes, habits, HIV, satisfaction."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, asked_only, mics, share

WOMEN = mics()["wm"]
DONE, AGE, WEIGHT = WOMEN["WM17"] == 1, WOMEN["WB4"], WOMEN["wmweight"]


def codes(name, *wanted):
    return np.isin(WOMEN[name], wanted)


FREE, HEARD = DONE & ~codes("CP1", 1), codes("HA1", 1)
YEAR = codes("SB2U", 1, 2, 3)
EXACT = {
    "MA1": DONE,
    "MA2": codes("MSTATUS", 1),
    "MA5": codes("MSTATUS", 2, 3),
    "MA6": codes("MSTATUS", 2),
    "WAGEM": codes("MSTATUS", 1, 2),
    "CP1": DONE,
    "CP2": FREE,
    "CP3": codes("CP2", 2),
    "UN2": codes("CP1", 1),
    "UN4": codes("UN2", 2),
    "UN7": FREE,
    "UN8U": codes("UN7", 1),
    "UN8N": codes("UN8U", 1, 2),
    "UN11": FREE & ~codes("CP2", 1),
    "UN14N": WOMEN["UN14U"] <= 4,
    "DV1A": DONE,
    "VT2": codes("VT1", 1),
    "VT8": codes("VT2", 1),
    "VT10": codes("VT9", 1),
    "VT19": codes("VT10", 1),
    "VT22X": DONE,
    "LS2": DONE,
    "TA2": codes("TA1", 1),
    "TA3": codes("TA1", 1),
    "TA4": codes("TA3", 1),
    "TA7": codes("TA6", 1),
    "TA9": codes("TA7", 1),
    "TA13": codes("TA11", 1),
    "TA15": codes("TA14", 1),
    "TA16": codes("TA14", 1),
    "TA17": WOMEN["TA16"] >= 1,
    "SB1": DONE,
    "SB2U": DONE & (WOMEN["SB1"] != 0),
    "SB3": YEAR,
    "SB4": YEAR,
    "SB6": YEAR & (WOMEN["SB4"] > 2),
    "SB8": codes("SB7", 1),
    "SB12": codes("SB7", 1),
    "HA2": HEARD,
    "HA13A": HEARD & codes("MN2", 1),
    "HA14": codes("HA13D", 1),
    "HA15": codes("HA14", 1),
    "HA16": codes("HA15", 1),
    "HA19": HEARD & codes("CM17", 1),
    "HA20": codes("HA19", 1),
    "HA22": codes("HA14", 1) | codes("HA19", 1),
    "HA23": codes("HA14", 1) | codes("HA19", 1),
    "HA24": HEARD & ~codes("HA14", 1) & ~codes("HA19", 1),
    "HA25": codes("HA24", 1),
    "HA27": codes("HA24", 2),
    "HA30": HEARD,
}


@pytest.mark.parametrize("name", EXACT)
def test_question_is_asked_of_exactly_those_it_is_for(name):
    assert asked_exactly(WOMEN, name, EXACT[name])


@pytest.mark.parametrize("letter", "ABCDEFGHIJKLMX")
def test_methods_are_named_by_users(letter):
    assert asked_only(WOMEN, f"CP4{letter}", codes("CP2", 1))


def test_every_user_names_a_method():
    named = np.any([WOMEN[f"CP4{letter}"] == letter for letter in "ABCDEFGHIJKLMX"], axis=0)
    assert np.array_equal(named, codes("CP2", 1))


def test_marital_status_follows_the_questions():
    status = np.select([codes("MA1", 1, 2), codes("MA5", 1, 2)], [1.0, 2.0], 3.0)
    assert np.array_equal(WOMEN["MSTATUS"][DONE], status[DONE])


def test_a_union_begins_at_most_at_the_age_now():
    known = np.isfinite(WOMEN["WAGEM"])
    assert (WOMEN["WAGEM"][known] <= AGE[known]).all()
    assert (WOMEN["WDOM"][known] <= WOMEN["WDOI"][known]).all()


@pytest.mark.parametrize(
    ("truth", "among", "low", "high"),
    [
        (codes("MSTATUS", 1), AGE >= 25, 0.5, 0.85),
        (codes("CP2", 1), codes("MSTATUS", 1), 0.45, 0.72),
        (WOMEN["WAGEM"] < 18, AGE >= 20, 0.005, 0.09),
        (codes("LS1", 1, 2), AGE < 25, 0.7, 0.95),
        (HEARD, AGE > 0, 0.95, 1.0),
    ],
)
def test_shares_are_those_aimed_at(truth, among, low, high):
    assert low < share(truth, WEIGHT, DONE & among) < high


def test_satisfaction_is_a_ladder_with_an_undeclared_code_of_no_response():
    assert set(WOMEN["LS2"][DONE]) <= {*range(11), 99}


def test_young_women_smoke_and_drink_less():
    for name in ("TA1", "TA14"):
        assert share(codes(name, 1), WEIGHT, DONE & (AGE < 18)) < share(codes(name, 1), WEIGHT, DONE & (AGE >= 25))
