"""Hadamard matrices: by hand, by their definition, and which orders there are."""

from __future__ import annotations

import numpy as np
import pytest

from childdata.survey.hadamard import available_order, hadamard

ORDERS = [order for order in range(4, 1001, 4) if available_order(order) == order]


def test_doubling_by_hand() -> None:
    # [[1, 1], [1, -1]] twice: [[H, H], [H, -H]]
    assert hadamard(1).tolist() == [[1]]
    assert hadamard(2).tolist() == [[1, 1], [1, -1]]
    assert hadamard(4).tolist() == [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]


def test_rows_are_orthogonal_in_every_order_up_to_a_thousand() -> None:
    for order in ORDERS:
        matrix = hadamard(order).astype(np.float64)
        assert matrix.shape == (order, order)
        assert np.array_equal(matrix @ matrix.T, order * np.eye(order)), order


def test_first_row_and_first_column_are_ones_so_that_every_other_row_has_as_many_plus_as_minus() -> None:
    for order in ORDERS[:60]:
        matrix = hadamard(order)
        assert (matrix[0] == 1).all()
        assert (matrix[:, 0] == 1).all()
        assert (matrix[1:].sum(axis=1) == 0).all()


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (12, "Paley I, 11 = 3 mod 4"),
        (28, "Paley I over the field of 27"),
        (36, "Paley II, 17 = 1 mod 4"),
        (52, "Paley II over the field of 25"),
        (100, "Paley II over the field of 49"),
        (244, "Paley I over the field of 243"),
        (400, "a product, 20 times 20"),
    ],
)
def test_orders_that_doubling_cannot_reach(order: int, why: str) -> None:
    assert available_order(order) == order, why


def test_the_next_order_is_taken_where_none_of_the_constructions_fits() -> None:
    # of order 92 there is a matrix (Williamson), but not by these constructions
    assert [available_order(least) for least in (1, 2, 3, 5, 13, 92, 996)] == [1, 2, 4, 8, 16, 96, 1000]
    assert len(ORDERS) == 195


def test_an_order_that_cannot_be_made_names_the_next() -> None:
    with pytest.raises(ValueError, match="order 92; next: 96"):
        hadamard(92)
