"""The rows of a statistical program's file as a Dataset: .sav .zsav .por .dta .xpt.

Only the wanted variables are read. Codes declared missing are taken out and kept beside as reasons, Stata's tags
likewise; numbers that are dates by their format become dates; and whatever was decided on the way is noted.
"""

from __future__ import annotations

import importlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from childdata.errors import ReadError
from childdata.expression import find_name
from childdata.microdata.dataset import Dataset
from childdata.microdata.labels import Variable, Variables
from childdata.microdata.masking import Column, values_and_reasons
from childdata.microdata.readers.code_pages import CANDIDATES, misread
from childdata.microdata.readers.description import PROGRAMS, Description, Options, desk, refusal, size_text
from childdata.microdata.readers.process import private_folder
from childdata.words import word


def read_rows(
    found: Description,
    options: Options,
    *,
    offset: int = 0,
    rows: int | None = None,
    slice_only: bool = False,
) -> Dataset:
    """The rows of the wanted variables as a Dataset.

    Raises ReadError if they would take more than `options.limit` bytes, VariableError for an unknown name.
    """
    names = list(found.variables)
    if options.columns is None:
        wanted = names
    else:
        wanted = [find_name(name, names, place=found.path.name) for name in options.columns]
        if not wanted:
            raise ReadError(f"no variable of {found.path.name} was asked for: columns= is empty")
    position = {name: i for i, name in enumerate(names)}
    chosen = sorted({position[name] for name in wanted})
    expected = rows if slice_only else found.rows
    _check_size(found, expected, len(chosen), options)
    table, tags, encoding = _rows(found, options, chosen, offset, rows, expected or 0)
    notes = list(found.notes) if encoding == found.encoding else [*found.notes, _data_note(found, encoding)]
    values: dict[str, pl.Series] = {}
    reasons: dict[str, pl.Series] = {}
    variables: list[Variable] = []
    for place, i in enumerate(chosen):
        raw = _redecoded(table.to_series(place), found.redecode).alias(names[i])
        column = Column(raw, found.variables[names[i]], PROGRAMS[found.format], tags.get(place))
        whole = options.whole_numbers and found.format in ("sav", "por")
        shown, reason, variable, said = values_and_reasons(
            column, keep_codes=options.missing == "codes", whole_numbers=whole
        )
        values[names[i]] = shown
        variables.append(variable)
        notes += said
        if reason is not None:
            reasons[names[i]] = reason
    unique = list(dict.fromkeys(wanted))
    if reasons:
        count = sum(len(reason) - reason.null_count() for reason in reasons.values())
        notes.append(word("told.set_aside", count=count, variables=len(reasons)))
    by_name = {variable.name: variable for variable in variables}
    return Dataset(
        frame=pl.DataFrame([values[name] for name in unique]),
        variables=Variables((by_name[name] for name in unique), place=found.path.name),
        reasons=pl.DataFrame([reasons[name] for name in unique if name in reasons]),
        source=found.path.name,
        notes=tuple(notes),
        sets=tuple(one for one in found.header.sets if set(one.variables) & set(unique)),
    )


def _check_size(found: Description, rows: int | None, columns: int, options: Options) -> None:
    if rows is not None and rows * columns * 8 > options.limit:
        raise ReadError(
            f"{found.path.name} unfolds to {rows} rows x {columns} variables, {size_text(rows * columns * 8)}, "
            f"more than the limit of {size_text(options.limit)}; give a higher limit=, fewer columns=, "
            "or use read_chunks"
        )


def _data_note(found: Description, encoding: str | None) -> str:
    return word("told.encoding_answers", source=found.path.name, encoding=encoding)


def _rows(
    found: Description, options: Options, chosen: list[int], offset: int, rows: int | None, expected: int
) -> tuple[pl.DataFrame, dict[int, pl.DataFrame], str | None]:
    """The raw columns, the tags by column, and the code page in which the answers turned out to be."""
    asked = desk(found.path, options, expected * len(chosen))
    request: dict[str, Any] = {
        "do": "unpack",
        "path": str(found.path),
        "format": found.format,
        "names": [found.raw_names[i] for i in chosen],
        "whole": len(chosen) == len(found.raw_names),
        "types": [found.types[i] for i in chosen],
        "widths": [min(found.widths[i], 1_000_000) for i in chosen],
        "offset": offset,
        "rows": rows if rows is not None else found.rows,
        "unreadable_names": found.header.unreadable_names,
        "packed": found.format == "por" or found.header.packed,
    }
    encoding = found.encoding
    texts = [place for place, i in enumerate(chosen) if found.types[i] == "string"]
    judged = options.encoding is not None or found.format == "por" or found.redecode is not None
    for _ in range(3):
        folder = private_folder()
        try:
            reply = asked.ask(**request, encoding=encoding, folder=str(folder))
            if reply.get("error") == "encoding" and not judged and encoding != CANDIDATES[0]:
                encoding = CANDIDATES[0]
                continue
            if "error" in reply:
                raise refusal(found.path, reply)
            table, tags = _collect(folder, len(chosen), reply)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        better = None if judged else misread(_sample(table, texts), encoding or found.declared)
        if better is None or better == encoding:
            break
        encoding, judged = better, True
    else:
        raise refusal(found.path, {"error": "encoding", "message": ""})
    return table, tags, encoding


def _sample(table: pl.DataFrame, texts: list[int]) -> list[str]:
    found: list[str] = []
    for place in texts:
        found += [text for text in table.to_series(place).unique().head(500).to_list() if text]
    return found


def _collect(folder: Path, columns: int, reply: dict[str, Any]) -> tuple[pl.DataFrame, dict[int, pl.DataFrame]]:
    pa: Any = importlib.import_module("pyarrow")
    table = _mapped(pa, folder / "values.arrow")
    tags: dict[int, pl.DataFrame] = {}
    if reply["tags"]:
        sparse = _mapped(pa, folder / "tags.arrow")
        for place in range(columns):
            own = sparse.filter(pl.col("column") == place)
            if own.height:
                tags[place] = own
    return table, tags


def _mapped(pa: Any, path: Path) -> pl.DataFrame:
    # Windows does not delete a file while it is mapped: the answers would stay in the temporary folder
    opened = pa.OSFile(str(path), "rb") if os.name == "nt" else pa.memory_map(str(path), "r")
    with opened as source:
        read = pl.from_arrow(pa.ipc.open_file(source).read_all(), rechunk=True)
    return read if isinstance(read, pl.DataFrame) else read.to_frame()


def _redecoded(raw: pl.Series, codec: str | None) -> pl.Series:
    if codec is None or raw.dtype != pl.String:
        return raw
    mended = {}
    for text in raw.unique().to_list():
        with suppress(AttributeError):
            mended[text] = text.encode("latin-1", "replace").decode(codec, "replace").rstrip("�")
    return raw.replace(mended)
