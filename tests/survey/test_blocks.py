"""From scores to the blocks of a spread: stages, strata of one unit, and what calibration leaves of a score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

import childdata as cd
from childdata.errors import DesignError
from childdata.survey.adjustment import projection
from childdata.survey.blocks import Residuals, blocks_of
from childdata.survey.design import Design
from childdata.survey.reduce import Triplets
from childdata.survey.spread import Scores, Spread
from childdata.survey.wide import Common

# two of four PSUs, in each two of three homes
STAGED: dict[str, Any] = {"p": [1, 1, 2, 2], "s": [1, 2, 1, 2], "N": [4] * 4, "M": [3] * 4}
Z = np.array([3.0, 9.0, 6.0, 18.0])


def staged(fpc: list[str]) -> Design:
    return cd.Survey(STAGED, weight=3, psu=["p", "s"], fpc=fpc or None).design


def one_row(design: Design, value: np.ndarray) -> Triplets:
    return Triplets(design.stages[-1].unit, np.zeros(value.size, dtype=np.intp), value, distinct=False)


def spread_of(design: Design, value: np.ndarray, **options: Any) -> Spread:
    made: dict[str, Any] = {"lonely": "fail", "lonely_domains": False} | options
    return blocks_of(one_row(design, value), 1, design, made["lonely"], made["lonely_domains"])


def test_scores_of_homes_make_a_block_for_each_stage_by_hand() -> None:
    found = spread_of(staged(["N", "M"]), Z)
    # PSUs 12 and 24 about 18: (1 − ½) · 2 · 72; homes ±3 and ±6: ½ · (1 − ⅔) · 2 · (18 + 72)
    assert [block.variances().item() for block in found.blocks] == pytest.approx([72, 30], rel=1e-15)
    assert found.variances().item() == pytest.approx(102, rel=1e-15)


def test_a_stage_that_is_drawn_with_replacement_ends_the_stages() -> None:
    found = spread_of(staged([]), np.array([3.0, 9.0, 6.0, 18.0]))
    assert [block.variances().item() for block in found.blocks] == pytest.approx([2 * 72], rel=1e-15)


def test_a_stage_that_was_taken_whole_makes_no_block_unless_it_is_the_first() -> None:
    whole = cd.Survey(STAGED | {"M": [2] * 4}, psu=["p", "s"], fpc=["N", "M"]).design
    assert len(spread_of(whole, Z).blocks) == 1
    census = cd.Survey(STAGED | {"N": [2] * 4, "M": [2] * 4}, psu=["p", "s"], fpc=["N", "M"]).design
    found = spread_of(census, Z)
    assert len(found.blocks) == 1
    assert found.variances().item() == 0


def test_blocks_of_one_survey_share_their_stages() -> None:
    design = staged(["N", "M"])
    blocks = [spread_of(design, Z).blocks for _ in range(2)]
    for first, second, stage in zip(*blocks, design.stages, strict=True):
        assert isinstance(first, Scores)
        assert first.stage is second.stage is stage


LONELY: dict[str, Any] = {"h": ["n", "n", "s"], "p": [1, 2, 7]}


def test_a_lonely_stratum_is_refused_only_where_a_score_lies_in_it() -> None:
    design = cd.Survey(LONELY, strata="h", psu="p").design
    with pytest.raises(DesignError, match=r"stratum s has one PSU \(psu 7\)"):
        spread_of(design, np.array([1.0, 2.0, 3.0]))
    elsewhere = Triplets(np.array([0, 1]), np.zeros(2, dtype=np.intp), np.array([1.0, 3.0]), distinct=True)
    assert blocks_of(elsewhere, 1, design, "fail", False).variances().item() == pytest.approx(2 * (1 + 1))
    # a score of zero is a member too
    with pytest.raises(DesignError, match="stratum s"):
        spread_of(design, np.array([1.0, 2.0, 0.0]))


def test_without_psus_there_is_no_number_to_name() -> None:
    with pytest.raises(DesignError, match=r"^stratum s has one PSU, which gives no variance"):
        spread_of(cd.Survey(LONELY, strata="h").design, np.array([1.0, 2.0, 3.0]))


def test_a_single_unit_of_a_later_stage_is_refused_with_its_stage() -> None:
    design = cd.Survey(STAGED | {"s": [1, 2, 1, 1]}, weight=3, psu=["p", "s"], fpc=["N", "M"]).design
    with pytest.raises(DesignError, match="at stage 2, 1 units of the stage above have one sampled unit"):
        spread_of(design, Z)
    certain = spread_of(design, Z, lonely="certainty")
    assert [block.variances().item() for block in certain.blocks] == pytest.approx([72, 6], rel=1e-15)


def calibrated() -> Design:
    data = {"y": [1.0, 2.0, 4.0, 7.0], "g": ["a", "a", "b", "b"], "p": [1, 2, 2, 3]}
    return cd.poststratify(cd.Survey(data, psu="p"), "g", {"a": 6, "b": 4}).design


def whole(design: Design, own: Triplets, common: Common, rows: int) -> np.ndarray:
    return own.matrix(design.stages[-1].stratum.size, rows).toarray() + common.whole()


def entries_of(design: Design, row: np.ndarray, record: np.ndarray, weighted: np.ndarray, rows: int) -> np.ndarray:
    own = Triplets(design.stages[-1].unit[record], row, weighted, distinct=False)
    return whole(design, own, Residuals(design).of_entries(row, record, weighted, rows), rows)


def test_scores_of_a_post_stratified_total_are_residuals_by_hand() -> None:
    design = calibrated()
    y = np.array([1.0, 2.0, 4.0, 7.0])
    found = entries_of(design, np.zeros(4, dtype=np.intp), np.arange(4), design.weight * y, 1)
    # weights 3 and 2, means 1.5 and 5.5: 3 · (∓½), 2 · (∓1½); PSU 2 has 1.5 − 3
    assert found.ravel() == pytest.approx([-1.5, 1.5 - 3, 3])


def test_a_domain_has_scores_in_every_unit() -> None:
    # the domain is record 1, its mean in post-stratum a is ½: 3 · (½, −½), nothing in b
    design = calibrated()
    found = entries_of(design, np.zeros(1, dtype=np.intp), np.array([0]), design.weight[:1] * 1.0, 1)
    assert found.ravel() == pytest.approx([1.5, -1.5, 0], abs=1e-15)


def test_a_record_may_have_a_part_in_several_rows() -> None:
    design = calibrated()
    y = np.array([1.0, 2.0, 4.0, 7.0])
    record, row = np.tile(np.arange(4), 2), np.repeat(np.arange(2), 4)
    dense = entries_of(design, row, record, np.concatenate([design.weight * y, design.weight]), 2)
    assert dense[:, 0] == pytest.approx([-1.5, -1.5, 3])
    assert dense[:, 1] == pytest.approx([0, 0, 0], abs=1e-14)  # the count is known


def twice_calibrated(psu: np.ndarray | None) -> Design:
    chance = np.random.default_rng(4)
    n = 60
    data: dict[str, Any] = {"x": chance.uniform(1, 3, n), "g": chance.integers(0, 3, n), "h": np.arange(n) // 20}
    survey = cd.Survey(
        data | {"w": chance.uniform(1, 2, n)} | ({} if psu is None else {"p": psu}),
        weight="w", strata="h", psu=None if psu is None else "p",
    )  # fmt: skip
    return cd.calibrate(cd.poststratify(survey, "g", {0: 30, 1: 35, 2: 25}), {"1": 90, "x": 190}).design


@pytest.mark.parametrize("psu", [None, np.arange(60) // 4], ids=["records", "PSUs"])
def test_scores_are_the_projection_summed_by_unit(psu: np.ndarray | None) -> None:
    made = twice_calibrated(psu)
    values = np.random.default_rng(5).normal(size=(60, 2))
    row, record = np.repeat(np.arange(2), 60), np.tile(np.arange(60), 2)
    found = entries_of(made, row, record, (made.weight[:, None] * values).T.ravel(), 2)
    summing: Any = csr_array((np.ones(60), (made.stages[0].unit, np.arange(60))))
    wanted = summing @ projection(made.adjustments, made.weight).scores(values, made.weight)
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12)


def test_a_variance_and_a_covariance_are_those_of_the_whole_scores() -> None:
    made = twice_calibrated(None)
    values = np.random.default_rng(5).normal(size=(60, 3))
    values[:, 2] = 1.0  # a total that the calibration knows
    row, record = np.repeat(np.arange(3), 60), np.tile(np.arange(60), 3)
    weighted = (made.weight[:, None] * values).T.ravel()
    own = Triplets(made.stages[0].unit[record], row, weighted, distinct=False)
    common = Residuals(made).of_entries(row, record, weighted, 3)
    found = blocks_of(own, 3, made, "fail", False, common=common)
    dense = whole(made, own, common, 3)
    unit, column = np.divmod(np.arange(180), 3)
    wanted = blocks_of(Triplets(unit, column, dense.ravel(), distinct=True), 3, made, "fail", False)
    np.testing.assert_allclose(found.variances(), wanted.variances(), rtol=1e-12, atol=1e-26)
    np.testing.assert_allclose(found.covariance(), wanted.covariance(), rtol=1e-11, atol=1e-14)


def test_a_common_part_is_summed_over_the_stages() -> None:
    design = staged(["N", "M"])
    directions: Any = csr_array([[1.0, 0.0], [0.0, 2.0], [1.0, 0.0], [0.0, 2.0]])
    common = Common.of(directions, np.array([[1.0], [-2.0]]))
    none = Triplets(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0), distinct=True)
    found = blocks_of(none, 1, design, "fail", False, common=common)
    same = spread_of(design, np.array([1.0, -4.0, 1.0, -4.0]))
    assert [one.variances().item() for one in found.blocks] == [one.variances().item() for one in same.blocks]


def test_a_common_part_lies_in_a_lonely_stratum_too() -> None:
    design = cd.Survey(LONELY, strata="h", psu="p").design
    elsewhere = Triplets(np.array([0, 1]), np.zeros(2, dtype=np.intp), np.array([1.0, 3.0]), distinct=True)
    directions: Any = csr_array(np.ones((3, 1)))
    with pytest.raises(DesignError, match="stratum s"):
        blocks_of(elsewhere, 1, design, "fail", False, common=Common.of(directions, np.zeros((1, 1))))
