"""Which words and signs does a rule consist of? Text to tokens, with every bound checked before any parsing.

The rule is cut here, not by Python: so a Cyrillic name keeps its exact letters (Python would normalise
them), a name in backquotes can hold any sign, and a text of brackets is refused before a parser sees it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from .tree import complaint

MOST_CHARACTERS = 20_000
MOST_TOKENS = 4_000
MOST_DEPTH = 50

TokenKind = Literal["number", "text", "name", "call", "word", "sign"]

WORDS = frozenset({"and", "or", "not", "in"})
_SIGNS = ("**", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", ",")
_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HINTS = {
    "<>": "'<>' is not a comparison here; write !=",
    "~=": "'~=' is not a comparison here; write !=",
    "&&": "'&&' has no meaning here; write and",
    "||": "'||' has no meaning here; write or",
    "//": "'//' has no meaning here; write floor(x / y)",
    ":=": "':=' has no meaning here: a rule gives no names",
    "=": "'=' is not a comparison; write ==",
    "&": "'&' has no meaning here; write and",
    "|": "'|' has no meaning here; write or",
    "~": "'~' has no meaning here; write not",
    "!": "'!' has no meaning here; write not, or != for 'not equal'",
    "^": "'^' has no meaning here; write ** for a power",
    "%": "'%' has no meaning here; write mod(x, y)",
    ".": "'.' has no meaning here: a rule takes nothing out of a variable; for a name with a dot: `a.b`",
    "$": "'$' cannot stand in a bare name; write the name in backquotes: `ST4U$1`",
    "@": "'@' cannot stand in a bare name; write the name in backquotes",
    "#": "'#' cannot stand in a bare name; write the name in backquotes",
    "[": "'[' has no meaning here; a list of codes stands in parentheses: x in (1, 2)",
    "]": "']' has no meaning here; a list of codes stands in parentheses: x in (1, 2)",
    "{": "'{' has no meaning here; a list of codes stands in parentheses: x in (1, 2)",
    "}": "'}' has no meaning here; a list of codes stands in parentheses: x in (1, 2)",
    ":": "':' has no meaning here; for a range write between(x, 1, 3)",
    ";": "';' has no meaning here: a rule is one expression",
    "\\": "a backslash has no meaning here",
}
_QUOTES = "'\""
_OPENING_QUOTES = "“”„«»‘’"


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign of a rule, what it stands for, and where it begins."""

    kind: TokenKind
    value: str
    at: int


def cut(text: str) -> list[Token]:
    """The tokens of a rule; an ExpressionError where it holds what no rule holds, or too much of it."""
    if len(text) > MOST_CHARACTERS:
        raise complaint(text, MOST_CHARACTERS, f"the rule has {len(text):,} characters; most is {MOST_CHARACTERS:,}")
    tokens: list[Token] = []
    at, depth = 0, 0
    while at < len(text):
        if text[at] in " \t\r\n":
            at += 1
            continue
        token, at = _next(text, at)
        tokens.append(token)
        depth = _depth_after(depth, token, tokens)
        if depth > MOST_DEPTH or len(tokens) > MOST_TOKENS:
            what = (
                f"nested more than {MOST_DEPTH} deep" if depth > MOST_DEPTH else f"of more than {MOST_TOKENS:,} words"
            )
            raise complaint(text, token.at, f"the rule is {what}; split it into several")
    if not tokens:
        raise complaint(text, 0, "the rule is empty; write one such as UB2 >= 3")
    return tokens


def _depth_after(depth: int, token: Token, tokens: list[Token]) -> int:
    """How deep the rule is nested after this token; more than one prefix sign in a row nests too."""
    if token.kind == "sign" and token.value == "(":
        return depth + 1
    if token.kind == "sign" and token.value == ")":
        return depth - 1
    run = tokens[-MOST_DEPTH - 1 :]
    if len(run) > MOST_DEPTH and all(each.value in ("not", "-", "+") and each.kind != "text" for each in run):
        return MOST_DEPTH + 1
    return depth


def _next(text: str, at: int) -> tuple[Token, int]:
    """The token that begins at `at`, and where the next one may begin."""
    sign = text[at]
    if sign == "`":
        return _backquoted(text, at)
    if sign in _QUOTES:
        return _quoted(text, at)
    number = _NUMBER.match(text, at)
    if number:
        return _number(text, at, number.end())
    if begins_name(sign):
        return _word(text, at)
    for spelling in _SIGNS:
        if text.startswith(spelling, at) and text[at : at + 2] not in _HINTS:
            return Token("sign", spelling, at), at + len(spelling)
    raise complaint(text, at, _why_not(text, at))


def _why_not(text: str, at: int) -> str:
    """Why the sign at `at` cannot stand in a rule."""
    sign = text[at]
    if sign in _OPENING_QUOTES:
        return f"{sign!r} is a typographic quote; write straight quotes: 'A'"
    if not sign.isprintable():
        return f"the rule holds a control or invisible character (U+{ord(sign):04X}); write it without"
    return _HINTS.get(text[at : at + 2]) or _HINTS.get(sign) or f"{sign!r} has no meaning in a rule"


def begins_name(sign: str) -> bool:
    """Whether a bare name may begin with this letter."""
    return sign == "_" or unicodedata.category(sign)[0] == "L"


def continues_name(sign: str) -> bool:
    """Whether a bare name may go on with this letter, digit or combining mark."""
    return sign == "_" or unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Nl")


def _word(text: str, at: int) -> tuple[Token, int]:
    """A name, the name of a function, or one of the words `and or not in`."""
    end = at + 1
    while end < len(text) and continues_name(text[end]):
        end += 1
    word = text[at:end]
    if word in WORDS:
        return Token("word", word, at), end
    _refuse_dunder(text, at, word)
    after = end
    while after < len(text) and text[after] in " \t\r\n":
        after += 1
    if word.lower() in WORDS:
        raise complaint(text, at, f"write {word.lower()} in small letters")
    if after < len(text) and text[after] in _QUOTES and after == end:
        raise complaint(text, at, f"a text takes no prefix {word!r}; write it in quotes alone")
    return Token("call" if text.startswith("(", after) else "name", word, at), end


def _refuse_dunder(text: str, at: int, name: str) -> None:
    if name.startswith("__"):
        raise complaint(text, at, "a name in a rule cannot begin with two underscores; rename the variable")


def _backquoted(text: str, at: int) -> tuple[Token, int]:
    """A name in backquotes, letter by letter."""
    end = text.find("`", at + 1)
    if end < 0:
        raise complaint(text, at, "the backquote is not closed")
    name = text[at + 1 : end]
    if not name.strip():
        raise complaint(text, at, "there is no name between the backquotes")
    _refuse_dunder(text, at, name)
    for place, sign in enumerate(name):
        if not sign.isprintable():
            raise complaint(text, at + 1 + place, _why_not(text, at + 1 + place))
    return Token("name", name, at), end + 1


def _quoted(text: str, at: int) -> tuple[Token, int]:
    """A text in quotes; a quote inside it is doubled, as in SPSS; a backslash is a backslash."""
    quote, parts, start = text[at], [], at + 1
    while True:
        end = text.find(quote, start)
        if end < 0:
            raise complaint(text, at, "the quote is not closed")
        parts.append(text[start:end])
        if not text.startswith(quote, end + 1):
            break
        parts.append(quote)
        start = end + 2
    value = "".join(parts)
    if any(unicodedata.category(sign) == "Cc" for sign in value):
        raise complaint(text, at, "the text holds a control character; write it without")
    return Token("text", value.rstrip(" "), at), end + 1


def _number(text: str, at: int, end: int) -> tuple[Token, int]:
    """A number; one too large or too long to be held exactly is refused, not rounded."""
    spelling = text[at:end]
    if end < len(text) and (continues_name(text[end]) or text[end] == "."):
        raise complaint(text, at, "a number runs into a word; a name that begins with a digit stands in backquotes")
    value = float(spelling)
    if value == float("inf"):
        raise complaint(text, at, "the number is too large")
    if spelling.isdigit() and value >= 2.0**53 and f"{value:.0f}" != spelling.lstrip("0"):
        raise complaint(text, at, "the number has more digits than can be told apart (15); compare it as text")
    return Token("number", repr(value), at), end
