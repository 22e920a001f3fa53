"""Estimates under difficult designs: lonely PSUs by every rule, and further stages with and without an fpc."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError

STATISTICS = {
    "mean": cd.mean("food"),
    "share": cd.mean("poor == 1"),
    "total": cd.total("income"),
    "ratio": cd.ratio("food", "income"),
    "count": cd.count(),
}

LONELY = {"y": [1.0, 3.0, 2.0, 5.0], "h": ["n", "n", "s", "s"], "p": [407, 408, 12, 12], "g": [1, 1, 1, 2]}


def test_a_lonely_psu_is_refused_by_name() -> None:
    with pytest.raises(
        DesignError, match=r"stratum s has one PSU \(psu 12\).*lonely_psu='adjust'.*'certainty'.*'average'"
    ):
        cd.Survey(LONELY, strata="h", psu="p").estimate(cd.mean("y"))


def test_several_lonely_strata_are_counted_and_the_first_is_named() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0], "h": [1, 2, 3, 3], "p": [1, 2, 3, 4]}, strata="h", psu="p")
    with pytest.raises(DesignError, match=r"2 strata have one PSU, first stratum 1 \(psu 1\)"):
        survey.estimate(cd.mean("y"))


def test_a_domain_outside_the_lonely_stratum_is_estimated() -> None:
    survey = cd.Survey(LONELY, strata="h", psu="p")
    assert survey.estimate(cd.mean("y"), where="h == 'n'").to_frame()["estimate"].item() == 2


def test_a_lonely_psu_taken_with_certainty_by_its_fpc_needs_no_rule() -> None:
    sized = cd.Survey({**LONELY, "N": [4, 4, 1, 1]}, strata="h", psu="p", fpc="N")
    assert np.isfinite(sized.estimate(cd.mean("y")).to_frame()["se"].item())


@pytest.mark.parametrize(
    ("rule", "variance"),
    [
        # scores 1, 3 | 7: 2·(1 + 1) = 4
        ("certainty", 4.0),
        ("adjust", 4.0 + 49.0),
        ("average", 8.0),
    ],
)
def test_rules_on_a_lonely_psu_by_hand(rule: Any, variance: float) -> None:
    found = cd.Survey(LONELY, strata="h", psu="p", lonely_psu=rule).estimate(cd.total("y"))
    assert found.to_frame()["se"].item() == pytest.approx(np.sqrt(variance))
    assert found.settings["lonely_psu"] == rule


def test_a_stratum_made_lonely_by_a_domain_counts_only_where_asked() -> None:
    rows = {"y": [1.0, 3.0, 2.0, 5.0], "h": [1, 1, 2, 2], "p": [1, 2, 3, 4], "g": [1, 1, 1, 2]}
    kept, adjusted = (
        cd.Survey(rows, strata="h", psu="p", lonely_psu="adjust", lonely_domains=how).estimate(
            cd.total("y"), where="g == 1"
        )
        for how in ("keep", "adjust")
    )
    # scores 1, 3 | 2, 0
    assert kept.to_frame()["se"].item() == pytest.approx(np.sqrt(4 + 4))
    assert adjusted.to_frame()["se"].item() == pytest.approx(np.sqrt(4 + 2 * 2**2))


def test_a_single_unit_of_the_second_stage_is_refused() -> None:
    rows = {"y": [1.0, 2.0, 3.0], "p": [1, 1, 2], "s": [1, 2, 1], "N": [9, 9, 9], "M": [5, 5, 5]}
    with pytest.raises(DesignError, match=r"at stage 2, 1 units of the stage above have one sampled unit.*'certainty'"):
        cd.Survey(rows, psu=["p", "s"], fpc=["N", "M"]).estimate(cd.mean("y"))


def test_a_second_stage_by_hand() -> None:
    # 2 of 4 PSUs, in each 2 of 3 homes: weight 3. Totals 3·(1 + 3) = 12 and 3·(2 + 6) = 24.
    rows = {"y": [1.0, 3.0, 2.0, 6.0], "p": [1, 1, 2, 2], "s": [1, 2, 1, 2], "N": [4] * 4, "M": [3] * 4}
    row = cd.Survey(rows, psu=["p", "s"], fpc=["N", "M"]).estimate(cd.total("y")).to_frame().iloc[0]
    first = (1 - 2 / 4) * 2 * ((12 - 18) ** 2 + (24 - 18) ** 2)
    second = (2 / 4) * (1 - 2 / 3) * 2 * (2 * (3 * 1) ** 2 + 2 * (3 * 2) ** 2)
    assert row["estimate"] == 36
    assert row["se"] == pytest.approx(np.sqrt(first + second))


def test_a_second_stage_without_fpc_counts_as_drawn_with_replacement() -> None:
    rows = {"y": [1.0, 3.0, 2.0, 6.0], "p": [1, 1, 2, 2], "s": [1, 2, 1, 2], "N": [4] * 4}
    row = cd.Survey(rows, weight=3, psu=["p", "s"], fpc="N").estimate(cd.total("y")).to_frame().iloc[0]
    first = (1 - 2 / 4) * 2 * ((12 - 18) ** 2 + (24 - 18) ** 2)
    second = (2 / 4) * 2 * (2 * (3 * 1) ** 2 + 2 * (3 * 2) ** 2)
    assert row["se"] == pytest.approx(np.sqrt(first + second))


# Three rural places of many, in each two homes of eight; two cities taken with certainty, 3 homes of 12 and 2 of 10.
PLACES: dict[str, Any] = {
    "h": ["rural"] * 6 + ["city"] * 5,
    "p": [1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5],
    "s": list(range(11)),
    "y": [3, 5, 1, 2, 8, 4, 10, 14, 9, 20, 26],
    "w": [6.0] * 6 + [4.0] * 3 + [5.0] * 2,
    "f": [0.25] * 9 + [0.2] * 2,
}
# weighted totals of places 48, 18, 72 (mean 46); of homes 18, 30; 6, 12; 48, 24; and 40, 56, 36; 100, 130 in the cities
RURAL = 3 / 2 * (2**2 + 28**2 + 26**2)
RURAL_HOMES = (1 - 0.25) * 2 * (2 * 6**2 + 2 * 3**2 + 2 * 12**2)
CITY_HOMES = (1 - 0.25) * 3 / 2 * (4**2 + 12**2 + 8**2) + (1 - 0.2) * 2 * (2 * 15**2)


@pytest.mark.parametrize(
    ("others", "variance", "of_mean"),
    [
        # R survey 4.1.1, svydesign(~p+s, strata=~h, weights=~w, fpc=~f1+f): 2679.3 and 0.796462544589774, with 1e-12
        # for 0.3 (no fpc but for the cities) 3167.99999999837 and 0.941736028536971
        (0.3, (1 - 0.3) * RURAL + 0.3 * RURAL_HOMES + CITY_HOMES, 0.796462544589774),
        (1e-12, RURAL + CITY_HOMES, 0.941736028536971),
    ],
)
def test_units_taken_with_certainty_add_what_was_drawn_inside_them(
    others: float, variance: float, of_mean: float
) -> None:
    survey = cd.Survey(
        PLACES, weight="w", strata="h", psu=["p", "s"], fpc=[f"if_else(h == 'city', 1, {others!r})", "f"]
    )
    total, mean = survey.estimate([cd.total("y"), cd.mean("y")]).to_frame()["se"] ** 2
    assert total == pytest.approx(variance, rel=1e-11)
    assert mean == pytest.approx(of_mean, rel=1e-11)


def test_a_single_city_taken_with_certainty_is_not_lonely() -> None:
    rows = {name: values[:9] for name, values in PLACES.items()}
    survey = cd.Survey(rows, weight="w", strata="h", psu=["p", "s"], fpc=["if_else(h == 'city', 1, 0.3)", "f"])
    variance = survey.estimate(cd.total("y")).to_frame()["se"].item() ** 2
    inside = (1 - 0.25) * 3 / 2 * (4**2 + 12**2 + 8**2)
    assert variance == pytest.approx((1 - 0.3) * RURAL + 0.3 * RURAL_HOMES + inside, rel=1e-12)


def test_homes_of_a_certainty_place_as_units_of_its_own_stratum() -> None:
    data = cd.Dataset.from_frame(PLACES).with_columns(
        part="if_else(h == 'city', p, 0)", unit="if_else(h == 'city', s, p)"
    )
    row = cd.Survey(data, weight="w", strata="part", psu="unit").estimate(cd.total("y")).to_frame().iloc[0]
    # R survey 4.1.1: 3432, degf 5
    cities = 3 / 2 * (4**2 + 12**2 + 8**2) + 2 * (2 * 15**2)
    assert row["se"] ** 2 == pytest.approx(RURAL + cities, rel=1e-12) == pytest.approx(3432)
    assert row["df"] == 5


def test_a_population_without_end_is_a_sample_with_replacement(sample: pd.DataFrame) -> None:
    rows = sample.assign(home=np.arange(len(sample)) // 2)
    options = {"weight": "w", "strata": "stratum", "psu": ["psu", "home"]}
    free = cd.Survey(rows, **options).estimate(STATISTICS, by="sex")
    vast = cd.Survey(rows, **options, fpc=[1e13, 1e13]).estimate(STATISTICS, by="sex")
    for column in ("estimate", "se", "df", "deff"):
        np.testing.assert_allclose(vast.to_frame()[column], free.to_frame()[column], rtol=1e-10)
    np.testing.assert_allclose(vast.covariance(), free.covariance(), rtol=1e-8, atol=1e-12)


def test_two_stages_lie_between_the_first_alone_and_a_free_sample(sample: pd.DataFrame) -> None:
    rows = sample.assign(home=np.arange(len(sample)) // 2)
    options = {"weight": "w", "strata": "stratum"}
    free = cd.Survey(rows, psu="psu", **options).estimate(STATISTICS).to_frame()["se"]
    first = cd.Survey(rows, psu="psu", fpc=24, **options).estimate(STATISTICS).to_frame()["se"]
    both = cd.Survey(rows, psu=["psu", "home"], fpc=[24, 20], **options).estimate(STATISTICS).to_frame()["se"]
    assert (first < both).all()
    assert (both < free).all()
    np.testing.assert_allclose(first, free * np.sqrt(1 - 6 / 24), rtol=1e-10)
