"""Zero and negative incomes: where an index has no value for them, what is done is a word of the call, and counted."""

from __future__ import annotations

import math
from numbers import Real
from typing import Literal

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.statistic import Check

Nonpositive = Literal["fail", "keep", "exclude", "zero"] | float
"""`fail` refuses, with a count; `keep` takes values as they are; `exclude` leaves those out for which the index has no
value; `zero` makes negative values 0; a number is a bottom code, which lower values are raised to."""
Defined = Literal["everywhere", "from zero", "above zero"]


def incomes(y: Rule, policy: Nonpositive, index: str, *, defined: Defined) -> tuple[Expression, tuple[Check, ...]]:
    """The variable of an index under a policy, and what has to be looked at and told.

    Parameters
    ----------
    y : column or rule.
    policy : what is done with values that the index has no value for; of an index that has one everywhere, `exclude`
        leaves out zero and negative values, and `keep` tells how many are negative.
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
    negative = parse(f"({text}) < 0")
    if isinstance(policy, Real) and not isinstance(policy, bool):
        return _bottom_coded(text, float(policy))
    if policy == "zero":
        if defined == "above zero":
            raise EstimationError(
                f"{index} has no value at zero, so that nonpositive='zero' does not help; exclude them, or give a "
                "bottom code (nonpositive=1.0)"
            )
        return parse(f"if_else(({text}) < 0, 0, {text})"), (Check(negative, "tell", "told.negative_to_zero"),)
    if policy == "exclude":
        bound, kept = ("<", ">=") if defined == "from zero" else ("<=", ">")
        left_out = Check(parse(f"({text}) {bound} 0"), "tell", "told.nonpositive_left_out")
        return parse(f"if_else(({text}) {kept} 0, {text}, unknown())"), (left_out,)
    if policy == "keep" and defined != "everywhere":
        raise EstimationError(
            f"{index} has no value {_sign(defined)}, so that nonpositive='keep' cannot be; refuse them ('fail'), "
            "leave them out ('exclude') or give a bottom code (nonpositive=1.0)"
        )
    if policy == "keep" or (policy == "fail" and defined == "everywhere"):
        return expression, (Check(negative, "tell", "told.negative_kept"),)
    if policy != "fail":
        raise EstimationError(f"nonpositive is 'fail', 'keep', 'exclude', 'zero' or a bottom code; found {policy!r}")
    return expression, (_refusal(text, index, defined),)


def _bottom_coded(text: str, code: float) -> tuple[Expression, tuple[Check, ...]]:
    if not 0 < code < math.inf:
        raise EstimationError(f"a bottom code of incomes is a positive number; found {code:g}")
    lower = parse(f"({text}) < {code!r}")
    return parse(f"if_else({lower.text}, {code!r}, {text})"), (Check(lower, "tell", "told.bottom_coded"),)


def _refusal(text: str, index: str, defined: Defined) -> Check:
    shown = repr(text).replace("{", "{{").replace("}", "}}")
    sentence = (
        f"{shown} is {_sign(defined)} in {{count}} records, for which {index} has no value; "
        "leave them out (nonpositive='exclude'), give a bottom code (nonpositive=1.0)"
        + (" or make them zero ('zero')" if defined == "from zero" else "")
    )
    return Check(parse(f"({text}) {'<' if defined == 'from zero' else '<='} 0"), "refuse", sentence)


def _sign(defined: Defined) -> str:
    return "below zero" if defined == "from zero" else "zero or below"
