"""Estimates of values that were found elsewhere: a fitted model, a rank test, anything with an influence.

Whoever has the values and the derivative of each by every record's weight hands them over here and gets what
`Survey.estimate` gives: standard errors by the design, a covariance of all rows, and everything that follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast, get_args

import numpy as np
import pandas as pd

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats, Mask
from childdata.survey.blocks import Residuals, blocks_of
from childdata.survey.design import Design
from childdata.survey.estimates import FACTS, HIDDEN, NUMBERS, Estimates, coefficient_of_variation
from childdata.survey.intervals import Convention, ConventionName, find_convention, multiplier
from childdata.survey.keys import Keys
from childdata.survey.layout import df_of_replicates, replicate_df_rule
from childdata.survey.reduce import Triplets
from childdata.survey.rows import survey_settings
from childdata.survey.spread import Replicated, Spread
from childdata.survey.statistic import Scale
from childdata.survey.survey import Survey
from childdata.survey.variance import LonelyRule
from childdata.words import word

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

    Returns
    -------
    Estimates. A row whose influence sums to zero, as that of a mean does, has no standard error where all its records
    are of one PSU: its only score is zero, and tells of no variance.

    Raises
    ------
    EstimationError if shapes or words do not fit, an influence is unknown where its value is known, records outside
    `known` have a part, or replicate weights are there and no `refit` is given; DesignError for a lonely PSU under
    `"fail"`.

    Source: Demnati & Rao (2004), Survey Methodology 30(1), 17-26.

    >>> import childdata as cd
    >>> y = np.array([1.0, 2.0, 6.0])
    >>> people = cd.Survey({"y": y})
    >>> mean = pd.DataFrame({"statistic": ["mean"], "item": [""]})
    >>> found = from_influence(people, mean, np.array([3.0]), (y - 3.0)[:, None] / 3)
    >>> found.to_frame()["se"].round(9).item() == people.estimate(cd.mean("y")).to_frame()["se"].round(9).item()
    True
    """
    survey.records.one_by_one()
    design, rules = survey.design, find_convention(convention)
    rows = len(labels)
    everyone = design.weight > 0
    _check_labels(labels, scale, level)
    value, influence = np.asarray(value, dtype=float), np.asarray(influence, dtype=float)
    used = everyone if known is None else _flags_of(known, everyone.size) & everyone
    _check_numbers(value, influence, used, everyone, rows)
    lonely = survey.lonely_psu or rules.lonely
    spread = _spread(design, value, influence, used, refit, lonely, survey.lonely_domains == "adjust")
    facts = labels.reset_index(drop=True).assign(**cast(dict[str, Any], _facts(design, used, rows, df, rules)))
    facts["scale"] = list(scale) if not isinstance(scale, str) else [scale] * rows
    by = tuple(str(name) for name in labels if name not in {"statistic", "item"})
    without = np.isnan(value) | (facts["flag"] == "empty").to_numpy()
    if rules.name != "r":
        without |= (facts["flag"] == "one PSU").to_numpy() & _balanced(design.weight[used], influence[used])
    frame = facts.assign(estimate=value, se=np.where(without, np.nan, np.sqrt(spread.variances())))
    half = multiplier(rules, frame["df"].to_numpy(dtype=float), level) * frame["se"].to_numpy()
    frame["ci_low"], frame["ci_high"] = value - half, value + half
    frame["cv"] = coefficient_of_variation(value, frame["se"].to_numpy())
    return Estimates(
        frame=frame[["statistic", "item", *by, *NUMBERS, *FACTS, *HIDDEN]],
        by=by,
        headings={},
        settings=survey_settings(
            design,
            rules,
            level,
            lonely,
            {
                "df": _df_rule(df, design, rules),
                "design_effect": "none",
                **survey.declared,
                "data": survey.records.place,
            },
        ),
        notes=(*design.notes, *_told(design, spread, lonely), *notes),
        spread=replace(spread, keys=Keys.of(survey.records, design, survey.declared)),
        rows=np.arange(rows),
        convention=rules,
    )


def _check_labels(labels: pd.DataFrame, scale: Scale | Sequence[Scale], level: float) -> None:
    absent = [name for name in ("statistic", "item") if name not in labels]
    if absent:
        raise EstimationError(f"labels have the columns 'statistic' and 'item'; {absent[0]!r} is not among them")
    taken = next((name for name in labels if name in {*NUMBERS, *FACTS, *HIDDEN}), None)
    if taken is not None:
        raise EstimationError(f"labels have a column {taken!r}, as the result has itself; give it another name")
    scales = [scale] * len(labels) if isinstance(scale, str) else list(scale)
    words = get_args(Scale)
    wrong = next((one for one in scales if one not in words), None)
    if wrong is not None or len(scales) != len(labels):
        found = repr(wrong) if wrong is not None else f"{len(scales)} of them"
        raise EstimationError(
            f"scale is one of {', '.join(map(repr, words))}, or one for each of the {len(labels)} values; found {found}"
        )
    if not 0 < level < 1:
        raise EstimationError(f"level lies between 0 and 1, such as 0.95; found {level}")


def _flags_of(known: Mask, n: int) -> Mask:
    flags = np.asarray(known)
    if flags.shape != (n,) or flags.dtype != np.bool_:
        raise EstimationError(
            f"known has one truth value for each of the {n} records; found {flags.shape} {flags.dtype}"
        )
    return flags


def _check_numbers(value: Floats, influence: Floats, used: Mask, everyone: Mask, rows: int) -> None:
    n = used.size
    if influence.shape != (n, rows) or value.shape != (rows,):
        raise EstimationError(
            f"an influence has one row for each of the {n} records and one column for each of the {rows} values; "
            f"found {influence.shape} and {value.shape}"
        )
    unknown = int((~np.isfinite(influence[used][:, np.isfinite(value)])).any(axis=1).sum())
    if unknown:
        raise EstimationError(
            f"the influence of a value that is known is unknown or infinite in {unknown} of the {int(used.sum())} "
            "records used; leave these records out with known=, and find the value without them"
        )
    left_out = everyone & ~used
    beyond = int(np.nan_to_num(influence[left_out]).any(axis=1).sum()) if left_out.any() else 0
    if beyond:
        raise EstimationError(
            f"{beyond} records have an influence but are left out by known=; give them the influence 0, or use them"
        )


def _balanced(weight: Floats, influence: Floats) -> Mask:
    """Values whose influence sums to zero."""
    parts = weight[:, None] * np.nan_to_num(influence)
    zero: Mask = np.abs(parts.sum(axis=0)) <= 1e-9 * np.abs(parts).sum(axis=0)
    return zero


def _told(design: Design, spread: Spread, rule: LonelyRule) -> list[str]:
    notes = []
    if design.lonely.size and rule != "fail" and design.replicates is None:
        notes.append(word("told.lonely", count=int(design.lonely.size), rule=repr(rule)))
    negative = int((spread.raw_variances() < 0).sum())
    if negative:
        notes.append(word("told.negative_variance", count=negative))
    return notes


def _df_rule(df: float | Floats | None, design: Design, rules: Convention) -> float | str:
    """What the degrees of freedom go by, for the settings."""
    if df is not None:
        return float(df) if np.ndim(df) == 0 else "given by row"
    return "domain" if design.replicates is None else replicate_df_rule(rules)


def _facts(design: Design, used: Mask, rows: int, df: float | Floats | None, rules: Convention) -> dict[str, object]:
    first = design.stages[0]
    psus = np.unique(first.unit[used])
    if df is None:
        df = float(psus.size - np.unique(first.stratum[psus]).size)
        if design.replicates is not None:
            df = df_of_replicates(design.replicates, used, design.weight > 0, rules)
    given = np.asarray(df, dtype=float)
    if given.shape not in ((), (rows,)):
        raise EstimationError(f"df is one number, or one for each of the {rows} values; found {given.size} numbers")
    n, size = int(used.sum()), float(design.weight[used].sum())
    freedom = np.broadcast_to(given if n else np.nan, (rows,))
    everyone = design.weight > 0
    share = 1 - size / float(design.weight[everyone].sum()) if n < int(everyone.sum()) else 0.0
    units = int(psus.size) if design.units_known else np.nan
    flag = "empty" if n == 0 else "one PSU" if 1 in (units, n) else ""
    return {
        "df": freedom,
        "n": n,
        "n_weighted": size,
        "psus": units,
        "missing": int(everyone.sum()) - n,
        "missing_share": share,
        "flag": [flag or "no df" * bool(one <= 0) for one in freedom],
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
        values = np.array([_refitted(refit, replicates.weights(r, r + 1)[:, 0], value) for r in range(replicates.size)])
        return Spread((Replicated(replicates, value, np.where(np.isfinite(values), values, np.nan)),))
    rows = value.size
    record = np.flatnonzero(used)
    weighted = (np.nan_to_num(influence[record]) * design.weight[record, None]).T.reshape(-1)
    row, record = np.repeat(np.arange(rows), record.size), np.tile(record, rows)
    scores = Triplets(design.stages[-1].unit[record], row, weighted, distinct=False)
    common = None
    if design.adjustments:
        common = Residuals(design).common(np.where(used[:, None], np.nan_to_num(influence), 0.0))
    return blocks_of(scores, rows, design, lonely, lonely_domains, common=common)


def _refitted(refit: Refit, weight: Floats, value: Floats) -> Floats:
    found = np.asarray(refit(weight), dtype=float)
    if found.shape != value.shape:
        raise EstimationError(
            f"refit gives the {value.size} values under other weights, an array {value.shape}; found {found.shape}"
        )
    return found
