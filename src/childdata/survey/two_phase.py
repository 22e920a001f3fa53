"""A survey of two phases, declared: `cd.two_phase` makes a `Survey`, and `phase_shares` tells what each phase costs.

The data hold all records of the first phase. Those of the second, which `subset` names, answer; the others have weight
zero and stay in the design: they say how large the first phase was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
import polars as pl

from childdata.errors import DesignError, EstimationError
from childdata.expression import Rule, parse
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.asked import listed
from childdata.survey.columns import Records
from childdata.survey.design import Stage, checked_weight, compact, crossed, encode, make_stages, refuse_missing
from childdata.survey.estimates import Estimates
from childdata.survey.phases import Phase, PhaseMethod, check_method, phase_variances, two_phase_design
from childdata.survey.pps import PPS
from childdata.survey.quadratic import Quadratic
from childdata.survey.survey import Survey
from childdata.survey.variance import LonelyRule
from childdata.words import word


def two_phase(
    data: object,
    first: Phase,
    second: Phase,
    *,
    subset: Rule,
    method: PhaseMethod = "full",
    lonely_psu: LonelyRule | None = None,
    lonely_domains: Literal["keep", "adjust"] = "keep",
) -> Survey:
    """A survey of two phases.

    Parameters
    ----------
    data : as of a `Survey`; one record for each unit of the first phase, whether in the second or not.
    first : how the first phase was drawn: `cd.Phase(weight=, strata=, psu=, fpc=)`. Without a weight and an fpc its
        records have weight 1: the first phase is then a sample of an unbounded population, as a cohort is.
    second : how the second was drawn from the first. Its probabilities are the counts of the data: units of the second
        phase among those of the first, by stratum; unless `fpc` gives the number of first-phase units, or `weight` the
        inverse of the probability.
    subset : a rule, true for the records of the second phase.
    method : `"full"` is unbiased for every design of the two phases (Särndal et al. 1992, R's `method="full"`); a first
        phase without fpc counts as drawn with replacement. `"poisson"` takes such a first phase as drawn unit by unit,
        independently, which is what R does under `"full"`. `"approx"` is R's `"approx"` and `"simple"`.
    lonely_psu, lonely_domains : as of a `Survey`; `"average"` is not defined for two phases.

    Returns
    -------
    Survey, whose estimates are over the second phase. Each `Spread` has a block for the first phase, and those of the
    second after it: see `phase_shares`.

    Raises
    ------
    DesignError where `subset` is unknown, a second-phase stratum has no record of the second phase, or a variable
    of the design is missing.

    Source: Särndal, Swensson & Wretman (1992), chapter 9.

    >>> import childdata as cd
    >>> cohort = {"fever": [1, 1, 0, 0, 0, 0], "tested": [1, 1, 1, 0, 1, 0], "ill": [1, 0, 0, None, 1, None]}
    >>> survey = two_phase(cohort, Phase(), Phase(strata="fever"), subset="tested == 1")
    >>> survey.design.weight.tolist()
    [1.0, 1.0, 2.0, 0.0, 2.0, 0.0]
    """
    check_method(method)
    for name, phase in (("first", first), ("second", second)):
        _refuse_unequal(name, phase)
    whole = Survey(
        data,
        weight=first.weight,
        strata=first.strata,
        psu=first.psu,
        fpc=first.fpc,
        lonely_psu=lonely_psu,
        lonely_domains=lonely_domains,
    )
    inside = _inside(whole.records, subset)
    stages, strata, weight = _second_phase(whole.records, second, inside)
    design = two_phase_design(
        whole.design.stages, stages, inside, weight=whole.design.weight, strata=strata, method=method
    )
    total = np.zeros(inside.size)
    total[inside] = whole.design.weight[inside] * weight
    told = word("told.two_phase", first=inside.size, second=int(inside.sum()), method=repr(method))
    changed = replace(
        whole.design,
        weight=total,
        stages=design.stages,
        notes=(*_of_first(whole.design.notes), told),
        form=design,
    )
    declared = {**whole.declared, **_declared(whole, second), "fingerprint": changed.fingerprint}
    # the domain keeps records of the first phase alone out of every row, also where `by` is known for them
    return whole._with(design=changed, declared=declared, domain=(subset,))


def phase_shares(estimates: Estimates) -> pd.DataFrame:
    """What each phase adds to the variance of estimates of a two-phase survey.

    Returns
    -------
    pandas frame: the labels of the rows, `variance`, its parts `first` and `second`, and `first_share`. The first part
    is what would be left had the whole first phase been asked; estimated, it may be negative.

    Raises
    ------
    EstimationError for estimates of another design.

    >>> cohort = {"fever": [1, 1, 0, 0, 0, 0], "tested": [1, 1, 1, 0, 1, 0], "ill": [1, 0, 0, None, 1, None]}
    >>> survey = two_phase(cohort, Phase(), Phase(strata="fever"), subset="tested == 1")
    >>> from childdata.survey import mean
    >>> phase_shares(survey.estimate(mean("ill"))).round(4)["first_share"].item()
    0.5238
    """
    if estimates.settings.get("phases") is None or not isinstance(estimates.spread.blocks[0], Quadratic):
        raise EstimationError("the share of each phase is told of estimates of a survey made by cd.two_phase")
    first, second = phase_variances(estimates.spread.take(estimates.rows))
    frame = estimates.frame[["statistic", "item", *estimates.by]].copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(first + second > 0, first / (first + second), np.nan)
    return frame.assign(variance=first + second, first=first, second=second, first_share=share)


def _refuse_unequal(name: str, phase: Phase) -> None:
    sizes = phase.fpc if isinstance(phase.fpc, (list, tuple)) else [phase.fpc]
    if any(isinstance(one, PPS) for one in sizes):
        raise DesignError(
            f"fpc of the {name} phase is a size or a fraction; found cd.PPS: give weight= with the inverse of the "
            "probability and no fpc, which takes the units as drawn with replacement"
        )


def _inside(records: Records, subset: Rule) -> Mask:
    column = records.evaluate({"subset": subset}).frame["subset"]
    text = parse(subset).text
    if column.null_count():
        raise DesignError(
            f"subset={text!r} is unknown in {column.null_count()} of {column.len()} records; of each record it must be "
            "known whether it is of the second phase"
        )
    value = column.cast(pl.Float64).to_numpy() if column.dtype.is_numeric() or column.dtype == pl.Boolean else None
    if value is None or not np.isin(value, (0.0, 1.0)).all():
        raise DesignError(f"subset={text!r} is neither true nor false; write a rule such as 'tested == 1'")
    inside: Mask = value == 1
    if not inside.any():
        raise DesignError(f"subset={text!r} is true for no record: there is no second phase")
    return inside


def _second_phase(records: Records, phase: Phase, inside: Mask) -> tuple[tuple[Stage, ...], Codes | None, Floats]:
    """The stages of the second phase over its records, its strata over all records, and its weights."""
    strata = [records.find(name) for name in listed(phase.strata)]
    psu = [records.find(name) for name in listed(phase.psu)]
    frame = records.columns([*strata, *psu])
    stratum = np.zeros(inside.size, dtype=np.intp)
    labels: tuple[str, ...] = ("all",)
    if strata:
        stratum, labels = crossed([frame[name] for name in strata])
    units = [_unit(frame[name]) for name in psu] or [np.arange(inside.size)]
    _refuse_unsampled(stratum, inside, labels)
    rules: list[Rule] = list(phase.fpc) if isinstance(phase.fpc, (list, tuple)) else []
    if phase.fpc is not None and not rules:
        rules = [phase.fpc]  # type: ignore[list-item]
    if len(rules) not in (0, len(units)):
        raise DesignError(f"fpc of the second phase has {len(rules)} entries, but psu has {len(units)} stages")
    sizes = [_numbers(records, rule, inside) for rule in rules] or _counted(stratum, units, inside)
    chosen, _ = compact(stratum[inside], int(stratum.max()) + 1)
    names = psu or ["record"]
    stages = make_stages(chosen, [unit[inside] for unit in units], sizes, [f"{one}, second phase" for one in names])
    if phase.weight is not None:
        weight, _ = checked_weight(_numbers(records, phase.weight, inside), parse(phase.weight).text)
    else:
        weight = np.ones(int(inside.sum()))
        for stage in stages:
            weight = weight * (stage.population / stage.sampled)[stage.stratum[stage.unit]]
    return stages, stratum if strata else None, weight


def _refuse_unsampled(stratum: Codes, inside: Mask, labels: tuple[str, ...]) -> None:
    empty = np.flatnonzero(np.bincount(stratum[inside], minlength=len(labels)) == 0)
    if empty.size:
        records = int(np.isin(stratum, empty).sum())
        raise DesignError(
            f"{empty.size} strata of the second phase (first: {labels[empty[0]]}) have {records} records of the first "
            "phase and none of the second, so that nobody stands for them; join them to others"
        )


def _counted(stratum: Codes, units: Sequence[Codes], inside: Mask) -> list[Floats]:
    """For each stage the number of first-phase units in the stratum of each record of the second phase."""
    sizes, parent = [], stratum
    for codes in units:
        width = int(codes.max()) + 1
        unit, kept = compact(parent * width + codes, (int(parent.max()) + 1) * width)
        count = np.bincount(kept // width).astype(np.float64)
        sizes.append(count[parent][inside])
        parent = unit
    return sizes


def _unit(column: pl.Series) -> Codes:
    codes, _ = encode(column)
    refuse_missing(codes < 0, column.name, "identifies sampling units")
    return codes


def _numbers(records: Records, rule: Rule, inside: Mask) -> Floats:
    column = records.evaluate({"number": rule}).frame["number"]
    if not column.dtype.is_numeric():
        raise DesignError(f"{parse(rule).text!r} of the second phase holds no numbers")
    value: Floats = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return value[inside]


def _of_first(notes: tuple[str, ...]) -> tuple[str, ...]:
    """Notes on the first phase, but that it has no weight: a cohort has none."""
    return tuple(note for note in notes if note != word("told.no_weight"))


def _declared(whole: Survey, second: Phase) -> dict[str, str]:
    """What was declared of both phases, as text."""

    def both(name: str, of_second: object) -> str:
        listed = of_second if isinstance(of_second, (list, tuple)) else [] if of_second is None else [of_second]
        text = ", ".join(str(getattr(one, "text", one)) for one in listed)
        return f"{whole.declared[name] or '-'} / {text or '-'}"

    told = {name: both(name, getattr(second, name)) for name in ("weight", "strata", "psu", "fpc")}
    return told | {"phases": "two"}
