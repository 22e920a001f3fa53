"""Direct standardisation: by hand, by definition, against R, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import childdata as cd
from childdata.errors import EstimationError
from childdata.survey.standardise import standardise
from childdata.words import told

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ANSWERS: dict[str, Any] = json.loads((REFERENCE / "inference_r.json").read_text(encoding="utf-8"))["standardise"]
CLOSE = 1e-10


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    found = pd.read_csv(REFERENCE / "random_two_stages.csv")
    return found.assign(age=found["number"].clip(upper=3), small=(found["y"] < 2).astype(int))


@pytest.fixture(scope="module")
def survey(records: pd.DataFrame) -> cd.Survey:
    return cd.Survey(records, weight="weight", strata="stratum", psu="unit1")


WEIGHTS = dict(zip(ANSWERS["ages"], ANSWERS["population"], strict=True))


def test_two_groups_by_hand() -> None:
    # old f: 4 and 6, young f: 1 and 1; each record a PSU. θ_f = 0.6 · 1 + 0.4 · 5 = 2.6
    # scores 0.4 (4 − 5)/2 = −0.2 and 0.2, of young zero; V = 4/3 (0.04 + 0.04)
    people = cd.Survey({"age": ["old", "old", "young", "young"], "y": [4.0, 6.0, 1.0, 1.0]})
    row = standardise(people, cd.mean("y"), over="age", weights={"young": 60, "old": 40}).to_frame().iloc[0]
    assert row["estimate"] == pytest.approx(2.6)
    assert row["se"] == pytest.approx(np.sqrt(4 / 3 * 0.08))
    assert (row["n"], row["df"], row["psus"]) == (4, 3, 4)


def test_standardised_means_are_those_of_r(survey: cd.Survey) -> None:
    found = standardise(survey, {"y": cd.mean("y"), "small": cd.mean("small")}, over="age", weights=WEIGHTS, by="sex")
    for sex, answer in zip(("1", "2"), ANSWERS["by_sex"], strict=True):
        part = found.select(sex=sex)
        np.testing.assert_allclose(part.to_frame()["estimate"], answer["est"], rtol=CLOSE)
        np.testing.assert_allclose(part.covariance(), answer["cov"], rtol=1e-9)
    whole = standardise(survey, cd.mean("y"), over="age", weights=WEIGHTS).to_frame().iloc[0]
    assert whole["estimate"] == pytest.approx(ANSWERS["whole"]["est"], rel=CLOSE)
    assert whole["se"] == pytest.approx(ANSWERS["whole"]["se"], rel=CLOSE)


def test_standardised_gap_is_the_contrast_of_all_cells_in_r(survey: cd.Survey) -> None:
    found = standardise(survey, cd.mean("y"), over="age", weights=WEIGHTS, by="sex")
    gap = found.difference(along="sex", of=("2", "1")).to_frame().iloc[0]
    assert gap["estimate"] == pytest.approx(ANSWERS["gap"]["est"], rel=1e-9)
    assert gap["se"] == pytest.approx(ANSWERS["gap"]["se"], rel=CLOSE)


def test_it_is_a_contrast_of_the_cells(survey: cd.Survey) -> None:
    cells = survey.estimate(cd.mean("y"), by="age").contrast({"y": {str(age): one for age, one in WEIGHTS.items()}})
    found = standardise(survey, cd.mean("y"), over="age", weights=WEIGHTS)
    for column in ("estimate", "se"):
        assert found.to_frame()[column].item() == pytest.approx(cells.to_frame()[column].item(), rel=1e-12)


def test_the_distribution_of_the_survey_itself_gives_the_mean_and_its_error(survey: cd.Survey) -> None:
    found = standardise(survey, cd.mean("y"), over=["age", "sex"], weights="survey").to_frame().iloc[0]
    whole = survey.estimate(cd.mean("y")).to_frame().iloc[0]
    for column in ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_weighted"):
        assert found[column] == pytest.approx(whole[column], rel=1e-10)


@pytest.mark.parametrize("weights", ["survey", WEIGHTS])
def test_replicate_weights_find_it_anew_in_each_replicate(
    weights: Any, records: pd.DataFrame, survey: cd.Survey
) -> None:
    jackknife = survey.with_replicates(cd.JKn())
    found = standardise(jackknife, cd.mean("y"), over="age", weights=weights, by="sex")
    linear = standardise(survey, cd.mean("y"), over="age", weights=weights, by="sex")
    np.testing.assert_allclose(found.to_frame()["estimate"], linear.to_frame()["estimate"], rtol=1e-12)
    np.testing.assert_allclose(found.to_frame()["se"], linear.to_frame()["se"], rtol=0.15)
    # by definition: the standardised mean under each replicate weight, no use being made of derivatives
    design = jackknife.design.replicates
    assert design is not None
    weight, y, age = design.weights(), records["y"].to_numpy(), records["age"].to_numpy()
    girls = (records["sex"] == 1).to_numpy()
    made = np.zeros(design.size)
    sizes = np.array([weight[age == one].sum(axis=0) for one in WEIGHTS])
    shares = sizes / sizes.sum(axis=0) if isinstance(weights, str) else np.array(list(weights.values()))[:, None]
    for share, one in zip(np.broadcast_to(shares, sizes.shape), WEIGHTS, strict=True):
        inside = girls & (age == one)
        made += share * (y[inside] @ weight[inside]) / weight[inside].sum(axis=0)
    apart = design.deviations(made[:, None], found.to_frame()["estimate"].to_numpy()[:1])
    assert found.to_frame()["se"].iloc[0] == pytest.approx(np.sqrt((apart**2).sum()), rel=1e-10)


@given(st.floats(0.01, 1000))
def test_only_the_proportions_of_the_standard_count(factor: float) -> None:
    people = cd.Survey({"age": [1, 1, 2, 2, 3, 3], "y": [4.0, 6.0, 1.0, 1.5, 2.0, 8.0]})
    one, other = (
        standardise(people, cd.mean("y"), over="age", weights={k: k * times for k in (1, 2, 3)}).to_frame()
        for times in (1.0, factor)
    )
    assert other["estimate"].item() == pytest.approx(one["estimate"].item(), rel=1e-10)
    assert other["se"].item() == pytest.approx(one["se"].item(), rel=1e-10)


def test_margins_and_several_categories(survey: cd.Survey) -> None:
    weights = {(age, region): one for age, one in WEIGHTS.items() for region in ("east", "north", "west")}
    found = standardise(
        survey, cd.mean("y"), over=["age", "region"], weights=weights, by="sex", margins=True, empty="drop"
    )
    cells = survey.estimate(cd.mean("y"), by=["age", "region"]).to_frame()
    by_hand = sum(WEIGHTS[int(age)] / 3 * y for age, y in zip(cells["age"], cells["estimate"], strict=True))
    assert found.select(sex="Total").to_frame()["estimate"].item() == pytest.approx(by_hand)
    assert found.settings["standardised_over"] == "age, region"


def test_shares_keep_a_logit_interval_and_tables_can_be_made(survey: cd.Survey) -> None:
    found = standardise(survey, cd.mean("small == 1"), over="age", weights=WEIGHTS, by="sex")
    assert set(found.frame["scale"]) == {"share"}
    row = found.to_frame().iloc[0]
    assert row["estimate"] - row["ci_low"] != pytest.approx(row["ci_high"] - row["estimate"])
    assert found.table(lang="ru").to_markdown()
    assert found.notes[-1] == "standardised to the shares of 4 groups of age"
    assert told(found.notes[-1], "ru") == "стандартизовано по долям 4 групп: age"


# what is refused, and what is left out and counted ------------------------------------------------------------------

AGES = {"age": ["old", "old", "young", "young", None], "sex": ["f", "m", "f", "m", "m"], "y": [4.0, 6.0, 1.0, 2.0, 9.0]}


def test_records_without_a_category_are_refused_or_left_out_and_counted() -> None:
    people = cd.Survey(AGES)
    with pytest.raises(EstimationError, match=r"'age' is missing in 1 records.*missing_over='drop'"):
        standardise(people, cd.mean("y"), over="age", weights="survey")
    found = standardise(people, cd.mean("y"), over="age", weights={"old": 1, "young": 1}, missing_over="drop")
    assert found.to_frame()["estimate"].item() == pytest.approx((5 + 1.5) / 2)
    assert found.to_frame()["n"].item() == 4
    assert found.notes[-2] == "'age' is missing in 1 records: they have no part in what is standardised"


def test_an_empty_category_is_refused_or_its_row_left_out() -> None:
    people = cd.Survey({"age": ["old", "old", "young"], "sex": ["f", "m", "f"], "y": [4.0, 6.0, 1.0]})
    with pytest.raises(EstimationError, match=r"'m' has no record with an answer in age 'young' \(1 rows"):
        standardise(people, cd.mean("y"), over="age", weights={"old": 1, "young": 1}, by="sex")
    found = standardise(people, cd.mean("y"), over="age", weights={"old": 1, "young": 1}, by="sex", empty="drop")
    assert found.to_frame()["sex"].tolist() == ["f"]
    assert "1 rows without a record in some group of age are left out" in found.notes
    # a category of weight zero may be empty
    kept = standardise(people, cd.mean("y"), over="age", weights={"old": 1, "young": 0}, by="sex")
    assert kept.to_frame()["estimate"].tolist() == [4, 6]
    only_f = cd.Survey({"age": ["old", "young"], "sex": ["f", "m"], "y": [4.0, 6.0]})
    with pytest.raises(EstimationError, match="no row has an estimate in all categories"):
        standardise(only_f, cd.mean("y"), over="age", weights="survey", by="sex", empty="drop")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": {"old": 1}}, "the standard has no weight for age 'young'"),
        ({"weights": {"old": 1, "yung": 1}}, r"a weight for 'yung', and no record has this age.*nearest: 'young'"),
        ({"weights": {"old": 1, "young": -1}}, "zero or above, with a sum above zero"),
        ({"weights": {"old": 0, "young": 0}}, "zero or above, with a sum above zero"),
        ({"weights": "census"}, "a mapping of labels to shares, or 'survey'; found 'census'"),
        ({"weights": "survey", "by": "age"}, "'age' is in both"),
        ({"weights": "survey", "over": []}, "over= is empty"),
        ({"weights": "survey", "empty": "skip"}, "empty is 'fail' or 'drop'"),
        ({"weights": "survey", "missing_over": "row"}, "missing_over is 'fail' or 'drop'"),
    ],
)
def test_what_is_no_standard_is_refused(options: dict[str, Any], words: str) -> None:
    people = cd.Survey({"age": ["old", "old", "young", "young"], "y": [4.0, 6.0, 1.0, 2.0]})
    with pytest.raises(EstimationError, match=words):
        standardise(people, cd.mean("y"), **({"over": "age"} | options))
