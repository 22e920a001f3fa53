"""Pictures show what the table shows, and nothing of what it hides."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

from childdata import plot
from childdata.errors import ChilddataError, VariableError
from childdata.plot.drawing import PALETTE
from childdata.table import Table, estimates_table
from childdata.words import THIN, WORDS

HIDDEN = 0.7777


def rows_of(cells: dict[tuple[str, ...], tuple[float, int]], by: list[str], **more: object) -> pd.DataFrame:
    rows = []
    for labels, (estimate, n) in cells.items():
        row = {"statistic": "stunted", "item": "", **dict(zip(by, labels, strict=True)), "estimate": estimate}
        rows.append(row | {"se": 0.02, "ci_low": estimate - 0.04, "ci_high": estimate + 0.04, "n": n, "scale": "share"})
    return pd.DataFrame(rows).assign(**more)


REGIONS = {("Brest",): (0.2, 300), ("Gomel",): (HIDDEN, 20), ("Minsk",): (0.3, 40), ("Total",): (0.24, 900)}


def regions(**options: object) -> Table:
    return estimates_table(rows_of(REGIONS, ["region"]), by=["region"], **options)  # type: ignore[arg-type]


def labels(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def drawn(axes: Axes) -> np.ndarray:
    """All horizontal positions of points and lines that stand for rows, rounded."""
    lines = [line for line in axes.lines if len(set(line.get_ydata())) == 1]
    return np.round(np.concatenate([np.asarray(line.get_xdata(), dtype=float) for line in lines]), 6)


def test_rows_are_points_with_intervals_and_n_in_the_label() -> None:
    axes = plot.dots(regions())
    assert labels(axes) == ["Brest (n = 300)", "Gomel (n = 20)", "Minsk (n = 40)", "Total (n = 900)"]
    assert {0.2, 0.16, 0.24, 0.3, 0.26, 0.34} <= set(drawn(axes))
    assert {"20.0%", "(30.0%)"} <= set(texts(axes))


def test_hidden_row_is_text_and_its_number_is_nowhere_in_the_picture(tmp_path: Path) -> None:
    axes = plot.dots(regions(), sort=True)
    assert "(*)" in texts(axes)
    assert not np.isclose(drawn(axes), HIDDEN, atol=0.05).any()
    assert max(axes.get_xlim()) < HIDDEN
    picture = plot.save(axes, tmp_path / "p.svg").read_text(encoding="utf-8")
    assert str(HIDDEN) not in picture
    assert not any("77.8" in text for text in texts(axes))
    assert any("too few records" in text for text in texts(axes))


def test_hidden_count_is_not_in_the_label() -> None:
    cells = REGIONS | {("Gomel",): (0.3, 3)}
    axes = plot.dots(estimates_table(rows_of(cells, ["region"]), by=["region"]))
    assert "Gomel (n < 5)" in labels(axes)


def test_flagged_row_is_a_hollow_point() -> None:
    axes = plot.dots(regions())
    faces = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() == "o"]
    assert faces.count("white") == 1
    assert any("Hollow dots: 25–49" in text for text in texts(axes))


def test_sorting_puts_the_total_first_and_what_is_hidden_last() -> None:
    assert labels(plot.dots(regions(), sort=True)) == [
        "Total (n = 900)",
        "Minsk (n = 40)",
        "Brest (n = 300)",
        "Gomel (n = 20)",
    ]
    ascending = labels(plot.dots(regions(), sort="ascending"))
    assert ascending[1:] == ["Brest (n = 300)", "Minsk (n = 40)", "Gomel (n = 20)"]


def test_second_variable_of_a_cross_is_told_by_colour_and_shape() -> None:
    cells = {(region, sex): (0.2, 400) for region in ("Brest", "Minsk") for sex in ("girls", "boys")}
    axes = plot.dots(estimates_table(rows_of(cells, ["region", "sex"]), by=["region", "sex"]))
    key = axes.get_legend()
    assert key is not None
    assert [text.get_text() for text in key.get_texts()] == ["girls", "boys"]
    assert labels(axes) == ["Brest", "Minsk"]
    texts = [text.get_text() for text in axes.texts]
    assert texts[:2] == ["20.0% (400)", "20.0% (400)"]
    assert "unweighted counts in brackets" in texts[-1]
    pairs = {(line.get_markeredgecolor(), line.get_marker()) for line in axes.lines if line.get_marker() in "os"}
    assert pairs == {(PALETTE[0], "o"), (PALETTE[1], "s")}
    swapped = plot.dots(estimates_table(rows_of(cells, ["region", "sex"]), by=["region", "sex"]), colour="region")
    assert labels(swapped) == ["girls", "boys"]


def test_blocks_stand_under_the_names_of_their_variables() -> None:
    cells = {("Brest", "Total"): (0.2, 400), ("Total", "girls"): (0.3, 500), ("Total", "Total"): (0.25, 900)}
    table = estimates_table(rows_of(cells, ["region", "sex"]), by=["region", "sex"], headings={"sex": "Sex"})
    axes = plot.dots(table)
    assert axes.get_legend() is None
    assert labels(axes) == ["Total (n = 900)", "Brest (n = 400)", "girls (n = 500)"]
    assert {"region", "Sex"} <= set(texts(axes))


def test_long_labels_are_wrapped_but_never_inside_their_count() -> None:
    cells = {("a very long official name of a region of the country " * 2,): (0.2, 300)}
    (label,) = labels(plot.dots(estimates_table(rows_of(cells, ["region"]), by=["region"])))
    assert max(map(len, label.splitlines())) <= 34
    assert "(n = 300)" in label.splitlines()[-1]


def test_signs_of_mathematics_in_a_label_are_drawn_as_they_are() -> None:
    cells = {("$x_2$ & $",): (0.2, 300)}
    axes = plot.dots(estimates_table(rows_of(cells, ["region"]), by=["region"], title="$\\frac{"))
    axes.figure.canvas.draw()  # type: ignore[union-attr]
    assert labels(axes) == ["$x_2$ & $ (n = 300)"]


def test_russian_picture_has_russian_words_and_decimal_commas() -> None:
    axes = plot.dots(regions(lang="ru", title="Отставание в росте"))
    axes.figure.canvas.draw()  # type: ignore[union-attr]
    assert f"20,0{THIN}%" in texts(axes)
    assert axes.get_xlabel() == "Проценты"
    assert all(tick.get_text().endswith(f"{THIN}%") for tick in axes.get_xticklabels())
    assert "Всего (n = 900)" in labels(axes)


def test_font_has_every_sign_of_both_languages() -> None:
    signs = {sign for pair in WORDS.values() for text in pair for sign in text} | {THIN, "−"}
    font = FT2Font(findfont(FontProperties(family="DejaVu Sans")))
    assert {sign for sign in signs if ord(sign) not in font.get_charmap()} == set()


def test_difference_is_drawn_in_points_about_nought() -> None:
    rows = rows_of({("Brest",): (-0.03, 300), ("Minsk",): (0.05, 300)}, ["region"], scale="difference")
    axes = plot.dots(estimates_table(rows, by=["region"]))
    assert axes.get_xlabel() == "Percentage points"
    assert "+5.0 pp" in texts(axes)
    assert any(list(line.get_xdata()) == [0.0, 0.0] for line in axes.lines)


def test_given_axes_are_drawn_on_and_given_back() -> None:
    own = Figure().add_subplot()
    assert plot.dots(regions(title="Stunted"), ax=own) is own
    assert own.get_title(loc="left") == "Stunted"


def test_pyplot_is_neither_needed_nor_left_with_a_figure() -> None:
    script = (
        "import sys, pandas as pd, childdata as cd\n"
        "from childdata.table import estimates_table\n"
        "assert 'matplotlib' not in sys.modules\n"
        "rows = pd.DataFrame({'statistic': 's', 'estimate': [.2], 'n': [400], 'scale': 'share'})\n"
        "axes = cd.plot.dots(estimates_table(rows, by=[], columns=['estimate', 'n']))\n"
        "assert axes._repr_png_()[:4] == b'\\x89PNG'\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_picture_file_tells_where_it_comes_from_and_equal_pictures_are_equal(tmp_path: Path) -> None:
    table = regions(title="Stunted", provenance={"weight": "chweight"})
    first = plot.save(plot.dots(table), tmp_path / "a.png", table=table, dpi=60).read_bytes()
    second = plot.save(plot.dots(table), tmp_path / "b.png", table=table, dpi=60).read_bytes()
    assert first == second
    assert b"Weight: chweight" in first
    drawings = [plot.save(plot.dots(table), tmp_path / name, table=table).read_bytes() for name in ("a.svg", "b.svg")]
    assert drawings[0] == drawings[1]
    width, height = struct.unpack(">II", first[16:24])
    assert width == pytest.approx(7.6 * 60, abs=1)
    assert height > 100


def test_picture_that_cannot_be_drawn_or_written_is_a_clear_error(tmp_path: Path) -> None:
    mixed = rows_of(REGIONS, ["region"]).assign(scale=["share", "share", "amount", "share"])
    with pytest.raises(ChilddataError, match=r"several scales \(share, amount\)"):
        plot.dots(estimates_table(mixed, by=["region"]))
    with pytest.raises(VariableError, match=r"'regoin' tells no rows.*nearest: 'region'"):
        plot.dots(regions(), colour="regoin")
    axes = plot.dots(regions())
    with pytest.raises(ChilddataError, match=r"not as '\.bmp'"):
        plot.save(axes, tmp_path / "p.bmp")
    with pytest.raises(ChilddataError, match="cannot be written"):
        plot.save(axes, tmp_path / "absent" / "p.png")


def test_table_where_everything_is_hidden_is_still_a_picture() -> None:
    cells = {("Brest",): (0.2, 7), ("Minsk",): (0.3, 8)}
    axes = plot.dots(estimates_table(rows_of(cells, ["region"]), by=["region"]), sort=True)
    assert texts(axes).count("(*)") == 2
    assert axes.get_xlim()[0] == 0.0
