"""The same survey and the same calls on records in memory and at engines: time, memory, and how far the answers differ.

A folder of 100 parquet files is made (4,000 PSUs in 50 strata; y2 in hundredths), every engine runs in a process of
its own, and the folder is deleted again. Jobs: a, means of y1 and y2; b, both in 70 domains; c, a ratio in 7 regions;
d, the median of y2 in 7 regions. Peak memory is that of the process (for Spark without its Java machine).

    python benchmarks/engines.py                          # 1e6, 1e7 and 1e8 rows; 1e8 needs 3 GB of disk
    python benchmarks/engines.py --rows 1000000
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

FILES = 100
DESIGN: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu"}
MOST = {"memory": 10_000_000, "ibis": 10_000_000, "Dask": 10_000_000, "Spark": 10_000_000}
PEAK_DUCKDB = 2000  # MB, what the largest folder may take with DuckDB


def make(folder: Path, rows: int) -> None:
    """The folder, file by file, in no order of the design."""
    for part in range(FILES):
        rng = np.random.default_rng(part)
        n = rows // FILES
        psu = rng.integers(0, 4000, n)
        level = np.random.default_rng(99).normal(size=4000)[psu]
        y2 = np.round(np.exp(5 + 0.3 * level + 0.7 * rng.normal(size=n)), 2)
        columns = {
            "stratum": (psu % 50).astype(np.int16),
            "psu": psu.astype(np.int16),
            "w": np.round(rng.uniform(50, 400, n), 1),
            "y1": (rng.random(n) < 1 / (1 + np.exp(1 - 0.5 * level))).astype(np.int8),
            "y2": y2,
            "x": np.round(y2 * rng.uniform(0.8, 2.0, n), 1),
            "region": rng.integers(1, 8, n).astype(np.int8),
            "sex": rng.integers(1, 3, n).astype(np.int8),
            "quintile": rng.integers(1, 6, n).astype(np.int8),
        }
        pl.DataFrame(columns).write_parquet(folder / f"part{part:03}.parquet")


def _duckdb(pattern: str) -> Any:
    import duckdb

    return duckdb.connect().sql(f"SELECT * FROM '{pattern}'")


def _ibis(pattern: str) -> Any:
    import ibis

    return ibis.duckdb.connect().read_parquet(pattern)


def _dask(pattern: str) -> Any:
    import dask.dataframe as dask

    return dask.read_parquet(pattern)


def _spark(pattern: str) -> Any:
    from pyspark.sql import SparkSession

    quiet = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = quiet.config("spark.sql.shuffle.partitions", "4").config("spark.driver.memory", "3g").getOrCreate()
    return spark.read.parquet(pattern)


ENGINES: dict[str, Callable[[str], Any]] = {
    "memory": pl.read_parquet,
    "polars scan": pl.scan_parquet,
    "DuckDB": _duckdb,
    "ibis": _ibis,
    "Dask": _dask,
    "Spark": _spark,
}


def one_engine(name: str, pattern: str) -> dict[str, Any]:
    """All jobs of one engine, in this process."""
    import childdata as cd

    warnings.simplefilter("ignore")
    means, fine = [cd.mean("y1"), cd.mean("y2")], ["region", "sex", "quintile"]
    jobs: dict[str, Callable[[Any], Any]] = {
        "a": lambda survey: survey.estimate(means),
        "b": lambda survey: survey.estimate(means, by=fine),
        "c": lambda survey: survey.estimate(cd.ratio("y2", "x"), by="region"),
        "d": lambda survey: survey.estimate(cd.median("y2"), by="region"),
    }
    start = time.perf_counter()
    survey = cd.Survey(ENGINES[name](pattern), **DESIGN)
    found: dict[str, Any] = {"declare": time.perf_counter() - start, "jobs": {}}
    for job, call in jobs.items():
        start = time.perf_counter()
        frame = call(survey).to_frame()
        answer = {part: frame[part].tolist() for part in ("estimate", "se", "ci_low", "df", "n", "deff")}
        found["jobs"][job] = answer | {"seconds": time.perf_counter() - start}
        if job == "c":
            found["peak_sums"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def in_its_own_process(name: str, pattern: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--engine", name, "--pattern", pattern]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        return {"error": (said.stderr.strip().splitlines() or ["no message"])[-1]}
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def apart(found: dict[str, Any], reference: dict[str, Any], parts: tuple[str, ...]) -> str:
    """The largest relative difference of these numbers over all jobs."""
    if found is reference:
        return "–"
    gaps = [
        np.max(np.abs(np.array(answer[part], dtype=float) / np.array(reference["jobs"][job][part], dtype=float) - 1))
        for job, answer in found["jobs"].items()
        for part in parts
    ]
    return f"{np.nanmax(gaps):.1e}"


def report(rows: int, size: float, results: dict[str, dict[str, Any]]) -> None:
    print(f"\n{rows:,} rows, {FILES} files, {size:,.0f} MB: seconds\n")
    print("| engine | declare | a | b | c | d | peak MB, a-c | peak MB | largest difference | of deff |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    reference = results.get("memory", results.get("polars scan", {}))
    for name, found in results.items():
        if "error" in found:
            print(f"| {name} | {found['error']} |")
            continue
        seconds = " | ".join(f"{one['seconds']:.2f}" for one in found["jobs"].values())
        gap = apart(found, reference, ("estimate", "se", "ci_low", "df", "n"))
        gap += f" | {apart(found, reference, ('deff',))}"
        peaks = f"{found['peak_sums']:,.0f} | {found['peak']:,.0f}"
        print(f"| {name} | {found['declare']:.2f} | {seconds} | {peaks} | {gap} |")
    duck = results.get("DuckDB", {})
    if "peak" in duck:
        below = "below" if duck["peak"] < PEAK_DUCKDB else "NOT below"
        print(f"\nDuckDB: peak {duck['peak']:,.0f} MB, {below} {PEAK_DUCKDB:,} MB.")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
    parser.add_argument("--engine", choices=list(ENGINES), help="run one engine in this process and print JSON")
    parser.add_argument("--pattern", help="of the files, for --engine")
    parser.add_argument("--without", nargs="*", default=[], help="engines to leave out, such as Spark")
    given = parser.parse_args()
    if given.engine:
        print(json.dumps(one_engine(given.engine, given.pattern)))
        return
    for rows in given.rows:
        needed = rows * 40
        if shutil.disk_usage(tempfile.gettempdir()).free < needed:
            print(f"\n{rows:,} rows: not run, {needed / 1e9:.0f} GB of disk are wanted")
            continue
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), rows)
            size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
            names = [name for name in ENGINES if name not in given.without and rows <= MOST.get(name, rows)]
            results = {name: in_its_own_process(name, f"{folder}/*.parquet") for name in names}
        report(rows, size, results)


if __name__ == "__main__":
    main()
