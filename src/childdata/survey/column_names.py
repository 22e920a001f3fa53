"""Many columns by one word: `"w1..w80"`, `"repw001..repw080"`, `"PV1READ..PV10READ"`, `"RW*"`, or a list of these.

A range names every whole number from one end to the other, each with as many digits as the first end shows; in a
pattern `*` stands for a whole number, and the columns come in the order of that number. A column whose very name
it is comes first. Names are matched exactly, then without regard to case, as everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from childdata.errors import VariableError, nearest
from childdata.expression import find_name


def columns_named(words: str | Sequence[str], names: Sequence[str], *, place: str) -> tuple[str, ...]:
    """The columns that a range, a pattern, a name or a list of them means, in order.

    Parameters
    ----------
    words : such as `"w1..w80"`, `"RW*"`, `["w1", "w3"]`.
    names : of the columns there are.
    place : what messages call the data.

    Raises
    ------
    VariableError if a name of a range is missing, a pattern fits nothing, or a column is named twice.

    >>> columns_named("w08..w11", ["id", "W08", "W09", "W10", "W11"], place="the data")
    ('W08', 'W09', 'W10', 'W11')
    >>> columns_named("RW*", ["RW10", "RW2", "RWT"], place="the data")
    ('RW2', 'RW10')
    """
    found = [one for word in ([words] if isinstance(words, str) else words) for one in _named(word, names, place)]
    if not found:
        raise VariableError(f"no columns of {place} were named; give a range such as 'w1..w80', a pattern or a list")
    twice = [name for name in dict.fromkeys(found) if found.count(name) > 1] if len(set(found)) < len(found) else []
    if twice:
        raise VariableError(
            f"{_some(twice)} of {place} {'is' if len(twice) == 1 else 'are'} named twice; once is enough"
        )
    return tuple(found)


def _named(word: str, names: Sequence[str], place: str) -> list[str]:
    if word in names:
        return [word]
    if ".." in word:
        return _found(word, _range(word, len(names), place), names, place)
    if "*" in word:
        return _matching(word, names, place)
    return [find_name(word, names, place=place)]


def _range(word: str, most: int, place: str) -> list[str]:
    """The names of a range; its two ends differ in one number."""
    left, _, right = word.partition("..")
    first, last = re.split(r"(\d+)", left.strip()), re.split(r"(\d+)", right.strip())
    if last[0] == "" and len(last) == 3 and last[2] == "" and len(first) >= 3:
        # w1..80: the second end is a number only
        last = [*first[:-2], last[1], first[-1]]
    apart = [k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a.casefold() != b.casefold()]
    if len(first) != len(last) or len(first) < 3 or len(apart) > 1 or any(k % 2 == 0 for k in apart):
        raise VariableError(f"a range has two ends that differ in one number, such as 'w1..w80'; found {word!r}")
    spot = apart[0] if apart else len(first) - 2
    start, end = int(first[spot]), int(last[spot])
    if end < start:
        raise VariableError(f"a range runs upwards, such as 'w1..w80'; found {word!r}")
    if end - start >= most:
        raise VariableError(f"{word!r} names {end - start + 1} variables, but {place} has {most}")
    head, tail, width = "".join(first[:spot]), "".join(first[spot + 1 :]), len(first[spot])
    return [f"{head}{number:0{width}d}{tail}" for number in range(start, end + 1)]


def _found(word: str, wanted: list[str], names: Sequence[str], place: str) -> list[str]:
    exact = set(names)
    without_case: dict[str, list[str]] = {}
    for name in names:
        without_case.setdefault(name.casefold(), []).append(name)
    alike = {one: [one] if one in exact else without_case.get(one.casefold(), []) for one in wanted}
    missing = [one for one in wanted if not alike[one]]
    if missing:
        raise VariableError(
            f"{word!r} names {len(wanted)} variables, of which {len(missing)} {'is' if len(missing) == 1 else 'are'} "
            f"not in {place} ({len(names)} variables): {_some(missing)}{nearest(missing[0], names)}"
        )
    return [alike[one][0] if len(alike[one]) == 1 else find_name(one, names, place=place) for one in wanted]


def _matching(word: str, names: Sequence[str], place: str) -> list[str]:
    """The columns of a pattern by their number."""
    if word.count("*") > 1:
        raise VariableError(f"a pattern has one '*', which stands for a number, such as 'RW*'; found {word!r}")
    head, _, tail = word.partition("*")
    pattern = re.compile(rf"{re.escape(head)}(\d+){re.escape(tail)}", re.IGNORECASE)
    found = [(int(hit.group(1)), name) for name in names if (hit := pattern.fullmatch(name))]
    if not found:
        raise VariableError(
            f"no variable of {place} ({len(names)} variables) is {word!r} with a number for '*'{nearest(head, names)}"
        )
    numbers = [number for number, _ in found]
    if len(set(numbers)) < len(numbers):
        alike = [name for number, name in sorted(found) if numbers.count(number) > 1]
        raise VariableError(f"{word!r} fits several variables of one number in {place}: {_some(alike)}; give a list")
    return [name for _, name in sorted(found)]


def _some(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
