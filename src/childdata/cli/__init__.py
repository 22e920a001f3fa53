"""The command line: `childdata demo`, `childdata codebook`, `childdata estimate`."""

from __future__ import annotations

from childdata.cli.run import main

__all__ = ["main"]
