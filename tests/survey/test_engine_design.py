"""A design from one group-by: its codes, its counts and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import childdata as cd
from childdata.errors import DesignError
from childdata.survey.engine_records import EngineRecords

# stratum 1: PSU 1 (records of weight 2 and 0), PSU 2 (weight 3); stratum 2: PSU 1 again (weights 1, 1)
ROWS = pl.DataFrame({"s": [1, 1, 1, 2, 2], "p": [1, 1, 2, 1, 1], "w": [2.0, 0.0, 3.0, 1.0, 1.0], "N": [9, 9, 9, 4, 4]})
DESIGN: dict[str, Any] = {"weight": "w", "strata": "s", "psu": "p"}


def test_units_strata_and_weights_by_hand() -> None:
    survey = cd.Survey(ROWS.lazy(), **DESIGN)
    stage = survey.design.stages[0]
    assert stage.sampled.tolist() == [2, 1]
    assert stage.stratum.tolist() == [0, 0, 1]
    assert survey.design.weight.tolist() == [2.0, 3.0, 2.0]
    assert survey.design.psu_labels == ("1", "2", "1")
    assert survey.design.strata_labels == ("1", "2")
    assert survey.design.degrees_of_freedom == 1
    assert [note.split(":")[0] for note in survey.design.notes] == [
        "weight 'w' is zero in 1 records",
        "'p' has 2 numbers for 3 PSUs",
    ]
    assert repr(survey) == "<Survey the data: 5 records, 3 PSUs, 2 strata>"


def test_weights_are_described_from_their_sums() -> None:
    # weights 2, 3, 1, 1: sum 7, squares 15, Kish's effect 4 * 15 / 49
    facts = cd.Survey(ROWS.lazy(), **DESIGN).describe().facts
    assert (facts["records"], facts["records of weight zero"], facts["sum of weights"]) == (5, 1, 7.0)
    assert facts["Kish design effect"] == pytest.approx(60 / 49, rel=1e-15)
    assert (facts["smallest weight"], facts["largest weight"]) == (1.0, 3.0)


def test_an_fpc_is_read_and_its_weight_follows() -> None:
    options: dict[str, Any] = {"strata": "s", "psu": "p", "fpc": "N", "lonely_psu": "certainty"}
    memory, engine = (cd.Survey(data, **options) for data in (ROWS, ROWS.lazy()))
    assert engine.design.stages[0].population.tolist() == memory.design.stages[0].population.tolist() == [9, 4]
    found, wanted = (one.estimate(cd.total("w")).to_frame()["estimate"].item() for one in (engine, memory))
    assert found == pytest.approx(wanted, rel=1e-15)
    assert engine.design.notes == memory.design.notes


@pytest.mark.parametrize(
    ("changes", "options", "told"),
    [
        ({"N": [9, 8, 9, 4, 4]}, {"fpc": "N"}, "takes different values inside 1 strata"),
        (
            {"N": [9, None, 9, 4, 4]},
            {"fpc": "N"},
            "'fpc of p' gives population sizes, but is missing in 1 of 5 records",
        ),
        ({"N": [1, 1, 1, 4, 4]}, {"fpc": "N"}, "is smaller than the sample in 1 strata"),
        ({"p": [1, None, 2, 1, 1]}, {}, "'p' identifies sampling units, but is missing in 1 of 5 records"),
        ({"w": [1.0, None, 2.0, 1.0, 1.0]}, {}, "weight 'w' is missing in 1 of 5 records"),
        ({}, {"fpc": ["N", "N"]}, "fpc has 2 entries, but psu has 1 stages"),
        ({}, {"fpc": cd.PPS("N")}, "unequal probabilities"),
        ({}, {"weight": "s == 1"}, "holds truth values where numbers are wanted"),
    ],
)
def test_what_makes_no_design_is_refused(changes: dict[str, Any], options: dict[str, Any], told: str) -> None:
    data = ROWS.with_columns(pl.Series(name, values) for name, values in changes.items()).lazy()
    with pytest.raises(DesignError, match=told):
        cd.Survey(data, **DESIGN | options)


def test_a_frame_without_records_is_refused() -> None:
    with pytest.raises(DesignError, match="has no records"):
        cd.Survey(ROWS.lazy().filter(pl.col("s") > 2), **DESIGN)


def test_the_units_are_the_rows_of_the_table() -> None:
    records = cd.Survey(ROWS.lazy(), **DESIGN).records
    assert isinstance(records, EngineRecords)
    assert records.units is not None
    assert records.keys == ("s", "p")
    assert records.units.frame.select("s", "p").rows() == [(1, 1), (1, 2), (2, 1)]
    np.testing.assert_array_equal(records.units.column("records").to_numpy(), [2, 1, 2])


def test_columns_named_like_ours_do_not_disturb() -> None:
    named = ROWS.rename({"s": "weight", "p": "records", "w": "squares"})
    survey = cd.Survey(named.lazy(), weight="squares", strata="weight", psu="records")
    assert survey.design.weight.tolist() == [2.0, 3.0, 2.0]
