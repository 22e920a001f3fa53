"""Inequality by hand: five persons with 1, 2, 3, 4 and 10; identities of indices, of groups and of ranks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.replicate_kinds import JKn

FIVE = np.array([1.0, 2.0, 3.0, 4.0, 10.0])


@pytest.fixture
def five() -> cd.Survey:
    return cd.Survey({"y": FIVE, "g": ["a", "a", "a", "b", "b"]})


@pytest.fixture
def survey(sample: pd.DataFrame) -> cd.Survey:
    return cd.Survey(sample, weight="w", strata="stratum", psu="psu")


def value(survey: cd.Survey, statistic: cd.Statistic, **options: Any) -> float:
    return float(survey.estimate(statistic, **options).to_frame()["estimate"].item())


def test_gini_by_hand(five: cd.Survey) -> None:
    # Σ|y_i − y_j| = 2(1 + 2 + 3 + 9 + 1 + 2 + 8 + 1 + 7 + 6) = 80; over 2 n² μ = 2 · 25 · 4
    assert value(five, cd.gini("y")) == pytest.approx(0.4, rel=1e-14)
    assert value(five, cd.gini("y", small_sample="n/(n-1)")) == pytest.approx(0.5, rel=1e-14)


def test_gini_with_weights_is_that_of_repeated_records(five: cd.Survey) -> None:
    weighted = cd.Survey({"y": [1.0, 5.0, 9.0], "w": [2.0, 3.0, 1.0]}, weight="w")
    repeated = cd.Survey({"y": [1.0, 1.0, 5.0, 5.0, 5.0, 9.0]})
    for statistic in (cd.gini("y"), cd.s_gini("y", 3), cd.theil("y"), cd.atkinson("y", 2)):
        assert value(weighted, statistic) == pytest.approx(value(repeated, statistic), rel=1e-14)


def test_one_who_has_all() -> None:
    for n in (2, 5, 50):
        survey = cd.Survey({"y": [0.0] * (n - 1) + [8.0]})
        assert value(survey, cd.gini("y")) == pytest.approx(1 - 1 / n)
        assert value(survey, cd.gini("y", small_sample="n/(n-1)")) == pytest.approx(1)


def test_the_gini_of_convey_depends_on_the_scale_of_the_weights() -> None:
    """(2 Σ w y c − Y)/(N Y) − 1, c with the record's own weight: the two agree where all weights are 1."""
    y = {"y": FIVE}
    mid = value(cd.Survey(y), cd.gini("y"))
    # Σ y c = 1 + 4 + 9 + 16 + 50 = 80: (160 − 20)/100 − 1
    assert value(cd.Survey(y), cd.gini("y", convention="convey")) == pytest.approx(0.4)
    half = cd.Survey(y | {"w": [0.5] * 5}, weight="w")
    assert value(half, cd.gini("y")) == pytest.approx(mid)
    # weights 0.5: Σ w y c = 20, N Y = 25: (40 − 10)/25 − 1
    assert value(half, cd.gini("y", convention="convey")) == pytest.approx(0.2)
    large = cd.Survey(y | {"w": [1e6] * 5}, weight="w")
    assert value(large, cd.gini("y", convention="convey")) == pytest.approx(mid + 1 / 5, abs=1e-5)


def test_extended_gini_by_hand(five: cd.Survey) -> None:
    # ν = 3: Σ y (R³ − R'³) with R = 5 .. 1: 1·61 + 2·37 + 3·19 + 4·7 + 10·1 = 230; over N² Y = 25 · 20
    assert value(five, cd.s_gini("y", 3)) == pytest.approx(1 - 230 / 500)
    assert value(five, cd.s_gini("y", 2)) == pytest.approx(0.4)


def test_extended_gini_approaches_the_least_income(five: cd.Survey) -> None:
    assert value(five, cd.s_gini("y", 1.0001)) == pytest.approx(0, abs=1e-4)
    assert value(five, cd.s_gini("y", 200)) == pytest.approx(1 - 1 / 4)


def test_entropy_by_hand(five: cd.Survey) -> None:
    share = FIVE / 4
    assert value(five, cd.theil("y")) == pytest.approx((share * np.log(share)).mean())
    assert value(five, cd.mld("y")) == pytest.approx(-np.log(share).mean())
    assert value(five, cd.j_divergence("y")) == pytest.approx(((share - 1) * np.log(share)).mean())
    for alpha in (-1, 0.5, 2, 3):
        wanted = ((share**alpha).mean() - 1) / (alpha * (alpha - 1))
        assert value(five, cd.generalized_entropy("y", alpha)) == pytest.approx(wanted)


def test_entropy_of_two_is_half_the_squared_coefficient_of_variation(survey: cd.Survey) -> None:
    joint = survey.estimate(
        {"GE": cd.generalized_entropy("income", 2), "CV": cd.variation("income", ddof="population")}
    )
    ge, cv = joint.to_frame()["estimate"]
    assert ge == pytest.approx(cv**2 / 2, rel=1e-12)
    assert joint.to_frame()["se"][0] == pytest.approx(cv * joint.to_frame()["se"][1], rel=1e-9)


def test_entropy_is_continuous_at_nought_and_one(five: cd.Survey) -> None:
    for alpha, limit in ((0, cd.mld("y")), (1, cd.theil("y"))):
        around = [value(five, cd.generalized_entropy("y", alpha + step)) for step in (-1e-3, 1e-3)]
        assert np.mean(around) == pytest.approx(value(five, limit), rel=1e-6)


def test_atkinson_by_hand(five: cd.Survey) -> None:
    assert value(five, cd.atkinson("y", 0.5)) == pytest.approx(1 - np.sqrt(FIVE).mean() ** 2 / 4)
    assert value(five, cd.atkinson("y", 1)) == pytest.approx(1 - np.exp(np.log(FIVE).mean()) / 4)
    assert value(five, cd.atkinson("y", 2)) == pytest.approx(1 - 1 / (1 / FIVE).mean() / 4)


def test_atkinson_of_one_is_the_mld_in_another_unit(survey: cd.Survey) -> None:
    frame = survey.estimate({"A": cd.atkinson("income", 1), "M": cd.mld("income")}).to_frame()
    a, m = frame["estimate"]
    assert a == pytest.approx(1 - np.exp(-m), rel=1e-12)
    assert frame["se"][0] == pytest.approx(np.exp(-m) * frame["se"][1], rel=1e-10)


def test_an_income_of_zero_adds_nothing_where_the_index_has_a_value() -> None:
    survey = cd.Survey({"y": [0.0, 1.0, 3.0]})
    share = np.array([0, 1, 3]) / (4 / 3)
    assert value(survey, cd.theil("y")) == pytest.approx((share[1:] * np.log(share[1:])).sum() / 3)
    assert value(survey, cd.generalized_entropy("y", 0.5)) == pytest.approx((np.sqrt(share).mean() - 1) / -0.25)
    assert value(survey, cd.atkinson("y", 0.5)) == pytest.approx(1 - np.sqrt([0, 1, 3]).mean() ** 2 / (4 / 3))


INDICES: dict[str, Callable[[str], cd.Statistic]] = {
    "gini": cd.gini,
    "s_gini": lambda y: cd.s_gini(y, 4),
    "theil": cd.theil,
    "mld": cd.mld,
    "GE(-1)": lambda y: cd.generalized_entropy(y, -1),
    "GE(0.5)": lambda y: cd.generalized_entropy(y, 0.5),
    "atkinson": lambda y: cd.atkinson(y, 2),
    "j_divergence": cd.j_divergence,
}


@pytest.mark.parametrize("name", INDICES)
def test_equal_incomes_are_not_unequal(name: str) -> None:
    row = cd.Survey({"y": [7.0] * 4, "w": [1.0, 2.0, 0.5, 3.0]}, weight="w").estimate(INDICES[name]("y")).to_frame()
    assert row["estimate"].item() == pytest.approx(0, abs=1e-12)
    assert row["se"].item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", INDICES)
def test_the_unit_of_money_does_not_matter(survey: cd.Survey, name: str) -> None:
    one = survey.estimate(INDICES[name]("income"), by="sex").to_frame()
    other = survey.estimate(INDICES[name]("income * 1000"), by="sex").to_frame()
    np.testing.assert_allclose(one["estimate"], other["estimate"], rtol=1e-11)
    np.testing.assert_allclose(one["se"], other["se"], rtol=1e-9)


@pytest.mark.parametrize("name", INDICES)
def test_a_gift_from_rich_to_poor_lowers_inequality(five: cd.Survey, name: str) -> None:
    after = cd.Survey({"y": FIVE + np.array([0.5, 0, 0, 0, -0.5])})
    assert value(after, INDICES[name]("y")) < value(five, INDICES[name]("y"))


def test_parts_between_and_within_groups_by_hand(five: cd.Survey) -> None:
    # a: 1, 2, 3 with mean 2; b: 4, 10 with mean 7; all: 4. Population shares 0.6 and 0.4, income shares 0.3 and 0.7
    assert value(five, cd.mld_between("y", "g")) == pytest.approx(0.6 * np.log(4 / 2) + 0.4 * np.log(4 / 7))
    assert value(five, cd.entropy_between("y", "g", 1)) == pytest.approx(0.3 * np.log(2 / 4) + 0.7 * np.log(7 / 4))
    assert value(five, cd.entropy_between("y", "g", 2)) == pytest.approx((0.6 * 0.25 + 0.4 * (7 / 4) ** 2 - 1) / 2)
    within = 0.6 * (np.log(2) - np.log([1, 2, 3]).mean()) + 0.4 * (np.log(7) - np.log([4, 10]).mean())
    assert value(five, cd.mld_within("y", "g")) == pytest.approx(within)


@pytest.mark.parametrize("alpha", [-1, 0, 0.5, 1, 2])
def test_the_parts_add_up_with_their_errors(survey: cd.Survey, alpha: float) -> None:
    whole, between = cd.generalized_entropy("income", alpha), cd.entropy_between("income", "quintile", alpha)
    within = cd.entropy_within("income", "quintile", alpha)
    frame = survey.estimate({"whole": whole, "sum": between + within}, by="sex").to_frame()
    half = len(frame) // 2
    for column in ("estimate", "se"):
        np.testing.assert_allclose(frame[column][:half], frame[column][half:], rtol=1e-9)


@pytest.mark.parametrize("alpha", [-1, 0, 1, 2])
def test_of_groups_that_are_alike_nothing_lies_between(alpha: float) -> None:
    survey = cd.Survey({"y": [1.0, 5.0, 1.0, 5.0], "g": ["a", "a", "b", "b"]})
    assert value(survey, cd.entropy_between("y", "g", alpha)) == pytest.approx(0, abs=1e-14)


def test_a_group_without_records_in_a_domain_has_no_part() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 6.0, 9.0], "g": ["a", "b", "b", "c"], "r": [1, 1, 1, 2]})
    frame = survey.estimate([cd.mld_between("y", "g"), cd.entropy_between("y", "g", 2)], by="r").to_frame()
    alone = cd.Survey({"y": [1.0, 2.0, 6.0], "g": ["a", "b", "b"]})
    assert frame["estimate"][0] == pytest.approx(value(alone, cd.mld_between("y", "g")))
    assert frame["estimate"][2] == pytest.approx(value(alone, cd.entropy_between("y", "g", 2)))
    assert frame["estimate"][1] == pytest.approx(0, abs=1e-14)


def test_concentration_by_hand() -> None:
    # tax 0, 1, 5 by income: C = 2 Σ i x_i/(n Σ x) − (n + 1)/n = 2 · 17/18 − 4/3
    survey = cd.Survey({"tax": [5.0, 0.0, 1.0], "y": [30.0, 10.0, 20.0]})
    assert value(survey, cd.concentration("tax", "y")) == pytest.approx(2 * 17 / 18 - 4 / 3)
    assert value(survey, cd.concentration("y", "y")) == pytest.approx(value(survey, cd.gini("y")))


def test_what_the_poor_have_alone_is_negatively_concentrated() -> None:
    survey = cd.Survey({"benefit": [8.0, 0.0, 0.0, 0.0], "y": [1.0, 2.0, 3.0, 4.0]})
    assert value(survey, cd.concentration("benefit", "y")) == pytest.approx(-3 / 4)


def test_persons_of_one_household_share_a_rank_whatever_the_order_of_the_file() -> None:
    frame = pd.DataFrame(
        {"tax": [9.0, 0.0, 0.0, 2.0, 4.0], "y": [20.0, 20.0, 20.0, 10.0, 30.0], "w": [1.0, 2, 1, 1, 3]}
    )
    orders = [frame.iloc[order] for order in ([0, 1, 2, 3, 4], [1, 2, 0, 4, 3], [4, 3, 2, 1, 0])]
    found = [cd.Survey(one, weight="w").estimate(cd.concentration("tax", "y")).to_frame() for one in orders]
    assert len({round(one["estimate"].item(), 14) for one in found}) == 1
    assert len({round(one["se"].item(), 14) for one in found}) == 1
    # the three with 20 have 9/4 each on average
    averaged = frame.assign(tax=[9 / 4] * 3 + [2.0, 4.0])
    assert value(cd.Survey(averaged, weight="w"), cd.concentration("tax", "y")) == pytest.approx(
        found[0]["estimate"].item()
    )


def test_kakwani_is_the_difference_of_its_two_parts(survey: cd.Survey) -> None:
    made = {
        "K": cd.kakwani("food", "income", kind="tax"),
        "parts": cd.concentration("food", "income") - cd.gini("if_else(answered(food), income, unknown())"),
        "B": cd.kakwani("food", "income", kind="benefit"),
    }
    frame = survey.estimate(made, by="sex").to_frame().set_index(["statistic", "sex"])
    for column in ("estimate", "se"):
        np.testing.assert_allclose(frame.loc["K", column], frame.loc["parts", column], rtol=1e-9)
    np.testing.assert_allclose(frame.loc["B", "estimate"], -frame.loc["K", "estimate"], rtol=1e-12)
    np.testing.assert_allclose(frame.loc["B", "se"], frame.loc["K", "se"], rtol=1e-12)


def test_a_tax_in_proportion_to_income_is_neither_progressive_nor_regressive(survey: cd.Survey) -> None:
    row = survey.estimate(cd.kakwani("income * 0.2", "income", kind="tax")).to_frame()
    assert row["estimate"].item() == pytest.approx(0, abs=1e-14)
    assert row["se"].item() == pytest.approx(0, abs=1e-14)


def test_a_regressive_tax_is_ranked_by_income_and_not_by_itself() -> None:
    # C = 2 Σ i x_i/(n Σ x) − (n + 1)/n with Σ i x_i = 9 + 12 + 9 + 4; ranked by itself the tax would give +0.140
    survey = cd.Survey({"tax": [9.0, 6.0, 3.0, 1.0], "y": [10.0, 20.0, 30.0, 40.0]})
    concentration = 2 * (9 + 12 + 9 + 4) / (4 * 19) - 5 / 4
    assert value(survey, cd.kakwani("tax", "y", kind="tax")) == pytest.approx(concentration - 0.25)
    assert concentration - 0.25 == pytest.approx(-0.605, abs=5e-4)


def test_taxes_and_transfers_with_a_joint_covariance(survey: cd.Survey) -> None:
    """Two Ginis of the same records: an error that takes them as independent is many times too large."""
    both = survey.estimate({"pre": cd.gini("income"), "post": cd.gini("income * 0.9 + 1")})
    joint = survey.estimate(cd.gini("income") - cd.gini("income * 0.9 + 1")).to_frame()["se"].item()
    independent = np.sqrt((both.to_frame()["se"] ** 2).sum())
    assert joint < independent / 5
    matrix = both.covariance().to_numpy()
    assert joint**2 == pytest.approx(matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1], rel=1e-8)


def test_linearised_errors_are_within_two_percent_of_the_jackknife(large_sample: pd.DataFrame) -> None:
    # incomes of strata that differ less: one PSU that makes a tenth of the variance is no matter of linearisation
    survey = cd.Survey(large_sample.assign(y=large_sample["income"] ** 0.3), weight="w", strata="stratum", psu="psu")
    statistics = {name: make("y") for name, make in INDICES.items()} | {
        "C": cd.concentration("food", "y"),
        "K": cd.kakwani("food", "y", kind="tax"),
        "extended": cd.concentration("food", "y", nu=3),
        "between": cd.mld_between("y", "quintile"),
        "within": cd.entropy_within("y", "quintile", 2),
    }
    linear = survey.estimate(statistics, by="sex", margins=True).to_frame()
    replicated = survey.with_replicates(JKn()).estimate(statistics, by="sex", margins=True).to_frame()
    np.testing.assert_allclose(linear["estimate"], replicated["estimate"], rtol=1e-12)
    smooth = linear["statistic"] != "between"  # near zero, where it is not linear
    np.testing.assert_allclose(linear["se"][smooth], replicated["se"][smooth], rtol=0.02)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: cd.gini("y", convention="laeken"), "'mid-rank' or 'convey'; found 'laeken'"),  # type: ignore[arg-type]
        (lambda: cd.gini("y", small_sample="yes"), "small_sample is 'none' or 'n/.n-1.'; found 'yes'"),  # type: ignore[arg-type]
        (lambda: cd.s_gini("y", 1), "nu of an extended Gini coefficient is above 1; found 1"),
        (lambda: cd.concentration("x", "y", nu=0), "above 1; found 0"),
        (lambda: cd.kakwani("x", "y", kind="fee"), "kind of a Kakwani index is 'tax' or 'benefit'; found 'fee'"),  # type: ignore[arg-type]
        (lambda: cd.atkinson("y", 0), "epsilon of an Atkinson index is above 0"),
        (lambda: cd.atkinson("y", float("nan")), "epsilon of an Atkinson index is above 0"),
        (lambda: cd.generalized_entropy("y", float("nan")), "alpha of a generalised entropy index lies between"),
        (lambda: cd.generalized_entropy("y", 101), "alpha of a generalised entropy index lies between"),
    ],
)
def test_what_is_no_index_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        make()


def test_the_worked_case_of_five_persons(five: cd.Survey, shared: Callable[[str], Path]) -> None:
    cases = json.loads(shared("reference/poverty.json").read_text(encoding="utf-8"))["cases"]
    wanted = next(case for case in cases if case["id"] == "inequality_1_2_3_4_10")["output"]
    close = {"rel": 1e-12}
    assert value(five, cd.gini("y")) == pytest.approx(wanted["gini"], **close)
    assert value(five, cd.gini("y", small_sample="n/(n-1)")) == pytest.approx(
        wanted["gini_small_sample_corrected"], **close
    )
    for alpha, entropy in wanted["GE"].items():
        assert value(five, cd.generalized_entropy("y", float(alpha))) == pytest.approx(entropy, **close)
    for epsilon, index in wanted["atkinson"].items():
        assert value(five, cd.atkinson("y", float(epsilon))) == pytest.approx(index, **close)
    assert value(five, cd.s80_s20("y")) == pytest.approx(wanted["S80S20"], **close)
    assert value(five, cd.palma("y")) == pytest.approx(wanted["palma_top10_bottom40_discrete_interpolated"], **close)
    for p, share in wanted["lorenz_p"].items():
        assert value(five, cd.lorenz("y", float(p))) == pytest.approx(share, **close)
