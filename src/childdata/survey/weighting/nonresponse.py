"""Nonresponse: respondents carry the weight of those who did not answer.

By cells, w' = w · Σ_cell w / Σ_respondents w; by propensity, w' = w / p with p the chance to respond; or by cells that
are classes of p. Nonrespondents keep their PSUs in the design, at weight zero.

The response rates are estimated from the sample, and their variation belongs to the variance: a nonrespondent of a
cell scores w z̄, its mean among respondents, a respondent w z̄ + w'(z − z̄); likewise for a logit, by its score
equations. PSUs are taken to be drawn with replacement, or the sampling fraction to be small.

Source: Särndal, Swensson & Wretman (1992), section 15.6; Lohr (2010), Sampling: Design and Analysis, section 8.5; Kim &
Kim (2007), Canadian Journal of Statistics 35, 501-514.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Rule, parse
from childdata.survey.adjustment import Adjustment, after_step, scaled
from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.columns import Columns
from childdata.survey.survey import Survey
from childdata.survey.weighting.indicators import one_column_each
from childdata.survey.weighting.modelled import model_columns
from childdata.survey.weighting.propensity import propensities, propensity_classes
from childdata.survey.weighting.reweight import ratio_range, reweighted
from childdata.survey.weighting.totals import cell_of, cells_of, listed, refuse_missing
from childdata.words import word

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Fit = Literal["weighted", "unweighted"]
Rates = Literal["estimated", "given"]
Category = object

_ROLE = "is what nonresponse is adjusted by"


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Who was to answer (with weight above zero), and who did; arrays (n,)."""

    counted: Mask
    responded: Mask


def nonresponse(
    survey: Survey,
    responded: Rule,
    *,
    cells: str | Sequence[str] | None = None,
    collapse: Mapping[Category, Category] | None = None,
    propensity: str | None = None,
    fit: Fit = "weighted",
    classes: int | None = None,
    eligible: Rule | None = None,
    rates: Rates = "estimated",
) -> Survey:
    """The survey with the weight of nonrespondents given to respondents like them.

    Parameters
    ----------
    responded : rule, true for respondents; known for all who are eligible.
    cells : variables or rules, crossed, within which respondents stand for all.
    collapse : cells that are joined to another: `{("north", "rural"): ("north", "urban")}`, named by value or
        label.
    propensity : formula of a logit for the chance to respond, `"~ region + age"`; in place of `cells`.
    fit : of the logit: `"weighted"` by the sampling weight, or `"unweighted"`.
    classes : adjust within so many classes of the chance to respond, of about equal weight, in place of by 1/p.
    eligible : rule; records where it is false (empty dwellings) keep their weight and take no part.
    rates : `"estimated"`: the rates' variation is part of the standard errors (classes of a propensity are taken as
        given); `"given"`: new weights are taken as they are, as R and Stata do.

    Returns
    -------
    Survey with weight zero for nonrespondents and raised weights for respondents; the notes tell how many, and the
    range of the factors. Replicate weights are adjusted one by one.

    Raises
    ------
    EstimationError for cells without a respondent, naming them; for missing values, counting them; where the logit
    cannot be fitted.

    Source: Särndal, Swensson & Wretman (1992), section 15.6; Lohr (2010), section 8.5.

    >>> import childdata as cd
    >>> sample = cd.Survey({"area": ["u", "u", "u", "r"], "done": [1, 1, 0, 1], "w": [10.0, 10.0, 10.0, 5.0]},
    ...                    weight="w")
    >>> cd.nonresponse(sample, "done == 1", cells="area").design.weight.tolist()
    [15.0, 15.0, 0.0, 5.0]
    """
    _check(cells, propensity, classes, collapse, fit, rates)
    sample = _sample(survey, responded, eligible)
    weight = survey.design.weight
    if cells is not None:
        code, names = _cells(survey, cells, collapse or {}, sample.counted)
        new, step, without = _by_cells(code, names, sample, weight)
        if without:
            raise EstimationError(
                f"no one responded in {listed(without)}: join each to a cell like it by collapse={{cell: other cell}}, "
                "or take fewer variables"
            )

        def again(old: Floats) -> tuple[Floats, int]:
            made, _, missed = _by_cells(code, names, sample, old)
            return made, len(missed)
    else:
        matrix, _ = model_columns(survey.records, str(propensity), sample.counted, role=_ROLE)
        new, step = _by_propensity(matrix, sample, weight, fit, classes)

        def again(old: Floats) -> tuple[Floats, int]:
            return _by_propensity(matrix, sample, old, fit, classes)[0], 0

    low, high = ratio_range(new[sample.responded], weight[sample.responded])
    note = word(
        "told.nonresponse",
        nonrespondents=int((sample.counted & ~sample.responded).sum()),
        respondents=int(sample.responded.sum()),
        low=low,
        high=high,
    )
    adjustment = step if rates == "estimated" else None
    return reweighted(survey, new, again=again, adjustment=adjustment, notes=[note])


def _check(cells: object, propensity: object, classes: int | None, collapse: object, fit: str, rates: str) -> None:
    if (cells is None) == (propensity is None):
        raise EstimationError(
            'nonresponse is adjusted by cells=["region", "area"] or by propensity="~ region + age"; '
            f"found {'neither' if cells is None else 'both'}"
        )
    if propensity is None and classes is not None:
        raise EstimationError("classes are those of a propensity; with cells there are none")
    if classes is not None and classes < 1:
        raise EstimationError(f"classes is 1 or more; found {classes}")
    if cells is None and collapse:
        raise EstimationError("collapse joins cells; with a propensity there are none")
    for name, found, choices in (("fit", fit, ("weighted", "unweighted")), ("rates", rates, ("estimated", "given"))):
        if found not in choices:
            raise EstimationError(f"{name} is {' or '.join(map(repr, choices))}; found {found!r}")


def _sample(survey: Survey, responded: Rule, eligible: Rule | None) -> _Sample:
    counted = survey.design.weight > 0
    if eligible is not None:
        counted = counted & _truth(survey, eligible, counted, "says who is eligible")
    answered = _truth(survey, responded, counted, "says who responded") & counted
    if not answered.any():
        raise EstimationError(f"{parse(responded).text!r} is true for none of {int(counted.sum())} eligible records")
    return _Sample(counted, answered)


def _truth(survey: Survey, rule: Rule, counted: Mask, role: str) -> Mask:
    expression = parse(rule)
    column = Columns.of(survey.records, [expression]).number(expression)
    if column.known is not None:
        refuse_missing(expression.text, ~column.known & counted, role)
    odd = counted & (column.value != 0) & (column.value != 1)
    if odd.any():
        raise EstimationError(
            f"{expression.text!r} {role}, and is neither true nor false in {int(odd.sum())} records; "
            f"give a rule such as '{expression.text} == 1'"
        )
    truth: Mask = column.value == 1
    return truth


def _cells(
    survey: Survey, names: str | Sequence[str], collapse: Mapping[Category, Category], counted: Mask
) -> tuple[Codes, tuple[str, ...]]:
    """The cell of each record, -1 for those that do not count, and the cells' names; joined cells are one."""
    found = cells_of(survey.records, names, counted, role=_ROLE)
    step = np.arange(len(found.keys))
    for left, into in collapse.items():
        step[cell_of(found, left)] = cell_of(found, into)
    target = step
    for _ in range(len(collapse)):
        # a cell may be joined to one that is joined itself
        target = step[target]
    if (step[target] != target).any():
        raise EstimationError("collapse joins cells in a circle; join each to one that stays")
    kept, code = np.unique(target, return_inverse=True)
    labels = found.labels()
    joined = tuple(" + ".join(labels[k] for k in np.flatnonzero(target == one)) for one in kept)
    return np.where(counted, np.append(code, -1)[found.code], -1), joined


def _by_cells(
    code: Codes, names: tuple[str, ...], sample: _Sample, weight: Floats
) -> tuple[Floats, Adjustment, list[str]]:
    """New weights, the step, and the names of the cells without a respondent."""
    inside = code >= 0
    answered = np.where(sample.responded, weight, 0.0)
    everyone = summed(code[inside], weight[inside], len(names))
    respondents = summed(code[inside], answered[inside], len(names))
    factor = np.divide(everyone, respondents, out=np.zeros_like(everyone), where=respondents > 0)
    without = [names[int(k)] for k in np.flatnonzero((respondents == 0) & (everyone > 0))]
    new = np.where(inside, answered * np.append(factor, 0.0)[code], weight)
    step = after_step(one_column_each(code, len(names)), np.where(inside, answered, 0.0), new, sample=weight)
    return new, step, without


def _by_propensity(
    matrix: csr_array, sample: _Sample, weight: Floats, fit: Fit, classes: int | None
) -> tuple[Floats, Adjustment]:
    """New weights and the step."""
    counts = np.where(sample.counted & (weight != 0), weight if fit == "weighted" else 1.0, 0.0)
    p = propensities(matrix, sample.responded, counts)
    if classes is not None:
        code = propensity_classes(p, counts > 0, counts, classes)
        names = tuple(f"class {k + 1} of the propensity" for k in range(int(code.max()) + 1))
        new, step, without = _by_cells(code, names, sample, weight)
        if without:
            raise EstimationError(f"no one responded in {listed(without)}; take fewer classes")
        return new, step
    answered = sample.responded.astype(np.float64)
    inverted = np.where(sample.counted, answered / p, 1.0)
    new = weight * inverted
    odds = np.where(sample.responded, (1 - p) / p, 0.0)
    step = Adjustment(scaled(matrix, p), counts * odds / p * answered, odds, counts * (inverted - 1))
    return new, step
