"""Whether two accounts of one scan agree."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOLERANCE = 1e-9
"""What adding up in another order may do to a number."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """where: what is spoken of. name: of the number. stored, found: what it is, and should be."""

    where: str
    name: str
    stored: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.where}: {self.name} is {_shown(self.stored)}, not {_shown(self.found)}"


def agree(stored: Any, found: Any) -> bool:
    """Whether two values are the same, floats but for rounding, and so all that they hold."""
    if isinstance(stored, Mapping) and isinstance(found, Mapping):
        return stored.keys() == found.keys() and all(agree(stored[k], found[k]) for k in stored)
    if _is_list(stored) and _is_list(found):
        return len(stored) == len(found) and all(map(agree, stored, found))
    if isinstance(stored, float) and isinstance(found, int | float):
        return math.isclose(stored, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(stored == found)


def compare(
    where: str, stored: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[Disagreement]:
    """Where what is stored differs from what is found, by name. What is not stored never does."""
    for name, value in stored.items():
        if not agree(value, found.get(name)):
            yield Disagreement(where, name, value, found.get(name))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    return "nothing" if value is None else " ".join(str(value).split())
