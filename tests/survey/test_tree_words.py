"""Statistics as plain words: what is written is read again, and nothing else is."""

from __future__ import annotations

import json

import pytest
from test_engines import SMOOTH

import childdata as cd
from childdata.errors import ChilddataError, ReadError
from childdata.survey.tree_words import statistic_of, words_of


@pytest.mark.parametrize("name", SMOOTH)
def test_every_statistic_made_of_totals_comes_back(name: str) -> None:
    words = json.loads(json.dumps(words_of(SMOOTH[name])))
    assert statistic_of(words) == SMOOTH[name]


def test_a_mean_in_words() -> None:
    assert words_of(cd.mean("income"))["items"] == [
        [None, ["/", ["total", "income", None, None], ["total", "1", None, None]]]
    ]


@pytest.mark.parametrize(
    "node", [["run", "os.remove"], ["function", "system", []], ["total"], ["**", ["count"], ["count"]]]
)
def test_words_that_are_no_statistic_are_refused(node: list[object]) -> None:
    words = words_of(cd.count()) | {"items": [[None, node]]}
    with pytest.raises(ReadError, match="cannot be read"):
        statistic_of(words)


def test_a_rule_in_words_is_read_as_a_rule_and_never_run() -> None:
    words = words_of(cd.count()) | {"items": [[None, ["total", "__import__('os')", None, None]]]}
    with pytest.raises(ChilddataError):
        statistic_of(words)


def test_what_is_found_by_rank_has_no_words() -> None:
    with pytest.raises(ReadError, match="not made of totals"):
        words_of(cd.median("income"))
