"""Which file is read how, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError, ReadError
from childdata.survey.plans import design_from
from childdata.survey.plans_spss import LARGEST
from plan_files import DATA, written


def weighted_file(tmp_path: Path) -> Path:
    """A file as SPSS saves it while a weight is on: the place of the weight stands at byte 76 of the header."""
    path = cd.write(pd.DataFrame({"y": [1.0, 2.0], "hhweight": [3.0, 1.0]}), tmp_path / "hh.sav")
    raw = bytearray(path.read_bytes())
    raw[76:80] = (2).to_bytes(4, "little")
    path.write_bytes(raw)
    return path


def test_weight_of_an_spss_file_is_the_weight_of_its_plan(tmp_path: Path) -> None:
    path = weighted_file(tmp_path)
    for found in (design_from(path), design_from(cd.read(path))):
        assert found.keywords == {"weight": "hhweight"}
        assert found.notes == ("hh.sav names a weight only and says nothing of strata and sampling units",)
    assert design_from(path).survey(cd.read(path)).estimate(cd.mean("y")).to_frame()["estimate"].item() == 1.25


def test_weight_of_a_joined_file_is_not_taken_for_that_of_the_data(tmp_path: Path) -> None:
    data = cd.Dataset.from_frame({"y": [1]}, notes=["hh.sav: The file was weighted by w when SPSS saved it; no weight is applied here."])  # noqa: E501  # fmt: skip
    with pytest.raises(DesignError, match="says nothing of its design"):
        design_from(data)


def test_files_of_other_kinds_and_missing_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="there is no file"):
        design_from(tmp_path / "gone.csaplan")
    with pytest.raises(ReadError, match=r"plan\.txt: a design is read from files ending in \.csaplan"):
        design_from(written(b"x", tmp_path, "plan.txt"))
    with pytest.raises(DesignError, match=r"takes the path of a file, or a Dataset from cd\.read; found dict"):
        design_from(DATA)  # type: ignore[arg-type]
    with pytest.raises(ReadError, match="has at most"):
        design_from(written(b" " * (LARGEST + 1), tmp_path))
