"""A file's rows with everything the file says about them, as one thing that cannot be changed.

The frame holds answers only: codes declared missing are null in it and stand, row by row, in `reasons`. Verbs
return a new Dataset and keep labels, reasons and notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from childdata.errors import VariableError
from childdata.expression import Rule, aggregate, evaluate, find_name
from childdata.microdata.codebook import Codebook, make_codebook, reason_counts
from childdata.microdata.frames import kind_of, to_polars, with_variables
from childdata.microdata.join import How, Relation, join_parts
from childdata.microdata.labelled import labelled
from childdata.microdata.labels import MultipleResponse, Variable, Variables
from childdata.microdata.masking import mask
from childdata.microdata.write import write_parts
from childdata.words import Lang, word


@dataclass(frozen=True, slots=True, eq=False)  # frames have no single truth to compare by
class Dataset:
    """Rows, and what each column is.

    Attributes
    ----------
    frame : polars frame; null where there is no answer, for whatever reason.
    variables : name -> Variable, found in whatever case.
    reasons : same height; a column for each variable that has answers declared missing: the SPSS code
    (Float64),
        the text code, or the letter of the Stata tag; null for ordinary answers and for system-missing ones.
    unit : what a row is ("household", "child"), where known. A poverty line relative to all persons is refused where it
        says that the rows are children, or others who are a part of their households.
    source : name of the file, for messages.
    notes : everything that was decided, counted or lost, in sentences.
    sets : multiple-response sets, from the file or declared with `with_set`.

    >>> data = Dataset.from_frame({"age": [3.0, None], "sex": [1, 2]})
    >>> data.frame.height, data.variables["AGE"].name
    (2, 'age')
    """

    frame: pl.DataFrame
    variables: Mapping[str, Variable] = field(default_factory=Variables)
    reasons: pl.DataFrame = field(default_factory=pl.DataFrame)
    unit: str | None = None
    source: str = "the data"
    notes: tuple[str, ...] = ()
    sets: tuple[MultipleResponse, ...] = ()

    def __post_init__(self) -> None:
        known = dict(self.variables.items())
        variables = (
            known.get(name) or Variable(name, kind=kind_of(dtype)) for name, dtype in self.frame.schema.items()
        )
        object.__setattr__(self, "variables", Variables(variables, place=self.source))
        if self.reasons.width and self.reasons.height != self.frame.height:
            raise VariableError(
                f"reasons of {self.source} have {self.reasons.height} rows, the frame {self.frame.height}"
            )

    @classmethod
    def from_frame(
        cls,
        anything: object,
        *,
        variables: Mapping[str, Variable] | Iterable[Variable] = (),
        unit: str | None = None,
        source: str = "the data",
        notes: Sequence[str] = (),
    ) -> Dataset:
        """A Dataset from a data frame of any library, or a mapping of columns.

        Categories become codes 1, 2, ... with value labels; codes that `variables` declare missing are
        masked.

        >>> Dataset.from_frame({"x": [1, 8]}, variables=[Variable("x", missing_codes=(8,))]).frame["x"].to_list()
        [1, None]
        """
        if isinstance(anything, Dataset):
            return anything
        given = list(variables.values()) if isinstance(variables, Mapping) else list(variables)
        frame, known = with_variables(to_polars(anything), {variable.name: variable for variable in given})
        data = cls(frame, known, unit=unit, source=source, notes=tuple(notes))
        return data.with_missing({variable.name: variable for variable in given if variable.declares_missing})

    def with_missing(self, declared: Mapping[str, Variable]) -> Dataset:
        """The same data with the codes that these variables declare missing masked, and kept as reasons."""
        frame, reasons = self.frame, {column.name: column for column in self.reasons.iter_columns()}
        for name, variable in declared.items():
            values, reason = mask(frame.get_column(name), variable)
            frame = frame.with_columns(values)
            if reason is not None:
                reasons[name] = reason
        return replace(self, frame=frame, reasons=pl.DataFrame(list(reasons.values())))

    def select(self, *names: str | Sequence[str]) -> Dataset:
        """Only these variables, in this order, with their reasons.

        >>> Dataset.from_frame({"a": [1], "b": [2]}).select("B").frame.columns
        ['b']
        """
        asked = [name for one in names for name in ([one] if isinstance(one, str) else one)]
        found = list(dict.fromkeys(find_name(name, self.frame.columns, place=self.source) for name in asked))
        kept = [name for name in found if name in self.reasons.columns]
        reasons = self.reasons.select(kept) if kept else pl.DataFrame()
        return replace(self, frame=self.frame.select(found), reasons=reasons)

    def rename(self, names: Mapping[str, str]) -> Dataset:
        """The same data under other names: {"old": "new"}."""
        exact = {find_name(old, self.frame.columns, place=self.source): new for old, new in names.items()}
        after = [exact.get(name, name) for name in self.frame.columns]
        if len(set(after)) < len(after):
            doubled = sorted({name for name in after if after.count(name) > 1})
            raise VariableError(f"renaming gives {self.source} two variables named {doubled[0]!r}")
        variables = Variables(replace(one, name=exact.get(one.name, one.name)) for one in self.variables.values())
        in_reasons = {old: new for old, new in exact.items() if old in self.reasons.columns}
        sets = tuple(replace(one, variables=tuple(exact.get(n, n) for n in one.variables)) for one in self.sets)
        return replace(
            self,
            frame=self.frame.rename(exact),
            variables=variables,
            reasons=self.reasons.rename(in_reasons),
            sets=sets,
        )

    def with_columns(self, **rules: Rule) -> Dataset:
        """The same data with new variables, each made by a rule and labelled with it.

        A truth becomes true or false; unknown where the rule cannot be known. A variable of the same name is
        replaced.

        >>> Dataset.from_frame({"age": [3, 7]}).with_columns(small="age < 5").frame["small"].to_list()
        [True, False]
        """
        made = evaluate(self.frame, rules, reasons=self._reasons(), place=self.source)
        new = [Variable(name, label=_text(rule), kind=kind_of(made.frame.schema[name])) for name, rule in rules.items()]
        notes = [word("told.undefined_rows", name=name, count=count) for name, count in made.undefined.items() if count]
        replaced = [name for name in rules if name in self.reasons.columns]
        return replace(
            self,
            frame=self.frame.with_columns(made.frame.iter_columns()),
            variables={**self.variables, **{variable.name: variable for variable in new}},
            reasons=self.reasons.drop(replaced) if self.reasons.width > len(replaced) else pl.DataFrame(),
            notes=(*self.notes, *notes),
        )

    def with_set(self, name: str, variables: Sequence[str], *, label: str = "", counted: str | None = None) -> Dataset:
        """The same data with a multiple-response set declared; a set of that name is replaced."""
        members = tuple(find_name(member, self.frame.columns, place=self.source) for member in variables)
        others = tuple(one for one in self.sets if one.name != name)
        return replace(self, sets=(*others, MultipleResponse(name, label, members, counted)))

    def join(
        self,
        other: Dataset,
        *,
        on: Mapping[str, str] | Sequence[str] | str,
        how: How = "left",
        relation: Relation = "many-to-one",
        suffix: str | None = None,
    ) -> Dataset:
        """These rows with the variables of the rows of `other` that have the same key.

        Parameters
        ----------
        on : {"name here": "name there"}, or names that are the same in both. A missing key matches nothing.
        how : left (all rows here), inner, right or full.
        relation : what is promised of the keys, and checked; "many-to-one": each key once in `other`.
        suffix : added to the names of `other`'s variables that are here already; None makes them an error.

        Returns
        -------
        Dataset in the order of these rows; how many rows found no match is in `notes`.

        Raises
        ------
        VariableError if a key is unknown, has types that cannot match, or breaks the relation, or if names
        clash.

        >>> child = Dataset.from_frame({"HH1": [1, 1], "LN": [2, 3]})
        >>> member = Dataset.from_frame({"HH1": [1.0], "HL1": [2.0], "HL4": [1]})
        >>> child.join(member, on={"HH1": "HH1", "LN": "HL1"}).frame["HL4"].to_list()
        [1, None]
        """
        joined = join_parts(self, other, on=on, how=how, relation=relation, suffix=suffix)
        notes = (*self.notes, *(f"{other.source}: {note}" for note in other.notes), joined.note)
        variables = Variables(joined.variables)
        return replace(self, frame=joined.frame, variables=variables, reasons=joined.reasons, notes=notes)

    def aggregate(self, by: str | Sequence[str], *, unit: str | None = None, **rules: Rule) -> Dataset:
        """One row per combination of `by`, with a variable for each rule over the rows of that combination.

        Rules: count(), count_true(rule), any(rule), all(rule), sum(x), mean(x), min(x), max(x), first(x).

        >>> people = Dataset.from_frame({"HH1": [1, 1, 2], "age": [30, 4, 60]})
        >>> people.aggregate(by=["HH1"], children="count_true(age < 18)").frame["children"].to_list()
        [1.0, 0.0]
        """
        keys = [
            find_name(name, self.frame.columns, place=self.source) for name in ([by] if isinstance(by, str) else by)
        ]
        frame = aggregate(self.frame, keys, rules, reasons=self._reasons(), place=self.source)
        new = [Variable(name, label=_text(rule), kind=kind_of(frame.schema[name])) for name, rule in rules.items()]
        variables = {
            **{name: self.variables[name] for name in keys},
            **{variable.name: variable for variable in new},
        }
        before, after = self.frame.height, frame.height
        note = word("told.aggregated", source=self.source, names=", ".join(keys), count=before, rows=after)
        return Dataset(frame, variables, unit=unit, source=self.source, notes=(*self.notes, note))

    def codebook(self, lang: Lang = "en") -> Codebook:
        """A description of every variable, fit to be shown: no extremes, no free text, no small counts."""
        return make_codebook(self, lang)

    def missing_reasons(self, name: str) -> pd.DataFrame:
        """Why answers of a variable are missing: a row per reason with code, label and n, unweighted.

        The last row, code ".", counts what is missing without a reason. A working table: small counts are
        shown.

        >>> data = Dataset.from_frame({"x": [1, 8, None]}, variables=[Variable("x", "", {8: "DK"}, (8,))])
        >>> data.missing_reasons("x")["n"].to_list()
        [1, 1]
        """
        exact = find_name(name, self.frame.columns, place=self.source)
        rows = reason_counts(self, exact)
        return pd.DataFrame(rows, columns=["code", "label", "n"])

    def to_polars(self) -> pl.DataFrame:
        """The frame: answers as codes, null where there is none."""
        return self.frame

    def to_pandas(self, *, labels: bool = False) -> pd.DataFrame:
        """The frame as pandas; with `labels`, labelled variables as ordered categories in the order of their
        codes."""
        return labelled(self.frame, self.variables) if labels else self.frame.to_pandas()

    def write(self, path: str | Path, **options: Any) -> Path:
        """Write the data to `path`; see `childdata.write`."""
        return write_parts(self, Path(path), **options)

    def _reasons(self) -> pl.DataFrame | None:
        return self.reasons if self.reasons.width else None

    def __repr__(self) -> str:
        unit = f", one row per {self.unit}" if self.unit else ""
        shape = f"{self.frame.height} rows x {self.frame.width} variables"
        return f"<Dataset {self.source}: {shape}{unit}; {len(self.notes)} notes>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(one.name)}</td><td>{escape(one.label)}</td><td>{one.kind}</td><td>{len(one.value_labels)}</td></tr>"
            for one in list(self.variables.values())[:100]
        )
        more = f"<p>and {self.frame.width - 100} more</p>" if self.frame.width > 100 else ""
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return (
            f"<p><b>{escape(self.source)}</b>: {self.frame.height} rows × {self.frame.width} variables</p>"
            f"<table><thead><tr><th>variable</th><th>label</th><th>kind</th><th>value labels</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>{more}<ul>{notes}</ul>"
        )


def _text(rule: Rule) -> str:
    text = getattr(rule, "text", rule)
    return str(text)
