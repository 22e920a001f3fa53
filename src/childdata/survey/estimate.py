"""From a survey and statistics to estimates: the order of work of one call.

1. The rules of all statistics are evaluated on the records, once.
2. Each entry of `by` or `each` makes a partition of the records into cells, and pairs of unit and cell.
3. Each statistic is summed by pair, and read off for every item and grouping as a `Piece` of rows.
4. The scores of all pieces side by side are the `Spread`; its variances, with df and design effect, make the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from childdata.errors import DesignError, EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.columns import Columns, Records, both
from childdata.survey.design import Design, Stage, label
from childdata.survey.domains import Factor, MissingBy, Partition, Rows, entries_of, partition
from childdata.survey.intervals import Convention
from childdata.survey.measure import Basis, Measured, Piece, RankedSolver, measure, solve_quantile
from childdata.survey.quantiles import QuantileResult
from childdata.survey.reduce import Grouped, Members, Pairs, Triplets, by_stage, members_by_row, stacked, triplets
from childdata.survey.spread import GRAM_ABOVE, Block, Gram, Scores, Spread
from childdata.survey.statistic import Arithmetic, Item, Quantile, Statistic, Total, leaves
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
    member: Mask
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
    if call.interval != "auto" and not any(one.scale == "share" for one in statistics.values()):
        notes.append(word("told.interval_unused", interval=repr(call.interval)))
    bases = {name: Basis.of(statistic, columns) for name, statistic in statistics.items()}
    bases = _missing_rule(bases, call, inside, design.weight)
    blocks: list[RowBlock] = []
    for name, statistic in statistics.items():
        measured = [Measured.of(layout.pairs, bases[name], design.weight) for layout in layouts]
        shared = [_shared_facts(layout, one, design) for layout, one in zip(layouts, measured, strict=True)]
        for item in statistic.items:
            for layout, one, facts in zip(layouts, measured, shared, strict=True):
                for grouped, known in zip(layout.grouped, facts, strict=True):
                    solver = _solver(columns, design, call, known)
                    piece = measure(item.node, grouped, one, solver)
                    named = item_labels.get((name, item.label))
                    text = named or ("" if item.label is None else label(item.label))
                    member = one.count > 0
                    told = (statistic.scale, statistic.difference_of, _is_of_rules(item))
                    labels = (name, item.label, text, named is None, *told)
                    blocks.append(RowBlock(*labels, grouped.rows, piece, member, grouped, known))
    spread = _spread(blocks, design, call)
    return Result(tuple(blocks), spread, spread.variances(), tuple(notes))


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
        and (leaf.expression.kind == "truth" or leaf.category is not None or not leaf.expression.names)
        for leaf in leaves(item.node)
    )


def _with_categories(
    statistics: Mapping[str, Statistic], columns: Columns
) -> tuple[dict[str, Statistic], dict[tuple[str, float | str | None], str]]:
    filled: dict[str, Statistic] = {}
    labels: dict[tuple[str, float | str | None], str] = {}
    for name, statistic in statistics.items():
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
    last: Stage = design.stages[-1]
    for variables, groupings in entries_wanted:
        made = partition([factors[one] for one in variables], groupings, inside, call.missing_by, design.weight.size)
        notes += _empty_cells_note([factors[one] for one in variables], made)
        pairs = Pairs.of(last.unit, last.stratum.size, made)
        grouped = tuple(Grouped.of(pairs, rows) for rows in made.groupings)
        weight = pairs.select(design.weight)
        counted = pairs.sums_inside((weight > 0).astype(np.float64))
        members = tuple(members_by_row(one, counted > 0, design.stages) for one in grouped)
        whole = pairs.sums_inside(np.ones(weight.size))
        layouts.append(Layout(pairs, grouped, members, whole, counted, pairs.sums_inside(weight)))
    return layouts, notes


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
            members = members_by_row(grouped, measured.count > 0, design.stages)
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
    if rule == "design" or (rule == "strata" and not call.where):
        return np.full(facts["n"].shape, float(design.degrees_of_freedom))
    return facts[f"df_{rule}"]


def _solver(columns: Columns, design: Design, call: Call, facts: Mapping[str, Floats]) -> RankedSolver:
    df = degrees_of_freedom(facts, design, call)

    def solve(leaf: Quantile, grouped: Grouped, measured: Measured) -> QuantileResult:
        def variances(score: Floats) -> Floats:
            found = triplets(grouped, score, measured.count > 0)
            return _blocks([found], [grouped.size], design, call).variances()

        n = facts["known_rows"] if call.convention.share_n == "all" else facts["n"]
        return solve_quantile(leaf, grouped, measured, columns, df=df, n=n, level=call.level, variances=variances)

    return solve


def _blocks(pieces: list[Triplets], sizes: list[int], design: Design, call: Call) -> Spread:
    joined = stacked(pieces, sizes)
    matrices = by_stage(joined, sum(sizes), design.stages)
    if call.lonely == "fail":
        _refuse_lonely(design, matrices[0].indices.astype(np.intp))
    return Spread(
        tuple(
            Scores(stage, matrix, call.lonely, call.lonely_domains)
            for stage, matrix in zip(design.stages, matrices, strict=True)
            if (stage.unsampled * stage.above > 0).any() or stage is design.stages[0]
        )
    )


def _refuse_lonely(design: Design, psus: Codes) -> None:
    lonely = design.lonely
    if lonely.size:
        touched = np.intersect1d(np.unique(design.stages[0].stratum[psus]), lonely)
        if touched.size:
            raise DesignError(_lonely_message(design, touched.tolist()))
    for position, stage in enumerate(design.stages[1:], start=2):
        single = (stage.sampled == 1) & (stage.unsampled > 0)
        if single.any():
            raise DesignError(
                f"at stage {position}, {int(single.sum())} units of the stage above have one sampled unit, which gives "
                "no variance; choose lonely_psu='certainty' (they add nothing) or 'adjust'"
            )


def _lonely_message(design: Design, strata: list[int]) -> str:
    first = strata[0]
    psu = ""
    if design.psu_labels is not None:
        unit = int(np.flatnonzero(design.stages[0].stratum == first)[0])
        psu = f" (psu {design.psu_labels[unit]})"
    name = design.strata_labels[first]
    subject = f"stratum {name} has" if len(strata) == 1 else f"{len(strata)} strata have"
    more = "" if len(strata) == 1 else f", first stratum {name}"
    return (
        f"{subject} one PSU{more}{psu}, which gives no variance; choose lonely_psu='adjust' "
        "(about zero, the mean of all scores), 'certainty' (adds nothing) or 'average' (as the other strata)"
    )


def _spread(blocks: list[RowBlock], design: Design, call: Call) -> Spread:
    pieces = [triplets(block.grouped, block.piece.score, block.member) for block in blocks]
    spread = _blocks(pieces, [block.grouped.size for block in blocks], design, call)
    rows = sum(block.grouped.size for block in blocks)
    if call.keep == "scores" or rows > ROWS_FOR_GRAM:
        return spread
    return Spread(
        tuple(Gram(block.stage, block.covariance()) if _outweighs(block) else block for block in spread.blocks)
    )


def _outweighs(block: Block) -> bool:
    many = block.stage.stratum.size > GRAM_ABOVE
    return many and isinstance(block, Scores) and block.scores.nnz > ENTRIES_KEPT
