"""Replicate weights made from the strata and PSUs of a design: which units does each replicate leave out, or double?

Only units of the first stage are resampled, whole: what varies inside them is in their totals (the ultimate cluster).
Strata taken whole (f_h = 1) have factor 1 in every replicate. With z_hi the PSU totals of weight × influence, and s_h²
their variance in stratum h, the variance of a total is

- JK1, JKn: Σ_h (1 − f_h) n_h s_h², exactly that of the linearised estimator;
- BRR, Fay, JK2 (two PSUs per stratum): the same with f_h = 0, for JK2 with (1 − f_h), exactly;
- the bootstrap of Rao and Wu: the same with (1 − f_h), in the mean over the draws;
- successive differences: Σ_h (1 − f_h) ½ Σ_i (z_hi − z_h,i−1)², the last before the first, exactly while there are
  more replicates than PSUs.

Source: Wolter (2007), Introduction to Variance Estimation, chapters 3-5; Rao, Wu & Yue (1992), Survey Methodology 18,
209-217; Canty & Davison (1999), The Statistician 48, 379-391; Fay & Train (1995), Proceedings of the ASA Section on
Government Statistics, 154-159; Ash (2014), Survey Methodology 40, 47-59.
"""

from __future__ import annotations

import numpy as np

from childdata.errors import DesignError
from childdata.survey.arrays import Codes
from childdata.survey.columns import Records
from childdata.survey.design import Design
from childdata.survey.half_samples import half_samples, paired_jackknife
from childdata.survey.replicate_kinds import BRR, JK1, JK2, SDR, Bootstrap, JKn, ReplicateKind, check_kind
from childdata.survey.replicates import Replicates, rank
from childdata.survey.resampled import Made, Sample
from childdata.survey.resampling import bootstrap, successive_differences
from childdata.survey.variance import LonelyRule
from childdata.words import word


def make_replicates(
    design: Design, kind: ReplicateKind, *, lonely: LonelyRule = "fail", records: Records | None = None
) -> Replicates:
    """Replicate weights of a kind, made from the strata and PSUs of a design.

    Parameters
    ----------
    design : its first stage is resampled, its weight is what the factors multiply.
    kind : `BRR`, `Fay`, `JK1`, `JKn`, `JK2`, `Bootstrap` or `SDR`, without columns.
    lonely : what a stratum of one PSU adds: an error, nothing (`"certainty"`), the average of the other strata
        (`"average"`), or, for JKn only, its distance from the mean of all strata (`"adjust"`).
    records : the data, where `SDR(order=...)` names a column of it.

    Returns
    -------
    Replicates with a row of factors per PSU.

    Raises
    ------
    DesignError if the design does not allow the kind: strata under JK1, other than two PSUs in a stratum under BRR, Fay
    and JK2, a lonely PSU under `"fail"`, nothing to resample; or if the factors would not fit into memory.

    >>> import childdata as cd
    >>> four = cd.Survey({"psu": [1, 2, 3, 4]}, psu="psu", fpc=8).design
    >>> made = make_replicates(four, JK1())
    >>> made.factor.round(3).tolist()[0], made.scale
    ([0.0, 1.333, 1.333, 1.333], 0.375)
    """
    check_kind(kind)
    kind.check_made()
    sample = Sample.of(design)
    share, lonely_notes = _lonely(sample, kind, lonely)
    joined = isinstance(kind, BRR) and kind.small == "merge" and sample.alone.size > 0
    if not sample.resampled.any() and not joined:
        raise DesignError("no stratum has two PSUs or more of a larger population: there is nothing to resample")
    made = _make(sample, kind, lonely, records)
    df: float | None = kind.df if kind.df is not None else made.degrees_of_freedom
    if df is None:
        df = rank(made.factor[sample.weighted]) - 1
    whole = int((sample.stage.unsampled == 0).sum())
    notes = [word("told.taken_whole", count=whole)] if whole else []
    if any((stage.unsampled * stage.above).any() for stage in design.stages[1:]):
        notes.append(word("told.first_stage_only"))
    return Replicates(
        kind=kind.word,
        unit=sample.stage.unit,
        base=design.weight,
        factor=made.factor,
        scale=made.scale * share,
        rscales=made.rscales,
        mse=kind.centred_on(made=True) == "estimate",
        degrees_of_freedom=float(df),
        notes=(*lonely_notes, *notes, *made.notes),
    )


def _make(sample: Sample, kind: ReplicateKind, lonely: LonelyRule, records: Records | None) -> Made:
    match kind:
        case JK1():
            return _jackknife_unstratified(sample)
        case JKn():
            return _jackknife(sample, sample.alone if lonely == "adjust" else sample.alone[:0])
        case JK2():
            return paired_jackknife(sample, kind)
        case BRR():
            return half_samples(sample, kind)
        case Bootstrap():
            return bootstrap(sample, kind)
        case SDR():
            return successive_differences(sample, kind, records)
    raise DesignError(f"with_replicates() takes BRR, Fay, JK1, JKn, JK2, Bootstrap or SDR; found {kind!r}")


def _lonely(sample: Sample, kind: ReplicateKind, rule: LonelyRule) -> tuple[float, list[str]]:
    """What the scale is multiplied by to make up for strata of one PSU, and a note on them.

    Raises
    ------
    DesignError if the rule refuses them, or the kind cannot follow it.
    """
    alone = sample.alone
    if not alone.size:
        return 1.0, []
    found = f"{alone.size} strata have one PSU: {sample.named(alone)}"
    if isinstance(kind, BRR) and kind.small == "merge":
        if alone.size % 2:
            raise DesignError(f'small="merge" joins strata of one PSU in pairs; {found}, an odd number')
        return 1.0, []
    merge = ', or small="merge"' if isinstance(kind, BRR) else ""
    if rule == "fail":
        raise DesignError(
            f"{found}, which gives no variance; choose lonely_psu='certainty' (adds nothing), 'average' (as the other "
            f"strata) or, for JKn, 'adjust'{merge}"
        )
    if rule == "adjust" and not isinstance(kind, JKn):
        raise DesignError(
            f"{found}; lonely_psu='adjust' is for JKn: under {kind.name} choose 'certainty' or 'average'{merge}"
        )
    strata = sample.stage.sampled.size
    share = strata / (strata - alone.size) if rule == "average" and strata > alone.size else 1.0
    return share, [word("told.lonely", count=alone.size, rule=repr(rule))]


def _jackknife_unstratified(sample: Sample) -> Made:
    """Each replicate leaves one PSU out; scale (1 − f)(n − 1)/n."""
    strata = sample.stage.sampled.size
    if strata > 1:
        raise DesignError(f"JK1 is the jackknife of a design without strata; there are {strata}: take cd.JKn()")
    made = _jackknife(sample, sample.alone[:0])
    return Made(made.factor, float(made.rscales[0]), np.ones(sample.units), made.degrees_of_freedom)


def _jackknife(sample: Sample, adjusted: Codes) -> Made:
    """Each replicate leaves one PSU of one stratum out; rscales (1 − f_h)(n_h − 1)/n_h.

    A stratum of one PSU that is `adjusted` is left out as a whole, and the other strata make up for it as if the strata
    were the PSUs of one stratum.
    """
    slices, strata = sample.slices(), sample.stage.sampled.size
    size = sum(last - first for _, first, last in slices) + adjusted.size
    factor, rscales = sample.ones(size), np.empty(size)
    begin = 0
    for stratum, first, last in slices:
        n = last - first
        end = begin + n
        factor[first:last, begin:end] = n / (n - 1)
        factor[np.arange(first, last), np.arange(begin, end)] = 0.0
        rscales[begin:end] = sample.stage.unsampled[stratum] * (n - 1) / n
        begin = end
    for position, stratum in enumerate(adjusted, start=begin):
        factor[:, position] = strata / (strata - 1)
        factor[sample.stage.start[stratum], position] = 0.0
        rscales[position] = sample.stage.unsampled[stratum] * (strata - 1) / strata
    # the rank of the weights − 1, without the work: in each stratum PSUs − 1, or those with weight if some have none
    positive = np.bincount(sample.stage.stratum[sample.weighted], minlength=strata)
    within = np.minimum(positive, sample.stage.sampled - 1)[sample.resampled]
    return Made(factor, 1.0, rscales, int(within.sum() + adjusted.size))
