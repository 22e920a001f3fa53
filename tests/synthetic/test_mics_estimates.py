"""What an analyst finds in the invented MICS: clustering, gaps between poor and rich, shares."""

from __future__ import annotations

import numpy as np
import pytest
from invented import design_effect, household_rows, intra_psu_correlation, mics, share

CH, FS, WM, HH = (mics()[name] for name in ("ch", "fs", "wm", "hh"))


def yes(columns, *names, code=1):
    return np.any([columns[name] == code for name in names], axis=0)


def violent(columns, prefix):
    return yes(columns, *(f"{prefix}2{letter}" for letter in "CDFGHIJK"))


def supported():
    done = [np.any([CH[f"EC5{a}{who}"] == who for who in "ABX"], axis=0) for a in "ABCDEF"]
    return np.sum(done, axis=0) >= 4


def on_track():
    letters = np.sum([CH[name] == 1 for name in ("EC6", "EC7", "EC8")], axis=0) >= 2
    body = (CH["EC9"] == 1) | (CH["EC10"] == 2)
    others = (CH["EC13"] == 1).astype(int) + (CH["EC14"] == 2) + (CH["EC15"] == 2) >= 2
    learns = yes(CH, "EC11", "EC12")
    return np.sum([letters, body, others, learns], axis=0) >= 3


def all_right():
    return np.all([FS[name] == 1 for name in FS if name.startswith(("FL23", "FL24", "FL25", "FL27"))], axis=0)


IMPROVED = (11, 12, 13, 18, 22, 31)
CHILD, PUPIL, WOMAN, HOME = CH["UF17"] == 1, FS["FS17"] == 1, WM["WM17"] == 1, HH["HH46"] == 1
# name: file, truth, among, weight, lowest and highest share
INDICATORS = {
    "registered": (CH, np.isin(CH["BR1"], (1, 2)) | (CH["BR2"] == 1), CHILD, "chweight", 0.96, 1.0),
    "three books": (CH, (CH["EC1"] >= 3) & (CH["EC1"] <= 10), CHILD, "chweight", 0.7, 0.95),
    "left alone": (CH, (CH["EC3A"] > 0) | (CH["EC3B"] > 0), CHILD, "chweight", 0.05, 0.2),
    "supported": (CH, supported(), CHILD & (CH["UB2"] >= 2), "chweight", 0.7, 0.97),
    "on track": (CH, on_track(), CHILD & (CH["UB2"] >= 3), "chweight", 0.78, 0.97),
    "early education": (CH, CH["UB8"] == 1, CHILD & (CH["UB2"] >= 3), "chweight", 0.75, 0.95),
    "violence 1-4": (CH, violent(CH, "UCD"), CHILD & (CH["UB2"] >= 1), "chweight", 0.45, 0.7),
    "violence 5-14": (FS, violent(FS, "FCD"), PUPIL & (FS["CB3"] <= 14), "fsweight", 0.45, 0.7),
    "numbers": (FS, all_right(), FS["FL28"] == 1, "fsweight", 0.45, 0.85),
    "modern life": (WM, np.isin(WM["MT10"], (2, 3)), WOMAN, "wmweight", 0.8, 0.98),
    "wife beating": (WM, yes(WM, *(f"DV1{letter}" for letter in "ABCDE")), WOMAN, "wmweight", 0.02, 0.12),
    "computer": (HH, HH["HC11"] == 1, HOME, "hhweight", 0.6, 0.85),
    "car": (HH, HH["HC10E"] == 1, HOME, "hhweight", 0.4, 0.65),
    "clean cooking": (HH, HH["EU1"] <= 5, HOME, "hhweight", 0.85, 0.99),
    "sanitation": (HH, np.isin(HH["WS11"], IMPROVED) & np.isnan(HH["WS17"]), HOME, "hhweight", 0.88, 0.99),
}  # fmt: skip


def psu_and_stratum(columns):
    rows = household_rows(columns, HH)
    return HH["PSU"][rows], HH["stratum"][rows]


@pytest.mark.parametrize("name", INDICATORS)
def test_share_is_plausible(name):
    columns, truth, among, weight, low, high = INDICATORS[name]
    assert low < share(truth, columns[weight], among) < high


@pytest.mark.parametrize(
    "name",
    [
        "three books",
        "left alone",
        "supported",
        "violence 1-4",
        "violence 5-14",
        "wife beating",
        "computer",
        "clean cooking",
        "sanitation",
        "car",
    ],
)
def test_answers_of_one_psu_are_alike(name):
    columns, truth, among, _, _, _ = INDICATORS[name]
    psu, _ = psu_and_stratum(columns)
    assert 0.02 <= intra_psu_correlation(truth, psu, among) <= 0.15


@pytest.mark.parametrize(
    "name",
    [
        "three books",
        "supported",
        "violence 1-4",
        "violence 5-14",
        "modern life",
        "wife beating",
        "computer",
        "car",
        "sanitation",
    ],
)
def test_design_effect_is_clearly_above_one(name):
    columns, truth, among, weight, _, _ = INDICATORS[name]
    psu, stratum = psu_and_stratum(columns)
    assert 1.1 < design_effect(truth, columns[weight], stratum, psu, among) < 4


def test_design_effects_are_above_one_on_the_whole():
    effects = []
    for columns, truth, among, weight, _, _ in INDICATORS.values():
        psu, stratum = psu_and_stratum(columns)
        effects.append(design_effect(truth, columns[weight], stratum, psu, among))
    assert np.mean(effects) > 1.3


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("registered", 1), ("three books", 1), ("left alone", -1), ("supported", 1), ("early education", 1),
        ("violence 1-4", -1), ("violence 5-14", -1), ("numbers", 1), ("wife beating", -1),
        ("computer", 1), ("car", 1), ("clean cooking", 1), ("sanitation", 1),
    ],
)  # fmt: skip
def test_gap_between_rich_and_poor_has_the_usual_sign(name, sign):
    columns, truth, among, weight, _, _ = INDICATORS[name]
    poor, rich = (
        share(truth, columns[weight], among & np.isin(columns["windex5"], quintiles)) for quintiles in ((1, 2), (4, 5))
    )
    assert sign * (rich - poor) > 0


def test_stunting_is_more_frequent_among_the_poor():
    valid = CHILD & (CH["HAZFLAG"] == 0)
    poor, rich = (
        np.average(CH["HAZ2"][valid & m], weights=CH["chweight"][valid & m])
        for m in (CH["windex5"] <= 2, CH["windex5"] >= 4)
    )
    assert poor < rich


def test_weighting_matters():
    small = np.nan_to_num(HH["HH51"]) > 0
    assert share(small, np.ones(len(small)), HOME) > 2 * share(small, HH["hhweight"], HOME)
