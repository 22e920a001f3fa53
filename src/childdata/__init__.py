"""childdata: from household-survey microdata to statements about children."""

from __future__ import annotations

__version__ = "0.1.0"
