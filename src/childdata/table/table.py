"""What is published: rows of results with their titles, notes, number formats and origin.

A `Table` is data about a table; each output method writes the same cells (see `grid`). It knows nothing
of surveys. Hidden numbers are taken out of its rows before it is made (see `disclosure`), so that no output
can hold them; that a value is hidden is a state of its own (`state` in `to_pandas()`), not a missing value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

import pandas as pd

from childdata.errors import ChilddataError, VariableError, nearest
from childdata.table import excel, markup, text
from childdata.table.grid import CellWriter, Column, Grid, Page, Record, Wide, tidy, wide, writer
from childdata.table.policy import Disclosure
from childdata.words import Lang, percent, recorded, word


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """Rows of results with everything that is printed around them.

    Attributes
    ----------
    rows : one row per statistic, item and cell; hidden numbers are not in it. Beside the shown columns it
        may hold `scale`, `difference_of`, `state` and `count_state`, which decide how a row is written.
    columns : what is shown, in order.
    title, subtitle, notes : printed above and below.
    lang : language of headings, marks and numbers; labels stay as they are.
    provenance : how it was made: name -> text.
    disclosure : the rule by which rows were hidden; None: nothing is hidden.
    layout : None for one row per row of results, or labels across.
    level : confidence level of the limits.

    >>> rows = pd.DataFrame({"region": ["Brest", "Minsk"], "estimate": [0.18, 0.25], "scale": "share"})
    >>> table = Table(rows, (Column("region", "Region"), Column("estimate", "Stunted", "value")))
    >>> print(table)
    Region  Stunted
    ──────  ───────
    Brest     18.0%
    Minsk     25.0%
    """

    rows: pd.DataFrame
    columns: tuple[Column, ...]
    title: str = ""
    subtitle: str = ""
    notes: tuple[str, ...] = ()
    lang: Lang = "en"
    provenance: Mapping[str, str] = field(default_factory=dict)
    disclosure: Disclosure | None = None
    layout: Wide | None = None
    level: float = 0.95

    def __post_init__(self) -> None:
        absent = [column.name for column in self.columns if column.name not in self.rows]
        if absent:
            raise VariableError(
                f"a table shows the column {absent[0]!r}, which its rows do not have"
                f"{nearest(absent[0], map(str, self.rows.columns))}"
            )
        object.__setattr__(self, "rows", self.rows.reset_index(drop=True).copy())
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "provenance", dict(self.provenance))

    @property
    def by(self) -> tuple[str, ...]:
        """The columns whose labels say which cell a row is about."""
        others = ("statistic", "item", "flag")
        return tuple(c.name for c in self.columns if c.measure == "label" and c.name not in others)

    @property
    def statistics(self) -> tuple[str, ...]:
        """The statistics of the rows, in order; empty if the rows do not name any."""
        return tuple(dict.fromkeys(self.rows["statistic"].astype(str))) if "statistic" in self.rows else ()

    def records(self) -> list[Record]:
        """The rows as mappings: column -> value."""
        return cast(list[Record], self.rows.to_dict("records"))

    def wide(
        self,
        *,
        rows: Sequence[str] | None = None,
        columns: Sequence[str] = ("statistic",),
        show: Sequence[str] = ("estimate", "n"),
    ) -> Table:
        """The same table with labels across, as a report has it.

        Parameters
        ----------
        rows : variables whose labels stand down the side; the others by default. Variables that do not cross
            stand as blocks below each other, the total first.
        columns : variables (or "statistic", "item") whose labels stand across.
        show : the columns of results in each cell; a count that is the same across stands once, at the end.

        Raises
        ------
        VariableError if a name is no column of the table.
        """
        names = [column.name for column in self.columns]
        labels = [c.name for c in self.columns if c.measure == "label" and c.name != "flag"]
        for name in ("item", "statistic"):
            if name in self.rows and name not in labels:
                labels.insert(0, name)
        across = tuple(name for name in columns if name in labels)
        down = tuple(rows) if rows is not None else tuple(name for name in labels if name not in columns)
        for name, known in [*((n, labels) for n in (*down, *columns)), *((n, names) for n in show)]:
            if name not in known and name not in ("statistic", "item"):
                raise VariableError(
                    f"{name!r} is no column of this table, which has {', '.join(known)}{nearest(name, known)}"
                )
        return replace(self, layout=Wide(self._varied(down), self._varied(across), tuple(show)))

    def _varied(self, names: Sequence[str]) -> tuple[str, ...]:
        """Without `statistic` and `item` where they say the same in all rows."""
        fixed = ("statistic", "item")
        return tuple(name for name in names if name not in fixed or self._differs(name))

    def _differs(self, name: str) -> bool:
        return name in self.rows and self.rows[name].nunique(dropna=False) > 1

    def grid(self) -> Grid:
        """The cells as every output shows them."""
        records = self.records()
        if self.layout is None or not records:
            return tidy(records, self.columns, self.cell_writer(records))
        return wide(records, self.columns, self.layout, self.cell_writer(records))

    def page(self) -> Page:
        """The cells with titles, notes and origin: what is given to a writer."""
        grid = self.grid()
        notes = (*self.notes, *self._interval_note(), *self._explained(grid.marks()))
        return Page(grid, self.title, self.subtitle, notes, self._about(), self.lang)

    def _interval_note(self) -> list[str]:
        shown = self.layout.show if self.layout is not None else [column.name for column in self.columns]
        if not {"ci_low", "ci_high"} & set(shown):
            return []
        if two_errors(self.provenance):
            return [word("note.interval_2se", self.lang)]
        return [word("note.interval", self.lang, level=percent(self.level, None, self.lang))]

    def _explained(self, marks: set[str]) -> list[str]:
        """A note for every mark that occurs, or that nothing is hidden at all."""
        notes, policy = [], self.disclosure
        if policy is None and "state" in self.rows:
            notes.append(word("note.working", self.lang))
        if policy is not None and "suppressed" in marks:
            key = "note.unreliable" if policy.effective else "note.suppressed"
            notes.append(word(key, self.lang, minimum=policy.minimum))
        if policy is not None and "flagged" in marks:
            notes.append(self._flagged_note(policy))
        if policy is not None and "few" in marks:
            most = policy.minimum_count - 1
            notes.append(word("note.few", self.lang, count=policy.minimum_count, most=most))
        notes += [word(f"note.{mark}", self.lang) for mark in ("empty", "unavailable") if mark in marks]
        return notes

    def _flagged_note(self, policy: Disclosure) -> str:
        if policy.review_df is not None:
            return word("note.review", self.lang, df=policy.review_df)
        return word("note.flagged", self.lang, minimum=policy.minimum, most=policy.flag_below - 1)

    def cell_writer(self, records: Sequence[Record]) -> CellWriter:
        """What writes the numbers of these rows as this table shows them."""
        return writer(records, self.lang, self.disclosure.minimum_count if self.disclosure else 0)

    def _about(self) -> tuple[tuple[str, str], ...]:
        """Provenance with its headings in the reader's language; the version is always told."""
        entries = dict(self.provenance)
        if "version" not in entries:
            entries["version"] = installed_version()
        if self.disclosure is not None:
            entries.setdefault("disclosure", self.disclosure.describe())
        told = {name: str(value) for name, value in entries.items()}
        return tuple((recorded(name, self.lang), value) for name, value in told.items() if value)

    def to_pandas(self) -> pd.DataFrame:
        """The shown columns under their names, with `state` and the estimate as it is `shown`.

        Numbers have full precision; a number that is not shown is `<NA>` and its `state` says why
        (`suppressed`, `empty`); `flagged` numbers are shown in parentheses.
        """
        result = self.rows[[column.name for column in self.columns]].copy()
        for column in self.columns:
            if column.measure != "label":
                whole = column.measure == "count" and column.name in ("n", "psus")
                numbers = result[column.name].astype("Float64")
                result[column.name] = numbers.astype("Int64") if whole else numbers
        if "state" in self.rows:
            result["state"] = self.rows["state"]
        places = [place for place, column in enumerate(self.columns) if column.name == "estimate"]
        if places:
            records = self.records()
            cells = tidy(records, self.columns, self.cell_writer(records)).rows
            result["shown"] = [row[places[0]].text for row in cells]
        return result

    def to_markdown(self, path: str | Path | None = None) -> str:
        """The table as Markdown; also written to `path` if given."""
        return _written(text.markdown(self.page()), path)

    def to_html(self, path: str | Path | None = None) -> str:
        """The table as HTML: a piece for a page; with a `path`, a whole file is written and given back."""
        if path is None:
            return markup.fragment(self.page())
        return _written(markup.document(self.page()), path)

    def to_csv(self, path: str | Path | None = None, *, excel_safe: bool = True) -> str:
        """The table as CSV with full precision; also written to `path` (UTF-8, marked for Excel) if given.

        Parameters
        ----------
        excel_safe : texts that a spreadsheet would take for formulas are led by an apostrophe. Turn it
            off for exchange between programs.

        A table of blocks has one row per row of results here, so that it can be read by programs.
        """
        flat = self if self.layout is None or self.layout.columns else replace(self, layout=None)
        content = text.comma_separated(flat.page(), excel_safe=excel_safe)
        return _written(content, path, encoding="utf-8-sig")

    def to_excel(self, path: str | Path) -> Path:
        """Write a workbook (.xlsx): the table with number formats, and a sheet about how it was made."""
        return excel.workbook(self.page(), path)

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_text(self, *, most: int | None = None) -> str:
        """The table as aligned text; of a long one the first `most` rows (None: all)."""
        return text.plain(self.page(), most=most)

    def __repr__(self) -> str:
        return self.to_text(most=text.MOST_ROWS)


def two_errors(provenance: Mapping[str, str]) -> bool:
    """Whether limits are the value plus and minus two standard errors, whatever the level.

    >>> two_errors({"convention": "mics"}), two_errors({"convention": "mics", "interval": "beta"})
    (True, False)
    """
    return provenance.get("convention") in ("mics", "dhs") and provenance.get("interval", "auto") == "auto"


def installed_version() -> str:
    """Version of this library, as installed."""
    try:
        return version("childdata")
    except PackageNotFoundError:
        return "?"


def _written(content: str, path: str | Path | None, *, encoding: str = "utf-8") -> str:
    if path is not None:
        try:
            Path(path).write_text(content, encoding=encoding, newline="")
        except OSError as error:
            raise ChilddataError(
                f"the file {Path(path).name!r} cannot be written ({type(error).__name__}); "
                "check that its folder is there and may be written to"
            ) from error
    return content
