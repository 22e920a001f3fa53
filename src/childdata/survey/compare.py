"""How much has changed between surveys, and could it be chance? Estimates of several surveys in one covariance.

`together` puts the rows of several surveys side by side, with the covariance that their samples give them; a
difference, a ratio or a yearly rate of change is then a formula of two rows like any other. Whether the samples share
units is for the user to say, since no file tells it.

Source: Kish (1965), Survey Sampling, section 12.4; Satterthwaite (1946), Biometrics Bulletin 2(6), 110-114.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeVar, cast, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from childdata.errors import EstimationError, nearest
from childdata.microdata.labels import Frozen
from childdata.survey.arrays import Codes, Floats
from childdata.survey.labelled import Labelled, Pairwise
from childdata.survey.matching import Matched, Overlap, correlated, independent, replicated, sharing
from childdata.words import word

Measure = Literal["difference", "ratio", "relative change", "annualised", "annualised difference"]
Against = Literal["first", "previous"]

Made = TypeVar("Made", bound=Labelled)


def together(estimates: Sequence[Made], *, overlap: Overlap | ArrayLike, names: Sequence[str] | None = None) -> Made:
    """Estimates of several surveys side by side, with the covariance that their samples have.

    Parameters
    ----------
    estimates : one for each survey, by the same variables.
    overlap : `"none"`: the samples were drawn independently; `"psu"`: they share PSUs, matched by the label of the
        stratum and the number of the PSU; `"household"`: units of the second stage as well; `"replicates"`: they have
        replicate weights made alike, replicate r being one draw in all, as of two weights of one file; a number from -1
        to 1: the correlation of the two estimates, where the files do not say; or an array (surveys, surveys) of them.
    names : of the surveys; "1", "2" and so on by default.

    Returns
    -------
    Estimates with all rows, and the variable `survey` before the others of `by`. Units that two surveys share are
    counted in the notes.

    Raises
    ------
    EstimationError for fewer than two sets, other variables, a correlation that cannot be, or no unit in common.

    >>> import childdata as cd
    >>> a = cd.Survey({"y": [1.0, 2.0, 6.0]}).estimate(cd.mean("y"))
    >>> b = cd.Survey({"y": [2.0, 5.0, 8.0]}).estimate(cd.mean("y"))
    >>> cd.together([a, b], overlap="none", names=["2019", "2024"]).to_frame()[["survey", "estimate"]].values.tolist()
    [['2019', 3.0], ['2024', 5.0]]
    """
    named = _checked(estimates, names)
    first = estimates[0]
    spreads = [one.spread.take(one.rows) for one in estimates]
    notes: list[str] = []
    if isinstance(overlap, str):
        if overlap not in get_args(Overlap):
            choices = get_args(Overlap)
            listed = ", ".join(map(repr, choices))
            raise EstimationError(
                f"overlap is one of {listed}, or a correlation from -1 to 1; found {overlap!r}"
                + nearest(overlap, choices)
            )
        if overlap == "none":
            spread = independent(spreads)
        elif overlap == "replicates":
            spread = replicated(spreads, named)
        else:
            spread, found = sharing(spreads, cast(Overlap, overlap), named)
            notes += _counted(found, estimates, named)
    else:
        spread = correlated(spreads, _correlations(overlap, len(estimates)), _matches(estimates))
    frames = [one.frame.assign(survey=name) for one, name in zip(estimates, named, strict=True)]
    frame = pd.concat(frames, ignore_index=True)
    by = ("survey", *first.by)
    others = [name for name in frame if name not in ("statistic", "item", *by)]
    settings = {**_settings(estimates, named), "overlap": overlap if isinstance(overlap, str) else str(overlap)}
    return replace(
        first,
        frame=frame[["statistic", "item", *by, *others]],
        by=by,
        settings=Frozen(settings),
        notes=(*_notes(estimates, named), *notes),
        spread=spread,
        rows=np.arange(len(frame)),
    )


def compare(
    estimates: Sequence[Made],
    *,
    overlap: Overlap | ArrayLike,
    measure: Measure = "difference",
    against: Against = "first",
    years: Sequence[float] | None = None,
    names: Sequence[str] | None = None,
) -> Made:
    """What has changed between surveys, with its standard error.

    Rows of two surveys belong together if they agree in all their labels; those that only one survey has are counted in
    the notes.

    Parameters
    ----------
    estimates : one for each survey, in the order of time, by the same variables.
    overlap : whether the samples share units: `"none"`, `"psu"`, `"household"`, `"replicates"`, or a correlation; see
        `together`. There is no default: a wrong guess may double a standard error, or halve it.
    measure : of a later value b and an earlier value a: `"difference"`, b − a; `"ratio"`, b / a; `"relative change"`,
        b / a − 1; `"annualised"`, (b / a)^(1/years) − 1; `"annualised difference"`, (b − a) / years.
    against : each survey is compared with the `"first"`, or with the `"previous"` one.
    years : when each survey was taken, as 2019 or 2019.5.
    names : of the surveys; "1", "2" and so on by default.

    Returns
    -------
    Estimates with a row for each comparison and label, named in the variable `survey`, and the covariance of all. The
    df are those of Satterthwaite for independent samples, else the smaller of the pair's.

    >>> import childdata as cd
    >>> answers = [1.0, 2.0, 6.0], [2.0, 5.0, 8.0], [3.0, 6.0, 9.0]
    >>> waves = [cd.Survey({"y": y}).estimate(cd.mean("y")) for y in answers]
    >>> change = cd.compare(waves, overlap="none", names=["2015", "2019", "2024"])
    >>> change.to_frame()[["survey", "estimate"]].values.tolist()
    [['2019 − 2015', 2.0], ['2024 − 2015', 3.0]]
    """
    if measure not in get_args(Measure):
        choices = get_args(Measure)
        raise EstimationError(
            f"measure is one of {', '.join(map(repr, choices))}; found {measure!r}{nearest(str(measure), choices)}"
        )
    if against not in get_args(Against):
        raise EstimationError(f"against is 'first' or 'previous'; found {against!r}")
    named = _checked(estimates, names)
    taken = _years(years, len(estimates), measure)
    joint = together(estimates, overlap=overlap, names=named)
    pairs, notes = _paired(estimates, named, against)
    b, a = pairs["later"].to_numpy(), pairs["earlier"].to_numpy()
    span = taken[pairs["of"].to_numpy()] - taken[pairs["base"].to_numpy()]
    labels = joint.frame.iloc[b][["statistic", "item", *joint.by]].reset_index(drop=True)
    both = zip(pairs["of"], pairs["base"], span, strict=True)
    labels["survey"] = [_label(measure, named[later], named[earlier], time) for later, earlier, time in both]
    formula = _formula(measure, span)
    df = _satterthwaite(joint.frame, b, a, formula) if isinstance(overlap, str) and overlap == "none" else None
    scale = "difference" if "difference" in measure else "index"
    made = joint._combined(joint, b, a, formula, labels, scale, df)
    settings = {**joint.settings, "measure": measure} | ({"df": "satterthwaite"} if df is not None else {})
    return replace(made, notes=(*made.notes, *notes), settings=Frozen(settings))


def _paired(estimates: Sequence[Labelled], names: Sequence[str], against: Against) -> tuple[pd.DataFrame, list[str]]:
    """The rows of each comparison among the rows of all surveys, and notes on rows that are left alone."""
    places = _matches(estimates)
    shift = np.cumsum([0, *(len(one) for one in estimates)])
    parts, notes = [], []
    for number in range(1, len(estimates)):
        base = 0 if against == "first" else number - 1
        later, earlier = places[number], places[base]
        both = (later >= 0) & (earlier >= 0)
        if not both.any():
            raise EstimationError(
                f"no row of survey {names[number]} has the labels of a row of survey {names[base]}; estimate the same "
                "statistics, under the same names and by the same labels"
            )
        alone = int(((later >= 0) ^ (earlier >= 0)).sum())
        if alone:
            first, second = repr(names[number]), repr(names[base])
            notes.append(word("told.alone", count=alone, name="'survey'", first=first, second=second))
        part = pd.DataFrame({"later": shift[number] + later[both], "earlier": shift[base] + earlier[both]})
        parts.append(part.sort_values("later").assign(of=number, base=base))
    return pd.concat(parts, ignore_index=True), notes


def _formula(measure: Measure, years: Floats) -> Pairwise:
    """Value and derivatives of a measure of a later value y and an earlier x, given as (later, earlier)."""

    def formula(y: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
        one = np.ones_like(y)
        with np.errstate(divide="ignore", invalid="ignore"):
            match measure:
                case "difference":
                    return y - x, one, -one
                case "annualised difference":
                    return (y - x) / years, one / years, -one / years
                case "annualised":
                    rate = (y / x) ** (1 / years)
                    return rate - 1, rate / (years * y), -rate / (years * x)
            ratio = y / x
            return ratio - (measure == "relative change"), 1 / x, -ratio / x

    return formula


def _label(measure: Measure, later: str, earlier: str, years: float) -> str:
    match measure:
        case "difference":
            return f"{later} − {earlier}"
        case "ratio":
            return f"{later} / {earlier}"
        case "relative change":
            return f"{later} / {earlier} − 1"
        case "annualised":
            return f"({later} / {earlier})^(1/{years:g}) − 1"
    return f"({later} − {earlier}) / {years:g}"


def _satterthwaite(frame: pd.DataFrame, b: Codes, a: Codes, formula: Pairwise) -> Floats:
    """(V_1 + V_2)² / (V_1²/df_1 + V_2²/df_2), V_s what each survey adds to the variance of the measure."""
    value, se, df = (frame[name].to_numpy(dtype=float) for name in ("estimate", "se", "df"))
    _, by_later, by_earlier = formula(value[b], value[a])
    later, earlier = (by_later * se[b]) ** 2, (by_earlier * se[a]) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = (later + earlier) ** 2 / (later**2 / df[b] + earlier**2 / df[a])
    return np.where(np.isfinite(found), found, np.minimum(df[b], df[a]))


def _checked(estimates: Sequence[Labelled], names: Sequence[str] | None) -> list[str]:
    """The names of the surveys, once it is sure that the sets can be compared."""
    if len(estimates) < 2 or not all(isinstance(one, Labelled) for one in estimates):
        raise EstimationError(f"estimates of two surveys or more are compared; found {len(estimates)}")
    named = [str(name) for name in names] if names is not None else [str(k + 1) for k in range(len(estimates))]
    if len(named) != len(estimates) or len(set(named)) < len(named):
        raise EstimationError(
            f"names= has a name of its own for each of the {len(estimates)} surveys; found {', '.join(named)}"
        )
    first = estimates[0]
    for name, one in zip(named, estimates, strict=True):
        if set(one.by) != set(first.by):
            raise EstimationError(
                f"surveys are compared by the same variables; survey {named[0]} is by {', '.join(first.by) or 'none'}, "
                f"survey {name} by {', '.join(one.by) or 'none'}"
            )
        for setting in ("convention", "level"):
            if one.settings[setting] != first.settings[setting]:
                raise EstimationError(
                    f"surveys are compared under one {setting}; found {first.settings[setting]} and "
                    f"{one.settings[setting]}"
                )
        if one.frame.duplicated(["statistic", "item", *first.by]).any():
            raise EstimationError(f"several rows of survey {name} have the same labels; select or name them apart")
    if "survey" in first.by:
        raise EstimationError("rows are by a variable called 'survey', which is what tells surveys apart; rename it")
    return named


def _matches(estimates: Sequence[Labelled]) -> list[Codes]:
    """For each survey the place of the row that has each set of labels, -1 where it has none."""
    keys = ["statistic", "item", *estimates[0].by]
    places: dict[tuple[object, ...], list[int]] = {}
    for number, one in enumerate(estimates):
        for row, key in enumerate(one.frame[keys].itertuples(index=False, name=None)):
            places.setdefault(key, [-1] * len(estimates))[number] = row
    table = np.array(list(places.values()), dtype=np.intp).reshape(-1, len(estimates))
    return [table[:, number] for number in range(len(estimates))]


def _correlations(given: ArrayLike, surveys: int) -> Floats:
    try:
        matrix = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        matrix = np.full((1, 1, 1), np.nan)
    if matrix.ndim == 0:
        matrix = np.full((surveys, surveys), float(matrix))
        np.fill_diagonal(matrix, 1.0)
    if matrix.shape != (surveys, surveys):
        raise EstimationError(
            "overlap is 'none', 'psu', 'household', 'replicates', a correlation, or an array "
            f"({surveys}, {surveys}) of correlations; found {type(given).__name__}"
        )
    if not (np.abs(matrix) <= 1).all() or not np.array_equal(matrix, matrix.T) or (np.diagonal(matrix) != 1).any():
        raise EstimationError("correlations lie between -1 and 1, are symmetric, and 1 of a survey with itself")
    if np.linalg.eigvalsh(matrix)[0] < -1e-9:
        raise EstimationError(
            f"{surveys} surveys cannot have these correlations with each other: some combination would have a negative "
            "variance; give an array (surveys, surveys), as from samples that drop a part each year"
        )
    return matrix


def _years(years: Sequence[float] | None, surveys: int, measure: Measure) -> Floats:
    if years is None:
        if "annualised" in measure:
            raise EstimationError(f"measure={measure!r} wants years=, when each survey was taken: years=[2019, 2024]")
        return np.arange(surveys, dtype=np.float64)
    taken = np.asarray(years, dtype=np.float64)
    if taken.shape != (surveys,) or not (np.diff(taken) > 0).all():
        raise EstimationError(
            f"years= is one number for each of the {surveys} surveys, each above the last; found {years}"
        )
    return taken


def _counted(found: Sequence[Matched], estimates: Sequence[Labelled], names: Sequence[str]) -> list[str]:
    notes = [
        word(
            f"told.matched_{one.level}s",
            count=one.both,
            first=names[one.first],
            second=names[one.second],
            of_first=one.units[0],
            of_second=one.units[1],
        )
        for one in found
    ]
    declared = {one.spread.keys.strata for one in estimates if one.spread.keys is not None}
    if len(declared) > 1:
        listed = "; ".join(repr(one) for one in sorted(declared))
        notes.append(word("told.strata_named_apart", names=listed))
    return notes


def _settings(estimates: Sequence[Labelled], names: Sequence[str]) -> Mapping[str, object]:
    """The settings that all surveys have, and of each survey those that differ."""
    settings: dict[str, object] = {}
    for name in dict.fromkeys(name for one in estimates for name in one.settings):
        values = [one.settings.get(name, "") for one in estimates]
        told = "; ".join(f"{survey}: {value}" for survey, value in zip(names, values, strict=True))
        settings[name] = values[0] if all(value == values[0] for value in values) else told
    return settings


def _notes(estimates: Sequence[Labelled], names: Sequence[str]) -> list[str]:
    """The notes that all surveys have, and the others with the name of their survey before them."""
    common = set(estimates[0].notes).intersection(*(one.notes for one in estimates[1:]))
    each = zip(names, estimates, strict=True)
    apart = [f"{name}: {note}" for name, one in each for note in one.notes if note not in common]
    return [*(note for note in estimates[0].notes if note in common), *apart]
