"""Labelled values with a covariance: what estimates are, before anything is asked of them.

Rows, their facts and the `Spread` behind them, and how new rows are made of old ones: a smooth formula of rows has the
variance of the delta method, ∇ᵀ V ∇ with V the covariance of the rows, and under replicate weights the variance of the
formula itself in each replicate. `Estimates` is the face of this.

Source: Wolter (2007), Introduction to Variance Estimation, chapter 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd

from childdata.errors import EstimationError, VariableError, nearest
from childdata.microdata.labels import Frozen
from childdata.survey.arrays import Codes, Floats
from childdata.survey.intervals import Convention, interval_of
from childdata.survey.rubin import df_between_draws
from childdata.survey.spread import Spread, mixture
from childdata.survey.statistic import gap_of

FACTS = ("df", "n", "n_weighted", "psus", "missing", "missing_share", "flag")
NUMBERS = ("estimate", "se", "ci_low", "ci_high", "cv", "deff", "deft")
# What tables need beside the columns a user sees: of a difference, of what; the records of the smallest group that a
# number is made of, and of those beyond a quantile; whether a share stands at 0 or 1.
HIDDEN = ("scale", "difference_of", "deff_wr", "n_least", "n_beyond", "uniform")

Made = TypeVar("Made", bound="Labelled")
_ENDS = ("ci_low", "ci_high")
# A formula of two rows: its value, and its derivative by each of the two.
Pairwise = Callable[[Floats, Floats], tuple[Floats, Floats, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Rows of values with labels, and the spread they have in common.

    Attributes
    ----------
    frame : the rows: labels, numbers, facts, and what tables need beside them.
    by : the variables that make the rows, in the order of the columns.
    headings : the label of each variable.
    settings, notes : how the numbers were made; what was decided, counted or left out.
    spread : what the covariance is made of.
    rows : array (rows,); the place of each row in the spread.
    convention : the rules on intervals.
    """

    frame: pd.DataFrame
    by: tuple[str, ...]
    headings: Mapping[str, str]
    settings: Mapping[str, Any]
    notes: tuple[str, ...]
    spread: Spread
    rows: Codes
    convention: Convention

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each row, made of the labels that tell the rows apart: what `test` and `contrast` call them."""
        keys = self.frame[["statistic", "item", *self.by]].astype(str)
        telling = [column for column in keys if keys[column].nunique() > 1]
        if not telling:
            telling = ["statistic"]
        return tuple(", ".join(part for part in row if part) for row in keys[telling].itertuples(index=False))

    def _take(self, places: Codes) -> Self:
        return replace(self, frame=self.frame.iloc[places].reset_index(drop=True), rows=self.rows[places])

    def _column(self, name: str) -> str:
        columns = ["statistic", "item", *self.by]
        for column in columns:
            if column.lower() == name.lower():
                return column
        raise VariableError(f"rows are told apart by {', '.join(columns)}; found {name!r}{nearest(name, columns)}")

    def _check_label(self, column: str, values: pd.Series[Any], wanted: object) -> None:
        if not (values == wanted).any():
            there = [str(value) for value in values.unique()]
            listed = f"is {', '.join(map(repr, there))}" if len(there) <= 12 else f"are {len(there)} labels"
            raise EstimationError(f"no row has {column} {wanted!r}; there {listed}{nearest(str(wanted), there)}")

    def _combined(
        self,
        other: Labelled,
        mine: Codes,
        theirs: Codes,
        formula: Pairwise,
        labels: pd.DataFrame,
        scale: str,
        df: Floats | None = None,
    ) -> Self:
        """A smooth formula of pairs of rows: value and the derivative by each of the two."""
        spread, shift = self.spread, 0
        if other.spread is not self.spread:
            shift = self.spread.rows
            spread = spread.joined(other.spread)
        x, y = self.frame["estimate"].to_numpy()[mine], other.frame["estimate"].to_numpy()[theirs]
        value, by_x, by_y = formula(x, y)
        first, second = self.rows[mine], other.rows[theirs] + shift
        matrix = mixture([(first, by_x), (second, by_y)], (shift + other.spread.rows, mine.size))
        a, b = self.frame.iloc[mine].reset_index(drop=True), other.frame.iloc[theirs].reset_index(drop=True)
        facts = labels.assign(scale=scale, n_least=np.minimum(a["n_least"], b["n_least"]))
        facts["n_beyond"] = np.fmin(a["n_beyond"], b["n_beyond"])
        facts["uniform"] = a["uniform"] | b["uniform"]
        gaps = [gap_of(*three) for three in zip(a["scale"], b["scale"], a["difference_of"], strict=True)]
        facts["difference_of"] = gaps if scale == "difference" else ""
        facts["df"] = np.minimum(a["df"], b["df"]) if df is None else df
        smaller = a["n"] <= b["n"]
        for name in ("n", "n_weighted", "psus", "missing", "missing_share"):
            facts[name] = a[name].where(smaller, b[name])
        facts["flag"] = [x or y for x, y in zip(a["flag"], b["flag"], strict=True)]
        made = spread.combine(matrix, lambda rows: formula(rows[:, first], rows[:, second])[0])
        return self._derived(value, made, facts)

    def _facts_of(self, groups: Sequence[Codes]) -> pd.DataFrame:
        """The facts of rows that are each made of several: those of the smallest, the least df, and what flags tell."""
        facts = []
        for group in groups:
            parts = self.frame.iloc[group]
            smallest = parts.iloc[int(np.argmin(parts["n"].to_numpy()))]
            fact = {name: smallest[name] for name in ("n", "n_weighted", "psus", "missing", "missing_share")}
            fact |= {"df": parts["df"].min(), "n_least": parts["n_least"].min(), "n_beyond": parts["n_beyond"].min()}
            fact |= {"uniform": bool(parts["uniform"].any()), "flag": next((one for one in parts["flag"] if one), "")}
            facts.append(fact)
        return pd.DataFrame(facts)

    def _derived(self, value: Floats, spread: Spread, facts: pd.DataFrame) -> Self:
        """New rows: their values, the spread they have, and their labels, scales and facts."""
        value = np.where(np.isfinite(value), value, np.nan)
        se = np.where(np.isnan(value), np.nan, np.sqrt(spread.variances()))
        frame = facts.copy()
        frame["estimate"], frame["se"] = value, se
        combined = df_between_draws(spread)
        if combined is not None:
            frame["df"] = combined
        frame["ci_low"], frame["ci_high"] = limits(frame, "auto", self.convention, self.settings["level"])
        frame["cv"] = coefficient_of_variation(value, se)
        frame["deff"] = frame["deft"] = frame["deff_wr"] = np.nan
        by = tuple(str(name) for name in facts if name not in {"statistic", "item", *FACTS, *HIDDEN})
        frame = frame[["statistic", "item", *by, *NUMBERS, *FACTS, *HIDDEN]]
        return replace(self, frame=frame, by=by, spread=spread, rows=np.arange(len(frame)))


def limits(frame: pd.DataFrame, interval: str, convention: Convention, level: float) -> tuple[Floats, Floats]:
    """The limits of each row by its scale, from its `estimate`, `se`, `df` and `n`."""
    low, high = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    for scale in frame["scale"].unique():
        at = (frame["scale"] == scale).to_numpy()
        value, se, df, n = (frame.loc[at, name].to_numpy(dtype=float) for name in ("estimate", "se", "df", "n"))
        low[at], high[at] = interval_of(scale, interval, convention, value, se, df=df, n=n, level=level)
    return low, high


def at_level(estimates: Made, level: float) -> Made:
    """Estimates with the limits of another level of confidence."""
    if not 0 < level < 1:
        raise EstimationError(f"level lies between 0 and 1, such as 0.95; found {level}")
    rule, interval = estimates.convention, str(estimates.settings.get("interval", "auto"))
    if rule.multiplier == "two":
        raise EstimationError(
            f"under convention {rule.name!r} limits are the value ± 2 standard errors, whatever the level; estimate "
            "under another convention"
        )
    frame = estimates.frame
    now = limits(frame, interval, rule, float(estimates.settings["level"]))
    own = [~np.isclose(frame[name], one, rtol=1e-9, equal_nan=True) for name, one in zip(_ENDS, now, strict=True)]
    if own[0].any() or own[1].any():
        place = int(np.flatnonzero(own[0] | own[1])[0])
        raise EstimationError(
            f"{frame['statistic'].iloc[place]!r} has limits of its own (of Woodruff, say), which hold for one level; "
            f"estimate it with level={level:g}"
        )
    low, high = limits(frame, interval, rule, level)
    settings = Frozen({**estimates.settings, "level": level})
    return replace(estimates, frame=frame.assign(ci_low=low, ci_high=high), settings=settings)


def coefficient_of_variation(value: Floats, se: Floats) -> Floats:
    """se / |value|; unknown at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = np.where(value != 0, se / np.abs(value), np.nan)
    return result
