"""How do the invented families live: dwelling, schools and clinics, and what they cannot afford?

Deprivation items are answered 1 has, 2 does not have because it cannot afford it, 3 does not have for another
reason: the seventeen items of the European child deprivation indicator (twelve of children, five of the
household) and the thirteen of severe material and social deprivation. School trips are asked only where a
child goes to school, child items only where a child of 1-15 lives.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.budget_panel import Panel
from childdata.synthetic.chance import Codes, Columns, Numbers, Respondents, Truth, where_asked
from childdata.synthetic.targets import module

HAS, CANNOT_AFFORD, OTHER_REASON = 1.0, 2.0, 3.0
NONE, KINDERGARTEN, PRIMARY, BASIC, UPPER, HIGHER = 0.0, 1.0, 2.0, 3.0, 4.0, 5.0


def dwelling(panel: Panel) -> Columns:
    """Rooms, area, comforts and faults of the dwelling, array (h,) each, the same all year."""
    answers = panel.homes
    size = np.maximum(panel.count(4, panel.months(4) >= 0), 1)
    random = answers.random("d_rooms")
    rooms = np.clip(np.round(1.2 + 0.38 * size + 0.4 * answers.wealth + 0.6 * random.standard_normal(len(size))), 1, 7)
    area = np.clip(np.round(14 + 17 * rooms + 4 * random.standard_normal(len(size)), 1), 14, 200)
    columns: Columns = {"d_rooms": rooms, "d_area": area}
    answers.ask(columns, module("budget.dwelling"))
    answers.ask(columns, module("budget.dwelling_faults"))
    return columns


def school_and_clinic(panel: Panel, quarter: int, student: Truth) -> Columns:
    """School attended and care used in the quarter, array (m,) each."""
    answers, block = panel.members, module("budget.use")
    months = panel.months(quarter)
    years = months // 12
    school = np.select(
        [years < 1, years < 3, years < 6, years < 10, years < 15, years < 17, student],
        [
            np.full(len(years), NONE),
            _goes(answers, "nursery"),
            _goes(answers, "kindergarten"),
            np.full(len(years), PRIMARY),
            np.full(len(years), BASIC),
            np.full(len(years), UPPER),
            np.full(len(years), HIGHER),
        ],
        NONE,
    )
    private = answers.happens("private_school", block, block.share["private_school"])
    random = answers.random(f"clinic/{quarter}")
    need = np.interp(years, (0, 5, 20, 45, 70, 90), (0.9, 0.3, -0.3, 0.0, 0.6, 0.8))
    visits = 1.0 + random.poisson(1.2 * np.exp(0.3 * need))
    sees = answers.happens(f"clinic/{quarter}", block, block.share["clinic"], shift=need)
    stays = answers.happens(f"hospital/{quarter}", block, block.share["hospital"], shift=need / 2)
    pays = answers.happens(f"paid_care/{quarter}", block, block.share["paid_care"], shift=0.2 * answers.wealth)
    return {
        "school": np.where(months >= 0, school, NONE),
        "school_own": where_asked(np.where(private, 2.0, 1.0), school > 0),
        "clinic": np.where(sees, visits, 0.0),
        "hospital": np.where(stays, 2.0 + random.poisson(6.0, len(years)), 0.0),
        "paid_care": np.where(pays, np.round(np.exp(3.6 + 0.6 * random.standard_normal(len(years))), 2), 0.0),
    }


def _goes(answers: Respondents, name: str) -> Numbers:
    block = module("budget.use")
    return np.where(answers.happens(name, block, block.share[name]), KINDERGARTEN, NONE)


def deprivation(panel: Panel, per_head: Numbers) -> Columns:
    """Deprivation items and self-assessment, array (h,) each; `per_head` is the year's income per head."""
    answers = panel.homes
    poorer = -0.55 * np.log(np.maximum(per_head, 50.0) / 650.0)
    months = panel.months(4)
    child = panel.count(4, (months >= 12) & (months < 16 * 12)) > 0
    pupil = panel.count(4, (months >= 72) & (months < 16 * 12)) > 0
    columns: Columns = {}
    for name, asked, which in (("household_items", None, "household"), ("child_items", child, "child")):
        block = module(f"budget.{name}")
        for item in block.share:
            reached = pupil if item == "c_trips" else asked
            columns[item] = _item(answers, name, item, poorer, reached, which)
    columns["m_arrears"] = np.where(columns["m_arrears"] == OTHER_REASON, HAS, columns["m_arrears"])
    block = module("budget.self_assessment")
    for item in block.choice:
        columns[item] = answers.choose(item, block, shift=-0.5 * poorer)
    return columns


def _item(answers: Respondents, name: str, item: str, poorer: Numbers, asked: Truth | None, which: str) -> Numbers:
    block, other = module(f"budget.{name}"), module("budget.other_reason")
    lacks = answers.happens(item, block, block.share[item], shift=poorer)
    unwanted = answers.happens(f"{item}/other", other, other.share[which])
    answer = np.where(lacks, CANNOT_AFFORD, np.where(unwanted, OTHER_REASON, HAS))
    return where_asked(answers.unknown(item, block, answer), asked)


def activity(months: Codes, person: Columns) -> Numbers:
    """Array (m,): 1 employed, 2 self-employed, 3 pensioner, 4 student, 5 child or pupil, 6 other."""
    return np.select(
        [
            months < 16 * 12,
            person["wage_gross"] > 0,
            person["selfemp"] > 0,
            person["pension"] > 0,
            person["stipend"] > 0,
        ],
        [5.0, 1.0, 2.0, 3.0, 4.0],
        6.0,
    )
