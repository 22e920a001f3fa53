"""Would the groups still differ, had they the same ages? Direct standardisation to the shares of a standard population.

θ̂_g = Σ_a π_a θ̂_ga,   Σ_a π_a = 1

with θ̂_ga the estimate in group g and category a, and π_a the share of a in the standard. The variance is that of a
linear combination of all cells, covariances included, so that a difference of two standardised groups has its own.
Shares that the survey itself estimates (`weights="survey"`) are random too, and their part is counted.

Source: Kitagawa (1964), Demography 1(1), 296-315; numbers are those of R survey `svystandardize` with `svymean`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from childdata.errors import EstimationError, nearest
from childdata.expression import Rule
from childdata.microdata.labels import Frozen
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.estimates import Estimates
from childdata.survey.intervals import ConventionName
from childdata.survey.spread import mixture
from childdata.survey.statistic import Statistic
from childdata.survey.statistics import count
from childdata.survey.survey import Survey
from childdata.vocabulary import MISSING, TOTAL
from childdata.words import word

OnMissing = Literal["fail", "drop"]
_SIZE = "(standard)"  # the name of the counts of categories among the statistics of the call


def standardise(
    survey: Survey,
    statistics: Statistic | Mapping[str, Statistic] | Sequence[Statistic],
    *,
    over: str | Sequence[str],
    weights: Mapping[Any, float] | Literal["survey"],
    by: str | Sequence[str] | None = None,
    where: Rule | None = None,
    margins: bool = False,
    missing_over: OnMissing = "fail",
    empty: OnMissing = "fail",
    level: float = 0.95,
    convention: ConventionName = "childdata",
) -> Estimates:
    """Estimates standardised to the shares of a standard population.

    Parameters
    ----------
    statistics : means, shares, ratios or any others; the statistic itself is averaged over the categories.
    over : the variables (an age group, say) whose categories the groups are made equal in; several are crossed.
    weights : the share or the size of each category in the standard population, by its label, or by a tuple of labels
        where `over` are several; they are divided by their sum. `"survey"` takes the distribution of all records in
        `where`, whose own uncertainty then counts.
    by, where, margins, level, convention : as of `Survey.estimate`.
    missing_over : records without a category: `"fail"`, or `"drop"` and count them.
    empty : a row without an estimate in some category: `"fail"`, naming the category, or `"drop"` and count it. A
        category is never left out of the sum in silence, since the rest would stand for another population.

    Returns
    -------
    Estimates on the scale of the statistics; n, n_weighted and missing are sums over the categories, df is that of
    the group. Rows share one covariance: `.difference` of two groups has the standard error of the standardised gap.

    Raises
    ------
    EstimationError for a category without a weight or without an estimate, and for weights that are none.

    >>> import childdata as cd
    >>> people = cd.Survey({
    ...     "sex": ["f", "f", "f", "m", "m", "m"], "age": ["old", "old", "young", "old", "young", "young"],
    ...     "y": [4.0, 6.0, 1.0, 4.0, 1.0, 3.0]})
    >>> found = cd.standardise(people, cd.mean("y"), over="age", weights={"young": 60, "old": 40}, by="sex")
    >>> found.to_frame()["estimate"].round(6).tolist()  # 0.6 · 1 + 0.4 · 5 and 0.6 · 2 + 0.4 · 4
    [2.6, 2.8]
    """
    for argument, found in (("missing_over", missing_over), ("empty", empty)):
        if found not in get_args(OnMissing):
            raise EstimationError(f"{argument} is 'fail' or 'drop'; found {found!r}")
    options: dict[str, Any] = {"where": where, "level": level, "convention": convention}
    groups = [by] if isinstance(by, str) else list(by or [])
    categories = [over] if isinstance(over, str) else list(over)
    clash = [name for name in categories if name in groups]
    if clash or not categories:
        what = f"{clash[0]!r} is in both" if clash else "over= is empty"
        raise EstimationError(f"rows are by one set of variables and standardised over another; {what}")
    whole = survey.estimate(statistics, by=groups or None, margins=margins, **options)
    sets = [tuple(groups[k] for k in kept) for kept in _subsets(len(groups), margins)]
    each = [(*one, *categories) for one in dict.fromkeys((*sets, ()))]
    cells = survey.estimate({**_statistics(statistics), _SIZE: count()}, each=each, **options)
    return _Standard(whole, cells, tuple(groups), tuple(categories), weights, missing_over, empty).estimates()


def _statistics(given: Statistic | Mapping[str, Statistic] | Sequence[Statistic]) -> dict[str, Statistic]:
    if isinstance(given, Statistic):
        return {given.name: given}
    return dict(given) if isinstance(given, Mapping) else {one.name: one for one in given}


def _subsets(size: int, margins: bool) -> list[tuple[int, ...]]:
    """Which of the variables make each kind of row: all of them, and with margins any of them."""
    if not margins:
        return [tuple(range(size))]
    return [tuple(k for k in range(size) if mask >> k & 1) for mask in range(2**size - 1, -1, -1)]


@dataclass(frozen=True, slots=True, eq=False)
class _Standard:
    """The rows of a call, the cells that each is made of, and the shares of the cells."""

    whole: Estimates
    cells: Estimates
    groups: tuple[str, ...]
    categories: tuple[str, ...]
    weights: Mapping[Any, float] | Literal["survey"]
    missing_over: OnMissing
    empty: OnMissing

    def estimates(self) -> Estimates:
        frame = self.cells.frame
        keys = self._keys(frame)
        missing = np.array([MISSING in key for key in keys])
        notes = self._missing_notes(missing)
        everyone = (frame["statistic"] == _SIZE).to_numpy() & self._of_all(frame)
        labels = [key for key, taken in zip(keys, everyone & ~missing, strict=True) if taken]
        sizes = np.flatnonzero(everyone & ~missing)
        share = self._shares(labels, frame["estimate"].to_numpy(dtype=float)[sizes])
        at, kept = self._cells(keys, labels, share)
        if not kept.all():
            notes.append(word("told.standard_rows", count=int((~kept).sum()), names=", ".join(self.categories)))
        notes.append(word("told.standardised", groups=len(labels), names=", ".join(self.categories)))
        made = self._combined(at[kept], np.flatnonzero(kept), share, sizes)
        told = zip(map(", ".join, labels), share.round(6).tolist(), strict=True)
        given = "survey" if isinstance(self.weights, str) else "; ".join(f"{name} {one:g}" for name, one in told)
        settings = {**self.whole.settings, "standardised_over": ", ".join(self.categories), "standard": given}
        return replace(made, notes=(*self.whole.notes, *notes), settings=Frozen(settings))

    def _keys(self, frame: pd.DataFrame) -> list[tuple[str, ...]]:
        return [tuple(map(str, one)) for one in frame[list(self.categories)].itertuples(index=False, name=None)]

    def _of_all(self, frame: pd.DataFrame) -> Mask:
        """Cells of all groups together."""
        found = np.ones(len(frame), dtype=bool)
        for name in self.groups:
            found &= (frame[name] == TOTAL).to_numpy()
        return found

    def _missing_notes(self, missing: Mask) -> list[str]:
        frame = self.cells.frame
        rows = missing & (frame["statistic"] == _SIZE).to_numpy() & self._of_all(frame)
        lost = int(frame.loc[rows, "n"].sum())
        if not lost:
            return []
        names = ", ".join(map(repr, self.categories))
        if self.missing_over == "fail":
            raise EstimationError(
                f"{names} is missing in {lost} records, which belong to no category of the standard; impute it, or say "
                "missing_over='drop' to leave them out and have them counted"
            )
        return [word("told.standard_missing", name=names, count=lost)]

    def _shares(self, labels: Sequence[tuple[str, ...]], sizes: Floats) -> Floats:
        """The share of each category in the standard."""
        if isinstance(self.weights, str):
            if self.weights != "survey":
                raise EstimationError(f"weights are a mapping of labels to shares, or 'survey'; found {self.weights!r}")
            own: Floats = sizes / sizes.sum()
            return own
        given = {_label(key): float(one) for key, one in self.weights.items()}
        there = [", ".join(one) for one in labels]
        names = ", ".join(self.categories)
        strange = [", ".join(one) for one in given if one not in labels]
        if strange:
            raise EstimationError(
                f"the standard has a weight for {strange[0]!r}, and no record has this {names}; there "
                f"{'is' if len(there) == 1 else 'are'} {', '.join(map(repr, there))}{nearest(strange[0], there)}"
            )
        absent = [one for one, key in zip(there, labels, strict=True) if key not in given]
        if absent:
            raise EstimationError(
                f"the standard has no weight for {names} {', '.join(map(repr, absent))}; give one (0 leaves a category "
                "out on purpose), or merge categories"
            )
        share = np.array([given[key] for key in labels])
        if not (share >= 0).all() or not np.isfinite(share).all() or share.sum() == 0:
            raise EstimationError("weights of a standard population are zero or above, with a sum above zero")
        normalised: Floats = share / share.sum()
        return normalised

    def _cells(
        self, keys: Sequence[tuple[str, ...]], labels: Sequence[tuple[str, ...]], share: Floats
    ) -> tuple[Codes, Mask]:
        """The cell of each row and category, array (rows, categories), and which rows have an estimate in all."""
        frame = self.cells.frame
        named = ["statistic", "item", *self.groups]
        place = {
            (*row, *key): number
            for number, (row, key) in enumerate(zip(frame[named].itertuples(index=False, name=None), keys, strict=True))
        }
        value = frame["estimate"].to_numpy(dtype=float)
        rows = list(self.whole.frame[named].itertuples(index=False, name=None))
        at = np.array([[place.get((*row, *key), -1) for key in labels] for row in rows], dtype=np.intp)
        lost = ((at < 0) | np.isnan(value[at])) & (share > 0)
        kept = ~lost.any(axis=1)
        if self.empty == "fail" and not kept.all():
            row = int(np.flatnonzero(~kept)[0])
            empty = [", ".join(key) for key, one in zip(labels, lost[row], strict=True) if one]
            raise EstimationError(
                f"{self.whole.names[row]!r} has no record with an answer in {', '.join(self.categories)} "
                f"{', '.join(map(repr, empty))} ({int((~kept).sum())} rows are like that); merge categories, or say "
                "empty='drop' to leave such rows out"
            )
        if not kept.any():
            raise EstimationError("no row has an estimate in all categories of the standard; merge categories")
        return np.where(lost, -1, at), kept

    def _combined(self, at: Codes, rows: Codes, share: Floats, sizes: Codes) -> Estimates:
        frame, spread, places = self.cells.frame, self.cells.spread, self.cells.rows
        value = frame["estimate"].to_numpy(dtype=float)
        there = (at >= 0) & (share > 0)
        at = np.where(there, at, 0)
        part = np.where(there, value[at], 0.0)
        found = part @ share
        column = np.repeat(np.arange(at.shape[0]), at.shape[1])
        entries, slopes = [places[at].reshape(-1)], [np.where(there, share, 0.0).reshape(-1)]
        total, random = value[sizes].sum(), isinstance(self.weights, str)
        if random:
            # ∂θ/∂N_a = (θ_a − θ) / N
            entries.append(np.tile(places[sizes], at.shape[0]))
            slopes.append(((part - found[:, None]) / total).reshape(-1))
        stacked = (np.concatenate(entries), np.concatenate(slopes))
        matrix = mixture([stacked], (spread.rows, at.shape[0]), column=np.tile(column, len(entries)))

        def recompute(values: Floats) -> Floats:
            size = values[:, places[sizes]]
            shares = (
                size / size.sum(axis=1, keepdims=True) if random else np.broadcast_to(share, (len(values), share.size))
            )
            made: Floats = np.einsum("kra,ka->kr", np.where(there, values[:, places[at]], 0.0), shares)
            return made

        facts = self._facts(at, rows, there)
        return self.whole._derived(found, spread.combine(matrix, recompute), facts)

    def _facts(self, at: Codes, rows: Codes, there: Mask) -> pd.DataFrame:
        own = self.whole.frame.iloc[rows].reset_index(drop=True)
        facts = own[["statistic", "item", *self.groups, "scale", "difference_of", "df", "psus", "flag"]].copy()
        for name in ("n", "n_weighted", "missing", "n_least", "n_beyond"):
            cells = np.where(there, self.cells.frame[name].to_numpy(dtype=float)[at], 0.0)
            facts[name] = cells.sum(axis=1).astype(np.int64 if name in ("n", "missing") else np.float64)
        facts["missing_share"], facts["uniform"] = own["missing_share"], own["uniform"]
        return facts


def _label(key: Hashable) -> tuple[str, ...]:
    """The labels of a category as a person writes them: 1 and 1.0 are "1".

    >>> _label(("north", 2.0)), _label("old")
    (('north', '2'), ('old',))
    """
    parts = key if isinstance(key, tuple) else (key,)
    return tuple(str(int(one)) if isinstance(one, float) and one.is_integer() else str(one) for one in parts)
