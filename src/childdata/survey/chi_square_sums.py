"""How likely is a weighted sum of chi-squares to exceed a value? The distribution behind tests on survey tables.

Q = Σ λ_i X_i, X_i independent chi-squares with h_i degrees of freedom; the λ may have either sign, so that a ratio to
another chi-square is covered too: P(Σ λ_i X_i / (Y / ν) > x) = P(Σ λ_i X_i − (x / ν) Y > 0).

With the cumulant function K(z) = −½ Σ h_i log(1 − 2 λ_i z),

P(Q > x) = (1 / 2πi) ∫ exp(K(z) − z x) dz / z

along any line from below to above that meets the real axis at c, 0 < c < 1 / (2 max λ). `tail` carries the integral
out along two rays from a point near the saddlepoint K'(z) = x, where the integrand is largest and does not oscillate;
hence small probabilities keep their digits. `saddlepoint_tail` is the classical approximation at that point.

Source: Imhof (1961), Biometrika 48, 419-426 (the integral); Rice (1980), SIAM J. Sci. Stat. Comput. 1, 438-448 (along
the saddlepoint); Kuonen (1999), Biometrika 86, 929-935 (the approximation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Floats

RAY = 3 * np.pi / 8  # the angle of the rays to the real axis: they leave the cut there, and meet no growth
STEP = 0.05  # of the trapezoidal rule in log r, whose error is exp(−2π (π/8) / step)
REACH = 45.0  # exp(−45) is nothing
NEAR_MEAN = 1e-4  # a saddlepoint this near zero, in units of the largest weight, leaves no approximation


@dataclass(frozen=True, slots=True)
class _Sum:
    """Weights and degrees of freedom, the largest weight being 1."""

    weight: Floats
    df: Floats

    def cumulant(self, z: np.ndarray) -> np.ndarray:
        """K(z), for real or complex z."""
        result: np.ndarray = -0.5 * np.log1p(-2 * np.multiply.outer(z, self.weight)) @ self.df
        return result

    def slope(self, z: float) -> float:
        """K'(z)."""
        return float(np.sum(self.df * self.weight / (1 - 2 * z * self.weight)))

    def curvature(self, z: float) -> float:
        """K''(z)."""
        return float(2 * np.sum(self.df * (self.weight / (1 - 2 * z * self.weight)) ** 2))

    def saddle(self, x: float) -> float:
        """The z with K'(z) = x."""
        from scipy.optimize import brentq

        reach = abs(x) + float(np.sum(np.abs(self.df * self.weight)))
        ends = []
        for extreme in (self.weight.argmin(), self.weight.argmax()):
            size = abs(float(self.weight[extreme] * self.df[extreme]))
            # so near to the pole that its own term outweighs all others
            ends.append((1 - min(0.5, size / (2 * reach))) / (2 * float(self.weight[extreme])))
        if self.weight.min() > 0:
            ends[0] = -float(self.df.sum()) / (2 * x) if x < self.slope(0.0) else -1e-3
        return float(brentq(lambda z: self.slope(z) - x, ends[0], ends[1], xtol=1e-300, rtol=1e-15, maxiter=500))


def _scaled(x: float, weights: Floats, df: Floats) -> tuple[float, _Sum]:
    weights, df = np.broadcast_arrays(np.asarray(weights, dtype=np.float64), np.asarray(df, dtype=np.float64))
    used = (weights != 0) & (df > 0)
    if not np.isfinite(x) or not np.isfinite(weights).all() or not (weights[used] > 0).any():
        raise EstimationError("a sum of chi-squares needs a finite value, finite weights, and one weight above zero")
    top = float(weights[used].max())
    return x / top, _Sum(weights[used] / top, df[used])


def tail(x: float, weights: Floats, df: Floats | float = 1.0) -> float:
    """P(Σ λ_i χ²(h_i) > x), to about 13 digits.

    Parameters
    ----------
    x : the value. weights : array (k,), the λ, of either sign. df : array (k,) or a number; need not be whole.

    >>> tail(3.841458820694124, np.array([1.0])) # one chi-square: 5 %
    0.05...
    >>> round(tail(2.0, np.array([0.5, 0.5])), 12) == round(float(np.exp(-2.0)), 12)  # an exponential of mean 1
    True
    """
    value, one = _scaled(x, weights, np.asarray(df))
    if value <= 0 and one.weight.min() > 0:
        return 1.0
    start = one.saddle(value)
    width = one.curvature(start) ** -0.5
    if abs(start) < width / 2:  # the pole at zero is too near: stay to its right
        start = min(width / 2, 0.25)
        width = one.curvature(start) ** -0.5
    log_r = STEP * np.arange(-int(REACH / STEP), int((REACH + np.log(max(1.0, 1 / width))) / STEP))
    step = width * np.exp(log_r + 1j * RAY)
    z = start + step
    height = float(one.cumulant(np.array([start]))[0].real) - start * value
    with np.errstate(under="ignore"):
        integrand = np.exp(one.cumulant(z) - z * value - height) / z * step
    area = float(np.sum(integrand.imag)) * STEP / np.pi * float(np.exp(height))
    return min(max((1.0 if start < 0 else 0.0) + area, 0.0), 1.0)


def saddlepoint_tail(x: float, weights: Floats, df: Floats | float = 1.0) -> float:
    """The saddlepoint approximation of P(Σ λ_i χ²(h_i) > x); NaN next to the mean, where it has none.

    1 − Φ(w + log(v / w) / w), w = sign(z) √(2 (z x − K(z))), v = z √K''(z), at K'(z) = x.

    >>> round(saddlepoint_tail(6.0, np.array([1.0, 1.0])), 4), round(float(np.exp(-3.0)), 4)
    (0.0506, 0.0498)
    """
    from scipy.special import ndtr

    value, one = _scaled(x, weights, np.asarray(df))
    if value <= 0 and one.weight.min() > 0:
        return 1.0
    z = one.saddle(value)
    if abs(z) < NEAR_MEAN:
        return float("nan")
    w = np.sign(z) * np.sqrt(2 * (z * value - float(one.cumulant(np.array([z]))[0])))
    v = z * np.sqrt(one.curvature(z))
    return float(ndtr(-(w + np.log(v / w) / w)))
