"""All invented surveys at once, each in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from childdata.synthetic.budget import write_budget_survey
from childdata.synthetic.disability import write_disability_survey
from childdata.synthetic.mics import write_mics
from childdata.synthetic.writing import ready_folder


def write_all(folder: str | Path, *, seed: int = 2019) -> Path:
    """Write the three invented surveys into `folder`: mics, mics_ru, budget and disability.

    The same seed gives the same data. Returns the folder; see `write_mics`, `write_budget_survey` and
    `write_disability_survey` for what is in each. ChilddataError if the seed is negative.
    """
    path = ready_folder(folder, seed)
    write_mics(path / "mics", seed=seed)
    write_mics(path / "mics_ru", seed=seed, lang="ru")
    write_budget_survey(path / "budget", seed=seed)
    write_disability_survey(path / "disability", seed=seed)
    return path
