"""What an adjustment of weights does to a variance: scores become scores of residuals.

A calibrated total Σ w z varies only by what the auxiliaries x do not explain. Its linearised scores are w e with

    e = z − X B,   B = (XᵀWX)⁻ XᵀW z

where W is the weight *before* the step, over the variance function where there is one. For linear calibration w e
is the exact derivative of the total by each weight; for all other distances the same holds in the limit.

A step that takes its totals from the sample itself (nonresponse) keeps the variation of these: its scores are
w z − (w − d) X B, d the weight before. Both are one formula, w z − c X B with c = w or w − d, and steps follow one
another from the latest to the first, each on the scores that the later ones left.

Source: Deville & Särndal (1992), Journal of the American Statistical Association 87, 376-382, section 2.2; Särndal,
Swensson & Wretman (1992), Model Assisted Survey Sampling, section 6.6; Särndal & Lundström (2005), Estimation in
Surveys with Nonresponse, section 11.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from childdata.survey.arrays import Floats

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """One step of weighting, as the variance needs it.

    Attributes
    ----------
    matrix : sparse array (n, p); X, the auxiliaries.
    weight : array (n,); W of the regression.
    drawn : array (n,) or None; what turns a score (weight × influence) into W × influence: W over the weight after
        the step, 0 where that is 0. None is W over the weight of the design: this step was the last.
    moved : array (n,) or None; c, the weight whose product with X B is taken off. None is the weight of the design.

    >>> from scipy.sparse import csr_array
    >>> one_stratum = Adjustment(csr_array(np.ones((3, 1))), np.array([1.0, 1.0, 2.0]))
    >>> one_stratum.residuals(np.array([[1.0], [3.0], [4.0]])).ravel().tolist()
    [-2.0, 0.0, 1.0]
    """

    matrix: csr_array
    weight: Floats
    drawn: Floats | None = None
    moved: Floats | None = None

    def residuals(self, values: Floats) -> Floats:
        """e = z − X (XᵀWX)⁻ XᵀW z of values z (n, rows)."""
        slopes = self.inverse() @ (self.matrix.T @ (self.weight[:, None] * values))
        left: Floats = values - self.matrix @ slopes
        return left

    def inverse(self) -> Floats | csc_array:
        """(XᵀWX)⁻, array (p, p); sparse where X is one indicator per record."""
        return inverse(self.matrix.T @ scaled(self.matrix, self.weight))


def after_step(
    matrix: csr_array, weight: Floats, new: Floats, *, sample: Floats | None = None, drawn: Floats | None = None
) -> Adjustment:
    """The adjustment of a step that gave the weights `new`.

    Parameters
    ----------
    matrix, weight : X and W of the regression.
    new : array (n,); the weights after the step.
    sample : array (n,); the weights before, if the totals were estimated from the sample; None if they are known.
    drawn : array (n,); what turns a score into W × influence, where that is not W / new.
    """
    if drawn is None:
        drawn = np.divide(weight, new, out=np.zeros_like(new), where=new != 0)
    return Adjustment(matrix, weight, drawn, new if sample is None else new - sample)


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """All steps of a design in one: scores are w z − C (L (Qᵀ z)).

    Attributes
    ----------
    drawn : sparse array (n, p); Q, what the influences z are multiplied by: Qᵀz is a sum over records.
    solve : array (p, p), dense or sparse; L.
    moved : sparse array (n, p); C, to be summed by sampling unit like the scores themselves.
    """

    drawn: csr_array
    solve: Floats | csc_array
    moved: csr_array

    def scores(self, values: Floats, weight: Floats) -> Floats:
        """Scores (n, rows) of influences z (n, rows) under the final weight w (n,)."""
        left: Floats = weight[:, None] * values - self.moved @ (self.solve @ (self.drawn.T @ values))
        return left


def projection(adjustments: Sequence[Adjustment], weight: Floats) -> Projection:
    """Several steps, the latest applied first, as one.

    Parameters
    ----------
    adjustments : the steps in the order in which they were taken; at least one.
    weight : array (n,); the final weight w.

    Step j makes B_j = G_j X_jᵀ (r_j ∘ s) of the scores s that the later steps left, and leaves s − c_j ∘ X_j B_j. With
    N_ji = X_jᵀ (r_j c_i) X_i for later i, B = D (Qᵀz − N B), so that L = (I + D N)⁻¹ D.
    """
    from scipy.sparse import hstack

    ratios = [_ratio(step, weight) for step in adjustments]
    moved = [scaled(step.matrix, weight if step.moved is None else step.moved) for step in adjustments]
    drawn = [scaled(step.matrix, ratio * weight) for step, ratio in zip(adjustments, ratios, strict=True)]
    inverses = [step.inverse() for step in adjustments]
    if len(adjustments) == 1:
        return Projection(drawn[0], inverses[0], moved[0])
    starts = np.concatenate(([0], np.cumsum([step.matrix.shape[1] for step in adjustments])))
    solve = np.zeros((starts[-1], starts[-1]))
    for j in reversed(range(len(adjustments))):
        here = slice(starts[j], starts[j + 1])
        right = np.zeros((starts[j + 1] - starts[j], starts[-1]))
        right[:, here] = np.eye(right.shape[0])
        for i in range(j + 1, len(adjustments)):
            between = scaled(adjustments[j].matrix, ratios[j]).T @ moved[i]
            right -= between @ solve[starts[i] : starts[i + 1]]
        solve[here] = inverses[j] @ right
    return Projection(hstack(drawn, format="csr"), solve, hstack(moved, format="csr"))


def _ratio(step: Adjustment, weight: Floats) -> Floats:
    if step.drawn is not None:
        return step.drawn
    ratio: Floats = np.divide(step.weight, weight, out=np.zeros_like(weight), where=weight != 0)
    return ratio


def scaled(matrix: csr_array, by: Floats) -> csr_array:
    """A sparse matrix with each row multiplied by a number."""
    made = matrix.copy()
    made.data = matrix.data * np.repeat(by, np.diff(matrix.indptr))
    return made


def inverse(products: csr_array | csc_array) -> Floats | csc_array:
    """A generalised inverse of a symmetric matrix that is not negative; directions it does not know get zero.

    The diagonal is brought to 1 first, so that units of measurement have no part in what counts as zero.
    """
    from scipy.sparse import diags_array

    diagonal = np.asarray(products.diagonal(), dtype=np.float64)
    if np.count_nonzero(products.data) == np.count_nonzero(diagonal):
        return diags_array(np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0)).tocsc()
    root = np.sqrt(np.maximum(diagonal, 0.0))
    back = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    values, vectors = np.linalg.eigh(back[:, None] * products.toarray() * back)
    known = values > values[-1] * 32 * values.size * _EPSILON
    half = back[:, None] * vectors[:, known] / np.sqrt(values[known])
    result: Floats = half @ half.T
    return result
