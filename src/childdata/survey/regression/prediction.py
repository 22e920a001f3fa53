"""What the model says of single records, with the uncertainty of its coefficients.

η = xβ has the variance xᵀ V x; a mean μ(η) has the standard error |μ′(η)| se(η), and its limits are those of η carried
through the link, so that they stay where a mean can be. Probabilities of ordered categories have the limits of a logit.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
import polars as pl

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats
from childdata.survey.columns import Records
from childdata.survey.intervals import t_quantile
from childdata.survey.regression.families import LINKS
from childdata.survey.regression.fitting import Fitted
from childdata.survey.regression.model import Model
from childdata.survey.regression.ordinal import OrdinalFit

PredictionScale = Literal["response", "link"]
ResidualKind = Literal["response", "pearson", "deviance"]


def predicted(
    fitted: Fitted, covariance: Floats, df: float, level: float, data: object | None, scale: PredictionScale
) -> pd.DataFrame:
    """Predictions for the records of the survey, or of other data.

    Returns
    -------
    pandas frame with `estimate`, `se`, `ci_low`, `ci_high`, and `item` for each category of an ordered response;
    unknown where a variable of the formula is.
    """
    if scale not in ("response", "link"):
        raise EstimationError(f"scale is 'response' or 'link'; found {scale!r}")
    model = fitted.model
    if data is None:
        matrix, offset = model.remade(model.survey.records, others="missing")
    else:
        matrix, offset = model.remade(other_records(model, data))
    known = np.isfinite(matrix).all(axis=1) & np.isfinite(offset)
    half = float(t_quantile(np.array([df]), level)[0])
    columns = matrix.shape[1]
    x, at = matrix[known], fitted.coefficients
    eta = x @ at[:columns] + offset[known]
    root = np.sqrt(np.einsum("ij,jk,ik->i", x, covariance[:columns, :columns], x))
    if scale == "link":
        return _frame(known, [("", eta, root, eta - half * root, eta + half * root)], fitted)
    if model.levels is None:
        link = LINKS[fitted.link]
        low, high = link.mean(eta - half * root), link.mean(eta + half * root)
        ends = np.minimum(low, high), np.maximum(low, high)
        return _frame(known, [("", link.mean(eta), np.abs(link.slope(eta)) * root, *ends)], fitted)
    return _frame(known, _categories(fitted, covariance, x, offset[known], half), fitted)


def residuals_of(fitted: Fitted, kind: ResidualKind) -> Floats:
    """Residuals of every record of the survey, array (n,); NaN where a record is not used.

    Raises
    ------
    EstimationError for an ordinal model, which has none.
    """
    if isinstance(fitted.fit, OrdinalFit):
        raise EstimationError("ordered categories have no residuals; see predict() for their probabilities")
    if kind not in get_args(ResidualKind):
        raise EstimationError(f"kind is one of {', '.join(map(repr, get_args(ResidualKind)))}; found {kind!r}")
    problem, mean = fitted.fit.problem, fitted.fit.mean
    apart: Floats = problem.y - mean
    if kind == "pearson":
        apart = apart / np.sqrt(problem.family.variance(mean))
    elif kind == "deviance":
        apart = np.sign(apart) * np.sqrt(np.maximum(problem.family.deviance(problem.y, mean), 0.0))
    result = np.full(fitted.model.used.size, np.nan)
    result[fitted.model.used] = apart
    return result


def _categories(
    fitted: Fitted, covariance: Floats, x: Floats, offset: Floats, half: float
) -> list[tuple[str, Floats, Floats, Floats, Floats]]:
    found = fitted.outcomes(x, offset)
    assert found.by_threshold is not None
    made = []
    for k, name in enumerate(fitted.categories):
        gradient = np.hstack([found.by_eta[:, [k]] * x, found.by_threshold[:, k]])
        p, se = found.value[:, k], np.sqrt(np.einsum("ij,jk,ik->i", gradient, covariance, gradient))
        with np.errstate(divide="ignore", invalid="ignore"):
            centre, reach = np.log(p / (1 - p)), half * se / (p * (1 - p))
        logit = LINKS["logit"].mean
        made.append((name, p, se, logit(centre - reach), logit(centre + reach)))
    return made


def _frame(known: np.ndarray, made: list[tuple[str, Floats, Floats, Floats, Floats]], fitted: Fitted) -> pd.DataFrame:
    frames = []
    for name, *columns in made:
        frame = pd.DataFrame(np.nan, index=np.arange(known.size), columns=["estimate", "se", "ci_low", "ci_high"])
        frame.loc[known] = np.column_stack(columns)
        if len(made) > 1:
            frame.insert(0, "item", name)
        frames.append(frame)
    whole = pd.concat(frames)
    return whole.sort_index(kind="stable")


def other_records(model: Model, data: object) -> Records:
    """Other data as records; categories may be given by their labels or by their codes.

    Raises
    ------
    VariableError for a variable that is missing; EstimationError for a level that the model does not know.
    """
    if isinstance(data, pd.Series) or not (hasattr(data, "columns") or isinstance(data, dict)):
        raise EstimationError(
            "predictions are made for a frame or a mapping of columns, such as "
            "{'age': [10, 12], 'sex': ['girl', 'boy']}; "
            f"found {type(data).__name__}"
        )
    if isinstance(data, dict):
        data = pd.DataFrame({name: np.atleast_1d(np.asarray(values, dtype=object)) for name, values in data.items()})
        data = data.infer_objects()
    records = Records.of(data)
    frame = records.columns(records.names)
    own = model.survey.records
    for place, levels in model.predictors.levels.items():
        rule = model.formula.pieces[place].rule
        if rule.kind != "column" or any(isinstance(value, str) for value in levels.values):
            continue
        name = records.find(rule.names[0])
        given = frame[name].to_list()
        if any(isinstance(value, str) for value in given):
            # labels of coded answers: the codes behind them, so that rules on the codes hold as well
            codes = [None if value is None else levels.values[levels.place(value, name)] for value in given]
            frame = frame.with_columns(pl.Series(name, codes))
    return Records(frame, None, own.variables, records.names, "the data to predict for")
