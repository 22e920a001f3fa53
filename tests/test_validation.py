"""The validation page says what was measured: its tables are those of the stored numbers, and the numbers come back."""

from __future__ import annotations

import ast
import importlib.util
import json
import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]


def load_validate() -> ModuleType:
    """`docs/validate.py`, which is no part of the package."""
    place = importlib.util.spec_from_file_location("validate", ROOT / "docs" / "validate.py")
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    sys.modules["validate"] = module  # dataclasses look their module up
    place.loader.exec_module(module)
    return module


validate = load_validate()
KEPT: dict[str, Any] = json.loads(validate.KEPT.read_text(encoding="utf-8"))
ROWS: list[dict[str, Any]] = validate.rows()


def test_page_shows_what_is_stored() -> None:
    page = validate.PAGE.read_text(encoding="utf-8")
    assert validate.written(page, KEPT) == page, "run `make validation`"
    assert list(KEPT["rows"]) == [row["key"] for row in ROWS]


def test_every_part_of_the_plan_has_its_table() -> None:
    page = validate.PAGE.read_text(encoding="utf-8")
    assert {row["part"] for row in ROWS} == {part for part in _marks(page) if part != "versions"}


def _marks(page: str) -> list[str]:
    return [line.split(": ")[1].removesuffix(" -->") for line in page.splitlines() if line.startswith("<!-- measured")]


def test_every_test_that_a_row_names_is_there() -> None:
    functions: dict[str, set[str]] = {}
    for row in ROWS:
        for test in row["tests"]:
            file, name = test.split("::")
            if file not in functions:
                tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
                functions[file] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert name in functions[file], test


def test_every_published_case_of_r_has_a_row(shared: Any) -> None:
    cases = json.loads(shared("reference/survey.json").read_text(encoding="utf-8"))["cases"]
    told = " ".join(row["function"] for row in ROWS)
    assert [one["id"] for one in cases if one["id"].split("_")[0] not in told] == []


@pytest.mark.parametrize("row", [row for row in ROWS if row["file"] == "survey/test_two_phase.py"])
def test_measured_again_the_numbers_come_back(row: dict[str, Any], tmp_path: Path) -> None:
    found = validate.measured(row, validate.run(row["tests"]))
    # another processor may round the last digit otherwise
    assert found["lre"] == pytest.approx(KEPT["rows"][row["key"]]["lre"], abs=0.7)
    assert found["numbers"] == KEPT["rows"][row["key"]]["numbers"]


def test_digits_are_those_of_the_worst_number() -> None:
    # 1.001 against 1 has three equal digits, 2.02 against 2 two
    assert validate.digits([1.001, 2.02], [1, 2]) == pytest.approx(2)
    assert validate.digits(3.0, 3.0) == 15
    assert math.isnan(validate.digits("a", "b"))
    assert math.isnan(validate.digits([np.nan, np.inf], [np.nan, np.inf]))


def test_true_value_of_zero_counts_in_units_of_its_neighbours() -> None:
    assert validate.digits([100.0, 1e-4], [100.0, 0.0]) == pytest.approx(6)
    # 1e-7 for 1e-8 passes only by its absolute tolerance, as a zero would
    assert validate.digits([10.0, 1e-7], [10.0, 1e-8], relative=1e-9, absolute=1e-6) == pytest.approx(8, abs=0.1)


def test_comparisons_of_both_kinds_are_heard() -> None:
    recorder = validate.Recorder()
    with recorder.listening("a test"):
        np.testing.assert_allclose([1.0, 2.0], [1.0, 2.002], rtol=0.01)
        one, two = 1.0, [3.0, 3.0]
        assert one == pytest.approx(1.0001, rel=0.01)
        assert two == pytest.approx([3.0, 3.0])
        assert one != pytest.approx(6.0)
    assert recorder.numbers == {"a test": 5}
    assert recorder.worst["a test"] == pytest.approx(3, abs=0.01)
    np.testing.assert_allclose(1.0, 1.0)
    assert recorder.numbers == {"a test": 5}


def test_row_without_a_comparison_is_refused() -> None:
    row = {"tests": ["tests/x.py::test_a"]}
    with pytest.raises(SystemExit, match="compared no numbers"):
        validate.measured(row, validate.Recorder())
    assert validate.measured(row, validate.Recorder(skipped={"tests/x.py::test_a[b]"})) is None
    with pytest.raises(SystemExit, match="failed"):
        validate.measured(row, validate.Recorder(failed={"tests/x.py::test_a[b]"}))
