"""Invented surveys for comparison with other programs: a few hundred records each, every design by a seed.

Run it to write `random_<name>.csv` and `random_designs.json` beside it, then `Rscript survey.R` in this folder to
write `survey_r.json`. The data are made up here and free to use (CC0).

Each survey has the same variables, so that one list of questions is put to all of them:
y (skewed), x (positive), number (few distinct values, many ties), large (mean 1e6, small spread), yes, rare, common
(0/1), with missing values m (of y) and myes (of yes), and the domains region (crosses the strata), sex, and few (in
some PSUs only).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
Rows = list[dict[str, int]]


def nested(
    rng: np.random.Generator, sampled: list[list[int]], left: list[int], *, strata: int, whole: tuple[int, ...] = ()
) -> pd.DataFrame:
    """Records of a multistage sample: `sampled[k]` is (least, most) units at stage k, `left[k]` the most not sampled.

    Strata in `whole` are taken whole at the first stage.
    """
    rows: Rows = []
    for stratum in range(1, strata + 1):
        rows.extend(_units(rng, sampled, left, {"stratum": stratum}, whole=stratum in whole))
    return pd.DataFrame(rows)


def _units(
    rng: np.random.Generator, sampled: list[list[int]], left: list[int], so_far: dict[str, int], *, whole: bool
) -> Iterator[dict[str, int]]:
    if not sampled:
        yield so_far
        return
    stage = 1 + sum(name.startswith("unit") for name in so_far)
    units = int(rng.integers(sampled[0][0], sampled[0][1] + 1))
    size = units if whole else units + int(rng.integers(1, left[0] + 1))
    for unit in range(1, units + 1):
        number = so_far.get(f"unit{stage - 1}", so_far["stratum"]) * 100 + unit
        here = so_far | {f"unit{stage}": number, f"size{stage}": size}
        yield from _units(rng, sampled[1:], left[1:], here, whole=False)


def with_variables(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """The same records with the variables of the questions; PSUs differ, so that design effects are not 1."""
    n = len(frame)
    first = frame["unit1"].to_numpy() if "unit1" in frame else np.arange(n)
    codes, place = np.unique(first, return_inverse=True)
    effect = rng.normal(size=codes.size)[place]
    y = np.round(np.exp(1 + 0.4 * effect + 0.8 * rng.normal(size=n)), 4)
    chance = 1 / (1 + np.exp(1 - 0.8 * effect))
    yes = (rng.random(n) < chance).astype(int)
    lost = rng.random(n)
    return frame.assign(
        y=y,
        x=np.round(2 + y * rng.uniform(0.5, 1.5, n), 3),
        number=rng.poisson(2 + 0.5 * np.exp(0.4 * effect)),
        large=np.round(1e6 + effect + rng.normal(size=n), 6),
        yes=yes,
        rare=(rng.random(n) < 0.02).astype(int),
        common=(rng.random(n) < 0.985).astype(int),
        m=np.where(lost < 0.12, np.nan, y),
        myes=np.where((lost > 0.05) & (lost < 0.2), np.nan, yes),
        region=np.array(["east", "north", "west"])[np.digitize(rng.random(n) + 0.1 * effect, [0.4, 0.8])],
        sex=rng.integers(1, 3, n),
        few=np.where((place % 4 == 0) & (rng.random(n) < 0.6), 1, 0),
    )


def inverse_fractions(frame: pd.DataFrame, stages: int) -> np.ndarray:
    """The product over the stages of population / sample."""
    weight = np.ones(len(frame))
    above = ["stratum"]
    for stage in range(1, stages + 1):
        taken = frame.groupby(above)[f"unit{stage}"].transform("nunique")
        weight *= frame[f"size{stage}"] / taken
        above = [f"unit{stage}"]
    return weight


def two_stages(rng: np.random.Generator) -> pd.DataFrame:
    frame = with_variables(rng, nested(rng, [[3, 7], [5, 14]], [20, 30], strata=5))
    return frame.assign(weight=inverse_fractions(frame, 2))


def three_stages(rng: np.random.Generator) -> pd.DataFrame:
    frame = with_variables(rng, nested(rng, [[2, 5], [2, 4], [2, 5]], [4, 6, 3], strata=4))
    return frame.assign(weight=inverse_fractions(frame, 3))


def certainty(rng: np.random.Generator) -> pd.DataFrame:
    frame = with_variables(rng, nested(rng, [[2, 6], [4, 9]], [5, 9], strata=6, whole=(2, 5)))
    return frame.assign(weight=inverse_fractions(frame, 2))


def unequal(rng: np.random.Generator) -> pd.DataFrame:
    """Unequal weights with zeros, one PSU of zeros only; PSU numbers that start anew in each stratum."""
    frame = with_variables(rng, nested(rng, [[3, 6], [6, 14]], [9, 9], strata=9))
    weight = np.round(np.exp(rng.normal(4, 0.7, len(frame))), 3)
    weight[rng.random(len(frame)) < 0.04] = 0.0
    weight[frame["unit1"] == frame["unit1"].iloc[-1]] = 0.0
    return frame.assign(weight=weight, unit1=frame["unit1"] % 100)


def normalised(rng: np.random.Generator) -> pd.DataFrame:
    """As MICS files have it: the weights sum to the number of records."""
    frame = with_variables(rng, nested(rng, [[4, 8], [5, 10]], [9, 9], strata=7))
    weight = np.exp(rng.normal(0, 0.4, len(frame)))
    return frame.assign(weight=np.round(weight / weight.mean(), 9))


def elements(rng: np.random.Generator) -> pd.DataFrame:
    """A stratified sample of elements with one weight in each stratum: cumulative weights meet p exactly."""
    frame = nested(rng, [[60, 60]], [1], strata=4)
    size = frame["stratum"].map({1: 120, 2: 120, 3: 240, 4: 480})
    return with_variables(rng, frame.drop(columns="unit1")).assign(size1=size, weight=size / 60)


def lonely(rng: np.random.Generator) -> pd.DataFrame:
    """Two strata with one PSU; a domain that leaves one PSU in further strata."""
    frame = nested(rng, [[2, 5], [6, 12]], [8, 12], strata=8)
    alone = frame["stratum"].isin([3, 7]) & (frame["unit1"] % 100 > 1)
    frame = with_variables(rng, frame[~alone].reset_index(drop=True))
    return frame.assign(weight=inverse_fractions(frame, 2).round(6))


DESIGNS: dict[str, dict[str, object]] = {
    "two_stages": {"psu": ["unit1", "unit2"], "strata": "stratum", "fpc": ["size1", "size2"], "weight": "weight"},
    "ultimate": {"data": "two_stages", "psu": ["unit1"], "strata": "stratum", "fpc": [], "weight": "weight"},
    "first_fpc": {"data": "two_stages", "psu": ["unit1"], "strata": "stratum", "fpc": ["size1"], "weight": "weight"},
    "three_stages": {
        "psu": ["unit1", "unit2", "unit3"],
        "strata": "stratum",
        "fpc": ["size1", "size2", "size3"],
        "weight": "weight",
    },
    "certainty": {"psu": ["unit1", "unit2"], "strata": "stratum", "fpc": ["size1", "size2"], "weight": "weight"},
    "unequal": {"psu": ["unit1"], "strata": "stratum", "fpc": [], "weight": "weight"},
    "normalised": {"psu": ["unit1"], "strata": "stratum", "fpc": [], "weight": "weight"},
    "elements": {"psu": [], "strata": "stratum", "fpc": ["size1"], "weight": "weight"},
    "lonely": {"psu": ["unit1"], "strata": "stratum", "fpc": [], "weight": "weight"},
    "lonely_fpc": {
        "data": "lonely",
        "psu": ["unit1", "unit2"],
        "strata": "stratum",
        "fpc": ["size1", "size2"],
        "weight": "weight",
    },
}
MAKERS = {one.__name__: one for one in (two_stages, three_stages, certainty, unequal, normalised, elements, lonely)}


def main() -> None:
    for number, (name, make) in enumerate(MAKERS.items()):
        frame = make(np.random.default_rng(20190 + number))
        frame.to_csv(HERE / f"random_{name}.csv", index=False, lineterminator="\n")
    designs = {name: {"data": name, **design} for name, design in DESIGNS.items()}
    (HERE / "random_designs.json").write_text(json.dumps(designs, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
