"""The sampling design, as integer codes: which unit and which stratum each record belongs to.

A design is a weight per record and one `Stage` per stage of sampling. At the first stage the strata are the
user's; at each further stage every unit of the stage above is a stratum of its own. Units are numbered in the
order of their strata, so that a stratum is a slice. A PSU number that occurs in several strata names several PSUs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
import polars as pl

from childdata.errors import DesignError
from childdata.survey.adjustment import Adjustment
from childdata.survey.arrays import Codes, Floats
from childdata.survey.replicates import Replicates
from childdata.words import word


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One stage of sampling.

    Attributes
    ----------
    unit : array (n,); the unit of each record, 0 .. units - 1, numbered in the order of their strata.
    stratum : array (units,); the stratum of each unit.
    sampled : array (strata,); n_h, the units sampled in each stratum.
    population : array (strata,); N_h, the units there are; infinite where no fpc is given.
    above : array (strata,); the product of the sampling fractions of the stages above; 1 at the first.
    """

    unit: Codes
    stratum: Codes
    sampled: Codes
    population: Floats
    above: Floats

    @property
    def unsampled(self) -> Floats:
        """1 - f_h for each stratum; 0 where the stratum was taken whole."""
        left = 1.0 - self.sampled / self.population
        left[left < 1e-7] = 0.0
        return left

    @property
    def start(self) -> Codes:
        """The first unit of each stratum, and the number of units at the end."""
        return np.concatenate(([0], np.cumsum(self.sampled)))


class Form(Protocol):
    """A design whose variance is not squares about the means of strata: unequal probabilities, two phases.

    Scores are summed by unit of the design's stages, as always; `blocks` makes of them the blocks of a spread.
    """

    @property
    def degrees_of_freedom(self) -> int | None:
        """Of the design; None where it is PSUs - strata of the first stage, as everywhere."""

    def blocks(self, matrices: Sequence[Any], lonely: Any, lonely_domains: bool) -> tuple[Any, ...]:
        """The blocks of a spread, from the scores by unit of each stage."""


@dataclass(frozen=True, slots=True)
class Design:
    """Weights and stages of a sample, checked; the codes behind a `Survey`.

    Attributes
    ----------
    weight : array (n,); never missing, never negative.
    stages : the stages that have a part in the variance.
    strata_labels : the values of the stratum variables, as text, one per stratum of the first stage.
    psu_labels : the PSU's own number, as text, one per unit of the first stage.
    notes : what was decided while the codes were made.
    replicates : replicate weights, whose spread is then the variance in place of that of the stages.
    form : of a design with unequal probabilities or of two phases, what makes the variance in place of the stages.
    adjustments : steps of calibration; the variance is that of the residuals, the latest step first.
    """

    weight: Floats
    stages: tuple[Stage, ...]
    strata_labels: tuple[str, ...]
    psu_labels: tuple[str, ...] | None
    notes: tuple[str, ...]
    replicates: Replicates | None = None
    adjustments: tuple[Adjustment, ...] = ()
    form: Form | None = None

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change when a weight, a stratum or a PSU of any record does."""
        digest = blake2b(self.weight.tobytes(), digest_size=8)
        for stage in self.stages:
            digest.update(stage.unit.astype(np.int64, copy=False).tobytes())
            digest.update(stage.stratum.astype(np.int64, copy=False).tobytes())
        if self.replicates is not None:
            made = self.replicates
            by_column = made.factor.T if made.factor.flags.f_contiguous else made.factor
            digest.update(np.ascontiguousarray(by_column).data)
            digest.update(np.ascontiguousarray(made.rscales * made.scale).data)
            digest.update(str(made.mse).encode())
        return digest.hexdigest()

    @property
    def degrees_of_freedom(self) -> float:
        """PSUs - strata among the records with a positive weight; of replicate weights their rank - 1."""
        if self.replicates is not None:
            return self.replicates.degrees_of_freedom
        own = None if self.form is None else self.form.degrees_of_freedom
        if own is not None:
            return own
        first = self.stages[0]
        psus = np.unique(first.unit[self.weight > 0])
        return int(psus.size - np.unique(first.stratum[psus]).size)

    @property
    def units_known(self) -> bool:
        """Whether PSUs are known: not where replicate weights stand in the data in their place."""
        return self.psu_labels is not None or self.replicates is None or not self.replicates.given

    @property
    def lonely(self) -> Codes:
        """Strata of the first stage with one sampled PSU that was not taken with certainty."""
        first = self.stages[0]
        return np.flatnonzero((first.sampled == 1) & (first.unsampled > 0))


def encode(column: pl.Series) -> tuple[Codes, pl.Series]:
    """Codes 0 .. k - 1 of a column in the order of its values, -1 where missing, and those values.

    >>> codes, values = encode(pl.Series([3.0, None, 1.0]))
    >>> codes.tolist(), values.to_list()
    ([1, -1, 0], [1.0, 3.0])
    """
    if column.dtype.is_integer() and column.null_count() == 0 and column.len():
        whole = column.to_numpy()
        lowest, width = int(whole.min()), int(whole.max()) - int(whole.min()) + 1
        if width <= 4 * whole.size and abs(lowest) < 1 << 62:
            # a byte does not hold the width of what bytes hold
            if column.dtype.is_signed_integer():
                whole = whole.astype(np.intp, copy=False)
            keys = (whole - lowest if lowest else whole).astype(np.intp, copy=False)
            codes, kept = compact(keys, width)
            return codes, pl.Series(column.name, kept + lowest, dtype=column.dtype)
    values = column.drop_nulls().unique().sort()
    if column.dtype.is_numeric() and values.len() and values.dtype != pl.Decimal:
        known = column.is_not_null().to_numpy()
        filled = column.fill_null(values[0]).to_numpy()
        codes = np.searchsorted(values.to_numpy(), filled)
        if not known.all():
            codes[~known] = -1
        return codes.astype(np.intp, copy=False), values
    numbers = pl.DataFrame({"value": values, "code": np.arange(values.len())})
    joined = pl.DataFrame({"value": column}).join(numbers, on="value", how="left", maintain_order="left")
    return joined["code"].fill_null(-1).to_numpy().astype(np.intp), values


def label(value: object) -> str:
    """A code as a person writes it: 12, not 12.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)


def crossed(columns: Sequence[pl.Series]) -> tuple[Codes, tuple[str, ...]]:
    """One code for each observed combination of several columns, and its name.

    Raises
    ------
    DesignError where a value is missing.
    """
    codes = np.zeros(columns[0].len(), dtype=np.intp)
    names: list[str] = [""]
    for column in columns:
        part, values = encode(column)
        refuse_missing(part < 0, column.name, "identifies strata or units")
        codes, kept = compact(codes * values.len() + part, len(names) * values.len())
        texts = [label(value) for value in values.to_list()]
        width = values.len()
        names = [f"{names[key // width]}, {texts[key % width]}".removeprefix(", ") for key in kept]
    return codes, tuple(names)


def compact(keys: Codes, size: int) -> tuple[Codes, Codes]:
    """Renumber keys in 0 .. size - 1 to those that occur, in order; and the keys that occur."""
    if size <= max(4 * keys.size, 1 << 20):
        present = np.zeros(size, dtype=bool)
        present[keys] = True
        kept = np.flatnonzero(present)
        if kept.size == size:
            return keys, kept
        number = np.empty(size, dtype=np.intp)
        number[kept] = np.arange(kept.size)
        return number[keys], kept
    kept, codes = np.unique(keys, return_inverse=True)
    return codes.astype(np.intp, copy=False), kept


def refuse_missing(where: np.ndarray, name: str, role: str) -> None:
    """A DesignError that counts the records where a variable of the design is missing."""
    refuse_count(int(where.sum()), where.size, name, role)


def refuse_count(missing: int, records: int, name: str, role: str) -> None:
    """As `refuse_missing`, of records that were counted elsewhere."""
    if missing:
        raise DesignError(
            f"{name!r} {role}, but is missing in {missing} of {records} records; "
            "fill it, or drop these records before declaring the design"
        )


def checked_weight(weight: Floats, name: str) -> tuple[Floats, list[str]]:
    """A weight without missing or negative values, and notes on zeros.

    Raises
    ------
    DesignError if a weight is missing, negative or infinite, or none is positive.
    """
    missing, negative, zeros = (int(x.sum()) for x in (~np.isfinite(weight), weight < 0, weight == 0))
    return weight, weight_notes(missing, negative, zeros, weight.size, name)


def weight_notes(missing: int, negative: int, zeros: int, records: int, name: str) -> list[str]:
    """What is refused and what is told of a weight, from counts of records."""
    if missing:
        raise DesignError(
            f"weight {name!r} is missing in {missing} of {records} records; give them weight 0 to "
            f'keep their PSUs in the design (weight="coalesce({name}, 0)"), or drop them first'
        )
    if negative:
        raise DesignError(
            f"weight {name!r} is negative in {negative} of {records} records; "
            "a weight counts population units and cannot be negative: correct it or trim the calibration"
        )
    if zeros == records:
        raise DesignError(f"weight {name!r} is zero in all {records} records; is it the right variable?")
    return [word("told.zero_weights", name=repr(name), count=zeros)] if zeros else []


def make_stages(
    strata: Codes,
    units: Sequence[Codes],
    fpc: Sequence[Floats | None],
    names: Sequence[str],
) -> tuple[Stage, ...]:
    """The stages of a design from codes.

    Parameters
    ----------
    strata : array (n,); codes of the first-stage strata.
    units : for each stage an array (n,) of the unit's code as the user numbers it, unique or not.
    fpc : for each stage the population size (or sampling fraction) on each record, or None.
    names : for each stage the name of its unit, for messages.

    Raises
    ------
    DesignError if a population size varies inside a stratum or is smaller than the sample.
    """
    stages: list[Stage] = []
    parent, above = strata, np.ones(int(strata.max()) + 1)
    for position, (codes, size, name) in enumerate(zip(units, fpc, names, strict=True)):
        width = int(codes.max()) + 1
        unit, kept = compact(parent * width + codes, (int(parent.max()) + 1) * width)
        stratum = kept // width
        sampled = np.bincount(stratum, minlength=above.size)
        population = _population(size, unit, stratum, sampled, name, position + 1)
        stages.append(Stage(unit, stratum, sampled, population, above))
        if np.isinf(population).any():
            # Without an fpc the units count as drawn with replacement: later stages add nothing.
            break
        fraction = above * sampled / population
        parent, above = unit, fraction[stratum]
    return tuple(stages)


def _population(size: Floats | None, unit: Codes, stratum: Codes, sampled: Codes, name: str, stage: int) -> Floats:
    if size is None:
        return np.full(sampled.size, np.inf)
    refuse_missing(~np.isfinite(size) & ~np.isposinf(size), f"fpc of {name}", "gives population sizes")
    if (size <= 0).any():
        raise DesignError(f"fpc of stage {stage} ({name}) has values of zero or below; give sizes or fractions")
    per_record = stratum[unit]
    smallest, largest = np.full(sampled.size, np.inf), np.full(sampled.size, -np.inf)
    np.minimum.at(smallest, per_record, size)
    np.maximum.at(largest, per_record, size)
    varied = np.flatnonzero(~np.isclose(smallest, largest, rtol=1e-9, atol=0))
    if varied.size:
        raise DesignError(
            f"fpc of stage {stage} ({name}) takes different values inside {varied.size} strata; "
            "a population size is one number per stratum (and, from the second stage on, per unit of the stage above)"
        )
    if (size < 1).any() and (size > 1).any():
        raise DesignError(f"fpc of stage {stage} ({name}) mixes sizes and fractions; give one or the other")
    # all ones are fractions, of strata taken whole; one unit sampled of one is the same in both readings
    population = sampled / largest if (size <= 1).all() else largest
    short = np.flatnonzero(population < sampled * (1 - 1e-9))
    if short.size:
        raise DesignError(
            f"fpc of stage {stage} ({name}) is smaller than the sample in {short.size} strata "
            f"(first: {sampled[short[0]]} units sampled of {population[short[0]]:g}); "
            "fpc is the number of units in the population, or the fraction sampled"
        )
    at_least: Floats = np.maximum(population, sampled).astype(np.float64)
    return at_least
