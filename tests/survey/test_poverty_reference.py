"""Poverty and inequality against convey 1.0.1 and laeken 0.5.2 on laeken's eusilc, and on two invented surveys.

convey counts who is on the line as poor (`at_line="<="`), takes Σ w for the size in its bandwidth, and its Gini is that
of its own ranks: these three words are all that stands between its numbers and the defaults here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.survey.density import Bandwidth

Y = "eqIncome"
POINT, ERROR = 1e-12, 1e-9


def line(share: float = 0.6, of: Any = "median", bandwidth: Bandwidth = "convey", **more: Any) -> cd.RelativeLine:
    return cd.relative_line(share, of=of, y=Y, bandwidth=bandwidth, **more)


def fgt(z: Any, alpha: float = 0) -> cd.Statistic:
    return cd.fgt(Y, z, alpha=alpha, at_line="<=", bandwidth="convey")


OF_ALL = {
    "mean": cd.mean(Y),
    "arpt_0.5q_0.6": line().statistic(),
    "arpr": fgt(line()),
    "arpr_40": fgt(line(0.4)),
    "arpr_50": fgt(line(0.5)),
    "poormed": cd.poor_median(Y, line(), at_line="<=", bandwidth="convey"),
    "rmpg": cd.relative_median_gap(Y, line(), at_line="<=", bandwidth="convey"),
    **{f"fgt{alpha}_abs10000": fgt(10_000, alpha) for alpha in (0, 1, 2)},
    **{f"fgt{alpha}_relq": fgt(line(), alpha) for alpha in (0, 1, 2)},
    **{f"fgt{alpha}_relm60": fgt(line(of="mean"), alpha) for alpha in (0, 1, 2)},
}
OF_POSITIVE = {
    **{f"gei_{alpha}_pos": cd.generalized_entropy(Y, alpha) for alpha in (-1, 0, 0.5, 1, 2)},
    **{f"atk_{epsilon}_pos": cd.atkinson(Y, epsilon) for epsilon in (0.5, 1, 2)},
    "watts_abs10000_pos": cd.watts(Y, 10_000, at_line="<="),
}
CONVEY_ONLY = {
    "gini": cd.gini(Y, convention="convey"),
    "qsr": cd.s80_s20(Y, convention="convey"),
    "rich_Cha_g1_30000": cd.richness(Y, 30_000),
    **{f"iqalpha{100 * p:.0f}": line(1, p, within="domain").statistic() for p in (0.1, 0.5, 0.9)},
}
CHILDREN = {
    "arpr_children_u18": fgt(line()),
    "fgt0_relq_children_u18": fgt(line()),
    "fgt1_relq_children_u18": fgt(line(), 1),
    "fgt1_abs10000_children_u18": fgt(10_000, 1),
    "gini_children_u18": cd.gini(Y, convention="convey"),
}


@pytest.fixture(scope="module")
def cases(shared: Callable[[str], Path]) -> dict[str, Any]:
    found = json.loads(shared("reference/poverty.json").read_text(encoding="utf-8"))["cases"]
    return {case["id"]: case for case in found}


@pytest.fixture(scope="module")
def eusilc(shared: Callable[[str], Path]) -> Callable[[str], cd.Survey]:
    data = pd.read_csv(shared("reference/data/eusilc_laeken.csv"))
    return lambda psu: cd.Survey(data, weight="rb050", strata="db040", psu=psu)


@pytest.fixture(scope="module")
def convey(cases: dict[str, Any]) -> dict[str, Any]:
    output: dict[str, Any] = cases["eusilc_convey_design_person_strata"]["output"]
    return output


def check(estimates: cd.Estimates, wanted: Mapping[str, Any], point: float = POINT, error: float = ERROR) -> None:
    frame = estimates.to_frame().set_index("statistic")
    for name in frame.index:
        assert frame.loc[name, "estimate"] == pytest.approx(wanted[name]["est"], rel=point), name
        assert frame.loc[name, "se"] == pytest.approx(wanted[name]["se"], rel=error), name


def test_convey_on_all_persons(eusilc: Callable[[str], cd.Survey], convey: dict[str, Any]) -> None:
    survey = eusilc("rb030")
    check(survey.estimate(OF_ALL), convey)
    check(survey.estimate(CONVEY_ONLY), convey)


def test_convey_on_positive_incomes(eusilc: Callable[[str], cd.Survey], convey: dict[str, Any]) -> None:
    statistics = OF_POSITIVE | {
        "jdiv_pos": cd.j_divergence(Y),
        "watts_relq_pos": cd.watts(Y, line(), at_line="<=", bandwidth="convey"),  # the line of all persons
    }
    check(eusilc("rb030").estimate(statistics, where=f"{Y} > 0"), convey)


def test_convey_in_the_domain_of_children(eusilc: Callable[[str], cd.Survey], convey: dict[str, Any]) -> None:
    check(eusilc("rb030").estimate(CHILDREN, where="age < 18"), convey)


@pytest.mark.parametrize(
    ("name", "statistic"),
    [
        ("arpr_by_region", fgt(line())),
        ("gini_by_region", cd.gini(Y, convention="convey")),
        ("qsr_by_region", cd.s80_s20(Y, convention="convey")),
    ],
)
def test_convey_by_region(
    eusilc: Callable[[str], cd.Survey], convey: dict[str, Any], name: str, statistic: cd.Statistic
) -> None:
    frame = eusilc("rb030").estimate(statistic, by="db040").to_frame().set_index("db040")
    wanted = convey[name]
    np.testing.assert_allclose(frame.loc[wanted["region"], "estimate"], wanted["est"], rtol=POINT)
    np.testing.assert_allclose(frame.loc[wanted["region"], "se"], wanted["se"], rtol=ERROR)


def test_convey_on_shares_of_the_lowest(eusilc: Callable[[str], cd.Survey], convey: dict[str, Any]) -> None:
    # convey's isq is the income total of the lowest; its own standard errors of the Lorenz curve take an interpolated
    # quantile, 5e-5 apart
    survey = eusilc("rb030")
    curve = survey.estimate(cd.lorenz(Y, np.linspace(0, 1, 11))).to_frame()
    np.testing.assert_allclose(curve["estimate"], convey["lorenz_0.1..1"]["est"], rtol=1e-12)
    np.testing.assert_allclose(curve["se"], convey["lorenz_0.1..1"]["se"], rtol=1e-4, atol=1e-15)
    positive = survey.estimate({"total": cd.total(Y), "qsr": cd.s80_s20(Y)}).to_frame()["estimate"]
    upper = convey["isq80_upper"]["est"]
    assert upper / convey["isq20"]["est"] == pytest.approx(positive[1], rel=POINT)
    assert upper < positive[0]


@pytest.mark.parametrize(("alpha", "name"), [(1, "geidec_1_sex_pos"), (0, "geidec_0_sex_pos")])
def test_convey_decomposed_by_sex(
    eusilc: Callable[[str], cd.Survey], convey: dict[str, Any], alpha: float, name: str
) -> None:
    three = {
        "total": cd.generalized_entropy(Y, alpha),
        "within": cd.entropy_within(Y, "rb090", alpha),
        "between": cd.entropy_between(Y, "rb090", alpha),
    }
    frame = eusilc("rb030").estimate(three, where=f"{Y} > 0").to_frame()
    # the part between is a small difference of large numbers
    np.testing.assert_allclose(frame["estimate"], convey[name]["est"], rtol=1e-10)
    np.testing.assert_allclose(frame["se"], convey[name]["se"], rtol=ERROR)


def test_convey_severity_taken_apart(eusilc: Callable[[str], cd.Survey], convey: dict[str, Any]) -> None:
    wanted = convey["fgtdec_g2_abs10000"]
    parts = {"2": fgt(10_000, 2), "0": fgt(10_000), "1": fgt(10_000, 1), "ratio": fgt(10_000, 1) / fgt(10_000)}
    survey = eusilc("rb030")
    frame = survey.estimate(parts).to_frame()
    np.testing.assert_allclose(frame["estimate"], wanted["est"][:4], rtol=POINT)
    np.testing.assert_allclose(frame["se"], wanted["se"][:4], rtol=ERROR)
    poor = survey.estimate(cd.generalized_entropy(f"1 - {Y} / 10000", 2, nonpositive="keep"), where=f"{Y} <= 10000")
    assert poor.to_frame()["estimate"].item() == pytest.approx(wanted["est"][4], rel=POINT)
    assert poor.to_frame()["se"].item() == pytest.approx(wanted["se"][4], rel=ERROR)


def test_convey_median_income_of_the_old_over_the_others(
    eusilc: Callable[[str], cd.Survey], convey: dict[str, Any]
) -> None:
    # of its functions this one alone takes the bandwidth of all persons in both domains
    survey = eusilc("rb030").with_columns(old="age >= 65")
    spread = (
        survey.estimate(cd.sd(Y, ddof="population") / cd.exp(0.2 * cd.log(cd.count()))).to_frame()["estimate"].item()
    )
    medians = survey.estimate(line(1, bandwidth=spread, within="domain").statistic(), by="old")
    ratio = (medians.select(old="yes") / medians.select(old="no")).to_frame()
    assert ratio["estimate"].item() == pytest.approx(convey["rmir_age65"]["est"], rel=POINT)
    assert ratio["se"].item() == pytest.approx(convey["rmir_age65"]["se"], rel=ERROR)


def test_households_as_units_and_the_mid_rank_gini(eusilc: Callable[[str], cd.Survey], cases: dict[str, Any]) -> None:
    """An independent computation of 26 numbers: 24 are convey's; the others are its Gini and its SE of S80/S20."""
    wanted = cases["eusilc_python_reference"]["output"]
    survey = eusilc("db030")
    check(survey.estimate({name: one for name, one in OF_ALL.items() if name in wanted}), wanted, error=1e-10)
    check(survey.estimate({"gini": cd.gini(Y), "qsr": cd.s80_s20(Y)}), wanted, error=1e-10)
    check(survey.estimate(OF_POSITIVE, where=f"{Y} > 0"), wanted, error=1e-10)
    child = {"arpr_children_u18": fgt(line())}
    check(survey.estimate(child, where="age < 18"), wanted, error=1e-10)


def test_a_line_taken_as_known_has_another_standard_error(
    eusilc: Callable[[str], cd.Survey], cases: dict[str, Any]
) -> None:
    wanted, survey = cases["eusilc_python_reference"]["output"], eusilc("db030")
    check(survey.estimate({"arpr_T_treated_as_fixed_10859.236": fgt(10859.236)}), wanted, error=1e-10)
    check(survey.estimate({"arpr_children_u18_T_fixed": fgt(10859.236)}, where="age < 18"), wanted, error=1e-10)


def test_laeken_in_percent(eusilc: Callable[[str], cd.Survey], cases: dict[str, Any]) -> None:
    wanted, survey = cases["eusilc_laeken"]["output"], eusilc("db030")
    plain = {
        "arpt": line(rule="hf2").statistic(),
        "arpr": 100 * cd.fgt(Y, line(rule="hf2")),
        "rmpg": 100 * cd.relative_median_gap(Y, line(rule="hf2"), rule="hf2"),
        "qsr": cd.s80_s20(Y, rule="hf2"),
        "gini": 100 * cd.gini(Y),
        "median": cd.median(Y, rule="hf2"),
    }
    found = survey.estimate(plain).to_frame().set_index("statistic")["estimate"]
    for name in plain:
        assert found[name] == pytest.approx(wanted[name], rel=POINT), name
    rates = {f"{c}": 100 * cd.fgt(Y, line(c, rule="hf2")) for c in (0.4, 0.5, 0.7)}
    np.testing.assert_allclose(survey.estimate(rates).to_frame()["estimate"], wanted["arpr_40_50_70"], rtol=POINT)
    quantiles = survey.estimate(cd.quantile(Y, [0.1, 0.2, 0.8, 0.9], rule="hf2")).to_frame()["estimate"]
    np.testing.assert_allclose(quantiles, wanted["quantiles_10_20_80_90"], rtol=POINT)
    by = {"arpr_region": plain["arpr"], "gini_region": plain["gini"], "qsr_region": plain["qsr"]}
    frame = survey.estimate(by, by="db040").to_frame().set_index(["statistic", "db040"])["estimate"]
    for name in by:
        for region in wanted[name]:
            assert frame[name, region["stratum"]] == pytest.approx(region["value"], rel=POINT), (name, region)


def test_fixed_line_on_eusilc_by_r_survey(eusilc: Callable[[str], cd.Survey], shared: Callable[[str], Path]) -> None:
    cases = json.loads(shared("reference/survey.json").read_text(encoding="utf-8"))["cases"]
    wanted = next(case for case in cases if case["id"] == "21_eusilc_poverty")["value"]
    found = eusilc("db030").estimate({f"{alpha}": cd.fgt(Y, wanted["line"], alpha=alpha) for alpha in (0, 1, 2)})
    np.testing.assert_allclose(found.to_frame()["estimate"], [one["est"] for one in wanted["fgt"]], rtol=POINT)
    np.testing.assert_allclose(found.to_frame()["se"], [one["se"] for one in wanted["fgt"]], rtol=1e-12)


MONETARY = {
    "arpt": cd.relative_line(0.6, y="cons", bandwidth="convey").statistic(),
    "arpr": cd.fgt("cons", cd.relative_line(0.6, bandwidth="convey"), at_line="<=", bandwidth="convey"),
    "fgt0_300": cd.fgt("cons", 300, at_line="<="),
    "fgt0_300_strict": cd.fgt("cons", 300),
    "fgt1_300": cd.fgt("cons", 300, alpha=1),
    "fgt2_300": cd.fgt("cons", 300, alpha=2),
    "fgt1_relq60": cd.fgt("cons", cd.relative_line(0.6, bandwidth="convey"), alpha=1, bandwidth="convey"),
    "fgt2_relq60": cd.fgt("cons", cd.relative_line(0.6, bandwidth="convey"), alpha=2, bandwidth="convey"),
    "gini": cd.gini("cons", convention="convey"),
    "gini_midrank": cd.gini("cons"),
    "qsr": cd.s80_s20("cons", convention="convey"),
    "ge0": cd.mld("cons"),
    "ge1": cd.theil("cons"),
    "ge2": cd.generalized_entropy("cons", 2),
    "atk0.5": cd.atkinson("cons", 0.5),
    "atk1": cd.atkinson("cons", 1),
    "atk2": cd.atkinson("cons", 2),
    "watts_300": cd.watts("cons", 300),
    "rmpg": cd.relative_median_gap("cons", cd.relative_line(0.6, bandwidth="convey"), at_line="<=", bandwidth="convey"),
}
YOUNG = {
    "arpr_age0_4": MONETARY["arpr"],
    "gini_age0_4": MONETARY["gini"],
    "gini_age0_4_midrank": MONETARY["gini_midrank"],
}


@pytest.mark.parametrize("name", ["A", "B"])
def test_children_of_two_invented_surveys(cases: dict[str, Any], shared: Callable[[str], Path], name: str) -> None:
    data = pd.read_csv(shared("reference/data/synth_children.csv"), na_values=["."])
    survey = cd.Survey(data[data["survey"] == name], weight="weight", strata="stratum", psu="psu")
    wanted = cases["synth_children"]["output"][name]["monetary"]
    check(survey.estimate(MONETARY), wanted, point=1e-11)
    check(survey.estimate(YOUNG, where="age <= 4"), wanted, point=1e-11)
    median = survey.estimate(cd.median("cons")).to_frame()["estimate"].item()
    assert median == pytest.approx(wanted["median"])
