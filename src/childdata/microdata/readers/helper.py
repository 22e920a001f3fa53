"""The helper process: reads .sav .zsav .por .dta .xpt with pyreadstat, far from the user's notebook.

What may a damaged file do? The C reader can crash on one, run for ever, or ask for all the memory there is.
So this file is a program of its own: it imports nothing but the standard library, numpy, pyreadstat and
pyarrow, is started once as `python -I helper.py`, takes one JSON request per line on its standard input,
answers each with "started" and then one JSON line, and ends when its input ends. Rows travel through an Arrow
file, read and written in slices, so that memory stays constant. Where no process can be started, the same
`answer` is called in the user's process.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

SLICE_BYTES = 48_000_000  # of one slice as doubles; Python's objects take about four times as much
PACKED_SLICE_BYTES = 160_000_000  # where rows are packed, all those before a slice must be unpacked again
SPARE_BYTES = 1_500_000_000  # address space beyond the present one that a request may always use
TEXT_BYTES = 32  # assumed width of a text variable when the size is estimated

Request = dict[str, Any]
Reply = dict[str, Any]


def answer(request: Request) -> Reply:
    """The reply to one request: what was asked for, or {"error": kind, "message": text}, never an exception.

    Kinds of error: "encoding" (the bytes are not text in the code page tried), "limit" (too large), "file".
    """
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            reply = describe(request) if request["do"] == "describe" else unpack(request)
        reply["warnings"] = [str(one.message) for one in caught if "duplicated" in str(one.message)]
        return reply
    except MemoryError:
        return {"error": "limit", "message": "more memory is needed than the limit allows"}
    except TooLargeError as too_large:
        return {"error": "limit", "message": str(too_large)}
    except Exception as problem:
        return {"error": _kind_of(problem), "message": _said(problem)}


class TooLargeError(Exception):
    """The rows unpacked so far take more than the limit."""


def _kind_of(problem: BaseException) -> str:
    chain: BaseException | None = problem
    while chain is not None:
        if isinstance(chain, UnicodeError):
            return "encoding"
        chain = chain.__cause__ or chain.__context__
    said = str(problem).lower()
    if "allocate memory" in said:
        return "limit"
    unreadable = ("convert string", "character set", "requested encoding")
    return "encoding" if any(words in said for words in unreadable) else "file"


def _said(problem: BaseException) -> str:
    # only the C reader's own sentences are passed on: others might quote a value of the file
    if type(problem).__name__ in {"ReadstatError", "PyreadstatError"}:
        return str(problem)
    return type(problem).__name__


class _Patched(io.RawIOBase):
    """A file of which four bytes are other than on the disk."""

    def __init__(self, path: str, place: int, instead: bytes) -> None:
        self._file = Path(path).open("rb")  # noqa: SIM115
        self._place, self._instead = place, instead

    def read(self, size: int = -1) -> bytes:
        start = self._file.tell()
        found = self._file.read(size)
        if start < self._place + len(self._instead) and start + len(found) > self._place:
            patched = bytearray(found)
            for i, byte in enumerate(self._instead):
                if 0 <= self._place + i - start < len(found):
                    patched[self._place + i - start] = byte
            return bytes(patched)
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()


def _source(request: Request) -> Any:
    """The path; or the file with its record of long names made one that the C reader skips."""
    place = request.get("unreadable_names")
    return request["path"] if place is None else _Patched(request["path"], place, b"\x63\0\0\0")


def _parse(request: Request, **options: Any) -> tuple[dict[str, list[Any]], Any]:
    shared: dict[str, Any] = {"output_format": "dict", "disable_datetime_conversion": True, **options}
    if request["encoding"] and request["format"] != "por":
        shared["encoding"] = request["encoding"]
    source = _source(request)
    try:
        return _reader(request["format"])(source, **shared)
    finally:
        if isinstance(source, _Patched):
            source.close()


def _reader(form: str) -> Callable[..., tuple[Any, Any]]:
    """The function of pyreadstat that reads a format and keeps the codes declared missing."""
    import pyreadstat
    import pyreadstat.pyreadstat as internal

    if form in ("sav", "dta"):
        return partial(pyreadstat.read_dta if form == "dta" else pyreadstat.read_sav, user_missing=True)
    # the public read_por and read_xport lose the codes declared missing and SAS's special missing values
    entry = getattr(internal, "parser_entry_point", None)
    if entry is not None:
        return partial(entry, parser_format=form, user_missing=True)
    return pyreadstat.read_por if form == "por" else pyreadstat.read_xport


def describe(request: Request) -> Reply:
    """Everything a file says about itself: variables in order, rows (None: unknown), code page, sets."""
    _, found = _parse(request, metadataonly=True)
    names: list[str] = list(found.column_names)
    if None in names:
        raise ValueError("a variable has no name")
    return {
        "rows": found.number_rows,
        "names": names,
        "labels": list(found.column_labels),
        "value_labels": [
            [(code, label or "") for code, label in found.variable_value_labels.get(name, {}).items()] for name in names
        ],
        "missing": [_ranges(found.missing_ranges.get(name, [])) for name in names],
        "types": [found.readstat_variable_types[name] for name in names],
        "formats": [found.original_variable_types[name] for name in names],
        "measures": [found.variable_measure.get(name) for name in names],
        "widths": [found.variable_storage_width.get(name, 8) for name in names],
        "encoding": found.file_encoding,
        "file_label": found.file_label,
        "sets": list(found.mr_sets),
    }


def _ranges(declared: list[dict[str, Any]]) -> list[list[Any]]:
    return [[one["lo"], one["hi"]] for one in declared]


def unpack(request: Request) -> Reply:
    """Write the rows into `values.arrow` (columns v0, v1, ...) and the tags into `tags.arrow`; the count of
    rows.

    `tags.arrow` is sparse: column, row and letter of each tagged missing value (Stata's .a, SAS's .A).
    """
    pa: Any = importlib.import_module("pyarrow")
    folder = Path(request["folder"])
    schema = pa.schema([(f"v{i}", _arrow_type(pa, kind)) for i, kind in enumerate(request["types"])])
    tag_schema = pa.schema([("column", pa.int32()), ("row", pa.int64()), ("letter", pa.int8())])
    rows = size = tags = 0
    with (
        pa.OSFile(str(folder / "values.arrow"), "wb") as value_sink,
        pa.ipc.new_file(value_sink, schema) as values,
        pa.OSFile(str(folder / "tags.arrow"), "wb") as tag_sink,
        pa.ipc.new_file(tag_sink, tag_schema) as tagged,
    ):
        for columns in _slices(request):
            batch, tag_batch = _to_arrow(pa, columns, schema, tag_schema, rows)
            values.write_batch(batch)
            if tag_batch.num_rows:
                tagged.write_batch(tag_batch)
            rows += batch.num_rows
            tags += tag_batch.num_rows
            size += batch.nbytes
            if size > request["limit"]:
                raise TooLargeError(f"the first {rows} rows already take {size} bytes")
    return {"rows": rows, "tags": tags}


def _arrow_type(pa: Any, kind: str) -> Any:
    if kind == "string":
        return pa.large_string()
    return pa.int32() if kind.startswith("int") else pa.float64()


def _slices(request: Request) -> Iterator[list[list[Any]]]:
    """The columns, some rows at a time, until the rows asked for are read or the file ends."""
    widths = [TEXT_BYTES if kind == "string" else 8 for kind in request["types"]]
    widest = sum(max(width, declared) for width, declared in zip(widths, request["widths"], strict=True))
    room = PACKED_SLICE_BYTES if request["packed"] else SLICE_BYTES
    step = int(min(max(room // max(sum(widths), 1), 200), max(4 * room // max(widest, 1), 1)))
    done, offset, wanted = 0, request["offset"], request["rows"]
    while wanted is None or done < wanted:
        asked = step if wanted is None else min(step, wanted - done)
        some = None if request["whole"] else request["names"]
        columns, _ = _parse(request, usecols=some, row_offset=offset + done, row_limit=asked)
        got = len(columns[request["names"][0]])
        if got:
            yield [columns[name] for name in request["names"]]
        done += got
        if got < asked:
            return


def _to_arrow(pa: Any, columns: list[list[Any]], schema: Any, tag_schema: Any, before: int) -> tuple[Any, Any]:
    arrays, where, rows, letters = [], [], [], []
    for i, column in enumerate(columns):
        columns[i] = []
        kind = schema.field(i).type
        try:
            arrays.append(pa.array(column, kind))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            for row, value in enumerate(column):
                if isinstance(value, str):
                    where.append(i)
                    rows.append(before + row)
                    letters.append(ord(value[0].lower()) if value else 0)
                    column[row] = None
            arrays.append(pa.array(column, kind))
    sparse = [pa.array(where, pa.int32()), pa.array(rows, pa.int64()), pa.array(letters, pa.int8())]
    return pa.record_batch(arrays, schema=schema), pa.record_batch(sparse, schema=tag_schema)


def _hold_memory(limit: int) -> None:
    """Let this process grow by `limit` bytes and no further; only Linux counts address space reliably."""
    if not sys.platform.startswith("linux"):
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    present = pages * os.sysconf("SC_PAGE_SIZE")
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = present + max(limit, SPARE_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))


def _hold_time(seconds: float) -> None:
    """Let the system end this process if a request hangs and the parent, who would end it, is gone."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds + 2.0 if seconds else 0.0)


def serve() -> None:
    """Answer requests until the input ends: the parent is gone, so its temporary folder goes too."""
    extra_paths, folder = json.loads(sys.argv[1])
    sys.path.extend(path for path in extra_paths if path not in sys.path)
    # what ends the parent reaches the whole group: this process ends with its input, and cleans up first
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with suppress(AttributeError, ValueError, OSError):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints must not run into the replies

    def reply(message: Any) -> None:
        replies.write(json.dumps(message).encode("ascii") + b"\n")

    import numpy as np
    import pyreadstat

    pa: Any = importlib.import_module("pyarrow")
    pa.set_cpu_count(1)
    reply({"ready": [np.__version__, pyreadstat.__version__, pa.__version__]})
    for line in sys.stdin.buffer:
        reply("started")
        request = json.loads(line)
        _hold_memory(int(request["limit"]))
        _hold_time(float(request["timeout"]))
        outcome = answer(request)
        _hold_time(0.0)
        reply(outcome)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    serve()
