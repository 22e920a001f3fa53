"""One survey from every kind of frame: the same numbers, the same labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import childdata as cd

STATISTICS = [
    cd.mean("food"),
    cd.mean("school == 1"),
    cd.ratio("food", "income"),
    cd.median("income"),
    cd.total("poor"),
]
KINDS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "mapping": lambda frame: {name: frame[name].to_numpy() for name in frame},
    "mapping of lists": lambda frame: {name: [None if pd.isna(x) else x for x in frame[name]] for name in frame},
    "pandas nullable": lambda frame: frame.convert_dtypes(),
    "pandas arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "pandas float32 index": lambda frame: frame.set_index(np.arange(len(frame))[::-1]),
    "polars": pl.from_pandas,
    "polars with NaN": lambda frame: pl.from_pandas(frame, nan_to_null=False),
    "polars lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "pyarrow": pa.Table.from_pandas,
    "duckdb": lambda frame: duckdb.connect().from_arrow(pa.Table.from_pandas(frame)),
    "Dataset": lambda frame: cd.Dataset.from_frame(pl.from_pandas(frame)),
}


@pytest.fixture(scope="module")
def wanted(sample: pd.DataFrame) -> pd.DataFrame:
    survey = cd.Survey(sample, weight="w", strata="stratum", psu="psu")
    return survey.estimate(STATISTICS, by=["sex", "quintile"], where="income < 30", margins=True).to_frame()


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_do_not_depend_on_the_frame(kind: str, sample: pd.DataFrame, wanted: pd.DataFrame) -> None:
    survey = cd.Survey(KINDS[kind](sample), weight="w", strata="stratum", psu="psu")
    found = survey.estimate(STATISTICS, by=["sex", "quintile"], where="income < 30", margins=True).to_frame()
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_new_columns_on_every_frame(kind: str, sample: pd.DataFrame) -> None:
    survey = cd.Survey(KINDS[kind](sample), weight="w", strata="stratum", psu="psu").with_columns(rest="income - food")
    found = survey.estimate(cd.mean("rest")).to_frame()
    direct = survey.estimate(cd.mean("income - food")).to_frame()
    assert found["estimate"].item() == pytest.approx(direct["estimate"].item(), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint8, np.float32])
def test_small_types_are_counted_in_full(dtype: Any) -> None:
    survey = cd.Survey(pd.DataFrame({"y": np.array([100, 120, 90, 80], dtype=dtype)}))
    assert survey.estimate([cd.total("y"), cd.total("y * 2")]).to_frame()["estimate"].tolist() == [390, 780]


@pytest.mark.parametrize("kind", ["pandas nullable", "polars", "pyarrow", "duckdb"])
def test_a_truth_column_is_a_rule_and_a_domain(kind: str) -> None:
    frame = pd.DataFrame({"y": [1.0, 2.0, 3.0, 4.0], "ok": [True, False, True, True], "number": [1, 2, 3, 4]})
    survey = cd.Survey(KINDS[kind](frame), psu="number")
    assert survey.estimate(cd.mean("ok")).to_frame()["estimate"].item() == 0.75
    assert survey.estimate(cd.mean("y"), where="ok").to_frame()["estimate"].item() == pytest.approx(8 / 3)
    assert survey.estimate(cd.mean("y"), by="ok").to_frame()["ok"].tolist() == ["no", "yes"]


def test_a_pandas_index_is_no_part_of_the_data(sample: pd.DataFrame) -> None:
    kept = sample[sample["stratum"] > 0]
    plain = cd.Survey(kept, weight="w", psu="psu").estimate(cd.mean("food"), by="sex").to_frame()
    reset = cd.Survey(kept.reset_index(drop=True), weight="w", psu="psu").estimate(cd.mean("food"), by="sex").to_frame()
    pd.testing.assert_frame_equal(plain, reset)


def test_labels_of_a_dataset_are_those_of_the_rows() -> None:
    data = cd.Dataset.from_frame(
        pd.DataFrame({"y": [1.0, 2.0, 3.0], "area": pd.Categorical(["Urban", "Rural", "Urban"])})
    )
    frame = cd.Survey(data).estimate(cd.mean("y"), by="area").to_frame()
    assert sorted(frame["area"]) == ["Rural", "Urban"]
    assert frame.set_index("area")["estimate"]["Urban"] == 2
