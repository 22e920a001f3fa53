"""Delimited text: delimiter, decimal sign and code page are found and said."""

from __future__ import annotations

import polars as pl
import pytest

from childdata.errors import ReadError, VariableError
from childdata.microdata import read, scan


def make(tmp_path, text, codec="utf-8"):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(codec))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    rows = [["id", "area", "x"], ["1", "Urban", "2.5"], ["2", "Rural", ""]]
    data = read(make(tmp_path, "\n".join(delimiter.join(row) for row in rows)))
    assert data.frame.rows() == [(1, "Urban", 2.5), (2, "Rural", None)]
    assert f"delimiter {delimiter!r}, decimal sign '.'" in data.notes[0]


def test_a_decimal_comma_is_found(tmp_path):
    data = read(make(tmp_path, 'id;x;y\n1;"2,5";3\n2;-0,25;4\n'))
    assert data.frame.rows() == [(1, 2.5, 3), (2, -0.25, 4)]
    assert "decimal sign ','" in data.notes[0]


def test_codes_keep_their_leading_zeros(tmp_path):
    assert read(make(tmp_path, "code,n\n007,0\n010,5\n")).frame.rows() == [("007", 0), ("010", 5)]


@pytest.mark.parametrize("codec", ["cp1251", "cp866", "utf-8", "utf-8-sig", "utf-16"])
def test_the_code_page_is_found(tmp_path, codec):
    data = read(make(tmp_path, "номер;область проживания\n1;Брестская область\n2;Минская область\n", codec))
    assert data.frame.columns == ["номер", "область проживания"]
    assert data.frame["область проживания"].to_list() == ["Брестская область", "Минская область"]


def test_the_code_page_that_is_asked_for_wins(tmp_path):
    path = make(tmp_path, "a;имя\n1;Анна\n", "cp1251")
    assert read(path, encoding="windows-1251").frame.columns == ["a", "имя"]
    with pytest.raises(ReadError, match=r"a.csv is not text in the code page utf-8"):
        read(path, encoding="utf-8")
    with pytest.raises(ReadError, match=r"encoding 'klingon' of a.csv is not known"):
        read(path, encoding="klingon")


def test_columns_are_taken_in_the_order_asked_for(tmp_path):
    path = make(tmp_path, "id,area,x\n1,U,2\n")
    assert read(path, columns=["X", "id"]).frame.rows() == [(2, 1)]
    with pytest.raises(VariableError, match=r"'ax' is not in a.csv .3 variables."):
        read(path, columns=["ax"])


def test_an_empty_column_is_numbers_and_long_digits_are_not_rounded_to_integers(tmp_path):
    frame = read(make(tmp_path, "a,b\n,12345678901234567890\n,1\n")).frame
    assert frame.schema == {"a": pl.Float64, "b": pl.Float64}


@pytest.mark.parametrize("text", ["", "\n\n", 'a,b\n1,"2\n', "a,b\n1,2,3\n4,5\n"])
def test_what_is_no_table_is_a_read_error_that_names_the_file(tmp_path, text):
    with pytest.raises(ReadError, match=r"a.csv"):
        read(make(tmp_path, text))


def test_a_binary_file_and_a_large_one_are_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a,b\n\0\0\0")
    with pytest.raises(ReadError, match=r"a.csv is not a text file"):
        read(tmp_path / "a.csv")
    with pytest.raises(ReadError, match=r"more than the limit"):
        read(make(tmp_path, "a,b\n" + "1,2\n" * 100), limit=50)


def test_a_heading_that_is_doubled_or_empty_gets_a_name_and_a_note(tmp_path):
    path = make(tmp_path, "x,x,,column_3, \n1,2,3,4,5\n")
    data = read(path)
    assert data.frame.rows() == [(1, 2, 3, 4, 5)]
    assert data.frame.columns == ["x", "x_duplicated_0", "column_3_", "column_3", "column_5"]
    said = "Headings that are empty or stand twice got names of their own: "
    assert data.notes[-1] == f"{said}'x_duplicated_0', 'column_3_', 'column_5'."
    some = read(path, columns=["column_5", "X"])
    assert some.frame.rows() == [(5, 1)]
    assert some.notes[-1] == f"{said}'column_5'."
    assert not any(said in note for note in read(make(tmp_path, '"a b","c, ""d"""\n1,2\n')).notes)


def test_a_small_limit_is_told_in_bytes(tmp_path):
    with pytest.raises(ReadError, match=r"has 404 bytes, more than the limit of 50 bytes"):
        read(make(tmp_path, "a,b\n" + "1,2\n" * 100), limit=50)


def test_scan_counts_the_rows(tmp_path):
    assert scan(make(tmp_path, "a,b\n1,2\n3,4\n")).rows == 2
