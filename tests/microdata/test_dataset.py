"""Datasets: verbs keep labels and reasons, and nothing is changed in place."""

from __future__ import annotations

import dataclasses
import datetime
import pickle

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from survey_files import households

from childdata.errors import VariableError
from childdata.microdata import Dataset, Variable


def test_declared_codes_are_masked_and_kept_as_reasons():
    data = households()
    assert data.frame["HH6"].to_list() == [1, 2, 1, None, None]
    assert data.reasons["HH6"].to_list() == [None, None, None, 9.0, None]
    assert data.frame["income"].to_list() == [100.5, None, 250.25, None, 80.0]
    assert data.reasons["income"].to_list() == [None, -7.0, None, -3.0, None]
    assert data.frame["answer"].to_list() == ["A", None, "", "B", "AB"]
    assert data.reasons["answer"].to_list() == [None, "?", None, None, None]


def test_reasons_are_counted_with_their_labels():
    found = households().missing_reasons("hh6")
    assert found.values.tolist() == [[9.0, "Нет ответа", 1], [".", "no answer, without a reason", 1]]
    assert households().missing_reasons("answer").values.tolist() == [["?", "No response", 1], ["", "empty text", 1]]


def test_select_takes_names_in_whatever_case_and_their_reasons():
    chosen = households().select("INCOME", ["hh1"])
    assert chosen.frame.columns == ["income", "HH1"]
    assert chosen.reasons.columns == ["income"]
    assert list(chosen.variables) == ["income", "HH1"]


def test_select_of_an_unknown_name_says_where_and_what_is_near():
    with pytest.raises(VariableError, match=r"'HH7' is not in households .6 variables.; nearest: "):
        households().select("HH7")


def test_rename_keeps_everything_under_the_new_name():
    renamed = households().rename({"hh6": "area"})
    assert renamed.variables["area"].label == "Тип местности"
    assert "area" in renamed.reasons.columns
    with pytest.raises(VariableError, match=r"two variables named 'income'"):
        households().rename({"HH6": "income"})


def test_a_new_variable_carries_its_rule_as_label():
    made = households().with_columns(rich="income > 90", double="income * 2")
    assert made.frame["rich"].to_list() == [True, None, True, None, False]
    assert made.frame["double"].to_list() == [201.0, None, 500.5, None, 160.0]
    assert made.variables["rich"].label == "income > 90"


def test_a_rule_sees_the_reason_codes():
    made = households().with_columns(refused="code(income) == -7")
    assert made.frame["refused"].to_list()[:2] == [False, True]


def test_a_replaced_variable_loses_its_old_reasons():
    made = households().with_columns(HH6="HH1 + 0")
    assert "HH6" not in made.reasons.columns
    assert "income" in made.reasons.columns


def test_undefined_results_are_counted():
    made = Dataset.from_frame({"x": [1.0, 0.0]}).with_columns(y="1 / x")
    assert made.frame["y"].to_list() == [1.0, None]
    assert any("y: unknown in 1 rows" in note for note in made.notes)


def test_aggregate_gives_a_row_per_group_and_keeps_the_keys_variable():
    homes = households().aggregate(by="hh1", unit="cluster", n="count()", town="count_true(HH6 == 1)")
    rows = homes.frame.sort("HH1")
    assert rows["n"].to_list() == [2, 2, 1]
    assert rows["town"].to_list() == [1, 1, None], "nothing is known of the only household of cluster 3"
    assert homes.variables["HH1"].label == "Номер кластера"
    assert homes.unit == "cluster"


def test_labels_become_ordered_categories_in_code_order():
    frame = households().to_pandas(labels=True)
    assert list(frame["HH6"].cat.categories) == ["Город", "Село"], "a declared missing code is no category"
    assert frame["HH6"].cat.ordered
    assert frame["HH6"].tolist()[:3] == ["Город", "Село", "Город"]


def test_a_sum_of_which_only_one_code_is_labelled_stays_numbers():
    data = Dataset.from_frame({"age": [1, 2, 3, 98]}, variables=[Variable("age", value_labels={98: "98 or older"})])
    assert data.to_pandas(labels=True)["age"].tolist() == [1, 2, 3, 98]


def test_two_codes_of_one_label_stay_apart():
    data = Dataset.from_frame({"a": [1, 2]}, variables=[Variable("a", value_labels={1: "Other", 2: "Other"})])
    assert data.to_pandas(labels=True)["a"].tolist() == ["Other [1]", "Other [2]"]


def test_an_unlabelled_value_among_labelled_ones_is_its_number():
    data = Dataset.from_frame({"a": [1, 2, 5]}, variables=[Variable("a", value_labels={1: "Yes", 2: "No"})])
    assert list(data.to_pandas(labels=True)["a"].cat.categories) == ["Yes", "No", "5"]


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        lambda d: pd.DataFrame(d).convert_dtypes(),
        pl.DataFrame,
        pl.LazyFrame,
        pa.table,
        lambda d: duckdb.from_arrow(pa.table(d)),
        lambda d: d,
    ],
    ids=["pandas", "pandas nullable", "polars", "lazy", "arrow", "duckdb", "mapping"],
)
def test_every_kind_of_frame_comes_in_alike(make):
    data = Dataset.from_frame(make({"x": [1.5, None, 3.0], "n": [1, 2, 3], "t": ["a", None, ""]}))
    assert data.frame["x"].to_list() == [1.5, None, 3.0]
    assert data.frame["n"].to_list() == [1, 2, 3]
    assert data.frame["t"].to_list() == ["a", None, ""]
    assert [one.kind for one in data.variables.values()] == ["number", "number", "text"]


def test_categories_become_codes_with_labels_in_their_order():
    made = Dataset.from_frame(pd.DataFrame({"area": pd.Categorical(["Urban", None, "Rural"], ["Urban", "Rural"])}))
    assert made.frame["area"].to_list() == [1, None, 2]
    assert made.variables["area"].value_labels == {1.0: "Urban", 2.0: "Rural"}


def test_a_mixed_column_is_named():
    with pytest.raises(VariableError, match=r"variable 'x' mixes int, str"):
        Dataset.from_frame(pd.DataFrame({"x": pd.Series([1, "a"], dtype=object)}))
    with pytest.raises(VariableError, match=r"variable 'x' holds List"):
        Dataset.from_frame(pl.DataFrame({"x": [[1]]}))
    with pytest.raises(VariableError, match=r"a data frame .* is wanted, not int"):
        Dataset.from_frame(5)


def test_two_columns_of_one_name_are_named():
    with pytest.raises(VariableError, match=r"several columns named 'x'"):
        Dataset.from_frame(pd.DataFrame([[1, 2]], columns=["x", "x"]))


def test_a_dataset_cannot_be_changed_and_can_be_pickled():
    data = households()
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.unit = "person"
    again = pickle.loads(pickle.dumps(data))
    assert again.frame.equals(data.frame)
    assert again.variables == data.variables


def test_the_picture_of_a_dataset_shows_no_value_and_escapes_labels():
    secret = "CANARY-4711"
    data = Dataset.from_frame(
        {"name": [secret], "x": [987654.321]}, variables=[Variable("x", "<script>alert(1)</script>")]
    )
    for shown in (repr(data), data._repr_html_()):
        assert secret not in shown
        assert "987654" not in shown
    assert "&lt;script&gt;" in data._repr_html_()
    assert "<script>" not in data._repr_html_()


def test_reasons_must_be_as_long_as_the_frame():
    with pytest.raises(VariableError, match=r"have 1 rows, the frame 2"):
        Dataset(pl.DataFrame({"x": [1, 2]}), reasons=pl.DataFrame({"x": [9.0]}))


def test_a_set_can_be_declared_and_follows_a_new_name():
    data = households().with_set("media", ["hh6", "answer"], label="Media", counted="1").rename({"answer": "media1"})
    assert data.sets[0].variables == ("HH6", "media1")


def test_dates_come_in_as_dates():
    data = Dataset.from_frame({"day": [datetime.date(2019, 5, 1)]})
    assert data.variables["day"].kind == "date"
