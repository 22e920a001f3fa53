"""Which names SPSS and Stata accept for a variable, and what to call one they do not.

SPSS: 64 bytes (32 Cyrillic letters), a letter or @ # $ first, no blanks, no reserved word. Stata: 32 letters,
letters, digits and underscores only, no reserved word. Neither writer names the variable that it refuses, so
the names are checked here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from childdata.errors import VariableError

Target = Literal["spss", "stata"]

_SPSS_RESERVED = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
_STATA_RESERVED = frozenset(
    (
        *("_all", "_b", "byte", "_coef", "_cons", "_delta", "double", "float", "if", "in", "int", "long", "_n", "_N"),
        *("_pi", "_pred", "_rc", "_skip", "str", "strl", "strL", "using", "with"),
    )
)


def refusal(name: str, target: Target) -> str:
    """Why a program refuses a name; empty if it does not.

    >>> refusal("int", "stata"), refusal("ST4U$1", "spss"), refusal("_x", "spss")
    ('is a reserved word', '', 'must begin with a letter')
    """
    if target == "spss":
        checks = (
            (len(name.encode()) > 64, f"takes {len(name.encode())} bytes in UTF-8, 64 are allowed"),
            (not name or not (name[0].isalpha() or name[0] in "@#$"), "must begin with a letter"),
            (
                re.search(r"[^\w.@#$]", name) is not None,
                "has a character other than letters, digits and . _ @ # $",
            ),
            (name.endswith("."), "must not end with a full stop"),
            (name.lower() in _SPSS_RESERVED, "is a reserved word"),
        )
    else:
        checks = (
            (len(name) > 32, f"has {len(name)} letters, 32 are allowed"),
            (not name or not (name[0].isalpha() or name[0] == "_"), "must begin with a letter or _"),
            (re.search(r"[^\w]", name) is not None, "has a character other than letters, digits and _"),
            (name in _STATA_RESERVED or re.fullmatch(r"str[1-9]\d*", name) is not None, "is a reserved word"),
            (len(name.encode()) > 128, "takes more than 128 bytes in UTF-8"),
        )
    return next((reason for refused, reason in checks if refused), "")


def writable_names(names: Sequence[str], target: Target, *, auto: bool) -> dict[str, str]:
    """Each name -> the name to write; the same unless `auto` has to mend it.

    Raises VariableError naming the first variable that the program refuses, and why.

    >>> writable_names(["int", "a b"], "stata", auto=True)
    {'int': 'int_', 'a b': 'a_b'}
    """
    program = "SPSS" if target == "spss" else "Stata"
    taken: set[str] = set()
    chosen: dict[str, str] = {}
    fine = {name.lower() if target == "spss" else name for name in names if not refusal(name, target)}
    for name in names:
        reason = refusal(name, target)
        if not reason and _key(name, target) in taken:
            reason = "differs from another name only in case"
        if reason and not auto:
            raise VariableError(f"variable {name!r} {reason} in {program}; rename it, or write with rename='auto'")
        new = _mended(name, target, taken | (fine - {_key(name, target)})) if reason else name
        taken.add(_key(new, target))
        chosen[name] = new
    return chosen


def _key(name: str, target: Target) -> str:
    return name.lower() if target == "spss" else name


def _mended(name: str, target: Target, taken: set[str]) -> str:
    allowed = r"[^\w.@#$]" if target == "spss" else r"[^\w]"
    base = re.sub(allowed, "_", unicodedata.normalize("NFC", name)).rstrip(".") or "v"
    if refusal(base[0], target):
        base = f"v{base}"
    base = _cut(base, target, 0)
    if refusal(base, target):
        base = f"{base}_"
    new, number = base, 1
    while _key(new, target) in taken:
        number += 1
        new = f"{_cut(base, target, len(str(number)) + 1)}_{number}"
    return new


def _cut(name: str, target: Target, reserve: int) -> str:
    if target == "stata":
        return name[: 32 - reserve]
    return name.encode()[: 64 - reserve].decode("utf-8", "ignore")
