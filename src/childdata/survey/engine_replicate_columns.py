"""Replicate weights in columns of an engine's frame: checked from counts, and laid as columns for the sums of a call.

Under R replicates each sum of a call is made R times more, by the weights of each; no sampling unit is needed. Degrees
of freedom are the rank of the weights less one, as in memory: from the R(R + 1)/2 sums of their products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from childdata.errors import DesignError
from childdata.survey.arrays import Floats
from childdata.survey.engine_records import REPLICATE, WEIGHT, EngineRecords, fetched, grouped_sums
from childdata.survey.replicate_columns import (
    as_given,
    compare,
    given_scales,
    refuse_blank,
    refuse_empty,
    refuse_endless,
    refuse_negative,
    refuse_text,
)
from childdata.survey.replicate_kinds import ReplicateKind, check_kind
from childdata.survey.replicates import Replicates, rank_of_products
from childdata.words import word

RANK_MOST = 100  # replicates whose products are summed; beyond, the agency's degrees of freedom are asked for
_STEP = 400  # products in one pass


def engine_replicates(records: EngineRecords, kind: ReplicateKind) -> tuple[EngineRecords, Replicates]:
    """The replicate weights of a survey at an engine, and its records with them as columns.

    Parameters
    ----------
    records : whose design is declared.

    Raises
    ------
    As `given_replicates`; DesignError for more than 100 columns without `df`.
    """
    check_kind(kind)
    names = kind.columns(records.names, place=records.place)
    if len(names) > RANK_MOST and kind.df is None:
        raise DesignError(
            f"the degrees of freedom of {len(names)} replicate weights are their rank less one, which an engine finds "
            f"of {RANK_MOST} at most; say what the agency gives: cd.{kind.name}(..., df=...)"
        )
    scale, rscales = given_scales(kind, names)
    refuse_text([name for name in names if not records.schema[name].is_numeric()], records.place)
    factors = kind.combined == "factors"
    notes = _checked(records, names, kind)
    columns = [nw.col(name).cast(nw.Float64) for name in names]
    kept = [nw.when(one.is_finite()).then(one).otherwise(nw.lit(0.0)) for one in columns]
    weights = [one * nw.col(WEIGHT) if factors else one for one in kept]
    frame = records.frame.with_columns(*(one.alias(f"{REPLICATE}{r}") for r, one in enumerate(weights)))
    made = replace(records, frame=frame, replicates=len(names))
    df = kind.df if kind.df is not None else rank_of_products(_products(frame, len(names))) - 1
    entries = 1 if records.units is None else records.units.frame.height
    nothing = np.zeros(entries, dtype=np.intp), np.ones(entries), np.ones((1, len(names)))
    return made, as_given(kind, *nothing, (scale, rscales), df, notes)


def _checked(records: EngineRecords, names: Sequence[str], kind: ReplicateKind) -> tuple[str, ...]:
    """Refuse what cannot be a weight, and tell what was decided."""
    one, zero, weight = nw.lit(1.0), nw.lit(0.0), nw.col(WEIGHT)
    sums: dict[str, nw.Expr] = {}
    blanks, beyond = nw.lit(False), nw.lit(False)
    for r, name in enumerate(names):
        column = nw.col(name).cast(nw.Float64)
        known = ~column.is_null() & column.is_finite().fill_null(False)
        endless = ~column.is_null() & (column.abs() == float("inf")).fill_null(False)
        value = nw.when(known).then(column).otherwise(zero)
        blanks = blanks | (~known & ~endless)
        beyond = beyond | (value != 0)
        sums |= {
            f"blank {r}": nw.when(~known & ~endless).then(one).otherwise(zero),
            f"endless {r}": nw.when(endless).then(one).otherwise(zero),
            f"negative {r}": nw.when(value < 0).then(one).otherwise(zero),
            f"any {r}": nw.when(value != 0).then(one).otherwise(zero),
            f"sum {r}": value,
        }
    sums["rows"] = nw.when(blanks).then(one).otherwise(zero)
    sums["beyond"] = nw.when(beyond & (weight == 0)).then(one).otherwise(zero)
    sums |= {"records": one, "weight": weight}
    found = _totals(records.frame, sums)

    def by_column(what: str) -> Floats:
        return np.array([found[f"{what} {r}"] for r in range(len(names))])

    count = int(found["records"])
    blank, endless_in, negative = by_column("blank"), by_column("endless"), by_column("negative")
    broken = np.flatnonzero(blank + endless_in)
    refuse_endless(int(endless_in.sum()), broken, names)
    refuse_blank(int(blank.sum()), (int(found["rows"]), count), broken, names, kind)
    refuse_negative(int(negative.sum()), np.flatnonzero(negative), names, kind)
    refuse_empty(by_column("any") > 0, names, count)
    compare(float(by_column("sum").sum()) / (count * len(names)), found["weight"] / count, kind)
    notes = [word("told.replicate_blanks", count=int(blank.sum()), columns=broken.size)] if blank.any() else []
    if kind.combined != "factors" and found["beyond"]:
        notes.append(word("told.replicates_beyond", count=int(found["beyond"])))
    return tuple(notes)


def _totals(frame: nw.LazyFrame[Any], sums: dict[str, nw.Expr]) -> dict[str, float]:
    """Sums over all records, so many at a time as an engine plans quickly."""
    totals: dict[str, float] = {}
    names = list(sums)
    for first in range(0, len(names), _STEP):
        chosen = names[first : first + _STEP]
        laid = frame.with_columns(*(sums[name].alias(f"childdata {name}") for name in chosen))
        row = fetched(laid.select(*(nw.col(f"childdata {name}").sum().alias(name) for name in chosen)))
        totals |= {name: float(row.with_columns(pl.all().cast(pl.Float64))[name][0] or 0.0) for name in chosen}
    return totals


def _products(frame: nw.LazyFrame[Any], size: int) -> Floats:
    """The sums of products of the replicate weights, array (R, R)."""
    found = _totals(frame, _named_products(size))
    return _square(np.array(list(found.values())), size)


def products_by(frame: nw.LazyFrame[Any], keys: Sequence[str], size: int) -> tuple[pl.DataFrame, Floats]:
    """The sums of products of the replicate weights by keys.

    Returns
    -------
    The observed combinations of the keys, and an array (combinations, R (R + 1) / 2) for `df_of_products`.

    Raises
    ------
    DesignError for more replicates than their products can be summed for.
    """
    if size > RANK_MOST:
        raise DesignError(
            "under convention 'r' a domain has the rank of its replicate weights less one as degrees of freedom, which "
            f"an engine finds of {RANK_MOST} at most; there are {size}: say df=, or fetch the records"
        )
    named = _named_products(size)
    names, parts = list(named), []
    for first in range(0, len(names), _STEP):
        chosen = {f"childdata {name}": named[name] for name in names[first : first + _STEP]}
        found = grouped_sums(frame, keys, chosen)
        parts.append(found.select(pl.col(list(chosen)).fill_null(0.0)).to_numpy())
    return found.select(list(keys)), np.hstack(parts)


def df_of_products(products: Floats, size: int) -> float:
    """The rank of replicate weights less one, from the sums of their products."""
    return float(rank_of_products(_square(products, size)) - 1)


def _named_products(size: int) -> dict[str, nw.Expr]:
    column = [nw.col(f"{REPLICATE}{r}") for r in range(size)]
    return {f"{r} {s}": column[r] * column[s] for r in range(size) for s in range(r + 1)}


def _square(products: Floats, size: int) -> Floats:
    made = np.zeros((size, size))
    made[np.tril_indices(size)] = products
    square: Floats = made + made.T - np.diag(np.diagonal(made))
    return square
