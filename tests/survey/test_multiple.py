"""Families of tests and of intervals: adjusted p, pairs, simultaneous bands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.multiple import Family, critical_value
from childdata.vocabulary import TOTAL

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "inference_r.json").read_text(encoding="utf-8"))
DRAWN = 200_000
METHODS = ("bonferroni", "holm", "hochberg", "sidak", "bh", "by", "sup-t")


def family(correlation: object, df: float) -> Family:
    matrix = np.array(correlation, dtype=float)
    return Family(np.ones(len(matrix), dtype=bool), matrix, df)


# adjusted p ------------------------------------------------------------------


def test_adjusted_p_by_hand(sample: pd.DataFrame) -> None:
    found = cd.Survey(sample, weight="w", strata="stratum", psu="psu").estimate(cd.mean("income"), by="region")
    table = found.pairs(along="region").adjust("bonferroni")
    assert table["p_adjusted"].tolist() == pytest.approx(np.minimum(3 * table["p"], 1).tolist())
    p = np.sort(found.pairs(along="region").t_tests()["p"].to_numpy())
    # Holm: 3 p(1), then the larger of that and 2 p(2), then of that and p(3)
    steps = np.minimum(np.maximum.accumulate([3 * p[0], 2 * p[1], p[2]]), 1)
    assert np.sort(found.pairs(along="region").adjust("holm")["p_adjusted"]).tolist() == pytest.approx(steps.tolist())
    sidak = found.pairs(along="region").adjust("sidak")
    assert sidak["p_adjusted"].tolist() == pytest.approx((1 - (1 - sidak["p"]) ** 3).tolist())


@pytest.mark.parametrize("method", ["bonferroni", "holm", "hochberg", "bh", "by"])
def test_adjusted_p_is_that_of_r(method: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    p = np.array(ANSWERS["adjusted"]["p"])
    monkeypatch.setattr("childdata.survey.multiple.t_test", lambda *_: (np.zeros(p.size), p))
    data = {"g": list("abcdef") * 3, "y": np.arange(18.0)}
    found = cd.Survey(data).estimate(cd.mean("y"), by="g").adjust(method)
    assert found["p_adjusted"].tolist() == pytest.approx(ANSWERS["adjusted"][method], rel=1e-12)


def test_single_step_p_is_that_of_multcomp() -> None:
    answers = ANSWERS["family"]
    one = family(answers["correlation"], answers["df"])
    largest = np.sort(one.largest(1_000_000, 3))
    share = 1 - np.searchsorted(largest, np.abs(answers["t"])) / largest.size
    # four standard errors of a share of a million draws, beside the error of multcomp's own integration
    np.testing.assert_allclose(share, answers["p"], atol=4 * np.sqrt(0.25 / 1_000_000) + 1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_adjusted_p_is_never_below_p_and_keeps_their_order(method: Any, large_sample: pd.DataFrame) -> None:
    survey = cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")
    table = survey.estimate(cd.mean("food"), by="quintile").pairs(along="quintile").adjust(method, draws=20_000)
    assert (table["p_adjusted"] >= table["p"] - 1e-12).all()
    assert (table["p_adjusted"] <= 1).all()
    ordered = table.sort_values("p")["p_adjusted"].to_numpy()
    assert (np.diff(ordered) >= -1e-12).all()


def test_rows_without_a_standard_error_do_not_count() -> None:
    data = {"g": ["a", "a", "b", "b", "c"], "y": [1.0, 4.0, 2.0, 3.0, 9.0]}
    found = cd.Survey(data, lonely_psu="certainty").estimate(cd.mean("y"), by="g").adjust("bonferroni")
    assert found["p_adjusted"].isna().tolist() == [False, False, True]
    assert found["p_adjusted"].tolist()[:2] == pytest.approx(np.minimum(2 * found["p"].to_numpy()[:2], 1).tolist())


def test_families_that_do_not_exist_are_refused() -> None:
    one = cd.Survey({"y": [1.0]}, lonely_psu="certainty").estimate(cd.mean("y"))
    with pytest.raises(EstimationError, match="nothing to test"):
        one.adjust()
    with pytest.raises(EstimationError, match="no family to judge"):
        one.simultaneous()
    two = cd.Survey({"y": [1.0, 2.0]}).estimate(cd.mean("y"))
    with pytest.raises(EstimationError, match=r"method is one of 'bonferroni', 'holm'.*nearest: 'bonferroni'"):
        two.adjust("bonferoni")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="method is one of 'sup-t', 'bonferroni', 'scheffe'"):
        two.simultaneous(method="tukey")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="level lies between 0 and 1"):
        two.simultaneous(level=95)


# pairs ------------------------------------------------------------------


def test_pairs_are_the_differences_and_share_a_covariance(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    found = survey.estimate(cd.mean("income"), by=["region", "sex"], margins=True)
    pairs = found.pairs(along="region")
    assert len(pairs) == 3 * 3
    one = found.difference(along="region", of=("north", "west")).select(sex="girl").to_frame().iloc[0]
    same = pairs.select(region="north − west", sex="girl").to_frame().iloc[0]
    for column in ("estimate", "se", "ci_low", "df", "n"):
        assert same[column] == pytest.approx(one[column], rel=1e-12)
    loop = pairs.select(sex="girl").contrast("`north − south` + `south − west` - `north − west`").to_frame().iloc[0]
    assert (loop["estimate"], loop["se"]) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-7))
    assert pairs.notes[-1] == "3 rows of totals or of missing labels are in no pair"


def test_pairs_with_one_base_and_with_the_total(sample: pd.DataFrame) -> None:
    found = cd.Survey(sample, weight="w", strata="stratum", psu="psu").estimate(
        cd.mean("income"), by="region", margins=True
    )
    assert found.pairs(along="region", base="south").to_frame()["region"].tolist() == ["north − south", "west − south"]
    assert found.pairs(along="region", base=TOTAL).to_frame()["region"].tolist()[0] == "north − Total"
    with pytest.raises(EstimationError, match=r"no row has region 'nord'.*nearest: 'north'"):
        found.pairs(along="region", base="nord")
    with pytest.raises(EstimationError, match="pairs are of two labels of region or more; found 1"):
        found.select(region="north").pairs(along="region")


def test_pairs_without_a_row_on_one_side_are_counted() -> None:
    data = {"g": ["a", "a", "b", "b", "b"], "s": ["f", "m", "f", "f", "f"], "y": [1.0, 4.0, 2.0, 3.0, 9.0]}
    found = cd.Survey(data).estimate(cd.mean("y"), by=["g", "s"]).pairs(along="g")
    assert found.to_frame()["s"].tolist() == ["f"]
    assert found.notes[-1] == "1 pairs of 'g' lack a row on one side"


# critical values ------------------------------------------------------------------


def test_critical_values_of_one_row_are_those_of_t() -> None:
    one = family([[1.0]], 12)
    for method in ("sup-t", "bonferroni", "scheffe"):
        found = critical_value(one, method, level=0.95, seed=1, draws=10)
        assert found == pytest.approx(stats.t.ppf(0.975, 12), rel=1e-9)


def test_independent_rows_have_the_quantile_of_the_largest() -> None:
    # without correlation and with known variance P(max < c) = (2 Φ(c) − 1)^m
    one = family(np.eye(5), np.inf)
    wanted = stats.norm.ppf((1 + 0.95 ** (1 / 5)) / 2)
    assert critical_value(one, "sup-t", level=0.95, seed=1, draws=DRAWN) == pytest.approx(wanted, abs=0.015)
    bonferroni = critical_value(one, "bonferroni", level=0.95, seed=1, draws=1)
    assert bonferroni == pytest.approx(stats.norm.ppf(1 - 0.025 / 5), rel=1e-9)
    scheffe = critical_value(one, "scheffe", level=0.95, seed=1, draws=1)
    assert scheffe == pytest.approx(np.sqrt(stats.chi2.ppf(0.95, 5)), rel=1e-9)


@pytest.mark.parametrize(("place", "df"), [(0, 5), (1, 20), (2, 60)])
def test_all_pairs_of_equal_groups_have_tukeys_quantile(place: int, df: float) -> None:
    contrast = np.array([[1, -1, 0, 0], [1, 0, -1, 0], [1, 0, 0, -1], [0, 1, -1, 0], [0, 1, 0, -1], [0, 0, 1, -1]])
    one = family(contrast @ contrast.T / 2, df)
    assert one.rank == 3
    found = critical_value(one, "sup-t", level=0.95, seed=1, draws=400_000)
    assert found == pytest.approx(ANSWERS["family"]["tukey"][place], rel=0.006)  # R qtukey / √2


def test_critical_value_is_that_of_mvtnorm() -> None:
    answers = ANSWERS["family"]
    one = family(np.array(answers["correlation"])[:2, :2], answers["df"])
    found = critical_value(one, "sup-t", level=0.95, seed=1, draws=1_000_000)
    assert found == pytest.approx(answers["critical"], abs=0.01)


@given(st.integers(0, 2**16), st.integers(2, 6), st.floats(4, 200))
def test_sup_t_lies_between_t_and_bonferroni_and_below_scheffe(seed: int, rows: int, df: float) -> None:
    root = np.random.default_rng(seed).normal(size=(rows, rows + 1))
    covariance = root @ root.T
    size = np.sqrt(np.diagonal(covariance))
    one = family(covariance / np.outer(size, size), df + rows)
    sup, bonferroni, scheffe = (
        critical_value(one, method, level=0.95, seed=1, draws=4000)  # type: ignore[arg-type]
        for method in ("sup-t", "bonferroni", "scheffe")
    )
    assert stats.t.ppf(0.975, one.df) - 1e-9 <= sup <= bonferroni + 1e-9
    assert sup <= scheffe * 1.02


def test_draws_of_one_seed_are_the_same_bits() -> None:
    one = family([[1, 0.5], [0.5, 1]], 20)
    assert one.largest(5000, 4).tobytes() == one.largest(5000, 4).tobytes()
    assert one.largest(5000, 4).tobytes() != one.largest(5000, 5).tobytes()


def test_scheffe_wants_degrees_of_freedom() -> None:
    with pytest.raises(EstimationError, match="wants 3 degrees of freedom or more, and there are 2"):
        critical_value(family(np.eye(3), 2), "scheffe", level=0.95, seed=1, draws=1)


# bands ------------------------------------------------------------------


def test_bands_are_wider_than_intervals_and_shares_stay_inside(large_sample: pd.DataFrame) -> None:
    survey = cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")
    found = survey.estimate({"poor": cd.mean("poor == 1"), "income": cd.mean("income")}, by="quintile")
    band, rows = found.simultaneous(seed=2, draws=20_000), found.to_frame()
    assert (band["band_low"] < rows["ci_low"]).all()
    assert (band["band_high"] > rows["ci_high"]).all()
    assert band.loc[band["statistic"] == "poor", ["band_low", "band_high"]].stack().between(0, 1).all()
    amounts = band["statistic"] == "income"
    half = band.loc[amounts, "critical"] * rows.loc[amounts, "se"]
    assert (band.loc[amounts, "band_high"] - rows.loc[amounts, "estimate"]).tolist() == pytest.approx(half.tolist())
    wider = found.simultaneous(level=0.99, seed=2, draws=20_000)
    assert (wider["critical"] > band["critical"]).all()


def test_a_band_of_one_row_is_its_interval(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    for statistic in (cd.mean("income"), cd.mean("poor == 1")):
        found = survey.estimate(statistic)
        for method in ("sup-t", "bonferroni", "scheffe"):
            band, row = found.simultaneous(method=method).iloc[0], found.to_frame().iloc[0]  # type: ignore[arg-type]
            assert [band["band_low"], band["band_high"]] == pytest.approx([row["ci_low"], row["ci_high"]], rel=1e-9)


def test_points_of_a_curve_that_are_known_have_no_width() -> None:
    people = cd.Survey({"y": [1.0, 2.0, 3.0, 5.0, 8.0, 9.0]})
    curve = people.estimate({f"H({k})": cd.mean(f"if_else(y >= {k}, 1, 0)") for k in (0, 3, 6, 9)})
    band = curve.simultaneous(draws=5000)
    assert band.loc[0, ["band_low", "band_high"]].tolist() == [1, 1]
    assert np.isnan(band.loc[0, "critical"])
    assert band["critical"].nunique() == 1


def test_conventions_of_bands(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    as_r = survey.estimate(cd.mean("income"), by="region", convention="r").simultaneous(method="bonferroni")
    assert as_r["critical"].to_numpy() == pytest.approx(stats.norm.ppf(1 - 0.025 / 3), rel=1e-9)
    with pytest.raises(EstimationError, match="limits are the value ± 2 standard errors, whatever the family"):
        survey.estimate(cd.mean("income"), by="region", convention="mics").simultaneous()


@pytest.mark.slow
def test_bands_cover_all_rows_as_often_as_they_say() -> None:
    chance, covered, samples = np.random.default_rng(5), 0, 400
    truth = np.array([0.0, 0.0, 0.0, 0.0])
    for _ in range(samples):
        lasting = chance.normal(0, 1, (30, 1))
        y = lasting + chance.normal(0, 1, (30, 4))
        data = pd.DataFrame({"psu": np.repeat(np.arange(30), 4), "g": list("abcd") * 30, "y": y.reshape(-1)})
        band = cd.Survey(data, psu="psu").estimate(cd.mean("y"), by="g").simultaneous(draws=4000)
        covered += bool(((band["band_low"] <= truth) & (truth <= band["band_high"])).all())
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
