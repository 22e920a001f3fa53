"""The distances: F(0) = 1, F' is the derivative of F, F that of the integral, bounds are kept."""

from __future__ import annotations

import numpy as np
import pytest

from childdata.survey.weighting.distance import Distance, Method

NONE = (-np.inf, np.inf)
CASES: list[tuple[Method, tuple[float, float]]] = [
    ("linear", NONE),
    ("raking", NONE),
    ("raking", (0.5, 1.8)),
    ("logit", (0.4, 3.0)),
    ("truncated", (0.6, 1.5)),
    ("truncated", (0.0, np.inf)),
]
U = np.linspace(-3, 3, 41)


def distance(method: Method, bounds: tuple[float, float]) -> Distance:
    return Distance(method, np.array([bounds[0]]), np.array([bounds[1]]))


@pytest.mark.parametrize(("method", "bounds"), CASES)
def test_nothing_to_move_leaves_the_weight(method: Method, bounds: tuple[float, float]) -> None:
    one = distance(method, bounds)
    assert one.ratio(np.zeros(1)).item() == pytest.approx(1, rel=1e-15)
    assert one.derivative(np.zeros(1)).item() == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize(("method", "bounds"), CASES)
def test_ratio_is_the_derivative_of_the_integral_and_has_its_own(method: Method, bounds: tuple[float, float]) -> None:
    one, h = distance(method, bounds), 1e-5
    slope = (one.integral(U + h) - one.integral(U - h)) / (2 * h)
    np.testing.assert_allclose(slope, one.ratio(U), rtol=1e-6, atol=1e-6)
    smooth = np.abs(one.derivative(U + h) - one.derivative(U - h)) < 0.01
    slope = (one.ratio(U + h) - one.ratio(U - h)) / (2 * h)
    np.testing.assert_allclose(slope[smooth], one.derivative(U)[smooth], rtol=1e-6, atol=1e-8)
    assert smooth.sum() > 30


@pytest.mark.parametrize(("method", "bounds"), CASES)
def test_bounds_are_kept_however_far(method: Method, bounds: tuple[float, float]) -> None:
    far = distance(method, bounds).ratio(np.array([-1e6, -50.0, 50.0, 1e6]))
    assert (far >= bounds[0]).all()
    assert (far <= bounds[1]).all()
    assert np.isfinite(far).all()


def test_logit_by_hand() -> None:
    """L = 0.5, U = 2: A = 1.5 / (0.5 · 1) = 3; F(u) = (0.5 + 2 · 0.5 e^3u) / (1 + 0.5 e^3u)."""
    e = np.exp(3 * 0.2)
    wanted = (0.5 * 1 + 2 * 0.5 * e) / (1 + 0.5 * e)
    assert distance("logit", (0.5, 2.0)).ratio(np.array([0.2])).item() == pytest.approx(wanted, rel=1e-14)


def test_bounds_may_differ_from_record_to_record() -> None:
    one = Distance("truncated", np.array([0.5, 0.9]), np.array([1.1, 1.2]))
    assert one.ratio(np.array([-2.0, -2.0])).tolist() == [0.5, 0.9]
    assert one.ratio(np.array([2.0, 2.0])).tolist() == [1.1, 1.2]
