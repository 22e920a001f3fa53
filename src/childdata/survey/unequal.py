"""Designs with unequal probabilities without replacement: what the second-order probabilities do to a variance.

A stage of n units drawn with the probabilities π_i has, of scores z_i = Σ weight × influence, one of the forms

Horvitz-Thompson   V = Σ_ij Δ_ij z_i z_j,              Δ_ij = 1 − π_i π_j / π_ij,  Δ_ii = 1 − π_i
Yates-Grundy       V = −½ Σ_ij Δ_ij (z_i − z_j)²       for samples of fixed size
Brewer             V = n/(n−1) Σ_i (1 − π_i) (z_i − z̄)²

π_ij is given, or approximated from the π_i of the sample (q = Σ_U π² / n over the population, or its estimate z̄ of π):

Overton            π_ij = π_i π_j (n − 1) / (n − (π_i + π_j)/2)
Hartley-Rao        π_ij = π_i π_j (n − 1) / (n − π_i − π_j + q)

With each approximation the form is Σ e_i z_i² + a (Σ z)² + 2 b (Σ z)(Σ π z) in each stratum, and so is Brewer's: one
formula for all, which needs no matrix of pairs. Stages below add Σ π_i V_i, as in every design of several stages.

Source: Horvitz & Thompson (1952), JASA 47, 663-685; Yates & Grundy (1953), JRSS B 15, 253-261; Hartley & Rao (1962),
Annals of Mathematical Statistics 33, 350-374; Overton & Stehman (1995), American Statistician 49, 261-268; Brewer
(2002), Combined Survey Sampling Inference, chapter 9; several stages: Durbin (1953), JRSS B 15, 262-269.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from childdata.errors import DesignError
from childdata.expression import parse
from childdata.survey.arrays import Codes, Floats, Mask, summed
from childdata.survey.design import Stage, compact, make_stages, refuse_missing
from childdata.survey.joint import joint_probabilities
from childdata.survey.pps import PPS, Drawn
from childdata.survey.quadratic import Quadratic, QuadraticForm, of_matrix
from childdata.survey.spread import Block, Scores
from childdata.survey.variance import LonelyRule
from childdata.words import word

if TYPE_CHECKING:
    from scipy.sparse import csc_array

CERTAIN = 1 - 1e-7  # a unit drawn with this probability or more was taken with certainty
_INDEPENDENT = 1e-14  # 1 − π_i π_j / π_ij of two units drawn independently, rounding apart


@dataclass(frozen=True, slots=True, eq=False)
class UnequalStage:
    """A stage drawn with unequal probabilities.

    Attributes
    ----------
    stage : its units and strata; `population` is Σ 1/π, the units that the sample stands for.
    pps : the user's word.
    probability : array (units,).
    squares : array (strata,), Σ_U π² over the population, or None where the sample estimates it.
    joint : array (units, units) of π_ij in the order of the units, or None.
    """

    stage: Stage
    pps: PPS
    probability: Floats
    squares: Floats | None
    joint: Floats | None

    @property
    def apart(self) -> Mask:
        """Units that stand for themselves, array (units,)."""
        certain: Mask = self.probability >= CERTAIN
        return certain if self.pps.certainty == "apart" else np.zeros_like(certain)

    @property
    def lonely(self) -> Codes:
        """Strata of which one unit was not taken with certainty."""
        strata = self.stage.sampled.size
        random = np.bincount(self.stage.stratum, self.probability < CERTAIN, minlength=strata)
        counted = np.bincount(self.stage.stratum, ~self.apart, minlength=strata)
        return np.flatnonzero((random == 1) & (counted == 1))

    def form(self, lonely: LonelyRule) -> QuadraticForm:
        """The quadratic form of the stage under a rule for lonely units."""
        return self._joint_form(lonely) if self.joint is not None else self._strata_form(lonely)

    def _strata_form(self, lonely: LonelyRule) -> QuadraticForm:
        """Σ e_i z_i² + a (Σ z)² + 2 b (Σ z)(Σ π z) of each stratum, over the units that are not set apart."""
        from scipy.sparse import block_array, csr_array, diags_array

        stage, p = self.stage, self.probability
        strata, units = stage.sampled.size, stage.stratum.size
        inside = ~self.apart
        n = summed(stage.stratum, inside.astype(np.float64), strata)
        alone = n == 1
        own, a, b = self._coefficients(n, inside)
        own = np.where(alone[stage.stratum], 1 - p if lonely == "adjust" else 0.0, own)
        a, b = np.where(alone, 0.0, a) * stage.above, np.where(alone, 0.0, b) * stage.above
        own = np.where(inside, own, 0.0) * stage.above[stage.stratum]
        place = (stage.stratum[inside], np.flatnonzero(inside))
        ones = csr_array((np.ones(place[0].size), place), shape=(strata, units))
        sizes = csr_array((p[inside], place), shape=(strata, units))
        own_sums = csr_array(diags_array(np.ones(units)))
        middle = block_array(
            [
                [diags_array(own), None, None],
                [None, diags_array(a), diags_array(b)],
                [None, diags_array(b), diags_array(np.zeros(strata))],
            ]
        )
        sums = block_array([[own_sums], [ones], [sizes]])
        return QuadraticForm(csr_array(sums), csr_array(middle))

    def _coefficients(self, n: Floats, inside: Mask) -> tuple[Floats, Floats, Floats]:
        """e, array (units,), a and b, arrays (strata,), of the method; all from the n units inside each stratum."""
        stratum, p = self.stage.stratum, self.probability
        left = np.maximum(n - 1, 1)
        total = summed(stratum[inside], p[inside], n.size)
        match self.pps.pairs:
            case "brewer":
                own = (1 - p) * (n / left)[stratum]
                return own, (n - total) / (n * left + (n == 0)) - 2 / left, 1 / left
            case "overton":
                a, b = -1 / left, 0.5 / left
            case _:
                q = (total if self.squares is None else self.squares) / np.maximum(n, 1)
                a, b = -(1 + q) / left, 1 / left
        own = (1 - p) - a[stratum] - 2 * b[stratum] * p
        if self.pps.formula == "yates-grundy":
            own = own - (own + (a * n + b * total)[stratum] + (b * n)[stratum] * p)
        return own, a, b

    def _joint_form(self, lonely: LonelyRule) -> QuadraticForm:
        from scipy.sparse import csr_array

        assert self.joint is not None
        pi = np.diagonal(self.joint)
        delta = 1 - np.outer(pi, pi) / self.joint
        np.fill_diagonal(delta, 1 - pi)
        delta[np.abs(delta) < _INDEPENDENT] = 0.0
        if self.pps.formula == "yates-grundy":
            delta[np.diag_indices_from(delta)] -= delta.sum(axis=1)
        single = np.isin(self.stage.stratum, self.lonely)
        delta[single, :] = delta[:, single] = 0.0
        if lonely == "adjust":
            delta[single, single] = 1 - pi[single]
        return of_matrix(csr_array(delta))


@dataclass(frozen=True, slots=True, eq=False)
class Unequal:
    """A sampling design of which a stage or more was drawn with unequal probabilities.

    Attributes
    ----------
    drawn : for each stage an `UnequalStage`, or the `Stage` of one drawn with equal probabilities.
    weight : array (n,); the product over the stages of 1/π and N/n; 1 where a stage has neither.
    parent : array (strata,); the user's stratum of each stratum of the first stage.
    certain : array (strata,); strata of the first stage that are a unit taken with certainty.
    complete : whether each declared stage has a probability, a population size or a fraction.
    notes : what was decided.
    """

    drawn: tuple[UnequalStage | Stage, ...]
    weight: Floats
    parent: Codes
    certain: Mask
    complete: bool
    notes: tuple[str, ...]
    _forms: dict[tuple[int, LonelyRule], QuadraticForm] = field(default_factory=dict, repr=False)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages, the first one first."""
        return stages_of(self.drawn)

    @property
    def degrees_of_freedom(self) -> None:
        """PSUs - strata, as of every design: a unit set apart adds one to both."""
        return None

    def strata_labels(self, labels: Sequence[str], psu_labels: Sequence[str] | None = None) -> tuple[str, ...]:
        """The names of the strata of the first stage, from those of the user's strata and of the PSUs."""
        unit = self.stages[0].start[:-1]
        return tuple(
            labels[parent] + (f", certainty{f' {psu_labels[unit[k]]}' if psu_labels else ''}" if certain else "")
            for k, (parent, certain) in enumerate(zip(self.parent.tolist(), self.certain.tolist(), strict=True))
        )

    def blocks(
        self, matrices: Sequence[csc_array], lonely: LonelyRule, lonely_domains: bool = False
    ) -> tuple[Block | Quadratic, ...]:
        """The blocks of a spread.

        Parameters
        ----------
        matrices : the scores by unit of each stage, sparse arrays (units, rows), the first stage first.
        lonely : what is done with a stratum of one unit; `"average"` is not defined for these forms.
        lonely_domains : concerns stages of equal probabilities; to others a unit outside a domain is a zero, as in R.

        Raises
        ------
        DesignError for a stratum of one unit under `"fail"` or `"average"`.
        """
        blocks: list[Block | Quadratic] = []
        for position, (one, matrix) in enumerate(zip(self.drawn, matrices, strict=True)):
            stage = one if isinstance(one, Stage) else one.stage
            if position and not (stage.unsampled * stage.above > 0).any():
                continue
            if isinstance(one, Stage):
                blocks.append(Scores(one, matrix, lonely, lonely_domains))
                continue
            _refuse_lonely(one, position, lonely)
            if (position, lonely) not in self._forms:
                self._forms[position, lonely] = one.form(lonely)
            blocks.append(Quadratic(self._forms[position, lonely], matrix))
        return tuple(blocks)


def stages_of(drawn: Sequence[UnequalStage | Stage]) -> tuple[Stage, ...]:
    """The units and strata of stages, however drawn."""
    return tuple(one if isinstance(one, Stage) else one.stage for one in drawn)


def _refuse_lonely(drawn: UnequalStage, position: int, lonely: LonelyRule) -> None:
    count = int(drawn.lonely.size)
    if count and lonely in ("fail", "average"):
        raise DesignError(
            f"at stage {position + 1}, {count} strata have one unit drawn with unequal probabilities, which gives no "
            f"variance; found lonely_psu={lonely!r}: choose 'certainty' (it adds nothing) or 'adjust' (about zero)"
        )


def unequal_design(
    strata: Codes,
    units: Sequence[Codes],
    fpc: Sequence[Floats | Drawn | None],
    names: Sequence[str],
    *,
    psu_labels: Sequence[str] | None = None,
) -> Unequal:
    """The design of stages of which one or more is a `Drawn`, from codes; takes the place of `make_stages`.

    Parameters
    ----------
    strata : array (n,); codes of the first-stage strata.
    units : for each stage an array (n,) of the unit's code as the user numbers it, unique or not.
    fpc : for each stage its probabilities, or the population size (or fraction) on each record, or None.
    names : for each stage the name of its unit, for messages.
    psu_labels : the first-stage unit's number on each record, as text (n,); joint probabilities in a frame need them.

    Raises
    ------
    DesignError if a probability is missing, not in (0, 1] or varies inside a unit, or joint probabilities do not fit.
    """
    parent_of, certain = np.arange(int(strata.max()) + 1), np.zeros(int(strata.max()) + 1, dtype=bool)
    notes: list[str] = []
    first = fpc[0]
    if isinstance(first, Drawn) and first.pps.certainty == "apart":
        strata, parent_of, certain = set_apart(strata, units[0], first.probability >= CERTAIN)
        notes += [word("told.certainty_apart", count=int(certain.sum()))] if certain.any() else []
    stages: list[UnequalStage | Stage] = []
    parent, above, weight = strata, np.ones(parent_of.size), np.ones(strata.size)
    for position, (codes, size, name) in enumerate(zip(units, fpc, names, strict=True)):
        stage: Stage
        if isinstance(size, Drawn):
            made = _drawn_stage(parent, codes, size, above, name, position + 1, psu_labels)
            stages.append(made)
            stage, fraction = made.stage, made.probability
            notes.append(word("told.unequal", stage=position + 1, how=str(size.pps)))
        else:
            stage = _equal_stage(parent, codes, size, above, name, position + 1)
            stages.append(stage)
            fraction = (stage.sampled / stage.population)[stage.stratum]
        if np.isinf(stage.population).any():
            break  # drawn with replacement: later stages add nothing
        weight = weight / fraction[stage.unit]
        parent, above = stage.unit, above[stage.stratum] * fraction
    complete = len(stages) == len(units) and not np.isinf(stages_of(stages)[-1].population).any()
    weight = weight if complete else np.ones_like(weight)
    return Unequal(tuple(stages), weight, parent_of, certain, complete, tuple(notes))


def set_apart(strata: Codes, units: Codes, certain: Mask) -> tuple[Codes, Codes, Mask]:
    """Units taken with certainty as strata of their own.

    Parameters
    ----------
    strata, units : arrays (n,); the stratum and the unit of each record.
    certain : array (n,); whether the record's unit was taken with certainty.

    Returns
    -------
    The stratum of each record (n,); for each stratum the one it was made of, and whether it is a unit set apart.

    >>> stratum, parent, apart = set_apart(np.array([0, 0, 1]), np.array([5, 6, 5]), np.array([False, True, False]))
    >>> stratum.tolist(), parent.tolist(), apart.tolist()
    ([0, 1, 2], [0, 0, 1], [False, True, False])
    """
    width = int(units.max()) + 2
    key = strata * width + np.where(certain, units + 1, 0)
    codes, kept = compact(key, (int(strata.max()) + 1) * width)
    return codes, kept // width, kept % width > 0


def _equal_stage(parent: Codes, codes: Codes, size: Floats | None, above: Floats, name: str, number: int) -> Stage:
    try:
        (stage,) = make_stages(parent, [codes], [size], [name])
    except DesignError as error:
        # made alone, the stage counts itself as the first
        raise DesignError(str(error).replace("fpc of stage 1 ", f"fpc of stage {number} ", 1)) from None
    return replace(stage, above=above)


def _drawn_stage(
    parent: Codes,
    codes: Codes,
    drawn: Drawn,
    above: Floats,
    name: str,
    number: int,
    psu_labels: Sequence[str] | None,
) -> UnequalStage:
    rule = parse(drawn.pps.probability).text
    p = drawn.probability
    refuse_missing(~np.isfinite(p), rule, "is the probability of a unit")
    wrong = int(((p <= 0) | (p > 1 + 1e-9)).sum())
    if wrong:
        raise DesignError(
            f"{rule!r} is the probability that a unit ({name}) is drawn, above 0 and at most 1; found other values in "
            f"{wrong} of {p.size} records: for sizes write n * size / total_size, for weights 1 / weight"
        )
    width = int(codes.max()) + 1
    unit, kept = compact(parent * width + codes, (int(parent.max()) + 1) * width)
    probability = _of_unit(np.minimum(p, 1.0), unit, kept.size, rule, f"units ({name})")
    stratum = kept // width
    sampled = np.bincount(stratum, minlength=above.size)
    stage = Stage(unit, stratum, sampled, summed(stratum, 1 / probability, above.size), above)
    squares = None
    if drawn.sum_squares is not None:
        text = parse(drawn.pps.sum_squares or "").text
        refuse_missing(~np.isfinite(drawn.sum_squares), text, "is the sum of squared probabilities")
        squares = _of_unit(drawn.sum_squares, stratum[unit], above.size, text, "strata")
    given = drawn.pps.joint
    if given is not None and number > 1:
        raise DesignError(f"joint= is of the first stage; found it at stage {number} ({name}): choose another method")
    joint = None if given is None else joint_probabilities(given, unit, probability, psu_labels)
    return UnequalStage(stage, drawn.pps, probability, squares, joint)


def _of_unit(value: Floats, unit: Codes, units: int, rule: str, what: str) -> Floats:
    """A value that is the same on all records of a unit, by unit."""
    result = np.zeros(units)
    result[unit] = value
    varied = np.unique(unit[~np.isclose(value, result[unit], rtol=1e-9, atol=0)]).size
    if varied:
        raise DesignError(f"{rule!r} takes different values inside {varied} {what}; it is one number for each")
    return result
