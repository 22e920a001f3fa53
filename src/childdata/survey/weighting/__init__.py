"""Weights made to fit: nonresponse, post-stratification, raking, calibration, trimming, and what it costs."""

from childdata.survey.weighting.calibrate import calibrate
from childdata.survey.weighting.nonresponse import nonresponse
from childdata.survey.weighting.poststratify import poststratify
from childdata.survey.weighting.quarters import Rotation, annual_weights, rotation
from childdata.survey.weighting.rake import rake
from childdata.survey.weighting.report import WeightsReport, weights_report
from childdata.survey.weighting.trim import trim

__all__ = [
    "Rotation",
    "WeightsReport",
    "annual_weights",
    "calibrate",
    "nonresponse",
    "poststratify",
    "rake",
    "rotation",
    "trim",
    "weights_report",
]
