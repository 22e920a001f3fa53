"""Do the intervals hold what they promise? Repeated samples from one known population.

The population: 20 strata of 50 PSUs of 40 persons, with PSU effects. A sample takes 5 PSUs of each stratum and 10
persons of each PSU, both at random without replacement (fpc declared at both stages). For each statistic the
result holds the share of samples whose 95 % interval contains the population's value, and the mean estimated variance
divided by the variance of the estimates.

Run it to write `coverage.json` beside it: python simulate_coverage.py [samples]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import childdata as cd

HERE = Path(__file__).resolve().parent
STRATA, PSUS, PERSONS = 20, 50, 40
TAKEN_PSUS, TAKEN_PERSONS = 5, 10
SAMPLES = 1000


def population(rng: np.random.Generator) -> pd.DataFrame:
    """All 40,000 persons, in the order of strata and PSUs."""
    psus = STRATA * PSUS
    stratum = np.repeat(np.arange(STRATA), PSUS * PERSONS)
    psu = np.repeat(np.arange(psus), PERSONS)
    effect = (0.3 * rng.normal(size=STRATA))[stratum] + (0.35 * rng.normal(size=psus))[psu]
    income = np.exp(5 + effect + 0.6 * rng.normal(size=psu.size))
    chance = 1 / (1 + np.exp(2.2 + 1.5 * effect))
    return pd.DataFrame(
        {
            "stratum": stratum,
            "psu": psu,
            "person": np.arange(psu.size),
            "income": income,
            "spending": income * rng.uniform(0.5, 1.1, psu.size) + 20,
            "stunted": (rng.random(psu.size) < chance).astype(int),
            "rare": (rng.random(psu.size) < 0.03).astype(int),
            "region": np.array(["a", "b", "c"])[rng.choice(3, psu.size, p=[0.6, 0.3, 0.1])],
        }
    )


def chosen(rng: np.random.Generator) -> np.ndarray:
    """The places of one sample's persons in the population."""
    psus = np.argsort(rng.random((STRATA, PSUS)), axis=1)[:, :TAKEN_PSUS] + PSUS * np.arange(STRATA)[:, None]
    persons = np.argsort(rng.random((STRATA * TAKEN_PSUS, PERSONS)), axis=1)[:, :TAKEN_PERSONS]
    return np.sort((psus.reshape(-1, 1) * PERSONS + persons).reshape(-1))


STATISTICS = {
    "mean": cd.mean("income"),
    "total": cd.total("income"),
    "ratio": cd.ratio("spending", "income"),
    "share": cd.mean("stunted == 1"),
    "share near 0": cd.mean("rare == 1"),
    "median": cd.median("income"),
    "median, xlogit": cd.median("income", interval="xlogit"),
    "quantile 0.1": cd.quantile("income", 0.1),
}
SHARES = ["share", "share near 0"]
INTERVALS = ("logit", "beta", "wilson", "t")


def truth(people: pd.DataFrame) -> pd.DataFrame:
    """The same statistics of the whole population, rows in the order of an estimate."""
    return cd.Survey(people).estimate(STATISTICS, by="region", margins=True).to_frame()


def run(samples: int) -> dict[str, object]:
    rng = np.random.default_rng(2026)
    people = population(rng)
    wanted = truth(people)
    value = wanted["estimate"].to_numpy()
    estimates, variances, covered = [], [], []
    inside: dict[str, list[np.ndarray]] = {interval: [] for interval in INTERVALS}
    for _ in range(samples):
        sample = people.iloc[chosen(rng)].assign(psus=PSUS, persons=PERSONS)
        survey = cd.Survey(sample, strata="stratum", psu=["psu", "person"], fpc=["psus", "persons"])
        frame = survey.estimate(STATISTICS, by="region", margins=True).to_frame()
        estimates.append(frame["estimate"].to_numpy())
        variances.append(frame["se"].to_numpy() ** 2)
        covered.append(((frame["ci_low"] <= value) & (value <= frame["ci_high"])).to_numpy())
        for interval in INTERVALS:
            shares = {name: STATISTICS[name] for name in SHARES}
            part = survey.estimate(shares, by="region", margins=True, interval=interval).to_frame()
            true = value[wanted["statistic"].isin(SHARES)]
            inside[interval].append(((part["ci_low"] <= true) & (true <= part["ci_high"])).to_numpy())
    ratio = np.mean(variances, axis=0) / np.var(estimates, axis=0, ddof=1)
    rows = wanted[["statistic", "region"]].assign(
        true=value, mean_estimate=np.mean(estimates, axis=0), variance_ratio=ratio, coverage=np.mean(covered, axis=0)
    )
    shares = wanted.loc[wanted["statistic"].isin(SHARES), ["statistic", "region"]].reset_index(drop=True)
    for interval in INTERVALS:
        shares[interval] = np.mean(inside[interval], axis=0)
    return {
        "version": cd.__version__,
        "samples": samples,
        "rows": rows.round(6).to_dict("records"),
        "intervals_of_shares": shares.round(6).to_dict("records"),
    }


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    text = json.dumps(run(samples), indent=1)
    (HERE / "coverage.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
