"""Code-page .sav files, as old programs write them."""

from __future__ import annotations

import polars as pl
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from survey_files import households

from childdata.errors import ReadError, VariableError
from childdata.microdata import Dataset, Variable, read, write


def test_another_reader_sees_labels_codes_ranges_formats_and_dates(tmp_path):
    path = write(households(), tmp_path / "a.sav", encoding="windows-1251", file_label="Дома")
    frame, found = pyreadstat.read_sav(path, user_missing=True)
    assert found.file_encoding == "windows-1251"
    assert found.file_label == "Дома"
    assert found.column_names_to_labels["HH1"] == "Номер кластера"
    assert found.variable_value_labels["HH6"] == {1: "Город", 2: "Село", 9: "Нет ответа"}
    assert found.missing_ranges["HH6"] == [{"lo": 9, "hi": 9}]
    assert found.missing_ranges["answer"] == [{"lo": "?", "hi": "?"}]
    assert found.original_variable_types["HH1"] == "F4.0"
    assert str(frame["visit"][0]) == "2019-05-01"
    assert frame["HH6"].tolist()[:4] == [1, 2, 1, 9]


def test_everything_comes_back(tmp_path):
    again = read(write(households(), tmp_path / "a.sav", encoding="windows-1251"))
    assert again.frame.to_dicts() == households().frame.to_dicts()
    assert again.reasons.to_dicts() == households().reasons.to_dicts()
    assert again.variables["income"].missing_ranges == ((float("-inf"), -1.0),)


def test_a_name_with_the_last_letter_of_the_alphabet_is_read(tmp_path):
    # byte 255: the C reader stops at it in names
    data = Dataset.from_frame({"семья": [1, 2], "имя": ["Анна", "Яна"]}, variables=[Variable("семья", "Размер семьи")])
    for declared in (True, False, "ascii"):
        again = read(write(data, tmp_path / "a.sav", encoding="windows-1251", declare_encoding=declared))
        assert again.frame.rows() == [(1, "Анна"), (2, "Яна")]
        assert again.frame.columns == ["семья", "имя"]
        assert again.variables["семья"].label == "Размер семьи"
        assert read(tmp_path / "a.sav", columns=["ИМЯ"]).frame.columns == ["имя"]


def test_a_letter_that_the_code_page_lacks_is_refused_with_the_place(tmp_path):
    with pytest.raises(VariableError, match=r"the label of 'a' has letters that windows-1251 does not have"):
        write(
            Dataset.from_frame({"a": [1]}, variables=[Variable("a", "年齢")]),
            tmp_path / "a.sav",
            encoding="windows-1251",
        )
    with pytest.raises(VariableError, match=r"texts of 't' take 256 bytes; 255 are allowed"):
        write({"t": ["x" * 256]}, tmp_path / "a.sav", encoding="windows-1251")


@pytest.mark.parametrize("encoding", ["nope", "", "a\0b", "rot13", "base64", "кои8"])
def test_a_code_page_that_is_not_known_is_refused_with_an_example(tmp_path, encoding):
    with pytest.raises(ReadError, match=r"a.sav: code page .* is not known; write for example 'windows-1251'"):
        write({"a": [1]}, tmp_path / "a.sav", encoding=encoding)
    assert not (tmp_path / "a.sav").exists()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp037", "utf-7", "utf-8-sig"])
def test_a_code_page_without_plain_ascii_is_refused(tmp_path, encoding):
    with pytest.raises(ReadError, match=rf"a.sav: an SPSS file cannot be in {encoding}"):
        write({"a": [1]}, tmp_path / "a.sav", encoding=encoding)


@pytest.mark.parametrize("declared", ["виндоус", "", "a\nb"])
def test_a_declared_name_that_no_file_can_hold_is_refused(tmp_path, declared):
    with pytest.raises(ReadError, match=r"a.sav: declare_encoding= is a name of a code page"):
        write({"a": [1]}, tmp_path / "a.sav", encoding="windows-1251", declare_encoding=declared)


def test_a_declared_name_with_a_number_beyond_the_field_is_written(tmp_path):
    path = write({"a": [1]}, tmp_path / "a.sav", encoding="windows-1251", declare_encoding="cp123456789012")
    assert b"cp123456789012" in path.read_bytes()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(st.one_of(st.none(), st.floats(-1e300, 1e300)), min_size=1, max_size=10),
    letters=st.text("абвяА ёZ-1", max_size=60),
)
def test_every_number_and_text_comes_back(tmp_path, numbers, letters):
    frame = pl.DataFrame({"x": pl.Series(numbers, dtype=pl.Float64), "t": [letters.rstrip()] * len(numbers), "y": 1.0})
    again = read(write(frame, tmp_path / "a.sav", encoding="windows-1251"), isolate=False, encoding="windows-1251")
    assert again.frame["x"].to_list() == numbers
    assert again.frame["t"].to_list() == [letters.rstrip()] * len(numbers)
    assert again.frame["y"].to_list() == [1] * len(numbers)
