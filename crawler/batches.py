"""Batches: what comes fast is stored together, and what is waited for at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")


def together(items: Iterator[Item], seconds: float) -> Iterator[list[Item]]:
    """All items in their order, in lists of those that came within `seconds` of the last list.

    Whatever `items` raises is raised after the list of what came before it.
    """
    came: list[Item] = []
    began = time.monotonic()
    while True:
        try:
            came.append(next(items))
        except StopIteration:
            break
        except BaseException:
            if came:
                yield came
            raise
        if time.monotonic() - began >= seconds:
            yield came
            came, began = [], time.monotonic()
    if came:
        yield came
