"""Unequal probabilities without replacement: forms by hand, by definition, by enumeration, and against R."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childdata.errors import DesignError
from childdata.survey.arrays import Codes, Floats
from childdata.survey.design import make_stages
from childdata.survey.pps import PPS, Drawn
from childdata.survey.reduce import Triplets, by_stage
from childdata.survey.spread import Scores, Spread
from childdata.survey.unequal import Unequal, set_apart, unequal_design

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "unequal_r.json").read_text(encoding="utf-8"))
HT: Any = "horvitz-thompson"
METHODS = {
    "brewer": PPS("p"),
    "overton_ht": PPS("p", method="overton", variance=HT),
    "overton_yg": PPS("p", method="overton"),
    "hr_ht": PPS("p", method="hartley-rao", variance=HT),
    "hr_yg": PPS("p", method="hartley-rao"),
    "hr_given_ht": PPS("p", method="hartley-rao", variance=HT, sum_squares="sum_squares"),
    "hr_given_yg": PPS("p", method="hartley-rao", sum_squares="sum_squares"),
}
CLOSE = 1e-11


def codes(values: object) -> Codes:
    return np.unique(np.asarray(values), return_inverse=True)[1].astype(np.intp)


def spread(design: Unequal, scores: object, lonely: Any = "fail") -> Spread:
    """The spread of weighted influences, array (n,) or (n, rows)."""
    z = np.asarray(scores, dtype=float).reshape(len(np.asarray(scores)), -1)
    n, rows = z.shape
    unit = np.repeat(design.stages[-1].unit, rows)
    summed = Triplets(unit, np.tile(np.arange(rows), n), z.reshape(-1), distinct=False)
    return Spread(design.blocks(by_stage(summed, rows, design.stages), lonely))


def one_stage(p: object, pps: PPS, *, strata: object = None, units: object = None, squares: object = None) -> Unequal:
    probability = np.asarray(p, dtype=float)
    n = probability.size
    stratum = np.zeros(n, dtype=np.intp) if strata is None else codes(strata)
    unit = np.arange(n) if units is None else codes(units)
    labels = None if units is None else [str(one) for one in np.asarray(units)]
    drawn = Drawn(pps, probability, None if squares is None else np.asarray(squares, dtype=float))
    return unequal_design(stratum, [unit], [drawn], ["unit"], psu_labels=labels)


def variance(design: Unequal, scores: object, lonely: Any = "fail") -> float:
    """The sum of what the blocks add: an estimate may be below zero."""
    return float(sum(block.variances()[0] for block in spread(design, scores, lonely).blocks))


# by hand: two units drawn with p = 1/2 and 1/4, scores 4 and 8 --------------------------------------------------------


def test_brewer_takes_squares_about_the_mean_with_one_minus_p_of_each_unit() -> None:
    # mean 6; 2/1 · ((1 − 1/2)·4 + (1 − 1/4)·4) = 2·(2 + 3)
    assert variance(one_stage([0.5, 0.25], PPS("p")), [4, 8]) == pytest.approx(10)


def test_overton_by_hand() -> None:
    # π₁₂ = 1/8 · 1 / (2 − 3/8) = 1/13; Δ₁₂ = 1 − 13/8 = −5/8
    horvitz_thompson = 0.5 * 16 + 0.75 * 64 - 2 * 5 / 8 * 32
    yates_grundy = 5 / 8 * (4 - 8) ** 2
    assert variance(one_stage([0.5, 0.25], METHODS["overton_ht"]), [4, 8]) == pytest.approx(horvitz_thompson)
    assert variance(one_stage([0.5, 0.25], METHODS["overton_yg"]), [4, 8]) == pytest.approx(yates_grundy)


def test_hartley_rao_by_hand_with_the_squares_of_the_population() -> None:
    # Σ_U π² = 1/2, so q = 1/4; Δ₁₂ = 1 − (2 − 3/4 + 1/4)/1 = −1/2
    design = one_stage([0.5, 0.25], METHODS["hr_given_yg"], squares=[0.5, 0.5])
    assert variance(design, [4, 8]) == pytest.approx(0.5 * 16)
    design = one_stage([0.5, 0.25], METHODS["hr_given_ht"], squares=[0.5, 0.5])
    assert variance(design, [4, 8]) == pytest.approx(0.5 * 16 + 0.75 * 64 - 0.5 * 2 * 32)


def test_joint_probabilities_by_hand() -> None:
    # π₁₂ = 0.1: Δ₁₂ = 1 − 0.125/0.1 = −1/4
    joint = np.array([[0.5, 0.1], [0.1, 0.25]])
    assert variance(one_stage([0.5, 0.25], PPS("p", joint=joint, variance=HT)), [4, 8]) == pytest.approx(56 - 16)
    assert variance(one_stage([0.5, 0.25], PPS("p", joint=joint)), [4, 8]) == pytest.approx(0.25 * 16)


# by definition --------------------------------------------------------------------------------------------------------


def pairs(p: Floats, strata: Codes, method: str, squares: Floats) -> Floats:
    """Δ of all pairs, one by one, from the formulas for π_ij."""
    delta = np.zeros((p.size, p.size))
    for i, j in np.ndindex(p.size, p.size):
        if i == j:
            delta[i, i] = 1 - p[i]
        elif strata[i] == strata[j]:
            n = int((strata == strata[i]).sum())
            q = squares[i] / n
            left = n - (p[i] + p[j]) / 2 if method == "overton" else n - p[i] - p[j] + q
            delta[i, j] = 1 - p[i] * p[j] / (p[i] * p[j] * (n - 1) / left)
    return delta


@given(st.integers(0, 2**32 - 1), st.sampled_from(["overton", "hartley-rao"]), st.booleans())
def test_closed_form_is_that_of_all_pairs(seed: int, method: Any, of_sample: bool) -> None:
    chance = np.random.default_rng(seed)
    strata = np.repeat(np.arange(3), chance.integers(2, 6, 3))
    p, z = chance.uniform(0.05, 0.9, strata.size), chance.normal(3, 1, (strata.size, 2))
    total = np.array([p[strata == h].sum() for h in range(3)])[strata]
    squares = total if of_sample or method == "overton" else total * chance.uniform(0.5, 1)
    delta = pairs(p, strata, method, squares)
    rule: Any = None if of_sample or method == "overton" else "q"
    given_squares = None if rule is None else squares
    form = PPS("p", method=method, variance=HT, sum_squares=rule)
    found = spread(one_stage(p, form, strata=strata, squares=given_squares), z).covariance()
    np.testing.assert_allclose(found, z.T @ delta @ z, rtol=1e-9, atol=1e-9)
    expected = np.zeros((2, 2))
    for i, j in np.ndindex(p.size, p.size):
        expected -= 0.5 * delta[i, j] * np.outer(z[i] - z[j], z[i] - z[j])
    found = spread(one_stage(p, PPS("p", method=method, sum_squares=rule), strata=strata, squares=given_squares), z)
    np.testing.assert_allclose(found.covariance(), expected, rtol=1e-9, atol=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_brewer_is_the_sum_of_squares_about_the_mean_of_each_stratum(seed: int) -> None:
    chance = np.random.default_rng(seed)
    strata = np.repeat(np.arange(2), [4, 3])
    p, z = chance.uniform(0.05, 0.9, 7), chance.normal(3, 1, 7)
    expected = 0.0
    for h, n in ((0, 4), (1, 3)):
        inside = strata == h
        expected += n / (n - 1) * float(np.sum((1 - p[inside]) * (z[inside] - z[inside].mean()) ** 2))
    assert variance(one_stage(p, PPS("p"), strata=strata), z) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("method", ["brewer", "overton", "hartley-rao"])
def test_equal_probabilities_are_simple_random_sampling(method: Any) -> None:
    # p = n/N: V = (1 − n/N) n/(n − 1) Σ (z − z̄)²; Hartley-Rao's q is then n/N as well
    z = [1.0, 5.0, 2.0, 9.0]
    expected = (1 - 0.2) * 4 / 3 * float(np.sum((np.array(z) - np.mean(z)) ** 2))
    assert variance(one_stage([0.2] * 4, PPS("p", method=method)), z) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["brewer", "overton_yg", "hr_yg"])
def test_size_that_is_exactly_proportional_leaves_no_variance(name: str) -> None:
    assert variance(one_stage([0.1, 0.3, 0.35, 0.7], METHODS[name]), [7.1] * 4) == 0.0


# by enumeration: all samples of a design that has exact joint probabilities -------------------------------------------


def test_both_formulas_are_unbiased_over_all_samples_of_a_design() -> None:
    odds, y = np.array([0.5, 1.0, 1.5, 2.0, 4.0]), np.array([3.0, 1.0, 4.0, 6.0, 9.0])
    samples = np.array(list(combinations(range(5), 3)))
    chance = odds[samples].prod(axis=1) / odds[samples].prod(axis=1).sum()
    member = np.array([[k in sample for k in range(5)] for sample in samples], dtype=float)
    joint = member.T @ (member * chance[:, None])
    p = np.diagonal(joint)
    totals = np.array([(y / p)[sample].sum() for sample in samples])
    assert chance @ totals == pytest.approx(y.sum())
    true = chance @ (totals - y.sum()) ** 2
    formulas: tuple[Any, ...] = (HT, "yates-grundy")
    for formula in formulas:
        estimates = [
            variance(one_stage(p[s], PPS("p", joint=joint[np.ix_(s, s)], variance=formula)), (y / p)[s])
            for s in samples
        ]
        assert chance @ np.array(estimates) == pytest.approx(true, rel=1e-12)


# against R ------------------------------------------------------------------------------------------------------------


def near(found: Floats, wanted: object) -> None:
    b = np.array(wanted, dtype=float)
    np.testing.assert_allclose(found, b, rtol=CLOSE, atol=CLOSE * float(np.abs(b).max()))


def check(design: Unequal, data: pd.DataFrame, answer: Any, by: str | None) -> None:
    """Totals, means, a ratio and two domains, with the covariances that R gives."""
    w = design.weight
    y = data[["y", "x", "open"]].to_numpy(dtype=float)
    totals = (y * w[:, None]).sum(axis=0)
    near(totals, answer["total"]["est"])
    near(spread(design, y * w[:, None]).covariance(), answer["total"]["cov"])
    means = totals / w.sum()
    near(spread(design, (y - means) * (w / w.sum())[:, None]).covariance(), answer["mean"]["cov"])
    ratio = totals[0] / totals[1]
    near(spread(design, (y[:, 0] - ratio * y[:, 1]) * w / totals[1]).variances(), answer["ratio"]["cov"])
    if by is not None:
        for place, name in enumerate(answer["by_total"]["group"]):
            inside = w * (data[by].astype(str) == name).to_numpy()
            mean = (y[:, 0] * inside).sum() / inside.sum()
            columns = [y[:, 0] * inside, (y[:, 0] - mean) * inside / inside.sum()]
            se = np.sqrt(spread(design, np.stack(columns, axis=1)).variances())
            near(se, [answer["by_total"]["se"][place], answer["by_mean"]["se"][place]])


@pytest.mark.parametrize("name", [*METHODS, "joint_ht", "joint_yg"])
def test_elements_equal_r(name: str) -> None:
    firms = pd.read_csv(REFERENCE / "unequal_firms.csv")
    joint = np.loadtxt(REFERENCE / "unequal_joint.csv", delimiter=",")
    of_joint: dict[str, PPS] = {
        "joint_ht": PPS("p", joint=joint, variance=HT),
        "joint_yg": PPS("p", joint=joint),
    }
    pps = METHODS.get(name) or of_joint[name]
    squares = firms["sum_squares"] if pps.sum_squares is not None else None
    design = one_stage(firms["p"], pps, strata=firms["stratum"], squares=squares)
    # R's Yates-Grundy variance of a domain leaves out the pairs of a member with a record outside
    check(design, firms, ANSWERS["elements"][name], None if name.endswith("yg") else "branch")


@pytest.mark.parametrize(
    ("name", "certainty", "stages"),
    [("together", "together", 2), ("together_first", "together", 1), ("apart", "apart", 2)],
)
def test_villages_by_size_and_households_equal_r(name: str, certainty: Any, stages: int) -> None:
    villages = pd.read_csv(REFERENCE / "unequal_villages.csv").assign(open=lambda d: (d["y"] > 10).astype(int))
    first = Drawn(PPS("p", certainty=certainty), villages["p"].to_numpy())
    units, sizes = [codes(villages["village"]), codes(villages["household"])], [first, villages["fraction"].to_numpy()]
    design = unequal_design(
        codes(villages["stratum"]), units[:stages], sizes[:stages], ["village", "household"][:stages]
    )
    check(design, villages, ANSWERS["stages"][name], "sex")


@pytest.mark.parametrize("name", ["brewer", "overton_ht", "overton_yg", "hr_ht", "hr_yg"])
def test_election_equals_r(shared: Any, name: str) -> None:
    counties = pd.read_csv(shared("reference/data/election_pps.csv"))
    answer = ANSWERS["election"][name]
    formula: Any = HT if name.endswith("ht") else None
    pps = METHODS[name]
    squares = None
    if name.startswith("hr"):
        pps = PPS("p", method="hartley-rao", variance=formula, sum_squares="q")
        squares = np.full(len(counties), ANSWERS["election"]["sum_squares"])
    design = one_stage(counties["p"], pps, squares=squares)
    z = counties[["Bush", "Kerry", "Nader"]].to_numpy(dtype=float) / counties["p"].to_numpy()[:, None]
    near(z.sum(axis=0), answer["est"])
    near(np.sqrt(spread(design, z).variances()), answer["se"])


# certainty ------------------------------------------------------------------------------------------------------------


def test_unit_taken_with_certainty_adds_nothing_and_has_no_part_in_the_mean() -> None:
    alone = one_stage([1.0, 0.5, 0.25], PPS("p"), strata=[1, 1, 1])
    assert variance(alone, [1000, 4, 8]) == pytest.approx(10)
    together = one_stage([1.0, 0.5, 0.25], PPS("p", certainty="together"))
    # mean 1012/3: R's formula, of a unit that no chance moves
    mean = 1012 / 3
    expected = 3 / 2 * (0.5 * (4 - mean) ** 2 + 0.75 * (8 - mean) ** 2)
    assert variance(together, [1000, 4, 8]) == pytest.approx(expected)


def test_unit_taken_with_certainty_is_a_stratum_of_its_own_and_is_told() -> None:
    design = one_stage([1.0, 0.5, 0.25], PPS("p"), units=[7, 8, 9])
    assert design.strata_labels(["North"], ["8", "9", "7"]) == ("North", "North, certainty 7")
    assert design.strata_labels(["North"]) == ("North", "North, certainty")
    assert design.notes[0] == (
        "units taken with certainty, each a stratum of its own that adds nothing at its stage: 1"
    )
    first = design.stages[0]
    assert (first.stratum.size - first.sampled.size, design.degrees_of_freedom) == (1, None)


@pytest.mark.parametrize("method", ["brewer", "overton", "hartley-rao"])
def test_certainty_units_set_apart_by_hand_or_by_themselves_are_the_same(method: Any) -> None:
    p, z = [1.0, 0.5, 0.25, 0.3], [90.0, 4.0, 8.0, 5.0]
    apart = one_stage(p, PPS("p", method=method))
    by_hand = one_stage(p, PPS("p", method=method, certainty="together"), strata=[2, 1, 1, 1])
    assert variance(apart, z) == pytest.approx(variance(by_hand, z), rel=1e-12)


def test_strata_taken_whole_add_nothing_in_designs_with_equal_probabilities() -> None:
    # fpc of the first stratum is its sample: 1 − f = 0
    stages = make_stages(np.array([0, 0, 1, 1]), [np.arange(4)], [np.array([2.0, 2.0, 20.0, 20.0])], ["record"])
    scores = Triplets(np.arange(4), np.zeros(4, dtype=np.intp), np.array([5.0, 90.0, 1.0, 3.0]), distinct=True)
    (matrix,) = by_stage(scores, 1, stages)
    assert Scores(stages[0], matrix, "fail", False).variances().tolist() == pytest.approx([0.9 * 2 * 2])


def test_records_of_a_unit_go_apart_together() -> None:
    stratum, parent, certain = set_apart(
        np.array([0, 0, 0, 1]), np.array([3, 3, 4, 3]), np.array([True, True, False, False])
    )
    assert stratum.tolist() == [1, 1, 0, 2]
    assert (parent.tolist(), certain.tolist()) == ([0, 0, 1], [False, True, False])


# stages ---------------------------------------------------------------------------------------------------------------


def test_stage_below_adds_the_probability_times_its_own_variance() -> None:
    # two villages, p 1/2 and 1/4; in each 2 of 4 households; scores by household
    z = np.array([1.0, 3.0, 2.0, 6.0])
    drawn = Drawn(PPS("p"), np.array([0.5, 0.5, 0.25, 0.25]))
    units = [np.array([0, 0, 1, 1]), np.arange(4)]
    design = unequal_design(np.zeros(4, dtype=np.intp), units, [drawn, np.full(4, 4.0)], ["village", "household"])
    first = 2 * (0.5 * (4 - 6) ** 2 + 0.75 * (8 - 6) ** 2)
    second = 0.5 * (1 - 0.5) * 2 * (1 + 1) + 0.25 * (1 - 0.5) * 2 * (4 + 4)
    assert variance(design, z) == pytest.approx(first + second)
    assert design.weight.tolist() == [4.0, 4.0, 8.0, 8.0]
    assert design.complete


def test_second_stage_may_be_drawn_by_size_too() -> None:
    z = np.array([1.0, 3.0, 2.0, 6.0])
    first, second = Drawn(PPS("p"), np.array([0.5, 0.5, 0.25, 0.25])), Drawn(PPS("q"), np.array([0.5, 0.2, 1.0, 0.4]))
    units = [np.array([0, 0, 1, 1]), np.arange(4)]
    design = unequal_design(np.zeros(4, dtype=np.intp), units, [first, second], ["village", "household"])
    # village 1: 2/1·(0.5·1 + 0.8·1); village 2: one household is certain and the other alone
    own = 10 + 0.5 * 2 * 1.3
    assert variance(design, z, "certainty") == pytest.approx(own)
    assert variance(design, z, "adjust") == pytest.approx(own + 0.25 * 0.6 * 36)
    with pytest.raises(DesignError, match="at stage 2, 1 strata have one unit drawn with unequal probabilities"):
        variance(design, z)


def test_later_stage_without_sizes_counts_as_drawn_with_replacement() -> None:
    drawn = Drawn(PPS("p"), np.array([0.5, 0.5, 0.25, 0.25]))
    units = [np.array([0, 0, 1, 1]), np.arange(4)]
    design = unequal_design(np.zeros(4, dtype=np.intp), units, [drawn, None], ["village", "household"])
    assert variance(design, [1.0, 3.0, 2.0, 6.0]) == pytest.approx(10 + 0.5 * 2 * 2 + 0.25 * 2 * 8)
    assert not design.complete
    assert design.weight.tolist() == [1.0] * 4


def test_complaint_about_a_later_stage_names_that_stage() -> None:
    drawn = Drawn(PPS("p"), np.array([0.5, 0.5, 0.25, 0.25]))
    units = [np.array([0, 0, 1, 1]), np.arange(4)]
    with pytest.raises(DesignError, match=r"fpc of stage 2 \(household\) is smaller than the sample"):
        unequal_design(np.zeros(4, dtype=np.intp), units, [drawn, np.full(4, 1.5)], ["village", "household"])


def test_large_stratum_costs_what_its_units_cost() -> None:
    n = 100_000
    design = one_stage(np.linspace(0.001, 0.9, n), METHODS["hr_ht"])
    block = spread(design, np.ones(n)).blocks[0]
    form: Any = block.stage
    assert form.sums.nnz + form.middle.nnz < 5 * n
    assert np.isfinite(block.variances()).all()


# one unit -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*METHODS])
def test_lonely_unit_is_refused_or_treated_by_the_rule(name: str) -> None:
    pps = METHODS[name]
    squares = [0.3] * 3 if pps.sum_squares is not None else None
    design = one_stage([0.5, 0.25, 0.2], pps, strata=[1, 1, 2], squares=squares)
    pair = one_stage([0.5, 0.25], pps, squares=squares and squares[:2])
    for rule in ("fail", "average"):
        with pytest.raises(DesignError, match="one unit drawn with unequal probabilities"):
            variance(design, [4, 8, 5], rule)
    assert variance(design, [4, 8, 5], "certainty") == pytest.approx(variance(pair, [4, 8]))
    assert variance(design, [4, 8, 5], "adjust") == pytest.approx(variance(pair, [4, 8]) + 0.8 * 25)


def test_lonely_unit_of_given_pairs_follows_the_rule() -> None:
    joint = np.array([[0.5, 0.1, 0.1], [0.1, 0.25, 0.05], [0.1, 0.05, 0.2]])
    design = one_stage([0.5, 0.25, 0.2], PPS("p", joint=joint), strata=[1, 1, 2])
    assert variance(design, [4, 8, 5], "certainty") == pytest.approx(4)
    assert variance(design, [4, 8, 5], "adjust") == pytest.approx(4 + 0.8 * 25)


# joint probabilities --------------------------------------------------------------------------------------------------

JOINT = np.array([[0.5, 0.1, 0.2], [0.1, 0.25, 0.05], [0.2, 0.05, 0.4]])


def test_array_is_in_the_order_of_the_first_records() -> None:
    # units 9, 3, 5 in the data; codes sort them 3, 5, 9
    design = one_stage([0.5, 0.25, 0.4], PPS("p", joint=JOINT), units=[9, 3, 5])
    delta = 1 - np.outer([0.5, 0.25, 0.4], [0.5, 0.25, 0.4]) / JOINT
    z = [4.0, 8.0, 5.0]
    expected = -sum(delta[i, j] * (z[i] - z[j]) ** 2 for i, j in combinations(range(3), 2))
    assert variance(design, z) == pytest.approx(expected)


def test_frame_names_the_units_in_any_order() -> None:
    named = pd.DataFrame(JOINT, index=[9, 3, 5], columns=[9, 3, 5]).loc[[3, 5, 9], [5, 9, 3]]
    by_name = one_stage([0.5, 0.25, 0.4], PPS("p", joint=named), units=[9, 3, 5])
    by_place = one_stage([0.5, 0.25, 0.4], PPS("p", joint=JOINT), units=[9, 3, 5])
    assert variance(by_name, [4, 8, 5]) == pytest.approx(variance(by_place, [4, 8, 5]))


@pytest.mark.parametrize(
    ("joint", "message"),
    [
        (JOINT[:2, :2], r"each of the 3 PSUs of the sample; found shape \(2, 2\)"),
        ("p_joint", "square array of numbers"),
        (np.diag([0.5, 0.25, 0.4]), "3 pairs of PSUs have the joint probability 0"),
        (JOINT + np.diag([0.1, 0, 0]), "not the given one in 1 of 3 PSUs"),
        (np.where(JOINT == 0.1, np.nan, JOINT), r"missing values: 2"),
        (JOINT + np.triu(np.full((3, 3), 0.01), 1), "joint= is symmetric"),
        (np.where(JOINT == 0.1, 0.3, JOINT), "1 pairs of PSUs have a joint probability above"),
        (pd.DataFrame(JOINT, index=[1, 2, 3], columns=[1, 2, 3]), r"2 of 3 PSUs are not there \(first: 9\)"),
    ],
)
def test_joint_probabilities_that_cannot_be_are_refused(joint: object, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        one_stage([0.5, 0.25, 0.4], PPS("p", joint=joint), units=[9, 3, 5])


def test_frame_of_pairs_wants_names_that_are_there_and_unique() -> None:
    frame = pd.DataFrame(JOINT, index=[9, 3, 5], columns=[9, 3, 5])
    with pytest.raises(DesignError, match="give psu=, or an array"):
        one_stage([0.5, 0.25, 0.4], PPS("p", joint=frame))
    with pytest.raises(DesignError, match="PSU numbers are reused across strata"):
        one_stage([0.5, 0.25, 0.4], PPS("p", joint=frame), units=[9, 9, 5], strata=[1, 2, 2])


def test_pairs_of_a_later_stage_are_refused() -> None:
    drawn = Drawn(PPS("p"), np.array([0.5, 0.25, 0.4]))
    second = Drawn(PPS("p", joint=JOINT), np.array([0.5, 0.25, 0.4]))
    units = [np.arange(3), np.arange(3)]
    with pytest.raises(DesignError, match="joint= is of the first stage; found it at stage 2"):
        unequal_design(np.zeros(3, dtype=np.intp), units, [drawn, second], ["village", "household"])


# words ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "HR"}, "'HR' is called 'hartley-rao' here"),
        ({"method": "brewr"}, "nearest: 'brewer'"),
        ({"variance": "YG"}, "'YG' is called 'yates-grundy' here"),
        ({"certainty": "alone"}, "certainty of PPS is one of 'apart', 'together'"),
        ({"method": "joint"}, "found no joint="),
        ({"method": "overton", "joint": JOINT}, "found method='overton' with joint="),
        ({"variance": HT}, "method='brewer' is a formula of its own"),
        ({"sum_squares": 0.3}, "sum_squares= is of method='hartley-rao'"),
    ],
)
def test_words_that_do_not_fit_are_refused(options: Any, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        PPS("p", **options)


@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([0.5, np.nan, 0.25], r"'p' is the probability of a unit, but is missing in 1 of 3"),
        ([0.5, 12.0, 0.25], "found other values in 1 of 3 records"),
        ([0.5, 0.0, 0.25], "above 0 and at most 1"),
    ],
)
def test_probability_that_is_none_is_refused(p: Any, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        one_stage(p, PPS("p"))


def test_probability_is_one_number_for_each_unit() -> None:
    with pytest.raises(DesignError, match=r"'p' takes different values inside 1 units"):
        one_stage([0.5, 0.4, 0.25], PPS("p"), units=[1, 1, 2])
    with pytest.raises(DesignError, match=r"'sum_squares' takes different values inside 1 strata"):
        one_stage([0.5, 0.4], METHODS["hr_given_yg"], squares=[0.3, 0.4])


def test_word_says_what_is_done() -> None:
    assert str(PPS("n * size / total")) == "PPS n * size / total (brewer)"
    assert str(METHODS["overton_ht"]) == "PPS p (overton, horvitz-thompson)"
    assert repr(PPS("p", joint=JOINT)) == "PPS('p', method='joint', variance='yates-grundy')"
    assert one_stage([0.5, 0.25], PPS("p")).notes == (
        "stage 1 was drawn with unequal probabilities without replacement: PPS p (brewer)",
    )
