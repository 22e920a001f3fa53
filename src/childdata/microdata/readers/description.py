"""What a statistical program's file says of itself, in the code page in which it was really written.

The file is asked before a row is read, so that its size is known and its code page judged. Undeclared, or declared
untruly, the code page is found by reading the labels in each and taking the one that gives words; everything that
was decided on the way is noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from childdata.errors import ReadError
from childdata.microdata.dates import Program
from childdata.microdata.labels import Code, Variable, Variables
from childdata.microdata.readers.code_pages import CANDIDATES, likely_code_page, misread, plausibility, python_codec
from childdata.microdata.readers.process import Desk, Isolate
from childdata.microdata.readers.spss_header import SpssHeader, name_pairs, read_spss_header
from childdata.words import word

Format = Literal["sav", "por", "dta", "xport"]
PROGRAMS: dict[Format, Program] = {"sav": "spss", "por": "spss", "dta": "stata", "xport": "sas"}
LIMIT = 4_000_000_000  # bytes that the rows of a file may take, unless said otherwise
RAW = "ISO-8859-1"  # every byte is a character: what was read so can be decoded again


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read; see `childdata.read` for what each means."""

    columns: Sequence[str] | None = None
    encoding: str | None = None
    isolate: Isolate = "auto"
    limit: int = LIMIT
    timeout: float | None = None
    missing: Literal["na", "codes"] = "na"
    whole_numbers: bool = True


@dataclass(frozen=True, slots=True)
class Description:
    """What a file says about itself, before a row is read.

    `raw_names` are the names as the C reader must be given them; `variables` carry the mended ones.
    `encoding` is what the reader is told, `redecode` the code page in which what it returns is to be decoded
    again.
    """

    path: Path
    format: Format
    rows: int | None
    variables: Variables
    raw_names: tuple[str, ...]
    types: tuple[str, ...]
    widths: tuple[int, ...]
    encoding: str | None
    declared: str | None
    redecode: str | None
    header: SpssHeader
    file_label: str
    notes: tuple[str, ...]

    @property
    def code_page(self) -> str:
        """In which code page the file was read, in words."""
        return (
            self.redecode
            or self.encoding
            or self.declared
            or ("UTF-8" if self.format == "sav" else "as the format says")
        )


def size_text(size: int) -> str:
    """A number of bytes as a message says it.

    >>> size_text(128), size_text(2_500), size_text(3_200_000_000)
    ('128 bytes', '2.5 kB', '3200 MB')
    """
    if size < 1_000:
        return f"{size} bytes"
    return f"{size / 1e3:.3g} kB" if size < 999_500 else f"{size / 1e6:.0f} MB"


def desk(path: Path, options: Options, cells: int = 0) -> Desk:
    """Where requests about this file go; the default time limit grows with the file."""
    seconds = options.timeout if options.timeout is not None else 60.0 + cells / 100_000
    return Desk(path.name, options.isolate, options.limit, seconds)


def describe(path: Path, form: Format, options: Options) -> Description:
    """What the file says about itself, in the code page that is declared, given or found out."""
    header = read_spss_header(path, options.encoding) if form == "sav" else SpssHeader()
    asked = desk(path, options)
    notes: list[str] = []
    encoding, redecode = options.encoding, None
    if encoding is not None and python_codec(encoding) is None:
        raise ReadError(f"encoding {encoding!r} of {path.name} is not known; write for example 'windows-1251'")
    reply = _ask_description(asked, path, form, encoding, header)
    if encoding is not None:
        notes.append(word("told.encoding_asked", encoding=encoding))
    elif reply.get("error") == "encoding":
        encoding, redecode, reply = _by_trial(asked, path, form, header)
        notes.append(_trial_note(header, redecode or encoding))
    if "error" in reply:
        raise refusal(path, reply)
    if encoding is None:
        declared = reply["encoding"]
        better = misread(_texts(reply), declared)
        if better is not None and form != "por":
            again = _ask_description(asked, path, form, better, header)
            # a file in UTF-8 that holds misread text since its making cannot be mended by reading it otherwise
            if "error" not in again and plausibility("\n".join(_texts(again))) > plausibility("\n".join(_texts(reply))):
                reply, encoding = again, better
                notes.append(_misread_note(declared, better))
            else:
                notes.append(word("told.encoding_damaged", encoding=better))
    return _description(path, form, reply, encoding, redecode, header, notes)


def _ask_description(asked: Desk, path: Path, form: Format, encoding: str | None, header: SpssHeader) -> dict[str, Any]:
    place = header.unreadable_names
    reply = asked.ask(do="describe", path=str(path), format=form, encoding=encoding, unreadable_names=place)
    if place is not None and reply.get("message") == "Unable to read from file":
        # read through Python, text that cannot be decoded comes back as this
        return reply | {"error": "encoding"}
    if place is None or "error" in reply:
        return reply
    # the reader was made to skip the record of long names: they are put in their places here
    codec = python_codec(encoding or header.encoding or likely_code_page([header.long_names])) or "cp1251"
    long = name_pairs(header.long_names, codec)
    return reply | {"raw_names": reply["names"], "names": [long.get(name, name) for name in reply["names"]]}


def _by_trial(
    asked: Desk, path: Path, form: Format, header: SpssHeader
) -> tuple[str | None, str | None, dict[str, Any]]:
    """The most plausible code page of a file whose labels cannot be decoded as they are."""
    declared = (header.encoding or "").upper().replace("-", "")
    if declared == "UTF8":
        # a label that was cut in the middle of a letter makes one bad byte in a file that is good otherwise
        reply = _ask_description(asked, path, form, RAW, header)
        return (RAW, "UTF-8", _decoded(reply, "utf-8")) if "error" not in reply else (None, None, reply)
    best: tuple[str | None, dict[str, Any]] | None = None
    most = float("-inf")
    reply = {}
    for candidate in CANDIDATES:
        reply = _ask_description(asked, path, form, candidate, header)
        if "error" not in reply:
            score = plausibility("\n".join(_texts(reply)))
            if score > most:
                best, most = (candidate, reply), score
    if best is None:
        return None, None, reply
    return best[0], None, best[1]


def _trial_note(header: SpssHeader, chosen: str | None) -> str:
    key = "told.encoding_bad" if header.declares_encoding else "told.encoding_silent"
    return word(key, encoding=chosen)


def _misread_note(declared: str | None, better: str) -> str:
    if declared:
        return word("told.encoding_untrue", declared=declared, encoding=better)
    return word("told.encoding_silent_mended", encoding=better)


def refusal(path: Path, reply: dict[str, Any]) -> ReadError:
    """The error for a reply that is one."""
    kind, message = reply["error"], reply["message"]
    if kind == "encoding":
        return ReadError(
            f"the text of {path.name} is in no code page that was tried; give encoding='windows-1251' or another"
        )
    if kind == "limit" and "already take" in message:
        return ReadError(f"{path.name} is too large: {message}; give limit=, fewer columns=, or use read_chunks")
    if kind == "limit":
        return ReadError(f"{path.name} asks for more memory than limit= allows: it is damaged, or too large")
    return ReadError(
        f"{path.name} cannot be read ({message}): the file is damaged or of another kind than its name says"
    )


def _texts(reply: dict[str, Any]) -> list[str]:
    labels = [label for label in reply["labels"] if label]
    values = [label for pairs in reply["value_labels"] for _, label in pairs]
    return [*labels, *values, *reply["names"], reply["file_label"] or ""]


def _decoded(reply: dict[str, Any], codec: str) -> dict[str, Any]:
    """A description that was read byte by byte, decoded; what is no text becomes "\ufffd"."""

    def mend(text: Any) -> Any:
        return text.encode("latin-1", "replace").decode(codec, "replace").rstrip("�") if isinstance(text, str) else text

    return reply | {
        "raw_names": reply.get("raw_names", reply["names"]),
        "names": [mend(name) for name in reply["names"]],
        "labels": [mend(label) for label in reply["labels"]],
        "value_labels": [[(mend(code), mend(label)) for code, label in pairs] for pairs in reply["value_labels"]],
        "missing": [[[mend(low), mend(high)] for low, high in ranges] for ranges in reply["missing"]],
        "file_label": mend(reply["file_label"]),
    }


def _description(
    path: Path,
    form: Format,
    reply: dict[str, Any],
    encoding: str | None,
    redecode: str | None,
    header: SpssHeader,
    notes: list[str],
) -> Description:
    if not reply["names"]:
        raise ReadError(f"{path.name} holds no variables: the file is damaged or empty")
    reply = reply | {"raw_names": reply.get("raw_names", reply["names"]), "names": _unique(reply["names"])}
    variables = [_variable(reply, i, form) for i in range(len(reply["names"]))]
    notes += [word("told.one_name", said=said) for said in reply.get("warnings", [])]
    if any("\ufffd" in text for text in _texts(reply)):
        notes.append(word("told.letters_lost"))
    dropped = [found.name for found in header.sets if found.name not in reply["sets"]]
    if dropped:
        notes.append(word("told.sets_dropped", names=", ".join(dropped)))
    if header.weight:
        notes.append(word("told.was_weighted", name=header.weight))
    return Description(
        path=path,
        format=form,
        rows=None if reply["rows"] is None or reply["rows"] < 0 else int(reply["rows"]),
        variables=Variables(variables, place=path.name),
        raw_names=tuple(reply["raw_names"]),
        types=tuple(reply["types"]),
        widths=tuple(int(width) for width in reply["widths"]),
        encoding=encoding,
        declared=reply["encoding"],
        redecode=redecode,
        header=header,
        file_label=reply["file_label"] or "",
        notes=tuple(notes),
    )


def _unique(names: list[str]) -> list[str]:
    """The names, a number added to one that a damaged file holds twice."""
    taken: set[str] = set()
    unique = []
    for name in names:
        chosen, number = name, 1
        while chosen in taken:
            number += 1
            chosen = f"{name}_{number}"
        taken.add(chosen)
        unique.append(chosen)
    return unique


def _variable(reply: dict[str, Any], i: int, form: Format) -> Variable:
    text = reply["types"][i] == "string"
    tagged = form in ("dta", "xport") and not text
    labels: dict[Code, str] = {}
    for code, label in reply["value_labels"][i]:
        labels[f".{code.lower()}" if tagged and isinstance(code, str) else code] = label or ""
    codes: list[Code] = sorted(code for code in labels if tagged and isinstance(code, str))
    ranges: list[tuple[float, float]] = []
    for low, high in reply["missing"][i]:
        if isinstance(low, str) or low == high:
            codes.append(low.rstrip() if isinstance(low, str) else low)
        else:
            ranges.append((_open_end(low), _open_end(high)))
    measure = reply["measures"][i]
    return Variable(
        name=reply["names"][i],
        label=reply["labels"][i] or "",
        value_labels=labels,
        missing_codes=tuple(codes),
        missing_ranges=tuple(ranges),
        kind="text" if text else "number",
        format=reply["formats"][i] or None,
        measure=measure if measure in ("nominal", "ordinal", "scale") else None,
    )


def _open_end(bound: float) -> float:
    # SPSS writes LOWEST and HIGHEST as the extreme doubles
    return float("inf") * (1 if bound > 0 else -1) if abs(bound) > 1.7e308 else bound
