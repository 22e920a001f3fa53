"""The catalogue of words is complete in both languages, and nothing asks for a word that is not in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childdata import words
from childdata.errors import ChilddataError
from childdata.survey import Survey, mean
from childdata.survey.estimates import FACTS, NUMBERS
from childdata.words import THIN, WORDS, flag, heading, number, percent, points, recorded, told, word

SOURCE = Path(words.__file__).parent
# Signs and names that are the same in both languages.
SAME = {"mark.suppressed", "mark.few", "mark.empty", "mark.unavailable", "plot.count", "plot.few"}


def asked_for() -> dict[str, str]:
    """Every key that the source asks `word` for in so many letters -> where."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            constants = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
            if name == "word" and not isinstance(node.args[0], ast.JoinedStr):
                found |= {str(value): f"{path.name}:{node.lineno}" for value in constants if "." in str(value)}
    return found


def test_every_key_that_the_source_asks_for_is_in_the_catalogue() -> None:
    keys = asked_for()
    assert len(keys) > 20
    assert {key: place for key, place in keys.items() if key not in WORDS} == {}


def test_every_column_of_results_has_a_heading() -> None:
    for name in ("statistic", "item", *NUMBERS, *FACTS):
        assert f"column.{name}" in WORDS


def test_every_remark_of_results_is_in_the_catalogue() -> None:
    assert set(words.FLAGS.values()) == {key for key in WORDS if key.startswith("flag.")}


@pytest.mark.parametrize("key", WORDS)
def test_word_is_there_in_english_and_in_russian(key: str) -> None:
    english, russian = WORDS[key]
    assert english.strip() == english != ""
    assert russian.strip() == russian != ""
    if key not in SAME:
        assert re.search("[А-Яа-яё]", russian), russian
        assert not re.search("[А-Яа-яё]", english), english


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_have_the_same_blanks(key: str) -> None:
    blanks = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in WORDS[key]]
    assert blanks[0] == blanks[1]


def test_unknown_word_and_language_are_clear_errors() -> None:
    with pytest.raises(ChilddataError, match=r"no word 'column\.see'.*nearest: 'column\.se'"):
        word("column.see")
    with pytest.raises(ChilddataError, match="language 'de' is not there; choose 'en' or 'ru'"):
        word("column.se", "de")  # type: ignore[arg-type]
    with pytest.raises(ChilddataError, match="language 'de'"):
        number(1.0, 1, "de")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "digits", "english", "russian"),
    [
        (1234567.891, 1, "1,234,567.9", f"1{THIN}234{THIN}567,9"),
        (-0.5, 2, "−0.50", "−0,50"),
        (-0.001, 2, "0.00", "0,00"),
        (0.1, None, "0.1", "0,1"),
        (1e12, None, "1,000,000,000,000", f"1{THIN}000{THIN}000{THIN}000{THIN}000"),
        (100.0, None, "100", "100"),
        (float("nan"), 1, "…", "…"),
        (float("-inf"), 1, "−∞", "−∞"),
    ],
)
def test_numbers_are_written_by_the_language(value: float, digits: int | None, english: str, russian: str) -> None:
    assert number(value, digits, "en") == english
    assert number(value, digits, "ru") == russian


def test_shares_are_per_cent_and_differences_are_points() -> None:
    assert percent(0.285, 1) == "28.5%"
    assert percent(0.95, None, "ru") == f"95{THIN}%"
    assert points(0.1) == "+10.0 pp"
    assert points(-0.1, lang="ru") == f"−10,0{THIN}п. п."
    assert points(0.0001) == "0.0 pp"
    assert points(0.1, sign=False) == "10.0 pp"
    assert percent(float("nan")) == points(float("nan")) == "…"


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_number_can_be_read_back_from_both_languages(value: float, digits: int) -> None:
    english = number(value, digits, "en").replace("−", "-").replace(",", "")
    russian = number(value, digits, "ru").replace("−", "-").replace(THIN, "").replace(",", ".")
    assert english == russian
    assert float(english) == round(value, digits)


def test_names_of_the_user_are_not_translated() -> None:
    assert heading("windex5", "ru") == "windex5"
    assert recorded("grant", "ru") == "grant"
    assert flag("own remark; one PSU", "ru") == "own remark; одна первичная единица отбора"
    assert flag("") == ""


def test_every_note_of_an_estimate_is_told_in_russian() -> None:
    people = {
        "y": [1.0, 2.0, None, 4.0, 0.0, 5.0],
        "sex": ["f", "m", None, "f", "m", "f"],
        "w": [1.0, 0.0, 1.0, 1.0, 1.0, 2.0],
        "psu": [1, 1, 2, 1, 2, 2],
        "stratum": [1, 1, 1, 2, 2, 2],
    }
    survey = Survey(people, weight="w", strata="stratum", psu="psu", lonely_psu="certainty")
    notes = [
        note
        for missing_by in ("row", "total", "drop")
        for note in survey.estimate(mean("1 / y"), by="sex", where="y < 9", missing_by=missing_by).notes
    ]
    notes += Survey(people).estimate(mean("y"), where="y > 100").notes
    assert len(set(notes)) >= 7
    for note in notes:
        assert re.search("[А-Яа-яё]", told(note, "ru")), note
        assert told(note, "en") == note


def test_note_of_a_joined_file_is_told_after_its_name() -> None:
    note = "hl.sav: no weight was given: every record has weight 1"
    assert told(note, "ru") == "hl.sav: вес не задан: вес каждой записи равен 1"
    assert told("a: b: c", "ru") == "a: b: c"
