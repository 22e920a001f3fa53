"""Post-stratification: totals by cell, and the variance of what is left within cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.arrays import Floats
from childdata.survey.weighting.poststratify import poststratify

Covariance = Callable[[cd.Survey, Floats], Floats]


def test_weights_and_standard_error_by_hand(covariance: Covariance) -> None:
    """Four PSUs of one record each.

    Cells a (w 1, 3; y 2, 6) and b (w 2, 2; y 1, 5) with totals 8 and 2: weights 2, 6, 1/2 · 2 = 1, 1.
    Means (2 + 18)/4 = 5 and 3; residuals −3, 1, −2, 2; scores −6, 6, −2, 2 with mean 0;
    variance 4/3 · (36 + 36 + 4 + 4) = 320/3.
    """
    survey = cd.Survey({"cell": list("aabb"), "y": [2.0, 6.0, 1.0, 5.0], "w": [1.0, 3.0, 2.0, 2.0]}, weight="w")
    found = poststratify(survey, "cell", {"a": 8, "b": 2})
    assert found.design.weight.tolist() == [2.0, 6.0, 1.0, 1.0]
    assert covariance(found, np.array([[2.0], [6.0], [1.0], [5.0]])).item() == pytest.approx(320 / 3, rel=1e-14)


def test_sum_of_weights_in_each_cell_is_its_total(clustered: cd.Survey) -> None:
    totals = {"girl": 700.0, "boy": 350.0}
    found = poststratify(clustered, "sex", totals)
    frame = pd.DataFrame({"sex": clustered.records.columns(["sex"])["sex"].to_list(), "w": found.design.weight})
    for sex, total in totals.items():
        assert frame.loc[frame["sex"] == sex, "w"].sum() == pytest.approx(total, rel=1e-12)


def test_standard_error_of_a_post_stratum_is_zero(clustered: cd.Survey, covariance: Covariance) -> None:
    found = poststratify(clustered, "sex", {"girl": 700.0, "boy": 350.0})
    girl = (clustered.records.columns(["sex"])["sex"] == "girl").to_numpy().astype(float)
    assert np.sqrt(np.abs(covariance(found, girl[:, None]))).item() < 1e-9 * 700


def test_own_estimated_totals_change_no_weight(clustered: cd.Survey) -> None:
    frame = clustered.records.columns(["sex", "region"]).to_pandas().assign(w=clustered.design.weight)
    own = frame.groupby(["sex", "region"])["w"].sum()
    found = poststratify(clustered, ["sex", "region"], own)
    np.testing.assert_allclose(found.design.weight, clustered.design.weight, rtol=1e-13)


def test_doing_it_twice_changes_nothing(clustered: cd.Survey, covariance: Covariance) -> None:
    totals = {"girl": 700.0, "boy": 350.0}
    once = poststratify(clustered, "sex", totals)
    twice = poststratify(once, "sex", totals)
    np.testing.assert_allclose(twice.design.weight, once.design.weight, rtol=1e-14)
    z = np.random.default_rng(1).normal(size=(300, 2))
    np.testing.assert_allclose(covariance(twice, z), covariance(once, z), rtol=1e-12)


@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 50))
def test_scale_of_weights_and_order_of_records_have_no_part(scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"k": np.append(rng.integers(0, 3, 17), [0, 1, 2]), "w": rng.uniform(1, 4, 20)})
    totals = {0: 5, 1: 6, 2: 7}
    base = poststratify(cd.Survey(frame, weight="w"), "k", totals).design.weight
    scaled = poststratify(cd.Survey(frame.assign(w=frame["w"] * scale), weight="w"), "k", totals).design.weight
    np.testing.assert_allclose(scaled, base, rtol=1e-12)
    order = rng.permutation(20)
    mixed = poststratify(cd.Survey(frame.iloc[order], weight="w"), "k", totals).design.weight
    np.testing.assert_allclose(mixed, base[order], rtol=1e-12)


def test_survey_stays_as_it_was_and_the_new_one_tells_what_was_done(clustered: cd.Survey) -> None:
    before = clustered.design.weight.copy()
    found = poststratify(clustered, "sex", {"girl": 700.0, "boy": 350.0})
    assert (clustered.design.weight == before).all()
    assert clustered.design.adjustments == ()
    assert len(found.design.adjustments) == 1
    assert found.design.notes[-1].startswith("weights were post-stratified to 2 totals of sex: new to old from ")
    assert found.declared["fingerprint"] != clustered.declared["fingerprint"]
    assert found.design.stages is clustered.design.stages


def test_a_survey_restricted_to_a_domain_is_refused(clustered: cd.Survey) -> None:
    with pytest.raises(EstimationError, match="weights are made for all records"):
        poststratify(clustered.where("sex == 'girl'"), "sex", {"girl": 700.0, "boy": 350.0})


def test_each_replicate_is_post_stratified(clustered: cd.Survey, replicated: Callable[[cd.Survey], cd.Survey]) -> None:
    found = poststratify(replicated(clustered), "sex", {"girl": 700.0, "boy": 350.0})
    replicates = found.design.replicates
    assert replicates is not None
    girl = (clustered.records.columns(["sex"])["sex"] == "girl").to_numpy()
    np.testing.assert_allclose(replicates.weights()[girl].sum(axis=0), 700, rtol=1e-12)
    np.testing.assert_allclose(replicates.weights()[~girl].sum(axis=0), 350, rtol=1e-12)
    assert found.design.adjustments == ()
    assert found.design.notes[-1] == "the adjustment was repeated in each of 30 replicates"


def test_replicate_without_a_record_of_a_cell_is_told(
    sample: pd.DataFrame, replicated: Callable[[cd.Survey], cd.Survey]
) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    found = poststratify(replicated(survey), "psu == 3", {True: 30, False: 700})
    assert found.design.notes[-1] == ("replicates in which a category has no record: 1; its total is not met there")
    assert found.design.replicates is not None
    assert np.isfinite(found.design.replicates.factor).all()
