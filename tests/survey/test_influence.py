"""Values found elsewhere: handed over with their influence, a mean is the mean that `estimate` gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError, EstimationError
from childdata.survey.influence import from_influence

ONE = pd.DataFrame({"statistic": ["mean"], "item": [""]})
TWO = pd.DataFrame({"statistic": ["mean(income)", "total(income)"], "item": ["", ""]})
FOUR = {"y": [1.0, 2.0, 3.0, 6.0], "p": [1, 1, 2, 3]}
Y = np.array(FOUR["y"])
MEAN, SLOPE = np.array([3.0]), ((Y - 3.0) / 4)[:, None]


def handed_over(survey: cd.Survey, **options: Any) -> cd.Estimates:
    """The mean and the total of income, by their influence."""
    y, weight = survey.records.columns(["income"])["income"].to_numpy(), survey.design.weight

    def both(w: np.ndarray) -> np.ndarray:
        return np.array([w @ y / w.sum(), w @ y])

    value = both(weight)
    influence = np.column_stack([(y - value[0]) / weight.sum(), y])
    return from_influence(survey, TWO, value, influence, refit=both, **options)


def same(found: cd.Estimates, wanted: cd.Estimates) -> None:
    """Numbers, facts and the covariance of two results agree."""
    a, b = found.to_frame(), wanted.to_frame()
    for column in ("estimate", "se", "ci_low", "ci_high", "cv", "df", "n", "n_weighted", "psus", "missing"):
        np.testing.assert_allclose(a[column].astype(float), b[column].astype(float), rtol=1e-12, err_msg=column)
    np.testing.assert_allclose(found.covariance(), wanted.covariance(), rtol=1e-11)
    assert a["flag"].tolist() == b["flag"].tolist()


def asked(survey: cd.Survey, **options: Any) -> cd.Estimates:
    return survey.estimate([cd.mean("income"), cd.total("income")], **options)


def test_a_mean_by_hand() -> None:
    # z = y − 3 over 4 by PSU: −3/4, 0, 3/4: V = 3/2 · 2 · 9/16; with 2 df t is 0.95 √(2 / (1 − 0.95²))
    row = from_influence(cd.Survey(FOUR, psu="p"), ONE, MEAN, SLOPE).to_frame().iloc[0]
    assert row["se"] == pytest.approx(np.sqrt(27 / 16), rel=1e-15)
    assert (row["df"], row["psus"], row["n"], row["missing"]) == (2, 3, 4, 0)
    assert row["ci_high"] - 3 == pytest.approx(0.95 * np.sqrt(2 / (1 - 0.95**2)) * row["se"], rel=1e-14)


DESIGNS: dict[str, dict[str, Any]] = {
    "clustered": {"strata": "stratum", "psu": "psu"},
    "elements": {},
    "with fpc": {"strata": "stratum", "psu": "psu", "fpc": 24},
    "two stages": {"strata": "stratum", "psu": ["psu", "home"], "fpc": [24, 20]},
}


@pytest.mark.parametrize("name", list(DESIGNS))
@pytest.mark.parametrize("convention", ["childdata", "r", "spss", "mics"])
def test_handed_over_values_are_those_of_estimate(sample: pd.DataFrame, name: str, convention: Any) -> None:
    data = sample.assign(home=np.arange(len(sample)) // 2)
    survey = cd.Survey(data, weight="w", **DESIGNS[name])
    same(handed_over(survey, convention=convention), asked(survey, convention=convention))


@pytest.mark.parametrize("rule", ["certainty", "adjust", "average"])
def test_strata_of_one_psu_follow_the_rule_of_the_survey_and_are_told(sample: pd.DataFrame, rule: Any) -> None:
    data = sample[~sample["psu"].isin([1, 2, 3, 4, 5])].reset_index(drop=True)
    survey = cd.Survey(data, weight="w", strata="stratum", psu="psu", lonely_psu=rule)
    found, wanted = handed_over(survey), asked(survey)
    same(found, wanted)
    assert set(wanted.notes) <= set(found.notes)
    assert any(repr(rule) in note for note in found.notes)


def test_a_lonely_psu_is_refused_by_name() -> None:
    survey = cd.Survey({**FOUR, "h": [1, 1, 1, 2]}, strata="h", psu="p")
    with pytest.raises(DesignError, match="stratum 2 has one PSU"):
        from_influence(survey, ONE, MEAN, SLOPE)


@pytest.mark.parametrize("step", ["poststratify", "rake", "calibrate"])
def test_calibration_is_taken_off_as_in_estimate(sample: pd.DataFrame, step: str) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    made = {
        "poststratify": lambda: cd.poststratify(survey, "sex", {"girl": 400, "boy": 350}),
        "rake": lambda: cd.rake(survey, {"sex": {"girl": 350, "boy": 350}, "region": dict.fromkeys(
            ("north", "south", "west"), 700 / 3)}),
        "calibrate": lambda: cd.calibrate(survey, {"1": 690, "quintile": 2100}, method="raking"),
    }[step]()  # fmt: skip
    same(handed_over(made), asked(made))
    assert "calibrated" in handed_over(made).settings["variance"]


@pytest.mark.parametrize("kind", [cd.JKn(), cd.JKn(centre="estimate"), cd.Bootstrap(40, seed=3)], ids=repr)
def test_replicates_find_the_values_again(sample: pd.DataFrame, kind: Any) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu").with_replicates(kind)
    same(handed_over(survey), asked(survey))
    calibrated = cd.calibrate(survey, {"1": 690, "quintile": 2100}, method="raking")
    same(handed_over(calibrated), asked(calibrated))


def test_records_left_out_count_as_missing_as_in_estimate(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    food, weight = sample["food"].to_numpy(), sample["w"].to_numpy()
    known = ~np.isnan(food)
    value = (weight @ np.nan_to_num(food)) / weight[known].sum()
    # where the answer is unknown, so may the influence be
    influence = ((food - value) / weight[known].sum())[:, None]
    found = from_influence(survey, ONE, np.array([value]), influence, known=known)
    same(found, survey.estimate(cd.mean("food")))
    assert found.to_frame()["missing_share"].item() == pytest.approx(1 - weight[known].sum() / weight.sum())


def test_records_of_weight_zero_have_no_part_whatever_their_influence() -> None:
    survey = cd.Survey({**FOUR, "w": [1.0, 1.0, 1.0, 0.0]}, weight="w", psu="p")
    influence = ((Y - 2.0) / 3)[:, None]
    row = from_influence(survey, ONE, np.array([2.0]), influence).to_frame().iloc[0]
    wanted = survey.estimate(cd.mean("y")).to_frame().iloc[0]
    assert (row["estimate"], row["n"], row["psus"], row["df"]) == (2.0, 3, 2, wanted["df"])
    assert row["se"] == pytest.approx(wanted["se"], rel=1e-14)


def test_other_columns_of_the_labels_are_variables_of_by() -> None:
    survey = cd.Survey({**FOUR, "g": ["a", "a", "b", "b"]}, psu="p")
    labels = pd.DataFrame({"statistic": ["mean(y)"] * 2, "item": [""] * 2, "g": ["a", "b"]})
    inside = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    value = (inside * Y[:, None]).sum(axis=0) / 2
    found = from_influence(survey, labels, value, inside * (Y[:, None] - value) / 2)
    wanted = survey.estimate(cd.mean("y"), by="g")
    assert found.by == ("g",)
    np.testing.assert_allclose(found.covariance(), wanted.covariance(), rtol=1e-14, atol=1e-16)
    gap = found.difference(along="g", of=("b", "a")).to_frame().iloc[0]
    assert gap["estimate"] == value[1] - value[0]


def test_values_of_two_calls_are_joined_with_their_covariance(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    mean = handed_over(survey).select(statistic="mean(income)")
    gap = (mean - survey.estimate(cd.mean("quintile"))).to_frame()
    wanted = survey.estimate(cd.mean("income") - cd.mean("quintile")).to_frame()
    assert gap["se"].item() == pytest.approx(wanted["se"].item(), rel=1e-11)


def test_a_mean_within_one_psu_has_no_standard_error_and_a_total_has_its_own() -> None:
    survey = cd.Survey(FOUR, psu="p")
    known = np.array([True, True, False, False])
    influence = np.where(known, (Y - 1.5) / 2, 0)[:, None]
    row = from_influence(survey, ONE, np.array([1.5]), influence, known=known).to_frame().iloc[0]
    assert np.isnan(row["se"])
    assert row["flag"] == "one PSU"
    total = np.where(known, Y, 0)[:, None]
    row = from_influence(survey, ONE, np.array([3.0]), total, known=known).to_frame().iloc[0]
    assert row["se"] == pytest.approx(np.sqrt(3 / 2 * (2**2 + 1 + 1)))


def test_nobody_used_is_an_empty_row() -> None:
    found = from_influence(cd.Survey(FOUR), ONE, np.array([np.nan]), np.zeros((4, 1)), known=np.zeros(4, dtype=bool))
    row = found.to_frame().iloc[0]
    assert (row["flag"], row["n"]) == ("empty", 0)
    assert np.isnan([row["se"], row["df"]]).all()


def test_a_value_that_is_unknown_leaves_the_others_alone() -> None:
    influence = np.column_stack([np.full(4, np.nan), SLOPE])
    frame = from_influence(cd.Survey(FOUR, psu="p"), TWO, np.array([np.nan, 3.0]), influence).to_frame()
    assert np.isnan(frame["se"][0])
    assert frame["se"][1] == pytest.approx(np.sqrt(27 / 16))


def test_degrees_of_freedom_may_differ_by_row_and_those_of_none_are_flagged() -> None:
    influence = np.hstack([SLOPE, SLOPE])
    frame = from_influence(cd.Survey(FOUR), TWO, np.repeat(MEAN, 2), influence, df=np.array([5.0, 0.0])).to_frame()
    assert frame["df"].tolist() == [5, 0]
    assert frame["flag"].tolist() == ["", "no df"]
    assert np.isnan(frame["ci_low"][1])


def test_a_replicate_without_a_value_is_left_out_of_its_row() -> None:
    survey = cd.Survey(FOUR, psu="p").with_replicates(cd.JK1())

    def refit(w: np.ndarray) -> np.ndarray:
        return np.array([np.nan if w[3] == 0 else w @ Y / w.sum()])

    # leaving PSU 1 or 2 out: 4.5 and 3; their mean 3.75. JK1: 2/3 · (0.75² + 0.75²)
    row = from_influence(survey, ONE, MEAN, SLOPE, refit=refit).to_frame().iloc[0]
    assert row["se"] == pytest.approx(np.sqrt(2 / 3 * 2 * 0.75**2), rel=1e-14)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"value": np.array([1.0, 2.0])},
            r"each of the 4 records and one column for each of the 1 values; found \(4, 1\)",
        ),
        ({"influence": SLOPE[:3]}, r"found \(3, 1\) and \(1,\)"),
        ({"influence": SLOPE[:, 0]}, r"found \(4,\) and \(1,\)"),
        ({"value": 3.0}, r"found \(4, 1\) and \(\)"),
        ({"influence": np.where(Y == 1, np.nan, SLOPE[:, 0])[:, None]}, "unknown or infinite in 1 of the 4 records"),
        ({"influence": np.where(Y == 1, np.inf, SLOPE[:, 0])[:, None]}, "unknown or infinite in 1 of the 4 records"),
        ({"known": np.array([True, True])}, r"one truth value for each of the 4 records; found \(2,\) bool"),
        ({"known": np.array([1, 1, 1, 0])}, r"found \(4,\) int"),
        ({"known": np.array([True, True, True, False])}, "1 records have an influence but are left out by known="),
        ({"labels": ONE[["statistic"]]}, "'item' is not among them"),
        ({"labels": ONE.assign(se="x")}, "labels have a column 'se', as the result has itself"),
        ({"scale": "percent"}, "scale is one of 'share', .*; found 'percent'"),
        ({"scale": ["share", "share"]}, "one for each of the 1 values; found 2 of them"),
        ({"df": np.array([1.0, 2.0])}, "df is one number, or one for each of the 1 values; found 2"),
        ({"level": 95}, "level lies between 0 and 1"),
        ({"convention": "R"}, "convention 'R' is not known.*nearest: 'r'"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"labels": ONE, "value": MEAN, "influence": SLOPE} | changes
    with pytest.raises(EstimationError, match=said):
        from_influence(cd.Survey(FOUR), **given)


@pytest.mark.parametrize(
    ("refit", "said"),
    [
        (None, "give refit=, or declare the survey by strata and PSUs"),
        (lambda w: w @ Y / w.sum(), r"an array \(1,\); found \(\)"),
        (lambda w: np.ones(3), r"an array \(1,\); found \(3,\)"),
    ],
)
def test_replicates_want_the_values_under_other_weights(refit: Any, said: str) -> None:
    survey = cd.Survey(FOUR).with_replicates(cd.JK1())
    with pytest.raises(EstimationError, match=said):
        from_influence(survey, ONE, MEAN, SLOPE, refit=refit)
