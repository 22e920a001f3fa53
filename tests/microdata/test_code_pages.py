"""The code page of a text is found by the words it gives."""

from __future__ import annotations

import pytest

from childdata.microdata.readers.code_pages import likely_code_page, misread, plausibility, python_codec

RUSSIAN = ["Область проживания", "Тип местности", "Гродненская", "ГОРОД МИНСК", "Затрудняюсь ответить"]
BELARUSIAN = ["Вобласць", "Сельская мясцовасць", "Узрост дзіцяці", "Колькі гадоў маці"]
FRENCH = ["Région de résidence", "Sexe de l'enfant", "Âge de la mère", "Élevé"]


@pytest.mark.parametrize("code_page", ["WINDOWS-1251", "CP866", "KOI8-R"])
def test_russian_bytes_are_recognised_in_each_code_page(code_page):
    assert likely_code_page(text.encode(code_page) for text in RUSSIAN) == code_page


def test_belarusian_bytes_are_recognised():
    assert likely_code_page(text.encode("cp1251") for text in BELARUSIAN) == "WINDOWS-1251"


def test_french_bytes_are_western():
    assert likely_code_page(text.encode("cp1252") for text in FRENCH) == "WINDOWS-1252"


def test_ascii_has_no_code_page():
    assert likely_code_page([b"Area", b"Region"]) is None
    assert plausibility("Area") == 0


@pytest.mark.parametrize("true", ["WINDOWS-1251", "CP866", "KOI8-R"])
def test_russian_read_as_western_is_noticed(true):
    wrong = [text.encode(true).decode("cp1252", "replace") for text in RUSSIAN]
    # CP866 uses bytes that Windows-1252 leaves undefined; they come through as control characters
    wrong = [text.encode(true).decode("latin-1") for text in RUSSIAN] if any("�" in text for text in wrong) else wrong
    assert misread(wrong, "WINDOWS-1252") == true


def test_text_that_is_right_is_left_alone():
    assert misread(RUSSIAN, "WINDOWS-1251") is None
    assert misread(RUSSIAN, "UTF-8") is None
    assert misread(FRENCH, "WINDOWS-1252") is None
    assert misread(["Año", "Niño", "Educación", "São Tomé", "Größe"], None) is None
    assert misread([], None) is None


def test_a_dos_text_declared_as_windows_is_noticed():
    assert misread([text.encode("cp866").decode("cp1251", "replace") for text in RUSSIAN], "WINDOWS-1251") == "CP866"


def test_code_pages_are_known_by_several_names():
    assert python_codec("windows-1251") == python_codec("CP1251") == python_codec("1251") == "cp1251"
    assert python_codec("UTF8") == "utf-8"
    assert python_codec("klingon") is None
    assert python_codec(None) is None
