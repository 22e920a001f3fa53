"""What does a model say on average? Predictive margins and average marginal effects, with their standard errors.

A margin is an average over the records used of outcomes in a scenario, m̄ = Σ w m(x_k; β) / Σ w. Its influence has two
parts, the sampling of the covariates and that of the coefficients:

    u_k = (m_k − m̄) / Σ w  +  Gᵀ A⁻¹ x_k s_k,   G = ∂m̄/∂β.

`covariates="sampled"` takes both (Stata's `vce(unconditional)`); `"fixed"` the second only, the covariates of these
records being taken as they are (Stata's default); `"independent"` adds the variances of the two as if they had no
covariance (R's `svypredmeans`).

Source: Graubard & Korn (1999), Biometrics 55(2), 652-659 (predictive margins); Korn & Graubard (1999), Analysis of
Health Surveys, section 3.7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats, Mask
from childdata.survey.estimates import Estimates
from childdata.survey.regression.fitting import Fitted
from childdata.survey.regression.inference import Options, Scale, estimates_of, with_spread
from childdata.survey.regression.scenarios import Row
from childdata.survey.spread import Spread

Covariates = Literal["sampled", "fixed", "independent"]
# What the programs do unless asked otherwise.
COVARIATES: dict[str, Covariates] = {"r": "independent", "stata": "fixed"}


@dataclass(frozen=True, slots=True, eq=False)
class Averages:
    """Averages of the rows of a margin, and what they are made of.

    Attributes
    ----------
    value : array (rows,). gradient : array (coefficients, rows).
    outcome : array (m, rows); the outcome of each record used.
    """

    value: Floats
    gradient: Floats
    outcome: Floats


def averages(fitted: Fitted, rows: Sequence[Row], weight: Floats) -> Averages:
    """The averages of the rows under weights of the records used (0 for those that are not averaged over)."""
    total = weight.sum()
    outcomes, gradients = [], []
    for row in rows:
        outcome, gradient = _one(fitted, row, weight / total)
        outcomes.append(outcome)
        gradients.append(gradient)
    outcome = np.hstack(outcomes)
    return Averages(weight @ outcome / total, np.hstack(gradients), outcome)


def _one(fitted: Fitted, row: Row, share: Floats) -> tuple[Floats, Floats]:
    outcome: Floats = np.zeros((share.size, len(fitted.categories)))
    columns = fitted.model.matrix.shape[1]
    gradient = np.zeros((fitted.coefficients.size, len(fitted.categories)))
    for scenario in row.scenarios:
        found = fitted.outcomes(scenario.matrix, scenario.offset)
        times = np.broadcast_to(scenario.coefficient, share.shape)
        outcome += times[:, None] * found.value
        gradient[:columns] += scenario.matrix.T @ ((times * share)[:, None] * found.by_eta)
        if found.by_threshold is not None:
            gradient[columns:] += np.einsum("k,kct->tc", times * share, found.by_threshold)
    return outcome, gradient


def margins_of(
    fitted: Fitted,
    influence: Floats,
    rows: Sequence[Row],
    inside: Mask,
    *,
    scale: Scale,
    covariates: Covariates,
    options: Options,
) -> Estimates:
    """The rows of a margin as estimates.

    Parameters
    ----------
    influence : array (n, coefficients) of the coefficients.
    inside : array (m,); the records used that are averaged over.
    """
    if covariates not in ("sampled", "fixed", "independent"):
        raise EstimationError(f"covariates are 'sampled', 'fixed' or 'independent'; found {covariates!r}")
    if not inside.any():
        raise EstimationError("no record of the regression is in the domain that margins are averaged over")
    found = averages(fitted, rows, np.where(inside, fitted.model.weight, 0.0))
    sampled = _sampled(fitted, found, inside)
    by_coefficients = influence @ found.gradient
    again = _Again(fitted, tuple(rows), inside)
    labels = _labels(fitted, rows)

    def estimated(influence: Floats, refit: Callable[[Floats], Floats]) -> Estimates:
        size = fitted.coefficients.size
        made = estimates_of(
            fitted.model, labels, found.value, influence, coefficients=size, scale=scale, options=options, refit=refit
        )
        return _counted(made, fitted, inside)

    if covariates == "sampled":
        return estimated(sampled + by_coefficients, again.both)
    fixed = estimated(by_coefficients, again.coefficients_only)
    if covariates == "fixed":
        return fixed
    apart = estimated(sampled, again.covariates_only)
    return with_spread(fixed, labels, found.value, Spread((*fixed.spread.blocks, *apart.spread.blocks)), scale)


def _sampled(fitted: Fitted, found: Averages, inside: Mask) -> Floats:
    """The part of the influence that the sampling of the covariates has, array (n, rows)."""
    model = fitted.model
    apart = (found.outcome - found.value) / model.weight[inside].sum()
    result = np.zeros((model.used.size, found.value.size))
    result[model.used] = np.where(inside[:, None], apart, 0.0)
    return result


def _counted(estimates: Estimates, fitted: Fitted, inside: Mask) -> Estimates:
    """The estimates with the counts of the records that are averaged over."""
    if inside.all():
        return estimates
    model = fitted.model
    design = model.survey.design
    unit = design.stages[0].unit[model.used]
    n = int(inside.sum())
    facts = {
        "n": n,
        "n_weighted": model.weight[inside].sum(),
        "psus": np.unique(unit[inside]).size if design.units_known else np.nan,
        "n_least": float(n),
    }
    return replace(estimates, frame=estimates.frame.assign(**facts))


def _labels(fitted: Fitted, rows: Sequence[Row]) -> pd.DataFrame:
    items = fitted.categories
    columns: dict[str, list[object]] = {
        "statistic": [fitted.model.formula.response_name] * (len(rows) * len(items)),
        "item": [item for _ in rows for item in items],
    }
    for name in rows[0].labels:
        columns[name] = [row.labels[name] for row in rows for _ in items]
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


@dataclass(frozen=True, slots=True, eq=False)
class _Again:
    """The averages under other weights of all records, for replicate weights."""

    fitted: Fitted
    rows: tuple[Row, ...]
    inside: Mask

    def both(self, weight: Floats) -> Floats:
        return self._value(self.fitted.refit(weight), weight[self.fitted.model.used])

    def coefficients_only(self, weight: Floats) -> Floats:
        return self._value(self.fitted.refit(weight), self.fitted.model.weight)

    def covariates_only(self, weight: Floats) -> Floats:
        return self._value(self.fitted.coefficients, weight[self.fitted.model.used])

    def _value(self, coefficients: Floats, weight: Floats) -> Floats:
        weight = np.where(self.inside, weight, 0.0)
        values = []
        for row in self.rows:
            outcome = np.zeros((weight.size, len(self.fitted.categories)))
            for scenario in row.scenarios:
                times = np.broadcast_to(scenario.coefficient, weight.shape)[:, None]
                outcome += times * self.fitted.outcomes(scenario.matrix, scenario.offset, coefficients).value
            values.append(weight @ outcome / weight.sum())
        return np.concatenate(values)
