"""Rank tests under the design: ranks and scores by hand, their properties, and what is refused."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.comparing import ttest
from childdata.survey.rank_test import RankTest, mid_ranks, ranktest, record_ranks

FOUR = cd.Survey({"sex": ["f", "f", "m", "m"], "y": [1.0, 3.0, 2.0, 8.0]})


@pytest.fixture
def people(sample: pd.DataFrame) -> cd.Survey:
    return cd.Survey(sample, weight="w", strata="stratum", psu="psu")


def test_ranks_by_hand() -> None:
    y, weight = np.array([3.0, 1.0, 3.0, 9.0]), np.array([2.0, 4.0, 6.0, 1.0])
    # below 1: nothing, half of 4; below 3: 4, half of 8; below 9: 12, half of 1
    assert mid_ranks(y, weight).tolist() == [8.0, 2.0, 8.0, 12.5]


def test_tied_records_of_unequal_weight_have_another_rank_in_r() -> None:
    y, weight = np.array([3.0, 1.0, 3.0, 9.0]), np.array([2.0, 4.0, 6.0, 1.0])
    # own mid-ranks 4 + 1 and 6 + 3, averaged; turned about: 4 + 3 and 10 + 1
    assert record_ranks(y, weight).tolist() == [7.0, 2.0, 7.0, 12.5]
    assert record_ranks(y[::-1], weight[::-1]).tolist() == [12.5, 9.0, 2.0, 9.0]


def test_equal_weights_have_the_same_ranks_in_r() -> None:
    y = np.array([3.0, 1.0, 3.0, 9.0, 1.0])
    assert record_ranks(y, np.ones(5)).tolist() == mid_ranks(y, np.ones(5)).tolist()
    assert (mid_ranks(y, np.ones(5)) + 0.5).tolist() == stats.rankdata(y).tolist()


def test_values_apart_by_rounding_are_ties() -> None:
    assert mid_ranks(np.array([0.3, 0.1 + 0.2]), np.ones(2)).tolist() == [1.0, 1.0]


def test_wilcoxon_by_hand() -> None:
    found = ranktest(FOUR, "y", by="sex")
    # scores 1/8, 5/8 of f and 3/8, 7/8 of m; means 3/8 and 5/8; influences ±(1/4)/2; V = 4/3 · 4 · (1/8)²
    se = np.sqrt(4 / 3 * 4 / 64)
    assert (found.difference, found.se) == (0.25, pytest.approx(se, rel=1e-12))
    assert (found.statistic, found.df) == (pytest.approx(0.25 / se, rel=1e-12), (1,))
    assert found.groups.to_frame()["estimate"].tolist() == [3 / 8, 5 / 8]
    assert found.what == "y: m − f"
    assert ranktest(FOUR, "y", by="sex", convention="r").df == (2,)


def test_scores_by_hand() -> None:
    normal = ranktest(FOUR, "y", by="sex", test="vanderWaerden").groups.to_frame()["estimate"].tolist()
    z = stats.norm.ppf([1 / 8, 5 / 8, 3 / 8, 7 / 8])
    assert normal == pytest.approx([(z[0] + z[1]) / 2, (z[2] + z[3]) / 2], rel=1e-12)
    median = ranktest(FOUR, "y", by="sex", test="median", where="y > 0").groups.to_frame()["estimate"].tolist()
    assert median == [0.5, 0.5]  # ranks ½, 2½ and 1½, 3½ of 4
    own = ranktest(FOUR, "y", by="sex", test=lambda rank, size: rank**2).groups.to_frame()["estimate"].tolist()
    assert own == [(0.25 + 6.25) / 2, (2.25 + 12.25) / 2]


def test_wilcoxon_is_the_t_test_of_the_ranks(sample: pd.DataFrame) -> None:
    ranked = sample.assign(rank=mid_ranks(sample["income"].to_numpy(), sample["w"].to_numpy()) / sample["w"].sum())
    people = cd.Survey(ranked, weight="w", strata="stratum", psu="psu")
    found, wanted = ranktest(people, "income", by="sex"), ttest(people, "rank", by="sex")
    assert [found.difference, found.se, *found.df, found.p] == pytest.approx(
        [wanted.difference, wanted.se, *wanted.df, wanted.p], rel=1e-10
    )


@pytest.mark.parametrize("test", get_args(RankTest))
@pytest.mark.parametrize("by", ["sex", "region"])
def test_order_of_records_weights_and_scale_of_y_change_nothing(sample: pd.DataFrame, test: Any, by: str) -> None:
    def numbers(frame: pd.DataFrame) -> list[float]:
        found = ranktest(cd.Survey(frame, weight="w", strata="stratum", psu="psu"), "quintile", by, test=test)
        return [found.statistic, *found.df, found.p]

    wanted = pytest.approx(numbers(sample), rel=1e-9)
    assert numbers(sample.sample(frac=1, random_state=2)) == wanted
    assert numbers(sample.assign(w=sample["w"] * 10)) == wanted
    assert numbers(sample.assign(quintile=np.exp(sample["quintile"]))) == wanted


def test_record_split_in_two_halves_changes_nothing(sample: pd.DataFrame) -> None:
    first = sample.iloc[[17]].assign(w=lambda one: one["w"] / 2)
    split = pd.concat([sample.drop(index=17), first, first], ignore_index=True)
    one, other = (
        ranktest(cd.Survey(frame, weight="w", strata="stratum", psu="psu"), "quintile", "sex")
        for frame in (sample, split)
    )
    assert (other.statistic, other.p) == (pytest.approx(one.statistic, rel=1e-10), pytest.approx(one.p, rel=1e-10))


def test_one_sided_alternatives_halve_the_p(people: cd.Survey) -> None:
    both, less, greater = (
        ranktest(people, "income", by="sex", alternative=one) for one in ("two-sided", "less", "greater")
    )
    assert less.p + greater.p == pytest.approx(1, rel=1e-12)
    assert min(less.p, greater.p) == pytest.approx(both.p / 2, rel=1e-12)
    assert (greater.p < 0.5) == (greater.statistic > 0)
    assert greater.what == f"{both.what} > 0"


def test_several_groups_are_a_joint_test(people: cd.Survey) -> None:
    found = ranktest(people, "income", by="region")
    assert (found.symbol, found.kind) == ("F", "KruskalWallis")
    assert found.what == "income by region"
    # the groups lie in PSUs of their own: 10 of the 30 in 5 strata, so ν = 5, q = 2, ν − q + 1 = 4
    assert found.df == (2, 4)
    assert np.isnan(found.difference)
    assert "difference" not in found.to_frame()
    two = ranktest(people, "income", by="region", of=("north", "south"))
    assert two.symbol == "t"
    assert "'region' has other values than those compared in 100 records: they are left out" in two.notes


def test_joint_test_of_two_groups_would_be_the_square_of_t(people: cd.Survey) -> None:
    # the same W, whichever group the others are compared with
    one = ranktest(people, "income", by="region", of=("north", "south", "west"))
    other = ranktest(people, "income", by="region", of=("west", "north", "south"))
    assert one.statistic == pytest.approx(other.statistic, rel=1e-10)


def test_unknown_answers_are_left_out(people: cd.Survey, sample: pd.DataFrame) -> None:
    found = ranktest(people, "food", by="sex")
    assert found.groups.to_frame()["n"].sum() == sample["food"].notna().sum()


def test_ranks_are_of_the_domain(people: cd.Survey) -> None:
    found = ranktest(people, "income", by="sex", where="region == 'north'")
    assert found.groups.to_frame()["n"].sum() == 100
    mean = np.average(found.groups.to_frame()["estimate"], weights=found.groups.to_frame()["n_weighted"])
    assert mean == pytest.approx(0.5, rel=1e-12)  # the mean of mid-ranks over N̂


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"test": "savage"}, r"test is one of 'wilcoxon', .*; found 'savage'"),
        ({"test": lambda rank, size: np.log(rank - 0.5)}, r"scores that are no finite numbers"),
        ({"test": lambda rank, size: 1.0}, r"gives one score for each of the 4 ranks"),
        ({"where": "y > 100"}, r"found none of 'sex'"),
        ({"test": lambda rank, size: 0 * rank}, r"has no standard error"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_cannot_be_ranked_is_refused(call: dict[str, Any], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        ranktest(FOUR, "y", "sex", **call)


def test_one_side_of_three_groups_is_refused(people: cd.Survey) -> None:
    with pytest.raises(EstimationError, match=r"alternative='less' is of two groups; 'region' has 3 with records"):
        ranktest(people, "income", by="region", alternative="less")


def test_method_is_told_in_words() -> None:
    assert ranktest(FOUR, "y", by="sex").method == "Design-based Wilcoxon rank test"
    assert (
        ranktest(FOUR, "y", by="sex", test=lambda rank, size: rank).method == "Design-based rank test of given scores"
    )
