"""A survey with columns that were computed from its records: the codes of a table, ranks.

Rules cannot say everything (a rank is of all records at once). `with_computed` puts such columns beside those that
the call names, the design and the domain staying as they are, so that the engine estimates from them as from others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from childdata.errors import EstimationError, nearest
from childdata.expression import Rule, parse
from childdata.survey.arrays import Floats, Mask
from childdata.survey.columns import Columns, Records
from childdata.survey.design import label
from childdata.survey.domains import Factor
from childdata.survey.survey import Survey


def free_name(wanted: str, survey: Survey) -> str:
    """A name that no column of the survey has, in any spelling.

    >>> free_name("row", Survey({"Row": [1.0], "y": [2.0]}))
    'row_'
    """
    taken = {name.casefold() for name in survey.records.names}
    while wanted.casefold() in taken:
        wanted += "_"
    return wanted


def rules_of(survey: Survey, where: Rule | None) -> tuple[Rule, ...]:
    """The rules of a domain: those of the survey, and that of the call."""
    return survey.domain if where is None else (*survey.domain, where)


def domain_of(survey: Survey, where: Rule | None) -> Mask:
    """The records for which all rules of the domain are true, array (n,)."""
    rules = {f"rule {k}": rule for k, rule in enumerate(rules_of(survey, where))}
    inside = np.ones(survey.design.weight.size, dtype=bool)
    if rules:
        for column in survey.records.evaluate(rules).frame.get_columns():
            inside &= column.cast(pl.Float64).fill_null(0.0).to_numpy() != 0
    return inside


def factor_of(survey: Survey, variable: Rule) -> Factor:
    """A variable, or a rule, as codes with labels; the very name of a column is that column, whatever signs it has."""
    if isinstance(variable, str) and variable in survey.records.names:
        return survey.records.factor(variable)
    expression = parse(variable)
    return Columns.of(survey.records, [expression]).factor(expression)


def place_of(factor: Factor, wanted: object, *, argument: str) -> int:
    """The place of a category that the user names by its label or its code.

    Raises
    ------
    EstimationError with the nearest labels.

    >>> place_of(Factor("sex", np.array([0, 1]), ("girl", "boy"), (2.0, 1.0)), 1, argument="of")
    1
    """
    said = label(wanted)
    if said in factor.labels:
        return factor.labels.index(said)
    codes = [label(one) for one in factor.values]
    if said in codes:
        return codes.index(said)
    raise EstimationError(
        f"{argument}= has {said!r}, which is no category of {factor.name!r}{nearest(said, factor.labels)}"
    )


def number_of(survey: Survey, variable: Rule) -> tuple[Floats, Mask]:
    """A column or rule as numbers (0 where unknown), and where it is known; arrays (n,).

    Raises
    ------
    VariableError if it holds text.
    """
    expression = parse(variable)
    column = Columns.of(survey.records, [expression]).number(expression)
    known = np.ones(column.value.size, dtype=bool) if column.known is None else column.known
    return column.value, known


def with_computed(
    survey: Survey,
    computed: Mapping[str, Floats],
    *,
    rules: Sequence[Rule] = (),
    factors: Sequence[Factor] = (),
) -> Survey:
    """The survey with computed columns, and of its own only those that the rules need.

    Parameters
    ----------
    computed : arrays (n,) by name; NaN is unknown.
    rules : what else the call evaluates; the rules of the survey's domain are always there.
    factors : variables that make rows, under their own names.
    """
    records = survey.records
    names = dict.fromkeys(
        records.find(name)
        for rule in (*survey.domain, *rules)
        for name in (*parse(rule).names, *parse(rule).code_names)
    )
    columns = {name: pl.Series(name, values, nan_to_null=True) for name, values in computed.items()}
    columns |= {one.name: one for one in (records.columns(list(names)).get_columns() if names else [])}
    columns = {one.name: pl.Series(one.name, one.code) for one in factors} | columns
    frame = pl.DataFrame(list(columns.values()))
    made = Records(
        frame,
        records.reasons,
        records.variables,
        tuple(frame.columns),
        records.place,
        {factor.name: factor for factor in factors},
        unit=records.unit,
    )
    return survey._with(records=made)
