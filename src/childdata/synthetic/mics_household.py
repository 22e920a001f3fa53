"""The household file hh: dwelling, energy, transfers, water, sanitation, hand washing, salt.

Order and skip rules are those of the MICS6 household questionnaire; a question that was not asked is
system-missing. Households that gave no interview keep their row with keys, place and result only.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import NO, YES, Columns, Numbers, Truth, where_asked
from childdata.synthetic.mics_frame import Mics, design, household_keys, interview_date, place
from childdata.synthetic.mics_wealth import Wealth
from childdata.synthetic.targets import module

PROGRAMMES = (1, 2, 3, 4, 5)  # child benefit, assistance, disability, pension, other


def is_in(values: Numbers, codes: tuple[int, ...]) -> Truth:
    """Truth of being one of the codes; not for a missing value."""
    return np.isin(values, codes)


def household_answers(mics: Mics, helevel: Numbers) -> Columns:
    """The answers of the file hh without wealth and weights, rows of the sample in order."""
    homes = np.arange(len(mics.completed))
    columns = household_keys(mics, homes)
    columns |= {"HH3": 10.0 + mics.households.psu % 24, "HH4": 1.0 + mics.households.psu % 8}
    columns |= interview_date(mics, homes, "HH5")
    columns |= place(mics, homes)
    _composition(columns, mics)
    columns["helevel"] = where_asked(helevel, mics.completed)
    _background(columns, mics)
    _dwelling(columns, mics)
    _transfers(columns, mics)
    _water(columns, mics)
    _sanitation(columns, mics)
    _hygiene(columns, mics)
    _water_test(columns, mics)
    return columns


def household_file(mics: Mics, answers: Columns, wealth: Wealth) -> Columns:
    """The file hh: the answers, the wealth index, weights and design."""
    columns = dict(answers)
    columns |= wealth.columns(np.arange(len(mics.completed)))
    columns["hhweight"] = mics.hhweight
    tested = columns["WQ31"] == 1
    for name in ("wqhweight", "wqsweight"):
        weight = np.where(tested, mics.hhweight, 0.0)
        columns[name] = weight * (np.count_nonzero(tested) / weight.sum())
    return columns | design(mics, np.arange(len(mics.completed)))


def _composition(columns: Columns, mics: Mics) -> None:
    population, persons = mics.population, mics.population.persons
    refused = mics.households.choose("HH46", module("hh.fieldwork"))
    columns["HH46"] = np.where(mics.completed, 1.0, refused)
    head = persons.relation == 1
    groups = {
        "HH48": persons.years >= 0,
        "HH49": persons.female & (persons.years >= 15) & (persons.years < 50),
        "HH50": ~persons.female & (persons.years >= 15) & (persons.years < 50),
        "HH51": persons.years < 5,
        "HH52": (persons.years >= 5) & (persons.years < 18),
    }
    columns["HH47"] = where_asked(np.ones(len(mics.completed)), mics.completed)
    for name, members in groups.items():
        columns[name] = where_asked(population.per_household(members).astype(float), mics.completed)
    columns["HHSEX"] = where_asked(np.where(persons.female[head], 2.0, 1.0), mics.completed)
    columns["HHAGE"] = where_asked(persons.years[head].astype(float), mics.completed)


def _background(columns: Columns, mics: Mics) -> None:
    mics.households.ask(columns, module("hh.background"), asked=mics.completed)
    columns["ethnicity"] = columns["HC2"]


def _dwelling(columns: Columns, mics: Mics) -> None:
    asked, answers = mics.completed, mics.households
    random = answers.random("HC3")
    size = mics.population.per_household(mics.population.persons.years >= 0)
    rooms = np.clip(np.round(0.8 + 0.42 * size + 0.35 * answers.wealth + 0.6 * random.standard_normal(len(size))), 1, 6)
    columns["HC3"] = where_asked(rooms, asked)
    block = module("hh.dwelling")
    for name in ("HC4", "HC5", "HC6"):
        columns[name] = answers.choose(name, module("hh.materials"), asked=asked)
    electric = where_asked(np.where(answers.random("HC8").random(len(size)) < 0.9992, 1.0, 3.0), asked)
    for name in block.share:
        if name == "HC9A":
            columns["HC8"] = electric
        needs_power = name.startswith("HC9")
        columns[name] = answers.yes(name, block, asked=asked & (electric != 3) if needs_power else asked)
        if name == "HC14":
            _land(columns, mics)
    energy = module("hh.energy")
    columns["EU1"] = answers.choose("EU1", energy, asked=asked)
    columns["EU4"] = answers.choose("EU4", energy, asked=columns["EU1"] == 6)  # nobody: an empty column
    columns["EU6"] = answers.choose("EU6", energy, asked=asked)
    columns["EU8"] = answers.choose("EU8", energy, asked=is_in(columns["EU6"], (2, 3, 4)))
    columns["EU9"] = answers.choose("EU9", energy, asked=asked)


def _land(columns: Columns, mics: Mics) -> None:
    block = module("hh.land")
    land = mics.households.yes("HC15", block, asked=mics.completed)
    random = mics.households.random("HC16")
    hectares = np.clip(np.round(random.gamma(1.2, 1.5, len(land))), 0, 95)
    hectares[random.random(len(land)) < 0.03] = 98  # the area is not known
    columns["HC15"], columns["HC16"] = land, where_asked(hectares, land == YES)
    animals = mics.households.yes("HC17", block, asked=mics.completed)
    columns["HC17"] = animals
    for name, mean in (("HC18A", 0.4), ("HC18C", 0.7), ("HC18E", 8.0)):
        columns[name] = where_asked(mics.households.random(name).poisson(mean, len(land)).astype(float), animals == YES)


def _transfers(columns: Columns, mics: Mics) -> None:
    """ST2 known, ST3 ever received, ST4U and ST4N when last; the slots carry a dollar sign, as in real files."""
    block, answers = module("hh.transfers"), mics.households
    persons, per = mics.population.persons, mics.population.per_household
    with_children = per(persons.years < 18) > 0
    ill = per(mics.difficulty > 2.1) > 0
    entitled = {
        1: np.where(per(persons.years < 3) > 0, block.share["care_under_3"], 0.02 * with_children),
        2: np.where(with_children, block.share["assistance_with_children"], block.share["assistance"]),
        3: np.where(ill, 0.5, block.share["disability"]),
        4: np.where(per(persons.years >= 61) > 0, block.share["pension"], 0.02),
        5: np.full(len(ill), block.share["other"]),
    }
    for slot in PROGRAMMES:
        receives = answers.happens(f"ST3${slot}", block, entitled[slot])
        known = np.where(receives, YES, answers.yes(f"ST2${slot}", block, share=block.share["aware"]))
        columns[f"ST2${slot}"] = where_asked(known, mics.completed)
        received = answers.unknown(f"ST3${slot}", block, np.where(receives, YES, NO))
        columns[f"ST3${slot}"] = where_asked(received, mics.completed & (known == YES))
        yes = columns[f"ST3${slot}"] == YES
        unit = answers.choose(f"ST4U${slot}", block, asked=yes, of="WHEN")
        columns[f"ST4U${slot}"] = unit
        random = answers.random(f"ST4N${slot}")
        ago = np.where(unit == 1, np.minimum(random.geometric(0.7, len(unit)), 11), random.integers(1, 4, len(unit)))
        columns[f"ST4N${slot}"] = np.where(unit >= 8, unit * 10 + unit, where_asked(ago.astype(float), yes))


def _water(columns: Columns, mics: Mics) -> None:
    answers, block, asked = mics.households, module("hh.water"), mics.completed
    source = answers.choose("WS1", block, asked=asked)
    other = answers.choose("WS2", block, asked=is_in(source, (91, 92)))
    on_tap = is_in(source, (11, 12)) | is_in(other, (11, 12))
    location = answers.choose("WS3", block, asked=asked & ~on_tap)
    random = answers.random("WS4")
    minutes = np.clip(np.round(random.gamma(2.0, 5.0, len(source))), 0, 90)
    minutes[random.random(len(source)) < 0.02] = 998
    columns |= {"WS1": source, "WS2": other, "WS3": location, "WS4": where_asked(minutes, location == 3)}
    walked = is_in(location, (3,)) & (columns["WS4"] != 0)
    columns["WS5"] = where_asked(np.ones(len(source)), walked)
    columns["WS6"] = where_asked(answers.random("WS6").integers(1, 15, len(source)).astype(float), walked)
    supply = module("hh.water_supply")
    columns["WS7"] = answers.yes("WS7", supply, asked=asked)
    columns["WS8"] = answers.choose("WS8", supply, asked=columns["WS7"] == YES)
    columns["WS9"] = answers.yes("WS9", supply, asked=asked)
    answers.ask(columns, module("hh.water_treatment"), asked=columns["WS9"] == YES)


def _sanitation(columns: Columns, mics: Mics) -> None:
    answers, block, asked = mics.households, module("hh.sanitation"), mics.completed
    toilet = answers.choose("WS11", block, asked=asked)
    emptied = answers.choose("WS12", block, asked=is_in(toilet, (12, 13, 21, 22, 23, 31)))
    columns |= {"WS11": toilet, "WS12": emptied}
    columns["WS13"] = answers.choose("WS13", block, asked=is_in(emptied, (1, 2, 3)))
    has_one = asked & (toilet != 95)
    columns["WS14"] = answers.choose("WS14", block, asked=has_one)
    sharing = module("hh.sharing")
    columns["WS15"] = answers.yes("WS15", sharing, asked=has_one)
    columns["WS16"] = answers.choose("WS16", sharing, asked=columns["WS15"] == YES)
    number = answers.random("WS17").integers(2, 11, len(toilet)).astype(float)
    columns["WS17"] = where_asked(np.where(number == 10, 98, number), columns["WS16"] == 1)


def _hygiene(columns: Columns, mics: Mics) -> None:
    answers, block = mics.households, module("hh.handwashing")
    seen = answers.choose("HW1", block, asked=mics.completed)
    place_seen = is_in(seen, (1, 2, 3))
    columns["HW1"] = seen
    columns["HW2"] = answers.yes("HW2", block, asked=place_seen)
    columns["HW3"] = answers.yes("HW3", block, asked=place_seen)
    elsewhere = mics.completed & ~(columns["HW3"] == YES)
    columns["HW5"] = answers.yes("HW5", block, asked=elsewhere)
    columns["HW6"] = answers.yes("HW6", block, asked=columns["HW5"] == YES)
    answers.mention(columns, block, asked=(columns["HW3"] == YES) | (columns["HW6"] == YES))
    salt = module("hh.salt")
    columns["SA1"] = answers.choose("SA1", salt, asked=mics.completed)
    columns["SA2"] = answers.choose("SA2", salt, asked=columns["SA1"] == 1)


def _water_test(columns: Columns, mics: Mics) -> None:
    answers, block = mics.households, module("hh.water_quality")
    chosen = mics.completed & (answers.random("WQ").random(len(answers)) < block.number["subsample"])
    result = np.where(answers.random("WQ31").random(len(answers)) < 0.96, 1.0, 2.0)
    columns["WQ31"] = where_asked(result, chosen)
    for name in ("WQ26", "WQ27"):
        random = answers.random(name + "/count")
        colonies = np.minimum(1 + np.floor(random.gamma(0.6, 35.0, len(answers))), 101)
        found = np.where(answers.happens(name, block, block.share[name]), colonies, 0.0)
        found[random.random(len(answers)) < 0.01] = 998
        columns[name] = where_asked(found, chosen & (result == 1))
