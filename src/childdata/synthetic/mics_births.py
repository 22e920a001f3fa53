"""The file bh: the births of the women who were interviewed.

Every child of a listed mother appears once, with the line of the list if it lives at home; children who live
elsewhere or died have none. Dates are those of the list. Groups follow the MICS6 tables: mother's age at
birth, birth order, interval to the birth before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childdata.synthetic.chance import NO, YES, Codes, Columns, Numbers, Truth, where_asked
from childdata.synthetic.mics_education import Schooling
from childdata.synthetic.mics_frame import Mics, month_of, place, year_of
from childdata.synthetic.mics_members import row_of
from childdata.synthetic.mics_wealth import Wealth
from childdata.synthetic.population import DEAD, HOME


@dataclass(frozen=True, slots=True)
class Fertility:
    """Arrays (m,) by member: numbers of births by what became of the child, dates of first and last birth.

    boys_home, girls_home, boys_away, girls_away, boys_dead, girls_dead : counts. first, last : century
    months, NaN without births. since : completed months since the last birth. last_girl, last_dead :
    truth. order : number of births.
    """

    counts: Numbers
    first: Numbers
    last: Numbers
    since: Numbers
    last_girl: Truth


def fertility(mics: Mics) -> Fertility:
    """The births summed up for every member (zeros for all but mothers)."""
    births, total = mics.population.births, len(mics.difficulty)
    mother = row_of(mics, births.household, births.mother)
    kind = 2 * (births.fate - 1) + births.female
    counts = np.zeros((total, 6))
    np.add.at(counts, (mother, kind), 1.0)
    first, last, since = np.full(total, np.nan), np.full(total, np.nan), np.full(total, np.nan)
    girl = np.zeros(total, dtype=np.bool_)
    first[mother[::-1]] = births.birth[::-1]
    last[mother], since[mother], girl[mother] = births.birth, births.months, births.female
    return Fertility(counts, first, last, since, girl)


def birth_file(
    mics: Mics, school: Schooling, wealth: Wealth, women: Codes, interviewed: Truth, weight: Numbers
) -> Columns:
    """The file bh, for the women (rows of members) whose interview was completed."""
    births, persons = mics.population.births, mics.population.persons
    mothers = row_of(mics, births.household, births.mother)
    weights = np.zeros(len(persons))
    weights[women] = np.where(interviewed, weight, 0.0)
    rows = np.flatnonzero(weights[mothers] > 0)
    mother, home = mothers[rows], births.household[rows]
    line = persons.line[mother].astype(np.float64)
    households = mics.population.households
    keys: Columns = {"HH1": households.psu[home] + 1.0, "HH2": households.number[home].astype(float), "LN": line}
    keys |= {"WM1": keys["HH1"], "WM2": keys["HH2"], "WM3": line}
    order = _order(mother)
    alive = births.fate[rows] != DEAD
    columns: Columns = {**keys, "BHLN": order, "BH2": np.where(births.twin[rows], 2.0, 1.0)}
    columns["BH3"] = np.where(births.female[rows], 2.0, 1.0)
    columns["BH4D"] = births.birth_day[rows].astype(float)
    columns["BH4M"], columns["BH4Y"] = month_of(births.birth[rows]), year_of(births.birth[rows])
    columns["BH5"] = np.where(alive, YES, NO)
    columns["BH6"] = where_asked(np.floor(births.months[rows] / 12), alive)
    at_home = births.fate[rows] == HOME
    columns["BH7"] = where_asked(np.where(at_home, YES, NO), alive)
    columns["BH8"] = where_asked(births.line[rows].astype(float), alive)
    _deaths(columns, births.death_months[rows])
    columns["BH4C"] = births.birth[rows].astype(float)
    columns["BH9C"] = where_asked(births.death_months[rows].astype(float), ~alive)
    columns["WDOI"] = households.interview[home].astype(float)
    columns["WDOB"] = persons.birth[mother].astype(float)
    _groups(columns, births.birth[rows] - persons.birth[mother], order, births.birth[rows])
    columns["welevel"] = school.education[mother]
    columns |= place(mics, home)
    columns["wmweight"] = weights[mother]
    return columns | wealth.columns(home)


def _order(mother: Codes) -> Numbers:
    """1 for the first birth of each mother, 2 for the next; births of a mother stand together, oldest first."""
    starts = np.flatnonzero(np.r_[True, mother[1:] != mother[:-1]]) if len(mother) else np.zeros(0, dtype=np.int64)
    lengths = np.diff(np.r_[starts, len(mother)])
    return np.asarray(np.arange(len(mother)) - np.repeat(starts, lengths) + 1, dtype=np.float64)


def _deaths(columns: Columns, months: Codes) -> None:
    dead = months >= 0
    unit = np.where(months < 1, 1.0, np.where(months < 24, 2.0, 3.0))
    number = np.where(months < 1, 3.0, np.where(months < 24, months, np.floor(months / 12)))
    columns["BH9U"], columns["BH9N"] = where_asked(unit, dead), where_asked(number, dead)


def _groups(columns: Columns, age_months: Codes, order: Numbers, birth: Codes) -> None:
    years = age_months / 12
    columns["magebrt"] = 1.0 + np.searchsorted((20, 35), years, side="right")
    columns["brthord"] = 1.0 + np.searchsorted((2, 4, 7), order, side="right")
    gap = np.r_[0, np.diff(birth)]
    interval = np.searchsorted((24, 36, 48), gap, side="right") + np.ones(len(gap))
    columns["birthint"] = where_asked(interval, order > 1)
