"""Which shares do the invented answers aim at, and where do these come from?

`data/shares.toml` holds one block per module: the shares, how they move with wealth and place, how much
of the variation lies between PSUs, the share of unknown answers, and words on the origin of the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from childdata.errors import DefinitionError, nearest
from childdata.synthetic.belarus import load
from childdata.synthetic.chance import Module


def modules() -> dict[str, Module]:
    """All modules by name, such as "ch.registration"."""
    return {
        f"{survey}.{name}": module(f"{survey}.{name}") for survey, blocks in load("shares").items() for name in blocks
    }


@cache
def module(name: str) -> Module:
    """One module of `data/shares.toml`, by its dotted name."""
    survey, _, block = name.partition(".")
    blocks: Mapping[str, Any] = load("shares").get(survey, {})
    if block not in blocks:
        raise DefinitionError(f"shares.toml has no block {name!r}{nearest(block, blocks)}")
    entry = dict(blocks[block])
    choice = {variable: _by_code(table) for variable, table in entry.pop("choice", {}).items()}
    return Module(name=name, unknown=_by_code(entry.pop("unknown", {})), choice=choice, **entry)


def _by_code(table: Mapping[str, float]) -> dict[float, float]:
    return {float(code): float(share) for code, share in table.items()}
