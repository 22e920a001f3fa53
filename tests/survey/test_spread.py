"""Blocks of scores: rows taken, combined and joined keep the covariance that belongs to them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csc_array

from childdata.errors import EstimationError
from childdata.survey.design import Stage, make_stages
from childdata.survey.spread import Deviations, Gram, Scores, Spread

STAGE = make_stages(np.array([0, 0, 1, 1, 1]), [np.arange(5)], [None], ["psu"])[0]
Z = np.array([[1.0, 2.0, 0.0], [3.0, 8.0, 1.0], [0.0, 1.0, 0.0], [2.0, 0.0, 0.0], [1.0, 5.0, 4.0]])


def block(scores: np.ndarray = Z, stage: Stage = STAGE) -> Scores:
    return Scores(stage, csc_array(scores), "fail", False)


def forms() -> list[Spread]:
    return [Spread((block(),)), Spread((block().deviations(),)), Spread((Gram(STAGE, block().covariance()),))]


def test_variances_by_hand() -> None:
    # row 1: (1, 3) gives 2·(1 + 1) = 4; (0, 2, 1) gives 3/2·(1 + 1 + 0) = 3
    assert Spread((block(),)).variances()[0] == pytest.approx(7)


@pytest.mark.parametrize("spread", forms(), ids=["scores", "deviations", "gram"])
def test_each_form_of_a_block_gives_the_same_covariance(spread: Spread) -> None:
    wanted = block().covariance()
    np.testing.assert_allclose(spread.covariance(), wanted, rtol=1e-12)
    np.testing.assert_allclose(spread.variances(), np.diag(wanted), rtol=1e-12)
    assert spread.blocks[0].rows == 3


@pytest.mark.parametrize("spread", forms(), ids=["scores", "deviations", "gram"])
def test_rows_are_taken_in_any_order(spread: Spread) -> None:
    rows = np.array([2, 0])
    np.testing.assert_allclose(spread.take(rows).covariance(), block().covariance()[np.ix_(rows, rows)], rtol=1e-12)


@pytest.mark.parametrize("spread", forms(), ids=["scores", "deviations", "gram"])
def test_combinations_have_the_covariance_of_the_delta_method(spread: Spread) -> None:
    matrix = np.array([[1.0, 0.5], [-1.0, 0.0], [0.0, 2.0]])
    wanted = matrix.T @ block().covariance() @ matrix
    np.testing.assert_allclose(spread.combine(csc_array(matrix)).covariance(), wanted, rtol=1e-12)
    again = spread.combine(csc_array(matrix)).combine(csc_array([[1.0], [1.0]]))
    np.testing.assert_allclose(again.variances(), [wanted.sum()], rtol=1e-12)


def test_blocks_of_several_stages_add_up() -> None:
    spread = Spread((block(), block(2 * Z)))
    np.testing.assert_allclose(spread.covariance(), 5 * block().covariance(), rtol=1e-12)
    np.testing.assert_allclose(spread.variances(), 5 * np.diag(block().covariance()), rtol=1e-12)


def test_two_calls_on_one_survey_keep_the_covariance_between_them() -> None:
    joined = Spread((block(Z[:, :2]),)).joined(Spread((block(Z[:, 2:]),)))
    np.testing.assert_allclose(joined.covariance(), block().covariance(), rtol=1e-12)
    mixed = Spread((block(Z[:, :2]).deviations(),)).joined(Spread((block(Z[:, 2:]),)))
    np.testing.assert_allclose(mixed.covariance(), block().covariance(), rtol=1e-12)


def test_two_surveys_are_not_joined() -> None:
    other = make_stages(np.array([0, 0, 1, 1, 1]), [np.arange(5)], [None], ["psu"])[0]
    with pytest.raises(EstimationError, match="joined only if they come from one survey object"):
        Spread((block(),)).joined(Spread((block(stage=other),)))
    with pytest.raises(EstimationError, match="one survey object"):
        Spread((block(),)).joined(Spread((block(), block())))


def test_without_scores_two_calls_are_not_joined_and_the_message_says_how() -> None:
    gram = Spread((Gram(STAGE, block().covariance()),))
    with pytest.raises(EstimationError, match=r'more than 100,000 sampling units .* keep="scores"'):
        gram.joined(Spread((block(),)))


@pytest.mark.parametrize("kind", ["scores", "deviations", "gram"])
def test_rows_without_a_variance_leave_the_others_alone(kind: str) -> None:
    scores = Z.copy()
    scores[0, 1] = np.nan
    one = block(scores)
    form = {"scores": one, "deviations": one.deviations(), "gram": Gram(STAGE, one.covariance())}[kind]
    found = Spread((form,)).combine(csc_array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])).variances()
    matrix = block().covariance()
    assert found[0] == pytest.approx(matrix[0, 0] + matrix[2, 2] - 2 * matrix[0, 2])
    assert np.isnan(found[1])


def test_deviations_are_of_one_stage() -> None:
    found = block().deviations()
    assert isinstance(found, Deviations)
    assert found.stage is STAGE
    assert found.matrix.shape == (5, 3)
