"""A quadratic form of scores: sums of groups, products of patterns, unknown rows, variances below zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csc_array

from childdata.errors import EstimationError
from childdata.survey.quadratic import Groups, Quadratic, QuadraticForm, of_groups, of_matrix


def centred(units: int) -> QuadraticForm:
    """Squares about the mean: Σ z² − (Σ z)² / n."""
    each, all_ = np.arange(units), np.zeros(units, dtype=np.intp)
    return of_groups([Groups(each, np.ones(units)), Groups(all_, np.array([-1 / units]))], units)


def test_squares_about_the_mean_are_a_form_of_two_patterns() -> None:
    # z = 1, 2, 6: mean 3, squares 4 + 1 + 9 = 14
    assert centred(3).variances(csc_array([[1.0], [2.0], [6.0]])).tolist() == pytest.approx([14.0])


def test_horvitz_thompson_variance_may_be_negative_and_is_handed_on() -> None:
    # Q = [[1, -3], [-3, 1]], z = (1, 1): 1 + 1 - 6 = -4
    form = of_matrix(np.array([[1.0, -3.0], [-3.0, 1.0]]))
    assert form.variances(csc_array([[1.0], [1.0]])).tolist() == [-4.0]
    assert Quadratic(form, csc_array([[1.0], [1.0]])).covariance().tolist() == [[-4.0]]


def test_what_only_rounding_can_have_made_is_zero() -> None:
    constant = csc_array(np.full((7, 1), 0.1))
    assert centred(7).variances(constant).tolist() == [0.0]
    assert centred(7).covariance(constant).tolist() == [[0.0]]


def test_matrix_that_is_not_symmetric_counts_by_its_symmetric_part() -> None:
    form = of_matrix(np.array([[1.0, 4.0], [0.0, 1.0]]))
    assert form.variances(csc_array([[1.0], [1.0]])).tolist() == [6.0]


def test_product_of_two_patterns_is_the_pattern_of_pairs_that_share_both() -> None:
    households = Groups(np.array([0, 0, 1, 1]), np.array([2.0, 3.0]))
    sexes = Groups(np.array([0, 1, 0, 1]), np.array([5.0, 7.0]))
    z = csc_array([[1.0], [2.0], [3.0], [4.0]])
    # no two records share household and sex: 2·5·1 + 2·7·4 + 3·5·9 + 3·7·16
    assert of_groups([households & sexes], 4).variances(z).tolist() == [10 + 56 + 135 + 336]


def test_unit_outside_a_pattern_has_no_part_in_it_nor_in_a_product() -> None:
    some = Groups(np.array([0, -1, 0]), np.array([1.0]))
    everyone = Groups(np.zeros(3, dtype=np.intp), np.array([1.0]))
    z = csc_array([[1.0], [100.0], [2.0]])
    assert of_groups([some], 3).variances(z).tolist() == [9.0]
    assert of_groups([some & everyone], 3).variances(z).tolist() == [9.0]
    assert of_groups([-some], 3).variances(z).tolist() == [-9.0]


def test_groups_without_a_coefficient_cost_nothing() -> None:
    form = of_groups([Groups(np.arange(5), np.zeros(5)), Groups(np.zeros(5, dtype=np.intp), np.ones(1))], 5)
    assert form.sums.shape == (1, 5)
    assert of_groups([], 5).variances(csc_array(np.ones((5, 2)))).tolist() == [0.0, 0.0]


@given(st.integers(0, 2**32 - 1))
def test_form_is_the_same_as_its_matrix(seed: int) -> None:
    chance = np.random.default_rng(seed)
    units, rows = int(chance.integers(1, 9)), int(chance.integers(1, 5))
    parts, dense = [], np.zeros((units, units))
    for _ in range(int(chance.integers(1, 4))):
        group, coefficient = chance.integers(-1, 3, units), chance.normal(size=3)
        parts.append(Groups(group, coefficient))
        same = (group[:, None] == group) & (group >= 0)
        dense += same * np.where(group >= 0, coefficient[group], 0)[:, None]
    z = np.where(chance.random((units, rows)) < 0.5, chance.normal(size=(units, rows)), 0)
    form = of_groups(parts, units)
    np.testing.assert_allclose(form.covariance(csc_array(z)), z.T @ dense @ z, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(form.variances(csc_array(z)), np.diag(z.T @ dense @ z), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(of_matrix(dense).covariance(csc_array(z)), z.T @ dense @ z, rtol=1e-9, atol=1e-10)


def block(columns: list[list[float]]) -> Quadratic:
    return Quadratic(centred(len(columns[0])), csc_array(np.array(columns).T))


def test_combination_of_rows_has_the_covariance_of_the_combination() -> None:
    found = block([[1.0, 2.0, 6.0], [0.0, 5.0, 1.0]])
    difference = found.combine(csc_array([[1.0], [-1.0]]))
    covariance = found.covariance()
    assert difference.variances()[0] == pytest.approx(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])


def test_unknown_row_stays_unknown_and_spoils_only_what_it_is_part_of() -> None:
    found = block([[1.0, 2.0, 6.0], [0.0, np.nan, 1.0], [1.0, 1.0, 4.0]])
    assert np.isnan(found.variances()).tolist() == [False, True, False]
    assert np.isnan(found.covariance()).tolist() == [[False, True, False], [True] * 3, [False, True, False]]
    made = found.combine(csc_array([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]))
    assert np.isnan(made.variances()).tolist() == [False, True]
    assert made.variances()[0] == pytest.approx(block([[2.0, 3.0, 10.0]]).variances()[0])


def test_rows_are_taken_and_set_side_by_side() -> None:
    found = block([[1.0, 2.0, 6.0], [0.0, 5.0, 1.0]])
    again = found.take(np.array([1])).beside(found.take(np.array([0])))
    np.testing.assert_allclose(again.covariance(), found.covariance()[::-1, ::-1], rtol=1e-14)
    assert (found.rows, again.stage is found.form) == (2, True)


def test_blocks_of_two_designs_are_not_set_side_by_side() -> None:
    with pytest.raises(EstimationError, match="from one survey object"):
        block([[1.0, 2.0]]).beside(block([[1.0, 2.0]]))
