"""The list of household members hl: who they are, where their parents live, and their schooling.

Only members of households that answered are listed. A parent's line is given where the parent is listed;
where the parent lives is asked only if he is alive and not listed. Mother's and father's education come
from the list itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childdata.synthetic.chance import NO, YES, Codes, Columns, Numbers, where_asked
from childdata.synthetic.mics_education import Schooling, education_questions
from childdata.synthetic.mics_frame import Mics, design, household_keys, month_of, place, year_of
from childdata.synthetic.mics_wealth import Wealth
from childdata.synthetic.targets import module


@dataclass(frozen=True, slots=True)
class Family:
    """Arrays (m,): line of mother, of father, of the caretaker (0 if none), and their education codes."""

    mother: Codes
    father: Codes
    caretaker: Codes
    melevel: Numbers
    felevel: Numbers


def families(mics: Mics, school: Schooling) -> Family:
    """Who cares for each child: the mother, else the father, else the oldest woman, else the head."""
    persons = mics.population.persons
    total = len(mics.completed)
    oldest = np.ones(total, dtype=np.int64)
    women = np.flatnonzero(persons.female & (persons.years >= 18))
    women = women[np.argsort(persons.months[women], kind="stable")]
    oldest[persons.household[women]] = persons.line[women]
    lines = [persons.mother, persons.father, oldest[persons.household]]
    child = persons.years < 18
    care = np.where(child, np.select([lines[0] > 0, lines[1] > 0], lines[:2], lines[2]), 0)
    own = _education_of(mics, school, np.where(persons.mother > 0, persons.mother, care))
    father = np.where(persons.father > 0, _education_of(mics, school, persons.father), 5.0)
    return Family(persons.mother, persons.father, care, where_asked(own, child), where_asked(father, child))


def row_of(mics: Mics, household: Codes, line: Codes) -> Codes:
    """The row of a line in the members' arrays; that of line 1 where the line is 0."""
    first = np.searchsorted(mics.population.persons.household, household)
    return np.asarray(first + np.maximum(line, 1) - 1, dtype=np.int64)


def _education_of(mics: Mics, school: Schooling, line: Codes) -> Numbers:
    values = school.education[row_of(mics, mics.population.persons.household, line)]
    return np.where(line > 0, np.where(np.isnan(values), 9.0, values), np.nan)


def head_education(mics: Mics, school: Schooling) -> Numbers:
    """Array (h,): education of the head."""
    return np.asarray(school.education[mics.population.persons.relation == 1])


def member_file(mics: Mics, school: Schooling, family: Family, wealth: Wealth) -> Columns:
    """The file hl."""
    persons = mics.population.persons
    listed = np.flatnonzero(mics.listed)
    homes = persons.household[listed]
    columns = {**household_keys(mics, homes), "HL1": persons.line[listed].astype(float)}
    columns["HL3"] = persons.relation[listed].astype(float)
    columns["HL4"] = np.where(persons.female[listed], 2.0, 1.0)
    columns["HL5M"], columns["HL5Y"] = month_of(persons.birth[listed]), year_of(persons.birth[listed])
    unknown = (persons.years[listed] >= 60) & (mics.persons.random("HL5M").random(len(listed)) < 0.06)
    columns["HL5M"] = np.where(unknown, 98.0, columns["HL5M"])
    columns["HL6"] = np.minimum(persons.years[listed], 95).astype(float)
    slept = mics.persons.random("HL7").random(len(listed)) < 0.975
    columns["HL7"] = np.where(slept, YES, NO)
    columns |= {name: values[listed] for name, values in _eligibility(mics).items()}
    columns |= {name: values[listed] for name, values in _parents(mics, family).items()}
    columns |= {name: values[listed] for name, values in education_questions(mics, school).items()}
    columns |= place(mics, homes)
    columns["schage"] = school.schage[listed]
    columns["melevel"], columns["felevel"] = family.melevel[listed], family.felevel[listed]
    columns["helevel"] = head_education(mics, school)[homes]
    columns["ethnicity"] = mics.households.choose("HC2", module("hh.background"))[homes]
    columns["hhweight"] = mics.hhweight[homes]
    return columns | wealth.columns(homes) | design(mics, homes)


def _eligibility(mics: Mics) -> Columns:
    persons = mics.population.persons
    line, adult = persons.line.astype(np.float64), (persons.years >= 15) & (persons.years < 50)
    return {
        "HL8": where_asked(line, persons.female & adult),
        "HL9": where_asked(line, ~persons.female & adult),
        "HL10": where_asked(line, persons.years < 5),
        "HL11": where_asked(line, persons.years < 18),
    }


def _parents(mics: Mics, family: Family) -> Columns:
    persons, answers, block = mics.population.persons, mics.persons, module("hl.parents")
    child = persons.years < 18
    columns: Columns = {}
    sides = ((12, family.mother, "mother_alive", "HL15"), (16, family.father, "father_alive", "HL19"))
    for first, line, share, elsewhere in sides:
        alive = answers.yes(f"HL{first}", block, asked=child, share=block.share[share])
        alive = np.where(child & (line > 0), YES, alive)
        same = where_asked(np.where(line > 0, YES, NO), alive == YES)
        columns[f"HL{first}"] = alive
        columns[f"HL{first + 1}"] = same
        columns[f"HL{first + 2}"] = where_asked(line.astype(np.float64), same == YES)
        columns[elsewhere] = answers.choose(elsewhere, block, asked=same == NO)
    columns["HL20"] = where_asked(family.caretaker.astype(np.float64), child)
    return columns
