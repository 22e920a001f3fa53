"""What may stand beside the rule in an encoding, `poly(age, 2)` or `C(region, contr.treatment("West"))`; nothing else.

Each option is read as a literal of its kind; what is none is refused, so that no text of a user is ever run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from childdata.errors import ExpressionError

_CONTRAST = re.compile(r"(?:contr\.)?(\w+)\s*(?:\((.*)\))?$", re.DOTALL)

CONTRASTS = {
    "treatment": "treatment",
    "Treatment": "treatment",
    "sum": "sum",
    "Sum": "sum",
    "helmert": "helmert",
    "Helmert": "helmert",
    "diff": "diff",
    "Diff": "diff",
    "poly": "poly",
    "Poly": "poly",
}
# What each encoding takes beside its rule, in order: the name of the option and its kind.
ENCODINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "C": (("contrasts", "contrast"), ("levels", "levels")),
    "poly": (("degree", "count"), ("raw", "truth")),
    "bs": (
        ("df", "count"),
        ("knots", "numbers"),
        ("degree", "count"),
        ("include_intercept", "truth"),
        ("lower_bound", "number"),
        ("upper_bound", "number"),
    ),
    "cr": (("df", "count"), ("knots", "numbers"), ("lower_bound", "number"), ("upper_bound", "number")),
    "cc": (("df", "count"), ("knots", "numbers"), ("lower_bound", "number"), ("upper_bound", "number")),
    "center": (),
    "scale": (),
    "standardize": (),
}


@dataclass(frozen=True, slots=True)
class Contrast:
    """How categories become columns: the kind, and the level (label or code) that the others are compared with."""

    kind: str
    reference: object | None


def outside_quotes(text: str) -> Iterator[tuple[int, str]]:
    """The signs of a text that are not inside quotes or backquotes, with their places."""
    quote = ""
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'`":
            quote = sign
        else:
            yield at, sign


def arguments_of(inner: str) -> list[str]:
    """The arguments of a call, cut at the commas that are not inside quotes or brackets."""
    parts, depth, start = [], 0, 0
    for at, sign in outside_quotes(inner):
        depth += (sign in "({[") - (sign in ")}]")
        if sign == "," and depth == 0:
            parts.append(inner[start:at].strip())
            start = at + 1
    return [*parts, inner[start:].strip()]


def read_options(encoding: str, arguments: list[str], source: str) -> tuple[tuple[str, object], ...]:
    """The options of an encoding, by name, as literals.

    Raises
    ------
    ExpressionError for an option that the encoding does not have, or of another kind.
    """
    wanted = ENCODINGS[encoding]
    kinds = dict(wanted)
    found: dict[str, object] = {}
    for place, argument in enumerate(arguments):
        name, sign, value = argument.partition("=")
        named = bool(sign) and name.strip().isidentifier()
        option = name.strip() if named else wanted[place][0] if place < len(wanted) else ""
        if option not in kinds or option in found:
            takes = ", ".join(kinds) or "nothing"
            raise ExpressionError(f"{encoding}() takes a rule and {takes}; found {argument!r} in {source!r}")
        found[option] = _READERS[kinds[option]](value.strip() if named else argument, source)
    return tuple(found.items())


def _literal(argument: str, source: str) -> object:
    try:
        return ast.literal_eval(argument)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise ExpressionError(f"{argument!r} in {source!r} is neither a number nor a text in quotes") from None


def _count(argument: str, source: str) -> int:
    found = _literal(argument, source)
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= 50:
        raise ExpressionError(f"{argument!r} in {source!r} should be a whole number from 1 to 50")
    return found


def _truth(argument: str, source: str) -> bool:
    found = _literal(argument, source)
    if not isinstance(found, bool):
        raise ExpressionError(f"{argument!r} in {source!r} should be True or False")
    return found


def _float(argument: str, source: str) -> float:
    found = _literal(argument, source)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise ExpressionError(f"{argument!r} in {source!r} should be a number")
    return float(found)


def _numbers(argument: str, source: str) -> tuple[float, ...]:
    found = _literal(argument, source)
    if not isinstance(found, (list, tuple)) or not all(type(one) in (int, float) for one in found):
        raise ExpressionError(f"{argument!r} in {source!r} should be a list of numbers: [1, 2.5]")
    return tuple(float(one) for one in found)


def _levels(argument: str, source: str) -> tuple[object, ...]:
    found = _literal(argument, source)
    if not isinstance(found, (list, tuple)) or not all(type(one) in (int, float, str) for one in found):
        raise ExpressionError(f"{argument!r} in {source!r} should be a list of labels or codes: ['rural', 'urban']")
    return tuple(found)


def _contrast(argument: str, source: str) -> Contrast:
    found = _CONTRAST.fullmatch(argument)
    kind = CONTRASTS.get(found.group(1)) if found else None
    if found is None or kind is None:
        raise ExpressionError(
            f"{argument!r} in {source!r} is no contrast; write contr.treatment('label of the reference'), contr.sum, "
            "contr.helmert, contr.diff or contr.poly"
        )
    inner = (found.group(2) or "").strip()
    if not inner:
        return Contrast(kind, None)
    if kind != "treatment":
        raise ExpressionError(f"contr.{kind} takes no arguments; found {inner!r} in {source!r}")
    return Contrast(kind, _literal(re.sub(r"^(base|reference)\s*=\s*", "", inner), source))


_READERS: Mapping[str, Callable[[str, str], object]] = {
    "count": _count,
    "truth": _truth,
    "number": _float,
    "numbers": _numbers,
    "levels": _levels,
    "contrast": _contrast,
}
