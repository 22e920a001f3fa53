"""From the scores of sampling units to a variance: centring, fpc and lonely PSUs, in one place.

V = Σ_h a_h (1 − f_h) n_h / (n_h − 1) Σ_i (z_hi − z̄_h)(z_hi − z̄_h)ᵀ

where z_hi is the sum over the records of unit i of weight × influence, z̄_h the mean over **all** n_h sampled units
(those without a member of the domain are zeros), and a_h the product of the sampling fractions of the stages
above; summed over the stages.

Source: Särndal, Swensson & Wretman (1992), section 4.3. The rules on a stratum with one PSU are those of R survey
(`options(survey.lonely.psu=)`, Lumley 2010, Complex Surveys, section 2.2), under the names of its effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.design import Stage

if TYPE_CHECKING:
    from scipy.sparse import csc_array

LonelyRule = Literal["fail", "certainty", "adjust", "average"]

_CHUNK = 4_000_000  # cells of the dense slice that is centred at one time: 32 MB
_DENSE_WORK = 5e9  # multiplications; with more, the covariance is made from the entries there are


@dataclass(frozen=True, slots=True)
class Entries:
    """Scores as triplets, with the sums per stratum and row that every variance needs.

    Attributes
    ----------
    row, value : arrays (k,); the row of the result each score belongs to, and the score.
    cell : array (k,); stratum × rows + row of each score.
    members : array (strata, rows); units with a member of the row's domain.
    mean : array (strata, rows); z̄_h, with zeros for the units without a member.
    """

    row: Codes
    value: Floats
    cell: Codes
    members: Floats
    mean: Floats


def entries(scores: csc_array, stage: Stage) -> Entries:
    """The scores of a stage with their sums by stratum and row."""
    rows = scores.shape[1]
    row = np.repeat(np.arange(rows), np.diff(scores.indptr))
    strata = stage.sampled.size
    cell = stage.stratum[scores.indices] * rows + row
    value = np.asarray(scores.data, dtype=np.float64)
    members = np.bincount(cell, minlength=strata * rows).reshape(strata, rows).astype(np.float64)
    sums = summed(cell, value, strata * rows).reshape(strata, rows)
    return Entries(row, value, cell, members, sums / stage.sampled[:, None])


@dataclass(frozen=True, slots=True)
class Centring:
    """How the scores of each stratum enter the variance.

    Attributes
    ----------
    factor : array (strata,); a_h (1 − f_h) n_h / (n_h − 1), or what the lonely rule puts in its place.
    centred : array (strata, rows) or None; False where the mean is not taken off (rule `adjust`).
    kept : array (strata, rows) or None; False where the stratum is left out of a row (rule `average`).
    scale : array (rows,); what each row is multiplied by to make up for strata left out.
    """

    factor: Floats
    centred: Mask | None
    kept: Mask | None
    scale: Floats

    def take(self, rows: Codes) -> Centring:
        """The same for some of the rows."""
        centred, kept = (None if one is None else one[:, rows] for one in (self.centred, self.kept))
        return Centring(self.factor, centred, kept, self.scale[rows])


def centring(found: Entries, stage: Stage, rule: LonelyRule, lonely_domains: bool) -> Centring:
    """The centring of each stratum by the lonely rule; `fail` must have been dealt with before."""
    single = stage.sampled == 1
    full = stage.above * stage.unsampled
    factor = full * np.where(single, 1.0, stage.sampled / np.maximum(stage.sampled - 1, 1))
    rows = found.mean.shape[1]
    lonely = (single & (stage.unsampled > 0))[:, None] & np.ones(rows, dtype=bool)
    if lonely_domains:
        lonely = lonely | ((found.members == 1) & (stage.unsampled > 0)[:, None])
    if not lonely.any() or rule in ("certainty", "fail"):
        return Centring(np.where(single, 0.0, factor), None, None, np.ones(rows))
    if rule == "adjust":
        return Centring(factor, ~lonely, None, np.ones(rows))
    present = found.members > 0
    counted, left_out = present.sum(axis=0), (present & lonely).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(counted > 0, counted / (counted - left_out), 1.0)
    return Centring(np.where(single, 0.0, factor), None, ~lonely, np.sqrt(scale))


def variances(found: Entries, stage: Stage, how: Centring) -> Floats:
    """The variance of each row, in time proportional to the scores there are.

    The squares are of centred scores: Σ(z − z̄)² over the units with a member, and z̄² for each unit without.
    """
    mean = found.mean if how.centred is None else np.where(how.centred, found.mean, 0.0)
    strata, rows = mean.shape
    apart = (found.value - mean.reshape(-1)[found.cell]) ** 2
    squares = summed(found.cell, apart, strata * rows).reshape(strata, rows)
    squares = squares + (stage.sampled[:, None] - found.members) * mean**2
    if how.kept is not None:
        squares = np.where(how.kept, squares, 0.0)
    with np.errstate(invalid="ignore"):
        # where all strata of a row are lonely, `average` has nothing to go by: 0 × ∞ is unknown
        result: Floats = (how.factor @ squares) * how.scale**2
    return result


def deviations(scores: csc_array, stage: Stage, how: Centring, mean: Floats) -> Floats:
    """Centred and scaled scores D, array (units, rows), with covariance DᵀD."""
    return centred(scores.toarray(), 0, stage, how, mean)


def covariance(scores: csc_array, stage: Stage, how: Centring, mean: Floats) -> Floats:
    """The covariance of all rows.

    Made from slices of units, centred before they are multiplied; where that is much work because most scores are
    zero (records as units, many domains), as Σ z zᵀ − n z̄ z̄ᵀ over the entries, in which little can cancel.
    """
    units, rows = scores.shape
    if float(units) * rows**2 > _DENSE_WORK and how.centred is None and scores.nnz < 0.3 * units * rows:
        return _sparse_covariance(scores, stage, how, mean)
    total = np.zeros((rows, rows))
    by_unit = scores.tocsr()
    for begin, end in slices(units, rows):
        piece = centred(by_unit[begin:end].toarray(), begin, stage, how, mean)
        total += piece.T @ piece
    return total


def slices(units: int, rows: int) -> list[tuple[int, int]]:
    """The first unit of each dense slice that is centred at one time, and the unit after its last.

    >>> slices(5, 2_000_000)
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, _CHUNK // max(rows, 1))
    return [(begin, min(begin + step, units)) for begin in range(0, units, step)]


def _sparse_covariance(scores: csc_array, stage: Stage, how: Centring, mean: Floats) -> Floats:
    from scipy.sparse import diags_array

    if how.kept is not None:
        column = np.repeat(np.arange(mean.shape[1]), np.diff(scores.indptr))
        scores = scores.copy()
        scores.data = scores.data * how.kept[stage.stratum[scores.indices], column]
        mean = np.where(how.kept, mean, 0.0)
    products = scores.T @ (diags_array(how.factor[stage.stratum]) @ scores)
    centre = mean.T @ (mean * (how.factor * stage.sampled)[:, None])
    with np.errstate(invalid="ignore"):
        total: Floats = (products.toarray() - centre) * np.outer(how.scale, how.scale)
    return total


def centred(dense: Floats, begin: int, stage: Stage, how: Centring, mean: Floats) -> Floats:
    """Scores of the units from `begin` on, centred and scaled in place; array (units of the slice, rows)."""
    stratum = stage.stratum[begin : begin + len(dense)]
    centre = mean if how.centred is None else np.where(how.centred, mean, 0.0)
    dense -= centre[stratum]
    if how.kept is not None:
        dense[~how.kept[stratum]] = 0.0
    dense *= np.sqrt(how.factor)[stratum][:, None]
    with np.errstate(invalid="ignore"):
        dense *= how.scale
    return dense
