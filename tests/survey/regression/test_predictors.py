"""The columns of a model: their names, their levels, and that they can be made again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.survey.regression import regress
from childdata.survey.regression.model import Model, make_model


def model(survey: cd.Survey, formula: str, **options: object) -> Model:
    chosen = {"where": None, "offset": None, "collinear": "refuse", "ordered": False} | options
    return make_model(survey, formula, **chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("income ~ age * sex", ["Intercept", "age", "sex[T.girl]", "age:sex[T.girl]"]),
        ("income ~ 0 + sex", ["sex[boy]", "sex[girl]"]),
        # without its own main effect a slope needs each level
        ("income ~ sex:age", ["Intercept", "sex[boy]:age", "sex[girl]:age"]),
        ("income ~ C(sex, contr.sum)", ["Intercept", "C(sex, contr.sum)[S.boy]"]),
        ("income ~ C(region, contr.poly)", ["Intercept", "C(region, contr.poly)[.L]", "C(region, contr.poly)[.Q]"]),
        (
            "income ~ C(region, levels=['west', 'north', 'south'])",
            [
                "Intercept",
                "C(region, levels=['west', 'north', 'south'])[T.north]",
                "C(region, levels=['west', 'north', 'south'])[T.south]",
            ],
        ),
        ("income ~ poly(age, 2)", ["Intercept", "poly(age, 2)[1]", "poly(age, 2)[2]"]),
        ("income ~ {age < 5} + log(income + 1)", ["Intercept", "age < 5", "log(income + 1)"]),
        ("income ~ C(if_else(age < 5, 'young', 'old'))", ["Intercept", "C(if_else(age < 5, 'young', 'old'))[T.young]"]),
        ("income ~ 1", ["Intercept"]),
    ],
)
def test_columns_are_named_in_the_words_of_the_formula(survey: cd.Survey, formula: str, names: list[str]) -> None:
    found = model(survey, formula)
    assert list(found.names) == names
    assert found.matrix.shape == (240, len(names))


def test_dummies_are_what_they_say(survey: cd.Survey, people: pd.DataFrame) -> None:
    found = model(survey, "income ~ region + sex")
    for region in ("south", "west"):
        column = found.matrix[:, found.names.index(f"region[T.{region}]")]
        assert (column == (people["region"] == region)).all()


@pytest.mark.parametrize(
    "formula", ["income ~ age * region + bs(age, df=4)", "income ~ scale(age) + C(quintile) + {age > 3}"]
)
def test_columns_made_again_are_the_same(survey: cd.Survey, formula: str) -> None:
    found = model(survey, formula, where="sex == 'girl'", collinear="drop")
    matrix, offset = found.remade(found.records_used())
    np.testing.assert_allclose(matrix, found.matrix, atol=1e-12)
    assert not offset.any()


def test_levels_are_those_of_the_records_used(survey: cd.Survey) -> None:
    found = model(survey, "income ~ region", where="region != 'north'")
    assert found.names == ("Intercept", "region[T.west]")


def test_labels_that_look_like_placeholders_stay_labels(people: pd.DataFrame) -> None:
    frame = people.assign(sex=people["sex"].replace({"girl": "v0_1", "boy": "v1[T.v0_0]:v0"}), v1=people["age"])
    found = model(cd.Survey(frame, weight="w"), "income ~ sex * v1")
    assert found.names == ("Intercept", "sex[T.v1[T.v0_0]:v0]", "v1", "sex[T.v1[T.v0_0]:v0]:v1")


def test_columns_called_like_functions_are_columns(people: pd.DataFrame) -> None:
    frame = people.rename(columns={"age": "log", "quintile": "C"})
    found = regress(cd.Survey(frame, weight="w"), "income ~ log + C(C) + log(log + 1)")
    plain = regress(cd.Survey(people, weight="w"), "income ~ age + C(quintile) + log(age + 1)")
    np.testing.assert_allclose(found.coefficients, plain.coefficients)


def test_codes_declared_missing_can_be_asked_for(people: pd.DataFrame) -> None:
    frame = people.assign(quintile=people["quintile"].where(people.index % 10 != 0, 9))
    known = cd.Variable("quintile", "Wealth", missing_codes=(9,))
    data = cd.Dataset.from_frame(pl.from_pandas(frame), variables=[known], source="hh.sav")
    survey = cd.Survey(data, weight="w", psu="psu")
    found = regress(survey, "income ~ {code(quintile) == 9} + age")
    assert found.n == 240
    effect = found.effects("code(quintile) == 9").to_frame()["estimate"].item()
    assert effect == pytest.approx(found.coefficients["code(quintile) == 9"])
    slope = found.effects("age").to_frame()["estimate"].item()
    assert slope == pytest.approx(found.coefficients["age"])


def test_whole_numbers_declared_categories_are_categories(people: pd.DataFrame) -> None:
    frame = people.assign(quintile=pd.Categorical(people["quintile"].astype(int)))
    found = regress(cd.Survey(frame, weight="w", psu="psu"), "income ~ quintile")
    assert list(found.coefficients.index[1:]) == [f"quintile[T.{k}]" for k in (2, 3, 4, 5)]
    margins = found.margins("quintile").to_frame()
    means = cd.Survey(people, weight="w", psu="psu").estimate(cd.mean("income"), by="quintile").to_frame()
    np.testing.assert_allclose(margins["estimate"], means["estimate"])
    one = found.predict({"quintile": [3]})["estimate"].item()
    assert one == pytest.approx(means["estimate"][2])
