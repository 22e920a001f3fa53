"""The one group-by: rows to sums by sampling unit and cell of the domains.

Every smooth statistic needs of the records only Σ w·e for a few row expressions e, by unit and cell. From that
small table follow the estimates, all margins, the scores and the whole covariance; the records are not touched
again. `Pairs` are the (unit, cell) pairs that occur; what costs time is one pass over the records for each
expression, and then one over the pairs for each further margin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from childdata.survey.arrays import Codes, Floats, Mask, added, short, summed
from childdata.survey.design import Stage, compact
from childdata.survey.domains import Partition, Rows

if TYPE_CHECKING:
    from scipy.sparse import csc_array


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The pairs of sampling unit and cell that the records of a partition make.

    Attributes
    ----------
    cells : how many cells there are.
    pair, place : arrays (m,); the pair and the cell of each record that is in a cell.
    inside : array (m,); the indices of those records, or None when all are.
    unit, cell : arrays (pairs,); the unit and the cell of each pair.
    alone : whether each record is a pair of its own, in order: there is nothing to add up.
    """

    cells: int
    pair: Codes
    place: Codes
    inside: Codes | None
    unit: Codes
    cell: Codes
    alone: bool

    @staticmethod
    def of(unit: Codes, units: int, partition: Partition) -> Pairs:
        """The pairs of the records whose cell is not -1."""
        cell, cells, inside = partition.cell, partition.cells, None
        if (cell < 0).any():
            inside = np.flatnonzero(cell >= 0)
            unit, cell = unit[inside], cell[inside]
        if units == unit.size and np.bincount(unit, minlength=units).max(initial=0) == 1:
            return Pairs(cells, np.arange(units), cell, inside, unit, cell, True)
        # cell by cell, so that the sums of a row lie beside each other
        key = cell * units
        key += unit
        pair, kept = compact(key, units * cells)
        return Pairs(cells, pair, cell, inside, kept % units, kept // units, False)

    def select(self, values: Floats) -> Floats:
        """The values of the records that are in a cell."""
        return values if self.inside is None else values[self.inside]

    def sums(self, values: Floats) -> Floats:
        """The sums of a value of all records by pair, array (pairs,)."""
        return self.sums_inside(self.select(values))

    def sums_inside(self, values: Floats) -> Floats:
        """The sums of a value of the records inside by pair."""
        return values if self.alone else summed(self.pair, values, self.unit.size)

    def by_cell(self, sums: Floats) -> Floats:
        """Sums by pair added up by cell, array (cells,)."""
        return summed(self.cell, sums, self.cells) if self.alone else added(sums, self.cell, self.cells)

    def counts_inside(self, chosen: Mask) -> Floats:
        """How many of the records inside are chosen, by pair."""
        if self.alone:
            return chosen.astype(np.float64)
        pair = self.pair if chosen.all() else self.pair[chosen]
        return np.bincount(pair, minlength=self.unit.size).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Pairs seen from one grouping: the row of each pair, and sums by row."""

    pairs: Pairs
    rows: Rows
    row: Codes
    _order: list[Codes] = field(default_factory=list)
    _in_order: list[bool] = field(default_factory=list)

    @staticmethod
    def of(pairs: Pairs, rows: Rows) -> Grouped:
        """The rows of a grouping read off the cells."""
        return Grouped(pairs, rows, rows.row_of_cell[pairs.cell])

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.rows.labels)

    def by_row(self, sums: Floats) -> Floats:
        """Sums by pair added up by row, array (rows,)."""
        if self.lie_in_order:
            return added(sums, self.row, self.size)
        shown = self.row >= 0
        if shown.all():
            return summed(self.row, sums, self.size)
        return summed(self.row[shown], sums[shown], self.size)

    @property
    def lie_in_order(self) -> bool:
        """Whether the pairs lie row by row as they are, each in a row."""
        if not self._in_order:
            row = self.row
            self._in_order.append(bool((row[1:] >= row[:-1]).all()) and (not row.size or int(row[0]) >= 0))
        return self._in_order[0]

    @property
    def order(self) -> Codes:
        """The pairs that lie in a row, row by row; found once for all statistics."""
        if not self._order:
            if self.lie_in_order:
                order = np.arange(self.row.size)
            else:
                order = np.argsort(short(self.row, self.size), kind="stable")
            self._order.append(order[np.searchsorted(self.row[order], 0) :])
        return self._order[0]

    def row_of_records(self) -> Codes:
        """The row of each record inside, -1 where it is in none."""
        return self.rows.row_of_cell[self.pairs.place]


@dataclass(frozen=True, slots=True, eq=False)
class Triplets:
    """Scores as (unit, row, value), an entry for each unit with a member of the row.

    `distinct` says that no unit has two entries in one row.
    """

    unit: Codes
    row: Codes
    value: Floats
    distinct: bool

    def matrix(self, units: int, rows: int) -> csc_array:
        """The sparse matrix units × rows; entries of one unit and row are added, zeros are kept."""
        from scipy.sparse import csc_array

        if self.distinct and (self.row[1:] >= self.row[:-1]).all():
            unit, value, row = self.unit, self.value, self.row
        elif self.distinct:
            order = np.argsort(short(self.row, rows), kind="stable")
            unit, value, row = self.unit[order], self.value[order], self.row
        else:
            code, kept = compact(self.row * units + self.unit, rows * units)
            unit, value, row = kept % units, summed(code, self.value, kept.size), kept // units
        ends = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=rows))))
        return csc_array((value, unit, ends), shape=(units, rows))


def triplets(grouped: Grouped, score: Floats, member: Mask) -> Triplets:
    """The scores of the pairs that have a member, as triplets."""
    distinct = grouped.pairs.alone or grouped.size == grouped.pairs.cells
    if grouped.lie_in_order and member.all():
        return Triplets(grouped.pairs.unit, grouped.row, score, distinct)
    kept = grouped.order[member[grouped.order]]
    return Triplets(grouped.pairs.unit[kept], grouped.row[kept], score[kept], distinct)


def stacked(pieces: list[Triplets], sizes: list[int], *, distinct: bool = True) -> Triplets:
    """The triplets of several blocks of rows as one, the rows numbered through."""
    if len(pieces) == 1:
        return pieces[0]
    offsets = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.intp)
    return Triplets(
        np.concatenate([piece.unit for piece in pieces]),
        np.concatenate([piece.row + offset for piece, offset in zip(pieces, offsets, strict=True)]),
        np.concatenate([piece.value for piece in pieces]),
        distinct and all(piece.distinct for piece in pieces),
    )


def by_stage(scores: Triplets, rows: int, stages: tuple[Stage, ...]) -> list[csc_array]:
    """The scores of the last stage's units, and their sums over the units of each stage above.

    Returns
    -------
    One sparse array (units, rows) for each stage, the first stage first.
    """
    result = []
    for position in range(len(stages) - 1, -1, -1):
        stage = stages[position]
        result.append(scores.matrix(stage.stratum.size, rows))
        if position:
            # the stratum of a unit of a later stage is the unit of the stage above
            scores = Triplets(stage.stratum[scores.unit], scores.row, scores.value, distinct=False)
    return result[::-1]


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """PSUs with a member of each row, strata with one, and all PSUs of those strata; arrays (rows,).

    `replicate_df`: the rank of the replicate weights of all records of the row − 1, where a convention asks for it.
    """

    psus: Floats
    strata: Floats
    sampled: Floats
    replicate_df: Floats | None = None


def members_by_row(grouped: Grouped, member: Mask, stages: tuple[Stage, ...]) -> Members:
    """The PSUs and strata in which the pairs with a member lie."""
    ones = triplets(grouped, np.ones(member.size), member)
    first = by_stage(ones, grouped.size, stages)[0]
    psus = np.diff(first.indptr).astype(np.float64)
    row = np.repeat(np.arange(grouped.size), np.diff(first.indptr))
    strata = stages[0].sampled.size
    _, cells = compact(row * strata + stages[0].stratum[first.indices], grouped.size * strata)
    sampled = stages[0].sampled[cells % strata]
    return Members(
        psus,
        np.bincount(cells // strata, minlength=grouped.size).astype(np.float64),
        summed(cells // strata, sampled.astype(np.float64), grouped.size),
    )
