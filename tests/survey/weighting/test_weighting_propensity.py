"""The logit of response: score equations, separation, classes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from childdata.errors import EstimationError
from childdata.survey.weighting.propensity import propensities, propensity_classes

rng = np.random.default_rng(8)
X = np.column_stack([np.ones(200), rng.normal(size=200), rng.integers(0, 2, 200)])
R = rng.random(200) < 1 / (1 + np.exp(-0.5 - X[:, 1]))
W = rng.uniform(0.5, 3, 200)


def test_two_groups_by_hand() -> None:
    """With a column for each group the chance is the weighted share that responded: 3 / 4 and 1 / 3."""
    groups = csr_array(np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]]))
    p = propensities(groups, np.array([True, False, True, False]), np.array([3.0, 1.0, 1.0, 2.0]))
    np.testing.assert_allclose(p, [0.75, 0.75, 1 / 3, 1 / 3], rtol=1e-12)


def test_score_equations_are_solved() -> None:
    p = propensities(csr_array(X), R, W)
    np.testing.assert_allclose(X.T @ (W * (R - p)), 0, atol=1e-9)


def test_fit_agrees_with_statsmodels() -> None:
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    fitted = GLM(R.astype(float), X, family=Binomial(), freq_weights=W).fit(tol=1e-14).fittedvalues
    np.testing.assert_allclose(propensities(csr_array(X), R, W), fitted, rtol=1e-9)


def test_collinear_columns_do_no_harm() -> None:
    more = csr_array(np.column_stack([X, 1 - X[:, 2]]))
    np.testing.assert_allclose(propensities(more, R, W), propensities(csr_array(X), R, W), rtol=1e-9)


def test_scale_of_weights_has_no_part() -> None:
    np.testing.assert_allclose(propensities(csr_array(X), R, W * 1e6), propensities(csr_array(X), R, W), rtol=1e-10)


@pytest.mark.parametrize("answer", [X[:, 1] > 0, X[:, 2] == 1, np.ones(200, dtype=bool)], ids=["line", "group", "all"])
def test_separation_is_said(answer: np.ndarray) -> None:
    with pytest.raises(EstimationError, match="separates respondents from nonrespondents"):
        propensities(csr_array(X), answer, W)


def test_classes_are_of_equal_weight_and_in_order() -> None:
    p = rng.random(1000)
    code = propensity_classes(p, np.ones(1000, dtype=bool), np.ones(1000), 5)
    assert np.bincount(code).tolist() == [200] * 5
    assert all(p[code == k].max() < p[code == k + 1].min() for k in range(4))


def test_records_of_one_chance_are_in_one_class() -> None:
    p = np.array([0.2, 0.2, 0.2, 0.2, 0.8])
    code = propensity_classes(p, np.ones(5, dtype=bool), np.ones(5), 5)
    assert code.tolist() == [0, 0, 0, 0, 1]


def test_records_that_do_not_count_are_in_no_class() -> None:
    code = propensity_classes(np.array([0.1, 0.5, 0.9]), np.array([True, False, True]), np.ones(3), 2)
    assert code.tolist() == [0, -1, 1]
