"""Invented surveys to try everything on: a MICS6 folder, a budget survey, a disability survey."""

from childdata.synthetic.mics import write_mics

__all__ = ["write_mics"]
