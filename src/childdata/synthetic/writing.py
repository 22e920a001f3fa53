"""How do invented columns become a real SPSS or Stata file?

One door for all files: columns in order, labels from the book, a file label and notes that say that
everything is invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from childdata.errors import ChilddataError
from childdata.synthetic.chance import Columns, Numbers
from childdata.synthetic.labels import Label, Language, labels

INVENTED: Mapping[Language, str] = {
    "en": "INVENTED DATA: made by a program from a seed; no person, household or place in it is real",
    "ru": "ВЫМЫШЛЕННЫЕ ДАННЫЕ: созданы программой; людей, семей и мест из них не существует",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One file to be written: where its words are and what it says about itself.

    tags : {variable: letters} of Stata's tagged missing values; their records hold the letter as text.
    measures : {variable: format}, for variables whose format is not the ordinary one.
    """

    path: Path
    book: str
    section: str
    lang: Language
    title: str
    formats: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)


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
    words = labels(page.book, page.section, columns, page.lang)
    frame = pd.DataFrame({name: _storable(values) for name, values in columns.items()}, copy=False)
    title = f"{page.title}. {INVENTED[page.lang]}"
    if page.path.suffix == ".dta":
        _write_dta(page, frame, words, title)
    else:
        _write_sav(page, frame, words, title)
    return page.path


def write_readme(folder: Path, lines: Sequence[str]) -> Path:
    """Write README.txt in both languages: first that everything is invented, then the lines."""
    path = folder / "README.txt"
    path.write_text("\n".join([INVENTED["ru"], INVENTED["en"], "", *lines, ""]), encoding="utf-8")
    return path


def _storable(values: Numbers | Any) -> Any:
    return values if values.dtype == object else np.ascontiguousarray(values, dtype=np.float64)


def _format(name: str, values: Any, page: Page) -> str | None:
    if name in page.formats:
        return page.formats[name]
    if values.dtype == object:
        return None
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return "F2.0"
    if np.all(finite == np.round(finite)):
        return f"F{max(2, len(str(int(np.abs(finite).max()))) + int(finite.min() < 0))}.0"
    return "F14.6"


def _write_sav(page: Page, frame: pd.DataFrame, words: Mapping[str, Label], title: str) -> None:
    import pyreadstat

    formats = {name: _format(name, frame[name].to_numpy(), page) for name in frame.columns}
    pyreadstat.write_sav(
        frame,
        page.path,
        file_label=_fits(title, 64),
        note=[_fits(title, 80), _fits(INVENTED["en"], 80)],
        column_labels={name: word.text for name, word in words.items()},
        variable_value_labels={name: dict(word.values) for name, word in words.items() if word.values},
        variable_format={name: text for name, text in formats.items() if text is not None},
        variable_measure={name: "nominal" if word.values else "scale" for name, word in words.items()},
    )


def _fits(text: str, limit: int) -> str:
    """The text cut to `limit` bytes of UTF-8, between letters."""
    return text.encode()[:limit].decode(errors="ignore")


def _write_dta(page: Page, frame: pd.DataFrame, words: Mapping[str, Label], title: str) -> None:
    import pyreadstat

    pyreadstat.write_dta(
        frame,
        page.path,
        file_label=title[:80],
        column_labels={name: word.text[:80] for name, word in words.items()},
        variable_value_labels={name: dict(word.values) for name, word in words.items() if word.values},
        missing_user_values={name: list(letters) for name, letters in page.tags.items()},
    )
