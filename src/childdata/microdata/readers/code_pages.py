"""In which single-byte code page was this text written?

Old SPSS files and Stata files before version 14 hold Cyrillic text as Windows-1251, CP866 or KOI8-R bytes
and say nothing about it, or say something untrue; decoded as Windows-1252, "Область" reads "Îáëàñòü". Each
candidate is judged by the words it gives: letters of one alphabet in a word, capitals only where capitals
stand, and letters as frequent as they are in Russian.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

# iconv's names, as the reader wants them, in the order in which they are tried; Python knows them too
CANDIDATES = ("WINDOWS-1251", "CP866", "KOI8-R", "WINDOWS-1252")
CYRILLIC = CANDIDATES[:3]

# share of each letter in Russian text, per cent (Lyashevskaya & Sharov 2009, rounded)
_RUSSIAN = dict(
    zip(
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіўї",
        (11, 8.5, 8, 7.4, 6.7, 6.3, 5.5, 4.7, 4.5, 4.4, 3.5, 3.2, 3, 2.8, 2.6, 2, 1.9, 1.7, 1.7, 1.6, 1.6, 1.4,
         1.2, 1, 0.9, 0.7, 0.6, 0.5, 0.4, 0.3, 0.3, 0.1, 0.1, 0.8, 0.8, 0.2),
        strict=True,
    )
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_WESTERN = set("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœšžßÀÁÂÄÅÆÇÈÉÊËÍÎÓÔÖØÚÜŒŠŽ’‘“”–—…«»°€£")
ENOUGH = 1.5


def plausibility(text: str) -> float:
    """How much a text reads like Russian, or like a western language: mean over its characters beyond ASCII.

    About 5 for Russian, 2 for accented Latin words, below 0 for the wrong code page, 0 for plain ASCII.

    >>> round(plausibility("Область"), 1), plausibility("Îáëàñòü") < 0
    (5.5, True)
    """
    beyond = sum(character > "\x7f" for character in text)
    if not beyond:
        return 0.0
    in_words = 0
    score = 0.0
    for word in _WORD.findall(text):
        high = [letter for letter in word if letter > "\x7f"]
        in_words += len(high)
        score += _word_score(word, high)
    stray = [character for character in _WORD.sub("", text) if character > "\x7f"]
    tolerated = sum(character in "’‘“”–—…«»°№·\xa0€£" for character in stray)
    return (score - 4.0 * (len(stray) - tolerated) + 0.5 * tolerated) / beyond


def _word_score(word: str, high: list[str]) -> float:
    if not high:
        return 0.0
    cased = word.islower() or word.isupper() or word[1:].islower()
    cyrillic = sum("\u0400" <= letter <= "\u052f" for letter in high)
    if cyrillic:
        if cyrillic < len(word) or not cased:
            return -3.0 * len(high)
        return sum(_RUSSIAN.get(letter.lower(), 0.0) for letter in high)
    western = sum(letter in _WESTERN for letter in high)
    if western < len(high) or not cased or (len(high) == len(word) and len(word) > 2) or 2 * len(high) > len(word) + 1:
        return -3.0 * len(high)
    return 2.0 * len(high)


def likely_code_page(raw: Iterable[bytes]) -> str | None:
    """The candidate that gives the most plausible text; None where the bytes are ASCII or nothing is
    plausible.

    >>> likely_code_page(["Минская область".encode("cp866")])
    'CP866'
    """
    joined = b"\n".join(raw)
    best, most = None, 0.0
    for candidate in CANDIDATES:
        score = plausibility(joined.decode(candidate, "replace"))
        if score > most:
            best, most = candidate, score
    return best


def misread(texts: Iterable[str], declared: str | None) -> str | None:
    """The code page in which these texts, decoded as `declared`, should have been decoded; None if they are
    fine.

    A text is suspected only if it is implausible as it stands and clearly Cyrillic otherwise.

    >>> misread(["Îáëàñòü", "Ãîðîä"], "WINDOWS-1252")
    'WINDOWS-1251'
    """
    suspects = [text for text in texts if any(character > "\x7f" for character in text)][:2000]
    if not suspects:
        return None
    present = plausibility("\n".join(suspects))
    if present >= ENOUGH:
        return None
    best = likely_code_page(_raw(text, declared) for text in suspects)
    if best is None or best not in CYRILLIC:
        return None
    mended = plausibility("\n".join(_raw(text, declared).decode(best, "replace") for text in suspects))
    return best if mended >= ENOUGH and mended > present + ENOUGH else None


def _raw(text: str, declared: str | None) -> bytes:
    codec = python_codec(declared) or "cp1252"
    if codec in ("utf-8", "ascii"):
        codec = "cp1252"
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        # bytes that the code page leaves undefined come through as the control characters of latin-1
        return b"".join(_raw_character(character, codec) for character in text)


def _raw_character(character: str, codec: str) -> bytes:
    for one in (codec, "latin-1"):
        try:
            return character.encode(one)
        except UnicodeEncodeError:
            continue
    return b"?"


def python_codec(name: str | None) -> str | None:
    """Python's name of a code page that a file or a user names; None if Python does not know it.

    >>> python_codec("windows-1251"), python_codec("1251"), python_codec("no such")
    ('cp1251', 'cp1251', None)
    """
    if not name:
        return None
    for candidate in (name, f"cp{name}"):
        try:
            return "utf-8" if candidate.lower() in ("utf8", "utf-8", "cp65001") else _lookup(candidate)
        except LookupError:
            continue
    return None


def _lookup(name: str) -> str:
    return codecs.lookup(name).name
