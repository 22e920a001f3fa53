"""Scores of which a part lies in every unit: what calibration takes off, and what a line of the whole survey adds.

Z = S + D B

S are the scores of the units with a member of the row's domain, and sparse. D are a few directions over all units (the
auxiliaries of a calibration by unit, the score of a poverty line), and B their slopes in each row. Z itself has a
number for each unit and row; it is never made whole. With F the factor of each unit's stratum the squares are

    Σ F z² = Σ F s² + 2 Σ_p B_p (DᵀF s)_p + Bᵀ (DᵀF D) B,

less n_h F z̄_h² in each stratum. Where the parts all but cancel, as they do where a calibration knows the total, the
squares of the row are taken from Z itself, slice by slice of the units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from childdata.survey.adjustment import scaled
from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.design import Stage
from childdata.survey.variance import Centring, centred, slices

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

# A variance that is less than this share of its parts is taken from the scores themselves: the sums of a million parts
# hold 14 digits, of which one may be lost.
_CANCELLED = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Common:
    """A part D B of scores, which lies in every unit.

    Attributes
    ----------
    directions : sparse array D (units, p); the parts of one call share it.
    slopes : array B (p, rows).
    wide : array (rows,); rows that have such a part, be it zero: every unit is a member of theirs.
    """

    directions: csr_array
    slopes: Floats
    wide: Mask

    @staticmethod
    def of(directions: csr_array, slopes: Floats) -> Common:
        """A part of all rows."""
        return Common(directions, slopes, np.ones(slopes.shape[1], dtype=bool))

    @property
    def size(self) -> int:
        """The numbers that are kept."""
        return int(self.directions.nnz) + self.slopes.size

    def column(self, row: int) -> Floats:
        """The part of one row, array (units,)."""
        part: Floats = self.directions @ self.slopes[:, row]
        return part

    def by_stratum(self, stage: Stage) -> Common:
        """The same summed by the strata of a stage: the units of the stage above, or strata of the first."""
        from scipy.sparse import csr_array

        units = stage.stratum.size
        summing = csr_array((np.ones(units), np.arange(units), stage.start), shape=(stage.sampled.size, units))
        return replace(self, directions=summing @ self.directions)

    def whole(self) -> Floats:
        """D B, array (units, rows)."""
        product: Floats = self.directions @ self.slopes
        return product

    def take(self, rows: Codes | Mask) -> Common:
        """The same for some of the rows."""
        return replace(self, slopes=self.slopes[:, rows], wide=self.wide[rows])

    def combine(self, matrix: csc_array) -> Common:
        """Linear combinations of the rows, one per column of `matrix` (rows, new rows)."""
        taken = abs(matrix).T @ self.wide.astype(np.float64)
        return replace(self, slopes=self.slopes @ matrix, wide=taken > 0)


def beside(parts: Sequence[Sequence[Common]], sizes: Sequence[int]) -> Common | None:
    """The common parts of several blocks of rows as one; None where no block has any.

    Parameters
    ----------
    parts : those of each block. sizes : the rows of each block.
    """
    from scipy.sparse import hstack

    directions = {id(one.directions): one.directions for block in parts for one in block}
    if not directions:
        return None
    ends = np.cumsum([0, *sizes]).tolist()
    slopes = {key: np.zeros((one.shape[1], ends[-1])) for key, one in directions.items()}
    wide = np.zeros(ends[-1], dtype=bool)
    for block, begin, end in zip(parts, ends[:-1], ends[1:], strict=True):
        for one in block:
            slopes[id(one.directions)][:, begin:end] += one.slopes
            wide[begin:end] |= one.wide
    if len(directions) == 1:
        return Common(next(iter(directions.values())), next(iter(slopes.values())), wide)
    return Common(hstack(list(directions.values()), format="csr"), np.vstack(list(slopes.values())), wide)


def wide_variances(own: csc_array, common: Common, stage: Stage, how: Centring, mean: Floats) -> Floats:
    """The variance of each row, of which all have a common part; arguments as of `pieces`."""
    value, safe = _variances(own, common, stage, how, mean)
    again = np.flatnonzero(~safe)
    if again.size:
        own, common, mean = own[:, again], common.take(again), mean[:, again]
        value[again] = sum(np.einsum("ij,ij->j", one, one) for one in pieces(own, common, stage, how.take(again), mean))
    return value


def wide_covariance(own: csc_array, common: Common, stage: Stage, how: Centring, mean: Floats) -> Floats:
    """The covariance of all rows; arguments as of `pieces`."""
    rows, slopes = own.shape[1], common.slopes
    if not common.wide.all() or not _variances(own, common, stage, how, mean)[1].all():
        products = np.zeros((rows, rows))
        for one in pieces(own, common, stage, how, mean):
            products += one.T @ one
        return products
    weighted = scaled(common.directions, how.factor[stage.stratum]).T
    across = (weighted @ own).T @ slopes
    total: Floats = (own.T @ _times(own, how.factor[stage.stratum])).toarray() + across + across.T
    total += slopes.T @ ((weighted @ common.directions) @ slopes)
    centre = mean if how.centred is None else np.where(how.centred, mean, 0.0)
    total -= centre.T @ (centre * (how.factor * stage.sampled)[:, None])
    with np.errstate(invalid="ignore"):
        total *= np.outer(how.scale, how.scale)
    return total


def _variances(own: csc_array, common: Common, stage: Stage, how: Centring, mean: Floats) -> tuple[Floats, Mask]:
    """The variances as the sum of their parts, and where these have not cancelled."""
    factor, slopes = how.factor[stage.stratum], common.slopes
    row = np.repeat(np.arange(own.shape[1]), np.diff(own.indptr))
    squares = summed(row, factor[own.indices] * own.data**2, own.shape[1])
    weighted = scaled(common.directions, factor).T
    squares += np.einsum("ij,ij->j", slopes, (weighted @ common.directions) @ slopes)
    found = squares + 2 * np.asarray((weighted @ own).multiply(slopes).sum(axis=0)).reshape(-1)
    centre = mean if how.centred is None else np.where(how.centred, mean, 0.0)
    found -= (how.factor * stage.sampled) @ centre**2
    with np.errstate(invalid="ignore"):
        # where all strata of a row are lonely, `average` has nothing to go by: 0 × ∞ is unknown
        return found * how.scale**2, (found > _CANCELLED * squares) | (squares == 0)


def _times(scores: csc_array, by: Floats) -> csc_array:
    """Sparse scores with each unit multiplied by a number."""
    made = scores.copy()
    made.data = scores.data * by[scores.indices]
    return made


def pieces(own: csc_array, common: Common, stage: Stage, how: Centring, mean: Floats) -> Iterator[Floats]:
    """Centred and scaled scores, slice by slice of the units, so that covariance is a plain product.

    Parameters
    ----------
    own : sparse array S (units, rows).
    common : D by unit of this stage, and B.
    how, mean : the centring of the rows; array (strata, rows), z̄_h of the whole scores.
    """
    by_unit = own.tocsr()
    for begin, end in slices(*own.shape):
        dense = by_unit[begin:end].toarray()
        dense += common.directions[begin:end] @ common.slopes
        yield centred(dense, begin, stage, how, mean)
