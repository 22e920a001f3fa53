"""Invented surveys of seven shapes, one list of questions, and the answers of R survey 4.1.1.

The data, the R script and its answers are in tests/reference; R is not needed to run this. Where R's own convention
differs from the default, the test says which setting gives R's number.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "survey_r.json").read_text(encoding="utf-8"))
DESIGNS: dict[str, Any] = json.loads((REFERENCE / "random_designs.json").read_text(encoding="utf-8"))
WHOLE = [name for name in DESIGNS if not name.startswith("lonely")]
RANKED = [name for name in WHOLE if "quantiles" in ANSWERS[name]]
VARS = ["y", "number", "large", "yes", "rare", "common"]
CLOSE = 1e-11
# A mean of 1e6 with a spread of 1 leaves ten digits of a variance.
CLOSE_LARGE = 1e-9


@cache
def survey(name: str, **options: Any) -> cd.Survey:
    design = DESIGNS[name]
    data = pd.read_csv(REFERENCE / f"random_{design['data']}.csv")
    return cd.Survey(
        data,
        weight=design["weight"],
        strata=design["strata"],
        psu=design["psu"] or None,
        fpc=design["fpc"] or None,
        **options,
    )


def questions(name: str) -> Any:
    return ANSWERS[name]["questions"]


def numbers(values: object) -> np.ndarray:
    """R's answer as an array, null as not a number."""
    return np.array(values, dtype=float)


def near(found: object, wanted: object, close: float = CLOSE, *, what: str = "") -> None:
    """Equal to so many digits; a zero may be as far off as its neighbours' rounding."""
    a, b = np.atleast_1d(np.array(found, dtype=float)), np.atleast_1d(numbers(wanted))
    scale = np.nanmax(np.abs(b), initial=0.0) if b.size else 0.0
    np.testing.assert_allclose(a, b, rtol=close, atol=scale * 1e-15, err_msg=what)


def same_answer(estimates: cd.Estimates, wanted: dict[str, Any], close: float = CLOSE) -> None:
    """Values and the whole covariance of a call."""
    near(estimates.to_frame()["estimate"], wanted["est"], 1e-13, what="estimate")
    covariance = numbers(wanted["cov"])
    error = np.sqrt(np.diagonal(covariance))
    found = estimates.covariance().to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        # off the diagonal a covariance may be near zero: its digits are those of the two standard errors
        gap = np.abs(found - covariance) / np.outer(error, error)
    assert np.nanmax(gap, initial=0.0) < close, gap
    near(estimates.to_frame()["se"], error, close, what="se")


def limits(frame: pd.DataFrame) -> np.ndarray:
    return frame[["ci_low", "ci_high"]].to_numpy(dtype=float)


def several(statistic: Callable[[str], cd.Statistic], names: list[str]) -> list[cd.Statistic]:
    return [statistic(name) for name in names]


def pair(estimates: cd.Estimates) -> np.ndarray:
    return estimates.to_frame()[["estimate", "se"]].to_numpy(dtype=float)[0]


@pytest.mark.parametrize("name", WHOLE)
def test_means_with_their_covariance_df_and_intervals(name: str) -> None:
    wanted = questions(name)["mean"]
    found = survey(name).estimate(several(cd.mean, VARS))
    same_answer(found, wanted, 5e-11)  # the mean of 1e6 among them
    frame = found.to_frame()
    assert set(frame["df"]) == {questions(name)["df"]}
    near(limits(frame), wanted["t"])
    near(limits(survey(name).estimate(several(cd.mean, VARS), level=0.9).to_frame()), wanted["t90"])
    near(limits(survey(name).estimate(several(cd.mean, VARS), convention="r").to_frame()), wanted["normal"])


@pytest.mark.parametrize("name", WHOLE)
def test_means_without_a_large_constant_agree_to_twelve_digits(name: str) -> None:
    small, wanted = [place for place, one in enumerate(VARS) if one != "large"], questions(name)["mean"]
    kept = {"est": numbers(wanted["est"])[small], "cov": numbers(wanted["cov"])[np.ix_(small, small)]}
    same_answer(survey(name).estimate(several(cd.mean, [VARS[place] for place in small])), kept, 1e-12)


@pytest.mark.parametrize("name", WHOLE)
def test_totals_with_their_covariance_and_intervals(name: str) -> None:
    wanted = questions(name)["total"]
    found = survey(name).estimate(several(cd.total, VARS))
    same_answer(found, wanted, 1e-12)
    near(limits(found.to_frame()), wanted["t"])
    near(limits(survey(name).estimate(several(cd.total, VARS), convention="r").to_frame()), wanted["normal"])


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize(("kind", "make"), [("mean", cd.mean), ("total", cd.total)])
def test_design_effects_of_means_and_totals(name: str, kind: str, make: Callable[[str], cd.Statistic]) -> None:
    wanted, statistics = questions(name)[kind], several(make, VARS)
    near(survey(name).estimate(statistics).to_frame()["deff"], wanted["replace"], CLOSE_LARGE)
    if name != "normalised":  # weights that sum to n leave no population: there R gives numbers without a meaning
        near(survey(name).estimate(statistics, convention="r").to_frame()["deff"], wanted["deff"], CLOSE_LARGE)


def test_without_replacement_normalised_weights_have_no_design_effect() -> None:
    frame = survey("normalised").estimate([cd.mean("y"), cd.total("y")], convention="r").to_frame()
    assert frame["deff"].isna().all()


@pytest.mark.parametrize("name", WHOLE)
def test_distribution_of_a_variable(name: str) -> None:
    same_answer(survey(name).estimate(cd.proportion("region")), questions(name)["shares"], 1e-12)


@pytest.mark.parametrize("name", WHOLE)
def test_ratios(name: str) -> None:
    wanted = questions(name)["ratio"]
    frame = survey(name).estimate([cd.ratio("y", "x"), cd.ratio("yes", "x")]).to_frame()
    near(frame["estimate"], wanted["est"])
    near(frame["se"], np.sqrt(np.diagonal(numbers(wanted["cov"]))))  # R leaves the covariance of two ratios open
    near(limits(frame), wanted["t"])
    if name != "normalised":
        like_r = survey(name).estimate(cd.ratio("y", "x"), convention="r").to_frame()
        near(like_r["deff"], questions(name)["ratio_deff"])


@pytest.mark.parametrize("name", WHOLE)
def test_domain_means_of_two_variables_in_one_covariance(name: str) -> None:
    wanted = questions(name)["region"]
    statistics = [cd.mean("y"), cd.mean("yes")]
    found, like_r = (survey(name).estimate(statistics, by="region", convention=one) for one in ("childdata", "r"))
    frame = found.to_frame()
    same_answer(found, wanted, 1e-12)
    assert frame["region"].tolist() == wanted["region"] * 2
    assert frame["df"].tolist() == questions(name)["region_df"] * 2
    near(frame["deff"], questions(name)["region_replace"])
    near(like_r.to_frame()["deff"], wanted["deff"])
    near(limits(like_r.to_frame()), wanted["normal"])


@pytest.mark.parametrize("name", WHOLE)
def test_domains_of_two_crossed_variables(name: str) -> None:
    wanted = questions(name)["region_sex"]
    found = survey(name).estimate(cd.mean("y"), by=["sex", "region"], convention="r")
    same_answer(found, wanted, 1e-12)
    assert found.to_frame()["sex"].tolist() == wanted["sex"]
    assert found.to_frame()["region"].tolist() == wanted["region"]
    near(found.to_frame()["deff"], wanted["deff"])


@pytest.mark.parametrize("name", WHOLE)
def test_domain_totals_and_domain_ratios(name: str) -> None:
    totals = survey(name).estimate([cd.total("y"), cd.total("yes")], by="region")
    same_answer(totals, questions(name)["region_total"], 1e-12)
    same_answer(survey(name).estimate(cd.ratio("y", "x"), by="region"), questions(name)["region_ratio"], 1e-12)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize(("domain", "rule"), [("r", "sex == 1 and y > 2"), ("few", "few == 1")])
def test_subpopulations_keep_the_design(name: str, domain: str, rule: str) -> None:
    wanted = questions(name)["few"][domain]
    means = [cd.mean("y"), cd.mean("yes")]
    found = survey(name).estimate(means, where=rule)
    frame = found.to_frame()
    same_answer(found, wanted["mean"], 1e-12)
    assert set(frame["df"]) == {wanted["df"]}
    assert set(frame["n"]) == {wanted["n"]}
    near(frame["deff"], wanted["mean"]["replace"])
    near(survey(name).estimate(means, where=rule, convention="r").to_frame()["deff"], wanted["mean"]["deff"])
    if wanted["df"]:
        near(limits(frame), wanted["mean"]["t"])
    for statistic, kind in ((cd.total("y"), "total"), (cd.count(), "count"), (cd.ratio("y", "x"), "ratio")):
        answer = [wanted[kind]["est"], np.sqrt(wanted[kind]["cov"][0][0])]
        near(pair(survey(name).where(rule).estimate(statistic)), answer, what=kind)


@pytest.mark.parametrize("name", ["two_stages", "three_stages", "unequal", "elements"])
def test_deff_of_a_domain_total_without_replacement(name: str) -> None:
    found = survey(name).estimate(cd.total("y"), where="sex == 1 and y > 2", convention="r").to_frame()
    near(found["deff"], questions(name)["few"]["r"]["total"]["deff"])


@pytest.mark.parametrize("name", WHOLE)
def test_missing_values_leave_the_design_whole(name: str) -> None:
    wanted = questions(name)["missing"]
    one = survey(name)
    found, like_r = (one.estimate(cd.mean("m"), convention=rule) for rule in ("childdata", "r"))
    near(pair(found), [wanted["m"]["est"], np.sqrt(wanted["m"]["cov"][0][0])])
    near(found.to_frame()["deff"], wanted["m"]["replace"])
    near(limits(like_r.to_frame()), wanted["m"]["normal"])
    assert found.to_frame()["df"].item() == wanted["known_df"]
    assert like_r.to_frame()["df"].item() == questions(name)["df"]
    near(pair(one.estimate(cd.total("m"))), [wanted["total"]["est"], np.sqrt(wanted["total"]["cov"][0][0])])
    near(pair(one.estimate(cd.ratio("m", "x"))), [wanted["ratio"]["est"], np.sqrt(wanted["ratio"]["cov"][0][0])])
    same_answer(one.estimate([cd.mean("m"), cd.mean("myes")], missing="listwise"), wanted["listwise"], 1e-12)


@pytest.mark.parametrize("name", WHOLE)
def test_missing_values_in_domains_and_the_gap_between_two(name: str) -> None:
    wanted = questions(name)["missing"]
    found = survey(name).estimate(cd.mean("m"), by="region")
    near(found.to_frame()["estimate"], wanted["region"]["est"])
    near(found.to_frame()["se"], wanted["region"]["se"])
    near(pair(found.difference(along="region", of=("east", "west"))), wanted["gap"])


@pytest.mark.parametrize("name", WHOLE)
def test_contrasts_of_domains_and_of_statistics(name: str) -> None:
    wanted = questions(name)["contrast"]
    found = survey(name).estimate({"y": cd.mean("y"), "yes": cd.mean("yes")}, by="region")
    y, yes = found.select(statistic="y"), found.select(statistic="yes")
    near(pair(y.difference(along="region", of=("east", "west"))), wanted["linear"])
    middle = 0.5 * y.select(region="east") + 0.5 * y.select(region="west")
    near(pair(middle - yes.select(region="north")), wanted["between"])
    mean_y, mean_x = cd.mean("y"), cd.mean("x")
    for formula, what in (
        (mean_y / mean_x, "quotient"),
        (cd.log(mean_y) - 2 * cd.log(mean_x), "logarithm"),
        (mean_y * mean_x + cd.exp(mean_y / 10), "product"),
    ):
        near(pair(survey(name).estimate(formula)), wanted[what], what=what)


@pytest.mark.parametrize("name", WHOLE)
def test_wald_test_of_equal_domain_means(name: str) -> None:
    from scipy.stats import f as f_distribution

    statistic, p, df1 = questions(name)["wald"]
    found = survey(name).estimate(cd.mean("y"), by="region").test("equal", method="wald")
    near([found.statistic, found.df1], [statistic, df1])
    # R was given the df of the whole design; a result has the df of its smallest domain
    near(f_distribution.sf(found.statistic, df1, questions(name)["df"]), p)
    near(f_distribution.sf(found.statistic, df1, found.df2), found.p)
    assert found.df2 == min(questions(name)["region_df"])


def exact_variance(data: pd.DataFrame, kind: str) -> tuple[Fraction, Fraction, Fraction]:
    """Value, variance and design effect of `large` in exact arithmetic, with replacement of PSUs."""
    weight, y = ([Fraction(one) for one in data[name].tolist()] for name in ("weight", "large"))
    size, n = sum(weight, Fraction(0)), sum(1 for one in weight if one)
    value = sum((a * b for a, b in zip(weight, y, strict=True)), Fraction(0))
    mean = value / size
    scores: dict[tuple[int, int], Fraction] = {}
    for stratum, unit, a, b in zip(data["stratum"], data["unit1"], weight, y, strict=True):
        influence = (b - mean) / size if kind == "mean" else b
        scores[stratum, unit] = scores.get((stratum, unit), Fraction(0)) + a * influence
    variance = Fraction(0)
    for stratum in sorted(set(data["stratum"])):
        inside = [score for (one, _), score in scores.items() if one == stratum]
        centre = sum(inside, Fraction(0)) / len(inside)
        variance += Fraction(len(inside), len(inside) - 1) * sum((one - centre) ** 2 for one in inside)
    spread = sum((a * (b - mean) ** 2 for a, b in zip(weight, y, strict=True)), Fraction(0)) / size * n / (n - 1)
    plain = spread / n * (size**2 if kind == "total" else 1)
    return (mean if kind == "mean" else value), variance, variance / plain


@pytest.mark.parametrize("name", ["ultimate", "unequal", "normalised"])
@pytest.mark.parametrize("kind", ["mean", "total"])
def test_a_large_mean_costs_as_many_digits_as_it_is_larger_than_the_spread(name: str, kind: str) -> None:
    data = pd.read_csv(REFERENCE / f"random_{DESIGNS[name]['data']}.csv")
    value, variance, deff = exact_variance(data, kind)
    statistic = cd.mean("large") if kind == "mean" else cd.total("large")
    frame = survey(name).estimate(statistic).to_frame()
    near(frame["estimate"], float(value), 1e-15)
    lost = 1e6 * np.finfo(float).eps  # what one rounding of a mean of 1e6 is of a spread of 1
    near(frame[["se", "deff"]], [[float(variance) ** 0.5, float(deff)]], lost)


POINTS = [0.1, 0.5, 0.75]
COLUMNS = ["estimate", "ci_low", "ci_high", "se"]
# Below the share of the first record R 4.1.1 starts at the second one (`last(cumw <= p * sum(w))` is 1 where none is).
BELOW_THE_FIRST = {("elements", "hf3", "number", 0)}


@pytest.mark.parametrize("name", RANKED)
@pytest.mark.parametrize("rule", ["math", "school", *(f"hf{k}" for k in range(1, 10))])
def test_quantiles_by_rule_and_interval(name: str, rule: Any) -> None:
    for interval, wanted in ANSWERS[name]["quantiles"]["rules"][rule].items():
        for variable in ("y", "number"):
            statistic = cd.quantile(variable, POINTS, rule=rule, interval=interval)
            found = survey(name).estimate(statistic, convention="r").to_frame()[COLUMNS].to_numpy(dtype=float)
            for place in range(len(POINTS)):
                if (name, rule, variable, place) not in BELOW_THE_FIRST:
                    near(found[place], wanted[variable][place], what=f"{variable} {interval} {POINTS[place]}")


def test_below_the_share_of_the_first_value_the_quantile_is_the_first_value() -> None:
    lowest = survey("elements").estimate([cd.mean("number == 0"), cd.quantile("number", 0.1, rule="hf3")]).to_frame()
    assert lowest["estimate"].iloc[0] > 0.1
    assert lowest["estimate"].iloc[1] == 0.0
    assert ANSWERS["elements"]["quantiles"]["rules"]["hf3"]["mean"]["number"][0][0] == 1


@pytest.mark.parametrize("name", RANKED)
@pytest.mark.parametrize("rule", ["math", "school", "hf7"])
def test_quantiles_of_domains_have_the_df_of_the_domain(name: str, rule: Any) -> None:
    frame = survey(name).estimate(cd.quantile("y", POINTS, rule=rule), by="region").to_frame()
    for region, wanted in ANSWERS[name]["quantiles"]["region"][rule].items():
        found = frame.loc[frame["region"] == region, COLUMNS].to_numpy(dtype=float)
        if rule == "hf7" or (name, region) not in {("ultimate", "east"), ("unequal", "west")}:
            near(found, wanted)
            continue
        # the lower limit of the first quantile lies below the first record's share, see above
        near(found[0, [0, 2]], numbers(wanted)[0, [0, 2]])
        near(found[1:], numbers(wanted)[1:])
        data = pd.read_csv(REFERENCE / f"random_{DESIGNS[name]['data']}.csv").query("weight > 0 and region == @region")
        near(found[0, 1], data["y"].min())


@pytest.mark.parametrize("name", RANKED)
def test_quantiles_with_missing_values_and_at_another_level(name: str) -> None:
    answers, one = ANSWERS[name]["quantiles"], survey(name)
    near(one.estimate(cd.quantile("m", POINTS)).to_frame()[COLUMNS], answers["missing"])
    near(one.estimate(cd.quantile("y", POINTS), level=0.9).to_frame()[COLUMNS], answers["level90"])
    near(one.estimate(cd.quantile("m", POINTS, interval="beta")).to_frame()[COLUMNS], answers["missing_beta"])


@pytest.mark.parametrize("name", RANKED)
def test_score_interval_ends_where_the_test_turns(name: str) -> None:
    """R's own `ffullerCI` is right for equal weights only; these are its test statistics at every value."""
    frame = survey(name).estimate(cd.quantile("y", POINTS, interval="score")).to_frame()
    for row, p in zip(frame.itertuples(), POINTS, strict=True):
        ends = ANSWERS[name]["quantiles"]["score"][f"{p:g}"]
        for found, end in ((row.ci_low, ends["low"]), (row.ci_high, ends["high"])):
            nearer = int(numbers(end["gaps"])[1] <= numbers(end["gaps"])[0])
            near(found, end["values"][nearer])


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("method", ["xlogit", "beta", "asin", "mean"])
def test_intervals_of_shares(name: str, method: str) -> None:
    answers = ANSWERS[name]["intervals"]
    interval: Any = {"xlogit": "logit", "mean": "t"}.get(method, method)
    for variable, ends in answers.items():
        low, high = numbers(ends[method])
        statistic, level = cd.mean(f"{variable.removesuffix('90')} == 1"), 0.9 if variable == "yes90" else 0.95
        frame = survey(name).estimate(statistic, interval=interval, level=level, convention="r").to_frame()
        if frame["se"].item() == 0:  # nobody has it: R has no interval
            continue
        if method == "mean":  # here the interval stays inside [0, 1]
            low, high = max(low, 0.0), min(high, 1.0)
        if method == "asin" and name == "normalised" and variable == "common":  # past the top R's sine comes down again
            assert high < 1.0
            high = 1.0
        near(limits(frame)[0], [low, high], what=variable)


def test_a_share_that_nobody_has_still_has_an_upper_limit() -> None:
    frame = survey("two_stages").estimate(cd.mean("rare == 1")).to_frame()
    assert frame["ci_low"].item() == 0.0
    from scipy.stats import beta, t

    n = frame["n"].item()
    shrink = (t.ppf(0.975, n - 1) / t.ppf(0.975, frame["df"].item())) ** 2
    near(frame["ci_high"], beta.ppf(0.975, 1, n * shrink))


@pytest.mark.parametrize("name", ["lonely", "lonely_fpc"])
@pytest.mark.parametrize("place", range(8))
def test_lonely_psus_by_every_rule(name: str, place: int) -> None:
    wanted = ANSWERS[name]["lonely"][place]
    rule: Any = "certainty" if wanted["rule"] == "remove" else wanted["rule"]
    one = survey(name, lonely_psu=rule, lonely_domains="adjust" if wanted["domain"] else "keep")
    means = [cd.mean("y"), cd.mean("yes")]
    assert one.design.degrees_of_freedom == wanted["df"]
    same_answer(one.estimate(means), wanted["mean"], 1e-12)
    same_answer(one.estimate(cd.total("y")), wanted["total"], 1e-12)
    by_region = one.estimate(cd.mean("y"), by="region")
    unknown = np.isnan(numbers(wanted["region"]["se"]))
    near(by_region.to_frame()["se"][~unknown], numbers(wanted["region"]["se"])[~unknown])
    if not wanted["domain"]:
        same_answer(by_region, wanted["region"], 1e-12)
    # R has no answer where a domain leaves one unit at a second stage and the rule is `average`
    assert unknown.any() == (name == "lonely_fpc" and wanted["domain"] and rule == "average")
    if np.isfinite(numbers(wanted["few"]["cov"])).all():
        same_answer(one.estimate(means, where="few == 1"), wanted["few"], 1e-12)


def test_lonely_psus_are_refused_by_default() -> None:
    for name in ("lonely", "lonely_fpc"):
        with pytest.raises(DesignError, match="one PSU"):
            survey(name).estimate(cd.mean("y"))
