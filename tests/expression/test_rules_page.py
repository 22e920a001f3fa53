"""The page of the rule language: every function stands on it, every rule it shows is one, its examples run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from childdata.errors import ExpressionError
from childdata.expression import parse
from childdata.expression.functions import FUNCTIONS, OVER_ROWS
from childdata.expression.parser import parse_aggregate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
TEXT = PAGE.read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, without its own head."""
    part = TEXT.split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def code(cell: str) -> list[str]:
    return [text for text in re.findall(r"`([^`]+)`", cell) if "..." not in text]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_stands_on_the_page(name: str) -> None:
    written = [row[0] for row in rows("All functions")]
    assert [cell for cell in written if cell.startswith(f"`{name}(")], f"add a row for {name} to docs/rules.md"


def test_page_lists_no_function_that_is_not_there() -> None:
    listed = {row[0].strip("`").split("(")[0] for row in rows("All functions")}
    assert listed == set(FUNCTIONS)


@pytest.mark.parametrize("name", OVER_ROWS)
def test_every_function_over_rows_stands_on_the_page(name: str) -> None:
    assert any(f"`{name}(" in row[0] for row in rows("From members to households"))


COMPARED = [rule for row in rows("SPSS, Stata and childdata side by side") for rule in code(row[3])]


@pytest.mark.parametrize("rule", COMPARED)
def test_every_rule_in_the_comparison_is_one(rule: str) -> None:
    if rule in ("and", "or", "not"):
        with pytest.raises(ExpressionError):
            parse(rule)
    else:
        assert parse_aggregate(rule).text == rule


def test_comparison_is_read_from_the_page() -> None:
    assert len(COMPARED) > 40


def test_examples_of_the_page_print_what_they_say() -> None:
    tests = doctest.DocTestParser().get_doctest(re.sub(r"^```.*$", "", TEXT, flags=re.M), {}, "rules", None, 0)
    said: list[str] = []
    runner = doctest.DocTestRunner()
    runner.run(tests, out=said.append)
    assert (runner.failures, runner.tries > 10) == (0, True), "".join(said)
