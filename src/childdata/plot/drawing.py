"""How it is drawn: points, labels, scale, key and notes, each by a function that draws on given axes."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from childdata.plot.entries import NO_BREAK, Entry, places_of
from childdata.table import Table
from childdata.table.table import two_errors
from childdata.words import Lang, number, percent, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
SHAPES = ("o", "s", "D", "^", "v", "P", "X")
INK, GREY, FAINT = "#1D2733", "#6B7683", "#DDE2E7"
LABEL_WIDTH, TITLE_WIDTH, NOTE_WIDTH = 34, 76, 120
ROW_HEIGHT, POINT_HEIGHT = 0.36, 0.2  # inches
FIGURE_WIDTH = 7.6  # inches
LEFT = 0.012  # of the figure


def figure_of(axes: Axes) -> Any:
    """The figure on which axes stand, also where they are part of a subfigure."""
    return axes.get_figure(root=True)


@cache
def _picture_axes() -> type[Axes]:
    """Axes that a notebook shows as a picture without pyplot."""
    from matplotlib.axes import Axes as Plain

    class PictureAxes(Plain):
        def _repr_png_(self) -> bytes:
            stream = io.BytesIO()
            figure_of(self).savefig(stream, format="png", dpi=110)
            return stream.getvalue()

    return PictureAxes


def own_axes(entries: Sequence[Entry], groups: int) -> Axes:
    """Axes of a new figure, as high as its entries ask for."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    row = max(ROW_HEIGHT, POINT_HEIGHT * max(1, groups) + 0.12)
    figure = Figure(
        figsize=(FIGURE_WIDTH, 1.7 + row * (places_of(entries)[-1] + 1 if entries else 1)), layout="constrained"
    )
    FigureCanvasAgg(figure)
    return figure.add_subplot(axes_class=_picture_axes())


def draw_points(axes: Axes, entries: Sequence[Entry], places: Sequence[float], groups: int) -> None:
    """Dots, their intervals and, at the right, their values; with several groups each with its own records."""
    step = min(0.26, 0.8 / groups) if groups > 1 else 0.0
    small = groups > 1
    right = axes.get_yaxis_transform()
    for entry, place in zip(entries, places, strict=True):
        for point in entry.points:
            height = place + step * (point.group - (max(groups, 1) - 1) / 2)
            colour = PALETTE[point.group % len(PALETTE)]
            size = 7.5 if small else 9
            told = f"{point.text} ({point.count})" if small and point.count else point.text
            if not point.is_shown():
                axes.text(0.012, height, told, transform=right, va="center", color=GREY, fontsize=size)
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
            axes.text(1.012, height, told, transform=right, va="center", color=colour, fontsize=size)


def draw_labels(axes: Axes, entries: Sequence[Entry], places: Sequence[float]) -> None:
    """Labels of the entries at the left, totals and headings of blocks in bold."""
    labelled = [(entry, place) for entry, place in zip(entries, places, strict=True) if entry.points]
    texts = [textwrap.fill(entry.label, LABEL_WIDTH).replace(NO_BREAK, " ") for entry, _ in labelled]
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


def draw_scale(axes: Axes, entries: Sequence[Entry], scale: str, lang: Lang) -> None:
    """The axis of the values: its ends, its ticks, the line of no difference and that of the total."""
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


def draw_around(
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
        figure_of(axes).suptitle(text, x=LEFT, ha="left", **options)
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
        level = percent(table.level, None, table.lang)
        key = "plot.interval_2se" if two_errors(table.provenance) else "plot.interval"
        notes.append(word(key, table.lang, level=level))
    if any(len(entry.points) > 1 and entry.points[0].count for entry in entries):
        notes.append(word("plot.beside", table.lang))
    if policy is not None and any(point.state == "flagged" for point in found):
        blanks = {"minimum": policy.minimum, "most": policy.flag_below - 1}
        reviewed = policy.review_df is not None
        notes.append(word("plot.review", table.lang) if reviewed else word("plot.flagged", table.lang, **blanks))
    if any(point.state == "suppressed" for point in found):
        notes.append(word("plot.suppressed", table.lang))
    return [" ".join(notes), *table.notes] if notes else list(table.notes)
