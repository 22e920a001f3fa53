"""What do two surveys share? The covariance of estimates from samples that have units in common, or have none.

Two samples that share PSUs have correlated estimates. With z_s,hi the score of PSU i of stratum h in survey s, and
c_sh the factor of its variance, n_sh / (n_sh − 1) · (1 − f_sh),

    Cov(θ̂_1, θ̂_2) = Σ_h √(c_1h c_2h) Σ_{i in both} (z_1hi − z̄_1h)(z_2hi − z̄_2h)

each mean over all units of its own survey. A unit that only one survey has adds to the variance of that survey and to
no covariance; it is not a zero of the other, which never drew it. Where all units are shared this is the covariance of
the stacked waves. Put side by side, the scaled deviations of all surveys are one matrix D over the units of any of
them, and DᵀD is the covariance of all rows: never negative, and the variance of each survey is its own. With m of n
units shared its expectation is n/(n − 1) · (1 − 2/n + m/n²) of the covariance: 1 if all are shared, less in small
strata of which a part is renewed.

Source: Kish (1965), Survey Sampling, section 12.4; Berger & Priam (2016), JRSS A 179(1), 251-272.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from childdata.errors import EstimationError
from childdata.survey.arrays import Codes, Floats
from childdata.survey.keys import Key, Keys, shape_of
from childdata.survey.replicates import Replicates
from childdata.survey.rubin import Draws
from childdata.survey.spread import Block, Deviations, Gram, Replicated, Scores, Spread, mixture, same_units

Overlap = Literal["none", "psu", "household", "replicates"]


@dataclass(frozen=True, slots=True)
class Matched:
    """The units that two surveys share, and those that each has."""

    first: int
    second: int
    level: str
    both: int
    units: tuple[int, int]


class _Shared:
    """The key of a block over the units of several surveys: no two comparisons have the same."""


def independent(spreads: Sequence[Spread]) -> Spread:
    """The rows of several surveys side by side, without covariance between surveys.

    Raises
    ------
    EstimationError if two come from one survey object, whose rows have one.
    """
    for place, one in enumerate(spreads):
        for number, other in enumerate(spreads[:place]):
            if any(same_units(a.stage, b.stage) for a in one.blocks for b in other.blocks):
                raise EstimationError(
                    f"estimates {number + 1} and {place + 1} come from one survey object and are not independent, "
                    "be it under weights adjusted since: take their difference by `-`, or estimate both in one call"
                )
            if one.keys is not None and other.keys is not None and one.keys.design.stages is other.keys.design.stages:
                raise EstimationError(
                    f"estimates {number + 1} and {place + 1} come from one survey under variances of different kinds, "
                    "or under replicates made apart, and are not independent: estimate both under the same"
                )
    shift, size = _places(spreads)
    blocks = [block for one, at in zip(spreads, shift, strict=True) for block in _moved(one.blocks, at, size)]
    return Spread(tuple(blocks))


def correlated(spreads: Sequence[Spread], correlation: Floats, matches: Sequence[Codes]) -> Spread:
    """The rows of several surveys side by side, matched rows of two surveys having a given correlation.

    Of two rows i ≠ j the covariance between surveys is ρ · se_1i · se_2j · (R_1ij + R_2ij) / 2, R_s the correlations
    within survey s.

    Parameters
    ----------
    correlation : array (surveys, surveys). matches : for each survey the place of each label, -1 where it has none.
    """
    own = independent(spreads)
    shift, size = _places(spreads)
    cross = np.zeros((size, size))
    se, within = [], []
    for one in spreads:
        covariance = one.covariance()
        error = np.sqrt(np.diagonal(covariance))
        with np.errstate(divide="ignore", invalid="ignore"):
            within.append(np.nan_to_num(covariance / np.outer(error, error)))
        se.append(np.nan_to_num(error))
    for s in range(len(spreads)):
        for t in range(s):
            a, b = np.asarray(matches[s]), np.asarray(matches[t])
            a, b = a[(a >= 0) & (b >= 0)], b[(a >= 0) & (b >= 0)]
            mean = (within[s][np.ix_(a, a)] + within[t][np.ix_(b, b)]) / 2
            part = correlation[s, t] * np.outer(se[s][a], se[t][b]) * mean
            cross[np.ix_(shift[s] + a, shift[t] + b)] = part
            cross[np.ix_(shift[t] + b, shift[s] + a)] = part.T
    return Spread((*own.blocks, Gram(cast(Any, _Shared()), cross)))


def sharing(spreads: Sequence[Spread], level: Overlap, names: Sequence[str]) -> tuple[Spread, list[Matched]]:
    """The rows of several surveys side by side, with the covariance of the units that they share.

    Parameters
    ----------
    level : `psu`, units of the first stage; `household`, those of the second as well.
    names : of the surveys.

    Raises
    ------
    EstimationError if units have no names, their scores are not kept, or a survey shares none with the others.
    """
    keys = [_keys(one, name) for one, name in zip(spreads, names, strict=True)]
    scores = [_deviations(one, 0, name) for one, name in zip(spreads, names, strict=True)]
    psus = [_named_psus(one, name) for one, name in zip(keys, names, strict=True)]
    found = matched(psus, "psu")
    _refuse_strangers(found, psus, names, keys)
    shift, size = _places(spreads)
    blocks: list[Block] = [_together(psus, scores, shift, size)]
    later = [one.blocks[1:] for one in spreads]
    if level == "household":
        households = [_named_households(one, name) for one, name in zip(keys, names, strict=True)]
        found += matched(households, "household")
        second = [_second(one, key) for one, key in zip(spreads, keys, strict=True)]
        parts = [place for place, one in enumerate(second) if one is not None]
        if parts:
            own = [households[place] for place in parts]
            deviations = [_deviations(spreads[place], cast(int, second[place]), names[place]) for place in parts]
            blocks.append(_together(own, deviations, [shift[place] for place in parts], size))
            later = [
                one if at is None else tuple(block for k, block in enumerate(one, start=1) if k != at)
                for one, at in zip(later, second, strict=True)
            ]
    for rest, at in zip(later, shift, strict=True):
        blocks += _moved(rest, at, size)
    return Spread(tuple(blocks)), found


def replicated(spreads: Sequence[Spread], names: Sequence[str]) -> Spread:
    """The rows of several surveys side by side, with their covariance over replicates that are the same draws.

    Two weights of one file have replicates made alike: replicate r leaves out, or draws, the same units in both.

    Raises
    ------
    EstimationError if a survey has no replicate weights, or others in number, scale, rscales or centre.
    """
    blocks: list[Replicated] = []
    for one, name in zip(spreads, names, strict=True):
        block = one.blocks[0]
        if len(one.blocks) != 1 or not isinstance(block, Replicated):
            raise EstimationError(
                f'overlap="replicates" is of surveys with replicate weights, and the variance of survey {name} is not '
                "made of them alone; declare replicates= in all, or match PSUs by overlap='psu'"
            )
        blocks.append(block)
    first = blocks[0].stage
    for block, name in zip(blocks, names, strict=True):
        apart = _replicates_apart(first, block.stage)
        if apart:
            raise EstimationError(
                f'overlap="replicates" takes replicate r for the same draw in all surveys, but those of {name} differ '
                f"from those of {names[0]} in {apart}; give the correlation of the two estimates instead (overlap=0.5)"
            )
    estimate = np.concatenate([block.estimate for block in blocks])
    return Spread((Replicated(first, estimate, np.hstack([block.values for block in blocks])),))


def _replicates_apart(a: Replicates, b: Replicates) -> str:
    """What two sets of replicate weights differ in, in words; nothing where they may be the same draws."""
    if a.kind != b.kind:
        return f"kind ({a.kind}, {b.kind})"
    if a.size != b.size:
        return f"number ({a.size}, {b.size})"
    if not np.isclose(a.scale, b.scale, rtol=1e-9, atol=0) or not np.allclose(a.rscales, b.rscales, rtol=1e-9, atol=0):
        return "scale or rscales"
    return "" if a.mse == b.mse else "centre (the estimate, the mean of the replicates)"


def matched(keys: Sequence[Sequence[Key]], level: str) -> list[Matched]:
    """How many keys each pair of surveys has in common.

    >>> matched([[("1", "a"), ("1", "b")], [("1", "b"), ("2", "a")]], "psu")[0].both
    1
    """
    sets = [set(one) for one in keys]
    return [
        Matched(s, t, level, len(sets[s] & sets[t]), (len(sets[s]), len(sets[t])))
        for t in range(len(sets))
        for s in range(t)
    ]


def _places(spreads: Sequence[Spread]) -> tuple[list[int], int]:
    """The first row of each survey among the rows of all, and how many there are."""
    sizes = [one.rows for one in spreads]
    ends = np.cumsum([0, *sizes]).tolist()
    return ends[:-1], ends[-1]


def _moved(blocks: Sequence[Block], shift: int, size: int) -> list[Block]:
    """Blocks of one survey among the rows of all: the other rows have no part in its units."""
    moved: list[Block] = []
    for block in blocks:
        rows = np.arange(block.rows)
        matrix = mixture([(rows, np.ones(rows.size))], (block.rows, size), column=rows + shift)
        if isinstance(block, Replicated):  # replicates of one survey say nothing of a formula of two
            moved.append(Deviations(cast(Any, block.stage), block.deviations()).combine(matrix))
        elif isinstance(block, Deviations) and isinstance(block.stage, Draws):
            # nor do the imputations of one tell the degrees of freedom of two
            moved.append(Deviations(cast(Any, _Shared()), block.matrix).combine(matrix))
        else:
            moved.append(block.combine(matrix))
    return moved


def _together(keys: Sequence[Sequence[Key]], scores: Sequence[Floats], shift: Sequence[int], size: int) -> Deviations:
    """The deviations of several surveys over the units of any of them, array (units, rows of all)."""
    place: dict[Key, int] = {}
    for one in keys:
        for key in one:
            place.setdefault(key, len(place))
    matrix = np.zeros((len(place), size))
    for one, own, at in zip(keys, scores, shift, strict=True):
        units = np.array([place[key] for key in one], dtype=np.intp)
        matrix[units, at : at + own.shape[1]] = own
    return Deviations(cast(Any, _Shared()), matrix)


def _deviations(spread: Spread, place: int, name: str) -> Floats:
    block = spread.blocks[place]
    if isinstance(block, Scores):
        return block.deviations().matrix
    if isinstance(block, Deviations):
        return block.matrix
    instead = 'give the correlation of the two estimates instead (overlap=0.5), or overlap="none"'
    if isinstance(block, Gram):
        raise EstimationError(f'the scores of survey {name} were not kept; estimate with keep="scores", or {instead}')
    kind = "by replicate weights" if isinstance(block, Replicated) else "of two phases or of unequal probabilities"
    if isinstance(block, Replicated):
        instead = 'say overlap="replicates" where replicate r is the same draw in all surveys, or ' + instead
    raise EstimationError(
        f"the variance of survey {name} is one {kind}, which has no share for each PSU to be matched; declare strata "
        f"and PSUs as drawn with replacement, or {instead}"
    )


def _keys(spread: Spread, name: str) -> Keys:
    if spread.keys is None:
        raise EstimationError(
            f"the estimates of survey {name} do not know their sampling units (they were combined from several data "
            'sets, or joined from several models); give the correlation instead (overlap=0.5), or overlap="none"'
        )
    return spread.keys


def _named_psus(keys: Keys, name: str) -> list[Key]:
    found = keys.psus()
    if found is None:
        raise EstimationError(
            f'overlap="psu" matches PSUs by name, and survey {name} declares none: each record is a unit of its own; '
            "declare psu= with a number that is the same in both surveys"
        )
    return found


def _named_households(keys: Keys, name: str) -> list[Key]:
    found = keys.households()
    if found is None:
        raise EstimationError(
            'overlap="household" matches the units of the second stage by name, and survey '
            f"{name} declares none; declare psu=['PSU', 'household'], or, where households are the units "
            'of the first stage, say overlap="psu"'
        )
    return found


def _second(spread: Spread, keys: Keys) -> int | None:
    """The block of the second stage, where it has a part in the variance."""
    stages = keys.design.stages
    for place, block in enumerate(spread.blocks[1:], start=1):
        if len(stages) > 1 and block.stage is stages[1]:
            return place
    return None


def _refuse_strangers(
    found: Sequence[Matched], psus: Sequence[Sequence[Key]], names: Sequence[str], keys: Sequence[Keys]
) -> None:
    for place, name in enumerate(names):
        if not any(one.both for one in found if place in (one.first, one.second)):
            told = "; ".join(
                f"{other}: {len(one)} PSUs named by ({by.strata or 'no strata'}; {', '.join(by.units[:1])}), such as "
                f"{shape_of(one)}"
                for other, one, by in zip(names, psus, keys, strict=True)
            )
            raise EstimationError(
                f'overlap="psu", but survey {name} shares no PSU with the others. A PSU is known by the label of its '
                f"stratum and its own number, and both have to agree (9 is any figure, A any letter): {told}. Give "
                'both surveys the same strata and numbers, or say overlap="none"'
            )
