"""Which vaccines did the child get, by card or by the mother's memory?

Asked for ages 0-2. Where the card is seen, each dose has day, month and year (0 not given, 44 marked without a
date); where it is not, the mother is asked by vaccine and number of doses. One trait per child makes doses go
together, and a later dose of a vaccine is never given without the earlier ones. The schedule is in
`data/shares.toml`, `ch.immunisation.number`, in months of age.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import NO, YES, Codes, Columns, Numbers, Respondents, Truth, where_asked
from childdata.synthetic.mics_frame import month_of, year_of
from childdata.synthetic.targets import module

SERIES = (
    ("B",), ("P1", "P2", "P3"), ("I",), ("PENTA1", "PENTA2", "PENTA3"), ("PCV1", "PCV2", "PCV3"), ("R1", "R2", "R3"),
    ("M1", "M2"),
)  # fmt: skip
RECALL = (
    ("IM14", "B", ""), ("IM16", "P1", "IM18"), ("IM19", "I", ""), ("IM20", "PENTA1", "IM21"), ("IM22", "PCV1", "IM23"),
    ("IM24", "R1", "IM25"), ("IM26", "M1", "IM26A"),
)  # fmt: skip
MARKED = 44.0


def immunisation(
    answers: Respondents, birth: Codes, birth_day: Codes, interview: Codes, day: Codes, asked: Truth
) -> Columns:
    """IM2-IM26A from century months and days of birth and of the interview."""
    block = module("ch.immunisation")
    seen = answers.happens("card", block, block.share["card"])
    has = answers.random("IM2").random(len(answers)) < 0.5
    columns: Columns = {
        "IM2": where_asked(np.where(seen | has, YES, NO), asked),
        "IM5": where_asked(np.where(seen, YES, NO), asked & (seen | has)),
    }
    given = _doses(answers, birth, birth_day, interview, day)
    for dose, (month, on) in given.items():
        _write_dates(columns, answers, dose, month, on, asked & seen)
    without = asked & ~seen
    ever = answers.yes("IM11", block, asked=without)
    ever = np.where(without & _any_given(given), YES, ever)
    columns["IM11"] = ever
    for name, first, times in RECALL:
        _remember(columns, answers, name, times, given, first, ever == YES)
    return columns


def _doses(
    answers: Respondents, birth: Codes, birth_day: Codes, interview: Codes, day: Codes
) -> dict[str, tuple[Codes, Codes]]:
    """For each dose the century month and day it was given; month 0 if it was not."""
    block = module("ch.immunisation")
    doses: dict[str, tuple[Codes, Codes]] = {}
    for series in SERIES:
        earlier = np.ones(len(answers), dtype=np.bool_)
        last = birth
        for dose in series:
            random = answers.random(dose + "/date")
            late = random.poisson(0.35, len(answers))
            month = np.maximum(birth + int(block.number[dose]), last + (0 if dose == series[0] else 1)) + late
            on = random.integers(1, 29, len(answers))
            on = np.where(month == birth, np.maximum(birth_day, on), on)
            in_time = (month < interview) | ((month == interview) & (on <= day))
            takes = answers.happens(dose, block, block.share[dose])
            earlier = earlier & in_time & takes
            doses[dose] = (np.where(earlier, month, 0), on)
            last = month
    return doses


def _any_given(doses: dict[str, tuple[Codes, Codes]]) -> Truth:
    return np.asarray(np.any([month > 0 for month, _ in doses.values()], axis=0))


def _write_dates(columns: Columns, answers: Respondents, dose: str, month: Codes, on: Codes, seen: Truth) -> None:
    marked = answers.random(dose + "/marked").random(len(answers)) < 0.015
    given = month > 0
    days = np.where(given, np.where(marked, MARKED, on), 0.0)
    dated = seen & given & ~marked
    columns[f"IM6{dose}D"] = where_asked(days, seen)
    columns[f"IM6{dose}M"] = where_asked(month_of(month), dated)
    columns[f"IM6{dose}Y"] = where_asked(year_of(month), dated)


def _remember(
    columns: Columns, answers: Respondents, name: str, times: str,
    given: dict[str, tuple[Codes, Codes]], first: str, asked: Truth,
) -> None:  # fmt: skip
    block = module("ch.immunisation")
    got: Numbers = np.where(given[first][0] > 0, YES, NO)
    columns[name] = where_asked(answers.unknown(name, block, got), asked)
    if name == "IM16":
        soon = answers.random("IM17").random(len(answers)) < 0.02
        columns["IM17"] = where_asked(np.where(soon, YES, NO), columns[name] == YES)
    if times:
        series = next(row for row in SERIES if row[0] == first)
        number = sum((given[dose][0] > 0).astype(np.float64) for dose in series)
        columns[times] = where_asked(answers.unknown(times, block, np.asarray(number)), columns[name] == YES)
