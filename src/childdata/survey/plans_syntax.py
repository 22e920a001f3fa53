"""`CSPLAN ANALYSIS` in a file of SPSS commands (.sps): the plan of SPSS Complex Samples in words.

    CSPLAN ANALYSIS
      /PLAN FILE='plan.csaplan'
      /PLANVARS ANALYSISWEIGHT=w
      /DESIGN STRATA=region CLUSTER=school
      /ESTIMATOR TYPE=EQUAL_WOR
      /POPSIZE MATRIX=region; 'East' 120; 'West' 80
      /DESIGN CLUSTER=pupil
      /ESTIMATOR TYPE=WR.

Many institutes publish it beside their data. Each DESIGN opens a stage; sizes by stratum become a rule.

Source: IBM SPSS Statistics, Command Syntax Reference, CSPLAN.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from childdata.errors import ReadError, nearest
from childdata.survey.design_plan import DesignPlan, PlanStage, as_rule
from childdata.survey.plans_spss import METHODS, finished

LARGEST = 10_000_000  # bytes
_COMMAND = re.compile(
    r"^[ \t]*CSPLAN\s+ANALYSIS\b(.*?)(?:\.[ \t\r]*$|\n[ \t\r]*\n|\Z)", re.IGNORECASE | re.DOTALL | re.MULTILINE
)
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\s=/;'"]+|[=/;]""")
_SUBCOMMANDS = ("PLAN", "PLANVARS", "SRSESTIMATOR", "PRINT", "DESIGN", "ESTIMATOR", "POPSIZE", "INCLPROB")


@dataclass(slots=True)
class _Stage:
    design: dict[str, list[str]]
    method: str = ""
    size: str | float | None = None
    sized: list[str] = field(default_factory=list)


def plan_from_syntax(text: str, source: str) -> DesignPlan:
    """The plan of the CSPLAN ANALYSIS commands of a file, which all say the same.

    Raises
    ------
    ReadError naming the subcommand that is wrong, or if there is no such command, or several that differ.
    """
    plans = [_plan(found.group(1), source) for found in _COMMAND.finditer(text)]
    if not plans:
        raise ReadError(f"{source} holds no command CSPLAN ANALYSIS; wanted is one, which declares a design")
    if any(one != plans[0] for one in plans):
        raise ReadError(f"{source} holds {len(plans)} commands CSPLAN ANALYSIS that differ; keep the one that is meant")
    return plans[0]


def _plan(command: str, source: str) -> DesignPlan:
    weight: str | None = None
    estimator = "wor"
    stages: list[_Stage] = []
    unknown: list[str] = []
    for name, tokens in _subcommands(command, source):
        given = _given(tokens)
        if name == "PLANVARS":
            weight = _one(given.pop("ANALYSISWEIGHT", []), f"{source}: ANALYSISWEIGHT of /PLANVARS")
        elif name == "SRSESTIMATOR":
            estimator = _one(given.pop("TYPE", []), f"{source}: TYPE of /SRSESTIMATOR") or ""
            if estimator.upper() not in ("WR", "WOR"):
                raise ReadError(f"{source}: TYPE of /SRSESTIMATOR is WR or WOR; found {estimator!r}")
        elif name == "DESIGN":
            stages.append(_Stage({key: given.pop(key, []) for key in ("STRATA", "CLUSTER")}))
            given.pop("STAGELABEL", None)
        elif name in ("ESTIMATOR", "POPSIZE", "INCLPROB"):
            if not stages:
                raise ReadError(f"{source}: /{name} stands before the first /DESIGN")
            _stage_part(stages[-1], name, tokens, given, source)
            given = {}
        elif name not in _SUBCOMMANDS:
            unknown.append(f"/{name}")
        if name not in ("PLAN", "PRINT") and name in _SUBCOMMANDS:
            unknown += [f"/{name} {key}" for key in given]
    made = [_made(stage, place, source) for place, stage in enumerate(stages, 1)]
    return finished(source, weight, made, estimator.lower(), unknown)


def _subcommands(command: str, source: str) -> list[tuple[str, list[str]]]:
    """Each subcommand with its tokens; texts keep their quotes."""
    found: list[tuple[str, list[str]]] = []
    tokens = iter(_TOKEN.findall(re.sub(r"(?m)^[ \t]*\*.*$", "", command)))
    for token in tokens:
        if token == "/":
            found.append((next(tokens, "").upper(), []))
        elif found:
            found[-1][1].append(token)
        else:
            raise ReadError(f"{source}: CSPLAN ANALYSIS goes on with {token!r}, wanted is a subcommand such as /PLAN")
    return found


def _given(tokens: Sequence[str]) -> dict[str, list[str]]:
    """What stands behind each `KEY =`; a key that stands alone has nothing."""
    given: dict[str, list[str]] = {}
    key = ""
    for place, token in enumerate(tokens):
        if place + 1 < len(tokens) and tokens[place + 1] == "=":
            key = token.upper()
            given[key] = []
        elif token != "=" and key:
            given[key].append(token)
        elif token != "=":
            given[token.upper()] = []
    return given


def _one(tokens: Sequence[str], what: str) -> str | None:
    if len(tokens) > 1:
        raise ReadError(f"{what} is one name; found {len(tokens)}")
    return tokens[0] if tokens else None


def _stage_part(stage: _Stage, name: str, tokens: Sequence[str], given: dict[str, list[str]], source: str) -> None:
    if name == "ESTIMATOR":
        stage.method = (_one(given.get("TYPE", []), f"{source}: TYPE of /ESTIMATOR") or "").lower()
        return
    stage.sized.append(name)
    if "MATRIX" in given:
        stage.size = _matrix(given["MATRIX"], f"{source}: MATRIX of /{name}")
    elif "VARIABLE" in given:
        variable = _one(given["VARIABLE"], f"{source}: VARIABLE of /{name}")
        stage.size = None if variable is None else as_rule(variable)
    elif "VALUE" in given:
        stage.size = _number(_one(given["VALUE"], f"{source}: VALUE of /{name}") or "", f"{source}: VALUE of /{name}")
    else:
        raise ReadError(f"{source}: /{name} has VALUE, VARIABLE or MATRIX; found {' '.join(tokens) or 'nothing'}")


def _matrix(tokens: Sequence[str], what: str) -> str:
    """Sizes by category, `region; 'East' 120; 'West' 80`, as a rule; a category without one is unknown."""
    rows: list[list[str]] = [[]]
    for token in tokens:
        if token == ";":
            rows.append([])
        else:
            rows[-1].append(token)
    variables, *entries = [row for row in rows if row]
    branches = []
    for entry in entries:
        if len(entry) != len(variables) + 1:
            raise ReadError(f"{what} has {len(variables)} variables, and a row of {len(entry)} entries")
        met = [f"{as_rule(name)} == {_category(code, what)}" for name, code in zip(variables, entry, strict=False)]
        branches.append(f"{' and '.join(met)}, {_number(entry[-1], what):.17g}")
    if not branches:
        raise ReadError(f"{what} has no row of categories and a size")
    return f"if_else({', '.join(branches)}, unknown())"


def _category(token: str, what: str) -> str:
    return token if token[0] in "'\"" else f"{_number(token, what, least=-float('inf')):.17g}"


def _number(token: str, what: str, *, least: float = 0.0) -> float:
    try:
        value = float(token)
    except ValueError:
        value = float("nan")
    if not least < value < float("inf"):
        raise ReadError(f"{what} wants a number{' above 0' if least == 0 else ''}; found {token!r}")
    return value


def _made(stage: _Stage, place: int, source: str) -> PlanStage:
    if stage.method not in METHODS:
        raise ReadError(
            f"{source}: the ESTIMATOR of stage {place} has a TYPE of {', '.join(METHODS).upper()}; found "
            f"{stage.method.upper() or 'none'!r}{nearest(stage.method, METHODS)}"
        )
    if len(stage.sized) > 1:
        raise ReadError(f"{source}: stage {place} gives the population twice, in /{' and /'.join(stage.sized)}")
    return PlanStage(tuple(stage.design["CLUSTER"]), tuple(stage.design["STRATA"]), stage.size, METHODS[stage.method])
