"""What does a rule compute on these columns? The checked tree and a schema to a narwhals expression.

A name becomes its column as float64 (or text without trailing blanks, a truth value, a date) with NaN as
null, so that the same rule means the same on every engine and no small integer overflows. Logic is Kleene's:
`unknown or true` is true, `unknown and false` is false, anything else with an unknown is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw

from childdata.errors import VariableError

from .functions import FUNCTIONS
from .names import find_name
from .tree import (
    Arithmetic,
    Call,
    Compare,
    Expression,
    Logic,
    Member,
    Name,
    Negative,
    Node,
    Number,
    Over,
    Text,
    Truth,
)
from .types import is_code, is_tag_comparison, kind_of
from .values import (
    Value,
    ValueKind,
    Workings,
    all_true,
    any_true,
    compare,
    constant,
    in_precision_of,
    keep_where,
    number,
    truth,
    unknown,
    without_trailing_blanks,
)


def compile(expression: Expression, schema: nw.Schema, *, place: str) -> nw.Expr:
    """The narwhals expression of a rule on columns of these types: null where the rule is unknown.

    A truth value is Boolean, a number float64, a text a string without trailing blanks.

    Raises
    ------
    VariableError if a variable is not there or holds what no rule can use.
    ExpressionError if the rule compares text with a number, or wants truth and finds a number.
    """
    return bind(expression, schema, place=place).expr


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule bound to columns.

    Attributes
    ----------
    expr : its value.
    kind : what it gives, now that the columns are known.
    steps : names and expressions of the columns that must be computed before it, in order.
    failed : true where all variables are known but a part gave no number (x / 0, log(0), overflow);
        None if no part of the rule can do that.
    """

    expr: nw.Expr
    kind: ValueKind
    steps: tuple[tuple[str, nw.Expr], ...]
    failed: nw.Expr | None


def bind(
    expression: Expression,
    schema: Mapping[str, object],
    *,
    place: str,
    reasons: Mapping[str, Reason] | None = None,
    prefix: str | None = None,
) -> Bound:
    """A rule bound to columns of these types, with the columns that hold reasons for missing answers.

    With a `prefix` the rule is cut into steps whose columns are named so; without, it is one expression.
    """
    columns = {name: find_name(name, schema, place=place) for name in expression.names}
    kinds = {name: kind_of_column(column, schema[column], place=place) for name, column in columns.items()}
    kind_of(expression.text, expression.tree, kinds.__getitem__)
    workings = Workings(prefix)
    builder = _Builder(columns, kinds, schema, reasons or {}, workings)
    value = builder.settled(expression.tree)
    failed = None
    if workings.conditions:
        known = [~builder.column(name).expr.is_null() for name in expression.names]
        failed = all_true([any_true(workings.conditions), *known])
    return Bound(value.expr, value.kind, tuple(workings.steps), failed)


@dataclass(frozen=True, slots=True)
class Reason:
    """The column that says why a variable is missing: its codes, or texts (string codes and Stata tags)."""

    column: str
    is_text: bool


def kind_of_column(name: str, dtype: object, *, place: str) -> ValueKind:
    """What a column of this type holds, as far as rules are concerned."""
    if dtype == nw.Boolean:
        return "truth"
    if isinstance(dtype, nw.dtypes.DType) and dtype.is_numeric():
        return "number"
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    if dtype in (nw.Date, nw.Datetime):
        return "date"
    if dtype == nw.Unknown:
        return "empty"
    raise VariableError(
        f"variable {name!r} in {place} holds {dtype}; a rule can use numbers, text, truth values and dates"
    )


class _Builder:
    """Nodes to values, one method per kind of node that needs one."""

    def __init__(
        self,
        columns: Mapping[str, str],
        kinds: Mapping[str, ValueKind],
        schema: Mapping[str, object],
        reasons: Mapping[str, Reason],
        workings: Workings,
    ) -> None:
        self.columns = columns
        self.kinds = kinds
        self.schema = schema
        self.reasons = reasons
        self.workings = workings

    def settled(self, node: Node) -> Value:
        """The value of a node, its numbers finite or unknown."""
        return self.workings.settle(self.value(node))

    def shared(self, node: Node) -> Value:
        """As `settled`, for a place that uses the value more than once."""
        value = self.settled(node)
        return value if isinstance(node, (Name, Number, Text, Truth)) else self.workings.step(value)

    def value(self, node: Node) -> Value:
        """The value of a node; what arithmetic gives may still be infinite."""
        match node:
            case Number() | Text() | Truth():
                value = constant(node.value)
            case Name():
                value = self.column(node.name)
            case Negative():
                positive = self.value(node.value)
                value = Value(-number(positive), "number", unsettled=positive.unsettled)
            case Arithmetic():
                value = self.arithmetic(node)
            case Logic():
                value = self.logic(node)
            case Compare():
                value = Value(self.comparison(node), "truth")
            case Member():
                value = Value(self.membership(node), "truth")
            case Call():
                value = self.call(node)
            case Over():
                raise TypeError("a function over rows has no value in one row")
        return value

    def column(self, name: str) -> Value:
        """A variable: float64, text without trailing blanks, truth or a date; NaN and infinity are null."""
        column, kind = self.columns[name], self.kinds[name]
        expr, dtype = nw.col(column), self.schema[column]
        if kind == "empty":
            return unknown()
        if kind == "text":
            return Value(without_trailing_blanks(expr if dtype == nw.String else expr.cast(nw.String)), "text")
        if kind == "date":
            zoned = getattr(dtype, "time_zone", None) is not None
            return Value(expr.dt.replace_time_zone(None) if zoned else expr, "date")
        if kind == "number":
            real = expr if dtype == nw.Float64 else expr.cast(nw.Float64)
            known = keep_where(real.is_finite(), real) if dtype in (nw.Float32, nw.Float64) else real
            return Value(known, "number", single=dtype == nw.Float32)
        return Value(expr, "truth")

    def logic(self, node: Logic) -> Value:
        parts = [truth(self.settled(part)) for part in node.parts]
        if node.word == "not":
            # not `~`: ibis writes `(NOT x) IS NULL` without its brackets
            return Value(nw.when(parts[0]).then(nw.lit(False)).otherwise(keep_where(~parts[0], nw.lit(True))), "truth")
        return Value(all_true(parts) if node.word == "and" else any_true(parts), "truth")

    def arithmetic(self, node: Arithmetic) -> Value:
        """`+ - *` hand on what is infinite; `/` and `**` could hide it again and take finite numbers only."""
        if node.operator in ("/", "**"):
            if node.operator == "**":
                return self.power(number(self.shared(node.left)), node.right)
            left, right = number(self.settled(node.left)), number(self.shared(node.right))
            return Value(left / self.workings.guard(right != 0, right), "number", unsettled=True)
        left, right = number(self.value(node.left)), number(self.value(node.right))
        expr = left + right if node.operator == "+" else left - right if node.operator == "-" else left * right
        return Value(expr, "number", unsettled=True)

    def power(self, base: nw.Expr, node: Node) -> Value:
        """A power, of numbers for which it is defined."""
        exponent = -node.value.value if isinstance(node, Negative) and isinstance(node.value, Number) else None
        exponent = node.value if isinstance(node, Number) else exponent
        if exponent is None:
            raise TypeError("a power is a written number")
        if exponent < 0:
            base = self.workings.guard(base != 0, base)
        if exponent != int(exponent):
            base = self.workings.guard(base >= 0, base)
        return Value(base**exponent, "number", unsettled=True)

    def comparison(self, node: Compare) -> nw.Expr:
        for one, two in ((node.left, node.right), (node.right, node.left)):
            if is_code(one) and isinstance(two, (Number, Text)) and node.comparator in ("==", "!="):
                same = self.code_is(one, two)
                return same if node.comparator == "==" else ~same
        return compare(node.comparator, self.settled(node.left), self.settled(node.right))

    def membership(self, node: Member) -> nw.Expr:
        if is_code(node.value):
            found = any_true([self.code_is(node.value, member) for member in node.members])
        else:
            value = self.shared(node.value)
            members = [in_precision_of(value, constant(member.value)) for member in node.members]
            if value.kind in ("date", "empty"):
                found = any_true([compare("==", value, member) for member in members])
            else:
                known = number(value)
                found = keep_where(~known.is_null(), known.is_in([member.constant for member in members]))
        return ~found if node.negated else found

    def call(self, node: Call) -> Value:
        if node.function == "code":
            return self.code(node)
        function = FUNCTIONS[node.function]
        count = len(node.arguments)
        values = [
            self.shared(argument) if function.repeated(place, count) > 1 else self.settled(argument)
            for place, argument in enumerate(node.arguments)
        ]
        return function.build(values, self.workings)

    def code(self, node: Call) -> Value:
        """The value where it is known, else the code that was declared missing; a tag is no number."""
        name = self.code_name(node)
        value, reason = self.column(name), self.reasons.get(self.columns[name])
        if reason is None or reason.is_text != (value.kind == "text"):
            return value
        return Value(nw.coalesce(value.expr, nw.col(reason.column)), value.kind, single=value.single)

    def code_is(self, node: Call, literal: Number | Text) -> nw.Expr:
        """Whether the code is this one; where the answer has a tag or a value, it is no other."""
        name = self.code_name(node)
        value, reason = self.column(name), self.reasons.get(self.columns[name])
        if value.kind == "text" or reason is None or not reason.is_text:
            if is_tag_comparison(node, literal) and value.kind != "text":
                return keep_where(~self.code(node).expr.is_null(), nw.lit(False))
            return compare("==", self.code(node), constant(literal.value))
        tag = nw.col(reason.column)
        if isinstance(literal, Text):
            by_value, by_tag = nw.lit(False), tag == literal.value.removeprefix(".")
        else:
            by_value, by_tag = compare("==", value, constant(literal.value)), nw.lit(False)
        tagged = keep_where(~tag.is_null(), by_tag)
        return nw.when(~value.expr.is_null()).then(by_value).otherwise(tagged)

    def code_name(self, node: Call) -> str:
        name = node.arguments[0]
        if not isinstance(name, Name):
            raise TypeError("code() takes a name")
        return name.name
