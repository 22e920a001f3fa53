"""The table of target shares."""

from __future__ import annotations

import pytest

from childdata.errors import DefinitionError
from childdata.synthetic.belarus import load
from childdata.synthetic.targets import module, modules


def test_every_module_says_where_its_numbers_come_from():
    for name, block in modules().items():
        assert block.words, name


def test_no_module_claims_more_than_memory_or_invention():
    marks = ("recalled", "invented", "as for", "as ")
    for name, block in modules().items():
        assert block.words.startswith(marks), name


def test_shares_are_shares():
    for name, block in modules().items():
        for variable, share in {**block.share, **block.letters}.items():
            assert 0 <= share <= 1, (name, variable)


def test_choices_sum_to_one():
    for name, block in modules().items():
        for variable, table in block.choice.items():
            assert sum(table.values()) == pytest.approx(1, abs=0.02), (name, variable)


def test_loadings_leave_room_for_chance():
    for name, block in modules().items():
        assert block.wealth**2 + block.rural**2 + block.trait**2 + block.icc < 0.96, name


def test_codes_become_numbers():
    assert module("ch.registration").unknown == {8.0: 0.001, 9.0: 0.001}
    assert list(module("ch.registration").choice["BR1"]) == [1.0, 2.0, 3.0]


def test_unknown_module_is_an_error_with_the_nearest_name():
    with pytest.raises(DefinitionError, match=r"no block 'ch\.registraton'; nearest: 'registration'"):
        module("ch.registraton")


def test_every_amount_has_a_source_and_a_mark():
    for name, entry in load("amounts").items():
        if isinstance(entry, dict):
            assert entry["source"], name
            assert entry["mark"], name


def test_care_benefits_keep_the_ratios_of_the_law():
    # 35, 40 and 45 % of the same wage; the amounts are printed to 10 kopecks
    first, following, disabled = (
        load("amounts")[name]["value"] for name in ("care_first", "care_next", "care_disabled")
    )
    assert following / first == pytest.approx(40 / 35, abs=2e-4)
    assert disabled / first == pytest.approx(45 / 35, abs=2e-4)
