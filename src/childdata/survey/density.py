"""How dense records lie at a point: what a quantile's and a poverty rate's variance need.

f̂(t) = Σ w φ((t − y)/b) / (b N), a Gaussian kernel; b = σ̂ · size^(−1/5), σ̂ with the divisor N = Σ w, both of the row's
own records. `size` is Kish's effective number of records, (Σ w)²/Σ w², which does not depend on the scale of the
weights; `convey` takes Σ w, as the R package does. A number is the bandwidth itself.

σ̂ of incomes is that of a few large ones, and its bandwidth too wide where the others lie close together. `silverman`
takes 0.9 min(σ̂, R/1.34) for σ̂, R the range between the quartiles (σ̂ alone where both are one value).

Source: Deville (1999), section 5; Silverman (1986), Density Estimation, section 3.4.2, eq. 3.31; for what wide
bandwidths do to these measures, Graf & Tillé (2014), Survey Methodology 40(1), 61-79.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats, Mask
from childdata.survey.sample import TIE, Sample, running

Bandwidth = Literal["kish", "silverman", "convey"] | float


def density(sample: Sample, point: Floats, bandwidth: Bandwidth) -> Floats:
    """The density at one point in each row, array (rows,).

    Where all values are one it is unknown at that value, and 0 elsewhere.
    """
    size = sample.by_row(sample.weight)
    kernel, width = _kernel(sample, point, bandwidth)
    near = sample.by_row(sample.weight * kernel)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(width > 0, near / (width * size), np.where((near == 0) & (size > 0), 0.0, np.nan))


def kernel_mean(sample: Sample, x: Floats, point: Floats, bandwidth: Bandwidth) -> Floats:
    """The mean of x near a point, weighted by the kernel, in each row, array (rows,); unknown where nothing is near."""
    kernel, _ = _kernel(sample, point, bandwidth)
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = sample.by_row(sample.weight * kernel * x) / sample.by_row(sample.weight * kernel)
    return result


def _kernel(sample: Sample, point: Floats, bandwidth: Bandwidth) -> tuple[Floats, Floats]:
    """φ((t − y)/b) of each record, array (m,), and b of each row.

    Where all values of a row are one, b is 0, and in the place of φ stands whether they are that at the point.
    """
    weight, y, row = sample.weight, sample.y, sample.row
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if isinstance(bandwidth, str):
            size = sample.by_row(weight)
            mean = sample.by_row(weight * y) / size
            sigma = np.sqrt(sample.by_row(weight * (y - mean[row]) ** 2) / size)
            if bandwidth == "silverman":
                sigma = 0.9 * _least(sigma, _quartile_range(sample) / 1.34)
            count = size if bandwidth == "convey" else size**2 / sample.by_row(sample.squares)
            width = np.where(_is_one_value(sample), 0.0, sigma * count**-0.2)
        else:
            width = np.full(sample.rows, float(bandwidth))
        kernel: Floats = np.exp(-0.5 * ((point[row] - y) / width[row]) ** 2) / np.sqrt(2 * np.pi)
        at_point = np.abs(point[row] - y) <= TIE * np.abs(y)
    return np.where(width[row] > 0, kernel, at_point), width


def _is_one_value(sample: Sample) -> Mask:
    """Rows whose values are all one, but for rounding; array (rows,)."""
    result = np.zeros(sample.rows, dtype=bool)
    there = np.flatnonzero(np.diff(sample.start))
    lowest, highest = sample.y[sample.start[there]], sample.y[sample.start[there + 1] - 1]
    result[there] = highest - lowest <= TIE * np.maximum(np.abs(lowest), np.abs(highest))
    return result


def _least(sigma: Floats, other: Floats) -> Floats:
    return np.where(other > 0, np.minimum(sigma, other), sigma)


def _quartile_range(sample: Sample) -> Floats:
    """The distance between the quartiles of each row, array (rows,); 0 in a row without records."""
    cumulative = running(sample.weight, sample.start)
    found = np.zeros(sample.rows)
    for row, (first, last) in enumerate(pairwise(sample.start.tolist())):
        if last > first:
            inside = cumulative[first:last]
            lower, upper = np.searchsorted(inside, np.array([0.25, 0.75]) * inside[-1])
            found[row] = sample.y[first + upper] - sample.y[first + lower]
    return found


def check_bandwidth(bandwidth: Bandwidth) -> None:
    """Refuse what is no bandwidth.

    Raises
    ------
    EstimationError

    >>> check_bandwidth("kish")
    """
    if isinstance(bandwidth, str):
        if bandwidth in ("kish", "silverman", "convey"):
            return
    elif 0 < bandwidth < np.inf:
        return
    raise EstimationError(
        f"bandwidth is 'kish', 'silverman', 'convey' or a positive number in the unit of the variable; "
        f"found {bandwidth!r}"
    )
