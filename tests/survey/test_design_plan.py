"""Plans laid on data of every kind, and against R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.errors import DesignError, VariableError
from childdata.survey.design_plan import DesignPlan, PlanStage
from plan_files import DATA, answer

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "plans_r.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("design", ["strata", "records"])
def test_later_stages_agree_with_r(design: str) -> None:
    first = PlanStage(("district",), ("region",), "N_district", "without replacement")
    below = {
        # a school is known by its number within kind
        "strata": PlanStage(("kind", "school"), ("kind",), "N_school", "without replacement"),
        "records": PlanStage((), (), "N_pupil", "without replacement"),
    }
    survey = DesignPlan("Stata", "a.dta", "w", (first, below[design])).survey(REFERENCE["data"])
    wanted = REFERENCE[design]
    flat = [wanted[name] for name in ("mean", "mean_se", "total", "total_se")]
    assert answer(survey).ravel() == pytest.approx(flat, rel=1e-12)


TWO_STAGES = DesignPlan(
    "Stata",
    "a.dta",
    "w",
    (
        PlanStage(("region", "psu"), (), "N2", "without replacement"),
        PlanStage((), (), "M", "without replacement"),
    ),
)
ROWS = {**DATA, "N2": [30.0] * 8, "psu": [1, 1, 2, 2, 1, 1, 2, 2]}


@pytest.mark.parametrize("kind", ["mapping", "pandas", "polars", "lazy", "pyarrow", "dataset"])
def test_columns_of_units_are_added_to_every_kind_of_data(kind: str) -> None:
    frames: dict[str, Any] = {
        "mapping": ROWS,
        "pandas": pd.DataFrame(ROWS, index=range(100, 92, -1)),
        "polars": pl.DataFrame(ROWS),
        "lazy": pl.LazyFrame(ROWS),
        "pyarrow": pl.DataFrame(ROWS).to_arrow(),
        "dataset": cd.Dataset.from_frame(ROWS, variables=[cd.Variable("region", "Region", {1: "East", 2: "West"})]),
    }
    survey = TWO_STAGES.survey(frames[kind])
    rows = {**ROWS, "unit": [1, 1, 2, 2, 3, 3, 4, 4], "id": list(range(8))}
    by_hand = cd.Survey(rows, weight="w", psu=["unit", "id"], fpc=["N2", "M"])
    assert answer(survey).tolist() == answer(by_hand).tolist()
    if kind == "dataset":
        assert survey.estimate(cd.mean("y"), by="region").to_frame()["region"].tolist() == ["East", "West"]


def test_column_that_is_taken_is_not_overwritten() -> None:
    with pytest.raises(DesignError, match="wants a column 'record_number' with numbers of the records"):
        TWO_STAGES.survey({**ROWS, "record_number": [0] * 8})


def test_arguments_of_the_call_win_over_the_plan() -> None:
    survey = TWO_STAGES.survey(ROWS, weight="N2", psu="psu", fpc=None)
    assert survey.design.weight.tolist() == [30.0] * 8
    assert len(survey.design.stages) == 1


def test_variable_that_the_data_do_not_have_is_named_with_the_nearest() -> None:
    with pytest.raises(VariableError, match=r"variable 'psu' is not in the data .* nearest: 'PSU1'"):
        DesignPlan("SPSS", "p", "w", (PlanStage(("psu",)),)).survey({"w": [1.0, 2.0], "PSU1": [1, 2]})
