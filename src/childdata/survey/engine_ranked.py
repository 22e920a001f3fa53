"""What is found by rank, at an engine: from the weighted distribution of a variable, never from its records.

The engine adds up weights by cell and value of y; records of one value are one tie, and a tie of the table stands for
them (`Sample`): values, and influences as a function of y and, inside a tie, linear in x, come from the same leaves as
in memory. That function goes back to the engine as a small table joined by cell and y, and sums of weight × influence
by sampling unit come out of one more pass. The memory it takes is that of the distinct values in each cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from childdata.errors import EstimationError
from childdata.expression import Expression
from childdata.survey.arrays import Codes, Floats
from childdata.survey.columns import Column
from childdata.survey.engine_records import WEIGHT, fetched, fetching, grouped_sums, is_nan, joined, met
from childdata.survey.engine_summed import Summed
from childdata.survey.engine_sums import INSIDE, Mask, Summing, all_of, is_sum
from childdata.survey.leaves import OrderSum
from childdata.survey.quantiles import Quantile
from childdata.survey.sample import Sample
from childdata.survey.seen import ROUNDING, OfRecords, Seen, Shared, Wide
from childdata.survey.statistic import Count, Node, Ranked, Statistic, Total, Whole, leaves, wholes

TIES_MOST = 20_000_000  # distinct values in all cells together: about 3 GB while influences are found
_Y = "childdata y"
_TIED_RULES = ("hf1", "hf2", "hf3")


class _NoRecords:
    """Stands where the columns of records stand in memory."""

    def number(self, expression: Expression) -> Column:
        """There are none."""
        raise AssertionError(f"{expression.text!r} was asked for by record, and the records are at an engine")


NO_RECORDS: Any = _NoRecords()


def in_the_engine(statistic: Statistic) -> None:
    """An EstimationError for a statistic that depends on more than the distribution of its variables."""
    for tree in (item.node for item in statistic.items):
        for leaf in (leaf for one in [tree, *(whole.node for whole in wholes(tree))] for leaf in leaves(one)):
            if isinstance(leaf, OrderSum):
                raise EstimationError(
                    f"{statistic.name} depends on the order of records of one value, which an engine does not have; "
                    "take the mid-rank form (the default), or fetch the records first"
                )
            if isinstance(leaf, Quantile) and leaf.rule not in _TIED_RULES:
                raise EstimationError(
                    f"{statistic.name}: the rule {leaf.rule} depends on single records; on an engine take one of "
                    f"{', '.join(_TIED_RULES)}, or fetch the records first"
                )


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The weighted distribution of a variable in each cell; arrays (ties,) in no order.

    Attributes
    ----------
    frame : the variables of the crossing and y, as the engine has them.
    cell, y, weight : of each tie; squares : Σ w².
    means : by text the mean of another expression in each tie.
    """

    frame: pl.DataFrame
    cell: Codes
    y: Floats
    weight: Floats
    squares: Floats
    means: dict[str, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where the cells of a crossing are found again at the engine.

    Attributes
    ----------
    variables : of the crossing.
    cells : frame with a row for each combination of their values, and its `cell`; -1 where it is in none.
    """

    variables: tuple[str, ...]
    cells: pl.DataFrame
    _found: dict[tuple[Mask, str, tuple[str, ...]], Distribution] = field(default_factory=dict)

    def distribution(
        self, summing: Summing, mask: Mask, y: Expression, others: Sequence[Expression], *, whole: bool
    ) -> Distribution:
        """The distribution of y in each cell, with sums of other expressions; asked for once."""
        key = (mask, y.text, tuple(one.text for one in others))
        if key not in self._found:
            self._found[key] = self._distribution(summing, mask, y, others, whole=whole)
        return self._found[key]

    def _distribution(
        self, summing: Summing, mask: Mask, y: Expression, others: Sequence[Expression], *, whole: bool
    ) -> Distribution:
        weight = nw.col(WEIGHT)
        frame = summing.frame.filter(used_of(summing, mask, whole=whole))
        made = {_Y: summing.columns.number(y), "childdata ones": weight, "childdata squares": weight * weight}
        made |= {f"childdata x {k}": weight * summing.columns.number(one) for k, one in enumerate(others)}
        frame = frame.with_columns(*(expression.alias(name) for name, expression in made.items()))
        keys, sums = [*self.variables, _Y], [name for name in made if name != _Y]
        grouped = frame.select(*keys, *sums).group_by(*keys).agg(*(nw.col(name).sum() for name in sums))
        found = met(fetched(grouped.head(TIES_MOST + 1)), keys)
        if found.height > TIES_MOST:
            raise EstimationError(
                f"{y.text!r} has more than {TIES_MOST:,} distinct values in the cells of the table, and what is found "
                f"by rank needs them here; round it, such as 'round({y.text})', or fetch the records: "
                f"{fetching(summing.records.frame)}"
            )
        return self._arranged(found, len(others), [one.text for one in others])

    def _arranged(self, found: pl.DataFrame, others: int, texts: list[str]) -> Distribution:
        cell = np.zeros(found.height, dtype=np.intp)
        if self.variables:
            inside = self.cells.filter(pl.col("cell") >= 0)
            place = found.join(inside, on=self.variables, how="left", nulls_equal=True, maintain_order="left")["cell"]
            cell = place.fill_null(-1).to_numpy().astype(np.intp)
        weight = found["childdata ones"].to_numpy()
        means = {texts[k]: found[f"childdata x {k}"].to_numpy() / weight for k in range(others)}
        frame = found.select(*self.variables, _Y)
        return Distribution(frame, cell, found[_Y].to_numpy(), weight, found["childdata squares"].to_numpy(), means)

    def keyed(
        self, summing: Summing, frame: nw.LazyFrame[Any], table: pl.DataFrame
    ) -> tuple[Any, pl.DataFrame, list[str]]:
        """A frame and a table with keys under which equal values meet, missing ones too."""
        if not self.variables:
            return frame, table, []
        engine, ours, names = [], [], []
        for k, name in enumerate(self.variables):
            kind, values = summing.records.schema[name], table[name]
            column, mine = nw.col(name), pl.col(name)
            if kind in (nw.Categorical, nw.Enum):
                column, mine, values = column.cast(nw.String), mine.cast(pl.String), values.cast(pl.String)
            if kind in (nw.Float32, nw.Float64):
                column = nw.when(~is_nan(column)).then(column)
            known = values.drop_nulls()
            flag, key = f"childdata none {k}", f"childdata key {k}"
            engine.append(column.is_null().cast(nw.Int64).alias(flag))
            ours.append(mine.is_null().cast(pl.Int64).alias(flag))
            names.append(flag)
            if known.len():
                engine.append(column.fill_null(known[0]).alias(key))
                ours.append(mine.fill_null(known[0]).alias(key))
                names.append(key)
        return (
            frame.with_columns(*engine),
            table.with_columns(*ours).select(*names, pl.exclude([*names, *self.variables])),
            names,
        )

    def attached(
        self, summing: Summing, frame: nw.LazyFrame[Any], by_cell: dict[str, Floats]
    ) -> tuple[nw.LazyFrame[Any], dict[str, nw.Expr]]:
        """A frame with numbers of each cell; without variables they are constants."""
        if not self.variables:
            return frame, {name: nw.lit(float(values[0])) for name, values in by_cell.items()}
        inside = self.cells.filter(pl.col("cell") >= 0)
        cell = inside["cell"].to_numpy()
        numbers = [pl.Series(name, values[cell]) for name, values in by_cell.items()]
        laid, table, keys = self.keyed(summing, frame, inside.select(self.variables).with_columns(numbers))
        made = joined(laid, table, keys)
        return made, {name: nw.col(name).fill_null(0.0) for name in by_cell}


def used_of(summing: Summing, mask: Mask, *, whole: bool) -> nw.Expr:
    """The records that count: known, of positive weight, in the domain."""
    inside = [] if whole else [nw.col(INSIDE)]
    return all_of([summing.known(mask), nw.col(WEIGHT) > 0, *inside])


@dataclass(frozen=True, slots=True, eq=False)
class EngineShared(Shared):
    """A tree on all records of the survey, whose influence by record is a formula.

    Attributes
    ----------
    size, count : weights and number of the records it is found on.
    """

    formula: Formula = field(kw_only=True)
    size: float = field(kw_only=True)
    count: float = field(kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class ByTie:
    """The part of an influence that is by rank: at + Σ slope·x, by cell and y."""

    y: Expression
    table: Distribution
    at: Floats
    slopes: dict[str, tuple[Expression, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """An influence that an engine can find for every record.

    Attributes
    ----------
    whole : of all records, or of those of the domain.
    constant : array (cells,); totals : slopes, arrays (cells,); ties : the parts by rank; wide : from all records.
    """

    summing: Summing
    place: Place
    mask: Mask
    whole: bool
    constant: Floats
    totals: dict[Total, Floats]
    shift: dict[Total, float]
    ties: tuple[ByTie, ...]
    wide: tuple[tuple[Floats, EngineShared], ...]

    def laid(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """The frame with the influence as a column, what comes from all records left out."""
        by_cell = {f"{name} constant": self.constant}
        by_cell |= {f"{name} slope {k}": slope for k, slope in enumerate(self.totals.values())}
        frame, given = self.place.attached(self.summing, frame, by_cell)
        value = given[f"{name} constant"]
        for k, leaf in enumerate(self.totals):
            value = value + given[f"{name} slope {k}"] * self.summing.value(leaf, self.shift[leaf])
        for k, tie in enumerate(self.ties):
            frame, part = self._by_tie(frame, tie, f"{name} tie {k}")
            value = value + part
        used = used_of(self.summing, self.mask, whole=self.whole)
        kept = nw.when(used).then(value).otherwise(nw.lit(0.0))
        return frame.with_columns(kept.alias(name))

    def _by_tie(self, frame: nw.LazyFrame[Any], tie: ByTie, name: str) -> tuple[nw.LazyFrame[Any], nw.Expr]:
        y = self.summing.columns.number(tie.y)
        columns = {f"{name} at": tie.at} | {
            f"{name} slope {k}": slope for k, (_, slope) in enumerate(tie.slopes.values())
        }
        kept = np.flatnonzero(tie.table.cell >= 0)
        table = tie.table.frame[kept].with_columns(pl.Series(one, values[kept]) for one, values in columns.items())
        key = f"{name} y"
        frame = frame.with_columns(y.alias(key))
        frame, table, keys = self.place.keyed(self.summing, frame, table.rename({_Y: key}))
        frame = joined(frame, table, [*keys, key])
        value = nw.col(f"{name} at").fill_null(0.0)
        for k, (x, _) in enumerate(tie.slopes.values()):
            value = value + nw.col(f"{name} slope {k}").fill_null(0.0) * self.summing.columns.number(x)
        return frame, value

    def everything(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """The frame with the influence as a column; beside it, as `own`, what does not come from all records."""
        frame = self.laid(frame, f"{name} own")
        value = nw.col(f"{name} own")
        if self.wide:
            by_cell = {f"{name} wide {k}": slope for k, (slope, _) in enumerate(self.wide)}
            frame, given = self.place.attached(self.summing, frame, by_cell)
            for k, (_, shared) in enumerate(self.wide):
                frame = shared.formula.everything(frame, f"{name} all {k}")
                value = value + given[f"{name} wide {k}"] * nw.col(f"{name} all {k}")
        return frame.with_columns(value.alias(name))


@dataclass(frozen=True, slots=True, eq=False)
class EngineSeen(Seen):
    """One statistic at an engine, seen from one grouping.

    Attributes
    ----------
    summed : its sums; place : where its cells are; trees : all that it is made of.
    formulas : of the influences found so far.
    """

    summed: Summed = field(kw_only=True)
    place: Place = field(kw_only=True)
    trees: tuple[Node, ...] = field(kw_only=True)
    summing: Summing | None = field(kw_only=True)
    formulas: list[Formula] = field(default_factory=list, kw_only=True)

    @property
    def _engine(self) -> Summing:
        if self.summing is None:
            raise EstimationError("what is found by rank needs the records; sums of parts of a survey do not give it")
        return self.summing

    def distribution(self, y: Expression) -> Distribution:
        """The distribution of a variable, with the sums that the leaves over it need."""
        others: dict[str, Expression] = {}
        for leaf in (leaf for tree in self.trees for leaf in leaves(tree)):
            if isinstance(leaf, (Total, Count, Whole)) or leaf.y.text != y.text:
                continue
            others |= {one.text: one for one in leaf.expressions() if one.text != y.text}
        return self.place.distribution(self._engine, self.summed.mask, y, list(others.values()), whole=self.by_record)

    def sample(self, y: Expression) -> Sample:
        """The ties in the order of y; each as two halves, between which another expression differs.

        Inside a tie an influence is linear in x, so that two points of it give its slope.
        """
        if y.text not in self._samples:
            found = self.distribution(y)
            halves = 2 if found.means else 1
            values, weight = np.tile(found.y, halves), np.tile(found.weight / halves, halves)
            cell = np.tile(found.cell, halves)
            row = np.where(cell >= 0, self.grouped.rows.row_of_cell[cell], -1)
            chosen = np.flatnonzero(row >= 0)

            def column(expression: Expression) -> Floats:
                if expression.text == y.text:
                    return values
                mean = found.means[expression.text]
                return np.concatenate([mean - _step(mean), mean + _step(mean)])

            made = Sample.of(values[chosen], weight[chosen], row[chosen], self.grouped.size, chosen, column)
            squares = np.tile(found.squares / halves, halves)
            self._samples[y.text] = replace(made, of_records=squares[made.place])
        return self._samples[y.text]

    def _at_ties(self, leaf_y: Expression, sample: Sample, values: Floats) -> Floats:
        """Values of a sample by tie of the distribution, array (halves, ties); 0 outside of all rows."""
        found = self.distribution(leaf_y)
        halves = 2 if found.means else 1
        result = np.zeros(halves * found.y.size)
        result[sample.place] = values
        return result.reshape(halves, found.y.size)

    def weighted(self, sample: Sample, influence: Floats) -> Floats:
        """The sums of weight × an influence that depends on y only, by pair."""
        y = next(one for one in self._ys() if self._samples.get(one.text) is sample)
        at = self._at_ties(y, sample, influence).mean(axis=0)
        nothing = np.zeros(self.measured.pairs.cells)
        tie = ByTie(y, self.distribution(y), at, {})
        formula = Formula(self._engine, self.place, self.summed.mask, self.by_record, nothing, {}, {}, (tie,), ())
        return self._sums(
            formula.laid(self._engine.frame, "childdata u"), {"score": nw.col(WEIGHT) * nw.col("childdata u")}
        )[0]

    def _ys(self) -> list[Expression]:
        found = [leaf for tree in self.trees for leaf in leaves(tree) if not isinstance(leaf, (Total, Count, Whole))]
        return list({leaf.y.text: leaf.y for leaf in found}.values())

    def _sums(self, frame: nw.LazyFrame[Any], sums: dict[str, nw.Expr]) -> list[Floats]:
        """Sums by pair of columns of the engine's frame, beside those of the table."""
        named = {f"childdata {name}": expression for name, expression in sums.items()}
        keys = [name for name in self.summed.table.columns if not is_sum(name)]
        found = grouped_sums(frame, keys, named)
        beside = self.summed.table.select(keys).join(
            found, on=keys, how="left", nulls_equal=True, maintain_order="left"
        )
        return [self.measured.pairs.sums(beside[name].fill_null(0.0).to_numpy()) for name in named]

    def by_records(
        self, ranked: dict[Ranked, Floats], totals: dict[Total, Floats], constant: Floats, wide: Wide
    ) -> OfRecords:
        """What only the influence of every record gives: its sums by pair, and its moments by row."""
        grouped, measured = self.grouped, self.measured
        size = grouped.by_row(measured.ones)
        first = constant * size
        for leaf, slope in totals.items():
            first = first + slope * grouped.by_row(measured.sums[leaf])
        ties: dict[str, ByTie] = {}
        unknown = np.zeros(grouped.size, dtype=bool)
        for one, slope in ranked.items():
            sample = self.sample(one.y)
            influence = sample.spread(slope) * self.ranked(one).influence
            # a row without degrees of freedom has no influence; engines have no such number to pass on
            unknown[sample.row[~np.isfinite(influence)]] = True
            influence = np.nan_to_num(influence, posinf=0.0, neginf=0.0)
            first = first + sample.by_row(sample.weight * influence)
            self._add_tie(ties, one, sample, influence)
        with np.errstate(divide="ignore", invalid="ignore"):
            centre = np.where(size > 0, first / size, 0.0)
        formula = Formula(
            self._engine, self.place, self.summed.mask, self.by_record, self._by_cell(constant),
            {leaf: self._by_cell(slope) for leaf, slope in totals.items()}, dict(measured.basis.shift),
            tuple(ties.values()), tuple((self._by_cell(slope), _formula_of(shared)) for slope, shared in wide),
        )  # fmt: skip
        self.formulas.append(formula)
        if wide:
            score, scatter, first = self._beside_all(formula, wide)
        else:
            score, scatter, first = self._within_row(formula, centre, size)
            scatter, first = self.varying(scatter, first, ranked, totals, constant)
        unknown_pair = np.append(unknown, False)[grouped.row]
        score, scatter = np.where(unknown_pair, np.nan, score), np.where(unknown, np.nan, scatter)
        return OfRecords(None, score, scatter, np.where(unknown, np.nan, first))

    def _within_row(self, formula: Formula, centre: Floats, size: Floats) -> tuple[Floats, Floats, Floats]:
        """Sums by pair of an influence, and by row Σ w (u − ū)² and Σ w u; the squares are about a centre near ū."""
        frame = formula.laid(self._engine.frame, "childdata u")
        frame, given = self.place.attached(self._engine, frame, {"childdata centre": self._by_cell(centre)})
        used = used_of(self._engine, self.summed.mask, whole=self.by_record)
        apart = nw.when(used).then(nw.col("childdata u") - given["childdata centre"]).otherwise(nw.lit(0.0))
        frame = frame.with_columns(apart.alias("childdata apart"))
        weight, apart = nw.col(WEIGHT), nw.col("childdata apart")
        sums = {"score": weight * nw.col("childdata u"), "first": weight * apart, "second": weight * apart * apart}
        score, moved, second = self._sums(frame, sums)
        moved, second = self.grouped.by_row(moved), self.grouped.by_row(second)
        with np.errstate(divide="ignore", invalid="ignore"):
            return score, second - moved**2 / size, moved + centre * size

    def _beside_all(self, formula: Formula, wide: Wide) -> tuple[Floats, Floats, Floats]:
        """The same where a part comes from all records: the scatter is that of the whole survey (`measure`)."""
        frame, grouped = formula.laid(self._engine.frame, "childdata u"), self.grouped
        names = [f"childdata all {k}" for k in range(len(wide))]
        for name, (_, shared) in zip(names, wide, strict=True):
            frame = _formula_of(shared).formula.everything(frame, name)
        weight, own = nw.col(WEIGHT), nw.col("childdata u")
        sums = {"score": weight * own, "second": weight * own * own}
        sums |= {f"with {k}": weight * own * nw.col(name) for k, name in enumerate(names)}
        score, second, *beside = self._sums(frame, sums)
        of_all = {f"childdata sum {k}": weight * nw.col(name) for k, name in enumerate(names)}
        of_all |= {
            f"childdata product {k} {j}": weight * nw.col(one) * nw.col(other)
            for k, one in enumerate(names)
            for j, other in enumerate(names)
        }
        counted = grouped_sums(frame, [], of_all)
        squares, first = grouped.by_row(second), grouped.by_row(score)
        total, parts = first, squares
        for k, (slope, _) in enumerate(wide):
            squares = squares + 2 * slope * grouped.by_row(beside[k])
            parts = parts + slope**2 * counted[f"childdata product {k} {k}"][0]
            total = total + slope * counted[f"childdata sum {k}"][0]
            for j, (other, _) in enumerate(wide):
                squares = squares + slope * other * counted[f"childdata product {k} {j}"][0]
        shared = _formula_of(wide[0][1])
        with np.errstate(divide="ignore", invalid="ignore"):
            scatter = squares - total**2 / shared.size
            srs = shared.size * np.where(scatter <= ROUNDING * parts, 0.0, scatter) / (shared.count - 1)
            scatter = srs * (grouped.by_row(self.measured.count) - 1) / grouped.by_row(self.measured.ones)
        return score, scatter, first

    def _add_tie(self, ties: dict[str, ByTie], leaf: Ranked, sample: Sample, influence: Floats) -> None:
        """Take up a ranked leaf among the parts by rank; leaves over one variable are one table."""
        found = self.distribution(leaf.y)
        halves = self._at_ties(leaf.y, sample, influence)
        at, other = halves.mean(axis=0), next((one for one in leaf.expressions() if one.text != leaf.y.text), None)
        slopes: dict[str, tuple[Expression, Floats]] = {}
        if other is not None:
            mean = found.means[other.text]
            slope = (halves[1] - halves[0]) / (2 * _step(mean))
            at, slopes = at - slope * mean, {other.text: (other, slope)}
        before = ties.get(leaf.y.text)
        if before is not None:
            at = at + before.at
            for text, (x, slope) in before.slopes.items():
                slopes[text] = (x, slope + slopes[text][1] if text in slopes else slope)
        ties[leaf.y.text] = ByTie(leaf.y, found, at, slopes)

    def _by_cell(self, values: Floats) -> Floats:
        """Numbers of rows by cell, 0 where a cell is in no row."""
        row = self.grouped.rows.row_of_cell
        return np.where(row >= 0, values[row] if values.size else 0.0, 0.0)


def _step(mean: Floats) -> Floats:
    """How far apart the two halves of a tie are taken: as far as x is large, so that no digits are lost."""
    return np.where(mean == 0, 1.0, np.abs(mean))


def _formula_of(shared: Shared) -> EngineShared:
    assert isinstance(shared, EngineShared)
    return shared
