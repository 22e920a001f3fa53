"""How is a number of a row written: as per cent, in points, as an amount, as an index?

The scale of the row decides: a share is per cent with one decimal, a difference of shares percentage points
with a sign, an index has three decimals, an amount as many as its size asks for, the same in all rows of a
statistic. A `Style` writes the number as text in the reader's language and names the Excel number format that
shows the same, so that a cell of a workbook holds the number itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from childdata.words import Lang, number, percent, points

Measure = Literal["label", "value", "error", "share", "index", "count", "plain"]


FIXED: Mapping[Measure, tuple[Literal["percent", "number", "plain"], int]] = {
    "plain": ("plain", 3),
    "count": ("number", 0),
    "share": ("percent", 1),
    "index": ("number", 3),
}


def label_text(label: object) -> str:
    """A label as text; no label is an empty one.

    >>> label_text("Brest"), label_text(None), label_text(float("nan")), label_text(0.5)
    ('Brest', '', '', '0.5')
    """
    return "" if label is None or bool(pd.isna(label)) else str(label)  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class Style:
    """How a number is written.

    Attributes
    ----------
    kind : per cent, percentage points, the number itself, or that without signs for thousands and with as
        many decimals as it needs (years and codes).
    digits : decimals; for a plain number at most.
    signed : a positive difference is told by a plus sign.
    """

    kind: Literal["percent", "points", "number", "plain"]
    digits: int
    signed: bool = False

    def text(self, value: float, lang: Lang) -> str:
        """The number as a reader sees it.

        >>> Style("percent", 1).text(0.18, "en"), Style("points", 1, signed=True).text(0.032, "en")
        ('18.0%', '+3.2 pp')
        """
        if self.kind == "percent":
            return percent(value, self.digits, lang)
        if self.kind == "points":
            return points(value, self.digits, lang, sign=self.signed)
        if self.kind == "plain":
            return number(round(value, self.digits), None, lang, thousands=False)
        text = number(value, self.digits, lang)
        return "+" + text if self.signed and value > 0 and any(sign in "123456789" for sign in text) else text

    def in_excel(self, value: float) -> float:
        """The number that the cell holds: points are hundredfold, because Excel has no format for them."""
        return value * 100 if self.kind == "points" else value

    def excel_format(self, lang: Lang, *, flagged: bool = False) -> str:
        """Number format of the cell; the program puts in its own decimal and thousands signs.

        >>> Style("percent", 1).excel_format("en"), Style("percent", 1).excel_format("ru", flagged=True)
        ('0.0%', '"("0.0" "%")"')
        """
        if self.kind == "plain":
            return "General"
        decimals = "." + "0" * self.digits if self.digits else ""
        if self.kind == "percent":
            form = f"0{decimals}%" if lang == "en" else f'0{decimals}" "%'
        elif self.kind == "points":
            unit = points(0.0, 0, lang).removeprefix("0").strip()
            form = f'0{decimals}" {unit}"'
        else:
            form = f"#,##0{decimals}"
        form = f'"("{form}")"' if flagged else form
        return f"+{form};-{form};{form}" if self.signed else form


def style(measure: Measure, scale: str, *, size: float = math.nan, of: str = "", digits: int | None = None) -> Style:
    """Style of a number.

    Parameters
    ----------
    measure : what the column holds: the row's `value`, its standard `error`, or a `share`, `index`, `count` or
        `plain` number whatever the scale of the row.
    scale : share, amount, index or difference.
    size : the largest absolute value among the rows of the statistic, for amounts.
    of : for a difference, the scale of what is subtracted; not known: of shares if nothing is over one.
    digits : decimals instead of the usual ones.
    """
    found = _usual(measure, scale, size, of)
    return found if digits is None else replace(found, digits=digits)


def _usual(measure: Measure, scale: str, size: float, of: str) -> Style:
    if measure in FIXED:
        return Style(*FIXED[measure])
    error = measure == "error"
    signed = scale == "difference" and not error
    of = (of or ("amount" if size > 1 else "share")) if scale == "difference" else scale
    if of == "share":
        return Style("points" if scale == "difference" else "percent", 2 if error else 1, signed)
    if of == "index":
        return Style("number", 4 if error else 3, signed)
    decimals = _decimals(size)
    return Style("number", decimals + (1 if error and decimals else 0), signed)


def _decimals(size: float) -> int:
    """Decimals of an amount, so that at least three figures of the largest are seen.

    >>> [_decimals(size) for size in (123456.0, 812.3, 12.4, 3.1, 0.0123)]
    [0, 1, 2, 2, 4]
    """
    if math.isnan(size) or math.isinf(size):
        return 2
    bounds: Mapping[float, int] = {10_000: 0, 100: 1, 1: 2}
    for bound, decimals in bounds.items():
        if size >= bound:
            return decimals
    return 3 if size == 0 else min(8, 2 - math.floor(math.log10(size)))
