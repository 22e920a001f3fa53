"""Trimming: what is cut, who takes it, and limits that cannot be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.weighting.calibrate import calibrate
from childdata.survey.weighting.trim import trim


def survey_of(*weights: float, **columns: list[object]) -> cd.Survey:
    return cd.Survey({"w": list(weights), **columns}, weight="w")


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        # 1 2 3 10 cut at 7: 3 is left over
        ({"upper": 7}, [2, 3, 4, 7]),
        ({"upper": 7, "redistribute": "none"}, [1, 2, 3, 7]),
        ({"upper": 7, "redistribute": "all"}, [16 / 13, 32 / 13, 48 / 13, 112 / 13]),
        # raised from 1 to 2: 1 is taken from the other three
        ({"lower": 2}, [2, 5 / 3, 8 / 3, 29 / 3]),
        # 1 → 2, 10 → 6: 3 for the two between
        ({"lower": 2, "upper": 6}, [2, 3.5, 4.5, 6]),
        # twice the mean of 4
        ({"upper": 2, "of": "mean"}, [5 / 3, 8 / 3, 11 / 3, 8]),
        # three times the median of 2.5
        ({"upper": 3, "of": "median"}, [1 + 2.5 / 3, 2 + 2.5 / 3, 3 + 2.5 / 3, 7.5]),
        ({"upper": 20}, [1, 2, 3, 10]),
    ],
    ids=str,
)
def test_four_weights_by_hand(options: dict[str, Any], wanted: list[float]) -> None:
    np.testing.assert_allclose(trim(survey_of(1, 2, 3, 10), **options).design.weight, wanted, rtol=1e-13)


def test_strict_repeats_until_all_are_within() -> None:
    """1 6 9, upper 6: 3 is shared 2.5 · 7.5 · 6, then 1.5 goes to the first and the third, and so on to 4 6 6."""
    loose, strict = (trim(survey_of(1, 6, 9), upper=6, strict=word).design.weight for word in (False, True))
    assert loose.tolist() == [2.5, 7.5, 6.0]
    np.testing.assert_allclose(strict, [4, 6, 6], rtol=1e-10)


@given(
    weights=st.lists(st.floats(0.1, 100), min_size=4, max_size=20),
    how=st.sampled_from(["untrimmed", "all"]),
)
def test_sum_of_weights_stays_and_strict_limits_are_kept(weights: list[float], how: str) -> None:
    mean = float(np.mean(weights))
    low, high = 0.4 * mean, 2.5 * mean
    found = trim(survey_of(*weights), lower=low, upper=high, redistribute=how, strict=True).design.weight  # type: ignore[arg-type]
    assert found.sum() == pytest.approx(sum(weights), rel=1e-9)
    assert found.min() >= low * (1 - 1e-9)
    assert found.max() <= high * (1 + 1e-9)


def test_what_the_raised_take_from_the_others_may_not_make_these_negative() -> None:
    """1 1 1 3 16 16, limits 2.5 and 15.9: the 3 alone would give 4.5 − 0.2."""
    survey = survey_of(1, 1, 1, 3, 16, 16)
    with pytest.raises(EstimationError, match=r"negative in 1 of 6 records.*strict=True"):
        trim(survey, lower=2.5, upper=15.9)
    found = trim(survey, lower=2.5, upper=15.9, strict=True).design.weight
    assert found.min() >= 2.5 * (1 - 1e-9)
    assert found.sum() == pytest.approx(38)


def test_groups_keep_their_own_sums() -> None:
    survey = survey_of(1, 1, 4, 10, 10, 40, region=list("aaabbb"))
    found = trim(survey, upper=2, of="median", by="region").design.weight
    np.testing.assert_allclose(found, [2, 2, 2, 20, 20, 20])


def test_weights_of_zero_stay_zero() -> None:
    assert trim(survey_of(0, 1, 3, 8), lower=2, upper=5).design.weight.tolist() == [0, 2, 5, 5]
    assert trim(survey_of(0, 2, 2, 8), upper=6).design.weight.tolist() == [0, 3, 3, 6]


def test_limits_that_cannot_be_kept_name_the_group() -> None:
    survey = survey_of(5, 5, 1, 1, region=list("aabb"))
    with pytest.raises(EstimationError, match="in 'a' the weights sum to 10, and within the limits to between 0 and 8"):
        trim(survey, upper=4, by="region", strict=True)
    with pytest.raises(EstimationError, match="in 'a' all weights are beyond the limits"):
        trim(survey, upper=4, by="region")
    assert trim(survey, upper=4, by="region", redistribute="none").design.weight.tolist() == [4, 4, 1, 1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "found neither"),
        ({"lower": 3, "upper": 2}, "0 <= lower < upper; found lower=3, upper=2"),
        ({"upper": 3, "of": "max"}, "of is one of 'weight', 'mean', 'median'; found 'max'"),
        ({"upper": 3, "redistribute": "x"}, "redistribute is one of 'untrimmed', 'all', 'none'; found 'x'"),
    ],
)
def test_calls_that_make_no_sense_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(EstimationError, match=said):
        trim(survey_of(1, 2), **options)


def test_note_tells_how_many_and_how_much() -> None:
    note = trim(survey_of(1, 2, 3, 10), upper=7).design.notes[-1]
    assert note == "weights trimmed: 1, with 18.75% of the sum of weights cut; they now lie between 2 and 7"


def test_replicates_take_the_same_factors(clustered: cd.Survey, replicated: Callable[[cd.Survey], cd.Survey]) -> None:
    before = replicated(clustered)
    found = trim(before, upper=3.5)
    assert before.design.replicates is not None
    assert found.design.replicates is not None
    factor = found.design.weight / before.design.weight
    np.testing.assert_allclose(
        found.design.replicates.weights(), before.design.replicates.weights() * factor[:, None], rtol=1e-13
    )


def test_earlier_adjustments_stay(clustered: cd.Survey) -> None:
    calibrated = calibrate(clustered, {"income": 5000, "1": 700})
    found = trim(calibrated, upper=3.5)
    assert found.design.adjustments == calibrated.design.adjustments
