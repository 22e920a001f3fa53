"""From the working rows of estimates to a table that may be published.

`estimates_table` shows values with standard errors and limits; `sampling_errors_table` has the layout of
the appendix of a MICS report: value, standard error, coefficient of variation, design effect and its
root, weighted and unweighted count, and the value minus and plus two standard errors (exactly two,
whatever the degrees of freedom), for shares within 0 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from childdata.errors import VariableError, nearest
from childdata.table.disclosure import UNPUBLISHED, conceal
from childdata.table.formats import Measure, label_text
from childdata.table.grid import Column, Wide, are_blocks
from childdata.table.policy import Disclosure, Suppression, rule
from childdata.table.table import Table, two_errors
from childdata.vocabulary import MISSING, TOTAL
from childdata.words import Lang, heading, told, word

MEASURES: Mapping[str, Measure] = {
    "estimate": "value",
    "se": "error",
    "ci_low": "value",
    "ci_high": "value",
    "cv": "share",
    "deff": "index",
    "deft": "index",
    "df": "count",
    "n": "count",
    "n_weighted": "count",
    "psus": "count",
    "missing": "count",
    "missing_share": "share",
    "flag": "label",
    "lower_2se": "value",
    "upper_2se": "value",
}
USUAL = ("estimate", "se", "ci_low", "ci_high", "n")
SAMPLING_ERRORS = ("estimate", "se", "cv", "deff", "deft", "n_weighted", "n", "lower_2se", "upper_2se")
TWO = 2.0
# Limits of the conventions that know no level have the headings of the appendix.
LIMITS: Mapping[str, str] = {"ci_low": "lower_2se", "ci_high": "upper_2se"}
# A number of records, persons or households in a note.
COUNTED = re.compile(r"(?<![\w.,])\d+(?= (?:records?|rows?|persons?|children|households?)\b)")


def estimates_table(
    rows: pd.DataFrame,
    *,
    by: Sequence[str],
    headings: Mapping[str, str] | None = None,
    title: str = "",
    subtitle: str = "",
    notes: Sequence[str] = (),
    lang: Lang = "en",
    suppress: Suppression = "mics",
    provenance: Mapping[str, str] | None = None,
    columns: Sequence[str] = USUAL,
    level: float | None = None,
) -> Table:
    """A table of estimates with their standard errors and limits.

    Parameters
    ----------
    rows : one row per statistic, item and cell: `statistic`, `item`, the `by` columns as labels, `estimate`,
        `se`, `ci_low`, `ci_high`, `n` ..., and `scale` (share, amount, index, difference; a difference may
        say in `difference_of` what of). The label "Total", or none, means all of a variable.
    headings : variable or statistic -> its label in words.
    suppress : "mics" (under 25 unweighted records not shown, under 50 in parentheses), "nchs", a rule of
        one's own, or None to hide nothing.
    columns : the results to show, in order.
    level : confidence level of the limits, for their headings; that of the provenance, else 0.95. Where the
        provenance names the convention "mics" or "dhs", limits are two standard errors away, and are called so.

    Raises
    ------
    VariableError if a column is not among the rows; ChilddataError if the rule's name is unknown.

    >>> rows = pd.DataFrame({"statistic": "stunted", "region": ["Brest", "Minsk", "Total"], "scale": "share",
    ...                      "estimate": [0.18, 0.25, 0.2], "n": [400, 36, 436]})
    >>> estimates_table(rows, by=["region"], headings={"region": "Region"}, columns=["estimate", "n"])
    stunted
                      Unweighted
    Region  Estimate       count
    ──────  ────────  ──────────
    Brest      18.0%         400
    Minsk    (25.0%)          36
    Total      20.0%         436
    ( ) Rests on 25–49 unweighted records: use with care.
    """
    own = dict(headings or {})
    policy = rule(suppress)
    level = level if level is not None else float((provenance or {}).get("level", 0.95))
    shown = [name for name in columns if policy is None or name not in UNPUBLISHED]
    _known([*by, *shown], rows)
    concealed = _reader_labels(conceal(rows, by, policy, total=TOTAL), by, own, lang)
    if "flag" in concealed and "flag" not in shown and concealed["flag"].fillna("").astype(bool).any():
        shown.append("flag")
    labels = [name for name in ("statistic", "item") if name in concealed and _varies(concealed[name])]
    described = [Column(name, own.get(name, heading(name, lang))) for name in (*labels, *by)]
    printed = LIMITS if two_errors(provenance or {}) else {}
    described += [
        Column(name, heading(printed.get(name, name), lang, level=level), MEASURES.get(name, "value")) for name in shown
    ]
    return Table(
        concealed,
        tuple(described),
        title=title or _one_statistic(concealed),
        subtitle=subtitle,
        notes=_reader_notes(notes, rows, concealed, policy, lang),
        lang=lang,
        provenance=provenance or {},
        disclosure=policy,
        layout=_blocks(concealed, labels, by, shown, lang),
        level=level,
    )


def sampling_errors_table(
    rows: pd.DataFrame,
    *,
    by: Sequence[str],
    headings: Mapping[str, str] | None = None,
    title: str = "",
    subtitle: str = "",
    notes: Sequence[str] = (),
    lang: Lang = "en",
    suppress: Suppression = "mics",
    provenance: Mapping[str, str] | None = None,
) -> Table:
    """Sampling errors in the layout of a MICS report; arguments as of `estimates_table`.

    Shares are fractions of one with three decimals. The bounds are computed from the value and its standard
    error.
    """
    own = dict(headings or {})
    policy = rule(suppress)
    with_bounds = rows.copy()
    estimate, error = rows["estimate"].to_numpy(float), rows["se"].to_numpy(float)
    share = (rows["scale"] == "share").to_numpy(bool)
    low, high = estimate - TWO * error, estimate + TWO * error
    with_bounds["lower_2se"] = np.where(share, np.clip(low, 0, 1), low)
    with_bounds["upper_2se"] = np.where(share, np.clip(high, 0, 1), high)
    _known([*by, *SAMPLING_ERRORS], with_bounds)
    concealed = _reader_labels(conceal(with_bounds, by, policy, total=TOTAL), by, own, lang)
    labels = [name for name in ("statistic", "item") if name in concealed]
    if "item" in labels and not _varies(concealed["item"]):
        labels.remove("item")
    described = [Column(name, own.get(name, heading(name, lang))) for name in (*by, *labels)]
    for name in SAMPLING_ERRORS:
        printed = heading("value" if name == "estimate" else name, lang)
        measure: Measure = "count" if MEASURES[name] == "count" else "index"
        described.append(Column(name, printed, measure, digits=3 if measure == "index" else None))
    return Table(
        concealed,
        tuple(described),
        title=title or word("table.sampling_errors", lang),
        subtitle=subtitle,
        notes=(
            *_reader_notes(notes, rows, concealed, policy, lang),
            word("note.sampling_errors", lang),
        ),
        lang=lang,
        provenance=provenance or {},
        disclosure=policy,
    )


def _known(names: Sequence[str], rows: pd.DataFrame) -> None:
    for name in names:
        if name not in rows:
            raise VariableError(
                f"the rows have no column {name!r} to show; they have {', '.join(map(str, rows.columns))}"
                f"{nearest(name, map(str, rows.columns))}"
            )


def _reader_labels(rows: pd.DataFrame, by: Sequence[str], own: Mapping[str, str], lang: Lang) -> pd.DataFrame:
    """Labels as the reader sees them: statistics by their headings, totals in his language."""
    total = word("label.total", lang)
    said = {TOTAL: total, "": total, MISSING: word("label.missing", lang)}
    for name in by:
        rows[name] = [said.get(label, label) for label in map(label_text, rows[name].astype(object))]
    for name in ("statistic", "item"):
        if name in rows:
            rows[name] = [own.get(label, label) for label in map(label_text, rows[name].astype(object))]
    return rows


def _reader_notes(
    notes: Sequence[str],
    rows: pd.DataFrame,
    concealed: pd.DataFrame,
    policy: Disclosure | None,
    lang: Lang,
) -> tuple[str, ...]:
    """Notes in the reader's language. They count records too: a hidden count is taken out of them."""
    counts: set[str] = set()
    if policy is not None:
        hidden = concealed["count_state"].to_numpy() != "shown"
        counts = {f"{count:.0f}" for count in rows["n"].to_numpy(float)[hidden] if count > 0}
        counts.update(str(count) for count in range(1, policy.minimum_count))
    kept = [COUNTED.sub(lambda found: "…" if found[0] in counts else found[0], note) for note in notes]
    return tuple(told(note, lang) for note in kept)


def _varies(labels: pd.Series[str]) -> bool:
    return labels.nunique() > 1


def _one_statistic(rows: pd.DataFrame) -> str:
    names = rows["statistic"].unique().tolist() if "statistic" in rows else []
    return str(names[0]) if len(names) == 1 else ""


def _blocks(
    rows: pd.DataFrame, labels: Sequence[str], by: Sequence[str], shown: Sequence[str], lang: Lang
) -> Wide | None:
    """Blocks that do not cross stand below each other under the names of their variables."""
    keys = list(rows[list(by)].itertuples(index=False, name=None))
    if not are_blocks(keys, word("label.total", lang)):
        return None
    return Wide((*labels, *by), (), tuple(shown))
