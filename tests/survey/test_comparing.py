"""t-tests under the design: by hand, against differences of estimates, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.comparing import ttest

FOUR = cd.Survey({"sex": ["f", "f", "m", "m"], "y": [1.0, 3.0, 4.0, 8.0], "before": [0.0, 1.0, 5.0, 6.0]})


@pytest.fixture
def people(sample: pd.DataFrame) -> cd.Survey:
    return cd.Survey(sample, weight="w", strata="stratum", psu="psu")


def test_two_groups_by_hand() -> None:
    found = ttest(FOUR, "y", by="sex")
    # means 2 and 6; influences ±1/2 and ±2/2; V = 4/3 (2·0.25 + 2·1)
    se = np.sqrt(4 / 3 * 2.5)
    assert (found.difference, found.se) == (4.0, pytest.approx(se, rel=1e-12))
    assert found.statistic == pytest.approx(4 / se, rel=1e-12)
    assert (found.what, found.symbol) == ("y: m − f", "t")
    # two PSUs in each group: 1 degree of freedom
    assert found.df == (1,)
    assert found.p == pytest.approx(2 * stats.t.sf(4 / se, 1), rel=1e-12)
    half = stats.t.ppf(0.975, 1) * se
    assert (found.ci_low, found.ci_high) == (pytest.approx(4 - half), pytest.approx(4 + half))
    assert found.groups.to_frame()["estimate"].tolist() == [2.0, 6.0]


def test_degrees_of_freedom_of_r_are_those_of_all_records_less_one() -> None:
    assert ttest(FOUR, "y", by="sex", convention="r").df == (4 - 1 - 1,)
    assert ttest(FOUR, "y", convention="r").df == (4 - 1 - 1,)
    assert ttest(FOUR, "y").df == (4 - 1,)
    assert ttest(FOUR, "y", by="sex", df=30, convention="r").df == (30,)


def test_one_mean_is_the_textbook_test_in_a_simple_random_sample() -> None:
    y = np.array([1.0, 3.0, 4.0, 8.0])
    wanted = stats.ttest_1samp(y, 2.0)
    found = ttest(FOUR, "y", value=2.0)
    assert (found.statistic, found.p) == (pytest.approx(wanted.statistic), pytest.approx(wanted.pvalue))
    assert found.method == "Design-based t-test of a mean"


def test_pairs_are_the_mean_of_their_differences() -> None:
    wanted = stats.ttest_rel([1.0, 3.0, 4.0, 8.0], [0.0, 1.0, 5.0, 6.0])
    found = ttest(FOUR, "y", paired="before")
    assert (found.statistic, found.p) == (pytest.approx(wanted.statistic), pytest.approx(wanted.pvalue))
    assert found.what == "y − before"
    assert found.difference == 1.0


def test_pairs_use_the_records_where_both_are_known() -> None:
    people = cd.Survey({"a": [1.0, 2.0, None, 4.0], "b": [0.0, 3.0, 1.0, None]})
    found = ttest(people, "a", paired="b")
    assert found.groups.to_frame()["n"].item() == 2
    assert "'(a) - (b)' is unknown in 2 records of the domain: they are left out" in found.notes


def test_pairs_of_rules_are_shares() -> None:
    found = ttest(FOUR, "y > 2", paired="before > 2")
    assert found.difference == 3 / 4 - 2 / 4


@pytest.mark.parametrize("convention", ["childdata", "stata", "spss"])
def test_test_is_that_of_the_difference_of_estimates(people: cd.Survey, convention: Any) -> None:
    found = ttest(people, "food", by="sex", where="income > 3", convention=convention)
    gap = people.estimate(cd.mean("food"), by="sex", where="income > 3", convention=convention)
    row = gap.difference(along="sex", of=("girl", "boy")).t_tests().iloc[0]
    assert [found.difference, found.se, found.statistic, found.df[0], found.p] == pytest.approx(
        row[["estimate", "se", "t", "df", "p"]].tolist(), rel=1e-12
    )


def test_share_of_a_rule_and_a_rule_that_makes_groups(people: cd.Survey) -> None:
    found = ttest(people, "poor == 1", by="income > 5 or sex == 'girl'")
    assert found.what == "poor == 1: yes − no"
    assert found.groups.to_frame()["n"].sum() == 300


def test_two_of_several_groups_are_named(people: cd.Survey) -> None:
    found = ttest(people, "income", by="region", of=("north", "west"))
    turned = ttest(people, "income", by="region", of=("west", "north"))
    assert found.difference == -turned.difference
    assert found.p == turned.p
    assert found.what == "income: north − west"
    assert "'region' has other values than those compared in 100 records: they are left out" in found.notes


def test_groups_may_be_named_by_their_codes(people: cd.Survey) -> None:
    assert ttest(people, "income", by="quintile", of=(5, 1)).what == "income: 5 − 1"


def test_value_is_what_the_hypothesis_says() -> None:
    assert ttest(FOUR, "y", by="sex", value=4.0).statistic == 0
    assert ttest(FOUR, "y", by="sex", value=4.0).p == 1


def test_one_sided_alternatives_by_hand() -> None:
    found = {side: ttest(FOUR, "y", by="sex", alternative=side) for side in ("two-sided", "less", "greater")}
    # Student's t with one degree of freedom is Cauchy's: P(T > t) = ½ − arctan(t)/π
    above = 0.5 - np.arctan(4 / np.sqrt(4 / 3 * 2.5)) / np.pi
    assert found["greater"].p == pytest.approx(above, rel=1e-12)
    assert found["less"].p == pytest.approx(1 - above, rel=1e-12)
    assert found["two-sided"].p == pytest.approx(2 * above, rel=1e-12)
    assert [one.what for one in found.values()] == ["y: m − f", "y: m − f < 0", "y: m − f > 0"]
    assert {one.ci_low for one in found.values()} == {found["two-sided"].ci_low}
    assert found["less"].alternative == "less"


@pytest.mark.parametrize("side", ["less", "greater", "two-sided"])
@pytest.mark.parametrize("value", [2.0, 6.0])
def test_one_sided_test_of_a_mean_is_the_textbook_test(side: Any, value: float) -> None:
    wanted = stats.ttest_1samp([1.0, 3.0, 4.0, 8.0], value, alternative=side)
    assert ttest(FOUR, "y", value=value, alternative=side).p == pytest.approx(wanted.pvalue, rel=1e-12)
    pairs = stats.ttest_rel([1.0, 3.0, 4.0, 8.0], [0.0, 1.0, 5.0, 6.0], alternative=side)
    assert ttest(FOUR, "y", paired="before", alternative=side).p == pytest.approx(pairs.pvalue, rel=1e-12)


def test_groups_the_other_way_round_have_the_other_alternative(people: cd.Survey) -> None:
    one = ttest(people, "income", by="sex", of=("girl", "boy"), alternative="less")
    other = ttest(people, "income", by="sex", of=("boy", "girl"), alternative="greater")
    assert other.p == pytest.approx(one.p, rel=1e-12)


def test_two_standard_errors_are_the_limits_of_mics(people: cd.Survey) -> None:
    found = ttest(people, "income", by="sex", convention="mics")
    assert found.ci_high - found.difference == pytest.approx(2 * found.se, rel=1e-12)


def test_level_widens_the_limits(people: cd.Survey) -> None:
    narrow, wide = (ttest(people, "income", level=level) for level in (0.8, 0.99))
    assert narrow.ci_low > wide.ci_low
    assert narrow.p == wide.p


def test_weights_and_order_change_nothing(sample: pd.DataFrame) -> None:
    def numbers(frame: pd.DataFrame) -> list[float]:
        people = cd.Survey(frame, weight="w", strata="stratum", psu="psu")
        found = ttest(people, "food", by="sex")
        return [found.difference, found.se, found.statistic, *found.df, found.p]

    wanted = pytest.approx(numbers(sample), rel=1e-10)
    assert numbers(sample.assign(w=sample["w"] * 7)) == wanted
    assert numbers(sample.sample(frac=1, random_state=3)) == wanted


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"by": "sex", "paired": "before"}, r"give one of the two"),
        ({"by": "before"}, r"compares two groups; 'before' has 4 with records: '0', '1', '5', '6'; choose two by of="),
        ({"by": "sex", "of": ("f", "x")}, r"of= has 'x', which is no category of 'sex'"),
        ({"by": "sex", "of": ("f", "f")}, r"two groups or more, each once; found 'f', 'f' of 'sex'"),
        ({"by": "sex", "where": "sex == 'f'"}, r"two groups or more, each once; found 'f' of 'sex'"),
        (
            {"by": "sex", "of": ("f", "m"), "where": "sex == 'f'"},
            r"the group 'm' of 'sex' has no record with an answer",
        ),
        ({"y": "y * 0"}, r"y \* 0 has no standard error .*, so that it cannot be tested"),
        (
            {"by": "sex", "alternative": "larger"},
            r"alternative is one of 'two-sided', 'less', 'greater'; found 'larger'",
        ),
        ({"where": "y > 100"}, r"y has no standard error"),
    ],
)
def test_what_cannot_be_compared_is_refused(call: dict[str, Any], words: str) -> None:
    y = call.pop("y", "y")
    with pytest.raises(EstimationError, match=words):
        ttest(FOUR, y, **call)


def test_result_is_told_as_row_and_table() -> None:
    found = ttest(FOUR, "y", by="sex")
    row = found.to_frame().iloc[0]
    assert row[["difference", "se", "ci_low", "ci_high"]].tolist() == [4.0, found.se, found.ci_low, found.ci_high]
    assert np.isnan(row["df2"])
    assert "Design-based t-test of two means" in found.table().to_text()
    assert "Стандартная ошибка" in found.table(lang="ru").to_text()
