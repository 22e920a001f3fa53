"""The rows of a call before anything is estimated: cells, counts, and the degrees of freedom they give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import childdata as cd
from childdata.errors import EstimationError, VariableError
from childdata.survey.call import Call
from childdata.survey.columns import Columns
from childdata.survey.intervals import find_convention
from childdata.survey.layout import Layout, degrees_of_freedom, layouts_of, shared_facts, units_of
from childdata.survey.sums import Basis, Measured
from childdata.vocabulary import MISSING

# three strata of two PSUs; the last record has no weight
DATA: dict[str, Any] = {
    "h": [1, 1, 1, 2, 2, 3, 3, 3],
    "p": [1, 1, 2, 3, 4, 5, 6, 6],
    "w": [1.0, 2.0, 1.0, 3.0, 1.0, 2.0, 1.0, 0.0],
    "y": [1.0, 2.0, None, 4.0, 5.0, 6.0, None, 8.0],
    "g": ["a", "b", "a", "a", None, "b", "b", "a"],
    "s": ["m", "m", "m", "m", "m", "m", "f", "f"],
}
SURVEY = cd.Survey(DATA, weight="w", strata="h", psu="p")


def call(**changes: Any) -> Call:
    made: dict[str, Any] = {
        "statistics": {"y": cd.mean("y")}, "by": None, "each": None, "where": (), "margins": False, "level": 0.95,
        "missing": "pairwise", "missing_by": "row", "convention": find_convention("childdata"), "df": None,
        "interval": "auto", "lonely": "fail", "lonely_domains": False, "keep": "auto",
    }  # fmt: skip
    return Call(**(made | changes))


def layouts(inside: Any = None, survey: cd.Survey = SURVEY, **changes: Any) -> tuple[list[Layout], list[str]]:
    mask = None if inside is None else np.array(inside)
    return layouts_of(survey.records, survey.design, call(**changes), mask)


def facts(layout: Layout, survey: cd.Survey = SURVEY) -> list[dict[str, np.ndarray]]:
    """What stands beside the mean of y."""
    statistic = cd.mean("y")
    columns = Columns.of(survey.records, list(statistic.expressions()))
    basis = Basis.of([item.node for item in statistic.items], columns)
    return shared_facts(layout, Measured.of(basis, layout.used(basis, survey.design.weight)), survey.design)


def test_the_whole_is_one_layout_of_one_row() -> None:
    (whole,), notes = layouts()
    assert [grouped.rows.labels for grouped in whole.grouped] == [((),)]
    assert notes == []


def test_each_entry_is_a_layout_and_its_margins_are_groupings_of_it() -> None:
    found, _ = layouts(each=["g", ["g", "s"]], margins=True)
    assert [[one.rows.variables for one in layout.grouped] for layout in found] == [
        [("g",), ()],
        [("g", "s"), ("s",)],
    ]


@pytest.mark.parametrize(
    ("rule", "rows", "told"),
    [
        ("row", ["a", "b", MISSING], "shown in a row of their own"),
        ("total", ["a", "b"], "in totals only"),
        ("drop", ["a", "b"], "dropped"),
    ],
)
def test_a_variable_that_is_missing_is_told_as_it_is_treated(rule: str, rows: list[str], told: str) -> None:
    (layout,), notes = layouts(by="g", missing_by=rule)
    assert [labels[0] for labels in layout.grouped[0].rows.labels] == rows
    assert notes == [f"'g' is missing in 1 records: {told}"]


def test_a_missing_value_outside_the_domain_is_not_told() -> None:
    _, notes = layouts(inside=[True, True, True, True, False, True, True, True], by="g")
    assert notes == []


def test_combinations_without_a_record_are_counted() -> None:
    _, notes = layouts(by=["h", "s"], inside=[True] * 8)
    # strata 1 and 2 have no f
    assert notes == ["combinations of 'h × s' without a record, and so without a row: 2 of 6"]


def test_a_name_is_found_whatever_its_case_and_a_rule_is_refused() -> None:
    (layout,), _ = layouts(by="G")
    assert layout.grouped[0].rows.variables == ("g",)
    with pytest.raises(VariableError, match="'gg' is not in the data"):
        layouts(by="gg")
    with pytest.raises(EstimationError, match=r"'y > 2' is a rule; make a variable of it first"):
        layouts(by="y > 2")


def test_counts_of_records_by_hand() -> None:
    (layout,), _ = layouts(by="s")
    found = facts(layout)[0]
    # f: two records, one of weight 1 whose y is unknown; m: six, of which one is unknown
    assert layout.grouped[0].rows.labels == (("f",), ("m",))
    assert found["n"].tolist() == [0, 5]
    assert found["n_weighted"].tolist() == [0, 9]
    assert found["missing"].tolist() == [1, 1]
    assert found["missing_share"].tolist() == [1, pytest.approx(0.1)]
    assert found["counted"].tolist() == [1, 6]
    assert found["rows"].tolist() == [2, 6]
    assert found["known_rows"].tolist() == [1, 5]
    assert set(found["sample_n"]) == {5}


def test_psus_and_degrees_of_freedom_by_hand() -> None:
    (layout,), _ = layouts(by="g")
    found = facts(layout)[0]
    # a: PSUs 1, 3 know y (2 too is of the domain), strata 1 and 2; b: PSUs 1, 5 know it (6 too is of the domain)
    assert found["psus"].tolist() == [2, 2, 1]
    assert found["df_domain"].tolist() == [0, 0, 0]
    assert found["df_members"].tolist() == [1, 1, 0]
    assert found["df_strata"].tolist() == [2, 2, 1]


@pytest.mark.parametrize(
    ("convention", "options", "wanted"),
    [
        ("childdata", {}, [0, 0, 0]),
        ("r", {}, [1, 1, 0]),
        ("stata", {}, [3, 3, 3]),
        ("stata", {"where": ("y > 0",)}, [2, 2, 1]),
        ("spss", {}, [3, 3, 3]),
        ("childdata", {"df": 17.0}, [17, 17, 17]),
    ],
)
def test_degrees_of_freedom_follow_the_convention(convention: Any, options: Any, wanted: list[int]) -> None:
    (layout,), _ = layouts(by="g")
    asked = call(convention=find_convention(convention), **options)
    assert degrees_of_freedom(facts(layout)[0], SURVEY.design, asked).tolist() == wanted


def test_replicates_bring_their_own_units_and_degrees_of_freedom_and_psus_are_counted_all_the_same() -> None:
    made = SURVEY.with_replicates(cd.JKn())
    unit, units = units_of(made.design)
    assert units == 6
    assert unit.tolist() == SURVEY.design.stages[0].unit.tolist()
    (layout,), _ = layouts(by="g", survey=made)
    found = facts(layout, made)[0]
    assert degrees_of_freedom(found, made.design, call()).tolist() == [3, 3, 3]
    assert found["psus"].tolist() == [2, 2, 1]
    given = cd.Survey(DATA | {"r1": DATA["w"], "r2": DATA["w"][::-1]}, weight="w", replicates=cd.JK1("r1..r2"))
    assert units_of(given.design)[1] == 8


def test_statistics_that_are_known_on_the_same_records_share_their_counts() -> None:
    (layout,), _ = layouts(by="g")
    mask = np.array([True] * 7 + [False])
    first, second = (Basis(mask, {}, {}) for _ in range(2))
    assert layout.used(first, SURVEY.design.weight) is layout.used(second, SURVEY.design.weight)
    assert layout.used(Basis(None, {}, {}), SURVEY.design.weight) is not layout.used(first, SURVEY.design.weight)
    (one,), (two,) = (shared_facts(layout, Measured.of(basis, layout.used(basis, SURVEY.design.weight)), SURVEY.design)
                      for basis in (first, second))  # fmt: skip
    assert one is two
