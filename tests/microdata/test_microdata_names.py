"""Names that SPSS and Stata accept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.errors import VariableError
from childdata.microdata.names import refusal, writable_names


@pytest.mark.parametrize(
    ("name", "target", "refused"),
    [
        ("HH6", "spss", False), ("ST4U$1", "spss", False), ("вес", "spss", False), ("в" * 32, "spss", False),
        ("в" * 33, "spss", True), ("_x", "spss", True), ("a b", "spss", True), ("1a", "spss", True),
        ("all", "spss", True),
        ("WITH", "spss", True), ("a.", "spss", True), ("", "spss", True), ("int", "spss", False),
        ("_x", "stata", False), ("int", "stata", True), ("str1", "stata", True), ("str0", "stata", False),
        ("_all", "stata", True), ("ST4U$1", "stata", True), ("a" * 33, "stata", True), ("вес", "stata", False),
    ],
)  # fmt: skip
def test_a_name_is_refused_by_the_rules_of_its_program(name, target, refused):
    assert bool(refusal(name, target)) == refused


def test_the_error_names_the_variable_and_the_way_out():
    with pytest.raises(
        VariableError, match=r"variable 'int' is a reserved word in Stata; rename it, or write with rename='auto'"
    ):
        writable_names(["age", "int"], "stata", auto=False)


def test_spss_does_not_tell_case_apart():
    with pytest.raises(VariableError, match=r"differs from another name only in case"):
        writable_names(["age", "AGE"], "spss", auto=False)
    assert writable_names(["age", "AGE"], "stata", auto=False) == {"age": "age", "AGE": "AGE"}


def test_a_mended_name_does_not_take_the_place_of_a_good_one():
    assert writable_names(["a b", "a_b"], "stata", auto=True) == {"a b": "a_b_2", "a_b": "a_b"}


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), unique=True, max_size=8), st.sampled_from(["spss", "stata"]))
def test_mended_names_are_accepted_and_different(names, target):
    mended = list(writable_names(names, target, auto=True).values())
    assert not any(refusal(name, target) for name in mended)
    assert len({name.lower() if target == "spss" else name for name in mended}) == len(names)
