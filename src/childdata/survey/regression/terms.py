"""Is a term needed? Wald tests, and tests by the working likelihood, of terms and of nested models.

Wald: W = (Cβ)ᵀ (C V Cᵀ)⁻¹ Cβ, V the design's covariance; F = W / q on q and df degrees of freedom (`wald`), or
(df − q + 1) / (df q) W on q and df − q + 1 (`adjusted`).

Working likelihood (Rao and Scott): X² = D₀ − D₁, the difference of the weighted deviances over the dispersion. If the
hypothesis is true, X² is distributed as Σ λ_i χ²(1), λ_i the eigenvalues of (C V₀ Cᵀ)⁻¹ C V Cᵀ (design effects of the
contrasts), V₀ the covariance by the likelihood; with df degrees of freedom for V, as Σ λ_i χ²(1) / (χ²(df) / df).

Source: Korn & Graubard (1990), American Statistician 44(4), 270-276 (Wald); Rao & Scott (1984), Annals of Statistics
12(1), 46-60; Lumley & Scott (2014), Australian & New Zealand Journal of Statistics 56(1), 1-14 (working likelihood).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from childdata.errors import EstimationError, nearest
from childdata.survey.arrays import Codes, Floats
from childdata.survey.chi_square_sums import saddlepoint_tail, tail
from childdata.survey.regression.fitting import Fitted, fit_model
from childdata.survey.regression.formula import read_formula
from childdata.survey.tests import wald

TermMethod = Literal["wald", "adjusted", "lrt"]
Approximation = Literal["exact", "saddlepoint", "satterthwaite"]


@dataclass(frozen=True, slots=True)
class TermTest:
    """A test of a term, or of all that a larger model has beside a smaller one.

    Attributes
    ----------
    term : what was tested.
    method : `wald`, `adjusted` or `lrt`.
    statistic : F of a Wald test; of `lrt` the difference of the deviances, X².
    df1, df2 : degrees of freedom: the number of coefficients tested, and those of the covariance.
    p : the probability of such a statistic or a larger one if the coefficients were zero.
    effects : of `lrt`, the λ, largest first; else empty.
    """

    term: str
    method: str
    statistic: float
    df1: float
    df2: float
    p: float
    effects: tuple[float, ...] = ()

    def __repr__(self) -> str:
        name = "X²" if self.method == "lrt" else "F"
        return f"<{self.term}: {name}({self.df1:g}, {self.df2:g}) = {self.statistic:.4g}, p = {self.p:.4g}>"


def frame_of(tests: Sequence[TermTest]) -> pd.DataFrame:
    """Tests as a frame: term, method, statistic, df1, df2, p."""
    columns = ("term", "method", "statistic", "df1", "df2", "p")
    return pd.DataFrame([[getattr(test, name) for name in columns] for test in tests], columns=list(columns))


def places_of(fitted: Fitted, term: str) -> Codes:
    """The coefficients of a term.

    Raises
    ------
    EstimationError with the nearest terms.
    """
    terms = fitted.model.predictors.terms
    found = next((place for place, name in enumerate(terms) if _plain(name) == _plain(term)), None)
    if found is None:
        there = ", ".join(repr(name) for name in terms if name != "Intercept")
        raise EstimationError(f"the model has no term {term!r}; there are {there}{nearest(term, terms)}")
    return np.flatnonzero(fitted.model.predictors.term_of == found)


def _plain(name: str) -> str:
    return "".join(name.split())


def wald_test(
    fitted: Fitted, covariance: Floats, contrast: Floats, df: float, *, method: Literal["wald", "adjusted"], what: str
) -> TermTest:
    """The F test of contrast @ β = 0.

    Parameters
    ----------
    contrast : array (q, coefficients).
    """
    value = contrast @ fitted.coefficients
    found = wald(value, contrast @ covariance @ contrast.T, df, method=method, what=what)
    return TermTest(what, method, found.statistic, found.df1, found.df2, found.p)


def likelihood_test(
    fitted: Fitted,
    smaller: Fitted,
    covariance: Floats,
    contrast: Floats,
    df: float,
    *,
    approximation: Approximation,
    what: str,
) -> TermTest:
    """The test of contrast @ β = 0 by the deviance of the model in which it holds."""
    statistic = max((smaller.fit.deviance - fitted.fit.deviance) / fitted.dispersion, 0.0)
    naive = contrast @ fitted.information_inverse() @ contrast.T
    effects = np.sort(np.linalg.eigvals(np.linalg.solve(naive, contrast @ covariance @ contrast.T)).real)[::-1]
    p = rao_scott_tail(statistic, effects, df, approximation)
    return TermTest(what, "lrt", statistic, float(effects.size), df, p, tuple(float(one) for one in effects))


def rao_scott_tail(statistic: float, effects: Floats, df: float, approximation: Approximation) -> float:
    """P(Σ λ_i χ²(1) / (χ²(df) / df) > x); `satterthwaite` by an F with tr(λ)² / tr(λ²) degrees of freedom."""
    from scipy.stats import f as f_distribution

    if approximation not in ("exact", "saddlepoint", "satterthwaite"):
        raise EstimationError(f"approximation is 'exact', 'saddlepoint' or 'satterthwaite'; found {approximation!r}")
    if approximation == "satterthwaite":
        total, squares = effects.sum(), np.sum(effects**2)
        return float(f_distribution.sf(statistic / total, total**2 / squares, df))
    weights, freedom = effects, np.ones(effects.size)
    if np.isfinite(df):
        # P(Σ λ χ² − (x / df) χ²(df) > 0)
        weights, freedom = np.append(weights, -statistic / df), np.append(freedom, df)
    at = 0.0 if np.isfinite(df) else statistic
    if statistic <= 0:
        return 1.0
    found = saddlepoint_tail(at, weights, freedom) if approximation == "saddlepoint" else float("nan")
    return tail(at, weights, freedom) if np.isnan(found) else found


def without_term(fitted: Fitted, term: str) -> Fitted:
    """The model without a term, fitted to the same records.

    Raises
    ------
    EstimationError if nothing is left.
    """
    places = places_of(fitted, term)
    rest = np.setdiff1d(np.arange(len(fitted.model.names)), places)
    return refitted(fitted, fitted.model.matrix[:, rest], rest)


def refitted(fitted: Fitted, matrix: Floats, columns: Codes) -> Fitted:
    """The same response, records and family, with some of the columns."""
    predictors = fitted.model.predictors.keep(columns)
    model = replace(fitted.model, predictors=predictors, matrix=matrix)
    if not columns.size and fitted.family != "ordinal":
        raise EstimationError("without that term nothing is left of the model; test it by method='wald'")
    link = None if fitted.family in ("logit", "probit", "cloglog") else fitted.link
    return fit_model(model, fitted.family, link, fitted.information)


def contrast_of(places: Codes, coefficients: int) -> Floats:
    """Rows that pick some of the coefficients."""
    return np.eye(coefficients)[places]


def nested_contrast(larger: Fitted, smaller: Fitted) -> Floats:
    """The C for which Cβ = 0 makes the larger model the smaller one.

    The columns of the smaller model are X₀ = X B; C spans what is orthogonal to B.

    Raises
    ------
    EstimationError if the two use other records, responses or families, or are not nested.
    """
    a, b = larger.model, smaller.model
    if a.survey is not b.survey or not np.array_equal(a.used, b.used):
        raise EstimationError(
            f"nested models are compared on the same records; one uses {int(a.used.sum())} and the other "
            f"{int(b.used.sum())}: give both the domain where all their variables are known, with where='answered(...)'"
        )
    same_response = np.array_equal(a.y, b.y) and np.array_equal(a.offset, b.offset)
    if not same_response or (larger.family, larger.link) != (smaller.family, smaller.link):
        raise EstimationError("nested models have one response, offset, family and link")
    constant = np.ones((a.y.size, int(larger.family == "ordinal")))
    wide, narrow = np.hstack([a.matrix, constant]), np.hstack([b.matrix, constant])
    root = np.sqrt(a.weight / a.weight.mean())[:, None]
    q, r = np.linalg.qr(wide * root)
    inside = q.T @ (narrow * root)
    left = np.linalg.norm(narrow * root - q @ inside, axis=0)
    size = np.linalg.norm(narrow * root, axis=0)
    if (left > 1e-7 * size).any() or narrow.shape[1] >= wide.shape[1]:
        raise EstimationError(
            f"the model {b.formula.text!r} is not nested in {a.formula.text!r}: its columns are no combinations of "
            "those of the larger one, or are as many"
        )
    contrast = _orthogonal(np.linalg.solve(r, inside)[: a.matrix.shape[1], : b.matrix.shape[1]])
    thresholds = larger.coefficients.size - a.matrix.shape[1]
    return np.hstack([contrast, np.zeros((contrast.shape[0], thresholds))])


def _orthogonal(columns: Floats) -> Floats:
    """Rows that span what is orthogonal to some columns, in units of the columns' own rows."""
    left, singular, _ = np.linalg.svd(columns, full_matrices=True)
    rank = int((singular > 1e-9 * singular.max(initial=0.0)).sum())
    result: Floats = left[:, rank:].T
    return result


def added_terms(larger: Fitted, smaller: Fitted) -> str:
    """What the larger model has beside the smaller, in words."""
    formula = read_formula(smaller.model.formula.text)
    there = {_plain(formula.term_name(term)) for term in formula.terms}
    added = [name for name in larger.model.predictors.terms if _plain(name) not in there]
    return " + ".join(added) or f"{larger.model.formula.text} against {smaller.model.formula.text}"
