"""Do standard errors of poverty and inequality hold what they promise? Repeated samples from one known population.

Quantiles and whatever rests on a quantile, a density or a rank cut are not smooth in the weights, so that no numeric
derivative checks their linearisation. Here it is checked by what it is for: over many samples the mean estimated
variance is near the variance of the estimates, and 95 % intervals contain the population's value.

The population: some 170,000 persons in households of one to six, in 1,980 PSUs of 30 strata; household incomes are
log-normal with effects of stratum and PSU, and lower where there are children. A sample takes 5 PSUs of each stratum
(150) with replacement, with probability proportional to an outdated number of households, and 12 households of each;
all their persons belong to it. Weights differ within a stratum as far as the old number is wrong.

Run it to write `simulated_statistics.json` beside it: python simulate_statistics.py [samples]
"""

from __future__ import annotations

import json
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

import childdata as cd

HERE = Path(__file__).resolve().parent
STRATA, PSUS, HOMES = 30, 66, 20
TAKEN_PSUS, TAKEN_HOMES = 5, 12
SAMPLES = 2000
SEED = 2026

MEDIAN_LINE = cd.relative_line(0.6, of="median", y="income")
SILVERMAN_LINE = cd.relative_line(0.6, of="median", y="income", bandwidth="silverman")
MEAN_LINE = cd.relative_line(0.5, of="mean", y="income")
STATISTICS = {
    "mean": cd.mean("income"),
    "median": cd.median("income"),
    "quantile 0.1": cd.quantile("income", 0.1),
    "quantile ratio 90/10": cd.quantile_ratio("income", 0.9, 0.1),
    "line, 60 % of the median": MEDIAN_LINE.statistic(),
    "rate, fixed line": cd.fgt("income", 70),
    "rate, 60 % of the median": cd.fgt("income", MEDIAN_LINE),
    "gap, 60 % of the median": cd.fgt("income", MEDIAN_LINE, alpha=1),
    "rate, half the mean": cd.fgt("income", MEAN_LINE),
    "relative median gap": cd.relative_median_gap("income", MEDIAN_LINE),
    "relative median gap, Silverman": cd.relative_median_gap("income", SILVERMAN_LINE, bandwidth="silverman"),
    "Sen, 60 % of the median": cd.sen("income", MEDIAN_LINE),
    "Gini of the poor, 60 % of the median": cd.poor_gini("income", MEDIAN_LINE),
    "SST, 60 % of the median": cd.sst("income", MEDIAN_LINE),
    "Gini": cd.gini("income"),
    "Theil": cd.theil("income"),
    "Atkinson 1": cd.atkinson("income", 1),
    "S80/S20": cd.s80_s20("income"),
    "Palma": cd.palma("income"),
    "Lorenz 0.2": cd.lorenz("income", 0.2),
    "share of the lowest 0.4": cd.quantile_share("income", 0.0, 0.4),
    "concentration of spending": cd.concentration("spending", "income"),
    "Kakwani of spending": cd.kakwani("spending", "income", kind="tax"),
    "kappa": cd.kappa("income < 70", "spending < 60"),
}

DOMAINS = {"all persons": None, "children": "child == 1", "five strata": "stratum < 5"}


def population(rng: np.random.Generator) -> pd.DataFrame:
    """All persons, in the order of strata, PSUs and households."""
    psus = STRATA * PSUS
    homes = rng.integers(HOMES // 2, 2 * HOMES, psus)
    psu = np.repeat(np.arange(psus), homes)
    stratum = psu // PSUS
    size = rng.integers(1, 7, psu.size)
    children = np.minimum(rng.binomial(size, 0.3), size - 1)
    counted = homes * np.exp(0.4 * rng.normal(size=psus))
    effect = (0.15 * rng.normal(size=STRATA))[stratum] + (0.3 * rng.normal(size=psus))[psu]
    income = np.exp(4.8 + effect - 0.12 * children + 0.5 * rng.normal(size=psu.size))
    home = np.repeat(np.arange(psu.size), size)
    first = np.concatenate(([0], np.cumsum(size)[:-1]))
    number = np.arange(home.size) - first[home]
    return pd.DataFrame(
        {
            "stratum": stratum[home],
            "psu": psu[home],
            "home": home,
            "counted": counted[psu][home],
            "income": income[home],
            "spending": (20 + income * rng.uniform(0.4, 1.0, income.size))[home],
            "child": (number < children[home]).astype(int),
        }
    )


def chosen(rng: np.random.Generator, homes_of_psu: list[np.ndarray], people: pd.DataFrame) -> pd.DataFrame:
    """The persons of one sample with their weights; a PSU drawn twice is two PSUs."""
    parts, weights, numbers = [], [], []
    ends = np.searchsorted(people["home"].to_numpy(), np.arange(people["home"].iloc[-1] + 2))
    counted = people["counted"].to_numpy()[[ends[homes[0]] for homes in homes_of_psu]]
    for stratum in range(STRATA):
        psus = np.arange(stratum * PSUS, (stratum + 1) * PSUS)
        share = counted[psus] / counted[psus].sum()
        for place, psu in enumerate(rng.choice(psus, TAKEN_PSUS, p=share)):
            homes = homes_of_psu[psu]
            taken = rng.choice(homes, min(TAKEN_HOMES, homes.size), replace=False)
            persons = np.concatenate([np.arange(ends[home], ends[home + 1]) for home in taken])
            chance = TAKEN_PSUS * share[psu - psus[0]] * taken.size / homes.size
            parts.append(persons)
            weights.append(np.full(persons.size, 1 / chance))
            numbers.append(np.full(persons.size, stratum * TAKEN_PSUS + place))
    sample = people.iloc[np.concatenate(parts)]
    return sample.assign(w=np.concatenate(weights), unit=np.concatenate(numbers))


def estimates(survey: cd.Survey) -> pd.DataFrame:
    """All statistics of all persons, and of two domains with the line of all persons."""
    frames = [
        survey.estimate(STATISTICS, where=rule).to_frame().assign(domain=domain) for domain, rule in DOMAINS.items()
    ]
    return pd.concat(frames, ignore_index=True)


@cache
def population_and_homes() -> tuple[pd.DataFrame, list[np.ndarray]]:
    """All persons, and the households of each PSU."""
    people = population(np.random.default_rng(SEED))
    of_home = people.drop_duplicates("home")
    return people, [group.to_numpy() for _, group in of_home.groupby("psu")["home"]]


def estimates_of_sample(number: int) -> pd.DataFrame:
    """The estimates of one sample, which its number alone decides."""
    people, homes = population_and_homes()
    sample = chosen(np.random.default_rng([SEED, number]), homes, people)
    return estimates(cd.Survey(sample, weight="w", strata="stratum", psu="unit"))


def run(samples: int) -> dict[str, object]:
    """What the stored file holds; an interval that a sample does not give counts as one that misses."""
    wanted = estimates(cd.Survey(population_and_homes()[0]))
    value = wanted["estimate"].to_numpy()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(estimates_of_sample, range(samples), chunksize=10))
    estimate = np.array([one["estimate"] for one in found])
    error = np.array([one["se"] for one in found])
    covered = np.mean([(one["ci_low"] <= value) & (value <= one["ci_high"]) for one in found], axis=0)
    spread = np.var(estimate, axis=0, ddof=1)
    rows = wanted[["statistic", "domain"]].assign(
        true=value,
        bias_in_se=(estimate.mean(axis=0) - value) / np.sqrt(spread),
        variance_ratio=np.nanmean(error**2, axis=0) / spread,
        coverage=covered,
        without_error=np.isnan(error).sum(axis=0),
    )
    return {
        "childdata": cd.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "seed": SEED,
        "samples": samples,
        "rows": rows.round(6).to_dict("records"),
        "first_samples": [one[["estimate", "se"]].to_numpy().tolist() for one in found[:2]],
    }


def main() -> None:
    """Write the stored file."""
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    text = json.dumps(run(samples), indent=1)
    (HERE / "simulated_statistics.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
