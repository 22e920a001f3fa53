"""Estimates: labelled values with a standard error each and a covariance between any two.

What a call of `Survey.estimate` returns. `to_frame` is the analyst's working object; `table` is what may be
published. Differences, ratios and tests of any rows use the exact covariance of the rows, kept in the `Spread`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from childdata.errors import EstimationError
from childdata.plot import dots
from childdata.survey.arithmetic import Arithmetic
from childdata.survey.compare import Measure, compare
from childdata.survey.contrasts import Weights, contrast
from childdata.survey.labelled import FACTS, HIDDEN, NUMBERS, at_level, coefficient_of_variation
from childdata.survey.matching import Overlap
from childdata.survey.multiple import DRAWS, Adjustment, Band, adjust, pairs, simultaneous
from childdata.survey.rubin import df_between_draws
from childdata.survey.spread import mixture
from childdata.survey.statistic import Scale
from childdata.survey.tests import TestResult, hypothesis, t_test, wald
from childdata.table import Suppression, Table, estimates_table, sampling_errors_table
from childdata.words import Lang, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FACTS", "HIDDEN", "NUMBERS", "Estimates", "coefficient_of_variation"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Estimates(Arithmetic):
    """Labelled estimates and the covariance of all of them.

    Attributes
    ----------
    by : the variables that make the rows, in the order of the columns.
    settings : how the numbers were made: convention, interval, level, df, design effect, lonely rule, missing rule.
    notes : what was decided, counted or left out.
    """

    def to_frame(self) -> pd.DataFrame:
        """All rows, tidy: a working object of the analyst, with nothing suppressed.

        Returns
        -------
        pandas frame with the columns `statistic`, `item`, one for each variable in `by` (labels), `estimate`, `se`,
        `ci_low`, `ci_high`, `cv` (se / |estimate|), `deff`, `deft`, `df`, `n` (unweighted records used), `n_weighted`
        (their weights), `psus` (PSUs with such a record; unknown where replicate weights stand in their place),
        `missing` (records of the row's domain where the statistic is unknown), `missing_share` (weighted) and `flag`
        ("empty", "one PSU", "no df" or "").
        """
        return self.frame.drop(columns=list(HIDDEN))

    def covariance(self) -> pd.DataFrame:
        """The covariance of all rows, computed when asked for.

        Returns
        -------
        pandas frame (rows, rows) with the row names on both sides.
        """
        matrix = self.spread.take(self.rows).covariance()
        return pd.DataFrame(matrix, index=list(self.names), columns=list(self.names))

    def correlation(self) -> pd.DataFrame:
        """The correlation of all rows under the design; unknown beside a row without a standard error."""
        covariance = self.covariance()
        size = np.sqrt(np.diagonal(covariance))
        both = np.outer(size, size)
        return covariance.div(np.where(both > 0, both, np.nan))

    def confint(self, level: float) -> Estimates:
        """The same estimates with limits at another level.

        Raises
        ------
        EstimationError where limits are ± 2 standard errors, or where a statistic brings limits of its own (quantiles).
        """
        return at_level(self, level)

    def select(self, **labels: object) -> Estimates:
        """The rows with given labels, as estimates with their covariance.

        Parameters
        ----------
        labels : for `statistic`, `item` or a variable of `by`, a label or a list of labels.

        Raises
        ------
        VariableError for a column that is not there; EstimationError for a label that no row has, with the nearest.

        >>> import childdata as cd
        >>> people = cd.Survey({"sex": ["f", "m", "f", "m"], "y": [1.0, 2.0, 3.0, 5.0]})
        >>> people.estimate(cd.mean("y"), by="sex").select(sex="m").to_frame()["estimate"].item()
        3.5
        """
        chosen = np.ones(len(self.frame), dtype=bool)
        for column, wanted in labels.items():
            values = self.frame[self._column(column)]
            options = list(wanted) if isinstance(wanted, (list, tuple, set)) else [wanted]
            for option in options:
                self._check_label(column, values, option)
            chosen &= values.isin(options).to_numpy()
        if not chosen.any():
            asked = ", ".join(f"{column} {wanted!r}" for column, wanted in labels.items())
            raise EstimationError(f"no row has {asked} together; .to_frame() shows the rows there are")
        return self._take(np.flatnonzero(chosen))

    def difference(self, *, along: str, of: tuple[object, object]) -> Estimates:
        """The difference between two labels of one variable, with the covariance of the two.

        Parameters
        ----------
        along : the variable (or `statistic`, `item`) whose labels are compared.
        of : two labels; the second is taken from the first.

        Returns
        -------
        Estimates with a row for each pair of rows that agree in everything else. The df of a row is the smaller of the
        pair's; n, n_weighted, psus and missing are those of the side with fewer records. There is no design effect.

        >>> import childdata as cd
        >>> people = cd.Survey({"sex": ["f", "m", "f", "m"], "y": [1.0, 2.0, 3.0, 5.0]})
        >>> gap = people.estimate(cd.mean("y"), by="sex").difference(along="sex", of=("m", "f"))
        >>> gap.to_frame()["estimate"].item()
        1.5
        """
        column = self._column(along)
        for one in of:
            self._check_label(along, self.frame[column], one)
        keys = [key for key in ["statistic", "item", *self.by] if key != column]
        place = self.frame[keys].assign(place=np.arange(len(self.frame)))
        first, second = (place[(self.frame[column] == one).to_numpy()] for one in of)
        pairs = first.merge(second, on=keys, suffixes=("_first", "_second"), validate="one_to_one", how="inner")
        a, b = pairs["place_first"].to_numpy(), pairs["place_second"].to_numpy()
        alone = len(first) + len(second) - 2 * len(pairs)
        told = word("told.alone", count=alone, name=repr(along), first=repr(of[0]), second=repr(of[1]))
        notes = (told,) if alone else ()
        labels = self.frame.iloc[a][["statistic", "item", *self.by]].reset_index(drop=True)
        labels[column] = f"{of[0]} − {of[1]}"
        gap = self._combined(self, a, b, lambda x, y: (x - y, np.ones_like(x), -np.ones_like(y)), labels, "difference")
        return replace(gap, notes=(*gap.notes, *notes))

    def test(self, what: str = "equal", *, method: Literal["adjusted", "wald"] = "adjusted") -> TestResult:
        """A Wald test of a hypothesis on the rows, with their full covariance.

        Parameters
        ----------
        what : `"equal"` (all rows are equal), `"zero"` (all are zero), or equations between rows by their `names` in
            backquotes, with commas between several: "`Urban` = `Rural`", "`North` / `South` = 1".
        method : `adjusted`, F = (df − q + 1) / (df q) W with q and df − q + 1 degrees of freedom (Stata's);
            `wald`, F = W / q with q and df (R's `regTermTest`).

        Returns
        -------
        TestResult with the F statistic, its degrees of freedom and p.

        Source: Korn & Graubard (1990), American Statistician 44(4), 270-276.

        >>> import childdata as cd
        >>> people = cd.Survey({"sex": ["f", "m", "f", "m"], "y": [1.0, 2.0, 3.0, 5.0]})
        >>> people.estimate(cd.mean("y"), by="sex").test("`f` = `m`").p > 0.05
        True
        """
        value = self.frame["estimate"].to_numpy(dtype=float)
        contrast, jacobian = hypothesis(what, self.names, value)
        freedom = self.frame["df"][(jacobian != 0).any(axis=1)].dropna()
        if freedom.empty:
            raise EstimationError("the rows have no estimate, so that there is nothing to test")
        df = float(freedom.min())
        parts = [(np.full(jacobian.shape[1], row), slopes) for row, slopes in zip(self.rows, jacobian, strict=True)]
        made = self.spread.combine(mixture(parts, (self.spread.rows, jacobian.shape[1])))
        combined = df_between_draws(made)
        if combined is not None:
            df = float(np.nanmin(combined))
        return wald(contrast, made.covariance(), df, method=method, what=what)

    def t_tests(self, value: float = 0.0) -> pd.DataFrame:
        """Each row against a value, by its own t: what Stata's `lincom` prints beside a difference.

        Parameters
        ----------
        value : what the rows are if the hypothesis is true; 0 for differences, 1 for ratios.

        Returns
        -------
        pandas frame with the labels, `estimate`, `se`, `t`, `df` and `p` (two-sided); unknown without a standard error.

        >>> import childdata as cd
        >>> people = cd.Survey({"sex": ["f", "m", "f", "m"], "y": [1.0, 2.0, 3.0, 5.0]})
        >>> gap = people.estimate(cd.mean("y"), by="sex").difference(along="sex", of=("m", "f"))
        >>> gap.t_tests()[["t", "df", "p"]].round(3).values.tolist()
        [[1.019, 1.0, 0.494]]
        """
        columns = ["statistic", "item", *self.by, "estimate", "se"]
        estimate, se, df = (self.frame[name].to_numpy(dtype=float) for name in ("estimate", "se", "df"))
        t, p = t_test(estimate, se, df, value)
        return self.frame[columns].assign(t=t, df=self.frame["df"], p=p)

    def contrast(
        self, what: str | Weights | Sequence[str] | Mapping[str, str | Weights], *, scale: Scale | None = None
    ) -> Estimates:
        """Formulas of the rows, by the delta method, with the covariance of them all.

        Parameters
        ----------
        what : a formula in the `names` of rows in backquotes, numbers, `+ - * / **`, parentheses, `log`, `exp` and
            `sqrt`: "`f` / `m` - 1"; or what rows are multiplied by: `{"f": 1, "m": -1}`; or several of these by name.
        scale : of the result, for intervals and tables; by default `difference` for a linear formula whose multipliers
            sum to zero, the scale of the rows for a weighted mean of rows of one scale, else `index`.

        Returns
        -------
        Estimates with a row for each formula; df and n are the least of the rows in it. Under replicate weights each
        formula is found in every replicate. A formula without a value (a division by zero) is unknown.

        Raises
        ------
        EstimationError for a name that no row has, with the nearest, and for what cannot be read.

        >>> import childdata as cd
        >>> people = cd.Survey({"sex": ["f", "m", "f", "m"], "y": [1.0, 2.0, 3.0, 5.0]})
        >>> gaps = people.estimate(cd.mean("y"), by="sex").contrast({"gap": "`m` - `f`", "relative": "`m` / `f` - 1"})
        >>> gaps.to_frame()[["statistic", "estimate", "se"]].round(4).values.tolist()
        [['gap', 1.5, 1.472], ['relative', 0.75, 0.941]]
        """
        return contrast(self, what, scale=scale)

    def compare(
        self,
        other: Estimates,
        *,
        overlap: Overlap | float,
        measure: Measure = "difference",
        years: float | None = None,
        names: tuple[str, str] = ("1", "2"),
    ) -> Estimates:
        """What has changed since another survey; `childdata.compare` takes more than two.

        Parameters
        ----------
        other : the earlier survey, or the base: what is taken off.
        overlap : `"none"`: the samples are independent; `"psu"`: they share PSUs, matched by the label of the stratum
            and the number of the PSU; `"household"`: units of the second stage as well; `"replicates"`: replicate r is
            one draw in both; or the correlation of the two estimates, from -1 to 1. There is no default: a wrong guess
            may double a standard error, or halve it.
        measure : `"difference"`, `"ratio"`, `"relative change"`, `"annualised"` (relative, per year) or
            `"annualised difference"`.
        years : between the two; wanted by the annualised measures.
        names : of the other and of this survey.

        Raises
        ------
        EstimationError if no label or no unit is in both.

        >>> import childdata as cd
        >>> then, now = (cd.Survey({"y": y}).estimate(cd.mean("y")) for y in ([1.0, 2.0, 6.0], [2.0, 5.0, 8.0]))
        >>> now.compare(then, overlap="none").to_frame()[["survey", "estimate", "se"]].round(3).values.tolist()
        [['2 − 1', 2.0, 2.309]]
        """
        between = None if years is None else (0.0, years)
        return compare([other, self], overlap=overlap, measure=measure, years=between, names=names)

    def pairs(self, *, along: str, base: object = None) -> Estimates:
        """The differences of all pairs of labels of a variable, with their covariance; `adjust` judges them together.

        Parameters
        ----------
        along : the variable (or `statistic`, `item`). Totals and missing labels are in no pair, and counted in a note.
        base : a label that all others are compared with, which may be `"Total"`; None for all pairs.

        >>> import childdata as cd
        >>> people = cd.Survey({"g": ["a", "a", "b", "b", "c", "c"], "y": [1.0, 2.0, 2.0, 3.0, 6.0, 8.0]})
        >>> people.estimate(cd.mean("y"), by="g").pairs(along="g").to_frame()[["g", "estimate"]].values.tolist()
        [['a − b', -1.0], ['a − c', -5.5], ['b − c', -4.5]]
        """
        return pairs(self, along, base)

    def adjust(
        self, method: Adjustment = "holm", *, value: float = 0.0, seed: int = 1, draws: int = DRAWS
    ) -> pd.DataFrame:
        """`t_tests` with p adjusted for the number of rows.

        Parameters
        ----------
        method : `"bonferroni"`, `"holm"`, `"hochberg"`, `"sidak"`; `"sup-t"`, by the correlations of the rows (R
            multcomp's `single-step`); `"bh"` and `"by"` (Benjamini and Hochberg, Yekutieli), of the false discovery
            rate.
        value : what the rows are if the hypothesis is true.
        seed, draws : of `"sup-t"`.

        Returns
        -------
        The frame of `t_tests` with `p_adjusted`. Rows without a standard error have none, and do not count.
        """
        return adjust(self, method, value=value, seed=seed, draws=draws)

    def simultaneous(
        self, *, level: float | None = None, method: Band = "sup-t", seed: int = 1, draws: int = DRAWS
    ) -> pd.DataFrame:
        """Bands that cover all rows together (regions, or the points of a curve) with the given probability.

        Parameters
        ----------
        level : that of the estimates by default.
        method : `"sup-t"`, the narrowest of equal width in standard errors, by draws from the joint distribution;
            `"bonferroni"`; `"scheffe"`, which holds for all contrasts as well.
        seed, draws : of `"sup-t"`; the same seed gives the same bits.

        Returns
        -------
        pandas frame with the labels, `estimate`, `se`, `band_low`, `band_high` (of shares on the logit scale) and
        `critical`, what standard errors were multiplied by. A row without a standard error has no part in the family.
        """
        asked = float(self.settings["level"]) if level is None else level
        return simultaneous(self, level=asked, method=method, seed=seed, draws=draws)

    def table(
        self,
        *,
        lang: Lang = "en",
        title: str = "",
        subtitle: str = "",
        notes: Sequence[str] = (),
        suppress: Suppression = "mics",
        columns: Sequence[str] = ("estimate", "se", "ci_low", "ci_high", "n"),
    ) -> Table:
        """The estimates as a table for a report, small cells suppressed.

        Parameters
        ----------
        lang : of headings, notes and number formats; labels of the data stay as they are.
        title, subtitle, notes : printed above and below; the notes of the estimates follow.
        suppress : `"mics"` (fewer than 25 unweighted records hidden, 25-49 in parentheses), `"nchs"`, None, or a
            `Disclosure`.
        columns : of `to_frame`, which numbers to print.
        """
        told = self._told(lang, title, suppress) | {"subtitle": subtitle, "notes": (*notes, *self.notes)}
        return estimates_table(self.frame, columns=columns, **told)

    def _told(self, lang: Lang, title: str, suppress: Suppression) -> dict[str, Any]:
        """What every table of these estimates is told."""
        return {
            "by": self.by,
            "headings": self.headings,
            "title": title,
            "notes": self.notes,
            "lang": lang,
            "suppress": suppress,
            "provenance": {key: str(value) for key, value in self.settings.items()},
        }

    def sampling_errors(self, *, lang: Lang = "en", title: str = "", suppress: Suppression = "mics") -> Table:
        """The table of sampling errors as MICS reports print it: value, se, cv, deff, deft, counts, value ± 2 se.

        The design effect is against simple random sampling with replacement, whatever the convention of the call.
        """
        frame = self.frame.assign(deff=self.frame["deff_wr"], deft=np.sqrt(self.frame["deff_wr"]))
        return sampling_errors_table(frame, **self._told(lang, title, suppress))

    def plot(self, *, ax: Axes | None = None, lang: Lang = "en", **options: Any) -> Axes:
        """A dot plot of the table with intervals; options are those of `childdata.plot.dots`."""
        axes: Axes = dots(self.table(lang=lang), ax=ax, **options)
        return axes

    def __repr__(self) -> str:
        shown = self.frame[["statistic", "item", *self.by, "estimate", "se", "ci_low", "ci_high", "n"]]
        shown = shown.loc[:, [c for c in shown if c != "item" or (shown["item"].astype(str) != "").any()]]
        return f"<Estimates: {len(self)} rows>\n{shown.to_string(index=False, max_rows=20)}"

    def _repr_html_(self) -> str:
        return self.table(suppress=None)._repr_html_()
