"""What does a formula say? Text to a response, terms and offsets, under a closed list of functions.

`poor ~ C(region) * size + log(income) + offset(log(members))`: the left side is a rule of the rule language. On the
right stand names, rules in braces, calls of the rule language (`log(x)`, and `I(...)` for braces), and encodings
around a rule: `C`, `poly`, `bs`, `cr`, `cc`, `center`, `scale`, `standardize`. The algebra between them
(`+ - : * / ** %in%`, `0`, `1`) is read by formulaic, which is handed placeholders only: nothing that a user wrote is
ever evaluated as code.

Source: Wilkinson & Rogers (1973), Applied Statistics 22(3), 392-399 (the algebra of terms).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from childdata.errors import ExpressionError, nearest
from childdata.expression import Expression, parse
from childdata.survey.regression.encodings import ENCODINGS, arguments_of, outside_quotes, read_options

MOST_CHARACTERS = 5_000
MOST_PIECES = 200
MOST_POWER = 4

_NAME = re.compile(r"[^\W\d][\w.]*")
_NUMBER = re.compile(r"\d+")
_ALGEBRA = re.compile(r"\s+|%in%|\*\*|[-+*/:^()]")
# Factor variables of Stata: i.h, ib2.h, ibn.h, c.x, o.h, and those with a bracket before the point.
_STATA = re.compile(r"(?P<kind>[ico]?)(?:b?(?P<base>\d+)|bn)?\.(?P<name>\w+)")
_STATA_CALLS = ("i", "ib", "ibn", "b", "c", "o")
_STATA_SAID = (
    "of Stata's factor variables i.h is C(h) here, ib2.h is C(h, contr.treatment(2)), c.x is x, a#b is a:b, and a##b "
    "is a*b"
)
_NUMPY = re.compile(r"\bnp\.(?=[a-z]+\()")

_OTHER_NAMES = {"factor": "C", "cs": "cr"}
_FUNCTIONS = (*ENCODINGS, "factor", "offset", "I", "log", "exp", "sqrt")


@dataclass(frozen=True, slots=True)
class Piece:
    """One name, rule or encoding of the right side.

    Attributes
    ----------
    text : as the user wrote it, without braces; what terms and coefficients are called by.
    rule : what is evaluated on the records.
    encoding : of its values, "" for the values as they are.
    options : of the encoding, by name; checked literals.
    """

    text: str
    rule: Expression
    encoding: str
    options: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that has been read.

    Attributes
    ----------
    text : as the user wrote it.
    response : the rule on the left.
    pieces : what the terms are made of.
    terms : for each term the places of its pieces; () is the intercept.
    offsets : rules whose coefficient is 1.
    """

    text: str
    response: Expression
    pieces: tuple[Piece, ...]
    terms: tuple[tuple[int, ...], ...]
    offsets: tuple[Expression, ...]

    @property
    def places(self) -> tuple[int, ...]:
        """The pieces that stand in a term."""
        return tuple(sorted({place for term in self.terms for place in term}))

    @property
    def rules(self) -> tuple[Expression, ...]:
        """What the right side evaluates: the rules of the pieces in terms, and the offsets."""
        return (*(self.pieces[place].rule for place in self.places), *self.offsets)

    @property
    def response_name(self) -> str:
        """The response in the user's words; a column without backquotes."""
        return self.response.names[0] if self.response.kind == "column" else self.response.text

    def term_name(self, term: tuple[int, ...]) -> str:
        """A term in the user's words."""
        return ":".join(self.pieces[place].text for place in term) or "Intercept"


def read_formula(text: str) -> Formula:
    """The formula that a text says.

    Raises
    ------
    ExpressionError if it is none, or holds a function that is not on the list.

    >>> found = read_formula("poor == 1 ~ C(region) * size + offset(log(members))")
    >>> [found.term_name(term) for term in found.terms]
    ['Intercept', 'C(region)', 'size', 'C(region):size']
    >>> found.response.text, found.offsets[0].text
    ('poor == 1', 'log(members)')
    """
    if not isinstance(text, str):
        raise ExpressionError(f"a formula is a text such as 'poor ~ C(region) + size'; found {type(text).__name__}")
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"the formula has {len(text):,} characters; most is {MOST_CHARACTERS:,}")
    left, right = _sides(text)
    pieces: list[Piece] = []
    offsets: dict[int, Expression] = {}
    algebra = "".join(_placeheld(right, text, pieces, offsets))
    terms = _terms(algebra, text, pieces, offsets)
    return Formula(text, _response(left, text), tuple(pieces), terms, tuple(offsets.values()))


def refuse_factor_variables(formula: Formula, names: Container[str]) -> None:
    """An error for a name that is written as Stata writes categories, unless the data have a column of that name.

    Raises
    ------
    ExpressionError

    >>> refuse_factor_variables(read_formula("poor ~ ib2.region"), ["poor", "region"])
    Traceback (most recent call last):
        ...
    childdata.errors.ExpressionError: 'ib2.region' in the formula is of Stata; here it is C(region, contr.treatment(2))
    """
    for piece in formula.pieces:
        found = _STATA.fullmatch(piece.text)
        if found is None or piece.text in names:
            continue
        name, base = found["name"], found["base"]
        here = name if found["kind"] == "c" else f"C({name}, contr.treatment({base}))" if base else f"C({name})"
        raise ExpressionError(f"{piece.text!r} in the formula is of Stata; here it is {here}")


def _sides(text: str) -> tuple[str, str]:
    places = [at for at, sign in outside_quotes(text) if sign == "~"]
    if len(places) != 1 or not text[: places[0]].strip():
        raise ExpressionError(
            f"a formula has one '~', with the response on its left: 'poor ~ C(region) + size'; found {text!r}"
        )
    return text[: places[0]].strip(), text[places[0] + 1 :].strip()


def _response(left: str, text: str) -> Expression:
    if left.startswith("{") and left.endswith("}"):
        left = left[1:-1]
    call = re.fullmatch(r"I\((.*)\)", left, re.DOTALL)
    return _rule(call.group(1) if call else left, text)


def _rule(source: str, formula: str) -> Expression:
    source = source.strip()
    if _NAME.fullmatch(source):
        source = f"`{source}`" if "." in source else source
    try:
        return parse(_NUMPY.sub("", source))
    except ExpressionError as error:
        raise ExpressionError(f"in the formula {formula!r}: {error}") from None


def _placeheld(right: str, text: str, pieces: list[Piece], offsets: dict[int, Expression]) -> Iterator[str]:
    """The right side with a placeholder for each name, rule and encoding; what they stand for is added to `pieces`."""
    at, places = 0, dict[tuple[object, ...], int]()
    while at < len(right):
        if found := _ALGEBRA.match(right, at) or _NUMBER.match(right, at):
            yield found.group()
            at = found.end()
            continue
        source, end = _piece_source(right, at, text)
        piece = _piece(source, text)
        key = (piece.encoding, piece.rule.text, piece.options)
        if key not in places:
            places[key] = len(pieces)
            pieces.append(piece)
            if len(pieces) > MOST_PIECES:
                raise ExpressionError(f"the formula has more than {MOST_PIECES} different parts")
        if piece.encoding == "offset":
            offsets[places[key]] = piece.rule
        yield f"v{places[key]}"
        at = end


def _piece_source(right: str, at: int, text: str) -> tuple[str, int]:
    """The text of the name, call or braces that begins at a place, and where it ends."""
    if right[at] == "{":
        end = _closing(right, at, text)
        return right[at:end], end
    if right[at] == "`":
        end = right.find("`", at + 1) + 1
        if end:
            return right[at:end], end
    name = _NAME.match(right, at)
    if not name:
        if right[at] in "#.":
            raise ExpressionError(f"{right[at]!r} has no meaning in the formula {text!r}; {_STATA_SAID}")
        raise ExpressionError(
            f"{right[at]!r} has no meaning in the formula {text!r}; terms are joined by + - : * /, "
            "and a rule stands in braces: {age < 5}"
        )
    end = name.end()
    if right[end:].lstrip().startswith("("):
        end = _closing(right, right.index("(", end), text)
    return right[at:end], end


def _closing(right: str, at: int, text: str) -> int:
    """Just after the bracket that closes the one at a place."""
    depth = 0
    for place, sign in outside_quotes(right[at:]):
        depth += (sign in "({[") - (sign in ")}]")
        if depth == 0:
            return at + place + 1
    raise ExpressionError(f"a bracket is not closed in the formula {text!r}")


def _piece(source: str, text: str) -> Piece:
    if source.startswith("{"):
        return Piece(source[1:-1].strip(), _rule(source[1:-1], text), "", ())
    if source.startswith("`"):
        return Piece(source[1:-1], _rule(source, text), "", ())
    name, bracket, inner = source.partition("(")
    name = name.strip()
    if not bracket:
        return Piece(source, _rule(source, text), "", ())
    if name.rstrip(".") in _STATA_CALLS:
        raise ExpressionError(f"{source!r} is no part of the formula {text!r}; {_STATA_SAID}")
    arguments = arguments_of(inner[:-1])
    encoding = _OTHER_NAMES.get(name, name)
    if encoding in ENCODINGS:
        options = read_options(encoding, arguments[1:], source)
        return Piece(source, _rule(arguments[0], text), encoding, options)
    if name in ("offset", "I"):
        return Piece(source, _rule(inner[:-1], text), "offset" if name == "offset" else "", ())
    try:
        return Piece(source, _rule(source, text), "", ())
    except ExpressionError as error:
        raise ExpressionError(f"{error}{nearest(name, _FUNCTIONS)}") from None


def _terms(
    algebra: str, text: str, pieces: list[Piece], offsets: Mapping[int, Expression]
) -> tuple[tuple[int, ...], ...]:
    """The terms of the algebra, as formulaic reads it, without the offsets."""
    _refuse_powers(algebra, text, pieces)
    from formulaic.errors import FormulaSyntaxError  # type: ignore[import-untyped]
    from formulaic.parser import DefaultFormulaParser  # type: ignore[import-untyped]

    try:
        found = list(DefaultFormulaParser(feature_flags=set()).get_terms(algebra).root)
    except (FormulaSyntaxError, AttributeError, TypeError, ValueError):
        raise ExpressionError(
            f"the right side of {text!r} is no formula; terms are joined by + - : * /, and arithmetic stands in "
            "braces: {income / 1000}"
        ) from None
    terms = []
    for term in found:
        names = [factor.expr for factor in term.factors]
        places = tuple(int(name[1:]) for name in names if name != "1")
        offset = next((place for place in places if place in offsets), None)
        if offset is not None and len(places) > 1:
            raise ExpressionError(f"an offset has no part in a product; found {pieces[offset].text!r} so in {text!r}")
        if offset is None:
            terms.append(places)
    return tuple(sorted(terms, key=len))


def _refuse_powers(algebra: str, text: str, pieces: list[Piece]) -> None:
    """A power that would not end, or that means a square to its writer and nothing to the algebra of terms."""
    for power in re.finditer(r"(v\d+|\))?\s*(?:\*\*|\^)\s*(\d*)", algebra):
        if not power.group(2) or int(power.group(2)) > MOST_POWER:
            raise ExpressionError(f"a power of terms in {text!r} is a whole number up to {MOST_POWER}")
        if (power.group(1) or "").startswith("v"):
            name = pieces[int(power.group(1)[1:])].text
            raise ExpressionError(
                f"{name} ** {power.group(2)} in a formula crosses {name} with itself; for the power write "
                f"{{{name} ** {power.group(2)}}}"
            )
    for number in re.findall(r"\b\d+", re.sub(r"(?:\*\*|\^)\s*\d+", "", algebra)):
        if number not in ("0", "1"):
            raise ExpressionError(f"the number {number} in {text!r} is no term; a rule stands in braces: {{2 * size}}")
