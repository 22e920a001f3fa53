"""Variance, standard deviation, covariance, correlation, distribution function: by hand, of large numbers, against R.

The R numbers of survey 4.1.1 are in the shared reference files and in tests/reference/agreement_r.json (agreement.R).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.errors import EstimationError, VariableError

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "agreement_r.json").read_text(encoding="utf-8"))["spread"]
REGIONS = ["north", "south", "west"]
POINTS = [2, 5, 9]
CLOSE = 1e-12

# weights 1, 2, 1 about the mean 3: deviations -2, -1 (twice), 4
FEW = {"y": [1.0, 2.0, 7.0], "x": [0.0, 1.0, 2.0], "w": [1.0, 2.0, 1.0]}


@pytest.fixture(scope="module")
def invented() -> cd.Survey:
    data = pd.read_csv(REFERENCE / "agreement.csv")
    return cd.Survey(data, weight="w", strata="stratum", psu="psu")


def value(survey: cd.Survey, statistic: cd.Statistic, **options: Any) -> float:
    return float(survey.estimate(statistic, **options).to_frame()["estimate"].item())


def error(survey: cd.Survey, statistic: cd.Statistic) -> float:
    return float(survey.estimate(statistic).to_frame()["se"].item())


def agrees(found: pd.DataFrame, wanted: list[dict[str, Any]], close: float = CLOSE) -> None:
    for column in ("estimate", "se"):
        numbers = np.concatenate([np.atleast_1d(one[column]) for one in wanted])
        np.testing.assert_allclose(found[column], numbers, rtol=close, err_msg=column)


def test_variance_by_hand() -> None:
    survey = cd.Survey(FEW, weight="w")
    # (1·4 + 2·1 + 1·16) / 4 = 5.5, times n/(n − 1) = 3/2
    assert value(survey, cd.variance("y", ddof="population")) == pytest.approx(5.5)
    assert value(survey, cd.variance("y")) == pytest.approx(8.25)
    assert value(survey, cd.sd("y")) == pytest.approx(8.25**0.5)
    assert value(survey, cd.variation("y")) == pytest.approx(8.25**0.5 / 3)
    assert value(survey, cd.variation("y", ddof="population")) == pytest.approx(5.5**0.5 / 3)


def test_standard_error_of_a_variance_by_hand() -> None:
    survey = cd.Survey(FEW, weight="w")
    # scores w (d² − M)/4 of d² = 4, 1, 16 and M = 5.5: −1.5/4, −9/4, 10.5/4; they add up to 0
    # variance 3/2 · (2.25 + 81 + 110.25)/16
    wanted = (1.5 * (2.25 + 81 + 110.25) / 16) ** 0.5
    assert error(survey, cd.variance("y", ddof="population")) == pytest.approx(wanted)
    assert error(survey, cd.variance("y")) == pytest.approx(1.5 * wanted)
    # the root: ∂√M = ∂M / (2√M)
    assert error(survey, cd.sd("y", ddof="population")) == pytest.approx(wanted / (2 * 5.5**0.5))


def test_covariance_and_correlation_by_hand() -> None:
    survey = cd.Survey(FEW, weight="w")
    # x̄ = 1: deviations −1, 0, 1; products with −2, −1, 4: (1·2 + 0 + 1·4)/4 = 1.5; M_xx = 2/4
    assert value(survey, cd.covariance("x", "y", ddof="population")) == pytest.approx(1.5)
    assert value(survey, cd.covariance("x", "y")) == pytest.approx(2.25)
    assert value(survey, cd.correlation("x", "y")) == pytest.approx(1.5 / (0.5 * 5.5) ** 0.5)


def test_distribution_function_by_hand() -> None:
    found = cd.Survey(FEW, weight="w").estimate(cd.cdf("y", [0, 1, 2, 6.9, 7])).to_frame()
    assert found["estimate"].tolist() == [0, 0.25, 0.75, 0.75, 1]
    assert found["item"].tolist() == [0, 1, 2, 6.9, 7]
    assert value(cd.Survey(FEW, weight="w"), cd.cdf("y", 2)) == 0.75


def test_large_means_cost_no_digits() -> None:
    chance = np.random.default_rng(4)
    plain = {"y": chance.integers(0, 64, 60).astype(float), "x": chance.integers(0, 64, 60).astype(float)}
    far = {"y": plain["y"] + 1e9, "x": plain["x"] - 1e9}
    asked = [cd.variance("y"), cd.sd("x"), cd.covariance("x", "y"), cd.correlation("x", "y")]
    wanted, found = (cd.Survey(data).estimate(asked).to_frame() for data in (plain, far))
    for column in ("estimate", "se", "deff"):
        np.testing.assert_allclose(found[column], wanted[column], rtol=1e-12)


def test_domains_far_from_one_another_keep_their_digits() -> None:
    base = np.array([1.0, 2.0, 3.0, 5.0, 9.0, 4.0])
    data = {"y": np.concatenate([base + 1e9, base, 0.5 + base / 2**20]), "g": np.repeat(["far", "near", "small"], 6)}
    found = cd.Survey(data).estimate(cd.variance("y"), by="g").to_frame()["estimate"]
    np.testing.assert_allclose(found, [8, 8, 8 / 2**40], rtol=1e-13)


def test_unit_and_origin_act_as_they_should(invented: cd.Survey) -> None:
    pairs = [
        (cd.variance("3 * y - 7"), 9, cd.variance("y")),
        (cd.sd("7 - 3 * y"), 3, cd.sd("y")),
        (cd.covariance("2 * x", "1 - y"), -2, cd.covariance("x", "y")),
        (cd.correlation("2 * x", "5 + y"), 1, cd.correlation("y", "x")),
        (cd.variation("3 * y"), 1, cd.variation("y")),
        (cd.covariance("y", "y"), 1, cd.variance("y")),
    ]
    for changed, factor, plain in pairs:
        a, b = (invented.estimate(one).to_frame().iloc[0] for one in (changed, plain))
        assert a["estimate"] == pytest.approx(factor * b["estimate"], rel=1e-12)
        assert a["se"] == pytest.approx(abs(factor) * b["se"], rel=1e-11)


def test_variance_of_a_share_is_p_times_q(invented: cd.Survey) -> None:
    share = value(invented, cd.mean("p == 1"))
    assert value(invented, cd.variance("p == 1", ddof="population")) == pytest.approx(share * (1 - share), rel=1e-13)


def test_sum_of_two_variables_has_the_sum_of_their_covariances(invented: cd.Survey) -> None:
    parts = cd.variance("x") + cd.variance("y") + 2 * cd.covariance("x", "y")
    whole = invented.estimate([cd.variance("x + y"), parts]).to_frame()
    assert whole["estimate"][0] == pytest.approx(whole["estimate"][1], rel=1e-13)
    assert whole["se"][0] == pytest.approx(whole["se"][1], rel=1e-12)


def test_what_is_unknown_of_either_is_left_out_of_both_and_told() -> None:
    data = {"x": [1.0, 2.0, 4.0, np.nan, 3.0], "y": [2.0, np.nan, 5.0, 9.0, 1.0]}
    whole = cd.Survey(data).estimate([cd.correlation("x", "y"), cd.covariance("x", "y")]).to_frame()
    complete = pd.DataFrame(data).dropna()
    assert whole["estimate"].tolist() == pytest.approx([complete.corr().iloc[0, 1], complete.cov().iloc[0, 1]])
    assert whole["n"].tolist() == [3, 3]
    assert whole["missing"].tolist() == [2, 2]


def test_one_record_has_no_variance_and_a_constant_none_either() -> None:
    data = {"y": [3.0, 5.0, 5.0, 5.0], "x": [1.0, 1.0, 2.0, 3.0], "g": ["one", "same", "same", "same"]}
    survey = cd.Survey(data)
    found = survey.estimate([cd.variance("y"), cd.sd("y"), cd.correlation("x", "y")], by="g").to_frame()
    assert found.loc[found["g"] == "one", "estimate"].isna().all()
    same = found.loc[found["g"] == "same", "estimate"].tolist()
    assert same[:2] == [0, 0]
    assert np.isnan(same[2])


@pytest.mark.parametrize("lazy", [False, True])
def test_a_spread_of_nothing_is_exactly_nothing_and_has_no_error(lazy: bool) -> None:
    # a tenth is none in binary, and the mean of sixty of them is not it; far from the other domain, squares cancel
    data = pl.DataFrame({"y": [0.1] * 60 + [1e3 + k for k in range(60)], "p": [k // 6 for k in range(120)]})
    data = data.with_columns(g=pl.col("y") > 1, w=1 + pl.col("p") / 7)
    survey = cd.Survey(data.lazy() if lazy else data, weight="w", psu="p")
    found = survey.estimate([cd.variance("y"), cd.sd("y"), cd.variation("y")], by="g")
    frame = found.to_frame().iloc[::2]
    assert frame["estimate"].tolist() == [0, 0, 0]
    assert frame["se"].isna().tolist() == [False, True, True]  # the root has no derivative at 0
    # an engine takes all domains about one number, here some 500 away
    assert frame["se"].iloc[0] == pytest.approx(0, abs=500**2 * 1e-15 if lazy else 0)
    assert any(note.startswith("2 rows have a value and no standard error") for note in found.notes)


def test_interval_of_a_distribution_function_stays_within_0_and_1(invented: cd.Survey) -> None:
    found = invented.estimate(cd.cdf("y", [1, 2, 15, 20])).to_frame()
    assert cd.cdf("y", 1).scale == "share"
    assert (found["ci_low"].dropna() >= 0).all()
    assert (found["ci_high"].dropna() <= 1).all()
    assert found["estimate"].is_monotonic_increasing


def test_share_below_the_median_is_a_half(invented: cd.Survey) -> None:
    median = value(invented, cd.median("y"))
    at, before = value(invented, cd.cdf("y", median)), value(invented, cd.mean(f"y < {median!r}"))
    assert before < 0.5 <= at


@pytest.mark.parametrize("points", [[], "a", np.nan, [1, np.inf], [[1, 2]], True, None], ids=repr)
def test_points_that_are_no_numbers_are_refused(points: Any) -> None:
    with pytest.raises(EstimationError, match=r"asked for at one number or a list of them; found"):
        cd.cdf("y", points)


def test_unknown_divisor_and_text_are_refused() -> None:
    with pytest.raises(EstimationError, match="ddof of a variance is 'r' or 'population'; found 'n'"):
        cd.variance("y", ddof="n")  # type: ignore[arg-type]
    with pytest.raises(VariableError, match="'t' in the data holds text where numbers are wanted"):
        cd.Survey({"t": ["a", "b"]}).estimate(cd.sd("t"))


def test_variance_of_the_schools_of_california_against_r(shared: Callable[[str], Path]) -> None:
    cases = json.loads(shared("reference/survey.json").read_text(encoding="utf-8"))["cases"]
    (wanted,) = [one["value"] for one in cases if one["id"] == "19_svyvar"]
    schools = pd.read_csv(shared("reference/data/apistrat.csv"))
    found = cd.Survey(schools, weight="pw", strata="stype", fpc="fpc").estimate(cd.variance("api00")).to_frame()
    assert found["estimate"].item() == pytest.approx(wanted["est"], rel=1e-13)
    assert found["se"].item() == pytest.approx(wanted["se"], rel=1e-13)


def test_standard_deviation_of_plausible_values_against_r(shared: Callable[[str], Path]) -> None:
    wanted = json.loads(shared("reference/plausible_values.json").read_text(encoding="utf-8"))["results"]
    students = pd.read_csv(shared("reference/data/synthetic_pisa.csv.gz"))
    survey = cd.Survey(students, weight="w_fstuwt", replicates=cd.Fay("w_fsturwt1..w_fsturwt80", rho=0.5))
    reading = cd.PlausibleValues("pv1read..pv10read")
    found = survey.estimate({"sd": cd.sd(reading, ddof="population")})
    parts = cd.imputation_variance(found)
    asked = wanted["sd_population"]
    for column, key in (("estimate", "estimate"), ("se", "se")):
        assert found.to_frame()[column].item() == pytest.approx(asked[key], rel=1e-11)
    assert parts["within"].item() == pytest.approx(asked["sampling_var"], rel=1e-11)
    assert parts["between"].item() == pytest.approx(asked["imputation_var"], rel=1e-11)


def all_of(key: str) -> list[dict[str, Any]]:
    return [ANSWERS[region][key] for region in REGIONS]


@pytest.mark.parametrize(
    ("key", "statistic"),
    [
        ("variance", cd.variance("y")),
        ("sd", cd.sd("y")),
        ("variation", cd.variation("y")),
        ("correlation", cd.correlation("x", "y")),
    ],
)
def test_domains_and_the_whole_against_r(invented: cd.Survey, key: str, statistic: cd.Statistic) -> None:
    agrees(invented.estimate(statistic).to_frame(), [ANSWERS["all"][key]])
    agrees(invented.estimate(statistic, by="region").to_frame(), all_of(key))


@pytest.mark.parametrize("region", [None, *REGIONS])
def test_matrix_of_two_variables_against_r(invented: cd.Survey, region: str | None) -> None:
    asked = [cd.variance("x"), cd.covariance("x", "y"), cd.covariance("y", "x"), cd.variance("y")]
    found = invented.estimate(asked, where=f"region == '{region}'" if region else None)
    agrees(found.to_frame(), [ANSWERS[region or "all"]["matrix"]])


def test_distribution_function_against_r(invented: cd.Survey) -> None:
    agrees(invented.estimate(cd.cdf("y", POINTS)).to_frame(), ANSWERS["all"]["cdf"])
    for region in REGIONS:
        found = invented.estimate(cd.cdf("y", POINTS), where=f"region == '{region}'")
        agrees(found.to_frame(), ANSWERS[region]["cdf"])


def test_difference_of_two_domains_has_its_covariance(invented: cd.Survey) -> None:
    gap = invented.estimate(cd.sd("y"), by="region").difference(along="region", of=("north", "south")).to_frame()
    parts = all_of("sd")
    assert gap["estimate"].item() == pytest.approx(parts[0]["estimate"] - parts[1]["estimate"], rel=1e-11)


def test_missing_answers_are_no_part_of_n_unlike_those_of_svyvar_with_na_rm() -> None:
    # R survey 4.1.1, id=~1, weights=~w: svyvar(~y, d, na.rm=TRUE) 2.6530612244898 (SE 2.0879491333253), with n = 5;
    # svyvar(~y, subset(d, !is.na(y))) 2.82993197278912 (SE 2.22714574221365), with n = 4;
    # svyvar(~x+y, d, na.rm=TRUE) on the three complete records, with n = 5: 3.2 and 3.0, covariance 2.25
    data = {"y": [1, 2, 6, 3, None], "x": [2, None, 5, 1, 4], "w": [1, 2, 1, 3, 2]}
    survey = cd.Survey(data, weight="w")
    assert value(survey, cd.variance("y")) == pytest.approx(2.82993197278912, rel=1e-13)
    assert error(survey, cd.variance("y")) == pytest.approx(2.22714574221365, rel=1e-13)
    n, m = 4, 1
    smaller = (n - 1) * (n + m) / (n * (n + m - 1))
    assert value(survey, cd.variance("y")) * smaller == pytest.approx(2.6530612244898, rel=1e-13)
    assert error(survey, cd.variance("y")) * smaller == pytest.approx(2.0879491333253, rel=1e-13)
    both = [cd.variance("y"), cd.variance("x"), cd.covariance("x", "y")]
    complete = survey.estimate(both, missing="listwise").to_frame()["estimate"]
    n, m = 3, 2
    wanted = [one / ((n - 1) * (n + m) / (n * (n + m - 1))) for one in (3.2, 3.0, 2.25)]
    assert complete.tolist() == pytest.approx(wanted, rel=1e-13)
