"""Running a command: read, estimate, write; a refused file or rule is one line on the standard error.

Exit codes: 0 done; 1 refused, with a message; 2 not understood; 130 interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Never

from tqdm import tqdm

from childdata.cli.arguments import PICTURES, SUFFIXES, crossed, entries, parser
from childdata.cli.console import MisuseError, complain, lenient, say
from childdata.cli.demo import write_demo
from childdata.cli.tables import BRIEF, check_not_input, check_suffixes, codebook_table, write_table
from childdata.errors import ChilddataError
from childdata.expression import parse
from childdata.microdata import Dataset, read
from childdata.plot import dots, save
from childdata.survey import Estimates, Statistic, Survey, count, mean, proportion, quantile, ratio, total
from childdata.table import Suppression, Table


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code.

    Parameters
    ----------
    argv : arguments without the program's name; None: those of the process.

    >>> main(["codebook", "absent.sav"])
    1
    """
    with lenient():
        try:
            arguments = parser().parse_args(argv)
        except SystemExit as ended:
            return int(ended.code or 0)
        try:
            {"demo": _demo, "codebook": _codebook, "estimate": _estimate}[arguments.command](arguments)
            sys.stdout.flush()
        except MisuseError as error:
            complain(f"childdata {arguments.command}: {error}\n(see childdata {arguments.command} --help)")
            return 2
        except ChilddataError as error:
            complain(f"childdata: {error}")
            return 1
        except BrokenPipeError:
            # The reader of our output has left (`| head`); what Python flushes at exit goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            complain(f"childdata: {error.filename or 'a file'} could not be used: {error.strerror or error}")
            return 1
        except KeyboardInterrupt:
            complain("childdata: interrupted")
            return 130
    return 0


def _demo(arguments: argparse.Namespace) -> None:
    folder, contents = write_demo(Path(arguments.folder), seed=arguments.seed)
    say(f"The demonstration is in {folder}")
    width = max(len(name) for name, _ in contents)
    for name, said in contents:
        say(f"  {name.ljust(width)}  {said}")


def _progress(steps: int) -> tqdm[Never]:
    """A bar that only long work on a console shows."""
    return tqdm(total=steps, delay=1.0, disable=None, leave=False, file=sys.stderr, bar_format="{desc} {bar} {elapsed}")


def _codebook(arguments: argparse.Namespace) -> None:
    check_suffixes(arguments.out, SUFFIXES)
    check_not_input(arguments.file, arguments.out)
    with _progress(2) as bar:
        bar.set_description("reading")
        data = read(arguments.file, encoding=arguments.encoding)
        bar.update()
        bar.set_description("describing")
        table = codebook_table(data, arguments.lang, names=None if arguments.out else BRIEF)
        bar.update()
    _deliver(table, arguments.out)


def _deliver(table: Table, paths: Sequence[str]) -> None:
    if not paths:
        say(table.to_text())
    for path in paths:
        write_table(table, path)
        say(f"written: {path}")


def _estimate(arguments: argparse.Namespace) -> None:
    check_suffixes(arguments.out, SUFFIXES)
    pictures = [arguments.picture] if arguments.picture else []
    check_suffixes(pictures, PICTURES)
    check_not_input(arguments.file, [*arguments.out, *pictures])
    statistics = _statistics(arguments)
    with _progress(3) as bar:
        bar.set_description("reading")
        data = read(arguments.file, columns=_names_in_use(arguments), encoding=arguments.encoding)
        bar.update()
        bar.set_description("estimating")
        estimates = _estimates(arguments, data, statistics)
        bar.update()
        bar.set_description("writing")
        table = _table(arguments, estimates)
        bar.update()
    _deliver(table, arguments.out)
    if arguments.picture:
        shown = estimates.table(lang=arguments.lang, title=arguments.title, suppress=_suppress(arguments))
        save(dots(shown), arguments.picture, table=shown)
        say(f"written: {arguments.picture}")


def _estimates(arguments: argparse.Namespace, data: Dataset, statistics: dict[str, Statistic]) -> Estimates:
    survey = Survey(
        data,
        weight=arguments.weight,
        strata=arguments.strata,
        psu=arguments.psu,
        fpc=arguments.fpc,
        lonely_psu=arguments.lonely_psu,
    )
    return survey.estimate(
        statistics,
        by=crossed(arguments.by) if arguments.by else None,
        each=entries(arguments.each) if arguments.each else None,
        where=arguments.where,
        margins=arguments.margins,
        level=arguments.level,
        interval=arguments.interval,
        convention=arguments.convention,
        df=arguments.df,
    )


def _suppress(arguments: argparse.Namespace) -> Suppression:
    rules: dict[str, Suppression] = {"mics": "mics", "nchs": "nchs", "none": None}
    return rules[arguments.suppress]


def _table(arguments: argparse.Namespace, estimates: Estimates) -> Table:
    options: dict[str, Any] = {"lang": arguments.lang, "title": arguments.title, "suppress": _suppress(arguments)}
    table = estimates.sampling_errors(**options) if arguments.sampling_errors else estimates.table(**options)
    with Path(arguments.file).open("rb") as stream:
        fingerprint = hashlib.file_digest(stream, "sha256").hexdigest()
    return replace(table, provenance={**table.provenance, "fingerprint": f"sha256 {fingerprint}"})


def _named(text: str) -> tuple[str, str]:
    """Name and rule of `name := rule`; no name if there is none.

    >>> _named("stunted := HAZ2 < -2"), _named("income")
    (('stunted', 'HAZ2 < -2'), ('', 'income'))
    """
    name, sign, rule = text.partition(":=")
    return (name.strip(), rule.strip()) if sign else ("", text.strip())


def _parts(text: str) -> tuple[str, str]:
    """Numerator and denominator of "y / x"."""
    parts = text.split(" / ")
    if len(parts) != 2:
        raise MisuseError(
            f"--ratio wants two rules parted by ' / ' (with blanks), as in \"food / spending\"; found {text!r} "
            f"with {len(parts) - 1} such signs; put a quotient inside a rule without the blanks"
        )
    return parts[0].strip(), parts[1].strip()


def _statistics(arguments: argparse.Namespace) -> dict[str, Statistic]:
    if not arguments.statistics:
        raise MisuseError(
            "no statistic was asked for; give --mean, --proportion, --ratio, --quantile, --total or --count"
        )
    found: dict[str, Statistic] = {}
    for kind, text in arguments.statistics:
        name, rule = _named(text)
        statistic = _statistic(kind, rule, arguments.p)
        name = name or statistic.name
        if name in found:
            raise MisuseError(f"two statistics are called {name!r}; give each a name of its own, 'name := rule'")
        found[name] = statistic
    return found


def _statistic(kind: str, rule: str, p: Sequence[float]) -> Statistic:
    if kind == "count":
        return count()
    if kind == "ratio":
        return ratio(*_parts(rule))
    if kind == "quantile":
        return quantile(rule, p[0] if len(p) == 1 else p)
    return {"mean": mean, "proportion": proportion, "total": total}[kind](rule)


def _names_in_use(arguments: argparse.Namespace) -> list[str]:
    """The variables that the command needs: the others are not read."""
    rules = [_named(text)[1] for _, text in arguments.statistics if text]
    rules = [part for rule in rules for part in (rule.split(" / ") if " / " in rule else [rule])]
    rules += [rule for rule in (arguments.weight, arguments.where) if rule]
    rules += arguments.fpc or []
    names = [name for rule in rules for name in parse(rule).names]
    names += [*(arguments.strata or []), *(arguments.psu or []), *crossed(arguments.by or "")]
    names += [name for entry in arguments.each or [] for name in crossed(entry)]
    return list(dict.fromkeys(names))
