"""Codes become words: ordered categories in the order of the codes."""

from __future__ import annotations

import pandas as pd
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from childdata.microdata import Variable
from childdata.microdata.labelled import labelled

AREA = Variable("area", value_labels={1: "Urban", 2: "Rural", 3: "Camp", 9: "DK"}, missing_codes=(9,))


def test_categories_stand_in_code_order_even_where_nobody_is():
    words = labelled(pl.DataFrame({"area": [2, None, 1]}), {"area": AREA})["area"]
    assert words.tolist()[::2] == ["Rural", "Urban"]
    assert pd.isna(words[1])
    assert list(words.cat.categories) == ["Urban", "Rural", "Camp"]
    assert words.min() == "Urban"


def test_texts_with_labels_are_labelled_too():
    media = Variable("m", value_labels={"A": "Radio", "B": "Television"}, kind="text")
    assert labelled(pl.DataFrame({"m": ["B", "A"]}), {"m": media})["m"].tolist() == ["Television", "Radio"]


def test_a_variable_without_labels_and_a_date_stay_as_they_are():
    frame = pl.DataFrame({"x": [1.5], "d": pl.Series([0]).cast(pl.Date)})
    known = {"x": Variable("x"), "d": Variable("d", value_labels={0: "never"}, kind="date")}
    found = labelled(frame, known)
    assert found["x"].tolist() == [1.5]
    assert found["d"].dtype.kind == "M"


def test_half_of_the_values_labelled_is_enough_and_less_is_not():
    variable = Variable("x", value_labels={1: "one"})
    assert labelled(pl.DataFrame({"x": [1, 2]}), {"x": variable})["x"].tolist() == ["one", "2"]
    assert labelled(pl.DataFrame({"x": [1, 2, 3]}), {"x": variable})["x"].tolist() == [1, 2, 3]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.sampled_from([1, 2, 3])), min_size=1, max_size=20))
def test_every_row_has_the_label_of_its_code(codes):
    words = labelled(pl.DataFrame({"area": pl.Series(codes, dtype=pl.Int64)}), {"area": AREA})["area"]
    names = {1: "Urban", 2: "Rural", 3: "Camp"}
    assert [None if pd.isna(word) else word for word in words] == [names.get(code) for code in codes]
