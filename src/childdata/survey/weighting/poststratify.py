"""Post-stratification: the weights of each cell sum to what is known of the population.

w' = w · N_c / N̂_c for each record of cell c, with N̂_c the sum of the weights in the cell.

The variance of a total is that of the residuals from the weighted mean of each cell, e = z − z̄_c.

Source: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, section 7.6; Holt & Smith (1979), Journal
of the Royal Statistical Society A 142, 33-46.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from childdata.survey.adjustment import after_step
from childdata.survey.arrays import Floats
from childdata.survey.survey import Survey
from childdata.survey.weighting.indicators import indicators
from childdata.survey.weighting.reweight import ratio_range, reweighted
from childdata.survey.weighting.totals import As, Totals, cells_of, read_margin, spread_out, weighted_totals
from childdata.words import word


def poststratify(survey: Survey, by: str | Sequence[str], totals: Totals, *, as_: As = "totals") -> Survey:
    """The survey with weights that sum to known totals in each cell.

    Parameters
    ----------
    by : variable or rule with the categories; several are crossed.
    totals : the population of each category: a mapping (of tuples, or nested, where variables are crossed), a pandas
        Series, or a frame with a column for each variable and one of totals. A category is named by its value in the
        data or by its label.
    as_ : `"shares"`: what is given sums to one, and the sum of the weights stays as it is.

    Returns
    -------
    Survey with new weights and, in its notes, their range. Standard errors use the residuals from the cells' means;
    replicate weights are post-stratified one by one. Records of weight zero keep it, and may have missing values.

    Raises
    ------
    EstimationError for a category without a total, a total without a record, missing values, negative totals.

    Source: Särndal, Swensson & Wretman (1992), section 7.6.

    >>> import childdata as cd
    >>> people = cd.Survey({"sex": ["f", "f", "m"], "w": [10.0, 20.0, 30.0]}, weight="w")
    >>> cd.poststratify(people, "sex", {"f": 60, "m": 45}).design.weight.tolist()
    [20.0, 40.0, 45.0]
    """
    weight = survey.design.weight
    cells = cells_of(survey.records, by, weight > 0, role="makes post-strata")
    margin = read_margin(cells, totals, as_=as_, size=float(weight.sum()))

    def again(old: Floats) -> tuple[Floats, int]:
        found = weighted_totals(cells, old)
        factor = np.divide(margin.totals, found, out=np.zeros_like(found), where=found != 0)
        return old * spread_out(cells, factor, 0.0), int((found == 0).sum())

    new, _ = again(weight)
    low, high = ratio_range(new, weight)
    note = word("told.poststratified", count=margin.totals.size, names=cells.name, low=low, high=high)
    step = after_step(indicators([cells]), weight, new)
    return reweighted(survey, new, again=again, adjustment=step, notes=[note])
