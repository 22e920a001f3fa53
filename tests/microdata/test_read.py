"""The real files: every row, label and code as their origin says."""

from __future__ import annotations

import re

import polars as pl
import pytest

from childdata.microdata import Dataset, Variable, read, scan, write
from childdata.words import told

NHANES = "data/nhanes_2021_2023/nhanes_2021_2023_child_functioning"
WORLD_BANK = "data/wb_synthetic_2023/WLD_2023_SYNTH-SVY-"


def weighted_share(frame: pl.DataFrame) -> float:
    known = frame.filter(pl.col("FNDCDI").is_not_null())
    weight = known["WTINT2YR"]
    return float((weight * (known["FNDCDI"] == 1)).sum() / weight.sum())


@pytest.mark.parametrize("isolate", [True, False])
def test_nhanes_in_spss_gives_the_published_share(shared, isolate):
    data = read(shared(f"{NHANES}.sav"), isolate=isolate)
    assert data.frame.shape == (11_933, 66)
    # R survey 4.x, svymean over children with the indicator
    assert weighted_share(data.frame) == pytest.approx(0.180340148009, abs=5e-13)


def test_nhanes_in_russian_stata_gives_the_same_share_and_keeps_its_tags(shared):
    data = read(shared(f"{NHANES}_ru.dta"))
    assert data.frame.shape == (11_933, 25)
    assert weighted_share(data.frame) == pytest.approx(0.180340148009, abs=5e-13)
    assert data.variables["FNQ021"].value_labels[".d"] == "Не знаю"
    assert data.variables["FNQ021"].missing_codes == (".d", ".r")


def test_the_two_files_agree_on_who_did_not_know(shared):
    spss = read(shared(f"{NHANES}.sav"), columns=["FNQ021", "FNQ130"])
    stata = read(shared(f"{NHANES}_ru.dta"), columns=["FNQ021", "FNQ130"])
    for name in ("FNQ021", "FNQ130"):
        assert spss.frame[name].cast(float).equals(stata.frame[name])
        codes = spss.reasons[name].replace_strict({9.0: "d", 7.0: "r"}, default=None, return_dtype=pl.String)
        assert codes.equals(stata.reasons[name])


def test_stata_whole_numbers_with_gaps_are_numbers(shared):
    data = read(shared(f"{WORLD_BANK}IND-EN_v01_M.dta"))
    assert data.frame.height == 32_396
    for name in ("age_month", "yrs_school"):
        assert data.frame.schema[name] == pl.Int64
        assert data.frame[name].null_count() > 0
    assert data.to_pandas()["age_month"].dtype.kind == "f"


def test_households_join_their_members(shared):
    people = read(shared(f"{WORLD_BANK}IND-EN_v01_M.dta"), columns=["hid", "age", "sex"])
    homes = read(shared(f"{WORLD_BANK}HLD-EN_v01_M.dta"), columns=["hid", "geo1", "tot_exp", "hhweight"])
    joined = people.join(homes, on="hid")
    assert joined.frame.height == 32_396
    assert joined.frame["tot_exp"].null_count() == 0
    assert "0 of 32396 rows" in joined.notes[-1]
    back = people.aggregate("hid", size="count()", children="count_true(age < 18)")
    assert back.frame.height == 8_000
    assert back.frame["children"].sum() == 12_054


@pytest.mark.parametrize(("name", "shape"), [("DEMO_I", (9971, 47)), ("BMX_I", (9544, 26))])
def test_sas_transport_files_are_read_with_labels(shared, name, shape):
    data = read(shared(f"data/nhanes_2015_2016/{name}.XPT"))
    assert data.frame.shape == shape
    assert data.variables["SEQN"].label == "Respondent sequence number"


def test_the_csv_and_the_spss_file_hold_the_same_people(shared):
    csv = read(shared("data/nhanes_2021_2023/DEMO_L.csv"), columns=["SEQN", "WTINT2YR"])
    spss = read(shared(f"{NHANES}.sav"), columns=["SEQN", "WTINT2YR"])
    joined = csv.join(spss, on="SEQN", relation="one-to-one", suffix="_spss")
    assert (joined.frame["WTINT2YR"] - joined.frame["WTINT2YR_spss"]).abs().max() < 1e-6


def test_scan_reads_no_row(shared):
    found = scan(shared(f"{NHANES}.sav"))
    assert found.rows == 11_933
    assert len(found.variables) == 66
    assert found.variables["riagendr"].label == "Sex"


def notes_of_reading(folder):
    """Notes of every kind that small files give rise to."""
    nine = Variable("HH6", "Тип местности", {1: "Город", 9: "Нет ответа"}, (9,))
    rows = {"HH6": [1, 9, 1], "empty": [None] * 3, "sum": ["1,5", "2,5", "-"], "whole": ["1", "2", "3"]}
    rows |= {"key": [1, 2, 3], "answer": ["Да", "Нет", "Не знаю"], "code": [100, 200, 300]}
    data = Dataset.from_frame(rows, variables=[nine, Variable("empty")])
    old = write(data, folder / "old.sav", encoding="windows-1251", declare_encoding=False)
    untrue = write(data, folder / "untrue.sav", encoding="windows-1251", declare_encoding="windows-1252")
    asked = {"numbers": ["sum", "whole"], "implied_decimals": {"code": 2}}
    first = read(old, **asked)
    yield from first.notes
    yield from read(untrue).notes
    yield from read(untrue, encoding="windows-1251").notes
    yield first.join(data.select("key"), on="key").notes[-1]
    yield first.aggregate("HH6", n="count()").notes[-1]
    yield first.with_columns(share="1 / (key - 1)").notes[-1]
    text = folder / "a.csv"
    text.write_bytes("номер;номер;текст\n1;2;1,5\n2;3;1 000\n".encode("cp1251"))
    yield from read(text).notes
    text.write_bytes(("a;b\n" + "1;1 000,5\n" * 9).encode())
    yield from read(text).notes


def test_the_notes_of_reading_are_told_in_russian(tmp_path):
    notes = list(dict.fromkeys(notes_of_reading(tmp_path)))
    assert len(notes) >= 14, notes
    for note in notes:
        russian = re.sub(r"'[^']*'", "", told(note, "ru"))
        assert told(note, "en") == note
        assert russian != note
        assert re.search("[а-яё]{4}", russian), note
        plain = re.sub(
            r"\w+\.(?:sav|csv)|WINDOWS-\d+|windows-\d+|UTF-8|encoding=|numbers=|missing_reasons|the data", "", russian
        )
        own = {"sum", "whole", "code", "share", "HH", "empty"}
        assert set(re.findall("[A-Za-z]{2,}", plain)) <= own, russian
