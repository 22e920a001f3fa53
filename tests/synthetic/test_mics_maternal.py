"""Care around the last birth."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, asked_only, mics, share

WOMEN = mics()["wm"]


def codes(name, *wanted):
    return np.isin(WOMEN[name], wanted)


BIRTH, CARED = codes("CM17", 1), codes("MN2", 1)
FACILITY = codes("MN20", 21, 22, 26, 31, 36)
EXACT = {
    "DB2": BIRTH,
    "DB4": codes("DB2", 2),
    "MN2": BIRTH,
    "MN4AN": CARED,
    "MN5": CARED,
    "MN6A": CARED,
    "MN6C": CARED,
    "MN8": BIRTH,
    "MN9": codes("MN8", 1),
    "MN12": BIRTH,
    "MN14": WOMEN["MN12"] >= 1,
    "MN20": BIRTH,
    "MN21": FACILITY,
    "MN22": codes("MN21", 1),
    "MN24": codes("MN23", 1),
    "MN25": BIRTH,
    "MN26N": BIRTH,
    "MN28": BIRTH & ~FACILITY,
    "MN29": codes("MN28", 2, 3),
    "MN30": BIRTH & ~FACILITY,
    "MN33": BIRTH,
    "MN34": codes("MN33", 1),
    "MN35": BIRTH,
    "MN37U": codes("MN36", 1),
    "MN37N": codes("MN37U", 1, 2),
    "PN3U": FACILITY,
    "PN3N": FACILITY,
    "PN4": FACILITY,
    "PN5": FACILITY,
    "PN8": BIRTH & ~FACILITY,
    "PN9": BIRTH & ~FACILITY,
    "PN13U": codes("PN12", 1),
    "PN22N": codes("PN21", 1),
    "PN25A": BIRTH,
    "PN30": BIRTH,
}


@pytest.mark.parametrize("name", EXACT)
def test_question_is_asked_of_exactly_those_it_is_for(name):
    assert asked_exactly(WOMEN, name, EXACT[name])


@pytest.mark.parametrize(
    ("prefix", "gate"), [("MN3", CARED), ("MN19", BIRTH), ("PN14", codes("PN12", 1)), ("PN23", codes("PN21", 1))]
)
def test_who_cared_is_named_where_there_was_care(prefix, gate):
    names = [name for name in WOMEN if name.startswith(prefix) and WOMEN[name].dtype == object]
    assert len(names) >= 4
    for name in names:
        assert asked_only(WOMEN, name, gate)


def test_nobody_at_delivery_stands_alone():
    nobody = codes("MN19Y", "Y")
    for letter in "ABCFGHX":
        assert not np.any(nobody & (WOMEN[f"MN19{letter}"] == letter))


@pytest.mark.parametrize(
    ("truth", "low"),
    [
        (codes("MN19A", "A") | codes("MN19B", "B") | codes("MN19C", "C"), 0.97),
        (FACILITY, 0.97),
        (WOMEN["MN5"] >= 4, 0.95),
        (codes("PN4", 1), 0.93),
    ],
)
def test_care_is_nearly_universal(truth, low):
    assert share(truth, WOMEN["wmweight"], BIRTH) > low


def test_weights_at_birth_are_those_of_newborns():
    weight = WOMEN["MN34"][np.isfinite(WOMEN["MN34"]) & (WOMEN["MN34"] < 9)]
    assert 0.5 < weight.min() < 2.6
    assert 3.2 < weight.mean() < 3.6
