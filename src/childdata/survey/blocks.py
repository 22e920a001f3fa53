"""From scores of sampling units to the blocks of a spread, by the design: the one place where a variance begins.

Scores are sums of weight × influence by unit of the last stage. Calibration has been taken off by then
(`Residuals`); here they are added up over the stages, and a stratum of one PSU is refused where the rule says so.
"""

from __future__ import annotations

import numpy as np

from childdata.errors import DesignError
from childdata.survey.adjustment import projection
from childdata.survey.arrays import Codes, Floats, summed
from childdata.survey.design import Design
from childdata.survey.reduce import Triplets, by_stage
from childdata.survey.spread import Block, Scores, Spread
from childdata.survey.variance import LonelyRule


def blocks_of(scores: Triplets, rows: int, design: Design, lonely: LonelyRule, lonely_domains: bool) -> Spread:
    """The spread of scores by unit of the last stage.

    Parameters
    ----------
    scores : of each row, an entry for each unit with a member of the row's domain.
    rows : how many there are.
    lonely, lonely_domains : the rule on strata of one PSU, and whether those that a domain makes count.

    Raises
    ------
    DesignError for a stratum of one PSU under the rule `fail`.
    """
    matrices = by_stage(scores, rows, design.stages)
    if lonely == "fail":
        _refuse_lonely(design, matrices[0].indices.astype(np.intp))
    if design.form is not None:
        return Spread(design.form.blocks(matrices, lonely, lonely_domains))
    blocks: list[Block] = [
        Scores(stage, matrix, lonely, lonely_domains)
        for stage, matrix in zip(design.stages, matrices, strict=True)
        if (stage.unsampled * stage.above > 0).any() or stage is design.stages[0]
    ]
    return Spread(tuple(blocks))


class Residuals:
    """Scores of residuals: what calibration leaves of weight × influence, by unit of the last stage.

    The steps of calibration are made one product for a call, whatever number of statistics follows.
    """

    def __init__(self, design: Design) -> None:
        from scipy.sparse import csr_array

        n, last = design.weight.size, design.stages[-1]
        self._design = design
        self._all = projection(design.adjustments, design.weight)
        summing = csr_array((np.ones(n), (last.unit, np.arange(n))), shape=(last.stratum.size, n))
        self._moved = summing @ self._all.moved

    def scores(self, row: Codes, record: Codes, weighted: Floats, rows: int) -> Triplets:
        """Triplets for every unit and row: the part that the auxiliaries explain covers all records.

        Parameters
        ----------
        row, record, weighted : arrays (m,); entries of weight × influence; a record may have entries in several rows.
        rows : how many there are.
        """
        from scipy.sparse import csr_array

        design, last = self._design, self._design.stages[-1]
        units = last.stratum.size
        influence = weighted / design.weight[record]
        values = csr_array((influence, (record, row)), shape=(design.weight.size, rows))
        score = summed(last.unit[record] * rows + row, weighted, units * rows).reshape(units, rows)
        score -= self._moved @ (self._all.solve @ (self._all.drawn.T @ values).toarray())
        unit, column = np.divmod(np.arange(units * rows), rows)
        return Triplets(unit, column, score.reshape(-1), distinct=True)


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
