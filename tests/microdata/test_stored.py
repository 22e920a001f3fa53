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


def test_a_file_over_the_limit_is_refused(tmp_path):
    with pytest.raises(ReadError, match=r"a.parquet unfolds to"):
        read(write(households(), tmp_path / "a.parquet"), limit=100)
