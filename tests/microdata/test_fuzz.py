"""Damaged files: each gives a Dataset or a ReadError that names it; the full run is in fuzz_files.py."""

from __future__ import annotations

import random

from fuzz_files import fuzz, good_files, mutate

from childdata.microdata import read


def test_damaged_files_give_a_dataset_or_a_read_error(tmp_path):
    outcomes, violations = fuzz(tmp_path, count=160, seed=7, seconds=10)
    assert not violations, "\n".join(violations[:3])
    assert outcomes.total() == 160
    assert any("ReadError" in outcome for outcome in outcomes)
    assert any("dataset" in outcome for outcome in outcomes)


def test_the_files_are_sound_before_they_are_damaged(tmp_path):
    for suffix, files in good_files(tmp_path).items():
        for raw in files:
            path = tmp_path / f"sound{suffix}"
            path.write_bytes(raw)
            assert read(path).frame.height in (27, 40)


def test_a_mutation_depends_on_its_seed_alone():
    raw = bytes(range(256)) * 10
    assert mutate(raw, random.Random(3)) == mutate(raw, random.Random(3))
    assert mutate(raw, random.Random(3)) != raw
