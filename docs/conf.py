"""How the documentation is built: `make docs`, or `sphinx-build -W docs docs/_build/html`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

import childdata

HERE = Path(__file__).resolve().parent

project = "childdata"
author = "childdata contributors"
project_copyright = author
version = release = childdata.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_nb",
]
exclude_patterns = ["_build", "jupyter_execute"]
templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = f"childdata {version}"
html_static_path = ["_static"]
html_css_files = ["childdata.css"]
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sourcelink_suffix = ""
html_show_sourcelink = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
default_role = "code"  # `name` in a docstring is a name
autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say types in words
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

# The notebooks are executed when the pages are made, so what they show is what this version gives.
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / "notebooks")
nb_execution_raise_on_error = True
nb_execution_timeout = 180


def copy_notebooks(app: Sphinx) -> None:
    """Examples live beside `docs/`; Sphinx reads only what lies below it."""
    target = HERE / "examples"
    target.mkdir(exist_ok=True)
    for notebook in sorted((HERE.parent / "examples").glob("*.ipynb")):
        copy = target / notebook.name
        if not copy.exists() or copy.read_bytes() != notebook.read_bytes():
            shutil.copyfile(notebook, copy)


def keep_absolute_values(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """|x| in a docstring is an absolute value, not the name of a substitution."""
    lines[:] = [re.sub(r"\|(\w+)\|", r"\\|\1\\|", line) for line in lines]


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-docstring", keep_absolute_values)
    app.connect("builder-inited", copy_notebooks)
