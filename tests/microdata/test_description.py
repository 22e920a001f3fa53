"""What a file says of itself, mended where it is not sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from survey_files import households

from childdata.errors import ReadError
from childdata.microdata import Dataset, Variable, write
from childdata.microdata.readers.description import Options, _open_end, _unique, describe, desk, refusal

HERE = Options(isolate=False)


def test_a_name_that_a_damaged_file_holds_twice_gets_a_number():
    assert _unique(["a", "b", "a", "a_2", "a"]) == ["a", "b", "a_2", "a_2_2", "a_3"]


def test_the_ends_that_spss_writes_for_lowest_and_highest_are_infinities():
    assert _open_end(-1.797693e308) == float("-inf")
    assert _open_end(1.797693e308) == float("inf")
    assert _open_end(-7.0) == -7.0


def test_raw_names_are_kept_for_the_reader_and_mended_ones_for_people(tmp_path):
    data = Dataset.from_frame({"семья": [1]}, variables=[Variable("семья", "Размер семьи")])
    found = describe(write(data, tmp_path / "a.sav", encoding="windows-1251"), "sav", HERE)
    assert found.raw_names == ("V1",)
    assert list(found.variables) == ["семья"]


def test_the_code_page_is_said(tmp_path):
    data = households().select("HH1", "HH6")
    pages = {}
    for word, declared in (("declared", True), ("silent", False), ("untrue", "windows-1252")):
        path = write(data, tmp_path / f"{word}.sav", encoding="windows-1251", declare_encoding=declared)
        pages[word] = describe(path, "sav", HERE).code_page.upper()
    assert pages == {"declared": "WINDOWS-1251", "silent": "WINDOWS-1251", "untrue": "WINDOWS-1251"}
    asked = describe(tmp_path / "declared.sav", "sav", Options(isolate=False, encoding="cp1251"))
    assert asked.code_page == "cp1251"
    assert asked.notes == ("Text was read in the code page cp1251, as asked for.",)


def test_the_time_limit_grows_with_the_file_unless_it_is_given():
    path = Path("a.sav")
    assert desk(path, HERE).timeout == 60
    assert desk(path, HERE, 50_000_000).timeout == 560
    assert desk(path, Options(timeout=5.0), 50_000_000).timeout == 5


@pytest.mark.parametrize(
    ("kind", "message", "said"),
    [
        ("encoding", "", "in no code page that was tried"),
        ("limit", "the first 5 rows already take 90 bytes", "is too large: the first 5 rows"),
        ("limit", "Unable to allocate memory", "asks for more memory than limit= allows"),
        ("file", "Invalid file", "cannot be read .Invalid file.: the file is damaged"),
    ],
)
def test_every_refusal_names_the_file_and_what_to_do(kind, message, said):
    with pytest.raises(ReadError, match=rf"a.sav.*{said}|{said}"):
        raise refusal(Path("a.sav"), {"error": kind, "message": message})
    assert "a.sav" in str(refusal(Path("a.sav"), {"error": kind, "message": message}))
