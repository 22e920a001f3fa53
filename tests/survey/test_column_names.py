"""Ranges, patterns and lists of column names."""

from __future__ import annotations

import pytest

from childdata.errors import VariableError
from childdata.survey.column_names import columns_named

NAMES = ["id", "W1", "W2", "W3", "repw01", "repw02", "repw10", "PV1READ", "PV2READ", "PV1MATH", "a..b", "x"]


def named(words: str | list[str], names: list[str] = NAMES) -> tuple[str, ...]:
    return columns_named(words, names, place="the data")


def test_a_range_runs_from_one_number_to_the_other() -> None:
    assert named("W1..W3") == ("W1", "W2", "W3")
    assert named("W1..3") == ("W1", "W2", "W3")
    assert named("W2..W2") == ("W2",)


def test_a_range_is_spelt_without_regard_to_case() -> None:
    assert named("w1..w3") == ("W1", "W2", "W3")
    assert named("Rw1..rW1", ["RW1"]) == ("RW1",)


def test_the_first_end_of_a_range_shows_how_many_digits_a_number_has() -> None:
    names = [f"repw{k:03d}" for k in range(1, 1001)]
    assert named("repw001..repw1000", names) == tuple(names)
    assert named("repw001..repw080", names) == tuple(names[:80])
    assert named("w8..w10", ["w8", "w9", "w10", "w08"]) == ("w8", "w9", "w10")


def test_the_number_of_a_range_may_stand_in_the_middle() -> None:
    assert named("PV1READ..PV2READ") == ("PV1READ", "PV2READ")
    assert named("m1w1..m1w2", ["m1w1", "m1w2", "m2w1"]) == ("m1w1", "m1w2")


def test_a_star_stands_for_a_number_and_orders_by_it() -> None:
    assert named("RW*", ["RW10", "RWT", "RW2", "RW1x"]) == ("RW2", "RW10")
    assert named("pv*read") == ("PV1READ", "PV2READ")


def test_a_list_holds_names_ranges_and_patterns() -> None:
    assert named(["x", "W1..W2", "PV*MATH"]) == ("x", "W1", "W2", "PV1MATH")


def test_a_column_that_is_spelt_like_a_range_is_that_column() -> None:
    assert named("a..b") == ("a..b",)


def test_what_is_missing_of_a_range_is_named_and_counted() -> None:
    with pytest.raises(VariableError, match=r"names 10 variables, of which 7 are not in the data .*'repw03', 'repw04'"):
        named("repw01..repw10")
    with pytest.raises(VariableError, match=r"names 3 variables, of which 1 is not in the data.*'repw03'; nearest"):
        named("repw01..repw03", ["repw01", "repw02", "x"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("W1..V3", "two ends that differ in one number"),
        ("W..V", "two ends that differ in one number"),
        ("M1W1..M2W3", "two ends that differ in one number"),
        ("W3..W1", "runs upwards"),
        ("W1..W99999999", "names 99999999 variables, but the data has 12"),
        ("Q*", "no variable of the data .* is 'Q\\*' with a number"),
        ("P*R*", "one '\\*'"),
        ("W9", "'W9' is not in the data"),
    ],
)
def test_words_that_mean_nothing_say_why(words: str, said: str) -> None:
    with pytest.raises(VariableError, match=said):
        named(words)


def test_a_column_is_named_once() -> None:
    with pytest.raises(VariableError, match="'W2' of the data is named twice"):
        named(["W1..W3", "W2"])
    with pytest.raises(VariableError, match="several variables of one number"):
        named("w*", ["w1", "w01"])
    with pytest.raises(VariableError, match="no columns of the data were named"):
        named([])


def test_two_spellings_that_differ_in_case_only_are_not_guessed_at() -> None:
    with pytest.raises(VariableError, match="may mean any of 'RW1', 'Rw1'"):
        named("rw1..rw2", ["RW1", "Rw1", "rw2"])
