"""Wald tests on estimates: a hypothesis in words or equations, and its F test.

A hypothesis is a vector h(θ) that is zero if it is true; W = hᵀ (J V Jᵀ)⁻¹ h, where J is the derivative of h.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats
from childdata.survey.contrasts import LONGEST, in_quotes, read_formula

Alternative = Literal["two-sided", "less", "greater"]  # to a hypothesis about one number


@dataclass(frozen=True, slots=True)
class TestResult:
    """An F test: the statistic, its degrees of freedom and p, and what was tested."""

    __test__ = False  # a result, not a test of the test runner

    statistic: float
    df1: float
    df2: float
    p: float
    what: str

    def __repr__(self) -> str:
        return f"<F({self.df1:g}, {self.df2:g}) = {self.statistic:.4g}, p = {self.p:.4g}; H0: {self.what}>"


def wald(
    contrast: Floats, covariance: Floats, df: float, *, method: Literal["adjusted", "wald"], what: str
) -> TestResult:
    """The F test of contrast = 0.

    Parameters
    ----------
    contrast : array (q,). covariance : array (q, q) of the contrast. df : of the design.
    method : `adjusted` or `wald`, see `Estimates.test`.

    Raises
    ------
    EstimationError if the contrast is unknown or has no variance.
    """
    from scipy.stats import f as f_distribution

    if not np.isfinite(contrast).all():
        raise EstimationError("the hypothesis names a row that has no estimate; select other rows")
    contrast, covariance = _unit_free(contrast, covariance)
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    positive = values > 1e-12
    rank = int(positive.sum())
    left_over = vectors[:, ~positive].T @ contrast
    if not rank or (np.abs(left_over) > 1e-9 * max(1.0, float(np.abs(contrast).max()))).any():
        raise EstimationError(
            "the hypothesis holds a combination of rows without sampling variance (shares of exactly 0 or 1, say), "
            "which no test can judge; leave those rows out"
        )
    projected = vectors[:, positive].T @ contrast
    quadratic = float(np.sum(projected**2 / values[positive]))
    df2 = df - rank + 1 if method == "adjusted" else df
    if df2 <= 0:
        raise EstimationError(f"{rank} equations are tested on {df:g} degrees of freedom; test fewer, or method='wald'")
    statistic = quadratic / rank * (df2 / df if method == "adjusted" else 1.0)
    return TestResult(statistic, float(rank), float(df2), float(f_distribution.sf(statistic, rank, df2)), what)


def t_test(
    estimate: Floats, se: Floats, df: Floats, value: float, alternative: Alternative = "two-sided"
) -> tuple[Floats, Floats]:
    """Student's t of each estimate against a value, and its p; unknown without a standard error."""
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, (estimate - value) / se, np.nan)
        match alternative:
            case "less":
                p = stdtr(df, t)
            case "greater":
                p = stdtr(df, -t)
            case _:
                p = 2 * stdtr(df, -np.abs(t))
        p = np.where(df > 0, p, np.nan)
    return t, p


def _unit_free(contrast: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Both in standard errors of the equations, so that a share beside an amount is not lost to rounding."""
    scale = np.sqrt(np.diagonal(covariance))
    size = np.where(scale > 0, scale, 1.0)
    return contrast / size, covariance / np.outer(size, size)


def hypothesis(what: str, names: Sequence[str], value: Floats) -> tuple[Floats, Floats]:
    """A hypothesis as a vector that is zero if it is true, and its derivative by the rows.

    Parameters
    ----------
    what : `equal`, `zero`, or equations between backquoted names.
    names, value : of the rows.

    Returns
    -------
    contrast : array (q,). jacobian : array (rows, q).
    """
    rows = value.size
    if len(what) > LONGEST:
        raise EstimationError(f"a hypothesis has at most {LONGEST:,} characters; found {len(what):,}")
    if what == "zero":
        return value, np.eye(rows)
    if what == "equal":
        if rows < 2:
            raise EstimationError("'equal' compares rows, and there is one; test 'zero', or \"`its name` = 0.5\"")
        jacobian = np.vstack([np.eye(rows - 1), -np.ones((1, rows - 1))])
        return jacobian.T @ value, jacobian
    contrasts, slopes = zip(*(_equation(text, names, value) for text in _split(what)), strict=True)
    return np.array(contrasts), np.column_stack(slopes)


def _split(what: str) -> list[str]:
    """Equations at the commas that are not inside a name."""
    parts, quoted = [""], False
    for character in what:
        quoted ^= character == "`"
        if character == "," and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _equation(text: str, names: Sequence[str], value: Floats) -> tuple[float, Floats]:
    # a sign of equality inside a name is no sign of equality
    outside = [piece if k % 2 else re.sub("==?", "\0", piece) for k, piece in enumerate(in_quotes(text))]
    sides = "`".join(outside).split("\0")
    if len(sides) != 2:
        raise EstimationError(f"an equation has one '='; found {text.strip()!r}, wanted such as \"`Urban` = `Rural`\"")
    left, right = (_side(side, names, value, text) for side in sides)
    return left[0] - right[0], left[1] - right[1]


def _side(source: str, names: Sequence[str], value: Floats, text: str) -> tuple[float, Floats]:
    formula = read_formula(source, names, what="hypothesis")
    found, by = formula.dual(value[None, :])
    slopes = np.zeros(value.size)
    slopes[formula.rows] = by[:, 0]
    if not np.isfinite([found[0], *slopes]).all() and np.isfinite(value[formula.rows]).all():
        raise EstimationError(
            f"the hypothesis {text.strip()!r} has no value at the estimates: it may hold no division by zero, and no "
            "logarithm or root of what has none"
        )
    return float(found[0]), slopes
