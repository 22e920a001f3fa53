"""Writes the tables of `docs/validation.md`: how closely each function agrees with an independent program.

`validation.toml` names the rows: a function, its oracle, the data, and the tests in which the two meet. Those tests are
run, every number that they compare is noted, and the row shows the worst: LRE = −log10(abs(c − t) / abs(t)), the number
of equal digits of the computed c and the true t. What was measured is kept in `validation.json`, so that rows whose
reference material is not beside the project keep their numbers.

`make validation`, or `python docs/validate.py WORD ...` for the rows with one of the words in the name of a test.

Source of the measure: McCullough (1998), The American Statistician 52(4), 358-366.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE, PLAN, KEPT = (ROOT / "docs" / f"validation.{kind}" for kind in ("md", "toml", "json"))
BESIDE = ROOT.parent / "shared" / "reference"
DOUBLE = 15.0  # digits that a double holds; to agree in more is chance

Row = dict[str, Any]


# --------------------------------------------------------------------------------------- what the tests compare


def digits(found: object, wanted: object, *, relative: float = 0.0, absolute: float = 0.0) -> float:
    """The number of equal digits of the worst pair of numbers; NaN where there are no two numbers.

    A true value of zero, and one that the test itself holds to an absolute distance only, counts by its distance in
    units of the largest true value beside it.

    >>> digits([1.001, 2.0], [1.0, 2.0])
    3.0
    """
    try:
        c, t = np.broadcast_arrays(np.asarray(found, dtype=float), np.asarray(wanted, dtype=float))
    except (TypeError, ValueError):
        return float("nan")
    known = np.isfinite(c) & np.isfinite(t)
    if not known.any():
        return float("nan")
    apart, size = np.abs(c - t)[known], np.abs(t)[known]
    near_zero = (size == 0) | ((absolute > 0) & (apart > relative * size))
    worst = float(np.max(apart / np.where(near_zero, size.max() or 1.0, size)))
    return DOUBLE if worst == 0 else min(DOUBLE, round(float(-np.log10(worst)), 6))


@dataclass(eq=False)
class Recorder:
    """A pytest plugin that notes the digits of every comparison of numbers, by test."""

    worst: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        with self.listening(item.nodeid):
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped.add(report.nodeid)

    @contextmanager
    def listening(self, test: str) -> Iterator[None]:
        """`assert_allclose` and `pytest.approx` do what they do, and tell what they compared."""
        scalar: Any = type(pytest.approx(1.0))
        close, equal = np.testing.assert_allclose, scalar.__eq__

        def assert_allclose(actual: Any, desired: Any, rtol: float = 1e-7, atol: float = 0, **more: Any) -> None:
            close(actual, desired, rtol=rtol, atol=atol, **more)
            self._note(test, actual, desired, relative=rtol, absolute=atol)

        def eq(one: Any, actual: Any) -> bool:
            same = bool(equal(one, actual))
            if same and np.ndim(actual) == 0:
                relative = one.rel if one.rel is not None else (0.0 if one.abs is not None else 1e-6)
                absolute = one.abs if one.abs is not None else one.DEFAULT_ABSOLUTE_TOLERANCE
                self._note(test, actual, one.expected, relative=float(relative), absolute=float(absolute))
            return same

        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(np.testing, "assert_allclose", assert_allclose))
            stack.enter_context(mock.patch.object(scalar, "__eq__", eq))
            yield

    def _note(self, test: str, found: Any, wanted: Any, **tolerance: float) -> None:
        equal = digits(found, wanted, **tolerance)
        if not np.isnan(equal):
            self.worst[test] = min(equal, self.worst.get(test, DOUBLE))
            self.numbers[test] = self.numbers.get(test, 0) + int(np.broadcast(found, wanted).size)


def run(tests: Iterable[str]) -> Recorder:
    """The comparisons of the tests, which are named by file and function."""
    recorder = Recorder()
    options = ["-q", "--no-header", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    pytest.main([*options, *(f"{ROOT / one}" for one in dict.fromkeys(tests))], plugins=[recorder])
    return recorder


# -------------------------------------------------------------------------------------------- rows and versions


def rows() -> list[Row]:
    """The rows of the tables, from `validation.toml`, each with `tests` as files and functions."""
    found = []
    for row in tomllib.loads(PLAN.read_text(encoding="utf-8"))["row"]:
        tests = [f"tests/{row['file']}::{name}" for name in row["tests"]]
        found.append({**row, "tests": tests, "key": f"{row['function']} | {row['oracle']} | {row['data']}"})
    return found


def measured(row: Row, recorder: Recorder) -> dict[str, float] | None:
    """The worst digits of a row and how many numbers were compared; None where the tests were skipped.

    Raises
    ------
    SystemExit if a test failed, is not there, or compared no numbers.
    """
    worst, numbers = [], 0
    for test in row["tests"]:
        if failed := [one for one in recorder.failed if _is(one, test)]:
            raise SystemExit(f"these tests failed: {', '.join(failed)}")
        of = [one for one in recorder.worst if _is(one, test)]
        if not of and any(_is(one, test) for one in recorder.skipped):
            return None
        if not of:
            raise SystemExit(f"{test}, which {PLAN.name} names, compared no numbers")
        worst += [recorder.worst[one] for one in of]
        numbers += sum(recorder.numbers[one] for one in of)
    return {"lre": round(min(worst), 1), "numbers": numbers}


def _is(one: str, test: str) -> bool:
    return one == test or one.startswith(f"{test}[")


PACKAGES = ("R", "survey", "convey", "laeken", "mitools", "metafor", "MASS", "multcomp")


def versions() -> dict[str, str]:
    """Programs and packages by name, as the reference files and the installed packages say."""
    beside = [path for name in ("survey", "poverty", "plausible_values") if (path := BESIDE / f"{name}.json").exists()]
    said: dict[str, str] = {}
    for path in [*sorted((ROOT / "tests" / "reference").glob("*_r.json")), *beside]:
        for name, text in _heads(json.loads(path.read_text(encoding="utf-8"))):
            if number := re.search(r"\d+(?:\.\d+)+", text):
                said.setdefault(name, number.group())
    found = {name: said[name] for name in PACKAGES if name in said}
    return found | {name: version(name) for name in ("svy", "samplics")}


def _heads(content: Any) -> Iterator[tuple[str, str]]:
    """(package, version) wherever a reference file tells it at its head."""
    heads = [content] + [content.get(name, {}) for name in ("made_with", "versions", "meta")]
    heads += [head.get("software", {}) for head in heads if isinstance(head, dict)]
    for head in (one for one in heads if isinstance(one, dict)):
        yield from ((name, head[name]) for name in PACKAGES if isinstance(head.get(name), str))
    if isinstance(content.get("program"), str):
        yield "R", content["program"]


# ----------------------------------------------------------------------------------------------------- the page


def table(part: str, kept: Row) -> str:
    """The Markdown table of one part of the page."""
    lines = ["| function | oracle | data | numbers | LRE |", "|---|---|---|---|---|"]
    for row in rows():
        if row["part"] == part:
            found = kept["rows"][row["key"]]
            lines.append(f"| {row['key']} | {found['numbers']:,} | {found['lre']:.1f} |")
    return "\n".join(lines)


def written(text: str, kept: Row) -> str:
    """The page with its measured parts, each between two marks, as they were measured."""

    def part(mark: re.Match[str]) -> str:
        oracles = ", ".join(f"{name} {number}" for name, number in kept["versions"].items())
        inner = f"Versions: {oracles}." if mark[1] == "versions" else table(mark[1], kept)
        return f"<!-- measured: {mark[1]} -->\n\n{inner}\n\n<!-- end -->"

    return re.sub(r"<!-- measured: ([\w-]+) -->.*?<!-- end -->", part, text, flags=re.DOTALL)


def main(words: Sequence[str] = ()) -> None:
    kept: Row = {"versions": {}, "rows": {}}
    if KEPT.exists():
        kept = json.loads(KEPT.read_text(encoding="utf-8"))
    plan = rows()
    asked = [row for row in plan if not words or any(word in test for word in words for test in row["tests"])]
    recorder = run(test for row in asked for test in row["tests"])
    found = {row["key"]: numbers for row in asked if (numbers := measured(row, recorder)) is not None}
    merged = {**kept["rows"], **found}
    if missing := [row["key"] for row in plan if row["key"] not in merged]:
        raise SystemExit(f"never measured, and not now: {'; '.join(missing)}")
    kept = {"versions": kept["versions"] | versions(), "rows": {row["key"]: merged[row["key"]] for row in plan}}
    KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8", newline="\n")
    print(f"{len(found)} of {len(plan)} rows measured; {PAGE.relative_to(ROOT)} is written")


if __name__ == "__main__":
    main(sys.argv[1:])
