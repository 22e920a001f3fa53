"""The sums by pair that the smooth statistics are made of: each row expression added up once.

A `Basis` holds the expressions of a statistic on every record, known together, shifted by a round number near their
mean so that large means cost no digits; `Measured` their weighted sums by (unit, cell) pair, and second moments by cell
when a design effect asks for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from childdata.expression import Expression
from childdata.survey.arrays import Floats, Mask, summed
from childdata.survey.columns import Columns, both, rough_centre
from childdata.survey.reduce import Grouped, Pairs
from childdata.survey.statistic import Count, Node, Total, Whole, leaves

Categories = frozenset[tuple[str, object]]  # variables, and a category of each


@dataclass(frozen=True, slots=True)
class Basis:
    """The row expressions of a statistic, known together, shifted by a round number near their mean.

    Attributes
    ----------
    known : records where all of them are known; None for all.
    values : by total, the shifted values on every record, 0 where unknown; None stands for the constant 1.
    shift : by total, the number taken off.
    """

    known: Mask | None
    values: dict[Total, Floats | None]
    shift: dict[Total, float]

    @staticmethod
    def of(trees: Sequence[Node], columns: Columns) -> Basis:
        """The basis of trees whose categories are filled in; what they take from the whole survey is not part of it."""
        found = list(dict.fromkeys(leaf for tree in trees for leaf in leaves(tree)))
        known: Mask | None = None
        values: dict[Total, Floats | None] = {}
        shift: dict[Total, float] = {}
        for leaf in found:
            if isinstance(leaf, (Count, Whole)):
                continue
            factors = leaf.factors() if isinstance(leaf, Total) else ()
            for expression in leaf.expressions():
                known = both(known, columns.known(expression, as_factor=expression in factors))
        for leaf in found:
            if isinstance(leaf, Total):
                values[leaf], shift[leaf] = _values(leaf, columns)
        return Basis(known, values, shift)


def _values(leaf: Total, columns: Columns) -> tuple[Floats | None, float]:
    if leaf.category is not None:
        chosen = _in_category(leaf.expression, leaf.category, columns)
        if leaf.beside is not None:
            chosen = chosen * _in_category(leaf.beside, leaf.beside_category, columns)
        return chosen if leaf.of is None else chosen * columns.number(leaf.of).value, 0.0
    if leaf.expression.text == "1":
        return None, 0.0
    column = columns.number(leaf.expression)
    centre = rough_centre(column)
    values = column.value - centre if centre else column.value
    return values, centre


def _in_category(expression: Expression, category: object, columns: Columns) -> Floats:
    factor = columns.factor(expression)
    # a category that this variable does not have, of two variables that share their codes, is nobody's
    level = factor.values.index(category) if category in factor.values else len(factor.values)
    chosen: Floats = (factor.code == level).astype(np.float64)
    return chosen


@dataclass(frozen=True, slots=True, eq=False)
class Used:
    """The records of a partition where something is known; shared by all statistics that are known on the same.

    Attributes
    ----------
    pairs : the pairs of the partition.
    weight : array (m,); weights of the records inside, 0 where an argument is unknown.
    known : array (m,); whether the record counts: in the domain, known, weight above zero.
    ones, count : arrays (pairs,); Σ w over the records that count, and their number.
    """

    pairs: Pairs
    weight: Floats
    known: Mask
    ones: Floats
    count: Floats

    @staticmethod
    def of(pairs: Pairs, known: Mask | None, weight: Floats) -> Used:
        """Where a mask over all records holds and the weight is above zero."""
        inside = pairs.select(weight)
        positive = inside > 0
        if known is not None:
            positive = positive & (known if pairs.inside is None else known[pairs.inside])
            inside = np.where(positive, inside, 0.0)
        return Used(pairs, inside, positive, pairs.sums_inside(inside), pairs.counts_inside(positive))


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A statistic's sums on one partition.

    Attributes
    ----------
    pairs : the pairs of the partition.
    weight : array (m,); weights of the records inside, 0 where an argument is unknown.
    known : array (m,); whether the record counts: in the domain, known, weight above zero.
    ones : array (pairs,); Σ w over the known records.
    sums : by total, Σ w·e by pair, shifted.
    """

    pairs: Pairs
    basis: Basis
    weight: Floats
    known: Mask
    ones: Floats
    sums: dict[Total, Floats]
    count: Floats
    _moments: dict[tuple[Total | None, Total | None], Floats] = field(default_factory=dict)
    _among: list[dict[Categories, Total]] = field(default_factory=list)

    @staticmethod
    def of(basis: Basis, used: Used) -> Measured:
        """Sum a basis by pair."""
        pairs = used.pairs
        sums = {
            leaf: used.ones if values is None else pairs.sums_inside(used.weight * pairs.select(values))
            for leaf, values in basis.values.items()
        }
        return Measured(pairs, basis, used.weight, used.known, used.ones, sums, used.count)

    def totals(self, grouped: Grouped) -> dict[Total, Floats]:
        """The value of each total, by row."""
        size = grouped.by_row(self.ones)
        return {leaf: grouped.by_row(sums) + self.basis.shift[leaf] * size for leaf, sums in self.sums.items()}

    def nonzero(self, leaf: Total) -> Floats:
        """The records used for which an expression is not zero, by pair."""
        values = self.basis.values[leaf]
        if values is None:
            return self.count
        there = self.known & (self.pairs.select(values) != -self.basis.shift[leaf])
        return self.pairs.sums_inside(there.astype(np.float64))

    @property
    def among_categories(self) -> dict[Categories, Total]:
        """The totals of those in a category, or in one of each of two variables, by the categories."""
        if not self._among:
            made = {categories_of(leaf, leaf): leaf for leaf in self.sums}
            self._among.append({key: leaf for key, leaf in made.items() if key is not None})
        return self._among[0]

    def moment(self, a: Total | None, b: Total | None) -> Floats:
        """Σ w·a·b by cell of two shifted expressions; None is the constant 1."""
        first, second = (None if leaf is None else self.basis.values[leaf] for leaf in (a, b))
        if first is None and second is None:
            return self.pairs.by_cell(self.ones)
        if first is None or second is None or (a == b and is_indicator(a)):
            single = b if first is None else a
            sums = self.ones if single is None else self.sums[single]
            return self.pairs.by_cell(sums)
        both = categories_of(a, b)
        if both is not None:
            if len({variable for variable, _ in both}) < len(both):
                return np.zeros(self.pairs.cells)  # nobody is in two categories of one variable
            if both in self.among_categories:
                return self.pairs.by_cell(self.sums[self.among_categories[both]])
        key = (a, b)
        if key not in self._moments:
            product = self.weight * self.pairs.select(first) * self.pairs.select(second)
            self._moments[key] = summed(self.pairs.place, product, self.pairs.cells)
        return self._moments[key]


def categories_of(a: Total | None, b: Total | None) -> Categories | None:
    """The categories that a record is in if two totals count it; None where one counts more than who is in some."""
    if a is None or b is None or a.category is None or b.category is None or a.of is not None or b.of is not None:
        return None
    pairs = [(one.expression.text, one.category) for one in (a, b)]
    pairs += [(one.beside.text, one.beside_category) for one in (a, b) if one.beside is not None]
    return frozenset(pairs)


def is_indicator(leaf: Total | None) -> bool:
    """Whether a total is of zeros and ones, whose squares they are themselves."""
    return leaf is not None and leaf.of is None and (leaf.category is not None or leaf.expression.kind == "truth")
