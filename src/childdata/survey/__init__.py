"""Estimates with covariance: the algebra of statistics and the one engine that turns influence into variance."""

from childdata.survey.area_model import AreaModel
from childdata.survey.chi_square import ChiSquareTest, chi2
from childdata.survey.comparing import ComparisonTest, ttest
from childdata.survey.crosstab import Crosstab, crosstab
from childdata.survey.design_plan import DesignPlan
from childdata.survey.estimates import Estimates
from childdata.survey.goodness_of_fit import goodness_of_fit
from childdata.survey.imputation import PlausibleValues, combine, imputation_variance
from childdata.survey.partial import Partial, merge
from childdata.survey.phases import Phase
from childdata.survey.plans import design_from
from childdata.survey.pps import PPS
from childdata.survey.rank_test import ranktest
from childdata.survey.regression import Regression, regress
from childdata.survey.replicate_kinds import BRR, JK1, JK2, SDR, Bootstrap, Fay, JKn, ReplicateWeights
from childdata.survey.small_area import fay_herriot
from childdata.survey.spread import Spread
from childdata.survey.statistic import Statistic, exp, log
from childdata.survey.statistics import count, mean, median, proportion, quantile, ratio, total
from childdata.survey.survey import Survey
from childdata.survey.tests import TestResult
from childdata.survey.two_phase import phase_shares, two_phase
from childdata.survey.weighting import (
    Rotation,
    WeightsReport,
    annual_weights,
    calibrate,
    nonresponse,
    poststratify,
    rake,
    rotation,
    trim,
    weights_report,
)

__all__ = [
    "BRR",
    "JK1",
    "JK2",
    "PPS",
    "SDR",
    "AreaModel",
    "Bootstrap",
    "ChiSquareTest",
    "ComparisonTest",
    "Crosstab",
    "DesignPlan",
    "Estimates",
    "Fay",
    "JKn",
    "Partial",
    "Phase",
    "PlausibleValues",
    "Regression",
    "ReplicateWeights",
    "Rotation",
    "Spread",
    "Statistic",
    "Survey",
    "TestResult",
    "WeightsReport",
    "annual_weights",
    "calibrate",
    "chi2",
    "combine",
    "count",
    "crosstab",
    "design_from",
    "exp",
    "fay_herriot",
    "goodness_of_fit",
    "imputation_variance",
    "log",
    "mean",
    "median",
    "merge",
    "nonresponse",
    "phase_shares",
    "poststratify",
    "proportion",
    "quantile",
    "rake",
    "ranktest",
    "ratio",
    "regress",
    "rotation",
    "total",
    "trim",
    "ttest",
    "two_phase",
    "weights_report",
]
