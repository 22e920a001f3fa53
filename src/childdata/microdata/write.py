"""Writing data so that nothing is lost: SPSS, Stata, or parquet with its metadata beside it.

Value labels, missing codes, ranges and Stata's tags go back into the file. What a format cannot hold is an
error that names the variable, or one warning that lists what was changed.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal

import polars as pl

from childdata.errors import ChilddataWarning, ReadError, VariableError
from childdata.microdata.export import Export, Part, export
from childdata.microdata.spss_file import write_code_page
from childdata.microdata.stored import write_stored

SUFFIXES = (".sav", ".zsav", ".dta", ".parquet")


def write_parts(
    data: Part,
    path: Path,
    *,
    rename: Literal["auto"] | None = None,
    encoding: str | None = None,
    declare_encoding: bool | str = True,
    file_label: str = "",
    version: int = 15,
) -> Path:
    """Write a Dataset; see `childdata.write`."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ReadError(f"{path.name}: the name must end in one of {', '.join(SUFFIXES)} to say what is to be written")
    if not data.frame.width:
        raise VariableError(f"there is no variable to write to {path.name}")
    if encoding is not None and suffix != ".sav":
        raise ReadError(f"{path.name}: a code page can be chosen for .sav files only; the others are in UTF-8")
    if suffix == ".parquet":
        write_stored(data, path)
        return path
    out = export(data, "stata" if suffix == ".dta" else "spss", rename=rename == "auto")
    if encoding is not None:
        write_code_page(path, out, encoding=encoding, declared=declare_encoding, file_label=file_label)
    elif suffix == ".dta":
        _write_dta(out, path, file_label, version)
    else:
        _write_sav(out, path, file_label, compress=suffix == ".zsav")
    if out.said:
        warnings.warn(f"{path.name}: {'; '.join(out.said)}", ChilddataWarning, stacklevel=3)
    return path


def _write_sav(out: Export, path: Path, file_label: str, *, compress: bool) -> None:
    import pyreadstat

    missing: dict[str, list[Any]] = {
        name: [low if low == high else {"lo": low, "hi": high} for low, high in pairs]
        for name, pairs in out.missing.items()
    }
    pyreadstat.write_sav(
        _frame(out),
        str(path),
        file_label=file_label[:64],
        column_labels={name: label or None for name, label in out.labels.items()},
        variable_value_labels=out.value_labels,  # type: ignore[arg-type]
        missing_ranges=missing,
        variable_format={name: display for name, display in out.formats.items() if not display.startswith("A")},
        variable_measure=out.measures,
        compress=compress,
        row_compress=not compress,
    )


def _write_dta(out: Export, path: Path, file_label: str, version: int) -> None:
    import pyreadstat

    pyreadstat.write_dta(
        _frame(out),
        str(path),
        file_label=file_label[:80],
        column_labels={name: label or None for name, label in out.labels.items()},
        variable_value_labels=out.value_labels,  # type: ignore[arg-type]
        missing_user_values=out.tags or None,
        variable_format={
            name: display for name, display in out.formats.items() if not display.endswith("s") or ":" in display
        },
        version=version,
    )


def _frame(out: Export) -> pl.DataFrame:
    return pl.DataFrame(list(out.columns.values()))
