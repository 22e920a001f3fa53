"""Residuals, and several steps of weighting as one projection."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import childdata as cd
from childdata.survey.adjustment import Adjustment, after_step, inverse, projection, scaled
from childdata.survey.weighting.calibrate import calibrate
from childdata.survey.weighting.poststratify import poststratify

rng = np.random.default_rng(11)
X = csr_array(np.column_stack([np.ones(12), rng.normal(size=12), np.repeat([0.0, 1.0], 6)]))
W = rng.uniform(0.5, 3, 12)
Z = rng.normal(size=(12, 2))


def test_residuals_by_hand_from_the_weighted_mean() -> None:
    # weights 1, 1, 2 of values 1, 3, 4: mean (1 + 3 + 8) / 4 = 3
    step = Adjustment(csr_array(np.ones((3, 1))), np.array([1.0, 1.0, 2.0]))
    assert step.residuals(np.array([[1.0], [3.0], [4.0]])).ravel().tolist() == [-2.0, 0.0, 1.0]


def test_residuals_are_orthogonal_to_the_auxiliaries() -> None:
    left = Adjustment(X, W).residuals(Z)
    np.testing.assert_allclose(X.T @ (W[:, None] * left), 0, atol=1e-13)


def test_residuals_of_an_auxiliary_are_zero() -> None:
    np.testing.assert_allclose(Adjustment(X, W).residuals(X.toarray()), 0, atol=1e-13)


def test_collinear_auxiliaries_leave_the_same_residuals() -> None:
    doubled = csr_array(np.column_stack([X.toarray(), 1 - X.toarray()[:, 2], 7 * X.toarray()[:, 1]]))
    np.testing.assert_allclose(Adjustment(doubled, W).residuals(Z), Adjustment(X, W).residuals(Z), atol=1e-12)


def test_units_of_measurement_have_no_part_in_residuals() -> None:
    other = csr_array(X.toarray() * np.array([1e-9, 1e12, 1.0]))
    np.testing.assert_allclose(Adjustment(other, W).residuals(Z), Adjustment(X, W).residuals(Z), atol=1e-12)


def test_inverse_of_indicators_stays_sparse_and_knows_empty_cells() -> None:
    cells = csr_array(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    found = inverse(cells.T @ scaled(cells, np.array([4.0, 0.5])))
    assert not isinstance(found, np.ndarray)
    np.testing.assert_allclose(found.toarray(), np.diag([0.25, 2, 0]), rtol=1e-15)


def test_one_step_scores_are_weight_times_residual() -> None:
    new = W * rng.uniform(0.5, 2, 12)
    step = after_step(X, W, new)
    np.testing.assert_allclose(
        projection([step], new).scores(Z, new), new[:, None] * step.residuals(Z), rtol=1e-11, atol=1e-12
    )


def test_a_bare_adjustment_takes_the_weight_of_the_design() -> None:
    new = W * 2
    bare, full = Adjustment(X, W), after_step(X, W, new)
    np.testing.assert_allclose(
        projection([bare], new).scores(Z, new), projection([full], new).scores(Z, new), rtol=1e-12
    )


def test_steps_follow_one_another_from_the_latest() -> None:
    groups = csr_array(np.eye(3)[rng.integers(0, 3, 12)])
    first, second = W * rng.uniform(0.5, 2, 12), W * rng.uniform(0.5, 2, 12)
    steps = [after_step(groups, W, first), after_step(X, first, second), after_step(groups, second, second, sample=W)]
    scores = second[:, None] * Z
    for step in reversed(steps):
        assert step.drawn is not None
        assert step.moved is not None
        slopes = step.inverse() @ (step.matrix.T @ (step.drawn[:, None] * scores))
        scores = scores - step.moved[:, None] * (step.matrix @ slopes)
    np.testing.assert_allclose(projection(steps, second).scores(Z, second), scores, rtol=1e-11, atol=1e-12)


def test_score_is_the_derivative_of_the_total_under_two_steps_of_weighting() -> None:
    """Post-stratified, then calibrated linearly: exact for both, hence so for the two of them."""
    frame = pd.DataFrame(
        {
            "g": rng.integers(0, 3, 40),
            "x": rng.uniform(1, 5, 40),
            "y": rng.uniform(0, 9, 40),
            "w": rng.uniform(1, 2, 40),
        }
    )

    def weighted(w: np.ndarray) -> cd.Survey:
        first = poststratify(cd.Survey(frame.assign(w=w), weight="w"), "g", {0: 20, 1: 30, 2: 15})
        return calibrate(first, {"1": 66, "x": 190})

    w = frame["w"].to_numpy()
    made = weighted(w)
    z = frame[["y"]].to_numpy()
    scores = projection(made.design.adjustments, made.design.weight).scores(z, made.design.weight).ravel()
    for k in (0, 7, 23):
        step = np.zeros(40)
        step[k] = 1e-5 * w[k]
        up, down = (float(weighted(w + sign * step).design.weight @ frame["y"]) for sign in (1, -1))
        assert scores[k] == pytest.approx((up - down) / 2e-5, rel=1e-7, abs=1e-7)
