"""Raking: several margins are met at once, with the interactions of the sample left as they are.

Iterative proportional fitting: the weights are brought to the totals of one margin after the other, until all are
met. Done on the cells that all margins cross to, so that the work does not grow with the records. The result is the
calibration with the distance w ln(w/d) − w + d (method `"raking"`), and so is its variance: residuals from the
regression on the categories of all margins, weighted by d.

Source: Deming & Stephan (1940), Annals of Mathematical Statistics 11, 427-444; Deville, Särndal & Sautory (1993),
Journal of the American Statistical Association 88, 1013-1020.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.adjustment import after_step
from childdata.survey.arrays import Codes, Floats, summed
from childdata.survey.design import compact
from childdata.survey.survey import Survey
from childdata.survey.weighting.indicators import indicators
from childdata.survey.weighting.reweight import ratio_range, reweighted
from childdata.survey.weighting.totals import (
    As,
    Margin,
    Margins,
    cells_of,
    check_as,
    read_margin,
    same_sums,
)
from childdata.words import word

Sums = Literal["fail", "scale"]
Residuals = Literal["weighted", "unweighted"]


@dataclass(frozen=True, slots=True, eq=False)
class _Crossed:
    """The cells that the margins cross to.

    Attributes
    ----------
    cell : array (n,); -1 for records in no cell.
    size : the number of cells.
    category : for each margin an array (cells,); the category each cell lies in.
    """

    cell: Codes
    size: int
    category: tuple[Codes, ...]


def rake(
    survey: Survey,
    margins: Margins,
    *,
    as_: As = "totals",
    sums: Sums = "fail",
    tolerance: float = 1e-10,
    iterations: int = 1000,
    residuals: Residuals = "weighted",
) -> Survey:
    """The survey with weights that sum to known totals in each category of several margins.

    Parameters
    ----------
    margins : by variable (or rule, or tuple of variables that are crossed) the total of each category, as in
        `poststratify`.
    as_ : `"shares"`: each margin sums to one, and the sum of the weights stays as it is.
    sums : of margins that do not have one sum: `"fail"`, or `"scale"` all to the sum of the first.
    tolerance : largest relative miss of a total that counts as met.
    iterations : cycles over the margins, at most.
    residuals : `"weighted"`: standard errors use the regression weighted by the weights before raking, as R's
        `calibrate(calfun="raking")`; `"unweighted"`: without weights, as R's `rake()`. The two agree where weights are
        equal; with unequal weights the first is the one that estimates the variance.

    Returns
    -------
    Survey with new weights; the notes tell the iterations, the largest relative miss and the range of the ratios of
    new to old weight. Replicate weights are raked one by one. Records of weight zero keep it.

    Raises
    ------
    EstimationError if raking does not converge, naming the worst category and its miss; for margins that contradict
    each other, a category without a total, a total without a record, missing values, negative totals.

    Source: Deming & Stephan (1940).

    >>> import childdata as cd
    >>> people = cd.Survey({"sex": ["f", "f", "m", "m"], "area": ["u", "r", "u", "r"]})
    >>> raked = cd.rake(people, {"sex": {"f": 60, "m": 40}, "area": {"u": 70, "r": 30}})
    >>> raked.design.weight.round(9).tolist()
    [42.0, 18.0, 28.0, 12.0]
    """
    _check(margins, tolerance, iterations, sums, residuals)
    weight = survey.design.weight
    read = _margins(survey, margins, as_, sums)
    crossed = _cross(read)

    def again(old: Floats) -> tuple[Floats, int]:
        factor, _, _, without = _fit(read, crossed, old, tolerance, iterations)
        return old * np.append(factor, 0.0)[crossed.cell], without

    factor, cycles, miss, _ = _fit(read, crossed, weight, tolerance, iterations)
    new = weight * np.append(factor, 0.0)[crossed.cell]
    names = ", ".join(margin.cells.name for margin in read)
    low, high = ratio_range(new, weight)
    note = word("told.raked", names=names, iterations=cycles, miss=f"{miss:.1g}", low=low, high=high)
    notes = [note] if sums == "fail" else [word("told.margins_scaled", name=read[0].cells.name), note]
    regression = weight if residuals == "weighted" else (weight > 0).astype(np.float64)
    step = after_step(indicators([margin.cells for margin in read]), regression, new)
    return reweighted(survey, new, again=again, adjustment=step, notes=notes)


def _check(margins: Margins, tolerance: float, iterations: int, *words: str) -> None:
    if not isinstance(margins, Mapping) or not margins:
        raise EstimationError(
            'margins are totals by variable, such as {"sex": {"f": 510, "m": 490}, "region": {...}}; '
            f"found {'none' if not margins else type(margins).__name__}"
        )
    check_iteration(tolerance, iterations)
    for name, found, choices in (
        ("sums", words[0], ("fail", "scale")),
        ("residuals", words[1], ("weighted", "unweighted")),
    ):
        if found not in choices:
            raise EstimationError(f"{name} is {' or '.join(map(repr, choices))}; found {found!r}")


def check_iteration(tolerance: float, iterations: int) -> None:
    """Refuse a tolerance or a number of iterations with which nothing is done."""
    if not 0 < tolerance < 1:
        raise EstimationError(f"tolerance is a relative miss between 0 and 1, such as 1e-10; found {tolerance}")
    if iterations < 1:
        raise EstimationError(f"iterations is 1 or more; found {iterations}")


def _margins(survey: Survey, margins: Margins, as_: As, sums: Sums) -> tuple[Margin, ...]:
    check_as(as_)
    weight = survey.design.weight
    read = [
        read_margin(
            cells_of(survey.records, name, weight > 0, role="makes a margin"),
            totals,
            as_=as_,
            size=float(weight.sum()),
        )
        for name, totals in margins.items()
    ]
    if sums == "scale":
        read = [replace(one, totals=one.totals * (read[0].sum / one.sum)) for one in read]
    same_sums(read, advice='correct them, or say sums="scale" to bring all to the sum of the first')
    return tuple(read)


def _cross(margins: Sequence[Margin]) -> _Crossed:
    inside = np.logical_and.reduce([margin.cells.code >= 0 for margin in margins])
    code = np.zeros(int(inside.sum()), dtype=np.intp)
    categories: list[Codes] = []
    size = 1
    for margin in margins:
        width = len(margin.cells.keys)
        code, kept = compact(code * width + margin.cells.code[inside], size * width)
        categories = [one[kept // width] for one in categories] + [kept % width]
        size = kept.size
    cell = np.full(inside.size, -1, dtype=np.intp)
    cell[inside] = code
    return _Crossed(cell, size, tuple(categories))


def _fit(
    margins: Sequence[Margin], crossed: _Crossed, weight: Floats, tolerance: float, iterations: int
) -> tuple[Floats, int, float, int]:
    """The factor of each cell, the cycles it took, the largest relative miss, and categories without a record."""
    inside = crossed.cell >= 0
    start = summed(crossed.cell[inside], weight[inside], crossed.size)
    totals = [_reachable(margin, found) for margin, found in zip(margins, _sums(margins, crossed, start), strict=True)]
    factor = np.ones(crossed.size)
    for cycle in range(1, iterations + 1):
        for total, category in zip(totals, crossed.category, strict=True):
            found = summed(category, start * factor, total.size)
            factor = factor * np.divide(total, found, out=np.zeros_like(found), where=found > 0)[category]
        sums = _sums(margins, crossed, start * factor)
        misses = [_relative(found, total) for found, total in zip(sums, totals, strict=True)]
        miss = max(float(np.abs(one).max()) for one in misses)
        if miss <= tolerance:
            return factor, cycle, miss, sum(int((total == 0).sum()) for total in totals)
    raise _not_met(margins, misses, iterations)


def _sums(margins: Sequence[Margin], crossed: _Crossed, cells: Floats) -> list[Floats]:
    return [
        summed(category, cells, margin.totals.size) for category, margin in zip(crossed.category, margins, strict=True)
    ]


def _reachable(margin: Margin, found: Floats) -> Floats:
    """The totals of a margin; where a replicate has no record of a category, the others take its place."""
    there = np.where(found > 0, margin.totals, 0.0)
    reachable: Floats = there * (margin.sum / there.sum())
    return reachable


def _relative(found: Floats, total: Floats) -> Floats:
    ratio: Floats = np.divide(found, total, out=np.ones_like(found), where=total > 0)
    return ratio - 1


def _not_met(margins: Sequence[Margin], misses: Sequence[Floats], iterations: int) -> EstimationError:
    worst = max(range(len(margins)), key=lambda k: float(np.abs(misses[k]).max()))
    place = int(np.abs(misses[worst]).argmax())
    cells = margins[worst].cells
    return EstimationError(
        f"raking did not converge in {iterations} iterations; furthest off is {cells.name} = "
        f"{cells.label(cells.keys[place])!r}, {misses[worst][place]:+.2%} of its total of "
        f"{margins[worst].totals[place]:.12g}; join categories that have few records together or never occur "
        "together with others, look for totals that contradict each other, or allow more iterations"
    )
