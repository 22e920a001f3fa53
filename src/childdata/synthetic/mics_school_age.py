"""The file fs: one child of 5-17 drawn at random in each household.

Education, child labour, discipline (5-14), functioning, parents and school (7-14), reading and numbers (7-14).
`fshweight` is the weight of the household among those with such a child; `fsweight` = fshweight · HH52. As in
some real rounds the file carries neither PSU nor stratum: they come from hh by HH1 and HH2.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import YES, Codes, Columns, Numbers, Respondents, Truth, stream, where_asked
from childdata.synthetic.mics_education import Schooling
from childdata.synthetic.mics_frame import (
    Mics,
    interview_date,
    month_of,
    person_keys,
    person_weight,
    place,
    result_code,
    year_of,
)  # fmt: skip
from childdata.synthetic.mics_functioning import school_age_functioning
from childdata.synthetic.mics_members import Family, head_education
from childdata.synthetic.mics_small_children import discipline
from childdata.synthetic.mics_wealth import Wealth
from childdata.synthetic.targets import module

CHORES = ("CL11A", "CL11B", "CL11C", "CL11D", "CL11E", "CL11F", "CL11X")
WORK = ("CL1A", "CL1B", "CL1C", "CL1X")
RIGHT, WRONG, NO_ATTEMPT = 1.0, 2.0, 3.0


def selected_children(mics: Mics) -> Codes:
    """The rows of the members drawn for the file fs: one of 5-17 in each household that has any."""
    persons = mics.population.persons
    rows = np.flatnonzero(mics.listed & (persons.years >= 5) & (persons.years < 18))
    order = rows[np.argsort(stream(mics.population.seed, "fs", "draw").random(len(rows)), kind="stable")]
    _, first = np.unique(persons.household[order], return_index=True)
    return np.asarray(np.sort(order[first]), dtype=np.int64)


def school_age_file(
    mics: Mics, school: Schooling, family: Family, wealth: Wealth, caretaker_difficulty: Numbers
) -> Columns:
    """The file fs; `caretaker_difficulty` is `disability` of the caretaker by member (m,)."""
    persons = mics.population.persons
    rows = selected_children(mics)
    homes, years = persons.household[rows], persons.years[rows]
    answers = mics.persons.take(rows, "fs")
    result, done = result_code(mics, rows, "FS17", module("fs.background").share["completed"])
    columns = person_keys(mics, rows, "FS")
    columns["FS4"] = family.caretaker[rows].astype(float)
    columns |= interview_date(mics, homes, "FS7")
    columns["FS17"] = result
    columns["CB2M"], columns["CB2Y"] = month_of(persons.birth[rows]), year_of(persons.birth[rows])
    columns["CB3"] = years.astype(float)
    _schooling(columns, answers, school, rows, done)
    _labour(columns, answers, years, done)
    columns |= discipline(answers.with_trait(mics.households.trait[homes]), "FCD", done & (years <= 14))
    difficulties = school_age_functioning(answers.with_trait(mics.difficulty[rows]), done)
    columns |= {name: values for name, values in difficulties.items() if name != "fsdisability"}
    learner = done & (years >= 7) & (years <= 14)
    _parents(columns, answers, learner)
    ability = answers.trait - 0.5 * np.maximum(mics.difficulty[rows] - 1, 0)
    _foundations(columns, answers.with_trait(ability), years, learner)
    columns |= {"HL4": np.where(persons.female[rows], 2.0, 1.0), **place(mics, homes)}
    columns["FSDOB"] = persons.birth[rows].astype(float)
    columns["FSDOI"] = mics.population.households.interview[homes].astype(float)
    columns["FSAGE"] = 1.0 + np.searchsorted((10, 15), years, side="right")
    columns["schage"] = school.schage[rows]
    columns["melevel"], columns["felevel"] = family.melevel[rows], family.felevel[rows]
    columns["helevel"] = head_education(mics, school)[homes]
    columns["fsdisability"], columns["fsinsurance"] = difficulties["fsdisability"], columns["CB11"]
    columns["caretakerdis"] = caretaker_difficulty[rows]
    columns["ethnicity"] = mics.households.choose("HC2", module("hh.background"))[homes]
    number = mics.population.per_household((persons.years >= 5) & (persons.years < 18))[homes]
    columns["HH52"] = number.astype(float)
    columns["fshweight"] = person_weight(mics, rows, done)
    columns["fsweight"] = columns["fshweight"] * number
    return columns | wealth.columns(homes)


def _schooling(columns: Columns, answers: Respondents, school: Schooling, rows: Codes, done: Truth) -> None:
    ever = where_asked(school.ever[rows], done)
    now = where_asked(school.now[rows], ever == YES)
    columns |= {
        "CB4": ever,
        "CB5A": where_asked(school.level[rows], ever == YES),
        "CB5B": where_asked(school.grade[rows], ever == YES),
        "CB6": where_asked(school.completed[rows], ever == YES),
        "CB7": now,
        "CB8A": where_asked(school.now_level[rows], now == YES),
        "CB8B": where_asked(school.now_grade[rows], now == YES),
        "CB9": where_asked(school.before[rows], ever == YES),
    }
    before = columns["CB9"] == YES
    columns["CB10A"] = where_asked(school.before_level[rows], before)
    columns["CB10B"] = where_asked(school.before_grade[rows], before)
    block = module("fs.background")
    columns["CB11"] = answers.yes("CB11", block, asked=done)
    answers.mention(columns, block, asked=columns["CB11"] == YES)


def _hours(answers: Respondents, name: str, mean: float, years: Codes, asked: Truth) -> Numbers:
    random = answers.random(name)
    scale = mean * np.interp(years, (5, 10, 17), (0.4, 0.9, 1.6)) / 1.4
    hours = np.minimum(np.ceil(random.gamma(1.4, scale)), 90)
    hours[random.random(len(hours)) < 0.01] = 98
    return where_asked(hours, asked)


def _labour(columns: Columns, answers: Respondents, years: Codes, done: Truth) -> None:
    block = module("fs.work")
    older = np.interp(years, (5, 11, 17), (-0.7, 0.0, 0.7))
    for name in WORK:
        columns[name] = answers.yes(name, block, asked=done, shift=older)
    works = np.any([columns[name] == YES for name in WORK], axis=0)
    columns["CL3"] = _hours(answers, "CL3", block.number["work_hours"], years, works)
    for name in ("CL4", "CL5", "CL6A", "CL6B", "CL6C", "CL6D", "CL6E", "CL6X"):
        columns[name] = answers.yes(name, block, asked=works)
    for name, hours, mean in (("CL7", "CL8", "water_hours"), ("CL9", "CL10", "wood_hours")):
        columns[name] = answers.yes(name, block, asked=done, shift=older)
        columns[hours] = _hours(answers, hours, block.number[mean], years, columns[name] == YES)
    for name in CHORES:
        columns[name] = answers.yes(name, block, asked=done, shift=older)
    busy = np.any([columns[name] == YES for name in CHORES], axis=0)
    columns["CL13"] = _hours(answers, "CL13", block.number["chores_hours"], years, busy)


def _parents(columns: Columns, answers: Respondents, learner: Truth) -> None:
    block = module("fs.parents")
    books = np.minimum(answers.random("PR3").poisson(block.number["books"] * np.exp(0.3 * answers.wealth - 0.045)), 10)
    columns["PR3"] = where_asked(books.astype(float), learner)
    pupil = learner & (columns["CB7"] == YES)
    columns["PR5"] = answers.yes("PR5", block, asked=pupil)
    columns["PR6"] = answers.yes("PR6", block, asked=columns["PR5"] == YES)
    columns["PR7"] = answers.yes("PR7", block, asked=pupil)
    columns["PR8"] = answers.yes("PR8", block, asked=columns["PR7"] == YES)
    for name in ("PR9A", "PR9B"):
        columns[name] = answers.yes(name, block, asked=columns["PR8"] == YES)
    for name in ("PR10", "PR11A", "PR11B", "PR12A", "PR12B", "PR12C", "PR12X", "PR13"):
        columns[name] = answers.yes(name, block, asked=pupil)
    away = (columns["PR12C"] == YES) | (columns["PR13"] == YES)
    columns["PR15"] = answers.yes("PR15", block, asked=away)


def _foundations(columns: Columns, answers: Respondents, years: Codes, learner: Truth) -> None:
    block = module("fs.reading")
    done = answers.yes("FL28", block, asked=learner)
    tested = done == YES
    younger = np.interp(years, (7, 9, 14), (-1.0, 0.0, 0.7))
    columns["FL6A"] = answers.yes("FL6A", block, asked=tested)
    columns["FL6B"] = answers.yes("FL6B", block, asked=tested)
    columns["FL7"] = answers.choose("FL7", block, asked=tested)
    same = answers.random("FL9/same").random(len(years)) < block.number["same_language"]
    home = np.where(columns["FL7"] == 6, 1.0, columns["FL7"])
    columns["FL9"] = where_asked(np.where(same, home, 3 - home), tested & (columns["CB7"] == YES))
    columns["FL10"] = answers.yes("FL10", block, asked=tested)
    other = tested & (columns["FL9"] == 2)
    main = tested & ~other
    _story(columns, answers, ("FL20A", "FL20B"), block.number["words"], younger, main)
    _story(columns, answers, ("FL21PA", "FL21PB"), block.number["words_other"], younger, other)
    for prefix, questions, asked in (("FL21B", "ABCDE", other), ("FL22", "ABCEF", main)):
        for question in questions:
            name = prefix + question
            columns[name] = _correct(answers, "fs.reading", name, younger, asked)
    for name in module("fs.numbers").share:
        columns[name] = _correct(answers, "fs.numbers", name, younger, tested)
    columns["FL28"] = done


def _story(
    columns: Columns, answers: Respondents, names: tuple[str, str], words: float, shift: Numbers, asked: Truth
) -> None:
    """Words attempted and words wrong or missed in a story of so many words."""
    ability = answers.propensity(names[0], module("fs.reading")) + shift
    attempted = np.where(ability > -1.3, words, np.clip(np.round(words * (0.75 + 0.28 * (ability + 1.3))), 0, words))
    wrong = np.minimum(answers.random(names[1]).poisson(np.exp(0.3 - 1.1 * ability)), attempted)
    columns[names[0]] = where_asked(attempted, asked)
    columns[names[1]] = where_asked(wrong.astype(np.float64), asked)


def _correct(answers: Respondents, block: str, name: str, shift: Numbers, asked: Truth) -> Numbers:
    right = answers.happens(name, module(block), module(block).share[name], shift=shift)
    silent = answers.random(name + "/silent").random(len(right)) < 0.25
    return where_asked(np.where(right, RIGHT, np.where(silent, NO_ATTEMPT, WRONG)), asked)
