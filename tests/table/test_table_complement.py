"""What is hidden beside others: rests of totals, and rows made by arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.table.disclosure import conceal
from childdata.table.policy import Disclosure, rule

MICS = rule("mics")


def rows_of(cells: dict[str, tuple[float, float]], **more: object) -> pd.DataFrame:
    """Rows of a mean: region -> records, value."""
    columns: dict[str, object] = {"statistic": "mean(y)", "region": list(cells), "scale": "amount", "se": 0.3}
    columns |= {"n": [n for n, _ in cells.values()], "estimate": [value for _, value in cells.values()]}
    rows = pd.DataFrame({**columns, **more})
    return rows.assign(n_weighted=rows["n"])


def with_total(cells: dict[str, tuple[float, float]], *, leave: str = "") -> pd.DataFrame:
    """Rows of cells and of their total; the cells named in `leave` have no row."""
    n, value = (np.array([cell[place] for cell in cells.values()]) for place in (0, 1))
    shown = {region: cell for region, cell in cells.items() if region not in leave}
    return rows_of({**shown, "Total": (float(n.sum()), float(np.average(value, weights=n)))})


CELLS = {"q": (600.0, 9.0), "r": (397.0, 10.0), "s": (3.0, 20.0)}


def test_few_records_without_a_label_cannot_be_had_from_the_total() -> None:
    concealed = conceal(with_total(CELLS, leave="s"), ["region"], MICS).set_index("region")
    assert concealed["count_state"].to_dict() == {"q": "shown", "r": "suppressed", "Total": "shown"}
    assert concealed["state"].to_dict() == {"q": "shown", "r": "suppressed", "Total": "shown"}


def test_rest_of_twenty_records_hides_a_value_and_no_count() -> None:
    cells = {**CELLS, "s": (20.0, 20.0)}
    concealed = conceal(with_total(cells, leave="s"), ["region"], MICS).set_index("region")
    assert (concealed["count_state"] == "shown").all()
    assert concealed["state"].to_dict() == {"q": "shown", "r": "suppressed", "Total": "shown"}


def test_rest_that_is_no_small_group_or_none_hides_nothing() -> None:
    for cells in ({**CELLS, "s": (25.0, 20.0)}, {"q": CELLS["q"], "r": CELLS["r"]}):
        assert (conceal(with_total(cells, leave="s"), ["region"], MICS)["state"] == "shown").all()
    alone = Disclosure(complementary=False)
    assert (conceal(with_total(CELLS, leave="s"), ["region"], alone)["state"] == "shown").all()


def test_rest_does_not_protect_a_hidden_cell() -> None:
    # 20 hidden and 3 without a label: the total minus the others is nearly the value of the 20.
    cells = {"q": (600.0, 9.0), "r": (400.0, 10.0), "t": (20.0, 14.0), "s": (3.0, 20.0)}
    states = conceal(with_total(cells, leave="s"), ["region"], MICS).set_index("region")["state"]
    assert states.to_dict() == {"q": "shown", "r": "suppressed", "t": "suppressed", "Total": "shown"}


def test_rest_of_a_total_that_another_block_gives_is_seen() -> None:
    regions = rows_of({"q": (600.0, 9.0), "r": (397.0, 10.0)}, sex="Total")
    sexes = rows_of({"x": (550.0, 9.5), "y": (450.0, 9.3)}, sex=["girls", "boys"]).assign(region="Total")
    rows = pd.concat([regions, sexes], ignore_index=True)
    assert (conceal(rows, ["region", "sex"], MICS)["count_state"] == "suppressed").sum() == 1


def test_median_has_no_rest() -> None:
    rows = with_total(CELLS, leave="s").assign(statistic="median(y)", n_beyond=lambda told: told["n"] / 2)
    states = conceal(rows.drop(index=1), ["region"], Disclosure(minimum_count=0))["state"]
    assert (states == "shown").all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=6, max_size=6), st.sampled_from([1, 2, 3, 4]))
def test_no_total_less_its_cells_is_a_small_group(counts: list[int], rest: int) -> None:
    cells = {f"r{place}": (float(n), 5.0 + place if n else np.nan) for place, n in enumerate(counts)}
    rows = rows_of({**cells, "Total": (float(sum(counts) + rest), 7.0)})
    concealed = conceal(rows, ["region"], MICS)
    # Some number of the sum is not shown, so that the rest does not follow from it.
    assert concealed["n"].isna().any()


def test_difference_from_one_group_does_not_tell_that_of_a_hidden_one() -> None:
    # Differences from r: the value of s follows from the total's, whatever the counts of the rows say.
    cells = {"q": (400.0, -1.0), "r": (400.0, 0.0), "s": (3.0, 10.0), "Total": (400.0, -0.57)}
    concealed = conceal(rows_of(cells, scale="difference", n_least=[400, 400, 3, 400]), ["region"], MICS)
    states = concealed.set_index("region")["state"]
    assert states["s"] == "suppressed"
    assert (states[["q", "r"]] == "suppressed").any()


def test_arithmetic_is_known_by_its_missing_design_effect_or_smaller_groups() -> None:
    cells = {"q": (600.0, 3.0), "r": (397.0, 2.0), "s": (20.0, 5.0), "Total": (1017.0, 9.0)}
    plain = conceal(rows_of(cells, scale="index"), ["region"], MICS)["state"]
    assert (plain == "suppressed").sum() == 1  # the total is no mean of these: they do not add
    for more in ({"deff_wr": np.nan}, {"n_least": [500, 397, 20, 900]}):
        made = conceal(rows_of(cells, scale="index", **more), ["region"], MICS)["state"]
        assert (made == "suppressed").sum() == 2
