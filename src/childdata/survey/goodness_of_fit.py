"""Does a variable have the distribution that it should? The chi-square test of one variable against given shares.

X² = n Σ (p̂_c − π_c)² / π_c = Σ x_c² with x_c = √n (p̂_c − π_c) / √π_c. Under a complex design it has the distribution
of Σ δ_c χ²(1), where the δ are the eigenvalues of the covariance of the x; the corrections are those of `chi_square`.

Source: Rao & Scott (1981), JASA 76, 221-230, section 2; R survey `svygofchisq` (`convention="r"`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Rule, parse
from childdata.survey.arrays import Floats
from childdata.survey.chi_square import ChiSquareTest, check_choice, corrected, wald_test
from childdata.survey.computed import factor_of, place_of
from childdata.survey.design_test import checked_df
from childdata.survey.domains import Factor
from childdata.survey.intervals import ConventionName
from childdata.survey.statistic import EACH, Item, Statistic, Total
from childdata.survey.statistics import proportion
from childdata.survey.survey import Survey
from childdata.words import word

FitStatistic = Literal["F", "Chisq", "satterthwaite", "lincom", "saddlepoint", "lr", "Wald", "adjWald"]


def goodness_of_fit(
    survey: Survey,
    y: Rule,
    *,
    shares: Mapping[object, float] | Literal["equal"],
    statistic: FitStatistic = "F",
    where: Rule | None = None,
    convention: ConventionName = "childdata",
    df: float | None = None,
) -> ChiSquareTest:
    """Whether the categories of a variable have given shares in the population.

    Parameters
    ----------
    y : variable or rule; records where it is unknown are left out, and counted.
    shares : the share of each category by its label or its code, above zero; `"equal"`: all the same. What does not
        sum to 1 (census counts, say) is divided by its sum, and told.
    statistic : as of `chi2`.
    where : a rule; only records where it is true.
    convention : whose degrees of freedom; `"r"` makes X² and its covariance of the estimated numbers, as `svygofchisq`
        does, whose own test is `statistic="satterthwaite"`.
    df : degrees of freedom of the design, where an agency gives them.

    Returns
    -------
    ChiSquareTest

    Raises
    ------
    EstimationError if a category has no share, a share no category, or a share is not above zero.

    Source: see the head of this module.

    >>> import childdata as cd
    >>> people = cd.Survey({"sex": ["f"] * 18 + ["m"] * 12})
    >>> test = goodness_of_fit(people, "sex", shares={"f": 0.5, "m": 0.5})
    >>> round(test.uncorrected, 12)  # (18 − 15)² / 15 + (12 − 15)² / 15
    1.2
    """
    check_choice("statistic", statistic, get_args(FitStatistic))
    factor = factor_of(survey, y)
    wanted, notes = _wanted(factor, shares)
    of = Statistic((Item(None, Total(parse(y), EACH)),), "amount", "numbers") if convention == "r" else proportion(y)
    found = survey.estimate(of, where=where, convention=convention, df=df)
    value = found.frame["estimate"].to_numpy(dtype=float)
    if not np.isfinite(value).all() or not value.sum() > 0:
        raise EstimationError(f"no record of the domain has an answer to {factor.name!r}, so that nothing is tested")
    scale = float(value.sum()) if convention == "r" else float(found.frame["n"].iloc[0])
    apart, slope = _of_numbers(value, wanted) if convention == "r" else _of_shares(value, wanted, scale)
    matrix = slope @ found.spread.take(found.rows).covariance() @ slope.T
    freedom = checked_df(float(found.frame["df"].iloc[0]), wanted=f"the test of {factor.name!r}")
    uncorrected = float(np.sum(apart**2))
    if statistic == "lr":
        share = value / value.sum()
        held = share > 0
        uncorrected = 2 * scale * float(np.sum(share[held] * np.log(share[held] / wanted[held])))
    effects: tuple[float, ...] = ()
    if statistic in ("Wald", "adjWald"):
        result = wald_test(apart[1:], matrix[1:, 1:], freedom, adjusted=statistic == "adjWald")
    else:
        # the shares sum to one: one of the eigenvalues says nothing
        effects = tuple(np.maximum(np.linalg.eigvalsh(matrix)[:0:-1], 0.0).tolist())
        result = corrected(statistic, uncorrected, effects, freedom, whole_df=convention == "r")
    if missing := int(found.frame["missing"].iloc[0]):
        notes = (*notes, word("told.left_out", name=repr(factor.name), count=missing))
    statistic_, symbol, degrees, p = result
    return ChiSquareTest(
        statistic=statistic_, symbol=symbol, df=degrees, p=p, kind=statistic, what=factor.name,
        notes=(*notes, *found.notes), settings=found.settings, uncorrected=uncorrected, n=scale, effects=effects,
        cramers_v=float("nan"),
    )  # fmt: skip


def _of_shares(share: Floats, wanted: Floats, n: float) -> tuple[Floats, Floats]:
    """√n (p − π) / √π of estimated shares, and its derivative by them."""
    root = np.sqrt(n / wanted)
    return root * (share - wanted), np.diag(root)


def _of_numbers(number: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """(O − π N) / √(π N) of estimated numbers O that sum to N, and its derivative by them."""
    expected = wanted * number.sum()
    root = np.sqrt(expected)
    apart = (number - expected) / root
    by_total = wanted * (1 / root + (number - expected) / (2 * expected * root))
    return apart, np.diag(1 / root) - by_total[:, None]


def _wanted(factor: Factor, shares: Mapping[object, float] | Literal["equal"]) -> tuple[Floats, tuple[str, ...]]:
    """The shares in the order of the categories, and what was decided about them."""
    size = len(factor.labels)
    if size < 2:
        raise EstimationError(f"a test of shares needs two categories; {factor.name!r} has {size}")
    if isinstance(shares, str):
        check_choice("shares", shares, ("equal",))
        return np.full(size, 1 / size), ()
    found = {place_of(factor, key, argument="shares"): float(share) for key, share in shares.items()}
    without = [factor.labels[k] for k in range(size) if k not in found]
    if without:
        raise EstimationError(
            f"shares= gives no share to {', '.join(map(repr, without))} of {factor.name!r}; every category needs one"
        )
    wanted = np.array([found[k] for k in range(size)])
    if not (np.isfinite(wanted) & (wanted > 0)).all():
        raise EstimationError("shares are numbers above zero; a category that cannot occur belongs in where=")
    total = float(wanted.sum())
    notes = () if abs(total - 1) < 1e-6 else (word("told.shares_divided", total=f"{total:g}"),)
    return wanted / total, notes
