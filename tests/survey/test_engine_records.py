"""What an engine is asked for: rules as columns, plain sums by group, and a small table joined to its records."""

from __future__ import annotations

from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest

from childdata.errors import EstimationError, VariableError
from childdata.expression import parse
from childdata.survey.engine_records import (
    EngineColumns,
    EngineRecords,
    engine_name,
    fetching,
    grouped_sums,
    is_nan,
    joined,
)

FRAME = pl.DataFrame(
    {"area": ["a", "b ", "", None], "y": [1.0, float("nan"), None, float("inf")], "k": [1, 2, None, 4]}
)


def both() -> list[Any]:
    return [FRAME.lazy(), duckdb.connect().from_arrow(FRAME.to_arrow())]


def at_engine(data: object) -> EngineRecords:
    found = EngineRecords.at_engine(data)
    assert found is not None
    return found


def test_frames_in_memory_are_at_no_engine() -> None:
    for data in (FRAME, FRAME.to_pandas(), FRAME.to_arrow(), {"y": [1.0]}, "people.sav"):
        assert EngineRecords.at_engine(data) is None


def test_an_engine_is_called_as_its_users_call_it() -> None:
    names = [engine_name(at_engine(data).frame) for data in both()]
    assert names == ["polars lazy", "DuckDB"]
    assert [fetching(at_engine(data).frame) for data in both()] == [
        "cd.Survey(data.collect(), ...)",
        "cd.Survey(data.pl(), ...)",
    ]


@pytest.mark.parametrize("data", both(), ids=["polars", "duckdb"])
def test_blanks_nan_and_null_are_missing_and_infinity_is_not(data: Any) -> None:
    records = at_engine(data)
    wanted = {"area": [False, False, True, True], "y": [False, True, True, False], "k": [False, False, True, False]}
    for name, missing in wanted.items():
        found = records.frame.select(nw.col("k").alias("order"), records.missing(name).alias("missing"))
        frame = found.collect("polars").to_native()
        assert sorted(frame["missing"].to_list()) == sorted(missing)


def test_nan_in_a_parquet_file_is_found_whatever_its_statistics_say(tmp_path: Any) -> None:
    FRAME.write_parquet(tmp_path / "nan.parquet")
    frame = nw.from_native(duckdb.connect().sql(f"SELECT * FROM '{tmp_path / 'nan.parquet'}'"))
    known = frame.filter(~nw.col("y").is_null()).select(is_nan(nw.col("y")).cast(nw.Int64).sum().alias("nan"))
    assert int(known.collect("polars").to_native()["nan"][0]) == 1


@pytest.mark.parametrize("data", both(), ids=["polars", "duckdb"])
def test_sums_by_group_are_in_the_order_of_the_keys_missing_last(data: Any) -> None:
    found = grouped_sums(at_engine(data).frame, ["area"], {"k": nw.col("k").fill_null(10), "one": nw.lit(1.0)})
    assert found.rows() == [("", 10.0, 1.0), ("a", 1.0, 1.0), ("b ", 2.0, 1.0), (None, 4.0, 1.0)]
    assert grouped_sums(at_engine(data).frame, [], {"one": nw.lit(1.0)}).rows() == [(4.0,)]


@pytest.mark.parametrize("data", both(), ids=["polars", "duckdb"])
def test_a_table_of_ours_meets_the_records(data: Any) -> None:
    table = pl.DataFrame({"k": [1, 2], "more": [0.5, 0.25]})
    found = joined(at_engine(data).frame, table, ["k"]).select("k", "more").collect("polars").to_native()
    assert found.sort("k", nulls_last=True)["more"].to_list() == [0.5, 0.25, None, None]


def test_rules_are_laid_once_and_numbers_are_numbers() -> None:
    columns = EngineColumns.of(at_engine(FRAME.lazy()), [parse("k > 1"), parse("area")])
    assert dict(columns.kinds) == {"k > 1": "truth", "area": "text"}
    assert columns.more([parse("k > 1")], columns.frame).columns == columns.columns
    with pytest.raises(VariableError, match="'area' in the data holds text where numbers are wanted"):
        columns.number(parse("area"))


def test_what_asks_for_records_is_refused() -> None:
    records = at_engine(FRAME.lazy())
    for ask in (
        lambda: records.evaluate({}),
        lambda: records.columns(["k"]),
        lambda: records.factor("k"),
        records.one_by_one,
    ):
        with pytest.raises(EstimationError, match="polars lazy gives sums only"):
            ask()
