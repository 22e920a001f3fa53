"""Two phases: the form by hand, by its definition in pairs, by enumeration of all samples, and against R."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csc_array

from childdata.errors import DesignError
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.design import Stage, make_stages
from childdata.survey.phases import Phase, TwoPhase, check_method, phase_variances, two_phase_design
from childdata.survey.reduce import Triplets, by_stage
from childdata.survey.spread import Spread

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "unequal_r.json").read_text(encoding="utf-8"))["phases"]
CLOSE = 1e-11


def codes(values: object) -> Codes:
    return np.unique(np.asarray(values), return_inverse=True)[1].astype(np.intp)


def stages(strata: object, units: object, sizes: object) -> tuple[Stage, ...]:
    """One stage; `sizes` on each record, or None."""
    size = None if sizes is None else np.asarray(sizes, dtype=float)
    return make_stages(codes(strata), [codes(units)], [size], ["unit"])


def counts(strata: Codes, units: Codes) -> Floats:
    """Units in the stratum of each record."""
    pairs = np.unique(np.stack([strata, units]), axis=1)
    return np.bincount(pairs[0])[strata].astype(float)


def design_of(
    first: tuple[Stage, ...],
    inside: Mask,
    *,
    strata: Codes | None = None,
    units: Codes | None = None,
    weight: Floats | None = None,
    method: Any = "full",
) -> tuple[TwoPhase, Floats]:
    """A design whose second phase is counted in the data, and the weight of each record."""
    stratum = np.zeros(inside.size, dtype=np.intp) if strata is None else strata
    unit = np.arange(inside.size) if units is None else units
    second = stages(stratum[inside], unit[inside], counts(stratum, unit)[inside])
    w = np.ones(inside.size) if weight is None else weight
    total = np.zeros(inside.size)
    total[inside] = w[inside] * (second[0].population / second[0].sampled)[second[0].stratum[second[0].unit]]
    return two_phase_design(first, second, inside, weight=w, strata=strata, method=method), total


def spread(design: TwoPhase, scores: object, lonely: Any = "fail") -> Spread:
    """The spread of weighted influences, array (n,) or (n, rows)."""
    z = np.asarray(scores, dtype=float).reshape(len(np.asarray(scores)), -1)
    n, rows = z.shape
    unit = np.repeat(design.element.unit, rows)
    summed = Triplets(unit, np.tile(np.arange(rows), n), z.reshape(-1), distinct=False)
    return Spread(design.blocks(by_stage(summed, rows, design.stages), lonely))


# by hand: six persons, two with fever all tested, of four without two -------------------------------------------------

FEVER = np.array([1, 1, 0, 0, 0, 0])
TESTED = np.array([1, 1, 1, 0, 1, 0]) == 1
# ill are 1, 0 | 0, 1 with weights 1, 1, 2, 2: mean 1/2, scores w (ill − 1/2) / 6
SCORES = np.array([1, -1, -2, 0, 2, 0]) / 12


def test_both_phases_by_hand() -> None:
    design, weight = design_of(stages([0] * 6, range(6), None), TESTED, strata=codes(FEVER))
    assert weight.tolist() == [1, 1, 2, 0, 2, 0]
    first, second = phase_variances(spread(design, SCORES))
    # second phase: only those without fever, (1 − 1/2)·2/1·(4 + 4)/144
    assert second[0] == pytest.approx(8 / 144)
    # first: Δ is 1 for a record and −1/5 for a pair; 1 − Δ₂ is 1 and 1/2 for a record, and for a pair of one stratum
    # 1 and (2 − 1/2)/(2 − 1), of two strata 1: there the sums are zero
    squares = 1 * (1 + 1) + 0.5 * (4 + 4)
    pairs = -1 / 5 * (1 * 2 * -1 + 1.5 * 2 * -4 + 0)
    assert first[0] == pytest.approx((squares + pairs) / 144)


def test_poisson_takes_no_pairs_in_the_first_phase() -> None:
    # as R's full without fpc: Δ₁ is 1 for a record and 0 for a pair
    design, _ = design_of(stages([0] * 6, range(6), None), TESTED, strata=codes(FEVER), method="poisson")
    first, second = phase_variances(spread(design, SCORES))
    assert (first[0], second[0]) == (pytest.approx(6 / 144), pytest.approx(8 / 144))


def test_approximation_by_hand() -> None:
    # n/(n − 1) Σ (φ z − 0)²/φ with φ 1 and 1/2
    design, _ = design_of(stages([0] * 6, range(6), None), TESTED, strata=codes(FEVER), method="approx")
    first, second = phase_variances(spread(design, SCORES))
    assert first[0] == pytest.approx(6 / 5 * (1 + 1 + 0.5 * 4 + 0.5 * 4) / 144)
    assert second[0] == pytest.approx(8 / 144)


def test_first_phase_that_is_the_population_leaves_the_second_alone() -> None:
    design, _ = design_of(stages([0] * 6, range(6), [6] * 6), TESTED, strata=codes(FEVER))
    first, second = phase_variances(spread(design, SCORES))
    assert (first[0], second[0]) == (0.0, pytest.approx(8 / 144))


@pytest.mark.parametrize("method", ["full", "approx"])
def test_second_phase_that_takes_all_leaves_the_first_alone(method: Any) -> None:
    z = np.array([1.0, 4.0, 2.0, 8.0, 3.0, 3.0])
    everyone = np.ones(6, dtype=bool)
    design, _ = design_of(stages([0] * 6, [1, 1, 2, 2, 3, 3], [9] * 6), everyone, strata=codes(FEVER), method=method)
    first, second = phase_variances(spread(design, z))
    sums = np.array([5.0, 10.0, 6.0])
    assert first[0] == pytest.approx((1 - 3 / 9) * 3 / 2 * float(np.sum((sums - 7) ** 2)))
    assert second[0] == 0


# by definition --------------------------------------------------------------------------------------------------------


def delta(strata: Codes, units: Codes, sizes: Floats, inside: Mask, sampled: Mask) -> Floats:
    """1 − π_k π_l / π_kl of all pairs of records inside, by simple random sampling of units in strata.

    `sampled` are the records that the phase drew, of which n is counted.
    """
    chosen = np.flatnonzero(inside)
    result = np.zeros((chosen.size, chosen.size))
    for row, k in enumerate(chosen):
        n, N = np.unique(units[sampled & (strata == strata[k])]).size, sizes[k]
        for column, m in enumerate(chosen):
            if strata[k] != strata[m]:
                continue
            pi = n / N
            joint = pi if units[k] == units[m] else n * (n - 1) / (N * (N - 1))
            result[row, column] = 1 - pi * pi / joint
    return result


@given(st.integers(0, 2**32 - 1))
def test_form_is_that_of_all_pairs(seed: int) -> None:
    chance = np.random.default_rng(seed)
    # two areas with different numbers of clusters; a second phase of households in three screening results
    area = np.repeat([0, 1], [12, 20])
    cluster = np.arange(32) // 4
    household = np.arange(32) // 2
    screen = chance.integers(0, 3, 32)[household]
    sizes = np.array([9.0, 30.0])[area]
    inside = np.zeros(32, dtype=bool)
    for result in np.unique(screen):
        there = np.unique(household[screen == result])
        taken = there if there.size < 3 else chance.choice(there, int(chance.integers(2, there.size)), replace=False)
        inside |= np.isin(household, taken)
    design, _ = design_of(stages(area, cluster, sizes), inside, strata=codes(screen), units=household)
    z = np.where(inside, chance.normal(2, 1, 32), 0.0)
    everyone = np.ones(32, dtype=bool)
    one = delta(area, cluster, sizes, inside, everyone)
    two = delta(screen, household, counts(codes(screen), household), inside, inside)
    first, second = phase_variances(spread(design, z, "adjust"))
    np.testing.assert_allclose(first, z[inside] @ (one * (1 - two)) @ z[inside], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(second, z[inside] @ two @ z[inside], rtol=1e-9, atol=1e-9)


# by enumeration: the estimate of the variance is unbiased -------------------------------------------------------------


class Case(NamedTuple):
    """A population, the size of the first phase, and of the second in the strata it finds."""

    strata: list[int]
    first: int
    second: dict[int, int]


@pytest.mark.parametrize(
    "case",
    [Case([0] * 5, 4, {0: 2}), Case([0, 0, 0, 0, 1, 1], 5, {0: 2, 1: 1}), Case([0, 0, 0, 1, 1, 1], 5, {0: 2, 1: 2})],
)
def test_variance_is_unbiased_over_all_samples_of_both_phases(case: Case) -> None:
    y, population = np.array([3.0, 1.0, 4.0, 6.0, 9.0, 2.0])[: len(case.strata)], len(case.strata)
    stratum = np.array(case.strata)
    estimates: list[float] = []
    variances: list[float] = []
    chances: list[float] = []
    phase_one = list(combinations(range(population), case.first))
    for sample in phase_one:
        s = np.array(sample)
        # what the first phase finds decides how many the second takes: a stratum of one or two is taken whole
        takes = {h: m if (stratum[s] == h).sum() > 2 else 2 for h, m in case.second.items()}
        options = [
            list(combinations(s[stratum[s] == h], min(m, int((stratum[s] == h).sum())))) for h, m in takes.items()
        ]
        drawn = [[]] if not options else [list(a) for a in options[0]]
        for more in options[1:]:
            drawn = [[*a, *b] for a in drawn for b in more]
        for chosen in drawn:
            inside = np.isin(s, chosen)
            first = stages([0] * s.size, range(s.size), [population] * s.size)
            weight = np.full(s.size, population / s.size)
            design, total = design_of(first, inside, strata=codes(stratum[s]), weight=weight)
            z = np.where(inside, total * y[s], 0)
            estimates.append(float(z.sum()))
            variances.append(float(spread(design, z, "adjust").variances()[0]))
            chances.append(1 / len(phase_one) / len(drawn))
    chance, found = np.array(chances), np.array(estimates)
    assert chance.sum() == pytest.approx(1)
    assert chance @ found == pytest.approx(y.sum())
    assert chance @ np.array(variances) == pytest.approx(float(chance @ (found - y.sum()) ** 2), rel=1e-12)


# against R ------------------------------------------------------------------------------------------------------------


class Drawn(NamedTuple):
    """How a design of the reference data was drawn; the names of variables."""

    method: str
    units: list[str]
    sizes: list[str | None]
    strata: str | None = None
    screen: str | None = "screen"
    unit: str = "person"
    subset: str = "in2"
    weight: str | None = None


DESIGNS: dict[str, Drawn] = {
    "srs_full": Drawn("full", ["person"], ["people"]),
    "srs_approx": Drawn("approx", ["person"], ["people"]),
    "srs_simple": Drawn("approx", ["person"], ["people"]),
    "open_full": Drawn("poisson", ["person"], [None]),
    "open_approx": Drawn("approx", ["person"], [None]),
    "poisson_full": Drawn("poisson", ["person"], [None], weight="p1"),
    "weighted_approx": Drawn("approx", ["person"], [None], weight="p1"),
    "unstratified_full": Drawn("full", ["person"], ["people"], screen=None),
    "unstratified_approx": Drawn("approx", ["person"], ["people"], screen=None),
    "areas_full": Drawn("full", ["person"], ["area_people"], strata="area"),
    "areas_approx": Drawn("approx", ["person"], ["area_people"], strata="area"),
    "clusters_full": Drawn("full", ["cluster"], ["clusters"]),
    "clusters_approx": Drawn("approx", ["cluster"], ["clusters"], screen=None),
    "clusters_areas_full": Drawn("full", ["cluster"], ["clusters"], strata="area"),
    "stages_full": Drawn("full", ["cluster", "person"], ["clusters", "persons"]),
    "households_full": Drawn("full", ["household"], ["people"], None, None, "household", "in2_households"),
    "households_approx": Drawn("approx", ["household"], ["people"], None, None, "household", "in2_households"),
    "household_clusters_full": Drawn("full", ["cluster"], ["clusters"], None, None, "household", "in2_households"),
}
COHORT = pd.read_csv(REFERENCE / "phases_cohort.csv")


def declared(one: Drawn) -> tuple[TwoPhase, Floats]:
    n = len(COHORT)
    stratum = codes(COHORT[one.strata]) if one.strata else np.zeros(n, dtype=np.intp)
    sizes = [None if name is None else COHORT[name].to_numpy(dtype=float) for name in one.sizes]
    first = make_stages(stratum, [codes(COHORT[name]) for name in one.units], sizes, one.units)
    weight = np.ones(n) if one.weight is None else 1 / COHORT[one.weight].to_numpy()
    for stage in first:
        if np.isfinite(stage.population).all():
            weight = weight * (stage.population / stage.sampled)[stage.stratum[stage.unit]]
    return design_of(
        first,
        COHORT[one.subset].to_numpy() == 1,
        strata=codes(COHORT[one.screen]) if one.screen else None,
        units=codes(COHORT[one.unit]),
        weight=weight,
        method=one.method,
    )


def near(found: Floats, wanted: object) -> None:
    b = np.array(wanted, dtype=float)
    np.testing.assert_allclose(found, b, rtol=CLOSE, atol=CLOSE * float(np.abs(b).max()))


@pytest.mark.parametrize("name", DESIGNS)
def test_totals_means_and_ratio_equal_r(name: str) -> None:
    design, weight = declared(DESIGNS[name])
    answer, y = ANSWERS[name], COHORT[["y", "x"]].to_numpy()
    totals = (y * weight[:, None]).sum(axis=0)
    near(totals, answer["total"]["est"])
    shared = (y - totals / weight.sum()) * (weight / weight.sum())[:, None]
    for statistic, z in (("total", y * weight[:, None]), ("mean", shared)):
        found = spread(design, z)
        near(found.covariance(), answer[statistic]["cov"])
        near(found.blocks[0].covariance(), answer[statistic]["first"])
        near(found.blocks[1].covariance(), answer[statistic]["second"])
    ratio = totals[0] / totals[1]
    near(spread(design, (y[:, 0] - ratio * y[:, 1]) * weight / totals[1]).variances(), answer["ratio"]["cov"])


@pytest.mark.parametrize("name", DESIGNS)
def test_domains_equal_r(name: str) -> None:
    design, weight = declared(DESIGNS[name])
    answer, y = ANSWERS[name], COHORT["y"].to_numpy()
    inside = weight * (COHORT["sex"] == 1).to_numpy()
    # R's total of y × (sex == 1); by svyby, its approximation gives records outside the domain a fraction of 1
    near(spread(design, y * inside).covariance(), answer["split"]["cov"])
    if "by_mean" in answer:
        mean = (y * inside).sum() / inside.sum()
        near(np.sqrt(spread(design, (y - mean) * inside / inside.sum()).variances()), [answer["by_mean"]["se"][0]])
        if DESIGNS[name].method != "approx":
            near(np.sqrt(spread(design, y * inside).variances()), [answer["by_total"]["se"][0]])


# degrees of freedom, rules, memory ------------------------------------------------------------------------------------


def test_degrees_of_freedom_are_those_of_the_phase_that_has_fewer() -> None:
    # R counts the second phase only: 77 persons in 3 strata; 24 clusters tell less
    assert declared(DESIGNS["srs_full"])[0].degrees_of_freedom == ANSWERS["srs_full"]["df"] == 74
    assert declared(DESIGNS["clusters_full"])[0].degrees_of_freedom == 23
    assert declared(DESIGNS["clusters_areas_full"])[0].degrees_of_freedom == 20


def test_stratum_of_one_unit_is_refused_or_treated_by_the_rule() -> None:
    fever = np.array([1, 1, 0, 0, 0, 0])
    inside = np.array([1, 0, 1, 1, 1, 0]) == 1
    design, weight = design_of(stages([0] * 6, range(6), [6] * 6), inside, strata=codes(fever))
    z = weight * np.array([3.0, 0, 1, 1, 1, 0])
    for rule in ("fail", "average"):
        with pytest.raises(DesignError, match="1 strata of the second phase have one unit"):
            spread(design, z, rule)
    assert spread(design, z, "certainty").variances()[0] == 0
    # (1 − 1/2) z², z = 2·3
    assert spread(design, z, "adjust").variances()[0] == pytest.approx(0.5 * 36)
    assert spread(design, z, "adjust").blocks[0].stage is spread(design, z, "adjust").blocks[0].stage


def test_stratum_of_one_unit_in_the_first_phase_is_named() -> None:
    design, weight = design_of(stages([0, 0, 0, 0, 0, 1], range(6), [50] * 6), TESTED, strata=codes(FEVER))
    with pytest.raises(DesignError, match="1 strata of the first phase have one unit"):
        spread(design, weight)


def test_residuals_of_a_calibration_enter_the_second_phase_alone() -> None:
    design, weight = declared(DESIGNS["srs_full"])
    z, left = weight * COHORT["y"].to_numpy(), weight * (COHORT["y"] - COHORT["x"]).to_numpy()
    plain, of_rest = spread(design, z), spread(design, left)
    matrices: Any = [csc_array(block.scores) for block in (plain.blocks[0], of_rest.blocks[0])]
    both = Spread(design.blocks([matrices[0]], "fail", residuals=matrices[1]))
    assert both.blocks[0].variances() == plain.blocks[0].variances()
    assert both.blocks[1].variances() == of_rest.blocks[1].variances()


def test_approximation_is_refused_where_it_has_no_meaning() -> None:
    with pytest.raises(DesignError, match="one second-phase fraction inside a PSU of the first phase; it varies in"):
        declared(DESIGNS["clusters_full"]._replace(method="approx"))
    with pytest.raises(DesignError, match="'approx' is for a first phase of one stage; found 2"):
        declared(DESIGNS["stages_full"]._replace(method="approx"))


def test_poisson_wants_one_probability_for_each_unit() -> None:
    first = stages([0] * 6, [1, 1, 2, 2, 3, 3], None)
    for weight, found in (([1.0, 2, 3, 3, 3, 3], "varies inside 1 PSUs"), ([0.5] * 6, "is below 1 in 3 PSUs")):
        design, _ = design_of(first, TESTED, strata=codes(FEVER), weight=np.array(weight), method="poisson")
        with pytest.raises(DesignError, match=found):
            spread(design, SCORES)


def test_large_cohort_costs_what_its_records_cost() -> None:
    n = 200_000
    inside = np.arange(n) % 5 == 0
    design, weight = design_of(stages([0] * n, np.arange(n) // 20, None), inside, strata=np.arange(n) % 3)
    block = spread(design, weight).blocks[0]
    form: Any = block.stage
    assert form.sums.nnz <= 6 * inside.sum()
    assert np.isfinite(block.variances()).all()


def test_method_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(DesignError, match="'simple' is called 'approx' here"):
        check_method("simple")
    with pytest.raises(DesignError, match="nearest: 'poisson'"):
        check_method("poison")
    check_method("full")
    assert Phase(strata="screen").psu is None
