"""A sampling design as another program's file declares it, in the words of `cd.Survey`.

A plan names variables; it holds no data. `survey(data)` lays it on the records. Three things that other programs have
and `cd.Survey` has in another form are translated exactly:

- strata at a later stage: a stage of their own that was taken whole (sampling fraction 1), which adds no variance;
- units at a later stage that are the records themselves: a column that numbers the records;
- units that several variables name together: a column that numbers their combinations.

What a plan asks for and the survey does not do is in `left_out`, and in the notes of the survey and its estimates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal

import narwhals as nw
import numpy as np
import polars as pl

from childdata.errors import DesignError
from childdata.expression import Rule
from childdata.microdata import Dataset, Variable
from childdata.survey.arrays import Codes
from childdata.survey.columns import Records
from childdata.survey.design import crossed
from childdata.survey.pps import PPS
from childdata.survey.replicate_kinds import ReplicateKind
from childdata.survey.survey import Survey
from childdata.survey.variance import LonelyRule
from childdata.words import word

Drawn = Literal["with replacement", "without replacement", "unequal, without replacement"]
Unequal = Literal["refuse", "with replacement"] | PPS
RECORD = "record_number"


def as_rule(name: str) -> str:
    """A variable's name as a rule: in backquotes where the rule language would read it otherwise.

    >>> as_rule("hhweight"), as_rule("hh.weight"), as_rule("in")
    ('hhweight', '`hh.weight`', '`in`')
    """
    plain = re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) and name.lower() not in ("and", "or", "not", "in")
    return name if plain else f"`{name}`"


@dataclass(frozen=True, slots=True)
class PlanStage:
    """One stage of sampling, as a plan declares it.

    Attributes
    ----------
    units : the variables that name the sampling unit; none: each record is one.
    strata : the variables that name the strata the units were drawn in.
    fpc : population sizes or sampling fractions of the strata: a variable, a rule or a number; None: none are given.
    drawn : how its variance is to be estimated.
    """

    units: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    fpc: Rule | PPS | None = None
    drawn: Drawn = "with replacement"

    @property
    def column(self) -> str:
        """The column that names the unit: that of the data, or the one that the plan adds to them."""
        return "_".join(self.units) or RECORD

    @property
    def is_unequal(self) -> bool:
        """Whether the units were drawn with unequal probabilities without replacement."""
        return self.drawn == "unequal, without replacement"

    def __str__(self) -> str:
        units = " and ".join(self.units) or "records"
        strata = f" in strata of {' and '.join(self.strata)}" if self.strata else ""
        size = "" if self.fpc is None else f", fpc {getattr(self.fpc, 'text', self.fpc)}"
        return f"{units}{strata}, {self.drawn}{size}"


@dataclass(frozen=True, slots=True, repr=False)
class DesignPlan:
    """A sampling design read from a file of SPSS or Stata: what `cd.design_from` gives.

    Attributes
    ----------
    program : whose words the file speaks.
    source : name of the file.
    weight : the sampling weight, a variable or a rule; None: the file names none.
    stages : of sampling, the first one first; none: the file says nothing of strata and units.
    lonely_psu : the rule on strata of one unit, where the file has one.
    replicates : replicate weights, where the variance is to be estimated by them.
    df : design degrees of freedom, where the file gives them.
    left_out : what the file asks for and the survey made here does not do; told with every estimate.
    notes : everything else that was decided or not read.

    >>> from childdata.survey.design_plan import DesignPlan, PlanStage
    >>> plan = DesignPlan("SPSS", "plan.csaplan", "w", (PlanStage(("school",), ("region",)),))
    >>> plan
    <DesignPlan of plan.csaplan (SPSS)>
    weight    w
    stage 1   school in strata of region, with replacement
    >>> plan.survey({"school": [1, 1, 2], "region": [1, 1, 1], "w": [2.0, 2.0, 3.0]})
    <Survey the data: 3 records, 2 PSUs, 1 strata>
    """

    program: Literal["SPSS", "Stata"]
    source: str
    weight: str | None
    stages: tuple[PlanStage, ...] = ()
    lonely_psu: LonelyRule | None = None
    replicates: ReplicateKind | None = None
    df: float | None = None
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def keywords(self) -> dict[str, object]:
        """The keyword arguments of `cd.Survey`; those that the plan says nothing of are left out.

        `psu` may name columns that `survey` adds to the data: `record_number`, or names joined by `_`. A stage of
        unequal probabilities stands without sizes, as if it were drawn with replacement; `survey` asks about it.
        """
        made: dict[str, object] = {}
        if self.weight is not None:
            made["weight"] = self.weight
        if self.replicates is not None:
            made["replicates"] = self.replicates
            return made
        if self.stages:
            units, sizes = self._units_and_sizes()
            made |= {"strata": list(self.stages[0].strata)} if self.stages[0].strata else {}
            made |= {"psu": units} if units else {}
            made |= {"fpc": sizes} if sizes else {}
        if self.lonely_psu is not None:
            made["lonely_psu"] = self.lonely_psu
        return made

    def _units_and_sizes(self) -> tuple[list[str], list[object]]:
        """`psu` and `fpc`, one entry a stage; the strata of later stages are stages taken whole."""
        units: list[str] = []
        sizes: list[object] = []
        for place, stage in enumerate(self.stages):
            whole = stage.strata if place else ()
            units += [*whole, stage.column]
            sizes += [1.0] * len(whole) + ([] if stage.fpc is None else [stage.fpc])
            if stage.fpc is None:
                # its units count as drawn with replacement: what stands below has no part in the variance
                break
        return ([] if units == [RECORD] else units), sizes

    def survey(self, data: object, *, unequal: Unequal = "refuse", **changes: object) -> Survey:
        """The survey of these data under the plan.

        Parameters
        ----------
        data : as for `cd.Survey`; its variables are those that the plan names.
        unequal : a stage drawn with unequal probabilities without replacement wants the probabilities of its units,
            which the plan does not hold: `"refuse"`; a `cd.PPS` with them; or `"with replacement"`, which overstates
            the variance where a large part of the population was drawn.
        changes : keyword arguments of `cd.Survey` that replace those of the plan.

        Raises
        ------
        DesignError for a stage whose sizes or probabilities the plan does not hold; VariableError if a variable of the
        plan is not in the data; and as `cd.Survey`.
        """
        plan, left_out = self, self.left_out
        if self.replicates is None and "fpc" not in changes:
            plan = replace(self, stages=tuple(self._sized(stage, unequal) for stage in self.stages))
            if unequal == "with replacement" and any(stage.is_unequal for stage in self.stages):
                left_out = (*left_out, word("told.plan_unequal", source=self.source))
        keywords = plan.keywords | changes
        made = Survey(plan._with_units(data, keywords), **keywords)  # type: ignore[arg-type]
        notes = (*made.design.notes, *left_out)
        return made._with(design=replace(made.design, notes=notes))

    def _sized(self, stage: PlanStage, unequal: Unequal) -> PlanStage:
        """A stage with what its variance wants, or the error that says what is missing."""
        if stage.drawn == "without replacement" and stage.fpc is None:
            raise DesignError(
                f"{self.source} draws {stage.column} without replacement, but the size of the population could not be "
                "read from it (see the notes of the plan); give fpc=, a size or a sampling fraction for each stage"
            )
        if not stage.is_unequal or unequal == "with replacement":
            return stage
        if unequal == "refuse":
            raise DesignError(
                f"{self.source} draws {stage.column} without replacement with unequal probabilities, which it does not "
                "hold; give unequal=cd.PPS(...) with the probability of each unit, or unequal='with replacement'"
            )
        return replace(stage, fpc=unequal)

    def _with_units(self, data: object, keywords: Mapping[str, object]) -> object:
        """The data with the columns of units that it does not have itself."""
        psu = keywords.get("psu")
        wanted = [psu] if isinstance(psu, str) else list(psu) if isinstance(psu, (list, tuple)) else []
        makes = [stage for stage in self.stages if len(stage.units) != 1 and stage.column in wanted]
        if not makes:
            return data
        records, new = Records.of(data), dict[str, Codes]()
        for stage in makes:
            if stage.column in records.names:
                what = " and ".join(stage.units) or "the records"
                raise DesignError(
                    f"the plan of {self.source} wants a column {stage.column!r} with numbers of {what}, and the data "
                    "have another one of that name; rename that"
                )
            frame = records.columns([records.find(name) for name in stage.units] or list(records.names[:1]))
            numbers = crossed(frame.get_columns())[0] if stage.units else np.arange(frame.height)
            new[stage.column] = numbers + 1
        return _with_columns(data, new)

    def __repr__(self) -> str:
        lines = [f"<DesignPlan of {self.source} ({self.program})>", *(f"{a:<10}{b}" for a, b in self._facts())]
        return "\n".join(lines)

    def _facts(self) -> list[tuple[str, str]]:
        facts = [("weight", self.weight or "none")]
        facts += [(f"stage {place}", str(stage)) for place, stage in enumerate(self.stages, 1)]
        if self.replicates is not None:
            names = self.replicates.replicates
            listed = [names] if isinstance(names, str) else list(names) if isinstance(names, (tuple, list)) else []
            ends = listed if len(listed) < 4 else [listed[0], "...", listed[-1]]
            facts.append(("replicates", f"{self.replicates.name}, {len(listed)}: {' '.join(ends)}"))
        facts += [("lonely", self.lonely_psu)] if self.lonely_psu else []
        facts += [("df", f"{self.df:g}")] if self.df else []
        return facts + [("left out", one) for one in self.left_out] + [("note", one) for one in self.notes]

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in self._facts())
        return f"<p><b>{escape(self.source)}</b> ({self.program})</p><table><tbody>{rows}</tbody></table>"


def _with_columns(data: object, new: Mapping[str, Codes]) -> object:
    """The same kind of data with columns of numbers added."""
    if isinstance(data, Dataset):
        columns = [pl.Series(name, values) for name, values in new.items()]
        variables = {**data.variables, **{name: Variable(name) for name in new}}
        return replace(data, frame=data.frame.with_columns(columns), variables=variables)
    if isinstance(data, Mapping):
        return {**data, **new}
    given: Any = nw.from_native(data)
    frame = given.collect("polars") if isinstance(given, nw.LazyFrame) else given
    made = [nw.Series.from_numpy(name, values, backend=frame.implementation) for name, values in new.items()]
    return frame.with_columns(*made).to_native()
