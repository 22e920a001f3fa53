"""Replicate weights that an agency gives as columns of the data: read, checked, and brought into one form.

A replicate weight is whole (R's `combined.weights=TRUE`), or a factor that multiplies the sampling weight. Nothing is
repaired silently: blanks and negative weights are refused unless the user names what they stand for, and counted.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from childdata.errors import ChilddataWarning, DesignError
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.column_names import columns_named
from childdata.survey.columns import Records
from childdata.survey.replicate_kinds import ReplicateKind, check_kind
from childdata.survey.replicates import Replicates, rank
from childdata.words import word


def given_replicates(records: Records, weight: Floats, kind: ReplicateKind) -> Replicates:
    """The replicate weights that stand in columns of the data.

    Parameters
    ----------
    records : the data.
    weight : array (n,); the full-sample weight.
    kind : with the columns named.

    Returns
    -------
    Replicates with a row of factors per record.

    Raises
    ------
    VariableError if a column is not there; DesignError if one holds text, blanks, infinite or negative weights or
    nothing but zeros, if there are not as many rscales as columns, or JKn has none.

    >>> import childdata as cd
    >>> from childdata.survey.replicate_kinds import Fay
    >>> data = {"w": [2.0, 2.0], "w1": [3.0, 1.0], "w2": [1.0, 3.0]}
    >>> found = given_replicates(cd.Survey(data).records, np.array([2.0, 2.0]), Fay("w1..w2", rho=0.5))
    >>> found.weights().tolist(), found.scale
    ([[3.0, 1.0], [1.0, 3.0]], 2.0)
    """
    check_kind(kind)
    names = kind.columns(records.names, place=records.place)
    scale, rscales = given_scales(kind, names)
    matrix = _numbers(records, names)
    matrix, notes = _blanks(matrix, names, kind)
    _refuse_negative(matrix, names, kind)
    refuse_empty(np.asarray(matrix.any(axis=0)), names, len(matrix))
    factors = kind.combined == "factors"
    compare(float(matrix.mean()), float(weight.mean()), kind)
    beyond = 0 if factors else int(matrix[weight == 0].any(axis=1).sum())
    if beyond:
        notes = (*notes, word("told.replicates_beyond", count=beyond))
    base = weight if factors else np.ones(len(matrix))
    df = kind.df if kind.df is not None else rank(matrix * base[:, None] if factors else matrix) - 1
    return as_given(kind, np.arange(len(matrix)), base, matrix, (scale, rscales), df, notes)


def as_given(
    kind: ReplicateKind,
    unit: Codes,
    base: Floats,
    factor: Floats,
    scales: tuple[float, Floats],
    df: float,
    notes: tuple[str, ...],
) -> Replicates:
    """Replicate weights that came with the data, as their kind says; see `Replicates`."""
    return Replicates(
        kind=kind.word,
        unit=unit,
        base=base,
        factor=factor,
        scale=scales[0],
        rscales=scales[1],
        mse=kind.centred_on(made=False) == "estimate",
        degrees_of_freedom=float(df),
        notes=notes,
        given=True,
    )


def given_scales(kind: ReplicateKind, columns: Sequence[str]) -> tuple[float, Floats]:
    """Scale and rscales of weights that are given, as the user says or by the kind; the latter an array (R,).

    Raises
    ------
    DesignError if there are not as many rscales as columns, one is negative, or the kind has no default.

    >>> from childdata.survey.replicate_kinds import JKn
    >>> given_scales(JKn("jk1..jk3", rscales={"jk1..jk2": 1 / 2, "jk3": 2 / 3}), ["jk1", "jk2", "jk3"])
    (1.0, array([0.5       , 0.5       , 0.66666667]))
    """
    size = len(columns)
    scale = kind.default_scale(size) if kind.scale is None else kind.scale
    if kind.rscales is None:
        return scale, kind.default_rscales(size)
    if isinstance(kind.rscales, Mapping):
        return scale, _valid(_mapped(kind, kind.rscales, columns), kind)
    found = np.asarray(kind.rscales, dtype=np.float64)
    if found.ndim and found.shape != (size,):
        raise DesignError(
            f"rscales of {kind.name} has {found.size} numbers for {size} replicates; "
            "give one number, or one per column in their order"
        )
    return scale, _valid(np.broadcast_to(found, (size,)).copy(), kind)


def _valid(rscales: Floats, kind: ReplicateKind) -> Floats:
    if not (np.isfinite(rscales) & (rscales >= 0)).all() or not rscales.any():
        raise DesignError(f"rscales of {kind.name} are numbers of zero or above, not all zero")
    return rscales


def _mapped(kind: ReplicateKind, rscales: Mapping[str, float], columns: Sequence[str]) -> Floats:
    values = np.full(len(columns), np.nan)
    place = {name: k for k, name in enumerate(columns)}
    for words, value in rscales.items():
        values[[place[name] for name in columns_named(words, columns, place="the replicate weights")]] = value
    without = [name for name, value in zip(columns, values, strict=True) if np.isnan(value)]
    if without:
        raise DesignError(
            f"rscales of {kind.name} names {len(columns) - len(without)} of {len(columns)} replicates; "
            f"the first without one is {without[0]!r}"
        )
    return values


def _numbers(records: Records, names: Sequence[str]) -> Floats:
    """The columns as numbers, array (n, R), NaN where missing."""
    frame = records.columns(names)
    refuse_text([name for name in names if not frame[name].dtype.is_numeric()], records.place)
    return frame.select(pl.col(names).cast(pl.Float64)).to_numpy()


def _blanks(matrix: Floats, names: Sequence[str], kind: ReplicateKind) -> tuple[Floats, tuple[str, ...]]:
    """The matrix without blanks, and a note where they were taken as zero."""
    # a sum is unknown where one of its parts is: no mask of all weights is made for nothing
    touched = np.flatnonzero(~np.isfinite(matrix.sum(axis=0)))
    if not touched.size:
        return matrix, ()
    blank = ~np.isfinite(matrix[:, touched])
    refuse_endless(int(np.isinf(matrix[:, touched]).sum()), touched, names)
    count = int(blank.sum())
    refuse_blank(count, (int(blank.any(axis=1).sum()), len(matrix)), touched, names, kind)
    filled = matrix.copy(order="K")
    filled[:, touched] = np.where(blank, 0.0, matrix[:, touched])
    return filled, (word("told.replicate_blanks", count=count, columns=touched.size),)


def _refuse_negative(matrix: Floats, names: Sequence[str], kind: ReplicateKind) -> None:
    if kind.negative == "keep":
        return
    touched = np.flatnonzero(matrix.min(axis=0) < 0)
    refuse_negative(int((matrix[:, touched] < 0).sum()), touched, names, kind)


# What is refused is told from counts, which are made of arrays here and by an engine elsewhere.


def refuse_text(text: Sequence[str], place: str) -> None:
    """An error for columns that hold no numbers."""
    if text:
        raise DesignError(
            f"replicate weight {text[0]!r} in {place} holds no numbers"
            + (f", and so do {len(text) - 1} others" if len(text) > 1 else "")
            + "; is it the right variable, or was it read as text?"
        )


def refuse_endless(count: int, touched: Codes, names: Sequence[str]) -> None:
    """An error for infinite weights: how many, and the places of the columns that hold them."""
    if count:
        raise DesignError(
            f"replicate weights are infinite in {count} places, in {touched.size} of {len(names)} columns (first "
            f"{names[touched[0]]!r}); a weight counts population units: correct them where they were made"
        )


def refuse_blank(
    count: int, records: tuple[int, int], touched: Codes, names: Sequence[str], kind: ReplicateKind
) -> None:
    """An error for blanks, unless they stand for zero; `records`: those with a blank, and all."""
    if count and kind.blank == "refuse":
        raise DesignError(
            f"replicate weights are missing in {count} places, in {records[0]} of {records[1]} "
            f"records and {touched.size} of {len(names)} columns (first {names[touched[0]]!r}); if a blank means "
            f"zero in this file, say cd.{kind.name}(..., blank='zero'), else drop these records first"
        )


def refuse_negative(count: int, touched: Codes, names: Sequence[str], kind: ReplicateKind) -> None:
    """An error for negative weights, unless the agency's method makes them."""
    if count and kind.negative == "refuse":
        raise DesignError(
            f"replicate weights are negative in {count} places, in {touched.size} of "
            f"{len(names)} columns (first {names[touched[0]]!r}); if the agency's method makes such weights (the ACS), "
            f"say cd.{kind.name}(..., negative='keep')"
        )


def refuse_empty(any_weight: Mask, names: Sequence[str], records: int) -> None:
    """An error for replicates that give no record a weight; array (R,), whether one does."""
    empty = np.flatnonzero(~any_weight)
    if empty.size:
        raise DesignError(
            f"replicate weight {names[empty[0]]!r} is zero in all {records} records"
            + (f", and so are {empty.size - 1} others" if empty.size > 1 else "")
            + "; is it the right variable?"
        )


def compare(replicate: float, full: float, kind: ReplicateKind) -> None:
    """Warn where whole weights look like factors, or the other way round, by R's rule on the two means."""
    if replicate <= 0 or full <= 0:
        return
    if kind.combined == "weights" and replicate < 5 < full / replicate:
        found, other = "factors", "combined='factors'"
    elif kind.combined == "factors" and replicate > 5 and full / replicate < 5:
        found, other = "whole weights", "combined='weights'"
    else:
        return
    warnings.warn(
        f"by their size the replicate weights look like {found}; if they are, say cd.{kind.name}(..., {other})",
        ChilddataWarning,
        stacklevel=3,
    )
