"""The dictionary of a .sav file, walked by ourselves."""

from __future__ import annotations

from survey_files import households, with_record

from childdata.microdata import MultipleResponse, write
from childdata.microdata.readers.spss_header import SpssHeader, read_spss_header


def test_the_declared_code_page_is_found(tmp_path):
    path = write(households(), tmp_path / "a.sav", encoding="windows-1251")
    assert read_spss_header(path).encoding == "windows-1251"
    assert read_spss_header(path).code_page == 1251
    silent = write(households(), tmp_path / "b.sav", encoding="windows-1251", declare_encoding=False)
    assert not read_spss_header(silent).declares_encoding
    seven_bits = write(households(), tmp_path / "c.sav", encoding="windows-1251", declare_encoding="ascii")
    assert not read_spss_header(seven_bits).declares_encoding, "code page 2 says nothing"


def test_sets_of_every_kind_are_read_with_their_cyrillic_labels(tmp_path):
    path = write({"A": [1.0], "B": [1.0]}, tmp_path / "a.sav")
    label = "Источники".encode()
    with_record(path, 7, b"$m=D3 Yes %d %s a b\n$c=C 0  b a\n" % (len(label), label))
    with_record(path, 19, b"$e=E 11 1 1 5 Later a\n")
    assert read_spss_header(path).sets == (
        MultipleResponse("m", "Источники", ("A", "B"), "Yes"),
        MultipleResponse("c", "", ("B", "A"), None),
        MultipleResponse("e", "Later", ("A",), "1"),
    )


def test_what_is_no_system_file_gives_an_empty_answer(tmp_path):
    path = tmp_path / "a.sav"
    assert read_spss_header(path) == SpssHeader()
    for content in (b"", b"$FL2", b"x" * 500, b"$FL2" + b"\xff" * 400, b"$FL2" + bytes(172) + b"\7\0\0\0" * 40):
        path.write_bytes(content)
        assert read_spss_header(path).sets == ()


def test_every_cut_of_a_file_is_survived(tmp_path):
    raw = write(households(), tmp_path / "a.sav").read_bytes()
    for length in range(0, len(raw), 37):
        (tmp_path / "cut.sav").write_bytes(raw[:length])
        assert read_spss_header(tmp_path / "cut.sav").sets == ()
