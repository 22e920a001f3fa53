"""What the tests of weighting share: surveys, and a variance of a few lines to hold the engine against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.survey.adjustment import projection
from childdata.survey.arrays import Floats
from childdata.survey.replicates import Replicates

Covariance = Callable[[cd.Survey, Floats], Floats]


def covariance_of(survey: cd.Survey, influence: Floats) -> Floats:
    """Sum the scores by unit, centre in strata, multiply, for each stage; no lonely PSUs."""
    design = survey.design
    weight = design.weight
    scores = weight[:, None] * influence
    if design.adjustments:
        scores = projection(design.adjustments, weight).scores(influence, weight)
    total = np.zeros((scores.shape[1],) * 2)
    for stage in design.stages:
        units = np.zeros((stage.stratum.size, scores.shape[1]))
        np.add.at(units, stage.unit, scores)
        for stratum, n in enumerate(stage.sampled):
            if n > 1:
                apart = units[stage.stratum == stratum]
                apart = apart - apart.mean(axis=0)
                factor = stage.above[stratum] * stage.unsampled[stratum] * n / (n - 1)
                total += factor * apart.T @ apart
    return total


def jackknife(survey: cd.Survey) -> Replicates:
    """The JKn replicates of a one-stage design, by hand."""
    stage = survey.design.stages[0]
    factor = np.ones((stage.stratum.size, stage.stratum.size))
    sampled = stage.sampled[stage.stratum]
    same = stage.stratum[:, None] == stage.stratum[None, :]
    factor = np.where(same, (sampled / np.maximum(sampled - 1, 1))[None, :], 1.0)
    np.fill_diagonal(factor, 0.0)
    rscales = (sampled - 1) / sampled
    df = float(stage.stratum.size - stage.sampled.size)
    return Replicates("JKn", stage.unit, survey.design.weight, factor, 1.0, rscales, False, df)


@pytest.fixture(scope="session")
def covariance() -> Covariance:
    return covariance_of


@pytest.fixture
def clustered(sample: pd.DataFrame) -> cd.Survey:
    """300 records in 5 strata of 6 PSUs."""
    return cd.Survey(sample, weight="w", strata="stratum", psu="psu")


@pytest.fixture(scope="session")
def large(large_sample: pd.DataFrame) -> cd.Survey:
    """1,800 records in 180 PSUs."""
    return cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")


@pytest.fixture(scope="session")
def replicated() -> Callable[[cd.Survey], cd.Survey]:
    """A survey with the replicates of the jackknife in place of its strata."""

    def make(survey: cd.Survey) -> cd.Survey:
        return survey._with(design=replace(survey.design, replicates=jackknife(survey)))

    return make
