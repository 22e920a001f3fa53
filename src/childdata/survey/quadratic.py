"""A variance that is a quadratic form of scores, where squares about a mean do not say it.

V = Zᵀ Q Z,   Q = Lᵀ C L

Z are the sums of weight × influence by sampling unit (units, rows), L a sparse matrix of sums of units and C a small
sparse symmetric matrix over those sums. Q itself has an entry for each pair of units of a stratum; L and C have a few
for each unit, so that a stratum of a hundred thousand units costs what its units cost. The forms of designs with
unequal probabilities (`unequal`) and of two phases (`phases`) are all of this kind.

Q may be indefinite (the Horvitz-Thompson variance is): a negative variance is handed on as it is and told by the
engine, never made zero. Only what rounding alone can have made is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Codes, Floats, Mask

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

ROUNDING = 1e-13  # a sum of products this small beside the sum of their sizes is zero


@dataclass(frozen=True, slots=True, eq=False)
class QuadraticForm:
    """A symmetric form Q = Lᵀ C L over sampling units.

    Attributes
    ----------
    sums : sparse array L (sums, units).
    middle : sparse array C (sums, sums), symmetric.
    """

    sums: csr_array
    middle: csr_array

    @property
    def units(self) -> int:
        """The number of units."""
        return int(self.sums.shape[1])

    def variances(self, scores: csc_array) -> Floats:
        """The diagonal of Zᵀ Q Z, array (rows,); negative where the form is."""
        summed = self.sums @ scores
        products = summed.multiply(self.middle @ summed)
        total, size = (np.asarray(one.sum(axis=0)).reshape(-1) for one in (products, abs(products)))
        value: Floats = np.where(np.abs(total) <= ROUNDING * size, 0.0, total)
        return value

    def covariance(self, scores: csc_array) -> Floats:
        """Zᵀ Q Z, array (rows, rows)."""
        summed = self.sums @ scores
        total: Floats = (summed.T @ (self.middle @ summed)).toarray()
        np.fill_diagonal(total, self.variances(scores))
        return total


def of_matrix(matrix: csr_array) -> QuadraticForm:
    """The form with a given matrix Q (units, units), dense or sparse; it is made symmetric.

    >>> from scipy.sparse import csc_array
    >>> of_matrix(np.array([[1.0, -1.0], [-1.0, 1.0]])).variances(csc_array([[3.0], [1.0]])).tolist()
    [4.0]
    """
    from scipy.sparse import csr_array, eye_array

    symmetric = csr_array((matrix + matrix.T) / 2)
    return QuadraticForm(eye_array(symmetric.shape[0], format="csr"), symmetric)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """A part Σ_g c_g (Σ_{k in g} z_k)² of a form: units fall into groups, and each group has a coefficient.

    Attributes
    ----------
    group : array (units,); the group of each unit, -1 for a unit that has no part in it.
    coefficient : array (groups,).
    """

    group: Codes
    coefficient: Floats

    def __neg__(self) -> Groups:
        return Groups(self.group, -self.coefficient)

    def __and__(self, other: Groups) -> Groups:
        """The product of two forms entry by entry: pairs that share a group in both, with the product's coefficient."""
        inside = (self.group >= 0) & (other.group >= 0)
        width = max(other.coefficient.size, 1)
        kept, place = np.unique(self.group[inside] * width + other.group[inside], return_inverse=True)
        group = np.full(self.group.size, -1, dtype=np.intp)
        group[inside] = place
        return Groups(group, self.coefficient[kept // width] * other.coefficient[kept % width])


def of_groups(parts: Sequence[Groups], units: int) -> QuadraticForm:
    """The form that is the sum of parts; groups with the coefficient 0 cost nothing.

    >>> from scipy.sparse import csc_array
    >>> each = Groups(np.array([0, 1, 2]), np.array([1.5, 1.5, 1.5]))
    >>> together = Groups(np.array([0, 0, 0]), np.array([-0.5]))
    >>> of_groups([each, together], 3).variances(csc_array([[1.0], [2.0], [6.0]])).tolist()
    [21.0]
    """
    from scipy.sparse import csr_array, diags_array

    row, column, coefficient, size = [], [], [], 0
    for part in parts:
        used = np.flatnonzero(part.coefficient)
        number = np.full(part.coefficient.size + 1, -1, dtype=np.intp)  # the last place is that of group -1
        number[used] = np.arange(used.size) + size
        group = number[part.group]
        inside = np.flatnonzero(group >= 0)
        row.append(group[inside])
        column.append(inside)
        coefficient.append(part.coefficient[used])
        size += used.size
    rows = np.concatenate([*row, np.zeros(0, dtype=np.intp)])
    columns = np.concatenate([*column, np.zeros(0, dtype=np.intp)])
    sums = csr_array((np.ones(rows.size), (rows, columns)), shape=(size, units))
    middle = np.concatenate([*coefficient, np.zeros(0)])
    return QuadraticForm(sums, csr_array(diags_array(middle, shape=(size, size))))


@dataclass(frozen=True, slots=True, eq=False)
class Quadratic:
    """A block of a spread: scores, and the form that makes their covariance.

    Attributes
    ----------
    form : Q; blocks of two calls on one survey share it.
    scores : sparse array Z (units, rows).
    """

    form: QuadraticForm
    scores: csc_array

    @property
    def stage(self) -> QuadraticForm:
        """What tells whether two blocks are of one design."""
        return self.form

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.scores.shape[1])

    def variances(self) -> Floats:
        """The part of each row's variance that this block makes; it may be negative."""
        value = self.form.variances(self.scores)
        value[self._unknown()] = np.nan
        return value

    def covariance(self) -> Floats:
        """The part of the covariance of all rows that this block makes."""
        value = self.form.covariance(self.scores)
        unknown = self._unknown()
        value[unknown, :] = value[:, unknown] = np.nan
        return value

    def take(self, rows: Codes) -> Quadratic:
        """The same block for some of the rows."""
        return Quadratic(self.form, self.scores[:, rows])

    def combine(self, matrix: csc_array, recompute: object = None) -> Quadratic:
        """Linear combinations of the rows, one per column of `matrix` (rows, new rows).

        A new row is unknown where a row that is part of it is. `recompute` is the business of replicate weights.
        """
        from scipy.sparse import csc_array

        unknown = self._unknown()
        if not unknown.any():
            return Quadratic(self.form, (self.scores @ matrix).tocsc())
        known = self.scores.copy()
        known.data = np.nan_to_num(known.data, posinf=0.0, neginf=0.0)
        lost = np.flatnonzero((abs(matrix).T @ unknown.astype(np.float64)) > 0)
        shape = (self.scores.shape[0], matrix.shape[1])
        mark = csc_array((np.full(lost.size, np.nan), (np.zeros_like(lost), lost)), shape=shape)
        return Quadratic(self.form, ((known @ matrix).tocsc() + mark).tocsc())

    def beside(self, other: Quadratic) -> Quadratic:
        """The rows of two blocks of one design side by side.

        Raises
        ------
        EstimationError if they are of two designs.
        """
        from scipy.sparse import hstack

        if self.form is not other.form:
            raise EstimationError("two sets of estimates are joined only if they come from one survey object")
        return Quadratic(self.form, hstack([self.scores, other.scores], format="csc"))

    def _unknown(self) -> Mask:
        """Rows with a score that is not a number."""
        bad = ~np.isfinite(self.scores.data)
        unknown = np.zeros(self.rows, dtype=bool)
        if bad.any():
            unknown[np.repeat(np.arange(self.rows), np.diff(self.scores.indptr))[bad]] = True
        return unknown
