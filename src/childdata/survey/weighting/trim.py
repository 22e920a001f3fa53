"""Trimming: weights beyond limits are cut, and what was cut may be shared among the others.

Trimming trades bias for variance. Calibrated totals are no longer met afterwards; calibrate within bounds where they
must be.

Source: Potter (1990), Proceedings of the Survey Research Methods Section, ASA, 225-230; Valliant, Dever & Kreuter
(2018), Practical Tools for Designing and Weighting Survey Samples, section 14.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.survey import Survey
from childdata.survey.weighting.reweight import refuse_negative, reweighted
from childdata.survey.weighting.totals import cells_of
from childdata.words import word

Redistribute = Literal["untrimmed", "all", "none"]
Of = Literal["weight", "mean", "median"]

_ROUNDING = 1e-12
_PASSES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class _Limits:
    """Which records take part, the limits of the weight of each, its group, and the names of the groups."""

    used: Mask
    low: Floats
    high: Floats
    group: Codes
    names: tuple[str, ...]

    def outside(self, weight: Floats) -> Mask:
        beyond: Mask = self.used & ((weight < self.low * (1 - _ROUNDING)) | (weight > self.high * (1 + _ROUNDING)))
        return beyond

    def summed(self, values: Floats) -> Floats:
        return summed(self.group, values, len(self.names))


def trim(
    survey: Survey,
    *,
    lower: float | None = None,
    upper: float | None = None,
    of: Of = "weight",
    by: str | Sequence[str] | None = None,
    redistribute: Redistribute = "untrimmed",
    strict: bool = False,
) -> Survey:
    """The survey with weights between limits.

    Parameters
    ----------
    lower, upper : limits; None is none.
    of : what the limits are of: the `"weight"` itself, or multiples of the `"mean"` or the `"median"` weight of the
        group.
    by : variables, crossed, within whose groups weights are trimmed and shared.
    redistribute : what was cut goes in equal parts to the `"untrimmed"` records (R's `trimWeights`), to `"all"` by one
        factor, or to `"none"`; with the first two the sum of weights stays, in each group.
    strict : repeat until no weight is beyond the limits (what is shared may have pushed some there).

    Returns
    -------
    Survey with new weights; the notes tell how many were cut and what part of the sum of weights they gave up.
    Replicate weights are multiplied by the same factors. Earlier adjustments stay in the variance; trimming itself is
    taken as given. Records of weight zero keep it.

    Raises
    ------
    EstimationError for limits that cannot be kept, naming the group; or if what raised weights take from the others
    would make one negative.

    Source: Valliant, Dever & Kreuter (2018), section 14.4.

    >>> import childdata as cd
    >>> people = cd.Survey({"w": [1.0, 2.0, 3.0, 10.0]}, weight="w")
    >>> cd.trim(people, upper=7).design.weight.tolist()
    [2.0, 3.0, 4.0, 7.0]
    """
    _check(lower, upper, of, redistribute)
    survey.records.one_by_one()
    weight = survey.design.weight
    limits = _limits(survey, lower, upper, of, by)
    first = limits.outside(weight)
    if strict and redistribute != "none":
        _refuse_impossible(limits, weight)
    new = weight
    for _ in range(_PASSES if strict else 1):
        outside = limits.outside(new)
        if not outside.any():
            break
        new = _shared(limits, new, outside, redistribute)
    if strict and limits.outside(new).any():
        raise EstimationError(
            f"{int(limits.outside(new).sum())} weights are still beyond the limits after {_PASSES} passes; "
            "give limits that leave room"
        )
    refuse_negative(new, 'say strict=True, or redistribute="all"')
    cut = float(np.abs(weight - np.clip(weight, limits.low, limits.high))[first].sum() / weight.sum())
    used = new[new > 0]
    note = word(
        "told.trimmed", count=int(first.sum()), part=f"{cut:.2%}", low=f"{used.min():.6g}", high=f"{used.max():.6g}"
    )
    factor = np.divide(new, weight, out=np.ones_like(weight), where=weight > 0)
    return reweighted(survey, new, again=lambda old: (old * factor, 0), adjustment=None, notes=[note])


def _check(lower: float | None, upper: float | None, of: str, redistribute: str) -> None:
    if lower is None and upper is None:
        raise EstimationError("trim wants lower=, upper= or both; found neither")
    low, high = 0.0 if lower is None else lower, np.inf if upper is None else upper
    if not 0 <= low < high:
        raise EstimationError(f"limits of weights are 0 <= lower < upper; found lower={lower}, upper={upper}")
    for name, found, choices in (
        ("of", of, ("weight", "mean", "median")),
        ("redistribute", redistribute, ("untrimmed", "all", "none")),
    ):
        if found not in choices:
            raise EstimationError(f"{name} is one of {', '.join(map(repr, choices))}; found {found!r}")


def _limits(
    survey: Survey, lower: float | None, upper: float | None, of: Of, by: str | Sequence[str] | None
) -> _Limits:
    weight = survey.design.weight
    names: tuple[str, ...] = ("all records",)
    group = np.zeros(weight.size, dtype=np.intp)
    if by is not None:
        cells = cells_of(survey.records, by, weight > 0, role="makes groups in which weights are trimmed")
        names = cells.labels()
        # a record of weight zero has no part in its group
        group = np.maximum(cells.code, 0)
    base = np.ones(len(names))
    if of != "weight":
        middle = np.mean if of == "mean" else np.median
        base = np.array([middle(weight[(group == k) & (weight > 0)]) for k in range(len(names))])
    low, high = (0.0 if lower is None else lower) * base, (np.inf if upper is None else upper) * base
    return _Limits(weight > 0, low[group], high[group], group, names)


def _shared(limits: _Limits, weight: Floats, outside: Mask, redistribute: Redistribute) -> Floats:
    """One pass: weights outside are cut, and what was cut is shared."""
    cut = np.where(limits.used, np.clip(weight, limits.low, limits.high), weight)
    if redistribute == "none":
        return cut
    over = limits.summed(weight - cut)
    if redistribute == "all":
        kept = limits.summed(cut)
        factor = np.divide(over + kept, kept, out=np.ones_like(kept), where=kept > 0)
        scaled: Floats = cut * factor[limits.group]
        return scaled
    inside = limits.used & ~outside
    none_inside = limits.summed(inside.astype(np.float64)) == 0
    # where all are beyond the limits, those take it that then have room
    room = limits.used & np.where(over[limits.group] > 0, cut < limits.high, cut > limits.low)
    inside = np.where(none_inside[limits.group], room, inside)
    takers = limits.summed(inside.astype(np.float64))
    stuck = (takers == 0) & (limits.summed(outside.astype(np.float64)) > 0)
    if stuck.any():
        raise EstimationError(
            f"in {limits.names[int(stuck.argmax())]!r} all weights are beyond the limits, and none is left to take "
            'what was cut; widen the limits, or say redistribute="none"'
        )
    share = np.divide(over, takers, out=np.zeros_like(over), where=takers > 0)
    return np.where(inside, cut + share[limits.group], cut)


def _refuse_impossible(limits: _Limits, weight: Floats) -> None:
    total = limits.summed(weight)
    least = limits.summed(np.where(limits.used, limits.low, 0.0))
    most = limits.summed(np.where(limits.used, limits.high, 0.0))
    wrong = (total < least * (1 - _ROUNDING)) | (total > most * (1 + _ROUNDING))
    if wrong.any():
        k = int(wrong.argmax())
        raise EstimationError(
            f"in {limits.names[k]!r} the weights sum to {total[k]:.6g}, and within the limits to between "
            f'{least[k]:.6g} and {most[k]:.6g}; widen the limits, or say redistribute="none"'
        )
