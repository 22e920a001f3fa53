"""Poverty measures by hand, their identities, and the part of the line in their standard errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError, LineError
from childdata.survey.replicate_kinds import Bootstrap, JKn
from childdata.survey.spread import Scores

FOUR = {"y": [50.0, 80.0, 150.0, 200.0], "w": [1.0, 2.0, 1.0, 1.0]}


@pytest.fixture
def four() -> cd.Survey:
    return cd.Survey(FOUR, weight="w")


def value(survey: cd.Survey, statistic: cd.Statistic, **options: Any) -> float:
    return float(survey.estimate(statistic, **options).to_frame()["estimate"].item())


def test_fgt_by_hand(four: cd.Survey) -> None:
    # gaps at 100: 0.5 of weight 1, 0.2 of weight 2; N = 5
    assert value(four, cd.fgt("y", 100)) == pytest.approx(3 / 5)
    assert value(four, cd.fgt("y", 100, alpha=1)) == pytest.approx((0.5 + 2 * 0.2) / 5)
    assert value(four, cd.fgt("y", 100, alpha=2)) == pytest.approx((0.25 + 2 * 0.04) / 5)
    assert value(four, cd.fgt("y", 100, alpha=0.5)) == pytest.approx((0.5**0.5 + 2 * 0.2**0.5) / 5)


def test_the_rate_is_a_share_and_the_gap_an_index() -> None:
    assert cd.fgt("y", 100).scale == "share"
    assert cd.fgt("y", cd.relative_line(0.6)).scale == "share"
    assert cd.fgt("y", 100, alpha=1).scale == "index"


def test_watts_by_hand(four: cd.Survey) -> None:
    assert value(four, cd.watts("y", 100)) == pytest.approx((np.log(2) + 2 * np.log(1.25)) / 5)


def test_sen_by_hand(four: cd.Survey) -> None:
    # the poor are 50, 80, 80: G = Σ|y − y'| / (2 n² μ) = 4 · 30 / (2 · 9 · 70) = 2/21
    gini = 2 / 21
    p0, p1 = 3 / 5, 0.9 / 5
    assert value(four, cd.poor_gini("y", 100)) == pytest.approx(gini)
    assert value(four, cd.sen("y", 100)) == pytest.approx(p0 * gini + p1 * (1 - gini))
    # the same as in the handbook: P₀ (1 − (1 − G) μ_p / z)
    assert value(four, cd.sen("y", 100)) == pytest.approx(p0 * (1 - (1 - gini) * 70 / 100))


def test_sst_by_hand(four: cd.Survey) -> None:
    # gaps 0.5, 0.2, 0.2, 0, 0: Σ|g − g'| over all pairs = 2 (2 · 0.3 + 2 · 0.5 + 4 · 0.2) = 4.8; over 2 n² and 0.18
    gini = 4.8 / (2 * 25 * 0.18)
    assert value(four, cd.sst("y", 100)) == pytest.approx(0.18 * (1 + gini))


def test_sst_is_the_sum_of_shorrocks() -> None:
    # 1/(n² z) Σ (2n − 2i + 1)(z − y_i)⁺ over incomes in order
    y, z = np.array([12.0, 30.0, 45.0, 80.0, 95.0, 160.0]), 90.0
    n = y.size
    wanted = sum((2 * n - 2 * i + 1) * max(z - one, 0) for i, one in enumerate(y, start=1)) / (n**2 * z)
    assert value(cd.Survey({"y": y}), cd.sst("y", z)) == pytest.approx(wanted, rel=1e-13)


def test_median_of_the_poor_by_hand(four: cd.Survey) -> None:
    # poverty rate 3/5; F(80) = 3/5 reaches 3/10, F(50) = 1/5 does not
    assert value(four, cd.poor_median("y", 100)) == 80
    assert value(four, cd.relative_median_gap("y", 100)) == pytest.approx(0.2)


def test_median_of_the_poor_with_the_middle_on_a_tie() -> None:
    survey = cd.Survey({"y": [40.0, 80.0, 150.0, 200.0]})
    assert value(survey, cd.poor_median("y", 100)) == 40
    assert value(survey, cd.poor_median("y", 100, rule="hf2")) == 60


def test_a_column_of_lines_measures_the_gap_in_units_of_each() -> None:
    # y/z = 0.5, 0.8, 0.9, 2: of the poor three the middle is 0.8
    survey = cd.Survey({"y": [50.0, 160.0, 45.0, 200.0], "z": [100.0, 200.0, 50.0, 100.0]})
    assert value(survey, cd.relative_median_gap("y", "z")) == pytest.approx(0.2)
    scaled = survey.with_columns(share="y / z")
    for make in (cd.sen, cd.sst, cd.poor_gini, cd.relative_median_gap):
        assert value(survey, make("y", "z")) == pytest.approx(value(scaled, make("share", 1)), rel=1e-13)
    with pytest.raises(LineError, match="'z' may differ between records"):
        cd.poor_median("y", "z")


def test_richness_by_hand() -> None:
    survey = cd.Survey({"y": [50.0, 100.0, 200.0, 400.0], "z": [100.0] * 4})
    assert value(survey, cd.richness("y", 100)) == pytest.approx((0.5 + 0.75) / 4)
    assert value(survey, cd.richness("y", "z", beta=2)) == pytest.approx((0.75 + 15 / 16) / 4)


@pytest.mark.parametrize("make", [cd.fgt, cd.watts, cd.sen, cd.sst])
def test_where_nobody_is_poor_there_is_no_poverty(four: cd.Survey, make: Callable[..., cd.Statistic]) -> None:
    for line in (10, cd.relative_line(0.1)):
        row = four.estimate(make("y", line)).to_frame().iloc[0]
        assert row["estimate"] == 0
    assert np.isnan(value(four, cd.poor_gini("y", 10)))


def test_where_all_poor_have_the_same_income_sen_is_the_gap() -> None:
    survey = cd.Survey({"y": [60.0, 60.0, 60.0, 500.0]})
    assert value(survey, cd.sen("y", 100)) == pytest.approx(value(survey, cd.fgt("y", 100, alpha=1)))


@pytest.mark.parametrize("make", [cd.sen, cd.sst, cd.poor_gini, cd.relative_median_gap, cd.watts])
def test_the_unit_of_money_does_not_matter(sample: pd.DataFrame, make: Callable[..., cd.Statistic]) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    rescaled = survey.with_columns(cents="income * 100")
    for line, scaled in ((4, 400), (cd.relative_line(0.6), cd.relative_line(0.6))):
        one, other = (
            s.estimate(make(y, z)).to_frame().iloc[0]
            for s, y, z in ((survey, "income", line), (rescaled, "cents", scaled))
        )
        assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-12)
        assert one["se"] == pytest.approx(other["se"], rel=1e-10)


MEASURES: dict[str, Callable[[Any], cd.Statistic]] = {
    "rate": lambda line: cd.fgt("income", line),
    "gap": lambda line: cd.fgt("income", line, alpha=1),
    "severity": lambda line: cd.fgt("income", line, alpha=2),
    "watts": lambda line: cd.watts("income", line),
    "sen": lambda line: cd.sen("income", line),
    "sst": lambda line: cd.sst("income", line),
    "poor_gini": lambda line: cd.poor_gini("income", line),
    "relative_median_gap": lambda line: cd.relative_median_gap("income", line),
}


@pytest.mark.parametrize("name", MEASURES)
def test_a_number_and_an_estimated_line_of_that_value_differ_in_the_error_alone(
    sample: pd.DataFrame, name: str
) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    line = cd.relative_line(0.7, y="income")
    z = value(survey, line.statistic())
    fixed = survey.estimate(MEASURES[name](z), by="sex").to_frame()
    estimated = survey.estimate(MEASURES[name](line), by="sex").to_frame()
    np.testing.assert_allclose(fixed["estimate"], estimated["estimate"], rtol=1e-12)
    assert (np.abs(fixed["se"] / estimated["se"] - 1) > 1e-4).all()


@pytest.mark.parametrize("name", MEASURES)
def test_the_rate_moves_with_the_line_as_the_chain_rule_says(sample: pd.DataFrame, name: str) -> None:
    """u(estimated) = u(fixed) + ∂θ/∂z · u(z), with one number ∂θ/∂z for all records: each a PSU of its own."""
    survey = cd.Survey(sample, weight="w")
    line = cd.relative_line(0.7, of="mean", y="income")
    z = value(survey, line.statistic())
    found = survey.estimate({"fixed": MEASURES[name](z), "estimated": MEASURES[name](line), "z": line.statistic()})
    (block,) = found.spread.blocks
    assert isinstance(block, Scores)
    fixed, estimated, moved = block.whole().T
    rest = estimated - fixed
    slope = (rest @ moved) / (moved @ moved)
    np.testing.assert_allclose(rest, slope * moved, atol=1e-12 * np.abs(estimated).max())
    assert slope != 0
    if name in ("gap", "severity", "watts", "sst"):
        ends = [value(survey, MEASURES[name](z + step)) for step in (1e-4, -1e-4)]
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-3)


def test_a_line_of_all_persons_brings_the_error_of_those_outside_the_domain(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    line = cd.relative_line(0.7, y="income")
    found = survey.estimate(cd.fgt("income", line), by="sex")
    girls = survey.estimate(cd.fgt("income", line), where="sex == 'girl'")
    both = found.to_frame().set_index("sex")
    assert both.loc["girl", "se"] == pytest.approx(girls.to_frame()["se"].item(), rel=1e-12)
    # through the line the two have a covariance even where no PSU holds both
    apart = survey.with_columns(side="if_else(psu < 15, 1, 0)").estimate(cd.fgt("income", line), by="side")
    assert apart.covariance().to_numpy()[0, 1] != 0
    fixed = survey.with_columns(side="if_else(psu < 15, 1, 0)").estimate(cd.fgt("income", 4), by="side")
    assert np.abs(fixed.covariance().to_numpy()[0, 1]) < 0.2 * np.abs(apart.covariance().to_numpy()[0, 1])


def test_a_difference_between_two_lines_has_its_covariance(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    high, low = (cd.fgt("income", cd.relative_line(c)) for c in (0.7, 0.5))
    joint = survey.estimate({"high": high, "low": low, "gap": high - low})
    matrix = joint.covariance().to_numpy()
    assert matrix[2, 2] == pytest.approx(matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1], rel=1e-9)


SMOOTH = {
    "rate": cd.fgt("income", 40),
    "gap of the mean": cd.fgt("income", cd.relative_line(0.7, of="mean"), alpha=1),
    "watts of the mean": cd.watts("income", cd.relative_line(0.7, of="mean")),
    "sst of the mean": cd.sst("income", cd.relative_line(0.7, of="mean")),
    "sst": cd.sst("income", 40),
    "sen": cd.sen("income", 40),
    "poor_gini": cd.poor_gini("income", 40),
}


def test_linearised_errors_are_within_two_percent_of_the_jackknife(large_sample: pd.DataFrame) -> None:
    survey = cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")
    linear = survey.estimate(SMOOTH, by="sex", margins=True).to_frame()
    replicated = survey.with_replicates(JKn()).estimate(SMOOTH, by="sex", margins=True).to_frame()
    np.testing.assert_allclose(linear["estimate"], replicated["estimate"], rtol=1e-12)
    np.testing.assert_allclose(linear["se"], replicated["se"], rtol=0.02)


def test_lines_of_a_median_are_near_the_jackknife_only(large_sample: pd.DataFrame) -> None:
    # a quantile jumps from one record to the next: the jackknife of it is not consistent, and no measure of the density
    survey = cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")
    gap = cd.fgt("income", cd.relative_line(0.7), alpha=1)
    linear = survey.estimate(gap).to_frame()["se"].item()
    replicated = survey.with_replicates(JKn()).estimate(gap).to_frame()["se"].item()
    assert linear == pytest.approx(replicated, rel=0.25)


@pytest.mark.parametrize("bandwidth", ["kish", "silverman"])
def test_sen_below_an_estimated_line_has_the_error_of_the_bootstrap(large_sample: pd.DataFrame, bandwidth: Any) -> None:
    # incomes as unequal as incomes are: with the square of this spread every kernel is too wide
    data = large_sample.assign(income=large_sample["income"] ** 0.4)
    survey = cd.Survey(data, weight="w", strata="stratum", psu="psu")
    lines = [cd.relative_line(0.7, of=of, bandwidth=bandwidth) for of in ("median", "mean")]
    made: list[Callable[..., cd.Statistic]] = [cd.fgt, cd.sen, cd.poor_gini]
    statistics = {f"{one.__name__} {line}": one("income", line, bandwidth=bandwidth) for one in made for line in lines}
    linear = survey.estimate(statistics).to_frame()["se"]
    replicated = survey.with_replicates(Bootstrap(400, seed=1)).estimate(statistics).to_frame()["se"]
    np.testing.assert_allclose(linear, replicated, rtol=0.1)


@pytest.mark.parametrize("name", MEASURES)
def test_bandwidths_of_kish_do_not_depend_on_the_scale_of_the_weights(sample: pd.DataFrame, name: str) -> None:
    errors = []
    for factor in (1.0, 1e-4, 1e5):
        survey = cd.Survey(sample.assign(w=sample["w"] * factor), weight="w", strata="stratum", psu="psu")
        errors.append(survey.estimate(MEASURES[name](cd.relative_line(0.6))).to_frame()["se"].item())
    np.testing.assert_allclose(errors, errors[0], rtol=1e-10)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: cd.fgt("y", 100, alpha=-1), "alpha of an FGT index lies between 0 and 100; found -1"),
        (lambda: cd.fgt("y", 100, alpha=float("nan")), "alpha of an FGT index"),
        (lambda: cd.fgt("y", 100, at_line="=<"), "at_line is '<' .on the line is not poor. or '<='; found '=<'"),  # type: ignore[arg-type]
        (lambda: cd.sen("y", 100, at_line=">"), "at_line is"),  # type: ignore[arg-type]
        (lambda: cd.watts("y", 100, at_line=""), "at_line is"),  # type: ignore[arg-type]
        (
            lambda: cd.sst("y", 100, bandwidth="scott"),  # type: ignore[arg-type]
            "bandwidth is 'kish', 'silverman', 'convey' or a positive number",
        ),
        (lambda: cd.poor_median("y", 100, rule="hf7"), "rule 'hf1' or 'hf2' .the middle.*found 'hf7'"),  # type: ignore[arg-type]
        (lambda: cd.relative_line(0.6, rule="hf7"), "found 'hf7'"),  # type: ignore[arg-type]
        (lambda: cd.relative_line(0.6, bandwidth=0.0), "bandwidth is"),
        (lambda: cd.richness("y", 100, beta=0), "beta of a richness index lies between 0 and 100; found 0"),
    ],
)
def test_what_is_no_measure_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        make()


def test_where_nobody_is_poor_there_is_no_gap_of_the_poor() -> None:
    """laeken 0.5.2, rmpg(breakdown=): 69.69697 and NA."""
    survey = cd.Survey({"y": [1.0, 2, 3, 10, 11, 12, 13, 30, 31], "g": [1, 1, 1, 1, 1, 1, 2, 2, 2]})
    line = cd.relative_line(0.6, rule="hf2")
    found = survey.estimate([cd.relative_median_gap("y", line), cd.poor_median("y", line)], by="g").to_frame()
    assert found["estimate"].iloc[0] == pytest.approx(0.6969697, abs=1e-7)
    assert found.query("g == '2'")[["estimate", "se"]].isna().all(axis=None)
