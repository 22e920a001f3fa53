"""What the tests of tables share."""

from __future__ import annotations

import pandas as pd
import pytest
from hostile_rows import make_rows


@pytest.fixture
def rows() -> pd.DataFrame:
    return make_rows()
