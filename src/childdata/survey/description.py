"""What a design looks like: the facts to read before the first estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from childdata.survey.columns import Records
from childdata.survey.design import Design


@dataclass(frozen=True, slots=True)
class Description:
    """The facts of a design, by name.

    Attributes
    ----------
    facts : name -> value: records, strata, PSUs, PSUs per stratum, design df, lonely strata, the weights' sum, smallest
        and largest, their coefficient of variation, Kish's design effect 1 + CV², records of weight zero.
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


def describe(records: Records, design: Design, declared: Mapping[str, str], lonely_psu: str) -> Description:
    """The facts of a design."""
    first = design.stages[0]
    weight = design.weight[design.weight > 0]
    cv = float(weight.std() / weight.mean())
    facts: dict[str, object] = {
        "records": int(design.weight.size),
        "weight": declared["weight"],
        "strata": int(first.sampled.size),
        "PSUs": int(first.stratum.size),
        "stages in the variance": len(design.stages),
        "fewest PSUs in a stratum": int(first.sampled.min()),
        "most PSUs in a stratum": int(first.sampled.max()),
        "degrees of freedom": design.degrees_of_freedom,
        "strata with one PSU": int(design.lonely.size),
        "lonely PSU rule": lonely_psu,
        "records of weight zero": int((design.weight == 0).sum()),
        "sum of weights": float(weight.sum()),
        "smallest weight": float(weight.min()),
        "largest weight": float(weight.max()),
        "CV of weights": cv,
        "Kish design effect": 1 + cv**2,
        "Kish effective n": float(weight.sum() ** 2 / np.sum(weight**2)),
    }
    lonely = tuple(design.strata_labels[k] for k in design.lonely)
    return Description(records.place, facts, lonely, design.notes)
