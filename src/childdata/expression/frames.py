"""How does any frame come through the door? In memory, as a polars LazyFrame of just the columns in use.

pandas (NumPy-backed, nullable, Arrow-backed), polars, pyarrow, a mapping of lists or arrays, and whatever
else speaks Arrow is taken column by column; frames that are computed elsewhere (polars lazy, DuckDB, ibis,
Spark, Dask) are used as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from childdata.errors import VariableError

from .names import find_name


def door(frame: object, names: Sequence[str], *, place: str = "the data") -> nw.LazyFrame[Any]:
    """The frame as a lazy one; in memory just these columns, with NaN as null.

    Parameters
    ----------
    frame : pandas, polars (eager or lazy), pyarrow, DuckDB, ibis, Spark, Dask, a mapping of columns.
    names : the columns in use, matched exactly, else without regard to case.

    Raises
    ------
    VariableError if a column is not there, is there twice, or mixes numbers with text.

    >>> door({"HH6": [1, None, 2], "HH7": ["a", "b", "c"]}, ["hh6"]).collect().to_dict(as_series=False)
    {'HH6': [1.0, None, 2.0]}
    """
    lazy = as_lazy(frame)
    if lazy is not None:
        return lazy
    known = column_names(frame, place=place)
    columns = {}
    for name in names:
        found = find_name(name, known, place=place)
        columns[found] = take(frame, found, place=place)
    try:
        return nw.from_native(pl.DataFrame(columns).lazy())
    except pl.exceptions.ShapeError:
        raise VariableError(f"the columns of {place} differ in length; every column needs one value per row") from None


def as_lazy(frame: object) -> nw.LazyFrame[Any] | None:
    """The frame, if it is computed elsewhere; None if it is in memory."""
    if isinstance(frame, nw.LazyFrame):
        return _with_nulls(frame)
    if isinstance(frame, (pd.DataFrame, pl.DataFrame, pa.Table, Mapping)):
        return None
    wrapped = nw.from_native(frame, pass_through=True)
    return _with_nulls(wrapped) if isinstance(wrapped, nw.LazyFrame) else None


def _with_nulls(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The frame with null for NaN where an engine would lose it.

    Dask: NumPy columns have no null, so that a comparison with a missing number would be false, not unknown.
    ibis: asks `isnan`, which DuckDB 2.0 answers from the statistics of a parquet file, and these leave NaN out.
    """
    implementation = frame.implementation
    if implementation.is_dask():
        native: Any = frame.to_native()
        numpy = {name: dtype.kind for name, dtype in native.dtypes.items() if isinstance(dtype, np.dtype)}
        kinds = {name: _ARROW[kind] for name, kind in numpy.items() if kind in _ARROW}
        return nw.from_native(native.astype(kinds)) if kinds else frame
    if implementation.is_ibis():
        floats = [name for name, kind in frame.collect_schema().items() if kind in (nw.Float32, nw.Float64)]
        finite = [nw.when((nw.col(name) - nw.col(name)) == 0).then(nw.col(name)).alias(name) for name in floats]
        return frame.with_columns(*finite) if finite else frame
    return frame


_ARROW = {"f": "double[pyarrow]", "b": "bool[pyarrow]"}


def column_names(frame: object, *, place: str) -> list[str]:
    """The names of all columns, as text; one that is there twice is refused where it is used."""
    match frame:
        case pd.DataFrame():
            return [str(column) for column in frame.columns]
        case pl.DataFrame():
            return frame.columns
        case pa.Table():
            return list(frame.column_names)
        case Mapping():
            return [str(column) for column in frame]
    lazy = as_lazy(frame)
    if lazy is not None:
        return lazy.collect_schema().names()
    return list(_eager(frame, place=place).columns)


def height(frame: object, *, place: str) -> int:
    """How many rows a frame in memory has."""
    if isinstance(frame, Mapping):
        first = next(iter(frame.values()), ())
        return len(first)
    if isinstance(frame, pa.Table):
        return int(frame.num_rows)
    if isinstance(frame, (pd.DataFrame, pl.DataFrame)):
        return len(frame)
    return len(_eager(frame, place=place))


def _eager(frame: object, *, place: str) -> nw.DataFrame[Any]:
    """Any other frame in memory."""
    wrapped = nw.from_native(frame, eager_only=False, pass_through=True)
    if isinstance(wrapped, nw.DataFrame):
        return wrapped
    if hasattr(frame, "__arrow_c_stream__"):
        return nw.from_native(pa.table(frame), eager_only=True)
    raise VariableError(
        f"{place} is no frame: wanted pandas, polars, pyarrow, DuckDB or a mapping of columns, "
        f"found {type(frame).__name__}"
    )


def take(frame: object, name: str, *, place: str) -> pl.Series:
    """One column of a frame in memory, as polars, NaN as null."""
    match frame:
        case pl.DataFrame():
            series = frame.get_column(name)
        case pd.DataFrame():
            at = [place_ for place_, column in enumerate(frame.columns) if str(column) == name]
            if len(at) > 1:
                raise VariableError(f"variable {name!r} is in {place} {len(at)} times; rename all but one")
            series = from_pandas(frame.iloc[:, at[0]], name, place=place)
        case pa.Table():
            if Counter(frame.column_names)[name] > 1:
                raise VariableError(f"variable {name!r} is in {place} more than once; rename all but one")
            series = from_arrow(frame.column(name), name)
        case Mapping():
            series = from_values(next(frame[key] for key in frame if str(key) == name), name, place=place)
        case _:
            series = _eager(frame, place=place).get_column(name).to_polars()
    if series.dtype == pl.Object:
        raise VariableError(
            f"variable {name!r} in {place} holds Python objects; a rule can use numbers, text and dates"
        )
    return without_nan(series)


def without_nan(series: pl.Series) -> pl.Series:
    """The same column with NaN as null."""
    return series.fill_nan(None) if series.dtype.is_float() else series


def from_values(values: object, name: str, *, place: str) -> pl.Series:
    """A column given as a list, an array or a series of any library."""
    match values:
        case pl.Series():
            return values.alias(name)
        case pd.Series():
            return from_pandas(values, name, place=place)
        case pa.ChunkedArray() | pa.Array():
            return from_arrow(values, name)
        case str() | bytes() | int() | float() | None:
            raise VariableError(f"variable {name!r} in {place} is one value; a column is a list with one value per row")
    array = values if isinstance(values, np.ndarray) else list(values)  # type: ignore[call-overload]
    if isinstance(array, np.ndarray) and array.ndim != 1:
        raise VariableError(f"variable {name!r} in {place} has {array.ndim} dimensions; a column has one")
    if isinstance(array, list) and not array:
        return pl.Series(name, [], dtype=pl.Float64)
    return from_pandas(pd.Series(array), name, place=place)


def from_arrow(values: Any, name: str) -> pl.Series:
    """An Arrow column; a dictionary is decoded to what it stands for."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    series = pl.from_arrow(values)
    if not isinstance(series, pl.Series):
        raise VariableError(f"variable {name!r} is no column")
    return series.alias(name)


def from_pandas(series: pd.Series[Any], name: str, *, place: str) -> pl.Series:
    """A pandas column of any of its many types."""
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        categories = from_pandas(dtype.categories.to_series(), name, place=place)
        codes = pl.Series(series.cat.codes.to_numpy())
        return categories.gather(codes.set(codes < 0, None)).alias(name)
    if isinstance(dtype, pd.SparseDtype):
        return from_pandas(pd.Series(np.asarray(series)), name, place=place)
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return _from_objects(series, name, place=place)
    if isinstance(dtype, np.dtype) and dtype.kind in "iufb":
        array = series.to_numpy()
        return pl.Series(name, array.astype(np.float32) if dtype == np.float16 else array)
    if isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype)) or (isinstance(dtype, np.dtype) and dtype.kind == "c"):
        raise VariableError(f"variable {name!r} in {place} holds {dtype}; a rule can use numbers, text and dates")
    return _by_arrow(series, name, place=place)


def _by_arrow(series: pd.Series[Any], name: str, *, place: str) -> pl.Series:
    """A pandas column through Arrow; what Arrow cannot hold, no rule can use."""
    try:
        return from_arrow(pa.array(series, from_pandas=True), name)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        message = f"variable {name!r} in {place} holds {series.dtype}; a rule can use numbers, text and dates"
        raise VariableError(message) from None


_MIXED = {"mixed": "values of several kinds", "mixed-integer": "numbers and text"}


def _from_objects(series: pd.Series[Any], name: str, *, place: str) -> pl.Series:
    """A column of Python objects, if they are all of one kind."""
    found = pd.api.types.infer_dtype(series, skipna=True)
    if found in ("integer", "floating", "mixed-integer-float", "decimal"):
        return pl.Series(name, pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))
    if found in _MIXED or found in ("bytes", "complex", "unknown-array", "period", "interval"):
        what = _MIXED.get(found, found)
        raise VariableError(
            f"variable {name!r} in {place} holds {what} (pandas object column); make it one kind, such as "
            f"with pandas.to_numeric"
        )
    return _by_arrow(series, name, place=place)
