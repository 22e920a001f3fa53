"""How SPSS, Stata and SAS count days and seconds, and how those counts become dates and back.

SPSS counts seconds from 14 October 1582; Stata counts days (%td) or milliseconds (%tc), SAS days or seconds,
from 1 January 1960. Whether a number is a date is said by its display format and never inferred from its
values. Stata's weeks, months, quarters and half-years (%tw %tm %tq %th) stay the counts they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import polars as pl

from childdata.microdata.labels import Kind

Program = Literal["spss", "stata", "sas"]

DAY = 86_400
_EPOCH_DAYS = {"spss": 141_428, "stata": 3_653, "sas": 3_653}  # from the origin to 1 January 1970
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # years 1 to 9999, what Python's dates can hold

_SPSS = {
    **dict.fromkeys(("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "MOYR", "QYR", "WKYR"), "date"),
    **dict.fromkeys(("DATETIME", "YMDHMS"), "datetime"),
    **dict.fromkeys(("TIME", "DTIME", "MTIME"), "time"),
}
_SAS = {
    **dict.fromkeys(("DATE", "WEEKDATE", "WEEKDATX", "WORDDATE", "JULIAN", "DTDATE", "ISEA"), "date"),
    **dict.fromkeys(("DATETIME", "DATEAMPM", "MDYAMPM"), "datetime"),
    **dict.fromkeys(("TIME", "HHMM", "TOD", "TIMEAMPM"), "time"),
}
_SAS_DAY = re.compile(r"^(MMDDYY|DDMMYY|YYMMDD)[BCDNPS]?$|^(IS|E|B)8601DA$")
_SAS_MOMENT = re.compile(r"^(IS|E|B)8601(DT|DN)$")
_SAS_CLOCK = re.compile(r"^(IS|E|B)8601TM$")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a number that stands for a moment counts: its kind and how many of its units make a second (or day)."""

    kind: Kind
    per_unit: float
    program: Program


def counted(display: str | None, program: Program) -> Counted | None:
    """What a display format says is counted; None where it is an ordinary number's.

    >>> counted("%tc", "stata").kind, counted("DATE11", "spss").kind, counted("F8.2", "spss")
    ('datetime', 'date', None)
    """
    if not display:
        return None
    if program == "stata":
        return _stata(display)
    name = re.sub(r"\d*(\.\d*)?$", "", display.upper()) or display.upper()
    if program == "spss":
        kind = _SPSS.get(name)
        return None if kind is None else Counted(_kind(kind), DAY if kind == "date" else 1, program)
    kind = _SAS.get(name)
    whole = display.upper().split(".")[0]
    for pattern, found in ((_SAS_DAY, "date"), (_SAS_MOMENT, "datetime"), (_SAS_CLOCK, "time")):
        if pattern.match(name) or pattern.match(whole):
            kind = found
    return None if kind is None else Counted(_kind(kind), 1, program)


def _kind(word: str) -> Kind:
    kinds: dict[str, Kind] = {"date": "date", "datetime": "datetime", "time": "time"}
    return kinds[word]


def _stata(display: str) -> Counted | None:
    bare = display.replace("-", "", 1) if display.startswith("%-") else display
    if bare.startswith(("%tc", "%tC")):
        clock = bare[3:].startswith(("HH", "hh")) and not re.search(r"[DdNnCYyMm](?!M)", bare[3:].replace("MM", ""))
        return Counted("time" if clock else "datetime", 1000, "stata")
    if bare.startswith("%td") or re.match(r"^%d([^\d]|$)", bare):
        return Counted("date", 1, "stata")
    return None


def to_moments(values: pl.Series, what: Counted) -> tuple[pl.Series, int]:
    """Counts as dates, datetimes or times of day, and how many lay outside the years 1 to 9999 and were lost.

    Times that do not lie within one day become durations.
    """
    numbers = values.cast(pl.Float64)
    shift = _EPOCH_DAYS[what.program]
    if what.kind == "date":
        days = (numbers / what.per_unit).floor() - shift
        inside = days.is_between(_FIRST_DAY, _LAST_DAY)
        moments = _where(days, inside).cast(pl.Int32).cast(pl.Date)
    elif what.kind == "datetime":
        seconds = numbers / what.per_unit
        inside = (seconds / DAY - shift).is_between(_FIRST_DAY, _LAST_DAY)
        kept = _where(seconds, inside)
        whole = kept.floor()
        # in two parts: the microseconds since 1582 do not fit into a double
        micro = (whole.cast(pl.Int64) - shift * DAY) * 1_000_000 + ((kept - whole) * 1e6).round().cast(pl.Int64)
        moments = micro.cast(pl.Datetime("us"))
    else:
        seconds = numbers / what.per_unit
        inside = seconds.abs() < 1e9
        kept = _where(seconds, inside)
        if bool((kept.is_between(0, DAY, closed="left")).all()):
            moments = (kept * 1e6).round().cast(pl.Int64).__mul__(1000).cast(pl.Time)
        else:
            moments = (kept * 1e6).round().cast(pl.Int64).cast(pl.Duration("us"))
    return moments.alias(values.name), int((~inside).sum())


def _where(values: pl.Series, inside: pl.Series) -> pl.Series:
    return pl.select(pl.when(inside).then(values)).to_series()


def from_moments(moments: pl.Series, program: Program) -> tuple[pl.Series, str]:
    """Dates, datetimes, times or durations as the counts of a program, and its display format."""
    shift = _EPOCH_DAYS[program]
    formats = {
        "spss": {"date": "DATE11", "datetime": "DATETIME23.2", "time": "TIME11.2"},
        "stata": {"date": "%td", "datetime": "%tc", "time": "%tcHH:MM:SS"},
        "sas": {"date": "DATE", "datetime": "DATETIME", "time": "TIME"},
    }[program]
    if moments.dtype == pl.Date:
        days = moments.cast(pl.Int32).cast(pl.Float64) + shift
        return (days * DAY if program == "spss" else days), formats["date"]
    per_second = 1000 if program == "stata" else 1
    if moments.dtype == pl.Time:
        return moments.cast(pl.Int64).cast(pl.Float64) / 1e9 * per_second, formats["time"]
    if moments.dtype == pl.Duration:
        micro = moments.cast(pl.Duration("us")).cast(pl.Int64)
        return micro.cast(pl.Float64) / 1e6 * per_second, formats["time"]
    micro = moments.cast(pl.Datetime("us")).cast(pl.Int64)
    whole = (micro // 1_000_000 + shift * DAY).cast(pl.Float64)
    return (whole + (micro % 1_000_000).cast(pl.Float64) / 1e6) * per_second, formats["datetime"]
