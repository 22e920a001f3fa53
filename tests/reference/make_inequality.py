"""Persons in households of a clustered sample, for the reference numbers of poverty and inequality.

240 households of 8 strata, 4 PSUs each; every member has the income of the household, so that incomes are tied; some
incomes are heaped on multiples of 50, three households have none. Run in this folder: python make_inequality.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent


def make() -> pd.DataFrame:
    """The persons, from seed 31."""
    chance = np.random.default_rng(31)
    rows = []
    for home in range(240):
        psu = home % 32
        stratum = psu // 4
        income = np.exp(5.2 + 0.1 * stratum + 0.25 * chance.normal() * (psu % 4) + 0.6 * chance.normal())
        income = 50 * np.round(income / 50) if chance.random() < 0.2 else np.round(income, 1)
        income = 0.0 if home in (17, 101, 202) else income
        weight = np.round(chance.uniform(20, 120), 1)
        for age in chance.integers(0, 80, chance.integers(1, 6)):
            rows.append((f"s{stratum}", psu, home, weight, age, ("north", "south", "west")[psu % 3], income))
    persons = pd.DataFrame(rows, columns=["stratum", "psu", "home", "w", "age", "region", "income"])
    tax = np.maximum(persons["income"] - 120, 0) * 0.2 + 0.03 * persons["income"]
    return persons.assign(tax=np.round(tax + chance.uniform(0, 2, len(persons)), 2))


if __name__ == "__main__":
    make().to_csv(HERE / "random_inequality.csv", index=False, lineterminator="\n")
