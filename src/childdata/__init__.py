"""childdata: from household-survey microdata to statements about children.

>>> import childdata as cd
>>> people = cd.Survey({"age": [3, 4, 40], "w": [1.5, 0.5, 1.0]}, weight="w")
>>> people.estimate(cd.mean("age < 5")).to_frame()["estimate"].item().__round__(4)
0.6667
"""

from __future__ import annotations

from childdata import errors, plot, synthetic
from childdata.microdata import Dataset, Scan, Variable, read, read_chunks, scan, write
from childdata.survey import (
    Estimates,
    Statistic,
    Survey,
    count,
    exp,
    log,
    mean,
    median,
    proportion,
    quantile,
    ratio,
    total,
)
from childdata.table import Disclosure, Table

__version__ = "0.1.0"

__all__ = [
    "Dataset",
    "Disclosure",
    "Estimates",
    "Scan",
    "Statistic",
    "Survey",
    "Table",
    "Variable",
    "count",
    "errors",
    "exp",
    "log",
    "mean",
    "median",
    "plot",
    "proportion",
    "quantile",
    "ratio",
    "read",
    "read_chunks",
    "scan",
    "synthetic",
    "total",
    "write",
]
