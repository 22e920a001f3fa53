"""Weighted quantiles by hand for every rule, ties, and the interval of Woodruff."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import childdata as cd
from childdata.survey import quantiles
from childdata.survey.intervals import t_quantile
from childdata.survey.quantiles import Ordered, woodruff
from childdata.survey.sample import Sample
from childdata.words import told

RULES = [f"hf{k}" for k in range(1, 10)]


def ordered(y: list[float], weight: list[float]) -> Ordered:
    w = np.array(weight)
    return Ordered(np.array(y), w, np.cumsum(w))


FOUR = ordered([1.0, 2.0, 4.0, 8.0], [1.0, 1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("rule", "p", "wanted"),
    [
        ("hf1", 0.5, 2.0),  # F(2) = 1/2 is reached: the lower value
        ("hf1", 0.51, 4.0),
        ("hf2", 0.5, 3.0),  # the middle of 2 and 4
        ("hf2", 0.6, 4.0),
        ("hf3", 0.5, 2.0),  # the second value, of even rank
        ("hf3", 0.25, 2.0),  # the first is of odd rank: the next one
        ("hf4", 0.5, 2.0),  # points at 1/4, 1/2, 3/4, 1
        ("hf4", 0.625, 3.0),  # half way from 1/2 to 3/4
        ("hf5", 0.5, 3.0),  # points at 1/8, 3/8, 5/8, 7/8
        ("hf6", 0.4, 2.0),  # points at 1/5 .. 4/5
        ("hf7", 0.5, 3.0),  # points at 0, 1/3, 2/3, 1
        ("hf8", 0.5, 3.0),  # points at (k - 1/3)/(4 + 1/3): 0.5 is half way
        ("hf9", 0.5, 3.0),
    ],
)
def test_rules_on_four_equal_weights_by_hand(rule: str, p: float, wanted: float) -> None:
    assert FOUR.at(p, rule) == pytest.approx(wanted)


@pytest.mark.parametrize(("rule", "method"), [(f"hf{k}", name) for k, name in [
    (1, "inverted_cdf"), (2, "averaged_inverted_cdf"), (4, "interpolated_inverted_cdf"), (5, "hazen"),
    (6, "weibull"), (7, "linear"), (8, "median_unbiased"), (9, "normal_unbiased"),
]])  # fmt: skip
@pytest.mark.parametrize("p", [0.07, 0.3, 0.5, 0.8, 0.99])
def test_with_equal_weights_the_rules_are_those_of_numpy(rule: str, method: Any, p: float) -> None:
    y = np.sort(np.random.default_rng(3).normal(size=10))
    found = ordered(y.tolist(), [2.5] * 10).at(p, rule)
    assert found == pytest.approx(np.quantile(y, p, method=method), rel=1e-12)


def test_weights_count_as_repetitions_under_the_inverse_distribution() -> None:
    weighted = ordered([1.0, 5.0, 9.0], [2.0, 3.0, 1.0])
    repeated = ordered([1.0, 1.0, 5.0, 5.0, 5.0, 9.0], [1.0] * 6)
    for p in (0.1, 1 / 3, 0.34, 0.5, 5 / 6, 0.9):
        assert weighted.at(p, "hf1") == repeated.at(p, "hf1")
        assert weighted.at(p, "hf2") == repeated.at(p, "hf2")


@pytest.mark.parametrize("scale", [1.0, 0.1, 1e12, 1 / 3])
def test_a_tie_is_a_tie_at_any_scale_of_the_weights(scale: float) -> None:
    y, w = [1.0, 2.0, 3.0], np.array([0.1, 0.2, 0.3]) * scale
    assert ordered(y, w.tolist()).at(0.5, "hf2") == 2.5


@pytest.mark.parametrize("rule", RULES)
def test_one_record_is_every_quantile(rule: str) -> None:
    assert ordered([4.0], [3.0]).at(0.3, rule) == 4


@pytest.mark.parametrize("rule", RULES)
def test_nothing_has_no_quantile(rule: str) -> None:
    assert np.isnan(ordered([], []).at(0.5, rule))
    assert np.isnan(FOUR.at(-0.01, rule))
    assert np.isnan(FOUR.at(1.01, rule))


def test_share_below_counts_the_point_itself() -> None:
    assert [FOUR.share_below(point) for point in (0.5, 1.0, 3.0, 8.0)] == [0, 0.25, 0.5, 1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(0.1, 5)), min_size=1, max_size=12),
    st.sampled_from(RULES),
    st.floats(0.01, 0.98),
)
def test_quantiles_grow_with_p_and_stay_among_the_values(values: list[tuple[int, float]], rule: str, p: float) -> None:
    values = sorted(values)
    one = ordered([float(y) for y, _ in values], [w for _, w in values])
    low, high = one.at(p, rule), one.at(min(p + 0.1, 1.0), rule)
    assert one.y[0] - 1e-9 <= low <= high + 1e-9 <= one.y[-1] + 2e-9


def sorted_sample(y: list[float], weight: list[float], row: list[int], rows: int) -> Sample:
    def nothing(_: object) -> np.ndarray:
        raise AssertionError("no other column is needed")

    return Sample.of(np.array(y), np.array(weight), np.array(row), rows, np.arange(len(y)), nothing)


def test_domains_are_ordered_apart_and_weight_zero_is_left_out() -> None:
    first, second, third = quantiles.ordered(sorted_sample([3.0, 1.0, 2.0, 9.0], [1.0, 2.0, 1.0, 0.0], [0, 1, 0, 0], 3))
    assert first.y.tolist() == [2, 3]
    assert first.cumulative.tolist() == [1, 2]
    assert (second.y.tolist(), third.y.tolist()) == ([1], [])


def test_woodruff_by_hand() -> None:
    # F(3) = 3/5 at the median of 1 .. 5; with se 0.1 and t = 2 the ends are F = 0.4 and 0.8: values 2 and 4
    sample = sorted_sample([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5, [0] * 5, 1)
    t = float(t_quantile(np.array([7.0]), 0.95)[0])
    found = woodruff(
        sample, 0.5, "hf1", "mean", df=np.array([7.0]), n=np.array([5.0]), level=0.95,
        standard_errors=lambda influence: np.array([0.2 / t]),
    )  # fmt: skip
    assert (found.value.item(), found.low.item(), found.high.item()) == (3, 2, 4)
    # influence -([y ≤ 3] - 3/5)/5 stretched by (4 - 2) / (2 · 0.2) = 5
    assert found.influence.tolist() == pytest.approx([-0.4, -0.4, -0.4, 0.6, 0.6])


def test_standard_error_is_the_interval_over_twice_t(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    for interval in ("mean", "xlogit", "beta", "asin", "score"):
        row = survey.estimate(cd.median("income", interval=interval)).to_frame().iloc[0]  # type: ignore[arg-type]
        t = float(t_quantile(np.array([row["df"]]), 0.95)[0])
        assert row["se"] == pytest.approx((row["ci_high"] - row["ci_low"]) / (2 * t), rel=1e-9)
        assert row["ci_low"] <= row["estimate"] <= row["ci_high"]


def test_an_end_outside_zero_and_one_is_unknown_on_that_side() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]})
    # F(7) = 7/8 with se √(7/8 · 1/8 / 7) = 1/8: the upper end is 7/8 + 2.36/8 > 1
    row = survey.estimate(cd.quantile("y", 0.8)).to_frame().iloc[0]
    assert row["estimate"] == 7
    assert row["ci_low"] == 5
    assert np.isnan(row["ci_high"])
    assert np.isnan(row["se"])
    low = survey.estimate(cd.quantile("y", 0.25)).to_frame().iloc[0]
    assert np.isnan(low["ci_low"])
    assert low["ci_high"] > 2


def test_several_points_and_domains_at_once_equal_each_alone(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    together = survey.estimate(cd.quantile("income", [0.25, 0.5]), by="sex").to_frame()
    for _, row in together.iterrows():
        alone = survey.estimate(cd.quantile("income", row["item"]), where=f"sex == '{row['sex']}'").to_frame().iloc[0]
        for column in ("estimate", "se", "ci_low", "ci_high", "df", "n"):
            assert row[column] == pytest.approx(alone[column], rel=1e-12), column


def test_a_median_has_a_covariance_with_a_mean(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    joint = survey.estimate(
        {"m": cd.median("income"), "a": cd.mean("income"), "d": cd.median("income") - cd.mean("income")}
    )
    matrix = joint.covariance().to_numpy()
    assert matrix[2, 2] == pytest.approx(matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1], rel=1e-9)
    assert matrix[0, 1] > 0


def test_a_quantile_at_the_largest_value_is_as_sure_as_the_step_below_it() -> None:
    # ten records, the largest value y of k of them: F is (10 − k)/10 below it, with se √(F (1 − F)/9), and t(9) = 2.262
    def row(k: int, p: float, **options: Any) -> pd.Series:
        survey = cd.Survey({"y": [1.0] * (10 - k) + [5.0] * k})
        return survey.estimate(cd.quantile("y", p, **options)).to_frame().iloc[0]

    # F = 0.4, se 0.163: 0.5 ± 0.369 is from 0.131 (1) to 0.869 (5)
    half = row(6, 0.5)
    assert half[["estimate", "ci_low", "ci_high"]].tolist() == [5, 1, 5]
    assert half["se"] == pytest.approx(4 / (2 * t_quantile(np.array([9.0]), 0.95)[0]))
    # F = 0.1, se 0.1: 0.5 ± 0.226 is above 0.1
    assert row(9, 0.5)[["estimate", "se", "ci_low", "ci_high"]].tolist() == [5, 0, 5, 5]
    # 0.95 ± 0.226 is above 1
    beyond = row(1, 0.95)
    assert beyond["estimate"] == 5
    assert np.isnan(beyond["se"])
    assert np.isnan(beyond["ci_high"])
    # of one value nothing is below
    assert row(10, 0.5)[["estimate", "se", "ci_low", "ci_high"]].tolist() == [5, 0, 5, 5]
    # the interval by the score test is the same, and so is the error made of it
    assert row(6, 0.5, interval="score")["se"] == pytest.approx(half["se"])


def test_a_quantile_at_the_largest_value_has_no_spread_by_the_convention_of_r() -> None:
    # R survey 4.1.1, svyquantile: 5 (5 to 5), SE 0, as F is 1 there in any sample
    survey = cd.Survey({"y": [1.0] * 4 + [5.0] * 6})
    found = survey.estimate(cd.median("y"), convention="r").to_frame().iloc[0]
    assert found[["estimate", "se", "ci_low", "ci_high"]].tolist() == [5, 0, 5, 5]
    # the interval by the score test is wide there, and so is the error made of it
    by_score = survey.estimate(cd.median("y", interval="score"), convention="r").to_frame().iloc[0]
    assert by_score["ci_low"] == 1
    assert by_score["se"] > 0


def test_the_influence_at_the_largest_value_is_that_of_the_step_below_it() -> None:
    data = {"y": [1.0] * 4 + [5.0] * 6, "z": [0.0, 1, 2, 0, 3, 4, 5, 4, 6, 3]}
    found = cd.Survey(data).estimate([cd.median("y"), cd.mean("y <= 1"), cd.mean("z")])
    matrix = found.correlation().to_numpy()
    assert matrix[0, 1] == pytest.approx(-1)
    assert matrix[0, 2] == pytest.approx(-matrix[1, 2])


def no_limit(found: cd.Estimates) -> list[str]:
    return [note for note in found.notes if "beyond the data" in note]


@pytest.mark.parametrize("lazy", [False, True])
def test_limits_beyond_the_data_are_told_with_the_number_of_rows(lazy: bool) -> None:
    data = pl.DataFrame({"y": [float(k) for k in range(1, 17)], "p": range(16), "g": [0, 1] * 8, "one": [0] * 15 + [1]})
    survey = cd.Survey(data.lazy() if lazy else data, psu="p")
    found = survey.estimate([cd.quantile("y", [0.1, 0.5, 0.9]), cd.quantile_ratio("y", 0.9, 0.5)], by="g")
    frame = found.to_frame()
    lost = int(frame["se"].isna().sum())
    assert lost == 6  # the lowest and the highest tenth, and the ratio, of either group
    (note,) = no_limit(found)
    assert note == "6 rows have a quantile whose confidence limit lies beyond the data: they have no standard error"
    assert told(note, "ru").startswith("строк с квантилем")
    assert no_limit(survey.estimate(cd.median("y"), by="g")) == []
    # a single PSU has no error for another reason, which its flag tells
    assert no_limit(survey.estimate(cd.median("y"), by="one")) == []
