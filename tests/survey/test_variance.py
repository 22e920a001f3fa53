"""From scores to a variance: the formula with four units by hand, fpc, and the rules on a lonely PSU."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

from childdata.survey.design import Stage, make_stages
from childdata.survey.variance import centring, covariance, deviations, entries, variances

module = import_module("childdata.survey.variance")  # the room's face has a statistic of that name


def stage_of(strata: list[int], fpc: list[float] | None = None) -> Stage:
    units = np.arange(len(strata))
    sizes = None if fpc is None else np.array(fpc)
    return make_stages(np.array(strata), [units], [sizes], ["psu"])[0]


def variance_of(scores: np.ndarray, stage: Stage, rule: Any = "fail", domains: bool = False) -> np.ndarray:
    found = entries(csc_array(scores), stage)
    return variances(found, stage, centring(found, stage, rule, domains))


def covariance_of(scores: np.ndarray, stage: Stage, rule: Any = "fail", domains: bool = False) -> np.ndarray:
    matrix = csc_array(scores)
    found = entries(matrix, stage)
    return covariance(matrix, stage, centring(found, stage, rule, domains), found.mean)


def test_two_strata_of_two_psus_by_hand() -> None:
    # stratum 1: scores 1 and 3, mean 2, squares 1 + 1, times 2/(2-1) = 4; stratum 2: 5 and 5, nothing
    assert variance_of(np.array([[1.0], [3.0], [5.0], [5.0]]), stage_of([0, 0, 1, 1])).tolist() == [4.0]


def test_a_psu_without_a_member_counts_as_zero() -> None:
    # scores 3, 0, 0: mean 1, squares 4 + 1 + 1, times 3/2 = 9; of the one score there is alone it would be 0
    assert variance_of(np.array([[3.0], [0.0], [0.0]]), stage_of([0, 0, 0])).tolist() == [9.0]


def test_finite_population_takes_off_the_sampled_fraction() -> None:
    scores = np.array([[1.0], [3.0], [5.0], [9.0]])
    # 4 · (1 - 2/4) + 16 · (1 - 2/10)
    assert variance_of(scores, stage_of([0, 0, 1, 1], [4, 4, 10, 10])).tolist() == [pytest.approx(2 + 12.8)]


def test_covariance_of_two_rows_by_hand() -> None:
    scores = np.array([[1.0, 2.0], [3.0, 8.0]])
    # centred (-1, -3) and (1, 3): products 1 + 1, 3 + 3, 9 + 9, times 2
    np.testing.assert_allclose(covariance_of(scores, stage_of([0, 0])), [[4, 12], [12, 36]], rtol=1e-14)


LONELY = np.array([[1.0], [3.0], [6.0]])  # strata of two PSUs and of one


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("certainty", 4.0),
        ("adjust", 4.0 + 6.0**2),  # about zero, the mean of all scores of the population
        ("average", 4.0 * 2 / 1),  # two strata, one of them counted
    ],
)
def test_lonely_psu_by_hand(rule: str, wanted: float) -> None:
    assert variance_of(LONELY, stage_of([0, 0, 1]), rule).tolist() == [pytest.approx(wanted)]
    assert covariance_of(LONELY, stage_of([0, 0, 1]), rule).tolist() == [[pytest.approx(wanted)]]


def test_a_lonely_psu_is_taken_with_its_own_fpc() -> None:
    found = variance_of(LONELY, stage_of([0, 0, 1], [4, 4, 3]), "adjust")
    assert found.tolist() == [pytest.approx(4 * 0.5 + 36 * (1 - 1 / 3))]


@pytest.mark.parametrize("rule", ["certainty", "adjust", "average"])
def test_a_psu_taken_with_certainty_is_not_lonely(rule: str) -> None:
    assert variance_of(LONELY, stage_of([0, 0, 1], [4, 4, 1]), rule).tolist() == [pytest.approx(2.0)]


@pytest.mark.parametrize(
    ("rule", "keep", "adjust"),
    [
        # 2 · (3/2)² · 2 = 9 in the stratum of scores 3 and (no member), 4 in the other
        ("certainty", 13.0, 13.0),
        ("adjust", 13.0, 4.0 + 2 * (9 + 0)),  # not centred: 2/(2-1) · (3² + 0²)
        ("average", 13.0, 4.0 * 2),
    ],
)
def test_a_stratum_made_lonely_by_a_domain(rule: str, keep: float, adjust: float) -> None:
    stage = stage_of([0, 0, 1, 1])
    scores = csc_array(np.array([[1.0], [3.0], [3.0], [0.0]]))
    for domains, wanted in ((False, keep), (True, adjust)):
        found = entries(scores, stage)
        how = centring(found, stage, rule, domains)  # type: ignore[arg-type]
        assert variances(found, stage, how).tolist() == [pytest.approx(wanted)]
        assert covariance(scores, stage, how, found.mean).tolist() == [[pytest.approx(wanted)]]


def test_a_row_in_no_psu_has_no_variance() -> None:
    assert variance_of(np.zeros((3, 1)), stage_of([0, 0, 1]), "average").tolist() == [0.0]


designs = st.tuples(st.integers(1, 4), st.integers(2, 4), st.integers(1, 4), st.integers(0, 2**32 - 1), st.booleans())


def drawn(strata: int, psus: int, rows: int, seed: int, fpc: bool) -> tuple[np.ndarray, Stage]:
    chance = np.random.default_rng(seed)
    labels = np.sort(np.concatenate([np.repeat(np.arange(strata), psus), [strata]])).tolist()
    sizes = [float(psus + 3 if label < strata else 2) for label in labels] if fpc else None
    scores = chance.normal(size=(len(labels), rows)) * (chance.random((len(labels), rows)) < 0.7)
    return scores, stage_of(labels, sizes)


@settings(max_examples=40, deadline=None)
@given(designs, st.sampled_from(["certainty", "adjust", "average"]), st.booleans())
def test_variances_are_the_diagonal_of_the_covariance(
    design: tuple[int, int, int, int, bool], rule: str, domains: bool
) -> None:
    scores, stage = drawn(*design)
    matrix = covariance_of(scores, stage, rule, domains)
    if np.isfinite(matrix).all():
        np.testing.assert_allclose(variance_of(scores, stage, rule, domains), np.diag(matrix), rtol=1e-10, atol=1e-14)
        np.testing.assert_array_equal(matrix, matrix.T)
        assert np.linalg.eigvalsh(matrix).min() >= -1e-10 * max(np.trace(matrix), 1)


@settings(max_examples=30, deadline=None)
@given(designs)
def test_covariance_is_the_formula_of_the_textbook(design: tuple[int, int, int, int, bool]) -> None:
    scores, stage = drawn(*design)
    wanted = np.zeros((scores.shape[1], scores.shape[1]))
    for h in range(stage.sampled.size):
        z, n = scores[stage.stratum == h], stage.sampled[h]
        if n > 1:
            wanted += (1 - n / stage.population[h]) * n * np.cov(z, rowvar=False, ddof=1).reshape(wanted.shape)
    np.testing.assert_allclose(covariance_of(scores, stage, "certainty"), wanted, rtol=1e-10, atol=1e-13)


@settings(max_examples=20, deadline=None)
@given(designs)
def test_deviations_multiply_to_the_covariance(design: tuple[int, int, int, int, bool]) -> None:
    scores, stage = drawn(*design)
    found = entries(csc_array(scores), stage)
    how = centring(found, stage, "adjust", False)
    matrix = deviations(csc_array(scores), stage, how, found.mean)
    np.testing.assert_allclose(matrix.T @ matrix, covariance_of(scores, stage, "adjust"), rtol=1e-10, atol=1e-13)


def test_slices_of_strata_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, stage = drawn(6, 3, 3, 11, False)
    whole = covariance_of(scores, stage, "adjust")
    monkeypatch.setattr(module, "_CHUNK", 1)
    np.testing.assert_allclose(covariance_of(scores, stage, "adjust"), whole, rtol=1e-12)


@pytest.mark.parametrize("rule", ["certainty", "average"])
@pytest.mark.parametrize("domains", [False, True])
def test_the_covariance_is_the_same_from_the_entries_there_are(
    monkeypatch: pytest.MonkeyPatch, rule: Any, domains: bool
) -> None:
    for seed in range(8):
        scores, stage = drawn(8, 3, 3, seed, seed % 2 == 0)
        scores[np.random.default_rng(seed).random(scores.shape) < 0.8] = 0.0
        dense = covariance_of(scores, stage, rule, domains)
        monkeypatch.setattr(module, "_DENSE_WORK", 0)
        np.testing.assert_allclose(covariance_of(scores, stage, rule, domains), dense, rtol=1e-10, atol=1e-13)
        monkeypatch.undo()


def test_a_constant_added_in_every_psu_of_a_stratum_changes_nothing() -> None:
    scores, stage = drawn(3, 3, 2, 5, False)
    raised = scores + 1e6 * (1 + stage.stratum[:, None])
    np.testing.assert_allclose(
        variance_of(raised, stage, "certainty"), variance_of(scores, stage, "certainty"), rtol=1e-8
    )
