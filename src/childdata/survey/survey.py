"""A survey: records and the design they were drawn by. Every estimate starts here.

>>> import childdata as cd
>>> people = cd.Survey({"y": [1.0, 2.0, 6.0], "w": [2.0, 1.0, 1.0]}, weight="w")
>>> people.estimate(cd.mean("y")).to_frame()["estimate"].item()
2.5
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import polars as pl

from childdata.errors import ChilddataWarning, DesignError
from childdata.expression import Rule, parse
from childdata.microdata import Dataset
from childdata.survey.arrays import Codes, Floats
from childdata.survey.asked import Missing, asked, listed, named_statistics
from childdata.survey.columns import Records
from childdata.survey.description import Description, WeightFacts, describe, shown_units
from childdata.survey.design import Design, Stage, checked_weight, crossed, encode, label, make_stages, refuse_missing
from childdata.survey.domains import MissingBy
from childdata.survey.engine_design import declare
from childdata.survey.engine_records import EngineRecords, fetching
from childdata.survey.engine_replicate_columns import engine_replicates
from childdata.survey.engine_run import run_on_engine
from childdata.survey.estimate import run
from childdata.survey.estimates import Estimates
from childdata.survey.finished import estimates_of
from childdata.survey.imputation import combine, plausible_sets, rule_of_draw, with_draw
from childdata.survey.intervals import ConventionName, ShareInterval
from childdata.survey.other_words import DESIGN_WORDS, ESTIMATE_WORDS, explains
from childdata.survey.partial import Partial, reduced
from childdata.survey.pps import PPS, Drawn
from childdata.survey.replicate_columns import given_replicates
from childdata.survey.replicate_kinds import ReplicateKind
from childdata.survey.replication import make_replicates
from childdata.survey.statistic import Statistic
from childdata.survey.unequal import Unequal, unequal_design
from childdata.survey.variance import LonelyRule
from childdata.words import word

_OTHER_NAMES = {
    "remove": "certainty",
    "centered": "adjust",
    "centred": "adjust",
    "scaled": "average",
    "missing": "fail",
}


@dataclass(frozen=True, init=False, eq=False)
class Survey:
    """Records with their sampling design; immutable.

    Parameters
    ----------
    data : Dataset, pandas, polars, pyarrow or any frame narwhals knows, or a mapping of columns.
    weight : column or rule with the sampling weight (`"HH48 * hhweight"`). Without one, the inverse of the
        sampling fractions where `fpc` gives them at every stage, else 1.
    strata : column, or several that are crossed.
    psu : column of the primary sampling unit, or one column per stage (`["PSU", "HH"]`); without one each record is
        a unit. A number that occurs in several strata names several units.
    fpc : population size per stratum (or sampling fraction): number, column or rule; one per stage of `psu`. The
        fraction 1 is of a stratum whose units were taken with certainty; stages below it count in full.
        Units of a stage without one count as drawn with replacement, and stages below it add nothing. A stage drawn
        with unequal probabilities without replacement has `cd.PPS("p")` in this place.
    replicates : replicate weights that come with the data: `cd.Fay("w1..w80", rho=0.5)`, `cd.JKn("rw1..rw60", ...)`;
        variances are then those of the replicates, and strata and PSUs are not needed.
    lonely_psu : what to do with a stratum of one PSU: `"fail"`; `"certainty"` adds nothing (R remove, SPSS);
        `"adjust"` takes it about zero, the mean of all scores (R; for means Stata's centered); `"average"` gives it the
        mean of the other strata (Stata scaled). None is the rule of the convention: `"fail"`, but `"certainty"` under
        `"spss"`, `"mics"` and `"dhs"`. Which rule was used on how many strata is told in the notes.
    lonely_domains : `"keep"`: a stratum with one PSU *in a domain* is not lonely, its other PSUs are zeros (R's
        default); `"adjust"`: it is (R's `survey.adjust.domain.lonely`), which concerns `adjust` and `average`.

    Raises
    ------
    DesignError if a weight is missing or negative, a design variable is missing, or an fpc is smaller than the sample.
    VariableError if a name is not in the data.

    Source: Särndal, Swensson & Wretman (1992), chapters 2-4.
    """

    records: Records
    design: Design
    domain: tuple[Rule, ...]
    lonely_psu: LonelyRule | None
    lonely_domains: Literal["keep", "adjust"]
    declared: Mapping[str, str]
    data: object

    @explains(DESIGN_WORDS, elsewhere=ESTIMATE_WORDS, where="survey.estimate(...)")
    def __init__(
        self,
        data: object,
        *,
        weight: Rule | None = None,
        strata: str | Sequence[str] | None = None,
        psu: str | Sequence[str] | None = None,
        fpc: Rule | PPS | Sequence[Rule | PPS] | None = None,
        replicates: ReplicateKind | None = None,
        lonely_psu: LonelyRule | None = None,
        lonely_domains: Literal["keep", "adjust"] = "keep",
    ) -> None:
        _check_lonely(lonely_psu, lonely_domains)
        elsewhere = EngineRecords.at_engine(data)
        if elsewhere is not None:
            made = _declare(elsewhere, weight, listed(strata), listed(psu), fpc, replicates)
            self._set(*made[:2], (), lonely_psu, lonely_domains, made[2], data)
            return
        records = Records.of(data)
        design, declared = _make_design(records, weight, listed(strata), listed(psu), fpc)
        if replicates is not None:
            if weight is None and replicates.combined == "weights":
                raise DesignError(
                    "replicate weights come with a weight of the full sample, by which estimates are made; name it "
                    "(weight='w'), or say weight=1 if every record has weight 1"
                )
            given = given_replicates(records, design.weight, replicates)
            design = dataclasses.replace(design, replicates=given, notes=(*design.notes, *given.notes))
            declared = declared | {"replicates": repr(replicates), "fingerprint": design.fingerprint}
        self._set(records, design, (), lonely_psu, lonely_domains, declared, data)

    def _set(self, *values: object) -> None:
        for name, value in zip(Survey.__dataclass_fields__, values, strict=True):
            object.__setattr__(self, name, value)

    def _with(self, **changes: object) -> Survey:
        design = changes.get("design")
        made_for_records = isinstance(design, Design) and design.weight is not self.design.weight
        if isinstance(self.records, EngineRecords) and made_for_records:
            # replicate weights alone keep the weight; any other change of the design was made record by record
            raise self.records.stays()
        new = object.__new__(Survey)
        new._set(*(changes.get(name, getattr(self, name)) for name in Survey.__dataclass_fields__))
        return new

    def where(self, rule: Rule) -> Survey:
        """The survey of a subpopulation: estimates are for the records where a rule is true, the design stays whole.

        Records where the rule is unknown are outside, and counted in the notes of each estimate.

        Raises
        ------
        ExpressionError for a rule that cannot be read; VariableError for a name that is not in the data.
        """
        expression = parse(rule)
        several = plausible_sets({}, [expression], self.records.names, self.records.place)
        for name in (*expression.names, *expression.code_names):
            if name not in several:
                self.records.find(name)
        return self._with(domain=(*self.domain, rule))

    def with_replicates(self, kind: ReplicateKind) -> Survey:
        """The survey with replicate weights made from its strata and PSUs; variances are then those of the replicates.

        Parameters
        ----------
        kind : `cd.JKn()`, `cd.Bootstrap(500, seed=1)`, `cd.BRR()`, `cd.Fay(rho=0.3)` ...

        Raises
        ------
        DesignError where the design does not fit the kind (BRR wants two PSUs in each stratum).
        """
        if self.design.form is not None:
            raise DesignError(
                "replicate weights are made from strata and PSUs, which do not tell of unequal probabilities without "
                "replacement nor of two phases; declare the units as drawn with replacement first (weight=, no fpc)"
            )
        if self.design.adjustments:
            raise DesignError(
                "replicate weights of adjusted weights would not know of the adjustment; make the replicates first "
                "(survey.with_replicates(...)), then weight: each replicate is adjusted as well"
            )
        if self.design.replicates is not None:
            raise DesignError(
                f"the survey has replicate weights already ({self.design.replicates.kind}), which may have been "
                "adjusted since; declare it anew by strata and PSUs, make the replicates you want, and weight it then"
            )
        made = make_replicates(self.design, kind, lonely=self.lonely_psu or "fail", records=self.records)
        design = dataclasses.replace(self.design, replicates=made, notes=(*self.design.notes, *made.notes))
        declared = dict(self.declared) | {"replicates": repr(kind), "fingerprint": design.fingerprint}
        return self._with(design=design, declared=declared)

    def with_columns(self, **rules: Rule) -> Survey:
        """The survey with new columns, each a rule on the columns there are; the design stays as it was declared."""
        if isinstance(self.records, EngineRecords):
            there = self.records.with_columns(rules)
            return self._with(data=there.frame.to_native(), records=there)
        if isinstance(self.data, Dataset):
            data: object = self.data.with_columns(**rules)
        else:
            made = self.records.evaluate(rules).frame
            data = self.records.columns(self.records.names).with_columns(made.get_columns())
        return self._with(data=data, records=Records.of(data))

    @explains(ESTIMATE_WORDS, elsewhere=DESIGN_WORDS, where="cd.Survey(...)")
    def estimate(
        self,
        statistics: Statistic | Mapping[str, Statistic] | Sequence[Statistic],
        *,
        by: str | Sequence[str] | None = None,
        each: str | Sequence[str | Sequence[str]] | None = None,
        where: Rule | None = None,
        margins: bool = False,
        level: float = 0.95,
        missing: Missing = "pairwise",
        missing_by: MissingBy = "row",
        interval: ShareInterval | Literal["auto"] = "auto",
        convention: ConventionName = "childdata",
        df: float | None = None,
        keep: Literal["auto", "scores"] = "auto",
    ) -> Estimates:
        """Estimates with design-based standard errors, and the covariance of all of them.

        Parameters
        ----------
        statistics : one statistic, several, or several by name.
        by : variables whose crossing makes the rows.
        each : a list of variables and of crossings; one block of rows for each, all in one covariance.
        where : a rule; only records where it is true are estimated for. Never filter the data first: PSUs that
            have no record in the domain belong to the design.
        margins : add the totals over each variable of a crossing, and over all.
        level : of confidence.
        missing : `"pairwise"`: each statistic uses the records where its own arguments are known; `"listwise"`: those
            where all arguments of the call are known; `"fail"`: none may be missing.
        missing_by : records with a missing `by` value get a `"row"` of their own, count in the `"total"` only, or
            are left out everywhere (`"drop"`); they are counted in the notes.
        interval : of shares: `"auto"` is the convention's own (logit), or `"t"`, `"wilson"`, `"beta"`
            (Korn-Graubard), `"asin"`.
        convention : whose rules for df, intervals and design effects: `"childdata"`, `"r"`, `"stata"`, `"spss"`,
            `"mics"`, `"dhs"`.
        df : degrees of freedom for all rows, where an agency gives them; else by the convention's rule.
        keep : `"scores"` keeps the scores of more than 100,000 sampling units, so that two calls can be joined.

        Returns
        -------
        Estimates

        Raises
        ------
        VariableError, ExpressionError for names and rules; DesignError for a lonely PSU under `"fail"`;
        EstimationError for a call that cannot be carried out.

        >>> import childdata as cd
        >>> children = cd.Survey({"poor": [1, 0, 1, 0], "sex": ["f", "f", "m", "m"]})
        >>> children.estimate(cd.mean("poor == 1"), by="sex", margins=True).to_frame()["estimate"].tolist()
        [0.5, 0.5, 0.5]
        """
        named, domain = named_statistics(statistics), self._domain(where)
        options: dict[str, Any] = {
            "by": by, "each": each, "margins": margins, "level": level, "missing": missing, "missing_by": missing_by,
            "interval": interval, "convention": convention, "df": df, "keep": keep,
        }  # fmt: skip
        sets = plausible_sets(named, domain, self.records.names, self.records.place)
        if sets:
            drawn = (
                self._with(domain=tuple(rule_of_draw(rule, sets, m) for rule in domain)).estimate(
                    with_draw(named, sets, m), **options
                )
                for m in range(len(next(iter(sets.values()))))
            )
            return combine(list(drawn))
        call = asked(named, where=domain, lonely=self.lonely_psu, lonely_domains=self.lonely_domains, **options)
        if isinstance(self.records, EngineRecords):
            result = run_on_engine(self.records, self.design, call)
        else:
            result = run(self.records, self.design, call)
        return estimates_of(result, self.records, self.design, call, self.declared, self._weights)

    @explains(ESTIMATE_WORDS, elsewhere=DESIGN_WORDS, where="cd.Survey(...)")
    def reduce(
        self,
        statistics: Statistic | Mapping[str, Statistic] | Sequence[Statistic],
        *,
        by: str | Sequence[str] | None = None,
        each: str | Sequence[str | Sequence[str]] | None = None,
        where: Rule | None = None,
        margins: bool = False,
        level: float = 0.95,
        missing: Missing = "pairwise",
        missing_by: MissingBy = "row",
        interval: ShareInterval | Literal["auto"] = "auto",
        convention: ConventionName = "childdata",
        df: float | None = None,
    ) -> Partial:
        """The sums that estimates are made of, of a part of a survey whose data lie in several places.

        Parts may be cut anywhere, through sampling units too: `cd.merge([...])` adds them up and gives what one call on
        all records gives, but for rounding. The survey is one at an engine (`data.lazy()` of a polars frame is), its
        weight is given, and the statistics are made of totals.

        Parameters
        ----------
        statistics and options : as for `estimate`, the same for every part.

        Raises
        ------
        EstimationError for a survey in memory, replicate weights, or what is found by rank; and as `estimate`.

        >>> import childdata as cd
        >>> import polars as pl
        >>> people = pl.DataFrame({"psu": [1, 1, 2, 2], "y": [1.0, 2.0, 6.0, 3.0], "w": [1.0, 1.0, 1.0, 1.0]})
        >>> parts = [people[:1].lazy(), people[1:].lazy()]
        >>> sums = [cd.Survey(part, weight="w", psu="psu").reduce(cd.mean("y")) for part in parts]
        >>> cd.merge(sums).to_frame()["estimate"].item()
        3.0
        """
        call = asked(
            named_statistics(statistics), by=by, each=each, where=self._domain(where), margins=margins, level=level,
            missing=missing, missing_by=missing_by, interval=interval, convention=convention, df=df, keep="auto",
            lonely=self.lonely_psu, lonely_domains=self.lonely_domains,
        )  # fmt: skip
        return reduced(self.records, self.design, call, self.declared)

    def _domain(self, where: Rule | None) -> tuple[Rule, ...]:
        return self.domain if where is None else (*self.domain, where)

    def describe(self) -> Description:
        """The facts of the design: strata, PSUs, records, lonely PSUs, the spread of the weights, Kish's deff."""
        rule = self.lonely_psu or "that of the convention"
        return describe(self.records.place, self._weights(), self.design, self.declared, rule)

    def _weights(self) -> WeightFacts:
        own = self.records.weights if isinstance(self.records, EngineRecords) else None
        return own or WeightFacts.of(self.design.weight)

    def __repr__(self) -> str:
        count = self.design.weight.size
        if isinstance(self.records, EngineRecords) and self.records.weights is not None:
            count = self.records.weights.records
        inside = f", where {' and '.join(str(rule) for rule in self.domain)}" if self.domain else ""
        return f"<Survey {self.records.place}: {count} records, {shown_units(self.design)}{inside}>"

    def _repr_html_(self) -> str:
        return self.describe()._repr_html_()


def _check_lonely(lonely_psu: str | None, lonely_domains: str) -> None:
    names = get_args(LonelyRule)
    if lonely_psu is not None and lonely_psu not in names:
        other = _OTHER_NAMES.get(lonely_psu)
        hint = f"; {lonely_psu!r} is called {other!r} here" if other else ""
        raise DesignError(f"lonely_psu is one of {', '.join(map(repr, names))}; found {lonely_psu!r}{hint}")
    if lonely_domains not in ("keep", "adjust"):
        raise DesignError(f"lonely_domains is 'keep' or 'adjust'; found {lonely_domains!r}")


def _make_design(
    records: Records,
    weight: Rule | None,
    strata: list[str],
    psu: list[str],
    fpc: Rule | PPS | Sequence[Rule | PPS] | None,
) -> tuple[Design, dict[str, str]]:
    strata, psu = [records.find(name) for name in strata], [records.find(name) for name in psu]
    sizes = _sizes(fpc, psu)
    numbers = _numbers(records, {"weight": weight} | _rules_of(sizes))
    frame = records.columns([*strata, *psu])
    count = _count(records, frame, numbers)
    one: tuple[Codes, tuple[str, ...]] = np.zeros(count, dtype=np.intp), ("all",)
    stratum, strata_labels = crossed([frame[name] for name in strata]) if strata else one
    stages, form = _stages(stratum, frame, psu, [_given(size, numbers, k) for k, size in enumerate(sizes, start=1)])
    if weight is None:
        weights, name, notes = _weight_of_design(stages, form, max(len(psu), 1), bool(sizes))
    else:
        name = parse(weight).text
        weights, notes = checked_weight(numbers["weight"], name)
    notes = [*(form.notes if form is not None else ()), *notes, *_reused(frame, psu, stages[0].stratum.size)]
    labels = _psu_labels(frame[psu[0]], stages[0]) if psu else None
    if form is not None:
        strata_labels = form.strata_labels(strata_labels, labels)
    declared = {"weight": name, "strata": ", ".join(strata), "psu": ", ".join(psu), "fpc": ", ".join(map(str, sizes))}
    design = Design(weights, stages, strata_labels, labels, tuple(notes), form=form)
    return design, declared | {"fingerprint": design.fingerprint}


def _stages(
    stratum: Codes, frame: pl.DataFrame, psu: list[str], sizes: Sequence[Floats | Drawn]
) -> tuple[tuple[Stage, ...], Unequal | None]:
    """The stages of a design, and what makes its variance where a stage was drawn with unequal probabilities."""
    units = [_unit(frame[name]) for name in psu] or [np.arange(stratum.size)]
    given = [*sizes, *[None] * (len(units) - len(sizes))]
    names = psu or ["record"]
    if not any(isinstance(one, Drawn) for one in given):
        return make_stages(stratum, units, given, names), None  # type: ignore[arg-type]
    labels = [label(value) for value in frame[psu[0]].to_list()] if psu else None
    form = unequal_design(stratum, units, given, names, psu_labels=labels)
    return form.stages, form


def _psu_labels(column: pl.Series, first: Stage) -> tuple[str, ...]:
    """The number of each PSU, as text."""
    record = np.zeros(first.stratum.size, dtype=np.intp)
    record[first.unit] = np.arange(column.len())
    return tuple(label(value) for value in column.gather(record).to_list())


def _sizes(fpc: Rule | PPS | Sequence[Rule | PPS] | None, psu: Sequence[str]) -> list[Rule | PPS]:
    """The fpc of each stage."""
    sizes: list[Rule | PPS] = list(fpc) if isinstance(fpc, Sequence) and not isinstance(fpc, str) else []
    if fpc is not None and not sizes:
        sizes = [fpc]  # type: ignore[list-item]
    if len(sizes) > max(len(psu), 1):
        stages_wanted = max(len(psu), 1)
        raise DesignError(f"fpc has {len(sizes)} entries, but psu has {stages_wanted} stages; give one per stage")
    return sizes


def _declare(
    records: EngineRecords,
    weight: Rule | None,
    strata: list[str],
    psu: list[str],
    fpc: Rule | PPS | Sequence[Rule | PPS] | None,
    replicates: ReplicateKind | None,
) -> tuple[EngineRecords, Design, dict[str, str]]:
    """The design of records at an engine."""
    strata, psu, sizes = [records.find(one) for one in strata], [records.find(one) for one in psu], _sizes(fpc, psu)
    if any(isinstance(size, PPS) for size in sizes):
        raise DesignError(
            "unequal probabilities without replacement are joint ones of pairs of units, which an engine does not "
            "give; declare the units as drawn with replacement (no fpc), or fetch the records: "
            f"{fetching(records.frame)}"
        )
    made, design = declare(records, weight, strata, psu, sizes, replicated=replicates is not None)  # type: ignore[arg-type]
    assert made.units is not None
    declared = {"weight": made.units.weight, "strata": ", ".join(strata), "psu": ", ".join(psu)}
    declared["fpc"] = ", ".join(map(str, sizes))
    if replicates is not None:
        made, given = engine_replicates(made, replicates)
        design = dataclasses.replace(design, replicates=given, notes=(*design.notes, *given.notes))
        declared["replicates"] = repr(replicates)
    return made, design, declared | {"fingerprint": design.fingerprint}


def _rules_of(sizes: Sequence[Rule | PPS]) -> dict[str, Rule | None]:
    rules: dict[str, Rule | None] = {}
    for number, size in enumerate(sizes, start=1):
        rules[f"fpc {number}"] = size.probability if isinstance(size, PPS) else size
        rules[f"sum_squares {number}"] = size.sum_squares if isinstance(size, PPS) else None
    return rules


def _given(size: Rule | PPS, numbers: Mapping[str, Floats], number: int) -> Floats | Drawn:
    found = numbers[f"fpc {number}"]
    return Drawn(size, found, numbers.get(f"sum_squares {number}")) if isinstance(size, PPS) else found


def _numbers(records: Records, rules: Mapping[str, Rule | None]) -> dict[str, Floats]:
    wanted = {name: rule for name, rule in rules.items() if rule is not None}
    if not wanted:
        return {}
    frame = records.evaluate(wanted).frame
    for name, rule in wanted.items():
        if not frame[name].dtype.is_numeric():
            kind = "truth values" if frame[name].dtype == pl.Boolean else "text"
            raise DesignError(f"{name} {parse(rule).text!r} in {records.place} holds {kind} where numbers are wanted")
    return {name: frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in wanted}


def _count(records: Records, frame: pl.DataFrame, numbers: Mapping[str, Floats]) -> int:
    if frame.width:
        count = frame.height
    elif numbers:
        count = next(iter(numbers.values())).size
    else:
        count = records.evaluate({"one": 1}).frame.height
    if not count:
        raise DesignError(f"{records.place} has no records")
    return count


def _unit(column: pl.Series) -> Codes:
    codes, _ = encode(column)
    refuse_missing(codes < 0, column.name, "identifies sampling units")
    return codes


def _reused(frame: pl.DataFrame, psu: list[str], units: int) -> list[str]:
    if not psu:
        return []
    distinct = frame[psu[0]].n_unique()
    if distinct >= units:
        return []
    return [word("told.reused", name=repr(psu[0]), distinct=distinct, units=units)]


def _weight_of_design(
    stages: tuple[Stage, ...], form: Unequal | None, stages_declared: int, sized: bool
) -> tuple[Floats, str, list[str]]:
    """The weight where none was given: the inverse of the sampling fractions, or 1; its name, and notes."""
    if form is not None:
        return form.weight, "1 / probability", [word("told.weight_from_fpc" if form.complete else "told.no_weight")]
    name, weight = "1 / sampling fraction" if sized else "1", np.ones(stages[0].unit.size)
    if any(np.isinf(stage.population).any() for stage in stages):
        return weight, name, [word("told.no_weight")]
    for stage in stages:
        weight = weight * (stage.population / stage.sampled)[stage.stratum[stage.unit]]
    if len(stages) < stages_declared:
        warnings.warn("weights were made from the fpc of the first stages only", ChilddataWarning, stacklevel=5)
    return weight, name, [word("told.weight_from_fpc")]
