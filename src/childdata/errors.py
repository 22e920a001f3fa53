"""The exceptions of childdata, as a tree.

    ChilddataError
    ├── ReadError          a file could not be read, or reading it was refused
    ├── VariableError      a variable is not there, is ambiguous, or holds text where numbers are wanted
    ├── ExpressionError    a rule cannot be understood
    ├── DesignError        weights, strata, PSUs or fpc do not make a design
    ├── EstimationError    an estimate was asked for that the data or the design cannot give
    ├── DefinitionError    a catalogue, methodology, fiscal system or binding is wrong: file, field, line
    └── LineError          a poverty line is not positive, or belongs to another round or period

Every message says what was wanted, what was found and what to do. `ChilddataWarning` is the one
category of warning: something was decided for the user that he may want to decide himself.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ChilddataError(Exception):
    """The root: catch it to catch everything that childdata raises on purpose."""


class ReadError(ChilddataError):
    """A file could not be read, or reading it was refused."""


class VariableError(ChilddataError):
    """A variable is not there, is ambiguous, or holds text where numbers are wanted."""


class ExpressionError(ChilddataError):
    """A rule cannot be understood."""


class DesignError(ChilddataError):
    """Weights, strata, PSUs or fpc do not make a design."""


class EstimationError(ChilddataError):
    """An estimate was asked for that the data or the design cannot give."""


class DefinitionError(ChilddataError):
    """A catalogue, methodology, fiscal system or binding is wrong: names file, field and line."""


class LineError(ChilddataError):
    """A poverty line is not positive, or belongs to another round or period."""


class ChilddataWarning(UserWarning):
    """Something was decided for the user that he may want to decide himself."""


def nearest(name: str, names: Iterable[str], *, most: int = 3) -> str:
    """The names closest to `name`, as a clause for an error message; empty if none is close.

    >>> nearest("windx5", ["windex5", "HH6"])
    "; nearest: 'windex5'"
    """
    by_lower: dict[str, str] = {}
    for candidate in names:
        by_lower.setdefault(candidate.lower(), candidate)
    close = get_close_matches(name.lower(), list(by_lower), n=most, cutoff=0.6)
    if not close:
        return ""
    return "; nearest: " + ", ".join(repr(by_lower[lower]) for lower in close)
