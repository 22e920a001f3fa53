"""Invented samples with unequal probabilities, and of two phases, made from seeds; R answers them in unequal.R.

Run in this folder: python make_unequal.py. Inclusion probabilities of the first sample are exact: all samples of the
design (conditional Poisson, fixed size) are listed with their probabilities.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def conditional_poisson(chance: np.random.Generator, odds: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A sample of n units with probability ∝ the product of their odds, and π_ij of all pairs (π_i on the diagonal)."""
    samples = np.array(list(combinations(range(odds.size), n)))
    probability = odds[samples].prod(axis=1)
    probability /= probability.sum()
    member = np.zeros((samples.shape[0], odds.size))
    np.put_along_axis(member, samples, 1.0, axis=1)
    joint = member.T @ (member * probability[:, None])
    return samples[chance.choice(samples.shape[0], p=probability)], joint


def firms() -> tuple[pd.DataFrame, np.ndarray]:
    """Three strata of firms drawn by size, with their joint probabilities."""
    chance = np.random.default_rng(1952)
    parts, joints, psums = [], [], []
    for stratum, (population, n) in enumerate([(14, 6), (12, 4), (15, 7)], start=1):
        size = np.exp(chance.normal(2, 0.6, population))
        sample, joint = conditional_poisson(chance, size / size.mean(), n)
        p = np.diagonal(joint)
        y = size * chance.uniform(0.7, 1.4, population) + chance.normal(0, 1, population)
        parts.append(
            pd.DataFrame(
                {
                    "stratum": stratum,
                    "firm": sample + 1,
                    "p": p[sample],
                    "sum_squares": float(np.sum(p**2)),
                    "y": y[sample].round(3),
                    "x": size[sample].round(3),
                    "open": chance.integers(0, 2, n),
                    "branch": chance.choice(["trade", "works"], n),
                }
            )
        )
        joints.append(joint[np.ix_(sample, sample)])
        psums.append(n)
    data = pd.concat(parts, ignore_index=True)
    joint = np.outer(data["p"], data["p"])
    start = 0
    for block in joints:
        joint[start : start + len(block), start : start + len(block)] = block
        start += len(block)
    return data, joint


def villages() -> pd.DataFrame:
    """Villages drawn by size, one or two of a stratum with certainty, and households by simple random sampling."""
    chance = np.random.default_rng(1953)
    records = []
    village = 0
    for stratum in range(1, 4):
        for k in range(5):
            village += 1
            sure = stratum < 3 and k == 0
            size = int(chance.integers(20, 60)) * (6 if sure else 1)
            p = 1.0 if sure else round(size / 150, 4)
            level = chance.normal(0, 1)
            for _ in range(int(chance.integers(3, 6))):
                y = 10 + level + chance.normal(0, 2)
                records.append((stratum, village, p, sure, size, y, chance.integers(1, 3)))
    data = pd.DataFrame(records, columns=["stratum", "village", "p", "sure", "households", "y", "sex"])
    data["sure"] = data["sure"].astype(int)
    data["household"] = np.arange(1, len(data) + 1)
    data["fraction"] = data.groupby("village")["y"].transform("size") / data["households"]
    data["y"] = data["y"].round(3)
    data["x"] = (data["y"] * chance.uniform(0.5, 1.5, len(data))).round(3)
    return data


def cohort() -> pd.DataFrame:
    """A first phase of 240 persons in 24 clusters and 4 areas; a second, of a third of them, by a screening result."""
    chance = np.random.default_rng(1992)
    n = 240
    cluster = np.repeat(np.arange(1, 25), 10)
    level = chance.normal(0, 0.7, 25)
    y = 20 + level[cluster] + chance.normal(0, 3, n)
    screen = 1 + (y + chance.normal(0, 2, n) > 20).astype(int) + (y + chance.normal(0, 2, n) > 23).astype(int)
    data = pd.DataFrame(
        {
            "person": np.arange(1, n + 1),
            "cluster": cluster,
            "area": 1 + (cluster - 1) // 6,
            "household": (np.arange(n) // 2) + 1,
            "screen": screen,
            "y": y.round(3),
            "x": (y * chance.uniform(0.6, 1.2, n)).round(3),
            "sex": chance.integers(1, 3, n),
            "clusters": 300,
            "persons": 50,
            "people": 9000,
        }
    )
    data["area_people"] = data["area"].map({1: 900, 2: 1500, 3: 600, 4: 3000})
    data["p1"] = (60 / data["area_people"]).round(6)
    in2 = np.zeros(n, dtype=int)
    for _, rows in data.groupby("screen"):
        share = {1: 0.2, 2: 0.35, 3: 0.6}[int(rows["screen"].iloc[0])]
        in2[chance.choice(rows.index, int(np.ceil(share * len(rows))), replace=False)] = 1
    data["in2"] = in2
    kept = chance.choice(np.arange(1, n // 2 + 1), 40, replace=False)
    data["in2_households"] = data["household"].isin(kept).astype(int)
    return data


if __name__ == "__main__":
    sample, pairs = firms()
    sample.to_csv(HERE / "unequal_firms.csv", index=False)
    pd.DataFrame(pairs).to_csv(HERE / "unequal_joint.csv", index=False, header=False)
    villages().to_csv(HERE / "unequal_villages.csv", index=False)
    cohort().to_csv(HERE / "phases_cohort.csv", index=False)
