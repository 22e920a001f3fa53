"""The invented disability survey: a household file and a person file, with Stata's tagged missing values.

Persons of 5 and more answer the Washington Group short set, adults the extended set, children of 2-17 (their
mothers for them) the child functioning module in the Washington Group's own numbering. Registered disability
(group I-III, child with disability) comes from the same latent severity and a chance of its own, so that the
two overlap in part. School, leisure and work fall with severity: the gaps are there to be measured.
Refused is .a, "do not know" .b, and what a proxy could not say .c.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from childdata.synthetic.chance import (
    NO,
    YES,
    Codes,
    Columns,
    Module,
    Numbers,
    Respondents,
    Truth,
    stream,
    where_asked,
)
from childdata.synthetic.labels import Language
from childdata.synthetic.mics_frame import respond
from childdata.synthetic.population import Population, draw_population
from childdata.synthetic.targets import module
from childdata.synthetic.writing import Page, ready_folder, write_page, write_readme

INTERVIEWS = (1418, 1420)  # February to April 2018
TAGS = {-1.0: "a", -2.0: "b", -3.0: "c"}
PROXY_CANNOT = -3.0
SHORT_SET = ("VIS_SS", "HEAR_SS", "MOB_SS", "COG_SS", "SC_SS", "COM_SS")
FELT = ("ANX_1", "ANX_2", "ANX_3", "DEP_1", "DEP_2", "DEP_3", "PAIN_1", "PAIN_2", "TIRED_1", "TIRED_2", "TIRED_3")
LEISURE = ("LEIS_CLUB", "LEIS_SPORT", "LEIS_FRIENDS", "LEIS_CULTURE", "LEIS_NET")
BARRIERS = ("BARR_STREET", "BARR_TRANSPORT", "BARR_CLINIC", "BARR_INFO", "BARR_ATTITUDE")


@dataclass(frozen=True, slots=True)
class _Sample:
    """The interviewed households and persons; arrays (h,) and (m,) of those who answered."""

    population: Population
    homes: Codes
    rows: Codes
    weight: Numbers
    answers: Respondents
    years: Codes
    proxy: Truth


def disability_files(*, seed: int = 2018, households: int = 2000) -> dict[str, Columns]:
    """The columns of the household and the person file, by file name without suffix."""
    population = draw_population(seed, households, interviews=INTERVIEWS, small_children=0.2)
    sample = _answering(population)
    return {"households": _household_file(sample), "persons": _person_file(sample)}


def write_disability_survey(
    folder: str | Path, *, seed: int = 2018, households: int = 2000, lang: Language = "ru"
) -> Path:
    """Write an invented disability survey into `folder`: households.dta, persons.dta, README.txt.

    Parameters
    ----------
    folder : made if it is not there; files of the same names are overwritten.
    seed : whole number, 0 or more; the same seed gives the same data.
    households : sample size. lang : language of the labels.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    ChilddataError if the seed is negative or a file is in the folder's place.
    """
    path = ready_folder(folder, seed)
    titles = {"households": "Disability survey: households", "persons": "Disability survey: persons"}
    if lang == "ru":
        titles = {"households": "Инвалидность: семьи", "persons": "Инвалидность: люди"}
    files = disability_files(seed=seed, households=households)
    for name, columns in files.items():
        write_page(Page(path / f"{name}.dta", "disability", name, lang, titles[name], tags=TAGS), columns)
    lines = [f"{name}.dta: {len(columns)} x {len(columns['PSU'])}" for name, columns in files.items()]
    write_readme(path, [f"Disability survey / обследование инвалидности, seed {seed}", *lines])
    return path


def _answering(population: Population) -> _Sample:
    seed, households, persons = population.seed, population.households, population.persons
    trait = stream(seed, "difficulty").standard_normal(len(persons))
    home = Respondents(
        seed, "disability", households.psu, households.wealth, households.rural, np.zeros(len(households))
    )
    block = module("disability.fieldwork")
    done = home.happens("completed", block, block.share["completed"])
    weight = respond(households.weight, done, households.psu, households.places.stratum[households.psu])
    rows = np.flatnonzero(done[persons.household])
    answers = home.take(persons.household[rows], "persons").with_trait(trait[rows])
    years = persons.years[rows]
    share = np.where(years < 18, block.share["proxy_child"], block.share["proxy_adult"])
    proxy = answers.happens("proxy", block, share, shift=np.where(years >= 18, 0.6 * np.maximum(trait[rows] - 1, 0), 0))
    return _Sample(population, np.flatnonzero(done), rows, weight, answers, years, proxy | (years < 10))


def _identity(sample: _Sample, homes: Codes) -> Columns:
    households = sample.population.households
    psu = households.psu[homes]
    return {
        "HID": (psu + 1) * 100.0 + households.number[homes],
        "PSU": psu + 1.0,
        "STRATUM": households.places.stratum[psu].astype(float),
        "REGION": households.places.region[psu].astype(float),
        "AREA": households.places.area[psu].astype(float),
        "WEIGHT": np.round(sample.weight[homes], 4),
    }


def _household_file(sample: _Sample) -> Columns:
    persons, households = sample.population.persons, sample.population.households
    homes = sample.homes
    columns = _identity(sample, homes)
    per = sample.population.per_household
    columns["SIZE"] = per(persons.years >= 0)[homes].astype(float)
    columns["CHILDREN"] = per(persons.years < 18)[homes].astype(float)
    answers = Respondents(
        sample.population.seed,
        "households",
        households.psu[homes],
        households.wealth[homes],
        households.rural[homes],
        np.zeros(len(homes)),
    )
    block = module("disability.dwelling")
    answers.ask(columns, block)
    flat = columns["LIFT"] == YES
    columns["RAMP"] = where_asked(columns["RAMP"], flat | (columns["AREA"] == 1))
    income = np.exp(5.75 + 0.38 * answers.wealth + 0.25 * answers.random("INCOME_PC").standard_normal(len(homes)))
    silent = answers.random("INCOME_PC/silent").random(len(homes)) < 0.04
    columns["INCOME_PC"] = np.where(silent, -1.0, np.round(income, 2))
    return columns


def _person_file(sample: _Sample) -> Columns:
    persons, rows, years = sample.population.persons, sample.rows, sample.years
    columns = _identity(sample, persons.household[rows])
    columns["LINE"] = persons.line[rows].astype(float)
    columns["RELATION"] = persons.relation[rows].astype(float)
    columns["SEX"] = np.where(persons.female[rows], 2.0, 1.0)
    columns["AGE"] = years.astype(float)
    columns["PROXY"] = np.where(sample.proxy, YES, NO)
    by_age = np.interp(years, (5, 20, 45, 65, 85), (-0.35, -0.30, 0.0, 0.6, 1.5))
    _short_set(columns, sample, by_age)
    _extended_set(columns, sample, by_age)
    _children(columns, sample, "disability.children_2_4", (years >= 2) & (years < 5), "SCF")
    _children(columns, sample, "disability.children_5_17", (years >= 5) & (years < 18), "CF")
    _registered(columns, sample, by_age)
    _participation(columns, sample, np.maximum(sample.answers.trait + by_age - 1.1, 0))
    return columns


def _short_set(columns: Columns, sample: _Sample, by_age: Numbers) -> None:
    block = module("disability.short_set")
    for name in SHORT_SET:
        columns[name] = sample.answers.choose(name, block, asked=sample.years >= 5, shift=by_age)


def _extended_set(columns: Columns, sample: _Sample, by_age: Numbers) -> None:
    """The extended set for 18 and more; a level is asked only of those who feel it or take medicine."""
    block, answers, adult = module("disability.extended"), sample.answers, sample.years >= 18
    for name in ("VIS_1", "HEAR_1", "MOB_2"):
        columns[name] = answers.yes(name, block, asked=adult, shift=by_age)
    for name in ("HEAR_2", "HEAR_3", "MOB_4", "MOB_5", "MOB_6", "UB_1", "UB_2"):
        columns[name] = answers.choose(name, block, asked=adult, shift=by_age)
    for word in ("ANX", "DEP"):
        often = answers.choose(f"{word}_1", block, asked=adult, shift=by_age / 3)
        medicine = answers.yes(f"{word}_2", block, asked=adult)
        columns |= {f"{word}_1": often, f"{word}_2": medicine}
        columns[f"{word}_3"] = answers.choose(f"{word}_3", block, asked=adult & ~((often == 5) & (medicine != YES)))
    for word, parts in (("PAIN", (2,)), ("TIRED", (2, 3))):
        often = answers.choose(f"{word}_1", block, asked=adult, shift=by_age)
        columns[f"{word}_1"] = often
        for part in parts:
            columns[f"{word}_{part}"] = answers.choose(f"{word}_{part}", block, asked=adult & (often != 1))
    unsaid = sample.proxy & (answers.random("unsaid").random(len(answers)) < 0.5)
    for name in FELT:
        columns[name] = np.where(unsaid & ~np.isnan(columns[name]), PROXY_CANNOT, columns[name])


def _children(columns: Columns, sample: _Sample, name: str, asked: Truth, prefix: str) -> None:
    """The child functioning module: with glasses, aid or equipment one item, without it another."""
    block = module(name)
    answers = sample.answers
    for item in block.share:
        columns[item] = answers.yes(item, block, asked=asked)
    for item in block.choice:
        columns[item] = answers.choose(item, block, asked=asked & _route(columns, item, prefix))


def _route(columns: Columns, item: str, prefix: str) -> Truth:
    """Who reaches an item: those with the aid (first list) or without it (second list)."""
    number = int(item.removeprefix(prefix))
    with_aid = {2: 1, 5: 4, 8: 7, 9: 7, 10: 7, 11: 7} if prefix == "CF" else {2: 1, 5: 4, 8: 7, 9: 7}
    without = {3: 1, 6: 4, 12: 7, 13: 7} if prefix == "CF" else {3: 1, 6: 4, 10: 7}
    if number in with_aid:
        return np.asarray(columns[f"{prefix}{with_aid[number]}"] == YES)
    if number in without:
        return np.asarray(columns[f"{prefix}{without[number]}"] != YES)
    return np.ones(len(columns["AGE"]), dtype=np.bool_)


def _registered(columns: Columns, sample: _Sample, by_age: Numbers) -> None:
    block, answers, years = module("disability.registered"), sample.answers, sample.years
    adult = years >= 18
    share = np.where(adult, block.share["adult"], block.share["child"])
    registered = answers.happens("registered", block, share, shift=np.where(adult, 0.6 * by_age, 0.0))
    group = np.where(adult, answers.choose("GROUP", block), 4.0)
    columns["REG"] = np.where(registered, YES, NO)
    columns["REG_GROUP"] = where_asked(group, registered)
    columns["REG_DEGREE"] = where_asked(answers.choose("DEGREE", block), registered & ~adult)
    since = answers.random("REG_YEAR").integers(0, np.maximum(np.minimum(years, 40), 1) + 1)
    columns["REG_YEAR"] = where_asked(2018.0 - since, registered)


def _participation(columns: Columns, sample: _Sample, severity: Numbers) -> None:
    block, answers, years = module("disability.participation"), sample.answers, sample.years
    columns["SCHOOL"] = answers.choose("SCHOOL", block, asked=(years >= 6) & (years < 18), shift=-0.9 * severity)
    for name in LEISURE:
        by_age = np.interp(years, (5, 18, 40, 80), (0.3, 0.2, 0.0, -0.9))
        columns[name] = answers.yes(name, block, asked=years >= 5, shift=by_age - 0.7 * severity)
    able = (years >= 15) & (years < 65)
    by_age = np.interp(years, (15, 19, 24, 30, 55, 60, 64), (-2.5, -1.2, -0.1, 0.1, 0.0, -0.9, -1.5))
    columns["WORK"] = answers.yes("WORK", block, asked=able, shift=by_age - 1.0 * severity)
    works = columns["WORK"] == YES
    hours = np.clip(np.round(answers.random("WORK_HOURS").normal(39 - 4 * np.minimum(severity, 3), 6)), 4, 70)
    columns["WORK_HOURS"] = where_asked(hours, works)
    columns["WORK_WANT"] = answers.yes("WORK_WANT", block, asked=columns["WORK"] == NO)
    columns["WORK_ADAPT"] = answers.yes("WORK_ADAPT", block, asked=works & (severity > 0))
    _help(columns, sample, module("disability.help"), severity)
    columns["LIFE_SAT"] = answers.choose("LIFE_SAT", block, asked=(years >= 15) & ~sample.proxy, shift=-0.4 * severity)


def _help(columns: Columns, sample: _Sample, block: Module, severity: Numbers) -> None:
    answers, registered = sample.answers, columns["REG"] == YES
    needs = sample.answers.random("HELP_NEED").random(len(answers)) < np.clip(0.01 + 0.35 * severity, 0, 0.95)
    columns["HELP_NEED"] = np.where(needs, YES, NO)
    columns["HELP_GOT"] = answers.yes("HELP_GOT", block, asked=needs)
    concerned = registered | (severity > 0.3)
    columns["DEV_NEED"] = answers.yes("DEV_NEED", block, asked=concerned)
    columns["DEV_HAVE"] = answers.yes("DEV_HAVE", block, asked=columns["DEV_NEED"] == YES)
    for name in (*BARRIERS, "SERV_SOCIAL"):
        columns[name] = answers.yes(name, block, asked=concerned & (sample.years >= 5))
    columns["REHAB_PLAN"] = answers.yes("REHAB_PLAN", block, asked=registered)
    columns["REHAB_DONE"] = answers.yes("REHAB_DONE", block, asked=columns["REHAB_PLAN"] == YES)
