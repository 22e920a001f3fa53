"""The plans of SPSS Complex Samples: analysis plans (.csaplan, .csplan: XML), and the command that writes them.

An analysis plan holds a weight and one block a stage: strata, clusters, an estimation method, and for sampling without
replacement with equal probabilities the size of the population or the inclusion probability:

    <SPSSComplexSamples><AnalysisDesign SRSestimator="wor" numberOfStages="1">
      <AnalysisStage estimationMethod="wr" stageNumber="1">
        <StrataVarList numberOfVariables="1"><Variable name="strata"/></StrataVarList>
        <ClusterVarList numberOfVariables="1"><Variable name="psu"/></ClusterVarList>
      </AnalysisStage>
      <Weight><Variable name="w"/></Weight>
    </AnalysisDesign></SPSSComplexSamples>

`CSPLAN ANALYSIS` says the same in words. An element, attribute or subcommand that is not known is told, and one that
decides about the variance and is not understood keeps the plan from being laid on data.

XML is read by expat alone: a DOCTYPE, and with it every entity, is refused, and size and depth are bounded.

Source: IBM SPSS Statistics, Command Syntax Reference, CSPLAN; IBM SPSS Complex Samples, "Plan files".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.parsers import expat

from childdata.errors import ReadError, nearest
from childdata.survey.design_plan import DesignPlan, Drawn, PlanStage, as_rule
from childdata.words import word

LARGEST = 4_000_000  # bytes
DEEPEST, MOST_ELEMENTS = 30, 100_000
METHODS: Mapping[str, Drawn] = {
    "wr": "with replacement",
    "equal_wor": "without replacement",
    "unequal_wor": "unequal, without replacement",
}


@dataclass(slots=True)
class Element:
    """An element of XML: its name without a namespace, where it stands, and what is in it."""

    name: str
    line: int
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def __str__(self) -> str:
        return f"<{self.name}> (line {self.line})"


def read_xml(content: bytes, source: str) -> Element:
    """The root of an XML document.

    Raises
    ------
    ReadError if it is no XML, is too large or deep, or holds a DOCTYPE or an entity.
    """
    if len(content) > LARGEST:
        raise ReadError(f"{source} has {len(content):,} bytes; a plan has at most {LARGEST:,}")
    parser = expat.ParserCreate(namespace_separator=" ")
    root: list[Element] = []
    open_: list[Element] = []
    seen = 0

    def refuse(*_: object) -> None:
        raise ReadError(f"{source} holds a DOCTYPE or an entity, which no plan of SPSS does; it was not read")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal seen
        seen += 1
        if len(open_) >= DEEPEST or seen > MOST_ELEMENTS:
            raise ReadError(f"{source} holds more than {MOST_ELEMENTS:,} elements or more than {DEEPEST} in each other")
        local = {key.rsplit(" ", 1)[-1]: value for key, value in attributes.items()}
        made = Element(name.rsplit(" ", 1)[-1], parser.CurrentLineNumber, local)
        (open_[-1].children if open_ else root).append(made)
        open_.append(made)

    def text(data: str) -> None:
        if open_:
            open_[-1].text += data

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ReadError(f"{source} is no XML: {expat.ErrorString(error.code)} in line {error.lineno}") from None
    except (ValueError, LookupError) as error:
        raise ReadError(f"{source} is no XML that can be read ({error})") from None
    return root[0]


def plan_from_xml(content: bytes, source: str) -> DesignPlan:
    """The analysis plan in a file of SPSS Complex Samples.

    Raises
    ------
    ReadError naming the element that is wrong, or if there is no analysis plan.
    """
    reader = _Reader(source)
    root = read_xml(content, source)
    if root.name != "SPSSComplexSamples":
        raise ReadError(f"{source} is no plan of SPSS Complex Samples: its root is {root}, not <SPSSComplexSamples>")
    designs = reader.sort(root, {"AnalysisDesign", "Header"}, {"version"})["AnalysisDesign"]
    if len(designs) != 1:
        raise ReadError(f"{source} has {len(designs)} analysis plans (<AnalysisDesign>); wanted is one")
    return reader.plan(designs[0])


class _Reader:
    """Reads the elements of one file; collects what it does not know."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.unknown: list[str] = []

    def sort(self, element: Element, known: set[str], attributes: set[str]) -> dict[str, list[Element]]:
        """The children of an element by their names; those that are not known are put down."""
        self.unknown += [f"{element.name} {name}={value}" for name, value in element.attributes.items()
                         if name not in attributes]  # fmt: skip
        sorted_: dict[str, list[Element]] = {name: [] for name in known}
        for child in element.children:
            if child.name in sorted_:
                sorted_[child.name].append(child)
            else:
                self.unknown.append(str(child))
        return sorted_

    def plan(self, design: Element) -> DesignPlan:
        parts = self.sort(design, {"AnalysisStage", "Weight"}, {"SRSestimator", "numberOfStages"})
        weights = [name for one in parts["Weight"] for name in self.names(one)]
        if len(weights) > 1:
            raise ReadError(f"{self.source} names {len(weights)} weights in {parts['Weight'][0]}; wanted is one")
        stages = sorted(parts["AnalysisStage"], key=self.number)
        if [self.number(one) for one in stages] != list(range(1, len(stages) + 1)):
            raise ReadError(f"{self.source}: the stages of {design} are not numbered 1, 2, ...")
        self.check_count(design, "numberOfStages", len(stages))
        made = [self.stage(one) for one in stages]
        estimator = design.attributes.get("SRSestimator", "wor").lower()
        if estimator not in ("wor", "wr"):
            raise ReadError(f"{self.source}: the SRSestimator of {design} is 'wor' or 'wr'; found {estimator!r}")
        return finished(self.source, weights[0] if weights else None, made, estimator, self.unknown)

    def stage(self, stage: Element) -> PlanStage:
        sizes = [one for one in stage.children if _is_size(one.name)]
        rest = replace(stage, children=[one for one in stage.children if not _is_size(one.name)])
        known = {"estimationMethod", "stageNumber", "stageLabel", "label"}
        parts = self.sort(rest, {"StrataVarList", "ClusterVarList"}, known)
        method = stage.attributes.get("estimationMethod", "")
        if method.lower() not in METHODS:
            raise ReadError(
                f"{self.source}: the estimationMethod of {stage} is one of {', '.join(METHODS)}; found {method!r}"
                f"{nearest(method, METHODS)}"
            )
        strata, units = (
            tuple(name for one in parts[kind] for name in self.names(one))
            for kind in ("StrataVarList", "ClusterVarList")
        )
        if len(sizes) > 1:
            raise ReadError(f"{self.source}: {stage} gives the population twice, in {sizes[0]} and {sizes[1]}")
        fpc = self.size(sizes[0]) if sizes else None
        return PlanStage(units, strata, fpc, METHODS[method.lower()])

    def names(self, element: Element) -> list[str]:
        """The variables that an element lists."""
        variables = self.sort(element, {"Variable"}, {"numberOfVariables"})["Variable"]
        names = [one.attributes.get("name", "").strip() for one in variables]
        if not all(names):
            raise ReadError(f"{self.source}: a <Variable> of {element} has no name")
        self.check_count(element, "numberOfVariables", len(names))
        return names

    def size(self, element: Element) -> str | float | None:
        """The variable or the number that gives the population of a stage; None where neither can be made out."""
        inside = list(_within(element))
        variables = {one.attributes.get("name", "").strip() for one in inside if one.name == "Variable"}
        values = {value for one in inside for key, value in one.attributes.items() if key.lower() == "value"}
        numbers = {one.text.strip() for one in inside if one.text.strip()} | values
        if len(variables) == 1 and not numbers and "" not in variables:
            return as_rule(variables.pop())
        if len(numbers) == 1 and not variables:
            return _number(numbers.pop())
        self.unknown.append(str(element))
        return None

    def number(self, stage: Element) -> int:
        text = stage.attributes.get("stageNumber", "")
        if not re.fullmatch(r"[1-9]\d{0,3}", text):
            raise ReadError(f"{self.source}: the stageNumber of {stage} is a whole number; found {text!r}")
        return int(text)

    def check_count(self, element: Element, attribute: str, found: int) -> None:
        said = element.attributes.get(attribute)
        if said is not None and said.strip() != str(found):
            raise ReadError(f"{self.source}: {element} says {attribute}={said!r}, and holds {found}: it is damaged")


def _within(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from _within(child)


def _is_size(name: str) -> bool:
    letters = re.sub(r"[^a-z]", "", name.lower())
    return ("pop" in letters and "size" in letters) or ("incl" in letters and "prob" in letters)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def finished(
    source: str, weight: str | None, stages: Sequence[PlanStage], estimator: str, unknown: Sequence[str]
) -> DesignPlan:
    """A plan of SPSS from its parts: what stands below a stage with replacement has no part in it.

    Parameters
    ----------
    estimator : "wor" or "wr", how the simple random sample of design effects is drawn.
    unknown : what was not read.
    """
    last = next((k for k, one in enumerate(stages) if one.drawn == "with replacement"), len(stages) - 1)
    told = [word("told.plan_srs_wor" if estimator == "wor" else "told.plan_srs_wr", source=source)]
    if last < len(stages) - 1:
        told.append(word("told.plan_later", source=source, stage=last + 1))
    told.append(word("told.plan_lonely", source=source))
    told += [word("told.plan_unknown", source=source, what=one) for one in unknown]
    kept = tuple(replace(one, fpc=None) if one.drawn != "without replacement" else one for one in stages[: last + 1])
    return DesignPlan("SPSS", source, None if weight is None else as_rule(weight), kept, notes=tuple(told))
