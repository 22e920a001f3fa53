"""Replicates of PSUs drawn again (the bootstrap), or set against their neighbours (successive differences).

Rao and Wu: of the n_h PSUs of a stratum n_h − 1 are drawn with replacement; a PSU that is drawn r times has factor
1 − λ + λ r n_h/(n_h − 1), λ = √(1 − f_h). Canty and Davison: n_h are drawn, with an fpc without replacement from the
population that copies of the sample make; the factor is r, and the scale makes up for n_h/(n_h − 1).

Successive differences: PSU i of the order has two rows a, b of a Hadamard matrix, the next PSU begins with b, the last
PSU of a stratum ends with the row of its first; the factor is 1 + √(1 − f_h) 2^(−3/2) (h_ar − h_br).

Source: Rao & Wu (1988), Journal of the American Statistical Association 83, 231-241; Rao, Wu & Yue (1992), Survey
Methodology 18, 209-217; Canty & Davison (1999), The Statistician 48, 379-391; Fay & Train (1995), Proceedings of the
ASA Section on Government Statistics, 154-159; Ash (2014), Survey Methodology 40, 47-59 (cycles of rows in steps).
"""

from __future__ import annotations

from itertools import count, cycle
from math import gcd

import numpy as np

from childdata.errors import DesignError
from childdata.survey.arrays import Codes, Floats
from childdata.survey.columns import Records
from childdata.survey.design import encode, refuse_missing
from childdata.survey.hadamard import available_order, hadamard
from childdata.survey.replicate_kinds import SDR, Bootstrap
from childdata.survey.resampled import Made, Sample

_BOOTSTRAPS, _SUCCESSIVE = 500, 80  # replicates where their number is not said
_AS_IF_INFINITE = 100  # a population of so many times the sample is drawn from with replacement, as in R


def bootstrap(sample: Sample, kind: Bootstrap) -> Made:
    """Factors of PSUs drawn again, from a seed.

    Raises
    ------
    DesignError without a seed.
    """
    if kind.seed is None:
        raise DesignError("Bootstrap draws at random; give it a seed, such as cd.Bootstrap(500, seed=1)")
    size = kind.replicates if isinstance(kind.replicates, int) else _BOOTSTRAPS
    chance = np.random.Generator(np.random.PCG64(kind.seed))
    factor = sample.ones(size)
    for stratum, first, last in sample.slices():
        n = last - first
        if kind.method == "rao-wu":
            root = np.sqrt(sample.stage.unsampled[stratum])
            factor[first:last] = 1 - root + root * n / (n - 1) * _drawn(chance, n, n - 1, size)
        else:
            population = sample.stage.population[stratum]
            whole = population > _AS_IF_INFINITE * n
            factor[first:last] = _drawn(chance, n, n, size) if whole else _copies(chance, n, round(population), size)
    scale = 1 / (size - 1)
    if kind.method == "canty-davison":
        mean = 1 / np.mean(1 / sample.stage.sampled[sample.resampled])
        scale *= float(mean / (mean - 1))
    return Made(factor, scale, np.ones(size))


def _drawn(chance: np.random.Generator, n: int, draws: int, size: int) -> Floats:
    """How often each of n units is drawn with replacement, array (n, size)."""
    unit = chance.integers(0, n, (size, draws), dtype=np.int64) + n * np.arange(size)[:, None]
    return np.bincount(unit.ravel(), minlength=n * size).reshape(size, n).T.astype(np.float64)


def _copies(chance: np.random.Generator, n: int, population: int, size: int) -> Floats:
    """How often each of n units is among n drawn without replacement from their copies, array (n, size)."""
    copies = np.resize(np.argsort(chance.random(n), kind="stable"), population)
    times = np.empty((n, size))
    for replicate in range(size):
        chosen = np.argpartition(chance.random(population), n - 1)[:n]
        times[:, replicate] = np.bincount(copies[chosen], minlength=n)
    return times


def successive_differences(sample: Sample, kind: SDR, records: Records | None) -> Made:
    """Factors by which each PSU is set against the next one of its stratum, in the order they were drawn.

    Raises
    ------
    DesignError if the order is missing for a record, or varies within a PSU.
    """
    size = available_order(max(kind.replicates if isinstance(kind.replicates, int) else _SUCCESSIVE, 4))
    factor = sample.ones(size)
    signs = hadamard(size)
    place = _order(sample, kind, records)
    slices = sample.slices()
    # the first row of the matrix is all ones: with it the replicates would not have the weight as their mean
    rows = 1 + row_cycles(sum(last - first for _, first, last in slices), size - 1)
    begin = 0
    for stratum, first, last in slices:
        units = first + np.argsort(place[first:last], kind="stable")
        own = rows[begin : begin + units.size]
        apart = signs[own].astype(np.float64) - signs[np.roll(own, -1)]
        factor[units] += np.sqrt(sample.stage.unsampled[stratum] / 8) * apart
        begin += units.size
    return Made(factor, 4 / size, np.ones(size))


def row_cycles(units: int, rows: int) -> Codes:
    """The row 0 .. rows − 1 of each of so many units: all rows in steps of 1, then of 2, of 3 ...

    Rows that are neighbours in one cycle are not so in the next, so that PSUs that share a row seldom share neighbours.

    >>> row_cycles(12, 5).tolist()
    [0, 1, 2, 3, 4, 1, 3, 0, 2, 4, 2, 3]
    """
    cycles: list[Codes] = []
    for start, step in zip(count(), cycle(range(1, max(rows // 2, 1) + 1)), strict=False):
        if len(cycles) * rows >= units:
            break
        loops = gcd(step, rows)
        walk = np.arange(rows // loops) * step
        cycles.append(np.concatenate([(start + loop + walk) % rows for loop in range(loops)]))
    return np.concatenate(cycles)[:units]


def _order(sample: Sample, kind: SDR, records: Records | None) -> Codes:
    """A number per PSU that puts it in order: the code of the user's value, else where it first stands in the data."""
    unit = sample.stage.unit
    first, last = np.full(sample.units, unit.size, dtype=np.intp), np.full(sample.units, -1, dtype=np.intp)
    if kind.order is None:
        if records is not None:
            records.one_by_one()  # the order of the data; at an engine they have none
        np.minimum.at(first, unit, np.arange(unit.size))
        return first
    if records is None:
        raise DesignError(f"SDR(order={kind.order!r}) wants the data; make it by survey.with_replicates(...)")
    codes, values = encode(records.evaluate({"order": kind.order}).frame["order"])
    refuse_missing(codes < 0, kind.order, "gives the order in which PSUs were drawn")
    first[:] = values.len()
    np.minimum.at(first, unit, codes)
    np.maximum.at(last, unit, codes)
    varied = int((first != last).sum())
    if varied:
        raise DesignError(
            f"{kind.order!r} takes several values in {varied} of {sample.units} PSUs; "
            "the order in which PSUs were drawn is one value for each of them"
        )
    return first
