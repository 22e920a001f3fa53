"""The result of a regression: coefficients that are estimates like any other, and what is asked of a model.

>>> import childdata as cd
>>> from childdata.survey.regression import regress
>>> children = cd.Survey(
...     {"height": [90.0, 95.0, 99.0, 104.0, 88.0, 97.0], "age": [30.0, 36.0, 42.0, 50.0, 28.0, 40.0]}
... )
>>> regress(children, "height ~ age").to_frame()[["term", "estimate", "se"]].round(3).values.tolist()
[['Intercept', 68.33, 0.957], ['age', 0.721, 0.024]]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import polars as pl

from childdata.errors import EstimationError
from childdata.expression import Rule
from childdata.survey.arrays import Floats, Mask
from childdata.survey.asked import listed
from childdata.survey.design_test import p_text
from childdata.survey.estimates import Estimates
from childdata.survey.regression.fitmeasures import FitMeasures, fit_measures
from childdata.survey.regression.fitting import Fitted
from childdata.survey.regression.inference import Options, combined
from childdata.survey.regression.margins import COVARIATES, Covariates, margins_of
from childdata.survey.regression.prediction import PredictionScale, ResidualKind, predicted, residuals_of
from childdata.survey.regression.scenarios import Row, effect_rows, prediction_rows
from childdata.survey.regression.summary import Summary, make_summary
from childdata.survey.regression.terms import (
    Approximation,
    TermMethod,
    TermTest,
    added_terms,
    contrast_of,
    frame_of,
    likelihood_test,
    nested_contrast,
    places_of,
    wald_test,
    without_term,
)
from childdata.survey.tests import t_test
from childdata.words import Lang, word


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A regression under the design.

    Attributes
    ----------
    estimates : the coefficients, one row each (`item` is the term); they can be tested, compared and combined.
    fitted : the model, its records and its fit.
    """

    estimates: Estimates
    fitted: Fitted
    options: Options

    @property
    def formula(self) -> str:
        """The formula, as it was given."""
        return self.fitted.model.formula.text

    @property
    def family(self) -> str:
        """The family's name."""
        return self.fitted.family

    @property
    def link(self) -> str:
        """The link's name."""
        return self.fitted.link

    @property
    def n(self) -> int:
        """Records used."""
        return int(self.fitted.model.weight.size)

    @property
    def missing(self) -> Mapping[str, int]:
        """Records of the domain that are unknown, by variable or rule of the formula."""
        return dict(self.fitted.model.missing)

    @property
    def df(self) -> float:
        """Degrees of freedom of a coefficient."""
        return float(self.estimates.frame["df"].iloc[0])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided, counted or left out."""
        return self.estimates.notes

    @property
    def coefficients(self) -> pd.Series[float]:
        """The coefficients by term; of an ordinal model the thresholds after them."""
        return pd.Series(self.fitted.coefficients, index=list(self.fitted.names), name="estimate")

    def to_frame(self) -> pd.DataFrame:
        """The coefficients.

        Returns
        -------
        pandas frame with `term`, `estimate`, `se`, `t`, `df`, `p` (two-sided), `ci_low`, `ci_high`.
        """
        return _frame(self.estimates)

    def covariance(self) -> pd.DataFrame:
        """The covariance of the coefficients by the design."""
        return self.estimates.covariance()

    def exponentiated(self) -> Estimates:
        """exp of each coefficient: odds ratios of a logit, ratios of rates of a Poisson regression.

        Returns
        -------
        Estimates; standard errors by the delta method, limits those of the coefficients exponentiated.

        Raises
        ------
        EstimationError where the exponential of a coefficient has no meaning: links other than log and logit.
        """
        if self.link not in ("logit", "log", "cloglog"):
            raise EstimationError(
                "the exponential of a coefficient is a ratio with the links log, logit and cloglog; "
                f"the link is {self.link!r}"
            )
        from scipy.sparse import diags_array

        value = np.exp(self.fitted.coefficients)
        labels = self.estimates.frame[["statistic", "item"]]
        made = combined(self.estimates, diags_array(value).tocsc(), labels, value, "index")
        limits = np.exp(self.estimates.frame[["ci_low", "ci_high"]])
        return replace(made, frame=made.frame.assign(ci_low=limits["ci_low"], ci_high=limits["ci_high"]))

    def odds_ratios(self) -> pd.DataFrame:
        """Odds ratios of a logit or of proportional odds: without the intercept and the thresholds.

        Returns
        -------
        pandas frame with `term`, `estimate`, `se`, `t`, `df`, `p` (of the coefficient), `ci_low`, `ci_high`.
        """
        if self.link != "logit":
            raise EstimationError(f"odds ratios are those of a logit; the link is {self.link!r}, see exponentiated()")
        ratios, tested = self.exponentiated().frame, self.to_frame()
        columns = ["estimate", "se", "ci_low", "ci_high"]
        frame = tested.assign(**{name: ratios[name].to_numpy() for name in columns})
        slopes = [name in self.fitted.model.names and name != "Intercept" for name in frame["term"]]
        return frame[slopes].reset_index(drop=True)

    def predict(self, data: object | None = None, *, scale: PredictionScale = "response") -> pd.DataFrame:
        """Predictions for every record of the survey, or for other data.

        Parameters
        ----------
        data : a frame or a mapping of columns with the variables of the formula, such as `{"age": [10, 12]}`;
            categories by label or code. None: the records of the survey, in their order.
        scale : `response` (a mean, a probability) or `link` (the linear predictor).

        Returns
        -------
        pandas frame with `estimate`, `se`, `ci_low`, `ci_high`; of an ordinal model a row for each category, its label
        in `item`. Unknown where a variable is. Knots, centres and scales are those of the records of the model.
        """
        covariance = self.covariance().to_numpy()
        return predicted(self.fitted, covariance, self.df, float(self.options.level), data, scale)

    def residuals(self, *, kind: ResidualKind = "response") -> Floats:
        """Residuals of every record of the survey, in its order.

        Parameters
        ----------
        kind : `response`, y − μ; `pearson`, that over √V(μ); `deviance`, the signed root of the record's deviance.

        Returns
        -------
        array (n,), NaN where a record is not used.
        """
        return residuals_of(self.fitted, kind)

    def margins(
        self,
        variables: str | Sequence[str] = (),
        *,
        at: Mapping[str, object] | None = None,
        where: Rule | None = None,
        covariates: Covariates | None = None,
    ) -> Estimates:
        """Predictive margins: the average prediction if all records had the same level of a variable.

        Parameters
        ----------
        variables : categories of the model, or rules in it that are true or false, as they stand there; a row for
            each level, several are crossed. None: all records as they are.
        at : values of variables, such as `{"age": [5, 10]}`; crossed as well.
        where : average over the records of the regression where a rule is true.
        covariates : `"sampled"`, `"fixed"` or `"independent"`, see `childdata.survey.regression.margins`; by default
            that of the convention: sampled, under `"stata"` fixed, under `"r"` independent.

        Returns
        -------
        Estimates with a column for each variable; shares for models of probabilities.

        Source: Graubard & Korn (1999), Biometrics 55(2), 652-659.
        """
        rows = prediction_rows(self.fitted.model, listed(variables), at or {})
        return self._averaged(rows, "share" if self.fitted.is_share else "amount", where, covariates)

    def effects(
        self,
        variables: str | Sequence[str] = (),
        *,
        where: Rule | None = None,
        covariates: Covariates | None = None,
    ) -> Estimates:
        """Average marginal effects: for a category each level against its reference, for a number the slope dy/dx.

        Parameters
        ----------
        variables : of the model; all by default.
        where, covariates : as for `margins`.

        Returns
        -------
        Estimates with the columns `variable` and `change`, on the scale of the response.

        Source: Korn & Graubard (1999), Analysis of Health Surveys, section 3.7; Williams (2012), Stata Journal
        12(2), 308-331.
        """
        rows = effect_rows(self.fitted.model, listed(variables))
        if not rows:
            raise EstimationError(f"the model {self.formula!r} has no variable, and so no effects")
        return self._averaged(rows, "difference", where, covariates)

    def _averaged(self, rows: list[Row], scale: str, where: Rule | None, covariates: Covariates | None) -> Estimates:
        return margins_of(
            self.fitted,
            self.fitted.influence(),
            rows,
            self._inside(where),
            scale=scale,  # type: ignore[arg-type]
            covariates=covariates or COVARIATES.get(self.options.convention, "sampled"),
            options=self.options,
        )

    def _inside(self, where: Rule | None) -> Mask:
        inside = np.ones(self.n, dtype=bool)
        if where is not None:
            column = self.fitted.model.survey.records.evaluate({"where": where}).frame["where"]
            inside = (column.cast(pl.Float64).fill_null(0.0).to_numpy() == 1)[self.fitted.model.used]
        return inside

    def test_term(self, term: str, *, method: TermMethod = "wald", approximation: Approximation = "exact") -> TermTest:
        """The test that all coefficients of a term are zero.

        Parameters
        ----------
        term : as it stands in the formula: "C(region)", "size", "C(region):size".
        method : `wald`, F = W / q on q and df (R's `regTermTest`); `adjusted`, on q and df − q + 1 (Stata's `test`);
            `lrt`, the working likelihood ratio of Rao and Scott (R's `method="LRT"`).
        approximation : of the distribution of `lrt`: `exact` by numerical integration, `saddlepoint` (R's default), or
            `satterthwaite`.
        """
        contrast = contrast_of(places_of(self.fitted, term), len(self.fitted.names))
        smaller = without_term(self.fitted, term) if method == "lrt" else None
        return self._test(contrast, smaller, method, approximation, term)

    def test_terms(
        self,
        terms: str | Sequence[str] = (),
        *,
        method: TermMethod = "wald",
        approximation: Approximation = "exact",
    ) -> pd.DataFrame:
        """A test of each term; see `test_term`.

        Parameters
        ----------
        terms : by default all but the intercept.

        Returns
        -------
        pandas frame with `term`, `method`, `statistic`, `df1`, `df2`, `p`.
        """
        names = listed(terms) or [name for name in self.fitted.model.predictors.terms if name != "Intercept"]
        tests = [self.test_term(name, method=method, approximation=approximation) for name in names]
        return frame_of(tests)

    def against(
        self, smaller: Regression, *, method: TermMethod = "wald", approximation: Approximation = "exact"
    ) -> TermTest:
        """The test of this model against a smaller one that is nested in it.

        Raises
        ------
        EstimationError if the other is not nested, or uses other records.
        """
        contrast = nested_contrast(self.fitted, smaller.fitted)
        what = added_terms(self.fitted, smaller.fitted)
        return self._test(contrast, smaller.fitted, method, approximation, what)

    def _test(
        self, contrast: Floats, smaller: Fitted | None, method: str, approximation: Approximation, what: str
    ) -> TermTest:
        if self.df <= 0:
            raise EstimationError(f"the design leaves {self.df:g} degrees of freedom, on which nothing can be tested")
        covariance = self.covariance().to_numpy()
        if method in ("wald", "adjusted"):
            return wald_test(self.fitted, covariance, contrast, self.df, method=method, what=what)  # type: ignore[arg-type]
        if method != "lrt" or smaller is None:
            raise EstimationError(f"method is 'wald', 'adjusted' or 'lrt'; found {method!r}")
        return likelihood_test(
            self.fitted, smaller, covariance, contrast, self.df, approximation=approximation, what=what
        )

    def fit_measures(self) -> FitMeasures:
        """Deviances, R² and the design-based AIC."""
        return fit_measures(self.fitted, self.covariance().to_numpy())

    def summary(self, *, lang: Lang = "en") -> Summary:
        """The regression on one page, as text or HTML."""
        first, measures = self.estimates.frame.iloc[0], self.fit_measures()
        linear = self.fitted.kind == "gaussian" and self.link == "identity"
        facts: dict[str, object] = {
            "response": self.fitted.model.formula.response_name,
            "family": self.family,
            "link": self.link,
            "convention": self.options.convention,
            "records": self.n,
            "left_out": self.fitted.model.left_out,
            **({"psus": int(first["psus"])} if self.fitted.model.survey.design.units_known else {}),
            "weighted": float(first["n_weighted"]),
            "df": self.df,
        }
        facts |= {"dispersion": self.fitted.dispersion} if self.fitted.kind in ("gaussian", "gamma") else {}
        facts["r_squared" if linear else "pseudo_r_squared"] = measures.r_squared
        overall = self._overall()
        facts |= {"f": overall.statistic, "f_p": p_text(overall.p, lang)} if overall is not None else {}
        title, level = word("regression.title", lang), float(self.options.level)
        return make_summary(self.to_frame(), facts, self.notes, title=title, level=level, lang=lang)

    def _overall(self) -> TermTest | None:
        """The test that all coefficients but the constant are zero; None where it cannot be made."""
        slopes = [place for place, name in enumerate(self.fitted.model.names) if name != "Intercept"]
        contrast = contrast_of(np.array(slopes, dtype=np.intp), len(self.fitted.names))
        try:
            return self._test(contrast, None, "wald", "exact", "all") if slopes else None
        except EstimationError:
            return None

    def __repr__(self) -> str:
        return self.summary().as_text()

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()


def _frame(estimates: Estimates) -> pd.DataFrame:
    frame = estimates.frame
    value, se, df = (frame[name].to_numpy(dtype=float) for name in ("estimate", "se", "df"))
    t, p = t_test(value, se, df, 0.0)
    return pd.DataFrame(
        {
            "term": frame["item"].astype(str),
            "estimate": value,
            "se": se,
            "t": t,
            "df": df,
            "p": p,
            "ci_low": frame["ci_low"],
            "ci_high": frame["ci_high"],
        }
    )
