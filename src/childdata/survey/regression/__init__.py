"""Regression under the design: coefficients with design-based covariance, tests of terms, margins."""

from childdata.survey.regression.fitmeasures import FitMeasures
from childdata.survey.regression.fitted import Regression
from childdata.survey.regression.regress import regress
from childdata.survey.regression.summary import Summary
from childdata.survey.regression.terms import TermTest

__all__ = ["FitMeasures", "Regression", "Summary", "TermTest", "regress"]
