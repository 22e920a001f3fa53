"""The rows of a result: from the blocks of a call and their variances to a tidy frame.

The design effect compares the variance with that of a simple random sample of the same size,
V_srs = N̂² S²(u) / n with S²(u) = n/(n − 1) · Σ w (u − ū)² / N̂ and u the influence, n the unweighted records of the row
and N̂ their weights; without replacement times 1 − n/N̂. For a mean this is S²(y)/n; for a share p(1 − p)/(n − 1).

Source: Kish (1965), Survey Sampling, section 8.2; R survey `svymean(deff=)`; for `wor-sample` Stata's `estat effects`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from childdata.microdata.labels import Frozen
from childdata.survey.arrays import Floats, Mask
from childdata.survey.call import Call
from childdata.survey.design import Design
from childdata.survey.estimate import Result, RowBlock
from childdata.survey.estimates import FACTS, HIDDEN, NUMBERS, coefficient_of_variation
from childdata.survey.intervals import Convention, interval_of, t_quantile
from childdata.survey.layout import degrees_of_freedom, df_rule
from childdata.vocabulary import TOTAL


def make_frame(result: Result, design: Design, call: Call) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The tidy frame of a call, and its by-variables in the order in which they first appear."""
    by = tuple(dict.fromkeys(name for block in result.blocks for name in block.rows.variables))
    frame = _labels(result.blocks, by)
    facts = {
        name: np.concatenate([block.facts[name] for block in result.blocks])
        for name in ("n", "n_weighted", "rows", "psus", "missing", "missing_share")
    }
    df = np.concatenate(
        [
            degrees_of_freedom(block.facts, design, call) if block.piece.df is None else block.piece.df
            for block in result.blocks
        ]
    )
    value = np.concatenate([block.piece.value for block in result.blocks])
    empty = facts["n"] == 0
    value = np.where(empty, np.nan, value)
    with np.errstate(invalid="ignore"):
        se = np.where(np.isnan(value), np.nan, np.sqrt(result.variance))
    if call.convention.name != "r":
        se[((facts["psus"] == 1) | (facts["n"] == 1)) & _balanced(result)] = np.nan
    frame = frame.assign(estimate=value, se=se, df=np.where(empty, np.nan, df), **facts)
    low, high = _limits(frame, call.interval, call.convention, call.level, _own_limits(result.blocks, se, call))
    frame["ci_low"], frame["ci_high"] = low, high
    frame["cv"] = coefficient_of_variation(value, se)
    frame["deff"], frame["deft"], frame["deff_wr"] = _design_effects(result, call.convention.deff)
    frame["flag"] = _flags(facts["n"], facts["psus"], df)
    for name in ("n", "psus", "missing") if design.units_known else ("n", "missing"):
        frame[name] = frame[name].astype(np.int64)
    frame["n_least"] = np.concatenate([block.piece.least for block in result.blocks])
    frame["n_beyond"] = np.concatenate([block.piece.beyond for block in result.blocks])
    at_an_end = (value <= 0) | (value >= 1)
    frame["uniform"] = at_an_end & np.repeat(
        [block.scale == "share" or (block.is_of_rules and block.scale != "amount") for block in result.blocks],
        [len(block.rows.labels) for block in result.blocks],
    )
    return frame[["statistic", "item", *by, *NUMBERS, *FACTS, *HIDDEN]], by


def _labels(blocks: tuple[RowBlock, ...], by: tuple[str, ...]) -> pd.DataFrame:
    columns: dict[str, list[object]] = {name: [] for name in ("statistic", "item", *by, "scale", "difference_of")}
    for block in blocks:
        size = len(block.rows.labels)
        item: object = block.item if isinstance(block.item, float) and block.item_is_number else block.item_label
        columns["statistic"] += [block.name] * size
        columns["item"] += [item] * size
        columns["scale"] += [block.scale] * size
        columns["difference_of"] += [block.difference_of] * size
        for name in by:
            if name in block.rows.variables:
                place = block.rows.variables.index(name)
                columns[name] += [labels[place] for labels in block.rows.labels]
            else:
                columns[name] += [TOTAL] * size
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def _balanced(result: Result) -> Mask:
    """Rows whose influence sums to zero (means, shares): within one PSU its score is zero, and tells of no variance."""
    first, scatter, size = (
        np.concatenate(parts)
        for parts in zip(
            *((block.piece.first, block.piece.scatter, block.facts["n_weighted"]) for block in result.blocks),
            strict=True,
        )
    )
    balanced: Mask = np.abs(first) <= 1e-9 * np.sqrt(size * scatter + first**2)
    return balanced


def _own_limits(blocks: tuple[RowBlock, ...], se: Floats, call: Call) -> tuple[Floats, Floats]:
    """Limits that statistics bring themselves; R's of a quantile that was found again are by Student's t."""
    low, high = (np.full(se.size, np.nan) for _ in range(2))
    first = 0
    for block in blocks:
        piece, own = block.piece, slice(first, first + len(block.rows.labels))
        first = own.stop
        if piece.low is not None and piece.high is not None:
            low[own], high[own] = piece.low, piece.high
        elif piece.df is not None and call.convention.multiplier == "normal":
            half = t_quantile(piece.df, call.level) * se[own]
            low[own], high[own] = piece.value - half, piece.value + half
    return low, high


def _design_effects(result: Result, rule: str) -> tuple[Floats, Floats, Floats]:
    """The effect by a rule, the root of that with replacement, and the effect against the row's own records."""
    scatter = np.concatenate([block.piece.scatter for block in result.blocks])
    first = np.concatenate([block.piece.first for block in result.blocks])
    size = np.concatenate([block.facts["n_weighted"] for block in result.blocks])
    n = np.concatenate([block.facts["n"] for block in result.blocks])

    def against(scatter: Floats, size: Floats, n: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            srs = size * scatter / (n - 1)
            return np.where(srs > 0, result.variance / srs, np.nan)

    own = effect = against(scatter, size, n)
    if rule == "wor-sample":
        own_n = n
        whole, n = (
            np.concatenate([block.facts[name] for block in result.blocks]) for name in ("sample_size", "sample_n")
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            # outside the domain the influence is zero; where there is nobody outside, sizes differ by rounding only
            outside = np.where(own_n == n, 0.0, 1 / size - 1 / whole)
            effect = against(scatter + first**2 * outside, whole, n)
        size = whole
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = 1 - n / size
        without = np.where(rest > 0, effect / rest, np.nan)
    return (own if rule == "wr" else without), np.sqrt(effect), own


def _flags(n: Floats, psus: Floats, df: Floats) -> list[str]:
    return [
        "empty" if records == 0 else "one PSU" if 1 in (units, records) else "no df" if freedom <= 0 else ""
        for records, units, freedom in zip(n, psus, df, strict=True)
    ]


def settings_of(call: Call, design: Design, facts: Mapping[str, object]) -> Mapping[str, object]:
    """How the numbers of a call were made, by name."""
    made: dict[str, object] = {
        "df": df_rule(design, call),
        "interval": call.interval,
        "missing": call.missing,
        "missing_by": call.missing_by,
        "where": _joined([str(getattr(one, "text", one)) for one in call.where]),
    }
    if design.replicates is None:
        made["lonely_domains"] = "adjust" if call.lonely_domains else "keep"
    return survey_settings(design, call.convention, call.level, call.lonely, made | dict(facts))


def survey_settings(
    design: Design, rule: Convention, level: float, lonely: str, facts: Mapping[str, object]
) -> Mapping[str, object]:
    """What the numbers owe to the design and to a convention, by name; `facts` tell of the call, `df` among them.

    Under replicate weights no stratum is looked at, and there is no rule on lonely PSUs.
    """
    variance = "Taylor" if design.replicates is None else f"{design.replicates.kind} replicates"
    settings: dict[str, object] = {
        "convention": rule.name,
        "level": level,
        "variance": variance + ", calibrated" * bool(design.adjustments),
        "design_effect": rule.deff,
    }
    if design.replicates is None:
        settings |= {"lonely_psu": lonely, "lonely_strata": int(design.lonely.size)}
    return Frozen(settings | dict(facts))


def _joined(rules: list[str]) -> str:
    return rules[0] if len(rules) == 1 else " and ".join(f"({rule})" for rule in rules)


def _limits(
    frame: pd.DataFrame, interval: str, convention: Convention, level: float, own: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """The limits of each row by its scale; a statistic's own limits where it brings them."""
    low, high = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    for scale in frame["scale"].unique():
        chosen = (frame["scale"] == scale).to_numpy()
        part = frame[chosen]
        n = part["rows"] if convention.share_n == "all" else part["n"]
        low[chosen], high[chosen] = interval_of(
            scale,
            interval,
            convention,
            part["estimate"].to_numpy(),
            part["se"].to_numpy(),
            df=part["df"].to_numpy(dtype=float),
            n=n.to_numpy(dtype=float),
            level=level,
        )
    brings = ~np.isnan(own[0]) | ~np.isnan(own[1])
    return np.where(brings, own[0], low), np.where(brings, own[1], high)
