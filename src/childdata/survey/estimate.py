"""From a survey and statistics to estimates: the order of work of one call.

1. The rules of all statistics are evaluated on the records, once.
2. Each entry of `by` or `each` makes a partition of the records into cells, and pairs of unit and cell.
3. Each statistic is summed by pair, and read off for every item and grouping as a `Piece` of rows.
4. The scores of all pieces side by side are the `Spread`; its variances, with df and design effect, make the rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from childdata.errors import LineError
from childdata.expression import Expression
from childdata.survey.arrays import Floats, summed
from childdata.survey.blocks import Residuals, blocks_of
from childdata.survey.call import (
    Call,
    checked,
    domain_of,
    rules_of,
    undefined_notes,
    with_categories_filled,
    with_missing_rule,
    with_scales,
)
from childdata.survey.columns import Columns, Records
from childdata.survey.design import Design, label
from childdata.survey.domains import Rows, partition
from childdata.survey.layout import (
    Layout,
    asks_for_rank,
    degrees_of_freedom,
    layouts_of,
    rank_by_row,
    shared_facts,
    units_of,
)
from childdata.survey.leaves import is_step
from childdata.survey.measure import Piece, measure, rows_of_influence
from childdata.survey.quantiles import Quantile, is_found_again
from childdata.survey.reduce import Grouped, Pairs, Triplets, stacked, triplets
from childdata.survey.replicated import replicate_errors, replicate_values
from childdata.survey.replicates import Replicates
from childdata.survey.seen import Inference, Seen, Shared
from childdata.survey.spread import GRAM_ABOVE, Block, Gram, Replicated, Scores, Spread
from childdata.survey.statistic import Constant, Count, Item, Leaf, Node, Statistic, Total, Whole, leaves, wholes
from childdata.survey.sums import Basis, Measured, Used
from childdata.survey.variance import LonelyRule
from childdata.survey.wide import Common, beside
from childdata.words import word

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ENTRIES_KEPT = 20_000_000  # scores of many units are kept up to here: 320 MB
# What a row may be called that is not every person of a household.
PART_OF_PERSONS = re.compile(
    r"\b(child(ren)?|girls?|boys?|births?|wom[ae]n|mothers?|m[ae]n|pupils?|students?"
    r"|реб[её]нок|дети|девочк[аи]|мальчики?|рождени[ея]|женщин[аы]|мужчин[аы])\b",
    re.IGNORECASE,
)
ROWS_FOR_GRAM = 3_000  # with more rows their covariance matrix outweighs the scores


@dataclass(frozen=True, slots=True, eq=False)
class RowBlock:
    """The rows of one statistic, item and grouping, complete but for what needs the variance."""

    name: str
    item: float | str | None
    item_label: str
    item_is_number: bool
    scale: str
    difference_of: str
    is_of_rules: bool
    rows: Rows
    piece: Piece
    scores: Triplets | None
    common: tuple[Common, ...]
    replicated: Floats | None
    grouped: Grouped
    facts: Mapping[str, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The rows of a call in order, and their spread."""

    blocks: tuple[RowBlock, ...]
    spread: Spread
    variance: Floats
    notes: tuple[str, ...]


def run(records: Records, design: Design, call: Call) -> Result:
    """Carry out a call."""
    expressions = [one for statistic in call.statistics.values() for one in statistic.expressions()]
    columns = Columns.of(records, [*expressions, *rules_of(call.where)])
    statistics, item_labels = with_categories_filled(with_scales(call.statistics, columns), columns)
    inside, notes = domain_of(columns, rules_of(call.where), records)
    layouts, by_notes = layouts_of(records, design, call, inside)
    notes += by_notes + undefined_notes(columns) + lonely_note(design, call.lonely)
    notes += checked(statistics, columns, inside, design)
    notes += interval_note(statistics, call)
    bases = {name: Basis.of([item.node for item in one.items], columns) for name, one in statistics.items()}
    bases = with_missing_rule(bases, call, inside, design.weight)
    alone = bool(call.where) and design.form is None and inside is not None and bool(inside.all())
    missed = others_missed(records.unit, call, domain_is_all=alone)
    work = Work(columns, design, call, Residuals(design) if design.adjustments else None, missed)
    blocks = [
        block
        for name, statistic in statistics.items()
        for block in rows_of_statistic(name, statistic, _views(bases[name], layouts, work), work, item_labels)
    ]
    return result_of(blocks, statistics, design, call, [*notes, *work.notes])


def result_of(
    blocks: list[RowBlock], statistics: Mapping[str, Statistic], design: Design, call: Call, notes: list[str]
) -> Result:
    """The rows of a call with their spread."""
    spread = spread_of(blocks, design, call)
    notes += _replicate_notes(blocks, statistics, design)
    negative = 0 if design.form is None else int((spread.raw_variances() < 0).sum())
    notes += [word("told.negative_variance", count=negative)] if negative else []
    notes += _without_error(blocks, design)
    return Result(tuple(blocks), spread, spread.variances(), tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What a call has at hand while it is carried out; trees on the whole survey are found once.

    `others_missed`: why the records are not all persons of the survey, or "" where nothing tells so.
    """

    columns: Columns
    design: Design
    call: Call
    residuals: Residuals | None
    others_missed: str
    notes: list[str] = field(default_factory=list)
    _shared: dict[Whole, Shared] = field(default_factory=dict)

    def whole(self, leaf: Whole) -> Shared:
        """A tree on all records of the survey."""
        if leaf not in self._shared:
            if self.others_missed and leaf.of == "survey":
                raise LineError(self.others_missed)
            self._shared[leaf] = self._on_all_records(leaf)
        return self._shared[leaf]

    def _on_all_records(self, leaf: Whole) -> Shared:
        design, records = self.design, self.design.weight.size
        made = partition([], [()], None, "total", records)
        unit, units = units_of(design)
        pairs = Pairs.of(unit, units, made)
        basis = Basis.of([leaf.node], self.columns)
        if basis.known is not None:
            lost = int((~basis.known & (design.weight > 0)).sum())
            names = ", ".join(dict.fromkeys(one.text for inner in leaves(leaf.node) for one in names_of(inner)))
            if lost:
                self.notes.append(word("told.line_unknown", name=repr(names), count=lost))
        measured = Measured.of(basis, Used.of(pairs, basis.known, design.weight))
        seen = Seen(Grouped.of(pairs, made.groupings[0]), measured, self.columns, self.whole, None, by_record=True)
        piece = measure(leaf.node, seen)
        influence = np.zeros(records) if piece.influence is None else piece.influence
        for slope, shared in piece.wide:
            influence = influence + slope[0] * shared.influence
        replicated = None
        if design.replicates is not None:
            found_again = self.replicated(leaf.node, seen)
            replicated = None if found_again is None else found_again[:, 0]
        return Shared(float(piece.value[0]), self.column(piece, seen), influence, replicated, measured.weight)

    def column(self, piece: Piece, seen: Seen) -> csr_array | None:
        """The scores of a piece of one row by unit of the last stage, sparse array (units, 1)."""
        from scipy.sparse import csr_array

        if self.design.replicates is not None:
            return None
        own, common = self.scores(piece, seen)
        score = summed(own.unit, own.value, self.design.stages[-1].stratum.size)
        for one in common:
            score = score + one.column(0)
        return csr_array(score[:, None])

    def replicated(self, node: Node, seen: Seen) -> Floats | None:
        """The values of a tree under each replicate weight, where there are any; array (R, rows)."""
        return None if self.design.replicates is None else replicate_values(node, seen, self.design.replicates)

    def scores(self, piece: Piece, seen: Seen) -> tuple[Triplets, tuple[Common, ...]]:
        """The scores of the rows of a piece by unit of the last stage, and what lies in every unit.

        That is what calibration takes off, and the scores of what comes from all records.
        """
        common = []
        if self.residuals is not None:
            common.append(self.residuals.of_entries(*rows_of_influence(piece, seen), seen.grouped.size))
        for slope, shared in piece.wide:
            assert shared.score is not None
            if np.isfinite(shared.score.data).all():
                # else the rows that it has a part in are unknown already
                common.append(Common.of(shared.score, slope[None, :]))
        return triplets(seen.grouped, piece.score, seen.measured.count > 0), tuple(common)


def others_missed(unit: str | None, call: Call, *, domain_is_all: bool) -> str:
    """Why the records are not all persons of the survey, of whom a relative line is: it would be another line.

    Parameters
    ----------
    unit : what a row is, where the data say so.
    domain_is_all : a domain was named, and no record is outside it.

    Returns
    -------
    A sentence for the error, or "".
    """
    if PART_OF_PERSONS.search(unit or ""):
        found = f"a row of this file is a {unit}, and the line would be that of their households only"
        instead = "Make the survey of all persons and name these by where=, give the line as a number, or say"
        last = "within='file' if the line is to be of the rows of this file"
    elif domain_is_all:
        rules = " and ".join(repr(str(getattr(rule, "text", rule))) for rule in call.where)
        found = f"the survey holds only those of its domain: no record is outside where={rules}"
        instead = "Make the survey of all persons and keep where=, give the line as a number, or say"
        last = "within='domain' if the line is to be that of the domain"
    else:
        return ""
    return f"a relative line is of all persons of the survey, but {found}. {instead} {last}"


def names_of(leaf: Leaf) -> tuple[Expression, ...]:
    return () if isinstance(leaf, (Count, Whole)) else leaf.expressions()


View = tuple[Seen, dict[str, Floats]]  # a statistic seen from one grouping, and what stands beside its estimates


def _views(basis: Basis, layouts: Sequence[Layout], work: Work) -> list[View]:
    design = work.design
    views: list[View] = []
    for layout in layouts:
        measured = Measured.of(basis, layout.used(basis, design.weight))
        for grouped, known in zip(layout.grouped, shared_facts(layout, measured, design), strict=True):
            inference = _inference(grouped, measured, work, known)
            by_record = bool(design.adjustments)
            views.append((Seen(grouped, measured, work.columns, work.whole, inference, by_record=by_record), known))
    return views


def rows_of_statistic(
    name: str,
    statistic: Statistic,
    views: Sequence[View],
    work: Work,
    item_labels: Mapping[tuple[str, float | str | None], str],
) -> list[RowBlock]:
    """The rows of a statistic, item by item in every grouping."""
    blocks = []
    for item in statistic.items:
        named = item_labels.get((name, item.label))
        text = named or ("" if item.label is None else label(item.label))
        for one, known in views:
            piece = measure(item.node, one)
            replicated = work.replicated(item.node, one)
            scores, common = work.scores(piece, one) if replicated is None else (None, ())
            told = (statistic.scale, statistic.difference_of, _is_of_rules(item))
            labels = (name, item.label, text, named is None, *told)
            # the influence by record has done its part, and weighs as much as a column of the survey
            kept = replace(piece, influence=None)
            blocks.append(RowBlock(*labels, one.grouped.rows, kept, scores, common, replicated, one.grouped, known))
    return blocks


def _is_of_rules(item: Item) -> bool:
    """Whether all that is summed is a rule, so that 0 and 1 mean: none, and all."""
    return all(
        isinstance(leaf, Total)
        and leaf.of is None
        and (leaf.expression.kind == "truth" or leaf.category is not None or not leaf.expression.names)
        for leaf in leaves(item.node)
    )


def interval_note(statistics: Mapping[str, Statistic], call: Call) -> list[str]:
    """That an interval of shares was asked for, and there is no share."""
    if call.interval == "auto" or any(one.scale == "share" for one in statistics.values()):
        return []
    return [word("told.interval_unused", interval=repr(call.interval))]


def lonely_note(design: Design, rule: LonelyRule) -> list[str]:
    count = int(design.lonely.size) if design.replicates is None else 0
    return [word("told.lonely", count=count, rule=repr(rule))] if count and rule != "fail" else []


def _without_error(blocks: Sequence[RowBlock], design: Design) -> list[str]:
    """Rows of more than one PSU that have a value and no standard error."""
    if design.replicates is not None:
        return []
    notes = []
    for key in ("no_slope", "no_limit"):
        count = sum(int((getattr(one.piece, key) & (one.facts["psus"] > 1)).sum()) for one in blocks)
        notes += [word(f"told.{key}", count=count)] if count else []
    return notes


def _replicate_notes(blocks: list[RowBlock], statistics: Mapping[str, Statistic], design: Design) -> list[str]:
    """Replicates that give a row no value; how quantiles, and what hangs on them, have their variance."""
    if design.replicates is None:
        return []
    notes = []
    pairs = [(block.replicated, block.piece.value) for block in blocks if block.replicated is not None]
    lost = sum(int((np.isnan(values) & ~np.isnan(value)).sum()) for values, value in pairs)
    if lost:
        notes.append(word("told.replicates_unknown", count=lost))
    return notes + _cut_notes(statistics, design.replicates)


def _cut_notes(statistics: Mapping[str, Statistic], replicates: Replicates) -> list[str]:
    """Which quantiles were found again in each replicate, and which have Woodruff's interval or an influence."""
    trees = [item.node for one in statistics.values() for item in one.items]
    trees += [leaf.node for tree in trees for leaf in wholes(tree)]
    ranked = [leaf for tree in trees for leaf in leaves(tree) if not isinstance(leaf, (Total, Count, Whole))]
    notes: dict[str, None] = {}
    for leaf in ranked:
        estimated = any(not isinstance(one, Constant) for one in leaf.parameters)
        if isinstance(leaf, Quantile) and is_found_again(leaf, replicates):
            far = replicates.finds_cuts
            notes[word(f"told.{'quantile_again' if far else 'jackknife_quantile'}", kind=replicates.kind)] = None
        elif isinstance(leaf, Quantile) and leaf.interval is not None:
            notes[word("told.quantile_woodruff", kind=replicates.kind)] = None
        elif not replicates.finds_cuts and (isinstance(leaf, Quantile) or estimated or is_step(leaf)):
            notes[word("told.cut_linear", kind=replicates.kind)] = None
    return list(notes)


def _inference(grouped: Grouped, measured: Measured, work: Work, facts: Mapping[str, Floats]) -> Inference:
    """What Woodruff's interval needs."""
    design, call = work.design, work.call

    def triplets_of(weighted: Floats) -> Triplets:
        return triplets(grouped, measured.pairs.sums_inside(weighted), measured.count > 0)

    def common_of(weighted: Floats) -> Common | None:
        if work.residuals is None:
            return None
        row, pairs = grouped.row_of_records(), measured.pairs
        kept = np.flatnonzero((row >= 0) & measured.known)
        record = kept if pairs.inside is None else pairs.inside[kept]
        return work.residuals.of_entries(row[kept], record, weighted[kept], grouped.size)

    made = inference_of(grouped, design, call, facts, triplets_of, common_of)
    if design.replicates is None:
        return made
    replicates, known = design.replicates, measured.basis.known
    if asks_for_rank(design, call) and known is not None:
        made = replace(made, df=rank_by_row(grouped, replicates, np.where(known, replicates.base, 0.0)))
    errors = partial(replicate_errors, grouped, measured, replicates=replicates)
    return replace(made, replicates=replicates, of_replicates=errors)


def inference_of(
    grouped: Grouped,
    design: Design,
    call: Call,
    facts: Mapping[str, Floats],
    triplets_of: Callable[[Floats], Triplets],
    common_of: Callable[[Floats], Common | None],
) -> Inference:
    """What a quantile needs for its interval, given the scores of weight × influence, and what lies in every unit."""
    rule = call.lonely, call.lonely_domains

    def standard_errors(weighted: Floats) -> Floats:
        spread = blocks_of(triplets_of(weighted), grouped.size, design, *rule, common=common_of(weighted))
        with np.errstate(invalid="ignore"):
            return np.sqrt(spread.variances())

    n = facts["known_rows"] if call.convention.share_n == "all" else facts["n"]
    df = degrees_of_freedom(facts, design, call)
    if call.convention.df == "members" and call.df is None and design.replicates is None:
        df = facts["df_domain"]  # R leaves out the unknown before it counts the PSUs of a quantile
    return Inference(df, n, call.level, standard_errors, call.convention.largest)


def spread_of(blocks: list[RowBlock], design: Design, call: Call) -> Spread:
    if design.replicates is not None:
        estimate = np.concatenate([block.piece.value for block in blocks])
        values = np.hstack([block.replicated for block in blocks if block.replicated is not None])
        return Spread((Replicated(design.replicates, estimate, values),))
    sizes = [block.grouped.size for block in blocks]
    pieces = [block.scores for block in blocks if block.scores is not None]
    common = beside([block.common for block in blocks], sizes)
    spread = blocks_of(stacked(pieces, sizes), sum(sizes), design, call.lonely, call.lonely_domains, common=common)
    if call.keep == "scores" or sum(sizes) > ROWS_FOR_GRAM:
        return spread
    return Spread(tuple(_condensed(block) for block in spread.blocks))


def _condensed(block: Block) -> Block:
    """The covariance in place of scores that weigh more than the survey."""
    if not isinstance(block, Scores) or block.stage.stratum.size <= GRAM_ABOVE or block.size <= ENTRIES_KEPT:
        return block
    return Gram(block.stage, block.covariance())
