"""The last step of a call: its rows as a frame, with everything that later questions need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from childdata.survey.call import Call
from childdata.survey.columns import Records
from childdata.survey.description import WeightFacts
from childdata.survey.design import Design
from childdata.survey.estimate import Result
from childdata.survey.estimates import Estimates
from childdata.survey.keys import Keys
from childdata.survey.rows import make_frame, settings_of
from childdata.survey.statistic import Arithmetic, Constant, Count, Node, Total
from childdata.words import word


def estimates_of(
    result: Result,
    records: Records,
    design: Design,
    call: Call,
    declared: Mapping[str, str],
    weights: Callable[[], WeightFacts],
) -> Estimates:
    """The estimates of a call that was carried out.

    Parameters
    ----------
    declared : how the survey was declared, for the settings.
    weights : gives facts of the weights of all records, for the notes.
    """
    frame, variables = make_frame(result, design, call)
    return Estimates(
        frame=frame,
        by=variables,
        headings={name: records.label(name) for name in variables},
        settings=settings_of(call, design, {**declared, "data": records.place}),
        notes=(*design.notes, *_normalised_notes(weights, call), *result.notes),
        spread=replace(result.spread, keys=Keys.of(records, design, declared)),
        rows=np.arange(len(frame)),
        convention=call.convention,
    )


def _normalised_notes(weights: Callable[[], WeightFacts], call: Call) -> list[str]:
    """That weights were scaled to the number of records: what this makes of totals and of design effects."""
    sums = any((_degree(item.node) or 0) > 0 for one in call.statistics.values() for item in one.items)
    concerned = {"told.normalised_totals": sums, "told.normalised_deff": call.convention.deff != "wr"}
    count = weights().normalised if any(concerned.values()) else None
    return [] if count is None else [word(key, count=count) for key, there in concerned.items() if there]


def _degree(node: Node) -> int | None:
    """By which power of a number a tree of totals grows when all weights are multiplied by it; None of other trees."""
    match node:
        case Total():
            return 1
        case Constant() | Count():
            return 0
        case Arithmetic(operator, left, right):
            a, b = _degree(left), _degree(right)
            if a is None or b is None:
                return None
            return a + b if operator == "*" else a - b if operator == "/" else max(a, b)
    return None
