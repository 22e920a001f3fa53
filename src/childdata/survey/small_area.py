"""How is it in each small area, when the sample there is too small to say? The area model of Fay and Herriot.

Direct estimates of areas borrow strength from a regression on what is known of all areas (a census, registers): each
becomes γ · direct + (1 − γ) · regression, the more of the direct estimate the smaller its variance. Areas without a
sample get the regression. Formulas, methods and their sources are in `area_fit`.

The variances are the design's; by convention they count as known. `variance="smoothed"` replaces them by a function of
the sample size, ψ̃_i = exp(a + b log n_i) · Σ ψ / Σ exp(a + b log n), fitted to log ψ by least squares.

Source: Fay & Herriot (1979), JASA 74, 269-277; Rao & Molina (2015), Small Area Estimation, chapter 6; smoothing: You &
Hidiroglou (2012), Proceedings of the Survey Methods Section, Statistical Society of Canada; Hidiroglou, Beaumont & Yung
(2019), Survey Methodology 45, 101-126.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from childdata.errors import EstimationError, ExpressionError, nearest
from childdata.survey.area_fit import AreaFit, Method, fit_areas
from childdata.survey.area_model import RESULTS, AreaModel
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.columns import Records
from childdata.survey.design import label
from childdata.survey.estimates import Estimates
from childdata.survey.intervals import multiplier
from childdata.survey.regression.formula import Formula, read_formula
from childdata.survey.regression.predictors import Predictors, evaluate_pieces, make_predictors
from childdata.vocabulary import MISSING, TOTAL
from childdata.words import word

Variance = Literal["as given", "smoothed"]
CORRELATED = 0.1  # between two direct estimates: from here on it is told


def fay_herriot(
    estimates: Estimates,
    areas: pd.DataFrame,
    formula: str = "~ 1",
    *,
    method: Method = "reml",
    variance: Variance = "as given",
) -> AreaModel:
    """Estimates of small areas: direct estimates and a regression on auxiliaries, each weighted by what it is worth.

    Parameters
    ----------
    estimates : one statistic by one variable, whose labels are the areas.
        Such as `survey.estimate(cd.mean("poor == 1"), by="district")`; totals are left out.
    areas : pandas frame with a row for every area, those without a sample too; its index holds the areas' labels.
    formula : the auxiliaries, such as `"~ C(region) + log(density)"`; columns of `areas`, none of them missing.
    method : how the variance of the areas' effects is found: `"reml"`, `"ml"`, `"fh"` (the moments of Fay and Herriot)
        or `"pr"` (those of Prasad and Rao).
    variance : of the direct estimates: `"as given"` by the design, or `"smoothed"` over areas by their numbers of
        records.

    Returns
    -------
    AreaModel: an estimate for each row of `areas`, in its order, with its mean squared error. Intervals are estimate ±
    z · root of the mean squared error, at the level of the direct estimates (± 2 under `"mics"` and `"dhs"`).

    A direct estimate without a standard error above 0 (one PSU, a share of exactly 0 or 1) counts as none, unless
    variances are smoothed. Covariances between direct estimates are not used; large ones are told in the notes.

    Raises
    ------
    EstimationError if rows are not one per area, an area is not in `areas`, an auxiliary is missing, or there are not
    more areas with a direct estimate than coefficients; ExpressionError, VariableError for the formula.

    Source: Rao & Molina (2015), Small Area Estimation, sections 6.1, 6.2 and 6.4.1.

    >>> import childdata as cd
    >>> from childdata.survey.small_area import fay_herriot
    >>> y = [1, 3, 2, 2, 5, 6, 4, 5, 4, 6, 8, 6, 7, 7, 9, 9, 3, 2, 2, 1]
    >>> direct = cd.Survey({"area": list("AAAABBBBCCCCDDDDEEEE"), "y": y}).estimate(cd.mean("y"), by="area")
    >>> known = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 1.5, 2.5]}, index=list("ABCDEF"))
    >>> fay_herriot(direct, known, "~ x").to_frame()[["area", "direct", "gamma", "estimate"]].round(2)
      area  direct  gamma  estimate
    0    A     2.0   0.82      1.98
    1    B     5.0   0.82      4.82
    2    C     6.0   0.53      6.04
    3    D     8.0   0.69      8.05
    4    E     2.0   0.82      2.17
    5    F     NaN    NaN      5.03
    """
    _check(method, variance)
    by, direct, notes = _direct(estimates)
    given = _areas(areas, by)
    places = _places(direct[by].tolist(), given)
    frame = direct.drop(columns=by).set_index(places).reindex(range(len(given)))
    n = frame["n"].fillna(0).to_numpy(dtype=float)
    y, psi = frame["estimate"].to_numpy(dtype=float), frame["se"].to_numpy(dtype=float) ** 2
    if variance == "smoothed":
        psi, slope, used = smoothed(np.where(np.isfinite(y), psi, np.nan), n)
        notes.append(word("told.area_smoothed", count=used, slope=f"{slope:.3g}"))
    sampled = np.isfinite(y) & np.isfinite(psi) & (psi > 0)
    x, names = _auxiliaries(_formula(formula), given, sampled)
    fit = fit_areas(y[sampled], psi[sampled], x[sampled], method)
    made = _estimates(
        fit, x, sampled, multiplier(estimates.convention, np.array([np.inf]), estimates.settings["level"])
    )
    made[by], made["n"] = list(given.index), n.astype(int)
    made["direct"], made["direct_se"], made["variance"] = y, frame["se"].to_numpy(), np.where(sampled, psi, np.nan)
    scale = str(direct["scale"].iloc[0])
    notes += _told_of_direct(estimates, direct, places, sampled, np.isfinite(y))
    notes += _told_of_model(fit, made, scale)
    own = {"model": f"Fay-Herriot, {method}", "auxiliaries": formula, "variance": variance}
    return AreaModel(
        frame=made[[by, *RESULTS]],
        by=by,
        names=names,
        fit=fit,
        rows=direct,
        scale=scale,
        heading=str(estimates.headings.get(by, by)),
        settings={**estimates.settings, **own},
        notes=(*estimates.notes, *notes),
    )


def _check(method: str, variance: str) -> None:
    for name, found, choices in (("method", method, get_args(Method)), ("variance", variance, get_args(Variance))):
        if found not in choices:
            raise EstimationError(
                f"{name} is one of {', '.join(map(repr, choices))}; found {found!r}{nearest(str(found), choices)}"
            )


def _direct(estimates: Estimates) -> tuple[str, pd.DataFrame, list[str]]:
    """The variable of the areas, one row for each, and what was left out."""
    if not isinstance(estimates, Estimates):
        raise EstimationError(f"fay_herriot takes estimates of areas; found {type(estimates).__name__}")
    frame = estimates.frame.assign(row=estimates.rows)
    telling = [name for name in ("statistic", "item", *estimates.by) if frame[name].astype(str).nunique() > 1]
    if len(telling) != 1 or telling[0] not in estimates.by:
        raise EstimationError(
            "fay_herriot takes one statistic by one variable, whose labels are the areas; found rows told apart by "
            f"{', '.join(telling) or 'nothing'}: select one of the others first, such as est.select(statistic=...)"
        )
    by = telling[0]
    if by in RESULTS:
        raise EstimationError(f"the result has a column {by!r} of its own; give the variable of the areas another name")
    areas = frame[~frame[by].isin([TOTAL, MISSING])].reset_index(drop=True)
    if areas[by].duplicated().any():
        twice = areas.loc[areas[by].duplicated(), by].iloc[0]
        raise EstimationError(f"area {twice!r} has several estimates; make it one label, one area")
    left_out = len(frame) - len(areas)
    return by, areas, [word("told.area_totals", count=left_out)] if left_out else []


def _areas(areas: pd.DataFrame, by: str) -> pd.DataFrame:
    """The auxiliaries, their index as labels."""
    if not isinstance(areas, pd.DataFrame):
        raise EstimationError(
            f"areas= is a pandas frame whose index holds the labels of {by!r}; found {type(areas).__name__}"
        )
    labels = [label(one) for one in areas.index]
    if len(set(labels)) < len(labels):
        twice = next(one for one in labels if labels.count(one) > 1)
        raise EstimationError(f"areas= has two rows for {twice!r}; its index holds each area once")
    return areas.set_axis(labels, axis="index")


def _places(labels: list[str], areas: pd.DataFrame) -> Codes:
    """Which row of the areas each estimate belongs to."""
    place = {name: k for k, name in enumerate(areas.index)}
    lost = [one for one in labels if str(one) not in place]
    if lost:
        raise EstimationError(
            f"{len(lost)} of {len(labels)} areas with an estimate are not among the {len(place)} labels in the index "
            f"of areas= (first: {lost[0]!r}{nearest(str(lost[0]), place)}); add them, or set_index the right column"
        )
    return np.array([place[str(one)] for one in labels], dtype=np.intp)


def smoothed(psi: Floats, n: Floats) -> tuple[Floats, float, int]:
    """Sampling variances as a function of the number of records.

    Parameters
    ----------
    psi : array (areas,); variances, not all known. n : array (areas,); records.

    Returns
    -------
    The smoothed variance of every area with records, the slope on log n, and the number of areas it was found on.

    >>> smoothed(np.array([0.4, 0.2, np.nan]), np.array([10.0, 20.0, 40.0]))[0].round(12).tolist()
    [0.4, 0.2, 0.1]
    """
    known = np.isfinite(psi) & (psi > 0) & (n > 0)
    if known.sum() < 2:
        raise EstimationError(
            f"variances are smoothed over areas that have one; found {int(known.sum())}, wanted are 2"
        )
    logs = np.log(np.where(n > 0, n, 1.0))
    columns = np.column_stack([np.ones(n.size), logs])
    slopes = np.linalg.lstsq(columns[known], np.log(psi[known]), rcond=None)[0]
    made = np.exp(columns @ slopes)
    made *= psi[known].sum() / made[known].sum()
    return np.where(n > 0, made, np.nan), float(slopes[1]), int(known.sum())


def _formula(text: str) -> Formula:
    if not isinstance(text, str) or not text.strip().startswith("~"):
        raise ExpressionError(
            "the formula of an area model begins with '~', the direct estimates being its left side: "
            f"'~ x1 + C(region)'; found {text!r}"
        )
    formula = read_formula(f"0 {text.strip()}")
    if not formula.terms:
        raise ExpressionError("the formula of an area model has a term at least, be it the intercept: '~ 1'")
    if formula.offsets:
        raise ExpressionError("the formula of an area model has no offset(); take it from the statistic")
    return formula


def _auxiliaries(formula: Formula, areas: pd.DataFrame, sampled: Mask) -> tuple[Floats, tuple[str, ...]]:
    """The columns of the regression for all areas, made as the areas with a direct estimate ask for."""
    records = Records.of(areas.reset_index(drop=True))
    frame = records.evaluate({rule.text: rule for rule in formula.rules}).frame
    evaluated = evaluate_pieces(formula, records, frame)
    for place, one in evaluated.items():
        if not one.known.all():
            raise EstimationError(
                f"the auxiliary {formula.pieces[place].text!r} is missing in {int((~one.known).sum())} of {len(areas)} "
                "areas; every area, also one without a sample, wants its auxiliaries"
            )
    if sampled.sum() <= len(formula.terms):
        raise _too_few(int(sampled.sum()), len(formula.terms))
    predictors, _ = make_predictors(formula, evaluated, sampled)
    values: dict[int, Floats | Codes] = {}
    for place, one in evaluated.items():
        if one.factor is not None:
            values[place] = predictors.codes(place, one.factor, "refuse")
        elif one.number is not None:
            values[place] = one.number
    matrix = predictors.matrix(values, len(areas))
    _check_rank(matrix[sampled], predictors)
    return matrix, predictors.names


def _too_few(areas: int, coefficients: int) -> EstimationError:
    return EstimationError(
        f"the model has {coefficients} coefficients and {areas} areas with a direct estimate and a standard error "
        "above 0; it wants more areas than coefficients, and better many more"
    )


def _check_rank(matrix: Floats, predictors: Predictors) -> None:
    areas, columns = matrix.shape
    if areas <= columns:
        raise _too_few(areas, columns)
    length = np.sqrt((matrix**2).sum(axis=0))
    scaled = matrix / np.where(length > 0, length, 1.0)
    for place in range(columns):
        if np.linalg.matrix_rank(scaled[:, : place + 1], tol=1e-9) <= place:
            raise EstimationError(
                f"the auxiliary {predictors.names[place]!r} follows from the others in the areas with a direct "
                "estimate; leave it out of the formula"
            )


def _estimates(fit: AreaFit, x: Floats, sampled: Mask, times: Floats) -> pd.DataFrame:
    """The model's columns for every area."""

    def spread(values: Floats) -> Floats:
        every = np.full(sampled.size, np.nan)
        every[sampled] = values
        return every

    synthetic = fit.synthetic(x)
    estimate = np.where(sampled, spread(fit.eblup), synthetic)
    mse = np.where(sampled, spread(fit.mse), fit.sigma2 + fit.leverage(x))
    mse = np.where(mse >= 0, mse, np.nan)
    se = np.sqrt(mse)
    half = times * se
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(estimate != 0, se / np.abs(estimate), np.nan)
    return pd.DataFrame(
        {
            "estimate": estimate,
            "se": se,
            "ci_low": estimate - half,
            "ci_high": estimate + half,
            "cv": cv,
            "mse": mse,
            "gamma": spread(fit.gamma),
            "synthetic": synthetic,
            "residual": spread(fit.residuals),
            "source": np.where(sampled, "model", "regression"),
        }
    )


def _told_of_direct(
    estimates: Estimates, direct: pd.DataFrame, places: Codes, sampled: Mask, estimated: Mask
) -> list[str]:
    """Which areas have no direct estimate to use, and whether those used are independent."""
    told = [word("told.area_synthetic", count=int((~sampled).sum()))] if not sampled.all() else []
    without = int((estimated & ~sampled).sum())
    told += [word("told.area_no_error", count=without)] if without else []
    used = direct["row"].to_numpy()[sampled[places]]
    matrix = estimates.spread.take(used).covariance()
    size = np.sqrt(np.diagonal(matrix))
    scale = np.where(size > 0, size, np.inf)
    pairs = np.abs((matrix / np.outer(scale, scale))[np.triu_indices(size.size, 1)])
    large = int((pairs > CORRELATED).sum())
    if large:
        told.append(word("told.area_correlated", bound=CORRELATED, count=large, most=f"{pairs.max():.2f}"))
    return told


def _told_of_model(fit: AreaFit, made: pd.DataFrame, scale: str) -> list[str]:
    """What the reader should know of the fit."""
    told = [word("told.area_zero")] if fit.sigma2 == 0 else []
    outside = int(((made["estimate"] < 0) | (made["estimate"] > 1)).sum()) if scale == "share" else 0
    told += [word("told.area_outside", count=outside)] if outside else []
    negative = int(made["mse"].isna().sum())
    return told + ([word("told.area_negative", count=negative)] if negative else [])
