"""How the user says that a stage was drawn with unequal probabilities: `cd.PPS`, in the place of an fpc.

`PPS` holds the words, `Drawn` the numbers that they are on the records. What they do to a variance is in `unequal`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from childdata.errors import DesignError, nearest
from childdata.expression import Rule, parse
from childdata.survey.arrays import Floats

PairMethod = Literal["brewer", "overton", "hartley-rao", "joint"]
PairVariance = Literal["yates-grundy", "horvitz-thompson"]

_OTHER_NAMES = {
    "HR": "hartley-rao",
    "hr": "hartley-rao",
    "ppsmat": "joint",
    "HT": "horvitz-thompson",
    "ht": "horvitz-thompson",
    "YG": "yates-grundy",
    "yg": "yates-grundy",
    "sen-yates-grundy": "yates-grundy",
    "SYG": "yates-grundy",
}


@dataclass(frozen=True, slots=True, eq=False)
class PPS:
    """Drawn without replacement with unequal probabilities: stands where the fpc of a stage stands.

    Parameters
    ----------
    probability : column or rule; the unit's probability of being in the sample (given the stage above), in (0, 1], the
        same on all records of a unit. Where the survey has no weight, 1 / probability is its part of it.
    method : how pairs of units are dealt with: `"brewer"` (R's `pps="brewer"`) needs none; `"overton"` and
        `"hartley-rao"` (R's `HR()`) approximate their probabilities; `"joint"` takes the given ones (R's `ppsmat()`).
        None is `"joint"` where `joint` is given, else `"brewer"`.
    variance : of all but `"brewer"`: `"yates-grundy"` (None; as SUDAAN and SPSS), for samples of fixed size, or
        `"horvitz-thompson"` (R's default), which may be negative.
    joint : of the first stage: square array (PSUs, PSUs) of π_ij with π_i on its diagonal, PSUs in the order of their
        first record; or a pandas frame whose index and columns are the PSUs' numbers.
    sum_squares : of `"hartley-rao"`: Σ π² over all units of the stratum's population, a number or a column; without it,
        n times the mean of π in the sample estimates it.
    certainty : `"apart"`: a unit with probability 1 is a stratum of its own, adds nothing, and has no part in n and in
        the mean of the others; `"together"`: it stays in them, as in R.

    Raises
    ------
    DesignError for a method that is not there, or an argument that is not of it.

    Source: see `childdata.survey.unequal`.

    >>> PPS("p")
    PPS('p', method='brewer')
    >>> PPS("p", method="overton").formula
    'yates-grundy'
    """

    probability: Rule
    method: PairMethod | None = field(default=None, kw_only=True)
    variance: PairVariance | None = field(default=None, kw_only=True)
    joint: object = field(default=None, kw_only=True)
    sum_squares: Rule | None = field(default=None, kw_only=True)
    certainty: Literal["apart", "together"] = field(default="apart", kw_only=True)

    def __post_init__(self) -> None:
        _check("method", self.method, get_args(PairMethod))
        _check("variance", self.variance, get_args(PairVariance))
        _check("certainty", self.certainty, ("apart", "together"))
        if (self.joint is None) == (self.pairs == "joint"):
            found = "no joint=" if self.joint is None else f"method={self.method!r} with joint="
            raise DesignError(f"joint probabilities and method='joint' belong together; found {found}")
        if self.pairs == "brewer" and self.variance is not None:
            raise DesignError(
                f"method='brewer' is a formula of its own; found variance={self.variance!r}: leave it out, or choose "
                "method='overton' or 'hartley-rao', or give joint="
            )
        if self.sum_squares is not None and self.pairs != "hartley-rao":
            raise DesignError(f"sum_squares= is of method='hartley-rao'; found method={self.pairs!r}")

    @property
    def pairs(self) -> PairMethod:
        """The method, said or implied."""
        return self.method or ("brewer" if self.joint is None else "joint")

    @property
    def formula(self) -> str:
        """What makes the variance: `"brewer"`, `"yates-grundy"` or `"horvitz-thompson"`."""
        return "brewer" if self.pairs == "brewer" else self.variance or "yates-grundy"

    def __str__(self) -> str:
        told = [self.pairs, *([self.formula] if self.pairs != "brewer" else [])]
        return f"PPS {parse(self.probability).text} ({', '.join(told)})"

    def __repr__(self) -> str:
        told = f", variance={self.formula!r}" if self.pairs != "brewer" else ""
        return f"PPS({parse(self.probability).text!r}, method={self.pairs!r}{told})"


def _check(argument: str, found: str | None, choices: tuple[str, ...]) -> None:
    if found is None or found in choices:
        return
    other = _OTHER_NAMES.get(found)
    hint = f"; {found!r} is called {other!r} here" if other in choices else nearest(found, choices)
    raise DesignError(f"{argument} of PPS is one of {', '.join(map(repr, choices))}; found {found!r}{hint}")


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A `PPS` read off the records.

    Attributes
    ----------
    pps : the user's word.
    probability : array (n,); NaN where missing.
    sum_squares : array (n,) or None.
    """

    pps: PPS
    probability: Floats
    sum_squares: Floats | None = None
