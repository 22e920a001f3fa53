"""Values under replicate weights at an engine: the totals of each replicate, from sums by unit."""

from __future__ import annotations

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats
from childdata.survey.measure import Seen
from childdata.survey.replicated import replicate_sums
from childdata.survey.replicates import Replicates
from childdata.survey.statistic import Count, Leaf, Node, Total, evaluate


def engine_replicate_values(node: Node, seen: Seen, replicates: Replicates) -> Floats:
    """The value of a tree in each row under each replicate weight, array (R, rows).

    Raises
    ------
    EstimationError for what is found by rank: the order of records would be asked for once for each replicate.
    """
    measured, grouped = seen.measured, seen.grouped
    ones = replicate_sums(grouped, measured.ones, replicates)

    def value_of(leaf: Leaf) -> Floats:
        match leaf:
            case Total() if measured.basis.values[leaf] is None:
                return ones
            case Total():
                return replicate_sums(grouped, measured.sums[leaf], replicates) + measured.basis.shift[leaf] * ones
            case Count():
                return grouped.by_row(measured.count)[None, :]
        raise EstimationError(
            "under replicate weights an engine gives what is made of totals (means, shares, ratios, indices); a "
            "quantile, or anything else by rank, has its variance by strata and PSUs there: declare the survey "
            "without replicate weights, or fetch the records"
        )

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = evaluate(node, value_of)
    value = np.broadcast_to(value, (replicates.size, grouped.size)).astype(np.float64)
    return np.where(np.isfinite(value), value, np.nan)
