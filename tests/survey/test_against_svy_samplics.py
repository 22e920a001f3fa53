"""The same invented surveys put to svy and to samplics; and where samplics differs, shown.

samplics 0.6.1 is the last release of an archived project, svy its successor. Both are oracles here, no part of the
library.
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
        frame_of(name),
        weight=design["weight"],
        strata=design["strata"],
        psu=design["psu"] or None,
        fpc=design["fpc"] or None,
    )


@cache
def theirs(name: str) -> Any:
    """The survey as a sample of svy; the test is skipped, saying so, where svy is not installed."""
    svy = pytest.importorskip("svy", reason="svy is not installed")
    design = DESIGNS[name]
    parts: dict[str, Any] = {"stratum": design["strata"], "wgt": design["weight"]}
    parts |= dict(zip(("psu", "ssu"), design["psu"], strict=False))
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
        wanted = theirs(name).estimation.ratio("y", "x", by=by)
        compare(ours(name).estimate(cd.ratio("y", "x"), by=by).to_frame(), wanted)


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


@pytest.mark.parametrize("name", SVY)
@pytest.mark.parametrize("by", [None, "region"])
def test_svy_quantiles_with_the_interval_of_woodruff(name: str, by: str | None) -> None:
    points = [0.1, 0.25, 0.5, 0.75, 0.9]
    for variable in ("y", "number"):
        found = ours(name).estimate(cd.quantile(variable, points), by=by, convention="r").to_frame()
        wanted = theirs(name).estimation.quantile(variable, p=points, by=by).to_polars()
        wanted = wanted.sort(["prob", by] if by else ["prob"])
        for column, other in (("estimate", "est"), ("ci_low", "lci"), ("ci_high", "uci"), ("se", "se")):
            np.testing.assert_allclose(found[column].to_numpy(float), wanted[other].to_numpy(), rtol=CLOSE)


def test_svy_lets_rounding_decide_a_tie() -> None:
    """14 equal weights: half of them is exactly one half, whether the weight is 1 or 0.1."""
    svy = pytest.importorskip("svy", reason="svy is not installed")
    values = [float(value) for value in range(1, 15)]

    def medians(weight: float) -> tuple[float, float]:
        data = {"y": values, "w": [weight] * len(values)}
        sample = svy.Sample(pl.DataFrame(data), svy.Design(wgt="w"))
        found = cd.Survey(data, weight="w").estimate(cd.median("y")).to_frame()["estimate"].item()
        return found, sample.estimation.quantile("y", p=0.5).to_polars()["est"].item()

    assert medians(1.0) == (7.0, 7.0)
    assert medians(0.1) == (7.0, 8.0)


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
        y=data[variable],
        samp_weight=data[design["weight"]],
        stratum=data["stratum"],
        psu=data["unit1"],
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


def test_samplics_is_sure_of_a_median_among_tied_values() -> None:
    """It takes the density in a tiny step around the median, and several records share it."""
    package = samplics()
    data = {"y": np.random.default_rng(1).integers(300, 400, 180).astype(float), "psu": np.arange(180) // 12}
    estimator = package.TaylorEstimator(package.PopParam.median)
    estimator.estimate(y=data["y"], samp_weight=np.ones(180), psu=data["psu"])
    found = cd.Survey(data, psu="psu").estimate(cd.median("y")).to_frame()
    assert estimator.point_est == pytest.approx(found["estimate"].item(), abs=1)
    assert found["se"].item() > 3
    assert estimator.stderror < 1e-4
