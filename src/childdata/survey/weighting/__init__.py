"""Weights made to fit: nonresponse, post-stratification, raking, calibration, trimming, and what it costs.

Each chapter is imported by its own name, since the design (below all of them) knows an `Adjustment`.
"""
