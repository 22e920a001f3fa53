"""Rules by name, and their thresholds."""

from __future__ import annotations

import pytest

from childdata.errors import ChilddataError
from childdata.table.policy import Disclosure, rule


def test_rule_is_found_by_its_name_and_a_rule_is_itself() -> None:
    own = Disclosure(minimum=10)
    assert rule("mics") == Disclosure()
    assert rule("nchs") is not None
    assert rule(own) is own
    assert rule(None) is None


def test_rule_tells_what_it_hides() -> None:
    told = Disclosure(minimum=30, effective=True, widths=(0.05, 0.3, 1.3), complementary=False).describe()
    assert told.startswith("n < 30 hidden")
    assert "interval widths 0.05, 0.3, 1.3" in told
    assert "complementary" not in told


def test_word_that_names_no_rule_is_refused_with_the_nearest() -> None:
    with pytest.raises(ChilddataError, match=r"nearest: 'mics'.*None to hide nothing"):
        rule("micz")  # type: ignore[arg-type]
    with pytest.raises(ChilddataError, match="0 or more"):
        Disclosure(minimum=-1)
