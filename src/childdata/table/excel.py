"""A page as an Excel workbook: a sheet with the table, a sheet that says how it was made.

Cells hold the numbers themselves with a number format; a hidden number is the text `(*)`. Labels are
written as text whatever they look like, so that `=HYPERLINK(...)` stays a label. Equal pages give equal
bytes: no time of writing is kept.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from childdata.errors import ChilddataError
from childdata.table.grid import Cell, Page
from childdata.words import word

LONGEST = 32_767  # signs that a cell can hold
NARROWEST, WIDEST = 9, 48
GREY = "#55606E"
NO_TIME = datetime.datetime(2000, 1, 1)


def workbook(page: Page, path: str | Path) -> Path:
    """Write the page to `path` (.xlsx) and give the path.

    Raises
    ------
    ChilddataError if the file cannot be written (often because it is open in Excel).
    """
    # 0.1 s that only who writes a workbook pays.
    import xlsxwriter  # type: ignore[import-untyped]
    from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]

    target = Path(path)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    try:
        with xlsxwriter.Workbook(str(target), options) as book:
            book.set_properties({"title": page.title, "created": NO_TIME})
            _SheetWriter(book, page).write()
            _about(book, page)
    except (OSError, XlsxWriterException) as error:
        raise ChilddataError(
            f"the workbook {target.name!r} cannot be written ({type(error).__name__}); "
            "close it in Excel, or check that its folder is there and may be written to"
        ) from error
    return target


class _SheetWriter:
    """Writes the grid of a page to a new sheet."""

    def __init__(self, book: Any, page: Page) -> None:
        self.book = book
        self.page = page
        self.sheet = book.add_worksheet(word("table.sheet", page.lang))
        self.formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def form(self, **properties: object) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(properties)
        return self.formats[key]

    def write(self) -> None:
        page, grid = self.page, self.page.grid
        row = 0
        large, grey = self.form(bold=True, font_size=13), self.form(font_color=GREY)
        for text, form in ((page.title, large), (page.subtitle, grey)):
            if text:
                self.text(row, 0, text, form)
                row += 1
        row += 1 if row else 0
        row = self.write_headings(row)
        self.sheet.freeze_panes(row, grid.labels)
        for cells in grid.rows:
            for column, cell in enumerate(cells):
                self.write_cell(row, column, cell)
            row += 1
        row += 1
        for note in page.notes:
            self.text(row, 0, note, self.form(font_color=GREY, font_size=9))
            row += 1
        self.widths()

    def write_headings(self, row: int) -> int:
        grid = self.page.grid
        for depth, headings in enumerate(grid.headings):
            last = depth == len(grid.headings) - 1
            column = 0
            for one in headings:
                form = self.form(
                    bold=True,
                    text_wrap=True,
                    valign="bottom",
                    align="left" if column < grid.labels else "center" if one.span > 1 else "right",
                    **({"bottom": 1} if last else {}),
                )
                if one.span > 1:
                    self.sheet.merge_range(row, column, row, column + one.span - 1, "", form)
                self.text(row, column, one.text, form)
                column += one.span
            row += 1
        return row

    def write_cell(self, row: int, column: int, cell: Cell) -> None:
        if cell.number is None or cell.style is None:
            label = column < self.page.grid.labels
            form = self.form(align="left" if label else "right", bold=cell.kind == "group")
            self.text(row, column, cell.text, form)
            return
        number_format = cell.style.excel_format(self.page.lang, flagged=cell.kind == "flagged")
        form = self.form(num_format=number_format, align="right")
        self.sheet.write_number(row, column, cell.style.in_excel(cell.number), form)

    def text(self, row: int, column: int, text: str, form: Any) -> None:
        self.sheet.write_string(row, column, text[:LONGEST], form)

    def widths(self) -> None:
        grid = self.page.grid
        for column, heading in enumerate(grid.flat_headings()):
            texts = [row[column].text for row in grid.rows if row[0].kind != "group"]
            longest = max((len(text) for text in texts), default=0)
            part = max((len(text) for text in heading.split()), default=0)
            self.sheet.set_column(column, column, min(WIDEST, max(NARROWEST, longest + 2, part + 2)))


def _about(book: Any, page: Page) -> None:
    """The sheet that tells the title, the notes and the provenance."""
    sheet = book.add_worksheet(word("table.about", page.lang))
    bold, wrapped = book.add_format({"bold": True, "valign": "top"}), book.add_format({"text_wrap": True})
    entries = [(page.title, page.subtitle)]
    entries += [(word("table.notes", page.lang), note) for note in page.notes]
    entries += [*page.about]
    for row, (name, text) in enumerate(entries):
        sheet.write_string(row, 0, name[:LONGEST], bold)
        sheet.write_string(row, 1, text[:LONGEST], wrapped)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
