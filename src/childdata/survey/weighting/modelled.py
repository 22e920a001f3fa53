"""The columns of a formula such as `~ region + age`, on the records that take part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Mask
from childdata.survey.columns import Records
from childdata.survey.regression.formula import read_formula
from childdata.survey.regression.predictors import evaluate_pieces, make_predictors
from childdata.survey.weighting.totals import refuse_missing

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def model_columns(records: Records, formula: str, counted: Mask, *, role: str) -> tuple[csr_array, tuple[str, ...]]:
    """The matrix of a one-sided formula, sparse (n, p), zero in records that do not count, and its columns' names.

    Text is taken as categories, numbers as numbers; `C(region)` makes categories of codes.

    Raises
    ------
    EstimationError for a value that is missing in a record that counts, a category of one level, an offset.
    ExpressionError for a formula that cannot be read; VariableError for a name that is not in the data.
    """
    from scipy.sparse import csr_array

    # a formula has a response elsewhere; here there is none
    read = read_formula(f"1 ~ {formula.strip().removeprefix('~')}")
    if read.offsets:
        raise EstimationError(f"a formula of auxiliaries has no offset; found one in {formula!r}")
    frame = records.evaluate({"1": 1} | {piece.rule.text: piece.rule for piece in read.pieces}).frame
    evaluated = evaluate_pieces(read, records, frame)
    for place, found in evaluated.items():
        refuse_missing(read.pieces[place].text, ~found.known & counted, role)
    predictors, made = make_predictors(read, evaluated, counted)
    matrix = np.zeros((counted.size, made.shape[1]))
    matrix[counted] = made
    return csr_array(matrix), predictors.names
