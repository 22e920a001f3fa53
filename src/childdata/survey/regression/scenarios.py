"""The records of a model as they would be if a variable had another value.

A margin is an average of outcomes in scenarios: region set to South for everybody; or, for a slope, age a little higher
and a little lower. Each row of a margin is a sum of scenarios with coefficients: 1 for a prediction, +1 and −1 for a
difference, those of a five-point formula over h for a slope:

f′(x) = [f(x − 2h) − 8 f(x − h) + 8 f(x + h) − f(x + 2h)] / 12h + O(h⁴).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import polars as pl

from childdata.errors import EstimationError, nearest
from childdata.expression import Expression
from childdata.survey.arrays import Floats
from childdata.survey.columns import Records
from childdata.survey.design import label
from childdata.survey.regression.model import Model
from childdata.survey.regression.predictors import Levels

_FORMULA = ((-2, 1.0), (-1, -8.0), (1, 8.0), (2, -1.0))
SLOPE = "dy/dx"


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """The columns of the records used under one set of values, and what its outcomes are multiplied by.

    Attributes
    ----------
    coefficient : array (m,) or a number. matrix : array (m, p). offset : array (m,).
    """

    coefficient: Floats | float
    matrix: Floats
    offset: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a margin: its labels, and the scenarios that are added up."""

    labels: Mapping[str, str]
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A variable whose effect or margin is asked for.

    Attributes
    ----------
    name : of the column; or the text of a rule in the formula that is true or false.
    levels : of a category; None for numbers.
    piece : the place of the rule; None for a column.
    """

    name: str
    levels: Levels | None
    piece: int | None = None


_NO_YES = Levels(("no", "yes"), (False, True))


def target_of(model: Model, name: str) -> Target:
    """The variable of the model that a name means.

    Raises
    ------
    EstimationError with the variables there are.
    """
    records = model.survey.records
    targets = [*targets_of(model), *_columns(model, model.formula.rules)]
    found = next((one for one in targets if one.name == name), None)
    found = found or next((one for one in targets if one.name.casefold() == name.casefold()), None)
    if found is None and name in records.names:
        raise EstimationError(f"{name!r} is no variable of the model {model.formula.text!r}")
    if found is None:
        there = list(dict.fromkeys(one.name for one in targets))
        raise EstimationError(
            f"the model has the variables {', '.join(map(repr, there))}; found {name!r}{nearest(name, there)}"
        )
    return found


def targets_of(model: Model) -> list[Target]:
    """The variables of the formula's terms.

    Columns in C() or of text are categories, rules that are true or false have the levels no and yes, other columns
    are numbers.
    """
    records, found = model.survey.records, dict[str, Target]()
    for place in model.formula.places:
        piece = model.formula.pieces[place]
        levels = model.predictors.levels.get(place) if piece.rule.kind == "column" else None
        if levels is not None:
            column = records.find(piece.rule.names[0])
            found[column] = Target(column, levels)
        elif piece.rule.kind == "truth":
            found[piece.text] = Target(piece.text, _NO_YES, place)
        else:
            for target in _columns(model, (piece.rule,)):
                found.setdefault(target.name, target)
    return list(found.values())


def _columns(model: Model, rules: Sequence[Expression]) -> list[Target]:
    """The columns of rules; one of truth values has two levels."""
    records = model.survey.records
    names = dict.fromkeys(records.find(name) for rule in rules for name in rule.names)
    truths = [name for name, dtype in records.columns(list(names)).schema.items() if dtype == pl.Boolean]
    return [Target(name, _NO_YES if name in truths else None) for name in names]


def prediction_rows(model: Model, variables: Sequence[str], at: Mapping[str, object | Sequence[object]]) -> list[Row]:
    """A row for each combination of the levels of `variables` and of the values in `at`."""
    choices: dict[str, list[tuple[str, object]]] = {}
    targets: dict[str, Target] = {}
    for name in variables:
        target = target_of(model, name)
        if target.levels is None:
            raise EstimationError(
                f"{target.name!r} is a number in the model, and has no levels; "
                f"give values: at={{{target.name!r}: [1, 2]}}"
            )
        targets[target.name] = target
        choices[target.name] = list(zip(target.levels.labels, target.levels.values, strict=True))
    for name, given in at.items():
        target = target_of(model, name)
        if target.name in choices:
            raise EstimationError(f"{target.name!r} is named twice; give its levels, or values in at=, not both")
        values = list(given) if isinstance(given, (list, tuple, np.ndarray)) else [given]
        targets[target.name] = target
        choices[target.name] = [_value(target, value) for value in values]
    records = model.records_used()
    rows = []
    for combination in product(*choices.values()):
        named = dict(zip(choices, combination, strict=True))
        matrix, offset = _made(model, records, {targets[name]: value for name, (_, value) in named.items()})
        rows.append(Row({name: text for name, (text, _) in named.items()}, (Scenario(1.0, matrix, offset),)))
    return rows


def _value(target: Target, value: object) -> tuple[str, object]:
    if target.levels is not None:
        place = target.levels.place(value, target.name)
        return target.levels.labels[place], target.levels.values[place]
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not np.isfinite(float(value)):
        raise EstimationError(f"values of {target.name!r} are numbers; found {value!r} in at=")
    return label(float(value)), float(value)


def effect_rows(model: Model, variables: Sequence[str]) -> list[Row]:
    """For a category each level against the first; for a number the slope."""
    records = model.records_used()
    targets = [target_of(model, name) for name in variables] if variables else targets_of(model)
    rows: list[Row] = []
    for target in targets:
        rows += _slope(model, records, target) if target.levels is None else _differences(model, records, target)
    return rows


def _differences(model: Model, records: Records, target: Target) -> list[Row]:
    assert target.levels is not None
    made = [_made(model, records, {target: value}) for value in target.levels.values]
    place = _reference(model, target)
    first, reference = made[place], target.levels.labels[place]
    rows = []
    for text, (matrix, offset) in zip(target.levels.labels, made, strict=True):
        if text != reference:
            scenarios = (Scenario(1.0, matrix, offset), Scenario(-1.0, *first))
            rows.append(Row({"variable": target.name, "change": f"{text} − {reference}"}, scenarios))
    return rows


def _reference(model: Model, target: Target) -> int:
    """The level that the others are compared with: that of the formula's contrast, else the first."""
    assert target.levels is not None
    for place in model.formula.places:
        piece = model.formula.pieces[place]
        contrast = dict(piece.options).get("contrasts")
        reference = getattr(contrast, "reference", None)
        if reference is None or piece.rule.kind != "column":
            continue
        if model.survey.records.find(piece.rule.names[0]) == target.name:
            return target.levels.place(reference, target.name)
    return 0


def _slope(model: Model, records: Records, target: Target) -> list[Row]:
    _refuse_steps(model, target)
    column = records.frame[target.name]  # type: ignore[index]
    x = column.cast(pl.Float64).to_numpy()
    spread = float(np.std(x)) or 1.0
    made: list[tuple[Floats, Floats]] = []
    for smallest in (1e-2, 0.0):
        step = 1e-3 * np.maximum(np.abs(x), smallest * spread)
        step = np.exp2(np.floor(np.log2(np.where(step > 0, step, 1e-5 * spread))))
        made = [model.remade(with_values(records, {target.name: x + times * step})) for times, _ in _FORMULA]
        if all(np.isfinite(matrix).all() and np.isfinite(offset).all() for matrix, offset in made):
            break
    scenarios = tuple(
        Scenario(coefficient / (12 * step), *checked(found, model))
        for (_, coefficient), found in zip(_FORMULA, made, strict=True)
    )
    return [Row({"variable": target.name, "change": SLOPE}, scenarios)]


def _refuse_steps(model: Model, target: Target) -> None:
    """A rule that is true or false has no slope."""
    for place in model.formula.places:
        piece = model.formula.pieces[place]
        names = [model.survey.records.find(name) for name in piece.rule.names]
        if target.name in names and piece.rule.kind == "truth":
            raise EstimationError(
                f"{target.name!r} stands in the rule {piece.text!r}, which has no slope; make a column of the rule "
                f"(survey.with_columns(name={piece.rule.text!r})) and put it into the formula"
            )


def _made(model: Model, records: Records, values: Mapping[Target, object]) -> tuple[Floats, Floats]:
    """The columns and the offset if every record had these values."""
    columns = {target.name: value for target, value in values.items() if target.piece is None}
    truths = {target.piece: float(bool(value)) for target, value in values.items() if target.piece is not None}
    return checked(model.remade(with_values(records, columns), truths=truths), model)


def with_values(records: Records, values: Mapping[str, object]) -> Records:
    """The records with other values in some columns: one value for all, or an array."""
    frame: pl.DataFrame = records.frame  # type: ignore[assignment]
    made = []
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            made.append(pl.lit(pl.Series(name, value)).alias(name))
        elif frame[name].dtype == pl.Boolean:
            made.append(pl.lit(value in (True, "true")).alias(name))
        else:
            made.append(pl.lit(value).alias(name))
    return replace(records, frame=frame.with_columns(made), _factors={})


def checked(made: tuple[Floats, Floats], model: Model) -> tuple[Floats, Floats]:
    """The columns of a scenario, if all are known."""
    unknown = ~(np.isfinite(made[0]).all(axis=1) & np.isfinite(made[1]))
    if unknown.any():
        raise EstimationError(
            f"a term of {model.formula.text!r} is unknown in {int(unknown.sum())} records at the values asked for "
            "(a logarithm of zero, say); give other values"
        )
    return made
