"""childdata: from household-survey microdata to statements about children.

>>> import childdata as cd
>>> people = cd.Survey({"age": [3, 4, 40], "w": [1.5, 0.5, 1.0]}, weight="w")
>>> people.estimate(cd.mean("age < 5")).to_frame()["estimate"].item().__round__(4)
0.6667
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from childdata import errors, plot
from childdata.microdata import Dataset, Scan, Variable, read, read_chunks, scan, write
from childdata.survey import (
    BRR,
    JK1,
    JK2,
    PPS,
    SDR,
    AreaModel,
    Bootstrap,
    ChiSquareTest,
    ComparisonTest,
    Crosstab,
    DesignPlan,
    Estimates,
    Fay,
    JKn,
    Partial,
    Phase,
    PlausibleValues,
    Regression,
    ReplicateWeights,
    Rotation,
    Statistic,
    Survey,
    WeightsReport,
    annual_weights,
    calibrate,
    chi2,
    combine,
    count,
    crosstab,
    design_from,
    exp,
    fay_herriot,
    goodness_of_fit,
    imputation_variance,
    log,
    mean,
    median,
    merge,
    nonresponse,
    phase_shares,
    poststratify,
    proportion,
    quantile,
    rake,
    ranktest,
    ratio,
    regress,
    rotation,
    total,
    trim,
    ttest,
    two_phase,
    weights_report,
)
from childdata.table import Disclosure, Table

if TYPE_CHECKING:
    from childdata import synthetic

__version__ = "0.1.0"

__all__ = [
    "BRR",
    "JK1",
    "JK2",
    "PPS",
    "SDR",
    "AreaModel",
    "Bootstrap",
    "ChiSquareTest",
    "ComparisonTest",
    "Crosstab",
    "Dataset",
    "DesignPlan",
    "Disclosure",
    "Estimates",
    "Fay",
    "JKn",
    "Partial",
    "Phase",
    "PlausibleValues",
    "Regression",
    "ReplicateWeights",
    "Rotation",
    "Scan",
    "Statistic",
    "Survey",
    "Table",
    "Variable",
    "WeightsReport",
    "annual_weights",
    "calibrate",
    "chi2",
    "combine",
    "count",
    "crosstab",
    "design_from",
    "errors",
    "exp",
    "fay_herriot",
    "goodness_of_fit",
    "imputation_variance",
    "log",
    "mean",
    "median",
    "merge",
    "nonresponse",
    "phase_shares",
    "plot",
    "poststratify",
    "proportion",
    "quantile",
    "rake",
    "ranktest",
    "ratio",
    "read",
    "read_chunks",
    "regress",
    "rotation",
    "scan",
    "synthetic",
    "total",
    "trim",
    "ttest",
    "two_phase",
    "weights_report",
    "write",
]


def __getattr__(name: str) -> ModuleType:
    """The room of the synthetic surveys, loaded when it is first asked for: thirty modules that few need."""
    if name == "synthetic":
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
