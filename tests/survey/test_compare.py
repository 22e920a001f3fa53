"""Surveys compared: units matched by name, covariances by hand, measures of change, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.compare import compare, together
from childdata.survey.estimates import Estimates
from childdata.survey.keys import shape_of
from childdata.words import told

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "inference_r.json").read_text(encoding="utf-8"))["overlap"]
CLOSE = 1e-10


def survey(values: dict[str, float], strata: dict[str, str] | None = None) -> cd.Survey:
    """A survey of one record in each PSU, all in stratum 1 unless told."""
    stratum = ["1" if strata is None else strata[psu] for psu in values]
    data = {"psu": list(values), "stratum": stratum, "y": list(values.values())}
    return cd.Survey(data, strata="stratum", psu="psu")


def mean_of(values: dict[str, float], strata: dict[str, str] | None = None) -> Estimates:
    return survey(values, strata).estimate({"y": cd.mean("y")})


FIRST, SECOND = {"a": 1.0, "b": 2.0, "c": 6.0}, {"b": 4.0, "c": 9.0, "d": 2.0, "e": 5.0}


def test_psus_in_both_surveys_give_the_covariance_by_hand() -> None:
    # means 3 and 5; scores (y - mean)/n: b -1/3, c 1; b -1/4, c 1, d -3/4, e 0
    # V1 = 3/2 (4 + 1 + 9)/9 = 7/3, V2 = 4/3 (1 + 16 + 9)/16 = 13/6
    # Cov = sqrt(3/2 · 4/3) (-1/3 · -1/4 + 1 · 1) = sqrt(2) · 13/12
    change = mean_of(SECOND).compare(mean_of(FIRST), overlap="psu")
    row = change.to_frame().iloc[0]
    assert row["estimate"] == 2
    assert row["se"] == pytest.approx(np.sqrt(7 / 3 + 13 / 6 - 2 * np.sqrt(2) * 13 / 12), rel=1e-12)
    assert row["df"] == 2
    assert change.notes[-1] == "2 primary sampling units are in both 1 and 2, of 3 and 4"
    assert "первичных единиц отбора" in told(change.notes[-1], "ru")


def test_without_overlap_variances_add_up_and_df_are_those_of_satterthwaite() -> None:
    row = mean_of(SECOND).compare(mean_of(FIRST), overlap="none").to_frame().iloc[0]
    assert row["se"] == pytest.approx(np.sqrt(7 / 3 + 13 / 6), rel=1e-12)
    assert row["df"] == pytest.approx((7 / 3 + 13 / 6) ** 2 / ((7 / 3) ** 2 / 2 + (13 / 6) ** 2 / 3), rel=1e-12)


def test_a_correlation_takes_the_place_of_names() -> None:
    row = mean_of(SECOND).compare(mean_of(FIRST), overlap=0.25).to_frame().iloc[0]
    assert row["se"] == pytest.approx(np.sqrt(7 / 3 + 13 / 6 - 2 * 0.25 * np.sqrt(7 / 3 * 13 / 6)), rel=1e-12)


def test_estimates_that_are_wholly_correlated_differ_without_error() -> None:
    row = mean_of(FIRST).compare(mean_of(FIRST), overlap=1.0).to_frame().iloc[0]
    assert (row["estimate"], row["se"]) == (0, 0)


def test_order_of_the_units_has_no_part_in_the_matching() -> None:
    backwards = {psu: SECOND[psu] for psu in reversed(SECOND)}
    one, other = (mean_of(values).compare(mean_of(FIRST), overlap="psu").to_frame() for values in (SECOND, backwards))
    assert one["se"].item() == pytest.approx(other["se"].item(), rel=1e-12)


def test_a_number_that_two_strata_use_names_two_psus() -> None:
    strata = {"a": "1", "b": "1", "c": "2", "d": "2"}
    moved = {"a": "2", "b": "2", "c": "1", "d": "1"}
    values = {"a": 1.0, "b": 2.0, "c": 6.0, "d": 3.0}
    with pytest.raises(EstimationError, match="shares no PSU"):
        mean_of(values, strata).compare(mean_of(values, moved), overlap="psu")


def test_a_number_is_the_same_unit_as_text_as_whole_and_as_decimal() -> None:
    y = [1.0, 2.0, 6.0, 4.0]
    kinds: tuple[list[Any], ...] = ([1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0], ["1", "2", "3", "4"])
    waves = [cd.Survey({"psu": psu, "y": y}, psu="psu").estimate({"y": cd.mean("y")}) for psu in kinds]
    for other in waves[1:]:
        assert other.compare(waves[0], overlap="psu").to_frame()["se"].item() == pytest.approx(0, abs=1e-12)


# against R: two surveys give the numbers of stacked waves ------------------------------------------------------------


@pytest.fixture(scope="module")
def two_waves() -> tuple[pd.DataFrame, pd.DataFrame]:
    first = pd.read_csv(REFERENCE / "random_two_stages.csv")
    second = first.copy()
    second["y"] = (0.6 * first["y"] + 0.8 * first["x"] / first["x"].mean() + 0.1 * (first["number"] % 3)).round(4)
    second["weight"] = (first["weight"] * (1 + 0.1 * (first["sex"] == 1))).round(6)
    return first, second.sample(frac=1, random_state=1)


@pytest.mark.parametrize("overlap", ["psu", "household"])
def test_shared_units_give_the_numbers_of_stacked_waves(
    overlap: Any, two_waves: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    options: dict[str, Any] = {"weight": "weight", "strata": "stratum", "psu": "unit1"}
    if overlap == "household":
        options |= {"psu": ["unit1", "unit2"], "fpc": ["size1", "size2"]}
    first, second = (cd.Survey(wave, **options).estimate(cd.mean("y")) for wave in two_waves)
    answers = ANSWERS[overlap]
    np.testing.assert_allclose(
        together([first, second], overlap=overlap).covariance(), answers["waves"]["cov"], rtol=CLOSE
    )
    measures: tuple[tuple[Any, str], ...] = (
        ("difference", "difference"),
        ("ratio", "ratio"),
        ("annualised", "annualised"),
    )
    for measure, name in measures:
        found = second.compare(first, overlap=overlap, measure=measure, years=5).to_frame().iloc[0]
        # R rounds its weights and answers as the file does
        assert found["estimate"] == pytest.approx(answers[name]["est"], rel=CLOSE)
        assert found["se"] == pytest.approx(answers[name]["se"], rel=CLOSE)


def test_change_of_a_gap_is_that_of_stacked_waves(two_waves: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    gaps = [
        cd.Survey(wave, weight="weight", strata="stratum", psu="unit1")
        .estimate(cd.mean("y"), by="sex")
        .difference(along="sex", of=("2", "1"))
        for wave in two_waves
    ]
    found = gaps[1].compare(gaps[0], overlap="psu").to_frame().iloc[0]
    assert found["estimate"] == pytest.approx(ANSWERS["gap_change"]["est"], rel=1e-9)
    assert found["se"] == pytest.approx(ANSWERS["gap_change"]["se"], rel=CLOSE)


def test_households_that_were_drawn_anew_share_the_first_stage_only(
    two_waves: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    first, second = two_waves
    second = second.assign(unit2=second["unit2"] + 50_000)
    options: dict[str, Any] = {
        "weight": "weight",
        "strata": "stratum",
        "psu": ["unit1", "unit2"],
        "fpc": ["size1", "size2"],
    }
    a, b = (cd.Survey(wave, **options).estimate(cd.mean("y")) for wave in (first, second))
    by_psu, by_household = (b.compare(a, overlap=level) for level in ("psu", "household"))
    assert by_psu.to_frame()["se"].item() == pytest.approx(by_household.to_frame()["se"].item(), rel=1e-12)
    assert by_household.notes[-1].startswith("0 units of the second stage are in both 1 and 2")


# properties ------------------------------------------------------------------


def drawn(seed: int, psus: list[int]) -> cd.Survey:
    """A wave: lasting differences between PSUs, and noise."""
    chance = np.random.default_rng(seed)
    lasting = np.random.default_rng(99).normal(0, 1, 40)
    psu = np.repeat(psus, 4)
    data = pd.DataFrame({"psu": psu, "stratum": psu % 4, "w": chance.uniform(1, 3, psu.size)})
    data["y"] = 5 + lasting[psu] + chance.normal(0, 1, psu.size)
    data["sex"] = np.where(chance.random(psu.size) < 0.5, "f", "m")
    return cd.Survey(data, weight="w", strata="stratum", psu="psu")


@given(st.integers(0, 2**16), st.integers(1, 20))
def test_the_joint_covariance_is_never_negative_and_keeps_each_survey(seed: int, shift: int) -> None:
    waves = [drawn(seed + k, list(range(k * shift % 20, 20 + k * shift % 20))) for k in range(3)]
    estimates = [wave.estimate(cd.mean("y"), by="sex") for wave in waves]
    both = together(estimates, overlap="psu")
    matrix = both.covariance().to_numpy()
    assert np.linalg.eigvalsh(matrix)[0] > -1e-12
    for number, one in enumerate(estimates):
        own = matrix[2 * number : 2 * number + 2, 2 * number : 2 * number + 2]
        np.testing.assert_allclose(own, one.covariance(), rtol=1e-10)


def test_one_survey_compared_with_itself_has_not_changed() -> None:
    found = drawn(1, list(range(12))).estimate(cd.mean("y"), by="sex")
    assert found.compare(found, overlap="psu").to_frame()["se"].to_numpy() == pytest.approx(0, abs=1e-12)


def test_two_domains_of_one_survey_in_two_ways() -> None:
    whole = drawn(1, list(range(20)))
    a, b = (whole.estimate({"y": cd.mean("y")}, where=f"sex == '{sex}'") for sex in ("f", "m"))
    np.testing.assert_allclose(b.compare(a, overlap="psu").to_frame()["se"], (b - a).to_frame()["se"], rtol=1e-10)


def test_samples_without_a_shared_psu_within_a_chain_have_no_covariance() -> None:
    waves = [drawn(k, list(range(8 * k, 8 * k + 16))) for k in range(3)]  # the first and the third share none
    matrix = together([wave.estimate(cd.mean("y")) for wave in waves], overlap="psu").covariance().to_numpy()
    assert matrix[0, 2] == 0
    assert matrix[0, 1] > 0


def test_more_than_two_surveys_against_the_first_and_the_previous() -> None:
    estimates = [drawn(k, list(range(4 * k, 4 * k + 16))).estimate(cd.mean("y"), by="sex") for k in range(3)]
    names, years = ["2015", "2019", "2024"], [2015, 2019, 2024]
    first = compare(estimates, overlap="psu", names=names)
    assert first.to_frame()["survey"].tolist() == ["2019 − 2015"] * 2 + ["2024 − 2015"] * 2
    previous = compare(estimates, overlap="psu", against="previous", names=names)
    assert previous.to_frame()["survey"].tolist() == ["2019 − 2015"] * 2 + ["2024 − 2019"] * 2
    # 2024 − 2015 is the sum of the two steps, and so is its error
    steps = previous.contrast("`2019 − 2015, f` + `2024 − 2019, f`").to_frame().iloc[0]
    whole = first.select(survey="2024 − 2015", sex="f").to_frame().iloc[0]
    assert steps["estimate"] == pytest.approx(whole["estimate"], rel=1e-10)
    assert steps["se"] == pytest.approx(whole["se"], rel=1e-10)
    assert len(first.notes) == 3
    rate = compare(estimates, overlap="psu", measure="annualised", years=years, names=names, against="previous")
    assert rate.to_frame()["survey"].tolist()[::2] == ["(2019 / 2015)^(1/4) − 1", "(2024 / 2019)^(1/5) − 1"]


@pytest.mark.parametrize(
    ("measure", "value", "slopes"),
    [
        ("difference", 6.0, (1, -1)),
        ("ratio", 4.0, (1 / 2, -8 / 4)),
        ("relative change", 3.0, (1 / 2, -8 / 4)),
        ("annualised", 1.0, (2 / (2 * 8), -2 / (2 * 2))),
        ("annualised difference", 3.0, (1 / 2, -1 / 2)),
    ],
)
def test_measures_of_change_by_hand(measure: Any, value: float, slopes: tuple[float, float]) -> None:
    then, now = (survey({"a": m - 1, "b": m + 1}).estimate({"y": cd.mean("y")}) for m in (2.0, 8.0))  # se 1 each
    row = now.compare(then, overlap="none", measure=measure, years=2).to_frame().iloc[0]
    assert row["estimate"] == pytest.approx(value)
    assert row["se"] == pytest.approx(np.hypot(*slopes))


def test_replicate_weights_are_compared_where_samples_are_independent() -> None:
    waves = [drawn(k, list(range(16))) for k in (1, 2)]
    taylor, replicates = (
        [one.estimate(cd.mean("y")) for one in each]
        for each in (waves, [wave.with_replicates(cd.JKn()) for wave in waves])
    )
    a = taylor[1].compare(taylor[0], overlap="none", measure="ratio").to_frame()["se"].item()
    b = replicates[1].compare(replicates[0], overlap="none", measure="ratio").to_frame()["se"].item()
    assert a == pytest.approx(b, rel=0.02)
    with pytest.raises(EstimationError, match="one by replicate weights, which has no share for each PSU"):
        replicates[1].compare(replicates[0], overlap="psu")


def test_rows_are_matched_by_labels_and_those_alone_are_counted() -> None:
    data = {"psu": [1, 2, 3, 4, 5, 6], "y": [1.0, 2.0, 3.0, 5.0, 8.0, 1.0]}
    then = cd.Survey(data | {"g": list("aabbcc")}, psu="psu").estimate({"y": cd.mean("y")}, by="g")
    now = cd.Survey(data | {"g": list("ddbbaa")}, psu="psu").estimate({"y": cd.mean("y")}, by="g")
    found = now.compare(then, overlap="none", names=("2019", "2024"))
    assert found.to_frame()[["g", "estimate"]].values.tolist() == [["a", 4.5 - 1.5], ["b", 0.0]]
    assert found.notes[-1] == "2 rows have 'survey' '2024' or '2019' but no partner"
    by_correlation = now.compare(then, overlap=0.3)
    assert by_correlation.to_frame()["g"].tolist() == ["a", "b"]


def test_other_names_of_strata_are_told() -> None:
    one = cd.Survey({"psu": [1, 2, 3], "s": [1, 1, 1], "y": [1.0, 2.0, 4.0]}, strata="s", psu="psu")
    two = cd.Survey({"psu": [1, 2, 3], "HH7": [1, 1, 1], "y": [1.0, 3.0, 4.0]}, strata="HH7", psu="psu")
    found = two.estimate({"y": cd.mean("y")}).compare(one.estimate({"y": cd.mean("y")}), overlap="psu")
    assert found.notes[-1].startswith("strata are named by other variables in each survey ('HH7'; 's')")


def test_notes_and_settings_of_each_survey_are_kept_apart() -> None:
    one = cd.Survey({"w": [1.0, 0.0, 1.0], "y": [1.0, 2.0, 4.0]}, weight="w").estimate({"y": cd.mean("y")})
    two = cd.Survey({"v": [1.0, 2.0, 1.0], "y": [1.0, 2.0, 4.0]}, weight="v").estimate({"y": cd.mean("y")})
    found = two.compare(one, overlap="none", names=("2019", "2024"))
    assert found.notes[0].startswith("2019: weight 'w' is zero in 1 records")
    assert found.settings["weight"] == "2019: w; 2024: v"
    assert (found.settings["overlap"], found.settings["measure"]) == ("none", "difference")
    assert found.table(suppress=None).to_markdown()


def test_shape_of_keys_shows_their_form_only() -> None:
    assert shape_of([("Minsk", "004"), ("Brest", "017")]) == "('AAAAA', '999')"
    assert shape_of([]) == "no units"


def test_no_unit_in_common_is_refused_with_the_form_of_the_keys() -> None:
    one = cd.Survey({"psu": ["01", "02"], "y": [1.0, 2.0]}, psu="psu").estimate({"y": cd.mean("y")})
    two = cd.Survey({"cl": [1, 2], "s": ["u", "u"], "y": [1.0, 2.0]}, psu="cl", strata="s").estimate(
        {"y": cd.mean("y")}
    )
    with pytest.raises(EstimationError) as caught:
        two.compare(one, overlap="psu")
    said = str(caught.value)
    assert "1: 2 PSUs named by (no strata; psu), such as ('AAA', '99')" in said
    assert "2: 2 PSUs named by (s; cl), such as ('A', '9')" in said
    assert '"none"' in said


ONE = cd.Survey({"psu": [1, 2, 3], "y": [1.0, 2.0, 4.0], "g": list("abb")}, psu="psu")
TWO = cd.Survey({"psu": [1, 2, 3], "y": [2.0, 2.0, 5.0], "g": list("abb")}, psu="psu")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"overlap": "psus"}, r"overlap is one of 'none', 'psu', 'household', 'replicates', or .*nearest: 'psu'"),
        ({"overlap": 1.5}, "correlations lie between -1 and 1"),
        ({"overlap": None}, r"overlap is 'none', 'psu', 'household', 'replicates', a corr|correlations lie between"),
        ({"overlap": "household"}, "units of the second stage by name, and survey 1 declares none"),
        ({"overlap": "none", "measure": "growth"}, "measure is one of"),
        ({"overlap": "none", "measure": "annualised"}, r"wants years=, when each survey was taken"),
        ({"overlap": "none", "years": -3}, "each above the last"),
        ({"overlap": "none", "names": ("a", "a")}, "a name of its own"),
    ],
)
def test_what_cannot_be_compared_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        TWO.estimate({"y": cd.mean("y")}).compare(ONE.estimate({"y": cd.mean("y")}), **options)


def test_what_is_not_of_one_kind_is_refused() -> None:
    mean = {"y": cd.mean("y")}
    one = ONE.estimate(mean)
    with pytest.raises(EstimationError, match="come from one survey object and are not independent"):
        one.compare(ONE.estimate(mean), overlap="none")
    with pytest.raises(EstimationError, match=r"survey 1 is by g, survey 2 by none"):
        one.compare(ONE.estimate(mean, by="g"), overlap="psu")
    with pytest.raises(EstimationError, match="under one level"):
        one.compare(TWO.estimate(mean, level=0.9), overlap="psu")
    with pytest.raises(EstimationError, match="no row of survey 2 has the labels"):
        one.compare(TWO.estimate({"x": cd.mean("y")}), overlap="psu")
    with pytest.raises(EstimationError, match="two surveys or more are compared; found 1"):
        compare([one], overlap="none")
    with pytest.raises(EstimationError, match="against is 'first' or 'previous'"):
        compare([one, TWO.estimate(mean)], overlap="none", against="last")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="survey 1 declares none: each record is a unit"):
        one.compare(cd.Survey({"y": [1.0, 2.0]}).estimate(mean), overlap="psu")
    with pytest.raises(EstimationError, match="cannot have these correlations"):
        compare([one, TWO.estimate(mean), cd.Survey({"y": [1.0, 2.0]}).estimate(mean)], overlap=-0.9)
    with pytest.raises(EstimationError, match=r"\.compare\(other, overlap=\.\.\.\)"):
        one - TWO.estimate(mean)


def test_a_matrix_of_correlations_for_samples_that_drop_a_part_each_year() -> None:
    estimates = [drawn(k, list(range(16))).estimate(cd.mean("y")) for k in range(3)]
    rho = np.array([[1, 0.5, 0.2], [0.5, 1, 0.5], [0.2, 0.5, 1]])
    found = together(estimates, overlap=rho)
    np.testing.assert_allclose(found.correlation().to_numpy(), rho, rtol=1e-10)


def test_estimates_combined_from_imputations_know_no_units() -> None:
    both = cd.combine([ONE.estimate({"y": cd.mean("y")}), TWO.estimate({"y": cd.mean("y")})])
    with pytest.raises(EstimationError, match="do not know their sampling units"):
        both.compare(ONE.estimate({"y": cd.mean("y")}), overlap="psu")


def test_imputed_surveys_are_compared_with_the_df_of_each() -> None:
    chance = np.random.default_rng(8)
    surveys = []
    for level in (5.0, 6.0):
        y = level + chance.normal(0, 1, 30)
        sets = [np.where(np.arange(30) < 6, y + chance.normal(0, 1, 30), y) for _ in range(5)]
        surveys.append(cd.combine([cd.Survey({"y": one}).estimate({"y": cd.mean("y")}) for one in sets]))
    a, b = (one.to_frame().iloc[0] for one in surveys)
    row = surveys[1].compare(surveys[0], overlap="none").to_frame().iloc[0]
    assert row["se"] == pytest.approx(np.hypot(a["se"], b["se"]), rel=1e-12)
    first, second = a["se"] ** 2, b["se"] ** 2
    wanted = (first + second) ** 2 / (first**2 / a["df"] + second**2 / b["df"])
    assert row["df"] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("n", "shared", "part"), [(4, 4, 1.0), (4, 2, 5 / 6), (2, 1, 1 / 2), (30, 20, 0.98850575)])
def test_covariance_of_partly_renewed_strata_is_on_average_what_is_said(n: int, shared: int, part: float) -> None:
    # each stratum is a draw of its own: lasting values of variance 1 in both waves, so that Cov = 1 for a shared PSU
    chance, strata = np.random.default_rng(3), 120_000 // n
    stratum = np.repeat(np.arange(strata), n)
    lasting = chance.normal(0, 1, (strata, n))
    waves = []
    for wave in (0, 1):
        level = lasting.copy()
        number = np.tile(np.arange(n), (strata, 1))
        if wave:
            level[:, shared:] = chance.normal(0, 1, (strata, n - shared))
            number[:, shared:] += n
        y = (level + chance.normal(0, 0.5, (strata, n))).reshape(-1)
        data = {"stratum": stratum, "psu": number.reshape(-1), "y": y}
        waves.append(cd.Survey(data, strata="stratum", psu="psu").estimate({"y": cd.total("y")}))
    found = together(waves, overlap="psu").covariance().to_numpy()[0, 1]
    assert n / (n - 1) * (1 - 2 / n + shared / n**2) == pytest.approx(part)
    assert found / (strata * shared) == pytest.approx(part, abs=0.03)
