"""Links and variance functions: each the inverse and the derivative it says it is."""

from __future__ import annotations

import numpy as np
import pytest

from childdata.errors import EstimationError
from childdata.survey.regression.families import LINKS, check_response, find_family

ETA = {
    "identity": np.linspace(-3, 3, 13),
    "log": np.linspace(-3, 3, 13),
    "logit": np.linspace(-6, 6, 13),
    "probit": np.linspace(-4, 4, 13),
    "cloglog": np.linspace(-4, 1.5, 13),
    "loglog": np.linspace(-1.5, 4, 13),
    "inverse": np.linspace(0.2, 3, 13),
    "sqrt": np.linspace(0.2, 3, 13),
}


@pytest.mark.parametrize("name", LINKS)
def test_link_undoes_its_inverse(name: str) -> None:
    eta = ETA[name]
    np.testing.assert_allclose(LINKS[name].of(LINKS[name].mean(eta)), eta, atol=1e-9)


@pytest.mark.parametrize("name", LINKS)
def test_slope_and_bend_are_the_derivatives(name: str) -> None:
    link, eta, step = LINKS[name], ETA[name], 1e-5
    slope = (link.mean(eta + step) - link.mean(eta - step)) / (2 * step)
    bend = (link.slope(eta + step) - link.slope(eta - step)) / (2 * step)
    np.testing.assert_allclose(link.slope(eta), slope, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(link.bend(eta), bend, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", ["logit", "probit", "cloglog", "loglog"])
def test_links_of_probabilities_end_quietly(name: str) -> None:
    with np.errstate(all="raise", under="ignore"):
        low, high = LINKS[name].mean(np.array([-1000.0, 1000.0]))
        assert (low, high) == (0.0, 1.0)
        assert LINKS[name].slope(np.array([-1000.0, 1000.0])).tolist() == [0.0, 0.0]


def test_probabilities_mirror_each_other() -> None:
    """P(no) under the complementary log-log is P(yes) under the log-log of the other sign."""
    eta = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(LINKS["cloglog"].mean(eta), 1 - LINKS["loglog"].mean(-eta))


@pytest.mark.parametrize(("name", "mean"), [("logit", 0.3), ("poisson", 2.5), ("gaussian", 1.0), ("gamma", 2.0)])
def test_variance_functions_have_the_slope_they_say(name: str, mean: float) -> None:
    family, _ = find_family(name, None)
    m, step = np.array([mean]), 1e-6
    slope = (family.variance(m + step) - family.variance(m - step)) / (2 * step)
    np.testing.assert_allclose(family.slope(m), slope, rtol=1e-6, atol=1e-9)


def test_deviance_by_hand() -> None:
    """Binomial y = 1, μ = 0.25: −2 log 0.25; Poisson y = 2, μ = 1: 2 (2 log 2 − 1)."""
    binomial, _ = find_family("logit", None)
    poisson, _ = find_family("poisson", None)
    gamma, _ = find_family("gamma", None)
    assert binomial.deviance(np.array([1.0]), np.array([0.25]))[0] == pytest.approx(-2 * np.log(0.25))
    assert poisson.deviance(np.array([2.0, 0.0]), np.array([1.0, 3.0])).tolist() == pytest.approx(
        [2 * (2 * np.log(2) - 1), 6.0]
    )
    assert gamma.deviance(np.array([2.0]), np.array([1.0]))[0] == pytest.approx(2 * (1 - np.log(2)))


def test_message_on_a_response_counts_and_shows_no_value() -> None:
    with pytest.raises(EstimationError, match="has 3 distinct values, and 2 of 4 records are not so") as raised:
        check_response("logit", np.array([0.0, 1.0, 77.0, 77.0]), "answer")
    assert "77" not in str(raised.value)
