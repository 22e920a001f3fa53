"""What country do the invented surveys live in: its regions, strata and primary sampling units.

Six regions and the city of Minsk, urban and rural apart: thirteen strata, and a fourteenth with a single
PSU, which every real survey has sooner or later. The sizes are rounded numbers of `data/belarus.toml`;
PSUs are allotted in proportion to size, at least four to a stratum where the sample allows.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from childdata.errors import DefinitionError
from childdata.synthetic.chance import Codes, Numbers, stream

URBAN, RURAL = 1, 2


@cache
def load(name: str) -> dict[str, Any]:
    """One of the tables in `synthetic/data`, without its suffix."""
    text = (files("childdata.synthetic") / "data" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class Places:
    """The primary sampling units: arrays (p,) of stratum, region, area, and households each stands for.

    childless : index of the one PSU in which no child lives.
    """

    stratum: Codes
    region: Codes
    area: Codes
    households: Numbers
    childless: int

    def __len__(self) -> int:
        return len(self.stratum)


def allot(sizes: Numbers, total: int, least: int) -> Codes:
    """Array (s,): `total` PSUs in proportion to `sizes`, at least `least` each, by largest remainders."""
    ideal = np.maximum(sizes / sizes.sum() * total, least)
    spare = total - least * len(sizes)
    over = ideal - least
    share = over / over.sum() * spare if over.sum() > 0 else over
    whole = np.floor(share).astype(np.int64)
    left = spare - int(whole.sum())
    whole[np.argsort(-(share - whole), kind="stable")[:left]] += 1
    return np.asarray(whole + least, dtype=np.int64)


def draw_places(seed: int, psus: int) -> Places:
    """The PSUs of a sample: each stands for about as many households as the others of its stratum.

    Raises DefinitionError if fewer than 29 PSUs are wanted (two in each stratum, one in the small one).
    """
    strata = load("belarus")["strata"]
    if psus < 2 * len(strata) + 1:
        raise DefinitionError(
            f"{psus} PSUs were wanted, but {len(strata)} strata need two each; ask for more households"
        )
    sizes = np.array([stratum["households"] for stratum in strata], dtype=np.float64)
    single = np.array([bool(stratum.get("one_psu", False)) for stratum in strata])
    counts = np.ones(len(strata), dtype=np.int64)
    regular = psus - int(single.sum())
    counts[~single] = allot(sizes[~single], regular, 4 if regular >= 5 * int((~single).sum()) else 2)
    stratum = np.repeat(np.arange(len(strata)), counts)
    size = sizes[stratum] / counts[stratum] * np.exp(0.15 * stream(seed, "psu size").standard_normal(psus))
    code = np.array([row["code"] for row in strata])[stratum]
    area = np.array([row["area"] for row in strata])[stratum]
    region = np.array([row["region"] for row in strata])[stratum]
    rural = np.flatnonzero((area == RURAL) & (counts[stratum] > 2))
    childless = int(rural[len(rural) // 2]) if len(rural) else 0
    return Places(code, region, area, size, childless)
