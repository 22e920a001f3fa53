"""How replicate weights were made, in the words of the agencies that make them.

Each kind is used in two ways. *Given*: the first argument names the columns of the data that hold them,
`cd.Survey(data, weight="w", replicates=cd.Fay("w1..w80", rho=0.5))`. *Made*: from the strata and PSUs of a survey,
`survey.with_replicates(cd.JKn())`.

    kind                scale                 rscales            weights of a replicate
    BRR                 1 / R                 1                  2 or 0 times the weight, by half-samples
    Fay                 1 / (R (1 − ρ)²)      1                  2 − ρ or ρ times
    JK1                 (R − 1) / R           1                  one PSU left out
    JKn                 1                     (n_h − 1) / n_h    one PSU of one stratum left out
    JK2                 1                     1                  one PSU of a pair left out, the other doubled
    Bootstrap           1 / (R − 1)           1                  PSUs drawn again
    SDR                 4 / R                 1                  neighbours against each other
    ReplicateWeights    said by the agency    said or 1          anything else

Source: Wolter (2007), Introduction to Variance Estimation, chapters 3-5; the scales are those of R survey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from typing import ClassVar, Literal, get_args

import numpy as np

from childdata.errors import DesignError
from childdata.survey.arrays import Floats
from childdata.survey.column_names import columns_named

Centre = Literal["estimate", "mean"]
Combined = Literal["weights", "factors"]
Blank = Literal["refuse", "zero"]
Negative = Literal["refuse", "keep"]
RScales = float | Sequence[float] | Mapping[str, float]


@dataclass(frozen=True, slots=True, repr=False)
class ReplicateKind:
    """What all kinds of replicate weights share: the columns, and how they are read; see `ReplicateWeights`."""

    replicates: str | Sequence[str] | int | None = None
    _: KW_ONLY
    scale: float | None = None
    rscales: RScales | None = None
    centre: Centre | None = None
    combined: Combined = "weights"
    blank: Blank = "refuse"
    negative: Negative = "refuse"
    df: float | None = None

    word: ClassVar[str] = "other"
    made_centre: ClassVar[Centre] = "mean"
    counted: ClassVar[bool] = False
    of_making: ClassVar[tuple[str, ...]] = ()
    of_reading: ClassVar[tuple[str, ...]] = ("scale", "rscales", "combined", "blank", "negative")

    def __post_init__(self) -> None:
        self._one_of("centre", (*get_args(Centre), None))
        self._one_of("combined", get_args(Combined))
        self._one_of("blank", get_args(Blank))
        self._one_of("negative", get_args(Negative))
        if self.scale is not None and not (np.isfinite(self.scale) and self.scale > 0):
            raise DesignError(f"scale of {self.name} is a positive number; found {self.scale!r}")
        if self.df is not None and not self.df > 0:
            raise DesignError(f"df of {self.name} is a positive number; found {self.df!r}")
        if isinstance(self.replicates, int) and self.replicates < 2:
            raise DesignError(f"{self.name} wants two replicates or more; found {self.replicates}")

    def __repr__(self) -> str:
        said = [] if self.replicates is None else [repr(self.replicates)]
        options = [(one.name, getattr(self, one.name), one.default) for one in fields(self)[1:]]
        said += [f"{name}={found!r}" for name, found, default in options if name == "rho" or not _same(found, default)]
        return f"{self.name}({', '.join(said)})"

    @property
    def name(self) -> str:
        """The kind as the user writes it."""
        return type(self).__name__

    @property
    def is_given(self) -> bool:
        """Whether columns of the data hold the weights."""
        return self.replicates is not None and not isinstance(self.replicates, int)

    def columns(self, names: Sequence[str], *, place: str) -> tuple[str, ...]:
        """The columns that hold the weights.

        Raises
        ------
        DesignError if no columns were named, or an option is given that has a part in making only; VariableError if
        one of the columns is not there.
        """
        if self.replicates is None or isinstance(self.replicates, int):
            raise DesignError(
                f"{self.name} as replicates= of a survey wants the columns that hold the weights, as cd.{self.name}"
                f"('w1..w80'); to make them from strata and PSUs: survey.with_replicates(cd.{self.name}(...))"
            )
        self._unused(self.of_making, "has a part in making weights; here they are given")
        return columns_named(self.replicates, names, place=place)

    def check_made(self) -> None:
        """A DesignError where columns are named, or options of reading given, though weights are to be made."""
        if self.is_given:
            raise DesignError(
                f"with_replicates() makes weights from strata and PSUs; columns that hold them are named when the "
                f"survey is declared: cd.Survey(data, weight=..., replicates=cd.{self.name}({self.replicates!r}))"
            )
        if self.replicates is not None and not self.counted:
            raise DesignError(f"the number of replicates of {self.name} follows from the design; leave it out")
        self._unused(self.of_reading, "has a part in reading weights from columns; here they are made")

    def centred_on(self, *, made: bool) -> Centre:
        """The centre of the deviations: as said, or by default."""
        return self.centre or (self.made_centre if made else "estimate")

    def default_scale(self, size: int) -> float:
        """The scale of so many replicates; a DesignError where the kind has none."""
        raise DesignError(
            f"{self.name} wants the scale that the agency's formula has before its sum, such as scale=1/{size}; for a "
            "method by name take BRR, Fay, JK1, JKn, JK2, Bootstrap or SDR"
        )

    def default_rscales(self, size: int) -> Floats:
        """The rscales of so many replicates; a DesignError where the weights do not tell."""
        return np.ones(size)

    def _one_of(self, option: str, choices: tuple[object, ...]) -> None:
        found = getattr(self, option)
        if found not in choices:
            words = ", ".join(repr(choice) for choice in choices if choice is not None)
            raise DesignError(f"{option} of {self.name} is one of {words}; found {found!r}")

    def _unused(self, options: Sequence[str], why: str) -> None:
        """A DesignError for an option that nobody would read."""
        default = {one.name: one.default for one in fields(self)}
        for option in options:
            if not _same(getattr(self, option), default[option]):
                raise DesignError(f"{option} of {self.name} {why}: leave it out")


def check_kind(kind: object) -> None:
    """A DesignError for what is no kind of replicate weights: bare names of columns, or a class without brackets."""
    if isinstance(kind, ReplicateKind):
        return
    found = f"cd.{kind.__name__} without brackets" if isinstance(kind, type) else repr(kind)
    raise DesignError(
        "replicate weights are given by kind, such as cd.Fay('w1..w80', rho=0.5), or cd.ReplicateWeights('w1..w80', "
        f"scale=...), and made by kind, such as cd.JKn(); found {found}"
    )


def _same(found: object, default: object) -> bool:
    # numbers of an array have no truth value: what is of another type is something else
    return type(found) is type(default) and found == default


@dataclass(frozen=True, slots=True, repr=False)
class BRR(ReplicateKind):
    """Balanced repeated replication: half-samples, one PSU of every pair, balanced by a Hadamard matrix.

    Parameters
    ----------
    replicates, scale, rscales, centre, combined, blank, negative, df : see `ReplicateWeights`. Made: None, or the least
        number of replicates.
    large : made, strata of four, six ... PSUs: `"split"` into pairs, in the order of the PSU numbers (as R);
        `"merge"` them into two halves, first and second (one degree of freedom for the stratum); or `"fail"`.
    small : made, strata of one PSU: `"fail"` leaves them to the lonely-PSU rule of the survey; `"merge"` pairs each
        with the next one.

    Notes
    -----
    Two PSUs per stratum are wanted. With more replicates than pairs, the variance of a total is exactly that of the
    two-per-stratum formula, whatever the matrix. A finite population correction has no place in half-samples: it is
    dropped, and the notes say so; strata taken whole have factor 1.

    Source: McCarthy (1969), Review of the International Statistical Institute 37, 239-264.

    >>> BRR("w1..w16").default_scale(16)
    0.0625
    """

    _: KW_ONLY
    large: Literal["split", "merge", "fail"] = "split"
    small: Literal["fail", "merge"] = "fail"

    word: ClassVar[str] = "BRR"
    counted: ClassVar[bool] = True
    of_making: ClassVar[tuple[str, ...]] = ("large", "small")

    def __post_init__(self) -> None:
        ReplicateKind.__post_init__(self)
        self._one_of("large", ("split", "merge", "fail"))
        self._one_of("small", ("fail", "merge"))

    def default_scale(self, size: int) -> float:
        return 1 / size


@dataclass(frozen=True, slots=True, repr=False)
class Fay(BRR):
    """Fay's balanced repeated replication: one PSU of a pair has 2 − ρ times its weight, the other ρ times.

    No PSU leaves a replicate, so that small domains and medians keep all their records. PISA gives 80 of these, with
    ρ = 0.5: `cd.Fay("W_FSTURWT1..W_FSTURWT80", rho=0.5)`.

    Parameters
    ----------
    rho : Fay's coefficient, 0 ≤ ρ < 1; 0 is BRR.
    replicates, large, small, ... : see `BRR`.

    Source: Judkins (1990), Journal of Official Statistics 6, 223-239.
    """

    _: KW_ONLY
    rho: float = 0.5

    word: ClassVar[str] = "Fay"

    def __post_init__(self) -> None:
        BRR.__post_init__(self)
        if not 0 <= self.rho < 1:
            raise DesignError(f"rho of Fay is a number from 0 to below 1, such as 0.5; found {self.rho!r}")

    def default_scale(self, size: int) -> float:
        return 1 / (size * (1 - self.rho) ** 2)


@dataclass(frozen=True, slots=True, repr=False)
class JK1(ReplicateKind):
    """The jackknife without strata: each replicate leaves one PSU (or one random group of them) out.

    Made for a design of one stratum, with its finite population correction: scale (1 − f)(n − 1)/n.

    Parameters
    ----------
    replicates, scale, rscales, centre, combined, blank, negative, df : see `ReplicateWeights`.

    Source: Wolter (2007), chapter 4.
    """

    word: ClassVar[str] = "JK1"

    def default_scale(self, size: int) -> float:
        return (size - 1) / size


@dataclass(frozen=True, slots=True, repr=False)
class JKn(ReplicateKind):
    """The stratified jackknife: each replicate leaves one PSU of one stratum out.

    Made with rscales (1 − f_h)(n_h − 1)/n_h. Weights that are given want `rscales=`, (n_h − 1)/n_h of the stratum that
    each replicate leaves a PSU out of: the weights alone do not tell.

    Parameters
    ----------
    replicates, scale, rscales, centre, combined, blank, negative, df : see `ReplicateWeights`.

    Source: Wolter (2007), section 4.5; Rust & Rao (1996), Statistical Methods in Medical Research 5, 283-310.
    """

    word: ClassVar[str] = "JKn"

    def default_scale(self, size: int) -> float:
        return 1.0

    def default_rscales(self, size: int) -> Floats:
        raise DesignError(
            "JKn wants rscales: (n_h - 1)/n_h of the stratum that each replicate leaves a PSU out of, as one number, "
            "one per replicate, or by columns: rscales={'w1..w10': 1/2, 'w11..w13': 2/3}; the agency's manual has them"
        )


@dataclass(frozen=True, slots=True, repr=False)
class JK2(ReplicateKind):
    """The paired jackknife: one replicate per pair of PSUs, in which one of the two is left out and the other doubled.

    As in TIMSS and PIRLS. Two PSUs per stratum are wanted where it is made; which of the two is left out is drawn with
    `seed`, or is the second.

    Parameters
    ----------
    replicates, scale, rscales, centre, combined, blank, negative, df : see `ReplicateWeights`.
    seed : made: of the draw.

    Source: Rust & Rao (1996), Statistical Methods in Medical Research 5, 283-310.
    """

    _: KW_ONLY
    seed: int | None = None

    word: ClassVar[str] = "JK2"
    made_centre: ClassVar[Centre] = "estimate"
    of_making: ClassVar[tuple[str, ...]] = ("seed",)

    def default_scale(self, size: int) -> float:
        return 1.0


@dataclass(frozen=True, slots=True, repr=False)
class Bootstrap(ReplicateKind):
    """The bootstrap of PSUs: in each replicate the PSUs of every stratum are drawn again.

    Parameters
    ----------
    replicates : made: their number, 500 where none is said; given: the columns.
    method : made: `"rao-wu"` draws n_h − 1 of n_h and rescales, with 1 − f_h; `"canty-davison"` draws n_h of n_h, with
        an fpc without replacement from copies of the sample (R's `type="bootstrap"`; its one scale is exact where
        all strata have the same n_h).
    seed : made: of the draws, wanted; the same on every machine.
    scale, rscales, centre, combined, blank, negative, df : see `ReplicateWeights`. An agency whose formula divides by
        R, not R − 1, wants `scale=1/R`; one that gives means of c bootstrap weights, c/(R − 1).

    Source: Rao & Wu (1988), Journal of the American Statistical Association 83, 231-241; Rao, Wu & Yue (1992), Survey
    Methodology 18, 209-217; Canty & Davison (1999), The Statistician 48, 379-391.
    """

    _: KW_ONLY
    method: Literal["rao-wu", "canty-davison"] = "rao-wu"
    seed: int | None = None

    word: ClassVar[str] = "bootstrap"
    counted: ClassVar[bool] = True
    of_making: ClassVar[tuple[str, ...]] = ("method", "seed")

    def __post_init__(self) -> None:
        ReplicateKind.__post_init__(self)
        self._one_of("method", ("rao-wu", "canty-davison"))

    def default_scale(self, size: int) -> float:
        return 1 / (size - 1) if size > 1 else 1.0


@dataclass(frozen=True, slots=True, repr=False)
class SDR(ReplicateKind):
    """Successive difference replication, for systematic samples: each PSU is set against the next in the order drawn.

    The ACS gives 80 of these: `cd.SDR("PWGTP1..PWGTP80", negative="keep")`.

    Parameters
    ----------
    replicates : made: their number at least, 80 where none is said; given: the columns.
    order : made: the column (or rule) whose values say in which order the PSUs of a stratum were drawn, one value per
        PSU; None is the order in which they stand in the data.
    scale, rscales, centre, combined, blank, negative, df : see `ReplicateWeights`.

    Source: Fay & Train (1995), Proceedings of the ASA Section on Government Statistics, 154-159; Ash (2014), Survey
    Methodology 40, 47-59.
    """

    _: KW_ONLY
    order: str | None = None

    word: ClassVar[str] = "SDR"
    counted: ClassVar[bool] = True
    made_centre: ClassVar[Centre] = "estimate"
    of_making: ClassVar[tuple[str, ...]] = ("order",)

    def default_scale(self, size: int) -> float:
        return 4 / size


@dataclass(frozen=True, slots=True, repr=False)
class ReplicateWeights(ReplicateKind):
    """Replicate weights of any kind, with the scale and rscales that the agency's formula has.

    Parameters
    ----------
    replicates : the columns that hold them: a range (`"w1..w80"`, `"repw001..repw080"`), a pattern (`"RW*"`), or a
        list of names, ranges and patterns. Where weights are made: how many, for the kinds that leave it open.
    scale : what multiplies the sum over replicates; wanted here, by default that of the kind for the others.
    rscales : what multiplies the square of each replicate: one number, a number per replicate in the order of the
        columns, or a mapping of names, ranges and patterns to numbers; by default that of the kind, here 1.
    centre : deviations are from the full-sample `"estimate"`, as most agencies publish them, or from the `"mean"` of
        the replicates, as R and Stata do unless told otherwise (`mse`). By default `"estimate"` for weights that are
        given and for JK2 and SDR, else `"mean"`.
    combined : the columns are whole `"weights"`, or `"factors"` that multiply the weight (R's
        `combined.weights=FALSE`).
    blank : a blank in a column is an error (`"refuse"`), or stands for `"zero"`, as in the files of some agencies.
    negative : a negative weight is an error (`"refuse"`), or is used as it is (`"keep"`: the ACS has some).
    df : degrees of freedom where the agency gives them; by default the rank of the replicate weights − 1, as in R.

    Raises
    ------
    DesignError for a word or number that is none of these.

    Source: Wolter (2007), chapters 3-5.
    """

    def check_made(self) -> None:
        """A DesignError: weights of no named kind cannot be made."""
        raise DesignError(
            "ReplicateWeights says how weights that are given are to be read; "
            "to make some, take BRR, Fay, JK1, JKn, JK2, Bootstrap or SDR"
        )
