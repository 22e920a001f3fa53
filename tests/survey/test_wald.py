"""Wald tests: hypotheses in words and equations, their derivatives, the two F forms, and what cannot be read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.tests import hypothesis, wald

NAMES = ("North", "South", "a, b")
VALUE = np.array([4.0, 2.0, 3.0])


def test_one_equation_by_hand() -> None:
    found = wald(np.array([3.0]), np.array([[4.0]]), 10, method="adjusted", what="x")
    assert (found.statistic, found.df1, found.df2) == (9 / 4, 1, 10)
    assert found.p == pytest.approx(2 * stats.t.sf(1.5, 10), rel=1e-12)  # F(1, df) is t²
    assert repr(found) == f"<F(1, 10) = 2.25, p = {found.p:.4g}; H0: x>"


def test_two_equations_in_both_forms() -> None:
    # W = 1²/1 + 2²/4 = 2
    contrast, matrix = np.array([1.0, 2.0]), np.diag([1.0, 4.0])
    adjusted = wald(contrast, matrix, 10, method="adjusted", what="")
    assert (adjusted.statistic, adjusted.df2) == (pytest.approx((10 - 2 + 1) / (10 * 2) * 2), 9)
    plain = wald(contrast, matrix, 10, method="wald", what="")
    assert (plain.statistic, plain.df1, plain.df2) == (pytest.approx(1), 2, 10)


def test_an_equation_that_repeats_another_does_not_count() -> None:
    found = wald(np.array([1.0, 1.0]), np.ones((2, 2)), 10, method="wald", what="")
    assert (found.df1, found.statistic) == (1, pytest.approx(1))


@pytest.mark.parametrize(
    ("what", "contrast", "jacobian"),
    [
        ("zero", [4, 2, 3], np.eye(3)),
        ("equal", [4 - 3, 2 - 3], [[1, 0], [0, 1], [-1, -1]]),
        ("`North` = `South`", [2], [[1], [-1], [0]]),
        ("`North` == 4.5", [-0.5], [[1], [0], [0]]),
        ("`North` - 2 * `South` = 0", [0], [[1], [-2], [0]]),
        ("`North` / `South` = 1", [1], [[1 / 2], [-4 / 4], [0]]),
        ("-`North` + `South` * `a, b` = 2", [0], [[-1], [3], [2]]),
        ("`North` = `South`, `a, b` = 3", [2, 0], [[1, 0], [-1, 0], [0, 1]]),
        ("`North` ** 2 = 16", [0], [[8], [0], [0]]),
        ("log(`North` / `South`) = 0", [np.log(2)], [[1 / 4], [-1 / 2], [0]]),
        ("(`North` + `South`) / 2 = `a, b`", [0], [[0.5], [0.5], [-1]]),
    ],
)
def test_hypotheses_by_hand(what: str, contrast: list[float], jacobian: object) -> None:
    found, slopes = hypothesis(what, NAMES, VALUE)
    assert found.tolist() == pytest.approx(contrast)
    np.testing.assert_allclose(slopes, np.array(jacobian, dtype=float), atol=1e-12)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("`Nord` = `South`", r"no row is named 'Nord'; nearest: 'North'; see .names"),
        ("North = South", r"may hold names in backquotes, numbers and \+ - \* /"),
        ("`North`", r"an equation has one '='; found '`North`'"),
        ("`North` = `South` = 1", r"an equation has one '='"),
        ("`North = 2", r"a backquote is not closed"),
        ("log(-`North`) = 4", r"has no value at the estimates"),
        ("`North` / 0 = 4", r"no division by zero"),
        ("`North` = = 4", r"an equation has one '='|cannot be read"),
        ("`North` + = 4", r"cannot be read"),
        ("__import__('os') = 4", r"may hold names in backquotes"),
        ("`North` = True", r"may hold names in backquotes"),
        ("", r"an equation has one '='"),
        ("`North` = " + "(" * 5000 + "1", r"cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused(what: str, words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        hypothesis(what, NAMES, VALUE)


def test_a_name_of_two_rows_is_refused() -> None:
    with pytest.raises(EstimationError, match="2 rows are named 'x'"):
        hypothesis("`x` = 1", ("x", "x"), VALUE[:2])


def test_one_row_has_nothing_to_be_equal_to() -> None:
    with pytest.raises(EstimationError, match="'equal' compares rows, and there is one; test 'zero'"):
        hypothesis("equal", ("x",), VALUE[:1])


@pytest.mark.parametrize(
    ("contrast", "matrix", "df", "words"),
    [
        ([np.nan], [[1.0]], 5, "names a row that has no estimate"),
        ([1.0], [[0.0]], 5, "without sampling variance"),
        (
            [1.0, 1.0],
            [[1.0, 0.0], [0.0, 1.0]],
            1,
            "2 equations are tested on 1 degrees of freedom; test fewer, or method='wald'",
        ),
        ([1.0], [[np.nan]], 5, "variance|standard error"),
    ],
)
def test_what_cannot_be_tested_is_refused(
    contrast: list[float], matrix: list[list[float]], df: float, words: str
) -> None:
    with pytest.raises(EstimationError, match=words):
        wald(np.array(contrast), np.array(matrix), df, method="adjusted", what="")


def test_a_test_of_two_rows_is_the_t_test_of_their_difference(sample: pd.DataFrame) -> None:
    found = cd.Survey(sample, weight="w", strata="stratum", psu="psu").estimate(cd.mean("income"), by="sex")
    gap = found.difference(along="sex", of=("girl", "boy")).to_frame().iloc[0]
    for what in ("equal", "`girl` = `boy`", "`girl` - `boy` = 0"):
        test = found.test(what)
        assert test.statistic == pytest.approx((gap["estimate"] / gap["se"]) ** 2, rel=1e-9)
        assert test.p == pytest.approx(2 * stats.t.sf(abs(gap["estimate"] / gap["se"]), gap["df"]), rel=1e-9)


def test_equal_does_not_depend_on_the_order_of_the_rows(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    found = survey.estimate(cd.mean("income"), by="region")
    turned = cd.Survey(sample.assign(region=sample["region"].map({"north": "z", "south": "y", "west": "x"})),
                       weight="w", strata="stratum", psu="psu").estimate(cd.mean("income"), by="region")  # fmt: skip
    assert found.test().statistic == pytest.approx(turned.test().statistic, rel=1e-9)
    assert found.test(method="wald").df1 == 2


def test_shares_of_all_categories_test_one_equation_less(sample: pd.DataFrame) -> None:
    found = cd.Survey(sample, weight="w", strata="stratum", psu="psu").estimate(cd.proportion("region"))
    assert found.test("`north` = 1/3, `south` = 1/3, `west` = 1/3").df1 == 2


def test_a_test_does_not_depend_on_the_units_of_its_rows() -> None:
    rng = np.random.default_rng(7)
    rows = {"p": (rng.random(400) < 0.5).astype(float), "y": rng.normal(2e6, 1e6, 400), "u": np.arange(400) % 40}
    found = cd.Survey(rows, psu="u").estimate(
        {"share": cd.mean("p == 1"), "income": cd.mean("y"), "sum": cd.total("y")}
    )
    share, income, _ = found.to_frame()["estimate"]
    covariance = found.covariance().to_numpy()[:2, :2]
    apart = np.array([share - 0.9, 0.0])
    wanted = (39 - 2 + 1) / (39 * 2) * float(apart @ np.linalg.solve(covariance, apart))
    for one in (
        found,
        cd.Survey({**rows, "y": rows["y"] * 1e6}, psu="u").estimate(
            {"share": cd.mean("p == 1"), "income": cd.mean("y / 1000000")}
        ),
    ):
        result = one.test(f"`share` = 0.9, `income` = {income!r}")
        assert (result.df1, result.df2) == (2, 38)
        assert result.statistic == pytest.approx(wanted, rel=1e-6)
        assert result.p < 1e-10


def test_a_violated_equation_without_variance_is_not_dropped_in_silence() -> None:
    rows = {"g": ["a"] * 8 + ["b"] * 8 + ["c"] * 8, "y": [1.0] * 8 + [0.0] * 8 + [1.0, 0.0] * 4, "u": list(range(24))}
    found = cd.Survey(rows, psu="u").estimate(cd.mean("y == 1"), by="g")
    with pytest.raises(EstimationError, match="without sampling variance"):
        found.test("equal")


def test_the_degrees_of_freedom_are_those_of_the_rows_tested() -> None:
    rng = np.random.default_rng(2)
    rows = {"g": [*["a", "b"] * 59, "c", "c"], "y": rng.normal(size=120), "u": np.arange(120) // 2}
    found = cd.Survey(rows, psu="u").estimate(cd.mean("y"), by="g")
    assert found.test("`a` = `b`").df2 == found.select(g=["a", "b"]).test("equal").df2 > 50


def test_each_row_has_its_own_t() -> None:
    # y of girls 1, 3, of boys 2, 5: gap 1.5; four records are the units, so a sex has df 1
    survey = cd.Survey({"sex": ["f", "m", "f", "m"], "y": [1.0, 2.0, 3.0, 5.0]})
    gap = survey.estimate(cd.mean("y"), by="sex").difference(along="sex", of=("m", "f"))
    row = gap.t_tests().iloc[0]
    assert row["t"] == pytest.approx(row["estimate"] / row["se"])
    # Student's t with one degree of freedom is Cauchy's
    assert row["p"] == pytest.approx(1 - 2 / np.pi * np.arctan(row["t"]))
    assert gap.t_tests(value=1.5).iloc[0]["p"] == pytest.approx(1)


@pytest.mark.parametrize("hostile", ["`f` = 1" + "0" * 400, "`f` = " + "1" * 40_000, "`f` = " + "(" * 9_000])
def test_hostile_hypotheses_are_refused_in_few_words(hostile: str) -> None:
    survey = cd.Survey({"sex": ["f", "m", "f", "m"], "y": [1.0, 2.0, 3.0, 5.0]})
    with pytest.raises(EstimationError) as refused:
        survey.estimate(cd.mean("y"), by="sex").test(hostile)
    assert len(str(refused.value)) < 10_500
