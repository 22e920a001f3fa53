"""What is in a file, so that it can be shown to others: one row per variable.

Private by construction: counts under five are hidden, and so is a neighbour of theirs where the total would
reveal them, as it does if one count is hidden, or if k hidden ones add up to k or 4k; where that is not enough,
all counts of the variable are hidden. Percentiles 1 and 99 stand for the extremes, and only where five
records lie beyond each; the text of free answers never appears, nor does a small count in a note.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd
import polars as pl

from childdata.microdata.labels import Code, Part, Variable, code_text
from childdata.vocabulary import WORDS
from childdata.words import Lang, told, word

SMALLEST_COUNT = 5
FEW = word("mark.few", count=SMALLEST_COUNT)
HIDDEN = word("codebook.hidden")
COLUMNS = (
    "name", "label", "kind", "unit", "n_valid", "n_missing", "missing", "unique", "p1", "median", "p99", "values",
    "undeclared",
)  # fmt: skip


# a number that stands alone, with the one it is a part of; names in quotes, versions and file names are none
_COUNT = re.compile(r"(?<!\w)'[^']*'|(?<![\w.,:+'-])(\d+)(?:( of | из )(\d+))?(?![\w'-]|[.,:]\w)")


@dataclass(frozen=True, slots=True, eq=False)  # frames have no single truth to compare by
class Codebook:
    """A description of every variable of a file, fit to be shown.

    Attributes
    ----------
    rows : pandas frame, a row per variable: name, label, kind, unit, n_valid, n_missing (numbers, "<5" or "hidden"),
        missing (n by reason), unique (count of different answers), p1, median, p99, values (code, label and n of
        each labelled code), undeclared (codes not declared missing whose label reads like "no answer").
    source : name of the file.
    records : rows of the file.
    notes : those of the data, without small counts.
    lang : language of its words.
    """

    rows: pd.DataFrame
    source: str
    records: int
    notes: tuple[str, ...] = ()
    lang: Lang = "en"

    @property
    def title(self) -> str:
        """What it is a codebook of, in a sentence."""
        return word("codebook.title", self.lang, source=self.source, variables=len(self.rows), records=self.records)

    def to_frame(self) -> pd.DataFrame:
        """The rows, as a pandas frame of the caller's own."""
        return self.rows.copy()

    def undeclared(self) -> pd.DataFrame:
        """The variables with codes that read like "no answer" but are not declared so."""
        found = self.rows.loc[self.rows["undeclared"] != "", ["name", "label", "undeclared"]]
        return found.reset_index(drop=True)

    def __repr__(self) -> str:
        return f"<{self.title}>\n" + self.rows[["name", "label", "n_valid", "n_missing", "unique"]].to_string(
            index=False, max_rows=20, max_colwidth=40
        )

    def _repr_html_(self) -> str:
        names = [word(f"codebook.{column}", self.lang) for column in self.rows.columns]
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_shown(cell))}</td>" for cell in row) + "</tr>"
            for row in self.rows.itertuples(index=False)
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return (
            f"<p>{escape(self.title)}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{notes}</ul>"
        )


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:g}"
    return str(cell)


def make_codebook(data: Part, lang: Lang = "en") -> Codebook:
    """The codebook of a Dataset, its words in a language; labels stay as they are."""
    rows = [_describe(data, name, lang) for name in data.frame.columns]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"p1": float, "median": float, "p99": float})
    set_aside = WORDS["told.set_aside"][0].partition("{")[0]
    # how many answers were set aside in all would reveal a count that the row of a variable hides
    kept = (note for note in data.notes if set_aside not in note)
    notes = tuple(_without_small_counts(_in_language(note, lang)) for note in kept)
    return Codebook(frame, data.source, data.frame.height, notes, lang)


def _in_language(note: str, lang: Lang) -> str:
    source, colon, rest = note.partition(": ")  # a note of a joined file begins with its name
    there = told(note, lang)
    return there if there != note or not colon else f"{source}: {told(rest, lang)}"


def _without_small_counts(note: str) -> str:
    """A note in which "<5" stands for every count from 1 to 4, and no count leaves 1 to 4 of its total.

    >>> _without_small_counts("b.sav: 2 of 100 texts are no numbers; of 'q 1', 97 of 100 are.")
    "b.sav: <5 of 100 texts are no numbers; of 'q 1', >95 of 100 are."
    """

    def hide(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        count = _few_or(int(found[1]))
        if found[3] is None:
            return count
        total = int(found[3])
        if total - SMALLEST_COUNT < int(found[1]) < total and count != FEW and total > SMALLEST_COUNT:
            count = f">{total - SMALLEST_COUNT}"
        return f"{count}{found[2]}{_few_or(total)}"

    return _COUNT.sub(hide, note)


def _few_or(count: int) -> str:
    return FEW if 0 < count < SMALLEST_COUNT else str(count)


def _describe(data: Part, name: str, lang: Lang) -> dict[str, object]:
    variable, values = data.variables[name], data.frame.get_column(name)
    known = _answers(values)
    by_reason = reason_counts(data, name, lang)
    shown = suppressed([known.len(), *(count for _, _, count in by_reason)])
    missing = "; ".join(
        f"{code_text(code)} {label}: {_told(count, lang)}"
        for (code, label, _), count in zip(by_reason, shown[1:], strict=True)
    )
    counts = _counts(known, variable, shown[0])
    undeclared = variable.suspected_missing().items()
    return {
        "name": name,
        "label": variable.label,
        "kind": word(f"codebook.{variable.kind}", lang),
        "unit": variable.unit or "",
        "n_valid": _told(shown[0], lang),
        "n_missing": _missing_in_all(shown, data.frame.height - known.len(), lang),
        "missing": missing,
        "unique": _told(_unique(known, list(counts.values())), lang),
        **dict(zip(("p1", "median", "p99"), _spread(known, variable), strict=True)),
        "values": "; ".join(
            f"{code_text(code)} {variable.value_labels[code]}: {_told(count, lang)}" for code, count in counts.items()
        ),
        "undeclared": "; ".join(f"{code_text(code)} {label}" for code, label in undeclared),
    }


def _told(cell: int | str, lang: Lang) -> int | str:
    return word("codebook.hidden", lang) if cell == HIDDEN else cell


def _missing_in_all(shown: Sequence[int | str], total: int, lang: Lang) -> int | str:
    """How many answers are missing, where that does not reveal what is hidden of the answers and reasons."""
    answered, parts = shown[0], shown[1:]
    if not isinstance(answered, str):
        few = any(isinstance(part, str) for part in parts) and total < SMALLEST_COUNT
        return FEW if few else total
    if list(parts) == [FEW]:
        return FEW
    least = sum(part for part in parts if not isinstance(part, str))
    return word("codebook.at_least", lang, count=least) if least else word("codebook.hidden", lang)


def _unique(known: pl.Series, shown: Sequence[int | str]) -> int | str:
    """How many different answers there are: with few answers, or all their counts hidden, that would tell them."""
    if 0 < known.len() < SMALLEST_COUNT:
        return FEW
    return HIDDEN if shown and all(cell == HIDDEN for cell in shown) else known.n_unique()


def _answers(values: pl.Series) -> pl.Series:
    # SPSS texts have no system-missing value: an empty text is what stands for none
    known = values.drop_nulls()
    return known.filter(known != "") if known.dtype == pl.String else known


def reason_counts(data: Part, name: str, lang: Lang = "en") -> list[tuple[Code, str, int]]:
    """(code, label, n) of each reason of a variable, in code order.

    Code "." is missing without a reason, "" an empty text.
    """
    variable, values = data.variables[name], data.frame.get_column(name)
    missing = values.null_count()
    rows: list[tuple[Code, str, int]] = []
    if name in data.reasons.columns:
        reasons = data.reasons.get_column(name).drop_nulls()
        tagged = variable.kind != "text" and reasons.dtype == pl.String
        for code, count in reasons.value_counts().sort(name).rows():
            written = f".{code}" if tagged else code
            rows.append((written, variable.value_labels.get(written, ""), int(count)))
        missing -= reasons.len()
    if missing:
        rows.append((".", word("codebook.no_reason", lang), missing))
    empty = len(values) - values.null_count() - _answers(values).len()
    if empty:
        rows.append(("", word("codebook.empty_text", lang), empty))
    return rows


def suppressed(counts: Sequence[int]) -> list[int | str]:
    """Counts whose total is known: "<5" for those under five, "hidden" for the neighbours that would reveal them.

    >>> suppressed([30, 2, 12]), suppressed([498, 1, 1]), suppressed([4, 4])
    ([30, '<5', 'hidden'], ['hidden', '<5', '<5'], ['hidden', 'hidden'])
    """
    small = [i for i, count in enumerate(counts) if 0 < count < SMALLEST_COUNT]
    if not small:
        return list(counts)
    # by place: the smallest of the others, chosen for its size, would tell something of that size
    others = [i for i, count in enumerate(counts) if count >= SMALLEST_COUNT]
    others.sort(key=lambda i: (min(abs(i - j) for j in small), -i))
    covers = others[:1] if _is_revealed([counts[i] for i in small], []) else []
    hidden = [counts[i] for i in (*small, *covers)]
    # also what is not revealed itself: else "all are hidden" would say that these counts would have been
    none_left = len(covers) == len(others) and sum(hidden) <= (SMALLEST_COUNT - 1) * len(hidden)
    revealed = _is_revealed([counts[i] for i in small], [counts[i] for i in covers])
    if len(counts) > 1 and (revealed or (covers and none_left)):
        return [HIDDEN] * len(counts)
    return [FEW if i in small else HIDDEN if i in covers else count for i, count in enumerate(counts)]


def _is_revealed(small: Sequence[int], covers: Sequence[int]) -> bool:
    """Whether counts of 1 to 4 and a cover of 5 or more follow from their sum.

    A cover is there since the small ones are all 1, or all 4: both must be possible under it.
    """
    most = (SMALLEST_COUNT - 1) * len(small)
    if covers:
        return sum(small) + sum(covers) < most + SMALLEST_COUNT
    return len(small) == 1 or sum(small) in (len(small), most)


def _spread(known: pl.Series, variable: Variable) -> tuple[float | None, float | None, float | None]:
    """Percentiles 1, 50 and 99 of an unlabelled number; none where fewer than five records lie beyond."""
    if variable.kind != "number" or not known.dtype.is_numeric() or len(variable.value_labels) > 1:
        return None, None, None
    numbers = known.cast(pl.Float64).filter(known.cast(pl.Float64).is_finite())
    median = numbers.quantile(0.5, "linear") if numbers.len() >= 4 * SMALLEST_COUNT else None
    if numbers.len() < 100 * SMALLEST_COUNT:
        return None, median, None
    low, high = numbers.quantile(0.01, "nearest"), numbers.quantile(0.99, "nearest")
    return low, median, high


def _counts(known: pl.Series, variable: Variable, valid: int | str) -> dict[Code, int | str]:
    """n of each labelled code that is no missing one, hidden where n_valid is or where the others reveal it."""
    codes = [code for code in variable.value_labels if not variable.is_declared_missing(code)]
    if isinstance(valid, str):
        return dict.fromkeys(codes, HIDDEN)
    found = dict(known.value_counts().rows()) if len(known) else {}
    counts = [int(found.get(code, 0)) for code in codes]
    return dict(zip(codes, suppressed([*counts, known.len() - sum(counts)]), strict=False))
