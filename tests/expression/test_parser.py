"""What is a rule and what is not; hostile text is refused at once, with the place."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.errors import ChilddataError, ExpressionError
from childdata.expression import Expression, evaluate, parse
from childdata.expression.compiler import compile
from childdata.expression.lexer import MOST_TOKENS
from childdata.expression.parser import MOST_CHAIN, MOST_REPEATS, parse_aggregate


def evaluated_or_refused(rule: str, data: Mapping[str, Sequence[object]]) -> str:
    """The error message, or an empty text where the rule gives a value per row."""
    try:
        result = evaluate(data, {"r": rule}).frame
    except ChilddataError as error:
        return str(error)
    assert result.height == len(next(iter(data.values())))
    return ""


def refused(rule: object) -> str:
    with pytest.raises(ExpressionError) as caught:
        parse(rule)  # type: ignore[arg-type]
    return str(caught.value)


# --- what a rule is ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "kind", "names"),
    [
        ("UB2 >= 3 and BR1 in (1, 2)", "truth", ("UB2", "BR1")),
        ("not (CL3 >= 14) or missing(CL3)", "truth", ("CL3",)),
        ("count_true(EC6 == 1, EC7 == 1) >= 1", "truth", ("EC6", "EC7")),
        ("between(CAGE, 24, 59)", "truth", ("CAGE",)),
        ("if_else(y < 120, y, 0)", "number", ("y",)),
        ('selected(EC5A, "A")', "truth", ("EC5A",)),
        ("HAZ2 < -2 and HAZFLAG == 0", "truth", ("HAZ2", "HAZFLAG")),
        ("`ST4U$1` == 1", "truth", ("ST4U$1",)),
        ("stunted", "column", ("stunted",)),
        ("`stunted`", "column", ("stunted",)),
        ("(stunted)", "column", ("stunted",)),
        ("y / 100", "number", ("y",)),
        ("-y", "number", ("y",)),
        ("1", "number", ()),
        ("1e3", "number", ()),
        (".5", "number", ()),
        ("'A'", "text", ()),
        ("lower(s)", "text", ("s",)),
        ("True", "truth", ()),
        ("missing(x)", "truth", ("x",)),
        ("coalesce(a, b)", "number", ("a", "b")),
        ("coalesce(a == 1, False)", "truth", ("a",)),
        ("if_else(a == 1, 'x', 'y')", "text", ("a",)),
        ("b + a + b", "number", ("b", "a")),
        ("возраст < 18", "truth", ("возраст",)),
        ("x not in (1)", "truth", ("x",)),
        ("x in (-1, 'A')", None, ()),
        ("sum == 1 and count > 2", "truth", ("sum", "count")),
        ("  x\n  == 1 ", "truth", ("x",)),
    ],
)
def test_rule_gives_a_kind_and_its_names(rule: str, kind: str | None, names: tuple[str, ...]) -> None:
    expression = parse(rule)
    assert expression.names == names or kind is None
    assert expression.kind == (kind or "truth")
    assert expression.text == str(expression) == rule


def test_name_keeps_its_exact_letters() -> None:
    """Python would turn the ligature and the micro sign into other letters."""
    assert parse("ﬁ + µ").names == ("ﬁ", "µ")
    assert evaluate({"ﬁ": [1.0], "fi": [5.0]}, {"r": "ﬁ"}).frame["r"].to_list() == [1.0]


def test_expression_and_numbers_are_rules_too() -> None:
    expression = parse("x == 1")
    assert parse(expression) is expression
    assert (parse(1).text, parse(2.5).text, parse(-3).kind, parse(1).names) == ("1", "2.5", "number", ())
    assert parse(1e300).text == "1e+300"


@pytest.mark.parametrize("rule", [None, [], b"x", object(), float("nan"), float("inf"), 10**400])
def test_nothing_else_is_a_rule(rule: object) -> None:
    assert "rule" in refused(rule)


def test_code_names_are_those_inside_code() -> None:
    assert parse("code(a) == 9 or b == 1 or code(`c$1`) in (8, 9)").code_names == ("a", "c$1")


def test_expression_is_a_value() -> None:
    """Equal text is an equal rule; it can be a key and travel to another process."""
    assert parse("x == 1") == parse("x == 1") != parse("x == 2")
    assert len({parse("x"), parse("x"), parse("y")}) == 2
    assert pickle.loads(pickle.dumps(parse("x in (1, 2)"))) == parse("x in (1, 2)")
    assert isinstance(parse("x"), Expression)
    with pytest.raises(AttributeError):
        parse("x").text = "y"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("8 / 4 / 2", 1),
        ("2 - 3 - 4", -5),
        ("- - 2", 2),
        ("1 + 1 == 2 and not 1 == 2", True),
        ("True or False and False", True),
        ("not True or True", True),
        ("1 < 2 < 3", True),
        ("1 < 3 < 2", False),
        ("3 in (1, 2, 3) and 3 not in (1, 2)", True),
        ("'it''s' == \"it's\"", True),
        ("'A  ' == 'A'", True),
        ("'\\n' == '\\n'", True),
        ("007 == 7", True),
    ],
)
def test_signs_bind_as_in_arithmetic(rule: str, value: float | bool) -> None:
    assert evaluate({"x": [1]}, {"r": rule}).frame["r"].to_list() == [value]


# --- what it is not: the message says what to write ----------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "advice"),
    [
        ("UB2 = 3", "write =="),
        ("a <> 1", "write !="),
        ("a ~= 1", "write !="),
        ("a == 1 & b == 2", "write and"),
        ("a == 1 && b == 2", "write and"),
        ("a == 1 | b == 2", "write or"),
        ("!a", "write not"),
        ("a ^ 2", "**"),
        ("a % 2", "mod(x, y)"),
        ("a // 2", "floor(x / y)"),
        ("a in [1, 2]", "parentheses"),
        ("a in {1, 2}", "parentheses"),
        ("a in (1:3)", "between"),
        ("a == 1 AND b == 1", "write and in small letters"),
        ("NOT a == 1", "write not in small letters"),
        ("a EQ 1", "write =="),
        ("ST4U$1 == 1", "backquotes"),
        ("HH1.a == 1", "`a.b`"),
        ("2019y == 1", "backquotes"),
        ("a == None", "missing(x)"),
        ("a is 1", "missing(x)"),
        ("1 if a else 2", "if_else"),
        ("y > 1,5", "1.5"),
        ("a == “A”", "straight quotes"),
        ("a == 'A", "not closed"),
        ("`a == 1", "not closed"),
        ("`` == 1", "no name"),
        ("(a == 1", "not closed"),
        ("a == 1)", "no '('"),
        ("a ==", "a value is missing after '=='"),
        ("== 1", "a value is missing before '=='"),
        ("a + ", "a value is missing after '+'"),
        ("a and or b", "a value is missing before 'or'"),
        ("()", "after in"),
        ("(+)", "a value is missing before ')'"),
        ("f(,)", "a value is missing before ','"),
        ("a b", "side by side"),
        ("a == 1 b == 2", "side by side"),
        ("missing a", "side by side"),
        ("(a)(b)", "only a function"),
        ("", "empty"),
        ("   ", "empty"),
        ("(1, 2)", "after in"),
        ("a == (1, 2)", "after in"),
        ("a in (b, c)", "list of numbers or texts"),
        ("a in b", "list of numbers or texts"),
        ("a in (1, (2, 3))", "list of numbers or texts"),
        ("a in ()", "empty"),
        ("a == not b", "parentheses"),
        ("mising(a)", "nearest: 'missing'"),
        ("frobnicate(a)", "there are abs, answered"),
        ("any(a == 1)", "aggregate()"),
        ("count()", "aggregate()"),
        ("missing()", "takes 1 argument; found 0"),
        ("missing(a, b)", "found 2"),
        ("between(a, 1)", "takes 3 arguments"),
        ("sum(a)", "2 to 1,000 arguments; found 1"),
        ("round(a, 1, 2)", "1 to 2 arguments"),
        ("round(a, b)", "whole number from 0 to 9"),
        ("unknown(a)", "takes no argument"),
        ("if_else(a == 1, 2)", "3 to 1,000"),
        ("if_else(a == 1, 2, b == 1, 3)", "otherwise"),
        ("code(a + 1)", "name of a variable"),
        ("code(1)", "name of a variable"),
        ("selected(a, b)", "in quotes"),
        ("selected(a, 'A.*')", "letters and digits"),
        ("starts_with(a, b)", "in quotes"),
        ("a and 1", "truth value"),
        ("not 'A'", "truth value"),
        ("'A' + 1", "number(x)"),
        ("1 == 'A'", "cannot be compared"),
        ("log('A')", "needs a number"),
        ("missing(x) == 'yes'", "cannot be compared"),
        ("a ** b", "power"),
        ("a ** 101", "power"),
        ("12345678901234567890 == a", "more digits"),
        ("1e999 == a", "too large"),
        ("`a`(1)", "only a function"),
        ("a == 1 ? 2", "'?'"),
    ],
)
def test_slip_is_named_with_what_to_write(rule: str, advice: str) -> None:
    assert advice in refused(rule)


def test_error_shows_the_rule_with_a_caret_under_the_place() -> None:
    message = refused("UB2 >= 3 and BR1 = 1")
    assert message.splitlines()[1:] == ["    UB2 >= 3 and BR1 = 1", "                     ^"]


def test_error_in_a_long_rule_shows_the_part_around_the_place() -> None:
    rule = " and ".join(f"item{number} == 1" for number in range(100)) + " and last = 2 and " + "z == 1 and " * 20 + "y"
    lines = refused(rule).splitlines()
    assert len(lines[1]) < 90
    assert lines[1].startswith("    …")
    assert lines[1].endswith("…")
    assert lines[1][len(lines[2]) - 1] == "="


def test_error_in_a_rule_of_several_lines_stays_under_its_place() -> None:
    lines = refused("a == 1\nand b = 2").splitlines()
    assert lines[1][len(lines[2]) - 1] == "="


# --- hostile text --------------------------------------------------------------------------------------

HOSTILE = {
    "attribute": "x.__class__",
    "attribute of a number": "(1).__class__",
    "attribute of a text": "'a'.join('b')",
    "dunder": "__import__('os').system('true')",
    "dunder name": "__builtins__",
    "dunder in backquotes": "`__class__`",
    "call outside the list": "open('/etc/passwd')",
    "eval": "eval('1')",
    "call of a call": "missing(x)(y)",
    "call of a backquoted name": "`open`('x')",
    "lambda": "lambda: 1",
    "comprehension": "sum(x for x in (1, 2))",
    "list": "[1, 2]",
    "dictionary": "{'a': 1}",
    "subscript": "x[0]",
    "slice": "x[1:2]",
    "f-string": "f'{x}'",
    "byte string": "b'x'",
    "raw string": "r'x'",
    "walrus": "(y := 1)",
    "assignment": "x = 1",
    "statement": "import os",
    "two statements": "x; y",
    "keyword argument": "missing(x=1)",
    "starred": "missing(*x)",
    "double starred": "missing(**x)",
    "await": "await x",
    "yield": "(yield x)",
    "conditional": "x if y else z",
    "matrix product": "x @ y",
    "bit shift": "x << 2",
    "complement": "~x",
    "ellipsis": "...",
    "imaginary": "1j",
    "hexadecimal": "0x10",
    "underscored number": "1_000",
    "comment": "x == 1 # or True",
    "line continuation": "x == \\\n 1",
    "null byte": "x == 1\x00",
    "null byte in a text": "x == 'a\x00b'",
    "null byte in a name": "`a\x00b` == 1",
    "escape sequence of a terminal": "x == '\x1b[31m'",
    "invisible character": "x\u200b == 1",
    "right-to-left override": "`a\u202eb` == 1",
    "lone surrogate": "x == \ud800",
    "backquote inside": "`a`b` == 1",
    "backquotes empty": "`  `",
    "backquote and code": "`x`.__class__",
    "quote left open": "x == 'a\\",
    "brackets": "(" * 1_000_000,
    "closing brackets": ")" * 1_000_000,
    "closed brackets": "(" * 10_000 + "x" + ")" * 10_000,
    "brackets within the length": "(" * 9_000 + "x" + ")" * 9_000,
    "nested calls": "abs(" * 4_000 + "x" + ")" * 3_000,
    "nots": "not " * 4_900 + "x",
    "minuses": "-" * 19_000 + "x",
    "minuses with blanks": "- " * 9_000 + "x",
    "long sum": "+".join(["x"] * 9_000),
    "long chain within the words": "+".join(["x"] * 1_900),
    "long and": " and ".join(["x"] * 4_000),
    "long comparison": "<".join(["x"] * 9_000),
    "power tower": "9**9**9**9",
    "huge power": "9**999999999",
    "huge negative power": "9**-999999999",
    "huge integer": "9" * 19_000,
    "huge integer, longer": "9" * 1_000_000,
    "huge exponent": "1e" + "9" * 10_000,
    "many digits after the point": "0." + "1" * 30_000,
    "megabyte of letters": "x" * 1_000_000,
    "megabyte of blanks": " " * 1_000_000,
    "megabyte of quotes": "'" * 1_000_001,
    "megabyte of backquotes": "`" * 1_000_001,
    "nested divisions": "1/(" * 30 + "x" + ")" * 30,
    "nested memberships": "(" * 30 + "x" + " in (1, 2))" * 30,
    "nested conditions": "if_else(" * 30 + "x > 1" + ", x, 1) > 0" * 30,
    "many arguments": "sum(" + ",".join(["x"] * 1_500) + ")",
}


# What is short enough and in the right order is read by Python's parser, and refused by the list of nodes or a bound.
READ_AS_A_TREE = {
    "call outside the list", "eval", "long chain within the words", "power tower", "huge power",
    "huge negative power", "nested divisions", "nested memberships", "nested conditions", "many arguments",
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_text_is_a_clear_error_before_much_is_read(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    python_parser = ast.parse

    def watched(text: str, *rest: Any, **options: Any) -> ast.AST:
        read.append(text)
        return python_parser(text, *rest, **options)

    monkeypatch.setattr("childdata.expression.parser.ast.parse", watched)
    message = refused(HOSTILE[what])
    monkeypatch.undo()
    assert len(message) < 1_000
    assert "^" in message
    assert len(read) == (what in READ_AS_A_TREE)
    assert all(len(text.split(" ")) <= MOST_TOKENS for text in read)


def test_choices_nested_in_their_otherwise_are_computed() -> None:
    rule = "".join(f"if_else(x == {number}, {number * 10}, " for number in range(45)) + "0" + ")" * 45
    got = evaluate({"x": [0, 44, 45, None]}, {"r": rule})
    assert got.frame["r"].to_list() == [0, 440, 0, None]
    flat = "if_else(" + "".join(f"x == {number}, {number * 10}, " for number in range(45)) + "0)"
    assert evaluate({"x": [0, 44, 45, None]}, {"r": flat}).frame.equals(got.frame)


@pytest.mark.parametrize("deep", [2, 4, 6, 8])
@pytest.mark.parametrize(
    "form", ["1 / ({})", "log({})", "round({})", "mod({}, 3)", "if_else({} > 0, x, 1)", "sqrt({})"]
)
def test_what_is_allowed_to_nest_is_computed_and_repeats_little(form: str, deep: int) -> None:
    rule = "x"
    for _ in range(deep):
        rule = form.format(rule)
    message = evaluated_or_refused(rule, {"x": [2.0, None]})
    assert not message or ("inside one another" in message and deep > 3)
    if not message:
        frame = nw.from_native(pl.LazyFrame({"x": [2.0, None]}))
        computed = compile(parse(rule), frame.collect_schema(), place="the data")
        spelt_out = frame.select(computed).to_native().explain(optimized=False)
        # what is counted are the parts that are repeated; the innermost function names the variable a few times more
        assert deep <= spelt_out.count("col(") <= 10 * MOST_REPEATS


def test_sum_of_as_many_terms_as_allowed_is_computed() -> None:
    rule = "+".join(["x"] * MOST_CHAIN)
    assert evaluate({"x": [1.0, None]}, {"r": rule}).frame["r"].to_list() == [MOST_CHAIN, None]
    assert "sum(a, b, ...)" in refused("+".join(["x"] * (MOST_CHAIN + 2)))


def test_hundreds_of_conditions_are_computed() -> None:
    either = " or ".join(f"x == {number}" for number in range(400))
    count = "count_true(" + ", ".join(f"x == {number}" for number in range(400)) + ") == 1"
    many = "x in (" + ", ".join(map(str, range(900))) + ")"
    got = evaluate({"x": [399, 1000, None]}, {"either": either, "count": count, "many": many}).frame
    assert got.rows() == [(True, True, True), (False, False, False), (None, None, None)]


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_clear_error(text: str) -> None:
    for read in (parse, parse_aggregate):
        with suppress(ExpressionError):
            assert read(text).text == text


WORDS = ["x", "y", "1", "2.5", "'A'", "(", ")", ",", "+", "-", "*", "/", "**", "==", "<", "and", "or", "not", "in",
         "missing", "if_else", "selected", "count_true", "code", "count", "any", "`a b`", "True", "None"]  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_any_row_of_words_is_a_rule_that_evaluates_or_a_clear_error(text: str) -> None:
    data = {"x": [1.0, None], "y": [2.0, 3.0], "a b": [None, 1.0]}
    evaluated_or_refused(text, data)
