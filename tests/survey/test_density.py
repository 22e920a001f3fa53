"""Kernel densities by hand, by rows, and under weights of another scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from childdata.errors import EstimationError
from childdata.expression import Expression
from childdata.survey.density import Bandwidth, check_bandwidth, density, kernel_mean
from childdata.survey.sample import Sample

Floats = NDArray[np.float64]


def sample_of(y: Sequence[float], weight: Sequence[float], row: list[int] | None = None, rows: int = 1) -> Sample:
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


def test_the_bandwidth_of_silverman_is_not_that_of_the_largest_value() -> None:
    # quartiles of 1, 2, 3, 4, 100 with weights 1: 2 and 4, as 1.25 and 3.75 of 5 fall on them; (4 − 2)/1.34 < σ = 39.0
    sample, point = sample_of([1, 2, 3, 4, 100], [1, 1, 1, 1, 1]), np.array([3.0])
    by_rule = density(sample, point, "silverman")
    np.testing.assert_allclose(by_rule, density(sample, point, 0.9 * 2 / 1.34 * 5**-0.2), rtol=1e-14)


def test_the_bandwidth_of_silverman_is_that_of_sigma_where_it_is_less_or_both_quartiles_are_one_value() -> None:
    # 0, 0, 3 with weights 1, 1, 2: quartiles 0 and 3, 3/1.34 = 2.24 > σ = 1.5. 5, 5, 5, 9: quartiles 5 and 5, σ = √3
    for y, weight, sigma, size in (([0, 0, 3], [1, 1, 2], 1.5, 16 / 6), ([5, 5, 5, 9], [1] * 4, 3**0.5, 4)):
        sample, point = sample_of(y, weight), np.array([4.0])
        wanted = density(sample, point, 0.9 * sigma * size**-0.2)
        np.testing.assert_allclose(density(sample, point, "silverman"), wanted, rtol=1e-14)


def test_only_the_rule_of_convey_depends_on_the_scale_of_the_weights() -> None:
    y, weight, point = [1.0, 4.0, 5.0, 9.0], [1.0, 2.0, 1.5, 1.0], np.array([4.0])
    times_ten = [10 * w for w in weight]
    for bandwidth in ("kish", "silverman", 0.7):
        once, ten = (density(sample_of(y, w), point, bandwidth) for w in (weight, times_ten))
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


@pytest.mark.parametrize("bandwidth", ["scott", 0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_bandwidth_is_refused(bandwidth: Bandwidth) -> None:
    with pytest.raises(EstimationError, match="bandwidth is 'kish', 'silverman', 'convey' or a positive number"):
        check_bandwidth(bandwidth)


@pytest.mark.parametrize("bandwidth", ["kish", "silverman", "convey", 12, 0.5])
def test_bandwidths_that_are_taken(bandwidth: Bandwidth) -> None:
    check_bandwidth(bandwidth)


@pytest.mark.parametrize("bandwidth", ["kish", "silverman", "convey"])
def test_of_one_value_the_density_is_unknown_at_it_and_nothing_elsewhere(bandwidth: Bandwidth) -> None:
    # 0.1 thrice: the mean of it is not 0.1 in every order of summing, and its σ would be 1e-17
    rows = sample_of([0.1, 0.1, 0.1, 5, 5], [1, 1, 1, 2, 0.3], [0, 0, 0, 1, 1], 2)
    assert density(rows, np.array([0.2, 5.5]), bandwidth).tolist() == [0, 0]
    assert np.isnan(density(rows, np.array([0.1, 5.0]), bandwidth)).all()
    x = np.array([1.0, 2.0, 6.0, 1.0, 1.0])
    near = kernel_mean(rows, x, np.array([0.1, 4.0]), bandwidth)
    assert near[0] == pytest.approx(3)
    assert np.isnan(near[1])
