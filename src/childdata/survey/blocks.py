"""From scores of sampling units to the blocks of a spread, by the design: the one place where a variance begins.

Scores are sums of weight × influence by unit of the last stage. Calibration has been taken off by then
(`residual_scores`); here they are added up over the stages, and a stratum of one PSU is refused where the rule says so.
"""

from __future__ import annotations

import numpy as np

from childdata.errors import DesignError
from childdata.survey.arrays import Codes, Floats
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
    blocks: list[Block] = [
        Scores(stage, matrix, lonely, lonely_domains)
        for stage, matrix in zip(design.stages, matrices, strict=True)
        if (stage.unsampled * stage.above > 0).any() or stage is design.stages[0]
    ]
    return Spread(tuple(blocks))


def residual_scores(design: Design, row: Codes, record: Codes, weighted: Floats, rows: int) -> Triplets:
    """Scores of residuals: what calibration leaves of weight × influence, by unit of the last stage.

    Parameters
    ----------
    row, record, weighted : arrays (m,); entries of weight × influence; a record may have entries in several rows.
    rows : how many there are.

    Returns
    -------
    Entries for every unit and row: the part that the auxiliaries explain covers all records.
    """
    from scipy.sparse import csr_array

    n, last = design.weight.size, design.stages[-1]
    influence = np.where(design.weight[record] > 0, weighted / design.weight[record], 0.0)
    values = csr_array((influence, (record, row)), shape=(n, rows))
    units = last.stratum.size
    summing = csr_array((design.weight, (last.unit, np.arange(n))), shape=(units, n))
    score = (summing @ values).toarray()
    earlier: list[tuple[csr_array, Floats]] = []
    for step in reversed(design.adjustments):
        taken = step.coefficients(values)
        for matrix, slopes in earlier:
            # the residual of the steps before, of which only X and B are kept
            taken = taken - step.coefficients(matrix) @ slopes
        score -= (summing @ step.matrix).toarray() @ taken
        earlier.append((step.matrix, taken))
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
