"""How do the groups differ, and how sure is that? A dot for every row of a table, a line for its interval.

Pictures are drawn from tables, so that what a table hides no picture holds: a hidden row is the text `(*)` at
its place, never a point. Rows stand in the order of the table or sorted; one variable may be told by colour (a
palette that colour-blind readers can tell apart, with shapes beside it). No state of pyplot is touched: without
`ax` a new figure is made, which belongs to the axes that are given back.

Source of the palette: Okabe & Ito (2008), Color universal design.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from childdata.errors import ChilddataError
from childdata.plot.drawing import draw_around, draw_labels, draw_points, draw_scale, figure_of, own_axes
from childdata.plot.entries import Sort, colour_variable, entries_of, groups_of, in_order, one_scale, places_of
from childdata.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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

    >>> import pandas as pd
    >>> from childdata.table import estimates_table
    >>> rows = pd.DataFrame({"statistic": "stunted", "region": ["Brest", "Minsk"], "scale": "share",
    ...     "estimate": [0.18, 0.25], "se": 0.02, "ci_low": [0.14, 0.21], "ci_high": [0.22, 0.29], "n": [400, 12]})
    >>> axes = dots(estimates_table(rows, by=["region"]))
    >>> [label.get_text() for label in axes.get_yticklabels()], [text.get_text() for text in axes.texts][:2]
    (['Brest (n = 400)', 'Minsk (n = 12)'], ['18.0%', '(*)'])
    """
    scale = one_scale(table)
    by_colour = colour_variable(table, colour)
    groups = groups_of(table, by_colour)
    entries = in_order(entries_of(table, by_colour, groups), sort)
    axes = ax if ax is not None else own_axes(entries, len(groups))
    places = places_of(entries)
    draw_points(axes, entries, places, len(groups))
    draw_labels(axes, entries, places)
    draw_scale(axes, entries, scale, table.lang)
    draw_around(axes, table, entries, groups, table.title if title is None else title, own=ax is None)
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
    from matplotlib import rc_context

    try:
        with rc_context({"svg.hashsalt": "childdata"}):
            figure_of(axes).savefig(target, dpi=dpi, metadata=metadata[target.suffix.lower()])
    except OSError as error:
        raise ChilddataError(
            f"the picture {target.name!r} cannot be written ({type(error).__name__}); "
            "check that its folder is there and may be written to"
        ) from error
    return target
