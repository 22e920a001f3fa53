"""Intervals of shares by hand, where p is 0 or 1, and the conventions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from childdata.errors import EstimationError
from childdata.survey.intervals import (
    CONVENTIONS,
    check_interval,
    find_convention,
    interval_of,
    multiplier,
    proportion_interval,
    t_quantile,
)


def interval(method: str, p: float, se: float, df: float = 14, n: float = 100, **options: Any) -> tuple[float, float]:
    low, high = proportion_interval(
        method, np.array([p]), np.array([se]), df=np.array([df]), n=np.array([n]), level=0.95, **options
    )
    return low.item(), high.item()


T = 2.1447866879169273  # t of 14 df at 97.5 %


@pytest.mark.parametrize(("df", "wanted"), [(14.0, T), (1.0, 12.706204736), (np.inf, 1.959963984540054)])
def test_quantile_of_t(df: float, wanted: float) -> None:
    assert t_quantile(np.array([df]), 0.95).item() == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("df", [0.0, -1.0, np.nan])
def test_without_degrees_of_freedom_there_is_no_t(df: float) -> None:
    assert np.isnan(t_quantile(np.array([df]), 0.95).item())


def test_t_interval_by_hand_and_cut_at_zero_and_one() -> None:
    assert interval("t", 0.5, 0.1) == (pytest.approx(0.5 - T * 0.1), pytest.approx(0.5 + T * 0.1))
    assert interval("t", 0.1, 0.1) == (0, pytest.approx(0.1 + T * 0.1))
    assert interval("t", 0.1, 0.1, clip=False)[0] == pytest.approx(0.1 - T * 0.1)


def test_logit_interval_by_hand() -> None:
    # log(0.2/0.8) ± t · 0.05 / (0.2 · 0.8)
    ends = [np.log(0.25) + sign * T * 0.05 / 0.16 for sign in (-1, 1)]
    assert interval("logit", 0.2, 0.05) == pytest.approx([1 / (1 + np.exp(-end)) for end in ends], rel=1e-12)


def test_arcsine_interval_by_hand() -> None:
    ends = [np.sin(np.arcsin(np.sqrt(0.2)) + sign * T * 0.05 / (2 * 0.4)) ** 2 for sign in (-1, 1)]
    assert interval("asin", 0.2, 0.05) == pytest.approx(ends, rel=1e-12)
    assert interval("asin", 0.01, 0.05)[0] == 0


def effective(p: float, se: float, df: float, n: float) -> float:
    return p * (1 - p) / se**2 * (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, df)) ** 2


def test_korn_graubard_interval_is_clopper_pearson_at_the_effective_size() -> None:
    size = effective(0.2, 0.05, 14, 100)
    wanted = stats.beta.ppf([0.025, 0.975], [0.2 * size, 0.2 * size + 1], [0.8 * size + 1, 0.8 * size])
    assert interval("beta", 0.2, 0.05) == pytest.approx(wanted, rel=1e-9)


def test_wilson_interval_solves_its_quadratic() -> None:
    size = effective(0.2, 0.05, 14, 100)
    for end in interval("wilson", 0.2, 0.05):
        # |p - end| = z √(end (1 - end) / n*)
        assert abs(0.2 - end) == pytest.approx(1.959963984540054 * np.sqrt(end * (1 - end) / size), rel=1e-9)


@pytest.mark.parametrize("method", ["beta", "wilson"])
def test_shares_of_none_and_all_have_a_one_sided_interval(method: str) -> None:
    low, high = interval(method, 0.0, 0.0)
    assert low == 0
    assert 0 < high < 0.1
    assert interval(method, 1.0, 0.0) == pytest.approx((1 - high, 1))


def test_korn_graubard_of_none_by_hand() -> None:
    # with as many df as records less one n* = n: 1 - 0.025^(1/n)
    assert interval("beta", 0.0, 0.0, df=9, n=10)[1] == pytest.approx(1 - 0.025 ** (1 / 10), rel=1e-9)


@pytest.mark.parametrize("method", ["logit", "asin"])
def test_logit_and_arcsine_have_none_there(method: str) -> None:
    assert np.isnan(interval(method, 0.0, 0.0)).all()
    assert np.isnan(interval(method, 1.0, 0.0)).all()


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_auto_takes_korn_graubard_where_the_logit_has_none(p: float) -> None:
    low, high = interval_of(
        "share", "auto", find_convention("childdata"), np.array([p, 0.2]), np.array([0.0, 0.05]),
        df=np.array([14.0, 14.0]), n=np.array([100.0, 100.0]), level=0.95,
    )  # fmt: skip
    assert (low[0], high[0]) == interval("beta", p, 0.0)
    assert (low[1], high[1]) == interval("logit", 0.2, 0.05)


@pytest.mark.parametrize("method", ["logit", "t", "wilson", "beta", "asin"])
def test_without_degrees_of_freedom_there_is_no_interval(method: str) -> None:
    assert np.isnan(interval(method, 0.3, 0.1, df=0)).all()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["logit", "t", "wilson", "beta", "asin"]),
    st.floats(0.01, 0.99),
    st.floats(0.001, 0.2),
    st.integers(2, 60),
)
def test_an_interval_holds_its_share_and_mirrors_that_of_the_rest(method: str, p: float, se: float, df: int) -> None:
    low, high = interval(method, p, se, df)
    assert 0 <= low <= p + 1e-12
    assert p - 1e-12 <= high <= 1
    assert interval(method, 1 - p, se, df) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize("method", ["logit", "t", "wilson", "beta", "asin"])
def test_a_higher_level_is_wider(method: str) -> None:
    ends = [
        proportion_interval(
            method, np.array([0.3]), np.array([0.04]), df=np.array([20.0]), n=np.array([200.0]), level=level
        )
        for level in (0.8, 0.95, 0.99)
    ]
    widths = [(high - low).item() for low, high in ends]
    assert widths == sorted(widths)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("childdata", T), ("r", 1.959963984540054), ("stata", T), ("spss", T), ("mics", 2.0), ("dhs", 2.0)],
)
def test_multiplier_of_each_convention(name: str, wanted: float) -> None:
    assert multiplier(find_convention(name), np.array([14.0]), 0.95).item() == pytest.approx(wanted, rel=1e-12)


def test_an_amount_has_the_plain_interval_whatever_the_share_interval() -> None:
    low, high = interval_of(
        "amount", "beta", find_convention("childdata"), np.array([50.0]), np.array([2.0]),
        df=np.array([14.0]), n=np.array([9.0]), level=0.95,
    )  # fmt: skip
    assert (low.item(), high.item()) == (pytest.approx(50 - 2 * T), pytest.approx(50 + 2 * T))


def test_unknown_conventions_and_intervals_are_refused_with_the_choice() -> None:
    with pytest.raises(
        EstimationError, match=r"convention 'sata' is not known; choose one of childdata, r.*nearest: 'stata'"
    ):
        find_convention("sata")
    with pytest.raises(
        EstimationError, match="interval 'exact' is not known; choose 'auto' or one of logit, t, wilson"
    ):
        check_interval("exact")
    check_interval("auto")
    assert set(CONVENTIONS) == {"childdata", "r", "stata", "spss", "mics", "dhs"}
