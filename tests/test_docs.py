"""What the project says in words is run: docstrings, pages, the README's example, notebooks, the manual.

In a page, a block that opens with `>>>` is an example like those in docstrings: one namespace per page, in an
empty folder. A `python` block of the README that is followed by a `text` block printed exactly that text.
"""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import io
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbclient import NotebookClient

import childdata

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
TEXTS = [ROOT / "README.md", *PAGES]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def load_refresh() -> ModuleType:
    """`docs/refresh.py`, which is no part of the package."""
    place = importlib.util.spec_from_file_location("refresh", DOCS / "refresh.py")
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


refresh = load_refresh()
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def modules() -> list[str]:
    found = pkgutil.walk_packages(childdata.__path__, "childdata.")
    return ["childdata", *(one.name for one in found if not one.name.endswith("__main__"))]


def failures(examples: list[doctest.DocTest]) -> str:
    """What failed, in doctest's words; empty if everything printed what it says."""
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for example in examples:
        runner.run(example, out=said.write)
    return said.getvalue()


def blocks(page: Path, kinds: str) -> list[tuple[int, str]]:
    """(line, text) of the fenced blocks of these kinds."""
    text = page.read_text(encoding="utf-8")
    fence = re.compile(rf"^```(?:{kinds})[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, hit.start()) + 1, hit.group(1)) for hit in fence.finditer(text)]


def page_examples(page: Path) -> doctest.DocTest:
    """All `>>>` blocks of a page as one example, each line in its place; later blocks see earlier ones."""
    kept = [""] * (page.read_text(encoding="utf-8").count("\n") + 1)
    for line, text in blocks(page, "python|pycon"):
        if text.lstrip().startswith(">>>"):
            inner = text.splitlines()
            kept[line : line + len(inner)] = inner
    return doctest.DocTestParser().get_doctest("\n".join(kept), {}, page.name, str(page), 0)


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings_print_what_they_say(name: str, empty_folder: Path) -> None:
    module = importlib.import_module(name)
    found = doctest.DocTestFinder(exclude_empty=True).find(module, name)
    if said := failures([one for one in found if one.examples]):
        pytest.fail(said, pytrace=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_pages_print_what_they_say(page: Path, empty_folder: Path) -> None:
    if said := failures([page_examples(page)]):
        pytest.fail(said, pytrace=False)


def test_wrong_example_in_a_page_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n```python\n>>> a = 1\n```\n\nand\n\n```python\n>>> a + 1\n3\n```\n", encoding="utf-8")
    assert "Expected:\n    3\nGot:\n    2" in failures([page_examples(page)])


@pytest.mark.parametrize("page", [page for page in TEXTS if refresh.printed_examples(page)], ids=lambda page: page.name)
def test_examples_print_what_is_shown_below_them(page: Path, empty_folder: Path) -> None:
    for code, shown in refresh.printed_examples(page):
        assert refresh.printed(code, empty_folder) == shown.strip("\n")


def test_readme_has_an_example_with_its_output() -> None:
    ((code, shown),) = refresh.printed_examples(ROOT / "README.md")
    assert 10 <= len(code.splitlines()) <= 20
    assert "Standard" in shown


def test_wrong_output_in_a_page_is_written_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Sum\n\n```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n\nend\n", encoding="utf-8")
    assert refresh.printed_examples(page) == [("print(1 + 1)\n", "3\n")]
    assert refresh.refreshed(page) == "# Sum\n\n```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n\nend\n"


def test_example_that_warns_fails(tmp_path: Path) -> None:
    code = "import warnings, childdata\nwarnings.warn('guessed', childdata.errors.ChilddataWarning)\n"
    with pytest.raises(RuntimeError, match="guessed"):
        refresh.printed(code, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_of_pages_is_python(page: Path) -> None:
    for line, text in blocks(page, "python"):
        if not text.lstrip().startswith(">>>"):
            compile("\n" * line + text, str(page), "exec")


@pytest.mark.parametrize("page", [*TEXTS, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    near = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in near if not (page.parent / target).exists()] == []


def test_reference_lists_every_public_name() -> None:
    reference = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.glob("api*.md"))
    listed = set(re.findall(r"^ +(\w+)$|(?:module|autoclass):: childdata\.(\w+)$", reference, re.MULTILINE))
    assert set(childdata.__all__) - {name for pair in listed for name in pair} == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_is_kept_without_its_output(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert [cell.source for cell in cells if cell.outputs or cell.execution_count] == []


def test_long_numbers_in_pages_are_those_of_the_reference(shared: Callable[[str], Path]) -> None:
    reference = re.findall(r"\d+\.\d+", shared("reference/survey.json").read_text(encoding="utf-8"))
    for page in (DOCS / "design.md", DOCS / "estimates.md", DOCS / "validation.md"):
        quoted = re.findall(r"(?<![\d.])\d+\.\d{7,}", page.read_text(encoding="utf-8"))
        assert quoted
        # a shorter number is a rounded one: its last digit may be one more
        assert [one for one in quoted if not any(number.startswith(one[:-1]) for number in reference)] == []


def test_documentation_builds_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="the documentation tools are not installed (extra 'docs')")
    made = shutil.ignore_patterns("_build", "generated", "examples")
    pages = shutil.copytree(DOCS, tmp_path / "docs", ignore=made)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    command += ["-D", "nb_execution_mode=off", str(pages), str(tmp_path / "html")]
    said = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=400)
    assert said.returncode == 0, said.stdout + said.stderr
    assert (tmp_path / "html" / "index.html").is_file()
