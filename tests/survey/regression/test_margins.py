"""Predictive margins and average marginal effects, where they are known in other words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.regression import regress


def test_margins_of_a_saturated_model_are_the_shares(survey: cd.Survey) -> None:
    shares = survey.estimate(cd.mean("poor == 1"), by="region").to_frame()
    fit = regress(survey, "poor ~ region", family="logit")
    for covariates in ("sampled", "fixed", "independent"):
        margins = fit.margins("region", covariates=covariates).to_frame()  # type: ignore[arg-type]
        assert margins["region"].tolist() == ["north", "south", "west"]
        np.testing.assert_allclose(margins["estimate"], shares["estimate"], rtol=1e-10)
        np.testing.assert_allclose(margins["se"], shares["se"], rtol=1e-9)


def test_effects_of_a_saturated_model_are_the_differences(survey: cd.Survey) -> None:
    shares = survey.estimate(cd.mean("poor == 1"), by="region")
    gap = shares.difference(along="region", of=("west", "north")).to_frame().iloc[0]
    effects = regress(survey, "poor ~ region", family="probit").effects("region").to_frame()
    assert effects["change"].tolist() == ["south − north", "west − north"]
    assert effects["estimate"][1] == pytest.approx(gap["estimate"])
    assert effects["se"][1] == pytest.approx(gap["se"])


@pytest.mark.parametrize(
    ("formula", "family"), [("poor ~ age + region", "logit"), ("visits ~ age", "poisson"), ("income ~ age", "gaussian")]
)
def test_average_prediction_of_a_canonical_model_is_the_mean(survey: cd.Survey, formula: str, family: str) -> None:
    response = formula.partition(" ")[0]
    mean = survey.estimate(cd.mean(response)).to_frame().iloc[0]
    margin = regress(survey, formula, family=family).margins().to_frame().iloc[0]  # type: ignore[arg-type]
    assert (margin["estimate"], margin["se"]) == (pytest.approx(mean["estimate"]), pytest.approx(mean["se"]))


def test_effects_of_a_linear_model_are_its_coefficients(survey: cd.Survey) -> None:
    fit = regress(survey, "income ~ age + region")
    effects, table = fit.effects().to_frame(), fit.to_frame().iloc[1:]
    assert effects[["variable", "change"]].values.tolist() == [
        ["age", "dy/dx"],
        ["region", "south − north"],
        ["region", "west − north"],
    ]
    for column in ("estimate", "se", "ci_low", "ci_high"):
        np.testing.assert_allclose(effects[column], table[column], rtol=1e-8)


def test_slope_of_a_logit_by_its_formula(survey: cd.Survey, people: pd.DataFrame) -> None:
    """The mean of p (1 − p) β, and of p (1 − p) (β₁ + 2 β₂ x) where x stands with its square."""
    line = regress(survey, "poor ~ age", family="logit")
    p, w, x = line.predict()["estimate"], people["w"], people["age"]
    slope = np.average(p * (1 - p) * line.coefficients["age"], weights=w)
    assert line.effects("age").to_frame()["estimate"].item() == pytest.approx(slope, rel=1e-10)
    square = regress(survey, "poor ~ age + {age ** 2}", family="logit")
    p, b = square.predict()["estimate"], square.coefficients
    slope = np.average(p * (1 - p) * (b["age"] + 2 * b["age ** 2"] * x), weights=w)
    assert square.effects("age").to_frame()["estimate"].item() == pytest.approx(slope, rel=1e-9)
    poly = regress(survey, "poor ~ poly(age, 2)", family="logit").effects("age").to_frame()
    assert poly["estimate"].item() == pytest.approx(slope, rel=1e-9)
    assert poly["se"].item() == pytest.approx(square.effects("age").to_frame()["se"].item(), rel=1e-8)


def test_slope_of_a_logarithm_near_zero(people: pd.DataFrame) -> None:
    frame = people.assign(income=people["income"] * np.where(people.index % 50 == 0, 1e-7, 1.0))
    fit = regress(cd.Survey(frame, weight="w", psu="psu"), "age ~ log(income)")
    slope = np.average(fit.coefficients["log(income)"] / frame["income"], weights=frame["w"])
    assert fit.effects("income").to_frame()["estimate"].item() == pytest.approx(slope, rel=1e-9)


def test_interaction_enters_the_effects_of_both(survey: cd.Survey, people: pd.DataFrame) -> None:
    fit = regress(survey, "income ~ age * sex")
    b, w = fit.coefficients, people["w"]
    effects = fit.effects().to_frame()["estimate"].tolist()
    girls = np.average(people["sex"] == "girl", weights=w)
    assert effects[0] == pytest.approx(b["age"] + b["age:sex[T.girl]"] * girls)
    assert effects[1] == pytest.approx(b["sex[T.girl]"] + b["age:sex[T.girl]"] * np.average(people["age"], weights=w))


def test_levels_are_crossed_with_values(survey: cd.Survey) -> None:
    fit = regress(survey, "poor ~ age + sex + region", family="logit")
    margins = fit.margins(["sex", "region"], at={"age": [5, 10.5]})
    assert margins.by == ("sex", "region", "age")
    assert len(margins) == 2 * 3 * 2
    assert margins.to_frame()["age"].tolist()[:2] == ["5", "10.5"]
    at = fit.margins(at={"age": 5, "sex": "girl", "region": "west"}).to_frame().iloc[0]
    wanted = fit.predict({"age": [5], "sex": ["girl"], "region": ["west"]}).iloc[0]
    assert (at["estimate"], at["se"]) == (pytest.approx(wanted["estimate"]), pytest.approx(wanted["se"]))
    gap = margins.select(age="5", sex="girl").difference(along="region", of=("west", "north"))
    assert gap.to_frame()["se"].item() < margins.to_frame()["se"].max() * 2


def test_shares_have_limits_of_shares(survey: cd.Survey) -> None:
    margins = regress(survey, "poor ~ age + sex", family="logit").margins("sex")
    row = margins.to_frame().iloc[0]
    assert row["df"] == 24 - 4 + 1 - 3
    reach = 2.10092204024104 * row["se"] / (row["estimate"] * (1 - row["estimate"]))
    centre = np.log(row["estimate"] / (1 - row["estimate"]))
    assert row["ci_low"] == pytest.approx(1 / (1 + np.exp(reach - centre)))
    assert "sex" in margins.table().to_markdown()


def test_covariates_follow_the_convention(survey: cd.Survey) -> None:
    def errors(**options: object) -> list[float]:
        fit = regress(survey, "visits ~ age + region", family="poisson", **options)  # type: ignore[arg-type]
        return fit.margins("region").to_frame()["se"].tolist()

    fit = regress(survey, "visits ~ age + region", family="poisson")
    by_name = {
        one: fit.margins("region", covariates=one).to_frame()["se"].tolist()
        for one in ("sampled", "fixed", "independent")
    }  # type: ignore[arg-type]
    assert errors() == by_name["sampled"]
    assert errors(convention="stata") == by_name["fixed"]
    assert errors(convention="r") == pytest.approx(by_name["independent"])
    assert all(a < b for a, b in zip(by_name["fixed"], by_name["independent"], strict=True))


def test_margins_can_be_averaged_over_a_subpopulation(survey: cd.Survey, people: pd.DataFrame) -> None:
    fit = regress(survey, "poor ~ age * region", family="logit")
    margins = fit.margins("region", where="sex == 'girl'").to_frame()
    girls = people[people["sex"] == "girl"]
    predicted = fit.predict(girls.assign(region="south"))["estimate"]
    assert margins["estimate"][1] == pytest.approx(np.average(predicted, weights=girls["w"]))
    assert set(margins["n"]) == {len(girls)}
    with pytest.raises(EstimationError, match="no record of the regression is in the domain"):
        fit.margins("region", where="age > 100")


def test_ordered_categories_have_a_row_each_and_add_to_one(survey: cd.Survey) -> None:
    fit = regress(survey, "grade ~ age + region", family="ordinal")
    margins = fit.margins("region")
    frame = margins.to_frame()
    assert frame["item"].tolist()[:3] == ["0", "1", "2"]
    sums = frame.groupby("region")["estimate"].sum()
    np.testing.assert_allclose(sums, 1)
    effects = fit.effects("age").to_frame()
    assert effects["estimate"].sum() == pytest.approx(0, abs=1e-12)
    saturated = regress(survey, "poor ~ region", family="ordinal").margins("region").to_frame()
    shares = survey.estimate(cd.mean("poor == 1"), by="region").to_frame()
    np.testing.assert_allclose(saturated["estimate"][saturated["item"] == "1"], shares["estimate"], rtol=1e-9)
    np.testing.assert_allclose(saturated["se"][saturated["item"] == "1"], shares["se"], rtol=1e-8)


def test_rule_that_is_true_or_false_has_a_difference(survey: cd.Survey) -> None:
    rule = regress(survey, "poor ~ {age < 5} + sex", family="logit")
    coded = regress(survey.with_columns(young="if_else(age < 5, 'yes', 'no')"), "poor ~ young + sex", family="logit")
    effects = rule.effects().to_frame()
    assert effects[["variable", "change"]].values.tolist()[0] == ["age < 5", "yes − no"]
    np.testing.assert_allclose(effects["estimate"][0], coded.effects("young").to_frame()["estimate"].item())
    np.testing.assert_allclose(effects["se"][0], coded.effects("young").to_frame()["se"].item())
    margins = rule.margins("age < 5").to_frame()
    assert margins["age < 5"].tolist() == ["no", "yes"]
    by_age = rule.margins(at={"age": [3, 7]}).to_frame()
    np.testing.assert_allclose(by_age["estimate"], margins["estimate"][::-1])


def test_truth_columns_have_two_levels(people: pd.DataFrame) -> None:
    survey = cd.Survey(people.assign(young=people["age"] < 5), weight="w", psu="psu")
    plain = regress(survey, "poor ~ young + sex", family="logit")
    coded = regress(survey, "poor ~ C(young) + sex", family="logit")
    for fit in (plain, coded):
        effects = fit.effects("young").to_frame()
        assert effects["change"].item() == "yes − no"
        assert effects["estimate"].item() == pytest.approx(plain.effects("young").to_frame()["estimate"].item())
    assert plain.margins("young").to_frame()["young"].tolist() == ["no", "yes"]


def test_exposure_can_be_set(survey: cd.Survey) -> None:
    fit = regress(survey, "visits ~ sex + offset(log(income))", family="poisson")
    one, two = fit.margins("sex", at={"income": [1, 2]}).select(sex="boy").to_frame()["estimate"]
    assert two == pytest.approx(2 * one)
    assert fit.effects().to_frame()["variable"].tolist() == ["sex"]


def test_reference_is_that_of_the_formula(survey: cd.Survey) -> None:
    fit = regress(survey, "poor ~ C(region, contr.treatment('west'))", family="logit")
    assert fit.effects().to_frame()["change"].tolist() == ["north − west", "south − west"]


def test_what_has_no_margin_is_refused_in_words(survey: cd.Survey) -> None:
    fit = regress(survey, "visits ~ age + {age < 5} + log(income) + region", family="poisson")
    with pytest.raises(EstimationError, match="'age' is a number in the model, and has no levels"):
        fit.margins("age")
    with pytest.raises(EstimationError, match="stands in the rule 'age < 5', which has no slope"):
        fit.effects("age")
    with pytest.raises(EstimationError, match="'sex' is no variable of the model"):
        fit.margins("sex")
    with pytest.raises(EstimationError, match="nearest: 'region'"):
        fit.margins("regions")
    with pytest.raises(EstimationError, match="values of 'age' are numbers; found 'old'"):
        fit.margins(at={"age": "old"})
    with pytest.raises(EstimationError, match="no level 'east'"):
        fit.margins(at={"region": "east"})
    with pytest.raises(EstimationError, match="named twice"):
        fit.margins("region", at={"region": "west"})
    with pytest.raises(EstimationError, match="unknown in 240 records at the values asked for"):
        fit.margins(at={"income": 0})
    with pytest.raises(EstimationError, match="'sampled', 'fixed' or 'independent'"):
        fit.margins("region", covariates="none")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="no variable, and so no effects"):
        regress(survey, "visits ~ 1").effects()


def test_difference_of_two_margins_has_their_covariance(survey: cd.Survey) -> None:
    fit = regress(survey, "poor ~ sex + age", family="logit")
    margins = fit.margins("sex")
    gap = margins.difference(along="sex", of=("girl", "boy")).to_frame().iloc[0]
    effect = fit.effects("sex").to_frame().iloc[0]
    assert (gap["estimate"], gap["se"]) == (pytest.approx(effect["estimate"]), pytest.approx(effect["se"]))
    # and margins stand beside any other estimates of the survey
    beside = margins.select(sex="girl") - survey.estimate(cd.mean("poor"))
    assert np.isfinite(beside.to_frame()["se"]).all()


@pytest.mark.parametrize("family", ["logit", "ordinal"])
def test_replicate_weights_know_the_three_kinds_of_covariates(large_sample: pd.DataFrame, family: str) -> None:
    """Fitted anew with the covariates held, or averaged anew with the coefficients held."""
    chance = np.random.default_rng(6)
    level = chance.normal(0, 0.5, 180)[large_sample["psu"]]
    frame = large_sample.assign(
        age=chance.integers(0, 18, 1800) + level, poor=(chance.random(1800) < 1 / (1 + np.exp(-level))).astype(int)
    )
    survey = cd.Survey(frame, weight="w", strata="stratum", psu="psu")
    replicated = survey.with_replicates(cd.JKn())
    for covariates in ("sampled", "fixed", "independent"):
        linear, again = (
            regress(one, "poor ~ age * sex", family=family)  # type: ignore[arg-type]
            .margins("sex", covariates=covariates)  # type: ignore[arg-type]
            .to_frame()
            for one in (survey, replicated)
        )
        np.testing.assert_allclose(again["estimate"], linear["estimate"], rtol=1e-9)
        np.testing.assert_allclose(again["se"], linear["se"], rtol=0.02)


def test_calibration_reaches_the_margins(survey: cd.Survey) -> None:
    """Of a saturated model they are the shares, under post-stratified weights too."""
    calibrated = cd.poststratify(survey, "sex", {"girl": 300, "boy": 280})
    shares = calibrated.estimate(cd.mean("poor == 1"), by="sex").to_frame()
    margins = regress(calibrated, "poor ~ sex", family="logit").margins("sex").to_frame()
    np.testing.assert_allclose(margins["estimate"], shares["estimate"], rtol=1e-9)
    np.testing.assert_allclose(margins["se"], shares["se"], rtol=1e-8)
