"""A Dataset as parquet with its metadata beside it: the one format that keeps everything, and the fastest to
read.

`data.parquet` holds the answers, and the reasons in columns of their own; `data.parquet.json` holds labels,
codes, notes and sets, readable by people and by any program. A parquet file without that companion is read
as plain data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

import polars as pl

from childdata.errors import ReadError
from childdata.expression import find_name
from childdata.microdata.labels import Code, Kind, MultipleResponse, Part, Variable

LAYOUT = 1


def companion(path: Path) -> Path:
    """Where the metadata of a parquet file stands."""
    return path.with_name(path.name + ".json")


def write_stored(data: Part, path: Path) -> None:
    """Write `path` and its companion."""
    taken = set(data.frame.columns)
    reasons: dict[str, str] = {}
    for name in data.reasons.columns:
        column = f"{name} (reason)"
        while column in taken:
            column += "'"
        taken.add(column)
        reasons[name] = column
    renamed = [data.reasons.get_column(name).alias(column) for name, column in reasons.items()]
    data.frame.with_columns(renamed).write_parquet(path)
    facts = {
        "childdata": LAYOUT,
        "unit": data.unit,
        "source": data.source,
        "notes": list(data.notes),
        "variables": [_variable_to_json(data.variables[name]) for name in data.frame.columns],
        "reasons": reasons,
        "sets": [
            {"name": one.name, "label": one.label, "variables": list(one.variables), "counted": one.counted}
            for one in data.sets
        ],
    }
    companion(path).write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")


def _variable_to_json(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "label": variable.label,
        "kind": variable.kind,
        "value_labels": [[code, label] for code, label in variable.value_labels.items()],
        "missing_codes": list(variable.missing_codes),
        # JSON has no infinity: an open end is a word
        "missing_ranges": [[_bound(low), _bound(high)] for low, high in variable.missing_ranges],
        "unit": variable.unit,
        "format": variable.format,
        "measure": variable.measure,
    }


def _bound(value: float) -> float | str:
    return value if abs(value) != float("inf") else str(value)


def read_stored(path: Path, columns: Sequence[str] | None) -> dict[str, Any]:
    """The parts of a Dataset: frame, variables, reasons, unit, notes, sets.

    Raises ReadError if either file is damaged, or they do not belong together, VariableError for an unknown
    name.
    """
    facts, schema = _companion_facts(path), _schema(path)
    _check_reasons(facts, schema, path)
    names = [name for name in schema if name not in facts.reasons.values()]
    wanted = names if columns is None else [find_name(name, names, place=path.name) for name in columns]
    wanted = list(dict.fromkeys(wanted))
    beside = {name: facts.reasons[name] for name in wanted if name in facts.reasons}
    try:
        table = pl.read_parquet(path, columns=[*wanted, *beside.values()], memory_map=False)
    except (pl.exceptions.PolarsError, OSError) as damaged:
        raise _damaged(path, damaged) from None
    return {
        "frame": table.select(wanted),
        "variables": {name: facts.variables[name] for name in wanted if name in facts.variables},
        "reasons": pl.DataFrame([table.get_column(column).alias(name) for name, column in beside.items()]),
        "unit": facts.unit,
        "notes": facts.notes,
        "sets": facts.sets,
    }


def stored_variables(path: Path) -> tuple[int, dict[str, Variable], pl.Schema]:
    """Rows, variables and types of a stored file, without its rows.

    Raises ReadError as `read_stored` does.
    """
    facts, schema = _companion_facts(path), _schema(path)
    _check_reasons(facts, schema, path)
    try:
        rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as damaged:
        raise _damaged(path, damaged) from None
    beside = set(facts.reasons.values())
    return rows, facts.variables, pl.Schema({name: dtype for name, dtype in schema.items() if name not in beside})


def _schema(path: Path) -> dict[str, pl.DataType]:
    try:
        return dict(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, OSError) as damaged:
        raise _damaged(path, damaged) from None


def _damaged(path: Path, damaged: Exception) -> ReadError:
    return ReadError(f"{path.name} cannot be read as parquet ({type(damaged).__name__}): the file is damaged")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a companion says, checked; without a companion nothing."""

    variables: dict[str, Variable] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    unit: str | None = None
    notes: tuple[str, ...] = ()
    sets: tuple[MultipleResponse, ...] = ()


def _companion_facts(path: Path) -> Facts:
    """The companion of a parquet file, every part of it of the kind that it has to be; ReadError if not."""
    beside = companion(path)
    if not beside.is_file():
        return Facts()
    try:
        said = json.loads(beside.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError):
        raise ReadError(f"{beside.name} is not sound JSON; delete it to read {path.name} as plain data") from None
    if not isinstance(said, dict) or said.get("childdata") != LAYOUT:
        raise ReadError(f"{beside.name} does not describe {path.name} in a known layout; delete it to read plain data")
    try:
        variables = [_variable_from_json(one) for one in _list(said.get("variables", []))]
        return Facts(
            variables={one.name: one for one in variables},
            reasons={name: _text(column) for name, column in _dict(said.get("reasons", {})).items()},
            unit=_text_or_none(said.get("unit")),
            notes=tuple(_text(note) for note in _list(said.get("notes", []))),
            sets=tuple(_set_from_json(one) for one in _list(said.get("sets", []))),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ReadError(
            f"{beside.name} does not describe its variables soundly; delete it to read {path.name} as plain data"
        ) from None


def _check_reasons(facts: Facts, schema: Mapping[str, pl.DataType], path: Path) -> None:
    """ReadError unless each reason stands in a column of its own, beside the variable it belongs to."""
    beside = list(facts.reasons.values())
    strays = [
        name
        for name, column in facts.reasons.items()
        if name not in schema
        or column not in schema
        or name in beside
        or column in facts.variables
        or not (schema[column] == pl.String or schema[column].is_numeric())
    ]
    if strays or len(set(beside)) < len(beside):
        raise ReadError(
            f"{companion(path).name} names columns of reasons that {path.name} does not have; delete it to read "
            f"{path.name} as plain data"
        )


def _variable_from_json(said: Any) -> Variable:
    one = _dict(said)
    return Variable(
        name=_text(one["name"]),
        label=_text(one["label"]),
        value_labels={_code(code): _text(label) for code, label in map(_pair, _list(one["value_labels"]))},
        missing_codes=tuple(_code(code) for code in _list(one["missing_codes"])),
        missing_ranges=tuple((_end(low), _end(high)) for low, high in map(_pair, _list(one["missing_ranges"]))),
        kind=_kind(one["kind"]),
        unit=_text_or_none(one["unit"]),
        format=_text_or_none(one["format"]),
        measure=_text_or_none(one["measure"]),
    )


def _set_from_json(said: Any) -> MultipleResponse:
    one = _dict(said)
    members = tuple(_text(name) for name in _list(one["variables"]))
    return MultipleResponse(_text(one["name"]), _text(one["label"]), members, _text_or_none(one["counted"]))


def _dict(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise TypeError
    return said


def _list(said: Any) -> list[Any]:
    if not isinstance(said, list):
        raise TypeError
    return said


def _pair(said: Any) -> tuple[Any, Any]:
    first, second = _list(said)
    return first, second


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise TypeError
    return said


def _text_or_none(said: Any) -> str | None:
    return None if said is None else _text(said)


def _code(said: Any) -> Code:
    return said if isinstance(said, str) else _number(said)


def _number(said: Any) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise TypeError
    return float(said)


def _end(said: Any) -> float:
    """A bound of a range; an open one is a word."""
    return float(said) if said in ("inf", "-inf") else _number(said)


def _kind(said: Any) -> Kind:
    for kind in get_args(Kind):
        if said == kind:
            return cast(Kind, kind)
    raise ValueError
