"""The file wm: women of 15-49.

Background, media, births, care around the last birth, family planning, functioning, attitudes, union, habits,
HIV, satisfaction. A woman whose interview was not completed keeps keys, age and result; her weight is 0.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import NO, YES, Codes, Columns, Numbers, Respondents, Truth, where_asked
from childdata.synthetic.mics_births import Fertility
from childdata.synthetic.mics_education import Schooling
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
from childdata.synthetic.mics_maternal import maternal_care
from childdata.synthetic.mics_members import head_education
from childdata.synthetic.mics_wealth import Wealth
from childdata.synthetic.mics_women_life import attitudes, family_planning, habits, hiv, sexual_life, union
from childdata.synthetic.population import FATHER, MOTHER
from childdata.synthetic.targets import module

RECENT_MONTHS = 24


def eligible_women(mics: Mics) -> Codes:
    """The rows of the members who are women of 15-49."""
    persons = mics.population.persons
    return np.flatnonzero(mics.listed & persons.female & (persons.years >= 15) & (persons.years < 50))


def women_file(mics: Mics, school: Schooling, births: Fertility, wealth: Wealth, functioning: Columns) -> Columns:
    """The file wm; `functioning` are the answers of all members (m,) to the adult module."""
    persons = mics.population.persons
    rows = eligible_women(mics)
    homes, years = persons.household[rows], persons.years[rows]
    answers = mics.persons.take(rows, "wm")
    result, done = result_code(mics, rows, "WM17", module("wm.background").share["completed"])
    columns = person_keys(mics, rows, "WM")
    columns |= interview_date(mics, homes, "WM6")
    columns["WM17"] = result
    columns["WB3M"], columns["WB3Y"] = month_of(persons.birth[rows]), year_of(persons.birth[rows])
    columns["WB4"] = years.astype(float)
    _background(columns, answers, school, rows, done)
    _media(columns, answers, done)
    since = births.since[rows]
    recent = done & (since < RECENT_MONTHS)
    _births(columns, births, rows, done, recent)
    maternal_care(columns, answers, recent, since)
    inner: Columns = {}
    union(inner, answers, years, _partner_age(mics, rows), births.counts[rows].sum(axis=1) > 0)
    columns |= {name: where_asked(np.asarray(values), done) for name, values in inner.items()}
    family_planning(columns, answers, years, done, since)
    attitudes(columns, answers, done)
    habits(columns, answers, years, done)
    columns |= {name: where_asked(np.asarray(values)[rows], done) for name, values in functioning.items()}
    sexual_life(columns, answers, years, done)
    hiv(columns, answers, done, recent)
    columns |= place(mics, homes)
    _derived(columns, mics, school, births, rows, done)
    columns["wmweight"] = person_weight(mics, rows, done)
    return columns | wealth.columns(homes) | design(mics, homes)


def _background(columns: Columns, answers: Respondents, school: Schooling, rows: Codes, done: Truth) -> None:
    columns["WB5"] = where_asked(school.ever[rows], done)
    went = columns["WB5"] == YES
    columns["WB6A"], columns["WB6B"] = where_asked(school.level[rows], went), where_asked(school.grade[rows], went)
    columns["WB7"] = where_asked(school.completed[rows], went)
    block = module("wm.background")
    columns["WB14"] = answers.choose("WB14", block, asked=done & ~(columns["WB6A"] >= 2))
    columns["WB18"] = answers.yes("WB18", block, asked=done)
    answers.mention(columns, block, asked=columns["WB18"] == YES)


def _media(columns: Columns, answers: Respondents, done: Truth) -> None:
    block = module("wm.background")
    for name in ("MT1", "MT2", "MT3"):
        columns[name] = answers.choose(name, block, asked=done)
    columns["MT4"] = answers.yes("MT4", block, asked=done)
    columns["MT5"] = answers.choose("MT5", block, asked=columns["MT4"] == YES)
    answers.ask(columns, module("wm.computer_skills"), asked=np.isin(columns["MT5"], (1, 2, 3)))
    columns["MT9"] = answers.yes("MT9", block, asked=done)
    columns["MT10"] = answers.choose("MT10", block, asked=columns["MT9"] == YES)
    columns["MT11"] = answers.yes("MT11", block, asked=done)
    columns["MT12"] = answers.choose("MT12", block, asked=done)


def _births(columns: Columns, births: Fertility, rows: Codes, done: Truth, recent: Truth) -> None:
    counts = births.counts[rows]
    total = counts.sum(axis=1)
    ever = done & (total > 0)
    columns["CM1"] = where_asked(np.where(total > 0, YES, NO), done)
    for number, asked, start in ((2, ever, 0), (5, ever, 2), (8, done, 4)):
        pair = counts[:, start : start + 2]
        any_of = pair.sum(axis=1) > 0
        columns[f"CM{number}"] = where_asked(np.where(any_of, YES, NO), asked)
        columns[f"CM{number + 1}"] = where_asked(pair[:, 0], asked & any_of)
        columns[f"CM{number + 2}"] = where_asked(pair[:, 1], asked & any_of)
    columns["CM11"] = where_asked(total, done)
    columns["CM17"] = where_asked(np.where(recent, 1.0, 0.0), done)


def _partner_age(mics: Mics, rows: Codes) -> Numbers:
    """Array (k,): age of the husband listed with a woman who is the mother of her household, NaN without."""
    persons = mics.population.persons
    ages = np.full(len(mics.completed), np.nan)
    men = persons.role == FATHER
    ages[persons.household[men]] = persons.years[men]
    return np.where(persons.role[rows] == MOTHER, ages[persons.household[rows]], np.nan)


def _derived(columns: Columns, mics: Mics, school: Schooling, births: Fertility, rows: Codes, done: Truth) -> None:
    persons = mics.population.persons
    years = persons.years[rows]
    interview = mics.population.households.interview[persons.household[rows]]
    columns["WDOB"], columns["WDOI"] = persons.birth[rows].astype(float), interview.astype(float)
    columns["WDOBFC"], columns["WDOBLC"] = where_asked(births.first[rows], done), where_asked(births.last[rows], done)
    married = persons.birth[rows] + 12 * columns["WAGEM"] + mics.persons.random("WDOM").integers(0, 12, len(rows))
    columns["WDOM"] = np.minimum(married, interview)
    columns["BH3_LAST"] = where_asked(np.where(births.last_girl[rows], 2.0, 1.0), columns["CM17"] == 1)
    columns["WAGE"] = np.floor((years - 10) / 5)
    columns["welevel"] = school.education[rows]
    columns["helevel"] = head_education(mics, school)[persons.household[rows]]
    columns["insurance"] = columns["WB18"]
    columns["ethnicity"] = mics.households.choose("HC2", module("hh.background"))[persons.household[rows]]
