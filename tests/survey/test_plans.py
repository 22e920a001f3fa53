"""Designs read from files of SPSS and Stata: what is declared, what of it is laid on data, and what is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import childdata as cd
from childdata.errors import DesignError, ReadError, VariableError
from childdata.survey.design_plan import DesignPlan, PlanStage, as_rule
from childdata.survey.plans import design_from
from childdata.survey.plans_spss import DEEPEST, LARGEST, plan_from_xml, read_xml
from childdata.survey.plans_syntax import plan_from_syntax
from childdata.survey.pps import PPS
from childdata.survey.replicate_kinds import BRR, SDR, Bootstrap, Fay, JKn
from childdata.words import told
from stata_files import write_stata

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "plans_r.json").read_text(encoding="utf-8"))
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


# ---- SPSS: XML


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


def test_plan_with_replacement_is_the_survey_of_its_variables(tmp_path: Path) -> None:
    found = design_from(written(plan(WITH), tmp_path))
    assert found.keywords == {"weight": "w", "strata": ["region"], "psu": ["psu"]}
    assert (found.program, found.source, found.left_out) == ("SPSS", "plan.csaplan", ())
    by_hand = cd.Survey(DATA, weight="w", strata="region", psu="psu")
    assert answer(found.survey(DATA)).tolist() == answer(by_hand).tolist()


def test_estimate_under_a_plan_by_hand(tmp_path: Path) -> None:
    # PSU totals of w·y: 75, 175 | 650, 350; V = 2/1·(50² + 50²) + 2/1·(150² + 150²) = 100,000; total 1,250
    found = design_from(written(plan(WITH), tmp_path)).survey(DATA).estimate(cd.total("y")).to_frame()
    assert found["estimate"].item() == 1250
    assert found["se"].item() == pytest.approx(100_000**0.5, rel=1e-12)


def test_plan_is_readable_as_text(tmp_path: Path) -> None:
    assert repr(design_from(written(plan(WITH), tmp_path))).splitlines()[:3] == [
        "<DesignPlan of plan.csaplan (SPSS)>",
        "weight    w",
        "stage 1   psu in strata of region, with replacement",
    ]


def test_plan_escapes_its_names_in_html() -> None:
    assert "<b>&lt;x&gt;</b>" in DesignPlan("SPSS", "<x>", "w")._repr_html_()


@pytest.mark.parametrize(
    ("size", "fpc"),
    [
        ('<PopulationSizes><Variable name="N"/></PopulationSizes>', "N"),
        ('<InclusionProbabilities><Variable name="f"/></InclusionProbabilities>', "f"),
        ('<PopulationSize value="10"/>', 10.0),
        ("<PopulationSize><Value>10</Value></PopulationSize>", 10.0),
    ],
)
def test_sizes_of_a_stage_without_replacement_become_fpc(size: str, fpc: object) -> None:
    found = plan_from_xml(plan(stage(1, "equal_wor", listed("Strata", "region"), listed("Cluster", "psu"), size)), "p")
    assert found.keywords["fpc"] == [fpc]
    by_hand = cd.Survey(DATA, weight="w", strata="region", psu="psu", fpc=fpc)  # type: ignore[arg-type]
    assert answer(found.survey(DATA)).tolist() == answer(by_hand).tolist()


def test_size_that_cannot_be_made_out_is_told_and_keeps_the_plan_from_the_data() -> None:
    size = '<PopulationSize><Matrix><Category value="1"/><Size value="10"/></Matrix></PopulationSize>'
    found = plan_from_xml(plan(stage(1, "equal_wor", listed("Cluster", "psu"), size)), "p.csaplan")
    assert any("<PopulationSize> (line 4)" in note for note in found.notes)
    with pytest.raises(DesignError, match=r"draws psu without replacement, but the size .* give fpc="):
        found.survey(DATA)
    assert found.survey(DATA, fpc="M").design.stages[0].population.tolist() == [5.0]


def test_records_drawn_at_the_second_stage_are_numbered() -> None:
    first = stage(1, "equal_wor", listed("Strata", "region"), listed("Cluster", "psu"), '<PopulationSize><Variable name="N"/></PopulationSize>')  # fmt: skip  # noqa: E501
    second = stage(2, "equal_wor", '<PopulationSize><Variable name="M"/></PopulationSize>')
    found = plan_from_xml(plan(first, second), "p")
    assert found.keywords["psu"] == ["psu", "record_number"]
    rows = {**DATA, "id": list(range(8))}
    by_hand = cd.Survey(rows, weight="w", strata="region", psu=["psu", "id"], fpc=["N", "M"])
    assert answer(found.survey(DATA)).tolist() == answer(by_hand).tolist()


def test_stages_below_one_with_replacement_are_left_out_and_told() -> None:
    found = plan_from_xml(plan(WITH, stage(2, "equal_wor", listed("Cluster", "hh"))), "p.csaplan")
    assert len(found.stages) == 1
    assert any("stages below it have no part" in note for note in found.notes)


def test_unequal_probabilities_are_asked_about() -> None:
    found = plan_from_xml(
        plan(stage(1, "unequal_wor", listed("Strata", "region"), listed("Cluster", "psu"))), "p.csaplan"
    )
    with pytest.raises(DesignError, match=r"p\.csaplan draws psu .* unequal=cd\.PPS\(\.\.\.\)"):
        found.survey(DATA)
    with_replacement = found.survey(DATA, unequal="with replacement")
    assert answer(with_replacement).tolist() == answer(cd.Survey(DATA, weight="w", strata="region", psu="psu")).tolist()
    assert any("counts as drawn with replacement" in note for note in with_replacement.estimate(cd.mean("y")).notes)


def test_probabilities_of_units_take_the_place_of_an_fpc() -> None:
    drawn = PlanStage(("psu",), ("region",), None, "unequal, without replacement")
    found = DesignPlan("SPSS", "p", "w", (drawn, PlanStage((), (), "M", "without replacement")))
    pps, rows = PPS("f"), {**DATA, "id": list(range(8))}
    by_hand = cd.Survey(rows, weight="w", strata="region", psu=["psu", "id"], fpc=[pps, "M"])
    assert answer(found.survey(DATA, unequal=pps)).tolist() == answer(by_hand).tolist()


def test_every_element_and_attribute_that_is_not_known_is_told() -> None:
    content = plan(WITH, more='<SampleDesign numberOfStages="1"/>').replace(
        b'version="1.0">', b'version="1.0" new="x">'
    )
    notes = plan_from_xml(content, "p.csplan").notes
    assert "p.csplan holds <SampleDesign> (line 6), which is not known here and was not read" in notes
    assert "p.csplan holds SPSSComplexSamples new=x, which is not known here and was not read" in notes
    assert all("неизвестно" in told(note, "ru") for note in notes if "not known" in note)


def test_namespaces_and_code_pages_are_read_through() -> None:
    text = plan(stage(1, "wr", listed("Cluster", "группа"))).decode().replace("utf-8", "windows-1251")
    spaced = text.replace("<SPSSComplexSamples", '<SPSSComplexSamples xmlns="http://www.example.org/plan"')
    assert plan_from_xml(spaced.encode("cp1251"), "p").stages[0].units == ("группа",)


def test_names_that_are_no_words_of_the_rule_language_stand_in_backquotes() -> None:
    assert plan_from_xml(plan(WITH, weight="hh.weight"), "p").weight == "`hh.weight`"
    assert [as_rule(name) for name in ("w_1", "1w", "вес", "NOT", "x$")] == ["w_1", "`1w`", "`вес`", "`NOT`", "`x$`"]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<SPSSComplexSamples>&b;</SPSSComplexSamples>"""
OUTSIDE = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><SPSSComplexSamples>&x;</SPSSComplexSamples>'


@pytest.mark.parametrize("content", [BOMB, OUTSIDE, OUTSIDE.decode().encode("utf-16"), b"<!DOCTYPE r><r/>"])
def test_entities_and_doctypes_are_refused_unread(content: bytes) -> None:
    with pytest.raises(ReadError, match="holds a DOCTYPE"):
        read_xml(content, "p.csaplan")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no element found"),
        (b"not xml", "syntax error in line 1"),
        (b"<a><b></a>", "mismatched tag"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "no XML"),
        (b"<a/><b/>", "junk after document element"),
        (b"<a>" * (DEEPEST + 1), f"more than {DEEPEST} in each other"),
        (b"<a/>" + b" " * LARGEST, "bytes"),
    ],
)
def test_what_is_no_xml_is_an_error(content: bytes, said: str) -> None:
    with pytest.raises(ReadError, match=f"p.csaplan.*{said}"):
        read_xml(content, "p.csaplan")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html/>", r"root is <html> \(line 1\), not <SPSSComplexSamples>"),
        (b"<SPSSComplexSamples/>", "has 0 analysis plans"),
        (plan(stage(1, "rw")), "one of wr, equal_wor, unequal_wor; found 'rw'"),
        (plan(stage(2, "wr")), "not numbered 1, 2"),
        (plan(stage(1, "wr").replace('"1"', '"one"')), "stageNumber of <AnalysisStage> .* found 'one'"),
        (plan(WITH).replace(b'numberOfStages="1"', b'numberOfStages="2"'), "says numberOfStages='2', and holds 1"),
        (plan(WITH).replace(b'Variables="1"', b'Variables="3"'), "says numberOfVariables='3', and holds 1"),
        (plan(WITH).replace(b'name="psu"', b'name=""'), "a <Variable> of <ClusterVarList> .* has no name"),
        (plan(WITH).replace(b"<Weight>", b'<Weight><Variable name="v"/>'), "names 2 weights"),
        (plan(WITH, estimator="srs"), "SRSestimator .* found 'srs'"),
        (plan(stage(1, "equal_wor", '<PopulationSize value="1"/>' * 2)), "gives the population twice"),
    ],
)
def test_what_is_no_plan_is_an_error_that_names_the_element(content: bytes, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        plan_from_xml(content, "p.csaplan")


# ---- SPSS: CSPLAN ANALYSIS

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


# ---- Stata

SVYSET = {
    "_svy_version": "2",
    "_svy_stages": "1",
    "_svy_su1": "psu",
    "_svy_strata1": "region",
    "_svy_wvar": "w",
    "_svy_wtype": "pweight",
    "_svy_vce": "linearized",
    "_svy_singleunit": "missing",
}


def stata(tmp_path: Path, changes: Mapping[str, str] | None = None, own: Mapping[tuple[str, str], str] | None = None,
          **options: Any) -> DesignPlan:  # fmt: skip
    settings = {("_dta", name): text for name, text in (SVYSET | dict(changes or {})).items()}
    return design_from(write_stata(tmp_path / "a.dta", settings | dict(own or {}), pd.DataFrame(DATA), **options))


@pytest.mark.parametrize(("version", "big"), [(114, False), (117, True), (118, False), (119, False)])
def test_svyset_of_every_format_is_the_survey_of_its_variables(version: int, big: bool, tmp_path: Path) -> None:
    found = stata(tmp_path, version=version, big=big)
    assert found.keywords == {"weight": "w", "strata": ["region"], "psu": ["psu"], "lonely_psu": "fail"}
    assert (found.left_out, found.notes) == ((), ())
    by_hand = cd.Survey(DATA, weight="w", strata="region", psu="psu")
    assert answer(found.survey(cd.read(tmp_path / "a.dta"))).tolist() == answer(by_hand).tolist()


@pytest.mark.parametrize(
    ("stata_word", "here"),
    [("missing", "fail"), ("certainty", "certainty"), ("scaled", "average"), ("centered", "adjust"), ("cen", "adjust")],
)
def test_single_unit_rules_have_their_word_here(stata_word: str, here: str, tmp_path: Path) -> None:
    assert stata(tmp_path, {"_svy_singleunit": stata_word}).lonely_psu == here


def test_stages_with_fpc_go_on_and_stop_at_one_without(tmp_path: Path) -> None:
    two = {"_svy_stages": "2", "_svy_fpc1": "N", "_svy_su2": "_n", "_svy_fpc2": "M"}
    found = stata(tmp_path, two)
    assert found.keywords["psu"] == ["psu", "record_number"]
    assert found.keywords["fpc"] == ["N", "M"]
    rows = {**DATA, "id": list(range(8))}
    by_hand = cd.Survey(rows, weight="w", strata="region", psu=["psu", "id"], fpc=["N", "M"])
    assert answer(found.survey(DATA)).tolist() == answer(by_hand).tolist()
    assert len(stata(tmp_path, {"_svy_su2": "hh"}).stages) == 1


@pytest.mark.parametrize("design", ["strata", "records"])
def test_later_stages_agree_with_r(design: str) -> None:
    first = PlanStage(("district",), ("region",), "N_district", "without replacement")
    below = {
        # a school is known by its number within kind
        "strata": PlanStage(("kind", "school"), ("kind",), "N_school", "without replacement"),
        "records": PlanStage((), (), "N_pupil", "without replacement"),
    }
    survey = DesignPlan("Stata", "a.dta", "w", (first, below[design])).survey(REFERENCE["data"])
    wanted = REFERENCE[design]
    flat = [wanted[name] for name in ("mean", "mean_se", "total", "total_se")]
    assert answer(survey).ravel() == pytest.approx(flat, rel=1e-12)


def test_observations_as_units_need_no_column(tmp_path: Path) -> None:
    found = stata(tmp_path, {"_svy_su1": "_n", "_svy_fpc1": "M"})
    assert "psu" not in found.keywords
    assert found.keywords["fpc"] == ["M"]
    assert found.survey({**DATA, "M": [100.0] * 8}).design.stages[0].sampled.tolist() == [4, 4]


def test_replicate_weights_by_balanced_half_samples(tmp_path: Path) -> None:
    names = "b1 b2 b3 b4"
    found = stata(tmp_path, {"_svy_vce": "brr", "_svy_brrweight": names, "_svy_mse": "mse", "_svy_dof": "7"})
    assert found.replicates == BRR(names.split(), centre="estimate", df=7.0)
    assert found.keywords == {"weight": "w", "replicates": found.replicates}
    fay = stata(tmp_path, {"_svy_vce": "brr", "_svy_brrweight": names, "_svy_fay": ".3"})
    assert fay.replicates == Fay(names.split(), rho=0.3, centre="mean")
    # the halves change places: (1 − 1.7)² = 0.49
    other = stata(tmp_path, {"_svy_vce": "brr", "_svy_brrweight": names, "_svy_fay": "1.7"}).replicates
    assert other is not None
    assert other.scale == pytest.approx(1 / (4 * 0.49), rel=1e-12)


def test_bootstrap_and_successive_differences_keep_their_factors(tmp_path: Path) -> None:
    bootstrap = {"_svy_vce": "bootstrap", "_svy_bsrweight": "r1 r2 r3 r4 r5", "_svy_bsn": "50"}
    assert stata(tmp_path, bootstrap).replicates == Bootstrap(["r1", "r2", "r3", "r4", "r5"], scale=10.0, centre="mean")
    sdr = {"_svy_vce": "sdr", "_svy_sdrweight": "r1 r2 r3 r4", "_svy_sdrfpc": ".25"}
    assert stata(tmp_path, sdr).replicates == SDR(["r1", "r2", "r3", "r4"], scale=0.75, centre="mean")


def test_jackknife_multipliers_are_those_of_the_weights_or_of_their_strata(tmp_path: Path) -> None:
    settings = {"_svy_vce": "jackknife", "_svy_jkrweight": "j1 j2 j3 j4 j5"}
    own = {(f"j{k}", "jk_stratum"): "1" if k < 3 else "2" for k in range(1, 6)}
    own |= {("j5", "jk_multiplier"): ".9", ("j1", "jk_fpc"): ".5"}
    found = stata(tmp_path, settings, own)
    # (n_h − 1)/n_h = 1/2 twice, 2/3 three times; j1 times 1 − 0.5; j5 as said
    assert found.replicates == JKn(
        ["j1", "j2", "j3", "j4", "j5"], rscales=[0.25, 0.5, 2 / 3, 2 / 3, 0.9], centre="mean"
    )
    assert any("mean of each stratum" in note for note in found.left_out)
    assert stata(tmp_path, settings | {"_svy_mse": "mse"}, own).left_out == ()


def test_jackknife_of_stata_gives_the_variance_of_the_design(tmp_path: Path) -> None:
    # leaving PSU k out doubles the other PSU of its stratum; the variance of a total is that of the design, 100,000
    psu, region, w = (np.array(DATA[name]) for name in ("psu", "region", "w"))
    left_out = {f"j{k}": np.where(psu == k, 0, np.where(region == (k + 1) // 2, 2 * w, w)) for k in range(1, 5)}
    own = {(name, "jk_stratum"): str((k + 2) // 2) for k, name in enumerate(left_out)}
    settings = {"_svy_vce": "jackknife", "_svy_jkrweight": " ".join(left_out), "_svy_mse": "mse"}
    survey = stata(tmp_path, settings, own).survey({**DATA, **left_out})
    assert survey.estimate(cd.total("y")).to_frame()["se"].item() == pytest.approx(100_000**0.5, rel=1e-12)


def test_replicate_weights_that_vce_does_not_use_are_told(tmp_path: Path) -> None:
    found = stata(tmp_path, {"_svy_brrweight": "b1 b2"})
    assert found.replicates is None
    assert found.notes == ("a.dta holds replicate weights for brr, but asks for vce(linearized): they are not used",)


def test_what_svy_does_and_the_survey_does_not_is_told_with_every_estimate(tmp_path: Path) -> None:
    more = {"_svy_poststrata": "sex", "_svy_postweight": "size", "_svy_dof": "9", "_svy_calmethod": "rake",
            "_svy_calmodel": "i.sex"}  # fmt: skip
    notes = stata(tmp_path, more).survey(DATA).estimate(cd.mean("y")).notes
    assert any("post-stratifies by sex to the sizes in size" in note for note in notes)
    assert any("calibrates (rake: i.sex)" in note for note in notes)
    assert any("gives 9 design degrees of freedom" in note for note in notes)
    made = stata(tmp_path, {"_svy_vce": "jackknife"})
    assert made.left_out == (
        "a.dta makes jackknife replicates from strata and units: not done here, survey.with_replicates does it",
    )
    assert told(made.left_out[0], "ru").startswith("a.dta строит реплики (jackknife)")


def test_unknown_settings_and_other_weights_are_told(tmp_path: Path) -> None:
    found = stata(tmp_path, {"_svy_new": "x", "_svy_wtype": "iweight"})
    assert found.notes == (
        "the weight of a.dta is of the kind iweight; it is used as a sampling weight",
        "a.dta holds _svy_new, which is not known here and was not read",
    )


def test_weights_by_stage_are_multiplied(tmp_path: Path) -> None:
    found = stata(tmp_path, {"_svy_wvar": "", "_svy_wtype": "", "_svy_weight1": "w", "_svy_weight2": "in"})
    assert found.weight == "w * `in`"


def test_settings_of_stata_8_are_read(tmp_path: Path) -> None:
    old = {("_dta", name): name[:3] for name in ("pweight", "strata", "psu", "fpc")}
    found = design_from(write_stata(tmp_path / "a.dta", old, version=114))
    assert found.keywords == {"weight": "pwe", "strata": ["str"], "psu": ["psu"], "fpc": ["fpc"], "lonely_psu": "fail"}
    assert found.notes == ("the settings of a.dta are those of Stata 8 or before",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"_svy_vce": "magic"}, "vce of svyset is one of linearized, brr, bootstrap, jackknife, sdr; found 'magic'"),
        ({"_svy_singleunit": "c"}, "singleunit of svyset is one of .* found 'c'"),
        ({"_svy_dof": "many"}, "dof of svyset is a number of 0 or above; found 'many'"),
        ({"_svy_su3": "hh"}, "not numbered 1, 2"),
        ({"_svy_vce": "brr", "_svy_brrweight": "b", "_svy_fay": "1"}, "fay of svyset .* but not 1; found 1"),
    ],
)
def test_settings_that_cannot_be_are_named(changes: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=f"a.dta: .*{said}"):
        stata(tmp_path, changes)


def test_file_that_was_never_svyset_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match=r"a\.dta holds no settings of svyset; declare the design by hand"):
        design_from(write_stata(tmp_path / "a.dta", {("_dta", "note1"): "svyset"}))


# ---- SPSS data, and whatever else is given


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


# ---- laying a plan on data

TWO_STAGES = DesignPlan(
    "Stata",
    "a.dta",
    "w",
    (
        PlanStage(("region", "psu"), (), "N2", "without replacement"),
        PlanStage((), (), "M", "without replacement"),
    ),
)
ROWS = {**DATA, "N2": [30.0] * 8, "psu": [1, 1, 2, 2, 1, 1, 2, 2]}


@pytest.mark.parametrize("kind", ["mapping", "pandas", "polars", "lazy", "pyarrow", "dataset"])
def test_columns_of_units_are_added_to_every_kind_of_data(kind: str) -> None:
    frames: dict[str, Any] = {
        "mapping": ROWS,
        "pandas": pd.DataFrame(ROWS, index=range(100, 92, -1)),
        "polars": pl.DataFrame(ROWS),
        "lazy": pl.LazyFrame(ROWS),
        "pyarrow": pl.DataFrame(ROWS).to_arrow(),
        "dataset": cd.Dataset.from_frame(ROWS, variables=[cd.Variable("region", "Region", {1: "East", 2: "West"})]),
    }
    survey = TWO_STAGES.survey(frames[kind])
    rows = {**ROWS, "unit": [1, 1, 2, 2, 3, 3, 4, 4], "id": list(range(8))}
    by_hand = cd.Survey(rows, weight="w", psu=["unit", "id"], fpc=["N2", "M"])
    assert answer(survey).tolist() == answer(by_hand).tolist()
    if kind == "dataset":
        assert survey.estimate(cd.mean("y"), by="region").to_frame()["region"].tolist() == ["East", "West"]


def test_column_that_is_taken_is_not_overwritten() -> None:
    with pytest.raises(DesignError, match="wants a column 'record_number' with numbers of the records"):
        TWO_STAGES.survey({**ROWS, "record_number": [0] * 8})


def test_arguments_of_the_call_win_over_the_plan() -> None:
    survey = TWO_STAGES.survey(ROWS, weight="N2", psu="psu", fpc=None)
    assert survey.design.weight.tolist() == [30.0] * 8
    assert len(survey.design.stages) == 1


def test_variable_that_the_data_do_not_have_is_named_with_the_nearest() -> None:
    with pytest.raises(VariableError, match=r"variable 'psu' is not in the data .* nearest: 'PSU1'"):
        DesignPlan("SPSS", "p", "w", (PlanStage(("psu",)),)).survey({"w": [1.0, 2.0], "PSU1": [1, 2]})
