"""What a test under the design says, in one form for all tests: statistic, degrees of freedom, p, and how they came.

The tests themselves are made in `chi_square` (tables) and `comparing` (means and ranks).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from childdata.errors import EstimationError
from childdata.table import Column, Table
from childdata.words import Lang, number, told, word

SMALLEST_P = 1e-4  # smaller ones are printed as "< 0.0001"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DesignTest:
    """A test of a hypothesis under the sampling design.

    Attributes
    ----------
    statistic : the value whose distribution under the hypothesis has the degrees of freedom `df`.
    symbol : `F`, `t` or `X²`.
    df : degrees of freedom; of an F those of its numerator and denominator.
    p : the probability of so large a statistic if the hypothesis is true; two-sided for `t`, unless another
        alternative was asked for.
    kind : the name of the method among those of this house; `method` is the same in words.
    what : the variables and, for two groups, which is taken from which.
    notes : what was decided, counted or left out.
    settings : how the estimates behind it were made: convention, lonely rule, domain, weight ...
    """

    statistic: float
    symbol: str
    df: tuple[float, ...]
    p: float
    kind: str
    what: str
    notes: tuple[str, ...]
    settings: Mapping[str, object]

    @property
    def method(self) -> str:
        """The test in words."""
        return word(f"method.{self.kind}")

    def further(self) -> dict[str, float]:
        """Numbers that stand beside the test, by name."""
        return {}

    def to_frame(self) -> pd.DataFrame:
        """The test as one row: `what`, `method`, `symbol`, `statistic`, `df1`, `df2`, `p`, and what stands beside it.

        `df2` is missing where the distribution has one number of degrees of freedom.
        """
        df = (*self.df, math.nan, math.nan)[:2]
        row = {"what": self.what, "method": self.method, "symbol": self.symbol, "statistic": self.statistic}
        return pd.DataFrame([row | {"df1": df[0], "df2": df[1], "p": self.p} | self.further()])

    def table(self, *, lang: Lang = "en", title: str = "") -> Table:
        """The test as a table for a report, one line for each number.

        Parameters
        ----------
        lang : of its words and numbers; names of variables stay as they are.
        title : printed above; the variables of the test by default.
        """
        lines = {
            word("test.method", lang): word(f"method.{self.kind}", lang),
            f"{word('test.statistic', lang)} ({self.symbol})": number(self.statistic, 4, lang),
            word("column.df", lang): "; ".join(number(one, 0 if one == round(one) else 2, lang) for one in self.df),
            word("test.p", lang): p_text(self.p, lang),
        }
        lines |= {word(f"test.{name}", lang): _text(name, value, lang) for name, value in self.further().items()}
        rows = pd.DataFrame({"fact": list(lines), "value": list(lines.values())})
        columns = (Column("fact", word("test.fact", lang)), Column("value", word("test.result", lang)))
        notes = tuple(told(note, lang) for note in self.notes)
        provenance = {name: str(value) for name, value in self.settings.items()}
        return Table(rows, columns, title=title or self.what, notes=notes, lang=lang, provenance=provenance)

    def __repr__(self) -> str:
        df = ", ".join(f"{one:.4g}" for one in self.df)
        return f"<{self.symbol}({df}) = {self.statistic:.4g}, p = {self.p:.4g}: {self.what}; {self.method}>"

    def _repr_html_(self) -> str:
        return self.table().to_html()


def p_text(p: float, lang: Lang = "en") -> str:
    """A probability as it is printed: four decimals, or that it is smaller.

    >>> p_text(0.03219), p_text(3e-7), p_text(0.5, "ru")
    ('0.0322', '<0.0001', '0,5000')
    """
    return f"<{number(SMALLEST_P, 4, lang)}" if p < SMALLEST_P else number(p, 4, lang)


def _text(name: str, value: float, lang: Lang) -> str:
    return number(value, 0 if name == "n" else 4, lang)


def checked_df(df: float, *, wanted: str) -> float:
    """Degrees of freedom that a test can use.

    Raises
    ------
    EstimationError where there are none.
    """
    if not df > 0:
        raise EstimationError(
            f"{wanted} has {df:g} degrees of freedom (PSUs less strata), where a test needs 1 or more; take a wider "
            "domain, or give df="
        )
    return df
