"""What every test may use: the reference material beside the project, where it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is slow, and no test asserts a time.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """The path of a reference file or folder; the test is skipped, saying so, where it is not there."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"reference material {name!r} is not beside the project")
        return path

    return find
