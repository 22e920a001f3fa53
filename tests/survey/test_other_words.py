"""Words of other programs are answered with ours."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

import pytest

import childdata as cd
from childdata.errors import ExpressionError
from childdata.survey.other_words import DESIGN_WORDS, ESTIMATE_WORDS, FUNCTIONS, METHODS, explains

DATA = {"y": [1.0, 2.0, 6.0, 3.0], "w": [2.0, 1.0, 1.0, 1.0], "h": [1, 2, 1, 2], "poor": [0, 1, 1, 0]}


@pytest.fixture
def people() -> cd.Survey:
    return cd.Survey(DATA, weight="w")


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("weights", "weight="),
        ("pweight", "weight="),
        ("probs", "weight='1 / p'"),
        ("id", "psu="),
        ("ids", "psu="),
        ("cluster", "psu="),
        ("strata_", "it is written strata="),
        ("PSU", "it is written psu="),
        ("nest", "always names several units"),
        ("singleunit", "lonely_psu="),
        ("repweights", "replicates="),
        ("pps", "cd.PPS('p')"),
        ("over", "which is said in survey.estimate(...): groups are by="),
        ("fcp", "nearest: 'fpc'"),
        ("colour", "it takes data, weight, strata, psu, fpc, replicates, lonely_psu, lonely_domains"),
    ],
)
def test_word_of_another_program_for_a_design_is_answered_with_ours(word: str, ours: str) -> None:
    with pytest.raises(TypeError, match=re.escape(ours)) as found:
        cd.Survey(DATA, **{word: "w"})  # type: ignore[arg-type]
    assert str(found.value).startswith(f"Survey() has no argument {word!r}")


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("over", "by="),
        ("subpop", "where="),
        ("na_rm", "missing="),
        ("na.rm", "missing="),
        ("alpha", "level="),
        ("deff", "columns of every result"),
        ("covmat", "est.covariance()"),
        ("By", "it is written by="),
        ("weights", "which is said in cd.Survey(...): the sampling weight is weight="),
    ],
)
def test_word_of_another_program_for_an_estimate_is_answered_with_ours(word: str, ours: str, people: cd.Survey) -> None:
    for call in (people.estimate, people.reduce):
        with pytest.raises(TypeError, match=re.escape(ours)):
            call(cd.mean("y"), **{word: "h"})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=re.escape(ours) if word not in ("By", "over", "na_rm", "na.rm") else word):
        cd.regress(people, "y ~ h", **{word: "h"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("Mean", "it is written cd.mean"),
        ("svymean", "it is cd.mean(...)"),
        ("svyTotal", "it is cd.total(...)"),
        ("as_svrepdesign", "with_replicates"),
        ("svyby", "it is a method: survey.estimate(..., by='region')"),
        ("read_dta", "it is cd.read('file.dta')"),
        ("quantil", "nearest: 'quantile'"),
    ],
)
def test_name_of_another_program_is_answered_with_ours(name: str, ours: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(ours)):
        getattr(cd, name)
    assert not hasattr(cd, name)


def test_names_we_answer_with_are_there() -> None:
    for sentence in FUNCTIONS.values():
        name = re.match(r"\w+", sentence)
        assert name is not None
        assert name.group() in cd.__all__, sentence
    for sentence in (*FUNCTIONS.values(), *METHODS.values(), *DESIGN_WORDS.values(), *ESTIMATE_WORDS.values()):
        for name in re.findall(r"\bcd\.(\w+)", sentence):
            assert name in cd.__all__, sentence
    for word in (*FUNCTIONS, *METHODS):
        assert word not in {name.lower() for name in cd.__all__}


@pytest.mark.parametrize(("words", "call"), [(DESIGN_WORDS, cd.Survey), (ESTIMATE_WORDS, cd.Survey.estimate)])
def test_arguments_we_answer_with_are_there(words: Mapping[str, str], call: object) -> None:
    own = inspect.signature(call).parameters  # type: ignore[arg-type]
    assert not set(words) & set(own)
    for sentence in words.values():
        for name in re.findall(r"(?<![\w.(,])(\w+)=(?!=)", sentence.split(": ")[0].split("cd.")[0]):
            assert name in {*own, "nest"}, sentence


def test_signature_and_docstring_are_those_of_the_call() -> None:
    assert "lonely_psu" in inspect.signature(cd.Survey).parameters
    assert cd.Survey.estimate.__doc__ is not None
    assert cd.Survey.estimate.__name__ == "estimate"


def test_call_without_a_word_for_it_lists_what_it_takes() -> None:
    @explains({})
    def call(data: object, *, weight: str = "") -> object:
        return data, weight

    assert call(1, weight="w") == (1, "w")
    with pytest.raises(TypeError, match=r"^call\(\) has no argument 'zz'; it takes data, weight$"):
        call(1, zz=2)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("formula", "ours"),
    [
        ("y ~ i.h", "'i.h' in the formula is of Stata; here it is C(h)"),
        ("y ~ ib2.h", "C(h, contr.treatment(2))"),
        ("y ~ b2.h", "C(h, contr.treatment(2))"),
        ("y ~ ibn.h + poor", "here it is C(h)"),
        ("y ~ c.w", "here it is w"),
        ("y ~ i.h##c.w", "a##b is a*b"),
        ("y ~ h#poor", "a#b is a:b"),
        ("y ~ 2.h", "i.h is C(h) here"),
        ("y ~ ib(first).h", "i.h is C(h) here"),
        ("y ~ i.(h poor)", "i.h is C(h) here"),
    ],
)
def test_factor_variable_of_stata_is_answered_with_ours(formula: str, ours: str, people: cd.Survey) -> None:
    with pytest.raises(ExpressionError, match=re.escape(ours)):
        cd.regress(people, formula)


def test_column_that_looks_like_a_factor_variable_is_that_column() -> None:
    survey = cd.Survey(DATA | {"i.h": [0.0, 1.0, 0.0, 1.0]})
    assert cd.regress(survey, "y ~ i.h").coefficients.index.tolist() == ["Intercept", "i.h"]
