"""Factors, entries and partitions: the order of labels, what crosses, and where missing values go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.domains import MISSING, entries_of, make_factor, partition


def test_value_labels_give_the_order() -> None:
    factor = make_factor(pl.Series("q", [1.0, 3.0, 2.0]), {3.0: "rich", 1.0: "poor", 2.0: "middle"})
    assert factor.labels == ("rich", "poor", "middle")
    assert factor.code.tolist() == [1, 0, 2]
    assert factor.values == (3.0, 1.0, 2.0)


def test_codes_without_a_label_follow_as_numbers() -> None:
    factor = make_factor(pl.Series("q", [9.0, 2.0, 1.0, 5.5]), {2.0: "two", 4.0: "never seen"})
    assert factor.labels == ("two", "1", "5.5", "9")


def test_two_codes_with_one_label_stay_apart() -> None:
    factor = make_factor(pl.Series("q", [1.0, 2.0, 3.0]), {1.0: "other", 2.0: "yes", 3.0: "other"})
    assert factor.labels == ("other (1)", "yes", "other (3)")


def test_codes_of_many_digits_stay_apart() -> None:
    factor = make_factor(pl.Series("district", [1234567.0, 1234568.0]), None)
    assert factor.labels == ("1234567", "1234568")


@pytest.mark.parametrize(
    ("column", "labels", "code"),
    [
        (pl.Series("g", ["b", None, "a "]), ("a", "b"), [1, -1, 0]),
        (pl.Series("g", ["b", "", "  "]), ("b",), [0, -1, -1]),
        (pl.Series("g", [True, None, False]), ("no", "yes"), [1, -1, 0]),
        (pl.Series("g", ["low", "high"], dtype=pl.Enum(["low", "middle", "high"])), ("low", "high"), [0, 1]),
        (pl.Series("g", [None, None], dtype=pl.Float64), (), [-1, -1]),
        (pl.Series("g", [3, 1, 3], dtype=pl.UInt8), ("1", "3"), [1, 0, 1]),
    ],
)
def test_every_kind_of_column_makes_a_factor(column: pl.Series, labels: tuple[str, ...], code: list[int]) -> None:
    factor = make_factor(column, None)
    assert factor.labels == labels
    assert factor.code.tolist() == code


def test_a_pandas_categorical_keeps_its_own_order() -> None:
    grade = pd.Categorical(["low", "high", "middle"], categories=["low", "middle", "high", "none"])
    frame = cd.Survey(pd.DataFrame({"y": [1.0, 2, 3], "grade": grade})).estimate(cd.mean("y"), by="grade").to_frame()
    assert frame["grade"].tolist() == ["low", "middle", "high"]
    assert frame["estimate"].tolist() == [1, 3, 2]


@pytest.mark.parametrize(
    ("by", "each", "margins", "wanted"),
    [
        (None, None, False, [((), ((),))]),
        (None, None, True, [((), ((),))]),
        ([], None, False, [((), ((),))]),
        ("a", None, False, [(("a",), (("a",),))]),
        (["a", "b"], None, True, [(("a", "b"), (("a", "b"), ("a",), ("b",), ()))]),
        (None, "a", False, [(("a",), (("a",),))]),
        (None, ["a", "b"], True, [(("a",), (("a",), ())), (("b",), (("b",),))]),  # the whole comes once
        (None, ["a", ("a", "b"), ["a"]], False, [(("a",), (("a",),)), (("a", "b"), (("a", "b"),))]),
    ],
)
def test_entries(by: Any, each: Any, margins: bool, wanted: list[Any]) -> None:
    assert entries_of(by, each, margins) == wanted


def test_by_and_each_together_are_refused() -> None:
    with pytest.raises(
        EstimationError, match="by= crosses its variables, each= makes a block for each entry; give one"
    ):
        entries_of("a", ["b"], False)


def test_a_variable_twice_in_a_crossing_is_refused() -> None:
    with pytest.raises(EstimationError, match="named twice in the crossing"):
        entries_of(["a", "b", "a"], None, False)


A = make_factor(pl.Series("a", ["x", "x", "y", None]), None)
B = make_factor(pl.Series("b", ["u", "v", "u", "u"]), None)


def rows_of(
    missing_by: Any, inside: list[bool] | None = None
) -> dict[tuple[str, ...], dict[tuple[str, ...], list[int]]]:
    """For each grouping of a × b, the records of each of its rows."""
    mask = None if inside is None else np.array(inside)
    made = partition([A, B], [("a", "b"), ("a",), ("b",), ()], mask, missing_by, 4)
    found = {}
    for rows in made.groupings:
        row = np.where(made.cell >= 0, np.append(rows.row_of_cell, -1)[made.cell], -1)
        found[rows.variables] = {labels: np.flatnonzero(row == k).tolist() for k, labels in enumerate(rows.labels)}
    return found


def test_a_missing_value_has_a_row_of_its_own_and_stands_last() -> None:
    found = rows_of("row")
    assert list(found["a",].items()) == [(("x",), [0, 1]), (("y",), [2]), ((MISSING,), [3])]
    assert found["a", "b"] == {("x", "u"): [0], ("x", "v"): [1], ("y", "u"): [2], (MISSING, "u"): [3]}
    assert found[()] == {(): [0, 1, 2, 3]}


def test_a_missing_value_counts_in_totals_only() -> None:
    found = rows_of("total")
    assert found["a",] == {("x",): [0, 1], ("y",): [2]}
    assert found["b",] == {("u",): [0, 2, 3], ("v",): [1]}
    assert found[()] == {(): [0, 1, 2, 3]}


def test_a_missing_value_is_left_out_everywhere() -> None:
    found = rows_of("drop")
    assert found["a",] == {("x",): [0, 1], ("y",): [2]}
    assert found["b",] == {("u",): [0, 2], ("v",): [1]}
    assert found[()] == {(): [0, 1, 2]}


def test_records_outside_the_domain_are_in_no_row() -> None:
    found = rows_of("row", [True, False, True, False])
    assert found["a",] == {("x",): [0], ("y",): [2]}
    assert found["b",] == {("u",): [0, 2]}


def test_an_empty_domain_has_a_total_and_no_other_row() -> None:
    found = rows_of("row", [False] * 4)
    assert found == {("a", "b"): {}, ("a",): {}, ("b",): {}, (): {(): []}}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["row", "total", "drop"]), st.booleans())
def test_each_record_is_in_one_row_of_each_grouping_at_most(seed: int, missing_by: Any, masked: bool) -> None:
    chance = np.random.default_rng(seed)
    raw = [[None if v == 3 else v for v in chance.integers(0, 4, 20).tolist()] for _ in range(2)]
    factors = [
        make_factor(pl.Series(name, values, dtype=pl.Int64), None) for name, values in zip("ab", raw, strict=True)
    ]
    inside = chance.random(20) < 0.6 if masked else None
    made = partition(factors, [("a", "b"), ("b",), ()], inside, missing_by, 20)
    for rows in made.groupings:
        assert len(set(rows.labels)) == len(rows.labels)
        for k in range(20):
            row = -1 if made.cell[k] < 0 else rows.row_of_cell[made.cell[k]]
            values = {"a": raw[0][k], "b": raw[1][k]}
            dropped = missing_by == "drop" and None in values.values()
            dropped |= missing_by == "total" and any(values[name] is None for name in rows.variables)
            if dropped or (inside is not None and not inside[k]):
                assert row == -1
            else:
                wanted = tuple(MISSING if values[name] is None else str(values[name]) for name in rows.variables)
                assert rows.labels[row] == wanted
