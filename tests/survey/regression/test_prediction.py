"""Predictions for the records and for other data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.errors import EstimationError, VariableError
from childdata.survey.regression import regress


def test_prediction_by_hand(survey: cd.Survey) -> None:
    fit = regress(survey, "poor ~ age + sex", family="logit")
    b, covariance = fit.coefficients, fit.covariance().to_numpy()
    assert list(b.index) == ["Intercept", "age", "sex[T.girl]"]
    x = np.array([1.0, 7.0, 1.0])
    eta, error = x @ b, np.sqrt(x @ covariance @ x)
    link = fit.predict({"age": [7], "sex": ["girl"]}, scale="link").iloc[0]
    assert (link["estimate"], link["se"]) == (pytest.approx(eta), pytest.approx(error))
    p = 1 / (1 + np.exp(-eta))
    row = fit.predict({"age": [7], "sex": ["girl"]}).iloc[0]
    assert (row["estimate"], row["se"]) == (pytest.approx(p), pytest.approx(p * (1 - p) * error))
    assert row["ci_high"] == pytest.approx(1 / (1 + np.exp(-link["ci_high"])))


def test_records_of_the_survey_keep_their_places(people: pd.DataFrame) -> None:
    frame = people.assign(age=people["age"].mask(people.index == 7))
    survey = cd.Survey(frame, weight="w", psu="psu")
    fit = regress(survey, "income ~ age + region", where="region != 'west'")
    predicted = fit.predict()
    assert len(predicted) == 240
    # of another region than the model knows, and of unknown age
    unknown = predicted["estimate"].isna()
    assert (unknown == ((frame["region"] == "west") | frame["age"].isna())).all()
    residuals = fit.residuals()
    used = ~np.isnan(residuals)
    np.testing.assert_allclose((predicted["estimate"] + residuals)[used], frame["income"][used])


def test_one_row_for_each_row_of_any_frame(survey: cd.Survey) -> None:
    fit = regress(survey, "income ~ log(age + 1) * sex")
    data = pd.DataFrame({"age": [1.0, np.nan, 3.0], "sex": ["boy", "girl", "girl"], "other": [1, 2, 3]})
    wanted = fit.predict(data)
    assert wanted["estimate"].isna().tolist() == [False, True, False]
    pd.testing.assert_frame_equal(fit.predict(pl.from_pandas(data)), wanted)
    pd.testing.assert_frame_equal(fit.predict(data.to_dict("list")), wanted)


def test_categories_may_be_given_by_label_or_code(people: pd.DataFrame) -> None:
    labels = {1.0: "Poorest", 2.0: "Second", 3.0: "Middle", 4.0: "Fourth", 5.0: "Richest"}
    data = cd.Dataset.from_frame(
        pl.from_pandas(people), variables=[cd.Variable("quintile", "Wealth", value_labels=labels)], source="hh.sav"
    )
    fit = regress(cd.Survey(data, weight="w", psu="psu"), "income ~ C(quintile) + {quintile == 1} : age")
    by_code = fit.predict({"quintile": [1, 5], "age": [3, 4]})
    by_label = fit.predict({"quintile": ["Poorest", "Richest"], "age": [3, 4]})
    pd.testing.assert_frame_equal(by_code, by_label)
    with pytest.raises(EstimationError, match=r"no level 'Rich'.*nearest: 'Richest'"):
        fit.predict({"quintile": ["Rich"], "age": [3]})
    with pytest.raises(EstimationError, match="no level '7'"):
        fit.predict({"quintile": [7], "age": [3]})


def test_splines_are_those_of_the_model(survey: cd.Survey, people: pd.DataFrame) -> None:
    """Knots, centres and scales stay: a record predicted alone has its value among the others."""
    for term in (
        "bs(age, df=4)",
        "cr(age, df=4)",
        "poly(age, 3)",
        "scale(age)",
        "center(age)",
        "C(region, contr.helmert)",
    ):
        fit = regress(survey, f"income ~ {term}")
        alone = fit.predict(people.iloc[[17]]).iloc[0]
        np.testing.assert_allclose(alone, fit.predict().iloc[17], rtol=1e-9)


def test_ordered_categories_have_a_row_each(survey: cd.Survey) -> None:
    fit = regress(survey, "grade ~ age + sex", family="ordinal")
    predicted = fit.predict({"age": [2, 9], "sex": ["boy", "girl"]})
    assert predicted["item"].tolist() == ["0", "1", "2"] * 2
    np.testing.assert_allclose(predicted.groupby(level=0)["estimate"].sum(), 1)
    assert ((predicted["ci_low"] > 0) & (predicted["ci_high"] < 1)).all()
    two = regress(survey, "poor ~ age", family="ordinal").predict({"age": [4]})
    logit = regress(survey, "poor ~ age", family="logit").predict({"age": [4]})
    for column in ("estimate", "se", "ci_low", "ci_high"):
        assert two[column].iloc[1] == pytest.approx(logit[column].iloc[0], rel=1e-8)
    link = fit.predict({"age": [2], "sex": ["boy"]}, scale="link")
    assert link["estimate"].item() == pytest.approx(2 * fit.coefficients["age"])


def test_limits_stand_in_order_where_the_link_falls(survey: cd.Survey) -> None:
    predicted = regress(survey, "income ~ region", family="gamma").predict()
    assert (predicted["ci_low"] < predicted["estimate"]).all()
    assert (predicted["estimate"] < predicted["ci_high"]).all()


def test_residuals_of_each_kind(survey: cd.Survey, people: pd.DataFrame) -> None:
    fit = regress(survey, "poor ~ age", family="logit")
    p, y = fit.predict()["estimate"].to_numpy(), people["poor"].to_numpy()
    np.testing.assert_allclose(fit.residuals(), y - p)
    np.testing.assert_allclose(fit.residuals(kind="pearson"), (y - p) / np.sqrt(p * (1 - p)))
    deviance = fit.residuals(kind="deviance")
    np.testing.assert_allclose(deviance, np.where(y == 1, 1, -1) * np.sqrt(-2 * np.log(np.where(y == 1, p, 1 - p))))
    share = people["w"] / people["w"].mean()
    assert np.sum(share * deviance**2) == pytest.approx(fit.fit_measures().deviance)


def test_what_cannot_be_predicted_is_refused(survey: cd.Survey) -> None:
    fit = regress(survey, "income ~ age + sex")
    with pytest.raises(VariableError, match="'sex' is not in the data to predict for"):
        fit.predict({"age": [1]})
    with pytest.raises(EstimationError, match="frame or a mapping"):
        fit.predict([1, 2])
    with pytest.raises(EstimationError, match="'response' or 'link'"):
        fit.predict(scale="log")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="'response', 'pearson', 'deviance'"):
        fit.residuals(kind="raw")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="have no residuals"):
        regress(survey, "grade ~ age", family="ordinal").residuals()


def test_codes_may_stand_beside_unknown_ones(people: pd.DataFrame) -> None:
    data = cd.Dataset.from_frame(
        pl.from_pandas(people),
        variables=[cd.Variable("quintile", "Wealth", value_labels={1.0: "Poorest", 5.0: "Richest"})],
    )
    fit = regress(cd.Survey(data, weight="w", psu="psu"), "income ~ C(quintile)")
    predicted = fit.predict({"quintile": ["Richest", None, "Poorest"]})
    assert predicted["estimate"].isna().tolist() == [False, True, False]
