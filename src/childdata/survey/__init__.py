"""Estimates with covariance: the algebra of statistics and the one engine that turns influence into variance."""

from childdata.survey.estimates import Estimates
from childdata.survey.spread import Spread
from childdata.survey.statistic import Statistic, exp, log
from childdata.survey.statistics import count, mean, median, proportion, quantile, ratio, total
from childdata.survey.survey import Survey
from childdata.survey.tests import TestResult

__all__ = [
    "Estimates",
    "Spread",
    "Statistic",
    "Survey",
    "TestResult",
    "count",
    "exp",
    "log",
    "mean",
    "median",
    "proportion",
    "quantile",
    "ratio",
    "total",
]
