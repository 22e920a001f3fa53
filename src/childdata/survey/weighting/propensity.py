"""The chance to respond, from a logit on what is known of respondents and nonrespondents alike.

The coefficients solve Σ v (r − p) x = 0, p = 1/(1 + exp(−xᵀβ)), with v the weight or 1.

Source: Little (1986), International Statistical Review 54, 139-157; Kim & Kim (2007), Canadian Journal of Statistics
35, 501-514, for the variance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.adjustment import inverse, scaled
from childdata.survey.arrays import Codes, Floats, Mask

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_STEPS = 50
_CERTAIN = 1e-10


def propensities(matrix: csr_array, responded: Mask, weight: Floats) -> Floats:
    """The fitted chance to respond, array (n,).

    Parameters
    ----------
    matrix : sparse array (n, p); X.
    responded : array (n,).
    weight : array (n,); what each record counts in the fit.

    Raises
    ------
    EstimationError where the variables separate respondents from nonrespondents, so that chances tend to 0 or 1.

    >>> from scipy.sparse import csr_array
    >>> p = propensities(csr_array(np.ones((4, 1))), np.array([True, True, True, False]), np.ones(4))
    >>> p.round(9).tolist()
    [0.75, 0.75, 0.75, 0.75]
    """
    used = weight > 0
    answer = responded.astype(np.float64)
    size = abs(matrix).T @ weight
    beta = np.zeros(matrix.shape[1])
    for _ in range(_STEPS):
        p = _expit(matrix @ beta)
        gradient = matrix.T @ (weight * (answer - p))
        if (np.abs(gradient) <= 1e-13 * size).all():
            break
        curvature = inverse(matrix.T @ scaled(matrix, weight * p * (1 - p)))
        beta = beta + curvature @ gradient
        if not np.isfinite(beta).all() or np.abs(matrix @ beta)[used].max(initial=0.0) > 1e3:
            raise _separated()
    p = _expit(matrix @ beta)
    certain = used & ((p < _CERTAIN) | (p > 1 - _CERTAIN))
    if certain.any() or (np.abs(matrix.T @ (weight * (answer - p))) > 1e-8 * size).any():
        raise _separated()
    return p


def propensity_classes(p: Floats, counted: Mask, weight: Floats, classes: int) -> Codes:
    """Classes of about equal weight by the chance to respond, array (n,), -1 for records that do not count.

    Records of one chance are in one class, so that there may be fewer classes than were asked for.

    >>> propensity_classes(np.array([0.2, 0.9, 0.5, 0.6]), np.ones(4, dtype=bool), np.ones(4), 2).tolist()
    [0, 1, 0, 1]
    """
    used = np.flatnonzero(counted)
    # chances that differ by rounding only are one chance
    value, place = np.unique(np.round(p[used], 12), return_inverse=True)
    mass = np.bincount(place, weight[used], minlength=value.size)
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    _, code = np.unique(np.minimum((middle * classes).astype(np.intp), classes - 1), return_inverse=True)
    found = np.full(counted.size, -1, dtype=np.intp)
    found[used] = code[place]
    return found


def _separated() -> EstimationError:
    return EstimationError(
        "the chance to respond tends to 0 or 1: some combination of the variables of the propensity separates "
        "respondents from nonrespondents; take out or join variables, or adjust by cells"
    )


def _expit(u: Floats) -> Floats:
    p: Floats = np.exp(-np.logaddexp(0.0, -u))
    return p
