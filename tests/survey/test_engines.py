"""One survey at every engine: the same estimates, standard errors, counts, flags and notes as in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from test_properties import CATALOGUE

import childdata as cd
from childdata.errors import DesignError, EstimationError, VariableError
from childdata.survey.dispersion import Moment
from childdata.survey.engine_ranked import in_the_engine
from childdata.survey.statistic import Count, Total, leaves

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

DESIGN: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu", "lonely_psu": "adjust"}
OPTIONS: dict[str, dict[str, Any]] = {
    "whole": {},
    "crossed": {"by": ["sex", "quintile"], "margins": True, "where": "poor == 1 or income > 2"},
    "dropped": {"each": ["sex", ("sex", "quintile")], "missing_by": "drop", "missing": "listwise"},
    "totals only": {"by": "sex", "margins": True, "missing_by": "total", "convention": "stata", "where": "food < 9"},
}


def supported(statistic: cd.Statistic) -> bool:
    try:
        in_the_engine(statistic)
    except EstimationError:
        return False
    return True


def is_of_sums(statistic: cd.Statistic) -> bool:
    kinds = (Total, Count, Moment)
    return all(isinstance(leaf, kinds) for item in statistic.items for leaf in leaves(item.node))


SUPPORTED = {name: line.statistic for name, line in CATALOGUE.items() if supported(line.statistic)}
SMOOTH = {name: statistic for name, statistic in SUPPORTED.items() if is_of_sums(statistic)}
RANKED = {name: statistic for name, statistic in SUPPORTED.items() if not is_of_sums(statistic)}
WITHOUT_MOMENTS = {
    name: statistic
    for name, statistic in SMOOTH.items()
    if not any(isinstance(leaf, Moment) for item in statistic.items for leaf in leaves(item.node))
}
FEW_WITHOUT_MOMENTS = dict(list(WITHOUT_MOMENTS.items())[::5])  # each makes a sum for every replicate
FEW_RANKED = {
    "median": cd.median("income"),
    "Gini": cd.gini("income"),
    "concentration": cd.concentration("food", "income"),
    "below a line": cd.fgt("income", cd.relative_line(0.6, y="income")),
}


def records() -> pl.DataFrame:
    """2,000 records in 60 PSUs with everything that goes wrong: null, NaN, weight zero, PSU numbers used again."""
    rng = np.random.default_rng(1)
    n = 2000
    frame = pl.DataFrame(
        {
            "stratum": rng.integers(0, 5, n),
            "psu": rng.integers(0, 12, n),
            "w": np.where(rng.random(n) < 0.02, 0, rng.uniform(1, 9, n)),
            "income": np.round(rng.lognormal(1, 0.6, n), 2),
            "food": np.round(rng.lognormal(0, 0.6, n), 2),
            "poor": rng.integers(0, 2, n),
            "school": rng.integers(0, 2, n),
            "sex": rng.choice(["f", "m"], n),
            "quintile": rng.integers(1, 6, n),
        }
    )
    lost = {name: pl.Series(rng.random(n) < share) for name, share in
            {"income": 0.05, "food": 0.05, "sex": 0.03, "quintile": 0.03}.items()}  # fmt: skip
    return frame.with_columns(
        pl.when(where).then(float("nan") if name == "food" else None).otherwise(name).alias(name)
        for name, where in lost.items()
    )


FRAME = records()


def with_duckdb(folder: Path) -> Any:
    return duckdb.connect().from_arrow(FRAME.to_arrow())


def parquet(folder: Path) -> str:
    for part in range(5):
        FRAME[part::5].write_parquet(folder / f"part{part}.parquet")
    return str(folder / "*.parquet")


def with_ibis(folder: Path) -> Any:
    ibis = pytest.importorskip("ibis")
    FRAME.write_parquet(folder / "all.parquet")
    return ibis.duckdb.connect().read_parquet(folder / "all.parquet")


def with_dask(folder: Path) -> Any:
    dask = pytest.importorskip("dask.dataframe")
    return dask.from_pandas(FRAME.to_pandas(), npartitions=3)


def with_spark(folder: Path) -> Any:
    session = pytest.importorskip("pyspark.sql").SparkSession
    try:
        quiet = session.builder.master("local[2]").config("spark.ui.enabled", "false")
        spark = quiet.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    except Exception as found:  # no Java on this machine: whatever the bridge to it raises
        pytest.skip(f"Spark does not start here: {type(found).__name__}")
    FRAME.write_parquet(folder / "all.parquet")
    return spark.read.parquet(str(folder / "all.parquet"))


ENGINES: dict[str, Callable[[Path], Any]] = {
    "polars lazy": lambda folder: FRAME.lazy(),
    "polars scan": lambda folder: pl.scan_parquet(parquet(folder)),
    "duckdb": with_duckdb,
    "duckdb on parquet": lambda folder: duckdb.connect().sql(f"SELECT * FROM '{parquet(folder)}'"),
    "ibis": with_ibis,
    "dask": with_dask,
    "spark": with_spark,
}
IN_MEMORY: dict[str, Callable[[], Any]] = {
    "pandas": FRAME.to_pandas,
    "pyarrow": FRAME.to_arrow,
    "mapping": lambda: FRAME.to_dict(as_series=False),
}


@pytest.fixture(scope="module")
def memory() -> cd.Survey:
    return cd.Survey(FRAME, **DESIGN)


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> cd.Survey:
    return cd.Survey(ENGINES[request.param](tmp_path_factory.mktemp("engine")), **DESIGN)


def assert_same(found: cd.Estimates, wanted: cd.Estimates, *, rtol: float = 1e-12) -> None:
    """Every column and every note; a standard error that is nothing but rounding is zero.

    Design effects to 1e-9: the scatter of an influence is a sum of many products, of which much cancels; and the cv,
    which has no digits where the estimate is a difference near zero. The spread of one record is 0 in memory, and what
    rounding leaves of 0 (the root of 1e-16) where it is found from sums.
    """
    assert found.notes == wanted.notes
    one, other = found.to_frame().copy(), wanted.to_frame().copy()
    nothing = (one["se"] < 1e-12) & (other["se"] < 1e-12)
    for frame in (one, other):
        frame.loc[nothing, ["se", "cv", "deff", "deft", "ci_low", "ci_high"]] = 0.0
    alone = (one["n"] == 1) & (one["estimate"].abs() < 1e-6) & (other["estimate"].abs() < 1e-6)
    for frame in (one, other):
        frame.loc[alone, ["estimate", "se", "cv", "deff", "deft", "ci_low", "ci_high"]] = 0.0
    effects = ["deff", "deft", "cv"]
    pd.testing.assert_frame_equal(one[effects], other[effects], rtol=1e-9, atol=1e-12)
    pd.testing.assert_frame_equal(one.drop(columns=effects), other.drop(columns=effects), rtol=rtol, atol=1e-13)


FAST = ["polars lazy", "polars scan", "duckdb", "duckdb on parquet", "ibis"]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("engine", FAST, indirect=True)
def test_smooth_statistics_are_those_of_memory(engine: cd.Survey, options: str, memory: cd.Survey) -> None:
    assert_same(engine.estimate(SMOOTH, **OPTIONS[options]), memory.estimate(SMOOTH, **OPTIONS[options]), rtol=2e-12)


@pytest.mark.parametrize("options", ["whole", "crossed"])
@pytest.mark.parametrize("engine", FAST, indirect=True)
def test_what_is_found_by_rank_is_that_of_memory(engine: cd.Survey, options: str, memory: cd.Survey) -> None:
    found, wanted = (one.estimate(FEW_RANKED, **OPTIONS[options]) for one in (engine, memory))
    assert_same(found, wanted, rtol=1e-11)


@pytest.mark.parametrize("name", RANKED)
def test_every_statistic_by_rank_is_that_of_memory(name: str, memory: cd.Survey) -> None:
    engine = cd.Survey(FRAME.lazy(), **DESIGN)
    options = {"by": "sex", "margins": True, "where": "poor == 1 or income > 2"}
    assert_same(engine.estimate(RANKED[name], **options), memory.estimate(RANKED[name], **options), rtol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["dask", "spark"], indirect=True)
def test_smooth_statistics_on_a_cluster_are_those_of_memory(engine: cd.Survey, memory: cd.Survey) -> None:
    options, some = OPTIONS["crossed"], dict(list(SMOOTH.items())[::8])
    assert_same(engine.estimate(some, **options), memory.estimate(some, **options), rtol=2e-12)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["dask", "spark"], indirect=True)
def test_a_median_on_a_cluster_is_that_of_memory(engine: cd.Survey, memory: cd.Survey) -> None:
    options = OPTIONS["crossed"] | {"by": "sex"}
    found = engine.estimate(cd.median("income"), **options)
    assert_same(found, memory.estimate(cd.median("income"), **options), rtol=1e-11)


@pytest.mark.parametrize("kind", IN_MEMORY)
def test_frames_in_memory_agree_too(kind: str, memory: cd.Survey) -> None:
    survey = cd.Survey(IN_MEMORY[kind](), **DESIGN)
    assert_same(survey.estimate(SMOOTH, **OPTIONS["crossed"]), memory.estimate(SMOOTH, **OPTIONS["crossed"]))


@pytest.mark.parametrize("engine", FAST, indirect=True)
def test_the_design_is_described_as_in_memory(engine: cd.Survey, memory: cd.Survey) -> None:
    found, wanted = engine.describe(), memory.describe()
    assert found.notes == wanted.notes
    assert found.lonely == wanted.lonely
    for name, value in wanted.facts.items():
        same = found.facts[name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)
        assert same, name


@pytest.mark.parametrize("engine", FAST, indirect=True)
def test_differences_and_tests_have_the_covariance_of_memory(engine: cd.Survey, memory: cd.Survey) -> None:
    for_both = [cd.mean("income"), cd.mean("poor == 1")]
    found, wanted = engine.estimate(for_both, by="sex"), memory.estimate(for_both, by="sex")
    np.testing.assert_allclose(found.covariance(), wanted.covariance(), rtol=1e-10, atol=1e-18)
    assert_same(found.difference(along="sex", of=("m", "f")), wanted.difference(along="sex", of=("m", "f")), rtol=1e-10)


@pytest.mark.parametrize("engine", ["polars lazy", "duckdb"], indirect=True)
def test_a_survey_of_a_domain_and_new_columns_stay_at_the_engine(engine: cd.Survey, memory: cd.Survey) -> None:
    def asked(survey: cd.Survey) -> cd.Estimates:
        made = survey.with_columns(rest="income - food", group="quintile > 2").where("school == 1")
        return made.estimate([cd.mean("rest"), cd.mean("rest < 1")], by="group")

    assert_same(asked(engine), asked(memory))


@pytest.mark.parametrize("missing", ["pairwise", "listwise", "fail"])
@pytest.mark.parametrize("engine", ["polars lazy", "duckdb"], indirect=True)
def test_missing_answers_are_dealt_with_as_in_memory(engine: cd.Survey, missing: Any, memory: cd.Survey) -> None:
    asked = [cd.mean("income"), cd.ratio("food", "income"), cd.count()]
    if missing == "fail":
        with pytest.raises(EstimationError) as wanted:
            memory.estimate(asked, missing=missing)
        with pytest.raises(EstimationError) as found:
            engine.estimate(asked, missing=missing)
        assert str(found.value) == str(wanted.value)
        return
    assert_same(engine.estimate(asked, missing=missing), memory.estimate(asked, missing=missing))


def test_an_empty_domain_and_undefined_rules_are_told(memory: cd.Survey) -> None:
    engine = cd.Survey(FRAME.lazy(), **DESIGN)
    asked = [cd.mean("income / poor"), cd.mean("log(income - 2)")]
    assert_same(engine.estimate(asked, where="income > 0"), memory.estimate(asked, where="income > 0"))
    found, wanted = (one.estimate(cd.mean("food"), where="income > 1000") for one in (engine, memory))
    assert found.notes == wanted.notes
    assert found.to_frame()["flag"].tolist() == ["empty"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"weight": "w - 1"}, "negative"),
        ({"weight": "income"}, "missing in"),
        ({"strata": "sex"}, "'sex' identifies strata or units, but is missing in"),
        ({"psu": "quintile"}, "'quintile' identifies"),
        ({"weight": "sex"}, "holds text where numbers are wanted"),
        ({"weight": "w * 0"}, "is zero in all 2000 records"),
    ],
)
def test_a_design_that_is_none_is_refused_in_the_same_words(wrong: dict[str, str], told: str) -> None:
    with pytest.raises(DesignError) as memory:
        cd.Survey(FRAME, **DESIGN | wrong)
    with pytest.raises(DesignError, match=told) as engine:
        cd.Survey(FRAME.lazy(), **DESIGN | wrong)
    assert str(engine.value).split("; fill")[0] == str(memory.value).split("; fill")[0]


def test_a_record_as_unit_is_refused_with_the_call_that_helps() -> None:
    with pytest.raises(DesignError, match=r"sums by sampling unit, so psu= is needed.*cd\.Survey\(data\.collect\(\)"):
        cd.Survey(FRAME.lazy(), weight="w")
    relation = duckdb.connect().from_arrow(FRAME.to_arrow())
    with pytest.raises(DesignError, match=r"DuckDB.*cd\.Survey\(data\.pl\(\), \.\.\.\)"):
        cd.Survey(relation, weight="w", strata="stratum")


def test_what_asks_for_records_is_refused_with_the_call_that_helps() -> None:
    engine = cd.Survey(FRAME.lazy(), **DESIGN)
    for what in (
        lambda: cd.trim(engine, upper=5),
        lambda: cd.rake(engine, {"sex": {"f": 1.0, "m": 1.0}}),
        lambda: cd.regress(engine, "income ~ food"),
        lambda: cd.crosstab(engine, "sex", "quintile"),
        lambda: cd.weights_report(engine),
        lambda: cd.ttest(engine, "income", by="sex"),
    ):
        with pytest.raises(EstimationError, match=r"needs the records themselves.*cd\.Survey\(data\.collect\(\)"):
            what()


def test_names_and_rules_are_refused_as_in_memory() -> None:
    engine = cd.Survey(FRAME.lazy(), **DESIGN)
    with pytest.raises(VariableError, match="nearest: 'income'"):
        engine.estimate(cd.mean("incme"))
    with pytest.raises(VariableError, match="holds text"):
        engine.estimate(cd.mean("sex"))
    with pytest.raises(EstimationError, match="neither true nor false"):
        engine.estimate(cd.mean("income"), where="quintile")
    with pytest.raises(EstimationError, match="hf1, hf2, hf3"):
        engine.estimate(cd.quantile("income", 0.5, rule="hf7"))


def test_stages_with_fpc_are_those_of_memory() -> None:
    frame = FRAME.with_columns(
        home=pl.col("quintile").fill_null(0) + 10 * pl.col("poor"),
        N=20 + pl.col("stratum"),
        M=pl.lit(40.0),
    )
    design: dict[str, Any] = {"strata": "stratum", "psu": ["psu", "home"], "fpc": ["N", "M"]}
    asked = [cd.mean("income"), cd.total("poor == 1")]
    for weight in ({"weight": "w"}, {}):
        memory, engine = (cd.Survey(data, **design, **weight) for data in (frame, frame.lazy()))
        assert_same(engine.estimate(asked, by="sex"), memory.estimate(asked, by="sex"), rtol=1e-11)
        assert engine.describe().facts["records"] == 2000
    with pytest.raises(DesignError, match="takes different values inside"):
        cd.Survey(frame.with_columns(N=pl.col("income").fill_null(1) + 20).lazy(), **design)


def test_replicate_weights_made_from_strata_and_psus_are_those_of_memory(memory: cd.Survey) -> None:
    engine = cd.Survey(FRAME.lazy(), **DESIGN).with_replicates(cd.JKn())
    wanted = memory.with_replicates(cd.JKn())
    options = OPTIONS["crossed"]
    assert_same(engine.estimate(SMOOTH, **options), wanted.estimate(SMOOTH, **options), rtol=1e-10)
    with pytest.raises(EstimationError, match="under replicate weights an engine gives what is made of totals"):
        engine.estimate(cd.median("income"))


@pytest.mark.parametrize("strata_too", ["strata and PSUs too", "replicates alone"])
@pytest.mark.parametrize("combined", ["weights", "factors"])
def test_replicate_weights_in_columns_are_those_of_memory(combined: Any, strata_too: str) -> None:
    rng = np.random.default_rng(5)
    half = rng.integers(0, 2, (60, 12)) * 2.0
    unit = FRAME["stratum"].to_numpy() * 12 + FRAME["psu"].to_numpy()
    scale = FRAME["w"].to_numpy()[:, None] if combined == "weights" else 1.0
    frame = FRAME.with_columns(pl.DataFrame(half[unit] * scale, schema=[f"r{k}" for k in range(1, 13)]))
    kind = cd.BRR("r1..r12", combined=combined)
    design: dict[str, Any] = DESIGN if strata_too == "strata and PSUs too" else {"weight": "w"}
    memory = cd.Survey(frame, **design, replicates=kind)
    for data in (frame.lazy(), duckdb.connect().from_arrow(frame.to_arrow())):
        engine = cd.Survey(data, **design, replicates=kind)
        assert engine.design.degrees_of_freedom == memory.design.degrees_of_freedom
        found, wanted = (one.estimate(FEW_WITHOUT_MOMENTS, **OPTIONS["crossed"]) for one in (engine, memory))
        assert_same(found, wanted, rtol=1e-10)
        same, wanted_facts = engine.describe().facts, memory.describe().facts
        assert list(same) == list(wanted_facts)
        numbers = {name for name, value in wanted_facts.items() if isinstance(value, float)}
        assert {k: v for k, v in same.items() if k not in numbers} == {
            k: v for k, v in wanted_facts.items() if k not in numbers
        }
        assert (wanted_facts["PSUs"] == "not known") is (strata_too == "replicates alone")
        assert found.to_frame()["psus"].isna().all() == (strata_too == "replicates alone")
        assert repr(engine) == repr(memory)
        gaps = [
            one.estimate(cd.mean("income"), by="sex").difference(along="sex", of=("m", "f")) for one in (engine, memory)
        ]
        assert_same(gaps[0], gaps[1], rtol=1e-10)


def test_replicate_weights_that_are_none_are_refused_in_the_same_words() -> None:
    good = {"w": [1.0, 1.0, 2.0], "r1": [2.0, 0.0, 2.0], "r2": [0.0, 2.0, 2.0], "y": [1.0, 2.0, 3.0]}
    for wrong in ([2.0, None, 2.0], [2.0, -1.0, 2.0], [0.0, 0.0, 0.0], [2.0, float("inf"), 2.0], ["a", "b", "c"]):
        data = pl.DataFrame(good | {"r2": wrong}, strict=False)
        with pytest.raises(DesignError) as memory:
            cd.Survey(data, weight="w", replicates=cd.BRR("r1..r2"))
        with pytest.raises(DesignError) as engine:
            cd.Survey(data.lazy(), weight="w", replicates=cd.BRR("r1..r2"))
        assert str(engine.value) == str(memory.value)
    zeros = {"data": pl.DataFrame(good | {"r2": [0.0, None, 2.0]}), "weight": "w"}
    kind = cd.BRR("r1..r2", blank="zero")
    memory_of_zeros = cd.Survey(**zeros, replicates=kind).estimate(cd.mean("y"))
    engine_of_zeros = cd.Survey(**zeros | {"data": zeros["data"].lazy()}, replicates=kind).estimate(cd.mean("y"))
    assert_same(engine_of_zeros, memory_of_zeros)


def test_category_types_and_truth_columns_make_domains_as_in_memory() -> None:
    frame = FRAME.with_columns(
        area=pl.Series(np.where(np.arange(2000) % 3 == 0, "Urban", "Rural")).cast(pl.Enum(["Urban", "Rural"])),
        ok=pl.col("poor") == 1,
        day=pl.lit("2024-01-01").str.to_date() + pl.duration(days=pl.col("school")),
    )
    memory, engine = (cd.Survey(data, **DESIGN) for data in (frame, frame.lazy()))
    asked = [cd.mean("income"), cd.mean("ok"), cd.proportion("area"), cd.proportion("ok"), cd.median("income")]
    for by in ("area", "ok", "day", ["area", "ok"]):
        assert_same(engine.estimate(asked, by=by), memory.estimate(asked, by=by), rtol=1e-11)


@pytest.mark.parametrize("lazy", [False, True])
def test_a_domain_of_zeros_sums_to_zero(lazy: bool) -> None:
    """No number is taken off that is far from a domain: 1e-14 in place of 0 would be divided by, and tested."""
    rng = np.random.default_rng(1)
    group = np.repeat(["a", "b", "c"], 20)
    y = np.where(group == "a", rng.gamma(2, 100, 60).round(2), 0.0)
    data = {"g": group, "y": y, "x": rng.uniform(1, 2, 60), "w": rng.uniform(0.5, 3, 60).round(3), "p": np.arange(60)}
    frame = pl.DataFrame(data)
    survey = cd.Survey(frame.lazy() if lazy else frame, weight="w", psu="p")
    asked = {"mean": cd.mean("y"), "ratio": cd.ratio("x", "y"), "inverse": 1 / cd.mean("y"), "gini": cd.gini("y")}
    found = survey.estimate(asked, by="g").to_frame().query("g != 'a'").set_index("statistic")
    assert (found.loc["mean", ["estimate", "se"]] == 0).all(axis=None)
    assert found.loc[["ratio", "inverse", "gini"], ["estimate", "se"]].isna().all(axis=None)


@pytest.mark.parametrize("lazy", [False, True])
def test_domains_on_other_scales_keep_their_digits(lazy: bool) -> None:
    rng = np.random.default_rng(2)
    group = np.arange(200) % 2
    frame = pl.DataFrame(
        {"g": group, "y": np.where(group == 0, rng.normal(1, 0.1, 200), rng.normal(1e9, 1, 200)), "p": range(200)}
    )
    survey = cd.Survey(frame.lazy() if lazy else frame, psu="p")
    found = survey.estimate(cd.mean("y"), by="g").to_frame()["estimate"].iloc[0]
    assert found == pytest.approx(frame.filter(pl.col("g") == 0)["y"].mean(), rel=1e-14)


def test_a_variable_may_be_called_like_a_sum() -> None:
    frame = FRAME.with_columns(cd_uf=pl.col("psu") % 3)
    memory, engine = (cd.Survey(data, **DESIGN) for data in (frame, frame.lazy()))
    for asked in (cd.median("income"), cd.mean("income")):
        assert_same(engine.estimate(asked, by="cd_uf"), memory.estimate(asked, by="cd_uf"), rtol=1e-11)
    parts = [cd.Survey(frame[k::2].lazy(), **DESIGN).reduce(cd.mean("income"), by="cd_uf") for k in (0, 1)]
    assert_same(cd.merge(parts), memory.estimate(cd.mean("income"), by="cd_uf"), rtol=1e-11)


def test_negations_are_those_of_memory(tmp_path: Path) -> None:
    """Few columns and no others asked for: ibis then writes them into one condition."""
    ibis = pytest.importorskip("ibis")
    data = {"p": [1, 1, 2, 2, 3, 3], "w": [1.0] * 6, "b": [True, False, None, True, False, False]}
    frame = pl.DataFrame(data)
    frame.write_parquet(tmp_path / "b.parquet")
    for rule in ("not b", "answered(b)", "missing(not b)", "not answered(b)"):
        memory = cd.Survey(frame, weight="w", psu="p").estimate(cd.mean(rule))
        for there in (frame.lazy(), ibis.duckdb.connect().read_parquet(tmp_path / "b.parquet")):
            assert_same(cd.Survey(there, weight="w", psu="p").estimate(cd.mean(rule)), memory)


def test_a_rule_without_variables_may_be_unknown() -> None:
    for rule in ("1 / 0", "log(0)"):
        memory, engine = (cd.Survey(data, **DESIGN).estimate(cd.mean(rule)) for data in (FRAME, FRAME.lazy()))
        assert_same(engine, memory)
        assert np.isnan(engine.to_frame()["estimate"].item())


def test_what_dask_would_answer_wrongly_is_refused() -> None:
    dask = pytest.importorskip("dask.dataframe")
    data = pd.DataFrame({"p": [1, 2, 3, 4] * 5, "age": [1, None, 1, 2] * 5, "whole": [1, 2, 1, 2] * 5})
    data["age"] = data["age"].astype("Int64")
    survey = cd.Survey(dask.from_pandas(data, npartitions=2), psu="p")
    for rule in ("age == 1", "if_else(age == 1, 2, 3) == 2"):
        with pytest.raises(EstimationError, match=r"'age', which is missing in 5 records.*data\.compute\(\)"):
            survey.estimate(cd.mean(rule))
    assert survey.estimate(cd.mean("age")).to_frame()["n"].item() == 15
    assert survey.estimate(cd.mean("whole == 1")).to_frame()["estimate"].item() == 0.5


def test_successive_differences_want_the_order_of_the_records() -> None:
    with pytest.raises(EstimationError, match="needs the records themselves"):
        cd.Survey(FRAME.lazy(), **DESIGN).with_replicates(cd.SDR())
