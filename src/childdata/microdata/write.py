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
from childdata.microdata.export import Export, export
from childdata.microdata.labels import Part
from childdata.microdata.spss_file import write_code_page
from childdata.microdata.stored import write_stored

LONGEST_OLD_TEXT = 244  # bytes, before Stata 13
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
    if not path.absolute().parent.is_dir():
        raise ReadError(f"{path.name} cannot be written: there is no folder {str(path.parent)!r}; make it first")
    try:
        if suffix == ".parquet":
            write_stored(data, path)
            return path
        out = export(data, "stata" if suffix == ".dta" else "spss", rename=rename == "auto")
        if encoding is not None:
            write_code_page(path, out, encoding=encoding, declared=declare_encoding, file_label=file_label)
        else:
            _by_pyreadstat(out, path, file_label, version)
    except OSError as refused:
        reason = refused.strerror or type(refused).__name__
        raise ReadError(f"{path.name} cannot be written ({reason}); choose another folder or name") from None
    if out.said:
        warnings.warn(f"{path.name}: {'; '.join(out.said)}", ChilddataWarning, stacklevel=3)
    return path


def _by_pyreadstat(out: Export, path: Path, file_label: str, version: int) -> None:
    import pyreadstat

    try:
        if path.suffix.lower() == ".dta":
            _check_old_stata(out, version)
            _write_dta(out, path, file_label, version)
        else:
            _write_sav(out, path, file_label, compress=path.suffix.lower() == ".zsav")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as refused:
        raise ReadError(f"{path.name} cannot be written ({refused})") from None


def _check_old_stata(out: Export, version: int) -> None:
    if version not in range(8, 16):
        raise ReadError(f"version={version} of Stata is not known; 8 to 15 can be written")
    longest = {name: column.str.len_bytes().max() for name, column in out.columns.items() if column.dtype == pl.String}
    for name, length in longest.items():
        if version < 13 and isinstance(length, int) and length > LONGEST_OLD_TEXT:
            raise VariableError(
                f"texts of {name!r} take {length} bytes; Stata {version} holds {LONGEST_OLD_TEXT}: "
                "write version=13 or later"
            )


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
