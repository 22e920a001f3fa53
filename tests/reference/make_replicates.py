"""Invented samples for the comparison of replicate weights with R survey: three small ones, by a seed.

Run it to write `replicates_given.csv` (weights and twelve columns of replicate weights and of factors),
`replicates_pairs.csv` (eleven strata of two PSUs), `replicates_strata.csv` (strata of two to six PSUs with population
sizes, one of them taken whole) and `replicates_hadamard.csv` (the matrix with which R is asked to make half-samples),
then `Rscript replicates.R` in this folder to write `replicates_r.json`. The data are made up and free (CC0).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from childdata.survey.hadamard import hadamard

HERE = Path(__file__).resolve().parent


def with_variables(chance: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """The records with y (skewed), x (positive) and region (crosses PSUs); PSUs differ."""
    n = len(frame)
    effect = chance.normal(size=int(frame["psu"].max()) + 1)[frame["psu"]]
    y = np.round(np.exp(1 + 0.4 * effect + 0.7 * chance.normal(size=n)), 4)
    return frame.assign(
        y=y,
        x=np.round(2 + y * chance.uniform(0.5, 1.5, n), 3),
        region=np.array(["east", "north", "west"])[np.digitize(chance.random(n), [0.4, 0.8])],
        w=np.round(chance.uniform(20, 60, n), 3),
    )


def clustered(chance: np.random.Generator, psus: list[int], left: list[int]) -> pd.DataFrame:
    """Records of PSUs in strata: so many sampled and so many left in the population of each stratum."""
    rows = []
    for stratum, (sampled, rest) in enumerate(zip(psus, left, strict=True), start=1):
        for _ in range(sampled):
            psu = rows[-1]["psu"] + 1 if rows else 1
            size = int(chance.integers(3, 7))
            rows += [{"stratum": f"s{stratum:02d}", "psu": psu, "population": sampled + rest}] * size
    return with_variables(chance, pd.DataFrame(rows))


def main() -> None:
    chance = np.random.default_rng(20)
    given = with_variables(chance, pd.DataFrame({"psu": np.arange(60)}))
    factor = np.round(chance.choice([0.0, 0.5, 1.0, 1.5, 2.0], (60, 12)) * chance.uniform(0.9, 1.1, (60, 12)), 4)
    weights = factor * given["w"].to_numpy()[:, None]
    for k in range(12):
        given[f"rep{k + 1:02d}"] = np.round(weights[:, k], 4)
        given[f"factor{k + 1}"] = factor[:, k]
    given.drop(columns="psu").to_csv(HERE / "replicates_given.csv", index=False)
    clustered(chance, [2] * 11, [6] * 11).to_csv(HERE / "replicates_pairs.csv", index=False)
    strata = clustered(chance, [2, 4, 3, 6, 5], [3, 7, 0, 20, 4])
    strata.to_csv(HERE / "replicates_strata.csv", index=False)
    # R takes the sign of the first entry for "second PSU": with the first row turned the signs mean what they mean here
    matrix = hadamard(12)
    matrix[0] *= -1
    pd.DataFrame(matrix).to_csv(HERE / "replicates_hadamard.csv", index=False, header=False)


if __name__ == "__main__":
    main()
