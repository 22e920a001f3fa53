"""Replicates of paired PSUs: one of each pair has more weight, the other less (BRR, Fay), or none (JK2).

With pairs p of PSUs a, b, Hadamard signs h_pr, and Fay's ρ (0 for BRR), the factors of replicate r are
1 ± (1 − ρ) h_pr; by the orthogonality of the signs the variance of a total is Σ_p (z_pa − z_pb)² for any matrix with
more replicates than pairs.

Source: McCarthy (1969), Review of the International Statistical Institute 37, 239-264; Judkins (1990), Journal of
Official Statistics 6, 223-239; Rust & Rao (1996), Statistical Methods in Medical Research 5, 283-310.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childdata.errors import DesignError
from childdata.survey.arrays import Codes, Floats
from childdata.survey.hadamard import available_order, hadamard
from childdata.survey.replicate_kinds import BRR, JK2, Fay
from childdata.survey.resampled import Made, Sample
from childdata.words import word


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """PSUs in pairs.

    Attributes
    ----------
    pair : array (units,); the pair of each PSU, −1 for those in none.
    side : array (units,); 1 for the first of a pair, −1 for the second, 0 for those in none.
    stratum : array (pairs,); the stratum of each pair, of two joined strata the first.
    notes : what was decided.
    """

    pair: Codes
    side: Floats
    stratum: Codes
    notes: tuple[str, ...]


def half_samples(sample: Sample, kind: BRR) -> Made:
    """Balanced half-samples, array of factors 1 ± (1 − ρ) with a row per PSU and a column per row of the matrix.

    Raises
    ------
    DesignError if a stratum cannot be made of pairs.
    """
    pairs = _pairs(sample, kind, kind.large, join=kind.small == "merge")
    least = kind.replicates if isinstance(kind.replicates, int) else 0
    size = available_order(max(pairs.stratum.size + 1, least))
    factor = sample.ones(size)
    rho = kind.rho if isinstance(kind, Fay) else 0.0
    paired = pairs.pair >= 0
    # the first row of the matrix is all ones, and balanced against nothing
    signs = hadamard(size)[1 + pairs.pair[paired]]
    factor[paired] += (1 - rho) * pairs.side[paired, None] * signs
    finite = sample.stage.population[pairs.stratum] < np.inf
    dropped = np.unique(pairs.stratum[finite]).size
    notes = (word("told.fpc_dropped", count=dropped),) if dropped else ()
    return Made(factor, 1 / (size * (1 - rho) ** 2), np.ones(size), notes=(*pairs.notes, *notes))


def paired_jackknife(sample: Sample, kind: JK2) -> Made:
    """One replicate per pair: one PSU left out, the other doubled; rscales are 1 − f_h.

    Raises
    ------
    DesignError if a stratum has other than two PSUs.
    """
    pairs = _pairs(sample, kind, "fail", join=False)
    size = int(pairs.stratum.size)
    factor = sample.ones(size)
    turn: Floats = np.ones(size)
    if kind.seed is not None:
        chance = np.random.Generator(np.random.PCG64(kind.seed))
        turn = np.where(chance.integers(0, 2, size, dtype=np.int64) == 1, 1.0, -1.0)
    paired = np.flatnonzero(pairs.pair >= 0)
    of = pairs.pair[paired]
    factor[paired, of] += pairs.side[paired] * turn[of]
    weighted = np.unique(pairs.pair[sample.weighted & (pairs.pair >= 0)]).size
    return Made(factor, 1.0, sample.stage.unsampled[pairs.stratum], degrees_of_freedom=weighted)


def _pairs(sample: Sample, kind: BRR | JK2, large: str, *, join: bool) -> Pairs:
    _refuse_unpaired(sample, kind, large)
    pair, side = np.full(sample.units, -1, dtype=np.intp), np.zeros(sample.units)
    strata: list[int] = []
    many = 0
    for stratum, first, last in sample.slices():
        size = last - first
        many += size > 2
        # split: a and b in turn; merge: the first half against the second
        width = 1 if large == "split" else size // 2
        number = np.arange(size) // (2 * width)
        pair[first:last] = len(strata) + number
        side[first:last] = 1 - 2 * (np.arange(size) // width % 2)
        strata += [stratum] * int(number[-1] + 1)
    notes = [word("told.strata_split" if large == "split" else "told.strata_halved", count=many)] if many else []
    if join and sample.alone.size:
        units = sample.stage.start[sample.alone]
        pair[units] = len(strata) + np.arange(units.size) // 2
        side[units] = 1 - 2 * (np.arange(units.size) % 2)
        strata += sample.alone[::2].tolist()
        notes.append(word("told.strata_joined", count=units.size))
    return Pairs(pair, side, np.array(strata, dtype=np.intp), tuple(notes))


def _refuse_unpaired(sample: Sample, kind: BRR | JK2, large: str) -> None:
    sampled = sample.stage.sampled
    odd = np.flatnonzero(sample.resampled & (sampled % 2 == 1))
    wanted = f"{kind.name} wants two PSUs in each stratum"
    other = "JKn and Bootstrap take any number of PSUs"
    if odd.size:
        raise DesignError(f"{wanted}; an odd number is in {odd.size} strata: {sample.named(odd)}; {other}")
    more = np.flatnonzero(sample.resampled & (sampled > 2))
    if more.size and large == "fail":
        split = '; large="split" makes pairs of them' if isinstance(kind, BRR) else ""
        raise DesignError(f"{wanted}; there are more in {more.size} strata: {sample.named(more)}{split}; {other}")
