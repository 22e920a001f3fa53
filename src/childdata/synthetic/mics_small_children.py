"""The file ch: children under 5.

Chapters of the questionnaire in order: background, registration, early development, discipline, functioning,
feeding, immunisation, illness, measuring. A child whose interview was not completed keeps its row with
keys, age and result; its weight is 0.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import NO, YES, Codes, Columns, Numbers, Respondents, Truth, where_asked
from childdata.synthetic.mics_education import Schooling
from childdata.synthetic.mics_feeding import feeding
from childdata.synthetic.mics_frame import (
    Mics,
    design,
    interview_date,
    month_of,
    person_keys,
    person_weight,
    place,
    result_code,
    year_of,
)  # fmt: skip
from childdata.synthetic.mics_functioning import small_child_functioning
from childdata.synthetic.mics_health import growth, illness
from childdata.synthetic.mics_immunisation import immunisation
from childdata.synthetic.mics_members import Family, head_education
from childdata.synthetic.mics_wealth import Wealth
from childdata.synthetic.targets import module


def small_child_file(
    mics: Mics, school: Schooling, family: Family, wealth: Wealth, caretaker_difficulty: Numbers
) -> Columns:
    """The file ch; `caretaker_difficulty` is `disability` of the members (m,), NaN where not asked."""
    persons, households = mics.population.persons, mics.population.households
    rows = np.flatnonzero(mics.listed & (persons.years < 5))
    homes = persons.household[rows]
    months = persons.months[rows].astype(np.float64)
    answers = mics.persons.take(rows, "ch")
    strict = answers.with_trait(mics.households.trait[homes])
    result, done = result_code(mics, rows, "UF17", module("ch.background").share["completed"])
    years = persons.years[rows]
    columns = person_keys(mics, rows, "UF")
    columns["UF4"] = family.caretaker[rows].astype(float)
    columns |= interview_date(mics, homes, "UF7")
    columns["UF17"] = result
    _age(columns, mics, rows)
    _background(columns, answers, school, rows, years, done)
    _registration(columns, answers, done)
    _development(columns, strict, months, years, done)
    columns |= discipline(strict, "UCD", done & (years >= 1))
    difficulties = small_child_functioning(answers.with_trait(mics.difficulty[rows]), done & (years >= 2))
    columns |= {name: values for name, values in difficulties.items() if name != "cdisability"}
    small = done & (years <= 2)
    columns |= feeding(answers, months, small)
    dates = (persons.birth[rows], persons.birth_day[rows], households.interview[homes], households.day[homes])
    columns |= immunisation(answers, *dates, small)
    columns |= illness(answers, done)
    columns |= growth(answers, months, done)
    columns["AN5"] = where_asked(columns["UF4"], done)
    columns |= {"HL4": np.where(persons.female[rows], 2.0, 1.0), **place(mics, homes)}
    columns |= _ages(mics, rows, months)
    columns["melevel"], columns["felevel"] = family.melevel[rows], family.felevel[rows]
    columns["helevel"] = head_education(mics, school)[homes]
    columns["cdisability"] = difficulties["cdisability"]
    columns["caretakerdis"] = caretaker_difficulty[rows]
    columns["cinsurance"] = columns["UB9"]
    columns["ethnicity"] = mics.households.choose("HC2", module("hh.background"))[homes]
    columns["chweight"] = person_weight(mics, rows, done)
    return columns | wealth.columns(homes) | design(mics, homes)


def discipline(answers: Respondents, prefix: str, asked: Truth) -> Columns:
    """What adults of the household did in the last month, and whether they believe in punishment."""
    block = module("discipline.practised")
    columns: Columns = {}
    for letter in block.share:
        columns[f"{prefix}2{letter}"] = answers.yes(f"{prefix}2{letter}", block, asked=asked, share=block.share[letter])
    belief = module("discipline.belief")
    columns[f"{prefix}5"] = answers.yes(f"{prefix}5", belief, asked=asked, share=belief.share["needed"])
    return columns


def _age(columns: Columns, mics: Mics, rows: Codes) -> None:
    persons = mics.population.persons
    columns["UB1D"] = persons.birth_day[rows].astype(float)
    columns["UB1M"], columns["UB1Y"] = month_of(persons.birth[rows]), year_of(persons.birth[rows])
    columns["UB2"] = persons.years[rows].astype(float)


def _ages(mics: Mics, rows: Codes, months: Numbers) -> Columns:
    persons, households = mics.population.persons, mics.population.households
    return {
        "CDOB": persons.birth[rows].astype(float),
        "CDOI": households.interview[persons.household[rows]].astype(float),
        "CAGE": months,
        "CAGE_6": 1.0 + np.searchsorted((6, 12, 24, 36, 48), months, side="right"),
        "CAGE_11": 1.0 + np.floor(months / 12),
    }


def _background(
    columns: Columns, answers: Respondents, school: Schooling, rows: Codes, years: Codes, done: Truth
) -> None:
    old = done & (years >= 3)
    attends = school.now[rows] == YES
    ever = attends | (school.before[rows] == YES)
    columns["UB6"] = where_asked(np.where(ever, YES, NO), old)
    columns["UB7"] = where_asked(np.where(attends, YES, NO), columns["UB6"] == YES)
    still = answers.random("UB8").random(len(rows)) < 0.99
    columns["UB8"] = where_asked(np.where(still, YES, NO), columns["UB7"] == YES)
    block = module("ch.background")
    columns["UB9"] = answers.yes("UB9", block, asked=done)
    answers.mention(columns, block, asked=columns["UB9"] == YES)


def _registration(columns: Columns, answers: Respondents, done: Truth) -> None:
    block = module("ch.registration")
    columns["BR1"] = answers.choose("BR1", block, asked=done)
    columns["BR2"] = answers.yes("BR2", block, asked=done & ~np.isin(columns["BR1"], (1, 2)))
    columns["BR3"] = answers.yes("BR3", block, asked=np.isin(columns["BR2"], (2, 8, 9)))


def _development(columns: Columns, answers: Respondents, months: Numbers, years: Codes, done: Truth) -> None:
    block = module("ch.learning_at_home")
    random = answers.random("EC1")
    mean = block.number["books"] * np.exp(0.35 * answers.wealth + 0.25 * answers.trait - 0.06)
    books = np.minimum(random.poisson(mean * np.interp(months, (0, 24), (0.35, 1.0))), 10).astype(np.float64)
    books[random.random(len(books)) < 0.004] = 99
    columns["EC1"] = where_asked(books, done)
    for name in ("EC2A", "EC2B", "EC2C"):
        columns[name] = answers.yes(name, block, asked=done, shift=np.where(months < 6, -0.9, 0.0))
    for name in ("EC3A", "EC3B"):
        days = np.minimum(answers.random(name + "/days").geometric(0.45, len(books)), 7)
        left = answers.happens(name, block, block.share[name], shift=-0.45 * answers.wealth)
        columns[name] = where_asked(answers.unknown(name, block, np.where(left, days, 0.0)), done)
    answers.mention(columns, module("ch.activities"), asked=done & (years >= 2))
    _nobody(columns, done & (years >= 2))
    older = 0.045 * (months - 47.5)
    for name in (f"EC{number}" for number in range(6, 16)):
        able = name not in module("ch.trouble").share
        skills = module("ch.development" if able else "ch.trouble")
        columns[name] = answers.yes(name, skills, asked=done & (years >= 3), shift=older if able else -older)


def _nobody(columns: Columns, asked: Truth) -> None:
    """'Nobody' (Y) stands alone: only where no person was named for the activity."""
    for activity in "ABCDEF":
        answers = np.stack([columns[f"EC5{activity}{who}"] for who in "ABX"])
        silent, named = np.any(answers == "?", axis=0), np.any(answers != "", axis=0)
        nobody = np.where(silent, "?", np.where(asked & ~named, "Y", ""))
        columns[f"EC5{activity}Y"] = nobody.astype(object)
