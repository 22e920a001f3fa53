"""Invented surveys to try everything on: a MICS6 folder, a budget survey, a disability survey."""

from childdata.synthetic.budget import write_budget_survey
from childdata.synthetic.disability import write_disability_survey
from childdata.synthetic.mics import write_mics
from childdata.synthetic.surveys import write_all

__all__ = ["write_all", "write_budget_survey", "write_disability_survey", "write_mics"]
