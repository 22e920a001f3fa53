"""Confidence intervals by the scale of a statistic, and the conventions of the programs people compare with.

An amount has the interval θ̂ ± t·se. A share has an interval that stays inside [0, 1]: by default the logit one.
Which degrees of freedom, which multiplier and which design effect a program uses is a `Convention`.

Source: Korn & Graubard (1998), Survey Methodology 24(2), 193-201 (beta); Wilson (1927), JASA 22, 209-212, with the
effective sample size of Korn & Graubard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from childdata.errors import EstimationError, nearest
from childdata.survey.arrays import Floats
from childdata.survey.variance import LonelyRule

ShareInterval = Literal["logit", "t", "wilson", "beta", "asin"]
ConventionName = Literal["childdata", "r", "stata", "spss", "mics", "dhs"]
DfRule = Literal["domain", "members", "strata", "design"]
ReplicateDfRule = Literal["survey", "members"]
LargestRule = Literal["step", "at"]
DeffRule = Literal["wr", "wor", "wor-sample"]


@dataclass(frozen=True, slots=True)
class Convention:
    """How one program turns a value and its covariance into what it prints.

    Attributes
    ----------
    df : `domain`, PSUs − strata among the records the row uses; `members`, among all records of the domain,
        known or not; `strata`, all PSUs of the strata that have a member; `design`, the whole design.
    multiplier : of the standard error of amounts: Student's t, the Normal's, or 2.
    share : interval of shares; `two` is ± 2 se cut at 0 and 1.
    deff : `wr`, against simple random sampling with replacement; `wor`, without; `wor-sample`, without, the domain
        being part of a random sample of all records.
    lonely : the rule on a stratum of one PSU where the survey names none.
    share_n : the n of the beta and Wilson intervals: records used, or all of the domain, known or not, whatever their
        weight.
    replicate_df : under replicate weights, those of the survey in all rows; or `members`, in each domain the rank of
        the replicate weights of all its records − 1.
    largest : what the standard error of a quantile that is the largest value of its domain is found by: the `step` of
        the distribution function below it, or the function `at` the value, where it is 1 in any sample: 0.
    """

    name: ConventionName
    df: DfRule
    multiplier: Literal["t", "normal", "two"]
    share: Literal["logit", "two"]
    deff: DeffRule
    lonely: LonelyRule
    share_n: Literal["used", "all"]
    replicate_df: ReplicateDfRule = "survey"
    largest: LargestRule = "step"


CONVENTIONS: dict[str, Convention] = {
    one.name: one
    for one in (
        Convention("childdata", "domain", "t", "logit", "wr", "fail", "used"),
        Convention("r", "members", "normal", "logit", "wor", "fail", "all", "members", "at"),
        Convention("stata", "strata", "t", "logit", "wor-sample", "fail", "used"),
        Convention("spss", "design", "t", "logit", "wor", "certainty", "used"),
        Convention("mics", "domain", "two", "two", "wr", "certainty", "used"),
        Convention("dhs", "domain", "two", "two", "wr", "certainty", "used"),
    )
}


def find_convention(name: str) -> Convention:
    """The convention of a name.

    Raises
    ------
    EstimationError with the nearest names.
    """
    if name not in CONVENTIONS:
        raise EstimationError(
            f"convention {name!r} is not known; choose one of {', '.join(CONVENTIONS)}{nearest(name, CONVENTIONS)}"
        )
    return CONVENTIONS[name]


def check_interval(interval: str) -> None:
    """Refuse an interval that is not known."""
    if interval != "auto" and interval not in get_args(ShareInterval):
        raise EstimationError(
            f"interval {interval!r} is not known; choose 'auto' or one of {', '.join(get_args(ShareInterval))}"
        )


def t_quantile(df: Floats, level: float) -> Floats:
    """The two-sided quantile of Student's t; unknown where df is not positive.

    >>> float(t_quantile(np.array([14.0]), 0.95)[0].round(6))
    2.144787
    """
    from scipy.special import ndtri, stdtrit

    upper = (1 + level) / 2
    df = np.asarray(df, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        result: Floats = np.where(np.isinf(df), ndtri(upper), stdtrit(np.where(df > 0, df, np.nan), upper))
    return result


def multiplier(convention: Convention, df: Floats, level: float) -> Floats:
    """What the standard error of an amount is multiplied by, for each row."""
    if convention.multiplier == "two":
        return np.full(df.shape, 2.0)
    return t_quantile(np.full(df.shape, np.inf) if convention.multiplier == "normal" else df, level)


def proportion_interval(
    method: str, p: Floats, se: Floats, *, df: Floats, n: Floats, level: float, clip: bool = True
) -> tuple[Floats, Floats]:
    """The interval of a proportion.

    Parameters
    ----------
    method : `logit`, `t`, `wilson`, `beta` (Korn-Graubard) or `asin`.
    p, se : arrays (rows,); the proportion and its design-based standard error.
    df, n : arrays (rows,); degrees of freedom, and unweighted records.
    level : of confidence.
    clip : cut the `t` interval at 0 and 1.

    Returns
    -------
    Lower and upper limits. With no standard error to go by (p = 0 or 1) `beta` and `wilson` take the effective
    sample size as n, and `logit` and `asin` have no interval (NaN).
    """
    t = t_quantile(df, level)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if method == "t":
            low, high = p - t * se, p + t * se
            return (np.maximum(low, 0), np.minimum(high, 1)) if clip else (low, high)
        if method == "logit":
            centre, half = np.log(p / (1 - p)), t * se / (p * (1 - p))
            return 1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))
        if method == "asin":
            centre, half = np.arcsin(np.sqrt(p)), t * se / (2 * np.sqrt(p * (1 - p)))
            low, high = np.maximum(centre - half, 0), np.minimum(centre + half, np.pi / 2)
            return np.sin(low) ** 2, np.sin(high) ** 2
        effective = _effective_size(p, se, df, n, level)
        if method == "beta":
            return _beta(p, effective, level)
        return _wilson(p, effective, level)


def _effective_size(p: Floats, se: Floats, df: Floats, n: Floats, level: float) -> Floats:
    """n* = p(1 − p)/V · (t_{n−1} / t_df)²; n · (t_{n−1} / t_df)² where V is 0 because p is 0 or 1."""
    shrink = (t_quantile(np.maximum(n - 1, 0), level) / t_quantile(df, level)) ** 2
    extreme = (p <= 0) | (p >= 1)
    result: Floats = np.where(extreme, n, p * (1 - p) / se**2) * shrink
    return result


def _beta(p: Floats, size: Floats, level: float) -> tuple[Floats, Floats]:
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    hits, misses = size * np.clip(p, 0, 1), size * (1 - np.clip(p, 0, 1))
    low = np.where(p <= 0, 0.0, betaincinv(np.maximum(hits, 1e-300), misses + 1, tail))
    high = np.where(p >= 1, 1.0, betaincinv(hits + 1, np.maximum(misses, 1e-300), 1 - tail))
    unknown = ~np.isfinite(size)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def _wilson(p: Floats, size: Floats, level: float) -> tuple[Floats, Floats]:
    z = t_quantile(np.full(p.shape, np.inf), level)
    centre = (p + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def interval_of(
    scale: str, interval: str, convention: Convention, value: Floats, se: Floats, *, df: Floats, n: Floats, level: float
) -> tuple[Floats, Floats]:
    """The interval of rows of one scale under a convention.

    `auto` is the convention's own: for shares the logit interval (`beta` at p = 0 and p = 1, where the logit has
    none), or ± 2 se cut at 0 and 1; for everything else value ± multiplier × se.
    """
    half = multiplier(convention, df, level) * se
    if scale != "share":
        return value - half, value + half
    if interval == "auto" and convention.share == "two":
        return np.clip(value - half, 0, 1), np.clip(value + half, 0, 1)
    if interval != "auto":
        return proportion_interval(interval, value, se, df=df, n=n, level=level)
    low, high = proportion_interval("logit", value, se, df=df, n=n, level=level)
    extreme = (value <= 0) | (value >= 1)
    if extreme.any():
        exact = proportion_interval("beta", value, se, df=df, n=n, level=level)
        low, high = np.where(extreme, exact[0], low), np.where(extreme, exact[1], high)
    return low, high
