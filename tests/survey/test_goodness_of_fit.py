"""One variable against given shares: by hand, its properties, and what is refused."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.goodness_of_fit import FitStatistic, goodness_of_fit

PEOPLE = cd.Survey({"sex": ["f"] * 18 + ["m"] * 12})
EVEN = {"f": 0.5, "m": 0.5}


def test_two_categories_by_hand() -> None:
    found = goodness_of_fit(PEOPLE, "sex", shares=EVEN)
    x2 = 3**2 / 15 + 3**2 / 15
    # n V(p) / (π (1 − π)), V = p q / (n − 1)
    effect = 30 * (0.6 * 0.4 / 29) / 0.25
    assert found.uncorrected == pytest.approx(x2, rel=1e-12)
    assert found.effects == (pytest.approx(effect, rel=1e-12),)
    assert found.statistic == pytest.approx(x2 / effect, rel=1e-12)
    assert found.df == (pytest.approx(1), pytest.approx(29))
    assert found.p == pytest.approx(stats.f.sf(x2 / effect, 1, 29), rel=1e-12)
    assert (found.what, found.n) == ("sex", 30)
    assert np.isnan(found.cramers_v)


def test_two_categories_are_the_t_test_of_a_share() -> None:
    # (p − π)² / V(p), which is F above and Wald's as well
    squared = (0.6 - 0.5) ** 2 / (0.6 * 0.4 / 29)
    for statistic in ("F", "Wald", "adjWald"):
        found = goodness_of_fit(PEOPLE, "sex", shares=EVEN, statistic=statistic)  # type: ignore[arg-type]
        assert found.statistic == pytest.approx(squared, rel=1e-12)


def test_likelihood_ratio_by_hand() -> None:
    found = goodness_of_fit(PEOPLE, "sex", shares=EVEN, statistic="lr")
    assert found.uncorrected == pytest.approx(2 * (18 * np.log(18 / 15) + 12 * np.log(12 / 15)), rel=1e-12)


def test_equal_shares_need_not_be_written_out(sample: pd.DataFrame) -> None:
    people = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    fifths = goodness_of_fit(people, "quintile", shares=dict.fromkeys(range(1, 6), 0.2))
    assert goodness_of_fit(people, "quintile", shares="equal").statistic == pytest.approx(fifths.statistic, rel=1e-12)
    assert len(fifths.effects) == 4


def test_counts_of_a_census_are_divided_by_their_sum() -> None:
    found = goodness_of_fit(PEOPLE, "sex", shares={"f": 510_000, "m": 490_000})
    wanted = goodness_of_fit(PEOPLE, "sex", shares={"f": 0.51, "m": 0.49})
    assert found.statistic == pytest.approx(wanted.statistic, rel=1e-12)
    assert "the given shares sum to 1e+06 and were divided by it" in found.notes


def test_shares_may_go_by_code_or_by_label() -> None:
    people = cd.Survey({"answer": [1.0, 1.0, 2.0, 2.0, 2.0]})
    by_label, by_code = (
        goodness_of_fit(people, "answer", shares=shares) for shares in ({"1": 0.5, "2": 0.5}, {1: 0.5, 2.0: 0.5})
    )
    assert by_label.statistic == by_code.statistic


@pytest.mark.parametrize("statistic", get_args(FitStatistic))
@pytest.mark.parametrize("convention", ["childdata", "r"])
def test_scale_of_weights_changes_no_test(sample: pd.DataFrame, statistic: Any, convention: Any) -> None:
    def p(frame: pd.DataFrame) -> float:
        people = cd.Survey(frame, weight="w", strata="stratum", psu="psu")
        return goodness_of_fit(people, "quintile", shares="equal", statistic=statistic, convention=convention).p

    assert p(sample.assign(w=sample["w"] * 50)) == pytest.approx(p(sample), rel=1e-9)


def test_unknown_answers_and_the_domain_are_counted() -> None:
    people = cd.Survey({"sex": ["f", "f", "m", "m", None, "f"], "age": [1, 2, 3, 4, 5, 9]})
    found = goodness_of_fit(people, "sex", shares=EVEN, where="age < 9")
    assert found.n == 4
    assert "'sex' is unknown in 1 records of the domain: they are left out" in found.notes


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({"f": 1.0}, r"gives no share to 'm' of 'sex'; every category needs one"),
        ({"f": 0.5, "m": 0.4, "x": 0.1}, r"shares= has 'x', which is no category of 'sex'"),
        ({"f": 1.0, "m": 0.0}, r"numbers above zero; a category that cannot occur belongs in where="),
        ("even", r"shares is one of 'equal'; found 'even'"),
    ],
)
def test_shares_that_fit_no_category_are_refused(shares: Any, words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        goodness_of_fit(PEOPLE, "sex", shares=shares)


def test_one_category_and_no_answer_are_refused() -> None:
    with pytest.raises(EstimationError, match="needs two categories; 'sex' has 1"):
        goodness_of_fit(cd.Survey({"sex": ["f", "f"]}), "sex", shares="equal")
    with pytest.raises(EstimationError, match="no record of the domain has an answer to 'sex'"):
        goodness_of_fit(PEOPLE.with_columns(k=1), "sex", shares="equal", where="k == 2")
    with pytest.raises(EstimationError, match="statistic is one of"):
        goodness_of_fit(PEOPLE, "sex", shares="equal", statistic="llWald")  # type: ignore[arg-type]
