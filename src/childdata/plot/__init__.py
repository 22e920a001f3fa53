"""Pictures of tables."""

from __future__ import annotations

from childdata.plot.picture import dots, save

__all__ = ["dots", "save"]
