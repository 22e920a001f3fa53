"""Does a variable have the same distribution in all groups? Rank tests under the sampling design.

The estimated population rank of a record is R̂_i = Σ_{y_j < y_i} w_j + ½ Σ_{y_j = y_i} w_j, and with u = R̂ / N̂ its score
u for Wilcoxon and Kruskal-Wallis, Φ⁻¹(u) for van der Waerden, [u > ½] for the median test. The test compares the mean
scores of the groups. Under the hypothesis that the groups have one distribution it adds nothing to the variance that
the ranks are estimated, so that they are taken as fixed: the influence of a difference of two means is that of the
scores, ± (s_i − s̄_g) / N̂_g.

Source: Lumley & Scott (2013), Biometrika 100, 831-842. Numbers are those of R survey `svyranktest` under
`convention="r"`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Rule, parse
from childdata.survey.arrays import Codes, Floats, summed
from childdata.survey.chi_square import check_choice
from childdata.survey.comparing import Compared, ComparisonTest, compared_groups, given, judged, used_df
from childdata.survey.computed import free_name, number_of, with_computed
from childdata.survey.design_test import checked_df
from childdata.survey.estimates import Estimates
from childdata.survey.intervals import ConventionName
from childdata.survey.sample import TIE
from childdata.survey.statistics import mean, total
from childdata.survey.survey import Survey
from childdata.survey.tests import Alternative, wald

RankTest = Literal["wilcoxon", "vanderWaerden", "median", "KruskalWallis"]
Scores = Callable[[Floats, float], Floats]


def ranktest(
    survey: Survey,
    y: Rule,
    by: Rule,
    *,
    test: RankTest | Scores = "wilcoxon",
    of: Sequence[object] | None = None,
    alternative: Alternative = "two-sided",
    where: Rule | None = None,
    level: float = 0.95,
    convention: ConventionName = "childdata",
    df: float | None = None,
) -> ComparisonTest:
    """A rank test under the design: whether a variable has the same distribution in all groups.

    Parameters
    ----------
    y : column or rule of numbers; records where it is unknown are left out.
    by : the variable or rule that makes the groups.
    test : `"wilcoxon"` (of more than two groups `"KruskalWallis"`, which has the same scores), `"vanderWaerden"`,
        `"median"`, or a function that makes scores of the estimated ranks, array (n,), and N̂.
    of : the labels that are compared; of two, the second is taken from the first. By default all with records.
    alternative : of two groups, to the hypothesis that their mean scores are equal: `"two-sided"`; `"less"` or
        `"greater"`, that those of the first are lower or higher.
    where : a rule; only records where it is true.
    level : of confidence.
    convention : whose degrees of freedom, as of `ttest`; `"r"` also ranks ties as R survey 4.1.1 does: by the mean over
        the tied records, which depends on their order in the file where weights differ.
    df : degrees of freedom, where an agency gives them.

    Returns
    -------
    ComparisonTest: of two groups t; of more the adjusted Wald F with q and ν − q + 1 degrees of freedom, q being the
    groups less 1 (under `"r"` W / q with q and ν − q).

    Raises
    ------
    EstimationError if fewer than two groups have records, scores are no numbers, or more than two groups are to be
    tested against one side.

    Source: see the head of this module.

    >>> people = Survey({"sex": ["f", "f", "m", "m"], "y": [1.0, 3.0, 2.0, 8.0]})
    >>> ranktest(people, "y", by="sex").difference  # ranks ½ and 2½ of f, 1½ and 3½ of m: (2½ − 1½) / 4
    0.25
    """
    if not callable(test):
        check_choice("test", test, get_args(RankTest))
    check_choice("alternative", alternative, get_args(Alternative))
    number, known = number_of(survey, y)
    compared = compared_groups(survey, by, of, where, known, zeros=convention == "r")
    size = len(compared.labels)
    if size > 2 and alternative != "two-sided":
        raise EstimationError(
            f"alternative={alternative!r} is of two groups; {compared.factor.name!r} has {size} with records: choose "
            "two by of=, or leave alternative out"
        )
    score = _score_of_records(number, survey.design.weight, compared, test, as_r=convention == "r")
    groups = _mean_scores(survey, compared, score, where, level, convention, df)
    found, gap = _differences(survey, score, compared, where, convention)
    covariance = found.spread.take(found.rows).covariance()
    freedom = float(groups.frame["df"].min())
    if convention == "r" and df is None:
        freedom = used_df(survey, compared.used, compared.used) - (size - 1)
    kind = "rank" if callable(test) else "KruskalWallis" if size > 2 and test == "wilcoxon" else test
    variable, notes = parse(y).text, (*compared.notes, *groups.notes)
    if size == 2:
        what = f"{variable}: {compared.labels[0]} − {compared.labels[1]}"
        se = float(np.sqrt(covariance[0, 0]))
        return judged(
            float(gap[0]), se, 0.0, freedom, level, alternative, kind=kind, what=what, notes=notes, groups=groups
        )
    what = f"{variable} by {compared.factor.name}"
    method: Literal["wald", "adjusted"] = "wald" if convention == "r" else "adjusted"
    joint = wald(gap, covariance, checked_df(freedom, wanted=f"the test of {what}"), method=method, what=what)
    return ComparisonTest(
        statistic=joint.statistic, symbol="F", df=(joint.df1, joint.df2), p=joint.p, kind=kind, what=what, notes=notes,
        settings=groups.settings, difference=np.nan, se=np.nan, ci_low=np.nan, ci_high=np.nan, level=level,
        groups=groups,
    )  # fmt: skip


def mid_ranks(y: Floats, weight: Floats) -> Floats:
    """The weight below each value and half the weight at it, arrays (n,); the same for equal values.

    >>> mid_ranks(np.array([5.0, 2.0, 5.0]), np.array([1.0, 4.0, 3.0])).tolist()
    [6.0, 2.0, 6.0]
    """
    order, tie = _ties(y)
    at = summed(tie, weight[order], int(tie[-1]) + 1)
    rank = np.empty(y.size)
    rank[order] = (np.cumsum(at) - at / 2)[tie]
    return rank


def record_ranks(y: Floats, weight: Floats) -> Floats:
    """The ranks of R survey 4.1.1: each record's own mid-rank in the order of the file, averaged over tied records.

    >>> record_ranks(np.array([5.0, 2.0, 5.0]), np.array([1.0, 4.0, 3.0])).tolist()
    [5.5, 2.0, 5.5]
    """
    order, tie = _ties(y)
    own = np.cumsum(weight[order]) - weight[order] / 2
    rank = np.empty(y.size)
    rank[order] = (summed(tie, own, int(tie[-1]) + 1) / np.bincount(tie))[tie]
    return rank


def _ties(y: Floats) -> tuple[Codes, Codes]:
    """The order of the records, and in that order the number of each one's distinct value."""
    order = np.argsort(y, kind="stable")
    value = y[order]
    apart = np.zeros(y.size, dtype=np.intp)
    apart[1:] = np.diff(value) > TIE * np.maximum(np.abs(value[1:]), np.abs(value[:-1]))
    return order, np.cumsum(apart)


def _score_of_records(
    number: Floats, weight: Floats, compared: Compared, test: RankTest | Scores, *, as_r: bool
) -> Floats:
    """The score of each record, array (n,); NaN where it is not used."""
    from scipy.special import ndtri

    used = np.flatnonzero(compared.used)
    rank = (record_ranks if as_r else mid_ranks)(number[used], weight[used])
    size = float(weight[used].sum())
    if callable(test):
        made = np.asarray(test(rank, size), dtype=np.float64)
        if made.shape != rank.shape:
            raise EstimationError(f"test= wants a function that gives one score for each of the {rank.size} ranks")
    elif test == "vanderWaerden":
        made = ndtri(rank / size)
    elif test == "median":
        made = (rank > size / 2).astype(np.float64)
    else:
        made = rank / size
    if not np.isfinite(made[weight[used] > 0]).all():
        raise EstimationError("test= gives scores that are no finite numbers; take another function of the ranks")
    score = np.full(number.size, np.nan)
    score[used] = np.where(weight[used] > 0, made, 0.0)
    return score


def _mean_scores(
    survey: Survey,
    compared: Compared,
    score: Floats,
    where: Rule | None,
    level: float,
    convention: ConventionName,
    df: float | None,
) -> Estimates:
    """The mean score of each group."""
    name = free_name("score", survey)
    coded = with_computed(survey, {name: score}, rules=given(where), factors=(compared.factor,))
    found = coded.estimate(
        {name: mean(f"`{name}`")},
        by=compared.factor.name,
        where=where,
        level=level,
        missing_by="drop",
        convention=convention,
        df=df,
    )
    return found.select(**{compared.factor.name: list(compared.labels)})


def _differences(
    survey: Survey, score: Floats, compared: Compared, where: Rule | None, convention: ConventionName
) -> tuple[Estimates, Floats]:
    """The mean scores less that of the last group, and totals of their influence, whose covariance is theirs."""
    weight = np.where(compared.used, survey.design.weight, 0.0)
    groups = len(compared.labels)
    group = np.where(compared.used, compared.group, -1)
    inside = np.flatnonzero(group >= 0)
    size = summed(group[inside], weight[inside], groups)
    centre = summed(group[inside], (weight * np.where(compared.used, score, 0.0))[inside], groups) / size
    apart = np.full(score.size, np.nan)
    apart[inside] = (score[inside] - centre[group[inside]]) / size[group[inside]]
    name = free_name("influence", survey)
    columns = {}
    for k in range(groups - 1):
        sign = (group == k).astype(np.float64) - (group == groups - 1)
        columns[f"{name} {k}"] = np.where(np.isnan(apart), np.nan, sign * apart)
    coded = with_computed(survey, columns, rules=given(where))
    found = coded.estimate([total(f"`{one}`") for one in columns], where=where, convention=convention)
    return found, centre[:-1] - centre[-1]
