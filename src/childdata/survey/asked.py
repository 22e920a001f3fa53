"""What a user asks of a survey in one call, checked before any record is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from childdata.errors import EstimationError
from childdata.expression import Rule
from childdata.survey.call import Call
from childdata.survey.domains import MissingBy
from childdata.survey.estimates import FACTS, HIDDEN, NUMBERS
from childdata.survey.intervals import ConventionName, check_interval, find_convention
from childdata.survey.statistic import Statistic
from childdata.survey.variance import LonelyRule

Missing = Literal["pairwise", "listwise", "fail"]


def asked(
    statistics: Mapping[str, Statistic],
    *,
    where: Sequence[Rule],
    convention: ConventionName,
    lonely: LonelyRule | None,
    lonely_domains: str,
    **options: Any,
) -> Call:
    """A call, its options checked; they are those of `Survey.estimate`.

    Raises
    ------
    EstimationError for an option that is none.
    """
    level, df = options["level"], options["df"]
    if not 0 < level < 1:
        raise EstimationError(f"level lies between 0 and 1, such as 0.95; found {level}")
    if df is not None and not df > 0:
        raise EstimationError(f"df is a positive number, or None for the convention's rule; found {df}")
    check_interval(options["interval"])
    rules = find_convention(convention)
    if rules.multiplier == "two" and level != 0.95:
        raise EstimationError(
            f"under convention {convention!r} limits are the value ± 2 standard errors, whatever the level; "
            f"found level={level:g}: leave it out, or take another convention"
        )
    _check_choice("missing", options["missing"], get_args(Missing))
    _check_choice("missing_by", options["missing_by"], get_args(MissingBy))
    _check_names(options["by"], options["each"])
    return Call(
        statistics=statistics,
        where=tuple(where),
        convention=rules,
        lonely=lonely or rules.lonely,
        lonely_domains=lonely_domains == "adjust",
        **options,
    )


def listed(names: str | Sequence[str] | None) -> list[str]:
    """One name, several or none, as a list."""
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def _check_choice(argument: str, found: str, choices: tuple[str, ...]) -> None:
    if found not in choices:
        raise EstimationError(f"{argument} is one of {', '.join(map(repr, choices))}; found {found!r}")


def _check_names(by: str | Sequence[str] | None, each: str | Sequence[str | Sequence[str]] | None) -> None:
    """A variable that makes rows becomes a column of the result, and cannot be called as another one is."""
    entries = [
        *listed(by),
        *(name for one in ([each] if isinstance(each, str) else each or []) for name in listed(one)),
    ]
    taken = {"statistic", "item", *NUMBERS, *FACTS, *HIDDEN, "rows"}
    clash = next((name for name in entries if name in taken), None)
    if clash is not None:
        raise EstimationError(
            f"{clash!r} makes rows, but the result has a column of that name; give it another one first, such as "
            f"survey.with_columns({clash}_='{clash}')"
        )


def named_statistics(statistics: Statistic | Mapping[str, Statistic] | Sequence[Statistic]) -> dict[str, Statistic]:
    """One statistic, several, or several by name, each under its name."""
    if isinstance(statistics, Statistic):
        return {statistics.name: statistics}
    named = dict(statistics) if isinstance(statistics, Mapping) else {}
    if not isinstance(statistics, Mapping):
        for one in statistics:
            name = one.name if isinstance(one, Statistic) else repr(one)
            if name in named:
                raise EstimationError(
                    f"two statistics are called {name!r}; give them names, such as {{'a': ..., 'b': ...}}"
                )
            named[name] = one
    wrong = [name for name, one in named.items() if not isinstance(one, Statistic)]
    if wrong or not named:
        raise EstimationError(
            "estimate() takes statistics such as cd.mean('stunted == 1')"
            + (f"; {wrong[0]!r} is none" if wrong else "; none was given")
        )
    return named
