"""What is a formula of estimates, and how sure is it? Contrasts, linear and not, in the names of the rows.

A formula is written with the names of rows in backquotes, numbers, `+ - * / **`, parentheses, `log`, `exp` and `sqrt`:
"`Urban` / `Rural` - 1". Its value g(θ) has the variance ∇gᵀ V ∇g, V the covariance of all rows; several formulas have a
covariance among each other. Under replicate weights each formula is found anew in each replicate.

Source: Särndal, Swensson & Wretman (1992), section 5.5; numbers are those of R survey `svycontrast`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from childdata.errors import EstimationError, nearest
from childdata.survey.arrays import Floats
from childdata.survey.labelled import Labelled
from childdata.survey.smooth import FUNCTIONS
from childdata.survey.spread import mixture
from childdata.survey.statistic import gap_of

LONGEST = 10_000
WORDS = ("log", "exp", "sqrt")
# A linear combination: what each row is multiplied by, by its name.
Weights = Mapping[str, float]

Made = TypeVar("Made", bound=Labelled)
# A value for each set of rows, array (k,), and its derivative by each row of the formula, array (used, k).
Dual = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of rows, read.

    Attributes
    ----------
    text : as it was written.
    what : what a message calls it.
    tree : of the closed list of what a formula may hold.
    places : the name in the tree of each row that it takes, and the row's place.
    """

    text: str
    what: str
    tree: ast.AST
    places: Mapping[str, int]

    @property
    def rows(self) -> list[int]:
        """The places of the rows that the formula takes."""
        return list(self.places.values())

    def value(self, rows: Floats) -> Floats:
        """The formula of each set of rows, array (k, rows) to array (k,); not finite where it has no value."""
        return self.dual(rows)[0]

    def dual(self, rows: Floats) -> Dual:
        """Value, array (k,), and derivative by each of `rows`, array (used, k)."""
        slope = {name: np.zeros((len(self.places), len(rows))) for name in self.places}
        for number, name in enumerate(self.places):
            slope[name][number] = 1.0
        known = {name: (rows[:, place].astype(np.float64), slope[name]) for name, place in self.places.items()}
        blank = (np.zeros(len(rows)), np.zeros((len(self.places), len(rows))))
        try:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                return self._walk(self.tree, known, blank)
        except RecursionError:
            raise self._refused("has too many steps; write it in several") from None

    def _walk(  # noqa: PLR0911  (one line for each thing that a formula may hold)
        self, node: ast.AST, known: Mapping[str, Dual], blank: Dual
    ) -> Dual:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool) and number < 1e300:
                return blank[0] + number, blank[1]
            case ast.Name(id=name) if name in known:
                return known[name]
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=inner):
                value, slope = self._walk(inner, known, blank)
                return (-value, -slope) if isinstance(sign, ast.USub) else (value, slope)
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in WORDS:
                return _applied(name, [self._walk(inner, known, blank)])
            case ast.BinOp(left=left, op=operator, right=right):
                a, b = self._walk(left, known, blank), self._walk(right, known, blank)
                match operator:
                    case ast.Add():
                        return a[0] + b[0], a[1] + b[1]
                    case ast.Sub():
                        return a[0] - b[0], a[1] - b[1]
                    case ast.Mult():
                        return a[0] * b[0], a[0] * b[1] + b[0] * a[1]
                    case ast.Div():
                        return a[0] / b[0], (a[1] - a[0] / b[0] * b[1]) / b[0]
                    case ast.Pow():
                        return _applied("power", [a, b])
        raise self._refused(f"may hold names in backquotes, numbers and + - * / ** ( ) {' '.join(WORDS)}")

    def _refused(self, why: str) -> EstimationError:
        return EstimationError(f"the {self.what} {self.text.strip()!r} {why}")

    @property
    def is_linear(self) -> bool:
        """Whether the formula is a sum of rows times numbers."""
        return _degree(self.tree) <= 1


def read_formula(text: str, names: Sequence[str], *, what: str = "contrast") -> Formula:
    """A formula in the names of rows.

    Parameters
    ----------
    text : with names in backquotes.
    names : of the rows.
    what : what a message calls it.

    Raises
    ------
    EstimationError for a name that no row, or more than one, has, and for what cannot be read.

    >>> read_formula("`a` / `b` - 1", ["a", "b"]).value(np.array([[3.0, 2.0], [4.0, 2.0]])).tolist()
    [0.5, 1.0]
    """
    if len(text) > LONGEST:
        raise EstimationError(f"a {what} has at most {LONGEST:,} characters; found {len(text):,}")
    source, places = _with_places(text, names)
    try:
        tree = ast.parse(" ".join(source.split()), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise EstimationError(f"the {what} {text.strip()!r} cannot be read; names stand in backquotes") from error
    return Formula(text, what, tree, places)


def contrast(
    estimates: Made, what: str | Weights | Sequence[str] | Mapping[str, str | Weights], *, scale: str | None = None
) -> Made:
    """Formulas of the rows of estimates, as estimates; see `Estimates.contrast`."""
    formulas = {name: _read(one, estimates.names) for name, one in _named(what).items()}
    value = estimates.frame["estimate"].to_numpy(dtype=float)
    found = [one.dual(value[None, :]) for one in formulas.values()]
    parts, columns = [], []
    for number, (formula, (_, slopes)) in enumerate(zip(formulas.values(), found, strict=True)):
        parts.append((estimates.rows[formula.rows], slopes[:, 0]))
        columns.append(np.full(len(formula.rows), number))
    rows, slopes = (np.concatenate(one) for one in zip(*parts, strict=True))
    matrix = mixture([(rows, slopes)], (estimates.spread.rows, len(formulas)), column=np.concatenate(columns))
    taken = estimates.rows
    spread = estimates.spread.combine(
        matrix, lambda all_rows: np.column_stack([one.value(all_rows[:, taken]) for one in formulas.values()])
    )
    facts = estimates._facts_of([np.array(one.rows, dtype=np.intp) for one in formulas.values()])
    facts.insert(0, "statistic", pd.Series(list(formulas), dtype=object))
    facts.insert(1, "item", pd.Series([""] * len(formulas), dtype=object))
    told = [
        _scale(estimates, one, slopes[:, 0], scale) for one, (_, slopes) in zip(formulas.values(), found, strict=True)
    ]
    facts["scale"], facts["difference_of"] = [one[0] for one in told], [one[1] for one in told]
    return replace(estimates._derived(np.array([one[0] for one, _ in found]), spread, facts), headings={})


def _named(what: str | Weights | Sequence[str] | Mapping[str, str | Weights]) -> dict[str, str | Weights]:
    if isinstance(what, str):
        return {what.strip(): what}
    if isinstance(what, Mapping):
        numbers = [not isinstance(one, (str, Mapping)) for one in what.values()]
        if what and all(numbers):
            weights: Weights = what  # type: ignore[assignment]
            return {_written(weights): weights}
        if what and not any(numbers):
            return dict(what)  # type: ignore[arg-type]
    elif all(isinstance(one, str) for one in what) and len(what):
        if len(set(what)) == len(what):
            return {one.strip(): one for one in what}
        raise EstimationError("a contrast is given twice; give each once, or by a name: {'gap': '`f` - `m`'}")
    raise EstimationError(
        "a contrast is a formula (\"`f` - `m`\"), the numbers that rows are multiplied by ({'f': 1, 'm': -1}), a list "
        "of formulas, or several of these by name"
    )


def _written(weights: Weights) -> str:
    """A linear combination as a formula.

    >>> _written({"f": 1, "m": -0.5})
    '1 * `f` + -0.5 * `m`'
    """
    return " + ".join(f"{float(number):.17g} * `{name}`" for name, number in weights.items())


def _read(one: str | Weights, names: Sequence[str]) -> Formula:
    if isinstance(one, str):
        formula = read_formula(one, names)
        if not formula.places:
            raise EstimationError(f"the contrast {one.strip()!r} names no row; names stand in backquotes, see .names")
        return formula
    wrong = [name for name, number in one.items() if isinstance(number, (bool, str)) or not np.isfinite(number)]
    if wrong or not one:
        which = f"; found {one[wrong[0]]!r} for {wrong[0]!r}" if wrong else "; none was given"
        raise EstimationError(f"a linear combination has a number for each row's name{which}")
    return read_formula(_written(one), names)


def _scale(estimates: Labelled, formula: Formula, slopes: Floats, asked: str | None) -> tuple[str, str]:
    """The scale of a formula, and of what it is a difference."""
    scales = estimates.frame["scale"].to_numpy()[formula.rows]
    inner = estimates.frame["difference_of"].to_numpy()[formula.rows]
    if asked is not None:
        return asked, ""
    if not formula.is_linear:
        return "index", ""
    if abs(slopes.sum()) <= 1e-12 * np.abs(slopes).sum() or set(scales) == {"difference"}:
        of = scales[0]
        for other in scales[1:]:
            of = gap_of(of, other, inner[0])
        return "difference", inner[0] if of == "difference" else of
    mean_of_one_scale = len(set(scales)) == 1 and abs(slopes.sum() - 1) < 1e-9 and (slopes >= 0).all()
    return (scales[0], "") if mean_of_one_scale or set(scales) == {"amount"} else ("index", "")


def _applied(name: str, arguments: Sequence[Dual]) -> Dual:
    value, by = FUNCTIONS[name](*(one[0] for one in arguments))
    # where a number stands the derivative by it does not matter, be it finite or not
    parts = [np.where(slope == 0, 0.0, slope * each) for each, (_, slope) in zip(by, arguments, strict=True)]
    return value, np.sum(parts, axis=0)


def _degree(node: ast.AST) -> int:  # noqa: PLR0911  (one line for each thing that a formula may hold)
    """0 for a number, 1 for a sum of rows times numbers without a number beside, 2 for anything else."""
    match node:
        case ast.Constant():
            return 0
        case ast.Name():
            return 1
        case ast.UnaryOp(operand=inner):
            return _degree(inner)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            a, b = _degree(left), _degree(right)
            return a if a == b else 2
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return min(_degree(left) + _degree(right), 2)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _degree(left) if _degree(right) == 0 else 2
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return 0 if _degree(left) == _degree(right) == 0 else 2
        case ast.Call(args=[inner]):
            return 0 if _degree(inner) == 0 else 2
    return 2


def in_quotes(text: str) -> list[str]:
    """A text cut at its backquotes: every second piece is a name.

    Raises
    ------
    EstimationError if a backquote is not closed.
    """
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        raise EstimationError(f"a backquote is not closed in {text.strip()!r}")
    return pieces


def _with_places(text: str, names: Sequence[str]) -> tuple[str, dict[str, int]]:
    pieces = in_quotes(text)
    places: dict[str, int] = {}
    for k in range(1, len(pieces), 2):
        matches = [place for place, name in enumerate(names) if name == pieces[k]]
        if len(matches) != 1:
            found = "no row is" if not matches else f"{len(matches)} rows are"
            raise EstimationError(f"{found} named {pieces[k]!r}{nearest(pieces[k], names)}; see .names")
        places[f"row_{matches[0]}"] = matches[0]
        pieces[k] = f" row_{matches[0]} "
    return "".join(pieces), places
