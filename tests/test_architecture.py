"""The house keeps its plan: imports run downwards only, and nothing hides in a face.

`violations` reads every module of a source tree with `ast` (nothing is imported) and names each import that
breaks the plan. It is tried on the real tree, which must have none, and on trees with planted ones.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "childdata"

# From the roof to the ground. Rooms of one floor are siblings and do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("indicators", "poverty", "ceq", "synthetic"),
    ("welfare",),
    ("sources",),
    ("survey",),
    ("microdata",),
    ("plot",),
    ("expression", "table"),
    ("words",),
    ("vocabulary",),
    ("errors",),
)
FLOOR_OF = {room: depth for depth, rooms in enumerate(FLOORS) for room in rooms}
FACE = "the face"
# What a reader's stand-alone script may import beside the standard library.
SCRIPT_MAY_IMPORT = {"numpy", "pyreadstat", "pyarrow"}


@dataclass(frozen=True)
class Import:
    """One name of one import statement: where it stands, what it asks for, whether inside a function."""

    module: str
    line: int
    target: str
    inside_function: bool


def module_files(source: Path) -> dict[str, Path]:
    """Dotted name of every module under `source` -> its file; a package is named by its folder."""
    files = {}
    for path in sorted(source.rglob("*.py")):
        parts = (source.name, *path.relative_to(source).with_suffix("").parts)
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return files


def _statements(tree: ast.AST, inside: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    for node in ast.iter_child_nodes(tree):
        yield node, inside
        deeper = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _statements(node, deeper)


def _called_import(node: ast.Call) -> str | None:
    """The constant name given to `import_module(...)` or `__import__(...)`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
        return str(node.args[0].value)
    return None


def _absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if node.level == 0:
        return node.module or ""
    base = module.split(".")
    base = base[: len(base) - node.level + (1 if is_package else 0)]
    return ".".join([*base, node.module] if node.module else base)


def imports(source: Path) -> list[Import]:
    """Every import of the tree, absolute; `from package import module` names the module."""
    files = module_files(source)
    found = []
    for module, path in files.items():
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        for node, inside in _statements(tree):
            targets: list[str] = []
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = _absolute(node, module, path.name == "__init__.py")
                within = [f"{base}.{alias.name}" for alias in node.names]
                targets = [name if name in files else base for name in within]
            elif isinstance(node, ast.Call) and (called := _called_import(node)):
                targets = [called if not called.startswith(".") else source.name + called]
            found += [Import(module, getattr(node, "lineno", 0), target, inside) for target in targets]
    return found


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else FACE


def _direction(one: Import) -> str | None:
    here, there = _room(one.module), _room(one.target)
    if here == FACE:
        return None
    for room in (here, there):
        if room != FACE and room not in FLOOR_OF:
            return f"'{room}' has no floor in the plan"
    if there == FACE:
        return "imports the face"
    if here == there or FLOOR_OF[here] < FLOOR_OF[there]:
        return None
    kind = "sibling" if FLOOR_OF[here] == FLOOR_OF[there] else "upward"
    return f"{kind} import of {one.target}"


def _cycle(own: list[Import]) -> str | None:
    graph: dict[str, set[str]] = {}
    for one in own:
        if one.module != one.target:
            graph.setdefault(one.module, set()).add(one.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return "cycle: " + " <- ".join(error.args[1])
    return None


def violations(source: Path) -> list[str]:
    """What breaks the plan in the package folder `source`, one sentence each; empty if nothing does.

    Imports under `TYPE_CHECKING` count like any other: a type that two floors know belongs to the lower one.
    """
    own = [one for one in imports(source) if one.target.split(".")[0] == source.name]
    said = []
    for one in own:
        place = f"{one.module}:{one.line}"
        if one.inside_function:
            said.append(f"{place}: import of {one.target} inside a function")
        if direction := _direction(one):
            said.append(f"{place}: {direction}")
    if cycle := _cycle(own):
        said.append(cycle)
    return said


def face_violations(source: Path) -> list[str]:
    """Statements of `__init__` files beyond a docstring, imports, `__all__` and `__version__`.

    The package's own face may load a room late (`__getattr__`), so that importing it stays quick.
    """
    said = []
    for path in sorted(source.rglob("__init__.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            names = [getattr(target, "id", "") for target in node.targets] if isinstance(node, ast.Assign) else []
            is_name = bool(names) and set(names) <= {"__all__", "__version__"}
            is_late = path.parent == source and (
                (isinstance(node, ast.FunctionDef) and node.name == "__getattr__")
                or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
            )
            if not (is_docstring or is_name or is_late or isinstance(node, ast.Import | ast.ImportFrom)):
                said.append(f"{path.relative_to(source)}:{node.lineno}: code in a face")
    return said


def _is_script(tree: ast.Module) -> bool:
    """Whether a module guards `__name__ == "__main__"`."""
    return any(isinstance(node, ast.If) and "'__main__'" in ast.unparse(node.test) for node in tree.body)


def script_violations(folder: Path) -> list[str]:
    """Imports of stand-alone scripts (files that guard `__main__`) beyond the few they may use."""
    said = []
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not _is_script(tree):
            continue
        for node, _ in _statements(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "."] if node.level == 0 else ["." * node.level]
            for name in names:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and top not in SCRIPT_MAY_IMPORT:
                    said.append(f"{path.name}:{getattr(node, 'lineno', 0)}: imports {name}")
    return said


def plant(folder: Path, files: dict[str, str]) -> Path:
    """A small package `childdata` with these files (name without `.py` -> text) and the faces they need."""
    source = folder / "childdata"
    source.mkdir()
    (source / "__init__.py").write_text("")
    for name, text in files.items():
        path = source / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent != source and not (path.parent / "__init__.py").exists():
            (path.parent / "__init__.py").write_text("")
        path.write_text(text)
    return source


def test_imports_of_the_house_run_downwards_only() -> None:
    assert violations(SOURCE) == []


def test_faces_hold_nothing_but_names() -> None:
    assert face_violations(SOURCE) == []


def test_stand_alone_reader_imports_nothing_of_the_house() -> None:
    readers = SOURCE / "microdata" / "readers"
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in readers.glob("*.py")]
    assert sum(map(_is_script, trees)) == 1
    assert script_violations(readers) == []


def test_plan_names_every_room_there_is() -> None:
    rooms = {name.split(".")[1] for name in module_files(SOURCE) if "." in name}
    assert rooms <= set(FLOOR_OF)


def test_imports_that_keep_the_plan_are_accepted(tmp_path: Path) -> None:
    source = plant(
        tmp_path,
        {
            "__init__": "from childdata.survey import Survey\n__all__ = ['Survey']\n",
            "survey/__init__": "from childdata.survey.design import Survey\n",
            "survey/design": "from ..microdata import labels\nfrom childdata.errors import DesignError\n",
            "microdata/labels": "from childdata import errors\n",
            "errors": "import difflib\ndef lazily():\n    import matplotlib\n",
        },
    )
    assert violations(source) == []
    assert face_violations(source) == []


PLANTED = {
    "upward": (
        "microdata/labels",
        "import childdata.survey.design\n",
        "upward import of childdata.survey.design",
    ),
    "upward, relative": ("microdata/labels", "from ..survey import design\n", "upward import"),
    "upward, one floor": ("words", "from childdata.table import Table\n", "upward import of childdata.table"),
    "sibling": ("poverty/measures", "from childdata.ceq import system\n", "sibling import of childdata.ceq"),
    "sibling files": ("expression", "from . import table\n", "sibling import of childdata.table"),
    "in a function": (
        "survey/design",
        "def late():\n    from childdata.errors import DesignError\n    return DesignError\n",
        "import of childdata.errors inside a function",
    ),
    "in a method": (
        "survey/design",
        "class Survey:\n    def table(self):\n        import childdata.table\n",
        "import of childdata.table inside a function",
    ),
    "by name": (
        "microdata/labels",
        "import importlib\nsurvey = importlib.import_module('childdata.survey')\n",
        "upward import of childdata.survey",
    ),
    "for typing": (
        "microdata/labels",
        "import typing\nif typing.TYPE_CHECKING:\n    from childdata.survey.design import Survey\n",
        "upward import of childdata.survey.design",
    ),
    "the face": ("survey/design", "from childdata import __version__\n", "imports the face"),
    "unplanned room": ("utils", "import childdata.errors\n", "'utils' has no floor"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_planted_violation_is_found(case: str, tmp_path: Path) -> None:
    name, text, expected = PLANTED[case]
    house = {
        "survey/design": "",
        "table": "class Table: ...\n",
        "errors": "",
        "ceq/system": "",
        "microdata/labels": "",
    }
    found = violations(plant(tmp_path, house | {name: text}))
    assert len(found) == 1
    assert expected in found[0]


def test_cycle_within_a_room_is_found(tmp_path: Path) -> None:
    files = {
        "survey/design": "from childdata.survey.variance import variance\n",
        "survey/variance": "from childdata.survey.reduce import reduce\n",
        "survey/reduce": "import typing\nif typing.TYPE_CHECKING:\n    from .design import Survey\n",
    }
    (found,) = violations(plant(tmp_path, files))
    assert found.startswith("cycle: ")
    assert found.count("childdata.survey") == 4


def test_module_that_imports_from_its_own_face_is_a_cycle(tmp_path: Path) -> None:
    files = {
        "survey/__init__": "from .design import Survey\n",
        "survey/design": "from childdata.survey import Survey\n",
    }
    (found,) = violations(plant(tmp_path, files))
    assert found.startswith("cycle: ")


def test_code_in_a_face_is_found(tmp_path: Path) -> None:
    source = plant(tmp_path, {"survey/__init__": '"""A room."""\nLIMIT = 3\ndef verb():\n    return LIMIT\n'})
    assert [said.split(": ")[1] for said in face_violations(source)] == ["code in a face"] * 2


@pytest.mark.parametrize("line", ["import pandas", "from childdata import errors", "from . import labels"])
def test_reader_script_that_imports_more_is_found(line: str, tmp_path: Path) -> None:
    script = f"import numpy\nimport pyarrow.ipc\nimport struct\n{line}\nif __name__ == '__main__':\n    pass\n"
    (tmp_path / "script.py").write_text(script)
    (found,) = script_violations(tmp_path)
    assert found.startswith("script.py:4: imports ")
