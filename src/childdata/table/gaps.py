"""Which hidden numbers of a table can be worked out from the numbers that are shown?

A reader who sees a total and all cells but one knows the one. The sums of a table are linear equations, the hidden
numbers their unknowns; an unknown is exposed exactly when it is the same in every solution, that is when its row
of the null space is zero (which finds chains of sums that no rule of "one gap per line" finds). `protected` hides
the smallest further cells until nothing is exposed, then shows again what need not be hidden; what a reader knows
beyond sums stands in `bounds`.

Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4 (secondary cell suppression).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from childdata.table.sums import Codes, Floats, Sum, Truths, systems

# Squares of lengths and singular values below this are zero: those of such systems are far larger.
TINY = 1e-8
# Systems of more unknowns are not looked at again for what need not be hidden: it would take long.
MOST_NARROWED = 4000


def exposed(sums: Sequence[Sum], unknown: Truths) -> Truths:
    """Which unknown nodes the sums determine.

    >>> one = [Sum(2, (0, 1))]
    >>> exposed(one, np.array([True, False, False])).tolist()
    [True, False, False]
    >>> exposed(one, np.array([True, True, False])).tolist()
    [False, False, False]
    """
    return Lines.of(sums, unknown.size).exposed(unknown)


def _freedom(matrix: Floats) -> Floats:
    """The projection (k, k) on the ways in which unknowns may move; with 0 on the diagonal they are told."""
    sums, unknowns = matrix.shape
    if unknowns <= sums:
        size, vectors = np.linalg.eigh(matrix.T @ matrix)
        free = vectors[:, size < TINY]
        moved: Floats = free @ free.T
        return moved
    size, vectors = np.linalg.eigh(matrix @ matrix.T)
    bound = vectors[:, size > TINY].T @ matrix / np.sqrt(size[size > TINY])[:, None]
    moved = np.eye(unknowns) - bound.T @ bound
    return moved


@dataclass(frozen=True, slots=True)
class Lines:
    """All sums laid end to end, so that numpy can look at all of them at once.

    Attributes
    ----------
    places : (m,) the nodes of the first sum, of the second, and so on.
    owner : (m,) to which sum each belongs.
    starts : (sums,) where each begins.
    is_total : (nodes,) whether a node is the total of some sum.
    """

    sums: Sequence[Sum]
    places: Codes
    owner: Codes
    starts: Codes
    is_total: Truths

    @classmethod
    def of(cls, sums: Sequence[Sum], nodes: int) -> Lines:
        """The lines of these sums over so many nodes."""
        sizes = np.array([len(one.cells) + 1 for one in sums], dtype=np.intp)
        places = np.array([place for one in sums for place in one.places()], dtype=np.intp)
        is_total = np.zeros(nodes, dtype=bool)
        is_total[[one.total for one in sums]] = True
        return cls(sums, places, np.repeat(np.arange(len(sums)), sizes), np.cumsum(sizes) - sizes, is_total)

    def gaps(self, unknown: Truths) -> Codes:
        """How many unknown nodes each sum has."""
        if not self.starts.size:
            return np.zeros(0, dtype=np.intp)
        counted: Codes = np.add.reduceat(unknown[self.places].astype(np.intp), self.starts)
        return counted

    def single_gaps(self, unknown: Truths) -> Truths:
        """What sums with one gap tell, one after the other: the quick part of `exposed`."""
        left = unknown.copy()
        while True:
            alone = (self.gaps(left) == 1)[self.owner] & left[self.places]
            if not alone.any():
                return unknown & ~left
            left[self.places[alone]] = False

    def exposed(self, unknown: Truths) -> Truths:
        """Which unknown nodes the sums determine; see the function of this name.

        A sum with an unknown that is in no other sum says nothing about the rest: it is laid aside, and looked at
        when the rest is known. Linear algebra is left for what remains.
        """
        told = self.single_gaps(unknown)
        open_places = (unknown & ~told)[self.places]
        active = np.ones(len(self.sums), dtype=bool)
        aside: list[Truths] = []
        while True:
            member = active[self.owner] & open_places
            private = member & (np.bincount(self.places[member], minlength=unknown.size)[self.places] == 1)
            if not private.any():
                break
            aside.append(private)
            active[self.owner[private]] = False
        core = np.flatnonzero(active)
        for nodes, matrix in systems([self.sums[int(one)] for one in core], unknown & ~told):
            told[nodes[np.diag(_freedom(matrix)) < TINY]] = True
        for private in reversed(aside):
            # The one unknown left of its sum is known as soon as the others are.
            left = self.gaps(unknown & ~told) == 1
            told[self.places[private & left[self.owner]]] = True
        return told

    def beside(
        self, threatened: Truths, hidden: Truths, open_rows: Truths, size: Floats, *, tightest: bool
    ) -> int | None:
        """What to hide next: in a sum with something threatened, a cell before a total, one that leaves
        few sums with itself as the only gap, the smallest; None if nothing is left to hide.

        `tightest` looks at the touched sum with the fewest gaps first.
        """
        gaps = self.gaps(hidden)
        touched = np.unique(self.owner[threatened[self.places]])
        lonely = np.bincount(self.places, (gaps == 0)[self.owner], minlength=hidden.size)
        # Where a sum has one gap, a gap more elsewhere does not help.
        alone = touched[gaps[touched] == 1]
        groups = [alone, touched]
        if tightest:
            groups = [np.array([one]) for one in touched[np.argsort(gaps[touched], kind="stable")]]
        for group in (*groups, np.arange(gaps.size)):
            candidates = np.unique(self.places[np.isin(self.owner, group)])
            candidates = candidates[open_rows[candidates]]
            if candidates.size:
                best = np.lexsort((size[candidates], lonely[candidates], self.is_total[candidates]))
                return int(candidates[best[0]])
        return None


Further = Callable[[Truths, Truths], Truths]


def protected(
    sums: Sequence[Sum],
    hidden: Truths,
    *,
    known: Truths,
    rows: Truths,
    size: Floats,
    also: Truths | None = None,
    further: Further | None = None,
    roomy: Floats | None = None,
) -> Truths:
    """What must be hidden so that nothing hidden can be worked out.

    Parameters
    ----------
    hidden : (nodes,) hidden for their own sake.
    known : (nodes,) what a reader knows if it is not hidden; other nodes are totals he has to work out.
    rows : (nodes,) the table has a row for it, with records, which can be hidden.
    size : (nodes,) records; small cells are hidden first, totals when no cell is left.
    also : (nodes,) hidden beside them for other reasons: it stays hidden, and may be worked out.
    further : given what is hidden, and which of it is asked about, the nodes that a reader can work out
        because he knows between which ends a hidden number lies.
    roomy : (nodes,) as `size`, where `further` asks for more: a count just over the small ones is
        known too well to hide anything.

    >>> table = [Sum(3, (0, 1, 2))]
    >>> every = np.ones(4, dtype=bool)
    >>> small = np.array([True, False, False, False])
    >>> protected(table, small, known=every, rows=every, size=np.array([3.0, 60.0, 40.0, 103.0])).tolist()
    [True, False, True, False]
    """
    lines = Lines.of(sums, hidden.size)
    fixed = hidden if also is None else hidden | also
    result = _widened(lines, hidden, fixed, known, rows, size, further, roomy)
    return _narrowed(lines, hidden, fixed, result, known, size, further)


def _widened(
    lines: Lines,
    hidden: Truths,
    fixed: Truths,
    known: Truths,
    rows: Truths,
    size: Floats,
    further: Further | None,
    roomy: Floats | None,
) -> Truths:
    """The hidden nodes and so many others that nothing hidden is told any more."""
    result = fixed.copy()
    # Whoever has two possible values keeps them when more is hidden: he is asked once.
    asked = hidden.copy()
    while True:
        unknown = result | ~known
        told = lines.single_gaps(unknown)
        if not (told & hidden).any():
            told = lines.exposed(unknown)
        useless, tightest = told & result & ~fixed, not (told & hidden).any()
        if tightest and further is not None:
            told = asked = further(result, asked)
        if not (told & hidden).any():
            # What was hidden beside and is told all the same hides nothing: it may as well be shown.
            return result & ~useless
        order = roomy if tightest and roomy is not None else size
        # A gap that was opened in vain is widened first.
        threatened = (told & hidden) | useless
        while threatened.any():
            more = lines.beside(threatened, result | ~known, rows & ~result, order, tightest=tightest)
            if more is None:
                return result
            result[more] = True
            if tightest:
                break
            reached = np.isin(lines.owner, lines.owner[lines.places == more])
            threatened[lines.places[reached]] = False
            threatened[more] = False


def _narrowed(
    lines: Lines,
    hidden: Truths,
    fixed: Truths,
    result: Truths,
    known: Truths,
    size: Floats,
    further: Further | None,
) -> Truths:
    """What is hidden without those that hide nothing, the largest first.

    An unknown that is shown takes one direction from those in which the unknowns of its system may move: the
    projection on them changes by a product of two vectors, and need not be made anew.
    """
    narrowed = result.copy()
    for nodes, matrix in systems(lines.sums, result | ~known):
        added = np.flatnonzero((result & ~fixed)[nodes])
        if not added.size or len(nodes) > MOST_NARROWED:
            continue
        freedom = _freedom(matrix)
        at_risk = hidden[nodes] & (np.diag(freedom) > TINY)
        asked = np.zeros_like(hidden)
        asked[nodes] = hidden[nodes]
        for place in added[np.argsort(-size[nodes[added]], kind="stable")]:
            taken = freedom[place] / np.sqrt(max(freedom[place, place], TINY))
            if (np.diag(freedom)[at_risk] - taken[at_risk] ** 2 < TINY).any():
                continue
            narrowed[nodes[place]] = False
            if further is not None and (further(narrowed, asked) & hidden).any():
                narrowed[nodes[place]] = True
                continue
            freedom -= np.outer(taken, taken)
    return narrowed
