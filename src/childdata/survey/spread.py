"""What every covariance is made of: blocks of scores, one per stage of sampling.

A `Spread` holds, for each stage, a matrix units × rows. The covariance of two rows is the sum over the blocks; a
linear combination of rows is the same combination of the columns. Hence a difference, a ratio or a test of any
rows of one call is exact, however many steps lie between the estimate and the question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.design import Stage
from childdata.survey.keys import Keys
from childdata.survey.quadratic import ROUNDING, Quadratic
from childdata.survey.replicates import Replicates
from childdata.survey.variance import (
    Centring,
    Entries,
    LonelyRule,
    centring,
    covariance,
    deviations,
    entries,
    variances,
)
from childdata.survey.wide import Common, beside, pieces, wide_covariance, wide_variances

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Recompute = Callable[[Floats], Floats]

GRAM_ABOVE = 100_000  # units; above, scores may weigh as much as the survey itself


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The sums of weight × influence by unit, of one stage.

    Attributes
    ----------
    stage : the units and their strata; blocks of two calls on one survey share it.
    scores : sparse array (units, rows); an entry, be it zero, for each unit with a member of the row's domain.
    rule, lonely_domains : what is done with a stratum of one unit; and whether one made by a domain counts.
    common : the part of the scores that lies in every unit, beside `scores`; None where there is none.
    """

    stage: Stage
    scores: csc_array
    rule: LonelyRule
    lonely_domains: bool
    common: Common | None = None

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.scores.shape[1])

    @property
    def size(self) -> int:
        """The numbers that are kept."""
        return int(self.scores.nnz) + (0 if self.common is None else self.common.size)

    def whole(self) -> Floats:
        """All scores, array (units, rows)."""
        own: Floats = self.scores.toarray()
        return own if self.common is None else own + self.common.whole()

    def variances(self) -> Floats:
        """The part of each row's variance that this stage makes."""
        found, how = self._centring()
        if self.common is None:
            return variances(found, self.stage, how)
        wide = np.flatnonzero(self.common.wide)
        if wide.size == self.rows:
            return wide_variances(self.scores, self.common, self.stage, how, found.mean)
        value = variances(found, self.stage, how)
        value[wide] = self.take(wide).variances()
        return value

    def covariance(self) -> Floats:
        """The part of the covariance of all rows that this stage makes."""
        found, how = self._centring()
        if self.common is None:
            return covariance(self.scores, self.stage, how, found.mean)
        return wide_covariance(self.scores, self.common, self.stage, how, found.mean)

    def take(self, rows: Codes) -> Scores:
        """The same block for some of the rows."""
        common = None if self.common is None else self.common.take(rows)
        return replace(self, scores=self.scores[:, rows], common=common)

    def combine(self, matrix: csc_array, recompute: Recompute | None = None) -> Scores | Deviations:
        """Linear combinations of the rows, one per column of `matrix` (rows, new rows)."""
        alike = self.rule in ("fail", "certainty") and not self.lonely_domains
        if (alike or (self.common is not None and self.common.wide.all())) and np.isfinite(self.scores.data).all():
            # centring is the same for all rows, and so comes after the combination as well
            common = None if self.common is None else self.common.combine(matrix)
            return replace(self, scores=(self.scores @ matrix).tocsc(), common=common)
        used = np.unique(matrix.indices).astype(np.intp)
        return self.take(used).deviations().combine(matrix[used])

    def deviations(self) -> Deviations:
        """The same block centred and scaled, so that covariance is a plain product."""
        found, how = self._centring()
        if self.common is None:
            return Deviations(self.stage, deviations(self.scores, self.stage, how, found.mean))
        made = pieces(self.scores, self.common, self.stage, how, found.mean)
        return Deviations(self.stage, np.concatenate(list(made)))

    def beside(self, other: Scores) -> Scores | None:
        """The rows of two blocks of one stage side by side, where every unit is a member of each; else None."""
        from scipy.sparse import hstack

        parts = [one for one in (self.common, other.common) if one is not None and one.wide.all()]
        if len(parts) < 2 or self.rule != other.rule:
            return None
        common = beside([[one] for one in parts], [self.rows, other.rows])
        return replace(self, scores=hstack([self.scores, other.scores], format="csc"), common=common)

    def _centring(self) -> tuple[Entries, Centring]:
        found, stage = entries(self.scores, self.stage), self.stage
        if self.common is not None:
            mean = found.mean + self.common.by_stratum(stage).whole() / stage.sampled[:, None]
            members = np.where(self.common.wide, stage.sampled[:, None], found.members)
            found = replace(found, members=members, mean=mean)
        return found, centring(found, stage, self.rule, self.lonely_domains)


@dataclass(frozen=True, slots=True, eq=False)
class Deviations:
    """Centred and scaled scores D (units, rows): covariance DᵀD."""

    stage: Stage
    matrix: Floats

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.matrix.shape[1])

    def variances(self) -> Floats:
        """Column sums of squares."""
        squares: Floats = np.einsum("ij,ij->j", self.matrix, self.matrix)
        return squares

    def covariance(self) -> Floats:
        """DᵀD."""
        product: Floats = self.matrix.T @ self.matrix
        return product

    def take(self, rows: Codes) -> Deviations:
        """The same block for some of the rows."""
        return Deviations(self.stage, self.matrix[:, rows])

    def combine(self, matrix: csc_array, recompute: Recompute | None = None) -> Deviations:
        """Linear combinations of the rows; unknown where a row that is part of one is unknown."""
        unknown = np.asarray(np.isnan(self.matrix).any(axis=0))
        combined = np.nan_to_num(self.matrix) @ matrix
        combined[:, _touched(matrix, unknown)] = np.nan
        return Deviations(self.stage, combined)


@dataclass(frozen=True, slots=True, eq=False)
class Gram:
    """Only the covariance of the rows, of a stage with too many units to keep."""

    stage: Stage
    matrix: Floats

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.matrix.shape[1])

    def variances(self) -> Floats:
        """The diagonal."""
        return np.diagonal(self.matrix).copy()

    def covariance(self) -> Floats:
        """The matrix itself."""
        return self.matrix

    def take(self, rows: Codes) -> Gram:
        """The same block for some of the rows."""
        return Gram(self.stage, self.matrix[np.ix_(rows, rows)])

    def combine(self, matrix: csc_array, recompute: Recompute | None = None) -> Gram:
        """Linear combinations of the rows; unknown where a row that is part of one is unknown."""
        unknown = np.isnan(np.diagonal(self.matrix))
        combined = matrix.T @ (np.nan_to_num(self.matrix) @ matrix)
        lost = _touched(matrix, unknown)
        combined[lost, :] = combined[:, lost] = np.nan
        return Gram(self.stage, combined)


@dataclass(frozen=True, slots=True, eq=False)
class Replicated:
    """The values of the rows under each replicate weight.

    Attributes
    ----------
    stage : the replicate weights; blocks of two calls on one survey share them.
    estimate : array (rows,); the values under the full-sample weight.
    values : array (replicates, rows); unknown where a replicate gives none: such a replicate adds nothing to that row.
    """

    stage: Replicates
    estimate: Floats
    values: Floats

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.values.shape[1])

    def deviations(self) -> Floats:
        """Deviations from the centre, scaled so that covariance is a plain product; array (replicates, rows)."""
        scaled = self.stage.deviations(self.values, self.estimate)
        scaled[:, ~np.isfinite(self.estimate)] = np.nan
        return scaled

    def variances(self) -> Floats:
        """Column sums of squares."""
        scaled = self.deviations()
        squares: Floats = np.einsum("ij,ij->j", scaled, scaled)
        return squares

    def covariance(self) -> Floats:
        """The product of the scaled deviations."""
        scaled = self.deviations()
        product: Floats = scaled.T @ scaled
        return product

    def take(self, rows: Codes) -> Replicated:
        """The same block for some of the rows."""
        return Replicated(self.stage, self.estimate[rows], self.values[:, rows])

    def combine(self, matrix: csc_array, recompute: Recompute | None = None) -> Replicated:
        """New rows: by the formula itself in every replicate where there is one, else linear combinations."""
        whole = np.vstack([self.estimate, self.values])
        if recompute is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                made = recompute(whole)
            made = np.where(np.isfinite(made), made, np.nan)
        else:
            made = np.nan_to_num(whole) @ matrix
            made[~np.isfinite(whole) @ (abs(matrix) > 0).astype(np.float64) > 0] = np.nan
        return Replicated(self.stage, made[0], made[1:])


Block = Scores | Deviations | Gram | Replicated | Quadratic


def mixture(parts: Sequence[tuple[Codes, Floats]], shape: tuple[int, int], *, column: Codes | None = None) -> csc_array:
    """Coefficients of new rows as a sparse matrix (rows, new rows).

    Parameters
    ----------
    parts : pairs of arrays (new rows,): a row that each new row is made of, and its coefficient; a coefficient
        that is not finite counts as none.
    column : the new row of each entry, where a new row is made of any number of rows; by default each part has an
        entry for every new row.
    """
    from scipy.sparse import coo_array

    row = np.concatenate([rows for rows, _ in parts])
    if column is None:
        column = np.concatenate([np.arange(rows.size) for rows, _ in parts])
    value = np.concatenate([np.where(np.isfinite(slopes), slopes, 0.0) for _, slopes in parts])
    return coo_array((value, (row, column)), shape=shape).tocsc()


def _touched(matrix: csc_array, rows: Mask) -> Mask:
    """The columns of coefficients that take some of the rows."""
    taken: Mask = (abs(matrix).T @ rows.astype(np.float64)) > 0
    return taken


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The blocks behind a set of estimates.

    Attributes
    ----------
    blocks : whose covariances are added up.
    keys : the names of the sampling units, by which two surveys are matched; None where there are none.
    """

    blocks: tuple[Block, ...]
    keys: Keys | None = None

    def variances(self) -> Floats:
        """The variance of each row, array (rows,); one below zero, as a quadratic form can give it, is unknown."""
        total = self.raw_variances()
        if any(isinstance(block, Gram) for block in self.blocks):
            # covariances that are taken off may leave of a variance what rounding has made
            size = np.sum([np.abs(block.variances()) for block in self.blocks], axis=0)
            total = np.where(np.abs(total) <= ROUNDING * size, 0.0, total)
        known: Floats = np.where(total < 0, np.nan, total)
        return known

    def raw_variances(self) -> Floats:
        """The sum of what the blocks add, be it below zero."""
        total: Floats = np.sum([block.variances() for block in self.blocks], axis=0)
        return total

    def covariance(self) -> Floats:
        """The covariance of all rows, array (rows, rows)."""
        total: Floats = np.sum([block.covariance() for block in self.blocks], axis=0)
        return total

    def take(self, rows: Codes) -> Spread:
        """The spread of some of the rows."""
        return Spread(tuple(block.take(rows) for block in self.blocks), self.keys)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.blocks[0].rows

    def combine(self, matrix: csc_array, recompute: Recompute | None = None) -> Spread:
        """The spread of new rows.

        Parameters
        ----------
        matrix : sparse array (rows, new rows); the derivative of each new row by the rows it is made of.
        recompute : the formula itself: rows (k, rows) to new rows (k, new rows); used in each replicate.
        """
        return Spread(tuple(block.combine(matrix, recompute) for block in self.blocks), self.keys)

    def joined(self, other: Spread) -> Spread:
        """The rows of two calls on one survey side by side, with the covariance between them.

        The survey may be under other weights in one of them (calibrated, trimmed): units and draws are the same.

        Raises
        ------
        EstimationError if the two do not come from one survey, or one keeps no scores.
        """
        stages = [(a.stage, b.stage) for a, b in zip(self.blocks, other.blocks, strict=False)]
        if len(self.blocks) != len(other.blocks) or not all(same_units(a, b) for a, b in stages):
            raise EstimationError(
                "two sets of estimates are joined only if they come from one survey object; those of two surveys, or "
                "of two weights of one file with replicates of their own, go to .compare(other, overlap=...), which is "
                "told whether the samples share units or replicates"
            )
        return Spread(tuple(_beside(a, b) for a, b in zip(self.blocks, other.blocks, strict=True)), self.keys)


def same_units(a: object, b: object) -> bool:
    """Whether two blocks are made of the same sampling units, or of the same draws of replicates."""
    return a is b or (isinstance(a, Replicates) and isinstance(b, Replicates) and a.draw is b.draw)


def _beside(a: Block, b: Block) -> Block:
    if isinstance(a, Replicated) and isinstance(b, Replicated):
        return Replicated(a.stage, np.concatenate([a.estimate, b.estimate]), np.hstack([a.values, b.values]))
    if isinstance(a, Quadratic) and isinstance(b, Quadratic):
        return a.beside(b)
    if isinstance(a, Gram) or isinstance(b, Gram):
        raise EstimationError(
            f"with more than {GRAM_ABOVE:,} sampling units the scores are not kept, and two calls cannot be joined; "
            'estimate both statistics in one call, or say keep="scores"'
        )
    if isinstance(a, Scores) and isinstance(b, Scores) and (joined := a.beside(b)) is not None:
        return joined
    left, right = (one.deviations() if isinstance(one, Scores) else one for one in (a, b))
    assert isinstance(left, Deviations)
    assert isinstance(right, Deviations)
    return Deviations(left.stage, np.hstack([left.matrix, right.matrix]))
