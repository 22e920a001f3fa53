"""How two files are put side by side: which rows belong together, and may a row be doubled by it?

Keys may have different names and types (1, 1.0, "A " and "A" are met as they are meant); a missing key
matches nothing; the relation that is promised is checked, unmatched rows are counted, and two different
variables of one name are an error rather than a silent `_x`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from childdata.errors import VariableError
from childdata.expression import find_name
from childdata.microdata.labels import Part, Variable
from childdata.words import word

How = Literal["left", "inner", "right", "full"]
Relation = Literal["one-to-one", "many-to-one", "one-to-many", "many-to-many"]

_LEFT_ROW, _RIGHT_ROW = "\0left row", "\0right row"


@dataclass(frozen=True, slots=True)
class Joined:
    """The result of a join: rows, variables, reasons and the sentence that counts what did not match."""

    frame: pl.DataFrame
    variables: tuple[Variable, ...]
    reasons: pl.DataFrame
    note: str


def join_parts(
    left: Part,
    right: Part,
    *,
    on: Mapping[str, str] | Sequence[str] | str,
    how: How,
    relation: Relation,
    suffix: str | None,
) -> Joined:
    """Rows of `left` with those of `right` whose keys are equal, in the order of `left`.

    Raises VariableError for an unknown key, keys that cannot be compared, a broken relation or a clash of
    names.
    """
    keys = _keys(left, right, on)
    left_keys = _comparable(left, right, list(keys.items()))
    right_keys = _comparable(right, left, [(theirs, ours) for ours, theirs in keys.items()])
    names = left_keys.columns
    _check_relation(left, left_keys, right, right_keys, keys, relation)
    rows = left_keys.with_row_index(_LEFT_ROW).join(
        right_keys.with_row_index(_RIGHT_ROW), on=names, how=how, maintain_order="left_right", coalesce=True
    )
    taken = _new_names(left, right, set(keys.values()), suffix)
    frame = _side_by_side(left.frame, right.frame, rows, taken)
    frame = _fill_keys(frame, right.frame, rows, keys)
    reasons = (
        _side_by_side(left.reasons, right.reasons, rows, taken)
        if left.reasons.width + right.reasons.width
        else pl.DataFrame()
    )
    mine = [left.variables[name] for name in left.frame.columns]
    theirs = [replace(right.variables[name], name=new) for name, new in taken.items()]
    return Joined(frame, (*mine, *theirs), reasons, _note(left, right, left_keys, right_keys, rows))


def _keys(left: Part, right: Part, on: Mapping[str, str] | Sequence[str] | str) -> dict[str, str]:
    if isinstance(on, str):
        on = [on]
    pairs = on if isinstance(on, Mapping) else {name: name for name in on}
    if not pairs:
        raise VariableError(
            f"by which variables {left.source} and {right.source} are to be joined is missing: give on="
        )
    return {
        find_name(ours, left.frame.columns, place=left.source): find_name(
            theirs, right.frame.columns, place=right.source
        )
        for ours, theirs in pairs.items()
    }


def _comparable(part: Part, other: Part, keys: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """The keys of one side, in types in which both sides can be compared."""
    columns: list[pl.Series] = []
    for name, counterpart in keys:
        mine, theirs = part.frame.get_column(name), other.frame.get_column(counterpart)
        if mine.dtype == pl.String and theirs.dtype == pl.String:
            stripped = mine.str.strip_chars_end(" ")
            columns.append(pl.select(pl.when(stripped != "").then(stripped)).to_series())
        elif _is_number(mine) and _is_number(theirs):
            both_whole = mine.dtype.is_integer() and theirs.dtype.is_integer()
            columns.append(mine.cast(pl.Int64) if both_whole else mine.cast(pl.Float64).fill_nan(None))
        elif mine.dtype == theirs.dtype:
            columns.append(mine)
        else:
            kinds = f"{_word(mine)} in {part.source} and {_word(theirs)} in {other.source}"
            raise VariableError(
                f"key {name!r} is {kinds}, so that no row can match; read one of them otherwise, "
                f"for example with read(..., numbers=[{(name if mine.dtype == pl.String else counterpart)!r}])"
            )
    return pl.DataFrame([column.alias(f"\0key {i}") for i, column in enumerate(columns)])


def _is_number(column: pl.Series) -> bool:
    return column.dtype.is_numeric() or column.dtype == pl.Boolean


def _word(column: pl.Series) -> str:
    if column.dtype == pl.String:
        return "text"
    return "a number" if _is_number(column) else f"a {column.dtype}"


def _check_relation(
    left: Part,
    left_keys: pl.DataFrame,
    right: Part,
    right_keys: pl.DataFrame,
    keys: Mapping[str, str],
    relation: Relation,
) -> None:
    if relation not in ("one-to-one", "many-to-one", "one-to-many", "many-to-many"):
        raise VariableError(
            f"relation={relation!r} is none of 'one-to-one', 'many-to-one', 'one-to-many', 'many-to-many'"
        )
    ours, theirs = relation.split("-to-")
    for side, part, part_keys, names in (
        (ours, left, left_keys, list(keys)),
        (theirs, right, right_keys, list(keys.values())),
    ):
        if side == "many":
            continue
        known = part_keys.drop_nulls()
        repeated = known.height - known.n_unique()
        if repeated:
            raise VariableError(
                f"a {relation} join needs keys that occur once in {part.source}, but {repeated} of its "
                f"{part.frame.height} rows repeat a key ({', '.join(names)}) and would double rows; add a key, "
                f"aggregate first, or say relation={'many-to-many' if side == ours == theirs else _wider(relation)!r}"
            )


def _wider(relation: Relation) -> str:
    return {"one-to-one": "many-to-one", "many-to-one": "many-to-many", "one-to-many": "many-to-many"}[relation]


def _new_names(left: Part, right: Part, keys: set[str], suffix: str | None) -> dict[str, str]:
    """Names of the right side's variables in the result, keys left out."""
    present = set(left.frame.columns)
    others = [name for name in right.frame.columns if name not in keys]
    clashes = [name for name in others if name in present]
    if clashes and suffix is None:
        shown = ", ".join(repr(name) for name in clashes[:5]) + (" ..." if len(clashes) > 5 else "")
        raise VariableError(
            f"{len(clashes)} variables are in both {left.source} and {right.source}: {shown}; "
            "give suffix= to rename the second ones, or select() fewer"
        )
    taken = {name: f"{name}{suffix}" if name in present else name for name in others}
    if len({*taken.values(), *present}) < len(taken) + len(present):
        raise VariableError(f"suffix={suffix!r} makes two variables of one name; choose another")
    return taken


def _side_by_side(
    left: pl.DataFrame, right: pl.DataFrame, rows: pl.DataFrame, taken: Mapping[str, str]
) -> pl.DataFrame:
    columns = [column.gather(rows[_LEFT_ROW]) for column in left.iter_columns()]
    for name, new in taken.items():
        if name in right.columns:
            columns.append(right.get_column(name).gather(rows[_RIGHT_ROW]).alias(new))
    return pl.DataFrame(columns)


def _fill_keys(frame: pl.DataFrame, right: pl.DataFrame, rows: pl.DataFrame, keys: Mapping[str, str]) -> pl.DataFrame:
    """Keys of rows that only the right side has, under the left side's names."""
    alone = rows[_LEFT_ROW].is_null()
    if not alone.any():
        return frame
    filled = []
    for ours, theirs in keys.items():
        other = right.get_column(theirs).gather(rows[_RIGHT_ROW])
        mine = frame.get_column(ours)
        common = mine.dtype if mine.dtype == other.dtype else pl.Float64()
        chosen = pl.when(pl.Series(alone)).then(other.cast(common)).otherwise(mine.cast(common))
        filled.append(pl.select(chosen).to_series().alias(ours))
    return frame.with_columns(filled)


def _note(left: Part, right: Part, left_keys: pl.DataFrame, right_keys: pl.DataFrame, rows: pl.DataFrame) -> str:
    matched = rows.filter(pl.col(_LEFT_ROW).is_not_null() & pl.col(_RIGHT_ROW).is_not_null())
    return word(
        "told.joined",
        left=left.source,
        left_alone=left.frame.height - matched[_LEFT_ROW].n_unique(),
        left_rows=left.frame.height,
        left_missing=left_keys.height - left_keys.drop_nulls().height,
        right=right.source,
        right_alone=right.frame.height - matched[_RIGHT_ROW].n_unique(),
        right_rows=right.frame.height,
        right_missing=right_keys.height - right_keys.drop_nulls().height,
    )
