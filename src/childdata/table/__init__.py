"""Tables that may be published: rows of results with titles, notes, formats, origin and what is hidden."""

from __future__ import annotations

from childdata.table.grid import Column
from childdata.table.policy import Disclosure, Suppression
from childdata.table.published import estimates_table, sampling_errors_table
from childdata.table.table import Table

__all__ = ["Column", "Disclosure", "Suppression", "Table", "estimates_table", "sampling_errors_table"]
