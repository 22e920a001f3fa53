"""Writing: what goes out comes back, and what cannot is said."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from survey_files import households

from childdata.errors import ChilddataWarning, ReadError, VariableError
from childdata.microdata import Dataset, Variable, read, write


def back(data, path, **options):
    return read(write(data, path), isolate=False, **options)


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".parquet"])
def test_everything_comes_back(tmp_path, suffix):
    data, again = households(), back(households(), tmp_path / f"a{suffix}")
    assert again.frame.to_dicts() == data.frame.to_dicts()
    assert again.reasons.to_dicts() == data.reasons.to_dicts()
    for name, variable in data.variables.items():
        found = again.variables[name]
        assert (found.label, found.value_labels, found.kind) == (variable.label, variable.value_labels, variable.kind)
        assert (found.missing_codes, found.missing_ranges) == (variable.missing_codes, variable.missing_ranges)


def test_codes_become_tags_in_stata_and_this_is_said(tmp_path):
    with pytest.warns(ChilddataWarning, match=r"missing codes of 'HH6' are written as Stata's tags: 9 as .a"):
        path = write(households().select("HH1", "HH6", "income", "visit"), tmp_path / "a.dta")
    again = read(path, isolate=False)
    assert again.frame["HH6"].to_list() == [1, 2, 1, None, None]
    assert again.reasons["HH6"].to_list() == [None, None, None, "a", None]
    assert again.variables["HH6"].value_labels == {1.0: "Город", 2.0: "Село", ".a": "Нет ответа"}
    assert again.reasons["income"].to_list() == [None, "a", None, "b", None]
    assert again.frame["visit"].to_list() == households().frame["visit"].to_list()


def tagged() -> Dataset:
    labels = {1: "Да", 2: "Нет", ".d": "Не знаю", ".r": "Отказ", ".z": "Не спрашивали"}
    return Dataset(
        pl.DataFrame({"q": [1.0, None, 2.0, None, None]}),
        {"q": Variable("q", "Вопрос", labels, (".d", ".r", ".z"))},
        pl.DataFrame({"q": [None, "d", None, "r", None]}),
    )


def test_tags_come_back_and_those_that_nobody_used_keep_their_label(tmp_path):
    again = back(tagged(), tmp_path / "a.dta")
    assert again.frame["q"].to_list() == [1.0, None, 2.0, None, None]
    assert again.reasons["q"].to_list() == [None, "d", None, "r", None]
    assert again.variables["q"].value_labels == tagged().variables["q"].value_labels
    assert again.variables["q"].missing_codes == (".d", ".r", ".z")
    assert again.missing_reasons("q")["n"].to_list() == [1, 1, 1]


def test_tags_become_codes_in_spss_and_this_is_said(tmp_path):
    with pytest.warns(
        ChilddataWarning, match=r"Stata's tags of 'q' are written as codes: .d as -923, .r as -909, .z as -901"
    ):
        path = write(tagged(), tmp_path / "a.sav")
    again = read(path, isolate=False)
    assert again.reasons["q"].to_list() == [None, -923.0, None, -909.0, None]
    assert again.variables["q"].value_labels[-923.0] == "Не знаю"


def test_a_tag_that_would_become_an_answer_is_refused(tmp_path):
    data = Dataset(
        pl.DataFrame({"q": [-923.0, None]}),
        {"q": Variable("q", missing_codes=(".d",))},
        pl.DataFrame({"q": [None, "d"]}),
    )
    with pytest.raises(VariableError, match=r"tags of 'q' would become"):
        write(data, tmp_path / "a.sav")


def test_stata_whole_numbers_with_gaps_come_back_numeric(tmp_path):
    again = back(pl.DataFrame({"age_month": [3, None, 59]}), tmp_path / "a.dta")
    assert again.frame.schema["age_month"] == pl.Int64
    assert again.frame["age_month"].to_list() == [3, None, 59]
    assert again.to_pandas()["age_month"].dtype.kind == "f", "never object"


def test_numbers_beyond_stata_integers_are_written_as_doubles(tmp_path):
    assert back(pl.DataFrame({"x": [2**40, None]}), tmp_path / "a.dta").frame["x"].to_list() == [float(2**40), None]


def test_what_stata_cannot_hold_is_said(tmp_path):
    data = Dataset.from_frame(
        {"t": ["a"], "x": [1.5]},
        variables=[
            Variable("t", "L" * 90, {"a": "A"}, kind="text"),
            Variable("x", value_labels={1.5: "half", 2: "two"}),
        ],
    )
    with pytest.warns(ChilddataWarning) as said:
        path = write(data, tmp_path / "a.dta")
    text = str(said[0].message)
    assert "no value labels or missing codes for texts: those of 't'" in text
    assert "1 labels of 'x' are not written" in text
    assert "label of 't' is cut to 80 letters" in text
    assert read(path, isolate=False).variables["x"].value_labels == {2.0: "two"}


def test_a_value_label_of_more_than_120_bytes_is_cut_and_said(tmp_path):
    data = Dataset.from_frame({"x": [1]}, variables=[Variable("x", value_labels={1: "ы" * 61})])
    with pytest.warns(ChilddataWarning, match=r"1 value labels of 'x' are cut to 120 bytes"):
        path = write(data, tmp_path / "a.sav")
    assert read(path, isolate=False).variables["x"].value_labels[1.0] == "ы" * 60
    kept = back(data, tmp_path / "a.parquet")
    assert kept.variables["x"].value_labels[1.0] == "ы" * 61, "parquet keeps it whole"


def test_a_text_of_more_than_255_bytes_is_said_and_comes_back(tmp_path):
    with pytest.warns(ChilddataWarning, match=r"texts of 't' are longer than 255 bytes"):
        path = write({"t": ["ж" * 200, "x"]}, tmp_path / "a.sav")
    assert read(path, isolate=False).frame["t"].to_list() == ["ж" * 200, "x"]


def test_a_refused_name_is_named_and_mended_on_request(tmp_path):
    with pytest.raises(VariableError, match="variable 'ST4U\\$1' has a character"):
        write({"ST4U$1": [1]}, tmp_path / "a.dta")
    with pytest.warns(ChilddataWarning, match="variable 'ST4U\\$1' is written as 'ST4U_1'"):
        path = write({"ST4U$1": [1]}, tmp_path / "a.dta", rename="auto")
    assert read(path, isolate=False).frame.columns == ["ST4U_1"]


def test_more_missing_codes_than_a_program_has_are_refused(tmp_path):
    data = Dataset.from_frame({"x": [1]}, variables=[Variable("x", missing_codes=(6, 7, 8, 9))])
    with pytest.raises(VariableError, match=r"'x' declares 4 missing codes and 0 ranges; SPSS allows three"):
        write(data, tmp_path / "a.sav")
    many = Dataset.from_frame({"x": [100]}, variables=[Variable("x", missing_codes=tuple(range(27)))])
    with pytest.raises(VariableError, match=r"27 missing codes; Stata has 26"):
        write(many, tmp_path / "a.dta")


def test_a_missing_text_and_an_empty_one_are_the_same_in_spss(tmp_path):
    assert back({"t": ["a", None, ""]}, tmp_path / "a.sav").frame["t"].to_list() == ["a", "", ""]


def test_truths_times_and_datetimes_come_back(tmp_path):
    frame = pl.DataFrame(
        {
            "b": [True, None, False],
            "t": pl.Series([3_600_000_000_000, None, 0]).cast(pl.Time),
            "m": pl.Series([1_556_700_000_000_000, None, 0]).cast(pl.Datetime("us")),
        }
    )
    for suffix in (".sav", ".dta"):
        again = back(frame, tmp_path / f"a{suffix}")
        assert again.frame["b"].to_list() == [1, None, 0]
        assert again.frame["t"].to_list() == frame["t"].to_list()
        assert again.frame["m"].to_list() == frame["m"].to_list()


def test_pandas_frames_are_written_as_they_are(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "area": pd.Categorical(["Urban", "Rural"])})
    again = back(frame, tmp_path / "a.sav")
    assert again.variables["area"].value_labels == {1.0: "Rural", 2.0: "Urban"}


def test_the_suffix_must_say_a_format_and_there_must_be_a_variable(tmp_path):
    with pytest.raises(ReadError, match=r"must end in one of .sav"):
        write({"a": [1]}, tmp_path / "a.xlsx")
    with pytest.raises(VariableError, match=r"no variable to write"):
        write(pl.DataFrame(), tmp_path / "a.sav")
    with pytest.raises(ReadError, match=r"a code page can be chosen for .sav files only"):
        write({"a": [1]}, tmp_path / "a.dta", encoding="cp1251")


@pytest.mark.parametrize("options", [{}, {"encoding": "windows-1251"}])
@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".dta", ".parquet"])
def test_a_folder_that_is_not_there_or_a_folder_in_the_way_is_named(tmp_path, suffix, options):
    if options and suffix != ".sav":
        options = {}
    with pytest.raises(ReadError, match=rf"a{suffix} cannot be written: there is no folder .*away"):
        write({"a": [1]}, tmp_path / "away" / f"a{suffix}", **options)
    (tmp_path / f"b{suffix}").mkdir()
    with pytest.raises(ReadError, match=rf"b{suffix} cannot be written"):
        write({"a": [1]}, tmp_path / f"b{suffix}", **options)


def test_a_text_too_long_for_an_old_stata_is_named(tmp_path):
    with pytest.raises(VariableError, match=r"texts of 't' take 300 bytes; Stata 12 holds 244"):
        write({"t": ["x" * 300]}, tmp_path / "a.dta", version=12)
    with pytest.raises(ReadError, match="version=3 of Stata is not known"):
        write({"t": ["x"]}, tmp_path / "a.dta", version=3)


def test_an_empty_file_keeps_its_variables(tmp_path):
    data = households()
    empty = Dataset(data.frame.clear(), data.variables)
    for suffix in (".sav", ".parquet"):
        again = back(empty, tmp_path / f"a{suffix}")
        assert again.frame.shape == (0, 6)
        assert again.variables["HH6"].label == "Тип местности"


bound = st.one_of(st.integers(-1000, 1000).map(float), st.just(float("-inf")))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    codes=st.lists(st.integers(-50, 50).map(float), max_size=3, unique=True),
    ends=st.one_of(st.none(), st.tuples(bound, st.one_of(st.integers(-1000, 1000).map(float), st.just(float("inf"))))),
    values=st.lists(st.one_of(st.none(), st.integers(-60, 60).map(float)), min_size=1, max_size=20),
)
def test_every_declaration_that_spss_allows_comes_back(tmp_path, codes, ends, values):
    ranges = () if ends is None or not ends[0] < ends[1] else (ends,)
    variable = Variable("x", missing_codes=tuple(codes[:1] if ranges else codes), missing_ranges=ranges)
    data = Dataset.from_frame({"x": pl.Series(values, dtype=pl.Float64)}, variables=[variable])
    again = back(data, tmp_path / "a.sav")
    assert again.frame.to_dicts() == data.frame.to_dicts()
    assert again.reasons.to_dicts() == data.reasons.to_dicts()
    assert set(again.variables["x"].missing_codes) == set(variable.missing_codes)
    assert again.variables["x"].missing_ranges == ranges


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.none(), st.integers(0, 9).map(float), st.sampled_from("adz")), min_size=1, max_size=20))
def test_every_pattern_of_tags_comes_back(tmp_path, cells):
    values = pl.Series("x", [None if isinstance(cell, str) else cell for cell in cells], dtype=pl.Float64)
    reasons = pl.Series("x", [cell if isinstance(cell, str) else None for cell in cells], dtype=pl.String)
    data = Dataset(
        pl.DataFrame([values]), {"x": Variable("x", missing_codes=(".a", ".d", ".z"))}, pl.DataFrame([reasons])
    )
    again = back(data, tmp_path / "a.dta")
    assert again.frame["x"].to_list() == values.to_list()
    found = again.reasons["x"].to_list() if again.reasons.width else [None] * len(cells)
    assert found == reasons.to_list()


def test_another_program_reads_what_was_written(tmp_path):
    frame, found = pyreadstat.read_sav(write(households(), tmp_path / "a.sav", file_label="Дома"), user_missing=True)
    assert found.file_label == "Дома"
    assert frame["HH6"].tolist()[3] == 9.0
    assert found.missing_ranges["HH6"] == [{"lo": 9.0, "hi": 9.0}]
