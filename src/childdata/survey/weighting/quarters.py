"""Annual weights of a survey with quarterly rotation.

The records of four quarters stand one below the other, and the weights of each quarter sum to the population. Over
the year a record stands for its quarter's share of the year: w' = w / Q, or w · share of the quarter. A household that
is seen in several quarters is one unit of the sample, not several: its records are kept together in the variance.

Source: Kish (1998), Space/Time Variations and Rolling Samples, Journal of Official Statistics 14, 31-46; Eurostat
(2013), Handbook on precision requirements and variance estimation for ESS household surveys, section 3.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from childdata.errors import DesignError
from childdata.survey.arrays import Codes, Floats
from childdata.survey.asked import listed
from childdata.survey.design import Design, make_stages
from childdata.survey.survey import Survey
from childdata.survey.weighting.reweight import reweighted
from childdata.survey.weighting.totals import Cells, Totals, cells_of, read_margin, spread_out, weighted_totals
from childdata.survey.weighting.units import key_codes
from childdata.words import word

Key = str | Sequence[str] | None

_ROLE = "says which quarter a record is of"


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """Who is seen in which quarters.

    Attributes
    ----------
    by_quarter : columns `quarter`, `records`, `households`, `sum` of weights; the last two of positive weights.
    by_visits : columns `quarters` (in how many a household is seen) and `households`.
    overlap : array (quarters, quarters) as a frame; the households seen in both.
    """

    by_quarter: pd.DataFrame
    by_visits: pd.DataFrame
    overlap: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Households by the number of quarters in which they are seen."""
        return self.by_visits.copy()

    def __repr__(self) -> str:
        parts = (self.by_quarter, self.by_visits)
        return "\n\n".join(part.to_string(index=False) for part in parts) + f"\n\n{self.overlap.to_string()}"

    def _repr_html_(self) -> str:
        parts = (self.by_quarter, self.by_visits)
        return "".join(part.to_html(index=False) for part in parts) + self.overlap.to_html()


def annual_weights(survey: Survey, quarter: str, *, household: Key, shares: Totals | None = None) -> Survey:
    """The survey of a year, from the records of its quarters with their quarterly weights.

    Parameters
    ----------
    survey : the records of all quarters, one below the other; `weight` is the quarterly weight, which in each quarter
        sums to the population.
    quarter : column with the quarter of each record.
    household : columns that identify a household over the year, so that its quarters stay one cluster; None says that
        no household is seen twice, or that the PSU of the survey is known to keep them together.
    shares : what part of the year each quarter stands for, by quarter; sums to one. None is equal parts of the quarters
        there are.

    Returns
    -------
    Survey whose weights sum to the average population of the year. Where the survey was declared without a PSU, the
    household becomes it. The notes tell the quarters, the range of their sums of weights, and how many households are
    seen in how many quarters.

    Raises
    ------
    DesignError if a household lies in several PSUs or strata (its quarters would count as independent), or if the
    survey has neither PSU nor household and is not said to have none.
    EstimationError for shares that do not belong to the quarters, or a missing quarter.

    Source: Kish (1998).

    >>> import childdata as cd
    >>> year = cd.Survey(
    ...     {"hh": [1, 2, 1, 3], "q": [1, 1, 2, 2], "w": [40.0, 60.0, 50.0, 50.0]}, weight="w")
    >>> annual = cd.annual_weights(year, "q", household="hh")
    >>> annual.design.weight.tolist(), annual.design.degrees_of_freedom
    ([20.0, 30.0, 25.0, 25.0], 2)
    """
    weight = survey.design.weight
    cells = cells_of(survey.records, quarter, weight > 0, role=_ROLE)
    count = len(cells.keys)
    part = np.full(count, 1 / count)
    if shares is not None:
        part = read_margin(cells, shares, as_="shares", size=1.0).totals
    factor = spread_out(cells, part, 0.0)
    kept = survey if household is None else _clustered(survey, listed(household))
    sums = weighted_totals(cells, weight)
    notes = [word("told.annual", quarters=count, low=f"{sums.min():.6g}", high=f"{sums.max():.6g}")]
    if household is None:
        notes.append(word("told.no_household"))
    else:
        visits = _visits(cells, key_codes(survey, household), weight)
        told = ", ".join(f"{seen}: {households}" for seen, households in visits.items())
        notes.append(word("told.visits", visits=told))
    return reweighted(kept, weight * factor, again=lambda old: (old * factor, 0), adjustment=None, notes=notes)


def rotation(survey: Survey, quarter: str, *, household: str | Sequence[str]) -> Rotation:
    """Households by the quarters in which they are seen, of records with a positive weight.

    Parameters
    ----------
    quarter : column with the quarter of each record.
    household : columns that identify a household over the year.

    >>> import childdata as cd
    >>> year = cd.Survey({"hh": [1, 2, 1, 3], "q": [1, 1, 2, 2]})
    >>> cd.rotation(year, "q", household="hh").to_frame()
       quarters  households
    0         1           2
    1         2           1
    """
    weight = survey.design.weight
    cells = cells_of(survey.records, quarter, weight > 0, role=_ROLE)
    unit = key_codes(survey, household)
    seen = _seen(cells, unit, weight)
    labels = list(cells.labels())
    inside = cells.code >= 0
    by_quarter = pd.DataFrame(
        {
            "quarter": labels,
            "records": np.bincount(cells.code[inside], minlength=len(labels)),
            "households": seen.sum(axis=0).astype(int),
            "sum": weighted_totals(cells, weight),
        }
    )
    visits = _visits(cells, unit, weight)
    by_visits = pd.DataFrame({"quarters": list(visits), "households": list(visits.values())})
    overlap = pd.DataFrame((seen.T @ seen).astype(int), index=labels, columns=labels)
    return Rotation(by_quarter, by_visits, overlap)


def _seen(cells: Cells, unit: Codes, weight: Floats) -> Floats:
    """1 for each household and quarter in which it has a record of positive weight, array (households, quarters)."""
    used = weight > 0
    seen = np.zeros((int(unit.max()) + 1, len(cells.keys)))
    seen[unit[used], cells.code[used]] = 1.0
    return seen[seen.any(axis=1)]


def _visits(cells: Cells, unit: Codes, weight: Floats) -> Mapping[int, int]:
    times = _seen(cells, unit, weight).sum(axis=1).astype(int)
    number, households = np.unique(times, return_counts=True)
    return dict(zip(number.tolist(), households.tolist(), strict=True))


def _clustered(survey: Survey, household: list[str]) -> Survey:
    """The survey in whose design the records of a household are one unit, or lie in one."""
    unit = key_codes(survey, household)
    first = survey.design.stages[0]
    name = " × ".join(household)
    if survey.declared["psu"]:
        parts = _parts(unit, first.unit)
        if parts:
            raise DesignError(
                f"{parts} households ({name}) have records in more than one PSU ({survey.declared['psu']}), so that "
                "their quarters would count as independent; number PSUs alike in all quarters, or declare the "
                "household as psu"
            )
        return survey
    stratum = first.stratum[first.unit]
    parts = _parts(unit, stratum)
    if parts:
        raise DesignError(
            f"{parts} households ({name}) have records in more than one stratum; declare the strata of the sample, "
            "not of the quarter"
        )
    if not np.isinf(first.population).all():
        raise DesignError("the survey has an fpc of records; declare psu=household and the fpc of households")
    return _with_psu(survey, stratum, unit, household)


def _parts(unit: Codes, outer: Codes) -> int:
    """The units that lie in more than one of the outer groups."""
    width = int(outer.max()) + 1
    pairs = np.unique(unit * width + outer)
    return int((np.bincount(pairs // width) > 1).sum())


def _with_psu(survey: Survey, stratum: Codes, unit: Codes, household: list[str]) -> Survey:
    design: Design = survey.design
    stages = make_stages(stratum, [unit], [None], [" × ".join(household)])
    new = replace(design, stages=stages, psu_labels=None)
    return survey._with(design=new, declared={**survey.declared, "psu": ", ".join(household)})
