"""How codes become words in a pandas frame: ordered categories, in the order of the codes.

A variable of which only a few values are labelled (an age with "97 or more", a sum with "refused") stays
numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import polars as pl

from childdata.microdata.labels import Code, Variable, code_text


def labelled(frame: pl.DataFrame, variables: Mapping[str, Variable]) -> pd.DataFrame:
    """The frame as pandas, with an ordered categorical for every labelled variable."""
    plain = frame.to_pandas()
    columns = {}
    for name in frame.columns:
        values = frame.get_column(name)
        variable = variables[name]
        columns[name] = _categories(values, variable) if _is_labelled(values, variable) else plain[name]
    return pd.DataFrame(columns, index=plain.index)


def _is_labelled(values: pl.Series, variable: Variable) -> bool:
    if not variable.value_labels or variable.kind not in ("number", "text"):
        return False
    present = values.drop_nulls().unique().to_list()
    return 2 * sum(value in variable.value_labels for value in present) >= len(present)


def _categories(values: pl.Series, variable: Variable) -> pd.Series[str]:
    present = set(values.drop_nulls().unique().to_list())
    codes = _in_order({code for code in variable.value_labels if not variable.is_declared_missing(code)} | present)
    named = {code: variable.value_labels.get(code, code_text(code)) for code in codes}
    words = list(named.values())
    # two codes may carry the same label; categories must differ
    unique = {code: f"{word} [{code_text(code)}]" if words.count(word) > 1 else word for code, word in named.items()}
    position = {code: i for i, code in enumerate(codes)}
    places = [-1 if value is None else position[value] for value in values.to_list()]
    categories = pd.Categorical.from_codes(places, categories=pd.Index(list(unique.values())), ordered=True)
    return pd.Series(categories, name=variable.name)


def _in_order(codes: set[Code]) -> list[Code]:
    numbers = sorted(code for code in codes if not isinstance(code, str))
    return [*numbers, *sorted(code for code in codes if isinstance(code, str))]
