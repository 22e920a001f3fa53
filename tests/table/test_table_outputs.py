"""Text, Markdown, CSV, HTML and Excel: labels of others stay labels, numbers stay numbers."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hostile_rows import FORMULA, SCRIPT

from childdata.table import Column, Table, estimates_table
from childdata.table.text import escaped, plain, printable
from childdata.words import Lang

FULL_WIDTH = ["\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)"]
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", *FULL_WIDTH]


class Tags(HTMLParser):
    """The tags of a page, and that each is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile(label: str) -> Table:
    """The label in every place where a table prints a text."""
    rows = pd.DataFrame({"statistic": label, "region": [label, "Total"], "estimate": 0.2, "n": 400, "scale": "share"})
    return estimates_table(
        rows,
        by=["region"],
        headings={"region": label},
        columns=["estimate", "n"],
        title=label,
        subtitle=label,
        notes=[label],
        provenance={label: label},
    )


def test_script_in_any_label_is_text_in_html(tmp_path: Path) -> None:
    for page in (
        hostile(SCRIPT).to_html(),
        hostile(SCRIPT).to_html(tmp_path / "t.html"),
        hostile(SCRIPT).wide().to_html(),
    ):
        tags = Tags(page)
        assert "script" not in tags.found
        assert not tags.open
        assert "&lt;script&gt;" in page


def test_quotes_in_a_label_do_not_leave_an_attribute() -> None:
    assert Tags(hostile('" onload="x').to_html()).found == Tags(hostile("plain").to_html()).found
    assert "onload=" in hostile('" onload="x').to_html()


def test_page_needs_nothing_from_elsewhere(rows: pd.DataFrame, tmp_path: Path) -> None:
    page = estimates_table(rows, by=["region"], title="Дети").to_html(tmp_path / "t.html")
    assert not any(outside in page for outside in ("src=", "href=", "url(", "@import"))
    assert (tmp_path / "t.html").read_bytes().decode("utf-8") == page
    assert 'lang="en"' in page
    assert {"caption", "thead", "tbody", "tfoot"} <= Tags(page).found


@pytest.mark.parametrize("label", DANGEROUS)
def test_text_that_a_spreadsheet_takes_for_a_formula_is_led_by_an_apostrophe(label: str) -> None:
    table = Table(
        pd.DataFrame({"region": [label], "estimate": [-5.0]}),
        (Column("region", label), Column("estimate", "y", "value")),
    )
    safe = list(csv.reader(io.StringIO(table.to_csv(), newline="")))
    assert safe == [["'" + label, "y"], ["'" + label, "-5"]]
    raw = list(csv.reader(io.StringIO(table.to_csv(excel_safe=False), newline="")))
    assert raw == [[label, "y"], [label, "-5"]]


@pytest.mark.parametrize(("lang", "other"), [("en", ";"), ("ru", ","), ("en", "\t"), ("ru", "\t")])
def test_label_cannot_end_a_cell_for_a_program_with_another_delimiter(lang: Lang, other: str) -> None:
    label = f'x{other}=1+1{other}"y'
    rows = pd.DataFrame({"region": [label], "estimate": [5.0]})
    table = Table(rows, (Column("region", label), Column("estimate", "y", "value")), lang=lang)
    read = list(csv.reader(io.StringIO(table.to_csv(), newline=""), delimiter=other))
    assert read[0][0].startswith(label)
    assert read[1][0].startswith(label)
    assert not any(cell.startswith("=") for line in read for cell in line)


def test_texts_of_csv_are_quoted_and_numbers_are_not(rows: pd.DataFrame) -> None:
    lines = estimates_table(rows, by=["region"], columns=["estimate", "n"]).to_csv().splitlines()
    assert lines[0] == '"region","Estimate","Unweighted count","Remark"'
    assert lines[2] == '"Vitebsk | *x*","(*)","<5","one PSU"'
    assert lines[4] == '"Gomel",0.35000000000000003,40,""'


def test_csv_has_full_precision_and_the_signs_of_the_language(rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.loc[0, "estimate"] = 1 / 3
    english = estimates_table(rows.drop(index=4), by=["region"], columns=["estimate", "n"])
    assert "0.3333333333333333,300" in english.to_csv(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    russian = estimates_table(rows.drop(index=4), by=["region"], columns=["estimate", "n"], lang="ru")
    assert "0,3333333333333333;300" in russian.to_csv()


def test_signs_of_markdown_in_labels_are_escaped(rows: pd.DataFrame) -> None:
    text = estimates_table(rows, by=["region"]).to_markdown()
    assert "Vitebsk \\| \\*x\\*" in text
    assert "<script>" not in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in lines} == {8}
    assert escaped("[x](javascript:1)`") == "\\[x\\](javascript:1)\\`"


def test_signs_that_steer_a_terminal_are_blanked() -> None:
    assert "\x1b" not in str(hostile("a\x1b[2Jb"))
    assert printable("a\r\nb\u2028c") == "a b c"


def test_long_table_is_cut_in_text_and_says_so() -> None:
    rows = pd.DataFrame({"region": [f"r{place}" for place in range(100)], "estimate": 0.5, "scale": "share"})
    table = Table(rows, (Column("region", "Region"), Column("estimate", "Share", "value")))
    assert str(table).splitlines()[-1] == "… 40 more rows"
    assert len(plain(table.page(), most=100).splitlines()) == 102


def test_cells_of_a_workbook_hold_numbers_with_formats(rows: pd.DataFrame, tmp_path: Path) -> None:
    table = estimates_table(rows, by=["region"], headings={"region": "Region"}, title="Stunted", subtitle="Per cent")
    sheet = openpyxl.load_workbook(table.to_excel(tmp_path / "t.xlsx"))["Table"]
    by_label = {row[0].value: row for row in sheet.iter_rows()}
    heading = by_label["Region"]
    assert [cell.value for cell in heading][1:3] == ["Estimate", "Standard error"]
    share = by_label[SCRIPT][1]
    assert share.value == 0.2
    assert share.number_format == "0.0%"
    flagged = by_label["Gomel"][1]
    assert flagged.value == pytest.approx(0.35)
    assert flagged.number_format == '"("0.0%")"'
    assert [cell.value for cell in by_label["Vitebsk | *x*"]][1:6] == ["(*)", "(*)", "(*)", "(*)", "<5"]
    assert by_label[SCRIPT][5].value == 300
    assert sheet.freeze_panes == f"B{heading[0].row + 1}"
    assert sheet.column_dimensions["A"].width > 12


def test_formula_in_a_label_stays_a_label_in_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(hostile(FORMULA).to_excel(tmp_path / "t.xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert FORMULA in [cell.value for cell in cells]
    assert all(cell.data_type in ("s", "n") for cell in cells)
    assert not any(cell.hyperlink for cell in cells)


def test_workbook_tells_how_it_was_made(rows: pd.DataFrame, tmp_path: Path) -> None:
    table = estimates_table(rows, by=["region"], provenance={"weight": "chweight"}, lang="ru")
    book = openpyxl.load_workbook(table.to_excel(tmp_path / "t.xlsx"))
    assert book.sheetnames == ["Таблица", "О таблице"]
    about = {row[0].value: row[1].value for row in book["О таблице"].iter_rows()}
    assert about["Вес"] == "chweight"
    assert "Версия childdata" in about
    assert all(sheet.sheet_state == "visible" for sheet in book)


def test_equal_tables_give_equal_bytes(rows: pd.DataFrame, tmp_path: Path) -> None:
    first, second = (estimates_table(rows, by=["region"]).to_excel(tmp_path / name) for name in ("a.xlsx", "b.xlsx"))
    assert first.read_bytes() == second.read_bytes()
    assert estimates_table(rows, by=["region"]).to_html() == estimates_table(rows, by=["region"]).to_html()


def test_points_are_points_in_a_workbook(tmp_path: Path) -> None:
    rows = pd.DataFrame({"statistic": "gap", "estimate": [0.032], "n": [400], "scale": "difference"})
    book = openpyxl.load_workbook(estimates_table(rows, by=[], columns=["estimate"]).to_excel(tmp_path / "t.xlsx"))
    cell = next(cell for row in book["Table"].iter_rows() for cell in row if cell.data_type == "n" and cell.value)
    assert cell.value == pytest.approx(3.2)
    assert cell.number_format.startswith('+0.0" pp"')
