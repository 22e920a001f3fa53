"""The codebook: everything that can be shown to others, and nothing else."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_files import households

from childdata.microdata import Dataset, Variable
from childdata.microdata.codebook import _suppressed


def row(data: Dataset, name: str) -> dict:
    frame = data.codebook().to_frame().set_index("name")
    return frame.loc[name].to_dict()


def answers(*counts: tuple[float | None, int]) -> list[float | None]:
    return [value for value, count in counts for _ in range(count)]


def test_a_variable_is_described_in_one_row():
    values = answers((1, 30), (2, 20), (9, 10), (None, 6))
    sex = Variable("HL4", "Sex", {1: "Male", 2: "Female", 9: "Missing"}, (9,), unit="person")
    found = row(Dataset.from_frame({"HL4": values}, variables=[sex]), "HL4")
    assert found["label"] == "Sex"
    assert (found["n_valid"], found["n_missing"], found["unique"]) == (50, 16, 2)
    assert found["missing"] == "9 Missing: 10; . no answer, without a reason: 6"
    assert found["values"] == "1 Male: 30; 2 Female: 20"
    assert found["unit"] == "person"


def test_a_count_under_five_is_hidden_and_so_is_the_one_that_would_reveal_it():
    values = answers((1, 30), (2, 3), (3, 12))
    area = Variable("x", value_labels={1: "a", 2: "b", 3: "c"})
    assert row(Dataset.from_frame({"x": values}, variables=[area]), "x")["values"] == "1 a: 30; 2 b: <5; 3 c: hidden"


def test_a_few_missing_are_not_found_by_subtraction():
    found = row(Dataset.from_frame({"x": answers((1, 30), (None, 2))}), "x")
    assert found["n_missing"] == "<5"
    assert found["n_valid"] == "hidden"


def test_undeclared_codes_that_read_like_missing_are_listed():
    eaten = Variable("EC6", value_labels={1: "Yes", 2: "No", 8: "DK", 9: "Нет ответа"})
    book = Dataset.from_frame({"EC6": [1, 2, 8, 9], "x": [1, 2, 3, 4]}, variables=[eaten]).codebook()
    assert book.undeclared().values.tolist() == [["EC6", "", "8 DK; 9 Нет ответа"]]


def test_percentiles_stand_for_extremes_and_only_where_five_lie_beyond():
    amounts = pl.Series([float(i) for i in range(1000)])
    found = row(Dataset.from_frame({"x": amounts}), "x")
    assert (found["p1"], found["p99"]) == (10.0, 989.0)
    small = row(Dataset.from_frame({"x": amounts.head(499)}), "x")
    assert math.isnan(small["p1"]), "not shown"
    assert small["median"] == 249.0


def test_free_text_never_appears():
    secret = "CANARY-4711"
    data = Dataset.from_frame({"name": [secret] * 10 + ["x"] * 10})
    book = data.codebook()
    assert secret not in book.to_frame().to_csv()
    assert secret not in book._repr_html_()
    assert row(data, "name")["unique"] == 2


def test_an_empty_text_counts_as_no_answer():
    found = row(Dataset.from_frame({"t": ["a"] * 10 + [""] * 6}), "t")
    assert (found["n_valid"], found["n_missing"], found["missing"]) == (10, 6, " empty text: 6")


def test_labels_are_escaped_in_html():
    data = Dataset.from_frame({"x": [1]}, variables=[Variable("x", "<script>", {1: "<b>"})])
    shown = data.codebook()._repr_html_()
    assert "<script>" not in shown
    assert "&lt;b&gt;" in shown


def test_every_variable_has_a_row_and_the_text_form_fits():
    book = households().codebook()
    assert book.to_frame()["name"].to_list() == households().frame.columns
    assert "6 variables, 5 records" in repr(book)
    copy = book.to_frame()
    copy.loc[0, "name"] = "changed"
    assert book.rows["name"][0] == "HH1"


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_no_hidden_count_can_be_found_from_the_total(counts):
    shown = _suppressed(counts)
    hidden = [count for count, cell in zip(counts, shown, strict=True) if isinstance(cell, str)]
    small = [count for count in counts if 0 < count < 5]
    assert all(isinstance(cell, str) for count, cell in zip(counts, shown, strict=True) if 0 < count < 5)
    if small and sum(count > 0 for count in counts) > 1:
        assert len(hidden) >= 2


@pytest.mark.parametrize("kind", ["date", "time", "datetime"])
def test_moments_have_no_percentiles(kind):
    columns = {"date": pl.Date, "time": pl.Time, "datetime": pl.Datetime("us")}
    data = Dataset.from_frame({"d": pl.Series([0] * 600).cast(columns[kind])})
    assert row(data, "d")["kind"] == kind
    assert math.isnan(row(data, "d")["p99"])
