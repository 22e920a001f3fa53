"""How any data frame becomes a Dataset's frame: whose columns are whole, and what do categories mean?

pandas, polars, pyarrow, DuckDB and whatever else narwhals knows come in through one door. Categories become
numbered codes with value labels, in their order, as they would be in a survey file; NaN becomes missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import narwhals as nw
import pandas as pd
import polars as pl

from childdata.errors import VariableError
from childdata.microdata.labels import Kind, Variable

_KINDS: tuple[tuple[type[pl.DataType], Kind], ...] = (
    (pl.Date, "date"),
    (pl.Datetime, "datetime"),
    (pl.Time, "time"),
    (pl.Duration, "time"),
    (pl.String, "text"),
)


def to_polars(anything: object) -> pl.DataFrame:
    """A data frame of any library, or a mapping of columns, as a polars frame with null for every missing
    value.

    Raises VariableError naming the column that holds a mixture of types.
    """
    if isinstance(anything, pl.DataFrame):
        return anything.with_columns(pl.col(pl.Float64, pl.Float32).fill_nan(None))
    if isinstance(anything, pd.DataFrame):
        return _from_pandas(anything)
    if isinstance(anything, Mapping):
        return to_polars(pl.DataFrame(dict(anything)))
    try:
        lazy = nw.from_native(cast(Any, anything)).lazy().collect(backend="polars")
    except TypeError:
        raise VariableError(
            f"a data frame (pandas, polars, pyarrow, DuckDB ...) is wanted, not {type(anything).__name__}"
        ) from None
    return to_polars(lazy.to_native())


def _from_pandas(frame: pd.DataFrame) -> pl.DataFrame:
    columns = []
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place].reset_index(drop=True)
        try:
            columns.append(_column(column).alias(str(name)))
        except (TypeError, ValueError, pl.exceptions.PolarsError):
            kinds = sorted({type(value).__name__ for value in column.dropna()})
            raise VariableError(
                f"variable {str(name)!r} mixes {', '.join(kinds)}; make it one type before handing it over"
            ) from None
    doubled = {column.name for column in columns if sum(other.name == column.name for other in columns) > 1}
    if doubled:
        raise VariableError(f"the data frame has several columns named {', '.join(sorted(map(repr, doubled)))}")
    return to_polars(pl.DataFrame(columns))


def _column(column: pd.Series[Any]) -> pl.Series:
    dtype = column.dtype
    if not isinstance(dtype, pd.CategoricalDtype):
        return pl.from_pandas(column, nan_to_null=True)
    if dtype.categories.dtype.kind in "iufb":
        return pl.from_pandas(column.astype("float64"), nan_to_null=True)
    words = [str(category) for category in dtype.categories]
    return pl.Series([None if code < 0 else words[code] for code in column.cat.codes], dtype=pl.Enum(words))


def kind_of(dtype: pl.DataType) -> Kind:
    """The kind of variable that a column of this type is."""
    for found, kind in _KINDS:
        if dtype == found:
            return kind
    return "number"


def with_variables(frame: pl.DataFrame, known: Mapping[str, Variable]) -> tuple[pl.DataFrame, dict[str, Variable]]:
    """The frame with plain types, and a Variable for every column: known, or made from it."""
    columns: list[pl.Series] = []
    variables: dict[str, Variable] = {}
    for column in frame.iter_columns():
        name = column.name
        variable = known.get(name)
        if isinstance(column.dtype, pl.Categorical | pl.Enum):
            plain, labels = _coded(column)
            variable = variable or Variable(name, value_labels=labels)
        else:
            plain = _plain(column)
        columns.append(plain)
        variables[name] = variable or Variable(name, kind=kind_of(plain.dtype))
    return pl.DataFrame(columns), variables


def _plain(column: pl.Series) -> pl.Series:
    """The column as one of the few types a survey file has."""
    dtype = column.dtype
    if dtype.is_integer():
        return column.cast(pl.Int64)
    if dtype in (pl.Null, pl.Float32) or dtype.is_decimal():
        return column.cast(pl.Float64)
    if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
        raise VariableError(f"variable {column.name!r} holds {dtype} values; numbers, texts or dates are wanted")
    return column


def _coded(column: pl.Series) -> tuple[pl.Series, dict[float | str, str]]:
    if isinstance(column.dtype, pl.Enum):
        categories = [str(category) for category in column.dtype.categories]
    else:
        categories = sorted(str(category) for category in column.cast(pl.String).drop_nulls().unique())
    codes = {category: code for code, category in enumerate(categories, start=1)}
    coded = column.cast(pl.String).replace_strict(codes, default=None, return_dtype=pl.Int64)
    return coded.alias(column.name), {float(code): category for category, code in codes.items()}
