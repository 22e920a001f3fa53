"""Rubin's rules over any estimate, and plausible values.

Of M completed data sets with estimates θ_m and variances U_m,

    θ = mean θ_m,   T = Ū + (1 + 1/M) B,   B = Σ (θ_m − θ)(θ_m − θ)ᵀ / (M − 1)

and the degrees of freedom ν = (M − 1)(1 + Ū / ((1 + 1/M) B))², or with those of the complete data ν_c (Barnard & Rubin)
1 / (1/ν + 1/ν_o), ν_o = (ν_c + 1)/(ν_c + 3) · ν_c (1 − λ), λ = (1 + 1/M) B / T. Plausible values are imputations of
an ability: the statistic is found for each of them, with all replicate weights, and never for their average.

Source: Rubin (1987), Multiple Imputation for Nonresponse in Surveys, section 3.3; Barnard & Rubin (1999), Biometrika
86(4), 948-955; OECD (2009), PISA Data Analysis Manual, chapter 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from childdata.errors import EstimationError
from childdata.expression import Expression, Rule, parse
from childdata.survey.arrays import Floats
from childdata.survey.column_names import columns_named
from childdata.survey.estimates import Estimates, coefficient_of_variation
from childdata.survey.labelled import limits
from childdata.survey.rubin import DfRule, Draws, df_between_draws
from childdata.survey.spread import Block, Deviations, Replicated, Spread, mixture
from childdata.survey.statistic import Item, Statistic
from childdata.words import word


class PlausibleValues(str):
    """Several variables that are draws of one quantity: an argument of any statistic, and a name in any rule.

    The text of it stands in rules as a name: `cd.mean(f"{pv} < 407.47")`. Whatever holds it is found once with each
    of the variables, those of the same place together (reading and mathematics of the same draw), and combined by
    Rubin's rules.

    Parameters
    ----------
    names : a range (`"PV1READ..PV10READ"`), a pattern (`"PV*READ"`) or a list of variables.

    >>> pv = PlausibleValues("PV1READ..PV10READ")
    >>> print(f"{pv} < 407.47")
    `PV1READ..PV10READ` < 407.47
    """

    __slots__ = ()

    def __new__(cls, names: str | Sequence[str]) -> PlausibleValues:
        """The name under which the variables stand in a rule."""
        listed = names if isinstance(names, str) else " | ".join(names)
        if not listed.strip() or "`" in listed:
            raise EstimationError(f"plausible values are named by a range such as 'PV1READ..PV10READ'; found {names!r}")
        if isinstance(names, str) and not any(sign in listed for sign in ("..", "*", "|")):
            raise EstimationError(f"plausible values are several variables; {names!r} is one: pass it as it is")
        return super().__new__(cls, f"`{listed}`")


def plausible_sets(
    statistics: Mapping[str, Statistic], rules: Sequence[Rule], names: Sequence[str], place: str
) -> dict[str, tuple[str, ...]]:
    """The names in statistics that stand for several variables of the data, and those variables.

    Raises
    ------
    VariableError if a variable of a range is not there; EstimationError if two sets differ in number.
    """
    known = set(names)
    expressions = [rule for one in statistics.values() for rule in one.expressions()] + [parse(rule) for rule in rules]
    written = dict.fromkeys(name for rule in expressions for name in rule.names if name not in known)
    sets = {
        name: columns_named([part.strip() for part in name.split("|")], names, place=place)
        for name in written
        if any(sign in name for sign in ("..", "*", "|"))
    }
    sizes = {len(found) for found in sets.values()}
    if len(sizes) > 1:
        told = ", ".join(f"{name!r} {len(found)}" for name, found in sets.items())
        raise EstimationError(f"plausible values of one call belong together draw by draw; found {told} variables")
    return sets


def with_draw(statistics: Mapping[str, Statistic], sets: Mapping[str, tuple[str, ...]], m: int) -> dict[str, Statistic]:
    """The statistics with the variable of draw m in the place of each set."""

    def drawn(rule: Expression) -> Expression:
        return rule_of_draw(rule, sets, m)

    made = {}
    for name, one in statistics.items():
        items = tuple(Item(item.label, _changed(item.node, drawn)) for item in one.items)
        checks = tuple(replace(check, rule=drawn(check.rule)) for check in one.checks)
        made[name] = replace(one, items=items, checks=checks)
    return made


def rule_of_draw(rule: Rule, sets: Mapping[str, tuple[str, ...]], m: int) -> Expression:
    """A rule with the variable of draw m in the place of each set."""
    expression = parse(rule)
    text = expression.text
    for name, variables in sets.items():
        text = text.replace(f"`{name}`", f"`{variables[m]}`")
    return expression if text == expression.text else parse(text)


def _changed(part: Any, change: Callable[[Expression], Expression]) -> Any:
    """A tree with every expression in it changed, whatever its leaves are."""
    if isinstance(part, Expression):
        return change(part)
    if isinstance(part, tuple):
        return tuple(_changed(one, change) for one in part)
    if is_dataclass(part) and not isinstance(part, type):
        changed = {one.name: _changed(getattr(part, one.name), change) for one in fields(part) if one.init}
        return replace(part, **changed)
    return part


def combine(estimates: Sequence[Estimates], *, df: DfRule = "barnard-rubin") -> Estimates:
    """Estimates from several completed data sets, as one, by Rubin's rules.

    Parameters
    ----------
    estimates : one for each data set, with the same rows; of one survey design or of several.
    df : `barnard-rubin`, never more than those of the complete data; `rubin`, as R mitools; `complete`, those of the
        complete data.

    Returns
    -------
    Estimates with the variance T; n and the like are the smallest of the data sets, whose parts
    `imputation_variance` tells.

    Raises
    ------
    EstimationError for fewer than two sets, or rows that differ.

    >>> import childdata as cd
    >>> completed = [cd.Survey({"y": [1.0, 2.0, 4.0, y]}).estimate(cd.mean("y")) for y in (5.0, 7.0)]
    >>> cd.combine(completed).to_frame()[["estimate", "se"]].round(4).values.tolist()
    [[3.25, 1.2162]]
    """
    estimates = [getattr(one, "estimates", one) for one in estimates]  # of a regression, of a crosstab
    if len(estimates) < 2:
        raise EstimationError(f"Rubin's rules want estimates from two data sets or more; found {len(estimates)}")
    other = next((type(one).__name__ for one in estimates if not isinstance(one, Estimates)), None)
    if other is not None:
        raise EstimationError(
            f"Rubin's rules are over estimates and regressions; found {other}, which has no estimate with a variance"
        )
    first = estimates[0]
    keys = ["statistic", "item", *first.by]
    for place, one in enumerate(estimates[1:], start=2):
        if len(one) == len(first) and one.by == first.by and one.frame[keys[1:]].equals(first.frame[keys[1:]]):
            if not one.frame["statistic"].equals(first.frame["statistic"]):
                raise EstimationError(
                    f"data set {place} names its statistics otherwise than the first; give them one name in all, such "
                    "as {'read': cd.mean('PV1READ')} and {'read': cd.mean('PV2READ')}"
                )
        elif one.by != first.by or not one.frame[keys].astype(str).equals(first.frame[keys].astype(str)):
            raise EstimationError(
                f"data set {place} has other rows than the first ({len(one)} and {len(first)}, by "
                f"{', '.join(one.by) or 'nothing'} and {', '.join(first.by) or 'nothing'}); estimate the same in each: "
                "a domain that is empty in one data set has no row in it"
            )
    values = np.array([one.frame["estimate"].to_numpy(dtype=float) for one in estimates])
    complete = np.min([one.frame["df"].to_numpy(dtype=float) for one in estimates], axis=0)
    spread = _spread(estimates, values, Draws(len(estimates), df, float(np.nanmin(complete, initial=np.inf))))
    frame = _frame(estimates, values, spread, complete)
    notes = dict.fromkeys(note for one in estimates for note in one.notes)
    told = word("told.imputations", count=len(estimates))
    settings = {**first.settings, "imputations": len(estimates), "df": f"{df} of {first.settings['df']}"}
    rows = np.arange(len(frame))
    return replace(first, frame=frame, spread=spread, rows=rows, notes=(*notes, told), settings=settings)


def _spread(estimates: Sequence[Estimates], values: Floats, draws: Draws) -> Spread:
    """The parts of T: each data set's own blocks, weighing 1/M, and the deviations between the data sets."""
    count, rows = values.shape
    blocks: list[Block] = []
    for one in estimates:
        scale = mixture([(one.rows, np.full(rows, count**-0.5))], (one.spread.rows, rows))
        for block in one.spread.blocks:
            if isinstance(block, Replicated):
                scaled = block.take(one.rows).deviations() / np.sqrt(count)
                blocks.append(Deviations(cast(Any, block.stage), scaled))
            else:
                blocks.append(block.combine(scale))
    apart = values - values.mean(axis=0)
    between = apart * np.sqrt((1 + 1 / count) / (count - 1))
    return Spread((*blocks, Deviations(cast(Any, draws), between)))


def _frame(estimates: Sequence[Estimates], values: Floats, spread: Spread, complete: Floats) -> pd.DataFrame:
    first = estimates[0]
    frame = first.frame.copy()
    value, variance = values.mean(axis=0), spread.variances()
    for name in ("n", "n_weighted", "psus", "n_least", "n_beyond"):
        frame[name] = np.min([one.frame[name].to_numpy(dtype=float) for one in estimates], axis=0)
    for name in ("n", "psus") if frame["psus"].notna().all() else ("n",):
        frame[name] = frame[name].astype(np.int64)
    for name in ("missing", "missing_share"):
        frame[name] = np.max([one.frame[name].to_numpy() for one in estimates], axis=0)
    frame["df"] = df_between_draws(spread, complete)
    frame["estimate"], frame["se"] = value, np.sqrt(variance)
    frame["ci_low"], frame["ci_high"] = limits(
        frame, str(first.settings.get("interval", "auto")), first.convention, float(first.settings["level"])
    )
    frame["cv"] = coefficient_of_variation(value, frame["se"].to_numpy())
    for name in ("deff", "deff_wr"):
        frame[name] = np.mean([one.frame[name].to_numpy(dtype=float) for one in estimates], axis=0)
    frame["deft"] = np.mean([one.frame["deft"].to_numpy(dtype=float) for one in estimates], axis=0)
    return frame


def imputation_variance(estimates: Estimates) -> pd.DataFrame:
    """Of combined estimates, how much of the variance comes from sampling and how much from the imputation.

    Returns
    -------
    pandas frame with the labels, `within` (Ū), `between` (B), `total` (T), `increase` ((1 + 1/M) B / Ū) and `fraction`
    (of missing information, Rubin's λ).

    Raises
    ------
    EstimationError for estimates that were not combined.
    """
    spread = estimates.spread
    count = estimates.settings.get("imputations")
    if count is None or not isinstance(spread.blocks[-1].stage, Draws):
        raise EstimationError("these estimates were not combined from several data sets; see cd.combine")
    between = spread.blocks[-1].variances()[estimates.rows]
    total = spread.variances()[estimates.rows]
    keys = estimates.frame[["statistic", "item", *estimates.by]]
    with np.errstate(divide="ignore", invalid="ignore"):
        return keys.assign(
            within=total - between,
            between=between / (1 + 1 / int(count)),
            total=total,
            increase=between / (total - between),
            fraction=between / total,
        )
