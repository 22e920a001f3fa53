"""Vaccines by card and by memory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from invented import asked_exactly, mics

from childdata.synthetic.mics_immunisation import RECALL, SERIES
from childdata.synthetic.targets import module

CHILDREN = mics()["ch"]
SMALL = (CHILDREN["UF17"] == 1) & (CHILDREN["UB2"] <= 2)
SEEN = CHILDREN["IM5"] == 1
WEIGHT = CHILDREN["chweight"]
DOSES = [dose for series in SERIES for dose in series]


def on_card(dose):
    day = CHILDREN[f"IM6{dose}D"]
    return ((day >= 1) & (day <= 31)) | (day == 44)


@pytest.mark.parametrize("dose", DOSES)
def test_days_stand_on_seen_cards_and_dates_where_a_day_is_known(dose):
    assert asked_exactly(CHILDREN, f"IM6{dose}D", SEEN)
    day = CHILDREN[f"IM6{dose}D"]
    dated = (day >= 1) & (day <= 31)
    assert asked_exactly(CHILDREN, f"IM6{dose}M", dated)
    assert asked_exactly(CHILDREN, f"IM6{dose}Y", dated)
    assert set(day[SEEN]) <= {0, 44, *range(1, 32)}


@pytest.mark.parametrize("dose", DOSES)
def test_doses_fall_between_birth_and_interview(dose):
    dated = np.isfinite(CHILDREN[f"IM6{dose}M"])
    month = 12 * (CHILDREN[f"IM6{dose}Y"] - 1900) + CHILDREN[f"IM6{dose}M"]
    number = 31 * month + CHILDREN[f"IM6{dose}D"]
    born = 31 * CHILDREN["CDOB"] + CHILDREN["UB1D"]
    asked = 31 * CHILDREN["CDOI"] + CHILDREN["UF7D"]
    assert (number[dated] >= born[dated]).all()
    assert (number[dated] <= asked[dated]).all()


@pytest.mark.parametrize("series", [series for series in SERIES if len(series) > 1])
def test_a_later_dose_is_never_given_without_the_earlier_one(series):
    for earlier, later in pairwise(series):
        assert not np.any(on_card(later) & ~on_card(earlier))


@pytest.mark.parametrize(("name", "first", "times"), RECALL)
def test_memory_is_asked_where_no_card_was_seen(name, first, times):
    assert asked_exactly(CHILDREN, name, CHILDREN["IM11"] == 1)
    if times:
        assert asked_exactly(CHILDREN, times, CHILDREN[name] == 1)


def test_ever_vaccinated_is_asked_without_a_card():
    assert asked_exactly(CHILDREN, "IM11", SMALL & ~SEEN)
    assert asked_exactly(CHILDREN, "IM5", CHILDREN["IM2"] == 1)


@pytest.mark.parametrize(
    ("card", "memory", "low"),
    [("B", CHILDREN["IM14"] == 1, 0.93), ("PENTA3", CHILDREN["IM21"] == 3, 0.88), ("M1", CHILDREN["IM26"] == 1, 0.88)],
)
def test_coverage_at_one_year_is_high(card, memory, low):
    of_age = SMALL & (CHILDREN["CAGE"] >= 12) & (CHILDREN["CAGE"] <= 23)
    covered = np.average((on_card(card) | memory)[of_age], weights=WEIGHT[of_age])
    assert covered > low


def test_nobody_has_a_dose_before_it_is_due():
    due = module("ch.immunisation").number
    for dose in DOSES:
        assert not np.any(on_card(dose) & (CHILDREN["CAGE"] < due[dose] - 1))
