"""What a design looks like: the facts to read before the first estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from childdata.survey.arrays import Floats
from childdata.survey.design import Design

_AS_MANY = 1e-6  # weights are printed with six decimals
NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Description:
    """The facts of a design, by name.

    Attributes
    ----------
    facts : name -> value: records, strata, PSUs, PSUs per stratum, design df, lonely strata, the weights' sum, smallest
        and largest, their coefficient of variation, Kish's design effect 1 + CV², records of weight zero; of replicate
        weights their kind, number, scale, rscales and centre. PSUs that the data do not tell of are "not known".
    lonely : names of the strata with one PSU.
    notes : what was decided when the design was declared.
    """

    place: str
    facts: Mapping[str, object]
    lonely: tuple[str, ...]
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """The facts as a frame with the columns `fact` and `value`."""
        return pd.DataFrame({"fact": list(self.facts), "value": list(self.facts.values())})

    def __repr__(self) -> str:
        width = max(len(name) for name in self.facts)
        lines = [f"{name:<{width}}  {_shown(value)}" for name, value in self.facts.items()]
        lines += [f"strata with one PSU: {', '.join(self.lonely)}"] if self.lonely else []
        return "\n".join([f"Survey {self.place}", *lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(_shown(value))}</td></tr>" for name, value in self.facts.items()
        )
        more = [f"strata with one PSU: {', '.join(self.lonely)}"] if self.lonely else []
        notes = "".join(f"<li>{escape(note)}</li>" for note in (*more, *self.notes))
        return f"<table><caption>Survey {escape(self.place)}</caption>{rows}</table><ul>{notes}</ul>"


def _shown(value: object) -> str:
    return (
        f"{value:,.4g}"
        if isinstance(value, float) and abs(value) < 10_000
        else f"{value:,.0f}"
        if isinstance(value, (int, float))
        else str(value)
    )


@dataclass(frozen=True, slots=True)
class WeightFacts:
    """What a description tells of the weights: records, those of weight zero, and of the others Σw, Σw² and ends."""

    records: int
    zeros: int
    total: float
    squares: float
    smallest: float
    largest: float

    @staticmethod
    def of(weight: Floats) -> WeightFacts:
        """The facts of weights in memory."""
        used = weight[weight > 0]
        ends = float(used.min()), float(used.max())
        return WeightFacts(weight.size, weight.size - used.size, float(used.sum()), float(np.sum(used**2)), *ends)

    @property
    def normalised(self) -> int | None:
        """The number of records to which the weights sum, all records or those above zero; None where they do not.

        MICS and DHS scale their weights so. Weights that are all 1 are left out: they may well be those of a census.

        >>> WeightFacts.of(np.array([0.5, 1.5, 0.0])).normalised
        2
        """
        if self.smallest == self.largest == 1:
            return None
        counts = (self.records, self.records - self.zeros)
        return next((n for n in counts if abs(self.total / n - 1) < _AS_MANY), None)

    @property
    def effect(self) -> float:
        """Kish's design effect n Σw² / (Σw)², which is 1 + CV²."""
        if self.smallest == self.largest:
            return 1.0
        return (self.records - self.zeros) * self.squares / self.total**2


def describe(
    place: str, weights: WeightFacts, design: Design, declared: Mapping[str, str], lonely_psu: str
) -> Description:
    """The facts of a design."""
    facts: dict[str, object] = {"records": weights.records, "weight": declared["weight"]}
    facts |= _of_units(design, declared) | _of_variance(design, lonely_psu)
    facts |= {
        "records of weight zero": weights.zeros,
        "sum of weights": weights.total,
        "smallest weight": weights.smallest,
        "largest weight": weights.largest,
        "CV of weights": float(np.sqrt(max(weights.effect - 1, 0.0))),
        "Kish design effect": weights.effect,
        "Kish effective n": weights.total**2 / weights.squares,
    }
    lonely = tuple(design.strata_labels[k] for k in design.lonely) if design.units_known else ()
    return Description(place, facts, lonely, design.notes)


def _of_units(design: Design, declared: Mapping[str, str]) -> dict[str, object]:
    """Strata and PSUs; weights of replicates that came with the data stand in their place."""
    first = design.stages[0]
    strata = int(first.sampled.size)
    if not design.units_known:
        return {"strata": strata if declared["strata"] else NOT_KNOWN, "PSUs": NOT_KNOWN}
    return {
        "strata": strata,
        "PSUs": int(first.sampled.sum()),
        "fewest PSUs in a stratum": int(first.sampled.min()),
        "most PSUs in a stratum": int(first.sampled.max()),
        "strata with one PSU": int(design.lonely.size),
    }


def _of_variance(design: Design, lonely_psu: str) -> dict[str, object]:
    """What variances are made of, and their degrees of freedom."""
    made = design.replicates
    if made is None:
        facts = {"stages in the variance": len(design.stages), "lonely PSU rule": lonely_psu}
        return {**facts, "degrees of freedom": design.degrees_of_freedom}
    low, high = float(made.rscales.min()), float(made.rscales.max())
    return {
        "replicate weights": f"{made.kind}, {'given' if made.given else 'made of the PSUs'}",
        "replicates": made.size,
        "scale": made.scale,
        "rscales": f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}",
        "deviations from": "the estimate" if made.mse else "the mean of the replicates",
        "degrees of freedom": design.degrees_of_freedom,
    }


def shown_units(design: Design) -> str:
    """Units and replicates of a design, for one line about a survey."""
    first, made = design.stages[0], design.replicates
    told = [f"{int(first.sampled.sum())} PSUs, {first.sampled.size} strata"] if design.units_known else []
    if made is not None:
        told.append(f"{made.size} replicates" if made.kind == "other" else f"{made.size} {made.kind} replicates")
    return ", ".join(told)
