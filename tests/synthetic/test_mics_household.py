"""The household file: skip patterns and shares."""

from __future__ import annotations

import numpy as np
import pytest
from invented import asked_exactly, asked_only, mics, share

HOMES = mics()["hh"]
DONE = HOMES["HH46"] == 1


def codes(name, *wanted):
    return np.isin(HOMES[name], wanted)


EXACT = {
    "HH48": DONE,
    "HHSEX": DONE,
    "HC1B": DONE,
    "HC8": DONE,
    "HC9A": DONE & ~codes("HC8", 3),
    "HC9E": DONE & ~codes("HC8", 3),
    "HC12": DONE,
    "HC16": codes("HC15", 1),
    "HC18A": codes("HC17", 1),
    "HC18E": codes("HC17", 1),
    "EU4": codes("EU1", 6),
    "EU8": codes("EU6", 2, 3, 4),
    "EU9": DONE,
    "WS2": codes("WS1", 91, 92),
    "WS3": DONE & ~codes("WS1", 11, 12) & ~codes("WS2", 11, 12),
    "WS4": codes("WS3", 3),
    "WS5": codes("WS3", 3) & (HOMES["WS4"] != 0),
    "WS6": codes("WS3", 3) & (HOMES["WS4"] != 0),
    "WS8": codes("WS7", 1),
    "WS12": codes("WS11", 12, 13, 21, 22, 23, 31),
    "WS13": codes("WS12", 1, 2, 3),
    "WS14": DONE & ~codes("WS11", 95),
    "WS15": DONE & ~codes("WS11", 95),
    "WS16": codes("WS15", 1),
    "WS17": codes("WS16", 1),
    "HW2": codes("HW1", 1, 2, 3),
    "HW3": codes("HW1", 1, 2, 3),
    "HW5": DONE & ~codes("HW3", 1),
    "HW6": codes("HW5", 1),
    "SA2": codes("SA1", 1),
    "WQ26": codes("WQ31", 1),
    "WQ27": codes("WQ31", 1),
}
LETTERS = {name: codes("WS9", 1) for name in ("WS10A", "WS10D", "WS10X")} | {
    name: codes("HW3", 1) | codes("HW6", 1) for name in ("HW7A", "HW7B", "HW7C")
}


@pytest.mark.parametrize("name", EXACT)
def test_question_is_asked_of_exactly_those_it_is_for(name):
    assert asked_exactly(HOMES, name, EXACT[name])


@pytest.mark.parametrize("name", LETTERS)
def test_letters_are_blank_where_nobody_was_asked(name):
    assert asked_only(HOMES, name, LETTERS[name])
    assert (HOMES[name] == name[-1]).any()


@pytest.mark.parametrize("slot", [1, 2, 3, 4, 5])
def test_transfers_are_routed_by_slot(slot):
    assert asked_exactly(HOMES, f"ST2${slot}", DONE)
    assert asked_exactly(HOMES, f"ST3${slot}", codes(f"ST2${slot}", 1))
    assert asked_exactly(HOMES, f"ST4U${slot}", codes(f"ST3${slot}", 1))
    assert asked_exactly(HOMES, f"ST4N${slot}", codes(f"ST3${slot}", 1))
    assert (HOMES[f"ST4U${slot}"] == 1).any()


def test_a_household_without_an_interview_has_keys_and_result_only():
    answered = ("HH1", "HH2", "HH3", "HH4", "HH5D", "HH5M", "HH5Y", "HH6", "HH7", "HH46", "PSU", "stratum")
    for name, column in HOMES.items():
        if name in answered or name.startswith(("windex", "wscore", "hhweight", "wqhweight", "wqsweight")):
            continue
        rows = column[~DONE]
        assert np.all(rows == "") if column.dtype == object else np.isnan(rows).all(), name


def test_counts_of_members_are_those_of_the_list():
    members = mics()["hl"]
    place = {key: row for row, key in enumerate(zip(HOMES["HH1"], HOMES["HH2"], strict=True))}
    rows = np.array([place[key] for key in zip(members["HH1"], members["HH2"], strict=True)])
    for name, truth in {
        "HH48": members["HL6"] >= 0,
        "HH49": np.isfinite(members["HL8"]),
        "HH50": np.isfinite(members["HL9"]),
        "HH51": members["HL6"] < 5,
        "HH52": (members["HL6"] >= 5) & (members["HL6"] < 18),
    }.items():
        counted = np.bincount(rows[truth], minlength=len(DONE))
        assert np.array_equal(counted[DONE], HOMES[name][DONE]), name


def test_families_with_a_child_under_three_receive_the_benefit():
    children = mics()["hl"]
    small = {
        key
        for key, age in zip(zip(children["HH1"], children["HH2"], strict=True), children["HL6"], strict=True)
        if age < 3
    }
    truth = np.array([key in small for key in zip(HOMES["HH1"], HOMES["HH2"], strict=True)])
    assert share(codes("ST3$1", 1), HOMES["hhweight"], DONE & truth) > 0.93
    assert share(codes("ST3$1", 1), HOMES["hhweight"], DONE & ~truth) < 0.1


def test_water_test_weights_are_of_the_tested_subsample():
    tested = HOMES["WQ31"] == 1
    for name in ("wqhweight", "wqsweight"):
        assert HOMES[name].sum() == pytest.approx(tested.sum())
        assert np.array_equal(HOMES[name] > 0, tested)


@pytest.mark.parametrize(
    ("truth", "low", "high"),
    [
        (codes("WS1", 11, 12, 14, 21, 31, 41, 91), 0.96, 1.0),
        (codes("WS11", 11, 12, 13, 18, 22, 31), 0.9, 1.0),
        (codes("HC8", 1, 2), 0.99, 1.0),
        (codes("HC13", 1), 0.68, 0.86),
        (codes("HW1", 1, 2, 3) & codes("HW2", 1), 0.92, 1.0),
    ],
)
def test_shares_are_those_aimed_at(truth, low, high):
    assert low < share(truth, HOMES["hhweight"] * np.nan_to_num(HOMES["HH48"]), DONE) < high


def test_one_column_is_empty_as_in_real_files():
    assert np.isnan(HOMES["EU4"]).all()
