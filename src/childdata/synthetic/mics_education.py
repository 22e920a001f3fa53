"""How far is each member in school?

The invented school has grades 1-11: primary 1-4 from age 6, lower secondary 5-9, upper secondary 10-11, with
grades counted within the level; the school year starts on 1 September. `schage` is the age on that day.
Everybody of 3-24 has a place this year and last year, everybody of 3 or more a highest level and grade.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childdata.synthetic.chance import NO, YES, Columns, Numbers, Truth, where_asked
from childdata.synthetic.mics_frame import Mics
from childdata.synthetic.targets import module

ENTRY_AGE, GRADES = 6, (4, 5, 2)
FIRST_AGE_ASKED, LAST_AGE_IN_SCHOOL = 3, 24


@dataclass(frozen=True, slots=True)
class Schooling:
    """Arrays (m,), NaN where it does not apply: age at start of the school year, place in school, attainment.

    ever : 1/2. level, grade : highest attended. completed : 1/2, that grade. now, before : 1/2 attends.
    now_level, now_grade, before_level, before_grade : place this and last school year.
    education : 0-4, the level used as background variable.
    """

    schage: Numbers
    ever: Numbers
    level: Numbers
    grade: Numbers
    completed: Numbers
    now: Numbers
    now_level: Numbers
    now_grade: Numbers
    before: Numbers
    before_level: Numbers
    before_grade: Numbers
    education: Numbers


def place_in_school(total: Numbers) -> tuple[Numbers, Numbers]:
    """Level (0-4) and grade in the level of a running grade: ≤ 0 early childhood, 1-11 school, above: higher.

    >>> place_in_school(np.array([0.0, 4.0, 5.0, 11.0, 12.0]))
    (array([0., 1., 2., 3., 4.]), array([nan,  4.,  1.,  2.,  1.]))
    """
    ends = np.cumsum((0, *GRADES))
    level = np.searchsorted(ends, total, side="left").astype(np.float64)
    starts = np.array([0, *ends])[np.minimum(level, 4).astype(np.int64)]
    return np.minimum(level, 4.0), np.where(level >= 1, total - starts, np.nan)


def schooling(mics: Mics) -> Schooling:
    """The schooling of all members, from age, wealth and place."""
    persons, answers, block = mics.population.persons, mics.persons, module("hl.education")
    start = _school_year(mics)
    schage = np.floor((start - persons.birth - (persons.birth_day > 1)) / 12)
    asked = persons.years >= FIRST_AGE_ASKED
    young = asked & (persons.years <= LAST_AGE_IN_SCHOOL)
    delay = answers.random("delay").choice([0.0, 1.0, -1.0], len(persons), p=[0.93, 0.045, 0.025])
    running = schage - ENTRY_AGE + 1 - np.where(schage > ENTRY_AGE, delay, np.maximum(delay, 0))
    attends = young & _attends(mics, schage, running)
    repeats = answers.happens("repeats", block, block.share["repeats"])
    running = np.where(attends, np.maximum(running, np.where(schage >= ENTRY_AGE, 1, -9)), running)
    level, grade = place_in_school(np.minimum(running, 16))
    prior = np.where(repeats & (running > 1), running, running - 1)
    was = attends & ((prior >= 1) | (answers.random("before").random(len(persons)) < np.where(prior == 0, 0.93, 0.6)))
    was |= young & ~attends & (running >= 1) & (running <= 14) & (answers.random("left").random(len(persons)) < 0.25)
    prior_level, prior_grade = place_in_school(np.minimum(prior, 16))
    ever = attends | was | (young & (schage >= ENTRY_AGE)) | (asked & ~young)
    highest, top, finished = _attainment(mics, attends, running, schage)
    return Schooling(
        schage=where_asked(schage, schage <= LAST_AGE_IN_SCHOOL),
        ever=where_asked(np.where(ever, YES, NO), asked),
        level=where_asked(highest, asked & ever),
        grade=where_asked(top, asked & ever & (highest >= 1)),
        completed=where_asked(finished, asked & ever & (highest >= 1)),
        now=where_asked(np.where(attends, YES, NO), young & ever),
        now_level=where_asked(level, attends),
        now_grade=where_asked(grade, attends),
        before=where_asked(np.where(was, YES, NO), young & ever),
        before_level=where_asked(prior_level, was),
        before_grade=where_asked(prior_grade, was),
        education=where_asked(np.where(ever, highest, 0.0), asked),
    )


def _school_year(mics: Mics) -> Numbers:
    """Century month of the September before the interview, per member."""
    month = mics.population.households.interview[mics.population.persons.household]
    return np.asarray(month - (month - 1 - 8) % 12, dtype=np.float64)


def _attends(mics: Mics, schage: Numbers, running: Numbers) -> Truth:
    block, answers = module("hl.education"), mics.persons
    share = np.select(
        [schage < 3, schage < ENTRY_AGE, running <= 9, running <= 11],
        [
            block.share["early_childhood_1"],
            block.share["early_childhood"],
            block.share["in_school"],
            block.share["upper"],
        ],
        np.clip(block.share["after_school"] - 0.11 * (running - 12), 0.02, 1.0),
    )
    return answers.happens("attends", block, share, shift=-0.3 * np.maximum(mics.difficulty - 1.3, 0))


def _attainment(mics: Mics, attends: Truth, running: Numbers, schage: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    block, answers, years = module("hl.education"), mics.persons, mics.population.persons.years
    drawn = np.where(years >= 65, answers.choose("level_old", block), answers.choose("level", block))
    full = np.array([np.nan, *GRADES, 4])[drawn.astype(np.int64)]
    left = (years <= LAST_AGE_IN_SCHOOL) & ~attends
    last = np.where(left & (running <= 11), np.maximum(running - 1, 1), np.where(running >= 16, 15, 11))
    young_level, young_grade = place_in_school(np.where(attends, np.minimum(running, 16), last))
    young_level = np.where(~attends & (schage < ENTRY_AGE), 0.0, young_level)
    young = years <= LAST_AGE_IN_SCHOOL
    level = np.where(young, young_level, drawn)
    grade = np.where(young, young_grade, full)
    dropped = answers.random("dropped").random(len(years)) < 0.03
    finished = np.where(attends | dropped, NO, YES)
    return level, grade, finished


def education_questions(mics: Mics, school: Schooling) -> Columns:
    """ED4-ED16B of the file hl, for all members (rows not listed are dropped later)."""
    block, answers = module("hl.education"), mics.persons
    attends = school.now == YES
    in_school = attends & (school.now_level >= 1)
    columns: Columns = {
        "ED4": school.ever, "ED5A": school.level, "ED5B": school.grade, "ED6": school.completed,
        "ED9": school.now, "ED10A": school.now_level, "ED10B": school.now_grade,
    }  # fmt: skip
    public = answers.happens("public", block, block.share["public"])
    columns["ED11"] = where_asked(np.where(public, 1.0, 3.0), in_school)
    help_with = {"ED12": "support", "ED14": "materials"}
    for name, share in help_with.items():
        draw = answers.happens(name, block, block.share[share], shift=-0.6 * answers.wealth)
        answer = np.where(answers.random(name + "/DK").random(len(draw)) < 0.006, 8.0, np.where(draw, YES, NO))
        columns[name] = where_asked(answer, in_school)
    columns |= {"ED15": school.before, "ED16A": school.before_level, "ED16B": school.before_grade}
    return columns
