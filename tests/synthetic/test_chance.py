"""How invented answers are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import intra_psu_correlation

from childdata.synthetic.chance import Module, Respondents, blank_text, stream, where_asked

PSUS, PER_PSU = 400, 25


def respondents(seed=1):
    count = PSUS * PER_PSU
    psu = np.repeat(np.arange(PSUS), PER_PSU)
    return Respondents(
        seed,
        "file",
        psu,
        stream(seed, "w").standard_normal(count),
        psu % 4 == 0,
        stream(seed, "t").standard_normal(count),
    )


def test_stream_depends_on_seed_and_names_alone():
    first = stream(1, "a", "b").random(3)
    assert np.array_equal(first, stream(1, "a", "b").random(3))
    assert not np.array_equal(first, stream(2, "a", "b").random(3))
    assert not np.array_equal(first, stream(1, "a", "c").random(3))


def test_where_asked_leaves_nan_where_it_was_not_asked():
    answers = where_asked(np.array([1.0, 2.0, 1.0]), np.array([True, False, True]))
    assert answers[[0, 2]].tolist() == [1.0, 1.0]
    assert np.isnan(answers[1])


def test_where_asked_of_everybody_changes_nothing():
    assert where_asked(np.array([1.0, 2.0]), None).tolist() == [1.0, 2.0]


def test_blank_text_is_empty_strings():
    assert blank_text(2).tolist() == ["", ""]


@settings(deadline=None, max_examples=12)
@given(st.floats(0.03, 0.97), st.integers(0, 10_000))
def test_share_of_yes_is_near_the_target(target, seed):
    everybody = respondents(seed)
    answers = everybody.yes("x", Module("m", "w", icc=0.02, share={"x": target}))
    assert abs(np.mean(answers == 1) - target) < 0.03
    assert set(np.unique(answers)) <= {1.0, 2.0}


@pytest.mark.parametrize("icc", [0.05, 0.15, 0.3])
def test_intra_psu_correlation_grows_with_the_psu_part(icc):
    everybody = respondents()
    module = Module("m", "w", icc=icc, share={"x": 0.5})
    truth = everybody.yes("x", module) == 1
    found = intra_psu_correlation(truth, everybody.psu, np.ones(len(truth), dtype=bool))
    expected = 2 / np.pi * np.arcsin(icc)  # correlation of the signs of two normals with this correlation
    assert abs(found - expected) < 0.025


def test_without_a_psu_part_there_is_no_intra_psu_correlation():
    everybody = respondents()
    truth = everybody.yes("x", Module("m", "w", icc=0.0, share={"x": 0.5})) == 1
    assert abs(intra_psu_correlation(truth, everybody.psu, np.ones(len(truth), dtype=bool))) < 0.01


@pytest.mark.parametrize("loading", [-0.4, 0.4])
def test_wealth_loading_has_the_sign_of_the_gap(loading):
    everybody = respondents()
    yes = everybody.yes("x", Module("m", "w", wealth=loading, share={"x": 0.4})) == 1
    gap = yes[everybody.wealth > 0].mean() - yes[everybody.wealth < 0].mean()
    assert np.sign(gap) == np.sign(loading)
    assert abs(gap) > 0.1


def test_trait_makes_two_answers_of_one_record_go_together():
    everybody = respondents()
    together = Module("m", "w", trait=0.7, icc=0.0, share={"x": 0.5, "y": 0.5})
    apart = Module("m", "w", trait=0.0, icc=0.0, share={"x": 0.5, "y": 0.5})
    correlation = [
        np.corrcoef(everybody.yes("x", module), everybody.yes("y", module))[0, 1] for module in (together, apart)
    ]
    assert correlation[0] > 0.25
    assert abs(correlation[1]) < 0.03


def test_unknown_codes_have_their_shares_and_only_among_the_asked():
    everybody = respondents()
    asked = everybody.rural
    module = Module("m", "w", unknown={8: 0.05, 9: 0.02}, share={"x": 0.5})
    answers = everybody.yes("x", module, asked=asked)
    assert np.isnan(answers[~asked]).all()
    assert abs(np.mean(answers[asked] == 8) - 0.05) < 0.02
    assert abs(np.mean(answers[asked] == 9) - 0.02) < 0.01


def test_choice_gives_the_first_code_to_the_highest_propensity():
    everybody = respondents()
    module = Module("m", "w", wealth=0.6, choice={"x": {3: 0.2, 2: 0.5, 1: 0.3}})
    answers = everybody.choose("x", module)
    assert set(np.unique(answers)) == {1.0, 2.0, 3.0}
    assert everybody.wealth[answers == 3].mean() > everybody.wealth[answers == 1].mean()
    assert abs(np.mean(answers == 2) - 0.5) < 0.04


def test_choice_may_use_the_list_of_another_name():
    everybody = respondents()
    module = Module("m", "w", choice={"LIST": {1: 0.5, 2: 0.5}})
    first, second = (everybody.choose(name, module, of="LIST") for name in ("a", "b"))
    assert not np.array_equal(first, second)


def test_letters_are_the_last_of_the_name_or_blank_or_no_response():
    everybody = respondents()
    columns = {}
    asked = everybody.wealth > 0
    everybody.mention(columns, Module("m", "w", letters={"CA6A": 0.4, "CA6X": 0.1}), asked=asked)
    assert set(columns["CA6A"]) == {"", "A", "?"}
    assert set(columns["CA6X"]) == {"", "X", "?"}
    assert set(columns["CA6A"][~asked]) == {""}
    assert np.array_equal(columns["CA6A"] == "?", columns["CA6X"] == "?")


def test_a_certain_event_happens_to_all_and_an_impossible_one_to_none():
    everybody = respondents()
    module = Module("m", "w")
    assert everybody.happens("x", module, 1.0).all()
    assert not everybody.happens("x", module, 0.0).any()


def test_ask_keeps_the_order_of_the_module():
    everybody = respondents()
    columns = {}
    everybody.ask(columns, Module("m", "w", share={"B": 0.5, "A": 0.5}, choice={"C": {1: 1.0}}, letters={"D": 0.1}))
    assert list(columns) == ["B", "A", "C", "D"]


def test_taking_rows_keeps_who_they_are():
    everybody = respondents()
    some = everybody.take(np.array([5, 30]), "other")
    assert some.file == "other"
    assert some.psu.tolist() == [0, 1]
    assert some.wealth.tolist() == everybody.wealth[[5, 30]].tolist()
    assert some.with_trait(np.zeros(2)).trait.tolist() == [0.0, 0.0]
