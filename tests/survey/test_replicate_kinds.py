"""The words for replicate weights: defaults of each kind, and words that cannot be meant."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import childdata as cd
from childdata.errors import DesignError
from childdata.survey.replicate_kinds import BRR, JK1, JK2, SDR, Bootstrap, Fay, JKn, ReplicateKind, ReplicateWeights

KINDS: dict[type[ReplicateKind], tuple[str, float]] = {
    BRR: ("BRR", 1 / 8),
    Fay: ("Fay", 1 / (8 * 0.25)),
    JK1: ("JK1", 7 / 8),
    JKn: ("JKn", 1.0),
    JK2: ("JK2", 1.0),
    Bootstrap: ("bootstrap", 1 / 7),
    SDR: ("SDR", 4 / 8),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_scale_of_eight_replicates(kind: type[ReplicateKind]) -> None:
    word, scale = KINDS[kind]
    one = kind("w1..w8")
    assert one.word == word
    assert one.default_scale(8) == pytest.approx(scale, rel=1e-15)
    if kind is not JKn:
        assert one.default_rscales(8).tolist() == [1.0] * 8


def test_fay_without_a_coefficient_is_that_of_pisa_and_zero_is_brr() -> None:
    assert Fay("w1..w80").default_scale(80) == pytest.approx(1 / 20)
    assert Fay("w1..w80", rho=0).default_scale(80) == BRR("w1..w80").default_scale(80)


def test_a_bootstrap_of_one_replicate_divides_by_one() -> None:
    assert Bootstrap("b1").default_scale(1) == 1.0


def test_the_agencys_centre_is_the_estimate_and_that_of_weights_made_here_is_rs() -> None:
    assert {kind("w1..w8").centred_on(made=False) for kind in KINDS} == {"estimate"}
    assert [kind().centred_on(made=True) for kind in KINDS] == ["mean"] * 4 + ["estimate", "mean", "estimate"]
    assert BRR("w1..w8", centre="mean").centred_on(made=False) == "mean"


def test_jkn_wants_rscales_and_says_which() -> None:
    with pytest.raises(DesignError, match=r"JKn wants rscales: \(n_h - 1\)/n_h"):
        JKn("w1..w8").default_rscales(8)


def test_weights_of_no_named_kind_want_a_scale() -> None:
    with pytest.raises(DesignError, match="wants the scale that the agency's formula has"):
        ReplicateWeights("w1..w8").default_scale(8)
    with pytest.raises(DesignError, match="to make some, take BRR, Fay"):
        ReplicateWeights().check_made()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: BRR("w*", centre="median"), "centre of BRR is one of 'estimate', 'mean'; found 'median'"),
        (lambda: BRR("w*", combined="both"), "combined of BRR is one of 'weights', 'factors'"),
        (lambda: JK1("w*", blank="one"), "blank of JK1 is one of 'refuse', 'zero'"),
        (lambda: SDR("w*", negative="ok"), "negative of SDR is one of 'refuse', 'keep'"),
        (lambda: BRR(large="halve"), "large of BRR is one of 'split', 'merge', 'fail'"),
        (lambda: Fay(small="drop"), "small of Fay is one of 'fail', 'merge'"),
        (lambda: Bootstrap(method="naive"), "method of Bootstrap is one of 'rao-wu', 'canty-davison'"),
        (lambda: Fay("w*", rho=1), "rho of Fay is a number from 0 to below 1"),
        (lambda: JK1("w*", scale=0), "scale of JK1 is a positive number"),
        (lambda: JK1("w*", df=-1), "df of JK1 is a positive number"),
        (lambda: Bootstrap(1), "Bootstrap wants two replicates or more"),
    ],
)
def test_a_word_that_is_none_is_an_error(make: Callable[[], ReplicateKind], said: str) -> None:
    with pytest.raises(DesignError, match=said):
        make()


def test_columns_are_for_the_declaration_and_no_columns_for_making() -> None:
    assert Fay("w1..w2").columns(["W1", "W2"], place="the data") == ("W1", "W2")
    with pytest.raises(DesignError, match=r"wants the columns that hold the weights.*with_replicates\(cd.JKn\(...\)\)"):
        JKn().columns(["W1"], place="the data")
    with pytest.raises(DesignError, match="wants the columns"):
        Bootstrap(500).columns(["W1"], place="the data")
    with pytest.raises(DesignError, match=r"replicates=cd.Fay\('w1..w80'\)"):
        Fay("w1..w80").check_made()


def test_an_option_that_nobody_would_read_is_refused() -> None:
    with pytest.raises(DesignError, match="seed of Bootstrap has a part in making weights"):
        Bootstrap("b1..b9", seed=1).columns(["b1"], place="the data")
    with pytest.raises(DesignError, match="rscales of JKn has a part in reading weights"):
        JKn(rscales=np.array([0.5, 0.5])).check_made()  # type: ignore[arg-type]
    with pytest.raises(DesignError, match="combined of BRR has a part in reading"):
        BRR(combined="factors").check_made()
    with pytest.raises(DesignError, match="number of replicates of JK1 follows from the design"):
        JK1(10).check_made()
    Bootstrap(10, seed=1).check_made()
    BRR(80, df=5).check_made()


def test_a_kind_is_written_as_the_user_would() -> None:
    assert repr(Fay("w1..w80")) == "Fay('w1..w80', rho=0.5)"
    assert repr(JKn("j*", rscales=0.5, centre="mean")) == "JKn('j*', rscales=0.5, centre='mean')"
    assert repr(Bootstrap(500, seed=1)) == "Bootstrap(500, seed=1)"
    assert repr(BRR()) == "BRR()"


def test_what_is_no_kind_says_what_one_is() -> None:
    data = {"w": [1.0, 2.0], "w1": [1.0, 2.0]}
    with pytest.raises(DesignError, match=r"given by kind, such as cd.Fay.*found 'w1'"):
        cd.Survey(data, weight="w", replicates="w1")  # type: ignore[arg-type]
    with pytest.raises(DesignError, match=r"found cd.JKn without brackets"):
        cd.Survey(data, weight="w").with_replicates(JKn)  # type: ignore[arg-type]
