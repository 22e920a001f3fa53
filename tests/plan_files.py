"""A small survey, and plans of SPSS for it: what the tests of designs from files share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import childdata as cd

# Two strata of two PSUs of two records.
DATA = {
    "region": [1, 1, 1, 1, 2, 2, 2, 2],
    "psu": [1, 1, 2, 2, 3, 3, 4, 4],
    "N": [10.0] * 4 + [20.0] * 4,
    "M": [5.0] * 8,
    "f": [0.2] * 4 + [0.1] * 4,
    "w": [25.0] * 4 + [50.0] * 4,
    "y": [1.0, 2.0, 4.0, 3.0, 7.0, 6.0, 2.0, 5.0],
}


def answer(survey: cd.Survey) -> np.ndarray[Any, Any]:
    return survey.estimate([cd.mean("y"), cd.total("y")]).to_frame()[["estimate", "se"]].to_numpy()


def stage(number: int, method: str, *inside: str) -> str:
    return f'<AnalysisStage estimationMethod="{method}" stageNumber="{number}">{"".join(inside)}</AnalysisStage>'


def listed(kind: str, *names: str) -> str:
    variables = "".join(f'<Variable name="{name}"/>' for name in names)
    return f'<{kind}VarList numberOfVariables="{len(names)}">{variables}</{kind}VarList>'


def plan(*stages: str, weight: str = "w", more: str = "", estimator: str = "wor") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n<SPSSComplexSamples version="1.0">\n'
        '\t<Header copyright="Copyright (c) IBM Corp., 2012. All Rights Reserved."/>\n'
        f'\t<AnalysisDesign SRSestimator="{estimator}" numberOfStages="{len(stages)}">{"".join(stages)}\n'
        f'\t\t<Weight><Variable name="{weight}"/></Weight>\n\t</AnalysisDesign>{more}\n</SPSSComplexSamples>\n'
    ).encode()


WITH = stage(1, "wr", listed("Strata", "region"), listed("Cluster", "psu"))


def written(content: bytes, tmp_path: Path, name: str = "plan.csaplan") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path
