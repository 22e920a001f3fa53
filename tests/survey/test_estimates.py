"""Results: select, difference, arithmetic and tests, with the covariance of all rows; columns, names, immutability."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import childdata as cd
from childdata.errors import EstimationError, VariableError

COLUMNS = [
    "statistic", "item", "sex", "region", "estimate", "se", "ci_low", "ci_high", "cv", "deff", "deft", "df", "n",
    "n_weighted", "psus", "missing", "missing_share", "flag",
]  # fmt: skip


@pytest.fixture(scope="module")
def survey(sample: pd.DataFrame) -> cd.Survey:
    return cd.Survey(sample, weight="w", strata="stratum", psu="psu")


@pytest.fixture(scope="module")
def found(survey: cd.Survey) -> cd.Estimates:
    statistics = {"food": cd.mean("food"), "poor": cd.mean("poor == 1")}
    return survey.estimate(statistics, by=["sex", "region"], margins=True)


def numbers(one: cd.Estimates) -> tuple[float, float]:
    row = one.to_frame().iloc[0]
    return row["estimate"], row["se"]


def test_columns_stand_in_the_promised_order(found: cd.Estimates) -> None:
    assert found.to_frame().columns.tolist() == COLUMNS
    assert found.by == ("sex", "region")
    assert len(found) == 2 * (6 + 2 + 3 + 1)


def test_labels_are_text_and_counts_are_whole(found: cd.Estimates) -> None:
    frame = found.to_frame()
    assert set(frame["item"]) == {""}
    assert all(frame[name].dtype == np.int64 for name in ("n", "psus", "missing"))
    assert all(frame[name].dtype == np.float64 for name in ("estimate", "se", "ci_low", "df", "n_weighted"))


def test_every_row_has_a_name_of_its_own(found: cd.Estimates) -> None:
    assert len(set(found.names)) == len(found)
    assert found.names[0] == "food, boy, north"
    assert found.covariance().columns.tolist() == list(found.names)


def test_covariance_is_symmetric_and_not_negative(found: cd.Estimates) -> None:
    matrix = found.covariance().to_numpy()
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > -1e-12 * np.trace(matrix)
    np.testing.assert_allclose(np.sqrt(np.diag(matrix)), found.to_frame()["se"], rtol=1e-10)


def test_select_keeps_rows_and_their_covariance(found: cd.Estimates) -> None:
    girls = found.select(sex="girl", statistic="food")
    places = np.flatnonzero((found.to_frame()["sex"] == "girl") & (found.to_frame()["statistic"] == "food"))
    assert girls.to_frame()["region"].tolist() == ["north", "south", "west", "Total"]
    np.testing.assert_allclose(girls.covariance(), found.covariance().iloc[places, places], rtol=1e-12)
    assert len(found.select(SEX=["girl", "boy"], region="Total")) == 4


def test_selecting_what_is_not_there_names_the_nearest(found: cd.Estimates) -> None:
    with pytest.raises(
        EstimationError, match=r"no row has sex 'gril'; there is 'boy', 'girl', 'Total'; nearest: 'girl'"
    ):
        found.select(sex="gril")
    with pytest.raises(
        VariableError, match=r"rows are told apart by statistic, item, sex, region; found 'regoin'; nearest: 'reg"
    ):
        found.select(regoin="north")
    with pytest.raises(EstimationError, match="no row has sex 'gril'"):
        found.difference(along="sex", of=("gril", "boy"))
    with pytest.raises(VariableError, match="told apart by"):
        found.difference(along="gender", of=("girl", "boy"))


def test_labels_that_no_row_has_together_are_refused(survey: cd.Survey) -> None:
    blocks = survey.estimate(cd.mean("food"), each=["sex", "region"])
    with pytest.raises(EstimationError, match="no row"):
        blocks.select(sex="girl", region="north")


def test_items_are_selected_by_value_or_label(survey: cd.Survey) -> None:
    quartiles = survey.estimate(cd.quantile("income", [0.25, 0.75]))
    assert numbers(quartiles.select(item=0.75))[0] == quartiles.to_frame()["estimate"][1]
    shares = survey.estimate(cd.proportion("region"))
    assert numbers(shares.select(item="south"))[0] == shares.to_frame()["estimate"][1]


def test_difference_by_hand() -> None:
    # two PSUs in one stratum; y of girls 1, 2, of boys 3, 6: scores of the difference of totals -2 and -4
    survey = cd.Survey({"y": [1.0, 3.0, 2.0, 6.0], "sex": ["g", "b", "g", "b"], "p": [1, 1, 2, 2]}, psu="p")
    gap = survey.estimate(cd.total("y"), by="sex").difference(along="sex", of=("g", "b"))
    assert numbers(gap) == (-6, pytest.approx(np.sqrt(2 * (1 + 1))))
    row = gap.to_frame().iloc[0]
    assert (row["sex"], row["df"], row["n"], row["psus"]) == ("g − b", 1, 2, 2)
    assert np.isnan(row["deff"])


def test_difference_of_every_pair_has_the_error_of_the_covariance(found: cd.Estimates) -> None:
    gap = found.difference(along="sex", of=("girl", "boy"))
    frame, matrix = found.to_frame(), found.covariance().to_numpy()
    assert gap.to_frame()["region"].tolist() == ["north", "south", "west", "Total"] * 2
    for _, row in gap.to_frame().iterrows():
        same = (frame["statistic"] == row["statistic"]) & (frame["region"] == row["region"])
        a, b = (np.flatnonzero(same & (frame["sex"] == sex)).item() for sex in ("girl", "boy"))
        assert row["estimate"] == pytest.approx(frame["estimate"][a] - frame["estimate"][b], rel=1e-12)
        assert row["se"] ** 2 == pytest.approx(matrix[a, a] + matrix[b, b] - 2 * matrix[a, b], rel=1e-9)


def test_a_difference_of_differences_is_exact(survey: cd.Survey, found: cd.Estimates) -> None:
    gap = found.select(statistic="food").difference(along="sex", of=("girl", "boy"))
    twice = gap.difference(along="region", of=("north", "south"))
    weights = {("girl", "north"): 1, ("boy", "north"): -1, ("girl", "south"): -1, ("boy", "south"): 1}
    rows = found.select(statistic="food")
    vector = np.array(
        [weights.get(key, 0) for key in zip(rows.to_frame()["sex"], rows.to_frame()["region"], strict=True)]
    )
    assert numbers(twice)[1] ** 2 == pytest.approx(vector @ rows.covariance().to_numpy() @ vector, rel=1e-9)


def test_a_difference_to_a_margin_uses_what_the_two_share(found: cd.Estimates) -> None:
    food = found.select(statistic="food", region="Total")
    gap = food.difference(along="sex", of=("girl", "Total"))
    matrix = food.covariance()
    wanted = matrix.loc["girl", "girl"] + matrix.loc["Total", "Total"] - 2 * matrix.loc["girl", "Total"]
    assert numbers(gap)[1] == pytest.approx(np.sqrt(wanted), rel=1e-9)


def test_a_difference_between_statistics(survey: cd.Survey) -> None:
    pair = survey.estimate({"a": cd.mean("income"), "b": cd.mean("food")}, missing="listwise")
    gap = pair.difference(along="statistic", of=("a", "b"))
    assert numbers(gap) == pytest.approx(numbers(survey.estimate(cd.mean("income") - cd.mean("food"))), rel=1e-10)


def test_rows_without_a_partner_are_told() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 5.0], "g": ["a", "a", "b", "b", "c"], "s": ["f", "m", "f", "m", "f"]})
    gap = survey.estimate(cd.mean("y"), by=["g", "s"]).difference(along="s", of=("f", "m"))
    assert gap.to_frame()["g"].tolist() == ["a", "b"]
    assert "1 rows have 's' 'f' or 'm' but no partner" in gap.notes


def test_a_row_without_a_standard_error_leaves_other_differences_alone() -> None:
    rng = np.random.default_rng(4)
    size = 120
    rows = {
        "y": rng.normal(size=size),
        "g": ["a"] * 114 + ["b"] * 6,
        "s": ["f", "m"] * 60,
        "p": np.arange(size) // 2 % 20,
    }
    found = cd.Survey(rows, psu="p").estimate(cd.median("y"), by=["g", "s"])
    frame = found.to_frame()
    assert frame["se"].isna().tolist() == [False, False, True, True]  # three records in b: no interval
    gap = found.difference(along="s", of=("f", "m")).to_frame()
    pure = found.select(g="a").difference(along="s", of=("f", "m")).to_frame()
    assert gap["se"][0] == pytest.approx(pure["se"][0], rel=1e-12)
    assert (found * 2).to_frame()["se"][0] == pytest.approx(2 * frame["se"][0], rel=1e-12)


def test_arithmetic_within_one_call_equals_the_tree(survey: cd.Survey) -> None:
    pair = survey.estimate({"a": cd.mean("food"), "b": cd.mean("income")}, missing="listwise")
    a, b = pair.select(statistic="a"), pair.select(statistic="b")
    food, income = cd.mean("food"), cd.mean("income")
    for combined, tree in (
        (a + b, food + income), (a - b, food - income), (a * b, food * income), (a / b, food / income),
    ):  # fmt: skip
        assert numbers(combined) == pytest.approx(numbers(survey.estimate(tree)), rel=1e-10)


def test_arithmetic_of_two_calls_of_one_survey_keeps_their_covariance(survey: cd.Survey) -> None:
    one, two = survey.estimate(cd.mean("income"), by="sex"), survey.estimate(cd.mean("poor == 1"), by="sex")
    joint = survey.estimate({"i": cd.mean("income"), "p": cd.mean("poor == 1")}, by="sex")
    apart = (one - two).to_frame()
    together = (joint.select(statistic="i") - joint.select(statistic="p")).to_frame()
    np.testing.assert_allclose(apart[["estimate", "se"]], together[["estimate", "se"]], rtol=1e-10)
    inside = survey.where("sex == 'girl'").estimate(cd.mean("income"))
    assert numbers(inside - one.select(sex="girl")) == (pytest.approx(0), pytest.approx(0, abs=1e-9))


def test_arithmetic_with_numbers_from_either_side(survey: cd.Survey) -> None:
    share = survey.estimate(cd.mean("poor == 1"))
    value, se = numbers(share)
    for combined, wanted in (
        (share * 100, (100 * value, 100 * se)),
        (100 * share, (100 * value, 100 * se)),
        (share + 1, (value + 1, se)),
        (1 + share, (value + 1, se)),
        (share - 0.5, (value - 0.5, se)),
        (share / 4, (value / 4, se / 4)),
    ):
        assert numbers(combined) == pytest.approx(wanted, rel=1e-12)
    assert (share * 100).frame["scale"].tolist() == ["index"]


def test_a_number_may_stand_before_minus_and_division(survey: cd.Survey) -> None:
    share = survey.estimate(cd.mean("poor == 1"))
    value, se = numbers(share)
    assert numbers(1 - share) == pytest.approx((1 - value, se), rel=1e-12)
    assert numbers(2 / share) == pytest.approx((2 / value, 2 * se / value**2), rel=1e-12)
    assert numbers(-share) == pytest.approx((-value, se), rel=1e-12)


def test_one_row_is_joined_with_many_and_their_labels_stay(survey: cd.Survey) -> None:
    whole, parts = survey.estimate(cd.mean("food")), survey.estimate(cd.mean("food"), by="region")
    down = (parts / whole).to_frame()
    assert down["region"].tolist() == ["north", "south", "west"]
    up = whole / parts
    assert up.to_frame()["estimate"].tolist() == pytest.approx((1 / down["estimate"]).tolist())
    assert up.to_frame()["region"].tolist() == ["north", "south", "west"]


def test_rows_that_do_not_match_are_not_joined(survey: cd.Survey) -> None:
    by_region, by_sex = survey.estimate(cd.mean("food"), by="region"), survey.estimate(cd.mean("food"), by="sex")
    with pytest.raises(EstimationError, match=r"(rows are joined by|several rows agree)"):
        by_region - by_sex
    with pytest.raises(EstimationError, match=r"3 rows are joined with 2 by item, region, but only 2 match"):
        by_region - by_region.select(region=["north", "west"])


def test_two_surveys_are_not_subtracted_as_one(sample: pd.DataFrame, survey: cd.Survey) -> None:
    other = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    with pytest.raises(EstimationError, match="only if they come from one survey object"):
        survey.estimate(cd.mean("food")) - other.estimate(cd.mean("food"))


def test_intervals_of_what_was_combined_follow_t_and_the_convention(survey: cd.Survey) -> None:
    plain = (survey.estimate(cd.mean("poor == 1")) * 100).to_frame().iloc[0]
    assert plain["ci_high"] - plain["estimate"] == pytest.approx(plain["estimate"] - plain["ci_low"])
    mics = (survey.estimate(cd.mean("poor == 1"), convention="mics") * 100).to_frame().iloc[0]
    assert mics["ci_high"] == pytest.approx(mics["estimate"] + 2 * mics["se"])


@pytest.mark.filterwarnings("error")
def test_nothing_is_not_tested(survey: cd.Survey) -> None:
    with pytest.raises(EstimationError, match="no estimate"):
        survey.estimate([cd.mean("food"), cd.mean("income")], where="income < 0").test()


def test_a_text_is_no_summand(survey: cd.Survey) -> None:
    with pytest.raises((EstimationError, TypeError)):
        survey.estimate(cd.mean("food")) + "a"  # type: ignore[operator]


def test_a_division_by_zero_has_no_estimate() -> None:
    survey = cd.Survey({"y": [1.0, 2.0], "x": [0.0, 0.0]})
    pair = survey.estimate({"y": cd.mean("y"), "x": cd.mean("x")})
    row = (pair.select(statistic="y") / pair.select(statistic="x")).to_frame().iloc[0]
    assert np.isnan(row["estimate"])
    assert np.isnan(row["se"])


def test_equations_between_rows(found: cd.Estimates) -> None:
    food = found.select(statistic="food", sex=["girl", "boy"], region="Total")
    assert food.names == ("boy", "girl")
    assert food.test("`girl` / `boy` = 1").df1 == 1
    assert food.test("zero").df1 == 2
    assert food.test().what == "equal"
    with pytest.raises(EstimationError, match="no row is named 'girls'; nearest: 'girl'"):
        food.test("`girls` = `boy`")


def test_estimates_are_frozen(found: cd.Estimates) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.by = ()  # type: ignore[misc]


def test_a_frame_that_was_handed_out_is_a_copy(found: cd.Estimates) -> None:
    frame, before = found.to_frame(), found.to_frame()["estimate"][0]
    frame.loc[0, "estimate"] = -1.0
    frame["sex"] = "x"
    assert found.to_frame()["estimate"][0] == before
    matrix = found.covariance()
    matrix.iloc[0, 0] = -1.0
    assert found.covariance().iloc[0, 0] > 0


def test_settings_cannot_be_changed_afterwards(found: cd.Estimates) -> None:
    with pytest.raises(TypeError):
        found.settings["level"] = 0.5  # type: ignore[index]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))], ids=["copy", "pickle"])
def test_results_travel_to_other_processes(found: cd.Estimates, copied: Any) -> None:
    twin = copied(found)
    pd.testing.assert_frame_equal(twin.to_frame(), found.to_frame())
    gap, other = (one.difference(along="sex", of=("girl", "boy")).to_frame() for one in (found, twin))
    pd.testing.assert_frame_equal(gap, other)


def test_results_are_shown_as_text(found: cd.Estimates) -> None:
    shown = repr(found.select(statistic="food", region="Total"))
    assert shown.startswith("<Estimates: 3 rows>")
    assert "item" not in shown
    assert "girl" in shown


@pytest.mark.parametrize("label", ["<script>alert(1)</script>", "a & b < c"])
def test_markup_in_a_label_is_escaped_in_html(label: str) -> None:
    rows = {"y": np.arange(160.0), "g": [label, "plain"] * 80}
    html = cd.Survey(rows).estimate(cd.mean("y"), by="g")._repr_html_()
    assert label not in html
    assert label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html


def test_a_table_has_the_rows_and_the_settings(found: cd.Estimates) -> None:
    table = found.select(statistic="food").table(suppress=None)
    assert len(table.rows) == 12
    assert table.provenance["convention"] == "childdata"


@pytest.mark.parametrize("convention", ["r", "stata", "spss"])
def test_sampling_errors_have_the_design_effect_of_reports(survey: cd.Survey, convention: Any) -> None:
    reports = survey.estimate(cd.mean("poor == 1"), by="sex", convention="mics").to_frame()
    table = survey.estimate(cd.mean("poor == 1"), by="sex", convention=convention).sampling_errors(suppress=None)
    assert table.rows["deff"].tolist() == pytest.approx(reports["deff"].tolist(), rel=1e-12)
    assert table.rows["deft"].tolist() == pytest.approx(reports["deft"].tolist(), rel=1e-12)
    assert table.rows["lower_2se"].tolist() == pytest.approx(reports["ci_low"].tolist(), rel=1e-12)


def test_a_plot_is_drawn_on_the_axes_given(found: cd.Estimates) -> None:
    axes = Figure().add_subplot()
    assert found.select(statistic="food", region="Total").plot(ax=axes) is axes
    assert axes.has_data()


def test_a_difference_is_judged_by_its_smaller_side() -> None:
    rows = {"y": [float(k % 3) for k in range(403)], "g": ["few"] * 3 + ["many"] * 400}
    gap = cd.Survey(rows).estimate(cd.mean("y > 0"), by="g").difference(along="g", of=("few", "many"))
    assert gap.to_frame()["n"].item() == 3
    assert "(*)  " in gap.table().to_text()
    assert "(*)  " not in gap.table(suppress=None).to_text()


def test_a_gap_between_shares_is_told_in_percentage_points_and_one_between_amounts_is_not() -> None:
    rows = {"y": [0.1, 0.9, 0.4, 0.8] * 30, "g": ["a", "b"] * 60}
    survey = cd.Survey(rows)
    of = survey.estimate([cd.mean("y > 0.5"), cd.mean("y")], by="g").difference(along="g", of=("b", "a"))
    assert of.frame["difference_of"].tolist() == ["share", "amount"]
    called = survey.estimate({"gap": cd.mean("y > 0.5") - cd.mean("y < 0.5")})
    assert called.frame["difference_of"].tolist() == ["share"]


def test_estimates_of_two_conventions_are_not_joined() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(EstimationError, match="convention is one; found childdata and r"):
        survey.estimate(cd.mean("y")) - survey.estimate(cd.mean("y"), convention="r")
    with pytest.raises(EstimationError, match="level is one"):
        survey.estimate(cd.mean("y")) / survey.estimate(cd.mean("y"), level=0.9)


def test_a_rule_is_no_variable_to_make_rows_by() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(EstimationError, match=r"with_columns\(group='y > 2'\)"):
        survey.estimate(cd.mean("y"), by="y > 2")
    grouped = survey.with_columns(group="y > 2").estimate(cd.mean("y"), by="group").to_frame()
    assert grouped["group"].tolist() == ["no", "yes"]
