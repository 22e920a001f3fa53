"""Sums, differences, products and ratios of estimates, row by row, with the covariance of the two sides.

Rows are joined where their labels agree; one row is joined with every row of the other side.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Self

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats
from childdata.survey.labelled import NUMBERS, Labelled, Pairwise
from childdata.survey.spread import mixture


@dataclass(frozen=True, slots=True, eq=False)
class Arithmetic(Labelled):
    """Labelled values that are added, subtracted, multiplied and divided."""

    def __add__(self, other: Self | float) -> Self:
        return self._arithmetic(other, "+", lambda x, y: (x + y, np.ones_like(x), np.ones_like(y)))

    def __sub__(self, other: Self | float) -> Self:
        return self._arithmetic(other, "−", lambda x, y: (x - y, np.ones_like(x), -np.ones_like(y)))

    def __mul__(self, other: Self | float) -> Self:
        return self._arithmetic(other, "×", lambda x, y: (x * y, y, x))

    def __truediv__(self, other: Self | float) -> Self:
        def formula(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
            with np.errstate(divide="ignore", invalid="ignore"):
                return x / y, 1 / y, -x / y**2

        return self._arithmetic(other, "/", formula)

    def __rsub__(self, other: float) -> Self:
        return self._with_number(_number(other), lambda x, y: (y - x, -np.ones_like(x), np.ones_like(y)))

    def __rtruediv__(self, other: float) -> Self:
        def formula(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
            with np.errstate(divide="ignore", invalid="ignore"):
                return y / x, -y / x**2, 1 / x

        return self._with_number(_number(other), formula)

    def __neg__(self) -> Self:
        return self * -1.0

    __radd__ = __add__
    __rmul__ = __mul__

    def _arithmetic(self, other: Self | float, sign: str, formula: Pairwise) -> Self:
        scale = "difference" if sign == "−" else "index"
        if not isinstance(other, Arithmetic):
            return self._with_number(_number(other), formula)
        for name in ("convention", "level"):
            if self.settings[name] != other.settings[name]:
                raise EstimationError(
                    f"two sets of estimates are joined if their {name} is one; found {self.settings[name]} and "
                    f"{other.settings[name]}"
                )
        keys = ["item", *[name for name in self.by if name in other.by]]
        if len(other) == 1 or len(self) == 1:
            mine = np.arange(max(len(self), len(other))) if len(self) > 1 else np.zeros(len(other), dtype=np.intp)
            theirs = np.arange(mine.size) if len(other) > 1 else np.zeros(mine.size, dtype=np.intp)
        else:
            left = self.frame[keys].assign(place=np.arange(len(self)))
            right = other.frame[keys].assign(place=np.arange(len(other)))
            if left.duplicated(keys).any() or right.duplicated(keys).any():
                raise EstimationError(
                    f"rows are joined by {', '.join(keys)}, and several rows agree in them; select one statistic first"
                )
            pairs = left.merge(right, on=keys, how="inner")
            if len(pairs) < max(len(left), len(right)):
                raise EstimationError(
                    f"{len(left)} rows are joined with {len(right)} by {', '.join(keys)}, but only {len(pairs)} match; "
                    "select the same rows on both sides"
                )
            mine, theirs = pairs["place_x"].to_numpy(), pairs["place_y"].to_numpy()
        # the labels are those of the side with more rows, so that each row can still be told
        longer, places = (self, mine) if len(self) >= len(other) else (other, theirs)
        labels = longer.frame.iloc[places][["statistic", "item", *longer.by]].reset_index(drop=True)
        left_names = self.frame["statistic"].to_numpy()[mine]
        right_names = other.frame["statistic"].to_numpy()[theirs]
        labels["statistic"] = [f"{a} {sign} {b}" for a, b in zip(left_names, right_names, strict=True)]
        return self._combined(other, mine, theirs, formula, labels, scale)

    def _with_number(self, number: float, formula: Pairwise) -> Self:
        x = self.frame["estimate"].to_numpy()
        value, by_x, _ = formula(x, np.full_like(x, number))
        matrix = mixture([(self.rows, by_x)], (self.spread.rows, x.size))
        facts = self.frame.drop(columns=list(NUMBERS))
        facts["scale"] = np.where(self.frame["scale"] == "share", "index", self.frame["scale"])
        made = self.spread.combine(matrix, lambda rows: formula(rows[:, self.rows], np.full(x.size, number))[0])
        return self._derived(value, made, facts)


def _number(value: object) -> float:
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    raise EstimationError(f"estimates are joined with estimates or a number, not with {type(value).__name__}")
