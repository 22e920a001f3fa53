"""How do the groups differ, and how sure is that? A dot for every row of a table, a line for its interval.

Pictures are drawn from tables, so that what a table hides no picture holds: a hidden row is the text `(*)` at
its place, never a point. Rows stand in the order of the table or sorted; one variable may be told by colour (a
palette that colour-blind readers can tell apart, with shapes beside it). No state of pyplot is touched: without
`ax` a new figure is made, which belongs to the axes that are given back.

Source of the palette: Okabe & Ito (2008), Color universal design.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from childdata.errors import ChilddataError, VariableError, nearest
from childdata.table import Table
from childdata.table.grid import CellWriter, Column, Record, are_blocks
from childdata.words import Lang, number, percent, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
SHAPES = ("o", "s", "D", "^", "v", "P", "X")
INK, GREY, FAINT = "#1D2733", "#6B7683", "#DDE2E7"
LABEL_WIDTH, TITLE_WIDTH, NOTE_WIDTH = 34, 76, 105
ROW_HEIGHT, POINT_HEIGHT = 0.36, 0.2  # inches
FIGURE_WIDTH = 7.6  # inches
LEFT = 0.012  # of the figure

Sort = bool | Literal["ascending", "descending"]


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


def dots(
    table: Table,
    *,
    ax: Axes | None = None,
    sort: Sort = False,
    colour: str | None = None,
    title: str | None = None,
) -> Axes:
    """A dot plot of the estimates of a table with their intervals.

    Parameters
    ----------
    table : as made by `estimates_table`; all rows on one scale.
    ax : axes to draw on; None makes a figure of the right size (`axes.figure`), which a notebook shows.
    sort : True or "descending": largest first; "ascending"; False: in the order of the table. The total stays.
    colour : the variable ("statistic" and "item" too) told by colour; None: the statistics if there are several,
        else the last of two variables that cross. "" uses no colour.
    title : instead of the table's.

    Returns
    -------
    matplotlib Axes.

    Raises
    ------
    ChilddataError if the rows are on several scales; VariableError if `colour` is no column of the table.

    >>> rows = pd.DataFrame({"statistic": "stunted", "region": ["Brest", "Minsk"], "scale": "share",
    ...     "estimate": [0.18, 0.25], "se": 0.02, "ci_low": [0.14, 0.21], "ci_high": [0.22, 0.29], "n": [400, 12]})
    >>> from childdata.table import estimates_table
    >>> axes = dots(estimates_table(rows, by=["region"]))
    >>> [label.get_text() for label in axes.get_yticklabels()], [text.get_text() for text in axes.texts][:2]
    (['Brest (n = 400)', 'Minsk (n = 12)'], ['18.0%', '(*)'])
    """
    scale = _one_scale(table)
    by_colour = _colour_variable(table, colour)
    groups = _groups(table, by_colour)
    entries = _sorted(_entries(table, by_colour, groups), sort)
    axes = ax if ax is not None else _own_axes(entries, len(groups))
    places = _places(entries)
    _draw_points(axes, entries, places, len(groups))
    _draw_labels(axes, entries, places, table.lang)
    _draw_scale(axes, entries, scale, table.lang)
    _draw_around(axes, table, entries, groups, table.title if title is None else title, own=ax is None)
    return axes


def save(axes: Axes, path: str | Path, *, table: Table | None = None, dpi: int = 200) -> Path:
    """Write the figure of `axes` to a file (.png, .svg, .pdf), with the origin of its table in the file.

    Equal pictures give equal bytes: no time of writing is kept.

    Raises
    ------
    ChilddataError if the kind of file is unknown or the file cannot be written.
    """
    target = Path(path)
    about = "; ".join(f"{name}: {text}" for name, text in table.page().about) if table is not None else ""
    title = table.title if table is not None else ""
    metadata: dict[str, dict[str, str | None]] = {
        ".png": {"Title": title, "Description": about},
        ".svg": {"Title": title, "Description": about, "Date": None},
        ".pdf": {"Title": title, "Subject": about, "CreationDate": None},
    }
    if target.suffix.lower() not in metadata:
        raise ChilddataError(
            f"a picture is written as {', '.join(metadata)}, not as {target.suffix!r}; rename {target.name!r}"
        )
    try:
        _figure(axes).savefig(target, dpi=dpi, metadata=metadata[target.suffix.lower()])
    except OSError as error:
        raise ChilddataError(
            f"the picture {target.name!r} cannot be written ({type(error).__name__}); "
            "check that its folder is there and may be written to"
        ) from error
    return target


def _figure(axes: Axes) -> Any:
    return axes.get_figure(root=True)


def _one_scale(table: Table) -> str:
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


def _colour_variable(table: Table, colour: str | None) -> str | None:
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


def _groups(table: Table, variable: str | None) -> list[str]:
    return [] if variable is None else list(dict.fromkeys(table.rows[variable].astype(str)))


def _entries(table: Table, variable: str | None, groups: Sequence[str]) -> list[list[Entry]]:
    """Blocks of entries; the first entry of a headed block has no points."""
    records = table.records()
    down = [name for name in _label_columns(table) if name != variable]
    points: dict[tuple[str, ...], list[Point]] = {}
    write = table.cell_writer(records)
    for record in records:
        group = groups.index(str(record[variable])) if variable is not None else 0
        points.setdefault(tuple(str(record[name]) for name in down), []).append(_point(record, group, write))
    total = _total(table)
    if not (set(down) <= set(table.by) and are_blocks(list(points), total)):
        return [[_entry(key, found, total, write) for key, found in points.items()]]
    headings = {column.name: column.heading for column in table.columns}
    blocks: dict[str, list[Entry]] = {}
    for key, found in points.items():
        names = [name for name, label in zip(down, key, strict=True) if label not in ("", total)]
        blocks.setdefault(headings[names[0]] if names else "", []).append(_entry(key, found, total, write))
    ordered = sorted(blocks.items(), key=lambda block: block[0] != "")
    return [([Entry(name, ())] if name else []) + members for name, members in ordered]


def _entry(key: tuple[str, ...], found: Sequence[Point], total: str, write: CellWriter) -> Entry:
    labels = [label for label in key if label not in ("", total)]
    label = ", ".join(labels) or (total if key else "")
    counted = _counted([point.count for point in sorted(found, key=lambda one: one.group)], write.lang)
    text = f"{label} ({counted})" if label and counted else label or counted
    return Entry(text, tuple(found), is_total=not labels)


def _counted(counts: Sequence[str], lang: Lang) -> str:
    """The records of an entry in words, which no line break parts."""
    shown = [count for count in counts if count]
    if len(shown) == 1 and shown[0].startswith("<"):
        text = word("plot.few", lang, count=shown[0][1:])
    else:
        text = word("plot.count", lang, count=", ".join(shown)) if shown else ""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _point(record: Record, group: int, write: CellWriter) -> Point:
    def value(name: str) -> float:
        found = record.get(name, math.nan)
        return math.nan if pd.isna(found) else float(found)

    count = write.cell(record, Column("n", "", "count")).text if "n" in record else ""
    text = write.cell(record, Column("estimate", "", "value")).text
    state = str(record.get("state", "shown"))
    return Point(group, value("estimate"), value("ci_low"), value("ci_high"), text, count, state)


def _sorted(blocks: list[list[Entry]], sort: Sort) -> list[Entry]:
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


def _places(entries: Sequence[Entry]) -> list[float]:
    """Height of each entry, downwards; a block starts with a little distance."""
    places, place = [], 0.0
    for position, entry in enumerate(entries):
        place += 0.0 if position == 0 else 1.0 if entry.points else 1.25
        places.append(place)
    return places


@cache
def _picture_axes() -> type[Axes]:
    """Axes that a notebook shows as a picture without pyplot."""
    from matplotlib.axes import Axes as Plain

    class PictureAxes(Plain):
        def _repr_png_(self) -> bytes:
            stream = io.BytesIO()
            _figure(self).savefig(stream, format="png", dpi=110)
            return stream.getvalue()

    return PictureAxes


def _own_axes(entries: Sequence[Entry], groups: int) -> Axes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    row = max(ROW_HEIGHT, POINT_HEIGHT * max(1, groups) + 0.12)
    figure = Figure(
        figsize=(FIGURE_WIDTH, 1.7 + row * (_places(entries)[-1] + 1 if entries else 1)), layout="constrained"
    )
    FigureCanvasAgg(figure)
    return figure.add_subplot(axes_class=_picture_axes())


def _draw_points(axes: Axes, entries: Sequence[Entry], places: Sequence[float], groups: int) -> None:
    step = min(0.26, 0.8 / groups) if groups > 1 else 0.0
    small = groups > 1
    right = axes.get_yaxis_transform()
    for entry, place in zip(entries, places, strict=True):
        for point in entry.points:
            height = place + step * (point.group - (max(groups, 1) - 1) / 2)
            colour = PALETTE[point.group % len(PALETTE)]
            size = 7.5 if small else 9
            if not point.is_shown():
                axes.text(0.012, height, point.text, transform=right, va="center", color=GREY, fontsize=size)
                continue
            colour = INK if entry.is_total and not small else colour
            if not (math.isnan(point.low) or math.isnan(point.high)):
                axes.plot(
                    [point.low, point.high], [height] * 2, color=colour, lw=1.6, solid_capstyle="round", alpha=0.75
                )
            face = "white" if point.state == "flagged" else colour
            shape = SHAPES[point.group % len(SHAPES)]
            axes.plot(
                [point.estimate], [height], shape, ms=5 if small else 6.5, mfc=face, mec=colour, mew=1.4, zorder=3
            )
            axes.text(1.012, height, point.text, transform=right, va="center", color=colour, fontsize=size)


def _draw_labels(axes: Axes, entries: Sequence[Entry], places: Sequence[float], lang: Lang) -> None:
    labelled = [(entry, place) for entry, place in zip(entries, places, strict=True) if entry.points]
    texts = [textwrap.fill(entry.label, LABEL_WIDTH) for entry, _ in labelled]
    axes.set_yticks([place for _, place in labelled], texts, fontsize=9, color=INK, parse_math=False)
    for tick, (entry, _) in zip(axes.get_yticklabels(), labelled, strict=True):
        tick.set_fontweight("bold" if entry.is_total and len(labelled) > 1 else "normal")
    for entry, place in zip(entries, places, strict=True):
        if not entry.points:
            axes.annotate(
                textwrap.fill(entry.label, LABEL_WIDTH),
                (0, place),
                (-6, 0),
                xycoords=axes.get_yaxis_transform(),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=8.5,
                fontweight="bold",
                color=GREY,
                parse_math=False,
                annotation_clip=False,
            )
    last = places[-1] if places else 0.0
    axes.set_ylim(last + 0.7, -0.7)
    axes.tick_params(axis="y", length=0, pad=6)


def _draw_scale(axes: Axes, entries: Sequence[Entry], scale: str, lang: Lang) -> None:
    shown = [point for entry in entries for point in entry.points if point.is_shown()]
    ends = [end for point in shown for end in (point.estimate, point.low, point.high) if not math.isnan(end)]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    if scale != "difference" and 0 < low < 0.6 * high:
        low = 0.0
    span = (high - low) or abs(high) or 1.0
    left = low if scale != "difference" and low == 0 else low - 0.05 * span
    right = high + 0.06 * span
    if scale == "share":
        left, right = max(0.0, left), min(1.0 + 0.02 * span, right)
    axes.set_xlim(left, right)
    axes.xaxis.set_major_formatter(_formatter(scale, max(map(abs, ends), default=1.0), span, lang))
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=FAINT, lw=0.8)
    if scale == "difference":
        axes.axvline(0.0, color=GREY, lw=1.0)
    totals = [entry.points[0] for entry in entries if entry.is_total and len(entry.points) == 1 and len(entries) > 1]
    for point in totals:
        if point.is_shown():
            axes.axvline(point.estimate, color=GREY, lw=0.9, ls=(0, (4, 3)), zorder=1)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.tick_params(axis="x", colors=INK, labelsize=8.5)
    in_points = scale == "difference" and max(map(abs, ends), default=0.0) <= 1
    key = "plot.points" if in_points else "plot.share" if scale == "share" else "plot.estimate"
    axes.set_xlabel(word(key, lang), fontsize=9, color=INK)


def _formatter(scale: str, size: float, span: float, lang: Lang) -> Callable[[float, float], str]:
    """Ticks in the reader's language, with as many decimals as their distance asks for."""
    if scale == "share":
        return lambda value, _: percent(value, 0 if span > 0.04 else 1, lang)
    if scale == "difference" and size <= 1:
        digits = 0 if span > 0.04 else 1
        return lambda value, _: number(round(value * 100, 10), digits, lang)
    decimals = max(0, min(8, 1 - math.floor(math.log10(span)))) if span < 20 else 0
    return lambda value, _: number(value, decimals, lang)


def _draw_around(
    axes: Axes, table: Table, entries: Sequence[Entry], groups: Sequence[str], title: str, *, own: bool
) -> None:
    """Title above, key of the colours between, notes below."""
    if len(groups) > 1:
        _draw_key(axes, groups)
    text = textwrap.fill(title, TITLE_WIDTH)
    subtitle = textwrap.fill(table.subtitle, TITLE_WIDTH + 10)
    options: dict[str, Any] = {"fontsize": 12, "fontweight": "bold", "color": INK, "parse_math": False}
    above = 24 if len(groups) > 1 else 8
    if own and text:
        _figure(axes).suptitle(text, x=LEFT, ha="left", **options)
    elif text:
        axes.set_title(text, loc="left", pad=above, **options)
    if own and subtitle:
        _beside(axes, subtitle, 1.0, above, own=own, va="bottom", fontsize=9.5)
    notes = "\n".join(textwrap.fill(note, NOTE_WIDTH if own else TITLE_WIDTH) for note in _notes(table, entries))
    _beside(axes, notes, 0.0, -40, own=own, va="top", fontsize=7.5, linespacing=1.4)


def _beside(axes: Axes, text: str, edge: float, offset: float, *, own: bool, **options: Any) -> None:
    """Grey text over or under the axes, at the left of the figure if it is ours alone."""
    axes.annotate(
        text,
        (LEFT if own else 0.0, edge),
        (0, offset),
        xycoords=("figure fraction" if own else "axes fraction", "axes fraction"),
        textcoords="offset points",
        color=GREY,
        parse_math=False,
        annotation_clip=False,
        **options,
    )


def _draw_key(axes: Axes, groups: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=PALETTE[place % len(PALETTE)], marker=SHAPES[place % len(SHAPES)], lw=1.6, ms=5)
        for place in range(len(groups))
    ]
    key = axes.legend(
        handles,
        [textwrap.fill(group, LABEL_WIDTH) for group in groups],
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=min(3, len(groups)),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        handletextpad=0.5,
        columnspacing=1.6,
    )
    for text in key.get_texts():
        text.set_parse_math(False)


def _notes(table: Table, entries: Sequence[Entry]) -> list[str]:
    found = [point for entry in entries for point in entry.points]
    notes, policy = [], table.disclosure
    if any(point.is_shown() and not math.isnan(point.low) for point in found):
        notes.append(word("plot.interval", table.lang, level=percent(table.level, None, table.lang)))
    if policy is not None and any(point.state == "flagged" for point in found):
        blanks = {"minimum": policy.minimum, "most": policy.flag_below - 1}
        reviewed = policy.review_df is not None
        notes.append(word("plot.review", table.lang) if reviewed else word("plot.flagged", table.lang, **blanks))
    if any(point.state == "suppressed" for point in found):
        notes.append(word("plot.suppressed", table.lang))
    return [" ".join(notes), *table.notes] if notes else list(table.notes)
