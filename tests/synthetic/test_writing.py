"""Invented columns as files."""

from __future__ import annotations

import numpy as np
import pytest

from childdata import microdata
from childdata.errors import ChilddataError
from childdata.synthetic.writing import INVENTED, Page, as_dataset, ready_folder, write_page, write_readme


def page(path, **options):
    return Page(path, "mics", "ch", "en", "test", **options)


def test_numbers_texts_and_labels_come_back(tmp_path):
    columns = {"UB2": np.array([3.0, np.nan]), "EC5AA": np.array(["A", ""], dtype=object)}
    data = microdata.read(write_page(page(tmp_path / "ch.sav"), columns), isolate=False)
    assert data.frame["UB2"].to_list() == [3.0, None]
    assert data.frame["EC5AA"].fill_null("").to_list() == ["A", ""]
    assert data.variables["UB2"].label == "Age of child, completed years"


def test_unknown_codes_stay_undeclared_in_spss(tmp_path):
    data = microdata.read(write_page(page(tmp_path / "ch.sav"), {"BR2": np.array([1.0, 8.0, 9.0])}), isolate=False)
    assert data.frame["BR2"].to_list() == [1, 8, 9]
    assert data.variables["BR2"].missing_codes == ()
    assert set(data.variables["BR2"].suspected_missing()) == {8.0, 9.0}


def test_tags_become_reasons_in_stata(tmp_path):
    columns = {"REG": np.array([1.0, -1.0, np.nan])}
    written = Page(tmp_path / "p.dta", "disability", "persons", "ru", "test", tags={-1.0: "a"})
    data = microdata.read(write_page(written, columns), isolate=False)
    assert data.frame["REG"].to_list() == [1, None, None]
    assert data.reasons["REG"].to_list() == [None, "a", None]


def test_the_file_says_first_that_it_is_invented(tmp_path):
    import pyreadstat

    path = write_page(page(tmp_path / "ch.sav"), {"UB2": np.array([1.0])})
    _, meta = pyreadstat.read_sav(path, metadataonly=True)
    assert meta.file_label.startswith("INVENTED DATA. test")


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1.0, 12.0], "F2.0"), ([1.5, 2.0], "F14.6"), ([np.nan], "F2.0"), ([1434.0], "F4.0"), ([-10.0], "F3.0")],
)
def test_format_shows_whole_numbers_whole(values, expected, tmp_path):
    data = as_dataset(page(tmp_path / "x.sav"), {"UB2": np.array(values)})
    assert data.variables["UB2"].format == expected


def test_notes_of_the_dataset_say_that_it_is_invented(tmp_path):
    assert as_dataset(page(tmp_path / "x.sav"), {"UB2": np.array([1.0])}).notes == (INVENTED["en"],)


def test_readme_is_in_both_languages(tmp_path):
    text = write_readme(tmp_path, ["ch.sav"]).read_text(encoding="utf-8")
    assert text.startswith(INVENTED["ru"])
    assert INVENTED["en"] in text
    assert text.endswith("ch.sav\n")


def test_folder_is_made_with_its_parents(tmp_path):
    assert ready_folder(tmp_path / "новая папка" / "a", 1).is_dir()


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path):
    path = tmp_path / "taken"
    path.write_text("x")
    with pytest.raises(ChilddataError, match="is a file; a folder was wanted"):
        ready_folder(path, 1)


def test_a_negative_seed_is_an_error(tmp_path):
    with pytest.raises(ChilddataError, match="a seed of 0 or more was wanted, -3 was given"):
        ready_folder(tmp_path, -3)
