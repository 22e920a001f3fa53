"""Lorenz curves, shares and ratios of quantile groups, growth incidence: by hand, and what must hold of any curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.replicate_kinds import JKn

FIVE = {"y": [3.0, 1.0, 10.0, 2.0, 4.0]}


@pytest.fixture
def five() -> cd.Survey:
    return cd.Survey(FIVE)


@pytest.fixture
def survey(sample: pd.DataFrame) -> cd.Survey:
    return cd.Survey(sample, weight="w", strata="stratum", psu="psu")


def values(survey: cd.Survey, statistic: cd.Statistic, **options: Any) -> list[float]:
    return survey.estimate(statistic, **options).to_frame()["estimate"].tolist()


def test_lorenz_by_hand(five: cd.Survey) -> None:
    # 1, 2, 3, 4, 10 of 20: after each fifth 1, 3, 6, 10, 20; half way between 0.4 and 0.6: 4.5
    assert values(five, cd.lorenz("y", [0.2, 0.4, 0.5, 0.6, 0.8])) == pytest.approx([0.05, 0.15, 0.225, 0.3, 0.5])


def test_generalised_lorenz_by_hand(five: cd.Survey) -> None:
    assert values(five, cd.generalized_lorenz("y", [0.2, 0.5, 1])) == pytest.approx([0.2, 0.9, 4.0])


def test_the_ends_of_a_curve_have_no_error(five: cd.Survey) -> None:
    for make in (lambda p: cd.lorenz("y", p), lambda p: cd.concentration_curve("y", "y", p)):
        frame = five.estimate(make([0, 1])).to_frame()
        assert frame["estimate"].tolist() == [0, 1]
        assert frame["se"].tolist() == [0, 0]
    mean = five.estimate([cd.generalized_lorenz("y", 1), cd.mean("y")]).to_frame()
    assert mean["se"][0] == pytest.approx(mean["se"][1])


def test_points_are_the_labels_of_the_rows(five: cd.Survey) -> None:
    assert five.estimate(cd.lorenz("y", [0.2, 0.5])).to_frame()["item"].tolist() == [0.2, 0.5]
    assert five.estimate(cd.lorenz("y", 0.2)).to_frame()["item"].tolist() == [""]


def test_with_heavy_ties_the_curve_is_continuous() -> None:
    # 0 .. and two at 10: of the tied the part is taken that fills up p
    survey = cd.Survey({"y": [0.0, 10.0, 10.0, 20.0]})
    assert values(survey, cd.lorenz("y", [0.25, 0.4, 0.5, 0.75])) == pytest.approx([0, 0.15, 0.25, 0.5])


def test_concentration_curve_by_hand() -> None:
    survey = cd.Survey({"benefit": [0.0, 1.0, 6.0, 3.0], "y": [40.0, 30.0, 10.0, 20.0]})
    assert values(survey, cd.concentration_curve("benefit", "y", [0.25, 0.5, 0.75])) == pytest.approx([0.6, 0.9, 1.0])


def test_the_area_under_the_curve_is_the_gini(survey: cd.Survey) -> None:
    p = np.linspace(0, 1, 2001)
    curve = np.array(values(survey, cd.lorenz("income", p)))
    (gini,) = values(survey, cd.gini("income"))
    assert 1 - 2 * np.trapezoid(curve, p) == pytest.approx(gini, abs=1e-5)
    assert (np.diff(curve, 2) > -1e-12).all(), "convex"
    conc = np.array(values(survey, cd.concentration_curve("food", "income", p)))
    assert 1 - 2 * np.trapezoid(conc, p) == pytest.approx(
        values(survey, cd.concentration("food", "income"))[0], abs=1e-5
    )


def test_shares_of_quantile_groups_by_hand_and_in_all(five: cd.Survey, survey: cd.Survey) -> None:
    assert values(five, cd.quantile_share("y", 0.4, 0.8)) == pytest.approx([0.35])
    fifths = {f"{k}": cd.quantile_share("income", k / 5, (k + 1) / 5) for k in range(5)}
    estimates = survey.estimate(fifths)
    assert estimates.to_frame()["estimate"].sum() == pytest.approx(1, rel=1e-12)
    assert estimates.to_frame()["estimate"].is_monotonic_increasing
    assert estimates.covariance().to_numpy().sum() == pytest.approx(0, abs=1e-14)


def test_the_whole_is_the_whole(five: cd.Survey) -> None:
    row = five.estimate(cd.quantile_share("y", 0, 1)).to_frame()
    assert (row["estimate"].item(), row["se"].item()) == (1, 0)


def test_quintile_share_ratio_by_hand(five: cd.Survey) -> None:
    assert values(five, cd.s80_s20("y")) == pytest.approx([10])
    # with a sixth person everybody at or below the quantile is taken: the lowest two of 1, 1.5, 2, 3, 4, 10
    six = cd.Survey({"y": [*FIVE["y"], 1.5]})
    assert values(six, cd.s80_s20("y")) == pytest.approx([10 / 2.5])
    assert values(six, cd.s80_s20("y", upper=0.5, lower=0.5 - 1e-9)) == pytest.approx([17 / 4.5])


def test_conventions_of_the_quintile_share_ratio_differ_in_the_error_alone(survey: cd.Survey) -> None:
    ours, theirs = (survey.estimate(cd.s80_s20("income", convention=one)).to_frame() for one in ("childdata", "convey"))  # type: ignore[arg-type]
    assert ours["estimate"].item() == theirs["estimate"].item()
    assert ours["se"].item() == pytest.approx(theirs["se"].item(), rel=0.25)
    assert ours["se"].item() != theirs["se"].item()


def test_palma_by_hand(five: cd.Survey) -> None:
    # L(0.9) = (10 + 5)/20, L(0.4) = 3/20
    assert values(five, cd.palma("y")) == pytest.approx([5 / 3])


def test_palma_is_a_ratio_of_shares(survey: cd.Survey) -> None:
    ratio = cd.quantile_share("income", 0.9, 1) / cd.quantile_share("income", 0, 0.4)
    frame = survey.estimate({"palma": cd.palma("income"), "ratio": ratio}).to_frame()
    for column in ("estimate", "se"):
        assert frame[column][0] == pytest.approx(frame[column][1], rel=1e-10)


def test_quantile_ratio_by_hand(five: cd.Survey) -> None:
    assert values(five, cd.quantile_ratio("y", 0.8, 0.2)) == [4]
    assert values(five, cd.quantile_ratio("y", 0.8, 0.2, rule="hf2")) == pytest.approx([7 / 1.5])


def test_a_quantile_ratio_by_two_ways_to_one_error(large_sample: pd.DataFrame) -> None:
    survey = cd.Survey(large_sample.assign(y=large_sample["income"] ** 0.3), weight="w", strata="stratum", psu="psu")
    woodruff = survey.estimate(cd.quantile_ratio("y", 0.8, 0.2)).to_frame()
    density = survey.estimate(cd.quantile_ratio("y", 0.8, 0.2, bandwidth="kish")).to_frame()
    assert woodruff["estimate"].item() == density["estimate"].item()
    assert woodruff["se"].item() == pytest.approx(density["se"].item(), rel=0.3)
    plain = survey.estimate(cd.quantile("y", 0.8) / cd.quantile("y", 0.2)).to_frame()
    assert woodruff["se"].item() == plain["se"].item()


def test_growth_incidence_by_hand() -> None:
    panel = cd.Survey({"y1": [1.0, 2.0, 3.0, 4.0], "y2": [5.0, 2.0, 3.0, 2.0]})
    # quantiles of y2: 2, 2, 3, 5
    assert values(panel, cd.growth_incidence("y1", "y2", [0.25, 0.5, 0.75, 0.9])) == pytest.approx([1, 0, 0, 0.25])
    assert values(panel, cd.growth_incidence("y1", "y2", 0.25)) == [1]


def test_growth_of_all_alike_has_no_error(survey: cd.Survey) -> None:
    frame = survey.estimate(cd.growth_incidence("income", "income * 1.5", [0.2, 0.5, 0.8])).to_frame()
    np.testing.assert_allclose(frame["estimate"], 0.5, rtol=1e-12)
    np.testing.assert_allclose(frame["se"], 0, atol=1e-10)


def test_growth_between_two_surveys_is_the_relative_change_of_their_quantiles(sample: pd.DataFrame) -> None:
    first = cd.Survey(sample, weight="w", strata="stratum", psu="psu").estimate(cd.quantile("income", [0.25, 0.5]))
    later = sample.assign(income=sample["income"] * 1.2, psu=sample["psu"] + 1000, stratum=sample["stratum"] + 1000)
    second = cd.Survey(later, weight="w", strata="stratum", psu="psu").estimate(cd.quantile("income", [0.25, 0.5]))
    change = second.compare(first, overlap="none", measure="relative change").to_frame()
    np.testing.assert_allclose(change["estimate"], 0.2, rtol=1e-12)
    relative = first.to_frame()["se"] / first.to_frame()["estimate"]
    np.testing.assert_allclose(change["se"], 1.2 * np.sqrt(2) * relative, rtol=1e-9)


def test_curves_by_domain_are_those_of_each_alone(survey: cd.Survey) -> None:
    statistics = [cd.lorenz("income", [0.3, 0.7]), cd.palma("income"), cd.s80_s20("income")]
    together = survey.estimate(statistics, by="sex").to_frame()
    for sex in ("boy", "girl"):
        alone = survey.estimate(statistics, where=f"sex == '{sex}'").to_frame()
        rows = together[together["sex"] == sex]
        for column in ("estimate", "se", "n", "df"):
            np.testing.assert_allclose(rows[column].astype(float), alone[column].astype(float), rtol=1e-11)


def test_linearised_errors_are_near_the_jackknife(large_sample: pd.DataFrame) -> None:
    survey = cd.Survey(large_sample.assign(y=large_sample["income"] ** 0.3), weight="w", strata="stratum", psu="psu")
    statistics = [cd.lorenz("y", [0.2, 0.5, 0.8]), cd.palma("y"), cd.quantile_share("y", 0, 0.4)]
    linear = survey.estimate(statistics).to_frame()["se"]
    replicated = survey.with_replicates(JKn()).estimate(statistics).to_frame()["se"]
    np.testing.assert_allclose(linear, replicated, rtol=0.02)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: cd.lorenz("y", 1.1), "p of a curve lies between 0 and 1; found 1.1"),
        (lambda: cd.lorenz("y", []), "p of a curve"),
        (lambda: cd.generalized_lorenz("y", [0.5, float("nan")]), "p of a curve"),
        (lambda: cd.quantile_share("y", 0.5, 0.5), "between two points from 0 to 1; found 0.5 and 0.5"),
        (lambda: cd.quantile_share("y", -0.1, 0.5), "found -0.1 and 0.5"),
        (lambda: cd.s80_s20("y", upper=0.2, lower=0.8), "the lower first; found 0.8, 0.2"),
        (lambda: cd.s80_s20("y", convention="laeken"), "convention of a share ratio is 'childdata' or 'convey'"),  # type: ignore[arg-type]
        (lambda: cd.quantile_ratio("y", 1.2, 0.1), "p of a quantile lies strictly between 0 and 1"),
        (
            lambda: cd.quantile_ratio("y", 0.9, 0.1, bandwidth=-1.0),
            "bandwidth is 'kish', 'convey' or a positive number",
        ),
        (lambda: cd.growth_incidence("a", "b", [0.5], rule="hf0"), "quantile rule 'hf0' is not known"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_curve_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        make()
