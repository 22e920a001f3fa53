"""A page as plain text, as Markdown, as comma-separated values.

Labels are data of others: in Markdown their signs are escaped, in text control signs are blanked, and in
CSV every text is quoted, so that no sign in it ends a cell for a program that expects another delimiter, and a
text that a spreadsheet would take for a formula (first sign `= + - @`, also of full width, tab or end of line) is
led by an apostrophe. Numbers are never touched. Source of the CSV rule: OWASP, CSV injection (CWE-1236).
"""

from __future__ import annotations

import re

from childdata.table.grid import Cell, Page
from childdata.words import word

MOST_ROWS = 60
FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def printable(text: str) -> str:
    """Text on one line without signs that steer a terminal.

    >>> printable("girls\\x1b[31m")
    'girls [31m'
    """
    return CONTROL.sub(" ", text)


def plain(page: Page, *, most: int | None = None) -> str:
    """The page as aligned text; of a long table the first `most` rows, and how many more there are."""
    grid = page.grid
    headings = [printable(text) for text in grid.flat_headings()]
    shown = grid.rows[:most]
    body = [[printable("" if cell.repeated else cell.text) for cell in row] for row in shown]
    ungrouped = [row for row, cells in zip(body, shown, strict=True) if cells[0].kind != "group"]
    widths = [max(map(len, column)) for column in zip(*(_wrapped(headings, ungrouped), *ungrouped), strict=True)]
    lines = [printable(text) for text in (page.title, page.subtitle) if text]
    lines += _heading_lines(headings, widths, grid.labels)
    lines.append("  ".join("─" * width for width in widths))
    lines += [_line(row, widths, grid.labels, cells[0]) for row, cells in zip(body, shown, strict=True)]
    if most is not None and len(grid.rows) > most:
        lines.append(word("table.more_rows", page.lang, count=len(grid.rows) - most))
    return "\n".join([*lines, *map(printable, page.notes)])


def _wrapped(headings: list[str], rows: list[list[str]]) -> list[str]:
    """The longest word of each heading: a column is not made wider than its numbers and this."""
    longest = [max((part for part in text.split(" ")), key=len, default="") for text in headings]
    return [word if rows else text for word, text in zip(longest, headings, strict=True)]


def _heading_lines(headings: list[str], widths: list[int], labels: int) -> list[str]:
    columns = [_fold(text, width) for text, width in zip(headings, widths, strict=True)]
    depth = max(map(len, columns))
    padded = [[""] * (depth - len(lines)) + lines for lines in columns]
    return [_line(list(row), widths, labels) for row in zip(*padded, strict=True)]


def _fold(text: str, width: int) -> list[str]:
    lines = [""]
    for part in text.split(" "):
        if not lines[-1] or len(lines[-1]) + 1 + len(part) <= width:
            lines[-1] = f"{lines[-1]} {part}".strip()
        else:
            lines.append(part)
    return lines


def _line(row: list[str], widths: list[int], labels: int, first: Cell | None = None) -> str:
    if first is not None and first.kind == "group":
        return row[0]
    cells = [
        text.ljust(width) if column < labels else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def escaped(text: str) -> str:
    """Text that Markdown shows as it is.

    >>> escaped("a|b <script> (*)")
    'a\\\\|b &lt;script&gt; (\\\\*)'
    """
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|~$])", r"\\\1", text)


def markdown(page: Page) -> str:
    """The page as a Markdown table with its title before it and its notes after it."""
    grid = page.grid
    rule = ["---" if column < grid.labels else "--:" for column in range(len(grid.flat_headings()))]
    lines = [f"**{escaped(page.title)}**", ""] if page.title else []
    lines += [escaped(page.subtitle), ""] if page.subtitle else []
    lines.append(_piped([escaped(text) for text in grid.flat_headings()]))
    lines.append(_piped(rule))
    for row in grid.rows:
        texts = [escaped("" if cell.repeated else cell.text) for cell in row]
        if row[0].kind == "group":
            texts[0] = f"**{texts[0]}**"
        lines.append(_piped(texts))
    notes = [escaped(note) for note in page.notes]
    notes += [f"{escaped(name)}: {escaped(text)}" for name, text in page.about]
    for note in notes:
        lines += ["", note]
    return "\n".join(lines) + "\n"


def _piped(texts: list[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def comma_separated(page: Page, *, excel_safe: bool) -> str:
    """The grid as CSV: `,` and decimal point in English, `;` and decimal comma in Russian; full precision."""
    russian = page.lang == "ru"
    delimiter = ";" if russian else ","
    lines = [delimiter.join(_csv_text(text, excel_safe) for text in page.grid.flat_headings())]
    for row in page.grid.rows:
        lines.append(delimiter.join(_csv_cell(cell, excel_safe, comma=russian) for cell in row))
    return "".join(line + "\r\n" for line in lines)


def _csv_cell(cell: Cell, excel_safe: bool, *, comma: bool) -> str:
    if cell.number is None:
        return _csv_text(cell.text, excel_safe)
    whole = cell.number.is_integer() and abs(cell.number) < 1e15
    text = str(int(cell.number)) if whole else repr(cell.number)
    return text.replace(".", ",") if comma else text


def _csv_text(text: str, excel_safe: bool) -> str:
    """A text in quotation marks.

    >>> print(_csv_text('x;"a"=1', True), _csv_text("=1+1", True), _csv_text("=1+1", False))
    "x;""a""=1" "'=1+1" "=1+1"
    """
    safe = "'" + text if excel_safe and text.startswith(FORMULA_STARTS) else text
    return '"' + safe.replace('"', '""') + '"'
