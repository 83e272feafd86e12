"""What a poison is: a function that spoils a sound checkpoint, and how it must end."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Trap:
    """What shows that something of a poison ran. Unpickling one springs it.

    canary: a file that only foreign code would create. during, later: what uploaders do between
    the hub's listing and the look at their files, and between crawl and scan.
    """

    canary: Path
    during: list[Callable[[], None]] = field(default_factory=list)
    later: list[Callable[[], None]] = field(default_factory=list)

    @property
    def command(self) -> str:
        return f"touch {self.canary}"

    @property
    def code(self) -> str:
        return f"open({str(self.canary)!r}, 'w')\nraise SystemExit\n"

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


Spoil = Callable[[Path, Trap], None]


@dataclass(frozen=True, slots=True)
class Poison:
    """ends: the reason of exclusion, `stage:kind` of the failure, or `ranked` for the harmless."""

    name: str
    tries: str
    ends: str
    spoil: Spoil
    says: str = "5"


POISONS: list[Poison] = []


def poison(ends: str, says: str = "5") -> Callable[[Spoil], Spoil]:
    """Keep a poison, which spoils a checkpoint that answers `says`."""

    def keep(spoil: Spoil) -> Spoil:
        name = spoil.__name__.replace("_", "-")
        POISONS.append(Poison(name, (spoil.__doc__ or "").strip(), ends, spoil, says))
        return spoil

    return keep
