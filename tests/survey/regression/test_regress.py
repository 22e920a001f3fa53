"""Regressions that are something known in other words, what is left out, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.errors import EstimationError, ExpressionError, VariableError
from childdata.survey.regression import regress


def estimates(survey: cd.Survey, formula: str, **options: object) -> pd.DataFrame:
    return regress(survey, formula, **options).to_frame().set_index("term")  # type: ignore[arg-type]


def test_slope_of_four_records_by_hand() -> None:
    """Weights 1, 1, 2, 1 and x = 0, 1, 2, 3: x̄ = 8/5, ȳ = 17/5."""
    survey = cd.Survey({"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 4.0, 4.0, 4.0], "w": [1.0, 1.0, 2.0, 1.0]}, weight="w")
    found = estimates(survey, "y ~ x")
    # Σwxy = 0 + 4 + 16 + 12 = 32, less 5·(8/5)·(17/5) = 27.2: 4.8; Σwx² = 0 + 1 + 8 + 9 = 18, less 5·(8/5)² = 12.8: 5.2
    slope = 4.8 / 5.2
    assert found.loc["x", "estimate"] == pytest.approx(slope)
    intercept = 17 / 5 - slope * 8 / 5
    assert found.loc["Intercept", "estimate"] == pytest.approx(intercept)
    x, y, w = np.array([0, 1, 2, 3]), np.array([1, 4, 4, 4]), np.array([1, 1, 2, 1])
    scores = w * (x - 8 / 5) * (y - intercept - slope * x) / 5.2
    assert scores.sum() == pytest.approx(0)
    # four records are four PSUs: V = 4/3 Σ z²
    assert found.loc["x", "se"] == pytest.approx(math.sqrt(4 / 3 * np.sum(scores**2)))
    assert found.loc["x", "df"] == 3 + 1 - 2


def test_odds_ratio_of_a_fourfold_table_by_hand() -> None:
    """Rural 3 poor of 4, urban 1 of 4: odds 3 and 1/3, ratio 1/9; the variance is that of the scores."""
    survey = cd.Survey({"poor": [1, 1, 1, 0, 1, 0, 0, 0], "home": ["rural"] * 4 + ["urban"] * 4})
    fit = regress(survey, "poor ~ home", family="logit")
    assert fit.coefficients["Intercept"] == pytest.approx(math.log(3))
    assert fit.coefficients["home[T.urban]"] == pytest.approx(-2 * math.log(3))
    # influence on logit p of a home: (y − p) / (n p (1 − p)): ±; 8 records, V = 8/7 Σ u²
    rural = np.array([0.25, 0.25, 0.25, -0.75]) / (4 * 3 / 16)
    urban = np.array([0.75, -0.25, -0.25, -0.25]) / (4 * 3 / 16)
    assert fit.to_frame()["se"].tolist() == pytest.approx(
        [math.sqrt(8 / 7 * np.sum(rural**2)), math.sqrt(8 / 7 * (np.sum(rural**2) + np.sum(urban**2)))]
    )
    ratio = fit.odds_ratios().iloc[0]
    assert ratio["estimate"] == pytest.approx(1 / 9)
    assert ratio["se"] == pytest.approx(fit.to_frame()["se"][1] / 9)
    assert ratio["ci_low"] == pytest.approx(math.exp(fit.to_frame()["ci_low"][1]))


def test_regression_on_a_constant_is_the_mean(survey: cd.Survey) -> None:
    mean = survey.estimate(cd.mean("income")).to_frame().iloc[0]
    found = estimates(survey, "income ~ 1").loc["Intercept"]
    for column in ("estimate", "se", "df", "ci_low", "ci_high"):
        assert found[column] == pytest.approx(mean[column], rel=1e-12)


def test_coefficient_of_a_group_is_the_difference_of_the_means(survey: cd.Survey) -> None:
    gap = survey.estimate(cd.mean("income"), by="sex").difference(along="sex", of=("girl", "boy")).to_frame().iloc[0]
    found = estimates(survey, "income ~ sex").loc["sex[T.girl]"]
    assert (found["estimate"], found["se"]) == (pytest.approx(gap["estimate"]), pytest.approx(gap["se"]))


def test_poisson_with_an_offset_alone_is_the_logarithm_of_a_ratio(survey: cd.Survey) -> None:
    ratio = survey.estimate(cd.ratio("visits", "income")).to_frame().iloc[0]
    for found in (
        estimates(survey, "visits ~ 1 + offset(log(income))", family="poisson"),
        estimates(survey, "visits ~ 1", family="poisson", offset="log(income)"),
    ):
        assert found.loc["Intercept", "estimate"] == pytest.approx(math.log(ratio["estimate"]))
        assert found.loc["Intercept", "se"] == pytest.approx(ratio["se"] / ratio["estimate"])


def test_saturated_logit_says_what_the_shares_say(survey: cd.Survey) -> None:
    shares = survey.estimate(cd.mean("poor == 1"), by="region").to_frame().set_index("region")
    found = estimates(survey, "poor ~ 0 + region", family="logit")
    for region in ("north", "south", "west"):
        p = shares.loc[region, "estimate"]
        assert found.loc[f"region[{region}]", "estimate"] == pytest.approx(math.log(p / (1 - p)))
        assert found.loc[f"region[{region}]", "se"] == pytest.approx(shares.loc[region, "se"] / (p * (1 - p)))


def test_ordinal_with_thresholds_alone_says_what_the_shares_say(survey: cd.Survey) -> None:
    below = survey.estimate({"0": cd.mean("grade <= 0"), "1": cd.mean("grade <= 1")}).to_frame()
    found = regress(survey, "grade ~ 1", family="ordinal").to_frame()
    p = below["estimate"].to_numpy()
    assert found["term"].tolist() == ["0|1", "1|2"]
    np.testing.assert_allclose(found["estimate"], np.log(p / (1 - p)), rtol=1e-10)
    np.testing.assert_allclose(found["se"], below["se"] / (p * (1 - p)), rtol=1e-9)


def test_two_ordered_categories_are_a_logit(survey: cd.Survey) -> None:
    ordinal = estimates(survey, "poor ~ age + region", family="ordinal")
    logit = estimates(survey, "poor ~ age + region", family="logit")
    for term in ("age", "region[T.south]", "region[T.west]"):
        assert ordinal.loc[term, "estimate"] == pytest.approx(logit.loc[term, "estimate"], rel=1e-9)
        assert ordinal.loc[term, "se"] == pytest.approx(logit.loc[term, "se"], rel=1e-9)
    assert ordinal.loc["0|1", "estimate"] == pytest.approx(-logit.loc["Intercept", "estimate"])


def test_domain_keeps_the_design(people: pd.DataFrame, survey: cd.Survey) -> None:
    inside = regress(survey, "income ~ age", where="region == 'north'")
    told = regress(survey.where("region == 'north'"), "income ~ age")
    assert inside.to_frame().equals(told.to_frame())
    kept = people[people["region"] == "north"]
    # filtering first takes the PSUs of other regions out of their strata
    filtered = regress(cd.Survey(kept, weight="w", strata="stratum", psu="psu"), "income ~ age")
    np.testing.assert_allclose(inside.coefficients, filtered.coefficients)
    assert not np.allclose(inside.to_frame()["se"], filtered.to_frame()["se"], rtol=1e-3)
    assert inside.df == 8 - 4 + 1 - 2


def test_unknown_answers_are_left_out_and_counted(people: pd.DataFrame) -> None:
    frame = people.assign(age=people["age"].mask(people.index < 5), sex=people["sex"].mask(people.index % 40 == 3))
    found = regress(cd.Survey(frame, weight="w", strata="stratum", psu="psu"), "income ~ age + sex")
    assert found.missing == {"age": 5, "sex": 6}
    assert found.n == 240 - 10  # one record lacks both
    first = found.estimates.to_frame().iloc[0]
    assert (first["n"], first["missing"]) == (230, 10)
    left = frame["w"][frame["age"].isna() | frame["sex"].isna()].sum() / frame["w"].sum()
    assert first["missing_share"] == pytest.approx(left)
    assert found.notes[-1] == "left out of the regression as unknown: 10 of 240 records (age 5, sex 6)"


def test_rule_that_cannot_be_computed_is_unknown_and_told(people: pd.DataFrame) -> None:
    frame = people.assign(income=people["income"].where(people.index > 2, 0.0))
    found = regress(cd.Survey(frame, weight="w", strata="stratum", psu="psu"), "age ~ log(income)")
    assert found.missing == {"log(income)": 3}
    assert any("logarithm of zero" in note for note in found.notes)


def test_declared_missing_codes_and_value_labels_are_respected(people: pd.DataFrame) -> None:
    labels = {1: "Poorest", 2: "Second", 3: "Middle", 4: "Fourth", 5: "Richest", 9: "No answer"}
    frame = people.assign(quintile=people["quintile"].where(people.index > 3, 9))
    known = cd.Variable("quintile", "Wealth", value_labels=labels, missing_codes=(9,))
    data = cd.Dataset.from_frame(pl.from_pandas(frame), variables=[known], source="hh.sav")
    survey = cd.Survey(data, weight="w", strata="stratum", psu="psu")
    found = regress(survey, "income ~ C(quintile)")
    assert found.missing == {"C(quintile)": 4}
    assert list(found.coefficients.index[1:]) == [f"C(quintile)[T.{name}]" for name in list(labels.values())[1:5]]
    other = regress(survey, "income ~ C(quintile, contr.treatment('Richest'))")
    coded = regress(survey, "income ~ C(quintile, contr.treatment(5))")
    np.testing.assert_allclose(other.coefficients, coded.coefficients)
    shift = found.coefficients["C(quintile)[T.Richest]"]
    name = "C(quintile, contr.treatment('Richest'))[T.Poorest]"
    assert other.coefficients[name] == pytest.approx(-shift)
    assert "quintile" in regress(survey, "income ~ quintile").coefficients.index


def test_names_are_found_whatever_their_case(survey: cd.Survey) -> None:
    assert list(regress(survey, "INCOME ~ Age").coefficients.index) == ["Intercept", "Age"]


def test_any_frame_gives_the_same(people: pd.DataFrame) -> None:
    wanted = regress(cd.Survey(people, weight="w", psu="psu"), "poor ~ age + region", family="logit").to_frame()
    for data in (pl.from_pandas(people), people.to_dict("list")):
        found = regress(cd.Survey(data, weight="w", psu="psu"), "poor ~ age + region", family="logit")
        pd.testing.assert_frame_equal(found.to_frame(), wanted)
    categories = people.assign(region=pd.Categorical(people["region"], categories=["west", "south", "north"]))
    found = regress(cd.Survey(categories, weight="w", psu="psu"), "poor ~ region", family="logit")
    assert list(found.coefficients.index) == ["Intercept", "region[T.south]", "region[T.north]"]


def test_truth_values_are_numbers(people: pd.DataFrame) -> None:
    survey = cd.Survey(people.assign(rich=people["income"] > 6, girl=people["sex"] == "girl"), weight="w", psu="psu")
    found = regress(survey, "rich ~ girl", family="logit")
    rule = regress(survey, "income > 6 ~ {sex == 'girl'}", family="logit")
    assert list(found.coefficients.index) == ["Intercept", "girl"]
    np.testing.assert_allclose(found.coefficients, rule.coefficients)


def test_splines_and_polynomials_are_made_on_the_records_used(survey: cd.Survey) -> None:
    found = regress(survey, "income ~ bs(age, df=4) + C(region)")
    assert list(found.coefficients.index[1:5]) == [f"bs(age, df=4)[{k}]" for k in (1, 2, 3, 4)]
    cubic = regress(survey, "income ~ cr(age, df=3)").predict()
    poly = regress(survey, "income ~ poly(age, 2)").predict()["estimate"]
    squares = regress(survey, "income ~ age + {age ** 2}").predict()["estimate"]
    np.testing.assert_allclose(poly, squares, rtol=1e-9)
    assert cubic["se"].gt(0).all()
    centred, scaled = regress(survey, "income ~ center(age)"), regress(survey, "income ~ scale(age)")
    assert centred.coefficients["center(age)"] == pytest.approx(regress(survey, "income ~ age").coefficients["age"])
    assert scaled.coefficients["Intercept"] == pytest.approx(centred.coefficients["Intercept"])


def test_other_degrees_of_freedom_and_conventions(survey: cd.Survey) -> None:
    design = 24 - 4
    assert regress(survey, "income ~ age + region").df == design + 1 - 4
    assert regress(survey, "income ~ age + region", convention="r").df == design + 1 - 4
    assert regress(survey, "income ~ age + region", convention="stata").df == design
    assert regress(survey, "income ~ age + region", convention="spss").df == design
    agency = regress(survey, "income ~ age", df=math.inf).to_frame().iloc[1]
    assert agency["ci_high"] - agency["estimate"] == pytest.approx(1.959963984540054 * agency["se"])
    twice = regress(survey, "income ~ age", convention="mics").to_frame().iloc[1]
    assert twice["ci_high"] - twice["estimate"] == pytest.approx(2 * twice["se"])
    narrow = regress(survey, "income ~ age", level=0.5).to_frame().iloc[1]
    assert narrow["ci_high"] < agency["ci_high"]


def test_coefficients_are_estimates_like_any_other(survey: cd.Survey) -> None:
    fit = regress(survey, "income ~ age + region")
    test = fit.estimates.test("`region[T.south]` = 0, `region[T.west]` = 0", method="wald")
    assert test.p == pytest.approx(fit.test_term("region").p)
    gap = fit.estimates.difference(along="item", of=("region[T.south]", "region[T.west]")).to_frame().iloc[0]
    covariance = fit.covariance()
    pair = ["region[T.south]", "region[T.west]"]
    assert gap["se"] == pytest.approx(math.sqrt(np.array([1, -1]) @ covariance.loc[pair, pair] @ [1, -1]))
    change = fit.estimates - regress(survey, "income ~ age + region", where="sex == 'girl'").estimates
    assert len(change) == 4
    assert fit.estimates.settings["formula"] == "income ~ age + region"
    assert "age" in fit.estimates.table().to_markdown()


def test_too_few_psus_are_told(people: pd.DataFrame) -> None:
    survey = cd.Survey(people[people["stratum"] < 2], weight="w", strata="stratum", psu="psu")
    assert regress(survey, "income ~ age + C(quintile) + region").df == 12 - 2 + 1 - 8
    none = regress(survey, "income ~ age + C(quintile) * sex + region")
    assert none.df == -2
    assert none.to_frame()[["p", "ci_low"]].isna().all().all()
    assert none.to_frame()["se"].gt(0).all()
    assert set(none.estimates.to_frame()["flag"]) == {"no df"}
    assert (
        "the design leaves no degrees of freedom to a regression of 13 coefficients: no limits and no p" in none.notes
    )
    with pytest.raises(EstimationError, match="-2 degrees of freedom"):
        none.test_terms()


@pytest.mark.parametrize(
    ("formula", "family", "said"),
    [
        ("quintile ~ age", "logit", "wants a response of 0 and 1; quintile has 5 distinct values"),
        ("quintile ~ age", "quasibinomial", "wants a response of shares from 0 to 1"),
        ("income ~ age", "probit", "'income == 1 ~ ...'"),
        ("{0 * income} ~ age", "gaussian", "one value in all 240 records"),
        ("{0 - visits} ~ age", "poisson", "wants counts of 0 and more"),
        ("visits ~ age", "gamma", "wants amounts above 0"),
        ("{0 * quintile} ~ age", "ordinal", "one category in all 240 records"),
        ("grade ~ 0 + age", "ordinal", "thresholds in place of the intercept"),
        ("grade ~ age", "logistic", "family 'logistic' is not known; .*nearest: 'logit'"),
        ("income ~ 0", "gaussian", "neither an intercept nor a term"),
    ],
)
def test_response_that_the_family_cannot_have_is_refused(
    survey: cd.Survey, formula: str, family: str, said: str
) -> None:
    with pytest.raises(EstimationError, match=said):
        regress(survey, formula, family=family)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("formula", "error", "said"),
    [
        ("income ~ agee", VariableError, "nearest: 'age'"),
        ("incme ~ age", VariableError, "nearest: 'income'"),
        ("sex ~ age", VariableError, "holds text where numbers are wanted; write a rule"),
        ("income ~ poly(sex, 2)", VariableError, r"C\(sex\) makes categories of it"),
        ("income ~ age + offset(sex)", VariableError, "the offset 'sex' holds text"),
        ("income ~ C(sex, contr.treatment('men'))", EstimationError, "no level 'men'.*'boy', 'girl'"),
        ("income ~ C(sex, levels=['girl'])", EstimationError, "2 levels"),
        ("income ~ bs(age, df=1)", EstimationError, "the columns of bs.* cannot be made"),
        ("income ~ age +", ExpressionError, "is no formula"),
        (f"{cd.PlausibleValues('PV1..PV10')} ~ age", EstimationError, r"'PV1..PV10' stands for several .* combine\(\)"),
    ],
)
def test_formula_that_does_not_suit_the_data_is_refused(
    survey: cd.Survey, formula: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        regress(survey, formula)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"level": 95}, "level lies between 0 and 1"),
        ({"df": 0}, "df is a positive number"),
        ({"collinear": "ignore"}, "'refuse' or 'drop'"),
        ({"convention": "sas"}, "convention 'sas' is not known"),
        ({"link": "loglog"}, "has the links identity, log, inverse; found 'loglog'"),
        ({"where": "age"}, "neither true nor false"),
        ({"where": "age > 100"}, "no record of the data with a weight is in the domain"),
        ({"where": "sex == 'girl'"}, "one level \\('girl'\\) among the"),
    ],
)
def test_call_that_cannot_be_carried_out_is_refused(survey: cd.Survey, options: dict[str, object], said: str) -> None:
    with pytest.raises(EstimationError, match=said):
        regress(survey, "income ~ age + sex", **options)  # type: ignore[arg-type]


def test_links_of_named_links_are_fixed(survey: cd.Survey) -> None:
    with pytest.raises(EstimationError, match="take family='binomial'"):
        regress(survey, "poor ~ age", family="logit", link="probit")
    with pytest.raises(EstimationError, match="'ordinal' has the links logit, probit, cloglog, loglog"):
        regress(survey, "grade ~ age", family="ordinal", link="log")


def test_all_unknown_is_told_by_variable(people: pd.DataFrame) -> None:
    frame = people.assign(age=np.nan)
    with pytest.raises(EstimationError, match="unknown in the 240 records of the domain: age 240"):
        regress(cd.Survey(frame, weight="w"), "income ~ age")


def test_records_of_weight_zero_stay_in_the_design_and_out_of_the_fit(people: pd.DataFrame) -> None:
    frame = people.assign(w=people["w"].where(people["psu"] != 3, 0.0), income=people["income"] * 1.0)
    zero = regress(cd.Survey(frame, weight="w", strata="stratum", psu="psu"), "income ~ age")
    as_domain = regress(cd.Survey(people, weight="w", strata="stratum", psu="psu"), "income ~ age", where="psu != 3")
    np.testing.assert_allclose(zero.to_frame()["se"], as_domain.to_frame()["se"])
    assert zero.n == as_domain.n == 230


def test_unknown_domain_is_outside_and_counted(people: pd.DataFrame) -> None:
    frame = people.assign(age=people["age"].mask(people.index < 4))
    found = regress(cd.Survey(frame, weight="w", psu="psu"), "income ~ sex", where="age > 5")
    assert found.n == (frame["age"] > 5).sum()
    assert "where 'age > 5' is unknown in 4 records: they are outside the domain" in found.notes
    assert found.estimates.settings["where"] == "age > 5"


def test_regression_and_estimate_tell_the_same_of_a_domain() -> None:
    data = {"y": [1.0, 2.0, 4.0, 3.0, 5.0, 2.0], "x": [1, 2, 3, 1, 2, 3], "g": [1, 1, 1, 1, None, None]}
    survey = cd.Survey({**data, "w": [1, 1, 1, 1, 1, 0]}, weight="w")
    fitted, estimated = regress(survey, "y ~ x", where="g == 1"), survey.estimate(cd.mean("y"), where="g == 1")
    assert fitted.notes == estimated.notes
    assert "where 'g == 1' is unknown in 2 records: they are outside the domain" in fitted.notes
    for call in (lambda: regress(survey, "y ~ x", where="x"), lambda: survey.estimate(cd.mean("y"), where="x")):
        with pytest.raises(EstimationError, match="where='x' is neither true nor false"):
            call()
