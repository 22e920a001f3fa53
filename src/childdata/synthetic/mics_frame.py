"""Who answered the invented MICS, under which keys, and with which weights?

HH1 is the PSU, HH2 the household in it, the line HL1 = LN the person. A weight is the number of households
a household stands for, adjusted for households that did not answer in its PSU (in its stratum if none
did), times the eligible over the interviewed persons of the PSU for a personal file, and normalised: the
weights of the completed interviews of a file sum to their number. Incomplete interviews have weight 0.
One child of 5-17 is drawn per household: fsweight = fshweight · HH52.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childdata.synthetic.chance import Codes, Columns, Numbers, Respondents, Truth, stream
from childdata.synthetic.population import Population
from childdata.synthetic.targets import module


@dataclass(frozen=True, slots=True)
class Mics:
    """The sample, who of it answered, and the answers' dependence on PSU, wealth and place.

    households : respondents (h,). persons : respondents (m,) over all drawn members.
    listed : array (m,), member of a household that answered. hhweight : array (h,), normalised.
    difficulty : array (m,), standard normal; high values are functional difficulties.
    """

    population: Population
    households: Respondents
    persons: Respondents
    completed: Truth
    raw: Numbers
    hhweight: Numbers
    difficulty: Numbers

    @property
    def listed(self) -> Truth:
        """Array (m,): the member's household answered."""
        return self.completed[self.population.persons.household]

    @property
    def years(self) -> Codes:
        """Array (m,): completed years of age."""
        return self.population.persons.years


def frame(population: Population) -> Mics:
    """Decide which households answer and what everybody's answers depend on."""
    seed, households, persons = population.seed, population.households, population.persons
    answering = Respondents(
        seed, "hh", households.psu, households.wealth, households.rural,
        stream(seed, "hh", "trait").standard_normal(len(households)),
    )  # fmt: skip
    home = persons.household
    members = answering.take(home, "hl").with_trait(stream(seed, "hl", "trait").standard_normal(len(persons)))
    fieldwork = module("hh.fieldwork")
    completed = answering.happens("completed", fieldwork, fieldwork.share["completed"])
    raw = respond(households.weight, completed, households.psu, households.places.stratum[households.psu])
    return Mics(
        population, answering, members, completed, raw, normalised(raw),
        stream(seed, "functioning").standard_normal(len(persons)),
    )  # fmt: skip


def respond(weight: Numbers, answered: Truth, psu: Codes, stratum: Codes) -> Numbers:
    """The weights of those who answered, carrying those of their PSU who did not; 0 for these."""
    kept = weight * answered
    result = np.zeros_like(weight)
    for cell in (psu, stratum):
        whole, known = (np.bincount(cell, weights=values)[cell] for values in (weight, kept))
        with np.errstate(divide="ignore", invalid="ignore"):
            result = np.where((result == 0) & (known > 0), kept * whole / known, result)
    return result


def normalised(weight: Numbers) -> Numbers:
    """The weights, summing to the number of those above 0."""
    return np.asarray(weight * (np.count_nonzero(weight) / weight.sum()), dtype=np.float64)


def person_weight(mics: Mics, members: Codes, answered: Truth, each: Numbers | float = 1.0) -> Numbers:
    """Array (k,), normalised: the household's weight times `each`, adjusted for persons who did not answer."""
    psu = mics.persons.psu[members]
    stratum = mics.population.households.places.stratum[psu]
    base = mics.raw[mics.population.persons.household[members]] * each
    return normalised(respond(base, answered, psu, stratum))


def household_keys(mics: Mics, homes: Codes) -> Columns:
    """HH1 and HH2 of households."""
    households = mics.population.households
    return {"HH1": households.psu[homes] + 1.0, "HH2": households.number[homes].astype(np.float64)}


def person_keys(mics: Mics, members: Codes, prefix: str) -> Columns:
    """HH1, HH2, LN and the file's own names for the same: UF1-UF3, FS1-FS3 or WM1-WM3."""
    persons = mics.population.persons
    keys = household_keys(mics, persons.household[members])
    line = persons.line[members].astype(np.float64)
    return {**keys, "LN": line, f"{prefix}1": keys["HH1"], f"{prefix}2": keys["HH2"], f"{prefix}3": line}


def place(mics: Mics, homes: Codes) -> Columns:
    """HH6 and HH7 of households."""
    households = mics.population.households
    psu = households.psu[homes]
    return {"HH6": households.places.area[psu].astype(float), "HH7": households.places.region[psu].astype(float)}


def design(mics: Mics, homes: Codes) -> Columns:
    """PSU and stratum of households."""
    households = mics.population.households
    psu = households.psu[homes]
    return {"PSU": psu + 1.0, "stratum": households.places.stratum[psu].astype(np.float64)}


def interview_date(mics: Mics, homes: Codes, prefix: str) -> Columns:
    """Day, month and year of the interview: the same for all interviews of a household."""
    households = mics.population.households
    month = households.interview[homes]
    return {
        f"{prefix}D": households.day[homes].astype(float),
        f"{prefix}M": (month - 1) % 12 + 1.0,
        f"{prefix}Y": 1900.0 + (month - 1) // 12,
    }


def result_code(mics: Mics, members: Codes, name: str, share: float) -> tuple[Numbers, Truth]:
    """The result of personal interviews, 1 completed, and the truth of that."""
    block = module("hh.fieldwork")
    persons = mics.persons.take(members, name)
    done = persons.happens("completed", block, share)
    codes = np.where(done, 1.0, persons.choose(name, block, of="person"))
    return codes, done


def month_of(cmc: Codes) -> Numbers:
    """The calendar month of a century month."""
    return np.asarray((cmc - 1) % 12 + 1, dtype=np.float64)


def year_of(cmc: Codes) -> Numbers:
    """The calendar year of a century month."""
    return np.asarray(1900 + (cmc - 1) // 12, dtype=np.float64)
