"""The helper's own work: slices make the whole, tags find their rows, limits hold, problems become answers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyreadstat
import pytest

from childdata.microdata import Dataset, Variable, write
from childdata.microdata.readers import helper


def ask(path: Path, **request: object) -> dict:
    form = {".zsav": "sav"}.get(path.suffix, path.suffix[1:])
    return helper.answer({"path": str(path), "format": form, "encoding": None, **request})


def unpack(path: Path, folder: Path, **changes: object) -> tuple[dict, pa.Table, pa.Table]:
    found = ask(path, do="describe")
    request = {
        "folder": str(folder), "names": found["names"], "types": found["types"], "widths": found["widths"],
        "whole": True, "packed": False, "offset": 0, "rows": found["rows"], "limit": 10**9,
    }  # fmt: skip
    reply = ask(path, do="unpack", **request | changes)
    tables = [pa.ipc.open_file(str(folder / f"{name}.arrow")).read_all() for name in ("values", "tags")]
    return reply, tables[0], tables[1]


@pytest.fixture
def rows() -> pl.DataFrame:
    return pl.DataFrame(
        {"i": list(range(1000)), "x": [i / 3 for i in range(1000)], "t": [f"т{i}" for i in range(1000)]}
    )


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".dta"])
@pytest.mark.parametrize("slice_bytes", [1, 20_000])
def test_slices_make_the_whole(tmp_path, monkeypatch, rows, suffix, slice_bytes):
    path = write(rows, tmp_path / f"a{suffix}")
    monkeypatch.setattr(helper, "SLICE_BYTES", slice_bytes)
    reply, values, _ = unpack(path, tmp_path)
    assert reply["rows"] == 1000
    assert values.column(0).num_chunks > 1
    assert values.column(0).to_pylist() == rows["i"].to_list()
    assert values.column(1).to_pylist() == rows["x"].to_list()
    assert values.column(2).to_pylist() == rows["t"].to_list()


def test_packed_rows_are_taken_in_larger_slices(tmp_path, monkeypatch, rows):
    path = write(rows, tmp_path / "a.zsav")
    monkeypatch.setattr(helper, "SLICE_BYTES", 1)
    _, small, _ = unpack(path, tmp_path)
    _, large, _ = unpack(path, tmp_path, packed=True)
    assert small.column(0).num_chunks > large.column(0).num_chunks == 1


def test_a_tag_keeps_its_row_across_slices(tmp_path, monkeypatch):
    reasons = pl.Series("q", [None] * 1000, dtype=pl.String).scatter([0, 333, 999], ["a", "r", "z"])
    values = pl.Series("q", [1.0] * 1000).scatter([0, 333, 999], [None, None, None])
    tags = Variable("q", missing_codes=(".a", ".r", ".z"))
    path = write(Dataset(pl.DataFrame([values]), {"q": tags}, pl.DataFrame([reasons])), tmp_path / "a.dta")
    monkeypatch.setattr(helper, "SLICE_BYTES", 1)
    reply, numbers, sparse = unpack(path, tmp_path)
    assert reply["tags"] == 3
    assert sparse.to_pydict() == {"column": [0, 0, 0], "row": [0, 333, 999], "letter": [ord(c) for c in "arz"]}
    assert numbers.column(0).null_count == 3


def test_rows_can_begin_later_and_end_earlier(tmp_path, rows):
    path = write(rows, tmp_path / "a.sav")
    _, values, _ = unpack(path, tmp_path, offset=990, rows=5)
    assert values.column(0).to_pylist() == [990, 991, 992, 993, 994]
    _, values, _ = unpack(path, tmp_path, offset=995, rows=50)
    assert values.num_rows == 5, "the file ends before"


def test_a_file_that_hides_its_length_is_read_to_its_end(tmp_path):
    frame = pl.DataFrame({"A": [float(i) for i in range(450)]})
    pyreadstat.write_por(frame, str(tmp_path / "a.por"))
    assert ask(tmp_path / "a.por", do="describe")["rows"] is None
    _, values, _ = unpack(tmp_path / "a.por", tmp_path)
    assert values.column(0).to_pylist() == frame["A"].to_list()


def test_the_last_row_of_a_hidden_length_may_be_empty(tmp_path):
    frame = pl.DataFrame({"A": [1.0, None, None]})
    pyreadstat.write_por(frame, str(tmp_path / "a.por"))
    _, values, _ = unpack(tmp_path / "a.por", tmp_path)
    assert values.column(0).to_pylist() == [1.0, None, None]


def test_the_limit_holds_while_rows_are_unpacked(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(helper, "SLICE_BYTES", 1)
    path = write(rows, tmp_path / "a.sav")
    found = ask(path, do="describe")
    reply = ask(
        path, do="unpack", folder=str(tmp_path), names=found["names"], types=found["types"], widths=found["widths"],
        whole=True, packed=False, offset=0, rows=1000, limit=10_000,
    )  # fmt: skip
    assert reply["error"] == "limit"
    assert "rows already take" in reply["message"]


def test_some_variables_are_read_without_the_others(tmp_path, rows):
    path = write(rows, tmp_path / "a.sav")
    _, values, _ = unpack(path, tmp_path, names=["x"], types=["double"], widths=[8], whole=False)
    assert values.num_columns == 1
    assert values.column(0).to_pylist() == rows["x"].to_list()


def test_text_that_cannot_be_decoded_is_an_answer_of_its_kind(tmp_path):
    data = Dataset.from_frame({"a": [1]}, variables=[Variable("a", "Область")])
    path = write(data, tmp_path / "a.sav", encoding="windows-1251", declare_encoding=False)
    assert ask(path, do="describe")["error"] == "encoding"
    again = helper.answer({"do": "describe", "path": str(path), "format": "sav", "encoding": "WINDOWS-1251"})
    assert again["labels"] == ["Область"]


def test_the_words_of_an_error_quote_no_value():
    assert helper._said(ValueError("CANARY-4711")) == "ValueError"
    assert helper._said(pyreadstat.ReadstatError("Invalid file")) == "Invalid file"
    assert helper._kind_of(MemoryError()) == "file"
    assert helper.answer({"do": "unpack"})["message"] == "KeyError"


def test_a_patched_file_differs_in_its_four_bytes_only(tmp_path):
    raw = bytes(range(100))
    (tmp_path / "a").write_bytes(raw)
    patched = raw[:10] + b"WXYZ" + raw[14:]
    for step in (1, 3, 7, 100):
        file = helper._Patched(str(tmp_path / "a"), 10, b"WXYZ")
        assert b"".join(iter(lambda: file.read(step), b"")) == patched  # noqa: B023
        file.seek(12)
        assert (file.read(4), file.tell()) == (patched[12:16], 16)
        file.close()


def test_a_description_has_every_fact_in_the_order_of_the_variables(tmp_path):
    variables = [
        Variable("a", "First", {1: "one"}, (9,), format="F4.0", measure="nominal"),
        Variable("b", "", missing_ranges=((1, 5),), format="F8.2"),
        Variable("c", "Text", kind="text"),
    ]
    data = Dataset.from_frame({"a": [1], "b": [7.5], "c": ["xyz"]}, variables=variables)
    found = ask(write(data, tmp_path / "a.sav"), do="describe")
    assert found["names"] == ["a", "b", "c"]
    assert found["value_labels"] == [[(1.0, "one")], [], []]
    assert found["missing"] == [[[9.0, 9.0]], [[1.0, 5.0]], []]
    assert found["types"] == ["double", "double", "string"]
    assert found["formats"][:2] == ["F4.0", "F8.2"]
    assert found["measures"] == ["nominal", "unknown", "unknown"]
    assert (found["rows"], found["encoding"]) == (1, "UTF-8")
