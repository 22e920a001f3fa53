"""What svyset left in a .dta file: stages, lonely units, replicate weights, and what is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import childdata as cd
from childdata.errors import DesignError, ReadError
from childdata.survey.design_plan import DesignPlan
from childdata.survey.plans import design_from
from childdata.survey.replicate_kinds import BRR, SDR, Bootstrap, Fay, JKn
from childdata.words import told
from plan_files import DATA, answer
from stata_files import write_stata

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
