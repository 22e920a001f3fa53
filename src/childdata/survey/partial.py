"""Parts of a survey that lie in several places: each gives its sums, and the sums together give the estimates.

Σ w·e by sampling unit and cell is all that a statistic made of totals needs of the records, and sums of parts add up,
wherever the parts are cut. Hence one group-by in each place, a small file from each, and the very numbers of one call
on all records: estimates, standard errors, design effects, counts, notes.

What is found by rank (quantiles, Gini, a relative line) needs the distribution of all records at once: distributions
would add up as well, but the influence that follows from them would have to go back to every place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from pyarrow import parquet

from childdata.errors import EstimationError, ReadError
from childdata.survey.call import Call, with_categories_filled
from childdata.survey.columns import Records
from childdata.survey.design import Design
from childdata.survey.domains import entries_of
from childdata.survey.engine_design import design_of, weight_facts
from childdata.survey.engine_records import EngineRecords, UnitTable
from childdata.survey.engine_run import finish
from childdata.survey.engine_sums import (
    Need,
    SmallTables,
    Summing,
    centre,
    is_sum,
    key_of,
    masks_of,
    summarised,
    told,
    trees_of,
)
from childdata.survey.estimates import Estimates
from childdata.survey.finished import estimates_of
from childdata.survey.intervals import find_convention
from childdata.survey.layout import entries_named
from childdata.survey.statistic import Constant, Count, Statistic, Total, leaves
from childdata.survey.tree_words import statistic_of, words_of

_FORMAT = "childdata sums 1"
_TABLE, _CATEGORIES = "childdata table", "categories of "
_OF_CALL = (
    "by",
    "each",
    "margins",
    "level",
    "missing",
    "missing_by",
    "df",
    "interval",
    "lonely",
    "lonely_domains",
    "keep",
)
_SAME = ("format", "statistics", "call", "strata", "psu", "sizes", "weight", "declared")


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """The sums of a part of a survey: what `Survey.reduce` gives and `merge` takes.

    Attributes
    ----------
    tables : small frames by name: the sampling units, the facts, categories, and sums of each crossing.
    words : how the survey was declared and what was asked, in plain words and numbers.
    """

    tables: Mapping[str, pl.DataFrame]
    words: Mapping[str, Any]

    def write(self, path: str | Path) -> None:
        """Write the sums as one parquet file.

        The tables stand one below the other, told apart by the column `childdata table`; the words are in the metadata
        of the file.
        """
        # values of two variables may be numbers here and text there: each has a column of its own
        named = {
            name: frame.rename({"value": name}) if name.startswith(_CATEGORIES) else frame
            for name, frame in self.tables.items()
        }
        pieces = [frame.with_columns(pl.lit(name).alias(_TABLE)) for name, frame in named.items()]
        whole = pl.concat(pieces, how="diagonal").to_arrow()
        columns = {name: frame.columns for name, frame in named.items()}
        words = json.dumps(dict(self.words) | {"columns": columns}, ensure_ascii=False)
        parquet.write_table(whole.replace_schema_metadata({"childdata": words}), path)

    @staticmethod
    def read(path: str | Path) -> Partial:
        """The sums that were written to a file.

        Raises
        ------
        ReadError for a file that holds none.
        """
        try:
            whole = parquet.read_table(path)
            words = json.loads((whole.schema.metadata or {})[b"childdata"])
        except (OSError, KeyError, ValueError) as found:
            raise ReadError(f"{path} holds no sums of a survey (written by Partial.write): {found}") from None
        if words.get("format") != _FORMAT:
            raise ReadError(f"{path} was written by another version of childdata; make the sums again")
        frame = pl.DataFrame(pl.from_arrow(whole))
        stored = {name: frame.filter(pl.col(_TABLE) == name).select(own) for name, own in words.pop("columns").items()}
        tables = {
            name: one.rename({name: "value"}) if name.startswith(_CATEGORIES) else one for name, one in stored.items()
        }
        return Partial(tables, words)

    def __repr__(self) -> str:
        units, records = self.tables["units"], int(self.tables["units"]["childdata records"].sum())
        count = len(self.words["statistics"])
        return f"<Partial: sums of {records} records in {units.height} sampling units, {count} statistics>"


def reduced(records: Records, design: Design, call: Call, declared: Mapping[str, str]) -> Partial:
    """The sums of the records of a survey; see `Survey.reduce`."""
    if not isinstance(records, EngineRecords):
        raise EstimationError(
            "reduce() is for parts of a survey at an engine; hand over a lazy frame, such as "
            "cd.Survey(polars_frame.lazy(), ...) or cd.Survey(polars.scan_parquet(...), ...)"
        )
    assert records.units is not None
    if design.replicates is not None or not records.units.given:
        raise EstimationError(
            "parts of a survey are added up by sampling unit: give weight= (one that follows from the fpc is not known "
            "of a part), and no replicate weights"
        )
    summing = Summing(records, call)
    call = summing.without_moments(about_means=False)
    for name, one in call.statistics.items():
        _refuse_ranked(name, one)
    summary = summarised(summing)
    units = records.units
    tables = {"units": units.frame, "facts": summary.facts}
    tables |= {f"{_CATEGORIES}{text}": frame for text, frame in summary.categories.items()}
    tables |= {f"entry {number}": frame for number, frame in enumerate(summary.entries.values())}
    words = {
        "format": _FORMAT,
        "statistics": {name: words_of(one) for name, one in call.statistics.items()},
        "call": _words_of_call(call, records),
        "strata": list(units.strata),
        "psu": list(units.psu),
        "sizes": units.sizes,
        "weight": units.weight,
        "declared": {name: text for name, text in declared.items() if name != "fingerprint"},
        "kinds": dict(summary.kinds),
        "shift": dict(summary.shift),
        "entries": [list(variables) for variables in summary.entries],
    }
    return Partial(tables, words)


def _refuse_ranked(name: str, statistic: Statistic) -> None:
    for tree in trees_of(statistic):
        if not all(isinstance(leaf, (Total, Count, Constant)) for leaf in leaves(tree)):
            raise EstimationError(
                f"{name} is found by rank, or from all records of the survey: sums of parts do not give it; merge what "
                "is made of totals, and estimate this one where all records can be reached in one call"
            )


def _words_of_call(call: Call, records: EngineRecords) -> dict[str, Any]:
    words: dict[str, Any] = {name: getattr(call, name) for name in _OF_CALL}
    words["by"], words["each"] = entries_named(records.names, call, records.place)
    words["where"] = [str(getattr(one, "text", one)) for one in call.where]
    words["convention"] = call.convention.name
    return json.loads(json.dumps(words))  # type: ignore[no-any-return]


def merge(parts: Iterable[Partial]) -> Estimates:
    """The estimates of a survey from the sums of its parts.

    Parameters
    ----------
    parts : what `Survey.reduce` gave of each part, or `Partial.read` of its file; together they hold every record once.

    Returns
    -------
    Estimates, those of one call on all records, but for rounding.

    Raises
    ------
    EstimationError if the parts were asked different things, or declared differently; DesignError if all together make
    no design.

    >>> import childdata as cd
    >>> import polars as pl
    >>> people = pl.DataFrame({"psu": [1, 1, 2, 2], "poor": [1, 0, 0, 1], "w": [1.0, 2.0, 1.0, 1.0]})
    >>> parts = [cd.Survey(people[k::2].lazy(), weight="w", psu="psu").reduce(cd.mean("poor == 1")) for k in (0, 1)]
    >>> cd.merge(parts).to_frame()[["estimate", "se"]].round(4).values.tolist()
    [[0.4, 0.08]]
    """
    given = list(parts)
    if not given or not all(isinstance(one, Partial) for one in given):
        raise EstimationError(
            "merge() takes what Survey.reduce gave of each part of a survey: cd.merge([first, second])"
        )
    words = given[0].words
    _refuse_unlike(given)
    _refuse_other_kinds(given)
    call = _call_of(words)
    units = UnitTable(
        _units([one.tables["units"] for one in given], (*words["strata"], *words["psu"])),
        tuple(words["strata"]), tuple(words["psu"]), int(words["sizes"]), words["weight"], True,
    )  # fmt: skip
    design = design_of(units)
    summary = _summary(given, call)
    crossings = entries_of(call.by, call.each, call.margins)
    result = finish(summary, design, call, units.frame.select(units.keys), crossings=crossings)
    declared = {**words["declared"], "fingerprint": design.fingerprint}
    parts_of_it = Records(None, None, {}, (), f"{len(given)} parts of a survey")
    return estimates_of(result, parts_of_it, design, call, declared, partial(weight_facts, units, design))


def _refuse_unlike(parts: Sequence[Partial]) -> None:
    for name in _SAME:
        if any(one.words[name] != parts[0].words[name] for one in parts[1:]):
            raise EstimationError(
                f"the parts of a survey are declared and asked alike; they differ in {name!r}: make the sums again"
            )


def _refuse_other_kinds(parts: Sequence[Partial]) -> None:
    """Numbers in one part and text or truths in another are not the same variable."""
    kinds = parts[0].words["kinds"]
    for one in parts[1:]:
        for text, kind in one.words["kinds"].items():
            if kinds.get(text, kind) != kind:
                raise EstimationError(
                    f"the parts of a survey hold the same variables; {text!r} is {kinds[text]} in one and {kind} in "
                    "another: make its type the same before the sums"
                )


def _call_of(words: Mapping[str, Any]) -> Call:
    told_of = dict(words["call"])
    options = {name: told_of[name] for name in _OF_CALL}
    statistics = {name: statistic_of(one) for name, one in words["statistics"].items()}
    return Call(
        statistics=statistics,
        where=tuple(told_of["where"]),
        convention=find_convention(told_of["convention"]),
        **options,
    )


def _units(tables: Sequence[pl.DataFrame], keys: Sequence[str]) -> pl.DataFrame:
    """The units of all parts; one that is cut has its counts and weights added."""
    whole = pl.concat(tables, how="diagonal_relaxed")
    own = list(dict.fromkeys(keys))
    least = [name for name in whole.columns if name.startswith("childdata least")]
    most = [name for name in whole.columns if name.startswith("childdata most")]
    sums = [name for name in whole.columns if name not in {*own, *least, *most}]
    made = whole.group_by(own, maintain_order=True).agg(pl.col(sums).sum(), pl.col(least).min(), pl.col(most).max())
    return made.sort(own, nulls_last=True)


def _summary(parts: Sequence[Partial], call: Call) -> SmallTables:
    words = [one.words for one in parts]
    kinds = words[0]["kinds"]
    facts = _facts([one.tables["facts"] for one in parts], kinds)
    categories = {
        name.removeprefix(_CATEGORIES): _values([one.tables[name] for one in parts])
        for name in parts[0].tables
        if name.startswith(_CATEGORIES)
    }
    draft = SmallTables(facts, categories, {}, None, kinds, {})
    statistics, _ = with_categories_filled(call.statistics, draft)
    masks = masks_of(statistics, call)
    needs = [Need.of(trees_of(one), masks[name]) for name, one in statistics.items()]
    shift = {key: centre(facts, key.removesuffix("|None|")) for key in words[0]["shift"]}
    entries = {}
    for number, variables in enumerate(words[0]["entries"]):
        tables = [_shifted(one.tables[f"entry {number}"], needs, one.words["shift"], shift) for one in parts]
        whole = pl.concat(tables, how="diagonal_relaxed")
        sums = [name for name in whole.columns if is_sum(name)]
        keys = [name for name in whole.columns if name not in sums]
        added = (
            whole.with_columns(pl.col(sums).fill_null(0.0)).group_by(keys, maintain_order=True).agg(pl.col(sums).sum())
        )
        entries[tuple(variables)] = added.sort(keys, nulls_last=True)
    return SmallTables(facts, categories, entries, None, kinds, shift)


def _facts(tables: Sequence[pl.DataFrame], kinds: Iterable[str]) -> pl.DataFrame:
    whole = pl.concat(tables, how="diagonal_relaxed")
    least, most = ({key_of(end, text) for text in kinds} for end in ("least", "most"))
    return whole.select(
        pl.col(name).min() if name in least else pl.col(name).max() if name in most else pl.col(name).sum()
        for name in whole.columns
    )


def _values(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    whole = pl.concat(tables, how="diagonal_relaxed")
    return whole.group_by("value", maintain_order=True).agg(pl.col("records").sum()).sort("value", nulls_last=True)


def _shifted(
    table: pl.DataFrame, needs: Sequence[Need], old: Mapping[str, float], new: Mapping[str, float]
) -> pl.DataFrame:
    """The sums about other centres: Σ w(e − c′) = Σ w(e − c) + (c − c′) Σ w, and likewise of products."""

    def there(name: str) -> pl.Expr:
        return pl.col(name) if name in table.columns else pl.lit(0.0)

    changed: dict[str, pl.Expr] = {}
    for need in needs:
        ones = there(key_of("ones", need.mask))
        moved = {leaf: old.get(told(leaf), 0.0) - new.get(told(leaf), 0.0) for leaf in need.totals}
        name_of = {leaf: key_of("sum", need.mask, told(leaf)) for leaf in need.totals}
        for leaf, step in moved.items():
            if step:
                changed[name_of[leaf]] = there(name_of[leaf]) + step * ones
        for a, b in need.products:
            if moved[a] or moved[b]:
                name = key_of("product", need.mask, told(a), told(b))
                crossed = moved[a] * there(name_of[b]) + moved[b] * there(name_of[a])
                changed[name] = there(name) + crossed + moved[a] * moved[b] * ones
    return table.with_columns(made.alias(name) for name, made in changed.items())
