"""What a statistic takes from the whole survey: its part in the design effect, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import childdata as cd
from childdata.errors import DesignError

AROP = cd.fgt("y", cd.relative_line(0.6, of="median"), alpha=1)


def test_under_simple_random_sampling_the_design_effect_of_every_domain_is_one() -> None:
    """The line's error comes from all records, and so must that of the sample it is compared with."""
    chance = np.random.default_rng(3)
    y = np.exp(chance.normal(size=4000))
    near = np.where(np.abs(np.log(y) - np.log(0.55)) < 0.35, "near", "far")
    found = cd.Survey({"y": y, "g": near}).estimate([AROP, cd.fgt("y", cd.relative_line(0.6))], by="g", margins=True)
    assert found.to_frame()["deff"].to_numpy() == pytest.approx(np.ones(6), abs=2e-3)


def test_a_two_phase_survey_has_relative_lines() -> None:
    chance = np.random.default_rng(4)
    frame = {"y": np.exp(chance.normal(size=200)), "sub": (chance.random(200) < 0.5).astype(float)}
    survey = cd.two_phase(frame, cd.Phase(), cd.Phase(), subset="sub == 1")
    value = survey.estimate(AROP).to_frame()["estimate"].item()
    y = np.sort(frame["y"][frame["sub"] == 1])
    line = 0.6 * y[int(np.ceil(y.size / 2)) - 1]
    assert value == pytest.approx(np.maximum(1 - y / line, 0).mean())


def test_negative_replicate_weights_rank_as_the_formula_has_it() -> None:
    y, weight = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.ones(5)
    replicate = np.array([1.5, -0.5, 1.0, 2.0, 1.0])
    frame = {"y": y, "w": weight, "r1": replicate, "r2": 2 - replicate}
    kind = cd.ReplicateWeights(["r1", "r2"], scale=1.0, rscales=1.0, negative="keep", df=1)
    block = cd.Survey(frame, weight="w", replicates=kind).estimate(cd.gini("y")).spread.blocks[0]
    reached = np.cumsum(replicate) - replicate / 2
    total, size = np.sum(replicate * y), replicate.sum()
    assert block.values[0, 0] == pytest.approx(2 * np.sum(replicate * y * reached) / (size * total) - 1)  # type: ignore[union-attr]


def test_whole_replicate_weights_want_the_weight_they_belong_to() -> None:
    frame = {"y": [1.0, 2.0], "r1": [1.0, 0.0], "r2": [0.0, 1.0]}
    with pytest.raises(DesignError, match="come with a weight of the full sample"):
        cd.Survey(frame, replicates=cd.JK1("r1..r2"))
    assert cd.Survey(frame, weight=1, replicates=cd.JK1("r1..r2")).design.replicates is not None
