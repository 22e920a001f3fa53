"""What can be asked for on the command line, and how it is explained.

Statistics are kept in the order in which they are given, whatever their kind. `NAME := RULE` gives one a name that
stands in the result.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, get_args

from childdata.survey.intervals import ConventionName, ShareInterval
from childdata.survey.variance import LonelyRule
from childdata.words import Lang

SUFFIXES = (".xlsx", ".csv", ".html", ".md")
PICTURES = (".png", ".svg", ".pdf")

DESCRIPTION = "From household-survey files to statements about children, with design-based standard errors."
CODES = """
exit codes:
  0  done
  1  the data, the design or a rule was refused: the message says what was wanted, what was found, what to do
  2  the command was not understood
"""
EXAMPLES = """
examples:
  childdata demo
  childdata codebook ch.sav --out codebook.xlsx
  childdata estimate ch.sav --weight chweight --strata stratum --psu PSU --lonely-psu certainty \\
      --mean "stunted := HAZ2 < -2" --where "HAZFLAG == 0" --each HH6 HH7 windex5 --margins --out stunted.xlsx
"""
DEMO_EXAMPLES = """
example:
  childdata demo my-folder --seed 7
"""
CODEBOOK_EXAMPLES = """
examples:
  childdata codebook hh.sav
  childdata codebook households.dta --lang ru --out codebook.html
"""
ESTIMATE_EXAMPLES = """
statistics (give as many as wanted, each with an optional name, "name := ..."):
  --mean RULE         share of records where a rule holds, or mean of a column
  --proportion NAME   share of each category of a variable
  --ratio "Y / X"     total of Y over total of X; " / " with blanks on both sides parts the two
  --quantile RULE     quantiles at --p (the median by default)
  --total RULE        weighted sum; --count: weighted number of records

examples:
  share of stunted children by area and by wealth, with totals, in Russian, as a workbook:
    childdata estimate ch.sav --weight chweight --strata stratum --psu PSU --lonely-psu certainty \\
        --mean "stunted := HAZ2 < -2" --where "HAZFLAG == 0" --each HH6 windex5 --margins --lang ru --out t.xlsx
  food share of spending by region and area crossed:
    childdata estimate hhyear.sav --weight weight --ratio "food / spending" --by "region*area"
  quartiles of income, strata with one PSU taken about the mean of all scores:
    childdata estimate hh.dta --weight w --strata s --psu p --lonely-psu adjust --quantile income --p 0.25 0.5 0.75
"""


class _Statistic(argparse.Action):
    """Keeps (kind, rule) in one list for all kinds, in the order given."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: str | None = None) -> None:
        kind = (option or "").lstrip("-")
        namespace.statistics = [*(namespace.statistics or []), (kind, "" if kind == "count" else values)]


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    main = _parser(argparse.ArgumentParser, prog="childdata", description=DESCRIPTION, epilog=EXAMPLES + CODES)
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _demo(commands)
    _codebook(commands)
    _estimate(commands)
    return main


def _parser(make: Any, *names: str, **options: Any) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = make(
        *names, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options
    )
    return made


def _demo(commands: Any) -> None:
    demo = _parser(
        commands.add_parser,
        "demo",
        help="write invented surveys, tables and pictures into a folder",
        description="Write three invented surveys, a codebook, tables with standard errors in English and in "
        "Russian, and two pictures into one folder, and say what is where. Takes less than a minute.",
        epilog=DEMO_EXAMPLES + CODES,
    )
    demo.add_argument("folder", nargs="?", default="childdata-demo", metavar="FOLDER", help="default: %(default)s")
    demo.add_argument("--seed", type=int, default=2019, help="the same seed makes the same surveys (%(default)s)")


def _codebook(commands: Any) -> None:
    codebook = _parser(
        commands.add_parser,
        "codebook",
        help="describe the variables of a file",
        description="Describe every variable of a file: label, codes, answers, missing by reason, percentiles. Counts "
        "under 5, texts and extremes are not shown.",
        epilog=CODEBOOK_EXAMPLES + CODES,
    )
    _file(codebook)
    _out(codebook)


def _file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="SPSS (.sav .zsav .por), Stata (.dta), SAS (.xpt), .csv or .parquet"
    )
    parser.add_argument("--encoding", help="code page of the texts, such as windows-1251; found out if not given")


def _out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=get_args(Lang), default="en", help="language of headings and numbers")
    parser.add_argument(
        "--out",
        action="append",
        default=[],
        metavar="FILE",
        help=f"write to a file ({' '.join(SUFFIXES)}) instead of the screen; may be given several times",
    )


def _estimate(commands: Any) -> None:
    estimate = _parser(
        commands.add_parser,
        "estimate",
        help="estimates with standard errors, as a table",
        description="Estimates with design-based standard errors and intervals. Small groups are hidden (fewer than "
        "25 unweighted records) or put in parentheses (25-49), as in MICS reports.",
        epilog=ESTIMATE_EXAMPLES + CODES,
        usage="childdata estimate FILE [--weight W] [--strata S] [--psu P] --mean RULE ... [options]",
    )
    _file(estimate)
    _design(estimate)
    _statistics(estimate)
    _rows(estimate)
    how = estimate.add_argument_group("how it is shown")
    _out(how)  # type: ignore[arg-type]
    how.add_argument("--title", default="", help="above the table")
    how.add_argument("--suppress", choices=("mics", "nchs", "none"), default="mics", help="rule for small groups")
    how.add_argument("--sampling-errors", action="store_true", help="the layout of sampling errors in MICS reports")
    how.add_argument("--picture", metavar="FILE", help=f"also draw the estimates ({' '.join(PICTURES)})")


def _design(estimate: argparse.ArgumentParser) -> None:
    design = estimate.add_argument_group("design")
    design.add_argument("--weight", metavar="RULE", help="sampling weight: a variable or a rule (HH48 * hhweight)")
    design.add_argument("--strata", nargs="+", metavar="NAME", help="stratum; several are crossed")
    design.add_argument("--psu", nargs="+", metavar="NAME", help="primary sampling unit; several are stages")
    design.add_argument(
        "--fpc", nargs="+", metavar="RULE", help="units in the population (or sampling fraction), per stage"
    )
    design.add_argument(
        "--lonely-psu",
        choices=get_args(LonelyRule),
        help="strata with one PSU (by the convention: fail; certainty for spss, mics, dhs)",
    )
    design.add_argument(
        "--convention", choices=get_args(ConventionName), default="childdata", help="whose rules to follow"
    )
    design.add_argument("--df", type=float, metavar="N", help="degrees of freedom of all rows (by the convention)")
    design.add_argument("--interval", choices=("auto", *get_args(ShareInterval)), default="auto", help="of shares")


def _statistics(estimate: argparse.ArgumentParser) -> None:
    group = estimate.add_argument_group("statistics")
    for kind, metavar in (
        ("mean", "RULE"),
        ("proportion", "NAME"),
        ("ratio", "'Y / X'"),
        ("quantile", "RULE"),
        ("total", "RULE"),
    ):
        group.add_argument(f"--{kind}", action=_Statistic, dest="statistics", metavar=metavar)
    group.add_argument("--count", action=_Statistic, dest="statistics", nargs=0)
    group.add_argument(
        "--p", nargs="+", type=float, default=[0.5], metavar="P", help="quantiles, between 0 and 1 (0.5)"
    )


def _rows(estimate: argparse.ArgumentParser) -> None:
    rows = estimate.add_argument_group("rows")
    rows.add_argument("--by", metavar="A*B", help="variables whose crossing makes the rows")
    rows.add_argument("--each", nargs="+", metavar="A", help="one block of rows for each variable, or crossing A*B")
    rows.add_argument("--where", metavar="RULE", help="only records where a rule holds (never filter the file)")
    rows.add_argument("--margins", action="store_true", help="add totals")
    rows.add_argument("--level", type=float, default=0.95, help="of confidence (%(default)s; only this for mics, dhs)")


def crossed(text: str) -> list[str]:
    """The variables of a crossing.

    >>> crossed("HH6*windex5"), crossed("HH6")
    (['HH6', 'windex5'], ['HH6'])
    """
    return [name.strip() for name in text.split("*") if name.strip()]


def entries(texts: Sequence[str]) -> list[str | list[str]]:
    """Variables and crossings of `--each`.

    >>> entries(["HH6", "HH6*sex"])
    ['HH6', ['HH6', 'sex']]
    """
    found = [crossed(text) for text in texts]
    return [names[0] if len(names) == 1 else names for names in found]
