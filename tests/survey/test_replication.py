"""Replicate weights made from strata and PSUs: jackknives by hand, their algebra, lonely PSUs, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import childdata as cd
from childdata.errors import DesignError
from childdata.survey.replicate_kinds import BRR, JK1, JK2, SDR, Bootstrap, Fay, JKn, ReplicateKind
from childdata.survey.replicates import Replicates
from childdata.survey.replication import make_replicates


def survey(psus: list[int], **options: Any) -> cd.Survey:
    """One record per PSU, strata of the given sizes."""
    stratum = np.repeat([f"s{h}" for h in range(len(psus))], psus)
    data = {"stratum": stratum, "psu": np.arange(stratum.size), "y": np.arange(stratum.size) ** 2 + 1.0}
    return cd.Survey(data | options.pop("columns", {}), strata="stratum", psu="psu", **options)


def spread_of_totals(found: Replicates, values: np.ndarray, base: np.ndarray) -> np.ndarray:
    """The covariance of totals of the columns of `values` by the replicates."""
    apart = found.deviations(found.weights().T @ values, base @ values)
    result: np.ndarray = apart.T @ apart
    return result


def test_leaving_one_psu_out_by_hand() -> None:
    # four PSUs of eight: the others count 4/3, V = (1 - 4/8)(3/4) Σ(θ_r - mean)²
    found = make_replicates(survey([4], fpc=8).design, JK1())
    assert found.factor == pytest.approx(4 / 3 * (1 - np.eye(4)))
    assert found.scale == pytest.approx(0.375)
    assert found.rscales.tolist() == [1, 1, 1, 1]
    assert found.degrees_of_freedom == 3
    assert not found.mse


def test_leaving_one_psu_of_one_stratum_out_by_hand() -> None:
    # strata of 2 and 3 PSUs, of populations 4 and 6: rscales (1 - 2/4)/2 and (1 - 3/6)·2/3
    found = make_replicates(survey([2, 3], columns={"N": [4, 4, 6, 6, 6]}, fpc="N").design, JKn())
    assert found.factor.tolist() == [
        [0, 2, 1, 1, 1],
        [2, 0, 1, 1, 1],
        [1, 1, 0, 1.5, 1.5],
        [1, 1, 1.5, 0, 1.5],
        [1, 1, 1.5, 1.5, 0],
    ]
    assert found.scale == 1
    assert found.rscales == pytest.approx(np.array([1 / 4, 1 / 4, 1 / 3, 1 / 3, 1 / 3]))
    assert found.degrees_of_freedom == 3


def test_one_of_each_pair_left_out_by_hand() -> None:
    found = make_replicates(survey([2, 2], columns={"N": [8, 8, 4, 4]}, fpc="N").design, JK2())
    assert found.factor.tolist() == [[2, 1], [0, 1], [1, 2], [1, 0]]
    assert found.scale == 1
    assert found.rscales == pytest.approx(np.array([3 / 4, 1 / 2]))
    assert found.degrees_of_freedom == 2
    assert found.mse


def test_which_of_a_pair_is_left_out_is_drawn_with_a_seed() -> None:
    design = survey([2] * 40).design
    drawn = [make_replicates(design, JK2(seed=seed)).factor for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert {tuple(drawn[0][2 * h : 2 * h + 2, h]) for h in range(40)} == {(2, 0), (0, 2)}


EXACT: dict[str, tuple[ReplicateKind, list[int], bool]] = {
    "JK1": (JK1(), [9], True),
    "JK1 about the estimate": (JK1(centre="estimate"), [9], False),
    "JKn": (JKn(), [2, 5, 3], False),
    "JKn with fpc": (JKn(), [2, 5, 3], True),
    "JK2": (JK2(), [2] * 6, False),
    "JK2 with fpc": (JK2(seed=5), [2] * 5, True),
    "BRR": (BRR(), [2] * 5, False),
    "BRR of forty": (BRR(40), [2] * 5, False),
    "Fay": (Fay(rho=0.3), [2] * 12, False),
    "SDR of pairs": (SDR(), [2] * 12, False),
    "SDR of pairs with fpc": (SDR(32, centre="mean"), [2] * 5, True),
}


@pytest.mark.parametrize("name", list(EXACT))
def test_variance_of_totals_is_exactly_that_of_the_linearised_estimator(name: str) -> None:
    kind, psus, finite = EXACT[name]
    chance = np.random.default_rng(11)
    strata = np.array(psus)
    n = int(strata.sum())
    columns = {"y": chance.normal(5, 3, n), "x": chance.normal(1, 2, n), "w": chance.uniform(1, 4, n)}
    columns["N"] = np.repeat(strata + chance.integers(1, 9, strata.size), strata).astype(float)
    linearised = survey(psus, columns=columns, weight="w", fpc="N" if finite else None)
    wanted = linearised.estimate([cd.total("y"), cd.total("x")]).covariance().to_numpy()
    found = linearised.with_replicates(kind).estimate([cd.total("y"), cd.total("x")])
    assert found.covariance().to_numpy() == pytest.approx(wanted, rel=1e-11)
    assert found.to_frame()["df"].tolist() == [n - strata.size] * 2 or name.startswith("SDR")


@given(st.lists(st.integers(2, 6), min_size=1, max_size=5), st.integers(0, 1000))
def test_the_jackknife_of_a_mean_does_not_depend_on_units_of_weight_and_answer(psus: list[int], seed: int) -> None:
    chance = np.random.default_rng(seed)
    n = sum(psus)
    y, w = chance.normal(5, 1, n), chance.uniform(1, 4, n)
    errors = [
        survey(psus, columns={"y": scale * y, "w": unit * w}, weight="w")
        .with_replicates(JKn())
        .estimate(cd.mean("y"))
        .to_frame()["se"]
        .item()
        / scale
        for scale, unit in ((1.0, 1.0), (1.0, 250.0), (100.0, 1.0))
    ]
    assert errors == pytest.approx([errors[0]] * 3, rel=1e-9)


def test_psus_are_resampled_whole_and_the_order_of_records_has_no_part(sample: pd.DataFrame) -> None:
    def errors(data: pd.DataFrame) -> list[float]:
        declared = cd.Survey(data, weight="w", strata="stratum", psu="psu").with_replicates(JKn())
        assert declared.design.replicates is not None
        assert declared.design.replicates.factor.shape == (30, 30)
        return declared.estimate([cd.mean("income"), cd.ratio("food", "income")], by="sex").to_frame()["se"].tolist()

    assert errors(sample) == pytest.approx(errors(sample.sample(frac=1, random_state=3)), rel=1e-12)


def test_degrees_of_freedom_are_the_rank_of_the_weights_less_one() -> None:
    columns = {"N": [2, 2, 9, 9, 9, 9, 8, 8, 8], "w": [1, 1, 1, 1, 1, 0, 2, 2, 1]}
    design = survey([2, 4, 3], columns=columns, weight="w", fpc="N").design
    for kind in (JKn(), Bootstrap(200, seed=1)):
        found = make_replicates(design, kind)
        assert found.degrees_of_freedom == np.linalg.matrix_rank(found.weights()) - 1 == 3 + 2
    assert make_replicates(design, JKn(df=7)).degrees_of_freedom == 7
    # without a PSU of weight zero, PSUs - strata of those that are resampled
    assert make_replicates(survey([2, 4, 3]).design, JKn()).degrees_of_freedom == 9 - 3


@pytest.mark.parametrize("kind", [JKn(), JK2(), BRR(), Fay(), Bootstrap(20, seed=1), SDR(8)])
def test_strata_taken_whole_have_factor_one(kind: ReplicateKind) -> None:
    design = survey([3, 2, 1], columns={"N": [3, 3, 3, 7, 7, 1]}, fpc="N").design
    found = make_replicates(design, kind)
    assert (found.factor[[0, 1, 2, 5]] == 1).all()
    assert (found.factor[3] != found.factor[4]).any()
    assert "strata taken whole: 2, with factor 1 in every replicate" in found.notes


@pytest.mark.parametrize("kind", [JKn(), JK2(), BRR(), Fay(), Bootstrap(20, seed=1), SDR(8)])
def test_a_lonely_psu_is_refused_has_factor_one_or_the_average_of_the_other_strata(kind: ReplicateKind) -> None:
    design = survey([2, 1, 2]).design
    with pytest.raises(DesignError, match=r"1 strata have one PSU: s1, which gives no variance; choose lonely_psu="):
        make_replicates(design, kind)
    certain = make_replicates(design, kind, lonely="certainty")
    assert (certain.factor[2] == 1).all()
    average = make_replicates(design, kind, lonely="average")
    assert average.scale == pytest.approx(certain.scale * 3 / 2)
    assert "strata with one PSU: 1, treated by the rule 'average'" in average.notes


def test_a_lonely_psu_about_the_mean_of_the_strata_by_hand() -> None:
    # z = 1 | 3, 5 in two strata, one replicate without the first: the others twice, θ = 16, T = 9, V += 1/2 · 7²
    declared = survey([1, 2], columns={"y": [1.0, 3.0, 5.0]})
    found = make_replicates(declared.design, JKn(centre="estimate"), lonely="adjust")
    assert found.factor.tolist() == [[1, 1, 0], [0, 2, 2], [2, 0, 2]]
    assert found.rscales.tolist() == [0.5, 0.5, 0.5]
    # (θ - T)² = (13 - 9)... of the pair: T without 3 is 11, without 5 is 7
    variance = spread_of_totals(found, np.array([[1.0], [3.0], [5.0]]), np.ones(3)).item()
    assert variance == pytest.approx(0.5 * (2**2 + 2**2 + 7**2))
    with pytest.raises(DesignError, match="'adjust' is for JKn: under Bootstrap choose"):
        make_replicates(declared.design, Bootstrap(10, seed=1), lonely="adjust")


def test_the_survey_hands_its_lonely_rule_on() -> None:
    declared = survey([2, 1, 2], lonely_psu="certainty").with_replicates(JKn())
    assert declared.design.replicates is not None
    assert declared.design.replicates.size == 4
    assert "strata with one PSU: 1, treated by the rule 'certainty'" in declared.estimate(cd.mean("y")).notes


def test_only_the_first_stage_is_resampled_and_the_notes_say_what_is_lost() -> None:
    data = {"psu": np.repeat([1, 2, 3], 4), "hh": np.tile([1, 1, 2, 2], 3), "y": np.arange(12.0)}
    one = make_replicates(cd.Survey(data, psu=["psu", "hh"], fpc=[10, 9]).design, JKn())
    assert one.factor.shape == (3, 3)
    assert one.notes == ("replicates are made of the PSUs of the first stage: the fpc of later stages adds nothing",)
    assert make_replicates(cd.Survey(data, psu=["psu", "hh"]).design, JKn()).notes == ()


def test_what_a_design_does_not_allow_is_refused_by_name() -> None:
    with pytest.raises(DesignError, match=r"JK1 is the jackknife of a design without strata; there are 2: take cd.JKn"):
        make_replicates(survey([2, 2]).design, JK1())
    with pytest.raises(DesignError, match="nothing to resample"):
        make_replicates(survey([2, 3], columns={"N": [2, 2, 3, 3, 3]}, fpc="N").design, JKn())
    with pytest.raises(DesignError, match=r"20000 replicates of 20000 PSUs take 3.2 GB of memory; take cd.Bootstrap"):
        make_replicates(cd.Survey({"y": np.arange(20_000.0)}).design, JKn())
    with pytest.raises(DesignError, match="columns that hold them are named when the survey is declared"):
        make_replicates(survey([2, 2]).design, Fay("w1..w80"))


def test_linearised_and_jackknife_errors_are_near_for_a_ratio(large_sample: pd.DataFrame) -> None:
    linearised = cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")
    questions = [cd.mean("income"), cd.ratio("food", "income")]
    wanted = linearised.estimate(questions).to_frame()
    found = linearised.with_replicates(JKn()).estimate(questions).to_frame()
    assert found["estimate"].to_numpy() == pytest.approx(wanted["estimate"].to_numpy(), rel=1e-12)
    assert found["se"].to_numpy() == pytest.approx(wanted["se"].to_numpy(), rel=0.02)
