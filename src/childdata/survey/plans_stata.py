"""What `svyset` of Stata leaves in a .dta file, as a design plan.

svyset writes its settings as characteristics of the data: `_dta[_svy_su1]`, `_dta[_svy_strata1]`, `_dta[_svy_fpc1]` and
so on by stage; `_svy_wvar`, `_svy_vce`, `_svy_mse`, `_svy_singleunit`, `_svy_dof`; the names of replicate weights in
`_svy_brrweight`, `_svy_bsrweight`, `_svy_jkrweight`, `_svy_sdrweight`; and on each jackknife weight its own
`jk_stratum`, `jk_multiplier`, `jk_fpc`. Up to Stata 8 they were `_dta[pweight]`, `_dta[strata]`, `_dta[psu]` and
`_dta[fpc]`.

    Stata's variance by replicates          here
    BRR         1/(R (1 − f)²) Σ            Fay(rho=f), or BRR
    bootstrap   b/R Σ                       Bootstrap(scale=b/R)
    jackknife   Σ_h (1 − f_h) m_h Σ         JKn(rscales=(1 − f_h) m_h), m_h = (n_h − 1)/n_h where none is given
    SDR         (1 − f) 4/R Σ               SDR(scale=(1 − f) 4/R)

with deviations from the mean of the replicates, or from the estimate under `mse`.

Source: StataCorp, Stata Survey Data Reference Manual, svyset, "Variance estimation".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from childdata.errors import DesignError, ReadError, nearest
from childdata.microdata.readers.stata_characteristics import Owned, read_characteristics
from childdata.survey.design_plan import DesignPlan, PlanStage, as_rule
from childdata.survey.replicate_kinds import BRR, SDR, Bootstrap, Centre, Fay, JKn, ReplicateKind
from childdata.survey.variance import LonelyRule
from childdata.words import word

MOST_STAGES = 100
SINGLE_UNIT: Mapping[str, LonelyRule] = {
    "missing": "fail",
    "certainty": "certainty",
    "scaled": "average",
    "centered": "adjust",
}
# By the word of vce(): the characteristic with the names of the replicate weights.
REPLICATES = {"brr": "brrweight", "bootstrap": "bsrweight", "jackknife": "jkrweight", "sdr": "sdrweight"}
OLD = ("pweight", "iweight", "strata", "psu", "fpc", "srs")
_READ = {
    *("version", "stages", "stages_wt", "wtype", "wvar", "wexp", "vce", "mse", "fay", "bsn", "sdrfpc", "dof"),
    *("poststrata", "postweight", "calmethod", "calmodel", "calopts", "singleunit"),
    *REPLICATES.values(),
}
_BY_STAGE = re.compile(r"(?:su|strata|fpc|weight)\d+")


def plan_from_stata(path: Path) -> DesignPlan:
    """The settings of svyset in a .dta file.

    Raises
    ------
    ReadError if the file is damaged, or its settings cannot be read; DesignError if it holds none.
    """
    found = read_characteristics(path, _is_setting)
    settings = {name.removeprefix("_svy_"): text for (owner, name), text in found.items() if owner == "_dta" and text}
    if any(name in settings for name in ("version", "su1", "wvar", "vce", "stages")):
        return _plan(settings, found, path.name)
    old = {name: text for name, text in settings.items() if name in OLD}
    if old:
        return _old_plan(old, path.name)
    raise DesignError(
        f"{path.name} holds no settings of svyset; declare the design by hand, cd.Survey(data, weight=..., strata=..., "
        "psu=...), or save the file in Stata after svyset"
    )


def _is_setting(owner: str, name: str) -> bool:
    if owner == "_dta":
        return name.startswith("_svy") or name in OLD
    return name in ("jk_stratum", "jk_multiplier", "jk_fpc")


def _old_plan(settings: Mapping[str, str], source: str) -> DesignPlan:
    """Of Stata 8 and before: one stage, no options."""
    weight = settings.get("pweight") or settings.get("iweight")
    stage = PlanStage(
        units=tuple(filter(None, [settings.get("psu", "")])),
        strata=tuple(filter(None, [settings.get("strata", "")])),
        fpc=as_rule(settings["fpc"]) if "fpc" in settings else None,
        drawn="without replacement" if "fpc" in settings else "with replacement",
    )
    notes = (word("told.plan_old", source=source),)
    return DesignPlan("Stata", source, None if weight is None else as_rule(weight), (stage,), "fail", notes=notes)


def _plan(settings: Mapping[str, str], found: Mapping[Owned, str], source: str) -> DesignPlan:
    vce = _one_of("vce", settings.get("vce", "linearized"), ("linearized", *REPLICATES), source)
    single = _one_of("singleunit", settings.get("singleunit", "missing"), tuple(SINGLE_UNIT), source)
    weight, notes = _weight(settings, source)
    replicates, told = _replicates(vce, settings, found, source)
    df = None if "dof" not in settings else _number("dof", settings["dof"], source)
    left_out = [*told, *_adjustments(settings, source)]
    if df is not None and replicates is None:
        left_out.append(word("told.plan_df", source=source, df=f"{df:g}"))
    unused = [kind for kind, name in REPLICATES.items() if name in settings and kind != vce]
    notes += [word("told.plan_unused", source=source, kind=kind, vce=vce) for kind in unused]
    unknown = [name for name in settings if name not in {*_READ, *OLD, "_svy"} and not _BY_STAGE.fullmatch(name)]
    notes += [word("told.plan_unknown", source=source, what=f"_svy_{name}") for name in unknown]
    return DesignPlan(
        "Stata",
        source,
        weight,
        _stages(settings, source),
        SINGLE_UNIT[single] if replicates is None else None,
        replicates,
        df,
        tuple(left_out),
        tuple(notes),
    )


def _one_of(setting: str, text: str, choices: Sequence[str], source: str) -> str:
    """The choice that a word, in whole or cut short, stands for."""
    found = [one for one in choices if one.startswith(text.lower())]
    if len(found) != 1:
        raise ReadError(
            f"{source}: {setting} of svyset is one of {', '.join(choices)}; found {text!r}{nearest(text, choices)}"
        )
    return found[0]


def _number(setting: str, text: str, source: str, *, least: float = 0.0) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value < float("inf"):
        raise ReadError(f"{source}: {setting} of svyset is a number of {least:g} or above; found {text!r}")
    return value


def _weight(settings: Mapping[str, str], source: str) -> tuple[str | None, list[str]]:
    if "wvar" in settings:
        kind = settings.get("wtype", "pweight")
        notes = [] if kind == "pweight" else [word("told.plan_weight_kind", source=source, kind=kind)]
        return as_rule(settings["wvar"]), notes
    names = [settings[name] for name in sorted(settings) if re.fullmatch(r"weight\d+", name)]
    if not names:
        return None, []
    weight = " * ".join(map(as_rule, names))
    return weight, [word("told.plan_stage_weights", source=source, weight=weight)]


def _stages(settings: Mapping[str, str], source: str) -> tuple[PlanStage, ...]:
    """The stages that have a part in the variance: without an fpc a stage is the last."""
    numbers = [int(name[2:]) for name in settings if re.fullmatch(r"su\d{1,3}", name)]
    if sorted(numbers) != list(range(1, len(numbers) + 1)) or len(numbers) > MOST_STAGES:
        raise ReadError(f"{source}: the stages of svyset (_svy_su1, _svy_su2, ...) are not numbered 1, 2, ...")
    stages = []
    for number in sorted(numbers):
        unit, strata, fpc = (settings.get(f"{name}{number}", "") for name in ("su", "strata", "fpc"))
        stages.append(
            PlanStage(
                units=() if unit == "_n" else (unit,),
                strata=(strata,) if strata else (),
                fpc=as_rule(fpc) if fpc else None,
                drawn="without replacement" if fpc else "with replacement",
            )
        )
        if not fpc:
            break
    return tuple(stages)


def _adjustments(settings: Mapping[str, str], source: str) -> list[str]:
    """Post-strata and calibration, which svy carries out and the survey made here does not."""
    told = []
    if "poststrata" in settings:
        sizes = settings.get("postweight", "")
        told.append(word("told.plan_poststrata", source=source, strata=settings["poststrata"], sizes=sizes))
    if "calmethod" in settings:
        model = settings.get("calmodel", "")
        told.append(word("told.plan_calibration", source=source, method=settings["calmethod"], model=model))
    return told


def _replicates(
    vce: str, settings: Mapping[str, str], found: Mapping[Owned, str], source: str
) -> tuple[ReplicateKind | None, list[str]]:
    """The replicate weights that vce() asks for, and what of it is done otherwise here."""
    if vce == "linearized":
        return None, []
    names = settings.get(REPLICATES[vce], "").split()
    if not names:
        return None, [word("told.plan_make", source=source, method=vce)]
    centre: Centre = "estimate" if settings.get("mse") else "mean"
    df = None if "dof" not in settings else _number("dof", settings["dof"], source)
    match vce:
        case "brr":
            return _brr(names, _number("fay", settings.get("fay", "0"), source), centre, df, source), []
        case "bootstrap":
            means = _number("bsn", settings.get("bsn", "1"), source)
            return Bootstrap(names, scale=means / len(names), centre=centre, df=df), []
        case "sdr":
            left = 1 - _number("sdrfpc", settings.get("sdrfpc", "0"), source)
            return SDR(names, scale=left * 4 / len(names), centre=centre, df=df), []
    return _jackknife(names, found, centre, df, source)


def _brr(names: list[str], fay: float, centre: Centre, df: float | None, source: str) -> ReplicateKind:
    if fay == 0:
        return BRR(names, centre=centre, df=df)
    if fay < 1:
        return Fay(names, rho=fay, centre=centre, df=df)
    if not 1 < fay <= 2:
        raise ReadError(f"{source}: fay of svyset is a number from 0 to 2, but not 1; found {fay:g}")
    # the halves change places; what counts is (1 − f)²
    return BRR(names, scale=1 / (len(names) * (1 - fay) ** 2), centre=centre, df=df)


def _jackknife(
    names: list[str], found: Mapping[Owned, str], centre: Centre, df: float | None, source: str
) -> tuple[ReplicateKind, list[str]]:
    strata = [found.get((name, "jk_stratum"), "") for name in names]
    sizes = Counter(strata)
    rscales = []
    for name, stratum in zip(names, strata, strict=True):
        size = sizes[stratum]
        said = found.get((name, "jk_multiplier"), "")
        multiplier = _number("jk_multiplier", said, source) if said else (size - 1) / size
        fpc = found.get((name, "jk_fpc"), "")
        rscales.append(multiplier * (1 - (_number("jk_fpc", fpc, source) if fpc else 0.0)))
    told = [word("told.plan_jackknife", source=source)] if centre == "mean" and len(sizes) > 1 else []
    return JKn(names, rscales=rscales, centre=centre, df=df), told
