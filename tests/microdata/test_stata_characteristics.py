"""The characteristics of .dta files of all formats and both byte orders, and what damage does to them."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

import childdata as cd
from childdata.errors import ReadError
from childdata.microdata.readers.stata_characteristics import LONGEST, read_characteristics
from stata_files import TABLE, old_file, section, write_stata

GIVEN = {("_dta", "_svy_su1"): "psu", ("w", "note1"): "a note", ("_dta", "note0"): "x" * 5000}


def every(owner: str, name: str) -> bool:
    return True


@pytest.mark.parametrize("big", [False, True], ids=["little", "big"])
@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_characteristics_come_back_from_every_format_in_both_byte_orders(
    version: int, big: bool, tmp_path: Path
) -> None:
    path = write_stata(tmp_path / "a.dta", GIVEN, version=version, big=big)
    assert dict(read_characteristics(path, every)) == GIVEN
    assert cd.read(path).frame["y"].to_list() == TABLE["y"].to_list()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("release", [110, 111, 113, 114, 115])
def test_formats_before_stata_13_keep_them_behind_the_variable_labels(release: int, order: str, tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    path.write_bytes(old_file(GIVEN, release=release, order=order, variables=3))
    assert dict(read_characteristics(path, every)) == GIVEN


def test_only_what_is_wanted_is_kept(tmp_path: Path) -> None:
    path = write_stata(tmp_path / "a.dta", GIVEN)
    assert dict(read_characteristics(path, lambda owner, name: name.startswith("_svy"))) == {
        ("_dta", "_svy_su1"): "psu"
    }


def test_texts_are_utf_8_from_stata_14_on(tmp_path: Path) -> None:
    path = write_stata(tmp_path / "a.dta", {("_dta", "note1"): "область"})
    assert read_characteristics(path, every)["_dta", "note1"] == "область"


def test_file_without_characteristics_has_none(tmp_path: Path) -> None:
    assert not read_characteristics(write_stata(tmp_path / "a.dta", {}), every)


def replaced(old: bytes, new: bytes, tmp_path: Path) -> Path:
    path = write_stata(tmp_path / "a.dta", GIVEN)
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"<release>118", b"<release>120", "a format other than 117, 118 and 119"),
        (b"LSF", b"QQQ", "byte order other than"),
        (b"<K>", b"<k>", "not where it belongs"),
        (b"<ch>", b"<hc>", "<ch> is not where it belongs"),
        (b"</ch>", b"</cx>", "</ch> is not where it belongs"),
        (b"</characteristics>", b"</characteristicz>", "not where it belongs"),
    ],
)
def test_damage_is_an_error_that_names_it(old: bytes, new: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=f"a.dta cannot be read .*{said}"):
        read_characteristics(replaced(old, new, tmp_path), every)


@pytest.mark.parametrize("length", [0, 257, 2 * 129 + LONGEST + 2, 0xFFFFFFFF])
def test_absurd_length_is_refused_before_anything_is_read(length: int, tmp_path: Path) -> None:
    first = section(GIVEN, "<", 118)[17:25]
    with pytest.raises(ReadError, match=f"a characteristic of {length} bytes"):
        read_characteristics(replaced(first, b"<ch>" + struct.pack("<I", length), tmp_path), every)


def test_place_outside_the_file_is_refused(tmp_path: Path) -> None:
    path = write_stata(tmp_path / "a.dta", GIVEN)
    raw = path.read_bytes()
    at = raw.index(b"<map>") + 5 + 8 * 8
    path.write_bytes(raw[:at] + struct.pack("<Q", 1 << 62) + raw[at + 8 :])
    with pytest.raises(ReadError, match="a place lies outside the file"):
        read_characteristics(path, every)


@pytest.mark.parametrize("content", [b"", b"$FL2", b"\x69abc", b"PK\3\4 and so on", b"<html>" + bytes(400)])
def test_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    path.write_bytes(content)
    with pytest.raises(ReadError, match=r"a\.dta"):
        read_characteristics(path, every)


def test_missing_file_is_a_read_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"gone\.dta cannot be opened"):
        read_characteristics(tmp_path / "gone.dta", every)


@pytest.mark.parametrize("version", [114, 117, 118])
def test_damaged_files_give_an_error_or_an_answer_and_nothing_else(version: int, tmp_path: Path) -> None:
    whole = write_stata(tmp_path / "a.dta", GIVEN, version=version).read_bytes()
    chance, path = random.Random(5), tmp_path / "b.dta"
    for turn in range(300):
        raw = bytearray(whole[: chance.randrange(1, len(whole))] if turn % 3 == 0 else whole)
        for _ in range(chance.randrange(1, 6)):
            raw[chance.randrange(min(len(raw), 2500))] = chance.randrange(256)
        path.write_bytes(raw)
        try:
            read_characteristics(path, every)
        except ReadError as error:
            assert "b.dta" in str(error)  # noqa: PT017 - whether it is raised depends on the damage
