"""Replicate weights in columns of the data: read as they are, and refused where they cannot be right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.errors import ChilddataWarning, DesignError, VariableError
from childdata.survey.replicate_columns import given_replicates, given_scales
from childdata.survey.replicate_kinds import BRR, JK1, SDR, Bootstrap, Fay, JKn, ReplicateKind, ReplicateWeights
from childdata.survey.replicates import Replicates

# three records of weight 10; w1 and w2 are whole weights, f1 and f2 the same as factors
DATA: dict[str, Any] = {
    "w": [10.0, 10.0, 10.0],
    "w1": [20.0, 0.0, 10.0],
    "w2": [0.0, 20.0, 10.0],
    "f1": [2.0, 0.0, 1.0],
    "f2": [0.0, 2.0, 1.0],
    "text": ["a", "b", "c"],
}


def read(kind: ReplicateKind, **changes: list[Any]) -> Replicates:
    data = DATA | changes
    records = cd.Survey(data, weight="w").records
    return given_replicates(records, np.array(data["w"]), kind)


def test_whole_weights_and_factors_are_the_same_weights() -> None:
    whole, factors = read(BRR("w1..w2")), read(BRR("f1..f2", combined="factors"))
    assert whole.weights().tolist() == factors.weights().tolist() == [[20, 0], [0, 20], [10, 10]]
    assert whole.base.tolist() == [1, 1, 1]
    assert factors.base.tolist() == [10, 10, 10]
    assert whole.degrees_of_freedom == factors.degrees_of_freedom == 1


def test_the_same_from_every_frame() -> None:
    wanted = read(BRR("w1..w2")).weights()
    for frame in (pd.DataFrame(DATA), pl.DataFrame(DATA), pd.DataFrame(DATA).convert_dtypes()):
        records = cd.Survey(frame, weight="w").records
        assert np.array_equal(given_replicates(records, np.full(3, 10.0), BRR("W1..W2")).weights(), wanted)


def test_whole_numbers_are_weights_too() -> None:
    assert read(BRR("w1..w2"), w1=[20, 0, 10]).weights()[:, 0].tolist() == [20, 0, 10]


def test_degrees_of_freedom_are_the_rank_less_one_or_the_agencys() -> None:
    # three columns, of which the third is the mean of the others
    assert read(BRR(["w1..w2", "w"])).degrees_of_freedom == 1
    assert read(BRR("w1..w2", df=62)).degrees_of_freedom == 62


def test_rscales_as_one_number_one_each_or_by_columns() -> None:
    columns = ["j1", "j2", "j3"]
    assert given_scales(JKn("j*", rscales=0.5), columns)[1].tolist() == [0.5] * 3
    assert given_scales(JKn("j*", rscales=[0.5, 0.5, 0.75]), columns)[1].tolist() == [0.5, 0.5, 0.75]
    assert given_scales(JKn("j*", rscales={"J3": 0.75, "j1..j2": 0.5}), columns)[1].tolist() == [0.5, 0.5, 0.75]
    assert given_scales(ReplicateWeights("j*", scale=0.1), columns)[0] == 0.1


@pytest.mark.parametrize(
    ("rscales", "said"),
    [
        ([0.5, 0.5], "has 2 numbers for 3 replicates"),
        ([0.5, 0.5, -0.1], "zero or above, not all zero"),
        ([0, 0, 0], "zero or above, not all zero"),
        (np.nan, "zero or above"),
        ({"j1..j2": 0.5}, "names 2 of 3 replicates; the first without one is 'j3'"),
    ],
)
def test_rscales_that_do_not_fit_are_refused(rscales: Any, said: str) -> None:
    with pytest.raises(DesignError, match=said):
        given_scales(JKn("j*", rscales=rscales), ["j1", "j2", "j3"])


def test_a_missing_column_of_a_range_is_named() -> None:
    with pytest.raises(VariableError, match=r"names 3 variables, of which 1 is not in the data.*'w3'"):
        read(BRR("w1..w3"))


def test_blanks_are_counted_and_refused_or_taken_as_zero_and_told() -> None:
    with pytest.raises(DesignError, match=r"missing in 2 places, in 2 of 3 records and 1 of 2 columns \(first 'w2'\)"):
        read(BRR("w1..w2"), w2=[None, np.nan, 10.0])
    found = read(BRR("w1..w2", blank="zero"), w2=[None, 20.0, 10.0])
    assert found.weights()[:, 1].tolist() == [0, 20, 10]
    assert found.notes == ("replicate weights are blank in 1 places of 1 columns, and count as zero there",)


@pytest.mark.parametrize("blank", ["refuse", "zero"])
def test_an_infinite_weight_is_no_blank(blank: Any) -> None:
    with pytest.raises(DesignError, match=r"infinite in 1 places, in 1 of 2 columns \(first 'w2'\)"):
        read(BRR("w1..w2", blank=blank), w2=[np.inf, 20.0, 10.0])


def test_records_that_only_replicates_would_count_are_told() -> None:
    found = read(BRR("w1..w2"), w=[0.0, 0.0, 10.0], w2=[0.0, 0.0, 10.0])
    assert found.notes == (
        "1 records have replicate weights but a weight of zero: they count in no estimate, under no replicate",
    )
    # as a factor it multiplies a weight of zero
    assert read(BRR("f1..f2", combined="factors"), w=[0.0, 10.0, 10.0]).notes == ()


def test_negative_weights_are_refused_or_kept() -> None:
    with pytest.raises(DesignError, match=r"negative in 1 places, in 1 of 2 columns \(first 'w1'\).*negative='keep'"):
        read(SDR("w1..w2"), w1=[-1.0, 20.0, 10.0])
    assert read(SDR("w1..w2", negative="keep"), w1=[-1.0, 20.0, 10.0]).weights()[0, 0] == -1


def test_weights_that_are_all_zero_or_text_are_refused() -> None:
    with pytest.raises(DesignError, match="'w1' is zero in all 3 records; is it"):
        read(BRR("w1..w2"), w1=[0, 0, 0])
    with pytest.raises(DesignError, match="'w1' is zero in all 3 records, and so are 1 others"):
        read(BRR("w1..w2"), w1=[0, 0, 0], w2=[0, 0, 0])
    with pytest.raises(DesignError, match="'text' in the data holds no numbers"):
        read(BRR(["w1", "text"]))


def test_no_error_shows_a_value_of_the_data() -> None:
    for kind, changes in (
        (BRR("w1..w2"), {"w2": [None, 8123.25, 10.0]}),
        (BRR("w1..w2"), {"w1": [-8123.25, 20.0, 10.0]}),
        (BRR(["w1", "text"]), {"text": ["8123.25", "b", "c"]}),
    ):
        with pytest.raises(DesignError) as caught:
            read(kind, **changes)
        assert "8123" not in str(caught.value)


def test_factors_that_are_read_as_weights_are_warned_of_and_the_other_way_round() -> None:
    with pytest.warns(ChilddataWarning, match=r"look like factors; if they are, say cd.Fay\(..., combined='factors'\)"):
        read(Fay("f1..f2"))
    with pytest.warns(ChilddataWarning, match="look like whole weights"):
        read(Fay("w1..w2", combined="factors"))
    # weights about 1 are weights as well as factors
    read(Fay("f1..f2"), w=[1.0, 1.0, 1.0])


def test_declared_with_the_survey_variances_are_those_of_the_replicates() -> None:
    data = DATA | {"y": [1.0, 4.0, 7.0]}
    survey = cd.Survey(data, weight="w", replicates=BRR("w1..w2"))
    found = survey.estimate(cd.mean("y")).to_frame()
    # means 4 | (20 + 70)/30 = 3 | (80 + 70)/30 = 5: V = (1 + 1)/2
    assert found["estimate"].item() == pytest.approx(4)
    assert found["se"].item() == pytest.approx(1)
    assert found["df"].item() == 1


def test_the_order_of_records_and_columns_has_no_part() -> None:
    data = pd.DataFrame(DATA).assign(y=[1.0, 4.0, 7.0])
    wanted = cd.Survey(data, weight="w", replicates=JK1("w1..w2")).estimate(cd.mean("y")).to_frame()["se"].item()
    for frame, kind in ((data.iloc[::-1], JK1("w1..w2")), (data, JK1(["w2", "w1"]))):
        found = cd.Survey(frame, weight="w", replicates=kind).estimate(cd.mean("y")).to_frame()["se"].item()
        assert found == pytest.approx(wanted, rel=1e-14)


def test_a_wide_file_is_read_as_one_matrix() -> None:
    chance = np.random.default_rng(3)
    weights = chance.uniform(1, 3, (2000, 60))
    data = pd.DataFrame(weights, columns=[f"b{k}" for k in range(1, 61)]).assign(w=2.0)
    found = given_replicates(cd.Survey(data, weight="w").records, np.full(2000, 2.0), Bootstrap("b1..b60"))
    assert np.array_equal(found.factor, weights)
    assert found.degrees_of_freedom == 59
