"""Estimates with covariance: the algebra of statistics and the one engine that turns influence into variance."""

from childdata.survey.estimates import Estimates
from childdata.survey.imputation import PlausibleValues, combine, imputation_variance
from childdata.survey.phases import Phase
from childdata.survey.pps import PPS
from childdata.survey.replicate_kinds import BRR, JK1, JK2, SDR, Bootstrap, Fay, JKn, ReplicateWeights
from childdata.survey.spread import Spread
from childdata.survey.statistic import Statistic, exp, log
from childdata.survey.statistics import count, mean, median, proportion, quantile, ratio, total
from childdata.survey.survey import Survey
from childdata.survey.tests import TestResult
from childdata.survey.two_phase import phase_shares, two_phase

__all__ = [
    "BRR",
    "JK1",
    "JK2",
    "PPS",
    "SDR",
    "Bootstrap",
    "Estimates",
    "Fay",
    "JKn",
    "Phase",
    "PlausibleValues",
    "ReplicateWeights",
    "Spread",
    "Statistic",
    "Survey",
    "TestResult",
    "combine",
    "count",
    "exp",
    "imputation_variance",
    "log",
    "mean",
    "median",
    "phase_shares",
    "proportion",
    "quantile",
    "ratio",
    "total",
    "two_phase",
]
