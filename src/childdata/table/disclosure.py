"""Which rows may a published table show?

`conceal` applies a rule (`policy`) to tidy rows and gives rows from which the hidden numbers are gone, so that no
output made from them can hold them. A row is hidden for its own sake (`alone`), or because a hidden one could be
worked out from it (`complement`). Counts from 1 to 4 are hidden by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from childdata.errors import ChilddataError
from childdata.table.alone import BEYOND, SMALLEST, UNIFORM, is_few, judged, reviewed, too_few, weighted_tells
from childdata.table.complement import complement
from childdata.table.policy import Disclosure
from childdata.table.sums import Floats, Truths

State = Literal["shown", "flagged", "suppressed", "empty", "few"]

# Columns of a row that are not its value: labels, words about the row, and how many records it has.
WORDING = ("statistic", "item", "scale", "difference_of", "flag")
COUNTS = ("n", "n_weighted", "psus", "df")
# Counts of unknown answers would give n of another statistic's row away; published tables do without them.
UNPUBLISHED = ("missing", "missing_share")


def conceal(rows: pd.DataFrame, by: Sequence[str], policy: Disclosure | None, *, total: str = "Total") -> pd.DataFrame:
    """Rows with the columns `state` and `count_state` added, and without the numbers that are to be hidden.

    Parameters
    ----------
    rows : one row per statistic, item and cell, with `estimate`, `n` and `scale`. Where a row is made of
        several groups (a difference), `n_least` is the number of records of the smallest; it is judged by it.
    by : the columns that cross to cells; the label `total` (or none) means all of a variable.
    policy : None hides nothing; empty rows are told all the same.

    Raises
    ------
    ChilddataError if there is a rule but no `n`, in some row or at all, to judge by.
    """
    result = rows.reset_index(drop=True).copy()
    if policy is None:
        n = result["n"].to_numpy(float) if "n" in result else np.full(len(result), np.nan)
        result["state"] = np.where(n == 0, "empty", "shown")
        result["count_state"] = "shown"
        return result
    if "n" not in result:
        raise ChilddataError("a disclosure rule needs the column 'n' (unweighted records); give it or suppress=None")
    n = result["n"].to_numpy(float)
    if np.isnan(n).any():
        raise ChilddataError(
            f"a disclosure rule needs the number of records of every row; 'n' is missing in {int(np.isnan(n).sum())} "
            f"of {len(n)} rows; give it or suppress=None"
        )
    few = (n >= 1) & (n < policy.minimum_count)
    hidden_count = few | is_few(result, policy.minimum_count)
    hidden_value = hidden_count | too_few(result, policy)
    if policy.complementary:
        for places in _systems(result):
            part = result.iloc[places]
            hidden_count[places] = complement(part, by, hidden_count[places], policy, total, values=False)
            hidden_value[places] = complement(
                part, by, hidden_value[places], policy, total, values=True, also=hidden_count[places]
            )
    hidden_value |= hidden_count
    return _without(result, by, n, few=few, count=hidden_count, value=hidden_value, policy=policy)


def _without(
    rows: pd.DataFrame,
    by: Sequence[str],
    n: Floats,
    *,
    few: Truths,
    count: Truths,
    value: Truths,
    policy: Disclosure,
) -> pd.DataFrame:
    empty = n == 0
    flagged = (judged(rows) < policy.flag_below) | reviewed(rows, policy)
    weighted = count | weighted_tells(rows, by, value)
    result = rows.drop(columns=[name for name in (*UNPUBLISHED, SMALLEST, BEYOND, UNIFORM) if name in rows])
    for name in result.columns:
        if name in (*by, *WORDING):
            continue
        gone = weighted if name == "n_weighted" else count if name in COUNTS else value & ~empty
        result[name] = result[name].mask(gone)
    result["state"] = np.select([empty, value, flagged], ["empty", "suppressed", "flagged"], "shown")
    result["count_state"] = np.select([few, count], ["few", "suppressed"], "shown")
    return result


def _systems(rows: pd.DataFrame) -> list[list[int]]:
    """Places of the rows of each statistic."""
    if "statistic" not in rows:
        return [list(range(len(rows)))]
    groups: dict[object, list[int]] = {}
    for place, name in enumerate(rows["statistic"].tolist()):
        groups.setdefault(name, []).append(place)
    return list(groups.values())
