"""Parts of a survey in several places: their sums give what one call on all records gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from test_engines import DESIGN, FRAME, OPTIONS, SMOOTH, assert_same

import childdata as cd
from childdata.errors import DesignError, EstimationError, ReadError

PARTS = 8


def cut(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Parts of a frame by chance, through PSUs and domains alike."""
    part = np.random.default_rng(3).integers(0, PARTS, frame.height)
    return [frame.filter(pl.Series(part == k)) for k in range(PARTS)]


def sums(frame: pl.DataFrame, statistics: Any, **options: Any) -> list[cd.Partial]:
    return [cd.Survey(part.lazy(), **DESIGN).reduce(statistics, **options) for part in cut(frame)]


def test_two_halves_of_a_psu_worked_by_hand() -> None:
    # weights 1; PSU 1 holds 1 and 2, PSU 2 holds 6 and 3: mean 12/4 = 3, scores (1+2-6)/4 and (6+3-6)/4,
    # variance 2/1 * (0.75² + 0.75²) = 2.25
    people = pl.DataFrame({"psu": [1, 1, 2, 2], "y": [1.0, 2.0, 6.0, 3.0], "w": [1.0] * 4})
    parts = [cd.Survey(people[k::2].lazy(), weight="w", psu="psu").reduce(cd.mean("y")) for k in (0, 1)]
    row = cd.merge(parts).to_frame().iloc[0]
    assert (row["estimate"], row["se"], row["n"], row["psus"]) == (3.0, 1.5, 4, 2)


@pytest.mark.parametrize("options", OPTIONS)
def test_parts_give_what_one_call_gives(options: str) -> None:
    asked = OPTIONS[options]
    wanted = cd.Survey(FRAME, **DESIGN).estimate(SMOOTH, **asked)
    # moments of parts are about 0, so that variances and what is made of them lose a digit or two
    assert_same(cd.merge(sums(FRAME, SMOOTH, **asked)), wanted, rtol=1e-11)


def test_means_ratios_and_totals_of_parts_are_exact() -> None:
    asked = [cd.mean("income"), cd.ratio("food", "income"), cd.total("poor == 1"), cd.proportion("quintile")]
    for frame in (FRAME, FRAME.with_columns(income=pl.col("income") + 1000)):
        found = cd.merge(sums(frame, asked, by="sex"))
        assert_same(found, cd.Survey(frame, **DESIGN).estimate(asked, by="sex"))


def test_a_category_that_one_part_lacks_is_not_lost() -> None:
    people = pl.DataFrame(
        {
            "psu": [1, 1, 2, 2, 3],
            "area": ["a", "b", "a", "b", "c"],
            "w": [1.0, 2.0, 1.0, 1.0, 1.0],
            "y": [1, 2, 3, 4, 5],
        }
    )
    asked = [cd.proportion("area"), cd.mean("y")]
    parts = [
        cd.Survey(part.lazy(), weight="w", psu="psu").reduce(asked, by="area") for part in (people[:2], people[2:])
    ]
    assert_same(cd.merge(parts), cd.Survey(people, weight="w", psu="psu").estimate(asked, by="area"))


def test_a_file_holds_everything(tmp_path: Path) -> None:
    parts = sums(FRAME, SMOOTH, by=["sex", "quintile"], where="income > 2")
    for number, part in enumerate(parts):
        part.write(tmp_path / f"{number}.parquet")
    again = [cd.Partial.read(tmp_path / f"{number}.parquet") for number in range(PARTS)]
    assert repr(again[0]) == repr(parts[0])
    assert_same(cd.merge(again), cd.merge(parts))
    assert "childdata table" in pl.read_parquet(tmp_path / "0.parquet").columns


def test_a_file_without_sums_is_refused(tmp_path: Path) -> None:
    FRAME.write_parquet(tmp_path / "records.parquet")
    for name in ("records.parquet", "nothing.parquet"):
        with pytest.raises(ReadError, match="holds no sums of a survey"):
            cd.Partial.read(tmp_path / name)


def test_merged_estimates_are_asked_further_questions() -> None:
    asked = [cd.mean("income")]
    found, wanted = cd.merge(sums(FRAME, asked, by="sex")), cd.Survey(FRAME, **DESIGN).estimate(asked, by="sex")
    gap, wanted_gap = (one.difference(along="sex", of=("m", "f")) for one in (found, wanted))
    assert_same(gap, wanted_gap, rtol=1e-10)
    assert found.test("`f` = `m`").p == pytest.approx(wanted.test("`f` = `m`").p, rel=1e-9)
    assert found.settings["data"] == "8 parts of a survey"


def test_parts_that_were_asked_different_things_are_refused() -> None:
    first, second = (cd.Survey(FRAME.lazy(), **DESIGN).reduce(cd.mean("food"), by=by) for by in ("sex", "quintile"))
    with pytest.raises(EstimationError, match="differ in 'call'"):
        cd.merge([first, second])
    other = cd.Survey(FRAME.lazy(), **DESIGN | {"weight": "w * 2"}).reduce(cd.mean("food"), by="sex")
    with pytest.raises(EstimationError, match="differ in 'weight'"):
        cd.merge([first, other])
    with pytest.raises(EstimationError, match=r"takes what Survey\.reduce gave"):
        cd.merge([])


def test_what_sums_do_not_give_is_refused() -> None:
    engine = cd.Survey(FRAME.lazy(), **DESIGN)
    for statistic in (cd.median("income"), cd.gini("income"), cd.fgt("income", cd.relative_line(0.6, y="income"))):
        with pytest.raises(EstimationError, match="found by rank"):
            engine.reduce(statistic)
    with pytest.raises(EstimationError, match="no replicate weights"):
        engine.with_replicates(cd.JKn()).reduce(cd.mean("food"))
    with pytest.raises(EstimationError, match=r"hand over a lazy frame"):
        cd.Survey(FRAME, **DESIGN).reduce(cd.mean("food"))


def test_a_stratum_of_one_psu_shows_when_all_parts_are_there() -> None:
    people = pl.DataFrame({"s": [1, 1, 2], "psu": [1, 2, 3], "y": [1.0, 2.0, 6.0], "w": [1.0] * 3})
    design: dict[str, Any] = {"weight": "w", "strata": "s", "psu": "psu"}
    parts = [cd.Survey(part.lazy(), **design).reduce(cd.mean("y")) for part in (people[:1], people[1:])]
    with pytest.raises(DesignError, match="stratum 2 has one PSU"):
        cd.merge(parts)


def test_a_category_is_the_same_whole_or_with_a_point() -> None:
    """A null makes floats of whole numbers; 1 and 1.0 are one category."""
    whole = pl.DataFrame({"psu": [1, 2, 3, 4], "w": [1.0] * 4, "q": [1, 1, 2, 2]})
    real = pl.DataFrame({"psu": [1, 2, 3, 4], "w": [1.0] * 4, "q": [1.0, 2.0, 2.0, None]})
    parts = [cd.Survey(one.lazy(), weight="w", psu="psu").reduce(cd.proportion("q")) for one in (whole, real)]
    found = cd.merge(parts).to_frame()
    assert found["estimate"].tolist() == pytest.approx([3 / 7, 4 / 7])
    assert found["n"].tolist() == [7, 7]


def test_a_variable_of_another_kind_in_another_part_is_refused() -> None:
    truth = pl.DataFrame({"psu": [1, 2], "w": [1.0, 1.0], "ok": [True, False]})
    number = truth.with_columns(pl.col("ok").cast(pl.Int64))
    parts = [cd.Survey(one.lazy(), weight="w", psu="psu").reduce(cd.mean("ok")) for one in (truth, number)]
    with pytest.raises(EstimationError, match="'ok' is truth in one and number in another"):
        cd.merge(parts)
