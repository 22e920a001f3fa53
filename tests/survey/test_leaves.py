"""The ranked leaves by hand, against sums over all pairs, and against numeric derivatives by weight and by line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from childdata.errors import LineError
from childdata.expression import Expression, parse
from childdata.survey.leaves import GapRankSum, OrderSum, PartialSum, PoorRankSum, RankSum, SumBelow, is_below
from childdata.survey.sample import Sample
from childdata.survey.statistic import Constant, Total

Floats = NDArray[np.float64]
Y, X = parse("y"), parse("x")
ESTIMATED = Total(parse(1))  # stands for a line that is a tree; the tests hand over its value


def sample_of(y: Any, weight: Any, *, x: Any = None, row: Any = None, rows: int = 1) -> Sample:
    """A sample whose expressions are y and x."""
    y, weight = np.asarray(y, dtype=float), np.asarray(weight, dtype=float)
    columns = {"y": y, "x": y if x is None else np.asarray(x, dtype=float)}
    place = np.arange(y.size)
    where = np.zeros(y.size, dtype=np.intp) if row is None else np.asarray(row)

    def column(expression: Expression) -> Floats:
        return columns[expression.text]

    return Sample.of(y, weight, where, rows, place, column)


@pytest.fixture
def drawn() -> tuple[Floats, Floats, Floats]:
    """Twenty-five records with ties and a zero: y, x, weight."""
    chance = np.random.default_rng(5)
    y = np.round(chance.lognormal(1.5, 0.7, 25), 0)
    return y, chance.uniform(0, 5, 25), chance.uniform(0.5, 4, 25)


def by_weight(leaf: Any, y: Floats, x: Floats, weight: Floats, *parameters: Floats) -> Floats:
    """∂value/∂w of each record, in the order given, by central differences."""
    result = np.empty(y.size)
    for k in range(y.size):
        step = np.zeros(y.size)
        step[k] = 1e-4 * weight[k]
        ends = [leaf.value(sample_of(y, weight + sign * step, x=x), *parameters)[0] for sign in (1, -1)]
        result[k] = (ends[0] - ends[1]) / (2 * step[k])
    return result


def influence_of(leaf: Any, y: Floats, x: Floats, weight: Floats, *parameters: Floats) -> Floats:
    sample = sample_of(y, weight, x=x)
    result = np.empty(y.size)
    result[sample.place] = leaf.solve(sample, *parameters).influence
    return result


def same_as_numeric(leaf: Any, drawn: tuple[Floats, Floats, Floats], *parameters: Floats) -> None:
    y, x, weight = drawn
    found, numeric = influence_of(leaf, y, x, weight, *parameters), by_weight(leaf, y, x, weight, *parameters)
    np.testing.assert_allclose(found, numeric, rtol=1e-7, atol=1e-7 * np.abs(numeric).max())


def test_rank_sum_by_hand() -> None:
    # y 1, 3, 3 with weights 1, 2, 1: R = 4, 3 (the two are one tie of weight 3), so 1(16 − 9) + 3(9 − 0) = 34
    sample = sample_of([3, 1, 3], [2, 1, 1])
    solved = RankSum(Y, Y).solve(sample)
    assert solved.value.tolist() == [34]
    # ∂: for y = 1, 2·1·4 = 8; for y = 3, 2[1(4 − 3) + 3·3] = 20
    assert solved.influence.tolist() == [8, 20, 20]
    # and by the weights they add up to twice the value, as T grows with the square: 8 + 2·20 + 20 = 68
    assert (sample.weight * solved.influence).sum() == 68


def test_gini_from_a_rank_sum_is_that_of_all_pairs(drawn: tuple[Floats, Floats, Floats]) -> None:
    y, _, weight = drawn
    value = RankSum(Y, Y).value(sample_of(y, weight))[0]
    size, total = weight.sum(), (weight * y).sum()
    pairs = (np.outer(weight, weight) * np.abs(y[:, None] - y)).sum()
    assert 1 - value / (size * total) == pytest.approx(pairs / (2 * size * total), rel=1e-13)


def test_concentration_from_a_rank_sum_is_that_of_all_pairs(drawn: tuple[Floats, Floats, Floats]) -> None:
    y, x, weight = drawn
    value = RankSum(X, Y).value(sample_of(y, weight, x=x))[0]
    size, total = weight.sum(), (weight * x).sum()
    pairs = (np.outer(weight, weight) * (x[:, None] - x) * np.sign(y[:, None] - y)).sum()
    assert 1 - value / (size * total) == pytest.approx(pairs / (2 * size * total), rel=1e-12)


@pytest.mark.parametrize("nu", [1.5, 2.0, 3.0, 5.0])
def test_rank_sum_has_its_derivative(drawn: tuple[Floats, Floats, Floats], nu: float) -> None:
    same_as_numeric(RankSum(Y, Y, nu), drawn)
    same_as_numeric(RankSum(X, Y, nu), drawn)


def test_rank_sum_grows_with_the_power_of_the_weights(drawn: tuple[Floats, Floats, Floats]) -> None:
    y, x, weight = drawn
    for nu in (1.5, 3.0):
        once, thrice = (RankSum(X, Y, nu).value(sample_of(y, c * weight, x=x))[0] for c in (1, 3))
        assert thrice == pytest.approx(3**nu * once, rel=1e-13)


def test_ranks_start_anew_in_each_row() -> None:
    together = RankSum(Y, Y).solve(sample_of([1, 2, 5, 7, 1], [1, 2, 1, 3, 1], row=[0, 1, 0, 1, 1], rows=3))
    first, second = RankSum(Y, Y).solve(sample_of([1, 5], [1, 1])), RankSum(Y, Y).solve(sample_of([1, 2, 7], [1, 2, 3]))
    assert together.value.tolist() == [first.value[0], second.value[0], 0]
    np.testing.assert_array_equal(together.influence, np.concatenate([first.influence, second.influence]))


def test_a_record_of_weight_zero_changes_nothing() -> None:
    with_it, without = sample_of([1, 4, 9, 4], [1, 2, 1, 0]), sample_of([1, 4, 9], [1, 2, 1])
    leaves: list[tuple[Any, tuple[Floats, ...]]] = [
        (RankSum(Y, Y), ()),
        (OrderSum(Y, Y), ()),
        (PartialSum(Y, Y, 0.3), ()),
    ]
    leaves += [(PoorRankSum(Y, ESTIMATED), (np.array([5.0]),)), (GapRankSum(Y, ESTIMATED), (np.array([5.0]),))]
    for leaf, line in leaves:
        assert leaf.value(with_it, *line) == pytest.approx(leaf.value(without, *line)), leaf
        assert np.isfinite(leaf.solve(with_it, *line).influence).all()


def test_order_sum_by_hand_and_by_derivative(drawn: tuple[Floats, Floats, Floats]) -> None:
    # c = 1, 3, 4: 1·1·1 + 2·2·3 + 1·5·4 = 33
    assert OrderSum(Y, Y).value(sample_of([1, 2, 5], [1, 2, 1])).tolist() == [33]
    y, x, weight = drawn
    distinct = y + np.linspace(0, 0.5, y.size)  # among ties the influence depends on their order, their sum does not
    leaf = OrderSum(X, Y)
    found, numeric = influence_of(leaf, distinct, x, weight), by_weight(leaf, distinct, x, weight)
    np.testing.assert_allclose(found, numeric, rtol=1e-7)


def test_partial_sum_by_hand() -> None:
    # of four persons with 1, 2, 3, 10 the lowest three eighths are the first and half of the second: 1 + 1 = 2
    sample = sample_of([10, 1, 3, 2], [1, 1, 1, 1])
    assert PartialSum(Y, Y, 0.375).value(sample).tolist() == [2]
    assert PartialSum(Y, Y, 0.375, "step").value(sample).tolist() == [3]
    # influence (y − q)[y ≤ q] + p q with q = 2: 1 − 2 + 0.75, then 0.75 for the others
    assert PartialSum(Y, Y, 0.375).solve(sample).influence.tolist() == [-0.25, 0.75, 0.75, 0.75]


def test_partial_sum_takes_the_same_part_of_each_tied_record() -> None:
    # half of four persons: the one at 10, and one third of x of the three at 20, whoever comes first in the file
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        y, x = np.array([10.0, 20, 20, 20])[order], np.array([1.0, 6, 0, 3])[order]
        assert PartialSum(X, Y, 0.5).value(sample_of(y, [1, 1, 1, 1], x=x))[0] == pytest.approx(1 + 9 / 3)


@pytest.mark.parametrize("p", [0.137, 0.5, 0.92])
def test_partial_sum_has_its_derivative(drawn: tuple[Floats, Floats, Floats], p: float) -> None:
    same_as_numeric(PartialSum(Y, Y, p), drawn)
    same_as_numeric(PartialSum(X, Y, p), drawn)


def test_partial_sum_is_homogeneous(drawn: tuple[Floats, Floats, Floats]) -> None:
    y, x, weight = drawn
    for leaf in (PartialSum(X, Y, 0.4), PartialSum(Y, Y, 0.4)):
        influence = influence_of(leaf, y, x, weight)
        assert (weight * influence).sum() == pytest.approx(leaf.value(sample_of(y, weight, x=x))[0], rel=1e-12)


def test_partial_sum_with_the_middle_of_two_values_on_a_tie() -> None:
    # F(2) is exactly one half: the sum is the same, the quantile in the influence is (2 + 3)/2
    sample = sample_of([1, 2, 3, 10], [1, 1, 1, 1])
    lower, middle = (PartialSum(Y, Y, 0.5, "step", rule).solve(sample) for rule in ("hf1", "hf2"))  # type: ignore[arg-type]
    assert lower.value.tolist() == middle.value.tolist() == [3]
    assert lower.influence.tolist() == [1 - 2 + 1, 1, 1, 1]
    assert middle.influence.tolist() == [1 - 2.5 + 1.25, 2 - 2.5 + 1.25, 1.25, 1.25]


def test_partial_sum_with_a_kernel_has_the_mean_near_the_quantile() -> None:
    # a bandwidth so narrow that only the quantile itself is near: the same as without
    y, weight = [1.0, 2, 3, 10], [1.0, 1, 1, 1]
    narrow = PartialSum(Y, Y, 0.5, "step", bandwidth=1e-3).solve(sample_of(y, weight))
    np.testing.assert_allclose(narrow.influence, PartialSum(Y, Y, 0.5, "step").solve(sample_of(y, weight)).influence)
    # so wide that all are near alike: the mean 4 stands in the place of 2
    wide = PartialSum(Y, Y, 0.5, "step", bandwidth=1e6).solve(sample_of(y, weight))
    np.testing.assert_allclose(wide.influence, [1 - 4 / 2, 2 - 4 / 2, 4 / 2, 4 / 2], atol=1e-9)


def test_partial_sum_of_nothing_is_unknown() -> None:
    solved = PartialSum(Y, Y, 0.5).solve(sample_of([1, 2], [1, 1], row=[0, 0], rows=2))
    assert solved.value[0] == 1
    assert np.isnan(solved.value[1])
    assert np.isnan(PartialSum(Y, Y, 0.5, bandwidth=1.0).solve(sample_of([], [])).value[0])


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 2.0, 3.5])
def test_sum_below_by_hand(alpha: float) -> None:
    # gaps at z = 10 of 2, 5, 10, 12: 0.8 and 0.5; who is at 10 is on the line
    sample = sample_of([2, 5, 10, 12], [1, 2, 3, 4])
    value = SumBelow(Y, ESTIMATED, alpha).value(sample, np.array([10.0]))[0]
    assert value == pytest.approx(0.8**alpha + 2 * 0.5**alpha)
    at = SumBelow(Y, ESTIMATED, alpha, "fgt", "<=").value(sample, np.array([10.0]))[0]
    assert at == pytest.approx(value + (3 if alpha == 0 else 0))
    assert SumBelow(Y, ESTIMATED, kind="watts").value(sample, np.array([10.0]))[0] == pytest.approx(
        np.log(5) + 2 * np.log(2)
    )


LINED: list[Callable[[], Any]] = [
    lambda: SumBelow(Y, ESTIMATED, 1.0),
    lambda: SumBelow(Y, ESTIMATED, 2.0),
    lambda: GapRankSum(Y, ESTIMATED),
]


@pytest.mark.parametrize("make", LINED)
def test_gaps_have_their_derivative_by_weight_and_by_line(
    drawn: tuple[Floats, Floats, Floats], make: Callable[[], Any]
) -> None:
    leaf, (y, _, weight) = make(), drawn
    z = np.array([5.3])
    same_as_numeric(leaf, drawn, z)
    sample = sample_of(y, weight)
    (slope,) = leaf.solve(sample, z).slopes
    numeric = (leaf.value(sample, z + 1e-5) - leaf.value(sample, z - 1e-5)) / 2e-5
    np.testing.assert_allclose(slope, numeric, rtol=1e-8)


def test_watts_has_its_derivative_by_the_line(drawn: tuple[Floats, Floats, Floats]) -> None:
    y, _, weight = drawn
    positive = sample_of(y[y > 0], weight[y > 0])
    leaf, z = SumBelow(Y, ESTIMATED, kind="watts"), np.array([5.3])
    (slope,) = leaf.solve(positive, z).slopes
    numeric = (leaf.value(positive, z + 1e-5) - leaf.value(positive, z - 1e-5)) / 2e-5
    np.testing.assert_allclose(slope, numeric, rtol=1e-8)


def test_gap_rank_sum_is_the_rank_sum_of_the_gaps(drawn: tuple[Floats, Floats, Floats]) -> None:
    y, _, weight = drawn
    gap = np.maximum(6 - y, 0) / 6
    wanted = RankSum(Y, Y).value(sample_of(gap, weight))[0]
    assert GapRankSum(Y, Constant(6.0)).value(sample_of(y, weight), np.array([6.0]))[0] == pytest.approx(
        wanted, rel=1e-13
    )


def test_poor_rank_sum_is_the_rank_sum_of_the_poor_alone(drawn: tuple[Floats, Floats, Floats]) -> None:
    y, x, weight = drawn
    poor, z = y < 6, np.array([6.0])
    leaf = PoorRankSum(Y, Constant(6.0))
    alone = RankSum(Y, Y).solve(sample_of(y[poor], weight[poor]))
    assert leaf.value(sample_of(y, weight), z)[0] == pytest.approx(alone.value[0], rel=1e-13)
    found = leaf.solve(sample_of(y, weight), z)
    np.testing.assert_allclose(found.influence[: poor.sum()], alone.influence, rtol=1e-12)
    assert (found.influence[poor.sum() :] == 0).all()
    assert found.slopes[0].tolist() == [0]
    same_as_numeric(leaf, (y, x, weight), z)


def test_a_higher_line_takes_in_records_above_all_the_poor() -> None:
    """With very many records the sum moves with the line as its slope says: 2 Y_p for each record taken in."""
    y = np.linspace(1, 11, 200_001)
    sample, z, step = sample_of(y, np.full(y.size, 10 / y.size)), np.array([6.0]), 0.05
    for leaf in (PoorRankSum(Y, ESTIMATED, bandwidth=0.3), SumBelow(Y, ESTIMATED, 0.0, bandwidth=0.3)):
        numeric = (leaf.value(sample, z + step) - leaf.value(sample, z - step)) / (2 * step)
        np.testing.assert_allclose(leaf.solve(sample, z).slopes[0], numeric, rtol=1e-3)


def test_on_the_line_within_rounding_is_on_the_line() -> None:
    line = np.full(3, 0.3)
    assert is_below(np.array([0.1 + 0.2, 0.3 * (1 - 1e-15), 0.29]), line, "<").tolist() == [False, False, True]
    assert is_below(np.array([0.1 + 0.2, 0.3 * (1 + 1e-15), 0.31]), line, "<=").tolist() == [True, True, False]


@pytest.mark.parametrize("leaf", [SumBelow(Y, ESTIMATED), PoorRankSum(Y, ESTIMATED), GapRankSum(Y, ESTIMATED)])
def test_an_estimated_line_that_is_not_positive_is_refused(leaf: Any) -> None:
    sample = sample_of([1, 2], [1, 1], row=[0, 1], rows=2)
    with pytest.raises(LineError, match="in 1 of 2 rows"):
        leaf.solve(sample, np.array([1.0, -2.0]))


def test_a_gap_on_the_line_has_no_slope_where_alpha_is_below_one() -> None:
    leaf = SumBelow(Y, ESTIMATED, 0.5, "fgt", "<=")
    (slope,) = leaf.solve(sample_of([5, 10], [1, 1]), np.array([10.0])).slopes
    assert slope[0] == pytest.approx(0.5 * 0.5**-0.5 * 5 / 100)
