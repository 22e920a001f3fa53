"""The codebook: everything that can be shown to others, and nothing else."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import replace
from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_files import households

from childdata.microdata import Dataset, Variable, read, write
from childdata.microdata.codebook import suppressed


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


@pytest.mark.parametrize(("cells", "most"), [(2, 40), (3, 22), (4, 14)])
def test_no_hidden_count_can_be_found_from_the_total(cells, most):
    # every solution that a reader could think of who knows the total and the rule by which counts are hidden
    solutions = defaultdict(list)
    for counts in product(range(most + 1), repeat=cells):
        if sum(counts) <= most:
            solutions[sum(counts), tuple(suppressed(counts))].append(counts)
    assert len(solutions) > most
    for (total, shown), found in solutions.items():
        for place, cell in enumerate(shown):
            assert cell not in (1, 2, 3, 4)
            if isinstance(cell, str):
                assert len({one[place] for one in found}) > 1, f"{shown} of {total} reveals {found}"


@settings(deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=12))
def test_marks_say_what_is_true_and_all_is_hidden_or_little(counts):
    shown = suppressed(counts)
    assert len(shown) == len(counts)
    covers = sum(cell == "hidden" for cell in shown)
    assert covers in (0, 1, len(counts))
    for count, cell in zip(counts, shown, strict=True):
        assert cell in ("<5", "hidden") if 0 < count < 5 else cell in (count, "hidden")


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([498, 1, 1], ["hidden", "<5", "<5"]),
        ([4, 4], ["hidden", "hidden"]),
        ([4, 4, 0], ["hidden", "hidden", "hidden"]),
        ([1, 3, 498], ["<5", "<5", 498]),
        ([1, 5, 20], ["hidden", "hidden", "hidden"]),
        ([3, 4], ["<5", "<5"]),
        ([3, 5], ["hidden", "hidden"]),
        ([3, 12, 13], ["<5", "hidden", 13]),
        ([3, 13, 12], ["<5", "hidden", 12]),  # not the smallest: that it is hidden would say that it is
    ],
)
def test_one_more_count_is_hidden_where_the_sum_would_tell(counts, shown):
    assert suppressed(counts) == shown


def labelled_counts(*counts: int) -> dict:
    values = answers(*((code, count) for code, count in enumerate(counts, 1)))
    letters = dict(enumerate("abcdefgh"[: len(counts)], 1))
    return row(Dataset.from_frame({"x": values}, variables=[Variable("x", value_labels=letters)]), "x")


def test_two_codes_with_one_answer_each_are_not_found_from_the_number_of_answers():
    assert labelled_counts(498, 1, 1)["values"] == "1 a: hidden; 2 b: <5; 3 c: <5"
    four = labelled_counts(4, 4)
    assert (four["values"], four["n_valid"], four["unique"]) == ("1 a: hidden; 2 b: hidden", 8, "hidden")


def test_two_reasons_are_not_found_from_the_number_of_missing_answers():
    values = answers((1, 492), (8, 4), (9, 4))
    found = row(Dataset.from_frame({"x": values}, variables=[Variable("x", missing_codes=(8, 9))]), "x")
    assert (found["n_valid"], found["missing"], found["n_missing"]) == ("hidden", "8 : <5; 9 : <5", "hidden")


def test_codes_of_a_variable_whose_number_of_answers_is_hidden_are_hidden_as_such():
    area = Variable("x", value_labels={1: "a", 2: "b"})
    found = row(Dataset.from_frame({"x": answers((1, 30), (2, 20), (None, 2))}, variables=[area]), "x")
    assert found["values"] == "1 a: hidden; 2 b: hidden"


def test_two_different_answers_of_two_records_are_not_told_apart():
    assert row(Dataset.from_frame({"x": [1, 2, *[None] * 30]}), "x")["unique"] == "<5"


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("sum: 2 of 100 texts are no numbers.", "sum: <5 of 100 texts are no numbers."),
        ("hl.sav: 97 of 100 rows have no match.", "hl.sav: >95 of 100 rows have no match."),
        ("12 of 100 rows; 5 of 1000; 0 of 4 rows", "12 of 100 rows; 5 of 1000; 0 of <5 rows"),
        (
            "'q 1' of wave2.sav, x_3, 1.5, 1,234 and WINDOWS-1251",
            "'q 1' of wave2.sav, x_3, 1.5, 1,234 and WINDOWS-1251",
        ),
    ],
)
def test_a_note_passes_no_small_count_on(note, shown):
    assert Dataset.from_frame({"x": [1]}, notes=[note]).codebook().notes == (shown,)


def test_notes_of_reading_and_joining_pass_no_small_count_on(tmp_path):
    texts = ["1,5"] * 97 + ["no", "none", "-"]
    path = write({"key": list(range(100)), "sum": texts}, tmp_path / "a.sav")
    nine = Variable("HH6", missing_codes=(9,))
    other = Dataset.from_frame({"key": list(range(98)), "HH6": [9] + [1] * 97}, variables=[nine], source="b")
    aside = read(write(other, tmp_path / "b.sav"))
    data = read(path, numbers=["sum"]).join(aside, on="key")
    assert any("set aside: 1" in note for note in data.notes)
    notes = " ".join(data.codebook().notes)
    assert "<5 of 100 texts are no numbers" in notes
    assert "<5 of 100 rows of the first (0 with a missing key)" in notes
    assert "set aside" not in notes, "its total would reveal what a row hides"


def test_a_codebook_in_russian_has_no_english_word():
    values = {"x": answers((1, 30), (9, 2), (None, 8)), "t": ["a"] * 34 + [""] * 6, "e": [None] * 40}
    data = Dataset.from_frame(values, variables=[Variable("x", "", {1: "да", 9: "нет"}, (9,))], source="9.1")
    notes = ("ж: Wholly empty variables: 'э'.", "Text was read in the code page 1251, as asked for.")
    book = replace(data, notes=notes).codebook("ru")
    cells = book.to_frame().drop(columns="name").to_csv(header=False)
    shown = f"{cells} {book.notes} {book.title} {book._repr_html_()}"
    shown = re.sub(r"</?\w+>|<td>[xte]</td>", "", shown)
    assert not re.search("[A-Za-z]{2,}", shown.replace("&lt;", "").replace("&#x27;", "")), shown
    assert "скрыто" in cells


@pytest.mark.parametrize("kind", ["date", "time", "datetime"])
def test_moments_have_no_percentiles(kind):
    columns = {"date": pl.Date, "time": pl.Time, "datetime": pl.Datetime("us")}
    data = Dataset.from_frame({"d": pl.Series([0] * 600).cast(columns[kind])})
    assert row(data, "d")["kind"] == kind
    assert math.isnan(row(data, "d")["p99"])
