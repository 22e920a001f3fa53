"""The MICS folder as a whole: keys, ages, files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import budget, disability, keys, mics

from childdata import microdata
from childdata.errors import DefinitionError
from childdata.synthetic.mics import mics_files, write_mics

KEYS = {
    "hh": ("HH1", "HH2"),
    "hl": ("HH1", "HH2", "HL1"),
    "wm": ("HH1", "HH2", "LN"),
    "ch": ("HH1", "HH2", "LN"),
    "fs": ("HH1", "HH2", "LN"),
    "bh": ("HH1", "HH2", "LN", "BHLN"),
}


def listed():
    members = mics()["hl"]
    return {key: row for row, key in enumerate(keys(members, KEYS["hl"]))}


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_unique(name):
    found = keys(mics()[name], KEYS[name])
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(("name", "age"), [("ch", "UB2"), ("fs", "CB3"), ("wm", "WB4")])
def test_everybody_of_a_personal_file_is_listed_with_the_same_age_sex_and_birth(name, age):
    columns, members, place = mics()[name], mics()["hl"], listed()
    rows = np.array([place[key] for key in keys(columns)])
    assert np.array_equal(columns[age], members["HL6"][rows])
    if name != "wm":
        assert np.array_equal(columns["HL4"], members["HL4"][rows])
        assert np.array_equal(columns["schage"] if name == "fs" else columns["UB1Y"],
                              members["schage" if name == "fs" else "HL5Y"][rows], equal_nan=True)  # fmt: skip


def test_all_children_under_five_and_all_women_are_in_their_files():
    members = mics()["hl"]
    assert int((members["HL6"] < 5).sum()) == len(mics()["ch"]["LN"])
    assert int(np.isfinite(members["HL8"]).sum()) == len(mics()["wm"]["LN"])


def test_one_child_of_five_to_seventeen_is_drawn_in_each_household_with_any():
    members, selected = mics()["hl"], mics()["fs"]
    age = members["HL6"]
    homes = {key for key, years in zip(keys(members, ("HH1", "HH2")), age, strict=True) if 5 <= years < 18}
    found = keys(selected, ("HH1", "HH2"))
    assert set(found) == homes
    assert len(found) == len(homes)
    assert selected["CB3"].min() >= 5
    assert selected["CB3"].max() <= 17


def test_children_of_the_birth_histories_are_the_listed_ones():
    births, members, place = mics()["bh"], mics()["hl"], listed()
    home = births["BH8"] > 0
    rows = np.array([place[key] for key in keys({n: v[home] for n, v in births.items()}, ("HH1", "HH2", "BH8"))])
    assert np.array_equal(members["HL6"][rows], births["BH6"][home])
    minor = births["BH6"][home] < 18  # the mother's line is asked for children only
    assert np.array_equal(members["HL14"][rows][minor], births["LN"][home][minor])
    assert np.array_equal(members["HL4"][rows], births["BH3"][home])


def test_a_small_child_of_an_interviewed_mother_is_in_bh_under_its_line():
    children, births = mics()["ch"], mics()["bh"]
    mothers = set(keys(births))
    in_history = set(keys(births, ("HH1", "HH2", "BH8")))
    for first, second, line, care in keys(children, ("HH1", "HH2", "LN", "UF4")):
        if (first, second, care) in mothers and (first, second, line) not in in_history:
            mother = mics()["hl"]["HL14"][listed()[(first, second, line)]]
            assert mother != care  # cared for by a grandmother or aunt with births of her own


def test_dates_agree_between_bh_and_ch():
    births = {key: row for row, key in enumerate(keys(mics()["bh"], ("HH1", "HH2", "BH8")))}
    children = mics()["ch"]
    compared = 0
    for row, key in enumerate(keys(children)):
        if key in births:
            assert mics()["bh"]["BH4C"][births[key]] == children["CDOB"][row]
            compared += 1
    assert compared > 800


def test_sizes_are_those_of_a_real_file_in_small():
    sizes = {name: len(columns["HH1"]) for name, columns in mics().items()}
    assert sizes["hh"] == 2400
    assert sizes["ch"] > 900
    assert sizes["fs"] > 600
    assert sizes["wm"] > 1400
    assert sizes["hl"] > 5500
    assert sizes["bh"] > 1700


def test_twenty_and_more_variables_carry_undeclared_codes_of_unknown():
    carrying = {
        name
        for columns in mics().values()
        for name, column in columns.items()
        if column.dtype != object and np.isin(column, (8, 9)).any() and name not in ("HH2", "LN", "HH1")
    }
    assert len(carrying) > 60


def test_two_runs_are_equal_bit_by_bit_and_two_seeds_are_not():
    first, again, other = mics_files(households=500), mics_files(households=500), mics_files(seed=1, households=500)
    for name, columns in first.items():
        for variable, column in columns.items():
            assert np.array_equal(column, again[name][variable], equal_nan=column.dtype != object), (name, variable)
    assert not np.array_equal(first["hh"]["wscore"], other["hh"]["wscore"], equal_nan=True)


def test_files_are_written_with_labels_in_the_language_asked_for(tmp_path):
    english = write_mics(tmp_path / "en", households=300)
    russian = write_mics(tmp_path / "ру", households=300, lang="ru")
    assert sorted(path.name for path in english.iterdir()) == sorted(
        ["README.txt", "hh.sav", "hl.sav", "wm.sav", "ch.sav", "fs.sav", "bh.sav"]
    )
    data, other = (microdata.read(folder / "ch.sav", isolate=False) for folder in (english, russian))
    assert data.variables["HH6"].value_labels[1.0] == "Urban"
    assert other.variables["HH6"].value_labels[1.0] == "Город"
    assert data.frame.equals(other.frame)


def test_dollar_names_and_multiple_responses_survive_the_file(tmp_path):
    data = microdata.read(write_mics(tmp_path, households=300) / "hh.sav", isolate=False)
    assert "ST4U$1" in data.frame.columns
    assert set(data.frame["HW7A"].fill_null("")) == {"", "A", "?"}


def test_all_files_together_have_more_than_a_thousand_variables():
    total = sum(len(columns) for survey in (mics(), budget(), disability()) for columns in survey.values())
    assert total > 1000


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**31), st.integers(60, 700))
def test_files_belong_together_whatever_the_seed_and_the_size(seed, households):
    files = mics_files(seed=seed, households=households)
    members = files["hl"]
    place = {key: row for row, key in enumerate(keys(members, KEYS["hl"]))}
    for name, age in (("ch", "UB2"), ("fs", "CB3"), ("wm", "WB4")):
        found = keys(files[name])
        assert len(set(found)) == len(found)
        assert np.array_equal(files[name][age], members["HL6"][[place[key] for key in found]])
    for name, weight, result in (("hh", "hhweight", "HH46"), ("ch", "chweight", "UF17"), ("wm", "wmweight", "WM17")):
        done = files[name][result] == 1
        assert np.array_equal(files[name][weight] > 0, done)
        assert files[name][weight].sum() == pytest.approx(done.sum())


def test_a_sample_too_small_for_the_strata_is_an_error(tmp_path):
    with pytest.raises(DefinitionError, match="58 households or more were wanted, 57 were given"):
        write_mics(tmp_path, households=57)
