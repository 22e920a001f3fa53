"""Joint inclusion probabilities that a user brings: put in the order of the sampled units, and checked.

The file of an agency gives π_ij for each pair of sampled units, in its own order or named by the units' numbers. What
cannot be a probability of a pair that was drawn is refused before a variance is made of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from childdata.errors import DesignError
from childdata.survey.arrays import Codes, Floats
from childdata.survey.design import label


def joint_probabilities(given: object, unit: Codes, probability: Floats, psu_labels: Sequence[str] | None) -> Floats:
    """Joint probabilities in the order of the units, checked."""
    units = probability.size
    first = np.full(units, unit.size)
    np.minimum.at(first, unit, np.arange(unit.size))
    order = np.argsort(np.argsort(first))  # the place of each unit among the first records
    if isinstance(given, pd.DataFrame):
        if psu_labels is None:
            raise DesignError("a frame of joint probabilities is by the PSUs' numbers; give psu=, or an array")
        given = _labelled(given, [psu_labels[k] for k in np.sort(first)])
    try:
        matrix = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise DesignError("joint= is a square array of numbers, or a pandas frame of them") from None
    if matrix.shape != (units, units):
        raise DesignError(
            f"joint= has one row and one column for each of the {units} PSUs of the sample; found shape {matrix.shape}"
        )
    matrix = matrix[np.ix_(order, order)]
    pi = np.diagonal(matrix)
    unlike = int((~np.isclose(pi, probability, rtol=1e-6, atol=0)).sum())
    if unlike or not np.isfinite(matrix).all():
        raise DesignError(
            f"the diagonal of joint= holds the probability of each PSU, in the order of the PSUs' first records; it is "
            f"not the given one in {unlike} of {units} PSUs (missing values: {int((~np.isfinite(matrix)).sum())})"
        )
    if not np.allclose(matrix, matrix.T, rtol=1e-7, atol=0):
        raise DesignError("joint= is symmetric: the probability of a pair does not depend on its order")
    pairs = matrix[np.triu_indices(units, 1)]
    never = int((pairs <= 0).sum())
    if never:
        raise DesignError(
            f"{never} pairs of PSUs have the joint probability 0 and are both in the sample: a systematic sample gives "
            "no variance by pairs; take method='brewer', 'overton' or 'hartley-rao'"
        )
    above = int((pairs > np.minimum.outer(pi, pi)[np.triu_indices(units, 1)] * (1 + 1e-6)).sum())
    if above:
        raise DesignError(f"{above} pairs of PSUs have a joint probability above that of one of the two")
    return matrix


def _labelled(frame: pd.DataFrame, psus: list[str]) -> Floats:
    """A frame of joint probabilities in the order of PSUs named by their numbers."""
    if len(set(psus)) < len(psus):
        raise DesignError(
            "PSU numbers are reused across strata, so that a frame of joint probabilities is ambiguous; give an array "
            "with the PSUs in the order of their first records"
        )
    named = frame.set_axis([label(one) for one in frame.index]).set_axis([label(one) for one in frame.columns], axis=1)
    lost = [psu for psu in psus if psu not in named.index or psu not in named.columns]
    if lost:
        raise DesignError(
            f"the index and the columns of joint= are the PSUs' numbers; {len(lost)} of {len(psus)} PSUs are not there "
            f"(first: {lost[0]})"
        )
    return named.loc[psus, psus].to_numpy(dtype=np.float64)
