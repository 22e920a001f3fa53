"""Puts the real output of the examples back into README.md and the pages of the manual: `make examples`.

A `python` block followed at once by a `text` block is a script and what it prints. The tests compare the two;
where a change of the library changes the output on purpose, this writes it anew.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STRICT = "import warnings, childdata\nwarnings.simplefilter('error', childdata.errors.ChilddataWarning)\n"
PAIR = re.compile(r"^```python\n((?:(?!```).*\n)+)```\n+```text\n((?:(?!```).*\n)*)```$", re.MULTILINE)


def printed_examples(page: Path) -> list[tuple[str, str]]:
    """(code, what it printed) of a page."""
    return PAIR.findall(page.read_text(encoding="utf-8"))


def printed(code: str, folder: Path) -> str:
    """What the code prints as a script in `folder`, without blanks at the ends of lines.

    Raises
    ------
    RuntimeError with what the script said, if it fails; a warning of the library is a failure.
    """
    command = [sys.executable, "-X", "utf8", "-c", STRICT + code]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    if said.returncode:
        raise RuntimeError(said.stderr)
    return "\n".join(line.rstrip() for line in said.stdout.strip("\n").splitlines())


def refreshed(page: Path) -> str:
    """The text of a page with the real output of its examples."""

    def shown(pair: re.Match[str]) -> str:
        with tempfile.TemporaryDirectory() as folder:
            return f"```python\n{pair[1]}```\n\n```text\n{printed(pair[1], Path(folder))}\n```"

    return PAIR.sub(shown, page.read_text(encoding="utf-8"))


def main() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = refreshed(page)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8", newline="\n")
            print(f"refreshed {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
