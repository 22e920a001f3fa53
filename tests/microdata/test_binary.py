"""SPSS, Stata and SAS files with every quirk that is known of them."""

from __future__ import annotations

import os
import struct
from types import SimpleNamespace

import polars as pl
import pyarrow as pa
import pyreadstat
import pytest
from survey_files import households, portable, with_record, zsav_bomb

from childdata.errors import ReadError, VariableError
from childdata.microdata import Dataset, Variable, read, read_chunks, scan, write
from childdata.microdata.readers import binary

RUSSIAN = Dataset.from_frame(
    {"область": [1, 2], "имя": ["Анна", "Пётр"], "код": ["А", "?"]},
    variables=[
        Variable("область", "Область проживания", {1: "Брестская", 2: "Минская"}),
        Variable("имя", "Имя ребёнка", kind="text"),
        Variable("код", "Код ответа", {"?": "Нет ответа"}, ("?",), kind="text"),
    ],
)


def check_russian(data):
    assert data.frame["имя"].to_list() == ["Анна", "Пётр"]
    assert data.variables["область"].label == "Область проживания"
    assert data.variables["область"].value_labels == {1.0: "Брестская", 2.0: "Минская"}
    assert data.reasons["код"].to_list() == [None, "?"]


def test_a_declared_code_page_is_used_without_a_word(tmp_path):
    data = read(write(RUSSIAN, tmp_path / "a.sav", encoding="windows-1251"))
    check_russian(data)
    assert not any("code page" in note for note in data.notes)


@pytest.mark.parametrize("code_page", ["windows-1251", "cp866", "koi8-r"])
def test_an_undeclared_code_page_is_found_and_said(tmp_path, code_page):
    data = read(write(RUSSIAN, tmp_path / "a.sav", encoding=code_page, declare_encoding=False))
    check_russian(data)
    assert "The file does not say its code page; its text reads as" in data.notes[0]


@pytest.mark.parametrize("declared", ["windows-1252", "ascii"])
def test_a_wrongly_declared_code_page_is_found_and_said(tmp_path, declared):
    data = read(write(RUSSIAN, tmp_path / "a.sav", encoding="windows-1251", declare_encoding=declared))
    check_russian(data)
    assert "WINDOWS-1251" in data.notes[0]


def test_the_code_page_that_is_asked_for_wins(tmp_path):
    path = write(RUSSIAN, tmp_path / "a.sav", encoding="windows-1251", declare_encoding="windows-1252")
    check_russian(read(path, encoding="windows-1251"))
    # a wish is fulfilled even where it is plainly wrong
    assert read(path, encoding="windows-1252").frame.columns[0] == "îáëàñòü"
    with pytest.raises(ReadError, match=r"encoding 'klingon' of a.sav is not known"):
        read(path, encoding="klingon")


def test_cyrillic_answers_under_ascii_labels_are_found_too(tmp_path):
    data = Dataset.from_frame({"region": ["Брестская область", "Минская область", "Гродно"]})
    for declared in (False, "windows-1252"):
        found = read(write(data, tmp_path / "a.sav", encoding="windows-1251", declare_encoding=declared))
        assert found.frame["region"].to_list() == data.frame["region"].to_list()
        assert any("WINDOWS-1251" in note for note in found.notes)


def test_an_old_stata_file_with_cyrillic_bytes_is_found(tmp_path):
    frame = pl.DataFrame({"area": [1, 2], "name": ["Aaaaaaaaa", "Bbbbb"]})
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(frame, str(path), version=12, column_labels=["Llllllllllllllll", "Name"])
    raw = path.read_bytes().replace(b"Llllllllllllllll", "Тип местности   ".encode("cp1251"))
    path.write_bytes(raw.replace(b"Aaaaaaaaa", "Анна Иван".encode("cp1251")))
    data = read(path)
    assert data.variables["area"].label == "Тип местности"
    assert data.frame["name"].to_list() == ["Анна Иван", "Bbbbb"]
    assert "reads as WINDOWS-1251" in data.notes[0]


def test_a_utf8_label_cut_in_the_middle_of_a_letter_does_not_spoil_the_file(tmp_path):
    path = write(RUSSIAN, tmp_path / "a.sav")
    raw = path.read_bytes()
    whole = "Имя ребёнка".encode()
    cut = whole[:4] + b" " + whole[5:]
    assert whole in raw
    path.write_bytes(raw.replace(whole, cut))
    data = read(path)
    check_russian(data)
    assert data.variables["имя"].label == "Им � ребёнка"
    assert "not all in the declared code page" in data.notes[0]


def test_columns_are_read_alone_in_the_order_asked_for(tmp_path):
    path = write(households(), tmp_path / "a.sav")
    data = read(path, columns=["INCOME", "hh1"])
    assert data.frame.columns == ["income", "HH1"]
    assert data.reasons.columns == ["income"]
    assert read(path, columns="hh6").frame.columns == ["HH6"]
    with pytest.raises(VariableError, match=r"'HH7' is not in a.sav \(6 variables\)"):
        read(path, columns=["HH7"])
    with pytest.raises(ReadError, match=r"columns= is empty"):
        read(path, columns=[])


def test_codes_can_be_left_among_the_values(tmp_path):
    data = read(write(households(), tmp_path / "a.sav"), missing="codes")
    assert data.frame["HH6"].to_list() == [1, 2, 1, 9, None]
    assert not data.reasons.width
    assert data.variables["HH6"].missing_codes == (9.0,)


def test_set_aside_answers_and_empty_columns_are_noted(tmp_path):
    notes = read(write(households(), tmp_path / "a.sav")).notes
    assert "Answers declared missing and set aside: 4, in 3 of the variables (missing_reasons)." in notes
    assert "Wholly empty variables: 'nothing'." in notes


def test_an_empty_column_is_a_number_column(tmp_path):
    for suffix in (".sav", ".dta"):
        data = read(write({"a": [1.0], "b": pl.Series([None], dtype=pl.Float64)}, tmp_path / f"a{suffix}"))
        assert data.frame.schema["b"] == pl.Float64


def test_whole_numbers_by_format_become_integers_only_if_nothing_is_lost(tmp_path):
    frame = pl.DataFrame({"whole": [1.0, None, 3.0], "score": [1.0, 99.97, 2.0], "weight": [1.0, 2.0, 3.0]})
    formats = {"whole": "F4.0", "score": "F4.0", "weight": "F8.2"}
    pyreadstat.write_sav(frame, str(tmp_path / "a.sav"), variable_format=formats)
    data = read(tmp_path / "a.sav")
    assert [data.frame.schema[name] for name in formats] == [pl.Int64, pl.Float64, pl.Float64]
    assert data.frame["score"].to_list() == [1.0, 99.97, 2.0]


def test_dollar_names_and_trailing_blanks_survive(tmp_path):
    data = read(write({"ST4U$1": [1], "EC5AA": ["A   "]}, tmp_path / "a.sav"))
    assert data.frame.columns == ["ST4U$1", "EC5AA"]
    assert data.frame["EC5AA"].to_list() == ["A"]


def test_a_set_that_the_reader_dropped_is_taken_from_the_dictionary_and_said(tmp_path):
    path = write({"TV": [1.0], "RADIO": [0.0], "OTHER": [1.0]}, tmp_path / "a.sav")
    sets = b"$media=D1 1 10 Media used tv radio\n$kinds=C 5 Kinds other tv\n"
    with_record(path, 7, sets)
    with_record(path, 19, b"$later=E 1 1 1 5 Later tv radio\n")
    data = read(path)
    assert {one.name: (one.label, one.counted) for one in data.sets} == {
        "media": ("Media used", "1"), "kinds": ("Kinds", None), "later": ("Later", "1"),
    }  # fmt: skip
    assert {name for one in scan(path).sets for name in one.variables} == {"TV", "RADIO", "OTHER"}


def test_a_damaged_set_record_is_no_obstacle(tmp_path):
    path = with_record(write({"TV": [1.0]}, tmp_path / "a.sav"), 7, b"$a=D99999999 1\n$b=Q\n$=\n$c=C x\n")
    assert read(path).frame["TV"].to_list() == [1.0]


def test_a_weighted_file_says_so(tmp_path):
    path = write({"a": [1.0], "w": [2.0]}, tmp_path / "a.sav", encoding="windows-1251")
    raw = bytearray(path.read_bytes())
    raw[76:80] = struct.pack("<i", 2)
    path.write_bytes(bytes(raw))
    assert any("was weighted by w when SPSS saved it" in note for note in read(path).notes)


def test_a_portable_file_keeps_the_reason_of_a_missing_code(tmp_path):
    data = read(portable(tmp_path / "a.por"))
    assert data.frame["HH6"].to_list() == [1, 2, None]
    assert data.reasons["HH6"].to_list() == [None, None, 9.0]
    assert scan(tmp_path / "a.por").rows is None


def test_a_portable_file_whose_letters_the_reader_loses_says_so(tmp_path):
    data = read(portable(tmp_path / "a.por", label="Тип!"))
    assert any("letters beyond ASCII are lost" in note for note in data.notes)


def test_a_missing_value_of_sas_keeps_its_letter(tmp_path):
    frame = pl.DataFrame({"A": [1.0, 2.0, None]})
    pyreadstat.write_xport(frame, str(tmp_path / "a.xpt"))
    raw = (tmp_path / "a.xpt").read_bytes()
    # a missing value is a full stop, or the letter, and seven zero bytes
    place = raw.rindex(b".\0\0\0\0\0\0\0")
    (tmp_path / "a.xpt").write_bytes(raw[:place] + b"R" + raw[place + 1 :])
    data = read(tmp_path / "a.xpt")
    assert data.frame["A"].to_list() == [1.0, 2.0, None]
    assert data.reasons["A"].to_list() == [None, None, "r"]


def test_parts_of_a_file_make_the_whole(tmp_path):
    frame = pl.DataFrame({"i": range(1, 26), "t": [f"n{i}" for i in range(25)]})
    for suffix in (".sav", ".zsav", ".dta"):
        path = write(frame, tmp_path / f"a{suffix}")
        parts = list(read_chunks(path, rows=10))
        assert [part.frame.height for part in parts] == [10, 10, 5]
        assert pl.concat([part.frame for part in parts])["i"].to_list() == list(range(1, 26))
    with pytest.raises(ReadError, match=r"needs rows= of 1 or more"):
        next(read_chunks(path, rows=0))


def test_parts_of_a_portable_file_end_where_it_ends(tmp_path):
    assert [part.frame.height for part in read_chunks(portable(tmp_path / "a.por"), rows=2)] == [2, 1]


@pytest.mark.skipif(os.name == "nt", reason="there it is so without a pretence")
def test_rows_are_not_mapped_where_a_mapped_file_cannot_be_deleted(tmp_path, monkeypatch):
    table = pa.table({"v0": [1.0, 2.0]})
    with pa.OSFile(str(tmp_path / "values.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table)
    path = tmp_path / "values.arrow"
    asked = []
    arrow = SimpleNamespace(
        ipc=pa.ipc,
        OSFile=lambda *arguments: asked.append("read") or pa.OSFile(*arguments),
        memory_map=lambda *arguments: asked.append("mapped") or pa.memory_map(*arguments),
    )
    assert binary._mapped(arrow, path)["v0"].to_list() == [1.0, 2.0]
    monkeypatch.setattr(binary, "os", SimpleNamespace(name="nt"))
    assert binary._mapped(arrow, path)["v0"].to_list() == [1.0, 2.0]
    assert asked == ["mapped", "read"]


def test_a_small_limit_is_told_in_bytes(tmp_path):
    path = write({"a": [1.0] * 1000, "b": [2.0] * 1000}, tmp_path / "a.sav")
    with pytest.raises(ReadError, match=r"1000 rows x 2 variables, 16 kB, more than the limit of 50 bytes"):
        read(path, limit=50)


def test_a_bomb_is_refused_before_a_row_is_read(tmp_path):
    path = zsav_bomb(tmp_path / "bomb.zsav", rows=2_000_000, columns=20)
    assert path.stat().st_size < 130_000
    with pytest.raises(
        ReadError, match=r"bomb.zsav unfolds to 2000000 rows x 20 variables, 320 MB, more than .* 100 MB"
    ):
        read(path, limit=100_000_000)
    assert scan(path).rows == 2_000_000
    assert scan(path).size == 320_000_000


def test_a_bomb_can_be_read_in_part(tmp_path):
    path = zsav_bomb(tmp_path / "bomb.zsav", rows=200_000, columns=20)
    part = next(read_chunks(path, rows=1000, columns=["v3"], limit=100_000))
    assert part.frame["v3"].to_list() == [0.0] * 1000


def test_scan_says_what_read_would_give(tmp_path):
    path = write(households(), tmp_path / "a.sav", file_label="Дома")
    found = scan(path)
    assert (found.rows, found.label, found.encoding) == (5, "Дома", "UTF-8")
    assert found.variables["hh6"].missing_codes == (9.0,)
    assert "Тип местности" in found._repr_html_()
    assert "5 rows x 6 variables" in repr(found)


@pytest.mark.parametrize(
    "content", [b"", b"$FL2", b"garbage" * 100, b"<stata_dta>" + b"\0" * 500, bytes(range(256)) * 20]
)
@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".por", ".dta", ".xpt"])
def test_what_is_no_survey_file_is_a_read_error_naming_it(tmp_path, suffix, content):
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(content)
    with pytest.raises(ReadError, match=f"broken{suffix}"):
        read(path)


def test_a_file_that_is_not_there_is_named_with_its_neighbours(tmp_path):
    write({"a": [1]}, tmp_path / "children.sav")
    with pytest.raises(ReadError, match=r"there is no file .*; nearest: 'children.sav'"):
        read(tmp_path / "childern.sav")
    (tmp_path / "a.doc").write_text("x")
    with pytest.raises(ReadError, match=r"files ending in .sav"):
        read(tmp_path / "a.doc")
    with pytest.raises(ReadError, match=r"isolate='maybe'"):
        read(tmp_path / "children.sav", isolate="maybe")
    with pytest.raises(ReadError, match=r"missing='x'"):
        read(tmp_path / "children.sav", missing="x")


def test_implied_decimals_and_texts_that_are_numbers(tmp_path):
    path = write({"qweight": [12345, 100], "sum": ["1 234,5", "1,2E+03"]}, tmp_path / "a.sav")
    data = read(path, implied_decimals={"QWEIGHT": 2}, numbers=["sum"], unit="household")
    assert data.frame.rows() == [(123.45, 1234.5), (1.0, 1200.0)]
    assert data.unit == "household"
