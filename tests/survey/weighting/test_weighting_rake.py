"""Raking: margins met, interactions kept, contradictions named."""

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
from childdata.survey.weighting.calibrate import calibrate
from childdata.survey.weighting.rake import rake

Covariance = Callable[[cd.Survey, Floats], Floats]
MARGINS = {
    "sex": {"girl": 400.0, "boy": 380.0},
    "region": {"north": 300.0, "south": 280.0, "west": 200.0},
    "quintile": dict.fromkeys(range(1, 6), 156.0),
}


def test_two_margins_by_hand() -> None:
    """Weights 1 in a 2 × 2 table of ones: rows 60, 40 and columns 70, 30 give row · column / 100."""
    people = cd.Survey({"sex": ["f", "f", "m", "m"], "area": ["u", "r", "u", "r"]})
    found = rake(people, {"sex": {"f": 60, "m": 40}, "area": {"u": 70, "r": 30}})
    np.testing.assert_allclose(found.design.weight, [42, 18, 28, 12], rtol=1e-12)


def test_odds_ratio_of_the_sample_stays() -> None:
    people = cd.Survey({"a": [1, 1, 2, 2], "b": [1, 2, 1, 2], "w": [5.0, 2.0, 3.0, 8.0]}, weight="w")
    w = rake(people, {"a": {1: 60, 2: 40}, "b": {1: 70, 2: 30}}).design.weight
    assert w[0] * w[3] / (w[1] * w[2]) == pytest.approx(5 * 8 / (2 * 3), rel=1e-9)


def test_margins_are_met(clustered: cd.Survey) -> None:
    found = rake(clustered, MARGINS)
    frame = clustered.records.columns(list(MARGINS)).to_pandas().assign(weight=found.design.weight)
    for name, totals in MARGINS.items():
        sums = frame.groupby(name)["weight"].sum()
        np.testing.assert_allclose([sums[key] for key in totals], list(totals.values()), rtol=1e-9)
    assert (found.design.weight > 0).all()


def test_crossed_margin_is_met(clustered: cd.Survey) -> None:
    frame = clustered.records.columns(["sex", "region"]).to_pandas().assign(w=clustered.design.weight)
    both = frame.groupby(["sex", "region"])["w"].sum() * np.linspace(0.8, 1.3, 6)
    quintiles = {k: both.sum() / 5 for k in range(1, 6)}
    found = rake(clustered, {("sex", "region"): both, "quintile": quintiles})
    sums = frame.assign(w=found.design.weight).groupby(["sex", "region"])["w"].sum()
    np.testing.assert_allclose(sums, both, rtol=1e-9)


def test_raking_is_the_calibration_with_that_distance(clustered: cd.Survey, covariance: Covariance) -> None:
    raked = rake(clustered, MARGINS, tolerance=1e-13)
    calibrated = calibrate(clustered, MARGINS, method="raking", tolerance=1e-12)
    np.testing.assert_allclose(raked.design.weight, calibrated.design.weight, rtol=1e-10)
    z = np.random.default_rng(3).normal(size=(300, 3))
    np.testing.assert_allclose(covariance(raked, z), covariance(calibrated, z), rtol=1e-9)


def test_unweighted_residuals_agree_where_weights_are_equal(sample: pd.DataFrame, covariance: Covariance) -> None:
    survey = cd.Survey(sample.assign(w=2.5), weight="w", strata="stratum", psu="psu")
    z = np.random.default_rng(3).normal(size=(300, 3))
    one, other = (covariance(rake(survey, MARGINS, residuals=word), z) for word in ("weighted", "unweighted"))  # type: ignore[arg-type]
    np.testing.assert_allclose(one, other, rtol=1e-11)


def test_standard_error_of_every_margin_is_zero(clustered: cd.Survey, covariance: Covariance) -> None:
    found = rake(clustered, MARGINS)
    region = clustered.records.factor("region").code
    indicator = (region[:, None] == np.arange(3)).astype(float)
    assert np.sqrt(np.abs(np.diag(covariance(found, indicator)))).max() < 1e-9 * 200


def test_doing_it_twice_and_own_totals_change_nothing(clustered: cd.Survey) -> None:
    once = rake(clustered, MARGINS, tolerance=1e-13)
    np.testing.assert_allclose(rake(once, MARGINS).design.weight, once.design.weight, rtol=1e-12)
    frame = clustered.records.columns(["sex", "region"]).to_pandas().assign(w=clustered.design.weight)
    own = {name: frame.groupby(name)["w"].sum() for name in ("sex", "region")}
    np.testing.assert_allclose(rake(clustered, own).design.weight, clustered.design.weight, rtol=1e-13)


@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 30))
def test_scale_of_weights_and_order_of_records_have_no_part(scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": np.tile([0, 1], 15), "b": np.repeat([0, 1, 2], 10), "w": rng.uniform(1, 4, 30)})
    margins = {"a": {0: 50, 1: 70}, "b": {0: 30, 1: 40, 2: 50}}
    base = rake(cd.Survey(frame, weight="w"), margins, tolerance=1e-13).design.weight
    order = rng.permutation(30)
    other = cd.Survey(frame.assign(w=frame["w"] * scale).iloc[order], weight="w")
    np.testing.assert_allclose(rake(other, margins, tolerance=1e-13).design.weight, base[order], rtol=1e-10)


def test_shares_are_of_the_sum_of_weights(clustered: cd.Survey) -> None:
    found = rake(
        clustered, {"sex": {"girl": 0.5, "boy": 0.5}, "region": {"north": 0.2, "south": 0.3, "west": 0.5}}, as_="shares"
    )
    assert found.design.weight.sum() == pytest.approx(clustered.design.weight.sum(), rel=1e-12)


def test_margins_that_contradict_each_other_are_named_with_their_sums(clustered: cd.Survey) -> None:
    wrong = {**MARGINS, "sex": {"girl": 400.0, "boy": 381.0}}
    with pytest.raises(EstimationError, match=r"sums differ \(sex: 781; region: 780; quintile: 780\).*sums=\"scale\""):
        rake(clustered, wrong)
    scaled = rake(clustered, wrong, sums="scale")
    assert scaled.design.weight.sum() == pytest.approx(781, rel=1e-9)
    assert scaled.design.notes[-2] == "margins were scaled to the sum of sex"


def test_no_convergence_names_the_worst_margin_and_its_miss() -> None:
    # all of a = 1 have b = 1, so that the total of b = 1 cannot be smaller than that of a = 1
    people = cd.Survey({"a": [1, 1, 2, 2], "b": [1, 1, 1, 2]})
    with pytest.raises(
        EstimationError,
        match=r"did not converge in 50 iterations; furthest off is a = '2', \+25.00% of its total of 40",
    ):
        rake(people, {"a": {1: 60, 2: 40}, "b": {1: 50, 2: 50}}, iterations=50)


def test_note_tells_iterations_and_miss(clustered: cd.Survey) -> None:
    note = rake(clustered, MARGINS).design.notes[-1]
    assert note.startswith("weights were raked to the margins sex, region, quintile: ")
    assert "iterations, largest relative miss" in note


@pytest.mark.parametrize(
    ("margins", "options", "said"),
    [
        ({}, {}, "found none"),
        ([("sex", {"f": 1})], {}, "found list"),
        (MARGINS, {"tolerance": 0}, "tolerance is a relative miss"),
        (MARGINS, {"iterations": 0}, "iterations is 1 or more"),
        (MARGINS, {"sums": "ignore"}, "sums is 'fail' or 'scale'; found 'ignore'"),
        (MARGINS, {"residuals": "none"}, "residuals is 'weighted' or 'unweighted'; found 'none'"),
    ],
)
def test_calls_that_make_no_sense_are_refused(
    clustered: cd.Survey, margins: object, options: dict[str, object], said: str
) -> None:
    with pytest.raises(EstimationError, match=said):
        rake(clustered, margins, **options)  # type: ignore[arg-type]


def test_records_of_weight_zero_keep_it() -> None:
    people = cd.Survey({"a": [1, 2, None], "b": [1, 2, 9], "w": [1.0, 1.0, 0.0]}, weight="w")
    found = rake(people, {"a": {1: 3, 2: 4}, "b": {1: 3, 2: 4}})
    np.testing.assert_allclose(found.design.weight, [3, 4, 0])


def test_replicates_are_raked_and_the_jackknife_agrees_with_the_residuals(
    large: cd.Survey, replicated: Callable[[cd.Survey], cd.Survey], covariance: Covariance
) -> None:
    weight = large.design.weight
    frame = large.records.columns(["sex", "region", "income"]).to_pandas().assign(w=weight)
    region = frame.groupby("region")["w"].sum() * np.array([1.1, 0.9, 1.0])
    sex = frame.groupby("sex")["w"].sum() * np.array([0.95, 1.05])
    margins = {"sex": sex / sex.sum() * 4000, "region": region / region.sum() * 4000}
    income = frame[["income"]].to_numpy()
    taylor = rake(large, margins)
    replicates = rake(replicated(large), margins).design.replicates
    assert replicates is not None
    values = replicates.weights().T @ income
    apart = values - taylor.design.weight @ income
    by_jackknife = np.sqrt(replicates.rscales @ apart**2).item()
    by_residuals = np.sqrt(covariance(taylor, income)).item()
    assert by_residuals == pytest.approx(by_jackknife, rel=0.02)


def test_replicate_without_a_category_is_brought_to_the_others(
    sample: pd.DataFrame, replicated: Callable[[cd.Survey], cd.Survey]
) -> None:
    survey = replicated(cd.Survey(sample, weight="w", strata="stratum", psu="psu"))
    found = rake(survey, {"psu == 3": {True: 30, False: 750}, "sex": MARGINS["sex"]})
    assert found.design.notes[-1].startswith("replicates in which a category has no record: 1")
    assert found.design.replicates is not None
    np.testing.assert_allclose(found.design.replicates.weights().sum(axis=0), 780, rtol=1e-9)
