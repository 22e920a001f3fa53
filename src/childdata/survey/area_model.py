"""A fitted area model: an estimate for each area, what it is made of, and whether the model may be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from childdata.plot import dots
from childdata.survey.area_fit import AreaFit
from childdata.table import Column, Suppression, Table, estimates_table
from childdata.words import Lang, heading, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RESULTS = (
    *("estimate", "se", "ci_low", "ci_high", "cv", "mse", "direct", "direct_se", "variance", "gamma", "synthetic"),
    *("residual", "n", "source"),
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AreaModel:
    """Estimates of small areas by the model of Fay and Herriot: what `cd.fay_herriot` gives.

    Attributes
    ----------
    by : the variable of the areas.
    names : of the coefficients.
    fit : the numbers behind: σ², β, γ.
    settings, notes : how it was made, and what was decided or left out.
    """

    frame: pd.DataFrame
    by: str
    names: tuple[str, ...]
    fit: AreaFit
    rows: pd.DataFrame
    scale: str
    heading: str
    settings: Mapping[str, Any]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.frame)

    def to_frame(self) -> pd.DataFrame:
        """All areas, in the order they were given: a working object of the analyst, with nothing suppressed.

        Returns
        -------
        pandas frame with the area, `estimate` (γ direct + (1 − γ) synthetic; the synthetic one without a sample), `se`
        (root of the mean squared error), `ci_low`, `ci_high`, `cv`, `mse`, `direct` and `direct_se` (of the survey),
        `variance` (the ψ that was used), `gamma`, `synthetic` (x'β̂), `residual` (standardised), `n` (records) and
        `source` ("model", or "regression" where there is no direct estimate to use).
        """
        return self.frame.copy()

    @property
    def sigma2(self) -> float:
        """σ², the variance of the areas' effects around the regression."""
        return self.fit.sigma2

    @property
    def sigma2_se(self) -> float:
        """The standard error of σ² for many areas."""
        return float(np.sqrt(self.fit.sigma2_variance))

    @property
    def coefficients(self) -> pd.DataFrame:
        """The regression: pandas frame with `term`, `estimate`, `se`, `z` and `p` (two-sided, Normal)."""
        from scipy.special import ndtr

        se = np.sqrt(np.diagonal(self.fit.covariance))
        z = self.fit.beta / se
        columns = {"estimate": self.fit.beta, "se": se, "z": z, "p": 2 * ndtr(-np.abs(z))}
        return pd.DataFrame({"term": list(self.names), **columns})

    @property
    def likelihood(self) -> dict[str, float]:
        """The log-likelihood at the estimates, and AIC and BIC of p coefficients and σ²."""
        m, p = self.fit.x.shape
        loglik = self.fit.loglik
        return {"loglik": loglik, "aic": -2 * loglik + 2 * (p + 1), "bic": -2 * loglik + (p + 1) * float(np.log(m))}

    def tests(self) -> pd.DataFrame:
        """Whether areas differ beyond the regression, and whether residuals look Normal.

        Returns
        -------
        pandas frame with `test`, `statistic`, `df` and `p`. `no area effects, Q`: σ² = 0, by Cochran's Q, chi-square on
        m − p. `no area effects, LR` (reml, ml): by the likelihood ratio, half a chi-square on 1, as σ² cannot be
        negative (Self & Liang 1987). `normal residuals`: Shapiro-Wilk, a hint: residuals of different areas are not
        independent; unknown below 3 residuals.

        Source: Self & Liang (1987), JASA 82, 605-610; Shapiro & Wilk (1965), Biometrika 52, 591-611.
        """
        from scipy.special import chdtrc
        from scipy.stats import shapiro

        m, p = self.fit.x.shape
        q = self.fit.heterogeneity
        rows: list[tuple[str, float, float, float]] = [("no area effects, Q", q, m - p, float(chdtrc(m - p, q)))]
        if self.fit.method in ("reml", "ml"):
            ratio = self.fit.likelihood_ratio
            rows.append(("no area effects, LR", ratio, 1.0, 0.5 * float(chdtrc(1, ratio)) if ratio > 0 else 1.0))
        residuals = self.fit.residuals[np.isfinite(self.fit.residuals)]
        found = shapiro(residuals) if residuals.size >= 3 else (np.nan, np.nan)
        rows.append(("normal residuals", float(found[0]), np.nan, float(found[1])))
        return pd.DataFrame(rows, columns=["test", "statistic", "df", "p"])

    def table(self, *, lang: Lang = "en", title: str = "", suppress: Suppression = "mics") -> Table:
        """Direct and model estimates side by side, for a report.

        Parameters
        ----------
        lang : of headings, notes and number formats.
        suppress : the rule by which direct estimates on few records are hidden; the model's are shown, their standard
            error being the root of the mean squared error.
        """
        return self._long(lang, title, suppress).wide(
            rows=[self.by], columns=["statistic"], show=["estimate", "se", "n"]
        )

    def plot(
        self, *, ax: Axes | None = None, lang: Lang = "en", suppress: Suppression = "mics", **options: Any
    ) -> Axes:
        """Direct against model estimates with their intervals, a line for each area; options as of `cd.plot.dots`."""
        return dots(self._long(lang, "", suppress), ax=ax, **({"colour": "statistic"} | options))

    def _long(self, lang: Lang, title: str, suppress: Suppression) -> Table:
        """A row for each direct estimate and for each of the model."""
        direct, model = word("label.direct", lang), word("label.model", lang)
        told: dict[str, Any] = {
            "by": [self.by],
            "headings": {self.by: self.heading},
            "title": title or str(self.rows["statistic"].iloc[0]),
            "lang": lang,
            "provenance": {key: str(value) for key, value in self.settings.items()},
        }
        told["notes"] = (word("told.area_mse"), *self.notes)
        areas = self.frame[self.by]
        first = estimates_table(self._direct_rows().assign(statistic=direct), suppress=suppress, **told)
        made = self.frame.assign(statistic=model, item="", scale=self.scale, flag="")
        second = estimates_table(made, suppress=None, **told)
        # a count that is hidden beside the direct estimate is hidden beside the model's too
        counts: dict[str, Any] = {name: first.rows[name].to_numpy() for name in ("n", "count_state")}
        rows = pd.concat([first.rows, second.rows.assign(state="shown", **counts)], ignore_index=True)
        place = np.tile(np.arange(len(areas)), 2)
        columns = (Column("statistic", heading("statistic", lang)), *first.columns)
        return replace(first, rows=rows.iloc[np.argsort(place, kind="stable")], columns=columns)

    def _direct_rows(self) -> pd.DataFrame:
        """A row of the direct estimates for every area, empty where there is none."""
        every = self.rows.set_index(self.by).reindex(self.frame[self.by])
        fixed = self.rows.iloc[0]
        filled = {name: every[name].fillna(fixed[name]) for name in ("item", "scale", "difference_of")}
        absent = every["n"].isna()
        filled |= {name: every[name].mask(absent, 0) for name in ("n", "n_weighted", "psus", "n_least")}
        filled |= {"flag": every["flag"].fillna("empty"), "uniform": every["uniform"].eq(True)}
        return every.assign(**filled).reset_index()

    def __repr__(self) -> str:
        areas = f"{len(self)} areas, {self.fit.y.size} of them with a direct estimate"
        shown = self.frame[[self.by, "direct", "direct_se", "gamma", "estimate", "se", "n"]]
        head = f"<AreaModel: {areas}; sigma2 = {self.sigma2:.4g} ({self.fit.method})>"
        return f"{head}\n{shown.to_string(index=False, max_rows=20)}"

    def _repr_html_(self) -> str:
        return self.table(suppress=None)._repr_html_()
