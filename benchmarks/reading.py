"""What the helper process costs: `python benchmarks/reading.py [rows]`.

Compares, in one run, reading through the helper with plain pyreadstat reading to the same Arrow table, on a file of
1,000,000 rows x 50 variables, and the time from call to Dataset on a small file with the helper and without it. Wall
and processor seconds; nothing is asserted by the clock.
"""

from __future__ import annotations

import gc
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyreadstat

import childdata.microdata as cd


def make_file(folder: Path, rows: int) -> Path:
    """Twenty labelled codes, twenty amounts, five counts, four Cyrillic texts, one date, as SPSS would write them."""
    random = np.random.default_rng(1)
    columns: dict[str, pl.Series] = {}
    for i in range(20):
        columns[f"q{i}"] = pl.Series(random.integers(1, 6, rows))
    for i in range(20):
        columns[f"x{i}"] = pl.Series(random.normal(100, 15, rows))
    for i in range(5):
        columns[f"n{i}"] = pl.Series(random.integers(0, 12, rows))
    words = np.array(["Минск", "Брест", "Гомель", "Витебск", "Гродно"])
    for i in range(4):
        columns[f"t{i}"] = pl.Series(words[random.integers(0, 5, rows)].tolist())
    columns["day"] = pl.Series(random.integers(17_000, 18_000, rows)).cast(pl.Date)
    labels = {1: "один", 2: "два", 3: "три", 4: "четыре", 5: "не знаю"}
    known = [cd.Variable(f"q{i}", value_labels=labels, format="F4.0") for i in range(20)]
    data = cd.Dataset.from_frame(pl.DataFrame(columns), variables=known)
    return cd.write(data, folder / f"rows{rows}.sav", encoding="windows-1251")


def plain(path: Path) -> pa.Table:
    """The rows as pyreadstat gives them, in an Arrow table."""
    columns, found = pyreadstat.read_sav(
        path, user_missing=True, disable_datetime_conversion=True, output_format="dict"
    )
    arrays = []
    for name in list(columns):
        text = found.readstat_variable_types[name] == "string"
        arrays.append(pa.array(columns.pop(name), pa.large_string() if text else pa.float64()))
    return pa.table(arrays, names=[str(i) for i in range(len(arrays))])


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds, those of child processes included only once they have ended."""
    gc.collect()
    started, used = time.perf_counter(), time.process_time()
    result = work()
    spent = time.perf_counter() - started, time.process_time() - used
    del result
    return spent


def main() -> None:
    """Print the table of times and ratios."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = make_file(folder, 500), make_file(folder, rows)
        first, _ = seconds(lambda: cd.read(small, isolate=True))
        helped = min(seconds(lambda: cd.read(small, isolate=True))[0] for _ in range(20))
        direct = min(seconds(lambda: cd.read(small, isolate=False))[0] for _ in range(20))
        print(
            f"small file, 500 x 50: first {first * 1000:.0f} ms, then {helped * 1000:.1f} ms with the helper, ", end=""
        )
        print(f"{direct * 1000:.1f} ms without: {1000 * (helped - direct):.1f} ms more")
        print(f"{rows} x 50, {large.stat().st_size / 1e6:.0f} MB:")
        # in turn, twice, and the quicker of each: other work on the machine disturbs one and not the other
        rounds = [(seconds(lambda: plain(large))[0], seconds(lambda: cd.read(large, isolate=True))) for _ in range(2)]
        base = min(plainly for plainly, _ in rounds)
        through, own = min(helped for _, helped in rounds)
        print(f"  pyreadstat to Arrow {base:.1f} s; childdata.read {through:.1f} s, of it {own:.1f} s in this process")
        print(f"  ratio {through / base:.2f}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"  peak memory of this process {peak:.2f} GB (the plain reading included)")


if __name__ == "__main__":
    main()
