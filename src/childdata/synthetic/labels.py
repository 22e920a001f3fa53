"""What do the variables of the invented files mean, in English and in Russian?

The words are data: `data/labels_<book>_<section>.toml`, a book for a survey and a section for a file, with
`common` for what several files carry and `labels_codes.toml` for lists of value labels that all share.
`[variables]` gives label, Russian label and list of codes; `[[families]]` does it for variables whose
names follow a pattern (EC5AA ... EC5FX).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from childdata.errors import DefinitionError, nearest
from childdata.synthetic.belarus import load

Language = Literal["en", "ru"]


@dataclass(frozen=True, slots=True)
class Label:
    """A variable's label and its value labels, in one language."""

    text: str
    values: Mapping[Any, str]


def labels(book: str, section: str, names: Iterable[str], lang: Language) -> dict[str, Label]:
    """The labels of the variables of one file; DefinitionError names a variable that has none."""
    entries = _entries(book, section)
    result: dict[str, Label] = {}
    for name in names:
        if name not in entries:
            raise DefinitionError(
                f"labels_{book}_{section}.toml has no label for {name!r}{nearest(name, entries)}; add one"
            )
        text = entries[name][0 if lang == "en" else 1]
        result[name] = Label(text, _values(book, section, entries[name][2], lang) if len(entries[name]) > 2 else {})
    return result


def _tables(book: str, section: str) -> tuple[dict[str, Any], ...]:
    return load("labels_codes"), load(f"labels_{book}_common"), load(f"labels_{book}_{section}")


@cache
def _values(book: str, section: str, name: str, lang: Language) -> Mapping[Any, str]:
    lists: dict[str, Any] = {}
    for table in _tables(book, section):
        lists.update(table.get("codes", {}))
    if name not in lists:
        raise DefinitionError(f"labels_{book}_{section}.toml: no list of codes {name!r}{nearest(name, lists)}")
    column = 1 if lang == "en" else 2
    return {row[0] if isinstance(row[0], str) else float(row[0]): row[column] for row in lists[name]}


@cache
def _entries(book: str, section: str) -> Mapping[str, list[str]]:
    entries: dict[str, list[str]] = {}
    for table in _tables(book, section):
        entries.update(table.get("variables", {}))
        for family in table.get("families", []):
            entries.update(_family(family))
    return entries


def _family(family: Mapping[str, Any]) -> dict[str, list[str]]:
    entries = {}
    for items in itertools.product(*family["items"]):
        suffixes = [item[0] for item in items]
        texts = [family[lang].format(*(item[place] for item in items)) for place, lang in ((1, "en"), (2, "ru"))]
        entries[family["name"].format(*suffixes)] = [*texts, family["codes"]] if "codes" in family else texts
    return entries
