"""What do the weights look like, and what does their spread cost?

Kish's design effect of weighting is 1 + CV², the factor by which unequal weights that are unrelated to the answer raise
a variance; the effective n is (Σw)² / Σw², the records that equal weights would need for the same.

Source: Kish (1992), Journal of Official Statistics 8, 183-200.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import cast

import numpy as np
import pandas as pd

from childdata.errors import DesignError
from childdata.survey.arrays import Floats, Mask
from childdata.survey.survey import Survey
from childdata.survey.weighting.totals import cells_of
from childdata.vocabulary import TOTAL
from childdata.words import Lang, number, word

_COUNTS = ("records", "zeros")
_QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}
_RATIOS = ("ratio_min", "ratio_median", "ratio_max")


@dataclass(frozen=True, slots=True, eq=False)
class WeightsReport:
    """The spread of weights, one row for all records and one for each group.

    Attributes
    ----------
    frame : columns `group`; `records`; `zeros`, records of weight zero, which count in no other column; `sum`,
        `mean`, `min`, `q05`, `q25`, `median`, `q75`, `q95`, `max` of the weights; `cv`; `kish_deff`, 1 + CV²;
        `effective_n`; and, if there are weights before, `ratio_min`, `ratio_median`, `ratio_max` of new to old.
    place : what the data are called.
    """

    frame: pd.DataFrame
    place: str

    def to_frame(self, lang: Lang | None = None) -> pd.DataFrame:
        """The rows as a frame; with `lang`, under headings in that language."""
        frame = self.frame.copy()
        return frame if lang is None else frame.rename(columns=lambda name: word(f"weights.{name}", lang))

    def __repr__(self) -> str:
        facts = self.to_frame("en").set_index(word("weights.group")).transpose()
        return f"{word('weights.title')} {self.place}\n{facts.map(_shown).to_string()}"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(str(name))}</th>" for name in self.frame["group"])
        body = "".join(
            f"<tr><th>{escape(word(f'weights.{name}'))}</th>"
            + "".join(f"<td>{escape(_shown(value))}</td>" for value in self.frame[name])
            + "</tr>"
            for name in self.frame.columns[1:]
        )
        title = escape(f"{word('weights.title')} {self.place}")
        return f"<table><caption>{title}</caption><tr><th></th>{head}</tr>{body}</table>"


def weights_report(
    survey: Survey, *, before: Survey | None = None, by: str | Sequence[str] | None = None
) -> WeightsReport:
    """The spread of the weights of a survey.

    Parameters
    ----------
    before : the same survey with its earlier weights; adds the range of the ratios of new to old.
    by : variables, crossed; one row for each group as well.

    Returns
    -------
    WeightsReport, of all records of the survey, whatever its `where`.

    Raises
    ------
    DesignError if `before` has other records; EstimationError for a missing value of `by`.

    Source: Kish (1992), section 2.

    >>> import childdata as cd
    >>> people = cd.Survey({"w": [1.0, 1.0, 4.0, 0.0]}, weight="w")
    >>> cd.weights_report(people).to_frame()[["records", "zeros", "sum", "kish_deff", "effective_n"]]
       records  zeros  sum  kish_deff  effective_n
    0        4      1  6.0        1.5          2.0
    """
    survey.records.one_by_one()
    weight = survey.design.weight
    old = None if before is None else before.design.weight
    if old is not None and old.size != weight.size:
        raise DesignError(
            f"before is the same survey with its earlier weights; it has {old.size} records, and this one {weight.size}"
        )
    rows = [_row(TOTAL, np.ones(weight.size, dtype=bool), weight, old)]
    if by is not None:
        cells = cells_of(survey.records, by, weight > 0, role="makes groups of the report")
        rows += [_row(label, cells.code == k, weight, old) for k, label in enumerate(cells.labels())]
    return WeightsReport(pd.DataFrame(rows), survey.records.place)


def _row(group: str, members: Mask, weight: Floats, old: Floats | None) -> dict[str, object]:
    used = members & (weight > 0)
    positive = weight[used]
    mean = positive.mean()
    row: dict[str, object] = {"group": group, "records": int(members.sum()), "zeros": int((members & ~used).sum())}
    row |= {"sum": positive.sum(), "mean": mean, "min": positive.min()}
    row |= {name: np.quantile(positive, p) for name, p in _QUANTILES.items()}
    cv = positive.std() / mean
    row |= {"max": positive.max(), "cv": cv, "kish_deff": 1 + cv**2}
    row["effective_n"] = positive.sum() ** 2 / (positive @ positive)
    if old is not None:
        both = used & (old > 0)
        ratio = positive[(old > 0)[used]] / old[both]
        row |= dict(zip(_RATIOS, (ratio.min(), np.median(ratio), ratio.max()), strict=True))
    return row


def _shown(value: object) -> str:
    if isinstance(value, (int, np.integer)):
        return number(int(value), 0)
    size = cast("float", value)
    return number(size, 0 if abs(size) >= 10_000 else 3)
