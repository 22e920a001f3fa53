"""What holds for every statistic there is; a new statistic is one more line of the table.

(i) The influence is the derivative of the value by each record's weight. (ii) Σ w·influence is 0 for shares and means
and the value for totals (Euler). (iii) Splitting a record inside its PSU, the order of the rows, the numbers of the
PSUs and a constant domain variable change nothing; weights × c multiply totals only. (iv) A missing answer is a record
outside the domain. Quantiles are not smooth in the weights: (i) does not concern them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import childdata as cd
from childdata.survey.spread import Scores

Draw = Callable[..., pd.DataFrame]


@dataclass(frozen=True)
class Line:
    """A statistic, the degree by which it grows with the weights, and whether it is smooth in them.

    `balanced`: whether its influences add up to the degree times the value; not where a step of the distribution
    function stands for its point p, and a density for its slope.
    """

    statistic: cd.Statistic
    degree: int = 0
    smooth: bool = True
    balanced: bool = True


def stepped(statistic: cd.Statistic) -> Line:
    """A statistic of a quantile by a density."""
    return Line(statistic, smooth=False, balanced=False)


# Lines of the domain: the samples of one derivative stand below one another in one survey. A bandwidth that is given:
# Kish's number of records changes if one is split.
MEDIAN = cd.relative_line(0.7, y="income", within="domain", bandwidth=1.0)
MEAN = cd.relative_line(0.7, of="mean", within="domain")


CATALOGUE = {
    "total": Line(cd.total("food"), 1),
    "total of a rule": Line(cd.total("poor == 1"), 1),
    "count": Line(cd.count(), 1),
    "mean of a column": Line(cd.mean("food")),
    "mean of a rule": Line(cd.mean("food < 2")),
    "ratio": Line(cd.ratio("food", "income")),
    "ratio of rules": Line(cd.ratio("poor == 1 and school == 1", "poor == 1")),
    "proportion": Line(cd.proportion("quintile")),
    "sum": Line(cd.total("food") + cd.total("income"), 1),
    "difference": Line(cd.mean("income") - cd.mean("food")),
    "product": Line(cd.total("food") * cd.mean("school"), 1),
    "product of totals": Line(cd.total("food") * cd.total("income"), 2),
    "quotient": Line(cd.mean("poor == 1") / cd.mean("school == 1")),
    "times a number": Line(100 * cd.mean("poor == 1")),
    "from a number": Line(1 - cd.mean("school")),
    "logarithm": Line(cd.log(cd.mean("income"))),
    "exponential": Line(cd.exp(cd.mean("school"))),
    "geometric mean": Line(cd.exp(cd.mean("log(income)"))),
    "poverty gap": Line(cd.mean("if_else(income < 4, (4 - income) / 4, 0)")),
    "poverty severity": Line(cd.mean("if_else(income < 4, ((4 - income) / 4) ** 2, 0)")),
    "Theil": Line(cd.mean("income * log(income)") / cd.mean("income") - cd.log(cd.mean("income"))),
    "variance": Line(cd.mean("income ** 2") - cd.mean("income") * cd.mean("income")),
    "correlation of shares": Line(
        (cd.mean("poor * school") - cd.mean("poor") * cd.mean("school")) / (cd.mean("poor") * (1 - cd.mean("poor")))
    ),
    "standard deviation": Line(cd.sd("income", ddof="population")),
    "covariance": Line(cd.covariance("income", "food", ddof="population")),
    "correlation": Line(cd.correlation("income", "food")),
    "coefficient of variation": Line(cd.variation("food", ddof="population")),
    "distribution function": Line(cd.cdf("income", [3, 6])),
    "kappa of rules": Line(cd.kappa("poor == 1", "school == 1")),
    "kappa of variables": Line(cd.kappa("poor", "school")),
    "Jaccard": Line(cd.jaccard("poor == 1", "school == 1")),
    "phi": Line(cd.phi("poor == 1", "food < 2")),
    "Cramér's V": Line(cd.cramers_v("quintile", "sex")),
    "tetrachoric": Line(cd.tetrachoric("poor == 1", "food < 2")),
    "redundancy": Line(cd.redundancy("poor == 1", "school == 1")),
    "agreement": Line(cd.agreement("poor == 1", "school == 1")),
    "overlap": Line(cd.overlap("poor == 1", "school == 1", "food < 2")),
    "poverty rate": Line(cd.fgt("income", 4)),
    "gap at a column": Line(cd.fgt("income", "3 + quintile / 5", alpha=1.5)),
    "gap below the mean": Line(cd.fgt("income", MEAN, alpha=1)),
    "severity below the mean": Line(cd.fgt("income", MEAN, alpha=2)),
    "Watts": Line(cd.watts("income", 4)),
    "Watts below the mean": Line(cd.watts("income", MEAN)),
    "Sen": Line(cd.sen("income", 4)),
    "Sen at a column": Line(cd.sen("income", "3 + quintile / 5")),
    "SST": Line(cd.sst("income", 4)),
    "SST below the mean": Line(cd.sst("income", MEAN)),
    "Gini of the poor": Line(cd.poor_gini("income", 4)),
    "richness": Line(cd.richness("income", 5)),
    "Gini": Line(cd.gini("income")),
    "extended Gini": Line(cd.s_gini("income", 3)),
    "concentration": Line(cd.concentration("food", "income")),
    "extended concentration": Line(cd.concentration("food", "income", nu=1.5)),
    "concentration over ties": Line(cd.concentration("food", "quintile")),
    "Kakwani of a tax": Line(cd.kakwani("food", "income", kind="tax")),
    "redistribution": Line(cd.gini("income") - cd.gini("income - food / 2")),
    "Theil's index": Line(cd.theil("income")),
    "mean logarithmic deviation": Line(cd.mld("income")),
    "entropy of -1": Line(cd.generalized_entropy("income", -1)),
    "entropy of 2": Line(cd.generalized_entropy("income", 2)),
    "J-divergence": Line(cd.j_divergence("income")),
    "MLD between": Line(cd.mld_between("income", "quintile")),
    "MLD within": Line(cd.mld_within("income", "sex")),
    "Theil between": Line(cd.entropy_between("income", "quintile", 1)),
    "entropy of 2 within": Line(cd.entropy_within("income", "sex", 2)),
    "Atkinson of a half": Line(cd.atkinson("income", 0.5)),
    "Atkinson of 1": Line(cd.atkinson("income", 1)),
    "Atkinson of 2": Line(cd.atkinson("income", 2)),
    "Lorenz": Line(cd.lorenz("income", [0.23, 0.61])),
    "generalised Lorenz": Line(cd.generalized_lorenz("income", 0.37)),
    "concentration curve": Line(cd.concentration_curve("food", "income", 0.37)),
    "share between": Line(cd.quantile_share("income", 0.23, 0.61)),
    "Palma": Line(cd.palma("income")),
    "S80/S20": stepped(cd.s80_s20("income")),
    "line": stepped(MEDIAN.statistic()),
    "rate below the median": stepped(cd.fgt("income", MEDIAN, bandwidth=1.0)),
    "gap below the median": stepped(cd.fgt("income", MEDIAN, alpha=1)),
    "rate below the mean": Line(cd.fgt("income", MEAN, bandwidth=1.0), smooth=False),
    "Sen below the median": stepped(cd.sen("income", MEDIAN, bandwidth=1.0)),
    "Gini below the median": stepped(cd.poor_gini("income", MEDIAN, bandwidth=1.0)),
    "median of the poor": stepped(cd.poor_median("income", 4, bandwidth=1.0)),
    "median gap": stepped(cd.relative_median_gap("income", MEDIAN, bandwidth=1.0)),
    "quantile ratio": Line(cd.quantile_ratio("income", 0.8, 0.2), smooth=False),
    "quantile ratio by density": stepped(cd.quantile_ratio("income", 0.8, 0.2, bandwidth=1.0)),
    "growth incidence": Line(cd.growth_incidence("income", "food", [0.3, 0.6]), smooth=False),
    "median": Line(cd.median("income"), smooth=False),
    "quantiles": Line(cd.quantile("food", [0.2, 0.7]), smooth=False),
    "ratio of quantiles": Line(cd.quantile("income", 0.8) / cd.quantile("income", 0.2), smooth=False),
    "median over mean": Line(cd.median("income") / cd.mean("income"), smooth=False),
}
STATISTICS = {name: line.statistic for name, line in CATALOGUE.items()}
SMOOTH = [name for name, line in CATALOGUE.items() if line.smooth]


def estimate(sample: pd.DataFrame, **options: object) -> pd.DataFrame:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu", lonely_psu="adjust")
    return survey.estimate(STATISTICS, **options).to_frame()  # type: ignore[arg-type]


def same(found: pd.DataFrame, wanted: pd.DataFrame, *columns: str, rtol: float = 1e-9) -> None:
    for column in columns or ("estimate", "se", "ci_low", "ci_high", "df", "psus"):
        np.testing.assert_allclose(
            found[column].to_numpy(dtype=float),
            wanted[column].to_numpy(dtype=float),
            rtol=rtol,
            atol=1e-10,
            err_msg=column,
        )


@dataclass(frozen=True)
class Linear:
    """The values of all rows on one sample, and the influence of each record on each, array (records, rows)."""

    frame: pd.DataFrame
    weight: NDArray[np.float64]
    influence: NDArray[np.float64]
    numeric: NDArray[np.float64]


@pytest.fixture(scope="module")
def linear(draw: Draw) -> Linear:
    """Each record a PSU of its own: its score is weight × influence. Derivatives by central differences.

    All the samples with one weight a little changed stand below one another, as the domains of one call.
    """
    sample = draw(3, strata=2, psus=3, size=8)
    weight = sample["w"].to_numpy()
    found = cd.Survey(sample, weight="w").estimate(STATISTICS)
    (block,) = found.spread.blocks
    assert isinstance(block, Scores)
    influence = block.whole() / weight[:, None]
    n = weight.size
    changes = np.vstack([1e-3 * np.eye(n), -1e-3 * np.eye(n)])
    copies = pd.concat([sample] * (2 * n), ignore_index=True)
    copies = copies.assign(w=(weight * (1 + changes)).ravel(), copy=np.repeat(np.arange(2 * n), n))
    values = cd.Survey(copies, weight="w", psu="copy").estimate(STATISTICS, by="copy").to_frame()["estimate"].to_numpy()
    ends = values.reshape(influence.shape[1], 2, n)
    numeric = ((ends[:, 0] - ends[:, 1]) / (2e-3 * weight)).T
    return Linear(found.to_frame(), weight, influence, numeric)


@pytest.mark.parametrize("name", SMOOTH)
def test_influence_is_the_derivative_by_the_weight(linear: Linear, name: str) -> None:
    rows = np.flatnonzero(linear.frame["statistic"] == name)
    size = np.abs(linear.influence[:, rows]).max()
    assert size > 0
    np.testing.assert_allclose(linear.influence[:, rows], linear.numeric[:, rows], rtol=1e-6, atol=1e-6 * size)


@pytest.mark.parametrize("name", [name for name, line in CATALOGUE.items() if line.balanced])
def test_influences_add_up_to_the_degree_times_the_value(linear: Linear, name: str) -> None:
    rows = np.flatnonzero(linear.frame["statistic"] == name)
    sums = linear.weight @ linear.influence[:, rows]
    value = linear.frame["estimate"].to_numpy()[rows]
    scale = np.abs(linear.weight[:, None] * linear.influence[:, rows]).sum(axis=0).max()
    np.testing.assert_allclose(sums, CATALOGUE[name].degree * value, rtol=1e-10, atol=1e-12 * max(scale, 1))


def test_a_logarithm_of_a_total_grows_by_one() -> None:
    found = cd.Survey({"y": [1.0, 2.0, 5.0], "w": [1.0, 3.0, 2.0]}, weight="w").estimate(cd.log(cd.total("y")))
    (block,) = found.spread.blocks
    assert isinstance(block, Scores)
    assert block.whole().sum() == pytest.approx(1)


designs = st.tuples(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 4), st.integers(2, 5))
bounded = settings(max_examples=5, deadline=None)


@bounded
@given(designs, st.integers(0, 10_000))
def test_splitting_a_record_inside_its_psu_changes_no_value_and_no_error(
    draw: Draw, design: tuple[int, int, int, int], chance: int
) -> None:
    seed, strata, psus, size = design
    sample = draw(seed, strata=strata, psus=psus, size=size)
    chosen = np.random.default_rng(chance).random(len(sample)) < 0.4
    halves = sample.assign(w=np.where(chosen, sample["w"] / 2, sample["w"]))
    split = pd.concat([halves, halves[chosen]], ignore_index=True)
    found, wanted = estimate(split), estimate(sample)
    same(found, wanted, "estimate", "se", "df", "psus", "n_weighted", "missing_share")
    # records are counted by n and deff, and by the Korn-Graubard interval of a share of 0 or 1
    amounts = found["statistic"].map(lambda name: CATALOGUE[name].statistic.scale != "share")
    same(found[amounts], wanted[amounts], "ci_low", "ci_high")


@bounded
@given(designs, st.sampled_from([0.001, 0.5, 3.0, 1000.0]))
def test_weights_times_a_number_multiply_totals_and_change_nothing_else(
    draw: Draw, design: tuple[int, int, int, int], factor: float
) -> None:
    seed, strata, psus, size = design
    sample = draw(seed, strata=strata, psus=psus, size=size)
    plain, scaled = estimate(sample), estimate(sample.assign(w=sample["w"] * factor))
    growth = plain["statistic"].map(lambda name: factor ** CATALOGUE[name].degree)
    for column in ("estimate", "se", "ci_low", "ci_high"):
        plain[column] = plain[column] * growth
    same(scaled, plain)
    counts = plain["statistic"] == "count"
    same(scaled[~counts], plain[~counts], "n", "missing")
    # Of one poor person the Gini coefficient is 0: what remains of its variance is rounding, and so is its design
    # effect; so too where a quantile's influence is the same for all.
    varies = ~counts & (plain["se"] > 1e-12) & ~(plain["deff"] > 1e9)
    same(scaled[varies], plain[varies], "deff", rtol=1e-6)
    # where the variance is nothing but rounding, its root is of the size of the root of a rounding error
    np.testing.assert_allclose(scaled["deft"][varies], plain["deft"][varies], rtol=1e-6, atol=1e-6)


@bounded
@given(designs, st.integers(0, 10_000))
def test_the_order_of_the_rows_does_not_matter(draw: Draw, design: tuple[int, int, int, int], chance: int) -> None:
    seed, strata, psus, size = design
    sample = draw(seed, strata=strata, psus=psus, size=size)
    order = np.random.default_rng(chance).permutation(len(sample))
    same(estimate(sample.iloc[order], by="sex"), estimate(sample, by="sex"))


@bounded
@given(designs, st.integers(0, 10_000), st.booleans())
def test_the_numbers_of_psus_and_strata_do_not_matter(
    draw: Draw, design: tuple[int, int, int, int], chance: int, nested: bool
) -> None:
    seed, strata, psus, size = design
    sample = draw(seed, strata=strata, psus=psus, size=size)
    rng = np.random.default_rng(chance)
    numbers = np.tile(np.arange(psus), strata) if nested else rng.permutation(strata * psus)
    names = np.array([f"s{k}" for k in rng.permutation(strata)])
    renamed = sample.assign(psu=numbers[sample["psu"]], stratum=names[sample["stratum"]])
    same(estimate(renamed), estimate(sample))


@bounded
@given(designs)
def test_a_domain_of_all_is_the_whole(draw: Draw, design: tuple[int, int, int, int]) -> None:
    seed, strata, psus, size = design
    sample = draw(seed, strata=strata, psus=psus, size=size)
    whole = estimate(sample)
    domains = estimate(sample.assign(one="all"), each=["one", "region"], where="w > 0", margins=True)
    same(domains[domains["one"] == "all"], whole)
    same(domains[(domains["one"] == "Total") & (domains["region"] == "Total")], whole)


@bounded
@given(designs)
def test_a_missing_answer_is_a_record_outside_the_domain(draw: Draw, design: tuple[int, int, int, int]) -> None:
    seed, strata, psus, size = design
    sample = draw(seed, strata=strata, psus=psus, size=size)
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    for statistic, rule in (
        (cd.mean("food"), "answered(food)"),
        (cd.ratio("food", "income"), "answered(food)"),
        (cd.total("food") * cd.mean("school"), "answered(food) and answered(school)"),
        (cd.median("food"), "answered(food)"),
        (cd.proportion("school"), "answered(school)"),
    ):
        missing, filtered = survey.estimate(statistic).to_frame(), survey.estimate(statistic, where=rule).to_frame()
        same(missing, filtered)
        lost = survey.estimate(cd.count(), where=f"not ({rule})").to_frame()
        assert missing["missing"].iloc[0] == lost["n"].item()
        assert filtered["missing"].iloc[0] == 0


@bounded
@given(designs)
def test_a_total_is_the_sum_of_its_domains_with_their_covariance(draw: Draw, design: tuple[int, int, int, int]) -> None:
    seed, strata, psus, size = design
    sample = draw(seed, strata=strata, psus=psus, size=size)
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    parts, whole = survey.estimate(cd.total("food"), by=["sex", "region"]), survey.estimate(cd.total("food")).to_frame()
    assert parts.to_frame()["estimate"].sum() == pytest.approx(whole["estimate"].item(), rel=1e-10)
    assert parts.covariance().to_numpy().sum() == pytest.approx(whole["se"].item() ** 2, rel=1e-8, abs=1e-10)


def test_two_runs_give_equal_bits(sample: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(estimate(sample, by="sex"), estimate(sample, by="sex"), check_exact=True)


def test_the_table_holds_every_statistic_of_the_face() -> None:
    made = {one.statistic.name.split("(")[0] for one in CATALOGUE.values()}
    face = {"total", "count", "mean", "ratio", "proportion", "median", "quantile", "log", "exp"}
    face |= {"fgt", "watts", "sen", "sst", "poor_gini", "poor_median", "relative_median_gap", "richness"}
    face |= {"gini", "s_gini", "concentration", "kakwani", "theil", "mld", "generalized_entropy", "j_divergence"}
    face |= {"mld_between", "mld_within", "entropy_between", "entropy_within", "atkinson"}
    face |= {"lorenz", "generalized_lorenz", "concentration_curve", "quantile_share", "palma", "s80_s20"}
    assert face | {"quantile_ratio", "growth_incidence"} <= made


def degenerate() -> pd.DataFrame:
    """Domains of one record, of records that are all alike, of two kinds of records, and the rest."""
    chance, n = np.random.default_rng(2), 48
    kind = np.full(n, "rest", dtype=object)
    kind[1::4], kind[2::4], kind[3::8] = "all equal", "two values", "two values"
    kind[5] = "one record"
    data = pd.DataFrame(
        {
            "food": chance.uniform(1, 6, n), "income": chance.uniform(2, 9, n), "poor": chance.integers(0, 2, n),
            "school": chance.integers(0, 2, n), "quintile": chance.integers(1, 6, n), "sex": chance.integers(1, 3, n),
            "w": chance.uniform(1, 3, n), "psu": np.arange(n) // 4, "stratum": np.arange(n) // 24, "kind": kind,
        }
    )  # fmt: skip
    equal, two = np.flatnonzero(kind == "all equal"), np.flatnonzero(kind == "two values")
    same = {"food": 2.4, "income": 2.3, "poor": 1, "school": 0, "quintile": 2, "sex": 1}
    other = {"food": 5.1, "income": 6.9, "poor": 0, "school": 1, "quintile": 4, "sex": 2}
    for name, value in same.items():
        data.loc[equal, name] = value
        data.loc[two, name] = np.where(np.arange(two.size) % 3 == 0, value, other[name])
    return data


DEGENERATE = degenerate()
BY_DEFAULT = {
    "rate below 60 % of the median": cd.fgt("income", cd.relative_line(0.6)),
    "gap below the domain's own median": cd.fgt("income", cd.relative_line(0.9, within="domain"), alpha=1),
    "line of the domain": cd.relative_line(0.6, y="income", within="domain").statistic(),
    "median gap below the domain's line": cd.relative_median_gap("income", cd.relative_line(1.2, within="domain")),
    "quantile near the end": cd.quantile("income", 0.95),
}
# a root, which has no derivative at 0
NO_SLOPE = {"standard deviation", "coefficient of variation"}


@pytest.mark.parametrize("name", [*STATISTICS, *BY_DEFAULT])
def test_degenerate_domains_give_no_infinity_and_no_error_of_zero_that_is_not_one(name: str) -> None:
    survey = cd.Survey(DEGENERATE, weight="w", strata="stratum", psu="psu")
    statistic = (STATISTICS | BY_DEFAULT)[name]
    found = survey.estimate(statistic, by="kind")
    frame = found.to_frame().set_index("kind")
    numbers = frame[["estimate", "se", "ci_low", "ci_high", "cv", "deff"]].to_numpy(dtype=float)
    assert not np.isinf(numbers).any()
    assert (frame.loc[["one record"], "flag"] == "one PSU").all()
    assert frame.loc[["one record"], "ci_low"].isna().all()
    equal, two = frame.loc[["all equal"]], frame.loc[["two values"]]
    if name in NO_SLOPE:
        assert equal["estimate"].tolist() == [0]
        assert equal["se"].isna().all()
        assert any("no derivative" in note for note in found.notes)
    # no error where there is no value
    assert frame.loc[frame["estimate"].isna(), "se"].isna().all()
    # two kinds of records in PSUs that are not alike: an error of 0 is that of a value that does not depend on the mix
    moved = survey.estimate(statistic, by="kind", where="psu > 1").to_frame().set_index("kind").loc[["two values"]]
    sure = (two["se"] <= 1e-15).to_numpy()
    np.testing.assert_allclose(moved["estimate"][sure], two["estimate"][sure], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", [*STATISTICS, *BY_DEFAULT])
def test_degenerate_domains_are_the_same_at_an_engine(name: str) -> None:
    statistic = (STATISTICS | BY_DEFAULT)[name]
    both = [
        cd.Survey(data, weight="w", strata="stratum", psu="psu").estimate(statistic, by="kind")
        for data in (DEGENERATE, pl.from_pandas(DEGENERATE).lazy())
    ]
    memory, engine = (one.to_frame() for one in both)
    for column in ("estimate", "se"):
        np.testing.assert_allclose(engine[column], memory[column], rtol=1e-9, atol=1e-14, err_msg=column)
    told = [[note for note in one.notes if "no standard error" in note] for one in both]
    assert told[0] == told[1]
