"""Many differences at once: which of them hold, if each of a family is allowed to be the lucky one?

Adjusted p-values control the chance of any false rejection (`bonferroni`, `holm`, `hochberg`, `sidak`, `sup-t`) or the
share of false ones among the rejections (`bh`, `by`). Simultaneous bands θ̂_i ± c · se_i cover all values of the
family, or a whole curve, with the given probability; c is

    bonferroni   t_df(1 − α/2m)
    sup-t        the 1 − α quantile of max_i |T_i|, T the multivariate t with the rows' correlations and the design's df
    scheffe      √(r · df / (df − r + 1) · F(1 − α; r, df − r + 1)), r the rank of the covariance: of any combination

Source: Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70; Benjamini & Hochberg (1995), JRSS B 57(1), 289-300;
Hothorn, Bretz & Westfall (2008), Biometrical Journal 50(3), 346-363; Montiel Olea & Plagborg-Møller (2019), Journal of
Applied Econometrics 34(1), 1-17.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal, TypeVar, get_args

import numpy as np
import pandas as pd

from childdata.errors import EstimationError, nearest
from childdata.survey.arrays import Floats, Mask
from childdata.survey.intervals import t_quantile
from childdata.survey.labelled import Labelled
from childdata.survey.tests import t_test
from childdata.vocabulary import MISSING, TOTAL
from childdata.words import word

Adjustment = Literal["bonferroni", "holm", "hochberg", "sidak", "bh", "by", "sup-t"]
Band = Literal["sup-t", "bonferroni", "scheffe"]
# The names of statsmodels.
_STATSMODELS: Mapping[str, str] = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "sidak": "sidak",
    "bh": "fdr_bh",
    "by": "fdr_by",
}
DRAWS = 200_000
_AT_ONCE = 4_000_000  # cells of the draws that are made at one time: 32 MB

Made = TypeVar("Made", bound=Labelled)


@dataclass(frozen=True, slots=True)
class Family:
    """The rows that are judged together.

    Attributes
    ----------
    inside : array (rows,); rows with a standard error above zero.
    correlation : array (m, m) of those rows.
    df : the least of theirs.
    """

    inside: Mask
    correlation: Floats
    df: float

    @classmethod
    def of(cls, estimates: Labelled) -> Family:
        """The rows of estimates that have a standard error, and how they are correlated.

        Raises
        ------
        EstimationError if there is none, or no degree of freedom.
        """
        se, df = (estimates.frame[name].to_numpy(dtype=float) for name in ("se", "df"))
        inside = (se > 0) & (df > 0)
        if not inside.any():
            raise EstimationError(
                "no row has a standard error and degrees of freedom, so that there is no family to judge"
            )
        covariance = estimates.spread.take(estimates.rows[inside]).covariance()
        size = np.sqrt(np.diagonal(covariance))
        return cls(inside, covariance / np.outer(size, size), float(df[inside].min()))

    @property
    def size(self) -> int:
        """m, the number of rows."""
        return int(self.inside.sum())

    def largest(self, draws: int, seed: int) -> Floats:
        """Draws of max_i |T_i|, array (draws,), the same for the same seed."""
        values, vectors = np.linalg.eigh((self.correlation + self.correlation.T) / 2)
        kept = values > 1e-12 * values[-1]
        root = vectors[:, kept] * np.sqrt(values[kept])
        chance = np.random.default_rng(seed)
        found = np.empty(draws)
        step = max(1, _AT_ONCE // max(root.shape))
        for first in range(0, draws, step):
            size = min(step, draws - first)
            normal = chance.standard_normal((size, root.shape[1])) @ root.T
            scale = np.sqrt(chance.chisquare(self.df, size) / self.df) if np.isfinite(self.df) else np.ones(size)
            found[first : first + size] = np.abs(normal).max(axis=1) / scale
        return found

    @property
    def rank(self) -> int:
        """The number of rows that are no combination of others."""
        return int(np.linalg.matrix_rank(self.correlation, hermitian=True, tol=1e-9 * self.size))


def adjust(estimates: Labelled, method: Adjustment, *, value: float, seed: int, draws: int) -> pd.DataFrame:
    """The tests of all rows with adjusted p; see `Estimates.adjust`."""
    _check("method", method, get_args(Adjustment))
    labels = ["statistic", "item", *estimates.by]
    estimate, se, df = (estimates.frame[name].to_numpy(dtype=float) for name in ("estimate", "se", "df"))
    t, p = t_test(estimate, se, df, value)
    known = np.isfinite(p)
    adjusted = np.full(p.size, np.nan)
    if not known.any():
        raise EstimationError("no row has a standard error, so that there is nothing to test")
    if method == "sup-t":
        family = Family.of(estimates)
        adjusted[family.inside] = _single_step(family, np.abs(t[family.inside]), draws, seed)
    else:
        from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]

        adjusted[known] = multipletests(p[known], method=_STATSMODELS[method])[1]
    return estimates.frame[[*labels, "estimate", "se"]].assign(t=t, df=df, p=p, p_adjusted=adjusted)


def _single_step(family: Family, t: Floats, draws: int, seed: int) -> Floats:
    """The chance that any of the family is as far out as each row is."""
    from scipy.special import stdtr

    alone: Floats = np.asarray(2 * stdtr(family.df, -t), dtype=np.float64)
    if family.rank == 1:
        return alone
    largest = np.sort(family.largest(draws, seed))
    share = 1 - np.searchsorted(largest, t, side="left") / draws
    # no draw can make a family safer than its member, nor worse than Bonferroni
    return np.clip(share, alone, np.minimum(family.size * alone, 1.0))


def critical_value(family: Family, method: Band, *, level: float, seed: int, draws: int) -> float:
    """What standard errors are multiplied by, so that all intervals of a family hold together.

    >>> one = Family(np.array([True, True]), np.ones((2, 2)), 10.0)
    >>> round(critical_value(one, "sup-t", level=0.95, seed=1, draws=1000), 6)
    2.228139
    """
    from scipy.stats import f as f_distribution

    df, rank = np.array(family.df), family.rank
    if method == "bonferroni":
        return float(t_quantile(df, 1 - (1 - level) / family.size))
    if method == "scheffe":
        left = family.df - rank + 1
        if left <= 0:
            raise EstimationError(
                f"Scheffé's band of {rank} independent rows wants {rank} degrees of freedom or more, and there are "
                f"{family.df:g}; take method='sup-t'"
            )
        if np.isinf(family.df):
            from scipy.stats import chi2

            return float(np.sqrt(chi2.ppf(level, rank)))
        return float(np.sqrt(rank * family.df / left * f_distribution.ppf(level, rank, left)))
    if rank == 1:
        return float(t_quantile(df, level))
    drawn = float(np.quantile(family.largest(draws, seed), level))
    return float(np.clip(drawn, t_quantile(df, level), t_quantile(df, 1 - (1 - level) / family.size)))


def simultaneous(estimates: Labelled, *, level: float, method: Band, seed: int, draws: int) -> pd.DataFrame:
    """Simultaneous bands of all rows; see `Estimates.simultaneous`."""
    _check("method", method, get_args(Band))
    if not 0 < level < 1:
        raise EstimationError(f"level lies between 0 and 1, such as 0.95; found {level}")
    if estimates.convention.multiplier == "two":
        raise EstimationError(
            f"under convention {estimates.convention.name!r} limits are the value ± 2 standard errors, whatever the "
            "family; estimate under another convention"
        )
    family = Family.of(estimates)
    if estimates.convention.multiplier == "normal":
        family = replace(family, df=np.inf)
    critical = critical_value(family, method, level=level, seed=seed, draws=draws)
    value, se = (estimates.frame[name].to_numpy(dtype=float) for name in ("estimate", "se"))
    share = (estimates.frame["scale"] == "share").to_numpy() & (estimates.convention.share == "logit")
    low, high = value - critical * se, value + critical * se
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        centre, half = np.log(value / (1 - value)), critical * se / (value * (1 - value))
        low = np.where(share, 1 / (1 + np.exp(half - centre)), low)
        high = np.where(share, 1 / (1 + np.exp(-half - centre)), high)
    labels = estimates.frame[["statistic", "item", *estimates.by, "estimate", "se"]]
    return labels.assign(band_low=low, band_high=high, critical=np.where(family.inside, critical, np.nan))


def pairs(estimates: Made, along: str, base: object) -> Made:
    """Differences of all pairs of labels; see `Estimates.pairs`."""
    column = estimates._column(along)
    values = estimates.frame[column]
    labels = [one for one in values.unique() if one not in (TOTAL, MISSING)]
    if base is not None:
        estimates._check_label(column, values, base)
        chosen = [(one, base) for one in labels if one != base]
    else:
        chosen = list(combinations(labels, 2))
    if not chosen:
        raise EstimationError(f"pairs are of two labels of {column} or more; found {len(labels)}")
    keys = [key for key in ("statistic", "item", *estimates.by) if key != column]
    place: dict[tuple[object, ...], int] = {}
    for row, (label, key) in enumerate(
        zip(values, estimates.frame[keys].itertuples(index=False, name=None), strict=True)
    ):
        place[(label, *key)] = row
    rest = list(dict.fromkeys(estimates.frame[keys].itertuples(index=False, name=None)))
    found = [
        (place[(a, *key)], place[(b, *key)], f"{a} − {b}")
        for key in rest
        for a, b in chosen
        if (a, *key) in place and (b, *key) in place
    ]
    first, second = (np.array([one[side] for one in found], dtype=np.intp) for side in (0, 1))
    told = estimates.frame.iloc[first][["statistic", "item", *estimates.by]].reset_index(drop=True)
    told[column] = [one[2] for one in found]
    made = estimates._combined(
        estimates, first, second, lambda x, y: (x - y, np.ones_like(x), -np.ones_like(y)), told, "difference"
    )
    alone = len(rest) * len(chosen) - len(found)
    notes = [word("told.pairs_absent", count=alone, name=repr(column))] if alone else []
    totals = int(values.isin([TOTAL, MISSING]).sum())
    notes += [word("told.totals_no_pair", count=totals)] if totals and base not in (TOTAL, MISSING) else []
    return replace(made, notes=(*made.notes, *notes))


def _check(argument: str, found: str, choices: tuple[str, ...]) -> None:
    if found not in choices:
        listed = ", ".join(map(repr, choices))
        raise EstimationError(f"{argument} is one of {listed}; found {found!r}{nearest(str(found), choices)}")
