"""How was this file's sample drawn? The design that SPSS or Stata keeps, in the words of `cd.Survey`.

    .csaplan .csplan      analysis plan of SPSS Complex Samples
    .sps                  the command CSPLAN ANALYSIS
    .dta                  what svyset left in the file
    .sav .zsav, Dataset   the weight by which SPSS weighted the file, and nothing more

Nothing of a file is evaluated, and no row is read.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from childdata.errors import DesignError, ReadError
from childdata.microdata import Dataset
from childdata.microdata.readers.spss_header import read_spss_header
from childdata.survey import plans_spss, plans_syntax
from childdata.survey.design_plan import DesignPlan, as_rule
from childdata.survey.plans_stata import plan_from_stata
from childdata.vocabulary import WORDS
from childdata.words import word

PLANS, SYNTAX, STATA, SPSS = (".csaplan", ".csplan"), (".sps",), (".dta",), (".sav", ".zsav")


def design_from(source: str | os.PathLike[str] | Dataset, *, encoding: str | None = None) -> DesignPlan:
    """The sampling design that a file of SPSS or Stata declares.

    Parameters
    ----------
    source : path of an analysis plan (.csaplan, .csplan), of SPSS commands with CSPLAN ANALYSIS (.sps), of a Stata file
        that was svyset (.dta), or of an SPSS file that was weighted (.sav, .zsav); or a Dataset from such an SPSS file.
    encoding : code page of an .sps file, which says none; UTF-8 by default.

    Returns
    -------
    DesignPlan; `.survey(data)` lays it on the data. What the file asks for and cannot be had is in its `left_out`,
    what was not understood in its `notes`.

    Raises
    ------
    ReadError if the file is not there, damaged, or says nothing that can be read; DesignError if it declares no design.

    Source: IBM SPSS Statistics, Command Syntax Reference, CSPLAN; Stata Survey Data Reference Manual, svyset.

    >>> from pathlib import Path
    >>> from childdata.survey.plans import design_from
    >>> _ = Path("mics.sps").write_text('''CSPLAN ANALYSIS /PLAN FILE="mics.csaplan" /PLANVARS ANALYSISWEIGHT=hhweight
    ...   /DESIGN STRATA=stratum CLUSTER=HH1 /ESTIMATOR TYPE=WR.''')
    >>> design_from("mics.sps").keywords
    {'weight': 'hhweight', 'strata': ['stratum'], 'psu': ['HH1']}
    """
    if isinstance(source, Dataset):
        return _of_dataset(source)
    if not isinstance(source, (str, os.PathLike)):
        raise DesignError(
            f"design_from() takes the path of a file, or a Dataset from cd.read; found {type(source).__name__}"
        )
    path = Path(source)
    if not path.is_file():
        raise ReadError(f"there is no file {str(path)!r}")
    suffix = path.suffix.lower()
    if suffix in PLANS:
        return plans_spss.plan_from_xml(_bytes(path, plans_spss.LARGEST), path.name)
    if suffix in SYNTAX:
        return plans_syntax.plan_from_syntax(_text(path, encoding), path.name)
    if suffix in STATA:
        return plan_from_stata(path)
    if suffix in SPSS:
        return _weight_only(read_spss_header(path).weight, path.name)
    known = ", ".join((*PLANS, *SYNTAX, *STATA, *SPSS))
    raise ReadError(f"{path.name}: a design is read from files ending in {known}, not {suffix or 'without a suffix'!r}")


def _bytes(path: Path, most: int) -> bytes:
    size = path.stat().st_size
    if size > most:
        raise ReadError(f"{path.name} has {size:,} bytes; a file that declares a design has at most {most:,}")
    return path.read_bytes()


def _text(path: Path, encoding: str | None) -> str:
    raw = _bytes(path, plans_syntax.LARGEST)
    try:
        return raw.decode(encoding or "utf-8-sig")
    except (UnicodeDecodeError, LookupError):
        raise ReadError(
            f"{path.name} is no text in {encoding or 'UTF-8'}; give encoding='windows-1251' or another"
        ) from None


def _of_dataset(data: Dataset) -> DesignPlan:
    """The plan of a Dataset: the note that says by what SPSS had weighted its file."""
    before, _, after = WORDS["told.was_weighted"][0].partition("{name}")
    said = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")
    names = [found.group(1) for found in map(said.fullmatch, data.notes) if found]
    return _weight_only(names[0] if names else "", data.source)


def _weight_only(name: str, source: str) -> DesignPlan:
    if not name:
        raise DesignError(
            f"{source} was not weighted when SPSS saved it, and says nothing of its design; SPSS keeps a design in a "
            "plan of its own (.csaplan), Stata in the data file (give its path, .dta)"
        )
    return DesignPlan("SPSS", source, as_rule(name), notes=(word("told.plan_weight_only", source=source),))
