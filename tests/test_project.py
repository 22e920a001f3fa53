"""What the project promises about itself: its dependencies, its import, its files and its words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import childdata

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "childdata"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

DATA_SUFFIXES = {".sav", ".zsav", ".por", ".dta", ".xpt", ".sas7bdat", ".csv", ".tsv", ".parquet", ".arrow"}
DATA_SUFFIXES |= {".rds", ".rda", ".rdata", ".xls", ".xlsx", ".gz", ".zip", ".feather"}
HEAVY = {
    "matplotlib",
    "statsmodels",
    "formulaic",
    "duckdb",
    "scipy.stats",
    "xlsxwriter",
    "tqdm",
    "pyreadstat",
}
MADE = {".git", ".venv", "build", "dist", "_build", "generated", "childdata-demo", "node_modules"}


def project_files() -> list[Path]:
    """The files that git tracks or would; where there is no git, everything that was not made by a tool."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if not MADE & set(path.relative_to(ROOT).parts)]
        cached = ("__pycache__", ".egg-info", "_cache", ".hypothesis", "docs/examples")
        return [path for path in paths if path.is_file() and not any(word in path.as_posix() for word in cached)]
    return [path for name in said.split("\0") if name and (path := ROOT / name).is_file()]


def distribution(requirement: str) -> str:
    """The bare, normalised name in a requirement: `PyData-Sphinx.Theme>=0.15` is `pydata-sphinx-theme`."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name.group()).lower()


def third_party_imports(folder: Path) -> Iterator[tuple[str, str, bool]]:
    """(top-level name, place, whether at the top of the module) of every import from outside the project."""
    own = {"childdata"} | {path.stem for path in folder.rglob("*.py")}
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        at_top = set(map(id, tree.body))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and top not in own:
                    yield top, f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", id(node) in at_top


def declared(*extras: str) -> set[str]:
    """Distributions that the project depends on, with those of the named extras."""
    found = {distribution(one) for one in PROJECT["dependencies"]}
    for extra in extras:
        found |= {distribution(one) for one in PROJECT["optional-dependencies"][extra]}
    return found


def undeclared(folder: Path, known: set[str], *, only_at_top: bool = False) -> list[str]:
    """Imports below `folder` whose distribution is not in `known`."""
    providers = packages_distributions()
    said = []
    for top, place, at_top in third_party_imports(folder):
        names = {distribution(one) for one in providers.get(top, [top])}
        if not names & known and (at_top or not only_at_top):
            said.append(f"{place}: {top}")
    return said


def test_every_import_of_the_library_is_a_declared_dependency() -> None:
    extras = [name for name in PROJECT["optional-dependencies"] if name not in ("test", "docs")]
    assert undeclared(SOURCE, declared(*extras)) == []


def test_import_of_an_optional_library_waits_for_its_use() -> None:
    assert undeclared(SOURCE, declared(), only_at_top=True) == []


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_every_import_of_the_tests_is_a_declared_dependency(folder: str) -> None:
    extras = [name for name in PROJECT["optional-dependencies"] if name != "anthro"]
    assert undeclared(ROOT / folder, declared(*extras)) == []


def test_undeclared_import_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "room.py").write_text("import numpy\nimport json\ndef late():\n    import requests_toolbelt\n")
    assert undeclared(tmp_path, {"numpy"}) == ["room.py:4: requests_toolbelt"]
    assert undeclared(tmp_path, {"numpy"}, only_at_top=True) == []


def test_import_loads_no_heavy_library() -> None:
    code = "import sys, childdata; print(*sorted(sys.modules), sep='\\n')"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = HEAVY & set(said.splitlines())
    assert not loaded, f"`import childdata` loads {', '.join(sorted(loaded))}; import them where they are used"


def test_every_public_name_is_there_and_documented() -> None:
    names = getattr(childdata, "__all__", [])
    assert len(names) == len(set(names))
    bare = [name for name in names if not (getattr(childdata, name).__doc__ or "").strip()]
    assert bare == []


def test_package_says_that_it_is_typed() -> None:
    assert (SOURCE / "py.typed").is_file()


def test_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = PROJECT["version"]
    assert childdata.__version__ == version
    assert f"\nversion: {version}\n" in citation
    assert version in re.findall(r"^## \[([^\]]+)\]", changelog, flags=re.MULTILINE)


def test_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "Apache-2.0"
    assert text.lstrip().startswith("Apache License\n")
    assert "END OF TERMS AND CONDITIONS" in text


def test_no_survey_data_of_others_is_shipped() -> None:
    # by seed, with scripts beside them
    made_here = ("synth_children", "synthetic_", "random_", "phases_", "unequal_")
    made_here += ("replicates_", "regression_", "agreement", "inequality")
    data = [path for path in project_files() if path.suffix.lower() in DATA_SUFFIXES]
    assert [path.relative_to(ROOT).as_posix() for path in data if not path.name.startswith(made_here)] == []


# Each pattern with a line that it must find; the lines are put together here so that this file passes itself.
FORBIDDEN = {
    "a path of one machine": (
        r"(?<![\w.~/])/(?:home|root|Users|work|opt|tmp|mnt)/\w",
        "/ho" + "me/anna/data.sav",
    ),
    "a drive of one machine": (r"\b[A-Z]:\\Users\\\w", "C:" + r"\Users\anna"),
    "the number of an issue": (r"\b[Ii]ssues? #?\d", "as in iss" + "ue 12"),
    "a package registry": (r"--(?:extra-)?index[-]url|find[-]links|pip[.]conf", "--index" + "-url somewhere"),
    "unfinished work": (r"\b(?:TO[D]O|FIX[M]E|XX[X])\b|NotImpl[e]mented", "# TO" + "DO: later"),
}


def forbidden(text: str) -> list[str]:
    """What the text says that the project does not say, with the line."""
    said = []
    for what, (pattern, _) in FORBIDDEN.items():
        said += [f"line {text.count(chr(10), 0, hit.start()) + 1}: {what}" for hit in re.finditer(pattern, text)]
    return said


def test_project_speaks_of_itself_alone() -> None:
    said = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        said += [f"{path.relative_to(ROOT).as_posix()}: {one}" for one in forbidden(text)]
    assert said == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_forbidden_words_are_found(what: str) -> None:
    _, example = FORBIDDEN[what]
    assert [said.split(": ")[1] for said in forbidden(f"first line\n{example}\n")] == [what]
    assert forbidden("/usr/bin/env bash; see https://example.org/home/page and docs/work/plan.md") == []


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_every_room_of_tests_mirrors_a_room_of_the_source() -> None:
    rooms = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    assert [room.as_posix() for room in rooms if not (SOURCE / room).is_dir()] == []
