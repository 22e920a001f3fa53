"""Kernel densities by hand, by rows, and under weights of another scale."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from childdata.errors import EstimationError
from childdata.expression import Expression
from childdata.survey.density import Bandwidth, check_bandwidth, density, kernel_mean
from childdata.survey.sample import Sample

Floats = NDArray[np.float64]


def sample_of(y: list[float], weight: list[float], row: list[int] | None = None, rows: int = 1) -> Sample:
    values = np.array(y)

    def column(_: Expression) -> Floats:
        return values

    where = np.zeros(values.size, dtype=np.intp) if row is None else np.array(row)
    return Sample.of(values, np.array(weight), where, rows, np.arange(values.size), column)


def normal(x: float) -> float:
    return float(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))


def test_by_hand_with_a_bandwidth() -> None:
    # at 3 with b = 2 the values 1, 3, 7 lie −1, 0 and 2 bandwidths away; Σ w = 4
    found = density(sample_of([1, 3, 7], [1, 2, 1]), np.array([3.0]), 2.0)
    assert found[0] == pytest.approx((normal(1) + 2 * normal(0) + normal(2)) / (2 * 4), rel=1e-14)


def test_bandwidths_by_rule() -> None:
    # y 0, 0, 3 with weights 1, 1, 2: mean 1.5, σ = 1.5; Kish's size 16/6, Σ w = 4
    sample, point = sample_of([0, 0, 3], [1, 1, 2]), np.array([1.0])
    for bandwidth, size in (("kish", 16 / 6), ("convey", 4.0)):
        by_rule = density(sample, point, bandwidth)  # type: ignore[arg-type]
        np.testing.assert_allclose(by_rule, density(sample, point, 1.5 * size**-0.2), rtol=1e-14)


def test_only_the_rule_of_convey_depends_on_the_scale_of_the_weights() -> None:
    y, weight, point = [1.0, 4.0, 5.0, 9.0], [1.0, 2.0, 1.5, 1.0], np.array([4.0])
    times_ten = [10 * w for w in weight]
    for bandwidth in ("kish", 0.7):
        once, ten = (density(sample_of(y, w), point, bandwidth) for w in (weight, times_ten))  # type: ignore[arg-type]
        np.testing.assert_allclose(once, ten, rtol=1e-14)
    assert density(sample_of(y, weight), point, "convey") != density(sample_of(y, times_ten), point, "convey")


def test_a_density_integrates_to_one() -> None:
    sample = sample_of([1.0, 4.0, 5.0, 9.0], [1.0, 2.0, 1.5, 1.0])
    grid = np.linspace(-30, 40, 7001)
    values = np.array([density(sample, np.array([t]), "kish")[0] for t in grid])
    assert np.trapezoid(values, grid) == pytest.approx(1, abs=1e-9)


def test_each_row_has_its_own_density() -> None:
    both = density(sample_of([1, 2, 5, 9], [1, 1, 2, 1], [0, 1, 0, 1], 3), np.array([2.0, 3.0, 1.0]), "kish")
    first = density(sample_of([1, 5], [1, 2]), np.array([2.0]), "kish")
    second = density(sample_of([2, 9], [1, 1]), np.array([3.0]), "kish")
    assert both[:2].tolist() == [first[0], second[0]]
    assert np.isnan(both[2])


def test_where_all_values_are_one_there_is_none() -> None:
    assert np.isnan(density(sample_of([5, 5], [1, 2]), np.array([5.0]), "kish")[0])


def test_mean_near_a_point_by_hand() -> None:
    sample = sample_of([1, 3, 7], [1, 2, 1])
    x = np.array([10.0, 20.0, 40.0])
    near = kernel_mean(sample, x, np.array([3.0]), 2.0)[0]
    weights = np.array([normal(1), 2 * normal(0), normal(2)])
    assert near == pytest.approx((weights * x).sum() / weights.sum(), rel=1e-14)


@pytest.mark.parametrize("bandwidth", ["silverman", 0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_bandwidth_is_refused(bandwidth: Bandwidth) -> None:
    with pytest.raises(EstimationError, match="bandwidth is 'kish', 'convey' or a positive number"):
        check_bandwidth(bandwidth)


@pytest.mark.parametrize("bandwidth", ["kish", "convey", 12, 0.5])
def test_bandwidths_that_are_taken(bandwidth: Bandwidth) -> None:
    check_bandwidth(bandwidth)
