"""How do invented columns become a real SPSS or Stata file?

One door for all files: columns in order, labels from the book, and a file label that begins by saying that
everything is invented. Codes that mean unknown are left undeclared in .sav files, as in most real ones; in
.dta files they become Stata's tagged missing values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from childdata.errors import ChilddataError
from childdata.microdata import Dataset, Variable, write
from childdata.synthetic.chance import Columns
from childdata.synthetic.labels import Label, Language, labels

INVENTED: Mapping[Language, str] = {
    "en": "INVENTED DATA: made by a program from a seed; no person, household or place in it is real",
    "ru": "ВЫМЫШЛЕННЫЕ ДАННЫЕ: созданы программой; людей, семей и мест из них не существует",
}
SHORT: Mapping[Language, str] = {"en": "INVENTED DATA", "ru": "ВЫМЫСЕЛ"}
LABEL_BYTES = 64


@dataclass(frozen=True, slots=True)
class Page:
    """One file to be written: where its words are and what it says about itself.

    book, section : which labels. formats : {variable: SPSS format} where the ordinary one would not do.
    tags : {code: letter}, for .dta files: a record with the code gets the tagged missing value instead.
    encoding : code page of an old .sav file; declared : whether the file says it.
    """

    path: Path
    book: str
    section: str
    lang: Language
    title: str
    formats: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[float, str] = field(default_factory=dict)
    encoding: str | None = None
    declared: bool = True


def ready_folder(folder: str | Path, seed: int) -> Path:
    """The folder, made if it is not there; ChilddataError if the seed is negative or a file is in its place."""
    if seed < 0:
        raise ChilddataError(f"a seed of 0 or more was wanted, {seed} was given")
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise ChilddataError(f"{path} is a file; a folder was wanted for the invented survey")
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_page(page: Page, columns: Columns) -> Path:
    """Write the columns as .sav or .dta, by the suffix of the page's path; returns the path."""
    title = _fits(f"{SHORT[page.lang]}. {page.title}", LABEL_BYTES)
    write(
        as_dataset(page, columns),
        page.path,
        encoding=page.encoding,
        declare_encoding=page.declared,
        file_label=title,
    )
    return page.path


def as_dataset(page: Page, columns: Columns) -> Dataset:
    """The columns with their labels, as childdata reads them back."""
    words = labels(page.book, page.section, columns, page.lang)
    series: list[pl.Series] = []
    reasons: list[pl.Series] = []
    variables: list[Variable] = []
    for name, values in columns.items():
        tagged = _tags(name, values, page)
        if tagged is not None:
            reasons.append(tagged)
            values = np.where(tagged.is_not_null().to_numpy(), np.nan, values)  # noqa: PLW2901
        series.append(_series(name, values))
        variables.append(_variable(name, words[name], values, page, tagged))
    return Dataset(
        pl.DataFrame(series),
        {variable.name: variable for variable in variables},
        pl.DataFrame(reasons),
        source=page.path.name,
        notes=(INVENTED[page.lang],),
    )


def write_readme(folder: Path, lines: Sequence[str]) -> Path:
    """Write README.txt in both languages: first that everything is invented, then the lines."""
    path = folder / "README.txt"
    path.write_text("\n".join([INVENTED["ru"], INVENTED["en"], "", *lines, ""]), encoding="utf-8")
    return path


def _series(name: str, values: Any) -> pl.Series:
    if values.dtype == object:
        return pl.Series(name, values.tolist(), dtype=pl.String)
    return pl.Series(name, values, dtype=pl.Float64, nan_to_null=True)


def _tags(name: str, values: Any, page: Page) -> pl.Series | None:
    if not page.tags or values.dtype == object:
        return None
    letters: list[str | None] = [page.tags.get(value) for value in values.tolist()]
    return pl.Series(name, letters, dtype=pl.String) if any(letters) else None


def _variable(name: str, word: Label, values: Any, page: Page, tagged: pl.Series | None) -> Variable:
    text = values.dtype == object
    codes = sorted({f".{letter}" for letter in tagged.drop_nulls()}) if tagged is not None else []
    return Variable(
        name,
        word.text,
        value_labels=word.values,
        missing_codes=tuple(codes),
        kind="text" if text else "number",
        format=page.formats.get(name) or (None if text or page.path.suffix == ".dta" else _format(values)),
        measure="nominal" if word.values or text else "scale",
    )


def _format(values: Any) -> str:
    """The SPSS format that shows whole numbers whole and others with six decimals."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return "F2.0"
    if np.any(known != np.round(known)):
        return "F14.6"
    return f"F{max(2, len(str(int(np.abs(known).max()))) + int(known.min() < 0))}.0"


def _fits(text: str, limit: int) -> str:
    """The text cut to `limit` bytes of UTF-8, between letters."""
    return text.encode()[:limit].decode(errors="ignore")
