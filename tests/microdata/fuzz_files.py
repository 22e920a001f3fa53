"""Reads damaged files by the thousand: `python tests/microdata/fuzz_files.py --count 10000 [--seed 1] [--seconds 10]`.

Small .sav, .zsav, .dta and .por files are mutated (bytes flipped, cut short, bytes inserted, lengths edited) and read
through the helper process. Each must give a Dataset or a ReadError; this process must neither die nor hang. Prints
how many gave what, and every violation with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import random
import struct
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from pathlib import Path

import polars as pl
import pyreadstat

from childdata.errors import ReadError
from childdata.microdata import Dataset, Variable, read, write

FORMATS = (".sav", ".zsav", ".dta", ".por")


def good_files(folder: Path) -> dict[str, list[bytes]]:
    """A few sound files of each format, small but with every kind of record."""
    data = Dataset.from_frame(
        {
            "HH1": [1, 2, 2, 9, None] * 8,
            "weight": [0.5, 1.25, 3.0, None, 99.0] * 8,
            "answer": ["A", "", "ABX", "Ответ", "z" * 20] * 8,
            "story": ["y" * 300, "", "x", "y", "z"] * 8,
        },
        variables=[
            Variable("HH1", "Кластер", {1: "Один", 2: "Два", 9: "Нет ответа"}, (9,), format="F4.0"),
            Variable("weight", "Weight", missing_ranges=((90, 99),)),
            Variable("answer", "Answers", {"A": "Radio"}, ("ABX",), kind="text"),
        ],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paths = [
            write(data, folder / "a.sav"),
            write(data.select("HH1", "weight", "answer"), folder / "b.sav", encoding="windows-1251"),
            write(data, folder / "a.zsav"),
            write(data.select("HH1", "weight", "answer"), folder / "a.dta"),
            write(data.select("HH1", "weight", "answer"), folder / "b.dta", version=12),
        ]
    portable = pl.DataFrame({"HH1": [1.0, 2.0, None] * 9, "T": ["a", "bb", ""] * 9})
    pyreadstat.write_por(portable, str(folder / "a.por"), column_labels=["Cluster", "Text"])
    files: dict[str, list[bytes]] = {}
    for path in [*paths, folder / "a.por"]:
        files.setdefault(path.suffix, []).append(path.read_bytes())
    return files


def mutate(raw: bytes, chance: random.Random) -> bytes:
    """One to four random damages."""
    damaged = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        if len(damaged) < 8:
            break
        # half of the damage falls on the dictionary, where the lengths are
        end = len(damaged) if chance.random() < 0.5 else min(len(damaged), 1200)
        place = chance.randrange(max(end - 4, 1))
        kind = chance.choice(("flip", "flip", "byte", "length", "length", "cut", "insert", "delete", "copy"))
        if kind == "flip":
            damaged[place] ^= 1 << chance.randrange(8)
        elif kind == "byte":
            damaged[place] = chance.choice((0, 1, 127, 128, 255))
        elif kind == "length":
            extreme = (0, 1, -1, 2**31 - 1, -(2**31), 255, 256, 65536, 10**6, 2**24)
            damaged[place : place + 4] = struct.pack("<i", chance.choice(extreme))
        elif kind == "cut":
            del damaged[chance.randrange(len(damaged)) :]
        elif kind == "insert":
            damaged[place:place] = chance.randbytes(chance.choice((1, 4, 8, 100)))
        elif kind == "delete":
            del damaged[place : place + chance.choice((1, 4, 8, 100))]
        else:
            source = chance.randrange(len(damaged))
            damaged[place : place + 8] = damaged[source : source + 8]
    return bytes(damaged)


def attempt(path: Path, seconds: float) -> str:
    """What reading gave: "dataset", or the kind of ReadError; anything else is raised."""
    try:
        data = read(path, isolate=True, timeout=seconds, limit=500_000_000)
    except ReadError as refused:
        said = str(refused)
        if path.name not in said:
            raise AssertionError(f"the error does not name the file: {said}") from refused
        for word in ("ended the process", "was not read within", "more memory", "unfolds to", "code page"):
            if word in said:
                return f"ReadError: {word}"
        return "ReadError: damaged"
    if data.frame.height and len(data.variables) != data.frame.width:
        raise AssertionError("variables and columns do not agree")
    return "dataset"


def fuzz(folder: Path, *, count: int, seed: int, seconds: float, report: int = 0) -> tuple[Counter[str], list[str]]:
    """Outcomes by format, and violations."""
    files = good_files(folder)
    outcomes: Counter[str] = Counter()
    violations: list[str] = []
    for number in range(count):
        chance = random.Random(f"{seed}-{number}")
        suffix = FORMATS[number % len(FORMATS)]
        path = folder / f"fuzz{suffix}"
        path.write_bytes(mutate(chance.choice(files[suffix]), chance))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                outcomes[f"{suffix} {attempt(path, seconds)}"] += 1
        except Exception:
            violations.append(f"seed {seed}-{number} ({suffix}):\n{traceback.format_exc()}")
        if report and (number + 1) % report == 0:
            print(f"{number + 1} read, {len(violations)} violations", flush=True)
    return outcomes, violations


def main() -> int:
    """Run, print what was found, and return 1 if anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcomes, violations = fuzz(Path(name), count=asked.count, seed=asked.seed, seconds=asked.seconds, report=1000)
    for outcome, found in sorted(outcomes.items()):
        print(f"{found:7d}  {outcome}")
    print("\n".join(violations[:20]))
    print(f"{asked.count} damaged files, {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
