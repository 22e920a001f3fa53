"""The distribution of weighted sums of chi-squares: against closed forms, Student's and Fisher's distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from childdata.errors import EstimationError
from childdata.survey.chi_square_sums import saddlepoint_tail, tail

ONE = np.array([1.0])


def exponentials(x: float, weights: np.ndarray) -> float:
    """P(Σ λ χ²(2) > x): sums of exponentials of mean 2λ, by partial fractions."""
    rate = 1 / (2 * weights)
    terms = [
        np.prod(np.delete(rate, j) / (np.delete(rate, j) - rate[j])) * np.exp(-rate[j] * x) for j in range(rate.size)
    ]
    return float(np.sum(terms))


@pytest.mark.parametrize("df", [1, 2, 3, 10, 200])
@pytest.mark.parametrize("times", [1e-3, 0.1, 0.9, 1.0, 1.0001, 2.0, 5.0])
def test_one_chi_square_is_the_chi_square(df: int, times: float) -> None:
    assert tail(times * df, ONE, df) == pytest.approx(stats.chi2.sf(times * df, df), rel=1e-12)


def test_twice_a_chi_square_is_asked_at_half_the_value() -> None:
    assert tail(6.0, np.array([2.0]), 3.0) == pytest.approx(stats.chi2.sf(3.0, 3), rel=1e-13)


@pytest.mark.parametrize("x", [0.01, 0.1, 1.0, 3.0, 10.0, 50.0, 300.0])
def test_sums_of_exponentials_have_a_closed_form(x: float) -> None:
    weights = np.array([2.0, 0.5, 0.1])
    assert tail(x, weights, 2.0) == pytest.approx(exponentials(x, weights), rel=1e-12)


def test_by_hand_two_exponentials() -> None:
    # means 2 and 1: P(Q > 2) = 2 e^(-2/2) − e^(-2/1)
    assert tail(2.0, np.array([1.0, 0.5]), 2.0) == pytest.approx(2 * np.exp(-1) - np.exp(-2), rel=1e-13)


@pytest.mark.parametrize(
    ("df1", "df2", "x"), [(1, 16, 8.566), (3, 5.5, 0.2), (3, 5, 40.0), (1, 1, 100.0), (10, 30, 1.0), (2.7, 33.3, 1e-4)]
)
def test_ratio_of_two_chi_squares_is_fisher(df1: float, df2: float, x: float) -> None:
    found = tail(0.0, np.array([1.0, -x * df1 / df2]), np.array([df1, df2]))
    assert found == pytest.approx(stats.f.sf(x, df1, df2), rel=1e-12)


def test_many_degrees_of_freedom_below_are_a_chi_square() -> None:
    found = tail(0.0, np.array([1.0, -3.0 / 1e8]), np.array([1.0, 1e8]))
    assert found == pytest.approx(stats.chi2.sf(3.0, 1), rel=1e-7)


def test_small_probabilities_keep_their_digits() -> None:
    assert tail(300.0, ONE, 2.0) == pytest.approx(np.exp(-150.0), rel=1e-12)


def test_weight_of_nothing_adds_nothing() -> None:
    assert tail(3.0, np.array([1.0, 0.0]), 1.0) == tail(3.0, ONE, 1.0)
    assert tail(5.0, np.array([1.0, 1e-9]), 2.0) == pytest.approx(np.exp(-2.5), rel=1e-8)


def test_positive_sum_exceeds_zero_for_sure() -> None:
    assert tail(0.0, ONE) == saddlepoint_tail(-1.0, ONE) == 1.0


@pytest.mark.parametrize("weights", [[0.0], [-1.0], [np.nan], [np.inf]])
def test_sum_without_a_positive_weight_is_refused(weights: list[float]) -> None:
    with pytest.raises(EstimationError, match="one weight above zero"):
        tail(1.0, np.array(weights))


@given(
    st.lists(st.floats(0.05, 20), min_size=1, max_size=6),
    st.floats(0.05, 4),
    st.floats(0.1, 50),
)
def test_scale_of_the_weights_is_that_of_the_value(weights: list[float], times: float, scale: float) -> None:
    delta = np.array(weights)
    x = times * delta.sum()
    assert tail(scale * x, scale * delta) == pytest.approx(tail(x, delta), rel=1e-9, abs=1e-14)


@given(st.lists(st.floats(0.05, 20), min_size=1, max_size=6), st.floats(0.05, 4), st.floats(3, 60))
def test_either_side_of_a_ratio_may_stand_above(weights: list[float], times: float, below: float) -> None:
    # P(Q / Y > x) and P(Y / Q > 1 / x) are of complementary events
    delta = np.array(weights)
    x = times * delta.sum() / below
    df = np.append(np.ones(delta.size), below)
    above = tail(0.0, np.append(delta, -x), df)
    beneath = tail(0.0, np.append(-delta, x), df)
    assert above + beneath == pytest.approx(1.0, abs=1e-11)


def test_probability_falls_as_the_value_grows() -> None:
    found = [tail(x, np.array([3.0, 1.0, 0.2])) for x in np.linspace(0.01, 40, 60)]
    assert (np.diff(found) < 0).all()


def test_saddlepoint_by_hand() -> None:
    # χ²(2): K(z) = −log(1 − 2z), K' = 2 / (1 − 2z) = 6 at z = 1/3; K = log 3, K'' = 4 / (1 − 2z)² = 36
    w, v = np.sqrt(2 * (2 - np.log(3))), 6 / 3
    assert saddlepoint_tail(6.0, ONE, 2.0) == pytest.approx(stats.norm.sf(w + np.log(v / w) / w), rel=1e-12)
    assert saddlepoint_tail(6.0, ONE, 2.0) == pytest.approx(np.exp(-3.0), rel=0.02)


def test_saddlepoint_has_no_value_at_the_mean() -> None:
    assert np.isnan(saddlepoint_tail(3.0, np.array([2.0, 1.0])))
