"""CSPLAN ANALYSIS in files of SPSS commands."""

from __future__ import annotations

from pathlib import Path

import pytest

import childdata as cd
from childdata.errors import ReadError
from childdata.survey.design_plan import PlanStage
from childdata.survey.plans import design_from
from childdata.survey.plans_spss import plan_from_xml
from childdata.survey.plans_syntax import plan_from_syntax
from plan_files import DATA, WITH, answer, plan, written

COMMAND = """* Encoding: UTF-8.
GET FILE='/data/hh.sav'.
* Analysis Preparation Wizard.
CSPLAN ANALYSIS
  /PLAN FILE='C:\\My files\\2012 NSECE '+
    'data\\plan.csaplan'
  /PLANVARS ANALYSISWEIGHT=w
  /SRSESTIMATOR TYPE=WOR
  /PRINT PLAN
  /DESIGN STAGELABEL='one' STRATA=region CLUSTER=psu
  /ESTIMATOR TYPE=WR.

CSTABULATE /PLAN FILE='x' /TABLES VARIABLES=y.
"""


def test_command_says_the_same_as_the_plan_it_writes(tmp_path: Path) -> None:
    by_command = design_from(written(COMMAND.encode(), tmp_path, "plan.sps"))
    assert by_command.stages == plan_from_xml(plan(WITH), "plan.sps").stages
    assert by_command == plan_from_xml(plan(WITH), "plan.sps")


def test_each_design_opens_a_stage_and_sizes_by_category_become_a_rule() -> None:
    text = """csplan analysis /plan file="a/b.csaplan" /planvars analysisweight=w
      /design strata=region cluster=psu /estimator type=equal_wor /popsize matrix=region; 1 10; 2 20
      /design cluster=hh /estimator type=equal_wor /inclprob value=0.4."""
    found = plan_from_syntax(text, "p.sps")
    assert found.stages[0].fpc == "if_else(region == 1, 10, region == 2, 20, unknown())"
    assert found.stages[1] == PlanStage(("hh",), (), 0.4, "without replacement")
    rows = {**DATA, "hh": list(range(8))}
    by_hand = cd.Survey(rows, weight="w", strata="region", psu=["psu", "hh"], fpc=["N", 0.4])
    assert answer(found.survey(rows)).tolist() == answer(by_hand).tolist()


def test_categories_in_quotes_and_several_variables_in_a_matrix() -> None:
    text = (
        "CSPLAN ANALYSIS /PLANVARS ANALYSISWEIGHT=w /DESIGN STRATA=a b /ESTIMATOR TYPE=EQUAL_WOR "
        "/INCLPROB MATRIX=a b; 'East' 1 0.1; 'O''Neill' 2 0.5."
    )
    assert plan_from_syntax(text, "p").stages[0].fpc == (
        "if_else(a == 'East' and b == 1, 0.10000000000000001, a == 'O''Neill' and b == 2, 0.5, unknown())"
    )


def test_equal_commands_are_one_plan_and_different_ones_are_refused() -> None:
    assert plan_from_syntax(COMMAND + COMMAND, "p.sps").weight == "w"
    with pytest.raises(ReadError, match="2 commands CSPLAN ANALYSIS that differ"):
        plan_from_syntax(COMMAND + COMMAND.replace("=w", "=v"), "p.sps")


def test_subcommands_that_are_not_known_are_told() -> None:
    notes = plan_from_syntax(COMMAND.replace("/PRINT PLAN", "/PRINT PLAN /MOS VARIABLE=size"), "p.sps").notes
    assert "p.sps holds /MOS, which is not known here and was not read" in notes


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("CSPLAN ANALYSIS", "CSPLAN SAMPLE"), "holds no command CSPLAN ANALYSIS"),
        (("TYPE=WR.", "TYPE=WRR."), "ESTIMATOR of stage 1 .* found 'WRR'; nearest: 'wr'"),
        (("  /ESTIMATOR TYPE=WR.", "  ."), "found 'none'"),
        (("=w\n", "=w v\n"), "ANALYSISWEIGHT of /PLANVARS is one name; found 2"),
        (("TYPE=WOR", "TYPE=X"), "TYPE of /SRSESTIMATOR is WR or WOR; found 'X'"),
        (("/PLAN FILE", "PLAN FILE"), "goes on with 'PLAN'"),
        (("/SRSESTIMATOR TYPE=WOR", "/POPSIZE VALUE=10"), "/POPSIZE stands before the first /DESIGN"),
        (("TYPE=WR.", "TYPE=WR /POPSIZE VALUE=ten."), "VALUE of /POPSIZE wants a number above 0; found 'ten'"),
        (("TYPE=WR.", "TYPE=WR /POPSIZE."), "has VALUE, VARIABLE or MATRIX; found nothing"),
        (("TYPE=WR.", "TYPE=WR /POPSIZE MATRIX=a; 1 2 3."), "has 1 variables, and a row of 3 entries"),
        (("TYPE=WR.", "TYPE=WR /POPSIZE MATRIX=a."), "no row of categories"),
        (("TYPE=WR.", "TYPE=WR /POPSIZE VALUE=2 /INCLPROB VALUE=.5."), "population twice, in /POPSIZE and /INCLPROB"),
    ],
)
def test_what_is_wrong_in_a_command_is_named(change: tuple[str, str], said: str) -> None:
    assert change[0] in COMMAND
    with pytest.raises(ReadError, match=said):
        plan_from_syntax(COMMAND.replace(*change), "p.sps")


def test_command_file_in_another_code_page_wants_its_name(tmp_path: Path) -> None:
    path = written(COMMAND.replace("STRATA=region", "STRATA=область").encode("cp1251"), tmp_path, "p.sps")
    with pytest.raises(ReadError, match="no text in UTF-8; give encoding='windows-1251'"):
        design_from(path)
    assert design_from(path, encoding="windows-1251").stages[0].strata == ("область",)
