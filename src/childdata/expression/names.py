"""Which variable does a name mean? That one; else the only one that differs in case; else it is an error."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from childdata.errors import VariableError, nearest


def find_name(name: str, names: Iterable[str], *, place: str) -> str:
    """The spelling in `names` that `name` means.

    Exact spelling wins; else the only name that is equal when case (and the way an accent is
    composed) is disregarded, as SPSS does.

    Raises
    ------
    VariableError if there is none, with the nearest names and the place, or if there are several.

    >>> find_name("hh6", ["HH6", "HH7"], place="hh.sav")
    'HH6'
    >>> find_name("HH7", ["HH6", "HH7A"], place="hh.sav")
    Traceback (most recent call last):
        ...
    childdata.errors.VariableError: variable 'HH7' is not in hh.sav (2 variables); nearest: 'HH7A', 'HH6'
    """
    known = list(names)
    if name in known:
        return name
    wanted = _without_case(name)
    alike = [candidate for candidate in known if _without_case(candidate) == wanted]
    if len(alike) == 1:
        return alike[0]
    if alike:
        spelt = ", ".join(repr(candidate) for candidate in alike)
        raise VariableError(f"variable {name!r} may mean any of {spelt} in {place}; write the one that is meant")
    count = f"{len(known)} variable{'' if len(known) == 1 else 's'}"
    raise VariableError(f"variable {name!r} is not in {place} ({count}){nearest(name, known)}")


def _without_case(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
