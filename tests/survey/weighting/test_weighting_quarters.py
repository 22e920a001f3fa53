"""Annual weights: quarters, households that are seen in several, and what keeps them together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError, EstimationError
from childdata.survey.arrays import Floats
from childdata.survey.weighting.quarters import annual_weights, rotation

Covariance = Callable[[cd.Survey, Floats], Floats]
YEAR = {
    "hh": [1, 2, 1, 3, 3, 4],
    "q": [1, 1, 2, 2, 3, 3],
    "y": [5.0, 1.0, 7.0, 2.0, 2.0, 6.0],
    "w": [40.0, 60.0, 50.0, 50.0, 30.0, 80.0],
}


def rotating(households: int = 60, quarters: int = 4, stay: int = 3) -> pd.DataFrame:
    """Each quarter a new group enters and stays for some quarters; incomes of a household are alike."""
    rng = np.random.default_rng(9)
    rows = []
    for group in range(quarters + stay - 1):
        seen = [q for q in range(1, quarters + 1) if group - stay + 1 <= q - 1 <= group]
        for k in range(households // 4):
            level = rng.normal(10, 3)
            rows += [
                {"hh": group * 1000 + k, "ea": group * 10 + k % 4, "q": q, "y": level + rng.normal()} for q in seen
            ]
    frame = pd.DataFrame(rows)
    return frame.assign(w=3000 / frame.groupby("q")["hh"].transform("size"))


def test_three_quarters_by_hand(covariance: Covariance) -> None:
    """Each weight over 3; household 1 scores (40·5 + 50·7)/3, household 3 (50·2 + 30·2)/3: four units."""
    found = annual_weights(cd.Survey(YEAR, weight="w"), "q", household="hh")
    np.testing.assert_allclose(found.design.weight, np.array(YEAR["w"]) / 3, rtol=1e-15)
    scores = np.array([550, 60, 160, 480]) / 3
    wanted = 4 / 3 * ((scores - scores.mean()) ** 2).sum()
    assert covariance(found, np.array(YEAR["y"])[:, None]).item() == pytest.approx(wanted, rel=1e-13)
    assert found.design.degrees_of_freedom == 3
    assert found.declared["psu"] == "hh"


def test_shares_of_the_year_may_differ() -> None:
    found = annual_weights(cd.Survey(YEAR, weight="w"), "q", household="hh", shares={1: 0.25, 2: 0.25, 3: 0.5})
    np.testing.assert_allclose(found.design.weight, np.array(YEAR["w"]) * [0.25, 0.25, 0.25, 0.25, 0.5, 0.5])
    with pytest.raises(EstimationError, match="records in '3', but no total"):
        annual_weights(cd.Survey(YEAR, weight="w"), "q", household="hh", shares={1: 0.5, 2: 0.5})


def test_sum_is_the_average_of_the_quarters() -> None:
    found = annual_weights(cd.Survey(rotating(), weight="w"), "q", household="hh")
    assert found.design.weight.sum() == pytest.approx(3000, rel=1e-12)


def test_household_that_stays_makes_the_standard_error_larger(covariance: Covariance) -> None:
    frame = rotating()
    survey = cd.Survey(frame, weight="w")
    z = (frame["y"] - frame["y"].mean()).to_numpy()[:, None]
    together = covariance(annual_weights(survey, "q", household="hh"), z).item()
    apart = covariance(annual_weights(survey, "q", household=None), z).item()
    assert together > 1.5 * apart


def test_psu_that_holds_the_household_stays_the_psu() -> None:
    survey = cd.Survey(rotating(), weight="w", psu="ea")
    found = annual_weights(survey, "q", household="hh")
    assert found.design.stages is survey.design.stages
    assert found.design.notes[-1] == "households by the number of quarters in which they are seen: 1: 30, 2: 30, 3: 30"


def test_strata_stay_where_the_household_becomes_the_psu() -> None:
    frame = rotating()
    frame["oblast"] = np.where(frame["hh"] % 2, "a", "b")
    found = annual_weights(cd.Survey(frame, weight="w", strata="oblast"), "q", household="hh")
    assert found.design.stages[0].sampled.sum() == frame["hh"].nunique()
    assert found.design.strata_labels == ("a", "b")


def test_quarters_that_number_psus_anew_are_refused() -> None:
    frame = rotating()
    frame["psu"] = frame["q"] * 1000 + frame["ea"]
    with pytest.raises(DesignError, match=r"60 households \(hh\) have records in more than one PSU \(psu\)"):
        annual_weights(cd.Survey(frame, weight="w", psu="psu"), "q", household="hh")
    with pytest.raises(DesignError, match=r"60 households \(hh\) have records in more than one stratum"):
        annual_weights(cd.Survey(frame, weight="w", strata="q"), "q", household="hh")


def test_fpc_of_records_is_refused() -> None:
    with pytest.raises(DesignError, match="fpc of records"):
        annual_weights(cd.Survey(YEAR, weight="w", fpc=1000), "q", household="hh")


def test_no_household_is_said_in_so_many_words() -> None:
    found = annual_weights(cd.Survey(YEAR, weight="w"), "q", household=None)
    assert found.design.notes[-1].startswith("no household key was given: ")
    with pytest.raises(TypeError, match="household"):
        annual_weights(cd.Survey(YEAR, weight="w"), "q")  # type: ignore[call-arg]


def test_missing_quarter_and_missing_household_are_counted() -> None:
    with pytest.raises(
        EstimationError, match="'q' says which quarter a record is of, but is missing in 1 of 2 records"
    ):
        annual_weights(cd.Survey({"q": [1, None], "hh": [1, 2]}), "q", household="hh")
    with pytest.raises(DesignError, match="'hh' identifies units, but is missing in 1 of 2 records"):
        annual_weights(cd.Survey({"q": [1, 2], "hh": [1, None]}), "q", household="hh")


def test_note_tells_the_sums_of_the_quarters() -> None:
    notes = annual_weights(cd.Survey(YEAR, weight="w"), "q", household="hh").design.notes
    assert notes[-2] == "annual weights from 3 quarters, whose weights sum to between 100 and 110"
    assert notes[-1] == "households by the number of quarters in which they are seen: 1: 2, 2: 2"


def test_rotation_counts_households_by_quarter_and_pair_of_quarters() -> None:
    found = rotation(cd.Survey(YEAR, weight="w"), "q", household="hh")
    assert found.by_quarter.to_dict("list") == {
        "quarter": ["1", "2", "3"],
        "records": [2, 2, 2],
        "households": [2, 2, 2],
        "sum": [100.0, 100.0, 110.0],
    }
    assert found.to_frame().to_dict("list") == {"quarters": [1, 2], "households": [2, 2]}
    assert found.overlap.to_numpy().tolist() == [[2, 1, 0], [1, 2, 1], [0, 1, 2]]
    assert "households" in repr(found)
    assert "<table" in found._repr_html_()


def test_key_of_several_columns() -> None:
    frame = {"ea": [1, 2, 1, 2], "no": [1, 1, 1, 1], "q": [1, 1, 2, 2]}
    found = rotation(cd.Survey(frame), "q", household=["ea", "no"])
    assert found.to_frame().to_dict("list") == {"quarters": [2], "households": [2]}
