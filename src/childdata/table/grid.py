"""What stands in which cell, as a reader sees it?

Every output of a table (text, Markdown, HTML, Excel, CSV) is written from one `Grid`, so that all of
them show the same. `tidy` puts one row of results into one row; `wide` puts the labels of some variables
beside each other, as the tables of a report have them: background characteristics down, statistics across.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from childdata.table.formats import Measure, Style, label_text, style
from childdata.words import Lang, flag, heading, word

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the rows that a table shows.

    Attributes
    ----------
    name : the column of the rows.
    heading : as printed.
    measure : what it holds; `label` is text, the others are numbers written by the row's scale or without it.
    digits : decimals instead of the usual ones.
    """

    name: str
    heading: str
    measure: Measure = "label"
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class Wide:
    """A layout: labels of `rows` down, labels of `columns` across, the columns `show` in each cell."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    show: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, and the number with its style where it holds one that is shown."""

    text: str = ""
    number: float | None = None
    style: Style | None = None
    kind: Literal["label", "number", "flagged", "mark", "group"] = "label"
    mark: str = ""
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading over `span` columns."""

    text: str
    span: int = 1


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of headings and rows of cells; the first `labels` columns say what a row is about."""

    headings: tuple[tuple[Heading, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]
    labels: int

    def marks(self) -> set[str]:
        """Which marks occur, so that the notes explain these and no others."""
        return {cell.mark for row in self.rows for cell in row if cell.mark}

    def flat_headings(self) -> list[str]:
        """One heading per column, the levels joined."""
        levels = [[one.text for one in row for _ in range(one.span)] for row in self.headings]
        joined = ([text for text in texts if text] for texts in zip(*levels, strict=True))
        return [": ".join(dict.fromkeys(texts)) for texts in joined]


@dataclass(frozen=True, slots=True)
class Page:
    """A grid with everything that is printed around it."""

    grid: Grid
    title: str
    subtitle: str
    notes: tuple[str, ...]
    about: tuple[tuple[str, str], ...]
    lang: Lang


@dataclass(frozen=True, slots=True)
class CellWriter:
    """Turns a value of a record into a cell: its words by the language, its digits by the scale."""

    lang: Lang
    minimum_count: int
    sizes: Mapping[object, float]

    def cell(self, record: Record, column: Column) -> Cell:
        """The cell of one record in one column."""
        value = record[column.name]
        if column.measure == "label":
            text = label_text(value)
            return Cell(flag(text, self.lang) if column.name == "flag" else text)
        number: float = math.nan if pd.isna(value) else float(value)
        if math.isnan(number):
            return self._mark(record, column)
        written = style(
            column.measure,
            str(record.get("scale", "amount")),
            size=self.sizes.get(record.get("statistic", ""), math.nan),
            of=str(record.get("difference_of") or ""),
            digits=column.digits,
        )
        text = written.text(number, self.lang)
        if column.name == "estimate" and record.get("state") == "flagged":
            return Cell(f"({text})", number, written, "flagged", mark="flagged")
        return Cell(text, number, written, "number")

    def _mark(self, record: Record, column: Column) -> Cell:
        state, count_state = record.get("state", "shown"), record.get("count_state", "shown")
        if column.measure == "count" and count_state == "few" and column.name == "n":
            mark = "few"
        elif column.measure == "count" and count_state == "shown" and column.name != "n_weighted":
            mark = "unavailable"
        elif state == "suppressed":
            mark = "suppressed"
        else:
            mark = "empty" if state == "empty" else "unavailable"
        blanks = {"count": self.minimum_count} if mark == "few" else {}
        return Cell(word(f"mark.{mark}", self.lang, **blanks), kind="mark", mark=mark)


def writer(records: Sequence[Record], lang: Lang, minimum_count: int) -> CellWriter:
    """A writer whose amounts have the same decimals in all rows of a statistic."""
    sizes: dict[object, float] = {}
    for record in records:
        estimate = record.get("estimate")
        name = record.get("statistic", "")
        if not pd.isna(estimate):
            sizes[name] = max(sizes.get(name, 0.0), abs(float(estimate)))
    return CellWriter(lang, minimum_count, sizes)


def tidy(records: Sequence[Record], columns: Sequence[Column], write: CellWriter) -> Grid:
    """One row of cells per record."""
    labels = 0
    while labels < len(columns) and columns[labels].measure == "label":
        labels += 1
    rows = [tuple(write.cell(record, column) for column in columns) for record in records]
    return Grid((tuple(Heading(column.heading) for column in columns),), _without_repeats(rows, labels), labels)


def _without_repeats(rows: Sequence[tuple[Cell, ...]], labels: int) -> tuple[tuple[Cell, ...], ...]:
    """Leading labels that say the same as the row above are marked as repeated; the last label never."""
    result: list[tuple[Cell, ...]] = []
    for number, row in enumerate(rows):
        same = 0
        if number:
            above = rows[number - 1]
            while same < labels - 1 and row[same].text == above[same].text:
                same += 1
        result.append((*(Cell(cell.text, repeated=True) for cell in row[:same]), *row[same:]))
    return tuple(result)


def wide(records: Sequence[Record], columns: Sequence[Column], layout: Wide, write: CellWriter) -> Grid:
    """Labels of some variables down, of others across."""
    by_name = {column.name: column for column in columns}
    across = _nested([_labels(record, layout.columns) for record in records])
    down = _nested([_labels(record, layout.rows) for record in records])
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], Record] = {}
    for record in records:
        found.setdefault((_labels(record, layout.rows), _labels(record, layout.columns)), record)

    def cell(row: tuple[str, ...], column: tuple[str, ...], name: str) -> Cell:
        record = found.get((row, column))
        if record is None:
            return Cell(word("mark.unavailable", write.lang), kind="mark", mark="unavailable")
        return write.cell(record, by_name[name])

    once = [
        name
        for name in layout.show
        if by_name[name].measure == "count"
        and len(across) > 1
        and all(len({cell(row, column, name).text for column in across}) == 1 for row in down)
    ]
    each = [name for name in layout.show if name not in once]
    body = {
        row: (
            *(cell(row, column, name) for column in across for name in each),
            *(cell(row, across[0], name) for name in once),
        )
        for row in down
    }
    stub, rows = _stub(body, layout.rows, by_name, write.lang)
    headings = _headings(stub, across, layout.columns, [by_name[n] for n in each], [by_name[n] for n in once])
    return Grid(headings, _without_repeats(rows, len(stub)), len(stub))


def _labels(record: Record, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(label_text(record[name]) for name in names)


def _nested(keys: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Each key once, equal first labels together; labels stand in the order in which they first appear."""
    ranks: list[dict[str, int]] = [{} for _ in (keys[0] if keys else ())]
    for key in keys:
        for rank, label in zip(ranks, key, strict=True):
            rank.setdefault(label, len(rank))
    return sorted(set(keys), key=lambda key: tuple(rank[label] for rank, label in zip(ranks, key, strict=True)))


def _headings(
    stub: Sequence[str],
    across: Sequence[tuple[str, ...]],
    variables: Sequence[str],
    each: Sequence[Column],
    once: Sequence[Column],
) -> tuple[tuple[Heading, ...], ...]:
    levels: list[list[Heading]] = []
    for depth in range(len(variables)):
        level: list[Heading] = []
        previous: tuple[str, ...] | None = None
        for labels in across:
            if previous is not None and previous[: depth + 1] == labels[: depth + 1]:
                level[-1] = Heading(labels[depth], level[-1].span + len(each))
            else:
                level.append(Heading(labels[depth], len(each)))
            previous = labels
        if any(one.text for one in level):
            levels.append(level)
    if len(each) > 1 or not levels:
        levels.append([Heading(column.heading) for _ in across for column in each])
    blank = [tuple(Heading("") for _ in names) for names in (stub, once)]
    rows = [(*blank[0], *level, *blank[1]) for level in levels[:-1]]
    last = (*(Heading(name) for name in stub), *levels[-1], *(Heading(column.heading) for column in once))
    return (*rows, last)


def are_blocks(keys: Sequence[tuple[str, ...]], total: str) -> bool:
    """Whether every row is labelled on one variable at most: blocks below each other, not a cross.

    >>> are_blocks([("Total", "Total"), ("Brest", "Total"), ("Total", "girls")], "Total")
    True
    """
    return bool(keys) and len(keys[0]) > 1 and all(_labelled(key, total) <= 1 for key in keys)


def _labelled(key: tuple[str, ...], total: str) -> int:
    return sum(label not in ("", total) for label in key)


def _stub(
    body: Mapping[tuple[str, ...], tuple[Cell, ...]],
    names: Sequence[str],
    columns: Mapping[str, Column],
    lang: Lang,
) -> tuple[list[str], list[tuple[Cell, ...]]]:
    """Headings and cells of the label columns, put before the cells of each row."""
    total = word("label.total", lang)
    outer = [place for place, name in enumerate(names) if name in ("statistic", "item")]
    inner = [place for place, name in enumerate(names) if name not in ("statistic", "item")]
    if not are_blocks([tuple(key[place] for place in inner) for key in body], total):
        headings = [columns[name].heading if name in columns else heading(name, lang) for name in names]
        return headings, [(*(Cell(label) for label in key), *cells) for key, cells in body.items()]
    width = len(next(iter(body.values())))
    rows: list[tuple[Cell, ...]] = []
    for group in dict.fromkeys(tuple(key[place] for place in outer) for key in body):
        if any(group):
            rows.append(_group(": ".join(label for label in group if label), width))
        own = [key for key in body if tuple(key[place] for place in outer) == group]
        rows += [(Cell(total), *body[key]) for key in own if not _labelled(tuple(key[p] for p in inner), total)]
        for place in inner:
            members = [key for key in own if key[place] not in ("", total)]
            if members:
                rows.append(_group(columns[names[place]].heading, width))
            rows += [(Cell(key[place]), *body[key]) for key in members]
    return [""], rows


def _group(text: str, width: int) -> tuple[Cell, ...]:
    return (Cell(text, kind="group"), *(Cell(kind="group") for _ in range(width)))
