"""A fitted model of either kind, as the rest of the room sees it: coefficients by name, influence, refits, outcomes.

An outcome is what the model says of a record: a mean, or for ordered categories the probability of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats
from childdata.survey.regression.checks import separation
from childdata.survey.regression.families import Family, Link, check_response, find_family
from childdata.survey.regression.glm import Fit, Information, NoConvergence, Problem, fit_glm
from childdata.survey.regression.model import Model
from childdata.survey.regression.ordinal import (
    OrdinalFit,
    OrdinalProblem,
    category_probabilities,
    check_link,
    fit_ordinal,
    probability_slopes,
)


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What a model says of some records, and how that depends on the coefficients.

    Attributes
    ----------
    value : array (rows, outcomes).
    by_eta : array (rows, outcomes); the derivative by xβ.
    by_threshold : array (rows, outcomes, thresholds), or None where there are no thresholds.
    """

    value: Floats
    by_eta: Floats
    by_threshold: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model with its coefficients.

    Attributes
    ----------
    family, link : their names, as the user gave or left them.
    names : of the coefficients, and of the thresholds after them.
    coefficients : array (q,).
    """

    model: Model
    family: str
    link: str
    information: Information
    fit: Fit | OrdinalFit
    names: tuple[str, ...]

    @property
    def coefficients(self) -> Floats:
        """The coefficients, and the thresholds after them."""
        return self.fit.coefficients

    @property
    def kind(self) -> str:
        """The family behind the name: gaussian, binomial, poisson, gamma or ordinal."""
        return "ordinal" if isinstance(self.fit, OrdinalFit) else self.fit.problem.family.name

    @property
    def is_share(self) -> bool:
        """Whether outcomes are probabilities."""
        return self.kind in ("binomial", "ordinal")

    @property
    def categories(self) -> tuple[str, ...]:
        """The labels of an ordered response; one empty label for a mean."""
        return self.model.levels.labels if self.model.levels is not None else ("",)

    def influence(self) -> Floats:
        """The derivative of each coefficient by the weight of every record of the survey, array (n, q)."""
        result = np.zeros((self.model.used.size, self.coefficients.size))
        used = self.fit.influence() if isinstance(self.fit, OrdinalFit) else self.fit.influence(self.information)
        result[self.model.used] = used
        return result

    def information_inverse(self) -> Floats:
        """The covariance that the same records would give as a simple random sample if the model held, array (q, q)."""
        if isinstance(self.fit, OrdinalFit):
            return self.fit.information_inverse()
        return self.fit.information_inverse("expected") * self.dispersion

    @property
    def dispersion(self) -> float:
        """φ, estimated for gaussian and gamma: Σ w (y − μ)² / V(μ) / Σ w · n / (n − 1); 1 for the other families."""
        if isinstance(self.fit, OrdinalFit) or not self.fit.problem.family.dispersed:
            return 1.0
        n = self.model.weight.size
        return self.fit.pearson / (n - 1) if n > 1 else float("nan")

    def refit(self, weight: Floats) -> Floats:
        """The coefficients under other weights of all records, array (q,); NaN where they would be infinite."""
        chosen = weight[self.model.used]
        try:
            if isinstance(self.fit, OrdinalFit):
                return fit_ordinal(self.fit.problem, chosen, start=self.coefficients).coefficients
            return fit_glm(self.fit.problem, chosen, start=self.coefficients).coefficients
        except NoConvergence:
            return np.full(self.coefficients.size, np.nan)

    def outcomes(self, matrix: Floats, offset: Floats, coefficients: Floats | None = None) -> Outcomes:
        """What the model says of records with these columns."""
        at = self.coefficients if coefficients is None else coefficients
        columns = matrix.shape[1]
        eta = matrix @ at[:columns] + offset
        if isinstance(self.fit, OrdinalFit):
            value = category_probabilities(self.link, at[columns:], eta)
            by_eta, by_threshold = probability_slopes(self.link, at[columns:], eta)
            return Outcomes(value, by_eta, by_threshold)
        link = self.fit.problem.link
        return Outcomes(link.mean(eta)[:, None], link.slope(eta)[:, None], None)


def fit_model(model: Model, family: str, link: str | None, information: Information) -> Fitted:
    """Fit a model by maximum weighted likelihood.

    Raises
    ------
    EstimationError for a response that the family cannot have, and where coefficients would be infinite.
    """
    if family == "ordinal":
        return _fit_ordinal(model, check_link(link))
    known, chosen = find_family(family, link)
    check_response(family, model.y, model.formula.response_name)
    if not model.names:
        raise EstimationError(f"the formula {model.formula.text!r} has neither an intercept nor a term")
    problem = Problem.of(model.matrix, model.y, model.offset, model.weight, known, chosen)
    try:
        fit = fit_glm(problem, model.weight)
    except NoConvergence:
        rows, ends = _conditions(known, chosen, model), (0.0, 1.0) if known.name == "binomial" else (0.0,)
        raise separation(rows, model.y, ends, model.matrix, model.predictors, family) from None
    return Fitted(model, family, chosen.name, information, fit, model.names)


def _fit_ordinal(model: Model, link: str) -> Fitted:
    assert model.levels is not None
    labels = model.levels.labels
    codes = model.y.astype(np.intp)
    problem = OrdinalProblem.of(model.matrix, codes, model.offset, len(labels), model.weight, link)
    try:
        fit = fit_ordinal(problem, model.weight)
    except NoConvergence:
        rows = _ordinal_conditions(model.matrix, codes, len(labels))
        ends = (0, len(labels) - 1)
        raise separation(rows, codes, ends, model.matrix, model.predictors, "ordinal") from None
    thresholds = tuple(f"{low}|{high}" for low, high in pairwise(labels))
    return Fitted(model, "ordinal", link, "observed", fit, (*model.names, *thresholds))


def _conditions(family: Family, link: Link, model: Model) -> Floats:
    """Each record's condition on a direction of separation: rows @ δ ≥ 0."""
    if family.name == "binomial":
        ends = (model.y == 0) | (model.y == 1)
        towards: Floats = model.matrix[ends] * (2 * model.y[ends] - 1)[:, None]
        return towards
    if family.name == "poisson" and link.name == "log":
        zero = model.y == 0
        positive = model.matrix[~zero]
        return np.vstack([-model.matrix[zero], positive, -positive])
    return np.zeros((1, model.matrix.shape[1]))


def _ordinal_conditions(matrix: Floats, codes: np.ndarray, categories: int) -> Floats:
    """Both thresholds of each record: (ζ_y − xβ) may only grow, (ζ_{y−1} − xβ) only fall."""
    thresholds = np.eye(categories - 1)
    upper, lower = codes < categories - 1, codes > 0
    above = np.hstack([-matrix[upper], thresholds[codes[upper]]])
    below = np.hstack([matrix[lower], -thresholds[codes[lower] - 1]])
    return np.vstack([above, below])
