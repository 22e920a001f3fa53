"""What is in a file, so that it can be shown to others: one row per variable.

Private by construction: counts under five are hidden, and where only one is hidden in a variable its
neighbour is hidden too, since the total would reveal it; percentiles 1 and 99 stand for the extremes, and
only where five records lie beyond each; the text of free answers never appears.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Protocol

import pandas as pd
import polars as pl

from childdata.microdata.labels import Code, Variable

SMALLEST_COUNT = 5
HIDDEN = f"<{SMALLEST_COUNT}"
COLUMNS = (
    "name", "label", "kind", "unit", "n_valid", "n_missing", "missing", "unique", "p1", "median", "p99", "values",
    "undeclared",
)  # fmt: skip


class Part(Protocol):
    """What is described: a Dataset, seen from here."""

    @property
    def frame(self) -> pl.DataFrame: ...
    @property
    def variables(self) -> Mapping[str, Variable]: ...
    @property
    def reasons(self) -> pl.DataFrame: ...
    @property
    def source(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, eq=False)  # frames have no single truth to compare by
class Codebook:
    """A description of every variable of a file, fit to be shown.

    Attributes
    ----------
    rows : pandas frame, a row per variable: name, label, kind, unit, n_valid, n_missing (numbers, or "<5"),
    missing
        (n by reason), unique (count of different answers), p1, median, p99, values (code, label and n of each
        labelled code), undeclared (codes not declared missing whose label reads like "no answer").
    source : name of the file.
    records : rows of the file.
    notes : those of the data.
    """

    rows: pd.DataFrame
    source: str
    records: int
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """The rows, as a pandas frame of the caller's own."""
        return self.rows.copy()

    def undeclared(self) -> pd.DataFrame:
        """The variables with codes that read like "no answer" but are not declared so."""
        found = self.rows.loc[self.rows["undeclared"] != "", ["name", "label", "undeclared"]]
        return found.reset_index(drop=True)

    def __repr__(self) -> str:
        return f"<Codebook of {self.source}: {len(self.rows)} variables, {self.records} records>\n" + self.rows[
            ["name", "label", "n_valid", "n_missing", "unique"]
        ].to_string(index=False, max_rows=20, max_colwidth=40)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(column)}</th>" for column in self.rows.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_shown(cell))}</td>" for cell in row) + "</tr>"
            for row in self.rows.itertuples(index=False)
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return (
            f"<p><b>{escape(self.source)}</b>: {len(self.rows)} variables, {self.records} records</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{notes}</ul>"
        )


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:g}"
    return str(cell)


def make_codebook(data: Part) -> Codebook:
    """The codebook of a Dataset."""
    rows = [_describe(data, name) for name in data.frame.columns]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"p1": float, "median": float, "p99": float})
    return Codebook(frame, data.source, data.frame.height, tuple(data.notes))


def _describe(data: Part, name: str) -> dict[str, object]:
    variable, values = data.variables[name], data.frame.get_column(name)
    known = _answers(values)
    by_reason = reason_counts(data, name)
    shown = _suppressed([known.len(), *(count for _, _, count in by_reason)])
    missing = "; ".join(
        f"{_code(code)} {label}: {count}" for (code, label, _), count in zip(by_reason, shown[1:], strict=True)
    )
    spread = _spread(known, variable)
    return {
        "name": name,
        "label": variable.label,
        "kind": variable.kind,
        "unit": variable.unit or "",
        "n_valid": shown[0],
        "n_missing": _sum(shown[1:], data.frame.height - known.len()),
        "missing": missing,
        "unique": known.n_unique() if known.len() else 0,
        **dict(zip(("p1", "median", "p99"), spread, strict=True)),
        "values": _values(known, variable, shown[0]),
        "undeclared": "; ".join(f"{_code(code)} {label}" for code, label in variable.suspected_missing().items()),
    }


def _sum(parts: list[int | str], total: int) -> int | str:
    return HIDDEN if any(isinstance(part, str) for part in parts) and total < SMALLEST_COUNT else _whole(parts, total)


def _whole(parts: list[int | str], total: int) -> int | str:
    hidden = [part for part in parts if isinstance(part, str)]
    # a total shown beside a single hidden part would reveal it
    return f"at least {sum(part for part in parts if not isinstance(part, str))}" if len(hidden) == 1 else total


def _answers(values: pl.Series) -> pl.Series:
    # SPSS texts have no system-missing value: an empty text is what stands for none
    known = values.drop_nulls()
    return known.filter(known != "") if known.dtype == pl.String else known


def reason_counts(data: Part, name: str) -> list[tuple[Code, str, int]]:
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
        rows.append((".", "no answer, without a reason", missing))
    empty = len(values) - values.null_count() - _answers(values).len()
    if empty:
        rows.append(("", "empty text", empty))
    return rows


def _suppressed(counts: list[int]) -> list[int | str]:
    """Counts with those under five hidden, and a second one where only one is (their total is known)."""
    small = [i for i, count in enumerate(counts) if 0 < count < SMALLEST_COUNT]
    if len(small) == 1:
        others = [i for i, count in enumerate(counts) if i not in small and count > 0]
        small += sorted(others, key=lambda i: counts[i])[:1]
    return [_hidden(count) if i in small else count for i, count in enumerate(counts)]


def _hidden(count: int) -> str:
    return HIDDEN if count < SMALLEST_COUNT else "hidden"


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


def _values(known: pl.Series, variable: Variable, valid: int | str) -> str:
    """Code, label and n of each labelled code that is no missing one; the labels only where n is hidden."""
    codes = [code for code in variable.value_labels if not variable.is_declared_missing(code)]
    if not codes:
        return ""
    found = dict(known.value_counts().rows()) if len(known) else {}
    counts = [int(found.get(code, 0)) for code in codes]
    rest = known.len() - sum(counts)
    shown = _suppressed([*counts, rest]) if not isinstance(valid, str) else [HIDDEN if n else 0 for n in counts]
    return "; ".join(
        f"{_code(code)} {variable.value_labels[code]}: {count}" for code, count in zip(codes, shown, strict=False)
    )


def _code(code: Code) -> str:
    return code if isinstance(code, str) else f"{code:g}"
