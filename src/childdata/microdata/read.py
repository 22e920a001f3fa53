"""Opening a survey file: `read`, `scan`, `read_chunks`, and `write` for the way back.

The suffix says the format; everything that was decided, counted or lost on the way is in the notes of the
result.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from html import escape
from pathlib import Path
from typing import Literal

from childdata.errors import ReadError
from childdata.microdata.conversions import remarks, with_implied_decimals, with_numbers
from childdata.microdata.dataset import Dataset
from childdata.microdata.frames import kind_of
from childdata.microdata.labels import MultipleResponse, Variable, Variables
from childdata.microdata.readers.binary import read_rows
from childdata.microdata.readers.delimited import read_delimited
from childdata.microdata.readers.description import LIMIT, Format, Options, describe, size_text
from childdata.microdata.readers.process import Isolate, refuse_after_fork
from childdata.microdata.stored import read_stored, stored_variables
from childdata.microdata.write import write_parts

BINARY: dict[str, Format] = {".sav": "sav", ".zsav": "sav", ".por": "por", ".dta": "dta", ".xpt": "xport"}
DELIMITED = (".csv", ".tsv", ".txt")


def read(
    path: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    encoding: str | None = None,
    isolate: Isolate = "auto",
    *,
    missing: Literal["na", "codes"] = "na",
    numbers: Sequence[str] = (),
    implied_decimals: Mapping[str, int] | None = None,
    unit: str | None = None,
    limit: int = LIMIT,
    timeout: float | None = None,
) -> Dataset:
    """A survey file as a Dataset: .sav .zsav .por (SPSS), .dta (Stata), .xpt (SAS transport), .csv, .parquet.

    Parameters
    ----------
    path : the file.
    columns : names to read, in whatever case; the others are not read at all. None reads all.
    encoding : code page of the text ("windows-1251"). It wins over what the file says; None finds it out and
    says so.
    isolate : "auto" reads SPSS, Stata and SAS files in a helper process, which a damaged file may end
    without harm, and
        in this process, with one warning, where none can be started; True refuses then; False uses none.
    missing : "na" takes codes declared missing out of the values and keeps them as reasons; "codes" leaves
    them in.
    numbers : text variables that hold numbers ("1 234,5", "1,2E+03"), to be turned into numbers.
    implied_decimals : {"qweight": 2} reads 12345 as 123.45.
    unit : what a row is ("household", "child").
    limit : bytes that the rows may take, 4 GB unless said otherwise.
    timeout : seconds the helper may take; None: a minute and ten seconds per million values.

    Returns
    -------
    Dataset; what was decided, counted or lost stands in its notes. An empty text stays an empty text: SPSS
    has no missing value for texts.

    Raises
    ------
    ReadError if there is no such file, it is damaged, too large, or took too long; VariableError for an
    unknown name.
    """
    file = _existing(path)
    suffix = file.suffix.lower()
    if suffix in BINARY:
        options = _options(columns, encoding, isolate, missing, limit, timeout)
        data = read_rows(describe(file, BINARY[suffix], options), options)
    elif suffix in DELIMITED:
        data = read_delimited(file, columns=_names(columns), encoding=encoding, limit=limit)
    else:
        data = _stored(file, _names(columns), limit)
    return _finished(data, numbers, implied_decimals or {}, unit)


def read_chunks(
    path: str | os.PathLike[str],
    rows: int = 100_000,
    columns: Sequence[str] | None = None,
    encoding: str | None = None,
    isolate: Isolate = "auto",
    *,
    missing: Literal["na", "codes"] = "na",
    numbers: Sequence[str] = (),
    implied_decimals: Mapping[str, int] | None = None,
    unit: str | None = None,
    limit: int = LIMIT,
    timeout: float | None = None,
) -> Iterator[Dataset]:
    """A file larger than memory, as Datasets of `rows` rows each, in order: .sav .zsav .por .dta .xpt.

    The arguments are those of `read`; `limit` is for one part. Whole numbers of SPSS stay doubles, since the
    other parts are not known. Raises as `read` does, when the part is reached.
    """
    if rows < 1:
        raise ReadError(f"read_chunks needs rows= of 1 or more, not {rows}")
    file = _existing(path)
    if file.suffix.lower() not in BINARY:
        raise ReadError(f"{file.name}: parts are read of {', '.join(BINARY)} only; polars scans .csv and .parquet")
    options = replace(_options(columns, encoding, isolate, missing, limit, timeout), whole_numbers=False)
    found = describe(file, BINARY[file.suffix.lower()], options)
    offset = 0
    while found.rows is None or offset < found.rows:
        wanted = rows if found.rows is None else min(rows, found.rows - offset)
        part = read_rows(found, options, offset=offset, rows=wanted, slice_only=True)
        if part.frame.height:
            yield _finished(part, numbers, implied_decimals or {}, unit)
        offset += part.frame.height
        if part.frame.height < wanted:
            return


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file says about itself, without its rows.

    Attributes
    ----------
    source : name of the file. rows : records, None where only reading tells (.por). variables : name ->
    Variable.
    encoding : code page in which text would be read. label : of the file. sets : multiple-response sets.
    size : bytes that the rows would take, None where their number is unknown. notes : what was decided.
    """

    source: str
    rows: int | None
    variables: Mapping[str, Variable]
    encoding: str | None = None
    label: str = ""
    sets: tuple[MultipleResponse, ...] = ()
    size: int | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rows = "an unknown number of" if self.rows is None else self.rows
        return f"<Scan of {self.source}: {rows} rows x {len(self.variables)} variables, {self.encoding}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(one.name)}</td><td>{escape(one.label)}</td><td>{one.kind}</td></tr>"
            for one in self.variables.values()
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<p>{escape(repr(self))}</p><table><tbody>{rows}</tbody></table><ul>{notes}</ul>"


def scan(
    path: str | os.PathLike[str],
    encoding: str | None = None,
    isolate: Isolate = "auto",
    *,
    limit: int = LIMIT,
    timeout: float | None = None,
) -> Scan:
    """What a file says about itself: variables with their labels, number of rows, code page. No row is read
    (.csv: all are).

    Raises ReadError as `read` does.
    """
    file = _existing(path)
    suffix = file.suffix.lower()
    if suffix in BINARY:
        found = describe(file, BINARY[suffix], _options(None, encoding, isolate, "na", limit, timeout))
        return Scan(
            source=file.name,
            rows=found.rows,
            variables=found.variables,
            encoding=found.code_page,
            label=found.file_label,
            sets=found.header.sets,
            size=None if found.rows is None else found.rows * len(found.variables) * 8,
            notes=found.notes,
        )
    if suffix in DELIMITED:
        data = read_delimited(file, columns=None, encoding=encoding, limit=limit)
        return Scan(file.name, data.frame.height, data.variables, size=file.stat().st_size, notes=data.notes)
    rows, known, schema = stored_variables(file)
    variables = Variables(
        (known.get(name) or Variable(name, kind=kind_of(dtype)) for name, dtype in schema.items()),
        place=file.name,
    )
    return Scan(file.name, rows, variables, encoding="UTF-8", size=rows * len(variables) * 8)


def write(
    data: object,
    path: str | os.PathLike[str],
    *,
    rename: Literal["auto"] | None = None,
    encoding: str | None = None,
    declare_encoding: bool | str = True,
    file_label: str = "",
    version: int = 15,
) -> Path:
    """Write a Dataset, or any data frame, as .sav, .zsav, .dta, or .parquet with its metadata beside it.

    Parameters
    ----------
    data : Dataset, or a data frame of any library.
    path : its suffix says the format.
    rename : "auto" mends names that the program would refuse; None makes them an error naming the variable.
    encoding : for .sav, a single-byte code page ("windows-1251") for old programs; None writes UTF-8.
    declare_encoding : whether the file says its code page; a name says that one instead.
    file_label : of the file, 64 bytes in SPSS, 80 letters in Stata.
    version : of Stata, 8 to 15.

    Returns
    -------
    The path. Answers declared missing are written as the codes or tags they were. An empty text and a
    missing one are the same in SPSS and Stata. ChilddataWarning lists what the format cannot hold as it was.

    Raises
    ------
    VariableError naming the variable that cannot be written.
    """
    chosen = data if isinstance(data, Dataset) else Dataset.from_frame(data)
    return write_parts(
        chosen,
        Path(path),
        rename=rename,
        encoding=encoding,
        declare_encoding=declare_encoding,
        file_label=file_label,
        version=version,
    )


def _existing(path: str | os.PathLike[str]) -> Path:
    file = Path(path)
    suffixes = (*BINARY, *DELIMITED, ".parquet")
    refuse_after_fork(file.name)
    if not file.is_file():
        close = get_close_matches(file.name, _names_in(file.parent), n=3, cutoff=0.5)
        hint = f"; nearest: {', '.join(map(repr, close))}" if close else ""
        raise ReadError(f"there is no file {str(file)!r}{hint}")
    if file.suffix.lower() not in suffixes:
        raise ReadError(
            f"{file.name}: files ending in {', '.join(suffixes)} can be read, not {file.suffix or 'without a suffix'!r}"
        )
    return file.absolute()


def _names_in(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir()]
    except OSError:
        return []


def _names(columns: Sequence[str] | None) -> Sequence[str] | None:
    return [columns] if isinstance(columns, str) else columns


def _options(
    columns: Sequence[str] | None,
    encoding: str | None,
    isolate: Isolate,
    missing: Literal["na", "codes"],
    limit: int,
    timeout: float | None,
) -> Options:
    if isolate not in ("auto", True, False):
        raise ReadError(f"isolate={isolate!r} is none of 'auto', True, False")
    if missing not in ("na", "codes"):
        raise ReadError(f"missing={missing!r} is neither 'na' nor 'codes'")
    return Options(_names(columns), encoding, isolate, limit, timeout, missing)


def _stored(file: Path, columns: Sequence[str] | None, limit: int) -> Dataset:
    rows, _, schema = stored_variables(file)
    size = rows * 8 * (len(schema) if columns is None else len(columns))
    if size > limit:
        raise ReadError(
            f"{file.name} unfolds to {size_text(size)}, more than the limit of {size_text(limit)}; give a higher limit="
        )
    parts = read_stored(file, columns)
    plain = Dataset.from_frame(parts["frame"], variables=[], source=file.name)
    return replace(
        plain,
        variables={**plain.variables, **parts["variables"]},
        reasons=parts["reasons"],
        unit=parts["unit"],
        notes=parts["notes"],
        sets=parts["sets"],
    )


def _finished(data: Dataset, numbers: Sequence[str], implied_decimals: Mapping[str, int], unit: str | None) -> Dataset:
    if numbers:
        data = with_numbers(data, [numbers] if isinstance(numbers, str) else numbers)
    if implied_decimals:
        data = with_implied_decimals(data, implied_decimals)
    return replace(data, notes=(*data.notes, *remarks(data)), unit=unit or data.unit)
