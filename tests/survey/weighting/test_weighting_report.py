"""The report on weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError
from childdata.survey.weighting.poststratify import poststratify
from childdata.survey.weighting.report import weights_report


def test_six_weights_by_hand() -> None:
    """1, 1, 4 and a zero: mean 2, variance (1 + 1 + 4) / 3 = 2, CV² = 1/2; effective n 36 / 18 = 2."""
    survey = cd.Survey({"w": [1.0, 0.0, 1.0, 4.0]}, weight="w")
    row = weights_report(survey).to_frame().iloc[0]
    assert row["records"] == 4
    assert row["zeros"] == 1
    assert row[["sum", "mean", "min", "median", "max"]].tolist() == [6, 2, 1, 1, 4]
    assert row["cv"] == pytest.approx(np.sqrt(0.5))
    assert row["kish_deff"] == pytest.approx(1.5)
    assert row["effective_n"] == pytest.approx(2)
    assert "ratio_min" not in row


def test_effective_n_is_n_over_kish_deff(clustered: cd.Survey) -> None:
    frame = weights_report(clustered, by="region").to_frame()
    np.testing.assert_allclose(frame["effective_n"], frame["records"] / frame["kish_deff"], rtol=1e-13)
    assert frame["group"].tolist() == ["Total", "north", "south", "west"]
    assert frame["sum"].iloc[1:].sum() == pytest.approx(frame["sum"].iloc[0])


def test_ratios_of_new_to_old(clustered: cd.Survey) -> None:
    after = poststratify(clustered, "sex", {"girl": 2 * 306.64, "boy": 333.84})
    row = weights_report(after, before=clustered).to_frame().iloc[0]
    assert row["ratio_min"] == pytest.approx(1)
    assert row["ratio_max"] == pytest.approx(2)


def test_before_is_the_same_survey(clustered: cd.Survey, sample: pd.DataFrame) -> None:
    with pytest.raises(DesignError, match="it has 10 records, and this one 300"):
        weights_report(clustered, before=cd.Survey(sample.head(10)))


def test_report_is_shown_in_words(clustered: cd.Survey) -> None:
    report = weights_report(clustered)
    assert "Kish design effect (1 + CV²)" in repr(report)
    assert report.to_frame("ru").columns[1] == "Записей"
    page = report._repr_html_()
    assert page.startswith("<table>")
    assert "Effective n" in page


def test_labels_cannot_break_out() -> None:
    page = weights_report(cd.Survey({"k": ["<b>", "c"]}), by="k")._repr_html_()
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
