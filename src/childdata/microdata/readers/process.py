"""How the helper process is started, asked, watched and replaced.

One helper per Python process, started at the first file and reused: a file then costs one line through a
pipe. A lock lets threads take turns; after a fork the child forgets the parent's helper and starts its own;
a helper that died while idle is replaced without a word, one that dies or hangs on a file is a ReadError
naming it. The time limit is a timer that ends the helper, which works on every system, as the end of its
output then wakes the reader. No `__main__` guard is needed, since the helper is a script and not a copy of
the user's program.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from childdata.errors import ChilddataWarning, ReadError
from childdata.microdata.readers import helper

START_SECONDS = 60.0
FORK_SECONDS = 3.0
WAKE_SECONDS = 0.2
Isolate = Literal["auto"] | bool

SCRIPT = Path(helper.__file__)


class CannotStartError(Exception):
    """No helper process can be started in this place."""


class HelperDiedError(Exception):
    """The helper ended before it answered; `started` tells whether it had begun the request."""

    def __init__(self, *, started: bool, code: int | None, late: bool) -> None:
        super().__init__("the helper process ended")
        self.started, self.code, self.late = started, code, late


@dataclass(slots=True)
class Helper:
    """A running helper process, and the lines it has written.

    A thread takes the lines in, so that whoever waits for one wakes up now and then and can be interrupted: polars
    sets its signal handler so that a plain read of a pipe goes on after Ctrl-C.
    """

    process: subprocess.Popen[bytes]
    lines: queue.SimpleQueue[bytes] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        waiting = b""
        with suppress(OSError, ValueError):
            while self.process.stdout is not None and (some := self.process.stdout.read(1 << 16)):
                *complete, waiting = (waiting + some).split(b"\n")
                for line in complete:
                    self.lines.put(line)
        self.lines.put(b"")

    def alive(self) -> bool:
        return self.process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The reply to one request; HelperDiedError if there is none within `seconds`."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        started = False
        try:
            self._write(json.dumps(request).encode("ascii") + b"\n")
            started = self.line() == "started"
            reply = self.line() if started else None
        except (OSError, ValueError):
            reply = None
        finally:
            timer.cancel()
        if not isinstance(reply, dict):
            self.end()
            raise HelperDiedError(started=started, code=self.process.returncode, late=late.is_set())
        return reply

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        while self.process.stdin is not None and rest:
            rest = rest[self.process.stdin.write(rest) :]

    def line(self) -> Any:
        """The next line, as what its JSON says; None at the end."""
        while True:
            with suppress(queue.Empty):
                found = self.lines.get(timeout=WAKE_SECONDS)
                return json.loads(found) if found else None

    def end(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.wait()
        self.forget()

    def close(self) -> None:
        """Let the process end by itself, as its input ends; kill it if it does not."""
        with suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        try:
            self.process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.end()

    def forget(self) -> None:
        """Close this process's ends of the pipes; the helper itself is not touched."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


@dataclass(slots=True)
class _Room:
    """The one helper of this process, its temporary folder, and the lock that makes threads take turns."""

    helper: Helper | None = None
    folder: Path | None = None
    owner: int = field(default_factory=os.getpid)
    lock: threading.RLock = field(default_factory=threading.RLock)
    told: bool = False
    forked: bool = False
    failed: str = ""


_room = _Room()


def _after_fork() -> None:
    inherited, _room.helper = _room.helper, None
    _room.folder, _room.owner, _room.forked = None, os.getpid(), True
    _room.lock = threading.RLock()
    if inherited is not None:
        inherited.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def refuse_after_fork(source: str) -> None:
    """ReadError if polars, in which rows end up, hangs here.

    Its threads do not survive a fork: a child forked after they were started waits for them for ever. Whether they
    were cannot be asked, so in a forked child one small piece of work is tried, with a time limit.
    """
    if not _room.forked:
        return
    done = threading.Event()

    def work() -> None:
        # two columns at once: one alone may be computed without the other threads
        pl.DataFrame({"x": [1.0]}).select(pl.col("x") + 1, y=pl.col("x") + 2)
        done.set()

    threading.Thread(target=work, daemon=True).start()
    if not done.wait(FORK_SECONDS):
        raise ReadError(
            f"{source} cannot be read in this process: it was forked after polars had started its threads, and polars "
            "would hang; start processes with multiprocessing.get_context('spawn')"
        )
    _room.forked = False


@atexit.register
def _at_exit() -> None:
    if _room.owner != os.getpid():
        return
    if _room.helper is not None:
        _room.helper.close()
        _room.helper = None
    if _room.folder is not None:
        shutil.rmtree(_room.folder, ignore_errors=True)


def interpreter() -> str:
    """The path of a Python interpreter that can run the helper.

    `sys.executable` is that, except where Python lives inside R, Excel or a frozen program.

    Raises CannotStartError where none is found.
    """
    if getattr(sys, "frozen", False):
        raise CannotStartError("this is a frozen program without a Python interpreter")
    name = "python.exe" if os.name == "nt" else "bin/python3"
    candidates = [
        sys.executable or "",
        str(Path(sys.prefix) / name),
        str(Path(sys.prefix) / "Scripts" / "python.exe"),
        getattr(sys, "_base_executable", None) or "",
        str(Path(sys.base_prefix) / name),
    ]
    for candidate in candidates:
        if Path(candidate).name.lower().startswith(("python", "pypy")) and Path(candidate).is_file():
            return candidate
    raise CannotStartError(f"no Python interpreter is known here (sys.executable is {sys.executable!r})")


def _package_folders() -> list[str]:
    # `-I` drops PYTHONPATH and the user's own site-packages, where the three packages may be
    folders = []
    for package in ("numpy", "pyreadstat", "pyarrow"):
        found = importlib.util.find_spec(package)
        if found is not None and found.origin:
            folders.append(str(Path(found.origin).parents[1]))
    return sorted(set(folders))


def private_folder() -> Path:
    """A new folder that only this user can read; removed by whoever asked for it, at the latest at exit."""
    with _room.lock:
        if _room.folder is None or not _room.folder.is_dir():
            _room.folder = Path(tempfile.mkdtemp(prefix="childdata-"))
        return Path(tempfile.mkdtemp(dir=_room.folder))


def _start() -> Helper:
    private_folder().rmdir()
    arguments = [interpreter(), "-I", str(SCRIPT), json.dumps([_package_folders(), str(_room.folder)])]
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            bufsize=0,  # the ends of the pipes are closed after a fork, when a buffer's lock may be held for ever
            env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1"},
        )
    except OSError as refused:
        raise CannotStartError(f"the system refused to start it ({type(refused).__name__})") from refused
    started = Helper(process)
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    ready = None
    try:
        ready = started.line()
    except ValueError:
        pass
    finally:
        timer.cancel()
        if ready is None:
            started.end()
    if not (isinstance(ready, dict) and "ready" in ready):
        started.end()
        raise CannotStartError(f"{arguments[0]} did not answer as a Python interpreter")
    return started


def _current() -> Helper:
    if _room.helper is not None and not _room.helper.alive():
        _room.helper.end()
        _room.helper = None
    if _room.helper is None:
        if _room.failed:
            raise CannotStartError(_room.failed)
        try:
            _room.helper = _start()
        except CannotStartError as refused:
            _room.failed = str(refused)  # each try costs time: one is enough
            raise
    return _room.helper


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests about one file are handed in: the helper process, or this process.

    Parameters
    ----------
    source : name of the file, for messages.
    isolate : "auto" reads in this process, with one warning, where no helper can be started; True refuses; False
        never uses a helper.
    limit : bytes that the rows may take.
    timeout : seconds one request may take.
    """

    source: str
    isolate: Isolate
    limit: int
    timeout: float

    def ask(self, **request: Any) -> dict[str, Any]:
        """The reply to a request; ReadError if the helper died, hung or could not be started."""
        request |= {"limit": self.limit, "timeout": self.timeout}
        if self.isolate is False:
            return helper.answer(request)
        with _room.lock:
            for attempt in (1, 2):
                try:
                    current = _current()
                except CannotStartError as refused:
                    return self._without(request, refused)
                try:
                    return current.ask(request, self.timeout)
                except HelperDiedError as died:
                    _room.helper = None
                    if died.started or died.late or attempt == 2:
                        raise ReadError(self._epitaph(died)) from None
                except BaseException:
                    current.end()  # interrupted: its next reply would belong to this request
                    _room.helper = None
                    raise
        raise ReadError(f"{self.source} could not be read: the helper process does not answer")

    def _without(self, request: dict[str, Any], refused: CannotStartError) -> dict[str, Any]:
        if self.isolate is True:
            raise ReadError(
                f"{self.source} was to be read in a helper process, but {refused}; "
                "isolate='auto' reads it in this process"
            ) from None
        if not _room.told:
            _room.told = True
            warnings.warn(
                f"{self.source} is read in this process, where a damaged file may end the session: {refused}",
                ChilddataWarning,
                stacklevel=2,
            )
        return helper.answer(request)

    def _epitaph(self, died: HelperDiedError) -> str:
        if died.late:
            return (
                f"{self.source} was not read within {self.timeout:g} seconds; the file is damaged, or very large: "
                "give a longer timeout=, fewer columns=, or read_chunks"
            )
        return (
            f"{self.source} ended the process that was reading it (exit code {died.code}): the file is damaged; "
            "this session is not affected"
        )
