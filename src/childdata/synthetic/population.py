"""Who lives in the invented households?

A household has a kind (one person, a couple, a couple with children, a lone parent, three generations,
grandparents with grandchildren), a latent wealth that PSU, area and kind move, and a mother whose births
are drawn with ages and spacing, so that every child has one birth date that all files share. Children who
died or left home are kept as births without a line in the list of members. Dates are century months
(CMC = 12·(year − 1900) + month) with days 1-28, and an age is counted in completed months to the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from childdata.errors import DefinitionError
from childdata.synthetic.belarus import RURAL, Places, draw_places, load
from childdata.synthetic.chance import Codes, Numbers, Truth, stream

MOTHER, FATHER, CHILD, GRANDMOTHER, GRANDFATHER = 0, 1, 2, 7, 8
SLOTS = 9
HOME, AWAY, DEAD = 1, 2, 3
HEAD, SPOUSE, OWN_CHILD, IN_LAW, GRANDCHILD, PARENT, PARENT_IN_LAW = 1, 2, 3, 4, 5, 6, 7
ADULT_MONTHS = 216
LEAST_PSUS = 29  # two in each stratum, one in the small one


@dataclass(frozen=True, slots=True)
class Households:
    """Arrays (h,): what is drawn for a household before anybody answers.

    psu : index into `places`. number : running number in the PSU, 1... kind : index of the kinds' table.
    wealth : standard normal. weight : households it stands for. interview : century month; day : 1-28.
    """

    places: Places
    psu: Codes
    number: Codes
    kind: Codes
    wealth: Numbers
    weight: Numbers
    interview: Codes
    day: Codes

    def __len__(self) -> int:
        return len(self.psu)

    @property
    def rural(self) -> Truth:
        """Array (h,): lives in a rural PSU."""
        return np.asarray(self.places.area[self.psu] == RURAL)


@dataclass(frozen=True, slots=True)
class Persons:
    """Arrays (m,) sorted by household and line: the listed members.

    household : index. line : 1... role : slot of the household's plan. relation : to the head, MICS codes.
    months : completed age. birth, birth_day : date of birth. mother, father : line, 0 if not listed.
    """

    household: Codes
    line: Codes
    role: Codes
    relation: Codes
    female: Truth
    months: Codes
    birth: Codes
    birth_day: Codes
    mother: Codes
    father: Codes

    def __len__(self) -> int:
        return len(self.household)

    @property
    def years(self) -> Codes:
        """Array (m,): completed years of age."""
        return self.months // 12


@dataclass(frozen=True, slots=True)
class Births:
    """Arrays (b,): every birth of a core mother, oldest first; `fate` is at home, away or dead.

    line : the child's line in the list, 0 if not listed. death_months : age at death, −1 if alive.
    """

    household: Codes
    mother: Codes
    line: Codes
    fate: Codes
    female: Truth
    birth: Codes
    birth_day: Codes
    months: Codes
    death_months: Codes
    twin: Truth

    def __len__(self) -> int:
        return len(self.household)


@dataclass(frozen=True, slots=True)
class Population:
    """The households of a sample, their members and the births of the mothers."""

    seed: int
    households: Households
    persons: Persons
    births: Births

    def per_household(self, member: Truth) -> Codes:
        """Array (h,): number of members for whom `member` is true."""
        return np.bincount(self.persons.household[member], minlength=len(self.households)).astype(np.int64)


def draw_population(
    seed: int, households: int, *, per_psu: int = 15, interviews: tuple[int, int], small_children: float
) -> Population:
    """A stratified two-stage sample of households and everybody in them.

    Parameters
    ----------
    seed : whole number, 0 or more.
    households : sample size. per_psu : households per PSU.
    interviews : first and last century month of fieldwork.
    small_children : share of the sample taken from households with a child under 5 (who are about 15 % of
        all), as surveys of children do; the weights undo it.

    Raises DefinitionError if there are fewer than two households for each of 29 PSUs.
    """
    if households < 2 * LEAST_PSUS:
        raise DefinitionError(f"{2 * LEAST_PSUS} households or more were wanted, {households} were given")
    places = draw_places(seed, max(LEAST_PSUS, round(households / per_psu)))
    drawn = _draw_households(seed, places, households, interviews, small_children)
    ages, fates = _draw_children(seed, drawn)
    adults = _draw_adults(seed, drawn, ages, fates)
    persons, line_of_slot = _list_members(seed, drawn, ages, fates, adults)
    return Population(seed, drawn, persons, _list_births(seed, drawn, ages, fates, line_of_slot))


def _kinds() -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = load("population")["kinds"]
    return kinds


def flag(name: str) -> Truth:
    """Array (kinds,): a yes/no fact of the kinds' table."""
    return np.array([bool(kind.get(name, False)) for kind in _kinds()])


def _draw_households(
    seed: int, places: Places, total: int, interviews: tuple[int, int], small_children: float
) -> Households:
    random = stream(seed, "households")
    counts = np.full(len(places), total // len(places), dtype=np.int64)
    counts[: total - int(counts.sum())] += 1
    psu = np.repeat(np.arange(len(places)), counts)
    number = np.concatenate([np.arange(1, count + 1) for count in counts])
    first = np.maximum(np.round(counts * small_children), 1)  # households with a small child per PSU
    with_small = number <= first[psu]
    kinds = _kinds()
    share = np.array([kind["share"] for kind in kinds])
    small, childless = flag("under_5"), ~(flag("children"))
    kind = np.zeros(total, dtype=np.int64)
    for wanted, group in ((with_small, small), (~with_small, ~small)):
        kind[wanted] = _pick(random, share * group, int(wanted.sum()))
    empty = psu == places.childless
    kind[empty] = _pick(random, share * childless, int(empty.sum()))
    small_share = np.clip(0.15 + 0.04 * random.standard_normal(len(places)), 0.06, 0.3)
    in_group = np.where(with_small, first[psu], (counts - first)[psu])
    portion = np.where(with_small, small_share[psu], 1 - small_share[psu])
    weight = 1000 * places.households[psu] * portion / in_group
    weight[empty] = 1000 * places.households[psu[empty]] / counts[places.childless]
    months = stream(seed, "fieldwork").integers(interviews[0], interviews[1] + 1, len(places))[psu]
    return Households(
        places, psu, number, kind, _wealth(seed, places, psu, kind, weight), weight, months,
        random.integers(1, 29, total),
    )  # fmt: skip


def _pick(random: np.random.Generator, shares: Numbers, count: int) -> Codes:
    return np.asarray(random.choice(len(shares), size=count, p=shares / shares.sum()), dtype=np.int64)


def _wealth(seed: int, places: Places, psu: Codes, kind: Codes, weight: Numbers) -> Numbers:
    random = stream(seed, "wealth")
    table = load("population")["wealth"]
    place = table["rural"] * (places.area == RURAL) + table["minsk"] * (places.region == 5)
    shared = np.sqrt(table["psu_share"]) * random.standard_normal(len(places)) + place
    own = np.sqrt(1 - table["psu_share"]) * random.standard_normal(len(psu))
    value = shared[psu] + own + np.array([row["wealth"] for row in _kinds()])[kind]
    centre = np.average(value, weights=weight)
    return np.asarray((value - centre) / np.sqrt(np.average((value - centre) ** 2, weights=weight)))


@dataclass(frozen=True, slots=True)
class _Adults:
    """Arrays (h, 4): age in months of mother, father, grandmother and grandfather, −1 where absent."""

    months: Codes
    maternal: Truth  # the grandparents are the mother's parents


def _draw_children(seed: int, drawn: Households) -> tuple[Codes, Codes]:
    """Arrays (h, 5): age in months now (or would-be age) of each birth, youngest first, and its fate."""
    random = stream(seed, "children")
    total = len(drawn)
    table = load("population")["births"]
    has = flag("children")[drawn.kind]
    youngest = np.where(flag("under_5")[drawn.kind], random.integers(0, 60, total), random.integers(60, 216, total))
    grown = flag("grown")[drawn.kind]
    youngest = np.where(grown, random.integers(216, 400, total), youngest)
    poor = drawn.wealth < -0.6
    cut = np.cumsum(np.array(table["number"]))
    draw = random.random(total) ** np.where(poor | drawn.rural, 0.8, 1.0)
    number = np.where(has | grown, 1 + np.searchsorted(cut, draw).clip(0, 4), 0)
    ages = np.full((total, 5), -1, dtype=np.int64)
    gap = np.round(14 + random.gamma(2.2, 16.0, (total, 5))).astype(np.int64)
    gap[random.random((total, 5)) < table["twins"]] = 0
    for rank in range(5):
        previous = ages[:, rank - 1] + gap[:, rank] if rank else youngest
        ages[:, rank] = np.where(number > rank, previous, -1)
    fates = np.where(ages >= 0, HOME, 0)
    adult = ages >= ADULT_MONTHS
    fates[adult & (random.random((total, 5)) < np.where(ages > 300, 0.85, 0.45))] = AWAY
    fates[grown, 0] = HOME
    fates[(ages >= 0) & ~adult & (random.random((total, 5)) < table["away"])] = AWAY
    fates[(ages >= 0) & (random.random((total, 5)) < table["dead"] * np.where(poor, 1.6, 0.8)[:, None])] = DEAD
    keep = has | grown
    fates[keep, 0] = HOME  # the kind of the household was drawn by its youngest child
    return ages, fates


def _draw_adults(seed: int, drawn: Households, ages: Codes, fates: Codes) -> _Adults:
    random = stream(seed, "adults")
    total = len(drawn)
    kinds = _kinds()
    low, high = (np.array([kind["adult"][side] for kind in kinds])[drawn.kind] for side in (0, 1))
    mother = np.round(12 * (low + (high - low) * random.random(total))).astype(np.int64)
    eldest = ages.max(axis=1)
    at_birth = np.clip(random.normal(27.0 + 1.2 * drawn.wealth, 5.0), 17.5, 43.5) * 12
    with_births = eldest >= 0
    by_birth = np.maximum(np.round(ages[:, 0] + at_birth), eldest + 17 * 12 + 3).astype(np.int64)
    mother = np.where(with_births, by_birth, mother)
    father = np.round(mother + 12 * random.normal(2.5, 3.5, total)).astype(np.int64)
    father = np.where(with_births, np.maximum(father, eldest + 18 * 12), np.maximum(father, 18 * 12 + 1))
    maternal = random.random(total) < 0.65
    parent = np.where(maternal | ~flag("father")[drawn.kind], mother, father)
    grandmother = np.round(parent + 12 * np.clip(random.normal(25, 4, total), 18, 38)).astype(np.int64)
    grandfather = np.maximum(grandmother + np.round(12 * random.normal(2, 3, total)).astype(np.int64), parent + 216)
    months = np.stack([mother, father, grandmother, grandfather], axis=1)
    woman_alone = random.random(total) < np.where(low >= 60, 0.78, 0.45)
    single = flag("single")[drawn.kind]
    present = np.stack(
        [
            np.where(single, woman_alone, flag("mother")[drawn.kind]),
            np.where(single, ~woman_alone, flag("father")[drawn.kind]),
            flag("grandparents")[drawn.kind],
            flag("grandparents")[drawn.kind] & (random.random(total) < 0.35) & (grandfather < 86 * 12),
        ],
        axis=1,
    ).astype(np.bool_)
    return _Adults(np.where(present, np.minimum(months, 95 * 12), -1), maternal)


def _list_members(seed: int, drawn: Households, ages: Codes, fates: Codes, adults: _Adults) -> tuple[Persons, Codes]:
    random = stream(seed, "members")
    total = len(drawn)
    months = np.full((total, SLOTS), -1, dtype=np.int64)
    months[:, [MOTHER, FATHER, GRANDMOTHER, GRANDFATHER]] = adults.months
    months[:, CHILD : CHILD + 5] = np.where(fates == HOME, ages, -1)
    female = _sexes(seed, total)
    relation = _relations(random, months, adults.maternal)
    present = months >= 0
    household, role = np.nonzero(present)
    order = np.lexsort((role, -months[household, role], relation[household, role], household))
    household, role = household[order], role[order]
    start = np.concatenate(([0], np.cumsum(np.bincount(household, minlength=total))[:-1]))
    line = np.arange(len(household)) - start[household] + 1
    line_of_slot = np.zeros((total, SLOTS), dtype=np.int64)
    line_of_slot[household, role] = line
    birth, day = _birth_dates(seed, drawn, months)
    child = (role >= CHILD) & (role < CHILD + 5)
    persons = Persons(
        household, line, role, relation[household, role], female[household, role], months[household, role],
        birth[household, role], day[household, role],
        np.where(child, line_of_slot[household, MOTHER], 0), np.where(child, line_of_slot[household, FATHER], 0),
    )  # fmt: skip
    return persons, line_of_slot


def _sexes(seed: int, total: int) -> Truth:
    female = stream(seed, "sexes").random((total, SLOTS)) < 0.487
    female[:, [MOTHER, GRANDMOTHER]] = True
    female[:, [FATHER, GRANDFATHER]] = False
    return female


def _birth_dates(seed: int, drawn: Households, months: Codes) -> tuple[Codes, Codes]:
    """Century month and day of birth such that `months` are completed on the day of interview."""
    day = stream(seed, "birth days").integers(1, 29, months.shape)
    shape = (len(drawn), 1)
    later = drawn.day.reshape(shape) < day
    return np.asarray(drawn.interview.reshape(shape) - months - later), np.asarray(day)


def _relations(random: np.random.Generator, months: Codes, maternal: Truth) -> Codes:
    present = months >= 0
    old = present[:, GRANDMOTHER] | present[:, GRANDFATHER]
    core = present[:, MOTHER] | present[:, FATHER]
    old_head = old & (~core | (random.random(len(months)) < 0.5))
    man_head = random.random(len(months)) < 0.6
    relation = np.full(months.shape, OWN_CHILD, dtype=np.int64)
    father_head = ~old_head & present[:, FATHER] & (man_head | ~present[:, MOTHER])
    mother_head = ~old_head & ~father_head
    as_son, as_daughter = np.where(maternal, IN_LAW, OWN_CHILD), np.where(maternal, OWN_CHILD, IN_LAW)
    relation[:, FATHER] = np.select([father_head, mother_head], [HEAD, SPOUSE], as_son)
    relation[:, MOTHER] = np.select([mother_head, father_head], [HEAD, SPOUSE], as_daughter)
    alone = old_head & (present[:, MOTHER] != present[:, FATHER])
    relation[alone, MOTHER] = relation[alone, FATHER] = OWN_CHILD
    own = np.where(father_head, ~maternal & present[:, FATHER], maternal) | ~(present[:, MOTHER] & present[:, FATHER])
    elder = np.where(own, PARENT, PARENT_IN_LAW)
    grandfather_head = old_head & present[:, GRANDFATHER]
    relation[:, GRANDFATHER] = np.where(old_head, HEAD, elder)
    relation[:, GRANDMOTHER] = np.where(old_head, np.where(grandfather_head, SPOUSE, HEAD), elder)
    relation[:, CHILD : CHILD + 5] = np.where(old_head, GRANDCHILD, OWN_CHILD)[:, None]
    return relation


def _list_births(seed: int, drawn: Households, ages: Codes, fates: Codes, line_of_slot: Codes) -> Births:
    random = stream(seed, "births")
    household, rank = np.nonzero((ages >= 0) & (line_of_slot[:, [MOTHER]] > 0))
    order = np.lexsort((rank, -ages[household, rank], household))
    household, rank = household[order], rank[order]
    slots = np.full((len(drawn), SLOTS), -1, dtype=np.int64)
    slots[:, CHILD : CHILD + 5] = ages
    birth, day = _birth_dates(seed, drawn, slots)
    months = ages[household, rank]
    fate = fates[household, rank]
    early = np.where(random.random(len(household)) < 0.55, 0, random.integers(0, 60, len(household)))
    death = np.where(fate == DEAD, np.minimum(early, months), -1)
    twin = np.zeros(len(household), dtype=np.bool_)
    same = (household[1:] == household[:-1]) & (months[1:] == months[:-1])
    twin[1:] |= same
    twin[:-1] |= same
    return Births(
        household, line_of_slot[household, MOTHER],
        np.where(fate == HOME, line_of_slot[household, CHILD + rank], 0), fate,
        _sexes(seed, len(drawn))[household, CHILD + rank], birth[household, CHILD + rank],
        day[household, CHILD + rank], months, death, twin,
    )  # fmt: skip
