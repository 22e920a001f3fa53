"""The auxiliaries of a calibration: a matrix of columns with known totals.

A category variable is one column of 0 and 1 for each category, a number or a rule is one column; or the columns are
those of a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl

from childdata.errors import EstimationError, nearest
from childdata.survey.arrays import Codes, Floats
from childdata.survey.survey import Survey
from childdata.survey.weighting.indicators import indicators
from childdata.survey.weighting.modelled import model_columns
from childdata.survey.weighting.totals import (
    As,
    Known,
    Margin,
    as_rule,
    cells_of,
    listed,
    read_margin,
    refuse_missing,
    refuse_text,
    same_sums,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_ROLE = "is calibrated on"


@dataclass(frozen=True, slots=True, eq=False)
class Auxiliaries:
    """What is calibrated on.

    Attributes
    ----------
    matrix : sparse array (n, p); X.
    totals : array (p,); t.
    names : of the columns.
    variables : what the user called them.
    margin : array (p,); the number of the category variable that a column belongs to, -1 if it is none's.
    """

    matrix: csr_array
    totals: Floats
    names: tuple[str, ...]
    variables: tuple[str, ...]
    margin: Codes

    def within(self, weight: Floats) -> tuple[Auxiliaries, int]:
        """What the weights of a replicate can be calibrated on, and the number of columns that are zero there.

        The other categories of a variable take the place of one that has no record.
        """
        used = abs(self.matrix).T @ np.abs(weight) > 0
        if used.all():
            return self, 0
        totals = np.where(used, self.totals, 0.0)
        for number in np.unique(self.margin[~used & (self.margin >= 0)]):
            own = self.margin == number
            totals[own] *= self.totals[own].sum() / totals[own].sum()
        return replace(self, totals=totals), int((~used).sum())


def read_auxiliaries(survey: Survey, totals: Known, formula: str | None, as_: As) -> Auxiliaries:
    """The auxiliaries that a user gave totals of.

    Raises
    ------
    EstimationError for missing values, categories without a total, totals without a record or a column.
    VariableError for names that are not in the data, and text where numbers are wanted.
    """
    if not isinstance(totals, Mapping) or not totals:
        raise EstimationError(
            'totals are by auxiliary, such as {"stype": {"E": 4421, "H": 755, "M": 1018}, "api99": 3914069}; '
            f"found {'none' if isinstance(totals, Mapping) else type(totals).__name__}"
        )
    if formula is not None:
        return _of_formula(survey, totals, formula, as_)
    weight = survey.design.weight
    size = float(weight.sum())
    blocks: list[csr_array] = []
    wanted: list[Floats] = []
    names: list[str] = []
    margins: list[Margin] = []
    of_margin: list[int] = []
    for key, given in totals.items():
        if isinstance(given, (Mapping, pd.Series, pd.DataFrame, pl.DataFrame)):
            cells = cells_of(survey.records, _variables(key), weight > 0, role=_ROLE)
            margin = read_margin(cells, given, as_=as_, size=size)
            of_margin += [len(margins)] * margin.totals.size
            margins.append(margin)
            blocks.append(indicators([cells]))
            wanted.append(margin.totals)
            names += [f"{cells.name} = {label}" for label in cells.labels()]
        else:
            rule = "1" if key in ("(Intercept)", "Intercept") else str(key)
            total = _number(rule, given)
            blocks.append(_number_column(survey, rule))
            wanted.append(np.array([total * size if as_ == "shares" else total]))
            names.append(rule)
            of_margin.append(-1)
    same_sums(margins, advice="correct them")
    return Auxiliaries(
        _beside(blocks), np.concatenate(wanted), tuple(names), tuple(map(_called, totals)), np.array(of_margin)
    )


def _variables(key: object) -> list[str]:
    return [str(one) for one in key] if isinstance(key, tuple) else [str(key)]


def _called(key: object) -> str:
    return " × ".join(_variables(key))


def _number(name: str, value: object) -> float:
    """One total; other than a category's, that of a number may be negative."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise EstimationError(f"the total of {name!r} is a number, or one for each category; found {value!r}")
    return number


def _number_column(survey: Survey, rule: str) -> csr_array:
    from scipy.sparse import csr_array

    column = survey.records.evaluate({"total": as_rule(survey.records, rule)}).frame["total"]
    refuse_text(rule, column)
    refuse_missing(rule, column.is_null().to_numpy() & (survey.design.weight > 0), _ROLE)
    return csr_array(column.cast(pl.Float64).fill_null(0.0).to_numpy()[:, None])


def _beside(blocks: list[csr_array]) -> csr_array:
    from scipy.sparse import hstack

    matrix: csr_array = hstack(blocks, format="csr")
    return matrix


def _of_formula(survey: Survey, totals: Known, formula: str, as_: As) -> Auxiliaries:
    matrix, names = model_columns(survey.records, formula, survey.design.weight > 0, role=_ROLE)
    place = {_plain(name): k for k, name in enumerate(names)}
    wanted = np.full(len(names), np.nan)
    for key, given in totals.items():
        column = place.get(_plain(str(key)))
        if column is None:
            raise EstimationError(
                f"the formula {formula!r} makes no column {str(key)!r}{nearest(str(key), names)}; "
                f"its columns: {', '.join(map(repr, names))}"
            )
        wanted[column] = _number(names[column], given)
    without = [name for name, total in zip(names, wanted, strict=True) if np.isnan(total)]
    if without:
        raise EstimationError(f"the formula {formula!r} makes {listed(without)}, but no total was given for it")
    if as_ == "shares":
        wanted = wanted * survey.design.weight.sum()
    return Auxiliaries(matrix, wanted, names, (formula,), np.full(len(names), -1))


def _plain(name: str) -> str:
    """A column's name as both Python's formulas and R's write it: stype[T.H] and stypeH, Intercept and (Intercept)."""
    return "".join(letter for letter in name.replace("[T.", "") if letter not in "[]() ")
