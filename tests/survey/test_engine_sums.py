"""The sums of a call: how they are named, what is asked for, and the tables that come back."""

from __future__ import annotations

import polars as pl
import pytest

import childdata as cd
from childdata.expression import parse
from childdata.survey.asked import asked, named_statistics
from childdata.survey.domains import partition
from childdata.survey.engine_moments import moments_of, written_out
from childdata.survey.engine_records import EngineRecords
from childdata.survey.engine_summed import Summed
from childdata.survey.engine_sums import (
    EVERYONE,
    INSIDE,
    Need,
    SmallTables,
    Summing,
    centre,
    is_one,
    is_sum,
    key_of,
    mask_of,
    summarised,
    told,
    trees_of,
)
from childdata.survey.reduce import Pairs
from childdata.survey.statistic import Total

ROWS = pl.DataFrame(
    {"p": [1, 1, 2, 2], "w": [2.0, 1.0, 1.0, 0.0], "y": [11.0, None, 14.0, 15.0], "area": ["a", "a", "b", None]}
)


def tables(statistics: object, **options: object) -> SmallTables:
    records = cd.Survey(ROWS.lazy(), weight="w", psu="p").records
    assert isinstance(records, EngineRecords)
    defaults = {
        "by": None, "each": None, "margins": False, "level": 0.95, "missing": "pairwise", "missing_by": "row",
        "interval": "auto", "df": None, "keep": "auto", "where": (), "convention": "childdata", "lonely": None,
        "lonely_domains": "keep",
    }  # fmt: skip
    call = asked(named_statistics(statistics), **defaults | options)  # type: ignore[arg-type]
    return summarised(Summing(records, call))


def test_sums_are_named_by_what_is_added_up() -> None:
    assert key_of("sum", "y") == key_of("sum", "y") != key_of("sum", "z")
    assert is_sum(key_of("sum", "y"))
    assert told(Total(parse("y"))) != told(Total(parse("y"), 1.0)) != told(Total(parse("y"), 1.0, parse("z")))


def test_a_mean_asks_for_one_sum_and_one_square() -> None:
    statistic = cd.mean("y")
    need = Need.of(trees_of(statistic), mask_of(trees_of(statistic)))
    assert need.mask == (("y", False),)
    assert [one.expression.text for one in need.totals] == ["y"]
    assert len(need.products) == 1
    assert is_one(Total(parse(1)))
    assert not is_one(Total(parse("y")))


def test_the_table_by_hand() -> None:
    # known and of weight above zero: y = 11 (w 2) in unit 1, y = 14 (w 1) in unit 2; rough centre 13 = round(40 / 3)
    found = tables(cd.mean("y"))
    table, mask = found.entries[()], (("y", False),)
    assert found.shift == {told(Total(parse("y"))): 13.0}
    assert table["p"].to_list() == [1, 2]
    assert table[key_of("rows", EVERYONE)].to_list() == [2, 2]
    assert table[key_of("count", mask)].to_list() == [1, 1]
    assert table[key_of("ones", mask)].to_list() == [2, 1]
    assert table[key_of("sum", mask, told(Total(parse("y"))))].to_list() == [2 * (11 - 13), 14 - 13]
    assert table[key_of("product", mask, *[told(Total(parse("y")))] * 2)].to_list() == [8, 1]


def test_facts_are_counts_over_all_records() -> None:
    found = tables(cd.mean("y"), where=("y > 13",), by="area")
    assert found.count("records") == 4
    assert found.count("inside") == 2
    assert found.count("where unknown", "y > 13") == 1
    assert found.count("missing by", "area") == 1
    assert found.count("sample n", (("y", False),)) == 2
    assert set(found.entries[("area",)].columns) >= {"p", "area", INSIDE}


def test_categories_are_those_of_all_records() -> None:
    found = tables(cd.proportion("area"))
    assert found.categories["area"]["value"].to_list() == ["a", "b", None]
    assert found.factor(parse("area")).values == ("a", "b")


def test_a_constant_is_its_own_centre_and_what_is_spread_has_none() -> None:
    def facts(least: float, most: float, total: float, known: int) -> pl.DataFrame:
        names = [key_of(name, "y") for name in ("least", "most", "sum of", "known")]
        return pl.DataFrame(dict(zip(names, [[least], [most], [total], [known]], strict=True)))

    assert centre(facts(7.25, 7.25, 14.5, 2), "y") == 7.25
    assert centre(facts(0.0, 1.0, 0.5, 2), "y") == 0.0
    assert centre(facts(0.0, 100.0, 81.0, 2), "y") == 0.0
    assert centre(facts(30.0, 60.0, 81.0, 2), "y") == 40.0


def test_sums_read_off_a_table_are_those_of_its_pairs() -> None:
    found = tables(cd.mean("y"))
    table = found.entries[()]
    made = partition([], [()], None, "total", table.height)
    statistic = cd.mean("y")
    measured = Summed.read(
        table,
        Pairs.of(table["p"].to_numpy() - 1, 2, made),
        trees_of(statistic),
        mask_of(trees_of(statistic)),
        found.shift,
    )
    y = Total(parse("y"))
    assert measured.ones.tolist() == [2, 1]
    assert measured.sums[y].tolist() == [-4, 1]
    assert measured.moment(y, y).tolist() == [9]
    assert measured.moment(None, y).tolist() == [-3]
    assert measured.added("not there").tolist() == [0, 0]


@pytest.mark.parametrize("about", [0.0, 3.0, 1000.0])
def test_a_moment_is_the_same_about_any_number(about: float) -> None:
    rows = pl.DataFrame({"y": [1.0, 4.0, 5.0], "x": [2.0, 2.0, 7.0], "p": [1, 2, 3]})
    statistic = cd.correlation("x", "y")
    assert {one.text for one in moments_of(statistic)} == {"x", "y"}
    survey = cd.Survey(rows, psu="p")
    plain = survey.estimate({"r": written_out(statistic, {"x": about, "y": about})}).to_frame()
    assert plain["estimate"].item() == pytest.approx(survey.estimate(statistic).to_frame()["estimate"].item(), rel=1e-9)
