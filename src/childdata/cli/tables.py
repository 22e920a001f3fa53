"""Tables as the command line writes them: a codebook as a table, any table by the suffix of its file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from childdata.cli.console import MisuseError
from childdata.microdata import Dataset
from childdata.table import Column, Table
from childdata.words import Lang, word

NUMBERS = ("p1", "median", "p99")
BRIEF = ("name", "label", "n_valid", "n_missing", "unique", "p1", "median", "p99", "undeclared")
WRITERS: dict[str, Callable[[Table, str | Path], object]] = {
    ".xlsx": Table.to_excel,
    ".csv": Table.to_csv,
    ".html": Table.to_html,
    ".md": Table.to_markdown,
}


def codebook_table(data: Dataset, lang: Lang, *, names: Sequence[str] | None = None) -> Table:
    """The codebook of a dataset as a table; counts under 5, texts and extremes are hidden in it already.

    Parameters
    ----------
    names : columns of the codebook, such as those of `BRIEF`; None: all.
    """
    codebook = data.codebook(lang)
    rows = codebook.to_frame()
    columns = [
        Column(name, word(f"codebook.{name}", lang), "plain" if name in NUMBERS else "label")
        for name in rows.columns
        if names is None or name in names
    ]
    title = word("codebook.title", lang, source=codebook.source, variables=len(rows), records=codebook.records)
    return Table(rows, tuple(columns), title=title, notes=codebook.notes, lang=lang)


def check_suffixes(paths: Sequence[str], allowed: Sequence[str]) -> None:
    """Refuse files of a kind that cannot be written (MisuseError), before any work is done."""
    for path in paths:
        if Path(path).suffix.lower() not in allowed:
            raise MisuseError(f"{path!r} is no file that can be written here; choose a name in {' '.join(allowed)}")


def check_not_input(file: str, paths: Sequence[str]) -> None:
    """Refuse to write over the file that is read (MisuseError), under whatever name, before any work is done."""
    for path in paths:
        try:
            same = Path(path).samefile(file)
        except OSError:
            continue  # one of the two is not there, so that nothing can be lost
        if same:
            raise MisuseError(f"{path!r} is the file that is read, and would be lost; choose another name")


def write_table(table: Table, path: str | Path) -> Path:
    """Write a table to a file, in the form that its suffix names."""
    WRITERS[Path(path).suffix.lower()](table, path)
    return Path(path)
