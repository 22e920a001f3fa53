"""Parts of a survey with replicate weights: degrees of freedom, and quantiles by Woodruff's interval.

Against R survey 4.1.1 by tests/reference/replicate_domains.R, and by hand. R's `degf` of a subset is the rank of the
replicate weights of its records − 1, whatever the agency says of the whole; so it is under `convention="r"`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from test_estimate_replicates import COLUMNS, GIVEN, REFERENCE, STRATA, SURVEYS, given

import childdata as cd
from childdata.errors import DesignError, EstimationError
from childdata.survey.influence import from_influence

ANSWERS: dict[str, Any] = json.loads((REFERENCE / "replicate_domains_r.json").read_text(encoding="utf-8"))
POINTS = [0.25, 0.5, 0.8]
CLOSE = 1e-9
EAST, FEW, WEST = "region == 'east'", "region == 'west' and big == 1", "region == 'west'"


def one_stratum(centre: Any) -> cd.Survey:
    unit = STRATA["stratum"].astype(str) + "." + STRATA["psu"].astype(str)
    return cd.Survey(STRATA.assign(unit=unit), weight="w", psu="unit").with_replicates(cd.JK1(centre=centre))


DECLARED: dict[tuple[str, str], Callable[[Any], cd.Survey]] = SURVEYS | {
    ("given", "JK1"): given(cd.JK1, COLUMNS),
    ("given", "other"): given(cd.ReplicateWeights, COLUMNS, scale=0.07),
    ("made", "JK1"): one_stratum,
}
CASES = [(how, name, centre) for how in ("given", "made") for name in ANSWERS[how] for centre in ("estimate", "mean")]
every_case = pytest.mark.parametrize(("how", "name", "centre"), CASES)


def case(how: str, name: str, centre: str) -> tuple[cd.Survey, Any]:
    return DECLARED[how, name](centre), ANSWERS[how][name][centre]


def df_of(survey: cd.Survey, convention: Any = "r", **options: Any) -> list[float]:
    return survey.estimate(cd.mean("y"), convention=convention, **options).to_frame()["df"].tolist()


@every_case
def test_under_r_a_domain_has_the_rank_of_its_replicate_weights_less_one(how: str, name: str, centre: str) -> None:
    survey, wanted = case(how, name, centre)
    assert df_of(survey) == [wanted["df"]]
    assert df_of(survey, where="w > 0") == [wanted["df_all"]]
    assert df_of(survey, by="region") == wanted["df_by"]
    assert df_of(survey, by=["big", "region"]) == wanted["df_crossed"]["df"]
    assert df_of(survey, by="region", margins=True) == [*wanted["df_by"], wanted["df"]]
    for convention in ("childdata", "stata", "spss", "mics"):
        assert set(df_of(survey, convention, by=["big", "region"])) == {wanted["df"]}


@every_case
def test_intervals_of_a_domain_use_these_degrees_of_freedom(how: str, name: str, centre: str) -> None:
    survey, wanted = case(how, name, centre)
    row = survey.estimate(cd.mean("y"), where=FEW, convention="r").to_frame().iloc[0]
    mean = wanted["mean"]
    assert row[["estimate", "se"]].tolist() == pytest.approx([mean["est"], mean["se"]], rel=CLOSE)
    assert row[["ci_low", "ci_high"]].tolist() == pytest.approx(mean["normal"], rel=CLOSE)  # R's confint() without df=
    given_df = survey.estimate(cd.mean("y"), where=FEW, df=row["df"]).to_frame().iloc[0]
    assert given_df[["ci_low", "ci_high"]].tolist() == pytest.approx(mean["t"], rel=CLOSE)
    for method, r_name in (("logit", "xlogit"), ("beta", "beta")):
        share = survey.estimate(cd.mean("step == 1"), where=FEW, convention="r", interval=method).to_frame().iloc[0]
        assert share[["ci_low", "ci_high"]].tolist() == pytest.approx(wanted["share"][r_name], rel=1e-7)


@every_case
def test_tests_and_regressions_of_a_domain_use_them(how: str, name: str, centre: str) -> None:
    survey, wanted = case(how, name, centre)
    fit = cd.regress(survey, "m ~ x", where=FEW, convention="r").to_frame()
    assert fit["estimate"].tolist() == pytest.approx(wanted["glm"]["est"], rel=CLOSE)
    assert fit["se"].tolist() == pytest.approx(wanted["glm"]["se"], rel=CLOSE)
    assert set(fit["df"]) == {wanted["glm"]["df"]}
    for test, theirs in (
        (cd.ttest(survey, "m", by="big", where=EAST, convention="r"), wanted["ttest"]),
        (cd.ranktest(survey, "m", by="big", where=EAST, convention="r"), wanted["ranktest"]),
        (cd.chi2(survey, "step", "big", where=EAST, convention="r"), wanted["chisq"]),
    ):
        assert list(test.df) == pytest.approx(np.atleast_1d(theirs["df"]), rel=CLOSE)
        assert abs(test.statistic) == pytest.approx(abs(theirs["statistic"]), rel=1e-8)
        assert test.p == pytest.approx(theirs["p"], rel=1e-7)


def same_quantiles(found: cd.Estimates, wanted: list[list[float | None]], values: pd.Series, *, asin: bool) -> None:
    """Value, limits and standard error; beside what R makes of shares below that of the first value.

    There R takes the second value. Its limits of `asin` beyond 0 and 1 come back from there; ours are the first and the
    last value.
    """
    distinct = np.sort(values.dropna().unique())
    ours = found.to_frame()[["estimate", "ci_low", "ci_high", "se"]].to_numpy(dtype=float)
    for mine, theirs in zip(ours, np.array(wanted, dtype=float), strict=True):
        low = mine[1] == distinct[0] and (asin or theirs[1] == distinct[1])
        high = asin and mine[2] == distinct[-1]
        told = np.array([True, not low, not high, not (low or high)])
        np.testing.assert_allclose(mine[told], theirs[told], rtol=CLOSE)


@every_case
def test_woodruffs_interval_by_replicates_is_that_of_r(how: str, name: str, centre: str) -> None:
    survey, wanted = case(how, name, centre)
    data = survey.data
    assert isinstance(data, pd.DataFrame)
    asked = {
        "quantile": ("y", "hf1", {}, data["y"]),
        "quantile_domain": ("y", "hf1", {"where": EAST}, data["y"][data["region"] == "east"]),
        "quantile_missing": ("m", "hf1", {"where": WEST}, data["m"][data["region"] == "west"]),
        "half": ("y", "hf7", {}, data["y"]),
    }
    for block, (y, rule, options, values) in asked.items():
        for interval, theirs in wanted[block].items():
            statistic = cd.quantile(y, POINTS, rule=rule, interval=interval)
            found = survey.estimate(statistic, convention="r", **options)
            same_quantiles(found, theirs, values, asin=interval == "asin")


@every_case
def test_a_quantile_found_again_in_a_domain_has_the_limits_of_r(how: str, name: str, centre: str) -> None:
    survey, wanted = case(how, name, centre)
    found = survey.estimate(cd.quantile("y", POINTS, interval="replicates"), where=EAST, convention="r")
    ours = found.to_frame()[["estimate", "ci_low", "ci_high", "se"]].to_numpy(dtype=float)
    np.testing.assert_allclose(ours, np.array(wanted["direct"]["quantile"]), rtol=CLOSE)


@every_case
def test_auto_is_woodruffs_interval_but_where_replicates_lie_far_from_the_sample(
    how: str, name: str, centre: str
) -> None:
    survey, _ = case(how, name, centre)
    auto, woodruff, again = (
        survey.estimate(cd.quantile("y", POINTS, interval=one)) for one in ("auto", "mean", "replicates")
    )
    far = name in ("Fay", "BRR", "bootstrap", "factors")
    pd.testing.assert_frame_equal(auto.to_frame(), (again if far else woodruff).to_frame())
    assert any("found again in each" in note for note in auto.notes) is far
    assert any("Woodruff" in note for note in auto.notes) is not far
    assert any("consistent" in note for note in again.notes) is (name in ("JKn", "JK1", "other"))


def test_the_interval_of_a_median_by_hand() -> None:
    """Six PSUs of one record, y = 1 .. 6, each left out in turn: F̂(3) is 1/2."""
    # F_r = 2/5 where one of 1, 2, 3 is left out, else 3/5: V = 5/6 · 6 · 0.1² = 0.05, se = 0.2236068
    # 1/2 ± 2.5705818 · 0.2236068 is −0.0748 and 1.0748: no interval. At 80 %: t_5 = 1.4758840,
    # 1/2 ± 0.3300177 = 0.1699823 and 0.8300177, where F̂ passes at 2 (2/6) and 5 (5/6): se = 3 / (2 · 1.4758840)
    survey = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}).with_replicates(cd.JK1())
    row = survey.estimate(cd.median("y"), level=0.8).to_frame().iloc[0]
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == [3.0, 2.0, 5.0]
    assert row["se"] == pytest.approx(3 / (2 * 1.4758840488), rel=1e-9)
    assert np.isnan(survey.estimate(cd.median("y")).to_frame()["se"].item())
    # found again: 4 where 1, 2 or 3 is left out, else 3; the mean of these 3.5: V = 5/6 · 6 · ½²
    again = survey.estimate(cd.median("y", interval="replicates"), level=0.8).to_frame().iloc[0]
    assert again["se"] == pytest.approx(np.sqrt(5 / 4), rel=1e-12)


def test_quantiles_of_r_count_the_psus_of_known_answers_without_replicates_too() -> None:
    wanted = ANSWERS["linearised"]
    survey = cd.Survey(STRATA, weight="w", strata="stratum", psu="psu")
    found = survey.estimate([cd.mean("m"), cd.quantile("m", POINTS)], where=WEST, convention="r")
    assert found.to_frame()["df"].tolist() == [wanted["df"], *[wanted["df_known"]] * 3]
    quantiles = found.select(statistic="quantile(m)")
    same_quantiles(quantiles, wanted["quantile"], STRATA["m"][STRATA["region"] == "west"], asin=False)


def test_under_the_jackknife_a_quantile_has_the_error_of_the_linearised_one(large_sample: pd.DataFrame) -> None:
    survey = cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")
    asked = {
        "median": cd.median("income"),
        "score": cd.median("income", interval="score"),
        "ratio": cd.quantile_ratio("income", 0.9, 0.1),
        "poor": cd.fgt("income", cd.relative_line(0.6)),
        "gap": cd.fgt("income", cd.relative_line(0.6, within="domain"), alpha=1),
        "share": cd.quantile_share("income", 0.8, 1.0),
        "difference": cd.median("income") - cd.mean("income"),
    }
    plain, replicated = (one.estimate(asked, by="sex").to_frame() for one in (survey, survey.with_replicates(cd.JKn())))
    np.testing.assert_allclose(replicated["estimate"], plain["estimate"], rtol=1e-12)
    np.testing.assert_allclose(replicated["se"] / plain["se"], 1.0, atol=0.03)
    covariances = [
        one.estimate([cd.median("income"), cd.mean("income"), cd.mean("food")]).correlation().to_numpy()
        for one in (survey, survey.with_replicates(cd.JKn()))
    ]
    np.testing.assert_allclose(covariances[1], covariances[0], atol=0.02)


def test_what_is_cut_at_an_estimated_line_is_told_to_be_linear_under_the_jackknife() -> None:
    poor = cd.fgt("y", cd.relative_line(0.6))
    for name, told in (("JKn", True), ("BRR", False)):
        notes = DECLARED["made", name]("mean").estimate(poor).notes
        assert any("linear in it" in note for note in notes) is told


def test_a_quantile_is_found_again_only_where_there_are_replicates() -> None:
    survey = cd.Survey({"y": [1.0, 2.0, 3.0]})
    with pytest.raises(EstimationError, match="the survey has none"):
        survey.estimate(cd.median("y", interval="replicates"))
    with pytest.raises(EstimationError, match="choose one of auto, mean, xlogit, beta, asin, score, replicates"):
        cd.median("y", interval="jackknife")  # type: ignore[arg-type]


def test_values_found_elsewhere_have_the_same_df() -> None:
    survey = DECLARED["given", "JKn"]("mean")
    known = (GIVEN["region"] == "west").to_numpy() & (GIVEN["big"] == 1).to_numpy()
    weight, y = GIVEN["w"].to_numpy(), GIVEN["y"].to_numpy()
    labels = pd.DataFrame({"statistic": ["mean"], "item": [""]})

    def mean(w: np.ndarray) -> np.ndarray:
        return np.array([np.average(y[known], weights=w[known])])

    influence = np.where(known, (y - mean(weight)) / weight[known].sum(), 0.0)[:, None]
    options: dict[str, Any] = {"known": known, "refit": mean}
    found = [
        from_influence(survey, labels, mean(weight), influence, convention=name, **options).to_frame().iloc[0]
        for name in ("r", "childdata")
    ]
    assert [row["df"] for row in found] == [*df_of(survey, where=FEW), *df_of(survey, "childdata", where=FEW)]
    wanted = survey.estimate(cd.mean("y"), where=FEW).to_frame().iloc[0]
    assert found[0]["se"] == pytest.approx(wanted["se"], rel=1e-12)
    assert np.isnan(found[0]["psus"])


def test_what_the_agency_says_of_the_whole_says_nothing_of_a_part_under_r() -> None:
    # records 1 and 2 of three: the weights of replicates are (0, 2, 1, 1), (2, 0, 1, 1): rank 2
    data = {"y": [1.0, 2.0, 4.0], "w": [1.0] * 3, "g": [1, 1, 2]}
    data |= {"r1": [0.0, 2.0, 1.0], "r2": [2.0, 0.0, 1.0], "r3": [1.0, 1.0, 0.0], "r4": [1.0, 1.0, 2.0]}
    survey = cd.Survey(data, weight="w", replicates=cd.JKn("r1..r4", rscales=0.5, df=9))
    assert df_of(survey, by="g", margins=True) == [1.0, 0.0, 9.0]
    assert df_of(survey, "childdata", by="g", margins=True) == [9.0] * 3
    assert survey.estimate(cd.mean("y"), by="g", convention="r", df=4).to_frame()["df"].tolist() == [4, 4]


@pytest.mark.parametrize("columns", [("rep01..rep12", "weights"), ("factor1..factor12", "factors")])
def test_at_an_engine_domains_have_the_same_rank(columns: tuple[str, Any]) -> None:
    kind = cd.Bootstrap(columns[0], combined=columns[1])
    memory, engine = (cd.Survey(data, weight="w", replicates=kind) for data in (GIVEN, pl.from_pandas(GIVEN).lazy()))
    asked: list[dict[str, Any]] = [
        {},
        {"by": ["region", "big"], "margins": True},
        {"where": FEW},
        {"by": "region", "where": "x > 3"},
        {"where": "x > 1000"},
    ]
    for options in asked:
        np.testing.assert_array_equal(df_of(engine, **options), df_of(memory, **options))


def test_at_an_engine_units_with_factors_give_the_rank_of_domains() -> None:
    design: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu"}
    memory, engine = (
        cd.Survey(data, **design).with_replicates(cd.JKn()) for data in (STRATA, pl.from_pandas(STRATA).lazy())
    )
    for options in ({"by": ["region", "big"], "margins": True}, {"where": FEW}):
        assert df_of(engine, **options) == df_of(memory, **options)


def test_an_engine_refuses_the_rank_of_more_replicates_than_it_can_add_up() -> None:
    names = [f"r{k}" for k in range(1, 102)]
    data = pl.DataFrame({"y": [1.0, 2.0], "w": [1.0, 1.0]} | {name: [1.0, 1.0] for name in names}).lazy()
    survey = cd.Survey(data, weight="w", replicates=cd.Bootstrap("r1..r101", df=50))
    assert df_of(survey, where="y > 1", df=20) == [20]
    with pytest.raises(DesignError, match="finds of 100 at most; there are 101: say df="):
        df_of(survey, where="y > 1")
