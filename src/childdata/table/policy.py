"""By which rule are rows of a published table hidden?

A `Disclosure` is a rule, with every threshold in it; `rule` finds one by its name. Weights do not protect: rules look
at unweighted records.

Sources: MICS reports (`(*)` under 25 unweighted, in parentheses at 25-49); Parker et al. (2017), National
Center for Health Statistics data presentation standards for proportions, Vital Health Stat 2(175), as its
authors' office programs them (R package surveytable).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from childdata.errors import ChilddataError, nearest


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A rule about what a published table may show.

    Attributes
    ----------
    minimum : a row on fewer unweighted records is not shown, `(*)`.
    flag_below : a row on fewer is shown in parentheses.
    minimum_count : counts from 1 to one less are not shown, `<5`; a quantile needs as many records beyond it.
    complementary : hide further cells where a hidden one could be worked out from totals.
    uniform_below : a share of exactly 0 or 1 on fewer records is not shown: it tells about everybody.
    effective : judge shares by the effective number of records, p(1 - p)/se², instead of their number.
    widths : for shares, widths of the interval: shown if at most the first, not shown from the second,
        between them not shown if the width relative to the share is over the third.
    review_df : a share on fewer degrees of freedom is shown in parentheses.

    >>> Disclosure(minimum=10).minimum_count
    5
    """

    minimum: int = 25
    flag_below: int = 50
    minimum_count: int = 5
    complementary: bool = True
    uniform_below: int = 50
    effective: bool = False
    widths: tuple[float, float, float] | None = None
    review_df: int | None = None

    def __post_init__(self) -> None:
        numbers = (self.minimum, self.flag_below, self.minimum_count, self.uniform_below)
        if any(number < 0 for number in numbers):
            raise ChilddataError(f"thresholds of a disclosure rule are 0 or more, not {min(numbers)}")

    def describe(self) -> str:
        """The rule in one line, for a provenance.

        >>> Disclosure().describe()
        'n < 25 hidden, n < 50 in parentheses, counts 1-4 hidden, complementary cells hidden'
        """
        parts = [f"n < {self.minimum} hidden", f"n < {self.flag_below} in parentheses"]
        parts += [f"counts 1-{self.minimum_count - 1} hidden"] if self.minimum_count > 1 else []
        parts += ["effective n used for shares"] if self.effective else []
        parts += ["interval widths {:g}, {:g}, {:g}".format(*self.widths)] if self.widths else []
        parts += ["complementary cells hidden"] if self.complementary else []
        return ", ".join(parts)


Suppression = Literal["mics", "nchs"] | Disclosure | None

RULES: Mapping[str, Disclosure] = {
    "mics": Disclosure(),
    "nchs": Disclosure(minimum=30, flag_below=30, effective=True, widths=(0.05, 0.30, 1.30), review_df=8),
}


def rule(suppress: Suppression) -> Disclosure | None:
    """The rule that a word names; a rule itself and None stay as they are.

    Raises
    ------
    ChilddataError for a word that names no rule.
    """
    if suppress is None or isinstance(suppress, Disclosure):
        return suppress
    if suppress not in RULES:
        names = ", ".join(map(repr, RULES))
        raise ChilddataError(
            f"suppress={suppress!r} names no rule{nearest(str(suppress), RULES)}; "
            f"choose {names}, a Disclosure(...), or None to hide nothing"
        )
    return RULES[suppress]
