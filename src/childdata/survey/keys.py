"""What sampling units are called, so that the units of two surveys can be matched: by their names, never by position.

The key of a PSU is the label of its stratum and its own number; that of a household adds the household's number. A key
is made of text, a whole number being written without its point, so that 12 in one file is 12.0 in another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from childdata.survey.columns import Records
from childdata.survey.design import Design, compact, encode, label, refuse_missing

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """The names of the sampling units of one survey; made when asked for.

    Attributes
    ----------
    records, design : of the survey.
    strata, units : the variables that name strata, and units stage by stage.
    """

    records: Records
    design: Design
    strata: str
    units: tuple[str, ...]

    @classmethod
    def of(cls, records: Records, design: Design, declared: Mapping[str, str]) -> Keys:
        """The names of units by what was declared of a survey."""
        return cls(
            records, design, declared.get("strata", ""), tuple(filter(None, declared.get("psu", "").split(", ")))
        )

    def psus(self) -> list[Key] | None:
        """The key of each PSU, in the order of the units of the first stage; None where PSUs have no names."""
        design = self.design
        if design.psu_labels is None:
            return None
        strata = [design.strata_labels[code] for code in design.stages[0].stratum.tolist()]
        return list(zip(strata, design.psu_labels, strict=True))

    def households(self) -> list[Key] | None:
        """The key of each unit of the second stage, in the order of its units; None where no such stage is declared."""
        psus = self.psus()
        if psus is None or len(self.units) < 2:
            return None
        column = self.records.columns([self.units[1]]).to_series()
        codes, values = encode(column)
        refuse_missing(codes < 0, column.name, "identifies sampling units")
        parent, width = self.design.stages[0].unit, values.len()
        _, kept = compact(parent * width + codes, len(psus) * width)
        named = [label(value) for value in values.to_list()]
        return [(*psus[code // width], named[code % width]) for code in kept.tolist()]


def shape_of(keys: Sequence[Key]) -> str:
    """What most keys look like, figures written as 9 and letters as A: their form, and none of their values.

    >>> shape_of([("1", "004"), ("2", "017"), ("2", "b1")])
    "('9', '999')"
    """
    shapes = Counter(tuple(re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", part)) for part in key) for key in keys)
    return str(shapes.most_common(1)[0][0]) if shapes else "no units"
