"""The notes of a finished call: weights that sum to the number of records are no population."""

from __future__ import annotations

import polars as pl
import pytest

import childdata as cd
from childdata.survey.statistic import Statistic
from childdata.words import told

# four records, Σ w = 1.6 + 0.4 + 1.2 + 0.8 = 4
NORMALISED: dict[str, list[float]] = {"psu": [1, 1, 2, 3], "y": [1.0, 2.0, 6.0, 3.0], "w": [1.6, 0.4, 1.2, 0.8]}
TOTALS = "weights sum to the number of records (4): totals are on that scale, and not those of the population"
DEFF = "weights sum to the number of records (4): design effects without replacement have no meaning"


@pytest.mark.parametrize(
    ("statistic", "grows"),
    [
        (cd.total("y"), True),
        (cd.count(), True),
        (cd.total("y > 1") / 1000, True),
        (cd.total("y") - cd.total("y > 1"), True),
        (cd.total("y") * cd.mean("y"), True),
        (cd.mean("y"), False),
        (cd.ratio("y", "psu"), False),
        (cd.total("y") / cd.count(), False),
        (cd.mean("y") * 1000 + 1, False),
        (cd.median("y"), False),
        (cd.gini("y"), False),
        (cd.variance("y"), False),
        (cd.log(cd.mean("y")), False),
    ],
)
def test_what_grows_with_the_weights_is_told_of_weights_that_sum_to_n(statistic: Statistic, grows: bool) -> None:
    survey = cd.Survey(NORMALISED, weight="w", psu="psu")
    assert (TOTALS in survey.estimate(statistic).notes) is grows
    assert DEFF not in survey.estimate(statistic).notes


@pytest.mark.parametrize("convention", ["r", "stata", "spss"])
def test_design_effect_without_replacement_is_told_to_have_no_meaning(convention: str) -> None:
    survey = cd.Survey(NORMALISED, weight="w", psu="psu")
    assert survey.estimate(cd.mean("y"), convention=convention).notes == (DEFF,)  # type: ignore[arg-type]
    assert survey.estimate(cd.total("y"), convention=convention).notes == (TOTALS, DEFF)  # type: ignore[arg-type]


def test_weights_of_a_population_and_those_all_one_are_not_told_of() -> None:
    large = cd.Survey(NORMALISED, weight="w * 250", psu="psu")
    census = cd.Survey(NORMALISED, weight=1, psu="psu")
    near = cd.Survey(NORMALISED, weight="w * 1.00001", psu="psu")
    for survey in (large, census, near):
        assert survey.estimate(cd.total("y"), convention="r").notes == ()


def test_records_of_weight_zero_may_be_counted_or_not() -> None:
    # MICS gives weight 0 where the interview was not completed, and sums to those that were
    more = {name: [*values, values[0]] for name, values in NORMALISED.items()} | {"w": [*NORMALISED["w"], 0.0]}
    assert TOTALS in cd.Survey(more, weight="w", psu="psu").estimate(cd.count()).notes


def test_engine_and_parts_tell_the_same() -> None:
    frame = pl.DataFrame(NORMALISED)
    memory = cd.Survey(frame, weight="w", psu="psu").estimate(cd.total("y"), convention="r")
    engine = cd.Survey(frame.lazy(), weight="w", psu="psu").estimate(cd.total("y"), convention="r")
    parts = [cd.Survey(frame[k::2].lazy(), weight="w", psu="psu") for k in (0, 1)]
    merged = cd.merge([one.reduce(cd.total("y"), convention="r") for one in parts])
    assert memory.notes == engine.notes == merged.notes == (TOTALS, DEFF)


def test_notes_are_told_in_russian() -> None:
    assert told(TOTALS, "ru").startswith("сумма весов равна числу записей (4)")
    assert told(DEFF, "ru").startswith("сумма весов равна числу записей (4)")
