"""Families and links: how a mean depends on the linear predictor, and a variance on the mean.

A family is the variance function V(μ) and the deviance; a link is η = g(μ). `logit`, `probit` and `cloglog` name the
binomial family with that link. Quasi families have the estimates of their family; and every family has its standard
errors from the design, none from V(μ).

Source: McCullagh & Nelder (1989), Generalized Linear Models, chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from childdata.errors import EstimationError, nearest
from childdata.survey.arrays import Floats, Mask

FamilyName = Literal[
    "gaussian",
    "logit",
    "binomial",
    "quasibinomial",
    "probit",
    "cloglog",
    "poisson",
    "quasipoisson",
    "gamma",
    "ordinal",
]
LinkName = Literal["identity", "log", "logit", "probit", "cloglog", "loglog", "inverse", "sqrt"]
_HALF = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True, slots=True)
class Link:
    """A link η = g(μ) with its inverse and the first two derivatives of the inverse.

    Attributes
    ----------
    name, of : g.
    mean, slope, bend : μ(η), μ′(η), μ″(η).
    """

    name: str
    of: Callable[[Floats], Floats]
    mean: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    bend: Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Family:
    """A variance function with its deviance, and the means and responses that it can have.

    Attributes
    ----------
    name : of the family.
    variance, slope : V(μ), V′(μ).
    deviance : d(y, μ) of each record; the deviance is Σ w d.
    start : a mean for each record to start from.
    means : whether each mean is one that the family can have.
    links : the names of the links it may have, the first being its own.
    dispersed : whether a dispersion is estimated.
    """

    name: str
    variance: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    deviance: Callable[[Floats, Floats], Floats]
    start: Callable[[Floats, Floats], Floats]
    means: Callable[[Floats], Mask]
    links: tuple[str, ...]
    dispersed: bool


def _logistic(eta: Floats) -> Floats:
    from scipy.special import expit

    result: Floats = expit(eta)
    return result


def _logit_slope(eta: Floats) -> Floats:
    return _logistic(eta) * _logistic(-eta)


def _normal(eta: Floats) -> Floats:
    from scipy.special import ndtr

    result: Floats = ndtr(eta)
    return result


def _normal_quantile(p: Floats) -> Floats:
    from scipy.special import ndtri

    result: Floats = ndtri(p)
    return result


def _density(eta: Floats) -> Floats:
    result: Floats = np.exp(-(eta**2) / 2) / _HALF
    return result


def _rare(eta: Floats) -> Floats:
    """1 − exp(−e^η), the inverse of the complementary log-log."""
    result: Floats = -np.expm1(-np.exp(np.minimum(eta, 700.0)))
    return result


def _gompertz(eta: Floats) -> Floats:
    """exp(η − e^η), the slope of the complementary log-log; 0 where e^η overflows."""
    eta = np.minimum(eta, 700.0)
    result: Floats = np.exp(eta - np.exp(eta))
    return result


def _gompertz_slope(eta: Floats) -> Floats:
    eta = np.minimum(eta, 700.0)
    result: Floats = _gompertz(eta) * -np.expm1(eta)
    return result


LINKS: Mapping[str, Link] = {
    link.name: link
    for link in (
        Link("identity", lambda m: m, lambda e: e, np.ones_like, np.zeros_like),
        Link("log", np.log, np.exp, np.exp, np.exp),
        Link(
            "logit",
            lambda m: np.log(m) - np.log1p(-m),
            _logistic,
            _logit_slope,
            lambda e: _logit_slope(e) * (_logistic(-e) - _logistic(e)),
        ),
        Link("probit", _normal_quantile, _normal, _density, lambda e: -e * _density(e)),
        Link("cloglog", lambda m: np.log(-np.log1p(-m)), _rare, _gompertz, _gompertz_slope),
        Link(
            "loglog",
            lambda m: -np.log(-np.log(m)),
            lambda e: np.exp(-np.exp(np.minimum(-e, 700.0))),
            lambda e: _gompertz(-e),
            lambda e: -_gompertz_slope(-e),
        ),
        Link("inverse", lambda m: 1 / m, lambda e: 1 / e, lambda e: -1 / e**2, lambda e: 2 / e**3),
        Link("sqrt", np.sqrt, np.square, lambda e: 2 * e, lambda e: np.full_like(e, 2.0)),
    )
}


def _entropy(y: Floats, mu: Floats) -> Floats:
    """y log(y / μ), 0 at y = 0."""
    from scipy.special import rel_entr

    result: Floats = rel_entr(y, mu)
    return result


def _weighted_mean(y: Floats, weight: Floats) -> float:
    return float(np.average(y, weights=weight))


_BINOMIAL = Family(
    name="binomial",
    variance=lambda m: m * (1 - m),
    slope=lambda m: 1 - 2 * m,
    deviance=lambda y, m: 2 * (_entropy(y, m) + _entropy(1 - y, 1 - m)),
    start=lambda y, w: (w * y + 0.5) / (w + 1),
    means=lambda m: (m > 0) & (m < 1),
    links=("logit", "probit", "cloglog", "loglog", "log", "identity"),
    dispersed=False,
)
_POISSON = Family(
    name="poisson",
    variance=lambda m: m,
    slope=np.ones_like,
    deviance=lambda y, m: 2 * (_entropy(y, m) - (y - m)),
    start=lambda y, w: y + 0.1 * max(_weighted_mean(y, w), 1e-3),
    means=lambda m: m > 0,
    links=("log", "identity", "sqrt"),
    dispersed=False,
)
_GAUSSIAN = Family(
    name="gaussian",
    variance=np.ones_like,
    slope=np.zeros_like,
    deviance=lambda y, m: (y - m) ** 2,
    start=lambda y, w: y,
    means=np.isfinite,
    links=("identity", "log", "inverse"),
    dispersed=True,
)
_GAMMA = Family(
    name="gamma",
    variance=np.square,
    slope=lambda m: 2 * m,
    deviance=lambda y, m: 2 * ((y - m) / m - np.log(y / m)),
    start=lambda y, w: y,
    means=lambda m: m > 0,
    links=("inverse", "log", "identity"),
    dispersed=True,
)
# The family and the link behind each name that a user may give.
_NAMED: Mapping[str, tuple[Family, str]] = {
    "gaussian": (_GAUSSIAN, "identity"),
    "logit": (_BINOMIAL, "logit"),
    "binomial": (_BINOMIAL, "logit"),
    "quasibinomial": (_BINOMIAL, "logit"),
    "probit": (_BINOMIAL, "probit"),
    "cloglog": (_BINOMIAL, "cloglog"),
    "poisson": (_POISSON, "log"),
    "quasipoisson": (_POISSON, "log"),
    "gamma": (_GAMMA, "inverse"),
}


def find_family(name: str, link: str | None) -> tuple[Family, Link]:
    """The family and the link that two names mean.

    Raises
    ------
    EstimationError with the names there are.
    """
    if name not in _NAMED:
        names = get_args(FamilyName)
        raise EstimationError(f"family {name!r} is not known; choose one of {', '.join(names)}{nearest(name, names)}")
    family, own = _NAMED[name]
    if link is None:
        return family, LINKS[own]
    if link not in family.links or (name in ("logit", "probit", "cloglog") and link != name):
        choices = [name] if name in ("logit", "probit", "cloglog") else list(family.links)
        raise EstimationError(
            f"family {name!r} has the link{'s' if len(choices) > 1 else ''} {', '.join(choices)}; found {link!r}"
            + ("; for another link take family='binomial'" if len(choices) == 1 else "")
        )
    return family, LINKS[link]


def check_response(name: str, y: Floats, what: str) -> None:
    """Refuse a response that the family cannot have.

    Raises
    ------
    EstimationError saying what is wanted, and how many records or values are not so.
    """
    distinct = int(np.unique(y).size)
    if distinct < 2:
        raise EstimationError(f"{what} is one value in all {y.size} records used, so that there is nothing to explain")
    family = _NAMED[name][0]
    if family is _BINOMIAL:
        fractions = name == "quasibinomial"
        wrong = ((y < 0) | (y > 1)) if fractions else ((y != 0) & (y != 1))
        if wrong.any():
            wanted = "shares from 0 to 1" if fractions else "0 and 1"
            raise EstimationError(
                f"family {name!r} wants a response of {wanted}; {what} has {distinct} distinct values, and "
                f"{int(wrong.sum())} of {y.size} records are not so; write a rule such as '{what} == 1 ~ ...'"
            )
    elif family is _POISSON and (y < 0).any():
        raise EstimationError(
            f"family {name!r} wants counts of 0 and more; {what} is negative in {int((y < 0).sum())} records"
        )
    elif family is _GAMMA and (y <= 0).any():
        raise EstimationError(
            f"family 'gamma' wants amounts above 0; {what} is not so in {int((y <= 0).sum())} records"
        )
