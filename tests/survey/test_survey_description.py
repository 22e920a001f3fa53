"""What a design looks like: the facts by hand, and labels that are markup."""

from __future__ import annotations

import pytest

import childdata as cd

SURVEY = cd.Survey(
    {"w": [1.0, 3.0, 2.0, 2.0, 0.0], "h": ["a", "a", "a", "b", "b"], "p": [1, 1, 2, 1, 2]},
    weight="w",
    strata="h",
    psu="p",
)
LONELY = cd.Survey({"h": ["a", "a", "<script>"], "p": [1, 2, 1]}, strata="h", psu="p")


def test_facts_by_hand() -> None:
    facts = SURVEY.describe().facts
    # weights 1, 3, 2, 2: mean 2, variance 1/2, CV² = 1/8
    wanted = {
        "records": 5, "weight": "w", "strata": 2, "PSUs": 4, "fewest PSUs in a stratum": 2, "most PSUs in a stratum": 2,
        "degrees of freedom": 3 - 2, "strata with one PSU": 0, "records of weight zero": 1, "sum of weights": 8.0,
        "smallest weight": 1.0, "largest weight": 3.0, "stages in the variance": 1,
        "lonely PSU rule": "that of the convention",
    }  # fmt: skip
    assert {name: facts[name] for name in wanted} == wanted
    assert facts["CV of weights"] == pytest.approx(8**-0.5)
    assert facts["Kish design effect"] == pytest.approx(1.125)
    assert facts["Kish effective n"] == pytest.approx(64 / 18)


def test_lonely_strata_are_named() -> None:
    description = LONELY.describe()
    assert description.lonely == ("<script>",)
    assert "strata with one PSU: <script>" in repr(description)


def test_notes_tell_what_was_decided() -> None:
    notes = SURVEY.describe().notes
    assert "weight 'w' is zero in 1 records: they stay in the design and count in no estimate" in notes
    assert "'p' has 2 numbers for 4 PSUs: numbers are reused across strata and were made unique" in notes
    assert all(f"note: {note}" in repr(SURVEY.describe()) for note in notes)


def test_markup_in_a_label_is_escaped() -> None:
    for html in (LONELY.describe()._repr_html_(), LONELY._repr_html_()):
        assert "<script>" not in html
        assert "&lt;script&gt;" in html


def test_facts_as_a_frame() -> None:
    frame = SURVEY.describe().to_frame()
    assert frame.columns.tolist() == ["fact", "value"]
    assert frame.set_index("fact")["value"]["PSUs"] == 4


def test_numbers_are_shown_as_people_write_them() -> None:
    shown = repr(cd.Survey({"w": [12345.5, 0.25]}, weight="w").describe())
    assert "12,346" in shown
    assert "0.25" in shown


PUPILS = {"y": [1.0, 2.0, 4.0], "w": [1.0, 1.0, 2.0], "g": [1, 1, 2]}
PUPILS |= {"r1": [0.0, 2.0, 1.0], "r2": [2.0, 0.0, 3.0], "r3": [1.0, 1.0, 2.0]}
KIND = cd.JKn("r1..r3", rscales=[0.5, 0.5, 0.75], centre="mean")
GIVEN = cd.Survey(PUPILS, weight="w", replicates=KIND)


def test_replicate_weights_that_are_given_are_described_and_no_psu_is_made_of_a_record() -> None:
    facts = GIVEN.describe().facts
    # r3 is half of r1 and r2 together: rank 2
    wanted = {
        "records": 3, "strata": "not known", "PSUs": "not known", "replicate weights": "JKn, given", "replicates": 3,
        "scale": 1.0, "rscales": "0.5 to 0.75", "deviations from": "the mean of the replicates",
        "degrees of freedom": 1.0, "sum of weights": 4.0,
    }  # fmt: skip
    assert {name: facts[name] for name in wanted} == wanted
    assert not {"lonely PSU rule", "strata with one PSU", "stages in the variance"} & set(facts)
    assert repr(GIVEN) == "<Survey the data: 3 records, 3 JKn replicates>"
    other = cd.Survey(PUPILS, weight="w", replicates=cd.ReplicateWeights("r1..r3", scale=1.0))
    assert repr(other.where("y > 1")) == "<Survey the data: 3 records, 3 replicates, where y > 1>"


def test_psus_of_estimates_are_unknown_where_replicate_weights_stand_in_their_place() -> None:
    frame = GIVEN.estimate(cd.mean("y"), by="g", margins=True).to_frame()
    assert frame["psus"].isna().all()
    # one record lies in one PSU, whatever it is called
    assert frame["flag"].tolist() == ["", "one PSU", ""]
    assert frame["se"].isna().tolist() == [False, True, False]
    gap = GIVEN.estimate(cd.mean("y"), by="g").difference(along="g", of=("2", "1")).to_frame()
    assert gap["psus"].isna().all()
    fit = cd.regress(GIVEN, "y ~ 1")
    assert fit.to_frame()["estimate"].item() == pytest.approx(2.75)
    assert "PSUs" not in str(fit.summary())


def test_psus_that_are_named_beside_replicate_weights_are_counted() -> None:
    data = PUPILS | {"p": [1, 2, 2], "h": ["a", "a", "a"]}
    survey = cd.Survey(data, weight="w", psu="p", strata="h", replicates=KIND)
    assert survey.estimate(cd.mean("y")).to_frame()["psus"].item() == 2
    assert repr(survey) == "<Survey the data: 3 records, 2 PSUs, 1 strata, 3 JKn replicates>"
    strata_only = cd.Survey(data, weight="w", strata="h", replicates=KIND).describe().facts
    assert (strata_only["strata"], strata_only["PSUs"]) == (1, "not known")


def test_replicate_weights_that_were_made_keep_the_psus() -> None:
    survey = cd.Survey({"p": [1, 1, 2, 3], "y": [1.0, 2.0, 3.0, 4.0]}, psu="p").with_replicates(cd.JK1())
    facts = survey.describe().facts
    assert (facts["PSUs"], facts["replicate weights"], facts["scale"]) == (3, "JK1, made of the PSUs", 2 / 3)
    assert repr(survey) == "<Survey the data: 4 records, 3 PSUs, 1 strata, 3 JK1 replicates>"
    assert survey.estimate(cd.mean("y")).to_frame()["psus"].item() == 3
    records = cd.Survey({"y": [1.0, 2.0, 3.0, 4.0]}).with_replicates(cd.JK1())
    assert records.estimate(cd.mean("y")).to_frame()["psus"].item() == 4
