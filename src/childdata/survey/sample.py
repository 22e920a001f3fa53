"""The records of a grouping in the order of a variable: what every ranked leaf is computed on.

Records are sorted by row and, inside a row, by y. Values closer than `TIE`, relatively, are one value: they are a tie
by meaning, and only rounding tells them apart. The order does not depend on the weights, so that the values under
replicate weights need no further sort.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from childdata.expression import Expression
from childdata.survey.arrays import Codes, Floats, short, summed

TIE = 1e-12  # values, and cumulative weights beside p × total, this close to one another, relatively, are equal


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Records sorted by row and y.

    Attributes
    ----------
    y, weight, row : arrays (m,), sorted.
    start : array (rows + 1,); where each row begins, and m.
    place : array (m,); which of the records inside each one is.
    column : gives another expression on the records inside.
    of_records : array (m,); where an entry stands for several records, the sum of their squared weights.
    """

    y: Floats
    weight: Floats
    row: Codes
    start: Codes
    place: Codes
    column: Callable[[Expression], Floats]
    of_records: Floats | None = None
    _ties: list[Codes] = field(default_factory=list)

    @staticmethod
    def of(
        y: Floats, weight: Floats, row: Codes, rows: int, place: Codes, column: Callable[[Expression], Floats]
    ) -> Sample:
        """Sort records; arrays (m,) of those that lie in a row.

        Row by row: sorting parts of the records is less work than sorting all, and the rows are told by their digits.
        """
        count = np.bincount(row, minlength=rows)
        start = np.concatenate(([0], np.cumsum(count)))
        order = np.argsort(short(row, rows), kind="stable") if rows > 1 else None
        made_y, made_weight, made_place = np.empty_like(y), np.empty_like(weight), np.empty_like(place)
        for first, last in pairwise(start.tolist()):
            # one row at a time: what is sorted in between is as long as the longest row
            own = slice(first, last) if order is None else order[first:last]
            for made, given in ((made_y, y), (made_weight, weight), (made_place, place)):
                made[first:last] = given[own]
            inner = _order(made_y[first:last])
            for made in (made_y, made_weight, made_place):
                made[first:last] = made[first:last][inner]
        return Sample(made_y, made_weight, np.repeat(np.arange(rows), count), start, made_place, column)

    @property
    def tie(self) -> Codes:
        """Where each group of equal values begins, array (ties,); found when first asked for."""
        if not self._ties:
            y, start = self.y, self.start[:-1]
            apart = np.ones(y.size, dtype=bool)
            apart[1:] = np.diff(y) > TIE * np.maximum(np.abs(y[1:]), np.abs(y[:-1]))
            apart[start[start < y.size]] = True
            self._ties.append(np.flatnonzero(apart))
        return self._ties[0]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.start.size - 1

    def weighing(self, weight: Floats) -> Sample:
        """The same records under other weights, given for all records inside."""
        return replace(self, weight=weight[self.place])

    def values(self, expression: Expression) -> Floats:
        """Another expression on the sorted records."""
        return self.y if expression.text == "" else self.column(expression)[self.place]

    @property
    def squares(self) -> Floats:
        """The squares of the weights."""
        return self.weight**2 if self.of_records is None else self.of_records

    def by_row(self, values: Floats) -> Floats:
        """Sums over the records of each row."""
        return summed(self.row, values, self.rows)

    def by_tie(self, values: Floats) -> Floats:
        """Sums over the records of each tie."""
        return np.add.reduceat(values, self.tie) if self.tie.size else np.zeros(0)

    @property
    def tie_of(self) -> Codes:
        """The tie that each record belongs to, array (m,)."""
        return np.repeat(np.arange(self.tie.size), np.diff(np.append(self.tie, self.y.size)))

    @property
    def row_of_tie(self) -> Codes:
        """The row that each tie belongs to."""
        return self.row[self.tie]

    @property
    def tie_start(self) -> Codes:
        """The first tie of each row, and the number of ties."""
        return np.searchsorted(self.tie, self.start)


def _order(y: Floats) -> Codes:
    """The order of values; equal ones stay as they come, which some rules on quantiles look at.

    The plain sort is twice as quick as the stable one, and the same where no two values are equal.
    """
    quick = np.argsort(y)
    ordered = y[quick]
    return np.argsort(y, kind="stable") if (ordered[1:] == ordered[:-1]).any() else quick


def running(values: Floats, start: Codes) -> Floats:
    """Cumulative sums inside each segment, so that no digits are lost to the segments before."""
    if start.size == 2:
        return np.cumsum(values)
    result = np.empty(values.size)
    for first, last in pairwise(start.tolist()):
        np.cumsum(values[first:last], out=result[first:last])
    return result


@dataclass(frozen=True, slots=True)
class Solved:
    """What a leaf is in each row.

    Attributes
    ----------
    value : array (rows,).
    influence : array (m,); the derivative by the weight of each record, in the order of the sample, parameters held.
    slopes : for each parameter an array (rows,), the derivative of the value by it.
    low, high : limits that the leaf brings itself, arrays (rows,) or None.
    """

    value: Floats
    influence: Floats
    slopes: tuple[Floats, ...] = ()
    low: Floats | None = None
    high: Floats | None = None
