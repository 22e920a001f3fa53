"""The data behind a regression: which records it uses, their response and predictors, and what was left out.

A record is used if it is in the domain, has a weight above zero, and every variable of the formula is known. Those left
out as unknown are counted, in all and by variable; the design keeps every PSU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from childdata.errors import EstimationError, VariableError
from childdata.expression import Expression, Rule, parse
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.call import domain_of, rules_of, undefined_notes
from childdata.survey.columns import Columns, Records
from childdata.survey.domains import make_factor
from childdata.survey.regression.checks import Collinear, without_collinear
from childdata.survey.regression.formula import Formula, read_formula, refuse_factor_variables
from childdata.survey.regression.predictors import (
    Evaluated,
    Levels,
    OtherLevels,
    Predictors,
    evaluate_pieces,
    make_predictors,
)
from childdata.survey.survey import Survey
from childdata.words import word


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """The left side on every record: numbers (or codes of ordered levels), and where it is known."""

    value: Floats
    known: Mask
    levels: Levels | None


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A formula on the records of a survey.

    Attributes
    ----------
    inside, used : arrays (n,) of the survey's records: those of the domain with a weight, and those used.
    weight, y, offset : arrays (m,) of the records used. matrix : array (m, p).
    levels : of an ordered response, else None.
    missing : records of the domain with a weight that are unknown, by variable or rule; one may count in several.
    left_out, left_out_share : the records of the domain with a weight that are unknown in any of them, and their
        share of its weights.
    dropped : collinear columns that were left out.
    where : the rules of the domain, as one text.
    """

    survey: Survey
    predictors: Predictors
    inside: Mask
    used: Mask
    weight: Floats
    y: Floats
    matrix: Floats
    offset: Floats
    levels: Levels | None
    missing: Mapping[str, int]
    left_out: int
    left_out_share: float
    dropped: tuple[str, ...]
    where: str
    notes: tuple[str, ...]

    @property
    def formula(self) -> Formula:
        """The formula that was read."""
        return self.predictors.formula

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return self.predictors.names

    def remade(
        self, records: Records, *, truths: Mapping[int, float] | None = None, others: OtherLevels = "refuse"
    ) -> tuple[Floats, Floats]:
        """The columns and the offset for other records, NaN in the rows where a variable is unknown.

        Parameters
        ----------
        truths : pieces, by place, that are taken to be true (1) or false (0) everywhere.
        others : levels that the records of the model do not have are refused, or make the row unknown (`missing`).

        Raises
        ------
        EstimationError for such a level.
        """
        rules = {rule.text: rule for rule in self.formula.rules}
        frame = records.evaluate(rules).frame if rules else pl.DataFrame()
        evaluated = evaluate_pieces(self.formula, records, frame, self.predictors.levels)
        count = _height(records, frame)
        known = np.ones(count, dtype=bool)
        values: dict[int, Floats | Codes] = {}
        for place, one in evaluated.items():
            if one.factor is not None:
                values[place] = self.predictors.codes(place, one.factor, others)
                known &= values[place] >= 0
            elif truths and place in truths:
                values[place] = np.full(count, truths[place])
            else:
                assert one.number is not None
                values[place] = one.number
                known &= one.known
        offset = _offset(self.formula.offsets, frame, count)
        known &= ~np.isnan(offset)
        matrix = np.full((count, len(self.names)), np.nan)
        if known.any():
            chosen = {place: value[known] for place, value in values.items()}
            matrix[known] = self.predictors.matrix(chosen, int(known.sum()))
        return matrix, np.where(known, offset, np.nan)

    def records_used(self) -> Records:
        """The records used with the columns that the right side names, as they are in the data."""
        records = self.survey.records
        names = dict.fromkeys(
            records.find(name) for rule in self.formula.rules for name in (*rule.names, *rule.code_names)
        )
        chosen = np.flatnonzero(self.used)
        frame = records.columns(list(names))[chosen] if names else pl.DataFrame({"row": chosen})
        reasons = None if records.reasons is None else records.reasons[chosen]
        return replace(records, frame=frame, reasons=reasons, names=tuple(names), _factors={})


def make_model(
    survey: Survey,
    text: str,
    *,
    where: Rule | None,
    offset: Rule | None,
    collinear: Collinear,
    ordered: bool,
) -> Model:
    """The model of a formula on the records of a domain.

    Raises
    ------
    ExpressionError, VariableError for the formula; EstimationError where no record is left or columns are collinear.
    """
    formula = read_formula(text)
    refuse_factor_variables(formula, survey.records.names)
    if offset is not None:
        formula = replace(formula, offsets=(*formula.offsets, parse(offset)))
    domain = tuple(rules_of(survey.domain if where is None else (*survey.domain, where)))
    wanted = (formula.response, *formula.rules, *domain)
    _refuse_sets(wanted, survey.records)
    found = survey.records.evaluate({rule.text: rule for rule in wanted})
    columns = Columns(survey.records, found.frame, dict(found.undefined))
    chosen, notes = domain_of(columns, domain, survey.records)
    inside = survey.design.weight > 0 if chosen is None else (survey.design.weight > 0) & chosen
    notes += undefined_notes(columns)
    response = _response(survey.records, formula.response, found.frame, ordered)
    evaluated = evaluate_pieces(formula, survey.records, found.frame)
    known = _known(formula, response, evaluated, found.frame)
    used = inside & np.logical_and.reduce(list(known.values()))
    missing = {name: int((inside & ~mask).sum()) for name, mask in known.items() if (inside & ~mask).any()}
    _refuse_empty(inside, used, missing, survey.records.place)
    weight = survey.design.weight[used]
    predictors, matrix = _predictors(formula, evaluated, used, ordered)
    predictors, matrix, dropped = without_collinear(predictors, matrix, weight, collinear, constant=ordered)
    left_out = int(inside.sum() - used.sum())
    y, levels = _used_response(response, used, formula.response_name)
    return Model(
        survey=survey,
        predictors=predictors,
        inside=inside,
        used=used,
        weight=weight,
        y=y,
        matrix=matrix,
        offset=_offset(formula.offsets, found.frame, inside.size)[used],
        levels=levels,
        missing=missing,
        left_out=left_out,
        left_out_share=float(1 - weight.sum() / survey.design.weight[inside].sum()) if left_out else 0.0,
        dropped=dropped,
        where=domain[0].text if len(domain) == 1 else " and ".join(f"({rule.text})" for rule in domain),
        notes=(*notes, *_notes(missing, left_out, int(inside.sum()), dropped)),
    )


def _refuse_sets(rules: tuple[Expression, ...], records: Records) -> None:
    """A regression is of one variable: plausible values are taken one by one, and combined."""
    names = (name for rule in rules for name in rule.names if name not in records.names)
    several = next((name for name in names if any(sign in name for sign in ("..", "*", "|"))), None)
    if several is not None:
        raise EstimationError(
            f"{several!r} stands for several variables; fit the regression with each of them under one name, "
            "survey.with_columns(read='PV1READ') and so on, and hand the estimates to combine()"
        )


def _response(records: Records, rule: Expression, frame: pl.DataFrame, ordered: bool) -> Response:
    column = frame[rule.text]
    if ordered:
        factor = records.factor(records.find(rule.names[0])) if rule.kind == "column" else make_factor(column, None)
        levels = Levels(factor.labels, factor.values)
        return Response(factor.code.astype(np.float64), factor.code >= 0, levels)
    if column.dtype != pl.Boolean and not column.dtype.is_numeric():
        kind = "text" if column.dtype == pl.String else str(column.dtype)
        raise VariableError(
            f"the response {rule.text!r} in {records.place} holds {kind} where numbers are wanted; write a rule, "
            f"such as \"{rule.text} == 'label' ~ ...\", or take family='ordinal'"
        )
    value = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return Response(value, ~np.isnan(value), None)


def _used_response(response: Response, used: Mask, name: str) -> tuple[Floats, Levels | None]:
    y = response.value[used]
    if response.levels is None:
        return y, None
    seen, codes = np.unique(y.astype(np.intp), return_inverse=True)
    if seen.size < 2:
        raise EstimationError(
            f"{name} has one category in all {y.size} records used, so that there is nothing to explain"
        )
    labels, values = response.levels.labels, response.levels.values
    kept = Levels(tuple(labels[k] for k in seen), tuple(values[k] for k in seen))
    return codes.astype(np.float64), kept


def _predictors(
    formula: Formula, evaluated: Mapping[int, Evaluated], used: Mask, ordered: bool
) -> tuple[Predictors, Floats]:
    """The columns; of an ordered response without the intercept, whose part the thresholds play."""
    if not ordered:
        return make_predictors(formula, evaluated, used)
    if () not in formula.terms:
        raise EstimationError("family 'ordinal' has thresholds in place of the intercept; leave out '- 1' and '0 +'")
    predictors, matrix = make_predictors(formula, evaluated, used)
    slopes = np.arange(1, matrix.shape[1])
    return predictors.keep(slopes), matrix[:, slopes]


def _offset(offsets: tuple[Expression, ...], frame: pl.DataFrame, records: int) -> Floats:
    total = np.zeros(records)
    for rule in offsets:
        column = frame[rule.text]
        if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
            raise VariableError(f"the offset {rule.text!r} holds text where numbers are wanted")
        total = total + column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return total


def _known(
    formula: Formula, response: Response, evaluated: Mapping[int, Evaluated], frame: pl.DataFrame
) -> dict[str, Mask]:
    """Where each variable or rule of the formula is known, by its text."""
    known = {formula.response_name: response.known}
    known |= {formula.pieces[place].text: one.known for place, one in evaluated.items()}
    return known | {rule.text: frame[rule.text].is_not_null().to_numpy() for rule in formula.offsets}


def _height(records: Records, frame: pl.DataFrame) -> int:
    return frame.height if frame.width else records.evaluate({"one": 1}).frame.height


def _refuse_empty(inside: Mask, used: Mask, missing: Mapping[str, int], place: str) -> None:
    if used.any():
        return
    if not inside.any():
        raise EstimationError(f"no record of {place} with a weight is in the domain of the regression")
    counts = ", ".join(f"{name} {count}" for name, count in missing.items())
    raise EstimationError(
        "no record is known in all variables of the formula; unknown in the "
        f"{int(inside.sum())} records of the domain: {counts}"
    )


def _notes(missing: Mapping[str, int], left_out: int, inside: int, dropped: tuple[str, ...]) -> list[str]:
    notes = []
    if left_out:
        counts = ", ".join(f"{name} {count}" for name, count in missing.items())
        notes.append(word("told.regression_missing", count=left_out, records=inside, counts=counts))
    if dropped:
        notes.append(word("told.collinear_dropped", names=", ".join(dropped), count=len(dropped)))
    return notes
