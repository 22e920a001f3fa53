"""Care before, at and after the last birth, for women with a live birth in the last two years (CM17 = 1)."""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import NO, YES, Columns, Numbers, Respondents, Truth, where_asked
from childdata.synthetic.targets import module

FACILITIES = (21, 22, 26, 31, 36)


def maternal_care(columns: Columns, answers: Respondents, birth: Truth, since: Numbers) -> None:
    """DB2-MN37N; `birth` is a birth in the last two years, `since` the months since it."""
    block = module("wm.antenatal")
    columns["DB2"] = answers.yes("DB2", block, asked=birth)
    columns["DB4"] = answers.yes("DB4", block, asked=columns["DB2"] == NO)
    columns["MN2"] = answers.yes("MN2", block, asked=birth)
    cared = columns["MN2"] == YES
    answers.mention(columns, block, asked=cared)
    random = answers.random("MN5")
    weeks = np.clip(np.round(random.normal(9, 2.5, len(answers))), 3, 36)
    columns["MN4AU"] = where_asked(np.ones(len(answers)), cared)
    columns["MN4AN"] = where_asked(weeks, cared)
    visits = np.clip(np.round(random.normal(11.5 + 0.4 * answers.wealth, 3.2)), 1, 40)
    visits[random.random(len(answers)) < 0.012] = 98
    columns["MN5"] = where_asked(visits, cared)
    for name in ("MN6A", "MN6B", "MN6C"):
        columns[name] = answers.yes(name, block, asked=cared)
    _tetanus(columns, answers, birth)
    answers.mention(columns, module("wm.delivery"), asked=birth)
    nobody = np.isin(columns["MN19Y"], ("Y",))
    for name in module("wm.delivery").letters:
        if name != "MN19Y":
            columns[name][nobody] = ""
    columns["MN20"] = answers.choose("MN20", block, asked=birth)
    at_facility = np.isin(columns["MN20"], FACILITIES)
    _birth(columns, answers, birth, at_facility)
    _after_birth(columns, answers, birth, at_facility)
    soon = np.clip(np.interp(since, (0, 3, 12, 23), (0.02, 0.4, 0.85, 0.97)), 0.01, 0.99)
    columns["MN35"] = answers.yes("MN35", block, asked=birth, share=np.where(np.isnan(since), 0.5, soon))
    _breastfeeding(columns, answers, birth)


def _tetanus(columns: Columns, answers: Respondents, birth: Truth) -> None:
    block, random = module("wm.antenatal"), answers.random("tetanus")
    columns["MN8"] = answers.yes("MN8", block, asked=birth)
    now = answers.happens("MN9", block, block.share["MN9_any"])
    columns["MN9"] = where_asked(np.where(now, random.integers(1, 4, len(answers)), 8.0), columns["MN8"] == YES)
    before = answers.happens("MN12", block, block.share["MN12_any"])
    columns["MN12"] = where_asked(np.where(before, random.integers(1, 6, len(answers)), 0.0), birth)
    columns["MN14"] = where_asked(random.integers(0, 13, len(answers)).astype(float), columns["MN12"] >= 1)


def _birth(columns: Columns, answers: Respondents, birth: Truth, at_facility: Truth) -> None:
    block, random = module("wm.antenatal"), answers.random("birth")
    columns["MN21"] = answers.yes("MN21", block, asked=at_facility)
    columns["MN22"] = answers.choose("MN22", block, asked=columns["MN21"] == YES)
    columns["MN23"] = answers.yes("MN23", block, asked=birth)
    columns["MN24"] = answers.yes("MN24", block, asked=columns["MN23"] == YES)
    columns["MN25"] = answers.yes("MN25", block, asked=birth)
    unit = np.where(random.random(len(answers)) < 0.35, 1.0, 2.0)
    number = np.where(unit == 1, random.integers(1, 24, len(answers)), random.integers(1, 8, len(answers)))
    columns["MN26U"] = where_asked(unit, birth)
    columns["MN26N"] = where_asked(number.astype(float), birth)
    _cord(columns, answers, birth & ~at_facility)
    columns["MN32"] = answers.choose("MN32", block, asked=birth)
    columns["MN33"] = answers.yes("MN33", block, asked=birth)
    weighed = columns["MN33"] == YES
    kilos = np.round(np.clip(random.normal(3.38 + 0.03 * answers.wealth, 0.52), 0.8, 5.6), 3)
    kilos[random.random(len(answers)) < 0.01] = 9.998
    columns["MN34A"] = where_asked(np.where(random.random(len(answers)) < 0.6, 1.0, 2.0), weighed)
    columns["MN34"] = where_asked(kilos, weighed)


def _cord(columns: Columns, answers: Respondents, elsewhere: Truth) -> None:
    """The cord of a child that was born outside a facility."""
    block = module("wm.antenatal")
    columns["MN28"] = answers.choose("MN28", block, asked=elsewhere)
    columns["MN29"] = answers.yes("MN29", block, asked=np.isin(columns["MN28"], (2, 3)))
    columns["MN30"] = answers.yes("MN30", block, asked=elsewhere)
    answers.mention(columns, module("wm.cord"), asked=columns["MN30"] == YES)


def _after_birth(columns: Columns, answers: Respondents, birth: Truth, at_facility: Truth) -> None:
    block, random = module("wm.postnatal"), answers.random("after")
    columns["PN3U"] = where_asked(2.0 - (random.random(len(answers)) < 0.03), at_facility)
    stay = np.where(columns["PN3U"] == 1, random.integers(8, 24, len(answers)), random.integers(2, 8, len(answers)))
    columns["PN3N"] = where_asked(stay.astype(float), at_facility)
    home = birth & ~at_facility
    for names, asked in ((("PN4", "PN5"), at_facility), (("PN8", "PN9"), home), (("PN12", "PN21"), birth)):
        for name in names:
            columns[name] = answers.yes(name, block, asked=asked)
    for before, letter in (("PN12", "13"), ("PN21", "22")):
        asked = columns[before] == YES
        unit = random.choice([1.0, 2.0, 3.0], len(answers), p=[0.05, 0.5, 0.45])
        columns[f"PN{letter}U"] = where_asked(unit, asked)
        columns[f"PN{letter}N"] = where_asked(random.integers(1, 6, len(answers)).astype(float), asked)
    answers.mention(columns, block, asked=columns["PN12"] == YES)
    for name in block.letters:
        if name.startswith("PN23"):
            columns[name] = np.where(columns["PN21"] == YES, columns[name], "").astype(object)
    for name in ("PN25A", "PN25B", "PN25C", "PN27", "PN29", "PN30"):
        columns[name] = answers.yes(name, block, asked=birth)


def _breastfeeding(columns: Columns, answers: Respondents, birth: Truth) -> None:
    block, random = module("wm.antenatal"), answers.random("MN37N")
    columns["MN36"] = answers.yes("MN36", block, asked=birth)
    unit = answers.choose("MN37U", block, asked=columns["MN36"] == YES)
    number = np.where(unit == 1, random.integers(0, 12, len(answers)), random.integers(1, 5, len(answers)))
    columns["MN37U"] = unit
    columns["MN37N"] = where_asked(number.astype(float), (unit == 1) | (unit == 2))
