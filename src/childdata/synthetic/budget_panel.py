"""Who is in the budget survey, in which quarter, and who is who in the family?

A pool of households in seven rotation groups: quarter q uses the groups q to q + 3, so that three quarters of
the households stay from one quarter to the next. The pool is drawn as of the last month of the year; in an
earlier quarter everybody is three months younger per quarter, and who was not born yet is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childdata.synthetic.chance import Codes, Numbers, Respondents, Truth, stream
from childdata.synthetic.mics_frame import respond
from childdata.synthetic.population import FATHER, MOTHER, Population, draw_population
from childdata.synthetic.targets import module

YEAR, QUARTERS, LAST_MONTH = 2024, (1, 2, 3, 4), 1500  # December 2024
GROUPS_IN_A_QUARTER, GROUPS = 4, 7
WILLING, AT_HOME = 0.95, 0.985  # households that take part at all, and in a given quarter


@dataclass(frozen=True, slots=True)
class Panel:
    """The pool; arrays (h,) by household and (m,) by member.

    homes, members : respondents. group : rotation group 0-6. order : birth order among the mother's
    children, 0 for others. twin : of a multiple birth. parents : listed parents of the family, by household.
    disabled, severe : child with disability.
    """

    population: Population
    homes: Respondents
    members: Respondents
    group: Codes
    order: Codes
    twin: Truth
    parents: Codes
    disabled: Truth
    severe: Truth

    def present(self, quarter: int) -> Truth:
        """Array (h,): in the sample of the quarter, and taking part."""
        inside = (self.group >= quarter - 1) & (self.group < quarter - 1 + GROUPS_IN_A_QUARTER)
        seed, count = self.population.seed, len(self.group)
        willing = stream(seed, "budget response").random(count) < WILLING
        at_home = stream(seed, "budget response", str(quarter)).random(count) < AT_HOME
        return np.asarray(inside & willing & at_home)

    def weight(self, quarter: int) -> Numbers:
        """Array (h,): households that each stands for in the quarter, 0 if absent."""
        households = self.population.households
        stratum = households.places.stratum[households.psu]
        return respond(households.weight, self.present(quarter), households.psu, stratum)

    def months(self, quarter: int) -> Codes:
        """Array (m,): completed months of age at the end of the quarter; negative before birth."""
        return np.asarray(self.population.persons.months - 3 * (QUARTERS[-1] - quarter), dtype=np.int64)

    def count(self, quarter: int, member: Truth) -> Codes:
        """Array (h,): number of members, born by the end of the quarter, for whom `member` is true."""
        return self.population.per_household(member & (self.months(quarter) >= 0))

    def total(self, values: Numbers) -> Numbers:
        """Array (h,): sum over the members of each household."""
        sums = np.bincount(self.population.persons.household, weights=values, minlength=len(self.group))
        return np.asarray(sums, dtype=np.float64)


def draw_panel(seed: int, households: int) -> Panel:
    """The pool of which each quarter sees about `households`."""
    pool = round(households * GROUPS / GROUPS_IN_A_QUARTER)
    population = draw_population(seed, pool, interviews=(LAST_MONTH, LAST_MONTH), small_children=0.2)
    drawn, persons = population.households, population.persons
    homes = Respondents(
        seed,
        "budget households",
        drawn.psu,
        drawn.wealth,
        drawn.rural,
        stream(seed, "budget", "households").standard_normal(pool),
    )
    trait = stream(seed, "budget", "members").standard_normal(len(persons))
    members = homes.take(persons.household, "budget members").with_trait(trait)
    order, twin = _birth_order(population)
    adult = np.isin(persons.role, (MOTHER, FATHER))
    parents = population.per_household(adult)
    block = module("budget.work")
    disabled = members.happens("child_disabled", block, block.share["child_disabled"]) & (persons.years < 18)
    severe = disabled & members.happens("severe", block, block.share["severe"])
    group = (drawn.number + drawn.psu) % GROUPS
    return Panel(population, homes, members, group, order, twin, parents, disabled, severe)


def _birth_order(population: Population) -> tuple[Codes, Truth]:
    births, total = population.births, len(population.persons)
    start = np.r_[True, births.household[1:] != births.household[:-1]]
    first = np.maximum.accumulate(np.where(start, np.arange(len(births)), 0))
    rank = np.arange(len(births)) - first + 1
    order, twin = np.zeros(total, dtype=np.int64), np.zeros(total, dtype=np.bool_)
    listed = births.line > 0
    persons = population.persons
    rows = np.searchsorted(persons.household, births.household[listed]) + births.line[listed] - 1
    order[rows], twin[rows] = rank[listed], births.twin[listed]
    return np.where((order == 0) & (persons.years < 18), 1, order), twin
