"""Lines: numbers, columns, shares of a median; what is refused; whom a relative line is of; who is on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import LineError
from childdata.expression import evaluate, parse
from childdata.survey.poverty_lines import fixed_line, poor_rule

FAMILIES = {
    "y": [100.0, 100.0, 200.0, 300.0, 300.0, 400.0],
    "age": [3, 40, 70, 8, 35, 50],
    "region": ["N", "N", "N", "S", "S", "S"],
}


@pytest.fixture
def persons() -> cd.Survey:
    return cd.Survey(FAMILIES)


def estimates(survey: cd.Survey, statistic: cd.Statistic, **options: Any) -> list[float]:
    return survey.estimate(statistic, **options).to_frame()["estimate"].tolist()


def test_a_relative_line_is_of_all_persons_whatever_the_domain(persons: cd.Survey) -> None:
    # the median of the six is 200: 0.6 of it is 120, by which the child with 100 is poor and the one with 300 is not
    rate = cd.fgt("y", cd.relative_line(0.6))
    assert estimates(persons, rate) == [pytest.approx(2 / 6)]
    assert estimates(persons, rate, where="age < 18") == [pytest.approx(1 / 2)]
    assert estimates(persons, rate, by="region") == [pytest.approx(2 / 3), 0]


def test_within_the_domain_the_line_is_that_of_each_row(persons: cd.Survey) -> None:
    # medians 100 and 300: nobody of the north is below 80, nobody of the south below 240
    assert estimates(persons, cd.fgt("y", cd.relative_line(0.8, within="domain")), by="region") == [0, 0]
    assert estimates(persons, cd.relative_line(0.8, y="y", within="domain").statistic(), by="region") == [80, 240]


def test_a_line_by_itself_is_one_value_for_all_rows(persons: cd.Survey) -> None:
    line = cd.relative_line(0.6, y="y").statistic()
    assert estimates(persons, line) == [120]
    assert estimates(persons, line, by="region") == [120, 120]
    assert estimates(persons, line, where="age < 18") == [120]
    joint = persons.estimate(line, by="region").covariance().to_numpy()
    np.testing.assert_allclose(joint, joint[0, 0] * np.ones((2, 2)), rtol=1e-12)


@pytest.mark.parametrize(("of", "wanted"), [("median", 200), ("mean", 1400 / 6), (0.25, 100), (0.9, 400)])
def test_what_a_line_is_a_share_of(persons: cd.Survey, of: Any, wanted: float) -> None:
    assert estimates(persons, cd.relative_line(0.5, of=of, y="y").statistic()) == [pytest.approx(wanted / 2)]


def test_the_middle_of_two_values_on_a_tie(persons: cd.Survey) -> None:
    # F(200) is exactly one half
    assert estimates(persons, cd.relative_line(1, y="y", rule="hf2").statistic()) == [250]


def test_a_line_may_be_of_another_variable(persons: cd.Survey) -> None:
    rate = cd.fgt("y / 2", cd.relative_line(0.6, y="y"))
    assert estimates(persons, rate) == [pytest.approx(3 / 6)]  # 50, 50, 100 below 120


def test_a_relative_line_in_a_survey_of_the_domain_alone_is_refused(persons: cd.Survey) -> None:
    children = cd.Survey({name: [values[k] for k in (0, 3)] for name, values in FAMILIES.items()})
    rate = cd.fgt("y", cd.relative_line(0.6))
    with pytest.raises(LineError) as caught:
        children.estimate(rate, where="age < 18")
    message = str(caught.value)
    assert "no record is outside where='age < 18'" in message
    assert "within='domain'" in message
    assert "keep where=" in message
    assert estimates(children, cd.fgt("y", cd.relative_line(0.6, within="domain")), where="age < 18") == [0]
    assert estimates(children, cd.fgt("y", 120), where="age < 18") == [0.5]
    assert estimates(persons, rate, where="age < 18") == [0.5]


@pytest.mark.parametrize("unit", ["child", "Children", "child under 5", "woman", "ребёнок"])
def test_a_relative_line_in_a_file_of_children_is_refused(unit: str) -> None:
    file = cd.Dataset.from_frame({"y": [100.0, 200.0, 300.0], "g": [1, 1, 2]}, unit=unit)
    survey = cd.Survey(file).with_columns(z="y + 1")
    for y in ("y", "z"):
        with pytest.raises(LineError, match=f"a row of this file is a {unit}, .*name these by where=.*within='file'"):
            survey.estimate(cd.fgt(y, cd.relative_line(0.6)), by="g")
    with pytest.raises(LineError, match="a row of this file is"):
        survey.where("g == 1").estimate(cd.relative_line(0.6, y="y").statistic())
    # 0.6 of the median 200 is 120: one of three is below
    assert estimates(survey, cd.fgt("y", cd.relative_line(0.6, within="file"))) == [pytest.approx(1 / 3)]
    assert estimates(survey, cd.fgt("y", 120)) == [pytest.approx(1 / 3)]
    assert estimates(survey, cd.fgt("y", cd.relative_line(0.6, within="domain")), by="g") == [0, 0]


@pytest.mark.parametrize("unit", [None, "person", "household", "household member"])
def test_a_relative_line_is_that_of_the_file_where_its_rows_are_all_persons(unit: str | None) -> None:
    survey = cd.Survey(cd.Dataset.from_frame({"y": [100.0, 200.0, 300.0]}, unit=unit))
    assert estimates(survey, cd.fgt("y", cd.relative_line(0.6))) == [pytest.approx(1 / 3)]


def test_a_line_of_the_file_is_not_refused_where_the_domain_is_all_there_is(persons: cd.Survey) -> None:
    children = cd.Survey({"y": [100.0, 300.0], "age": [4, 9]})
    own, all_of_them = cd.relative_line(0.6, within="file"), cd.relative_line(0.6)
    assert estimates(children, cd.fgt("y", own), where="age < 18") == [0]
    # and where nothing is missed, the line of the file and that of the survey are one, with one error
    both = persons.estimate({"a": cd.fgt("y", own), "b": cd.fgt("y", all_of_them)}, where="age < 18").to_frame()
    assert both["se"][0] == both["se"][1] > 0


def test_records_without_a_value_have_no_part_in_the_line_and_are_told() -> None:
    survey = cd.Survey({"y": [100.0, 200.0, 300.0, None], "child": [1, 1, 0, 0]})
    found = survey.estimate(cd.fgt("y", cd.relative_line(0.6)), where="child == 1")
    assert found.to_frame()["estimate"].item() == 0.5
    assert any("'y' is unknown in 1 records of the whole survey" in note for note in found.notes)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: cd.relative_line(0), "a positive share of a median or mean, such as 0.6; found 0"),
        (lambda: cd.relative_line(-0.6), "found -0.6"),
        (lambda: cd.relative_line(float("inf")), "found inf"),
        (lambda: cd.relative_line("0.6"), "found '0.6'"),  # type: ignore[arg-type]
        (lambda: cd.relative_line(0.6, of="modus"), "'median', the 'mean' or a quantile such as 0.5; found 'modus'"),  # type: ignore[arg-type]
        (lambda: cd.relative_line(0.6, of=50), "found 50"),
        (lambda: cd.relative_line(0.6, within="region"), "within is 'survey', 'file' or 'domain'; found 'region'"),  # type: ignore[arg-type]
        (lambda: cd.relative_line(0.6).statistic(), "relative_line(0.6, y='income')"),
        (lambda: cd.fgt("y", 0), "a poverty line is a positive number; found 0"),
        (lambda: cd.fgt("y", -3.5), "found -3.5"),
        (lambda: cd.fgt("y", float("nan")), "a poverty line is a positive number"),
        (lambda: cd.fgt("y", np.float64("inf")), "a poverty line is a positive number"),
        (lambda: cd.sen("y", 0), "a poverty line is a positive number"),
        (lambda: cd.fgt("y", cd.median("y")), "cd.relative_line(0.6, of='median'); found Statistic"),  # type: ignore[arg-type]
        (lambda: cd.watts("y", True), "found bool"),
    ],
)
def test_what_is_no_line_is_refused_at_once(make: Any, words: str) -> None:
    with pytest.raises(LineError) as caught:
        make()
    assert words in str(caught.value)


@pytest.mark.parametrize("make", [cd.fgt, cd.watts, cd.sen, cd.sst, cd.relative_median_gap, cd.richness])
def test_a_column_is_looked_at_record_by_record(make: Any) -> None:
    survey = cd.Survey({"y": [5.0, 5.0, 5.0], "z": [9.0, 0.0, -1.0], "child": [1, 1, 0]})
    with pytest.raises(LineError, match=r"the poverty line 'z' is zero or below in 2 records; a line is positive"):
        survey.estimate(make("y", "z"))
    with pytest.raises(LineError, match="in 1 records"):
        survey.estimate(make("y", "z"), where="child == 1")
    assert survey.estimate(make("y", "z"), where="z > 0").to_frame()["n"].item() == 1


def test_an_unknown_line_makes_the_record_missing() -> None:
    survey = cd.Survey({"y": [5.0, 5.0, 5.0], "z": [9.0, None, 2.0]})
    row = survey.estimate(cd.fgt("y", "z")).to_frame().iloc[0]
    assert (row["estimate"], row["n"], row["missing"]) == (0.5, 2, 1)


def test_an_estimated_line_that_is_not_positive_is_refused() -> None:
    survey = cd.Survey({"y": [-1.0, -2.0, 3.0]})
    with pytest.raises(LineError, match="the line estimated here is not"):
        survey.estimate(cd.fgt("y", cd.relative_line(0.6), alpha=1))


@pytest.mark.parametrize(("at_line", "wanted"), [("<", [True, False, False, None]), ("<=", [True, True, False, None])])
def test_who_is_on_the_line(at_line: Any, wanted: list[bool | None]) -> None:
    frame = {"y": [99.0, 100.0, 101.0, None]}
    rule = poor_rule(parse("y"), parse(100), at_line)
    assert evaluate(frame, {"poor": rule}).frame["poor"].to_list() == wanted


@pytest.mark.parametrize("at_line", ["<", "<="])
def test_who_is_on_the_line_but_for_rounding(at_line: Any) -> None:
    # 0.7 + 0.1 is 0.7999999999999999, 0.1 + 0.2 is 0.30000000000000004
    frame = {"a": [0.7, 0.1], "b": [0.1, 0.2], "z": [0.8, 0.3]}
    rule = poor_rule(parse("a + b"), parse("z"), at_line)
    assert evaluate(frame, {"poor": rule}).frame["poor"].to_list() == [at_line == "<="] * 2


def test_a_number_in_single_precision_is_the_number_that_is_shown() -> None:
    frame = pd.DataFrame({"y": np.array([299.9, 299.8], dtype=np.float32)})
    rates = [
        cd.Survey(frame).estimate(cd.fgt("y", 299.9, at_line=at)).to_frame()["estimate"].item() for at in ("<", "<=")
    ]  # type: ignore[arg-type]
    assert rates == [0.5, 1]


def test_the_same_line_as_a_number_a_column_and_an_estimate_gives_one_rate(persons: cd.Survey) -> None:
    with_column = persons.with_columns(z="200 + 0 * y")
    for at in ("<", "<="):
        found = [
            estimates(with_column, cd.fgt("y", line, alpha=alpha, at_line=at), by="region")  # type: ignore[arg-type]
            for alpha in (0, 1, 2.5)
            for line in (200, "z", cd.relative_line(1, y="y"))
        ]
        for k in (0, 3, 6):
            np.testing.assert_allclose(found[k + 1], found[k], rtol=1e-14)
            np.testing.assert_allclose(found[k + 2], found[k], rtol=1e-14)


def test_lines_are_shown_as_they_are_written() -> None:
    assert fixed_line("basket / 2")[0].text == "basket / 2"
    assert cd.fgt("y", cd.relative_line(0.6, of="mean")).name == "fgt(y, 0.6 mean, alpha=0)"
    assert cd.fgt("y", cd.relative_line(0.6, of=0.4)).name == "fgt(y, 0.6 quantile 0.4, alpha=0)"
    assert cd.sst("y", "basket").name == "sst(y, basket)"


@pytest.mark.parametrize("calibrated", [False, True])
def test_a_line_without_an_error_leaves_the_other_rows_of_the_call_alone(calibrated: bool) -> None:
    # all have 4, and so has the line: its density, and its error, are unknown
    data = {"y": [4.0] * 12, "x": [float(k % 5) for k in range(12)], "p": [k // 2 for k in range(12)], "g": [0, 1] * 6}
    survey = cd.Survey(data, psu="p")
    if calibrated:
        survey = cd.poststratify(survey, "g", {0: 10, 1: 8})
    rate = cd.fgt("y", cd.relative_line(1.0), at_line="<=")
    found = survey.estimate({"x": cd.mean("x"), "rate": rate, "away": cd.fgt("y", cd.relative_line(0.6))}, by="g")
    alone = survey.estimate({"x": cd.mean("x")}, by="g")
    frame = found.to_frame()
    assert frame["se"].isna().tolist() == [False, False, True, True, False, False]
    assert frame["se"].tolist()[4:] == pytest.approx([0, 0], abs=1e-15)
    (note,) = (one for one in found.notes if "no derivative" in one)
    assert note.startswith("2 rows have a value and no standard error")
    np.testing.assert_allclose(frame["se"][:2], alone.to_frame()["se"], rtol=1e-12)
    np.testing.assert_allclose(found.covariance().to_numpy()[:2, :2], alone.covariance(), rtol=1e-11, atol=1e-15)
