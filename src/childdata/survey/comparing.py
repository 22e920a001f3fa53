"""Is a mean, or the difference of two groups, other than a value? Student's t-test under the sampling design.

t = (θ̂ − value) / se(θ̂), θ̂ a mean, a difference of two means of one sample, or the mean of a difference; its standard
error is that of the design, the covariance of the two groups included. The groups of a comparison, and how it is
reported, are shared with the rank tests (`rank_test`).

Source: Korn & Graubard (1999), Analysis of Health Surveys, section 3.7. Numbers are those of R survey `svyttest` under
`convention="r"`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from childdata.errors import EstimationError
from childdata.expression import Rule, parse
from childdata.survey.arrays import Codes, Mask
from childdata.survey.chi_square import check_choice
from childdata.survey.computed import domain_of, factor_of, number_of, place_of, with_computed
from childdata.survey.design_test import DesignTest, checked_df
from childdata.survey.domains import Factor
from childdata.survey.estimates import Estimates
from childdata.survey.intervals import ConventionName, find_convention, t_quantile
from childdata.survey.layout import df_of_replicates
from childdata.survey.statistics import mean
from childdata.survey.survey import Survey
from childdata.survey.tests import Alternative, t_test
from childdata.words import word


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class ComparisonTest(DesignTest):
    """A comparison of a mean with a value, or of groups with each other; see also `DesignTest`.

    Attributes
    ----------
    difference : the mean, or the first group's less the second's; of a rank test that of the mean scores. NaN where
        more than two groups are compared.
    se : its standard error. ci_low, ci_high : its interval at `level`, by Student's t on `df`.
    groups : the mean (of a rank test the mean score) of each group, with their covariance.
    alternative : what `p` is the test against: another value, or a smaller or larger one only.
    """

    difference: float
    se: float
    ci_low: float
    ci_high: float
    level: float
    groups: Estimates
    alternative: Alternative = "two-sided"

    def further(self) -> dict[str, float]:
        """The difference with its standard error and limits, where there is one."""
        numbers = {"difference": self.difference, "se": self.se, "ci_low": self.ci_low, "ci_high": self.ci_high}
        return {name: value for name, value in numbers.items() if not np.isnan(value)}


def ttest(
    survey: Survey,
    y: Rule,
    by: Rule | None = None,
    *,
    value: float = 0.0,
    of: tuple[object, object] | None = None,
    paired: Rule | None = None,
    alternative: Alternative = "two-sided",
    where: Rule | None = None,
    level: float = 0.95,
    convention: ConventionName = "childdata",
    df: float | None = None,
) -> ComparisonTest:
    """Student's t-test under the design: of a mean, of two groups, or of two columns of the same records.

    Parameters
    ----------
    y : column or rule (the mean of a rule is a share); records where it is unknown are left out.
    by : the variable or rule that makes two groups.
    value : the mean, or the difference, if the hypothesis is true.
    of : two labels of `by`; the second is taken from the first. By default those there are, the earlier taken from the
        later, as a regression on the group does.
    paired : a second column or rule: the test is of the mean of y − paired.
    alternative : to the hypothesis that the mean or the difference is `value`: `"two-sided"`, that it is another;
        `"less"` or `"greater"`, that it is smaller or larger. The limits are those of the two-sided test always.
    where : a rule; only records where it is true.
    level : of confidence.
    convention : whose degrees of freedom: by default PSUs − strata of the group that has fewer, as of
        `Estimates.difference`; under `"r"` (`svyttest`) those of all records used, less 1; under `"stata"` and `"spss"`
        those of the design.
    df : degrees of freedom, where an agency gives them.

    Raises
    ------
    EstimationError if there are not two groups, both `by` and `paired` are given, there is no standard error, or
    `alternative` is none of the three.

    Source: see the head of this module.

    >>> people = Survey({"sex": ["f", "f", "m", "m"], "y": [1.0, 3.0, 4.0, 8.0]})
    >>> test = ttest(people, "y", by="sex")
    >>> test.difference, round(test.statistic, 4)  # (6 − 2) / √(4/3 · (½² + ½² + 1² + 1²))
    (4.0, 2.1909)
    """
    if by is not None and paired is not None:
        raise EstimationError("by= compares two groups, paired= two columns of the same records; give one of the two")
    check_choice("alternative", alternative, get_args(Alternative))
    if by is None:
        return _one_mean(survey, y, paired, value, alternative, where, level, convention, df)
    compared = compared_groups(survey, by, of, where, number_of(survey, y)[1])
    if len(compared.labels) != 2:
        raise EstimationError(
            f"a t-test compares two groups; {compared.factor.name!r} has {len(compared.labels)} with records: "
            f"{', '.join(map(repr, compared.labels))}; choose two by of=, or test all by Estimates.test('equal')"
        )
    coded = with_computed(survey, {}, rules=given(y, where), factors=(compared.factor,))
    means = coded.estimate(
        mean(y), by=compared.factor.name, where=where, level=level, missing_by="drop", convention=convention, df=df
    )
    name = compared.factor.name
    gap = means.difference(along=name, of=compared.labels).frame.iloc[0]
    freedom = float(gap["df"])
    if convention == "r" and df is None:
        freedom = used_df(survey, compared.used, _members(survey, compared, where)) - 1
    what = f"{parse(y).text}: {compared.labels[0]} − {compared.labels[1]}"
    return judged(
        float(gap["estimate"]), float(gap["se"]), value, freedom, level, alternative, kind="t_two", what=what,
        notes=(*compared.notes, *means.notes), groups=means.select(**{name: list(compared.labels)}),
    )  # fmt: skip


def _one_mean(
    survey: Survey,
    y: Rule,
    paired: Rule | None,
    value: float,
    alternative: Alternative,
    where: Rule | None,
    level: float,
    convention: ConventionName,
    df: float | None,
) -> ComparisonTest:
    text = parse(y).text
    rule = y if paired is None else parse(f"({text}) - ({parse(paired).text})")
    found = survey.estimate(mean(rule), where=where, level=level, convention=convention, df=df)
    row = found.frame.iloc[0]
    # svyttest takes one off here too
    freedom = float(row["df"]) - (1 if convention == "r" and df is None else 0)
    kind, what = ("t_one", text) if paired is None else ("t_paired", f"{text} − {parse(paired).text}")
    notes = found.notes
    if missing := int(row["missing"]):
        notes = (word("told.left_out", name=repr(parse(rule).text), count=missing), *notes)
    return judged(
        float(row["estimate"]), float(row["se"]), value, freedom, level, alternative, kind=kind, what=what, notes=notes,
        groups=found,
    )  # fmt: skip


def given(*rules: Rule | None) -> tuple[Rule, ...]:
    """The rules that are not None."""
    return tuple(rule for rule in rules if rule is not None)


def judged(
    estimate: float,
    se: float,
    value: float,
    df: float,
    level: float,
    alternative: Alternative,
    *,
    kind: str,
    what: str,
    notes: Sequence[str],
    groups: Estimates,
) -> ComparisonTest:
    """An estimate against a value, by Student's t; a one-sided alternative stands in what is tested."""
    if not se > 0:
        raise EstimationError(
            f"{what} has no standard error (one PSU, no records, or the same value in all), so that it cannot be tested"
        )
    df = checked_df(df, wanted=f"the test of {what}")
    freedom = np.array([df])
    (t,), (p,) = t_test(np.array([estimate]), np.array([se]), freedom, value, alternative)
    half = se * (2.0 if groups.convention.multiplier == "two" else float(t_quantile(freedom, level)[0]))
    if alternative != "two-sided":
        what = f"{what} {'<' if alternative == 'less' else '>'} {value:g}"
    return ComparisonTest(
        statistic=float(t), symbol="t", df=(df,), p=float(p), kind=kind, what=what, notes=tuple(notes),
        settings=groups.settings, difference=estimate, se=se, ci_low=estimate - half, ci_high=estimate + half,
        level=level, groups=groups, alternative=alternative,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The groups of a comparison.

    Attributes
    ----------
    factor : the variable that makes them.
    labels : those compared, in the order wanted.
    used : array (n,); the records of these groups whose answer is known.
    notes : what is left out.
    """

    factor: Factor
    labels: tuple[str, ...]
    used: Mask
    notes: tuple[str, ...]

    @property
    def group(self) -> Codes:
        """The place of each record's label among those compared; -1 for others, array (n,)."""
        place = np.full(len(self.factor.labels) + 1, -1, dtype=np.intp)
        for k, one in enumerate(self.labels):
            place[self.factor.labels.index(one)] = k
        return place[self.factor.code]


def compared_groups(
    survey: Survey, by: Rule, of: Sequence[object] | None, where: Rule | None, known: Mask, *, zeros: bool = False
) -> Compared:
    """The groups that a comparison is of, those with records if `of` does not say.

    Parameters
    ----------
    known : array (n,); where the variable compared is known. zeros : whether records of weight zero are used.
    """
    factor = factor_of(survey, by)
    used = domain_of(survey, where) & known & (factor.code >= 0)
    weighty = used & (survey.design.weight > 0)
    present = np.bincount(factor.code[weighty], minlength=len(factor.labels)) > 0
    if of is None:
        labels = tuple(one for one, there in zip(factor.labels, present, strict=True) if there)
        # as a regression on the group: the earlier label is what the later is compared with
        labels = labels[::-1] if len(labels) == 2 else labels
    else:
        wanted = [place_of(factor, one, argument="of") for one in of]
        labels = tuple(factor.labels[one] for one in wanted)
        if empty := [factor.labels[one] for one in wanted if not present[one]]:
            raise EstimationError(
                f"the group {empty[0]!r} of {factor.name!r} has no record with an answer in the domain; leave it out"
            )
    if len(set(labels)) < 2 or len(set(labels)) < len(labels):
        raise EstimationError(
            f"a comparison needs two groups or more, each once; found {', '.join(map(repr, labels)) or 'none'} of "
            f"{factor.name!r}"
        )
    place = np.full(len(factor.labels) + 1, False)
    place[[factor.labels.index(one) for one in labels]] = True
    others = int((weighty & ~place[factor.code]).sum())
    notes = (word("told.groups_left_out", name=repr(factor.name), count=others),) if others else ()
    return Compared(factor, labels, (used if zeros else weighty) & place[factor.code], notes)


def _members(survey: Survey, compared: Compared, where: Rule | None) -> Mask:
    """The records of a comparison, array (n,), those without an answer too: R counts replicate weights before."""
    inside, grouped = domain_of(survey, where), compared.group >= 0
    others = inside & ~grouped & (compared.factor.code >= 0)
    return inside & grouped if others.any() else inside


def used_df(survey: Survey, used: Mask, members: Mask) -> float:
    """The degrees of freedom that R gives the records of all groups together.

    Parameters
    ----------
    used : array (n,); whose PSUs − strata count. members : array (n,); whose replicate weights count in their place.
    """
    if survey.design.replicates is not None:
        rules, everyone = find_convention("r"), survey.design.weight > 0
        return df_of_replicates(survey.design.replicates, members, everyone, rules)
    first = survey.design.stages[0]
    psus = np.unique(first.unit[used & (survey.design.weight > 0)])
    return float(psus.size - np.unique(first.stratum[psus]).size)
