"""One statistic on one partition: its values, scores and moments, from six records in view."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import childdata as cd
from childdata.expression import parse
from childdata.survey.columns import Columns, Records
from childdata.survey.domains import Partition, Rows
from childdata.survey.measure import Piece, measure
from childdata.survey.reduce import Grouped, Pairs
from childdata.survey.seen import Seen
from childdata.survey.statistic import Statistic, Total
from childdata.survey.sums import Basis, Measured, Used

DATA = {
    "y": [1.0, 2.0, 3.0, None, 5.0, 7.0],
    "x": [2.0, 1.0, 1.0, 1.0, 4.0, 2.0],
    "g": ["a", "b", "a", "a", "b", "b"],
}
WEIGHT = np.array([1.0, 2.0, 1.0, 3.0, 1.0, 0.0])
UNIT = np.array([0, 0, 1, 1, 2, 2])
WHOLE = Rows((), np.array([0]), ((),))


def columns_of(statistic: Statistic) -> Columns:
    return Columns.of(Records.of(DATA), list(statistic.expressions()))


def measured(statistic: Statistic, cell: np.ndarray | None = None, cells: int = 1) -> Measured:
    made = Partition(np.zeros(6, dtype=int) if cell is None else cell, cells, ())
    basis = Basis.of([item.node for item in statistic.items], columns_of(statistic))
    return Measured.of(basis, Used.of(Pairs.of(UNIT, 3, made), basis.known, WEIGHT))


def piece(statistic: Statistic, cell: np.ndarray | None = None, rows: Rows = WHOLE) -> Piece:
    cells = rows.row_of_cell.size
    one = measured(statistic, cell, cells)

    def nothing(*_: object) -> None:
        raise AssertionError("a smooth statistic takes nothing from the whole survey")

    seen = Seen(Grouped.of(one.pairs, rows), one, columns_of(statistic), nothing, None)  # type: ignore[arg-type]
    return measure(statistic.items[0].node, seen)


def test_records_count_where_the_value_is_known_and_the_weight_positive() -> None:
    one = measured(cd.mean("y"))
    assert one.count.tolist() == [2, 1, 1]
    assert one.ones.tolist() == [3, 1, 1]


def test_total_by_hand() -> None:
    found = piece(cd.total("y"))
    assert found.value.tolist() == [1 + 4 + 3 + 5]
    assert found.score.tolist() == pytest.approx([5, 3, 5])
    # Σ w (y - 2.6)² and Σ w y, what the variance under simple random sampling is made of
    assert found.scatter.item() == pytest.approx(1.6**2 + 2 * 0.6**2 + 0.4**2 + 2.4**2)
    assert found.first.item() == pytest.approx(13)


def test_mean_by_hand() -> None:
    found = piece(cd.mean("y"))
    assert found.value.tolist() == [pytest.approx(13 / 5)]
    # Σ w (y - 2.6) / 5 by unit: (-1.6 - 1.2)/5, 0.4/5, 2.4/5
    assert found.score.tolist() == pytest.approx([-0.56, 0.08, 0.48])
    assert found.first.item() == pytest.approx(0, abs=1e-15)
    assert found.scatter.item() == pytest.approx((1.6**2 + 2 * 0.6**2 + 0.4**2 + 2.4**2) / 25)


def test_ratio_by_hand() -> None:
    found = piece(cd.ratio("y", "x"))
    # X = 2 + 2 + 1 + 4 = 9 over the records where y is known too; R = 13/9
    ratio = 13 / 9
    assert found.value.tolist() == [pytest.approx(ratio)]
    by_record = [1 - 2 * ratio, 2 * (2 - ratio), 3 - ratio, 5 - 4 * ratio]
    assert found.score.tolist() == pytest.approx(
        [(by_record[0] + by_record[1]) / 9, by_record[2] / 9, by_record[3] / 9]
    )


def test_rows_of_a_grouping_are_measured_apart() -> None:
    cell = np.array([0, 1, 0, 0, 1, 1])
    found = piece(cd.mean("y"), cell, Rows(("g",), np.array([0, 1]), (("a",), ("b",))))
    assert found.value.tolist() == [pytest.approx(4 / 2), pytest.approx((4 + 5) / 3)]
    margin = piece(cd.mean("y"), cell, Rows((), np.array([0, 0]), ((),)))
    assert margin.value.tolist() == [pytest.approx(13 / 5)]


def test_a_ratio_to_nothing_does_not_exist_and_has_no_influence() -> None:
    found = piece(cd.ratio("y", "x - x"))
    assert np.isnan(found.value.item())
    assert np.isfinite(found.score).all()


def test_the_constant_one_is_not_stored() -> None:
    basis = measured(cd.mean("y + 10")).basis
    assert basis.values[Total(parse(1))] is None
    assert basis.shift[Total(parse("y + 10"))] == 14.0  # 13.6, rounded


def test_a_constant_that_is_not_one_is_a_total_like_others() -> None:
    assert piece(cd.total(3)).value.item() == 3 * WEIGHT.sum()


def test_a_shift_changes_no_result() -> None:
    plain, raised = piece(cd.mean("y")), piece(cd.mean("y + 1000"))
    assert raised.value - 1000 == pytest.approx(plain.value, rel=1e-12)
    assert raised.score == pytest.approx(plain.score, rel=1e-9)
    assert raised.scatter == pytest.approx(plain.scatter, rel=1e-9)


def test_a_category_is_counted_as_ones() -> None:
    statistic = cd.proportion("g").with_categories(("a", "b"))
    found = piece(statistic)
    assert found.value.tolist() == [pytest.approx((1 + 1 + 3) / 8)]


def test_a_constant_has_no_scatter() -> None:
    assert piece(cd.total("0.1 + 0 * x")).scatter.item() == 0
    assert piece(cd.count()).scatter.item() == 0


CONSTANT = pl.DataFrame({
    "y": [3.7] * 60, "small": [0.1] * 60, "x": [1.0 + k % 7 / 3 for k in range(60)],
    "w": [1.1 + k % 5 / 7 for k in range(60)], "equal": [1.1] * 60,
    "p": [k // 5 for k in range(60)], "g": [k % 3 for k in range(60)],
}).with_columns(twice=2 * pl.col("x"))  # fmt: skip


@pytest.mark.parametrize("convention", ["childdata", "stata"])
@pytest.mark.parametrize("weight", ["w", "equal"])
@pytest.mark.parametrize("place", ["memory", "engine", "calibrated"])
def test_an_influence_that_does_not_vary_has_no_design_effect(place: str, weight: str, convention: Any) -> None:
    data = CONSTANT.lazy() if place == "engine" else CONSTANT
    survey = cd.Survey(data, weight=weight, psu="p")
    if place == "calibrated":
        survey = cd.poststratify(survey, "g", {0: 30, 1: 35, 2: 25})
    statistics = [
        cd.mean("y"), cd.total("y"), cd.mean("small"), cd.total("small"), cd.ratio("y", "small"),
        cd.ratio("twice", "x"), cd.median("y"), cd.gini("y"), cd.gini("small"), cd.variance("y"),
    ]  # fmt: skip
    frame = survey.estimate(statistics, convention=convention).to_frame()
    # 0/0, be the standard error that of the weights alone, 0, or what rounding makes of 0
    assert frame["deff"].isna().all()
    assert frame["deft"].isna().all()
    # a total in a domain varies with who is in it, a mean does not
    inside = survey.estimate([cd.mean("y"), cd.total("y")], by="g", convention=convention).to_frame()
    means = (inside["statistic"] == "mean(y)").to_numpy()
    assert inside.loc[means, "deff"].isna().all()
    assert inside.loc[~means, "deff"].isna().all() == (convention == "childdata")


def test_a_million_equal_influences_have_no_scatter() -> None:
    # the sum of a million tenths is off by 1e-11 of itself, and so is their mean
    data = {"y": np.full(1_000_000, 0.1), "g": np.arange(1_000_000) % 2, "p": np.arange(1_000_000) // 1000}
    survey = cd.poststratify(cd.Survey(data, psu="p"), "g", {0: 3.0e5, 1: 7.0e5})
    assert survey.estimate(cd.total("y"), by="g").to_frame()["deff"].isna().all()


def test_moments_are_kept_by_pair_of_expressions() -> None:
    one = measured(cd.ratio("y", "x"))
    y, x = Total(parse("y")), Total(parse("x"))
    shift_y, shift_x = one.basis.shift[y], one.basis.shift[x]
    wanted = sum(w * (a - shift_y) * (b - shift_x) for w, a, b in [(1, 1, 2), (2, 2, 1), (1, 3, 1), (1, 5, 4)])
    assert one.moment(y, x).item() == pytest.approx(wanted)
    assert one.moment(y, None).item() == pytest.approx(13 - 5 * shift_y)
    assert one.moment(None, None).item() == 5
