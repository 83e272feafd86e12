"""A helper process that may hang, grow or crash, and is replaced when it does.

Symbolic mathematics and patterns can run for ever on a few characters; a signal's alarm works in
the main thread only and not inside C. A process can always be killed.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from evaluator.helpers import struck

ROOM = str(Path(__file__).resolve().parents[2])
START = """
import sys
sys.path.insert(0, sys.argv[1])
from {} import main
main()
"""
FIRST_SECONDS = 60
"""A new helper imports its libraries before it answers; that is not the answer's time."""


class Killable:
    """One helper process, started when it is first needed. Safe to share between threads.

    module: whose `main` it runs.
    """

    def __init__(self, module: str = "evaluator.grading.helper") -> None:
        self.program = START.format(module)
        self.lock = Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.warm: set[str] = set()
        self.struck = False
        atexit.register(self.close)

    def ask(self, job: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """The helper's reply; None where it did not give one in time, and was killed for it.

        One that somebody else killed meanwhile is followed by a second one.
        """
        with self.lock:
            reply = self._ask(job, seconds)
            if reply is None and self.struck:
                reply = self._ask(job, seconds)
            return reply

    def _ask(self, job: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        if self.process is None or self.process.poll() is not None:
            self.close()
            self.process = self._start()
        reply: dict[str, Any] | None = {}
        if job["op"] not in self.warm:
            reply = self._exchange(self.process, {"op": job["op"], "warm": True}, FIRST_SECONDS)
        if reply is not None:
            self.warm.add(job["op"])
            reply = self._exchange(self.process, job, seconds)
        if reply is None:
            self.struck = struck(self.process.poll())
            self.close()
        return reply

    def close(self) -> None:
        """Kill the helper, if there is one."""
        process, self.process = self.process, None
        self.warm.clear()
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-s", "-c", self.program, ROOM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )

    @staticmethod
    def _exchange(
        process: subprocess.Popen[bytes], job: dict[str, Any], seconds: float
    ) -> dict[str, Any] | None:
        """A line out, a line in, within the time; None otherwise."""
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = time.monotonic() + seconds
        line = bytearray()
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            with selectors.DefaultSelector() as ready:
                ready.register(process.stdout, selectors.EVENT_READ)
                while not line.endswith(b"\n"):
                    if not ready.select(max(0.0, deadline - time.monotonic())):
                        return None
                    part = os.read(process.stdout.fileno(), 65536)
                    if not part:
                        _see_end(process)
                        return None
                    line += part
            reply = json.loads(line)
        except OSError:
            _see_end(process)
            return None
        except ValueError:
            return None
        return reply if isinstance(reply, dict) else None


def _see_end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process that closed its pipes: only then is it known how it ended."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
