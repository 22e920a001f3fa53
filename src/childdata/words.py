"""In which words, and with which decimal sign, is a result told to its reader?

One catalogue (`vocabulary`) holds every heading, note, flag and plot word in English and in Russian; nothing that
a reader sees is worded anywhere else, except the user's own labels, which are never translated. Numbers
are written by the reader's language and never by the locale of the computer: English `1,234.5`,
Russian `1 234,5` (narrow no-break space, decimal comma), a true minus sign in both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, get_args

from childdata.errors import ChilddataError, nearest
from childdata.vocabulary import FLAGS, WORDS

Lang = Literal["en", "ru"]

MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"


def word(key: str, lang: Lang = "en", **values: object) -> str:
    """The word or sentence of the catalogue under `key`, its blanks filled with `values`.

    Raises
    ------
    ChilddataError if the language or the key is not there.

    >>> word("column.se", "ru")
    'Стандартная ошибка'
    >>> word("mark.few", "en", count=5)
    '<5'
    """
    pair = WORDS.get(key)
    if pair is None:
        raise ChilddataError(f"no word {key!r} in the catalogue of words{nearest(key, WORDS)}")
    text = pair[_place(lang)]
    return text.format(minus=MINUS, **values) if "{" in text else text


def heading(name: str, lang: Lang = "en", *, level: float = 0.95) -> str:
    """Heading of a result column; a name that the catalogue does not know is its own heading.

    >>> heading("ci_low")
    'Lower limit (95%)'
    >>> heading("windex5")
    'windex5'
    """
    key = f"column.{name}"
    return word(key, lang, level=percent(level, None, lang)) if key in WORDS else name


def flag(text: str, lang: Lang = "en") -> str:
    """The remarks of a row, separated by `; `, in the reader's language; an unknown one stays as it is.

    >>> flag("one PSU; empty", "ru")
    'одна первичная единица отбора; нет наблюдений'
    """
    remarks = [remark.strip() for remark in text.split(";") if remark.strip()]
    return "; ".join(word(FLAGS[remark], lang) if remark in FLAGS else remark for remark in remarks)


def recorded(name: str, lang: Lang = "en") -> str:
    """Heading of one entry of a provenance; a name that the catalogue does not know stays as it is.

    >>> recorded("weight", "ru"), recorded("grant")
    ('Вес', 'grant')
    """
    key = f"provenance.{name}"
    return word(key, lang) if key in WORDS else name


def told(note: str, lang: Lang = "en") -> str:
    """A note of a result in the reader's language; one that the catalogue does not know stays as it is.

    >>> told("'HH6' is missing in 12 records: dropped", "ru")
    "'HH6' отсутствует у 12 записей: они исключены"
    """
    for key, pattern in _told_patterns().items():
        found = pattern.fullmatch(note)
        if found:
            return word(key, lang, **found.groupdict())
    # notes of a file that was joined begin with its name
    file, colon, rest = note.partition(": ")
    return f"{file}: {told(rest, lang)}" if colon else note


@cache
def _told_patterns() -> Mapping[str, re.Pattern[str]]:
    """English sentences of the catalogue as patterns: a blank matches whatever stands there."""
    patterns = {}
    for key, (english, _) in WORDS.items():
        if key.startswith("told."):
            parts = re.split(r"\{(\w+)\}", english)
            text = "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
            patterns[key] = re.compile(text)
    return patterns


def number(value: float, digits: int | None = None, lang: Lang = "en", *, thousands: bool = True) -> str:
    """`value` with `digits` decimals (None: as many as it has, 15 at most), as the language writes it.

    A missing value is the mark for "not available"; `thousands=False` leaves the signs between thousands out.

    >>> number(-1234.5, 1), number(1234.5, 1, "ru").replace(THIN, "_")
    ('−1,234.5', '1_234,5')
    """
    place = _place(lang)
    if math.isnan(value):
        return word("mark.unavailable", lang)
    if math.isinf(value):
        return (MINUS if value < 0 else "") + "∞"
    digits_text = _shortest(abs(value)) if digits is None else f"{abs(value):,.{digits}f}"
    if not thousands:
        digits_text = digits_text.replace(",", "")
    if place == 1:
        digits_text = digits_text.replace(",", THIN).replace(".", ",")
    negative = value < 0 and any(sign in "123456789" for sign in digits_text)
    return (MINUS if negative else "") + digits_text


def percent(share: float, digits: int | None = 1, lang: Lang = "en") -> str:
    """A share of one as per cent.

    >>> percent(0.1803), percent(0.1803, 2, "ru").replace(THIN, "_")
    ('18.0%', '18,03_%')
    """
    text = number(round(share * 100, 10), digits, lang)
    return text if math.isnan(share) else text + ("%" if _place(lang) == 0 else THIN + "%")


def points(difference: float, digits: int = 1, lang: Lang = "en", *, sign: bool = True) -> str:
    """A difference of shares in percentage points, with its sign unless `sign` is False.

    >>> points(0.032), points(-0.032, lang="ru").replace(THIN, "_")
    ('+3.2 pp', '−3,2_п. п.')
    """
    text = number(round(difference * 100, 10), digits, lang)
    if math.isnan(difference):
        return text
    positive = sign and difference > 0 and any(figure in "123456789" for figure in text)
    space = " " if _place(lang) == 0 else THIN
    return f"{'+' if positive else ''}{text}{space}{word('unit.points', lang)}"


def _shortest(value: float) -> str:
    """As many decimals as the number has; no exponent below 1e15."""
    text = f"{value:,.15f}" if value < 1 else f"{value:,.{max(0, 15 - len(str(int(value))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _place(lang: str) -> int:
    languages = get_args(Lang)
    if lang not in languages:
        raise ChilddataError(f"language {lang!r} is not there; choose {' or '.join(map(repr, languages))}")
    return languages.index(lang)
