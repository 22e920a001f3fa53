"""Calibration: weights as near as may be to the old ones that give the known totals exactly.

w' = d g, with g = F(xᵀλ/v) and λ such that Σ w' x = t. Linear F is the generalised regression estimator (GREG).

The variance of a total is that of the residuals from the regression on x, weighted by d / v.

Source: Deville & Särndal (1992), Journal of the American Statistical Association 87, 376-382; Särndal, Swensson &
Wretman (1992), Model Assisted Survey Sampling, chapters 6 and 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Rule, parse
from childdata.survey.adjustment import after_step
from childdata.survey.arrays import Codes, Floats, summed
from childdata.survey.columns import Columns
from childdata.survey.survey import Survey
from childdata.survey.weighting.auxiliaries import Auxiliaries, read_auxiliaries
from childdata.survey.weighting.distance import METHODS, Distance, Method
from childdata.survey.weighting.rake import check_iteration
from childdata.survey.weighting.reweight import ratio_range, refuse_negative, reweighted
from childdata.survey.weighting.solve import Problem, Solved, solve
from childdata.survey.weighting.totals import As, Known, check_as, refuse_missing
from childdata.survey.weighting.units import range_in_units, shares_of_units, unit_codes
from childdata.words import word

Limits: TypeAlias = tuple[float, float]
BoundsOn = Literal["ratio", "weight"]

_NEGATIVE = 'use method="raking", or "logit" or "truncated" with bounds'


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What is done to the full-sample weight and to each replicate alike."""

    auxiliaries: Auxiliaries
    variance: Floats
    unit: Codes | None
    distance: Distance
    trim: Limits | None
    tolerance: float
    iterations: int


def calibrate(
    survey: Survey,
    totals: Known,
    *,
    formula: str | None = None,
    method: Method = "linear",
    bounds: Limits | None = None,
    bounds_on: BoundsOn = "ratio",
    variance: Rule | None = None,
    aggregate: int | str | Sequence[str] | None = None,
    trim: Limits | None = None,
    as_: As = "totals",
    tolerance: float = 1e-10,
    iterations: int = 100,
) -> Survey:
    """The survey with weights that give known totals of auxiliaries.

    Parameters
    ----------
    totals : by auxiliary. A number is the total of a column or rule (`"1"` or `"(Intercept)"`: of all records); a
        mapping, Series or frame the totals of categories, as in `poststratify`; a tuple crosses variables.
    formula : the auxiliaries as a formula, `"~ stype + api99"`; `totals` are then by the columns it makes, as Python's
        formulas (`stype[T.H]`) or R's (`stypeH`) call them.
    method : `"linear"` is GREG, g = 1 + u; `"raking"` g = exp(u); `"logit"` an S-curve between bounds; `"truncated"`
        1 + u cut at bounds (R: linear with bounds).
    bounds : smallest and largest ratio g of new to old weight; for `"logit"` on both sides of 1.
    bounds_on : `"weight"`: the bounds are of the new weights themselves (R's `bounds.const`).
    variance : column or rule v > 0, to which the residual variance of the regression is proportional; u = xᵀλ/v.
    aggregate : the stage of sampling (1 is the PSU) or the columns of a household within which g is one number; its
        auxiliaries are then the unit's means.
    trim : ratios beyond these are cut after calibrating, and what was cut is shared in proportion to the weights
        among the others; totals are then no longer met, and the notes tell by how much.
    as_ : `"shares"`: categories sum to one, numbers are means, and the sum of the weights stays as it is.
    tolerance : largest relative miss of a total that counts as met.
    iterations : Newton steps, at most.

    Returns
    -------
    Survey with new weights; the notes tell the iterations, the largest relative miss and the range of g. Standard
    errors use residuals; replicate weights are calibrated one by one. Records of weight zero keep it, and may have
    missing values.

    Raises
    ------
    EstimationError if the totals cannot be met, naming the one that is furthest off; for totals that contradict each
    other; for missing values; if linear calibration makes a weight negative.

    Source: Deville & Särndal (1992).

    >>> import childdata as cd
    >>> schools = cd.Survey({"pupils": [10.0, 20.0, 30.0], "w": [2.0, 2.0, 2.0]}, weight="w")
    >>> cd.calibrate(schools, {"1": 6, "pupils": 140}).design.weight.round(9).tolist()
    [1.0, 2.0, 3.0]
    """
    _check(method, bounds, bounds_on, trim)
    check_as(as_)
    check_iteration(tolerance, iterations)
    weight = survey.design.weight
    unit = unit_codes(survey, aggregate)
    plan = _Plan(
        read_auxiliaries(survey, totals, formula, as_),
        _variance(survey, variance),
        unit,
        _distance(method, bounds, bounds_on, weight, unit),
        trim,
        tolerance,
        iterations,
    )
    problem, solved = _solve(plan, plan.auxiliaries, weight)
    ratio, cut = _trimmed(solved.ratio, weight, trim)
    new = weight * ratio
    refuse_negative(new, _NEGATIVE)

    def again(old: Floats) -> tuple[Floats, int]:
        within, without = plan.auxiliaries.within(old)
        _, found = _solve(plan, within, old)
        return old * _trimmed(found.ratio, old, trim)[0], without

    notes = [_told(plan, solved, weight)]
    if trim is not None:
        miss = float(np.abs(problem.relative(ratio)).max())
        notes.append(word("told.ratios_trimmed", count=cut, low=trim[0], high=trim[1], miss=f"{miss:.2g}"))
    step = after_step(problem.matrix, weight / problem.variance, new)
    return reweighted(survey, new, again=again, adjustment=step, notes=notes)


def _told(plan: _Plan, solved: Solved, weight: Floats) -> str:
    low, high = ratio_range(weight * solved.ratio, weight)
    return word(
        "told.calibrated",
        method=plan.distance.method,
        names=", ".join(plan.auxiliaries.variables),
        iterations=solved.iterations,
        miss=f"{solved.miss:.1g}",
        low=low,
        high=high,
    )


def _check(method: str, bounds: Limits | None, bounds_on: str, trim: Limits | None) -> None:
    if method not in METHODS:
        raise EstimationError(f"method is one of {', '.join(map(repr, METHODS))}; found {method!r}")
    if bounds_on not in ("ratio", "weight"):
        raise EstimationError(f"bounds_on is 'ratio' or 'weight'; found {bounds_on!r}")
    if method == "linear" and bounds is not None:
        raise EstimationError('linear calibration has no bounds; say method="truncated" to cut the ratios at them')
    if method in ("logit", "truncated") and bounds is None:
        raise EstimationError(f"method {method!r} wants bounds=(low, high), such as (0.5, 2)")
    for name, limits in (("bounds", bounds), ("trim", trim)):
        if limits is not None and not (len(limits) == 2 and 0 <= limits[0] < limits[1]):
            raise EstimationError(f"{name} are (low, high) with 0 <= low < high, such as (0.5, 2); found {limits}")
    if method == "logit" and bounds is not None:
        if not np.isfinite(bounds).all():
            raise EstimationError(f"method 'logit' wants two finite bounds; found {bounds}")
        if bounds_on == "ratio" and not bounds[0] < 1 < bounds[1]:
            raise EstimationError(f"method 'logit' wants bounds on both sides of 1; found {bounds}")


def _variance(survey: Survey, rule: Rule | None) -> Floats:
    weight = survey.design.weight
    if rule is None:
        return np.ones(weight.size)
    expression = parse(rule)
    column = Columns.of(survey.records, [expression]).number(expression)
    counted = weight > 0
    if column.known is not None:
        refuse_missing(expression.text, ~column.known & counted, "is the variance function of the calibration")
    low = counted & (column.value <= 0)
    if low.any():
        raise EstimationError(
            f"the variance function {expression.text!r} is above zero; found zero or below in {int(low.sum())} of "
            f"{low.size} records"
        )
    return np.where(counted, column.value, 1.0)


def _distance(
    method: Method, bounds: Limits | None, bounds_on: BoundsOn, weight: Floats, unit: Codes | None
) -> Distance:
    """The distance with its bounds on g; those on the new weights are bounds on g by the old weight."""
    low, high = bounds or (-np.inf, np.inf)
    if bounds is None or bounds_on == "ratio":
        return Distance(method, np.array([low]), np.array([high]))
    smallest, largest = (weight, weight) if unit is None else range_in_units(unit, weight)
    used = smallest > 0
    lows = np.divide(low, smallest, out=np.zeros_like(smallest), where=used)
    highs = np.divide(high, largest, out=np.full_like(largest, 2.0), where=used)
    outside = (lows >= 1) | (highs <= 1)
    if method == "logit" and outside.any():
        raise EstimationError(
            f"method 'logit' wants old weights between the bounds {low:g} and {high:g}; {int(outside.sum())} are not: "
            "trim them first, or take 'truncated'"
        )
    return Distance(method, lows, highs)


def _solve(plan: _Plan, auxiliaries: Auxiliaries, weight: Floats) -> tuple[Problem, Solved]:
    """The problem record by record, and its solution (of units, where g is one number in each)."""
    whole = Problem(auxiliaries.matrix, auxiliaries.totals, auxiliaries.names, weight, plan.distance, plan.variance)
    if plan.unit is None:
        return whole, solve(whole, tolerance=plan.tolerance, iterations=plan.iterations)
    share = shares_of_units(plan.unit, weight)
    means, variance = (share.T @ auxiliaries.matrix).tocsr(), share.T @ plan.variance
    variance = np.where(variance > 0, variance, 1.0)
    units = replace(whole, matrix=means, weight=summed(plan.unit, weight, variance.size), variance=variance)
    found = solve(units, tolerance=plan.tolerance, iterations=plan.iterations)
    whole = replace(whole, matrix=means[plan.unit], variance=variance[plan.unit])
    return whole, replace(found, ratio=found.ratio[plan.unit])


def _trimmed(ratio: Floats, weight: Floats, trim: Limits | None) -> tuple[Floats, int]:
    """Ratios cut at limits, with what was cut shared among the others in proportion to their weights; how many."""
    if trim is None:
        return ratio, 0
    cut = np.clip(ratio, *trim)
    outside = (cut != ratio) & (weight > 0)
    others = weight[~outside].sum()
    if outside.any() and others > 0:
        cut = np.where(outside, cut, ratio + ((ratio - cut) @ weight) / others)
    return cut, int(outside.sum())
