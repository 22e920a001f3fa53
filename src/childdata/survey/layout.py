"""The rows of a call before anything is estimated: partitions of the records, and what all statistics share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import find_name
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.call import Call
from childdata.survey.columns import Records, both
from childdata.survey.design import Design
from childdata.survey.domains import Factor, MissingBy, Partition, entries_of, partition
from childdata.survey.intervals import Convention
from childdata.survey.reduce import Grouped, Members, Pairs, members_by_row
from childdata.survey.replicates import Replicates
from childdata.survey.sums import Basis, Measured, Used
from childdata.vocabulary import MISSING
from childdata.words import word


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
    _facts: dict[int, list[dict[str, Floats]]] = field(default_factory=dict)

    def used(self, basis: Basis, weight: Floats) -> Used:
        """The records where a basis is known, counted once for all statistics that share its mask."""
        key = id(basis.known)
        if key not in self._used:
            self._used[key] = Used.of(self.pairs, basis.known, weight)
        return self._used[key]


def entries_named(
    names: Sequence[str], call: Call, place: str
) -> tuple[tuple[str, ...] | None, list[tuple[str, ...]] | None]:
    """The `by` and the `each` of a call, by the columns' own names."""

    def resolved(variables: Sequence[str]) -> tuple[str, ...]:
        return tuple(_variable(names, one, place) for one in variables)

    by = resolved([call.by] if isinstance(call.by, str) else call.by) if call.by is not None else None
    if call.each is None:
        return by, None
    entries = [call.each] if isinstance(call.each, str) else call.each
    return by, [resolved([one] if isinstance(one, str) else one) for one in entries]


def layouts_of(records: Records, design: Design, call: Call, inside: Mask | None) -> tuple[list[Layout], list[str]]:
    """The layout of each entry of a call, and what is told of missing labels and empty cells."""
    factors: dict[str, Factor] = {}
    by, each = entries_named(records.names, call, records.place)
    entries_wanted = entries_of(by, each, call.margins)
    notes: list[str] = []
    for name in dict.fromkeys(name for variables, _ in entries_wanted for name in variables):
        factors[name] = records.factor(name)
        notes += _missing_by_note(factors[name], call.missing_by, inside)
    if call.missing_by == "drop":
        for factor in factors.values():
            inside = both(inside, factor.code >= 0)
    layouts = []
    unit, units = units_of(design)
    for variables, groupings in entries_wanted:
        made = partition([factors[one] for one in variables], groupings, inside, call.missing_by, design.weight.size)
        notes += empty_cells_note([factors[one] for one in variables], made)
        pairs = Pairs.of(unit, units, made)
        grouped = tuple(Grouped.of(pairs, rows) for rows in made.groupings)
        everyone = Used.of(pairs, None, design.weight)
        members = tuple(
            replace(
                _members(one, everyone.known, everyone.count, design),
                replicate_df=_df_of_replicates(one, design, call, whole=inside is None),
            )
            for one in grouped
        )
        whole = pairs.counts_inside(np.ones(everyone.known.size, dtype=bool))
        layouts.append(Layout(pairs, grouped, members, whole, everyone.count, everyone.ones, {id(None): everyone}))
    return layouts, notes


def _members(grouped: Grouped, known: Mask, count: Floats, design: Design) -> Members:
    """The PSUs of each row; pairs of replicate units tell nothing of them, records do."""
    if design.replicates is None:
        return members_by_row(grouped, count > 0, design.stages)
    if not design.units_known:
        return unknown_members(grouped)
    pairs, last = grouped.pairs, design.stages[-1]
    place = np.where(known, pairs.place, -1)
    made = Partition(place, pairs.cells, (grouped.rows,))
    unit = last.unit if pairs.inside is None else last.unit[pairs.inside]
    by_unit = Grouped.of(Pairs.of(unit, last.stratum.size, made), grouped.rows)
    return members_by_row(by_unit, np.ones(by_unit.row.size, dtype=bool), design.stages)


def unknown_members(grouped: Grouped) -> Members:
    """The PSUs of each row where the data do not tell of any."""
    unknown = np.full(grouped.size, np.nan)
    return Members(unknown, unknown, unknown)


def asks_for_rank(design: Design, call: Call) -> bool:
    """Whether the degrees of freedom of a domain are the rank of its replicate weights − 1."""
    return design.replicates is not None and call.convention.replicate_df == "members" and call.df is None


def _df_of_replicates(grouped: Grouped, design: Design, call: Call, *, whole: bool) -> Floats | None:
    """The rank of the replicate weights of each row − 1, where the convention wants it."""
    if design.replicates is None or not asks_for_rank(design, call):
        return None
    if whole and not grouped.rows.variables:
        return np.full(grouped.size, design.replicates.degrees_of_freedom)
    return rank_by_row(grouped, design.replicates, design.replicates.base)


def df_of_replicates(replicates: Replicates, chosen: Mask, everyone: Mask, rules: Convention) -> float:
    """The degrees of freedom of some records, array (n,), by the rule of a convention; of all, those of the survey."""
    if rules.replicate_df == "survey" or bool((chosen | ~everyone).all()):
        return replicates.degrees_of_freedom
    return replicates.df_among(chosen)


def rank_by_row(grouped: Grouped, replicates: Replicates, base: Floats) -> Floats:
    """The rank of the replicate weights of the records of each row − 1, array (rows,).

    Parameters
    ----------
    grouped : whose pairs are made of the units of `replicates`.
    base : array (n,); what their factors multiply, 0 for a record that does not count.
    """
    counts = grouped.pairs.sums(base) > 0
    found = np.empty(grouped.size)
    for row in range(grouped.size):
        found[row] = replicates.df_of_units(np.unique(grouped.pairs.unit[counts & (grouped.row == row)]))
    return found


def _variable(names: Sequence[str], name: str, place: str) -> str:
    if name not in names and any(sign in name for sign in "<>=()"):
        raise EstimationError(
            f"rows are made by variables, and {name!r} is a rule; make a variable of it first, such as "
            f"survey.with_columns(group={name!r})"
        )
    return find_name(name, names, place=place)


def empty_cells_note(factors: Sequence[Factor], made: Partition) -> list[str]:
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


def _missing_by_note(factor: Factor, rule: MissingBy, inside: Mask | None) -> list[str]:
    if not factor.has_missing:
        return []
    missing = factor.code < 0
    count = int(missing.sum() if inside is None else (missing & inside).sum())
    if not count:
        return []
    return [word(f"told.missing_{rule}", name=repr(factor.name), count=count)]


def shared_facts(layout: Layout, measured: Measured, design: Design) -> list[dict[str, Floats]]:
    """For each grouping what stands beside the estimates of a statistic: n, PSUs, missing, and the df they give."""
    key = id(measured.basis.known)
    if key not in layout._facts:
        layout._facts[key] = _facts(layout, measured, design)
    return layout._facts[key]


def _facts(layout: Layout, measured: Measured, design: Design) -> list[dict[str, Floats]]:
    used = design.weight > 0 if measured.basis.known is None else (design.weight > 0) & measured.basis.known
    sample = float(used.sum()), float(design.weight[used].sum())
    facts = []
    for grouped, all_members in zip(layout.grouped, layout.members, strict=True):
        members = all_members
        if measured.basis.known is not None:
            members = _members(grouped, measured.known, measured.count, design)
        known_rows = _known_rows(layout, grouped, measured)
        facts.append(facts_of(layout, grouped, measured, (all_members, members), known_rows, sample))
    return facts


def facts_of(
    layout: Layout,
    grouped: Grouped,
    measured: Measured,
    members: tuple[Members, Members],
    known_rows: Floats,
    sample: tuple[float, float],
) -> dict[str, Floats]:
    """What stands beside the estimates in one grouping, arrays (rows,).

    Parameters
    ----------
    members : the PSUs of all records of the rows, and of those where the statistic is known.
    known_rows : records of each row where it is known, those of weight zero included.
    sample : number and weights of the records of the whole survey where it is known.
    """
    everyone, own = members
    n, size = grouped.by_row(measured.count), grouped.by_row(measured.ones)
    counted, weighted = grouped.by_row(layout.counted), grouped.by_row(layout.weighted)
    with np.errstate(divide="ignore", invalid="ignore"):
        missing_share = np.where(weighted > 0, np.maximum(1 - size / weighted, 0), np.nan)
    missing = counted - n
    of_replicates = {} if everyone.replicate_df is None else {"df_replicates": everyone.replicate_df}
    return of_replicates | {
        "n": n,
        "n_weighted": size,
        "counted": counted,
        "rows": grouped.by_row(layout.records),
        "sample_n": np.full(n.shape, sample[0]),
        "sample_size": np.full(n.shape, sample[1]),
        "known_rows": known_rows,
        "psus": own.psus,
        "missing": missing,
        "missing_share": np.where(missing == 0, np.where(counted > 0, 0.0, np.nan), missing_share),
        "df_domain": own.psus - own.strata,
        "df_members": everyone.psus - everyone.strata,
        "df_strata": own.sampled - own.strata,
    }


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
        whole = np.full(facts["n"].shape, design.replicates.degrees_of_freedom)
        return facts.get("df_replicates", whole)
    if rule == "design" or (rule == "strata" and not call.where):
        return np.full(facts["n"].shape, float(design.degrees_of_freedom))
    return facts[f"df_{rule}"]


def df_rule(design: Design, call: Call) -> float | str:
    """What `degrees_of_freedom` goes by, for the settings: the number that was given, or the rule that was used."""
    if call.df is not None:
        return call.df
    if design.replicates is not None:
        return replicate_df_rule(call.convention)
    return "design" if call.convention.df == "strata" and not call.where else call.convention.df


def replicate_df_rule(rules: Convention) -> str:
    """What degrees of freedom go by under replicate weights, in words for the settings."""
    return "replicates" if rules.replicate_df == "survey" else "replicates, members"


def units_of(design: Design) -> tuple[Codes, int]:
    """The units that records are summed by: those of the last stage, or those that have a replicate factor."""
    if design.replicates is not None:
        return design.replicates.unit, design.replicates.factor.shape[0]
    last = design.stages[-1]
    return last.unit, last.stratum.size
