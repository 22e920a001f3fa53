"""Estimates of small areas made from the estimates of a survey: what goes in, what comes out, what is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError, ExpressionError, VariableError
from childdata.survey.area_fit import fit_areas
from childdata.survey.area_model import RESULTS, AreaModel
from childdata.survey.small_area import fay_herriot, smoothed
from childdata.words import told

NAMES = [f"d{k:02}" for k in range(20)]


def people(seed: int = 7) -> pd.DataFrame:
    """Twenty areas of two to seven PSUs of eight records; `y` follows `x`, and the last two areas have no sample."""
    chance = np.random.default_rng(seed)
    rows = []
    for place, area in enumerate(NAMES[:18]):
        effect = 3.0 + 2.0 * x_of(place) + chance.normal(scale=0.6)
        for psu in range(2 + place % 6):
            shift = chance.normal(scale=0.7)
            rows += [(area, f"{area}.{psu}", 1.0 + place % 3, effect + shift + e) for e in chance.normal(size=8)]
    return pd.DataFrame(rows, columns=["area", "psu", "w", "y"])


def x_of(place: int) -> float:
    return (place * 7 % 20) / 10


AREAS = pd.DataFrame(
    {
        "x": [x_of(k) for k in range(20)],
        "region": ["north" if k % 2 else "south" for k in range(20)],
        "people": [1000 + 50 * k for k in range(20)],
    },
    index=NAMES,
)


@pytest.fixture(scope="module")
def survey() -> cd.Survey:
    return cd.Survey(people(), weight="w", psu="psu")


@pytest.fixture(scope="module")
def direct(survey: cd.Survey) -> cd.Estimates:
    return survey.estimate(cd.mean("y"), by="area")


@pytest.fixture(scope="module")
def model(direct: cd.Estimates) -> AreaModel:
    return fay_herriot(direct, AREAS, "~ x")


def test_estimates_are_those_of_the_model_on_the_direct_ones(direct: cd.Estimates, model: AreaModel) -> None:
    frame = direct.to_frame()
    x = np.column_stack([np.ones(18), AREAS["x"].to_numpy()[:18]])
    fit = fit_areas(frame["estimate"].to_numpy(), frame["se"].to_numpy() ** 2, x, "reml")
    found = model.to_frame()
    assert list(found.columns) == ["area", *RESULTS]
    assert found["area"].tolist() == NAMES
    assert found["estimate"][:18].tolist() == pytest.approx(fit.eblup.tolist(), rel=1e-12)
    assert found["mse"][:18].tolist() == pytest.approx(fit.mse.tolist(), rel=1e-12)
    assert found["direct"][:18].tolist() == frame["estimate"].tolist()
    assert found["n"].tolist() == [*frame["n"], 0, 0]
    by_hand = found["gamma"] * found["direct"] + (1 - found["gamma"]) * found["synthetic"]
    assert found["estimate"][:18].tolist() == pytest.approx(by_hand[:18].tolist(), rel=1e-12)
    assert (found["se"] ** 2).tolist() == pytest.approx(found["mse"].tolist(), rel=1e-12)


def test_limits_are_at_the_level_of_the_direct_estimates(survey: cd.Survey, model: AreaModel) -> None:
    found = model.to_frame()
    assert ((found["ci_high"] - found["estimate"]) / found["se"]).tolist() == pytest.approx([1.959963984540054] * 20)
    wider = fay_herriot(survey.estimate(cd.mean("y"), by="area", level=0.99), AREAS, "~ x").to_frame()
    assert ((wider["ci_high"] - wider["estimate"]) / wider["se"]).tolist() == pytest.approx([2.5758293035489] * 20)
    two = fay_herriot(survey.estimate(cd.mean("y"), by="area", convention="mics"), AREAS, "~ x").to_frame()
    assert ((two["ci_high"] - two["estimate"]) / two["se"]).tolist() == pytest.approx([2.0] * 20)


def test_areas_without_a_sample_have_the_regression(model: AreaModel) -> None:
    last = model.to_frame().iloc[18:]
    beta = model.coefficients["estimate"].to_numpy()
    assert last["estimate"].tolist() == pytest.approx((beta[0] + beta[1] * AREAS["x"][18:]).tolist(), rel=1e-12)
    x = np.column_stack([np.ones(2), AREAS["x"].to_numpy()[18:]])
    wanted = model.sigma2 + np.einsum("ij,jk,ik->i", x, model.fit.covariance, x)
    assert last["mse"].tolist() == pytest.approx(wanted.tolist(), rel=1e-12)
    assert last["source"].tolist() == ["regression"] * 2
    assert last[["direct", "gamma", "residual", "variance"]].isna().all(axis=None)
    assert "areas without a direct estimate that can be used: 2; theirs are of the regression alone" in model.notes


def test_coefficients_and_tests_are_told(model: AreaModel) -> None:
    found = model.coefficients
    assert found["term"].tolist() == ["Intercept", "x"]
    assert found["z"].tolist() == pytest.approx((found["estimate"] / found["se"]).tolist())
    assert found["p"][1] < 0.001
    tests = model.tests().set_index("test")
    assert tests.index.tolist() == ["no area effects, Q", "no area effects, LR", "normal residuals"]
    assert tests["df"].tolist()[:2] == [16, 1]
    assert (tests["p"] > 0).all()
    assert model.sigma2_se > 0
    likelihood = model.likelihood
    assert likelihood["aic"] == pytest.approx(-2 * likelihood["loglik"] + 6)
    assert likelihood["bic"] == pytest.approx(-2 * likelihood["loglik"] + 3 * np.log(18))


def test_likelihood_ratio_has_half_a_chi_square(direct: cd.Estimates) -> None:
    from scipy.stats import chi2

    found = fay_herriot(direct, AREAS, "~ x", method="ml")
    row = found.tests().set_index("test").loc["no area effects, LR"]
    assert row["p"] == pytest.approx(0.5 * chi2.sf(row["statistic"], 1), rel=1e-9)
    assert "no area effects, LR" not in fay_herriot(direct, AREAS, "~ x", method="fh").tests()["test"].tolist()


@pytest.mark.parametrize("method", ["reml", "ml", "fh", "pr"])
def test_every_method_improves_on_the_direct_estimates(method: Any, direct: cd.Estimates) -> None:
    found = fay_herriot(direct, AREAS, "~ x", method=method).to_frame()[:18]
    assert (found["se"] < found["direct_se"]).mean() > 0.7
    assert found["gamma"].between(0, 1).all()


def test_formula_takes_categories_and_rules(direct: cd.Estimates) -> None:
    found = fay_herriot(direct, AREAS, "~ x + C(region) + log(people)")
    assert len(found.names) == 4
    assert found.fit.x[:, list(found.names).index("x")].tolist() == AREAS["x"].tolist()[:18]


def test_areas_may_stand_in_any_order_and_under_numbers(survey: cd.Survey) -> None:
    rows = people().assign(area=lambda t: t["area"].str[1:].astype(int))
    numbered = cd.Survey(rows, weight="w", psu="psu").estimate(cd.mean("y"), by="area")
    areas = AREAS.set_axis(range(20), axis=0).iloc[::-1]
    found = fay_herriot(numbered, areas, "~ x").to_frame().set_index("area")
    wanted = fay_herriot(survey.estimate(cd.mean("y"), by="area"), AREAS, "~ x").to_frame()
    assert found.index.tolist() == [str(k) for k in range(19, -1, -1)]
    assert found["estimate"].tolist()[::-1] == pytest.approx(wanted["estimate"].tolist(), rel=1e-12)


def test_totals_and_records_without_an_area_are_left_out_and_told(survey: cd.Survey, model: AreaModel) -> None:
    rows = people()
    rows.loc[len(rows)] = [None, "d00.0", 1.0, 3.0]
    with_total = cd.Survey(rows, weight="w", psu="psu").estimate(cd.mean("y"), by="area", margins=True)
    found = fay_herriot(with_total, AREAS, "~ x")
    assert "rows that are no areas but totals, or records without one, were left out: 2" in found.notes
    assert found.to_frame()["estimate"].tolist() == pytest.approx(model.to_frame()["estimate"].tolist(), rel=1e-9)


# ---- variances


def test_smoothed_variances_by_hand() -> None:
    # log ψ on log n through (1, 4) and (2, 1): slope −2, 4/n²; no residual, so that the ratio of sums is 1
    found, slope, used = smoothed(np.array([4.0, 1.0, np.nan, 0.0]), np.array([1.0, 2.0, 4.0, 0.0]))
    assert found[:3].tolist() == pytest.approx([4.0, 1.0, 0.25], rel=1e-12)
    assert np.isnan(found[3])
    assert (slope, used) == (pytest.approx(-2.0, rel=1e-12), 2)


def test_smoothed_variances_have_the_sum_of_the_given_ones() -> None:
    chance = np.random.default_rng(1)
    n = chance.integers(5, 60, 25).astype(float)
    psi = 3 / n * np.exp(chance.normal(scale=0.4, size=25))
    assert smoothed(psi, n)[0].sum() == pytest.approx(psi.sum(), rel=1e-12)
    assert smoothed(7 * psi, n)[0] == pytest.approx(7 * smoothed(psi, n)[0], rel=1e-12)


def test_equal_sample_sizes_give_one_variance() -> None:
    assert smoothed(np.array([1.0, 2.0, 6.0]), np.full(3, 10.0))[0] == pytest.approx(np.full(3, 3.0), rel=1e-12)


def test_smoothing_gives_areas_without_a_standard_error_one(survey: cd.Survey) -> None:
    rows = people()
    rows.loc[rows["area"] == "d00", "psu"] = "d00.0"  # one PSU: no standard error
    alone = cd.Survey(rows, weight="w", psu="psu").estimate(cd.mean("y"), by="area")
    given = fay_herriot(alone, AREAS, "~ x")
    assert given.to_frame()["source"][0] == "regression"
    assert given.to_frame()["direct"].notna()[0]
    assert "areas whose direct estimate has no standard error above 0, so that it is not used: 1" in given.notes
    smooth = fay_herriot(alone, AREAS, "~ x", variance="smoothed")
    frame = smooth.to_frame()
    assert frame["source"][0] == "model"
    n = frame["n"].to_numpy(dtype=float)[:18]
    wanted = smoothed(frame["direct_se"].to_numpy()[:18] ** 2, n)[0]
    assert frame["variance"][:18].tolist() == pytest.approx(wanted.tolist(), rel=1e-12)
    assert any(note.startswith("sampling variances are smoothed") for note in smooth.notes)


def test_correlated_direct_estimates_are_told() -> None:
    # each PSU holds records of two neighbouring areas, so that they share its shift
    chance = np.random.default_rng(4)
    rows = [
        (NAMES[k + side], k * 10 + psu, 3 + shift + e)
        for k in range(0, 18, 2)
        for psu in range(4)
        for shift in [chance.normal()]
        for side in (0, 1)
        for e in chance.normal(scale=0.3, size=5)
    ]
    survey = cd.Survey(pd.DataFrame(rows, columns=["area", "psu", "y"]), psu="psu")
    notes = fay_herriot(survey.estimate(cd.mean("y"), by="area"), AREAS).notes
    said = next(note for note in notes if note.startswith("pairs of areas"))
    assert "correlate by more than 0.1: " in said
    assert told(said, "ru").startswith("пар территорий")


def test_estimates_of_shares_outside_their_bounds_are_told() -> None:
    chance = np.random.default_rng(2)
    rows = [(NAMES[k], float(chance.random() < 0.03 + 0.9 * (k / 17) ** 3)) for k in range(18) for _ in range(30)]
    survey = cd.Survey(pd.DataFrame(rows, columns=["area", "poor"]))
    areas = AREAS.assign(x=[-3.0 if k == 19 else k / 17 for k in range(20)])
    found = fay_herriot(survey.estimate(cd.mean("poor == 1"), by="area"), areas, "~ x")
    outside = int((~found.to_frame()["estimate"].between(0, 1)).sum())
    assert outside >= 1
    assert f"model estimates of shares outside 0 to 1: {outside}; the model is linear" in found.notes


def test_no_effects_of_areas_are_told() -> None:
    chance = np.random.default_rng(11)
    rows = pd.DataFrame({"area": np.repeat(NAMES[:18], 40), "y": chance.normal(size=720)})
    found = fay_herriot(cd.Survey(rows).estimate(cd.mean("y"), by="area"), AREAS)
    assert (found.sigma2 == 0) == any("is estimated as 0" in note for note in found.notes)
    assert found.sigma2 == 0


# ---- what it refuses


@pytest.mark.parametrize(
    ("areas", "formula", "error", "said"),
    [
        (AREAS.iloc[1:], "~ x", EstimationError, r"1 of 18 areas .* 19 labels .* \(first: 'd00'; nearest: "),
        (AREAS.iloc[[0, 0, *range(1, 20)]], "~ x", EstimationError, "two rows for 'd00'"),
        (AREAS.to_dict(), "~ x", EstimationError, "is a pandas frame whose index .* found dict"),
        (AREAS.assign(x=[None, *range(19)]), "~ x", EstimationError, "auxiliary 'x' is missing in 1 of 20 areas"),
        (AREAS, "~ z", VariableError, "variable 'z' is not in"),
        (AREAS.assign(z=AREAS["x"] * 2 + 1), "~ x + z", EstimationError, "auxiliary 'z' follows from the others"),
        (AREAS.assign(z=[*NAMES[:18], "d00", "d00"]), "~ C(z)", EstimationError, "18 coefficients and 18 areas"),
        (AREAS, "~ 0", ExpressionError, "a term at least"),
        (AREAS, "y ~ x", ExpressionError, "begins with '~'"),
        (AREAS, "x", ExpressionError, "begins with '~'"),
        (AREAS, "~ x + offset(people)", ExpressionError, r"no offset\(\)"),
        (AREAS, "~ __import__('os')", ExpressionError, "__import__"),
    ],
)
def test_auxiliaries_that_cannot_be_are_refused(
    areas: Any, formula: str, error: type[Exception], said: str, direct: cd.Estimates
) -> None:
    with pytest.raises(error, match=said):
        fay_herriot(direct, areas, formula)


def test_level_of_a_category_that_no_sampled_area_has_is_refused(direct: cd.Estimates) -> None:
    areas = AREAS.assign(region=["east" if k == 19 else name for k, name in enumerate(AREAS["region"])])
    with pytest.raises(EstimationError, match="no level 'east'"):
        fay_herriot(direct, areas, "~ region")


def test_more_coefficients_than_areas_are_refused(direct: cd.Estimates) -> None:
    few = direct.select(area=["d00", "d01"])
    with pytest.raises(EstimationError, match="2 coefficients and 2 areas with a direct estimate"):
        fay_herriot(few, AREAS, "~ x")


def test_rows_that_are_not_one_per_area_are_refused(survey: cd.Survey) -> None:
    two = survey.estimate([cd.mean("y"), cd.total("y")], by="area")
    with pytest.raises(EstimationError, match="rows told apart by statistic, area: select one"):
        fay_herriot(two, AREAS)
    assert len(fay_herriot(two.select(statistic="mean(y)"), AREAS)) == 20
    with pytest.raises(EstimationError, match="rows told apart by nothing"):
        fay_herriot(survey.estimate(cd.mean("y")), AREAS)
    with pytest.raises(EstimationError, match="takes estimates of areas; found DataFrame"):
        fay_herriot(two.to_frame(), AREAS)  # type: ignore[arg-type]


def test_words_that_are_no_choice_are_refused(direct: cd.Estimates) -> None:
    with pytest.raises(EstimationError, match="one of 'reml', 'ml', 'fh', 'pr'; found 'remk'; nearest: 'reml'"):
        fay_herriot(direct, AREAS, method="remk")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="variance is one of 'as given', 'smoothed'; found 'smooth'"):
        fay_herriot(direct, AREAS, variance="smooth")  # type: ignore[arg-type]


# ---- what is shown


def test_table_sets_direct_beside_model(model: AreaModel) -> None:
    text = str(model.table(suppress=None))
    assert "Direct:" in text
    assert "Model:" in text
    assert "standard errors of model estimates are roots of mean squared errors" in text
    russian = str(model.table(lang="ru"))
    assert "Прямая" in russian
    assert "корни из средних квадратов ошибок" in russian


def test_table_hides_direct_estimates_on_few_records_and_their_counts() -> None:
    chance = np.random.default_rng(3)
    sizes = [3, *[30] * 17]
    rows = pd.DataFrame({"area": np.repeat(NAMES[:18], sizes), "y": chance.normal(5, 1, sum(sizes))})
    table = fay_herriot(cd.Survey(rows).estimate(cd.mean("y"), by="area"), AREAS).table()
    held = table.rows[table.rows["area"] == "d00"].set_index("statistic")
    assert np.isnan(held.loc["Direct", "estimate"])
    assert np.isfinite(held.loc["Model", "estimate"])
    assert held["n"].isna().all()
    assert "<5" in str(table)


def test_picture_has_a_line_for_each_area_and_two_points(model: AreaModel) -> None:
    axes = model.plot(suppress=None)
    assert [label.get_text() for label in axes.get_yticklabels()] == NAMES
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"Direct", "Model"}


def test_model_shows_itself_in_words_and_in_html(model: AreaModel) -> None:
    assert repr(model).startswith("<AreaModel: 20 areas, 18 of them with a direct estimate; sigma2 = ")
    assert "Not for publication" in model._repr_html_()
    assert model.settings["model"] == "Fay-Herriot, reml"
    assert model.settings["auxiliaries"] == "~ x"


def test_four_areas_by_hand() -> None:
    # two records one above and one below the mean of each stratum: the mean has variance 1
    rows = {"area": list("AABBCCDD"), "y": [-1.0, 1.0, 1.0, 3.0, 3.0, 5.0, 5.0, 7.0]}
    four = cd.Survey(rows, strata="area").estimate(cd.mean("y"), by="area")
    found = fay_herriot(four, pd.DataFrame(index=list("ABCD")))
    # σ² = 20/3 − 1, γ = 0.85, 0.85 · 0 + 0.15 · 3 = 0.45; mse = 0.85 + 0.0375 + 2 · 0.075
    assert found.sigma2 == pytest.approx(17 / 3, rel=1e-12)
    assert found.to_frame()["estimate"].tolist() == pytest.approx([0.45, 2.15, 3.85, 5.55], rel=1e-12)
    assert found.to_frame()["mse"].tolist() == pytest.approx([1.0375] * 4, rel=1e-12)
