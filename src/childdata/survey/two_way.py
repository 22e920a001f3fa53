"""Two variables crossed: their categories as codes, the records of each cell, and the shares as statistics.

A record is in the table where both variables are known. A cell of the table is the rule "row code = r and column
code = c", so that its total, its share and whatever is made of them are trees of totals like any other statistic;
cells without a record are cells as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.computed import domain_of, factor_of, free_name, with_computed
from childdata.survey.domains import Factor
from childdata.survey.statistic import Arithmetic, Item, Node, Statistic, Total
from childdata.survey.statistics import ONE
from childdata.survey.survey import Survey
from childdata.vocabulary import MISSING

MissingCells = Literal["drop", "category", "fail"]
MOST_CELLS = 3_000


@dataclass(frozen=True, slots=True, eq=False)
class TwoWay:
    """Two variables of a survey, crossed.

    Attributes
    ----------
    survey : with two computed columns, the codes of the row and of the column, known where both variables are.
    row, column : the variables; codes are -1 where missing.
    codes : names of the two computed columns.
    inside : array (n,); records of the domain.
    where : a rule beside those of the survey's domain, or None.
    """

    survey: Survey
    row: Factor
    column: Factor
    codes: tuple[str, str]
    inside: Mask
    where: Rule | None

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        return len(self.row.labels), len(self.column.labels)

    @property
    def known(self) -> Mask:
        """Records with a place in the table, array (n,)."""
        known: Mask = self.inside & (self.row.code >= 0) & (self.column.code >= 0)
        return known

    @property
    def unknown(self) -> int:
        """Records of the domain, of a weight above zero, that have no place in the table."""
        return int((self.inside & ~self.known & (self.survey.design.weight > 0)).sum())

    def sums(self, values: Floats, chosen: Mask | None = None) -> Floats:
        """The sum of a value of the records by cell, array (rows, columns)."""
        used = np.flatnonzero(self.known if chosen is None else self.known & chosen)
        rows, columns = self.shape
        cell: Codes = self.row.code[used] * columns + self.column.code[used]
        return summed(cell, values[used], rows * columns).reshape(rows, columns)

    def in_cell(self, row: int | None, column: int | None) -> Expression:
        """The rule of a cell; of a margin where one of the two is None, of the table where both are."""
        wanted = zip(self.codes, (row, column), strict=True)
        parts = [f"`{name}` == {code}" for name, code in wanted if code is not None]
        return parse(" and ".join(parts) or f"`{self.codes[0]}` >= 0")

    def share(self, row: int | None, column: int | None) -> Node:
        """The share of a cell or margin in the table."""
        return Arithmetic("/", Total(self.in_cell(row, column)), Total(ONE))

    def cell_shares(self, rows: Codes, columns: Codes) -> Statistic:
        """The shares of the cells of some rows and columns, row by row."""
        items = tuple(Item(f"{r}, {c}", self.share(r, c)) for r in rows.tolist() for c in columns.tolist())
        return Statistic(items, "share", "shares")

    def cell_totals(self, rows: Codes, columns: Codes) -> Statistic:
        """The estimated numbers in the cells of some rows and columns, row by row."""
        items = tuple(Item(f"{r}, {c}", Total(self.in_cell(r, c))) for r in rows.tolist() for c in columns.tolist())
        return Statistic(items, "amount", "numbers")


def two_way(
    survey: Survey,
    row: Rule,
    column: Rule,
    *,
    where: Rule | None = None,
    missing: MissingCells = "drop",
    factors: Sequence[Factor] = (),
    computed: Mapping[str, Floats] | None = None,
) -> TwoWay:
    """Cross two variables.

    Parameters
    ----------
    row, column : variables or rules.
    where : a rule; only records for which it is true have a place in the table.
    missing : `"drop"`: records where one of the two is unknown have no place (and are counted); `"category"`: the
        unknown are a category; `"fail"`: none may be unknown.
    factors, computed : further variables and columns that estimates of the table need, as of `with_computed`.

    Raises
    ------
    EstimationError where the two are one, a variable has no answer, or there are too many cells.
    """
    if missing not in ("drop", "category", "fail"):
        raise EstimationError(f"missing is 'drop', 'category' or 'fail'; found {missing!r}")
    a, b = (_with_missing(factor_of(survey, one), missing) for one in (row, column))
    if a.name == b.name:
        raise EstimationError(f"a table crosses two variables; found {a.name!r} twice")
    for one in (a, b):
        if not one.labels:
            raise EstimationError(f"{one.name!r} is unknown in all records, so that a table of it has no cell")
    cells = len(a.labels) * len(b.labels)
    if cells > MOST_CELLS:
        raise EstimationError(
            f"{a.name!r} has {len(a.labels)} values and {b.name!r} {len(b.labels)}, which makes {cells:,} cells; a "
            f"table has at most {MOST_CELLS:,}: is each of them a variable of categories? Group it by with_columns()"
        )
    codes = free_name("row of the table", survey), free_name("column of the table", survey)
    both = (a.code >= 0) & (b.code >= 0)
    coded = {name: np.where(both, one.code, np.nan) for name, one in zip(codes, (a, b), strict=True)}
    rules = () if where is None else (where,)
    ready = with_computed(survey, {**coded, **(computed or {})}, rules=rules, factors=(*factors, a, b))
    table = TwoWay(ready, a, b, codes, domain_of(survey, where), where)
    if missing == "fail" and table.unknown:
        raise EstimationError(
            f"{a.name!r} or {b.name!r} is unknown in {table.unknown} records of the domain, and missing='fail' was "
            "asked for; missing='drop' leaves them out and counts them"
        )
    return table


def _with_missing(factor: Factor, missing: MissingCells) -> Factor:
    """The factor, its unknown values as its last category where that is wanted and there are any."""
    if missing != "category" or not (factor.code < 0).any():
        return factor
    code = np.where(factor.code < 0, len(factor.labels), factor.code)
    return Factor(factor.name, code, (*factor.labels, MISSING), (*factor.values, None))


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The layers of a table, and what the cells of each hold.

    Attributes
    ----------
    factors : the variables that make layers; none is one layer.
    code_name : name of the computed column with the number of the layer.
    code : array (n,); the layer of each record, -1 where one of its variables is missing.
    count, weight : arrays (layers, rows + 1, columns + 1); records and weights of each cell, margins at the ends.
    """

    factors: tuple[Factor, ...]
    code_name: str
    code: Codes
    count: Floats
    weight: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of labels of each variable."""
        return tuple(len(one.labels) for one in self.factors)

    def labels(self, layer: int) -> dict[str, str]:
        """The label of each variable in a layer."""
        places = np.unravel_index(layer, self.shape) if self.shape else ()
        return {one.name: one.labels[int(k)] for one, k in zip(self.factors, places, strict=True)}


def layer_codes(factors: tuple[Factor, ...], records: int) -> Codes:
    """The layer of each record, array (n,); -1 where one of the variables is missing."""
    code = np.zeros(records, dtype=np.intp)
    missing = np.zeros(records, dtype=bool)
    for factor in factors:
        code = code * len(factor.labels) + np.maximum(factor.code, 0)
        missing |= factor.code < 0
    code[missing] = -1
    return code


def layers_of(table: TwoWay, factors: tuple[Factor, ...], code_name: str, code: Codes) -> Layers:
    """The layers of a table, with the records and weights of their cells."""
    size = int(np.prod([len(one.labels) for one in factors], dtype=np.intp))
    rows, columns = table.shape
    weight = table.survey.design.weight
    used = np.flatnonzero(table.known & (code >= 0) & (weight > 0))
    cell = (code[used] * rows + table.row.code[used]) * columns + table.column.code[used]

    def sums(values: Floats) -> Floats:
        inner = summed(cell, values, size * rows * columns).reshape(size, rows, columns)
        wide = np.concatenate([inner, inner.sum(axis=2, keepdims=True)], axis=2)
        return np.concatenate([wide, wide.sum(axis=1, keepdims=True)], axis=1)

    return Layers(factors, code_name, code, sums(np.ones(used.size)), sums(weight[used]))
