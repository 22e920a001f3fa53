"""What each convention changes in a row: df, multiplier, interval of shares, design effect, lonely PSUs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import childdata as cd
from childdata.errors import DesignError

# Three strata of two PSUs; y is unknown in PSU 4, the domain g = 1 is in the first two strata only
ROWS = pd.DataFrame(
    {
        "h": [1, 1, 2, 2, 3, 3] * 2,
        "psu": [1, 2, 3, 4, 5, 6] * 2,
        "y": [1.0, 0.0, 1.0, np.nan, 0.0, 1.0, 1.0, 1.0, 0.0, np.nan, 0.0, 0.0],
        "g": [1, 1, 1, 1, 2, 2, 1, 2, 1, 2, 2, 2],
        "w": [3.0, 2.0, 4.0, 2.0, 3.0, 5.0, 2.0, 2.0, 6.0, 3.0, 4.0, 2.0],
    }
)
SURVEY = cd.Survey(ROWS, weight="w", strata="h", psu="psu")


def row(convention: Any, statistic: cd.Statistic | None = None, **options: Any) -> pd.Series:
    return SURVEY.estimate(statistic or cd.mean("y"), convention=convention, **options).to_frame().iloc[0]


@pytest.mark.parametrize(
    ("convention", "df"),
    [
        ("childdata", 3 - 2),  # PSUs 1, 2, 3 have a member with known y, in strata 1 and 2
        ("r", 4 - 2),  # PSU 4 has a member, its y unknown
        ("stata", 4 - 2),  # all PSUs of the strata with a member
        ("spss", 6 - 3),  # the whole design
        ("mics", 3 - 2),
        ("dhs", 3 - 2),
    ],
)
def test_degrees_of_freedom_in_a_domain(convention: str, df: float) -> None:
    assert row(convention, where="g == 1")["df"] == df


def test_stata_counts_psus_without_a_member_in_a_stratum_with_one() -> None:
    # y > 0 known in PSUs 1, 2 of stratum 1; the domain w == 6 is PSU 3 alone, stratum 2 has two PSUs
    assert row("stata", where="w == 6")["df"] == 2 - 1
    assert row("r", where="w == 6")["df"] == 1 - 1


def test_value_and_standard_error_are_the_same_under_all() -> None:
    found = pd.DataFrame([row(name) for name in ("childdata", "r", "stata", "spss", "mics", "dhs")])
    assert found["estimate"].nunique() == 1
    assert found["se"].nunique() == 1


@pytest.mark.parametrize(("convention", "df"), [("childdata", 2.0), ("r", np.inf), ("stata", 3.0), ("spss", 3.0)])
def test_interval_of_an_amount(convention: str, df: float) -> None:
    found = row(convention)
    half = stats.t.ppf(0.975, df) * found["se"]
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(
        [found["estimate"] - half, found["estimate"] + half], rel=1e-9
    )


@pytest.mark.parametrize(("convention", "df"), [("childdata", 2), ("r", 3), ("stata", 3), ("spss", 3)])
def test_interval_of_a_share_is_the_logit_on_the_df_of_the_convention(convention: str, df: float) -> None:
    found = row(convention, cd.mean("y == 1"))
    p, se = found["estimate"], found["se"]
    half = stats.t.ppf(0.975, df) * se / (p * (1 - p))
    wanted = [1 / (1 + np.exp(-(np.log(p / (1 - p)) + sign * half))) for sign in (-1, 1)]
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("convention", ["mics", "dhs"])
def test_reports_print_two_standard_errors_cut_at_zero_and_one(convention: str) -> None:
    amount, share = row(convention), row(convention, cd.mean("y == 1"))
    assert amount["ci_high"] == pytest.approx(amount["estimate"] + 2 * amount["se"], rel=1e-12)
    assert [share["ci_low"], share["ci_high"]] == pytest.approx(
        np.clip([share["estimate"] - 2 * share["se"], share["estimate"] + 2 * share["se"]], 0, 1), rel=1e-12
    )
    none = row(convention, cd.mean("y == 7"))
    assert (none["ci_low"], none["ci_high"]) == (0, 0)
    wide = row(convention, cd.mean("y == 1"), where="g == 2")
    assert wide["estimate"] - 2 * wide["se"] < 0
    assert wide["ci_low"] == 0


@pytest.mark.parametrize("convention", ["childdata", "mics", "dhs"])
def test_design_effect_of_reports_is_against_sampling_with_replacement(convention: str) -> None:
    found = row(convention, cd.mean("y == 1"))
    p, n = found["estimate"], 10
    assert found["n"] == n
    assert found["deff"] == pytest.approx(found["se"] ** 2 / (p * (1 - p) / (n - 1)), rel=1e-12)
    assert found["deft"] == pytest.approx(np.sqrt(found["deff"]), rel=1e-12)


def test_design_effect_of_r_is_against_sampling_without_replacement() -> None:
    with_replacement, found = row("childdata"), row("r")
    fraction = 10 / ROWS["w"][ROWS["y"].notna()].sum()
    assert found["deff"] == pytest.approx(with_replacement["deff"] / (1 - fraction), rel=1e-12)
    assert found["deft"] == with_replacement["deft"]  # deft stays with replacement, as Stata defines it


def test_design_effect_of_stata_takes_the_domain_as_a_part_of_the_sample() -> None:
    found = row("stata", cd.mean("y == 1"), where="g == 2 and answered(y)")
    inside = ROWS[(ROWS["g"] == 2) & ROWS["y"].notna()]
    p = np.average(inside["y"], weights=inside["w"])
    used = ROWS[ROWS["y"].notna()]  # the estimation sample: records without an answer are no part of it
    n, size = len(used), used["w"].sum()
    influence = (inside["y"] - p) / inside["w"].sum()
    srs = (1 - n / size) * size * (inside["w"] * influence**2).sum() / (n - 1)
    assert found["deff"] == pytest.approx(found["se"] ** 2 / srs, rel=1e-12)


def test_normalised_weights_have_no_design_effect_without_replacement() -> None:
    small = cd.Survey(ROWS.assign(w=ROWS["w"] / 100), weight="w", strata="h", psu="psu")
    assert np.isnan(small.estimate(cd.mean("y"), convention="r").to_frame()["deff"].item())
    assert small.estimate(cd.mean("y")).to_frame()["deff"].item() == pytest.approx(row("childdata")["deff"], rel=1e-12)


@pytest.mark.parametrize("convention", ["spss", "mics", "dhs"])
def test_programs_that_pass_over_a_lonely_psu_say_so_in_the_settings(convention: Any) -> None:
    lonely = cd.Survey(ROWS[ROWS["psu"] != 6], weight="w", strata="h", psu="psu")
    found = lonely.estimate(cd.mean("y"), convention=convention)
    assert found.settings["lonely_psu"] == "certainty"
    assert found.settings["lonely_strata"] == 1
    certain = cd.Survey(ROWS[ROWS["psu"] != 6], weight="w", strata="h", psu="psu", lonely_psu="certainty")
    assert found.to_frame()["se"].item() == certain.estimate(cd.mean("y")).to_frame()["se"].item()


@pytest.mark.parametrize("convention", ["childdata", "r", "stata"])
def test_the_others_refuse_a_lonely_psu(convention: Any) -> None:
    lonely = cd.Survey(ROWS[ROWS["psu"] != 6], weight="w", strata="h", psu="psu")
    with pytest.raises(DesignError, match=r"stratum 3 has one PSU \(psu 5\)"):
        lonely.estimate(cd.mean("y"), convention=convention)


def test_a_rule_named_by_the_survey_wins_over_the_convention() -> None:
    lonely = cd.Survey(ROWS[ROWS["psu"] != 6], weight="w", strata="h", psu="psu", lonely_psu="adjust")
    assert lonely.estimate(cd.mean("y"), convention="spss").settings["lonely_psu"] == "adjust"


def test_korn_graubard_takes_the_n_of_the_convention() -> None:
    # R counts all 12 records, the others the 10 with a known answer
    used, whole = (row(name, cd.mean("y == 1"), interval="beta") for name in ("stata", "r"))
    assert used["df"] == whole["df"]
    assert used["ci_high"] != whole["ci_high"]


def test_settings_tell_how_the_numbers_were_made() -> None:
    found = SURVEY.estimate(cd.mean("y"), convention="stata", level=0.9, where="g == 1", interval="wilson").settings
    wanted = {"convention": "stata", "level": 0.9, "interval": "wilson", "df": "strata", "design_effect": "wor-sample",
              "missing": "pairwise", "missing_by": "row", "lonely_psu": "fail", "where": "g == 1", "weight": "w",
              "strata": "h", "psu": "psu"}  # fmt: skip
    assert {key: found[key] for key in wanted} == wanted


def test_conditions_of_several_rules_can_be_read_in_the_settings() -> None:
    found = SURVEY.where("g == 1 or g == 2").estimate(cd.mean("y"), where="w > 2").settings["where"]
    assert found in ("(g == 1 or g == 2) and (w > 2)", "(g == 1 or g == 2) and w > 2")


def test_settings_name_the_df_that_were_used() -> None:
    # without a domain Stata's rule is the whole design
    for convention, rule in (("stata", "design"), ("spss", "design"), ("r", "members")):
        found = SURVEY.estimate(cd.mean("y"), convention=convention, by="g")  # type: ignore[arg-type]
        assert found.settings["df"] == rule
    replicated = SURVEY.with_replicates(cd.JKn())
    told = replicated.estimate(cd.mean("y"), convention="stata", where="g == 1").settings
    assert (told["df"], told["variance"], told["design_effect"]) == ("replicates", "JKn replicates", "wor-sample")
    assert not {"lonely_psu", "lonely_strata", "lonely_domains"} & set(told)
    assert replicated.estimate(cd.mean("y"), convention="r").settings["df"] == "replicates, members"
    assert replicated.estimate(cd.mean("y"), df=3).settings["df"] == 3


def test_settings_of_a_regression_name_its_own_df() -> None:
    # the answers are known in 5 PSUs of the 3 strata; 2 coefficients
    rules: dict[Any, tuple[str, float]] = {
        "childdata": ("domain + 1 - p", 5 - 3 + 1 - 2),
        "r": ("domain + 1 - p", 5 - 3 + 1 - 2),
        "stata": ("strata", 6 - 3),
        "spss": ("design", 6 - 3),
    }
    for convention, (rule, df) in rules.items():
        estimates = cd.regress(SURVEY, "y ~ w", convention=convention).estimates
        assert (estimates.settings["df"], estimates.settings["design_effect"]) == (rule, "none")
        assert set(estimates.to_frame()["df"]) == {df}
        assert estimates.to_frame()["deff"].isna().all()
    assert cd.regress(SURVEY, "y ~ w", df=7).estimates.settings["df"] == 7
    replicated = SURVEY.with_replicates(cd.JKn())
    assert cd.regress(replicated, "y ~ w").estimates.settings["df"] == "replicates + 1 - p"
    assert cd.regress(replicated, "y ~ w", convention="r").estimates.settings["df"] == "replicates, members + 1 - p"
    assert cd.regress(replicated, "y ~ w", convention="stata").estimates.settings["df"] == "replicates"
