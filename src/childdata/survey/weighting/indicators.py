"""Categories as columns of 0 and 1: what post-stratification and raking regress on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from childdata.survey.arrays import Codes
from childdata.survey.weighting.totals import Cells

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def indicators(margins: Sequence[Cells]) -> csr_array:
    """One column for each cell of each variable, array (n, cells); a record in no cell has zeros.

    >>> from childdata.survey.domains import Factor
    >>> sex = Factor("sex", np.array([1, 0]), ("f", "m"), ("f", "m"))
    >>> sex = Cells(("sex",), (sex,), sex.code, ((0,), (1,)))
    >>> indicators([sex]).toarray().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    from scipy.sparse import csr_array

    starts = np.concatenate(([0], np.cumsum([len(cells.keys) for cells in margins])))
    codes = np.column_stack([cells.code for cells in margins])
    inside = codes >= 0
    columns = (codes + starts[:-1])[inside]
    pointers = np.concatenate(([0], np.cumsum(inside.sum(axis=1))))
    return csr_array((np.ones(columns.size), columns, pointers), shape=(len(codes), int(starts[-1])))


def one_column_each(code: Codes, columns: int) -> csr_array:
    """A column of 0 and 1 for each code 0 .. columns - 1, array (n, columns); a code of -1 is a row of zeros.

    >>> one_column_each(np.array([1, -1]), 2).toarray().tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    from scipy.sparse import csr_array

    inside = code >= 0
    pointers = np.concatenate(([0], np.cumsum(inside)))
    return csr_array((np.ones(int(pointers[-1])), code[inside], pointers), shape=(code.size, columns))
