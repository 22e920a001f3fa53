"""Rubin's rules by hand and against mitools; plausible values with Fay replicates, as PISA computes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError, VariableError
from childdata.survey.rubin import degrees_of_freedom

Golden = dict[str, Any]


@pytest.fixture(scope="module")
def golden(shared: Callable[[str], Path]) -> Golden:
    found: Golden = json.loads(shared("reference/plausible_values.json").read_text(encoding="utf-8"))["results"]
    return found


@pytest.fixture(scope="module")
def pisa(shared: Callable[[str], Path]) -> cd.Survey:
    students = pd.read_csv(shared("reference/data/synthetic_pisa.csv.gz"))
    return cd.Survey(students, weight="w_fstuwt", replicates=cd.Fay("w_fsturwt1..w_fsturwt80", rho=0.5))


READING = cd.PlausibleValues("pv1read..pv10read")


def agrees(found: cd.Estimates, wanted: Golden, *, rtol: float = 1e-9) -> None:
    """Value, standard error and its two parts; the reference is stored with twelve decimals."""
    frame, parts = found.to_frame(), cd.imputation_variance(found)
    for name, values in (
        ("estimate", frame["estimate"]),
        ("se", frame["se"]),
        ("sampling_var", parts["within"]),
        ("imputation_var", parts["between"]),
    ):
        np.testing.assert_allclose(values, np.atleast_1d(wanted[name]), rtol=rtol, err_msg=name)


def test_rules_by_hand() -> None:
    # values 3 and 3.5, each with variance s²/4: of 1, 2, 4, 5 is 10/3/4, of 1, 2, 4, 7 is 7/4
    completed = [cd.Survey({"y": [1.0, 2.0, 4.0, y]}).estimate(cd.mean("y")) for y in (5.0, 7.0)]
    found = cd.combine(completed, df="rubin")
    within, between = (10 / 12 + 7 / 4) / 2, 0.5**2 / 2
    row = found.to_frame().iloc[0]
    assert row["estimate"] == pytest.approx(3.25)
    assert row["se"] ** 2 == pytest.approx(within + 1.5 * between)
    assert row["df"] == pytest.approx((1 + within / (1.5 * between)) ** 2)
    assert any("2 completed data sets" in note for note in found.notes)


def test_barnard_and_rubin_never_exceed_the_complete_data() -> None:
    within, between = np.array([3.0, 3.0]), np.array([1.0, 0.0])
    complete = np.array([10.0, 10.0])
    found = degrees_of_freedom(within, between, 5, complete, "barnard-rubin")
    # ν = 4·16 = 64, ν_o = 11/13 · 10 · 3/4; without variance between, ν_o = 11/13 · 10 is not asked for
    assert found[0] == pytest.approx(1 / (1 / 64 + 1 / (11 / 13 * 10 * 0.75)))
    assert found[1] == 10
    assert degrees_of_freedom(within, between, 5, complete, "complete").tolist() == [10, 10]


def test_equal_data_sets_change_nothing(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    one = survey.estimate({"m": cd.mean("food"), "p": cd.mean("poor == 1")}, by="region")
    both = cd.combine([one, one, one])
    for column in ("estimate", "se", "ci_low", "ci_high", "df"):
        np.testing.assert_allclose(both.to_frame()[column], one.to_frame()[column], rtol=1e-12)
    np.testing.assert_allclose(both.covariance(), one.covariance(), rtol=1e-12)


def test_a_difference_of_combined_rows_is_the_combination_of_differences(sample: pd.DataFrame) -> None:
    rng = np.random.default_rng(5)
    surveys = [
        cd.Survey(sample.assign(y=sample["income"] + rng.normal(size=len(sample))), weight="w", psu="psu")
        for _ in range(4)
    ]
    made = [survey.estimate(cd.mean("y"), by="sex") for survey in surveys]
    first = cd.combine(made).difference(along="sex", of=("girl", "boy")).to_frame()
    second = cd.combine([one.difference(along="sex", of=("girl", "boy")) for one in made]).to_frame()
    np.testing.assert_allclose(first[["estimate", "se"]], second[["estimate", "se"]], rtol=1e-10)


def test_rows_that_differ_are_refused() -> None:
    one = cd.Survey({"y": [1.0, 2.0], "g": ["a", "b"]}).estimate(cd.mean("y"), by="g")
    other = cd.Survey({"y": [1.0, 2.0], "g": ["a", "a"]}).estimate(cd.mean("y"), by="g")
    with pytest.raises(EstimationError, match="data set 2 has other rows"):
        cd.combine([one, other])
    with pytest.raises(EstimationError, match="two data sets or more; found 1"):
        cd.combine([one])
    with pytest.raises(EstimationError, match="were not combined"):
        cd.imputation_variance(one)


def test_mean_of_plausible_values(pisa: cd.Survey, golden: Golden) -> None:
    found = pisa.estimate(cd.mean(READING))
    agrees(found, golden["mean"])
    within, between = (cd.imputation_variance(found)[name].to_numpy() for name in ("within", "between"))
    df = degrees_of_freedom(within, 1.1 * between, 10, np.array([np.inf]), "rubin")
    assert df.item() == pytest.approx(golden["mean"]["df_rubin"], rel=1e-8)


def test_a_name_of_several_variables_stands_in_any_rule(pisa: cd.Survey, golden: Golden) -> None:
    agrees(pisa.estimate(cd.mean(f"{READING} < 407.47")), golden["share_below_407.47"])


def test_means_by_group_and_their_gap(pisa: cd.Survey, golden: Golden) -> None:
    by_gender = pisa.estimate(cd.mean(READING), by="gender")
    wanted = {name: values[:2] for name, values in golden["mean_by_gender_1_2_diff"].items()}
    agrees(by_gender, wanted)
    gap = by_gender.difference(along="gender", of=("1", "2"))
    agrees(gap, {name: values[2] for name, values in golden["mean_by_gender_1_2_diff"].items()})
    gap = pisa.estimate(cd.mean(READING), by="disability").difference(along="disability", of=("1", "0"))
    agrees(gap, {name: values[2] for name, values in golden["mean_by_disability_0_1_gap"].items()})


def test_statistics_without_plausible_values(pisa: cd.Survey, golden: Golden) -> None:
    found = pisa.estimate([cd.mean("disability"), cd.mean("escs")]).to_frame()
    wanted = [golden["disability_share_no_pv"], golden["escs_mean_no_pv"]]
    np.testing.assert_allclose(found["estimate"], [one["estimate"] for one in wanted], rtol=1e-9)
    np.testing.assert_allclose(found["se"], [one["se"] for one in wanted], rtol=1e-9)


def test_sets_go_together_draw_by_draw() -> None:
    frame = {"r1": [1.0, 2.0, 3.0], "r2": [2.0, 2.0, 4.0], "m1": [1.0, 1.0, 2.0], "m2": [3.0, 1.0, 2.0]}
    survey = cd.Survey(frame)
    reading, maths = cd.PlausibleValues("r1..r2"), cd.PlausibleValues(["m1", "m2"])
    found = survey.estimate(cd.ratio(reading, maths)).to_frame()["estimate"].item()
    assert found == pytest.approx((6 / 4 + 8 / 6) / 2)


def test_bad_sets_of_plausible_values_are_refused() -> None:
    survey = cd.Survey({"r1": [1.0, 2.0], "r2": [1.0, 2.0], "r3": [1.0, 2.0], "m1": [1.0, 2.0], "m2": [1.0, 2.0]})
    with pytest.raises(EstimationError, match="belong together draw by draw; found"):
        survey.estimate(cd.ratio(cd.PlausibleValues("r1..r3"), cd.PlausibleValues("m1..m2")))
    with pytest.raises(VariableError, match="r4"):
        survey.estimate(cd.mean(cd.PlausibleValues("r1..r4")))
    with pytest.raises(EstimationError, match="'r1' is one"):
        cd.PlausibleValues("r1")


def test_degrees_of_freedom_are_those_of_the_contrast() -> None:
    """The gap of two groups varies between the data sets more than either group's mean does beside its own variance."""
    chance = np.random.default_rng(11)
    sex = np.repeat([0.0, 1.0], 40)
    noise = chance.normal(size=80)
    tilt = [-2.0, 1.0, 3.0, -1.0]
    sets = [cd.Survey({"sex": sex, "y": noise + one * (sex - 0.5)}).estimate(cd.mean("y"), by="sex") for one in tilt]
    gap = cd.combine(sets).difference(along="sex", of=("1", "0"))
    apart = cd.combine([one.difference(along="sex", of=("1", "0")) for one in sets])
    assert gap.to_frame()["df"].item() == pytest.approx(apart.to_frame()["df"].item(), rel=1e-9)
    assert cd.combine(sets).test("equal").df2 == pytest.approx(gap.to_frame()["df"].item(), rel=1e-9)
    assert gap.to_frame()["df"].item() < cd.combine(sets).to_frame()["df"].min()


def test_plausible_values_stand_in_where() -> None:
    frame = {"r1": [1.0, 2.0, 3.0, 5.0], "r2": [2.0, 2.0, 4.0, 1.0], "age": [1.0, 2.0, 3.0, 4.0]}
    reading = cd.PlausibleValues("r1..r2")
    found = cd.Survey(frame).estimate(cd.mean("age"), where=f"{reading} < 3").to_frame()["estimate"].item()
    assert found == pytest.approx(((1 + 2) / 2 + (1 + 2 + 4) / 3) / 2)
    assert cd.Survey(frame).where(f"{reading} < 3").estimate(cd.mean("age")).to_frame()["estimate"].item() == found


def test_names_of_statistics_and_other_things_are_told_apart() -> None:
    survey = cd.Survey({"p1": [1.0, 2.0, 4.0], "p2": [2.0, 2.0, 3.0]})
    with pytest.raises(EstimationError, match="give them one name in all"):
        cd.combine([survey.estimate(cd.mean("p1")), survey.estimate(cd.mean("p2"))])
    with pytest.raises(EstimationError, match="found int"):
        cd.combine([1, 2])  # type: ignore[list-item]
