"""What a column of a survey file means: its label, its value labels and which of its codes say "no answer".

SPSS declares up to three codes, or a range and a code, as missing; Stata has the tags `.a` to `.z`. Both are
kept here in one structure, so that the value can be masked and the reason kept. Many files declare nothing
and say "Don't know" in a label only: `reads_like_missing` recognises such labels, in English and Russian
first, and nothing is done about them but to list them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

import polars as pl

from childdata.expression import find_name

Code = float | str
Kind = Literal["number", "text", "date", "datetime", "time"]

K = TypeVar("K")
V = TypeVar("V")


class Part(Protocol):
    """Rows and what their columns are: a Dataset, as seen by what it is itself made of."""

    @property
    def frame(self) -> pl.DataFrame: ...
    @property
    def variables(self) -> Mapping[str, Variable]: ...
    @property
    def reasons(self) -> pl.DataFrame: ...
    @property
    def source(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def sets(self) -> tuple[MultipleResponse, ...]: ...


class Frozen(Mapping[K, V]):
    """A mapping that cannot be changed, keeps its order, and can be pickled and hashed.

    >>> Frozen({1.0: "Urban", 2.0: "Rural"})[1]
    'Urban'
    """

    __slots__ = ("_held",)

    def __init__(self, held: Mapping[K, V] | Iterable[tuple[K, V]] = ()) -> None:
        self._held: dict[K, V] = dict(held)

    def __getitem__(self, key: K) -> V:
        return self._held[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __hash__(self) -> int:
        return hash(tuple(self._held.items()))

    def __repr__(self) -> str:
        return repr(self._held)


def in_code_order(labels: Mapping[Code, str]) -> Frozen[Code, str]:
    """Value labels with numbers first, ascending, and then texts or Stata tags, alphabetically.

    >>> list(in_code_order({".d": "Don't know", 2: "Rural", 1: "Urban"}))
    [1.0, 2.0, '.d']
    """
    numbers = sorted(float(code) for code in labels if not isinstance(code, str))
    texts = sorted(code for code in labels if isinstance(code, str))
    by_code = {code if isinstance(code, str) else float(code): label for code, label in labels.items()}
    ordered: list[Code] = [*numbers, *texts]
    return Frozen((code, by_code[code]) for code in ordered)


@dataclass(frozen=True, slots=True)
class Variable:
    """What one column is.

    Attributes
    ----------
    name : as in the file, upper and lower case kept.
    label : the question or description; empty if the file has none.
    value_labels : code -> label, in code order; Stata's tags as ".a", text codes as they are.
    missing_codes : the codes declared to be no answer; Stata's tags as ".a".
    missing_ranges : closed ranges of codes declared to be no answer; an open end is an infinity.
    kind : number, text, date, datetime or time.
    unit : of measurement, where known ("BYN per month").
    format : the display format of the program that wrote the file ("F8.2", "%td").
    measure : nominal, ordinal or scale, where the file says so.

    >>> Variable("UB2", "Age", missing_codes=(99.0,)).is_declared_missing(99)
    True
    """

    name: str
    label: str = ""
    value_labels: Mapping[Code, str] = field(default_factory=Frozen)
    missing_codes: tuple[Code, ...] = ()
    missing_ranges: tuple[tuple[float, float], ...] = ()
    kind: Kind = "number"
    unit: str | None = None
    format: str | None = None
    measure: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value_labels", in_code_order(self.value_labels))
        codes = tuple(code if isinstance(code, str) else float(code) for code in self.missing_codes)
        object.__setattr__(self, "missing_codes", codes)
        ranges = tuple((float(low), float(high)) for low, high in self.missing_ranges)
        object.__setattr__(self, "missing_ranges", ranges)

    @property
    def declares_missing(self) -> bool:
        """Whether the file says of some codes that they are no answer."""
        return bool(self.missing_codes or self.missing_ranges)

    def is_declared_missing(self, code: Code) -> bool:
        """Whether `code` is declared to be no answer."""
        if isinstance(code, str):
            return code in self.missing_codes
        value = float(code)
        return value in self.missing_codes or any(low <= value <= high for low, high in self.missing_ranges)

    def suspected_missing(self) -> Mapping[Code, str]:
        """The codes that are not declared missing although their label reads as if they were.

        >>> Variable("EC6", value_labels={1: "Yes", 2: "No", 8: "DK"}).suspected_missing()
        {8.0: 'DK'}
        """
        return Frozen(
            (code, label)
            for code, label in self.value_labels.items()
            if not self.is_declared_missing(code)
            and not (isinstance(code, str) and is_tag(code))
            and reads_like_missing(label)
        )


def code_text(code: Code) -> str:
    """A code as it is shown: numbers without needless decimals.

    >>> code_text(98.0), code_text(".a")
    ('98', '.a')
    """
    return code if isinstance(code, str) else f"{code:g}"


def is_tag(code: str) -> bool:
    """Whether a code is one of Stata's 26 tagged missing values, written ".a" to ".z" (SAS: also "._")."""
    return len(code) == 2 and code[0] == "." and ((code[1].isascii() and code[1].islower()) or code[1] == "_")


class Variables(Frozen[str, Variable]):
    """The variables of a file in its order; a name is found exactly, or in whatever case if that is
    unambiguous.

    Raises VariableError, with the nearest names and the file's name, where there is no such variable.
    """

    __slots__ = ("_place",)

    def __init__(self, variables: Iterable[Variable] = (), *, place: str = "the data") -> None:
        super().__init__((variable.name, variable) for variable in variables)
        self._place = place

    def __getitem__(self, key: str) -> Variable:
        found = self._held.get(key)
        return found if found is not None else self._held[find_name(key, self._held, place=self._place)]

    def __contains__(self, key: object) -> bool:
        return key in self._held


@dataclass(frozen=True, slots=True)
class MultipleResponse:
    """A multiple-response set of an SPSS file: several variables that hold the answers to one question.

    Attributes
    ----------
    name, label : of the set, the name without its `$`.
    variables : the members, in order.
    counted : the value that means "mentioned" (a dichotomy set); None where each member holds a category.

    >>> MultipleResponse("media", "Media used", ("TV", "RADIO"), counted="1").variables
    ('TV', 'RADIO')
    """

    name: str
    label: str
    variables: tuple[str, ...]
    counted: str | None = None


_MISSING_WORDS = re.compile(
    r"""(?<!\w)(?:
        d\.?k\.? | (?:do(?:es)?\s?n[o']?t|did\s?n[o']?t|not)\s+(?:know|remember)n? | unknown | can\s?not\s+say |
        (?:no|non|without|not)[\s-]*(?:response|answer(?:ed)?|stated|reported|ascertained|known) |
        no\s+(?:data|information) | missing(?:\s+data)? | refus(?:ed|al|es?) | inconsistent(?:\s+\w+)? |
        not\s+specified | n\.?r\.? |
        ne\s+sait\s+pas | nsp | manquant\w* | sans\s+r[ée]ponse | incoh[ée]rent\w* | no\s+sabe | no\s+responde |
        не\s+(?:знаю|знает|знают|помню|помнит|ответил\w*|отвечает|указан\w*|определ[её]н\w*) | неизвестн\w* |
        (?:нет|без)\s+(?:ответа|данных|информации) | ответ\s+отсутствует | отказ(?:\w*)? | затрудн\w* |
        пропу(?:ск|щен)\w* |
        противоречив\w* | не\s*согласован\w* | не\s+(?:ведаю|ведае) | адмо\w* | няма\s+адказу | цяжка\s+адказаць
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)


def reads_like_missing(label: str) -> bool:
    """Whether a value label reads like "no answer": don't know, refused, missing, нет ответа, затрудняюсь ...

    >>> [reads_like_missing(text) for text in ("Don’t know", "ЗАТРУДНЯЮСЬ ОТВЕТИТЬ", "No", "Knows")]
    [True, True, False, False]
    """
    return _MISSING_WORDS.search(label.replace("’", "'").replace("`", "'")) is not None
