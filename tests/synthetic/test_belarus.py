"""Strata and primary sampling units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childdata.errors import DefinitionError
from childdata.synthetic.belarus import RURAL, allot, draw_places, load


def test_allotment_by_hand():
    # 10 PSUs, sizes 60:30:10, at least 1 each: ideal 6, 3, 1
    assert allot(np.array([60.0, 30.0, 10.0]), 10, 1).tolist() == [6, 3, 1]


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=15), st.integers(2, 5), st.integers(0, 100))
def test_allotment_sums_up_and_keeps_the_least(sizes, least, spare):
    counts = allot(np.array(sizes), least * len(sizes) + spare, least)
    assert counts.sum() == least * len(sizes) + spare
    assert counts.min() >= least


def test_one_stratum_has_one_psu_and_the_others_four_or_more():
    places = draw_places(2019, 160)
    counts = np.bincount(places.stratum)[1:]
    assert len(counts) == 14
    assert sorted(counts)[0] == 1
    assert sorted(counts)[1] >= 4
    assert counts.sum() == 160


def test_regions_are_six_and_the_city_each_urban_and_rural():
    places = draw_places(2019, 160)
    assert set(places.region) == set(range(1, 8))
    for region in set(range(1, 8)):
        assert set(places.area[places.region == region]) == {1, 2}


def test_psus_stand_for_the_households_of_their_stratum():
    places = draw_places(3, 160)
    sizes = {row["code"]: row["households"] for row in load("belarus")["strata"]}
    for stratum, size in sizes.items():
        assert places.households[places.stratum == stratum].sum() == pytest.approx(size, rel=0.45)


def test_the_childless_psu_is_rural():
    places = draw_places(5, 160)
    assert places.area[places.childless] == RURAL


def test_too_few_psus_is_an_error_that_says_what_to_do():
    with pytest.raises(DefinitionError, match="28 PSUs were wanted, but 14 strata need two each; ask for more"):
        draw_places(1, 28)


def test_twenty_nine_psus_are_enough():
    assert np.bincount(draw_places(1, 29).stratum)[1:].min() == 1
