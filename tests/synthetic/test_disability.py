"""The disability survey."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import asked_exactly, design_effect, disability, share

from childdata import microdata
from childdata.synthetic.disability import BARRIERS, FELT, LEISURE, SHORT_SET, disability_files, write_disability_survey

PEOPLE, HOMES = disability()["persons"], disability()["households"]
AGE, WEIGHT = PEOPLE["AGE"], PEOPLE["WEIGHT"]
ADULT, SMALL, SCHOOL = AGE >= 18, (AGE >= 2) & (AGE < 5), (AGE >= 5) & (AGE < 18)
SEVERE = np.any([np.isin(PEOPLE[name], (3, 4)) for name in SHORT_SET], axis=0)


def codes(name, *wanted):
    return np.isin(PEOPLE[name], wanted)


EXACT = dict.fromkeys(SHORT_SET, AGE >= 5) | {
    "VIS_1": ADULT,
    "MOB_6": ADULT,
    "UB_2": ADULT,
    "PAIN_1": ADULT,
    "SCF1": SMALL,
    "SCF2": codes("SCF1", 1),
    "SCF3": SMALL & ~codes("SCF1", 1),
    "SCF5": codes("SCF4", 1),
    "SCF8": codes("SCF7", 1),
    "SCF9": codes("SCF7", 1),
    "SCF10": SMALL & ~codes("SCF7", 1),
    "SCF16": SMALL,
    "CF2": codes("CF1", 1),
    "CF3": SCHOOL & ~codes("CF1", 1),
    "CF6": SCHOOL & ~codes("CF4", 1),
    "CF8": codes("CF7", 1),
    "CF11": codes("CF7", 1),
    "CF12": SCHOOL & ~codes("CF7", 1),
    "CF13": SCHOOL & ~codes("CF7", 1),
    "CF24": SCHOOL,
    "REG_GROUP": codes("REG", 1),
    "REG_DEGREE": codes("REG", 1) & ~ADULT,
    "SCHOOL": (AGE >= 6) & (AGE < 18),
    "LEIS_SPORT": AGE >= 5,
    "WORK": (AGE >= 15) & (AGE < 65),
    "WORK_HOURS": codes("WORK", 1),
    "WORK_WANT": codes("WORK", 2),
    "HELP_GOT": codes("HELP_NEED", 1),
    "DEV_HAVE": codes("DEV_NEED", 1),
    "REHAB_DONE": codes("REHAB_PLAN", 1),
    "REHAB_PLAN": codes("REG", 1),
    "LIFE_SAT": (AGE >= 15) & codes("PROXY", 2),
}


@pytest.mark.parametrize("name", EXACT)
def test_question_is_asked_of_exactly_those_it_is_for(name):
    assert asked_exactly(PEOPLE, name, EXACT[name])


@pytest.mark.parametrize("word", ["ANX", "DEP"])
def test_level_is_not_asked_of_those_who_never_feel_it_and_take_nothing(word):
    never = codes(f"{word}_1", 5) & codes(f"{word}_2", 2)
    assert np.isnan(PEOPLE[f"{word}_3"][never]).all()
    asked = ADULT & codes(f"{word}_1", 1, 2, 3, 4)
    assert np.isfinite(PEOPLE[f"{word}_3"][asked]).all()


def test_keys_are_unique_and_persons_live_in_households():
    assert len(set(zip(PEOPLE["HID"], PEOPLE["LINE"], strict=True))) == len(AGE)
    assert set(PEOPLE["HID"]) == set(HOMES["HID"])
    size = dict(zip(*np.unique(PEOPLE["HID"], return_counts=True), strict=True))
    assert all(size[home] == count for home, count in zip(HOMES["HID"], HOMES["SIZE"], strict=True))


def test_difficulties_rise_with_age():
    shares = [
        share(SEVERE, WEIGHT, (low <= AGE) & (high > AGE)) for low, high in ((5, 40), (40, 60), (60, 75), (75, 120))
    ]
    assert shares == sorted(shares)
    assert shares[0] < 0.06
    assert shares[-1] > 0.3


def test_registered_and_functional_disability_overlap_in_part():
    registered = codes("REG", 1)
    five = AGE >= 5
    assert 0.15 < share(SEVERE, WEIGHT, five & registered) < 0.75
    assert 0.15 < share(registered, WEIGHT, five & SEVERE) < 0.75
    assert share(registered, WEIGHT, five & ~SEVERE) < 0.1


def test_group_is_that_of_adults_or_of_children():
    assert set(PEOPLE["REG_GROUP"][codes("REG", 1) & ADULT]) == {1.0, 2.0, 3.0}
    assert set(PEOPLE["REG_GROUP"][codes("REG", 1) & ~ADULT]) == {4.0}
    assert (PEOPLE["REG_YEAR"][codes("REG", 1)] >= 2018 - AGE[codes("REG", 1)] - 1).all()


@pytest.mark.parametrize("name", ["WORK", "LEIS_SPORT", "LEIS_FRIENDS", "LEIS_CULTURE", "LEIS_NET"])
def test_participation_is_lower_with_difficulties_at_the_same_age(name):
    gaps = []
    for low, high in ((25, 45), (45, 60)):
        group = (low <= AGE) & (high > AGE) & np.isfinite(PEOPLE[name])
        gaps.append(share(codes(name, 1), WEIGHT, group & ~SEVERE) - share(codes(name, 1), WEIGHT, group & SEVERE))
    assert np.mean(gaps) > 0.03


def test_answers_of_one_psu_are_alike():
    asked = np.isfinite(PEOPLE["LEIS_SPORT"])
    effect = design_effect(codes("LEIS_SPORT", 1), WEIGHT, PEOPLE["STRATUM"], PEOPLE["PSU"], asked)
    assert effect > 1.2


def test_proxies_answer_for_the_small_and_cannot_tell_feelings():
    assert (PEOPLE["PROXY"][AGE < 10] == 1).all()
    for name in FELT:
        unsaid = PEOPLE[name] == -3
        assert (PEOPLE["PROXY"][unsaid] == 1).all()
    assert np.any([(PEOPLE[name] == -3).any() for name in FELT])


@pytest.mark.parametrize("name", [*LEISURE, *BARRIERS])
def test_answers_are_yes_no_refused_or_unknown(name):
    assert set(PEOPLE[name][np.isfinite(PEOPLE[name])]) <= {1.0, 2.0, -1.0, -2.0}


def test_tagged_missing_values_come_back_from_the_file(tmp_path):
    folder = write_disability_survey(tmp_path / "инвалидность", households=300)
    data = microdata.read(folder / "persons.dta", isolate=False)
    assert {"a", "b", "c"} <= {letter for name in data.reasons.columns for letter in data.reasons[name].drop_nulls()}
    assert data.variables["ANX_3"].value_labels[".a"] == "Отказ"
    assert data.frame["ANX_3"].min() >= 1
    homes = microdata.read(folder / "households.dta", isolate=False)
    assert homes.reasons["INCOME_PC"].drop_nulls().unique().to_list() == ["a"]
    assert homes.variables["WEIGHT"].label == "Вес"


def test_two_runs_are_equal():
    first, again = disability_files(households=300), disability_files(households=300)
    for name, columns in first.items():
        for variable, column in columns.items():
            assert np.array_equal(column, again[name][variable], equal_nan=True), (name, variable)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**31), st.integers(60, 500))
def test_files_belong_together_whatever_the_seed_and_the_size(seed, households):
    files = disability_files(seed=seed, households=households)
    people, homes = files["persons"], files["households"]
    assert set(people["HID"]) == set(homes["HID"])
    assert len(set(zip(people["HID"], people["LINE"], strict=True))) == len(people["HID"])
    weight = dict(zip(homes["HID"], homes["WEIGHT"], strict=True))
    assert all(weight[home] == own > 0 for home, own in zip(people["HID"], people["WEIGHT"], strict=True))
    assert np.array_equal(np.isfinite(people["VIS_SS"]), people["AGE"] >= 5)
