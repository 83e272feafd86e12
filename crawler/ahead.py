"""Reading ahead: the hub is waited for by a thread of its own while what came is being stored."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """What comes after the last item. error: what ended it early."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def together(items: Iterator[Item], most: int) -> Iterator[list[Item]]:
    """All items in their order, in lists of those that came while the last list was used.

    At most `most` wait to be taken. Whatever `items` raises is raised after the list of what came
    before it. Who stops early stops the reading too, once it has what it is waiting for.
    """
    waiting: queue.Queue[Item | _End] = queue.Queue(most)
    stopped = threading.Event()
    threading.Thread(target=_read, args=(items, waiting, stopped), daemon=True).start()
    try:
        while True:
            came = [waiting.get()]
            while not waiting.empty():  # nobody else takes any
                came.append(waiting.get())
            batch = [item for item in came if not isinstance(item, _End)]
            if batch:
                yield batch
            if isinstance(end := came[-1], _End):
                if end.error is not None:
                    raise end.error
                return
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
