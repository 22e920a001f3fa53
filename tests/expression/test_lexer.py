"""Words and signs of a rule, and the bounds on them."""

from __future__ import annotations

import pytest

from childdata.errors import ExpressionError
from childdata.expression.lexer import MOST_CHARACTERS, MOST_DEPTH, MOST_TOKENS, cut


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.value) for token in cut(text)]


def test_rule_is_cut_into_words_and_signs() -> None:
    assert kinds("not missing(`ST4U$1`) and x>=.5") == [
        ("word", "not"), ("call", "missing"), ("sign", "("), ("name", "ST4U$1"), ("sign", ")"),
        ("word", "and"), ("name", "x"), ("sign", ">="), ("number", "0.5"),
    ]  # fmt: skip


def test_every_token_knows_its_place() -> None:
    text = "`a b` == 'it''s' or  x1 ** 2"
    assert [text[token.at] for token in cut(text)] == ["`", "=", "'", "o", "x", "*", "2"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("'A'", "A"), ('"A"', "A"), ("'it''s'", "it's"), ("''", ""), ("'A  '", "A"), ("' A'", " A"), ("'\\'", "\\"),
     ("'a`b'", "a`b"), ("'(('", "((")],
)  # fmt: skip
def test_text_is_what_stands_between_the_quotes(text: str, value: str) -> None:
    assert kinds(text) == [("text", value)]


def test_name_before_a_parenthesis_is_a_call_and_else_a_variable() -> None:
    assert kinds("sum (a) + sum")[0] == ("call", "sum")
    assert kinds("sum (a) + sum")[-1] == ("name", "sum")


def test_words_of_the_language_are_variables_in_backquotes_only() -> None:
    assert kinds("`and` and `in`") == [("name", "and"), ("word", "and"), ("name", "in")]


@pytest.mark.parametrize("name", ["x", "_x", "HH6", "область", "é", "क्षेत्र", "变量", "x²"[:1], "ß9"])
def test_letters_of_any_script_make_a_name(name: str) -> None:
    assert kinds(name) == [("name", name)]


def test_length_is_bounded() -> None:
    assert cut("x" + " " * (MOST_CHARACTERS - 1))
    with pytest.raises(ExpressionError, match="20,001 characters"):
        cut("x" + " " * MOST_CHARACTERS)


def test_number_of_words_is_bounded() -> None:
    assert len(cut("x " * MOST_TOKENS)) == MOST_TOKENS
    with pytest.raises(ExpressionError, match="4,000 words"):
        cut("x " * (MOST_TOKENS + 1))


@pytest.mark.parametrize("opening", ["(", "not ", "- "])
def test_depth_is_bounded(opening: str) -> None:
    assert cut(opening * MOST_DEPTH + "x")
    with pytest.raises(ExpressionError, match="50 deep"):
        cut(opening * (MOST_DEPTH + 1) + "x")


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert len(cut("(x) " * 500)) == 1500


def test_largest_whole_number_that_is_exact_is_taken() -> None:
    assert kinds("9007199254740992") == [("number", "9007199254740992.0")]
    assert kinds("1000000000000000000") == [("number", "1e+18")]
    with pytest.raises(ExpressionError, match="compare it as text"):
        cut("9007199254740993")
