"""The design of records at an engine: declared from one group-by of strata and sampling units.

The engine adds up records and weights by unit, and counts what is missing, negative or zero; units and strata get
their codes from that small table. From here on a `Design` has one entry per combination of strata and units where it
has one per record in memory: all that a variance needs of the design is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from childdata.errors import DesignError
from childdata.expression import Expression, Rule, lay, parse
from childdata.survey.arrays import Codes, Floats
from childdata.survey.description import WeightFacts
from childdata.survey.design import (
    Design,
    Stage,
    crossed,
    encode,
    label,
    make_stages,
    refuse_count,
    weight_notes,
)
from childdata.survey.engine_records import WEIGHT, EngineRecords, UnitTable, engine_name, fetched, fetching, joined
from childdata.words import word

_ROLE_UNIT, _ROLE_STRATA = "identifies sampling units", "identifies strata or units"


def declare(
    records: EngineRecords,
    weight: Rule | None,
    strata: Sequence[str],
    psu: Sequence[str],
    sizes: Sequence[Rule],
    *,
    replicated: bool = False,
) -> tuple[EngineRecords, Design]:
    """The design of records at an engine, and the records with their weight.

    Parameters
    ----------
    weight, strata, psu : as for `Survey`; names as in the data.
    sizes : the fpc of each stage.
    replicated : whether replicate weights give the variance, so that units are not needed.

    Raises
    ------
    DesignError as for a survey in memory, and where no `psu` is given.
    """
    if not psu and (sizes or not replicated):
        raise DesignError(
            f"the engine ({engine_name(records.frame)}) sums by sampling unit, so psu= is needed; if each record is a "
            f"unit of its own, name the column with its number, or fetch the records: {fetching(records.frame)}"
        )
    laid = _with_design_rules(records, weight, sizes)
    unit_keys = tuple(psu[: len(sizes) + 1])  # without an fpc, what is drawn inside a unit has no part
    table = UnitTable(
        _units(laid, records, tuple(dict.fromkeys([*strata, *unit_keys])), psu, len(sizes)),
        tuple(strata),
        unit_keys,
        len(sizes),
        ("1 / sampling fraction" if sizes else "1") if weight is None else parse(weight).text,
        weight is not None,
    )
    if not table.frame.height:
        raise DesignError(f"{records.place} has no records")
    for name in [*strata, *psu]:
        refuse_count(
            _missing(table, name), table.total("records"), name, _ROLE_STRATA if name in strata else _ROLE_UNIT
        )
    design = design_of(table)
    frame = laid.select(*records.names, WEIGHT)
    if not table.given:
        frame = _with_weight_of_units(frame, table, design)
    return replace(records, frame=frame, units=table, weights=weight_facts(table, design)), design


def _with_design_rules(records: EngineRecords, weight: Rule | None, sizes: Sequence[Rule]) -> nw.LazyFrame[Any]:
    rules: dict[str, Expression] = {} if weight is None else {"weight": parse(weight)}
    rules |= {f"fpc {number}": parse(size) for number, size in enumerate(sizes, start=1)}
    laid = lay(records.frame, rules, place=records.place, mark="design ")
    for name, kind in laid.kinds.items():
        if kind not in ("number", "empty"):
            held = "truth values" if kind == "truth" else "text"
            raise DesignError(f"{name} {rules[name].text!r} in {records.place} holds {held} where numbers are wanted")
    made = [nw.col(column).alias(f"childdata {name}") for name, column in laid.columns.items()]
    made += [nw.lit(1.0).alias(WEIGHT)] if weight is None else []
    return laid.frame.with_columns(*made)


def _units(
    laid: nw.LazyFrame[Any], records: EngineRecords, keys: tuple[str, ...], psu: Sequence[str], sizes: int
) -> pl.DataFrame:
    """Records and weights by unit; ends of the fpc."""
    weight, one = nw.col(WEIGHT), nw.lit(1.0)
    known = weight.fill_null(0.0)

    def count(condition: nw.Expr) -> nw.Expr:
        return nw.when(condition).then(one).otherwise(nw.lit(0.0))

    sums = {
        "records": nw.lit(1.0),
        "weight": known,
        "squares": known * known,
        "missing": count(weight.is_null()),
        "negative": count(known < 0),
        "zeros": count(~weight.is_null() & (known == 0)),
    }
    sums |= {f"unknown {name}": count(records.missing(name)) for name in dict.fromkeys(psu) if name not in keys}
    sums |= {f"unknown fpc {k}": count(nw.col(f"childdata fpc {k}").is_null()) for k in range(1, sizes + 1)}
    prepared = laid.with_columns(
        *(made.alias(f"childdata {name}") for name, made in sums.items()),
        nw.when(known > 0).then(known).alias("childdata positive"),
    )
    positive = nw.col("childdata positive")
    ends = [positive.min().alias("childdata least"), positive.max().alias("childdata most")]
    for k in range(1, sizes + 1):
        column = nw.col(f"childdata fpc {k}")
        ends += [column.min().alias(f"childdata least fpc {k}"), column.max().alias(f"childdata most fpc {k}")]
    added = [nw.col(f"childdata {name}").sum() for name in sums]
    if not keys:
        return fetched(prepared.select(*added, *ends))
    found = fetched(prepared.group_by(*keys).agg(*added, *ends))
    return found.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)).sort(keys, nulls_last=True)


def _missing(table: UnitTable, name: str) -> int:
    if f"childdata unknown {name}" in table.frame.columns:
        return table.total(f"unknown {name}")
    return int(table.column("records").filter(table.frame[name].is_null()).sum())


def design_of(table: UnitTable) -> Design:
    """The design of a table of units, checked."""
    frame = table.frame
    count = table.total("records")
    stratum: Codes = np.zeros(frame.height, dtype=np.intp)
    strata_labels: tuple[str, ...] = ("all",)
    if table.strata:
        stratum, strata_labels = crossed([frame[name] for name in table.strata])
    units = [encode(frame[name])[0] for name in table.psu]
    stages = _stages(table, stratum, units, count) if units else _counted(table, stratum)
    notes: list[str] = []
    if table.given:
        weight = table.column("weight").to_numpy()
        missing, negative, zeros = (table.total(name) for name in ("missing", "negative", "zeros"))
        notes += weight_notes(missing, negative, zeros, count, table.weight)
    else:
        weight = weight_of_record(stages) * table.column("records").to_numpy()
        notes.append(word("told.weight_from_fpc" if _all_sized(stages) else "told.no_weight"))
    if not units:
        return Design(weight, stages, strata_labels, None, tuple(notes))
    distinct, first = frame[table.psu[0]].n_unique(), stages[0]
    if distinct < first.stratum.size:
        notes.append(word("told.reused", name=repr(table.psu[0]), distinct=distinct, units=first.stratum.size))
    row = np.zeros(first.stratum.size, dtype=np.intp)
    row[first.unit] = np.arange(frame.height)
    labels = tuple(label(value) for value in frame[table.psu[0]].gather(row).to_list())
    return Design(weight, stages, strata_labels, labels, tuple(notes))


def _stages(table: UnitTable, stratum: Codes, units: list[Codes], records: int) -> tuple[Stage, ...]:
    """The stages; each row stands twice, with the least and the largest fpc of its records: both are checked."""
    sizes: list[Floats | None] = []
    for k in range(1, table.sizes + 1):
        name = f"fpc of {table.psu[k - 1]}"
        refuse_count(table.total(f"unknown fpc {k}"), records, name, "gives population sizes")
        ends = [table.column(f"{end} fpc {k}").to_numpy() for end in ("least", "most")]
        sizes.append(np.concatenate(ends))
    sizes += [None] * (len(units) - len(sizes))
    twice = make_stages(np.tile(stratum, 2), [np.tile(unit, 2) for unit in units], sizes, table.psu)
    return tuple(replace(stage, unit=stage.unit[: stratum.size]) for stage in twice)


def _counted(table: UnitTable, stratum: Codes) -> tuple[Stage, ...]:
    """The stage of a design whose units are the records: they are counted by stratum, and not told apart."""
    sampled = table.column("records").to_numpy().astype(np.intp)
    return (Stage(stratum, np.arange(sampled.size), sampled, np.full(sampled.size, np.inf), np.ones(sampled.size)),)


def _all_sized(stages: Sequence[Stage]) -> bool:
    return not any(np.isinf(stage.population).any() for stage in stages)


def weight_of_record(stages: Sequence[Stage]) -> Floats:
    """The weight of a record of each unit, where the design gives it: the inverse of the sampling fractions."""
    weight = np.ones(stages[0].unit.size)
    if _all_sized(stages):
        for stage in stages:
            weight = weight * (stage.population / stage.sampled)[stage.stratum[stage.unit]]
    return weight


def _with_weight_of_units(frame: nw.LazyFrame[Any], table: UnitTable, design: Design) -> nw.LazyFrame[Any]:
    weight = weight_of_record(design.stages)
    if (weight == 1).all():
        return frame
    names = [name for name in frame.collect_schema().names() if name != WEIGHT]
    units = table.frame.select(*table.keys, pl.Series(WEIGHT, weight))
    return joined(frame.select(*names), units, table.keys)


def weight_facts(table: UnitTable, design: Design) -> WeightFacts:
    """The facts of the weights of all records."""
    records = table.total("records")
    if table.given:
        total, squares = (float(table.column(name).sum()) for name in ("weight", "squares"))
        ends = (float(table.column("least").min()), float(table.column("most").max()))  # type: ignore[arg-type]
        return WeightFacts(records, table.total("zeros"), total, squares, *ends)
    weight, count = weight_of_record(design.stages), table.column("records").to_numpy()
    ends = (float(weight.min()), float(weight.max()))
    return WeightFacts(records, 0, float((weight * count).sum()), float((weight**2 * count).sum()), *ends)
