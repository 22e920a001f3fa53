"""The same design with other weights: what every chapter of weighting ends with.

Replicate weights are adjusted one by one as the full-sample weight was, so that their scatter holds what the
adjustment does to the variance; without replicates the step is kept as an `Adjustment`, for the residuals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from childdata.errors import ChilddataError, EstimationError
from childdata.survey.adjustment import Adjustment
from childdata.survey.arrays import Floats
from childdata.survey.replicates import Replicates
from childdata.survey.survey import Survey
from childdata.words import word

Again = Callable[[Floats], tuple[Floats, int]]
"""From the weights of one replicate to the adjusted ones, and the number of totals for which it has no record."""


def reweighted(
    survey: Survey,
    weight: Floats,
    *,
    again: Again,
    adjustment: Adjustment | None,
    notes: Sequence[str],
) -> Survey:
    """The survey under new weights.

    Parameters
    ----------
    weight : array (n,); the new weights, none of them negative.
    again : does the same to the weights of a replicate.
    adjustment : what the variance needs to know of the step; None if the weights are taken as they are.
    """
    if survey.domain and survey.design.form is None:
        rules = " and ".join(repr(str(getattr(rule, "text", rule))) for rule in survey.domain)
        raise EstimationError(
            f"weights are made for all records of a survey, and this one is restricted to where={rules}; "
            "make the weights first and restrict afterwards, or make a survey of these records alone"
        )
    design = survey.design
    replicates = design.replicates
    said = list(notes)
    adjustments = design.adjustments
    if replicates is not None:
        replicates, missed = _readjusted(replicates, again)
        said.append(word("told.replicates_adjusted", count=replicates.size))
        if missed:
            said.append(word("told.replicates_without", count=missed))
    elif adjustment is not None:
        adjustments = (*adjustments, adjustment)
    new = replace(design, weight=weight, replicates=replicates, adjustments=adjustments, notes=(*design.notes, *said))
    return survey._with(design=new, declared={**survey.declared, "fingerprint": new.fingerprint})


def _readjusted(replicates: Replicates, again: Again) -> tuple[Replicates, int]:
    made = np.empty((replicates.unit.size, replicates.size))
    missed = 0
    for r in range(replicates.size):
        try:
            made[:, r], without = again(replicates.weights(r, r + 1)[:, 0])
        except ChilddataError as error:
            raise EstimationError(f"under replicate {r + 1} of {replicates.size}: {error}") from error
        missed += without > 0
    n = replicates.unit.size
    return replace(replicates, unit=np.arange(n), base=np.ones(n), factor=made), missed


def refuse_negative(weight: Floats, advice: str) -> None:
    """An EstimationError that counts weights below zero."""
    negative = int((weight < 0).sum())
    if negative:
        raise EstimationError(
            f"the adjusted weight is negative in {negative} of {weight.size} records, and a weight counts population "
            f"units; {advice}"
        )


def ratio_range(new: Floats, old: Floats) -> tuple[str, str]:
    """The smallest and the largest ratio of new to old weight, as a note tells them."""
    used = old > 0
    ratio = new[used] / old[used]
    return f"{ratio.min():.4g}", f"{ratio.max():.4g}"
