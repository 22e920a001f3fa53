"""What is it called here? Words of R, Stata, SPSS, SAS and svy, and ours, for the errors that a newcomer meets.

An argument or a name that is not there is an error in any case; these say what the word means here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from childdata.errors import nearest

P = ParamSpec("P")
R = TypeVar("R")


def _by_word(meanings: Mapping[str, str]) -> dict[str, str]:
    """Each of the words that stand on the right, with the sentence on its left."""
    return {word: sentence for sentence, words in meanings.items() for word in words.split()}


# What is said when a survey is made. Words are in lower case, without signs: `na.rm`, `na_rm` and `narm` are one.
DESIGN_WORDS = _by_word(
    {
        "the sampling weight is weight=, a column or rule: weight='HH48 * hhweight'": (
            "weights wt wts wgt wgts pw pweight pweights iweight fweight aweight sampweight sampleweight "
            "samplingweight analysisweight finalweight"
        ),
        "the weight is given as it is: weight='1 / p', p being the probability of selection": (
            "prob probs p pi inclprob inclusionprob probability probabilities"
        ),
        "sampling units are psu=, one column or one per stage: psu=['PSU', 'HH']": (
            "id ids cluster clusters clu clus clusterid psus ssu ssus tsu su units unit varunit"
        ),
        "strata are strata=, one column or several that are crossed": "stratum stratification stratify varstrat layers",
        "a PSU number that occurs in several strata always names several units, as under nest=TRUE of R; leave it out. "
        "Where one unit lies in several strata, strata= is another variable, or none": "nest checkstrata",
        "the size of the population, or the sampling fraction, is fpc=, one per stage": (
            "fpcs popsize population rate rates sampsize totals"
        ),
        "a stratum of one PSU is dealt with by lonely_psu='fail', 'certainty', 'adjust' or 'average'": (
            "singleunit lonely singleton singletons single lonelypsus surveylonelypsu adjustlonely"
        ),
        "unequal probabilities without replacement are fpc=cd.PPS('p')": "pps brewer estimator type",
        "replicate weights are replicates=, such as cd.Fay('w1..w80', rho=0.5), cd.BRR(...), cd.JKn(...), "
        "cd.Bootstrap(...), or cd.ReplicateWeights(..., scale=...)": (
            "repweights repweight repwgt replicateweights brrweight jkrweight bsrweight sdrweight brr "
            "jkweight rscales combinedweights combined mse fay rho vce varmethod"
        ),
        "calibration is a verb on the survey: cd.poststratify, cd.rake, cd.calibrate": (
            "poststrata postweight poststratification rake calibrateformula calmodel"
        ),
        "the frame comes first: cd.Survey(data, weight=...)": "df frame dataset datafile dat file variables",
    }
)

# What is said of an estimate.
ESTIMATE_WORDS = _by_word(
    {
        "groups are by=, a variable or several that are crossed": (
            "over group groups groupby groupvar per domain domains"
        ),
        "a subpopulation is where=, a rule such as 'age < 5'": (
            "subpop subpopulation subset filter condition if ifs cond dom"
        ),
        "records with a missing answer are left out and counted; missing= is 'pairwise', 'listwise' or 'fail', and "
        "missing_by= is of the variables of by": (
            "narm naaction dropna dropnulls dropnull skipna removena missings nomiss casewise listwise pairwise"
        ),
        "the level of confidence is level=, such as 0.95": "alpha conf conflevel confidence confidencelevel cilevel",
        "the interval of a share is interval=, such as 'wilson' or 'beta'": "method citype cimethod ci",
        "standard errors, limits, cv, deff and counts are columns of every result: est.to_frame()": (
            "vartype se deff deft cv keepvar vars returnreplicates"
        ),
        "the covariance is kept always: est.covariance()": "covmat cov vcov covariance",
        "standardised rates are cd.standardise(survey, ...)": "stdize stdweight standardize standardise",
        "rows of totals are margins=True": "total totals margin addmargins marginals",
        "decimals are asked of the table: est.table(...)": "digits decimals round percent percentage format",
        "degrees of freedom are df=": "dof ddf degf degreesoffreedom",
        "a quantile is a statistic: cd.quantile('y', [0.25, 0.5])": "quantiles quantile probs",
        "a ratio is a statistic: cd.ratio('numerator', 'denominator')": "numerator denominator",
    }
)

# Names of other programs: what is cd.… here, and what is a method.
FUNCTIONS = _by_word(
    {
        "Survey(data, weight=, strata=, psu=, fpc=)": "svydesign svyset design surveydesign svydesigndefault sample",
        "Survey(data, weight=, replicates=cd.Fay('w1..w80', rho=0.5))": "svrepdesign repdesign",
        "design_from('plan.csaplan')": "csplan",
        "Survey(...).with_replicates(cd.JKn())": "asvrepdesign assvrepdesign",
        "mean(...), in survey.estimate(cd.mean('y'))": "svymean average avg",
        "total(...), in survey.estimate(cd.total('y'))": "svytotal sum",
        "count(...), in survey.estimate(cd.count())": "svycount n",
        "ratio(...), in survey.estimate(cd.ratio('y', 'x'))": "svyratio",
        "quantile(...), in survey.estimate(cd.quantile('y', 0.5))": "svyquantile percentile pctile",
        "mean('a rule'), in survey.estimate(..., interval='beta')": "svyciprop",
        "proportion('x'), or cd.mean('a rule')": "prop share svyproportion freq frequency",
        "variance(...), in survey.estimate(cd.variance('y'))": "svyvar var",
        "sd(...), in survey.estimate(cd.sd('y'))": "svysd std stddev",
        "cdf(...), in survey.estimate(cd.cdf('y', [1, 2]))": "svycdf",
        "correlation('x', 'y')": "corr svycor",
        "covariance('x', 'y')": "cov",
        "kappa('a', 'b')": "svykappa",
        "crosstab(survey, 'a', 'b')": "svytable tabulate tab cstabulate crosstabs",
        "chi2(survey, 'a', 'b')": "svychisq chisq chisquare",
        "goodness_of_fit(...)": "svygofchisq",
        "ttest(survey, 'y', by='x')": "svyttest",
        "ranktest(survey, 'y', by='x')": "svyranktest",
        "regress(survey, 'y ~ x')": "svyglm glm csglm",
        "regress(survey, 'y ~ x', family='logit')": "logit logistic cslogistic",
        "regress(survey, 'y ~ x', family='ordinal')": "svyolr ologit csordinal",
        "standardise(survey, ...)": "svystandardize standardize",
        "two_phase(...)": "twophase",
        "poststratify(...)": "poststrata",
        "trim(...)": "trimweights",
        "combine([...])": "micombine",
        "PlausibleValues('PV1READ..PV10READ')": "withpv",
        "read('file.dta')": "readdta readsav readspss readstata readcsv readexcel readparquet readsas load open",
        "fgt('y', line)": "svyfgt headcount",
        "fgt('y', cd.relative_line(0.6))": "svyarpr",
        "relative_line(0.6, y='y').statistic()": "svyarpt",
        "gini('y')": "svygini",
        "s80_s20('y')": "svyqsr",
        "atkinson('y')": "svyatk",
        "generalized_entropy('y')": "svygei",
        "lorenz('y')": "svylorenz",
        "relative_median_gap('y', line)": "svyrmpg",
        "watts('y', line)": "svywatts",
        "sen('y', line)": "svysen",
        "sst('y', line)": "svysst",
    }
)
METHODS = _by_word(
    {
        "survey.estimate(...)": "estimate csdescriptives",
        "survey.estimate(..., by='region')": "svyby over",
        "survey.where('age < 5')": "subset subpop where",
        "fit.margins('x')": "svypredmeans margins",
        "est.contrast(...), or est.difference(...)": "svycontrast lincom nlcom contrast difference",
        "est.test(...), or fit.test_term(...) of a regression": "regtermtest test testparm",
        "est.covariance()": "vcov",
    }
)


def explains(
    *own: Mapping[str, str], elsewhere: Mapping[str, str] | None = None, where: str = ""
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A call that meets an argument it does not have with the word that stands for it here.

    Parameters
    ----------
    own : sentences by word, of what the call takes. elsewhere : of what another call takes, named in `where`.

    >>> @explains({"over": "groups are by="})
    ... def estimate(*, by: str) -> str:
    ...     return by
    >>> estimate(over="region")
    Traceback (most recent call last):
        ...
    TypeError: estimate() has no argument 'over': groups are by=
    """

    def decorate(call: Callable[P, R]) -> Callable[P, R]:
        takes = tuple(name for name in signature(call).parameters if name != "self")
        known = frozenset(takes)
        name = call.__qualname__.removesuffix(".__init__").rpartition(".")[2]

        @wraps(call)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            for given in kwargs:
                if given not in known:
                    raise TypeError(f"{name}() has no argument {given!r}{_meaning(given)}")
            return call(*args, **kwargs)

        def _meaning(given: str) -> str:
            key = _plain(given)
            same = next((one for one in takes if _plain(one) == key), None)
            if same is not None:
                return f": it is written {same}="
            for words in own:
                if key in words:
                    return f": {words[key]}"
            if elsewhere is not None and key in elsewhere:
                return f", which is said in {where}: {elsewhere[key]}"
            return f"{nearest(given, takes)}; it takes {', '.join(takes)}"

        return checked

    return decorate


def not_here(name: str, names: Iterable[str]) -> str:
    """The message for a name that the library does not have: what another program's word is here, or the nearest.

    >>> not_here("svymean", ["mean", "total"])
    "childdata has no 'svymean'; it is cd.mean(...), in survey.estimate(cd.mean('y'))"
    >>> not_here("Mean", ["mean", "total"])
    "childdata has no 'Mean'; it is written cd.mean"
    """
    key = _plain(name)
    same = next((one for one in names if _plain(one) == key), None)
    if same is not None:
        return f"childdata has no {name!r}; it is written cd.{same}"
    if key in FUNCTIONS:
        return f"childdata has no {name!r}; it is cd.{FUNCTIONS[key]}"
    if key in METHODS:
        return f"childdata has no {name!r}; it is a method: {METHODS[key]}"
    return f"childdata has no {name!r}{nearest(name, names)}"


def _plain(word: str) -> str:
    return "".join(sign for sign in word.lower() if sign.isalnum())
