"""Analysis plans of SPSS Complex Samples: what is read, what is told, and what XML is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import childdata as cd
from childdata.errors import DesignError, ReadError
from childdata.survey.design_plan import DesignPlan, PlanStage, as_rule
from childdata.survey.plans import design_from
from childdata.survey.plans_spss import DEEPEST, LARGEST, plan_from_xml, read_xml
from childdata.survey.pps import PPS
from childdata.words import told
from plan_files import DATA, WITH, answer, listed, plan, stage, written


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
