"""What is found by rank, at an engine: distributions, ties, and influences that go back to the records."""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl
import pytest
from test_engines import assert_same

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey import engine_ranked
from childdata.survey.engine_ranked import in_the_engine

ROWS = pl.DataFrame(
    {
        "p": [1, 1, 2, 2, 3, 3, 4, 4],
        "w": [1.0, 2.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0],
        "y": [1.0, 3.0, 3.0, 2.0, 8.0, 3.0, 5.0, 2.0],
        "x": [2.0, 1.0, 4.0, 2.0, 9.0, 3.0, 2.0, 2.0],
        "area": ["a", "a", "a", "b", "b", None, "b", "a"],
    }
)


def test_a_median_by_hand() -> None:
    # cumulative weights by y: 1 -> 1, 2 -> 3, 3 -> 7 of 10: half of it is passed at 3
    found = cd.Survey(ROWS.lazy(), weight="w", psu="p").estimate(cd.median("y")).to_frame()
    assert found["estimate"].item() == 3.0


def test_a_gini_by_hand() -> None:
    # 1 - T / (N Y), T = Σ_g m_g (R_g² - R_{g+1}²): R = 10, 9, 7, 3, 2 at y = 1, 2, 3, 5, 8
    total = 1 * (100 - 81) + 2 * (81 - 49) + 3 * (49 - 9) + 5 * (9 - 4) + 8 * 4
    income = 1 + 2 * 2 + 3 * 4 + 5 * 1 + 8 * 2
    found = cd.Survey(ROWS.lazy(), weight="w", psu="p").estimate(cd.gini("y")).to_frame()
    assert found["estimate"].item() == pytest.approx(1 - total / (10 * income), rel=1e-14)


@pytest.mark.parametrize("by", [None, "area"])
def test_x_that_differs_inside_a_tie_keeps_its_influence(by: str | None) -> None:
    asked = {"c": cd.concentration("x", "y"), "g": cd.concentration("x", "y") - cd.gini("y")}
    memory = cd.Survey(ROWS, weight="w", psu="p").estimate(asked, by=by)
    for data in (ROWS.lazy(), duckdb.connect().from_arrow(ROWS.to_arrow())):
        assert_same(cd.Survey(data, weight="w", psu="p").estimate(asked, by=by), memory, rtol=1e-12)


def test_a_bandwidth_counts_records_and_not_ties() -> None:
    line = cd.relative_line(0.6, y="y")
    memory, engine = (cd.Survey(data, weight="w", psu="p") for data in (ROWS, ROWS.lazy()))
    assert_same(engine.estimate(cd.fgt("y", line)), memory.estimate(cd.fgt("y", line)), rtol=1e-12)


def test_missing_labels_of_a_domain_meet_on_both_sides() -> None:
    rows = ROWS.with_columns(code=pl.Series([1.0, 1.0, None, float("nan"), 2.0, 2.0, 1.0, 2.0]))
    memory, engine = (cd.Survey(data, weight="w", psu="p") for data in (rows, rows.lazy()))
    for by in ("area", "code", ["area", "code"]):
        assert_same(engine.estimate(cd.gini("y"), by=by), memory.estimate(cd.gini("y"), by=by), rtol=1e-12)


def test_too_many_distinct_values_are_refused_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_ranked, "TIES_MOST", 4)
    survey = cd.Survey(ROWS.lazy(), weight="w", psu="p")
    with pytest.raises(EstimationError, match=r"more than 4 distinct values .* round it, such as 'round\(y\)'"):
        survey.estimate(cd.median("y"))


def test_what_depends_on_single_records_is_refused() -> None:
    with pytest.raises(EstimationError, match="rule hf7 depends on single records"):
        in_the_engine(cd.quantile("y", 0.5, rule="hf7"))
    in_the_engine(cd.quantile("y", 0.5, rule="hf3"))


def test_the_score_interval_is_searched_at_the_engine() -> None:
    rng = np.random.default_rng(2)
    rows = pl.DataFrame({"p": np.arange(200) % 40, "w": rng.uniform(1, 3, 200), "y": rng.integers(1, 60, 200)})
    memory, engine = (cd.Survey(data, weight="w", psu="p") for data in (rows, rows.lazy()))
    asked = cd.quantile("y", [0.3, 0.6], interval="score")
    assert_same(engine.estimate(asked), memory.estimate(asked), rtol=1e-11)
