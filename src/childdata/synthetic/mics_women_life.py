"""Union, family planning, attitudes, victimisation, tobacco and alcohol, HIV, satisfaction: women of 15-49."""

from __future__ import annotations

import numpy as np

from childdata.synthetic.chance import NO, YES, Codes, Columns, Numbers, Respondents, Truth, where_asked
from childdata.synthetic.targets import module

NEVER, CURRENT, FORMER = 3.0, 1.0, 2.0


def union(columns: Columns, answers: Respondents, years: Codes, partner: Numbers, mother: Truth) -> None:
    """MA1-MA11 and MSTATUS; `partner` is the age of a husband in the list, NaN without."""
    block, random = module("wm.union"), answers.random("union")
    listed = ~np.isnan(partner)
    away = answers.happens("away", block, np.where(years >= 20, block.share["partner_not_listed"], 0.004))
    current = listed | away
    by_age = np.interp(years, (18, 30, 45), (0.005, 0.15, block.share["formerly"]))
    once = ~current & answers.happens("former", block, np.where(mother, 0.75, by_age))
    status = np.where(current, CURRENT, np.where(once, FORMER, NEVER))
    married = random.random(len(answers)) < block.share["married_of_union"]
    columns["MA1"] = np.where(current, np.where(married, 1.0, 2.0), 3.0)
    age = np.where(listed, partner, years + np.round(random.normal(3, 4, len(answers))))
    columns["MA2"] = where_asked(np.where(random.random(len(answers)) < 0.004, 98.0, np.maximum(age, 18)), current)
    columns["MA3"] = where_asked(np.full(len(answers), NO), current)
    columns["MA5"] = where_asked(np.where(once, np.where(married, 1.0, 2.0), 3.0), ~current)
    columns["MA6"] = where_asked(random.choice([1.0, 2.0, 3.0], len(answers), p=[0.12, 0.6, 0.28]), once)
    first = np.clip(np.round(random.normal(22.8, 3.6, len(answers))), 15, 45)
    first[random.random(len(answers)) < 0.02] = 17
    columns["WAGEM"] = where_asked(np.minimum(first, years), current | once)
    columns["MSTATUS"] = status


def family_planning(columns: Columns, answers: Respondents, years: Codes, asked: Truth, since: Numbers) -> None:
    """CP1-UN18; only women who are not pregnant are asked about a method."""
    block, random = module("wm.family_planning"), answers.random("planning")
    in_union = columns["MSTATUS"] == CURRENT
    pregnant = answers.happens("CP1", block, np.where(in_union & (years < 42), block.share["CP1"], 0.004))
    columns["CP1"] = where_asked(np.where(pregnant, YES, np.where(random.random(len(answers)) < 0.004, 8.0, NO)), asked)
    free = asked & ~pregnant
    columns["CP2"] = answers.yes("CP2", block, asked=free, shift=np.where(in_union, 0.0, -0.7))
    uses = columns["CP2"] == YES
    columns["CP3"] = answers.yes("CP3", block, asked=columns["CP2"] == NO)
    share = np.array(list(block.number.values()))
    main = random.choice(list(block.number), len(answers), p=share / share.sum())
    extra = random.random(len(answers)) < 0.06
    for letter in block.number:
        named = uses & ((main == letter) | (extra & (letter == "G")))
        columns[f"CP4{letter}"] = np.where(named, letter, "").astype(object)
    columns["UN2"] = answers.yes("UN2", block, asked=columns["CP1"] == YES)
    columns["UN4"] = answers.yes("UN4", block, asked=columns["UN2"] == NO)
    later = np.clip(0.75 - 0.022 * (years - 20), 0.03, 0.9)
    columns["UN7"] = answers.yes("UN7", block, asked=free, share=later)
    unit = answers.choose("UN8U", block, asked=columns["UN7"] == YES)
    columns["UN8U"] = unit
    columns["UN8N"] = where_asked(random.integers(1, 6, len(answers)).astype(float), (unit == 1) | (unit == 2))
    columns["UN11"] = answers.yes("UN11", block, asked=free & ~uses)
    answers.mention(columns, block, asked=columns["UN11"] == YES)
    unit = answers.choose("UN14U", block, asked=free)
    columns["UN14U"] = unit
    columns["UN14N"] = where_asked(random.integers(1, 28, len(answers)).astype(float), unit <= 4)
    bleeds = free & (unit <= 3) & ~(since < 3)
    for name in ("UN16", "UN17", "UN18"):
        columns[name] = answers.yes(name, block, asked=bleeds)


def attitudes(columns: Columns, answers: Respondents, asked: Truth) -> None:
    """DV1A-LS4: domestic violence, victimisation, discrimination, safety, satisfaction."""
    block = module("wm.violence")
    for name in ("DV1A", "DV1B", "DV1C", "DV1D", "DV1E"):
        columns[name] = answers.yes(name, block, asked=asked)
    for ever, last, report in (("VT1", "VT2", "VT8"), ("VT9", "VT10", "VT19")):
        columns[ever] = answers.yes(ever, block, asked=asked)
        columns[last] = answers.yes(last, block, asked=columns[ever] == YES)
        columns[report] = answers.choose(report, block, asked=columns[last] == YES)
    life = module("wm.life")
    columns["VT20"] = answers.choose("VT20", life, asked=asked)
    for name in ("VT22A", "VT22B", "VT22C", "VT22D", "VT22E", "VT22F", "VT22X"):
        columns[name] = answers.yes(name, block, asked=asked)
    for name in ("LS1", "LS2", "LS3", "LS4"):
        columns[name] = answers.choose(name, module("wm.ladder") if name == "LS2" else life, asked=asked)


def habits(columns: Columns, answers: Respondents, years: Codes, asked: Truth) -> None:
    """TA1-TA17: tobacco and alcohol."""
    block, random = module("wm.smoking_drinking"), answers.random("habits")
    count = len(answers)
    young = np.interp(years, (15, 19, 25), (-1.2, -0.3, 0.0))
    columns["TA1"] = answers.yes("TA1", block, asked=asked, shift=young)
    ever = columns["TA1"] == YES
    columns["TA2"] = where_asked(np.minimum(np.clip(np.round(random.normal(18.5, 3, count)), 0, 40), years), ever)
    columns["TA3"] = answers.yes("TA3", block, asked=ever)
    smokes = columns["TA3"] == YES
    columns["TA4"] = where_asked(np.minimum(random.poisson(7, count), 40).astype(float), smokes)
    columns["TA5"] = where_asked(np.where(random.random(count) < 0.8, 30.0, random.integers(1, 10, count)), smokes)
    for ever_name, last, days in (("TA6", "TA7", "TA9"), ("TA10", "TA11", "TA13")):
        columns[ever_name] = answers.yes(ever_name, block, asked=asked)
        columns[last] = answers.yes(last, block, asked=columns[ever_name] == YES)
        columns[days] = where_asked(random.integers(0, 11, count).astype(float), columns[last] == YES)
    columns["TA14"] = answers.yes("TA14", block, asked=asked, shift=young)
    drank = columns["TA14"] == YES
    columns["TA15"] = where_asked(np.minimum(np.clip(np.round(random.normal(17.5, 2.3, count)), 8, 40), years), drank)
    month = answers.happens("TA16", block, block.share["TA16_any"])
    columns["TA16"] = where_asked(np.where(month, random.integers(1, 9, count), 0.0), drank)
    columns["TA17"] = where_asked(random.integers(1, 6, count).astype(float), columns["TA16"] >= 1)


def hiv(columns: Columns, answers: Respondents, asked: Truth, recent_birth: Truth) -> None:
    """HA1-HA31: knowledge, testing in and outside of antenatal care, attitudes."""
    block = module("wm.hiv")
    columns["HA1"] = answers.yes("HA1", module("wm.background"), asked=asked)
    heard = columns["HA1"] == YES
    for name in ("HA2", "HA3", "HA4", "HA5", "HA6", "HA7", "HA8A", "HA8B", "HA8C"):
        columns[name] = answers.yes(name, block, asked=heard)
    cared = heard & recent_birth & (columns["MN2"] == YES)
    for name in ("HA13A", "HA13B", "HA13C", "HA13D"):
        columns[name] = answers.yes(name, block, asked=cared)
    columns["HA14"] = answers.yes("HA14", block, asked=columns["HA13D"] == YES)
    columns["HA15"] = answers.yes("HA15", block, asked=columns["HA14"] == YES)
    columns["HA16"] = answers.yes("HA16", block, asked=columns["HA15"] == YES)
    columns["HA19"] = answers.yes("HA19", block, asked=heard & recent_birth)
    columns["HA20"] = answers.yes("HA20", block, asked=columns["HA19"] == YES)
    tested = (columns["HA14"] == YES) | (columns["HA19"] == YES)
    for name in ("HA22", "HA23"):
        columns[name] = answers.yes(name, block, asked=tested)
    columns["HA24"] = answers.yes("HA24", block, asked=heard & ~tested)
    recent = columns["HA24"] == YES
    columns["HA25"] = answers.yes("HA25", block, asked=recent)
    columns["HA26"] = answers.yes("HA26", block, asked=recent)
    columns["HA27"] = answers.yes("HA27", block, asked=columns["HA24"] == NO)
    for name in ("HA30", "HA31"):
        columns[name] = answers.yes(name, block, asked=heard)


def sexual_life(columns: Columns, answers: Respondents, years: Codes, asked: Truth) -> None:
    """SB1-SB12: age at first sex (0 never, 95 at first union), the last partners."""
    block, random = module("wm.sexual"), answers.random("sexual")
    count = len(answers)
    never_union = columns["MSTATUS"] == NEVER
    never = never_union & (random.random(count) < np.interp(years, (15, 18, 21, 25), (0.95, 0.6, 0.25, 0.06)))
    age = np.minimum(np.clip(np.round(random.normal(18.6, 2.0, count)), 13, 40), years)
    age = np.where(~never_union & (random.random(count) < 0.05), 95.0, age)
    columns["SB1"] = where_asked(np.where(never, 0.0, age), asked)
    active = asked & ~never
    unit = np.where(columns["MSTATUS"] == CURRENT, random.integers(1, 3, count), random.integers(1, 5, count))
    columns["SB2U"] = where_asked(unit.astype(float), active)
    columns["SB2N"] = where_asked(random.integers(1, 7, count).astype(float), active)
    year = active & (unit <= 3)
    columns["SB3"] = answers.yes("SB3", block, asked=year)
    kind = answers.choose("SB4", block, asked=year)
    columns["SB4"] = np.where(year & (columns["MSTATUS"] == CURRENT), 1.0, kind)
    partner_age = np.maximum(years + np.round(random.normal(2.5, 4, count)), 15)
    columns["SB6"] = where_asked(partner_age, year & (columns["SB4"] > 2))
    columns["SB7"] = answers.yes("SB7", block, asked=year)
    second = columns["SB7"] == YES
    columns["SB8"] = answers.yes("SB8", block, asked=second)
    columns["SB9"] = answers.choose("SB9", block, asked=second)
    columns["SB12"] = where_asked(partner_age + 1, second)
