"""Which rows are hidden for their own sake."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from childdata.table.alone import is_few, judged, too_few, uniform
from childdata.table.disclosure import conceal
from childdata.table.policy import Disclosure

RULE = Disclosure(complementary=False)


def rows_of(estimate: list[float], n: list[int], **more: object) -> pd.DataFrame:
    """Rows of an amount in cells `a`, `b` ...; weights are 1.2 each."""
    columns: dict[str, object] = {"statistic": "total(x == 1)", "region": list("abcdefgh"[: len(n)])}
    columns |= {"estimate": estimate, "se": 1.0, "n": n, "n_weighted": [1.2 * count for count in n], "scale": "amount"}
    return pd.DataFrame({**columns, **more})


def test_row_is_judged_by_the_smallest_group_it_is_made_of() -> None:
    rows = rows_of([0.5, 0.5, 0.5], [400, 400, 20], n_least=[3, 30, 20])
    assert judged(rows).tolist() == [3, 30, 20]
    assert is_few(rows, 5).tolist() == [True, False, False]
    assert too_few(rows, RULE).tolist() == [True, False, True]


def test_counts_of_a_row_that_rests_on_a_few_records_somewhere_are_hidden_but_not_told_to_be_few() -> None:
    concealed = conceal(rows_of([0.5, 0.5], [400, 3], n_least=[3, 3], psus=9), ["region"], RULE)
    assert concealed[["n", "n_weighted", "psus"]].isna().all(axis=None)
    assert concealed["count_state"].tolist() == ["suppressed", "few"]


def test_total_that_is_the_weighted_count_of_a_small_cell_tells_about_everybody() -> None:
    # 37 records of 1.2 each: all of them say yes. The same total in 60 records may be shown.
    rows = rows_of([44.4, 30.0, 72.0, 100.0], [37, 40, 60, 200])
    assert too_few(rows, RULE).tolist() == [True, False, False, False]


def test_weighted_count_itself_tells_nothing_in_a_small_cell() -> None:
    rows = rows_of([44.4, 240.0], [37, 200], statistic="count()")
    assert not too_few(rows, RULE).any()
    assert not too_few(rows.assign(uniform=True), RULE).any()


def test_total_in_small_cells_alone_is_not_taken_for_a_count() -> None:
    assert too_few(rows_of([44.4], [37]), RULE).tolist() == [True]


@pytest.mark.parametrize("value", [0.0, 1.0, 100.0])
def test_value_without_spread_in_a_small_cell_tells_about_everybody(value: float) -> None:
    rows = rows_of([value, value, value], [37, 37, 50], se=[0.0, 0.2, 0.0], statistic="mean(x)")
    assert too_few(rows, RULE).tolist() == [True, False, False]
    # Standard errors are zero but for rounding.
    rounded = rows_of([1.0], [37], se=[3e-17], scale="index", statistic="total(x == 1) / count()")
    assert too_few(rounded, RULE).tolist() == [True]


def test_quantile_without_spread_is_only_a_value_that_many_have() -> None:
    rows = rows_of([2.0], [37], se=[0.0], statistic="median(x)", n_beyond=[18.5])
    assert not too_few(rows, RULE).any()
    by_item = rows.drop(columns="n_beyond").assign(item=pd.Series([0.5], dtype=object), statistic="spread")
    assert not too_few(by_item, RULE).any()


def test_what_is_made_of_a_share_at_an_end_is_hidden_with_it() -> None:
    rows = rows_of([60.0, 60.0], [37, 37], scale="index", uniform=[True, False])
    assert uniform(rows, RULE).tolist() == [True, False]
    assert too_few(rows, RULE).tolist() == [True, False]


def test_quantile_tells_how_many_records_are_beyond_it() -> None:
    rows = rows_of([5.0, 5.0, 5.0], [400, 400, 400], n_beyond=[4.0, 5.0, np.nan])
    assert too_few(rows, RULE).tolist() == [True, False, False]
