"""What a Dataset becomes in SPSS's and in Stata's terms."""

from __future__ import annotations

import polars as pl
import pytest
from survey_files import households

from childdata.errors import VariableError
from childdata.microdata import Dataset, Variable
from childdata.microdata.export import export


def tagged(letters: str) -> Dataset:
    values = pl.DataFrame({"q": pl.Series([1.0] + [None] * len(letters), dtype=pl.Float64)})
    labels = {1: "Yes", **{f".{letter}": f"Reason {letter}" for letter in letters}}
    return Dataset(values, {"q": Variable("q", value_labels=labels)}, pl.DataFrame({"q": [None, *letters]}))


def test_reasons_go_back_among_the_values_for_spss():
    out = export(households(), "spss", rename=False)
    assert out.columns["HH6"].to_list() == [1.0, 2.0, 1.0, 9.0, None]
    assert out.columns["answer"].to_list() == ["A", "?", "", "B", "AB"]
    assert out.missing == {"HH6": [(9.0, 9.0)], "income": [(float("-inf"), -1.0)], "answer": [("?", "?")]}
    assert not out.said


def test_formats_go_to_the_program_they_come_from():
    data = Dataset.from_frame(
        {"a": [1], "b": [1], "c": pl.Series([1]).cast(pl.Date)},
        variables=[Variable("a", format="F4.0"), Variable("b", format="%8.0g"), Variable("c", kind="date")],
    )
    assert export(data, "spss", rename=False).formats == {"a": "F4.0", "c": "DATE11"}
    assert export(data, "stata", rename=False).formats == {"b": "%8.0g", "c": "%td"}


def test_three_tags_become_codes_and_more_become_a_range():
    three = export(tagged("abz"), "spss", rename=False)
    assert three.missing["q"] == [(-926.0, -926.0), (-925.0, -925.0), (-901.0, -901.0)]
    assert three.columns["q"].to_list() == [1.0, -926.0, -925.0, -901.0]
    four = export(tagged("abcz"), "spss", rename=False)
    assert four.missing["q"] == [(-926.0, -901.0)]
    assert four.value_labels["q"][-924.0] == "Reason c"


def test_a_range_becomes_the_tags_of_the_codes_that_occur():
    declared = Variable("x", value_labels={98: "DK"}, missing_ranges=((97, 99),))
    out = export(Dataset.from_frame({"x": [1, 98, 99, 97]}, variables=[declared]), "stata", rename=False)
    assert out.columns["x"].to_list() == [1, "b", "c", "a"]
    assert out.tags["x"] == ["a", "b", "c"]
    assert out.value_labels["x"] == {"b": "DK"}


def test_stata_integers_stay_small_and_large_ones_become_doubles():
    out = export(Dataset.from_frame({"a": [1, None], "b": [2**31 - 1, 1], "c": [True, False]}), "stata", rename=False)
    assert [out.columns[name].dtype for name in "abc"] == [pl.Int32, pl.Float64, pl.Int32]


def test_a_date_with_a_reason_keeps_both():
    counted = Variable("d", missing_codes=(99.0,), kind="date")
    data = Dataset(
        pl.DataFrame({"d": pl.Series([0, None]).cast(pl.Date)}), {"d": counted}, pl.DataFrame({"d": [None, 99.0]})
    )
    assert export(data, "spss", rename=False).columns["d"].to_list() == [141_428 * 86_400.0, 99.0]
    assert export(data, "stata", rename=False).columns["d"].to_list() == [3653.0, "a"]


def test_new_names_are_used_throughout():
    data = Dataset.from_frame({"a b": [9]}, variables=[Variable("a b", "L", {9: "DK"}, (9,), measure="nominal")])
    out = export(data, "spss", rename=True)
    for part in (out.columns, out.labels, out.value_labels, out.missing, out.measures):
        assert list(part) == ["a_b"]
    assert out.said == ["variable 'a b' is written as 'a_b'"]


def test_two_ranges_are_more_than_spss_has():
    data = Dataset.from_frame({"x": [1]}, variables=[Variable("x", missing_ranges=((7, 8), (97, 98)))])
    with pytest.raises(VariableError, match=r"'x' declares 0 missing codes and 2 ranges"):
        export(data, "spss", rename=False)


def test_a_long_variable_label_is_cut_between_letters_and_said():
    data = Dataset.from_frame({"x": [1]}, variables=[Variable("x", "я" * 200)])
    out = export(data, "spss", rename=False)
    assert out.labels["x"] == "я" * 128
    assert out.said == ["the label of 'x' is cut to 256 bytes"]
