"""The design as codes: strata, units, stages and population sizes, and every way in which they do not fit."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childdata.errors import DesignError
from childdata.survey.design import (
    Design,
    checked_weight,
    compact,
    crossed,
    encode,
    label,
    make_stages,
    refuse_missing,
)


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.intp)


@pytest.mark.parametrize(
    ("values", "wanted", "levels"),
    [
        ([3.0, None, 1.0, 3.0], [1, -1, 0, 1], [1.0, 3.0]),
        ([30, 10, 20], [2, 0, 1], [10, 20, 30]),
        (["b", None, "a"], [1, -1, 0], ["a", "b"]),
        ([True, False, None], [1, 0, -1], [False, True]),
        ([None, None], [-1, -1], []),
    ],
)
def test_values_become_codes_in_their_order(values: list[object], wanted: list[int], levels: list[object]) -> None:
    found, kept = encode(pl.Series(values))
    assert found.tolist() == wanted
    assert kept.to_list() == levels


@given(st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53)), min_size=1, max_size=30))
def test_codes_lead_back_to_the_values(values: list[int | None]) -> None:
    found, kept = encode(pl.Series(values, dtype=pl.Int64))
    assert [None if code < 0 else kept[int(code)] for code in found] == values


@pytest.mark.parametrize(
    ("low", "high", "held"),
    [
        (-99, 99, pl.Int8),  # 198 apart, where a byte holds up to 127
        (-20_000, 20_000, pl.Int16),
        (250, 255, pl.UInt8),
        (2**64 - 3, 2**64 - 1, pl.UInt64),
    ],
)
def test_codes_lead_back_to_values_of_any_width(low: int, high: int, held: type[pl.DataType]) -> None:
    column = pl.Series([low, high] * 10_001, dtype=held)
    found, kept = encode(column)
    assert found[:4].tolist() == [0, 1, 0, 1]
    assert kept.to_list() == [low, high]
    assert kept.dtype == held


@pytest.mark.parametrize(
    ("value", "text"), [(12.0, "12"), (12.5, "12.5"), (12, "12"), ("a", "a"), (-3.0, "-3"), (True, "True")]
)
def test_a_code_is_written_as_a_person_writes_it(value: object, text: str) -> None:
    assert label(value) == text


def test_large_codes_keep_all_their_digits() -> None:
    assert label(1234567.0) == "1234567"


def test_a_crossing_has_a_code_for_each_combination_that_occurs() -> None:
    found, names = crossed([pl.Series("r", [1.0, 1.0, 2.0, 2.0]), pl.Series("u", ["b", "a", "b", "b"])])
    assert found.tolist() == [1, 0, 2, 2]
    assert names == ("1, a", "1, b", "2, b")


def test_a_missing_stratum_is_counted_and_refused() -> None:
    with pytest.raises(DesignError, match=r"'r' identifies strata or units, but is missing in 2 of 3 records; fill it"):
        crossed([pl.Series("r", [None, 1.0, None])])


@pytest.mark.parametrize("size", [10, 1 << 24])
def test_keys_are_renumbered_alike_by_table_and_by_sorting(size: int) -> None:
    found, kept = compact(codes(7, 2, 7, 9), size)
    assert found.tolist() == [1, 0, 1, 2]
    assert kept.tolist() == [2, 7, 9]


def test_nothing_missing_is_not_refused() -> None:
    refuse_missing(np.zeros(3, dtype=bool), "psu", "identifies units")


def test_weights_that_are_fine_come_back_without_a_note() -> None:
    weight, notes = checked_weight(np.array([1.0, 2.5]), "w")
    assert weight.tolist() == [1.0, 2.5]
    assert notes == []


def test_weights_of_zero_are_noted() -> None:
    _, notes = checked_weight(np.array([1.0, 0.0, 0.0]), "w")
    assert notes == ["weight 'w' is zero in 2 records: they stay in the design and count in no estimate"]


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ([1.0, np.nan], r"weight 'w' is missing in 1 of 2 records; give them weight 0 .*coalesce\(w, 0\)"),
        ([1.0, np.inf], r"weight 'w' is (missing|infinite) .*1 of 2 records"),
        ([1.0, -1.0, -2.0], r"weight 'w' is negative in 2 of 3 records; a weight counts population units"),
        ([0.0, 0.0], r"weight 'w' is zero in all 2 records; is it the right variable\?"),
    ],
)
def test_weights_that_cannot_be_are_refused(weight: list[float], words: str) -> None:
    with pytest.raises(DesignError, match=words):
        checked_weight(np.array(weight), "w")


def test_a_psu_number_in_two_strata_names_two_psus() -> None:
    (stage,) = make_stages(codes(0, 0, 1, 1), [codes(0, 1, 0, 1)], [None], ["psu"])
    assert stage.unit.tolist() == [0, 1, 2, 3]
    assert stage.stratum.tolist() == [0, 0, 1, 1]
    assert stage.sampled.tolist() == [2, 2]


def test_units_are_numbered_in_the_order_of_their_strata() -> None:
    (stage,) = make_stages(codes(1, 0, 1, 0), [codes(0, 5, 3, 2)], [None], ["psu"])
    assert stage.stratum[stage.unit].tolist() == [1, 0, 1, 0]
    assert stage.stratum.tolist() == sorted(stage.stratum.tolist())
    assert stage.start.tolist() == [0, 2, 4]


def test_without_fpc_nothing_is_taken_off_and_further_stages_add_nothing() -> None:
    stages = make_stages(codes(0, 0, 0), [codes(0, 0, 1), codes(0, 1, 0)], [None, None], ["psu", "home"])
    assert len(stages) == 1
    assert stages[0].unsampled.tolist() == [1.0]
    assert np.isinf(stages[0].population).all()


def test_sizes_and_fractions_say_the_same() -> None:
    size, fraction = (
        make_stages(codes(0, 0), [codes(0, 1)], [np.array(fpc)], ["psu"])[0] for fpc in ([8.0, 8.0], [0.25, 0.25])
    )
    assert size.population.tolist() == fraction.population.tolist() == [8.0]
    assert size.unsampled.tolist() == [0.75]  # 1 - 2/8


def test_the_second_stage_is_weighted_by_the_fraction_of_the_first() -> None:
    # 2 of 4 PSUs; in the first 2 of 3 homes, in the second 1 of 2
    first, second = make_stages(
        codes(0, 0, 0),
        [codes(0, 0, 1), codes(0, 1, 0)],
        [np.array([4.0, 4.0, 4.0]), np.array([3.0, 3.0, 2.0])],
        ["psu", "home"],
    )
    assert first.above.tolist() == [1.0]
    assert second.above.tolist() == [0.5, 0.5]
    assert second.stratum.tolist() == [0, 0, 1]
    assert second.unsampled.tolist() == [pytest.approx(1 / 3), 0.5]


def test_a_stratum_taken_whole_has_nothing_unsampled() -> None:
    (stage,) = make_stages(codes(0, 0, 1), [codes(0, 1, 0)], [np.array([2.0, 2.0, 5.0])], ["psu"])
    assert stage.unsampled.tolist() == [0.0, 0.8]


@pytest.mark.parametrize(
    ("fpc", "words"),
    [
        (
            [1.5, 1.5, 9.0],
            r"fpc of stage 1 \(psu\) is smaller than the sample in 1 strata \(first: 2 units sampled of 1.5\)",
        ),
        ([5.0, 6.0, 9.0], r"takes different values inside 1 strata; a population size is one number per stratum"),
        ([0.5, 0.5, 9.0], r"mixes sizes and fractions; give one or the other"),
        ([5.0, 5.0, 0.0], r"has values of zero or below; give sizes or fractions"),
        ([5.0, 5.0, -1.0], r"has values of zero or below"),
        ([5.0, 5.0, np.nan], r"gives population sizes, but is missing in 1 of 3 records"),
    ],
)
def test_population_sizes_that_cannot_be_are_refused(fpc: list[float], words: str) -> None:
    with pytest.raises(DesignError, match=words):
        make_stages(codes(0, 0, 1), [codes(0, 1, 0)], [np.array(fpc)], ["psu"])


def test_a_census_may_be_given_as_fractions_of_one() -> None:
    (stage,) = make_stages(codes(0, 0), [codes(0, 1)], [np.array([1.0, 1.0])], ["psu"])
    assert stage.unsampled.tolist() == [0.0]


def design(
    strata: np.ndarray, psu: np.ndarray, fpc: np.ndarray | None = None, weight: np.ndarray | None = None
) -> Design:
    stages = make_stages(strata, [psu], [fpc], ["psu"])
    return Design(np.ones(strata.size) if weight is None else weight, stages, ("a", "b"), None, ())


def test_degrees_of_freedom_are_psus_less_strata() -> None:
    assert design(codes(0, 0, 0, 1, 1), codes(0, 1, 1, 0, 1)).degrees_of_freedom == 4 - 2


def test_psus_without_weight_give_no_degrees_of_freedom() -> None:
    found = design(codes(0, 0, 0, 1, 1), codes(0, 1, 2, 0, 1), weight=np.array([1.0, 1.0, 0.0, 1.0, 1.0]))
    assert found.degrees_of_freedom == 4 - 2


def test_a_stratum_of_one_psu_is_lonely_unless_it_was_taken_whole() -> None:
    assert design(codes(0, 0, 1), codes(0, 1, 0)).lonely.tolist() == [1]
    assert design(codes(0, 0, 1), codes(0, 1, 0), np.array([4.0, 4.0, 1.0])).lonely.tolist() == []
