"""Who has difficulties in seeing, hearing, walking, learning ... ?

One latent severity per person drives all domains of the UNICEF/Washington Group child functioning modules
(ages 2-4: UCF, 5-17: FCF) and of the adult module (AF, 18-49), so that difficulties come together in the
same persons. Walking is asked with or without equipment, never both. The overall variables follow MICS6:
1 has, 2 has not; a missing answer counts as no difficulty.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import NO, YES, Columns, Numbers, Respondents, Truth, where_asked
from childdata.synthetic.targets import module

SMALL_WITH_EQUIPMENT, SMALL_WITHOUT = ("UCF11", "UCF12"), ("UCF13",)
SCHOOL_WITH_EQUIPMENT, SCHOOL_WITHOUT = ("FCF10", "FCF11", "FCF12", "FCF13"), ("FCF14", "FCF15")
SCHOOL_DOMAINS = ("FCF6", "FCF8", "FCF10", "FCF11", *(f"FCF{item}" for item in range(14, 25)))
SMALL_DOMAINS = ("UCF7", "UCF9", *(f"UCF{item}" for item in range(11, 19)))
ADULT_DOMAINS = ("AF6", "AF8", "AF9", "AF10", "AF11", "AF12")


def small_child_functioning(answers: Respondents, asked: Truth) -> Columns:
    """UCF2-UCF19 for children of 2-4, and `cdisability`."""
    columns = _module(answers, "functioning.small", asked, "UCF4", SMALL_WITH_EQUIPMENT, SMALL_WITHOUT)
    any_difficulty = _any(columns, SMALL_DOMAINS) | (columns["UCF19"] == 5)
    columns["cdisability"] = _overall(any_difficulty, asked)
    return columns


def school_age_functioning(answers: Respondents, asked: Truth) -> Columns:
    """FCF1-FCF26 for children of 5-17, and `fsdisability`."""
    columns = _module(answers, "functioning.school_age", asked, "FCF3", SCHOOL_WITH_EQUIPMENT, SCHOOL_WITHOUT)
    any_difficulty = _any(columns, SCHOOL_DOMAINS) | (columns["FCF25"] == 1) | (columns["FCF26"] == 1)
    columns["fsdisability"] = _overall(any_difficulty, asked)
    return columns


def adult_functioning(answers: Respondents, asked: Truth) -> Columns:
    """AF2-AF12 for persons of 18-49, and `disability`."""
    columns = _module(answers, "functioning.adult", asked, "", (), ())
    columns["disability"] = _overall(_any(columns, ADULT_DOMAINS), asked)
    return columns


def _module(
    answers: Respondents, name: str, asked: Truth, equipment: str, with_it: tuple[str, ...], without: tuple[str, ...]
) -> Columns:
    block = module(name)
    columns: Columns = {}
    for item in block.share:
        columns[item] = answers.yes(item, block, asked=asked)
    for item in block.choice:
        reached = asked
        if item in with_it:
            reached = asked & (columns[equipment] == YES)
        elif item in without:
            reached = asked & ~(columns[equipment] == YES)
        columns[item] = answers.choose(item, block, asked=reached)
    return columns


def _any(columns: Columns, names: tuple[str, ...]) -> Truth:
    found = np.zeros(len(columns[names[0]]), dtype=np.bool_)
    for name in names:
        found |= np.isin(columns[name], (3, 4))
    return found


def _overall(any_difficulty: Truth, asked: Truth) -> Numbers:
    return where_asked(np.where(any_difficulty, YES, NO), asked)
