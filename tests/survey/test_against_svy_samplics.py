"""The same invented surveys put to svy and to samplics; and where samplics differs, shown.

samplics 0.6.1 is the last release of an archived project, svy its successor. Both are oracles here, no part of the library.
"""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
DESIGNS: dict[str, Any] = json.loads((REFERENCE / "random_designs.json").read_text(encoding="utf-8"))
CLOSE = 1e-11
SVY = ["two_stages", "ultimate", "first_fpc", "certainty", "unequal", "normalised", "elements"]
SAMPLICS = ["ultimate", "first_fpc", "normalised"]


def frame_of(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"random_{DESIGNS[name]['data']}.csv")


@cache
def ours(name: str) -> cd.Survey:
    design = DESIGNS[name]
    return cd.Survey(
        frame_of(name), weight=design["weight"], strata=design["strata"], psu=design["psu"] or None,
        fpc=design["fpc"] or None,
    )


@cache
def theirs(name: str) -> Any:
    """The survey as a sample of svy; the test is skipped, saying so, where svy is not installed."""
    svy = pytest.importorskip("svy", reason="svy is not installed")
    design = DESIGNS[name]
    parts: dict[str, Any] = {"stratum": design["strata"], "wgt": design["weight"]}
    parts |= {part: column for part, column in zip(("psu", "ssu"), design["psu"], strict=False)}
    if len(design["fpc"]) == 2:
        parts["pop_size"] = svy.PopSize(psu=design["fpc"][0], ssu=design["fpc"][1])
    elif design["fpc"]:
        parts["pop_size"] = design["fpc"][0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return svy.Sample(pl.from_pandas(frame_of(name)), svy.Design(**parts))


def compare(found: pd.DataFrame, wanted: Any, close: float = CLOSE, *, deff: bool = False, df: bool = True) -> None:
    """Rows of a result against those of svy: estimate, se, limits, and what else is asked for."""
    columns = {"estimate": "est", "se": "se", "ci_low": "lci", "ci_high": "uci"} | ({"deff": "deff"} if deff else {})
    rows = wanted.to_polars()
    for column, name in columns.items():
        np.testing.assert_allclose(found[column].to_numpy(float), rows[name].to_numpy(), rtol=close, err_msg=column)
    if df:
        assert found["df"].tolist() == rows["df"].to_list()
    assert found["n"].tolist() == rows["n"].to_list()


@pytest.mark.parametrize("name", SVY)
@pytest.mark.parametrize("kind", ["mean", "total"])
@pytest.mark.parametrize("by", [None, "region"])
def test_svy_means_and_totals(name: str, kind: str, by: str | None) -> None:
    for variable in ("y", "number", "yes"):
        wanted = getattr(theirs(name).estimation, kind)(variable, by=by, deff="wr")
        compare(ours(name).estimate(getattr(cd, kind)(variable), by=by).to_frame(), wanted, deff=kind == "mean")


@pytest.mark.parametrize("name", SVY)
def test_svy_ratios_in_domains(name: str) -> None:
    for by in (None, "sex"):
        compare(ours(name).estimate(cd.ratio("y", "x"), by=by).to_frame(), theirs(name).estimation.ratio("y", "x", by=by))


@pytest.mark.parametrize("name", SVY)
@pytest.mark.parametrize("interval", ["logit", "beta"])
def test_svy_shares_with_their_intervals(name: str, interval: Any) -> None:
    wanted = theirs(name).estimation.prop("yes", ci_method=interval, deff="wr")
    compare(ours(name).estimate(cd.proportion("yes"), interval=interval).to_frame(), wanted, deff=True)


@pytest.mark.parametrize("name", SVY)
def test_svy_subpopulation_and_two_crossed_variables(name: str) -> None:
    svy = pytest.importorskip("svy", reason="svy is not installed")
    wanted = theirs(name).estimation.mean("y", where=svy.col("sex") == 1)
    compare(ours(name).estimate(cd.mean("y"), where="sex == 1").to_frame(), wanted)
    crossed = theirs(name).estimation.mean("y", by=["region", "sex"])
    compare(ours(name).estimate(cd.mean("y"), by=["region", "sex"]).to_frame(), crossed)


@pytest.mark.parametrize("name", SVY)
def test_svy_missing_values_keep_the_design(name: str) -> None:
    compare(ours(name).estimate(cd.mean("m")).to_frame(), theirs(name).estimation.mean("m", drop_nulls=True))


@pytest.mark.parametrize("name", [name for name in SVY if name != "elements"])
def test_svy_quantiles_where_no_tie_decides(name: str) -> None:
    wanted = theirs(name).estimation.quantile("y", p=[0.25, 0.5, 0.75])
    compare(ours(name).estimate(cd.quantile("y", [0.25, 0.5, 0.75])).to_frame(), wanted)


def test_svy_takes_the_higher_value_on_a_tie() -> None:
    """Equal weights, and the cumulative weight is exactly p: the smallest y with F(y) >= p is the lower one."""
    svy = pytest.importorskip("svy", reason="svy is not installed")
    values = [1.0, 2.0, 3.0, 4.0]
    sample = svy.Sample(pl.DataFrame({"y": values, "w": [1.0] * 4}), svy.Design(wgt="w"))
    assert cd.Survey({"y": values}).estimate(cd.median("y")).to_frame()["estimate"].item() == 2.0
    assert sample.estimation.quantile("y", p=0.5).to_polars()["est"].item() == 3.0
    lower = sample.estimation.quantile("y", p=0.5, q_method="lower").to_polars()["est"].item()
    assert lower == 2.0


def samplics() -> Any:
    """The package, its notice of retirement kept quiet; the test is skipped, saying so, where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("samplics", reason="samplics is not installed")


def taylor(name: str, parameter: str, variable: str, **more: Any) -> Any:
    package = samplics()
    design, data = DESIGNS[name], frame_of(name)
    estimator = package.TaylorEstimator(getattr(package.PopParam, parameter))
    estimator.estimate(
        y=data[variable], samp_weight=data[design["weight"]], stratum=data["stratum"], psu=data["unit1"],
        **{key: data[value] if isinstance(value, str) else value for key, value in more.items()},
    )
    return estimator


def unsampled_share(name: str) -> dict[int, float]:
    """1 - f by stratum: what samplics calls fpc."""
    one = ours(name).design.stages[0]
    return {stratum + 1: float(share) for stratum, share in enumerate(one.unsampled)}


@pytest.mark.parametrize("name", SAMPLICS)
@pytest.mark.parametrize("kind", ["mean", "total", "ratio"])
def test_samplics_estimate_and_standard_error(name: str, kind: str) -> None:
    more: dict[str, Any] = {"x": "x"} if kind == "ratio" else {}
    more |= {"fpc": unsampled_share(name)} if DESIGNS[name]["fpc"] else {}
    wanted = taylor(name, kind, "y", **more)
    statistic = {"mean": cd.mean("y"), "total": cd.total("y"), "ratio": cd.ratio("y", "x")}[kind]
    found = ours(name).estimate(statistic).to_frame()
    np.testing.assert_allclose(found["estimate"].item(), wanted.point_est, rtol=1e-12)
    np.testing.assert_allclose(found["se"].item(), wanted.stderror, rtol=1e-12)


def test_samplics_domain_means() -> None:
    wanted = taylor("ultimate", "mean", "y", domain="region")
    found = ours("ultimate").estimate(cd.mean("y"), by="region").to_frame()
    for region, estimate, se in zip(found["region"], found["estimate"], found["se"], strict=True):
        np.testing.assert_allclose([estimate, se], [wanted.point_est[region], wanted.stderror[region]], rtol=1e-12)


def test_samplics_reads_an_fpc_as_the_share_not_sampled() -> None:
    """Given what everybody else calls fpc, the population sizes, it multiplies the variance by them."""
    sizes = dict(enumerate(ours("first_fpc").design.stages[0].population.tolist(), start=1))
    wrong = taylor("first_fpc", "mean", "y", fpc=sizes)
    right = ours("first_fpc").estimate(cd.mean("y")).to_frame()["se"].item()
    assert wrong.stderror > 3 * right


def test_samplics_gives_no_design_effect() -> None:
    assert taylor("ultimate", "mean", "y", deff=True).deff == {}
    assert ours("ultimate").estimate(cd.mean("y")).to_frame()["deff"].item() > 1


def test_samplics_gives_the_error_of_a_median_on_the_scale_of_the_share() -> None:
    median = taylor("ultimate", "median", "y")
    found = ours("ultimate").estimate([cd.median("y"), cd.mean("y <= 2.7472")]).to_frame()
    assert median.point_est == pytest.approx(found["estimate"].iloc[0], rel=0.02)
    # an order below the error of a median in the unit of y
    assert median.stderror < found["se"].iloc[0] / 5
