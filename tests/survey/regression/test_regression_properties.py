"""What holds for every family: influence is the derivative by the weight, and what does not change the answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.survey.regression import Regression, regress
from childdata.survey.regression.margins import averages
from childdata.survey.regression.scenarios import effect_rows, prediction_rows
from childdata.survey.weighting import poststratify

MODELS: dict[str, tuple[str, dict[str, object]]] = {
    "gaussian": ("income ~ age * sex + region", {}),
    "gaussian log": ("income ~ age + region", {"link": "log"}),
    "logit": ("poor ~ age + region", {"family": "logit"}),
    "probit": ("poor ~ age + region", {"family": "probit"}),
    "cloglog": ("poor ~ age + region", {"family": "cloglog"}),
    "loglog": ("poor ~ age + region", {"family": "binomial", "link": "loglog"}),
    "risk ratio": ("poor ~ sex", {"family": "binomial", "link": "log"}),
    "risk difference": ("poor ~ sex", {"family": "binomial", "link": "identity"}),
    "share": ("{1 / (1 + income)} ~ age + region", {"family": "quasibinomial"}),
    "poisson": ("visits ~ age + region + offset(log(income))", {"family": "poisson"}),
    "poisson root": ("visits ~ age", {"family": "poisson", "link": "sqrt"}),
    "gamma": ("income ~ age + region", {"family": "gamma", "link": "log"}),
    "gamma inverse": ("income ~ region", {"family": "gamma"}),
    "ordinal": ("grade ~ age + region", {"family": "ordinal"}),
    "ordinal probit": ("grade ~ age + region", {"family": "ordinal", "link": "probit"}),
    "ordinal cloglog": ("grade ~ age + region", {"family": "ordinal", "link": "cloglog"}),
    "ordinal loglog": ("grade ~ age + region", {"family": "ordinal", "link": "loglog"}),
    "domain": ("poor ~ age", {"family": "logit", "where": "region == 'south'"}),
}


def declared(frame: pd.DataFrame) -> cd.Survey:
    return cd.Survey(frame, weight="w", strata="stratum", psu="psu")


def fit(frame: pd.DataFrame, model: str) -> Regression:
    formula, options = MODELS[model]
    return regress(declared(frame), formula, **options)  # type: ignore[arg-type]


def moved(frame: pd.DataFrame, record: int, by: float) -> pd.DataFrame:
    return frame.assign(w=frame["w"].where(frame.index != record, frame["w"] + by))


@pytest.mark.parametrize("model", MODELS)
def test_influence_is_the_derivative_of_the_coefficients_by_the_weight(people: pd.DataFrame, model: str) -> None:
    influence, step = fit(people, model).fitted.influence(), 1e-4
    for record in (3, 77, 201):
        up, down = (fit(moved(people, record, sign * step), model).coefficients for sign in (1, -1))
        slope = (up - down).to_numpy() / (2 * step)
        scale = np.abs(influence).max(axis=0)
        np.testing.assert_allclose(slope / scale, influence[record] / scale, atol=1e-6)


@pytest.mark.parametrize("model", ["gaussian", "logit", "probit", "poisson", "gamma", "ordinal", "domain"])
@pytest.mark.parametrize("what", ["margins", "effects"])
def test_influence_of_margins_is_the_derivative_by_the_weight(people: pd.DataFrame, model: str, what: str) -> None:
    def values(frame: pd.DataFrame) -> np.ndarray:
        found = fit(frame, model)
        estimates = found.effects() if what == "effects" else found.margins(at={"age": [2, 10]})
        return estimates.to_frame()["estimate"].to_numpy()

    found = fit(people, model)
    estimates = found.effects() if what == "effects" else found.margins(at={"age": [2, 10]})
    influence, step, chosen = influence_of(found, what), 1e-4, [0, 48, 96, 144, 192]
    pairs = [(values(moved(people, k, step)), values(moved(people, k, -step))) for k in chosen]
    slopes = np.array([(up - down) / (2 * step) for up, down in pairs])
    np.testing.assert_allclose(slopes, influence[chosen], rtol=1e-5, atol=1e-8)
    # and the variance is that of the PSU totals of weight × influence: 4 strata of 6 PSUs
    stage = declared(people).design.stages[0]
    scores = np.zeros((24, influence.shape[1]))
    np.add.at(scores, stage.unit, people["w"].to_numpy()[:, None] * influence)
    apart = [scores[stage.stratum == h] - scores[stage.stratum == h].mean(axis=0) for h in range(4)]
    variance = 6 / 5 * sum((one**2).sum(axis=0) for one in apart)
    np.testing.assert_allclose(estimates.to_frame()["se"] ** 2, variance, rtol=1e-9)


def influence_of(found: Regression, what: str) -> np.ndarray:
    """The influence of margins, by the formula of their docstring."""
    model = found.fitted.model
    rows = effect_rows(model, []) if what == "effects" else prediction_rows(model, [], {"age": [2, 10]})
    made = averages(found.fitted, rows, model.weight)
    result = found.fitted.influence() @ made.gradient
    result[model.used] += (made.outcome - made.value) / model.weight.sum()
    return result


@pytest.mark.parametrize("model", MODELS)
def test_record_split_in_two_inside_its_psu_changes_nothing(people: pd.DataFrame, model: str) -> None:
    whole = fit(people, model).to_frame()
    halves = people.assign(w=people["w"].where(people.index % 7 != 0, people["w"] / 2))
    split = pd.concat([halves, halves[halves.index % 7 == 0]]).sort_values("psu", kind="stable")
    again = fit(split.reset_index(drop=True), model).to_frame()
    np.testing.assert_allclose(again["estimate"], whole["estimate"], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(again["se"], whole["se"], rtol=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_scale_of_the_weights_and_order_of_the_records_change_nothing(people: pd.DataFrame, model: str) -> None:
    whole = fit(people, model).to_frame()
    shuffled = people.sample(frac=1, random_state=5).assign(w=lambda frame: frame["w"] * 1000)
    again = fit(shuffled.reset_index(drop=True), model).to_frame()
    np.testing.assert_allclose(again["estimate"], whole["estimate"], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(again["se"], whole["se"], rtol=1e-8)


@pytest.mark.parametrize("model", ["gaussian", "logit", "poisson", "ordinal"])
def test_units_of_a_predictor_change_its_coefficient_and_nothing_else(people: pd.DataFrame, model: str) -> None:
    whole = fit(people, model).to_frame().set_index("term")
    again = fit(people.assign(age=people["age"] * 12 + 1e5), model).to_frame().set_index("term")
    np.testing.assert_allclose(again.loc["age", "estimate"] * 12, whole.loc["age", "estimate"], rtol=1e-7)
    np.testing.assert_allclose(again.loc["age", "se"] * 12, whole.loc["age", "se"], rtol=1e-7)
    np.testing.assert_allclose(again.loc["age", "p"], whole.loc["age", "p"], rtol=1e-6)


@pytest.mark.parametrize("model", ["gaussian", "logit", "poisson", "ordinal"])
def test_jackknife_gives_nearly_the_linearised_errors(large_sample: pd.DataFrame, model: str) -> None:
    chance = np.random.default_rng(3)
    n = len(large_sample)
    level = chance.normal(0, 0.4, 180)[large_sample["psu"]]
    age = chance.integers(0, 18, n).astype(float)
    income = np.exp(1 + level / 2 + chance.normal(0, 0.5, n))
    frame = large_sample.assign(
        age=age,
        income=income,
        poor=(chance.random(n) < 1 / (1 + np.exp(-level - 0.05 * age + 0.5))).astype(float),
        visits=chance.poisson(0.5 * income * np.exp(level / 4)),
        grade=np.digitize(level + chance.logistic(size=n), [-0.7, 0.7]),
    )
    # each coefficient rests on all 180 PSUs
    formula, options = MODELS[model][0].replace("region", "sex").replace("age * sex", "age"), MODELS[model][1]
    survey = declared(frame)
    linear = regress(survey, formula, **options)  # type: ignore[arg-type]
    left_out = regress(survey.with_replicates(cd.JKn()), formula, **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(left_out.coefficients, linear.coefficients, rtol=1e-10)
    np.testing.assert_allclose(left_out.to_frame()["se"], linear.to_frame()["se"], rtol=0.02)
    margins = linear.margins("sex").to_frame()["se"] if model != "ordinal" else linear.effects("age").to_frame()["se"]
    again = left_out.margins("sex") if model != "ordinal" else left_out.effects("age")
    np.testing.assert_allclose(again.to_frame()["se"], margins, rtol=0.02)


def test_calibrated_weights_give_the_variance_of_residuals(people: pd.DataFrame) -> None:
    """The mean of a post-stratified survey is a regression on a constant; a logit of the strata has no variance."""
    survey = poststratify(declared(people), "sex", {"girl": 400.0, "boy": 300.0})
    mean = survey.estimate(cd.mean("income")).to_frame().iloc[0]
    found = regress(survey, "income ~ 1").to_frame().iloc[0]
    assert (found["estimate"], found["se"]) == (pytest.approx(mean["estimate"]), pytest.approx(mean["se"]))
    known = regress(survey, "{sex == 'girl'} ~ 1", family="logit").to_frame().iloc[0]
    assert known["estimate"] == pytest.approx(np.log(4 / 3))
    assert known["se"] < 1e-12
