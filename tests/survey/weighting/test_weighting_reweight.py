"""What all steps share: notes in two languages, labelled data, the design that stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.survey.weighting import annual_weights, calibrate, nonresponse, poststratify, rake, trim
from childdata.words import told

SEX = {"girl": 400.0, "boy": 380.0}
STEPS: dict[str, Callable[[cd.Survey], cd.Survey]] = {
    "poststratify": lambda survey: poststratify(survey, "sex", SEX),
    "rake": lambda survey: rake(
        survey, {"sex": {"girl": 400.0, "boy": 390.0}, "quintile < 3": {True: 400, False: 380}}, sums="scale"
    ),
    "calibrate": lambda survey: calibrate(survey, {"sex": SEX}, trim=(0.5, 1.25)),
    "nonresponse": lambda survey: nonresponse(survey, "quintile < 5", cells="sex"),
    "trim": lambda survey: trim(survey, upper=3.5),
    "annual": lambda survey: annual_weights(survey, "quintile", household=None),
    "annual by household": lambda survey: annual_weights(survey, "quintile", household="psu"),
}


@pytest.mark.parametrize("step", STEPS)
def test_notes_are_told_in_russian_too(
    clustered: cd.Survey, replicated: Callable[[cd.Survey], cd.Survey], step: str
) -> None:
    notes = STEPS[step](replicated(clustered)).design.notes
    assert len(notes) >= 2
    for note in notes:
        assert told(note, "ru") != note
        assert any("а" <= letter <= "я" for letter in told(note, "ru"))


@pytest.mark.parametrize("step", STEPS)
def test_old_survey_stays_and_the_design_is_kept(clustered: cd.Survey, step: str) -> None:
    before = clustered.design.weight.copy()
    found = STEPS[step](clustered)
    np.testing.assert_array_equal(clustered.design.weight, before)
    assert found.design.stages is clustered.design.stages
    assert found.records is clustered.records
    assert found.declared["fingerprint"] == found.design.fingerprint
    assert found.estimate(cd.total("income")).notes[: len(found.design.notes)] == found.design.notes


def test_steps_add_up_in_the_notes_and_in_the_variance(clustered: cd.Survey) -> None:
    found = calibrate(rake(clustered, {"sex": SEX}), {"income": 5500.0, "1": 780.0})
    assert [note.split(" to ")[0] for note in found.design.notes] == [
        "weights were raked",
        "weights were calibrated (linear)",
    ]
    assert len(found.design.adjustments) == 2
    frame = found.estimate(cd.total("income")).to_frame()
    assert frame["se"].item() < 1e-9 * 5500


def test_labels_of_a_file_name_categories(tmp_path: Path) -> None:
    place = tmp_path / "people.dta"
    frame = pd.DataFrame(
        {"sex": pd.Categorical(["female", "male", "female"], ["female", "male"]), "w": [1.0, 1.0, 3.0]}
    )
    frame.to_stata(place, write_index=False)
    survey = cd.Survey(cd.read(place), weight="w")
    by_label = poststratify(survey, "sex", {"female": 8, "male": 5})
    by_code = rake(survey, {"sex": {0: 8, 1: 5}})
    assert by_label.design.weight.tolist() == [2.0, 5.0, 6.0]
    np.testing.assert_allclose(by_code.design.weight, [2, 5, 6], rtol=1e-12)


def test_estimates_of_a_domain_use_residuals_of_the_whole_sample(clustered: cd.Survey) -> None:
    """The total of a domain whose auxiliary is calibrated on has no sampling error; half of it has some."""
    found = poststratify(clustered, "sex", SEX)
    frame = found.where("sex == 'girl'").estimate([cd.count(), cd.total("quintile == 1")]).to_frame()
    assert frame["estimate"].iloc[0] == pytest.approx(400)
    assert frame["se"].iloc[0] < 1e-9 * 400
    assert frame["se"].iloc[1] > 1
