"""Are two variables independent, does a distribution have given shares? Chi-square tests under the sampling design.

Pearson's X² = n Σ (p̂ − e)² / e of the estimated shares has under a complex design not a chi-square distribution, but
that of Σ δ_i χ²(1), where the δ_i are the eigenvalues of the design effect matrix

Δ = (Cᵀ D⁻¹ C / n)⁻¹ (Cᵀ D⁻¹ V D⁻¹ C),

V being the design's covariance of the shares, D = diag(p̂) and C a basis of the interactions. Rao and Scott divide
X² by the mean of the δ (first order), or by their sum and correct the degrees of freedom for how they differ (second
order): F = X² / Σδ, d₀ = (Σδ)² / Σδ², with d₀ and d₀ν degrees of freedom, ν those of the design. Wald's test takes the
deviations themselves, and their own covariance.

Source: Rao & Scott (1981), JASA 76, 221-230; (1984), Annals of Statistics 12, 46-60; Thomas & Rao (1987), JASA 82,
630-636; Koch, Freeman & Freeman (1975), Int. Statistical Review 43, 59-78 (Wald). Numbers are those of R survey
`svychisq` and of Stata's `svy: tabulate` (Stata, Survey Data Reference Manual, "svy: tabulate twoway").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from childdata.errors import EstimationError, nearest
from childdata.expression import Rule
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.chi_square_sums import saddlepoint_tail, tail
from childdata.survey.design import Design
from childdata.survey.design_test import DesignTest, checked_df
from childdata.survey.intervals import ConventionName
from childdata.survey.survey import Survey
from childdata.survey.two_way import TwoWay, two_way
from childdata.words import word

Correction = Literal["F", "Chisq", "satterthwaite", "lincom", "saddlepoint", "lr"]
TableStatistic = Literal[
    "F", "Chisq", "satterthwaite", "lincom", "saddlepoint", "lr", "Wald", "adjWald", "llWald", "adjllWald"
]
Proportions = Literal["observed", "null"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class ChiSquareTest(DesignTest):
    """A chi-square test under the sampling design; see also `DesignTest`.

    Attributes
    ----------
    uncorrected : Pearson's X² (of `lr` the likelihood ratio's G²) of the weighted shares, before any correction.
    n : the number of records that it is made for.
    effects : the design effects δ of the contrasts, the largest first; empty for Wald's tests.
    cramers_v : Cramér's V of the table, √(X² / (n (min(rows, columns) − 1))); NaN for one variable.
    """

    uncorrected: float
    n: float
    effects: tuple[float, ...]
    cramers_v: float

    @property
    def design_effect(self) -> float:
        """The mean of the design effects; NaN where there are none."""
        return float(np.mean(self.effects)) if self.effects else float("nan")

    def further(self) -> dict[str, float]:
        """X² before correction, n, the mean design effect, Cramér's V; those that there are."""
        numbers = {"uncorrected": self.uncorrected, "n": self.n, "design_effect": self.design_effect}
        numbers["cramers_v"] = self.cramers_v
        return {name: value for name, value in numbers.items() if not np.isnan(value)}


def chi2(
    survey: Survey,
    row: Rule,
    column: Rule,
    *,
    statistic: TableStatistic = "F",
    proportions: Proportions = "observed",
    where: Rule | None = None,
    convention: ConventionName = "childdata",
    df: float | None = None,
) -> ChiSquareTest:
    """Whether two variables are independent.

    Parameters
    ----------
    row, column : variables or rules; records where one of them is unknown are left out, and counted.
    statistic : `"F"`: Pearson's X², second order of Rao and Scott (R's default, Stata's `pearson`, SPSS's adjusted F);
        `"lr"`: the same of the likelihood ratio (Stata's `lr`); `"Chisq"`: first order; `"satterthwaite"`: second order
        with a chi-square; `"lincom"`: the distribution of Σδχ² itself, `"saddlepoint"`: its approximation; `"Wald"`,
        `"adjWald"`: Wald's of the numbers n_rc − n_r n_c / n, and with corrected degrees of freedom; `"llWald"`,
        `"adjllWald"`: of the log-linear interactions.
    proportions : D is made of the `"observed"` shares, or of those under the hypothesis (`"null"`, as in Stata).
    where : a rule; only records where it is true.
    convention : whose degrees of freedom ν; `"r"` also takes for n all records of the domain, known or not.
    df : ν, where an agency gives it.

    Returns
    -------
    ChiSquareTest. Rows and columns without a record are left out, and told.

    Raises
    ------
    EstimationError if fewer than two rows or columns have records, ν is not positive, or cells without a record leave
    no test.

    Source: see the head of this module.

    >>> import childdata as cd
    >>> people = cd.Survey({"sex": ["f"] * 20 + ["m"] * 20, "yes": ([1] * 8 + [0] * 12) + ([1] * 13 + [0] * 7)})
    >>> test = chi2(people, "sex", "yes == 1")
    >>> round(test.uncorrected, 4)  # 40 (8·7 − 12·13)² / (20·20·21·19)
    2.5063
    """
    check_choice("statistic", statistic, get_args(TableStatistic))
    check_choice("proportions", proportions, get_args(Proportions))
    return table_test(
        two_way(survey, row, column, where=where), statistic, proportions=proportions, convention=convention, df=df
    )


def table_test(
    table: TwoWay,
    statistic: TableStatistic,
    *,
    proportions: Proportions = "observed",
    convention: ConventionName,
    df: float | None = None,
) -> ChiSquareTest:
    """The test of a table that was crossed before; arguments as of `chi2`."""
    rows, columns, notes = _with_records(table)
    wald = statistic in ("Wald", "adjWald")
    cells = table.cell_totals(rows, columns) if wald else table.cell_shares(rows, columns)
    found = table.survey.estimate(cells, where=table.where, convention=convention, df=df)
    value = found.frame["estimate"].to_numpy(dtype=float).reshape(rows.size, columns.size)
    matrix = found.spread.take(found.rows).covariance()
    share = value / value.sum()
    everyone = _rows_of_r(table)
    freedom = float(found.frame["df"].iloc[0])
    if convention == "r" and df is None and table.survey.design.replicates is None:
        freedom = _psus_less_strata(table.survey.design, everyone)
    freedom = checked_df(freedom, wanted=f"the test of {_named(table)}")
    n = float(everyone.sum()) if convention == "r" else float(found.frame["n"].iloc[0])
    pearson = n * _distance(share, likelihood=False)
    effects: tuple[float, ...] = ()
    if statistic in get_args(Correction):
        effects = design_effects(share, matrix, n, proportions=proportions)
        uncorrected = n * _distance(share, likelihood=True) if statistic == "lr" else pearson
        result = corrected(statistic, uncorrected, effects, freedom, whole_df=convention == "r")
        kind = statistic
    else:
        uncorrected, kind = pearson, statistic
        deviation, spread = _deviations(value, matrix) if wald else _log_contrasts(share, matrix)
        result = wald_test(deviation, spread, freedom, adjusted=statistic.startswith("adj"))
    value_, symbol, degrees, p = result
    smaller = min(rows.size, columns.size) - 1
    return ChiSquareTest(
        statistic=value_, symbol=symbol, df=degrees, p=p, kind=kind, what=_named(table), notes=(*notes, *found.notes),
        settings=found.settings, uncorrected=uncorrected, n=n, effects=effects,
        cramers_v=float(np.sqrt(pearson / n / smaller)),
    )  # fmt: skip


def check_choice(argument: str, found: str, choices: tuple[str, ...]) -> None:
    """Refuse a word that is none of the choices, with the nearest."""
    if found not in choices:
        raise EstimationError(
            f"{argument} is one of {', '.join(map(repr, choices))}; found {found!r}{nearest(str(found), choices)}"
        )


def _named(table: TwoWay) -> str:
    return f"{table.row.name} × {table.column.name}"


def _with_records(table: TwoWay) -> tuple[Codes, Codes, tuple[str, ...]]:
    """The rows and columns that hold a weight, and notes on what is left out."""
    sums = table.sums(table.survey.design.weight)
    rows, columns = np.flatnonzero(sums.sum(axis=1)), np.flatnonzero(sums.sum(axis=0))
    if rows.size < 2 or columns.size < 2:
        raise EstimationError(
            f"a test of {_named(table)} needs two rows and two columns with records; found {rows.size} and "
            f"{columns.size}; take a wider domain"
        )
    notes = [word("told.table_unknown", row=repr(table.row.name), column=repr(table.column.name), count=table.unknown)]
    notes = notes if table.unknown else []
    for factor, kept in ((table.row, rows), (table.column, columns)):
        if left := len(factor.labels) - kept.size:
            notes.append(word("told.categories_without", name=repr(factor.name), count=left))
    if empty := int((sums[np.ix_(rows, columns)] == 0).sum()):
        notes.append(word("told.cells_zero", count=empty, possible=rows.size * columns.size))
    return rows, columns, tuple(notes)


def _rows_of_r(table: TwoWay) -> Mask:
    """The records whose number, and whose PSUs, R takes: all of the domain, known or not and whatever their weight.

    Of a calibrated design it keeps also those outside, with weight zero.
    """
    return np.ones_like(table.inside) if table.survey.design.adjustments else table.inside


def _psus_less_strata(design: Design, chosen: Mask) -> float:
    psus = np.unique(design.stages[0].unit[chosen])
    return float(psus.size - np.unique(design.stages[0].stratum[psus]).size)


def _distance(share: Floats, *, likelihood: bool) -> float:
    """Pearson's Σ (p − e)² / e, or 2 Σ p log(p / e), with e = p_r p_c."""
    expected = np.outer(share.sum(axis=1), share.sum(axis=0))
    if not likelihood:
        return float(np.sum((share - expected) ** 2 / expected))
    held = share > 0
    return float(2 * np.sum(share[held] * np.log(share[held] / expected[held])))


def contrasts(size: int) -> Floats:
    """A basis of the vectors (size,) that sum to zero, as columns; a design effect is the same in any basis."""
    basis: Floats = np.eye(size)[:, 1:] - 1.0 / size
    return basis


def design_effects(share: Floats, covariance: Floats, n: float, *, proportions: Proportions) -> tuple[float, ...]:
    """The δ: eigenvalues of (Cᵀ D⁻¹ C / n)⁻¹ (Cᵀ D⁻¹ V D⁻¹ C); a share of zero has 0 for its inverse.

    Parameters
    ----------
    share : array (rows, columns). covariance : array (cells, cells) of the shares, row by row.
    """
    from scipy.linalg import LinAlgError, eigh

    p = share.reshape(-1) if proportions == "observed" else _under_independence(share)
    inverse = np.divide(1.0, p, out=np.zeros_like(p), where=p > 0)
    basis = np.kron(contrasts(share.shape[0]), contrasts(share.shape[1]))
    slope = basis * inverse[:, None]
    simple = basis.T @ slope / n
    try:
        found = eigh(slope.T @ covariance @ slope, simple, eigvals_only=True)
    except (LinAlgError, ValueError):
        found = np.full(1, np.nan)
    # a contrast that rests on empty cells alone has no variance to be compared with
    size = np.linalg.eigvalsh(simple)
    if not np.isfinite(found).all() or size[0] <= 1e-12 * size[-1]:
        raise EstimationError(
            "cells without a record, or without variance, leave a contrast of the table unknown; combine categories, "
            "or test a part of the table"
        )
    return tuple(np.maximum(found[::-1], 0.0).tolist())


def _under_independence(share: Floats) -> Floats:
    return np.outer(share.sum(axis=1), share.sum(axis=0)).reshape(-1)


Outcome = tuple[float, str, tuple[float, ...], float]


def corrected(
    statistic: str, uncorrected: float, effects: tuple[float, ...], freedom: float, *, whole_df: bool
) -> Outcome:
    """A chi-square statistic judged by its design effects: statistic, symbol, degrees of freedom, p.

    Parameters
    ----------
    uncorrected : X² or G². effects : the δ. freedom : ν. whole_df : the saddlepoint takes d₀ν without its
        decimals, as R does.
    """
    from scipy.special import chdtrc

    delta = np.array(effects)
    total, squares = float(delta.sum()), float(np.sum(delta**2))
    if not total > 0:
        raise EstimationError("the shares have no sampling variance, so that there is nothing to test")
    first = total**2 / squares
    second = first * freedom
    if statistic in ("F", "lr"):
        value = uncorrected / total
        return value, "F", (first, second), f_tail(value, first, second)
    if statistic == "Chisq":
        value = uncorrected / (total / delta.size)
        return value, "X²", (float(delta.size),), float(chdtrc(delta.size, value))
    if statistic == "satterthwaite":
        value = uncorrected * total / squares
        return value, "X²", (first,), float(chdtrc(first, value))
    if statistic == "lincom":
        return uncorrected, "X²", (float(delta.size), second), tail(*_mixture(uncorrected, delta, second, second))
    p = saddlepoint_tail(*_mixture(uncorrected, delta, second, np.floor(second) if whole_df else second))
    if np.isnan(p):
        p = f_tail(uncorrected / total, first, second)
    return uncorrected, "X²", (float(delta.size), second), p


def f_tail(value: float, df1: float, df2: float) -> float:
    """P(F > value); without bound on `df2` that of a chi-square over `df1`.

    >>> round(f_tail(8.566316229, 1, 16), 6)
    0.009875
    """
    from scipy.special import chdtrc, fdtrc

    return float(fdtrc(df1, df2, value) if np.isfinite(df2) else chdtrc(df1, df1 * value))


def _mixture(value: float, delta: Floats, second: float, counted: float) -> tuple[float, Floats, Floats]:
    """Σ δ χ²(1) / (χ²(d₀ν) / d₀ν) > value as a weighted sum of chi-squares that exceeds a number.

    Returns
    -------
    The number, the weights and the degrees of freedom; of Σ δ χ²(1) alone where ν is infinite.
    """
    if not np.isfinite(second):
        return value, delta, np.ones(delta.size)
    return 0.0, np.append(delta, -value / second), np.append(np.ones(delta.size), counted)


def _deviations(number: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """n_rc − n_r n_c / n without the first row and column, and its covariance from that of the numbers."""
    rows, columns = number.shape
    n, of_row, of_column = number.sum(), number.sum(axis=1), number.sum(axis=0)
    expected = np.outer(of_row, of_column) / n
    in_row, in_column = np.kron(np.eye(rows), np.ones(columns)), np.kron(np.ones(rows), np.eye(columns))
    by_row = np.kron(np.eye(rows), (of_column / n)[:, None]) @ in_row
    by_column = np.kron((of_row / n)[:, None], np.eye(columns)) @ in_column
    slope = np.eye(number.size) - by_row - by_column + expected.reshape(-1, 1) / n
    kept = np.arange(number.size).reshape(rows, columns)[1:, 1:].reshape(-1)
    matrix = slope @ covariance @ slope.T
    return (number - expected).reshape(-1)[kept], matrix[np.ix_(kept, kept)]


def _log_contrasts(share: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """The interactions of the logarithms of the shares, and their covariance."""
    p = share.reshape(-1)
    if (p <= 0).any():
        raise EstimationError(
            f"the log-linear test takes logarithms, and {int((p <= 0).sum())} cells have no record; take statistic='F'"
        )
    basis = np.kron(contrasts(share.shape[0]), contrasts(share.shape[1]))
    slope: Floats = basis / p[:, None]
    return np.dot(basis.T, np.log(p)), slope.T @ covariance @ slope


def wald_test(deviation: Floats, covariance: Floats, freedom: float, *, adjusted: bool) -> Outcome:
    """Wald's F test that deviations (q,) are zero, given their covariance (q, q) and ν."""
    size = deviation.size
    error = np.sqrt(np.diagonal(covariance))
    scale = np.where(error > 0, error, 1.0)
    matrix = covariance / np.outer(scale, scale)
    if np.linalg.matrix_rank(matrix, hermitian=True) < size:
        raise EstimationError(
            f"Wald's test of {size} deviations needs a covariance of that rank, which the design does not give; take "
            "statistic='F', or combine categories"
        )
    quadratic = float((deviation / scale) @ np.linalg.solve(matrix, deviation / scale))
    second = freedom - size + 1 if adjusted else freedom
    if second <= 0:
        raise EstimationError(f"{size} deviations are tested on {freedom:g} degrees of freedom; take statistic='F'")
    value = quadratic / size * (second / freedom if adjusted else 1.0)
    return value, "F", (float(size), float(second)), f_tail(value, size, second)
