"""How far is childdata from the work that cannot be avoided? Each job beside the bare numpy sums it is made of.

Bare is numpy doing the same sums on codes of unit and domain made before the clock starts: estimates and standard
errors and nothing else. childdata's design is declared beforehand too, its time printed beside; a job gives labels,
intervals, df, n, missing counts and design effects. Each engine runs in a process of its own, so that the peak of its
memory is its own: that of the process, and what was added to the data and the libraries in memory before the first
job. Times compared are the best of the repeats, as whatever the machine adds to them is not ours; the median and the
first call of the process stand in brackets.

    python benchmarks/floors.py --rows 1000000 5000000
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from estimates import make

FINE = ["region", "sex", "quintile"]
# job -> what it is compared with, the bound on the ratio, and seconds allowed beside it
BOUNDS: dict[str, tuple[str, str, float, float]] = {
    "two means, 70 domains": ("two means, 70 domains", "bare", 3.0, 0.030),
    "two means, 700 domains": ("two means, 700 domains", "bare", 3.0, 0.030),
    "median, 7 domains": ("sort, gather, running sum", "bare", 1.5, 0.0),
    "Gini, 7 domains": ("sort", "bare", 6.0, 0.0),
    "500 bootstrap replicates of 140 means": ("two means, 70 domains", "childdata", 10.0, 0.0),
}

Jobs = dict[str, Callable[[], Any]]


def bare(columns: dict[str, np.ndarray]) -> tuple[Callable[[], None], Jobs]:
    """The floor: sums by unit and domain, and a variance from them."""
    w, psu = columns["w"], columns["psu"]
    stratum = np.arange(4000) % 50
    sizes = np.bincount(stratum)
    fine = ((columns["region"] - 1) * 2 + columns["sex"] - 1) * 5 + columns["quintile"] - 1
    codes = {70: psu * 70 + fine, 700: psu * 700 + columns["cell"] % 700}

    def means(cells: int) -> list[tuple[np.ndarray, np.ndarray]]:
        weight = np.bincount(codes[cells], w, 4000 * cells).reshape(4000, cells)
        size, found = weight.sum(axis=0), []
        for name in ("y1", "y2"):
            total = np.bincount(codes[cells], w * columns[name], 4000 * cells).reshape(4000, cells)
            mean = total.sum(axis=0) / size
            score = (total - mean * weight) / size
            centre = np.zeros((50, cells))
            np.add.at(centre, stratum, score)
            apart = score - (centre / sizes[:, None])[stratum]
            factor = (sizes / (sizes - 1))[stratum]
            found.append((mean, np.sqrt((factor[:, None] * apart**2).sum(axis=0))))
        return found

    def sorted_sum() -> np.ndarray:
        order = np.argsort(columns["y2"])
        return np.cumsum(w[order])

    return lambda: None, {
        "two means, 70 domains": lambda: means(70),
        "two means, 700 domains": lambda: means(700),
        "sort": lambda: np.argsort(columns["y2"]),
        "sort, gather, running sum": sorted_sum,
    }


def childdata(columns: dict[str, np.ndarray]) -> tuple[Callable[[], None], Jobs]:
    """The same as a user asks for it."""
    import childdata as cd

    frame = pl.DataFrame(columns).with_columns((pl.col("cell") % 700).alias("cell700"))
    held: dict[str, cd.Survey] = {}
    two = [cd.mean("y1"), cd.mean("y2")]

    def declare() -> None:
        held["design"] = cd.Survey(frame, weight="w", strata="stratum", psu="psu")
        held["bootstrap"] = held["design"].with_replicates(cd.Bootstrap(500, seed=1))

    return declare, {
        "two means, 70 domains": lambda: held["design"].estimate(two, by=FINE),
        "the same with the covariance": lambda: held["design"].estimate(two, by=FINE).covariance(),
        "two means, 700 domains": lambda: held["design"].estimate(two, by="cell700"),
        "median, 7 domains": lambda: held["design"].estimate(cd.median("y2"), by="region"),
        "Gini, 7 domains": lambda: held["design"].estimate(cd.gini("y2"), by="region"),
        "500 bootstrap replicates of 140 means": lambda: held["bootstrap"].estimate(two, by=FINE),
    }


ENGINES = {"bare": bare, "childdata": childdata}


def peak() -> float:
    """The largest resident memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_this_process(engine: str, rows: int, repeat: int) -> dict[str, Any]:
    """All jobs of one engine: seconds of the first call, best and median of the others; the peak after the first."""
    declare, jobs = ENGINES[engine](make(rows))
    before = peak()
    start = time.perf_counter()
    declare()
    result: dict[str, Any] = {"declare": time.perf_counter() - start, "jobs": {}}
    for name, job in jobs.items():
        seconds = []
        for _ in range(repeat + 1):
            start = time.perf_counter()
            job()
            seconds.append(time.perf_counter() - start)
        result["jobs"][name] = {"first": seconds[0], "then": min(seconds[1:])}
        result["jobs"][name]["median"] = statistics.median(seconds[1:])
        result.setdefault("peak", peak())
        result.setdefault("added", peak() - before)
    return result


def report(rows: int, found: dict[str, dict[str, Any]]) -> None:
    """The table of one size."""
    declared = found["childdata"]["declare"]
    print(f"\n{rows:,} rows; childdata: design and 500 bootstrap weights declared in {declared:.2f} s\n")
    print("| job | childdata, s (median, first call) | beside it | s | ratio | bound | |")
    print("|---|---|---|---|---|---|---|")
    for name, one in found["childdata"]["jobs"].items():
        seconds = f"{one['then']:.3f} ({one['median']:.3f}, {one['first']:.3f})"
        if name not in BOUNDS:
            print(f"| {name} | {seconds} | | | | | |")
            continue
        other, engine, times, beside = BOUNDS[name]
        floor = found[engine]["jobs"][other]["then"]
        met = "met" if one["then"] <= times * floor + beside else "missed"
        allowed = f"{times:g}x" + (f" + {beside * 1000:.0f} ms" if beside else "")
        ratio = one["then"] / floor
        print(f"| {name} | {seconds} | {engine}: {other} | {floor:.3f} | {ratio:.1f} | {allowed} | {met} |")
    told = [
        f"{engine} {one['peak']:.0f} MB, {one['added']:.0f} MB of them added by the job"
        for engine, one in found.items()
    ]
    print(f"\npeak memory of two means in 70 domains: {'; '.join(told)}")


def main() -> None:
    """Each engine in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--engine", choices=list(ENGINES), help="run one engine in this process and print JSON")
    given = parser.parse_args()
    if given.engine:
        print(json.dumps(in_this_process(given.engine, given.rows[0], given.repeat)))
        return
    for rows in given.rows:
        found = {}
        for engine in ENGINES:
            command = [sys.executable, __file__, "--engine", engine, "--rows", str(rows), "--repeat", str(given.repeat)]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            found[engine] = json.loads(said.splitlines()[-1])
        report(rows, found)


if __name__ == "__main__":
    main()
