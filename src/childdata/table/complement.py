"""Which rows must be hidden beside others, because a hidden one could be worked out from them?

Rows become nodes, one for each cell of a statistic; what a reader can work out from their sums is asked of `gaps`
and `bounds`, for the counts and for the values. Records without a label, or of a cell that the table leaves out, are
the rest of a total: where that rest is a small group, its cells are looked at as if it were one more hidden cell.

Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from childdata.table.alone import SMALLEST, column, is_quantile, is_share
from childdata.table.bounds import at_one_end, pinned
from childdata.table.formats import label_text
from childdata.table.gaps import Further, protected
from childdata.table.policy import Disclosure
from childdata.table.sums import ALL, Floats, Key, Sum, Truths, all_nodes, all_sums, filled, holding

# A label that no file can hold: the records of a total that are in none of its cells.
REST = "\N{NULL}rest"


@dataclass(frozen=True, slots=True)
class Nodes:
    """The rows of one statistic as nodes, beside them the totals that no row shows.

    Attributes
    ----------
    keys : item and labels of each node.
    place : (rows,) the node of each row.
    n : (nodes,) records, NaN without a row.
    """

    keys: list[Key]
    place: NDArray[np.intp]
    sums: list[Sum]
    n: Floats

    @classmethod
    def of(cls, rows: pd.DataFrame, by: Sequence[str], total: str) -> Nodes:
        """The nodes of these rows."""
        keys = _keys(rows, by, total)
        nodes = all_nodes(keys, fixed=1)
        number = {node: position for position, node in enumerate(nodes)}
        place = np.array([number[key] for key in keys], dtype=np.intp)
        n = np.full(len(nodes), np.nan)
        n[place] = column(rows, "n")
        return cls(nodes, place, all_sums(nodes), n)

    def spread(self, numbers: Floats) -> Floats:
        """Numbers of rows as numbers of nodes, NaN without a row."""
        result = np.full(len(self.keys), np.nan)
        result[self.place] = numbers
        return result

    @property
    def has_row(self) -> Truths:
        """Nodes that are a row."""
        found = np.zeros(len(self.keys), dtype=bool)
        found[self.place] = True
        return found

    def rests(self, least: int) -> dict[Key, float]:
        """The rests of totals that hold 1 to `least` - 1 records, by the key they would have as cells."""
        n = filled(self.sums, self.n)
        found: dict[Key, float] = {}
        for one in self.sums:
            total, cell = self.keys[one.total], self.keys[one.cells[0]]
            rest = n[one.total] - np.nansum(n[list(one.cells)])
            if 0 < rest < least:
                variable = next(v for v, (a, b) in enumerate(zip(total, cell, strict=True)) if a != b)
                found[*total[:variable], REST, *total[variable + 1 :]] = float(rest)
        return found


def _keys(rows: pd.DataFrame, by: Sequence[str], total: str) -> list[Key]:
    labels = [[label_text(item) for item in rows["item"]] if "item" in rows else [""] * len(rows)]
    for name in by:
        texts = map(label_text, rows[name].astype(object))
        labels.append([ALL if text in ("", total) else text for text in texts])
    return list(zip(*labels, strict=True))


def complement(
    rows: pd.DataFrame,
    by: Sequence[str],
    hidden: Truths,
    policy: Disclosure,
    total: str,
    *,
    values: bool,
    also: Truths | None = None,
) -> Truths:
    """`hidden` and what must be hidden beside it, for the rows of one statistic: their counts, or their values.

    Parameters
    ----------
    also : rows that are hidden for other reasons, and need not be kept from being worked out.
    """
    nodes = Nodes.of(rows, by, total)
    rests = nodes.rests(policy.minimum if values else policy.minimum_count)
    beside = np.zeros_like(hidden) if also is None else also
    if not hidden.any() and not rests:
        return hidden | beside
    own, other = (nodes.spread(truths.astype(float)) == 1 for truths in (hidden, beside))
    result = _of_values(rows, nodes, own, other, rests) if values else _of_counts(rows, nodes, own, rests, policy)
    hidden_rows: Truths = result[nodes.place]
    return hidden_rows


def _of_counts(rows: pd.DataFrame, nodes: Nodes, own: Truths, rests: dict[Key, float], policy: Disclosure) -> Truths:
    n, has_row, most = nodes.n, nodes.has_row, policy.minimum_count - 1
    sums = holding(nodes.sums, n, possible=_is_made(rows))
    few = own & (n <= most)

    def worked_out(hidden: Truths, asked: Truths) -> Truths:
        return pinned(sums, hidden, known=has_row, few=few, counts=n, most=most, asked=asked)

    # That a cell is empty is told: what is hidden is known not to be.
    open_rows = has_row & (n > 0)
    roomy = np.where(n > 2 * most, n, n + np.nansum(n))
    result = protected(sums, own, known=has_row, rows=open_rows, size=n, further=worked_out, roomy=roomy)
    return _with_rests(nodes, sums, own, result, has_row, open_rows, rests)


def _of_values(rows: pd.DataFrame, nodes: Nodes, own: Truths, also: Truths, rests: dict[Key, float]) -> Truths:
    n, has_row = nodes.n, nodes.has_row
    made = _is_made(rows)
    if not made and is_quantile(rows).all():
        return own | also
    estimate = nodes.spread(column(rows, "estimate"))
    weighted = nodes.spread(column(rows, "n_weighted" if "n_weighted" in rows else "n"))
    adding = holding(nodes.sums, weighted, estimate, possible=made)
    open_rows = has_row & (n > 0)
    wholes = _wholes(nodes.keys, estimate, n)
    more = len(wholes)
    sums = [*adding, *wholes]
    at_risk = np.append(own, np.zeros(more, dtype=bool))
    known = np.append(has_row, np.ones(more, dtype=bool))
    further = None
    if is_share(rows).all():
        further = _at_ends(sums, at_risk, known, np.append(estimate, np.ones(more)))
    result = protected(
        sums,
        at_risk,
        known=known,
        also=np.append(also, np.zeros(more, dtype=bool)),
        rows=np.append(open_rows, np.zeros(more, dtype=bool)),
        size=np.append(n, np.ones(more)),
        further=further,
    )
    return _with_rests(nodes, adding, own, result[: len(own)], has_row, open_rows, rests)


def _at_ends(sums: Sequence[Sum], own: Truths, known: Truths, estimate: Floats) -> Further:
    lowest, highest = estimate <= 0, estimate >= 1

    def worked_out(hidden: Truths, asked: Truths) -> Truths:
        return at_one_end(sums, hidden, own & asked, known=known, lowest=lowest, highest=highest)

    return worked_out


def _with_rests(
    nodes: Nodes,
    sums: Sequence[Sum],
    own: Truths,
    hidden: Truths,
    has_row: Truths,
    open_rows: Truths,
    rests: dict[Key, float],
) -> Truths:
    """What is hidden, and what must be so that no rest is told.

    A sum that does without its rest holds roughly, and has been looked at. Here the rest is an unknown more.
    """
    if not rests:
        return hidden
    kept = {(one.total, one.cells[0]) for one in sums}
    size = len(nodes.keys)
    with_rests = [
        one
        for one in all_sums([*nodes.keys, *rests])
        if one.total >= size or (one.total, one.cells[0]) in kept or one.cells[-1] >= size
    ]
    more = np.ones(len(rests), dtype=bool)
    result = protected(
        with_rests,
        np.append(own, more),
        also=np.append(hidden, ~more),
        known=np.append(has_row, more),
        rows=np.append(open_rows, ~more),
        size=np.append(nodes.n, list(rests.values())),
    )
    return result[:size]


def _is_made(rows: pd.DataFrame) -> bool:
    """Whether rows are made of others by arithmetic, so that their sums hold for other weights than their own.

    Such rows have no design effect, or rest on a smaller group than their count says.
    """
    if "scale" in rows and (rows["scale"] == "difference").any():
        return True
    if SMALLEST in rows and (column(rows, SMALLEST) != column(rows, "n")).any():
        return True
    return "deff_wr" in rows and bool(rows["deff_wr"].isna().all())


def _wholes(keys: list[Key], estimate: Floats, n: Floats) -> list[Sum]:
    """Where the items of a cell are shares of a whole, a reader knows their sum without a row: one."""
    cells: dict[Key, list[int]] = {}
    for place, key in enumerate(keys):
        cells.setdefault(key[1:], []).append(place)
    whole = [
        tuple(places)
        for places in cells.values()
        if len(places) > 1 and (n[places] > 0).all() and np.isclose(estimate[places].sum(), 1.0)
    ]
    return [Sum(len(keys) + number, places) for number, places in enumerate(whole)]
