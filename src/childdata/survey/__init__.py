"""Estimates with covariance: the algebra of statistics and the one engine that turns influence into variance."""

from childdata.survey.agreement import agreement, cramers_v, jaccard, kappa, overlap, phi, redundancy, tetrachoric
from childdata.survey.area_model import AreaModel
from childdata.survey.chi_square import ChiSquareTest, chi2
from childdata.survey.compare import compare, together
from childdata.survey.comparing import ComparisonTest, ttest
from childdata.survey.crosstab import Crosstab, crosstab
from childdata.survey.design_plan import DesignPlan
from childdata.survey.dispersion import cdf, correlation, covariance, sd, variance, variation
from childdata.survey.estimates import Estimates
from childdata.survey.goodness_of_fit import goodness_of_fit
from childdata.survey.imputation import PlausibleValues, combine, imputation_variance
from childdata.survey.inequality import (
    atkinson,
    concentration,
    entropy_between,
    entropy_within,
    generalized_entropy,
    gini,
    j_divergence,
    kakwani,
    mld,
    mld_between,
    mld_within,
    s_gini,
    theil,
)
from childdata.survey.lorenz_curve import (
    concentration_curve,
    generalized_lorenz,
    growth_incidence,
    lorenz,
    palma,
    quantile_ratio,
    quantile_share,
    s80_s20,
)
from childdata.survey.partial import Partial, merge
from childdata.survey.phases import Phase
from childdata.survey.plans import design_from
from childdata.survey.poverty_lines import RelativeLine, relative_line
from childdata.survey.poverty_measures import (
    fgt,
    poor_gini,
    poor_median,
    relative_median_gap,
    richness,
    sen,
    sst,
    watts,
)
from childdata.survey.pps import PPS
from childdata.survey.rank_test import ranktest
from childdata.survey.regression import FitMeasures, Regression, Summary, TermTest, regress
from childdata.survey.replicate_kinds import BRR, JK1, JK2, SDR, Bootstrap, Fay, JKn, ReplicateWeights
from childdata.survey.small_area import fay_herriot
from childdata.survey.spread import Spread
from childdata.survey.standardise import standardise
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
    "FitMeasures",
    "JKn",
    "Partial",
    "Phase",
    "PlausibleValues",
    "Regression",
    "RelativeLine",
    "ReplicateWeights",
    "Rotation",
    "Spread",
    "Statistic",
    "Summary",
    "Survey",
    "TermTest",
    "TestResult",
    "WeightsReport",
    "agreement",
    "annual_weights",
    "atkinson",
    "calibrate",
    "cdf",
    "chi2",
    "combine",
    "compare",
    "concentration",
    "concentration_curve",
    "correlation",
    "count",
    "covariance",
    "cramers_v",
    "crosstab",
    "design_from",
    "entropy_between",
    "entropy_within",
    "exp",
    "fay_herriot",
    "fgt",
    "generalized_entropy",
    "generalized_lorenz",
    "gini",
    "goodness_of_fit",
    "growth_incidence",
    "imputation_variance",
    "j_divergence",
    "jaccard",
    "kakwani",
    "kappa",
    "log",
    "lorenz",
    "mean",
    "median",
    "merge",
    "mld",
    "mld_between",
    "mld_within",
    "nonresponse",
    "overlap",
    "palma",
    "phase_shares",
    "phi",
    "poor_gini",
    "poor_median",
    "poststratify",
    "proportion",
    "quantile",
    "quantile_ratio",
    "quantile_share",
    "rake",
    "ranktest",
    "ratio",
    "redundancy",
    "regress",
    "relative_line",
    "relative_median_gap",
    "richness",
    "rotation",
    "s80_s20",
    "s_gini",
    "sd",
    "sen",
    "sst",
    "standardise",
    "tetrachoric",
    "theil",
    "together",
    "total",
    "trim",
    "ttest",
    "two_phase",
    "variance",
    "variation",
    "watts",
    "weights_report",
]
