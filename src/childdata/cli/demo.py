"""What can this do? Everything once, on invented data, in one folder, in under a minute.

The surveys are invented (see `childdata.synthetic`); the tables and pictures are made from them as from any survey:
the English ones from the file with English labels, the Russian ones from the file with Russian labels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from childdata.cli.tables import codebook_table, write_table
from childdata.errors import ChilddataError
from childdata.microdata import Dataset, read
from childdata.plot import dots, save
from childdata.survey import Survey, mean
from childdata.synthetic import write_budget_survey, write_disability_survey, write_mics
from childdata.words import Lang, word

Contents = list[tuple[str, str]]

BY = ("HH6", "HH7", "HL4", "windex5")
STUNTED = "if_else(HAZFLAG == 0, HAZ2 < -2, unknown())"
CERTIFICATE = "BR1 in (1, 2)"
ALONE = "is_true(EC3A >= 1) or is_true(EC3B >= 1)"
COLUMNS = (*BY, "chweight", "stratum", "PSU", "HAZ2", "HAZFLAG", "BR1", "EC3A", "EC3B")


def write_demo(folder: Path, *, seed: int) -> tuple[Path, Contents]:
    """Write the demonstration into `folder`, made if it is not there.

    Returns
    -------
    The folder, and for each file or folder in it what it is.

    Raises
    ------
    ChilddataError if the folder cannot be made or written to, or the seed is negative.
    """
    surveys = folder / "surveys"
    try:
        surveys.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ChilddataError(f"the folder {str(folder)!r} cannot be made ({error.strerror}); choose another") from error
    steps: list[tuple[str, Callable[[], Contents]]] = [
        ("survey in the layout of MICS6", lambda: _mics(surveys, seed)),
        ("the same with Russian labels", lambda: _mics_ru(surveys, seed)),
        ("budget survey", lambda: _budget(surveys, seed)),
        ("disability survey", lambda: _disability(surveys, seed)),
        ("codebook", lambda: _codebook(folder, read(surveys / "mics" / "ch.sav"))),
        ("tables and picture in English", lambda: _results(folder, surveys / "mics" / "ch.sav", "en", seed)),
        ("tables and picture in Russian", lambda: _results(folder, surveys / "mics_ru" / "ch.sav", "ru", seed)),
    ]
    contents: Contents = []
    with tqdm(steps, file=sys.stderr, bar_format="{n_fmt}/{total_fmt} {bar:20} {desc}", leave=False) as bar:
        for what, step in bar:
            bar.set_description_str(what)
            contents += step()
    return folder.resolve(), contents


def _mics(surveys: Path, seed: int) -> Contents:
    write_mics(surveys / "mics", seed=seed)
    return [("surveys/mics", "invented MICS6: households, members, women, children, births (SPSS, English labels)")]


def _mics_ru(surveys: Path, seed: int) -> Contents:
    write_mics(surveys / "mics_ru", seed=seed, lang="ru")
    return [("surveys/mics_ru", "the same with Russian labels")]


def _budget(surveys: Path, seed: int) -> Contents:
    write_budget_survey(surveys / "budget", seed=seed)
    return [("surveys/budget", "invented household budget survey of four quarters and a year (SPSS)")]


def _disability(surveys: Path, seed: int) -> Contents:
    write_disability_survey(surveys / "disability", seed=seed)
    return [("surveys/disability", "invented disability survey: households and persons (Stata)")]


def _codebook(folder: Path, data: Dataset) -> Contents:
    table = codebook_table(data, "en")
    write_table(table, folder / "codebook.xlsx")
    write_table(table, folder / "codebook.html")
    return [("codebook.xlsx, .html", "codebook of the children's file: labels, codes, missing answers by reason")]


def _results(folder: Path, file: Path, lang: Lang, seed: int) -> Contents:
    """Tables and a picture of three indicators by four background variables."""
    children = read(file, columns=COLUMNS)
    survey = Survey(children, weight="chweight", strata="stratum", psu="PSU", lonely_psu="certainty")
    indicators = {
        word("demo.stunted", lang): mean(STUNTED),
        word("demo.certificate", lang): mean(CERTIFICATE),
        word("demo.alone", lang): mean(ALONE),
    }
    estimates = survey.estimate(indicators, each=BY, margins=True)
    subtitle = word("demo.subtitle", lang, seed=seed)
    table = replace(estimates.table(lang=lang, title=word("demo.title", lang)), subtitle=subtitle)
    for suffix in (".html", ".xlsx", ".md"):
        write_table(table, folder / f"estimates_{lang}{suffix}")
    write_table(table.wide(), folder / f"report_{lang}.html")
    errors = replace(estimates.sampling_errors(lang=lang), subtitle=subtitle)
    write_table(errors, folder / f"sampling_errors_{lang}.xlsx")
    stunted = estimates.select(statistic=word("demo.stunted", lang))
    drawn = replace(stunted.table(lang=lang, title=word("demo.picture", lang)), subtitle=subtitle)
    save(dots(drawn), folder / f"picture_{lang}.png", table=drawn)
    language = {"en": "English", "ru": "Russian"}[lang]
    return [
        (f"estimates_{lang}.html, .xlsx, .md", f"shares with standard errors and intervals, in {language}"),
        (f"report_{lang}.html", "the same with the indicators side by side, as in a report"),
        (f"sampling_errors_{lang}.xlsx", "sampling errors in the layout of a MICS report"),
        (f"picture_{lang}.png", "stunted children by background, with intervals"),
    ]
