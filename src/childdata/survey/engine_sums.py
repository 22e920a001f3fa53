"""What a call asks of an engine, and the small tables it gets: all that smooth statistics need of the records.

    facts        one row over all records: counts behind the notes, ends and sums that rough centres are made of
    categories   for each variable a statistic ranges over, its values
    entries      for each crossing of `by`: sums by strata, units, crossing and domain
    whole        for trees on all records of the survey (a relative line): sums by strata and units

Every sum is called by what is added up, not by its place in the call: tables of two parts of a survey are added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import narwhals as nw
import polars as pl

from childdata.expression import Expression
from childdata.survey.call import Call, rules_of, with_categories_filled
from childdata.survey.columns import centre_between
from childdata.survey.domains import Factor, entries_of, make_factor
from childdata.survey.engine_moments import moments_of, written_out
from childdata.survey.engine_records import REPLICATE, WEIGHT, EngineColumns, EngineRecords, fetched, grouped_sums
from childdata.survey.layout import entries_named
from childdata.survey.statistic import Count, Node, Statistic, Total, Whole, denominators, leaves, wholes

INSIDE = "childdata inside"
_SUM = "childdata_sum_"
Crossing = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]  # variables, and the groupings wanted of them
Mask = tuple[tuple[str, bool], ...]  # the rules that must be known, and whether as categories
EVERYONE: Mask = ()


def key_of(*words: object) -> str:
    """The name of a sum: digits of what is added up, that no engine stumbles over."""
    return _SUM + blake2b("|".join(map(str, words)).encode(), digest_size=9).hexdigest()


def is_sum(name: str) -> bool:
    """Whether a column is a sum of ours, and no variable of the user's.

    >>> is_sum(key_of("ones", "y")), is_sum("cd_uf")
    (True, False)
    """
    return re.fullmatch(_SUM + "[0-9a-f]{18}", name) is not None


def replicate_key(number: int, mask: Mask, leaf: Total | None) -> str:
    """The name of a sum under a replicate weight."""
    return key_of("replicate", number, mask, told(leaf))


def told(leaf: Total | None) -> str:
    """A total in words, the same in every call."""
    if leaf is None:
        return "1"
    of = "" if leaf.of is None else leaf.of.text
    beside = "" if leaf.beside is None else f"|{leaf.beside.text}|{_category(leaf.beside_category)}"
    return f"{leaf.expression.text}|{_category(leaf.category)}|{of}{beside}"


def _category(value: object) -> str:
    """A category in words; a number is the same whole or with a point, as parts of a survey may differ in that."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1 << 53:
        return repr(value + 0.0)
    return repr(value)


def mask_of(trees: Iterable[Node]) -> Mask:
    """What must be known of a record for all of some trees."""
    found: set[tuple[str, bool]] = set()
    for leaf in (leaf for tree in trees for leaf in leaves(tree)):
        if isinstance(leaf, (Count, Whole)):
            continue
        factors = leaf.factors() if isinstance(leaf, Total) else ()
        found |= {(one.text, one in factors) for one in leaf.expressions() if one.text != "1"}
    return tuple(sorted(found))


def is_one(leaf: Total) -> bool:
    """Whether a total is of the constant 1: the sum of the weights."""
    return leaf.category is None and leaf.expression.text == "1"


@dataclass(frozen=True, slots=True)
class Need:
    """What one statistic needs added up.

    Attributes
    ----------
    mask : what must be known of a record.
    totals : each once; those of the constant 1 are left out.
    products : pairs of totals whose second moments the design effect asks for.
    nonzero : totals that the statistic divides by, of which the records that are not zero are counted.
    """

    mask: Mask
    totals: tuple[Total, ...]
    products: tuple[tuple[Total, Total], ...]
    nonzero: tuple[Total, ...]

    @staticmethod
    def of(trees: Sequence[Node], mask: Mask) -> Need:
        """The need of trees whose categories are filled in."""
        totals: dict[Total, None] = {}
        products: dict[tuple[Total, Total], None] = {}
        nonzero: dict[Total, None] = {}
        for tree in trees:
            own = [leaf for leaf in leaves(tree) if isinstance(leaf, Total) and not is_one(leaf)]
            totals |= dict.fromkeys(own)
            products |= {(a, b): None for i, a in enumerate(own) for b in own[i:]}
            nonzero |= {leaf: None for leaf in denominators(tree) if not is_one(leaf)}
        return Need(mask, tuple(totals), tuple(products), tuple(nonzero))


@dataclass(frozen=True, slots=True, eq=False)
class SmallTables:
    """The small tables of a call.

    Attributes
    ----------
    facts : one row.
    categories : by the text of an expression its values and the records that have them.
    entries : for each crossing of the call, by its variables.
    whole : sums by unit over all records, whatever the domain.
    kinds : by text, what a rule gives.
    shift : by total in words, the number taken off before adding up.
    """

    facts: pl.DataFrame
    categories: Mapping[str, pl.DataFrame]
    entries: Mapping[tuple[str, ...], pl.DataFrame]
    whole: pl.DataFrame | None
    kinds: Mapping[str, str]
    shift: Mapping[str, float]
    _factors: dict[str, Factor] = field(default_factory=dict)

    def is_truth(self, expression: Expression) -> bool:
        """Whether an expression holds truth values."""
        return self.kinds[expression.text] == "truth"

    def factor(self, expression: Expression) -> Factor:
        """The categories of an expression."""
        if expression.text not in self._factors:
            self._factors[expression.text] = make_factor(self.categories[expression.text]["value"], None)
        return self._factors[expression.text]

    def count(self, *words: object) -> int:
        """A count of records among the facts."""
        return int(self.facts[key_of(*words)][0])


def expressions_of(call: Call) -> list[Expression]:
    """Every rule of a call, each once."""
    found = [one for statistic in call.statistics.values() for one in statistic.expressions()]
    return list({one.text: one for one in (*found, *rules_of(call.where))}.values())


def crossings_of(names: Sequence[str], call: Call, place: str) -> list[Crossing]:
    """The crossings of a call and their groupings, by the columns' own names."""
    by, each = entries_named(names, call, place)
    return entries_of(by, each, call.margins)


def trees_of(statistic: Statistic) -> list[Node]:
    """The trees of a statistic."""
    return [item.node for item in statistic.items]


def masks_of(statistics: Mapping[str, Statistic], call: Call) -> dict[str, Mask]:
    """What must be known of a record for each statistic, by the rule of the call on missing answers."""
    masks = {name: mask_of(trees_of(one)) for name, one in statistics.items()}
    if call.missing == "listwise":
        together = tuple(sorted({one for mask in masks.values() for one in mask}))
        return dict.fromkeys(masks, together)
    return masks


def whole_needs(statistics: Mapping[str, Statistic]) -> list[Need]:
    """What the trees on all records need."""
    found = {leaf for one in statistics.values() for tree in trees_of(one) for leaf in wholes(tree)}
    return [Need.of([leaf.node], mask_of([leaf.node])) for leaf in sorted(found, key=repr)]


class Summing:
    """The sums of a call in an engine's frame: one pass for the facts, and one for each crossing."""

    def __init__(self, records: EngineRecords, call: Call) -> None:
        self.records, self.call = records, call
        self.where = rules_of(call.where)
        self.columns = EngineColumns.of(records, expressions_of(call))
        self.told = dict(self.columns.failed)  # of the rules as the user wrote them
        self.crossings = crossings_of(records.names, call, records.place)
        self.by = list(dict.fromkeys(name for variables, _ in self.crossings for name in variables))
        inside = all_of([self.columns.number(one).fill_null(0.0) == 1 for one in self.where])
        kept = [~records.missing(name) for name in self.by] if call.missing_by == "drop" else []
        self.domain = inside
        self.frame = self.columns.frame.with_columns(all_of([inside, *kept]).alias(INSIDE))

    def known(self, mask: Mask) -> nw.Expr:
        """Where everything of a mask is known."""
        return all_of([self.columns.known(text, as_factor=as_factor) for text, as_factor in mask])

    def value(self, leaf: Total, shift: float) -> nw.Expr:
        """What a total adds up, the shift taken off."""
        if leaf.category is None:
            number = self.columns.number(leaf.expression)
            return number - shift if shift else number
        chosen = self._is_category(leaf.expression, leaf.category)
        if leaf.beside is not None:
            chosen = chosen & self._is_category(leaf.beside, leaf.beside_category)
        of = nw.lit(1.0) if leaf.of is None else self.columns.number(leaf.of)
        return nw.when(chosen).then(of).otherwise(nw.lit(0.0))

    def _is_category(self, expression: Expression, value: object) -> nw.Expr:
        """Where an expression has a value; one that it cannot have, of two that share their codes, is nobody's."""
        column, kind = self.columns.raw(expression), self.columns.kinds[expression.text]
        if kind == "truth":
            return column if value == "true" else ~column
        if (kind == "text") != isinstance(value, str):
            return nw.lit(False)
        same: nw.Expr = column == value
        return same

    def categories(self) -> dict[str, pl.DataFrame]:
        """The values of each expression that a statistic ranges or adds over."""
        found: dict[str, pl.DataFrame] = {}
        # what is added over categories may add over others again, which shows when the first are known
        while pending := self._without_values(found):
            found = found | {text: self._values(over) for text, over in pending.items()}
        return found

    def _without_values(self, found: Mapping[str, pl.DataFrame]) -> dict[str, Expression]:
        """The expressions whose categories are asked for and not known yet."""
        draft, pending = SmallTables(pl.DataFrame(), found, {}, None, {}, {}), dict[str, Expression]()

        def values(over: Expression) -> tuple[float | str, ...]:
            if over.text not in found:
                pending[over.text] = over
                return ()
            return draft.factor(over).values  # type: ignore[return-value]

        for statistic in self.call.statistics.values():
            over = statistic.expanded(values).category_of()
            if over is not None:
                values(over)
        return pending

    def _values(self, over: Expression) -> pl.DataFrame:
        """The distinct values of a column as it stands in the data, or of a rule."""
        is_column = over.kind == "column"
        source = self.records.find(over.names[0]) if is_column else self.columns.columns[over.text]
        one = self.frame.select(nw.col(source).alias("value"), nw.lit(1.0).alias("records"))
        return fetched(one.group_by("value").agg(nw.col("records").sum())).sort("value", nulls_last=True)

    def facts(self, statistics: Mapping[str, Statistic], masks: Mapping[str, Mask]) -> pl.DataFrame:
        """One row over all records: what is told, refused, or makes a rough centre."""
        return self._row(dict(self._counts(statistics, masks)), self.centred(statistics))

    def _row(self, sums: dict[str, nw.Expr], centred: Sequence[Expression]) -> pl.DataFrame:
        """Sums over all records, and what the rough centres of expressions are made of."""
        ends: dict[str, nw.Expr] = {}
        found_ends: list[nw.Expr] = []
        for one in centred:
            column, least, most = self.columns.number(one), key_of("least", one.text), key_of("most", one.text)
            sums[key_of("sum of", one.text)] = column.fill_null(0.0)
            sums[key_of("known", one.text)] = _one_where(~column.is_null())
            ends |= {least: column, most: column}
            found_ends += [nw.col(least).min(), nw.col(most).max()]
        laid = self.frame.with_columns(*(made.alias(name) for name, made in (sums | ends).items()))
        found = fetched(laid.select(*sums, *ends).select(*(nw.col(name).sum() for name in sums), *found_ends))
        return found.with_columns(pl.all().cast(pl.Float64))

    def without_moments(self, *, about_means: bool = True) -> Call:
        """The call with each moment written out as arithmetic of totals, from now on that of this object.

        Parameters
        ----------
        about_means : whether moments are about rough means, found in a pass of their own, or, where parts of a survey
            are to be added, about 0.
        """
        asked = {one.text: one for statistic in self.call.statistics.values() for one in moments_of(statistic)}
        if not asked:
            return self.call
        facts = self._row({}, list(asked.values())) if about_means else None
        middle = {text: 0.0 if facts is None else centre(facts, text) for text in asked}
        statistics = {name: written_out(one, middle) for name, one in self.call.statistics.items()}
        self.call = replace(self.call, statistics=statistics)
        new = [one for statistic in statistics.values() for one in statistic.expressions()]
        self.columns = self.columns.more(new, self.frame)
        self.frame = self.columns.frame
        return self.call

    def centred(self, statistics: Mapping[str, Statistic]) -> list[Expression]:
        """The expressions of totals that a rough centre is taken off."""
        trees = [tree for one in statistics.values() for tree in trees_of(one)]
        trees += [leaf.node for tree in trees for leaf in wholes(tree)]
        found = [leaf for tree in trees for leaf in leaves(tree) if isinstance(leaf, Total) and leaf.category is None]
        return list({one.expression.text: one.expression for one in found if not is_one(one)}.values())

    def _counts(self, statistics: Mapping[str, Statistic], masks: Mapping[str, Mask]) -> Iterable[tuple[str, nw.Expr]]:
        weight = nw.col(WEIGHT)
        yield key_of("records"), nw.lit(1.0)
        before: list[nw.Expr] = []
        for rule in self.where:
            column = self.columns.number(rule)
            known = ~column.is_null()
            yield key_of("neither", rule.text), _one_where(known & (column != 0) & (column != 1))
            yield key_of("where unknown", rule.text), _one_where(all_of([*before, ~known]))
            before.append(column.fill_null(0.0) == 1)
        yield key_of("inside"), _one_where(self.domain)
        for text, failed in self.told.items():
            yield key_of("undefined", text), _one_where(nw.col(failed).fill_null(False))
        for name in self.by:
            yield key_of("missing by", name), _one_where(self.domain & self.records.missing(name))
        for called, statistic in statistics.items():
            for check in statistic.checks:
                met = (self.columns.number(check.rule).fill_null(0.0) != 0) & self.domain & (weight > 0)
                yield key_of("check", called, check.rule.text), _one_where(met)
        whole = [one.mask for one in whole_needs(statistics)]
        for mask in dict.fromkeys([EVERYONE, *masks.values(), *whole]):
            used = self.known(mask) & (weight > 0)
            yield key_of("sample n", mask), _one_where(used)
            yield key_of("sample size", mask), nw.when(used).then(weight).otherwise(nw.lit(0.0))
            yield key_of("lost", mask), _one_where(~self.known(mask) & (weight > 0) & self.domain)
            yield key_of("lost of all", mask), _one_where(~self.known(mask) & (weight > 0))

    def table(self, keys: Sequence[str], needs: Sequence[Need], shift: Mapping[str, float]) -> pl.DataFrame:
        """The sums that statistics need, by keys."""
        weight, sums = nw.col(WEIGHT), dict[str, nw.Expr]()
        prepared: dict[str, nw.Expr] = {}
        for mask in dict.fromkeys([EVERYONE, *(need.mask for need in needs)]):
            known = self.known(mask)
            prepared[key_of("used", mask)] = known & (weight > 0)
            sums[key_of("rows", mask)] = _one_where(known)
            used = nw.col(key_of("used", mask))
            sums[key_of("count", mask)] = _one_where(used)
            sums[key_of("ones", mask)] = nw.when(used).then(weight).otherwise(nw.lit(0.0))
        for need in needs:
            used = nw.col(key_of("used", need.mask))
            for leaf in need.totals:
                prepared[key_of("value", told(leaf))] = self.value(leaf, shift.get(told(leaf), 0.0))
                value = nw.col(key_of("value", told(leaf)))
                sums[key_of("sum", need.mask, told(leaf))] = nw.when(used).then(weight * value).otherwise(nw.lit(0.0))
            for a, b in need.products:
                first, second = (nw.col(key_of("value", told(leaf))) for leaf in (a, b))
                product = nw.when(used).then(weight * first * second).otherwise(nw.lit(0.0))
                sums[key_of("product", need.mask, told(a), told(b))] = product
            for leaf in need.nonzero:
                value = nw.col(key_of("value", told(leaf)))
                there = used & (value != -shift.get(told(leaf), 0.0))
                sums[key_of("nonzero", need.mask, told(leaf))] = _one_where(there)
        for need in needs:
            sums |= self._replicated(need)
        frame = self.frame.with_columns(*(made.alias(name) for name, made in prepared.items()))
        return grouped_sums(frame, keys, sums)

    def _replicated(self, need: Need) -> dict[str, nw.Expr]:
        """The sums of a need under each replicate weight that stands beside the weight."""
        used, sums = nw.col(key_of("used", need.mask)), dict[str, nw.Expr]()
        for r in range(self.records.replicates):
            weight = nw.when(used).then(nw.col(f"{REPLICATE}{r}")).otherwise(nw.lit(0.0))
            sums[replicate_key(r, need.mask, None)] = weight
            for leaf in need.totals:
                value = nw.when(used).then(nw.col(key_of("value", told(leaf)))).otherwise(nw.lit(0.0))
                sums[replicate_key(r, need.mask, leaf)] = weight * value
        return sums


def _one_where(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1.0)).otherwise(nw.lit(0.0))


def all_of(conditions: Sequence[nw.Expr]) -> nw.Expr:
    """Where all conditions hold, none of them ever unknown; everywhere, if there are none."""
    found = nw.lit(True)
    for place, one in enumerate(conditions):
        found = one if place == 0 else found & one
    return found


def centre(facts: pl.DataFrame, text: str) -> float:
    """As `rough_centre`, of an expression, from the facts."""
    least, most = facts[key_of("least", text)][0], facts[key_of("most", text)][0]
    known = facts[key_of("known", text)][0]
    if not known or least is None:
        return 0.0
    return centre_between(float(least), float(most), float(facts[key_of("sum of", text)][0]) / known)


def summarised(summing: Summing) -> SmallTables:
    """The small tables of a call, from an engine."""
    call, kinds = summing.call, summing.columns.kinds
    categories = summing.categories()
    statistics, _ = with_categories_filled(
        call.statistics, SmallTables(pl.DataFrame(), categories, {}, None, kinds, {})
    )
    masks = masks_of(statistics, call)
    facts = summing.facts(statistics, masks)
    shift = {told(Total(one)): centre(facts, one.text) for one in summing.centred(statistics)}
    needs = [Need.of(trees_of(one), masks[name]) for name, one in statistics.items()]
    keys = summing.records.keys
    entries = {
        variables: summing.table(tuple(dict.fromkeys([*keys, *variables, INSIDE])), needs, shift)
        for variables, _ in summing.crossings
    }
    of_all = whole_needs(statistics)
    whole = summing.table(keys, of_all, shift) if of_all else None
    return SmallTables(facts, categories, entries, whole, kinds, shift)
