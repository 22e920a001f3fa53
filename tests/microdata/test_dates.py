"""Dates: what SPSS, Stata and SAS count, and back."""

from __future__ import annotations

import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.microdata.dates import counted, from_moments, to_moments


def moments(values, display, program):
    return to_moments(pl.Series("d", values, dtype=pl.Float64), counted(display, program))


def test_the_first_day_of_1970_is_day_141428_of_spss_and_3653_of_stata():
    day = datetime.date(1970, 1, 1)
    assert moments([141_428 * 86_400.0], "DATE11", "spss")[0].to_list() == [day]
    assert moments([3653.0], "%td", "stata")[0].to_list() == [day]
    assert moments([3653.0], "DATE9", "sas")[0].to_list() == [day]


def test_a_datetime_keeps_its_fraction():
    seconds = 141_428 * 86_400 + 12 * 3600 + 0.25
    assert moments([seconds], "DATETIME23.2", "spss")[0].to_list() == [datetime.datetime(1970, 1, 1, 12, 0, 0, 250_000)]
    assert moments([(3653 * 86_400 + 1) * 1000.0], "%tc", "stata")[0].to_list() == [
        datetime.datetime(1970, 1, 1, 0, 0, 1)
    ]


def test_a_time_beyond_a_day_is_a_duration():
    within, beyond = moments([3600.0], "TIME8", "spss")[0], moments([90_000.0], "TIME8", "spss")[0]
    assert within.to_list() == [datetime.time(1)]
    assert beyond.to_list() == [datetime.timedelta(hours=25)]


def test_impossible_dates_are_missing_and_counted():
    dates, lost = moments([1e300, None, -1e15, 141_428 * 86_400.0], "DATE11", "spss")
    assert dates.null_count() == 3
    assert lost == 2


@pytest.mark.parametrize(
    ("display", "program", "kind"),
    [
        ("F8.2", "spss", None), ("A8", "spss", None), (None, "spss", None), ("ADATE10", "spss", "date"),
        ("MOYR8", "spss", "date"), ("DTIME13.2", "spss", "time"), ("MONTH9", "spss", None), ("WKDAY9", "spss", None),
        ("%9.0g", "stata", None), ("%tdD_m_Y", "stata", "date"), ("%dN/D/Y", "stata", "date"),
        ("%-td", "stata", "date"),
        ("%tm", "stata", None), ("%tcHH:MM:SS", "stata", "time"), ("%tcCCYY-NN-DD_HH:MM", "stata", "datetime"),
        ("%9.0d", "stata", None), ("MMDDYY10.", "sas", "date"), ("E8601DA", "sas", "date"),
        ("DATETIME20.", "sas", "datetime"),
        ("TIME8.", "sas", "time"), ("BEST12.", "sas", None),
    ],
)  # fmt: skip
def test_only_the_format_says_what_is_a_date(display, program, kind):
    found = counted(display, program)
    assert (found.kind if found else None) == kind


@settings(deadline=None)
@given(st.dates(datetime.date(1600, 1, 1), datetime.date(2200, 1, 1)), st.sampled_from(["spss", "stata", "sas"]))
def test_a_date_comes_back(day, program):
    numbers, display = from_moments(pl.Series("d", [day]), program)
    assert to_moments(numbers, counted(display, program))[0].to_list() == [day]


@settings(deadline=None)
@given(st.datetimes(datetime.datetime(1600, 1, 1), datetime.datetime(2200, 1, 1)), st.sampled_from(["spss", "stata"]))
def test_a_datetime_comes_back_to_the_millisecond(moment, program):
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    numbers, display = from_moments(pl.Series("d", [moment]), program)
    back = to_moments(numbers, counted(display, program))[0].item()
    assert abs(back - moment) <= datetime.timedelta(microseconds=5)
