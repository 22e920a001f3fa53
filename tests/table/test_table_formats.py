"""How a number is written by the scale of its row."""

from __future__ import annotations

import math

import pytest

from childdata.table.formats import Style, label_text, style


@pytest.mark.parametrize(
    ("measure", "scale", "value", "expected"),
    [
        ("value", "share", 0.18034, "18.0%"),
        ("error", "share", 0.00851, "0.85%"),
        ("value", "index", 0.28125, "0.281"),
        ("error", "index", 0.01234, "0.0123"),
        ("value", "amount", 812.345, "812.3"),
        ("error", "amount", 12.345, "12.35"),
        ("value", "difference", 0.0321, "+3.2 pp"),
        ("value", "difference", -0.0321, "−3.2 pp"),
        ("error", "difference", 0.0111, "1.11 pp"),
        ("share", "amount", 0.047, "4.7%"),
        ("index", "share", 1.2345, "1.234"),
        ("count", "share", 1234.5, "1,234"),
    ],
)
def test_scale_of_the_row_decides_how_a_number_is_written(
    measure: str, scale: str, value: float, expected: str
) -> None:
    size = 812.345 if scale == "amount" else 0.5
    assert style(measure, scale, size=size).text(value, "en") == expected  # type: ignore[arg-type]


def test_difference_of_amounts_is_an_amount_with_a_sign() -> None:
    assert style("value", "difference", size=0.4, of="amount").text(0.4, "en") == "+0.400"
    assert style("value", "difference", size=40.0).text(-40.0, "en") == "−40.00"
    assert style("value", "difference", size=0.03, of="index").text(0.03, "en") == "+0.030"
    assert style("error", "difference", size=40.0).text(2.0, "en") == "2.000"


def test_amounts_have_the_decimals_of_the_largest() -> None:
    assert style("value", "amount", size=123_456.7).text(1234.56, "en") == "1,235"
    assert style("value", "amount", size=0.0123).text(0.0123, "en") == "0.0123"
    assert style("value", "amount", size=math.nan).digits == 2
    assert style("value", "amount", size=0.0).digits == 3


def test_digits_of_a_column_win() -> None:
    assert style("index", "share", digits=1).text(1.26, "en") == "1.3"


def test_excel_shows_what_the_text_shows() -> None:
    assert Style("percent", 1).excel_format("en") == "0.0%"
    assert Style("number", 0).excel_format("ru") == "#,##0"
    assert Style("number", 2).excel_format("en", flagged=True) == '"("#,##0.00")"'
    points = Style("points", 1, signed=True)
    assert points.excel_format("en") == '+0.0" pp";-0.0" pp";0.0" pp"'
    assert points.excel_format("ru").startswith('+0.0" п. п."')
    assert points.in_excel(0.032) == pytest.approx(3.2)
    assert Style("percent", 1).in_excel(0.18) == 0.18


def test_absent_labels_are_empty_texts() -> None:
    assert [label_text(one) for one in (None, float("nan"), "", 2.5, "Minsk")] == ["", "", "", "2.5", "Minsk"]
