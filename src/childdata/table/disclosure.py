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
from childdata.table.alone import BEYOND, SMALLEST, UNIFORM, is_few, judged, reviewed, too_few, weighted_tells
from childdata.table.complement import complement
from childdata.table.sums import Floats, Truths

State = Literal["shown", "flagged", "suppressed", "empty", "few"]

# Columns of a row that are not its value: labels, words about the row, and how many records it has.
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
