"""Tables of two variables: by hand, against the engine's other ways to the same numbers, and what is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError, VariableError
from childdata.survey.chi_square import chi2
from childdata.survey.computed import domain_of, factor_of, free_name, number_of, place_of, with_computed
from childdata.survey.crosstab import crosstab
from childdata.survey.two_way import two_way

FOUR = cd.Survey({"sex": ["f", "f", "m", "m"], "poor": [1, 0, 1, 1], "w": [1.0, 3.0, 2.0, 2.0]}, weight="w")


@pytest.fixture
def people(sample: pd.DataFrame) -> cd.Survey:
    return cd.Survey(sample, weight="w", strata="stratum", psu="psu")


def cell(frame: pd.DataFrame, **labels: str) -> pd.Series[Any]:
    """The one row of a tidy frame with these labels."""
    found = frame[np.all([frame[name] == value for name, value in labels.items()], axis=0)]
    assert len(found) == 1
    return found.iloc[0]


def test_row_shares_by_hand() -> None:
    frame = crosstab(FOUR, "sex", "poor", share="row").to_frame()
    poor = cell(frame, sex="f", poor="1")
    assert poor["estimate"] == 1 / 4
    # scores w (y − p) / N_f: 1·0.75/4 and −3·0.25/4, two others zero; n/(n − 1) Σ z²
    assert poor["se"] == pytest.approx(np.sqrt(4 / 3 * 2 * (0.75 / 4) ** 2), rel=1e-12)
    assert (poor["n"], poor["n_cell"], poor["n_weighted"]) == (2, 1, 4)
    everyone = cell(frame, sex="Total", poor="1")
    assert (everyone["estimate"], everyone["n"], everyone["n_cell"]) == (5 / 8, 4, 3)


def test_cell_shares_numbers_and_margins_by_hand() -> None:
    shares = crosstab(FOUR, "sex", "poor").to_frame("wide")
    assert shares.to_numpy().tolist() == [[3 / 8, 1 / 8, 4 / 8], [0, 4 / 8, 4 / 8], [3 / 8, 5 / 8, 1]]
    assert (shares.index.tolist(), shares.columns.tolist()) == (["f", "m", "Total"], ["0", "1", "Total"])
    numbers = crosstab(FOUR, "sex", "poor", share="total").to_frame("wide")
    assert numbers.to_numpy().tolist() == [[3, 1, 4], [0, 4, 4], [3, 5, 8]]
    columns = crosstab(FOUR, "sex", "poor", share="column").to_frame("wide")
    assert columns.to_numpy().tolist() == [[1, 1 / 5, 4 / 8], [0, 4 / 5, 4 / 8]]


def test_expected_numbers_are_those_of_the_margins() -> None:
    expected = crosstab(FOUR, "sex", "poor").expected()
    # 4·3/8, 4·5/8, and the margins themselves
    assert expected.to_numpy().tolist() == [[1.5, 2.5, 4], [1.5, 2.5, 4], [3, 5, 8]]


def test_records_of_each_cell_are_counted_unweighted() -> None:
    counts = crosstab(FOUR, "sex", "poor").to_frame("wide", show="n_cell")
    assert counts.to_numpy().tolist() == [[1, 1, 2], [0, 2, 2], [1, 3, 4]]


def test_row_shares_are_the_distribution_in_each_row(people: cd.Survey) -> None:
    table = crosstab(people, "sex", "quintile", share="row", level=0.9)
    plain = people.estimate(cd.proportion("quintile"), by="sex", margins=True, level=0.9).to_frame()
    plain = plain.rename(columns={"item": "quintile", "statistic": "name"})
    columns = ["estimate", "se", "ci_low", "ci_high", "deff", "df", "n", "psus", "missing"]
    merged = table.to_frame().merge(plain, on=["sex", "quintile"], suffixes=("", "_plain"))
    assert len(merged) == 15
    np.testing.assert_allclose(merged[columns], merged[[f"{one}_plain" for one in columns]].astype(float), rtol=1e-9)


def test_column_shares_are_row_shares_of_the_table_turned(people: cd.Survey) -> None:
    columns = crosstab(people, "quintile", "sex", share="column", margins=False)
    rows = crosstab(people, "sex", "quintile", share="row", margins=False)
    for show in ("estimate", "se", "ci_low", "n"):
        pd.testing.assert_frame_equal(
            columns.to_frame("wide", show=show), rows.to_frame("wide", show=show).T, check_names=False
        )


def test_shares_and_margins_have_one_covariance(people: cd.Survey) -> None:
    table = crosstab(people, "sex", "poor == 1", share="cell")
    girls = table.estimates.select(sex="girl")
    inner = [girls.select(**{"poor == 1": one}) for one in ("no", "yes", "Total")]
    gap = (inner[0] + inner[1] - inner[2]).to_frame().iloc[0]
    assert gap["estimate"] == pytest.approx(0, abs=1e-15)
    assert gap["se"] == pytest.approx(0, abs=1e-12)


def test_difference_of_two_rows_has_their_covariance(people: cd.Survey) -> None:
    table = crosstab(people, "sex", "poor == 1", share="row")
    gap = table.estimates.difference(along="sex", of=("girl", "boy")).select(**{"poor == 1": "yes"}).to_frame()
    plain = people.estimate(cd.mean("poor == 1"), by="sex").difference(along="sex", of=("girl", "boy")).to_frame()
    np.testing.assert_allclose(gap[["estimate", "se"]], plain[["estimate", "se"]], rtol=1e-10)


def test_whole_table_is_one_by_definition(people: cd.Survey) -> None:
    whole = cell(crosstab(people, "sex", "quintile").to_frame(), sex="Total", quintile="Total")
    assert whole[["estimate", "se", "ci_low", "ci_high"]].tolist() == [1, 0, 1, 1]


def test_numbers_sum_to_the_population(people: cd.Survey) -> None:
    frame = crosstab(people, "sex", "quintile", share="total").to_frame()
    whole = cell(frame, sex="Total", quintile="Total")
    count = people.estimate(cd.count()).to_frame().iloc[0]
    assert whole[["estimate", "se"]].tolist() == pytest.approx(count[["estimate", "se"]].tolist(), rel=1e-12)


def test_layers_are_tables_of_their_own(people: cd.Survey) -> None:
    layered = crosstab(people, "sex", "poor == 1", share="row", by="region")
    north = crosstab(people, "sex", "poor == 1", share="row", where="region == 'north'")
    part = layered.to_frame().query("region == 'north'").drop(columns=["region"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(part, north.to_frame())
    assert layered.to_frame("wide").index.names == ["region", "sex"]
    tests = layered.tests("Wald")
    assert tests["region"].tolist() == ["north", "south", "west"]
    alone = chi2(people, "sex", "poor == 1", statistic="Wald", where="region == 'north'")
    assert tests[["statistic", "df2", "p"]].iloc[0].tolist() == pytest.approx([alone.statistic, alone.df[1], alone.p])
    with pytest.raises(
        EstimationError, match=r"has layers, by region, and each has a test of its own: take .tests\(\)"
    ):
        layered.test()


def test_layer_without_a_test_says_why() -> None:
    people = cd.Survey({"l": ["a"] * 4 + ["b"] * 2, "r": [0, 0, 1, 1, 0, 0], "c": [0, 1, 0, 1, 0, 1]})
    tests = crosstab(people, "r", "c", by="l").tests()
    assert tests["note"].iloc[0] == ""
    assert "needs two rows and two columns with records" in tests["note"].iloc[1]
    assert np.isnan(tests["p"].iloc[1])


def test_test_of_a_table_is_chi2_with_its_settings(people: cd.Survey) -> None:
    table = crosstab(people, "sex", "school", where="income > 3", convention="r", df=9)
    found = table.test("lr", proportions="null")
    wanted = chi2(people, "sex", "school", statistic="lr", proportions="null", where="income > 3", convention="r", df=9)
    assert (found.statistic, found.df, found.p, found.n) == (wanted.statistic, wanted.df, wanted.p, wanted.n)
    assert found.df[1] == pytest.approx(9)


def test_cells_without_records_are_zeros_and_told(people: cd.Survey) -> None:
    table = crosstab(people, "quintile", "sex", where="not (quintile == 2 and sex == 'boy') and quintile < 5")
    frame = table.to_frame()
    empty = cell(frame, quintile="2", sex="boy")
    assert empty[["estimate", "se", "n_cell"]].tolist() == [0, 0, 0]
    assert cell(frame, quintile="5", sex="Total")["estimate"] == 0
    assert "cells of the table without a record, kept as zeros: 3 of 10" in table.estimates.notes


def test_row_without_records_has_no_shares_and_is_told(people: cd.Survey) -> None:
    table = crosstab(people, "quintile", "sex", share="row", where="quintile < 5")
    assert table.to_frame()["quintile"].unique().tolist() == ["1", "2", "3", "4", "Total"]
    assert "categories of 'quintile' without a record, and so without shares of their own: 1" in table.estimates.notes


@pytest.mark.parametrize("share", ["cell", "row", "column", "total"])
def test_unknown_answers_have_no_place_and_are_told_once(people: cd.Survey, sample: pd.DataFrame, share: Any) -> None:
    lost = int(sample["school"].isna().sum())
    for row, column in (("sex", "school"), ("school", "sex")):
        table = crosstab(people, row, column, share=share)
        told = [note for note in table.estimates.notes if "school" in note]
        assert told == [
            f"'{row}' or '{column}' is unknown in {lost} records of the domain: they are in no cell of the table"
        ]
        whole = table.to_frame("wide", show="n_cell")
        assert whole.to_numpy().max() <= len(sample) - lost


def test_unknown_answers_may_be_a_category(people: cd.Survey, sample: pd.DataFrame) -> None:
    table = crosstab(people, "school", "sex", missing="category")
    wide = table.to_frame("wide", show="n_cell")
    assert wide.index.tolist() == ["0", "1", "(missing)", "Total"]
    assert wide.loc["(missing)", "Total"] == sample["school"].isna().sum()
    assert wide.loc["Total", "Total"] == len(sample)
    rows = crosstab(people, "school", "sex", share="row", missing="category").to_frame("wide")
    assert rows.index.tolist() == ["0", "1", "(missing)", "Total"]
    assert "Нет данных" in table.table(lang="ru").to_text()
    with pytest.raises(
        EstimationError, match=r"is unknown in .* records of the domain, and missing='fail' was asked for"
    ):
        crosstab(people, "school", "sex", missing="fail")


def test_layers_with_unknown_labels_are_left_out_and_told(people: cd.Survey, sample: pd.DataFrame) -> None:
    table = crosstab(people, "sex", "poor", by="school")
    lost = int(sample["school"].isna().sum())
    assert f"'school' is missing in {lost} records: dropped" in table.estimates.notes
    wide = table.to_frame("wide", show="n_cell")
    assert wide.loc[("0", "Total"), "Total"] + wide.loc[("1", "Total"), "Total"] == len(sample) - lost


def test_labels_and_their_order_are_those_of_the_file() -> None:
    stata = pd.DataFrame({"size": pd.Categorical(["small", "large", "small"], ["small", "large"]), "y": [1, 0, 0]})
    table = crosstab(cd.Survey(stata), "size", "y")
    assert table.to_frame("wide").index.tolist() == ["small", "large", "Total"]


def test_columns_of_the_data_may_have_any_name() -> None:
    data = pd.DataFrame(
        {"Row of the table": [0, 1, 1, 0], "comp.imp": [1, 1, 0, 0], "layer of the table": [1, 1, 1, 1]}
    )
    table = crosstab(cd.Survey(data), "Row of the table", "comp.imp", share="row", by="layer of the table")
    assert table.to_frame("wide").shape == (3, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"share": "rows"}, r"share is one of 'cell', 'row', 'column', 'total'; found 'rows'; nearest: 'row'"),
        ({"missing": "row"}, r"missing is 'drop', 'category' or 'fail'; found 'row'"),
        ({"row": "poor"}, r"a table crosses two variables; found 'poor' twice"),
        ({"by": "sex"}, r"names of their own; 'sex' stands twice"),
        ({"level": 95}, r"level lies between 0 and 1"),
    ],
)
def test_what_is_no_table_is_refused(call: dict[str, Any], words: str) -> None:
    row = call.pop("row", "sex")
    with pytest.raises(EstimationError, match=words):
        crosstab(FOUR, row, "poor", **call)


def test_domain_without_records_is_an_empty_table_or_no_layer() -> None:
    table = crosstab(FOUR, "sex", "poor", where="w > 100")
    assert table.to_frame()["estimate"].isna().all()
    assert set(table.to_frame()["flag"]) == {"empty"}
    assert "no record of the data is in the domain 'w > 100'" in table.estimates.notes
    with pytest.raises(EstimationError, match="needs two rows and two columns with records; found 0 and 0"):
        table.test()
    with pytest.raises(EstimationError, match="no record of the domain has a layer of w"):
        crosstab(FOUR, "sex", "poor", where="w > 100", by="w")


def test_codes_of_a_file_may_be_asked_for_in_the_domain(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("sex,poor\n1,1\n1,0\n2,1\n2,1\n", encoding="utf-8")
    people = cd.Survey(cd.read(path))
    table = crosstab(people, "sex", "poor", share="row", where="code(sex) <= 2")
    assert table.to_frame("wide").to_numpy().tolist() == [[0.5, 0.5], [0, 1], [0.25, 0.75]]


def test_names_that_the_result_needs_are_refused() -> None:
    people = cd.Survey({"se": [1, 2], "y": [1, 2]})
    with pytest.raises(EstimationError, match="'se' is the name of a column of the result"):
        crosstab(people, "se", "y")
    with pytest.raises(VariableError, match="'yy' is not in the data"):
        crosstab(people, "y", "yy")
    with pytest.raises(EstimationError, match="'y' is unknown in all records, so that a table of it has no cell"):
        crosstab(cd.Survey({"x": [1, 2], "y": [None, None]}), "x", "y")


def test_wide_layout_shows_columns_that_there_are() -> None:
    with pytest.raises(EstimationError, match=r"show is one of .*; found 'sd'"):
        crosstab(FOUR, "sex", "poor").to_frame("wide", show="sd")
    with pytest.raises(EstimationError, match="layout is one of 'tidy', 'wide'"):
        crosstab(FOUR, "sex", "poor").to_frame("long")  # type: ignore[arg-type]


def test_table_for_a_report_has_the_labels_across(people: cd.Survey) -> None:
    table = crosstab(people, "region", "poor == 1", share="row").table()
    lines = table.to_text().splitlines()
    assert lines[0] == "region by poor == 1: shares within each row"
    assert lines[2].split() == ["region", "no", "yes", "count"]
    russian = crosstab(people, "region", "poor == 1", share="total").table(lang="ru", title="Бедность")
    assert russian.to_text().startswith("Бедность\n")
    assert "Всего" in russian.to_text()
    assert "<table" in crosstab(people, "region", "sex")._repr_html_()


def test_small_cells_are_not_published(people: cd.Survey, sample: pd.DataFrame) -> None:
    few = sample.query("region == 'west' and quintile == 1")["sex"].eq("girl").sum()
    assert 0 < few < 25
    numbers = crosstab(people, "quintile", "sex", share="total", where="region == 'west'").table()
    shown = numbers.to_pandas()
    hidden = shown[(shown["quintile"] == "1") & (shown["sex"] == "girl")]
    assert hidden["estimate"].isna().all()
    rows = crosstab(people, "quintile", "sex", share="row", where="region == 'west'").table().to_pandas()
    assert rows.loc[rows["n"] < 25, "estimate"].isna().all()
    working = crosstab(people, "quintile", "sex", share="total", where="region == 'west'").table(suppress=None)
    assert working.to_pandas()["estimate"].notna().all()


def test_representation_is_the_wide_layout() -> None:
    assert repr(crosstab(FOUR, "sex", "poor")).splitlines()[0] == "<Crosstab sex × poor, cell>"


def test_replicate_weights_and_lonely_rules_pass_through(people: cd.Survey, sample: pd.DataFrame) -> None:
    one = sample[(sample["stratum"] > 0) | (sample["psu"] == 0)]
    lonely = cd.Survey(one, weight="w", strata="stratum", psu="psu", lonely_psu="certainty")
    table = crosstab(lonely, "sex", "poor", share="row")
    assert table.estimates.settings["lonely_psu"] == "certainty"
    assert table.estimates.settings["share"] == "row"


def test_order_of_records_changes_nothing(sample: pd.DataFrame) -> None:
    design = {"weight": "w", "strata": "stratum", "psu": "psu"}
    one = crosstab(cd.Survey(sample, **design), "sex", "quintile", share="row").to_frame()
    other = crosstab(
        cd.Survey(sample.sample(frac=1, random_state=4), **design), "sex", "quintile", share="row"
    ).to_frame()
    pd.testing.assert_frame_equal(one, other, rtol=1e-12)


# The survey with computed columns, on which tables and ranks are estimated.


def test_domain_is_where_all_rules_are_true() -> None:
    people = cd.Survey({"a": [1.0, 2.0, None, 4.0], "b": [1, 1, 1, 0]})
    assert domain_of(people, None).tolist() == [True] * 4
    assert domain_of(people.where("a > 1"), "b == 1").tolist() == [False, True, False, False]


def test_name_of_a_column_is_that_column_before_it_is_a_rule() -> None:
    people = cd.Survey({"a > 1": ["x", "y"], "a": [1, 2]})
    assert factor_of(people, "a > 1").labels == ("x", "y")
    assert factor_of(people, "a >= 2").labels == ("no", "yes")
    assert free_name("A", people) == "A_"


def test_numbers_of_a_rule_know_where_they_are_unknown() -> None:
    value, known = number_of(cd.Survey({"a": [1.0, None, 3.0]}), "a * 2")
    assert (value[known].tolist(), known.tolist()) == ([2.0, 6.0], [True, False, True])
    with pytest.raises(VariableError, match="where numbers are wanted"):
        number_of(cd.Survey({"a": ["x"]}), "a")


def test_category_is_found_by_label_or_code() -> None:
    factor = factor_of(cd.Survey({"a": [1.0, 2.0]}), "a")
    assert [place_of(factor, one, argument="of") for one in ("2", 1, 2.0)] == [1, 0, 1]
    with pytest.raises(EstimationError, match="of= has '3', which is no category of 'a'"):
        place_of(factor, 3, argument="of")


def test_computed_columns_stand_beside_those_of_the_domain() -> None:
    people = cd.Survey({"a": [1.0, 2.0, 3.0], "unused": [0, 0, 0]}).where("a > 1")
    made = with_computed(people, {"rank": np.array([5.0, np.nan, 7.0])})
    assert made.records.names == ("rank", "a")
    row = made.estimate(cd.total("rank")).to_frame().iloc[0]
    assert row[["estimate", "n", "missing"]].tolist() == [7, 1, 1]


def test_cell_is_a_rule_that_is_unknown_outside_the_table() -> None:
    people = cd.Survey({"a": [1.0, 2.0, None, 2.0], "b": [1.0, None, 1.0, 2.0]})
    table = two_way(people, "a", "b")
    assert table.known.tolist() == [True, False, False, True]
    assert table.unknown == 2
    assert table.sums(np.array([1.0, 10.0, 100.0, 1000.0])).tolist() == [[1, 0], [0, 1000]]
    assert table.in_cell(1, 0).text == "`row of the table` == 1 and `column of the table` == 0"
