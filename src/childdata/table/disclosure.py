"""Which rows may a published table show?

A `Disclosure` is the rule; `conceal` applies it to tidy rows and gives rows from which the hidden numbers
are gone, so that no output made from them can hold them. A row is hidden when it rests on too few unweighted
records, when it says that all or none of a small group have something, when it is a quantile that rests on a
handful of records (a minimum or maximum is such a one), or when a hidden row could be worked out from it.
Counts from 1 to 4 are hidden by themselves. Weights do not protect: the rule looks at unweighted records.

Sources: MICS reports (`(*)` under 25 unweighted, in parentheses at 25-49); Parker et al. (2017), National
Center for Health Statistics data presentation standards for proportions, Vital Health Stat 2(175), as its
authors' office programs them (R package surveytable).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from childdata.errors import ChilddataError, nearest
from childdata.table.bounds import at_one_end, pinned
from childdata.table.formats import label_text
from childdata.table.sums import ALL, Floats, Key, Sum, Truths, all_nodes, all_sums, holding, protected

State = Literal["shown", "flagged", "suppressed", "empty", "few"]

# Columns of a row that are not its value: labels, words about the row, and how many records it has.
# What rows may say of themselves: records of the smallest group, records beyond a quantile, a share at 0 or 1.
SMALLEST, BEYOND, UNIFORM = "n_least", "n_beyond", "uniform"
WORDING = ("statistic", "item", "scale", "difference_of", "flag")
COUNTS = ("n", "n_weighted", "psus", "df")
# Counts of unknown answers would give n of another statistic's row away; published tables do without them.
UNPUBLISHED = ("missing", "missing_share")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A rule about what a published table may show.

    Attributes
    ----------
    minimum : a row on fewer unweighted records is not shown, `(*)`.
    flag_below : a row on fewer is shown in parentheses.
    minimum_count : counts from 1 to one less are not shown, `<5`; a quantile needs as many records beyond it.
    complementary : hide further cells where a hidden one could be worked out from totals.
    uniform_below : a share of exactly 0 or 1 on fewer records is not shown: it tells about everybody.
    effective : judge shares by the effective number of records, p(1 - p)/se², instead of their number.
    widths : for shares, widths of the interval: shown if at most the first, not shown from the second,
        between them not shown if the width relative to the share is over the third.
    review_df : a share on fewer degrees of freedom is shown in parentheses.

    >>> Disclosure(minimum=10).minimum_count
    5
    """

    minimum: int = 25
    flag_below: int = 50
    minimum_count: int = 5
    complementary: bool = True
    uniform_below: int = 50
    effective: bool = False
    widths: tuple[float, float, float] | None = None
    review_df: int | None = None

    def __post_init__(self) -> None:
        numbers = (self.minimum, self.flag_below, self.minimum_count, self.uniform_below)
        if any(number < 0 for number in numbers):
            raise ChilddataError(f"thresholds of a disclosure rule are 0 or more, not {min(numbers)}")

    def describe(self) -> str:
        """The rule in one line, for a provenance.

        >>> Disclosure().describe()
        'n < 25 hidden, n < 50 in parentheses, counts 1-4 hidden, complementary cells hidden'
        """
        parts = [f"n < {self.minimum} hidden", f"n < {self.flag_below} in parentheses"]
        parts += [f"counts 1-{self.minimum_count - 1} hidden"] if self.minimum_count > 1 else []
        parts += ["effective n used for shares"] if self.effective else []
        parts += ["interval widths {:g}, {:g}, {:g}".format(*self.widths)] if self.widths else []
        parts += ["complementary cells hidden"] if self.complementary else []
        return ", ".join(parts)


Suppression = Literal["mics", "nchs"] | Disclosure | None

RULES: Mapping[str, Disclosure] = {
    "mics": Disclosure(),
    "nchs": Disclosure(minimum=30, flag_below=30, effective=True, widths=(0.05, 0.30, 1.30), review_df=8),
}


def rule(suppress: Suppression) -> Disclosure | None:
    """The rule that a word names; a rule itself and None stay as they are.

    Raises
    ------
    ChilddataError for a word that names no rule.
    """
    if suppress is None or isinstance(suppress, Disclosure):
        return suppress
    if suppress not in RULES:
        names = ", ".join(map(repr, RULES))
        raise ChilddataError(
            f"suppress={suppress!r} names no rule{nearest(str(suppress), RULES)}; "
            f"choose {names}, a Disclosure(...), or None to hide nothing"
        )
    return RULES[suppress]


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
    hidden_count = (n >= 1) & (n < policy.minimum_count)
    few = hidden_count.copy()
    hidden_value = hidden_count | _too_few(result, policy)
    if policy.complementary:
        for places in _systems(result):
            part = result.iloc[places]
            hidden_count[places] = _complement(part, by, hidden_count[places], policy, total, values=False)
            hidden_value[places] |= hidden_count[places]
            hidden_value[places] = _complement(part, by, hidden_value[places], policy, total, values=True)
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
    flagged = (_judged(rows) < policy.flag_below) | _reviewed(rows, policy)
    weighted = count | _weighted_tells(rows, by, value)
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


def _column(rows: pd.DataFrame, name: str) -> Floats:
    return rows[name].to_numpy(float) if name in rows else np.full(len(rows), np.nan)


def _judged(rows: pd.DataFrame) -> Floats:
    return _column(rows, SMALLEST if SMALLEST in rows else "n")


def _is_share(rows: pd.DataFrame) -> Truths:
    scale = rows["scale"] if "scale" in rows else pd.Series("amount", index=rows.index)
    return (scale == "share").to_numpy(bool)


def _uniform(rows: pd.DataFrame) -> Truths:
    if UNIFORM in rows:
        return rows[UNIFORM].to_numpy(bool)
    estimate = _column(rows, "estimate")
    return _is_share(rows) & ((estimate <= 0) | (estimate >= 1))


def _too_few(rows: pd.DataFrame, policy: Disclosure) -> Truths:
    """Rows hidden for their own sake."""
    n, estimate = _judged(rows), _column(rows, "estimate")
    share, uniform = _is_share(rows), _uniform(rows)
    hidden = (n > 0) & (n < policy.minimum)
    hidden |= uniform & (n < policy.uniform_below)
    if policy.effective:
        with np.errstate(divide="ignore", invalid="ignore"):
            effective = estimate * (1 - estimate) / _column(rows, "se") ** 2
        hidden |= share & ~uniform & (np.fmin(effective, n) < policy.minimum)
    if policy.widths is not None:
        narrow, widest, relative = policy.widths
        width = _column(rows, "ci_high") - _column(rows, "ci_low")
        with np.errstate(divide="ignore", invalid="ignore"):
            wide = (width >= widest) | ((width > narrow) & (width / estimate > relative))
        hidden |= share & ~uniform & wide
    return hidden | ((n > 0) & (_beyond(rows, n) < policy.minimum_count))


def _beyond(rows: pd.DataFrame, n: Floats) -> Floats:
    """Records beyond a quantile on its thinner side; n for any other statistic.

    Told by the column `n_beyond`, else by p: the items of a quantile are numbers, those of all others are texts.
    """
    if BEYOND in rows:
        told = _column(rows, BEYOND)
        return np.where(np.isnan(told), np.inf, told)
    result = np.where(n > 0, np.inf, n)
    if "item" not in rows or "statistic" not in rows:
        return result
    quantile = rows["statistic"].astype(str).str.startswith("quantile").to_numpy(bool)
    quantile = quantile | np.array([isinstance(item, float) for item in rows["item"]], dtype=bool)
    p = pd.to_numeric(rows["item"], errors="coerce").to_numpy(float)
    known = quantile & ~np.isnan(p)
    result[known] = (n * np.minimum(p, 1 - p))[known]
    return result


def _reviewed(rows: pd.DataFrame, policy: Disclosure) -> Truths:
    if policy.review_df is None:
        return np.zeros(len(rows), dtype=bool)
    return _is_share(rows) & ((_column(rows, "df") < policy.review_df) | _uniform(rows))


def _weighted_tells(rows: pd.DataFrame, by: Sequence[str], hidden: Truths) -> Truths:
    """Rows whose weighted count is the hidden value of a row of the same cell (a hidden `count()`)."""
    told = np.isclose(_column(rows, "estimate"), _column(rows, "n_weighted"), rtol=1e-9, atol=0) & hidden
    cells = rows[list(by)].astype(str).agg(tuple, axis=1) if by else pd.Series([()] * len(rows))
    return cells.isin(set(cells[told])).to_numpy(bool) if told.any() else told


def _keys(rows: pd.DataFrame, by: Sequence[str], total: str) -> list[Key]:
    labels = [[label_text(item) for item in rows["item"]] if "item" in rows else [""] * len(rows)]
    for name in by:
        texts = map(label_text, rows[name].astype(object))
        labels.append([ALL if text in ("", total) else text for text in texts])
    return list(zip(*labels, strict=True))


def _complement(
    rows: pd.DataFrame, by: Sequence[str], hidden: Truths, policy: Disclosure, total: str, *, values: bool
) -> Truths:
    """`hidden` and what must be hidden beside it, for the rows of one statistic."""
    if not hidden.any():
        return hidden
    keys = _keys(rows, by, total)
    nodes = all_nodes(keys, fixed=1)
    place = {node: position for position, node in enumerate(nodes)}
    node_of = np.array([place[key] for key in keys])

    def on_nodes(numbers: Floats) -> Floats:
        spread = np.full(len(nodes), np.nan)
        spread[node_of] = numbers
        return spread

    n = on_nodes(_column(rows, "n"))
    own = on_nodes(hidden.astype(float)) == 1
    has_row = ~np.isnan(on_nodes(np.ones(len(rows))))
    sums = all_sums(nodes)
    if values:
        estimate = on_nodes(_column(rows, "estimate"))
        weighted = on_nodes(_column(rows, "n_weighted" if "n_weighted" in rows else "n"))
        bounded = bool(_is_share(rows).all())
        result = _complement_values(nodes, sums, own, has_row, n, estimate, weighted, bounded=bounded)
    else:
        result = _complement_counts(sums, own, has_row, n, most=policy.minimum_count - 1)
    hidden_rows: Truths = result[node_of]
    return hidden_rows


def _complement_counts(sums: Sequence[Sum], own: Truths, has_row: Truths, n: Floats, *, most: int) -> Truths:
    sums = holding(sums, n)
    # Whoever has two possible values keeps them when more is hidden: he is asked once.
    asked = own.copy()

    def worked_out(hidden: Truths) -> Truths:
        found = pinned(sums, hidden, known=has_row, few=own, counts=n, most=most, asked=asked)
        asked[:] = found
        return found

    # That a cell is empty is told: what is hidden is known not to be.
    rows = has_row & (n > 0)
    roomy = np.where(n > 2 * most, n, n + np.nansum(n))
    return protected(sums, own, known=has_row, rows=rows, size=n, further=worked_out, roomy=roomy)


def _complement_values(
    nodes: list[Key],
    sums: Sequence[Sum],
    own: Truths,
    has_row: Truths,
    n: Floats,
    estimate: Floats,
    weighted: Floats,
    *,
    bounded: bool,
) -> Truths:
    wholes = _wholes(nodes, estimate, n)
    sums = [*holding(sums, weighted, estimate), *wholes]
    more = len(wholes)
    own, rows = (np.append(truths, np.zeros(more, dtype=bool)) for truths in (own, has_row & (n > 0)))
    known = np.append(has_row, np.ones(more, dtype=bool))
    estimate, n = np.append(estimate, np.ones(more)), np.append(n, np.ones(more))

    def worked_out(hidden: Truths) -> Truths:
        ends = {"lowest": bounded & (estimate <= 0), "highest": bounded & (estimate >= 1)}
        return at_one_end(sums, hidden, own, known=known, **ends)

    return protected(sums, own, known=known, rows=rows, size=n, further=worked_out)


def _wholes(nodes: list[Key], estimate: Floats, n: Floats) -> list[Sum]:
    """Where the items of a cell are shares of a whole, a reader knows their sum without a row: one."""
    cells: dict[Key, list[int]] = {}
    for place, node in enumerate(nodes):
        cells.setdefault(node[1:], []).append(place)
    whole = [
        tuple(places)
        for places in cells.values()
        if len(places) > 1 and (n[places] > 0).all() and np.isclose(estimate[places].sum(), 1.0)
    ]
    return [Sum(len(nodes) + number, places) for number, places in enumerate(whole)]
