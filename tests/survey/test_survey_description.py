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
