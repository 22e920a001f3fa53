"""Replicate weights: the same estimate under many weights, and what their scatter says of its variance.

V = scale · Σ_r rscale_r (θ_r − c)(θ_r − c)ᵀ

where θ_r is the estimate under the weights of replicate r, and c the estimate under the full-sample weight, or the
mean of the replicates. How the weights were made (half samples, one PSU left out, a bootstrap ...) shows in `scale`
and `rscales` only; the estimates need to know nothing of it.

Source: Wolter (2007), Introduction to Variance Estimation, chapters 3-5.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from childdata.errors import DesignError
from childdata.survey.arrays import Codes, Floats, Mask

# Kinds whose replicates differ from the sample as much as another sample would: what is found by a cut in the order of
# the records may be found again in each. One PSU left out moves such a cut by a few records, which says nothing of it.
_FAR = ("BRR", "Fay", "bootstrap", "SDR")


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """R sets of weights: weight of record k in replicate r = base[k] · factor[unit[k], r].

    Attributes
    ----------
    kind : "BRR", "Fay", "JK1", "JKn", "JK2", "bootstrap", "SDR" or "other".
    unit : array (n,); the row of `factor` that each record takes.
    base : array (n,); what the factor multiplies: the sampling weight where replicates were made or given as factors,
        1 where replicate weights were given whole.
    factor : array (units, R).
    scale : what multiplies the sum over replicates.
    rscales : array (R,); what multiplies the square of each replicate.
    mse : deviations are from the full-sample estimate (True), or from the mean of the replicates.
    degrees_of_freedom : rank of the replicate weights − 1, unless the agency says otherwise.
    notes : what was decided while the weights were made or read.
    given : whether the weights came with the data, which then need not tell of PSUs; else they were made of PSUs.
    draw : the same object in all weights that were made of these, by calibration and the like: replicate r is one draw
        of the sample in each of them, and estimates under two of them have a covariance over the replicates.

    Raises
    ------
    DesignError if the parts do not fit each other.

    >>> half = Replicates("BRR", np.array([0, 1]), np.ones(2), np.array([[2.0, 0.0], [0.0, 2.0]]), 0.5, np.ones(2),
    ...                   mse=True, degrees_of_freedom=1.0)
    >>> half.weights().tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """

    kind: str
    unit: Codes
    base: Floats
    factor: Floats
    scale: float
    rscales: Floats
    mse: bool
    degrees_of_freedom: float
    notes: tuple[str, ...] = ()
    given: bool = False
    draw: object = field(default_factory=object, repr=False)

    def __post_init__(self) -> None:
        if self.factor.ndim != 2 or self.rscales.shape != self.factor.shape[1:] or self.unit.shape != self.base.shape:
            raise DesignError(
                "replicate weights want unit (n,), base (n,), factor (units, R) and rscales (R,); found shapes "
                f"{self.unit.shape}, {self.base.shape}, {self.factor.shape} and {self.rscales.shape}"
            )
        if not np.isfinite(self.scale) or self.scale < 0 or not (np.isfinite(self.rscales) & (self.rscales >= 0)).all():
            raise DesignError("scale and rscales of replicate weights are numbers of zero or above")

    @property
    def size(self) -> int:
        """R, the number of replicates."""
        return int(self.factor.shape[1])

    @property
    def finds_cuts(self) -> bool:
        """Whether a quantile may be found again in each replicate; else its part in them is made linear.

        Source: Shao & Wu (1989), Annals of Statistics 17(3), 1176-1197 (jackknife), and (1992), 20(3), 1571-1593
        (half-samples).
        """
        return self.kind in _FAR

    def weights(self, first: int = 0, last: int | None = None) -> Floats:
        """The weights under the replicates first .. last - 1, array (n, replicates); all of them by default."""
        made: Floats = self.base[:, None] * self.factor[self.unit, first:last]
        return made

    def df_among(self, chosen: Mask) -> float:
        """The rank of the replicate weights of some records less one: R's `degf` of a subset.

        Parameters
        ----------
        chosen : array (n,); the records. What the agency gave for the whole sample says nothing of a part of it.

        >>> jackknife = np.array([[0.0, 2.0, 1.0, 1.0], [2.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 2.0]])
        >>> made = Replicates("JKn", np.arange(3), np.ones(3), jackknife, 0.5, np.ones(4), False, 2.0)
        >>> made.df_among(np.array([True, True, False]))
        1.0
        """
        return self.df_of_units(np.unique(self.unit[chosen & (self.base > 0)]))

    def df_of_units(self, units: Codes) -> float:
        """As `df_among`, of rows of `factor`, each once."""
        return float(rank(self.factor[units]) - 1)

    def deviations(self, values: Floats, estimate: Floats) -> Floats:
        """Scaled deviations D (R, rows) of estimates by replicate, with covariance DᵀD.

        Parameters
        ----------
        values : array (R, rows); each row's estimate under each replicate. A replicate in which a row has no value is
            left out of that row, as R does; a row without a value in any replicate has deviations that are unknown.
        estimate : array (rows,); the estimates under the full-sample weight.

        Under `mse=False` the centre is the mean of the replicates that count (rscale above 0).

        >>> two = Replicates("JK1", np.array([0]), np.ones(1), np.ones((1, 2)), 0.5, np.ones(2), False, 1.0)
        >>> apart = two.deviations(np.array([[1.0], [3.0]]), np.array([2.5]))
        >>> (apart.T @ apart).round(12).item()
        1.0
        """
        known = np.isfinite(values)
        if self.mse:
            centre = estimate
        else:
            counted = known & (self.rscales > 0)[:, None]
            with np.errstate(invalid="ignore"):
                centre = np.where(counted, values, 0.0).sum(axis=0) / counted.sum(axis=0)
        apart = np.where(known, values - centre, 0.0) * np.sqrt(self.scale * self.rscales)[:, None]
        apart[:, ~known.any(axis=0)] = np.nan
        return apart


def rank(matrix: Floats) -> int:
    """The rank of a matrix (rows, R), by the eigenvalues of the smaller of its two Gram matrices.

    Columns are brought to length 1, so that the scale of the weights has no part in it; a singular value below 1e-5
    counts as zero then, the bound of R's `degf`.

    >>> rank(np.array([[1.0, 2.0, 2.0], [1.0, 2.0, 0.0]]))
    2
    """
    rows, columns = int(matrix.shape[0]), int(matrix.shape[1])
    if rows > 16 * columns and rank(matrix[:: rows // (4 * columns)]) == columns:
        # some of the rows are enough where they have all the rank there can be
        return columns
    length = np.sqrt(np.einsum("ij,ij->j", matrix, matrix))
    length[length == 0] = 1.0
    if columns <= rows:
        return rank_of_products(matrix.T @ matrix)
    scaled = matrix / length
    return int((np.linalg.eigvalsh(scaled @ scaled.T) > 1e-10).sum())


def rank_of_products(products: Floats) -> int:
    """The rank of a matrix W from its products WᵀW, array (R, R); see `rank`.

    >>> rank_of_products(np.array([[4.0, 2.0], [2.0, 1.0]]))
    1
    """
    length = np.sqrt(np.diagonal(products))
    length = np.where(length > 0, length, 1.0)
    return int((np.linalg.eigvalsh(products / np.outer(length, length)) > 1e-10).sum())
