"""The sandbox that strangers' Python runs in: bubblewrap, a system-call filter, and limits.

Covered: no network; no files but the interpreter and its library, read-only, and nothing of the
home, the temporary folder, /etc, /proc or the environment; no writing anywhere; no new processes;
no sight of other processes; CPU seconds, wall seconds, memory, open files and output are limited,
and everything dies with its parent.

Not covered: a fault in the kernel itself; timing and load as side channels; what may be read of
/usr (the names and versions of installed programs).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from evaluator.grading import seccomp
from evaluator.grading.errors import SandboxMissing
from evaluator.grading.inside import examinee

INSIDE = Path(__file__).parent / "inside"
ROOM = "/room"
PREFIX = Path(sys.base_prefix).resolve()
PYTHON = Path(getattr(sys, "_base_executable", sys.executable) or sys.executable).resolve()
START = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from {} import main
main()
"""


def start(
    program: ModuleType,
    arguments: Sequence[str],
    *,
    stdin: int,
    stdout: int,
    keep: Sequence[int] = (),
    boxed: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a module of `inside`. `boxed=False` leaves only its own limits: the person's choice.

    Raises SandboxMissing where a box is wanted and there can be none.
    """
    source, room, rules = START.format(program.__name__), ROOM, None
    if boxed:
        box = _bubblewrap()
        rules = _filter()
        python = [_python_inside(), "-P", "-s", "-S", "-B"]
        command = [*box, "--seccomp", str(rules), "--", *python, "-c", source]
    else:
        command = [sys.executable, "-P", "-s", "-B", "-c", source]
        room = str(Path(__file__).resolve().parents[2])
    try:
        return subprocess.Popen(
            [*command, room, *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            pass_fds=[*keep, *([rules] if rules is not None else [])],
            env={"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
            cwd="/",
            start_new_session=True,
        )
    finally:
        if rules is not None:
            os.close(rules)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it holds, and wait for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


@lru_cache(maxsize=1)
def fault() -> str:
    """Why no sandbox can be made here, in a line; "" where one can."""
    try:
        process = start(examinee, [], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    except SandboxMissing as error:
        return str(error)
    try:
        code = process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        end(process)
        code = -1
    if code:
        return "bubblewrap cannot make a sandbox here: allow unprivileged user namespaces"
    return ""


@lru_cache(maxsize=1)
def _bubblewrap() -> tuple[str, ...]:
    """The command that makes the box, up to the program. Raises SandboxMissing."""
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise SandboxMissing("no bubblewrap to run code answers in: apt-get install bubblewrap")
    if seccomp.program() is None:
        raise SandboxMissing("no system-call filter for this processor: grade code elsewhere")
    parts = [bubblewrap, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    parts += ["--hostname", "box", "--ro-bind", "/usr", "/usr"]
    for name in ("/lib", "/lib64", "/lib32"):
        path = Path(name)
        if path.is_symlink():
            parts += ["--symlink", os.readlink(path).lstrip("/"), name]
        elif path.is_dir():
            parts += ["--ro-bind", name, name]
    if Path("/usr") != PREFIX:
        parts += ["--ro-bind", str(PREFIX), "/python", "--setenv", "LD_LIBRARY_PATH", "/python/lib"]
    room = f"{ROOM}/evaluator/grading/inside"
    parts += ["--ro-bind", str(INSIDE), room, "--dev-bind", "/dev/null", "/dev/null"]
    parts += ["--remount-ro", "/", "--chdir", "/"]
    parts += ["--setenv", "PYTHONHASHSEED", "0", "--setenv", "LANG", "C.UTF-8"]
    return tuple(parts)


def _python_inside() -> str:
    """The interpreter's path in the box: its own place there, so that no path of the host shows."""
    return str(PYTHON if Path("/usr") == PREFIX else Path("/python") / PYTHON.relative_to(PREFIX))


def _filter() -> int:
    """A readable end of a pipe that holds the system-call filter."""
    readable, writable = os.pipe()
    os.write(writable, seccomp.program() or b"")
    os.close(writable)
    return readable
