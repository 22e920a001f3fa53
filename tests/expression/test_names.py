"""Which variable a name means, and what is said when it means none."""

from __future__ import annotations

import unicodedata

import pytest

from childdata.errors import VariableError
from childdata.expression import find_name


def test_exact_name_wins_over_one_that_differs_in_case() -> None:
    assert find_name("hh6", ["HH6", "hh6"], place="hh.sav") == "hh6"


@pytest.mark.parametrize(
    ("name", "names", "found"),
    [
        ("PSU", ["stratum", "psu"], "psu"),
        ("stratum", ["STRATUM", "psu"], "STRATUM"),
        ("ОБЛАСТЬ", ["область"], "область"),
        ("st4u$1", ["ST4U$1", "ST4U$2"], "ST4U$1"),
    ],
)
def test_only_name_that_differs_in_case_is_meant(name: str, names: list[str], found: str) -> None:
    assert find_name(name, names, place="the data") == found


def test_letter_composed_of_two_signs_is_the_same_letter() -> None:
    composed = "район"
    assert find_name(unicodedata.normalize("NFD", composed), [composed], place="the data") == composed


def test_several_that_differ_in_case_are_named() -> None:
    with pytest.raises(VariableError, match=r"'HH6' may mean any of 'hh6', 'Hh6' in hl\.sav; write the one"):
        find_name("HH6", ["hh6", "Hh6", "HH7"], place="hl.sav")


def test_unknown_name_is_told_with_the_place_the_count_and_the_nearest() -> None:
    with pytest.raises(VariableError) as caught:
        find_name("HH7", ["HH7A", "HH6", "melevel"], place="hh.sav")
    assert str(caught.value) == "variable 'HH7' is not in hh.sav (3 variables); nearest: 'HH7A', 'HH6'"


def test_nothing_near_is_invented() -> None:
    with pytest.raises(VariableError) as caught:
        find_name("income", ["HH7"], place="hh.sav")
    assert str(caught.value) == "variable 'income' is not in hh.sav (1 variable)"
