"""How well does a model fit? Deviances, R², and Akaike's criterion under the design.

R² of a linear model is 1 − Σ w (y − μ)² / Σ w (y − ȳ)². With a discrete response it is Nagelkerke's pseudo-R²,
(1 − exp(−(D₀ − D) / n)) / (1 − exp(−D₀ / n)), and Cox and Snell's without the divisor; D and D₀ are the deviances of
the model and of the constant alone under weights of mean 1, and n the records used. AIC = D + 2 Σ λ_i: the design
effects λ of the coefficients other than the intercept (eigenvalues of V₀⁻¹ V) take the place of their number.

Source: Nagelkerke (1991), Biometrika 78(3), 691-692; Lumley (2017), Australian & New Zealand Journal of Statistics
59(4), 495-504 (pseudo-R²); Lumley & Scott (2015), Journal of Survey Statistics and Methodology 3(1), 1-18 (AIC).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats
from childdata.survey.regression.fitting import Fitted, fit_model

_DISCRETE = ("binomial", "poisson", "ordinal")


@dataclass(frozen=True, slots=True)
class FitMeasures:
    """Measures of fit.

    Attributes
    ----------
    deviance, null_deviance : of the model, and of the constant (with the offset) alone; weights of mean 1.
    r_squared : of a linear model R², else Nagelkerke's; unknown for the gamma family.
    cox_snell : Cox and Snell's pseudo-R²; unknown where the response is not discrete.
    aic : of a discrete response, else unknown.
    effective_parameters : Σ λ_i.
    mean_effect : the mean of the λ_i, a design effect of the model.
    """

    deviance: float
    null_deviance: float
    r_squared: float
    cox_snell: float
    aic: float
    effective_parameters: float
    mean_effect: float


def fit_measures(fitted: Fitted, covariance: Floats) -> FitMeasures:
    """The measures of a model with the design's covariance of its coefficients."""
    deviance, null = fitted.fit.deviance, _null_deviance(fitted)
    n = fitted.model.weight.size
    kind = fitted.kind
    cox_snell = 1 - np.exp(-(null - deviance) / n) if kind in _DISCRETE else float("nan")
    r_squared = float("nan")
    if kind in _DISCRETE:
        r_squared = cox_snell / (1 - np.exp(-null / n))
    elif kind == "gaussian":
        r_squared = 1 - deviance / null
    slopes = [k for k, name in enumerate(fitted.model.names) if name != "Intercept"]
    effects = np.zeros(0)
    if slopes:
        chosen = np.ix_(slopes, slopes)
        effects = np.linalg.eigvals(np.linalg.solve(fitted.information_inverse()[chosen], covariance[chosen])).real
    total = float(effects.sum())
    aic = deviance + 2 * total if kind in _DISCRETE else float("nan")
    mean = total / effects.size if effects.size else float("nan")
    return FitMeasures(deviance, null, float(r_squared), float(cox_snell), float(aic), total, mean)


def _null_deviance(fitted: Fitted) -> float:
    """The deviance of the constant alone; unknown where the link cannot carry one."""
    model = fitted.model
    none = np.zeros(0, dtype=np.intp)
    if fitted.family == "ordinal":
        alone = replace(model, predictors=model.predictors.keep(none), matrix=model.matrix[:, none])
    else:
        kept = replace(model.predictors.keep(none), names=("Intercept",))
        alone = replace(model, predictors=kept, matrix=np.ones((model.y.size, 1)))
    link = None if fitted.family in ("logit", "probit", "cloglog") else fitted.link
    try:
        return fit_model(alone, fitted.family, link, fitted.information).fit.deviance
    except EstimationError:
        return float("nan")
