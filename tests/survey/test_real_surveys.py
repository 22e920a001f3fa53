"""From a real file to an estimate, against the numbers of R survey 4.1.1 that lie beside the files.

NHANES 2021-2023 (US National Center for Health Statistics) as .sav and as a Russian .dta; the World Bank's synthetic
survey of 2023 as two Stata files; NHANES 2015-2016 as SAS transport files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import childdata as cd

Shared = Callable[[str], Path]
NHANES = "data/nhanes_2021_2023/nhanes_2021_2023_child_functioning"
WORLD = "data/wb_synthetic_2023/WLD_2023_SYNTH-SVY-{}-EN_v01_M.dta"
SHARE, SE, DF = 0.180340148009, 0.008508930206, 15


def nhanes(path: Path) -> cd.Survey:
    return cd.Survey(cd.read(path), weight="WTINT2YR", strata="SDMVSTRA", psu="SDMVPSU")


@pytest.mark.parametrize(("ending", "labels"), [(".sav", ["Male", "Female"]), ("_ru.dta", ["Мужской", "Женский"])])
def test_disability_of_children_by_sex(shared: Shared, ending: str, labels: list[str]) -> None:
    survey = nhanes(shared(NHANES + ending))
    frame = survey.estimate(cd.mean("FNDCDI == 1"), by="RIAGENDR", margins=True).to_frame()
    assert frame["RIAGENDR"].tolist() == [*labels, "Total"]
    assert frame["estimate"].to_numpy() == pytest.approx([0.18653212, 0.17380883, SHARE], abs=5e-9)
    assert frame["se"].to_numpy() == pytest.approx([0.010227278, 0.010755635, SE], abs=5e-9)
    whole = frame.iloc[-1]
    assert (whole["estimate"], whole["se"]) == (pytest.approx(SHARE, rel=1e-9), pytest.approx(SE, rel=1e-9))
    assert (whole["df"], whole["n"]) == (DF, 2786)


def test_intervals_of_the_share_of_children_with_a_disability(shared: Shared) -> None:
    survey = nhanes(shared(NHANES + ".sav"))
    by_t = survey.estimate(cd.mean("FNDCDI == 1"), interval="t").to_frame().iloc[0]
    assert (by_t["ci_low"], by_t["ci_high"]) == pytest.approx((0.1622037926, 0.1984765034), rel=1e-9)
    by_logit = survey.estimate(cd.mean("FNDCDI == 1")).to_frame().iloc[0]
    assert (by_logit["ci_low"], by_logit["ci_high"]) == pytest.approx((0.16290930, 0.19919225), abs=5e-9)


def test_both_files_of_one_survey_give_one_covariance(shared: Shared) -> None:
    by_sex = [
        nhanes(shared(NHANES + ending)).estimate(cd.mean("FNDCDI == 1"), by="RIAGENDR").covariance().to_numpy()
        for ending in (".sav", "_ru.dta")
    ]
    np.testing.assert_allclose(by_sex[0], by_sex[1], rtol=1e-12)


def test_the_rule_of_the_washington_group_gives_the_published_indicator(shared: Shared) -> None:
    # "A lot of difficulty" or worse in a domain, or anxious or depressed daily: for walking the best of the two items.
    items = [f"FNQ{number}" for number in ("021", "041", "160", "100", "110", "120", "170", "180", "190", "130", "200")]
    severe = ", ".join(f"{item} >= 3" for item in items)
    walking = "if_else(FNQ050 == 1, FNQ060 >= 3, FNQ080 >= 3)"
    rule = f"count_true({severe}, {walking}, FNQ140 == 1, FNQ150 == 1) >= 1"
    data = cd.read(shared(NHANES + "_ru.dta")).with_columns(difficulty=rule)
    both = data.frame.drop_nulls(["difficulty", "FNDCDI"])
    assert both.height == 2786
    assert (both["difficulty"] == (both["FNDCDI"] == 1)).all()
    reasons = data.missing_reasons("FNQ021")
    assert reasons.set_index("code")["label"][".d"] == "Не знаю"


def test_household_spending_of_the_synthetic_country(shared: Shared) -> None:
    homes = cd.read(shared(WORLD.format("HLD")))
    design = {"strata": ["geo1", "urbrur"], "psu": "ea"}
    spending = cd.Survey(homes, weight="hhweight", **design).estimate(cd.mean("tot_exp")).to_frame().iloc[0]
    assert (spending["estimate"], spending["se"]) == (pytest.approx(12049, abs=0.5), pytest.approx(229.99, abs=0.005))
    assert spending["psus"] == 320
    per_head = cd.Survey(homes, weight="popweight", **design).estimate(cd.mean("pc_exp")).to_frame().iloc[0]
    assert (per_head["estimate"], per_head["se"]) == (pytest.approx(2992.1, abs=0.05), pytest.approx(71.224, abs=5e-4))


def test_persons_with_the_facts_of_their_household(shared: Shared) -> None:
    persons, homes = cd.read(shared(WORLD.format("IND"))), cd.read(shared(WORLD.format("HLD")))
    joined = persons.join(homes, on={"hid": "hid"}, relation="many-to-one", suffix="_home")
    assert joined.frame.height == persons.frame.height == 32_396
    survey = cd.Survey(joined, weight="hhweight", strata=["geo1", "urbrur"], psu="ea")
    # Spending per head over persons is that over households weighted by their size.
    found = survey.estimate(cd.mean("pc_exp")).to_frame().iloc[0]
    assert found["estimate"] == pytest.approx(2992.1, abs=0.05)
    children = survey.estimate({"children": cd.mean("school_attend == 1")}, where="age >= 6 and age <= 17", by="urbrur")
    assert children.to_frame()["n"].sum() < 12_054
    assert children.to_frame()["estimate"].between(0, 1).all()


def test_transport_files_with_their_design(shared: Shared) -> None:
    people = cd.read(shared("data/nhanes_2015_2016/DEMO_I.XPT"))
    body = cd.read(shared("data/nhanes_2015_2016/BMX_I.XPT"))
    assert people.frame.shape == (9_971, 47)
    joined = body.join(people, on={"SEQN": "SEQN"}, relation="one-to-one", how="left")
    survey = cd.Survey(joined, weight="WTMEC2YR", strata="SDMVSTRA", psu="SDMVPSU")
    height = survey.estimate(cd.mean("BMXHT"), where="RIDAGEYR >= 5 and RIDAGEYR < 18", by="RIAGENDR").to_frame()
    assert height["estimate"].between(120, 180).all()
    assert (height["df"] == 15).all()
