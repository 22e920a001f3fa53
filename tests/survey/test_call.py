"""What a call asks for, seen on six records: domains, checks, scales, categories and missing answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import childdata as cd
from childdata.errors import EstimationError, LineError
from childdata.expression import parse
from childdata.survey.call import (
    checked,
    domain_of,
    rules_of,
    undefined_notes,
    with_categories_filled,
    with_missing_rule,
    with_scales,
)
from childdata.survey.columns import Columns, Records
from childdata.survey.statistic import Check, Statistic
from childdata.survey.sums import Basis

DATA: dict[str, Any] = {
    "age": [3, 9, 12, None, 40, 17],
    "y": [1.0, None, 0.0, 2.0, 5.0, 4.0],
    "x": [1.0, 1.0, None, 1.0, 1.0, 1.0],
    "ok": [True, False, True, True, False, None],
    "sex": ["f", "m", "f", "m", "f", "m"],
    "w": [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
}
RECORDS = Records.of(DATA)
DESIGN = cd.Survey(DATA, weight="w").design


def columns(*rules: Any) -> Columns:
    return Columns.of(RECORDS, [parse(rule) for rule in rules])


def domain(*rules: str) -> tuple[list[bool] | None, list[str]]:
    where = rules_of(rules)
    inside, notes = domain_of(columns(*rules), where, RECORDS)
    return None if inside is None else inside.tolist(), notes


def of(*statistics: Statistic) -> tuple[dict[str, Statistic], Columns]:
    named = {one.name: one for one in statistics}
    return named, Columns.of(RECORDS, [expression for one in statistics for expression in one.expressions()])


def test_no_rule_is_no_mask() -> None:
    assert domain() == (None, [])


def test_a_rule_that_is_unknown_is_outside_and_counted() -> None:
    inside, notes = domain("age < 18")
    assert inside == [True, True, True, False, False, True]
    assert notes == ["where 'age < 18' is unknown in 1 records: they are outside the domain"]


def test_of_several_rules_the_unknown_are_counted_in_what_the_first_left() -> None:
    inside, notes = domain("age < 18", "ok")
    assert inside == [True, False, True, False, False, False]
    assert [note.split(" is unknown in ")[1].split()[0] for note in notes] == ["1", "1"]


def test_a_domain_of_nobody_is_told_with_all_its_rules() -> None:
    inside, notes = domain("age > 50", "y > 3")
    assert inside == [False] * 6
    assert "'age > 50' and 'y > 3'" in notes[-1]


@pytest.mark.parametrize(("rule", "said"), [("1", "found '1'"), ("'text'", "wants a rule that is true or false")])
def test_a_constant_is_no_rule(rule: str, said: str) -> None:
    with pytest.raises(EstimationError, match=said):
        rules_of([rule])


def test_numbers_other_than_zero_and_one_are_no_rule() -> None:
    with pytest.raises(EstimationError, match=r"'y' holds other numbers than 0 and 1; write a rule such as 'y == 1'"):
        domain("y")


def test_what_a_rule_cannot_be_computed_for_is_told() -> None:
    made = columns("y / (y - 1)", "x")
    assert len(undefined_notes(made)) == 1
    assert "1 records" in undefined_notes(made)[0]


def checking(action: Any, **options: Any) -> Statistic:
    check = Check(parse("y <= 0"), action, "income is zero or below in {count} records", **options)
    return replace(cd.mean("y"), checks=(check,))


def test_a_check_refuses_with_the_number_of_records_that_count() -> None:
    named, made = of(checking("refuse"))
    made = Columns.of(RECORDS, [parse("y"), parse("y <= 0")])
    with pytest.raises(EstimationError, match=r"^mean\(y\): income is zero or below in 1 records$"):
        checked(named, made, None, DESIGN)
    with pytest.raises(LineError):
        checked({"a": checking("refuse", is_line=True)}, made, None, DESIGN)
    # record 3 is outside, and one of weight zero does not count
    outside = np.array([True, True, False, True, True, True])
    assert checked(named, made, outside, DESIGN) == []
    light = replace(DESIGN, weight=np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0]))
    assert checked(named, made, None, light) == []


def test_statistics_without_checks_are_not_looked_at() -> None:
    named, made = of(cd.mean("y"))
    assert checked(named, made, None, DESIGN) == []


@pytest.mark.parametrize(
    ("statistic", "scale"),
    [(cd.mean("ok"), "share"), (cd.mean("y"), "amount"), (cd.total("ok"), "amount"), (cd.mean("age < 18"), "share")],
)
def test_a_mean_of_truth_values_is_a_share(statistic: Statistic, scale: str) -> None:
    named, made = of(statistic)
    assert with_scales(named, made)[statistic.name].scale == scale


def test_categories_are_those_that_the_records_have() -> None:
    named, made = of(cd.proportion("sex"))
    filled, labels = with_categories_filled(named, made)
    assert [item.label for item in filled["proportion(sex)"].items] == ["f", "m"]
    assert labels == {("proportion(sex)", "f"): "f", ("proportion(sex)", "m"): "m"}


def test_a_statistic_without_categories_stays_as_it_is() -> None:
    named, made = of(cd.mean("y"))
    filled, labels = with_categories_filled(named, made)
    assert filled == named
    assert labels == {}


class Asked:
    """A call, as far as the rule on missing answers looks at it."""

    def __init__(self, missing: str) -> None:
        self.missing = missing


def masks(missing: str, inside: np.ndarray | None = None) -> dict[str, list[bool] | None]:
    named, made = of(cd.mean("y"), cd.mean("x"), cd.count())
    bases = {name: Basis.of([item.node for item in one.items], made) for name, one in named.items()}
    found = with_missing_rule(bases, Asked(missing), inside, DESIGN.weight)  # type: ignore[arg-type]
    return {name: None if basis.known is None else basis.known.tolist() for name, basis in found.items()}


def test_pairwise_leaves_each_statistic_its_own_records() -> None:
    found = masks("pairwise")
    assert found["mean(y)"] == [True, False, True, True, True, True]
    assert found["mean(x)"] == [True, True, False, True, True, True]
    assert found["count()"] is None


def test_listwise_takes_those_that_all_know() -> None:
    assert set(map(tuple, masks("listwise").values())) == {(True, False, False, True, True, True)}  # type: ignore[arg-type]


def test_fail_counts_the_unknown_of_the_domain() -> None:
    with pytest.raises(EstimationError, match=r"mean\(y\) is unknown in 1 records of the domain"):
        masks("fail")
    with pytest.raises(EstimationError, match=r"mean\(x\) is unknown in 1 records"):
        masks("fail", np.array([True, False, True, True, True, True]))
    assert masks("fail", np.array([True, False, False, True, True, True]))["count()"] is None
