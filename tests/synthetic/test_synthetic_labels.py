"""Labels of the invented files in two languages."""

from __future__ import annotations

import re

import numpy as np
import pytest
from invented import budget, disability, mics

from childdata.errors import DefinitionError
from childdata.synthetic.labels import labels


def every_file():
    for name, columns in mics().items():
        yield "mics", name, columns
    for name, columns in budget().items():
        yield "budget", "households" if name.startswith("hh") else "persons", columns
    for name, columns in disability().items():
        yield "disability", name, columns


def test_every_variable_of_every_file_has_a_label_in_both_languages():
    for book, section, columns in every_file():
        for lang in ("en", "ru"):
            found = labels(book, section, columns, lang)
            assert list(found) == list(columns)
            assert all(word.text for word in found.values())


def test_russian_labels_are_russian():
    for book, section, columns in every_file():
        for name, word in labels(book, section, columns, "ru").items():
            assert re.search("[а-яА-Я]", word.text), name


def test_labels_fit_the_formats():
    for book, section, columns in every_file():
        for lang in ("en", "ru"):
            for name, word in labels(book, section, columns, lang).items():
                assert len(word.text) <= 80, name
                assert all(len(text.encode()) <= 120 for text in word.values.values()), name


def test_every_code_of_a_closed_list_is_labelled():
    for book, section, columns in every_file():
        for name, word in labels(book, section, columns, "en").items():
            codes = {code for code in word.values if not isinstance(code, str)}
            column = columns[name]
            names_a_few = 1.0 not in codes and (
                0.0 in codes or len(codes) <= 3
            )  # counts and ladders: ends and unknown only
            if column.dtype != object and codes and not names_a_few:
                found = {value for value in np.unique(column[~np.isnan(column)]) if value >= 0}
                assert found <= codes, (name, sorted(found - codes))


def test_both_languages_label_the_same_codes():
    for book, section, columns in every_file():
        english, russian = (labels(book, section, columns, lang) for lang in ("en", "ru"))
        for name in columns:
            assert list(english[name].values) == list(russian[name].values)


def test_families_of_variables_are_spelled_out():
    found = labels("mics", "ch", ["EC5AA", "EC5FX"], "en")
    assert found["EC5AA"].text == "Read books or looked at pictures: mother"
    assert found["EC5FX"].text == "Named, counted or drew: other"
    assert found["EC5FX"].values == {"?": "No response"}


def test_a_variable_without_a_label_is_an_error_that_names_the_nearest():
    with pytest.raises(DefinitionError, match=r"labels_mics_ch.toml has no label for 'UB22'; nearest: 'UB2'"):
        labels("mics", "ch", ["UB22"], "en")


def test_codes_are_numbers_and_tags_are_text():
    values = labels("disability", "persons", ["ANX_3"], "ru")["ANX_3"].values
    assert values[2.0] == "Сильно"
    assert values[".c"].startswith("Доверенное")
