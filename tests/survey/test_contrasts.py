"""Contrasts: formulas in the names of rows, read, differentiated, and estimated."""

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
from childdata.survey.contrasts import read_formula

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "inference_r.json").read_text(encoding="utf-8"))
NAMES = ("North", "South", "a = b")
VALUE = np.array([4.0, 2.0, 3.0])
CLOSE = 1e-10
FORMULAS = (
    "`north` / `west`",
    "log(`north`) - log(`west`)",
    "sqrt(`north`) * exp(-`west` / 10)",
    "(`north` + `east`) / (2 * `west`) - 1",
    "`north` ** 2 - `west` ** 0.5",
)
LINEAR: tuple[dict[str, float], ...] = ({"north": 1, "west": -1}, {"east": 0.25, "north": 0.25, "west": 0.5})


@pytest.mark.parametrize(
    ("text", "value", "slopes"),
    [
        ("`North` - `South`", 2, [1, -1]),
        ("2 * `North` / 4 + +1", 3, [0.5]),
        ("`North` / `South` - 1", 1, [1 / 2, -4 / 4]),
        ("`North` ** 2", 16, [8]),
        ("`North` ** `South`", 16, [2 * 4, 16 * np.log(4)]),
        ("2 ** `South`", 4, [4 * np.log(2)]),
        ("log(`North`)", np.log(4), [1 / 4]),
        ("exp(-`South`)", np.exp(-2), [-np.exp(-2)]),
        ("sqrt(`North`)", 2, [1 / 4]),
        ("`North` * `North`", 16, [8]),
        ("`a = b`\n   + 1", 4, [1]),
    ],
)
def test_formulas_by_hand(text: str, value: float, slopes: list[float]) -> None:
    found, by = read_formula(text, NAMES).dual(VALUE[None, :])
    assert found[0] == pytest.approx(value)
    assert by[:, 0] == pytest.approx(slopes)


def test_a_negative_row_has_a_square_with_a_slope() -> None:
    found, by = read_formula("`x` ** 2", ["x"]).dual(np.array([[-3.0]]))
    assert (found[0], by[0, 0]) == (9, -6)


@given(st.lists(st.floats(0.5, 5), min_size=3, max_size=3), st.sampled_from(FORMULAS))
def test_slopes_are_the_numeric_derivative(values: list[float], text: str) -> None:
    formula, at = read_formula(text, ["east", "north", "west"]), np.array([values])
    _, by = formula.dual(at)
    for slope, row in zip(by[:, 0], formula.rows, strict=True):
        up, down = at.copy(), at.copy()
        up[0, row], down[0, row] = at[0, row] + 1e-6, at[0, row] - 1e-6
        assert slope == pytest.approx((formula.value(up)[0] - formula.value(down)[0]) / 2e-6, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("`Nord` - `South`", r"no row is named 'Nord'; nearest: 'North'; see .names"),
        ("North - `South`", r"may hold names in backquotes, numbers and \+ - \* / \*\* \( \) log exp sqrt"),
        ("`North", "a backquote is not closed"),
        ("sin(`North`)", "may hold names in backquotes"),
        ("log(`North`, 2)", "may hold names in backquotes"),
        ("`North`.real", "may hold names in backquotes"),
        ("__import__('os')", "may hold names in backquotes"),
        ("`North` +", "cannot be read"),
        ("`North` + True", "may hold names in backquotes"),
        ("`North` + 1e999", "may hold names in backquotes"),
        ("`North`" + " + 1" * 2400, "has too many steps"),
        ("`North`" + " " * 10_000, "at most 10,000 characters"),
    ],
)
def test_what_is_no_formula_is_refused(text: str, words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        read_formula(text, NAMES).value(VALUE[None, :])


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "random_two_stages.csv")


def linearised(records: pd.DataFrame) -> cd.Survey:
    return cd.Survey(records, weight="weight", strata="stratum", psu=["unit1", "unit2"], fpc=["size1", "size2"])


def replicated(records: pd.DataFrame) -> cd.Survey:
    return cd.Survey(records, weight="weight", strata="stratum", psu="unit1").with_replicates(cd.JKn())


@pytest.mark.parametrize(("kind", "make"), [("taylor", linearised), ("replicate", replicated)])
def test_contrasts_are_those_of_r(kind: str, make: Any, records: pd.DataFrame) -> None:
    answers = ANSWERS[kind]
    means = make(records).estimate(cd.mean("y"), by="region")
    np.testing.assert_allclose(means.covariance(), answers["means"]["cov"], rtol=CLOSE)
    for asked, answer in [
        *zip(LINEAR, answers["linear"], strict=True),
        *zip(FORMULAS, answers["nonlinear"], strict=True),
    ]:
        row = means.contrast(asked).to_frame().iloc[0]
        assert row["estimate"] == pytest.approx(answer["est"], rel=CLOSE)
        assert row["se"] == pytest.approx(answer["se"], rel=CLOSE)


def test_several_contrasts_have_the_joint_covariance_of_r(records: pd.DataFrame) -> None:
    means = linearised(records).estimate(cd.mean("y"), by="region")
    both = means.contrast({"gap": "`north` - `west`", "ratio": "`north` / `west`"})
    np.testing.assert_allclose(both.covariance(), ANSWERS["taylor"]["joint"]["cov"], rtol=1e-9)
    assert both.names == ("gap", "ratio")
    assert both.by == ()


def test_reference_case_of_the_cluster_sample(shared: Any) -> None:
    cases = json.loads(shared("reference/survey.json").read_text(encoding="utf-8"))["cases"]
    wanted = next(case["value"] for case in cases if case["id"] == "05_clus1_contrast")
    data = pd.read_csv(shared("reference/data/apiclus1.csv"))
    means = cd.Survey(data, weight="pw", psu="dnum", fpc="fpc").estimate(cd.mean("api00"), by="stype")
    found = means.contrast({"gap": {"E": 1, "H": -1, "M": 0}, "ratio": "`E` / `H`"}).to_frame()
    assert found["estimate"].tolist() == pytest.approx([wanted["est"], wanted["ratio_est"]], rel=1e-11)
    assert found["se"].tolist() == pytest.approx([wanted["se"], wanted["ratio_se"]], rel=1e-11)


def test_two_means_by_hand() -> None:
    # f: 1 and 3, m: 2 and 5; each record a PSU, so that V(f) = V(m) / (3/2)²: scores ±0.5 and ±0.75, n/(n-1) = 4/3
    people = cd.Survey({"sex": ["f", "m", "f", "m"], "y": [1.0, 2.0, 3.0, 5.0]})
    means = people.estimate(cd.mean("y"), by="sex")
    gap = means.contrast("`m` - `f`").to_frame().iloc[0]
    assert gap["estimate"] == 1.5
    assert gap["se"] == pytest.approx(np.sqrt(4 / 3 * (2 * 0.5**2 + 2 * 0.75**2)))
    # d(m/f) = dm/f - m df/f²
    ratio = means.contrast("`m` / `f`").to_frame().iloc[0]
    assert ratio["se"] == pytest.approx(np.sqrt(4 / 3 * 2 * ((0.75 / 2) ** 2 + (3.5 * 0.5 / 4) ** 2)))


def test_a_contrast_agrees_with_arithmetic_and_difference(sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    found = survey.estimate(cd.mean("income"), by="sex")
    gap = found.difference(along="sex", of=("girl", "boy")).to_frame().iloc[0]
    same = found.contrast("`girl` - `boy`").to_frame().iloc[0]
    for column in ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_weighted", "psus"):
        assert same[column] == pytest.approx(gap[column], rel=1e-12)
    assert found.contrast("`girl` - `boy`").frame[["scale", "difference_of"]].values.tolist() == [
        ["difference", "amount"]
    ]


@given(st.floats(0.1, 1000), st.integers(0, 2**16))
def test_a_contrast_of_means_does_not_depend_on_the_scale_of_the_weights(factor: float, seed: int) -> None:
    chance = np.random.default_rng(seed)
    data = pd.DataFrame({"g": ["a", "b", "c"] * 8, "p": np.repeat(np.arange(8), 3), "y": chance.uniform(1, 9, 24)})
    data["w"] = chance.uniform(1, 3, 24)
    one, other = (
        cd.Survey(data.assign(w=data["w"] * times), weight="w", psu="p").estimate(cd.mean("y"), by="g")
        for times in (1.0, factor)
    )
    for text in ("`a` / `b` - `c`", "log(`a` * `b`) / `c` ** 2"):
        np.testing.assert_allclose(
            one.contrast(text).to_frame()[["estimate", "se"]].to_numpy(),
            other.contrast(text).to_frame()[["estimate", "se"]].to_numpy(),
            rtol=1e-9,
        )


@pytest.mark.parametrize(
    ("what", "scale", "difference_of"),
    [
        ("`girl` - `boy`", "difference", "share"),
        ("`girl` / `boy`", "index", ""),
        ({"girl": 0.5, "boy": 0.5}, "share", ""),
        ("`girl` + `boy`", "index", ""),
        ("`girl` - 0.5", "index", ""),
        ("`girl` ** 2 - `boy` ** 2", "index", ""),
    ],
)
def test_scale_of_a_formula_of_shares(what: Any, scale: str, difference_of: str, sample: pd.DataFrame) -> None:
    found = cd.Survey(sample, weight="w", strata="stratum", psu="psu").estimate(cd.mean("poor == 1"), by="sex")
    assert found.contrast(what).frame[["scale", "difference_of"]].values.tolist() == [[scale, difference_of]]


def test_a_mean_of_shares_stays_inside_0_and_1() -> None:
    data = {"g": ["a", "b"] * 6, "y": [1, 0] + [0] * 10}
    row = (
        cd.Survey(data).estimate(cd.mean("y == 1"), by="g").contrast({"both": {"a": 0.5, "b": 0.5}}).to_frame().iloc[0]
    )
    assert 0 < row["ci_low"] < row["estimate"] < row["ci_high"] < 1


def test_a_formula_without_a_value_is_unknown() -> None:
    means = cd.Survey({"g": ["a", "a", "b", "b"], "y": [1.0, 2.0, 0.0, 0.0]}).estimate(cd.mean("y"), by="g")
    row = means.contrast({"ratio": "`a` / `b`", "log": "log(-`a`)", "sum": "`a` + `b`"}).to_frame()
    assert row["estimate"].isna().tolist() == [True, True, False]
    assert row["se"].isna().tolist() == [True, True, False]


def test_contrasts_of_selected_rows_and_of_contrasts() -> None:
    means = cd.Survey({"g": ["a", "a", "b", "b", "c", "c"], "y": [1.0, 2.0, 3.0, 5.0, 6.0, 9.0]}).estimate(
        cd.mean("y"), by="g"
    )
    whole = means.contrast("`c` - `b`").to_frame()
    part = means.select(g=["b", "c"]).contrast("`c` - `b`").to_frame()
    assert part["se"].item() == pytest.approx(whole["se"].item())
    twice = means.contrast({"x": "`c` - `b`", "y": "`b` - `a`"}).contrast("`x` + `y`").to_frame()
    assert twice["se"].item() == pytest.approx(means.contrast("`c` - `a`").to_frame()["se"].item())


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("1 + 1", "names no row"),
        ({}, "a contrast is a formula"),
        ([], "a contrast is a formula"),
        (["`a`", "`a`"], "is given twice"),
        ({"x": {}}, "has a number for each row's name; none was given"),
        ({"x": {"a": True}}, "found True for 'a'"),
        ({"x": {"a": float("nan")}}, "found nan for 'a'"),
        ({"x": "`a`", "y": 2}, "a contrast is a formula"),
        ({"aa": 1}, "no row is named 'aa'; nearest: 'a'"),
    ],
)
def test_what_is_no_contrast_is_refused(what: Any, words: str) -> None:
    means = cd.Survey({"g": ["a", "a", "b", "b"], "y": [1.0, 2.0, 3.0, 4.0]}).estimate(cd.mean("y"), by="g")
    with pytest.raises(EstimationError, match=words):
        means.contrast(what)
