"""The invented household budget survey: four quarters and a year, households and persons.

Files as the national survey has had them: hhq1 ... hhq4 and ppq1 ... ppq4 by quarter, hhyear and ppyear. A
household keeps its number through the quarters. `qweight` is stored times 100 (two implied decimals);
`income4` is text with a decimal comma and sometimes an exponent; amounts are monthly averages in BYN. Benefits
and taxes follow the amounts of one half-year (`data/amounts.toml`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from childdata.synthetic.budget_income import as_old_text, household_money, person_money
from childdata.synthetic.budget_living import activity, deprivation, dwelling, school_and_clinic
from childdata.synthetic.budget_panel import QUARTERS, YEAR, Panel, draw_panel
from childdata.synthetic.budget_spending import spending, utilities
from childdata.synthetic.chance import Codes, Columns, Numbers
from childdata.synthetic.labels import Language
from childdata.synthetic.writing import Page, ready_folder, write_page, write_readme

IMPLIED_DECIMALS = 100
OLD_FILE = "hhq1_old.sav"
TITLES = {
    "hhq": {"en": "households, quarter", "ru": "домохозяйства, квартал"},
    "ppq": {"en": "persons, quarter", "ru": "люди, квартал"},
    "hhyear": {"en": "households, year", "ru": "домохозяйства, год"},
    "ppyear": {"en": "persons, year", "ru": "люди, год"},
}


def budget_files(*, seed: int = 2024, households: int = 1500) -> dict[str, Columns]:
    """The columns of all ten files, by file name without suffix."""
    panel = draw_panel(seed, households)
    homes = dwelling(panel)
    files: dict[str, Columns] = {}
    by_quarter = []
    for quarter in QUARTERS:
        person = person_money(panel, quarter)
        bills = utilities(panel, quarter, np.asarray(homes["d_area"]))
        money = household_money(panel, quarter, person, np.asarray(sum(bills.values())))
        spent = spending(panel, quarter, np.asarray(money["resources"]), bills)
        use = school_and_clinic(panel, quarter, person["stipend"] > 0)
        by_quarter.append((quarter, person | use, money | bills | spent))
        files[f"hhq{quarter}"] = _household_quarter(panel, quarter, homes, money | bills | spent)
        files[f"ppq{quarter}"] = _person_quarter(panel, quarter, person, use)
    files["hhyear"] = _household_year(panel, homes, [(quarter, money) for quarter, _, money in by_quarter])
    files["ppyear"] = _person_year(panel, [(quarter, person) for quarter, person, _ in by_quarter])
    return files


def write_budget_survey(folder: str | Path, *, seed: int = 2024, households: int = 1500, lang: Language = "ru") -> Path:
    """Write an invented household budget survey into `folder`: ten .sav files, one of them again as an old
    program left it (`hhq1_old.sav`, windows-1251 and not saying so), and README.txt.

    Parameters
    ----------
    folder : made if it is not there; files of the same names are overwritten.
    seed : whole number, 0 or more; the same seed gives the same data.
    households : about so many in each quarter, before refusals. lang : language of the labels.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    ChilddataError if the seed is negative or a file is in the folder's place.
    """
    path = ready_folder(folder, seed)
    files = budget_files(seed=seed, households=households)
    for name, columns in files.items():
        kind = name.rstrip("1234")
        title = f"{TITLES[kind][lang]} {name.removeprefix(kind)}".rstrip()
        section = "households" if name.startswith("hh") else "persons"
        write_page(Page(path / f"{name}.sav", "budget", section, lang, title), columns)
    _write_old_file(path, files["hhq1"])
    lines = [f"{name}.sav: {len(columns)} x {len(columns['hhid'])}" for name, columns in files.items()]
    lines.append(f"{OLD_FILE}: hhq1, windows-1251")
    write_readme(path, [f"Household budget survey / обследование уровня жизни {YEAR}, seed {seed}", *lines])
    return path


def _write_old_file(path: Path, columns: Columns) -> None:
    """The first quarter as a program of the nineties would have left it: code page 1251, not declared."""
    page = Page(
        path / OLD_FILE, "budget", "households", "ru", TITLES["hhq"]["ru"], encoding="windows-1251", declared=False
    )
    write_page(page, columns)


def _household_keys(panel: Panel, rows: Codes) -> Columns:
    households = panel.population.households
    psu = households.psu[rows]
    return {
        "hhid": (psu + 1) * 100.0 + households.number[rows],
        "psu": psu + 1.0,
        "stratum": households.places.stratum[psu].astype(float),
        "region": households.places.region[psu].astype(float),
        "area": households.places.area[psu].astype(float),
    }


def _composition(panel: Panel, quarter: int, rows: Codes) -> Columns:
    months = panel.months(quarter)
    groups = {"hhsize": months >= 0, "n_child": months < 216, "n_child3": months < 36, "n_old": months >= 60 * 12}
    return {name: panel.count(quarter, member)[rows].astype(float) for name, member in groups.items()}


def _household_quarter(panel: Panel, quarter: int, homes: Columns, money: Columns) -> Columns:
    rows = np.flatnonzero(panel.present(quarter))
    columns = _household_keys(panel, rows)
    columns["quarter"] = np.full(len(rows), float(quarter))
    columns |= _composition(panel, quarter, rows)
    columns |= {name: values[rows] for name, values in homes.items()}
    columns |= {name: np.asarray(values)[rows] for name, values in money.items() if name != "property"}
    random = panel.homes.random(f"income4/{quarter}")
    columns["income4"] = as_old_text(np.asarray(money["property"])[rows], random)
    columns["qweight"] = np.round(panel.weight(quarter)[rows] * IMPLIED_DECIMALS)
    return columns


def _person_identity(panel: Panel, rows: Codes, months: Codes) -> Columns:
    persons = panel.population.persons
    columns = _household_keys(panel, persons.household[rows])
    columns["line"] = persons.line[rows].astype(float)
    columns["relation"] = persons.relation[rows].astype(float)
    columns["sex"] = np.where(persons.female[rows], 2.0, 1.0)
    columns["age"] = (months[rows] // 12).astype(float)
    columns["age_months"] = months[rows].astype(float)
    columns["mother"], columns["father"] = persons.mother[rows].astype(float), persons.father[rows].astype(float)
    columns["birth_order"] = panel.order[rows].astype(float)
    columns["disabled"] = np.where(panel.disabled[rows], 1.0, 2.0)
    return columns


def _person_quarter(panel: Panel, quarter: int, person: Columns, use: Columns) -> Columns:
    persons, months = panel.population.persons, panel.months(quarter)
    rows = np.flatnonzero(panel.present(quarter)[persons.household] & (months >= 0))
    columns = _person_identity(panel, rows, months)
    columns["quarter"] = np.full(len(rows), float(quarter))
    columns["activity"] = activity(months, person)[rows]
    columns |= {name: np.asarray(values)[rows] for name, values in {**person, **use}.items()}
    columns["qweight"] = np.round(panel.weight(quarter)[persons.household[rows]] * IMPLIED_DECIMALS)
    return columns


def _mean_over_quarters(parts: list[tuple[Numbers, Numbers]]) -> Numbers:
    """The mean of the values over the quarters in which the record is there (values, presence)."""
    there = sum(presence for _, presence in parts)
    total = sum(np.where(presence > 0, values, 0.0) for values, presence in parts)
    return np.asarray(np.round(np.asarray(total) / np.maximum(np.asarray(there), 1), 2))


def _household_year(panel: Panel, homes: Columns, quarters: list[tuple[int, Columns]]) -> Columns:
    presence = {quarter: panel.present(quarter).astype(float) for quarter, _ in quarters}
    seen = np.asarray(sum(presence.values()))
    rows = np.flatnonzero(seen > 0)
    columns = _household_keys(panel, rows)
    columns["quarters"] = seen[rows]
    columns |= _composition(panel, QUARTERS[-1], rows)
    columns |= {name: values[rows] for name, values in homes.items()}
    money = {
        name: _mean_over_quarters([(np.asarray(part[name]), presence[quarter]) for quarter, part in quarters])
        for name in quarters[0][1]
    }
    per_head = money["resources"] / np.maximum(panel.count(4, panel.months(4) >= 0), 1)
    columns |= {name: values[rows] for name, values in money.items() if name != "property"}
    columns["income4"] = as_old_text(money["property"][rows], panel.homes.random("income4/year"))
    columns |= {name: values[rows] for name, values in deprivation(panel, per_head).items()}
    columns["yweight"] = _year_weight(panel)[rows]
    return columns


def _year_weight(panel: Panel) -> Numbers:
    """Array (h,): the mean of the four quarterly weights, times 100."""
    total = np.sum([panel.weight(quarter) for quarter in QUARTERS], axis=0)
    return np.asarray(np.round(total / len(QUARTERS) * IMPLIED_DECIMALS), dtype=np.float64)


def _person_year(panel: Panel, quarters: list[tuple[int, Columns]]) -> Columns:
    persons, home = panel.population.persons, panel.population.persons.household
    presence = {
        quarter: (panel.present(quarter)[home] & (panel.months(quarter) >= 0)).astype(float) for quarter, _ in quarters
    }
    seen = np.asarray(sum(presence.values()))
    rows = np.flatnonzero(seen > 0)
    columns = _person_identity(panel, rows, panel.months(QUARTERS[-1]))
    columns["quarters"] = seen[rows]
    averaged = [name for name in quarters[0][1] if name not in ("school", "school_own", "fam_capital")]
    for name in averaged:
        parts = [(np.asarray(part[name]), presence[quarter]) for quarter, part in quarters]
        columns[name] = _mean_over_quarters(parts)[rows]
    columns["school"] = np.asarray(quarters[-1][1]["school"])[rows]
    works = [(part["wage_gross"] > 0) | (part["selfemp"] > 0) for _, part in quarters]
    columns["months_worked"] = 3.0 * np.sum(works, axis=0)[rows]
    columns["yweight"] = _year_weight(panel)[persons.household[rows]]
    return columns
