"""What the derivations share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def the_only(found: Iterable[Any]) -> Any:
    """The one value that a search comes to; AssertionError where that is none or several."""
    distinct = set(found)
    assert len(distinct) == 1, distinct
    return distinct.pop()
