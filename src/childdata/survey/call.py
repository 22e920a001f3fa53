"""What one call of `Survey.estimate` asks for, seen on the records: domain, categories, checks, missing answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from childdata.errors import EstimationError, LineError
from childdata.expression import Expression, Rule, parse
from childdata.survey.arrays import Floats, Mask
from childdata.survey.columns import Columns, Records, both
from childdata.survey.design import Design
from childdata.survey.domains import Factor, MissingBy
from childdata.survey.intervals import Convention
from childdata.survey.statistic import Arithmetic, Item, Statistic, Total
from childdata.survey.sums import Basis
from childdata.survey.variance import LonelyRule
from childdata.words import word


@dataclass(frozen=True, slots=True)
class Call:
    """What one call of `Survey.estimate` asks for, checked."""

    statistics: Mapping[str, Statistic]
    by: Sequence[str] | str | None
    each: Sequence[str | Sequence[str]] | str | None
    where: Sequence[Rule]
    margins: bool
    level: float
    missing: str
    missing_by: MissingBy
    convention: Convention
    df: float | None
    interval: str
    lonely: LonelyRule
    lonely_domains: bool
    keep: str


def rules_of(where: Sequence[Rule]) -> list[Expression]:
    return [_truth(rule) for rule in where]


def _truth(rule: Rule) -> Expression:
    expression = parse(rule)
    if expression.kind in ("number", "text"):
        found = repr(expression.text)
        raise EstimationError(f"where= wants a rule that is true or false, such as 'age < 5'; found {found}")
    return expression


def domain_of(columns: Columns, where: Sequence[Expression], records: Records) -> tuple[Mask | None, list[str]]:
    inside: Mask | None = None
    notes = []
    for rule in where:
        column = columns.number(rule)
        chosen = column.value != 0
        if (chosen & (column.value != 1)).any():
            raise EstimationError(
                f"where={rule.text!r} is neither true nor false: {rule.text!r} holds other numbers than 0 and 1; "
                f"write a rule such as '{rule.text} == 1'"
            )
        if column.known is not None:
            unknown = ~column.known if inside is None else ~column.known & inside
            chosen &= column.known
            if unknown.any():
                notes.append(word("told.where_unknown", rule=repr(rule.text), count=int(unknown.sum())))
        inside = both(inside, chosen)
    if inside is not None and not inside.any():
        rules = " and ".join(repr(rule.text) for rule in where)
        notes.append(word("told.empty_domain", place=records.place, rule=rules))
    return inside, notes


def undefined_notes(columns: Columns) -> list[str]:
    return [word("told.undefined", rule=repr(text), count=count) for text, count in columns.undefined.items() if count]


def checked(statistics: Mapping[str, Statistic], columns: Columns, inside: Mask | None, design: Design) -> list[str]:
    """Look at the records of the domain as the statistics ask: refuse, or tell."""
    notes: list[str] = []
    if not any(statistic.checks for statistic in statistics.values()):
        return notes
    used = design.weight > 0 if inside is None else inside & (design.weight > 0)
    for name, statistic in statistics.items():
        for check in statistic.checks:
            column = columns.number(check.rule)
            met = used & (column.value != 0)
            count = int((met if column.known is None else met & column.known).sum())
            if not count:
                continue
            if check.action == "tell":
                notes.append(word(check.told, name=repr(name), count=count))
            else:
                error = LineError if check.is_line else EstimationError
                raise error(f"{name}: {check.told.format(count=count)}")
    return notes


class Meanings(Protocol):
    """What the rules of a call give: truth values or not, and of those that make rows the categories."""

    def is_truth(self, expression: Expression) -> bool:
        """Whether an expression holds truth values."""

    def factor(self, expression: Expression) -> Factor:
        """The categories of an expression."""


def with_scales(statistics: Mapping[str, Statistic], columns: Meanings) -> dict[str, Statistic]:
    """A mean of a column of truth values is a share, as the mean of a rule is."""
    return {
        name: replace(one, scale="share") if one.scale == "amount" and _is_mean_of_truth(one, columns) else one
        for name, one in statistics.items()
    }


def _is_mean_of_truth(statistic: Statistic, columns: Meanings) -> bool:
    match statistic.items:
        case (Item(_, Arithmetic("/", Total(y, None), Total(one))),) if one.text == "1":
            return columns.is_truth(y)
    return False


def with_categories_filled(
    statistics: Mapping[str, Statistic], columns: Meanings
) -> tuple[dict[str, Statistic], dict[tuple[str, float | str | None], str]]:
    filled: dict[str, Statistic] = {}
    labels: dict[tuple[str, float | str | None], str] = {}
    for name, given in statistics.items():
        statistic = given.expanded(lambda over: columns.factor(over).values)  # type: ignore[arg-type, return-value]
        over = statistic.category_of()
        if over is None:
            filled[name] = statistic
            continue
        factor = columns.factor(over)
        if not factor.values:
            raise EstimationError(f"{over.text!r} is unknown in all records, so that {name} has no category")
        values: tuple[float | str, ...] = factor.values  # type: ignore[assignment]
        filled[name] = statistic.with_categories(values)
        labels |= {(name, value): text for value, text in zip(values, factor.labels, strict=True)}
    return filled, labels


def with_missing_rule(bases: dict[str, Basis], call: Call, inside: Mask | None, weight: Floats) -> dict[str, Basis]:
    if call.missing == "fail":
        for name, basis in bases.items():
            if basis.known is None:
                continue
            lost = int((~basis.known & (weight > 0) & (True if inside is None else inside)).sum())
            if lost:
                raise EstimationError(
                    f"{name} is unknown in {lost} records of the domain, and missing='fail' was asked for; "
                    "missing='pairwise' leaves them out and counts them"
                )
    if call.missing == "listwise":
        known: Mask | None = None
        for basis in bases.values():
            known = both(known, basis.known)
        return {name: Basis(known, basis.values, basis.shift) for name, basis in bases.items()}
    return bases
