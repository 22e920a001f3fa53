"""Parquet with its metadata beside it."""

from __future__ import annotations

import json

import polars as pl
import pytest
from survey_files import households

from childdata.errors import ReadError, VariableError
from childdata.microdata import read, scan, write


def test_everything_comes_back_with_notes_unit_and_sets(tmp_path):
    data = households().with_set("media", ["HH6", "answer"], label="Media", counted="1").aggregate("HH1", n="count()")
    again = read(write(data, tmp_path / "a.parquet"))
    assert again.frame.equals(data.frame)
    assert again.notes == data.notes
    whole = households().with_set("media", ["HH6", "answer"], label="Media", counted="1")
    kept = read(write(whole, tmp_path / "b.parquet"))
    assert kept.sets == whole.sets
    assert kept.variables == whole.variables
    assert kept.reasons.equals(whole.reasons)


def test_the_companion_is_readable_json_without_infinities(tmp_path):
    write(households(), tmp_path / "a.parquet")
    facts = json.loads((tmp_path / "a.parquet.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert facts["reasons"]["HH6"] == "HH6 (reason)"
    assert facts["variables"][2]["missing_ranges"] == [["-inf", -1.0]]


def test_columns_are_read_alone_with_their_reasons(tmp_path):
    write(households(), tmp_path / "a.parquet")
    data = read(tmp_path / "a.parquet", columns=["income", "hh6"])
    assert data.frame.columns == ["income", "HH6"]
    assert data.reasons.columns == ["income", "HH6"]
    with pytest.raises(VariableError, match=r"'HH7' is not in a.parquet"):
        read(tmp_path / "a.parquet", columns=["HH7"])


def test_a_reason_column_gives_way_to_a_variable_of_its_name(tmp_path):
    data = households().rename({"nothing": "HH6 (reason)"})
    assert read(write(data, tmp_path / "a.parquet")).reasons["HH6"].to_list() == data.reasons["HH6"].to_list()


def test_parquet_without_a_companion_is_plain_data(tmp_path):
    pl.DataFrame({"a": [1, 2], "c": pl.Series(["x", None], dtype=pl.Categorical)}).write_parquet(tmp_path / "a.parquet")
    data = read(tmp_path / "a.parquet")
    assert data.frame["a"].to_list() == [1, 2]
    assert data.variables["c"].value_labels == {1.0: "x"}
    assert scan(tmp_path / "a.parquet").rows == 2


def test_damage_is_a_read_error_that_names_the_file(tmp_path):
    path = write(households(), tmp_path / "a.parquet")
    companion = tmp_path / "a.parquet.json"
    for broken in ("{", "[]", '{"childdata": 99}', '{"childdata": 1, "variables": [{"name": "HH1"}]}'):
        companion.write_text(broken)
        with pytest.raises(ReadError, match=r"a.parquet.json"):
            read(path)
    companion.unlink()
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ReadError, match=r"a.parquet cannot be read as parquet"):
        read(path)


def variable(**changes: object) -> dict[str, object]:
    sound = {
        "name": "HH1", "label": "", "kind": "number", "value_labels": [], "missing_codes": [], "missing_ranges": [],
        "unit": None, "format": None, "measure": None,
    }  # fmt: skip
    return sound | changes


HOSTILE = {
    "variables are a text": {"variables": "abc"},
    "a variable is a text": {"variables": ["HH1"]},
    "a kind that there is not": {"variables": [variable(kind="blob")]},
    "a kind that is a list": {"variables": [variable(kind=["number"])]},
    "a label that is a number": {"variables": [variable(label=3)]},
    "a code that is a list": {"variables": [variable(value_labels=[[[1], "one"]])]},
    "a code that is true": {"variables": [variable(missing_codes=[True])]},
    "a code beyond doubles": {"variables": [variable(missing_codes=[10**400])]},
    "labels without codes": {"variables": [variable(value_labels=["ab"])]},
    "a range of one end": {"variables": [variable(missing_ranges=[[1]])]},
    "a range of words": {"variables": [variable(missing_ranges=[["a", "b"]])]},
    "a unit that is a list": {"unit": ["household"]},
    "notes that are a text": {"notes": "abc"},
    "a note that is a number": {"notes": [1]},
    "reasons that are a list": {"reasons": ["HH1"]},
    "a reason that is none": {"reasons": {"HH1": None}},
    "a variable as its own reason": {"reasons": {"HH1": "HH1"}},
    "a reason that is not there": {"reasons": {"HH1": "away"}},
    "a reason of nothing": {"reasons": {"away": "HH1"}},
    "a variable as another's reason": {"variables": [variable()], "reasons": {"HH6": "HH1"}},
    "a date as a reason": {"reasons": {"HH6": "visit"}},
    "one column for two reasons": {"reasons": {"HH6": "income", "HH1": "income"}},
    "a set without members": {"sets": [{"name": "a", "label": "", "counted": None}]},
    "a set of one text": {"sets": [{"name": "a", "label": "", "variables": "HH1", "counted": None}]},
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("look", [read, scan])
def test_a_companion_that_is_hostile_or_stale_is_a_read_error(tmp_path, said, look):
    path = tmp_path / "a.parquet"
    households().frame.write_parquet(path)
    (tmp_path / "a.parquet.json").write_text(json.dumps({"childdata": 1, **said}), encoding="utf-8")
    with pytest.raises(ReadError, match=r"a\.parquet\.json .* delete it to read"):
        look(path)


def test_a_companion_that_is_nested_without_end_is_a_read_error(tmp_path):
    path = tmp_path / "a.parquet"
    households().frame.write_parquet(path)
    (tmp_path / "a.parquet.json").write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(ReadError, match=r"a\.parquet\.json is not sound JSON"):
        read(path)


def test_a_companion_may_leave_things_out(tmp_path):
    path = tmp_path / "a.parquet"
    households().frame.write_parquet(path)
    (tmp_path / "a.parquet.json").write_text(json.dumps({"childdata": 1, "notes": ["kept"]}), encoding="utf-8")
    assert read(path).notes[0] == "kept"
    assert read(path).frame.equals(households().frame)


def test_a_file_over_the_limit_is_refused(tmp_path):
    with pytest.raises(ReadError, match=r"a.parquet unfolds to"):
        read(write(households(), tmp_path / "a.parquet"), limit=100)
