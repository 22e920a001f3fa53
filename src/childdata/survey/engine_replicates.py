"""Values under replicate weights at an engine: the totals of each replicate, from sums by unit."""

from __future__ import annotations

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats
from childdata.survey.engine_ranked import EngineSeen
from childdata.survey.engine_sums import replicate_key
from childdata.survey.replicated import replicate_sums
from childdata.survey.replicates import Replicates
from childdata.survey.statistic import Count, Leaf, Node, Total, evaluate


def engine_replicate_values(node: Node, seen: EngineSeen, replicates: Replicates, *, given: bool) -> Floats:
    """The value of a tree in each row under each replicate weight, array (R, rows).

    Parameters
    ----------
    given : whether the weights are columns of the data, whose sums stand in the table, or factors of sampling units.

    Raises
    ------
    EstimationError for what is found by rank: the order of records would be asked for once for each replicate.
    """
    measured, grouped = seen.summed, seen.grouped

    def sums_of(leaf: Total | None) -> Floats:
        if given:
            numbers = range(replicates.size)
            by_pair = (measured.added(replicate_key(r, measured.mask, leaf)) for r in numbers)
            return np.array([grouped.by_row(one) for one in by_pair])
        return replicate_sums(grouped, measured.ones if leaf is None else measured.sums[leaf], replicates)

    ones = sums_of(None)

    def value_of(leaf: Leaf) -> Floats:
        match leaf:
            case Total() if measured.basis.values[leaf] is None:
                return ones
            case Total():
                return sums_of(leaf) + measured.basis.shift[leaf] * ones
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
