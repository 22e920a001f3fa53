"""A Dataset as parquet with its metadata beside it: the one format that keeps everything, and the fastest to
read.

`data.parquet` holds the answers, and the reasons in columns of their own; `data.parquet.json` holds labels,
codes, notes and sets, readable by people and by any program. A parquet file without that companion is read
as plain data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import polars as pl

from childdata.errors import ReadError
from childdata.expression import find_name
from childdata.microdata.labels import Kind, MultipleResponse, Variable

LAYOUT = 1


class Part(Protocol):
    """What is stored: a Dataset, seen from here."""

    @property
    def frame(self) -> pl.DataFrame: ...
    @property
    def variables(self) -> Mapping[str, Variable]: ...
    @property
    def reasons(self) -> pl.DataFrame: ...


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
        "unit": getattr(data, "unit", None),
        "source": getattr(data, "source", path.name),
        "notes": list(getattr(data, "notes", ())),
        "variables": [_variable_to_json(data.variables[name]) for name in data.frame.columns],
        "reasons": reasons,
        "sets": [
            {"name": one.name, "label": one.label, "variables": list(one.variables), "counted": one.counted}
            for one in getattr(data, "sets", ())
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

    Raises ReadError if either file is damaged, VariableError for an unknown name.
    """
    facts = _facts(path)
    reasons: dict[str, str] = facts.get("reasons", {})
    try:
        names = [name for name in pl.read_parquet_schema(path) if name not in reasons.values()]
        wanted = names if columns is None else [find_name(name, names, place=path.name) for name in columns]
        wanted = list(dict.fromkeys(wanted))
        beside = {name: reasons[name] for name in wanted if name in reasons}
        table = pl.read_parquet(path, columns=[*wanted, *beside.values()], memory_map=False)
    except (pl.exceptions.PolarsError, OSError) as damaged:
        raise ReadError(
            f"{path.name} cannot be read as parquet ({type(damaged).__name__}): the file is damaged"
        ) from None
    kept = pl.DataFrame([table.get_column(column).alias(name) for name, column in beside.items()])
    variables = {one["name"]: one for one in facts.get("variables", [])}
    return {
        "frame": table.select(wanted),
        "variables": {name: _variable_from_json(variables[name], path) for name in wanted if name in variables},
        "reasons": kept,
        "unit": facts.get("unit"),
        "notes": tuple(facts.get("notes", ())),
        "sets": tuple(
            MultipleResponse(one["name"], one["label"], tuple(one["variables"]), one["counted"])
            for one in facts.get("sets", [])
        ),
    }


def stored_variables(path: Path) -> tuple[int, dict[str, Variable], pl.Schema]:
    """Rows, variables and types of a stored file, without its rows."""
    facts = _facts(path)
    beside = set(facts.get("reasons", {}).values())
    try:
        rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
        schema = {name: dtype for name, dtype in pl.read_parquet_schema(path).items() if name not in beside}
    except (pl.exceptions.PolarsError, OSError) as damaged:
        raise ReadError(
            f"{path.name} cannot be read as parquet ({type(damaged).__name__}): the file is damaged"
        ) from None
    known = {one["name"]: _variable_from_json(one, path) for one in facts.get("variables", [])}
    return rows, known, pl.Schema(schema)


def _facts(path: Path) -> dict[str, Any]:
    beside = companion(path)
    if not beside.is_file():
        return {}
    try:
        facts = json.loads(beside.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        raise ReadError(f"{beside.name} is not sound JSON; delete it to read {path.name} as plain data") from None
    if not isinstance(facts, dict) or facts.get("childdata") != LAYOUT:
        raise ReadError(f"{beside.name} does not describe {path.name} in a known layout; delete it to read plain data")
    return facts


def _variable_from_json(one: dict[str, Any], path: Path) -> Variable:
    try:
        return Variable(
            name=str(one["name"]),
            label=str(one["label"]),
            value_labels={code: str(label) for code, label in one["value_labels"]},
            missing_codes=tuple(one["missing_codes"]),
            missing_ranges=tuple((float(low), float(high)) for low, high in one["missing_ranges"]),
            kind=cast(Kind, one["kind"]),
            unit=one["unit"],
            format=one["format"],
            measure=one["measure"],
        )
    except (KeyError, TypeError, ValueError):
        raise ReadError(f"{companion(path).name} does not describe its variables soundly") from None
