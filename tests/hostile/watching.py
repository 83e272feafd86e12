"""What this process and all it has started hold in memory, and what they were told."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")


class Watched:
    """Samples the process tree five times a second.

    peak: bytes resident in all of it at once, what is shared counted each time. environments: of
    every process that was started meanwhile.
    """

    def __init__(self) -> None:
        self.peak = 0
        self.environments: dict[int, bytes] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            here = _tree(os.getpid())
            self.peak = max(self.peak, sum(_resident(pid) for pid in here))
            for pid in here[1:]:
                self.environments[pid] = _read(pid, "environ") or self.environments.get(pid, b"")


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdecimal() and (stat := _read(int(entry), "stat")):
            children[int(stat.rpartition(b")")[2].split()[1])].append(int(entry))
    found = [root]
    for pid in found:
        found += children[pid]
    return found


def _resident(pid: int) -> int:
    fields = _read(pid, "statm").split()
    return int(fields[1]) * PAGE if fields else 0


def _read(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:  # it has ended
        return b""
