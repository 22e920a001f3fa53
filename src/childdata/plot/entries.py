"""What is drawn: the rows of a table as lines of a picture, in their order or sorted.

An `Entry` is a labelled line with a `Point` for each group told by colour; variables that do not cross stand as
blocks, each under its heading. A point whose number is hidden has none, only its text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from childdata.errors import ChilddataError, VariableError, nearest
from childdata.table import Table
from childdata.table.grid import CellWriter, Column, Record, are_blocks
from childdata.words import Lang, word

Sort = bool | Literal["ascending", "descending"]
NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Point:
    """One row of the table: where it stands and what is told of it."""

    group: int
    estimate: float
    low: float
    high: float
    text: str
    count: str
    state: str

    def is_shown(self) -> bool:
        return not math.isnan(self.estimate)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the picture: a label with its points, or the heading of a block without any."""

    label: str
    points: tuple[Point, ...]
    is_total: bool = False

    def level(self) -> float:
        """What sorting looks at: the mean of the shown estimates."""
        shown = [point.estimate for point in self.points if point.is_shown()]
        return sum(shown) / len(shown) if shown else math.nan


def one_scale(table: Table) -> str:
    """The scale of all rows of a table.

    Raises
    ------
    ChilddataError if there are several; VariableError if there are no estimates.
    """
    if "estimate" not in table.rows:
        raise VariableError("a dot plot shows the column 'estimate', which the rows of this table do not have")
    scales = list(dict.fromkeys(table.rows["scale"])) if "scale" in table.rows else ["amount"]
    if len(scales) > 1:
        raise ChilddataError(
            f"the rows of this table are on several scales ({', '.join(map(str, scales))}), which cannot share "
            "an axis; make a table, and a picture, of the statistics of one scale"
        )
    return str(scales[0]) if scales else "amount"


def _label_columns(table: Table) -> list[str]:
    varied = [n for n in ("statistic", "item") if n in table.rows and table.rows[n].nunique() > 1]
    return [*varied, *table.by]


def _total(table: Table) -> str:
    return word("label.total", table.lang)


def _is_blocks(table: Table) -> bool:
    keys = list(table.rows[list(table.by)].astype(str).itertuples(index=False, name=None))
    return are_blocks(keys, _total(table))


def colour_variable(table: Table, colour: str | None) -> str | None:
    """The variable told by colour: the one asked for, else the usual one; None: there is none.

    Raises
    ------
    VariableError if the one asked for tells no rows apart.
    """
    labels = _label_columns(table)
    if colour is not None:
        if colour and colour not in labels:
            raise VariableError(
                f"{colour!r} tells no rows of this table apart; there is {', '.join(labels)}{nearest(colour, labels)}"
            )
        return colour or None
    for name in ("statistic", "item"):
        if name in labels and len(labels) > 1:
            return name
    return labels[-1] if len(table.by) > 1 and not _is_blocks(table) else None


def groups_of(table: Table, variable: str | None) -> list[str]:
    """Labels of the variable told by colour, in the order of the table."""
    return [] if variable is None else list(dict.fromkeys(table.rows[variable].astype(str)))


def entries_of(table: Table, variable: str | None, groups: Sequence[str]) -> list[list[Entry]]:
    """Blocks of entries; the first entry of a headed block has no points."""
    records = table.records()
    down = [name for name in _label_columns(table) if name != variable]
    points: dict[tuple[str, ...], list[Point]] = {}
    write = table.cell_writer(records)
    for record in records:
        group = groups.index(str(record[variable])) if variable is not None else 0
        points.setdefault(tuple(str(record[name]) for name in down), []).append(_point(record, group, write))
    total, alone = _total(table), len(groups) < 2
    if not (set(down) <= set(table.by) and are_blocks(list(points), total)):
        return [[_entry(key, found, total, write, alone=alone) for key, found in points.items()]]
    headings = {column.name: column.heading for column in table.columns}
    blocks: dict[str, list[Entry]] = {}
    for key, found in points.items():
        names = [name for name, label in zip(down, key, strict=True) if label not in ("", total)]
        blocks.setdefault(headings[names[0]] if names else "", []).append(_entry(key, found, total, write, alone=alone))
    ordered = sorted(blocks.items(), key=lambda block: block[0] != "")
    return [([Entry(name, ())] if name else []) + rest for name, rest in ordered]


def _entry(key: tuple[str, ...], found: Sequence[Point], total: str, write: CellWriter, *, alone: bool) -> Entry:
    labels = [label for label in key if label not in ("", total)]
    label = ", ".join(labels) or (total if key else "")
    # Several points have their records beside their values.
    counted = _counted(found[0].count, write.lang) if alone else ""
    text = f"{label} ({counted})" if label and counted else label or counted
    return Entry(text, tuple(found), is_total=not labels)


def _counted(count: str, lang: Lang) -> str:
    """The records of an entry in words, which no line break parts."""
    if not count:
        return ""
    text = word("plot.few", lang, count=count[1:]) if count.startswith("<") else word("plot.count", lang, count=count)
    return text.replace(" ", NO_BREAK)


def _point(record: Record, group: int, write: CellWriter) -> Point:
    def value(name: str) -> float:
        found = record.get(name, math.nan)
        return math.nan if pd.isna(found) else float(found)

    count = write.cell(record, Column("n", "", "count")).text if "n" in record else ""
    text = write.cell(record, Column("estimate", "", "value")).text
    state = str(record.get("state", "shown"))
    return Point(group, value("estimate"), value("ci_low"), value("ci_high"), text, count, state)


def in_order(blocks: list[list[Entry]], sort: Sort) -> list[Entry]:
    """Totals and headings keep their places before the rest of a block; what is hidden comes last."""
    result: list[Entry] = []
    for block in blocks:
        fixed = [entry for entry in block if not entry.points or entry.is_total] if sort else []
        rest = [entry for entry in block if entry not in fixed]
        if sort:
            sign = 1 if sort == "ascending" else -1
            rest.sort(key=lambda one: (math.isnan(one.level()), 0 if math.isnan(one.level()) else sign * one.level()))
        result += [*fixed, *rest]
    return result


def places_of(entries: Sequence[Entry]) -> list[float]:
    """Height of each entry, downwards; a block starts with a little distance."""
    places, place = [], 0.0
    for position, entry in enumerate(entries):
        place += 0.0 if position == 0 else 1.0 if entry.points else 1.25
        places.append(place)
    return places
