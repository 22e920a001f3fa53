"""Two-phase designs: a sample of which a part, drawn by what the first phase told, is asked the costly questions.

A record of the second phase has the weight 1 / (π₁ π₂), and with its scores z = weight × influence, over the records of
the second phase,

V = V₁ + V₂,   V₁ = Σ_kl Δ₁_kl (1 − Δ₂_kl) z_k z_l,   V₂ = Σ_kl Δ₂_kl z_k z_l,   Δ_kl = 1 − π_k π_l / π_kl

V₁ is what the first phase would leave had all of it been asked, V₂ what is lost by asking a part. Both phases may have
strata, clusters and stages; Δ of such a design is a sum of "same unit" and "same stratum" patterns with a coefficient
each, and so is the product of two: nothing of the size records × records is ever made.

Source: Särndal, Swensson & Wretman (1992), section 9.3, equation 9.3.7; the approximation: Lumley (2010), Complex
Surveys, section 8.2: V₁ as the variance of the first phase with its sum of squares estimated from the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from childdata.errors import DesignError, nearest
from childdata.expression import Rule
from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.design import Stage, compact
from childdata.survey.quadratic import Groups, Quadratic, QuadraticForm, of_groups
from childdata.survey.reduce import Triplets, by_stage
from childdata.survey.spread import Block, Scores, Spread
from childdata.survey.variance import LonelyRule

if TYPE_CHECKING:
    from scipy.sparse import csc_array

PhaseMethod = Literal["full", "poisson", "approx"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """How the units of one phase were drawn, in the words of a `Survey`.

    Parameters
    ----------
    weight : column or rule; 1 / the probability of the record in this phase (in the second: given the first).
    strata, psu, fpc : as of a `Survey`. In the second phase the strata are what the first phase told; its fpc is the
        number of first-phase units in the stratum, and counted in the data where it is not given.
    """

    weight: Rule | None = None
    strata: str | Sequence[str] | None = None
    psu: str | Sequence[str] | None = None
    fpc: Rule | Sequence[Rule] | None = None


def check_method(method: str) -> None:
    """A DesignError for a method of two phases that is not there."""
    if method not in get_args(PhaseMethod):
        hint = "; 'simple' is called 'approx' here" if method == "simple" else nearest(method, get_args(PhaseMethod))
        raise DesignError(
            f"method is 'full', 'poisson' (R's 'full' where the first phase has no fpc) or 'approx'; found {method!r}"
            + hint
        )


@dataclass(frozen=True, slots=True, eq=False)
class TwoPhase:
    """A design of two phases, as codes.

    Attributes
    ----------
    first : the stages of the first phase, over all n records.
    second : the stages of the second, over its own records in order.
    element : a last stage, of the units that lie in one unit of both phases; taken whole, it adds nothing.
    inside : array (elements,); elements of the second phase.
    unit : array (elements,); the unit of the last stage of the second phase, -1 outside it.
    weight : array (elements,); the weight of the first phase.
    share : array (PSUs,) or None; of the method `approx` the part of first-phase PSUs that reached the second phase.
    method : `"full"`, `"poisson"` or `"approx"`.
    """

    first: tuple[Stage, ...]
    second: tuple[Stage, ...]
    element: Stage
    inside: Mask
    unit: Codes
    weight: Floats
    share: Floats | None
    method: PhaseMethod
    _forms: dict[LonelyRule, QuadraticForm] = field(default_factory=dict, repr=False)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the first phase, and that of the elements: scores are summed by element."""
        return (*self.first, self.element)

    @property
    def degrees_of_freedom(self) -> int:
        """PSUs - strata of the phase that has fewer, among the records of the second phase."""
        of_elements = _up(self.first, self.element.stratum)[0]
        psus = np.unique(of_elements[self.inside])
        first = psus.size - np.unique(self.first[0].stratum[psus]).size
        return int(min(first, self.second[0].stratum.size - self.second[0].sampled.size))

    def blocks(
        self,
        matrices: Sequence[csc_array],
        lonely: LonelyRule,
        lonely_domains: bool = False,
        *,
        residuals: csc_array | None = None,
    ) -> tuple[Block | Quadratic, ...]:
        """The blocks of a spread: one of the first phase, and one for each stage of the second.

        Parameters
        ----------
        matrices : scores by unit of each stage of `stages`; the last, by element, is used.
        lonely : what is done with a stratum of one unit; `"average"` is not defined for two phases.
        lonely_domains : whether, in the second phase, a stratum of one unit that a domain makes counts.
        residuals : scores by element for the second phase, where its weights were calibrated to the first; sparse
            array (elements, rows). The first phase always takes `matrices`.

        Raises
        ------
        DesignError for a stratum of one unit under `"fail"` or `"average"`.
        """
        self._refuse_lonely(lonely)
        if lonely not in self._forms:
            self._forms[lonely] = of_groups(self._first_form(lonely), self.inside.size)
        first = Quadratic(self._forms[lonely], matrices[-1])
        scores = (matrices[-1] if residuals is None else residuals).tocoo()
        used = self.inside[scores.row]
        value = scores.data
        if self.method == "approx" and self._is_subsample_of_units():
            value = value / np.sqrt(self.weight[scores.row])
        kept = Triplets(self.unit[scores.row[used]], scores.col[used].astype(np.intp), value[used], distinct=False)
        second = by_stage(kept, first.rows, self.second)
        return first, *(
            Scores(stage, matrix, lonely, lonely_domains)
            for stage, matrix in zip(self.second, second, strict=True)
            if (stage.unsampled * stage.above > 0).any() or stage is self.second[0]
        )

    def _first_form(self, lonely: LonelyRule) -> list[Groups]:
        """The parts of V₁ over the elements of the second phase."""
        last = np.where(self.inside, self.element.stratum, -1)
        if self.method == "approx":
            return self._approximate(last, lonely)
        if self.method == "poisson" and np.isinf(self.first[0].population).all():
            first = [self._poisson(_up(self.first, last)[0])]
        else:
            first = _parts(self.first, last, lonely)
        second = _parts(self.second, self.unit, lonely)
        return [*first, *(-(one & other) for one in first for other in second)]

    def _poisson(self, psu: Codes) -> Groups:
        """PSUs of the first phase drawn each by itself: Δ₁ is 1 − π₁ inside a PSU (1 without weights), 0 between."""
        weight = np.ones(self.first[0].stratum.size)
        weight[psu[self.inside]] = self.weight[self.inside]
        varied = np.unique(psu[self.inside & ~np.isclose(self.weight, weight[psu], rtol=1e-9, atol=0)]).size
        if varied or (weight < 1).any():
            found = f"varies inside {varied} PSUs" if varied else f"is below 1 in {int((weight < 1).sum())} PSUs"
            raise DesignError(
                f"method='poisson' takes 1 / weight of the first phase as the probability of a PSU; it {found}; "
                "take method='full'"
            )
        return Groups(psu, np.ones_like(weight) if (weight == 1).all() else 1 - 1 / weight)

    def _approximate(self, psu: Codes, lonely: LonelyRule) -> list[Groups]:
        """(1 − f) n/(n−1) Σ (φ z − z̄)² / φ over PSUs, φ the share that reached the second phase, z̄ = Σ z / n."""
        assert self.share is not None
        (stage,) = self.first
        own, pair = _coefficients(stage, lonely)
        present = np.zeros(stage.stratum.size, dtype=bool)
        present[psu[self.inside]] = True
        stands_for = summed(stage.stratum[present], 1 / self.share[present], stage.sampled.size)
        n = stage.sampled
        centre = np.where(pair == 0, 0.0, own * (stands_for / n**2 - 2 / n))
        stratum = np.where(psu >= 0, stage.stratum[psu], -1)
        return [Groups(psu, own[stage.stratum] * self.share), Groups(stratum, centre)]

    def _is_subsample_of_units(self) -> bool:
        """Whether a PSU of the first phase holds several of the second, so that these are a stage inside it."""
        outer = _up(self.second, self.unit)[0]
        psu = self.element.stratum
        pairs = np.unique(psu[self.inside] * (int(outer.max(initial=0)) + 1) + outer[self.inside])
        return bool(pairs.size > np.unique(psu[self.inside]).size)

    def _refuse_lonely(self, lonely: LonelyRule) -> None:
        for name, stages in (("first", self.first), ("second", self.second)):
            count = sum(int(((one.sampled == 1) & (one.above * one.unsampled > 0)).sum()) for one in stages)
            if count and lonely in ("fail", "average"):
                raise DesignError(
                    f"{count} strata of the {name} phase have one unit, which gives no variance; found "
                    f"lonely_psu={lonely!r}: choose 'certainty' (they add nothing) or 'adjust' (about zero)"
                )


def two_phase_design(
    first: tuple[Stage, ...],
    second: tuple[Stage, ...],
    inside: Mask,
    *,
    weight: Floats,
    strata: Codes | None,
    method: PhaseMethod = "full",
) -> TwoPhase:
    """The design of two phases, from the stages of each.

    Parameters
    ----------
    first : stages of the first phase, over all n records.
    second : stages of the second, over the records inside, in order.
    inside : array (n,); records of the second phase.
    weight : array (n,); of the first phase.
    strata : array (n,); the second-phase stratum of each record, or None where there are none; for `approx`.

    Raises
    ------
    DesignError if the method does not fit the design.
    """
    last = first[-1]
    finest = np.zeros(inside.size, dtype=np.intp)
    finest[inside] = second[-1].unit + 1
    width = second[-1].stratum.size + 1
    unit, kept = compact(last.unit * width + finest, last.stratum.size * width)
    above, place = kept // width, kept % width - 1
    sampled = np.bincount(above, minlength=last.stratum.size)
    element = Stage(unit, above, sampled, sampled.astype(np.float64), np.ones(sampled.size))
    by_element = np.ones(kept.size)
    by_element[unit] = weight
    share = _shares(first, inside, strata) if method == "approx" else None
    return TwoPhase(first, second, element, place >= 0, place, by_element, share, method)


def _shares(first: tuple[Stage, ...], inside: Mask, strata: Codes | None) -> Floats:
    """The share of first-phase PSUs that reached the second, by PSU, in strata of the second phase, else the first."""
    if len(first) > 1:
        raise DesignError(
            f"method='approx' is for a first phase of one stage; found {len(first)}: choose method='full'"
        )
    (stage,) = first
    stratum = stage.stratum[stage.unit] if strata is None else strata
    psus, size = stage.stratum.size, int(stratum.max()) + 1

    def counted(chosen: Mask) -> Floats:
        return np.bincount(np.unique(stratum[chosen] * psus + stage.unit[chosen]) // psus, minlength=size).astype(float)

    share = (counted(inside) / counted(np.ones_like(inside)))[stratum]
    result = np.ones(psus)
    result[stage.unit[inside]] = share[inside]
    varied = np.unique(stage.unit[inside & (share != result[stage.unit])]).size
    if varied:
        raise DesignError(
            f"method='approx' wants one second-phase fraction inside a PSU of the first phase; it varies in {varied}: "
            "choose method='full'"
        )
    return result


def _up(stages: Sequence[Stage], last: Codes) -> list[Codes]:
    """The unit of each stage, the first stage first, from that of the last; -1 stays."""
    units = [last]
    for stage in reversed(stages[1:]):
        units.append(np.where(units[-1] >= 0, stage.stratum[units[-1]], -1))
    return units[::-1]


def _coefficients(stage: Stage, lonely: LonelyRule) -> tuple[Floats, Floats]:
    """Of each stratum: the coefficient of "same unit", a (1−f) n/(n−1), and of "same stratum", −a (1−f)/(n−1)."""
    full = stage.above * stage.unsampled
    single = stage.sampled == 1
    pair = np.where(single, 0.0, -full / np.maximum(stage.sampled - 1, 1))
    return np.where(single, full if lonely == "adjust" else 0.0, full - pair), pair


def _parts(stages: Sequence[Stage], last: Codes, lonely: LonelyRule) -> list[Groups]:
    """Δ of a design of stages as patterns of "same unit" and "same stratum", over elements by their last unit."""
    parts = []
    for stage, unit in zip(stages, _up(stages, last), strict=True):
        own, pair = _coefficients(stage, lonely)
        parts += [Groups(unit, own[stage.stratum]), Groups(np.where(unit >= 0, stage.stratum[unit], -1), pair)]
    return parts


def phase_variances(spread: Spread) -> tuple[Floats, Floats]:
    """What the first and the second phase add to the variance of each row, arrays (rows,); it may be negative."""
    rest = np.sum([block.variances() for block in spread.blocks[1:]], axis=0)
    return spread.blocks[0].variances(), np.asarray(rest, dtype=np.float64)
