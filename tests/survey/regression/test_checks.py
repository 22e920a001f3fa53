"""Collinear columns and separation: found, and told by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.regression import regress
from childdata.survey.regression.checks import independent


def survey(frame: pd.DataFrame) -> cd.Survey:
    return cd.Survey(frame, weight="w", strata="stratum", psu="psu")


def test_dependent_columns_are_found_with_those_they_follow_from() -> None:
    x = np.random.default_rng(1).normal(size=(50, 3))
    matrix = np.column_stack([np.ones(50), x, x[:, 0] - 2 * x[:, 1], np.zeros(50), x[:, 2] + 1])
    names = ["Intercept", "a", "b", "c", "d", "e", "f"]
    kept, said = independent(matrix, np.ones(50), names)
    assert kept.tolist() == [0, 1, 2, 3]
    assert said == [
        "d is a linear combination of a and b",
        "e is 0 in all records used (a combination without a record)",
        "f is a linear combination of Intercept and c",
    ]


def test_a_year_beside_a_constant_is_not_collinear() -> None:
    year = 2000 + np.arange(20) % 5
    kept, said = independent(
        np.column_stack([np.ones(20), year * 1.0, year**2.0]), np.ones(20), ["1", "year", "square"]
    )
    assert kept.tolist() == [0, 1, 2]
    assert said == []


def test_collinear_columns_are_refused_by_name(people: pd.DataFrame) -> None:
    frame = people.assign(months=12 * people["age"] + 3)
    with pytest.raises(EstimationError, match="months is a linear combination of Intercept and age; leave a term out"):
        regress(survey(frame), "income ~ age + region + months")
    # the dummies of the strata add up to those of groups of strata
    nested = people.assign(half=people["stratum"] // 2)
    with pytest.raises(EstimationError, match=r"C\(half\)\[T.1\] is a linear combination of C\(stratum\)"):
        regress(survey(nested), "income ~ C(stratum) + C(half)")


def test_collinear_columns_can_be_dropped_and_are_counted(people: pd.DataFrame) -> None:
    frame = people.assign(months=12 * people["age"] + 3)
    found = regress(survey(frame), "income ~ age + months + region", collinear="drop")
    wanted = regress(survey(frame), "income ~ age + region")
    pd.testing.assert_frame_equal(found.to_frame(), wanted.to_frame())
    assert "columns that follow from those before them were left out of the regression: 1 (months)" in found.notes
    assert found.predict()["estimate"].equals(wanted.predict()["estimate"])
    assert found.margins("region").to_frame()["se"].equals(wanted.margins("region").to_frame()["se"])


def test_empty_combination_of_an_interaction_is_told(people: pd.DataFrame) -> None:
    frame = people[(people["sex"] != "girl") | (people["region"] != "west")]
    with pytest.raises(EstimationError, match=r"region\[T.west\]:sex\[T.girl\] is 0 in all records used"):
        regress(survey(frame), "income ~ region * sex")
    found = regress(survey(frame), "income ~ region * sex", collinear="drop")
    assert "region[T.west]:sex[T.girl]" not in found.coefficients.index


def test_thresholds_take_the_place_of_a_constant(people: pd.DataFrame) -> None:
    frame = people.assign(one=1.0)
    with pytest.raises(EstimationError, match="one is a linear combination of the thresholds"):
        regress(survey(frame), "grade ~ age + one", family="ordinal")


def test_more_coefficients_than_records_are_refused(people: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="8 coefficients cannot be found from 5 records"):
        regress(survey(people.head(5).assign(age=[1, 2, 3, 4, 5])), "income ~ poly(age, 4) + w + poor + stratum")


SEPARATED = [
    # a level in which all are poor
    ("poor ~ age + region", "logit", r"no finite coefficient of region\[T.west\]: .* all \d+ of its records"),
    # the same level being the reference
    (
        "poor ~ C(region, contr.treatment('west'))",
        "logit",
        r"C\(region, contr.treatment\('west'\)\) tells the response",
    ),
    ("poor ~ 0 + region", "probit", r"region\[west\]"),
    ("poor ~ age + region", "cloglog", r"region\[T.west\]"),
    ("visits ~ age + region", "poisson", r"region\[T.west\]: the response is the same"),
    ("grade ~ age + region", "ordinal", r"region\[T.west\]"),
    ("line ~ age + sex", "logit", r"age tells the response of some records without error \(separation\)"),
    ("ladder ~ age + sex", "ordinal", r"age tells the response"),
]


@pytest.mark.parametrize(("formula", "family", "said"), SEPARATED)
def test_separation_names_the_term(people: pd.DataFrame, formula: str, family: str, said: str) -> None:
    west = people["region"] == "west"
    frame = people.assign(
        poor=people["poor"].mask(west, 1.0),
        visits=people["visits"].mask(west, 0),
        grade=people["grade"].mask(west, 2),
        line=(people["age"] > 8).astype(float),
        ladder=np.digitize(people["age"], [6, 12]),
    )
    with pytest.raises(EstimationError, match=said):
        regress(survey(frame), formula, family=family)  # type: ignore[arg-type]


def test_category_in_the_middle_is_no_separation(people: pd.DataFrame) -> None:
    frame = people.assign(grade=people["grade"].mask(people["region"] == "west", 1))
    assert np.isfinite(regress(survey(frame), "grade ~ region", family="ordinal").coefficients).all()


def test_separation_by_two_terms_together_is_found(people: pd.DataFrame) -> None:
    frame = people.assign(line=(people["age"] + 3 * (people["sex"] == "girl") > 9.5).astype(float))
    with pytest.raises(EstimationError, match="age and sex tell the response of some records"):
        regress(survey(frame), "line ~ age + sex", family="logit")


def test_replicate_in_which_coefficients_have_no_end_adds_nothing_and_is_told(people: pd.DataFrame) -> None:
    """Only one PSU has both answers in the west: without it the west is separated."""
    west = people["region"] == "west"
    only = people["psu"] == people.loc[west, "psu"].iloc[0]
    frame = people.assign(poor=people["poor"].mask(west & ~only, 1.0))
    frame.loc[only & (frame["poor"].cumsum() % 2 == 0), "poor"] = 0.0
    frame.loc[frame.index[only][:2], "poor"] = [0.0, 1.0]
    found = regress(survey(frame).with_replicates(cd.JKn()), "poor ~ region", family="logit")
    assert np.isfinite(found.to_frame()["se"]).all()
    assert any("replicate" in note for note in found.notes)


def test_ordinal_replicate_without_end_is_told_too(people: pd.DataFrame) -> None:
    west = people["region"] == "west"
    only = people["psu"] == people.loc[west, "psu"].iloc[0]
    frame = people.assign(grade=people["grade"].mask(west & ~only, 2))
    frame.loc[frame.index[only][:3], "grade"] = [0, 1, 2]
    found = regress(survey(frame).with_replicates(cd.JKn()), "grade ~ region", family="ordinal")
    assert np.isfinite(found.to_frame()["se"]).all()
    assert any(note.startswith("replicates under which the regression has no finite") for note in found.notes)


def test_optimum_at_the_end_of_what_means_can_be_is_told(people: pd.DataFrame) -> None:
    """A share that grows with age to 1 has no log-binomial of age inside: the likelihood is largest at the border."""
    chance = np.random.default_rng(1)
    frame = people.assign(old=(chance.random(240) < people["age"] / 17).astype(float))
    with pytest.raises(EstimationError, match="'binomial' did not converge; look for"):
        regress(survey(frame), "old ~ age + sex", family="binomial", link="identity")
