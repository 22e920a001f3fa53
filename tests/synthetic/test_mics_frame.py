"""Weights, completion and design of the MICS files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented import household_rows, mics

from childdata.synthetic.mics_frame import month_of, normalised, respond, year_of

FILES = [
    ("hh", "hhweight", "HH46"),
    ("wm", "wmweight", "WM17"),
    ("ch", "chweight", "UF17"),
    ("fs", "fshweight", "FS17"),
]


def test_those_who_answered_carry_those_who_did_not_by_hand():
    # PSU 1: weights 2 and 2, one answers: it gets 4. PSU 2: nobody answers: stratum 1 carries its weight 3.
    weight = respond(
        np.array([2.0, 2.0, 3.0, 1.0]),
        np.array([True, False, False, True]),
        np.array([0, 0, 1, 2]),
        np.array([1, 1, 1, 1]),
    )
    assert weight.tolist() == [4.0, 0.0, 0.0, 1.0]


@given(st.lists(st.floats(0.1, 100), min_size=2, max_size=30))
def test_normalised_weights_sum_to_the_number_of_records_above_zero(weights):
    values = np.array([0.0, *weights])
    assert normalised(values).sum() == pytest.approx(len(weights))


def test_century_months_turn_back_into_dates():
    # March 2019 is month 12 * 119 + 3 = 1431; December 2018 is 1428
    assert month_of(np.array([1431, 1428])).tolist() == [3.0, 12.0]
    assert year_of(np.array([1431, 1428])).tolist() == [2019.0, 2018.0]


@pytest.mark.parametrize(("name", "weight", "result"), FILES)
def test_weights_sum_to_the_completed_interviews_and_are_zero_elsewhere(name, weight, result):
    columns = mics()[name]
    done = columns[result] == 1
    assert columns[weight].sum() == pytest.approx(done.sum(), rel=1e-9)
    assert (columns[weight][done] > 0).all()
    assert (columns[weight][~done] == 0).all()
    assert 0.9 < done.mean() < 0.99


def test_weight_of_a_school_child_is_that_of_its_household_times_its_siblings():
    children = mics()["fs"]
    assert np.array_equal(children["fsweight"], children["fshweight"] * children["HH52"])
    assert children["fsweight"].sum() > 1.2 * (children["FS17"] == 1).sum()


def test_number_of_children_in_fs_is_that_of_the_household_file():
    children, homes = mics()["fs"], mics()["hh"]
    assert np.array_equal(children["HH52"], homes["HH52"][household_rows(children, homes)])


def test_members_carry_the_weight_of_their_household():
    members, homes = mics()["hl"], mics()["hh"]
    assert np.array_equal(members["hhweight"], homes["hhweight"][household_rows(members, homes)])
    assert (members["hhweight"] > 0).all()


def test_household_weights_differ_inside_a_psu_because_small_children_were_oversampled():
    homes = mics()["hh"]
    done = homes["HH46"] == 1
    small = homes["HH51"] > 0
    assert homes["hhweight"][done & small].mean() < 0.6 * homes["hhweight"][done & ~small].mean()


def test_there_are_a_hundred_and_fifty_psus_and_more_each_in_one_stratum():
    homes = mics()["hh"]
    assert len(np.unique(homes["PSU"])) >= 150
    pairs = {(psu, stratum) for psu, stratum in zip(homes["PSU"], homes["stratum"], strict=True)}
    assert len(pairs) == len(np.unique(homes["PSU"]))


def test_one_stratum_has_a_single_psu():
    homes = mics()["hh"]
    counts = [len(np.unique(homes["PSU"][homes["stratum"] == one])) for one in np.unique(homes["stratum"])]
    assert sorted(counts)[0] == 1
    assert sorted(counts)[1] >= 4


def test_one_psu_has_no_child_at_all():
    members = mics()["hl"]
    with_children = set(members["PSU"][members["HL6"] < 18])
    assert len(set(mics()["hh"]["PSU"]) - with_children) == 1


@pytest.mark.parametrize("name", ["fs", "bh"])
def test_some_files_carry_no_design_as_in_real_rounds(name):
    assert "PSU" not in mics()[name]
    assert "stratum" not in mics()[name]


@pytest.mark.parametrize("name", ["hh", "hl", "wm", "ch"])
def test_other_files_carry_the_design_of_their_household(name):
    columns, homes = mics()[name], mics()["hh"]
    rows = household_rows(columns, homes)
    assert np.array_equal(columns["stratum"], homes["stratum"][rows])
    assert np.array_equal(columns["PSU"], columns["HH1"])
