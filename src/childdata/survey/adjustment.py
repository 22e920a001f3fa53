"""What calibration does to a variance: the influence of every record becomes a residual.

A weight that was calibrated to known totals of X makes an estimate vary only by what X does not explain. To first
order the calibrated total of z varies as that of e = z − X B, B = (Xᵀ W X)⁻ Xᵀ W z; this holds for every distance, as all
calibration estimators are equivalent to the regression estimator.

Source: Deville & Särndal (1992), JASA 87(418), 376-382, result 5; Särndal, Swensson & Wretman (1992), section 6.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from childdata.survey.arrays import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """One step of calibration: the auxiliaries X, and the weight W of the regression on them.

    Attributes
    ----------
    matrix : sparse array (n, p); X on every record.
    weight : array (n,); W, zero for records that take no part.
    """

    matrix: csr_array
    weight: Floats

    def coefficients(self, values: Floats | csr_array) -> Floats:
        """B = (Xᵀ W X)⁻ Xᵀ W z, array (p, columns), of values (n, columns), dense or sparse."""
        weighted = self.matrix.multiply(self.weight[:, None]).tocsr()
        gram = (weighted.T @ self.matrix).toarray()
        cross = weighted.T @ values
        cross = cross if isinstance(cross, np.ndarray) else cross.toarray()
        # collinear auxiliaries (two margins that both add up to the population) leave a direction open: it is left out
        scale = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
        unit = np.where(scale > 0, scale, 1.0)
        solved: Floats = np.linalg.pinv(gram / np.outer(unit, unit), rcond=1e-11, hermitian=True) @ (
            cross / unit[:, None]
        )
        return solved / unit[:, None]

    def residuals(self, values: Floats) -> Floats:
        """e = z − X B of values (n, columns)."""
        result: Floats = values - self.matrix @ self.coefficients(values)
        return result
