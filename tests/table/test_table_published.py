"""From working rows to the table of estimates and the table of sampling errors."""

from __future__ import annotations

import pandas as pd
import pytest

from childdata.errors import ChilddataError, VariableError
from childdata.table import estimates_table, sampling_errors_table


def row(estimate: float, se: float, **more: object) -> dict[str, object]:
    usual: dict[str, object] = {"statistic": "stunted", "item": "", "estimate": estimate, "se": se, "scale": "share"}
    usual |= {"ci_low": estimate - se, "ci_high": estimate + se, "cv": se / estimate, "deff": 1.44, "deft": 1.2}
    return usual | {"df": 20.0, "n": 900, "n_weighted": 901.6, "psus": 40, "flag": ""} | more


def test_sampling_errors_are_value_plus_and_minus_two_standard_errors_within_nought_and_one() -> None:
    rows = pd.DataFrame([row(0.02, 0.015), row(0.98, 0.015, statistic="fed"), row(0.5, 0.01, statistic="seen")])
    frame = sampling_errors_table(rows, by=[]).to_pandas()
    assert frame["lower_2se"].tolist() == [0.0, 0.95, 0.48]
    assert frame["upper_2se"].tolist() == [0.05, 1.0, 0.52]
    mean = pd.DataFrame([row(1.0, 2.0, scale="amount")])
    assert sampling_errors_table(mean, by=[]).to_pandas()["lower_2se"].tolist() == [-3.0]


def test_sampling_errors_stand_in_the_order_of_a_mics_report() -> None:
    table = sampling_errors_table(pd.DataFrame([row(0.18, 0.0123)]), by=[])
    headings = [column.heading for column in table.columns]
    assert headings == [
        "Statistic",
        "Value (r)",
        "Standard error",
        "Coefficient of variation",
        "Design effect (deff)",
        "Root of design effect (deft)",
        "Weighted count",
        "Unweighted count",
        "Lower bound (r − 2se)",
        "Upper bound (r + 2se)",
    ]
    cells = [cell.text for cell in table.grid().rows[0]]
    assert cells == ["stunted", "0.180", "0.012", "0.068", "1.440", "1.200", "902", "900", "0.155", "0.205"]


def test_statistics_that_vary_get_a_column_and_a_single_one_the_title() -> None:
    rows = pd.DataFrame([row(0.2, 0.01), row(0.3, 0.01, statistic="wasted")])
    assert estimates_table(rows, by=[]).columns[0].name == "statistic"
    single = estimates_table(rows.iloc[:1], by=[], headings={"stunted": "Stunted, moderate or severe"})
    assert single.columns[0].name == "estimate"
    assert single.title == "Stunted, moderate or severe"


def test_blocks_stand_below_each_other_with_the_total_first() -> None:
    cells = [("Brest", "Total"), ("Minsk", "Total"), ("Total", "girls"), ("Total", "boys"), ("Total", "Total")]
    rows = pd.DataFrame([row(0.2, 0.01, region=region, sex=sex) for region, sex in cells])
    table = estimates_table(rows, by=["region", "sex"], headings={"region": "Region", "sex": "Sex"})
    first = [cells[0].text for cells in table.grid().rows]
    assert first == ["Total", "Region", "Brest", "Minsk", "Sex", "girls", "boys"]
    assert table.to_csv().splitlines()[1].startswith('"Brest","Total",0.2')


@pytest.mark.parametrize("convention", ["mics", "dhs"])
def test_limits_of_two_standard_errors_are_called_so_in_both_languages(convention: str) -> None:
    rows = pd.DataFrame([row(0.2, 0.01)])
    about = {"convention": convention, "level": "0.9", "interval": "auto"}
    english, russian = (str(estimates_table(rows, by=[], provenance=about, lang=lang)) for lang in ("en", "ru"))
    for part in ("2se)", "two standard errors"):
        assert part in english
    for part in ("2se)", "две стандартные ошибки"):
        assert part in russian
    headings = [column.heading for column in estimates_table(rows, by=[], provenance=about).columns]
    assert {"Lower bound (r − 2se)", "Upper bound (r + 2se)"} <= set(headings)
    assert "%)" not in english + russian
    assert "confidence" not in english
    assert "доверительный" not in russian


@pytest.mark.parametrize("about", [{"convention": "r"}, {"convention": "mics", "interval": "beta"}, {}])
def test_limits_of_a_level_are_called_by_it(about: dict[str, str]) -> None:
    text = str(estimates_table(pd.DataFrame([row(0.2, 0.01)]), by=[], provenance={**about, "level": "0.9"}))
    assert "(90%)" in text
    assert "90% confidence interval" in text


def test_cross_stands_row_by_row_and_repeats_no_label() -> None:
    cells = [("Brest", "girls"), ("Brest", "boys"), ("Brest", "Total")]
    rows = pd.DataFrame([row(0.2, 0.01, region=region, sex=sex) for region, sex in cells])
    grid = estimates_table(rows, by=["region", "sex"]).grid()
    assert [cells[0].repeated for cells in grid.rows] == [False, True, True]
    assert [cells[1].text for cells in grid.rows] == ["girls", "boys", "Total"]


def test_row_of_records_without_a_label_is_told_in_the_readers_language() -> None:
    rows = pd.DataFrame([row(0.2, 0.01, region=region) for region in ("Brest", "(missing)", "Total")])
    frame = estimates_table(rows, by=["region"], lang="ru").to_pandas()
    assert frame["region"].tolist() == ["Brest", "Нет данных", "Всего"]


def test_remarks_are_shown_where_there_are_any_and_translated() -> None:
    rows = pd.DataFrame([row(0.2, 0.01, flag="one PSU")])
    assert "одна первичная единица отбора" in str(estimates_table(rows, by=[], lang="ru"))
    assert "flag" not in estimates_table(rows.assign(flag=""), by=[]).to_pandas()


def test_level_of_the_limits_comes_from_the_provenance() -> None:
    rows = pd.DataFrame([row(0.2, 0.01)])
    assert "Limits: 90% confidence interval." in str(estimates_table(rows, by=[], provenance={"level": "0.9"}))
    assert "Lower limit (99%)" in estimates_table(rows, by=[], level=0.99).to_markdown()


def test_count_that_the_table_hides_is_taken_out_of_the_notes() -> None:
    rows = pd.DataFrame([row(0.2, 0.01, region="Brest", n=800), row(0.3, 0.01, region="(missing)", n=3)])
    notes = ["'region' is missing in 3 records: shown in a row of their own", "800 records of 12 strata", "2 records"]
    text = str(estimates_table(rows, by=["region"], notes=notes))
    assert "'region' is missing in … records" in text
    assert "800 records of 12 strata" in text
    assert "2 records" not in text
    assert "2 records" in str(estimates_table(rows, by=["region"], notes=notes, suppress=None))


def test_column_that_the_rows_do_not_have_is_refused() -> None:
    rows = pd.DataFrame([row(0.2, 0.01)])
    with pytest.raises(VariableError, match="no column 'regoin'"):
        estimates_table(rows, by=["regoin"])
    with pytest.raises(VariableError, match=r"nearest: .*'deff'"):
        estimates_table(rows, by=[], columns=["def"])
    with pytest.raises(ChilddataError, match="names no rule"):
        estimates_table(rows, by=[], suppress="eu")  # type: ignore[arg-type]


def test_several_statistics_of_blocks_stand_across_in_a_wide_table() -> None:
    cells = [("Brest", "Total"), ("Total", "girls"), ("Total", "Total")]
    rows = pd.DataFrame(
        [
            row(0.2, 0.01, region=region, sex=sex, statistic=name)
            for name in ("stunted", "wasted")
            for region, sex in cells
        ]
    )
    table = estimates_table(rows, by=["region", "sex"], headings={"region": "Region", "sex": "Sex"}).wide()
    grid = table.grid()
    assert grid.flat_headings() == ["", "stunted", "wasted", "Unweighted count"]
    assert [cells[0].text for cells in grid.rows] == ["Total", "Region", "Brest", "Sex", "girls"]
    assert [cell.text for cell in grid.rows[0][1:]] == ["20.0%", "20.0%", "900"]


def test_labels_of_a_variable_stand_across_with_the_results_under_each() -> None:
    cells = [(region, sex) for region in ("Brest", "Minsk") for sex in ("girls", "boys")]
    rows = pd.DataFrame([row(0.1 * (place + 1), 0.01, region=a, sex=b) for place, (a, b) in enumerate(cells)])
    table = estimates_table(rows, by=["region", "sex"]).wide(columns=["sex"], show=["estimate", "se"])
    grid = table.grid()
    assert [(one.text, one.span) for one in grid.headings[0]] == [("", 1), ("girls", 2), ("boys", 2)]
    assert grid.flat_headings()[1:3] == ["girls: Estimate", "girls: Standard error"]
    assert [cell.text for cell in grid.rows[1]] == ["Minsk", "30.0%", "1.00%", "40.0%", "1.00%"]
    assert 'colspan="2"' in table.to_html()


def test_name_that_is_no_column_of_the_table_is_refused_in_a_wide_one() -> None:
    rows = pd.DataFrame([row(0.2, 0.01, region="Brest")])
    table = estimates_table(rows, by=["region"])
    with pytest.raises(VariableError, match=r"'regoin' is no column.*nearest: 'region'"):
        table.wide(rows=["regoin"])
    with pytest.raises(VariableError, match="'deff' is no column"):
        table.wide(show=["deff"])
