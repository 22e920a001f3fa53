"""What every way of making replicates starts from and ends in: the PSUs by stratum, and factors with their scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childdata.errors import DesignError
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.design import Design, Stage

_CELLS = 250_000_000  # of factors that are held: 2 GB


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The first stage of a design, as replication sees it.

    Attributes
    ----------
    stage : the first stage.
    resampled : array (strata,); strata whose units are resampled: neither taken whole nor of one PSU.
    alone : strata of one PSU that were not taken whole.
    weighted : array (units,); units with a record of positive weight.
    labels : of the strata, for messages.
    """

    stage: Stage
    resampled: Mask
    alone: Codes
    weighted: Mask
    labels: tuple[str, ...]

    @staticmethod
    def of(design: Design) -> Sample:
        """The first stage of a design."""
        first = design.stages[0]
        weighted = np.zeros(first.stratum.size, dtype=bool)
        weighted[first.unit[design.weight > 0]] = True
        resampled = (first.unsampled > 0) & (first.sampled > 1)
        return Sample(first, resampled, design.lonely, weighted, design.strata_labels)

    @property
    def units(self) -> int:
        """The number of PSUs."""
        return int(self.stage.stratum.size)

    def slices(self) -> list[tuple[int, int, int]]:
        """(stratum, first unit, unit after the last) of each stratum that is resampled."""
        start = self.stage.start
        return [(int(h), int(start[h]), int(start[h + 1])) for h in np.flatnonzero(self.resampled)]

    def named(self, strata: Codes) -> str:
        """Strata by their names, the first three."""
        shown = ", ".join(self.labels[h] for h in strata[:3])
        return shown + (f" and {strata.size - 3} more" if strata.size > 3 else "")

    def ones(self, replicates: int) -> Floats:
        """Factors of 1, array (units, replicates).

        Raises
        ------
        DesignError if they would take more than 2 GB.
        """
        size = self.units * replicates
        if size > _CELLS:
            raise DesignError(
                f"{replicates} replicates of {self.units} PSUs take {size * 8 / 1e9:.1f} GB of memory; "
                "take cd.Bootstrap(500, seed=...), or the linearised standard errors of the survey as it is"
            )
        return np.ones((self.units, replicates))


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Factors (units, R) with their scale and rscales (R,); df where it is known without a rank; what was decided."""

    factor: Floats
    scale: float
    rscales: Floats
    degrees_of_freedom: int | None = None
    notes: tuple[str, ...] = ()
