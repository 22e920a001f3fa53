"""The command line: what it prints and writes, its exit codes, and consoles of any code page."""

from __future__ import annotations

import csv
import io
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import childdata as cd
from childdata.cli import main
from childdata.cli.arguments import ESTIMATE_EXAMPLES, EXAMPLES
from childdata.cli.console import encodable

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 children in 4 strata of 6 PSUs: 10 to a PSU; region 3 has 4 children, free text is in `name`."""
    children = np.arange(240)
    frame = pd.DataFrame(
        {
            "psu": children // 10 + 1.0,
            "stratum": children // 60 + 1.0,
            "w": 1.0 + (children % 3) / 2,
            "region": np.where(children < 4, 3.0, 1.0 + children % 2),
            "sex": 1.0 + (children // 2) % 2,
            "haz": -3.0 + (children * 7 % 40) / 10,
            "food": 10.0 + children % 5,
            "spending": 40.0 + children % 7,
            "name": [f"child {child}" for child in children],
        }
    )
    labels = {"region": {1.0: "Brest", 2.0: SCRIPT, 3.0: "=1+1"}, "sex": {1.0: "boys", 2.0: "girls"}}
    variables = {
        name: cd.Variable(name, label=name.title(), kind="text" if name == "name" else "number", value_labels=codes)
        for name, codes in {name: labels.get(name, {}) for name in frame}.items()
    }
    path = tmp_path_factory.mktemp("files") / "дети 2024.sav"
    cd.write(cd.Dataset.from_frame(frame, variables=variables), path)
    return path


DESIGN = ["--weight", "w", "--strata", "stratum", "--psu", "psu"]


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_estimate_prints_what_the_library_gives(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "estimate", file, *DESIGN, "--mean", "low := haz < -2", "--by", "sex", "--margins")
    assert (code, err) == (0, "")
    survey = cd.Survey(cd.read(file), weight="w", strata="stratum", psu="psu")
    table = survey.estimate({"low": cd.mean("haz < -2")}, by="sex", margins=True).table()
    assert out.splitlines()[0] == "low"
    assert [line for line in out.splitlines() if line.startswith(("boys", "girls", "Total"))] == [
        line for line in str(table).splitlines() if line.startswith(("boys", "girls", "Total"))
    ]


def low_by_sex(file: Path, **options: Any) -> pd.DataFrame:
    """Estimates of the share of the small, by sex."""
    survey = cd.Survey(cd.read(file), weight="w", strata="stratum", psu="psu")
    return survey.estimate(cd.mean("haz < -2"), by="sex", **options).to_frame().set_index("sex")


def test_every_kind_of_statistic_can_be_asked_for_in_order(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--ratio", "food / spending", "--quantile", "haz", "--p", "0.25", "0.5", "--total", "food"]
    words += ["--count", "--proportion", "sex", "--mean", "haz", "--ratio", "r := food / spending"]
    code, out, _ = run(capsys, "estimate", file, *DESIGN, *words)
    assert code == 0
    names = ("ratio(food", "quantile(haz", "total(food", "count()", "proportion(sex", "mean(haz", "r  ")
    found = [out.index("\n" + name) for name in names]
    assert found == sorted(found)
    assert "0.25" in out


def test_blocks_crossings_and_domain(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--mean", "haz < -2", "--each", "sex", "region", "--where", "haz < 0", "--margins", "--lang", "ru"]
    code, out, _ = run(capsys, "estimate", file, *DESIGN, *words)
    assert code == 0
    first = [line.split("  ")[0] for line in out.splitlines()]
    assert [name for name in first if name in ("Всего", "Sex", "boys", "girls", "Region", "Brest")] == [
        "Всего",
        "Sex",
        "boys",
        "girls",
        "Region",
        "Brest",
    ]
    crossed = run(capsys, "estimate", file, *DESIGN, "--mean", "haz < -2", "--by", "sex*region")[1]
    assert any(line.split()[:2] == ["boys", "Brest"] for line in crossed.splitlines())


def test_small_group_is_hidden_unless_asked_otherwise(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["estimate", file, *DESIGN, "--mean", "haz", "--by", "region", "--margins"]
    hidden = run(capsys, *words)[1]
    assert "<5" in hidden
    assert "(*)" in hidden
    shown = run(capsys, *words, "--suppress", "none")[1]
    assert "(*)" not in shown
    assert "Not for publication" in shown


# How a label that tries to break out of a page stands in each.
SHOWN = {".csv": SCRIPT, ".html": "&lt;script&gt;", ".md": "&lt;script&gt;"}


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".html", ".md"])
def test_table_is_written_by_the_suffix_of_its_file(
    file: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / f"таблица {suffix}"
    code, out, _ = run(capsys, "estimate", file, *DESIGN, "--mean", "haz", "--by", "region", "--out", target)
    assert code == 0
    assert out == f"written: {target}\n"
    if suffix == ".xlsx":
        book = openpyxl.load_workbook(target)
        filled = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert "=1+1" in [cell.value for cell in filled if cell.data_type == "s"]
        assert any(str(cell.value).startswith("sha256 ") for cell in filled)
    else:
        text = target.read_text(encoding="utf-8-sig")
        assert "Brest" in text
        assert [one for one in (SCRIPT, "&lt;script&gt;") if one in text] == [SHOWN[suffix]]
    if suffix == ".csv":
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if "=1+1" in cell] == ["'=1+1"]


def test_sampling_errors_and_picture_are_written(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--mean", "haz < -2", "--by", "sex", "--sampling-errors", "--picture", tmp_path / "p.png"]
    code, out, _ = run(capsys, "estimate", file, *DESIGN, *words)
    assert code == 0
    boys = low_by_sex(file).loc["boys"]
    value, error = boys["estimate"], boys["se"]
    (line,) = (line for line in out.splitlines() if line.startswith("boys"))
    assert line.split()[-2:] == [f"{value - 2 * error:.3f}", f"{value + 2 * error:.3f}"]
    headings = [line.split() for line in out[: out.index("boys")].splitlines()]
    assert ["2se)", "2se)"] in [words[-2:] for words in headings]
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_codebook_tells_variables_and_no_text_or_small_count(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "codebook", file)
    assert code == 0
    assert all(name in out for name in ("psu", "stratum", "Haz", "spending"))
    assert "child 17" not in out


def test_codebook_is_written_in_full(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = run(capsys, "codebook", file, "--lang", "ru", "--out", tmp_path / "c.html")
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert code == 0
    assert "Переменная" in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "child 17" not in page
    assert "&lt;5" in page


REFUSED = {
    "no such file": (["estimate", "absent.sav", "--mean", "x"], "absent.sav"),
    "unknown variable": (["estimate", "FILE", "--mean", "hax"], "nearest: 'haz'"),
    "unknown weight": (["estimate", "FILE", "--weight", "ww", "--mean", "haz"], "'ww'"),
    "hostile rule": (["estimate", "FILE", "--mean", "__import__('os').system('x')"], "begin with two underscores"),
    "p out of range": (["estimate", "FILE", "--quantile", "haz", "--p", "1.5"], "1.5"),
    "folder that is not there": (["estimate", "FILE", "--mean", "haz", "--out", "no/such/t.csv"], "cannot be written"),
    "seed": (["demo", "FOLDER", "--seed", "-1"], "a seed of 0 or more was wanted"),
    "degrees of freedom": (["estimate", "FILE", "--mean", "haz", "--df", "0"], "df is a positive number"),
    "level of two errors": (
        ["estimate", "FILE", "--mean", "haz", "--convention", "mics", "--level", "0.9"],
        "2 standard errors",
    ),
    "folder is a file": (["demo", "FILE"], "cannot be made"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal_is_one_message_and_exit_code_one(
    case: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, said = REFUSED[case]
    code, out, err = run(capsys, *({"FILE": file, "FOLDER": tmp_path}.get(word, word) for word in words))
    assert (code, out) == (1, "")
    assert said in err
    assert "Traceback" not in err


MISUSED = {
    "no command": [],
    "unknown command": ["tabulate"],
    "unknown option": ["codebook", "x.sav", "--langs", "ru"],
    "unknown language": ["codebook", "x.sav", "--lang", "de"],
    "no statistic": ["estimate", "x.sav"],
    "suffix": ["estimate", "x.sav", "--mean", "y", "--out", "t.docx"],
    "picture": ["estimate", "x.sav", "--mean", "y", "--picture", "t.gif"],
    "ratio": ["estimate", "x.sav", "--ratio", "food/spending"],
    "two of one name": ["estimate", "x.sav", "--mean", "a := x", "--mean", "a := y"],
}


@pytest.mark.parametrize("case", MISUSED)
def test_command_that_is_not_understood_ends_with_two(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *MISUSED[case])
    assert (code, out) == (2, "")
    assert "childdata" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [["--help"], ["demo", "--help"], ["codebook", "--help"], ["estimate", "--help"]])
def test_help_has_examples_and_exit_codes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "example" in out
    assert "exit codes:" in out
    assert f"  childdata {words[0] if len(words) > 1 else 'estimate'} " in out


def test_commands_of_the_help_and_the_manual_run_on_the_invented_survey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = cd.synthetic.write_mics(tmp_path / "mics", households=600)
    monkeypatch.chdir(folder)
    page = Path(__file__).parents[2] / "docs" / "getting-started.md"
    text = EXAMPLES + ESTIMATE_EXAMPLES + page.read_text(encoding="utf-8")
    lines = text.replace("\\\n", " ").splitlines()
    commands = [shlex.split(line) for line in lines if line.lstrip().startswith("childdata estimate ch.sav")]
    assert len(commands) == 3
    for words in commands:
        code, out, err = run(capsys, *words[1:])
        assert (code, bool(out), err) == (0, True, ""), words


def test_warning_is_a_note_on_the_standard_error(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def warned(*_: object) -> None:
        import warnings

        warnings.warn("this was decided for you", cd.errors.ChilddataWarning, stacklevel=2)

    monkeypatch.setattr("childdata.cli.run._codebook", warned)
    code, out, err = run(capsys, "codebook", file)
    assert (code, out, err) == (0, "", "childdata: note: this was decided for you\n")


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "ascii", "utf-8"])
def test_console_of_any_code_page_is_written_to(file: Path, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["estimate", str(file), *DESIGN, "--mean", "haz", "--by", "region", "--lang", "ru"]) == 0
    stream.flush()
    text = stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert "Brest" in text
    assert ("Оценка" in text) == (encoding != "ascii")
    assert ("−" in text) == (encoding == "utf-8")
    assert ("?" in text) == (encoding == "ascii")


def test_signs_that_a_code_page_lacks_are_told_by_plain_ones() -> None:
    assert encodable("−1\u202f000,5 … ── 20–49", "cp1251").replace("…", "...") == "-1 000,5 ... -- 20-49"
    assert encodable("дети 儿童", "cp866") == "дети ??"


def test_program_runs_as_a_module_and_survives_a_reader_who_leaves(file: Path) -> None:
    words = [sys.executable, "-m", "childdata", "codebook", str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_demonstration_is_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "демо"
    code, out, err = run(capsys, "demo", folder, "--seed", "7")
    assert code == 0
    assert "tables and picture" in err
    assert out.splitlines()[0] == f"The demonstration is in {folder.resolve()}"
    for name in ("estimates", "report", "sampling_errors", "picture"):
        for lang in ("en", "ru"):
            files = list(folder.glob(f"{name}_{lang}.*"))
            assert files
            assert all(one.stat().st_size > 1000 for one in files)
            assert f"{name}_{lang}" in out
    assert {one.name for one in (folder / "surveys").iterdir()} == {"mics", "mics_ru", "budget", "disability"}
    russian = (folder / "estimates_ru.html").read_text(encoding="utf-8")
    assert "Вымышленное обследование" in russian
    assert "Брестская" in russian
    assert "Стандартная ошибка" in russian
    assert "Invented survey" in (folder / "report_en.html").read_text(encoding="utf-8")
    assert (folder / "codebook.xlsx").exists()


def test_design_of_stages_and_populations_is_passed_on(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["estimate", file, "--mean", "haz", "--strata", "stratum", "--psu", "psu", "--fpc", "60"]
    code, out, err = run(capsys, *words, "--weight", "w", "--suppress", "none")
    assert (code, err) == (0, "")
    survey = cd.Survey(cd.read(file), weight="w", strata="stratum", psu="psu", fpc=60)
    (row,) = survey.estimate(cd.mean("haz")).table(suppress=None).grid().rows
    assert all(cell.text in out for cell in row[:2])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"convention": "r", "level": 0.9}, "90% confidence"),
        ({"convention": "stata", "level": 0.9}, "90% confidence"),
        ({"convention": "mics"}, "two standard errors"),
        ({"df": 2.0}, "95% confidence"),
    ],
)
def test_convention_level_and_df_reach_the_table(
    file: Path, options: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    code, out, _ = run(capsys, "estimate", file, *DESIGN, "--mean", "haz < -2", "--by", "sex", *words)
    low, high = low_by_sex(file, **options).loc["boys", ["ci_low", "ci_high"]]
    (line,) = (line for line in out.splitlines() if line.startswith("boys"))
    assert code == 0
    assert line.split()[-3:-1] == [f"{100 * low:.1f}%", f"{100 * high:.1f}%"]
    assert said in out


def test_stratum_of_one_unit_is_dealt_with_by_the_convention_or_by_name(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first 19 PSUs, six to a stratum: the last stratum has one."""
    lonely = tmp_path / "lonely.sav"
    frame = cd.read(file).frame
    cd.write(cd.Dataset.from_frame(frame.filter(frame["psu"] <= 19)), lonely)
    words = ["estimate", lonely, *DESIGN, "--mean", "haz"]
    code, _, err = run(capsys, *words)
    assert (code, "one PSU" in err) == (1, True)
    assert run(capsys, *words, "--convention", "spss")[0] == 0
    assert run(capsys, *words, "--lonely-psu", "adjust")[0] == 0
    assert run(capsys, *words, "--convention", "spss", "--lonely-psu", "fail")[0] == 1


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("words", [["codebook"], ["estimate", "--mean", "x", "--suppress", "none"]])
def test_file_that_is_read_is_not_written_over(
    words: list[str], linked: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, target = tmp_path / "x.csv", tmp_path / ("y.csv" if linked else "x.csv")
    data.write_text("x\n1\n2\n", encoding="utf-8")
    if linked:
        target.hardlink_to(data)
    code, out, err = run(capsys, words[0], data, *words[1:], "--out", target)
    assert (code, out) == (2, "")
    assert f"{target.name}' is the file that is read" in err
    assert data.read_text(encoding="utf-8") == "x\n1\n2\n"


def test_picture_is_not_drawn_over_the_file_that_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, picture = tmp_path / "x.csv", tmp_path / "x.png"
    data.write_text("x\n1\n2\n", encoding="utf-8")
    picture.hardlink_to(data)
    code, _, err = run(capsys, "estimate", data, "--mean", "x", "--picture", picture)
    assert (code, "x.png' is the file that is read" in err) == (2, True)
    assert data.read_text(encoding="utf-8") == "x\n1\n2\n"


def test_only_the_variables_in_use_are_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def watched(path: str, columns: list[str], encoding: str | None) -> cd.Dataset:
        asked.append(columns)
        return cd.read(path, columns=columns, encoding=encoding)

    monkeypatch.setattr("childdata.cli.run.read", watched)
    words = [
        "--mean",
        "low := haz < -2",
        "--ratio",
        "food / spending",
        "--where",
        "sex == 1",
        "--each",
        "region*sex",
        "region",
    ]
    assert main(["estimate", str(file), *DESIGN, *words]) == 0
    assert sorted(asked[0]) == ["food", "haz", "psu", "region", "sex", "spending", "stratum", "w"]


def test_interruption_has_its_own_exit_code(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("childdata.cli.run.read", interrupted)
    assert run(capsys, "codebook", file) == (130, "", "childdata: interrupted\n")


def test_trouble_of_the_system_is_one_line(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "t.sav")

    monkeypatch.setattr("childdata.cli.run.read", full)
    assert run(capsys, "codebook", file) == (1, "", "childdata: t.sav could not be used: No space left on device\n")


def test_table_on_the_console_tells_nothing_that_the_file_hides(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["estimate", file, *DESIGN, "--mean", "haz", "--by", "region", "--margins"]
    printed = run(capsys, *words)[1]
    run(capsys, *words, "--out", tmp_path / "t.csv")
    written = (tmp_path / "t.csv").read_text(encoding="utf-8-sig")
    hidden = cd.Survey(cd.read(file), weight="w").estimate(cd.mean("haz"), by="region").to_frame().set_index("region")
    number = f"{hidden.loc['=1+1', 'estimate']:.2f}"
    assert number not in printed.replace("−", "-").split()
    assert f"{hidden.loc['=1+1', 'estimate']}"[:8] not in written
