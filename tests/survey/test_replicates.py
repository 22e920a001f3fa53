"""Replicate weights as the engine sees them: the formula of the variance, and the rank behind df."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childdata.errors import DesignError
from childdata.survey.replicates import Replicates, rank


def replicates(scale: float, rscales: list[float], *, mse: bool) -> Replicates:
    size = len(rscales)
    return Replicates(
        "other", np.array([0, 1]), np.ones(2), np.ones((2, size)), scale, np.array(rscales), mse, size - 1
    )


def variance(found: Replicates, values: list[float], estimate: float) -> float:
    apart = found.deviations(np.array(values)[:, None], np.array([estimate]))
    return float((apart.T @ apart).item())


def test_weights_are_base_times_the_factor_of_the_unit() -> None:
    found = Replicates(
        "JK1",
        np.array([0, 0, 1]),
        np.array([2.0, 3.0, 5.0]),
        np.array([[0.0, 2.0], [2.0, 0.0]]),
        0.5,
        np.ones(2),
        True,
        1,
    )
    assert found.size == 2
    assert found.weights().tolist() == [[0, 4], [0, 6], [10, 0]]
    assert found.weights(1, 2).tolist() == [[4], [6], [0]]


def test_deviations_from_the_estimate_by_hand() -> None:
    # 0.5 · (1·(10 − 11)² + 2·(13 − 11)²) = 0.5 · 9
    assert variance(replicates(0.5, [1, 2], mse=True), [10, 13], 11) == pytest.approx(4.5)


def test_deviations_from_the_mean_by_hand() -> None:
    # mean 11.5: 0.5 · (1·1.5² + 2·1.5²) = 0.5 · 6.75; the estimate has no part
    for estimate in (11.0, -3.0):
        assert variance(replicates(0.5, [1, 2], mse=False), [10, 13], estimate) == pytest.approx(3.375)


def test_a_replicate_that_does_not_count_has_no_part_in_the_mean() -> None:
    # mean of 10 and 13, not of 10, 13 and 99
    assert variance(replicates(1, [1, 1, 0], mse=False), [10, 13, 99], 0) == pytest.approx(4.5)


def test_a_replicate_without_a_value_is_left_out_of_its_row_only() -> None:
    values = np.array([[10.0, 10.0], [13.0, 13.0], [np.nan, 16.0]])
    apart = replicates(1, [1, 1, 1], mse=False).deviations(values, np.zeros(2))
    assert np.diag(apart.T @ apart).tolist() == [4.5, 18.0]


def test_a_row_without_a_value_in_any_replicate_has_no_variance() -> None:
    apart = replicates(1, [1, 1], mse=True).deviations(np.array([[np.nan, 1.0], [np.nan, 2.0]]), np.array([1.0, 1.0]))
    assert np.isnan(apart[:, 0]).all()
    assert (apart[:, 1]).tolist() == [0.0, 1.0]


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=8), st.floats(-50, 50))
def test_the_square_about_the_estimate_is_that_about_the_mean_and_the_distance(
    values: list[float], estimate: float
) -> None:
    ones = [1.0] * len(values)
    about_mean = variance(replicates(1, ones, mse=False), values, estimate)
    about_estimate = variance(replicates(1, ones, mse=True), values, estimate)
    distance = len(values) * (np.mean(values) - estimate) ** 2
    assert about_estimate == pytest.approx(about_mean + distance, rel=1e-9, abs=1e-9)


def test_parts_that_do_not_fit_are_refused() -> None:
    unit, base, factor = np.array([0, 1]), np.ones(2), np.ones((2, 3))
    with pytest.raises(DesignError, match=r"rscales \(R,\); found shapes"):
        Replicates("JK1", unit, base, factor, 1.0, np.ones(2), True, 1)
    with pytest.raises(DesignError, match="found shapes"):
        Replicates("JK1", unit, np.ones(3), factor, 1.0, np.ones(3), True, 1)
    with pytest.raises(DesignError, match="zero or above"):
        Replicates("JK1", unit, base, factor, -1.0, np.ones(3), True, 1)
    with pytest.raises(DesignError, match="zero or above"):
        Replicates("JK1", unit, base, factor, 1.0, np.array([1, 1, np.nan]), True, 1)


def test_rank_by_hand() -> None:
    assert rank(np.eye(3)) == 3
    # the third column is the sum of the others, the fourth is nothing
    assert rank(np.array([[1.0, 0, 1, 0], [0, 1, 1, 0], [2, 2, 4, 0]])) == 2


def test_rank_is_that_of_the_singular_values_whatever_the_shape_and_scale() -> None:
    chance = np.random.default_rng(1)
    for rows, columns, true in ((200, 12, 7), (12, 200, 7), (60, 60, 60), (900, 5, 5), (900, 5, 3)):
        matrix = chance.normal(size=(rows, true)) @ chance.normal(size=(true, columns))
        assert rank(matrix) == true
        assert rank(100 + 0.1 * matrix) == min(true + 1, rows, columns)
        assert rank(matrix * 10.0 ** chance.integers(-6, 6, columns)) == true
