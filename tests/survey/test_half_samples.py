"""Half-samples: by hand, in full balance, and strata that are no pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import childdata as cd
from childdata.errors import DesignError
from childdata.survey.replicate_kinds import BRR, JK2, Fay
from childdata.survey.replicates import Replicates
from childdata.survey.replication import make_replicates


def made(psus: list[int], kind: BRR | JK2, **columns: Any) -> Replicates:
    """Replicates of strata of the given numbers of PSUs, with a population size where one is given."""
    stratum = np.repeat([f"s{h:02d}" for h in range(len(psus))], psus)
    data = {"stratum": stratum, "psu": np.arange(stratum.size)} | columns
    fpc = "N" if "N" in columns else None
    return make_replicates(cd.Survey(data, strata="stratum", psu="psu", fpc=fpc).design, kind)


def test_three_pairs_by_hand() -> None:
    # rows 2-4 of the matrix of order 4: + - + -, + + - -, + - - +
    assert made([2, 2, 2], BRR()).factor.tolist() == [
        [2, 0, 2, 0],
        [0, 2, 0, 2],
        [2, 2, 0, 0],
        [0, 0, 2, 2],
        [2, 0, 0, 2],
        [0, 2, 2, 0],
    ]
    assert made([2, 2, 2], BRR()).scale == 1 / 4


def test_fay_moves_each_factor_towards_one() -> None:
    half, fay = made([2, 2, 2], BRR()), made([2, 2, 2], Fay(rho=0.3))
    assert fay.factor == pytest.approx(1 + 0.7 * (half.factor - 1))
    assert fay.scale == pytest.approx(1 / (4 * 0.49))
    assert (fay.kind, half.kind) == ("Fay", "BRR")


@pytest.mark.parametrize("pairs", [1, 3, 4, 7, 11, 12, 30, 91])
def test_half_samples_are_in_full_balance(pairs: int) -> None:
    found = made([2] * pairs, BRR())
    signs = found.factor[::2] - 1
    assert found.size > pairs
    # one PSU of each pair, each as often as the other, all pairs against each other as often as with each other
    assert np.array_equal(found.factor[::2] + found.factor[1::2], np.full_like(signs, 2))
    assert np.array_equal(signs.sum(axis=1), np.zeros(pairs))
    assert np.array_equal(signs @ signs.T, found.size * np.eye(pairs))
    assert found.degrees_of_freedom == pairs


def test_so_many_replicates_as_the_user_wants_or_the_next_order() -> None:
    assert [made([2] * 3, BRR(least)).size for least in (2, 8, 50, 80)] == [4, 8, 52, 80]
    # 80 pairs want more than 80
    assert made([2] * 80, Fay(80)).size == 84


def test_strata_of_four_are_split_into_pairs_or_merged_into_halves() -> None:
    split, merged = made([4, 2], BRR()), made([4, 2], BRR(large="merge"))
    assert split.factor[:4, 1].tolist() == [0, 2, 2, 0]
    assert merged.factor[:4, 1].tolist() == [0, 0, 2, 2]
    assert (split.degrees_of_freedom, merged.degrees_of_freedom) == (3, 2)
    assert split.notes == ("strata of more than two PSUs: 1, split into pairs in the order of the PSU numbers",)
    assert merged.notes == ("strata of more than two PSUs: 1, merged into two halves in the order of the PSU numbers",)


def test_variance_of_split_and_merged_strata_by_hand() -> None:
    # totals 1, 4, 9, 11: (4 - 1)² + (11 - 9)² = 13, and (20 - 5)² = 225
    z = np.array([1.0, 4.0, 9.0, 11.0])
    for large, wanted in (("split", 13), ("merge", 225)):
        found = made([4], BRR(large=large))  # type: ignore[arg-type]
        apart = found.deviations(found.weights().T @ z[:, None], np.array([z.sum()]))
        assert (apart.T @ apart).item() == pytest.approx(wanted)


def test_strata_that_are_no_pairs_are_refused_by_name() -> None:
    with pytest.raises(DesignError, match="BRR wants two PSUs in each stratum; an odd number is in 2 strata: s01, s03"):
        made([2, 3, 4, 5], BRR())
    with pytest.raises(DesignError, match='there are more in 1 strata: s02; large="split" makes pairs of them'):
        made([2, 2, 4], Fay(large="fail"))
    with pytest.raises(DesignError, match="JK2 wants two PSUs in each stratum; there are more in 1 strata: s02; JKn"):
        made([2, 2, 4], JK2())
    with pytest.raises(DesignError, match="s00, s01, s02 and 1 more"):
        made([3, 3, 3, 3], BRR())


def test_strata_of_one_psu_are_joined_each_with_the_next() -> None:
    found = made([1, 2, 1, 1, 1], BRR(small="merge"))
    # pairs: s01; s00 with s02; s03 with s04
    assert found.size == 4
    assert found.factor[0].tolist() == (2 - found.factor[3]).tolist()
    assert found.factor[4].tolist() == (2 - found.factor[5]).tolist()
    assert found.notes == ("strata of one PSU: 4, joined in pairs, each with the next",)
    assert made([1, 1], BRR(small="merge")).degrees_of_freedom == 1
    with pytest.raises(DesignError, match=r"joins strata of one PSU in pairs; 3 strata have one PSU.*an odd number"):
        made([1, 2, 1, 1], BRR(small="merge"))
    with pytest.raises(DesignError, match=r'choose lonely_psu=.*or small="merge"'):
        made([1, 2, 1], BRR())


def test_a_finite_population_has_no_place_in_half_samples_and_the_notes_say_so() -> None:
    found = made([2, 2, 2], BRR(), N=[5, 5, 2, 2, 8, 8])
    assert found.notes == (
        "strata taken whole: 1, with factor 1 in every replicate",
        "half-samples have no finite population correction: that of 2 strata is dropped",
    )
