"""A statistic's sums on one crossing, read off a small table that an engine made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from childdata.survey.arrays import Floats, summed
from childdata.survey.engine_sums import Mask, is_one, key_of, told
from childdata.survey.reduce import Pairs
from childdata.survey.statistic import Node, Total, leaves
from childdata.survey.sums import Basis, Measured, is_indicator


@dataclass(frozen=True, slots=True, eq=False)
class Summed(Measured):
    """A statistic's sums on one crossing, read off a table of an engine.

    Attributes
    ----------
    table : the table; its rows stand for records.
    mask : what is known of the records that count.
    """

    table: pl.DataFrame = field(kw_only=True)
    mask: Mask = field(kw_only=True)

    @staticmethod
    def read(
        table: pl.DataFrame, pairs: Pairs, trees: Sequence[Node], mask: Mask, shift: Mapping[str, float]
    ) -> Summed:
        """The sums of trees by pair."""
        totals = list(dict.fromkeys(leaf for tree in trees for leaf in leaves(tree) if isinstance(leaf, Total)))
        nothing = np.zeros(0)
        basis = Basis(
            None,
            {leaf: None if is_one(leaf) else nothing for leaf in totals},
            {leaf: shift.get(told(leaf), 0.0) for leaf in totals},
        )
        weight, count = (pairs.select(column_of(table, key_of(name, mask))) for name in ("ones", "count"))
        ones = pairs.sums_inside(weight)
        sums = {
            leaf: ones if is_one(leaf) else pairs.sums(column_of(table, key_of("sum", mask, told(leaf))))
            for leaf in totals
        }
        counted = pairs.sums_inside(count)
        return Summed(pairs, basis, weight, count > 0, ones, sums, counted, table=table, mask=mask)

    def added(self, name: str) -> Floats:
        """A column of the table by pair; 0 where it is not there."""
        return self.pairs.sums(column_of(self.table, name))

    def nonzero(self, leaf: Total) -> Floats:
        """The records used for which an expression is not zero, by pair."""
        if is_one(leaf):
            return self.count
        return self.pairs.sums(column_of(self.table, key_of("nonzero", self.mask, told(leaf))))

    def moment(self, a: Total | None, b: Total | None) -> Floats:
        """Σ w·a·b by cell of two shifted expressions; None is the constant 1."""
        first, second = (None if leaf is None or is_one(leaf) else leaf for leaf in (a, b))
        if first is None and second is None:
            sums = self.ones
        elif first is None or second is None or (first == second and is_indicator(first)):
            single = second if first is None else first
            assert single is not None
            sums = self.sums[single]
        else:
            sums = self.pairs.sums(column_of(self.table, key_of("product", self.mask, told(first), told(second))))
        return summed(self.pairs.cell, sums, self.pairs.cells)


def column_of(table: pl.DataFrame, name: str) -> Floats:
    """A sum of a table; one that a part of the survey had no reason to make is zero."""
    return table[name].to_numpy() if name in table.columns else np.zeros(table.height)
