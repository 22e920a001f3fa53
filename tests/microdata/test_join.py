"""Joining files: keys of different names and types, the promised relation, names that clash."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.errors import VariableError
from childdata.microdata import Dataset, Variable


def children() -> Dataset:
    return Dataset.from_frame(
        {"HH1": [1, 1, 2, 3, None], "HH2": [1, 1, 1, 1, 1], "LN": [3, 4, 2, 9, 2], "age": [10, 20, 30, 40, 50]},
        source="ch.sav",
    )


def members() -> Dataset:
    return Dataset.from_frame(
        {"HH1": [1.0, 1, 1, 2], "HH2": [1.0, 1, 1, 1], "HL1": [1.0, 3, 4, 2], "HL4": [1, 2, 9, 1]},
        variables=[Variable("HL4", "Sex", {1: "Male", 2: "Female", 9: "Missing"}, (9,))],
        source="hl.sav",
    )


KEYS = {"HH1": "HH1", "HH2": "HH2", "LN": "HL1"}


def test_members_come_to_their_children_by_keys_of_different_names_and_types():
    joined = children().join(members(), on=KEYS)
    assert joined.frame["HL4"].to_list() == [2, None, 1, None, None]
    assert joined.frame["age"].to_list() == [10, 20, 30, 40, 50], "rows keep their order"
    assert joined.reasons["HL4"].to_list() == [None, 9.0, None, None, None]
    assert joined.variables["HL4"].label == "Sex"
    assert joined.frame.columns == ["HH1", "HH2", "LN", "age", "HL4"]


def test_unmatched_rows_are_counted():
    note = children().join(members(), on=KEYS).notes[-1]
    assert note == (
        "Joined ch.sav with hl.sav: without a match are 2 of 5 rows of the first (1 with a missing key) "
        "and 1 of 4 rows of the second (0 with a missing key)."
    )


def test_inner_keeps_matches_and_full_keeps_all_with_their_keys():
    assert children().join(members(), on=KEYS, how="inner").frame["age"].to_list() == [10, 20, 30]
    full = children().join(members(), on=KEYS, how="full")
    assert full.frame.height == 6
    alone = full.frame.filter(pl.col("age").is_null())
    assert alone.select("HH1", "HH2", "LN", "HL4").rows() == [(1.0, 1.0, 1.0, 1)]
    right = children().join(members(), on=KEYS, how="right")
    assert right.frame.height == 4


def test_missing_keys_never_match_each_other():
    left = Dataset.from_frame({"k": [None, 1.0], "a": [1, 2]})
    right = Dataset.from_frame({"k": [None, 1.0], "b": [3, 4]})
    assert left.join(right, on="k").frame["b"].to_list() == [None, 4]
    assert left.join(right, on="k", how="full").frame.height == 3


def test_texts_match_whatever_their_trailing_blanks_and_empty_ones_do_not():
    left = Dataset.from_frame({"k": ["A1 ", "B", ""], "a": [1, 2, 3]})
    right = Dataset.from_frame({"k": ["A1", "B  ", ""], "b": [1, 2, 3]})
    assert left.join(right, on="k").frame["b"].to_list() == [1, 2, None]


def test_a_number_and_a_text_cannot_match_and_that_is_said():
    left = Dataset.from_frame({"k": ["1"]}, source="hh.sav")
    right = Dataset.from_frame({"k": [1]}, source="hl.sav")
    with pytest.raises(VariableError, match=r"key 'k' is text in hh.sav and a number in hl.sav.*numbers=\['k'\]"):
        left.join(right, on="k")


def test_a_join_that_would_multiply_rows_is_refused_with_the_count():
    doubled = Dataset.from_frame({"HH1": [1, 1, 2], "b": [1, 2, 3]}, source="hl.sav")
    with pytest.raises(
        VariableError, match=r"many-to-one join .* once in hl.sav, but 1 of its 3 rows repeat a key \(HH1\)"
    ):
        children().join(doubled, on="HH1")
    many = children().select("HH1", "age").join(doubled, on="HH1", relation="many-to-many")
    assert many.frame.height == 7


def test_one_to_one_checks_both_sides_and_one_to_many_the_left():
    left = Dataset.from_frame({"k": [1, 1], "a": [1, 2]}, source="a")
    right = Dataset.from_frame({"k": [1], "b": [1]}, source="b")
    for relation in ("one-to-one", "one-to-many"):
        with pytest.raises(VariableError, match=r"once in a, but 1 of its 2"):
            left.join(right, on="k", relation=relation)
    with pytest.raises(VariableError, match=r"is none of"):
        left.join(right, on="k", relation="many")


def test_clashing_names_are_an_error_unless_a_suffix_tells_them_apart():
    left = Dataset.from_frame({"k": [1], "age": [5]}, source="ch.sav")
    right = Dataset.from_frame({"k": [1], "age": [6]}, source="hl.sav")
    with pytest.raises(VariableError, match=r"1 variables are in both ch.sav and hl.sav: 'age'; give suffix="):
        left.join(right, on="k")
    assert left.join(right, on="k", suffix="_hl").frame.columns == ["k", "age", "age_hl"]
    taken = Dataset.from_frame({"k": [1], "age": [5], "age_hl": [1]})
    with pytest.raises(VariableError, match=r"makes two variables of one name"):
        taken.join(right, on="k", suffix="_hl")


def test_an_unknown_key_is_named_with_its_file():
    with pytest.raises(VariableError, match=r"'HL1' is not in ch.sav"):
        children().join(members(), on={"HL1": "HL1"})
    with pytest.raises(VariableError, match=r"give on="):
        children().join(members(), on=[])


def test_one_key_here_may_meet_two_there():
    left = Dataset.from_frame({"line": [1], "mother": [2]})
    right = Dataset.from_frame({"a": [1], "x": [5]})
    assert left.join(right, on={"line": "a", "mother": "a"}).frame["x"].to_list() == [None]


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=12),
    st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=12, unique=True),
)
def test_a_left_join_never_changes_the_number_or_order_of_rows(left, right):
    mine = Dataset.from_frame(pl.DataFrame({"k": pl.Series(left, dtype=pl.Int64), "row": range(len(left))}))
    theirs = Dataset.from_frame(pl.DataFrame({"k": pl.Series(right, dtype=pl.Float64), "v": range(len(right))}))
    joined = mine.join(theirs, on="k")
    assert joined.frame["row"].to_list() == list(range(len(left)))
    found = {key: i for i, key in enumerate(right) if key is not None}
    assert joined.frame["v"].to_list() == [found.get(key) for key in left]
