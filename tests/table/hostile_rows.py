"""Rows of a small result with labels that mean mischief, for the tests of every output."""

from __future__ import annotations

import pandas as pd

FORMULA = '=HYPERLINK("http://example.org","Minsk")'
SCRIPT = "<script>alert('Brest')</script>"
# Numbers that stand nowhere else: if one turns up in an output, a hidden number got out.
CANARIES = {
    "estimate": 0.123456789,
    "se": 0.0234567891,
    "ci_low": 0.0345678912,
    "ci_high": 0.456789123,
    "cv": 0.567891234,
    "deff": 6.78912345,
    "deft": 7.89123456,
    "n_weighted": 3.91234567,
}


def make_rows() -> pd.DataFrame:
    """Shares in four regions and in all: one of 3 records, one of 30, one complementary."""
    counts = {SCRIPT: 300, "Vitebsk | *x*": 3, FORMULA: 30, "Gomel": 40, "Total": 373}
    rows = []
    for place, (region, n) in enumerate(counts.items()):
        share = 0.2 + 0.05 * place
        row = {"statistic": "mean(stunted == 1)", "item": "", "region": region, "estimate": share, "se": 0.02}
        row |= {"ci_low": share - 0.04, "ci_high": share + 0.04, "cv": 0.02 / share, "deff": 1.5, "deft": 1.2247}
        row |= {"df": 20.0, "n": n, "n_weighted": 1.5 * n, "psus": 9, "missing": 2, "missing_share": 0.01}
        rows.append(row | {"flag": "", "scale": "share"})
    rows[1] |= {**CANARIES, "psus": 2, "flag": "one PSU"}
    total = sum(row["estimate"] * row["n_weighted"] for row in rows[:4])
    weight = sum(row["n_weighted"] for row in rows[:4])
    rows[4] |= {"estimate": total / weight, "n_weighted": weight}
    return pd.DataFrame(rows)
