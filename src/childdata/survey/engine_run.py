"""From the small tables of an engine to estimates: the same rows, pairs and trees as in memory.

A row of a table stands where a record stands in memory: it lies in one sampling unit and one cell, and brings its sums
with it. Everything from the pairs of unit and cell on is the very code that serves records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import narwhals as nw
import numpy as np
import polars as pl

from childdata.errors import EstimationError, LineError
from childdata.survey.arrays import Codes, Floats
from childdata.survey.call import Call, rules_of, with_categories_filled, with_scales
from childdata.survey.design import Design
from childdata.survey.domains import Factor, make_factor, partition
from childdata.survey.engine_ranked import NO_RECORDS, EngineSeen, EngineShared, Place, in_the_engine
from childdata.survey.engine_records import EngineRecords
from childdata.survey.engine_replicate_columns import df_of_products, products_by
from childdata.survey.engine_replicates import engine_replicate_values
from childdata.survey.engine_summed import Summed
from childdata.survey.engine_sums import (
    EVERYONE,
    INSIDE,
    Crossing,
    Mask,
    SmallTables,
    Summing,
    key_of,
    mask_of,
    masks_of,
    summarised,
    trees_of,
)
from childdata.survey.estimate import (
    Result,
    View,
    Work,
    inference_of,
    interval_note,
    lonely_note,
    names_of,
    others_missed,
    result_of,
    rows_of_statistic,
)
from childdata.survey.layout import (
    Layout,
    asks_for_rank,
    empty_cells_note,
    facts_of,
    rank_by_row,
    units_of,
    unknown_members,
)
from childdata.survey.measure import measure
from childdata.survey.reduce import Grouped, Members, Pairs, members_by_row, triplets
from childdata.survey.seen import Inference, Seen, Shared
from childdata.survey.statistic import Node, Statistic, Whole, leaves
from childdata.words import word


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """One entry of a call at an engine: its layout, and where the rows of its table lie.

    Attributes
    ----------
    row : array (table rows,); the entry of the design's arrays that each row belongs to.
    place : what an engine needs to find the cells again.
    """

    layout: Layout
    table: pl.DataFrame
    row: Codes
    place: Place


def run_on_engine(records: EngineRecords, design: Design, call: Call) -> Result:
    """Carry out a call where the records are."""
    for one in call.statistics.values():
        in_the_engine(one)
    summing = Summing(records, call)
    call = summing.without_moments()
    assert records.units is not None
    return finish(summarised(summing), design, call, records.units.frame.select(records.keys), summing=summing)


def finish(
    summary: SmallTables,
    design: Design,
    call: Call,
    units: pl.DataFrame,
    *,
    summing: Summing | None = None,
    crossings: Sequence[Crossing] = (),
    place: str = "the data",
) -> Result:
    """The rows of a call from its small tables.

    Parameters
    ----------
    units : the keys of the design's entries, in their order.
    summing : the engine, for what is found by rank; None where there are only tables.
    crossings : of the call, where there is no engine.
    """
    statistics, item_labels = with_categories_filled(with_scales(call.statistics, summary), summary)
    masks = masks_of(statistics, call)
    crossings = crossings if summing is None else summing.crossings
    notes = _domain_notes(summary, call, place) + _missing_by_notes(summary, call, crossings)
    crossed = []
    for variables, groupings in crossings:
        made, told_of = _crossed(summary.entries[variables], variables, groupings, units, design, call, summing)
        crossed.append(made)
        notes += told_of
    notes += _undefined_notes(summary) + lonely_note(design, call.lonely) + _checked(summary, statistics)
    notes += interval_note(statistics, call)
    _refuse_lost(summary, masks, call)
    alone = bool(call.where) and summary.count("inside") == summary.count("records")
    missed = others_missed(None, call, domain_is_all=alone)
    work = EngineWork(NO_RECORDS, design, call, None, missed, summary=summary, units=units, summing=summing)
    blocks = []
    for name, statistic in statistics.items():
        views = [view for one in crossed for view in _views(statistic, masks[name], one, work)]
        blocks += rows_of_statistic(name, statistic, views, work, item_labels)
    return result_of(blocks, statistics, design, call, [*notes, *work.notes])


def _domain_notes(summary: SmallTables, call: Call, place: str) -> list[str]:
    notes, rules = [], rules_of(call.where)
    for rule in rules:
        if summary.count("neither", rule.text):
            raise EstimationError(
                f"where={rule.text!r} is neither true nor false: {rule.text!r} holds other numbers than 0 and 1; "
                f"write a rule such as '{rule.text} == 1'"
            )
        unknown = summary.count("where unknown", rule.text)
        notes += [word("told.where_unknown", rule=repr(rule.text), count=unknown)] if unknown else []
    if rules and not summary.count("inside"):
        notes.append(word("told.empty_domain", place=place, rule=" and ".join(repr(one.text) for one in rules)))
    return notes


def _missing_by_notes(summary: SmallTables, call: Call, crossings: Sequence[Crossing]) -> list[str]:
    names = dict.fromkeys(name for variables, _ in crossings for name in variables)
    counts = {name: summary.count("missing by", name) for name in names}
    told_as = f"told.missing_{call.missing_by}"
    return [word(told_as, name=repr(name), count=count) for name, count in counts.items() if count]


def _undefined_notes(summary: SmallTables) -> list[str]:
    counts = {
        text: summary.count("undefined", text) for text in summary.kinds if key_of("undefined", text) in summary.facts
    }
    return [word("told.undefined", rule=repr(text), count=count) for text, count in counts.items() if count]


def _checked(summary: SmallTables, statistics: Mapping[str, Statistic]) -> list[str]:
    notes = []
    for name, statistic in statistics.items():
        for check in statistic.checks:
            count = summary.count("check", name, check.rule.text)
            if count and check.action == "refuse":
                error = LineError if check.is_line else EstimationError
                raise error(f"{name}: {check.told.format(count=count)}")
            notes += [word(check.told, name=repr(name), count=count)] if count else []
    return notes


def _refuse_lost(summary: SmallTables, masks: Mapping[str, Mask], call: Call) -> None:
    for name, mask in masks.items() if call.missing == "fail" else ():
        lost = summary.count("lost", mask)
        if lost:
            raise EstimationError(
                f"{name} is unknown in {lost} records of the domain, and missing='fail' was asked for; "
                "missing='pairwise' leaves them out and counts them"
            )


def _crossed(
    table: pl.DataFrame,
    variables: tuple[str, ...],
    groupings: Sequence[tuple[str, ...]],
    units: pl.DataFrame,
    design: Design,
    call: Call,
    summing: Summing | None,
) -> tuple[Crossed, list[str]]:
    """The layout of one entry, from its table."""
    factors: list[Factor] = [make_factor(table[name], None) for name in variables]
    inside = table[INSIDE].to_numpy() if INSIDE in table.columns else None
    made = partition(factors, groupings, inside, call.missing_by, table.height)
    row = _rows_of_units(table, units)
    code, size = units_of(design)
    pairs = Pairs.of(code[row], size, made)
    grouped = tuple(Grouped.of(pairs, rows) for rows in made.groupings)
    rows, count, ones = (pairs.sums(table[key_of(name, EVERYONE)].to_numpy()) for name in ("rows", "count", "ones"))
    known = pairs.select(table[key_of("count", EVERYONE)].to_numpy()) > 0
    columns = [*table.select(variables).get_columns(), pl.Series("cell", made.cell)]
    place = Place(variables, pl.DataFrame(columns).unique(maintain_order=True))
    members = tuple(members_of(one, known, count, row, design) for one in grouped)
    if summing is not None and asks_for_rank(design, call):
        weight = table[key_of("ones", EVERYONE)].to_numpy()
        freedom = _df_of_replicates(grouped, weight, place, design, summing)
        members = tuple(replace(one, replicate_df=df) for one, df in zip(members, freedom, strict=True))
    layout = Layout(pairs, grouped, members, rows, count, ones)
    return Crossed(layout, table, row, place), empty_cells_note(factors, made)


def _df_of_replicates(
    grouped: Sequence[Grouped], weight: Floats, place: Place, design: Design, summing: Summing
) -> list[Floats]:
    """The rank of the replicate weights of each row less one, for each grouping, as `layout` has it in memory.

    Parameters
    ----------
    weight : array (table rows,); the sums of weights.
    """
    made, call, given = design.replicates, summing.call, summing.records.replicates > 0
    assert made is not None
    whole = not call.where and not (call.missing_by == "drop" and summing.by)
    products = _products_of_cells(place, summing, made.size) if given else np.zeros((0, 0))
    found = []
    for one in grouped:
        if whole and not one.rows.variables:
            found.append(np.full(one.size, made.degrees_of_freedom))
        elif given:
            sums = [products[one.rows.row_of_cell == row].sum(axis=0) for row in range(one.size)]
            found.append(np.array([df_of_products(each, made.size) for each in sums]))
        else:
            found.append(rank_by_row(one, made, weight))
    return found


def _products_of_cells(place: Place, summing: Summing, size: int) -> Floats:
    """The sums of products of replicate weights of each cell, array (cells, products)."""
    keys, products = products_by(summing.frame.filter(nw.col(INSIDE)), place.variables, size)
    cells = place.cells.filter(pl.col("cell") >= 0).sort("cell")
    if not place.variables:
        return products[: cells.height]
    numbered = keys.with_columns(pl.Series("childdata row", np.arange(len(products))))
    there = cells.join(numbered, on=list(place.variables), how="left", nulls_equal=True, maintain_order="left")
    result: Floats = products[there["childdata row"].to_numpy()]
    return result


def _rows_of_units(table: pl.DataFrame, units: pl.DataFrame) -> Codes:
    """The entry of the design's arrays that each row of a table belongs to."""
    keys = units.columns
    if not keys:
        return np.zeros(table.height, dtype=np.intp)
    there = table.select(pl.col(keys)).with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    numbered = units.with_columns(pl.Series("childdata row", np.arange(units.height)))
    found = there.join(numbered, on=keys, how="left", maintain_order="left")["childdata row"]
    if found.null_count():
        raise EstimationError(
            f"{found.null_count()} sampling units are in the records now that were not there when the survey was "
            "declared; declare it again"
        )
    return found.to_numpy().astype(np.intp)


def members_of(grouped: Grouped, known: np.ndarray, count: Floats, row: Codes, design: Design) -> Members:
    """The PSUs of each row with a record that counts."""
    if design.replicates is None:
        return members_by_row(grouped, count > 0, design.stages)
    if not design.units_known:
        return unknown_members(grouped)
    pairs, last = grouped.pairs, design.stages[-1]
    inside = row if pairs.inside is None else row[pairs.inside]
    kept = np.flatnonzero(known)
    place, unit = pairs.place[kept], last.unit[inside[kept]]
    units = last.stratum.size
    codes = np.unique(place * units + unit)
    by_unit = Pairs(pairs.cells, codes, codes // units, None, codes % units, codes // units, False)
    return members_by_row(Grouped.of(by_unit, grouped.rows), np.ones(codes.size, dtype=bool), design.stages)


def _views(statistic: Statistic, mask: Mask, crossed: Crossed, work: EngineWork) -> list[View]:
    """A statistic seen from each grouping of an entry."""
    layout, table, summary = crossed.layout, crossed.table, work.summary
    trees = trees_of(statistic)
    measured = Summed.read(table, layout.pairs, trees, mask, summary.shift)
    known_rows = layout.pairs.sums(table[key_of("rows", mask)].to_numpy())
    sample = float(summary.facts[key_of("sample n", mask)][0]), float(summary.facts[key_of("sample size", mask)][0])
    views: list[View] = []
    for grouped, everyone in zip(layout.grouped, layout.members, strict=True):
        own = everyone
        if mask != EVERYONE:
            own = members_of(grouped, measured.known, measured.count, crossed.row, work.design)
        facts = facts_of(layout, grouped, measured, (everyone, own), grouped.by_row(known_rows), sample)
        inference = None
        if work.design.replicates is None:
            of_pairs = partial(triplets, grouped, member=measured.count > 0)
            inference = inference_of(grouped, work.design, work.call, facts, of_pairs, lambda _: None)
        views.append((work.seen(grouped, measured, crossed.place, trees, inference), facts))
    return views


@dataclass(frozen=True, slots=True, eq=False)
class EngineWork(Work):
    """What a call at an engine has at hand while it is carried out."""

    summary: SmallTables = field(kw_only=True)
    units: pl.DataFrame = field(kw_only=True)
    summing: Summing | None = field(kw_only=True)

    def seen(
        self, grouped: Grouped, measured: Summed, place: Place, trees: Sequence[Node], inference: Inference | None
    ) -> EngineSeen:
        """A statistic seen from one grouping."""
        return EngineSeen(
            grouped, measured, NO_RECORDS, self.whole, inference,
            summed=measured, place=place, trees=tuple(trees), summing=self.summing,
        )  # fmt: skip

    def replicated(self, node: Node, seen: Seen) -> Floats | None:
        """The values of a tree under each replicate weight, where there are any; array (R, rows)."""
        if self.design.replicates is None:
            return None
        assert isinstance(seen, EngineSeen)
        given = self.summing is not None and self.summing.records.replicates > 0
        return engine_replicate_values(node, seen, self.design.replicates, given=given)

    def _on_all_records(self, leaf: Whole) -> Shared:
        table, mask = self.summary.whole, mask_of([leaf.node])
        assert table is not None
        made = partition([], [()], None, "total", table.height)
        row = _rows_of_units(table, self.units)
        code, size = units_of(self.design)
        measured = Summed.read(table, Pairs.of(code[row], size, made), [leaf.node], mask, self.summary.shift)
        lost = self.summary.count("lost of all", mask)
        if lost:
            names = ", ".join(dict.fromkeys(one.text for inner in leaves(leaf.node) for one in names_of(inner)))
            self.notes.append(word("told.line_unknown", name=repr(names), count=lost))
        place = Place((), pl.DataFrame({"cell": [0]}))
        grouped = Grouped.of(measured.pairs, made.groupings[0])
        seen = replace(self.seen(grouped, measured, place, [leaf.node], None), by_record=True)
        piece = measure(leaf.node, seen)
        weights, records = float(measured.ones.sum()), float(measured.count.sum())
        value = float(piece.value[0])
        return EngineShared(
            value, self.column(piece, seen), np.zeros(0), None, formula=seen.formulas[-1], size=weights, count=records
        )
