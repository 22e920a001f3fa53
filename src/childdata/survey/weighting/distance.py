"""How far a weight may go from where it was: the distances of calibration.

A calibrated weight is d F(u), u = xᵀλ/v. Each distance gives F, its derivative F', and the integral of F, whose
weighted sum less tᵀλ has its minimum at the λ for which the totals are met:

linear      F = 1 + u                                        weights may become negative
raking      F = exp(u)                                       positive
logit       F between low and high, an S-curve with F(0) = 1
truncated   F = 1 + u, cut at low and high

Bounds on raking cut exp(u) likewise.

Source: Deville & Särndal (1992), Journal of the American Statistical Association 87, 376-382,
table 1: cases 1, 2, 6, 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from childdata.survey.arrays import Floats

Method = Literal["linear", "raking", "logit", "truncated"]
METHODS: tuple[Method, ...] = ("linear", "raking", "logit", "truncated")

_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, slots=True, eq=False)
class Distance:
    """One distance, with its bounds on the ratio of new to old weight.

    Attributes
    ----------
    method : which.
    low, high : arrays (n,), or of one number for all; infinite where there is no bound.

    >>> Distance("truncated", np.array([0.5]), np.array([2.0])).ratio(np.array([-3.0, 0.0, 0.25])).tolist()
    [0.5, 1.0, 1.25]
    """

    method: Method
    low: Floats
    high: Floats

    def ratio(self, u: Floats) -> Floats:
        """F(u), array (n,)."""
        if self.method == "logit":
            return self.low + (self.high - self.low) * _expit(self._slope * u + self._offset)
        return np.clip(_free(self.method, u), self.low, self.high)

    def derivative(self, u: Floats) -> Floats:
        """F'(u), array (n,); 0 where a bound holds."""
        if self.method == "logit":
            part = _expit(self._slope * u + self._offset)
            slope: Floats = (self.high - self.low) * self._slope * part * (1 - part)
            return slope
        free = _free(self.method, u)
        inside = (free > self.low) & (free < self.high)
        return np.where(inside, free if self.method == "raking" else 1.0, 0.0)

    def integral(self, u: Floats) -> Floats:
        """∫F, array (n,), up to a constant for each record."""
        if self.method == "logit":
            value: Floats = self.low * u + (self.high - self.low) / self._slope * np.logaddexp(
                0.0, self._slope * u + self._offset
            )
            return value
        first, last = self._ends
        inner = np.clip(u, first, last)
        middle = np.exp(np.minimum(inner, _LARGEST_EXPONENT)) if self.method == "raking" else inner + inner**2 / 2
        under, over = np.minimum(u - first, 0.0), np.maximum(u - last, 0.0)
        with np.errstate(invalid="ignore"):
            beyond = np.where(under < 0, self.low * under, 0.0) + np.where(over > 0, self.high * over, 0.0)
        ends: Floats = middle + beyond
        return ends

    @property
    def _slope(self) -> Floats:
        slope: Floats = (self.high - self.low) / ((1 - self.low) * (self.high - 1))
        return slope

    @property
    def _offset(self) -> Floats:
        offset: Floats = np.log((1 - self.low) / (self.high - 1))
        return offset

    @property
    def _ends(self) -> tuple[Floats, Floats]:
        """The u at which the bounds begin to hold."""
        if self.method == "raking":
            with np.errstate(divide="ignore"):
                return np.log(np.maximum(self.low, 0.0)), np.log(self.high)
        return self.low - 1, self.high - 1


def _free(method: Method, u: Floats) -> Floats:
    """F without bounds."""
    free: Floats = np.exp(np.minimum(u, _LARGEST_EXPONENT)) if method == "raking" else 1 + u
    return free


def _expit(u: Floats) -> Floats:
    """1 / (1 + exp(-u)), without overflow."""
    part: Floats = np.exp(-np.logaddexp(0.0, -u))
    return part
