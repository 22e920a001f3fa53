"""Poverty and inequality against R: laeken 0.5.2, and contrasts and jackknife weights of survey 4.1.1.

`reference/random_inequality.csv` is made by `make_inequality.py`, `inequality_r.json` is R's answer (`Rscript
inequality.R` in that folder). laeken gives percentages and takes no one on the line for poor; its quantile is the
middle of two values on a tie.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.survey.replicate_kinds import JKn

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
R: dict[str, Any] = json.loads((REFERENCE / "inequality_r.json").read_text(encoding="utf-8"))
CLOSE = 1e-11
LINE = cd.relative_line(0.6, of="median", y="income", rule="hf2")
FRACTIONS = ("arpr_region", "gini_region", "rmpg_region")


@pytest.fixture(scope="module")
def persons() -> cd.Survey:
    data = pd.read_csv(REFERENCE / "random_inequality.csv")
    return cd.Survey(data, weight="w", strata="stratum", psu="psu")


def check(estimates: cd.Estimates, wanted: dict[str, Any]) -> None:
    frame = estimates.to_frame()
    np.testing.assert_allclose(frame["estimate"], np.atleast_1d(wanted["estimate"]), rtol=CLOSE)
    np.testing.assert_allclose(frame["se"], np.atleast_1d(wanted["se"]), rtol=CLOSE)


SMOOTH = {
    "theil": cd.theil("income"),
    "mld": cd.mld("income"),
    "ge2": cd.generalized_entropy("income", 2),
    "ge_half": cd.generalized_entropy("income", 0.5),
    "ge_minus_1": cd.generalized_entropy("income", -1),
    "atkinson_half": cd.atkinson("income", 0.5),
    "atkinson_1": cd.atkinson("income", 1),
    "atkinson_2": cd.atkinson("income", 2),
    "mld_between": cd.mld_between("income", "region"),
    "mld_within": cd.mld_within("income", "region"),
    "theil_between": cd.entropy_between("income", "region", 1),
    "theil_within": cd.entropy_within("income", "region", 1),
    "ge2_between": cd.entropy_between("income", "region", 2),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_indices_of_positive_incomes_are_contrasts_of_means(persons: cd.Survey, name: str) -> None:
    check(persons.estimate(SMOOTH[name], where="income > 0"), R["smooth"][name])


@pytest.mark.parametrize("name", ["mld", "atkinson_2", "theil_between"])
def test_to_leave_out_zero_incomes_is_the_domain_of_positive_ones(persons: cd.Survey, name: str) -> None:
    made = {
        "mld": cd.mld("income", nonpositive="exclude"),
        "atkinson_2": cd.atkinson("income", 2, nonpositive="exclude"),
        "theil_between": cd.entropy_between("income", "region", 1, nonpositive="exclude"),
    }[name]
    found = persons.estimate(made)
    check(found, R["smooth"][name])
    zeros = int((pd.read_csv(REFERENCE / "random_inequality.csv")["income"] == 0).sum())
    assert found.to_frame()["missing"].item() == zeros
    assert any(str(zeros) in note and "zero or negative" in note for note in found.notes)


def test_means_of_gaps_below_a_fixed_line(persons: cd.Survey) -> None:
    three = {f"fgt{alpha}": cd.fgt("income", 150, alpha=alpha) for alpha in (0, 1, 2)}
    check(persons.estimate(three), R["poverty"]["fgt"])
    check(persons.estimate(three, where="age < 18"), R["poverty"]["fgt_children"])
    check(persons.estimate(cd.fgt("income", 150, at_line="<=")), R["poverty"]["on_the_line"])
    check(persons.estimate(cd.watts("income", 150), where="income > 0"), R["poverty"]["watts"])
    check(persons.estimate(cd.richness("income", 300)), R["poverty"]["richness"])
    assert R["poverty"]["on_the_line"]["estimate"] > R["poverty"]["fgt"]["estimate"][0], "somebody is on the line"


def test_a_line_that_is_a_column_of_one_value_is_that_number(persons: cd.Survey) -> None:
    column = persons.with_columns(basket="150 + 0 * age")
    for alpha in (0, 1, 2):
        wanted = {key: R["poverty"]["fgt"][key][alpha] for key in ("estimate", "se")}
        check(column.estimate(cd.fgt("income", "basket", alpha=alpha)), wanted)
    check(column.estimate(cd.watts("income", "basket"), where="income > 0"), R["poverty"]["watts"])


def test_values_of_laeken(persons: cd.Survey) -> None:
    statistics = {
        "arpt": LINE.statistic(),
        "rmpg": cd.relative_median_gap("income", LINE, rule="hf2"),
        "gini": cd.gini("income"),
        "qsr": cd.s80_s20("income", rule="hf2"),
    }
    found = persons.estimate(statistics).to_frame().set_index("statistic")["estimate"]
    for name in statistics:
        assert found[name] == pytest.approx(R["indices"][name], rel=CLOSE), name
    shares = [cd.fgt("income", cd.relative_line(c, rule="hf2")) for c in (0.4, 0.5, 0.6)]
    rates = persons.estimate({f"{k}": one for k, one in enumerate(shares)}).to_frame()["estimate"]
    np.testing.assert_allclose(rates, R["indices"]["arpr"], rtol=CLOSE)
    quantiles = persons.estimate(cd.quantile("income", [0.1, 0.25, 0.5, 0.75, 0.9], rule="hf2"))
    np.testing.assert_allclose(quantiles.to_frame()["estimate"], R["indices"]["quantiles"], rtol=CLOSE)


@pytest.mark.parametrize("name", ["arpr_region", "gini_region", "qsr_region", "rmpg_region"])
def test_values_of_laeken_by_region(persons: cd.Survey, name: str) -> None:
    # laeken's line is of all persons, whatever the breakdown
    statistic = {
        "arpr_region": cd.fgt("income", LINE),
        "gini_region": cd.gini("income"),
        "qsr_region": cd.s80_s20("income", rule="hf2"),
        "rmpg_region": cd.relative_median_gap("income", LINE, rule="hf2"),
    }[name]
    found = persons.estimate(statistic, by="region").to_frame()
    wanted = np.array(R["indices"][name]["estimate"]) / (100 if name in FRACTIONS else 1)
    assert found["region"].tolist() == R["indices"][name]["region"]
    np.testing.assert_allclose(found["estimate"], wanted, rtol=CLOSE)


def test_jackknife_weights_solve_lines_and_ranks_anew(persons: cd.Survey) -> None:
    # laeken under each weight, which is no consistent variance of a cut; a kind that finds cuts again does the same
    made = persons.with_replicates(JKn(centre="estimate")).design.replicates
    assert made is not None
    columns = pd.DataFrame(made.weights(), columns=[f"jk{r}" for r in range(1, made.size + 1)])
    data = persons.records.columns(["income", "age"]).to_pandas().join(columns)
    kind = cd.Bootstrap(f"jk1..jk{made.size}", scale=made.scale, rscales=made.rscales.tolist())
    replicated = cd.Survey(data.assign(w=persons.design.weight), weight="w", replicates=kind)
    whole = {
        "arpt": LINE.statistic(),
        "arpr": cd.fgt("income", LINE),
        "child": cd.fgt("income", LINE),
        "rmpg": cd.relative_median_gap("income", LINE, rule="hf2"),
        "gini": cd.gini("income"),
        "qsr": cd.s80_s20("income", rule="hf2"),
    }
    found = replicated.estimate(whole).to_frame().set_index("statistic")
    children = replicated.estimate({"child": whole["child"]}, where="age < 18").to_frame()
    found.loc["child", ["estimate", "se"]] = children[["estimate", "se"]].to_numpy()[0]
    np.testing.assert_allclose(found["estimate"], R["jackknife"]["laeken"]["estimate"], rtol=CLOSE)
    np.testing.assert_allclose(found["se"], R["jackknife"]["laeken"]["se"], rtol=CLOSE)


def test_concentration_of_a_tax_by_tied_incomes_is_that_of_all_pairs(persons: cd.Survey) -> None:
    both = {"C": cd.concentration("tax", "income"), "K": cd.kakwani("tax", "income", kind="tax")}
    check(persons.with_replicates(JKn(centre="estimate")).estimate(both), R["jackknife"]["kakwani"])
    linear = persons.estimate(both).to_frame()["se"]
    np.testing.assert_allclose(linear, R["jackknife"]["kakwani"]["se"], rtol=0.08)
