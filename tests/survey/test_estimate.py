"""One call from records to rows: domains, margins, missing answers and lonely PSUs, by hand and against each alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.errors import DesignError, EstimationError

NUMBERS = [
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "deff",
    "deft",
    "df",
    "n",
    "n_weighted",
    "psus",
    "missing",
    "missing_share",
]
# Two strata of two PSUs; sum of weights 10
SIX = {
    "y": [1.0, 3.0, 2.0, None, 4.0, 6.0],
    "g": ["a", "b", "a", "a", "b", "b"],
    "w": [1.0, 1.0, 2.0, 2.0, 2.0, 2.0],
    "h": [1, 1, 1, 1, 2, 2],
    "p": [1, 1, 2, 2, 3, 4],
}
SURVEY = cd.Survey(SIX, weight="w", strata="h", psu="p")


@pytest.fixture(scope="module")
def survey(sample: pd.DataFrame) -> cd.Survey:
    return cd.Survey(sample, weight="w", strata="stratum", psu="psu")


def equal(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    for column in NUMBERS:
        np.testing.assert_allclose(
            found[column].to_numpy(dtype=float),
            wanted[column].to_numpy(dtype=float),
            rtol=1e-10,
            atol=1e-14,
            err_msg=column,
        )


def test_a_mean_of_six_records_by_hand() -> None:
    row = SURVEY.estimate(cd.mean("y")).to_frame().iloc[0]
    # (1 + 3 + 4 + 8 + 12) / 8 = 3.5; scores by PSU: (-2.5 - 0.5)/8, 2(-1.5)/8, 2(0.5)/8, 2(2.5)/8
    z = np.array([-3, -3, 1, 5]) / 8
    variance = 2 * ((z[0] - z[1]) ** 2 / 2 + (z[2] - z[3]) ** 2 / 2)
    assert row["estimate"] == pytest.approx(3.5)
    assert row["se"] == pytest.approx(np.sqrt(variance))
    assert (row["n"], row["n_weighted"], row["psus"], row["df"]) == (5, 8, 4, 2)
    assert (row["missing"], row["missing_share"]) == (1, pytest.approx(2 / 10))
    assert row["cv"] == pytest.approx(np.sqrt(variance) / 3.5)


def test_a_domain_keeps_the_psus_without_a_member_as_zeros() -> None:
    row = SURVEY.estimate(cd.total("y"), where="g == 'a'").to_frame().iloc[0]
    # scores 1, 4 | 0, 0
    assert row["estimate"] == 5
    assert row["se"] == pytest.approx(np.sqrt(2 * (1.5**2 + 1.5**2)))
    half = SURVEY.estimate(cd.total("y"), where="y == 6").to_frame().iloc[0]
    assert half["se"] == pytest.approx(12)  # scores 0, 12: 2 · (6² + 6²) = 12²


def test_filtering_the_data_first_gives_another_standard_error() -> None:
    inside = pd.DataFrame(SIX).query("p != 2")
    lost = cd.Survey(inside, weight="w", strata="h", psu="p", lonely_psu="certainty").estimate(cd.total("y"))
    kept = SURVEY.estimate(cd.total("y"), where="p != 2")
    assert lost.to_frame()["estimate"].item() == kept.to_frame()["estimate"].item()
    assert lost.to_frame()["se"].item() < kept.to_frame()["se"].item()


STATISTICS = {
    "mean": cd.mean("food"),
    "share": cd.mean("poor == 1"),
    "total": cd.total("income"),
    "ratio": cd.ratio("food", "income"),
    "count": cd.count(),
    "median": cd.median("income"),
    "gap": cd.mean("income") - cd.mean("food"),
}


def test_rows_by_a_variable_are_those_of_where(survey: cd.Survey) -> None:
    rows = survey.estimate(STATISTICS, by="sex").to_frame()
    for sex in ("boy", "girl"):
        alone = survey.estimate(STATISTICS, where=f"sex == '{sex}'").to_frame()
        equal(rows[rows["sex"] == sex].reset_index(drop=True), alone)


def test_rows_of_a_crossing_are_those_of_where_and_by(survey: cd.Survey) -> None:
    crossed = survey.estimate(STATISTICS, by=["sex", "region"]).to_frame()
    assert len(crossed) == len(STATISTICS) * 6
    girls = survey.where("sex == 'girl'").estimate(STATISTICS, by="region").to_frame()
    equal(crossed[crossed["sex"] == "girl"].reset_index(drop=True), girls)


def test_margins_are_the_direct_estimates(survey: cd.Survey) -> None:
    rows = survey.estimate(STATISTICS, by=["sex", "region"], margins=True).to_frame()
    by_region, by_sex = rows["sex"] == "Total", rows["region"] == "Total"
    for mask, options in (
        (~by_sex & ~by_region, {"by": ["sex", "region"]}),
        (by_sex & ~by_region, {"by": "sex"}),
        (by_region & ~by_sex, {"by": "region"}),
        (by_region & by_sex, {}),
    ):
        equal(rows[mask].reset_index(drop=True), survey.estimate(STATISTICS, **options).to_frame())  # type: ignore[arg-type]


def test_each_gives_the_blocks_of_separate_calls_in_one_covariance(survey: cd.Survey) -> None:
    entries: list[Any] = ["sex", ("region", "sex"), "region"]
    joint = survey.estimate(cd.mean("food"), each=entries)
    frame = joint.to_frame()
    assert joint.by == ("sex", "region")
    alone = [
        survey.estimate(cd.mean("food"), by=list([entry] if isinstance(entry, str) else entry)) for entry in entries
    ]
    equal(frame, pd.concat([one.to_frame() for one in alone], ignore_index=True))
    assert frame["region"].tolist()[:2] == ["Total", "Total"]
    start = 0
    for one in alone:
        block = joint.covariance().iloc[start : start + len(one), start : start + len(one)]
        np.testing.assert_allclose(block, one.covariance(), rtol=1e-10, atol=1e-16)
        start += len(one)


def test_no_entries_and_no_variables_give_the_whole(survey: cd.Survey) -> None:
    whole = survey.estimate(cd.mean("food")).to_frame()
    for nothing in ({"each": []}, {"by": []}, {"margins": True}):
        equal(survey.estimate(cd.mean("food"), **nothing).to_frame(), whole)  # type: ignore[arg-type]


def test_each_with_margins_has_the_whole_once(survey: cd.Survey) -> None:
    frame = survey.estimate(cd.mean("food"), each=["sex", "region"], margins=True).to_frame()
    assert ((frame["sex"] == "Total") & (frame["region"] == "Total")).sum() == 1
    assert len(frame) == 2 + 1 + 3


def test_covariance_across_groupings_and_statistics_is_that_of_their_contrast(survey: cd.Survey) -> None:
    statistics = {"food": cd.mean("food"), "poor": cd.mean("poor == 1")}
    joint = survey.estimate(statistics, each=["sex", "region"], margins=True)
    matrix, frame = joint.covariance().to_numpy(), joint.to_frame()
    rng = np.random.default_rng(0)
    for i, j in rng.integers(0, len(frame), size=(12, 2)):
        a, b = (joint._take(np.array([k])) for k in (i, j))
        contrast = (a - b).to_frame()["se"].item() ** 2
        assert contrast == pytest.approx(matrix[i, i] + matrix[j, j] - 2 * matrix[i, j], rel=1e-8, abs=1e-15)


def test_a_contrast_made_as_one_statistic_has_the_same_error(survey: cd.Survey) -> None:
    # mean of girls - mean of boys as a tree of totals, against the difference of two rows
    tree = cd.total("if_else(sex == 'girl', income, 0)") / cd.total("sex == 'girl'") - cd.total(
        "if_else(sex == 'boy', income, 0)"
    ) / cd.total("sex == 'boy'")
    row = survey.estimate(tree).to_frame().iloc[0]
    rows = survey.estimate(cd.mean("income"), by="sex").difference(along="sex", of=("girl", "boy")).to_frame().iloc[0]
    assert row[["estimate", "se"]].tolist() == pytest.approx(rows[["estimate", "se"]].tolist(), rel=1e-10)


def test_unknown_by_values_have_a_row_count_in_the_total_or_are_dropped() -> None:
    survey = cd.Survey({"y": [1.0, 3.0, 8.0, 4.0], "g": ["a", "a", None, "b"]})
    by_rule = {
        rule: survey.estimate(cd.mean("y"), by="g", margins=True, missing_by=rule) for rule in ("row", "total", "drop")
    }
    shown = {
        rule: dict(zip(one.to_frame()["g"], one.to_frame()["estimate"], strict=True)) for rule, one in by_rule.items()
    }
    assert shown["row"] == {"a": 2, "b": 4, "(missing)": 8, "Total": 4}
    assert shown["total"] == {"a": 2, "b": 4, "Total": 4}
    assert shown["drop"] == {"a": 2, "b": 4, "Total": pytest.approx(8 / 3)}
    fates = {"row": "shown in a row of their own", "total": "in totals only", "drop": "dropped"}
    for rule, one in by_rule.items():
        assert f"'g' is missing in 1 records: {fates[rule]}" in one.notes


@pytest.mark.parametrize("each", [["a", "b"], ["b", "a"]])
def test_dropping_does_not_depend_on_the_order_of_entries(each: list[str]) -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0], "a": ["x", None, "x", "z"], "b": ["u", "u", None, "v"]})
    frame = survey.estimate(cd.mean("y"), each=each, margins=True, missing_by="drop").to_frame()
    whole = frame[(frame["a"] == "Total") & (frame["b"] == "Total")]
    assert whole["n"].item() == 2


def test_a_variable_of_its_own_entry_keeps_its_records_beside_a_crossing() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0], "a": ["x", "x", "z", "z"], "b": ["u", None, "u", "v"]})
    frame = survey.estimate(cd.mean("y"), each=[("a", "b"), "a"], margins=True, missing_by="total").to_frame()
    alone = frame[(frame["b"] == "Total") & (frame["a"] == "x")]
    assert alone["n"].item() == 2


def test_unknown_where_is_outside_and_counted() -> None:
    found = SURVEY.estimate(cd.count(), where="y > 1")
    assert found.to_frame()["n"].item() == 4
    assert "where 'y > 1' is unknown in 1 records: they are outside the domain" in found.notes


def test_statistics_do_not_affect_one_another_unless_listwise() -> None:
    survey = cd.Survey({"a": [1.0, None, 3.0, 5.0], "b": [2.0, 4.0, None, 9.0]})
    statistics = {"a": cd.mean("a"), "b": cd.mean("b"), "ratio": cd.ratio("a", "b"), "gap": cd.mean("a") - cd.mean("b")}
    pairwise = survey.estimate(statistics).to_frame()
    assert pairwise["n"].tolist() == [3, 3, 2, 2]
    assert pairwise["estimate"].tolist() == pytest.approx([3, 5, 6 / 11, 3 - 5.5])
    listwise = survey.estimate(statistics, missing="listwise").to_frame()
    assert listwise["n"].tolist() == [2] * 4
    assert listwise["estimate"].tolist() == pytest.approx([3, 5.5, 6 / 11, -2.5])
    assert listwise["missing"].tolist() == [2] * 4


def test_fail_refuses_missing_answers_of_the_domain_only() -> None:
    with pytest.raises(EstimationError, match=r"mean\(y\) is unknown in 1 records of the domain.*missing='pairwise'"):
        SURVEY.estimate(cd.mean("y"), missing="fail")
    inside = SURVEY.estimate(cd.mean("y"), missing="fail", where="g == 'b'")
    assert inside.to_frame()["missing"].item() == 0


def test_missing_records_are_counted_in_their_own_row() -> None:
    frame = SURVEY.estimate(cd.mean("y"), by="g").to_frame().set_index("g")
    assert frame["missing"].tolist() == [1, 0]
    assert frame["missing_share"].tolist() == [pytest.approx(2 / 5), 0]


def test_records_of_weight_zero_count_in_nothing() -> None:
    survey = cd.Survey({"y": [1.0, 3.0, 100.0, None], "w": [1.0, 1.0, 0.0, 0.0]}, weight="w")
    row = survey.estimate(cd.mean("y")).to_frame().iloc[0]
    assert (row["estimate"], row["n"], row["psus"], row["missing"], row["df"]) == (2, 2, 2, 0, 1)


def test_an_empty_domain_is_a_row_with_a_flag_and_a_note() -> None:
    found = SURVEY.estimate([cd.mean("y"), cd.median("y"), cd.total("y")], where="y > 100")
    frame = found.to_frame()
    assert frame["flag"].tolist() == ["empty"] * 3
    assert frame[["estimate", "se", "ci_low", "ci_high", "df", "deff"]].isna().all(axis=None)
    assert frame["n"].tolist() == [0, 0, 0]
    assert any(note.startswith("no record of the data is in the domain 'y > 100'") for note in found.notes)
    assert len(SURVEY.estimate(cd.mean("y"), where="y > 100", by="g")) == 0


def test_a_group_whose_answers_are_all_unknown_is_an_empty_row() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, None, None], "g": ["a", "a", "b", "b"]})
    found = survey.estimate(cd.mean("y"), by="g")
    row = found.to_frame().iloc[1]
    assert (row["flag"], row["n"], row["missing"], row["missing_share"]) == ("empty", 0, 2, 1)
    assert np.isnan(row["estimate"])
    assert np.isfinite(found.covariance().to_numpy()[0, 0])


def test_a_domain_in_one_psu_has_no_degrees_of_freedom() -> None:
    row = SURVEY.estimate(cd.mean("y"), where="p == 1").to_frame().iloc[0]
    assert (row["flag"], row["psus"], row["df"]) == ("one PSU", 1, 0)
    assert row["estimate"] == 2
    assert np.isnan([row["ci_low"], row["ci_high"]]).all()


def test_two_psus_in_two_strata_have_no_degrees_of_freedom_either() -> None:
    row = SURVEY.estimate(cd.mean("y"), where="p == 1 or p == 3").to_frame().iloc[0]
    assert (row["flag"], row["df"]) == ("no df", 0)


def test_degrees_of_freedom_of_a_domain_are_its_psus_less_its_strata(survey: cd.Survey, sample: pd.DataFrame) -> None:
    frame = survey.estimate(cd.mean("food"), by="region").to_frame().set_index("region")
    for region, rows in sample.dropna(subset="food").groupby("region"):
        assert frame.loc[region, "df"] == rows["psu"].nunique() - rows["stratum"].nunique()
        assert frame.loc[region, "psus"] == rows["psu"].nunique()


@pytest.mark.filterwarnings("error")
def test_awkward_domains_give_no_warning_of_numpy() -> None:
    rows = {"y": [1.0, 2.0, 3.0, 4.0, None], "x": [0.0] * 5, "h": [1, 1, 2, 2, 2], "p": [1, 2, 3, 4, 5]}
    survey = cd.Survey(rows, strata="h", psu="p", lonely_psu="average", lonely_domains="adjust")
    statistics = {
        "mean": cd.mean("y"), "none": cd.mean("y > 9"), "all": cd.mean("y > 0"), "median": cd.median("y"),
        "nothing": cd.ratio("y", "x"), "log": cd.log(cd.total("x")), "minus": cd.log(-cd.mean("y")),
    }  # fmt: skip
    for where in ("y > 100", "p == 1", "p == 1 or p == 3", "p == 5", "p > 0"):
        for convention in ("childdata", "r", "stata", "mics"):
            found = survey.estimate(statistics, where=where, convention=convention)
            assert np.isnan(found.to_frame().set_index("statistic").loc[["nothing", "log", "minus"], "estimate"]).all()
            ratio = found.select(statistic="mean") / found.select(statistic="none")
            assert not np.isinf(ratio.to_frame()["estimate"].item())
            found.covariance()


def test_a_label_order_of_the_data_is_the_order_of_the_rows() -> None:
    grade = pl.Series(["low", "high", "middle"], dtype=pl.Enum(["low", "middle", "high"]))
    survey = cd.Survey(pl.DataFrame({"y": [1.0, 2.0, 3.0], "grade": grade}))
    assert survey.estimate(cd.mean("y"), by="grade").to_frame()["grade"].tolist() == ["low", "middle", "high"]
    assert survey.estimate(cd.proportion("grade")).to_frame()["item"].tolist() == ["low", "middle", "high"]


def test_a_category_that_a_domain_lacks_has_a_share_of_zero() -> None:
    frame = SURVEY.estimate(cd.proportion("g"), where="p == 1 or p == 2").to_frame()
    assert frame["estimate"].tolist() == pytest.approx([5 / 6, 1 / 6])
    alone = SURVEY.estimate(cd.proportion("g"), where="p > 2").to_frame()
    assert alone["estimate"].tolist() == [0, 1]
    assert alone["se"].tolist() == [0, 0]


def test_two_statistics_of_one_name_are_refused_rather_than_one_lost() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0]})
    two = [cd.median("y"), cd.median("y", rule="school")]
    with pytest.raises(EstimationError, match=r"median\(y\)"):
        survey.estimate(two)
    named = survey.estimate({"lower": two[0], "middle": two[1]}).to_frame()
    assert named["estimate"].tolist() == [2, 2.5]


@pytest.mark.parametrize("name", ["n", "df", "se", "estimate", "statistic", "item", "flag", "scale", "rows"])
def test_a_variable_called_as_a_column_of_the_result_is_refused(name: str) -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0], name: ["a", "b", "a", "b"]})
    with pytest.raises(EstimationError, match=f"'{name}'"):
        survey.estimate(cd.mean("y"), by=name)


def test_a_variable_that_differs_from_a_column_in_case_is_no_trouble() -> None:
    frame = cd.Survey({"y": [1.0, 2.0], "N": ["a", "b"]}).estimate(cd.mean("y"), by="N").to_frame()
    assert frame["N"].tolist() == ["a", "b"]


def test_a_label_called_total_does_not_make_two_rows_of_one_name() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0], "g": ["Total", "b", "Total", "b"]})
    names = survey.estimate(cd.mean("y"), by="g", margins=True).names
    assert len(set(names)) == 3


@pytest.mark.parametrize("keep", ["auto", "scores"])
def test_scores_are_kept_or_not_with_the_same_numbers(
    keep: Any, monkeypatch: pytest.MonkeyPatch, survey: cd.Survey
) -> None:
    monkeypatch.setattr("childdata.survey.estimate.GRAM_ABOVE", 10)
    found = survey.estimate(cd.mean("food"), by="sex", keep=keep)
    monkeypatch.undo()
    wanted = survey.estimate(cd.mean("food"), by="sex")
    np.testing.assert_allclose(found.covariance(), wanted.covariance(), rtol=1e-12)
    gap = found.difference(along="sex", of=("girl", "boy")).to_frame()
    assert gap["se"].item() == pytest.approx(wanted.difference(along="sex", of=("girl", "boy")).to_frame()["se"].item())


def test_a_share_within_one_psu_has_no_standard_error_but_a_total_has() -> None:
    rows = {"y": [1.0, 0.0, 1.0, 1.0, 0.0, 1.0], "g": ["a", "a", "b", "b", "b", "b"], "p": [1, 1, 2, 2, 3, 3]}
    survey = cd.Survey(rows, psu="p")
    found = (
        survey.estimate({"share": cd.mean("y == 1"), "sum": cd.total("y")}, by="g")
        .to_frame()
        .set_index(["statistic", "g"])
    )
    assert np.isnan(found.loc[("share", "a"), "se"])
    assert found.loc[("share", "a"), "flag"] == "one PSU"
    assert found.loc[("sum", "a"), "se"] > 0
    assert survey.estimate(cd.mean("y == 1"), by="g", convention="r").to_frame()["se"].tolist()[0] == 0


def test_combinations_without_a_record_are_counted() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0], "a": ["x", "x", "z", "z"], "b": ["u", "v", "u", "u"]})
    assert (
        "combinations of 'a × b' without a record, and so without a row: 1 of 4"
        in survey.estimate(cd.mean("y"), by=["a", "b"]).notes
    )
    assert not any("combinations" in note for note in survey.estimate(cd.mean("y"), each=["a", "b"]).notes)
    outside = survey.estimate(cd.mean("y"), by="a", where="a == 'x'").notes
    assert "combinations of 'a' without a record, and so without a row: 1 of 2" in outside


def test_the_rule_for_lonely_psus_is_told_and_an_explicit_one_wins() -> None:
    rows = {"y": [1.0, 3.0, 2.0], "h": [1, 1, 2], "p": [1, 2, 3]}
    found = cd.Survey(rows, strata="h", psu="p").estimate(cd.mean("y"), convention="mics")
    assert "strata with one PSU: 1, treated by the rule 'certainty'" in found.notes
    with pytest.raises(DesignError, match="one PSU"):
        cd.Survey(rows, strata="h", psu="p", lonely_psu="fail").estimate(cd.mean("y"), convention="mics")


def test_degrees_of_freedom_may_be_given() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0]})
    assert survey.estimate(cd.mean("y"), df=12).to_frame()["df"].item() == 12
    with pytest.raises(EstimationError, match="positive"):
        survey.estimate(cd.mean("y"), df=0)


def test_a_level_is_refused_where_limits_are_two_standard_errors() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(EstimationError, match="2 standard errors"):
        survey.estimate(cd.mean("y"), convention="mics", level=0.9)


def test_unknown_answers_to_a_condition_are_counted_in_the_domain_that_is_left() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0], "a": [None, 1.0, None, 2.0], "b": [1, 1, 2, 2]})
    notes = survey.where("b == 2").estimate(cd.mean("y"), where="a > 0").notes
    assert "where 'a > 0' is unknown in 1 records: they are outside the domain" in notes


def test_small_denominators_and_quantiles_at_the_edge_are_told_to_tables() -> None:
    rows = {"y": [float(k % 2) for k in range(500)], "g": ["c"] * 8 + ["d"] * 492, "v": np.arange(500.0)}
    survey = cd.Survey(rows)
    part = survey.estimate(cd.ratio("y == 1 and g == 'c'", "g == 'c'"))
    assert part.frame["n_least"].item() == 8
    assert "(*)" in part.table().to_text()
    assert survey.estimate(cd.mean("y == 1 and g == 'c'") / cd.mean("g == 'c'")).frame["n_least"].item() == 8
    for edge in (cd.quantile("v", 0.999), cd.quantile("v", 0.999) + 0, cd.quantile("v", [0.999])):
        assert "499" not in survey.estimate(edge).table().to_text().split("\n")[-4]
        assert survey.estimate(edge).frame["n_beyond"].item() == pytest.approx(0.5)


def test_a_share_at_its_end_stays_one_however_it_is_scaled() -> None:
    survey = cd.Survey({"y": [1.0] * 30 + [0.0, 1.0] * 200, "g": ["a"] * 30 + ["b"] * 400})
    found = survey.estimate(cd.mean("y == 1"), by="g")
    assert found.frame["uniform"].tolist() == [True, False]
    assert (found * 100).frame["uniform"].tolist() == [True, False]
    assert (1 - found).frame["uniform"].tolist() == [True, False]
    assert survey.estimate(cd.ratio("y == 1", "y >= 0"), by="g").frame["uniform"].tolist() == [True, False]
