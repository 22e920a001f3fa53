"""From influence to estimates with the degrees of freedom of a regression.

A coefficient has d + 1 − p degrees of freedom, d those of the design (PSUs − strata among the records used) and p the
number of coefficients, as in R's `svyglm`; under the conventions of Stata and SPSS it has d. Limits are by Student's t.

Source: Korn & Graubard (1999), Analysis of Health Surveys, section 3.5; Lumley (2010), Complex Surveys, chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from childdata.microdata.labels import Frozen
from childdata.survey.arrays import Floats
from childdata.survey.estimates import Estimates
from childdata.survey.influence import from_influence
from childdata.survey.intervals import ConventionName, find_convention, interval_of
from childdata.survey.layout import df_of_replicates, replicate_df_rule
from childdata.survey.regression.model import Model
from childdata.survey.spread import Replicated, Spread
from childdata.words import word

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Scale = Literal["share", "amount", "index", "difference"]
_WHOLE_DF = ("stata", "spss")


@dataclass(frozen=True, slots=True)
class Options:
    """How a call wants its numbers: confidence, degrees of freedom of its own, and whose conventions."""

    level: float
    df: float | None
    convention: ConventionName


def design_df(model: Model, convention: ConventionName) -> float:
    """The degrees of freedom that the design gives the records used, by the rule of a convention."""
    design, rules = model.survey.design, find_convention(convention)
    if design.replicates is not None:
        # R counts replicate weights before it leaves out what is unknown
        return df_of_replicates(design.replicates, model.inside, design.weight > 0, rules)
    rule = rules.df
    if rule == "design":
        return float(design.degrees_of_freedom)
    first = design.stages[0]
    psus = np.unique(first.unit[model.used])
    strata = np.unique(first.stratum[psus])
    sampled = first.sampled[strata].sum() if rule == "strata" else psus.size
    return float(sampled - strata.size)


def df_rule(model: Model, options: Options) -> float | str:
    """What `residual_df` goes by, for the settings; p is the number of coefficients."""
    if options.df is not None:
        return options.df
    rules = find_convention(options.convention)
    if model.survey.design.replicates is not None:
        rule = replicate_df_rule(rules)
    else:
        rule = rules.df if rules.df in ("strata", "design") else "domain"
    return rule if options.convention in _WHOLE_DF else f"{rule} + 1 - p"


def residual_df(model: Model, coefficients: int, options: Options) -> float:
    """The degrees of freedom of a coefficient."""
    if options.df is not None:
        return options.df
    whole = design_df(model, options.convention)
    return whole if options.convention in _WHOLE_DF else whole + 1 - coefficients


def estimates_of(
    model: Model,
    labels: pd.DataFrame,
    value: Floats,
    influence: Floats,
    *,
    coefficients: int,
    scale: Scale,
    options: Options,
    refit: Callable[[Floats], Floats] | None,
) -> Estimates:
    """Estimates of values that a model gives, from their influence over all records of the survey.

    Parameters
    ----------
    value : array (rows,). influence : array (n, rows). coefficients : of the model, for the degrees of freedom.
    """
    df = residual_df(model, coefficients, options)
    found = from_influence(
        model.survey,
        labels,
        value,
        influence,
        known=model.used,
        scale=scale,
        refit=refit,
        df=df,
        level=options.level,
        convention=options.convention,
    )
    told = [] if df > 0 else [word("told.no_residual_df", count=coefficients)]
    told += _lost_replicates(found.spread)
    frame = found.frame.assign(missing=model.left_out, missing_share=model.left_out_share)
    # R's intervals of means are Normal, those of its regressions Student's t
    multiplier = "t" if found.convention.multiplier == "normal" else found.convention.multiplier
    with_t = replace(
        found,
        convention=replace(found.convention, multiplier=multiplier),
        frame=frame,
        settings=Frozen({**found.settings, "df": df_rule(model, options)}),
        headings={name: model.survey.records.label(name) for name in found.by},
        notes=(*found.notes, *model.notes, *told),
    )
    return with_limits(with_t)


def _lost_replicates(spread: Spread) -> list[str]:
    """How many replicates gave no coefficients: in those a term tells the response without error."""
    notes = []
    for block in spread.blocks:
        if isinstance(block, Replicated):
            lost = int((~np.isfinite(block.values)).any(axis=1).sum())
            if lost:
                notes.append(word("told.replicates_lost", count=lost, replicates=len(block.values)))
    return notes


def with_limits(estimates: Estimates) -> Estimates:
    """The estimates with limits by their scale and degrees of freedom."""
    frame = estimates.frame.copy()
    value, se, df, n = (frame[name].to_numpy(dtype=float) for name in ("estimate", "se", "df", "n"))
    level = float(estimates.settings["level"])
    for scale in frame["scale"].unique():
        chosen = (frame["scale"] == scale).to_numpy()
        low, high = interval_of(
            scale, "auto", estimates.convention, value[chosen], se[chosen], df=df[chosen], n=n[chosen], level=level
        )
        frame.loc[chosen, "ci_low"], frame.loc[chosen, "ci_high"] = low, high
    frame["flag"] = np.where((df <= 0) & (frame["flag"] == ""), "no df", frame["flag"])
    return replace(estimates, frame=frame)


def combined(estimates: Estimates, matrix: csc_array, labels: pd.DataFrame, value: Floats, scale: Scale) -> Estimates:
    """Smooth functions of estimates by the delta method.

    Parameters
    ----------
    matrix : sparse array (rows of the estimates, new rows) of derivatives. value : array (new rows,).
    """
    from scipy.sparse import csc_array, eye_array

    chosen = csc_array(eye_array(estimates.spread.rows))[:, estimates.rows]
    spread = estimates.spread.combine((chosen @ matrix).tocsc())
    return with_spread(estimates, labels, value, spread, scale)


def with_spread(estimates: Estimates, labels: pd.DataFrame, value: Floats, spread: Spread, scale: Scale) -> Estimates:
    """Other rows with a spread of their own, on the records and degrees of freedom of the estimates."""
    first = estimates.frame.iloc[[0] * value.size].reset_index(drop=True)
    by = tuple(str(name) for name in labels if name not in ("statistic", "item"))
    se = np.sqrt(spread.variances())
    facts = [name for name in first if name not in ("statistic", "item", *estimates.by)]
    frame = pd.concat([labels.reset_index(drop=True), first[facts]], axis=1)
    frame["estimate"], frame["se"], frame["scale"] = value, se, scale
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["cv"] = np.where(value != 0, se / np.abs(value), np.nan)
    frame["deff"] = frame["deft"] = frame["deff_wr"] = np.nan
    frame["difference_of"] = ""
    made = replace(
        estimates,
        frame=frame,
        by=by,
        headings={name: name for name in by},
        spread=spread,
        rows=np.arange(value.size),
    )
    return with_limits(made)
