"""Was the child ill, where was care sought, and how tall and heavy is it?

Illness is of the last two weeks. z-scores are drawn, not computed: height and weight are made from them with
rounded medians, so that a re-computation with the WHO tables gives other z-scores. As in real files, a
z-score that cannot be is 99.97 to 99.99 and its flag is 1.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import YES, Columns, Numbers, Respondents, Truth, where_asked
from childdata.synthetic.targets import module

HEIGHT_CM = (49.5, 61.0, 67.0, 75.5, 82.0, 87.0, 95.5, 102.5, 109.5)
HEIGHT_MONTHS = (0, 3, 6, 12, 18, 24, 36, 48, 60)
WEIGHT_KG = (3.4, 7.3, 9.4, 12.1, 15.3, 18.6)
WEIGHT_CM = (50, 65, 75, 87, 100, 110)
LIMITS = {"HAZ": (-6.0, 6.0), "WAZ": (-6.0, 5.0), "WHZ": (-5.0, 5.0)}


def illness(answers: Respondents, asked: Truth) -> Columns:
    """CA1-CA23Z."""
    block, columns = module("ch.diarrhoea"), dict[str, Numbers]()
    ill = answers.yes("CA1", block, asked=asked)
    result: Columns = {"CA1": ill}
    for name in ("CA3", "CA4"):
        result[name] = answers.choose(name, block, asked=ill == YES)
    result["CA5"] = answers.yes("CA5", block, asked=ill == YES)
    answers.mention(result, block, asked=result["CA5"] == YES)
    for name in ("CA7A", "CA7B", "CA7C", "CA7D"):
        result[name] = answers.yes(name, block, asked=ill == YES)
    block = module("ch.fever_cough")
    result["CA14"] = answers.yes("CA14", block, asked=asked)
    result["CA16"] = answers.yes("CA16", block, asked=asked)
    result["CA17"] = answers.yes("CA17", block, asked=result["CA16"] == YES)
    result["CA18"] = answers.choose("CA18", block, asked=result["CA17"] == YES)
    sick = (result["CA14"] == YES) | (result["CA16"] == YES)
    result["CA20"] = answers.yes("CA20", block, asked=sick)
    answers.mention(result, block, asked=result["CA20"] == YES)
    result["CA22"] = answers.yes("CA22", block, asked=sick)
    answers.mention(result, module("ch.medicine"), asked=result["CA22"] == YES)
    return result | columns


def growth(answers: Respondents, months: Numbers, asked: Truth) -> Columns:
    """AN8, AN11, AN12 and the z-scores with their flags."""
    block = module("ch.growth")
    number = block.number
    z = {"HAZ": number["height_mean"] + number["height_sd"] * answers.propensity("HAZ", block)}
    z["WHZ"] = number["thin_mean"] + number["thin_sd"] * answers.random("WHZ").standard_normal(len(answers))
    z["WAZ"] = 0.55 * z["HAZ"] + 0.72 * z["WHZ"]
    random = answers.random("measured")
    draw = random.random(len(answers))
    absent, odd = draw < number["not_measured"], draw > 1 - number["out_of_range"]
    height, weight = _measures(z, months)
    lying = months < 24
    columns: Columns = {
        "AN8": where_asked(np.where(absent, 99.3, np.round(weight, 1)), asked),
        "AN11": where_asked(np.where(absent, 999.3, np.round(height, 1)), asked),
        "AN12": where_asked(np.where(lying, 1.0, 2.0), asked & ~absent),
    }
    for name in ("HAZ", "WAZ", "WHZ"):
        low, high = LIMITS[name]
        bad = odd | (z[name] < low) | (z[name] > high)
        value = np.where(absent, 99.99, np.where(bad, 99.97, np.round(z[name], 2)))
        columns[f"{name}2"] = where_asked(value, asked)
        columns[f"{name}FLAG"] = where_asked(np.where(absent | bad, 1.0, 0.0), asked)
    return columns


def _measures(z: dict[str, Numbers], months: Numbers) -> tuple[Numbers, Numbers]:
    """Height in cm and weight in kg that go with the z-scores, by rounded medians."""
    height = np.interp(months, HEIGHT_MONTHS, HEIGHT_CM) + z["HAZ"] * (1.9 + 0.046 * months)
    weight = np.interp(height, WEIGHT_CM, WEIGHT_KG) * np.exp(0.085 * z["WHZ"])
    return height, weight
