"""childdata, svy, samplics, R survey and a bare numpy group-by at the same four jobs, in one run on one machine.

The survey is invented by a seed: 50 strata, 4,000 PSUs, persons with a 0/1 variable y1, a skewed y2, a denominator x,
and 7 regions x 2 sexes x 5 quintiles = 70 domains. The jobs: a mean of y1 and y2; b both means in the 70 domains; c a
ratio in 7 regions; d a median in 7 regions; each with its standard error. Then b again for 7, 70, 700, 7,000 domains.

Each engine runs in a process of its own, so that its peak memory is its own. Declaring the design is timed apart. Times
are the median of the repeats, the first included: seconds on the clock and, in brackets, of the processor, which other
work on the machine disturbs less; the ratios are of the latter. The bare group-by gives estimate and standard error
only, with codes made before the clock starts and a dense table of PSUs x domains: the floor of few domains, not a
rival. Nothing is asserted by the clock; how far the results of all lie apart is printed.

    python benchmarks/estimates.py --rows 100000 1000000 --repeat 3
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
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

COLUMNS = ["stratum", "psu", "w", "y1", "y2", "x", "region", "sex", "quintile", "cell"]
DOMAINS = (7, 70, 700, 7000)
JOBS = ("a", "b", "c", "d")
# The most rows that a number of domains is tried at: 7,000 took svy 4 GB at 20,000 rows and more than 6 GB at 100,000.
SLOW = {("svy", 7000): 20_000, ("svy", 700): 100_000}

Answer = tuple[np.ndarray, np.ndarray]


def make(rows: int) -> dict[str, np.ndarray]:
    """The columns of the survey, in no order of the design."""
    rng = np.random.default_rng(4)
    psu = rng.integers(0, 4000, rows)
    effect = rng.normal(size=4000)[psu]
    y2 = np.exp(5 + 0.3 * effect + 0.7 * rng.normal(size=rows))
    return {
        "stratum": (psu % 50).astype(np.int64),
        "psu": psu.astype(np.int64),
        "w": rng.uniform(50, 400, rows),
        "y1": (rng.random(rows) < 1 / (1 + np.exp(1 - 0.5 * effect))).astype(np.float64),
        "y2": y2,
        "x": y2 * rng.uniform(0.8, 2.0, rows),
        "region": rng.integers(1, 8, rows),
        "sex": rng.integers(1, 3, rows),
        "quintile": rng.integers(1, 6, rows),
        "cell": rng.integers(0, 7000, rows),
    }


Engine = tuple[Callable[[], Any], dict[str, Callable[[Any], Answer]], Callable[[Any, int], Answer]]


def childdata_engine(columns: dict[str, np.ndarray]) -> Engine:
    import childdata as cd

    frame = pl.DataFrame(columns).with_columns([(pl.col("cell") % k).alias(f"cell{k}") for k in DOMAINS])
    means = [cd.mean("y1"), cd.mean("y2")]

    def answer(found: Any) -> Answer:
        result = found.to_frame()
        return result["estimate"].to_numpy(), result["se"].to_numpy()

    return (
        lambda: cd.Survey(frame, weight="w", strata="stratum", psu="psu"),
        {
            "a": lambda survey: answer(survey.estimate(means)),
            "b": lambda survey: answer(survey.estimate(means, by=["region", "sex", "quintile"])),
            "c": lambda survey: answer(survey.estimate(cd.ratio("y2", "x"), by="region")),
            "d": lambda survey: answer(survey.estimate(cd.median("y2"), by="region")),
        },
        lambda survey, k: answer(survey.estimate(means, by=f"cell{k}")),
    )


def svy_engine(columns: dict[str, np.ndarray]) -> Engine:
    import svy

    frame = pl.DataFrame(columns).with_columns([(pl.col("cell") % k).alias(f"cell{k}") for k in DOMAINS])

    def answer(found: Any, by: list[str]) -> Answer:
        tables = [one.to_polars() for one in (found if isinstance(found, list) else [found])]
        tables = [one.sort(by) if by else one for one in tables]
        return np.concatenate([one["est"] for one in tables]), np.concatenate([one["se"] for one in tables])

    fine = ["region", "sex", "quintile"]
    return (
        lambda: svy.Sample(frame, svy.Design(stratum="stratum", psu="psu", wgt="w")),
        {
            "a": lambda sample: answer(sample.estimation.mean(["y1", "y2"]), []),
            "b": lambda sample: answer(sample.estimation.mean(["y1", "y2"], by=fine), fine),
            "c": lambda sample: answer(sample.estimation.ratio("y2", "x", by="region"), ["region"]),
            "d": lambda sample: answer(sample.estimation.median("y2", by="region"), ["region"]),
        },
        lambda sample, k: answer(sample.estimation.mean(["y1", "y2"], by=f"cell{k}"), [f"cell{k}"]),
    )


def samplics_engine(columns: dict[str, np.ndarray]) -> Engine:
    import samplics

    def estimate(parameter: str, y: str, **more: Any) -> Answer:
        estimator = samplics.TaylorEstimator(getattr(samplics.PopParam, parameter))
        estimator.estimate(
            y=columns[y],
            samp_weight=columns["w"],
            stratum=columns["stratum"],
            psu=columns["psu"],
            **{name: columns[column] for name, column in more.items()},
        )
        point, error = estimator.point_est, estimator.stderror
        if not isinstance(point, dict):
            return np.atleast_1d(point), np.atleast_1d(error)
        return np.array([point[key] for key in sorted(point)]), np.array([error[key] for key in sorted(point)])

    def both(_: Any) -> Answer:
        parts = [estimate("mean", "y1"), estimate("mean", "y2")]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def no_domains(_: Any, k: int) -> Answer:
        raise ValueError(f"samplics was not asked for {k} domains: it takes minutes")

    return (
        lambda: None,
        {
            "a": both,
            "c": lambda _: estimate("ratio", "y2", x="x", domain="region"),
            "d": lambda _: estimate("median", "y2", domain="region"),
        },
        no_domains,
    )


def bare_engine(columns: dict[str, np.ndarray]) -> Engine:
    psus, strata = 4000, 50
    psu, w = columns["psu"], columns["w"]
    stratum = np.arange(psus) % strata
    size = np.bincount(stratum, minlength=strata)
    codes: dict[object, np.ndarray] = {
        "all": np.zeros(psu.size, dtype=np.int64),
        "region": columns["region"] - 1,
        "fine": ((columns["region"] - 1) * 2 + columns["sex"] - 1) * 5 + columns["quintile"] - 1,
    } | {k: columns["cell"] % k for k in DOMAINS}

    def error(z: np.ndarray) -> np.ndarray:
        """Standard errors from the sums of w * influence, array (psus, rows)."""
        sums = np.zeros((strata, z.shape[1]))
        np.add.at(sums, stratum, z)
        centred = z - (sums / size[:, None])[stratum]
        factor: np.ndarray = (size / (size - 1))[stratum]
        result: np.ndarray = np.sqrt(factor @ centred**2)
        return result

    def table(key: np.ndarray, cells: int, values: np.ndarray) -> np.ndarray:
        return np.bincount(key, values, psus * cells).reshape(psus, cells)

    def ratio(top: np.ndarray, bottom: np.ndarray | None, by: object, cells: int) -> Answer:
        key = psu * cells + codes[by]
        a, b = table(key, cells, w * top), table(key, cells, w if bottom is None else w * bottom)
        value = a.sum(0) / b.sum(0)
        return value, error((a - value * b) / b.sum(0))

    def means(by: object, cells: int) -> Answer:
        parts = [ratio(columns[name], None, by, cells) for name in ("y1", "y2")]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def median() -> Answer:
        from scipy.special import stdtrit

        y, code = columns["y2"], codes["region"]
        order = np.argsort(y)
        parts = [order[code[order] == k] for k in range(7)]
        running = [np.cumsum(w[part]) for part in parts]

        def at(p: np.ndarray) -> np.ndarray:
            cuts = [np.searchsorted(sums, q * sums[-1]) for sums, q in zip(running, p, strict=True)]
            return np.array([y[part[cut]] for part, cut in zip(parts, cuts, strict=True)])

        value = at(np.full(7, 0.5))
        share, se = ratio((y <= value[code]).astype(np.float64), None, "region", 7)
        half = stdtrit(psus - strata, 0.975) * se
        return value, (at(share + half) - at(share - half)) / (2 * stdtrit(psus - strata, 0.975))

    return (
        lambda: None,
        {
            "a": lambda _: means("all", 1),
            "b": lambda _: means("fine", 70),
            "c": lambda _: ratio(columns["y2"], columns["x"], "region", 7),
            "d": lambda _: median(),
        },
        lambda _, k: means(k, k),
    )


ENGINES: dict[str, Callable[[dict[str, np.ndarray]], Engine]] = {
    "bare numpy": bare_engine,
    "childdata": childdata_engine,
    "svy": svy_engine,
    "samplics": samplics_engine,
}

R_SCRIPT = """
suppressMessages(library(survey)); args <- commandArgs(TRUE); n <- as.numeric(args[2]); repeats <- as.integer(args[3])
f <- file(args[1], "rb")
d <- as.data.frame(lapply(setNames(nm = COLUMNS), function(k) readBin(f, "double", n)))
timed <- function(what, repeats) {
  t <- cpu <- numeric(repeats)
  for (k in seq_len(repeats)) { s <- system.time(r <- what()); t[k] <- s[[3]]; cpu[k] <- s[[1]] + s[[2]] }
  list(seconds = median(t), cpu = median(cpu), estimate = as.vector(coef(r)), se = as.vector(as.matrix(SE(r)))) }
declare <- system.time(s <- svydesign(~psu, strata = ~stratum, weights = ~w, data = d))["elapsed"]
fine <- function() svyby(~y1 + y2, ~quintile + sex + region, s, svymean)
out <- list(declare = declare[[1]], jobs = list(
  a = timed(function() svymean(~y1 + y2, s), repeats), b = timed(fine, if (n > 2e5) 1 else repeats),
  c = timed(function() svyby(~y2, denominator = ~x, ~region, s, svyratio), repeats),
  d = timed(function() svyby(~y2, ~region, s, svyquantile, quantiles = 0.5), repeats)), domains = NULL)
memory <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
out$peak <- as.numeric(gsub("[^0-9]", "", memory)) / 1024
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE))
"""


def peak() -> float:
    """The largest resident memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(what: Callable[[], Answer], repeat: int) -> dict[str, Any]:
    seconds, cpu = [], []
    for _ in range(repeat):
        start, busy = time.perf_counter(), time.process_time()
        estimate, se = what()
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - busy)
    medians = {"seconds": statistics.median(seconds), "cpu": statistics.median(cpu)}
    return {**medians, "estimate": estimate.tolist(), "se": se.tolist()}


def one_engine(name: str, rows: int, repeat: int) -> dict[str, Any]:
    """All jobs of one engine, in this process."""
    warnings.simplefilter("ignore")
    columns = make(rows)
    declare, jobs, domains = ENGINES[name](columns)
    before = peak()
    start = time.perf_counter()
    survey = declare()
    seconds = time.perf_counter() - start
    results = {job: timed(lambda job=job: jobs[job](survey), repeat) for job in jobs}  # type: ignore[misc]
    more = peak()
    counted = [] if name == "samplics" else [k for k in DOMAINS if rows <= SLOW.get((name, k), rows)]
    by_count = {k: timed(lambda k=k: domains(survey, k), 1 if name == "svy" else repeat) for k in counted}  # type: ignore[misc]
    return {"declare": seconds, "jobs": results, "domains": by_count, "start": before, "peak": more, "most": peak()}


def in_its_own_process(name: str, rows: int, repeat: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--engine", name, "--rows", str(rows), "--repeat", str(repeat)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        return {"error": (said.stderr.strip().splitlines() or ["no message"])[-1]}
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def r_process(rows: int, repeat: int) -> dict[str, Any]:
    """R survey on the same columns, if Rscript is there."""
    if shutil.which("Rscript") is None:
        return {"error": "no Rscript on this machine"}
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "columns.bin", Path(folder) / "run.R"
        data.write_bytes(b"".join(make(rows)[name].astype(np.float64).tobytes() for name in COLUMNS))
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        script.write_text(R_SCRIPT.replace("COLUMNS", f"c({names})"), encoding="utf-8")
        command = ["Rscript", str(script), str(data), str(rows), str(repeat)]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        return {"error": said.stderr.strip().splitlines()[-1]}
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def apart(found: dict[str, Any], reference: dict[str, Any]) -> float:
    """The largest relative difference of estimates and standard errors, sorted (engines order domains differently)."""
    gaps = [
        np.max(np.abs(np.sort(found[part]) / np.sort(reference[part]) - 1), initial=0.0) for part in ("estimate", "se")
    ]
    return float(max(gaps))


def report(rows: int, results: dict[str, dict[str, Any]]) -> None:
    print(f"\n{rows:,} rows: seconds [CPU], CPU / childdata's\n")
    print("| engine | declare | " + " | ".join(JOBS) + " | peak MB | largest difference |")
    print("|---" * (len(JOBS) + 4) + "|")
    ours = results["childdata"]
    for name, found in results.items():
        if "error" in found:
            print(f"| {name} | {found['error']} |")
            continue
        cells = []
        for job in JOBS:
            one = found["jobs"].get(job)
            times = one and one["cpu"] / ours["jobs"][job]["cpu"]
            cells.append(f"{one['seconds']:.3f} [{one['cpu']:.3f}] {times:.1f}x" if one else "–")
        gap = max(apart(one, ours["jobs"][job]) for job, one in found["jobs"].items())
        print(f"| {name} | {found['declare']:.3f} | {' | '.join(cells)} | {found['peak']:.0f} | {gap:.0e} |")
    print("\n| engine | " + " | ".join(f"{k:,} domains" for k in DOMAINS) + " | peak MB |")
    print("|---" * (len(DOMAINS) + 2) + "|")
    for name, found in results.items():
        if found.get("domains"):
            there = [found["domains"].get(str(k)) for k in DOMAINS]
            cells = [f"{one['seconds']:.3f} [{one['cpu']:.3f}]" if one else "–" for one in there]
            print(f"| {name} | {' | '.join(cells)} | {found['most']:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--engine", choices=list(ENGINES), help="run one engine in this process and print JSON")
    parser.add_argument("--without", nargs="*", default=[], help="engines to leave out, such as R samplics")
    given = parser.parse_args()
    if given.engine:
        print(json.dumps(one_engine(given.engine, given.rows[0], given.repeat)))
        return
    for rows in given.rows:
        names = [name for name in ENGINES if name not in given.without]
        results = {name: in_its_own_process(name, rows, given.repeat) for name in names}
        if "R" not in given.without:
            results["R survey"] = r_process(rows, given.repeat)
        report(rows, results)


if __name__ == "__main__":
    main()
