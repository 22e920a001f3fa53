"""What did the child drink and eat yesterday?

Asked for ages 0-2 (UB2 ≤ 2). Breastfeeding falls with age; before six months some children get the breast
alone (no liquid, no food), and food comes in between the fourth and the seventh month.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import NO, YES, Columns, Numbers, Respondents, Truth, where_asked
from childdata.synthetic.targets import module

MONTHS = (0, 5, 8, 12, 18, 24, 35)
STILL_BREASTFED = (0.94, 0.74, 0.62, 0.42, 0.20, 0.08, 0.02)
FOOD_MONTHS = (3, 6, 9)
FOOD_FACTOR = (0.06, 0.85, 1.0)
TIMES = (("BD7D1", "BD7D", 2.2), ("BD7E1", "BD7E", 1.2))


def feeding(answers: Respondents, months: Numbers, asked: Truth) -> Columns:
    """BD2-BD9 from completed months of age."""
    block = module("ch.feeding")
    columns: Columns = {"BD2": answers.yes("BD2", block, asked=asked)}
    still = answers.yes("BD3", block, share=np.interp(months, MONTHS, STILL_BREASTFED))
    alone = answers.happens("exclusive", block, block.share["exclusive"]) & (months <= 5)
    still = np.where(alone, YES, still)
    columns["BD2"] = where_asked(np.where(alone, YES, columns["BD2"]), asked)
    columns["BD3"] = where_asked(still, columns["BD2"] == YES)
    bottle = answers.yes("BD4", block, shift=-0.02 * np.maximum(months - 12, 0))
    columns["BD4"] = where_asked(np.where(alone, NO, bottle), asked)
    drinks = module("ch.liquids")
    for name, share in drinks.share.items():
        given = answers.yes(name, drinks, share=np.clip(share * np.interp(months, (0, 4, 8), (0.5, 0.7, 1.0)), 0, 1))
        columns[name] = where_asked(np.where(alone, NO, given), asked)
        columns |= {times: _count(answers, times, columns[of], mean) for times, of, mean in TIMES if of == name}
    _foods(columns, answers, months, alone, asked)
    return columns


def _foods(columns: Columns, answers: Respondents, months: Numbers, alone: Truth, asked: Truth) -> None:
    block = module("ch.foods")
    factor = np.interp(months, FOOD_MONTHS, FOOD_FACTOR)
    any_food = np.zeros(len(answers), dtype=np.bool_)
    for name, share in block.share.items():
        eaten = answers.yes(name, block, share=share * factor)
        columns[name] = where_asked(np.where(alone, NO, eaten), asked)
        any_food |= columns[name] == YES
        if name == "BD8A":
            columns["BD8A1"] = _count(answers, "BD8A1", columns["BD8A"], 0.6)
    columns["BD9"] = _count(answers, "BD9", np.where(any_food, YES, NO), 2.6)


def _count(answers: Respondents, name: str, fed: Numbers, mean: float) -> Numbers:
    random = answers.random(name)
    times = np.minimum(1 + random.poisson(mean, len(answers)), 7).astype(np.float64)
    times[random.random(len(answers)) < 0.008] = 8
    return where_asked(times, fed == YES)
