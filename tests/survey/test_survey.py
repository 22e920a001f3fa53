"""Declaring a design: what it decides and says, and every bad input with its helpful answer."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import ChilddataError, DesignError, EstimationError, ExpressionError, VariableError

ROWS: dict[str, Any] = {
    "y": [1.0, 2.0, 3.0, 4.0],
    "w": [1.0, 2.0, 1.0, 2.0],
    "h": ["a", "a", "b", "b"],
    "p": [1, 2, 1, 2],
    "name": ["Ann", "Bob", "Cat", "Dan"],
}


def survey(**changes: Any) -> cd.Survey:
    return cd.Survey({**ROWS, **changes}, weight="w", strata="h", psu="p")


def test_without_a_weight_every_record_counts_one_and_that_is_said() -> None:
    found = cd.Survey(ROWS).estimate(cd.count())
    assert found.to_frame()["estimate"].item() == 4
    assert "no weight was given: every record has weight 1" in found.notes


def test_without_a_weight_the_fpc_gives_it() -> None:
    found = cd.Survey({**ROWS, "N": [10, 10, 4, 4]}, strata="h", fpc="N").estimate(cd.count())
    assert found.to_frame()["estimate"].item() == 14
    assert "no weight was given: weights are the inverse of the sampling fractions" in found.notes


def test_a_weight_may_be_a_rule() -> None:
    assert cd.Survey(ROWS, weight="w * 100").estimate(cd.count()).to_frame()["estimate"].item() == 600


def test_psu_numbers_reused_across_strata_are_made_unique_and_that_is_said() -> None:
    found = survey().estimate(cd.mean("y"))
    assert found.to_frame()["psus"].item() == 4
    assert found.to_frame()["df"].item() == 2
    assert "'p' has 2 numbers for 4 PSUs: numbers are reused across strata and were made unique" in found.notes


def test_strata_of_two_variables_are_crossed() -> None:
    rows = {"y": np.arange(8.0), "a": [1, 1, 1, 1, 2, 2, 2, 2], "b": ["u", "u", "r", "r"] * 2}
    assert cd.Survey(rows, strata=["a", "b"]).describe().facts["strata"] == 4
    assert cd.Survey(rows, strata=["a", "b"]).design.strata_labels == ("1, r", "1, u", "2, r", "2, u")


def test_names_are_matched_without_regard_to_case() -> None:
    found = cd.Survey(ROWS, weight="W", strata="H", psu="P").estimate(cd.mean("Y"), by="NAME")
    assert found.by == ("name",)


@pytest.mark.parametrize("fpc", ["N", "N / 2 * 2", 4, ["N"]])
def test_population_sizes_come_as_column_rule_or_number(fpc: Any) -> None:
    found = cd.Survey({**ROWS, "N": [4, 4, 4, 4]}, weight="w", strata="h", fpc=fpc).estimate(cd.mean("y"))
    free = cd.Survey(ROWS, weight="w", strata="h").estimate(cd.mean("y"))
    assert found.to_frame()["se"].item() == pytest.approx(free.to_frame()["se"].item() * np.sqrt(0.5))


def test_where_and_with_columns_make_new_surveys() -> None:
    whole = survey()
    girls = whole.where("name == 'Ann' or name == 'Cat'")
    assert girls.estimate(cd.count()).to_frame()["estimate"].item() == 2
    assert girls.where("y > 1").estimate(cd.count()).to_frame()["estimate"].item() == 1
    assert whole.estimate(cd.count()).to_frame()["estimate"].item() == 6
    doubled = whole.with_columns(double="y * 2", old="y > 2")
    assert doubled.estimate(cd.mean("double")).to_frame()["estimate"].item() == pytest.approx(2 * 16 / 6)
    assert doubled.estimate(cd.mean("old"), where="old").to_frame()["estimate"].item() == 1
    with pytest.raises(VariableError):
        whole.estimate(cd.mean("double"))


def test_a_survey_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        survey().lonely_psu = "adjust"  # type: ignore[misc]


def test_a_survey_says_what_it_is() -> None:
    assert repr(survey()) == "<Survey the data: 4 records, 4 PSUs, 2 strata>"
    assert repr(survey().where("y > 1")) == "<Survey the data: 4 records, 4 PSUs, 2 strata, where y > 1>"


def test_calls_leave_the_survey_and_each_other_alone() -> None:
    one = survey()
    before = one.estimate([cd.mean("y"), cd.total("y")], by="name").to_frame()
    one.where("y > 1").estimate(cd.mean("y"), convention="mics")
    one.with_columns(y="y * 0")
    pd.testing.assert_frame_equal(one.estimate([cd.mean("y"), cd.total("y")], by="name").to_frame(), before)


BAD_DESIGNS: list[tuple[dict[str, Any], dict[str, Any], type[ChilddataError], str]] = [
    (
        {"w": [1.0, None, 1.0, 2.0]},
        {"weight": "w"},
        DesignError,
        r"weight 'w' is missing in 1 of 4 records; give them weight 0",
    ),
    ({"w": [1.0, np.nan, 1.0, 2.0]}, {"weight": "w"}, DesignError, r"weight 'w' is missing in 1 of 4 records"),
    (
        {"w": [1.0, -2.0, 1.0, 2.0]},
        {"weight": "w"},
        DesignError,
        r"weight 'w' is negative in 1 of 4 records.*correct it",
    ),
    (
        {"w": [0.0] * 4},
        {"weight": "w"},
        DesignError,
        r"weight 'w' is zero in all 4 records; is it the right variable\?",
    ),
    ({}, {"weight": "ww"}, VariableError, r"'ww' is not in the data.*nearest: 'w'"),
    ({}, {"weight": "y", "psu": "hh"}, VariableError, r"'hh' is not in the data.*nearest: 'h'"),
    ({}, {"strata": "stratum"}, VariableError, r"'stratum' is not in the data"),
    ({}, {"weight": "name"}, DesignError, r"weight 'name' in the data holds text where numbers are wanted"),
    ({}, {"weight": "y >"}, ExpressionError, r"y >"),
    (
        {"h": ["a", None, "b", "b"]},
        {"strata": "h"},
        DesignError,
        r"'h' identifies strata.*missing in 1 of 4 records; fill it",
    ),
    ({"p": [1, None, 2, 2]}, {"psu": "p"}, DesignError, r"'p' identifies sampling units.*missing in 1 of 4 records"),
    ({}, {"strata": "h", "fpc": 1.5}, DesignError, r"fpc of stage 1 .* is smaller than the sample in 2 strata"),
    ({"N": [5, 6, 5, 5]}, {"strata": "h", "fpc": "N"}, DesignError, r"takes different values inside 1 strata"),
    (
        {"N": [0.5, 0.5, 9, 9]},
        {"strata": "h", "fpc": "N"},
        DesignError,
        r"mixes sizes and fractions; give one or the other",
    ),
    ({"N": [5, 5, None, 5]}, {"strata": "h", "fpc": "N"}, DesignError, r"is missing in 1 of 4 records"),
    ({}, {"fpc": "name"}, DesignError, r"'name' in the data holds text where numbers are wanted"),
    ({}, {"psu": "p", "fpc": [4, 4]}, DesignError, r"fpc has 2 entries, but psu has 1 stages?; give one per stage"),
    (
        {},
        {"lonely_psu": "remove"},
        DesignError,
        r"lonely_psu is one of 'fail', 'certainty'.*'remove' is called 'certainty' here",
    ),
    ({}, {"lonely_psu": "drop"}, DesignError, r"lonely_psu is one of .*; found 'drop'"),
    ({}, {"lonely_domains": "yes"}, DesignError, r"lonely_domains is 'keep' or 'adjust'; found 'yes'"),
]


@pytest.mark.parametrize(("changes", "options", "kind", "words"), BAD_DESIGNS)
def test_a_design_that_cannot_be_is_refused(
    changes: dict[str, Any], options: dict[str, Any], kind: type[ChilddataError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        cd.Survey({**ROWS, **changes}, **options)


@pytest.mark.parametrize("data", [{"y": []}, pd.DataFrame({"y": []})])
def test_no_records_are_no_survey(data: Any) -> None:
    with pytest.raises(DesignError, match="the data has no records"):
        cd.Survey(data)


@pytest.mark.parametrize("data", ["ch.sav", None, [1, 2]])
def test_what_is_no_data_is_refused_with_the_way_to_read_a_file(data: Any) -> None:
    with pytest.raises(ChilddataError, match=r"read"):
        cd.Survey(data)


def test_a_weight_that_is_a_truth_value_is_not_called_text() -> None:
    with pytest.raises(DesignError, match="weight 'y > 2'") as refused:
        cd.Survey(ROWS, weight="y > 2")
    assert "text" not in str(refused.value)


BAD_CALLS: list[tuple[Any, dict[str, Any], type[ChilddataError], str]] = [
    (cd.mean("name"), {}, VariableError, r"'name' in the data holds text where numbers are wanted; use proportion\(\)"),
    (cd.median("name"), {}, VariableError, r"holds text where numbers are wanted"),
    (cd.mean("nane == 'Ann'"), {}, VariableError, r"'nane' is not in the data.*nearest: 'name'"),
    (cd.mean("y"), {"by": "hh"}, VariableError, r"'hh' is not in the data.*nearest: 'h'"),
    (cd.mean("y"), {"each": ["h", "pp"]}, VariableError, r"'pp' is not in the data"),
    (cd.mean("y"), {"where": "yy > 1"}, VariableError, r"'yy' is not in the data.*nearest: 'y'"),
    (cd.mean("y"), {"where": "3"}, EstimationError, r"where= wants a rule that is true or false.*found '3'"),
    (cd.mean("y"), {"where": "name"}, ChilddataError, r"name"),
    (
        cd.mean("y"),
        {"by": "h", "each": ["p"]},
        EstimationError,
        r"by= crosses its variables, each= makes a block.*give one",
    ),
    (cd.mean("y"), {"by": ["h", "H"]}, EstimationError, r"named twice in the crossing"),
    (cd.mean("y"), {"level": 95}, EstimationError, r"level lies between 0 and 1, such as 0.95; found 95"),
    (
        cd.mean("y"),
        {"convention": "sudaan"},
        EstimationError,
        r"convention 'sudaan' is not known; choose one of childdata",
    ),
    (cd.mean("y"), {"interval": "exact"}, EstimationError, r"interval 'exact' is not known; choose 'auto' or one of"),
    (
        cd.mean("y"),
        {"missing": "drop"},
        EstimationError,
        r"missing is one of 'pairwise', 'listwise', 'fail'; found 'drop'",
    ),
    (
        cd.mean("y"),
        {"missing_by": "keep"},
        EstimationError,
        r"missing_by is one of 'row', 'total', 'drop'; found 'keep'",
    ),
    ("y", {}, EstimationError, r"takes statistics such as cd.mean"),
    (["y"], {}, EstimationError, r"takes statistics such as cd.mean.*'y'"),
    ({"a": "mean(y)"}, {}, EstimationError, r"takes statistics such as cd.mean.*'a' is none"),
    ([], {}, EstimationError, r"none was given"),
    ({}, {}, EstimationError, r"none was given"),
    (
        cd.proportion("h") - cd.proportion("p"),
        {},
        EstimationError,
        r"range over the categories of 2 variables|ranges over",
    ),
]


@pytest.mark.parametrize(("statistics", "options", "kind", "words"), BAD_CALLS)
def test_a_call_that_cannot_be_is_refused(
    statistics: Any, options: dict[str, Any], kind: type[ChilddataError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        survey().estimate(statistics, **options)


def test_a_variable_that_is_unknown_in_all_records_has_no_categories() -> None:
    with pytest.raises(
        EstimationError, match=r"'g' is unknown in all records, so that proportion\(g\) has no category"
    ):
        survey(g=[None] * 4).estimate(cd.proportion("g"))


def test_a_code_is_no_answer_to_where() -> None:
    # sex holds 1 and 2: as a condition it would be true of everyone
    with pytest.raises(EstimationError, match="sex"):
        survey(sex=[1, 2, 1, 2]).estimate(cd.mean("y"), where="sex")


def test_a_division_by_zero_in_a_rule_is_counted() -> None:
    found = survey(x=[0.0, 1.0, 2.0, 2.0]).estimate(cd.mean("y / x"))
    assert found.to_frame()["n"].item() == 3
    assert any("'y / x' is unknown in 1 records by a division by zero" in note for note in found.notes)


def test_a_constant_has_no_error_and_no_design_effect() -> None:
    row = survey(c=[7.3] * 4).estimate(cd.mean("c")).to_frame().iloc[0]
    assert (row["estimate"], row["se"]) == (pytest.approx(7.3, rel=1e-15), pytest.approx(0, abs=1e-14))
    assert np.isnan(row["deff"])


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_a_share_of_none_or_all_has_a_one_sided_interval(p: float) -> None:
    row = survey().estimate(cd.mean("y < 100" if p else "y > 100")).to_frame().iloc[0]
    assert (row["estimate"], row["se"]) == (p, 0)
    assert row["ci_low" if p == 0 else "ci_high"] == p
    assert 0 < row["ci_high" if p == 0 else "ci_low"] < 1


def test_weights_of_any_size_give_the_same(sample: pd.DataFrame) -> None:
    statistics = [cd.mean("income"), cd.ratio("food", "income"), cd.median("income"), cd.mean("poor == 1")]
    plain, huge, tiny = (
        cd.Survey(sample, weight=f"w * {scale}", strata="stratum", psu="psu").estimate(statistics).to_frame()
        for scale in ("1", "1e12", "1e-12")
    )
    for column in ("estimate", "se", "ci_low", "ci_high", "deff", "df"):
        np.testing.assert_allclose(huge[column], plain[column], rtol=1e-9)
        np.testing.assert_allclose(tiny[column], plain[column], rtol=1e-9)


@pytest.mark.parametrize(("scale", "tolerance"), [(1e6, 1e-10), (1e3, 1e-7), (1.0, 1e-4)])
def test_large_values_of_a_small_spread_keep_their_error(sample: pd.DataFrame, scale: float, tolerance: float) -> None:
    # a number near 1e12 has itself a rounding of 1e-4: what is left of the spread is exact
    rows = sample.assign(small=np.round(sample["income"], 1) * scale)
    rows["large"] = rows["small"] + 1e12
    one = cd.Survey(rows, weight="w", strata="stratum", psu="psu")
    found = one.estimate([cd.mean("small"), cd.mean("large")], by="sex").to_frame()
    small, large = found.iloc[:2], found.iloc[2:]
    np.testing.assert_allclose(large["se"], small["se"], rtol=tolerance)
    np.testing.assert_allclose(large["deff"], small["deff"], rtol=tolerance)
    np.testing.assert_allclose(large["estimate"] - 1e12, small["estimate"], atol=1e-3)


def test_many_strata_are_no_trouble() -> None:
    strata = 20_000
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(
        {"y": rng.normal(size=2 * strata), "h": np.repeat(np.arange(strata), 2), "g": rng.integers(0, 3, 2 * strata)}
    )
    found = cd.Survey(rows, strata="h").estimate(cd.total("y"), by="g", margins=True)
    z = rows["y"].to_numpy().reshape(-1, 2)
    assert found.to_frame()["se"].iloc[-1] == pytest.approx(np.sqrt(((z[:, 0] - z[:, 1]) ** 2).sum()), rel=1e-12)
    assert found.to_frame()["df"].iloc[-1] == strata
    assert found.covariance().shape == (4, 4)


def test_large_psu_numbers_are_written_whole_in_messages() -> None:
    lonely = cd.Survey({"y": [1.0, 2.0, 3.0], "h": [1, 1, 2], "p": [1.0, 2.0, 40712345.0]}, strata="h", psu="p")
    with pytest.raises(DesignError, match=r"stratum 2 has one PSU \(psu 40712345\)"):
        lonely.estimate(cd.mean("y"))
