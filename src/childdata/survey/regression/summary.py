"""A regression on one page: what was fitted, on what, and the coefficients, in the manner of statsmodels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from childdata.survey.design_test import p_text
from childdata.words import Lang, number, percent, told, word

_RULE, _LINE = "=", "-"


@dataclass(frozen=True, slots=True)
class Summary:
    """Facts in two columns, the coefficients, and the notes.

    Attributes
    ----------
    title : heading. facts : pairs of a name and a value, both as they are shown.
    frame : of the coefficients, as they are shown.
    notes : below the table.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    frame: pd.DataFrame
    notes: tuple[str, ...]

    def as_text(self) -> str:
        """The page as text, for a terminal."""
        table = _table(self.frame)
        half = (len(self.facts) + 1) // 2
        left, right = _column(self.facts[:half]), _column(self.facts[half:])
        right += [""] * (len(left) - len(right))
        gap = max(2, max(map(len, table)) - max(map(len, left)) - max(map(len, right)))
        width = max([max(map(len, left)) + gap + max(map(len, right)), *map(len, table), len(self.title)])
        beside = [f"{a:<{max(map(len, left)) + gap}}{b}".rstrip() for a, b in zip(left, right, strict=True)]
        lines = [
            self.title.center(width).rstrip(),
            _RULE * width,
            *beside,
            _RULE * width,
            table[0],
            _LINE * width,
            *table[1:],
            _RULE * width,
            *self.notes,
        ]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.as_text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        facts = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in self.facts)
        head = "".join(f"<th>{escape(str(name))}</th>" for name in self.frame)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>"
            for row in self.frame.itertuples(index=False)
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return (
            f"<table><caption>{escape(self.title)}</caption>{facts}</table>"
            f"<table><tr>{head}</tr>{rows}</table><ul>{notes}</ul>"
        )


def _column(facts: Sequence[tuple[str, str]]) -> list[str]:
    name, value = (max((len(fact[k]) for fact in facts), default=0) for k in (0, 1))
    return [f"{a + ':':<{name + 1}} {b:>{value}}" for a, b in facts]


def _table(frame: pd.DataFrame) -> list[str]:
    """Lines of the head and the rows: the first column to the left, the others to the right."""
    columns = [[str(name), *frame[name].astype(str)] for name in frame]
    widths = [max(map(len, column)) for column in columns]
    lines = []
    for row in zip(*columns, strict=True):
        cells = [
            f"{row[0]:<{widths[0]}}",
            *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells))
    return lines


def make_summary(
    coefficients: pd.DataFrame,
    facts: Mapping[str, object],
    notes: Sequence[str],
    *,
    title: str,
    level: float,
    lang: Lang,
) -> Summary:
    """A summary in a reader's language.

    Parameters
    ----------
    coefficients : frame with term, estimate, se, t, p, ci_low, ci_high.
    facts : by the last part of their key among the words `regression.`; numbers or texts.
    """
    shown = tuple((word(f"regression.{name}", lang), _shown(value, lang)) for name, value in facts.items())
    low, high = (percent((1 + sign * level) / 2, None, lang) for sign in (-1, 1))
    table = pd.DataFrame(
        {
            "": coefficients["term"],
            word("regression.coefficient", lang): _numbers(coefficients["estimate"], lang),
            word("regression.se", lang): _numbers(coefficients["se"], lang),
            "t": [number(float(t), 3, lang) for t in coefficients["t"]],
            "P>|t|": [p_text(float(p), lang) for p in coefficients["p"]],
            f"[{low}": _numbers(coefficients["ci_low"], lang),
            f"{high}]": _numbers(coefficients["ci_high"], lang),
        }
    )
    return Summary(title, shown, table, tuple(told(note, lang) for note in notes))


def _shown(value: object, lang: Lang) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, np.integer)) or float(value).is_integer():  # type: ignore[arg-type]
        return number(float(value), 0, lang)  # type: ignore[arg-type]
    return number(float(value), _digits(float(value)), lang)  # type: ignore[arg-type]


def _digits(value: float) -> int:
    """Decimals that show at least four figures."""
    if not np.isfinite(value) or value == 0:
        return 4
    return int(np.clip(4 - np.floor(np.log10(abs(value))) - 1, 0, 12))


def _numbers(values: pd.Series, lang: Lang) -> list[str]:
    """Numbers of one column with decimals enough for the smallest of usual size."""
    finite = values[np.isfinite(values) & (values != 0)].abs()
    digits = min(max((_digits(float(value)) for value in finite), default=4), 6)
    return [number(float(value), digits, lang) for value in values]
