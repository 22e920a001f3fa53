"""Every smooth function against its numeric derivatives, and what it does at the edge of where it is defined."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from childdata.survey.smooth import FUNCTIONS

Floats = NDArray[np.float64]

POINTS: dict[str, tuple[list[float], ...]] = {
    "log": ([0.2, 3.0],),
    "exp": ([-1.0, 2.0],),
    "sqrt": ([0.2, 3.0],),
    "power": ([0.2, 3.0, 3.0], [2.0, -1.5, 0.3]),
    "less": ([1.0, 4.0], [2.0, 3.0]),
    "least": ([1.0, 4.0], [2.0, 3.0]),
    "part": ([1.0, 4.0], [2.0, -3.0]),
    "weighted_log": ([1.0, 4.0], [2.0, 3.0]),
    "powers": ([1.0, 4.0], [2.0, 3.0], [2.0, -0.5]),
    "excess": ([1.0, 4.0], [2.0, 6.0], [3.0, 5.0], [9.0, 20.0]),
    "is_there": ([1.0, 4.0],),
    "tetrachoric": ([0.3, 0.2, 0.7], [0.4, 0.5, 0.6], [0.2, 0.05, 0.5]),
}
CONSTANTS = {"powers": (2,)}  # arguments that no tree differentiates by


def test_every_function_is_looked_at() -> None:
    assert set(POINTS) == set(FUNCTIONS)


@pytest.mark.parametrize("name", POINTS)
def test_derivatives(name: str) -> None:
    arguments = [np.array(one) for one in POINTS[name]]
    value, slopes = FUNCTIONS[name](*arguments)
    assert value.shape == arguments[0].shape
    assert len(slopes) == len(arguments)
    for place, slope in enumerate(slopes):
        if place in CONSTANTS.get(name, ()):
            continue

        def at(step: float, place: int = place) -> Floats:
            moved = [one + step * (k == place) for k, one in enumerate(arguments)]
            result: Floats = FUNCTIONS[name](*moved)[0]
            return result

        numeric = (8 * (at(1e-4) - at(-1e-4)) - (at(2e-4) - at(-2e-4))) / 12e-4
        np.testing.assert_allclose(slope, numeric, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", POINTS)
def test_replicates_by_rows_are_each_by_itself(name: str) -> None:
    """Values come as (R, rows) too, and as one number beside them."""
    arguments = [np.array(one) for one in POINTS[name]]
    flat = FUNCTIONS[name](*arguments)[0]
    square = FUNCTIONS[name](*(np.tile(one, (3, 1)) for one in arguments))[0]
    np.testing.assert_allclose(square, np.tile(flat, (3, 1)), rtol=1e-15)


def test_values_by_hand() -> None:
    def value(name: str, *arguments: float) -> float:
        return float(FUNCTIONS[name](*(np.array([one]) for one in arguments))[0][0])

    assert value("least", 3, 2) == 2
    assert value("part", 3, 2) == 1.5
    assert value("weighted_log", 2, 6) == pytest.approx(2 * np.log(3))
    assert value("powers", 8, 2, 2) == pytest.approx(64 / 2)
    assert value("excess", 3, 4, 5, 10) == pytest.approx((3 - 2) ** 2 / 20)
    assert value("is_there", 0.1) == 1


NOTHING: dict[str, tuple[float, ...]] = {
    "part": (0.0, 0.0),
    "weighted_log": (0.0, 0.0),
    "powers": (0.0, 0.0, 2.0),
    "excess": (0.0, 0.0, 3.0, 9.0),
    "is_there": (0.0,),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_group_without_records_has_no_part_and_no_slope(name: str) -> None:
    value, slopes = FUNCTIONS[name](*(np.array([one]) for one in NOTHING[name]))
    assert value.tolist() == [0]
    assert all(np.isfinite(one).all() for one in slopes)


def normal_both(h: float, k: float, rho: float) -> float:
    """Φ₂(h, k; ρ) = Φ(h)Φ(k) + ∫₀^{arcsin ρ} exp(−(h² + k² − 2hk sin θ)/(2 cos² θ)) dθ / 2π, by Gauss and Legendre."""
    from scipy.special import ndtr

    nodes, weights = np.polynomial.legendre.leggauss(400)
    end = np.arcsin(rho)
    theta = end * (nodes + 1) / 2
    inner = np.exp(-(h**2 + k**2 - 2 * h * k * np.sin(theta)) / (2 * np.cos(theta) ** 2))
    return float(ndtr(h) * ndtr(k) + end / 2 * (weights * inner).sum() / (2 * np.pi))


@pytest.mark.parametrize("rho", [-0.95, -0.6, -0.1, 0.0, 0.3, 0.8, 0.97])
@pytest.mark.parametrize(("h", "k"), [(0.0, 0.0), (0.0, 1.2), (-0.4, 0.0), (0.5, 1.5), (-1.0, -0.3), (-1.1, 0.7)])
def test_tetrachoric_finds_the_correlation_that_made_the_table(h: float, k: float, rho: float) -> None:
    from scipy.special import ndtr

    both = normal_both(h, k, rho)
    cells = (both, ndtr(h) - both, ndtr(k) - both, 1 - ndtr(h) - ndtr(k) + both)
    if min(cells) < 1e-6:
        pytest.skip("a cell of this table is all but empty: it tells of no correlation")
    found = FUNCTIONS["tetrachoric"](*(np.array([float(one)]) for one in (ndtr(h), ndtr(k), both)))[0]
    assert found[0] == pytest.approx(rho, abs=1e-8)


@pytest.mark.parametrize(
    "shares", [(0.3, 0.4, 0.0), (0.3, 0.4, 0.3), (0.7, 0.6, 0.3), (0.0, 0.4, 0.0), (1.0, 0.4, 0.4)]
)
def test_tetrachoric_of_a_table_with_an_empty_cell_is_unknown(shares: tuple[float, float, float]) -> None:
    assert np.isnan(FUNCTIONS["tetrachoric"](*(np.array([one]) for one in shares))[0][0])


@pytest.mark.parametrize("name", ["log", "sqrt"])
def test_outside_of_where_it_is_defined_a_value_is_not_finite(name: str) -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        assert not np.isfinite(FUNCTIONS[name](np.array([-1.0]))[0]).any()


def test_what_rounding_leaves_of_two_equal_means_is_nothing() -> None:
    value, _ = FUNCTIONS["less"](np.array([9.0, 9.0, np.nan]), np.array([9.0 + 4e-15, 9.0 - 1e-6, 1.0]))
    assert value[:2].tolist() == [0, pytest.approx(1e-6, rel=1e-8)]
    assert np.isnan(value[2])
