"""Households, persons and births."""

from __future__ import annotations

import numpy as np
import pytest
from invented import population

from childdata.errors import DefinitionError
from childdata.synthetic.population import AWAY, DEAD, HEAD, HOME, SPOUSE, draw_population, flag


def test_every_household_has_one_head_in_line_one():
    persons = population().persons
    heads = persons.relation == HEAD
    assert np.array_equal(persons.household[heads], np.arange(len(population().households)))
    assert set(persons.line[heads]) == {1}


def test_lines_count_from_one_without_gaps():
    persons = population().persons
    size = np.bincount(persons.household)
    assert np.array_equal(persons.line, np.concatenate([np.arange(1, count + 1) for count in size]))


def test_spouses_are_of_the_other_sex():
    persons = population().persons
    for row in np.flatnonzero(persons.relation == SPOUSE):
        head = np.flatnonzero((persons.household == persons.household[row]) & (persons.relation == HEAD))[0]
        assert persons.female[row] != persons.female[head]


def test_age_is_counted_in_completed_months_to_the_day():
    drawn, persons = population().households, population().persons
    home = persons.household
    by_date = drawn.interview[home] - persons.birth - (drawn.day[home] < persons.birth_day)
    assert np.array_equal(persons.months, by_date)
    assert np.array_equal(persons.years, persons.months // 12)


@pytest.mark.parametrize(("parent", "least"), [("mother", 16), ("father", 16)])
def test_parents_are_listed_and_old_enough(parent, least):
    persons = population().persons
    line = getattr(persons, parent)
    place = {key: row for row, key in enumerate(zip(persons.household, persons.line, strict=True))}
    for row in np.flatnonzero(line > 0):
        other = place[persons.household[row], line[row]]
        assert persons.female[other] == (parent == "mother")
        assert persons.months[other] - persons.months[row] >= least * 12


def test_mothers_are_under_forty_five_at_birth_of_children_at_home():
    persons = population().persons
    place = {key: row for row, key in enumerate(zip(persons.household, persons.line, strict=True))}
    rows = np.flatnonzero(persons.mother > 0)
    gap = [persons.months[place[persons.household[r], persons.mother[r]]] - persons.months[r] for r in rows]
    assert max(gap) / 12 < 45


def test_kinds_with_small_children_have_one_and_others_none():
    drawn, people = population(), population().persons
    small = drawn.per_household(people.years < 5) > 0
    assert np.array_equal(small, flag("under_5")[drawn.households.kind])


def test_nobody_under_eighteen_lives_in_the_childless_psu():
    drawn, people = population(), population().persons
    inside = drawn.households.psu[people.household] == drawn.households.places.childless
    assert inside.any()
    assert people.years[inside].min() >= 18


def test_weights_stand_for_the_country():
    drawn = population().households
    assert drawn.weight.sum() == pytest.approx(1000 * drawn.places.households.sum(), rel=1e-9)
    assert (drawn.weight > 0).all()


def test_weighted_household_size_is_that_of_a_small_family_country():
    drawn, people = population(), population().persons
    size = drawn.per_household(people.years >= 0)
    assert 2.1 < np.average(size, weights=drawn.households.weight) < 2.7


def test_wealth_is_standardised_and_lower_in_villages():
    drawn = population().households
    assert np.average(drawn.wealth, weights=drawn.weight) == pytest.approx(0, abs=1e-9)
    assert np.average(drawn.wealth**2, weights=drawn.weight) == pytest.approx(1, rel=1e-9)
    town, village = (np.average(drawn.wealth[m], weights=drawn.weight[m]) for m in (~drawn.rural, drawn.rural))
    assert town > village + 0.3


def test_births_of_a_mother_stand_together_oldest_first():
    births = population().births
    same = births.household[1:] == births.household[:-1]
    assert (np.diff(births.household) >= 0).all()
    assert (np.diff(births.months)[same] <= 0).all()


def test_births_at_home_are_the_listed_children_of_the_mother():
    people, births = population().persons, population().births
    home = births.fate == HOME
    assert (births.line[home] > 0).all()
    assert (births.line[~home] == 0).all()
    place = {key: row for row, key in enumerate(zip(people.household, people.line, strict=True))}
    for row in np.flatnonzero(home):
        child = place[births.household[row], births.line[row]]
        assert people.birth[child] == births.birth[row]
        assert people.birth_day[child] == births.birth_day[row]
        assert people.female[child] == births.female[row]
        assert people.mother[child] == births.mother[row]


def test_only_the_dead_have_an_age_at_death_below_their_would_be_age():
    births = population().births
    assert np.array_equal(births.death_months >= 0, births.fate == DEAD)
    dead = births.fate == DEAD
    assert (births.death_months[dead] <= births.months[dead]).all()


def test_twins_share_their_birth_date():
    births = draw_population(1, 2400, interviews=(1431, 1434), small_children=0.4).births
    pairs = np.flatnonzero(births.twin)
    assert len(pairs) >= 4
    for row in pairs:
        siblings = np.flatnonzero((births.household == births.household[row]) & (births.months == births.months[row]))
        assert len(siblings) >= 2


def test_some_children_live_elsewhere():
    births = draw_population(1, 2400, interviews=(1431, 1434), small_children=0.4).births
    assert (births.fate == AWAY).sum() > 50


def test_the_same_seed_gives_the_same_people_and_another_does_not():
    again = draw_population(7, 900, interviews=(1431, 1434), small_children=0.4)
    other = draw_population(8, 900, interviews=(1431, 1434), small_children=0.4)
    assert np.array_equal(population().persons.birth, again.persons.birth)
    assert not np.array_equal(population().households.wealth, other.households.wealth)


@pytest.mark.parametrize("households", [58, 100, 333])
def test_small_samples_still_stand_for_the_country(households):
    drawn = draw_population(5, households, interviews=(1431, 1434), small_children=0.2).households
    assert len(drawn) == households
    assert drawn.weight.sum() == pytest.approx(1000 * drawn.places.households.sum(), rel=1e-9)


def test_a_sample_below_two_households_per_psu_is_an_error():
    with pytest.raises(DefinitionError, match="58 households or more were wanted, 20 were given"):
        draw_population(5, 20, interviews=(1431, 1434), small_children=0.2)
