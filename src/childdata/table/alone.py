"""Which rows are hidden for their own sake?

A row rests on too few records, or it tells about everybody in a small group: a share of exactly 0 or 1, and whatever
says the same in other words (a value without any spread, a total that is the weighted count of its cell), or it is a
quantile that rests on a handful of records. Weights do not protect: thresholds look at unweighted records.

Sources: as in `policy`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from childdata.table.policy import Disclosure
from childdata.table.sums import Floats, Truths

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
    found: Truths = _scale(rows) == "share"
    return found


def _scale(rows: pd.DataFrame) -> NDArray[np.str_]:
    return np.array(rows["scale"] if "scale" in rows else ["amount"] * len(rows), dtype=str)


def is_few(rows: pd.DataFrame, minimum_count: int) -> Truths:
    """Rows one of whose groups has so few records that the counts of the row are hidden with it."""
    least = judged(rows)
    few: Truths = (least >= 1) & (least < minimum_count)
    return few


def is_quantile(rows: pd.DataFrame) -> Truths:
    """Rows of quantiles: they say how many records are beyond; else the item is a number, that of all others a text."""
    if BEYOND in rows:
        return ~np.isnan(column(rows, BEYOND))
    found = np.zeros(len(rows), dtype=bool)
    if "item" in rows and "statistic" in rows:
        found |= rows["statistic"].astype(str).str.startswith("quantile").to_numpy(bool)
        found |= np.array([isinstance(item, float) for item in rows["item"]], dtype=bool)
    return found


def uniform(rows: pd.DataFrame, policy: Disclosure) -> Truths:
    """Rows that say that all or none of a group have something, in one way or another.

    A share of 0 or 1, or what is made of one; a value without spread, which everybody has (quantiles aside, where
    many have the same value); a total that is the weighted count of its cell. A statistic that is the weighted count
    in every row, not in small groups alone, is that count and tells nothing.
    """
    value, error, scale = column(rows, "estimate"), column(rows, "se"), _scale(rows)
    found = (scale == "share") & ((value <= 0) | (value >= 1))
    if UNIFORM in rows:
        # An amount is over one for any group and no share; it is told by its spread.
        found |= rows[UNIFORM].to_numpy(bool) & (scale != "amount")
    found |= (error <= ROUNDING * np.abs(value)) & ~is_quantile(rows)
    whole = np.isclose(value, column(rows, "n_weighted"), rtol=ROUNDING, atol=0) & (scale == "amount")
    facts = pd.DataFrame({"every": whole | np.isnan(value), "large": judged(rows) >= policy.uniform_below})
    names = rows["statistic"].astype(str).to_numpy() if "statistic" in rows else np.zeros(len(rows))
    of_statistic = facts.groupby(names)
    is_count = of_statistic["every"].transform("all") & of_statistic["large"].transform("any")
    result: Truths = found | (whole & ~is_count.to_numpy(bool))
    return result


def too_few(rows: pd.DataFrame, policy: Disclosure) -> Truths:
    """Rows hidden for their own sake."""
    n, estimate = judged(rows), column(rows, "estimate")
    share, everybody = is_share(rows), uniform(rows, policy)
    hidden = (n > 0) & (n < policy.minimum)
    hidden |= everybody & (n < policy.uniform_below)
    if policy.effective:
        with np.errstate(divide="ignore", invalid="ignore"):
            effective = estimate * (1 - estimate) / column(rows, "se") ** 2
        hidden |= share & ~everybody & (np.fmin(effective, n) < policy.minimum)
    if policy.widths is not None:
        narrow, widest, relative = policy.widths
        width = column(rows, "ci_high") - column(rows, "ci_low")
        with np.errstate(divide="ignore", invalid="ignore"):
            wide = (width >= widest) | ((width > narrow) & (width / estimate > relative))
        hidden |= share & ~everybody & wide
    return hidden | ((n > 0) & (_beyond(rows, n) < policy.minimum_count))


def _beyond(rows: pd.DataFrame, n: Floats) -> Floats:
    """Records beyond a quantile on its thinner side; no limit for any other statistic.

    Told by the column `n_beyond`, else by p, the item of a quantile.
    """
    if BEYOND in rows:
        told = column(rows, BEYOND)
        return np.where(np.isnan(told), np.inf, told)
    result = np.where(n > 0, np.inf, n)
    if "item" not in rows:
        return result
    p = pd.to_numeric(rows["item"], errors="coerce").to_numpy(float)
    known = is_quantile(rows) & ~np.isnan(p)
    result[known] = (n * np.minimum(p, 1 - p))[known]
    return result


def reviewed(rows: pd.DataFrame, policy: Disclosure) -> Truths:
    """Shares that a rule wants to be used with care for their degrees of freedom."""
    if policy.review_df is None:
        return np.zeros(len(rows), dtype=bool)
    return is_share(rows) & ((column(rows, "df") < policy.review_df) | uniform(rows, policy))


def weighted_tells(rows: pd.DataFrame, by: Sequence[str], hidden: Truths) -> Truths:
    """Rows whose weighted count is the hidden value of a row of the same cell (a hidden `count()`)."""
    told = np.isclose(column(rows, "estimate"), column(rows, "n_weighted"), rtol=ROUNDING, atol=0) & hidden
    cells = rows[list(by)].astype(str).agg(tuple, axis=1) if by else pd.Series([()] * len(rows))
    return cells.isin(set(cells[told])).to_numpy(bool) if told.any() else told
