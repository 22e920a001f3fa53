"""Which rows are hidden for their own sake?

A row rests on too few records, or it tells about everybody in a small group: a share of exactly 0 or 1, and whatever
says the same in other words (a value without any spread, a total that is the weighted count of its cell), or it is a
quantile that rests on a handful of records. Weights do not protect: thresholds look at unweighted records.

Sources: as in `disclosure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from childdata.table.sums import Floats, Truths

if TYPE_CHECKING:
    from childdata.table.disclosure import Disclosure

# What rows may say of themselves: records of the smallest group, records beyond a quantile, a share at 0 or 1.
SMALLEST, BEYOND, UNIFORM = "n_least", "n_beyond", "uniform"
# Standard errors and totals are sums of many numbers: equal means equal but for rounding.
ROUNDING = 1e-9


def column(rows: pd.DataFrame, name: str) -> Floats:
    """Numbers of a column; missing everywhere where there is none."""
    return rows[name].to_numpy(float) if name in rows else np.full(len(rows), np.nan)


def judged(rows: pd.DataFrame) -> Floats:
    """The records by which a row is judged: those of the smallest group it is made of."""
    n = column(rows, "n")
    return np.fmin(n, column(rows, SMALLEST))


def is_share(rows: pd.DataFrame) -> Truths:
    """Rows whose value is a share of one."""
    return _scale(rows) == "share"


def _scale(rows: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return np.array(rows["scale"] if "scale" in rows else ["amount"] * len(rows), dtype=str)


def is_few(rows: pd.DataFrame, minimum_count: int) -> Truths:
    """Rows one of whose groups has so few records that the counts of the row are hidden with it."""
    least = judged(rows)
    few: Truths = (least >= 1) & (least < minimum_count)
    return few


def uniform(rows: pd.DataFrame) -> Truths:
    """Rows that say that all or none of a group have something, in one way or another.

    A share of 0 or 1, or what is made of one; a value without spread, which everybody has (quantiles aside, where
    many have the same value); a total that is the weighted count of its cell, unless the statistic is that count.
    """
    value, error, scale = column(rows, "estimate"), column(rows, "se"), _scale(rows)
    found = (scale == "share") & ((value <= 0) | (value >= 1))
    if UNIFORM in rows:
        # An amount is no share: it is over one for any group, and is told by its spread.
        found |= rows[UNIFORM].to_numpy(bool) & (scale != "amount")
    found |= (error <= ROUNDING * np.abs(value)) & ~is_quantile(rows)
    whole = _is_whole(rows)
    names = rows["statistic"].astype(str) if "statistic" in rows else pd.Series("", index=rows.index)
    counts = pd.Series(whole | np.isnan(value), index=rows.index).groupby(names.to_numpy()).transform("all")
    cells = [name for name in rows if name not in _NOT_LABELS]
    keys = rows[cells].astype(str).agg("\0".join, axis=1) if cells else pd.Series("", index=rows.index)
    told = keys.isin(set(keys[found])).to_numpy(bool)
    result: Truths = found | (whole & (~counts.to_numpy(bool) | told))
    return result
