"""The files of the budget survey."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import budget, design_effect, share

from childdata import microdata
from childdata.synthetic.budget import OLD_FILE, budget_files, write_budget_survey

QUARTERS = (1, 2, 3, 4)
YEAR, PEOPLE = budget()["hhyear"], budget()["ppyear"]


def test_files_are_four_quarters_and_a_year_for_households_and_persons():
    assert set(budget()) == {f"{kind}{when}" for kind in ("hh", "pp") for when in ("q1", "q2", "q3", "q4", "year")}


@pytest.mark.parametrize("quarter", QUARTERS)
def test_keys_are_unique_and_every_person_lives_in_a_household(quarter):
    homes, people = budget()[f"hhq{quarter}"], budget()[f"ppq{quarter}"]
    assert len(set(homes["hhid"])) == len(homes["hhid"])
    assert len(set(zip(people["hhid"], people["line"], strict=True))) == len(people["hhid"])
    assert set(people["hhid"]) == set(homes["hhid"])


@pytest.mark.parametrize("quarter", QUARTERS)
def test_household_and_person_weights_are_the_same_with_two_implied_decimals(quarter):
    homes, people = budget()[f"hhq{quarter}"], budget()[f"ppq{quarter}"]
    weight = dict(zip(homes["hhid"], homes["qweight"], strict=True))
    assert all(weight[home] == own for home, own in zip(people["hhid"], people["qweight"], strict=True))
    assert np.array_equal(homes["qweight"], np.round(homes["qweight"]))
    assert 3e6 < homes["qweight"].sum() / 100 < 4.5e6


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_the_same_household_number_comes_back_in_the_next_quarter(quarter):
    now, after = (set(budget()[f"hhq{q}"]["hhid"]) for q in (quarter, quarter + 1))
    assert 0.68 < len(now & after) / len(now) < 0.78


def test_a_household_keeps_its_psu_and_stratum():
    place = {}
    for quarter in QUARTERS:
        homes = budget()[f"hhq{quarter}"]
        for home, psu, stratum in zip(homes["hhid"], homes["psu"], homes["stratum"], strict=True):
            assert place.setdefault(home, (psu, stratum)) == (psu, stratum)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_household_incomes_are_sums_over_the_members(quarter):
    homes, people = budget()[f"hhq{quarter}"], budget()[f"ppq{quarter}"]
    place = {home: row for row, home in enumerate(homes["hhid"])}
    rows = np.array([place[home] for home in people["hhid"]])
    for own, whole in (
        ("wage_net", "income1"),
        ("pension", "income3"),
        ("stipend", "income6"),
        ("ben_care3", "ben_care3"),
    ):
        total = np.bincount(rows, people[own], minlength=len(place))
        assert np.allclose(total, homes[whole], atol=0.02), own


def test_income_4_is_text_with_a_decimal_comma_and_an_exponent():
    texts = budget()["hhq1"]["income4"]
    assert texts.dtype == object
    some = [text for text in texts if text not in ("", "0")]
    assert all("," in text and "." not in text for text in some)
    assert any("E+" in text for text in some)
    assert any("E" not in text for text in some)


@pytest.mark.parametrize("name", ["hhq1", "hhq3", "hhyear"])
def test_money_income_is_the_sum_of_its_parts(name):
    homes = budget()[name]
    property_income = np.array([float(text.replace(",", ".") or 0) for text in homes["income4"]])
    parts = sum(homes[part] for part in ("income1", "income2", "income3", "income5", "income6", "income7"))
    plain = np.array(
        ["E" not in text and text != "" for text in homes["income4"]]
    )  # two digits are left of an exponent
    assert np.allclose((parts + property_income)[plain], homes["money_income"][plain], atol=0.05)
    assert np.abs(parts + property_income - homes["money_income"])[~plain].max() < 0.15 * homes["money_income"].max()


@pytest.mark.parametrize("name", ["hhq2", "hhyear"])
def test_resources_add_the_plot_and_benefits_in_kind(name):
    homes = budget()[name]
    in_kind = homes["ink_baby_food"] + homes["ink_hygiene"] + homes["ink_housing"]
    resources = homes["money_income"] + homes["plot_food"] - homes["plot_costs"] + in_kind - homes["tax_property"]
    assert np.allclose(resources, homes["resources"], atol=0.1)


@pytest.mark.parametrize("name", ["hhq1", "hhq2", "hhq3", "hhq4"])
def test_benefits_sum_to_income_5(name):
    homes = budget()[name]
    assert np.allclose(sum(homes[part] for part in homes if part.startswith("ben_")), homes["income5"], atol=0.05)


@pytest.mark.parametrize("name", ["hhq1", "hhq4"])
def test_divisions_sum_to_consumption_and_utilities_are_in_the_fourth(name):
    homes = budget()[name]
    assert np.allclose(sum(homes[f"exp{number:02d}"] for number in range(1, 13)), homes["exp_total"], atol=0.05)
    assert (homes["exp04"] >= sum(homes[part] for part in homes if part.startswith("util_")) - 0.01).all()
    assert (homes["exp01"] >= homes["exp01_bread"]).all()


def test_heat_is_paid_in_winter():
    winter, summer = (budget()[f"hhq{quarter}"]["util_heat"].mean() for quarter in (1, 3))
    assert winter > 5 * summer


def test_year_is_the_mean_of_the_quarters_by_hand():
    home = next(h for h, n in zip(YEAR["hhid"], YEAR["quarters"], strict=True) if n == 4)
    wages = [budget()[f"hhq{q}"]["income1"][list(budget()[f"hhq{q}"]["hhid"]).index(home)] for q in QUARTERS]
    assert YEAR["income1"][list(YEAR["hhid"]).index(home)] == pytest.approx(np.mean(wages), abs=0.01)


def test_year_weights_sum_to_the_households_of_the_country():
    assert YEAR["yweight"].sum() / 100 == pytest.approx(
        np.mean([budget()[f"hhq{q}"]["qweight"].sum() / 100 for q in QUARTERS]), rel=1e-3
    )


def test_poverty_is_low_and_higher_among_children_and_clustered():
    per_head = YEAR["resources"] / YEAR["hhsize"]
    poor, weight = per_head < 418.73, YEAR["yweight"]
    everybody, children = (share(poor, weight * YEAR[size]) for size in ("hhsize", "n_child"))
    assert 0.02 < everybody < 0.09
    assert everybody < children < 0.16
    anyone = np.ones(len(poor), dtype=bool)
    assert design_effect(poor, weight * YEAR["hhsize"], YEAR["stratum"], YEAR["psu"], anyone) > 1.1


def test_mean_wage_is_near_the_one_behind_the_care_benefit():
    wage = budget()["ppq2"]["wage_gross"]
    assert wage[wage > 0].mean() == pytest.approx(724.9 / 0.35, rel=0.06)


def test_two_runs_are_equal_and_two_seeds_are_not():
    first, again, other = (
        budget_files(households=300),
        budget_files(households=300),
        budget_files(seed=1, households=300),
    )
    for name, columns in first.items():
        for variable, column in columns.items():
            assert np.array_equal(column, again[name][variable], equal_nan=column.dtype != object), (name, variable)
    assert not np.array_equal(first["hhq1"]["resources"], other["hhq1"]["resources"])


def test_files_are_russian_and_one_is_in_an_old_code_page(tmp_path):
    folder = write_budget_survey(tmp_path / "бюджет", households=300)
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{name}.sav" for name in budget()} | {OLD_FILE, "README.txt"}
    data = microdata.read(folder / "hhq1.sav", isolate=False)
    assert data.variables["qweight"].label.startswith("Вес, умноженный на 100")
    assert data.variables["region"].value_labels[5.0] == "г. Минск"
    raw = (folder / OLD_FILE).read_bytes()
    assert "Брестская".encode("windows-1251") in raw
    assert "Брестская".encode() not in raw


def test_the_old_file_reads_the_same_once_its_code_page_is_said(tmp_path):
    folder = write_budget_survey(tmp_path, households=300)
    old = microdata.read(folder / OLD_FILE, encoding="windows-1251", isolate=False)
    new = microdata.read(folder / "hhq1.sav", isolate=False)
    assert old.variables["region"].value_labels == new.variables["region"].value_labels
    assert old.frame["resources"].to_list() == new.frame["resources"].to_list()


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**31), st.integers(60, 500))
def test_files_belong_together_whatever_the_seed_and_the_size(seed, households):
    files = budget_files(seed=seed, households=households)
    for quarter in QUARTERS:
        homes, people = files[f"hhq{quarter}"], files[f"ppq{quarter}"]
        assert set(people["hhid"]) == set(homes["hhid"])
        assert set(homes["hhid"]) <= set(files["hhyear"]["hhid"])
        assert np.array_equal(people["ben_care3"] > 0, people["age_months"] < 36)
        size = dict(zip(*np.unique(people["hhid"], return_counts=True), strict=True))
        assert all(size[home] == count for home, count in zip(homes["hhid"], homes["hhsize"], strict=True))
