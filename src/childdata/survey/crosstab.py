"""A table of two variables: the share or the number in each cell, with standard errors and margins.

Shares of the whole table, p̂_rc = N̂_rc / N̂; within each row, N̂_rc / N̂_r (a ratio of two estimated totals, with its own
standard error) or within each column; or the estimated numbers N̂_rc themselves. All cells and margins come from one
call of the engine, and so have one covariance; the test of independence is that of `chi_square`.

Source: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, sections 5.6-5.8 (ratios, domains).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from childdata.errors import EstimationError
from childdata.expression import Rule
from childdata.microdata.labels import Frozen
from childdata.survey.arrays import Codes
from childdata.survey.chi_square import ChiSquareTest, Proportions, TableStatistic, check_choice, table_test
from childdata.survey.computed import factor_of, free_name
from childdata.survey.domains import Factor
from childdata.survey.estimates import FACTS, HIDDEN, NUMBERS, Estimates
from childdata.survey.intervals import ConventionName, ShareInterval
from childdata.survey.statistic import Arithmetic, Item, Node, Statistic, Total
from childdata.survey.statistics import ONE
from childdata.survey.survey import Survey
from childdata.survey.two_way import Layers, MissingCells, TwoWay, layer_codes, layers_of, two_way
from childdata.table import Suppression, Table, estimates_table
from childdata.vocabulary import TOTAL
from childdata.words import Lang, word

Share = Literal["cell", "row", "column", "total"]
Layout = Literal["tidy", "wide"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Crosstab:
    """A table of two variables; what `crosstab` returns.

    Attributes
    ----------
    estimates : cells and margins (label `Total`) with their joint covariance, by the layers, the row and the column.
    share : what the cells are: shares of the whole table, of their row, of their column, or numbers.
    two_way : the two variables crossed.
    layers : the variables that make layers, one table for each.
    """

    estimates: Estimates
    share: Share
    two_way: TwoWay
    layers: Layers

    @property
    def row(self) -> str:
        """The name of the row variable."""
        return self.two_way.row.name

    @property
    def column(self) -> str:
        """The name of the column variable."""
        return self.two_way.column.name

    def to_frame(self, layout: Layout = "tidy", *, show: str = "estimate") -> pd.DataFrame:
        """All cells as a working object of the analyst, nothing suppressed.

        Parameters
        ----------
        layout : `"tidy"`: a row per cell, with the columns of `Estimates.to_frame` and `n_cell`, the unweighted records
            of the cell (`n` counts those that the share is of). `"wide"`: labels of the row down, of the column across.
        show : which of the tidy columns stands in the wide layout.

        >>> people = Survey({"sex": ["f", "f", "m", "m"], "poor": [1, 0, 1, 1], "w": [1.0, 3.0, 2.0, 2.0]}, weight="w")
        >>> crosstab(people, "sex", "poor", share="row").to_frame("wide")
        poor       0      1
        sex
        f      0.750  0.250
        m      0.000  1.000
        Total  0.375  0.625
        """
        check_choice("layout", layout, get_args(Layout))
        frame = self.estimates.to_frame()
        layer, row, column = self._places()
        place = int(frame.columns.get_indexer(pd.Index(["n"]))[0]) + 1
        frame.insert(place, "n_cell", self.layers.count[layer, row, column].astype(np.int64))
        if layout == "tidy":
            return frame
        check_choice("show", show, (*NUMBERS, *FACTS, "n_cell"))
        return self._wide(frame[show].to_numpy())

    def expected(self) -> pd.DataFrame:
        """The numbers that the cells would have if row and column were independent, N̂_r N̂_c / N̂, in the wide layout.

        They are of the estimated population, like `share="total"`.
        """
        layer, row, column = self._places()
        weight = self.layers.weight
        with np.errstate(divide="ignore", invalid="ignore"):
            number = weight[layer, row, -1] * weight[layer, -1, column] / weight[layer, -1, -1]
        return self._wide(number)

    def test(self, statistic: TableStatistic = "F", *, proportions: Proportions = "observed") -> ChiSquareTest:
        """The test of independence of this table; arguments as of `chi2`.

        Raises
        ------
        EstimationError where there are layers (`tests` has one test for each), and as `chi2`.
        """
        if self.layers.factors:
            raise EstimationError(
                f"this table has layers, by {', '.join(one.name for one in self.layers.factors)}, and each has a test "
                "of its own: take .tests()"
            )
        return self._tested(self.two_way, statistic, proportions)

    def tests(self, statistic: TableStatistic = "F", *, proportions: Proportions = "observed") -> pd.DataFrame:
        """The test of independence of each layer, one row each: its labels, then the columns of `DesignTest.to_frame`.

        A layer in which there is nothing to test has no numbers, and the reason in `note`.
        """
        code = self.layers.code
        rows = []
        for layer in np.unique(code[self.two_way.known & (code >= 0)]).tolist():
            labels = self.layers.labels(layer)
            rule = f"`{self.layers.code_name}` == {layer}"
            part = replace(self.two_way, inside=self.two_way.inside & (code == layer), where=rule)
            try:
                test = self._tested(part, statistic, proportions).to_frame().iloc[0].to_dict() | {"note": ""}
            except EstimationError as error:
                test = {"note": str(error)}
            rows.append(labels | test)
        return pd.DataFrame(rows)

    def _tested(self, table: TwoWay, statistic: TableStatistic, proportions: Proportions) -> ChiSquareTest:
        df = self.estimates.settings["df"]
        return table_test(
            table,
            statistic,
            proportions=proportions,
            convention=self.estimates.convention.name,
            df=None if isinstance(df, str) else df,
        )

    def _places(self) -> tuple[Codes, Codes, Codes]:
        """The layer, row and column of each estimate, arrays (cells,); -1 is a margin, and the last place."""
        frame = self.estimates.frame

        def place(factor: Factor) -> Codes:
            number = {one: k for k, one in enumerate(factor.labels)} | {TOTAL: -1}
            return np.array([number[one] for one in frame[factor.name]], dtype=np.intp)

        layer = np.zeros(len(frame), dtype=np.intp)
        if self.layers.factors:
            layer = np.ravel_multi_index([place(one) for one in self.layers.factors], self.layers.shape).astype(np.intp)
        return layer, place(self.two_way.row), place(self.two_way.column)

    def _wide(self, values: np.ndarray) -> pd.DataFrame:
        frame = self.estimates.frame
        down = [*(one.name for one in self.layers.factors), self.row]
        keys = pd.MultiIndex.from_frame(frame[down].drop_duplicates()) if len(down) > 1 else frame[self.row].unique()
        long = frame[[*down, self.column]].assign(value=values)
        wide = long.pivot(index=down if len(down) > 1 else self.row, columns=self.column, values="value")
        return wide.loc[keys, list(dict.fromkeys(frame[self.column]))].rename_axis(columns=self.column)

    def table(
        self,
        *,
        lang: Lang = "en",
        title: str = "",
        subtitle: str = "",
        notes: Sequence[str] = (),
        suppress: Suppression = "mics",
        show: Sequence[str] = ("estimate", "n"),
    ) -> Table:
        """The table for a report: labels of the row down, of the column across, small cells suppressed.

        Parameters
        ----------
        lang, title, subtitle, notes, suppress : as of `Estimates.table`. Shares are judged by the records that they are
            of, numbers by those of their cell.
        show : of the tidy columns, what stands in each cell; a count that is the same across stands once.
        """
        frame, headings = self.estimates.frame, dict(self.estimates.headings)
        layers = [one.name for one in self.layers.factors]
        down, across = self.row, self.column
        if self.share in ("row", "column"):
            # within a row the shares are those of one statistic, the categories its items: they are not added over
            item = across if self.share == "row" else down
            frame = frame.assign(item=frame[item]).drop(columns=item)
            headings["item"] = headings[item]
            down, across = (down, "item") if self.share == "row" else ("item", across)
        elif self.share == "total":
            layer, row, column = self._places()
            frame = frame.assign(n=self.layers.count[layer, row, column].astype(np.int64))
        names = {"row": headings[self.row], "column": headings[self.column]}
        made = estimates_table(
            frame,
            by=[*layers, *(name for name in (down, across) if name != "item")],
            headings=headings,
            title=title or word(f"crosstab.{self.share}", lang, **names),
            subtitle=subtitle,
            notes=(*notes, *self.estimates.notes),
            lang=lang,
            suppress=suppress,
            provenance={key: str(value) for key, value in self.estimates.settings.items()},
            columns=tuple(show),
        )
        return made.wide(rows=[*layers, down], columns=[across], show=show)

    def __repr__(self) -> str:
        return f"<Crosstab {self.row} × {self.column}, {self.share}>\n{self.to_frame('wide').round(4).to_string()}"

    def _repr_html_(self) -> str:
        return self.table(suppress=None, show=("estimate", "se", "n"))._repr_html_()


def crosstab(
    survey: Survey,
    row: Rule,
    column: Rule,
    *,
    share: Share = "cell",
    by: str | Sequence[str] | None = None,
    where: Rule | None = None,
    margins: bool = True,
    level: float = 0.95,
    missing: MissingCells = "drop",
    interval: ShareInterval | Literal["auto"] = "auto",
    convention: ConventionName = "childdata",
    df: float | None = None,
) -> Crosstab:
    """A table of two variables, with the standard error of every cell and their joint covariance.

    Parameters
    ----------
    row, column : variables or rules (whose categories are no and yes).
    share : `"cell"`: shares of the whole table; `"row"`, `"column"`: within each row, each column; `"total"`: estimated
        numbers in the population.
    by : variables that make layers: a table for each combination of their categories.
    where : a rule; only records where it is true. Never filter the data first.
    margins : with the totals of rows and columns; of row shares the distribution over all rows.
    level, interval, convention, df : as of `Survey.estimate`.
    missing : `"drop"`: records where row or column is unknown have no place in the table, and are counted in the notes;
        `"category"`: the unknown are a category; `"fail"`: none may be unknown.

    Returns
    -------
    Crosstab. Cells without a record are there, as zeros, and counted in the notes; only shares within a row (a column)
    that has no record do not exist.

    Raises
    ------
    EstimationError if row and column are one, a variable has no answer, or there are too many cells; and as
    `Survey.estimate`.

    >>> people = Survey({"sex": ["f", "f", "m", "m"], "poor": [1, 0, 1, 1], "w": [1.0, 3.0, 2.0, 2.0]}, weight="w")
    >>> crosstab(people, "sex", "poor == 1", share="total")
    <Crosstab sex × poor == 1, total>
    poor == 1   no  yes  Total
    sex
    f          3.0  1.0    4.0
    m          0.0  4.0    4.0
    Total      3.0  5.0    8.0
    """
    check_choice("share", share, get_args(Share))
    inner = survey if where is None else survey.where(where)
    factors = tuple(factor_of(survey, name) for name in ([by] if isinstance(by, str) else by or ()))
    name, code = free_name("layer of the table", survey), layer_codes(factors, survey.design.weight.size)
    coded = {name: np.where(code < 0, np.nan, code)}
    table = two_way(inner, row, column, missing=missing, factors=factors, computed=coded)
    _check_names(table, factors)
    layers = layers_of(table, factors, name, code)
    statistic = _statistic(table, share, margins)
    names = [one.name for one in factors]
    inside = {"row": [table.row.name], "column": [table.column.name]}.get(share, [])
    found = table.survey.estimate(
        {f"{table.row.name} × {table.column.name}": statistic},
        each=[[*names, *inside], names] if margins and inside else [[*names, *inside]],
        level=level,
        missing_by="drop",
        interval=interval,
        convention=convention,
        df=df,
    )
    if not len(found):
        raise EstimationError(f"no record of the domain has a layer of {', '.join(names)}; take a wider domain")
    return Crosstab(_arranged(found, table, layers, share), share, table, layers)


def _check_names(table: TwoWay, factors: tuple[Factor, ...]) -> None:
    names = [*(one.name for one in factors), table.row.name, table.column.name]
    taken = {"statistic", "item", "n_cell", *NUMBERS, *FACTS, *HIDDEN}
    for name in names:
        if name in taken or names.count(name) > 1:
            why = "stands twice" if names.count(name) > 1 else "is the name of a column of the result"
            raise EstimationError(f"row, column and layers have names of their own; {name!r} {why}: rename it first")


def _statistic(table: TwoWay, share: Share, margins: bool) -> Statistic:
    """One item for each cell and margin; within rows (columns) one for each column (row)."""
    rows, columns = table.shape

    def node(row: int | None, column: int | None) -> Node:
        cell = Total(table.in_cell(row, column))
        return cell if share == "total" else Arithmetic("/", cell, Total(ONE))

    places: list[tuple[int | None, int | None]]
    if share == "row":
        places = [(None, c) for c in range(columns)]
    elif share == "column":
        places = [(r, None) for r in range(rows)]
    else:
        end: list[int | None] = [None] if margins else []
        places = [(r, c) for r in [*range(rows), *end] for c in [*range(columns), *end]]
    items = tuple(Item(f"{r} {c}", node(r, c)) for r, c in places)
    return Statistic(items, "amount" if share == "total" else "share", "table")


def _arranged(found: Estimates, table: TwoWay, layers: Layers, share: Share) -> Estimates:
    """The estimates of the engine under the names of the row and the column, in their order."""
    frame = found.frame.copy()
    place = frame["item"].str.split(" ", expand=True)
    labels = {}
    for k, factor in enumerate((table.row, table.column)):
        if (share, k) in (("row", 0), ("column", 1)):
            labels[factor.name] = frame[factor.name].to_numpy(dtype=object)
        else:
            said = {str(code): one for code, one in enumerate(factor.labels)} | {"None": TOTAL}
            labels[factor.name] = place[k].map(said).to_numpy(dtype=object)
    names = [one.name for one in layers.factors]
    keys = [*names, table.row.name, table.column.name]
    rest = [name for name in frame if name not in (*keys, "statistic", "item")]
    frame = frame.assign(item="", **labels)[["statistic", "item", *keys, *rest]]
    if share == "cell":
        # the share of the whole table in itself is 1 by definition, not by what was found
        whole = (frame[table.row.name] == TOTAL) & (frame[table.column.name] == TOTAL) & (frame["n"] > 0)
        frame.loc[whole, ["se", "cv", "ci_low", "ci_high", "uniform"]] = [0.0, 0.0, 1.0, 1.0, False]
        frame["uniform"] = frame["uniform"].astype(bool)
    order = np.lexsort([_order(frame[one.name], one) for one in (table.column, table.row, *layers.factors[::-1])])
    variables = (*layers.factors, table.row, table.column)
    headings = {one.name: table.survey.records.label(one.name) for one in variables}
    return replace(
        found,
        frame=frame.iloc[order].reset_index(drop=True),
        rows=found.rows[order],
        by=tuple(keys),
        headings=headings,
        settings=Frozen({**found.settings, "share": share}),
        notes=(*_told(table, layers, share), *(note for note in found.notes if note not in _told_of_row(table))),
    )


def _order(labels: pd.Series[str], factor: Factor) -> Codes:
    number = {one: k for k, one in enumerate(factor.labels)}
    return np.array([number.get(one, len(number)) for one in labels], dtype=np.intp)


def _told_of_row(table: TwoWay) -> set[str]:
    """What the engine tells of a row variable with unknown values; the table tells it once for both variables."""
    return {
        word("told.missing_drop", name=repr(one.name), count=int((table.inside & (one.code < 0)).sum()))
        for one in (table.row, table.column)
    }


def _told(table: TwoWay, layers: Layers, share: Share) -> list[str]:
    notes = []
    if table.unknown:
        row, column = repr(table.row.name), repr(table.column.name)
        notes.append(word("told.table_unknown", row=row, column=column, count=table.unknown))
    cells = layers.count[:, :-1, :-1]
    present = cells.sum(axis=(1, 2)) > 0
    if empty := int((cells[present] == 0).sum()):
        notes.append(word("told.cells_zero", count=empty, possible=int(cells[present].size)))
    if share in ("row", "column"):
        factor, axis = (table.row, 2) if share == "row" else (table.column, 1)
        if without := int((cells[present].sum(axis=axis) == 0).sum()):
            notes.append(word("told.rows_without", name=repr(factor.name), count=without))
    return notes
