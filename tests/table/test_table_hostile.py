"""Whatever a label is, every output gives it back as the label it is."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.table import Column, Table
from childdata.table.text import FORMULA_STARTS, printable

# Whatever can stand in a label: no lone surrogates (no file can hold them), nothing that XML forbids.
LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=30)
NASTY = [
    "<b>",
    "&amp;",
    "a|b",
    "'",
    '"',
    "=1+1",
    "-2",
    "@x",
    "#REF!",
    "{=1}",
    "1,5",
    "ёЁ",
    "\u202eabc",
    "http://x.y",
    "0012",
]


class Cells(HTMLParser):
    """The texts of the row headings of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "th" and ("scope", "row") in attrs
        if self.inside:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts[-1] += data


def table_of(label: str) -> Table:
    rows = pd.DataFrame({"region": [label, "other"], "estimate": [0.25, -0.5], "scale": "amount"})
    return Table(rows, (Column("region", "Region"), Column("estimate", "y", "value")))


@settings(max_examples=60, deadline=None)
@given(LABELS)
def test_page_gives_any_label_back(label: str) -> None:
    assert Cells(table_of(label).to_html()).texts == [label, "other"]


@settings(max_examples=60, deadline=None)
@given(LABELS)
def test_csv_gives_any_label_back_and_never_starts_a_formula(label: str) -> None:
    raw = list(csv.reader(io.StringIO(table_of(label).to_csv(excel_safe=False), newline="")))
    assert raw[1] == [label, "0.25"]
    safe = list(csv.reader(io.StringIO(table_of(label).to_csv(), newline="")))
    assert not safe[1][0].startswith(FORMULA_STARTS)
    assert safe[1][0] in (label, "'" + label)
    assert safe[2] == ["other", "-0.5"]


@settings(max_examples=60, deadline=None)
@given(LABELS)
def test_markdown_has_as_many_cells_whatever_the_label(label: str) -> None:
    lines = [line for line in table_of(label).to_markdown().splitlines() if line.startswith("|")]
    assert len(lines) == 4
    bars = [line.replace("\\\\", "").replace("\\|", "").count("|") for line in lines]
    assert bars == [3, 3, 3, 3]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_text_has_as_many_lines_whatever_the_label(label: str) -> None:
    assert len(str(table_of(label)).splitlines()) == 4
    assert printable(label) == printable(printable(label))


@pytest.mark.parametrize("label", NASTY)
def test_workbook_gives_a_label_back_as_text(label: str, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(table_of(label).to_excel(tmp_path / "t.xlsx"))["Table"]
    cells = {cell.coordinate: cell for row in sheet.iter_rows() for cell in row}
    assert cells["A2"].value == label
    assert cells["A2"].data_type == "s"
    assert cells["A2"].hyperlink is None
    assert (cells["B2"].value, cells["B3"].value) == (0.25, -0.5)


def test_label_longer_than_a_cell_is_cut_and_nothing_is_lost_beside_it(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(table_of("x" * 40_000).to_excel(tmp_path / "t.xlsx"))["Table"]
    assert len(sheet["A2"].value) == 32_767
    assert sheet["B2"].value == 0.25
