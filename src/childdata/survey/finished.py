"""The last step of a call: its rows as a frame, with everything that later questions need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from childdata.survey.call import Call
from childdata.survey.columns import Records
from childdata.survey.design import Design
from childdata.survey.estimate import Result
from childdata.survey.estimates import Estimates
from childdata.survey.keys import Keys
from childdata.survey.rows import make_frame, settings_of


def estimates_of(
    result: Result, records: Records, design: Design, call: Call, declared: Mapping[str, str]
) -> Estimates:
    """The estimates of a call that was carried out.

    Parameters
    ----------
    declared : how the survey was declared, for the settings.
    """
    frame, variables = make_frame(result, design, call)
    return Estimates(
        frame=frame,
        by=variables,
        headings={name: records.label(name) for name in variables},
        settings=settings_of(call, design, {**declared, "data": records.place}),
        notes=(*design.notes, *result.notes),
        spread=replace(result.spread, keys=Keys.of(records, design, declared)),
        rows=np.arange(len(frame)),
        convention=call.convention,
    )
