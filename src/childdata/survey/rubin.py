"""The degrees of freedom of estimates that were combined from several completed data sets.

They belong to each number by itself: a difference of two rows may vary between the data sets more, or less, than either
row. So they are found from the parts of its own variance, within and between, whenever new rows are made.

Source: Rubin (1987), Multiple Imputation for Nonresponse in Surveys, section 3.3; Barnard & Rubin (1999), Biometrika
86(4), 948-955.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from childdata.survey.arrays import Floats
from childdata.survey.spread import Spread

DfRule = Literal["barnard-rubin", "rubin", "complete"]
_NOTHING = 1e-14  # a share of the variance that only rounding makes


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """What the block of deviations between data sets is known by: their number, the rule, the df of complete data."""

    count: int
    rule: DfRule
    complete: float


def df_between_draws(spread: Spread, complete: Floats | None = None) -> Floats | None:
    """The df of each row of combined estimates; None for estimates that were not combined.

    Parameters
    ----------
    complete : array (rows,); the df of the complete data, by default the least of the rows that were combined.
    """
    last = spread.blocks[-1]
    draws = last.stage
    if not isinstance(draws, Draws):
        return None
    between = last.variances()
    within = spread.variances() - between
    known = np.full(between.shape, draws.complete) if complete is None else complete
    return degrees_of_freedom(within, between, draws.count, known, draws.rule)


def degrees_of_freedom(within: Floats, between: Floats, count: int, complete: Floats, rule: DfRule) -> Floats:
    """The df of T = within + between, where between is (1 + 1/M) B already.

    >>> one = np.array([1.0])
    >>> degrees_of_freedom(3 * one, one, 5, np.inf * one, "rubin").item()
    64.0
    """
    if rule == "complete":
        return complete
    with np.errstate(divide="ignore", invalid="ignore"):
        rubin: Floats = (count - 1) * (1 + within / between) ** 2
        if rule == "rubin":
            return rubin
        missing = between / (within + between)
        observed = (complete + 1) / (complete + 3) * complete * (1 - missing)
        joined = np.where(np.isinf(complete), rubin, 1 / (1 / rubin + 1 / observed))
    # where the data sets do not differ but by rounding, nothing was imputed
    return np.where(missing < _NOTHING, complete, joined)
