"""How the right side of a formula becomes a matrix, on the records it was read for and on any others.

Each piece of the formula is evaluated by the rule language; categories become codes in the order of their value
labels, the first being the reference. formulaic makes columns of them, and remembers what the columns depend on:
levels, knots, the centre of a scale. The same columns can then be made of other records, or of these as they
would be if a variable had another value.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl

from childdata.errors import EstimationError, VariableError, nearest
from childdata.survey.arrays import Codes, Floats, Mask
from childdata.survey.columns import Records
from childdata.survey.design import label
from childdata.survey.domains import Factor, make_factor
from childdata.survey.regression.encodings import Contrast
from childdata.survey.regression.formula import Formula, Piece

OtherLevels = Literal["refuse", "missing"]
_CATEGORIES = (nw.Categorical, nw.Enum)


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of a category in the order of its columns, with their values in the data."""

    labels: tuple[str, ...]
    values: tuple[object, ...]

    def place(self, wanted: object, name: str) -> int:
        """The place of a level named by its label or its value.

        Raises
        ------
        EstimationError with the nearest labels.
        """
        for names in (self.labels, self.values):
            for place, one in enumerate(names):
                if one == wanted and isinstance(one, str) == isinstance(wanted, str):
                    return place
        shown = ", ".join(map(repr, self.labels[:12])) + (" ..." if len(self.labels) > 12 else "")
        raise EstimationError(
            f"{name} has no level {label(wanted)!r} among the records of the model; there are {shown}"
            f"{nearest(str(wanted), self.labels)}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """A piece of the formula on some records: numbers, or a factor where it is a category; and where it is known."""

    number: Floats | None
    factor: Factor | None
    known: Mask
    is_truth: bool


def evaluate_pieces(
    formula: Formula, records: Records, frame: pl.DataFrame, categories: Container[int] = ()
) -> dict[int, Evaluated]:
    """The pieces of a formula's terms on every record, by place.

    Parameters
    ----------
    frame : the evaluated rules of the pieces, by their text.
    categories : places that are categories whatever their type.

    Raises
    ------
    VariableError if a piece is text or a date where a number is wanted.
    """
    pieces = {place: formula.pieces[place] for place in formula.places}
    return {
        place: _evaluated(piece, records, frame[piece.rule.text], place in categories)
        for place, piece in pieces.items()
    }


def _evaluated(piece: Piece, records: Records, column: pl.Series, known_category: bool) -> Evaluated:
    name = records.find(piece.rule.names[0]) if piece.rule.kind == "column" else None
    if known_category or piece.encoding == "C" or (not piece.encoding and _is_category(records, name, column)):
        factor = make_factor(column, None) if name is None else records.factor(name)
        return Evaluated(None, factor, factor.code >= 0, False)
    if column.dtype != pl.Boolean and not column.dtype.is_numeric():
        raise VariableError(
            f"{piece.text!r} in {records.place} holds {'text' if column.dtype == pl.String else column.dtype} where "
            f"numbers are wanted; C({piece.rule.text}) makes categories of it"
        )
    value = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return Evaluated(value, None, ~np.isnan(value), column.dtype == pl.Boolean)


def _is_category(records: Records, name: str | None, column: pl.Series) -> bool:
    if column.dtype == pl.String:
        return True
    if name is None or isinstance(records.frame, Mapping):
        return False
    return isinstance(nw.from_native(records.frame).collect_schema()[name], _CATEGORIES)  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True, eq=False)
class Predictors:
    """The columns of a model, and how to make them of other records.

    Attributes
    ----------
    names : of the columns, in the user's words.
    term_of : array (columns,); the place of each column's term in `terms`.
    terms : the terms' names; "Intercept" first, if there is one.
    levels : of each piece that is a category, by the piece's place.
    """

    formula: Formula
    names: tuple[str, ...]
    terms: tuple[str, ...]
    term_of: Codes
    levels: Mapping[int, Levels]
    kept: Codes
    spec: Any

    def matrix(self, values: Mapping[int, Floats | Codes], rows: int) -> Floats:
        """The columns, array (rows, columns), for given values of the pieces: numbers, or codes of `levels`."""
        made = self.spec.get_model_matrix(_frame(values, self.levels, rows))
        return np.asarray(made, dtype=np.float64)[:, self.kept]

    def keep(self, places: Codes) -> Predictors:
        """The model with some of its columns left out."""
        names = tuple(self.names[place] for place in places)
        return Predictors(
            self.formula, names, self.terms, self.term_of[places], self.levels, self.kept[places], self.spec
        )

    def codes(self, place: int, factor: Factor, others: OtherLevels) -> Codes:
        """The codes of the model's levels for a factor of other records, -1 where missing.

        Raises
        ------
        EstimationError for a level that no record of the model has, unless others are `missing`.
        """
        piece, levels = self.formula.pieces[place], self.levels[place]
        found = np.full(len(factor.values) + 1, -1, dtype=np.intp)
        for k in np.unique(factor.code[factor.code >= 0]):
            if others == "refuse" or factor.values[k] in levels.values:
                found[k] = levels.place(factor.values[k], piece.text)
        return found[factor.code]


def make_predictors(formula: Formula, evaluated: Mapping[int, Evaluated], used: Mask) -> tuple[Predictors, Floats]:
    """The columns of a formula on the records used.

    Raises
    ------
    EstimationError if a category has one level, or a spline cannot be made.
    """
    from formulaic import Formula as Algebra  # type: ignore[import-untyped]

    levels: dict[int, Levels] = {}
    values: dict[int, Floats | Codes] = {}
    for place, one in evaluated.items():
        if one.factor is None:
            values[place] = one.number[used]  # type: ignore[index]
        else:
            levels[place], values[place] = _levels(formula.pieces[place], one.factor, used)
    code = {place: _code(place, formula.pieces[place], levels.get(place)) for place in evaluated}
    algebra = " + ".join(["0", *(":".join(code[place] for place in term) or "1" for term in formula.terms)])
    try:
        made = Algebra(algebra).get_model_matrix(
            _frame(values, levels, int(used.sum())), output="numpy", na_action="raise"
        )
    except Exception as error:
        raise _cannot(formula, code, error) from None
    spec = made.model_spec
    sizes = [len(one.columns) for one in spec.structure]
    names = tuple(_renamed(name, formula, code, levels) for name in spec.column_names)
    terms = tuple(formula.term_name(_places(str(one.term), code)) for one in spec.structure)
    matrix = np.asarray(made, dtype=np.float64)
    every = np.arange(len(names))
    return Predictors(formula, names, terms, np.repeat(np.arange(len(sizes)), sizes), levels, every, spec), matrix


def _levels(piece: Piece, factor: Factor, used: Mask) -> tuple[Levels, Codes]:
    """The levels that records used have, and the code of each such record."""
    code = factor.code[used]
    seen = np.flatnonzero(np.bincount(code, minlength=len(factor.labels)))
    order = Levels(tuple(factor.labels[k] for k in seen), tuple(factor.values[k] for k in seen))
    wanted = dict(piece.options).get("levels")
    if wanted is not None:
        asked = [order.place(one, piece.text) for one in wanted]  # type: ignore[attr-defined]
        if sorted(asked) != list(range(len(order.labels))):
            raise EstimationError(
                f"levels of {piece.text} are all that the records have, each once: {len(order.labels)} levels "
                f"({', '.join(map(repr, order.labels[:12]))}), found {len(asked)} in the list"
            )
        seen = seen[asked]
        order = Levels(tuple(order.labels[k] for k in asked), tuple(order.values[k] for k in asked))
    if len(order.labels) < 2:
        raise EstimationError(
            f"{piece.text} has one level ({order.labels[0]!r}) among the {int(used.sum())} records used, so that it "
            "tells nothing; leave it out, or see what was left out as unknown"
        )
    number = np.empty(len(factor.labels), dtype=np.intp)
    number[seen] = np.arange(seen.size)
    return order, number[code]


def _frame(values: Mapping[int, Floats | Codes], levels: Mapping[int, Levels], rows: int) -> pd.DataFrame:
    columns: dict[str, object] = {}
    for place, value in values.items():
        if place in levels:
            tokens = [f"v{place}_{k}" for k in range(len(levels[place].labels))]
            columns[f"v{place}"] = pd.Categorical.from_codes(value.astype(np.int64), categories=pd.Index(tokens))
        else:
            columns[f"v{place}"] = value
    return pd.DataFrame(columns, index=np.arange(rows))


def _code(place: int, piece: Piece, levels: Levels | None) -> str:
    """What formulaic is asked for in place of a piece: nothing in it is the user's own text."""
    options = dict(piece.options)
    if not piece.encoding:
        return f"v{place}"
    if piece.encoding == "C":
        contrast = options.get("contrasts") or Contrast("treatment", None)
        assert isinstance(contrast, Contrast)
        base = ""
        if contrast.reference is not None and levels is not None:
            base = f"('v{place}_{levels.place(contrast.reference, piece.text)}')"
        return f"C(v{place}, contr.{contrast.kind}{base})"
    if piece.encoding == "bs":
        options["extrapolation"] = "extend"
    if piece.encoding in ("cr", "cc"):
        options["constraints"] = "center"
    shown = [f"{name}={_shown(value)}" for name, value in options.items()]
    return f"{piece.encoding}({', '.join([f'v{place}', *shown])})"


def _shown(value: object) -> str:
    return repr(list(value)) if isinstance(value, tuple) else repr(value)


def _places(term: str, code: Mapping[int, str]) -> tuple[int, ...]:
    """The pieces of a term of formulaic's, in its order."""
    if term == "1":
        return ()
    found = [
        (term.find(text), place) for place, text in code.items() if re.search(rf"(?:^|:){re.escape(text)}(?::|$)", term)
    ]
    return tuple(place for _, place in sorted(found))


def _renamed(name: str, formula: Formula, code: Mapping[int, str], levels: Mapping[int, Levels]) -> str:
    """A column's name in the user's words."""
    for place, text in code.items():
        name = re.sub(rf"(?:^|(?<=:)){re.escape(text)}(?=$|[\[:])", f"\0{place}\0", name)
    name = re.sub(r"\bv(\d+)_(\d+)\b", lambda hit: levels[int(hit[1])].labels[int(hit[2])], name)
    return re.sub("\0(\\d+)\0", lambda hit: formula.pieces[int(hit[1])].text, name)


def _cannot(formula: Formula, code: Mapping[int, str], error: Exception) -> EstimationError:
    said = str(error)
    piece = next((formula.pieces[place].text for place, text in code.items() if text in said), formula.text)
    reason = said.rpartition("[")[2].rstrip("]") or said
    return EstimationError(f"the columns of {piece} cannot be made: {reason}")
