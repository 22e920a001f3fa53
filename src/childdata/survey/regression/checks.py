"""What a model cannot be fitted with: columns that tell the same, and predictors that tell the response without error.

Collinear columns are found one by one, in the order of the formula. Separation is a direction δ along which every
record's fitted value moves towards its response, so that no finite coefficient is the best; it is looked for by
linear programming, once the coefficients have grown without end.

Source: Albert & Anderson (1984), Biometrika 71(1), 1-10; Konis (2007), Linear programming algorithms for detecting
separated data in binary logistic regression models, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Codes, Floats
from childdata.survey.regression.glm import triangle_of
from childdata.survey.regression.predictors import Predictors

Collinear = Literal["refuse", "drop"]

_SAME = 1e-10  # of the length of a column, what is left of it beside those before
_NOTHING = 1e-7  # of a direction in the unit cube
_ROWS_AT_ONCE = 2_000  # that the linear programme is given, and that are added where they contradict it
_MOST_ROUNDS = 40
_NAMES_SHOWN = 6


def independent(matrix: Floats, weight: Floats, names: Sequence[str]) -> tuple[Codes, list[str]]:
    """The columns that are no linear combination of those before, and what is wrong with each of the others.

    >>> x = np.array([[1.0, 0.0, 2.0], [1.0, 1.0, 4.0], [1.0, 3.0, 8.0]])
    >>> independent(x, np.ones(3), ["Intercept", "age", "twice"])
    (array([0, 1]), ['twice is a linear combination of Intercept and age'])
    """
    triangle = triangle_of(matrix, weight)
    length = np.linalg.norm(triangle, axis=0)
    unit = triangle / np.where(length > 0, length, 1.0)
    kept: list[int] = []
    said: list[str] = []
    for place, name in enumerate(names):
        if length[place] == 0:
            said.append(f"{name} is 0 in all records used (a combination without a record)")
            continue
        before = unit[:, kept]
        shares = np.linalg.lstsq(before, unit[:, place], rcond=None)[0] if kept else np.zeros(0)
        if np.linalg.norm(unit[:, place] - before @ shares) > _SAME:
            kept.append(place)
            continue
        partners = [names[kept[k]] for k in np.flatnonzero(np.abs(shares) > 1e-7)]
        said.append(f"{name} is a linear combination of {_joined(partners)}")
    return np.array(kept, dtype=np.intp), said


def without_collinear(
    predictors: Predictors, matrix: Floats, weight: Floats, rule: Collinear, *, constant: bool
) -> tuple[Predictors, Floats, tuple[str, ...]]:
    """The model with linearly independent columns, and the names of those dropped.

    Parameters
    ----------
    constant : the model has a constant beside its columns, as one with thresholds has.

    Raises
    ------
    EstimationError that names the columns, unless the rule is `drop`.
    """
    beside = np.ones((matrix.shape[0], int(constant)))
    names = [*["the thresholds"][: int(constant)], *predictors.names]
    if matrix.shape[0] < len(names):
        raise EstimationError(
            f"{len(names)} coefficients cannot be found from {matrix.shape[0]} records used; leave terms out"
        )
    kept, said = independent(np.hstack([beside, matrix]), weight, names)
    if not said:
        return predictors, matrix, ()
    if rule == "refuse":
        more = f"; and {len(said) - _NAMES_SHOWN} more" if len(said) > _NAMES_SHOWN else ""
        raise EstimationError(
            f"columns of the model tell the same: {'; '.join(said[:_NAMES_SHOWN])}{more}; leave a term out, or say "
            "collinear='drop' to leave out each column that follows from those before it"
        )
    kept = kept[int(constant) :] - int(constant)
    dropped = tuple(name for place, name in enumerate(predictors.names) if place not in set(kept.tolist()))
    return predictors.keep(kept), matrix[:, kept], dropped


def separation(
    rows: Floats,
    response: Floats | Codes,
    ends: tuple[float, ...],
    matrix: Floats,
    predictors: Predictors,
    family: str,
) -> EstimationError:
    """Why the coefficients grow without end, as an error to raise.

    Parameters
    ----------
    rows : array (conditions, p or more); each record's condition: along a separating δ no rows @ δ is negative and one
        is positive. The columns of the model are its first p.
    response : array (m,), and matrix : array (m, p); for a look at the columns one by one.
    ends : responses that a coefficient without end leads to.
    """
    names = predictors.names
    for place, name in enumerate(names):
        inside = matrix[:, place] != 0
        values = matrix[inside, place]
        if inside.all() or not values.size or (values != values[0]).any():
            continue
        if response[inside][0] in ends and (response[inside] == response[inside][0]).all():
            return EstimationError(
                f"family {family!r} has no finite coefficient of {name}: the response is the same in all "
                f"{int(inside.sum())} of its records; leave the term out, merge its categories, or take other records"
            )
    terms = _separating_terms(rows, predictors)
    if terms:
        return EstimationError(
            f"family {family!r} has no finite coefficients: {_joined(terms)} tell{'s' if len(terms) == 1 else ''} the "
            "response of some records without error (separation); leave a term out, merge categories, or take a line "
            "or fewer knots"
        )
    return EstimationError(
        f"the coefficients of family {family!r} did not converge; look for values far out, for predictors on very "
        "different scales, or for a link that does not suit the response"
    )


def _separating_terms(rows: Floats, predictors: Predictors) -> list[str]:
    """The fewest terms, as one finds them leaving out one after the other, that separate; empty if all do not."""
    scale = np.abs(rows).max(axis=0)
    rows = rows / np.where(scale > 0, scale, 1.0)
    kept = np.ones(rows.shape[1], dtype=bool)
    if not _direction(rows).any():
        return []
    needed = []
    for term in dict.fromkeys(predictors.term_of[::-1].tolist()):
        without = kept.copy()
        without[: predictors.term_of.size][predictors.term_of == term] = False
        if without.any() and _direction(rows[:, without]).any():
            kept = without
        else:
            needed.append(predictors.terms[term])
    return [name for name in needed[::-1] if name != "Intercept"] or needed


def _direction(rows: Floats) -> Floats:
    """A δ in the unit cube with rows @ δ ≥ 0 and one of them above zero, found on ever more of the rows; else zeros."""
    from scipy.optimize import linprog

    none = np.zeros(rows.shape[1])
    total = rows.sum(axis=0)
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _ROWS_AT_ONCE)).astype(np.intp))
    for _ in range(_MOST_ROUNDS):
        found = linprog(-total, A_ub=-rows[chosen], b_ub=np.zeros(chosen.size), bounds=(-1, 1), method="highs")
        if found.x is None or total @ found.x < _NOTHING * len(rows):
            return none
        falls = rows @ found.x
        worst = np.argsort(falls)[:_ROWS_AT_ONCE]
        broken = worst[falls[worst] < -_NOTHING]
        if not broken.size:
            direction: Floats = found.x
            return direction
        chosen = np.union1d(chosen, broken)
    return none


def _joined(names: Sequence[str]) -> str:
    shown = list(names[:_NAMES_SHOWN]) + ([f"{len(names) - _NAMES_SHOWN} more"] if len(names) > _NAMES_SHOWN else [])
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0] if shown else "nothing"
