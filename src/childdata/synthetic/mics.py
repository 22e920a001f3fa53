"""The invented MICS6 folder: hh, hl, wm, ch, fs and bh as SPSS files that belong together.

The sample is drawn once (`population`), who answers is decided once (`mics_frame`), and each file is a
chapter of its own that looks at the same persons: a child has one birth date and one key in all files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from childdata.synthetic.chance import Columns, Numbers
from childdata.synthetic.labels import Language
from childdata.synthetic.mics_births import birth_file, fertility
from childdata.synthetic.mics_education import schooling
from childdata.synthetic.mics_frame import Mics, frame
from childdata.synthetic.mics_functioning import adult_functioning
from childdata.synthetic.mics_household import household_answers, household_file
from childdata.synthetic.mics_members import Family, families, head_education, member_file, row_of
from childdata.synthetic.mics_school_age import school_age_file
from childdata.synthetic.mics_small_children import small_child_file
from childdata.synthetic.mics_wealth import wealth_index
from childdata.synthetic.mics_women import eligible_women, women_file
from childdata.synthetic.population import draw_population
from childdata.synthetic.writing import Page, ready_folder, write_page, write_readme

FIELDWORK = (1431, 1434)  # March to June 2019, as the real round of that year
TITLES = {
    "hh": {"en": "households", "ru": "домохозяйства"},
    "hl": {"en": "household members", "ru": "члены домохозяйств"},
    "wm": {"en": "women 15-49", "ru": "женщины 15-49 лет"},
    "ch": {"en": "children under 5", "ru": "дети до 5 лет"},
    "fs": {"en": "children 5-17", "ru": "дети 5-17 лет"},
    "bh": {"en": "birth histories", "ru": "рождения"},
}


def mics_files(*, seed: int = 2019, households: int = 2400) -> dict[str, Columns]:
    """The columns of each file of the invented MICS, by file name without suffix."""
    mics = frame(draw_population(seed, households, interviews=FIELDWORK, small_children=0.4))
    school = schooling(mics)
    family = families(mics, school)
    answers = household_answers(mics, head_education(mics, school))
    wealth = wealth_index(mics, answers)
    births = fertility(mics)
    years = mics.years
    functioning = adult_functioning(mics.persons.with_trait(mics.difficulty), (years >= 18) & (years < 50))
    women = women_file(mics, school, births, wealth, functioning)
    rows, interviewed = eligible_women(mics), women["WM17"] == 1
    of_caretaker = _caretaker_difficulty(mics, family, women)
    weight = np.asarray(women["wmweight"], dtype=np.float64)
    return {
        "hh": household_file(mics, answers, wealth),
        "hl": member_file(mics, school, family, wealth),
        "wm": women,
        "ch": small_child_file(mics, school, family, wealth, of_caretaker),
        "fs": school_age_file(mics, school, family, wealth, of_caretaker),
        "bh": birth_file(mics, school, wealth, rows, interviewed, weight),
    }


def _caretaker_difficulty(mics: Mics, family: Family, women: Columns) -> Numbers:
    """Array (m,): functional difficulties of each child's caretaker, 9 where she was not asked."""
    by_member = np.full(len(mics.difficulty), 9.0)
    answer = np.asarray(women["disability"], dtype=np.float64)
    by_member[eligible_women(mics)] = np.where(np.isnan(answer), 9.0, answer)
    persons = mics.population.persons
    care = row_of(mics, persons.household, family.caretaker)
    return np.where(family.caretaker > 0, by_member[care], np.nan)


def write_mics(folder: str | Path, *, seed: int = 2019, households: int = 2400, lang: Language = "en") -> Path:
    """Write an invented MICS6 survey of a country like Belarus into `folder`.

    Parameters
    ----------
    folder : made if it is not there; files of the same names are overwritten.
    seed : whole number, 0 or more; the same seed gives the same data.
    households : sample size; 15 to a PSU, two PSUs to a stratum at least.
    lang : language of variable and value labels.

    Returns
    -------
    Path of the folder, with hh.sav, hl.sav, wm.sav, ch.sav, fs.sav, bh.sav and README.txt.

    Raises
    ------
    ChilddataError if the seed is negative or a file is in the folder's place.
    """
    path = ready_folder(folder, seed)
    files = mics_files(seed=seed, households=households)
    for name, columns in files.items():
        write_page(Page(path / f"{name}.sav", "mics", name, lang, f"MICS6 {name}: {TITLES[name][lang]}"), columns)
    lines = [
        f"{name}.sav  {TITLES[name]['en']} / {TITLES[name]['ru']}: {len(columns)} x {len(columns['HH1'])}"
        for name, columns in files.items()
    ]
    write_readme(path, [f"MICS6, seed {seed}, {households} households", *lines])
    return path
