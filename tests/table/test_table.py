"""A table keeps its promise in every output: what is hidden is nowhere, labels are only labels."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hostile_rows import CANARIES, FORMULA, SCRIPT

from childdata.errors import ChilddataError, VariableError
from childdata.table import Column, Disclosure, Table, estimates_table, sampling_errors_table

ALL_COLUMNS = ["estimate", "se", "ci_low", "ci_high", "cv", "deff", "deft", "df", "n", "n_weighted", "psus"]


def figures(number: float) -> str:
    """The first seven figures of a number, as they stand in any notation of it or of its hundredfold."""
    return re.sub(r"[^0-9]", "", f"{number:.12f}").lstrip("0")[:7]


def outputs(table: Table, folder: Path) -> dict[str, str]:
    """Everything that a table can be made into, as text."""
    texts = {
        "text": str(table),
        "html": table.to_html(),
        "file": table.to_html(folder / "t.html"),
        "markdown": table.to_markdown(),
        "csv": table.to_csv(),
        "pandas": table.to_pandas().to_json(double_precision=15) or "",
        "rows": table.rows.to_json(double_precision=15) or "",
    }
    with zipfile.ZipFile(table.to_excel(folder / "t.xlsx")) as book:
        for name in book.namelist():
            texts[f"excel {name}"] = book.read(name).decode("utf-8")
    return texts


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("kind", ["estimates", "sampling errors", "wide"])
def test_hidden_numbers_are_in_no_output(rows: pd.DataFrame, tmp_path: Path, lang: str, kind: str) -> None:
    make = sampling_errors_table if kind == "sampling errors" else estimates_table
    options = {} if kind == "sampling errors" else {"columns": ALL_COLUMNS}
    table = make(rows, by=["region"], lang=lang, **options)  # type: ignore[arg-type, operator]
    if kind == "wide":
        table = table.wide(show=ALL_COLUMNS)
    for name, text in outputs(table, tmp_path).items():
        digits = text.replace(",", "").replace(".", "")
        for canary in CANARIES.values():
            assert figures(canary) not in digits, (name, canary)
    rounded = [f"{canary:.3f}" for canary in CANARIES.values()] + ["12.3%", "2.35%", "56.8%", "12,3"]
    assert not any(text in str(table) or text in table.to_html() for text in rounded)


def test_canaries_are_found_where_nothing_is_hidden(rows: pd.DataFrame, tmp_path: Path) -> None:
    table = estimates_table(rows, by=["region"], suppress=None, columns=ALL_COLUMNS)
    for name in ("csv", "rows", "pandas", "excel xl/worksheets/sheet1.xml"):
        text = outputs(table, tmp_path)[name].replace(",", "").replace(".", "")
        assert all(figures(canary) in text for canary in CANARIES.values()), name


def test_complementary_row_is_as_gone_as_the_hidden_one(rows: pd.DataFrame) -> None:
    table = estimates_table(rows, by=["region"])
    shown = table.to_pandas().set_index("region")
    # Three records are hidden; the total would tell them, so the smallest other region (30) goes too.
    assert shown["state"].to_dict() == {
        SCRIPT: "shown",
        "Vitebsk | *x*": "suppressed",
        FORMULA: "suppressed",
        "Gomel": "flagged",
        "Total": "shown",
    }
    assert shown.loc[FORMULA, ["estimate", "se", "n"]].isna().all()
    assert shown.loc["Gomel", "shown"] == "(35.0%)"
    assert shown.loc["Vitebsk | *x*", "shown"] == "(*)"


def test_total_minus_what_is_shown_does_not_give_the_hidden_count(rows: pd.DataFrame) -> None:
    n = estimates_table(rows, by=["region"]).to_pandas().set_index("region")["n"]
    rest = n["Total"] - n.drop("Total").sum()
    assert rest == 33  # of two regions together
    assert 3 not in n.dropna().tolist()


def test_frame_has_numbers_of_full_precision_and_states_for_the_rest(rows: pd.DataFrame) -> None:
    frame = estimates_table(rows, by=["region"]).to_pandas()
    assert frame["estimate"].dtype == "Float64"
    assert frame["n"].dtype == "Int64"
    assert frame.loc[4, "estimate"] == rows.loc[4, "estimate"]
    assert frame["estimate"].isna().tolist() == [False, True, True, False, False]


def test_table_does_not_change_when_its_rows_are_changed_outside(rows: pd.DataFrame) -> None:
    table = Table(rows, (Column("estimate", "Share", "value"),))
    rows["estimate"] = 0.9
    frame = table.to_pandas()
    frame["estimate"] = 0.8
    assert table.rows["estimate"].max() < 0.5
    with pytest.raises(AttributeError):
        table.title = "other"  # type: ignore[misc]


def test_column_that_the_rows_do_not_have_is_refused_with_the_nearest(rows: pd.DataFrame) -> None:
    with pytest.raises(VariableError, match=r"'estimat'.*nearest: 'estimate'"):
        Table(rows, (Column("estimat", "Share", "value"),))


def test_notes_explain_the_marks_that_occur_and_no_others(rows: pd.DataFrame) -> None:
    text = str(estimates_table(rows, by=["region"]))
    assert "(*) Not shown: fewer than 25" in text
    assert "( ) Rests on 25–49" in text
    assert "<5 Counts from 1 to 4" in text
    large = str(estimates_table(rows.assign(n=400), by=["region"]))
    assert not any(mark in large for mark in ("(*)", "( )", "<5"))
    assert "Limits: 95% confidence interval." in large


def test_working_table_says_that_it_is_not_for_publication(rows: pd.DataFrame) -> None:
    assert "Not for publication" in str(estimates_table(rows, by=["region"], suppress=None))
    assert "Не для публикации" in str(estimates_table(rows, by=["region"], suppress=None, lang="ru"))


def test_provenance_and_version_are_in_every_file(rows: pd.DataFrame, tmp_path: Path) -> None:
    table = estimates_table(rows, by=["region"], provenance={"weight": "chweight", "grant": "none"})
    texts = outputs(table, tmp_path)
    for name in ("html", "markdown", "excel xl/sharedStrings.xml"):
        assert "chweight" in texts[name]
        assert "childdata version" in texts[name]
        assert "grant" in texts[name]
    assert "n &lt; 25 hidden" in texts["html"]


def test_russian_table_is_russian_but_for_the_users_labels(rows: pd.DataFrame) -> None:
    table = estimates_table(rows, by=["region"], headings={"region": "Область"}, lang="ru", title="Дети")
    text = str(table)
    assert "Область" in text
    assert "Всего" in text
    assert "Gomel" in text
    latin = set(re.findall(r"[A-Za-z]{3,}", text.replace(FORMULA, "").replace(SCRIPT, "")))
    assert latin == {"Vitebsk", "Gomel"}
    assert "35,0\N{NARROW NO-BREAK SPACE}%" in text


def test_notebook_shows_the_same_cells_as_the_text(rows: pd.DataFrame) -> None:
    table = estimates_table(rows, by=["region"])
    html, text = table._repr_html_(), repr(table)
    for cell in ("20.0%", "(35.0%)", "(*)", "&lt;5"):
        assert cell in html
        assert cell.replace("&lt;", "<") in text


def test_file_in_a_folder_that_is_not_there_is_a_clear_error(rows: pd.DataFrame, tmp_path: Path) -> None:
    table = estimates_table(rows, by=["region"])
    for write in (table.to_csv, table.to_html, table.to_markdown, table.to_excel):
        with pytest.raises(ChilddataError, match="cannot be written"):
            write(tmp_path / "absent" / "t.x")


def test_empty_result_is_an_empty_table() -> None:
    rows = pd.DataFrame({"region": [], "estimate": [], "n": []})
    table = Table(rows, (Column("region", "Region"), Column("estimate", "Share", "value")))
    assert str(table).splitlines()[0].split() == ["Region", "Share"]
    assert table.to_csv() == '"Region","Share"\r\n'
    assert json.loads(table.to_pandas().to_json(orient="records") or "") == []


def test_rule_of_ones_own_is_used_and_told(rows: pd.DataFrame) -> None:
    table = estimates_table(rows, by=["region"], suppress=Disclosure(minimum=31, flag_below=31, complementary=False))
    assert table.to_pandas()["state"].tolist() == ["shown", "suppressed", "suppressed", "shown", "shown"]
    assert "fewer than 31" in str(table)
