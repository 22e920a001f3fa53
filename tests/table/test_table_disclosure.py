"""What a published table may show, and that what it hides is gone."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.errors import ChilddataError
from childdata.table.disclosure import conceal
from childdata.table.policy import Disclosure, rule

Place = tuple[int, int]

MICS = rule("mics")
ALONE = Disclosure(complementary=False)


def rows_of(
    n: list[int], *, estimate: list[float] | None = None, labels: str = "abcdefgh", **more: object
) -> pd.DataFrame:
    """Rows of a share in cells `a`, `b` ..., without a total."""
    values = estimate or [0.2 + 0.01 * place for place in range(len(n))]
    columns = {
        "statistic": "stunted",
        "item": "",
        "region": list(labels[: len(n)]),
        "estimate": values,
        "se": 0.02,
        "n": n,
        "n_weighted": [1.1 * count for count in n],
        "psus": 7,
        "flag": "",
        "scale": "share",
    }
    return pd.DataFrame({**columns, **more})


def with_total(n: list[int], estimate: list[float] | None = None, **more: object) -> pd.DataFrame:
    """Rows of `rows_of` and their total, which is their weighted mean."""
    rows = rows_of(n, estimate=estimate)
    known = rows["estimate"].fillna(0)
    mean = float(np.average(known, weights=rows["n"]))
    total = rows_of([sum(n)], estimate=[mean], region=["Total"])
    return pd.concat([rows, total], ignore_index=True).assign(**more)


def test_mics_rule_hides_24_flags_25_and_49_and_shows_50() -> None:
    concealed = conceal(rows_of([24, 25, 49, 50]), ["region"], ALONE)
    assert concealed["state"].tolist() == ["suppressed", "flagged", "flagged", "shown"]
    assert concealed["estimate"].isna().tolist() == [True, False, False, False]
    assert concealed["se"].isna().tolist() == [True, False, False, False]
    assert concealed["n"].tolist() == [24, 25, 49, 50]


def test_counts_from_one_to_four_are_hidden_and_nought_is_told() -> None:
    rows = rows_of([0, 1, 4, 5], estimate=[np.nan, 0.5, 0.5, 0.5])
    concealed = conceal(rows, ["region"], ALONE)
    assert concealed["count_state"].tolist() == ["shown", "few", "few", "shown"]
    assert concealed["n"].isna().tolist() == [False, True, True, False]
    assert concealed["n_weighted"].isna().tolist() == [False, True, True, False]
    assert concealed["psus"].isna().tolist() == [False, True, True, False]
    assert concealed["state"].tolist() == ["empty", "suppressed", "suppressed", "suppressed"]


def test_counts_of_unknown_answers_are_not_published() -> None:
    rows = rows_of([100], missing=[3], missing_share=[0.03])
    assert not {"missing", "missing_share"} & set(conceal(rows, ["region"], MICS))
    assert {"missing", "missing_share"} <= set(conceal(rows, ["region"], None))


def test_smallest_other_cell_is_hidden_where_the_total_would_tell_the_one() -> None:
    concealed = conceal(with_total([3, 60, 40]), ["region"], MICS)
    assert concealed["count_state"].tolist() == ["few", "shown", "suppressed", "shown"]
    assert concealed["state"].tolist() == ["suppressed", "shown", "suppressed", "shown"]
    assert concealed.loc[2, ["estimate", "se", "n", "n_weighted"]].isna().all()


def test_value_alone_is_hidden_beside_a_value_whose_count_may_be_told() -> None:
    concealed = conceal(with_total([20, 60, 80]), ["region"], MICS)
    assert concealed["state"].tolist() == ["suppressed", "suppressed", "shown", "shown"]
    assert concealed["n"].tolist() == [20, 60, 80, 160]


def test_nothing_further_is_hidden_without_a_total() -> None:
    concealed = conceal(rows_of([3, 60, 40]), ["region"], MICS)
    assert concealed["state"].tolist() == ["suppressed", "shown", "flagged"]


def test_total_known_from_another_block_counts_as_shown() -> None:
    # Regions add to a + b + c; the sexes add to the same, so that their sum is the regions' total.
    regions = rows_of([3, 60, 40], sex="Total")
    sexes = rows_of([50, 53], region="Total", sex=["girls", "boys"])
    concealed = conceal(pd.concat([regions, sexes], ignore_index=True), ["region", "sex"], MICS)
    assert concealed["count_state"].tolist() == ["few", "shown", "suppressed", "shown", "shown"]


def test_two_hidden_counts_of_one_are_told_by_their_sum_unless_a_third_is_hidden() -> None:
    concealed = conceal(with_total([1, 1, 60, 70]), ["region"], MICS)
    assert concealed["count_state"].tolist() == ["few", "few", "suppressed", "shown", "shown"]


def test_median_teaches_nothing_about_its_parts() -> None:
    rows = with_total([20, 60, 80]).assign(scale="amount", statistic="median(y)")
    rows["estimate"] = [100.0, 300.0, 200.0, 250.0]
    assert conceal(rows, ["region"], MICS)["state"].tolist() == ["suppressed", "shown", "shown", "shown"]


def test_share_of_nought_or_one_in_a_small_group_is_hidden() -> None:
    rows = rows_of([49, 49, 50, 50], estimate=[0.0, 1.0, 0.0, 1.0])
    assert conceal(rows, ["region"], ALONE)["state"].tolist() == ["suppressed"] * 2 + ["shown"] * 2
    amounts = rows.assign(scale="amount")
    assert conceal(amounts, ["region"], ALONE)["state"].tolist() == ["flagged"] * 2 + ["shown"] * 2


def test_two_hidden_noughts_are_told_by_their_sum_unless_a_third_is_hidden() -> None:
    rows = with_total([40, 45, 300, 400], [0.0, 0.0, 0.3, 0.5])
    states = conceal(rows, ["region"], MICS)["state"].tolist()
    assert states == ["suppressed", "suppressed", "suppressed", "shown", "shown"]


def test_categories_of_one_group_add_to_one_and_give_a_lone_hidden_one_away() -> None:
    rows = pd.concat([rows_of([40], estimate=[share]) for share in (0.0, 0.3, 0.7)], ignore_index=True)
    rows["item"] = ["never", "sometimes", "always"]
    # "never" is hidden; the two others would leave 0 for it, so one of them is hidden too.
    assert conceal(rows, ["region"], MICS)["state"].tolist() == ["suppressed", "suppressed", "flagged"]


def test_quantile_needs_five_records_beyond_it() -> None:
    p = [0.0, 0.01, 0.5, 0.99, 1.0]
    rows = pd.concat([rows_of([400], estimate=[100.0]) for _ in p], ignore_index=True)
    rows = rows.assign(item=pd.Series(p, dtype=object), scale="amount", statistic="spread")
    hidden = [state == "suppressed" for state in conceal(rows, ["region"], MICS)["state"]]
    assert hidden == [True, True, False, True, True]
    more = rows.assign(n=500)
    assert [state == "suppressed" for state in conceal(more, ["region"], MICS)["state"]] == [
        True,
        False,
        False,
        False,
        True,
    ]


def test_difference_is_judged_by_its_smaller_group() -> None:
    rows = rows_of([430, 430], estimate=[0.1, 0.1], n_least=[20, 200]).assign(scale="difference")
    concealed = conceal(rows, ["region"], ALONE)
    assert concealed["state"].tolist() == ["suppressed", "shown"]
    assert "n_least" not in concealed


def test_weighted_count_is_hidden_where_it_is_the_hidden_number() -> None:
    rows = rows_of([20, 300], estimate=[22.0, 330.0]).assign(scale="amount", statistic="count()")
    concealed = conceal(rows, ["region"], ALONE)
    assert concealed["n_weighted"].isna().tolist() == [True, False]


def test_nchs_rule_looks_at_effective_size_width_and_df() -> None:
    rows = rows_of([400] * 6, estimate=[0.2, 0.2, 0.5, 0.2, 0.2, 0.02])
    rows["se"] = [0.02, 0.08, 0.05, 0.02, 0.02, 0.01]
    rows["df"] = [30, 30, 30, 30, 7, 30]
    rows["ci_low"] = [0.16, 0.10, 0.34, 0.16, 0.16, 0.005]
    rows["ci_high"] = [0.24, 0.38, 0.66, 0.44, 0.24, 0.05]
    # shown; effective n = .16 / .0064 = 25; width .32; width .28 is 1.4 of the share; df 7; width .045
    states = conceal(rows, ["region"], rule("nchs"))["state"].tolist()
    assert states == ["shown", "suppressed", "suppressed", "suppressed", "flagged", "shown"]


def test_working_rows_are_told_to_be_shown_or_empty() -> None:
    concealed = conceal(rows_of([0, 3], estimate=[np.nan, 0.5]), ["region"], None)
    assert concealed["state"].tolist() == ["empty", "shown"]
    assert concealed["estimate"].iloc[1] == 0.5


def test_rule_without_counts_is_refused() -> None:
    with pytest.raises(ChilddataError, match="needs the column 'n'"):
        conceal(rows_of([30]).drop(columns="n"), ["region"], MICS)
    with pytest.raises(ChilddataError, match="'n' is missing in 1 of 2 rows"):
        conceal(rows_of([30, 30]).assign(n=[30, np.nan]), ["region"], MICS)


def test_rows_handed_in_are_left_as_they_are() -> None:
    rows = with_total([3, 60, 40])
    before = rows.copy()
    conceal(rows, ["region"], MICS)
    pd.testing.assert_frame_equal(rows, before)


def possible(shown: dict[Place, int | None], few: set[Place], limit: int) -> dict[Place, np.ndarray]:
    """Every 3 x 2 table of counts that agrees with what is shown: the reader's knowledge, by brute force."""
    cells = list(product(range(3), range(2)))
    ranges = [
        [shown[cell]] if shown[cell] is not None else range(1, 5) if cell in few else range(5, limit + 1)
        for cell in cells
    ]
    grids = np.meshgrid(*ranges, indexing="ij")
    tables = {cell: grid.ravel() for cell, grid in zip(cells, grids, strict=True)}
    tables |= {(row, 2): tables[row, 0] + tables[row, 1] for row in range(3)}
    tables |= {(3, column): sum(tables[row, column] for row in range(3)) for column in range(3)}
    fits = np.ones(len(tables[0, 0]), dtype=bool)
    for place, values in tables.items():
        small = (values >= 1) & (values <= 4)
        fits &= values == shown[place] if shown[place] is not None else small == (place in few)
    return {place: values[fits] for place, values in tables.items()}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=6, max_size=6))
def test_reader_who_tries_every_table_cannot_tell_a_hidden_count(counts: list[int]) -> None:
    cells = dict(zip(product(range(3), range(2)), counts, strict=True))
    cells |= {(row, 2): cells[row, 0] + cells[row, 1] for row in range(3)}
    cells |= {(3, column): sum(cells[row, column] for row in range(3)) for column in range(3)}
    places = list(cells)
    rows = rows_of([cells[place] for place in places], labels="x" * 12, estimate=[0.5] * 12)
    rows["region"] = ["abc"[row] if row < 3 else "Total" for row, _ in places]
    rows["sex"] = ["fm"[column] if column < 2 else "Total" for _, column in places]
    concealed = conceal(rows, ["region", "sex"], MICS)
    count_state = dict(zip(places, concealed["count_state"], strict=True))
    shown = {place: cells[place] if count_state[place] == "shown" else None for place in places}
    few = {place for place in places if count_state[place] == "few"}
    tables = possible(shown, few, limit=12)
    assert np.logical_and.reduce([tables[place] == cells[place] for place in places]).any()
    for place in few:
        assert len(np.unique(tables[place])) > 1


def test_two_fours_under_a_shown_total_are_covered_by_hiding_totals_and_little_else() -> None:
    # In region a the total 8 says 4 and 4; nothing in other regions helps, so its total is hidden, and one more.
    counts = pd.DataFrame({"f": [4, 30, 50, 70], "m": [4, 40, 60, 80]}, index=list("abcd"))
    counts["Total"] = counts.sum(axis=1)
    counts.loc["Total"] = counts.sum()
    frame = counts.rename_axis(index="region", columns="sex").stack().rename("n").reset_index()
    frame = frame.assign(statistic="median(y)", scale="amount", estimate=np.arange(15.0))
    states = conceal(frame, ["region", "sex"], MICS).set_index(["region", "sex"])["count_state"]
    assert states["a", "f"] == states["a", "m"] == "few"
    assert states["a", "Total"] == "suppressed"
    assert 3 <= (states == "suppressed").sum() <= 6


@pytest.mark.parametrize("seed", range(5))
def test_few_small_cells_of_a_large_cross_cost_few_others(seed: int) -> None:
    counts = np.random.default_rng(seed).poisson(8, size=(40, 2))
    inner = pd.DataFrame(
        [{"region": f"r{row}", "sex": "fm"[column], "n": int(n)} for (row, column), n in np.ndenumerate(counts)]
    )
    margins = [
        inner.groupby("region", as_index=False)["n"].sum().assign(sex="Total"),
        inner.groupby("sex", as_index=False)["n"].sum().assign(region="Total"),
        pd.DataFrame({"region": ["Total"], "sex": ["Total"], "n": [int(counts.sum())]}),
    ]
    frame = pd.concat([inner, *margins], ignore_index=True).assign(statistic="median(y)", scale="amount", estimate=1.0)
    states = conceal(frame, ["region", "sex"], MICS)["count_state"].value_counts()
    assert states.get("few", 0) > 0
    assert states.get("suppressed", 0) <= 2 * states["few"] + 4
