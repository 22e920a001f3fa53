"""Scores with a part in every unit: their variance is that of the scores made whole, whatever the rule and size."""

from __future__ import annotations

import tracemalloc
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array, csr_array

import childdata as cd
from childdata.survey.design import Stage, make_stages
from childdata.survey.spread import Deviations, Scores, mixture
from childdata.survey.variance import LonelyRule
from childdata.survey.wide import Common, beside

module = import_module("childdata.survey.variance")  # the room's face has a statistic of that name
RULES: list[LonelyRule] = ["certainty", "adjust", "average"]


def stage_of(strata: list[int], fpc: list[float] | None = None) -> Stage:
    sizes = None if fpc is None else np.array(fpc)
    return make_stages(np.array(strata), [np.arange(len(strata))], [sizes], ["psu"])[0]


def whole(block: Scores) -> Scores:
    """The same block with every score written out."""
    dense = block.whole()
    units, rows = dense.shape
    own = csc_array((dense.T.ravel(), np.tile(np.arange(units), rows), np.arange(rows + 1) * units), dense.shape)
    return Scores(block.stage, own, block.rule, block.lonely_domains)


def random_block(seed: int, rule: LonelyRule, rows: int = 3, *, fit: float = 1.0) -> Scores:
    chance = np.random.default_rng(seed)
    strata = [0] * 5 + [1] + [2] * 6
    own = chance.normal(size=(12, rows)) * (chance.random((12, rows)) < 0.4)
    directions: Any = csr_array(chance.normal(size=(12, 2)))
    common = Common.of(directions, fit * chance.normal(size=(2, rows)))
    return Scores(stage_of(strata, [10.0] * 5 + [4.0] + [30.0] * 6), csc_array(own), rule, False, common)


def test_two_units_by_hand() -> None:
    # S = (1, 0), D B = (2, 4) · ½: Z = (2, 2), no variance; with B = −½, (0, −2): 2 · (1 + 1)
    directions: Any = csr_array([[2.0], [4.0]])
    common = Common.of(directions, np.array([[0.5, -0.5]]))
    block = Scores(stage_of([0, 0]), csc_array([[1.0, 1.0], [0.0, 0.0]]), "fail", False, common)
    assert block.variances() == pytest.approx([0, 4], abs=1e-15)
    assert block.covariance()[1, 1] == pytest.approx(4)


@pytest.mark.parametrize("rule", RULES)
@given(seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_variance_and_covariance_are_those_of_the_whole_scores(rule: LonelyRule, seed: int) -> None:
    block = random_block(seed, rule)
    wanted = whole(block)
    np.testing.assert_allclose(block.variances(), wanted.variances(), rtol=1e-12)
    np.testing.assert_allclose(block.covariance(), wanted.covariance(), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(block.deviations().matrix, wanted.deviations().matrix, rtol=1e-12, atol=1e-13)


def test_what_cancels_is_taken_from_the_scores_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    # a residual of one part in a million: of squares it would keep four digits
    chance = np.random.default_rng(3)
    auxiliary = chance.uniform(1, 2, 9)
    rest = 1e-6 * chance.normal(size=9)
    directions: Any = csr_array(auxiliary[:, None])
    own = csc_array(np.column_stack([3 * auxiliary + rest, auxiliary**2, 3 * auxiliary]))
    common = Common.of(directions, np.array([[-3.0, 0.1, -3.0]]))
    for chunk in (100, 6):  # in one slice of the units, and in several
        monkeypatch.setattr(module, "_CHUNK", chunk)
        block = Scores(stage_of([0] * 4 + [1] * 5), own, "fail", False, common)
        wanted = whole(block)
        np.testing.assert_allclose(block.variances()[:2], wanted.variances()[:2], rtol=1e-12)
        np.testing.assert_allclose(block.covariance()[:2, :2], wanted.covariance()[:2, :2], rtol=1e-9, atol=1e-20)
        assert block.variances()[2] == pytest.approx(0, abs=1e-29)


@pytest.mark.parametrize("rule", ["fail", *RULES])
def test_a_combination_is_that_of_the_whole_scores(rule: LonelyRule) -> None:
    block = random_block(11, rule)
    matrix = mixture([(np.array([0, 2]), np.ones(2)), (np.array([1, 1]), -np.ones(2))], (3, 2))
    found = block.combine(matrix)
    assert isinstance(found, Scores)
    np.testing.assert_allclose(found.covariance(), whole(block).combine(matrix).covariance(), rtol=1e-11)


def test_rows_without_a_common_part_keep_the_members_that_they_have() -> None:
    # row 0 has one unit of stratum 1 alone, which a domain makes lonely; row 1 has a part in every unit
    stage = stage_of([0, 0, 1, 1])
    own = csc_array(np.array([[1.0, 0.0], [4.0, 0.0], [3.0, 1.0], [0.0, 0.0]]))
    directions: Any = csr_array(np.array([[1.0], [2.0], [3.0], [5.0]]))
    common = Common(directions, np.array([[0.0, 1.0]]), np.array([False, True]))
    for rule in RULES:
        block = Scores(stage, own, rule, True, common)
        alone = Scores(stage, own[:, [0]], rule, True).variances()
        dense = own.toarray()[:, [1]] + directions.toarray()
        other = Scores(stage, csc_array(dense), rule, True).variances()
        np.testing.assert_allclose(block.variances(), [alone[0], other[0]], rtol=1e-12)
        np.testing.assert_allclose(np.diagonal(block.covariance()), [alone[0], other[0]], rtol=1e-12)
        assert isinstance(block.combine(mixture([(np.array([1]), np.ones(1))], (2, 1))), (Scores, Deviations))


def test_an_unknown_score_makes_its_row_unknown_and_no_other() -> None:
    block = random_block(5, "fail")
    block.scores.data[0] = np.nan
    assert np.isnan(block.variances()).tolist() == [True, False, False]
    matrix = mixture([(np.array([0, 1]), np.ones(2)), (np.array([2, 2]), np.ones(2))], (3, 2))
    assert np.isnan(block.combine(matrix).variances()).tolist() == [True, False]


def test_parts_of_one_call_share_their_directions() -> None:
    shared: Any = csr_array(np.eye(3)[:, :2])
    other: Any = csr_array(np.ones((3, 1)))
    first = [Common.of(shared, np.ones((2, 2)))]
    second = [Common.of(shared, np.full((2, 1), 3.0)), Common.of(other, np.full((1, 1), 5.0))]
    found = beside([first, [], second], [2, 1, 1])
    assert found is not None
    assert found.directions.toarray().tolist() == [[1, 0, 1], [0, 1, 1], [0, 0, 1]]
    assert found.slopes.tolist() == [[1, 1, 0, 3], [1, 1, 0, 3], [0, 0, 0, 5]]
    assert found.wide.tolist() == [True, True, False, True]
    assert beside([[], []], [1, 1]) is None


def test_two_blocks_side_by_side_stay_as_small_as_they_were() -> None:
    a, b = random_block(1, "adjust"), random_block(2, "adjust", 2)
    b = Scores(a.stage, b.scores, b.rule, False, b.common)
    found = a.beside(b)
    assert found is not None
    wanted = np.hstack([whole(a).deviations().matrix, whole(b).deviations().matrix])
    np.testing.assert_allclose(found.covariance(), wanted.T @ wanted, rtol=1e-11, atol=1e-12)
    assert a.beside(whole(b)) is None


def big(rows: int) -> cd.Survey:
    chance = np.random.default_rng(7)
    data = {
        "w": chance.uniform(1, 3, rows), "g": chance.integers(0, 5, rows), "cell": np.arange(rows) % 200,
        "y": chance.normal(10, 2, rows), "h": chance.integers(0, 4, rows),
    }  # fmt: skip
    return cd.poststratify(cd.Survey(data, weight="w", strata="h"), "g", dict.fromkeys(range(5), rows / 2.5))


def test_calibrated_records_in_many_domains_need_memory_like_the_records() -> None:
    rows, domains = 40_000, 200
    survey = big(rows)
    tracemalloc.start()
    found = survey.estimate(cd.mean("y"), by="cell")
    found.covariance()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == domains
    assert peak < rows * domains * 8 / 2  # a number for each record and domain would be 64 MB, and was taken twice


def test_a_calibrated_line_of_the_whole_survey_has_the_scores_written_out() -> None:
    survey = big(600)
    line = cd.relative_line(0.8)
    found = survey.estimate([cd.fgt("y", line), cd.mean("y")], by="h")
    (block,) = found.spread.blocks
    assert isinstance(block, Scores)
    np.testing.assert_allclose(block.variances(), whole(block).variances(), rtol=1e-12)
    np.testing.assert_allclose(block.covariance(), whole(block).covariance(), rtol=1e-10, atol=1e-16)
