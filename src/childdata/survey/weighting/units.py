"""Units within which one factor is wanted: households, or the units of a stage of sampling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Codes, Floats, summed
from childdata.survey.design import compact, encode, refuse_missing
from childdata.survey.survey import Survey

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def unit_codes(survey: Survey, aggregate: int | str | Sequence[str] | None) -> Codes | None:
    """The unit of each record, array (n,), by a stage of the design or by columns; None for none.

    Raises
    ------
    EstimationError for a stage that the design does not have; DesignError for a missing key.
    """
    if aggregate is None:
        return None
    if isinstance(aggregate, int):
        stages = survey.design.stages
        if not 1 <= aggregate <= len(stages):
            raise EstimationError(
                f"aggregate={aggregate}: the variance of this design has {len(stages)} stage(s) (a stage counts where "
                "the one above has an fpc); name the columns of the unit instead"
            )
        return stages[aggregate - 1].unit
    return key_codes(survey, aggregate)


def key_codes(survey: Survey, key: str | Sequence[str]) -> Codes:
    """The units that columns identify, array (n,), 0 .. units - 1.

    Raises
    ------
    DesignError where a key is missing; VariableError for a name that is not in the data.
    """
    names = [survey.records.find(name) for name in ([key] if isinstance(key, str) else key)]
    frame = survey.records.columns(names)
    codes, size = np.zeros(frame.height, dtype=np.intp), 1
    for name in names:
        part, values = encode(frame[name])
        refuse_missing(part < 0, name, "identifies units")
        codes, kept = compact(codes * values.len() + part, size * values.len())
        size = kept.size
    return codes


def shares_of_units(unit: Codes, weight: Floats) -> csr_array:
    """The share of each record in the weight of its unit, sparse array (n, units)."""
    from scipy.sparse import csr_array

    size = summed(unit, weight, int(unit.max()) + 1)[unit]
    share = np.divide(weight, size, out=np.zeros_like(weight), where=size != 0)
    return csr_array((share, unit, np.arange(unit.size + 1)), shape=(unit.size, int(unit.max()) + 1))


def range_in_units(unit: Codes, weight: Floats) -> tuple[Floats, Floats]:
    """The smallest and the largest positive weight in each unit, arrays (units,); 0 where all are zero."""
    units = int(unit.max()) + 1
    smallest, largest = np.full(units, np.inf), np.zeros(units)
    used = weight > 0
    np.minimum.at(smallest, unit[used], weight[used])
    np.maximum.at(largest, unit[used], weight[used])
    return np.where(np.isfinite(smallest), smallest, 0.0), largest
