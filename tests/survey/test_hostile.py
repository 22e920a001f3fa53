"""What should not be in a file, but is: each is refused by name or left out and counted, and never a silent number.

A message says what was wanted, what was found and what to do; the cases by hand show what is left where something is
left. What one module refuses on its own is tested beside it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import ChilddataError, DesignError, EstimationError, LineError, VariableError

NAN, INF = np.nan, np.inf
ALL = [cd.mean("y"), cd.total("y"), cd.count(), cd.median("y"), cd.ratio("y", "y"), cd.mean("y > 2")]
NUMBERS = ["estimate", "se", "ci_low", "ci_high"]


@pytest.fixture(autouse=True)
def no_warning_of_numpy() -> Iterator[None]:
    """A warning of numpy is a number that nobody looked at."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def survey(**changes: Any) -> cd.Survey:
    """Four records of weight 1, or what takes their place."""
    data = {"y": [1.0, 2.0, 3.0, 6.0], "w": [1.0] * 4, "p": [1, 2, 3, 4], "g": ["a", "a", "b", "b"]} | changes
    return cd.Survey(data, weight="w", psu="p")


def frame(one: cd.Survey, statistics: Any = None, **options: Any) -> pd.DataFrame:
    return one.estimate(ALL if statistics is None else statistics, **options).to_frame()


def refused(call: Callable[[], object], error: type[ChilddataError], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


# records, weights and units


def test_one_record_is_refused_or_flagged() -> None:
    refused(
        lambda: cd.Survey({"y": [7.0]}).estimate(cd.mean("y")), DesignError, "one PSU, which gives no variance; choose"
    )
    for rule in ("certainty", "adjust", "average"):
        found = cd.Survey({"y": [7.0]}, lonely_psu=rule).estimate(ALL)
        rows = found.to_frame()
        assert set(rows["flag"]) == {"one PSU"}
        assert rows.loc[rows["statistic"] == "mean(y)", "estimate"].item() == 7
        assert np.isnan(rows.loc[~rows["statistic"].isin(["total(y)", "count()"]), "se"]).all()
        assert rows[["ci_low", "ci_high"]].isna().all(axis=None)
        assert any(repr(rule) in note for note in found.notes)


def test_two_records_of_a_psu_each_by_hand() -> None:
    rows = frame(cd.Survey({"y": [7.0, 9.0], "p": [1, 2]}, psu="p"), [cd.mean("y"), cd.total("y")])
    # scores −1/2, 1/2: V = 2 · (1/4 + 1/4); with 1 df t is tan(0.475 π)
    assert rows["se"].tolist() == pytest.approx([1, 2], rel=1e-15)
    assert rows["ci_high"][0] == pytest.approx(8 + np.tan(0.475 * np.pi), rel=1e-12)


def test_a_psu_whose_weights_are_zero_stays_in_its_stratum() -> None:
    rows = frame(survey(w=[1.0, 1.0, 1.0, 0.0]), cd.total("y"))
    # scores 1, 2, 3, 0 about 1.5: V = 4/3 · (¼ + ¼ + 2¼ + 2¼), the PSU counting as sampled
    assert rows[["estimate", "n", "psus", "df"]].iloc[0].tolist() == [6, 3, 3, 2]
    assert rows["se"].item() == pytest.approx(np.sqrt(4 / 3 * 5), rel=1e-15)


@pytest.mark.parametrize("size", [1e12, 1e-12, 1e100, 1e-100])
def test_weights_of_any_size_leave_means_alone(size: float) -> None:
    plain, sized = (frame(survey(w=[1.0 * k, 2.0 * k, 1.0 * k, 3.0 * k])) for k in (1.0, size))
    of_size = plain["statistic"].isin(["total(y)", "count()"]).to_numpy()
    for column in NUMBERS:
        wanted = plain[column] * np.where(of_size, size, 1.0)
        np.testing.assert_allclose(sized[column], wanted, rtol=1e-12)


def test_a_record_of_weight_1e12_among_small_ones_is_the_mean_and_its_error() -> None:
    # weights 1e-12 beside 1e12: the mean of the two large ones, 3; scores ∓½: V = 4/3 · (¼ + ¼)
    row = frame(survey(y=[1.0, 2.0, 3.0, 4.0], w=[1e-12, 1e12, 1e-12, 1e12]), cd.mean("y")).iloc[0]
    assert row["estimate"] == 3
    assert row["se"] == pytest.approx(np.sqrt(2 / 3), rel=1e-12)


def test_the_same_number_of_a_household_in_two_psus_is_two_households() -> None:
    data = {"y": [1.0, 3.0, 2.0, 6.0], "p": [1, 1, 2, 2], "home": [1, 2, 1, 2], "N": [4] * 4, "M": [3] * 4}
    apart = {**data, "home": [11, 12, 21, 22]}
    rows = [frame(cd.Survey(one, psu=["p", "home"], fpc=["N", "M"]), cd.total("y")) for one in (data, apart)]
    assert rows[0]["se"].item() == rows[1]["se"].item()


def test_records_that_are_there_twice_are_two_records() -> None:
    twice = pd.concat([pd.DataFrame({"y": [1.0, 2.0, 3.0, 6.0], "w": 1.0, "p": [1, 2, 3, 4]})] * 2, ignore_index=True)
    found = frame(cd.Survey(twice, weight="w", psu="p"), cd.mean("y")).iloc[0]
    once = frame(survey(), cd.mean("y")).iloc[0]
    assert (found["n"], found["psus"], found["estimate"]) == (8, 4, once["estimate"])
    assert found["se"] == pytest.approx(once["se"], rel=1e-14)


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        ([1.0, -1.0, 1.0, 1.0], "negative in 1 of 4 records; a weight counts population units"),
        ([0.0] * 4, "zero in all 4 records"),
        ([1.0, INF, 1.0, 1.0], "'w' is missing in 1 of 4"),
        (["1", "1", "1", "1"], "holds text where numbers are wanted"),
    ],
)
def test_weights_that_are_none(weight: list[Any], said: str) -> None:
    refused(lambda: survey(w=weight), DesignError, said)


# values


@pytest.mark.parametrize("lost", [INF, -INF, NAN])
def test_a_value_that_is_no_number_is_left_out_and_counted(lost: float) -> None:
    rows = frame(survey(y=[1.0, lost, 3.0, 5.0])).set_index("statistic")
    assert rows.loc[rows.index != "count()", "missing"].tolist() == [1] * 5
    # the PSU of the lost record stays: scores −2/3, 0, 0, 2/3: V = 4/3 · 8/9
    assert (rows.loc["mean(y)", "estimate"], rows.loc["mean(y)", "n"]) == (3, 3)
    assert rows.loc["mean(y)", "se"] == pytest.approx(np.sqrt(4 / 3 * 8 / 9), rel=1e-14)


def test_an_infinite_value_is_in_no_domain_and_in_a_row_of_its_own() -> None:
    one = survey(x=[1.0, INF, 3.0, 4.0])
    inside = one.estimate(cd.mean("y"), where="x > 2")
    assert inside.to_frame()["n"].item() == 2
    assert any("'x > 2' is unknown in 1 records" in note for note in inside.notes)
    assert frame(one, cd.mean("y"), by="x")["n"].tolist() == [1, 1, 1, 1]


def test_answers_that_are_missing_in_all_records_give_empty_rows() -> None:
    for lost in ([NAN] * 4, [None] * 4):
        rows = frame(survey(y=lost)).set_index("statistic").drop("count()")
        assert set(rows["flag"]) == {"empty"}
        assert rows[NUMBERS].isna().all(axis=None)
        assert (rows["n"] == 0).all()
        assert (rows["missing"] == 4).all()
    refused(lambda: frame(survey(y=[NAN] * 4), cd.proportion("y")), EstimationError, "'y' is unknown in all records")


def test_a_group_that_is_missing_in_all_records_is_one_row_of_missing() -> None:
    found = survey(g=[None] * 4).estimate(cd.mean("y"), by="g")
    assert len(found) == 1
    assert found.to_frame()["estimate"].item() == 3
    assert any("'g' is missing in 4 records" in note for note in found.notes)


def test_a_domain_of_nobody_has_rows_that_are_flagged_and_a_note() -> None:
    found = survey().estimate([*ALL, cd.proportion("g")], where="y > 9")
    rows = found.to_frame()
    assert set(rows["flag"]) == {"empty"}
    assert rows[NUMBERS].isna().all(axis=None)
    assert any("no record of the data is in the domain 'y > 9'" in note for note in found.notes)
    by_group = survey().estimate(cd.mean("y"), where="y > 9", by="g")
    assert len(by_group) == 0
    assert any("combinations of 'g' without a record" in note for note in by_group.notes)


def test_a_domain_of_one_psu_has_a_mean_without_an_error() -> None:
    rows = frame(survey(p=[1, 1, 2, 3]), where="p == 1").set_index("statistic")
    assert set(rows["flag"]) == {"one PSU"}
    assert np.isnan(rows.loc[["mean(y)", "median(y)", "ratio(y, y)", "mean(y > 2)"], "se"]).all()
    # the total varies with the sample of PSUs: scores 3, 0, 0 about 1
    assert rows.loc["total(y)", "se"] == pytest.approx(3, rel=1e-15)
    assert rows[["ci_low", "ci_high"]].isna().all(axis=None)


@pytest.mark.parametrize("value", [7.0, 0.1, 1e15, -3.0, 0.0])
def test_what_does_not_vary_has_no_error(value: float) -> None:
    data = {"y": [value] * 5, "w": [1.1, 2.3, 3.7, 4.9, 0.3]}
    one = cd.Survey(data, weight="w")
    rows = frame(one, {"mean": cd.mean("y"), "median": cd.median("y"), "share": cd.proportion("y"), "sd": cd.sd("y")})
    assert rows.loc[rows["statistic"] == "mean", "estimate"].item() == pytest.approx(value, rel=1e-15)
    assert rows["se"].tolist()[:3] == [0, 0, 0]
    assert np.isnan(rows["se"].iloc[3])  # a root has no derivative at 0
    assert rows.loc[rows["statistic"] == "share", ["item", "estimate"]].iloc[0, 1] == 1.0
    # of a share of all the interval is one-sided, and not of length zero
    share = rows[rows["statistic"] == "share"].iloc[0]
    assert share["ci_low"] < 1 == share["ci_high"]


def test_values_of_1e15_keep_the_error_of_their_differences() -> None:
    rows = frame(survey(y=[1e15, 1e15 + 2, 1e15 + 4, 1e15 + 6]), [cd.mean("y"), cd.total("y"), cd.ratio("y", "y")])
    # −3, −1, 1, 3 over 4: V = 4/3 · 20/16
    assert rows["estimate"].tolist() == [1e15 + 3, 4e15 + 12, 1]
    assert rows["se"].tolist() == pytest.approx([np.sqrt(5 / 3), 4 * np.sqrt(5 / 3), 0], rel=1e-14)


# lonely PSUs


def test_a_lonely_psu_is_named_with_what_may_be_chosen() -> None:
    one = cd.Survey({"y": [1.0, 2.0, 3.0], "h": ["n", "n", "s"], "p": [1, 2, 407]}, strata="h", psu="p")
    refused(
        lambda: one.estimate(cd.mean("y")),
        DesignError,
        r"stratum s has one PSU \(psu 407\).*'adjust'.*'certainty'.*'average'",
    )
    refused(lambda: one.with_replicates(cd.JKn()), DesignError, "1 strata have one PSU: s.*choose lonely_psu=")


def test_no_error_shows_a_value_of_the_data() -> None:
    secret = 98765.4321
    calls: list[Callable[[], object]] = [
        lambda: survey(w=[-secret, 1.0, 1.0, 1.0]),
        lambda: frame(survey(y=[secret, 1.0, 0.0, 1.0]), cd.mean("y"), where="y"),
        lambda: frame(survey(z=[-secret, 1.0, 1.0, 1.0]), cd.fgt("y", "z")),
        lambda: cd.calibrate(survey(x=[secret, NAN, 1.0, 1.0]), {"x": 3}),
        lambda: cd.Survey(REPLICATED | {"r1": [-secret, 1.0, 1.0, 1.0]}, weight="w", replicates=cd.BRR("r1..r4")),
    ]
    for call in calls:
        with pytest.raises(ChilddataError) as caught:
            call()
        assert "98765" not in str(caught.value)


# replicate weights

REPLICATED: dict[str, Any] = {
    "y": [1.0, 2.0, 3.0, 6.0],
    "w": [1.0] * 4,
    "r1": [2.0, 0.0, 2.0, 0.0],
    "r2": [0.0, 2.0, 0.0, 2.0],
    "r3": [2.0, 0.0, 0.0, 2.0],
    "r4": [0.0, 2.0, 2.0, 0.0],
}


def replicated(kind: Any = None, **changes: Any) -> cd.Survey:
    return cd.Survey(REPLICATED | changes, weight="w", replicates=cd.BRR("r1..r4") if kind is None else kind)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"r2": [0.0, NAN, 0.0, 2.0]}, DesignError, r"missing in 1 places.*\(first 'r2'\).*blank='zero'"),
        ({"r2": [0.0, INF, 0.0, 2.0]}, DesignError, r"infinite in 1 places.*\(first 'r2'\)"),
        ({"r2": [0.0, -1.0, 0.0, 2.0]}, DesignError, r"negative in 1 places.*\(first 'r2'\).*negative='keep'"),
        ({"r2": [0.0] * 4}, DesignError, "'r2' is zero in all 4 records; is it the right variable"),
        ({"r2": ["a", "b", "c", "d"]}, DesignError, "'r2' in the data holds no numbers"),
        ({"kind": cd.BRR("r1..r5")}, VariableError, "names 5 variables, of which 1 is not in the data.*'r5'"),
        (
            {"kind": cd.ReplicateWeights("r1..r4", scale=1, rscales=[1, 2])},
            DesignError,
            "2 numbers for 4 replicates; give one number, or one per column",
        ),
    ],
)
def test_replicate_weights_that_cannot_be_are_refused(
    changes: dict[str, Any], error: type[ChilddataError], said: str
) -> None:
    refused(lambda: replicated(**changes), error, said)


def test_replicates_that_are_all_alike_have_no_degrees_of_freedom() -> None:
    row = frame(replicated(**dict.fromkeys(("r1", "r2", "r3", "r4"), [1.0] * 4)), cd.mean("y")).iloc[0]
    assert (row["se"], row["df"], row["flag"]) == (0, 0, "no df")
    assert np.isnan([row["ci_low"], row["ci_high"]]).all()


def test_a_record_that_only_a_replicate_would_count_is_told() -> None:
    found = replicated(w=[1.0, 1.0, 1.0, 0.0]).estimate(cd.mean("y"))
    # means 2, 2, 1, 2.5 of the three records about 2: ¼ (0 + 0 + 1 + ¼)
    assert found.to_frame()["se"].item() == pytest.approx(np.sqrt(1.25 / 4), rel=1e-15)
    assert any("1 records have replicate weights but a weight of zero" in note for note in found.notes)


def test_replicates_under_which_a_row_has_no_value_are_told() -> None:
    found = replicated().estimate(cd.mean("y"), where="y == 1")
    assert any("in 2 pairs of row and replicate" in note for note in found.notes)


# weighting


@pytest.mark.parametrize(
    ("weighting", "said"),
    [
        (lambda s: cd.rake(s, {"g": {"a": 10, "b": 10}, "s": {1: 5, 2: 5}}), r"contradict.*\(g: 20; s: 10\)"),
        (lambda s: cd.calibrate(s, {"1": 10, "g": {"a": 3, "b": 3}}), "totals of '1', 'g = a', 'g = b' contradict"),
        (lambda s: cd.calibrate(s, {"y": 10, "y * 2": 30}), r"totals of 'y', 'y \* 2' contradict"),
        (lambda s: cd.calibrate(s, {"1": 4, "y": 100}), 'negative in 2 of 4 records.*use method="raking"'),
        (lambda s: cd.calibrate(s, {"1": 4, "y": 100}, method="raking"), "did not converge.*furthest off is the total"),
        (lambda s: cd.calibrate(s, {"1": 4, "y": INF}), "the total of 'y' is a number.*found inf"),
        (lambda s: cd.calibrate(s, {"1": 4, "y": "ten"}), "the total of 'y' is a number.*found 'ten'"),
        (
            lambda s: cd.calibrate(s, {"1": 4, "m": 10}),
            "'m' is calibrated on, but is missing in 1 of 4 records; fill it",
        ),
        (lambda s: cd.calibrate(s, {"1": 4, "i": 10}), "'i' is calibrated on, but is missing in 1 of 4 records"),
        (lambda s: cd.poststratify(s, "g", {"a": NAN, "b": 3}), "'a' is a number of zero or above; found nan"),
        (lambda s: cd.poststratify(s, "g", {"a": -3, "b": 3}), "'a' is a number of zero or above; found -3"),
        (lambda s: cd.poststratify(s, "g", {"a": 0, "b": 3}), "total of zero for 'a', where there are records"),
        (lambda s: cd.poststratify(s, "g", {"a": 2}), "'b'"),
        (lambda s: cd.poststratify(s, "g", {"a": 2, "b": 2, "c": 2}), "'c'"),
    ],
)
def test_totals_that_cannot_be_met_are_refused_by_name(weighting: Callable[[cd.Survey], object], said: str) -> None:
    one = survey(s=[1, 2, 1, 2], m=[1.0, NAN, 2.0, 3.0], i=[1.0, INF, 2.0, 3.0])
    refused(lambda: weighting(one), EstimationError, said)


def test_calibration_on_what_says_the_same_twice_changes_nothing() -> None:
    one, twice = (cd.calibrate(survey(), totals) for totals in ({"1": 5, "y": 14}, {"1": 5, "y": 14, "y * 2": 28}))
    np.testing.assert_allclose(twice.design.weight, one.design.weight, rtol=1e-12)
    for statistic in (cd.mean("y"), cd.total("y"), cd.mean("y ** 2")):
        rows = [frame(each, statistic).iloc[0] for each in (one, twice)]
        assert rows[1]["se"] == pytest.approx(rows[0]["se"], rel=1e-9, abs=1e-12)


def test_replicates_are_not_made_of_a_calibrated_survey() -> None:
    said = r"would not know of the adjustment; make the replicates first \(survey.with_replicates"
    for step in (
        lambda s: cd.calibrate(s, {"1": 5}),
        lambda s: cd.poststratify(s, "g", {"a": 3, "b": 2}),
        lambda s: cd.rake(s, {"g": {"a": 3, "b": 2}}),
        lambda s: cd.trim(cd.calibrate(s, {"1": 5}), upper=2),
    ):
        refused(lambda step=step: step(survey()).with_replicates(cd.JK1()), DesignError, said)  # type: ignore[misc]


def test_replicates_are_not_made_anew_of_a_survey_whose_replicates_were_calibrated() -> None:
    once = cd.calibrate(survey().with_replicates(cd.JK1()), {"y": 14})
    assert frame(once, cd.total("y"))["se"].item() < 1e-12
    refused(lambda: once.with_replicates(cd.JK1()), DesignError, "replicate weights")


def test_calibration_of_a_survey_with_replicates_is_repeated_in_each() -> None:
    for one in (replicated(), survey().with_replicates(cd.JK1())):
        found = cd.calibrate(one, {"y": 14}).estimate([cd.total("y"), cd.count()])
        rows = found.to_frame()
        assert rows["estimate"][0] == pytest.approx(14, rel=1e-12)
        assert rows["se"][0] < 1e-12
        assert rows["se"][1] > 0.1
        assert any("repeated in each of 4 replicates" in note for note in found.notes)


def test_a_replicate_in_which_a_post_stratum_is_empty_is_told() -> None:
    made = cd.poststratify(survey().with_replicates(cd.JK1()), "y", {1: 1, 2: 1, 3: 1, 6: 1})
    notes = made.estimate(cd.mean("y")).notes
    assert any("a category has no record: 4" in note for note in notes)


# models and plausible values

SEPARATED = {"y": [0, 0, 1, 1, 1, 0], "x": [1.0, 2.0, 3.0, 4.0, 5.0, 0.5]}


def test_a_response_that_a_term_tells_without_error_has_no_logit() -> None:
    refused(
        lambda: cd.regress(cd.Survey(SEPARATED), "y ~ x", family="logit"),
        EstimationError,
        "no finite coefficients: x tells the response of some records without error",
    )


def test_terms_that_say_the_same_are_named() -> None:
    one = cd.Survey(SEPARATED | {"z": [2.0, 4.0, 6.0, 8.0, 10.0, 1.0]})
    refused(lambda: cd.regress(one, "y ~ x + z"), EstimationError, "z is a linear combination of x; leave a term out")


def test_plausible_values_of_different_number_do_not_belong_together() -> None:
    data = {"pv1": [1.0, 2, 3], "pv2": [1.0, 2, 4], "q1": [1.0, 1, 1], "q2": [2.0, 2, 2], "q3": [1.0, 2, 3]}
    two, three = cd.mean(cd.PlausibleValues("pv1..pv2")), cd.mean(cd.PlausibleValues("q1..q3"))
    refused(lambda: frame(cd.Survey(data), [two, three]), EstimationError, r"found 'pv1\.\.pv2' 2, 'q1\.\.q3' 3")
    refused(
        lambda: frame(cd.Survey(data), cd.mean(cd.PlausibleValues("pv1..pv3"))),
        VariableError,
        "names 3 variables, of which 1 is not in the data.*'pv3'; nearest: 'pv",
    )


# poverty lines


@pytest.mark.parametrize("line", [-5, 0, NAN, INF])
def test_a_line_that_is_no_positive_number(line: float) -> None:
    refused(lambda: cd.fgt("y", line), LineError, "a poverty line is a positive number; found")


def test_a_line_that_is_not_positive_in_some_records_is_refused_where_they_count() -> None:
    one = survey(z=[100.0, -1.0, 100.0, 0.0])
    refused(
        lambda: frame(one, cd.fgt("y", "z")), LineError, "line 'z' is zero or below in 2 records; a line is positive"
    )
    assert frame(one, cd.fgt("y", "z"), where="z > 0")["n"].item() == 2
    row = frame(survey(z=[100.0, NAN, 100.0, 100.0]), cd.fgt("y", "z")).iloc[0]
    assert (row["n"], row["missing"]) == (3, 1)


@pytest.mark.parametrize("y", [[0.0, 0.0, 0.0, 1.0], [-5.0, -4.0, -3.0, 1.0]])
@pytest.mark.parametrize("alpha", [0, 1])
def test_a_relative_line_that_is_not_positive(y: list[float], alpha: int) -> None:
    statistic = cd.fgt("y", cd.relative_line(0.6), alpha=alpha)
    refused(lambda: frame(survey(y=y), statistic), LineError, "the line estimated here is not, in 1 of 1 rows")


def test_a_relative_line_of_a_file_that_holds_only_children() -> None:
    one = survey(age=[3, 9, 12, 17])
    statistic = cd.fgt("y", cd.relative_line(0.6))
    for call in (lambda: frame(one, statistic, where="age < 18"), lambda: frame(one.where("age < 18"), statistic)):
        refused(
            call, LineError, "holds only those of its domain.*keep where=.*give the line as a number.*within='domain'"
        )
    # the line of the children themselves, 0.6 · 2 = 1.2: one of four is below
    own = cd.fgt("y", cd.relative_line(0.6, within="domain"))
    assert frame(one, own, where="age < 18")["estimate"].item() == 0.25


def test_a_relative_line_of_nobody_is_unknown() -> None:
    row = frame(survey(y=[NAN] * 4), cd.fgt("y", cd.relative_line(0.6))).iloc[0]
    assert (row["flag"], row["missing"]) == ("empty", 4)
    assert np.isnan(row["estimate"])
