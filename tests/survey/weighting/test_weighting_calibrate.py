"""Calibration: totals met, distances and bounds, what cannot be met and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import childdata as cd
from childdata.errors import EstimationError, ExpressionError, VariableError
from childdata.survey.arrays import Floats
from childdata.survey.weighting.calibrate import calibrate
from childdata.survey.weighting.poststratify import poststratify

Covariance = Callable[[cd.Survey, Floats], Floats]
REGIONS = {"north": 300.0, "south": 280.0, "west": 200.0}
FULL: dict[str, Any] = {"region": REGIONS, "income": 5500.0, "sex == 'girl'": 400.0}
METHODS: list[dict[str, Any]] = [
    {"method": "linear"},
    {"method": "raking"},
    {"method": "logit", "bounds": (0.5, 2.0)},
    {"method": "truncated", "bounds": (0.6, 1.6)},
    {"method": "raking", "bounds": (0.6, 1.6)},
    {"method": "linear", "variance": "10 + income"},
    {"method": "raking", "variance": "10 + income"},
    {"method": "linear", "aggregate": 1},
    {"method": "linear", "aggregate": ["stratum", "psu"]},
    {"method": "logit", "bounds": (0.4, 2.5), "aggregate": "psu"},
]
LABELS = [" ".join(map(str, one.values())) for one in METHODS]


def auxiliaries(survey: cd.Survey) -> Floats:
    frame = survey.records.columns(["region", "income", "sex"]).to_pandas()
    columns = [*(frame["region"] == name for name in REGIONS), frame["income"], frame["sex"] == "girl"]
    return np.column_stack([np.asarray(one, dtype=float) for one in columns])


WANTED = np.array([*REGIONS.values(), 5500.0, 400.0])


def test_generalised_regression_by_hand() -> None:
    """w = 2, 2, 2; x = 1, 2, 3 and a constant; N = 6, X = 14 where the sample gives 6 and 12.

    X'WX = [[6, 12], [12, 28]], inverse [[28, -12], [-12, 6]] / 24; (0, 2) gives λ = (-1, 1/2);
    g = 1 − 1 + x/2 = 1/2, 1, 3/2; weights 1, 2, 3.
    """
    survey = cd.Survey({"x": [1.0, 2.0, 3.0], "w": [2.0, 2.0, 2.0]}, weight="w")
    np.testing.assert_allclose(calibrate(survey, {"1": 6, "x": 14}).design.weight, [1, 2, 3], rtol=1e-14)


def test_ratio_estimator_by_hand() -> None:
    """With variance ∝ x and x alone every weight is multiplied by X / X̂ = 24 / 12."""
    survey = cd.Survey({"x": [1.0, 2.0, 3.0], "w": [2.0, 2.0, 2.0]}, weight="w")
    np.testing.assert_allclose(calibrate(survey, {"x": 24}, variance="x").design.weight, [4, 4, 4], rtol=1e-14)


@pytest.mark.parametrize("options", METHODS, ids=LABELS)
def test_totals_are_met(clustered: cd.Survey, options: dict[str, Any]) -> None:
    found = calibrate(clustered, FULL, **options)
    np.testing.assert_allclose(auxiliaries(clustered).T @ found.design.weight, WANTED, rtol=1e-9)


@pytest.mark.parametrize("options", METHODS, ids=LABELS)
def test_standard_error_of_an_auxiliary_is_zero(
    clustered: cd.Survey, covariance: Covariance, options: dict[str, Any]
) -> None:
    found = calibrate(clustered, FULL, **options)
    error = np.sqrt(np.abs(np.diag(covariance(found, auxiliaries(clustered)))))
    assert (error < 1e-9 * WANTED).all()


@pytest.mark.parametrize("options", METHODS, ids=LABELS)
def test_doing_it_twice_changes_nothing(clustered: cd.Survey, options: dict[str, Any]) -> None:
    once = calibrate(clustered, FULL, tolerance=1e-13, **options)
    twice = calibrate(once, FULL, **options)
    np.testing.assert_allclose(twice.design.weight, once.design.weight, rtol=1e-10)


@pytest.mark.parametrize("options", METHODS, ids=LABELS)
def test_bounds_are_kept_and_raking_is_positive(clustered: cd.Survey, options: dict[str, Any]) -> None:
    ratio = calibrate(clustered, FULL, **options).design.weight / clustered.design.weight
    low, high = options.get("bounds", (0, np.inf))
    assert ratio.min() >= low * (1 - 1e-12)
    assert ratio.max() <= high * (1 + 1e-12)


@pytest.mark.parametrize("options", METHODS, ids=LABELS)
def test_order_of_records_has_no_part(sample: pd.DataFrame, clustered: cd.Survey, options: dict[str, Any]) -> None:
    order = np.random.default_rng(4).permutation(len(sample))
    mixed = cd.Survey(sample.iloc[order], weight="w", strata="stratum", psu="psu")
    base = calibrate(clustered, FULL, **options).design.weight
    np.testing.assert_allclose(calibrate(mixed, FULL, **options).design.weight, base[order], rtol=1e-8)


@given(scale=st.floats(1e-4, 1e4))
def test_scale_of_weights_has_no_part_where_a_constant_is_calibrated_on(scale: float) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"k": np.tile(list("ab"), 20), "x": rng.uniform(1, 9, 40), "w": rng.uniform(1, 2, 40)})
    totals: dict[str, Any] = {"k": {"a": 40.0, "b": 45.0}, "x": 450.0}
    for method in ("linear", "raking"):
        base = calibrate(cd.Survey(frame, weight="w"), totals, method=method)
        other = calibrate(cd.Survey(frame.assign(w=frame["w"] * scale), weight="w"), totals, method=method)
        np.testing.assert_allclose(other.design.weight, base.design.weight, rtol=1e-8)


def test_own_totals_change_no_weight(clustered: cd.Survey) -> None:
    own = auxiliaries(clustered).T @ clustered.design.weight
    totals: dict[str, Any] = {
        "region": dict(zip(REGIONS, own[:3], strict=True)),
        "income": own[3],
        "sex == 'girl'": own[4],
    }
    for options in METHODS[:5]:
        np.testing.assert_allclose(
            calibrate(clustered, totals, **options).design.weight, clustered.design.weight, rtol=1e-9
        )


def test_categories_alone_are_post_stratification(clustered: cd.Survey, covariance: Covariance) -> None:
    z = np.random.default_rng(2).normal(size=(300, 2))
    one = poststratify(clustered, "region", REGIONS)
    for method in ("linear", "raking"):
        other = calibrate(clustered, {"region": REGIONS}, method=method)
        np.testing.assert_allclose(other.design.weight, one.design.weight, rtol=1e-10)
        np.testing.assert_allclose(covariance(other, z), covariance(one, z), rtol=1e-9)


@pytest.mark.parametrize("intercept", ["Intercept", "(Intercept)", "1"])
def test_formula_and_mapping_say_the_same(clustered: cd.Survey, intercept: str) -> None:
    by_mapping = calibrate(clustered, {"region": REGIONS, "income": 5500}).design.weight
    python = {"Intercept": 780, "region[T.south]": 280, "region[T.west]": 200, "income": 5500}
    r = {"(Intercept)": 780, "regionsouth": 280, "regionwest": 200, "income": 5500}
    for totals in (python, r):
        found = calibrate(clustered, totals, formula="~ region + income").design.weight
        np.testing.assert_allclose(found, by_mapping, rtol=1e-9)
    found = calibrate(clustered, {intercept: 780, "income": 5500}).design.weight
    np.testing.assert_allclose(found.sum(), 780, rtol=1e-10)


def test_units_have_one_ratio(clustered: cd.Survey) -> None:
    found = calibrate(clustered, FULL, method="raking", aggregate="psu")
    ratio = found.design.weight / clustered.design.weight
    by_psu = pd.Series(ratio).groupby(clustered.design.stages[0].unit)
    assert (by_psu.max() / by_psu.min()).max() == pytest.approx(1, rel=1e-12)
    assert by_psu.mean().nunique() > 20
    assert calibrate(clustered, FULL, method="raking", aggregate=1).design.weight == pytest.approx(found.design.weight)


def test_bounds_of_the_weights_themselves(clustered: cd.Survey) -> None:
    found = calibrate(clustered, FULL, method="truncated", bounds=(0.8, 4.0), bounds_on="weight").design.weight
    assert found.min() >= 0.8 * (1 - 1e-12)
    assert found.max() <= 4 * (1 + 1e-12)
    with pytest.raises(EstimationError, match=r"wants old weights between the bounds 1 and 3; [0-9]+ are not"):
        calibrate(clustered, FULL, method="logit", bounds=(1, 3), bounds_on="weight")


def test_trimmed_ratios_are_told_with_the_miss(clustered: cd.Survey) -> None:
    found = calibrate(clustered, FULL, method="raking", trim=(0.9, 1.2))
    assert found.design.weight.sum() == pytest.approx(780, rel=1e-9)
    assert found.design.notes[-1].startswith("ratios of new to old weight were trimmed to 0.9-1.2 in ")
    loose = calibrate(clustered, FULL, method="raking", trim=(0.1, 9))
    np.testing.assert_array_equal(loose.design.weight, calibrate(clustered, FULL, method="raking").design.weight)


def test_normalised_weights_are_raked_to_a_population() -> None:
    """Weights of a MICS file sum to n: raking starts at the size of the totals, not at that of the weights."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"k": rng.integers(0, 3, 200), "x": rng.uniform(0, 5, 200), "w": rng.uniform(0.4, 1.6, 200)})
    totals: dict[str, Any] = {"k": {0: 3.1e6, 1: 2.7e6, 2: 3.3e6}, "x": 2.3e7}
    found = calibrate(cd.Survey(frame, weight="w"), totals, method="raking")
    assert found.design.weight @ frame["x"] == pytest.approx(2.3e7, rel=1e-9)


def test_negative_weights_are_counted_and_advised_on() -> None:
    survey = cd.Survey({"x": [1.0, 2.0, 10.0], "w": [2.0, 2.0, 2.0]}, weight="w")
    with pytest.raises(EstimationError, match=r"negative in 1 of 3 records.*method=\"raking\""):
        calibrate(survey, {"1": 6, "x": 59})


def test_bounds_that_no_weights_can_keep_name_the_total(clustered: cd.Survey) -> None:
    with pytest.raises(EstimationError, match=r"the total of 'income' lies between [0-9.]+ and [0-9.]+, and 20000 is"):
        calibrate(clustered, {**FULL, "income": 20000}, method="truncated", bounds=(0.5, 2))


def test_bounds_that_are_infeasible_together_name_the_total_furthest_off() -> None:
    survey = cd.Survey({"x": [1.0, 2.0, 3.0, 4.0], "w": [1.0] * 4}, weight="w")
    # the largest weights on the largest x give 14 with the sum of weights at 4
    for method in ("truncated", "logit"):
        with pytest.raises(
            EstimationError, match=r"did not converge in [0-9]+ iterations; furthest off is the total of"
        ):
            calibrate(survey, {"1": 4, "x": 13}, method=method, bounds=(0.5, 1.5))


def test_totals_that_contradict_each_other_are_named(clustered: cd.Survey) -> None:
    with pytest.raises(EstimationError, match=r"sums differ \(region: 780; sex: 800\); correct them"):
        calibrate(clustered, {"region": REGIONS, "sex": {"girl": 400, "boy": 400}})
    with pytest.raises(EstimationError, match="totals of 'income', 'income / 1000' contradict each other"):
        calibrate(clustered, {"income": 5500, "income / 1000": 4.7})
    with pytest.raises(EstimationError, match="'income - income' is zero in all records"):
        calibrate(clustered, {"income": 5500, "income - income": 3})


def test_collinear_totals_that_agree_are_no_obstacle(clustered: cd.Survey, covariance: Covariance) -> None:
    plain = calibrate(clustered, {"region": REGIONS, "income": 5500})
    more = calibrate(
        clustered, {"region": REGIONS, "income": 5500, "1": 780, "income / 1000": 5.5, "region == 'north'": 300}
    )
    np.testing.assert_allclose(more.design.weight, plain.design.weight, rtol=1e-9)
    z = np.random.default_rng(2).normal(size=(300, 2))
    np.testing.assert_allclose(covariance(more, z), covariance(plain, z), rtol=1e-9)


@pytest.mark.parametrize(
    ("totals", "options", "error", "said"),
    [
        ({}, {}, EstimationError, "found none"),
        ([1], {}, EstimationError, "found list"),
        ({"food": 900}, {}, EstimationError, "'food' is calibrated on, but is missing in [0-9]+ of 300 records"),
        ({"incme": 900}, {}, VariableError, "nearest: 'income'"),
        ({"sex": 900}, {}, VariableError, "'sex' holds text, and one total was given"),
        ({"income": "much"}, {}, EstimationError, "the total of 'income' is a number, or one for each category"),
        ({"region": {"north": 5}}, {}, EstimationError, "records in 'south', 'west', but no total"),
        (FULL, {"method": "ridge"}, EstimationError, "method is one of 'linear', 'raking', 'logit', 'truncated'"),
        (FULL, {"bounds": (0.5, 2)}, EstimationError, 'say method="truncated"'),
        (FULL, {"method": "logit"}, EstimationError, "wants bounds="),
        (FULL, {"method": "logit", "bounds": (1.1, 2)}, EstimationError, "on both sides of 1"),
        (FULL, {"method": "logit", "bounds": (0.5, np.inf)}, EstimationError, "two finite bounds"),
        (FULL, {"method": "truncated", "bounds": (2, 0.5)}, EstimationError, "0 <= low < high"),
        (FULL, {"method": "truncated", "bounds": (0.5, 2), "bounds_on": "x"}, EstimationError, "bounds_on is"),
        (FULL, {"variance": "income - 100"}, EstimationError, "above zero; found zero or below in [0-9]+ of 300"),
        (
            FULL,
            {"variance": "food"},
            EstimationError,
            "'food' is the variance function of the calibration, but is missi",
        ),
        (FULL, {"aggregate": 2}, EstimationError, r"aggregate=2: the variance of this design has 1 stage"),
        (FULL, {"aggregate": "psuu"}, VariableError, "nearest: 'psu'"),
        ({"a": 1}, {"formula": "~ income"}, EstimationError, "makes no column 'a'.*its columns: 'Intercept', 'income'"),
        ({"income": 1}, {"formula": "~ income"}, EstimationError, "makes 'Intercept', but no total was given"),
        ({"income": 1}, {"formula": "~ income +"}, ExpressionError, "formula"),
    ],
)
def test_calls_that_make_no_sense_are_refused(
    clustered: cd.Survey, totals: object, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        calibrate(clustered, totals, **options)  # type: ignore[arg-type]


def test_note_tells_method_iterations_and_miss(clustered: cd.Survey) -> None:
    note = calibrate(clustered, FULL, method="raking").design.notes[-1]
    assert note.startswith("weights were calibrated (raking) to totals of region, income, sex == 'girl': ")
    assert "largest relative miss" in note


def test_records_of_weight_zero_keep_it_and_may_be_missing() -> None:
    survey = cd.Survey({"x": [1.0, None, 3.0], "w": [2.0, 0.0, 2.0]}, weight="w")
    assert calibrate(survey, {"1": 4, "x": 10}).design.weight.tolist() == pytest.approx([1, 0, 3])


def test_shares_and_means(clustered: cd.Survey) -> None:
    found = calibrate(clustered, {"region": {"north": 0.3, "south": 0.3, "west": 0.4}, "income": 6.0}, as_="shares")
    weight, income = found.design.weight, clustered.records.columns(["income"])["income"].to_numpy()
    assert weight.sum() == pytest.approx(clustered.design.weight.sum(), rel=1e-10)
    assert weight @ income / weight.sum() == pytest.approx(6, rel=1e-9)


@pytest.mark.parametrize("options", [METHODS[0], METHODS[1], METHODS[3], METHODS[8]], ids=str)
def test_jackknife_agrees_with_the_residuals(
    large: cd.Survey,
    replicated: Callable[[cd.Survey], cd.Survey],
    covariance: Covariance,
    options: dict[str, Any],
) -> None:
    frame = large.records.columns(["income", "poor", "region"]).to_pandas()
    weight = large.design.weight
    regions = frame.assign(w=weight).groupby("region")["w"].sum() * np.array([1.05, 0.97, 1.0])
    totals: dict[str, Any] = {"region": regions, "income": 1.02 * float(weight @ frame["income"])}
    taylor = calibrate(large, totals, **options)
    replicates = calibrate(replicated(large), totals, **options).design.replicates
    assert replicates is not None
    poor = frame[["poor"]].to_numpy()
    apart = replicates.weights().T @ poor - taylor.design.weight @ poor
    by_jackknife = np.sqrt(replicates.rscales @ apart**2).item()
    assert np.sqrt(covariance(taylor, poor)).item() == pytest.approx(by_jackknife, rel=0.02)


def test_failure_in_a_replicate_names_it(clustered: cd.Survey, replicated: Callable[[cd.Survey], cd.Survey]) -> None:
    own: dict[str, Any] = {"income": float(auxiliaries(clustered)[:, 3] @ clustered.design.weight)}
    with pytest.raises(EstimationError, match=r"under replicate [0-9]+ of 30: "):
        calibrate(replicated(clustered), own, method="truncated", bounds=(0.99, 1.01))
