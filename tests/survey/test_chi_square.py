"""Tests of independence: by hand, their properties, and what is refused."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import childdata as cd
from childdata.errors import EstimationError, VariableError
from childdata.survey.chi_square import TableStatistic, chi2, contrasts, corrected, wald_test

# 2 × 2: 8 and 12 of the girls, 13 and 7 of the boys
COUNTS = np.array([[8, 12], [13, 7]])


def records(counts: np.ndarray, times: int = 1) -> pd.DataFrame:
    """Records of a table, each PSU with the same answer `times`."""
    cells = [(r, c) for r in range(counts.shape[0]) for c in range(counts.shape[1]) for _ in range(counts[r, c])]
    frame = pd.DataFrame(cells, columns=["row", "column"]).loc[lambda one: one.index.repeat(times)]
    return frame.reset_index().rename(columns={"index": "psu"})


def simple(times: int = 1) -> cd.Survey:
    return cd.Survey(records(COUNTS, times), psu="psu")


def test_simple_random_sample_by_hand() -> None:
    found = chi2(simple(), "row", "column")
    x2 = 40 * (8 * 7 - 12 * 13) ** 2 / (20 * 20 * 21 * 19)
    assert found.uncorrected == pytest.approx(x2, rel=1e-12)
    # the variance of a share is p q / (n − 1): the design effect is n / (n − 1)
    assert found.effects == (pytest.approx(40 / 39, rel=1e-12),)
    assert found.statistic == pytest.approx(x2 * 39 / 40, rel=1e-12)
    assert found.df == (pytest.approx(1), pytest.approx(39))
    assert found.p == pytest.approx(stats.f.sf(x2 * 39 / 40, 1, 39), rel=1e-12)
    assert (found.n, found.symbol, found.what) == (40, "F", "row × column")
    assert found.cramers_v == pytest.approx(np.sqrt(x2 / 40), rel=1e-12)


def test_uncorrected_statistics_are_the_textbook_ones() -> None:
    counts = np.array([[8, 12, 5], [13, 7, 9], [4, 4, 11]])
    people = cd.Survey(records(counts))
    for statistic, power in (("F", "pearson"), ("lr", "log-likelihood")):
        wanted = stats.chi2_contingency(counts, correction=False, lambda_=power)
        found = chi2(people, "row", "column", statistic=statistic)  # type: ignore[arg-type]
        assert found.uncorrected == pytest.approx(wanted.statistic, rel=1e-12)


def test_wald_by_hand() -> None:
    # Y = n₂₂ − n₂. n.₂ / n = 7 − 20·19/40 = −2.5; V = n/(n − 1) Σ (u − ū)²,
    # u = [22] − [2.] n.₂/n − [.2] n₂./n + n₂. n.₂/n²
    r, c = np.array([0] * 20 + [1] * 20), np.array([0] * 8 + [1] * 12 + [0] * 13 + [1] * 7)
    u = r * c - r * 19 / 40 - c * 20 / 40 + 20 * 19 / 1600
    variance = 40 / 39 * np.sum((u - u.mean()) ** 2)
    found = chi2(simple(), "row", "column", statistic="Wald")
    assert found.statistic == pytest.approx((-2.5) ** 2 / variance, rel=1e-12)
    assert found.df == (1, 39)
    assert found.effects == ()
    assert np.isnan(found.design_effect)


def test_log_linear_wald_by_hand() -> None:
    # of a 2 × 2 table it is (log odds ratio)² / its variance, n/(n − 1) Σ 1/n_rc
    odds = np.log(8 * 7 / (12 * 13))
    variance = 40 / 39 * np.sum(1 / COUNTS)
    found = chi2(simple(), "row", "column", statistic="llWald")
    assert found.statistic == pytest.approx(odds**2 / variance, rel=1e-12)


def test_null_proportions_by_hand() -> None:
    # of a 2 × 2 table δ is n V(log odds ratio) with the shares under independence in its denominators:
    # D⁻¹ of p_r p_c, each row a half and the columns 21/40 and 19/40
    u = np.outer([1, -1], [1, -1]) / np.outer([0.5, 0.5], [21 / 40, 19 / 40])
    p = COUNTS / 40
    variance = (np.sum(p * u**2) - np.sum(p * u) ** 2) / 39
    found = chi2(simple(), "row", "column", proportions="null")
    base = np.sum(1 / np.outer([0.5, 0.5], [21 / 40, 19 / 40])) / 40
    assert found.effects == (pytest.approx(variance / base, rel=1e-12),)
    assert found.uncorrected == chi2(simple(), "row", "column").uncorrected


def test_all_corrections_of_one_effect_agree() -> None:
    # one δ and ν degrees of freedom: Σδχ² / (χ²(ν)/ν) is δF, whichever way it is reckoned
    one, exact = (chi2(simple(), "row", "column", statistic=name) for name in ("F", "lincom"))  # type: ignore[arg-type]
    assert exact.p == pytest.approx(one.p, rel=1e-12)
    first, second = (chi2(simple(), "row", "column", statistic=name) for name in ("Chisq", "satterthwaite"))  # type: ignore[arg-type]
    assert first.p == pytest.approx(second.p, rel=1e-12) == pytest.approx(stats.chi2.sf(one.statistic, 1), rel=1e-12)


def test_corrections_by_hand() -> None:
    # δ = 3, 1: Σδ = 4, Σδ² = 10, d₀ = 16/10
    found = {name: corrected(name, 8.0, (3.0, 1.0), 20.0, whole_df=False) for name in ("F", "Chisq", "satterthwaite")}
    assert found["F"][:3] == (2.0, "F", (1.6, 32.0))
    assert found["F"][3] == pytest.approx(stats.f.sf(2.0, 1.6, 32.0), rel=1e-12)
    assert found["Chisq"][:3] == (4.0, "X²", (2.0,))
    assert found["Chisq"][3] == pytest.approx(np.exp(-2.0), rel=1e-12)
    assert found["satterthwaite"][:3] == (pytest.approx(8 * 4 / 10), "X²", (1.6,))
    assert found["satterthwaite"][3] == pytest.approx(stats.chi2.sf(3.2, 1.6), rel=1e-12)


def test_endless_degrees_of_freedom_leave_chi_squares() -> None:
    value, _, _, p = corrected("F", 8.0, (3.0, 1.0), np.inf, whole_df=False)
    assert p == pytest.approx(stats.chi2.sf(1.6 * value, 1.6), rel=1e-12)
    # δ = 2, 2 without a denominator: an exponential of mean 4
    assert corrected("lincom", 8.0, (2.0, 2.0), np.inf, whole_df=False)[3] == pytest.approx(np.exp(-2.0), rel=1e-12)


def test_saddlepoint_at_the_mean_falls_back_to_f() -> None:
    at_mean = corrected("saddlepoint", 4.0, (3.0, 1.0), np.inf, whole_df=False)
    assert at_mean[3] == pytest.approx(stats.chi2.sf(1.6, 1.6), rel=1e-9)


def test_answers_that_repeat_inside_psus_change_no_f() -> None:
    once, thrice = (chi2(simple(times), "row", "column") for times in (1, 3))
    assert thrice.uncorrected == pytest.approx(3 * once.uncorrected, rel=1e-12)
    assert thrice.design_effect == pytest.approx(3 * once.design_effect, rel=1e-12)
    assert (thrice.statistic, thrice.p) == (pytest.approx(once.statistic, rel=1e-12), pytest.approx(once.p, rel=1e-12))


@pytest.mark.parametrize("statistic", get_args(TableStatistic))
def test_weights_order_and_sides_change_nothing(sample: pd.DataFrame, statistic: Any) -> None:
    def test_of(frame: pd.DataFrame, row: str = "region", column: str = "quintile") -> list[float]:
        people = cd.Survey(frame, weight="w", strata="stratum", psu="psu")
        found = chi2(people, row, column, statistic=statistic)
        return [found.statistic, *found.df, found.p]

    wanted = pytest.approx(test_of(sample), rel=1e-9)
    assert test_of(sample.assign(w=sample["w"] * 1000)) == wanted
    assert test_of(sample.sample(frac=1, random_state=1)) == wanted
    assert test_of(sample, "quintile", "region") == wanted


def test_records_outside_the_domain_stay_in_the_design(sample: pd.DataFrame) -> None:
    people = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    inside = chi2(people, "sex", "poor == 1", where="income > 3")
    assert chi2(people.where("income > 3"), "sex", "poor == 1").statistic == inside.statistic
    alone = cd.Survey(sample[sample["income"] > 3], weight="w", strata="stratum", psu="psu")
    assert inside.uncorrected == pytest.approx(chi2(alone, "sex", "poor == 1").uncorrected)


def test_degrees_of_freedom_are_those_of_the_convention(sample: pd.DataFrame) -> None:
    people = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    rule = "stratum == 1 and psu != 6"
    df = {
        name: chi2(people, "sex", "poor", where=rule, convention=name).df[1] for name in ("childdata", "stata", "spss")
    }  # type: ignore[arg-type]
    assert df == {"childdata": pytest.approx(4), "stata": pytest.approx(5), "spss": pytest.approx(25)}
    assert chi2(people, "sex", "poor", where=rule, df=12).df[1] == pytest.approx(12)


def test_unknown_answers_are_left_out_and_counted(sample: pd.DataFrame) -> None:
    people = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    lost = int(sample["school"].isna().sum())
    found = chi2(people, "sex", "school")
    assert found.n == len(sample) - lost
    assert (
        f"'sex' or 'school' is unknown in {lost} records of the domain: they are in no cell of the table" in found.notes
    )
    assert chi2(people, "sex", "school", convention="r").n == len(sample)


def test_categories_and_cells_without_records_are_told(sample: pd.DataFrame) -> None:
    people = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    found = chi2(people, "quintile", "sex", where="quintile < 4 and not (quintile == 2 and sex == 'boy')")
    assert "categories of 'quintile' without a record in the domain, left out of the test: 2" in found.notes
    assert "cells of the table without a record, kept as zeros: 1 of 6" in found.notes
    with pytest.raises(EstimationError, match="takes logarithms, and 1 cells have no record"):
        chi2(people, "quintile", "sex", where="not (quintile == 2 and sex == 'boy')", statistic="llWald")


def test_lonely_psu_is_refused_or_told(sample: pd.DataFrame) -> None:
    one = sample[(sample["stratum"] > 0) | (sample["psu"] == 0)]
    design = {"weight": "w", "strata": "stratum", "psu": "psu"}
    with pytest.raises(cd.errors.DesignError, match="stratum 0 has one PSU"):
        chi2(cd.Survey(one, **design), "sex", "poor")
    found = chi2(cd.Survey(one, **design, lonely_psu="adjust"), "sex", "poor")
    assert "strata with one PSU: 1, treated by the rule 'adjust'" in found.notes


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"statistic": "Pearson"}, r"statistic is one of 'F', .*; found 'Pearson'"),
        ({"proportions": "expected"}, r"proportions is one of 'observed', 'null'; found 'expected'"),
        ({"column": "row"}, r"a table crosses two variables; found 'row' twice"),
        ({"where": "row == 1"}, r"needs two rows and two columns with records; found 1 and 2; take a wider domain"),
        ({"convention": "R"}, r"convention 'R' is not known"),
    ],
)
def test_what_cannot_be_tested_is_refused(call: dict[str, Any], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        chi2(simple(), "row", **({"column": "column"} | call))


def test_unknown_variable_is_named() -> None:
    with pytest.raises(VariableError, match="'rwo' is not in the data"):
        chi2(simple(), "rwo", "column")


def test_variables_of_many_values_are_refused() -> None:
    people = cd.Survey({"a": np.arange(100.0), "b": np.arange(100.0)})
    with pytest.raises(EstimationError, match=r"makes 10,000 cells; a table has at most 3,000"):
        chi2(people, "a", "b")


def test_no_degrees_of_freedom_are_refused() -> None:
    people = cd.Survey(
        {"row": [0, 0, 1, 1], "column": [0, 1, 0, 1], "psu": [1, 1, 1, 2], "s": [1, 1, 1, 2]},
        psu="psu",
        strata="s",
        lonely_psu="certainty",
    )
    with pytest.raises(EstimationError, match="has 0 degrees of freedom"):
        chi2(people, "row", "column")


def test_basis_of_the_contrasts_sums_to_zero() -> None:
    assert contrasts(4).shape == (4, 3)
    np.testing.assert_allclose(contrasts(4).sum(axis=0), 0, atol=1e-15)


def test_wald_test_of_two_deviations_by_hand() -> None:
    # W = 1²/1 + 2²/4 = 2; F = W/2, and adjusted (10 − 2 + 1)/(2·10) W
    matrix = np.diag([1.0, 4.0])
    assert wald_test(np.array([1.0, 2.0]), matrix, 10, adjusted=False)[:3] == (pytest.approx(1), "F", (2, 10))
    assert wald_test(np.array([1.0, 2.0]), matrix, 10, adjusted=True)[:3] == (pytest.approx(0.9), "F", (2, 9))
    with pytest.raises(EstimationError, match="2 deviations are tested on 1 degrees of freedom"):
        wald_test(np.array([1.0, 2.0]), matrix, 1, adjusted=True)
    with pytest.raises(EstimationError, match="needs a covariance of that rank"):
        wald_test(np.array([1.0, 2.0]), np.ones((2, 2)), 10, adjusted=False)


def test_shares_without_variance_are_refused() -> None:
    with pytest.raises(EstimationError, match="no sampling variance"):
        corrected("F", 1.0, (0.0,), 10, whole_df=False)


def test_result_is_told_as_row_table_and_text() -> None:
    found = chi2(simple(), "row", "column")
    row = found.to_frame().iloc[0]
    assert row[["what", "symbol"]].tolist() == ["row × column", "F"]
    assert row["statistic"] == found.statistic
    assert (row["df1"], row["df2"], row["n"]) == (pytest.approx(1), pytest.approx(39), 40)
    assert repr(found).startswith("<F(1, 39) = 2.444, p = 0.1261: row × column; Pearson's chi-square")
    assert "0.1261" in found._repr_html_()
    russian = found.table(lang="ru").to_text()
    assert "Хи-квадрат Пирсона с поправкой второго порядка Рао и Скотта" in russian
    assert "2,4436" in russian
    assert found.settings["convention"] == "childdata"


def test_labels_that_try_to_break_out_of_html_are_escaped() -> None:
    people = cd.Survey({"<b>": [0, 0, 1, 1, 1], "c": [0, 1, 0, 1, 1]})
    assert "<b>" not in chi2(people, "`<b>`", "c")._repr_html_()
