"""Which lines a picture has, in which order, and how its axis is written."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure

from childdata import plot
from childdata.plot.drawing import PALETTE, SHAPES
from childdata.plot.entries import Entry, Point, colour_variable, entries_of, groups_of, in_order, places_of
from childdata.table import Table, estimates_table
from childdata.words import THIN


def point(estimate: float, group: int = 0) -> Point:
    return Point(group, estimate, estimate - 0.1, estimate + 0.1, f"{estimate}", "400", "shown")


def table_of(cells: list[tuple[str, ...]], names: list[str], **more: object) -> Table:
    usual = {"statistic": "stunted", "item": "", "estimate": 0.2, "se": 0.01, "ci_low": 0.18, "ci_high": 0.22, "n": 400}
    usual |= {"scale": "share"}
    by = [name for name in names if name not in ("statistic", "item")]
    rows = pd.DataFrame(cells, columns=names)
    rows = rows.assign(**{name: value for name, value in {**usual, **more}.items() if name not in names})
    return estimates_table(rows, by=by)


NOWHERE = float("nan")
MIXED = [
    [
        Entry("Total", (point(0.5),), is_total=True),
        Entry("a", (point(0.2),)),
        Entry("b", (point(NOWHERE),)),
        Entry("c", (point(0.9),)),
    ]
]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (False, ["Total", "a", "b", "c"]),
        (True, ["Total", "c", "a", "b"]),
        ("descending", ["Total", "c", "a", "b"]),
        ("ascending", ["Total", "a", "c", "b"]),
    ],
)
def test_entries_are_sorted_by_what_is_shown(sort: plot.picture.Sort, expected: list[str]) -> None:
    assert [entry.label for entry in in_order(MIXED, sort)] == expected


def test_blocks_are_sorted_each_for_itself_under_its_heading() -> None:
    blocks = [[Entry("Region", ()), Entry("a", (point(0.2),)), Entry("b", (point(0.4),))]]
    blocks.append([Entry("Sex", ()), Entry("f", (point(0.1),)), Entry("m", (point(0.9),))])
    assert [entry.label for entry in in_order(blocks, True)] == ["Region", "b", "a", "Sex", "m", "f"]


def test_entry_of_several_groups_is_sorted_by_their_mean() -> None:
    low, high = Entry("low", (point(0.1), point(0.5, 1))), Entry("high", (point(0.4), point(0.4, 1)))
    assert low.level() == pytest.approx(0.3)
    assert [entry.label for entry in in_order([[low, high]], True)] == ["high", "low"]


def test_blocks_have_a_little_distance() -> None:
    entries = [Entry("Total", (point(0.1),)), Entry("Region", ()), Entry("a", (point(0.2),))]
    assert places_of(entries) == [0.0, 1.25, 2.25]
    assert places_of([]) == []


def test_statistics_are_told_by_colour_if_there_are_several() -> None:
    table = table_of([("stunted", "Brest"), ("wasted", "Brest")], ["statistic", "region"])
    assert colour_variable(table, None) == "statistic"
    assert groups_of(table, "statistic") == ["stunted", "wasted"]
    (block,) = entries_of(table, "statistic", ["stunted", "wasted"])
    assert [entry.label.replace("\N{NO-BREAK SPACE}", " ") for entry in block] == ["Brest"]
    assert colour_variable(table, "") is None
    (lines,) = entries_of(table, None, [])
    assert [entry.label.split(" (")[0] for entry in lines] == ["stunted, Brest", "wasted, Brest"]


def test_items_of_a_statistic_are_told_by_colour() -> None:
    cells = [(item, region) for region in ("Brest", "Minsk") for item in ("poor", "middle", "rich")]
    axes = plot.dots(table_of(cells, ["item", "region"]))
    key = axes.get_legend()
    assert key is not None
    assert [text.get_text() for text in key.get_texts()] == ["poor", "middle", "rich"]
    drawn = {(line.get_markeredgecolor(), line.get_marker()) for line in axes.lines if line.get_marker() in SHAPES}
    assert drawn == set(zip(PALETTE[:3], SHAPES[:3], strict=True))


def test_items_alone_stand_below_each_other() -> None:
    axes = plot.dots(table_of([("poor",), ("rich",)], ["item"]))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["poor (n = 400)", "rich (n = 400)"]
    assert axes.get_legend() is None


def test_hidden_group_of_an_entry_is_text_at_its_own_height() -> None:
    cells = [("Brest", "girls"), ("Brest", "boys"), ("Minsk", "girls"), ("Minsk", "boys")]
    axes = plot.dots(table_of(cells, ["region", "sex"], n=[400, 12, 400, 400]))
    (hidden,) = [text for text in axes.texts if text.get_text() == "(*) (12)"]
    shown = [line for line in axes.lines if line.get_marker() in SHAPES]
    assert len(shown) == 3
    assert hidden.get_position()[1] not in [line.get_ydata()[0] for line in shown]
    assert axes.get_yticklabels()[0].get_text() == "Brest"


@pytest.mark.parametrize(
    ("scale", "estimate", "half", "lang", "label", "expected"),
    [
        ("share", 0.3, 0.1, "en", "Per cent", "%"),
        ("amount", 51_000.0, 20_000.0, "ru", "Оценка", f"{THIN}000"),
        ("index", 0.31, 0.002, "ru", "Оценка", ","),
        ("difference", 0.05, 0.1, "ru", "Процентные пункты", ""),
        ("difference", 700.0, 900.0, "en", "Estimate", ""),
    ],
)
def test_axis_is_written_by_the_scale_and_the_language(
    scale: str, estimate: float, half: float, lang: str, label: str, expected: str
) -> None:
    rows = pd.DataFrame({"statistic": "y", "region": ["a", "b"], "estimate": estimate, "n": 400, "scale": scale})
    rows = rows.assign(ci_low=estimate - half, ci_high=estimate + half, se=half / 2)
    axes = plot.dots(estimates_table(rows, by=["region"], lang=lang))  # type: ignore[arg-type]
    axes.figure.canvas.draw()  # type: ignore[union-attr]
    ticks = [tick.get_text() for tick in axes.get_xticklabels()]
    assert axes.get_xlabel() == label
    assert len(set(ticks)) == len(ticks)
    assert any(expected in tick for tick in ticks)


def test_share_axis_stays_between_nought_and_one() -> None:
    axes = plot.dots(
        table_of([("a",), ("b",)], ["region"], estimate=[0.02, 0.98], ci_low=[0.0, 0.9], ci_high=[0.1, 1.0])
    )
    low, high = axes.get_xlim()
    assert low == 0.0
    assert 1.0 <= high < 1.05


def test_row_without_limits_is_a_dot_without_a_line() -> None:
    axes = plot.dots(table_of([("a",)], ["region"], ci_low=NOWHERE, ci_high=NOWHERE))
    assert [line.get_marker() for line in axes.lines] == ["o"]
    assert "20.0%" in [text.get_text() for text in axes.texts]


def test_given_axes_get_title_key_and_notes_of_their_own() -> None:
    left, right = Figure(figsize=(12, 4)).subplots(1, 2)
    cells = [(region, sex) for region in ("Brest", "Minsk") for sex in ("girls", "boys")]
    plot.dots(table_of(cells, ["region", "sex"]), ax=left, title="Left")
    plot.dots(table_of([("a",)], ["region"]), ax=right, title="")
    assert left.get_title(loc="left") == "Left"
    assert left.get_legend() is not None
    assert right.get_title(loc="left") == ""
    assert any("Dots: estimates" in text.get_text() for text in right.texts)


def test_notes_of_the_table_stand_under_the_picture() -> None:
    rows = pd.DataFrame(
        {"statistic": "y", "estimate": [0.2], "ci_low": 0.1, "ci_high": 0.3, "n": 400, "scale": "share"}
    )
    rows["se"] = 0.05
    axes = plot.dots(estimates_table(rows, by=[], notes=["Invented data."], provenance={"level": "0.9"}))
    (notes,) = [text.get_text() for text in axes.texts if "Dots" in text.get_text()]
    assert "Lines: 90% confidence intervals." in notes
    assert notes.endswith("Invented data.")


def test_lines_of_two_standard_errors_are_called_so() -> None:
    rows = pd.DataFrame(
        {"statistic": "stunted", "region": ["Brest"], "estimate": 0.2, "se": 0.01, "ci_low": 0.18, "ci_high": 0.22}
    ).assign(n=400, scale="share")
    table = estimates_table(rows, by=["region"], provenance={"convention": "mics"}, lang="ru")
    texts = " ".join(text.get_text() for text in plot.dots(table).texts)
    assert "две стандартные ошибки" in texts
    assert "доверительные" not in texts
