"""Variables: codes in order, declared and undeclared missing codes, names in whatever case."""

from __future__ import annotations

import pickle

import pytest

from childdata.errors import VariableError
from childdata.microdata import Variable, reads_like_missing
from childdata.microdata.labels import Frozen, Variables, in_code_order


def test_value_labels_stand_in_code_order_and_tags_come_last():
    area = Variable("HH6", value_labels={".d": "DK", 2: "Rural", 1: "Urban", 10: "Camp"})
    assert list(area.value_labels) == [1.0, 2.0, 10.0, ".d"]
    assert list(in_code_order({"B": "b", "A": "a"})) == ["A", "B"]


def test_a_code_is_declared_missing_alone_or_in_a_range_with_its_ends():
    age = Variable("age", missing_codes=(-9,), missing_ranges=((97, 99),))
    assert [code for code in (-9, -8, 96, 97, 98.5, 99, 100) if age.is_declared_missing(code)] == [-9, 97, 98.5, 99]


def test_an_open_range_has_no_lower_end():
    assert Variable("x", missing_ranges=((float("-inf"), -1),)).is_declared_missing(-1e300)


def test_suspected_codes_are_those_that_nobody_declared():
    eaten = Variable("EC6", value_labels={1: "Yes", 2: "No", 8: "DK", 9: "Missing"}, missing_codes=(9,))
    assert dict(eaten.suspected_missing()) == {8.0: "DK"}


def test_a_tag_is_declared_by_being_one():
    assert not Variable("x", value_labels={".d": "Don't know"}, missing_codes=(".d",)).suspected_missing()


@pytest.mark.parametrize(
    "label",
    [
        "DK", "D.K.", "Don't know", "Don’t know", "DON'T KNOW / NOT SURE", "Doesn't know", "No response",
        "Non-response",
        "Missing", "Refused", "Refusal to answer", "Inconsistent", "Not stated", "Unknown", "NR", "Ne sait pas",
        "No sabe",
        "Не знаю", "не знает", "Нет ответа", "НЕТ ОТВЕТА", "Отказ", "Отказался отвечать", "Затрудняюсь ответить",
        "Затруднились ответить", "Не указано", "Неизвестно", "Пропуск", "Нет данных", "Не ведаю", "Няма адказу",
    ],
)  # fmt: skip
def test_a_label_that_reads_like_no_answer_is_recognised(label):
    assert reads_like_missing(label)


@pytest.mark.parametrize(
    "label",
    ["Yes", "No", "Knows the letters", "None", "Other", "Desk", "Никогда", "Нет", "Знаю", "Ответил", "Not at all", ""],
)
def test_a_plain_answer_is_not(label):
    assert not reads_like_missing(label)


def test_variables_are_found_in_whatever_case_and_strangers_are_named():
    known = Variables([Variable("HH6"), Variable("HH7A")], place="hh.sav")
    assert known["hh6"].name == "HH6"
    assert "hh6" not in known, "only exact names are members"
    with pytest.raises(VariableError, match=r"'HH7' is not in hh.sav \(2 variables\); nearest: .*'HH7A'"):
        known["HH7"]


def test_a_frozen_mapping_equals_a_dict_hashes_and_survives_pickling():
    labels = Frozen({1.0: "Urban"})
    assert labels == {1.0: "Urban"}
    assert hash(labels) == hash(Frozen({1.0: "Urban"}))
    assert pickle.loads(pickle.dumps(labels)) == labels
    assert pickle.loads(pickle.dumps(Variable("a", value_labels=labels))) == Variable("a", value_labels=labels)
    with pytest.raises(TypeError):
        labels[2.0] = "Rural"
