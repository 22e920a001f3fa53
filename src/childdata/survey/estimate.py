"""From a survey and statistics to estimates: the order of work of one call.

1. The rules of all statistics are evaluated on the records, once.
2. Each entry of `by` or `each` makes a partition of the records into cells, and pairs of unit and cell.
3. Each statistic is summed by pair, and read off for every item and grouping as a `Piece` of rows.
4. The scores of all pieces side by side are the `Spread`; its variances, with df and design effect, make the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from childdata.errors import EstimationError, LineError
from childdata.expression import Expression, Rule, parse
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.blocks import Residuals, blocks_of
from childdata.survey.columns import Columns, Records, both
from childdata.survey.design import Design, label
from childdata.survey.domains import Factor, MissingBy, Partition, Rows, entries_of, partition
from childdata.survey.intervals import Convention
from childdata.survey.measure import Inference, Piece, Seen, Shared, measure, rows_of_influence
from childdata.survey.reduce import Grouped, Members, Pairs, Triplets, members_by_row, stacked, triplets
from childdata.survey.replicated import replicate_values
from childdata.survey.spread import GRAM_ABOVE, Block, Gram, Replicated, Scores, Spread
from childdata.survey.statistic import Arithmetic, Item, Statistic, Total, Whole, leaves
from childdata.survey.sums import Basis, Measured, Used
from childdata.survey.variance import LonelyRule
from childdata.vocabulary import MISSING
from childdata.words import word

ENTRIES_KEPT = 20_000_000  # scores of many units are kept up to here: 320 MB
ROWS_FOR_GRAM = 3_000  # with more rows their covariance matrix outweighs the scores


@dataclass(frozen=True, slots=True)
class Call:
    """What one call of `Survey.estimate` asks for, checked."""

    statistics: Mapping[str, Statistic]
    by: Sequence[str] | str | None
    each: Sequence[str | Sequence[str]] | str | None
    where: Sequence[Rule]
    margins: bool
    level: float
    missing: str
    missing_by: MissingBy
    convention: Convention
    df: float | None
    interval: str
    lonely: LonelyRule
    lonely_domains: bool
    keep: str


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One entry of a call: its pairs, and each grouping with what all statistics share in it."""

    pairs: Pairs
    grouped: tuple[Grouped, ...]
    members: tuple[Members, ...]
    records: Floats
    counted: Floats
    weighted: Floats
    _used: dict[int, Used] = field(default_factory=dict)

    def used(self, basis: Basis, weight: Floats) -> Used:
        """The records where a basis is known, counted once for all statistics that share its mask."""
        key = id(basis.known)
        if key not in self._used:
            self._used[key] = Used.of(self.pairs, basis.known, weight)
        return self._used[key]


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
    columns = Columns.of(records, [*expressions, *_rules(call.where)])
    statistics, item_labels = _with_categories(_with_scales(call.statistics, columns), columns)
    inside, notes = _inside(columns, _rules(call.where), records)
    layouts, by_notes = _layouts(records, design, call, inside)
    notes += by_notes + _undefined_notes(columns) + _lonely_note(design, call.lonely)
    notes += _checked(statistics, columns, inside, design)
    if call.interval != "auto" and not any(one.scale == "share" for one in statistics.values()):
        notes.append(word("told.interval_unused", interval=repr(call.interval)))
    bases = {name: Basis.of([item.node for item in one.items], columns) for name, one in statistics.items()}
    bases = _missing_rule(bases, call, inside, design.weight)
    work = Work(columns, design, call, Residuals(design) if design.adjustments else None)
    blocks = [
        block
        for name, statistic in statistics.items()
        for block in _blocks_of_statistic(name, statistic, bases[name], layouts, work, item_labels)
    ]
    spread = _spread(blocks, design, call)
    notes += work.notes
    return Result(tuple(blocks), spread, spread.variances(), tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What a call has at hand while it is carried out; trees on the whole survey are found once."""

    columns: Columns
    design: Design
    call: Call
    residuals: Residuals | None
    notes: list[str] = field(default_factory=list)
    _shared: dict[Whole, Shared] = field(default_factory=dict)

    def whole(self, leaf: Whole) -> Shared:
        """A tree on all records of the survey."""
        if leaf not in self._shared:
            self._shared[leaf] = self._on_all_records(leaf)
        return self._shared[leaf]

    def _on_all_records(self, leaf: Whole) -> Shared:
        design, records = self.design, self.design.weight.size
        made = partition([], [()], None, "total", records)
        unit, units = _units(design)
        pairs = Pairs.of(unit, units, made)
        basis = Basis.of([leaf.node], self.columns)
        if basis.known is not None:
            lost = int((~basis.known & (design.weight > 0)).sum())
            names = ", ".join(dict.fromkeys(one.text for inner in leaves(leaf.node) for one in _names_of(inner)))
            self.notes += [word("told.line_unknown", name=repr(names), count=lost)] if lost else []
        measured = Measured.of(basis, Used.of(pairs, basis.known, design.weight))
        seen = Seen(Grouped.of(pairs, made.groupings[0]), measured, self.columns, self.whole, None, by_record=True)
        piece = measure(leaf.node, seen)
        influence = np.zeros(records) if piece.influence is None else piece.influence
        for slope, shared in piece.wide:
            influence = influence + slope[0] * shared.influence
        score, replicated = np.zeros(0), None
        if design.replicates is None:
            last = design.stages[-1]
            found = self.scores(piece, seen)
            score = np.bincount(found.unit, found.value, minlength=last.stratum.size)
        else:
            replicated = replicate_values(leaf.node, seen, design.replicates)[:, 0]
        return Shared(float(piece.value[0]), score, influence, replicated)

    def scores(self, piece: Piece, seen: Seen) -> Triplets:
        """The scores of the rows of a piece by unit of the last stage, calibration taken off."""
        rows = seen.grouped.size
        if self.residuals is not None:
            found = self.residuals.scores(*rows_of_influence(piece, seen), rows)
        else:
            found = triplets(seen.grouped, piece.score, seen.measured.count > 0)
        for slope, shared in piece.wide:
            units = shared.score.size
            row, unit = np.divmod(np.arange(rows * units), units)
            wide = Triplets(unit, row, slope[row] * shared.score[unit], distinct=True)
            found = stacked([found, wide], [0, 0], distinct=False)
        return found


def _names_of(leaf: object) -> tuple[Expression, ...]:
    return leaf.expressions() if isinstance(leaf, Total) or hasattr(leaf, "y") else ()


def _units(design: Design) -> tuple[Codes, int]:
    """The units that records are summed by: those of the last stage, or those that have a replicate factor."""
    if design.replicates is not None:
        return design.replicates.unit, design.replicates.factor.shape[0]
    last = design.stages[-1]
    return last.unit, last.stratum.size


def _blocks_of_statistic(
    name: str,
    statistic: Statistic,
    basis: Basis,
    layouts: Sequence[Layout],
    work: Work,
    item_labels: Mapping[tuple[str, float | str | None], str],
) -> list[RowBlock]:
    design, call = work.design, work.call
    seen: list[Seen] = []
    facts: list[dict[str, Floats]] = []
    for layout in layouts:
        measured = Measured.of(basis, layout.used(basis, design.weight))
        for grouped, known in zip(layout.grouped, _shared_facts(layout, measured, design), strict=True):
            inference = _inference(grouped, measured, work, known)
            by_record = bool(design.adjustments)
            seen.append(Seen(grouped, measured, work.columns, work.whole, inference, by_record=by_record))
            facts.append(known)
    blocks = []
    for item in statistic.items:
        named = item_labels.get((name, item.label))
        text = named or ("" if item.label is None else label(item.label))
        for one, known in zip(seen, facts, strict=True):
            piece = measure(item.node, one)
            replicated = replicate_values(item.node, one, design.replicates) if design.replicates is not None else None
            scores = work.scores(piece, one) if design.replicates is None else None
            told = (statistic.scale, statistic.difference_of, _is_of_rules(item))
            labels = (name, item.label, text, named is None, *told)
            blocks.append(RowBlock(*labels, one.grouped.rows, piece, scores, replicated, one.grouped, known))
    return blocks


def _checked(
    statistics: Mapping[str, Statistic], columns: Columns, inside: Mask | None, design: Design
) -> list[str]:
    """Look at the records of the domain as the statistics ask: refuse, or tell."""
    notes = []
    used = design.weight > 0 if inside is None else inside & (design.weight > 0)
    for name, statistic in statistics.items():
        for check in statistic.checks:
            column = columns.number(check.rule)
            met = used & (column.value != 0)
            count = int((met if column.known is None else met & column.known).sum())
            if not count:
                continue
            if check.action == "tell":
                notes.append(word(check.told, name=repr(name), count=count))
            else:
                error = LineError if check.is_line else EstimationError
                raise error(f"{name}: {check.told.format(count=count)}")
    return notes


def _rules(where: Sequence[Rule]) -> list[Expression]:
    return [_truth(rule) for rule in where]


def _truth(rule: Rule) -> Expression:
    expression = parse(rule)
    if expression.kind in ("number", "text"):
        found = repr(expression.text)
        raise EstimationError(f"where= wants a rule that is true or false, such as 'age < 5'; found {found}")
    return expression


def _inside(columns: Columns, where: Sequence[Expression], records: Records) -> tuple[Mask | None, list[str]]:
    inside: Mask | None = None
    notes = []
    for rule in where:
        column = columns.number(rule)
        chosen = column.value != 0
        if (chosen & (column.value != 1)).any():
            raise EstimationError(
                f"where={rule.text!r} is neither true nor false: {rule.text!r} holds other numbers than 0 and 1; "
                f"write a rule such as '{rule.text} == 1'"
            )
        if column.known is not None:
            unknown = ~column.known if inside is None else ~column.known & inside
            chosen &= column.known
            if unknown.any():
                notes.append(word("told.where_unknown", rule=repr(rule.text), count=int(unknown.sum())))
        inside = both(inside, chosen)
    if inside is not None and not inside.any():
        rules = " and ".join(repr(rule.text) for rule in where)
        notes.append(word("told.empty_domain", place=records.place, rule=rules))
    return inside, notes


def _undefined_notes(columns: Columns) -> list[str]:
    return [word("told.undefined", rule=repr(text), count=count) for text, count in columns.undefined.items() if count]


def _with_scales(statistics: Mapping[str, Statistic], columns: Columns) -> dict[str, Statistic]:
    """A mean of a column of truth values is a share, as the mean of a rule is."""
    return {
        name: replace(one, scale="share") if one.scale == "amount" and _is_mean_of_truth(one, columns) else one
        for name, one in statistics.items()
    }


def _is_mean_of_truth(statistic: Statistic, columns: Columns) -> bool:
    match statistic.items:
        case (Item(_, Arithmetic("/", Total(y, None), Total(one))),) if one.text == "1":
            return columns.is_truth(y)
    return False


def _is_of_rules(item: Item) -> bool:
    """Whether all that is summed is a rule, so that 0 and 1 mean: none, and all."""
    return all(
        isinstance(leaf, Total)
        and leaf.of is None
        and (leaf.expression.kind == "truth" or leaf.category is not None or not leaf.expression.names)
        for leaf in leaves(item.node)
    )


def _with_categories(
    statistics: Mapping[str, Statistic], columns: Columns
) -> tuple[dict[str, Statistic], dict[tuple[str, float | str | None], str]]:
    filled: dict[str, Statistic] = {}
    labels: dict[tuple[str, float | str | None], str] = {}
    for name, given in statistics.items():
        statistic = given.expanded(lambda over: columns.factor(over).values)  # type: ignore[arg-type, return-value]
        over = statistic.category_of()
        if over is None:
            filled[name] = statistic
            continue
        factor = columns.factor(over)
        if not factor.values:
            raise EstimationError(f"{over.text!r} is unknown in all records, so that {name} has no category")
        values: tuple[float | str, ...] = factor.values  # type: ignore[assignment]
        filled[name] = statistic.with_categories(values)
        labels |= {(name, value): text for value, text in zip(values, factor.labels, strict=True)}
    return filled, labels


def _layouts(records: Records, design: Design, call: Call, inside: Mask | None) -> tuple[list[Layout], list[str]]:
    factors: dict[str, Factor] = {}

    def resolved(variables: Sequence[str]) -> tuple[str, ...]:
        return tuple(_variable(records, one) for one in variables)

    by = resolved([call.by] if isinstance(call.by, str) else call.by) if call.by is not None else None
    each = call.each
    if each is not None:
        entries = [each] if isinstance(each, str) else each
        each = [resolved([one] if isinstance(one, str) else one) for one in entries]
    entries_wanted = entries_of(by, each, call.margins)
    notes: list[str] = []
    for name in dict.fromkeys(name for variables, _ in entries_wanted for name in variables):
        factors[name] = records.factor(name)
        notes += _missing_by_note(factors[name], call.missing_by, inside)
    if call.missing_by == "drop":
        for factor in factors.values():
            inside = both(inside, factor.code >= 0)
    layouts = []
    unit, units = _units(design)
    for variables, groupings in entries_wanted:
        made = partition([factors[one] for one in variables], groupings, inside, call.missing_by, design.weight.size)
        notes += _empty_cells_note([factors[one] for one in variables], made)
        pairs = Pairs.of(unit, units, made)
        grouped = tuple(Grouped.of(pairs, rows) for rows in made.groupings)
        everyone = Used.of(pairs, None, design.weight)
        members = tuple(_members(one, everyone.known, everyone.count, design) for one in grouped)
        whole = pairs.counts_inside(np.ones(everyone.known.size, dtype=bool))
        layouts.append(
            Layout(pairs, grouped, members, whole, everyone.count, everyone.ones, {id(None): everyone})
        )
    return layouts, notes


def _members(grouped: Grouped, known: Mask, count: Floats, design: Design) -> Members:
    """The PSUs of each row; pairs of replicate units tell nothing of them, records do."""
    if design.replicates is None:
        return members_by_row(grouped, count > 0, design.stages)
    pairs, last = grouped.pairs, design.stages[-1]
    place = np.where(known, pairs.place, -1)
    made = Partition(place, pairs.cells, (grouped.rows,))
    unit = last.unit if pairs.inside is None else last.unit[pairs.inside]
    by_unit = Grouped.of(Pairs.of(unit, last.stratum.size, made), grouped.rows)
    return members_by_row(by_unit, np.ones(by_unit.row.size, dtype=bool), design.stages)


def _variable(records: Records, name: str) -> str:
    if name not in records.names and any(sign in name for sign in "<>=()"):
        raise EstimationError(
            f"rows are made by variables, and {name!r} is a rule; make a variable of it first, such as "
            f"survey.with_columns(group={name!r})"
        )
    return records.find(name)


def _empty_cells_note(factors: Sequence[Factor], made: Partition) -> list[str]:
    """How many combinations of the labels that the data have are without a record in the domain."""
    possible = int(np.prod([len(factor.labels) for factor in factors])) if factors else 0
    labelled = next((rows for rows in made.groupings if len(rows.variables) == len(factors)), None)
    if not factors or labelled is None:
        return []
    present = sum(MISSING not in labels for labels in labelled.labels)
    if present >= possible:
        return []
    names = " × ".join(factor.name for factor in factors)
    return [word("told.empty_cells", count=possible - present, possible=possible, name=repr(names))]


def _lonely_note(design: Design, rule: LonelyRule) -> list[str]:
    count = int(design.lonely.size)
    return [word("told.lonely", count=count, rule=repr(rule))] if count and rule != "fail" else []


def _missing_by_note(factor: Factor, rule: MissingBy, inside: Mask | None) -> list[str]:
    missing = factor.code < 0
    count = int(missing.sum() if inside is None else (missing & inside).sum())
    if not count:
        return []
    return [word(f"told.missing_{rule}", name=repr(factor.name), count=count)]


def _missing_rule(bases: dict[str, Basis], call: Call, inside: Mask | None, weight: Floats) -> dict[str, Basis]:
    if call.missing == "fail":
        for name, basis in bases.items():
            if basis.known is None:
                continue
            lost = int((~basis.known & (weight > 0) & (True if inside is None else inside)).sum())
            if lost:
                raise EstimationError(
                    f"{name} is unknown in {lost} records of the domain, and missing='fail' was asked for; "
                    "missing='pairwise' leaves them out and counts them"
                )
    if call.missing == "listwise":
        known: Mask | None = None
        for basis in bases.values():
            known = both(known, basis.known)
        return {name: Basis(known, basis.values, basis.shift) for name, basis in bases.items()}
    return bases


def _shared_facts(layout: Layout, measured: Measured, design: Design) -> list[dict[str, Floats]]:
    """For each grouping what stands beside the estimates of a statistic: n, PSUs, missing, and the df they give."""
    facts = []
    used = design.weight > 0 if measured.basis.known is None else (design.weight > 0) & measured.basis.known
    for grouped, all_members in zip(layout.grouped, layout.members, strict=True):
        n, size = grouped.by_row(measured.count), grouped.by_row(measured.ones)
        counted, weighted = grouped.by_row(layout.counted), grouped.by_row(layout.weighted)
        members = all_members
        if measured.basis.known is not None:
            members = _members(grouped, measured.known, measured.count, design)
        with np.errstate(divide="ignore", invalid="ignore"):
            missing_share = np.where(weighted > 0, np.maximum(1 - size / weighted, 0), np.nan)
        missing = counted - n
        facts.append(
            {
                "n": n,
                "n_weighted": size,
                "counted": counted,
                "rows": grouped.by_row(layout.records),
                "sample_n": np.full(n.shape, float(used.sum())),
                "sample_size": np.full(n.shape, design.weight[used].sum()),
                "known_rows": _known_rows(layout, grouped, measured),
                "psus": members.psus,
                "missing": missing,
                "missing_share": np.where(missing == 0, np.where(counted > 0, 0.0, np.nan), missing_share),
                "df_domain": members.psus - members.strata,
                "df_members": all_members.psus - all_members.strata,
                "df_strata": members.sampled - members.strata,
            }
        )
    return facts


def _known_rows(layout: Layout, grouped: Grouped, measured: Measured) -> Floats:
    """Records of each row where the statistic is known, those of weight zero included."""
    if measured.basis.known is None:
        return grouped.by_row(layout.records)
    return grouped.by_row(layout.pairs.sums(measured.basis.known.astype(np.float64)))


def degrees_of_freedom(facts: Mapping[str, Floats], design: Design, call: Call) -> Floats:
    """The df of each row under the convention of the call."""
    rule = call.convention.df
    if call.df is not None:
        return np.full(facts["n"].shape, call.df)
    if design.replicates is not None:
        return np.full(facts["n"].shape, design.replicates.degrees_of_freedom)
    if rule == "design" or (rule == "strata" and not call.where):
        return np.full(facts["n"].shape, float(design.degrees_of_freedom))
    return facts[f"df_{rule}"]


def _inference(grouped: Grouped, measured: Measured, work: Work, facts: Mapping[str, Floats]) -> Inference | None:
    """What Woodruff's interval needs; replicate weights give a quantile its variance by themselves."""
    design, call = work.design, work.call
    if design.replicates is not None:
        return None

    def standard_errors(weighted: Floats) -> Floats:
        if work.residuals is not None:
            row, pairs = grouped.row_of_records(), measured.pairs
            kept = np.flatnonzero((row >= 0) & measured.known)
            record = kept if pairs.inside is None else pairs.inside[kept]
            found = work.residuals.scores(row[kept], record, weighted[kept], grouped.size)
        else:
            found = triplets(grouped, measured.pairs.sums_inside(weighted), measured.count > 0)
        spread = blocks_of(found, grouped.size, design, call.lonely, call.lonely_domains)
        with np.errstate(invalid="ignore"):
            return np.sqrt(spread.variances())

    n = facts["known_rows"] if call.convention.share_n == "all" else facts["n"]
    return Inference(degrees_of_freedom(facts, design, call), n, call.level, standard_errors)


def _spread(blocks: list[RowBlock], design: Design, call: Call) -> Spread:
    if design.replicates is not None:
        estimate = np.concatenate([block.piece.value for block in blocks])
        values = np.hstack([block.replicated for block in blocks if block.replicated is not None])
        return Spread((Replicated(design.replicates, estimate, values),))
    sizes = [block.grouped.size for block in blocks]
    pieces = [block.scores for block in blocks if block.scores is not None]
    spread = blocks_of(stacked(pieces, sizes), sum(sizes), design, call.lonely, call.lonely_domains)
    if call.keep == "scores" or sum(sizes) > ROWS_FOR_GRAM:
        return spread
    return Spread(
        tuple(Gram(block.stage, block.covariance()) if _outweighs(block) else block for block in spread.blocks)
    )


def _outweighs(block: Block) -> bool:
    if not isinstance(block, Scores):
        return False
    return block.stage.stratum.size > GRAM_ABOVE and block.scores.nnz > ENTRIES_KEPT
