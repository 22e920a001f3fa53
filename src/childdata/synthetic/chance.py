"""How do invented answers hang together, as answers of real households do?

Every yes/no answer is a threshold on a standard normal propensity
L = a·wealth + b·rural + √icc·u(PSU) + c·trait + rest, "yes" where L > Φ⁻¹(1 − share):
the PSU part gives intra-PSU correlation (a design effect above 1), the wealth part the gap between poor
and rich, the trait part answers of one person that go together. Each variable has its own stream of
random numbers, made from the seed and its name, so that a new variable leaves all others as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
Truth = NDArray[np.bool_]
Texts = NDArray[np.object_]
Columns = dict[str, NDArray[Any]]
YES, NO = 1.0, 2.0


def stream(seed: int, *names: str) -> np.random.Generator:
    """The random numbers that belong to a seed and a few names, the same on every machine.

    >>> stream(2019, "ch", "BR1").integers(0, 100) == stream(2019, "ch", "BR1").integers(0, 100)
    np.True_
    """
    key = [seed, *(crc32(name.encode()) for name in names)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))


def blank_text(records: int) -> Texts:
    """A text column without an answer: one empty string per record."""
    return np.full(records, "", dtype=object)


def where_asked(answers: NDArray[Any], asked: Truth | None) -> Numbers:
    """The answers, system-missing (NaN) where the question was not asked."""
    return answers.astype(np.float64) if asked is None else np.where(asked, answers, np.nan)


@dataclass(frozen=True, slots=True)
class Module:
    """A block of questions whose answers share their loadings.

    name : key in `data/shares.toml`. words : where the shares come from.
    wealth, rural, trait : loadings of the propensity, on standardised variables.
    icc : variance share of the PSU on the scale of the propensity.
    unknown : {code: share} of answers that mean "do not know" or "no response".
    share : {variable: share of yes}. choice : {variable: {code: share}}, the code that goes with the
    highest propensity first. letters : {variable: share mentioned}, for multiple-response letters.
    number : {variable: plain number} for what is not a share.
    """

    name: str
    words: str
    wealth: float = 0.0
    rural: float = 0.0
    trait: float = 0.0
    icc: float = 0.05
    unknown: Mapping[float, float] = field(default_factory=dict)
    share: Mapping[str, float] = field(default_factory=dict)
    choice: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
    letters: Mapping[str, float] = field(default_factory=dict)
    number: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Respondents:
    """The records of one file, as far as their answers depend on who they are.

    psu : array (n,), index of the PSU. wealth : array (n,), about standard normal.
    rural : array (n,), truth. trait : array (n,), standard normal; what makes one record's answers go
    together (a strict parent, an ill child).
    """

    seed: int
    file: str
    psu: Codes
    wealth: Numbers
    rural: Truth
    trait: Numbers

    def __len__(self) -> int:
        return len(self.psu)

    def random(self, name: str) -> np.random.Generator:
        """The stream of one variable of this file."""
        return stream(self.seed, self.file, name)

    def take(self, rows: NDArray[np.int64] | Truth, file: str | None = None) -> Respondents:
        """The same for some of the records."""
        return Respondents(
            self.seed, file or self.file, self.psu[rows], self.wealth[rows], self.rural[rows], self.trait[rows]
        )

    def with_trait(self, trait: Numbers) -> Respondents:
        """The same records with another trait."""
        return Respondents(self.seed, self.file, self.psu, self.wealth, self.rural, trait)

    def propensity(self, name: str, module: Module) -> Numbers:
        """Array (n,): the standard normal propensity L of one variable."""
        count = int(self.psu.max(initial=-1)) + 1
        shared = stream(self.seed, module.name, "psu").standard_normal(count)[self.psu]
        rural = (self.rural - 0.25) / 0.43
        known = (
            module.wealth * self.wealth
            + module.rural * rural
            + np.sqrt(module.icc) * shared
            + module.trait * self.trait
        )
        rest = 1.0 - module.wealth**2 - module.rural**2 - module.trait**2 - module.icc
        own = self.random(name).standard_normal(len(self))
        return np.asarray(known + np.sqrt(max(rest, 0.05)) * own, dtype=np.float64)

    def happens(self, name: str, module: Module, share: float | Numbers, *, shift: Numbers | float = 0.0) -> Truth:
        """Array (n,) of truth: the event happens with about this share; `shift` moves the propensity."""
        from scipy.special import ndtri

        with np.errstate(divide="ignore"):
            threshold = ndtri(1.0 - np.asarray(share, dtype=np.float64))
        return np.asarray(self.propensity(name, module) + shift > threshold, dtype=np.bool_)

    def yes(
        self,
        name: str,
        module: Module,
        *,
        asked: Truth | None = None,
        share: float | Numbers | None = None,
        shift: Numbers | float = 0.0,
    ) -> Numbers:
        """Array (n,): 1 yes, 2 no, a code that means unknown, or NaN where not asked."""
        wanted = module.share[name] if share is None else share
        answers = np.where(self.happens(name, module, wanted, shift=shift), YES, NO)
        return where_asked(self.unknown(name, module, answers), asked)

    def choose(
        self,
        name: str,
        module: Module,
        *,
        asked: Truth | None = None,
        of: str | None = None,
        shift: Numbers | float = 0.0,
    ) -> Numbers:
        """Array (n,): one code of the module's list for `name` (or `of`), or NaN where not asked."""
        from scipy.special import ndtr

        table = module.choice[of or name]
        codes = np.array(list(table), dtype=np.float64)
        cut = np.cumsum(np.array(list(table.values()), dtype=np.float64))
        below = 1.0 - ndtr(self.propensity(name, module) + shift)
        rank = np.minimum(np.searchsorted(cut / cut[-1], below, side="right"), len(codes) - 1)
        return where_asked(self.unknown(name, module, codes[rank]), asked)

    def unknown(self, name: str, module: Module, answers: Numbers) -> Numbers:
        """The answers, a few of them replaced by the codes that mean unknown."""
        draw = self.random(name + "/unknown").random(len(self))
        result = answers.astype(np.float64)
        low = 0.0
        for code, share in module.unknown.items():
            result[(draw >= low) & (draw < low + share)] = code
            low += share
        return result

    def ask(
        self, columns: Columns, module: Module, *, asked: Truth | None = None, shift: Numbers | float = 0.0
    ) -> None:
        """Put the yes/no questions, choices and letters of a module into `columns`, in the module's order."""
        for name in module.share:
            columns[name] = self.yes(name, module, asked=asked, shift=shift)
        for name in module.choice:
            columns[name] = self.choose(name, module, asked=asked, shift=shift)
        if module.letters:
            self.mention(columns, module, asked=asked, shift=shift)

    def mention(
        self, columns: Columns, module: Module, *, asked: Truth | None = None, shift: Numbers | float = 0.0
    ) -> None:
        """Multiple-response letters: the variable's own last letter, '?' for no response, else blank."""
        everyone = np.ones(len(self), dtype=np.bool_) if asked is None else asked
        silent = self.random(module.name + "/silent").random(len(self)) < 0.003
        for name, share in module.letters.items():
            answers = blank_text(len(self))
            answers[everyone & self.happens(name, module, share, shift=shift)] = name[-1]
            answers[everyone & silent] = "?"
            columns[name] = answers
