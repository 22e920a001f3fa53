"""Surveys that several tests of regressions draw on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import childdata as cd


@pytest.fixture(scope="session")
def people(draw: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """240 records in 4 strata of 6 PSUs, with an ordered answer and a count; none unknown."""
    frame = draw(11, strata=4, psus=6, size=10)
    chance = np.random.default_rng(12)
    frame = frame.assign(
        grade=np.digitize(np.log(frame["income"]) + chance.logistic(size=len(frame)), [0.8, 2.0]),
        visits=chance.poisson(np.exp(0.2 + 0.05 * frame["income"])),
        age=chance.integers(0, 18, len(frame)).astype(float),
    )
    return frame.drop(columns=["food", "school"])


@pytest.fixture(scope="session")
def survey(people: pd.DataFrame) -> cd.Survey:
    """The survey of `people`."""
    return cd.Survey(people, weight="w", strata="stratum", psu="psu")
