"""From scores of sampling units to the blocks of a spread, by the design: the one place where a variance begins.

Scores are sums of weight × influence by unit of the last stage. What calibration takes off (`Residuals`) lies in every
unit and stands beside them; here both are added up over the stages, and a stratum of one PSU is refused where the rule
says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from childdata.errors import DesignError
from childdata.survey.adjustment import projection
from childdata.survey.arrays import Codes, Floats
from childdata.survey.design import Design, Stage
from childdata.survey.reduce import Triplets, by_stage
from childdata.survey.spread import Block, Scores, Spread
from childdata.survey.variance import LonelyRule
from childdata.survey.wide import Common

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array


def blocks_of(
    scores: Triplets,
    rows: int,
    design: Design,
    lonely: LonelyRule,
    lonely_domains: bool,
    *,
    common: Common | None = None,
) -> Spread:
    """The spread of scores by unit of the last stage.

    Parameters
    ----------
    scores : of each row, an entry for each unit with a member of the row's domain.
    rows : how many there are.
    lonely, lonely_domains : the rule on strata of one PSU, and whether those that a domain makes count.
    common : the part of the scores that lies in every unit; with it a domain leaves no unit out.

    Raises
    ------
    DesignError for a stratum of one PSU under the rule `fail`.
    """
    matrices = by_stage(scores, rows, design.stages)
    first = design.stages[0]
    if lonely == "fail":
        _refuse_lonely(design, matrices[0].indices.astype(np.intp) if common is None else first.unit)
    both = list(zip(matrices, _by_stage(common, design), strict=True))
    if design.form is not None:
        whole = [matrix if part is None else _made_whole(matrix, part) for matrix, part in both]
        return Spread(design.form.blocks(whole, lonely, lonely_domains))
    blocks: list[Block] = [
        Scores(stage, matrix, lonely, lonely_domains, part)
        for stage, (matrix, part) in zip(design.stages, both, strict=True)
        if (stage.unsampled * stage.above > 0).any() or stage is first
    ]
    return Spread(tuple(blocks))


def _by_stage(common: Common | None, design: Design) -> list[Common | None]:
    """The common part by unit of each stage, the first stage first."""
    if common is None:
        return [None] * len(design.stages)
    found = [common]
    for stage in design.stages[:0:-1]:
        # the stratum of a unit of a later stage is the unit of the stage above
        found.append(found[-1].by_stratum(stage))
    return [*found[::-1]]


def _made_whole(scores: csc_array, common: Common) -> csc_array:
    """Scores with their common part: an entry for each unit, and each row that has one."""
    from scipy.sparse import csc_array

    member = scores.copy()
    member.data = np.ones_like(member.data)
    row, unit = np.nonzero(((member.toarray() > 0) | common.wide).T)
    value = (scores.toarray() + common.whole())[unit, row]
    return csc_array((value, unit, np.searchsorted(row, np.arange(scores.shape[1] + 1))), shape=scores.shape)


class Residuals:
    """What calibration takes off the scores: scores of residuals, w z − C (L (Qᵀz)), by unit of the last stage.

    The steps of calibration are made one product for a call, whatever number of statistics follows. C summed by unit
    are the directions of all rows, and −L Qᵀz their slopes: the product itself, a number for each unit and row, is not
    made.
    """

    def __init__(self, design: Design) -> None:
        self._weight = design.weight
        self._all = projection(design.adjustments, design.weight)
        self._directions = _by_unit(self._all.moved, design.stages[-1])

    def common(self, influence: csc_array | Floats) -> Common:
        """What the auxiliaries explain, of an influence by record, array (n, rows), dense or sparse."""
        drawn = self._all.drawn.T @ influence
        dense: Floats = drawn if isinstance(drawn, np.ndarray) else drawn.toarray()
        slopes: Floats = self._all.solve @ dense
        return Common.of(self._directions, -slopes)

    def of_entries(self, row: Codes, record: Codes, weighted: Floats, rows: int) -> Common:
        """The same of entries of weight × influence.

        Parameters
        ----------
        row, record, weighted : arrays (m,); a record may have entries in several rows.
        rows : how many there are.
        """
        from scipy.sparse import csc_array

        influence = weighted / self._weight[record]
        return self.common(csc_array((influence, (record, row)), shape=(self._weight.size, rows)))


def _by_unit(moved: csr_array, last: Stage) -> csr_array:
    """Rows of records summed by unit of the last stage."""
    from scipy.sparse import csr_array

    records, units = last.unit.size, last.stratum.size
    if records == units:
        # each record is a unit: its row is moved, not summed
        record = np.empty(units, dtype=np.intp)
        record[last.unit] = np.arange(units)
        return moved[record]
    summing = csr_array((np.ones(records), (last.unit, np.arange(records))), shape=(units, records))
    by_unit: csr_array = summing @ moved
    return by_unit


def _refuse_lonely(design: Design, psus: Codes) -> None:
    lonely = design.lonely
    if lonely.size:
        touched = np.intersect1d(np.unique(design.stages[0].stratum[psus]), lonely)
        if touched.size:
            raise DesignError(_lonely_message(design, touched.tolist()))
    for position, stage in enumerate(design.stages[1:], start=2):
        single = (stage.sampled == 1) & (stage.unsampled > 0)
        if single.any():
            raise DesignError(
                f"at stage {position}, {int(single.sum())} units of the stage above have one sampled unit, which gives "
                "no variance; choose lonely_psu='certainty' (they add nothing) or 'adjust'"
            )


def _lonely_message(design: Design, strata: list[int]) -> str:
    first = strata[0]
    psu = ""
    if design.psu_labels is not None:
        unit = int(np.flatnonzero(design.stages[0].stratum == first)[0])
        psu = f" (psu {design.psu_labels[unit]})"
    name = design.strata_labels[first]
    subject = f"stratum {name} has" if len(strata) == 1 else f"{len(strata)} strata have"
    more = "" if len(strata) == 1 else f", first stratum {name}"
    return (
        f"{subject} one PSU{more}{psu}, which gives no variance; choose lonely_psu='adjust' "
        "(about zero, the mean of all scores), 'certainty' (adds nothing) or 'average' (as the other strata)"
    )
