"""Invented surveys of seven shapes, one list of questions, and the answers of R survey 4.1.1.

The data, the R script and its answers are in tests/reference; R is not needed to run this. Where R's own convention differs from
the default, the test says which setting gives R's number.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "survey_r.json").read_text(encoding="utf-8"))
DESIGNS: dict[str, Any] = json.loads((REFERENCE / "random_designs.json").read_text(encoding="utf-8"))
WHOLE = [name for name in DESIGNS if not name.startswith("lonely")]
RANKED = [name for name in WHOLE if "quantiles" in ANSWERS[name]]
VARS = ["y", "number", "large", "yes", "rare", "common"]
CLOSE = 1e-11
# R takes no shift off before it squares: of a mean of 1e6 with a spread of 1 it keeps about nine digits of a variance.
CLOSE_LARGE = 1e-9


@cache
def survey(name: str, **options: Any) -> cd.Survey:
    design = DESIGNS[name]
    data = pd.read_csv(REFERENCE / f"random_{design['data']}.csv")
    return cd.Survey(
        data, weight=design["weight"], strata=design["strata"], psu=design["psu"] or None, fpc=design["fpc"] or None,
        **options,
    )


def questions(name: str) -> dict[str, Any]:
    found: dict[str, Any] = ANSWERS[name]["questions"]
    return found


def numbers(values: object) -> np.ndarray:
    """R's answer as an array, null as not a number."""
    return np.array(values, dtype=float)


def near(found: object, wanted: object, close: float = CLOSE, *, what: str = "") -> None:
    """Equal to so many digits; a zero may be as far off as its neighbours' rounding."""
    a, b = np.atleast_1d(np.array(found, dtype=float)), np.atleast_1d(numbers(wanted))
    scale = np.nanmax(np.abs(b), initial=0.0) if b.size else 0.0
    np.testing.assert_allclose(a, b, rtol=close, atol=scale * 1e-15, err_msg=what)


def same_answer(estimates: cd.Estimates, wanted: dict[str, Any], close: float = CLOSE) -> None:
    """Values and the whole covariance of a call."""
    near(estimates.to_frame()["estimate"], wanted["est"], 1e-13, what="estimate")
    covariance = numbers(wanted["cov"])
    error = np.sqrt(np.diagonal(covariance))
    found = estimates.covariance().to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        # off the diagonal a covariance may be near zero: its digits are those of the two standard errors
        gap = np.abs(found - covariance) / np.outer(error, error)
    assert np.nanmax(gap, initial=0.0) < close, gap
    near(estimates.to_frame()["se"], error, close, what="se")


def limits(frame: pd.DataFrame) -> np.ndarray:
    return frame[["ci_low", "ci_high"]].to_numpy(dtype=float)
