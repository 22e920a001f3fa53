"""The helper process: reused, replaced, shared by threads, left behind by forks, and never the end of this process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import childdata.microdata.readers.process as process_module
from childdata.errors import ChilddataWarning, ReadError
from childdata.microdata import read, write
from childdata.microdata.readers import helper
from childdata.microdata.readers.process import CannotStartError, Desk, interpreter

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a POSIX system")


@pytest.fixture
def file(tmp_path) -> Path:
    return write({"a": [1.0, 2.0], "t": ["x", "y"]}, tmp_path / "small.sav")


@pytest.fixture
def empty_room(monkeypatch, tmp_path) -> None:
    """As if no file had been read yet in this process."""
    room = process_module._Room(folder=tmp_path / "room")
    (tmp_path / "room").mkdir()
    monkeypatch.setattr(process_module, "_room", room)


def helper_process() -> subprocess.Popen[bytes]:
    running = process_module._room.helper
    assert running is not None
    return running.process


def script(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "user_program.py"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=60, check=False)


def test_one_helper_reads_one_file_after_another(file):
    read(file, isolate=True)
    first = helper_process().pid
    read(file, isolate=True)
    assert helper_process().pid == first
    assert first != os.getpid()


def test_reading_in_this_process_gives_the_same(file):
    here, there = read(file, isolate=False), read(file, isolate=True)
    assert here.frame.equals(there.frame)
    assert here.variables == there.variables


def test_a_helper_killed_while_idle_is_replaced_without_a_word(file):
    read(file, isolate=True)
    first = helper_process()
    first.kill()
    first.wait()
    assert read(file, isolate=True).frame.height == 2
    assert helper_process().pid != first.pid


@posix
def test_a_helper_killed_this_instant_is_replaced_too(file):
    for _ in range(5):
        read(file, isolate=True)
        os.kill(helper_process().pid, signal.SIGKILL)
        assert read(file, isolate=True).frame.height == 2


@posix
def test_the_death_of_the_helper_on_a_file_is_a_read_error_that_names_it(file):
    desk = Desk("children.sav", True, 10**9, 30.0)
    read(file, isolate=True)
    pid = helper_process().pid
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.3, os.kill, (pid, signal.SIGCONT)).start()
    # a folder that is no folder makes the helper stop soundly; a crash is made by the signal below
    threading.Timer(0.2, os.kill, (pid, signal.SIGSEGV)).start()
    reply_or_error = None
    try:
        reply_or_error = desk.ask(do="describe", path=str(file), format="sav", encoding=None)
    except ReadError as died:
        reply_or_error = died
    assert read(file, isolate=True).frame.height == 2
    # killed before it began: asked again; after: an error that names the file
    assert isinstance(reply_or_error, dict) or "children.sav" in str(reply_or_error)


@posix
def test_a_crash_in_the_middle_of_a_file_names_the_file(tmp_path):
    # a pipe without a writer blocks the reader in the middle of its request
    pipe = tmp_path / "endless.sav"
    os.mkfifo(pipe)
    desk = Desk("endless.sav", True, 10**9, 30.0)
    desk.ask(do="describe", path=str(write({"a": [1]}, tmp_path / "a.sav")), format="sav", encoding=None)
    pid = helper_process().pid
    threading.Timer(0.5, os.kill, (pid, signal.SIGSEGV)).start()
    with pytest.raises(ReadError, match=r"endless.sav ended the process that was reading it \(exit code -11\)"):
        desk.ask(do="unpack", path=str(pipe), format="sav", encoding=None, **unpacking(pipe))


def unpacking(pipe: Path) -> dict[str, object]:
    # the folder is a pipe: opening a file to write in it blocks until somebody reads
    blocked = pipe.parent / "blocked"
    blocked.mkdir()
    os.mkfifo(blocked / "values.arrow")
    return {
        "folder": str(blocked),
        "names": ["a"],
        "types": ["double"],
        "widths": [8],
        "whole": True,
        "packed": False,
        "offset": 0,
        "rows": 1,
    }


@posix
def test_a_hang_ends_at_the_time_limit_and_names_the_file(tmp_path):
    pipe = tmp_path / "endless.sav"
    os.mkfifo(pipe)
    with pytest.raises(ReadError, match=r"endless.sav was not read within 0.5 seconds.*timeout="):
        Desk("endless.sav", True, 10**9, 0.5).ask(
            do="unpack", path=str(pipe), format="sav", encoding=None, **unpacking(pipe)
        )
    assert read(write({"a": [1]}, tmp_path / "a.sav"), isolate=True).frame.height == 1


def test_rows_that_outgrow_the_limit_are_refused_while_they_are_read(tmp_path):
    path = write({"t": ["y" * 200] * 2000}, tmp_path / "wide.sav")
    with pytest.raises(ReadError, match=r"wide.sav is too large: the first \d+ rows already take \d+ bytes"):
        read(path, limit=100_000)


def test_threads_take_turns(file):
    found: list[int] = []

    def work() -> None:
        found.extend(read(file, isolate=True).frame.height for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2] * 30


def test_a_forked_child_starts_its_own_helper_and_the_parent_keeps_its(tmp_path, file):
    # polars, used before a fork, hangs after it: here the parent starts the helper and leaves polars alone
    done = script(
        tmp_path,
        f"""
        import os
        import childdata.microdata as cd
        import childdata.microdata.readers.process as room
        request = dict(do="describe", path={str(file)!r}, format="sav", encoding=None)
        desk = room.Desk("small.sav", True, 10**9, 30.0)
        desk.ask(**request)
        mine = room._room.helper.process.pid
        child = os.fork()
        if not child:
            data = cd.read({str(file)!r}, isolate=True)
            print(data.frame.height, room._room.helper.process.pid != mine, flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        desk.ask(**request)
        print(room._room.helper.process.pid == mine)
        """,
    )
    assert done.stdout.split() == ["2", "True", "True"], done.stderr


@posix
def test_a_child_forked_after_polars_was_used_is_told_so_and_does_not_hang(tmp_path, file):
    done = script(
        tmp_path,
        f"""
        import os
        import childdata.microdata as cd
        from childdata.errors import ReadError
        cd.read({str(file)!r})
        child = os.fork()
        if not child:
            try:
                cd.read({str(file)!r})
            except ReadError as said:
                print(said, flush=True)
            os._exit(0)
        print(os.waitpid(child, 0)[1])
        """,
    )
    assert "forked after polars had started its threads" in done.stdout, done.stderr
    assert "get_context('spawn')" in done.stdout
    assert done.stdout.split()[-1] == "0"


def _height(path: str) -> int:
    return read(path, isolate=True).frame.height


def test_spawned_workers_read_each_with_its_own_helper(file):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_height, [str(file)] * 4) == [2] * 4


def test_no_main_guard_is_needed_and_the_helper_goes_with_its_parent(tmp_path, file):
    done = script(
        tmp_path,
        f"""
        import childdata.microdata as cd
        import childdata.microdata.readers.process as room
        data = cd.read({str(file)!r}, isolate=True)
        print(data.frame.height, room._room.helper.process.pid, room._room.folder)
        """,
    )
    assert done.returncode == 0, done.stderr
    height, pid, folder = done.stdout.split()
    assert height == "2"
    assert gone(int(pid))
    assert not Path(folder).exists()


@posix
def test_the_helper_goes_and_cleans_up_even_if_its_parent_was_killed(tmp_path, file):
    done = script(
        tmp_path,
        f"""
        import os, signal, sys
        import childdata.microdata as cd
        import childdata.microdata.readers.process as room
        cd.read({str(file)!r}, isolate=True)
        print(room._room.helper.process.pid, room._room.folder)
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
        """,
    )
    assert done.returncode == -signal.SIGKILL
    pid, folder = done.stdout.split()
    assert gone(int(pid))
    assert not Path(folder).exists()


@posix
def test_the_temporary_folder_goes_when_the_whole_group_is_ended(tmp_path, file):
    program = tmp_path / "user_program.py"
    program.write_text(
        f"import childdata.microdata as cd, childdata.microdata.readers.process as room, time\n"
        f"cd.read({str(file)!r}, isolate=True)\n"
        "room.private_folder().joinpath('values.arrow').write_bytes(b'rows')\n"
        "print(room._room.helper.process.pid, room._room.folder, flush=True)\n"
        "time.sleep(60)\n",
        encoding="utf-8",
    )
    for ending in (signal.SIGTERM, signal.SIGHUP):
        parent = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, start_new_session=True)
        pid, folder = parent.stdout.readline().decode().split()
        assert list(Path(folder).glob("*/values.arrow"))
        os.killpg(parent.pid, ending)
        assert parent.wait(timeout=30) == -ending
        parent.stdout.close()
        assert gone(int(pid))
        assert not Path(folder).exists()


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except OSError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@posix
def test_an_interrupt_while_reading_leaves_the_next_file_readable(tmp_path, file):
    pipe = tmp_path / "endless.sav"
    os.mkfifo(pipe)
    main = threading.main_thread().ident
    threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        Desk("endless.sav", True, 10**9, 20.0).ask(
            do="unpack", path=str(pipe), format="sav", encoding=None, **unpacking(pipe)
        )
    assert read(file, isolate=True).frame.height == 2


def test_where_no_helper_can_be_started_auto_warns_once_and_true_refuses(monkeypatch, file, empty_room):
    monkeypatch.setattr(sys, "executable", "C:/Program Files/R/R-4.4/bin/R.exe")
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    monkeypatch.setattr(sys, "base_prefix", "/nowhere")
    monkeypatch.setattr(sys, "_base_executable", "", raising=False)
    with pytest.raises(CannotStartError, match=r"no Python interpreter is known here"):
        interpreter()
    with pytest.raises(ReadError, match=r"small.sav was to be read in a helper process, but no Python interpreter"):
        read(file, isolate=True)
    with pytest.warns(ChilddataWarning, match=r"small.sav is read in this process"):
        assert read(file).frame.height == 2
    assert read(file).frame.height == 2, "a second warning would be an error"


def test_a_program_that_is_no_interpreter_is_found_out(monkeypatch, tmp_path, file, empty_room):
    impostor = tmp_path / "python-impostor"
    impostor.write_text("#!/bin/sh\nexit 0\n")
    impostor.chmod(0o755)
    monkeypatch.setattr(process_module, "interpreter", lambda: str(impostor))
    with pytest.raises(ReadError, match=r"small.sav was to be read in a helper process, but"):
        read(file, isolate=True)


def test_a_frozen_program_has_no_interpreter(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(CannotStartError, match="frozen"):
        interpreter()


def test_the_interpreter_is_found_beside_a_strange_executable(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/usr/lib/R/bin/exec/R")
    assert Path(interpreter()).name.startswith("python")


def test_a_path_in_cyrillic_with_blanks_is_read(tmp_path):
    folder = tmp_path / "Обследование 2019 года"
    folder.mkdir()
    for suffix in (".sav", ".dta"):
        assert read(write({"a": [1]}, folder / f"дети до 5{suffix}"), isolate=True).frame.height == 1


def test_nothing_is_left_in_the_temporary_folder(file):
    read(file, isolate=True)
    folder = process_module._room.folder
    assert folder is not None
    assert list(folder.iterdir()) == []


def test_the_helper_imports_only_what_it_says():
    lines = Path(helper.__file__).read_text(encoding="utf-8").splitlines()
    imported = {line.split()[1].split(".")[0] for line in lines if line.strip().startswith(("import ", "from "))}
    assert "childdata" not in imported
    assert imported - set(sys.stdlib_module_names) <= {"numpy", "pyreadstat", "pyarrow"}


def test_a_request_that_is_nonsense_is_an_answer_and_no_exception():
    assert (
        helper.answer({"do": "describe", "path": "/nowhere.sav", "format": "sav", "encoding": None})["error"] == "file"
    )
    assert helper.answer({"do": "describe"})["error"] == "file"
