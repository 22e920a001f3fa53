"""The rule language: from text such as `UB2 >= 3 and BR1 in (1, 2)` to a checked expression on columns."""

from __future__ import annotations

from .aggregation import aggregate
from .compiler import compile
from .evaluation import Evaluated, Laid, evaluate, lay
from .frames import as_lazy, door
from .names import find_name
from .parser import parse
from .tree import Expression, Rule

__all__ = [
    "Evaluated",
    "Expression",
    "Laid",
    "Rule",
    "aggregate",
    "as_lazy",
    "compile",
    "door",
    "evaluate",
    "find_name",
    "lay",
    "parse",
]
