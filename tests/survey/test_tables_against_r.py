"""Tables, chi-square tests, t-tests and rank tests against R survey 4.1.1 on invented designs and published data.

`reference/tables_r.json` is R's answer (`Rscript tables.R` in that folder); what R gets by integration or by solving an
equation to 1e-8 is there a second time, solved to the last digit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.chi_square import ChiSquareTest, chi2
from childdata.survey.comparing import ComparisonTest, ttest
from childdata.survey.crosstab import crosstab
from childdata.survey.goodness_of_fit import goodness_of_fit
from childdata.survey.rank_test import ranktest
from childdata.survey.replicate_kinds import JKn

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "tables_r.json").read_text(encoding="utf-8"))
DESIGNS: dict[str, dict[str, Any]] = json.loads((REFERENCE / "random_designs.json").read_text(encoding="utf-8"))
WHOLE = [name for name in DESIGNS if not name.startswith("lonely")]
LONELY = [name for name in DESIGNS if name.startswith("lonely")]
CLOSE = 1e-12
TABLES = {
    "yes": ("region", "yes"),
    "sex": ("sex", "yes"),
    "missing": ("region", "myes"),
    "many": ("group", "region"),
    "zeros": ("top", "region"),
}
HALF = "y > 2 and sex == 1"
FIT = {"east": 0.3, "north": 0.4, "west": 0.3}


@cache
def survey(name: str, **options: Any) -> cd.Survey:
    design = DESIGNS[name]
    data = pd.read_csv(REFERENCE / f"random_{design.get('data', name)}.csv")
    data = data.assign(group=data["number"].clip(upper=4), top=data["number"].clip(upper=6))
    given = {key: design[key] or None for key in ("strata", "psu", "fpc")}
    return cd.Survey(data, weight=design["weight"], **given, **options)


@cache
def replicated() -> cd.Survey:
    return survey("normalised").with_replicates(JKn())


@cache
def calibrated() -> cd.Survey:
    return cd.poststratify(survey("normalised"), "sex", {1: 150, 2: 220})


def near(found: object, wanted: object, close: float = CLOSE) -> None:
    np.testing.assert_allclose(np.asarray(found, dtype=float), np.asarray(wanted, dtype=float), rtol=close)


def same_test(found: ChiSquareTest, wanted: dict[str, Any]) -> None:
    near([found.statistic, *found.df, found.p], [wanted["stat"], *wanted["par"], wanted["p"]])


def asked(name: str) -> list[tuple[str, str | None, dict[str, Any]]]:
    """The tables of a design: which, in which domain, and R's answer."""
    whole = [(table, None, answer) for table, answer in ANSWERS[name]["chisq"].items()]
    return whole + [(table, HALF, answer) for table, answer in ANSWERS[name]["domain"].items()]


def test_r_and_its_package_are_named() -> None:
    assert ANSWERS["made_with"] == {"R": "4.2.2", "survey": "4.1.1"}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("statistic", ["F", "Wald", "adjWald"])
def test_f_tests_of_independence(name: str, statistic: Any) -> None:
    for table, where, answer in asked(name):
        wanted = answer[statistic]
        if wanted["par"][1] > 0:  # R gives no p with 12 equations on 11 degrees of freedom; nor do we
            same_test(chi2(survey(name), *TABLES[table], statistic=statistic, where=where, convention="r"), wanted)


@pytest.mark.parametrize("name", WHOLE)
def test_first_order_correction_and_the_design_effects(name: str) -> None:
    for table, where, answer in asked(name):
        found = chi2(survey(name), *TABLES[table], statistic="Chisq", where=where, convention="r")
        # R prints X² before correction, beside the p of the corrected one
        near(
            [found.uncorrected, *found.df, found.p],
            [answer["Chisq"]["stat"], answer["Chisq"]["par"], answer["Chisq"]["p"]],
        )
        near(found.effects, answer["effects"])
        near(found.statistic, answer["Chisq"]["stat"] / np.mean(answer["effects"]))


@pytest.mark.parametrize("name", WHOLE)
def test_distribution_of_the_sum_and_its_saddlepoint(name: str) -> None:
    for table, where, answer in asked(name):
        exact, approximate = (
            chi2(survey(name), *TABLES[table], statistic=statistic, where=where, convention="r")
            for statistic in ("lincom", "saddlepoint")
        )
        near(exact.p, answer["F_tail"], 1e-11)  # the bound of R's integrate()
        near(exact.uncorrected, answer["Chisq"]["stat"])
        # uniroot() stops at 1e-8, and near the mean the formula is a quotient of two small numbers
        near(approximate.p, answer["saddlepoint"]["p"], 2e-6)
        z, p = answer["F_saddle"]
        near(approximate.p, p, max(1e-11, 1e-12 / abs(z) ** 2))


@pytest.mark.parametrize("name", ["three_stages", "certainty"])
def test_table_that_r_calls_singular_is_refused_in_words(name: str) -> None:
    with pytest.raises(EstimationError, match=r"cells without a record.*combine categories"):
        chi2(survey(name), "number", "region")


@pytest.mark.parametrize("name", LONELY)
@pytest.mark.parametrize("rule", ["certainty", "adjust", "average"])
def test_lonely_rules(name: str, rule: Any) -> None:
    answer, people = ANSWERS[name][rule], survey(name, lonely_psu=rule)
    for statistic in ("F", "Wald", "adjWald"):
        same_test(chi2(people, "region", "yes", statistic=statistic, convention="r"), answer["yes"][statistic])  # type: ignore[arg-type]
    same_t(ttest(people, "y", by="sex", convention="r"), answer["ttest"])


@pytest.mark.parametrize("name", WHOLE)
def test_goodness_of_fit(name: str) -> None:
    for where, answer in ((None, ANSWERS[name]["fit"]), (HALF, ANSWERS[name]["fit_domain"])):
        found = goodness_of_fit(
            survey(name), "region", shares=FIT, statistic="satterthwaite", where=where, convention="r"
        )
        near([found.uncorrected, *found.df, found.p], [answer["stat"], answer["df"], answer["p"]])
        near(found.uncorrected / found.statistic, answer["scale"])


def test_chi_square_tests_on_replicate_weights() -> None:
    people, answer = replicated(), ANSWERS["replicates"]
    for table, where in (("yes", None), ("missing", None), ("domain", "y > 2")):
        names = TABLES.get(table, TABLES["yes"])
        for statistic in ("F", "Wald", "adjWald"):
            found = chi2(people, *names, statistic=statistic, where=where, convention="r")  # type: ignore[arg-type]
            same_test(found, answer["chisq"][table][statistic])
        first = chi2(people, *names, statistic="Chisq", where=where, convention="r")
        wanted = answer["chisq"][table]["Chisq"]
        near([first.uncorrected, first.p], [wanted["stat"], wanted["p"]])
    fit = goodness_of_fit(people, "region", shares=FIT, statistic="satterthwaite", convention="r")
    near([fit.uncorrected, fit.p], [answer["fit"]["stat"], answer["fit"]["p"]])


@pytest.mark.parametrize("statistic", ["F", "Wald", "adjWald"])
def test_independence_in_a_post_stratified_sample(statistic: Any) -> None:
    for block, where in (("chisq", None), ("domain", "y > 2")):
        for table in ("yes", "missing"):
            answer = ANSWERS["calibrated"][block][table]
            found = chi2(calibrated(), *TABLES[table], statistic=statistic, where=where, convention="r")
            same_test(found, answer[statistic])
            near(found.uncorrected, answer["Chisq"]["stat"])  # R's n is that of all rows, those outside the domain too


def test_comparisons_in_a_post_stratified_sample() -> None:
    answer = ANSWERS["calibrated"]
    same_t(ttest(calibrated(), "y", by="yes", convention="r"), answer["ttest"])
    same_t(ttest(calibrated(), "y", by="yes", where="y > 2", convention="r"), answer["ttest_domain"])
    same_rank(ranktest(calibrated(), "y", "yes", convention="r"), answer["rank"])
    fit = goodness_of_fit(calibrated(), "region", shares=FIT, statistic="satterthwaite", convention="r")
    near([fit.uncorrected, *fit.df, fit.p], [answer["fit"][k] for k in ("stat", "df", "p")])


T_TESTS: dict[str, dict[str, str]] = {
    "one": {"y": "y"},
    "paired": {"y": "x", "paired": "y"},
    "sex": {"y": "y", "by": "sex"},
    "missing": {"y": "m", "by": "sex"},
    "both": {"y": "m", "by": "myes"},
    "share": {"y": "yes", "by": "sex"},
}


def same_t(found: ComparisonTest, wanted: dict[str, Any]) -> None:
    limits = [found.ci_low, found.ci_high]
    near(
        [found.statistic, *found.df, found.p, found.difference, *limits],
        [wanted[k] for k in ("t", "df", "p", "est")] + wanted["ci"],
    )


@pytest.mark.parametrize("name", [*WHOLE, "replicates"])
def test_t_tests(name: str) -> None:
    people = replicated() if name == "replicates" else survey(name)
    for kind, options in T_TESTS.items():
        same_t(ttest(people, **options, convention="r"), ANSWERS[name]["ttest"][kind])  # type: ignore[arg-type]
        if name != "replicates":
            found = ttest(people, **options, where="y > 2", convention="r")  # type: ignore[arg-type]
            same_t(found, ANSWERS[name]["ttest_domain"][kind])


RANKED = {"sex": ("y", "sex"), "ties": ("number", "sex"), "missing": ("m", "myes")}


def same_rank(found: ComparisonTest, wanted: dict[str, Any]) -> None:
    near([found.statistic, *found.df, found.p, found.difference], [wanted[k] for k in ("t", "df", "p", "est")])


@pytest.mark.parametrize("name", [*WHOLE, "replicates"])
def test_rank_tests_of_two_groups(name: str) -> None:
    people = replicated() if name == "replicates" else survey(name)
    domains = [("rank", None)] + ([("rank_domain", "y > 2")] if name != "replicates" else [])
    for block, where in domains:
        answers = ANSWERS[name][block]
        for kind, (y, by) in RANKED.items():
            for test, wanted in answers[kind].items():
                same_rank(ranktest(people, y, by, test=test, where=where, convention="r"), wanted)
        own = ranktest(people, "y", "sex", test=lambda rank, size: (rank / size) ** 2, where=where, convention="r")
        same_rank(own, answers["own"])


@pytest.mark.parametrize("name", WHOLE)
def test_rank_tests_of_three_groups(name: str) -> None:
    for block, where in (("rank", None), ("rank_domain", "y > 2")):
        for test, wanted in ANSWERS[name][block]["region"].items():
            found = ranktest(survey(name), "y", "region", test=test, where=where, convention="r")
            near([found.statistic * found.df[0], *found.df, found.p], [wanted[k] for k in ("chisq", "df1", "df2", "p")])


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize(("block", "column"), [("shares", "yes"), ("missing", "myes")])
def test_shares_and_numbers_of_cells(name: str, block: str, column: str) -> None:
    answer = ANSWERS[name][block]
    cells = crosstab(survey(name), "region", column, margins=False)
    near(cells.to_frame()["estimate"], answer["cell"]["est"])
    same_covariance(cells.estimates, answer["cell"]["cov"])
    near(cells.to_frame()["deff"], answer["cell"]["replace"], 1e-10)
    assert set(cells.to_frame()["df"]) == {answer["df"]}
    numbers = crosstab(survey(name), "region", column, share="total", margins=False)
    near(numbers.to_frame()["estimate"], answer["total"]["est"])
    same_covariance(numbers.estimates, answer["total"]["cov"])


def same_covariance(found: cd.Estimates, wanted: object) -> None:
    matrix = np.array(wanted, dtype=float)
    error = np.sqrt(np.diagonal(matrix))
    assert np.abs((found.covariance().to_numpy() - matrix) / np.outer(error, error)).max() < CLOSE


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize(("block", "column"), [("shares", "yes"), ("missing", "myes")])
def test_shares_within_rows_and_columns(name: str, block: str, column: str) -> None:
    answer = ANSWERS[name][block]
    rows = crosstab(survey(name), "region", column, share="row").to_frame()
    inner, total = rows[rows["region"] != "Total"], rows[rows["region"] == "Total"]
    near(inner["estimate"], answer["row"]["est"])
    near(inner["se"], answer["row"]["se"])
    near(inner["deff"], answer["row"]["deff"], 1e-10)
    near(total[["estimate", "se"]].T, [answer["all"]["est"], answer["all"]["se"]])
    columns = crosstab(survey(name), "region", column, share="column").to_frame()
    inner, total = columns[columns[column] != "Total"], columns[columns[column] == "Total"]
    by_column = inner.sort_values([column, "region"])
    near(by_column["estimate"].to_numpy().reshape(2, 3).T.reshape(-1), answer["column"]["est"])
    near(by_column["se"].to_numpy().reshape(2, 3).T.reshape(-1), answer["column"]["se"])
    near(total[["estimate", "se"]].T, [answer["rows"]["est"], answer["rows"]["se"]])


def published(shared: Callable[[str], Path]) -> dict[str, Any]:
    cases = json.loads(shared("reference/survey.json").read_text(encoding="utf-8"))["cases"]
    found: dict[str, Any] = next(case["value"] for case in cases if case["id"] == "13_tests")
    return found


def test_chi_square_tests_of_nhanes(shared: Callable[[str], Path]) -> None:
    data = pd.read_csv(shared("reference/data/nhanes.csv"))
    people = cd.Survey(data, weight="WTMEC2YR", strata="SDMVSTRA", psu="SDMVPSU")
    wanted = published(shared)["chisq"]
    for statistic in ("F", "Wald", "adjWald", "Chisq", "lincom", "saddlepoint"):
        found = chi2(people, "HI_CHOL", "RIAGENDR", statistic=statistic, convention="r")  # type: ignore[arg-type]
        near(found.p, np.squeeze(wanted[statistic]["p"]), 1e-9)
        printed = found.statistic if statistic in ("F", "Wald", "adjWald") else found.uncorrected
        near(printed, np.squeeze(wanted[statistic]["stat"]), 1e-12)
    # X² is for the records used, not for all rows of the file
    assert chi2(people, "HI_CHOL", "RIAGENDR").uncorrected == pytest.approx(9.83491758, abs=5e-9)


def test_t_and_rank_test_of_schools(shared: Callable[[str], Path]) -> None:
    schools = cd.Survey(pd.read_csv(shared("reference/data/apiclus1.csv")), weight="pw", psu="dnum", fpc="fpc")
    wanted = published(shared)
    found = ttest(schools, "api00", by="comp.imp", convention="r")
    near([found.statistic, *found.df, found.p, found.difference], [wanted["ttest"][k] for k in ("t", "df", "p", "est")])
    ranked = ranktest(schools, "api00", "comp.imp", convention="r")
    near([ranked.statistic, *ranked.df, ranked.p], [wanted["rank"][k] for k in ("stat", "df", "p")])
