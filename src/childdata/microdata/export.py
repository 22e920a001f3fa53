"""What a Dataset becomes in a program's own terms, before a byte is written.

Reasons go back among the values as the codes they were; what the target cannot hold as it is (Stata's tags in
SPSS, SPSS's codes in Stata, long labels) is turned into what it can hold, and said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import polars as pl

from childdata.errors import VariableError
from childdata.microdata.dates import from_moments
from childdata.microdata.labels import Code, Part, Variable, is_tag
from childdata.microdata.names import Target, writable_names

LONGEST_VALUE_LABEL = 120  # bytes, in SPSS
LONGEST_VARIABLE_LABEL = 256
LONGEST_STATA_LABEL = 80  # letters
LONGEST_TEXT = 255  # bytes; a longer text becomes several variables in SPSS
LARGEST_STATA_INTEGER = 2_147_483_620
TAG_CODES = {chr(ord("a") + i): -926.0 + i for i in range(26)}  # .a is -926, .z is -901


@dataclass(slots=True)
class Export:
    """Columns under the names they will have, and what goes with them in the dictionary."""

    columns: dict[str, pl.Series] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[Code, str]] = field(default_factory=dict)
    missing: dict[str, list[tuple[Code, Code]]] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def export(data: Part, target: Target, *, rename: bool) -> Export:
    """The data in SPSS's or Stata's terms.

    Raises VariableError naming the variable that cannot be written.
    """
    out = Export()
    names = writable_names(data.frame.columns, target, auto=rename)
    for name, new in names.items():
        reasons = data.reasons.get_column(name) if name in data.reasons.columns else None
        variable = data.variables[name]
        if new != name:
            out.said.append(f"variable {name!r} is written as {new!r}")
        values, display = _plain(data.frame.get_column(name), target)
        out.labels[new] = variable.label
        if display or _suits(variable.format, target):
            out.formats[new] = display or str(variable.format)
        if variable.measure:
            out.measures[new] = variable.measure
        if target == "spss":
            _to_spss(out, new, values, reasons, variable)
        else:
            _to_stata(out, new, values, reasons, variable)
        _check_lengths(out, new, variable, target)
    return out


def _plain(values: pl.Series, target: Target) -> tuple[pl.Series, str]:
    if values.dtype.is_temporal():
        return from_moments(values, target)
    if values.dtype == pl.Boolean:
        return values.cast(pl.Int64), ""
    if values.dtype == pl.Null:
        return values.cast(pl.Float64), ""
    return values, ""


def _suits(display: str | None, target: Target) -> bool:
    return bool(display) and (str(display).startswith("%") == (target == "stata")) and str(display)[0] in "%FAENCP"


def _to_spss(out: Export, name: str, values: pl.Series, reasons: pl.Series | None, variable: Variable) -> None:
    text = values.dtype == pl.String
    labels = dict(variable.value_labels.items())
    codes: list[Code] = [code for code in variable.missing_codes if text or not isinstance(code, str)]
    ranges = list(variable.missing_ranges)
    tags = [] if text else [str(code) for code in variable.missing_codes if isinstance(code, str) and is_tag(code)]
    if reasons is not None and reasons.dtype == pl.String and not text:
        tags = sorted({*tags, *(f".{letter}" for letter in reasons.drop_nulls().unique())})
        reasons = reasons.replace_strict(TAG_CODES, default=None, return_dtype=pl.Float64)
    if tags:
        numbers = [TAG_CODES[tag[1]] for tag in tags if tag[1] in TAG_CODES]
        labels = {
            TAG_CODES[code[1]] if isinstance(code, str) and is_tag(code) else code: label
            for code, label in labels.items()
        }
        if bool(values.cast(pl.Float64).is_in(numbers).any()):
            raise VariableError(f"the tags of {name!r} would become {numbers}, but some of these are answers")
        codes, ranges = (
            (codes + list(numbers), ranges) if len(numbers) <= 3 else (codes, [(min(numbers), max(numbers))])
        )
        pairs = ", ".join(f"{tag} as {number:g}" for tag, number in zip(tags, numbers, strict=False))
        out.said.append(f"Stata's tags of {name!r} are written as codes: {pairs}")
    if len(ranges) > 1 or len(codes) > (1 if ranges else 3):
        raise VariableError(
            f"variable {name!r} declares {len(codes)} missing codes and {len(ranges)} ranges; "
            "SPSS allows three codes, or one range and one code: declare fewer"
        )
    if reasons is not None:
        values = _merged(values, reasons)
    out.columns[name] = values.alias(name)
    if labels:
        out.value_labels[name] = labels
    if codes or ranges:
        out.missing[name] = [*ranges, *((code, code) for code in codes)]


def _merged(values: pl.Series, reasons: pl.Series) -> pl.Series:
    dtype = pl.String if values.dtype == pl.String else pl.Float64
    return pl.select(pl.coalesce(pl.Series(reasons).cast(dtype), pl.Series(values).cast(dtype))).to_series()


def _to_stata(out: Export, name: str, values: pl.Series, reasons: pl.Series | None, variable: Variable) -> None:
    if values.dtype == pl.String:
        out.columns[name] = (values if reasons is None else _merged(values, reasons)).alias(name)
        if variable.value_labels or variable.missing_codes:
            out.said.append(f"Stata has no value labels or missing codes for texts: those of {name!r} are not written")
        return
    labels = dict(variable.value_labels.items())
    tags = [str(code)[1] for code in labels if isinstance(code, str) and is_tag(code)]
    tags += [str(code)[1] for code in variable.missing_codes if isinstance(code, str) and is_tag(code)]
    if (reasons is not None and reasons.dtype != pl.String) or any(
        not isinstance(c, str) for c in variable.missing_codes
    ):
        letters = _letters(name, reasons, variable)
        labels = {f".{letters[code]}" if code in letters else code: label for code, label in labels.items()}
        tags += list(letters.values())
        if reasons is not None:
            reasons = reasons.replace_strict(letters, default=None, return_dtype=pl.String)
        pairs = ", ".join(f"{code:g} as .{letter}" for code, letter in letters.items())
        out.said.append(f"missing codes of {name!r} are written as Stata's tags: {pairs}")
    broken = [code for code in labels if not isinstance(code, str) and code != math.floor(code)]
    if broken:
        out.said.append(f"Stata labels whole numbers only: {len(broken)} labels of {name!r} are not written")
    kept: dict[Code, str] = {
        (code[1] if isinstance(code, str) else int(code)): label for code, label in labels.items() if code not in broken
    }
    if kept:
        out.value_labels[name] = kept
    present = set(reasons.drop_nulls().unique()) if reasons is not None and reasons.dtype == pl.String else set()
    letters_used = sorted({letter for letter in {*tags, *present} if letter != "_"})
    if letters_used:
        out.tags[name] = letters_used
    plain = _compact(values)
    out.columns[name] = (_with_tags(plain, reasons) if letters_used else plain).alias(name)


def _letters(name: str, reasons: pl.Series | None, variable: Variable) -> dict[float, str]:
    codes = {float(code) for code in variable.missing_codes if not isinstance(code, str)}
    if reasons is not None:
        codes |= {float(code) for code in reasons.drop_nulls().unique()}
    if len(codes) > 26:
        raise VariableError(
            f"variable {name!r} has {len(codes)} missing codes; Stata has 26 tags: write .sav or .parquet"
        )
    return {code: chr(ord("a") + i) for i, code in enumerate(sorted(codes))}


def _compact(values: pl.Series) -> pl.Series:
    if values.dtype.is_integer():
        fits = values.drop_nulls().cast(pl.Int64).abs().max()
        small = fits is None or int(str(fits)) <= LARGEST_STATA_INTEGER
        return values.cast(pl.Int32) if small else values.cast(pl.Float64)
    return values.cast(pl.Float64)


def _with_tags(values: pl.Series, reasons: pl.Series | None) -> pl.Series:
    # pyreadstat wants a column of objects, numbers and letters mixed, wherever a tag is declared
    letters = [None] * len(values) if reasons is None else reasons.to_list()
    mixed = [value if letter is None else letter for value, letter in zip(values.to_list(), letters, strict=True)]
    return pl.Series(values.name, mixed, dtype=pl.Object)


def _check_lengths(out: Export, name: str, variable: Variable, target: Target) -> None:
    values = out.columns[name]
    if target == "stata":
        if len(variable.label) > LONGEST_STATA_LABEL:
            out.said.append(f"the label of {name!r} is cut to {LONGEST_STATA_LABEL} letters")
            out.labels[name] = variable.label[:LONGEST_STATA_LABEL]
        return
    long = [label for label in variable.value_labels.values() if len(label.encode()) > LONGEST_VALUE_LABEL]
    if long:
        out.said.append(
            f"{len(long)} value labels of {name!r} are cut to {LONGEST_VALUE_LABEL} bytes (60 Cyrillic letters)"
        )
        out.value_labels[name] = {
            code: _cut(label, LONGEST_VALUE_LABEL) for code, label in out.value_labels[name].items()
        }
    if len(variable.label.encode()) > LONGEST_VARIABLE_LABEL:
        out.said.append(f"the label of {name!r} is cut to {LONGEST_VARIABLE_LABEL} bytes")
        out.labels[name] = _cut(variable.label, LONGEST_VARIABLE_LABEL)
    if values.dtype == pl.String and int(values.str.len_bytes().max() or 0) > LONGEST_TEXT:  # type: ignore[arg-type]
        out.said.append(f"texts of {name!r} are longer than {LONGEST_TEXT} bytes: SPSS shows them as several variables")


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode("utf-8", "ignore")
