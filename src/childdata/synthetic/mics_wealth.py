"""How rich is a household, as far as its things tell?

The wealth score is the first principal component of standardised 0/1 facts about dwelling and possessions
(Filmer & Pritchett 2001, Demography 38(1), 115-132), with household weights; the quintiles and deciles
hold equal weighted numbers of household members. Urban and rural households have models of their own.
Households without an interview have quintile 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childdata.synthetic.chance import YES, Codes, Columns, Numbers, Truth
from childdata.synthetic.mics_frame import Mics

THINGS = (
    "HC7A", "HC7B", "HC7C", "HC9A", "HC9B", "HC9C", "HC9D", "HC9E", "HC10A", "HC10B", "HC10C", "HC10E",
    "HC11", "HC12", "HC13", "HC15", "HC17", "HC19",
)  # fmt: skip
KINDS = {
    "HC4": (31, 33, 35, 32, 21), "HC5": (36, 35, 31, 33), "HC6": (33, 31, 34, 36),
    "EU6": (1, 3), "WS1": (11, 91, 31), "WS11": (11, 12, 22),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wealth:
    """Arrays (h,): scores and groups of all, of urban and of rural households."""

    score: Numbers
    quintile: Numbers
    decile: Numbers
    urban: tuple[Numbers, Numbers]
    rural: tuple[Numbers, Numbers]

    def columns(self, homes: Codes) -> Columns:
        """The wealth columns of households."""
        return {
            "wscore": self.score[homes], "windex5": self.quintile[homes], "windex10": self.decile[homes],
            "wscoreu": self.urban[0][homes], "windex5u": self.urban[1][homes],
            "wscorer": self.rural[0][homes], "windex5r": self.rural[1][homes],
        }  # fmt: skip


def wealth_index(mics: Mics, answers: Columns) -> Wealth:
    """The wealth index of the households that answered."""
    size = np.nan_to_num(np.asarray(answers["HH48"], dtype=np.float64))
    facts = _facts(answers, size)
    members = mics.hhweight * size
    rural = mics.households.rural
    whole = _score(facts, mics.completed, mics.hhweight)
    parts = []
    for inside in (mics.completed & ~rural, mics.completed & rural):
        part = _score(facts, inside, mics.hhweight)
        parts.append((part, np.where(inside, _groups(part, inside, members, 5), np.where(mics.completed, np.nan, 0.0))))
    quintile, decile = (_groups(whole, mics.completed, members, number) for number in (5, 10))
    return Wealth(whole, quintile, decile, parts[0], parts[1])


def _facts(answers: Columns, size: Numbers) -> Numbers:
    columns = [np.asarray(answers[name] == YES, dtype=np.float64) for name in THINGS]
    columns += [np.asarray(answers[name] == code, dtype=np.float64) for name, codes in KINDS.items() for code in codes]
    rooms = np.nan_to_num(np.asarray(answers["HC3"], dtype=np.float64))
    columns.append(np.where(rooms > 0, size / np.maximum(rooms, 1), 0.0))
    return np.stack(columns, axis=1)


def _score(facts: Numbers, inside: Truth, weight: Numbers) -> Numbers:
    part, share = facts[inside], weight[inside] / weight[inside].sum()
    centred = part - share @ part
    spread = np.sqrt(share @ centred**2)
    scaled = centred[:, spread > 0] / spread[spread > 0]
    _, vectors = np.linalg.eigh(scaled.T @ (scaled * share[:, None]))
    first = scaled @ vectors[:, -1]
    owns = part[:, THINGS.index("HC11")]
    first *= np.sign(np.dot(share * first, owns)) or 1.0
    result = np.full(len(facts), np.nan)
    result[inside] = np.round(first / np.sqrt(share @ first**2), 5)
    return result


def _groups(score: Numbers, inside: Truth, members: Numbers, number: int) -> Numbers:
    result = np.where(inside, np.nan, 0.0)
    rows = np.flatnonzero(inside)
    order = rows[np.argsort(score[rows], kind="stable")]
    below = np.cumsum(members[order]) - members[order] / 2
    result[order] = np.minimum(np.floor(below / members[order].sum() * number) + 1, number)
    return result
