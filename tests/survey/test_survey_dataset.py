"""A survey of a Dataset: labels and their order, declared missing answers and their codes, the name of the file."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

import childdata as cd
from childdata.errors import DesignError, VariableError

LABELS = [
    cd.Variable("HH6", "Area <of> residence", value_labels={1: "Городская", 2: "Сельская"}),
    cd.Variable("windex5", "Wealth", value_labels={1: "Poorest", 2: "Second", 3: "Second", 5: "Richest"}),
    cd.Variable("FN", "Functioning", value_labels={1: "Yes", 2: "No", 9: "No answer"}, missing_codes=(9,)),
    cd.Variable("ed", "Education", value_labels={"b": "Basic", "a": "Advanced"}, kind="text"),
]
ROWS = {
    "y": [1.0, 2.0, 3.0, 4.0, 5.0, 9.0],
    "w": [1.0, 1.0, 2.0, 2.0, 1.0, 1.0],
    "HH6": [2, 1, 2, 1, 1, 2],
    "windex5": [5, 3, 2, 1, 1, 5],
    "FN": [1, 9, 2, 1, 9, None],
    "ed": ["b ", "a", "b", "", "a", "a"],
}


@pytest.fixture(scope="module")
def survey() -> cd.Survey:
    return cd.Survey(cd.Dataset.from_frame(ROWS, variables=LABELS, source="ch.sav"), weight="w")


def test_rows_carry_the_labels_in_the_order_of_the_codes(survey: cd.Survey) -> None:
    found = survey.estimate(cd.mean("y"), by="hh6")
    assert found.by == ("HH6",)
    assert found.to_frame()["HH6"].tolist() == ["Городская", "Сельская"]
    assert found.to_frame()["estimate"].tolist() == [pytest.approx((2 + 8 + 5) / 4), pytest.approx((1 + 6 + 9) / 4)]
    assert found.headings == {"HH6": "Area <of> residence"}


def test_codes_of_one_label_stay_apart_and_labels_nobody_has_are_left_out(survey: cd.Survey) -> None:
    frame = survey.estimate(cd.proportion("windex5")).to_frame()
    assert frame["item"].tolist() == ["Poorest", "Second (2)", "Second (3)", "Richest"]
    assert frame["estimate"].tolist() == pytest.approx([3 / 8, 2 / 8, 1 / 8, 2 / 8])


def test_text_codes_have_labels_too_and_blank_is_missing(survey: cd.Survey) -> None:
    frame = survey.estimate(cd.count(), by="ed").to_frame()
    assert dict(zip(frame["ed"], frame["n"], strict=True)) == {"Basic": 2, "Advanced": 3, "(missing)": 1}


def test_declared_missing_answers_are_missing(survey: cd.Survey) -> None:
    row = survey.estimate(cd.mean("FN == 1")).to_frame().iloc[0]
    assert (row["n"], row["missing"], row["missing_share"]) == (3, 3, pytest.approx(3 / 8))
    assert row["estimate"] == pytest.approx((1 + 2) / 5)
    assert survey.estimate(cd.proportion("FN")).to_frame()["item"].tolist() == ["Yes", "No"]


def test_their_codes_can_be_asked_for(survey: cd.Survey) -> None:
    refused = survey.estimate(cd.mean("code(FN) == 9")).to_frame().iloc[0]
    assert (refused["n"], refused["estimate"]) == (5, pytest.approx(2 / 7))
    assert survey.estimate(cd.count(), where="missing(FN)").to_frame()["n"].item() == 3


def test_unknown_by_values_are_noted_by_name(survey: cd.Survey) -> None:
    assert "'FN' is missing in 3 records: shown in a row of their own" in survey.estimate(cd.mean("y"), by="FN").notes


def test_messages_name_the_file(survey: cd.Survey) -> None:
    with pytest.raises(VariableError, match=r"'HH66' is not in ch\.sav \(6 variables\); nearest: 'HH6'"):
        survey.estimate(cd.mean("y"), by="HH66")
    with pytest.raises(VariableError, match=r"'ed' in ch\.sav holds text where numbers are wanted"):
        survey.estimate(cd.mean("ed"))
    with pytest.raises(DesignError, match=r"weight 'ed' in ch\.sav holds text"):
        cd.Survey(survey.data, weight="ed")
    assert repr(survey).startswith("<Survey ch.sav: 6 records")
    assert survey.estimate(cd.mean("y")).settings["data"] == "ch.sav"


def test_no_answer_of_a_person_stands_in_a_message(survey: cd.Survey) -> None:
    with pytest.raises(DesignError) as refused:
        cd.Survey(cd.Dataset.from_frame({"w": [1.0, -987654.25, 1.0]}), weight="w")
    assert "987654" not in str(refused.value)


def test_new_columns_leave_labels_and_missing_codes_as_they_were(survey: cd.Survey) -> None:
    more = survey.with_columns(old="y > 3")
    assert more.estimate(cd.mean("old"), by="HH6").to_frame()["HH6"].tolist() == ["Городская", "Сельская"]
    assert more.estimate(cd.mean("code(FN) == 9")).to_frame()["n"].item() == 5


def test_a_heading_that_is_markup_is_escaped(survey: cd.Survey) -> None:
    html = survey.estimate(cd.mean("y"), by="HH6").table(suppress=None)._repr_html_()
    assert "Area <of> residence" not in html
    assert "Area &lt;of&gt; residence" in html


def test_dates_make_domains_in_their_order() -> None:
    days = [dt.date(2024, 2, 1), dt.date(2023, 12, 31), dt.date(2024, 2, 1), None]
    frame = (
        cd.Survey(pl.DataFrame({"y": [1.0, 2.0, 3.0, 4.0], "day": days})).estimate(cd.mean("y"), by="day").to_frame()
    )
    assert frame["day"].tolist() == ["2023-12-31", "2024-02-01", "(missing)"]
    assert frame["estimate"].tolist() == [2, 2, 4]
