"""Every kind of frame that a rule must mean the same on, made from the same plain columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

Columns = Mapping[str, Sequence[object]]


def polars_frame(columns: Columns) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(name, list(values), strict=False) for name, values in columns.items()})


def with_nan(columns: Columns) -> pl.DataFrame:
    """As polars, but with NaN where a number is unknown."""
    frame = polars_frame(columns)
    numbers = [name for name in frame.columns if frame[name].dtype.is_numeric()]
    return frame.with_columns(pl.col(name).cast(pl.Float64).fill_null(math.nan) for name in numbers)


def numpy_backed(columns: Columns) -> pd.DataFrame:
    """Classic pandas: whole numbers with a gap become floats with NaN, truth and text become objects."""
    return polars_frame(columns).to_pandas()


def arrow_backed(columns: Columns) -> pd.DataFrame:
    return polars_frame(columns).to_pandas(use_pyarrow_extension_array=True)


def nullable(columns: Columns) -> pd.DataFrame:
    return polars_frame(columns).to_pandas().convert_dtypes()


def duckdb_relation(columns: Columns) -> duckdb.DuckDBPyRelation:
    return duckdb.connect().from_arrow(polars_frame(columns).to_arrow())


def arrow_table(columns: Columns) -> pa.Table:
    return polars_frame(columns).to_arrow()


FRAMES: dict[str, Callable[[Columns], object]] = {
    "pandas NumPy-backed": numpy_backed,
    "pandas nullable": nullable,
    "pandas Arrow-backed": arrow_backed,
    "polars eager with null": polars_frame,
    "polars eager with NaN": with_nan,
    "polars lazy": lambda columns: polars_frame(columns).lazy(),
    "polars lazy with NaN": lambda columns: with_nan(columns).lazy(),
    "pyarrow": arrow_table,
    "duckdb": duckdb_relation,
    "mapping of lists": dict,
}


@pytest.fixture(params=list(FRAMES))
def make_frame(request: pytest.FixtureRequest) -> Callable[[Columns], object]:
    """Makes a frame of one of the kinds from columns in which None is unknown."""
    return FRAMES[request.param]
