"""Gaps, standardised gaps, changes and transitions of a two-wave disability survey, against R survey 4.1.1.

The waves share their PSUs: two separate surveys are compared, and give the numbers of the stacked waves.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.survey.compare import together
from childdata.survey.estimates import Estimates
from childdata.survey.standardise import standardise

EMPLOYED = cd.mean("employed == 1")
CLOSE = 1e-11  # the file holds thirteen digits


@pytest.fixture(scope="module")
def answers(shared: Callable[[str], Path]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared("reference/disability_gap.json").read_text(encoding="utf-8"))["results"]
    return found


@pytest.fixture(scope="module")
def panel(shared: Callable[[str], Path]) -> pd.DataFrame:
    return pd.read_csv(shared("reference/data/synthetic_disability_panel.csv"))


def declared(records: pd.DataFrame) -> cd.Survey:
    return cd.Survey(records, weight="weight", strata="stratum", psu="psu")


@pytest.fixture(scope="module")
def waves(panel: pd.DataFrame) -> list[cd.Survey]:
    return [declared(panel[panel["wave"] == wave]) for wave in (1, 2)]


def agrees(found: Estimates, wanted: dict[str, Any]) -> None:
    frame = found.to_frame()
    np.testing.assert_allclose(frame["estimate"], np.atleast_1d(wanted["estimate"]), rtol=CLOSE)
    np.testing.assert_allclose(frame["se"], np.atleast_1d(wanted["se"]), rtol=CLOSE)


def test_prevalence_with_its_logit_interval(waves: list[cd.Survey], answers: dict[str, Any]) -> None:
    found = waves[0].estimate(cd.mean("disability == 1"))
    agrees(found, answers["prevalence"])
    row = found.to_frame().iloc[0]
    assert row["df"] == answers["prevalence_df"]
    # R fits a logit model until the deviance moves by less than 1e-8
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], answers["prevalence_ci_logit"], rtol=1e-9)


def test_prevalence_by_age_group(waves: list[cd.Survey], answers: dict[str, Any]) -> None:
    agrees(waves[0].estimate(cd.mean("disability == 1"), by="agegr"), answers["prevalence_by_agegr"])


def test_crude_gap_has_the_covariance_of_the_two_groups(waves: list[cd.Survey], answers: dict[str, Any]) -> None:
    found = waves[0].estimate(EMPLOYED, by="disability")
    agrees(found, answers["employed_by_disability"])
    assert found.covariance().iloc[0, 1] == pytest.approx(answers["crude_cov"], rel=CLOSE)
    agrees(found.difference(along="disability", of=("1", "0")), answers["crude_gap_with_minus_without"])
    agrees(found.contrast("`1` - `0`"), answers["crude_gap_with_minus_without"])
    agrees(found.contrast({"gap": {"1": 1, "0": -1}}), answers["crude_gap_with_minus_without"])


def test_ratio_of_the_two_groups(waves: list[cd.Survey], answers: dict[str, Any]) -> None:
    agrees(waves[0].estimate(EMPLOYED, by="disability").contrast("`1` / `0`"), answers["ratio_with_over_without"])


def test_age_standardised_gap(waves: list[cd.Survey], answers: dict[str, Any]) -> None:
    weights = dict(enumerate(answers["standard_population"], start=1))
    found = standardise(waves[0], EMPLOYED, over="agegr", weights=weights, by="disability")
    agrees(found.select(disability="0"), answers["agestd_without"])
    agrees(found.select(disability="1"), answers["agestd_with"])
    agrees(found.difference(along="disability", of=("1", "0")), answers["agestd_gap"])


def test_change_between_waves_of_the_same_psus(waves: list[cd.Survey], answers: dict[str, Any]) -> None:
    first, second = (wave.estimate(EMPLOYED) for wave in waves)
    agrees(together([first, second], overlap="psu"), answers["waves_employed"])
    agrees(second.compare(first, overlap="psu"), answers["change_wave2_minus_wave1_overlapping_psu"])
    independent = second.compare(first, overlap="none").to_frame().iloc[0]
    assert independent["se"] == pytest.approx(answers["se_if_waves_treated_as_independent"], rel=CLOSE)


def test_stacked_waves_give_the_same(panel: pd.DataFrame, answers: dict[str, Any]) -> None:
    stacked = declared(panel).estimate(EMPLOYED, by="wave")
    agrees(stacked.difference(along="wave", of=("2", "1")), answers["change_wave2_minus_wave1_overlapping_psu"])


def test_difference_in_differences_in_two_ways(waves: list[cd.Survey], answers: dict[str, Any]) -> None:
    groups = [wave.estimate(EMPLOYED, by="disability") for wave in waves]
    gaps = [one.difference(along="disability", of=("1", "0")) for one in groups]
    agrees(gaps[1].compare(gaps[0], overlap="psu"), answers["gap_change_diff_in_diff"])
    both = together(groups, overlap="psu")
    agrees(both.contrast("(`2, 1` - `2, 0`) - (`1, 1` - `1, 0`)"), answers["gap_change_diff_in_diff"])


def test_change_and_transitions_of_persons_seen_twice(panel: pd.DataFrame, answers: dict[str, Any]) -> None:
    first, second = (panel[panel["wave"] == wave] for wave in (1, 2))
    persons = second.merge(first[["person", "employed"]], on="person", suffixes=("", "_1"))
    assert len(persons) == 900
    survey = declared(persons)
    agrees(survey.estimate(cd.mean("employed - employed_1")), answers["within_person_change_balanced_wave2_weight"])
    agrees(survey.estimate(EMPLOYED, by="employed_1"), answers["transition_employed2_given_employed1_0_1"])
