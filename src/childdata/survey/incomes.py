"""Zero and negative incomes: where an index has no value for them, what is done is a word of the call, and counted."""

from __future__ import annotations

from numbers import Real
from typing import Literal

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.statistic import Check

Nonpositive = Literal["fail", "keep", "exclude", "zero"] | float
"""`fail` refuses, with a count; `keep` takes values as they are; `exclude` leaves those out for which the index has no
value; `zero` makes negative values 0; a number is a bottom code, which lower values are raised to."""


def incomes(
    y: Rule, policy: Nonpositive, index: str, *, defined: Literal["everywhere", "from zero", "above zero"]
) -> tuple[Expression, tuple[Check, ...]]:
    """The variable of an index under a policy, and what has to be looked at and told.

    Parameters
    ----------
    y : column or rule.
    policy : what is done with values that the index has no value for.
    index : its name, for messages.
    defined : for which values the index has one.

    Raises
    ------
    EstimationError for a policy that is not known, or leaves values that the index is not defined for.

    >>> incomes("y", "exclude", "the Theil index", defined="from zero")[0].text
    'if_else((y) >= 0, y, unknown())'
    """
    expression = parse(y)
    text = expression.text
    bound = "< 0" if defined == "from zero" else "<= 0"
    wrong = parse(f"({text}) {bound}")
    if isinstance(policy, Real) and not isinstance(policy, bool):
        if not policy > 0:
            raise EstimationError(f"a bottom code of incomes is positive; found {policy}")
        raised = parse(f"if_else(({text}) < {policy!r}, {policy!r}, {text})")
        return raised, (Check(parse(f"({text}) < {policy!r}"), "tell", "told.bottom_coded"),)
    if policy == "zero":
        if defined == "above zero":
            raise EstimationError(
                f"{index} has no value at zero, so that nonpositive='zero' does not help; exclude them"
            )
        return parse(f"if_else(({text}) < 0, 0, {text})"), (
            Check(parse(f"({text}) < 0"), "tell", "told.negative_to_zero"),
        )
    if policy == "exclude":
        if defined == "everywhere":
            wrong, bound = parse(f"({text}) <= 0"), "<= 0"
        kept = ">= 0" if bound == "< 0" else "> 0"
        return parse(f"if_else(({text}) {kept}, {text}, unknown())"), (
            Check(wrong, "tell", "told.nonpositive_left_out"),
        )
    if policy == "keep" or (policy == "fail" and defined == "everywhere"):
        return expression, ()
    if policy != "fail":
        raise EstimationError(f"nonpositive is 'fail', 'keep', 'exclude', 'zero' or a bottom code; found {policy!r}")
    sign = "below zero" if bound == "< 0" else "zero or below"
    sentence = (
        f"{text!r} is {sign} in {{count}} records, for which {index} has no value; "
        "leave them out (nonpositive='exclude'), give a bottom code (nonpositive=1.0)"
        + (" or make them zero ('zero')" if defined == "from zero" else "")
    )
    return expression, (Check(wrong, "refuse", sentence),)
