"""Reading ahead: the hub is waited for by a thread of its own while what came is being stored."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """What comes after the last item. error: what ended it early."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def together(items: Iterator[Item], seconds: float, most: int) -> Iterator[list[Item]]:
    """All items in their order, in lists of those that come within `seconds` of the list's first.

    At most `most` wait to be taken. Whatever `items` raises is raised after the list of what came
    before it. Who stops early stops the reading too, once it has what it is waiting for.
    """
    waiting: queue.Queue[Item | _End] = queue.Queue(most)
    stopped = threading.Event()
    threading.Thread(target=_read, args=(items, waiting, stopped), daemon=True).start()
    end: _End | None = None
    try:
        while end is None:
            batch: list[Item] = []
            until: float | None = None
            while end is None:
                try:
                    left = None if until is None else max(0.0, until - time.monotonic())
                    item = waiting.get(timeout=left)
                except queue.Empty:
                    break
                if isinstance(item, _End):
                    end = item
                else:
                    batch.append(item)
                    until = until or time.monotonic() + seconds
            if batch:
                yield batch
        if end.error is not None:
            raise end.error
    finally:
        stopped.set()
        while not waiting.empty():  # whoever waits for room finds it, and ends
            waiting.get_nowait()


def _read(
    items: Iterator[Item], waiting: queue.Queue[Item | _End], stopped: threading.Event
) -> None:
    try:
        for item in items:
            waiting.put(item)
            if stopped.is_set():
                return
    except BaseException as error:  # noqa: BLE001  # raised by whoever takes the items
        waiting.put(_End(error))
    else:
        waiting.put(_End())
