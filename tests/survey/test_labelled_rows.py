"""Rows and their limits: another level of confidence, correlations, and limits by scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.estimates import Estimates


@pytest.fixture(scope="module")
def found(sample: pd.DataFrame) -> Estimates:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    return survey.estimate({"income": cd.mean("income"), "poor": cd.mean("poor == 1")}, by="region")


def test_another_level_is_that_of_another_call(found: Estimates, sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    statistics = {"income": cd.mean("income"), "poor": cd.mean("poor == 1")}
    for interval in ("auto", "wilson", "beta"):
        at_95, at_90 = (
            survey.estimate(statistics, by="region", level=level, interval=interval)  # type: ignore[arg-type]
            for level in (0.95, 0.9)
        )
        pd.testing.assert_frame_equal(at_95.confint(0.9).to_frame(), at_90.to_frame())
    assert found.confint(0.9).settings["level"] == 0.9


def test_another_level_of_a_contrast(found: Estimates) -> None:
    gap = found.select(statistic="income").contrast("`north` - `west`")
    row, wide = gap.to_frame().iloc[0], gap.confint(0.99).to_frame().iloc[0]
    assert wide["ci_low"] < row["ci_low"]
    assert (wide["ci_low"] + wide["ci_high"]) / 2 == pytest.approx(row["estimate"])


def test_limits_that_know_one_level_only_are_refused(found: Estimates, sample: pd.DataFrame) -> None:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    with pytest.raises(EstimationError, match=r"has limits of its own .* estimate it with level=0.9"):
        survey.estimate(cd.median("income"), by="region").confint(0.9)
    with pytest.raises(EstimationError, match="limits are the value ± 2 standard errors"):
        survey.estimate(cd.mean("income"), convention="mics").confint(0.9)
    with pytest.raises(EstimationError, match="level lies between 0 and 1"):
        found.confint(95)


def test_correlations_are_covariances_over_standard_errors(found: Estimates) -> None:
    se = found.to_frame()["se"].to_numpy()
    np.testing.assert_allclose(found.correlation() * np.outer(se, se), found.covariance(), rtol=1e-10)
    assert np.diagonal(found.correlation()).tolist() == pytest.approx([1] * 6)
    assert list(found.correlation().index) == list(found.names)


def test_a_row_without_error_has_no_correlation() -> None:
    people = cd.Survey({"y": [1.0, 2.0, 4.0]})
    matrix = people.estimate({"y": cd.mean("y"), "one": cd.mean("if_else(y > 0, 1, 0)")}).correlation()
    assert matrix.isna().to_numpy().tolist() == [[False, True], [True, True]]
