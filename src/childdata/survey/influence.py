"""Estimates of values that were found elsewhere: a fitted model, a rank test, anything with an influence.

Whoever has the values and the derivative of each by every record's weight hands them over here and gets what
`Survey.estimate` gives: standard errors by the design, a covariance of all rows, and everything that follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats, Mask
from childdata.survey.blocks import Residuals, blocks_of
from childdata.survey.design import Design
from childdata.survey.estimates import FACTS, HIDDEN, NUMBERS, Estimates, coefficient_of_variation
from childdata.survey.intervals import ConventionName, find_convention, multiplier
from childdata.survey.keys import Keys
from childdata.survey.reduce import Triplets
from childdata.survey.rows import survey_settings
from childdata.survey.spread import Replicated, Spread
from childdata.survey.statistic import Scale
from childdata.survey.survey import Survey
from childdata.survey.variance import LonelyRule

Refit = Callable[[Floats], Floats]


def from_influence(
    survey: Survey,
    labels: pd.DataFrame,
    value: Floats,
    influence: Floats,
    *,
    known: Mask | None = None,
    scale: Scale | Sequence[Scale] = "amount",
    refit: Refit | None = None,
    df: float | Floats | None = None,
    level: float = 0.95,
    convention: ConventionName = "childdata",
    notes: Sequence[str] = (),
) -> Estimates:
    """Estimates of given values, with the covariance of the design.

    Parameters
    ----------
    labels : frame (rows,) with the columns `statistic` and `item`; every other column becomes a variable of `by`.
    value : array (rows,).
    influence : array (n, rows); the derivative of each value by the weight of each record, over all records of the
        survey in their order; 0 where a record has no part.
    known : array (n,); the records that are used; all of positive weight by default.
    scale : of the values; intervals are by t.
    refit : the values under other weights, array (n,) to array (rows,); used once for each replicate weight.
    df : degrees of freedom; by default PSUs − strata among the records used, or those of the replicate weights.
    notes : told with the estimates.

    Raises
    ------
    EstimationError if shapes do not fit, or replicate weights are there and no `refit` is given.
    """
    survey.records.one_by_one()
    design, rules = survey.design, find_convention(convention)
    n, rows = design.weight.size, len(labels)
    if influence.shape != (n, rows) or value.shape != (rows,):
        raise EstimationError(
            f"an influence has one row for each of the {n} records and one column for each of the {rows} values; "
            f"found {influence.shape} and {value.shape}"
        )
    used = design.weight > 0 if known is None else known & (design.weight > 0)
    lonely = survey.lonely_psu or rules.lonely
    spread = _spread(design, value, influence, used, refit, lonely, survey.lonely_domains == "adjust")
    facts = labels.reset_index(drop=True).assign(**cast(dict[str, Any], _facts(design, used, rows, df)))
    facts["scale"] = list(scale) if not isinstance(scale, str) else [scale] * rows
    by = tuple(str(name) for name in labels if name not in {"statistic", "item"})
    frame = facts.assign(estimate=value, se=np.where(np.isnan(value), np.nan, np.sqrt(spread.variances())))
    half = multiplier(rules, frame["df"].to_numpy(dtype=float), level) * frame["se"].to_numpy()
    frame["ci_low"], frame["ci_high"] = value - half, value + half
    frame["cv"] = coefficient_of_variation(value, frame["se"].to_numpy())
    return Estimates(
        frame=frame[["statistic", "item", *by, *NUMBERS, *FACTS, *HIDDEN]],
        by=by,
        headings={},
        settings=survey_settings(design, rules, level, lonely, {**survey.declared, "data": survey.records.place}),
        notes=(*design.notes, *notes),
        spread=replace(spread, keys=Keys.of(survey.records, design, survey.declared)),
        rows=np.arange(rows),
        convention=rules,
    )


def _facts(design: Design, used: Mask, rows: int, df: float | Floats | None) -> dict[str, object]:
    first = design.stages[0]
    psus = np.unique(first.unit[used])
    if df is None:
        df = float(psus.size - np.unique(first.stratum[psus]).size)
        if design.replicates is not None:
            df = design.replicates.degrees_of_freedom
    n, size = int(used.sum()), float(design.weight[used].sum())
    everyone = design.weight > 0
    share = 1 - size / float(design.weight[everyone].sum()) if n < int(everyone.sum()) else 0.0
    flag = "empty" if n == 0 else "one PSU" if psus.size == 1 else "no df" if np.max(df) <= 0 else ""
    return {
        "df": np.broadcast_to(np.asarray(df, dtype=float), (rows,)),
        "n": n,
        "n_weighted": size,
        "psus": int(psus.size),
        "missing": int(everyone.sum()) - n,
        "missing_share": share,
        "flag": flag,
        "difference_of": "",
        "n_least": float(n),
        "n_beyond": np.nan,
        "uniform": False,
        "deff": np.nan,
        "deft": np.nan,
        "deff_wr": np.nan,
    }


def _spread(
    design: Design,
    value: Floats,
    influence: Floats,
    used: Mask,
    refit: Refit | None,
    lonely: LonelyRule,
    lonely_domains: bool,
) -> Spread:
    if design.replicates is not None:
        if refit is None:
            raise EstimationError(
                "the survey has replicate weights, under which these values have to be found again, and no way to do "
                "so is given; give refit=, or declare the survey by strata and PSUs"
            )
        replicates = design.replicates
        values = np.array([refit(replicates.weights(r, r + 1)[:, 0]) for r in range(replicates.size)])
        return Spread((Replicated(replicates, value, np.where(np.isfinite(values), values, np.nan)),))
    rows = value.size
    record = np.flatnonzero(used)
    weighted = (np.nan_to_num(influence[record]) * design.weight[record, None]).T.reshape(-1)
    row, record = np.repeat(np.arange(rows), record.size), np.tile(record, rows)
    if design.adjustments:
        scores = Residuals(design).scores(row, record, weighted, rows)
    else:
        scores = Triplets(design.stages[-1].unit[record], row, weighted, distinct=False)
    return blocks_of(scores, rows, design, lonely, lonely_domains)
