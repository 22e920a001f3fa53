"""Records that stay where they are: in a database, in files that are scanned, on a cluster.

An engine (polars lazy, DuckDB, ibis, Spark, Dask) is asked for sums by group and never for its records. What is asked
are three things: rules laid on its frame as columns, a group-by of plain sums, and a small table of ours joined to its
records. All three are narwhals', and so one code serves every engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import narwhals as nw
import polars as pl

from childdata.errors import DesignError, EstimationError, VariableError
from childdata.expression import Evaluated, Expression, Rule, as_lazy, lay, parse
from childdata.survey.columns import Records
from childdata.survey.description import WeightFacts
from childdata.survey.domains import Factor

WEIGHT = "childdata weight"
REPLICATE = "childdata replicate "  # and the number of the replicate

_CALLED = {
    "polars": "polars lazy",
    "duckdb": "DuckDB",
    "ibis": "ibis",
    "dask": "Dask",
    "pyspark": "Spark",
    "pyspark[connect]": "Spark",
    "sqlframe": "SQLFrame",
}


@dataclass(frozen=True, slots=True)
class UnitTable:
    """What the engine tells of a design: a row for each combination of strata and units.

    Attributes
    ----------
    frame : columns `strata`, `psu`, and counts and sums of the weights.
    strata, psu : names of the columns; of `psu` those that have a part in the variance.
    sizes : how many stages have an fpc.
    weight : how the weight is called.
    given : whether it is the user's.
    """

    frame: pl.DataFrame
    strata: tuple[str, ...]
    psu: tuple[str, ...]
    sizes: int
    weight: str
    given: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a unit."""
        return tuple(dict.fromkeys([*self.strata, *self.psu]))

    def column(self, name: str) -> pl.Series:
        """What the engine counted or added up, by unit; the names of ours cannot be those of the data."""
        return self.frame[f"childdata {name}"]

    def total(self, name: str) -> int:
        """The sum of a count."""
        return int(self.column(name).sum())


@dataclass(frozen=True, slots=True, eq=False)
class EngineRecords(Records):
    """The records of a survey at an engine; what asks for them one by one is refused.

    Attributes
    ----------
    frame : the frame that is not computed yet; once the design is declared, with the weight as the column `WEIGHT`.
    schema : types of the columns.
    units : what the engine told of the design, its rows in the order of the design's arrays; None before.
    weights : facts of the weights, for the description.
    replicates : how many replicate weights stand beside the weight, as columns `REPLICATE` and their number.
    """

    frame: nw.LazyFrame[Any]
    schema: Mapping[str, Any] = field(kw_only=True)
    units: UnitTable | None = field(default=None, kw_only=True)
    weights: WeightFacts | None = field(default=None, kw_only=True)
    replicates: int = field(default=0, kw_only=True)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a sampling unit, of strata and of each stage."""
        return () if self.units is None else self.units.keys

    @staticmethod
    def at_engine(data: object) -> EngineRecords | None:
        """The records of a frame that is computed elsewhere; None if the data are in memory."""
        wrapped = as_lazy(data)
        if wrapped is None:
            return None
        schema = wrapped.collect_schema()
        return EngineRecords(wrapped, None, {}, tuple(schema.names()), "the data", schema=schema)

    def missing(self, name: str) -> nw.Expr:
        """Where a column has no value: null, NaN, or a text of blanks."""
        column, dtype = nw.col(name), self.schema[name]
        if dtype in (nw.Float32, nw.Float64):
            return column.is_null() | (~column.is_null() & is_nan(column))
        if dtype == nw.String:
            return column.is_null() | (~column.is_null() & (column.str.strip_chars() == ""))
        return column.is_null()

    def with_columns(self, rules: Mapping[str, Rule]) -> EngineRecords:
        """The records with new columns, nothing computed yet."""
        laid = lay(self.frame, {name: parse(rule) for name, rule in rules.items()}, place=self.place, mark="new ")
        kept = [*self.frame.collect_schema().names()]
        new = [nw.col(column).alias(name) for name, column in laid.columns.items()]
        frame = laid.frame.select(*(nw.col(name) for name in kept if name not in laid.columns), *new)
        schema = {
            name: kind
            for name, kind in frame.collect_schema().items()
            if name != WEIGHT and not name.startswith(REPLICATE)
        }
        clash = next((name for name in laid.columns if name in self.keys), None)
        if clash is not None:
            raise DesignError(f"{clash!r} is part of the design and stays as it was declared; choose another name")
        return replace(self, frame=frame, names=tuple(schema), schema=schema)

    def evaluate(self, rules: Mapping[str, Rule]) -> Evaluated:
        """Refused: what is asked for by record would fetch the records."""
        raise self.stays()

    def columns(self, names: Sequence[str]) -> pl.DataFrame:
        """Refused: what is asked for by record would fetch the records."""
        raise self.stays()

    def factor(self, name: str) -> Factor:
        """Refused: what is asked for by record would fetch the records."""
        raise self.stays()

    def one_by_one(self) -> None:
        """Refused: there are no records here."""
        raise self.stays()

    def stays(self) -> EstimationError:
        """The error of what cannot be done where the records are."""
        return EstimationError(
            f"this needs the records themselves, and {engine_name(self.frame)} gives sums only: estimate(), where(), "
            "with_columns() and describe() work on an engine; for the rest fetch the records first: "
            f"{fetching(self.frame)}"
        )


def engine_name(frame: nw.LazyFrame[Any]) -> str:
    """What users call the engine of a frame."""
    found = str(frame.implementation.value)
    return _CALLED.get(found, found)


def fetching(frame: nw.LazyFrame[Any]) -> str:
    """The call that fetches the records of a frame, as a user writes it."""
    return {
        "polars lazy": "cd.Survey(data.collect(), ...)",
        "DuckDB": "cd.Survey(data.pl(), ...)",
        "ibis": "cd.Survey(data.to_polars(), ...)",
        "Dask": "cd.Survey(data.compute(), ...)",
        "Spark": "cd.Survey(data.toPandas(), ...)",
    }.get(engine_name(frame), "cd.Survey(narwhals.from_native(data).collect('polars').to_native(), ...)")


def is_nan(column: nw.Expr) -> nw.Expr:
    """Where a column is NaN; asked the long way, as DuckDB 2.0 answers `isnan` by statistics that leave NaN out."""
    infinite = nw.lit(float("inf"))
    return ~column.is_finite() & (column != infinite) & (column != -infinite)


def fetched(frame: nw.LazyFrame[Any]) -> pl.DataFrame:
    """A small result, computed: NaN as null."""
    found: pl.DataFrame = frame.collect("polars").to_native()
    return found.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))


def grouped_sums(frame: nw.LazyFrame[Any], keys: Sequence[str], sums: Mapping[str, nw.Expr]) -> pl.DataFrame:
    """The sums of expressions by the observed combinations of keys, as a small frame in the order of the keys.

    Products are made before they are added up: engines that cannot do both in one step are many.
    """
    laid = frame.with_columns(*(expression.alias(name) for name, expression in sums.items()))
    laid = laid.select(*keys, *sums)
    if not keys:
        return fetched(laid.select(*(nw.col(name).sum() for name in sums)))
    found = met(fetched(laid.group_by(*keys).agg(*(nw.col(name).sum() for name in sums))), keys)
    return found.with_columns(pl.col(list(sums)).cast(pl.Float64).fill_null(0.0)).sort(keys, nulls_last=True)


def met(sums: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Sums by group, where groups of NaN and of null are one by now."""
    if not any(sums.schema[key].is_float() for key in keys):
        return sums
    return sums.group_by(list(keys), maintain_order=True).agg(pl.exclude(list(keys)).sum())


def joined(frame: nw.LazyFrame[Any], table: pl.DataFrame, keys: Sequence[str]) -> nw.LazyFrame[Any]:
    """The records with the columns of a small table of ours; null where the table has no such keys."""
    there: nw.LazyFrame[Any] = nw.from_native(_handed_over(frame, table, keys))
    return frame.join(there, on=list(keys), how="left")


def _handed_over(frame: nw.LazyFrame[Any], table: pl.DataFrame, keys: Sequence[str]) -> Any:
    """A table of ours as a frame of the engine."""
    native: Any = frame.to_native()
    match engine_name(frame):
        case "polars lazy":
            return table.lazy()
        case "DuckDB":
            childdata_table = table.to_arrow()  # DuckDB finds it by the name of the variable
            assert childdata_table is not None
            return native.query("childdata_records", "SELECT * FROM childdata_table")
        case "ibis":
            return import_module("ibis").memtable(table.to_arrow())
        case "Dask":
            columns = table.to_pandas(use_pyarrow_extension_array=True)
            kinds = {key: native.dtypes[key] for key in keys}  # Dask merges columns of one type only
            return import_module("dask.dataframe").from_pandas(columns.astype(kinds), npartitions=1)
        case "Spark":
            return native.sparkSession.createDataFrame(table.to_pandas())
    raise EstimationError(
        f"{engine_name(frame)} takes no table from here, which this estimate needs; fetch the records first: "
        f"{fetching(frame)}"
    )


def _refuse_untold(records: EngineRecords, expressions: Sequence[Expression]) -> None:
    """Dask answers a comparison with a missing whole number, date or choice by false, where it is unknown."""
    real = (nw.Float32, nw.Float64)
    asked = {
        name: one.text
        for one in expressions
        for name in one.names
        if one.text != name
        and records.schema[name] != nw.String
        and (records.schema[name] not in real or (one.kind == "truth" and "if_else" in one.text))
    }
    if not asked:
        return
    counts = records.frame.select(*(records.missing(name).cast(nw.Int64).sum().alias(name) for name in asked))
    lost = {name: count for name, count in fetched(counts).row(0, named=True).items() if count}
    if lost:
        name = next(iter(lost))
        raise EstimationError(
            f"{asked[name]!r} asks for {name!r}, which is missing in {lost[name]} records: Dask would answer false "
            f"where the answer is unknown; fetch the records: {fetching(records.frame)}, or use DuckDB or polars on "
            "the files"
        )


@dataclass(frozen=True, slots=True, eq=False)
class EngineColumns:
    """The rules of a call as columns of an engine's frame.

    Attributes
    ----------
    frame : the frame with a column for each rule.
    columns, kinds : by the text of a rule, its column and what it gives.
    failed : by text, the column that is true where a rule gave no number though its names are known.
    """

    records: EngineRecords
    frame: nw.LazyFrame[Any]
    columns: Mapping[str, str]
    kinds: Mapping[str, str]
    failed: Mapping[str, str]

    @staticmethod
    def of(records: EngineRecords, expressions: Sequence[Expression]) -> EngineColumns:
        """Lay rules on the frame."""
        if engine_name(records.frame) == "Dask":
            _refuse_untold(records, expressions)
        laid = lay(records.frame, {one.text: one for one in expressions}, place=records.place)
        return EngineColumns(records, laid.frame, laid.columns, laid.kinds, laid.failed)

    def more(self, expressions: Sequence[Expression], frame: nw.LazyFrame[Any]) -> EngineColumns:
        """Lay the rules that are not there yet, on the frame as it is by now."""
        new = {one.text: one for one in expressions if one.text not in self.columns}
        if not new:
            return replace(self, frame=frame)
        laid = lay(frame, new, place=self.records.place, mark="more ")
        columns, kinds = {**self.columns, **laid.columns}, {**self.kinds, **laid.kinds}
        return EngineColumns(self.records, laid.frame, columns, kinds, self.failed)

    def raw(self, expression: Expression) -> nw.Expr:
        """The column of a rule as it is."""
        return nw.col(self.columns[expression.text])

    def number(self, expression: Expression) -> nw.Expr:
        """A rule as numbers; a truth value is 0 or 1.

        Raises
        ------
        VariableError if it holds text.
        """
        kind = self.kinds[expression.text]
        if kind not in ("number", "truth", "empty"):
            raise VariableError(
                f"{expression.text!r} in {self.records.place} holds {kind} "
                "where numbers are wanted; use proportion() for its categories, or read it as numbers first"
            )
        return self.raw(expression).cast(nw.Float64) if kind == "truth" else self.raw(expression)

    def known(self, text: str, *, as_factor: bool) -> nw.Expr:
        """Where the rule of a text is known; of a category a text of blanks is not."""
        column = nw.col(self.columns[text])
        if as_factor and self.kinds[text] == "text":
            return ~column.is_null() & (column.fill_null("") != "")
        return ~column.is_null()
