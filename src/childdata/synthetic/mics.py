"""The invented MICS6 folder: hh, hl, wm, ch, fs and bh as SPSS files that belong together.

The sample is drawn once (`population`), who answers is decided once (`mics_frame`), and each file is a
chapter of its own that looks at the same persons: a child has one birth date and one key in all files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from childdata.synthetic.mics_small_children import small_child_file
from childdata.synthetic.chance import Columns
from childdata.synthetic.labels import Language
from childdata.synthetic.mics_education import schooling
from childdata.synthetic.mics_frame import frame
from childdata.synthetic.mics_household import household_answers, household_file
from childdata.synthetic.mics_members import families, head_education, member_file
from childdata.synthetic.mics_wealth import wealth_index
from childdata.synthetic.population import draw_population
from childdata.synthetic.writing import Page, ready_folder, write_page, write_readme

FIELDWORK = (1431, 1434)  # March to June 2019, as the real round of that year


def mics_files(*, seed: int = 2019, households: int = 2400) -> dict[str, Columns]:
    """The columns of each file of the invented MICS, by file name without suffix."""
    mics = frame(draw_population(seed, households, interviews=FIELDWORK, small_children=0.4))
    school = schooling(mics)
    family = families(mics, school)
    answers = household_answers(mics, head_education(mics, school))
    wealth = wealth_index(mics, answers)
    difficulty = np.full(len(mics.difficulty), np.nan)
    return {
        "ch": small_child_file(mics, school, family, wealth, difficulty),
        "hh": household_file(mics, answers, wealth),
        "hl": member_file(mics, school, family, wealth),
    }


def write_mics(folder: str | Path, *, seed: int = 2019, households: int = 2400, lang: Language = "en") -> Path:
    """Write an invented MICS6 survey of a country like Belarus into `folder`; returns the folder."""
    path = ready_folder(folder, seed)
    for name, columns in mics_files(seed=seed, households=households).items():
        write_page(Page(path / f"{name}.sav", "mics", name, lang, f"MICS6 {name}"), columns)
    write_readme(path, [])
    return path
