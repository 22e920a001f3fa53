"""What the tests of the invented surveys share: the columns of each survey, made once, and plain statistics."""

from __future__ import annotations

from functools import cache

import numpy as np

from childdata.synthetic.budget import budget_files
from childdata.synthetic.budget_panel import draw_panel
from childdata.synthetic.disability import disability_files
from childdata.synthetic.mics import mics_files
from childdata.synthetic.population import draw_population


@cache
def mics():
    """The files of the default MICS."""
    return mics_files()


@cache
def budget():
    """The files of the default budget survey."""
    return budget_files()


@cache
def disability():
    """The files of the default disability survey."""
    return disability_files()


@cache
def population():
    """The households and persons behind a small sample."""
    return draw_population(7, 900, interviews=(1431, 1434), small_children=0.4)


@cache
def panel():
    """The pool behind the default budget survey."""
    return draw_panel(2024, 1500)


def keys(columns, names=("HH1", "HH2", "LN")):
    """The keys of the rows as tuples."""
    return list(zip(*(columns[name].tolist() for name in names), strict=True))


def household_rows(columns, homes):
    """For each row the row of its household in the household file."""
    place = {key: row for row, key in enumerate(keys(homes, ("HH1", "HH2")))}
    return np.array([place[key] for key in keys(columns, ("HH1", "HH2"))])


def share(truth, weight, among=None):
    """Weighted share of true records."""
    among = np.ones(len(truth), dtype=bool) if among is None else among
    return float((weight * truth)[among].sum() / weight[among].sum())


def design_effect(truth, weight, stratum, psu, among):
    """Variance with strata and PSUs (with replacement, linearised ratio) over p(1 - p)/(n - 1)."""
    among = among & (weight > 0)
    portion = share(truth, weight, among)
    score = weight * among * (truth - portion) / weight[among].sum()
    variance = 0.0
    for one in np.unique(stratum):
        units = np.unique(psu[stratum == one])
        if len(units) > 1:
            totals = np.array([score[psu == unit].sum() for unit in units])
            variance += len(units) / (len(units) - 1) * ((totals - totals.mean()) ** 2).sum()
    return variance / (portion * (1 - portion) / (among.sum() - 1))


def intra_psu_correlation(truth, psu, among):
    """Analysis-of-variance estimate of the correlation of two records of one PSU."""
    y, group = truth[among].astype(float), psu[among]
    _, place, size = np.unique(group, return_inverse=True, return_counts=True)
    means = np.bincount(place, y) / size
    between = (size * (means - y.mean()) ** 2).sum() / (len(size) - 1)
    within = ((y - means[place]) ** 2).sum() / (len(y) - len(size))
    typical = (len(y) - (size**2).sum() / len(y)) / (len(size) - 1)
    return (between - within) / (between + (typical - 1) * within)


def answered(column):
    """Truth of there being an answer, of whatever kind."""
    return column != "" if column.dtype == object else ~np.isnan(column)


def asked_exactly(columns, name, condition):
    """The question has an answer where the condition holds, and none elsewhere."""
    return bool(np.array_equal(answered(columns[name]), condition))


def asked_only(columns, name, condition):
    """No answer where the condition does not hold (multiple responses may stay blank where it does)."""
    return not bool(np.any(answered(columns[name]) & ~condition))
