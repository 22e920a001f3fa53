"""How does text get to the reader's console, whatever its code page?

Windows consoles of Russian speakers use cp866 or cp1251, which have no true minus sign, no narrow space and no
ellipsis: such signs are told by plain ones, and what is still left is replaced, so that printing never fails.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from childdata.errors import ChilddataError, ChilddataWarning

PLAIN = str.maketrans({"−": "-", "–": "-", "—": "-", "─": "-", "…": "...", "\u202f": " ", "\u00a0": " ", "×": "x"})


class MisuseError(ChilddataError):
    """The command was understood as words, but asks for something that there is not: exit code 2."""


def encodable(text: str, encoding: str) -> str:
    """The text with signs that a code page has: as it is, with plain signs, or with `?` for the rest.

    >>> encodable("−1,5 …", "cp866"), encodable("−1", "utf-8"), encodable("Я ж", "ascii")
    ('-1,5 ...', '−1', '? ?')
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    return text


def say(text: str, stream: TextIO | None = None) -> None:
    """Write a line to the standard output, or to another stream."""
    target = sys.stdout if stream is None else stream
    target.write(encodable(text, target.encoding or "utf-8") + "\n")


def complain(text: str) -> None:
    """Write a line to the standard error."""
    say(text, sys.stderr)


@contextmanager
def lenient() -> Iterator[None]:
    """Standard streams that replace what they cannot write; warnings of childdata are said in one line each."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")

    def show(message: Warning | str, category: type[Warning], *place: object) -> None:
        if issubclass(category, ChilddataWarning):
            complain(f"childdata: note: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ChilddataWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield
