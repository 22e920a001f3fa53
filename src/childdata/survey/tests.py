"""Wald tests on estimates: a hypothesis in words or equations, and its F test.

A hypothesis is a vector h(θ) that is zero if it is true; W = hᵀ (J V Jᵀ)⁻¹ h, where J is the derivative of h.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from childdata.errors import EstimationError, nearest
from childdata.survey.arrays import Floats

LONGEST = 10_000


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


def t_test(estimate: Floats, se: Floats, df: Floats, value: float) -> tuple[Floats, Floats]:
    """Student's t of each estimate against a value, and its two-sided p; unknown without a standard error."""
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, (estimate - value) / se, np.nan)
        p: Floats = np.where(df > 0, 2 * stdtr(df, -np.abs(t)), np.nan)
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
    source, places = _with_places(text, names)
    sides = source.replace("==", "=").split("=")
    if len(sides) != 2:
        raise EstimationError(f"an equation has one '='; found {text.strip()!r}, wanted such as \"`Urban` = `Rural`\"")
    (a, slope_a), (b, slope_b) = (_side(side.strip(), text, places, value) for side in sides)
    return a - b, slope_a - slope_b


def _with_places(text: str, names: Sequence[str]) -> tuple[str, dict[str, int]]:
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        raise EstimationError(f"a backquote is not closed in {text.strip()!r}")
    places: dict[str, int] = {}
    for k in range(1, len(pieces), 2):
        matches = [place for place, name in enumerate(names) if name == pieces[k]]
        if len(matches) != 1:
            found = "no row is" if not matches else f"{len(matches)} rows are"
            raise EstimationError(f"{found} named {pieces[k]!r}{nearest(pieces[k], names)}; see .names")
        places[f"row_{matches[0]}"] = matches[0]
        pieces[k] = f"row_{matches[0]}"
    return "".join(pieces), places


def _side(source: str, text: str, places: dict[str, int], value: Floats) -> tuple[float, Floats]:
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise EstimationError(f"the hypothesis {text.strip()!r} cannot be read; names stand in backquotes") from error

    def walk(node: ast.AST) -> tuple[float, Floats]:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool) and number < 1e300:
                return float(number), np.zeros(value.size)
            case ast.Name(id=name) if name in places:
                slope = np.zeros(value.size)
                slope[places[name]] = 1.0
                return float(value[places[name]]), slope
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                a, slope_a = walk(inner)
                return -a, -slope_a
            case ast.BinOp(left=left, op=operator, right=right):
                return _operate(operator, walk(left), walk(right), text)
        raise EstimationError(f"the hypothesis {text.strip()!r} may hold names in backquotes, numbers and + - * /")

    return walk(tree)


def _operate(
    operator: ast.operator, left: tuple[float, Floats], right: tuple[float, Floats], text: str
) -> tuple[float, Floats]:
    (a, slope_a), (b, slope_b) = left, right
    match operator:
        case ast.Add():
            return a + b, slope_a + slope_b
        case ast.Sub():
            return a - b, slope_a - slope_b
        case ast.Mult():
            return a * b, a * slope_b + b * slope_a
        case ast.Div() if b != 0:
            return a / b, (slope_a - a / b * slope_b) / b
    raise EstimationError(f"the hypothesis {text.strip()!r} may hold + - * / and no division by zero")
