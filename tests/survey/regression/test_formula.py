"""What a formula says, and that nothing in it is ever run."""

from __future__ import annotations

import builtins
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childdata.errors import ExpressionError
from childdata.survey.regression.encodings import Contrast
from childdata.survey.regression.formula import read_formula


def terms(text: str) -> list[str]:
    found = read_formula(text)
    return [found.term_name(term) for term in found.terms]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("y ~ x", ["Intercept", "x"]),
        ("y ~ 1", ["Intercept"]),
        ("y ~ x - 1", ["x"]),
        ("y ~ 0 + C(g)", ["C(g)"]),
        ("y ~ a * b", ["Intercept", "a", "b", "a:b"]),
        ("y ~ a:b + c", ["Intercept", "c", "a:b"]),
        ("y ~ a / b", ["Intercept", "a", "a:b"]),
        ("y ~ (a + b + c) ** 2", ["Intercept", "a", "b", "c", "a:b", "a:c", "b:c"]),
        ("y ~ (a + b) ^ 2 - a:b", ["Intercept", "a", "b"]),
        ("y ~ np.log(x) + log(x)", ["Intercept", "np.log(x)"]),
        ("y ~ {x ** 2} + I(x ** 3)", ["Intercept", "x ** 2", "I(x ** 3)"]),
        ("y ~ `ST4U$1` + api.stu", ["Intercept", "ST4U$1", "api.stu"]),
        ("y ~ {age < 5 and sex in (1, 2)} : x", ["Intercept", "age < 5 and sex in (1, 2):x"]),
        ("y ~ factor(g) + bs(x, df=4) + poly(age, 2)", ["Intercept", "factor(g)", "bs(x, df=4)", "poly(age, 2)"]),
        ("y ~ пол + C(`район или город`)", ["Intercept", "пол", "C(`район или город`)"]),
    ],
)
def test_terms_are_those_of_the_algebra_in_the_order_of_their_size(text: str, wanted: list[str]) -> None:
    assert terms(text) == wanted


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("poor ~ x", "poor"),
        ("income < 120 ~ x", "income < 120"),
        ("{income < 120} ~ x", "income < 120"),
        ("I(income < 120) ~ x", "income < 120"),
        ("log(income) ~ x", "log(income)"),
        ("np.log(income) ~ x", "log(income)"),
        ("api.stu ~ x", "api.stu"),
        ("name == 'a ~ b' ~ x", "name == 'a ~ b'"),
    ],
)
def test_left_side_is_a_rule(text: str, response: str) -> None:
    assert read_formula(text).response_name == response


def test_offsets_are_taken_out_of_the_terms() -> None:
    found = read_formula("deaths ~ x + offset(log(births)) + offset(z)")
    assert [rule.text for rule in found.offsets] == ["log(births)", "z"]
    assert [found.term_name(term) for term in found.terms] == ["Intercept", "x"]


def test_reference_level_of_a_contrast_is_a_label_or_a_code() -> None:
    found = read_formula("y ~ C(a, contr.treatment('North')) + C(b, Treatment(reference=2)) + C(c, contr.sum)")
    assert [dict(piece.options)["contrasts"] for piece in found.pieces] == [
        Contrast("treatment", "North"),
        Contrast("treatment", 2),
        Contrast("sum", None),
    ]


def test_one_piece_written_twice_is_one_piece() -> None:
    assert len(read_formula("y ~ C(a) + C( a ):x").pieces) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x + z", "one '~'"),
        ("~ x", "one '~'"),
        ("y ~ x ~ z", "one '~'"),
        ("y ~ x ** 2", r"\{x \*\* 2\}"),
        ("y ~ x^2", r"\{x \*\* 2\}"),
        ("y ~ (a + b) ** 9", "whole number up to 4"),
        ("y ~ (a + b) ** n", "whole number up to 4"),
        ("y ~ 2:x", "the number 2"),
        ("y ~ x / 1000", "braces"),
        ("y ~ a | b", "has no meaning"),
        ("y ~ .", "has no meaning"),
        ("y ~ x[0]", "has no meaning"),
        ("y ~ 'a'", "has no meaning"),
        ("y ~ (a + b", "is no formula"),
        ("y ~ a + ", "is no formula"),
        ("y ~ C(a", "not closed"),
        ("y ~ {a", "not closed"),
        ("y ~ x:offset(z)", "no part in a product"),
        ("y ~ lgo(x)", "nearest: 'log'"),
        ("y ~ C(a, b=2)", "takes a rule and contrasts, levels"),
        ("y ~ C(a, contr.nonsense)", "is no contrast"),
        ("y ~ C(a, contr.sum(2))", "takes no arguments"),
        ("y ~ poly(x, 2, True, 4)", "takes a rule and degree, raw"),
        ("y ~ poly(x, degree='2')", "whole number"),
        ("y ~ poly(x, True)", "whole number"),
        ("y ~ poly(x, 2, raw=1)", "True or False"),
        ("y ~ bs(x, knots=3)", "list of numbers"),
        ("y ~ bs(x, knots=['a'])", "list of numbers"),
        ("y ~ bs(x, lower_bound='a')", "should be a number"),
        ("y ~ bs(x, lower_bound=1 + 1)", "neither a number nor a text"),
        ("y ~ C(a, levels='ab')", "list of labels"),
        ("y ~ center(x, 2)", "takes a rule and nothing"),
        ("y ~ C()", "in the formula"),
        ("x " * 3000 + "~ y", "characters"),
        ("y ~ " + " + ".join(f"v{k}" for k in range(300)), "more than 200"),
    ],
)
def test_what_is_no_formula_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        read_formula(text)


def test_formula_that_is_no_text_is_refused() -> None:
    with pytest.raises(ExpressionError, match="found int"):
        read_formula(3)  # type: ignore[arg-type]


HOSTILE = [
    "y ~ __import__('os').system('touch owned')",
    "y ~ C(x, __import__('os').system('touch owned'))",
    "y ~ C(x, contr.treatment(__import__('os').system('touch owned')))",
    "y ~ {__import__('os')}",
    "y ~ exec('1')",
    "y ~ eval('1')",
    "y ~ np.load('x')",
    "y ~ np.lib.npyio.load('x')",
    "y ~ [c for c in ().__class__.__bases__]",
    "y ~ bs(x, df=open('owned', 'w'))",
    "y ~ bs(x, knots=[__import__('os')])",
    "y ~ I(open('owned', 'w'))",
    "y ~ {open('owned', 'w')}",
    "open('owned', 'w') ~ x",
    "y ~ Q('x')",
    "y ~ hashed(x)",
    "y ~ lag(x)",
    "y ~ C(open('owned', 'w'))",
    "y ~ `x`.__class__",
    "y ~ f'{open(1)}'",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_run_as_code(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(builtins, "eval", lambda *a, **k: ran.append(a))
    monkeypatch.setattr(builtins, "exec", lambda *a, **k: ran.append(a))
    with pytest.raises(ExpressionError):
        read_formula(text)
    assert not ran


def test_dots_are_part_of_a_name_and_reach_into_nothing() -> None:
    assert read_formula("y ~ x.__class__").pieces[0].rule.names == ("x.__class__",)


@given(st.text(alphabet="yx1C(){}[]`'\"~+-*/:.,=%^ np_log", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_formula(text)
    except ExpressionError:
        return
    assert found.text == text
