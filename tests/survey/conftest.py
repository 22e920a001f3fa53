"""Samples that several tests of the room draw on: small, made from a seed, clustered."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest


def draw_sample(seed: int, *, strata: int, psus: int, size: int) -> pd.DataFrame:
    """A clustered sample: PSUs differ in level, weights differ, some answers are missing, one domain is small."""
    chance = np.random.default_rng(seed)
    stratum = np.repeat(np.arange(strata), psus * size)
    psu = np.repeat(np.arange(strata * psus), size)
    n = psu.size
    level = chance.normal(0, 0.4, strata * psus)[psu] + 0.2 * stratum
    income = np.exp(1.5 + level + chance.normal(0, 0.6, n))
    food = income * chance.uniform(0.2, 0.6, n)
    return pd.DataFrame(
        {
            "stratum": stratum,
            "psu": psu,
            "w": np.round(chance.uniform(0.5, 4.0, n), 2),
            "income": np.round(income, 3),
            "food": np.where(chance.random(n) < 0.08, np.nan, np.round(food, 3)),
            "poor": (income < 4).astype(float),
            "school": np.where(chance.random(n) < 0.05, np.nan, (chance.random(n) < 0.7).astype(float)),
            "quintile": chance.integers(1, 6, n).astype(float),
            "sex": np.where(chance.random(n) < 0.5, "girl", "boy"),
            "region": np.array(["north", "south", "west"])[psu % 3],
        }
    )


@pytest.fixture(scope="session")
def draw() -> Callable[..., pd.DataFrame]:
    """Draws a clustered sample: `draw(seed, strata=, psus=, size=)`."""
    return draw_sample


@pytest.fixture(scope="session")
def sample() -> pd.DataFrame:
    """300 records in 5 strata of 6 PSUs."""
    return draw_sample(7, strata=5, psus=6, size=10)


@pytest.fixture(scope="session")
def large_sample() -> pd.DataFrame:
    """The fixed synthetic design: 1,800 records in 180 PSUs, 6 to a stratum."""
    return draw_sample(2019, strata=30, psus=6, size=10)
