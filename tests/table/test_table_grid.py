"""What stands in which cell, row by row and with labels across."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from childdata.table import Column, Table, estimates_table
from childdata.table.grid import Cell, Grid, Heading, are_blocks, tidy, writer

ESTIMATE = Column("estimate", "Share", "value")
N = Column("n", "n", "count")
WEIGHTED = Column("n_weighted", "N", "count")
DF = Column("df", "df", "count")


def rows_of(cells: list[tuple[str, ...]], names: list[str], **more: object) -> pd.DataFrame:
    frame = pd.DataFrame(cells, columns=names)
    usual = {"statistic": "stunted", "item": "", "estimate": 0.2, "se": 0.01, "ci_low": 0.18, "ci_high": 0.22}
    usual |= {"n": 400, "n_weighted": 402.4, "df": 30.0, "flag": "", "scale": "share"}
    return frame.assign(**{name: value for name, value in {**usual, **more}.items() if name not in names})


def cell(column: Column, **record: object) -> Cell:
    usual: dict[str, object] = {"estimate": 0.2, "n": 400, "n_weighted": 402.4, "df": 30.0, "scale": "share"}
    return writer([], "en", 5).cell(usual | {"state": "shown", "count_state": "shown"} | record, column)


@pytest.mark.parametrize(
    ("column", "record", "text", "mark"),
    [
        (ESTIMATE, {}, "20.0%", ""),
        (ESTIMATE, {"state": "flagged"}, "(20.0%)", "flagged"),
        (ESTIMATE, {"state": "suppressed", "estimate": np.nan}, "(*)", "suppressed"),
        (ESTIMATE, {"state": "empty", "estimate": None}, "–", "empty"),
        (ESTIMATE, {"estimate": pd.NA}, "…", "unavailable"),
        (N, {}, "400", ""),
        (N, {"n": 0, "state": "empty"}, "0", ""),
        (N, {"n": np.nan, "state": "suppressed", "count_state": "few"}, "<5", "few"),
        (N, {"n": np.nan, "state": "suppressed", "count_state": "suppressed"}, "(*)", "suppressed"),
        (WEIGHTED, {"n_weighted": np.nan, "state": "suppressed"}, "(*)", "suppressed"),
        (WEIGHTED, {"n_weighted": np.nan, "state": "suppressed", "count_state": "few"}, "(*)", "suppressed"),
        (DF, {"df": np.nan, "state": "suppressed", "count_state": "shown"}, "…", "unavailable"),
        (DF, {"df": np.nan, "state": "suppressed", "count_state": "few"}, "(*)", "suppressed"),
    ],
)
def test_state_of_the_row_decides_what_a_cell_says(
    column: Column, record: dict[str, object], text: str, mark: str
) -> None:
    made = cell(column, **record)
    assert (made.text, made.mark) == (text, mark)
    assert (made.number is None) == (mark not in ("", "flagged"))


def test_only_the_estimate_of_a_flagged_row_is_in_parentheses() -> None:
    assert cell(Column("ci_low", "", "value"), state="flagged", ci_low=0.1).text == "10.0%"
    assert cell(N, state="flagged", n=30).text == "30"


def test_amounts_of_a_statistic_have_the_same_decimals_in_all_rows() -> None:
    records = [{"statistic": "y", "estimate": value, "scale": "amount"} for value in (1234.5, 3.25, np.nan)]
    texts = [row[0].text for row in tidy(records, [ESTIMATE], writer(records, "en", 5)).rows]
    assert texts == ["1,234.5", "3.2", "…"]


def test_marks_of_a_grid_are_those_of_its_cells() -> None:
    grid = Grid((), ((Cell("a"), Cell("(*)", kind="mark", mark="suppressed")),), 1)
    assert grid.marks() == {"suppressed"}


def test_levels_of_headings_are_joined_column_by_column() -> None:
    grid = Grid(((Heading(""), Heading("girls", 2)), (Heading("Region"), Heading("Share"), Heading("n"))), (), 1)
    assert grid.flat_headings() == ["Region", "girls: Share", "girls: n"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([("Brest", "Total"), ("Total", "girls")], True),
        ([("Brest", ""), ("", "girls"), ("", "")], True),
        ([("Brest", "girls"), ("Brest", "Total")], False),
        ([("Brest",), ("Total",)], False),
        ([], False),
    ],
)
def test_blocks_are_rows_with_one_label_at_most(keys: list[tuple[str, ...]], expected: bool) -> None:
    assert are_blocks(keys, "Total") is expected


def cross() -> Table:
    cells = [(region, sex) for region in ("Brest", "Minsk") for sex in ("girls", "boys")]
    rows = [
        rows_of(cells, ["region", "sex"], statistic=name, estimate=[0.1, 0.2, 0.3, 0.4], n=n)
        for name, n in (("stunted", [400, 300, 200, 100]), ("wasted", [390, 300, 200, 100]))
    ]
    return estimates_table(pd.concat(rows, ignore_index=True), by=["region", "sex"], headings={"region": "Region"})


def test_two_variables_across_have_two_levels_of_headings() -> None:
    grid = cross().wide(columns=["statistic", "sex"], show=["estimate"]).grid()
    assert [(one.text, one.span) for one in grid.headings[0]] == [("", 1), ("stunted", 2), ("wasted", 2)]
    assert [one.text for one in grid.headings[1]] == ["Region", "girls", "boys", "girls", "boys"]
    assert [made.text for made in grid.rows[0]] == ["Brest", "10.0%", "20.0%", "10.0%", "20.0%"]


def test_count_that_differs_stands_beside_each_and_one_that_does_not_stands_once() -> None:
    beside = cross().wide(columns=["statistic"], show=["estimate", "n"]).grid()
    assert beside.flat_headings()[2:] == [
        "stunted: Estimate",
        "stunted: Unweighted count",
        "wasted: Estimate",
        "wasted: Unweighted count",
    ]
    table = cross()
    same = Table(table.rows.assign(n=250), table.columns, disclosure=table.disclosure)
    once = same.wide(columns=["statistic"], show=["estimate", "n"]).grid()
    assert once.flat_headings()[2:] == ["stunted", "wasted", "Unweighted count"]


def test_cell_that_no_row_gives_is_not_available() -> None:
    rows = rows_of([("Brest", "girls"), ("Minsk", "boys")], ["region", "sex"])
    grid = estimates_table(rows, by=["region", "sex"]).wide(columns=["sex"], show=["estimate"]).grid()
    assert [[made.text for made in row] for row in grid.rows] == [["Brest", "20.0%", "…"], ["Minsk", "…", "20.0%"]]


def test_items_of_a_statistic_can_stand_across() -> None:
    rows = pd.concat(
        [
            rows_of([("Brest",), ("Minsk",)], ["region"], item=item, estimate=share)
            for item, share in (("poor", 0.4), ("rich", 0.6))
        ],
        ignore_index=True,
    )
    grid = estimates_table(rows, by=["region"]).wide(columns=["item"], show=["estimate"]).grid()
    assert grid.flat_headings() == ["region", "poor", "rich"]
    assert [made.text for made in grid.rows[1]] == ["Minsk", "40.0%", "60.0%"]


def test_statistics_of_blocks_are_groups_with_their_name_above() -> None:
    cells = [("Brest", "Total"), ("Total", "girls"), ("Total", "Total")]
    rows = pd.concat(
        [rows_of(cells, ["region", "sex"], statistic=name) for name in ("stunted", "wasted")], ignore_index=True
    )
    table = estimates_table(rows, by=["region", "sex"])
    kinds = [(row[0].text, row[0].kind) for row in table.grid().rows]
    assert kinds[:5] == [
        ("stunted", "group"),
        ("Total", "label"),
        ("region", "group"),
        ("Brest", "label"),
        ("sex", "group"),
    ]
    assert kinds[6] == ("wasted", "group")
    assert 'class="group" scope="rowgroup" colspan="6">stunted<' in table.to_html()
    assert "| **stunted** |" in table.to_markdown()
    csv = table.to_csv().splitlines()
    assert csv[0].startswith('"Statistic","region","sex","Estimate"')
    assert csv[1].startswith('"stunted","Brest","Total",0.2,')


def test_csv_of_a_wide_table_has_one_line_of_headings() -> None:
    lines = cross().wide(columns=["statistic", "sex"], show=["estimate"]).to_csv().splitlines()
    assert lines[0] == '"Region","stunted: girls","stunted: boys","wasted: girls","wasted: boys"'
    assert lines[1] == '"Brest",0.1,0.2,0.1,0.2'


def test_wide_table_can_be_made_narrow_again() -> None:
    table = cross()
    assert table.wide().to_pandas().equals(table.to_pandas())


def test_rows_and_columns_of_a_wide_table_can_be_chosen() -> None:
    grid = cross().wide(rows=["sex", "region"], columns=["statistic"], show=["estimate"]).grid()
    assert [[made.text for made in row[:2]] for row in grid.rows] == [
        ["girls", "Brest"],
        ["girls", "Minsk"],
        ["boys", "Brest"],
        ["boys", "Minsk"],
    ]
    assert grid.rows[1][0].repeated
