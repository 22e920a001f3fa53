"""Survey files: reading, describing, joining and writing them without losing a label or a missing code."""

from __future__ import annotations

from childdata.microdata.codebook import Codebook
from childdata.microdata.dataset import Dataset
from childdata.microdata.labels import MultipleResponse, Variable, reads_like_missing
from childdata.microdata.read import Scan, read, read_chunks, scan, write

__all__ = [
    "Codebook",
    "Dataset",
    "MultipleResponse",
    "Scan",
    "Variable",
    "read",
    "read_chunks",
    "reads_like_missing",
    "scan",
    "write",
]
