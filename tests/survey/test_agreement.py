"""Agreement of two rules or two variables: by hand, by derivatives, and against R survey 4.1.1.

The R numbers are in the shared reference file of poverty and in tests/reference/agreement_r.json (agreement.R).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm

import childdata as cd
from childdata.errors import EstimationError, ExpressionError
from childdata.survey.smooth import FUNCTIONS
from childdata.survey.spread import Scores

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "agreement_r.json").read_text(encoding="utf-8"))
REGIONS = ["north", "south", "west"]
CLOSE = 1e-12

A, B = "a == 1", "b == 1"
# of weight 10 both have 2, a alone 2, b alone 1, neither 5: p1 = 0.4, p2 = 0.3, p11 = 0.2
TABLE = {"a": [1, 1, 0, 0], "b": [1, 0, 1, 0], "w": [2.0, 2.0, 1.0, 5.0]}


@pytest.fixture(scope="module")
def invented() -> cd.Survey:
    data = pd.read_csv(REFERENCE / "agreement.csv")
    return cd.Survey(data, weight="w", strata="stratum", psu="psu")


def row(survey: cd.Survey, statistic: cd.Statistic, **options: Any) -> Any:
    return survey.estimate(statistic, **options).to_frame().iloc[0]


def values(survey: cd.Survey, *statistics: cd.Statistic, **options: Any) -> list[float]:
    found: list[float] = survey.estimate(list(statistics), **options).to_frame()["estimate"].tolist()
    return found


def agrees(found: Any, wanted: Any, close: float = CLOSE) -> None:
    for name in ("estimate", "se"):
        np.testing.assert_allclose(np.atleast_1d(found[name]), np.atleast_1d(wanted[name]), rtol=close, err_msg=name)


def test_measures_of_two_rules_by_hand() -> None:
    survey = cd.Survey(TABLE, weight="w")
    # kappa: p_o = 0.7, p_e = 0.4·0.3 + 0.6·0.7 = 0.54
    assert values(survey, cd.agreement(A, B), cd.kappa(A, B)) == pytest.approx([0.7, (0.7 - 0.54) / 0.46])
    assert values(survey, cd.jaccard(A, B)) == pytest.approx([0.2 / (0.4 + 0.3 - 0.2)])
    # phi: (0.2 − 0.12) / √(0.4·0.6·0.3·0.7)
    assert values(survey, cd.phi(A, B)) == pytest.approx([0.08 / (0.24 * 0.21) ** 0.5])
    assert values(survey, cd.redundancy(A, B)) == pytest.approx([0.2 / 0.3])
    found = survey.estimate(cd.overlap(A, B)).to_frame()
    assert found["item"].tolist() == ["11", "10", "01", "00"]
    assert found["estimate"].tolist() == pytest.approx([0.2, 0.2, 0.1, 0.5])


def test_standard_error_of_jaccard_by_hand() -> None:
    # the ratio 2/5 among the five of weight 1 whom either names: scores (1 − 0.4)/5 twice, −0.4/5 three times
    survey = cd.Survey({"a": [1, 1, 1, 1, 0, 0], "b": [1, 1, 0, 0, 1, 0]})
    sum_of_squares = (2 * 0.36 + 3 * 0.16) / 25
    assert row(survey, cd.jaccard(A, B))["se"] == pytest.approx((6 / 5 * sum_of_squares) ** 0.5)


def test_cramers_v_of_three_by_two_by_hand() -> None:
    # shares by a: 0.2, 0.1 | 0.1, 0.2 | 0.3, 0.1; columns 0.6, 0.4; rows 0.3, 0.3, 0.4
    data = {"a": [1, 1, 2, 2, 3, 3], "b": [1, 2, 1, 2, 1, 2], "w": [2.0, 1.0, 1.0, 2.0, 3.0, 1.0]}
    expected = np.outer([0.3, 0.3, 0.4], [0.6, 0.4])
    square = ((np.array([[0.2, 0.1], [0.1, 0.2], [0.3, 0.1]]) - expected) ** 2 / expected).sum()
    # 0.0004/0.18 + 0.0004/0.12 + 0.0064/0.18 + 0.0064/0.12 + 0.0036/0.24 + 0.0036/0.16 = 0.13194
    assert square == pytest.approx(0.1319444, abs=1e-7)
    assert values(cd.Survey(data, weight="w"), cd.cramers_v("a", "b")) == pytest.approx([square**0.5])
    texts = data | {"a": ["x", "x", "y", "y", "z", "z"]}
    assert values(cd.Survey(texts, weight="w"), cd.cramers_v("b", "a")) == pytest.approx([square**0.5])


def test_cramers_v_of_two_by_two_is_phi_without_its_sign(invented: cd.Survey) -> None:
    for one in ("p == 1", "p == 0"):
        v, phi = (row(invented, what(one, "q == 1")) for what in (cd.cramers_v, cd.phi))
        assert v["estimate"] == pytest.approx(abs(phi["estimate"]), rel=1e-13)
        assert v["se"] == pytest.approx(phi["se"], rel=1e-12)
    assert values(invented, cd.cramers_v("p", "q")) == pytest.approx(values(invented, cd.phi("p == 1", "q == 1")))


def test_cramers_v_near_independence_keeps_its_digits() -> None:
    # cells 1/4 ± e: φ = 4e
    small = 2.0**-30
    survey = cd.Survey({"a": [1, 1, 0, 0], "b": [1, 0, 1, 0], "w": 1 + small * np.array([1, -1, -1, 1])}, weight="w")
    assert row(survey, cd.cramers_v("a", "b"))["estimate"] == pytest.approx(small, rel=1e-12)
    assert values(cd.Survey({"a": [1, 1, 0, 0], "b": [1, 0, 1, 0]}), cd.cramers_v("a", "b")) == [0]


def test_phi_is_the_correlation_of_two_rules(invented: cd.Survey) -> None:
    phi = row(invented, cd.phi("p == 1", "q == 1"))
    agrees(row(invented, cd.correlation("p", "q")), phi)


def test_kappa_of_two_columns_of_0_and_1_is_that_of_the_rules(invented: cd.Survey) -> None:
    agrees(row(invented, cd.kappa("p", "q")), row(invented, cd.kappa("p == 1", "q == 1")))
    agrees(row(invented, cd.agreement("p", "q")), row(invented, cd.agreement("p == 1", "q == 1")))


def test_measures_do_not_depend_on_which_comes_first(invented: cd.Survey) -> None:
    for what in (cd.kappa, cd.jaccard, cd.phi, cd.tetrachoric, cd.redundancy, cd.agreement, cd.cramers_v):
        one, other = row(invented, what("p == 1", "q == 1")), row(invented, what("q == 1", "p == 1"))
        agrees(one, other, 1e-11)


def test_kappa_of_a_variable_with_itself_is_one(invented: cd.Survey) -> None:
    assert values(invented, cd.kappa("a", "a"), cd.agreement("a", "a")) == pytest.approx([1, 1], rel=1e-14)
    assert values(invented, cd.jaccard("p == 1", "p == 1"), cd.phi("p == 1", "p == 1")) == pytest.approx([1, 1])


def test_kappa_of_texts_and_of_different_codes() -> None:
    # equal in records 1 and 4 of 4; shares of a: x 1/2, y 1/2; of b: x 1/4, y 1/2, z 1/4: p_e = 1/8 + 1/4
    data = {"a": ["x", "x", "y", "y"], "b": ["x", "z", "y", "y"]}
    wanted = (3 / 4 - 3 / 8) / (1 - 3 / 8)
    assert values(cd.Survey(data), cd.kappa("a", "b"), cd.kappa("b", "a")) == pytest.approx([wanted, wanted])
    numbers = {"a": [1, 1, 2, 2], "b": [1, 3, 2, 2]}
    assert values(cd.Survey(numbers), cd.kappa("a", "b"), cd.kappa("b", "a")) == pytest.approx([wanted, wanted])


def test_text_is_not_compared_with_numbers() -> None:
    with pytest.raises(ExpressionError, match="they cannot be compared"):
        cd.Survey({"a": ["x", "y"], "b": [1, 2]}).estimate(cd.kappa("a", "b"))


def test_domain_without_a_category_is_its_own_table() -> None:
    data = pd.DataFrame(
        {"a": [1, 1, 2, 2, 3, 1, 1, 2, 2, 1], "b": [1, 2, 2, 1, 3, 1, 2, 2, 2, 1], "g": [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]}
    )
    alone = cd.Survey(data[data["g"] == 2])
    for what in (cd.kappa, cd.cramers_v, cd.agreement):
        whole = cd.Survey(data).estimate(what("a", "b"), where="g == 2").to_frame()["estimate"].tolist()
        assert whole == pytest.approx(values(alone, what("a", "b")))


def test_measure_of_a_table_with_one_row_does_not_exist() -> None:
    survey = cd.Survey({"a": [0, 0, 0], "b": [1, 0, 0]})
    for statistic in (cd.phi(A, B), cd.cramers_v("a", "b"), cd.redundancy(A, B), cd.tetrachoric(A, B)):
        assert np.isnan(values(survey, statistic)).all()
    assert values(survey, cd.jaccard(A, B), cd.kappa(A, B)) == [0, 0]


def test_empty_cells() -> None:
    # nobody has both
    apart = cd.Survey({"a": [1, 0, 0, 0], "b": [0, 1, 1, 0]})
    assert values(apart, cd.jaccard(A, B), cd.redundancy(A, B)) == [0, 0]
    assert values(apart, cd.phi(A, B)) == pytest.approx([-(1 / 4 * 1 / 2) / (3 / 16 * 1 / 4) ** 0.5])
    assert np.isnan(values(apart, cd.tetrachoric(A, B))).all()
    assert apart.estimate(cd.overlap(A, B)).to_frame()["estimate"].tolist() == [0, 0.25, 0.5, 0.25]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("empty", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_tetrachoric_of_an_empty_cell_is_unknown_whatever_the_rounding(seed: int, empty: tuple[int, int]) -> None:
    cells = [cell for cell in [(0, 0), (0, 1), (1, 0), (1, 1)] if cell != empty]
    a, b = np.array(cells * 13).T
    weight = np.random.default_rng(seed).uniform(0.1, 3, a.size)
    assert np.isnan(values(cd.Survey({"a": a, "b": b, "w": weight}, weight="w"), cd.tetrachoric(A, B))).all()


def test_unknown_answers_are_left_out_of_all_cells() -> None:
    # `and` of false and unknown is false, but what b says of the third record is unknown
    survey = cd.Survey({"a": [1, 1, 0, 0], "b": [1, 0, np.nan, 0]})
    found = survey.estimate(cd.overlap(A, B)).to_frame()
    assert found["estimate"].tolist() == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3])
    assert found["n"].tolist() == [3] * 4
    assert found["missing"].tolist() == [1] * 4
    for what in (cd.kappa, cd.jaccard, cd.phi, cd.agreement, cd.redundancy):
        assert row(survey, what(A, B))["n"] == 3


def test_cells_of_an_overlap_add_up_to_one_with_their_covariance(invented: cd.Survey) -> None:
    found = invented.estimate(cd.overlap("p == 1", "q == 1", "a == 1"))
    assert found.to_frame()["item"].tolist() == ["111", "110", "101", "100", "011", "010", "001", "000"]
    assert found.to_frame()["estimate"].sum() == pytest.approx(1, rel=1e-14)
    np.testing.assert_allclose(found.covariance().to_numpy().sum(axis=0), 0, atol=1e-16)


def test_share_of_those_poor_by_one_who_are_poor_by_the_other(invented: cd.Survey) -> None:
    within = row(invented, cd.mean("q == 1"), where="p == 1")
    agrees(row(invented, cd.ratio("p == 1 and q == 1", "p == 1")), within, 1e-11)
    # p is the rarer: the redundancy is the same share
    agrees(row(invented, cd.redundancy("p == 1", "q == 1")), within, 1e-11)


@pytest.mark.parametrize("rho", [-0.6, -0.3, 0.0, 0.3, 0.8])
@pytest.mark.parametrize(("p1", "p2"), [(0.5, 0.5), (0.2, 0.7), (0.5, 0.3), (0.06, 0.4)])
def test_tetrachoric_finds_the_correlation_of_the_normal_distribution(rho: float, p1: float, p2: float) -> None:
    normal = multivariate_normal([0, 0], [[1, rho], [rho, 1]], abseps=1e-12, releps=1e-12)
    p11 = float(normal.cdf(norm.ppf([p1, p2])))
    found, _ = FUNCTIONS["tetrachoric"](np.array([p1]), np.array([p2]), np.array([p11]))
    assert found[0] == pytest.approx(rho, abs=1e-9)


@pytest.mark.parametrize(("p1", "p2", "p11"), [(0.4, 0.3, 0.2), (0.5, 0.5, 0.3), (0.5, 0.2, 0.05), (0.9, 0.6, 0.58)])
def test_tetrachoric_derivatives_are_those_of_the_normal_distribution(p1: float, p2: float, p11: float) -> None:
    solve = FUNCTIONS["tetrachoric"]
    at = [np.array([p1]), np.array([p2]), np.array([p11])]
    rho, slopes = solve(*at)
    # ∂ρ/∂p11 = 1/φ₂, by scipy; the others by differences
    density = multivariate_normal([0, 0], [[1, rho[0]], [rho[0], 1]]).pdf(norm.ppf([p1, p2]))
    assert slopes[2][0] == pytest.approx(1 / density, rel=1e-10)
    for k in range(3):
        up, down = ([one + (j == k) * sign * 1e-5 for j, one in enumerate(at)] for sign in (1, -1))
        numeric = (solve(*up)[0] - solve(*down)[0]) / 2e-5
        assert slopes[k][0] == pytest.approx(numeric[0], rel=1e-6)


def test_tetrachoric_of_halves_is_the_sine() -> None:
    # Sheppard: Φ₂(0, 0; ρ) = 1/4 + arcsin ρ / 2π, so that p11 = 1/3 gives ρ = sin(π/6) = 1/2
    survey = cd.Survey({"a": [1, 1, 0, 0], "b": [1, 0, 1, 0], "w": [2.0, 1.0, 1.0, 2.0]}, weight="w")
    assert values(survey, cd.tetrachoric(A, B)) == pytest.approx([0.5], rel=1e-13)


STATISTICS = {
    "kappa": cd.kappa(A, B),
    "kappa of categories": cd.kappa("c", "d"),
    "jaccard": cd.jaccard(A, B),
    "phi": cd.phi(A, B),
    "V of rules": cd.cramers_v(A, B),
    "V of categories": cd.cramers_v("c", "d"),
    "tetrachoric": cd.tetrachoric(A, B),
    "redundancy": cd.redundancy(A, B),
    "agreement": cd.agreement("c", "d"),
    "overlap": cd.overlap(A, B, "c == 1"),
}


def test_influence_is_the_derivative_by_the_weight_of_each_record() -> None:
    chance = np.random.default_rng(12)
    n = 40
    hidden = chance.normal(size=n)
    noisy = hidden[:, None] + chance.normal(0, 0.8, (n, 4))
    data = pd.DataFrame({"a": noisy[:, 0] > 0.3, "b": noisy[:, 1] > -0.1}).astype(int)
    data["c"], data["d"] = np.digitize(noisy[:, 2], [-0.7, 0.6]), np.digitize(noisy[:, 3], [-0.6, 0.5, 1.0])
    weight = np.round(chance.uniform(0.5, 4, n), 2)
    found = cd.Survey(data.assign(w=weight), weight="w").estimate(STATISTICS)
    (block,) = found.spread.blocks
    assert isinstance(block, Scores)
    influence = block.whole() / weight[:, None]

    step = 1e-4
    changed = np.vstack([weight * (1 + sign * step * np.eye(n)) for sign in (1, -1)])
    copies = pd.concat([data] * (2 * n), ignore_index=True).assign(
        w=changed.ravel(), copy=np.repeat(np.arange(2 * n), n)
    )
    ends = cd.Survey(copies, weight="w", psu="copy").estimate(STATISTICS, by="copy").to_frame()["estimate"]
    up, down = ends.to_numpy().reshape(influence.shape[1], 2, n).transpose(1, 2, 0)
    numeric = (up - down) / (2 * step * weight[:, None])
    np.testing.assert_allclose(influence, numeric, rtol=1e-6, atol=1e-6 * np.abs(influence).max())
    np.testing.assert_allclose(weight @ influence, 0, atol=1e-13)


def test_what_is_no_rule_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(
        EstimationError, match=r"'poor' is no rule that is true or false; write one, such as 'poor == 1'"
    ):
        cd.jaccard("poor", "mpi == 1")
    with pytest.raises(EstimationError, match="no rule that is true or false"):
        cd.kappa("poor == 1", "mpi")
    for rules in ([A], [A] * 9):
        with pytest.raises(EstimationError, match=f"an overlap is of two to eight rules; found {len(rules)}"):
            cd.overlap(*rules)


def test_moda_toy(shared: Callable[[str], Path]) -> None:
    (case,) = [one for one in poverty(shared) if one["id"] == "MODA_toy_10x5"]
    data = pd.DataFrame(case["input"]["g"], columns=[name.lower() for name in case["input"]["dims"]])
    survey, wanted = cd.Survey(data), case["output"]
    assert values(survey, cd.phi("nutrition == 1", "health == 1")) == pytest.approx([wanted["phi_Nutrition_Health"]])
    assert values(survey, cd.redundancy("nutrition == 1", "health == 1")) == pytest.approx([0.8])
    cells = survey.estimate(cd.overlap("nutrition == 1", "health == 1", "water == 1")).to_frame()
    assert dict(zip(cells["item"], cells["estimate"], strict=True)) == pytest.approx(
        wanted["venn_Nutrition_Health_Water"], abs=1e-15
    )


def poverty(shared: Callable[[str], Path]) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads(shared("reference/poverty.json").read_text(encoding="utf-8"))["cases"]
    return cases


EDUCATION = "if_else(age < 7, attend == 1, attend == 1 or grade == 1)"
HOUSING = "(crowd == 1 or heat == 1)"
OF_AGE = f"if_else(age < 5, (stunt == 1) + (vacc == 1), ({EDUCATION}) + (info == 1))"
MODA = f"{OF_AGE} + (water == 1) + (sanit == 1) + {HOUSING}"
SIXTHS = "(water == 1) + (sanit == 1) + (crowd == 1) + (heat == 1) + 2 * (info == 1)"
RULES = {"moda2": f"({MODA}) >= 2", "afpoor": f"({SIXTHS}) >= 2", "mon": "cons < 300"}
COMPLETE = f"answered({MODA}) and answered({SIXTHS})"


@pytest.fixture(scope="module")
def children(shared: Callable[[str], Path]) -> cd.Survey:
    data = pd.read_csv(shared("reference/data/synth_children.csv"), na_values=["."])
    return cd.Survey(data[data["survey"] == "A"], weight="weight", strata="stratum", psu="psu")


@pytest.fixture(scope="module")
def first_survey(shared: Callable[[str], Path]) -> dict[str, Any]:
    (case,) = [one for one in poverty(shared) if one["id"] == "synth_children"]
    found: dict[str, Any] = case["output"]["A"]
    return found


@pytest.mark.parametrize("which", range(3))
def test_pairs_of_methods_against_r(children: cd.Survey, first_survey: dict[str, Any], which: int) -> None:
    wanted = first_survey["methods_pairs"][which]
    x, y = (RULES[name] for name in wanted["pair"])
    asked = {
        "both": cd.mean(f"{x} and {y}"),
        "kappa": cd.kappa(x, y),
        "jaccard": cd.jaccard(x, y),
        "phi": cd.phi(x, y),
        "agree": cd.agreement(x, y),
        "diff": cd.mean(x) - cd.mean(y),
        "R0": cd.redundancy(x, y),
    }
    found = children.estimate(asked, where=COMPLETE).to_frame().set_index("statistic")
    for name in ("both", "kappa", "jaccard", "phi", "agree", "diff"):
        assert found.loc[name, "estimate"] == pytest.approx(wanted[name]["est"], rel=1e-9), name
        assert found.loc[name, "se"] == pytest.approx(wanted[name]["se"], rel=1e-9), name
    assert found.loc["R0", "estimate"] == pytest.approx(wanted["R0"], rel=1e-9)


def test_venn_of_three_methods_against_r(children: cd.Survey, first_survey: dict[str, Any]) -> None:
    wanted = first_survey["methods_venn"]
    found = children.estimate(cd.overlap(*RULES.values()), where=COMPLETE).to_frame().set_index("item")
    assert (found["n"] == wanted["n"]).all()
    cells = found.loc[wanted["cells"]]
    np.testing.assert_allclose(cells["estimate"], wanted["est"], rtol=1e-9)
    np.testing.assert_allclose(cells["se"], wanted["se"], rtol=1e-9)


@pytest.mark.parametrize("region", ["all", *REGIONS])
@pytest.mark.parametrize(
    ("key", "statistic"),
    [
        ("categories_kappa", cd.kappa("a", "b")),
        ("categories_v", cd.cramers_v("a", "b")),
        ("categories_agreement", cd.agreement("a", "b")),
        ("kappa", cd.kappa("p == 1", "q == 1")),
        ("jaccard", cd.jaccard("p == 1", "q == 1")),
        ("phi", cd.phi("p == 1", "q == 1")),
        ("redundancy", cd.redundancy("p == 1", "q == 1")),
        ("overlap", cd.overlap("p == 1", "q == 1")),
    ],
)
def test_domains_and_the_whole_against_r(invented: cd.Survey, region: str, key: str, statistic: cd.Statistic) -> None:
    found = invented.estimate(statistic, where=None if region == "all" else f"region == '{region}'").to_frame()
    agrees(found, ANSWERS["agreement"][region][key], 1e-11)


def test_svykappa(invented: cd.Survey) -> None:
    agrees(row(invented, cd.kappa("a", "b")), ANSWERS["svykappa"])
    agrees(row(invented, cd.kappa("p", "q")), ANSWERS["svykappa_rules"])


def test_calibrated_weights_against_r(invented: cd.Survey) -> None:
    survey = cd.poststratify(invented, "region", {"north": 200, "south": 260, "west": 170})
    wanted, phi = ANSWERS["calibrated"], cd.phi("p == 1", "q == 1")
    agrees(row(survey, cd.variance("y")), wanted["variance"])
    agrees(row(survey, cd.kappa("a", "b")), wanted["kappa"])
    agrees(row(survey, phi), wanted["phi"])
    agrees(row(survey, cd.variance("y"), where="stratum <= 2"), wanted["domain"]["variance"])
    agrees(row(survey, phi, where="stratum <= 2"), wanted["domain"]["phi"])


def test_jackknife_against_r(invented: cd.Survey) -> None:
    survey = invented.with_replicates(cd.JKn(centre="estimate"))
    asked = {
        "sd": cd.sd("y", ddof="population"),
        "correlation": cd.correlation("x", "y"),
        "kappa": cd.kappa("a", "b"),
        "v": cd.cramers_v("a", "b"),
        "jaccard": cd.jaccard("p == 1", "q == 1"),
    }
    for name, statistic in asked.items():
        agrees(row(survey, statistic), ANSWERS["jackknife"][name])


def test_redundancy_tells_that_its_error_is_unreliable_where_the_two_shares_are_equal() -> None:
    survey = cd.Survey({"a": [1, 1, 0, 0, 0], "b": [1, 0, 0, 0, 1]})
    notes = survey.estimate({"R0": cd.redundancy("a == 1", "b == 1")}).notes
    assert any("'R0' divides by the smaller of two shares" in note for note in notes)
