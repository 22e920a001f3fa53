"""Fit a regression to a survey: from a formula to coefficients with design-based standard errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from childdata.errors import EstimationError
from childdata.expression import Rule
from childdata.microdata.labels import Frozen
from childdata.survey.estimates import Estimates
from childdata.survey.intervals import ConventionName, find_convention
from childdata.survey.other_words import DESIGN_WORDS, ESTIMATE_WORDS, explains
from childdata.survey.regression.checks import Collinear
from childdata.survey.regression.families import FamilyName, LinkName
from childdata.survey.regression.fitted import Regression
from childdata.survey.regression.fitting import Fitted, fit_model
from childdata.survey.regression.inference import Options, estimates_of
from childdata.survey.regression.model import Model, make_model
from childdata.survey.survey import Survey


@explains(ESTIMATE_WORDS, elsewhere=DESIGN_WORDS, where="cd.Survey(...)")
def regress(
    survey: Survey,
    formula: str,
    *,
    family: FamilyName = "gaussian",
    link: LinkName | None = None,
    where: Rule | None = None,
    offset: Rule | None = None,
    level: float = 0.95,
    df: float | None = None,
    convention: ConventionName = "childdata",
    collinear: Collinear = "refuse",
) -> Regression:
    """A regression under the sampling design.

    Coefficients solve the weighted likelihood equations Σ w x s = 0; their covariance is A⁻¹ V(Σ w x s) A⁻¹ with V by
    the design (strata, PSUs, stages, fpc, calibration or replicate weights), as in R's `svyglm` and Stata's `svy`.

    Parameters
    ----------
    survey : the records and their design; its domain is kept.
    formula : such as "poor ~ C(region) * sex + log(income)". The response is a column or a rule ("income < 120 ~ x").
        `C(x)` makes categories in the order of the value labels, the first being the reference
        (`C(x, contr.treatment("Minsk"))` another); text is categories always. `poly`, `bs`, `cr`, `cc`, `center`,
        `scale`, `standardize` take a column or rule; other rules stand in braces ({age < 5}) or are calls (`log(x)`);
        `offset(log(members))` has the coefficient 1.
    family : `gaussian`; `logit` (or `binomial`), `probit`, `cloglog` of a response 0/1; `quasibinomial` of shares too;
        `poisson`, `quasipoisson`, `gamma`; `ordinal` of ordered categories (proportional odds).
    link : another than the family's own.
    where : a rule; the regression is of the records where it is true. The design stays whole.
    offset : a column or rule with the coefficient 1, beside those in the formula.
    level : of confidence.
    df : degrees of freedom where an agency gives them; by default PSUs − strata + 1 − the number of coefficients, under
        `convention="stata"` and `"spss"` PSUs − strata.
    convention : `"r"` takes the expected information for links that are not canonical (probit, cloglog ...), the
        others the observed one.
    collinear : columns that follow from others are refused with their names, or left out (`"drop"`) and counted.

    Returns
    -------
    Regression. Records with an unknown value in a variable of the formula are left out, and counted in its notes and
    its `missing`.

    Raises
    ------
    ExpressionError, VariableError for the formula; EstimationError for a response the family cannot have, collinear
    columns, and separation (coefficients without end), naming the term; DesignError for a lonely PSU under `"fail"`.

    Source: Binder (1983), International Statistical Review 51(3), 279-292; Lumley (2010), Complex Surveys, chapter 5.

    >>> import childdata as cd
    >>> people = cd.Survey(
    ...     {"poor": [1, 1, 0, 1, 0, 0, 1, 0], "home": ["rural", "rural", "rural", "rural"] + ["urban"] * 4},
    ... )
    >>> fit = regress(people, "poor ~ home", family="logit")
    >>> fit.odds_ratios()[["term", "estimate"]].round(4).values.tolist()
    [['home[T.urban]', 0.1111]]
    """
    if not 0 < level < 1:
        raise EstimationError(f"level lies between 0 and 1, such as 0.95; found {level}")
    if df is not None and not df > 0:
        raise EstimationError(f"df is a positive number, or None for the convention's rule; found {df}")
    if collinear not in ("refuse", "drop"):
        raise EstimationError(f"collinear is 'refuse' or 'drop'; found {collinear!r}")
    rules = find_convention(convention)
    model = make_model(survey, formula, where=where, offset=offset, collinear=collinear, ordered=family == "ordinal")
    fitted = fit_model(model, family, link, "expected" if rules.name == "r" else "observed")
    options = Options(level, df, convention)
    labels = pd.DataFrame(
        {"statistic": [_heading(model.formula.response_name, family)] * len(fitted.names), "item": list(fitted.names)}
    )
    estimates = estimates_of(
        model,
        labels,
        np.asarray(fitted.coefficients),
        fitted.influence(),
        coefficients=len(fitted.names),
        scale="index",
        options=options,
        refit=fitted.refit,
    )
    return Regression(_recorded(estimates, model, fitted), fitted, options)


def _recorded(estimates: Estimates, model: Model, fitted: Fitted) -> Estimates:
    """The estimates with the model among their settings."""
    facts = {"formula": model.formula.text, "family": fitted.family, "link": fitted.link, "where": model.where}
    return replace(estimates, settings=Frozen({**estimates.settings, **facts}))


def _heading(response: str, family: str) -> str:
    return f"{response} ({family})"
