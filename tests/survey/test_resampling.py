"""The bootstrap and successive differences: by hand, their algebra, and what they are in the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError
from childdata.survey.replicate_kinds import SDR, Bootstrap
from childdata.survey.replicates import Replicates
from childdata.survey.replication import make_replicates
from childdata.survey.resampling import row_cycles


def made(psus: list[int], kind: Bootstrap | SDR, **columns: Any) -> Replicates:
    """Replicates of strata of the given numbers of PSUs, with a population size where one is given."""
    return survey(psus, **columns).with_replicates(kind).design.replicates  # type: ignore[return-value]


def survey(psus: list[int], **columns: Any) -> cd.Survey:
    stratum = np.repeat(np.arange(len(psus)), psus)
    data = {"stratum": stratum, "psu": np.arange(stratum.size), "z": np.ones(stratum.size)} | columns
    return cd.Survey(data, weight=1, strata="stratum", psu="psu", fpc="N" if "N" in columns else None)


def variance(found: Replicates, z: np.ndarray) -> float:
    apart = found.deviations(found.weights().T @ z[:, None], np.array([z.sum()]))
    return float((apart.T @ apart).item())


# The bootstrap of Rao and Wu.


def test_two_psus_are_half_samples_at_random() -> None:
    # n - 1 = 1 of 2 is drawn: its factor is 2
    factor = made([2, 2], Bootstrap(50, seed=1)).factor
    assert set(map(tuple, factor[:2].T)) == {(2, 0), (0, 2)}
    assert len(set(map(tuple, factor.T))) == 4


def test_factors_of_a_stratum_sum_to_its_psus_in_every_replicate() -> None:
    for columns in ({}, {"N": [9] * 4 + [30] * 7}):
        factor = made([4, 7], Bootstrap(80, seed=2), **columns).factor
        assert factor[:4].sum(axis=0) == pytest.approx(np.full(80, 4.0))
        assert factor[4:].sum(axis=0) == pytest.approx(np.full(80, 7.0))
        assert (factor >= 0).all()


def test_with_a_finite_population_factors_move_towards_one_by_the_root_of_what_was_not_sampled() -> None:
    plain = made([4, 7], Bootstrap(80, seed=2)).factor
    finite = made([4, 7], Bootstrap(80, seed=2), N=[16] * 4 + [28] * 7).factor
    assert finite == pytest.approx(1 + np.sqrt(0.75) * (plain - 1))


def test_mean_and_covariance_of_the_factors_over_the_draws() -> None:
    # E f = 1; V f = (n/(n-1))² · (n-1)(1/n)(1 - 1/n) = 1; cov = -1/(n-1), times 1 - f_h: so V* = (1 - f) n s²
    size = 20_000
    factor = made([4], Bootstrap(size, seed=3), N=[10] * 4).factor
    assert factor.mean(axis=1) == pytest.approx(np.ones(4), abs=4 * np.sqrt(0.6 / size))
    wanted = 0.6 * (np.eye(4) * (1 + 1 / 3) - 1 / 3)
    assert np.cov(factor) == pytest.approx(wanted, abs=4 * np.sqrt(3 / size))


def test_the_same_seed_is_the_same_draw_on_every_machine() -> None:
    # times drawn, of the first three PSUs in six replicates, from PCG64(10)
    factor = made([3, 4], Bootstrap(6, seed=10)).factor
    assert (factor[:3] / 1.5).tolist() == [[0, 2, 0, 1, 0, 2], [0, 0, 0, 1, 1, 0], [2, 0, 2, 0, 1, 0]]
    assert np.array_equal(factor, made([3, 4], Bootstrap(6, seed=10)).factor)
    assert not np.array_equal(factor, made([3, 4], Bootstrap(6, seed=11)).factor)


def test_variances_are_near_the_linearised_ones(sample: pd.DataFrame) -> None:
    declared = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    questions = [cd.total("income"), cd.mean("poor"), cd.ratio("food", "income")]
    wanted = declared.estimate(questions).to_frame()["se"].to_numpy() ** 2
    size = 2000
    found = declared.with_replicates(Bootstrap(size, seed=7)).estimate(questions).to_frame()["se"].to_numpy() ** 2
    # three Monte Carlo standard errors of a variance of 2,000 normal draws
    assert found == pytest.approx(wanted, rel=3 * np.sqrt(2 / size))


def test_a_bootstrap_wants_a_seed() -> None:
    with pytest.raises(DesignError, match=r"give it a seed, such as cd.Bootstrap"):
        made([2, 2], Bootstrap(500))
    assert made([2, 2], Bootstrap(seed=1)).size == 500


# The bootstrap of Canty and Davison.


def test_as_many_psus_are_drawn_as_there_are() -> None:
    found = made([5, 5], Bootstrap(300, method="canty-davison", seed=4))
    assert (found.factor[:5].sum(axis=0) == 5).all()
    assert set(np.unique(found.factor)) <= set(range(6))
    # n/(n-1) makes up for drawing n, not n - 1
    assert found.scale == pytest.approx(5 / 4 / 299)


def test_without_replacement_no_psu_comes_more_often_than_it_has_copies() -> None:
    factor = made([5], Bootstrap(300, method="canty-davison", seed=4), N=[10] * 5).factor
    assert factor.max() == 2
    # 6 of 5: one PSU has two copies, and which it is is drawn once
    factor = made([5], Bootstrap(300, method="canty-davison", seed=4), N=[6] * 5).factor
    assert sorted(factor.max(axis=1)) == [1, 1, 1, 1, 2]


@pytest.mark.parametrize("population", [None, 20, 600])
def test_variances_of_canty_and_davison_are_near_the_linearised_ones(population: int | None) -> None:
    size, n = 4000, 6
    z = np.array([1.0, 4, 9, 16, 25, 36])
    columns = {} if population is None else {"N": [population] * n}
    rest = 1.0 if population is None else 1 - n / population
    # drawn from copies, the variance has N/(N - 1) more
    more = 20 / 19 if population == 20 else 1.0
    found = made([n], Bootstrap(size, method="canty-davison", seed=5), **columns)
    assert variance(found, z) == pytest.approx(rest * more * n * z.var(ddof=1), rel=3 * np.sqrt(2 / size))


# Successive differences.


def test_four_psus_in_four_replicates_by_hand() -> None:
    # rows 2, 3, 4 of order 4, then 3 again (steps of 1 in 3 rows, the fourth PSU begins the second cycle at the second)
    found = made([3], SDR(4))
    root = 2**-1.5
    a, b, c = np.array([1, -1, 1, -1]), np.array([1, 1, -1, -1]), np.array([1, -1, -1, 1])
    assert found.factor == pytest.approx(1 + root * np.array([a - b, b - c, c - a]))
    assert found.scale == 1
    assert found.mse


def test_variance_is_half_the_sum_of_squares_of_successive_differences() -> None:
    # ½ [(1-6)² + (4-1)² + (6-4)²]: the first follows the last
    assert variance(made([3], SDR(4)), np.array([1.0, 4.0, 6.0])) == pytest.approx((25 + 9 + 4) / 2)
    chance = np.random.default_rng(6)
    for psus in ([40], [7, 20, 2, 9], [2] * 30):
        z = chance.normal(size=sum(psus))
        parts = np.split(z, np.cumsum(psus)[:-1])
        wanted = sum(float(((part - np.roll(part, 1)) ** 2).sum()) / 2 for part in parts)
        assert variance(made(psus, SDR(64)), z) == pytest.approx(wanted, rel=1e-12)
        assert variance(made(psus, SDR(64, centre="mean")), z) == pytest.approx(wanted, rel=1e-12)


def test_a_finite_population_takes_its_part_off() -> None:
    z = np.array([1.0, 4.0, 6.0, 2.0])
    whole, finite = made([4], SDR(8)), made([4], SDR(8), N=[10] * 4)
    assert variance(finite, z) == pytest.approx(0.6 * variance(whole, z))


def test_psus_that_share_a_row_add_up_before_they_are_squared() -> None:
    # 40 PSUs, 7 rows: ½ Σ over rows of (Σ over PSUs of the row of z_i - z_{i-1})²
    z = np.random.default_rng(8).normal(size=40)
    apart = z - np.roll(z, 1)
    row = row_cycles(40, 7)
    wanted = sum(float(apart[row == k].sum()) ** 2 for k in range(7)) / 2
    assert variance(made([40], SDR(8)), z) == pytest.approx(wanted, rel=1e-12)


def test_with_more_psus_than_replicates_the_variance_is_right_in_the_mean() -> None:
    # PSUs in random order: E V = n σ²; 400 PSUs in 80 replicates, 2,000 samples at once
    found = made([400], SDR())
    assert found.size == 80
    z = np.random.default_rng(9).normal(size=(400, 2000))
    apart = found.deviations(found.weights().T @ z, z.sum(axis=0))
    variances = (apart**2).sum(axis=0)
    assert variances.mean() / 400 == pytest.approx(1, abs=4 * variances.std() / 400 / np.sqrt(2000))


def test_in_a_trend_successive_differences_see_what_a_systematic_sample_gains() -> None:
    # z = 1 .. 100: neighbours differ by 1, the PSUs as a random sample by much more
    z = np.arange(1.0, 101)
    declared = survey([100], z=z)
    linearised, successive = (
        one.estimate(cd.total("z")).to_frame()["se"].item() for one in (declared, declared.with_replicates(SDR(128)))
    )
    # ½ (99 · 1² + 99²), the second by closing the circle
    assert successive**2 == pytest.approx((99 + 99**2) / 2)
    assert successive < linearised / 4


def test_the_order_is_that_of_the_data_or_of_a_column() -> None:
    z = np.array([1.0, 6.0, 4.0])
    by_file = made([3], SDR(4))
    by_column = made([3], SDR(4, order="drawn"), drawn=[1.0, 3.0, 2.0])
    by_rule = made([3], SDR(4, order="-drawn"), drawn=[3, 1, 2])
    assert np.array_equal(by_file.factor[[0, 2, 1]], by_column.factor)
    assert np.array_equal(by_column.factor, by_rule.factor)
    text = made([3], SDR(4, order="drawn"), drawn=["a", "c", "b"])
    assert np.array_equal(text.factor, by_column.factor)
    # of three PSUs in a circle each has both others as neighbours
    assert variance(by_file, z) == pytest.approx(variance(by_column, z))


def test_psus_of_one_place_in_the_order_stay_as_in_the_data() -> None:
    assert np.array_equal(made([4], SDR(8, order="drawn"), drawn=[1, 1, 1, 1]).factor, made([4], SDR(8)).factor)


def test_an_order_that_is_missing_or_varies_inside_a_psu_is_refused() -> None:
    data = {"psu": [1, 1, 2, 3], "drawn": [1.0, 2.0, 3.0, 4.0]}
    with pytest.raises(DesignError, match="'drawn' takes several values in 1 of 3 PSUs"):
        cd.Survey(data, psu="psu").with_replicates(SDR(4, order="drawn"))
    with pytest.raises(DesignError, match="is missing in 1 of 4 records"):
        cd.Survey(data | {"drawn": [1.0, None, 3.0, 4.0]}, psu="psu").with_replicates(SDR(4, order="drawn"))
    with pytest.raises(DesignError, match="wants the data"):
        make_replicates(cd.Survey(data, psu="psu").design, SDR(4, order="drawn"))


@pytest.mark.parametrize("rows", [3, 7, 11, 12, 15, 79])
def test_rows_come_in_whole_cycles_and_neighbours_differ(rows: int) -> None:
    cycles = max(rows // 2, 1)
    row = row_cycles(cycles * rows, rows)
    for cycle in row.reshape(cycles, rows):
        assert sorted(cycle) == list(range(rows))
    assert (np.diff(row) != 0).all()
    assert row_cycles(rows + 2, rows).size == rows + 2
