"""Two ways to one variance: the linearised standard errors against those of the stratified jackknife (JKn).

V = Σ_h (n_h − 1)/n_h Σ_i (θ₍ₕᵢ₎ − θ)², where θ₍ₕᵢ₎ leaves out PSU i of stratum h and raises the
others by n_h/(n_h − 1).

Source: Wolter (2007), Introduction to Variance Estimation, section 4.5.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import childdata as cd

PSUS_PER_STRATUM = 6
SMOOTH = {
    "total": cd.total("food"),
    "count": cd.count(),
    "mean": cd.mean("food"),
    "share": cd.mean("poor == 1"),
    "ratio": cd.ratio("food", "income"),
    "proportion": cd.proportion("quintile"),
    "difference": cd.mean("income") - cd.mean("food"),
    "quotient": cd.mean("poor == 1") / cd.mean("school == 1"),
    "product": cd.mean("poor") * cd.mean("school"),
    "logarithm": cd.log(cd.mean("income")),
    "exponential": cd.exp(cd.mean("school")),
    "gap": cd.mean("if_else(income < 4, (4 - income) / 4, 0)"),
    "severity": cd.mean("if_else(income < 4, ((4 - income) / 4) ** 2, 0)"),
    "Theil": cd.mean("income * log(income)") / cd.mean("income") - cd.log(cd.mean("income")),
}


@pytest.fixture(scope="module")
def both(large_sample: pd.DataFrame) -> pd.DataFrame:
    """Linearised and jackknifed standard errors of every row, of the whole and by sex.

    The replicates stand below one another, as the domains of one call.
    """
    survey = cd.Survey(large_sample, weight="w", strata="stratum", psu="psu")
    frame = survey.estimate(SMOOTH, by="sex", margins=True).to_frame()
    weight, psu, stratum = (large_sample[name].to_numpy() for name in ("w", "psu", "stratum"))
    n, psus = PSUS_PER_STRATUM, np.unique(psu)
    raised = np.where(stratum == np.unique(stratum)[psus // n][:, None], weight * n / (n - 1), weight)
    weights = np.where(psu == psus[:, None], 0.0, raised)
    copies = pd.concat([large_sample] * psus.size, ignore_index=True)
    copies = copies.assign(w=weights.ravel(), copy=np.repeat(psus, weight.size))
    entries = ["copy", ("copy", "sex")]
    replicates = cd.Survey(copies, weight="w", psu="copy").estimate(SMOOTH, each=entries).to_frame()
    labels = ["statistic", "item", "sex"]
    left = replicates.merge(frame[[*labels, "estimate"]], on=labels, suffixes=("", "_whole"))
    squares = (left["estimate"] - left["estimate_whole"]) ** 2
    variance = (n - 1) / n * squares.groupby([left[name] for name in labels]).sum()
    assert (left.groupby(labels).size() == psus.size).all()
    return frame.assign(jackknife=np.sqrt(variance.loc[list(frame[labels].itertuples(index=False))].to_numpy()))


@pytest.mark.parametrize("name", SMOOTH)
def test_linearised_and_jackknife_errors_agree_within_two_percent(both: pd.DataFrame, name: str) -> None:
    rows = both[both["statistic"] == name]
    assert len(rows) in (3, 15)
    np.testing.assert_allclose(rows["se"] / rows["jackknife"], 1.0, atol=0.02)


def test_of_totals_the_two_are_one(both: pd.DataFrame) -> None:
    rows = both[both["statistic"].isin(["total", "count"])]
    np.testing.assert_allclose(rows["se"], rows["jackknife"], rtol=1e-9)
